//! What a check says of a lexicon and of a corpus.

#![allow(clippy::unwrap_used)]

use tidemark_domain::Language;
use tidemark_lexicon::check::{Check, Report};
use tidemark_lexicon::{Entry, Format, Lexicon};

fn read(format: Format, text: &str) -> Lexicon {
    Lexicon::read("mine", Language::English, format, "mine", text.as_bytes()).unwrap()
}

fn warm() -> Lexicon {
    read(Format::Tsv, "warm\tfond\nwarm\tkeen\nwarm\tglad\nwarm\tnever heard\nwarm\tfond of trouble\t0\ncold\tice\n")
}

#[test]
fn terms_that_repeat_shadow_or_mean_two_things_are_named() {
    let text =
        "%\n1\twarm\n2\tcold\n%\nfond\t1\t2\nice*\t2\nIce cream\t2\nicy\t2\nicebox\t2\nFOND\t1\nic*\t1\n+++\t1\n";
    let report = Report::of(&read(Format::Liwc, text)).unwrap();
    let counts = report.categories.iter().map(|row| (row.category.as_str(), row.terms, row.prefixes, row.expressions));
    assert_eq!(counts.collect::<Vec<_>>(), [("cold", 5, 1, 1), ("warm", 2, 1, 0)]);
    assert_eq!(report.terms, 7);
    let duplicates = report.duplicates.iter().map(|found| (found.term.as_str(), found.line, found.first));
    assert_eq!(duplicates.collect::<Vec<_>>(), [("FOND", 10, 5)]);
    let shadowed =
        report.shadowed.iter().map(|found| (found.term.as_str(), found.line, found.by.as_str(), found.by_line));
    assert_eq!(shadowed.collect::<Vec<_>>(), [("icebox", 9, "ice*", 6)]);
    assert_eq!(report.ambiguous.len(), 1);
    assert_eq!(
        (report.ambiguous[0].term.as_str(), report.ambiguous[0].categories.join(" ")),
        ("fond", "cold warm".into())
    );
    assert_eq!(report.unmatchable[0].term, "+++");
    assert!(report.corpus.is_none());
    let mut made = warm();
    made.entries.push(Entry { category: "cold".into(), term: "ICE".into(), weight: 1.0, line: 0 });
    assert_eq!(Report::of(&made).unwrap().duplicates[0].first, 6);
}

#[test]
fn coverage_counts_texts_and_tokens_once() {
    let text = "a\tvery keen\nb\tkeen eye\nb\tfond\n";
    let corpus = [("a very keen eye", None), ("not fond", None), ("", None), ("I am fond, fond", None::<&str>)];
    let corpus = Report::on(&read(Format::Tsv, text), corpus).unwrap().corpus.unwrap();
    assert_eq!((corpus.texts, corpus.tokens, corpus.texts_hit, corpus.tokens_hit), (4, 10, 2, 5));
    let [a, b] = &corpus.categories[..] else { panic!("two categories") };
    assert_eq!((a.texts_hit, a.tokens_hit, a.share_of_texts, a.share_of_tokens), (1, 2, 0.25, 0.2));
    // The negated `fond` does not count.
    assert_eq!((b.texts_hit, b.tokens_hit, b.carried.hits), (2, 4, 3));
    assert_eq!(b.saturated_by.as_ref().map(|word| (word.term.as_str(), word.hits)), Some(("fond", 2)));
    assert!(!a.is_in_most_texts && !b.is_in_most_texts);
    assert!(a.saturated_by.is_some());
}

