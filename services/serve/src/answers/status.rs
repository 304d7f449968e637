//! How the whole is doing: the log's word, the lake's word, and rates from one look to the next.

use super::{Answers, LOOK_MILLISECONDS, VERSION, feed_day, rates::Rates, say};
use crate::{error::Problem, handed::LogStatus};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tidemark_domain::{PeriodKind, forecast::RECOMMENDED_MODEL, series::ALL};
use tidemark_query::SeriesFilter;

/// How long the log may take to say how far it is, in seconds.
const LOG_SECONDS: u64 = 5;
/// A feed is listed with its latest day among the last so many of its source.
const FEED_DAYS: i64 = 7;

/// The latest status, and what the next one's rates are reckoned from.
#[derive(Default)]
pub(super) struct Kept {
    latest: Option<Arc<say::Status>>,
    rates: Rates,
}

/// The lake's part, which stays while the lake does.
pub(super) struct LakeStatus {
    ledger: say::Ledger,
    feeds: Vec<say::FeedDay>,
    record: Option<Timestamp>,
    cell: Option<Timestamp>,
    forecast: Option<Timestamp>,
    alert: Option<Timestamp>,
}

impl Answers {
    /// Lag, rate and freshness per stage, the ledger of rows, the broker, feeds and loads in progress.
    ///
    /// # Errors
    /// When the lake cannot be read in time. A broker that is away is an answer, not an error.
    pub async fn status(&self) -> Result<Arc<say::Status>, Problem> {
        let mut kept = self.status.lock().await;
        let now = self.now();
        if let Some(latest) = &kept.latest
            && now.duration_since(latest.now).abs() < SignedDuration::from_millis(LOOK_MILLISECONDS)
        {
            return Ok(latest.clone());
        }
        let seen = self.look().await?;
        let lake = self.lake_status.get_or((), seen, self.in_turn(self.make_lake_status())).await?;
        let log = tokio::time::timeout(Duration::from_secs(LOG_SECONDS), (self.handed.log_status)()).await;
        let log = log.unwrap_or_else(|_| LogStatus {
            detail: format!("it did not answer within {LOG_SECONDS} s: run `tidemark doctor`"),
            ..LogStatus::default()
        });
        let since = |at: Option<Timestamp>| at.map(|at| now.duration_since(at).as_secs_f64().max(0.0));

        let mut stages: Vec<_> = log
            .stages
            .into_iter()
            .map(|stage| say::Stage {
                lag: stage.lag,
                rate_per_second: stage.position.and_then(|position| kept.rates.note(&stage.stage, now, position)),
                freshness_seconds: match stage.stage.as_str() {
                    "ingest" => since(lake.record),
                    "aggregate" => since(lake.cell),
                    _ => None, // its output is on the log, which does not say when
                },
                stage: stage.stage,
                topic: stage.topic,
            })
            .collect();
        for (stage, at) in [("forecast", lake.forecast), ("alert", lake.alert)] {
            stages.push(say::Stage {
                stage: stage.to_owned(),
                topic: String::new(),
                lag: None,
                rate_per_second: None,
                freshness_seconds: since(at),
            });
        }
        let status = Arc::new(say::Status {
            version: VERSION,
            now,
            ledger: lake.ledger,
            broker: say::Broker { reachable: log.reachable, detail: log.detail },
            stages,
            feeds: lake.feeds.clone(),
            loads: log
                .loads
                .into_iter()
                .map(|load| say::LoadProgress {
                    name: load.name,
                    rows: load.rows,
                    rows_total: load.rows_total,
                    done: load.done,
                })
                .collect(),
        });
        kept.latest = Some(status.clone());
        Ok(status)
    }

    async fn make_lake_status(&self) -> Result<LakeStatus, Problem> {
        let session = self.session();
        let mut ledger = say::Ledger::default();
        for counts in session.counts().await?.values() {
            ledger.read += counts.rows_read();
            ledger.accepted += counts.accepted;
            ledger.duplicates += counts.duplicates;
            ledger.unmatched += counts.unmatched;
            ledger.rejected += counts.rejected.values().sum::<u64>();
        }
        let fresh = session.freshness().await?;
        let alert = session.alerts().await?.iter().map(|alert| alert.issued_at).max();

        let mut feeds = BTreeMap::new();
        let mut forecast = None;
        for source in self.make_catalogue().await?.sources {
            let from = source.last_day.saturating_sub(FEED_DAYS.days());
            let filter =
                SeriesFilter { source: Some(source.source.clone()), from: Some(from), ..SeriesFilter::default() };
            for day in session.feed_health(&filter).await? {
                let latest = feeds.entry((day.source.clone(), day.region.clone())).or_insert_with(|| day.clone());
                if latest.day < day.day {
                    *latest = day;
                }
            }
            // All series are forecast together: one of them says when.
            if let Some(marker) = source.markers.first() {
                let filter = SeriesFilter {
                    source: Some(source.source),
                    region: Some(ALL.to_owned()),
                    language: Some(ALL.to_owned()),
                    marker: Some(marker.name.clone()),
                    period: Some(PeriodKind::Day),
                    ..SeriesFilter::default()
                };
                let days = session.forecasts(&filter).await?;
                let issued = days.iter().filter(|day| day.model == RECOMMENDED_MODEL).map(|day| day.issued_at).max();
                forecast = forecast.max(issued);
            }
        }
        Ok(LakeStatus {
            ledger,
            feeds: feeds.into_values().map(|day| feed_day(day, self.now())).collect(),
            record: fresh.newest_record,
            cell: fresh.newest_cell,
            forecast,
            alert,
        })
    }
}
