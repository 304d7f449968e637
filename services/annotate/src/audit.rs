//! Whether a marker may be trusted to drive alerts: how it agrees with people's labels.
//!
//! **Reads** the marker's answers on a labelled sample. **Writes** nothing. Pure.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tidemark_domain::{Language, Proportion};

/// Posts that must be answered, of the sample and of each language that is to pass, at least…
pub const ANSWERED_MIN: u64 = 200;
/// …and of these, posts with each label.
pub const EACH_LABEL_MIN: u64 = 50;
/// A group with fewer posts of either label is reported and not judged.
pub const GROUP_LABEL_MIN: u64 = 30;
/// Groups that must be judged, or nothing tells that the marker does not depend on them.
pub const GROUPS_MIN: usize = 2;
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
    /// What the marker says; `None` where it does not answer, or abstains.
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
    /// Whether it may drive alerts, in the languages that passed: [`Audit::faults`] is empty.
    pub passed: bool,
    /// What speaks against it.
    pub faults: Vec<String>,
    /// By language in which the marker answers, what was found there. Empty where the audit is from before languages were
    /// judged by themselves.
    #[serde(default)]
    pub languages: BTreeMap<String, Judged>,
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
    /// Of the paraphrases, those answered as their original is. One that is not answered is answered otherwise.
    pub stability: Share,
}

impl Audit {
    /// The languages in which the marker may drive alerts, or may not, by their codes.
    #[must_use]
    pub fn in_languages(&self, passed: bool) -> Vec<&str> {
        let found = self.languages.iter().filter(|(_, judged)| (self.passed && judged.passed) == passed);
        found.map(|(language, _)| language.as_str()).collect()
    }
}

/// What was found on posts that are judged together: those of one language, by the measures of a whole sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Whether nothing speaks against the marker: [`Judged::faults`] is empty.
    pub passed: bool,
    /// What speaks against it.
    pub faults: Vec<String>,
    /// Of the posts, those it answers.
    pub coverage: Share,
    /// On those.
    pub agreement: Agreement,
    /// As [`Audit::calibration_error`].
    pub calibration_error: Option<f64>,
    /// As [`Audit::stability`].
    pub stability: Share,
}

/// A post and its paraphrase.
type Pair<'a> = (&'a Case, &'a Case);

impl Judged {
    /// Judges posts and pairs. `hint` is added to what is said of posts that are not answered.
    fn of(posts: &[&Case], pairs: &[Pair<'_>], scores_are_probabilities: bool, hint: &str) -> Self {
        let answered = posts.iter().filter(|case| case.answer.is_some()).count() as u64;
        let coverage: Share = Proportion { k: answered, n: posts.len() as u64 }.into();
        let agreement = Agreement::of(posts.iter().copied());
        let calibration_error = scores_are_probabilities.then(|| calibration_error(posts.iter().copied())).flatten();
        let stability: Share = stability(pairs).into();
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
            format!("it answers {} of the sample: {} are needed{hint}", percent(covered), percent(COVERAGE_MIN)),
        );
        let youden = agreement.youden().unwrap_or_default();
        fault(youden < YOUDEN_MIN, format!("sensitivity + specificity - 1 is {youden:.2}: {YOUDEN_MIN} is needed"));
        if let Some(error) = calibration_error {
            fault(
                error > CALIBRATION_ERROR_MAX,
                format!("the calibration error is {error:.2}: at most {CALIBRATION_ERROR_MAX} is allowed"),
            );
        }
        fault(
            stability.n < PARAPHRASES_MIN,
            format!("{} paraphrases are there: {PARAPHRASES_MIN} are needed", stability.n),
        );
        let stable = stability.value.unwrap_or_default();
        fault(
            stability.n >= PARAPHRASES_MIN && stable < STABILITY_MIN,
            format!("{} of paraphrases are answered alike: {} are needed", percent(stable), percent(STABILITY_MIN)),
        );
        Self { passed: faults.is_empty(), faults, coverage, agreement, calibration_error, stability }
    }
}

