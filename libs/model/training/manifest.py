"""Writes model.toml: what the encoder consists of, how its windows are made, and what its heads mean.

Reads: the files beside it, for their hashes, and the settings of evaluate.tuned. Guarantees: the form that libs/model/src/manifest.rs
reads. Does not: decide any number.

Beyond the first version of the form: `[pair]` at the top; per head `pair`, `range` (kind "regression", whose `thresholds` are empty),
`weak`, `probed` (languages answered on the strength of probes.py alone) and `[[heads.per_language]]` with the settings of a language that has its own;
among these `abstain` (binary) or `abstain_below` (multiclass), where probes.py found what the head is too unsure of to decide.
"""
import hashlib
import json

import catalogue
import encode
import statements

NAME, VERSION = "tidemark-encoder", "2"


def numbers(values):
    return "[" + ", ".join(f"{v:.6g}" if float(f"{v:.6g}") != int(v) else f"{v:.1f}" for v in values) + "]"


def settings_of(scale, shift, limits):
    return [f"thresholds = {numbers(limits)}", f"scale = {numbers([scale])[1:-1]}", f"shift = {numbers(shift)}"]


def terms(head):
    """Source and terms of all files that a head has learnt from, the strictest terms last to be seen."""
    files = [head["file"], *statements.ALSO.get(head["marker"], [])]
    return "; ".join(statements.TERMS[f][0] for f in files), "; ".join(dict.fromkeys(statements.TERMS[f][1] for f in files))


def band_lines(band):
    return [f"{key} = {numbers(value) if isinstance(value, list) else numbers([value])[1:-1]}" for key, value in band.items()]


def head_lines(head, settings, probed, bands):
    data, licence = terms(head)
    lines = ["[[heads]]", f'marker = "{head["marker"]}"', f'kind = "{head["kind"]}"', f"labels = {json.dumps(head['labels'])}"]
    lines += [f'pair = "{head["pair"]}"'] if head["pair"] else []
    lines += [f"range = {numbers(head['range'])}"] if head["kind"] == "regression" else []
    lines += ["weak = true"] if head["weak"] else []
    lines += [f"probed = {json.dumps(probed)}"] if probed else []
    lines += [*settings_of(*settings[""]), f"languages = {json.dumps(head['languages'])}", f'data = "{data}"', f'licence = "{licence}"', ""]
    for language in sorted((set(settings) | set(bands)) - {""}):
        own = settings.get(language, settings[""])
        lines += ["[[heads.per_language]]", f'language = "{language}"', *settings_of(*own), *band_lines(bands.get(language, {})), ""]
    return lines


def write(out, settings, probed=None, bands=None):
    lines = [
        "# What the encoder beside this file consists of, how its windows are made, and what its heads mean.",
        "# Written by libs/model/training; read by libs/model/src/manifest.rs. The int8 products of the graph run on processors alone, also under",
        "# CUDA: docs/configuration.md says how to make a copy for cards.",
        f'name = "{NAME}"', f'version = "{VERSION}"',
        f"max_tokens = {encode.MAX_TOKENS}", f"max_windows = {encode.MAX_WINDOWS}", f"padding_multiple = {encode.MULTIPLE}",
        'pooling = "token_weighted_mean_of_logits"',
        f"tokens = {{ begin = {encode.BEGIN}, end = {encode.END}, pad = {encode.PAD} }}", "",
        "# A head with `pair` reads `begin context end end text end` in every window. Of the context the first",
        "# max(its budget here, max_tokens - 4 - tokens of the text) tokens are read; the text is cut by what is left.",
        "[pair]", 'layout = "begin_context_end_end_text_end"', *(f"{kind} = {budget}" for kind, budget in encode.BUDGET.items()), "",
    ]
    for name in ("model.onnx", "tokenizer.json"):
        lines += ["[[files]]", f'name = "{name}"', f'sha256 = "{hashlib.sha256((out / name).read_bytes()).hexdigest()}"', ""]
    for head in catalogue.HEADS:
        lines += head_lines(head, settings[head["marker"]], (probed or {}).get(head["marker"]), (bands or {}).get(head["marker"], {}))
    (out / "model.toml").write_text("\n".join(lines))
