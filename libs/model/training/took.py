"""How long the stages of a work folder took, and what they add up to: the wall time of the one command.

Reads and writes: stages.json in the work folder ({stage: seconds}, of all stages but fits). Reads: fit-PROFILE.json, as fit.py wrote it.
Guarantees: a stage that did not say how long it took is named as unknown, never left out of the sum in silence. Does not: measure.
"""
import json
import time

import plan

# What a run notes when it began with weights that no run of this work folder made.
ELSEWHERE = "elsewhere"


def noted(work):
    place = work / "stages.json"
    return json.loads(place.read_text()) if place.exists() else {}


def note(work, stage, began):
    """Writes down that a stage which began at `began` (time.monotonic) is done; the time now."""
    now = time.monotonic()
    (work / "stages.json").write_text(json.dumps({**noted(work), stage: round(now - began, 1)}, indent=1))
    return now


def run(work, profile):
    """What fit.py noted of a run, or None."""
    place = work / f"fit-{profile}.json"
    return json.loads(place.read_text()) if place.exists() else None


def runs(work, profile):
    """[(profile, what fit.py noted or None)] of the runs that made a run's weights, this one last."""
    own = run(work, profile)
    # A run of before this was noted began as the plan says.
    before = (own or {}).get("begun", plan.AFTER.get(profile))
    earlier = [] if before is None else [(before, None)] if before == ELSEWHERE else runs(work, before)
    return [*earlier, (profile, own)]


def stages(work, profile):
    """[(stage, seconds or None)] of all that made a profile's weights, its runs and those of its teachers included."""
    seconds = noted(work)
    fits = runs(work, profile)
    taught = [*(run for name in plan.TEACHERS for run in runs(work, name)), ("teach", seconds.get("teach"))] if any(own and own["teacher"] for _, own in fits) else []
    out = [(stage, seconds.get(stage)) for stage in ("base", "rows")]
    out += [("teach", own) if name == "teach" else (f"fit {name}", own and own["seconds"]) for name, own in taught + fits]
    return [*out, ("finish", seconds.get(f"finish {profile}"))]


def minutes(seconds):
    return f"{seconds / 60:.1f} min"


def line(work, profile):
    """One sentence: the wall time of all stages that are known, each of them, and which are not."""
    every = stages(work, profile)
    known = [(stage, seconds) for stage, seconds in every if seconds is not None]
    unknown = [stage for stage, seconds in every if seconds is None]
    parts = ", ".join(f"{stage} {minutes(seconds)}" for stage, seconds in known)
    told = f"Wall time of all stages, pauses left out: {minutes(sum(seconds for _, seconds in known))} ({parts})."
    return told + (f" Not in this sum, for nobody noted how long they took: {', '.join(unknown)}." if unknown else "")
