#!/usr/bin/env python3
"""Answers labelled files as `tidemark annotate` does, for a scorer that joins by id. The check from outside: other code, same numbers.

    python annotate.py --model ../weights/encoder-v2 --data DIR --out FOLDER

Reads: model.onnx, tokenizer.json and model.toml of the model folder; DIR/labelled. Writes: NAME.jsonl with `{id, language, scores,
labels}` a line under --out: ids and answers, no text. Guarantees: settings come from the manifest, as the product reads them; texts go to
the tokenizer as they stand in the files, as they do in the product: data.repair, which mends how these files were made, is for training
and tuning. Held-out rows only, unless --all. Does not: mask people and addresses beyond what the tokenizer does (the product's
`ingest` masks more: e-mail addresses, telephone numbers, bare domains), tell languages, or compute a metric.
"""
import argparse
import json
import pathlib
import tomllib

import calibrate
import data
import score

# The files whose `context` is a topic; elsewhere it is the parent's text.
TOPICS = {"stance"}


def setting(head, language):
    return next((s for s in head.get("per_language", []) if s["language"] == language), head)


def answer(head, language, logits):
    """(scores, labels) of one post as an annotated file has them; labels are None where nothing is decided."""
    own, known = setting(head, language), {"kind": head["kind"], "range": head.get("range")}
    values = calibrate.scores(known, logits[None], (own["scale"], own["shift"]))
    decided, p = calibrate.decided(known, values, own["thresholds"]), [round(float(v), 6) for v in values[0]]
    scores = p[0] if head["kind"] == "binary" or head["kind"] == "regression" and len(p) == 1 else dict(zip(head["labels"], p))
    if head["kind"] == "regression":
        return scores, None
    if head["kind"] == "multilabel":
        return scores, [name for name, yes in zip(head["labels"], decided[0]) if yes]
    return scores, "abstain" if calibrate.abstains(own, values)[0] else head["labels"][int(decided[0])]


def annotated(encoder, heads, rows, kind):
    """A line per row: the answers of heads without a context, and of those that read the row's."""
    given = [i for i, row in enumerate(rows) if (row["context"] or "").strip()]
    alone = encoder.logits([row["text"] for row in rows])[0]
    paired = dict(zip(given, encoder.logits([rows[i]["text"] for i in given], [rows[i]["context"] for i in given], kind)[0])) if given else {}
    for i, row in enumerate(rows):
        out, at = {"id": row["id"], "language": row["lang"], "scores": {}, "labels": {}}, 0
        for head in heads:
            width = 1 if head["kind"] == "binary" else len(head["labels"])
            own = alone[i] if "pair" not in head else paired.get(i) if head["pair"] == kind else None
            if own is not None and row["lang"] in head["languages"] + head.get("probed", []):
                out["scores"][head["marker"]], label = answer(head, row["lang"], own[at:at + width])
                if label is not None:
                    out["labels"][head["marker"]] = label
            at += width
        yield out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--model", required=True, type=pathlib.Path)
    a.add_argument("--data", required=True, type=pathlib.Path)
    a.add_argument("--out", required=True, type=pathlib.Path)
    a.add_argument("--threads", default=2, type=int)
    a.add_argument("--all", action="store_true", help="every row, not the held-out ones only")
    a = a.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    encoder = score.Encoder(a.model / "model.onnx", a.model / "tokenizer.json", a.threads)
    heads = tomllib.loads((a.model / "model.toml").read_text())["heads"]
    for path in sorted((a.data / "labelled").glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        rows = [row for row in data.as_written(path) if a.all or data.is_dev(row)]
        if rows:
            lines = annotated(encoder, heads, rows, "topic" if name in TOPICS else "parent")
            (a.out / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
            print(f"  {name}: {len(rows)}", flush=True)


if __name__ == "__main__":
    main()
