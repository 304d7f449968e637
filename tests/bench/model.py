#!/usr/bin/env python3
"""`tidemark annotate` beside Python, on the same posts, with the same weights and as many threads, in turns.

    python tests/bench/model.py POSTS.jsonl[.gz] | POSTS.csv[.gz] [--limit 20000] [--rounds 3] [--binary target/debug/tidemark] [--million]

plain   tokenizers and onnxruntime as usually written: 32 windows at a time in the order of the file, padded to the longest;
sorted  nothing but session.run, over batches of one length that were tokenised and sorted beforehand: what the runtime can do;
ours    `tidemark annotate`, from file to file: reading, masking, lexica, tokens, batches, scores, JSON.
All read whole posts, in the windows of the model's manifest. Prints posts/s and tokens/s (median of the rounds) and ratios;
the arithmetic limit of this processor beside ours (limit.py says what it assumes); then what one pass for all heads saves
over a model of the same size for each of them, on a tenth of the batches; and how many of the texts come again, which ours
answers from memory. With --million, nothing of that, but the memory of ours over a million short posts made of these.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import tomllib

import limit
import million
import numpy as np
import onnxruntime
import posts
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BATCH, BATCH_TOKENS = 32, 1024


class Python:
    def __init__(self, folder, threads):
        manifest = tomllib.loads((folder / "model.toml").read_text())
        self.heads = sum(not head.get("pair") for head in manifest["heads"])
        self.tokens, self.content, self.most = manifest["tokens"], manifest["max_tokens"] - 2, manifest["max_windows"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def windows(self, texts):
        for encoding in self.tokenizer.encode_batch_fast(texts, add_special_tokens=False):
            ids = encoding.ids[: self.content * self.most]
            for start in range(0, max(len(ids), 1), self.content):
                yield [self.tokens["begin"], *ids[start:start + self.content], self.tokens["end"]]

    def run(self, windows, length):
        ids = np.full((len(windows), length), self.tokens["pad"], np.int64)
        for row, window in zip(ids, windows):
            row[: len(window)] = window
        self.session.run(None, {"ids": ids})

    def plain(self, texts):
        held = []
        for start in range(0, len(texts), BATCH):
            held += self.windows(texts[start:start + BATCH])
            while len(held) >= BATCH:
                part, held = held[:BATCH], held[BATCH:]
                self.run(part, max(map(len, part)))
        if held:
            self.run(held, max(map(len, held)))

    def seconds(self, batches, times=1):
        began = time.perf_counter()
        for _ in range(times):
            for batch in batches:
                self.session.run(None, {"ids": batch})
        return time.perf_counter() - began

    def batches(self, texts):
        out = []
        for window in sorted(self.windows(texts), key=len):
            if not out or len(out[-1][0]) != len(window) or (len(out[-1]) + 1) * len(window) > BATCH_TOKENS:
                out.append([])
            out[-1].append(window)
        return [np.array(batch, np.int64) for batch in out]


def annotate(binary, model):
    return [pathlib.Path(binary).resolve(), "annotate", "--model", model.resolve()]


def ours(binary, model, texts, folder):
    """Seconds of a whole run, less what starting takes: that of a single post."""
    file, out = pathlib.Path(folder, "in.jsonl"), pathlib.Path(folder, "out.jsonl")

    def seconds(some):
        file.write_text("".join(json.dumps({"id": i, "text": text, "lang": "en"}) + "\n" for i, text in enumerate(some)), encoding="utf8")
        began = time.perf_counter()
        subprocess.run([*annotate(binary, model), file, "--output", out], check=True, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began

    return seconds(texts) - seconds(texts[:1])


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("posts")
    a.add_argument("--limit", type=int, default=20_000)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--binary", default=ROOT / "target/debug/tidemark")
    a.add_argument("--model", type=pathlib.Path, default=ROOT / "libs/model/weights/encoder-v2")
    a.add_argument("--million", action="store_true", help="memory over a million posts instead; takes as long as a million posts do")
    a = a.parse_args()
    if a.million:
        print(million.told(million.measure([*annotate(a.binary, a.model), "-", "--output", "-"], posts.texts(a.posts, a.limit))))
        return
    texts, threads = posts.texts(a.posts, a.limit), os.cpu_count()
    python = Python(a.model, threads)
    batches = python.batches(texts)
    tokens = sum(batch.size for batch in batches)
    took = {"plain": [], "sorted": [], "ours": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(a.rounds):
            began = time.perf_counter()
            python.plain(texts)
            took["plain"].append(time.perf_counter() - began)
            took["sorted"].append(python.seconds(batches))
            took["ours"].append(ours(a.binary, a.model, texts, folder))
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    part = batches[::10]
    together, apart = python.seconds(part), python.seconds(part, python.heads)
    print(f"{len(texts)} posts, {len(texts) - len(set(texts))} of them again, {tokens} tokens, {threads} threads")
    for name, seconds in medians.items():
        print(f"{name:7} {len(texts) / seconds:8.1f} posts/s {tokens / seconds:9.0f} tokens/s {tokens / seconds / threads:9.0f} tokens/s a core   ours {seconds / medians['ours']:.2f} x")
    print(limit.told(a.model / "model.onnx", tokens / medians["ours"] / threads))
    print(f"{python.heads} heads in one pass: {apart / together:.1f} x as fast as a model for each")


if __name__ == "__main__":
    main()
