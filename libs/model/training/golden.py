#!/usr/bin/env python3
"""Writes what the Rust crate must reproduce: ids and calibrated scores of sentences made up for the purpose.

    python golden.py --model ../weights/encoder-v1 --out ../tests/golden.json

Reads: the model folder. Guarantees: every sentence is invented here. Does not: read any data set.
"""
import argparse
import json
import pathlib
import tomllib

import calibrate
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


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--model", required=True, type=pathlib.Path)
    a.add_argument("--out", required=True, type=pathlib.Path)
    a = a.parse_args()
    encoder = score.Encoder(a.model / "model.onnx", a.model / "tokenizer.json", 1)
    manifest = tomllib.loads((a.model / "model.toml").read_text())
    logits, _ = encoder.logits([text for _, text in SENTENCES])
    out = []
    for (language, text), row in zip(SENTENCES, logits):
        ids, scores, at = encoder.tokenizer.encode(text, add_special_tokens=False).ids, {}, 0
        for head in manifest["heads"]:
            width = 1 if head["kind"] == "binary" else len(head["labels"])
            if language in head["languages"]:
                p = calibrate.probabilities(head["kind"], row[None, at:at + width], head["scale"], head["shift"])[0]
                scores[head["marker"]] = [round(float(x), 6) for x in p]
            at += width
        out.append({"language": language, "text": text, "ids": ids, "scores": scores})
    a.out.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in out) + "\n]\n")


if __name__ == "__main__":
    main()
