//! Whether a marker may be trusted to drive alerts: how it agrees with people's labels.
//!
//! **Reads** the marker's answers on a labelled sample. **Writes** nothing. Pure.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use tidemark_domain::{Language, Proportion};

/// Posts of the sample that must be answered, at least…
pub const ANSWERED_MIN: u64 = 200;
/// …and of these, posts with each label.
pub const EACH_LABEL_MIN: u64 = 50;
/// A group with fewer posts of either label is reported and not judged.
pub const GROUP_LABEL_MIN: u64 = 30;
/// The share of the sample that must be answered.
pub const COVERAGE_MIN: f64 = 0.9;
/// Sensitivity + specificity - 1 (Youden's J) at least: prevalence is divided by it when it is corrected for errors (Rogan
/// and Gladen 1978), so that a smaller one leaves little but noise.
pub const YOUDEN_MIN: f64 = 0.3;
/// The share of the whole sample's J that every judged group must reach.
pub const GROUP_SHARE_MIN: f64 = 0.5;
/// Expected calibration error at most, where scores are probabilities.
pub const CALIBRATION_ERROR_MAX: f64 = 0.1;
/// Pairs of a post and its paraphrase, at least…
pub const PARAPHRASES_MIN: u64 = 30;
/// …and the share of them that must be answered alike.
pub const STABILITY_MIN: f64 = 0.8;
/// Bins of equal mass for the calibration error.
const BINS: usize = 15;

/// One post of the sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its id, by which paraphrases name it.
    pub id: String,
    /// What people say.
    pub label: bool,
    /// A region, a platform, a language: whatever the marker should not depend on.
    pub group: Option<String>,
    /// The language it was taken for.
    pub language: Language,
    /// The post that this one says in other words. A paraphrase counts for stability alone.
    pub paraphrase_of: Option<String>,
    /// What the marker says; `None` where it does not answer.
    pub answer: Option<Said>,
}

/// A marker's answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Said {
    /// Whether it is present.
    pub present: bool,
    /// Its score.
    pub score: f32,
}

/// A share with Wilson's 95 % interval; `None` where nothing was counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many.
    pub k: u64,
    /// Of how many.
    pub n: u64,
    /// The share.
    pub value: Option<f64>,
    /// Lower bound.
    pub lower: Option<f64>,
    /// Upper bound.
    pub upper: Option<f64>,
}

impl From<Proportion> for Share {
    fn from(counted: Proportion) -> Self {
        let interval = counted.wilson();
        let (lower, upper) = (interval.map(|bounds| bounds.0), interval.map(|bounds| bounds.1));
        Self { k: counted.k, n: counted.n, value: counted.value(), lower, upper }
    }
}

/// How a marker agrees with labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Of the posts labelled yes, those where it is present.
    pub sensitivity: Share,
    /// Of the posts labelled no, those where it is not.
    pub specificity: Share,
}

impl Agreement {
    fn of<'a>(cases: impl Iterator<Item = &'a Case>) -> Self {
        let (mut yes, mut no) = (Proportion::default(), Proportion::default());
        for (case, said) in cases.filter_map(|case| case.answer.map(|said| (case, said))) {
            let side = if case.label { &mut yes } else { &mut no };
            side.n += 1;
            side.k += u64::from(said.present == case.label);
        }
        Self { sensitivity: yes.into(), specificity: no.into() }
    }

    /// Sensitivity + specificity - 1; 0 is chance.
    #[must_use]
    pub fn youden(&self) -> Option<f64> {
        Some(self.sensitivity.value? + self.specificity.value? - 1.0)
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The marker.
    pub marker: String,
    /// Whether it may drive alerts: [`Audit::faults`] is empty.
    pub passed: bool,
    /// What speaks against it.
    pub faults: Vec<String>,
    /// Of the sample, the posts it answers.
    pub coverage: Share,
    /// The others, by the language they were taken for; `other` is another one, or none that could be told.
    #[serde(default)]
    pub unanswered: BTreeMap<String, u64>,
    /// On the whole sample.
    pub agreement: Agreement,
    /// By group.
    pub groups: BTreeMap<String, Agreement>,
    /// Expected calibration error over 15 bins of equal mass, where the scores are probabilities.
    pub calibration_error: Option<f64>,
    /// Of the paraphrases, those answered as their original is.
    pub stability: Share,
}

