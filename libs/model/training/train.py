#!/usr/bin/env python3
"""Makes the encoder's weights from the labelled data: base, rows, fit, calibrate, export, evaluate, card.

    python libs/model/training/train.py --data DIR --out libs/model/weights/encoder-v2 --resume

The weights that ship took three runs, and this does them all: that of profile `cpu` from the base, `again` from the checkpoint of the
first, and `taught` from that of the second. Before the last, profiles `teacher` and `teacher-few` are run from a base of their own, and
answer training posts.
A run that the work folder holds the end of is not done anew. `--begin-from` names other weights to begin with: then there is one run, and
its teachers' if it has any. The same command goes on where an earlier one stopped or was killed, until the plans are done; then it
calibrates, exports and evaluates. `--minutes` ends a sitting, not the plan. `--stages plan` only says what the plans hold and how
long they take.

With a card: `--device cuda --profile gpu`, which has the teachers too.
Where the card's machine has no data: `--stages base,rows` here, carry *base.npz, *base.json and *rows.npz, `--stages fit` there,
bring checkpoint-*.pt, fit-*.json and stages.json back (bundle.py cuts the weights small), `--stages finish` here.

Reads: DIR/labelled/*.jsonl.gz, and DIR/replay and DIR/lexica for the vocabulary only.
Writes: model.onnx, tokenizer.json, model.toml and CARD.md in --out; everything else in --work.
Guarantees: rows held out by the scoring rule meet neither training nor tuning. No post's text is written anywhere; token ids
are, in the work folder.
"""
import argparse
import pathlib
import tempfile
import time

import base
import distil
import fit
import plan
import rows
import took

# Spanish and the word lists are small beside the English posts; their pieces are counted up so that both languages are kept.
COUNTED = {"labelled": 1, "spanish": 20, "lexica": 6, "replay": 0.4}


def prepare(a, stages):
    """Bases and rows, where they are asked for and not there yet. Rows of both tokenizers are made together: they are one split."""
    def lacks(*names):
        return not a.resume or not all((a.work / name).exists() for name in names)

    make_base = "base" in stages and lacks("base.npz", "base.json", "tokenizer.json")
    make_teacher = "base" in stages and lacks("teacher-base.npz", "teacher-base.json", "teacher-tokenizer.json")
    make_rows = "rows" in stages and (make_base or make_teacher or lacks("rows.npz", "teacher-rows.npz"))
    began = time.monotonic()
    if make_teacher:
        import english

        english.prepare(a.work)
    if not make_base and not make_rows:
        return
    if a.data is None:
        raise SystemExit("--data is needed: base or rows are not in the work folder yet")
    import data
    from tokenizers import Tokenizer

    parts = data.splits(a.data)
    if make_base:
        base.prepare(a.work, data.vocabulary_texts(a.data, parts), COUNTED)
        began = took.note(a.work, "base", began)
    if make_rows:
        for kind in base.KINDS.values():
            (a.work / f"{kind}rows.npz").unlink(missing_ok=True)
        for kind in base.KINDS.values():
            rows.write(parts, Tokenizer.from_file(str(a.work / f"{kind}tokenizer.json")), a.work, f"{kind}rows")
        took.note(a.work, "rows", began)


def rows_of(a, profile):
    """The rows that a profile's runs learn from: those of its encoder's tokenizer."""
    return rows.read(a.work, a.limit, f"{base.KINDS[plan.PROFILES[profile]['size']]}rows")


def runs(a):
    """[(profile, the weights its run begins with, or None for the base's)]: the run that is asked for, after those it goes on from."""
    names = [a.profile] if a.begin_from else plan.runs(a.profile)
    begins = [a.begin_from, *(a.work / f"checkpoint-{name}.pt" for name in names[:-1])]
    return list(zip(names, begins))


def trained(a, examples, wanted, end):
    """Goes on with runs until `end` (time.monotonic); whether all of them are done."""
    for name, begin in wanted:
        if "taught" in plan.PROFILES[name] and not has_teacher(a, end):
            return False
        if a.resume and fit.is_done(examples, a.work, name, begin):
            print(f"  the run of profile {name} is done", flush=True)
            continue
        left = a.minutes and max((end - time.monotonic()) / 60, 1e-3)
        if not fit.fit(examples, a.work, name, left, a.threads, a.device, a.resume, a.fresh, begin=begin):
            return False
    return True


def has_teacher(a, end):
    """Trains the teachers until `end`, measures them and has them answer; whether all that is done."""
    examples = rows_of(a, "teacher")
    if not trained(a, examples, [(name, None) for name in plan.TEACHERS], end):
        return False
    if not a.resume or not distil.is_done(examples, a.work):
        began = time.monotonic()
        # Answers come last: a folder that holds them has the measurements too.
        distil.measure(examples, a.work, a.device, a.threads)
        distil.teach(examples, a.work, a.device, a.threads)
        took.note(a.work, "teach", began)
    return True


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", type=pathlib.Path)
    a.add_argument("--out", type=pathlib.Path)
    a.add_argument("--work", default=pathlib.Path(tempfile.gettempdir()) / "tidemark-training", type=pathlib.Path)
    a.add_argument("--profile", default=plan.SHIPPED, choices=[name for name, profile in plan.PROFILES.items() if profile["size"] == "student"])
    a.add_argument("--device", default="cpu")
    a.add_argument("--minutes", default=0.0, type=float, help="this sitting ends after so many minutes of training; 0: when the plan is done")
    a.add_argument("--threads", default=2, type=int)
    a.add_argument("--resume", action="store_true", help="go on from the state in the work folder, if there is one")
    a.add_argument("--fresh", action="store_true", help="throw the state in the work folder away")
    a.add_argument("--begin-from", type=pathlib.Path, help="a checkpoint or a model folder whose weights the run begins with, whatever its profile says")
    a.add_argument("--limit", type=int, help="the first rows of each stream and side only, for smoke tests")
    a.add_argument("--no-schemes", action="store_true", help="leave out the comparison of quantisation schemes")
    a.add_argument("--stages", default="base,rows,fit,finish", help="comma-separated: base, rows, plan, fit, finish")
    a = a.parse_args()
    stages, began = a.stages.split(","), time.time()
    a.work.mkdir(parents=True, exist_ok=True)
    prepare(a, stages)
    examples = rows_of(a, a.profile) if {"plan", "fit", "finish"} & set(stages) else None
    if "plan" in stages:
        names = [name for name, _ in runs(a)]
        for name in [*names, *(plan.TEACHERS if any("taught" in plan.PROFILES[name] for name in names) else ())]:
            print(f"  profile {name}", flush=True)
            fit.say_plan(rows_of(a, name), a.work, name, a.threads, a.device)
    if "fit" in stages and not trained(a, examples, runs(a), time.monotonic() + 60 * a.minutes):
        return
    if "finish" in stages:
        import finish

        finish.finish(examples, a.work, a.out, a.profile, a.threads, not a.no_schemes)
    print(f"this sitting: {(time.time() - began) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
