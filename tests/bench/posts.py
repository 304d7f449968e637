"""Posts for the benchmarks: texts of a file, in its order.

Reads: JSON lines or CSV, plain or gzip, with a column `text` or `body`. Guarantees: the same file gives the same texts;
line breaks within a text become spaces, so that every program reads the same lines.
"""
import csv
import gzip
import json
import pathlib


def texts(path, limit=None):
    path = pathlib.Path(path)
    opened = gzip.open if path.suffix == ".gz" else open
    out = []
    with opened(path, "rt", encoding="utf8", newline="") as file:
        rows = csv.DictReader(file) if ".csv" in path.suffixes else (json.loads(line) for line in file if line.strip())
        for row in rows:
            text = " ".join((row.get("text") or row.get("body") or "").split())
            if text:
                out.append(text)
            if limit and len(out) == limit:
                break
    return out
