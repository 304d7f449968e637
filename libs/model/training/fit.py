"""Trains the encoder on all heads at once, in a run that may be killed at any time and goes on where it was.

Reads: rows, and base.npz and base.json in the work folder (a teacher's: teacher-base), and teacher.npz where the profile is `taught`.
Writes: state-PROFILE.pt (model, optimizer, position in the plan, random state) every few minutes and whenever it stops;
checkpoint-PROFILE.pt (weights alone) and fit-PROFILE.json (what it took, and what it began with) when the plan is done.
Guarantees: fixed seeds; the learning rate follows the position in the plan, never the clock, so a run that was cut into pieces
gives the weights of one that was not (same machine, same threads). A state is replaced whole or not at all. A state of another
plan, or of other rows, is refused. Does not: look at dev or tuning rows, or read any text.
"""
import json
import math
import os
import pathlib
import signal
import time

import numpy as np
import torch
from torch.nn import functional as F

import base
import catalogue
import distil
import net
import plan
import start
import took

SAVE_EVERY_SECONDS, SAY_EVERY_SECONDS = 240, 30
# A step that seems to take longer was one in which the process stood still; it does not count as time spent.
PAUSE_SECONDS = 20


def loss_of(head, logits, targets, weight):
    """The mean loss over rows that answer the head, and how many there are; NaN targets are no part of it."""
    if head["kind"] == "multiclass":
        known = ~torch.isnan(targets[:, 0])
        each = F.cross_entropy(logits, targets[:, 0].nan_to_num(0).long(), reduction="none") * known
    else:
        mask = ~torch.isnan(targets)
        # Weak labels are wrong for some posts: none of them is to be learnt for certain.
        y = targets.nan_to_num(0) * 0.94 + 0.03 if head["weak"] else targets.nan_to_num(0)
        each, known = (F.binary_cross_entropy_with_logits(logits, y, reduction="none") * mask).sum(-1), mask.any(-1)
    return (each * weight).sum() / known.sum().clamp(min=1), known.sum()


def taught_loss(head, logits, soft):
    """The cross entropy with a teacher's probabilities, whatever labels weigh: a mean over all rows, zero for those it does not answer."""
    known, soft = ~torch.isnan(soft[:, 0]), soft.nan_to_num(0)
    if head["kind"] == "multiclass":
        each = -(soft * logits.log_softmax(-1)).sum(-1)
    else:
        each = F.binary_cross_entropy_with_logits(logits, soft, reduction="none").sum(-1)
    return (each * known).mean()


def beside_a_teacher(weight, soft, taught):
    """What labels weigh: rows that a teacher answers share between label and teacher what others have of labels alone."""
    return weight * (1 - taught * ~torch.isnan(soft[:, 0]))


def ordinary_loss(logits, ordinary):
    """The loss of a yes/no head that is to say no of ordinary posts, a mean over all rows; never for certain, as nobody was asked."""
    return (F.binary_cross_entropy_with_logits(logits[:, 0], torch.full_like(logits[:, 0], 0.03), reduction="none") * ordinary).mean()


def groups_of(model, profile):
    """Parameter groups: the lower the layer, the smaller the step; the heads, which start from nothing, take the largest."""
    out, depth = [], len(model.layers)
    peak, decay = profile["peak"], profile["decay"]

    def add(parameters, rate):
        for matrix in (True, False):
            part = [p for p in parameters if (p.dim() > 1) == matrix]
            if part:
                out.append({"params": part, "peak": rate, "weight_decay": 0.01 if matrix else 0.0})

    for i, layer in enumerate(model.layers):
        add(list(layer.parameters()), peak * decay ** (depth - 1 - i))
    add([*model.word.parameters(), *model.position.parameters(), *model.embedding_norm.parameters()], peak * decay ** depth)
    add(list(model.attend), 2e-3)
    add([p for o in model.outputs for p in o.parameters()], 1.5e-3)
    return out


def start_from_base_rates(model, rows):
    """Output biases begin at each label's base rate, so that no step is spent on learning that rare labels are rare."""
    for head, output in zip(catalogue.HEADS, model.outputs):
        if head["kind"] == "multiclass":
            continue
        rate = np.clip(np.nanmean(rows[head["stream"]]["train"].targets[head["marker"]], 0), 1e-3, 1 - 1e-3)
        with torch.no_grad():
            output.bias.copy_(torch.tensor(np.log(rate / (1 - rate)), dtype=torch.float32))
            output.weight.mul_(0.3)


