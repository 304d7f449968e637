//! One reply and the post it answers.

/// What a post's labels say, as far as they say anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    /// The side taken on the topic, in lower case; `None` where no side is taken or none is known.
    pub stance: Option<String>,
    /// Whether deep negative emotion is shown towards people who hold the opposing view.
    pub affect: Option<bool>,
    /// Whether the post agrees with the one it answers.
    pub agreement: Option<bool>,
}

/// Words for "no side is taken, or it cannot be told".
const NO_STANCE: [&str; 14] = [
    "none",
    "neutral",
    "don't know",
    "dont know",
    "do not know",
    "unknown",
    "abstain",
    "na",
    "n/a",
    "nan",
    "null",
    "-",
    "?",
    "",
];

/// A label as it is compared: without space around it, in lower case, its apostrophes straight.
fn word(text: &str) -> String {
    let straight = |character: char| {
        if matches!(character, '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{b4}' | '`') { '\'' } else { character }
    };
    text.trim().to_lowercase().chars().map(straight).collect()
}

impl Labels {
    /// Reads labels in the words of the annotated file (`favor`, `against`, `none`; `yes`, `no`; `agree`, `neutral`,
    /// `disagree`) or of the paper (`belief`, `pro`, `don't know`, …). A word that is not known says nothing.
    #[must_use]
    pub fn read(stance: Option<&str>, affect: Option<&str>, agreement: Option<&str>) -> Self {
        Self {
            stance: stance.map(word).filter(|stance| !NO_STANCE.contains(&stance.as_str())),
            affect: match affect.map(word).as_deref() {
                Some("yes") => Some(true),
                Some("no") => Some(false),
                _ => None,
            },
            agreement: match agreement.map(word).as_deref() {
                Some("yes" | "agree") => Some(true),
                Some("no" | "neutral" | "disagree") => Some(false),
                _ => None,
            },
        }
    }
}

/// What to make of labels that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// An interaction whose score depends on them has none.
    #[default]
    Strict,
    /// As the paper reads them: two unknown stances are the same stance, and anything but yes is no.
    Paper,
}

/// The score of an interaction, 0 (least polarized) to 10; `None` where the labels do not settle it.
///
/// Two who share a side polarize each other most where they also despise the other side and agree; two of different
/// sides least where they agree without contempt.
///
/// | stance | affect on either side | reply agrees | otherwise |
/// |---|---|---|---|
/// | same | yes | 10 | 8 |
/// | same | no | 6 | 2 |
/// | different | yes | 6 | 8 |
/// | different | no | 0 | 4 |
#[must_use]
pub fn score(parent: &Labels, reply: &Labels, mode: Mode) -> Option<u8> {
    let (same, affect, agrees) = match mode {
        Mode::Paper => {
            let affect = parent.affect == Some(true) || reply.affect == Some(true);
            (parent.stance == reply.stance, affect, reply.agreement == Some(true))
        }
        Mode::Strict => {
            let same = parent.stance.as_ref()? == reply.stance.as_ref()?;
            let affect = match (parent.affect, reply.affect) {
                (Some(true), _) | (_, Some(true)) => true,
                (Some(false), Some(false)) => false,
                _ => return None,
            };
            (same, affect, reply.agreement?)
        }
    };
    Some(match (same, affect, agrees) {
        (true, true, true) => 10,
        (true, true, false) | (false, true, false) => 8,
        (true, false, true) | (false, true, true) => 6,
        (false, false, false) => 4,
        (true, false, false) => 2,
        (false, false, true) => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::{Labels, Mode, score};

    fn labels(stance: &str, affect: &str, agreement: &str) -> Labels {
        Labels::read(Some(stance), Some(affect), Some(agreement))
    }

    #[test]
    fn all_eight_cells() {
        let cells = [
            ("favor", "favor", true, "agree", 10),
            ("favor", "favor", true, "disagree", 8),
            ("favor", "favor", false, "agree", 6),
            ("favor", "favor", false, "neutral", 2),
            ("favor", "against", true, "agree", 6),
            ("favor", "against", true, "disagree", 8),
            ("favor", "against", false, "agree", 0),
            ("favor", "against", false, "neutral", 4),
        ];
        for (first, second, affect, agreement, expected) in cells {
            // It does not matter on whose side the contempt is.
            let sides = if affect { vec![("yes", "no"), ("no", "yes"), ("yes", "yes")] } else { vec![("no", "no")] };
            for (parent_affect, reply_affect) in sides {
                let parent = labels(first, parent_affect, "");
                let reply = labels(second, reply_affect, agreement);
                for mode in [Mode::Strict, Mode::Paper] {
                    assert_eq!(score(&parent, &reply, mode), Some(expected), "{first} {second} {affect} {agreement}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_known_has_no_score_unless_the_paper_is_followed() {
        let full = labels("favor", "no", "agree");
        for (unknown, published) in [
            (labels("don't know", "no", "agree"), 0),
            (labels("abstain", "no", "agree"), 0),
            (labels("Neutral", "no", "agree"), 0),
            (labels("Don\u{2019}t know ", "no", "agree"), 0),
            (labels("do not know", "no", "agree"), 0),
            (labels("NA", "no", "agree"), 0),
            (labels("n/a", "no", "agree"), 0),
            (labels("favor", "", "agree"), 6),
            (labels("favor", "no", "abstain"), 2),
        ] {
            assert_eq!(score(&full, &unknown, Mode::Strict), None);
            assert_eq!(score(&full, &unknown, Mode::Paper), Some(published));
        }
        let nobody = Labels::default();
        assert_eq!(score(&nobody, &nobody, Mode::Strict), None);
        assert_eq!(score(&nobody, &nobody, Mode::Paper), Some(2), "two unknown stances count as the same");
        // Contempt on one side settles the question, whatever the other side's label.
        assert_eq!(score(&labels("pro", "yes", ""), &labels("anti", "", "no"), Mode::Strict), Some(8));
    }
}
