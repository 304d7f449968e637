"""Writes the encoder as an ONNX graph, in float32 or with int8 weights, op by op.

Reads: the trained tensors by name, and for the static scheme the grid of each quantised activation (quantise.py finds them).
Guarantees: with any scheme but `dynamic`, every row of every activation is computed from that row and from constants
alone, so a post's logits do not depend on the posts beside it. `dynamic` is the ordinary quantisation, kept to measure against.
Does not: tokenise, apply thresholds.

One input `ids` [posts, padded length] (int64, 1 is padding) and one output `logits` [posts, all labels of all heads].
A batch without padding takes a cheaper way through attention, chosen within the graph: batches of one length are the fast ones.
"""
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MS = "com.microsoft"
SCHEMES = ("fp32", "dynamic", "static", "rowwise", "blockwise")


class Piece(NamedTuple):
    """A further column of a layer's input: min(max(sign * x[channel] - start, 0), top of the grid). Its weights are the channel's, times sign."""

    channel: int
    sign: float
    start: float


class Grid(NamedTuple):
    """uint8 values of a layer's input, round(x / scale) + zero cut to 0..255, and what further columns stand behind them."""

    scale: float
    zero: int
    pieces: tuple = ()


def symmetric(weight, axis):
    """int8 values and float32 scales of a matrix, one scale per slice along `axis`."""
    other = 1 - axis
    scale = np.maximum(np.abs(weight).max(axis=other, keepdims=True), 1e-8) / 127
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale.astype(np.float32).reshape(-1)


