"""A larger model's answers on training rows, for a smaller one to learn from. Off unless it is asked for.

Reads: checkpoint-teacher.pt (a run of the `teacher` profile) and rows.npz. Writes: teacher.npz: per marker the keys of rows and the
teacher's probabilities. Guarantees: training rows only; a row without an answer has none of its loss changed. A file of the same
form from any other teacher does as well. Does not: hold text.
"""
import json
import pathlib

import numpy as np
import torch

import base
import catalogue
import encode
import net


class Teacher:
    """teacher.npz: arrays MARKER|key (uint64, sorted) and MARKER|p ([rows, width])."""

    def __init__(self, path):
        self.known = {}
        with np.load(path) as arrays:
            for name in arrays.files:
                marker, _, part = name.rpartition("|")
                self.known.setdefault(marker, {})[part] = arrays[name]

    def soft(self, marker, keys):
        """Probabilities of rows; none for a marker, or a batch, that the teacher does not cover whole."""
        if marker not in self.known:
            return None
        order = self.known[marker]["key"]
        at = np.minimum(np.searchsorted(order, keys), len(order) - 1)
        if (order[at] != keys).any():
            return None
        return self.known[marker]["p"][at].astype(np.float32)


def probabilities(head, logits):
    return torch.softmax(logits, -1) if head["kind"] == "multiclass" else torch.sigmoid(logits)


def teach(rows, work, device="cpu", tokens=16384):
    """Writes teacher.npz from checkpoint-teacher.pt."""
    work = pathlib.Path(work)
    model = net.Encoder(json.loads((work / f"{base.base_name('teacher')}.json").read_text()), [catalogue.width(h) for h in catalogue.HEADS])
    model.load_state_dict(torch.load(work / "checkpoint-teacher.pt", weights_only=True))
    model.to(device).eval()
    out = {}
    for stream, settings in catalogue.STREAMS.items():
        train, heads = rows[stream]["train"], catalogue.stream_heads(stream)
        answers = {index: [] for index in heads}
        # The first window alone: labels were given to posts, and most posts are one window.
        windows = [encode.window_at(train.text(i), train.context(i), settings.get("pair"), encode.MAX_TOKENS, 0) for i in range(len(train))]
        order = sorted(range(len(windows)), key=lambda i: len(windows[i]))
        at = 0
        while at < len(order):
            count = max(1, tokens // max(len(windows[order[min(at + tokens // 16, len(order) - 1)]]), 16))
            part = order[at:at + count]
            at += count
            ids = torch.from_numpy(encode.padded([windows[i] for i in part], encode.rounded(len(windows[part[-1]])))).to(device)
            with torch.no_grad(), torch.autocast(torch.device(device).type, torch.bfloat16, enabled=torch.device(device).type == "cuda"):
                for index, logits in zip(heads, model(ids, heads)):
                    answers[index].append(probabilities(catalogue.HEADS[index], logits.float()).cpu().numpy().astype(np.float16))
        keys = train.key[order]
        unique, first = np.unique(keys, return_index=True)
        for index in heads:
            # One file of the stream may teach a head that another stream owns: it then comes under its own name.
            name = catalogue.HEADS[index]["marker"]
            have = (out[name + "|key"], out[name + "|p"]) if name + "|key" in out else (np.zeros(0, np.uint64), np.zeros((0, catalogue.width(catalogue.HEADS[index])), np.float16))
            joined = np.concatenate([have[0], unique])
            sort = np.argsort(joined, kind="stable")
            out[name + "|key"], out[name + "|p"] = joined[sort], np.concatenate([have[1], np.concatenate(answers[index])[first]])[sort]
    np.savez_compressed(work / "teacher.npz", **out)
