//! A small CSV table that a run is given: its rows by the names of their columns, and faults that say where and what to do.

use crate::Error;
use std::collections::BTreeMap;

/// A row of a table.
pub(crate) struct Row<'a> {
    file: &'a str,
    line: u64,
    cells: BTreeMap<String, String>,
}

/// The rows below a header that has `needed` among its columns.
///
/// # Errors
/// [`Error::Table`].
pub(crate) fn rows<'a>(text: &str, file: &'a str, needed: &[&str]) -> Result<Vec<Row<'a>>, Error> {
    let fault = |line, what| Error::Table { file: file.to_owned(), line, what };
    let broken = |error: csv::Error| {
        fault(error.position().map_or(1, csv::Position::line), format!("this cannot be read as CSV: {error}"))
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_ascii_lowercase).collect();
    if let Some(missing) = needed.iter().find(|column| !header.iter().any(|name| name == *column)) {
        let what = format!("the header has no column `{missing}`; it needs {}", needed.join(", "));
        return Err(fault(1, what));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(1, csv::Position::line);
        let cells = header.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        rows.push(Row { file, line, cells });
    }
    if rows.is_empty() {
        return Err(fault(1, "there is no line below the header; leave the option out, or add one".to_owned()));
    }
    Ok(rows)
}

impl Row<'_> {
    /// What stands in a column; nothing where the row ends before it, or the table has none.
    pub(crate) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// A name.
    pub(crate) fn text(&self, column: &str) -> Result<String, Error> {
        let cell = self.cell(column);
        if cell.is_empty() { Err(self.fault(format!("`{column}` is empty"))) } else { Ok(cell.to_owned()) }
    }

    /// A number from 0 to 1.
    pub(crate) fn share(&self, column: &str) -> Result<f64, Error> {
        let share = self.cell(column).parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
        share.ok_or_else(|| self.fault(format!("`{column}` is not a share from 0 to 1, such as 0.85")))
    }

    /// A number above 0.
    pub(crate) fn count(&self, column: &str) -> Result<f64, Error> {
        let count = self.cell(column).parse::<f64>().ok().filter(|count| count.is_finite() && *count > 0.0);
        count.ok_or_else(|| self.fault(format!("`{column}` is not a number above 0, such as 250")))
    }

    /// A fault of this row.
    pub(crate) fn fault(&self, what: impl Into<String>) -> Error {
        Error::Table { file: self.file.to_owned(), line: self.line, what: what.into() }
    }
}
