//! A lexicon as it was read: named categories of terms, before anything is compiled.

use crate::error::{Fault, LexiconError};
use crate::formats::Format;
use crate::tokenise::Tokens;
use std::collections::HashMap;
use tidemark_domain::Language;
use tidemark_domain::marker::name_part;

/// The longest expression, in words.
pub const MAX_TERM_TOKENS: usize = 16;

/// The shortest prefix before a `*`, in characters.
pub const MIN_PREFIX_CHARS: usize = 3;

/// What a category's score says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Hits per token; present when there is one.
    Share,
    /// Sum of the weights of the hits per token; present when there is a hit.
    Weighted,
    /// Weights are valences. The lexicon's one category answers two markers, `negative` and `positive`: the one on the
    /// side of the mean valence of the hits is present, with |sum of valences| per token as its score.
    Valence,
}

/// What a negation before a hit does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negation {
    /// The hit is not counted: "not happy" is not joy. It is not counted as the opposite either.
    Drops,
    /// The hit counts all the same, as for words that are counted for their own sake.
    Ignored,
}

/// One term of one category.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The category, as part of a marker's name.
    pub category: String,
    /// The term as written: words, an emoji, an emoticon; a `*` at its end makes its last word a prefix.
    pub term: String,
    /// Its weight; 1 where the file gives none. Weight 0 marks an expression that is not a hit although a shorter term
    /// inside it is ("panic at the disco").
    pub weight: f32,
    /// The line it stands on, counted from 1; 0 where it was made in code.
    pub line: usize,
}

/// One lexicon in one language, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Lexicon {
    /// Its name, the middle part of `lexicon.<lexicon>.<category>`.
    pub name: String,
    /// The language of its terms.
    pub language: Language,
    /// What its scores say.
    pub measure: Measure,
    /// What negation does to its hits.
    pub negation: Negation,
    /// Its terms, in the order of the file.
    pub entries: Vec<Entry>,
}

impl Lexicon {
    /// Reads `bytes` as `format`, scored by [`Measure::Share`] with [`Negation::Drops`]; change the fields for others.
    ///
    /// `file` names the input in messages.
    ///
    /// # Errors
    /// [`LexiconError::Line`] names the first malformed line; [`LexiconError::Empty`] and [`LexiconError::Name`].
    pub fn read(
        name: &str,
        language: Language,
        format: Format,
        file: &str,
        bytes: &[u8],
    ) -> Result<Self, LexiconError> {
        if name.is_empty() || name_part(name) != name {
            return Err(LexiconError::Name { name: name.to_owned() });
        }
        let at = |line, fault| LexiconError::Line { file: file.to_owned(), line, fault };
        let text = std::str::from_utf8(bytes).map_err(|fault| {
            let line = 1 + bytes[..fault.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            at(line, Fault::NotUtf8(fault))
        })?;
        let mut entries = Vec::new();
        for (index, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
            format.line(line, index + 1, &mut entries).map_err(|fault| at(index + 1, fault))?;
        }
        if entries.is_empty() {
            return Err(LexiconError::Empty { file: file.to_owned() });
        }
        let lexicon =
            Self { name: name.to_owned(), language, measure: Measure::Share, negation: Negation::Drops, entries };
        lexicon.check().map_err(|(line, fault)| at(line, fault))?;
        Ok(lexicon)
    }

    /// The rules every format shares.
    fn check(&self) -> Result<(), (usize, Fault)> {
        let mut tokens = Tokens::default();
        let mut seen: HashMap<(&str, String), usize> = HashMap::new();
        for entry in &self.entries {
            let fault = |fault| (entry.line, fault);
            if entry.category.is_empty() || name_part(&entry.category) != entry.category {
                return Err(fault(Fault::Category));
            }
            if !entry.weight.is_finite() {
                return Err(fault(Fault::InfiniteWeight));
            }
            let pattern = Pattern::read(&entry.term, &mut tokens).map_err(fault)?;
            let key = (entry.category.as_str(), pattern.to_string());
            if let Some(first) = seen.insert(key, entry.line) {
                return Err(fault(Fault::Duplicate { first }));
            }
        }
        Ok(())
    }
}

/// A term as the matcher sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    /// Its words, as compared.
    pub(crate) words: Vec<String>,
    /// The last word is a prefix.
    pub(crate) prefix: bool,
}

impl Pattern {
    /// Tokenises a term by the rules posts are tokenised by.
    pub(crate) fn read(term: &str, tokens: &mut Tokens) -> Result<Self, Fault> {
        let term = term.trim();
        let stem = term.strip_suffix('*').filter(|stem| stem.ends_with(char::is_alphanumeric));
        let body = stem.unwrap_or(term);
        tokens.read(body);
        let words: Vec<String> = (0..tokens.all().len()).map(|index| tokens.norm(index).to_owned()).collect();
        if words.is_empty() {
            return Err(Fault::EmptyTerm);
        }
        if words.len() > MAX_TERM_TOKENS {
            return Err(Fault::LongTerm { found: words.len(), max: MAX_TERM_TOKENS });
        }
        let inner_star = body.contains('*')
            && !(words.len() == 1 && words[0].contains('*'))
            && body.chars().any(char::is_alphanumeric);
        if inner_star {
            return Err(Fault::Wildcard);
        }
        let last_chars = words.last().map_or(0, |word| word.chars().count());
        if stem.is_some() && last_chars < MIN_PREFIX_CHARS {
            return Err(Fault::ShortPrefix { min: MIN_PREFIX_CHARS });
        }
        Ok(Self { words, prefix: stem.is_some() })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.words.join(" "), if self.prefix { "*" } else { "" })
    }
}
