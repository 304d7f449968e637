//! A *language* is what a post is written in, as far as a marker cares: English, Spanish, or something else.

use serde::{Deserialize, Serialize};

/// The languages markers are measured in. Everything else is [`Language::Other`], counted but not scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// English (ISO 639-1 `en`).
    #[serde(rename = "en")]
    English,
    /// Spanish (ISO 639-1 `es`).
    #[serde(rename = "es")]
    Spanish,
    /// Any other language, or none that could be told.
    #[serde(rename = "other")]
    Other,
}

impl Language {
    /// Every language, in a fixed order.
    pub const ALL: [Self; 3] = [Self::English, Self::Spanish, Self::Other];

    /// The code used in files, tables and addresses: `en`, `es` or `other`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Other => "other",
        }
    }

    /// Reads a BCP 47 tag or a bare code; region and script are ignored, unknown languages are [`Language::Other`].
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("en") || primary.eq_ignore_ascii_case("eng") {
            Self::English
        } else if primary.eq_ignore_ascii_case("es") || primary.eq_ignore_ascii_case("spa") {
            Self::Spanish
        } else {
            Self::Other
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn tags_keep_their_primary_language() {
        assert_eq!(Language::from_tag("es-AR"), Language::Spanish);
        assert_eq!(Language::from_tag("EN_us"), Language::English);
        assert_eq!(Language::from_tag("pt"), Language::Other);
        assert_eq!(Language::from_tag(""), Language::Other);
    }
}