def mark_of(batches, profile, rows, teacher, begun):
    """What a run is known by: its steps, its teacher, and whether another run's weights had a part in them."""
    return plan.fingerprint(batches, profile, rows) + ("+teacher " + teacher.of if teacher else "") + ("+begun" if begun else "")


def teacher_of(work, profile):
    """The teacher that a profile's runs listen to, or None."""
    return distil.Answers(work / "teacher.npz") if "taught" in profile else None


class Run:
    """The state of a run: everything that the next step depends on."""

    def __init__(self, rows, config, profile, device="cpu", weights=None, teacher=None, begun=None):
        torch.manual_seed(plan.SEED)
        self.rows, self.profile, self.device, self.teacher = rows, profile, torch.device(device), teacher
        self.model = net.Encoder(config, [catalogue.width(h) for h in catalogue.HEADS])
        if weights is not None:
            self.model.load_base(weights)
        start_from_base_rates(self.model, rows)
        if begun is not None:
            self.model.load_state_dict(begun)
        self.model.to(self.device).train()
        self.optimizer = torch.optim.AdamW(groups_of(self.model, profile), lr=profile["peak"], betas=(0.9, 0.98), fused=True)
        self.batches = plan.schedule(rows, profile)
        self.begun = None if begun is None else start.hash_of(begun)
        self.mark = mark_of(self.batches, profile, rows, teacher, begun is not None)
        self.ordinary = {stream: catalogue.ordinary(stream, sides["train"].targets) for stream, sides in rows.items()} if "ordinary" in profile else {}
        self.position, self.tokens, self.seconds, self.running = 0, 0, 0.0, {}

    def rate(self):
        """The share of the peak learning rate at this position: a rise, then a straight line to zero."""
        progress = self.position / len(self.batches)
        return min(progress / self.profile["warm"], 1.0) * (1 - progress)

    def borrowed(self, stream, marker):
        """How much a stream's labels count for a marker: less than 1 where they mean nearly the same."""
        return self.profile.get("borrowed", {}).get(f"{stream} {marker}", catalogue.BORROWED.get((stream, marker), 1.0))

    def softs(self, stream, members):
        """{head: a teacher's answers on rows of a stream}, without heads that it answers for none of them."""
        heads, key = catalogue.answered_heads(stream) if self.teacher else [], self.rows[stream]["train"].key[members]
        found = {index: self.teacher.soft(catalogue.HEADS[index]["marker"], key) for index in heads}
        return {index: torch.from_numpy(soft).to(self.device) for index, soft in found.items() if soft is not None and not np.isnan(soft).all()}

    def step(self):
        """One batch; {marker: loss}."""
        batch, device = self.batches[self.position], self.device
        scale = self.rate()
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * scale
        members = [i for i, _ in batch.members]
        own, labelled = self.rows[batch.stream]["train"], catalogue.stream_heads(batch.stream)
        softs = self.softs(batch.stream, members)
        ordinary = self.ordinary.get(batch.stream)
        asked = [] if ordinary is None else [i for i, head in enumerate(catalogue.HEADS) if head["marker"] in catalogue.ORDINARY]
        heads = sorted({*labelled, *softs, *asked})
        ids = torch.from_numpy(batch.ids(own)).to(device)
        weight = torch.from_numpy(own.weight[members]).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.profile["precision"] == "bf16"):
            logits = self.model(ids, heads)
        total, losses = 0.0, {}
        for index, values in zip(heads, logits):
            head, soft, counts = catalogue.HEADS[index], softs.get(index), weight
            if soft is not None:
                taught = self.profile["taught"]
                total = total + head["weight"] * taught * taught_loss(head, values.float(), soft)
                if head["stream"] == batch.stream:
                    counts = beside_a_teacher(weight, soft, taught)
            if index in asked:
                total = total + self.profile["ordinary"] * ordinary_loss(values.float(), torch.from_numpy(ordinary[members]).to(device))
            if index in labelled:
                loss, known = loss_of(head, values.float(), torch.from_numpy(own.targets[head["marker"]][members]).to(device), counts)
                total = total + head["weight"] * self.borrowed(batch.stream, head["marker"]) * loss
                losses[head["marker"]] = (loss.detach(), known)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        # None, not zero: heads that the next batch does not teach are then not stepped at all.
        self.optimizer.zero_grad(set_to_none=True)
        self.position += 1
        self.tokens += ids.numel()
        return losses

    def state(self):
        random = {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None}
        return {"mark": self.mark, "position": self.position, "tokens": self.tokens, "seconds": self.seconds, "random": random,
                "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "running": self.running, "begun": self.begun}

    def restore(self, state):
        if state["mark"] != self.mark:
            raise SystemExit("the state in the work folder is of another plan or other rows: remove it, or start with --fresh")
        # A state of before this was noted is taken as it is.
        if state.get("begun", self.begun) != self.begun:
            raise SystemExit("the state in the work folder began with other weights: remove it, or start with --fresh")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.position, self.tokens, self.seconds, self.running = state["position"], state["tokens"], state["seconds"], state["running"]
        torch.set_rng_state(state["random"]["cpu"].cpu())
        if state["random"]["cuda"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random"]["cuda"].cpu(), self.device)

    def weights(self):
        return {name: value.detach().cpu() for name, value in self.model.state_dict().items()}


def averaged(begun, ended, share):
    """The weights at a share of the way from where a run began to where it ended."""
    return {name: (1 - share) * begun[name].cpu() + share * value for name, value in ended.items()}


def write_whole(value, path):
    """torch.save, so that `path` is the old file or the new one, whenever the machine stops."""
    part = path.with_suffix(".tmp")
    with open(part, "wb") as file:
        torch.save(value, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def measured_rate(config, weights, profile, device, seconds=12.0):
    """Training tokens per second at two lengths, on a copy that is thrown away."""
    model = net.Encoder(config, [catalogue.width(h) for h in catalogue.HEADS])
    model.load_base(weights)
    model.to(device).train()
    optimizer, rates = torch.optim.AdamW(groups_of(model, profile), lr=0.0, fused=True), {}
    for length in (40, 120):
        ids = torch.randint(4, config["vocabulary"], (max(min(profile["rows"], profile["tokens"] // length), 1), length), device=device)
        began = done = 0
        while done < 3 or time.perf_counter() - began < seconds / 2:
            if done == 1:  # the first step warms up and is not counted
                began = time.perf_counter()
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=profile["precision"] == "bf16"):
                logits = model(ids, [0, 1, 2])
            sum(l.float().square().mean() for l in logits).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if torch.device(device).type == "cuda":
                torch.cuda.synchronize()
            done += 1
        rates[length] = ids.numel() * (done - 1) / (time.perf_counter() - began)
    return rates


def expected_seconds(batches, rates):
    """Wall time of batches at the measured rates: short ones at the first, long ones at the second."""
    return sum(len(b.members) * b.length / rates[40 if b.length <= 80 else 120] for b in batches)


def estimate(batches, position, rates, threads, device):
    return (f"  measured with {threads} threads on {device}: " + ", ".join(f"{v:.0f} tokens/s at {k} tokens" for k, v in rates.items())
            + f" (a lower bound on a busy machine); whole plan {expected_seconds(batches, rates) / 3600:.2f} h, still to do {expected_seconds(batches[position:], rates) / 3600:.2f} h")


def say_plan(rows, work, profile_name, threads, device):
    """Prints what a profile's plan holds and how long it takes here; trains nothing."""
    work, profile = pathlib.Path(work), plan.PROFILES[profile_name]
    torch.set_num_threads(threads)
    name, batches = base.base_name(profile["size"]), plan.schedule(rows, profile)
    rates = measured_rate(json.loads((work / f"{name}.json").read_text()), work / f"{name}.npz", profile, device)
    print("\n".join([*plan.table(batches, rows, profile), estimate(batches, 0, rates, threads, device)]), flush=True)


def is_done(rows, work, profile_name, begin=None):
    """Whether the work folder holds what such a run made, of these rows; one of before marks were noted is taken as it is."""
    noted, profile = took.run(work, profile_name), plan.PROFILES[profile_name]
    if noted is None or not (work / f"checkpoint-{profile_name}.pt").exists():
        return False
    if "mark" not in noted:
        return True
    if noted["mark"] != mark_of(plan.schedule(rows, profile), profile, rows, teacher_of(work, profile), begin is not None):
        return False
    return begin is None or noted["begun_hash"] == start.hash_of(weights_of(begin, work))


def weights_of(begin, work):
    """The weights that a run begins with."""
    return start.read(begin, work / "tokenizer.json", [catalogue.width(h) for h in catalogue.HEADS])


def begun_with(begin, work):
    """The profile whose run in this work folder made the weights that a run begins with; None for the base's."""
    if begin is None:
        return None
    name = begin.stem.removeprefix("checkpoint-")
    return name if begin.resolve() == (work / f"checkpoint-{name}.pt").resolve() else took.ELSEWHERE


def fit(rows, work, profile_name, minutes, threads, device="cpu", resume=False, fresh=False, measure=True, begin=None):
    """Goes on with the run for at most `minutes`; True when the plan is done. `begin` is a checkpoint, or a model folder, whose weights
    it begins with."""
    work, profile = pathlib.Path(work), plan.PROFILES[profile_name]
    torch.set_num_threads(threads)
    name = base.base_name(profile["size"])
    config, weights, place = json.loads((work / f"{name}.json").read_text()), work / f"{name}.npz", work / f"state-{profile_name}.pt"
    if place.exists() and not resume and not fresh:
        raise SystemExit("there is a state of an earlier run: go on with --resume, or throw it away with --fresh")
    rates = measured_rate(config, weights, profile, device) if measure else None
    begun = weights_of(begin, work) if begin else None
    run = Run(rows, config, profile, device, weights, teacher_of(work, profile), begun)
    if resume and place.exists():
        run.restore(torch.load(place, map_location="cpu", weights_only=True))
    print("\n".join(plan.table(run.batches, rows, profile)), flush=True)
    if rates:
        print(estimate(run.batches, run.position, rates, threads, device), flush=True)
    print(f"  at step {run.position} of {len(run.batches)}, {run.seconds / 60:.1f} min spent so far", flush=True)
    stop = {}
    before = {number: signal.signal(number, lambda *_: stop.setdefault("now", True)) for number in (signal.SIGTERM, signal.SIGINT)}
    began = saved = said = last = time.monotonic()
    spent, tokens = run.seconds, run.tokens
    while run.position < len(run.batches):
        losses = run.step()
        now = time.monotonic()
        run.seconds += now - last if now - last < PAUSE_SECONDS else 0.0
        last = now
        # Looking at a loss waits for the card: seldom there, always on a processor, where it costs nothing.
        if run.device.type == "cpu" or run.position % 20 == 0:
            note(run, losses)
        if now - said > SAY_EVERY_SECONDS:
            said = now
            print(f"  {run.seconds:7.0f} s  step {run.position}/{len(run.batches)}  {(run.tokens - tokens) / max(run.seconds - spent, 1e-9):.0f} tokens/s  "
                  + "  ".join(f"{k.split('.')[-1]} {v:.3f}" for k, v in sorted(run.running.items())), flush=True)
        ending = stop or (minutes and now - began > 60 * minutes)
        if now - saved > SAVE_EVERY_SECONDS or ending:
            saved = now
            write_whole(run.state(), place)
            last = time.monotonic()
        if ending and run.position < len(run.batches):
            print(f"  stopped at step {run.position} of {len(run.batches)}; the same command with --resume goes on", flush=True)
            return False
    write_whole(run.state(), place)
    weights = run.weights()
    if begun and profile_name in plan.AVERAGED:
        weights = averaged(begun, weights, plan.AVERAGED[profile_name])
    write_whole(weights, work / f"checkpoint-{profile_name}.pt")
    (work / f"fit-{profile_name}.json").write_text(json.dumps(
        {"profile": profile_name, "seconds": round(run.seconds), "steps": run.position, "tokens": run.tokens, "device": device, "threads": threads, "teacher": "taught" in profile,
         "begun": begun_with(begin, work), "begun_hash": run.begun, "mark": run.mark}))
    # What follows is no run that could be gone on with: it ends as any program does.
    for number, handler in before.items():
        signal.signal(number, handler)
    return True


def note(run, losses):
    for marker, (loss, known) in losses.items():
        value = loss.item()
        if not math.isfinite(value):
            raise SystemExit(f"the loss of {marker} is not finite at step {run.position}")
        if known.item():
            run.running[marker] = 0.97 * run.running.get(marker, value) + 0.03 * value
