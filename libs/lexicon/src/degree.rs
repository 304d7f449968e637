//! Words of degree in English and Spanish: what *very* and *kind of*, *muy* and *un poco* do to the valence of a hit.
//!
//! The rule is VADER's (Hutto & Gilbert, ICWSM 2014): a booster adds [`STEP`] to the size of a valence and a dampener
//! takes it away, up to three tokens before the hit, fading by [`FADING`]. English has VADER's own words, Spanish a list
//! of ours.
//!
//! Three things are not VADER's: no word of degree reaches across the end of a clause; a dampener never takes all of a
//! valence ([`LEAST`]), for on scales finer than VADER's a step could turn it round; and what VADER takes for dampeners but
//! our negation for negators (*hardly*, *barely*; *apenas*) denies the hit, as for every lexicon.

use crate::elongation::{MAX_SQUEEZES, is_elongated, squeeze};
use crate::tokenise::Tokens;
use crate::vader::{BOOSTERS, DAMPENERS};
use rustc_hash::FxHashMap;
use tidemark_domain::Language;

/// What a word of degree adds to the size of a valence, or takes away.
pub(crate) const STEP: f32 = 0.293;

/// What is left of the step one, two and three tokens before the hit.
pub(crate) const FADING: [f32; 3] = [1.0, 0.95, 0.9];

/// The part of a valence that dampeners leave.
const LEAST: f32 = 0.1;

const BOOSTERS_ES: &str = "\
    muy tan demasiado demasiada demasiados demasiadas súper super re recontra requete mega ultra híper hiper bastante \
    más mas harto absolutamente completamente totalmente enteramente plenamente realmente verdaderamente \
    extremadamente sumamente altamente enormemente profundamente intensamente especialmente particularmente \
    excepcionalmente extraordinariamente increíblemente increiblemente tremendamente terriblemente horriblemente \
    inmensamente infinitamente jodidamente puto puta";
const DAMPENERS_ES: &str = "\
    algo poco poquito poquitín medio menos casi ligeramente levemente apenas escasamente parcialmente \
    relativamente moderadamente ocasionalmente";

/// Expressions of degree, the longer before the shorter; the words inside them do nothing more.
const PHRASES_EN: &[&[&str]] =
    &[&["a", "little", "bit"], &["just", "enough"], &["kind", "of"], &["sort", "of"], &["a", "bit"], &["a", "tad"]];
const PHRASES_ES: &[&[&str]] = &[
    &["más", "o", "menos"],
    &["mas", "o", "menos"],
    &["un", "tanto"],
    &["un", "poco"],
    &["un", "poquito"],
    &["muy", "poco"],
    &["tan", "poco"],
];

/// The words of degree of a language.
#[derive(Debug)]
pub(crate) struct Degrees {
    words: FxHashMap<&'static str, f32>,
    /// All dampen.
    phrases: &'static [&'static [&'static str]],
}

impl Degrees {
    /// The words of `language`.
    pub(crate) fn new(language: Language) -> Self {
        let mut words = FxHashMap::default();
        let phrases = match language {
            Language::English => {
                words.extend(BOOSTERS.iter().map(|word| (*word, STEP)));
                words.extend(DAMPENERS.iter().map(|word| (*word, -STEP)));
                PHRASES_EN
            }
            Language::Spanish => {
                words.extend(BOOSTERS_ES.split_ascii_whitespace().map(|word| (word, STEP)));
                words.extend(DAMPENERS_ES.split_ascii_whitespace().map(|word| (word, -STEP)));
                PHRASES_ES
            }
            Language::Other => &[],
        };
        Self { words, phrases }
    }

    /// Whether a word or an expression of degree may end with a token of this norm; most end none.
    pub(crate) fn may_end(&self, norm: &str) -> bool {
        self.words.contains_key(norm)
            || is_elongated(norm)
            || self.phrases.iter().any(|phrase| phrase.last().is_some_and(|last| *last == norm))
    }

    /// What the word or expression of degree does whose last token is `last`, and how many tokens it has. Letters may be
    /// drawn out ("muuuy").
    pub(crate) fn ending_at(&self, tokens: &Tokens, last: usize, squeezed: &mut String) -> Option<(f32, usize)> {
        if let Some(phrase) = self.phrases.iter().find(|phrase| is_at(tokens, last, phrase)) {
            return Some((-STEP, phrase.len()));
        }
        let norm = tokens.norm(last);
        if let Some(step) = self.words.get(norm) {
            return Some((*step, 1));
        }
        if !is_elongated(norm) {
            return None;
        }
        for plan in 0..MAX_SQUEEZES {
            if !squeeze(norm, plan, squeezed) {
                break;
            }
            if let Some(step) = self.words.get(squeezed.as_str()) {
                return Some((*step, 1));
            }
        }
        None
    }
}

/// Whether the words of `phrase` end with the token `last`, within one clause.
fn is_at(tokens: &Tokens, last: usize, phrase: &[&str]) -> bool {
    let Some(first) = (last + 1).checked_sub(phrase.len()) else { return false };
    phrase.iter().zip(first..).all(|(word, index)| tokens.norm(index) == *word)
        && tokens.all()[first + 1..=last].iter().all(|token| !token.breaks)
}

/// A valence with what the words of degree before it add up to.
pub(crate) fn applied(valence: f32, degree: f32) -> f32 {
    let size = valence.abs();
    valence.signum() * (size + degree).max(size * LEAST)
}

#[cfg(test)]
mod tests {
    use super::{Degrees, STEP, applied};
    use crate::tokenise::Tokens;
    use tidemark_domain::Language;

    #[test]
    fn words_and_expressions_of_degree_are_told() {
        let at_end = |text: &str, language| {
            let mut tokens = Tokens::default();
            tokens.read(text);
            Degrees::new(language).ending_at(&tokens, tokens.all().len() - 1, &mut String::new())
        };
        for (text, language, expected) in [
            ("very", Language::English, Some((STEP, 1))),
            ("is kind of", Language::English, Some((-STEP, 2))),
            ("kind. of", Language::English, None),
            ("of", Language::English, None),
            ("muuuuy", Language::Spanish, Some((STEP, 1))),
            ("estoy un poco", Language::Spanish, Some((-STEP, 2))),
            ("más o menos", Language::Spanish, Some((-STEP, 3))),
            ("very", Language::Spanish, None),
            ("muy", Language::Other, None),
        ] {
            assert_eq!(at_end(text, language), expected, "{text}");
        }
    }

    #[test]
    fn a_dampener_never_turns_a_valence_round() {
        assert!((applied(-2.0, STEP) + 2.293).abs() < 1e-6 && (applied(2.0, -STEP) - 1.707).abs() < 1e-6);
        assert!((applied(-0.2, -STEP) + 0.02).abs() < 1e-6);
        assert!((applied(3.0, 0.0) - 3.0).abs() < f32::EPSILON);
    }
}
