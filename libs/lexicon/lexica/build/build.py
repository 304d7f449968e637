"""Makes the bundled lexica out of their sources. Python 3.9, no packages.

    python3 build.py SOURCES [--vader-emoji FILE]

SOURCES holds the folders absolutist, afinn, empath, labmt, spanish_covid_categories, suicide_risk_v1 and vader, as
published.
Writes into the folder above this one. Running it twice writes the same bytes.

Rules, by lexicon:
  absolutist    copied, sorted.
  vader         the first two columns (term, mean valence) of vader_lexicon.txt, order and quirks kept; emoji
                descriptions: those of a single character, the only ones vaderSentiment itself can find.
  afinn         English: copied. Spanish: copied, less the terms in AFINN_ES_DROP and terms that are English words
                left untranslated (the same term with the same valence in the English list, unless in AFINN_ES_KEEP).
  empath        one line a category, as published, less repeated terms, EMPATH_DROP and the `_` between words.
  labmt         mean happiness less 5, the middle of its scale, of the words at least LABMT_LENS away from it, by rank;
                less words that hold anything but letters, digits, an apostrophe and a hyphen between them.
  suicide_risk  the first half of each construct's `tokens` (the second half are lemmas of a machine, such as "I be die"),
                and the lemma of a term's last word where it only takes off a plural s; less RISK_DROP, which in
                lower case are other words.
  epidemic,     only the seed terms that keep_en.txt and keep_es.txt name. The script refuses a kept term that is not
  crisis        in the source's row, so the lists can only take away. Machine-expanded neighbours ("misquito",
                "gladstone" under anxiety), everyday words ("life", "time", "we") and untranslated words are left out.
  mh            written and read by us; the script only reports how much of it the source's four categories contain.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LEXICA = HERE.parent

# Spanish AFINN: function words, other meanings in Spanish, and bare interjections of English.
AFINN_ES_DROP = {
    "no", "fe", "lag", "ora", "oro", "sol", "xo", "won", "oks", "fud", "a bordo", "solo", "tiempo", "pasado", "maduro",
}
# The same word in both languages.
AFINN_ES_KEEP = {
    "accidental", "adorable", "aficionados", "anti", "aura", "benefactor", "bravura", "brutal", "consolable",
    "contestable", "criminal", "crisis", "cruel", "durable", "error", "fatal", "favor", "favorable", "fiasco",
    "flop", "fraude", "ftw", "funeral", "genial", "grave", "hahahah", "hater", "honor", "hooligans", "horrible",
    "horror", "hostil", "humor", "indestructible", "inexorable", "inferior", "invulnerable", "irreparable",
    "irresistible", "irreversible", "irritable", "jovial", "leal", "legal", "lmao", "lol", "lolol", "lool",
    "memorable", "miserable", "natural", "noble", "notable", "popular", "propaganda", "revive", "rofl", "romance",
    "sexy", "spammer", "superior", "terrible", "terror", "trauma", "troll", "tumor", "vigor", "vulnerable",
    "woohoo", "wtf", "xoxo",
}
# Acronyms and fragments whose lower-case form is another word.
RISK_DROP = {"ed", "er", "tw", "0", "od", "msm", "trt", "k2"}

# Halves of expressions, and terms that no token of a text can equal: a full stop or a slash ends a clause.
EMPATH_DROP = {
    "", ".45", "9/11", "a.m", "a.m.", "in-command", "in-waiting", "on-one", "to-hand", "to-school", "year-",
}
# Dodds et al. 2011 leave out words rated within 1 of the middle.
LABMT_LENS = 1.0


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.relative_to(LEXICA)}: {len(lines)} lines")


def rows(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        yield line.split("\t")


def absolutist(sources):
    words = (sources / "absolutist" / "absolutist_19.tsv").read_text(encoding="utf-8").split()
    write(LEXICA / "absolutist" / "en.txt", sorted(set(words)))


def vader(sources, emoji):
    write(LEXICA / "vader" / "lexicon.tsv", ["\t".join(r[:2]) for r in rows(sources / "vader" / "vader.tsv")])
    if emoji:
        single = [r for r in rows(emoji) if len(r) > 1 and len(r[0]) == 1]
        write(LEXICA / "vader" / "emoji.tsv", [f"{r[0]}\t{r[1].strip()}" for r in single])


def afinn(sources):
    english = {r[0]: r[1] for r in rows(sources / "afinn" / "afinn_en.tsv")}
    write(LEXICA / "afinn" / "en.tsv", [f"{t}\t{v}" for t, v in english.items()])
    kept, seen = [], set()
    for term, valence in rows(sources / "afinn" / "afinn_es.tsv"):
        low = term.strip().lower()
        untranslated = english.get(low) == valence and low not in AFINN_ES_KEEP and low.isascii()
        if low in seen or low in AFINN_ES_DROP or untranslated or len(low) < 2:
            continue
        seen.add(low)
        kept.append(f"{low}\t{valence}")
    write(LEXICA / "afinn" / "es.tsv", kept)


def empath(sources):
    lines = []
    for category, *terms in rows(sources / "empath" / "categories.tsv"):
        kept = dict.fromkeys(term.replace("_", " ") for term in terms if term not in EMPATH_DROP)
        lines.append("\t".join([category, *kept]))
    write(LEXICA / "empath" / "en.tsv", sorted(lines))


def labmt(sources):
    for language, name in (("en", "english"), ("es", "spanish")):
        kept = {}
        for term, happiness, _ in list(rows(sources / "labmt" / f"labmt_{name}.tsv"))[1:]:
            # In hundredths, so that no rounding decides who is outside the lens.
            valence = round(float(happiness) * 100) - 500
            if abs(valence) >= LABMT_LENS * 100 and re.fullmatch(r"[^\W_]+(['-][^\W_]+)*", term):
                kept.setdefault(term.lower(), valence)
        write(LEXICA / "labmt" / f"{language}.tsv", [f"{term}\t{valence / 100:g}" for term, valence in kept.items()])


def suicide_risk(sources):
    data = json.loads((sources / "suicide_risk_v1" / "suicide_risk_lexicon_v1.json").read_text(encoding="utf-8"))
    lines = ["# Suicide Risk Lexicon v1 (construct-tracker), Apache-2.0; see CARD.md. category<TAB>term"]
    for construct in data.values():
        tokens = construct["tokens"]
        originals, lemmas = tokens[: len(tokens) // 2], tokens[len(tokens) // 2 :]
        lemma_set = {lemma.lower() for lemma in lemmas}
        seen = {}
        for term in originals:
            for form in (term, term[:-1] if term.endswith("s") and term[:-1].lower() in lemma_set else term):
                key = " ".join(form.lower().replace("-", " ").replace("\u2019", "'").split())
                if key not in seen and key not in RISK_DROP:
                    seen[key] = form
        lines += [f"{construct['variable_name']}\t{term}" for term in sorted(seen.values(), key=str.lower)]
    write(LEXICA / "suicide_risk" / "en.tsv", lines)


def kept(sources, language):
    out = {"epidemic": [], "crisis": []}
    lines = [l.strip() for l in (HERE / f"keep_{language}.txt").read_text(encoding="utf-8").splitlines()]
    lines = [l for l in lines if l and not l.startswith("#")]
    for head, terms in zip(lines[::2], lines[1::2]):
        file, row, name = (part.strip() for part in head.split("|"))
        lexicon, category = name.split(".")
        source = {
            term.strip().lower()
            for cells in rows(sources / "spanish_covid_categories" / file)
            if cells[0].strip() == row
            for term in cells[1:]
        }
        for term in terms.split(";"):
            written, _, original = (part.strip() for part in term.partition("="))
            if (original or written).lower() not in source:
                sys.exit(f"{name}: `{original or written}` is not in row `{row}` of {file}")
            out[lexicon].append(f"{category}\t{written}")
    for lexicon, terms in out.items():
        head = f"# Crisis-phase categories of Tommasel et al. (CC BY 4.0), filtered; see CARD.md. category<TAB>term"
        write(LEXICA / lexicon / f"{language}.tsv", [head, *terms])


def mental_health(sources):
    for language in ("en", "es"):
        source = {}
        for cells in rows(sources / "spanish_covid_categories" / f"{language}_categories_mental_health.tsv"):
            source[cells[0].replace(" ", "_").replace("-", "")] = {t.strip().lower() for t in cells[1:]}
        ours = {}
        for cells in rows(LEXICA / "mh" / f"{language}.tsv"):
            if not cells[0].startswith("#"):
                ours.setdefault(cells[0], set()).add(cells[1].lower())
        for category, terms in sorted(ours.items()):
            shared = terms & source.get(category, set())
            known = len(source.get(category, set()))
            print(f"mh.{category} ({language}): {len(terms)} terms, {len(shared)} of the {known} in the source")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sources = Path(sys.argv[1])
    emoji = Path(sys.argv[3]) if sys.argv[2:3] == ["--vader-emoji"] else None
    absolutist(sources)
    vader(sources, emoji)
    afinn(sources)
    empath(sources)
    labmt(sources)
    suicide_risk(sources)
    kept(sources, "en")
    kept(sources, "es")
    mental_health(sources)


main()
