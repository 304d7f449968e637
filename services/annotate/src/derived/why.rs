//! Which derived markers can be explained, and by what. Arousal and dominance cannot: no label makes a mean.

use super::{Derived, affect, appraisal, loneliness, parrott};
use tidemark_domain::marker::name_part;
use tidemark_wire::annotated_file::{Labels, Scores};

/// What explains a derived marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The label of [`parrott::SOURCE`] that won: below an emotion of a level, or below any of them.
    RollUp { level: &'static str, emotion: Option<&'static str> },
    /// The expressions that a rule counts and the heads that it reads.
    Rule(Rule),
}

/// A marker made by a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The marker.
    pub(crate) marker: &'static str,
    /// The class that is asked about; none is the one that was decided.
    pub(crate) class: Option<&'static str>,
    /// The categories of the expressions it counts.
    pub(crate) cues: Vec<&'static str>,
    /// The heads of which the likeliest is its score; none where it counts expressions alone.
    pub(crate) heads: &'static [&'static str],
}

/// Every derived marker that can be made where the heads that `has_head` tells of answer, by name. What a head answers is
/// not derived.
pub(crate) fn explainable(has_head: impl Fn(&str) -> bool) -> Vec<(String, Why)> {
    let mut all = Vec::new();
    let levels = [parrott::PRIMARY, parrott::SECONDARY].into_iter();
    for level in levels.filter(|level| has_head(parrott::SOURCE) && !has_head(level)) {
        all.push((level.to_owned(), Why::RollUp { level, emotion: None }));
        let each = parrott::emotions(level).into_iter();
        all.extend(each.map(|name| (part(level, name), Why::RollUp { level, emotion: Some(name) })));
    }
    let facets = loneliness::facets().chain(appraisal::facets());
    for (marker, classes, cues) in facets.filter(|(marker, ..)| !has_head(marker)) {
        let why = |class| Why::Rule(Rule { marker, class, cues: cues.clone(), heads: &[] });
        all.push((marker.to_owned(), why(None)));
        all.extend(classes.iter().map(|class| (part(marker, class), why(Some(*class)))));
    }
    if affect::HOSTILITY.iter().any(|head| has_head(head)) && !has_head(affect::AFFECT) {
        let rule = Rule { marker: affect::AFFECT, class: None, cues: affect::CUES.to_vec(), heads: &affect::HOSTILITY };
        all.push((affect::AFFECT.to_owned(), Why::Rule(rule)));
    }
    all
}

fn part(marker: &str, name: &str) -> String {
    format!("{marker}.{}", name_part(name))
}

impl Derived {
    /// A label and its score: those of `class` where the answer has scores and one is asked about, else of what was decided.
    pub(crate) fn told(&self, class: Option<&str>) -> (Option<String>, Option<f32>) {
        let decided = match &self.labels {
            Some(Labels::One(label)) => Some(label.clone()),
            _ => None,
        };
        match &self.scores {
            None => (decided, None),
            Some(Scores::One(score)) => (decided, Some(*score)),
            Some(Scores::Each(each)) => {
                let label = class.map(str::to_owned).or(decided);
                let score = label.as_ref().and_then(|label| each.get(label)).copied();
                (label, score)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Derived, Labels, Scores, Why, explainable};
    use crate::derived::{affect, parrott};

    fn names(heads: &[&str]) -> Vec<String> {
        explainable(|head| heads.contains(&head)).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_can_be_made_can_be_explained_but_for_means() {
        let cues_alone = names(&[]);
        assert!(cues_alone.iter().any(|name| name == "loneliness.interpersonal.family"), "{cues_alone:?}");
        assert!(cues_alone.iter().any(|name| name == "loneliness.duration"), "{cues_alone:?}");
        // A label that no series counts is no marker.
        assert!(!cues_alone.iter().any(|name| name == "loneliness.duration.enduring"), "{cues_alone:?}");
        let of_cues = |name: &str| name.starts_with("loneliness.") || name.starts_with("support.appraisal.");
        assert!(cues_alone.iter().all(|name| of_cues(name)), "{cues_alone:?}");
        assert_eq!(cues_alone.iter().filter(|name| name.starts_with("support.appraisal.")).count(), 8);
        let all = names(&[parrott::SOURCE, "hostility.hate"]);
        for name in ["emotion.primary", "emotion.primary.fear", "emotion.secondary.cheerfulness", affect::AFFECT] {
            assert!(all.iter().any(|known| known == name), "{name}: {all:?}");
        }
        assert!(!all.iter().any(|name| name.starts_with("vad.")), "{all:?}");
    }

    #[test]
    fn what_a_head_answers_is_not_explained_a_second_time() {
        let names = names(&[parrott::SOURCE, parrott::PRIMARY, "hostility.hate", affect::AFFECT, "loneliness.context"]);
        assert!(!names.iter().any(|name| name.starts_with(parrott::PRIMARY)), "{names:?}");
        assert!(!names.iter().any(|name| name == affect::AFFECT || name == "loneliness.context"), "{names:?}");
        assert!(names.iter().any(|name| name == parrott::SECONDARY), "{names:?}");
    }

    #[test]
    fn a_rule_names_its_expressions_and_the_heads_it_reads() {
        let of = |heads: &[&str], wanted: &str| {
            let found = explainable(|head| heads.contains(&head)).into_iter().find(|(name, _)| name == wanted);
            match found {
                Some((_, Why::Rule(rule))) => rule,
                other => panic!("a rule, not {other:?}"),
            }
        };
        let family = of(&[], "loneliness.interpersonal.family");
        assert_eq!((family.marker, family.class), ("loneliness.interpersonal", Some("family")));
        assert!(family.cues.contains(&"loneliness_facets.interpersonal_romantic"), "{family:?}");
        assert!(family.cues.contains(&"solitude.wanted") && family.heads.is_empty(), "{family:?}");
        let affect = of(&["hostility.offensive"], affect::AFFECT);
        assert_eq!(affect.cues, ["aim.people", "aim.addressed"]);
        assert_eq!(affect.heads, ["hostility.offensive", "hostility.hate"]);
    }

    #[test]
    fn a_class_that_is_asked_about_has_its_own_score() {
        let shares = [("family".to_owned(), 0.75), ("romantic".to_owned(), 0.25)];
        let answer = Derived {
            marker: "loneliness.interpersonal",
            scores: Some(Scores::Each(shares.into())),
            labels: Some(Labels::One("family".to_owned())),
        };
        assert_eq!(answer.told(None), (Some("family".to_owned()), Some(0.75)));
        assert_eq!(answer.told(Some("romantic")), (Some("romantic".to_owned()), Some(0.25)));
        let silent = Derived::abstaining("loneliness.interpersonal");
        assert_eq!(silent.told(Some("romantic")), (Some("abstain".to_owned()), None));
    }
}
