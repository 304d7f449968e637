"""Runs an exported encoder over posts as the product does: windows, batches of one length, pooled logits.

Reads: model.onnx and tokenizer.json. Guarantees: the windows, padding and pooling of the Rust crate, so that what is
tuned and measured here is what runs there. Does not: calibrate or apply thresholds.
"""
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

import encode
from encode import MAX_TOKENS, MAX_WINDOWS, MULTIPLE, PAD, padded  # noqa: F401 (schemes.py reads them here)

BATCH_TOKENS, BATCH_WINDOWS = 1024, 64


def batches_of(windows):
    """[(padded length, indices)], longest first, each of one padded length."""
    length = [encode.rounded(len(w)) for w in windows]
    out = []
    for i in sorted(range(len(windows)), key=lambda i: -length[i]):
        if out and out[-1][0] == length[i] and len(out[-1][1]) < BATCH_WINDOWS and (len(out[-1][1]) + 1) * length[i] <= BATCH_TOKENS:
            out[-1][1].append(i)
        else:
            out.append((length[i], [i]))
    return out


class Encoder:
    def __init__(self, model, tokenizer, threads=2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Exact sums on processors without VNNI too (graph.Graph.product); with it they are exact anyway, and this is slower.
        options.add_session_config_entry("session.x64quantprecision", "1")
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(tokenizer))

    def ids(self, texts):
        return [e.ids for e in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def logits(self, texts, contexts=None, pair=None):
        """Pooled logits per text, and the number of tokens read."""
        return self.logits_of(self.ids(texts), self.ids(contexts) if pair else None, pair)

    def logits_of(self, ids, contexts=None, pair=None):
        """The same, from ids. With `pair`, only the heads of that kind mean anything; without, only those of no kind."""
        windows, owner, weights = [], [], []
        for post, row in enumerate(ids):
            for window, tokens in encode.windows(row, contexts[post] if pair else (), pair):
                windows.append(window)
                owner.append(post)
                weights.append(tokens)
        out = [None] * len(windows)
        for length, members in batches_of(windows):
            for i, logits in zip(members, self.session.run(None, {"ids": padded([windows[i] for i in members], length)})[0]):
                out[i] = logits
        sums, total, count = np.zeros((len(ids), len(out[0]))), np.zeros(len(ids)), np.bincount(owner, minlength=len(ids))
        for post, tokens, logits in zip(owner, weights, out):
            weight = tokens if count[post] > 1 else 1
            sums[post] += weight * logits.astype(np.float64)
            total[post] += weight
        return (sums / total[:, None]).astype(np.float32), sum(weights)

    def logits_of_rows(self, rows, pair=None, limit=None):
        """Pooled logits of the first `limit` rows of rows.Rows."""
        count = len(rows) if limit is None else min(limit, len(rows))
        return self.logits_of([rows.text(i) for i in range(count)], [rows.context(i) for i in range(count)] if pair else None, pair)[0]
