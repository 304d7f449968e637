//! Parrott's emotions (W. G. Parrott, *Emotions in Social Psychology*, 2001) as a roll-up of GoEmotions' labels.
//!
//! Each label of GoEmotions stands in Parrott's tree where the tree has its word (amusement under cheerfulness, remorse
//! under shame); admiration stands with adoration, under affection. Approval, confusion, curiosity, disapproval,
//! gratitude, realization and neutral have no place in it. Eight of the 25 secondary emotions have no label below them
//! and are not answered: longing, contentment, enthrallment, exasperation, envy, torment, suffering, sympathy.

use super::Said;

/// The head that is rolled up.
pub(crate) const SOURCE: &str = "emotion.goemotions";
/// The marker of the six primary emotions.
pub(crate) const PRIMARY: &str = "emotion.primary";
/// The marker of the secondary ones.
pub(crate) const SECONDARY: &str = "emotion.secondary";

/// (GoEmotions label, secondary emotion, primary emotion).
const TREE: [(&str, &str, &str); 21] = [
    ("admiration", "affection", "love"),
    ("caring", "affection", "love"),
    ("love", "affection", "love"),
    ("desire", "lust", "love"),
    ("amusement", "cheerfulness", "joy"),
    ("joy", "cheerfulness", "joy"),
    ("excitement", "zest", "joy"),
    ("pride", "pride", "joy"),
    ("optimism", "optimism", "joy"),
    ("relief", "relief", "joy"),
    ("surprise", "surprise", "surprise"),
    ("annoyance", "irritation", "anger"),
    ("anger", "rage", "anger"),
    ("disgust", "disgust", "anger"),
    ("grief", "sadness", "sadness"),
    ("sadness", "sadness", "sadness"),
    ("disappointment", "disappointment", "sadness"),
    ("remorse", "shame", "sadness"),
    ("embarrassment", "neglect", "sadness"),
    ("fear", "horror", "fear"),
    ("nervousness", "nervousness", "fear"),
];

/// One emotion's answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Emotion {
    /// Its name.
    pub(crate) name: &'static str,
    /// The largest probability of the labels below it: at least one of them holds with that probability or more.
    pub(crate) score: f32,
    /// Whether one of them holds.
    pub(crate) present: bool,
}

/// Primary and secondary emotions of one post, in the order of the tree. `labels` are the head's, with a score each, and
/// `holding` the indices of those that hold.
pub(crate) fn roll_up(labels: &[String], scores: &[f32], holding: &[usize]) -> [(&'static str, Vec<Emotion>); 2] {
    let (mut primary, mut secondary): (Vec<Emotion>, Vec<Emotion>) = (Vec::new(), Vec::new());
    for (label, second, first) in TREE {
        let Some(place) = labels.iter().position(|name| name == label) else { continue };
        let Some(&score) = scores.get(place) else { continue };
        let present = holding.contains(&place);
        for (level, name) in [(&mut primary, first), (&mut secondary, second)] {
            match level.iter_mut().find(|emotion| emotion.name == name) {
                Some(emotion) => {
                    emotion.score = emotion.score.max(score);
                    emotion.present |= present;
                }
                None => level.push(Emotion { name, score, present }),
            }
        }
    }
    [(PRIMARY, primary), (SECONDARY, secondary)]
}

/// The emotions of a level, in the order of the tree.
pub(crate) fn emotions(level: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = TREE.iter().map(|row| name(level, row)).collect();
    // What stands below one emotion stands together.
    names.dedup();
    names
}

fn name(level: &str, (_, second, first): &(&'static str, &'static str, &'static str)) -> &'static str {
    if level == PRIMARY { first } else { second }
}

/// The label that makes an emotion of a level, or any emotion of it, and the emotion it makes: the likeliest of the labels
/// that hold or, where none does, of all. An emotion is present by the former, and its score is that of the likeliest.
pub(crate) fn winner(level: &str, emotion: Option<&str>, said: Said<'_>) -> Option<(&'static str, usize)> {
    let below = TREE.iter().filter_map(|row| {
        let place = said.labels.iter().position(|label| label == row.0)?;
        let score = *said.scores.get(place)?;
        Some((said.holding.contains(&place), score, name(level, row), place))
    });
    let below = below.filter(|(.., name, _)| emotion.is_none_or(|emotion| emotion == *name));
    let (.., name, place) = below.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))?;
    Some((name, place))
}

#[cfg(test)]
mod tests {
    use super::{PRIMARY, SECONDARY, Said, emotions, roll_up, winner};

    #[test]
    fn an_emotion_is_as_likely_as_the_likeliest_below_it() {
        let labels = ["joy", "amusement", "nervousness", "fear", "neutral"].map(str::to_owned);
        let [(_, primary), (_, secondary)] = roll_up(&labels, &[0.2, 0.7, 0.4, 0.1, 0.9], &[1, 2, 4]);
        let said = |level: &[super::Emotion]| -> Vec<_> {
            level.iter().map(|emotion| (emotion.name, emotion.score, emotion.present)).collect()
        };
        assert_eq!(said(&primary), [("joy", 0.7, true), ("fear", 0.4, true)]);
        assert_eq!(said(&secondary), [("cheerfulness", 0.7, true), ("horror", 0.1, false), ("nervousness", 0.4, true)]);
    }

    #[test]
    fn the_label_that_wins_is_one_that_holds_where_one_does() {
        let labels = ["joy", "amusement", "nervousness", "fear", "neutral"].map(str::to_owned);
        let said = |holding: &'static [usize]| Said { labels: &labels, scores: &[0.2, 0.7, 0.4, 0.1, 0.9], holding };
        assert_eq!(winner(PRIMARY, None, said(&[2, 4])), Some(("fear", 2)));
        assert_eq!(winner(PRIMARY, None, said(&[4])), Some(("joy", 1)), "neutral has no place in the tree");
        assert_eq!(winner(PRIMARY, Some("joy"), said(&[0, 2])), Some(("joy", 0)));
        assert_eq!(winner(SECONDARY, Some("horror"), said(&[2])), Some(("horror", 3)));
        assert_eq!(winner(SECONDARY, Some("pride"), said(&[])), None);
    }

    #[test]
    fn a_level_names_each_emotion_once() {
        assert_eq!(emotions(PRIMARY), ["love", "joy", "surprise", "anger", "sadness", "fear"]);
        let secondary = emotions(SECONDARY);
        assert_eq!((secondary.len(), secondary[0], secondary[16]), (17, "affection", "nervousness"));
    }
}