/// Five texts, three items (the fourth never occurs). With Python's statistics.pvariance over the columns:
/// k = 3; k / (k − 1) × (1 − Σ pvariance(item) / pvariance(sum)) = −0.36031 over counts / tokens, 0.46154 over presence.
#[test]
fn coefficients_are_those_of_a_calculation_by_hand() {
    let texts = ["fond keen glad we", "fond fond keen we we", "fond we", "we go", "keen glad glad we", " "];
    let corpus = Report::on(&warm(), texts.map(|text| (text, None::<&str>))).unwrap().corpus.unwrap();
    let row = &corpus.categories[1];
    assert_eq!((row.category.as_str(), row.items), ("warm", 3));
    let (alpha, kr20) = (row.alpha.unwrap(), row.kr20.unwrap());
    assert!((alpha - -0.360_313_315_926_893_1).abs() < 1e-9, "{alpha}");
    assert!((kr20 - 0.461_538_461_538_461_56).abs() < 1e-9, "{kr20}");
    assert_eq!((corpus.categories[0].items, corpus.categories[0].alpha), (0, None));
    assert!(row.is_in_most_texts);
}

/// In 100 texts, `fond` is in 5, `keen` in 6 (twice in one of them) and the exception in many.
#[test]
fn everyday_terms_are_named_with_their_lines() {
    let text = |number: usize| match number {
        0..5 => "fond",
        5..10 => "keen",
        10 => "keen, keen",
        11..40 => "fond of trouble",
        _ => "nothing",
    };
    let corpus = Report::on(&warm(), (0..100).map(|number| (text(number), None::<&str>))).unwrap().corpus.unwrap();
    let [keen] = &corpus.saturated_terms[..] else { panic!("one term: {:?}", corpus.saturated_terms) };
    assert_eq!((keen.category.as_str(), keen.term.as_str(), keen.line, keen.texts), ("warm", "keen", 2, 6));
    assert!((keen.share_of_texts - 0.06).abs() < 1e-12);
}

#[test]
fn regions_say_which_words_carry_a_category_there() {
    let corpus = (0..20).map(|number| {
        let text = if number % 4 == 0 { "keen" } else { "fond of it, glad, fond" };
        (text.to_owned(), (number < 10).then_some(if number % 4 == 0 { "north" } else { "south" }))
    });
    let report = Report::on(&warm(), corpus).unwrap();
    let row = &report.corpus.as_ref().unwrap().categories[1];
    let shown = |top: &[tidemark_lexicon::check::Carrier]| {
        top.iter().map(|word| format!("{} {}", word.term, word.hits)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&row.carried.top), ["fond 30", "glad 15", "keen 5"]);
    assert_eq!((row.carried.hits, row.carried.words_for_most), (50, 2));
    let names: Vec<(&str, u64)> = row.regions.iter().map(|region| (region.region.as_str(), region.texts)).collect();
    assert_eq!(names, [("north", 3), ("south", 7)]);
    assert_eq!(shown(&row.regions[0].carried.top), ["keen 3"]);
    assert_eq!(shown(&row.regions[1].carried.top), ["fond 14", "glad 7"]);
    assert_eq!(row.regions[0].carried.words_for_most, 1);
}

#[test]
fn a_report_is_shown_and_written_without_words_of_the_texts() {
    let corpus = [("a fond platypus", Some("north")), ("keen, keen", Some("south-east"))];
    let report = Report::on(&warm(), corpus).unwrap();
    let shown = report.to_string();
    let json = serde_json::to_string(&report).unwrap();
    assert!(!shown.contains("platypus") && !json.contains("platypus"));
    assert!(json.contains("\"language\":\"en\"") && json.contains("\"words_for_most\""));
    assert_eq!(shown, include_str!("cases/check.txt"));
}

#[test]
fn a_check_reads_a_hundred_thousand_texts_in_linear_memory_and_time() {
    let lexicon = warm();
    let mut check = Check::new(&lexicon).unwrap();
    for number in 0..100_000 {
        check.read(if number % 3 == 0 { "keen to go" } else { "we go" }, Some("north"));
    }
    let corpus = check.report().corpus.unwrap();
    assert_eq!((corpus.texts, corpus.texts_hit, corpus.tokens), (100_000, 33_334, 233_334));
    assert_eq!(corpus.categories[1].alpha, None);
}
