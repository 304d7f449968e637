#!/usr/bin/env python3
"""All bundled lexica beside Python's empath and vaderSentiment, on the same posts, in turns, on one thread each.

    python tests/bench/lexica.py POSTS.jsonl[.gz] | POSTS.csv[.gz] [--limit 20000] [--rounds 3]

Prints posts/s of each (median of the rounds), the ratios, and how many of VADER's compound scores are those of
vaderSentiment within 1e-4. Python's loops are slow, and are timed on every n-th post, some thousands in all.
Needs `cargo build --release -p tidemark-lexicon --example coverage` and requirements.txt; `make bench` does both.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import time

import posts

HERE = pathlib.Path(__file__).resolve().parent
COVERAGE = HERE.parent.parent / "target/release/examples/coverage"
# Posts that Python's loops are timed on, at least, and how near a compound score is the same.
TIMED, EQUAL_WITHIN = 2000, 1e-4


def ours(texts, *arguments):
    done = subprocess.run([COVERAGE, "en", *arguments], input="\n".join(texts), text=True, encoding="utf8", capture_output=True, check=True)
    return done.stdout


def rate(work, texts):
    began = time.perf_counter()
    for text in texts:
        work(text)
    return len(texts) / (time.perf_counter() - began)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("posts")
    a.add_argument("--limit", type=int, default=20_000)
    a.add_argument("--rounds", type=int, default=3)
    a = a.parse_args()
    from empath import Empath
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    texts = posts.texts(a.posts, a.limit)
    # From all over the file: its first posts may be longer than others.
    some = texts[:: max(1, len(texts) // TIMED)]
    empath, vader = Empath(), SentimentIntensityAnalyzer()
    rates = {"tidemark": [], "empath": [], "vaderSentiment": []}
    for _ in range(a.rounds):
        rates["tidemark"].append(float(re.search(r"(\d+) posts/s", ours(texts))[1]))
        rates["empath"].append(rate(empath.analyze, some))
        rates["vaderSentiment"].append(rate(vader.polarity_scores, some))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, value in medians.items():
        print(f"{name:15} {value:10.0f} posts/s   {medians['tidemark'] / value:6.1f} x")
    scores = [line.split("\t") for line in ours(texts, "lexicon.vader.positive", "lexicon.vader.negative").splitlines()]
    compound = [float(positive or 0) - float(negative or 0) for positive, negative in scores]
    differing = sum(abs(vader.polarity_scores(text)["compound"] - own) > EQUAL_WITHIN for text, own in zip(texts, compound, strict=True))
    print(f"compound within {EQUAL_WITHIN}: {len(texts) - differing} of {len(texts)} ({100 * (1 - differing / len(texts)):.3f} %)")


if __name__ == "__main__":
    main()
