"""Fixes the grid of every quantised activation from training rows.

Reads: the trained model and windows of training rows. Guarantees: per linear layer one scale and zero point, chosen to make the least
squared error over the observed values of all channels but far ones, outliers clipped where that helps the rest; and pieces for the far
ones, up to the largest number that was observed. Does not: look at dev rows.

A channel or two of a layer hold numbers ten times as large as all others (Dettmers and others, NeurIPS 2022): a grid wide enough for
them has no steps left for the rest, and a narrow one cuts them off. Here the grid is that of the others, and what a far channel has
beyond its top stands in further columns, a piece of `top` in each; what it has below the bottom, likewise.
"""
import random

import numpy as np
import torch

import catalogue
import encode
import graph

CLIPS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1)
# Far are those of the FAR channels with the largest numbers that reach TIMES as far as the next one. Pieces cost time: no more than MOST a layer.
FAR, TIMES, MOST = 4, 2.0, 32


class Seen:
    """What was observed of a layer's input: every `keep`-th token's values, and the least and the largest of each channel."""

    def __init__(self):
        self.values, self.low, self.high = [], 0.0, 0.0

    def add(self, values, keep):
        self.values.append(values[::keep].copy())
        self.low, self.high = np.minimum(self.low, values.min(0)), np.maximum(self.high, values.max(0))


def observe(model, rows, per_stream=48, keep=6):
    """{layer: Seen}, of up to `per_stream` training posts of each stream."""
    rng, seen, hooks, state = random.Random(7), {}, [], {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name.startswith("layers"):
            def hook(_, inputs, name=name):
                seen.setdefault(name, Seen()).add(inputs[0].detach()[state["mask"]].numpy(), keep)
            hooks.append(module.register_forward_pre_hook(hook))
    with torch.no_grad():
        for stream, sides in rows.items():
            train, pair = sides["train"], catalogue.STREAMS[stream].get("pair")
            chosen = rng.sample(range(len(train)), min(per_stream, len(train)))
            windows = sorted((encode.windows(train.text(i), train.context(i), pair)[0][0] for i in chosen), key=len)
            for start in range(0, len(windows), 16):
                batch = windows[start:start + 16]
                ids = torch.from_numpy(encode.padded(batch, encode.rounded(len(batch[-1]))))
                state["mask"] = ids != 1
                model.hidden(ids)
    for hook in hooks:
        hook.remove()
    return seen


def grid(values):
    """The uint8 grid with the least squared error."""
    low, high, best = min(values.min(), 0.0), max(values.max(), 0.0), None
    for clip in CLIPS:
        bottom = max(low, high * clip * -1.0, values.min()) if low < 0 else 0.0
        for b in {low * clip, bottom if bottom < 0 else low * clip}:
            scale = max((high * clip - b) / 255, 1e-8)
            zero = int(min(max(round(-b / scale), 0), 255))
            error = float(np.square((np.clip(np.rint(values / scale) + zero, 0, 255) - zero) * scale - values).mean())
            if best is None or error < best[0]:
                best = (error, float(scale), zero)
    return graph.Grid(*best[1:])


def far_channels(reach):
    """The channels whose numbers reach far beyond those of all others."""
    order = np.argsort(-reach, kind="stable")
    return [int(c) for c in order[:FAR] if reach[c] > TIMES * reach[order[FAR]]]


def pieces(narrow, seen, far):
    """What the far channels have beyond a grid, in pieces; None where those would be too many."""
    top, bottom, out = (255 - narrow.zero) * narrow.scale, narrow.zero * narrow.scale, []
    for channel in far:
        for sign, reach, start in ((1.0, seen.high[channel], top), (-1.0, -seen.low[channel], bottom)):
            while reach > start:
                out.append(graph.Piece(channel, sign, float(start)))
                start += top
                if len(out) > MOST:
                    return None
    return tuple(out)


def grid_of(seen):
    """A layer's grid, and the pieces of its far channels."""
    far, values = far_channels(np.maximum(-seen.low, seen.high)), np.concatenate(seen.values)
    narrow = grid(np.delete(values, far, axis=1).flatten())
    found = pieces(narrow, seen, far)
    return grid(values.flatten()) if found is None else narrow._replace(pieces=found)


def activations(model, rows):
    return {name: grid_of(seen) for name, seen in observe(model, rows).items()}
