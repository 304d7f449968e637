//! Cases as text: what each text answers, in `tests/cases/*.tsv`, so that a linguist can read and add them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use tidemark_domain::Language;
use tidemark_lexicon::Lexica;

/// The categories of the families `mh` and `emotion` present in `text`, without `lexicon.`.
fn present(text: &str, language: Language) -> BTreeSet<String> {
    let lexica = Lexica::bundled();
    let answer = lexica.score(text, language);
    let names =
        answer.scored.iter().filter(|scored| scored.present).map(|scored| &lexica.categories()[scored.category].name);
    let names = names.filter_map(|name| name.strip_prefix("lexicon."));
    names.filter(|name| name.starts_with("mh.") || name.starts_with("emotion.")).map(str::to_owned).collect()
}

fn check(file: &str, cases: &str) {
    let mut failures = Vec::new();
    for (index, line) in cases.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, language, expected] = columns[..] else { panic!("{file}:{}: needs three columns", index + 1) };
        let expected: BTreeSet<String> = expected.split(' ').filter(|name| *name != "-").map(str::to_owned).collect();
        let found = present(text, Language::from_tag(language));
        if found != expected {
            failures.push(format!("{file}:{}: `{text}`: expected {expected:?}, found {found:?}", index + 1));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn negation() {
    check("negation.tsv", include_str!("cases/negation.tsv"));
}

#[test]
fn expressions() {
    check("expressions.tsv", include_str!("cases/expressions.tsv"));
}

#[test]
fn shapes_of_text() {
    check("shapes.tsv", include_str!("cases/shapes.tsv"));
}

#[test]
fn irony_two_languages_and_words_of_degree() {
    check("mixed.tsv", include_str!("cases/mixed.tsv"));
}

/// Of a category's score, which is per token, the sum: so that texts of different lengths compare.
fn sum(text: &str, language: Language, category: &str) -> f32 {
    let lexica = Lexica::bundled();
    let answer = lexica.score(text, language);
    let of = |index: usize| lexica.categories()[index].name == format!("lexicon.{category}");
    let score = answer.scored.iter().find(|scored| of(scored.category)).map(|scored| scored.score);
    score.unwrap() * answer.n_tokens as f32
}

#[test]
fn words_of_degree_scale_valences() {
    for line in include_str!("cases/degrees.tsv").lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, language, expected] = columns[..] else { panic!("`{line}` needs three columns") };
        let (language, expected) = (Language::from_tag(language), expected.parse::<f32>().unwrap());
        let found = sum(text, language, "afinn.positive") - sum(text, language, "afinn.negative");
        assert!((found - expected).abs() < 1e-4, "`{text}`: expected {expected}, found {found}");
    }
    let negative = |text: &str| sum(text, Language::Spanish, "afinn.negative");
    assert!(negative("muy triste") > negative("triste") && negative("triste") > negative("un poco triste"));
    // Hits that are counted, not weighed, are as many as before.
    for text in ["I am sad", "I am very sad"] {
        assert!((sum(text, Language::English, "emotion.sadness") - 1.0).abs() < 1e-6, "{text}");
    }
}

#[test]
fn an_expression_is_one_hit() {
    let lexica = Lexica::bundled();
    for (text, language, expression) in [
        ("I had a panic attack today", Language::English, "panic attack"),
        ("hoy tuve un ataque de pánico", Language::Spanish, "ataque de pánico"),
    ] {
        let hits = lexica.explain(text, language);
        let anxiety = hits.iter().filter(|hit| lexica.categories()[hit.category].name == "lexicon.mh.anxiety");
        assert_eq!(anxiety.map(|hit| &text[hit.start..hit.end]).collect::<Vec<_>>(), [expression]);
    }
}

/// VADER's compound score.
fn compound(text: &str) -> f32 {
    let lexica = Lexica::bundled();
    let answer = lexica.score(text, Language::English);
    let side = |name: &str| {
        let of = |index: usize| lexica.categories()[index].name == name;
        answer.scored.iter().find(|scored| of(scored.category)).unwrap().score
    };
    side("lexicon.vader.positive") - side("lexicon.vader.negative")
}

/// Answers of vaderSentiment 3.3.2, from its own examples and from sentences that reach its odd corners.
#[test]
fn compound_is_what_vader_sentiment_answers() {
    // The second time, words are remembered.
    for line in include_str!("cases/vader.tsv").lines().flat_map(|line| [line, line]) {
        let (text, expected) = line.rsplit_once('\t').unwrap();
        let expected: f32 = expected.parse().unwrap();
        assert!((compound(text) - expected).abs() < 1e-4, "{text}: {} is not {expected}", compound(text));
    }
}

#[test]
fn a_word_is_but_only_as_a_whole() {
    assert!(compound("great but bad") < compound("great but\0x bad"));
    assert!((compound("great bUT bad") - compound("great but bad")).abs() < 1e-9);
}
