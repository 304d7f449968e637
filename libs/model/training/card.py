"""Writes CARD.md: the model card with one data statement per head.

Reads: an evaluation; schemes.md, stages.json, and fit-NAME.json and evaluation-NAME.json of all attempts in the work folder. Guarantees: every
number in the tables was measured by this run; what is expected and was not measured is called so. Does not: hold any text of a post.
"""
import json

import catalogue
import encode
import evaluate
import manifest
import metrics
import plan
import probes
import statements
import took

INTENDED = """## What it is for

Counting how common an emotion, a sentiment, hostility, a stance, the language of stress, of mental-health conditions, of loneliness or
of support is among public posts of a community over time, with an uncertainty that the later stages add.

**It must not be used** to diagnose, screen, rank or contact any person, to decide about one, or to moderate one's posts.
A single post's score says little about its author. The `mh.*` and `loneliness.*` markers recognise a way of writing that was
labelled by source or by annotators, not a condition that was diagnosed.
"""


def shown(values):
    return ", ".join(f"{name.replace('_', '-')} {value:.3f}" for name, value in values.items() if isinstance(value, float))


def run_line(profile, own):
    if own is None:
        return "- weights from elsewhere: what made them is not known here" if profile == took.ELSEWHERE else f"- profile `{profile}`: nobody noted what it took"
    per = own["tokens"] / max(own["seconds"], 1)
    return (f"- profile `{profile}`: {own['steps']:,} steps, {own['tokens'] / 1e6:.1f} M padded tokens, {own['seconds'] / 60:.0f} minutes on {own['device']} "
            f"with {own['threads']} threads ({per:.0f} tokens/s, all pauses left out)")


def training_lines(work, profile):
    runs = took.runs(work, profile)
    many = "in one run" if len(runs) == 1 else f"in {len(runs)} runs, each from the weights of the one before it"
    lines = ["It starts from multilingual-e5-small (MIT; every second layer, vocabulary cut to English and Spanish) and was trained on all heads at once,",
             f"{many}:", "", *(run_line(name, own) for name, own in runs), ""]
    if any(own and own["teacher"] for _, own in runs):
        lines += ["Teachers answered English training posts beside their labels: all-MiniLM-L6-v2 (Apache-2.0; English), of the same shape, trained on the same",
                  f"rows; for {', '.join(f'`{marker}`' for marker in plan.FEW)} one that met no weak labels. They were not asked for {', '.join(f'`{marker}`' for marker in catalogue.UNASKED)}.", ""]
    own = "" if profile == plan.SHIPPED else f" --profile {profile}"
    return [*lines, took.line(work, profile) + " One command does it:", "",
            f"    python libs/model/training/train.py --data DIR --out libs/model/weights/encoder-v2{own} --resume", ""]


def goal_lines(result):
    """The goals as a table. What is shipped, int8, has to meet them; float32 stands beside it."""
    lines = ["## Against the goals", "", "| marker | metric | where | goal | int8 | float32 | |", "|---|---|---|---|---|---|---|"]
    for marker, metric, where, goal, own, full, met in evaluate.against_goals(result):
        sign = "≤" if metric == "ece" else "≥"
        lines.append(f"| `{marker}` | {metric.replace('_', '-')} | {where} | {sign} {goal} | {own:.3f} | {full:.3f} | {'met' if met else '**missed**'} |")
    return [*lines, ""]


def attempts_of(work, result, profile):
    """{name: (what was done, its int8 measurements, or None)}: those that were made before a run, and the run itself."""
    out = {}
    for name, what in statements.ATTEMPTS.items():
        place = work / f"evaluation-{name}.json"
        measured = result if name == profile else json.loads(place.read_text()) if place.exists() else None
        out[name] = (what, measured and measured["int8"])
        if name == profile:
            return out
    return {**out, profile: (f"profile `{profile}`.", result["int8"])}


def attempt_lines(work, result, profile):
    """What was tried for each goal that is missed, how far each attempt came, and what would move it."""
    missed = [row for row in evaluate.against_goals(result) if not row[-1]]
    if not missed:
        return []
    attempts = attempts_of(work, result, profile)

    def figure(measured, marker, where, metric):
        value = (measured or {}).get(marker, {}).get(where, {}).get(metric)
        return "–" if value is None or value != value else f"{value:.3f}"

    lines = ["## Tried for the goals that are missed", "", *(f"- `{name}`: {what}" for name, (what, _) in attempts.items()), "",
             "Int8 (teachers: floating point), on the same dev rows; a dash where it was not measured or had no such head. What would move a number is our judgement, not measured.", "",
             "| marker | metric | where | goal | " + " | ".join(f"`{name}`" for name in attempts) + " | what would move it |", "|---|---|---|---|" + "---|" * (len(attempts) + 1)]
    for marker, metric, where, goal, *_ in missed:
        sign = "≤" if metric == "ece" else "≥"
        moves = "More rows to calibrate on: it is a matter of tuning rows and of chance on few dev rows." if metric == "ece" else statements.MOVES[marker]
        lines.append(f"| `{marker}` | {metric.replace('_', '-')} | {where} | {sign} {goal} | "
                     + " | ".join(figure(measured, marker, where, metric) for _, measured in attempts.values()) + f" | {moves} |")
    return [*lines, ""]


