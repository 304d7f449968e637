"""From a trained checkpoint to the model folder: grids, int8 weights, calibration, thresholds, evaluation, card.

Reads: checkpoint.pt in the work folder and the rows of data.splits. Writes: model.onnx, tokenizer.json, model.toml and
CARD.md in the out folder; schemes.md, evaluation.json and encoder-fp32.onnx in the work folder.
Guarantees: calibration and thresholds are fitted on tuning rows through the int8 weights that ship; dev rows are only
scored, at the end. Does not: train.
"""
import hashlib
import json
import shutil

import numpy as np
import torch

import calibrate
import card
import data
import fit
import graph
import metrics
import net
import quantise
import schemes
import score

NAME, VERSION = "tidemark-encoder", "1"

TERMS = {
    "goemotions": ("GoEmotions, English Reddit comments", "CC BY 4.0"),
    "sentiment": ("SemEval-2017 task 4A, English tweets", "research use"),
    "stress": ("Dreaddit, English Reddit posts", "research use"),
    "depression": ("Depression Reddit (DR), English Reddit posts", "research use"),
    "emoevent": ("EmoEvent, English and Spanish tweets", "research use"),
}


def sliced(logits):
    """{file: its columns}."""
    out, at = {}, 0
    for head in data.HEADS:
        out[head["file"]] = logits[:, at:at + fit.width(head)]
        at += fit.width(head)
    return out


def tuned(encoder, parts):
    """{file: (scale, shift, thresholds)} from the tuning rows."""
    out = {}
    for head in data.HEADS:
        rows = parts[head["file"]]["tune"]
        logits, y = sliced(encoder.logits([r["text"] for r in rows])[0])[head["file"]], [r["target"] for r in rows]
        scale, shift = calibrate.fit(head["kind"], logits, y)
        p = calibrate.probabilities(head["kind"], logits, scale, shift)
        out[head["file"]] = (scale, shift, calibrate.thresholds(head, p, y))
    return out


def evaluated(encoder, settings, parts):
    """{file: {language: metrics}} on dev."""
    out = {}
    for head in data.HEADS:
        rows = parts[head["file"]]["dev"]
        logits = sliced(encoder.logits([r["text"] for r in rows])[0])[head["file"]]
        scale, shift, limits = settings[head["file"]]
        p = calibrate.probabilities(head["kind"], logits, scale, shift)
        predicted, y, languages = calibrate.decided(head, p, limits), np.array([r["target"] for r in rows]), np.array([r["lang"] for r in rows])
        out[head["file"]] = {}
        for language in head["languages"]:
            own = languages == language
            out[head["file"]][language] = {"rows": int(own.sum()), **metrics.of(head, p[own], predicted[own], y[own])}
    return out


def manifest(out, settings):
    """model.toml, by hand: the file is short and its order is for people."""
    def numbers(values):
        return "[" + ", ".join(f"{v:.6g}" if float(f"{v:.6g}") != int(v) else f"{v:.1f}" for v in values) + "]"

    lines = [
        "# What the encoder beside this file consists of, how its windows are made, and what its heads mean.",
        "# Written by libs/model/training; read by libs/model/src/manifest.rs.",
        f'name = "{NAME}"', f'version = "{VERSION}"',
        f"max_tokens = {score.MAX_TOKENS}", f"max_windows = {score.MAX_WINDOWS}", f"padding_multiple = {score.MULTIPLE}",
        'pooling = "token_weighted_mean_of_logits"',
        f"tokens = {{ begin = {score.BEGIN}, end = {score.END}, pad = {score.PAD} }}", "",
    ]
    for name in ("model.onnx", "tokenizer.json"):
        lines += ["[[files]]", f'name = "{name}"', f'sha256 = "{hashlib.sha256((out / name).read_bytes()).hexdigest()}"', ""]
    for head in data.HEADS:
        scale, shift, limits = settings[head["file"]]
        source, licence = TERMS[head["file"]]
        lines += [
            "[[heads]]", f'marker = "{head["marker"]}"', f'kind = "{head["kind"]}"', f"labels = {json.dumps(head['labels'])}",
            f"thresholds = {numbers(limits)}", f"scale = {numbers([scale])[1:-1]}", f"shift = {numbers(shift)}",
            f"languages = {json.dumps(head['languages'])}", f'data = "{source}"', f'licence = "{licence}"', "",
        ]
    (out / "model.toml").write_text("\n".join(lines))


def finish(parts, work, out, measure_schemes=True):
    out.mkdir(parents=True, exist_ok=True)
    config = json.loads((work / "base.json").read_text())
    widths = [fit.width(h) for h in data.HEADS]
    model = net.Encoder(config, widths)
    model.load_state_dict(torch.load(work / "checkpoint.pt"))
    model.eval()
    tensors = {name: value.numpy() for name, value in model.state_dict().items()}
    activations = quantise.activations(model, parts)
    graph.write(out / "model.onnx", tensors, config, widths, "static", activations)
    graph.write(work / "encoder-fp32.onnx", tensors, config, widths, "fp32")
    shutil.copyfile(work / "tokenizer.json", out / "tokenizer.json")
    result = {}
    for name, path in (("int8", out / "model.onnx"), ("fp32", work / "encoder-fp32.onnx")):
        encoder = score.Encoder(path, out / "tokenizer.json")
        settings = tuned(encoder, parts)
        if name == "int8":
            manifest(out, settings)
        result[name] = evaluated(encoder, settings, parts)
        for file, languages in result[name].items():
            for language, values in languages.items():
                print(f"  {name} {file} {language}: " + ", ".join(f"{k} {v:.4g}" for k, v in values.items() if not isinstance(v, dict)), flush=True)
    (work / "evaluation.json").write_text(json.dumps(result, indent=1))
    if measure_schemes:
        schemes.measure(tensors, config, widths, activations, parts, work)
    card.write(out, work, config, result, parts, TERMS)
