"""Measures ways of int8 quantisation side by side: same answer in any batch, speed, and what they cost in quality.

Reads: the trained tensors, the fixed grids, tuning rows. Writes: schemes.md, a table, in the work folder.
Guarantees: speeds are the best of interleaved rounds, so that a busy machine slows all alike. Does not: look at dev rows.
"""
import time

import numpy as np

import calibrate
import catalogue
import encode
import evaluate
import graph
import metrics
import score

QUALITY_ROWS = 400
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
        by_length.setdefault(encode.rounded(len(window)), []).append(window)
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


def quality(encoder, rows):
    """{marker: metric} on tuning rows, calibrated and thresholded on the same rows: for comparing schemes only."""
    logits, out = evaluate.passes(encoder, rows, "tune", QUALITY_ROWS), {}
    for i, head in enumerate(catalogue.HEADS):
        own, targets, _, _ = evaluate.own_rows(i, logits, rows, "tune")
        out[head["marker"]] = evaluate.measured(head, own, targets, calibrate.setting(head, own, targets))[metrics.leading(head)]
    return out


def windows_of(rows):
    """Windows of tuning posts, alone and with each kind of context."""
    out = []
    for stream in ("goemotions", "stress", "stance", "epitome"):
        part = rows[stream]["tune"]
        out += [encode.windows(part.text(i), part.context(i), catalogue.STREAMS[stream].get("pair"))[0][0] for i in range(min(200, len(part)))]
    return out


def measure(tensors, config, widths, activations, rows, work):
    windows = windows_of(rows)
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
    lines.append("| scheme | MB | same in any batch | " + " | ".join(f"{b} × {s} tokens" for s, b in SHAPES) + " | mean over heads | most lost to float32 |")
    lines.append("|---|---|---|" + "---|" * (len(SHAPES) + 2))
    full = None
    for scheme, pair in encoders.items():
        good = quality(pair[1], rows)
        full = full or good  # float32 comes first
        lost, marker = max((full[m] - v, m) for m, v in good.items() if v == v)
        lines.append(f"| {NAMES[scheme]} | {(work / f'scheme-{scheme}.onnx').stat().st_size / 1e6:.1f} | "
                     + ("yes" if same_in_any_company([e.session for e in pair], windows) else "**no**") + " | "
                     + " | ".join(f"{best[scheme, s, b]:.0f}" for s, b in SHAPES)
                     + f" | {np.nanmean(list(good.values())):.4f} | {max(lost, 0.0):.3f}" + (f" (`{marker}`)" if lost > 0 else "") + " |")
        print("  " + lines[-1], flush=True)
    (work / "schemes.md").write_text("\n".join(lines) + "\n")
