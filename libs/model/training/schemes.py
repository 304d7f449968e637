"""Measures ways of int8 quantisation side by side: same answer in any batch, speed, and what they cost in quality.

Reads: the trained tensors, the fixed grids, tuning rows. Writes: schemes.md, a table, in the work folder.
Guarantees: speeds are the best of interleaved rounds, so that a busy machine slows all alike. Does not: look at dev rows.
"""
import time

import numpy as np

import calibrate
import data
import graph
import metrics
import score

SHAPES = ((24, 1), (24, 32), (64, 8), (128, 8))
NAMES = {
    "fp32": "float32",
    "dynamic": "int8, activations scaled per batch (the ordinary dynamic quantisation)",
    "static": "int8, activations on fixed grids",
    "rowwise": "int8, activations scaled per token, written in ONNX operators",
    "blockwise": "int8, activations scaled per token and block of 128 (MatMulNBits, accuracy level 4)",
}


def same_in_any_company(sessions, windows):
    """Whether logits are bit-identical in batches of 32, of 8, alone, reversed, with one thread and with two."""
    by_length = {}
    for window in windows:
        by_length.setdefault(-(-len(window) // score.MULTIPLE) * score.MULTIPLE, []).append(window)
    for length, members in by_length.items():
        ids, answers = score.padded(members[:32], length), []
        for session in sessions:
            run = lambda rows: session.run(None, {"ids": rows})[0]
            answers.append(run(ids))
            answers += [np.concatenate([run(ids[i:i + size]) for i in range(0, len(ids), size)]) for size in (1, 8)]
            answers.append(run(np.ascontiguousarray(ids[::-1]))[::-1])
        if any(np.ascontiguousarray(a).tobytes() != answers[0].tobytes() for a in answers):
            return False
    return True


def quality(encoder, parts):
    """{marker: metric} on tuning rows, calibrated and thresholded on the same rows: for comparing schemes only."""
    out, at = {}, 0
    for head in data.HEADS:
        width = 1 if head["kind"] == "binary" else len(head["labels"])
        rows = parts[head["file"]]["tune"][:800]
        logits = encoder.logits([r["text"] for r in rows])[0][:, at:at + width]
        at += width
        y = [r["target"] for r in rows]
        p = calibrate.probabilities(head["kind"], logits, *calibrate.fit(head["kind"], logits, y))
        values = metrics.of(head, p, calibrate.decided(head, p, calibrate.thresholds(head, p, y)), y)
        out[head["file"]] = values["auc"] if head["kind"] == "binary" else values["macro_f1"]
    return out


def measure(tensors, config, widths, activations, parts, work):
    windows = [score.windows_of(r["ids"][1:-1])[0] for name in ("goemotions", "stress") for r in parts[name]["tune"][:300]]
    encoders, lines = {}, []
    for scheme in graph.SCHEMES:
        path = work / f"scheme-{scheme}.onnx"
        graph.write(path, tensors, config, widths, scheme, activations)
        encoders[scheme] = [score.Encoder(path, work / "tokenizer.json", threads) for threads in (1, 2)]
    best, rng = {}, np.random.default_rng(0)
    for _ in range(8):
        for length, posts in SHAPES:
            ids = rng.integers(4, config["vocabulary"], (posts, length))
            for scheme, (one, _) in encoders.items():
                began, runs = time.perf_counter(), 0
                while runs < 1 or time.perf_counter() - began < 0.1:
                    one.session.run(None, {"ids": ids})
                    runs += 1
                rate = posts * runs / (time.perf_counter() - began)
                best[scheme, length, posts] = max(rate, best.get((scheme, length, posts), 0))
    lines.append("| scheme | MB | same in any batch | " + " | ".join(f"{b} × {s} tokens" for s, b in SHAPES) + " | "
                 + " | ".join(h["marker"] for h in data.HEADS) + " |")
    lines.append("|---|---|---|" + "---|" * (len(SHAPES) + len(data.HEADS)))
    for scheme, pair in encoders.items():
        good = quality(pair[1], parts)
        lines.append(f"| {NAMES[scheme]} | {(work / f'scheme-{scheme}.onnx').stat().st_size / 1e6:.1f} | "
                     + ("yes" if same_in_any_company([e.session for e in pair], windows) else "**no**") + " | "
                     + " | ".join(f"{best[scheme, s, b]:.0f}" for s, b in SHAPES) + " | "
                     + " | ".join(f"{good[h['file']]:.3f}" for h in data.HEADS) + " |")
        print("  " + lines[-1], flush=True)
    (work / "schemes.md").write_text("\n".join(lines) + "\n")
