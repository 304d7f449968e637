//! Questions that roles ask, with typed answers.

use crate::columns::{Columns, day_number, required};
use crate::published::{
    Catalogue, Counts, FeedDay, FeedStatus, PublishedPoint, SeriesFilter, SeriesSummary, SourceEntry,
};
use crate::{Error, Session, tables};
use arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::prelude::{DataFrame, Expr, col, lit, when};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_domain::alert::AlertState;
use tidemark_domain::{
    Alert, CellStatus, ForecastPoint, Judgement, Period, PeriodKind, Provenance, SeriesKey, Signal, SignalKind, Unit,
};

/// When the lake last learned something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// When the newest post that was taken was written.
    pub newest_post: Option<Timestamp>,
    /// When the newest record was read from its source.
    pub newest_record: Option<Timestamp>,
    /// When the newest cell was issued.
    pub newest_cell: Option<Timestamp>,
    /// When the newest forecast was issued.
    pub newest_forecast: Option<Timestamp>,
}

fn date_literal(date: Date) -> Expr {
    lit(ScalarValue::Date32(Some(day_number(date))))
}

pub(crate) fn conditions(filter: &SeriesFilter, keys: &[&str], day: &str) -> Vec<Expr> {
    let wanted = [
        ("source", filter.source.clone()),
        ("region", filter.region.clone()),
        ("language", filter.language.clone()),
        ("period", filter.period.map(|kind| kind.code().to_owned())),
    ];
    let mut conditions: Vec<Expr> = wanted
        .into_iter()
        .filter(|(column, _)| keys.contains(column))
        .filter_map(|(column, value)| Some(col(column).eq(lit(value?))))
        .collect();
    if keys.contains(&"marker") && !filter.markers.is_empty() {
        conditions.push(col("marker").in_list(filter.markers.iter().map(lit).collect(), false));
    }
    conditions.extend(filter.from.map(|from| col(day).gt_eq(date_literal(from))));
    conditions.extend(filter.to.map(|to| col(day).lt_eq(date_literal(to))));
    conditions
}

pub(crate) async fn collect(
    frame: DataFrame,
    conditions: Vec<Expr>,
    order: &[&str],
) -> Result<Vec<RecordBatch>, Error> {
    let mut frame = frame;
    for condition in conditions {
        frame = frame.filter(condition).map_err(Error::Plan)?;
    }
    let order = order.iter().map(|column| col(*column).sort(true, true)).collect();
    frame.sort(order).map_err(Error::Plan)?.collect().await.map_err(Error::Execute)
}

const KEYS: [&str; 5] = ["source", "region", "language", "marker", "period"];

pub(crate) fn series_keys(columns: &Columns<'_>) -> Result<Vec<SeriesKey>, Error> {
    let (sources, regions) = (columns.keys("source")?, columns.keys("region")?);
    let (languages, markers) = (columns.keys("language")?, columns.keys("marker")?);
    let kinds = kinds(columns)?;
    let places = sources.into_iter().zip(regions).zip(languages).zip(markers).zip(kinds);
    Ok(places
        .map(|((((source, region), language), marker), period)| SeriesKey { source, region, language, marker, period })
        .collect())
}

fn kinds(columns: &Columns<'_>) -> Result<Vec<PeriodKind>, Error> {
    required(columns.keys("period")?.iter().map(|code| PeriodKind::from_code(code)).collect(), "period")
}

fn unit(code: &str) -> Result<Unit, Error> {
    [Unit::Author, Unit::Post].into_iter().find(|unit| unit.code() == code).ok_or(Error::Value { column: "unit" })
}

