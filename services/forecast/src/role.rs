//! The role: at every turn, series whose input changed are forecast anew, and what is news is issued.

use crate::due::{self, Lesson, Skip};
use crate::feeds::Feeds;
use crate::learning::learn;
use crate::{Error, Settings, metrics};
use jiff::{Timestamp, ToSpan, civil::Date};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidemark_domain::{ForecastPoint, PeriodKind, SeriesKey, series::ALL, time::Zones};
use tidemark_query::{PublishedPoint, SeriesFilter, SeriesSummary, Session, tables};
use tidemark_surveillance::{History, Network, artefacts::Assessment};
use tokio_util::sync::CancellationToken;

/// How long the role rests for the time it works: while a backfill changes cells all the time, forecasting takes no more
/// than a fifth of it.
const REST_PER_WORK: u32 = 4;
/// Markers asked about at once: a question costs about the same for one as for some, and its answer is held in memory.
const ASKED_TOGETHER: usize = 16;

/// What a running role remembers. Only a shortcut: without it, every series is fitted once and found to be issued.
#[derive(Debug, Default)]
pub struct Memory {
    /// The version of the cells, and the last complete day, at the last full turn.
    seen: Option<(Option<u64>, Date)>,
    /// The last day that had ended with anybody in it, and when any such day was last issued, of each series.
    ended: HashMap<SeriesKey, (Date, Timestamp)>,
    /// What each series was last forecast from.
    inputs: HashMap<SeriesKey, blake3::Hash>,
    /// What there was to learn from at the last turn.
    lesson: Option<Lesson>,
    /// What the series have taught together, if they are enough to teach anything.
    taught: Option<(Lesson, Option<Arc<Network>>)>,
}

/// What a turn did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turn {
    /// Series that were fitted.
    pub fitted: usize,
    /// Series of which a forecast was issued.
    pub issued: usize,
    /// Series without a forecast, by reason.
    pub skipped: BTreeMap<Skip, usize>,
}

/// Takes a turn every `settings.interval_s`, or less often where turns take long, until `stop`. `zones` say which day has
/// ended everywhere.
///
/// # Errors
/// Where the lake fails.
pub async fn run(
    session: &Session,
    settings: &Settings,
    clock: impl Fn() -> Timestamp,
    zones: &Zones,
    stop: CancellationToken,
) -> Result<(), Error> {
    let interval = Duration::from_secs(settings.interval_s.max(1));
    let mut memory = Memory::default();
    let mut rest = Duration::ZERO;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(rest) => {}
        }
        let started = Instant::now();
        session.refresh().await?;
        let now = clock();
        // Nothing is lost by leaving a turn half-way: it is issued at its end.
        let turn = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            turn = turn(session, settings, now, zones.last_complete_day(now), &mut memory) => turn,
        };
        let seconds = started.elapsed().as_secs_f64();
        match turn {
            Ok(turn) if turn.fitted > 0 => {
                metrics::issued(turn.issued, seconds);
                for (reason, series) in &turn.skipped {
                    metrics::skipped(*reason, *series);
                }
                tracing::info!(fitted = turn.fitted, issued = turn.issued, skipped = ?turn.skipped, seconds, "forecast");
            }
            Ok(_) => {}
            // Another forecaster wrote first. What it wrote is seen at the next turn, and not issued again.
            Err(Error::Query(fault)) if fault.is_fenced() => {
                tracing::warn!(%fault, "the forecasts are made again at the next turn");
            }
            Err(error) => return Err(error),
        }
        rest = interval.max(started.elapsed() * REST_PER_WORK);
    }
}

/// Forecasts every series whose input is not what it was in `memory`, and issues what the lake does not hold yet. No
/// value after `last_day` is used: a day that goes on is not yet what it will be.
///
/// # Errors
/// Where the lake fails.
pub async fn turn(
    session: &Session,
    settings: &Settings,
    now: Timestamp,
    last_day: Date,
    memory: &mut Memory,
) -> Result<Turn, Error> {
    let seen = (session.versions().get(tables::SERIES_CELLS).copied(), last_day);
    if memory.seen == Some(seen) {
        return Ok(Turn::default());
    }
    let mut turn = Turn::default();
    let mut issue: Vec<ForecastPoint> = Vec::new();
    let mut inputs = Vec::new();
    let series = ended(session, settings, last_day).await?;
    let feeds = Feeds::new(session, &series, settings.history_days, last_day);
    let is_settled = teach(session, settings, &series, &feeds, last_day, memory).await?;
    let questions = questions(&series, settings, last_day, memory);
    let network = memory.taught.as_ref().and_then(|(_, network)| network.clone());
    for filter in questions {
        let points = session.series_points(&filter).await?;
        let changed = changed(points, last_day, settings, feeds.assessed().await?, memory, &mut turn);
        if changed.is_empty() {
            continue;
        }
        let issued = session.forecasts(&SeriesFilter { from: None, to: None, ..filter }).await?;
        for (key, input, answer) in fit(changed, settings.clone(), now, network.clone()).await? {
            turn.fitted += 1;
            match answer {
                Ok(points) if due::is_issued(&points, &issued) => {}
                Ok(points) => {
                    turn.issued += 1;
                    issue.extend(points);
                }
                Err(reason) => *turn.skipped.entry(reason).or_default() += 1,
            }
            inputs.push((key, input));
        }
    }
    if !issue.is_empty() {
        session.append_forecasts(&issue).await?;
    }
    memory.inputs.extend(inputs);
    memory.ended.extend(series.into_iter().map(|series| (series.key, (series.last, series.issued_at))));
    memory.seen = is_settled.then_some(seen);
    Ok(turn)
}

