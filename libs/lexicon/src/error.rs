//! What can be wrong with a lexicon file, told so that its author can mend it.

use std::num::ParseFloatError;
use std::str::Utf8Error;

/// Faults of one file that are told; the rest is counted.
pub const MAX_FAULTS: usize = 20;

/// Everything that is wrong with a lexicon file, as far as it can be told at once.
#[derive(Debug)]
pub struct Faulty {
    /// The first faults, by line: at least one, at most [`MAX_FAULTS`].
    pub first: Vec<LexiconError>,
    /// How many there are.
    pub found: usize,
}

impl std::fmt::Display for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, error) in self.first.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        match self.found.saturating_sub(self.first.len()) {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more"),
        }
    }
}

impl std::error::Error for Faulty {}

impl From<LexiconError> for Faulty {
    fn from(error: LexiconError) -> Self {
        Self { first: vec![error], found: 1 }
    }
}

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
    /// A lexicon of terms that stand in no file holds none of them.
    #[error("{name}: holds no term; give at least one")]
    Empty {
        /// The lexicon.
        name: String,
    },
    /// Neither the name nor the first lines tell which format a file has.
    #[error(
        "{file}: no known lexicon format; looked for a first line `%` (LIWC 2007 and 2015, .dic), a header that begins \
         with `DicTerm` (LIWC-22, .dicx), a header with `term`, `category` and `weight` (DLATK, .csv), and \
         tab-separated lines: `category<TAB>term[<TAB>weight]`, `category<TAB>term<TAB>term…` (Empath) or \
         `term<TAB>valence` (VADER, AFINN)"
    )]
    UnknownFormat {
        /// The file, as the caller named it.
        file: String,
    },
    /// A lexicon's name cannot be part of a marker's name.
    #[error("`{name}` cannot name a lexicon: use lower-case letters, digits and `_`")]
    Name {
        /// The name given.
        name: String,
    },
    /// A lexicon of one's own has the name of a bundled one.
    #[error("a lexicon named `{name}` comes with the program; give yours another name")]
    Taken {
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
    #[error(
        "is not UTF-8; older dictionaries, Spanish LIWC among them, are often Windows-1252: save the file as UTF-8, or \
         convert it with `iconv -f WINDOWS-1252 -t UTF-8`"
    )]
    NotUtf8(#[source] Utf8Error),
    /// UTF-16, by its first bytes.
    #[error("is UTF-16: save the file as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`")]
    Utf16,
    /// Carriage returns and no line feed: the whole file would be one line.
    #[error("its lines end in carriage returns alone, as on old Macintoshes: save the file with line feeds")]
    CarriageReturns,
    /// A character that nobody sees and no post holds there.
    #[error("the term holds a character that is not seen (U+{found:04X}); take it out")]
    Unseen {
        /// Its code point.
        found: u32,
    },
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
    /// A file that ends without a term, or with none but those that are passed over.
    #[error("the file ends here without a term that can match; give at least one term and its category")]
    NoTerm,
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
    /// A LIWC dictionary without its two `%` lines, one before and one after its categories.
    #[error("a LIWC dictionary has two lines `%`, one before its categories and one after; up to here it has {found}")]
    Percent {
        /// How many such lines there are up to this line.
        found: usize,
    },
    /// Two lines `%` with nothing between them.
    #[error("there is no category between the two lines `%`; list each as `id<TAB>name`")]
    NoCategories,
    /// A line between the two `%` that is not an id and a name.
    #[error(
        "`{found}` is no category: expected one whole number and one name, and perhaps a description in parentheses; or is \
         the second `%` missing above?"
    )]
    CategoryLine {
        /// What stands there.
        found: String,
    },
    /// Two categories with one id, or with names that become one name.
    #[error("the category `{name}` is already there, in line {first}; give each category its own id and name")]
    RepeatedCategory {
        /// The id or name.
        name: String,
        /// The line that had it first.
        first: usize,
    },
    /// Two categories of a table that would have one name.
    #[error("the category `{found}` would have the name `{name}`, as another has on line {first}; call one otherwise")]
    OneName {
        /// The name.
        name: String,
        /// What the line calls the category.
        found: String,
        /// The line of the other.
        first: usize,
    },
    /// Something after a term that is not a category id.
    #[error("`{found}` is no category id; after the term, write ids of categories, separated by tabs")]
    Code {
        /// What stands there.
        found: String,
    },
    /// An id that no category has.
    #[error("no category has the id {id}; add it between the `%` lines, or take it out here")]
    UnknownCategory {
        /// The id.
        id: u32,
    },
    /// A term that is in no category.
    #[error("the term is in no category; give it at least one, or take it out")]
    NoCategory,
    /// A context whose brackets do not fit, or that stands beside nothing.
    #[error("the condition is not readable: write `(before) term`, `term (after)`, `(ids)id/id` or `<after>id/id`")]
    Context,
    /// A term that would have to be written out for too many contexts.
    #[error("the conditions up to here stand for more than {max} expressions; name smaller categories in them")]
    TooManyContexts {
        /// Expressions allowed.
        max: usize,
    },
    /// A table whose first line lacks a column. What stands there instead is not shown: it may be a post.
    #[error("expected a header with {expected}, separated by commas; {missing} is missing")]
    Header {
        /// The columns looked for.
        expected: &'static str,
        /// The first of them that is not there.
        missing: &'static str,
    },
    /// A table with two columns of one name.
    #[error("two columns of the header are named `{name}`; leave one")]
    TwoColumns {
        /// The name.
        name: &'static str,
    },
    /// A table's line with more or fewer fields than its header.
    #[error("has {found} field(s) where the header has {expected}; quote a field that holds a comma")]
    Cells {
        /// Fields in the header.
        expected: usize,
        /// Fields in the line.
        found: usize,
    },
    /// A table's cell that is neither empty, nor `X`, nor a number.
    #[error("`{found}` says nothing about a category: write `X`, a weight, or nothing")]
    Cell {
        /// What stands there.
        found: String,
    },
    /// A quotation mark without its other.
    #[error("a quotation mark is not closed; close it on its line, and double one that belongs to a field")]
    Quote,
}

impl Fault {
    /// What stands in a file, short enough for a message.
    pub(crate) fn shown(text: &str) -> String {
        const MAX_CHARS: usize = 40;
        let text = text.trim();
        match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        }
    }
}
