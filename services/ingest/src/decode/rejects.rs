//! The rejects of an earlier run, decoded once more: what was refused under one mapping may be a post under another.

use super::lines::{Line, Lines};
use super::{ColumnKind, Columns, MAX_RECORD_BYTES, Raw, Row, Shape, csv, cut_off, ndjson, too_long};
use crate::mapping::Mapping;
use crate::record::{Fault, RawPost};
use crate::rejects::RejectedRow;
use std::collections::HashSet;
use std::io::BufRead;
use tidemark_domain::RejectReason::Malformed;

/// A line holds a record in base64 (4 bytes for 3) and its columns.
const MAX_LINE_BYTES: usize = 2 * MAX_RECORD_BYTES;

pub(crate) struct Rejects<R> {
    lines: Lines<R>,
    /// Of records that do not say their own.
    delimiter: u8,
    mapping: Mapping,
    objects: ndjson::Fields,
    /// Rejects of one run have one header: its columns are looked up once.
    cells: Option<Cells>,
}

/// The cells of records that have one header and one delimiter.
struct Cells {
    columns: Vec<String>,
    delimiter: u8,
    fields: csv::Fields,
}

impl<R: BufRead> Rejects<R> {
    pub(super) fn new(reader: R, shape: Shape, mapping: Mapping) -> Self {
        let objects = ndjson::Fields::new(&mapping, shape.is_by_name);
        Self { lines: Lines::new(reader, MAX_LINE_BYTES), delimiter: shape.delimiter, mapping, objects, cells: None }
    }

    /// See [`super::Decoder::unseen`].
    pub(super) fn unseen(&self) -> Vec<String> {
        self.objects.unseen()
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<Row<'_>>> {
        let Some(line) = self.lines.next()? else { return Ok(None) };
        Ok(Some(match line {
            Line::TooLong(bytes) => Row::new(Err(too_long(bytes)), Raw::Bytes(b"")),
            Line::Cut(part) => Row::new(Err(cut_off()), Raw::Bytes(part)),
            Line::Whole(line) => match serde_json::from_slice::<RejectedRow>(line) {
                Err(_) => Row::new(Err(Fault::new(Malformed, "the line is none of a rejects file")), Raw::Bytes(line)),
                Ok(rejected) => {
                    let post = decode(&rejected, self.delimiter, &self.mapping, &mut self.objects, &mut self.cells);
                    Row::new(post, Raw::Rejected(Box::new(rejected)))
                }
            },
        }))
    }
}

fn decode(
    rejected: &RejectedRow,
    delimiter: u8,
    mapping: &Mapping,
    objects: &mut ndjson::Fields,
    cells: &mut Option<Cells>,
) -> Result<RawPost, Fault> {
    if rejected.raw.is_empty() {
        // The record was too long to be kept: what was said of it holds.
        return Err(Fault::new(rejected.reason, rejected.detail.clone()));
    }
    if rejected.protocol.is_some() {
        return Ok(RawPost::default());
    }
    let Some(columns) = &rejected.columns else { return objects.decode(&rejected.raw) };
    // The input's name told it, and is not this file's.
    let own = rejected.delimiter.filter(char::is_ascii).and_then(|own| u8::try_from(own).ok());
    let delimiter = own.unwrap_or(delimiter);
    if cells.as_ref().is_some_and(|known| known.columns != *columns || known.delimiter != delimiter) {
        *cells = None;
    }
    let cells = cells.get_or_insert_with(|| Cells {
        columns: columns.clone(),
        delimiter,
        fields: csv::Fields::new(columns, delimiter, mapping),
    });
    cells.fields.decode(&rejected.raw)
}

/// The columns of the first rejected records, which are all of one kind.
pub(super) fn columns(reader: impl BufRead, records: usize) -> std::io::Result<Columns> {
    let mut lines = Lines::new(reader, MAX_LINE_BYTES);
    let (mut seen, mut names) = (HashSet::new(), Vec::new());
    let mut kind = ColumnKind::Sample;
    for _ in 0..records {
        let line = match lines.next()? {
            Some(Line::Whole(line)) => line,
            Some(Line::TooLong(_)) => continue,
            Some(Line::Cut(_)) | None => break,
        };
        let Ok(rejected) = serde_json::from_slice::<RejectedRow>(line) else { continue };
        let columns = match (rejected.columns, rejected.protocol) {
            (_, Some(_)) => return Ok(Columns { names: Vec::new(), kind: ColumnKind::Frames }),
            (Some(columns), None) => {
                kind = ColumnKind::Header;
                columns
            }
            (None, None) => ndjson::columns(rejected.raw.as_slice(), 1)?,
        };
        names.extend(columns.into_iter().filter(|name| seen.insert(name.clone())));
    }
    Ok(Columns { names, kind })
}
