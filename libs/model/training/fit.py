"""Trains the encoder on all heads at once.

Reads: the training rows of data.splits, base.npz and tokenizer.json in the work folder.
Writes: checkpoint.pt in the work folder, every few minutes and at the end.
Guarantees: fixed seeds; batches hold one head's rows of like length; every head is met evenly over the whole run. A run
that fits its time budget is repeatable; one that does not decays its learning rate by the clock and stops in time.
Does not: look at dev or tuning rows.
"""
import json
import math
import pathlib
import random
import time

import numpy as np
import torch
from torch.nn import functional as F

import data
import net

SEED = 20171
# Epochs, rows a batch, longest window in tokens, weight of the loss.
PLAN = {
    "goemotions": {"epochs": 3, "rows": 64, "cap": 64, "weight": 0.5},
    "sentiment": {"epochs": 1, "rows": 48, "cap": 64, "weight": 1.0},
    "stress": {"epochs": 4, "rows": 16, "cap": 128, "weight": 1.0},
    "depression": {"epochs": 4, "rows": 16, "cap": 128, "weight": 1.0},
    "emoevent": {"epochs": 2, "rows": 48, "cap": 64, "weight": 1.0},
}
PEAK, DECAY, WARM = 1.5e-4, 0.88, 0.06


def width(head):
    return 1 if head["kind"] == "binary" else len(head["labels"])


def chosen(name, rows, rng):
    """One epoch's rows: half of GoEmotions' plain neutral, and sentiment evened out towards its rarest class."""
    if name == "goemotions":
        neutral = data.GOEMOTIONS.index("neutral")
        return [r for r in rows if r["target"][neutral] < 1 or sum(r["target"]) > 1 or rng.random() < 0.5]
    if name == "sentiment":
        kept = {0: 1.0, 1: 0.55, 2: 0.6}
        return [r for r in rows if rng.random() < kept[r["target"]]]
    return list(rows)


def window(ids, cap, rng):
    """The post's first window, or half the time any other when it is longer than one."""
    content = ids[1:-1]
    if len(content) <= cap - 2:
        return ids
    start = 0 if rng.random() < 0.5 else rng.randrange(len(content) - cap + 3)
    return [ids[0]] + content[start:start + cap - 2] + [ids[-1]]


