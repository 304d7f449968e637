//! How the whole is doing: the log's word, the lake's word, and rates from one look to the next.

use super::{Answers, VERSION, feed_day, limited, rates::Rates, say};
use crate::{error::Problem, handed::LogStatus};
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

/// A status is looked up anew at most this often, in milliseconds.
const KEEP_MILLISECONDS: i64 = 1_000;
/// How long a status waits for what it can do without, in milliseconds.
const SOON_MILLISECONDS: u64 = 1_000;
/// How long the log may take to say how far it is, in seconds.
const LOG_SECONDS: u64 = 5;

/// The latest status, and what the next one's rates are reckoned from.
#[derive(Default)]
pub(super) struct Kept {
    latest: Option<Arc<say::Status>>,
    rates: Rates,
}

impl Answers {
    /// Lag, rate and freshness per stage, the ledger of rows, the broker, feeds and loads in progress.
    ///
    /// # Errors
    /// When the lake cannot be read in time. A broker that is away is an answer, not an error.
    pub async fn status(&self) -> Result<Arc<say::Status>, Problem> {
        limited(self.make_status()).await
    }

    async fn make_status(&self) -> Result<Arc<say::Status>, Problem> {
        let mut kept = self.status.lock().await;
        let now = (self.handed.clock)();
        if let Some(latest) = &kept.latest
            && now.duration_since(latest.now).abs() < SignedDuration::from_millis(KEEP_MILLISECONDS)
        {
            return Ok(latest.clone());
        }
        let log = tokio::time::timeout(Duration::from_secs(LOG_SECONDS), (self.handed.log_status)()).await;
        let log = log.unwrap_or_else(|_| LogStatus {
            detail: format!("it did not answer within {LOG_SECONDS} s: run `tidemark doctor`"),
            ..LogStatus::default()
        });
        let told = self.lake.told().await?;
        let since = |at: Option<Timestamp>| at.map(|at| now.duration_since(at).as_secs_f64().max(0.0));
        let mut stages: Vec<_> = log
            .stages
            .into_iter()
            .map(|stage| say::Stage {
                lag: stage.lag,
                rate_per_second: stage.position.and_then(|position| kept.rates.note(&stage.stage, now, position)),
                freshness_seconds: match stage.stage.as_str() {
                    // A record that is in the lake has passed both.
                    "ingest" | "annotate" => since(told.fresh.newest_record),
                    "aggregate" => since(told.fresh.newest_cell),
                    _ => None,
                },
                stage: stage.stage,
                topic: stage.topic,
            })
            .collect();
        let alert = soon(self.alert_at()).await?;
        for (stage, at) in [("forecast", told.fresh.newest_forecast), ("alert", alert)] {
            stages.push(say::Stage {
                stage: stage.to_owned(),
                topic: String::new(),
                lag: None,
                rate_per_second: None,
                freshness_seconds: since(at),
            });
        }
        let load = |load: crate::Load| say::LoadProgress {
            name: load.name,
            rows: load.rows,
            rows_total: load.rows_total,
            done: load.done,
        };
        let status = Arc::new(say::Status {
            version: VERSION,
            now,
            ledger: told.ledger,
            broker: say::Broker { reachable: log.reachable, detail: log.detail },
            stages,
            feeds: soon(self.latest_feed_days(now)).await?,
            loads: log.loads.into_iter().map(load).collect(),
        });
        kept.latest = Some(status.clone());
        Ok(status)
    }

    /// When an episode last changed.
    async fn alert_at(&self) -> Result<Option<Timestamp>, Problem> {
        Ok(self.lake.alerts().await?.iter().map(|alert| alert.issued_at).max())
    }

    async fn latest_feed_days(&self, now: Timestamp) -> Result<Vec<say::FeedDay>, Problem> {
        let mut feeds = Vec::new();
        for source in &self.lake.catalogue().await?.sources {
            let days = self.lake.feed(&source.source).await?;
            let mut latest = BTreeMap::new();
            for day in days.iter() {
                let known = latest.entry(&day.region).or_insert(day);
                if known.day < day.day {
                    *known = day;
                }
            }
            feeds.extend(latest.into_values().map(|day| feed_day(day, now)));
        }
        Ok(feeds)
    }
}

/// What is known soon, or nothing: a status does not wait for what is still being looked up; the next one has it.
async fn soon<T: Default>(known: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::time::timeout(Duration::from_millis(SOON_MILLISECONDS), known).await.unwrap_or_else(|_| Ok(T::default()))
}
