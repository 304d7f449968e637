"""The heads and the streams they learn from: one place that says what is trained, on which files and how it is read.

Reads: nothing. Writes: nothing. Guarantees: the order of HEADS is the order of the encoder's outputs; a row's labels become
a vector as wide as its head's target, NaN where the file does not say. Does not: open files, or know how long to train.
"""
import math

GOEMOTIONS = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval disgust "
    "embarrassment excitement fear gratitude grief joy love nervousness optimism pride realization relief remorse sadness surprise neutral"
).split()
AFFECT = "anger anticipation disgust fear joy love optimism pessimism sadness surprise trust".split()
CAUSES = ("emotional turmoil", "everyday decision making", "family issues", "financial problem", "health issues", "other causes",
          "school", "social relationships", "work")
NEEDS = ("thwarted belongingness", "perceived burdensomeness")
WELLNESS = ("spiritual", "physical", "intellectual", "social", "vocational", "emotional")
YESNO = ("no", "yes")
LEVELS = ("0", "1", "2")


def head(marker, kind, labels, file, stream, decide="macro_f1", languages=("en",), weight=1.0, pair=None, span=None, weak=False):
    """`file` calibrates, tunes and measures the head; `decide` is what its thresholds are tuned for; `span` is a regression's
    range; `weak` says that the labels are the communities posts stand in."""
    return {"marker": marker, "kind": kind, "labels": list(labels), "file": file, "stream": stream, "decide": decide,
            "languages": list(languages), "weight": weight, "pair": pair, "range": span, "weak": weak}


HEADS = (
    head("emotion.goemotions", "multilabel", GOEMOTIONS, "goemotions", "goemotions", weight=0.5),
    head("emotion.affect11", "multilabel", AFFECT, "semeval_ec", "affect", "jaccard", weight=0.4),
    head("emotion.ekman", "multiclass", "anger disgust fear joy sadness surprise others".split(), "emoevent", "ekman", languages=("en", "es")),
    head("emotion.intensity", "regression", ("anger", "fear", "joy", "sadness"), "emotion_intensity", "affect", weight=2.0, span=(0.0, 1.0)),
    head("vad.valence", "regression", ("valence",), "valence", "affect", weight=2.0, span=(-1.0, 1.0)),
    head("sentiment", "multiclass", ("negative", "neutral", "positive"), "sentiment", "sentiment", "macro_recall"),
    head("hostility.offensive", "binary", YESNO, "offensive", "offensive"),
    head("hostility.hate", "binary", YESNO, "hate", "hate"),
    head("mh.stress", "binary", YESNO, "stress", "stress", "f1"),
    head("mh.depression", "binary", YESNO, "depression", "depression", "weighted_f1"),
    head("mh.suicide_selfharm", "binary", YESNO, "suicide_vs_depression", "suicide"),
    head("mh.anxiety", "binary", YESNO, "subreddit27", "communities", weak=True),
    head("mh.ptsd", "binary", YESNO, "subreddit27", "communities", weak=True),
    head("loneliness.is_lonely", "binary", YESNO, "subreddit27", "communities", weak=True),
    head("mh.cause", "multiclass", CAUSES, "stress_cause", "cause", "weighted_f1"),
    head("mh.irf", "multilabel", NEEDS, "irf", "needs"),
    head("mh.wellness", "multilabel", WELLNESS, "multiwd", "needs", weight=0.5),
    head("polarization.stance", "multiclass", ("favor", "against", "none"), "stance", "stance", "favor_against", pair="topic"),
    head("polarization.agreement", "multiclass", ("agree", "neutral", "disagree"), "agreement", "agreement", pair="parent"),
    head("support.emotional_reactions", "multiclass", LEVELS, "epitome_emotional-reactions", "epitome", pair="parent"),
    head("support.interpretations", "multiclass", LEVELS, "epitome_interpretations", "epitome", pair="parent"),
    head("support.explorations", "multiclass", LEVELS, "epitome_explorations", "epitome", pair="parent"),
    head("support.empathic_concern", "regression", ("empathic concern",), "empathic_reactions", "empathy", weight=2.0, span=(1.0, 7.0)),
    head("support.personal_distress", "regression", ("personal distress",), "empathic_reactions", "empathy", weight=2.0, span=(1.0, 7.0)),
)
BY_MARKER = {h["marker"]: h for h in HEADS}

