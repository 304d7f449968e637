#!/usr/bin/env python3
"""Writes a model of one's own as its maker would have it, and graphs that are to be refused: what `tidemark model add` is tried on.

    python own.py --out ../tests/own

Reads: nothing. Writes: model.onnx, tokenizer.json and labels.toml under --out, and graphs under --out/refused; some 10 KB in all.
Guarantees: inputs as the usual exports have them (input_ids, attention_mask, token_type_ids), a binary head of two logits beside
a multiclass head, a tokenizer that asks for cutting and padding, positions that end at 64; scores that can be worked out by hand.
Does not: mean anything beyond the few words it knows.
"""
import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

POSITIONS = 64
PAD, UNKNOWN, BEGIN, END = range(4)
# A word's logits: not a shift, a shift, calm, very tense.
WORDS = {"nightshift": (-2.6, 2.6, 0, 0), "turno": (-2.6, 2.6, 0, 0), "sea": (0, 0, 2, 0), "deadline": (0, 0, 0, 2)}
BIAS = (0.85, -0.85, 0.5, 0)
LABELS = """\
name = "rota"
max_tokens = 64
max_windows = 4

[[heads]]
name = "shift"
kind = "binary"
two_logits = true
languages = ["en", "es"]
data = "made up"
licence = "Apache-2.0"

[[heads]]
name = "mood"
kind = "multiclass"
labels = ["calm", "very tense"]
languages = ["en"]
"""


def tokenizer():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", BEGIN), ("[SEP]", END)])
    # As training leaves them behind. Windows are cut and filled elsewhere.
    made.enable_truncation(8)
    made.enable_padding(length=8, pad_id=PAD, pad_token="[PAD]")
    return made


def graph(extra=(), noise=False):
    """Sums what the words of a text say. `extra` are further inputs; `noise` answers another number each time."""
    constants, nodes = [], []

    def const(name, value):
        constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def op(kind, *inputs, **attributes):
        name = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    words = np.array([[0] * 4] * 4 + list(WORDS.values()), np.float32)
    # A type or a position that no text has would be seen in every answer.
    types = np.array([[0] * 4, [100] * 4], np.float32)
    length = op("Gather", op("Shape", "input_ids"), const("one", np.int64(1)))
    places = op("Range", const("zero", np.int64(0)), length, "one")
    x = op("Add", op("Gather", const("words", words), "input_ids"), op("Gather", const("types", types), "token_type_ids"))
    x = op("Add", x, op("Gather", const("positions", np.zeros((POSITIONS, 4), np.float32)), places))
    mask = op("Unsqueeze", op("Cast", "attention_mask", to=TensorProto.FLOAT), const("last", np.array([2])))
    x = op("ReduceSum", op("Mul", x, mask), const("middle", np.array([1])), keepdims=0)
    if noise:
        x = op("Add", x, op("RandomNormalLike", x))
    nodes.append(helper.make_node("Add", [x, const("bias", np.array(BIAS, np.float32))], ["logits"]))
    names = ["input_ids", "attention_mask", "token_type_ids", *extra]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in names]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(BIAS)])
    made = helper.make_model(helper.make_graph(nodes, "rota", inputs, [output], constants), opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


def write(out):
    (out / "refused").mkdir(parents=True, exist_ok=True)
    onnx.save(graph(), out / "model.onnx")
    onnx.save(graph(extra=["position_ids"]), out / "refused/position_ids.onnx")
    onnx.save(graph(noise=True), out / "refused/noise.onnx")
    tokenizer().save(str(out / "tokenizer.json"), pretty=False)
    (out / "labels.toml").write_text(LABELS)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--out", required=True, type=pathlib.Path)
    write(a.parse_args().out)


if __name__ == "__main__":
    main()