/// Audits a marker on a sample. `answers_in` are the languages in which it answers, be they in the sample or not: each in
/// which the sample holds answers is added. `scores_are_probabilities` says whether calibration can be asked for.
#[must_use]
pub fn audit(marker: &str, sample: &[Case], answers_in: &[Language], scores_are_probabilities: bool) -> Audit {
    let posts: Vec<&Case> = sample.iter().filter(|case| case.paraphrase_of.is_none()).collect();
    let pairs = pairs(sample);
    let mut unanswered: BTreeMap<String, u64> = BTreeMap::new();
    for case in posts.iter().filter(|case| case.answer.is_none()) {
        *unanswered.entry(case.language.code().to_owned()).or_default() += 1;
    }
    // The one cause of silence that whoever made the sample can mend.
    let hint = if unanswered.contains_key(Language::Other.code()) {
        "; where no language was told or could be told from the text, give the posts a `lang`"
    } else {
        ""
    };
    let whole = Judged::of(&posts, &pairs, scores_are_probabilities, hint);
    let answered_in = posts.iter().filter(|case| case.answer.is_some()).map(|case| case.language);
    let answers_in: BTreeSet<Language> = answers_in.iter().copied().chain(answered_in).collect();
    let in_language = |language: Language| {
        let posts: Vec<&Case> = posts.iter().copied().filter(|case| case.language == language).collect();
        let pairs: Vec<Pair<'_>> =
            pairs.iter().copied().filter(|(original, _)| original.language == language).collect();
        (language.code().to_owned(), Judged::of(&posts, &pairs, scores_are_probabilities, ""))
    };
    let languages: BTreeMap<String, Judged> = answers_in.into_iter().map(in_language).collect();
    let mut by_group: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in &posts {
        by_group.entry(case.group.as_deref().unwrap_or_default()).or_default().push(case);
    }
    by_group.remove("");
    let groups: BTreeMap<String, Agreement> =
        by_group.into_iter().map(|(group, cases)| (group.to_owned(), Agreement::of(cases.into_iter()))).collect();
    let Judged { mut faults, coverage, agreement, calibration_error, stability, .. } = whole;
    faults.extend(group_faults(&groups, agreement.youden().unwrap_or_default()));
    if faults.is_empty() && !languages.values().any(|judged| judged.passed) {
        faults.push("in no language by itself does the sample have enough posts on which it passes".to_owned());
    }
    let (marker, passed) = (marker.to_owned(), faults.is_empty());
    Audit { marker, passed, faults, languages, coverage, unanswered, agreement, groups, calibration_error, stability }
}

/// Where a marker does much worse in a group than on the whole, and where there are too few groups to tell.
fn group_faults(groups: &BTreeMap<String, Agreement>, youden: f64) -> Vec<String> {
    let is_judged = |own: &Agreement| own.sensitivity.n.min(own.specificity.n) >= GROUP_LABEL_MIN;
    let judged: Vec<_> = groups.iter().filter(|(_, own)| is_judged(own)).collect();
    let mut faults = Vec::new();
    if judged.len() < GROUPS_MIN {
        faults.push(format!(
            "{} groups have {GROUP_LABEL_MIN} posts of each label: {GROUPS_MIN} are needed, told by `group` (regions, \
             platforms)",
            judged.len()
        ));
    }
    for (group, own) in judged {
        let reached = own.youden().unwrap_or_default();
        if reached < GROUP_SHARE_MIN * youden {
            faults.push(format!(
                "in the group {group} sensitivity + specificity - 1 is {reached:.2}, less than half of the whole's"
            ));
        }
    }
    faults
}

/// Every post whose paraphrase is there too.
fn pairs(sample: &[Case]) -> Vec<Pair<'_>> {
    let by_id: HashMap<&str, &Case> = sample.iter().map(|case| (case.id.as_str(), case)).collect();
    let of = |case: &Case| by_id.get(case.paraphrase_of.as_deref()?).copied();
    sample.iter().filter_map(|case| Some((of(case)?, case))).collect()
}

