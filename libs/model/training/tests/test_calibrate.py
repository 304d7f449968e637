"""Weights of classes from few tuning rows. Made-up probabilities, no data."""
import unittest

import numpy as np

import calibrate
import metrics


def made_up(rng, rows, sharpness=1.0):
    """(probabilities, classes) of seven classes as unequal as basic emotions, of which the probabilities are right."""
    prior = np.log([0.07, 0.08, 0.03, 0.27, 0.04, 0.03, 0.48])
    z = prior + sharpness * rng.normal(size=(rows, 7))
    p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    return p, np.array([rng.choice(7, p=row) for row in p])


def power(p, y, decide="macro_f1"):
    """The power that class_weights took, read off the weights of the most and the least frequent class."""
    weights, count = np.log(calibrate.class_weights(p, y, decide)), np.maximum(np.bincount(y, minlength=p.shape[1]), 0.5)
    most, least = count.argmax(), count.argmin()
    return (weights[most] - weights[least]) / np.log(count[most] / count[least])


def by_observed_rows_alone(p, y):
    """The power that does best on the rows themselves: what class_weights is steadier than."""
    count = np.bincount(y, minlength=p.shape[1])
    share, powers = np.maximum(count, 0.5) / len(y), np.arange(0, 1.01, 0.05)
    scores = [calibrate.class_score("macro_f1", (p / share ** t).argmax(-1), np.eye(p.shape[1])[y], count > 0) for t in powers]
    return powers[int(np.argmax(calibrate.smoothed(scores)))]


class Powers(unittest.TestCase):
    def test_the_power_is_steady_from_slice_to_slice(self):
        rng = np.random.default_rng(5)
        slices = [made_up(rng, 240) for _ in range(20)]
        steady, loose = np.std([power(*s) for s in slices]), np.std([by_observed_rows_alone(*s) for s in slices])
        self.assertLess(steady, 0.6 * loose)

    def test_it_still_follows_what_the_score_asks_for(self):
        rng = np.random.default_rng(6)
        p, y = made_up(rng, 4000)
        # Recall of all classes alike wants the prior taken out; weighted F1 hardly.
        self.assertGreater(power(p, y, "macro_recall"), power(p, y, "weighted_f1") + 0.2)

    def test_where_nothing_is_to_gain_it_is_one_half(self):
        y = np.repeat(np.arange(3), [40, 10, 30])
        self.assertAlmostEqual(power(np.eye(3)[y] * 0.998 + 0.001 * (1 - np.eye(3)[y]), y), 0.5)

    def test_thresholds_for_jaccard_serve_rows_rather_than_labels(self):
        rng = np.random.default_rng(8)
        logits = rng.normal(0, 1.5, (600, 5)) + np.array([0.5, 0, -1, -2.5, -3.5])
        p = 1 / (1 + np.exp(-logits))
        y = (rng.random(p.shape) < p).astype(float)
        head = {"kind": "multilabel", "decide": "macro_f1"}
        by_label = calibrate.thresholds(head, p, y)
        by_row = calibrate.thresholds({**head, "decide": "jaccard"}, p, y)
        better = metrics.jaccard((p >= by_row).astype(float), y) - metrics.jaccard((p >= by_label).astype(float), y)
        self.assertGreater(better, 0.01)
        self.assertEqual(metrics.jaccard(np.array([[0.0, 0], [1, 0], [1, 1]]), np.array([[0.0, 0], [0, 1], [1, 0]])), 0.5)

    def test_scores_are_those_of_metrics_on_observed_rows(self):
        rng = np.random.default_rng(7)
        p, y = made_up(rng, 300)
        predicted = p.argmax(-1)
        for decide in ("macro_f1", "macro_recall", "weighted_f1", "favor_against"):
            head = {"labels": list("abcdefg"), "decide": decide}
            own = calibrate.class_score(decide, predicted, np.eye(7)[y], np.ones(7, bool))
            self.assertAlmostEqual(own, metrics.of_multiclass(head, predicted, y)[decide], places=9)


if __name__ == "__main__":
    unittest.main()
