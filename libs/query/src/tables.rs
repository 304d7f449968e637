//! The tables of the lake: their names and columns. Who writes and reads them stands in ARCHITECTURE.md.

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tidemark_domain::marker;

/// The ledger and the posts: a row for every record that was read.
pub const EVENTS: &str = "events";
/// Issued numbers.
pub const SERIES_CELLS: &str = "series_cells";
/// Issued forecasts.
pub const FORECASTS: &str = "forecasts";
/// Evaluated episodes.
pub const ALERTS: &str = "alerts";
/// Signals as they were evaluated.
pub const SIGNALS: &str = "signals";
/// How far the days of each source were judged.
pub const JUDGEMENTS: &str = "judgements";
/// What alert rules did on their series' own past.
pub const TRACK_RECORDS: &str = "track_records";
/// Every table.
pub const ALL: [&str; 7] = [EVENTS, SERIES_CELLS, FORECASTS, ALERTS, SIGNALS, JUDGEMENTS, TRACK_RECORDS];

/// The metadata key under which a score column keeps its marker's dotted name: `column` cannot be inverted.
const MARKER_KEY: &str = "marker";

fn text(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

fn date(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Date32, nullable)
}

/// The type of `*_at` columns: UTC microseconds.
#[must_use]
pub fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn instant(name: &str, nullable: bool) -> Field {
    Field::new(name, instant_type(), nullable)
}

fn list(name: &str, item: DataType) -> Field {
    Field::new(name, DataType::List(Arc::new(Field::new("element", item, true))), true)
}

/// The columns of `events` that are not scores. The leading ones have statistics: questions filter by them.
#[must_use]
pub fn events_base() -> Vec<Field> {
    vec![
        text("event_id", false),
        text("post_key", true),
        text("source", false),
        text("run_id", false),
        text("disposition", false),
        text("operation", true),
        Field::new("revision", DataType::Int32, true),
        date("day", true),
        instant("created_at", true),
        text("author", true),
        text("region", true),
        text("language", true),
        text("community", true),
        Field::new("n_tokens", DataType::Int32, true),
        Field::new("is_bot_hint", DataType::Boolean, true),
        text("model", true),
        text("lexicon", true),
        text("code", true),
        text("reason", true),
        instant("observed_at", false),
        list("present", DataType::Utf8),
        // Null also in what was written before wordings were told.
        text("wording", true),
    ]
}

/// The columns of `events` with a score column for each marker.
#[must_use]
pub fn events(markers: &MarkerColumns) -> SchemaRef {
    let mut fields = events_base();
    fields.extend(markers.fields());
    Arc::new(Schema::new(fields))
}

/// The columns of `series_cells`.
#[must_use]
pub fn series_cells() -> SchemaRef {
    Arc::new(Schema::new(vec![
        text("source", false),
        text("region", false),
        text("language", false),
        text("marker", false),
        text("period", false),
        date("period_end", false),
        text("label", false),
        Field::new("k", DataType::Int64, false),
        Field::new("n", DataType::Int64, false),
        Field::new("n_posts", DataType::Int64, false),
        text("unit", false),
        text("model", false),
        text("lexicon", false),
        text("code", false),
        instant("issued_at", false),
        // Null in what was issued before bots were counted.
        Field::new("k_with_bots", DataType::Int64, true),
        Field::new("n_with_bots", DataType::Int64, true),
    ]))
}

/// The columns of `forecasts`.
#[must_use]
pub fn forecasts() -> SchemaRef {
    Arc::new(Schema::new(vec![
        text("source", false),
        text("region", false),
        text("language", false),
        text("marker", false),
        text("period", false),
        text("model_id", false),
        date("origin", false),
        Field::new("horizon_days", DataType::Int32, false),
        date("target", false),
        list("quantiles", DataType::Float64),
        instant("issued_at", false),
        // Null in what was issued before forecasts said how their days hang together.
        list("ranks", DataType::Int32),
    ]))
}

