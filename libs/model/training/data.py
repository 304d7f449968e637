"""Reads the labelled files and splits them.

Reads: NAME.jsonl.gz files of `{id, text, lang, labels, src[, split]}` under the data folder, and the unlabelled texts that
only count pieces for the vocabulary.
Guarantees: the rows held out as dev are those of the project's scoring rule and no training or tuning row shares a
text with them; the tuning slice is a fixed share of the training rows chosen by hash, never of dev.
Does not: write any text anywhere.
"""
import csv
import gzip
import hashlib
import json
import pathlib
import re
import sys

GOEMOTIONS = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval disgust "
    "embarrassment excitement fear gratitude grief joy love nervousness optimism pride realization relief remorse sadness surprise neutral"
).split()

# Per head: the file, its marker, how it is read, its labels in order, the languages it is measured in.
HEADS = (
    {"file": "goemotions", "marker": "emotion.goemotions", "kind": "multilabel", "labels": GOEMOTIONS, "languages": ["en"]},
    {"file": "sentiment", "marker": "sentiment", "kind": "multiclass", "labels": ["negative", "neutral", "positive"], "languages": ["en"]},
    {"file": "stress", "marker": "mh.stress", "kind": "binary", "labels": ["no", "yes"], "languages": ["en"]},
    {"file": "depression", "marker": "mh.depression", "kind": "binary", "labels": ["no", "yes"], "languages": ["en"]},
    {"file": "emoevent", "marker": "emotion.ekman", "kind": "multiclass", "labels": "anger disgust fear joy sadness surprise others".split(), "languages": ["en", "es"]},
)

# Share of the training rows kept for thresholds and calibration, per mille; the small sets need more to be steady.
TUNING = {"goemotions": 80, "sentiment": 60, "stress": 120, "depression": 150, "emoevent": 100}

# Quotes, dashes and spaces that were UTF-8 read as Mac Roman, and escapes left as text.
MISDECODED = {"‚Äô": "'", "‚Äò": "'", "‚Äú": '"', "‚Äù": '"', "‚Äî": "-", "‚Äì": "-", "‚Ä¶": "...", "¬†": " "}
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def repair(text):
    """The text with mis-decoded punctuation and literal escapes put right."""
    for wrong, right in MISDECODED.items():
        if wrong in text:
            text = text.replace(wrong, right)
    if "\\u" in text:
        text = ESCAPE.sub(lambda m: chr(int(m.group(1), 16)) if not 0xD800 <= int(m.group(1), 16) < 0xE000 else "", text)
    return text


def key(text):
    """A form in which copies of one text are equal."""
    return re.sub(r"[^a-z0-9]+", "", repair(text).lower())[:400]


def read(path):
    with gzip.open(path, "rt", encoding="utf8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    for row in rows:
        row["text"] = repair(row["text"])
    return rows


def is_dev(row):
    """The project's rule for the held-out rows of a labelled file."""
    tail = row["src"].rsplit("/", 1)[-1]
    split = row.get("split")
    if not split and tail.startswith(("val", "dev")):
        split = "dev"
    if not split and "/train" in row["src"] and row["src"].split("/")[0] in ("imhi_DR", "dreaddit", "SAD", "tweeteval_hate", "tweeteval_offensive"):
        split = "train"
    return split in ("dev", "val") or (not split and int(row["id"], 16) % 10 == 0)


def share(identifier):
    return int.from_bytes(hashlib.sha256(("tune:" + identifier).encode()).digest()[:4], "big") % 1000


def target(head, row):
    """The label as training needs it: a list of 0/1, or the index of the class."""
    labels = row["labels"]
    if head["kind"] == "multilabel":
        return [float(name in labels) for name in head["labels"]]
    if head["kind"] == "binary":
        return int(labels in ("yes", 1, "1"))
    return head["labels"].index(labels)


def splits(folder):
    """{file: {"train", "tune", "dev": rows}}; a training row whose text also stands in any dev set is dropped."""
    rows = {head["file"]: read(pathlib.Path(folder) / "labelled" / f"{head['file']}.jsonl.gz") for head in HEADS}
    held_out = {key(row["text"]) for part in rows.values() for row in part if is_dev(row)}
    out, dropped = {}, 0
    for head in HEADS:
        name, parts, seen = head["file"], {"train": [], "tune": [], "dev": []}, {}
        for row in rows[name]:
            row["target"] = target(head, row)
            if is_dev(row):
                parts["dev"].append(row)
                continue
            k = key(row["text"])
            if k in held_out:
                dropped += 1
                continue
            # Copies of one text fall on the same side.
            side = seen.setdefault(k, "tune" if share(row["id"]) < TUNING[name] else "train")
            parts[side].append(row)
        out[name] = parts
        print(f"  {name}: " + ", ".join(f"{n} {len(p)}" for n, p in parts.items()), flush=True)
    print(f"  dropped for standing in a dev set too: {dropped}", flush=True)
    return out


def vocabulary_texts(folder, parts):
    """Texts that decide the vocabulary: all training texts, the replay sample, and Spanish and English word lists."""
    folder = pathlib.Path(folder)
    spanish = {id(r) for r in parts["emoevent"]["train"] if r["lang"] == "es"}
    texts = {
        "labelled": [r["text"] for p in parts.values() for side in ("train", "tune") for r in p[side] if id(r) not in spanish],
        "spanish": [r["text"] for r in parts["emoevent"]["train"] if r["lang"] == "es"],
    }
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
