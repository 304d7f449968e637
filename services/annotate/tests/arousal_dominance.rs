//! Arousal and dominance on sentences of our own (`sets/arousal_dominance.jsonl`), by the model that ships: whether those that
//! are high have the larger values. No post with labelled values is at hand.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use tidemark_annotate::{Annotator, Settings};
use tidemark_domain::Language;
use tidemark_model::Input;
use tidemark_wire::annotated_file::Scores;

const SENTENCES: &str = include_str!("sets/arousal_dominance.jsonl");

/// Of the sentences of a side, the share that has to be answered: where labels outside the table outweigh, none is.
const ANSWERED_MIN: f64 = 0.6;

/// The share of pairs of a high and a low value in which the high one is larger; a draw is half of one.
fn area(high: &[f32], low: &[f32]) -> f64 {
    let won = |(high, low): (&f32, &f32)| match high.total_cmp(low) {
        Ordering::Greater => 1.0,
        Ordering::Equal => 0.5,
        Ordering::Less => 0.0,
    };
    let pairs = high.iter().flat_map(|high| low.iter().map(move |low| (high, low)));
    pairs.map(won).sum::<f64>() / (high.len() * low.len()) as f64
}

#[test]
fn high_is_told_from_low() {
    let settings = Settings { threads: 2, ..Settings::default() };
    let annotator = Annotator::load(&settings).expect("the shipped model loads");
    let sentences: Vec<BTreeMap<String, String>> =
        SENTENCES.lines().map(|line| serde_json::from_str(line).expect("a sentence")).collect();
    let posts: Vec<Input<'_>> = sentences
        .iter()
        .map(|sentence| Input::new(&sentence["text"], Language::from_tag(&sentence["language"])))
        .collect();
    let (annotations, _) = annotator.annotate(&posts).expect("annotated");
    let answers: Vec<_> = annotations.iter().map(|annotation| annotator.model_answers(annotation).0).collect();
    for (language, axis, area_min) in
        [("en", "arousal", 0.8), ("en", "dominance", 0.8), ("es", "arousal", 0.7), ("es", "dominance", 0.7)]
    {
        let marker = format!("vad.{axis}");
        let side = |wanted: &str| {
            let of_side =
                sentences.iter().zip(&answers).filter(|(row, _)| row["language"] == language && row[axis] == wanted);
            let values: Vec<Option<f32>> = of_side
                .map(|(_, scores)| match scores.get(&marker) {
                    Some(Scores::One(value)) => Some(*value),
                    _ => None,
                })
                .collect();
            let found: Vec<f32> = values.iter().copied().flatten().collect();
            let share = found.len() as f64 / values.len() as f64;
            assert!(values.len() >= 24 && share >= ANSWERED_MIN, "{language} {axis} {wanted}: {share:.2} answered");
            found
        };
        let found = area(&side("high"), &side("low"));
        assert!(found >= area_min, "{language} {axis}: {found:.3} of the pairs");
    }
}
