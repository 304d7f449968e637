//! The role: records in, one commit for all of them, and series recomputed where days changed.

use crate::index::{Disposition, Index};
use crate::rows::{self, Row};
use crate::{Error, Settings, metrics, series};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tidemark_domain::time::{Zones, day_in};
use tidemark_domain::{AuthorKey, Operation, Wording};
use tidemark_lake::{Lake, Writer};
use tidemark_log::{Consumer, Log, Position, Record, next_positions};
use tidemark_query::Session;
use tidemark_query::tables::{self, MarkerColumns};
use tidemark_wire::log::{self, ANNOTATED_TOPIC, REJECTS_TOPIC, Reject};
use tokio_util::sync::CancellationToken;

/// Names where the broker keeps this role's progress; it measures lag and nothing else.
pub const GROUP: &str = "tidemark.aggregate";
/// How long the broker may take to answer at start.
const BROKER_DEADLINE: Duration = Duration::from_secs(120);
/// The longest wait for a first record: how soon a stop or a due refresh is noticed.
const IDLE_WAIT: Duration = Duration::from_millis(500);
/// Rest after a refresh, in units of what it took: a trickle of posts must not keep a core busy.
const REST_PER_WORK: u32 = 3;
/// Events read together when the index is built, at least: with their keys as text they take about 300 MB.
const EVENTS_TOGETHER_MIN: u64 = 2_000_000;

/// Aggregates until `stop`.
///
/// # Errors
/// [`tidemark_lake::Error::Fenced`] where another process writes to the lake; otherwise where log or lake fail for good.
pub async fn run(
    log: &Log,
    lake: Lake,
    settings: Settings,
    clock: impl Fn() -> Timestamp,
    stop: CancellationToken,
) -> Result<(), Error> {
    let mut sink = Sink::open(&lake, &settings).await?;
    let consumer = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        consumer = consumer(log, &sink.writer) => consumer?,
    };
    let refresh_interval = Duration::from_secs(settings.refresh_interval_s);
    // When the last refresh ended, and what it cost.
    let (mut refreshed, mut cost) = (Instant::now(), Duration::ZERO);
    loop {
        let wait = Duration::from_millis(settings.commit_age_ms_max).min(IDLE_WAIT);
        let records = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            records = consumer.next_batch(settings.commit_records_max, wait) => records?,
        };
        if !records.is_empty() {
            sink.commit(&records).await?;
            consumer.commit(&next_positions(&records)).await?;
        }
        let is_caught_up = records.is_empty();
        let rested = refreshed.elapsed();
        if rested >= cost * REST_PER_WORK && (is_caught_up || rested >= refresh_interval) {
            let started = Instant::now();
            sink.refresh(&clock).await?;
            (refreshed, cost) = (Instant::now(), started.elapsed());
        }
    }
}

/// The application whose transaction says how far a partition is committed.
fn application(topic: &str, partition: i32) -> String {
    format!("aggregate/{topic}/{partition}")
}

/// A reader that starts where the table says.
async fn consumer(log: &Log, writer: &Writer) -> Result<Consumer, Error> {
    let mut starts = Vec::new();
    for topic in [ANNOTATED_TOPIC, REJECTS_TOPIC] {
        for partition in 0..log.partitions(topic).await? {
            let next = writer.table().transaction_version(&application(topic, partition)).await?.unwrap_or(0);
            starts.push(Position::new(topic, partition, next));
        }
    }
    Ok(log.consumer_at(GROUP, &starts, BROKER_DEADLINE).await?)
}

/// The writer of `events`, what it knows, and which days it has touched.
pub struct Sink {
    writer: Writer,
    session: Session,
    lake: Lake,
    zones: Zones,
    with_copies: bool,
    index: Index,
    markers: MarkerColumns,
    dirty: BTreeSet<Date>,
    /// Authors deleted since the days they wrote on were last looked up.
    erased: BTreeSet<AuthorKey>,
    /// The version of `events` on which the series are known to stand.
    issued: Option<u64>,
}

