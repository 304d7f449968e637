//! Empath's shape, which the Argentine categories share: `category<TAB>term<TAB>term…`, one category a line.

use super::Names;
use crate::entry::Entry;
use crate::error::Fault;
use std::collections::HashSet;

/// Reads one line. Such files repeat terms and leave cells empty; both are passed over.
pub(super) fn line(line: &str, number: usize, names: &mut Names, entries: &mut Vec<Entry>) -> Result<(), Fault> {
    if line.trim().is_empty() {
        return Ok(());
    }
    let mut columns = line.split('\t');
    let name = names.of(columns.next().unwrap_or_default(), number)?;
    let mut seen = HashSet::new();
    let before = entries.len();
    for term in columns.map(str::trim).filter(|term| !term.is_empty()) {
        if seen.insert(crate::tokenise::fold(term)) {
            entries.push(Entry { category: name.clone(), term: term.to_owned(), weight: 1.0, line: number });
        }
    }
    if entries.len() == before {
        return Err(Fault::Columns { expected: "a category and at least one term", found: 1 });
    }
    Ok(())
}
