"""The wide part: the graph adds what wide.py learns from, and a linear model finds the words that matter."""
import pathlib
import tempfile
import unittest

import numpy as np
import onnxruntime
import scipy.sparse as sparse
import torch

import catalogue
import encode
import graph
import net
import wide
from tests.test_fit import made_up_rows
from tiny import BUCKETS, CONFIG, GRID

PIECES = CONFIG["vocabulary"]
WIDTHS = [catalogue.width(h) for h in catalogue.HEADS]
CONSTANTS = np.random.default_rng(6).normal(0, 1, sum(WIDTHS)).astype(np.float32)


def session(folder, scheme, table=None):
    torch.manual_seed(3)
    tensors = net.Encoder(CONFIG, WIDTHS).tensors()
    if table is not None:
        tensors |= {"wide": table, "wide.bias": CONSTANTS}
    linear = [f"layers.{i}.{name}" for i in range(CONFIG["layers"]) for name in ("qkv", "attention_out", "feed_in", "feed_out")]
    path = pathlib.Path(folder, "model.onnx")
    graph.write(path, tensors, CONFIG, WIDTHS, scheme, {name: GRID for name in linear})
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


class Graph(unittest.TestCase):
    def test_it_adds_what_features_say(self):
        rng = np.random.default_rng(1)
        table = rng.normal(0, 1, (PIECES + BUCKETS, sum(WIDTHS))).astype(np.float32)
        rows = made_up_rows(12)
        with tempfile.TemporaryDirectory() as folder:
            for scheme, most in (("fp32", 1e-4), ("static", 0.2)):
                plain, whole = session(folder, scheme), session(folder, scheme, table)
                for stream in ("stress", "stance", "epitome"):
                    part, pair = rows[stream]["tune"], catalogue.STREAMS[stream].get("pair")
                    said = wide.features(part, range(len(part)), pair, PIECES, BUCKETS) @ table + CONSTANTS
                    for i in range(len(part)):
                        windows = encode.windows(part.text(i), part.context(i), pair)
                        parts = [whole.run(None, {"ids": np.array([w])})[0] - plain.run(None, {"ids": np.array([w])})[0] for w, _ in windows]
                        mean = sum(tokens * part[0] for part, (_, tokens) in zip(parts, windows)) / sum(tokens for _, tokens in windows)
                        np.testing.assert_allclose(mean, said[i], atol=most)

    def test_padding_and_company_change_nothing(self):
        table = np.random.default_rng(2).normal(0, 1, (PIECES + BUCKETS, sum(WIDTHS))).astype(np.float32)
        windows = [[0, 7, 8, 7, 2], [0, 9, 2, 2, 7, 8, 7, 2], [0, 2]]
        with tempfile.TemporaryDirectory() as folder:
            whole, plain = session(folder, "fp32", table), session(folder, "fp32")
            together = encode.padded(windows, 12)
            added = whole.run(None, {"ids": together})[0] - plain.run(None, {"ids": together})[0]
        np.testing.assert_allclose(added[0], added[1], atol=1e-5)  # a topic or parent says nothing
        np.testing.assert_allclose(added[2], CONSTANTS, atol=1e-5)  # nor does an empty text
        cells = {7: 2, 8: 1, wide.pair_cells(7, 8, PIECES, BUCKETS): 1, wide.pair_cells(8, 7, PIECES, BUCKETS): 1}
        np.testing.assert_allclose(added[0] - CONSTANTS, sum(np.sqrt(times / 3) * table[cell] for cell, times in cells.items()), atol=1e-4)


