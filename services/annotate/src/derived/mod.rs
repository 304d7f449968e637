//! Markers that no head answers and for which nobody has labelled posts: made of what heads and expressions say, by
//! rules that anyone can follow (docs/markers.md).
//!
//! [`all`] is the one place where they are made, in the shape of an annotated file; what a series counts is read off
//! that shape ([`Derived::each`]), so that file and series cannot disagree. A rule that cannot say answers `abstain`
//! without scores; one that is not asked answers nothing. A head that abstains tells a rule neither yes nor no. What
//! explains them is told by `why`.

mod affect;
mod appraisal;
mod cues;
mod facet;
mod loneliness;
mod parrott;
#[cfg(test)]
mod sets;
mod vad;
mod why;

pub(crate) use cues::{Cues, LONELINESS, is_given};
pub(crate) use parrott::{SOURCE as EMOTIONS, winner};
pub(crate) use why::{Rule, Why, explainable};

use std::collections::BTreeMap;
use tidemark_domain::{Score, marker};
use tidemark_wire::annotated_file::{Labels, Scores};

/// The label of a yes/no marker that means that it is present.
pub(crate) const YES: &str = "yes";
/// The other one.
pub(crate) const NO: &str = "no";

/// What a head said of a post.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    /// The head's labels.
    pub(crate) labels: &'a [String],
    /// A score for each; of a yes/no head, only that of `yes`.
    pub(crate) scores: &'a [f32],
    /// Indices of the labels that hold.
    pub(crate) holding: &'a [usize],
}

impl Said<'_> {
    fn holds(&self, label: &str) -> bool {
        self.holding.iter().any(|&place| self.labels.get(place).is_some_and(|name| name == label))
    }

    /// Of a yes/no head: whether it is a yes; none where it abstains.
    fn decided(&self) -> Option<bool> {
        (!self.holding.is_empty()).then(|| self.holds(YES))
    }
}

/// A derived marker's answer for a post, as an annotated file holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Derived {
    /// The marker.
    pub(crate) marker: &'static str,
    /// Its score or scores; none where it abstains.
    pub(crate) scores: Option<Scores>,
    /// What was decided; nothing of a value on a scale.
    pub(crate) labels: Option<Labels>,
}

impl Derived {
    /// One that cannot say.
    fn abstaining(marker: &'static str) -> Self {
        Self { marker, scores: None, labels: Some(Labels::abstention()) }
    }

    /// Whether it could not say.
    pub(crate) fn abstains(&self) -> bool {
        self.labels.as_ref().is_some_and(Labels::abstains)
    }

    /// One score per marker: several labels are a marker each, present where they hold. A value on a scale is none: nobody
    /// shows it or does not, so that it has no prevalence.
    pub(crate) fn each(&self) -> Vec<Score> {
        let holds = |label: &str| match &self.labels {
            Some(Labels::One(one)) => one == label,
            Some(Labels::Each(each)) => each.iter().any(|one| one == label),
            None => false,
        };
        match &self.scores {
            _ if self.labels.is_none() => Vec::new(),
            None => Vec::new(),
            Some(Scores::One(score)) => {
                vec![Score { marker: self.marker.to_owned(), score: *score, present: holds(YES) }]
            }
            Some(Scores::Each(each)) => each
                .iter()
                .map(|(label, &score)| Score {
                    marker: format!("{}.{}", self.marker, marker::name_part(label)),
                    score,
                    present: holds(label),
                })
                .collect(),
        }
    }
}

/// Every derived marker of a post. `said` answers what the head of a marker said, where there is one that answers in the
/// post's language.
pub(crate) fn all<'a>(said: impl Fn(&str) -> Option<Said<'a>>, cues: &Cues) -> Vec<Derived> {
    let mut derived = Vec::new();
    if let Some(emotions) = said(parrott::SOURCE) {
        derived.extend(roll_up(emotions));
        derived.extend(vad::of(emotions.labels, emotions.scores));
    }
    derived.extend(loneliness::of(said(loneliness::IS_LONELY).map(|lonely| lonely.holds(YES)), cues));
    let hostility = affect::HOSTILITY.iter().filter_map(|head| said(head));
    let hostility: Vec<(f32, Option<bool>)> =
        hostility.filter_map(|head| Some((*head.scores.first()?, head.decided()))).collect();
    let agreement = said(affect::AGREEMENT);
    // A reply of which it is not known may agree.
    let agrees = agreement.is_some_and(|reply| reply.holding.is_empty() || reply.holds(affect::AGREES));
    derived.extend(affect::of(&hostility, agrees, cues));
    derived.extend(appraisal::of(cues));
    // What a head answers is not made a second time.
    derived.retain(|derived| said(derived.marker).is_none());
    derived
}

