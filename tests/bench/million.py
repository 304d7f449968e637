"""Memory of `tidemark annotate` over a million posts: what it holds is to depend on no count of what it has read.

Reads: texts to make short posts of. Guarantees: no two posts are equal, so that the memory of repeats answers none of them; they
are streamed, so that neither side holds them all. Does not: judge scores.
"""
import json
import pathlib
import subprocess
import tempfile
import threading
import time

POSTS, EVERY, SETTLED = 1_000_000, 50_000, 100_000
# Words of a given text in one post.
WORDS = 6
# Posts after the last that is looked at, more than are scored together: the process is still there when it is looked at.
AFTER = 4096


def posts(texts, count):
    """Some words of one text after the other, and a running number."""
    words = [text.split() for text in texts]
    for i in range(count):
        turn, own = i // len(words), words[i % len(words)]
        start = turn % max(len(own) - WORDS + 1, 1)
        yield f"{' '.join(own[start:start + WORDS])} {i}"


def feed(pipe, texts, count):
    try:
        for i, text in enumerate(posts(texts, count)):
            pipe.write(json.dumps({"id": i, "text": text, "lang": "en"}).encode() + b"\n")
        pipe.close()
    except BrokenPipeError:
        pass  # The process has ended, and says why itself.


def resident(pid):
    """Megabytes of a process that lie in memory."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def measure(command, texts, count=POSTS, every=EVERY):
    """[(posts answered, MB, seconds)] while a command that reads posts and writes lines runs."""
    samples, answered, began = [], 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        feeder = threading.Thread(target=feed, args=(process.stdin, texts, count + AFTER), daemon=True)
        feeder.start()
        for _ in process.stdout:
            answered += 1
            if answered % every == 0 and answered <= count:
                samples.append((answered, resident(process.pid), time.perf_counter() - began))
                print(f"  {answered:9} posts {samples[-1][1]:8.0f} MB {answered / samples[-1][2]:8.0f} posts/s", flush=True)
        if process.wait() or answered != count + AFTER:
            raise SystemExit(f"{answered} of {count + AFTER} posts were answered; exit code {process.returncode}")
    return samples


def told(samples, settled=SETTLED):
    """How much the peak lies above what is held once everything that fills up has filled."""
    then = next(size for answered, size, _ in samples if answered >= settled)
    peak = max(size for _, size, _ in samples)
    return f"peak {peak:.0f} MB, {peak / then:.2f} x the {then:.0f} MB after {settled} posts"
