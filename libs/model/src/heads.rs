//! What the encoder's numbers mean: heads with their labels, calibration and thresholds.
//!
//! **Reads** logits of a post's windows. **Writes** nothing. **Guarantees** scores in [0, 1] that are calibrated
//! probabilities, and labels that are a function of the scores; the same logits always give the same answer.
//! **Does not** know of other posts.

use serde::Deserialize;
use tidemark_domain::Language;

use crate::ManifestFault;

/// How a head's labels relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// Any number of labels holds: one logit and one probability per label.
    Multilabel,
    /// Exactly one label holds: one logit per label, probabilities sum to one.
    Multiclass,
    /// `no` or `yes`: one logit, one probability, that of `yes`.
    Binary,
}

/// One head: the marker it answers and how.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The marker's dotted name, `mh.stress`.
    pub marker: String,
    /// How its labels relate.
    pub kind: HeadKind,
    /// The labels in order. Of a binary head: `no`, then `yes`.
    pub labels: Vec<String>,
    /// Per score, the probability from which its label holds; of a multiclass head, the label whose probability is
    /// the largest multiple of its threshold holds.
    pub thresholds: Vec<f32>,
    /// Calibration: what logits are multiplied by.
    pub scale: f32,
    /// Calibration: what is then added, per logit.
    pub shift: Vec<f32>,
    /// Languages the head was measured in. In any other it gives no answer.
    pub languages: Vec<Language>,
    /// The data set it learned from.
    pub data: String,
    /// The terms of that data.
    pub licence: String,
}

/// One head's answer for one post.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadScore {
    /// Index into [`Model::heads`](crate::Model::heads).
    pub head: usize,
    /// Probabilities: one per label, or of a binary head only that of `yes`.
    pub scores: Vec<f32>,
    /// Indices into the head's labels of those that hold: exactly one unless the head is multilabel.
    pub labels: Vec<usize>,
}

impl Head {
    /// Whether the head was measured in a language. Where it was not, its marker is absent, never zero.
    #[must_use]
    pub fn covers(&self, language: Language) -> bool {
        self.languages.contains(&language)
    }

    /// Numbers that the encoder gives for this head.
    #[must_use]
    pub fn width(&self) -> usize {
        if self.kind == HeadKind::Binary { 1 } else { self.labels.len() }
    }