fn stability(pairs: &[Pair<'_>]) -> Proportion {
    // Silence on one of two posts that say the same depends on the words.
    let is_alike = |(original, paraphrase): &&Pair<'_>| match (original.answer, paraphrase.answer) {
        (Some(original), Some(answer)) => original.present == answer.present,
        _ => false,
    };
    Proportion { k: pairs.iter().filter(is_alike).count() as u64, n: pairs.len() as u64 }
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

    const EN: &[Language] = &[Language::English];

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
        let found = audit("m", &sample(10, 10, 10), EN, true);
        assert_eq!(faults(&found), "");
        assert_eq!((found.agreement.sensitivity.k, found.agreement.sensitivity.n), (90, 100));
        assert!((found.agreement.youden().expect("labels") - 0.8).abs() < 1e-9);
        assert!(found.calibration_error.expect("probabilities") < 0.1);
        assert_eq!((found.stability.k, found.stability.n, found.groups.len()), (36, 40, 2));
        assert_eq!(found.in_languages(true), ["en"]);
    }

    #[test]
    fn a_language_passes_on_posts_of_its_own() {
        let both = [Language::English, Language::Spanish];
        let english = sample(10, 10, 10);
        let found = audit("m", &english, &both, true);
        assert_eq!((found.passed, found.in_languages(true), found.in_languages(false)), (true, vec!["en"], vec!["es"]));
        assert!(found.languages["es"].faults[0].contains("0 posts are answered: 200 are needed"), "{found:?}");

        let spanish = |cases: Vec<Case>| {
            cases.into_iter().map(|case| Case {
                id: format!("es{}", case.id),
                paraphrase_of: case.paraphrase_of.map(|of| format!("es{of}")),
                language: Language::Spanish,
                ..case
            })
        };
        let mixed: Vec<Case> = english.iter().cloned().chain(spanish(sample(10, 10, 10))).collect();
        assert_eq!(audit("m", &mixed, &both, true).in_languages(true), ["en", "es"]);
        // The whole passes, one half does not.
        let mixed: Vec<Case> = english.iter().cloned().chain(spanish(sample(40, 40, 10))).collect();
        let found = audit("m", &mixed, &both, false);
        assert_eq!((faults(&found).as_str(), found.in_languages(true)), ("", vec!["en"]));
        assert!(found.languages["es"].faults[0].contains("specificity - 1 is 0.20"), "{found:?}");
        // A hundred posts in each: enough together, and in neither.
        let half = |cases: Vec<Case>| cases.into_iter().filter(|case| case.id.len() < 3 || case.id.starts_with('p'));
        let mixed: Vec<Case> = half(sample(10, 10, 10)).chain(spanish(half(sample(10, 10, 10)).collect())).collect();
        let found = audit("m", &mixed, &both, false);
        assert!(faults(&found).starts_with("in no language by itself"), "{found:?}");
        // Where nobody says in which languages it answers, it is those it answered in.
        assert_eq!(audit("m", &english, &[], true).in_languages(true), ["en"]);
    }

    #[test]
    fn a_paraphrase_without_an_answer_is_answered_otherwise() {
        let mut silent = sample(10, 10, 10);
        silent.iter_mut().filter(|case| case.paraphrase_of.is_some()).take(20).for_each(|case| case.answer = None);
        let found = audit("m", &silent, EN, false);
        assert_eq!((found.stability.k, found.stability.n), (18, 40));
        assert!(faults(&found).contains("45 % of paraphrases are answered alike"), "{found:?}");
    }

    #[test]
    fn without_groups_to_compare_nothing_passes() {
        let mut alone = sample(10, 10, 10);
        alone.iter_mut().for_each(|case| case.group = None);
        assert!(faults(&audit("m", &alone, EN, false)).starts_with("0 groups have 30 posts of each label"));
        let mut small = sample(10, 10, 10);
        small.iter_mut().enumerate().for_each(|(n, case)| case.group = Some((n % 9).to_string()));
        assert!(faults(&audit("m", &small, EN, false)).starts_with("0 groups have 30 posts of each label"));
    }

    #[test]
    fn each_fault_is_told() {
        assert!(faults(&audit("m", &sample(40, 40, 10), EN, false)).contains("specificity - 1 is 0.20"));
        assert!(faults(&audit("m", &sample(0, 60, 10), EN, false)).contains("group b"));
        assert!(faults(&audit("m", &sample(10, 10, 2), EN, false)).contains("answered alike"));
        assert!(faults(&audit("m", &sample(10, 10, 10)[..200], EN, false)).contains("paraphrases"));
        assert!(faults(&audit("m", &sample(10, 10, 10)[..100], EN, false)).contains("200 are needed"));
        let mut overconfident = sample(20, 20, 10);
        overconfident.iter_mut().for_each(|case| {
            case.answer = case.answer.map(|said| Said { score: if said.present { 1.0 } else { 0.0 }, ..said });
        });
        assert!(faults(&audit("m", &overconfident, EN, true)).contains("calibration error is"));
        let mut silent = sample(10, 10, 10);
        let post = silent[0].clone();
        silent.extend((0..60).map(|n| Case { id: format!("s{n}"), answer: None, ..post.clone() }));
        let found = audit("m", &silent, EN, false);
        assert!(faults(&found).ends_with("it answers 77 % of the sample: 90 % are needed"), "{found:?}");
        assert_eq!(found.unanswered, BTreeMap::from([("en".to_owned(), 60)]));
        silent
            .iter_mut()
            .filter(|case| case.answer.is_none())
            .take(40)
            .for_each(|case| case.language = Language::Other);
        let found = audit("m", &silent, EN, false);
        assert!(faults(&found).contains("give the posts a `lang`"), "{found:?}");
        assert_eq!(found.unanswered, BTreeMap::from([("en".to_owned(), 20), ("other".to_owned(), 40)]));
        assert!(!audit("m", &[], EN, true).passed);
    }
}