class Graph:
    def __init__(self, tensors, config, widths, scheme, activations=None, block=128):
        self.t, self.c, self.widths, self.scheme, self.act, self.block = tensors, config, widths, scheme, activations or {}, block
        self.nodes, self.constants, self.grids, self.n = [], {}, {}, 0

    def op(self, kind, *inputs, domain="", outputs=1, **attributes):
        names = [f"{kind}_{self.n}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.n += 1
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def const(self, name, value):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def weight(self, name):
        """A linear layer's matrix as [in, out]."""
        return np.ascontiguousarray(self.t[name + ".weight"].T)

    def int8(self, name):
        values, scale = symmetric(self.weight(name), 1)
        return self.const(name + ".int8", values), self.const(name + ".scale", scale)

    def quantised(self, x, name):
        """The activation on its fixed grid, its pieces behind its channels: uint8 values, the scale's and the zero point's names."""
        if name not in self.grids:
            scale, zero, pieces = self.act[name]
            s, z = self.const(name + ".in_scale", np.float32(scale)), self.const(name + ".in_zero", np.uint8(zero))
            values = self.op("QuantizeLinear", x, s, z)
            if pieces:
                channel, sign, start = zip(*pieces)
                beyond = self.op("Gather", x, self.const(name + ".far_channel", np.array(channel, np.int64)), axis=2)
                beyond = self.op("Mul", beyond, self.const(name + ".far_sign", np.array(sign, np.float32)))
                beyond = self.op("Relu", self.op("Sub", beyond, self.const(name + ".far_start", np.array(start, np.float32))))
                values = self.op("Concat", values, self.op("QuantizeLinear", beyond, s, z), axis=2)
            self.grids[name] = values, s, z
        return self.grids[name]

    def product(self, x, name, columns=slice(None)):
        """Some output columns of a static int8 layer, or all of them, as one product.

        Pieces of one number are large together and have one weight. A processor without VNNI adds such neighbours up in 16 bits, which
        do not hold them: sessions have to ask for exact sums there (session.x64quantprecision), as score.py and the Rust crate do.
        """
        values, scale = symmetric(self.weight(name), 1)
        if self.act[name].pieces:
            channel, sign, _ = zip(*self.act[name].pieces)
            values = np.concatenate([values, values[list(channel)] * np.array(sign, np.int8)[:, None]])
        part = name if columns.start is None else f"{name}.{columns.start}"
        q, s, z = self.quantised(x, name)
        return self.op("MatMulIntegerToFloat", q, self.const(part + ".int8", values[:, columns]), s, self.const(part + ".scale", scale[columns]), z, "",
                       self.const(part + ".bias", self.t[name + ".bias"][columns]), domain=MS)

    def linear(self, x, name):
        if self.scheme == "static":
            return self.product(x, name)
        bias = self.const(name + ".bias", self.t[name + ".bias"])
        if self.scheme == "fp32":
            return self.op("Add", self.op("MatMul", x, self.const(name + ".w", self.weight(name))), bias)
        if self.scheme == "dynamic":
            values, scale = self.int8(name)
            return self.op("DynamicQuantizeMatMul", x, values, scale, "", bias, domain=MS)
        if self.scheme == "rowwise":
            values, scale = self.int8(name)
            top = self.op("ReduceMax", self.op("Abs", x), self.const("last_axis", np.array([-1])), keepdims=1)
            row = self.op("Mul", self.op("Max", top, self.const("tiny", np.float32(1e-6))), self.const("step", np.float32(1 / 127)))
            q = self.op("Cast", self.op("Add", self.op("Round", self.op("Div", x, row)), self.const("centre", np.float32(128))), to=TensorProto.UINT8)
            product = self.op("MatMulInteger", q, values, self.const("centre_u8", np.uint8(128)))
            product = self.op("Mul", self.op("Mul", self.op("Cast", product, to=TensorProto.FLOAT), row), scale)
            return self.op("Add", product, bias)
        if self.scheme == "blockwise":
            w = self.t[name + ".weight"].astype(np.float32)  # [out, in]
            n, k = w.shape
            blocks = w.reshape(n, k // self.block, self.block)
            scale = np.maximum(np.abs(blocks).max(-1, keepdims=True), 1e-8) / 127
            values = (np.clip(np.rint(blocks / scale), -127, 127) + 128).astype(np.uint8)
            return self.op("MatMulNBits", x, self.const(name + ".q8", values), self.const(name + ".scale", scale.reshape(n, -1).astype(np.float32)),
                           "", "", bias, domain=MS, K=k, N=n, bits=8, block_size=self.block, accuracy_level=4)
        raise ValueError(self.scheme)

    def attention(self, x, name):
        """Softmax attention over a post's own tokens, from one joined query-key-value layer."""
        heads = self.c["heads"]
        if self.scheme == "fp32":
            return self.op("Attention", x, self.const(name + ".w", self.weight(name)), self.const(name + ".bias", self.t[name + ".bias"]), "mask", domain=MS, num_heads=heads)
        if self.scheme == "static":
            # Three products over one quantised input: the runtime's joined QAttention takes half as long again.
            width = self.c["hidden"]
            q, k, v = (self.product(x, name, slice(start, start + width)) for start in range(0, 3 * width, width))
            return self.op("If", "has_padding", then_branch=self.branch(name, q, k, v, "mask"), else_branch=self.branch(name, q, k, v, None))
        q, k, v = self.op("Split", self.linear(x, name), outputs=3, axis=-1, num_outputs=3)
        return self.op("MultiHeadAttention", q, k, v, "", "mask", domain=MS, num_heads=heads)

    def branch(self, name, q, k, v, mask):
        """Attention as one side of an If; a batch without padding needs no mask and is then done in tiles."""
        out = f"{name}.{'masked' if mask else 'whole'}"
        inputs = [q, k, v, "", mask] if mask else [q, k, v]
        node = helper.make_node("MultiHeadAttention", inputs, [out], domain=MS, num_heads=self.c["heads"])
        return helper.make_graph([node], out + ".graph", [], [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)])

    def normed(self, x, residual, name):
        """Layer normalisation of a sum. As the normalisation of each token's own channel: the runtime's layer normalisation adds
        up number by number, which is a fifth of the whole pass."""
        g, b = self.const(name + ".g", self.t[name + ".weight"]), self.const(name + ".b", self.t[name + ".bias"])
        unit = self.op("InstanceNormalization", self.op("Add", x, residual) if residual else x, "ones", "zeros", epsilon=self.c["eps"])
        return self.op("Add", self.op("Mul", unit, g), b)

    def wide(self):
        """What the wide part (wide.py) says of each window: [posts, labels].

        The table is [cells, labels]: pieces, then pairs of neighbours by remainder. What is no text looks up a last row of zeros. A
        cell that stands there c times is looked up as often, so each look-up counts 1 / sqrt(c).
        """
        table = np.concatenate([self.t["wide"], np.zeros_like(self.t["wide"][:1])])
        pieces, nothing = self.c["vocabulary"], len(table) - 1
        i64 = lambda name, value: self.const(name, np.array(value, np.int64))
        axis1, last = i64("axis1", [1]), self.const("last_axis", np.array([-1]))
        # The text is what stands before the last end and after the one before it, if there is one: a topic or parent comes first.
        end = i64("end", 2)
        ends = self.op("CumSum", self.op("Cast", self.op("Equal", "ids", end), to=TensorProto.INT64), i64("axis1_scalar", 1))
        is_last = self.op("Equal", self.op("Add", ends, i64("one_i64", 1)), self.op("ReduceMax", ends, axis1, keepdims=1))
        is_text = self.op("And", is_last, self.op("Greater", "ids", end))

        def neighbours(values):
            return self.op("Slice", values, i64("from_0", [0]), i64("to_last", [-1]), axis1), self.op("Slice", values, i64("from_1", [1]), i64("to_end", [2 ** 31]), axis1)

        first, second = neighbours("ids")
        number = self.op("Add", self.op("Mul", first, i64("pieces", pieces)), second)
        pair = self.op("Add", self.op("Mod", number, i64("buckets", nothing - pieces)), "pieces")
        are_text = self.op("And", *neighbours(is_text))
        cell = self.op("Where", self.op("Concat", is_text, are_text, axis=1), self.op("Concat", "ids", pair, axis=1), i64("nothing", nothing))
        same = self.op("Equal", self.op("Unsqueeze", cell, i64("axis2", [2])), self.op("Unsqueeze", cell, axis1))
        times = self.op("ReduceSum", self.op("Cast", same, to=TensorProto.FLOAT), axis1, keepdims=1)  # [posts, 1, cells]
        # Sums run along the last axis: along another one, those of a post alone are added up in another order than those of many.
        if self.scheme == "fp32":
            found = self.op("Transpose", self.op("Gather", self.const("wide", table), cell), perm=[0, 2, 1])
        else:
            values, scale = symmetric(table, 1)
            found = self.op("Transpose", self.op("Gather", self.const("wide.int8", values), cell), perm=[0, 2, 1])
            found = self.op("Cast", found, to=TensorProto.FLOAT)
        total = self.op("ReduceSum", self.op("Div", found, self.op("Sqrt", times)), last, keepdims=0)
        if self.scheme != "fp32":
            total = self.op("Mul", total, self.const("wide.scale", scale))
        count = self.op("ReduceSum", self.op("Cast", is_text, to=TensorProto.FLOAT), axis1, keepdims=1)
        total = self.op("Div", total, self.op("Sqrt", self.op("Max", count, self.const("one", np.float32(1)))))
        return self.op("Add", total, self.const("wide.bias", self.t["wide.bias"]))

    def build(self):
        c = self.c
        mask = helper.make_node("Cast", [self.op("Not", self.op("Equal", "ids", self.const("pad", np.int64(1))))], ["mask"], to=TensorProto.INT32)
        self.nodes.append(mask)
        padded = helper.make_node("Equal", [self.op("ReduceMin", "mask", keepdims=0), self.const("zero_i32", np.int32(0))], ["has_padding"])
        length = self.op("Shape", "ids", start=1, end=2)
        self.nodes.append(padded)
        for name, value in (("ones", 1), ("zeros", 0)):
            fill = numpy_helper.from_array(np.array([value], np.float32))
            self.nodes.append(helper.make_node("ConstantOfShape", [length], [name], value=fill))
        if self.scheme == "fp32":
            x = self.op("Gather", self.const("word", self.t["word.weight"]), "ids")
        else:
            values, scale = symmetric(self.t["word.weight"], 0)
            x = self.op("Cast", self.op("Gather", self.const("word.int8", values), "ids"), to=TensorProto.FLOAT)
            x = self.op("Mul", x, self.op("Gather", self.const("word.scale", scale.reshape(-1, 1)), "ids"))
        position = self.op("Slice", self.const("position", self.t["position.weight"]), self.const("zero", np.array([0])), length)
        x = self.op("Add", x, position)
        x = self.normed(x, None, "embedding_norm")
        for i in range(c["layers"]):
            p = f"layers.{i}."
            mixed = self.linear(self.attention(x, p + "qkv"), p + "attention_out")
            x = self.normed(mixed, x, p + "attention_norm")
            feed = self.linear(self.op("Gelu", self.linear(x, p + "feed_in"), domain=MS), p + "feed_out")
            x = self.normed(feed, x, p + "feed_norm")
        # Each head weighs the tokens in its own way: [posts, tokens, heads] -> [posts, heads, tokens].
        score = self.op("Transpose", self.op("MatMul", x, self.const("attend", np.ascontiguousarray(self.t["attend.weight"].T))), perm=[0, 2, 1])
        off = self.op("Mul", self.op("Sub", self.op("Cast", "mask", to=TensorProto.FLOAT), self.const("one", np.float32(1))), self.const("far", np.float32(1e4)))
        score = self.op("Softmax", self.op("Add", score, self.op("Unsqueeze", off, self.const("axis1", np.array([1])))), axis=-1)
        pooled = self.op("MatMul", score, x)  # [posts, heads, hidden]
        # One matrix for all heads' labels; each label reads its own head's pooling. Products and sums, not a matrix product:
        # a matrix product of one row takes another path through the runtime than one of many rows.
        weight = np.concatenate([self.t[f"outputs.{i}.weight"] for i in range(len(self.widths))])
        bias = np.concatenate([self.t[f"outputs.{i}.bias"] for i in range(len(self.widths))])
        of = np.repeat(np.arange(len(self.widths)), self.widths)
        spread = self.op("Gather", pooled, self.const("head_of_label", of), axis=1)  # [posts, labels, hidden]
        logits = self.op("ReduceSum", self.op("Mul", spread, self.const("outputs.w", weight)), self.const("last", np.array([-1])), keepdims=0)
        if "wide" in self.t:
            logits = self.op("Add", logits, self.wide())
        self.nodes.append(helper.make_node("Add", [logits, self.const("outputs.b", bias)], ["logits"]))
        graph = helper.make_graph(
            self.nodes, "tidemark-encoder",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["posts", "length"])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["posts", int(sum(self.widths))])],
            list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(MS, 1)], producer_name="tidemark")
        model.ir_version = 9
        return model


def write(path, tensors, config, widths, scheme, activations=None, block=128):
    model = Graph(tensors, config, widths, scheme, activations, block).build()
    onnx.save(model, str(path))
