//! The answers, made once for both doors: questions in [`ask`], answers in [`say`], what the lake says in `lake`.

pub mod ask;
mod lake;
mod rates;
pub mod say;
mod status;

use crate::{
    error::Problem,
    handed::{ExplainFault, Handed, Threshold},
    titles,
};
use ask::{AlertsAsk, ExplainAsk, FeedHealthAsk, ForecastsAsk, SeriesAsk, SignalsAsk};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use lake::Lake;
use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};
use tidemark_domain::{
    Alert, CellStatus, ForecastPoint, Judgement, PeriodKind, Proportion, SeriesKey, Signal, Unit,
    alert::AlertState,
    disclosure::MIN_UNITS,
    forecast::{QUANTILE_LEVELS, exceedance, exceedance_within},
    series::ALL,
};
use tidemark_query::{Beside, FeedDay, FeedStatus, PublishedPoint, TrackRecords, beside, suspects};
use tidemark_wire::annotated_file::Explanation;
use tokio::sync::Mutex;

/// The version of the program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest an answer may take, in seconds.
const ANSWER_SECONDS: u64 = 20;
/// The last place on earth where a day ends does so this long after UTC, in hours.
const HOURS_BEHIND_UTC: i64 = 12;

/// Everything that can be answered.
pub struct Answers {
    lake: Lake,
    handed: Handed,
    started_at: Timestamp,
    status: Mutex<status::Kept>,
}

impl Answers {
    /// Answers from what the program handed in.
    #[must_use]
    pub fn new(handed: Handed) -> Self {
        Self {
            lake: Lake::new(handed.lake.clone(), handed.known.places.clone(), handed.clock.clone()),
            started_at: (handed.clock)(),
            handed,
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
        limited(self.lake.catalogue()).await
    }

    /// One series.
    ///
    /// # Errors
    /// When a parameter cannot be read, or names nothing there is.
    pub async fn series(&self, asked: &SeriesAsk) -> Result<say::Series, Problem> {
        let kind = ask::period(asked.period.as_deref())?;
        let (region, language) = (asked.region.as_deref(), asked.language.as_deref());
        let key = ask::series_key(&asked.source, region, language, &asked.marker, kind)?;
        let (from, to) = ask::span(asked.from.as_deref(), asked.to.as_deref())?;
        let as_of = ask::instant("as_of", asked.as_of.as_deref())?;
        limited(async {
            let unit = self.known(&key).await?;
            let points = match as_of {
                Some(at) => Arc::new(self.lake.points_as_of(&key, at).await?),
                None => self.lake.points(&key).await?,
            };
            let unit = points.last().map_or(unit, |point| point.unit);
            let first = points.partition_point(|point| !within(point.period.end, from, None));
            let until = points.partition_point(|point| within(point.period.end, None, to));
            // What a point is compared with may lie before the asked days: it was read with them.
            let places = self.lake.place_cells(&key, as_of).await?;
            let suspect = suspects(&points, &self.lake.signals(as_of).await?);
            let beside = beside(&points, &suspect, first..until, &self.handed.known, places.as_deref());
            let told = points[first..until].iter().zip(&beside).zip(&suspect[first..until]);
            let points = told.map(|((point, beside), suspect)| shown(point, beside, suspect.clone()));
            Ok(say::Series { key: (&key).into(), unit, points: points.collect() })
        })
        .await
    }

    /// Why a text has a score.
    ///
    /// # Errors
    /// When nothing answers the marker, or the model cannot be used.
    pub async fn explain(&self, asked: ExplainAsk) -> Result<Explanation, Problem> {
        let unknown = |marker: &str| Problem::Unknown { what: "marker with an explanation", value: marker.to_owned() };
        let source = self.handed.explain.clone().ok_or_else(|| unknown(&asked.marker))?;
        let explaining = tokio::task::spawn_blocking(move || match source(&asked) {
            Ok(explanation) => Ok(explanation),
            Err(ExplainFault::UnknownMarker) => Err(unknown(&asked.marker)),
            Err(ExplainFault::Failed) => Err(Problem::Internal),
        });
        limited(async { explaining.await.map_err(|_| Problem::Internal)? }).await
    }

    /// The latest forecast of one daily series.
    ///
    /// # Errors
    /// As [`Answers::series`].
    pub async fn forecasts(&self, asked: &ForecastsAsk) -> Result<say::Forecasts, Problem> {
        let (region, language) = (asked.region.as_deref(), asked.language.as_deref());
        let key = ask::series_key(&asked.source, region, language, &asked.marker, PeriodKind::Day)?;
        limited(async {
            let unit = self.known(&key).await?;
            let days = self.lake.forecasts(&key).await?;
            let threshold = self.threshold(&key, days.first().map(|day| day.origin)).await?;
            Ok(forecasts(&key, unit, &days, threshold))
        })
        .await
    }

    /// Episodes: open ones first, the most probable first among them.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn alerts(&self, asked: &AlertsAsk) -> Result<say::Alerts, Problem> {
        let state = ask::alert_state(asked.state.as_deref())?;
        limited(async {
            let catalogue = self.lake.catalogue().await?;
            let sources = catalogue.sources.iter();
            let units: BTreeMap<_, _> = sources.map(|source| (source.source.as_str(), source.unit)).collect();
            let kept = self.lake.track_records().await?;
            let known = self.lake.alerts().await?;
            let mut alerts: Vec<_> =
                known.iter().filter(|alert| state.is_none_or(|state| alert.state == state)).collect();
            let is_over = |alert: &Alert| alert.state != AlertState::Open;
            alerts.sort_by(|a, b| {
                let likelier = b.probability.total_cmp(&a.probability);
                is_over(a).cmp(&is_over(b)).then(likelier).then_with(|| a.id.cmp(&b.id))
            });
            let unit = |alert: &Alert| units.get(alert.key.source.as_str()).copied().unwrap_or(Unit::Post);
            let record = |alert: &Alert| (*kept).as_ref().and_then(|kept| track_record(kept, alert));
            let said = alerts.into_iter().map(|alert| episode(alert, unit(alert), record(alert)));
            Ok(say::Alerts { alerts: said.collect() })
        })
        .await
    }

