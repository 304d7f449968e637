//! DLATK's weighted lexica: a CSV table with the columns `term`, `category` and `weight` in any order; others (`id`)
//! are not read. The term `_intercept` is a constant of its category.

use super::{Faults, Names, cells, weight};
use crate::entry::Entry;
use crate::error::Fault;

const COLUMNS: [&str; 3] = ["term", "category", "weight"];

/// Where the three columns stand, in the order of [`COLUMNS`], or else the first that is missing.
pub(super) fn header(fields: &[String]) -> Result<[usize; 3], &'static str> {
    let place = |name: &'static str| fields.iter().position(|field| field.eq_ignore_ascii_case(name)).ok_or(name);
    let [term, category, weight] = COLUMNS.map(place);
    Ok([term?, category?, weight?])
}

/// The first of the three columns that stands there twice.
fn twice(fields: &[String]) -> Option<&'static str> {
    let times = |name: &str| fields.iter().filter(|field| field.eq_ignore_ascii_case(name)).count();
    COLUMNS.into_iter().find(|name| times(name) > 1)
}

/// Reads a table. Without its header, no row can be read.
pub(super) fn entries(text: &str, faults: &mut Faults) -> Vec<Entry> {
    let mut records = cells::records(text);
    let Some(first) = records.next() else { return Vec::new() };
    let fault = |missing| Fault::Header {
        expected: "`term`, `category` and `weight` (or one that begins with `DicTerm`)",
        missing,
    };
    let header = first.and_then(|(number, names)| match (header(&names), twice(&names)) {
        (Ok(_), Some(name)) => Err((number, Fault::TwoColumns { name })),
        (Ok(columns), None) => Ok((names.len(), columns)),
        (Err(missing), _) => Err((number, fault(missing))),
    });
    let (width, columns) = match header {
        Ok(header) => header,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let mut categories = Names::default();
    let mut entries = Vec::new();
    for record in records {
        let read = record.and_then(|(number, fields)| {
            row(width, columns, number, &fields, &mut categories).map_err(|fault| (number, fault))
        });
        match read {
            Ok(entry) => entries.push(entry),
            Err(fault) => faults.push(fault),
        }
    }
    entries
}

fn row(width: usize, columns: [usize; 3], line: usize, fields: &[String], names: &mut Names) -> Result<Entry, Fault> {
    cells::same_width(width, fields)?;
    let [term, name, value] = columns.map(|column| fields[column].as_str());
    Ok(Entry { category: names.of(name, line)?, term: term.to_owned(), weight: weight(value)?, line })
}