# Files that are encoded together: a batch is of one stream, and every head that a stream names is learnt in the same pass.
# `tune` is the share of training texts kept for calibration and thresholds, per mille; small sets need more to be steady.
STREAMS = {
    "goemotions": {"files": ("goemotions",), "tune": 80},
    "affect": {"files": ("semeval_ec", "emotion_intensity", "valence", "senwave_covid"), "tune": 100},
    "ekman": {"files": ("emoevent",), "tune": 100},
    "sentiment": {"files": ("sentiment",), "tune": 60},
    "offensive": {"files": ("offensive",), "tune": 80},
    "hate": {"files": ("hate",), "tune": 80},
    "stress": {"files": ("stress",), "tune": 120},
    "depression": {"files": ("depression",), "tune": 150},
    "suicide": {"files": ("suicide_vs_depression",), "tune": 150},
    "communities": {"files": ("subreddit27", "mh_risk_rally"), "tune": 150},
    "cause": {"files": ("stress_cause",), "tune": 100},
    "needs": {"files": ("irf", "multiwd"), "tune": 200},
    "stance": {"files": ("stance",), "tune": 80, "pair": "topic"},
    "agreement": {"files": ("agreement",), "tune": 150, "pair": "parent"},
    "epitome": {"files": ("epitome_emotional-reactions", "epitome_interpretations", "epitome_explorations"), "tune": 120, "pair": "parent"},
    "empathy": {"files": ("empathic_reactions",), "tune": 120},
}
# depression_severity is not read at all: its texts are those of stress with another label.
# How much a row of a file counts in the losses, where that is not 1: other annotators, other questions.
ROW_WEIGHT = {"senwave_covid": 0.3, "mh_risk_rally": 0.5}

# Streams that teach a head of another stream by labels that mean nearly the same, and how much those count.
BORROWED = {("ekman", "emotion.affect11"): 0.3}
# Streams beside a head's own that a teacher can say something of: it learnt what an offensive tweet is from tweets, and about distress
# from posts of distress.
BESIDE = {
    "emotion.affect11": ("ekman",),
    "hostility.offensive": ("hate", "sentiment", "ekman", "affect"),
    "hostility.hate": ("offensive",),
    "mh.stress": ("depression", "suicide", "communities"),
    "mh.depression": ("communities",),
    "mh.suicide_selfharm": ("depression",),
    "mh.cause": ("stress",),
    "mh.irf": ("suicide", "depression"),
}
# Heads whose files hold posts of distress and of communities alone: of an ordinary post they would say anything. What other streams hold is
# taken for ordinary where its own label names no emotion of distress, and is a "no" in these heads (fit.py, where a profile says so).
ORDINARY = ("mh.depression", "mh.suicide_selfharm", "mh.anxiety", "mh.ptsd", "loneliness.is_lonely")
# What they say of posts from elsewhere is measured on these streams' dev rows, which they never learn from.
ELSEWHERE = ("offensive", "hate")
DISTRESS = ("disappointment", "fear", "grief", "nervousness", "remorse", "sadness")
# Heads in which the teacher did clearly worse on tuning rows than the encoder.
UNASKED = ("mh.anxiety", "mh.ptsd", "mh.wellness")
# What a teacher says (distil.py): {head: the streams on whose English posts its answers are learnt}.
ANSWERED = {h["marker"]: (h["stream"], *BESIDE.get(h["marker"], ())) for h in HEADS if h["marker"] not in UNASKED}
# What a Spanish EmoEvent label says of the eleven: {label: (those that hold, those that do not)}. Emotions that often go together are left open.
EKMAN_TO_AFFECT = {
    "anger": ({"anger"}, {"joy", "love"}), "disgust": ({"disgust"}, {"joy", "love"}), "fear": ({"fear"}, {"joy"}), "sadness": ({"sadness"}, {"joy"}),
    "joy": ({"joy"}, {"anger", "disgust", "fear", "sadness", "pessimism"}), "surprise": ({"surprise"}, set()),
}

SENWAVE = {"annoyed": "anger", "anxious": "fear", "optimistic": "optimism", "pessimistic": "pessimism", "sad": "sadness", "surprise": "surprise"}