/// Trains the network anew where there is news enough, and has every series forecast anew by it. Whoever waits for a past
/// to be read in waits for its first forecasts and not for lessons: as long as days keep coming nothing is trained, and
/// the answer is that a next turn is worth taking. Days that stand at the first turn were there before a start, and their
/// forecasts are made by what they taught then.
async fn teach(
    session: &Session,
    settings: &Settings,
    series: &[SeriesSummary],
    feeds: &Feeds<'_>,
    last_day: Date,
    memory: &mut Memory,
) -> Result<bool, Error> {
    let lesson = Lesson::of(series.iter().map(|series| (series.first, series.last)), last_day);
    if memory.lesson.replace(lesson).is_some_and(|before| before != lesson) {
        return Ok(false);
    }
    if !lesson.is_new(memory.taught.as_ref().map(|(before, _)| before)) {
        return Ok(true);
    }
    let mut panel = Vec::new();
    for filter in questions(series, settings, last_day, &Memory::default()) {
        let points = by_series(session.series_points(&filter).await?);
        let feeds = feeds.assessed().await?;
        panel.extend(points.iter().filter_map(|(key, points)| {
            due::history(points, lesson.until, settings.history_days, feeds.get(&key.source)).ok()
        }));
    }
    let started = Instant::now();
    let learnt = move || learn(&panel.iter().collect::<Vec<_>>(), lesson.until).map(Arc::new);
    let network = tokio::task::spawn_blocking(learnt).await?;
    let (until, seconds) = (lesson.until, started.elapsed().as_secs_f64());
    if network.is_some() {
        tracing::info!(%until, days = lesson.days, seconds, "a network was trained");
    } else {
        tracing::debug!(%until, days = lesson.days, "too few days to teach a network");
    }
    let before = memory.taught.replace((lesson, network.clone())).and_then(|(_, before)| before);
    if before != network {
        memory.ended.clear();
        memory.inputs.clear();
    }
    Ok(true)
}

/// The series that are forecast, as far as their days have ended: posts of today change nothing here.
pub(crate) async fn ended(session: &Session, settings: &Settings, last_day: Date) -> Result<Vec<SeriesSummary>, Error> {
    let daily = SeriesFilter { to: Some(last_day), ..daily() };
    let mut series = session.series_keys(&daily).await?;
    series.retain(|series| settings.covers(&series.key.marker));
    Ok(series)
}

/// The series of days, over all languages.
fn daily() -> SeriesFilter {
    SeriesFilter { language: Some(ALL.to_owned()), period: Some(PeriodKind::Day), ..SeriesFilter::default() }
}

/// What to ask: for each source the markers in which anything was issued since, some together, in all its regions, from
/// the first day that matters.
pub(crate) fn questions(
    series: &[SeriesSummary],
    settings: &Settings,
    last_day: Date,
    memory: &Memory,
) -> Vec<SeriesFilter> {
    let mut asked: BTreeMap<&str, BTreeMap<&str, (Date, bool)>> = BTreeMap::new();
    for series in series {
        let first = series.last.saturating_sub(i64::from(settings.history_days).days());
        let is_news = memory.ended.get(&series.key) != Some(&(series.last, series.issued_at));
        let markers = asked.entry(&series.key.source).or_default();
        let marker = markers.entry(&series.key.marker).or_insert((first, false));
        *marker = (first.min(marker.0), is_news || marker.1);
    }
    let mut questions = Vec::new();
    for (source, markers) in asked {
        let markers: Vec<_> = markers.into_iter().filter(|(_, (_, is_news))| *is_news).collect();
        questions.extend(markers.chunks(ASKED_TOGETHER).map(|some| SeriesFilter {
            source: Some(source.to_owned()),
            markers: some.iter().map(|(marker, _)| (*marker).to_owned()).collect(),
            from: some.iter().map(|(_, (first, _))| *first).min(),
            to: Some(last_day),
            ..daily()
        }));
    }
    questions
}

pub(crate) fn by_series(points: Vec<PublishedPoint>) -> BTreeMap<SeriesKey, Vec<PublishedPoint>> {
    let mut series: BTreeMap<SeriesKey, Vec<PublishedPoint>> = BTreeMap::new();
    for point in points {
        series.entry(point.key.clone()).or_default().push(point);
    }
    series
}

/// The series whose input is new, with it.
fn changed(
    points: Vec<PublishedPoint>,
    last_day: Date,
    settings: &Settings,
    feeds: &BTreeMap<String, Assessment>,
    memory: &Memory,
    turn: &mut Turn,
) -> Vec<(SeriesKey, History, blake3::Hash)> {
    let mut changed = Vec::new();
    for (key, points) in by_series(points) {
        match due::history(&points, last_day, settings.history_days, feeds.get(&key.source)) {
            Ok(history) => {
                let input = due::fingerprint(&history, settings.horizon_days);
                if memory.inputs.get(&key) != Some(&input) {
                    changed.push((key, history, input));
                }
            }
            Err(reason) => *turn.skipped.entry(reason).or_default() += 1,
        }
    }
    changed
}

type Fitted = (SeriesKey, blake3::Hash, Result<Vec<ForecastPoint>, Skip>);

/// Fits on every core, off the async threads.
async fn fit(
    series: Vec<(SeriesKey, History, blake3::Hash)>,
    settings: Settings,
    now: Timestamp,
    network: Option<Arc<Network>>,
) -> Result<Vec<Fitted>, Error> {
    let fit = move || {
        series
            .into_par_iter()
            .map(|(key, history, input)| {
                let answer = due::forecast(&key, &history, &settings, now, network.as_deref());
                (key, input, answer)
            })
            .collect()
    };
    Ok(tokio::task::spawn_blocking(fit).await?)
}
