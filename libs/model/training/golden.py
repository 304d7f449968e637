#!/usr/bin/env python3
"""Writes what the Rust crate must reproduce: ids, windows, calibrated scores and labels of sentences made up for the purpose.

    python golden.py --model ../weights/encoder-v2 --out ../tests/golden.json

Reads: the model folder. Guarantees: every sentence is invented here. Does not: read any data set.
"""
import argparse
import json
import pathlib
import tomllib

import numpy as np

import calibrate
import encode
import score

SENTENCES = (
    ("en", "I finally slept eight hours and the world looks kinder today."),
    ("en", "Everything piles up: rent, exams, my boss. I can't breathe anymore."),
    ("en", "The bus leaves at 7:45 from platform 3."),
    ("en", "don’t you “dare” — it’s MY turn!!! 😂😂😡"),
    ("en", "thanks @some_body for the tip, see https://example.org/a?b=c&d=%20e now"),
    ("en", "so   many\n\nlines\tand   spaces "),
    ("en", "ｆｕｌｌｗｉｄｔｈ ﬁne ½ cup №5 ™"),
    ("en", "it‚Äôs broken and ‚Äúquoted‚Äù oddly"),
    ("en", "Supercalifragilisticexpialidocious antidisestablishmentarianism #ThrowbackThursday"),
    ("en", "😭"), ("en", "👩‍👩‍👧‍👦 🏳️‍🌈 ❤️ 🇪🇸"), ("en", ""), ("en", "   "), ("en", "日本語 и русский العربية"),
    ("es", "¡Qué alegría volver a verte después de tanto tiempo! 🎉"),
    ("es", "Estoy agotada, no doy más y nadie me escucha…"),
    ("es", "Mañana el niño irá a la cigüeña; ¿vos también vení?"),
    ("es", "jajajaja qué asco, tío 🤢 #vergüenza"),
    ("other", "Heute ist ein guter Tag."),
    ("en", " ".join(f"On day {i} I walked to the river and counted the boats again." for i in range(40))),
)

# (language, kind, context, text): contexts that fit, that are cut, that leave nothing over, and texts of several windows.
PAIRS = (
    ("en", "topic", "school closures", "Keep the doors shut, it is the only thing that works."),
    ("en", "topic", "face masks", ""),
    ("en", "topic", " ".join(f"sub question {i}" for i in range(20)), "I am all for it. " * 30),
    ("en", "parent", "I failed my exam and told nobody.", "That must have been a heavy week. What happened next?"),
    ("en", "parent", "We sat by the river and talked for hours. " * 12, "Same here!"),
    ("en", "parent", "The boats left early this morning. " * 12, "No, I counted them and they were all there. " * 25),
    ("es", "parent", "No sé qué hacer con todo esto.", "Aquí estoy, contame."),
)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--model", required=True, type=pathlib.Path)
    a.add_argument("--out", required=True, type=pathlib.Path)
    a = a.parse_args()
    write(a.model, a.out)


def write(model, path):
    """Writes the golden file of a model folder."""
    encoder = score.Encoder(model / "model.onnx", model / "tokenizer.json", 1)
    manifest = tomllib.loads((model / "model.toml").read_text())
    logits, _ = encoder.logits([text for _, text in SENTENCES])
    out = [{"language": language, "text": text, "ids": encoder.ids([text])[0], **answers_of(manifest, language, None, row)}
           for (language, text), row in zip(SENTENCES, logits)]
    for language, kind, context, text in PAIRS:
        row = encoder.logits([text], [context], kind)[0][0]
        windows = [window for window, _ in encode.windows(encoder.ids([text])[0], encoder.ids([context])[0], kind)]
        out.append({"language": language, "text": text, kind: context, "ids": encoder.ids([text])[0], "windows": windows, **answers_of(manifest, language, kind, row)})
    path.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in out) + "\n]\n")


def answers_of(manifest, language, kind, row):
    """{"scores": {marker: scores}, "labels": {marker: indices}} of the heads that answer to a kind of context, or to none, in a language."""
    scores, labels, at = {}, {}, 0
    for head in manifest["heads"]:
        width = 1 if head["kind"] == "binary" else len(head["labels"])
        if language in head["languages"] + head.get("probed", []) and head.get("pair") == kind:
            own = next((s for s in head.get("per_language", []) if s["language"] == language), head)
            known = {"kind": head["kind"], "range": head.get("range")}
            values = calibrate.scores(known, row[None, at:at + width], (own["scale"], own["shift"]))
            decided = calibrate.decided(known, values, own["thresholds"])
            scores[head["marker"]] = [round(float(x), 6) for x in values[0]]
            is_decided = decided is not None and not calibrate.abstains(own, values)[0]
            labels[head["marker"]] = [] if not is_decided else np.flatnonzero(decided[0]).tolist() if head["kind"] == "multilabel" else [int(decided[0])]
        at += width
    return {"scores": scores, "labels": labels}


if __name__ == "__main__":
    main()
