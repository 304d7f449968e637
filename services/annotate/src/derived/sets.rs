//! How the rules do on sentences and posts of our own (`tests/sets` says how they were made). The floors lie a little
//! below what was measured, which stands in the lexica's cards and in docs/markers.md.

use super::{Cues, Derived, Labels, affect, appraisal, cues, loneliness};
use std::collections::BTreeMap;
use tidemark_domain::Language;
use tidemark_lexicon::Lexica;
use tidemark_wire::annotated_file::ABSTAIN;

const SENTENCES: &str = include_str!("../../tests/sets/loneliness.jsonl");
const POSTS: &str = include_str!("../../tests/sets/loneliness_posts.jsonl");
const AFFECT: &str = include_str!("../../tests/sets/affect.jsonl");
const AFFECT_POSTS: &str = include_str!("../../tests/sets/affect_posts.jsonl");
const APPRAISALS: &str = include_str!("../../tests/sets/appraisal.jsonl");
const REPLIES: &str = include_str!("../../tests/sets/appraisal_replies.jsonl");

/// A text of a set, as the rules read it.
struct Row {
    fields: serde_json::Value,
    language: &'static str,
    cues: Cues,
}

impl Row {
    fn all(set: &str) -> Vec<Self> {
        set.lines().map(Self::read).collect()
    }

    fn read(line: &str) -> Self {
        let fields: serde_json::Value = serde_json::from_str(line).expect("a row");
        let text = fields["text"].as_str().expect("text");
        let language = Language::from_tag(fields["language"].as_str().expect("language"));
        let lexica = Lexica::bundled();
        let speaks_of_it =
            |hit: &tidemark_lexicon::Hit| !hit.negated && lexica.categories()[hit.category].name == cues::LONELINESS;
        let lonely = lexica.explain(text, language).into_iter().filter(speaks_of_it).count();
        let mut cues = Cues::read(text, language);
        cues.lonely = u32::try_from(lonely).expect("few");
        (cues.topic, cues.parent) = (fields["topic"].is_string(), fields["parent"].is_string());
        Self { language: language.code(), cues, fields }
    }

    fn text(&self, field: &str) -> &str {
        self.fields[field].as_str().expect("a field")
    }

    /// What the rule says of a facet, of a post that is lonely.
    fn facet(&self, facet: &str) -> String {
        label(loneliness::of(Some(true), &self.cues), &format!("loneliness.{facet}"))
    }

    /// What the rule says of an aspect of a reply.
    fn aspect(&self, aspect: &str) -> String {
        label(appraisal::of(&self.cues), &format!("support.appraisal.{aspect}"))
    }

    /// What the rule says of affect where offence is told without fault.
    fn affect(&self) -> String {
        let is_hostile = self.is_hostile();
        let hostility = [(if is_hostile { 0.9 } else { 0.05 }, Some(is_hostile))];
        one(affect::of(&hostility, false, &self.cues).and_then(|answer| answer.labels))
    }

    fn is_hostile(&self) -> bool {
        self.fields["hostile"] == true
    }
}

/// What a marker decided.
fn label(answers: Vec<Derived>, marker: &str) -> String {
    one(answers.into_iter().find(|answer| answer.marker == marker).and_then(|answer| answer.labels))
}

fn one(labels: Option<Labels>) -> String {
    match labels {
        Some(Labels::One(label)) => label,
        other => panic!("one label expected, found {other:?}"),
    }
}

/// Texts, those answered, and those answered right.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    all: u32,
    answered: u32,
    right: u32,
}

impl Tally {
    fn take(&mut self, expected: &str, found: &str) {
        self.all += 1;
        self.answered += u32::from(found != ABSTAIN);
        self.right += u32::from(found == expected);
    }

    /// In percent: how many were answered, and how many of the answers were right.
    fn percent(self) -> (u32, u32) {
        (100 * self.answered / self.all.max(1), 100 * self.right / self.answered.max(1))
    }
}

#[test]
fn facets_of_the_sentences_the_cues_were_written_on() {
    let mut tallies: BTreeMap<(&str, String), Tally> = BTreeMap::new();
    for row in Row::all(SENTENCES).iter().filter(|row| row.text("facet") != "not_lonely") {
        let facet = row.text("facet");
        tallies.entry((row.language, facet.to_owned())).or_default().take(row.text("class"), &row.facet(facet));
    }
    for (language, facet, answered_min, right_min) in [
        ("en", "duration", 95, 95),
        ("en", "context", 90, 95),
        ("en", "interpersonal", 90, 95),
        ("en", "interaction", 90, 95),
        ("es", "duration", 95, 95),
        ("es", "context", 90, 95),
        ("es", "interpersonal", 90, 90),
        ("es", "interaction", 90, 95),
    ] {
        let (answered, right) = tallies[&(language, facet.to_owned())].percent();
        assert!(answered >= answered_min && right >= right_min, "{language} {facet}: {answered} % {right} %");
    }
}

