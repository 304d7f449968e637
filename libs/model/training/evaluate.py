"""Settings from tuning rows, measurements on dev rows, and how they stand against the goals.

Reads: an exported encoder and rows. Guarantees: one pass per stream and side; a head is measured on rows of its own file, in the
languages it names, under the definitions of the project's scoring rule. Does not: train, or write files.
"""
import numpy as np

import calibrate
import catalogue
import metrics
from rows import LANGUAGES

# marker: (metric, language or source, at least).
GOALS = {
    "emotion.goemotions": [("macro_f1", "en", 0.52)], "emotion.affect11": [("jaccard", "en", 0.58)],
    "emotion.ekman": [("macro_f1", "es", 0.56), ("macro_f1", "en", 0.45)], "emotion.intensity": [("pearson", "en", 0.70)],
    "vad.valence": [("pearson", "en", 0.80)], "sentiment": [("macro_recall", "en", 0.68)], "hostility.offensive": [("macro_f1", "en", 0.78)],
    "polarization.stance": [("favor_against", "semeval2016_t6", 0.68), ("favor_against", "pstance", 0.77), ("favor_against", "covid19_stance", 0.75)],
    "polarization.agreement": [("macro_f1", "en", 0.60)], "mh.stress": [("f1", "en", 0.81)], "mh.cause": [("weighted_f1", "en", 0.66)],
    "mh.depression": [("weighted_f1", "en", 0.92)], "mh.suicide_selfharm": [("auc", "en", 0.80)],
    "support.emotional_reactions": [("macro_f1", "en", 0.73)], "support.explorations": [("macro_f1", "en", 0.70)],
    "support.interpretations": [("macro_f1", "en", 0.62)], "mh.irf": [("auc_mean", "en", 0.75)],
    "support.empathic_concern": [("pearson", "en", 0.45)], "support.personal_distress": [("pearson", "en", 0.45)],
}
ECE_AT_MOST = 0.05


def columns(index):
    """Where a head's logits stand in the encoder's output."""
    at = sum(catalogue.width(h) for h in catalogue.HEADS[:index])
    return slice(at, at + catalogue.width(catalogue.HEADS[index]))


def passes(encoder, rows, side, limit=None):
    """{stream: logits of all heads}, one pass each."""
    return {stream: encoder.logits_of_rows(rows[stream][side], settings.get("pair"), limit) for stream, settings in catalogue.STREAMS.items() if len(rows[stream][side])}


def own_rows(index, logits, rows, side):
    """(logits, targets, languages, sources) of the rows that measure a head."""
    head = catalogue.HEADS[index]
    part = rows[head["stream"]][side]
    known = part.known(head["marker"])
    known = known[known < len(logits[head["stream"]])]
    return logits[head["stream"]][known][:, columns(index)], part.targets[head["marker"]][known], np.array(LANGUAGES)[part.language[known]], part.src[known]


def tuned(logits, rows):
    """{marker: {language or "": (scale, shift, thresholds)}} from tuning rows' logits."""
    return {head["marker"]: calibrate.settings(head, *own_rows(i, logits, rows, "tune")[:3]) for i, head in enumerate(catalogue.HEADS)}


def measured(head, logits, targets, setting):
    scores = calibrate.scores(head, logits, setting)
    return {"rows": len(targets), **metrics.of(head, scores, calibrate.decided(head, scores, setting[2]), targets)}


def of_ordinary(index, logits, setting):
    """{"rows", "yes"}: of how many posts of streams that no head of distress learns from a yes/no head says yes."""
    head, found = catalogue.HEADS[index], np.concatenate([logits[stream][:, columns(index)] for stream in catalogue.ELSEWHERE])
    return {"rows": len(found), "yes": float(calibrate.decided(head, calibrate.scores(head, found, setting), setting[2]).mean())}


def evaluated(encoder, settings, rows, side="dev"):
    """{marker: {language: metrics}}; a stance also by source, as "source NAME"; and what is said of ordinary posts, as "ordinary"."""
    logits, out = passes(encoder, rows, side), {}
    for i, head in enumerate(catalogue.HEADS):
        own_logits, targets, languages, sources = own_rows(i, logits, rows, side)
        out[head["marker"]] = {}
        for language in head["languages"]:
            own, setting = languages == language, settings[head["marker"]].get(language, settings[head["marker"]][""])
            if own.any():
                out[head["marker"]][language] = measured(head, own_logits[own], targets[own], setting)
        if head["marker"] in catalogue.ORDINARY:
            out[head["marker"]]["ordinary"] = of_ordinary(i, logits, settings[head["marker"]][""])
        if head["decide"] == "favor_against":
            for source in sorted(set(sources)):
                own = sources == source
                out[head["marker"]]["source " + source] = measured(head, own_logits[own], targets[own], settings[head["marker"]][""])
    return out


def goals():
    """[(marker, metric, where, goal)], calibration of yes/no markers included; where is a language or "source NAME"."""
    out = []
    for marker, own in GOALS.items():
        for metric, where, goal in own:
            out.append((marker, metric, where if where in LANGUAGES else "source " + where, goal))
    for head in catalogue.HEADS:
        if head["kind"] == "binary":
            out += [(head["marker"], "ece", language, ECE_AT_MOST) for language in head["languages"]]
    return out


def against_goals(result):
    """[(marker, metric, where, goal, int8, float32, whether int8 meets the goal)] of {"int8": ..., "fp32": ...}."""
    out = []
    for marker, metric, where, goal in goals():
        own, full = (result[scheme][marker].get(where, {}).get(metric, float("nan")) for scheme in ("int8", "fp32"))
        out.append((marker, metric, where, goal, own, full, own <= goal if metric == "ece" else own >= goal))
    return out