/// Parrott's two levels.
fn roll_up(emotions: Said<'_>) -> impl Iterator<Item = Derived> {
    parrott::roll_up(emotions.labels, emotions.scores, emotions.holding).into_iter().map(|(marker, emotions)| {
        let holding = emotions.iter().filter(|emotion| emotion.present).map(|emotion| emotion.name.to_owned());
        let labels = Some(Labels::Each(holding.collect()));
        let each: BTreeMap<_, _> = emotions.iter().map(|emotion| (emotion.name.to_owned(), emotion.score)).collect();
        Derived { marker, scores: Some(Scores::Each(each)), labels }
    })
}

#[cfg(test)]
mod tests {
    use super::{Cues, Derived, Labels, Said, Scores, all};
    use tidemark_domain::Language;
    use tidemark_wire::annotated_file::ABSTAIN;

    /// A head's marker and labels, its scores, and which labels hold.
    type Head<'a> = (&'a str, &'a [&'a str], &'a [f32], &'a [usize]);

    /// The answers of `all` where the heads are these.
    fn derived(heads: &[Head<'_>], cues: &Cues) -> Vec<Derived> {
        let owned: Vec<Vec<String>> =
            heads.iter().map(|(_, labels, ..)| labels.iter().map(|label| (*label).to_owned()).collect()).collect();
        let said = |marker: &str| {
            let place = heads.iter().position(|(name, ..)| *name == marker)?;
            let (_, _, scores, holding) = heads[place];
            Some(Said { labels: &owned[place], scores, holding })
        };
        all(said, cues)
    }

    #[test]
    fn file_and_series_say_the_same() {
        let heads: &[Head<'_>] = &[("emotion.goemotions", &["joy", "fear", "neutral"], &[0.8, 0.1, 0.1], &[0])];
        let found = derived(heads, &Cues::default());
        let markers: Vec<_> = found.iter().map(|derived| derived.marker).collect();
        assert_eq!(markers, ["emotion.primary", "emotion.secondary", "vad.arousal", "vad.dominance"]);
        let each: Vec<_> = found.iter().flat_map(Derived::each).collect();
        let of = |name: &str| each.iter().find(|score| score.marker == name).map(|score| (score.score, score.present));
        assert_eq!(of("emotion.primary.joy"), Some((0.8, true)));
        assert_eq!(of("emotion.secondary.horror"), Some((0.1, false)));
        assert_eq!(of("vad.arousal"), None, "a value on a scale has no prevalence");
    }

    #[test]
    fn what_a_head_answers_is_not_derived() {
        let heads: &[Head<'_>] =
            &[("emotion.goemotions", &["joy"], &[0.8], &[0]), ("vad.arousal", &["arousal"], &[0.3], &[])];
        let found = derived(heads, &Cues::default());
        assert!(found.iter().all(|derived| derived.marker != "vad.arousal"));
        assert!(found.iter().any(|derived| derived.marker == "vad.dominance"));
    }

    #[test]
    fn one_that_abstains_has_a_label_and_counts_nowhere() {
        let abstaining = Derived::abstaining("loneliness.duration");
        assert_eq!(abstaining.labels, Some(Labels::One(ABSTAIN.to_owned())));
        assert!(abstaining.abstains() && abstaining.each().is_empty());
        let yes = Derived {
            marker: "polarization.affect",
            scores: Some(Scores::One(0.9)),
            labels: Some(Labels::One("yes".to_owned())),
        };
        assert!(!yes.abstains() && yes.each()[0].present);
    }

    #[test]
    fn what_is_made_of_a_head_that_abstains_abstains_or_is_not_asked() {
        let label = |holding: &[usize]| {
            let cues = Cues { topic: true, ..Cues::read("I think otherwise", Language::English) };
            let heads: &[Head<'_>] = &[("hostility.hate", &["no", "yes"], &[0.15], holding)];
            derived(heads, &cues).remove(0).labels
        };
        assert_eq!(label(&[0]), Some(Labels::One("no".to_owned())));
        assert_eq!(label(&[]), Some(Labels::abstention()));
        let damned = |agreement: &[usize]| {
            let cues = Cues { parent: true, ..Cues::read("damn you", Language::English) };
            let heads: &[Head<'_>] = &[
                ("hostility.hate", &["no", "yes"], &[0.9], &[1]),
                ("polarization.agreement", &["agree", "neutral", "disagree"], &[0.3, 0.3, 0.4], agreement),
            ];
            derived(heads, &cues).remove(0).labels
        };
        assert_eq!(damned(&[2]), Some(Labels::One("yes".to_owned())));
        assert_eq!((damned(&[0]), damned(&[])), (Some(Labels::abstention()), Some(Labels::abstention())));
        let lonely = |holding: &[usize]| {
            let cues = Cues { lonely: 1, ..Cues::read("so lonely tonight", Language::English) };
            derived(&[("loneliness.is_lonely", &["no", "yes"], &[0.5], holding)], &cues).len()
        };
        assert_eq!((lonely(&[1]), lonely(&[0]), lonely(&[])), (4, 0, 0));
    }
}
