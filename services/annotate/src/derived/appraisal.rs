//! Appraisals of replies: how a reply sees what the post that it answers tells. The eight kinds are those of Yang and
//! Jurgens ("Modeling Empathetic Alignment in Conversation", NAACL 2024, arXiv 2405.00948), who mark where they are voiced;
//! of their data nothing was used. What is yes and what is no of each is our reading, after the dimensions of Smith and
//! Ellsworth (1985, *J. Pers. Soc. Psychol.* 48, 813-838), which have two ends.
//!
//! They are asked of posts that answer another. The end with more expressions holds (`lexica/appraisal`); without one, or
//! where both have as many, the aspect abstains: what a reply leaves out it does not deny. The valence head is not asked
//! about pleasantness: in a reply it is that of the comfort, and not that of what is answered.
//!
//! Series are made of pleasantness alone. The others were right too seldom on replies that the expressions were not
//! written for, or are hardly ever denied: of those who speak of a stock phrase nearly all use one, and a share of them
//! would tell nothing.

use super::facet::{Counted, Facet};
use super::{Cues, Derived, NO, YES};

const ASPECTS: [Facet; 8] = [
    Facet {
        marker: "support.appraisal.pleasantness",
        classes: &[(YES, "appraisal.pleasant"), (NO, "appraisal.unpleasant")],
        draw: None,
        counted: Counted::Yes,
    },
    Facet {
        marker: "support.appraisal.anticipated_effort",
        classes: &[(YES, "appraisal.effort"), (NO, "appraisal.no_effort")],
        draw: None,
        counted: Counted::Nothing,
    },
    Facet {
        marker: "support.appraisal.certainty",
        classes: &[(YES, "appraisal.certain"), (NO, "appraisal.uncertain")],
        draw: None,
        counted: Counted::Nothing,
    },
    Facet {
        marker: "support.appraisal.objective_experience",
        classes: &[(YES, "appraisal.lived"), (NO, "appraisal.not_lived")],
        draw: None,
        counted: Counted::Nothing,
    },
    Facet {
        marker: "support.appraisal.self_other_agency",
        classes: &[(YES, "appraisal.own_doing"), (NO, "appraisal.not_own_doing")],
        draw: None,
        counted: Counted::Nothing,
    },
    Facet {
        marker: "support.appraisal.situational_control",
        classes: &[(YES, "appraisal.circumstances"), (NO, "appraisal.in_hand")],
        draw: None,
        counted: Counted::Nothing,
    },
    Facet {
        marker: "support.appraisal.advice",
        classes: &[(YES, "appraisal.advice"), (NO, "appraisal.no_advice")],
        // "I can't tell you what to do, but try to sleep."
        draw: Some(YES),
        counted: Counted::Nothing,
    },
    Facet {
        marker: "support.appraisal.trope",
        classes: &[(YES, "appraisal.trope"), (NO, "appraisal.no_trope")],
        // "I won't say that everything happens for a reason."
        draw: Some(NO),
        counted: Counted::Nothing,
    },
];

/// The appraisals of a reply; none where nothing is answered, or where no expression of its language is known.
pub(crate) fn of(cues: &Cues) -> Vec<Derived> {
    if !cues.parent || !cues.is_read {
        return Vec::new();
    }
    ASPECTS.iter().map(|aspect| aspect.of(cues)).collect()
}

/// Every aspect's marker, its classes that are markers of their own, and the categories of its expressions.
pub(crate) fn facets() -> impl Iterator<Item = (&'static str, Vec<&'static str>, Vec<&'static str>)> {
    let aspects: &'static [Facet] = &ASPECTS;
    aspects.iter().map(Facet::explained)
}

#[cfg(test)]
mod tests {
    use super::{Cues, of};
    use crate::derived::{Derived, Labels, Scores};
    use tidemark_domain::Language;

    fn reply(text: &str) -> Vec<Derived> {
        of(&Cues { parent: true, ..Cues::read(text, Language::English) })
    }

    fn aspect(text: &str, name: &str) -> (String, Option<Scores>) {
        let found = reply(text).into_iter().find(|answer| answer.marker == format!("support.appraisal.{name}"));
        match found {
            Some(Derived { labels: Some(Labels::One(label)), scores, .. }) => (label, scores),
            other => panic!("one label, not {other:?}"),
        }
    }

    #[test]
    fn replies_alone_are_asked_where_expressions_are_known() {
        let read = |language| Cues::read("It's not your fault", language);
        assert!(of(&read(Language::English)).is_empty());
        assert!(of(&Cues { parent: true, ..read(Language::Other) }).is_empty());
        assert_eq!(reply("It's not your fault").len(), 8);
    }

    #[test]
    fn the_end_with_more_expressions_holds() {
        assert_eq!(aspect("It's not your fault, you are not to blame", "self_other_agency").0, "no");
        assert_eq!(aspect("It is your own fault", "self_other_agency").0, "yes");
        assert_eq!(aspect("Soup is ready", "self_other_agency").0, "abstain");
        assert_eq!(aspect("That's awful, and how wonderful that you are safe", "pleasantness").0, "abstain");
        assert_eq!(aspect("I am not proud of you", "pleasantness").0, "abstain", "what is denied says nothing");
    }

    #[test]
    fn pleasantness_alone_is_counted() {
        let said = aspect("That's awful, I'm so sorry, and what a relief that it ended", "pleasantness");
        assert_eq!(said.0, "no");
        assert!(matches!(said.1, Some(Scores::One(share)) if (share - 1.0 / 3.0).abs() < 1e-6), "{said:?}");
        let counted =
            reply("That's awful. It's not your fault, you should rest").iter().flat_map(Derived::each).count();
        assert_eq!(counted, 1);
    }

    #[test]
    fn advice_and_tropes_are_labels_that_a_draw_decides() {
        let said = "I can't tell you what to do, but you should sleep";
        assert_eq!(aspect(said, "advice"), ("yes".to_owned(), None));
        assert_eq!(aspect("I'm not going to say everything happens for a reason", "trope"), ("no".to_owned(), None));
    }
}
