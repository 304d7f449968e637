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
