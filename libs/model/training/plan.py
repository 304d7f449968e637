"""What a run does: how often every stream is met, in which batches, and how long that takes.

Reads: rows of rows.py. Writes: nothing. Guarantees: the same rows and the same profile give the same batches in the same order,
so that a position in the plan says all there is to say about where a run stands; every stream is met evenly over the whole
run. Does not: look at tuning or dev rows, or at the clock.
"""
import hashlib
import json
import random

import numpy as np

import catalogue
import encode

SEED = 20171
# In training windows are padded to multiples of this, so that batches are full; inference pads nothing.
PADDING = 8
# Longest window of a stream in training, in tokens; inference always reads up to encode.MAX_TOKENS.
CAPS = {"goemotions": 64, "affect": 64, "ekman": 80, "sentiment": 64, "offensive": 80, "hate": 80, "cause": 48, "stance": 80}

# Epochs a stream; a sentiment epoch is about 0.7 of its rows and a goemotions epoch leaves out half of plain neutral. Two cores
# go through this in an hour and a half: large sets, whose heads are learnt first, give way to small ones.
CPU = {"goemotions": 3, "affect": 5, "ekman": 4, "sentiment": 1, "offensive": 2, "hate": 2, "stress": 4, "depression": 4, "suicide": 4,
       "communities": 2, "cause": 4, "needs": 8, "stance": 2, "agreement": 6, "epitome": 5, "empathy": 5}
# On a card time is no limit; what limits the epochs is that small sets are learnt by heart.
GPU = {**CPU, "goemotions": 5, "affect": 8, "ekman": 5, "sentiment": 3, "offensive": 4, "hate": 4, "stress": 5, "depression": 5, "suicide": 5,
       "communities": 4, "cause": 5, "stance": 4, "epitome": 6, "empathy": 6}

# A second run, from the weights of the first: most of all what was far from its goal. Weak labels have said their part: a linear
# model of depression falls from an AUC of 0.94 to 0.87 by them, one of suicide from 0.74 to 0.70, so they count little now.
AGAIN = {"goemotions": 3, "affect": 4, "ekman": 5, "sentiment": 1, "offensive": 2, "hate": 1, "stress": 3, "depression": 5, "suicide": 5,
         "communities": 1, "cause": 4, "needs": 6, "stance": 3, "agreement": 2, "epitome": 4, "empathy": 2}
LESS = {"communities mh.depression": 0.1, "communities mh.suicide_selfharm": 0.1}

# The teachers' epochs: no more than the encoder's own, since what a teacher has by heart of a small set it would teach.
TEACHER = {"goemotions": 2, "affect": 3, "ekman": 2, "sentiment": 1, "offensive": 2, "hate": 2, "stress": 3, "depression": 4, "suicide": 4,
           "communities": 1, "cause": 4, "needs": 6, "stance": 2, "agreement": 4, "epitome": 4, "empathy": 3}
# One that meets no weak labels of communities, which mislead about depression and suicide (as above).
TEACHER_FEW = {"offensive": 2, "stress": 3, "depression": 4, "suicide": 4, "cause": 4, "needs": 6, "stance": 2}
# A third run, from the weights of the second: with teachers' answers beside the labels (catalogue.ANSWERED).
TAUGHT = {"goemotions": 1, "affect": 2, "ekman": 2, "sentiment": 1, "offensive": 2, "hate": 1, "stress": 3, "depression": 4, "suicide": 3,
          "communities": 1, "cause": 3, "needs": 4, "stance": 2, "agreement": 2, "epitome": 2, "empathy": 2}

