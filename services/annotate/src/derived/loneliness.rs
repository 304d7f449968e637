//! Facets of loneliness: for how long, in what context, missing whom, and what a post is after. The classes are those of
//! Jiang et al. (FIG-Loneliness, arXiv 2201.07423); of its data nothing was used.
//!
//! They are asked of lonely posts only. The class is the one with the most cues (`lexica/loneliness_facets`); its score,
//! and that of the others, is its share of the facet's cues, where the facet was right often enough to be counted. Without
//! a cue, or where two classes have as many, the facet abstains; a duration of which two are said is ambiguous. That a
//! facet does not apply is never said.

use super::facet::{Counted, Facet};
use super::{Cues, Derived};

/// The head that says whether a post is lonely.
pub(crate) const IS_LONELY: &str = "loneliness.is_lonely";

/// Solitude that is wanted.
const WANTED: &str = "solitude.wanted";

const AMBIGUOUS: &str = "ambiguous";

const FACETS: [Facet; 4] = [
    Facet {
        marker: "loneliness.duration",
        classes: &[
            ("transient", "loneliness_facets.duration_transient"),
            ("enduring", "loneliness_facets.duration_enduring"),
            (AMBIGUOUS, "loneliness_facets.duration_ambiguous"),
        ],
        draw: Some(AMBIGUOUS),
        counted: Counted::Nothing,
    },
    Facet {
        marker: "loneliness.context",
        classes: &[
            ("social", "loneliness_facets.context_social"),
            ("physical", "loneliness_facets.context_physical"),
            ("somatic", "loneliness_facets.context_somatic"),
            ("romantic", "loneliness_facets.context_romantic"),
        ],
        draw: None,
        counted: Counted::Nothing,
    },
    Facet {
        marker: "loneliness.interpersonal",
        classes: &[
            ("romantic", "loneliness_facets.interpersonal_romantic"),
            ("friendship", "loneliness_facets.interpersonal_friendship"),
            ("family", "loneliness_facets.interpersonal_family"),
            ("colleagues", "loneliness_facets.interpersonal_colleagues"),
        ],
        draw: None,
        counted: Counted::Each,
    },
    Facet {
        marker: "loneliness.interaction",
        classes: &[
            ("seeking advice", "loneliness_facets.interaction_seeking_advice"),
            ("providing help", "loneliness_facets.interaction_providing_help"),
            ("seeking validation and affirmation", "loneliness_facets.interaction_seeking_validation_and_affirmation"),
            ("reaching out", "loneliness_facets.interaction_reaching_out"),
            ("non-directed", "loneliness_facets.interaction_non_directed"),
        ],
        draw: None,
        counted: Counted::Nothing,
    },
];

/// The facets of a post; none where it is not lonely. What the head says of that holds; where there is none, a post is
/// lonely that speaks of loneliness more often than of solitude it wants.
pub(crate) fn of(is_lonely: Option<bool>, cues: &Cues) -> Vec<Derived> {
    if !is_lonely.unwrap_or_else(|| cues.lonely > cues.count(WANTED)) {
        return Vec::new();
    }
    FACETS.iter().map(|facet| facet.of(cues)).collect()
}

/// Every facet's marker, its classes that are markers of their own, and the categories of the expressions that are counted,
/// those of wanted solitude among them.
pub(crate) fn facets() -> impl Iterator<Item = (&'static str, Vec<&'static str>, Vec<&'static str>)> {
    let facets: &'static [Facet] = &FACETS;
    facets.iter().map(|facet| {
        let (marker, classes, mut cues) = facet.explained();
        cues.push(WANTED);
        (marker, classes, cues)
    })
}

#[cfg(test)]
mod tests {
    use super::{Cues, of};
    use crate::derived::{Derived, Labels, Scores};
    use tidemark_domain::Language;

    fn facet(text: &str, name: &str) -> Derived {
        let answers = of(Some(true), &Cues::read(text, Language::English));
        answers.into_iter().find(|answer| answer.marker == format!("loneliness.{name}")).expect("asked")
    }

    fn label(answer: &Derived) -> &str {
        match &answer.labels {
            Some(Labels::One(label)) => label,
            _ => "",
        }
    }

    #[test]
    fn the_class_with_the_most_cues_holds() {
        let answer = facet("Years of this, always the same, and tonight again", "duration");
        assert_eq!((label(&answer), answer.each().len()), ("enduring", 0), "a label that no series counts");
        let answer = facet("my mother and my mother and my friend", "interpersonal");
        let Some(Scores::Each(shares)) = &answer.scores else { panic!("shares") };
        assert!((shares["family"] - 2.0 / 3.0).abs() < 1e-6 && shares["colleagues"] == 0.0, "{shares:?}");
        assert_eq!(answer.each().iter().filter(|score| score.present).count(), 1);
    }

    #[test]
    fn a_draw_is_ambiguous_in_time_and_nothing_elsewhere() {
        assert_eq!(label(&facet("tonight, as always", "duration")), "ambiguous");
        let draw = facet("my mother and my friend", "interpersonal");
        assert_eq!((label(&draw), draw.each().len()), ("abstain", 0));
        assert_eq!(label(&facet("so lonely", "interaction")), "abstain");
    }

    #[test]
    fn only_lonely_posts_are_asked() {
        let cues = |lonely, text| Cues { lonely, ..Cues::read(text, Language::English) };
        assert!(of(Some(false), &cues(3, "so lonely tonight")).is_empty(), "a head that answers decides");
        assert!(of(None, &cues(0, "tonight")).is_empty());
        assert!(of(None, &cues(1, "I love being alone")).is_empty(), "solitude that is wanted");
        assert_eq!(of(None, &cues(2, "I love being alone, but now I am lonely")).len(), 4);
    }
}
