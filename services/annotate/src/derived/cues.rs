//! What the expressions of a post say: hits of [`Lexica::cues`], by category.

use crate::annotator::in_lexica;
use tidemark_domain::Language;
use tidemark_lexicon::Lexica;

/// The bundled category whose hits speak of loneliness, for posts in which no head tells whether they are lonely.
pub(crate) const LONELINESS: &str = "lexicon.mh.loneliness";

/// What derived markers need of a post beside what the heads say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cues {
    /// Categories with hits, `<lexicon>.<category>`, and how many.
    pub(super) counts: Vec<(&'static str, u32)>,
    /// Hits of [`LONELINESS`].
    pub(super) lonely: u32,
    /// Whether the topic is given.
    pub(super) topic: bool,
    /// Whether the text that the post answers is given.
    pub(super) parent: bool,
    /// Whether there are expressions in the post's language, so that none found says something.
    pub(super) is_read: bool,
}

/// Whether a topic or a parent says anything.
pub(crate) fn is_given(context: Option<&str>) -> bool {
    context.is_some_and(|context| !context.trim().is_empty())
}

impl Cues {
    /// Reads a post: its text, how often it speaks of loneliness, and whether topic and parent are given; blank ones are
    /// not.
    pub(crate) fn of(text: &str, language: Language, lonely: u32, [topic, parent]: [Option<&str>; 2]) -> Self {
        Self { lonely, topic: is_given(topic), parent: is_given(parent), ..Self::read(text, language) }
    }

    /// Reads a text. A hit that a negation takes away is none.
    pub(super) fn read(text: &str, language: Language) -> Self {
        let lexica = Lexica::cues();
        let mut counts: Vec<(&'static str, u32)> = Vec::new();
        for hit in lexica.explain(text, language).iter().filter(|hit| !hit.negated) {
            let name = lexica.categories()[hit.category].name.as_str();
            let name = in_lexica(name);
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        Self { counts, is_read: language != Language::Other, ..Self::default() }
    }

    /// Hits of a category.
    pub(super) fn count(&self, category: &str) -> u32 {
        self.counts.iter().find(|(name, _)| *name == category).map_or(0, |(_, count)| *count)
    }
}
