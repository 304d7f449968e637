//! AFINN's and VADER's shape: `term<TAB>valence`, then columns that are not read (VADER: deviation, ratings).

use super::weight;
use crate::entry::Entry;
use crate::error::Fault;

/// The one category of a valence file.
const CATEGORY: &str = "valence";

/// Reads one line.
pub(super) fn line(line: &str, number: usize, entries: &mut Vec<Entry>) -> Result<(), Fault> {
    if line.trim().is_empty() {
        return Ok(());
    }
    let mut columns = line.split('\t');
    let (Some(term), Some(valence)) = (columns.next(), columns.next()) else {
        return Err(Fault::Columns { expected: "term and valence", found: 1 });
    };
    let entry =
        Entry { category: CATEGORY.to_owned(), term: term.trim().to_owned(), weight: weight(valence)?, line: number };
    entries.push(entry);
    Ok(())
}
