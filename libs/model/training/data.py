"""Reads the labelled files and splits them.

Reads: NAME.jsonl.gz files of `{id, text, lang, labels, src[, context, split]}` under the data folder, and the unlabelled
texts that only count pieces for the vocabulary.
Guarantees: the rows held out as dev are those of the project's scoring rule. No training row is a copy, or nearly one (near.py),
of a dev or a tuning row of any file, and no tuning row of a dev row of any file. Tuning is a fixed share of the training texts
chosen by a hash of the text, never of dev. A head is tuned and measured on rows of its own file only.
Does not: write any text anywhere.
"""
import csv
import gzip
import hashlib
import json
import pathlib
import re
import sys

import catalogue
import near

# Quotes, dashes and spaces that were UTF-8 read as Mac Roman, and escapes left as text.
MISDECODED = {"‚Äô": "'", "‚Äò": "'", "‚Äú": '"', "‚Äù": '"', "‚Äî": "-", "‚Äì": "-", "‚Ä¶": "...", "¬†": " "}
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
SIDES = ("train", "tune", "dev")


def repair(text):
    """The text with mis-decoded punctuation and literal escapes put right."""
    for wrong, right in MISDECODED.items():
        if wrong in text:
            text = text.replace(wrong, right)
    if "\\u" in text:
        text = ESCAPE.sub(lambda m: chr(int(m.group(1), 16)) if not 0xD800 <= int(m.group(1), 16) < 0xE000 else "", text)
    return text


def key(text):
    """A form in which copies of one text are equal; a text without letters or digits stands for itself."""
    text = repair(text)
    return re.sub(r"[^a-z0-9]+", "", text.lower())[:400] or text.strip()


def as_written(path):
    """The rows of a labelled file with their texts as they stand there."""
    with gzip.open(path, "rt", encoding="utf8") as file:
        return [{"context": None, **json.loads(line)} for line in file if line.strip()]


def read(path):
    """The rows of a labelled file, repaired."""
    rows = as_written(path)
    for row in rows:
        row["text"] = repair(row["text"])
        row["context"] = repair(row["context"] or "")
    return rows


def is_dev(row):
    """The project's rule for the held-out rows of a labelled file."""
    src, split = row["src"], row.get("split")
    if src.startswith(("imhi_IRF", "imhi_MultiWD")):  # named val, yet there are no others to train on
        return int(row["id"], 16) % 10 == 0
    if not split and src.rsplit("/", 1)[-1].startswith(("val", "dev")):
        split = "dev"
    if not split and "/train" in src and src.split("/")[0] in ("imhi_DR", "dreaddit", "SAD", "tweeteval_hate", "tweeteval_offensive"):
        split = "train"
    return split in ("dev", "val") or (not split and int(row["id"], 16) % 10 == 0)


def share(text_key):
    """A number from 0 to 999 that depends on the text alone, so that copies fall on one side in every file."""
    return int.from_bytes(hashlib.sha256(("tune:" + text_key).encode()).digest()[:4], "big") % 1000


def assign(files):
    """{file: [(side, row)]} of {file: rows}: rows carry `key` afterwards; a row that no side may have is left out."""
    stream_of = {file: name for name, stream in catalogue.STREAMS.items() for file in stream["files"]}
    measured = {h["file"] for h in catalogue.HEADS}
    for rows in files.values():
        for row in rows:
            row["key"], row["dev"] = key(row["text"]), is_dev(row)
    held_out = {row["key"] for rows in files.values() for row in rows if row["dev"]}
    free = clear_of([row for rows in files.values() for row in rows], held_out)

    def tuning(file, row):
        return file in measured and share(row["key"]) < catalogue.STREAMS[stream_of[file]]["tune"]

    rest = [(file, row) for file, rows in files.items() for row in rows if row["key"] in free]
    kept = {row["key"] for file, row in rest if tuning(file, row)}
    trainable = clear_of([row for _, row in rest], kept)
    out = {}
    for file, rows in files.items():
        out[file] = []
        for row in rows:
            if row["dev"]:
                out[file].append(("dev", row))
            elif row["key"] not in free:
                continue
            elif tuning(file, row):
                out[file].append(("tune", row))
            elif row["key"] in trainable:
                out[file].append(("train", row))
    return out


