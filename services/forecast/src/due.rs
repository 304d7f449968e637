//! What is to be forecast, and whether it has been: pure functions of what the lake shows.

use crate::Settings;
use crate::offline::PATHS_SEED;
use jiff::{Timestamp, ToSpan, civil::Date};
use std::collections::BTreeMap;
use tidemark_domain::{CellStatus, ForecastPoint, SeriesKey, time::days};
use tidemark_query::PublishedPoint;
use tidemark_surveillance::joint::KEPT_COURSES;
use tidemark_surveillance::{Error, History, Joint, Model, Network, artefacts::Assessment, forecast_jointly};

/// What the role issues: the recommended forecast and its yardstick.
pub const ISSUED: [Model; 2] = [Model::Tidemark, Model::SeasonalNaive];
/// Quantiles that differ by no more are the same forecast: far below what a prevalence can mean, far above rounding.
const SAME_WITHIN: f64 = 1e-9;

/// Why a series has no forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// No day that has ended shows a value: all are withheld or empty.
    Empty,
    /// Fewer observed days than a forecast needs.
    TooShort,
    /// The models refuse it for another reason.
    Unfit,
}

impl Skip {
    /// The word used in metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort => "too_short",
            Self::Unfit => "unfit",
        }
    }
}

/// What a network was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lesson {
    /// Its last day.
    pub until: Date,
    /// Days of series up to it.
    pub days: i64,
}

impl Lesson {
    /// What there is to learn from at the end of `last_day`: the days of `series`, each from its first to its last, up
    /// to the end of the month before. So a network that is trained again after a restart is the same.
    #[must_use]
    pub fn of(series: impl IntoIterator<Item = (Date, Date)>, last_day: Date) -> Self {
        let until = last_day.first_of_month().saturating_sub(1.day());
        let length = |(first, last): (Date, Date)| i64::from((last.min(until) - first).get_days() + 1).max(0);
        Self { until, days: series.into_iter().map(length).sum() }
    }

    /// Whether it is worth being learnt by whoever learnt `before`: a month has ended, or, while a past is being read in,
    /// half as much again has come.
    #[must_use]
    pub fn is_new(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| before.until != self.until || 2 * self.days > 3 * before.days)
    }
}

/// What a model may see of one series: its shown values up to its last one, no later than `last_day`. Cells that are
/// withheld or empty are gaps, and so are days on which `feed`, what is thought of its source's feed, is suspect; the
/// last shown day is the origin all the same.
///
/// # Errors
/// [`Skip::Empty`] where nothing is shown, [`Skip::Unfit`] where a value is no proportion.
pub fn history(
    points: &[PublishedPoint],
    last_day: Date,
    history_days: u32,
    feed: Option<&Assessment>,
) -> Result<History, Skip> {
    let is_suspect = |day: &Date| feed.is_some_and(|feed| !feed.reasons(*day).is_empty());
    let shown: BTreeMap<Date, (f64, Option<u64>)> = points
        .iter()
        .filter(|point| point.status == CellStatus::Ok && point.period.end <= last_day)
        .filter_map(|point| Some((point.period.end, (point.value?, point.n))))
        .collect();
    let (Some((first, _)), Some((origin, _))) = (shown.first_key_value(), shown.last_key_value()) else {
        return Err(Skip::Empty);
    };
    let earliest = origin.saturating_sub((i64::from(history_days) - 1).max(0).days());
    let first = (*first).max(earliest);
    let (values, totals) = days(first, *origin)
        .map(|day| shown.get(&day).filter(|_| !is_suspect(&day)))
        .map(|cell| cell.map_or((None, None), |(value, total)| (Some(*value), *total)))
        .unzip();
    let history = History::new(first, values).map_err(|_| Skip::Unfit)?.with_totals(totals);
    history.known_at(*origin, usize::MAX).ok_or(Skip::Empty)
}

/// A digest of everything a forecast is made from: the same digest, the same forecast.
#[must_use]
pub fn fingerprint(history: &History, horizon_days: u16) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&horizon_days.to_le_bytes());
    hasher.update(history.first().to_string().as_bytes());
    for value in history.values() {
        hasher.update(&value.unwrap_or(f64::NAN).to_bits().to_le_bytes());
    }
    for total in history.totals() {
        hasher.update(&total.unwrap_or(u64::MAX).to_le_bytes());
    }
    for (name, start, end) in history.calendar().occasions() {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        for day in [start, end] {
            hasher.update(day.to_string().as_bytes());
        }
    }
    hasher.finalize()
}

