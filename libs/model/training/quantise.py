"""Fixes the grid of every quantised activation from training rows.

Reads: the trained model and windows of training rows. Guarantees: per linear layer one scale and zero point, chosen to
make the least squared error over the observed values, outliers clipped where that helps the rest. Does not: look at dev rows.
"""
import random

import numpy as np
import torch

import catalogue
import encode

CLIPS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1)


def observe(model, rows, per_stream=48, keep=6):
    """{layer: observed inputs}, from up to `per_stream` training posts of each stream; every `keep`-th value."""
    rng, seen, hooks, state = random.Random(7), {}, [], {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name.startswith("layers"):
            def hook(_, inputs, name=name):
                values = inputs[0].detach()[state["mask"]].flatten()
                seen.setdefault(name, []).append(values[::keep].numpy())
                # Outliers are few, and must not be missed by the thinning.
                seen[name].append(values[values.abs() > 8 * values.std()].numpy())
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
    return {name: np.concatenate(values) for name, values in seen.items()}


def grid(values):
    """(scale, zero point) of the uint8 grid with the least squared error."""
    low, high, best = min(values.min(), 0.0), max(values.max(), 0.0), None
    for clip in CLIPS:
        bottom = max(low, high * clip * -1.0, values.min()) if low < 0 else 0.0
        for b in {low * clip, bottom if bottom < 0 else low * clip}:
            scale = max((high * clip - b) / 255, 1e-8)
            zero = int(min(max(round(-b / scale), 0), 255))
            error = float(np.square((np.clip(np.rint(values / scale) + zero, 0, 255) - zero) * scale - values).mean())
            if best is None or error < best[0]:
                best = (error, float(scale), zero)
    return best[1], best[2]


def activations(model, rows):
    return {name: grid(values) for name, values in observe(model, rows).items()}
