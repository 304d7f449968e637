//! Lines of comma-separated tables. A field never runs over the end of its line, so that a line is a record and an
//! open quotation mark is found where it stands.

use super::{LineFault, lines};
use crate::error::Fault;

/// The lines of a table that hold anything: their numbers and fields, trimmed.
pub(super) fn records(text: &str) -> impl Iterator<Item = Result<(usize, Vec<String>), LineFault>> {
    let filled = lines(text).filter(|(_, line)| !line.trim().is_empty());
    filled.map(|(number, line)| match fields(line) {
        Ok(fields) => Ok((number, fields)),
        Err(fault) => Err((number, fault)),
    })
}

/// The fields of one line.
pub(super) fn fields(line: &str) -> Result<Vec<String>, Fault> {
    // Quotation marks come in pairs, the doubled ones within a field included.
    if line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err(Fault::Quote);
    }
    // A line is a record: a carriage return within it ends nothing.
    let terminator = csv::Terminator::Any(b'\n');
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.has_headers(false).flexible(true).terminator(terminator).from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    // The line is UTF-8 and its length is free, so that nothing is left to fail.
    reader.read_record(&mut record).map_err(|_| Fault::Quote)?;
    if record.is_empty() {
        // A byte order mark and nothing else: the reader passes over it, and the line still is one, of one empty field.
        record.push_field("");
    }
    Ok(record.iter().map(|field| field.trim().to_owned()).collect())
}

/// That a line has as many fields as the header.
pub(super) fn same_width(expected: usize, fields: &[String]) -> Result<(), Fault> {
    if fields.len() == expected { Ok(()) } else { Err(Fault::Cells { expected, found: fields.len() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_record_whatever_is_in_it() {
        assert_eq!(fields("a, b ,\"c,d\"").unwrap(), ["a", "b", "c,d"]);
        assert_eq!(fields("a\rb,c").unwrap(), ["a\rb", "c"]);
        assert_eq!(fields("\u{FEFF}").unwrap(), [""]);
        assert_eq!(fields("\"a").unwrap_err(), Fault::Quote);
    }
}