# The one place for batch sizes, rates and precision. `tokens` is padded tokens a batch at most, `rows` posts a batch at most;
# a stream with few batches an epoch gets `least` of them by smaller batches. `part` of all batches is taken: of every stream the
# same share, as they are met evenly. `ordinary` is how much the "no" of ordinary posts counts (catalogue.ORDINARY). `taught` is how much a teacher's answers count, against what labels count alone; on a head's own
# posts labels count that much less.
PROFILES = {
    "cpu": {"size": "student", "epochs": CPU, "tokens": 1792, "rows": 64, "least": 24, "peak": 1.5e-4, "decay": 0.88, "warm": 0.06, "precision": "bf16"},
    "again": {"size": "student", "epochs": AGAIN, "part": 0.7, "borrowed": LESS, "tokens": 1792, "rows": 64, "least": 24, "peak": 1.2e-4, "decay": 0.88, "warm": 0.06, "precision": "bf16"},
    "taught": {"size": "student", "epochs": TAUGHT, "part": 0.75, "taught": 0.5, "ordinary": 0.2, "borrowed": LESS, "tokens": 1792, "rows": 64, "least": 24, "peak": 1.2e-4, "decay": 0.88, "warm": 0.06, "precision": "bf16"},
    "gpu": {"size": "student", "epochs": GPU, "taught": 0.5, "tokens": 4096, "rows": 160, "least": 24, "peak": 2.0e-4, "decay": 0.88, "warm": 0.06, "precision": "bf16"},
    "teacher": {"size": "teacher", "epochs": TEACHER, "tokens": 1792, "rows": 64, "least": 24, "peak": 1.5e-4, "decay": 0.9, "warm": 0.06, "precision": "bf16"},
    "teacher-few": {"size": "teacher", "epochs": TEACHER_FEW, "tokens": 1792, "rows": 64, "least": 24, "peak": 1.5e-4, "decay": 0.9, "warm": 0.06, "precision": "bf16"},
    "smoke": {"size": "student", "epochs": {name: 1 for name in CPU}, "tokens": 512, "rows": 16, "least": 1, "peak": 1.5e-4, "decay": 0.88, "warm": 0.06, "precision": "bf16"},
}
# Which teacher answers for which heads: tuning rows ask for the second one in depression alone (a loss of 0.247 for 0.358; in stress
# 0.409 for 0.379, in suicide 0.531 for 0.523).
FEW = ("mh.depression",)
TEACHERS = {"teacher": tuple(marker for marker in catalogue.ANSWERED if marker not in FEW), "teacher-few": FEW}
# The weights that ship are those of this profile's run.
SHIPPED = "taught"
# A run that begins with the weights of another one. Not said in PROFILES, which decide what a run's steps are (`fingerprint`): where
# the weights come from does not.
AFTER = {"again": "cpu", "taught": "again"}

# A run whose weights are, in the end, a mean of those it began with and this share of those it came to. What a further run gains on
# some heads it pays for by learning small sets by heart; between lies most of both (Wortsman and others, CVPR 2022). Of a half,
# three quarters and all of the way, three quarters did best on tuning rows after the second run, by mean loss, and after the third.
AVERAGED = {"again": 0.75, "taught": 0.75}


def runs(profile):
    """The profiles of the runs that end in this one's, in their order."""
    return [*runs(AFTER[profile]), profile] if profile in AFTER else [profile]


def chosen(stream, rows, rng):
    """One epoch's rows: half of GoEmotions' plain neutral, and sentiment evened out towards its rarest class."""
    if stream == "goemotions":
        y = rows.targets["emotion.goemotions"]
        plain = (y[:, catalogue.GOEMOTIONS.index("neutral")] > 0) & (y.sum(1) == 1)
        return [i for i in range(len(rows)) if not plain[i] or rng.random() < 0.5]
    if stream == "sentiment":
        kept = {0: 1.0, 1: 0.55, 2: 0.6}
        return [i for i, y in enumerate(rows.targets["sentiment"][:, 0].astype(int).tolist()) if rng.random() < kept[y]]
    return list(range(len(rows)))


def cap_of(stream):
    return CAPS.get(stream, encode.MAX_TOKENS)


def start_of(text, content, rng):
    """Where a row's window begins: its start, or half the time anywhere when the text is longer than one window."""
    if text <= content or rng.random() < 0.5:
        return 0
    return rng.randrange(text - content + 1)


