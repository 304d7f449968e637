"""The wide part: beside the encoder, one linear model of each label over pieces and pairs of neighbouring pieces.

Wide and deep (Cheng and others, DLRS 2016): what a linear model of words learns of a head's few hundred posts, and what an encoder
carries over from all the others, err differently. A window's cells are its text's pieces (by id) and pairs of neighbours
(`pair_cells`); of n pieces, a cell that stands there c times counts sqrt(c / n). Logits of a post's windows are averaged as ever.
Pieces may share what is learnt of them with others that have runs of letters in common ("hopeless" with "Hopelessness"), which costs
nothing later: what a model says of runs is added to each piece that has them.

Reads: rows, and the encoder's logits of tuning rows. Guarantees: linear models are learnt from training rows of the head's own
stream, those of distress from some ordinary posts beside them; how strong each is, and how much it says beside the encoder, from
tuning rows; graph.py writes the same arithmetic. A cell, or a run, that fewer than two training posts have says nothing. Does not:
look at dev rows, or at a topic or parent.
"""
import numpy as np
import scipy.sparse as sparse
import torch
from sklearn.linear_model import LogisticRegression, Ridge

import base
import catalogue
import encode
import evaluate
import plan
from rows import LANGUAGES

# Pairs share so many cells: a prime, so that remainders spread. With 23,000 pieces and a byte a label the table weighs 7.6 MB;
# 131,071 did no better on tuning rows.
BUCKETS = 49_157
# How freely a linear model may speak (scikit-learn's C), the least first. One that is freer has to lower the loss on tuning rows by WORTH.
FREEDOMS = (2.0, 8.0, 32.0)
WORTH = 0.002
# How many letters a run has, and how much runs count beside pieces; not at all comes first, and again what comes later has to be worth it.
# Where training posts are more than FEW, words need no help (offensive: 0.05 % of the loss), and it is not tried.
LETTERS = range(2, 6)
SHARED = (0.0, 0.5, 1.0)
FEW = 10_000
# To a head of distress an ordinary post is a "no" (catalogue.ordinary): for each of its own posts so many, each of which counts so much.
# Chosen on tuning rows: ordinary ones called suicidal fall from 7.0 % to 0.2 %, depressive from 3.8 % to 1.0 %, for a loss on the
# heads' own of 0.524 for 0.518 and 0.291 for 0.282; of more posts, or heavier ones, the own loss rises and little falls.
ORDINARY = (0.5, 0.1)
# Towards the encoder's own scale, and towards no constants: squares of the distance, against a loss that is a sum over rows.
PULLS = (3.0, 0.5)


def pair_cells(first, second, vocabulary, buckets):
    """The cells of pairs of ids. graph.py computes the same."""
    return vocabulary + (first * vocabulary + second) % buckets


def features(rows, members, pair, vocabulary, buckets):
    """[members, cells], sparse: what the graph adds up for each post."""
    post, cell, value = [], [], []
    for row, i in enumerate(members):
        text = np.array(rows.text(i), np.int64)
        _, content = encode.layout(text, rows.context(i), pair)
        for start in range(0, len(text), max(content, 1)):
            ids = text[start:start + content]
            found, times = np.unique(np.concatenate([ids, pair_cells(ids[:-1], ids[1:], vocabulary, buckets)]), return_counts=True)
            post.append(np.full(len(found), row))
            cell.append(found)
            value.append(np.sqrt(times / len(ids)) * len(ids) / len(text))
    held = [np.concatenate([np.zeros(0, kind), *parts]) for parts, kind in ((value, np.float64), (post, np.int64), (cell, np.int64))]
    return sparse.csr_matrix((held[0], (held[1], held[2])), shape=(len(members), vocabulary + buckets))


