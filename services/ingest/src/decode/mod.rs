//! Bytes become records. Every row of the input comes out once: as a record, or as the fault that makes it none.
//!
//! A *row* is a line of NDJSON that is not blank, a record of a CSV (quotes may hold line ends), a row of Parquet, and
//! the rest of an input that breaks off. The device's own failures are errors; everything else is data.
//!
//! CSV and Parquet say their columns first. NDJSON says them record by record, so that a field may come late.

mod csv;
mod input;
mod lines;
mod ndjson;
mod parquet;
mod rejects;

pub(crate) use input::{describe, digest};

use crate::error::Error;
use crate::mapping::{Format, Mapping};
use crate::record::{Fault, RawPost};
use crate::rejects::RejectedRow;
use input::Wrapping;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tidemark_domain::RejectReason;

/// A longer record is refused, and read past without being held.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;
/// Records of NDJSON that are looked at to learn which columns there are.
const SAMPLE_RECORDS: usize = 1_000;

/// What an input is: told once, so that resuming reads it the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) wrapping: Wrapping,
    pub(crate) format: Format,
    pub(crate) delimiter: u8,
    /// There is no mapping file: columns are known by their usual names.
    pub(crate) is_by_name: bool,
}

/// The columns of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    /// Their names; none where none can be told, for want of a readable record.
    pub(crate) names: Vec<String>,
    pub(crate) kind: ColumnKind,
}

/// What the names of [`Columns`] say about those that are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// The first line: there are no others, if it is a header.
    Header,
    /// A schema: there are no others.
    Schema,
    /// The members of the first records: others may come.
    Sample,
    /// The records are frames of Jetstream, which have their own rules.
    Frames,
}

/// One row.
pub(crate) struct Row<'a> {
    /// The record's fields; of a frame of Jetstream none, for it is read by its own rules.
    pub(crate) post: Result<RawPost, Fault>,
    raw: Raw<'a>,
}

enum Raw<'a> {
    Bytes(&'a [u8]),
    /// A record that is read once more.
    Rejected(Box<RejectedRow>),
    /// Parquet has no bytes of a row: it is written out as JSON when somebody asks.
    Cells(parquet::Cells<'a>),
}

impl<'a> Row<'a> {
    const fn new(post: Result<RawPost, Fault>, raw: Raw<'a>) -> Self {
        Self { post, raw }
    }

    /// The line of the rejects file that a record which is read once more stands in.
    pub(crate) fn rejected(&self) -> Option<&RejectedRow> {
        match &self.raw {
            Raw::Rejected(rejected) => Some(rejected),
            _ => None,
        }
    }

    /// The record as it was read, for replay.
    pub(crate) fn raw(&self) -> Vec<u8> {
        match &self.raw {
            Raw::Bytes(bytes) => bytes.to_vec(),
            Raw::Rejected(rejected) => rejected.raw.clone(),
            Raw::Cells(cells) => cells.to_json(),
        }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        match &self.raw {
            Raw::Bytes(bytes) => bytes.len(),
            Raw::Rejected(rejected) => rejected.raw.len(),
            Raw::Cells(_) => {
                let texts = self.post.iter().flat_map(|post| [&post.text, &post.parent_text]);
                texts.flatten().map(String::len).sum()
            }
        }
    }
}

pub(crate) enum Decoder {
    Ndjson(Box<ndjson::Ndjson<input::Reader>>),
    Csv(Box<csv::Csv<input::Reader>>),
    Parquet(Box<parquet::Parquet>),
    Rejects(Box<rejects::Rejects<input::Reader>>),
}

impl Decoder {
    /// Opens an input. `position` counts the bytes read from the file.
    pub(crate) fn open(path: &Path, shape: Shape, mapping: &Mapping, position: Arc<AtomicU64>) -> Result<Self, Error> {
        let failed = |source| Error::Input { path: path.to_owned(), source };
        Ok(match shape.format {
            Format::Parquet if shape.wrapping != Wrapping::None => return Err(Error::CompressedParquet),
            Format::Parquet => {
                Self::Parquet(Box::new(parquet::Parquet::open(path, mapping, position).map_err(failed)?))
            }
            Format::Ndjson => {
                let reader = input::open(path, shape.wrapping, position).map_err(failed)?;
                Self::Ndjson(Box::new(ndjson::Ndjson::new(reader, mapping, shape.is_by_name)))
            }
            Format::Csv => {
                let reader = input::open(path, shape.wrapping, position).map_err(failed)?;
                Self::Csv(Box::new(csv::Csv::new(reader, shape.delimiter, mapping).map_err(failed)?))
            }
            Format::Rejects => {
                let reader = input::open(path, shape.wrapping, position).map_err(failed)?;
                Self::Rejects(Box::new(rejects::Rejects::new(reader, shape, mapping.clone())))
            }
        })
    }

    /// The next row, or `None` at the end. An error is the device's.
    pub(crate) fn next(&mut self) -> std::io::Result<Option<Row<'_>>> {
        match self {
            Self::Ndjson(decoder) => decoder.next(),
            Self::Csv(decoder) => decoder.next(),
            Self::Parquet(decoder) => decoder.next(),
            Self::Rejects(decoder) => decoder.next(),
        }
    }

    /// The columns that the mapping names and no record so far had. None where a header was checked at the start.
    pub(crate) fn unseen(&self) -> Vec<String> {
        match self {
            Self::Ndjson(decoder) => decoder.unseen(),
            Self::Rejects(decoder) => decoder.unseen(),
            Self::Csv(_) | Self::Parquet(_) => Vec::new(),
        }
    }
}

