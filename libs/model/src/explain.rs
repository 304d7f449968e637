//! Why a post has a label: how much of the label's evidence goes when a word does.
//!
//! *Occlusion* (Zeiler and Fergus, ECCV 2014): the post is scored again without each word, and the word's contribution
//! is the fall of the label's log-odds. It asks only what the encoder answers, so it holds for any weights. Contributions
//! do not add up to the score: words that say the same thing stand in for each other.
//!
//! A post of many words is first taken in [`RUNS`] runs of neighbouring words; the words of the runs that matter most are
//! then taken one by one, so that the cost of an explanation is bounded by twice [`RUNS`] readings of the post.

use crate::{HeadKind, Input, Model, ModelError, PostScores};
use std::ops::Range;

/// Parts that a post is taken in at once, at most.
pub const RUNS: usize = 48;
/// A probability this near to 0 or 1 counts as this near.
const PROBABILITY_MIN: f32 = 1e-6;

/// A part of the text and what it contributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Its bytes in the text: a word, or neighbouring words.
    pub bytes: Range<usize>,
    /// What goes with it: log-odds of the label; of a number on a scale, that number's own unit. Positive speaks for the
    /// label.
    pub weight: f32,
}

impl Model {
    /// What each part of a post contributes to one score of one head, in the order of the text; none where the head does
    /// not answer in the post's language.
    ///
    /// # Errors
    /// When ONNX Runtime fails. No text of a post is part of the error.
    pub fn explain(&self, post: Input<'_>, head: usize, score: usize) -> Result<Vec<Contribution>, ModelError> {
        let words = words(post.text);
        let (Some(whole), true) =
            (self.evidence(&self.score_anew(&[post])?, head, score).pop().flatten(), !words.is_empty())
        else {
            return Ok(Vec::new());
        };
        let mut parts = self.without(post, &runs(&words), whole, head, score)?;
        if words.len() > RUNS {
            let mut order: Vec<usize> = (0..parts.len()).collect();
            order.sort_by(|a, b| parts[*b].weight.abs().total_cmp(&parts[*a].weight.abs()));
            let (mut singles, mut taken) = (Vec::new(), Vec::new());
            for run in order {
                let inside = words.iter().filter(|word| parts[run].bytes.contains(&word.start)).cloned();
                let inside: Vec<Range<usize>> = inside.collect();
                if singles.len() + inside.len() > RUNS {
                    break;
                }
                singles.extend(inside);
                taken.push(run);
            }
            taken.sort_unstable_by(|a, b| b.cmp(a));
            for run in taken {
                parts.remove(run);
            }
            parts.extend(self.without(post, &singles, whole, head, score)?);
            parts.sort_by_key(|part| part.bytes.start);
        }
        Ok(parts)
    }

    /// The contributions of parts, each left out alone.
    fn without(
        &self,
        post: Input<'_>,
        parts: &[Range<usize>],
        whole: f32,
        head: usize,
        score: usize,
    ) -> Result<Vec<Contribution>, ModelError> {
        let left: Vec<String> =
            parts.iter().map(|part| format!("{}{}", &post.text[..part.start], &post.text[part.end..])).collect();
        let inputs: Vec<Input<'_>> = left.iter().map(|text| Input { text, ..post }).collect();
        let evidence = self.evidence(&self.score_anew(&inputs)?, head, score);
        Ok(parts
            .iter()
            .zip(evidence)
            .map(|(part, rest)| Contribution { bytes: part.clone(), weight: rest.map_or(0.0, |rest| whole - rest) })
            .collect())
    }

    /// The log-odds of one score of one head, or a regression's number, per post.
    fn evidence(&self, answers: &[PostScores], head: usize, score: usize) -> Vec<Option<f32>> {
        let is_number = self.heads().get(head).is_some_and(|head| head.kind == HeadKind::Regression);
        let of = |answer: &PostScores| {
            let value = *answer.heads.iter().find(|found| found.head == head)?.scores.get(score)?;
            Some(if is_number { value } else { log_odds(value) })
        };
        answers.iter().map(of).collect()
    }
}

fn log_odds(probability: f32) -> f32 {
    let p = probability.clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN);
    (p / (1.0 - p)).ln()
}

/// The words of a text: what stands between white space.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices() {
        match (character.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(begun)) => {
                words.push(begun..at);
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|begun| begun..text.len()));
    words
}

/// At most [`RUNS`] runs of neighbouring words, of as even length as may be.
fn runs(words: &[Range<usize>]) -> Vec<Range<usize>> {
    let n = words.len().min(RUNS);
    (0..n)
        .map(|run| {
            let (first, last) = (run * words.len() / n, (run + 1) * words.len() / n - 1);
            words[first].start..words[last].end
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{RUNS, runs, words};

    #[test]
    fn words_stand_between_white_space() {
        let text = "  así\u{a0}no, 😭 x";
        let found: Vec<&str> = words(text).into_iter().map(|word| &text[word]).collect();
        assert_eq!(found, ["así", "no,", "😭", "x"]);
        assert!(words(" \n").is_empty());
    }

    #[test]
    fn runs_hold_every_word_once() {
        for n in [1, 2, RUNS - 1, RUNS, RUNS + 1, 10 * RUNS - 7] {
            let text = "ab ".repeat(n);
            let words = words(&text);
            let runs = runs(&words);
            assert_eq!(runs.len(), n.min(RUNS));
            let held: usize =
                runs.iter().map(|run| words.iter().filter(|word| run.contains(&word.start)).count()).sum();
            assert_eq!(held, n);
            assert!(runs.windows(2).all(|two| two[0].end < two[1].start));
        }
    }
}
