//! What the encoder's numbers mean: heads with their labels, calibration and thresholds.
//!
//! **Reads** logits of a post's windows. **Writes** nothing. **Guarantees** scores that are calibrated probabilities in
//! [0, 1], or of a regression numbers within its range, and labels that are a function of the scores; the same logits
//! always give the same answer. **Does not** know of other posts.

use serde::{Deserialize, Serialize};
use tidemark_domain::{Language, marker};

use crate::ManifestFault;
use crate::setting::{LanguageSetting, Setting, check_length};

/// How a head's labels relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// Any number of labels holds: one logit and one probability per label.
    Multilabel,
    /// Exactly one label holds: one logit per label, probabilities sum to one.
    Multiclass,
    /// `no` or `yes`: one probability, that of `yes`, from one logit or, of [`Head::two_logits`], the difference of two.
    Binary,
    /// How much of something: one logit and one number within [`Head::range`] per label, and no decision.
    Regression,
}

/// What a head reads beside a post's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pair {
    /// What a stance is taken on.
    Topic,
    /// The text of the post that this one answers.
    Parent,
}

impl Pair {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Topic, Self::Parent];

    /// Its name in manifests and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Parent => "parent",
        }
    }
}

/// One head: the marker it answers and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The marker's dotted name, `mh.stress`.
    pub marker: String,
    /// How its labels relate.
    pub kind: HeadKind,
    /// The labels in order. Of a binary head: `no`, then `yes`.
    pub labels: Vec<String>,
    /// Per score, the probability from which its label holds; of a multiclass head, the label whose probability is
    /// the largest multiple of its threshold holds; of a regression, none.
    pub thresholds: Vec<f32>,
    /// Calibration: what logits are multiplied by.
    pub scale: f32,
    /// Calibration: what is then added, per logit.
    pub shift: Vec<f32>,
    /// Of a binary head: from which score to which, both included, it abstains. The threshold lies between them.
    #[serde(default)]
    pub abstain: Option<[f32; 2]>,
    /// Of a multiclass head: it abstains where its likeliest label is less probable than this.
    #[serde(default)]
    pub abstain_below: Option<f32>,
    /// Languages the head was measured in, on labelled posts.
    pub languages: Vec<Language>,
    /// The data set it learned from.
    pub data: String,
    /// The terms of that data.
    pub licence: String,
    /// Of a binary head: the encoder gives a logit for `no` and one for `yes`, and their softmax is the answer.
    #[serde(default)]
    pub two_logits: bool,
    /// What it reads beside the text; where that is not given, the head gives no answer.
    #[serde(default)]
    pub pair: Option<Pair>,
    /// Of a regression: its least and its largest answer, in the marker's unit.
    #[serde(default)]
    pub range: Option<[f32; 2]>,
    /// The labels it learned from are the communities that posts stand in: nobody read the posts to label them.
    #[serde(default)]
    pub weak: bool,
    /// Languages it answers although it was never measured there: it told our own sentences apart, no more.
    #[serde(default)]
    pub probed: Vec<Language>,
    /// Settings of languages that have their own, in place of the head's.
    #[serde(default)]
    pub per_language: Vec<LanguageSetting>,
}

/// Terms that let anybody use, change and pass on, for any purpose, as [`plain`] writes them.
const OPEN: [&str; 11] = [
    "cc0",
    "cc0 1.0",
    "cc by 3.0",
    "cc by 4.0",
    "cc by sa 3.0",
    "cc by sa 4.0",
    "mit",
    "apache 2.0",
    "bsd 2 clause",
    "bsd 3 clause",
    "public domain",
];

/// Terms in lower case, without the hyphens that some write in their names.
fn plain(terms: &str) -> String {
    let words: Vec<&str> =
        terms.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

/// One head's answer for one post.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadScore {
    /// Index into [`Model::heads`](crate::Model::heads).
    pub head: usize,
    /// Probabilities: one per label, or of a binary head only that of `yes`; of a regression, numbers within its range.
    pub scores: Vec<f32>,
    /// Indices into the head's labels of those that hold: any number of a multilabel head, none of a regression and of a
    /// head that abstains, else exactly one.
    pub labels: Vec<usize>,
}

impl Head {
    /// Whether the head answers in a language: it was measured there, or at least probed. Where it was not, its marker is
    /// absent, never zero.
    #[must_use]
    pub fn covers(&self, language: Language) -> bool {
        self.languages.contains(&language) || self.probed.contains(&language)
    }

    /// Numbers that the encoder gives for this head.
    #[must_use]
    pub fn width(&self) -> usize {
        if self.two_logits { 2 } else { self.scores() }
    }

