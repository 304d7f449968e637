//! A plain word list: one term a line, comments on lines that begin with `#`.

use crate::entry::Entry;
use crate::error::Fault;

/// Reads one line.
pub(super) fn line(category: &str, line: &str, number: usize, entries: &mut Vec<Entry>) -> Result<(), Fault> {
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(());
    }
    if line.contains('\t') {
        return Err(Fault::Columns { expected: "one term", found: line.split('\t').count() });
    }
    entries.push(Entry { category: category.to_owned(), term: line.trim().to_owned(), weight: 1.0, line: number });
    Ok(())
}
