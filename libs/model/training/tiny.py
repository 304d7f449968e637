#!/usr/bin/env python3
"""Writes a model folder of every kind of head with random weights, and its golden file: what the Rust crate is tried on.

    python tiny.py --out ../tests/tiny

Reads: nothing. Writes: model.onnx, tokenizer.json, model.toml and golden.json under --out, some 200 KB. Guarantees: the same form as
the weights that ship, in every part: pairs, regressions, settings of a language, languages only probed, abstention. Its tokens are single
characters, so that short sentences already fill several windows. Does not: mean anything.
"""
import argparse
import pathlib

import numpy as np
import torch

import base
import catalogue
import golden
import graph
import manifest
import net

CONFIG = {"hidden": 32, "ff": 64, "heads": 4, "eps": 1e-12, "layers": 2, "vocabulary": 200, "positions": 128}
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)] + [(chr(33 + i), -5.0) for i in range(195)]
BUCKETS = 101  # of the wide part's pairs
# Of every quantised activation. What the channel FAR has beyond the grid stands in pieces: after its norm, up to 2.7 times the root of 31.
FAR = 2
GRID = graph.Grid(0.04, 128, tuple(graph.Piece(FAR, sign, start) for sign, start in ((1.0, 5.08), (1.0, 10.16), (-1.0, 5.12), (-1.0, 10.2))))


def setting(head, rng):
    width = catalogue.width(head)
    limits = [] if head["kind"] == "regression" else rng.uniform(0.1, 0.9, width).tolist()
    return rng.uniform(0.5, 1.5), rng.normal(0, 0.5, width).tolist(), limits


def write(out):
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(11)
    rng, widths = np.random.default_rng(11), [catalogue.width(h) for h in catalogue.HEADS]
    model = net.Encoder(CONFIG, widths)
    with torch.no_grad():
        for parameter in (*model.attend, *(o.weight for o in model.outputs)):
            parameter.normal_(0, 0.6)
        for layer in model.layers:
            layer.attention_norm.weight[FAR] *= 2.7
    linear = [f"layers.{i}.{name}" for i in range(CONFIG["layers"]) for name in ("qkv", "attention_out", "feed_in", "feed_out")]
    wide = {"wide": rng.normal(0, 0.5, (CONFIG["vocabulary"] + BUCKETS, sum(widths))), "wide.bias": rng.normal(0, 0.5, sum(widths))}
    tensors = {**model.tensors(), **{name: values.astype(np.float32) for name, values in wide.items()}}
    graph.write(out / "model.onnx", tensors, CONFIG, widths, "static", {name: GRID for name in linear})
    base.tokenizer_of(PIECES).save(str(out / "tokenizer.json"), pretty=False)
    settings = {h["marker"]: {place: setting(h, rng) for place in ("", *(h["languages"] if len(h["languages"]) > 1 else ()))} for h in catalogue.HEADS}
    probed = {"sentiment": ["es"], "vad.valence": ["es"], "polarization.agreement": ["es"], "mh.anxiety": ["es"]}
    manifest.write(out, settings, probed, {"sentiment": {"es": {"abstain_below": 0.995}}, "mh.anxiety": {"es": {"abstain": [0.5, 0.95]}}})
    golden.write(out, out / "golden.json")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--out", required=True, type=pathlib.Path)
    write(a.parse_args().out)


if __name__ == "__main__":
    main()
