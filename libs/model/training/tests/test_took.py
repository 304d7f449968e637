"""The one command: which runs it makes, which it finds done, and how its wall time is added up. No training, no data."""
import argparse
import json
import pathlib
import tempfile
import time
import unittest
from unittest import mock

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

import card
import catalogue
import distil
import evaluate
import fit
import net
import plan
import rows
import start
import statements
import took
import train
from data import SIDES
from tests.test_fit import made_up_rows
from tiny import CONFIG

FIT = {"seconds": 600, "steps": 3, "tokens": 900, "device": "cpu", "threads": 1, "teacher": False}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)

    def noted(self, profile, **more):
        (self.work / f"fit-{profile}.json").write_text(json.dumps({**FIT, "profile": profile, **more}))


class Runs(Folder):
    def asked(self, profile, begin=None):
        return train.runs(argparse.Namespace(profile=profile, begin_from=begin, work=self.work))

    def test_a_run_follows_those_it_goes_on_from(self):
        self.assertEqual(self.asked("again"), [("cpu", None), ("again", self.work / "checkpoint-cpu.pt")])
        self.assertEqual(self.asked("taught")[1:], [("again", self.work / "checkpoint-cpu.pt"), ("taught", self.work / "checkpoint-again.pt")])
        self.assertEqual(self.asked("gpu"), [("gpu", None)])
        self.assertEqual(self.asked("again", pathlib.Path("a-model")), [("again", pathlib.Path("a-model"))])

    def test_where_a_run_begins_is_no_part_of_its_steps(self):
        for name, before in plan.AFTER.items():
            self.assertNotIn(before, plan.PROFILES[name].values())
            self.assertEqual(plan.runs(name)[-2:], [before, name])
        self.assertIn(plan.SHIPPED, plan.PROFILES)

    def test_what_a_run_began_with(self):
        self.assertIsNone(fit.begun_with(None, self.work))
        self.assertEqual(fit.begun_with(self.work / "checkpoint-cpu.pt", self.work), "cpu")
        for other in (self.work / "out", self.work.parent / "checkpoint-cpu.pt"):
            self.assertEqual(fit.begun_with(other, self.work), took.ELSEWHERE)

    def test_a_run_of_these_rows_is_done_and_one_of_others_is_not(self):
        made_up, profile = made_up_rows(), plan.PROFILES["smoke"]
        mark = fit.mark_of(plan.schedule(made_up, profile), profile, made_up, None, False)
        self.assertFalse(fit.is_done(made_up, self.work, "smoke"))
        self.noted("smoke", mark=mark, begun=None)
        self.assertFalse(fit.is_done(made_up, self.work, "smoke"))  # noted, but its weights are gone
        (self.work / "checkpoint-smoke.pt").touch()
        self.assertTrue(fit.is_done(made_up, self.work, "smoke"))
        self.assertFalse(fit.is_done(made_up, self.work, "smoke", begin=self.work / "checkpoint-cpu.pt"))
        self.assertFalse(fit.is_done(made_up_rows(23), self.work, "smoke"))

    def test_a_run_that_began_with_other_weights_is_not_done(self):
        made_up, profile, before = made_up_rows(), plan.PROFILES["smoke"], self.work / "checkpoint-cpu.pt"
        mark = fit.mark_of(plan.schedule(made_up, profile), profile, made_up, None, True)
        fit.write_whole({"w": torch.ones(3)}, before)
        (self.work / "checkpoint-smoke.pt").touch()
        self.noted("smoke", mark=mark, begun="cpu", begun_hash=start.hash_of({"w": torch.ones(3)}))
        self.assertTrue(fit.is_done(made_up, self.work, "smoke", begin=before))
        fit.write_whole({"w": torch.zeros(3)}, before)
        self.assertFalse(fit.is_done(made_up, self.work, "smoke", begin=before))

    def test_a_state_that_began_with_other_weights_is_refused(self):
        made_up = made_up_rows()
        begun = net.Encoder(CONFIG, [catalogue.width(h) for h in catalogue.HEADS]).state_dict()
        run = fit.Run(made_up, CONFIG, plan.PROFILES["smoke"], begun=begun)
        state = run.state()
        run.restore(state)
        other = fit.Run(made_up, CONFIG, plan.PROFILES["smoke"], begun={name: values + 1 for name, values in begun.items()})
        with self.assertRaises(SystemExit):
            other.restore(state)
        other.restore({name: value for name, value in state.items() if name != "begun"})