#[test]
fn facets_of_posts_the_cues_have_not_seen() {
    // Answers of a facet that a post says nothing of count as wrong. Of what posts are after, so few are answered that a
    // floor would say nothing.
    for (facet, right_min) in [("duration", 50), ("context", 30), ("interpersonal", 75)] {
        let mut tally = Tally::default();
        for row in Row::all(POSTS) {
            tally.take(row.text(facet), &row.facet(facet));
        }
        assert!(tally.answered >= 10 && tally.percent().1 >= right_min, "{facet}: {tally:?}");
    }
}

#[test]
fn who_is_lonely_where_no_head_says() {
    // By language: lonely sentences, and those that are not; how many of each are taken for lonely.
    let mut taken: BTreeMap<(&str, bool), Tally> = BTreeMap::new();
    for row in Row::all(SENTENCES) {
        let is_lonely = row.text("facet") != "not_lonely";
        let is_asked = !loneliness::of(None, &row.cues).is_empty();
        taken.entry((row.language, is_lonely)).or_default().take("lonely", if is_asked { "lonely" } else { "" });
    }
    for (language, found_min, mistaken_max) in [("en", 70, 20), ("es", 55, 20)] {
        let (_, found) = taken[&(language, true)].percent();
        let (_, mistaken) = taken[&(language, false)].percent();
        assert!(found >= found_min && mistaken <= mistaken_max, "{language}: {found} % and {mistaken} %");
    }
}

#[test]
fn affect_where_offence_is_told_without_fault() {
    let mut tallies: BTreeMap<(&str, bool, String), Tally> = BTreeMap::new();
    for row in Row::all(AFFECT) {
        let expected = row.text("affect");
        let of = (row.language, row.is_hostile(), expected.to_owned());
        tallies.entry(of).or_default().take(expected, &row.affect());
    }
    for language in ["en", "es"] {
        let of = |is_hostile, affect: &str| tallies[&(language, is_hostile, affect.to_owned())];
        let (contempt, offence) = (of(true, "yes"), of(true, "no"));
        assert!(100 * contempt.right / contempt.all >= 90, "{language}: {contempt:?}");
        // Offence at nobody: the rule abstains, or errs.
        assert!(100 * offence.answered / offence.all <= 15, "{language}: {offence:?}");
        assert_eq!(of(false, "no").percent(), (100, 100), "{language}: without offence the answer is no");
        assert_eq!(of(false, "yes").right, 0, "{language}: contempt in polite words is beyond the rule");
    }
}

#[test]
fn affect_of_posts_the_cues_have_not_seen() {
    let rows = Row::all(AFFECT_POSTS);
    let said = |affect: &str| {
        let of = rows.iter().filter(|row| row.text("affect") == affect);
        of.filter(|row| row.affect() == "yes").count()
    };
    // It finds few, and is seldom wrong where it does.
    assert!(said("yes") >= 2 && said("no") <= 1, "{} and {}", said("yes"), said("no"));
}

#[test]
fn appraisals_of_the_sentences_the_cues_were_written_on() {
    let mut tallies: BTreeMap<(&str, String, String), Tally> = BTreeMap::new();
    for row in Row::all(APPRAISALS) {
        let (aspect, answer) = (row.text("aspect").to_owned(), row.text("answer").to_owned());
        let found = row.aspect(&aspect);
        tallies.entry((row.language, aspect, answer.clone())).or_default().take(&answer, &found);
    }
    assert_eq!(tallies.len(), 2 * 8 * 2, "languages, aspects, yes and no");
    for (of, tally) in tallies {
        assert!(tally.all >= 8 && 100 * tally.right / tally.all >= 85, "{of:?}: {tally:?}");
    }
}

#[test]
fn appraisals_of_replies_the_cues_have_not_seen() {
    let mut tally = Tally::default();
    for row in Row::all(REPLIES) {
        for answer in appraisal::of(&row.cues) {
            let aspect = answer.marker.trim_start_matches("support.appraisal.");
            tally.take(row.text(aspect), &row.aspect(aspect));
        }
    }
    // They are oblique: it finds few, and is seldom wrong where it does.
    assert!(tally.right >= 2 && tally.answered - tally.right <= 2, "{tally:?}");
}