impl Session {
    /// The points of every series that passes, in order of key and period.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn series_points(&self, filter: &SeriesFilter) -> Result<Vec<PublishedPoint>, Error> {
        let order = ["source", "region", "language", "marker", "period", "period_end"];
        let answer = collect(self.frame("series").await?, conditions(filter, &KEYS, "period_end"), &order).await?;
        let mut points = Vec::new();
        for batch in &answer {
            points.extend(published(&Columns(batch))?);
        }
        Ok(points)
    }

    /// Which series there are and how far they reach, as far as anything was ever issued.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn series_keys(&self, filter: &SeriesFilter) -> Result<Vec<SeriesSummary>, Error> {
        use datafusion::functions_aggregate::expr_fn::{max, min};
        // Every issue of a cell has the same period: which of them is the latest does not matter here.
        let mut frame = self.frame(tables::SERIES_CELLS).await?;
        for condition in conditions(filter, &KEYS, "period_end") {
            frame = frame.filter(condition).map_err(Error::Plan)?;
        }
        let keys = KEYS.iter().map(|key| col(*key)).collect();
        // A cell that emptied was issued with nobody in it: it reaches nowhere, but it is news.
        let inhabited = || when(col("n").gt(lit(0_i64)), col("period_end")).end().map_err(Error::Plan);
        let span = vec![
            min(inhabited()?).alias("first"),
            max(inhabited()?).alias("last"),
            max(col("issued_at")).alias("issued"),
        ];
        let frame = frame.aggregate(keys, span).map_err(Error::Plan)?;
        let frame = frame.filter(col("last").is_not_null()).map_err(Error::Plan)?;
        let mut summaries = Vec::new();
        for batch in &collect(frame, Vec::new(), &KEYS).await? {
            let columns = Columns(batch);
            let (first, last) = (columns.days("first")?, columns.days("last")?);
            let issued = required(columns.instants("issued")?, "issued_at")?;
            for (row, key) in series_keys(&columns)?.into_iter().enumerate() {
                summaries.push(SeriesSummary { key, first: first[row], last: last[row], issued_at: issued[row] });
            }
        }
        Ok(summaries)
    }

    /// The latest origin's forecast of every series and model that passes (dates filter targets), in order of key, model
    /// and target.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn forecasts(&self, filter: &SeriesFilter) -> Result<Vec<ForecastPoint>, Error> {
        forecast_points(self.frame("forecast").await?, filter).await
    }

    /// The latest issue of every origin's forecast, in order of key, model, origin and target.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn forecasts_of_every_origin(&self, filter: &SeriesFilter) -> Result<Vec<ForecastPoint>, Error> {
        forecast_points(self.frame("forecast_origins").await?, filter).await
    }

    /// The latest row of every episode, in the order in which they were raised.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn alerts(&self) -> Result<Vec<Alert>, Error> {
        let mut alerts = Vec::new();
        for batch in &collect(self.frame("alert").await?, Vec::new(), &["raised_origin", "id"]).await? {
            let columns = Columns(batch);
            let (ids, rules, states) = (columns.keys("id")?, columns.keys("rule")?, columns.keys("state")?);
            let thresholds = required(columns.numbers("threshold")?, "threshold")?;
            let probabilities = required(columns.numbers("probability")?, "probability")?;
            let (peaks, origins) = (columns.days("peak_day")?, columns.days("origin")?);
            let raised = columns.days("raised_origin")?;
            let issued = required(columns.instants("issued_at")?, "issued_at")?;
            for (row, key) in series_keys(&columns)?.into_iter().enumerate() {
                alerts.push(Alert {
                    id: ids[row].clone(),
                    rule: rules[row].clone(),
                    key,
                    state: [AlertState::Open, AlertState::Resolved]
                        .into_iter()
                        .find(|state| state.code() == states[row])
                        .ok_or(Error::Value { column: "state" })?,
                    threshold: thresholds[row],
                    probability: probabilities[row],
                    peak_day: peaks[row],
                    origin: origins[row],
                    raised_origin: raised[row],
                    issued_at: issued[row],
                });
            }
        }
        Ok(alerts)
    }

    /// The latest row of every signal that stands, in the order of their first days.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn signals(&self) -> Result<Vec<Signal>, Error> {
        let mut signals = Vec::new();
        for batch in &collect(self.frame("signal").await?, Vec::new(), &["first_day", "id"]).await? {
            let columns = Columns(batch);
            let (ids, kinds, sources) = (columns.keys("id")?, columns.keys("kind")?, columns.keys("source")?);
            let (regions, languages) = (columns.keys("region")?, columns.keys("language")?);
            let (markers, reasons) = (columns.texts("marker")?, columns.text_lists("reasons")?);
            let (first_days, last_days) = (columns.days("first_day")?, columns.days("last_day")?);
            let (days, scores) = (columns.counts("days")?, columns.numbers("score")?);
            let issued = required(columns.instants("issued_at")?, "issued_at")?;
            let suspect_days = columns.day_lists("suspect_days")?;
            for (row, (reasons, suspect_days)) in reasons.into_iter().zip(suspect_days).enumerate() {
                signals.push(Signal {
                    id: ids[row].clone(),
                    kind: SignalKind::from_code(&kinds[row]).ok_or(Error::Value { column: "kind" })?,
                    source: sources[row].clone(),
                    region: regions[row].clone(),
                    language: languages[row].clone(),
                    marker: markers[row].clone(),
                    first_day: first_days[row],
                    last_day: last_days[row],
                    days: days[row],
                    suspect_days,
                    score: scores[row],
                    reasons,
                    is_withdrawn: false,
                    issued_at: issued[row],
                });
            }
        }
        Ok(signals)
    }

    /// How far each source was judged, in the order of the sources; one that was not is absent.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn judgements(&self) -> Result<Vec<Judgement>, Error> {
        let mut judgements = Vec::new();
        for batch in &collect(self.frame("judgement").await?, Vec::new(), &["source"]).await? {
            let columns = Columns(batch);
            let last_days = columns.days("last_day")?;
            let issued = required(columns.instants("issued_at")?, "issued_at")?;
            for (row, source) in columns.keys("source")?.into_iter().enumerate() {
                judgements.push(Judgement { source, last_day: last_days[row], issued_at: issued[row] });
            }
        }
        Ok(judgements)
    }

    /// The view `feed_health`; the filter's source, region and dates count. In order of source, region, day.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn feed_health(&self, filter: &SeriesFilter) -> Result<Vec<FeedDay>, Error> {
        let conditions = conditions(filter, &["source", "region"], "day");
        let mut days = Vec::new();
        for batch in &collect(self.frame("feed_health").await?, conditions, &["source", "region", "day"]).await? {
            let columns = Columns(batch);
            let (sources, regions, statuses) =
                (columns.keys("source")?, columns.keys("region")?, columns.keys("status")?);
            let (dates, posts) = (columns.days("day")?, columns.counts("posts")?);
            let (expected, ratios) = (columns.numbers("expected")?, columns.numbers("ratio")?);
            for row in 0..batch.num_rows() {
                days.push(FeedDay {
                    source: sources[row].clone(),
                    region: regions[row].clone(),
                    day: dates[row],
                    posts: posts[row],
                    expected: expected[row],
                    ratio: ratios[row],
                    status: FeedStatus::from_code(&statuses[row]).ok_or(Error::Value { column: "status" })?,
                });
            }
        }
        Ok(days)
    }

    /// What there is to ask about: everything that has a cell.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn catalogue(&self) -> Result<Catalogue, Error> {
        let populations = self
            .ask("SELECT DISTINCT source, region, language, marker FROM series_cells WHERE n > 0 AND period = 'day'")
            .await?;
        let mut markers = BTreeSet::new();
        let mut places: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for batch in &populations {
            let columns = Columns(batch);
            markers.extend(columns.keys("marker")?);
            let rows = columns.keys("source")?.into_iter().zip(columns.keys("region")?).zip(columns.keys("language")?);
            for ((source, region), language) in rows {
                let (regions, languages) = places.entry(source).or_default();
                regions.insert(region);
                languages.insert(language);
            }
        }
        let spans = self
            .ask(
                "SELECT source, min(period_end) AS first, max(period_end) AS last, \
                 last_value(unit ORDER BY period_end, issued_at) AS unit \
                 FROM series_cells WHERE n > 0 AND period = 'day' AND region = 'all' AND language = 'all' \
                 GROUP BY source ORDER BY source",
            )
            .await?;
        let mut sources = Vec::new();
        for batch in &spans {
            let columns = Columns(batch);
            let (first, last, units) = (columns.days("first")?, columns.days("last")?, columns.keys("unit")?);
            for (row, source) in columns.keys("source")?.into_iter().enumerate() {
                let (regions, languages) = places.remove(&source).unwrap_or_default();
                sources.push(SourceEntry {
                    source,
                    regions: regions.into_iter().collect(),
                    languages: languages.into_iter().collect(),
                    first: first[row],
                    last: last[row],
                    unit: unit(&units[row])?,
                });
            }
        }
        Ok(Catalogue { sources, markers: markers.into_iter().collect() })
    }

    /// The ledger of every run, by run id.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn counts(&self) -> Result<BTreeMap<String, Counts>, Error> {
        let ledger = self
            .ask(
                "SELECT run_id, disposition, reason, count(*) AS rows FROM events GROUP BY run_id, disposition, reason",
            )
            .await?;
        let mut runs: BTreeMap<String, Counts> = BTreeMap::new();
        for batch in &ledger {
            let columns = Columns(batch);
            let (ids, dispositions) = (columns.keys("run_id")?, columns.keys("disposition")?);
            let (reasons, rows) = (columns.texts("reason")?, columns.counts("rows")?);
            for row in 0..batch.num_rows() {
                let counts = runs.entry(ids[row].clone()).or_default();
                match dispositions[row].as_str() {
                    "accepted" => counts.accepted += rows[row],
                    "duplicate" => counts.duplicates += rows[row],
                    "unmatched" => counts.unmatched += rows[row],
                    "rejected" => {
                        *counts.rejected.entry(reasons[row].clone().unwrap_or_default()).or_default() += rows[row];
                    }
                    _ => return Err(Error::Value { column: "disposition" }),
                }
            }
        }
        Ok(runs)
    }

    /// The ledger of one run; zeros where nothing of it is in the lake.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn counts_of_run(&self, run_id: &str) -> Result<Counts, Error> {
        Ok(self.counts().await?.remove(run_id).unwrap_or_default())
    }

    /// When the lake last learned something.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn freshness(&self) -> Result<Freshness, Error> {
        let answer = self
            .ask(
                "SELECT (SELECT max(created_at) FROM events WHERE disposition = 'accepted') AS post, \
                 (SELECT max(observed_at) FROM events) AS record, (SELECT max(issued_at) FROM series_cells) AS cell, \
                 (SELECT max(issued_at) FROM forecasts) AS forecast",
            )
            .await?;
        let Some(batch) = answer.first() else { return Ok(Freshness::default()) };
        let only = |column| Ok::<_, Error>(Columns(batch).instants(column)?.into_iter().next().flatten());
        Ok(Freshness {
            newest_post: only("post")?,
            newest_record: only("record")?,
            newest_cell: only("cell")?,
            newest_forecast: only("forecast")?,
        })
    }
}

