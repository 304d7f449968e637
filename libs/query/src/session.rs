//! A [`Session`] is a role's eyes on the lake. SIGNATURES; bodies follow within the hour.

use crate::{Catalogue, Counts, Error, FeedDay, PublishedPoint, SeriesFilter, SeriesSummary};
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use std::{collections::BTreeMap, time::Duration};
use tidemark_domain::{Alert, ForecastPoint};
use tidemark_lake::Lake;

/// What one question may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows answered at most; more are cut off and [`Answer::is_cut`] says so.
    pub rows_max: usize,
    /// How long planning and answering may take together.
    pub deadline: Duration,
}

/// Rows.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The rows, by column.
    pub batches: Vec<RecordBatch>,
    /// Whether rows were left out.
    pub is_cut: bool,
}

/// A view of the lake as of its last refresh. Cheap to clone; clones share what they see.
#[derive(Clone)]
pub struct Session;

#[allow(unused_variables, clippy::unused_async, missing_docs)]
impl Session {
    pub async fn open(lake: Lake) -> Result<Self, Error> { Ok(Self) }
    pub async fn refresh(&self) -> Result<(), Error> { Ok(()) }
    pub async fn as_of(&self, at: Timestamp) -> Result<Self, Error> { Ok(Self) }
    pub fn versions(&self) -> BTreeMap<String, u64> { BTreeMap::new() }
    pub async fn sql(&self, text: &str, limits: &Limits) -> Result<Answer, Error> { Err(Error::NotAQuestion) }
    pub async fn series_points(&self, filter: &SeriesFilter) -> Result<Vec<PublishedPoint>, Error> { Ok(vec![]) }
    pub async fn series_keys(&self, filter: &SeriesFilter) -> Result<Vec<SeriesSummary>, Error> { Ok(vec![]) }
    /// The latest origin's forecast of every series and model that passes the filter, in order of key, model, target.
    pub async fn forecasts(&self, filter: &SeriesFilter) -> Result<Vec<ForecastPoint>, Error> { Ok(vec![]) }
    /// Every origin's, latest issue of each.
    pub async fn forecasts_of_every_origin(&self, filter: &SeriesFilter) -> Result<Vec<ForecastPoint>, Error> { Ok(vec![]) }
    /// The latest row of every episode.
    pub async fn alerts(&self) -> Result<Vec<Alert>, Error> { Ok(vec![]) }
    pub async fn feed_health(&self, filter: &SeriesFilter) -> Result<Vec<FeedDay>, Error> { Ok(vec![]) }
    pub async fn catalogue(&self) -> Result<Catalogue, Error> { Ok(Catalogue::default()) }
    /// The ledger of every run, by run id.
    pub async fn counts(&self) -> Result<BTreeMap<String, Counts>, Error> { Ok(BTreeMap::new()) }
    pub async fn counts_of_run(&self, run_id: &str) -> Result<Counts, Error> { Ok(Counts::default()) }
    /// When the latest post that stands was written, and when the latest event was observed.
    pub async fn freshness(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), Error> { Ok((None, None)) }
    pub async fn append_forecasts(&self, points: &[ForecastPoint]) -> Result<(), Error> { Ok(()) }
    pub async fn append_alerts(&self, alerts: &[Alert]) -> Result<(), Error> { Ok(()) }
}
