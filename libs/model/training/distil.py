"""Teachers' answers on training rows, for the encoder to learn from beside labels.

A teacher has the encoder's shape and an English base (english.py); what it is taught, for which heads it answers and on whose posts
that is learnt, say plan.PROFILES, plan.TEACHERS and catalogue.ANSWERED (Hinton and others, 2015).

Reads: checkpoint-TEACHER.pt and teacher-rows.npz. Writes: teacher.npz: per marker the keys of rows and a teacher's probabilities of the
whole post; evaluation-TEACHER.json, for the card. Guarantees: answers on training rows in English only; answers of other weights, of
other rows or to other questions are known as such; dev rows are only scored. Does not: hold text, or go on where it was stopped: it
takes minutes.
"""
import hashlib
import json
import pathlib

import numpy as np
import torch

import base
import catalogue
import encode
import evaluate
import net
import plan
import start

# Padded tokens of a batch, and how many windows ahead its length is looked up.
BATCH_TOKENS, AHEAD = 4096, 64


class Answers:
    """teacher.npz: arrays MARKER|key (uint64, sorted) and MARKER|p ([rows, width]), and `of`, which says what they are answers of."""

    def __init__(self, path):
        self.known = {}
        with np.load(path) as arrays:
            self.of = str(arrays["of"])
            for name in arrays.files:
                marker, _, part = name.rpartition("|")
                if marker:
                    self.known.setdefault(marker, {})[part] = arrays[name]

    def soft(self, marker, keys):
        """Probabilities of rows, NaN where it has none; None for a marker that it does not know."""
        if marker not in self.known:
            return None
        order = self.known[marker]["key"]
        at = np.minimum(np.searchsorted(order, keys), len(order) - 1)
        out = self.known[marker]["p"][at].astype(np.float32)
        out[order[at] != keys] = np.nan
        return out


def probabilities(head, logits):
    return torch.softmax(logits, -1) if head["kind"] == "multiclass" else torch.sigmoid(logits)


class Teacher:
    """A teacher in the work folder; evaluate.py reads it as it reads an exported encoder."""

    def __init__(self, work, name, device="cpu", threads=2):
        torch.set_num_threads(threads)
        self.device = device
        self.model = net.Encoder(json.loads((work / f"{base.base_name('teacher')}.json").read_text()), [catalogue.width(h) for h in catalogue.HEADS])
        self.model.load_state_dict(weights_of(work, name))
        self.model.to(device).eval()

    def answers(self, rows, pair, heads):
        """[logits of rows] of each of `heads`: those of a post's windows, averaged as ever."""
        windows, owner, weight = [], [], []
        for i in range(len(rows)):
            for window, tokens in encode.windows(rows.text(i), rows.context(i), pair):
                windows.append(window)
                owner.append(i)
                weight.append(max(tokens, 1))
        order = sorted(range(len(windows)), key=lambda i: len(windows[i]))
        found = [np.zeros((len(windows), catalogue.width(catalogue.HEADS[index])), np.float32) for index in heads]
        at = 0
        while at < len(order):
            longest = len(windows[order[min(at + AHEAD, len(order)) - 1]])
            part = order[at:at + max(1, BATCH_TOKENS // max(longest, 8))]
            at += len(part)
            ids = torch.from_numpy(encode.padded([windows[i] for i in part], len(windows[part[-1]]))).to(self.device)
            with torch.no_grad(), torch.autocast(torch.device(self.device).type, torch.bfloat16):
                for out, logits in zip(found, self.model(ids, heads)):
                    out[part] = logits.float().cpu().numpy()
        owner, weight = np.array(owner), np.array(weight, float)
        total = np.bincount(owner, weight, len(rows))[:, None]
        out = []
        for logits in found:
            sums = np.zeros((len(rows), logits.shape[1]))
            np.add.at(sums, owner, logits * weight[:, None])
            out.append(sums / total)
        return out

    def logits_of_rows(self, rows, pair=None, limit=None):
        """Logits of all heads, beside each other."""
        return np.concatenate(self.answers(rows if limit is None else rows.head_of(limit), pair, range(len(catalogue.HEADS))), 1)


def weights_of(work, name):
    return torch.load(work / f"checkpoint-{name}.pt", map_location="cpu", weights_only=True)


def identity(rows, work):
    """What tells answers from others: the weights of each teacher, what they are asked, and about which posts."""
    asked = {name: start.hash_of(weights_of(work, name)) for name in plan.TEACHERS}
    digest = hashlib.sha256(json.dumps([asked, plan.TEACHERS, catalogue.ANSWERED], sort_keys=True).encode())
    for stream in catalogue.STREAMS:
        if catalogue.answered_heads(stream):
            digest.update(rows[stream]["train"].key.tobytes())
    return digest.hexdigest()


def is_done(rows, work):
    """Whether teacher.npz holds the answers of the teachers in the work folder about these rows."""
    return (work / "teacher.npz").exists() and Answers(work / "teacher.npz").of == identity(rows, work)


def teach(rows, work, device="cpu", threads=2):
    """Writes teacher.npz from checkpoint-TEACHER.pt; `rows` are those of the teachers' tokenizer."""
    work, known = pathlib.Path(work), {}
    for name, markers in plan.TEACHERS.items():
        teacher = Teacher(work, name, device, threads)
        for stream, settings in catalogue.STREAMS.items():
            train, heads = rows[stream]["train"], [i for i in catalogue.answered_heads(stream) if catalogue.HEADS[i]["marker"] in markers]
            if not heads:
                continue
            english = train.language == 0
            for index, logits in zip(heads, teacher.answers(train, settings.get("pair"), heads)):
                head = catalogue.HEADS[index]
                p = probabilities(head, torch.from_numpy(logits).float()).numpy().astype(np.float16)
                known.setdefault(head["marker"], []).append((train.key[english], p[english]))
    write(known, identity(rows, work), work)


def write(known, of, work):
    """teacher.npz of {marker: [(keys, probabilities)]}."""
    out = {"of": np.array(of)}
    for marker, parts in known.items():
        # One post in two streams: the same text, so the same answer.
        out[marker + "|key"], first = np.unique(np.concatenate([key for key, _ in parts]), return_index=True)
        out[marker + "|p"] = np.concatenate([p for _, p in parts])[first]
    np.savez_compressed(work / "teacher.tmp.npz", **out)
    (work / "teacher.tmp.npz").replace(work / "teacher.npz")


def measure(rows, work, device="cpu", threads=2):
    """Writes evaluation-TEACHER.json: what each teacher itself is worth, in floating point, thresholds tuned as ever."""
    work = pathlib.Path(work)
    for name in plan.TEACHERS:
        teacher = Teacher(work, name, device, threads)
        settings = evaluate.tuned(evaluate.passes(teacher, rows, "tune"), rows)
        learnt = {h["marker"] for h in catalogue.HEADS if plan.PROFILES[name]["epochs"].get(h["stream"])}
        result = {marker: own for marker, own in evaluate.evaluated(teacher, settings, rows).items() if marker in learnt}
        # Under the name that the card reads of every attempt, though nothing of it is int8.
        (work / f"evaluation-{name}.json").write_text(json.dumps({"int8": result}, indent=1))