/// The columns of `alerts`.
#[must_use]
pub fn alerts() -> SchemaRef {
    Arc::new(Schema::new(vec![
        text("id", false),
        text("rule", false),
        text("source", false),
        text("region", false),
        text("language", false),
        text("marker", false),
        text("period", false),
        text("state", false),
        Field::new("threshold", DataType::Float64, false),
        Field::new("probability", DataType::Float64, false),
        date("peak_day", false),
        date("origin", false),
        date("raised_origin", false),
        instant("issued_at", false),
    ]))
}

/// The columns of `signals`.
#[must_use]
pub fn signals() -> SchemaRef {
    Arc::new(Schema::new(vec![
        text("id", false),
        text("kind", false),
        text("source", false),
        text("region", false),
        text("language", false),
        text("marker", true),
        date("first_day", false),
        date("last_day", false),
        Field::new("days", DataType::Int64, false),
        Field::new("score", DataType::Float64, true),
        list("reasons", DataType::Utf8),
        Field::new("is_withdrawn", DataType::Boolean, false),
        instant("issued_at", false),
        // Null also in what was written before a feed's suspect days were named.
        list("suspect_days", DataType::Date32),
    ]))
}

/// The columns of `judgements`.
#[must_use]
pub fn judgements() -> SchemaRef {
    Arc::new(Schema::new(vec![text("source", false), date("last_day", false), instant("issued_at", false)]))
}

/// The columns of `track_records`.
#[must_use]
pub fn track_records() -> SchemaRef {
    let count = |name: &str| Field::new(name, DataType::Int64, false);
    Arc::new(Schema::new(vec![
        text("rule", false),
        text("source", false),
        text("region", false),
        text("language", false),
        text("marker", false),
        text("period", false),
        date("first_day", false),
        date("last_day", false),
        count("judged_days"),
        count("episodes"),
        count("episodes_right"),
        count("spells"),
        count("spells_foreseen"),
        Field::new("lead_days", DataType::Float64, true),
        text("basis", false),
        instant("issued_at", false),
    ]))
}

pub(crate) fn schema_of(table: &str) -> SchemaRef {
    match table {
        EVENTS => events(&MarkerColumns::default()),
        SERIES_CELLS => series_cells(),
        FORECASTS => forecasts(),
        ALERTS => alerts(),
        JUDGEMENTS => judgements(),
        TRACK_RECORDS => track_records(),
        _ => signals(),
    }
}

/// Which column of `events` holds which marker's score.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarkerColumns {
    by_marker: BTreeMap<String, String>,
}

impl MarkerColumns {
    /// Reads a table's columns: every `Float32` column is a score.
    #[must_use]
    pub fn of_schema(schema: &Schema) -> Self {
        let scores = schema.fields().iter().filter(|field| *field.data_type() == DataType::Float32);
        let named = |field: &Arc<Field>| {
            (field.metadata().get(MARKER_KEY).unwrap_or(field.name()).clone(), field.name().clone())
        };
        Self { by_marker: scores.map(named).collect() }
    }

    /// The column of `marker`, which is given one where it has none. Two names that would share a column do not.
    pub fn column_of(&mut self, marker: &str) -> &str {
        if !self.by_marker.contains_key(marker) {
            let mut column = marker::column(marker);
            while self.by_marker.values().any(|taken| *taken == column) {
                column.push('_');
            }
            self.by_marker.insert(marker.to_owned(), column);
        }
        &self.by_marker[marker]
    }

    /// Markers and their columns, in order of the markers' names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_marker.iter().map(|(marker, column)| (marker.as_str(), column.as_str()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_marker.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_marker.is_empty()
    }

    /// The score columns, in order of the markers' names.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.iter()
            .map(|(marker, column)| {
                Field::new(column, DataType::Float32, true)
                    .with_metadata(HashMap::from([(MARKER_KEY.to_owned(), marker.to_owned())]))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{MarkerColumns, events};

    #[test]
    fn names_survive_the_schema_also_where_columns_would_collide() {
        let mut markers = MarkerColumns::default();
        assert_eq!(markers.column_of("lexicon.a.b_c"), "lexicon_a_b_c");
        assert_eq!(markers.column_of("lexicon.a_b.c"), "lexicon_a_b_c_");
        assert_eq!(markers.column_of("lexicon.a.b_c"), "lexicon_a_b_c");
        assert_eq!(MarkerColumns::of_schema(&events(&markers)), markers);
    }
}