/// The columns of an input.
pub(crate) fn columns(path: &Path, shape: Shape) -> Result<Columns, Error> {
    let failed = |source| Error::Input { path: path.to_owned(), source };
    let position = Arc::new(AtomicU64::new(0));
    match shape.format {
        Format::Parquet if shape.wrapping != Wrapping::None => Err(Error::CompressedParquet),
        Format::Parquet => {
            let names = parquet::columns(path).map_err(failed)?;
            Ok(Columns { names, kind: ColumnKind::Schema })
        }
        Format::Ndjson => {
            let reader = input::open(path, shape.wrapping, position).map_err(failed)?;
            let names = ndjson::columns(reader, SAMPLE_RECORDS).map_err(failed)?;
            Ok(Columns { names, kind: ColumnKind::Sample })
        }
        Format::Csv => {
            let reader = input::open(path, shape.wrapping, position).map_err(failed)?;
            let names = csv::columns(reader, shape.delimiter).map_err(failed)?;
            Ok(Columns { names, kind: ColumnKind::Header })
        }
        Format::Rejects => {
            let reader = input::open(path, shape.wrapping, position).map_err(failed)?;
            rejects::columns(reader, SAMPLE_RECORDS).map_err(failed)
        }
    }
}

fn too_long(bytes: u64) -> Fault {
    Fault::new(
        RejectReason::RecordTooLong,
        format!("the record has {bytes} bytes, and the limit is {MAX_RECORD_BYTES}; it is not kept"),
    )
}

fn cut_off() -> Fault {
    Fault::new(RejectReason::TruncatedInput, "the input breaks off here or is damaged; the rows before it are kept")
}

fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|fault| {
        Fault::new(RejectReason::InvalidUtf8, format!("byte {} of the record is not UTF-8", fault.valid_up_to() + 1))
    })
}

/// The byte order mark that some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::lines::{Line, Lines};
    use super::{csv, ndjson};
    use crate::mapping::{Mapping, TimeColumn};
    use proptest::prelude::*;

    fn mapping() -> Mapping {
        Mapping { text: "text".into(), created_at: TimeColumn::named("t"), id: Some("id".into()), ..Mapping::default() }
    }

    proptest! {
        /// Each line that is not blank is one row, whatever it holds.
        #[test]
        fn every_line_is_a_row(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(b'\n'), Just(b'"'), Just(b'{'), Just(b'}'), Just(b':')], 0..400)
        ) {
            let expected = bytes.split(|b| *b == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
            let mut decoder = ndjson::Ndjson::new(bytes.as_slice(), &mapping(), true);
            let mut rows = 0;
            while let Some(row) = decoder.next().expect("memory does not fail") {
                rows += 1;
                prop_assert!(row.post.is_ok() || !row.raw().is_empty());
            }
            prop_assert_eq!(rows, expected);
        }

        /// Whatever stands in a CSV, its rows hold all its bytes but line ends and blank lines: none is lost or doubled.
        #[test]
        fn every_byte_of_a_csv_is_in_one_row(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(b'\n'), Just(b'\n'), Just(b'"'), Just(b'"'), Just(b','), Just(b'a')], 0..400)
        ) {
            let header = b"id,t,text\n".as_slice();
            let input = [header, &bytes].concat();
            let mut decoder = csv::Csv::new(input.as_slice(), b',', &mapping()).expect("memory does not fail");
            let mut joined = Vec::new();
            while let Some(row) = decoder.next().expect("memory does not fail") {
                prop_assert!(!row.raw().is_empty());
                joined.extend(row.raw());
            }
            let visible = |bytes: &[u8]| bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<_>>();
            prop_assert_eq!(visible(&joined), visible(&bytes));
        }
    }

    #[test]
    fn a_line_over_the_limit_is_passed_without_being_held() {
        let mut input = vec![b'x'; super::MAX_RECORD_BYTES + 1];
        input.extend(b"\nnext\n");
        let mut lines = Lines::new(input.as_slice(), super::MAX_RECORD_BYTES);
        assert!(matches!(lines.next(), Ok(Some(Line::TooLong(bytes))) if bytes == 4 * 1024 * 1024 + 1));
        assert!(matches!(lines.next(), Ok(Some(Line::Whole(b"next")))));
        assert!(matches!(lines.next(), Ok(None)));
    }
}
