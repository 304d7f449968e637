"""Windows of token ids: the one place that says how a post, alone or with its context, becomes what the encoder reads.

Guarantees: the windows of the Rust crate (src/tokenise.rs). A post alone: `<s> text </s>`, cut every max_tokens - 2 tokens.
A post with a context (a stance's topic, a reply's parent): `<s> context </s> </s> text </s>` in every window, so that no window
loses what the post answers to. The context is cut at its end to `room` tokens, where
    room = max(budget of its kind, max_tokens - 4 - tokens of the text), and never more than the context has;
text is then cut every max_tokens - 4 - (tokens of the context kept). So a short reply leaves its place to the parent, and a long
one still sees the budget. At least one window, also of an empty text; at most max_windows.
Does not: tokenise, or pad with anything but PAD.
"""
import numpy as np

BEGIN, PAD, END = 0, 1, 2
# 128 windows hold 16,000 tokens: the longest posts of any source, whole.
MAX_TOKENS, MAX_WINDOWS, MULTIPLE = 128, 128, 1
# Tokens of a context that every window has room for.
BUDGET = {"topic": 24, "parent": 56}


def kept_context(text, context, budget, max_tokens=MAX_TOKENS):
    """How many of the context's first tokens are read."""
    return min(len(context), max(budget, max_tokens - 4 - text))


def layout(text, context=(), pair=None, max_tokens=MAX_TOKENS):
    """(start of every window, text that follows it): the prefix is the same in all windows of a post."""
    if pair is None:
        return [BEGIN], max_tokens - 2
    kept = kept_context(len(text), context, BUDGET[pair], max_tokens)
    return [BEGIN, *context[:kept], END, END], max_tokens - 4 - kept


def windows(text, context=(), pair=None, max_tokens=MAX_TOKENS, max_windows=MAX_WINDOWS):
    """[(ids of a window, tokens of the text in it)]: logits of windows are averaged with those tokens as weights."""
    prefix, content = layout(text, context, pair, max_tokens)
    # Only an empty text can leave no place: its context takes all of it.
    parts = [list(text[i:i + content]) for i in range(0, min(len(text), content * max_windows), max(content, 1))] or [[]]
    return [([*prefix, *part, END], len(part)) for part in parts]


def window_at(text, context, pair, max_tokens, start):
    """One window whose text begins at token `start`, for training."""
    prefix, content = layout(text, context, pair, max_tokens)
    return [*prefix, *text[start:start + content], END]


def rounded(length, multiple=MULTIPLE):
    return -(-length // multiple) * multiple


def padded(rows, length):
    ids = np.full((len(rows), length), PAD, np.int64)
    for out, row in zip(ids, rows):
        out[: len(row)] = row
    return ids
