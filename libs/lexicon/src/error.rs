//! What can be wrong with a lexicon file, told so that its author can mend it.

use std::num::ParseFloatError;
use std::str::Utf8Error;

/// A lexicon could not be read. The message names file, line and fault, never a post.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// One line of the file is malformed.
    #[error("{file}, line {line}: {fault}")]
    Line {
        /// The file, as the caller named it.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        fault: Fault,
    },
    /// The file holds no entry at all.
    #[error("{file}: holds no entry; give at least one line of `category<TAB>term`")]
    Empty {
        /// The file, as the caller named it.
        file: String,
    },
    /// A lexicon's name cannot be part of a marker's name.
    #[error("`{name}` cannot name a lexicon: use lower-case letters, digits and `_`")]
    Name {
        /// The name given.
        name: String,
    },
    /// Two lexica answer the same category differently.
    #[error("category `{category}` is scored in two ways; give one of its lexica another name")]
    Conflict {
        /// The full category name.
        category: String,
    },
    /// More categories than the matcher can number.
    #[error("more than {max} categories; load fewer lexica at once")]
    TooMany {
        /// Categories allowed.
        max: usize,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Bytes that are not UTF-8.
    #[error("is not UTF-8; save the file as UTF-8")]
    NotUtf8(#[source] Utf8Error),
    /// A wrong number of columns.
    #[error("expected {expected}, found {found} tab-separated column(s)")]
    Columns {
        /// The columns this format has.
        expected: &'static str,
        /// How many were found.
        found: usize,
    },
    /// A category without a name, or with a name that has no letter or digit.
    #[error("the category needs a name made of letters or digits")]
    Category,
    /// A term with nothing in it that could match.
    #[error("the term holds no word, emoji or emoticon, so it can never match")]
    EmptyTerm,
    /// A `*` that is not at the end of the term's last word.
    #[error("`*` may only end the last word of a term")]
    Wildcard,
    /// A prefix too short to mean anything.
    #[error("a prefix needs at least {min} characters before its `*`")]
    ShortPrefix {
        /// The shortest prefix allowed, in characters.
        min: usize,
    },
    /// A term with more words than the matcher looks ahead.
    #[error("the term has {found} words; at most {max} can be matched")]
    LongTerm {
        /// Words in the term.
        found: usize,
        /// Words allowed.
        max: usize,
    },
    /// A weight that is not a number.
    #[error("the weight is not a number")]
    Weight(#[source] ParseFloatError),
    /// A weight that is infinite or not a number.
    #[error("the weight must be finite")]
    InfiniteWeight,
    /// The same term twice in one category.
    #[error("the term is already in this category, on line {first}")]
    Duplicate {
        /// The line that had it first.
        first: usize,
    },
}
