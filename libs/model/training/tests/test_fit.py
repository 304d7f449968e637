"""The plan and the run: nothing depends on how often a run was interrupted. A tiny model, random ids, no data."""
import math
import pathlib
import tempfile
import unittest

import numpy as np
import torch

import calibrate
import catalogue
import fit
import metrics
import plan
import rows
from tiny import CONFIG

PROFILE = {**plan.PROFILES["smoke"], "tokens": 256, "rows": 8}


def made_up_rows(count=24):
    rng, out = np.random.default_rng(3), {}
    for stream, settings in catalogue.STREAMS.items():
        lengths, contexts = rng.integers(1, 200, count), rng.integers(1, 90, count) * ("pair" in settings)
        fields = {
            "text": rng.integers(4, 200, lengths.sum()).astype(np.uint16), "text_at": np.concatenate([[0], np.cumsum(lengths)]),
            "context": rng.integers(4, 200, contexts.sum()).astype(np.uint16), "context_at": np.concatenate([[0], np.cumsum(contexts)]),
            "weight": np.ones(count, np.float32), "language": np.zeros(count, np.int8), "src": np.full(count, "made-up"), "key": rng.integers(0, 2**60, count).astype(np.uint64),
        }
        for index in catalogue.stream_heads(stream):
            head, width = catalogue.HEADS[index], catalogue.target_width(catalogue.HEADS[index])
            y = rng.integers(0, catalogue.width(head) if head["kind"] == "multiclass" else 2, (count, width)).astype(np.float32)
            if head["kind"] != "multiclass":
                y[::5] = np.nan
            fields["target:" + head["marker"]] = y
        out[stream] = {side: rows.Rows(fields) for side in ("train", "tune", "dev")}
    return out


