"""Sentences of our own in languages that a head has no labelled posts of, and what they allow it to answer.

Reads: probes/LANGUAGE.jsonl: `{lang, text, labels: {marker: label, labels, or -1..1}[, topic][, parent]}`, all invented, and an exported
encoder. Guarantees: a head answers a language it was not measured in only where it tells these sentences apart by ENOUGH; elsewhere it is
absent. Where it answers and decides for one label, it abstains on posts of which it is too unsure: as few as leave RIGHT of what is
decided right, though never more than leave ANSWERED decided. One number is searched for, and for a yes/no head its threshold: a few
dozen sentences carry no more. Does not: touch calibration, or a language with labelled posts. Plain sentences say that a head has not
lost its meaning in the language; they say nothing of how well it does on posts.
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
# Of the sentences of a label, on average over the labels: decided at least, and of those right where that can be had.
ANSWERED, RIGHT = 0.6, {"binary": 0.85, "multiclass": 0.75}


def read(folder=FOLDER):
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf8").splitlines() if line]


def target(head, value):
    if head["kind"] == "multilabel":
        return [float(name in value) for name in head["labels"]]
    return [float(value) if head["kind"] == "regression" else float(head["labels"].index(value))]


def measured(encoder, settings, sentences):
    """{marker: {language: {"sentences", metric[, "answered", "right"][, "band"]}}} for heads and languages without labelled posts."""
    out = collections.defaultdict(dict)
    for i, head in enumerate(catalogue.HEADS):
        for language in sorted({s["lang"] for s in sentences} - set(head["languages"])):
            own = [s for s in sentences if s["lang"] == language and head["marker"] in s["labels"]]
            if own:
                contexts = [s[head["pair"]] for s in own] if head["pair"] else None
                logits = encoder.logits([s["text"] for s in own], contexts, head["pair"])[0][:, evaluate.columns(i)]
                y = np.array([target(head, s["labels"][head["marker"]]) for s in own])
                setting = drawn(head, logits, y, settings[head["marker"]].get(language, settings[head["marker"]][""]))
                out[head["marker"]][language] = {"sentences": len(own), ENOUGH[head["kind"]][0]: judged(head, logits, y, setting), **abstention(head, logits, y, setting),
                                                 "setting": setting}
    return dict(out)


def drawn(head, logits, y, setting):
    """The setting with a yes/no head's threshold drawn where most sentences of either answer are right: where the line lies in English is
    a matter of English words and of how common yes is in a file."""
    if head["kind"] != "binary":
        return setting
    scale, shift, _ = setting
    p, y = calibrate.scores(head, logits, setting)[:, 0], y[:, 0]
    if not LEAST <= y.sum() <= len(y) - LEAST:
        return setting
    right = calibrate.smoothed([((p[y == 1] >= t).mean() + (p[y == 0] < t).mean()) / 2 for t in calibrate.GRID])
    best = np.flatnonzero(right >= right.max() - 1e-9)
    return scale, shift, [float(calibrate.GRID[best[len(best) // 2]])]  # in the middle between sentences


def settings(result, before):
    """The settings that ship: of the languages that were only tried, those that a head answers."""
    answered = languages(result)
    out = {}
    for marker, own in before.items():
        kept = {place: values for place, values in own.items() if place in ("", *catalogue.BY_MARKER[marker]["languages"])}
        out[marker] = {**kept, **{language: result[marker][language]["setting"] for language in answered.get(marker, [])}}
    return out


def abstention(head, logits, y, setting):
    """What is decided and how much of that is right, and the band that makes it so; nothing of a head that does not decide for one label."""
    if head["kind"] not in RIGHT:
        return {}
    p, y = calibrate.scores(head, logits, setting), y[:, 0].astype(int)
    least, answered, right = unsure(calibrate.sureness(head, p, setting[2]), calibrate.decided(head, p, setting[2]) == y, y, RIGHT[head["kind"]])
    return {"answered": answered, "right": right, **({} if least is None else {"band": calibrate.band(head, setting[2], least)})}


def unsure(sureness, is_right, y, goal):
    """(least, answered, right): the smallest sureness that has to be exceeded for `goal`, or else that which does best; None where all
    may be decided. Answered and right are means over the labels with sentences enough, so that a frequent label does not decide alone."""
    labels = [c for c in np.unique(y) if (y == c).sum() >= LEAST]
    if not labels:
        return None, 1.0, float("nan")
    values, tried = np.unique(sureness), []
    for least in (None, *((values[:-1] + values[1:]) / 2)):  # between two sentences, so that none lies on the edge
        kept = np.full(len(y), True) if least is None else sureness > least
        answered = np.mean([kept[y == c].mean() for c in labels])
        right = np.mean([is_right[kept & (y == c)].mean() if kept[y == c].any() else 0.0 for c in labels])
        if answered >= ANSWERED:
            tried.append((least, float(answered), float(right)))
    return next((one for one in tried if one[2] >= goal), max(tried, key=lambda one: one[2]))


def judged(head, logits, y, setting):
    """The one number that decides."""
    scores = calibrate.scores(head, logits, setting)
    if head["kind"] == "regression":
        return metrics.pearson(y[:, 0], scores[:, 0])
    if head["kind"] == "multiclass":
        predicted = calibrate.decided(head, scores, setting[2])
        return metrics.of_multiclass(head, predicted, y[:, 0].astype(int))["macro_f1"]
    areas = [metrics.auc(y[:, c], scores[:, c]) for c in range(y.shape[1]) if LEAST <= y[:, c].sum() <= len(y) - LEAST]
    return float(np.mean(areas)) if areas else float("nan")


def languages(result):
    """{marker: languages that it answers on the strength of the probes alone}."""
    out = {}
    for marker, places in result.items():
        metric, least = ENOUGH[catalogue.BY_MARKER[marker]["kind"]]
        out[marker] = [language for language, values in places.items() if values[metric] >= least]
    return out


def bands(result):
    """{marker: {language: keys of the manifest}} where a head answers and abstains."""
    allowed = languages(result)
    return {marker: {language: places[language]["band"] for language in allowed[marker] if "band" in places[language]} for marker, places in result.items()}