/// Audits a marker on a sample. `scores_are_probabilities` says whether calibration can be asked for.
#[must_use]
pub fn audit(marker: &str, sample: &[Case], scores_are_probabilities: bool) -> Audit {
    let posts = || sample.iter().filter(|case| case.paraphrase_of.is_none());
    let answered = posts().filter(|case| case.answer.is_some()).count() as u64;
    let coverage: Share = Proportion { k: answered, n: posts().count() as u64 }.into();
    let mut unanswered: BTreeMap<String, u64> = BTreeMap::new();
    for case in posts().filter(|case| case.answer.is_none()) {
        *unanswered.entry(case.language.code().to_owned()).or_default() += 1;
    }
    let agreement = Agreement::of(posts());
    let mut by_group: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in posts() {
        by_group.entry(case.group.as_deref().unwrap_or_default()).or_default().push(case);
    }
    by_group.remove("");
    let groups: BTreeMap<String, Agreement> =
        by_group.into_iter().map(|(group, cases)| (group.to_owned(), Agreement::of(cases.into_iter()))).collect();
    let calibration_error = scores_are_probabilities.then(|| calibration_error(posts())).flatten();
    let stability: Share = stability(sample).into();
    let mut faults = Vec::new();
    let mut fault = |is_one: bool, text: String| faults.extend(is_one.then_some(text));
    let (yes, no) = (agreement.sensitivity.n, agreement.specificity.n);
    fault(answered < ANSWERED_MIN, format!("{answered} posts are answered: {ANSWERED_MIN} are needed"));
    fault(
        yes.min(no) < EACH_LABEL_MIN,
        format!("{yes} posts are labelled yes and {no} no: {EACH_LABEL_MIN} of each are needed"),
    );
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let covered = coverage.value.unwrap_or_default();
    fault(
        covered < COVERAGE_MIN,
        format!(
            "it answers {} of the sample: {} are needed{}",
            percent(covered),
            percent(COVERAGE_MIN),
            // The one cause of silence that whoever made the sample can mend.
            if unanswered.contains_key(Language::Other.code()) {
                "; where no language was told or could be told from the text, give the posts a `lang`"
            } else {
                ""
            }
        ),
    );
    let youden = agreement.youden().unwrap_or_default();
    fault(youden < YOUDEN_MIN, format!("sensitivity + specificity - 1 is {youden:.2}: {YOUDEN_MIN} is needed"));
    for (group, own) in &groups {
        let is_judged = own.sensitivity.n.min(own.specificity.n) >= GROUP_LABEL_MIN;
        let reached = own.youden().unwrap_or_default();
        fault(
            is_judged && reached < GROUP_SHARE_MIN * youden,
            format!(
                "in the group {group} sensitivity + specificity - 1 is {reached:.2}, less than half of the whole's"
            ),
        );
    }
    if let Some(error) = calibration_error {
        fault(
            error > CALIBRATION_ERROR_MAX,
            format!("the calibration error is {error:.2}: at most {CALIBRATION_ERROR_MAX} is allowed"),
        );
    }
    fault(
        stability.n < PARAPHRASES_MIN,
        format!("{} paraphrases are answered: {PARAPHRASES_MIN} are needed", stability.n),
    );
    let stable = stability.value.unwrap_or_default();
    fault(
        stability.n >= PARAPHRASES_MIN && stable < STABILITY_MIN,
        format!("{} of paraphrases are answered alike: {} are needed", percent(stable), percent(STABILITY_MIN)),
    );
    let passed = faults.is_empty();
    let marker = marker.to_owned();
    Audit { marker, passed, faults, coverage, unanswered, agreement, groups, calibration_error, stability }
}

fn stability(sample: &[Case]) -> Proportion {
    let said: HashMap<&str, Said> = sample.iter().filter_map(|case| Some((case.id.as_str(), case.answer?))).collect();
    let mut alike = Proportion::default();
    for case in sample {
        let original = case.paraphrase_of.as_deref().and_then(|original| said.get(original));
        if let (Some(original), Some(answer)) = (original, case.answer) {
            alike.n += 1;
            alike.k += u64::from(original.present == answer.present);
        }
    }
    alike
}

