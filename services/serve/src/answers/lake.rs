//! What the lake says, kept for as long as it holds (see [`crate::cache`]), and asked a few questions at a time.

use super::{ALL, MIN_UNITS, all_first, say};
use crate::{
    cache::{Cache, Make, Seen},
    error::Problem,
    handed::Clock,
    titles,
};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use std::{future::Future, sync::Arc};
use tidemark_domain::{Alert, ForecastPoint, Judgement, PeriodKind, SeriesKey, Signal, forecast::RECOMMENDED_MODEL};
use tidemark_query::{FeedDay, Freshness, PlaceCells, Places, PublishedPoint, SeriesFilter, Session, TrackRecords};
use tokio::sync::{Mutex, Semaphore};

/// The lake is looked at anew at most this often, in milliseconds.
const LOOK_MILLISECONDS: i64 = 1_000;
/// Questions put to the lake at once: more would not be answered sooner, and the other roles want their share.
const MAX_QUESTIONS_AT_ONCE: usize = 2;

/// The ledger and the latest outputs.
pub(super) struct Told {
    /// What became of every row.
    pub(super) ledger: say::Ledger,
    /// When something was last learned.
    pub(super) fresh: Freshness,
}

/// The lake with a memory.
pub(super) struct Lake {
    session: Session,
    places: Option<Arc<Places>>,
    clock: Clock,
    seen: Mutex<Option<Seen>>,
    turns: Arc<Semaphore>,
    catalogue: Cache<(), say::Catalogue>,
    points: Cache<SeriesKey, Vec<PublishedPoint>>,
    place_cells: Cache<SeriesKey, PlaceCells>,
    forecasts: Cache<SeriesKey, Vec<ForecastPoint>>,
    alerts: Cache<(), Vec<Alert>>,
    track_records: Cache<(), Option<TrackRecords>>,
    signals: Cache<(), Vec<Signal>>,
    judgements: Cache<(), Vec<Judgement>>,
    feeds: Cache<String, Vec<FeedDay>>,
    told: Cache<(), Told>,
}

impl Lake {
    /// `places` are those whose cells are asked for beside the cells of all regions.
    pub(super) fn new(session: Session, places: Option<Places>, clock: Clock) -> Self {
        Self {
            session,
            places: places.map(Arc::new),
            clock,
            seen: Mutex::new(None),
            turns: Arc::new(Semaphore::new(MAX_QUESTIONS_AT_ONCE)),
            catalogue: Cache::new(),
            points: Cache::new(),
            place_cells: Cache::new(),
            forecasts: Cache::new(),
            alerts: Cache::new(),
            track_records: Cache::new(),
            signals: Cache::new(),
            judgements: Cache::new(),
            feeds: Cache::new(),
            told: Cache::new(),
        }
    }

    /// What can be asked for.
    pub(super) async fn catalogue(&self) -> Result<Arc<say::Catalogue>, Problem> {
        let make = self.in_turn(|session| async move { catalogue(&session).await });
        self.catalogue.get_or((), self.look().await?, make).await
    }

    /// Every point of a series, in the order of time.
    pub(super) async fn points(&self, key: &SeriesKey) -> Result<Arc<Vec<PublishedPoint>>, Problem> {
        let filter = SeriesFilter::of(key);
        let make = self.in_turn(|session| async move { Ok(session.series_points(&filter).await?) });
        self.points.get_or(key.clone(), self.look().await?, make).await
    }

    /// The same, as it was at `at`.
    pub(super) async fn points_as_of(&self, key: &SeriesKey, at: Timestamp) -> Result<Vec<PublishedPoint>, Problem> {
        self.look().await?;
        let filter = SeriesFilter::of(key);
        self.in_turn(move |session| async move { Ok(session.as_of(at).await?.series_points(&filter).await?) }).await
    }

    /// The cells of the places that a series of all regions is weighted by, as they were at `as_of` or are now; `None` for
    /// any other series, and where no places are known.
    pub(super) async fn place_cells(
        &self,
        key: &SeriesKey,
        as_of: Option<Timestamp>,
    ) -> Result<Option<Arc<PlaceCells>>, Problem> {
        let Some(places) = self.places.clone().filter(|_| key.region == ALL) else { return Ok(None) };
        let seen = self.look().await?;
        let asked = key.clone();
        let make = self.in_turn(move |session| async move {
            Ok(back_to(as_of, session).await?.place_cells(&asked, &places).await?)
        });
        let cells = match as_of {
            Some(_) => Arc::new(make.await?),
            None => self.place_cells.get_or(key.clone(), seen, make).await?,
        };
        Ok(Some(cells))
    }

    /// The recommended model's latest forecast, day by day.
    pub(super) async fn forecasts(&self, key: &SeriesKey) -> Result<Arc<Vec<ForecastPoint>>, Problem> {
        let filter = SeriesFilter::of(key);
        let make = self.in_turn(|session| async move {
            let mut days = session.forecasts(&filter).await?;
            days.retain(|day| day.model == RECOMMENDED_MODEL);
            Ok(days)
        });
        self.forecasts.get_or(key.clone(), self.look().await?, make).await
    }