    /// What has happened and is worth a look: signals that stand, the latest first.
    ///
    /// # Errors
    /// When a parameter cannot be read, or names no source there is.
    pub async fn signals(&self, asked: &SignalsAsk) -> Result<say::Signals, Problem> {
        let source = asked.source.as_deref().map(|source| ask::name("source", source)).transpose()?;
        let kind = ask::signal_kind(asked.kind.as_deref())?;
        let (from, to) = ask::span(asked.from.as_deref(), asked.to.as_deref())?;
        limited(async {
            if let Some(source) = &source {
                let catalogue = self.lake.catalogue().await?;
                find(&catalogue, source)?;
            }
            let known = self.lake.signals(None).await?;
            let is_of = |name: &String| source.as_ref().is_none_or(|source| source == name);
            let asked = |signal: &&Signal| {
                is_of(&signal.source)
                    && kind.is_none_or(|kind| kind == signal.kind)
                    && within(signal.last_day, from, None)
                    && within(signal.first_day, None, to)
            };
            let mut signals: Vec<_> = known.iter().filter(asked).collect();
            signals.sort_by(|a, b| {
                let score = |signal: &Signal| signal.score.unwrap_or_default();
                let later = b.last_day.cmp(&a.last_day);
                later.then_with(|| score(b).total_cmp(&score(a))).then_with(|| a.id.cmp(&b.id))
            });
            let judgements = self.lake.judgements().await?;
            let judged = judgements.iter().filter(|judgement| is_of(&judgement.source)).map(judged).collect();
            Ok(say::Signals { signals: signals.into_iter().map(signal).collect(), judged })
        })
        .await
    }

    /// How a feed is doing, day by day.
    ///
    /// # Errors
    /// When a parameter cannot be read, or names nothing there is.
    pub async fn feed_health(&self, asked: &FeedHealthAsk) -> Result<say::FeedHealth, Problem> {
        let source = ask::name("source", &asked.source)?;
        let region = asked.region.as_deref().map(|region| ask::name("region", region)).transpose()?;
        let (from, to) = ask::span(asked.from.as_deref(), asked.to.as_deref())?;
        limited(async {
            let catalogue = self.lake.catalogue().await?;
            let known = find(&catalogue, &source)?;
            if let Some(region) = &region {
                listed("region", region, &known.regions)?;
            }
            let now = (self.handed.clock)();
            let days = self.lake.feed(&source).await?;
            let asked = |day: &&FeedDay| {
                within(day.day, from, to) && region.as_ref().is_none_or(|region| *region == day.region)
            };
            let mut days: Vec<_> = days.iter().filter(asked).map(|day| feed_day(day, now)).collect();
            days.sort_by(|a, b| (a.day, &a.region).cmp(&(b.day, &b.region)));
            Ok(say::FeedHealth { days })
        })
        .await
    }

