//! What alert rules did on their series' own past: written and read all together.

use crate::columns::{Columns, required};
use crate::readers::{collect, series_keys};
use crate::writers::{days, instants, key_columns, texts};
use crate::{Error, Session, tables};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use jiff::Timestamp;
use std::sync::Arc;
use tidemark_domain::{SeriesKey, TrackRecord};

/// Records that were computed together: rows of the view `track_record`.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackRecords {
    /// What they were computed by: rules and settings, in a form that can be compared.
    pub basis: String,
    /// When.
    pub issued_at: Timestamp,
    /// One for each rule and series that could be judged, in the order of rules and keys.
    pub records: Vec<TrackRecord>,
}

impl TrackRecords {
    /// The record of a rule on a series.
    #[must_use]
    pub fn of(&self, rule: &str, key: &SeriesKey) -> Option<&TrackRecord> {
        self.records.iter().find(|record| record.rule == rule && record.key == *key)
    }
}

fn rows(kept: &TrackRecords) -> Result<RecordBatch, Error> {
    let records = &kept.records;
    let counts = |count: fn(&TrackRecord) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(records.iter().map(|record| count(record) as i64)))
    };
    let mut columns = vec![texts(records.iter().map(|record| record.rule.as_str()))];
    columns.extend(key_columns(records.iter().map(|record| &record.key)));
    columns.push(days(records.iter().map(|record| record.from)));
    columns.push(days(records.iter().map(|record| record.to)));
    columns.push(counts(|record| record.judged_days));
    columns.push(counts(|record| record.episodes));
    columns.push(counts(|record| record.right));
    columns.push(counts(|record| record.spells));
    columns.push(counts(|record| record.foreseen));
    columns.push(Arc::new(records.iter().map(|record| record.lead_days).collect::<Float64Array>()));
    columns.push(texts(records.iter().map(|_| kept.basis.as_str())));
    columns.push(instants(records.iter().map(|_| kept.issued_at)));
    Ok(RecordBatch::try_new(tables::track_records(), columns)?)
}

impl Session {
    /// Appends records that were computed together in one commit; they take the place of all before them. Nothing is
    /// written for none.
    ///
    /// # Errors
    /// As [`Session::append_forecasts`].
    pub async fn append_track_records(&self, kept: &TrackRecords) -> Result<(), Error> {
        self.append(tables::TRACK_RECORDS, &tables::track_records(), rows(kept)?).await
    }

    /// The records that were computed last; `None` where none ever were.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn track_records(&self) -> Result<Option<TrackRecords>, Error> {
        let order = ["rule", "source", "region", "language", "marker"];
        let mut kept: Option<TrackRecords> = None;
        for batch in &collect(self.frame("track_record").await?, Vec::new(), &order).await? {
            let columns = Columns(batch);
            let (rules, bases) = (columns.keys("rule")?, columns.keys("basis")?);
            let (first, last) = (columns.days("first_day")?, columns.days("last_day")?);
            let (judged, episodes) = (columns.counts("judged_days")?, columns.counts("episodes")?);
            let (right, spells) = (columns.counts("episodes_right")?, columns.counts("spells")?);
            let (foreseen, leads) = (columns.counts("spells_foreseen")?, columns.numbers("lead_days")?);
            let issued = required(columns.instants("issued_at")?, "issued_at")?;
            for (row, key) in series_keys(&columns)?.into_iter().enumerate() {
                let empty = || TrackRecords { basis: bases[row].clone(), issued_at: issued[row], records: Vec::new() };
                kept.get_or_insert_with(empty).records.push(TrackRecord {
                    rule: rules[row].clone(),
                    key,
                    from: first[row],
                    to: last[row],
                    judged_days: judged[row],
                    episodes: episodes[row],
                    right: right[row],
                    spells: spells[row],
                    foreseen: foreseen[row],
                    lead_days: leads[row],
                });
            }
        }
        Ok(kept)
    }
}