def probe_lines(probed):
    """What our own sentences say of languages without labelled posts."""
    lines = ["## Languages without labelled posts", "",
             "No posts with labels exist here for these heads and languages: what the heads know there, they carry over from English (the eleven emotions also from",
             "EmoEvent's Spanish labels). They were tried on",
             "a few dozen plain sentences that we wrote (`training/probes`), which are easier than posts: a pass says that the head has kept its meaning,",
             "not how well it does. Calibration is that of English, and unproven; thresholds of yes/no heads were found on these sentences. A head that fails does not answer: its marker is absent.",
             f"One that answers abstains where it is too unsure: on as few sentences as leave {' and '.join(f'{goal:.0%}' for goal in probes.RIGHT.values())} of those decided right (yes or no;",
             f"several labels), of {probes.ANSWERED:.0%} of the sentences at least; both are means over the labels. Tuned and told on the same sentences.", "",
             "| marker | language | sentences | | at least | | decided | right | undecided |", "|---|---|---|---|---|---|---|---|---|"]
    allowed = probes.languages(probed)
    for marker, places in probed.items():
        metric, least = probes.ENOUGH[catalogue.BY_MARKER[marker]["kind"]]
        for language, values in places.items():
            verdict = "answers" if language in allowed[marker] else "**does not answer**"
            lines.append(f"| `{marker}` | {language} | {values['sentences']} | {metric.replace('_', '-')} {values[metric]:.3f} | {least} | {verdict} | {decided(values)} |")
    untried = [f"`{h['marker']}`" for h in catalogue.HEADS if h["marker"] not in probed and set(h["languages"]) == {"en"}]
    return [*lines, "", "English alone, not tried elsewhere: " + ", ".join(untried) + ".", ""]


def decided(values):
    """How much is decided, how much of that is right, and which scores are left undecided: cells of a table."""
    if "answered" not in values:
        return "| | "
    band = values.get("band", {})
    low_high = " to ".join(f"{score:.2f}" for score in band.get("abstain", ()))
    text = f"below {band['abstain_below']:.2f}" if "abstain_below" in band else low_high
    return f"{values['answered']:.0%} | {values['right']:.0%} | {text}"


def lost_to_int8(result):
    """What quantisation costs, the most first: (loss of macro-F1 or of the leading metric, marker, place, metric)."""
    losses = []
    for head in catalogue.HEADS:
        for place, full in result["fp32"][head["marker"]].items():
            own = result["int8"][head["marker"]][place]
            name = "macro_f1" if "macro_f1" in full else metrics.leading(head)
            if name in full and full[name] == full[name] and own[name] == own[name]:
                losses.append((full[name] - own[name], head["marker"], place, name))
    return sorted(losses, reverse=True)


def lost_line(result, most=0.01):
    losses = lost_to_int8(result)
    over = [f"`{marker}`, {place} ({lost:.3f} {name.replace('_', '-')})" for lost, marker, place, name in losses if lost > most]
    if not over:
        lost, marker, place, name = losses[0]
        return f"No head loses more than {most} to int8 on dev; the most is {lost:.3f} {name.replace('_', '-')} (`{marker}`, {place})."
    return f"Lost to int8 on dev: more than {most} by {len(over)} of {len(losses)} rows of the table above: {', '.join(over)}."


def of_head(head, result, rows):
    sides, marker = rows[head["stream"]], head["marker"]
    data, licence = manifest.terms(head)
    count = {side: len(sides[side].known(marker)) for side in ("train", "tune", "dev")}
    also = [f"`{f}`" for f in statements.ALSO.get(marker, [])]
    lines = [f"## `{marker}` ({head['kind']}" + (f", with its {head['pair']}" if head["pair"] else "") + ")", "",
             f"Data: {data}; {licence}. Posts: {count['train']} train, {count['tune']} tuning, {count['dev']} dev" + (f"; beside its own file it has seen {', '.join(also)}." if also else "."),
             "This head is open, as its data is." if licence == "CC BY 4.0" else "This head is bound to its data's terms: leave it out where they do not fit.", ""]
    if head["weak"]:
        yes, unknown = catalogue.COMMUNITIES[marker]
        lines += [statements.WEAK.format(yes=", ".join(sorted(yes)), unknown=", ".join(sorted(unknown))), ""]
    if marker in statements.NOTES:
        lines += [statements.NOTES[marker], ""]
    for place, own in result["int8"][marker].items():
        for name in ("per_label", "auc_by_label", "pearson_by_label"):
            if name in own:
                what = {"per_label": "F1", "auc_by_label": "AUC", "pearson_by_label": "Pearson"}[name]
                lines += [f"{what} by label, {place}: " + ", ".join(f"{k} {v:.2f}" for k, v in own[name].items()) + ".", ""]
        weakest = sorted((v, k) for k, v in own.get("per_label", {}).items() if v < 0.4)[:4]
        if weakest:
            lines += [f"Known failures, {place}: " + ", ".join(f"{k} ({v:.2f})" for v, k in weakest) + " are mostly missed or mistaken.", ""]
        if "ece" in own and own["ece"] > max(evaluate.ECE_AT_MOST, own["ece_by_chance"]):
            lines += [f"Known failure, {place}: calibration error {own['ece']:.3f} is above the goal and above what chance explains ({own['ece_by_chance']:.3f}).", ""]
    return lines