    /// Scores that it answers, each with a shift and, but of a regression, a threshold.
    #[must_use]
    pub fn scores(&self) -> usize {
        if self.kind == HeadKind::Binary { 1 } else { self.labels.len() }
    }

    /// Whether its answer is one number, which its marker names without a label.
    #[must_use]
    pub fn is_one_number(&self) -> bool {
        self.kind == HeadKind::Binary || (self.kind == HeadKind::Regression && self.labels.len() == 1)
    }

    /// The marker of one of its labels, where its answer is several numbers.
    #[must_use]
    pub fn marker_of(&self, label: &str) -> String {
        format!("{}.{}", self.marker, marker::name_part(label))
    }

    /// Whether one of its answers decides nothing because it was too unsure. Of such a post its markers are not answered:
    /// that is neither a yes nor a no.
    #[must_use]
    pub fn abstains(&self, answer: &HeadScore) -> bool {
        matches!(self.kind, HeadKind::Binary | HeadKind::Multiclass) && answer.labels.is_empty()
    }

    /// Every marker that it answers.
    #[must_use]
    pub fn markers(&self) -> Vec<String> {
        if self.is_one_number() {
            return vec![self.marker.clone()];
        }
        self.labels.iter().map(|label| self.marker_of(label)).collect()
    }

