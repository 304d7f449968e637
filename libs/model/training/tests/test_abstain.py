"""Which posts are left undecided in languages without labelled posts, and that golden files and answers say so."""
import math
import pathlib
import tempfile
import tomllib
import unittest

import numpy as np

import annotate
import calibrate
import catalogue
import golden
import manifest
import probes

BINARY, SEVERAL = catalogue.BY_MARKER["mh.stress"], catalogue.BY_MARKER["polarization.stance"]
# Log-odds of yes/no sentences, five of each label: the surer, the more often right.
LOGITS = np.array([[-3.0], [-2.5], [-2.0], [-0.9], [0.4], [3.0], [2.5], [2.0], [0.8], [-0.5]])
LABELS = np.array([[0.0]] * 5 + [[1.0]] * 5)
PLAIN = (1.0, [0.0], [0.5])


class Undecided(unittest.TestCase):
    def test_as_few_as_reach_the_goal(self):
        found = probes.abstention(BINARY, LOGITS, LABELS, PLAIN)
        low, high = found["band"]["abstain"]
        # Two are wrong. Without the less sure one enough are right; the band ends halfway to the next.
        self.assertAlmostEqual(low, 1 / (1 + math.exp(0.45)))
        self.assertAlmostEqual(high, 1 / (1 + math.exp(-0.45)))
        self.assertEqual((found["answered"], found["right"]), (0.9, 0.9))
        keys, p = found["band"], calibrate.scores(BINARY, LOGITS, PLAIN)
        self.assertEqual(np.flatnonzero(calibrate.abstains(keys, p)).tolist(), [4])

    def test_none_where_the_goal_is_reached_anyway(self):
        sure = np.sign(LABELS - 0.5) * 3
        found = probes.abstention(BINARY, sure, LABELS, PLAIN)
        self.assertEqual(found, {"answered": 1.0, "right": 1.0})

    def test_the_best_there_is_where_the_goal_cannot_be_had(self):
        # The two least sure are wrong, of the others half: no more is left undecided for the sake of the rest.
        y, right = np.array([0, 1] * 5), np.array([False, False, True, True, False, False, True, True, False, False])
        self.assertEqual(probes.unsure(np.arange(1.0, 11.0), right, y, 0.85), (2.5, 0.8, 0.5))

    def test_a_frequent_label_does_not_decide_alone(self):
        y = np.array([0] * 90 + [1] * 10)
        sureness, right = np.linspace(1, 2, 100), np.array([True] * 90 + [False] * 5 + [True] * 5)
        self.assertEqual(probes.unsure(sureness, right, y, 0.9)[2], 0.75)
        self.assertEqual(probes.unsure(sureness[:92], right[:92], y[:92], 0.9), (None, 1.0, 1.0), "two sentences of a label tell nothing")

    def test_several_labels_are_as_sure_as_the_likeliest(self):
        logits = np.array([[3.0, 0, 0], [2.5, 0, 0], [0, 0.2, 0]] + [[0, 3.0, 0], [0, 2.5, 0], [0.1, 0, 0]] + [[0, 0, 3.0], [0, 0, 2.5], [0, 0.1, 0]])
        y = np.repeat([[0.0], [1.0], [2.0]], 3, axis=0)
        found = probes.abstention(SEVERAL, logits, y, (1.0, [0.0] * 3, [0.5] * 3))
        self.assertEqual(set(found["band"]), {"abstain_below"})
        self.assertGreaterEqual(found["right"], probes.RIGHT["multiclass"])
        self.assertGreaterEqual(found["answered"], probes.ANSWERED)

    def test_other_heads_always_decide(self):
        for kind in ("multilabel", "regression"):
            self.assertEqual(probes.abstention({"kind": kind}, None, None, None), {})


class Drawn(unittest.TestCase):
    def test_a_threshold_lies_between_the_sentences(self):
        scale, shift, (line,) = probes.drawn(BINARY, LOGITS + 2, LABELS, PLAIN)
        self.assertEqual((scale, shift), PLAIN[:2])
        # All scores stand too high by two: a threshold of one half calls most sentences yes.
        right = ((1 / (1 + np.exp(-LOGITS - 2)) >= line) == LABELS).mean()
        self.assertGreaterEqual(right, 0.8)
        self.assertEqual(probes.drawn(SEVERAL, LOGITS, LABELS, PLAIN), PLAIN)

    def test_only_languages_that_are_answered_keep_their_settings(self):
        elsewhere, here = (1.0, [3.0], [0.5]), (1.0, [0.0], [0.5])
        before = {"mh.stress": {"": here, "es": elsewhere}, "mh.depression": {"": here, "es": elsewhere}}
        tried = {"mh.stress": {"es": {"auc": 0.9, "setting": elsewhere}}, "mh.depression": {"es": {"auc": 0.6, "setting": elsewhere}}}
        self.assertEqual(probes.settings(tried, before), {"mh.stress": {"": here, "es": elsewhere}, "mh.depression": {"": here}})


class Written(unittest.TestCase):
    RESULT = {"mh.stress": {"es": {"auc": 0.9, "band": {"abstain": [0.25, 0.625]}}}, "mh.depression": {"es": {"auc": 0.5, "band": {"abstain": [0.1, 0.9]}}},
              "polarization.stance": {"es": {"macro_f1": 0.7, "band": {"abstain_below": 0.5}}}}

    def write(self):
        settings = {h["marker"]: {"": (1.0, [0.0] * catalogue.width(h), [] if h["kind"] == "regression" else [0.5] * catalogue.width(h))} for h in catalogue.HEADS}
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            for name in ("model.onnx", "tokenizer.json"):
                (out / name).write_bytes(b"")
            manifest.write(out, settings, probes.languages(self.RESULT), probes.bands(self.RESULT))
            return {h["marker"]: h for h in tomllib.loads((out / "model.toml").read_text())["heads"]}

    def test_bands_stand_with_the_languages_that_are_answered(self):
        heads = self.write()
        self.assertEqual([own["abstain"] for own in heads["mh.stress"]["per_language"]], [[0.25, 0.625]])
        self.assertEqual([own["abstain_below"] for own in heads["polarization.stance"]["per_language"]], [0.5])
        self.assertNotIn("per_language", heads["mh.depression"])
        self.assertFalse(any("abstain" in head or "abstain_below" in head for head in heads.values()), "no language with labelled posts has one")

    def test_answers_and_golden_files_say_so(self):
        heads = self.write()
        head, unsure = heads["mh.stress"], np.zeros(1)
        self.assertEqual(annotate.answer(head, "es", unsure), (0.5, "abstain"))
        self.assertEqual(annotate.answer(head, "en", unsure), (0.5, "yes"))
        self.assertEqual(annotate.answer(head, "es", np.array([2.0]))[1], "yes")
        said = golden.answers_of({"heads": [head]}, "es", None, unsure.astype(np.float32))
        self.assertEqual(said, {"scores": {"mh.stress": [0.5]}, "labels": {"mh.stress": []}})
        stance = heads["polarization.stance"]
        self.assertEqual(annotate.answer(stance, "es", np.zeros(3))[1], "abstain")
        self.assertEqual(annotate.answer(stance, "es", np.array([0, 3.0, 0]))[1], "against")


if __name__ == "__main__":
    unittest.main()
