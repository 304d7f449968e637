"""From a checkpoint to the folder that ships, with a tiny encoder, random ids and no data: every file is there and fits the others."""
import contextlib
import hashlib
import io
import json
import pathlib
import tempfile
import tomllib
import unittest

import torch

import annotate
import base
import catalogue
import finish
import fit
import golden
import net
import score
import start
from tests.test_fit import made_up_rows
from tiny import CONFIG, PIECES


class Whole(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        torch.manual_seed(5)
        cls.folder = tempfile.TemporaryDirectory()
        work = cls.work = pathlib.Path(cls.folder.name)
        cls.out, cls.rows = work / "out", made_up_rows(40)
        (work / "base.json").write_text(json.dumps(CONFIG))
        base.tokenizer_of(PIECES).save(str(work / "tokenizer.json"))
        fit.write_whole(net.Encoder(CONFIG, [catalogue.width(h) for h in catalogue.HEADS]).state_dict(), work / "checkpoint-smoke.pt")
        (work / "fit-smoke.json").write_text(json.dumps({"profile": "smoke", "seconds": 60, "steps": 3, "tokens": 900, "device": "cpu", "threads": 1, "teacher": False}))
        with contextlib.redirect_stdout(io.StringIO()):
            finish.finish(cls.rows, work, cls.out, "smoke", 1, False)
        cls.manifest = tomllib.loads((cls.out / "model.toml").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_manifest_fits_the_files_and_the_heads(self):
        for file in self.manifest["files"]:
            self.assertEqual(hashlib.sha256((self.out / file["name"]).read_bytes()).hexdigest(), file["sha256"])
        self.assertEqual([h["marker"] for h in self.manifest["heads"]], [h["marker"] for h in catalogue.HEADS])
        for head in self.manifest["heads"]:
            width = 1 if head["kind"] == "binary" else len(head["labels"])
            self.assertEqual((len(head["shift"]), len(head["thresholds"])), (width, 0 if head["kind"] == "regression" else width))
            self.assertEqual("range" in head, head["kind"] == "regression")
        self.assertEqual(self.manifest["pair"], {"layout": "begin_context_end_end_text_end", "topic": 24, "parent": 56})

    def test_a_run_can_begin_with_the_weights_that_ship(self):
        widths = [catalogue.width(h) for h in catalogue.HEADS]
        begun = start.read(self.out, self.work / "tokenizer.json", widths)
        made = torch.load(self.work / "checkpoint-smoke.pt", weights_only=True)
        self.assertEqual(set(begun), set(made))
        for name, values in made.items():
            # Matrices are rounded to 127 steps of their largest number.
            self.assertLessEqual(float((begun[name] - values).abs().max()), float(values.abs().max()) / 200 + 1e-6, name)
        with self.assertRaises(SystemExit):
            start.read(self.out, self.work / "tokenizer.json", widths[:-1])

    def test_the_card_speaks_of_every_head_and_both_precisions(self):
        card = (self.out / "CARD.md").read_text()
        for head in catalogue.HEADS:
            self.assertIn(f"## `{head['marker']}`", card)
        self.assertIn("| marker | metric | where | goal | int8 | float32 | |", card)
        self.assertEqual(set(json.loads((self.work / "evaluation-smoke.json").read_text())), {"int8", "fp32", "probes"})
        self.assertIn("Wall time of all stages", card)
        self.assertIn("## Tried for the goals that are missed", card)

    def test_what_the_product_answers(self):
        encoder = score.Encoder(self.out / "model.onnx", self.out / "tokenizer.json", 1)
        rows = [{"id": "a", "text": "one", "context": "", "lang": "en"}, {"id": "b", "text": "two", "context": "harbours", "lang": "en"}, {"id": "c", "text": "tres", "context": "", "lang": "es"}]
        one, two, three = annotate.annotated(encoder, self.manifest["heads"], rows, "topic")
        self.assertNotIn("polarization.stance", one["scores"])
        self.assertAlmostEqual(sum(two["scores"]["polarization.stance"].values()), 1.0, places=4)
        self.assertNotIn("polarization.agreement", two["scores"])
        self.assertEqual(set(two["scores"]) - set(two["labels"]), {h["marker"] for h in catalogue.HEADS if h["kind"] == "regression" and not h["pair"]})
        self.assertIn("emotion.ekman", three["labels"])
        self.assertTrue(-1 <= one["scores"]["vad.valence"] <= 1)
        logits = encoder.logits(["two"], ["harbours"], "topic")[0][0]
        again = golden.answers_of(self.manifest, "en", "topic", logits)["scores"]["polarization.stance"]
        for a, b in zip(again, two["scores"]["polarization.stance"].values()):
            self.assertAlmostEqual(a, b, places=5)


if __name__ == "__main__":
    unittest.main()
