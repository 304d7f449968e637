//! Posts for tests, as rows of `events`.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float32Array, Int32Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use jiff::civil::Date;
use std::sync::Arc;
use tidemark_query::tables::{self, MarkerColumns};

/// One row, with defaults that tests overrule.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) post: String,
    pub(crate) source: &'static str,
    pub(crate) disposition: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) revision: i32,
    pub(crate) day: Date,
    pub(crate) hour: i8,
    pub(crate) author: Option<String>,
    pub(crate) region: Option<&'static str>,
    pub(crate) language: &'static str,
    pub(crate) is_bot: bool,
    pub(crate) model: &'static str,
    pub(crate) wording: Option<&'static str>,
    /// Marker, score, present.
    pub(crate) scores: Vec<(&'static str, f32, bool)>,
}

pub(crate) fn post(id: &str, day: &str) -> Row {
    Row {
        id: id.to_owned(),
        post: id.to_owned(),
        source: "feed",
        disposition: "accepted",
        operation: "create",
        revision: 0,
        day: day.parse().unwrap(),
        hour: 0,
        author: None,
        region: None,
        language: "en",
        is_bot: false,
        model: "m1",
        wording: None,
        scores: vec![],
    }
}

impl Row {
    pub(crate) fn by(mut self, author: &str) -> Self {
        self.author = Some(author.to_owned());
        self
    }
    pub(crate) fn at(mut self, region: &'static str) -> Self {
        self.region = Some(region);
        self
    }
    pub(crate) fn out_of(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }
    pub(crate) fn lang(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }
    pub(crate) fn saying(mut self, wording: &'static str) -> Self {
        self.wording = Some(wording);
        self
    }
    pub(crate) fn with(mut self, marker: &'static str, present: bool) -> Self {
        self.scores.push((marker, if present { 0.9 } else { 0.1 }, present));
        self
    }
    pub(crate) fn then(mut self, id: &str, operation: &'static str, revision: i32) -> Self {
        (self.id, self.operation, self.revision) = (id.to_owned(), operation, revision);
        self.scores.clear();
        self
    }
}

pub(crate) fn rows(rows: &[Row]) -> RecordBatch {
    let mut markers = MarkerColumns::default();
    for (marker, ..) in rows.iter().flat_map(|row| &row.scores) {
        markers.column_of(marker);
    }
    let text =
        |of: &dyn Fn(&Row) -> Option<String>| -> ArrayRef { Arc::new(rows.iter().map(of).collect::<StringArray>()) };
    let micros =
        |row: &Row| (i64::from(tidemark_query::day_number(row.day)) * 24 + i64::from(row.hour)) * 3_600_000_000;
    let at = TimestampMicrosecondArray::from_iter_values(rows.iter().map(micros)).with_timezone("UTC");
    // Of a record that was not accepted, nothing that could lead to a person is kept.
    let kept = |row: &Row| row.disposition == "accepted";
    let created = rows
        .iter()
        .map(|row| kept(row).then(|| micros(row)))
        .collect::<TimestampMicrosecondArray>()
        .with_timezone("UTC");
    let mut present =
        ListBuilder::new(StringBuilder::new()).with_field(Arc::new(Field::new("element", DataType::Utf8, true)));
    for row in rows {
        for (marker, _, is_present) in &row.scores {
            if *is_present {
                present.values().append_value(marker);
            }
        }
        present.append(true);
    }
    let schema = tables::events(&markers);
    let mut columns: Vec<ArrayRef> = vec![
        text(&|row| Some(row.id.clone())),
        text(&|row| Some(row.post.clone())),
        text(&|row| Some(row.source.into())),
        text(&|_| Some("run".into())),
        text(&|row| Some(row.disposition.into())),
        text(&|row| Some(row.operation.into())),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.revision))),
        Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| tidemark_query::day_number(row.day)))),
        Arc::new(created),
        text(&|row| row.author.clone().filter(|_| kept(row))),
        text(&|row| row.region.map(str::to_owned)),
        text(&|row| kept(row).then(|| row.language.into())),
        text(&|_| None),
        Arc::new(Int32Array::from(vec![5; rows.len()])),
        Arc::new(rows.iter().map(|row| kept(row).then_some(row.is_bot)).collect::<BooleanArray>()),
        text(&|row| kept(row).then(|| row.model.into())),
        text(&|row| kept(row).then(|| "l1".into())),
        text(&|row| kept(row).then(|| "0.1".into())),
        text(&|_| None),
        Arc::new(at),
        Arc::new(present.finish()),
        text(&|row| row.wording.filter(|_| kept(row)).map(str::to_owned)),
    ];
    for (marker, _) in markers.iter() {
        let score = |row: &Row| row.scores.iter().find(|(name, ..)| *name == marker).map(|(_, score, _)| *score);
        columns.push(Arc::new(rows.iter().map(score).collect::<Float32Array>()));
    }
    let fields: Schema = schema.as_ref().clone();
    RecordBatch::try_new(Arc::new(fields), columns).unwrap()
}
