//! Affective polarization: deeply negative emotion towards people who hold the opposing view (arXiv 2601.00927), made of
//! the hostility heads and of whom a post is aimed at (`lexica/aim`).
//!
//! It is asked where a topic or a parent is given. *Yes*: a hostility head holds and the post is aimed at people, by an
//! expression for people of a kind ("people like you", "these idiots") or, in a reply that does not agree, by "you".
//! *No*: no hostility head holds or abstains, and all of them are surer than 4 in 5. Everything else abstains.

use super::{Cues, Derived, NO, YES};
use tidemark_wire::annotated_file::{Labels, Scores};

/// The marker.
pub(crate) const AFFECT: &str = "polarization.affect";
/// The heads that say whether a post is hostile.
pub(crate) const HOSTILITY: [&str; 2] = ["hostility.offensive", "hostility.hate"];
/// The head that says whether a reply agrees, and its label for that it does.
pub(crate) const AGREEMENT: &str = "polarization.agreement";
pub(crate) const AGREES: &str = "agree";

/// A head that gives hostility this probability or less says that there is none.
const LOW: f32 = 0.2;

const PEOPLE: &str = "aim.people";
const ADDRESSED: &str = "aim.addressed";
/// The categories of all expressions that are counted.
pub(crate) const CUES: [&str; 2] = [PEOPLE, ADDRESSED];

/// The answer for a post; none where it is not asked or no hostility head answers. `hostility` is the probability of
/// each, and whether it holds, where it does not abstain; `agrees`, whether the post agrees with the one it answers, or
/// may agree.
pub(crate) fn of(hostility: &[(f32, Option<bool>)], agrees: bool, cues: &Cues) -> Option<Derived> {
    let highest = hostility.iter().map(|(score, _)| *score).reduce(f32::max)?;
    if !cues.topic && !cues.parent {
        return None;
    }
    let is_hostile = hostility.iter().any(|(_, holds)| *holds == Some(true));
    let is_calm = highest <= LOW && hostility.iter().all(|(_, holds)| *holds == Some(false));
    // "You" in a post that answers nobody may be anyone; in a reply that agrees it is a friend.
    let is_addressed = cues.parent && !agrees && cues.count(ADDRESSED) > 0;
    let label = match is_hostile {
        true if is_addressed || cues.count(PEOPLE) > 0 => YES,
        false if is_calm => NO,
        _ => return Some(Derived::abstaining(AFFECT)),
    };
    Some(Derived { marker: AFFECT, scores: Some(Scores::One(highest)), labels: Some(Labels::One(label.to_owned())) })
}

#[cfg(test)]
mod tests {
    use super::{Cues, of};
    use crate::derived::{Labels, Scores};
    use tidemark_domain::Language;

    const HOSTILE: (f32, Option<bool>) = (0.9, Some(true));
    const CALM: (f32, Option<bool>) = (0.1, Some(false));

    /// The label for a text, where a topic and a parent are given or not.
    fn label(
        text: &str,
        hostility: &[(f32, Option<bool>)],
        agrees: bool,
        (topic, parent): (bool, bool),
    ) -> Option<String> {
        let cues = Cues { topic, parent, ..Cues::read(text, Language::English) };
        of(hostility, agrees, &cues).map(|answer| match answer.labels {
            Some(Labels::One(label)) => label,
            other => panic!("one label, not {other:?}"),
        })
    }

    #[test]
    fn it_is_asked_with_a_context_and_where_a_head_answers() {
        assert_eq!(label("you idiots", &[HOSTILE], false, (false, false)), None);
        assert_eq!(label("you idiots", &[], false, (true, true)), None);
    }

    #[test]
    fn hostility_has_to_be_aimed_at_people() {
        let said = |text, hostility: &[_], agrees, given| label(text, hostility, agrees, given).expect("asked");
        let (topic, reply) = ((true, false), (false, true));
        assert_eq!(said("those hypocrites", &[CALM, HOSTILE], false, topic), "yes");
        assert_eq!(said("damn weather", &[HOSTILE], false, topic), "abstain");
        assert_eq!(said("damn you", &[HOSTILE], false, reply), "yes");
        assert_eq!(said("damn you", &[HOSTILE], false, topic), "abstain", "anyone may be meant");
        assert_eq!(said("damn, you are good", &[HOSTILE], true, reply), "abstain", "a friend is meant");
    }

    #[test]
    fn no_is_said_where_all_heads_are_sure() {
        let said = |hostility: &[_]| label("I think otherwise", hostility, false, (true, false)).expect("asked");
        assert_eq!(said(&[CALM, CALM]), "no");
        assert_eq!(said(&[CALM, (0.3, Some(false))]), "abstain");
        assert_eq!(said(&[CALM, (0.15, None)]), "abstain", "a head that does not decide is not sure");
        let cues = Cues { topic: true, ..Cues::default() };
        assert_eq!(of(&[CALM, (0.15, Some(false))], false, &cues).and_then(|no| no.scores), Some(Scores::One(0.15)));
    }
}
