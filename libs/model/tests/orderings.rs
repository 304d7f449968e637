//! What any sound model says of negation, degree, emoji, letters drawn out, irony, two languages in one post, expressions and
//! bare addresses: which of two scores is the higher (`orderings.tsv`). How high they are is left to the weights. What the
//! lexica answer to such texts stands in `libs/lexicon/tests/cases`, exactly.

use std::collections::BTreeMap;
use std::path::Path;

use tidemark_domain::{Language, Proportion};
use tidemark_model::{Head, Input, Model, ModelOptions};

/// The share of the statements that must hold; the weights that ship meet 98 of 101…
const HOLDING_MIN: f64 = 0.9;
/// …and the share of those about one matter in one language.
const HOLDING_OF_EACH_MIN: f64 = 0.5;

/// A marker in a text.
#[derive(Clone, Copy)]
struct Place<'a> {
    marker: &'a str,
    text: &'a str,
}

impl Place<'_> {
    /// Its score; none where no head answers it in the language.
    fn score(self, model: &Model, language: Language) -> Option<f32> {
        let scored = model.score(&[Input::new(self.text, language)]).expect("scored");
        scored[0].heads.iter().find_map(|answer| {
            let markers = model.heads()[answer.head].markers();
            answer.scores.get(markers.iter().position(|marker| marker == self.marker)?).copied()
        })
    }
}

/// A line of the file: the first place has the higher score.
struct Statement<'a> {
    about: &'a str,
    language: &'a str,
    higher: Place<'a>,
    lower: Place<'a>,
}

impl<'a> Statement<'a> {
    fn read(line: &'a str) -> Self {
        let columns: Vec<&str> = line.split('\t').collect();
        let [about, language, marker, text, than, within] = columns[..] else { panic!("`{line}` needs six columns") };
        let or_same = |other: &'a str, same: &'a str| if other == "=" { same } else { other };
        let lower = Place { marker: or_same(than, marker), text: or_same(within, text) };
        Self { about, language, higher: Place { marker, text }, lower }
    }
}

fn statements() -> Vec<Statement<'static>> {
    let lines = include_str!("orderings.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(Statement::read).collect()
}

#[test]
fn what_any_sound_model_says() {
    let model = Model::load(&Model::default_dir(), &ModelOptions::default()).expect("the shipped model loads");
    let mut holding: BTreeMap<(&str, &str), Proportion> = BTreeMap::new();
    let mut broken = Vec::new();
    for Statement { about, language, higher, lower } in statements() {
        let counted = holding.entry((about, language)).or_default();
        let score = |place: Place<'_>| place.score(&model, Language::from_tag(language));
        let (Some(high), Some(low)) = (score(higher), score(lower)) else { continue };
        counted.n += 1;
        if high > low {
            counted.k += 1;
        } else {
            let said = |place: Place<'_>, score: f32| format!("{} {score:.3} in `{}`", place.marker, place.text);
            broken.push(format!("{about}, {language}: {} over {}", said(higher, high), said(lower, low)));
        }
    }
    let told = broken.join("\n");
    for (matter, counted) in &holding {
        let share = counted.value().expect("a statement that some head answers");
        assert!(share >= HOLDING_OF_EACH_MIN, "{matter:?}: {} of {}\n{told}", counted.k, counted.n);
    }
    let (k, n) = holding.values().fold((0, 0), |(k, n), counted| (k + counted.k, n + counted.n));
    assert!(Proportion { k, n }.value() >= Some(HOLDING_MIN), "{k} of {n} hold\n{told}");
}

#[test]
fn statements_are_about_markers_that_there_are() {
    // It has every head that training knows, of which the shipped one may lack some.
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny");
    let model = Model::load(&tiny, &ModelOptions::default()).expect("the tiny model loads");
    let known: Vec<String> = model.heads().iter().flat_map(Head::markers).collect();
    for Statement { higher, lower, language, .. } in statements() {
        assert!(["en", "es"].contains(&language), "{language}");
        for place in [higher, lower] {
            assert!(known.iter().any(|marker| marker == place.marker), "{}", place.marker);
        }
        assert!(higher.marker != lower.marker || higher.text != lower.text, "{}", higher.text);
    }
}
