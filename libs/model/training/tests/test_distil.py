"""A teacher: its base, its answers, and what an encoder learns of them."""
import json
import math
import pathlib
import tempfile
import unittest
import unittest.mock

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

import base
import catalogue
import distil
import encode
import english
import evaluate
import fit
import net
import plan
from tests.test_fit import made_up_rows
from tiny import CONFIG

WIDTHS = [catalogue.width(h) for h in catalogue.HEADS]
STRESS = next(i for i, h in enumerate(catalogue.HEADS) if h["marker"] == "mh.stress")


class Base(unittest.TestCase):
    def test_special_pieces_come_first_and_names_are_masked(self):
        vocabulary = {piece: i for i, piece in enumerate(["[PAD]", "sad", "[UNK]", "[CLS]", "[SEP]", "@", "user", "http", "so"])}
        theirs = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        theirs.normalizer, theirs.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.BertPreTokenizer()
        written, order = english.tokenizer_of(json.loads(theirs.to_str()))
        self.assertEqual(order, [3, 0, 4, 2, 1, 5, 6, 7, 8])
        ours = Tokenizer.from_str(json.dumps(written))
        self.assertEqual([ours.token_to_id(piece) for piece in english.SPECIAL], [base.BOS, base.PAD, base.EOS, base.UNK])
        encoding = ours.encode("@ann_b So SAD https://a.b/c?d", add_special_tokens=False)
        self.assertEqual(encoding.tokens, ["@", "user", "so", "sad", "http"])
        self.assertEqual([order[i] for i in encoding.ids], [5, 6, 8, 1, 7])

    def test_tensors_are_those_of_an_encoder(self):
        rng, wide, layers = np.random.default_rng(1), 32, 2
        def tensor(*shape):
            return rng.normal(size=shape).astype(np.float32)
        held = {f"embeddings.{name}_embeddings.weight": tensor(rows, wide) for name, rows in (("word", 200), ("position", 512), ("token_type", 2))}
        held |= {"embeddings.LayerNorm.weight": tensor(wide), "embeddings.LayerNorm.bias": tensor(wide)}
        for layer in range(layers):
            square = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]
            for name, out, into in (*((name, wide, wide) for name in square), ("intermediate.dense", 64, wide), ("output.dense", wide, 64)):
                held[f"encoder.layer.{layer}.{name}.weight"], held[f"encoder.layer.{layer}.{name}.bias"] = tensor(out, into), tensor(out)
            for name in ("attention.output.LayerNorm", "output.LayerNorm"):
                held[f"encoder.layer.{layer}.{name}.weight"], held[f"encoder.layer.{layer}.{name}.bias"] = tensor(wide), tensor(wide)
        with tempfile.TemporaryDirectory() as folder:
            np.savez(pathlib.Path(folder) / "base.npz", **english.tensors_of(held, list(range(199, -1, -1)), layers))
            model = net.Encoder(CONFIG, WIDTHS)
            model.load_base(pathlib.Path(folder) / "base.npz")
        np.testing.assert_array_equal(model.word.weight[0].detach(), held["embeddings.word_embeddings.weight"][199])
        np.testing.assert_array_equal(model.layers[1].qkv.weight[wide:2 * wide].detach(), held["encoder.layer.1.attention.self.key.weight"])