def padded(rows):
    longest = -(-max(map(len, rows)) // 8) * 8
    out = np.ones((len(rows), longest), np.int64)
    for i, ids in enumerate(rows):
        out[i, :len(ids)] = ids
    return torch.from_numpy(out)


def schedule(parts):
    """All batches of the run, as (head, rows), in the order they are met."""
    rng, placed = random.Random(SEED), []
    for index, head in enumerate(data.HEADS):
        name, plan, batches = head["file"], PLAN[head["file"]], []
        for _ in range(plan["epochs"]):
            rows = [(window(r["ids"], plan["cap"], rng), r["target"]) for r in chosen(name, parts[name]["train"], rng)]
            rng.shuffle(rows)
            span, epoch = plan["rows"] * 40, []
            for start in range(0, len(rows), span):
                group = sorted(rows[start:start + span], key=lambda r: len(r[0]))
                epoch += [group[i:i + plan["rows"]] for i in range(0, len(group), plan["rows"])]
            rng.shuffle(epoch)
            batches += epoch
        placed += [((i + rng.random()) / len(batches), index, batch) for i, batch in enumerate(batches)]
        print(f"  {name}: {len(batches)} batches, {sum(len(b) * -(-len(b[-1][0]) // 8) * 8 for b in batches)} padded tokens", flush=True)
    placed.sort(key=lambda item: item[:2])
    return [(index, batch) for _, index, batch in placed]


def loss_of(head, logits, targets):
    if head["kind"] == "multilabel":
        return F.binary_cross_entropy_with_logits(logits, torch.tensor(targets), reduction="sum") / len(targets)
    if head["kind"] == "binary":
        return F.binary_cross_entropy_with_logits(logits[:, 0], torch.tensor(targets, dtype=torch.float32))
    return F.cross_entropy(logits, torch.tensor(targets))


def groups_of(model):
    """Parameter groups: the lower the layer, the smaller the step; the heads, which start from nothing, take the largest."""
    out = []

    def add(parameters, rate):
        for matrix in (True, False):
            part = [p for p in parameters if (p.dim() > 1) == matrix]
            if part:
                out.append({"params": part, "peak": rate, "weight_decay": 0.01 if matrix else 0.0})

    depth = len(model.layers)
    for i, layer in enumerate(model.layers):
        add(list(layer.parameters()), PEAK * DECAY ** (depth - 1 - i))
    add([*model.word.parameters(), *model.position.parameters(), *model.embedding_norm.parameters()], PEAK * DECAY ** depth)
    add([model.attend.weight], 2e-3)
    add([p for o in model.outputs for p in o.parameters()], 1.5e-3)
    return out


def start_from_base_rates(model, parts):
    """Output biases begin at each label's base rate, so that no step is spent on learning that rare labels are rare."""
    for head, output in zip(data.HEADS, model.outputs):
        targets = [r["target"] for r in parts[head["file"]]["train"]]
        if head["kind"] == "multilabel":
            rate = np.clip(np.mean(targets, 0), 1e-4, 1 - 1e-4)
        elif head["kind"] == "binary":
            rate = np.array([np.mean(targets)])
        else:
            continue
        with torch.no_grad():
            output.bias.copy_(torch.tensor(np.log(rate / (1 - rate)), dtype=torch.float32))
            output.weight.mul_(0.3)


def save(model, work):
    torch.save(model.state_dict(), work / "checkpoint.tmp")
    (work / "checkpoint.tmp").replace(work / "checkpoint.pt")


def fit(parts, work, minutes, threads):
    """Trains and returns {seconds, steps, planned, tokens}; `parts` rows carry `ids`."""
    work = pathlib.Path(work)
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    model = net.Encoder(json.loads((work / "base.json").read_text()), [width(h) for h in data.HEADS])
    model.load_base(work / "base.npz")
    start_from_base_rates(model, parts)
    model.train()
    optimizer = torch.optim.AdamW(groups_of(model), lr=PEAK, betas=(0.9, 0.98), fused=True)
    batches = schedule(parts)
    began = saved = said = time.time()
    tokens, done, running = 0, 0, {}
    for step, (index, batch) in enumerate(batches):
        progress = max(step / len(batches), (time.time() - began) / (60 * minutes))
        if progress >= 1:
            print(f"  stopped by the clock at step {step} of {len(batches)}", flush=True)
            break
        scale = min(step / (WARM * len(batches)), 1.0) * (1 - progress)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * scale
        head = data.HEADS[index]
        ids = padded([r[0] for r in batch])
        # bfloat16 products are a third faster on machines that have them; master weights stay float32.
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(ids, index)
        loss = loss_of(head, logits.float(), [r[1] for r in batch])
        (loss * PLAN[head["file"]]["weight"]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens, done = tokens + ids.numel(), done + 1
        value = loss.item()
        if not math.isfinite(value):
            raise SystemExit(f"the loss of {head['file']} is not finite at step {step}")
        running[head["file"]] = 0.97 * running.get(head["file"], value) + 0.03 * value
        now = time.time()
        if now - said > 30:
            said = now
            print(f"  {now - began:6.0f} s  step {step}/{len(batches)}  {tokens / (now - began):.0f} tokens/s  " + "  ".join(f"{k} {v:.3f}" for k, v in running.items()), flush=True)
        if now - saved > 240:
            saved = now
            save(model, work)
    save(model, work)
    return {"seconds": round(time.time() - began), "steps": done, "planned": len(batches), "tokens": tokens}