class Interrupted(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        self.rows = made_up_rows()

    def steps(self, run, count):
        for _ in range(count):
            run.step()
        return run

    def test_a_run_in_two_sittings_gives_the_weights_of_one_in_one(self):
        straight = self.steps(fit.Run(self.rows, CONFIG, PROFILE), 20)
        first = self.steps(fit.Run(self.rows, CONFIG, PROFILE), 10)
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder) / "state.pt"
            fit.write_whole(first.state(), place)
            torch.rand(7)  # whatever happened in between
            second = fit.Run(self.rows, CONFIG, PROFILE)
            second.restore(torch.load(place, weights_only=True))
        self.steps(second, 10)
        self.assertEqual((second.position, second.tokens), (20, straight.tokens))
        for name, value in straight.weights().items():
            self.assertTrue(torch.equal(value, second.weights()[name]), name)

    def test_a_state_of_another_plan_is_refused(self):
        state = self.steps(fit.Run(self.rows, CONFIG, PROFILE), 1).state()
        with self.assertRaises(SystemExit):
            fit.Run(self.rows, CONFIG, {**PROFILE, "peak": 1e-3}).restore(state)
        with self.assertRaises(SystemExit):
            fit.Run(made_up_rows(23), CONFIG, PROFILE).restore(state)

    def test_a_batch_leaves_other_heads_alone(self):
        run = fit.Run(self.rows, CONFIG, PROFILE)
        run.position = len(run.batches) // 2
        before = run.weights()
        before = {name: value.clone() for name, value in before.items()}
        taught = catalogue.stream_heads(run.batches[run.position].stream)
        run.step()
        for i in range(len(catalogue.HEADS)):
            same = torch.equal(before[f"outputs.{i}.weight"], run.weights()[f"outputs.{i}.weight"]) and torch.equal(before[f"attend.{i}"], run.weights()[f"attend.{i}"])
            self.assertEqual(same, i not in taught)

    def test_an_ordinary_post_is_a_no_to_heads_of_distress_where_a_profile_says_so(self):
        at = [i for i, head in enumerate(catalogue.HEADS) if head["marker"] in catalogue.ORDINARY]
        made = made_up_rows()
        made["sentiment"]["train"].targets["sentiment"][:] = 2  # positive
        for profile, learns in ((PROFILE, False), ({**PROFILE, "ordinary": 0.2}, True)):
            run = fit.Run(made, CONFIG, profile)
            run.position = next(i for i in range(len(run.batches) // 2, len(run.batches)) if run.batches[i].stream == "sentiment")
            before = {name: value.clone() for name, value in run.weights().items()}
            run.step()
            for i in at:
                self.assertEqual(not torch.equal(before[f"outputs.{i}.bias"], run.weights()[f"outputs.{i}.bias"]), learns)
        logits = torch.tensor([[4.0], [-3.5], [4.0]])
        said = [fit.ordinary_loss(logits, torch.tensor(mask)).item() for mask in ([True, False, False], [False, True, False], [False, False, False])]
        self.assertTrue(said[0] > 10 * said[1] > said[2] == 0, said)

    def test_posts_that_name_distress_are_not_ordinary(self):
        y = np.zeros((4, len(catalogue.GOEMOTIONS)), np.float32)
        y[1, catalogue.GOEMOTIONS.index("grief")] = y[2, catalogue.GOEMOTIONS.index("joy")] = 1
        y[3] = np.nan
        self.assertEqual(catalogue.ordinary("goemotions", {"emotion.goemotions": y}).tolist(), [True, False, True, False])
        self.assertEqual(catalogue.ordinary("sentiment", {"sentiment": np.array([[0.0], [1.0], [2.0], [np.nan]])}).tolist(), [False, True, True, False])
        self.assertIsNone(catalogue.ordinary("suicide", {}))

    def test_a_plan_is_the_same_twice_and_meets_every_row(self):
        one, two = plan.schedule(self.rows, PROFILE), plan.schedule(self.rows, PROFILE)
        self.assertEqual([b.members for b in one], [b.members for b in two])
        met = {i for b in one if b.stream == "stance" for i, _ in b.members}
        self.assertEqual(met, set(range(24)))
        for batch in one:
            ids = batch.ids(self.rows[batch.stream]["train"])
            self.assertTrue(ids.shape[1] == batch.length and batch.length % 8 == 0 and (ids[:, 0] == 0).all())

    def test_a_cut_checkpoint_is_joined_again(self):
        import bundle

        run = fit.Run(self.rows, CONFIG, PROFILE)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            fit.write_whole(run.weights(), folder / "a.pt")
            bundle.cut(folder / "a.pt", folder / "pieces")
            bundle.join(folder / "pieces", folder / "b.pt")
            back = torch.load(folder / "b.pt", weights_only=True)
        for name, value in run.weights().items():
            self.assertTrue(torch.allclose(value, back[name], atol=2e-3), name)


class Losses(unittest.TestCase):
    def test_what_is_unknown_has_no_part(self):
        head = catalogue.BY_MARKER["mh.irf"]
        logits, targets = torch.tensor([[2.0, 9.0], [1.0, 1.0]]), torch.tensor([[1.0, math.nan], [math.nan, math.nan]])
        loss, known = fit.loss_of(head, logits, targets, torch.ones(2))
        self.assertEqual(known.item(), 1)
        self.assertAlmostEqual(loss.item(), math.log(1 + math.exp(-2.0)), places=5)

    def test_a_batch_that_says_nothing_costs_nothing(self):
        loss, known = fit.loss_of(catalogue.BY_MARKER["mh.ptsd"], torch.ones(2, 1), torch.full((2, 1), math.nan), torch.ones(2))
        self.assertEqual((loss.item(), known.item()), (0.0, 0))


class Settings(unittest.TestCase):
    def test_every_kind_of_head_is_calibrated_decided_and_measured(self):
        rng = np.random.default_rng(1)
        for head in catalogue.HEADS:
            n, width = 400, catalogue.width(head)
            if head["kind"] == "multiclass":
                y = rng.integers(0, width, (n, 1)).astype(np.float32)
                logits = np.eye(width)[y[:, 0].astype(int)] * 2 + rng.normal(size=(n, width))
            else:
                y = (rng.random((n, width)) if head["kind"] == "regression" else rng.random((n, width)) < 0.3).astype(np.float32)
                logits = 3 * y - 1.5 + rng.normal(size=(n, width))
                if head["marker"] in ("mh.irf", "emotion.intensity"):
                    y[rng.random((n, width)) < 0.4] = np.nan
            languages = np.array(["es" if i % 2 else "en" for i in range(n)])
            settings = calibrate.settings(head, logits, y, languages)
            self.assertEqual(set(settings), {"", "en", "es"} if len(head["languages"]) > 1 else {""})
            scores = calibrate.scores(head, logits, settings[""])
            values = metrics.of(head, scores, calibrate.decided(head, scores, settings[""][2]), y)
            self.assertGreater(values[metrics.leading(head)], 0.4, head["marker"])
            low, high = head["range"] or (0.0, 1.0)
            self.assertTrue(((scores >= low) & (scores <= high)).all())


if __name__ == "__main__":
    unittest.main()
