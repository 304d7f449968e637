"""Sentences of our own in languages that a head has no labelled posts of, and what they allow it to answer.

Reads: probes/LANGUAGE.jsonl: `{lang, text, labels: {marker: label, labels, or -1..1}[, topic][, parent]}`, all invented, and an exported
encoder. Guarantees: a head answers a language it was not measured in only where it tells these sentences apart by ENOUGH; elsewhere it
abstains, which is to be absent. Does not: tune or calibrate anything. A few dozen plain sentences say that a head has not lost its
meaning in the language; they say nothing of how well it does on posts.
"""
import collections
import json
import pathlib

import numpy as np

import calibrate
import catalogue
import evaluate
import metrics

FOLDER = pathlib.Path(__file__).parent / "probes"
# By kind of head: (metric, at least). Labels with fewer than LEAST sentences for or against are not judged.
ENOUGH = {"binary": ("auc", 0.85), "multilabel": ("auc_mean", 0.8), "multiclass": ("macro_f1", 0.6), "regression": ("pearson", 0.6)}
LEAST = 3


def read(folder=FOLDER):
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf8").splitlines() if line]


def target(head, value):
    if head["kind"] == "multilabel":
        return [float(name in value) for name in head["labels"]]
    return [float(value) if head["kind"] == "regression" else float(head["labels"].index(value))]


def measured(encoder, settings, sentences):
    """{marker: {language: {"sentences", metric}}} for the heads and languages that have no labelled posts."""
    out = collections.defaultdict(dict)
    for i, head in enumerate(catalogue.HEADS):
        for language in sorted({s["lang"] for s in sentences} - set(head["languages"])):
            own = [s for s in sentences if s["lang"] == language and head["marker"] in s["labels"]]
            if own:
                contexts = [s[head["pair"]] for s in own] if head["pair"] else None
                logits = encoder.logits([s["text"] for s in own], contexts, head["pair"])[0][:, evaluate.columns(i)]
                y = np.array([target(head, s["labels"][head["marker"]]) for s in own])
                out[head["marker"]][language] = {"sentences": len(own), ENOUGH[head["kind"]][0]: judged(head, logits, y, settings[head["marker"]][""])}
    return dict(out)


def judged(head, logits, y, setting):
    """The one number that decides."""
    scores = calibrate.scores(head, logits, setting)
    if head["kind"] == "regression":
        return metrics.pearson(y[:, 0], scores[:, 0])
    if head["kind"] == "multiclass":
        predicted = calibrate.decided(head, scores, setting[2])
        return float(np.mean([calibrate.class_f1(predicted, y[:, 0].astype(int), c) for c in range(len(head["labels"]))]))
    areas = [metrics.auc(y[:, c], scores[:, c]) for c in range(y.shape[1]) if LEAST <= y[:, c].sum() <= len(y) - LEAST]
    return float(np.mean(areas)) if areas else float("nan")


def languages(result):
    """{marker: languages that it answers on the strength of the probes alone}."""
    out = {}
    for marker, places in result.items():
        metric, least = ENOUGH[catalogue.BY_MARKER[marker]["kind"]]
        out[marker] = [language for language, values in places.items() if values[metric] >= least]
    return out