# Communities whose posts say yes, and those that say nothing either way; every other community of the file says no.
COMMUNITIES = {
    "mh.anxiety": ({"anxiety", "healthanxiety", "socialanxiety"}, {"mentalhealth", "bpd", "depression", "suicidewatch", "ptsd"}),
    "mh.ptsd": ({"ptsd"}, {"mentalhealth", "bpd"}),
    "loneliness.is_lonely": ({"lonely", "ForeverAlone"}, {"depression", "suicidewatch", "mentalhealth", "socialanxiety", "bpd", "divorce", "autism"}),
    "mh.suicide_selfharm": ({"suicidewatch"}, {"mentalhealth", "bpd", "bipolarreddit", "addiction", "alcoholism", "schizophrenia", "lonely", "ForeverAlone", "ptsd"}),
    "mh.depression": ({"depression"}, {"suicidewatch", "lonely", "ForeverAlone", "mentalhealth", "bpd", "bipolarreddit", "socialanxiety", "anxiety", "ptsd"}),
}


def width(h):
    """Logits of a head."""
    return 1 if h["kind"] == "binary" else len(h["labels"])


def target_width(h):
    """Numbers of a head's target: a class index, one yes/no, or one number per label."""
    return len(h["labels"]) if h["kind"] in ("multilabel", "regression") else 1


def unit(h, value):
    """A regression's value on [0, 1]."""
    low, high = h["range"]
    return (value - low) / (high - low)


def community(name):
    return {marker: None if name in unknown else [float(name in yes)] for marker, (yes, unknown) in COMMUNITIES.items()}


def targets(file, row):
    """{marker: target vector} of a row; markers that the row says nothing about are absent."""
    labels = row["labels"]
    if file == "semeval_ec":
        return {"emotion.affect11": [float(name in labels) for name in AFFECT]}
    if file == "senwave_covid":
        known = {SENWAVE[name] for name in labels if name in SENWAVE}
        return {"emotion.affect11": [float(name in known) if name in SENWAVE.values() else math.nan for name in AFFECT]}
    if file == "valence":
        return {"vad.valence": [float(labels)]}  # already 0..1, which is the range's unit
    if file == "subreddit27":
        return {m: t for m, t in community(labels).items() if t}
    if file == "mh_risk_rally":
        # Only the Reddit rows, for the community they stand in; the file's own label is confounded with its source.
        tail = row["src"].rsplit(":", 1)[-1]
        return {m: t for m, t in community(tail[7:]).items() if t} if tail.startswith("reddit ") else {}
    if file == "empathic_reactions":
        concern, distress = BY_MARKER["support.empathic_concern"], BY_MARKER["support.personal_distress"]
        return {concern["marker"]: [unit(concern, float(labels["empathy"]))], distress["marker"]: [unit(distress, float(labels["distress"]))]}
    own = next(h for h in HEADS if h["file"] == file)
    names = own["labels"]
    if file == "emoevent":
        out = {own["marker"]: [float(names.index(labels))]}
        yes, no = EKMAN_TO_AFFECT.get(labels, ((), ()))
        # English has labels of its own for these emotions; Spanish has none.
        if row["lang"] == "es" and yes:
            out["emotion.affect11"] = [1.0 if n in yes else 0.0 if n in no else math.nan for n in AFFECT]
        return out
    if file in ("irf", "multiwd"):
        return {own["marker"]: [float(labels[n] == "yes") if n in labels else math.nan for n in names]}
    if own["kind"] == "regression":
        return {own["marker"]: [unit(own, float(labels[n])) if n in labels else math.nan for n in names]}
    if own["kind"] == "multilabel":
        return {own["marker"]: [float(n in labels) for n in names]}
    if own["kind"] == "binary":
        return {own["marker"]: [float(labels in ("yes", 1, "1"))]}
    return {own["marker"]: [float(names.index(str(labels)))]}


def answered_heads(stream):
    """Indices of the heads that a teacher answers for a stream's posts."""
    return [i for i, h in enumerate(HEADS) if stream in ANSWERED.get(h["marker"], ())]


def stream_heads(stream):
    """Indices of the heads that a stream teaches, in the order of HEADS."""
    extra = set(COMMUNITIES) if stream == "communities" else {marker for other, marker in BORROWED if other == stream}
    return [i for i, h in enumerate(HEADS) if h["stream"] == stream or h["marker"] in extra]


def ordinary(stream, targets):
    """Which rows of a stream are ordinary posts, by their own labels; None where the stream does not say."""
    if stream == "goemotions":
        y = targets["emotion.goemotions"]
        return y[:, [GOEMOTIONS.index(name) for name in DISTRESS]].sum(1) == 0
    if stream == "sentiment":
        return targets["sentiment"][:, 0] > 0
    return None
