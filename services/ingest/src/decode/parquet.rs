//! Rows of a Parquet file: the mapped columns only, each as text.

use super::{Raw, Row, cut_off, utf8};
use crate::mapping::Mapping;
use crate::record::{Fault, Field, RawPost};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_domain::RejectReason::WrongType;

/// Rows decoded at once.
const BATCH_ROWS: usize = 1_024;

/// A mapped column of the batch, as text or bytes where its type allows.
struct Column {
    field: Field,
    name: String,
    cells: Option<ArrayRef>,
}

/// One row of a batch.
pub(super) struct Cells<'a> {
    columns: &'a [Column],
    row: usize,
}

impl Cells<'_> {
    pub(super) fn to_json(&self) -> Vec<u8> {
        let mut object = serde_json::Map::new();
        for column in self.columns {
            if let Some(cell) = bytes(column, self.row) {
                object.insert(column.name.clone(), String::from_utf8_lossy(cell).into_owned().into());
            }
        }
        serde_json::Value::Object(object).to_string().into_bytes()
    }
}

pub(crate) struct Parquet {
    reader: Option<ParquetRecordBatchReader>,
    fields: Vec<(Field, String)>,
    columns: Vec<Column>,
    n_rows: usize,
    row: usize,
    position: Arc<AtomicU64>,
    bytes_per_row: u64,
    is_cut: bool,
}

impl Parquet {
    /// Opens a file. One that is damaged gives a single row that says so.
    pub(super) fn open(path: &Path, mapping: &Mapping, position: Arc<AtomicU64>) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let file_bytes = file.metadata()?.len();
        let reader = builder(file).and_then(|builder| {
            let wanted = mapping.columns();
            let roots: Vec<usize> = builder
                .schema()
                .fields()
                .iter()
                .enumerate()
                .filter(|(_, field)| wanted.contains(&field.name().as_str()))
                .map(|(number, _)| number)
                .collect();
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
            let n_rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
            Ok((builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?, n_rows))
        });
        let fields = mapping.fields().into_iter().map(|(field, column)| (field, column.to_owned())).collect();
        let (reader, n_rows) = reader.map_or((None, 1), |(reader, n_rows)| (Some(reader), n_rows.max(1)));
        Ok(Self {
            is_cut: reader.is_none(),
            reader,
            fields,
            columns: Vec::new(),
            n_rows: 0,
            row: 0,
            position,
            bytes_per_row: file_bytes / n_rows,
        })
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<Row<'_>>> {
        while self.row == self.n_rows {
            if std::mem::take(&mut self.is_cut) {
                self.reader = None;
                return Ok(Some(Row::new(Err(cut_off()), Raw::Bytes(b""))));
            }
            let reader = self.reader.as_mut();
            match catch_unwind(AssertUnwindSafe(|| reader.and_then(Iterator::next))) {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(batch))) => self.take(&batch),
                // The device cannot be told from the content here; a second run reads a whole file anew.
                Ok(Some(Err(_))) | Err(_) => self.is_cut = true,
            }
        }
        let row = self.row;
        self.row += 1;
        self.position.fetch_add(self.bytes_per_row, Ordering::Relaxed);
        let mut post = Ok(RawPost::default());
        for column in &self.columns {
            post = post.and_then(|mut post| {
                post.set(column.field, cell(column, row)?);
                Ok(post)
            });
        }
        Ok(Some(Row::new(post, Raw::Cells(Cells { columns: &self.columns, row }))))
    }

    fn take(&mut self, batch: &RecordBatch) {
        (self.n_rows, self.row) = (batch.num_rows(), 0);
        self.columns = self
            .fields
            .iter()
            .filter_map(|(field, name)| {
                let cells = as_text(batch.column_by_name(name)?);
                Some(Column { field: *field, name: name.clone(), cells })
            })
            .collect();
    }
}

/// The column as text, or as bytes that may be text; `None` for lists, structures and maps.
fn as_text(column: &ArrayRef) -> Option<ArrayRef> {
    let to = match column.data_type() {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::LargeBinary
        }
        kind if kind.is_nested() => return None,
        _ => DataType::LargeUtf8,
    };
    cast(column, &to).ok()
}

fn bytes(column: &Column, row: usize) -> Option<&[u8]> {
    let cells = column.cells.as_ref()?;
    if cells.is_null(row) {
        return None;
    }
    Some(match cells.data_type() {
        DataType::LargeBinary => cells.as_binary::<i64>().value(row),
        _ => cells.as_string::<i64>().value(row).as_bytes(),
    })
}

fn cell(column: &Column, row: usize) -> Result<Option<String>, Fault> {
    if column.cells.is_none() {
        return Err(Fault::new(WrongType, format!("`{}` holds no text", column.name)));
    }
    Ok(bytes(column, row).map(utf8).transpose()?.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// Opens the file's index. Arrow's own copy of the schema is passed over: it adds nothing to text, and its reader panics
/// where it is damaged. So may others, hence the net: a file no reader can read is damaged, and not our end.
fn builder(file: File) -> Result<ParquetRecordBatchReaderBuilder<File>, ParquetError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    catch_unwind(AssertUnwindSafe(|| ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)))
        .unwrap_or_else(|_| Err(ParquetError::General("the reader panicked".to_owned())))
}

