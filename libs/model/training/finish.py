"""From a trained checkpoint to the model folder: grids, int8 weights, calibration, thresholds, evaluation, card.

Reads: checkpoint-PROFILE.pt, rows.npz, base.json, tokenizer.json fit-PROFILE.json and stages.json in the work folder. Writes: model.onnx,
tokenizer.json, model.toml and CARD.md in the out folder; schemes.md, evaluation-PROFILE.json, evaluation-PROFILE-deep.json (the encoder without its wide
part) and encoder-fp32.onnx in the work folder.
Guarantees: calibration and thresholds are fitted on tuning rows through the int8 weights that ship; dev rows are only
scored, at the end. Does not: train.
"""
import json
import shutil
import time

import torch

import card
import catalogue
import evaluate
import graph
import manifest
import net
import probes
import quantise
import schemes
import score
import took
import wide


def shown(values):
    return ", ".join(f"{k} {v:.4g}" for k, v in values.items() if not isinstance(v, dict))


def finish(rows, work, out, profile, threads=2, measure_schemes=True):
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    config = json.loads((work / "base.json").read_text())
    widths = [catalogue.width(h) for h in catalogue.HEADS]
    model = net.Encoder(config, widths)
    model.load_state_dict(torch.load(work / f"checkpoint-{profile}.pt", map_location="cpu", weights_only=True))
    model.eval()
    tensors = model.tensors()
    activations = quantise.activations(model, rows)
    shutil.copyfile(work / "tokenizer.json", out / "tokenizer.json")
    graph.write(work / "encoder-deep.onnx", tensors, config, widths, "static", activations)
    deep = score.Encoder(work / "encoder-deep.onnx", out / "tokenizer.json", threads)
    logits = evaluate.passes(deep, rows, "tune")
    pieces = [deep.tokenizer.id_to_token(i) for i in range(config["vocabulary"])]
    added, means = wide.tensors(rows, logits, pieces)
    tensors |= added
    (work / f"evaluation-{profile}-deep.json").write_text(json.dumps({"int8": evaluate.evaluated(deep, evaluate.tuned(logits, rows), rows)}, indent=1))
    graph.write(out / "model.onnx", tensors, config, widths, "static", activations)
    graph.write(work / "encoder-fp32.onnx", tensors, config, widths, "fp32")
    shipped = score.Encoder(out / "model.onnx", out / "tokenizer.json", threads)
    settings = evaluate.tuned(evaluate.passes(shipped, rows, "tune"), rows)
    settings = wide.settings_elsewhere(settings, wide.lacking(tensors["wide"], means, rows, config["vocabulary"]))
    probed = probes.measured(shipped, settings, probes.read())
    settings = probes.settings(probed, settings)
    manifest.write(out, settings, probes.languages(probed), probes.bands(probed))
    same = schemes.same_in_any_company([shipped.session, score.Encoder(out / "model.onnx", out / "tokenizer.json", 1).session], schemes.windows_of(rows))
    if not same:
        raise SystemExit("the exported weights answer differently in different batches: not to be shipped")
    result = {}
    # Under the same settings, so that what differs is what the weights lose in int8.
    for name, encoder in (("int8", shipped), ("fp32", score.Encoder(work / "encoder-fp32.onnx", out / "tokenizer.json", threads))):
        result[name] = evaluate.evaluated(encoder, settings, rows)
        for marker, places in result[name].items():
            for place, values in places.items():
                print(f"  {name} {marker} {place}: {shown(values)}", flush=True)
    (work / f"evaluation-{profile}.json").write_text(json.dumps({**result, "probes": probed}, indent=1))
    print("\n".join(card.goal_lines(result)), flush=True)
    if measure_schemes:
        schemes.measure(tensors, config, widths, activations, rows, work)
    took.note(work, f"finish {profile}", began)
    card.write(out, work, config, result, probed, rows, profile)
