//! Arousal and dominance as a roll-up of GoEmotions' labels.
//!
//! Each label has the mean arousal and dominance that J. A. Russell and A. Mehrabian (1977, "Evidence for a three-factor
//! theory of emotions", *Journal of Research in Personality* 11, 273-294) report for its word, on a scale of -1 to 1;
//! neutral has 0. A post's value is their mean, weighted by the labels' probabilities.
//!
//! Only labels are taken whose own word, or one that GoEmotions defines them by (optimism: hopeful), is in that table,
//! and whose values two transcriptions of it, made by different hands, agree on; we had not the paper itself. Fourteen
//! labels have no such word or no such agreement: admiration, amusement, approval, caring, desire, disappointment,
//! disapproval, embarrassment, grief, love, nervousness, realization, relief, remorse. Where those hold more than half
//! of the probability, there is no answer.

use super::Derived;
use tidemark_wire::annotated_file::Scores;

const AROUSAL: &str = "vad.arousal";
const DOMINANCE: &str = "vad.dominance";

/// (GoEmotions label, the table's word, mean arousal, mean dominance).
const TABLE: [(&str, &str, f32, f32); 14] = [
    ("anger", "angry", 0.59, 0.25),
    ("annoyance", "mildly annoyed", 0.17, 0.04),
    ("confusion", "confused", 0.27, -0.32),
    ("curiosity", "curious", 0.62, -0.01),
    ("disgust", "disgusted", 0.35, 0.11),
    ("excitement", "excited", 0.75, 0.38),
    ("fear", "fearful", 0.60, -0.43),
    ("gratitude", "thankful", 0.10, -0.13),
    ("joy", "joyful", 0.48, 0.35),
    ("neutral", "", 0.0, 0.0),
    ("optimism", "hopeful", 0.23, 0.14),
    ("pride", "proud", 0.38, 0.65),
    ("sadness", "sad", -0.27, -0.33),
    ("surprise", "surprised", 0.67, -0.13),
];

/// The two values of a post; none where labels that are not in the table outweigh those that are.
pub(crate) fn of(labels: &[String], scores: &[f32]) -> Vec<Derived> {
    let (mut known, mut unknown, mut arousal, mut dominance) = (0.0, 0.0, 0.0, 0.0);
    for (label, &score) in labels.iter().zip(scores) {
        match TABLE.iter().find(|(name, ..)| name == label) {
            Some((_, _, high, strong)) => {
                known += score;
                arousal += score * high;
                dominance += score * strong;
            }
            None => unknown += score,
        }
    }
    if known <= 0.0 || unknown > known {
        return Vec::new();
    }
    [(AROUSAL, arousal), (DOMINANCE, dominance)]
        .map(|(marker, sum)| Derived { marker, scores: Some(Scores::One(sum / known)), labels: None })
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::{TABLE, of};
    use tidemark_wire::annotated_file::Scores;

    fn values(said: &[(&str, f32)]) -> Vec<f32> {
        let labels: Vec<String> = said.iter().map(|(label, _)| (*label).to_owned()).collect();
        let scores: Vec<f32> = said.iter().map(|(_, score)| *score).collect();
        let value = |scores: &Option<Scores>| match scores {
            Some(Scores::One(value)) => *value,
            _ => f32::NAN,
        };
        of(&labels, &scores).iter().map(|derived| value(&derived.scores)).collect()
    }

    #[test]
    fn a_value_is_the_mean_of_the_labels_values() {
        assert_eq!(values(&[("anger", 1.0)]), [0.59, 0.25]);
        let [arousal, dominance] = values(&[("anger", 0.6), ("sadness", 0.2), ("neutral", 0.2)])[..] else {
            panic!("two values")
        };
        assert!((arousal - 0.300).abs() < 1e-6 && (dominance - 0.084).abs() < 1e-6, "{arousal} {dominance}");
        assert_eq!(values(&[("neutral", 0.9)]), [0.0, 0.0]);
    }

    #[test]
    fn where_the_table_has_no_word_there_is_no_value() {
        assert!(values(&[("love", 0.9), ("neutral", 0.1)]).is_empty());
        assert!(values(&[("love", 0.4), ("joy", 0.5)]).len() == 2);
        assert!(values(&[("joy", 0.0)]).is_empty() && values(&[]).is_empty());
    }

    #[test]
    fn values_lie_on_the_scale() {
        assert!(TABLE.iter().all(|(_, _, high, strong)| high.abs() <= 1.0 && strong.abs() <= 1.0));
    }
}
