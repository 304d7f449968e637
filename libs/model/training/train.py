#!/usr/bin/env python3
"""Makes the encoder's weights from the labelled data: base, fit, calibrate, export, evaluate, card.

    python libs/model/training/train.py --data DIR --out libs/model/weights/encoder-v1

Reads: DIR/labelled/*.jsonl.gz, and DIR/replay and DIR/lexica for the vocabulary only.
Writes: model.onnx, tokenizer.json, model.toml and CARD.md in --out; everything else in --work.
Guarantees: rows held out by the scoring rule meet neither training nor tuning. No post's text is written anywhere.
"""
import argparse
import json
import pathlib
import time

import base
import data
import fit
from tokenizers import Tokenizer

# Spanish and the word lists are small beside the English posts; their pieces are counted up so that both languages are kept.
COUNTED = {"labelled": 1, "spanish": 20, "lexica": 6, "replay": 0.4}


def encoded(parts, work):
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    for sides in parts.values():
        for rows in sides.values():
            for row, encoding in zip(rows, tokenizer.encode_batch_fast([r["text"] for r in rows])):
                row["ids"] = encoding.ids


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", required=True, type=pathlib.Path)
    a.add_argument("--out", required=True, type=pathlib.Path)
    a.add_argument("--work", default=pathlib.Path("/tmp/tidemark-training"), type=pathlib.Path)
    a.add_argument("--minutes", default=70.0, type=float, help="training stops after this many minutes at the latest")
    a.add_argument("--threads", default=2, type=int)
    a.add_argument("--stages", default="base,fit,finish", help="comma-separated: base, fit, finish")
    a = a.parse_args()
    stages = a.stages.split(",")
    began = time.time()
    a.work.mkdir(parents=True, exist_ok=True)
    parts = data.splits(a.data)
    if "base" in stages:
        base.prepare(a.work, data.vocabulary_texts(a.data, parts), COUNTED)
    encoded(parts, a.work)
    if "fit" in stages:
        took = fit.fit(parts, a.work, a.minutes, a.threads)
        (a.work / "fit.json").write_text(json.dumps(took))
        print(f"fit: {took['seconds'] / 60:.1f} min, {took['steps']} of {took['planned']} steps", flush=True)
    if "finish" in stages:
        import finish

        finish.finish(parts, a.work, a.out)
    print(f"all: {(time.time() - began) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
