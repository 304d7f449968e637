"""Calibration and thresholds, from the tuning slice of the training rows only.

Reads: logits and targets of one head. Guarantees: probabilities = sigmoid or softmax of `scale * logit + shift`, fitted
by likelihood with a pull towards no change that matters where the slice is small; thresholds that do best on the
slice, where a label's few positives are helped out by what the calibrated probabilities let expect.
"""
import numpy as np
import torch

GRID = np.concatenate([np.arange(0.02, 0.1, 0.005), np.arange(0.1, 0.91, 0.01)])


def probabilities(kind, logits, scale, shift):
    z = logits.astype(np.float64) * scale + np.asarray(shift)
    if kind == "multiclass":
        e = np.exp(z - z.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)
    return 1 / (1 + np.exp(-z))


def fit(kind, logits, targets, pull=3.0):
    """scale and shift of least regularised loss."""
    x = torch.tensor(logits, dtype=torch.float64)
    y = torch.tensor(np.asarray(targets), dtype=torch.long if kind == "multiclass" else torch.float64)
    log_scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
    shift = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_scale, shift], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        z = x * log_scale.exp() + shift
        if kind == "multiclass":
            loss = torch.nn.functional.cross_entropy(z, y, reduction="sum")
        else:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y.reshape(z.shape), reduction="sum")
        loss = loss + pull * (shift.square().sum() + log_scale.square())
        loss.backward()
        return loss

    optimizer.step(closure)
    return float(log_scale.detach().exp()), shift.detach().numpy().tolist()


def f1_threshold(p, y):
    """The threshold of best F1, observed positives mixed with expected ones the fewer there are."""
    trust = y.sum() / (y.sum() + 30)
    expected = trust * y + (1 - trust) * p
    scores = []
    for t in GRID:
        hit = p >= t
        scores.append(2 * expected[hit].sum() / max(hit.sum() + expected.sum(), 1e-9))
    smooth = np.convolve(np.pad(scores, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return float(GRID[int(np.argmax(smooth))])


def class_weights(p, y, score):
    """Per class, the divisor of its probability: its share to the power that does best under `score(predicted)`.

    One number is searched for, not one per class: rare classes have too few rows in the slice to carry a threshold each.
    """
    share = np.bincount(y, minlength=p.shape[1]) / len(y)
    powers = np.arange(0, 1.01, 0.05)
    scores = [score((p / share ** power).argmax(-1)) for power in powers]
    smooth = np.convolve(np.pad(scores, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    weights = share ** powers[int(np.argmax(smooth))]
    return (weights / weights.sum()).tolist()


def thresholds(head, p, targets):
    y = np.asarray(targets)
    if head["kind"] == "multilabel":
        return [f1_threshold(p[:, i], y[:, i]) for i in range(p.shape[1])]
    if head["kind"] == "binary":
        return [f1_threshold(p[:, 0], y.astype(float))]
    classes = range(p.shape[1])
    if head["file"] == "sentiment":
        return class_weights(p, y, lambda predicted: np.mean([(predicted[y == c] == c).mean() for c in classes]))
    return class_weights(p, y, lambda predicted: np.mean([2 * ((predicted == c) & (y == c)).sum() / max(((predicted == c).sum() + (y == c).sum()), 1) for c in classes]))


def decided(head, p, limits):
    """Labels as the product decides them: 0/1 per label, or a class index."""
    limits = np.asarray(limits)
    if head["kind"] == "multiclass":
        return (p / limits).argmax(-1)
    return (p >= limits).astype(int) if head["kind"] == "multilabel" else (p[:, 0] >= limits[0]).astype(int)
