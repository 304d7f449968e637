//! DLATK's weighted lexica: a CSV table with the columns `term`, `category` and `weight` in any order; others (`id`)
//! are not read. The term `_intercept` is a constant of its category.

use super::{LineFault, Names, cells, weight};
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
    let mut categories = Names::default();
    let mut read = |(number, fields): (usize, Vec<String>)| {
        row(names.len(), columns, number, &fields, &mut categories).map_err(|fault| (number, fault))
    };
    records.map(|record| record.and_then(&mut read)).collect()
}

fn row(width: usize, columns: [usize; 3], line: usize, fields: &[String], names: &mut Names) -> Result<Entry, Fault> {
    cells::same_width(width, fields)?;
    let [term, name, value] = columns.map(|column| fields[column].as_str());
    Ok(Entry { category: names.of(name, line)?, term: term.to_owned(), weight: weight(value)?, line })
}
