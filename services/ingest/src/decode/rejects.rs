//! The rejects of an earlier run, decoded once more: what was refused under one mapping may be a post under another.

use super::lines::{Line, Lines};
use super::{MAX_RECORD_BYTES, Raw, Row, csv, cut_off, ndjson, too_long};
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
    delimiter: u8,
    mapping: Mapping,
    objects: ndjson::Fields,
    /// Rejects of one run have one header: its columns are looked up once.
    cells: Option<(Vec<String>, csv::Fields)>,
}

impl<R: BufRead> Rejects<R> {
    pub(super) fn new(reader: R, delimiter: u8, mapping: Mapping) -> Self {
        let objects = ndjson::Fields::new(&mapping);
        Self { lines: Lines::new(reader, MAX_LINE_BYTES), delimiter, mapping, objects, cells: None }
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<Row<'_>>> {
        let Some(line) = self.lines.next()? else { return Ok(None) };
        Ok(Some(match line {
            Line::TooLong(bytes) => Row::new(Err(too_long(bytes)), Raw::Bytes(b"")),
            Line::Cut(part) => Row::new(Err(cut_off()), Raw::Bytes(part)),
            Line::Whole(line) => match serde_json::from_slice::<RejectedRow>(line) {
                Err(_) => Row::new(Err(Fault::new(Malformed, "the line is none of a rejects file")), Raw::Bytes(line)),
                Ok(rejected) => {
                    let post = decode(&rejected, self.delimiter, &self.mapping, &self.objects, &mut self.cells);
                    let own_id = Some(format!("{}/{}", rejected.input, rejected.row));
                    Row { post, own_id, raw: Raw::Owned(rejected.raw) }
                }
            },
        }))
    }
}

fn decode(
    rejected: &RejectedRow,
    delimiter: u8,
    mapping: &Mapping,
    objects: &ndjson::Fields,
    cells: &mut Option<(Vec<String>, csv::Fields)>,
) -> Result<RawPost, Fault> {
    if rejected.raw.is_empty() {
        // The record was too long to be kept: what was said of it holds.
        return Err(Fault::new(rejected.reason, rejected.detail.clone()));
    }
    let Some(columns) = &rejected.columns else { return objects.decode(&rejected.raw) };
    if cells.as_ref().is_none_or(|(known, _)| known != columns) {
        *cells = Some((columns.clone(), csv::Fields::new(columns, delimiter, mapping)));
    }
    match cells {
        Some((_, fields)) => fields.decode(&rejected.raw),
        None => Err(Fault::new(Malformed, "the record has no columns")),
    }
}

/// The columns of the first rejected records.
pub(super) fn columns(reader: impl BufRead, records: usize) -> std::io::Result<Vec<String>> {
    let mut lines = Lines::new(reader, MAX_LINE_BYTES);
    let (mut seen, mut names) = (HashSet::new(), Vec::new());
    for _ in 0..records {
        let line = match lines.next()? {
            Some(Line::Whole(line)) => line,
            Some(Line::TooLong(_)) => continue,
            Some(Line::Cut(_)) | None => break,
        };
        let Ok(rejected) = serde_json::from_slice::<RejectedRow>(line) else { continue };
        let columns = match rejected.columns {
            Some(columns) => columns,
            None => ndjson::columns(rejected.raw.as_slice(), 1)?,
        };
        names.extend(columns.into_iter().filter(|name| seen.insert(name.clone())));
    }
    Ok(names)
}
