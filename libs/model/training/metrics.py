"""The metrics of the project's scoring rule, over arrays."""
import numpy as np


def f1(gold, predicted):
    both = (gold * predicted).sum()
    return 2 * both / (gold.sum() + predicted.sum()) if both else 0.0


def auc(gold, score):
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
    return (ranks[gold == 1].sum() - n1 * (n1 + 1) / 2) / (n1 * (len(gold) - n1))


def ece(gold, score, bins=15):
    """Expected calibration error over bins of equal mass."""
    order = np.argsort(score, kind="stable")
    return sum(len(part) / len(gold) * abs(gold[part].mean() - score[part].mean()) for part in np.array_split(order, bins) if len(part))


def ece_by_chance(score, draws=200):
    """The error that perfectly calibrated scores would show on so few rows."""
    rng = np.random.default_rng(0)
    return float(np.mean([ece((rng.random(len(score)) < score).astype(int), score) for _ in range(draws)]))


def of(head, p, predicted, targets):
    """{metric: value} for one head."""
    y = np.asarray(targets)
    if head["kind"] == "multilabel":
        per = [f1(y[:, i], predicted[:, i]) for i in range(y.shape[1])]
        union = np.maximum(y, predicted).sum(1)
        jaccard = np.where(union > 0, np.minimum(y, predicted).sum(1) / np.maximum(union, 1), 1.0).mean()
        return {"macro_f1": float(np.mean(per)), "jaccard": float(jaccard), "per_label": dict(zip(head["labels"], map(float, per)))}
    if head["kind"] == "binary":
        yes, no = f1(y, predicted), f1(1 - y, 1 - predicted)
        return {"f1": yes, "macro_f1": (yes + no) / 2, "weighted_f1": (yes * y.sum() + no * (1 - y).sum()) / len(y),
                "auc": auc(y, p[:, 0]), "ece": ece(y, p[:, 0]), "ece_by_chance": ece_by_chance(p[:, 0])}
    classes = range(len(head["labels"]))
    per = [f1((y == c).astype(int), (predicted == c).astype(int)) for c in classes]
    recall = [float((predicted[y == c] == c).mean()) for c in classes if (y == c).any()]
    return {"macro_f1": float(np.mean(per)), "macro_recall": float(np.mean(recall)), "per_label": dict(zip(head["labels"], map(float, per)))}