class Batch:
    """Rows of one stream, by index, with the token at which each one's window starts, and their padded length."""

    def __init__(self, stream, members, length):
        self.stream, self.members, self.length = stream, members, length

    def ids(self, rows):
        pair, cap = catalogue.STREAMS[self.stream].get("pair"), cap_of(self.stream)
        return encode.padded([encode.window_at(rows.text(i), rows.context(i), pair, cap, start) for i, start in self.members], self.length)


def epoch_of(stream, rows, profile, rng):
    """One epoch's batches: shuffled, then of like length, each within the profile's limits."""
    pair, cap = catalogue.STREAMS[stream].get("pair"), cap_of(stream)
    texts, contexts = (lengths.tolist() for lengths in rows.lengths())
    members = []
    for i in chosen(stream, rows, rng):
        kept = encode.kept_context(texts[i], range(contexts[i]), encode.BUDGET[pair], cap) + 2 if pair else 0
        content = cap - 2 - kept
        start = start_of(texts[i], content, rng)
        members.append((encode.rounded(2 + kept + min(content, texts[i] - start), PADDING), i, start))
    rng.shuffle(members)
    tokens = min(profile["tokens"], max(sum(m[0] for m in members) // profile["least"], 256))
    span, out = 40 * profile["rows"], []
    for at in range(0, len(members), span):
        batch = []
        for member in sorted(members[at:at + span], key=lambda m: m[0]):
            if batch and (len(batch) >= profile["rows"] or (len(batch) + 1) * member[0] > tokens):
                out.append(batch)
                batch = []
            batch.append(member)
        out.append(batch)
    rng.shuffle(out)
    return [Batch(stream, [(i, start) for _, i, start in batch], max(m[0] for m in batch)) for batch in out if batch]


def schedule(rows, profile):
    """All batches of a run in the order they are met."""
    rng, placed = random.Random(SEED), []
    for order, stream in enumerate(catalogue.STREAMS):
        batches = []
        for _ in range(profile["epochs"].get(stream, 0)):
            batches += epoch_of(stream, rows[stream]["train"], profile, rng)
        placed += [((i + rng.random()) / len(batches), order, batch) for i, batch in enumerate(batches)]
    placed.sort(key=lambda item: item[:2])
    kept = round(len(placed) * profile.get("part", 1.0))
    return [batch for _, _, batch in placed[:kept]]


def fingerprint(batches, profile, rows):
    """A hash of all that decides a run's steps: a checkpoint of another plan is not gone on with."""
    said = [profile, catalogue.HEADS, sorted(map(list, catalogue.BORROWED.items())), CAPS, encode.BUDGET]
    if "ordinary" in profile:
        said += [catalogue.ORDINARY, catalogue.DISTRESS]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for stream, sides in rows.items():
        train = sides["train"]
        for values in (train.key, train.weight, train.f["text"], train.f["context"], *train.targets.values()):
            digest.update(np.ascontiguousarray(values).tobytes())
    for batch in batches:
        digest.update(np.array(batch.members, np.int32).tobytes())
    return digest.hexdigest()


def padded_tokens(batches):
    return sum(len(batch.members) * batch.length for batch in batches)


def table(batches, rows, profile):
    """Lines that say what the plan holds, per stream."""
    lines = [f"  {'stream':12} {'rows':>6} {'epochs':>6} {'batches':>7} {'tokens/epoch':>12} {'tokens':>10}  heads"]
    for stream in catalogue.STREAMS:
        own, epochs = [b for b in batches if b.stream == stream], profile["epochs"].get(stream, 0)
        tokens, heads = padded_tokens(own), ", ".join(catalogue.HEADS[i]["marker"] for i in catalogue.stream_heads(stream))
        lines.append(f"  {stream:12} {len(rows[stream]['train']):6} {epochs:6} {len(own):7} {tokens // max(epochs, 1):12} {tokens:10}  {heads}")
    lines.append(f"  {'all':12} {'':6} {'':6} {len(batches):7} {'':12} {padded_tokens(batches):10}")
    return lines