def runs_of_letters(pieces):
    """[pieces, runs], sparse, 0 or 1: which runs of letters, whatever their case, a piece has; the special pieces have none."""
    place, piece, run = {}, [], []
    for i, text in enumerate(pieces):
        text = text.lower() if i > base.UNK else ""
        for found in {text[at:at + length] for length in LETTERS for at in range(len(text) - length + 1)}:
            piece.append(i)
            run.append(place.setdefault(found, len(place)))
    return sparse.csr_matrix((np.ones(len(run)), (piece, run)), shape=(len(pieces), len(place)))


def scaling(x):
    """What cells are multiplied by before a model is fitted: rare ones by more (idf), and the whole so that posts have a mean square of 1."""
    posts = x.getnnz(0)
    weight = np.where(posts >= 2, np.log((1 + x.shape[0]) / (1 + posts)) + 1, 0)
    return weight / max(np.sqrt(x.multiply(weight).power(2).sum() / x.shape[0]), 1e-9)


def linear(head, x, targets, weight, freedom):
    """[cells, labels] of the head's linear model, without its constants."""
    if head["kind"] == "multiclass":
        y = targets[:, 0].astype(int)
        if len(set(y)) < 2:
            return np.zeros((x.shape[1], catalogue.width(head)))
        model = LogisticRegression(C=freedom, max_iter=200, tol=1e-3).fit(x, y, weight)
        out = np.zeros((x.shape[1], catalogue.width(head)))
        # Of two classes there is one column, for the second against the first.
        out[:, model.classes_ if len(model.classes_) > 2 else model.classes_[1:]] = model.coef_.T
        return out
    return np.stack([column(head, x, y, weight, freedom) for y in targets.T], 1)


def column(head, x, y, weight, freedom):
    known = ~np.isnan(y)
    x, y, weight = x[known], y[known], weight[known]
    if len(set(y)) < 2:
        return np.zeros(x.shape[1])
    if head["kind"] == "regression":
        y = np.clip(y, 0.02, 0.98)
        return Ridge(alpha=8 / freedom).fit(x, np.log(y / (1 - y)), weight).coef_
    return LogisticRegression(C=freedom, max_iter=100, tol=1e-3, solver="liblinear", random_state=0).fit(x, y, weight).coef_[0]