fn published(columns: &Columns<'_>) -> Result<Vec<PublishedPoint>, Error> {
    let (ends, statuses, units) = (columns.days("period_end")?, columns.keys("status")?, columns.keys("unit")?);
    let (values, lowers, uppers) = (columns.numbers("value")?, columns.numbers("lower")?, columns.numbers("upper")?);
    let (ks, ns, posts) = (columns.integers("k")?, columns.integers("n")?, columns.integers("n_posts")?);
    let (models, lexica, codes) = (columns.texts("model")?, columns.texts("lexicon")?, columns.texts("code")?);
    let (issued, with_bots) = (columns.instants("issued_at")?, columns.numbers("value_with_bots")?);
    let provenance = |row: usize| {
        Some(Provenance { model: models[row].clone()?, lexicon: lexica[row].clone()?, code: codes[row].clone()? })
    };
    series_keys(columns)?
        .into_iter()
        .enumerate()
        .map(|(row, key)| {
            Ok(PublishedPoint {
                period: Period { kind: key.period, end: ends[row] },
                key,
                status: [CellStatus::Ok, CellStatus::Censored, CellStatus::NoData]
                    .into_iter()
                    .find(|status| status.code() == statuses[row])
                    .ok_or(Error::Value { column: "status" })?,
                unit: unit(&units[row])?,
                value: values[row],
                lower: lowers[row],
                upper: uppers[row],
                k: ks[row],
                n: ns[row],
                n_posts: posts[row],
                value_with_bots: with_bots[row],
                provenance: provenance(row),
                issued_at: issued[row],
            })
        })
        .collect()
}

async fn forecast_points(frame: DataFrame, filter: &SeriesFilter) -> Result<Vec<ForecastPoint>, Error> {
    let order = ["source", "region", "language", "marker", "period", "model_id", "origin", "target"];
    let mut points = Vec::new();
    for batch in &collect(frame, conditions(filter, &KEYS, "target"), &order).await? {
        let columns = Columns(batch);
        let (models, origins, targets) = (columns.keys("model_id")?, columns.days("origin")?, columns.days("target")?);
        let (horizons, quantiles) = (columns.counts("horizon_days")?, columns.number_lists("quantiles")?);
        let issued = required(columns.instants("issued_at")?, "issued_at")?;
        let ranks = columns.rank_lists("ranks")?;
        for ((row, key), ranks) in series_keys(&columns)?.into_iter().enumerate().zip(ranks) {
            points.push(ForecastPoint {
                key,
                model: models[row].clone(),
                origin: origins[row],
                horizon_days: horizons[row].try_into().map_err(|_| Error::Value { column: "horizon_days" })?,
                target: targets[row],
                quantiles: quantiles[row].as_slice().try_into().map_err(|_| Error::Value { column: "quantiles" })?,
                ranks,
                issued_at: issued[row],
            });
        }
    }
    Ok(points)
}
