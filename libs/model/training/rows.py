"""Token ids and targets of all examples, in one file without any text.

Reads: data.splits' examples and a tokenizer. Writes: rows.npz in the work folder, and teacher-rows.npz by the teacher's tokenizer.
Guarantees: everything after this file (fit, distil, calibrate, evaluate) needs no text and no tokenizer; the same texts give
the same file. Does not: keep texts, ids of rows or dates; ids of tokens can be turned back into text, so rows.npz is as
private as the data and stays outside the project.
"""
import hashlib
import pathlib

import numpy as np

import catalogue
import encode
from data import SIDES

LANGUAGES = ("en", "es")
# Of a text, training and measuring read no more than the first sixteen windows; the product reads all of it. No window reads
# more than this of a context.
TEXT = (encode.MAX_TOKENS - 2) * 16
CONTEXT = encode.MAX_TOKENS - 4


class Rows:
    """One side of one stream: `text(i)` and `context(i)` are ids, `targets[marker]` is [rows, target width] with NaN for unknown."""

    def __init__(self, fields):
        self.f = fields
        self.targets = {name[7:]: values for name, values in fields.items() if name.startswith("target:")}
        self.weight, self.language, self.src, self.key = fields["weight"], fields["language"], fields["src"], fields["key"]

    def __len__(self):
        return len(self.weight)

    def text(self, i):
        return self.f["text"][self.f["text_at"][i]:self.f["text_at"][i + 1]].tolist()

    def context(self, i):
        return self.f["context"][self.f["context_at"][i]:self.f["context_at"][i + 1]].tolist()

    def lengths(self):
        """Tokens of text, and of context, per row."""
        return np.diff(self.f["text_at"]), np.diff(self.f["context_at"])

    def known(self, marker):
        """Rows that say anything about a marker."""
        return np.flatnonzero(~np.isnan(self.targets[marker]).all(1))

    def head_of(self, limit):
        """The first rows only, for smoke tests."""
        n = min(limit, len(self))
        cut = {name: values[:n + 1] if name.endswith("_at") else values if name in ("text", "context") else values[:n] for name, values in self.f.items()}
        return Rows(cut)


def flat(lists, limit):
    cut = [ids[:limit] for ids in lists]
    return np.array([i for ids in cut for i in ids], np.uint16), np.concatenate([[0], np.cumsum([len(ids) for ids in cut], dtype=np.int64)])


def ids_of(tokenizer, texts):
    return [e.ids for start in range(0, len(texts), 4096) for e in tokenizer.encode_batch_fast(texts[start:start + 4096], add_special_tokens=False)]


def fields_of(stream, examples, tokenizer):
    text, text_at = flat(ids_of(tokenizer, [e["text"] for e in examples]), TEXT)
    context, context_at = flat(ids_of(tokenizer, [e["context"] if "pair" in catalogue.STREAMS[stream] else "" for e in examples]), CONTEXT)
    out = {
        "text": text, "text_at": text_at, "context": context, "context_at": context_at,
        "weight": np.array([e["weight"] for e in examples], np.float32),
        "language": np.array([LANGUAGES.index(e["lang"]) for e in examples], np.int8),
        "src": np.array([e["src"] for e in examples], "U24"),
        # Of text and context; says which row a teacher's logits belong to, and leads back to neither.
        "key": np.array([int.from_bytes(hashlib.sha256((e["text"] + "\0" + e["context"]).encode()).digest()[:8], "big") for e in examples], np.uint64),
    }
    for index in catalogue.stream_heads(stream):
        h = catalogue.HEADS[index]
        empty = [np.nan] * catalogue.target_width(h)
        out["target:" + h["marker"]] = np.array([e["targets"].get(h["marker"], empty) for e in examples], np.float32).reshape(len(examples), -1)
    return out


def write(parts, tokenizer, work, name="rows"):
    arrays = {}
    for stream, sides in parts.items():
        for side in SIDES:
            for field, values in fields_of(stream, sides[side], tokenizer).items():
                arrays[f"{stream}/{side}/{field}"] = values
    path = pathlib.Path(work) / f"{name}.npz"
    np.savez_compressed(path.with_name(f"{name}.tmp.npz"), **arrays)
    path.with_name(f"{name}.tmp.npz").replace(path)


def read(work, limit=None, name="rows"):
    """{stream: {side: Rows}}; with a limit, the first rows of each side only."""
    found = {}
    with np.load(pathlib.Path(work) / f"{name}.npz") as arrays:
        for place in arrays.files:
            stream, side, field = place.split("/")
            found.setdefault(stream, {}).setdefault(side, {})[field] = arrays[place]
    return {stream: {side: Rows(found[stream][side]) if limit is None else Rows(found[stream][side]).head_of(limit) for side in SIDES} for stream in catalogue.STREAMS}