def ordinary(rows, count, vocabulary):
    """Cells of about `count` ordinary training posts, as many from each stream that tells them."""
    rng, told = np.random.default_rng(plan.SEED), []
    for stream, sides in rows.items():
        which = catalogue.ordinary(stream, sides["train"].targets)
        if which is not None and which.any():
            told.append((sides["train"], np.flatnonzero(which)))
    picked = [(part, rng.choice(of, min(count // len(told), len(of)), replace=False)) for part, of in told]
    return sparse.vstack([features(part, np.sort(members), None, vocabulary, BUCKETS) for part, members in picked])


def beside(kind, deep, wide, targets):
    """(how much of `wide` to add to `deep`; constants to add to both; the mean loss of the best multiple
    of their sum), of logits of tuning rows."""
    deep, wide, y = (torch.tensor(np.asarray(values), dtype=torch.float64) for values in (deep, wide, targets))
    logs, shift = torch.tensor([0.0, -1.0], dtype=torch.float64, requires_grad=True), torch.zeros(deep.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logs, shift], max_iter=300, line_search_fn="strong_wolfe")
    known = ~torch.isnan(y)

    def loss():
        z = logs[0].exp() * deep + logs[1].exp() * wide + shift
        if kind == "multiclass":
            return torch.nn.functional.cross_entropy(z, y[:, 0].long(), reduction="sum")
        return torch.nn.functional.binary_cross_entropy_with_logits(z[known], y[known], reduction="sum")

    def closure():
        optimizer.zero_grad()
        total = loss() + PULLS[0] * logs[0].square() + PULLS[1] * shift.square().sum()
        total.backward()
        return total

    optimizer.step(closure)
    with torch.no_grad():
        return float((logs[1] - logs[0]).exp()), (shift / logs[0].exp()).numpy(), float(loss()) / max(len(y), 1)


def of_head(index, head, rows, logits, letters):
    """([cells, labels], [labels], [labels]): what to add to a head's logits, for each cell and for any post, and the mean over
    training posts of what cells add. `letters` is what `runs_of_letters` says of the pieces."""
    sides, marker = rows[head["stream"]], head["marker"]
    train, tune = sides["train"], sides["tune"]
    members = train.known(marker)
    vocabulary = letters.shape[0]
    x, tuning = (features(part, part.known(marker), head["pair"], vocabulary, BUCKETS) for part in (train, tune))
    deep, targets = evaluate.own_rows(index, logits, rows, "tune")[:2]
    best, own = None, len(members)
    learnt, weight = train.targets[marker][members], train.weight[members]
    if marker in catalogue.ORDINARY:
        further = ordinary(rows, round(ORDINARY[0] * own), vocabulary)
        x = sparse.vstack([x, further]).tocsr()
        learnt = np.concatenate([learnt, np.zeros((further.shape[0], 1), learnt.dtype)])
        weight = np.concatenate([weight, np.full(further.shape[0], ORDINARY[1], weight.dtype)])
    for shared in SHARED if len(members) <= FEW else SHARED[:1]:
        # What turns cells into the inputs of the model, and what the model says of them into what it says of cells.
        inputs = sparse.diags_array(scaling(x))
        if shared:
            of_letters = sparse.vstack([letters, sparse.csr_matrix((BUCKETS, letters.shape[1]))])
            inputs = sparse.hstack([inputs, of_letters @ sparse.diags_array(shared * scaling(x @ of_letters))])
        inputs = inputs.tocsr()
        learnt_from = (x @ inputs).tocsr()
        for freedom in FREEDOMS:
            table = inputs @ linear(head, learnt_from, learnt, weight, freedom)
            # Beside the mean of the head's own posts, so that constants stay small.
            mean = (x[:own] @ table).mean(0)
            share, constants, loss = beside(head["kind"], deep, tuning @ table - mean, targets)
            if best is None or loss < best[0] * (1 - WORTH):
                best = loss, shared, freedom, share, table * share, constants - mean * share, mean * share
    loss, shared, freedom, share, *out = best
    print(f"  wide {marker}: runs {shared:g}, C {freedom:g}, {share:.2f} of it beside the encoder, loss {loss:.4f}", flush=True)
    return out


def tensors(rows, logits, pieces):
    """(for graph.py the table of all heads' labels and its constants, what cells add to each label on average), float32, from the
    encoder's logits of tuning rows by stream."""
    letters = runs_of_letters(pieces)
    parts = zip(*(of_head(i, head, rows, logits, letters) for i, head in enumerate(catalogue.HEADS)))
    table, constants, means = (np.concatenate(part, -1).astype(np.float32) for part in parts)
    return {"wide": table, "wide.bias": constants}, means


def lacking(table, means, rows, vocabulary):
    """{language: [labels]}: what the mean training post of a language has less of than that of a head's own posts.

    A head that learnt from English alone knows no Spanish words: its linear model says nothing there, which is not the same as saying
    what it says of the mean post. That much is made up for in the language's shift.
    """
    out, buckets = {}, len(table) - vocabulary
    for number, language in enumerate(LANGUAGES[1:], 1):
        posts = [(sides["train"], np.flatnonzero(sides["train"].language == number)) for stream, sides in rows.items() if "pair" not in catalogue.STREAMS[stream]]
        found = [features(train, members, None, vocabulary, buckets).mean(0) @ table for train, members in posts if len(members)]
        if found:
            out[language] = means - np.mean(found, 0).reshape(-1)
    return out


def settings_elsewhere(settings, lacks):
    """Settings, with those of the languages that a head has no posts of: its own, with what its linear model lacks there made up for."""
    out = {}
    for index, head in enumerate(catalogue.HEADS):
        scale, shift, limits = settings[head["marker"]][""]
        others = {language: (scale, [a + scale * float(b) for a, b in zip(shift, lack[evaluate.columns(index)])], limits)
                  for language, lack in lacks.items() if language not in head["languages"]}
        out[head["marker"]] = {**settings[head["marker"]], **others}
    return out