    /// Every episode as it stands.
    pub(super) async fn alerts(&self) -> Result<Arc<Vec<Alert>>, Problem> {
        let make = self.in_turn(|session| async move { Ok(session.alerts().await?) });
        self.alerts.get_or((), self.look().await?, make).await
    }

    /// What rules did on their series' own past, as it was last computed.
    pub(super) async fn track_records(&self) -> Result<Arc<Option<TrackRecords>>, Problem> {
        let make = self.in_turn(|session| async move { Ok(session.track_records().await?) });
        self.track_records.get_or((), self.look().await?, make).await
    }

    /// Every signal that stood at `as_of`, or stands now.
    pub(super) async fn signals(&self, as_of: Option<Timestamp>) -> Result<Arc<Vec<Signal>>, Problem> {
        let seen = self.look().await?;
        let make = self.in_turn(move |session| async move { Ok(back_to(as_of, session).await?.signals().await?) });
        match as_of {
            Some(_) => Ok(Arc::new(make.await?)),
            None => self.signals.get_or((), seen, make).await,
        }
    }

    /// How far each source was judged.
    pub(super) async fn judgements(&self) -> Result<Arc<Vec<Judgement>>, Problem> {
        let make = self.in_turn(|session| async move { Ok(session.judgements().await?) });
        self.judgements.get_or((), self.look().await?, make).await
    }

    /// Every day of every region of a source.
    pub(super) async fn feed(&self, source: &str) -> Result<Arc<Vec<FeedDay>>, Problem> {
        let filter = SeriesFilter { source: Some(source.to_owned()), ..SeriesFilter::default() };
        let make = self.in_turn(|session| async move { Ok(session.feed_health(&filter).await?) });
        self.feeds.get_or(source.to_owned(), self.look().await?, make).await
    }

    /// The ledger and the latest outputs.
    pub(super) async fn told(&self) -> Result<Arc<Told>, Problem> {
        let make = self.in_turn(|session| async move {
            let mut ledger = say::Ledger::default();
            for counts in session.counts().await?.values() {
                ledger.read += counts.rows_read();
                ledger.accepted += counts.accepted;
                ledger.duplicates += counts.duplicates;
                ledger.unmatched += counts.unmatched;
                ledger.rejected += counts.rejected.values().sum::<u64>();
            }
            Ok(Told { ledger, fresh: session.freshness().await? })
        });
        self.told.get_or((), self.look().await?, make).await
    }

    /// What the lake looks like, about a second old at most.
    async fn look(&self) -> Result<Seen, Problem> {
        let mut seen = self.seen.lock().await;
        let now = (self.clock)();
        if let Some(seen) = seen.as_ref()
            && now.duration_since(seen.at).abs() < SignedDuration::from_millis(LOOK_MILLISECONDS)
        {
            return Ok(seen.clone());
        }
        self.session.refresh().await?;
        let fresh = Seen { at: now, versions: Arc::new(self.session.versions()) };
        *seen = Some(fresh.clone());
        Ok(fresh)
    }

    /// Asks once it is its turn.
    fn in_turn<T, F>(&self, ask: impl FnOnce(Session) -> F + Send + 'static) -> Make<T>
    where
        F: Future<Output = Result<T, Problem>> + Send,
    {
        let (session, turns) = (self.session.clone(), self.turns.clone());
        async move {
            let _turn = turns.acquire().await.map_err(|_| Problem::Internal)?;
            ask(session).await
        }
        .boxed()
    }
}

/// The lake as it was at `as_of`, or as it is.
async fn back_to(as_of: Option<Timestamp>, session: Session) -> Result<Session, Problem> {
    match as_of {
        Some(at) => Ok(session.as_of(at).await?),
        None => Ok(session),
    }
}

async fn catalogue(session: &Session) -> Result<say::Catalogue, Problem> {
    let mut sources = Vec::new();
    for entry in session.catalogue().await?.sources {
        let filter = SeriesFilter {
            source: Some(entry.source.clone()),
            region: Some(ALL.to_owned()),
            language: Some(ALL.to_owned()),
            period: Some(PeriodKind::Day),
            ..SeriesFilter::default()
        };
        let keys = session.series_keys(&filter).await?;
        if keys.is_empty() {
            continue; // posts are there, and no series yet
        }
        sources.push(say::Source {
            source: entry.source,
            unit: entry.unit,
            first_day: entry.first,
            last_day: entry.last,
            regions: all_first(entry.regions),
            languages: all_first(entry.languages),
            markers: titles::markers(keys.into_iter().map(|series| series.key.marker)),
        });
    }
    Ok(say::Catalogue { min_units: MIN_UNITS, sources })
}
