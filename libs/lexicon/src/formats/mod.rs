//! The file formats lexica come in: one file each, one function that reads one line.

mod tsv;
mod valence;
mod wide;
mod words;

use crate::entry::Entry;
use crate::error::Fault;

/// How a lexicon file is written. Every format is read line by line, so that a fault has a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Our own: `category<TAB>term[<TAB>weight]`; lines that begin with `#` and empty lines are comments.
    Tsv,
    /// AFINN and VADER: `term<TAB>valence`, further columns ignored; one category, `valence`.
    Valence,
    /// Empath and the Argentine categories: `category<TAB>term<TAB>term…`, empty cells and repeated terms allowed.
    Wide,
    /// One term a line, one category with the given name.
    Words(&'static str),
}

impl Format {
    /// Reads one line into `entries`.
    pub(crate) fn line(self, line: &str, number: usize, entries: &mut Vec<Entry>) -> Result<(), Fault> {
        match self {
            Self::Tsv => tsv::line(line, number, entries),
            Self::Valence => valence::line(line, number, entries),
            Self::Wide => wide::line(line, number, entries),
            Self::Words(category) => words::line(category, line, number, entries),
        }
    }
}

/// Reads a weight column.
fn weight(column: &str) -> Result<f32, Fault> {
    column.trim().parse::<f32>().map_err(Fault::Weight)
}

/// Makes a category's name out of what a file calls it.
fn category(column: &str) -> Result<String, Fault> {
    let name = tidemark_domain::marker::name_part(column);
    if name.is_empty() { Err(Fault::Category) } else { Ok(name) }
}
