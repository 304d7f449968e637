#!/usr/bin/env python3
"""The plain Python loop over the same posts and the same weights, to compare `tidemark annotate` with.

    python bench_python.py POSTS.jsonl [--model DIR] [--batch 32] [--threads N] [--limit N]

Reads: JSON lines with `text`, and the model folder. Prints posts/s and tokens/s, once as Python is usually written
(batches in the order of the file, padded to their longest post) and once with this project's batches by length.
"""
import argparse
import gzip
import json
import os
import pathlib
import time

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

import score


def plain(session, tokenizer, texts, batch):
    """Truncate, pad to the longest of the batch, run."""
    tokenizer.enable_truncation(score.MAX_TOKENS)
    tokenizer.enable_padding(pad_id=score.PAD, pad_token="<pad>")
    tokens = 0
    for start in range(0, len(texts), batch):
        encodings = tokenizer.encode_batch(texts[start:start + batch])
        ids = np.array([e.ids for e in encodings], np.int64)
        tokens += int((ids != score.PAD).sum())
        session.run(None, {"ids": ids})
    return tokens


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("posts", type=pathlib.Path)
    a.add_argument("--model", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "weights/encoder-v1")
    a.add_argument("--batch", type=int, default=32)
    a.add_argument("--threads", type=int, default=os.cpu_count())
    a.add_argument("--limit", type=int)
    a = a.parse_args()
    opened = gzip.open if a.posts.suffix == ".gz" else open
    with opened(a.posts, "rt", encoding="utf8") as file:
        texts = [json.loads(line)["text"] for line in file if line.strip()][: a.limit]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = a.threads
    session = onnxruntime.InferenceSession(str(a.model / "model.onnx"), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(a.model / "tokenizer.json"))
    encoder = score.Encoder(a.model / "model.onnx", a.model / "tokenizer.json", a.threads)

    def by_length():
        return sum(encoder.logits(texts[i:i + 1024])[1] for i in range(0, len(texts), 1024))

    for name, work in (("plain", lambda: plain(session, tokenizer, texts, a.batch)), ("by length", by_length)):
        began = time.perf_counter()
        tokens = work()
        took = time.perf_counter() - began
        print(json.dumps({"loop": name, "posts": len(texts), "seconds": round(took, 3), "posts_per_second": round(len(texts) / took, 1), "tokens_per_second": round(tokens / took, 1)}))


if __name__ == "__main__":
    main()