class Learning(unittest.TestCase):
    def test_a_word_that_tells_is_found_and_a_rare_one_is_not_trusted(self):
        head = next(h for h in catalogue.HEADS if h["marker"] == "mh.stress")
        rng = np.random.default_rng(4)
        y = np.arange(60) % 2
        x = rng.random((60, 30)) < 0.2
        x[:, 5], x[:, 6] = y == 1, False
        x[0, 6] = True
        x = sparse.csr_matrix(x.astype(float))
        weight = wide.scaling(x)
        self.assertEqual(weight[6], 0)
        self.assertAlmostEqual(float(x.multiply(weight).power(2).sum()) / 60, 1.0)
        table = wide.linear(head, x.multiply(weight).tocsr(), y[:, None].astype(float), np.ones(60), 8.0)
        self.assertEqual(int(np.abs(table[:, 0]).argmax()), 5)
        self.assertGreater(table[5, 0], 0)

    def test_a_piece_that_no_post_has_says_what_its_letters_say(self):
        others = [f"▁{'abcdefghijklmnopqrst'[i // 10]}{'0123456789'[i % 10]}" for i in range(PIECES - 7)]
        pieces = ["<s>", "<pad>", "</s>", "<unk>", *others, "▁hopeless", "▁Hopelessness", "▁quiet"]
        letters = wide.runs_of_letters(pieces)
        shared = letters[[-3, -2, -1]] @ letters[-3].T
        self.assertEqual(shared.toarray()[:, 0].astype(int).tolist(), [26, 26, 0])  # of 2 to 5 letters: 8 + 7 + 6 + 5, whatever their case
        self.assertEqual(letters[:4].nnz, 0)
        rows, head = made_up_rows(60), next(h for h in catalogue.HEADS if h["marker"] == "mh.stress")
        part = rows["stress"]["train"]  # and, of these rows, the tuning side
        part.f["text"][:] %= PIECES - 3
        for i in np.flatnonzero(part.targets["mh.stress"][:, 0] == 1):
            part.f["text"][part.f["text_at"][i]] = PIECES - 3
        logits = {"stress": np.zeros((len(rows["stress"]["tune"]), sum(WIDTHS)), np.float32)}
        table = wide.of_head(catalogue.HEADS.index(head), head, rows, logits, letters)[0]
        self.assertGreater(table[PIECES - 3, 0], 0)
        self.assertGreater(table[PIECES - 2, 0], 10 * abs(table[PIECES - 1, 0]))

    def test_a_word_of_ordinary_posts_speaks_against_distress(self):
        rows, word = made_up_rows(60), PIECES - 1
        pieces = [f"▁{i:03}" for i in range(PIECES)]
        for stream in ("suicide", "sentiment", "goemotions"):
            rows[stream]["train"].f["text"][:] %= PIECES - 2
        y = rows["sentiment"]["train"].targets["sentiment"]
        y[:] = 2.0  # positive: ordinary
        sides = rows["sentiment"]["train"]
        sides.f["text"][sides.f["text_at"][:-1]] = word
        head = catalogue.HEADS.index(catalogue.BY_MARKER["mh.suicide_selfharm"])
        logits = {"suicide": np.zeros((len(rows["suicide"]["tune"]), sum(WIDTHS)), np.float32)}
        table = wide.of_head(head, catalogue.HEADS[head], rows, logits, wide.runs_of_letters(pieces))[0]
        self.assertLess(table[word, 0], 0)  # no post of the head's own has the word

    def test_a_language_without_its_words_is_not_taken_for_a_sign(self):
        rows = made_up_rows(12)
        rows["ekman"]["train"].language[:] = 1
        table, means = np.zeros((PIECES + BUCKETS, sum(WIDTHS)), np.float32), np.arange(sum(WIDTHS), dtype=float)
        lacks = wide.lacking(table, means, rows, PIECES)
        np.testing.assert_allclose(lacks["es"], means)
        settings = {h["marker"]: {"": (2.0, [0.5] * catalogue.width(h), [])} for h in catalogue.HEADS}
        out = wide.settings_elsewhere(settings, lacks)
        index = next(i for i, h in enumerate(catalogue.HEADS) if h["marker"] == "mh.stress")
        at = sum(WIDTHS[:index])
        self.assertEqual(out["mh.stress"], {"": settings["mh.stress"][""], "es": (2.0, [0.5 + 2.0 * at], [])})
        self.assertEqual(set(out["emotion.ekman"]), {""})  # it has Spanish posts

    def test_what_says_nothing_new_gets_no_share(self):
        rng = np.random.default_rng(5)
        deep = rng.normal(0, 2, (400, 1))
        y = (rng.random((400, 1)) < 1 / (1 + np.exp(-deep))).astype(float)
        against, noise, more = -(y - 0.5), rng.normal(0, 1, (400, 1)), (y - 0.5) + rng.normal(0, 1, (400, 1))
        self.assertLess(wide.beside("binary", deep, against, y)[0], 0.01)
        self.assertLess(wide.beside("binary", deep, noise, y)[0], 0.3)
        self.assertGreater(wide.beside("binary", deep, more, y)[0], 0.5)


if __name__ == "__main__":
    unittest.main()
