"""Runs an exported encoder over posts as the product does: windows, batches of one length, pooled logits.

Reads: model.onnx and tokenizer.json. Guarantees: the windows, padding and pooling of the Rust crate, so that what is
tuned and measured here is what runs there. Does not: calibrate or apply thresholds.
"""
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

BEGIN, PAD, END = 0, 1, 2
MAX_TOKENS, MAX_WINDOWS, MULTIPLE = 128, 16, 1
BATCH_TOKENS, BATCH_WINDOWS = 1024, 64


def windows_of(ids):
    """A post's windows from its ids without special tokens."""
    content = MAX_TOKENS - 2
    ids = ids[: content * MAX_WINDOWS]
    return [[BEGIN, *ids[i:i + content], END] for i in range(0, len(ids), content)] or [[BEGIN, END]]


def batches_of(windows):
    """[(padded length, indices)], longest first, each of one padded length."""
    length = [-(-len(w) // MULTIPLE) * MULTIPLE for w in windows]
    out = []
    for i in sorted(range(len(windows)), key=lambda i: -length[i]):
        if out and out[-1][0] == length[i] and len(out[-1][1]) < BATCH_WINDOWS and (len(out[-1][1]) + 1) * length[i] <= BATCH_TOKENS:
            out[-1][1].append(i)
        else:
            out.append((length[i], [i]))
    return out


def padded(windows, length):
    ids = np.full((len(windows), length), PAD, np.int64)
    for row, window in zip(ids, windows):
        row[: len(window)] = window
    return ids


class Encoder:
    def __init__(self, model, tokenizer, threads=2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(tokenizer))

    def logits(self, texts):
        """Pooled logits per text, and the number of tokens read."""
        ids = [e.ids for e in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        windows, owner = [], []
        for post, row in enumerate(ids):
            for window in windows_of(row):
                windows.append(window)
                owner.append(post)
        out = [None] * len(windows)
        for length, members in batches_of(windows):
            for i, logits in zip(members, self.session.run(None, {"ids": padded([windows[i] for i in members], length)})[0]):
                out[i] = logits
        width = len(out[0])
        sums, weights, count = np.zeros((len(ids), width)), np.zeros(len(ids)), np.bincount(owner, minlength=len(ids))
        for post, window, logits in zip(owner, windows, out):
            weight = len(window) - 2 if count[post] > 1 else 1
            sums[post] += weight * logits.astype(np.float64)
            weights[post] += weight
        return (sums / weights[:, None]).astype(np.float32), sum(min(len(r), (MAX_TOKENS - 2) * MAX_WINDOWS) for r in ids)
