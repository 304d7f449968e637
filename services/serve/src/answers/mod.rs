//! The answers, made once for both doors: questions in [`ask`], answers in [`say`], what is between them here.

pub mod ask;
mod rates;
pub mod say;
mod status;

use crate::{
    cache::{Cache, Seen},
    error::Problem,
    handed::{Handed, Threshold},
    titles,
};
use ask::{AlertsAsk, FeedHealthAsk, ForecastsAsk, SeriesAsk};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};
use tidemark_domain::{
    CellStatus, PeriodKind, SeriesKey, Unit,
    alert::AlertState,
    disclosure::MIN_UNITS,
    forecast::{QUANTILE_LEVELS, RECOMMENDED_MODEL, exceedance},
    series::ALL,
};
use tidemark_query::{FeedStatus, PublishedPoint, SeriesFilter, Session};
use tokio::sync::{Mutex, Semaphore};

/// The version of the program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The lake is looked at anew at most this often, in milliseconds.
const LOOK_MILLISECONDS: i64 = 1_000;
/// The longest an answer may take, in seconds.
const ANSWER_SECONDS: u64 = 20;
/// The last place on earth where a day ends does so this long after UTC, in hours.
const HOURS_BEHIND_UTC: i64 = 12;
/// Questions put to the lake at once: more would not be answered sooner.
const MAX_QUESTIONS_AT_ONCE: usize = 4;

/// Everything that can be answered.
pub struct Answers {
    handed: Handed,
    started_at: Timestamp,
    seen: Mutex<Option<Seen>>,
    turns: Semaphore,
    catalogue: Cache<(), say::Catalogue>,
    series: Cache<SeriesAsk, say::Series>,
    forecasts: Cache<ForecastsAsk, say::Forecasts>,
    alerts: Cache<AlertsAsk, say::Alerts>,
    feed_health: Cache<FeedHealthAsk, say::FeedHealth>,
    lake_status: Cache<(), status::LakeStatus>,
    status: Mutex<status::Kept>,
}

impl Answers {
    /// Answers from what the program handed in.
    #[must_use]
    pub fn new(handed: Handed) -> Self {
        Self {
            started_at: (handed.clock)(),
            handed,
            seen: Mutex::new(None),
            turns: Semaphore::new(MAX_QUESTIONS_AT_ONCE),
            catalogue: Cache::new(),
            series: Cache::new(),
            forecasts: Cache::new(),
            alerts: Cache::new(),
            feed_health: Cache::new(),
            lake_status: Cache::new(),
            status: Mutex::default(),
        }
    }

    /// Whether the server answers.
    #[must_use]
    pub fn health(&self) -> say::Health {
        say::Health { status: "ok", version: VERSION, started_at: self.started_at }
    }

    /// What can be asked for.
    ///
    /// # Errors
    /// When the lake cannot be read in time; so in every answer below.
    pub async fn catalogue(&self) -> Result<Arc<say::Catalogue>, Problem> {
        let seen = self.look().await?;
        self.catalogue.get_or((), seen, self.in_turn(self.make_catalogue())).await
    }

    /// One series.
    ///
    /// # Errors
    /// When a parameter cannot be read, or names nothing there is.
    pub async fn series(&self, asked: &SeriesAsk) -> Result<Arc<say::Series>, Problem> {
        let kind = ask::period(asked.period.as_deref())?;
        let (region, language) = (asked.region.as_deref(), asked.language.as_deref());
        let key = ask::series_key(&asked.source, region, language, &asked.marker, kind)?;
        let (from, to) = ask::span(asked.from.as_deref(), asked.to.as_deref())?;
        let as_of = ask::instant("as_of", asked.as_of.as_deref())?;
        let seen = self.look().await?;
        let make = async {
            let unit = self.known(&key).await?;
            let filter = SeriesFilter { from, to, ..SeriesFilter::of(&key) };
            let session = match as_of {
                Some(at) => self.session().as_of(at).await?,
                None => self.session().clone(),
            };
            let points = session.series_points(&filter).await?;
            let unit = points.last().map_or(unit, |point| point.unit);
            Ok(say::Series { key: (&key).into(), unit, points: points.into_iter().map(shown).collect() })
        };
        self.series.get_or(asked.clone(), seen, self.in_turn(make)).await
    }

