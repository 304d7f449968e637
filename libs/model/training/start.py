"""The weights of an exported encoder, so that a run can begin where another one ended.

Reads: model.onnx and tokenizer.json of a model folder, as graph.py wrote them (int8, static). Guarantees: the tensors of
net.Encoder.state_dict, matrices rounded to the int8 they ship in; another vocabulary, or other heads, are refused. Does not: bring
back the optimizer's state: a run that begins here rises from a small rate. Nor has the wide part any in a run: `wide` is for copies.
"""
import hashlib

import onnx
import torch
from onnx import numpy_helper


def tensors(path, widths):
    """{name: tensor} of the encoder with heads of these output widths."""
    held = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}

    def matrix(name, into):  # [out, in], of [in, out] with a scale for each column; what stands below is of graph.Piece
        return torch.from_numpy((held[name + ".int8"][:into].astype("float32") * held[name + ".scale"]).T.copy())

    out = {"word.weight": torch.from_numpy(held["word.int8"].astype("float32") * held["word.scale"].reshape(-1, 1)),
           "position.weight": torch.tensor(held["position"])}
    hidden, norms = held["position"].shape[1], ["embedding_norm"]
    for layer in range(sum(name.endswith(".feed_in.int8") for name in held)):
        p = f"layers.{layer}."
        norms += [p + "attention_norm", p + "feed_norm"]
        columns = sorted((n.removesuffix(".int8") for n in held if n.startswith(p + "qkv.") and n.endswith(".int8")), key=lambda n: int(n.rsplit(".", 1)[1]))
        out[p + "qkv.weight"] = torch.cat([matrix(name, hidden) for name in columns])
        out[p + "qkv.bias"] = torch.cat([torch.tensor(held[name + ".bias"]) for name in columns])
        for name, into in (("attention_out", hidden), ("feed_in", hidden), ("feed_out", held[p + "feed_in.bias"].size)):
            out[f"{p}{name}.weight"], out[f"{p}{name}.bias"] = matrix(p + name, into), torch.tensor(held[f"{p}{name}.bias"])
    for name in norms:
        out[name + ".weight"], out[name + ".bias"] = torch.tensor(held[name + ".g"]), torch.tensor(held[name + ".b"])
    if held["outputs.w"].shape[0] != sum(widths):
        raise SystemExit(f"{path} answers {held['outputs.w'].shape[0]} labels, the catalogue has {sum(widths)}: begin from the base")
    at = 0
    for head, width in enumerate(widths):
        out[f"attend.{head}"] = torch.tensor(held["attend"][:, head])
        out[f"outputs.{head}.weight"] = torch.tensor(held["outputs.w"][at:at + width])
        out[f"outputs.{head}.bias"] = torch.tensor(held["outputs.b"][at:at + width])
        at += width
    return out


def wide(path):
    """The tensors of an exported encoder's wide part, as graph.py takes them; none where it has no such part."""
    held = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer if t.name.startswith("wide.")}
    # The last row is that of no cell.
    return {"wide": held["wide.int8"][:-1].astype("float32") * held["wide.scale"], "wide.bias": held["wide.bias"]} if held else {}


def hash_of(begun):
    """What tells weights from others."""
    digest = hashlib.sha256()
    for name, values in sorted(begun.items()):
        digest.update(name.encode() + values.contiguous().numpy().tobytes())
    return digest.hexdigest()


def read(folder, tokenizer, widths):
    """The tensors of a checkpoint of this work folder, or of a model folder whose tokenizer is the one in use."""
    if folder.is_file():
        return torch.load(folder, map_location="cpu", weights_only=True)
    if (folder / "tokenizer.json").read_bytes() != tokenizer.read_bytes():
        raise SystemExit(f"{folder} has another vocabulary than the base that was prepared: begin from the base")
    return tensors(folder / "model.onnx", widths)