/// The mean over bins of |share labelled yes - mean score|, each bin weighing as many posts as it holds.
fn calibration_error<'a>(cases: impl Iterator<Item = &'a Case>) -> Option<f64> {
    let mut scored: Vec<(f64, f64)> =
        cases.filter_map(|case| Some((f64::from(case.answer?.score), f64::from(u8::from(case.label))))).collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = scored.len();
    let gap = |bin: usize| {
        let part = &scored[bin * n / BINS..(bin + 1) * n / BINS];
        (part.iter().map(|(score, _)| score).sum::<f64>() - part.iter().map(|(_, label)| label).sum::<f64>()).abs()
    };
    (n > 0).then(|| (0..BINS).map(gap).sum::<f64>() / n as f64)
}

#[cfg(test)]
mod tests {
    use super::{Audit, Case, Said, audit};
    use std::collections::BTreeMap;
    use tidemark_domain::Language;

    /// 200 posts, half of them labelled yes, in two groups; `wrong` in 100 are answered wrongly in the first group and
    /// `wrong_second` in the second; and 40 paraphrases, every `unstable`th answered otherwise.
    fn sample(wrong: usize, wrong_second: usize, unstable: usize) -> Vec<Case> {
        let mut cases: Vec<Case> = (0..200)
            .map(|n| {
                let (label, second) = (n % 2 == 0, n % 4 > 1);
                // Spread over the sample: 7 and 50 have no common factor.
                let is_wrong = n / 4 * 7 % 50 * 2 < if second { wrong_second } else { wrong };
                let present = label != is_wrong;
                Case {
                    id: n.to_string(),
                    label,
                    group: Some(if second { "b" } else { "a" }.to_owned()),
                    language: Language::English,
                    paraphrase_of: None,
                    answer: Some(Said { present, score: if present { 0.9 } else { 0.1 } }),
                }
            })
            .collect();
        for n in 0..40 {
            let original = cases[n].clone();
            let answer = original.answer.map(|said| Said { present: said.present != (n % unstable == 0), ..said });
            cases.push(Case { id: format!("p{n}"), paraphrase_of: Some(original.id), answer, ..original });
        }
        cases
    }

    fn faults(audit: &Audit) -> String {
        assert_eq!(audit.passed, audit.faults.is_empty());
        audit.faults.join("; ")
    }

    #[test]
    fn a_good_marker_passes_and_its_numbers_are_counted() {
        let found = audit("m", &sample(10, 10, 10), true);
        assert_eq!(faults(&found), "");
        assert_eq!((found.agreement.sensitivity.k, found.agreement.sensitivity.n), (90, 100));
        assert!((found.agreement.youden().expect("labels") - 0.8).abs() < 1e-9);
        assert!(found.calibration_error.expect("probabilities") < 0.1);
        assert_eq!((found.stability.k, found.stability.n, found.groups.len()), (36, 40, 2));
    }

    #[test]
    fn each_fault_is_told() {
        assert!(faults(&audit("m", &sample(40, 40, 10), false)).contains("specificity - 1 is 0.20"));
        assert!(faults(&audit("m", &sample(0, 60, 10), false)).contains("group b"));
        assert!(faults(&audit("m", &sample(10, 10, 2), false)).contains("answered alike"));
        assert!(faults(&audit("m", &sample(10, 10, 10)[..200], false)).contains("paraphrases"));
        assert!(faults(&audit("m", &sample(10, 10, 10)[..100], false)).contains("200 are needed"));
        let mut overconfident = sample(20, 20, 10);
        overconfident.iter_mut().for_each(|case| {
            case.answer = case.answer.map(|said| Said { score: if said.present { 1.0 } else { 0.0 }, ..said });
        });
        assert!(faults(&audit("m", &overconfident, true)).contains("calibration error is"));
        let mut silent = sample(10, 10, 10);
        let post = silent[0].clone();
        silent.extend((0..60).map(|n| Case { id: format!("s{n}"), answer: None, ..post.clone() }));
        let found = audit("m", &silent, false);
        assert!(faults(&found).ends_with("it answers 77 % of the sample: 90 % are needed"), "{found:?}");
        assert_eq!(found.unanswered, BTreeMap::from([("en".to_owned(), 60)]));
        silent
            .iter_mut()
            .filter(|case| case.answer.is_none())
            .take(40)
            .for_each(|case| case.language = Language::Other);
        let found = audit("m", &silent, false);
        assert!(faults(&found).contains("give the posts a `lang`"), "{found:?}");
        assert_eq!(found.unanswered, BTreeMap::from([("en".to_owned(), 20), ("other".to_owned(), 40)]));
        assert!(!audit("m", &[], true).passed);
    }
}
