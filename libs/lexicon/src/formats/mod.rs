//! The file formats lexica come in: one file each, and one that tells them apart.

mod cells;
mod context;
mod detect;
mod liwc;
mod liwc_table;
mod tsv;
mod valence;
mod weighted;
mod wide;
mod words;

use crate::entry::{Entry, MIN_PREFIX_CHARS, Measure, Negation};
use crate::error::{Fault, MAX_FAULTS};
use std::collections::HashMap;

/// A fault and its line, counted from 1.
pub(crate) type LineFault = (usize, Fault);

/// Faults of one file, as they are found: the first of them, and their number.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) first: Vec<LineFault>,
    pub(crate) found: usize,
}

impl Faults {
    pub(crate) fn push(&mut self, fault: LineFault) {
        self.found += 1;
        if self.first.len() < MAX_FAULTS {
            self.first.push(fault);
        }
    }

    /// Forgets all but the first, whose consequences the others are.
    fn keep_first(&mut self) {
        self.first.truncate(1);
        self.found = self.first.len();
    }
}

/// How a lexicon file is written. A fault always has a line.
///
/// [`Self::Tsv`] and [`Self::Words`] are our own: they refuse a repeated term, a term that can never match and a short
/// prefix, because their author can mend them. The others come from elsewhere: a repeated term and one that can never
/// match are passed over and kept in [`crate::Lexicon::passed_over`], and a prefix may be one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Our own: `category<TAB>term[<TAB>weight]`; lines that begin with `#` and empty lines are comments.
    Tsv,
    /// AFINN and VADER: `term<TAB>valence`, further columns ignored; one category, `valence`, scored by
    /// [`Measure::Valence`].
    Valence,
    /// Empath and the Argentine categories: `category<TAB>term<TAB>term…`, empty cells and repeated terms allowed.
    Wide,
    /// One term a line, one category with the given name.
    Words(&'static str),
    /// LIWC 2007 and 2015, `.dic`: categories between two lines `%`, then `term<TAB>id<TAB>id…`, conditions included.
    /// Negation is ignored, as LIWC does.
    Liwc,
    /// LIWC-22, `.dicx`: a CSV table `DicTerm,category,category…` with `X` or a weight in its cells. Negation is
    /// ignored; a table that holds weights is scored by [`Measure::Weighted`].
    LiwcTable,
    /// DLATK: a CSV table with columns `term`, `category` and `weight`, scored by [`Measure::Weighted`]. Negation is
    /// ignored, as DLATK does.
    Weighted,
}

impl Format {
    /// Reads every line of `text`, which has no byte order mark. What cannot be read goes to `faults`, in the order of the
    /// lines; where a fault makes all that follows unreadable, it is the last.
    pub(crate) fn entries(self, text: &str, faults: &mut Faults) -> Vec<Entry> {
        let mut names = Names { once: self == Self::Wide, ..Names::default() };
        match self {
            Self::Tsv => by_line(text, faults, |line, number, entries| tsv::line(line, number, &mut names, entries)),
            Self::Valence => by_line(text, faults, valence::line),
            Self::Wide => by_line(text, faults, |line, number, entries| wide::line(line, number, &mut names, entries)),
            Self::Words(category) => {
                by_line(text, faults, |line, number, entries| words::line(category, line, number, entries))
            }
            Self::Liwc => liwc::entries(text, faults),
            Self::LiwcTable => liwc_table::entries(text, faults),
            Self::Weighted => weighted::entries(text, faults),
        }
    }

    /// Whether its files are made elsewhere, so that we take them as they are.
    const fn is_foreign(self) -> bool {
        !matches!(self, Self::Tsv | Self::Words(_))
    }

    /// The shortest prefix before a `*`, in characters.
    pub(crate) const fn min_prefix_chars(self) -> usize {
        if self.is_foreign() { 1 } else { MIN_PREFIX_CHARS }
    }

    /// Whether a term that is already in its category is passed over.
    pub(crate) const fn allows_repetition(self) -> bool {
        self.is_foreign()
    }

    /// Whether a term with this fault is passed over. Lists made by counting hold punctuation and masked words as they
    /// were found; in a list that knows wildcards, a `*` in the middle is a slip.
    pub(crate) const fn passes_over(self, fault: &Fault) -> bool {
        match fault {
            Fault::EmptyTerm => self.is_foreign(),
            Fault::Wildcard => matches!(self, Self::Valence | Self::Weighted),
            _ => false,
        }
    }

    /// How such a file is meant to be scored.
    pub(crate) fn scoring(self, entries: &[Entry]) -> (Measure, Negation) {
        let is_weighted = || entries.iter().any(|entry| entry.weight != 0.0 && entry.weight != 1.0);
        match self {
            Self::Tsv | Self::Wide | Self::Words(_) => (Measure::Share, Negation::Drops),
            Self::Valence => (Measure::Valence, Negation::Drops),
            Self::LiwcTable if is_weighted() => (Measure::Weighted, Negation::Ignored),
            Self::Liwc | Self::LiwcTable => (Measure::Share, Negation::Ignored),
            Self::Weighted => (Measure::Weighted, Negation::Ignored),
        }
    }
}

/// Reads a format whose lines stand alone; `read` gets a line, its number and where its entries go.
fn by_line(
    text: &str,
    faults: &mut Faults,
    mut read: impl FnMut(&str, usize, &mut Vec<Entry>) -> Result<(), Fault>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (number, line) in lines(text) {
        if let Err(fault) = read(line, number, &mut entries) {
            faults.push((number, fault));
        }
    }
    entries
}

/// The lines of `text` with their numbers, without what ends them.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}

/// Reads a weight column.
fn weight(column: &str) -> Result<f32, Fault> {
    column.trim().parse::<f32>().map_err(Fault::Weight)
}

/// The names that become of what the lines of a file call its categories: each with what it is called, and the line.
#[derive(Debug, Default)]
struct Names {
    known: HashMap<String, (String, usize)>,
    /// A category has one line.
    once: bool,
}

impl Names {
    /// A category's name, of what line `number` calls it. Two that are called otherwise do not become one unasked
    /// (`ano` and `año`); capitals, white space, `-` and `_` make no other of one.
    fn of(&mut self, column: &str, number: usize) -> Result<String, Fault> {
        let name = category(column)?;
        let words = column.split(|character: char| character.is_whitespace() || matches!(character, '_' | '-'));
        let called = words.filter(|word| !word.is_empty()).map(crate::tokenise::fold).collect::<Vec<_>>().join(" ");
        match self.known.get(&name) {
            Some((known, first)) if *known != called => {
                Err(Fault::OneName { name, found: Fault::shown(column), first: *first })
            }
            Some((_, first)) if self.once => Err(Fault::RepeatedCategory { name, first: *first }),
            Some(_) => Ok(name),
            None => {
                self.known.insert(name.clone(), (called, number));
                Ok(name)
            }
        }
    }
}

/// Makes a category's name out of what a file calls it.
fn category(column: &str) -> Result<String, Fault> {
    let name = tidemark_domain::marker::name_part(column);
    if name.is_empty() { Err(Fault::Category) } else { Ok(name) }
}