impl Sink {
    /// Opens the lake and learns from it where things stand.
    ///
    /// # Errors
    /// Where the lake cannot be read, or a time zone is not known.
    pub async fn open(lake: &Lake, settings: &Settings) -> Result<Self, Error> {
        let zones = settings.zones()?;
        let writer = lake.writer(tables::EVENTS, &tables::events(&MarkerColumns::default())).await?;
        let session = Session::open(lake.clone()).await?;
        let index = rows::index(&session, EVENTS_TOGETHER_MIN).await?;
        let dirty = series::stale_days(lake, &session).await?;
        tracing::info!(events = index.len(), dirty_days = dirty.len(), "the ledger is read");
        let markers = session.markers();
        Ok(Self {
            writer,
            session,
            lake: lake.clone(),
            zones,
            with_copies: settings.with_copies,
            index,
            markers,
            dirty,
            erased: BTreeSet::new(),
            issued: None,
        })
    }

    /// Commits records, and with them how far each partition is.
    ///
    /// # Errors
    /// Where the lake fails. Nothing is then known to be written: open a new sink.
    pub async fn commit(&mut self, records: &[Record]) -> Result<(), Error> {
        let started = Instant::now();
        let rows = self.decide(records);
        let transactions: Vec<_> = next_positions(records)
            .into_iter()
            .map(|next| (application(&next.topic, next.partition), next.offset))
            .collect();
        let batch = rows::batch(&rows, &mut self.markers)?;
        self.writer.append(vec![batch], &transactions).await?;
        metrics::committed(started.elapsed().as_secs_f64());
        Ok(())
    }

    /// The days that were touched, and that the next refresh recomputes: of an author's deletion, those on which that
    /// author wrote.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub async fn dirty_days(&mut self) -> Result<&BTreeSet<Date>, Error> {
        if !self.erased.is_empty() {
            self.session.refresh().await?;
            self.dirty.extend(series::days_of_authors(&self.session, &self.erased).await?);
            self.erased.clear();
        }
        Ok(&self.dirty)
    }

    /// Recomputes the days that were touched.
    ///
    /// # Errors
    /// Where the lake fails; the days stay to be recomputed.
    pub async fn refresh(&mut self, clock: &impl Fn() -> Timestamp) -> Result<(), Error> {
        let version = self.writer.table().version();
        if self.dirty_days().await?.is_empty() && self.issued == Some(version) {
            return Ok(());
        }
        series::refresh(&self.lake, &self.session, &mut self.dirty, clock).await?;
        self.issued = Some(version);
        Ok(())
    }

    /// Decides on every record.
    fn decide(&mut self, records: &[Record]) -> Vec<Row> {
        let mut rows = Vec::with_capacity(records.len());
        let mut counts: BTreeMap<&'static str, (Disposition, usize)> = BTreeMap::new();
        let mut redelivered = 0;
        for record in records {
            let row = if record.topic == ANNOTATED_TOPIC {
                match log::decode_annotated(&record.payload) {
                    Ok(mut post) => {
                        // A wording that is not recorded leaves nothing out.
                        post.event.wording = post.event.wording.filter(|_| !self.with_copies);
                        let day = day_in(post.event.created_at, self.zones.zone(post.event.region.as_deref()));
                        self.index.decide(&post.event, day).map(|decided| {
                            self.dirty.extend(decided.day);
                            if post.event.operation == Operation::DeleteAuthor {
                                self.erased.extend(post.event.author);
                            }
                            if let Some(kind) = post.event.wording.and_then(Wording::left_out)
                                && decided.disposition == Disposition::Accepted
                            {
                                metrics::left_out(kind);
                            }
                            (decided.disposition, Row::Post(Box::new(post), decided))
                        })
                    }
                    Err(error) => self.undecodable(record, &error),
                }
            } else {
                match log::decode_reject(&record.payload) {
                    Ok(reject) => self.reject(reject),
                    Err(error) => self.undecodable(record, &error),
                }
            };
            match row {
                Some((disposition, row)) => {
                    counts.entry(disposition.code()).or_insert((disposition, 0)).1 += 1;
                    rows.push(row);
                }
                None => redelivered += 1,
            }
        }
        for (disposition, count) in counts.into_values() {
            metrics::decided(disposition, count);
        }
        metrics::redelivered(redelivered);
        rows
    }

    fn reject(&mut self, reject: Reject) -> Option<(Disposition, Row)> {
        self.index.reject(reject.event_id).then_some((Disposition::Rejected, Row::Reject(reject)))
    }

    /// A record that is not what its topic says is in the ledger all the same; its bytes are on the log.
    fn undecodable(&mut self, record: &Record, error: &log::DecodeError) -> Option<(Disposition, Row)> {
        metrics::undecodable();
        let place = (record.topic.as_str(), record.partition, record.offset);
        self.reject(Reject::undecodable(place, record.timestamp_ms, error))
    }
}
