//! What a question in SQL is answered with.

use crate::Error;
use arrow::array::{Array as _, ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{FieldRef, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, make_encoder};
use std::sync::Arc;
use std::time::Duration;

/// What one question may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows answered at most; more are cut off and [`Answer::is_cut`] says so.
    pub rows_max: usize,
    /// How long planning and answering may take together.
    pub deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows_max: 10_000, deadline: Duration::from_secs(30) }
    }
}

/// Rows.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The columns, also where there are no rows.
    pub schema: SchemaRef,
    /// The rows, by column.
    pub batches: Vec<RecordBatch>,
    /// Whether rows were left out.
    pub is_cut: bool,
}

impl Answer {
    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// As a table for people.
    ///
    /// # Errors
    /// [`Error::Arrow`] where a value cannot be printed.
    pub fn to_text(&self) -> Result<String, Error> {
        let options = arrow::util::display::FormatOptions::default().with_null("");
        let table = if self.batches.is_empty() {
            let empty = RecordBatch::new_empty(self.schema.clone());
            arrow::util::pretty::pretty_format_batches_with_options(&[empty], &options)?
        } else {
            arrow::util::pretty::pretty_format_batches_with_options(&self.batches, &options)?
        };
        Ok(table.to_string())
    }

    /// As CSV with a header line. A cell is one value: a list stands in it as its JSON text.
    ///
    /// # Errors
    /// [`Error::Arrow`] where a value cannot be written.
    pub fn to_csv(&self) -> Result<Vec<u8>, Error> {
        let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(Vec::new());
        if self.batches.is_empty() {
            writer.write(&flat(&RecordBatch::new_empty(self.schema.clone()))?)?;
        }
        for batch in &self.batches {
            writer.write(&flat(batch)?)?;
        }
        Ok(writer.into_inner())
    }

    /// As JSON objects, one a line.
    ///
    /// # Errors
    /// [`Error::Arrow`] where a value cannot stand in JSON.
    pub fn to_json_lines(&self) -> Result<Vec<u8>, Error> {
        let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
        writer.write_batches(&self.batches.iter().collect::<Vec<_>>())?;
        writer.finish()?;
        Ok(writer.into_inner())
    }
}

/// The rows with lists, and whatever else holds several values, as JSON text.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    if !schema.fields().iter().any(|field| field.data_type().is_nested()) {
        return Ok(batch.clone());
    }
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, values) in schema.fields().iter().zip(batch.columns()) {
        let values = if field.data_type().is_nested() { json(field, values)? } else { Arc::clone(values) };
        columns.push((field.name(), values));
    }
    RecordBatch::try_from_iter(columns)
}

/// Each value as its JSON text; none where there is none.
fn json(field: &FieldRef, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(field, values.as_ref(), &options)?;
    let mut texts = Vec::with_capacity(values.len());
    for row in 0..values.len() {
        let mut text = Vec::new();
        if !encoder.is_null(row) {
            encoder.encode(row, &mut text);
        }
        // JSON is never empty, and always UTF-8.
        texts.push((!text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned()));
    }
    Ok(Arc::new(StringArray::from(texts)))
}
