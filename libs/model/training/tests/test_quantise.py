"""Grids of activations: channels that reach far beyond the others keep their numbers, and the others their steps."""
import unittest

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

import graph
import quantise


def seen_of(values):
    seen = quantise.Seen()
    seen.add(values, 1)
    return seen


def held(grid, x):
    """The numbers that are left of an input's channels [tokens, channels]."""
    def on_grid(values):
        return (np.clip(np.rint(values / grid.scale) + grid.zero, 0, 255) - grid.zero) * grid.scale

    out = on_grid(x)
    for channel, sign, start in grid.pieces:
        out[:, channel] += sign * on_grid(np.maximum(sign * x[:, channel] - start, 0))
    return out


class Grids(unittest.TestCase):
    def setUp(self):
        self.values = np.random.default_rng(3).normal(size=(800, 40)).astype(np.float32)

    def test_channels_like_each_other_need_no_pieces(self):
        self.assertEqual(quantise.grid_of(seen_of(self.values)).pieces, ())

    def test_a_far_channel_keeps_its_numbers_and_leaves_the_others_their_steps(self):
        relu = np.maximum(self.values, 0)
        for values, signs in ((self.values, {1.0, -1.0}), (relu, {1.0})):
            alone = quantise.grid_of(seen_of(values))
            values[:, 7] *= 8
            grid = quantise.grid_of(seen_of(values))
            self.assertEqual({p.channel for p in grid.pieces}, {7})
            self.assertEqual({p.sign for p in grid.pieces}, signs)
            self.assertLess(grid.scale, 1.1 * alone.scale)
            # One piece alone is partly filled.
            self.assertLess(np.abs(held(grid, values)[:, 7] - values[:, 7]).max(), 0.51 * grid.scale)
            self.assertGreater(np.abs(held(grid._replace(pieces=()), values)[:, 7] - values[:, 7]).max(), 10)

    def test_where_pieces_would_be_too_many_the_grid_is_that_of_all(self):
        for others in (-np.abs(self.values), self.values * 1e-6):
            others[:, 7] = np.linspace(0, 90, len(others))
            grid = quantise.grid_of(seen_of(others))
            self.assertEqual(grid.pieces, ())
            self.assertLess(np.abs(held(grid, others)[:, 7] - others[:, 7]).max(), 10)

    def test_no_more_than_a_few_channels_are_far_ones(self):
        reach = np.ones(40)
        reach[:quantise.FAR] = 9
        self.assertEqual(quantise.far_channels(reach), list(range(quantise.FAR)))
        reach[quantise.FAR] = 9
        self.assertEqual(quantise.far_channels(reach), [])


class Exported(unittest.TestCase):
    def test_a_product_with_pieces_loses_what_the_grid_rounds_and_no_more(self):
        rng = np.random.default_rng(3)
        x, weight, bias = rng.normal(size=(1, 200, 40)).astype(np.float32), rng.integers(-126, 127, (12, 40)), rng.normal(size=12).astype(np.float32)
        x[..., 7] *= 8
        weight[:, 0] = 127  # so that int8 holds all of them as they are
        weight = (weight / 127).astype(np.float32)
        seen = seen_of(x[0])
        grids = {"pieces": quantise.grid_of(seen), "one grid": quantise.grid(x.flatten())}
        lost = {}
        for name, grid in grids.items():
            made = graph.Graph({"l.weight": weight, "l.bias": bias}, {}, [], "static", {"l": grid})
            out = made.linear("x", "l")
            ends = [[helper.make_tensor_value_info(end, TensorProto.FLOAT, None)] for end in ("x", out)]
            model = helper.make_model(helper.make_graph(made.nodes, "l", *ends, list(made.constants.values())),
                                      opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(graph.MS, 1)], ir_version=9)
            answer, = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})
            lost[name] = float(np.square(answer - (x @ weight.T + bias)).mean())
            # As many independent roundings as there are channels, each of a third of half a step squared.
            if name == "pieces":
                self.assertTrue(grid.pieces)
                self.assertLess(lost[name], 2 * (grid.scale / 2) ** 2 / 3 * np.square(weight).sum(1).mean())
        self.assertLess(lost["pieces"], lost["one grid"] / 4)


if __name__ == "__main__":
    unittest.main()
