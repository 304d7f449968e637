//! A lexicon as it was read: named categories of terms, before anything is compiled.

use crate::error::{Fault, Faulty, LexiconError, MAX_FAULTS};
use crate::formats::{self, Faults, Format};
use crate::tokenise::Tokens;
use serde::Serialize;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};
use tidemark_domain::Language;
use tidemark_domain::marker::{LEXICON_PREFIX, name_part};

/// The longest expression, in words.
pub const MAX_TERM_TOKENS: usize = 16;

/// The term of a weighted lexicon whose weight is added to every score, as DLATK names it.
pub const INTERCEPT: &str = "_intercept";

/// The shortest prefix before a `*` in our own formats, in characters. Dictionaries made elsewhere may have shorter
/// ones.
pub const MIN_PREFIX_CHARS: usize = 3;

/// What a category's score says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Hits per token; present when there is one.
    Share,
    /// Sum of the weights of the hits per token, plus the weight of the term [`INTERCEPT`] where there is one; present
    /// when there is a hit. For single words without variants this is DLATK's weighted lexicon: Σ weight × (count of
    /// the term / tokens of the text). DLATK counts punctuation marks as tokens, we do not. Words of degree change nothing:
    /// weights have units of their own.
    Weighted,
    /// Weights are valences. The lexicon's one category answers two markers, `negative` and `positive`: the one on the
    /// side of the mean valence of the hits is present, with |sum of valences| per token as its score. Where negation
    /// drops hits, words of degree (*very*, *un poco*) scale those that follow, by VADER's rule.
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

impl Entry {
    /// Whether it is a weighted category's constant and no term.
    pub(crate) fn is_intercept(&self) -> bool {
        self.term.trim() == INTERCEPT
    }

    /// What is wrong with it, whatever its term would match.
    fn fault(&self) -> Option<Fault> {
        if self.category.is_empty() || name_part(&self.category) != self.category {
            Some(Fault::Category)
        } else if !self.weight.is_finite() {
            Some(Fault::InfiniteWeight)
        } else if self.term.trim().is_empty() {
            Some(Fault::EmptyTerm)
        } else {
            None
        }
    }
}

/// Why a term of a dictionary made elsewhere was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The category already has it, on the line `first`.
    Repeated {
        /// The line that had it first.
        first: usize,
    },
    /// It holds nothing a text's tokens could equal: punctuation, an emoticon outside our list, a `*` inside a word.
    Unmatchable,
}

/// A term that was read and is not among the entries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassedOver {
    /// Its category.
    pub category: String,
    /// The term as written.
    pub term: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// Why it was left out.
    pub why: Why,
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
    /// Its terms, in the order of the file; expressions that a condition stands for come last.
    pub entries: Vec<Entry>,
    /// Terms of a dictionary made elsewhere that are repeated or cannot match. Our own formats refuse them.
    pub passed_over: Vec<PassedOver>,
}

impl Lexicon {
    /// Reads `bytes` as `format`, scored as the format is meant to be (see [`Format`]); change the fields for others.
    ///
    /// `file` names the input in messages.
    ///
    /// # Errors
    /// [`LexiconError::Line`] names the first malformed line, or the last line of a file without a term; [`LexiconError::Name`].
    pub fn read(
        name: &str,
        language: Language,
        format: Format,
        file: &str,
        bytes: &[u8],
    ) -> Result<Self, LexiconError> {
        Self::read_to_the_end(name, language, format, file, bytes).map_err(|mut faulty| faulty.first.swap_remove(0))
    }

    /// As [`Lexicon::read`], and tells what is wrong with further lines too. Where the first faults are such that the lines
    /// after them mean nothing (bytes that are not UTF-8, a table without its header), they are told alone.
    ///
    /// # Errors
    /// As [`Lexicon::read`], up to [`MAX_FAULTS`] of them.
    pub fn read_to_the_end(
        name: &str,
        language: Language,
        format: Format,
        file: &str,
        bytes: &[u8],
    ) -> Result<Self, Faulty> {
        if name.is_empty() || name_part(name) != name {
            return Err(LexiconError::Name { name: name.to_owned() }.into());
        }
        let at = |line, fault| LexiconError::Line { file: file.to_owned(), line, fault };
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(at(1, Fault::Utf16).into());
        }
        let text = std::str::from_utf8(bytes).map_err(|fault| {
            let line = 1 + bytes[..fault.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            at(line, Fault::NotUtf8(fault))
        })?;
        let returns = text.matches('\r').count() - text.matches("\r\n").count();
        if returns > text.matches('\n').count() {
            return Err(at(1, Fault::CarriageReturns).into());
        }
        let (mut faults, mut further) = (Faults::default(), Faults::default());
        let entries = format.entries(text.trim_start_matches('\u{FEFF}'), &mut faults);
        let (measure, negation) = format.scoring(&entries);
        let mut lexicon =
            Self { name: name.to_owned(), language, measure, negation, entries: Vec::new(), passed_over: Vec::new() };
        lexicon.take(entries, format, &mut further);
        let found = faults.found + further.found;
        if found > 0 {
            let mut first: Vec<_> = faults.first.into_iter().chain(further.first).collect();
            first.sort_by_key(|(line, _)| *line);
            first.truncate(MAX_FAULTS);
            return Err(Faulty { first: first.into_iter().map(|(line, fault)| at(line, fault)).collect(), found });
        }
        if lexicon.markers().values().all(|terms| *terms == 0) {
            // What is missing would stand after the last line that says something.
            let last = formats::lines(text).filter(|(_, line)| !line.trim().is_empty()).last();
            return Err(at(last.map_or(1, |(line, _)| line), Fault::NoTerm).into());
        }
        Ok(lexicon)
    }