def clear_of(rows, taken):
    """Keys of the rows that are neither copies of rows whose keys are taken, nor nearly so."""
    index = near.Index({row["key"]: row["text"] for row in rows if row["key"] in taken}.values())
    others = {row["key"]: row["text"] for row in rows if row["key"] not in taken}
    return {key for key, text in others.items() if not index.has(text)}


def merged(stream, assigned):
    """{side: examples}: rows of one text and context become one example while no two of them answer the same question.

    An example is {text, context, lang, src, weight, targets: {marker: vector}}.
    """
    sides = {side: [] for side in SIDES}
    places = {side: {} for side in SIDES}
    for file in catalogue.STREAMS[stream]["files"]:
        for side, row in assigned[file]:
            targets = catalogue.targets(file, row)
            if side != "train":
                targets = {m: t for m, t in targets.items() if catalogue.BY_MARKER[m]["file"] == file}
            if not targets or ("pair" in catalogue.STREAMS[stream] and not row["context"].strip()):
                continue
            weight = catalogue.ROW_WEIGHT.get(file, 1.0)
            place = places[side].setdefault((row["text"], row["context"], weight), [])
            for example in place:
                if fits(example["targets"], targets):
                    join(example["targets"], targets)
                    break
            else:
                example = {"text": row["text"], "context": row["context"], "lang": row["lang"], "src": row["src"].split("/")[0],
                           "weight": weight, "targets": {m: list(t) for m, t in targets.items()}}
                place.append(example)
                sides[side].append(example)
    return sides


def fits(old, new):
    """Whether no number is given by both."""
    return all(a != a or b != b for m in new if m in old for a, b in zip(old[m], new[m]))


def join(old, new):
    for marker, vector in new.items():
        old[marker] = [b if a != a else a for a, b in zip(old[marker], vector)] if marker in old else list(vector)


def splits(folder):
    """{stream: {"train", "tune", "dev": examples}}."""
    names = [file for stream in catalogue.STREAMS.values() for file in stream["files"]]
    files = {name: read(pathlib.Path(folder) / "labelled" / f"{name}.jsonl.gz") for name in names}
    assigned = assign(files)
    dropped = sum(map(len, files.values())) - sum(map(len, assigned.values()))
    out = {stream: merged(stream, assigned) for stream in catalogue.STREAMS}
    for stream, sides in out.items():
        print(f"  {stream}: " + ", ".join(f"{side} {len(rows)}" for side, rows in sides.items()), flush=True)
    print(f"  rows left out of training for standing in a dev or tuning set too: {dropped}", flush=True)
    return out


def vocabulary_texts(folder, parts):
    """Texts that decide the vocabulary: all training texts, the replay sample, and Spanish and English word lists."""
    folder = pathlib.Path(folder)
    seen = {r[field]: r["lang"] for sides in parts.values() for side in ("train", "tune") for r in sides[side] for field in ("text", "context") if r[field]}
    texts = {"labelled": [t for t, lang in seen.items() if lang != "es"], "spanish": [t for t, lang in seen.items() if lang == "es"]}
    csv.field_size_limit(sys.maxsize)
    replay = sorted((folder / "replay").glob("*.csv.gz"))
    texts["replay"] = []
    for path in replay:
        with gzip.open(path, "rt", encoding="utf8") as file:
            texts["replay"] += [row["body"] for i, row in enumerate(csv.DictReader(file)) if i % 3 == 0]
    words = []
    for pattern in ("afinn/*.tsv", "labmt/labmt_spanish.tsv", "labmt/labmt_english.tsv", "spanish_covid_categories/es_*.tsv", "suicide_risk_v1/*.csv"):
        for path in sorted((folder / "lexica").glob(pattern)):
            for line in path.read_text(encoding="utf8", errors="replace").splitlines():
                words.append(re.sub(r"[\t,0-9.]+", " ", line))
    texts["lexica"] = words
    return texts