    /// Whether the terms of all data it learned from (`;` between them) are known to be open: CC0, CC BY, CC BY-SA, MIT,
    /// Apache-2.0, BSD, public domain. Of any other words, and of none, that is not known.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.licence.split(';').all(|terms| OPEN.contains(&plain(terms).as_str()))
    }

    /// What a score must reach in a language for its label to hold; of a multiclass head, what it is divided by before the
    /// largest holds. A value on a scale has none.
    #[must_use]
    pub fn threshold(&self, language: Language, score: usize) -> Option<f32> {
        self.setting(language).thresholds.get(score).copied()
    }

    /// What holds in a language.
    fn setting(&self, language: Language) -> Setting<'_> {
        let own = self.per_language.iter().find(|own| own.language == language);
        own.map_or_else(|| self.shared_setting(), LanguageSetting::setting)
    }

    /// What holds in languages without settings of their own.
    fn shared_setting(&self) -> Setting<'_> {
        let Self { thresholds, scale, shift, abstain, abstain_below, .. } = self;
        Setting { thresholds, scale: *scale, shift, abstain: *abstain, abstain_below: *abstain_below }
    }

    /// Scores and labels from a post's logits.
    pub(crate) fn answer(&self, language: Language, logits: &[f32]) -> (Vec<f32>, Vec<usize>) {
        let setting = self.setting(language);
        let Setting { thresholds, scale, shift, .. } = setting;
        // The softmax of two logits is the sigmoid of their difference, which calibrates as one logit does.
        let difference = if let (true, [no, yes]) = (self.two_logits, logits) { Some([yes - no]) } else { None };
        let logits = difference.as_ref().map_or(logits, <[f32; 1]>::as_slice);
        let calibrated = logits.iter().zip(shift).map(|(logit, shift)| logit * scale + shift);
        match self.kind {
            HeadKind::Multilabel => {
                let scores: Vec<f32> = calibrated.map(sigmoid).collect();
                let labels = (0..scores.len()).filter(|&i| scores[i] >= thresholds[i]).collect();
                (scores, labels)
            }
            HeadKind::Binary => {
                let scores: Vec<f32> = calibrated.map(sigmoid).collect();
                let decided = usize::from(scores[0] >= thresholds[0]);
                let labels = if setting.abstains(&scores) { Vec::new() } else { vec![decided] };
                (scores, labels)
            }
            HeadKind::Multiclass => {
                let scores = softmax(calibrated.collect());
                let mut best = 0;
                for i in 1..scores.len() {
                    if scores[i] * thresholds[best] > scores[best] * thresholds[i] {
                        best = i;
                    }
                }
                let labels = if setting.abstains(&scores) { Vec::new() } else { vec![best] };
                (scores, labels)
            }
            HeadKind::Regression => {
                let [low, high] = self.range.unwrap_or([0.0, 1.0]);
                // Rounding must not carry an answer over the end of its range.
                (calibrated.map(|z| (low + (high - low) * sigmoid(z)).clamp(low, high)).collect(), Vec::new())
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), ManifestFault> {
        let labels = match self.kind {
            HeadKind::Binary => 2,
            _ => self.labels.len().max(1),
        };
        check_length(&self.marker, "labels", labels, self.labels.len())?;
        if self.two_logits && self.kind != HeadKind::Binary {
            return Err(ManifestFault::TwoLogits { marker: self.marker.clone() });
        }
        match (self.kind, self.range) {
            (HeadKind::Regression, Some([low, high])) if low < high && (high - low).is_finite() => {}
            (HeadKind::Multilabel | HeadKind::Multiclass | HeadKind::Binary, None) => {}
            _ => return Err(ManifestFault::Range { marker: self.marker.clone() }),
        }
        let mut settings =
            std::iter::once(self.shared_setting()).chain(self.per_language.iter().map(LanguageSetting::setting));
        settings.try_for_each(|setting| setting.check(&self.marker, self.kind, self.scores()))
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

    use super::{Head, HeadKind, HeadScore, LanguageSetting, pool};
    use crate::ManifestFault;

    fn head(kind: HeadKind, labels: &[&str], thresholds: &[f32]) -> Head {
        Head {
            marker: "test.marker".to_owned(),
            kind,
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            thresholds: thresholds.to_vec(),
            scale: 1.0,
            shift: vec![0.0; thresholds.len()],
            abstain: None,
            abstain_below: None,
            languages: vec![Language::English],
            data: String::new(),
            licence: String::new(),
            two_logits: false,
            pair: None,
            range: None,
            weak: false,
            probed: Vec::new(),
            per_language: Vec::new(),
        }
    }

    /// The settings of Spanish.
    fn spanish(thresholds: &[f32], scale: f32, shift: &[f32]) -> LanguageSetting {
        LanguageSetting {
            language: Language::Spanish,
            thresholds: thresholds.to_vec(),
            scale,
            shift: shift.to_vec(),
            abstain: None,
            abstain_below: None,
        }
    }

    fn answer(head: &Head, logits: &[f32]) -> (Vec<f32>, Vec<usize>) {
        head.answer(Language::English, logits)
    }

    #[test]
    fn a_binary_head_answers_no_or_yes() {
        let head = head(HeadKind::Binary, &["no", "yes"], &[0.6]);
        assert_eq!(answer(&head, &[0.0]), (vec![0.5], vec![0]));
        assert_eq!(answer(&head, &[3.0]).1, [1]);
    }

    #[test]
    fn two_logits_of_a_binary_head_are_read_as_their_softmax() {
        let mut head = head(HeadKind::Binary, &["no", "yes"], &[0.6]);
        head.two_logits = true;
        assert_eq!((head.check(), head.width(), head.markers()), (Ok(()), 2, vec!["test.marker".to_owned()]));
        let (scores, labels) = answer(&head, &[-1.0, 2.0]);
        assert!((scores[0] - super::softmax(vec![-1.0, 2.0])[1]).abs() < 1e-6);
        assert_eq!((scores.len(), labels), (1, vec![1]));
        head.kind = HeadKind::Multiclass;
        assert!(matches!(head.check(), Err(ManifestFault::Length { .. } | ManifestFault::TwoLogits { .. })));
    }

    #[test]
    fn a_head_with_several_labels_answers_a_marker_for_each() {
        let several = head(HeadKind::Multilabel, &["Very tense", "calm"], &[0.5, 0.5]);
        assert_eq!(several.markers(), ["test.marker.very_tense", "test.marker.calm"]);
    }

    #[test]
    fn a_multilabel_head_may_answer_none_or_many() {
        let head = head(HeadKind::Multilabel, &["a", "b", "c"], &[0.5, 0.5, 0.9]);
        assert_eq!(answer(&head, &[1.0, 2.0, 2.0]).1, [0, 1]);
        assert!(answer(&head, &[-1.0, -1.0, 0.0]).1.is_empty());
    }

    #[test]
    fn a_multiclass_head_answers_the_label_furthest_over_its_threshold() {
        let plain = head(HeadKind::Multiclass, &["a", "b"], &[0.5, 0.5]);
        let (scores, labels) = answer(&plain, &[1.0, 0.0]);
        assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(labels, [0]);
        assert_eq!(answer(&head(HeadKind::Multiclass, &["a", "b"], &[0.9, 0.1]), &[1.0, 0.0]).1, [1]);
    }

    #[test]
    fn calibration_moves_the_score() {
        let mut head = head(HeadKind::Binary, &["no", "yes"], &[0.5]);
        head.scale = 2.0;
        head.shift = vec![-2.0];
        assert_eq!(answer(&head, &[1.0]).0, [0.5]);
    }

    #[test]
    fn a_language_with_settings_of_its_own_is_read_by_them() {
        let mut head = head(HeadKind::Binary, &["no", "yes"], &[0.5]);
        head.per_language.push(spanish(&[0.9], 2.0, &[0.0]));
        let threshold = |language| head.threshold(language, 0);
        assert_eq!((threshold(Language::Spanish), threshold(Language::English)), (Some(0.9), Some(0.5)));
        assert_eq!(head.answer(Language::Spanish, &[0.5]), (vec![super::sigmoid(1.0)], vec![0]));
        assert_eq!(head.answer(Language::English, &[0.5]), (vec![super::sigmoid(0.5)], vec![1]));
    }

    #[test]
    fn a_binary_head_abstains_near_its_threshold_where_it_is_told_to() {
        let mut head = head(HeadKind::Binary, &["no", "yes"], &[0.6]);
        head.per_language.push(LanguageSetting { abstain: Some([0.5, 0.75]), ..spanish(&[0.6], 1.0, &[0.0]) });
        assert_eq!(head.check(), Ok(()));
        let label = |language, logit: f32| {
            let (scores, labels) = head.answer(language, &[logit]);
            assert_eq!(scores, [super::sigmoid(logit)], "the score stays");
            let answer = HeadScore { head: 0, scores, labels };
            (head.abstains(&answer), answer.labels)
        };
        assert_eq!(label(Language::Spanish, -0.1), (false, vec![0]));
        assert_eq!(label(Language::Spanish, 0.0), (true, vec![]), "0.5, where the band begins");
        assert_eq!(label(Language::Spanish, 1.0), (true, vec![]));
        assert_eq!(label(Language::Spanish, 1.2), (false, vec![1]));
        assert_eq!(label(Language::English, 0.0), (false, vec![0]), "no band, no abstention");
        assert_eq!(label(Language::English, 1.0), (false, vec![1]));
    }

    #[test]
    fn a_multiclass_head_abstains_where_no_label_is_likely() {
        let mut head = head(HeadKind::Multiclass, &["a", "b", "c"], &[0.1, 0.5, 0.5]);
        head.abstain_below = Some(0.6);
        assert_eq!(head.check(), Ok(()));
        let labels = |logits| answer(&head, logits).1;
        assert_eq!(labels(&[0.0, 0.1, 0.0]), [] as [usize; 0]);
        assert_eq!(labels(&[0.0, 3.0, 0.0]), [1]);
        // What is likeliest says how sure it is; the thresholds, which label that is.
        assert_eq!(labels(&[0.0, 1.2, -9.0]), [0]);
    }

    fn scale_from(low: f32, high: f32) -> Head {
        let mut head = head(HeadKind::Regression, &["how much", "of that"], &[0.0; 2]);
        head.thresholds.clear();
        head.range = Some([low, high]);
        head
    }

    #[test]
    fn a_regression_answers_within_its_range_and_decides_nothing() {
        let head = scale_from(1.0, 7.0);
        assert_eq!(head.check(), Ok(()));
        assert_eq!(answer(&head, &[0.0, -400.0]), (vec![4.0, 1.0], vec![]));
        assert_eq!(head.threshold(Language::English, 0), None);
        assert_eq!(answer(&head, &[400.0, 0.0]).0, [7.0, 4.0]);
    }

    #[test]
    fn a_range_belongs_to_a_regression_and_to_nothing_else() {
        let refused = |head: &Head| matches!(head.check(), Err(ManifestFault::Range { .. }));
        assert!(refused(&scale_from(1.0, 1.0)) && refused(&scale_from(f32::NAN, 1.0)));
        let mut head = head(HeadKind::Binary, &["no", "yes"], &[0.5]);
        head.range = Some([0.0, 1.0]);
        assert!(refused(&head));
        let mut without = scale_from(0.0, 1.0);
        without.range = None;
        assert!(refused(&without));
    }

    #[test]
    fn a_head_is_open_where_all_its_datas_terms_are_known_to_be() {
        let mut head = head(HeadKind::Binary, &["no", "yes"], &[0.5]);
        for (licence, is_open) in [
            ("CC BY 4.0", true),
            ("CC-BY-4.0", true),
            ("Apache-2.0; cc0", true),
            ("CC BY-NC 4.0", false),
            ("research use", false),
            ("Apache-2.0 package", false),
            ("CC BY 4.0; research use", false),
            ("", false),
        ] {
            head.licence = licence.to_owned();
            assert_eq!(head.is_open(), is_open, "{licence}");
        }
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
        let none = head(HeadKind::Multilabel, &[], &[]);
        assert!(matches!(none.check(), Err(ManifestFault::Length { list: "labels", .. })));
        let mut later = head(HeadKind::Binary, &["no", "yes"], &[0.5]);
        later.per_language.push(spanish(&[0.5], 1.0, &[]));
        assert!(matches!(later.check(), Err(ManifestFault::Length { list: "shift", .. })));
        let zero = head(HeadKind::Binary, &["no", "yes"], &[0.0]);
        assert!(matches!(zero.check(), Err(ManifestFault::Value { list: "thresholds", .. })));
    }
}