class Answers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work, self.rows = pathlib.Path(folder.name), made_up_rows()
        self.rows["ekman"]["train"].language[:5] = 1
        torch.manual_seed(5)
        self.models = {name: net.Encoder(CONFIG, WIDTHS).eval() for name in plan.TEACHERS}
        for name, model in self.models.items():
            fit.write_whole(model.state_dict(), self.work / f"checkpoint-{name}.pt")
        (self.work / "teacher-base.json").write_text(json.dumps(CONFIG))
        distil.teach(self.rows, self.work, threads=1)
        self.teacher = distil.Answers(self.work / "teacher.npz")

    def test_a_post_is_answered_by_the_mean_of_its_windows_and_by_the_teacher_of_the_head(self):
        for marker, stream, name in (("mh.depression", "depression", "teacher-few"), ("hostility.offensive", "offensive", "teacher")):
            part, index = self.rows[stream]["train"], catalogue.HEADS.index(catalogue.BY_MARKER[marker])
            for i in range(len(part)):
                windows = encode.windows(part.text(i))
                logits = [self.models[name](torch.tensor([window]), [index])[0].item() for window, _ in windows]
                mean = sum(tokens * value for (_, tokens), value in zip(windows, logits)) / sum(tokens for _, tokens in windows)
                self.assertAlmostEqual(float(self.teacher.soft(marker, part.key[[i]])[0, 0]), 1 / (1 + math.exp(-mean)), places=2)

    def test_what_nobody_asked_or_another_language_has_no_answer(self):
        self.assertTrue(np.isnan(self.teacher.soft("mh.stress", np.array([7], np.uint64))).all())
        self.assertIsNone(self.teacher.soft("mh.ptsd", self.rows["stress"]["train"].key[:1]))
        offensive = self.teacher.soft("hostility.offensive", self.rows["ekman"]["train"].key)
        self.assertEqual(np.isnan(offensive[:, 0]).tolist(), [True] * 5 + [False] * (len(offensive) - 5))

    def test_the_worth_of_each_is_measured_in_the_form_of_an_attempt(self):
        distil.measure(self.rows, self.work, threads=1)
        dev = self.rows["stress"]["dev"]
        short = next(i for i in range(len(dev)) if len(encode.windows(dev.text(i))) == 1)
        (window, _), = encode.windows(dev.text(short))
        for name, model in self.models.items():
            measured = json.loads((self.work / f"evaluation-{name}.json").read_text())["int8"]
            self.assertEqual(measured["mh.stress"]["en"]["rows"], int((dev.language[dev.known("mh.stress")] == 0).sum()))
            own = distil.Teacher(self.work, name, threads=1).logits_of_rows(dev, limit=short + 1)[short, evaluate.columns(STRESS)]
            self.assertAlmostEqual(float(own[0]), model(torch.tensor([window]), [STRESS])[0].item(), delta=0.02)

    def test_answers_of_other_weights_are_not_taken_for_the_teachers(self):
        self.assertTrue(distil.is_done(self.rows, self.work))
        with unittest.mock.patch.dict(catalogue.ANSWERED, {"mh.stress": ("stress",)}):
            self.assertFalse(distil.is_done(self.rows, self.work))
        self.assertFalse(distil.is_done({**self.rows, "sentiment": {"train": self.rows["stress"]["train"].head_of(3)}}, self.work))
        fit.write_whole({name: values + 1 for name, values in self.models["teacher"].state_dict().items()}, self.work / "checkpoint-teacher.pt")
        self.assertFalse(distil.is_done(self.rows, self.work))

    def test_a_run_learns_what_the_teacher_says_of_other_heads_posts(self):
        profile = {**plan.PROFILES["smoke"], "epochs": {"suicide": 1}}
        alone, taught = fit.Run(self.rows, CONFIG, profile), fit.Run(self.rows, CONFIG, {**profile, "taught": 0.5}, teacher=self.teacher)
        state = taught.state()
        taught.restore(state)
        self.teacher.of = "others"
        with self.assertRaises(SystemExit):
            fit.Run(self.rows, CONFIG, {**profile, "taught": 0.5}, teacher=self.teacher).restore(state)
        for run, moved in ((alone, False), (taught, True)):
            before = run.model.outputs[STRESS].weight.detach().clone()
            for _ in range(3):
                run.step()
            self.assertEqual(not torch.equal(before, run.model.outputs[STRESS].weight), moved)


class Loss(unittest.TestCase):
    def test_it_is_least_where_the_teacher_is_and_leaves_out_what_it_does_not_say(self):
        head = catalogue.BY_MARKER["mh.stress"]
        soft = torch.tensor([[0.8], [math.nan]])
        at = [fit.taught_loss(head, torch.tensor([[math.log(p / (1 - p))], [9.0]]), soft).item() for p in (0.6, 0.8, 0.95)]
        self.assertLess(at[1], min(at[0], at[2]))
        self.assertAlmostEqual(at[1], (-0.8 * math.log(0.8) - 0.2 * math.log(0.2)) / 2, places=5)
        stance = catalogue.BY_MARKER["polarization.stance"]
        logits, total = torch.tensor([[0.0, 1.0, 3.0]]), math.log(1 + math.e + math.e ** 3)
        self.assertAlmostEqual(fit.taught_loss(stance, logits, torch.tensor([[0.2, 0.3, 0.5]])).item(), total - 0.3 - 1.5, places=5)

    def test_a_post_without_an_answer_keeps_the_whole_weight_of_its_label(self):
        soft = torch.tensor([[0.2, 0.8], [math.nan, math.nan], [0.5, 0.5]])
        self.assertEqual(fit.beside_a_teacher(torch.tensor([1.0, 1.0, 0.3]), soft, 0.5).tolist(), [0.5, 1.0, torch.tensor(0.15).item()])


if __name__ == "__main__":
    unittest.main()