class Teacher(Folder):
    def test_all_are_trained_and_asked_before_the_run_that_they_teach_and_not_twice(self):
        done, answered, measured = set(), [], []
        a = argparse.Namespace(profile="taught", begin_from=None, work=self.work, resume=True, fresh=False, minutes=0, threads=1, device="cpu", limit=None)

        def fitted(_, __, name, *___, begin=None):
            self.assertEqual(bool(answered), name == "taught", name)
            self.assertEqual(begin is None, name in ("cpu", *plan.TEACHERS))
            done.add(name)
            return name != stop

        with (mock.patch.object(fit, "is_done", lambda _, __, name, begin: name in done), mock.patch.object(fit, "fit", fitted), mock.patch.object(train, "rows_of", lambda *_: None),
              mock.patch.object(distil, "is_done", lambda *_: bool(answered)), mock.patch.object(distil, "teach", lambda *_: answered.append(1)),
              mock.patch.object(distil, "measure", lambda *_: measured.append(not answered))):
            stop = "teacher"
            self.assertFalse(train.trained(a, None, train.runs(a), 0.0))
            self.assertEqual((done, answered), ({"cpu", "again", "teacher"}, []))
            stop = None
            self.assertTrue(train.trained(a, None, train.runs(a), 0.0))
            self.assertTrue(train.trained(a, None, train.runs(a), 0.0))
        # Measured once, before they answered: a folder that holds their answers has that too.
        self.assertEqual((done, answered, measured), ({"cpu", "again", *plan.TEACHERS, "taught"}, [1], [True]))

    def test_rows_of_both_tokenizers_are_kept_apart(self):
        tokenizer = Tokenizer(models.WordLevel({"<unk>": 3, "a": 4, "post": 5}, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        example = {"text": "a post", "context": "", "lang": "en", "src": "ours", "weight": 1.0, "targets": {}}
        parts = {stream: {side: [example] * (2 if side == "train" else 1) for side in SIDES} for stream in catalogue.STREAMS}
        rows.write(parts, tokenizer, self.work)
        rows.write({stream: {side: [example] for side in SIDES} for stream in parts}, tokenizer, self.work, "teacher-rows")
        self.assertEqual(sorted(path.name for path in self.work.iterdir()), ["rows.npz", "teacher-rows.npz"])
        self.assertEqual([len(rows.read(self.work, name=name)["stress"]["train"]) for name in ("rows", "teacher-rows")], [2, 1])
        self.assertEqual(rows.read(self.work)["stress"]["train"].text(1), [4, 5])


class Attempts(Folder):
    def test_every_goal_has_what_would_move_it(self):
        self.assertEqual(set(statements.MOVES), set(evaluate.GOALS))
        self.assertLessEqual(set(plan.runs(plan.SHIPPED)), set(statements.ATTEMPTS))

    def test_a_missed_goal_shows_each_attempt_that_was_measured(self):
        first = {"int8": {"emotion.ekman": {"es": {"macro_f1": 0.41}}}}
        (self.work / "evaluation-v1.json").write_text(json.dumps(first))
        result = {scheme: {marker: {} for marker in catalogue.BY_MARKER} for scheme in ("int8", "fp32")}
        result["int8"]["emotion.ekman"] = {"es": {"macro_f1": 0.5}, "en": {"macro_f1": 0.46}}
        lines = card.attempt_lines(self.work, result, "again")
        row, = (line for line in lines if line.startswith("| `emotion.ekman`"))
        self.assertRegex(row, r"\| es \| ≥ 0\.56 \| 0\.410 (\| – )+\| 0\.500 \|")
        self.assertEqual(list(card.attempts_of(self.work, result, "cpu")), ["v1", "cpu"])


class WallTime(Folder):
    def test_all_stages_are_added_up(self):
        took.note(self.work, "base", time.monotonic() - 60)
        took.note(self.work, "rows", time.monotonic() - 30)
        took.note(self.work, "teach", time.monotonic() - 6)
        took.note(self.work, "finish taught", time.monotonic() - 120)
        took.note(self.work, "finish cpu", time.monotonic() - 7)
        self.noted("cpu", begun=None)
        self.noted("again", begun="cpu", seconds=300)
        self.noted("teacher", begun=None, seconds=120)
        self.noted("teacher-few", begun=None, seconds=30)
        self.noted("taught", begun="again", seconds=60, teacher=True)
        self.assertEqual(took.line(self.work, "taught"), "Wall time of all stages, pauses left out: 22.1 min (base 1.0 min, rows 0.5 min, fit teacher 2.0 min, fit teacher-few 0.5 min, teach 0.1 min, "
                         "fit cpu 10.0 min, fit again 5.0 min, fit taught 1.0 min, finish 2.0 min).")
        lines = "\n".join(card.training_lines(self.work, "taught"))
        self.assertIn("in 3 runs", lines)
        self.assertIn("all-MiniLM-L6-v2", lines)
        self.assertIn("--out libs/model/weights/encoder-v2 --resume", lines)

    def test_what_nobody_noted_is_named(self):
        self.noted("again")  # of a time when a run did not say what it began with
        told = took.line(self.work, "again")
        self.assertIn("10.0 min (fit again 10.0 min)", told)
        self.assertTrue(told.endswith("how long they took: base, rows, fit cpu, finish."), told)

    def test_weights_from_elsewhere_and_a_teacher(self):
        self.noted("gpu", begun=took.ELSEWHERE, teacher=True)
        self.noted("teacher", begun=None)
        self.assertEqual([name for name, _ in took.stages(self.work, "gpu")], ["base", "rows", "fit teacher", "fit teacher-few", "teach", "fit elsewhere", "fit gpu", "finish"])
        self.assertIn("--profile gpu", "\n".join(card.training_lines(self.work, "gpu")))


if __name__ == "__main__":
    unittest.main()
