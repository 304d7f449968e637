"""The metrics of the project's scoring rule, over arrays. NaN targets are unknown and take no part."""
import numpy as np


def f1(gold, predicted):
    both = (gold * predicted).sum()
    return 2 * both / (gold.sum() + predicted.sum()) if both else 0.0


def jaccard(picked, y):
    """Mean share of the labels given or due that are both; 1 where there are neither."""
    union = np.maximum(picked, y).sum(1)
    return float(np.where(union > 0, np.minimum(picked, y).sum(1) / np.maximum(union, 1), 1.0).mean())


def auc(gold, score):
    """Area under ROC, ties by mid-rank; NaN without both classes."""
    order = np.argsort(score, kind="stable")
    s, ranks = score[order], np.empty(len(score))
    i = 0
    while i < len(s):
        j = i
        while j < len(s) and s[j] == s[i]:
            j += 1
        ranks[order[i:j]] = (i + j + 1) / 2
        i = j
    n1 = gold.sum()
    if not 0 < n1 < len(gold):
        return float("nan")
    return float((ranks[gold == 1].sum() - n1 * (n1 + 1) / 2) / (n1 * (len(gold) - n1)))


def pearson(gold, score):
    return float(np.corrcoef(gold, score)[0, 1]) if len(gold) > 2 and gold.std() and score.std() else float("nan")


def ece(gold, score, bins=15):
    """Expected calibration error over bins of equal mass."""
    order, n = np.argsort(score, kind="stable"), len(gold)
    parts = [order[b * n // bins:(b + 1) * n // bins] for b in range(bins)]
    return float(sum(len(part) / n * abs(gold[part].mean() - score[part].mean()) for part in parts if len(part)))


def ece_by_chance(score, draws=200):
    """The error that perfectly calibrated scores would show on so few rows."""
    rng = np.random.default_rng(0)
    return float(np.mean([ece((rng.random(len(score)) < score).astype(int), score) for _ in range(draws)]))


def per_label(head, values):
    return dict(zip(head["labels"], map(float, values)))


def of_multilabel(head, p, predicted, y):
    known = ~np.isnan(y)
    each = [f1(y[k, i], predicted[k, i]) for i, k in enumerate(known.T)]
    areas = [auc(y[k, i], p[k, i]) if k.any() else float("nan") for i, k in enumerate(known.T)]
    out = {"macro_f1": float(np.mean(each)), "auc_mean": float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan")}
    if known.all():
        out["jaccard"] = jaccard(predicted, y)
        return {**out, "per_label": per_label(head, each)}
    return {**out, "ece": ece(y[known], p[known]), "ece_by_chance": ece_by_chance(p[known]), "auc_by_label": per_label(head, areas)}


def of_binary(p, predicted, y):
    yes, no = f1(y, predicted), f1(1 - y, 1 - predicted)
    return {"f1": float(yes), "macro_f1": float((yes + no) / 2), "weighted_f1": float((yes * y.sum() + no * (1 - y).sum()) / len(y)),
            "auc": auc(y, p[:, 0]), "ece": ece(y, p[:, 0]), "ece_by_chance": ece_by_chance(p[:, 0]), "positives": int(y.sum())}


def of_multiclass(head, predicted, y):
    each = [f1((y == c).astype(int), (predicted == c).astype(int)) for c in range(len(head["labels"]))]
    share = [(y == c).mean() for c in range(len(each))]
    recall = [float((predicted[y == c] == c).mean()) for c in range(len(each)) if (y == c).any()]
    out = {"macro_f1": float(np.mean(each)), "macro_recall": float(np.mean(recall)), "weighted_f1": float(np.dot(each, share))}
    if head["decide"] == "favor_against":
        out["favor_against"] = float(np.mean(each[:2]))
    return {**out, "per_label": per_label(head, each)}


def of_regression(head, scores, y):
    """Pearson's r and the mean absolute error, in the head's own unit, against targets on [0, 1]."""
    low, high = head["range"]
    gold, known = low + (high - low) * y, ~np.isnan(y)
    each = [pearson(gold[k, i], scores[k, i]) for i, k in enumerate(known.T)]
    out = {"pearson": float(np.mean(each)), "mean_error": float(np.abs(gold - scores)[known].mean())}
    return out if len(each) == 1 else {**out, "pearson_by_label": per_label(head, each)}


def of(head, scores, predicted, targets):
    """{metric: value} for one head; dictionaries hold values by label."""
    y = np.asarray(targets, np.float64)
    if head["kind"] == "multilabel":
        return of_multilabel(head, scores, predicted, y)
    if head["kind"] == "regression":
        return of_regression(head, scores, y)
    if head["kind"] == "binary":
        return of_binary(scores, predicted, y[:, 0])
    return of_multiclass(head, predicted, y[:, 0].astype(int))


def leading(head):
    """The metric that a head is compared by."""
    return {"multilabel": "auc_mean" if head["stream"] == "needs" else "macro_f1", "regression": "pearson", "binary": "auc"}.get(head["kind"], head["decide"])
