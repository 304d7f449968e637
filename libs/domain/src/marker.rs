//! A *marker* links what a post says to a construct: an emotion, a condition, a form of distress.
//!
//! Names are dotted, most general part first: `mh.stress`, `emotion.goemotions.joy`, `lexicon.suicide_risk.loneliness`.
//! A score is a number on the marker's own scale; *present* says whether it reaches the marker's threshold, which may
//! differ by language and model version and is therefore decided where the score is made.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// One marker's answer for one post. A marker that cannot be answered has no `Score` at all: absent is not zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The marker's dotted name, lower case, `[a-z0-9_.]`.
    pub marker: String,
    /// The score: a calibrated probability for model markers, hits per token for lexicon markers.
    pub score: f32,
    /// Whether the score reaches the marker's threshold in the post's language.
    pub present: bool,
}

/// Which versions made a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Provenance {
    /// Hash of model weights, tokenizer and manifest, those of one's own included, and of the topics that posts are given
    /// by the configuration; empty where no model ran.
    pub model: String,
    /// Hash of the lexica.
    pub lexicon: String,
    /// Version of the program.
    pub code: String,
}

/// A lexicon marker's name: `lexicon.<lexicon>.<category>`.
pub const LEXICON_PREFIX: &str = "lexicon.";

/// What the marker of a model of one's own begins with: `model.<model>.<head>`, and `.<label>` where the head has several.
/// No marker that comes with the program does.
pub const MODEL_PREFIX: &str = "model.";

/// Turns free text (a category, a label) into one part of a marker's name: lower case, Latin letters without accents
/// (`función` is `funcion`), other characters become `_`. Different texts may have one name: whoever names by it looks.
#[must_use]
pub fn name_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for character in text.trim().nfd().filter(|character| !is_combining_mark(*character)) {
        if character.is_ascii_alphanumeric() {
            part.push(character.to_ascii_lowercase());
        } else if let Some(letters) = latin(character) {
            part.push_str(letters);
        } else if !part.ends_with('_') {
            part.push('_');
        }
    }
    part.trim_matches('_').to_owned()
}

/// Latin letters that are no letter with an accent.
const fn latin(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ł' | 'Ł' => "l",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

/// The column that holds a marker's score in tables: dots become underscores, `mh.stress` is `mh_stress`.
#[must_use]
pub fn column(marker: &str) -> String {
    marker.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::{column, name_part};

    #[test]
    fn names_are_safe_in_files_addresses_and_sql() {
        assert_eq!(
            name_part(" Active suicidal ideation & suicidal planning "),
            "active_suicidal_ideation_suicidal_planning"
        );
        assert_eq!(column("emotion.goemotions.joy"), "emotion_goemotions_joy");
    }

    #[test]
    fn letters_outlive_their_accents() {
        assert_eq!(name_part("Función física"), "funcion_fisica");
        assert_eq!(name_part("Funcio\u{301}n"), "funcion");
        assert_eq!(name_part("añoranza · Müdigkeit · Straße · sjø"), "anoranza_mudigkeit_strasse_sjo");
        assert_eq!(name_part("грусть"), "");
    }
}
