#!/usr/bin/env python3
"""Makes a copy of a model folder for graphics cards, in floating point, of the int8 weights that ship.

    python cards.py --model ../weights/encoder-v2 --out FOLDER
    python cards.py --model ../weights/encoder-v2 --out FOLDER --precision float16

CUDA has no kernel for the products of the int8 graph (`MatMulIntegerToFloat`): there they run on the processor, and their inputs
travel back and forth. This graph has plain products, of the same weights. Its windows are padded to multiples of 16, so that few
lengths share many windows a batch: a card is busy only with large ones.

Reads: model.onnx (as graph.py wrote it, int8, static), tokenizer.json, model.toml. Writes: the same three, and CARD.md where there
is one, under --out; heads, calibration and thresholds stay those of the int8 weights, which they were fitted for. Says: how far the
copy's logits lie from the original's and from its own without padding, on golden.py's sentences, on this machine's processor.
Guarantees: a copy whose answers are no numbers, or depend on padding by more than rounding, is refused. Does not: need a card.
"""
import argparse
import hashlib
import json
import pathlib
import re
import shutil
import tomllib

import numpy as np
import onnx

import encode
import golden
import graph
import net
import score
import start

PADDING = 16
# How far padding may move a logit: what is left of adding up in another order.
MOST = {"float32": 1e-3, "float16": 5e-2}


def nodes(graph_):
    """All nodes of a graph, those of its branches included."""
    for node in graph_.node:
        yield node
        for attribute in node.attribute:
            yield from nodes(attribute.g)


def attribute(model, name):
    return next(onnx.helper.get_attribute_value(a) for node in nodes(model.graph) for a in node.attribute if a.name == name)


def config_of(path):
    """What net.Encoder has to know, read off a graph of graph.py's."""
    model = onnx.load(str(path))
    shape = {t.name: tuple(t.dims) for t in model.graph.initializer}
    return {"hidden": shape["position"][1], "positions": shape["position"][0], "vocabulary": shape["word.int8"][0], "ff": shape["layers.0.feed_in.int8"][1],
            "heads": attribute(model, "num_heads"), "eps": attribute(model, "epsilon"), "layers": sum(name.endswith(".feed_in.int8") for name in shape)}


def write_graph(path, source, widths, precision):
    config = config_of(source)
    model = net.Encoder(config, widths)
    model.load_state_dict(start.tensors(source, widths))
    graph.write(path, {**model.tensors(), **start.wide(source)}, config, widths, "fp32")
    if precision == "float16":
        from onnxruntime.transformers.float16 import convert_float_to_float16

        onnx.save(convert_float_to_float16(onnx.load(str(path)), keep_io_types=True), str(path))


def manifest_of(text, old, new):
    """The text of model.toml with the copy's hash and padding."""
    text = re.sub(r"(?m)^padding_multiple = \d+$", f"padding_multiple = {PADDING}", text)
    assert text.count(old) == 1
    return "# A copy for cards, in floating point; written by libs/model/training/cards.py.\n" + text.replace(old, new)


def windows_of(encoder):
    """A window for each kind of golden sentence, alone and with its context."""
    alone = [encode.windows(ids)[0][0] for ids in encoder.ids([text for _, text in golden.SENTENCES])]
    pairs = [encode.windows(encoder.ids([text])[0], encoder.ids([context])[0], kind)[0][0] for _, kind, context, text in golden.PAIRS]
    return alone + pairs


def logits(encoder, windows, multiple):
    return np.concatenate([encoder.session.run(None, {"ids": encode.padded([w], encode.rounded(len(w), multiple))})[0] for w in windows])


def apart(a, b):
    return float(np.abs(a - b).max())


def checked(model, out, precision):
    """(how far the copy is from the original, how far padding moves it): the largest differences of a logit."""
    old, new = (score.Encoder(folder / "model.onnx", folder / "tokenizer.json", 1) for folder in (model, out))
    windows = windows_of(new)
    plain, padded = logits(new, windows, 1), logits(new, windows, PADDING)
    if not np.isfinite(plain).all() or not np.isfinite(padded).all():
        raise SystemExit("the copy answers with what is no number: take the other --precision")
    if apart(plain, padded) > MOST[precision]:
        raise SystemExit(f"the copy's answers depend on padding by {apart(plain, padded):.2g}: not to be used")
    return apart(plain, logits(old, windows, 1)), apart(plain, padded)


def write(model, out, precision):
    out.mkdir(parents=True, exist_ok=True)
    text = (model / "model.toml").read_text()
    heads, files = tomllib.loads(text)["heads"], {f["name"]: f["sha256"] for f in tomllib.loads(text)["files"]}
    write_graph(out / "model.onnx", model / "model.onnx", [1 if h["kind"] == "binary" else len(h["labels"]) for h in heads], precision)
    for name in ("tokenizer.json", "CARD.md"):
        if (model / name).exists():
            shutil.copyfile(model / name, out / name)
    (out / "model.toml").write_text(manifest_of(text, files["model.onnx"], hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest()))
    original, padding = checked(model, out, precision)
    return {"precision": precision, "logits_apart_from_int8": round(original, 4), "logits_moved_by_padding": round(padding, 6), "bytes": (out / "model.onnx").stat().st_size}


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--model", required=True, type=pathlib.Path)
    a.add_argument("--out", required=True, type=pathlib.Path)
    a.add_argument("--precision", default="float32", choices=list(MOST))
    a = a.parse_args()
    if a.model.resolve() == a.out.resolve():
        raise SystemExit("--out is the model's own folder: give the copy another")
    print(json.dumps(write(a.model, a.out, a.precision)))


if __name__ == "__main__":
    main()