/// Forecasts one series by [`ISSUED`], with what the series have taught together.
///
/// # Errors
/// Why it cannot be forecast.
pub fn forecast(
    key: &SeriesKey,
    history: &History,
    settings: &Settings,
    now: Timestamp,
    network: Option<&Network>,
) -> Result<Vec<ForecastPoint>, Skip> {
    let answers = forecast_jointly(history, usize::from(settings.horizon_days), &ISSUED, network);
    let answers = answers.map_err(|error| match error {
        Error::TooShort { .. } => Skip::TooShort,
        _ => Skip::Unfit,
    })?;
    let mut points = Vec::with_capacity(ISSUED.len() * usize::from(settings.horizon_days));
    for answer in answers {
        let Joint { forecast, dependence } = answer.map_err(|_| Skip::Unfit)?;
        let ranks = dependence.ranks(KEPT_COURSES, PATHS_SEED);
        let days = forecast.ahead.iter().zip(&forecast.quantiles).zip(ranks);
        points.extend(days.map(|((ahead, quantiles), ranks)| ForecastPoint {
            key: key.clone(),
            model: forecast.model.id().to_owned(),
            origin: forecast.origin,
            // No horizon is longer than that of the settings.
            horizon_days: u16::try_from(*ahead).unwrap_or(u16::MAX),
            target: forecast.target(*ahead),
            quantiles: *quantiles,
            ranks: ranks.into_iter().map(|rank| u16::try_from(rank).unwrap_or(u16::MAX)).collect(),
            issued_at: now,
        }));
    }
    Ok(points)
}