/// The columns of the schema; none where the file is damaged.
pub(super) fn columns(path: &Path) -> std::io::Result<Vec<String>> {
    Ok(builder(File::open(path)?).map_or_else(
        |_| Vec::new(),
        |builder| builder.schema().fields().iter().map(|field| field.name().clone()).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::{Parquet, columns};
    use crate::mapping::{Mapping, TimeColumn};
    use arrow::array::{
        ArrayRef, BinaryArray, Int64Array, ListArray, RecordBatch, StringArray, TimestampMillisecondArray,
    };
    use arrow::datatypes::Int32Type;
    use parquet::arrow::ArrowWriter;
    use proptest::prelude::*;
    use std::io::Write;
    use std::sync::Arc;
    use tidemark_domain::RejectReason;

    fn file() -> Vec<u8> {
        let arrays: [(&str, ArrayRef); 5] = [
            ("id", Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None, Some(3)]))),
            ("t", Arc::new(TimestampMillisecondArray::from(vec![1_709_251_199_500, 0, 1]))),
            ("text", Arc::new(StringArray::from(vec![Some("a"), Some(""), None]))),
            ("bytes", Arc::new(BinaryArray::from(vec![b"b".as_slice(), b"\xff", b"c"]))),
            ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]); 3]))),
        ];
        let batch = RecordBatch::try_from_iter(arrays).expect("columns of one length");
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("written");
        writer.close().expect("closed");
        bytes
    }

    fn on_disk(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("written");
        file
    }

    fn mapping(text: &str) -> Mapping {
        Mapping { text: text.into(), created_at: TimeColumn::named("t"), id: Some("id".into()), ..Mapping::default() }
    }

    #[test]
    fn cells_become_text_and_nulls_nothing() {
        let file = on_disk(&file());
        assert_eq!(columns(file.path()).expect("readable"), ["id", "t", "text", "bytes", "list"]);
        let mut decoder = Parquet::open(file.path(), &mapping("text"), Arc::default()).expect("readable");
        let first = decoder.next().expect("readable").expect("a row");
        let json = String::from_utf8(first.raw()).expect("JSON");
        let post = first.post.expect("a record");
        assert_eq!(post.id.as_deref(), Some("9007199254740993"));
        assert_eq!(post.created_at.as_deref(), Some("2024-02-29T23:59:59.500"));
        assert_eq!(post.text.as_deref(), Some("a"));
        assert!(json.contains(r#""id":"9007199254740993""#), "{json}");
        let second = decoder.next().expect("readable").expect("a row").post.expect("a record");
        assert_eq!((second.id, second.text), (None, None));
    }

    #[test]
    fn other_types_and_bytes_are_refused_by_the_row() {
        let file = on_disk(&file());
        let reasons = |text: &str| {
            let mut decoder = Parquet::open(file.path(), &mapping(text), Arc::default()).expect("readable");
            let mut reasons = Vec::new();
            while let Some(row) = decoder.next().expect("readable") {
                reasons.push(row.post.err().map(|fault| fault.reason));
            }
            reasons
        };
        assert_eq!(reasons("bytes"), [None, Some(RejectReason::InvalidUtf8), None]);
        assert_eq!(reasons("list"), [Some(RejectReason::WrongType); 3]);
    }

    fn outcomes(bytes: &[u8]) -> (usize, usize) {
        let file = on_disk(bytes);
        let mut decoder = Parquet::open(file.path(), &mapping("text"), Arc::default()).expect("readable");
        let (mut posts, mut faults) = (0, 0);
        while let Some(row) = decoder.next().expect("readable") {
            if row.post.is_ok() { posts += 1 } else { faults += 1 }
        }
        (posts, faults)
    }

    #[test]
    fn a_file_that_is_cut_off_is_one_reject() {
        let bytes = file();
        assert_eq!(outcomes(&bytes[..bytes.len() / 2]), (0, 1));
        assert_eq!(outcomes(b"PAR1"), (0, 1));
    }

    proptest! {
        /// A damaged file ends in at most one reject, after at most the rows it has.
        #[test]
        fn damage_is_data(at in 0.0..1.0_f64, byte in any::<u8>()) {
            let mut bytes = file();
            let at = (bytes.len() as f64 * at) as usize;
            bytes[at] ^= byte;
            let (posts, faults) = outcomes(&bytes);
            prop_assert!(posts <= 3 && posts + faults <= 4, "{posts} posts, {faults} faults");
        }

        #[test]
        fn arbitrary_bytes_are_one_reject(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(outcomes(&bytes), (0, 1));
        }
    }
}