    /// The level a rule holds the series against: that of an open episode, which keeps the one it was raised at; else, as
    /// of the forecast's origin, the rule's own word; else the latest episode's.
    async fn threshold(&self, key: &SeriesKey, origin: Option<Date>) -> Result<Option<Threshold>, Problem> {
        let alerts = self.lake.alerts().await?;
        let of = |alert: &Alert| Threshold { rule: alert.rule.clone(), value: alert.threshold };
        let open = alerts.iter().filter(|alert| alert.key == *key && alert.state == AlertState::Open);
        if let Some(alert) = open.max_by_key(|alert| alert.issued_at) {
            return Ok(Some(of(alert)));
        }
        if let Some(decide) = &self.handed.thresholds {
            let points = self.lake.points(key).await?;
            let until = points.partition_point(|point| within(point.period.end, None, origin));
            return Ok(decide(key, &points[..until]));
        }
        Ok(alerts.iter().filter(|alert| alert.key == *key).max_by_key(|alert| alert.issued_at).map(of))
    }

    /// Whether the catalogue knows the series; what it counts.
    async fn known(&self, key: &SeriesKey) -> Result<Unit, Problem> {
        let catalogue = self.lake.catalogue().await?;
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

fn within(day: Date, from: Option<Date>, to: Option<Date>) -> bool {
    from.is_none_or(|from| day >= from) && to.is_none_or(|to| day <= to)
}

fn forecasts(key: &SeriesKey, unit: Unit, days: &[ForecastPoint], threshold: Option<Threshold>) -> say::Forecasts {
    let first = days.first();
    let level = threshold.as_ref().map(|threshold| threshold.value);
    let ahead = |day: &ForecastPoint| say::ForecastDay {
        target: day.target,
        horizon_days: day.horizon_days,
        quantiles: day.quantiles.to_vec(),
        p_exceed: level.map(|level| exceedance(&day.quantiles, level)),
    };
    say::Forecasts {
        key: key.into(),
        unit,
        model: first.map(|day| day.model.clone()),
        origin: first.map(|day| day.origin),
        issued_at: first.map(|day| day.issued_at),
        threshold: level,
        rule: threshold.map(|threshold| threshold.rule),
        p_exceed_within: level.and_then(|level| exceedance_within(&days.iter().collect::<Vec<_>>(), level)),
        levels: QUANTILE_LEVELS.to_vec(),
        days: days.iter().map(ahead).collect(),
    }
}

fn episode(alert: &Alert, unit: Unit, track_record: Option<say::TrackRecord>) -> say::AlertEpisode {
    say::AlertEpisode {
        id: alert.id.clone(),
        rule: alert.rule.clone(),
        key: (&alert.key).into(),
        unit,
        title: titles::title(&alert.key.marker),
        state: alert.state.code(),
        threshold: alert.threshold,
        probability: alert.probability,
        peak_day: alert.peak_day,
        origin: alert.origin,
        raised_origin: alert.raised_origin,
        lead_days: alert.lead_days(),
        issued_at: alert.issued_at,
        track_record,
    }
}

fn track_record(kept: &TrackRecords, alert: &Alert) -> Option<say::TrackRecord> {
    let record = kept.of(&alert.rule, &alert.key)?;
    Some(say::TrackRecord {
        from: record.from,
        to: record.to,
        judged_days: record.judged_days,
        episodes: record.episodes,
        right: record.right,
        ppv: share(record.ppv()),
        spells: record.spells,
        foreseen: record.foreseen,
        sensitivity: share(record.sensitivity()),
        false_alarms_per_month: record.false_alarms_per_month(),
        lead_days: record.lead_days,
        is_thin: record.is_thin(),
        computed_at: kept.issued_at,
    })
}

fn share(share: Proportion) -> Option<say::Share> {
    share.value().zip(share.wilson()).map(|(value, (lower, upper))| say::Share { value, lower, upper })
}

fn signal(signal: &Signal) -> say::SignalEntry {
    say::SignalEntry {
        id: signal.id.clone(),
        kind: signal.kind.code(),
        source: signal.source.clone(),
        region: signal.region.clone(),
        language: signal.language.clone(),
        marker: signal.marker.clone(),
        title: signal.marker.as_deref().map(titles::title),
        first_day: signal.first_day,
        last_day: signal.last_day,
        days: signal.days,
        score: signal.score,
        reasons: signal.reasons.clone(),
        issued_at: signal.issued_at,
    }
}

fn judged(judgement: &Judgement) -> say::Judged {
    let Judgement { source, last_day, issued_at } = judgement.clone();
    say::Judged { source, last_day, issued_at }
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
fn shown(point: &PublishedPoint, beside: &Beside, suspect: Option<String>) -> say::Point {
    let open = point.status == CellStatus::Ok;
    let made_by = point.provenance.clone();
    let (model, lexicon, code) = made_by.map_or_else(Default::default, |by| (by.model, by.lexicon, by.code));
    let (adjusted, weighted) = (beside.adjusted.filter(|_| open), beside.weighted.filter(|_| open));
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
        value_with_bots: point.value_with_bots.filter(|_| open),
        reliability: beside.reliability.filter(|_| open),
        baseline: beside.baseline,
        z: beside.z.filter(|_| open),
        ratio: beside.ratio.filter(|_| open),
        adjusted: adjusted.map(|estimate| estimate.value),
        adjusted_lower: adjusted.map(|estimate| estimate.lower),
        adjusted_upper: adjusted.map(|estimate| estimate.upper),
        weighted: weighted.map(|estimate| estimate.value),
        weighted_lower: weighted.map(|estimate| estimate.lower),
        weighted_upper: weighted.map(|estimate| estimate.upper),
        suspect,
        issued_at: point.issued_at,
        model,
        lexicon,
        code,
    }
}

/// A feed's day as it may be seen at `now`: a handful of posts is a small cell too (that there was none may be said),
/// and a day that may still be going on in its region is not held against whole days.
fn feed_day(day: &FeedDay, now: Timestamp) -> say::FeedDay {
    let over_everywhere = day.day.at(0, 0, 0, 0).saturating_add((24 + HOURS_BEHIND_UTC).hours());
    let is_over = TimeZone::UTC.to_timestamp(over_everywhere).is_ok_and(|over| over <= now);
    let state = match day.status {
        FeedStatus::Low | FeedStatus::Silent if !is_over => "open",
        status => status.code(),
    };
    say::FeedDay {
        source: day.source.clone(),
        region: day.region.clone(),
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
    use tidemark_domain::{CellStatus, Period, PeriodKind, Proportion, Reliability, SeriesKey, Unit};
    use tidemark_query::{Beside, Estimate, PublishedPoint};

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
            value_with_bots: Some(0.5),
            provenance: None,
            issued_at: None,
        };
        let estimate = Estimate::of(Proportion { k: 4, n: 10 }).unwrap();
        let beside = Beside {
            reliability: Some(Reliability::Low),
            baseline: Some(0.3),
            z: Some(1.5),
            ratio: Some(1.3),
            adjusted: estimate,
            weighted: estimate,
        };
        let said = shown(&leaking, &beside, Some("no posts; 120 are usual".to_owned()));
        assert_eq!((said.value, said.lower, said.upper), (None, None, None));
        assert_eq!((said.k, said.n, said.n_posts, said.value_with_bots), (None, None, None, None));
        // A baseline is of other cells, which are shown.
        assert_eq!((said.reliability, said.baseline, said.z, said.ratio), (None, Some(0.3), None, None));
        assert_eq!((said.adjusted, said.adjusted_lower, said.adjusted_upper), (None, None, None));
        assert_eq!((said.weighted, said.weighted_lower, said.weighted_upper), (None, None, None));
        assert_eq!((said.status, said.suspect.as_deref()), ("censored", Some("no posts; 120 are usual")));
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
        super::feed_day(&day, now.parse().expect("an instant"))
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
