//! What a question in SQL is answered with.

use crate::Error;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
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

    /// As CSV with a header line.
    ///
    /// # Errors
    /// [`Error::Arrow`] where a column cannot stand in CSV (a list).
    pub fn to_csv(&self) -> Result<Vec<u8>, Error> {
        let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(Vec::new());
        if self.batches.is_empty() {
            writer.write(&RecordBatch::new_empty(self.schema.clone()))?;
        }
        for batch in &self.batches {
            writer.write(batch)?;
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
