//! LIWC-22's `.dicx`: a CSV table whose header is `DicTerm` and then the names of categories; a row is a term, with
//! `X` below each of its categories.
//!
//! A number in place of the `X` is the term's weight there; 0 says, as an empty cell does, that the term is not in the
//! category. Terms may carry conditions in parentheses, as in LIWC 2015.

use super::context::{Codes, Dictionary, Place};
use super::{Faults, category, cells, weight};
use crate::entry::Entry;
use crate::error::Fault;

/// The header's first field.
pub(super) const TERM: &str = "DicTerm";

/// Reads a table. Without its header, no row can be read.
pub(super) fn entries(text: &str, faults: &mut Faults) -> Vec<Entry> {
    let mut records = cells::records(text);
    let Some(first) = records.next() else { return Vec::new() };
    let mut dictionary = Dictionary::default();
    let header = first.and_then(|(number, names)| match add_categories(&mut dictionary, &names, number) {
        Ok(()) => Ok(names.len()),
        Err(fault) => Err((number, fault)),
    });
    let width = match header {
        Ok(width) => width,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    for record in records {
        let read = record
            .and_then(|(number, fields)| row(&mut dictionary, width, &fields, number).map_err(|fault| (number, fault)));
        if let Err(fault) = read {
            faults.push(fault);
        }
    }
    dictionary.entries().unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    })
}

/// A term and its cells.
fn row(dictionary: &mut Dictionary, width: usize, fields: &[String], number: usize) -> Result<(), Fault> {
    cells::same_width(width, fields)?;
    dictionary.add(&fields[0], codes(&fields[1..])?, number)
}

/// Whether a table's first line is this format's header.
pub(super) fn is_header(fields: &[String]) -> bool {
    fields.len() > 1 && fields[0].eq_ignore_ascii_case(TERM)
}

fn add_categories(dictionary: &mut Dictionary, names: &[String], line: usize) -> Result<(), Fault> {
    if !is_header(names) {
        let named = names[0].eq_ignore_ascii_case(TERM);
        let missing = if named { "the name of a category" } else { "`DicTerm` in the first column" };
        return Err(Fault::Header { expected: "`DicTerm` and the names of categories", missing });
    }
    for (column, name) in (0..).zip(&names[1..]) {
        dictionary.add_category(column, category(name)?, line)?;
    }
    Ok(())
}

/// The categories of one row.
fn codes(cells: &[String]) -> Result<Codes, Fault> {
    let mut codes = Codes::default();
    for (column, cell) in (0..).zip(cells) {
        let value = match cell.as_str() {
            "" => continue,
            "X" | "x" => 1.0,
            number => weight(number).map_err(|_| Fault::Cell { found: Fault::shown(number) })?,
        };
        if value != 0.0 {
            codes.plain.push(Place { id: column, weight: value });
        }
    }
    Ok(codes)
}
