//! DLATK's weighted lexica: a CSV table with the columns `term`, `category` and `weight` in any order; others (`id`)
//! are not read. The term `_intercept` is a constant of its category.

use super::{LineFault, category, cells, weight};
use crate::entry::Entry;
use crate::error::Fault;

const COLUMNS: [&str; 3] = ["term", "category", "weight"];

/// Where the three columns stand, in the order of [`COLUMNS`], or else the first that is missing.
pub(super) fn header(fields: &[String]) -> Result<[usize; 3], &'static str> {
    let place = |name: &'static str| fields.iter().position(|field| field.eq_ignore_ascii_case(name)).ok_or(name);
    let [term, category, weight] = COLUMNS.map(place);
    Ok([term?, category?, weight?])
}

/// Reads a table.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, LineFault> {
    let mut records = cells::records(text);
    let Some(first) = records.next() else { return Ok(Vec::new()) };
    let (number, names) = first?;
    let fault = |missing| Fault::Header { expected: "`term`, `category` and `weight`", missing };
    let columns = header(&names).map_err(|missing| (number, fault(missing)))?;
    records.map(|record| record.and_then(|(number, fields)| row(&names, columns, number, &fields))).collect()
}

fn row(names: &[String], columns: [usize; 3], line: usize, fields: &[String]) -> Result<Entry, LineFault> {
    let read = || {
        cells::same_width(names.len(), fields)?;
        let [term, name, value] = columns.map(|column| fields[column].as_str());
        Ok(Entry { category: category(name)?, term: term.to_owned(), weight: weight(value)?, line })
    };
    read().map_err(|fault| (line, fault))
}