    /// Probabilities and labels from a post's logits.
    pub(crate) fn answer(&self, logits: &[f32]) -> (Vec<f32>, Vec<usize>) {
        let calibrated = logits.iter().zip(&self.shift).map(|(logit, shift)| logit * self.scale + shift);
        match self.kind {
            HeadKind::Multilabel => {
                let scores: Vec<f32> = calibrated.map(sigmoid).collect();
                let labels = (0..scores.len()).filter(|&i| scores[i] >= self.thresholds[i]).collect();
                (scores, labels)
            }
            HeadKind::Binary => {
                let scores: Vec<f32> = calibrated.map(sigmoid).collect();
                let labels = vec![usize::from(scores[0] >= self.thresholds[0])];
                (scores, labels)
            }
            HeadKind::Multiclass => {
                let scores = softmax(calibrated.collect());
                let mut best = 0;
                for i in 1..scores.len() {
                    if scores[i] * self.thresholds[best] > scores[best] * self.thresholds[i] {
                        best = i;
                    }
                }
                (scores, vec![best])
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), ManifestFault> {
        let length = |list: &'static str, expected: usize, found: usize| {
            if expected == found {
                Ok(())
            } else {
                Err(ManifestFault::Length { marker: self.marker.clone(), list, expected, found })
            }
        };
        if self.kind == HeadKind::Binary {
            length("labels", 2, self.labels.len())?;
        }
        length("thresholds", self.width(), self.thresholds.len())?;
        length("shift", self.width(), self.shift.len())?;
        let value = |list, good: bool| {
            if good { Ok(()) } else { Err(ManifestFault::Value { marker: self.marker.clone(), list }) }
        };
        value("labels", !self.labels.is_empty())?;
        value("thresholds", self.thresholds.iter().all(|t| *t > 0.0 && t.is_finite()))?;
        value("scale", self.scale > 0.0 && self.scale.is_finite())?;
        value("shift", self.shift.iter().all(|s| s.is_finite()))
    }
}

/// The mean of a post's windows, each weighing as many tokens as it holds.
///
/// Summed in the order of the windows, so that a post's answer does not depend on when which window was encoded.
pub(crate) fn pool(windows: &[(usize, &[f32])]) -> Vec<f32> {
    if let [(_, only)] = windows {
        return only.to_vec();
    }
    let width = windows.first().map_or(0, |(_, logits)| logits.len());
    let mut sums = vec![0.0_f64; width];
    let mut total = 0.0;
    for &(tokens, logits) in windows {
        let weight = tokens as f64;
        total += weight;
        for (sum, &logit) in sums.iter_mut().zip(logits) {
            *sum += weight * f64::from(logit);
        }
    }
    sums.into_iter().map(|sum| (sum / total) as f32).collect()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn softmax(mut values: Vec<f32>) -> Vec<f32> {
    let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in &mut values {
        *value = (*value - top).exp();
        sum += *value;
    }
    for value in &mut values {
        *value /= sum;
    }
    values
}

#[cfg(test)]
mod tests {
    use tidemark_domain::Language;

    use super::{Head, HeadKind, pool};
    use crate::ManifestFault;

    fn head(kind: HeadKind, labels: &[&str], thresholds: &[f32]) -> Head {
        Head {
            marker: "test.marker".to_owned(),
            kind,
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            thresholds: thresholds.to_vec(),
            scale: 1.0,
            shift: vec![0.0; thresholds.len()],
            languages: vec![Language::English],
            data: String::new(),
            licence: String::new(),
        }
    }

    #[test]
    fn a_binary_head_answers_no_or_yes() {
        let head = head(HeadKind::Binary, &["no", "yes"], &[0.6]);
        assert_eq!(head.answer(&[0.0]), (vec![0.5], vec![0]));
        assert_eq!(head.answer(&[3.0]).1, [1]);
    }

    #[test]
    fn a_multilabel_head_may_answer_none_or_many() {
        let head = head(HeadKind::Multilabel, &["a", "b", "c"], &[0.5, 0.5, 0.9]);
        assert_eq!(head.answer(&[1.0, 2.0, 2.0]).1, [0, 1]);
        assert!(head.answer(&[-1.0, -1.0, 0.0]).1.is_empty());
    }

    #[test]
    fn a_multiclass_head_answers_the_label_furthest_over_its_threshold() {
        let plain = head(HeadKind::Multiclass, &["a", "b"], &[0.5, 0.5]);
        let (scores, labels) = plain.answer(&[1.0, 0.0]);
        assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(labels, [0]);
        assert_eq!(head(HeadKind::Multiclass, &["a", "b"], &[0.9, 0.1]).answer(&[1.0, 0.0]).1, [1]);
    }

    #[test]
    fn calibration_moves_the_score() {
        let mut head = head(HeadKind::Binary, &["no", "yes"], &[0.5]);
        head.scale = 2.0;
        head.shift = vec![-2.0];
        assert_eq!(head.answer(&[1.0]).0, [0.5]);
    }

    #[test]
    fn windows_weigh_as_many_tokens_as_they_hold() {
        assert_eq!(pool(&[(3, &[1.0, 0.0]), (1, &[5.0, 4.0])]), [2.0, 1.0]);
        assert_eq!(pool(&[(0, &[1.5])]), [1.5]);
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        let short = head(HeadKind::Multilabel, &["a", "b"], &[0.5]);
        assert!(matches!(short.check(), Err(ManifestFault::Length { list: "thresholds", expected: 2, found: 1, .. })));
        let zero = head(HeadKind::Binary, &["no", "yes"], &[0.0]);
        assert!(matches!(zero.check(), Err(ManifestFault::Value { list: "thresholds", .. })));
    }
}