def write(out, work, config, result, probed, rows, profile):
    table = (work / "schemes.md").read_text() if (work / "schemes.md").exists() else "not measured\n"
    size = (out / "model.onnx").stat().st_size / 1e6
    parameters = (config["vocabulary"] + config["positions"]) * config["hidden"] + config["layers"] * (4 * config["hidden"] ** 2 + 2 * config["hidden"] * config["ff"])
    lines = [
        f"# Model card: {manifest.NAME} {manifest.VERSION}", "",
        f"One encoder, {parameters / 1e6:.1f} M parameters ({config['layers']} layers × {config['hidden']}, {config['vocabulary']:,} pieces), {size:.1f} MB in int8, with {len(catalogue.HEADS)} heads.",
        "Beside it, in the same file, stands a wide part: for every label a linear model of pieces and of pairs of neighbouring pieces, learnt from the head's",
        "own posts. As much of it is added to the encoder's logits as does best on tuning rows (wide and deep: Cheng and others, DLRS 2016). Where a head has few",
        "posts, pieces may share what is learnt of them with others that have runs of two to five letters in common.",
        "", *training_lines(work, profile),
        INTENDED,
        "## Measured on held-out rows", "",
        "Dev rows met neither training nor tuning, and no training row shares a normalised text with one, across files. Calibration and",
        "thresholds come from a slice of the training rows, through the int8 weights. ECE has 15 bins of equal mass; ece-by-chance is what",
        "perfectly calibrated scores would show on so few rows. Float32 is the same model before its weights were rounded, under the same",
        "calibration and thresholds. `ordinary` are the English dev tweets of offensive and hate, which no head of distress learnt from: nobody read",
        "them for distress, and most of their yes (a share) will be mistakes.", "",
        "| marker | where | rows | int8 (shipped) | float32 |", "|---|---|---|---|---|",
    ]
    for head in catalogue.HEADS:
        for where, own in result["int8"][head["marker"]].items():
            lines.append(f"| `{head['marker']}` | {where} | {own['rows']} | {shown(own)} | {shown(result['fp32'][head['marker']][where])} |")
    lines += ["", "A head answers only in the languages of its own rows above and of the probes below, and only where the topic or parent it needs is",
              "given; elsewhere its marker is absent, never zero.", "", *goal_lines(result), *attempt_lines(work, result, profile), *probe_lines(probed)]
    for head in catalogue.HEADS:
        lines += of_head(head, result, rows)
    lines += [
        "## Quantisation", "",
        "A post's scores must not depend on the posts it shares a batch with. Padded length is a function of a post's own length,",
        "and activations lie on fixed grids found on training rows: linear layers sum integers, everything else works within one post.",
        "A channel that reaches far beyond the others of its layer stands in several columns, each with the next piece of its number.",
        "That answers are the same bits in batches of 1, 8 and 32, in reverse order and with one or two threads was checked on tuning rows.",
        lost_line(result), "",
        "Posts per second with one thread, batch × padded length: only ratios count. Quality on at most 400 tuning rows a stream",
        "(each head's leading metric), calibrated on those same rows: for comparing schemes only.", "",
        table,
        "## Reading of a post", "",
        f"Addresses become `http` and account names `@user` before the encoder sees them. Long posts are read in windows of {encode.MAX_TOKENS} tokens, at",
        f"most {encode.MAX_WINDOWS} of them; logits are averaged, each window weighing as many tokens of text as it holds. A topic or parent is read before the",
        "text in every window, as `<s> context </s> </s> text </s>`, cut at its end as model.toml's `[pair]` says.", "",
        "## Not measured, and expected to fail", "",
        "- Irony, quoted speech, song lyrics and news about distress: expected to be read literally.",
        "- Sources other than Reddit and Twitter, dialects and communities rare there, Spanish outside the EmoEvent tweets.",
        "- One sentence of distress in a long post about other things: logits are averaged, so that it counts for its share of the tokens.",
        "- Mixed-language posts: answered in the language they were told to be in.",
        "- Groups of authors: the data names none, so differences between them could not be measured.", "",
    ]
    (out / "CARD.md").write_text("\n".join(lines))