    /// Makes a lexicon of one category of terms that stand in no file, by the rules of our own formats and scored as they
    /// are. Its lines are the places of the terms, counted from 1.
    ///
    /// # Errors
    /// As [`Lexicon::read`], and [`LexiconError::Empty`]; messages name the lexicon in the file's place.
    pub fn of_terms<'a>(
        name: &str,
        language: Language,
        category: &str,
        terms: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, LexiconError> {
        if name.is_empty() || name_part(name) != name {
            return Err(LexiconError::Name { name: name.to_owned() });
        }
        let entry = |(line, term): (usize, &str)| {
            let (category, term) = (category.to_owned(), term.to_owned());
            Entry { category, term, weight: 1.0, line }
        };
        let entries: Vec<Entry> = (1..).zip(terms).map(entry).collect();
        let (measure, negation) = Format::Tsv.scoring(&entries);
        let mut lexicon =
            Self { name: name.to_owned(), language, measure, negation, entries: Vec::new(), passed_over: Vec::new() };
        let mut faults = Faults::default();
        lexicon.take(entries, Format::Tsv, &mut faults);
        if let Some((line, fault)) = faults.first.into_iter().next() {
            return Err(LexiconError::Line { file: name.to_owned(), line, fault });
        }
        if lexicon.entries.is_empty() {
            return Err(LexiconError::Empty { name: name.to_owned() });
        }
        Ok(lexicon)
    }

    /// The markers it answers, by name, each with how many terms it has; a constant and an expression of weight 0 are none.
    #[must_use]
    pub fn markers(&self) -> BTreeMap<String, usize> {
        let mut markers = BTreeMap::new();
        let mut add = |marker: &str, terms: bool| {
            let name = format!("{LEXICON_PREFIX}{}.{marker}", self.name);
            *markers.entry(name).or_default() += usize::from(terms);
        };
        for entry in &self.entries {
            match self.measure {
                Measure::Valence => {
                    add("negative", entry.weight < 0.0);
                    add("positive", entry.weight > 0.0);
                }
                Measure::Weighted => add(&entry.category, entry.weight != 0.0 && !entry.is_intercept()),
                Measure::Share => add(&entry.category, entry.weight != 0.0),
            }
        }
        markers
    }

    /// Takes entries by the rules every format shares.
    fn take(&mut self, entries: Vec<Entry>, format: Format, faults: &mut Faults) {
        let mut tokens = Tokens::default();
        let mut seen: HashMap<(String, String), usize> = HashMap::new();
        for entry in entries {
            if let Some(fault) = entry.fault() {
                faults.push((entry.line, fault));
                continue;
            }
            let pattern = if self.measure == Measure::Weighted && entry.is_intercept() {
                Ok(INTERCEPT.to_owned())
            } else {
                Pattern::read(&entry.term, format.min_prefix_chars(), &mut tokens).map(|pattern| pattern.to_string())
            };
            let why = match pattern {
                Ok(pattern) => match seen.entry((entry.category.clone(), pattern)) {
                    Slot::Vacant(place) => {
                        place.insert(entry.line);
                        self.entries.push(entry);
                        continue;
                    }
                    Slot::Occupied(place) if format.allows_repetition() => Why::Repeated { first: *place.get() },
                    Slot::Occupied(place) => {
                        faults.push((entry.line, Fault::Duplicate { first: *place.get() }));
                        continue;
                    }
                },
                Err(fault) if format.passes_over(&fault) => Why::Unmatchable,
                Err(fault) => {
                    faults.push((entry.line, fault));
                    continue;
                }
            };
            let Entry { category, term, line, .. } = entry;
            self.passed_over.push(PassedOver { category, term, line, why });
        }
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
    pub(crate) fn read(term: &str, min_prefix_chars: usize, tokens: &mut Tokens) -> Result<Self, Fault> {
        let term = term.trim();
        if let Some(unseen) = term.chars().find(|character| is_unseen(*character)) {
            return Err(Fault::Unseen { found: unseen.into() });
        }
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
        if stem.is_some() && last_chars < min_prefix_chars {
            return Err(Fault::ShortPrefix { min: min_prefix_chars });
        }
        Ok(Self { words, prefix: stem.is_some() })
    }
}

/// Control characters, and those of no width but the joiner of emoji: what an editor hides and a post does not have there.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}' | '\u{200B}' | '\u{200C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'
                ..='\u{202E}' | '\u{2060}' | '\u{FEFF}'
        )
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.words.join(" "), if self.prefix { "*" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Lexicon, LexiconError};
    use tidemark_domain::Language;

    #[test]
    fn terms_without_a_file_obey_the_rules_of_our_own_formats() {
        let of = |terms: &[&str]| Lexicon::of_terms("mine", Language::English, "sea", terms.iter().copied());
        let lexicon = of(&["tide*", "high water"]).expect("a lexicon");
        let file = Lexicon::read("mine", Language::English, crate::Format::Tsv, "f", b"sea\ttide*\nsea\thigh water\n");
        assert_eq!(lexicon, file.expect("a lexicon"));
        for (terms, line) in [(&["tide", "ti*"][..], 2), (&["!"], 1), (&["ti*de"], 1), (&["", "tide"], 1)] {
            assert!(matches!(of(terms), Err(LexiconError::Line { line: found, .. }) if found == line), "{terms:?}");
        }
        let repeated = of(&["tide", "wave", "TIDE"]);
        assert!(matches!(repeated, Err(LexiconError::Line { line: 3, fault: Fault::Duplicate { first: 1 }, .. })));
        assert!(matches!(of(&[]), Err(LexiconError::Empty { .. })));
        let unnamed = Lexicon::of_terms("", Language::English, "sea", ["tide"]);
        assert!(matches!(unnamed, Err(LexiconError::Name { .. })));
    }
}
