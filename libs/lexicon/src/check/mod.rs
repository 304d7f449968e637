//! What a linguist asks of a lexicon before trusting it: repeated, shadowed and ambiguous terms, and on a corpus how
//! much it covers, which few words carry a category, and whether its terms go together.
//!
//! ```
//! use tidemark_domain::Language;
//! use tidemark_lexicon::{Format, Lexicon, check::Report};
//!
//! let file = b"joy\thappy\njoy\thapp*\njoy\tglad\n";
//! let lexicon = Lexicon::read("mine", Language::English, Format::Tsv, "mine.tsv", file)?;
//! let report = Report::on(&lexicon, [("so happy", Some("north")), ("glad of it", None)])?;
//! assert_eq!(report.shadowed[0].by, "happ*");
//! assert_eq!(report.corpus.map(|corpus| corpus.texts_hit), Some(2));
//! # Ok::<(), tidemark_lexicon::LexiconError>(())
//! ```
//!
//! A report holds terms of the lexicon, numbers and names of regions, and no other word of a text.

mod consistency;
mod corpus;
mod display;
mod terms;

pub use corpus::Check;

use crate::entry::{Lexicon, PassedOver};
use crate::error::LexiconError;
use serde::Serialize;
use tidemark_domain::Language;

/// A term that gives more than this share of its category's hits saturates the category; a category in more than this
/// share of texts says little about any of them.
pub const SATURATED_SHARE: f64 = 0.5;

/// A term in more than this share of texts is an everyday word: it saturates every category that it is in.
pub const SATURATED_TERM_SHARE: f64 = 0.05;

/// Words listed as those that carry a category.
pub const TOP_WORDS: usize = 5;

/// The share of hits asked about in [`Carried::words_for_most`].
pub const MOST_HITS_SHARE: f64 = 0.8;

/// What there is to say about a lexicon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The lexicon's name.
    pub lexicon: String,
    /// The language of its terms.
    pub language: Language,
    /// Terms of all categories, intercepts not counted.
    pub terms: usize,
    /// Its categories, by name.
    pub categories: Vec<CategoryTerms>,
    /// Terms listed again in their category, in the order of the file.
    pub duplicates: Vec<Duplicate>,
    /// Terms that a prefix of the same category and weight makes needless, in the order of the file.
    pub shadowed: Vec<Shadowed>,
    /// Terms in more than one category, by term.
    pub ambiguous: Vec<Ambiguous>,
    /// Terms that can never match, in the order of the file.
    pub unmatchable: Vec<PassedOver>,
    /// What the corpus says, where there was one.
    pub corpus: Option<Corpus>,
}

impl Report {
    /// The report on `lexicon` alone.
    ///
    /// # Errors
    /// As [`Check::new`].
    pub fn of(lexicon: &Lexicon) -> Result<Self, LexiconError> {
        Ok(Check::new(lexicon)?.terms_alone())
    }

    /// The report on `lexicon` and a corpus of texts in its language, each with its region where it has one.
    ///
    /// # Errors
    /// As [`Check::new`].
    pub fn on<T: AsRef<str>, R: AsRef<str>>(
        lexicon: &Lexicon,
        corpus: impl IntoIterator<Item = (T, Option<R>)>,
    ) -> Result<Self, LexiconError> {
        let mut check = Check::new(lexicon)?;
        for (text, region) in corpus {
            check.read(text.as_ref(), region.as_ref().map(AsRef::as_ref));
        }
        Ok(check.report())
    }
}

/// How many terms a category has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryTerms {
    /// The category.
    pub category: String,
    /// Its terms.
    pub terms: usize,
    /// Those that end in a wildcard.
    pub prefixes: usize,
    /// Those of several words.
    pub expressions: usize,
    /// Expressions of weight 0, which keep a shorter term inside them from counting; not among the terms.
    pub exceptions: usize,
}

/// A term listed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// The category.
    pub category: String,
    /// The term as written there.
    pub term: String,
    /// The line of the repetition.
    pub line: usize,
    /// The line that had it first.
    pub first: usize,
}

/// A term that a prefix makes needless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shadowed {
    /// The category.
    pub category: String,
    /// The term.
    pub term: String,
    /// Its line.
    pub line: usize,
    /// The prefix, with its `*`.
    pub by: String,
    /// The prefix's line.
    pub by_line: usize,
}

/// A term in several categories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ambiguous {
    /// The term.
    pub term: String,
    /// Its categories, by name.
    pub categories: Vec<String>,
}

/// What a corpus says about a lexicon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Corpus {
    /// Texts read.
    pub texts: u64,
    /// Their tokens.
    pub tokens: u64,
    /// Texts with a hit.
    pub texts_hit: u64,
    /// Tokens that belong to a hit.
    pub tokens_hit: u64,
    /// Terms in more than [`SATURATED_TERM_SHARE`] of the texts, the most frequent first.
    pub saturated_terms: Vec<SaturatedTerm>,
    /// By category, in the order of [`Report::categories`].
    pub categories: Vec<CategoryUse>,
}

/// A term that is in many texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SaturatedTerm {
    /// Its category.
    pub category: String,
    /// The term as the lexicon has it.
    pub term: String,
    /// Its line.
    pub line: usize,
    /// Texts with a hit of it.
    pub texts: u64,
    /// They, as a share of all texts, 0 to 1.
    pub share_of_texts: f64,
}

/// What a corpus says about a category.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CategoryUse {
    /// The category.
    pub category: String,
    /// Texts with a hit.
    pub texts_hit: u64,
    /// They, as a share of all texts, 0 to 1.
    pub share_of_texts: f64,
    /// Tokens that belong to a hit.
    pub tokens_hit: u64,
    /// They, as a share of all tokens, 0 to 1.
    pub share_of_tokens: f64,
    /// Whether it is in more than [`SATURATED_SHARE`] of the texts.
    pub is_in_most_texts: bool,
    /// The term that gives more than [`SATURATED_SHARE`] of its hits.
    pub saturated_by: Option<Carrier>,
    /// What carries it in the whole corpus.
    pub carried: Carried,
    /// What carries it in each region, by region. Texts without a region are in none.
    pub regions: Vec<RegionUse>,
    /// Terms that occur at least once: the items of the two coefficients.
    pub items: usize,
    /// Cronbach's alpha over the terms' relative frequencies in texts with a token:
    /// k / (k − 1) × (1 − Σ variance of an item / variance of their sum). `None` below two items, and where all texts
    /// have the same sum.
    pub alpha: Option<f64>,
    /// Kuder and Richardson's formula 20 over the terms' presence in texts with a token:
    /// k / (k − 1) × (1 − Σ p (1 − p) / variance of the number of items present), variances over n. `None` as above.
    pub kr20: Option<f64>,
}

/// What carries a category in one region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegionUse {
    /// The region.
    pub region: String,
    /// Its texts.
    pub texts: u64,
    /// What carries the category there.
    pub carried: Carried,
}

/// Which few words carry a category.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Carried {
    /// Hits of the category.
    pub hits: u64,
    /// The terms with most of them, at most [`TOP_WORDS`], the greatest first.
    pub top: Vec<Carrier>,
    /// How many terms, taken by their hits, make [`MOST_HITS_SHARE`] of the hits.
    pub words_for_most: usize,
}

/// A term and its part in a category.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Carrier {
    /// The term as the lexicon has it.
    pub term: String,
    /// Its hits.
    pub hits: u64,
    /// They, as a share of the category's hits, 0 to 1.
    pub share: f64,
}