    /// The latest forecast of one daily series.
    ///
    /// # Errors
    /// As [`Answers::series`].
    pub async fn forecasts(&self, asked: &ForecastsAsk) -> Result<Arc<say::Forecasts>, Problem> {
        let (region, language) = (asked.region.as_deref(), asked.language.as_deref());
        let key = ask::series_key(&asked.source, region, language, &asked.marker, PeriodKind::Day)?;
        let seen = self.look().await?;
        let make = async {
            let unit = self.known(&key).await?;
            self.make_forecasts(&key, unit).await
        };
        self.forecasts.get_or(asked.clone(), seen, self.in_turn(make)).await
    }

    /// Episodes: open ones first, the most probable first among them.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn alerts(&self, asked: &AlertsAsk) -> Result<Arc<say::Alerts>, Problem> {
        let state = ask::alert_state(asked.state.as_deref())?;
        let seen = self.look().await?;
        let make = async {
            let catalogue = self.make_catalogue().await?;
            let units: BTreeMap<_, _> =
                catalogue.sources.iter().map(|source| (source.source.as_str(), source.unit)).collect();
            let mut alerts = self.session().alerts().await?;
            alerts.retain(|alert| state.is_none_or(|state| alert.state == state));
            alerts.sort_by(|a, b| {
                let rank = |state| u8::from(state != AlertState::Open);
                (rank(a.state), b.probability, &a.id)
                    .partial_cmp(&(rank(b.state), a.probability, &b.id))
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
            let said = |alert: &tidemark_domain::Alert| say::AlertEpisode {
                id: alert.id.clone(),
                rule: alert.rule.clone(),
                key: (&alert.key).into(),
                unit: units.get(alert.key.source.as_str()).copied().unwrap_or(Unit::Post),
                title: titles::title(&alert.key.marker),
                state: alert.state.code(),
                threshold: alert.threshold,
                probability: alert.probability,
                peak_day: alert.peak_day,
                origin: alert.origin,
                raised_origin: alert.raised_origin,
                lead_days: alert.lead_days(),
                issued_at: alert.issued_at,
            };
            Ok(say::Alerts { alerts: alerts.iter().map(said).collect() })
        };
        self.alerts.get_or(asked.clone(), seen, self.in_turn(make)).await
    }

    /// How a feed is doing, day by day.
    ///
    /// # Errors
    /// When a parameter cannot be read, or names nothing there is.
    pub async fn feed_health(&self, asked: &FeedHealthAsk) -> Result<Arc<say::FeedHealth>, Problem> {
        let source = ask::name("source", &asked.source)?;
        let region = asked.region.as_deref().map(|region| ask::name("region", region)).transpose()?;
        let (from, to) = ask::span(asked.from.as_deref(), asked.to.as_deref())?;
        let seen = self.look().await?;
        let make = async {
            let catalogue = self.make_catalogue().await?;
            let known = find(&catalogue, &source)?;
            if let Some(region) = &region {
                listed("region", region, &known.regions)?;
            }
            let filter = SeriesFilter { source: Some(source), region, from, to, ..SeriesFilter::default() };
            let days = self.session().feed_health(&filter).await?;
            let mut days: Vec<_> = days.into_iter().map(|day| feed_day(day, self.now())).collect();
            days.sort_by(|a, b| (a.day, &a.region).cmp(&(b.day, &b.region)));
            Ok(say::FeedHealth { days })
        };
        self.feed_health.get_or(asked.clone(), seen, self.in_turn(make)).await
    }

    fn session(&self) -> &Session {
        &self.handed.lake
    }

    fn now(&self) -> Timestamp {
        (self.handed.clock)()
    }

    /// What the lake looks like, at most a second old.
    async fn look(&self) -> Result<Seen, Problem> {
        let mut seen = self.seen.lock().await;
        let now = self.now();
        if let Some(seen) = seen.as_ref()
            && now.duration_since(seen.at).abs() < SignedDuration::from_millis(LOOK_MILLISECONDS)
        {
            return Ok(seen.clone());
        }
        limited(async { Ok(self.session().refresh().await?) }).await?; // whether it changed is in the versions
        let fresh = Seen { at: now, versions: Arc::new(self.session().versions()) };
        *seen = Some(fresh.clone());
        Ok(fresh)
    }

    /// Waits for its turn, and not for ever.
    async fn in_turn<T>(&self, make: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
        limited(async {
            let _turn = self.turns.acquire().await.map_err(|_| Problem::Internal)?;
            make.await
        })
        .await
    }

    async fn make_catalogue(&self) -> Result<say::Catalogue, Problem> {
        let mut sources = Vec::new();
        for entry in self.session().catalogue().await?.sources {
            let filter = SeriesFilter {
                source: Some(entry.source.clone()),
                region: Some(ALL.to_owned()),
                language: Some(ALL.to_owned()),
                period: Some(PeriodKind::Day),
                ..SeriesFilter::default()
            };
            let keys = self.session().series_keys(&filter).await?;
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

    async fn make_forecasts(&self, key: &SeriesKey, unit: Unit) -> Result<say::Forecasts, Problem> {
        let mut days = self.session().forecasts(&SeriesFilter::of(key)).await?;
        days.retain(|day| day.model == RECOMMENDED_MODEL);
        let threshold = self.threshold(key, days.first().map(|day| day.origin)).await?;
        let first = days.first();
        Ok(say::Forecasts {
            key: key.into(),
            unit,
            model: first.map(|day| day.model.clone()),
            origin: first.map(|day| day.origin),
            issued_at: first.map(|day| day.issued_at),
            threshold: threshold.as_ref().map(|threshold| threshold.value),
            levels: QUANTILE_LEVELS.to_vec(),
            days: days
                .iter()
                .map(|day| say::ForecastDay {
                    target: day.target,
                    horizon_days: day.horizon_days,
                    quantiles: day.quantiles.to_vec(),
                    p_exceed: threshold.as_ref().map(|threshold| exceedance(&day.quantiles, threshold.value)),
                })
                .collect(),
            rule: threshold.map(|threshold| threshold.rule),
        })
    }

    /// The level a rule holds the series against, as of the forecast's origin: the rule's own word, else the latest
    /// episode's.
    async fn threshold(&self, key: &SeriesKey, origin: Option<Date>) -> Result<Option<Threshold>, Problem> {
        if let Some(decide) = &self.handed.thresholds {
            let filter = SeriesFilter { to: origin, ..SeriesFilter::of(key) };
            let points = self.session().series_points(&filter).await?;
            return Ok(decide(key, &points));
        }
        let alerts = self.session().alerts().await?;
        let latest = alerts.into_iter().filter(|alert| alert.key == *key).max_by_key(|alert| alert.issued_at);
        Ok(latest.map(|alert| Threshold { rule: alert.rule, value: alert.threshold }))
    }

    /// Whether the catalogue knows the series; what it counts.
    async fn known(&self, key: &SeriesKey) -> Result<Unit, Problem> {
        // The caller has a turn already, so this must not wait for another one.
        let seen = self.seen.lock().await.clone().ok_or(Problem::Internal)?;
        let catalogue = self.catalogue.get_or((), seen, self.make_catalogue()).await?;
        let source = find(&catalogue, &key.source)?;
        listed("region", &key.region, &source.regions)?;
        listed("language", &key.language, &source.languages)?;
        if !source.markers.iter().any(|marker| marker.name == key.marker) {
            return Err(Problem::Unknown { what: "marker", value: key.marker.clone() });
        }
        Ok(source.unit)
    }
}

async fn limited<T>(make: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::time::timeout(Duration::from_secs(ANSWER_SECONDS), make)
        .await
        .map_err(|_| Problem::TooSlow { seconds: ANSWER_SECONDS })?
}

fn find<'a>(catalogue: &'a say::Catalogue, source: &str) -> Result<&'a say::Source, Problem> {
    let known = catalogue.sources.iter().find(|known| known.source == source);
    known.ok_or_else(|| Problem::Unknown { what: "source", value: source.to_owned() })
}

fn listed(what: &'static str, value: &str, known: &[String]) -> Result<(), Problem> {
    if known.iter().any(|known| known == value) {
        Ok(())
    } else {
        Err(Problem::Unknown { what, value: value.to_owned() })
    }
}

fn all_first(mut names: Vec<String>) -> Vec<String> {
    names.sort_by_key(|name| (name != ALL, name.clone()));
    names
}

/// A point as it may be seen. The view withholds already; a second lock on the same door.
fn shown(point: PublishedPoint) -> say::Point {
    let open = point.status == CellStatus::Ok;
    let (model, lexicon, code) = point
        .provenance
        .map_or_else(Default::default, |provenance| (provenance.model, provenance.lexicon, provenance.code));
    say::Point {
        label: point.period.label(),
        start: point.period.start(),
        end: point.period.end,
        status: point.status.code(),
        value: point.value.filter(|_| open),
        lower: point.lower.filter(|_| open),
        upper: point.upper.filter(|_| open),
        k: point.k.filter(|_| open),
        n: point.n.filter(|_| open),
        n_posts: point.n_posts.filter(|_| open),
        issued_at: point.issued_at,
        model,
        lexicon,
        code,
    }
}

/// A feed's day as it may be seen at `now`: a handful of posts is a small cell too (that there was none may be said),
/// and a day that may still be going on in its region is not held against whole days.
fn feed_day(day: tidemark_query::FeedDay, now: Timestamp) -> say::FeedDay {
    let over_everywhere = day.day.at(0, 0, 0, 0).saturating_add((24 + HOURS_BEHIND_UTC).hours());
    let is_over = TimeZone::UTC.to_timestamp(over_everywhere).is_ok_and(|over| over <= now);
    let state = match day.status {
        FeedStatus::Low | FeedStatus::Silent if !is_over => "open",
        status => status.code(),
    };
    say::FeedDay {
        source: day.source,
        region: day.region,
        day: day.day,
        posts: Some(day.posts).filter(|posts| *posts == 0 || *posts >= MIN_UNITS),
        expected: day.expected.filter(|expected| *expected >= MIN_UNITS as f64),
        state: state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{all_first, shown};
    use jiff::civil::date;
    use tidemark_domain::{CellStatus, Period, PeriodKind, SeriesKey, Unit};
    use tidemark_query::PublishedPoint;

    #[test]
    fn a_withheld_cell_shows_no_number_even_if_one_were_handed_in() {
        let key = SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        };
        let leaking = PublishedPoint {
            key,
            period: Period::holding(PeriodKind::Day, date(2026, 11, 21)),
            status: CellStatus::Censored,
            unit: Unit::Author,
            value: Some(0.4),
            lower: Some(0.2),
            upper: Some(0.6),
            k: Some(4),
            n: Some(10),
            n_posts: Some(12),
            provenance: None,
            issued_at: None,
        };
        let said = shown(leaking);
        assert_eq!((said.value, said.lower, said.upper), (None, None, None));
        assert_eq!((said.k, said.n, said.n_posts), (None, None, None));
        assert_eq!(said.status, "censored");
    }

    fn feed(posts: u64, expected: f64, now: &str) -> crate::answers::say::FeedDay {
        let day = tidemark_query::FeedDay {
            source: "s".to_owned(),
            region: "north".to_owned(),
            day: date(2026, 11, 21),
            posts,
            expected: Some(expected),
            ratio: None,
            status: tidemark_query::FeedStatus::Low,
        };
        super::feed_day(day, now.parse().expect("an instant"))
    }

    #[test]
    fn a_handful_of_posts_is_not_counted_out_and_silence_is_said() {
        let said = |posts, expected| {
            let day = feed(posts, expected, "2026-12-01T00:00:00Z");
            (day.posts, day.expected)
        };
        assert_eq!(said(0, 20.0), (Some(0), Some(20.0)));
        assert_eq!(said(3, 10.9), (None, None));
        assert_eq!(said(11, 11.0), (Some(11), Some(11.0)));
    }

    #[test]
    fn a_day_that_goes_on_somewhere_is_not_too_low() {
        assert_eq!(feed(12, 40.0, "2026-11-22T11:59:00Z").state, "open");
        assert_eq!(feed(12, 40.0, "2026-11-22T12:00:00Z").state, "low");
    }

    #[test]
    fn the_whole_comes_before_its_parts() {
        let names = ["alaska", "zz", "all"].map(str::to_owned).to_vec();
        assert_eq!(all_first(names), ["all", "alaska", "zz"]);
    }
}