/// Whether a forecast has been issued before: every point of it stands among `issued`, the latest of its series, and says
/// as much of how the days hang together. A
/// forecast from an earlier origin than theirs, because a day has been withdrawn, counts as issued: it would be
/// nobody's latest.
#[must_use]
pub fn is_issued(fresh: &[ForecastPoint], issued: &[ForecastPoint]) -> bool {
    fresh.iter().all(|point| {
        let same = |other: &&ForecastPoint| {
            other.key == point.key && other.model == point.model && other.horizon_days == point.horizon_days
        };
        issued.iter().find(same).is_some_and(|other| {
            let close = |(a, b): (&f64, &f64)| (a - b).abs() <= SAME_WITHIN;
            other.origin > point.origin
                || other.origin == point.origin
                    && other.ranks.len() == point.ranks.len()
                    && other.quantiles.iter().zip(&point.quantiles).all(close)
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{KEPT_COURSES, Lesson, PATHS_SEED, Skip, fingerprint, forecast, history, is_issued};
    use crate::Settings;
    use jiff::{Timestamp, ToSpan, civil::Date, civil::date};
    use tidemark_domain::forecast::{RECOMMENDED_MODEL, exceedance, exceedance_within};
    use tidemark_domain::{CellStatus, Period, PeriodKind, SeriesKey, Unit};
    use tidemark_query::PublishedPoint;
    use tidemark_surveillance::artefacts::{self, Facts, assess};
    use tidemark_surveillance::{Model, forecast_jointly, joint::Paths, peaks::Exceedance};

    fn key() -> SeriesKey {
        SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        }
    }

    fn cell(day: Date, units: u64) -> PublishedPoint {
        let status = CellStatus::of(units);
        let shown = status == CellStatus::Ok;
        let k = units / 10 + u64::from(day.day().unsigned_abs() % 3);
        PublishedPoint {
            key: key(),
            period: Period { kind: PeriodKind::Day, end: day },
            status,
            unit: Unit::Author,
            value: shown.then(|| k as f64 / units as f64),
            lower: None,
            upper: None,
            k: shown.then_some(k),
            n: shown.then_some(units),
            n_posts: None,
            value_with_bots: None,
            provenance: None,
            issued_at: None,
        }
    }

    fn cells(days: i64) -> Vec<PublishedPoint> {
        (0..days).map(|day| cell(date(2024, 1, 1).saturating_add(day.days()), 200)).collect()
    }

    #[test]
    fn the_origin_is_the_last_shown_day_that_has_ended() {
        let mut points = cells(30);
        points.push(cell(date(2024, 1, 31), 10));
        points.push(cell(date(2024, 2, 1), 200));
        let seen = history(&points, date(2024, 1, 31), 1000, None).unwrap();
        assert_eq!((seen.first(), seen.last_observed()), (date(2024, 1, 1), Some(date(2024, 1, 30))));
        let seen = history(&points, date(2024, 2, 1), 5, None).unwrap();
        assert_eq!((seen.first(), seen.observed(), seen.values().len()), (date(2024, 1, 28), 4, 5));
        assert_eq!(seen.totals()[0], Some(200));
    }

    #[test]
    fn suspect_days_are_gaps_and_the_origin_stays_where_it_is() {
        let twice = |day: usize| if [20, 29].contains(&day) { 5000 } else { 0 };
        let facts: Vec<_> =
            (0..30).map(|day| Facts { posts: 1000, duplicates: twice(day), ..Facts::default() }).collect();
        let feed = assess(date(2024, 1, 1), &facts, &artefacts::Settings::default());
        let seen = history(&cells(30), date(2024, 2, 1), 1000, Some(&feed)).unwrap();
        assert_eq!((seen.values().len(), seen.observed()), (30, 28));
        assert_eq!((seen.values()[20], seen.values()[29], seen.totals()[20]), (None, None, None));
        let made = forecast(&key(), &seen, &Settings::default(), Timestamp::UNIX_EPOCH, None).unwrap();
        assert_eq!((made[0].origin, made[0].target), (date(2024, 1, 30), date(2024, 1, 31)));
    }

    #[test]
    fn a_month_or_half_as_much_again_is_worth_learning() {
        let lesson = |days: i8, last_day| Lesson::of([(date(2024, 4, 1), date(2024, 4, days))], last_day);
        let april = lesson(30, date(2024, 5, 20));
        assert_eq!(april, Lesson { until: date(2024, 4, 30), days: 30 });
        assert!(april.is_new(None) && !april.is_new(Some(&april)));
        assert!(
            !april.is_new(Some(&lesson(20, date(2024, 5, 31)))) && april.is_new(Some(&lesson(19, date(2024, 5, 31))))
        );
        assert!(lesson(30, date(2024, 6, 1)).is_new(Some(&april)));
        assert_eq!(Lesson::of([(date(2024, 5, 2), date(2024, 5, 9))], date(2024, 5, 20)).days, 0);
    }

    #[test]
    fn series_without_enough_are_skipped_for_a_reason() {
        let withheld: Vec<_> = (1..20).map(|day| cell(date(2024, 1, day), 10)).collect();
        assert_eq!(history(&withheld, date(2024, 2, 1), 100, None), Err(Skip::Empty));
        assert_eq!(history(&cells(30), date(2023, 12, 31), 100, None), Err(Skip::Empty));
        let short = history(&cells(6), date(2024, 2, 1), 100, None).unwrap();
        let refused = forecast(&key(), &short, &Settings::default(), Timestamp::UNIX_EPOCH, None);
        assert_eq!(refused, Err(Skip::TooShort));
    }

    #[test]
    fn an_issued_forecast_says_how_likely_any_of_its_days_is_high() {
        let seen = history(&cells(60), date(2024, 12, 31), 1000, None).unwrap();
        let points = forecast(&key(), &seen, &Settings::default(), Timestamp::UNIX_EPOCH, None).unwrap();
        let ours: Vec<_> = points.iter().filter(|point| point.model == RECOMMENDED_MODEL).collect();
        assert!(ours.iter().all(|point| point.ranks.len() == KEPT_COURSES));
        let joint = forecast_jointly(&seen, 14, &[Model::Tidemark], None).unwrap().remove(0).unwrap();
        let paths = Paths::draw(&joint.forecast.quantiles, &joint.dependence, KEPT_COURSES, PATHS_SEED);
        let mut above_the_likeliest = 0;
        // Thresholds from the last day's 0.10 to its 0.95 quantile.
        for threshold in &ours[13].quantiles[3..21] {
            let counted = Exceedance::of(&paths, *threshold).within;
            let likeliest = ours.iter().map(|day| exceedance(&day.quantiles, *threshold)).fold(0.0, f64::max);
            let within = exceedance_within(&ours, *threshold).unwrap();
            assert!((within - counted.max(likeliest)).abs() < 1e-12, "{threshold}: {within} {counted} {likeliest}");
            above_the_likeliest += usize::from(within > likeliest + 0.01);
        }
        assert!(above_the_likeliest > 0, "days hang together, and not as one");
    }

    #[test]
    fn the_same_input_is_issued_once_and_a_changed_cell_again() {
        let settings = Settings::default();
        let seen = |points: &[PublishedPoint]| history(points, date(2024, 12, 31), 1000, None).unwrap();
        let mut points = cells(60);
        let before = seen(&points);
        let first = forecast(&key(), &before, &settings, Timestamp::UNIX_EPOCH, None).unwrap();
        assert_eq!(first.len(), 28);
        assert!(!is_issued(&first, &[]));
        // A lake from before forecasts said how their days hang together.
        let mut older = first.clone();
        older.iter_mut().for_each(|point| point.ranks.clear());
        assert!(!is_issued(&first, &older));
        // After a restart: made anew at another time, from the same input.
        let again = forecast(&key(), &seen(&points), &settings, Timestamp::MAX, None).unwrap();
        assert!(is_issued(&again, &first));
        assert_eq!(fingerprint(&before, 14), fingerprint(&seen(&points), 14));
        // A late post changes a past cell.
        points[58].value = Some(0.3);
        let changed = forecast(&key(), &seen(&points), &settings, Timestamp::MAX, None).unwrap();
        assert!(!is_issued(&changed, &first) && changed[0].origin == first[0].origin);
        assert_ne!(fingerprint(&before, 14), fingerprint(&seen(&points), 14));
        // A day more, and a day withdrawn.
        let moved = forecast(&key(), &seen(&cells(61)), &settings, Timestamp::MAX, None).unwrap();
        assert!(!is_issued(&moved, &first));
        assert!(is_issued(&first, &moved));
    }
}
