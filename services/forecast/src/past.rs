//! What the role would have said: forecasts of the lake's series from past origins, each from its own past alone.

use crate::due;
use crate::error::RequestFault;
use crate::feeds::Feeds;
use crate::learning::Networks;
use crate::offline::{Progress, go_on};
use crate::role::{Memory, by_series, ended, questions};
use crate::{Error, Settings};
use jiff::{Timestamp, ToSpan, civil::Date};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_domain::forecast::RECOMMENDED_MODEL;
use tidemark_domain::{ForecastPoint, SeriesKey};
use tidemark_query::Session;
use tidemark_surveillance::History;

/// A look back over more days, about a century, is one over so many.
const DAYS_MAX: i64 = 36_525;

/// The origins of a look back: every `step_days` up to `until`, over its last `days` days. Counted from the end, so that
/// the latest days are always seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookBack {
    /// The last day that is known. No value after it is read.
    pub until: Date,
    /// Days that are looked back at.
    pub days: u32,
    /// Days between origins.
    pub step_days: u16,
}

impl LookBack {
    /// The origins, in order.
    ///
    /// # Errors
    /// [`RequestFault::NoOrigins`] where there is none.
    pub fn origins(&self) -> Result<Vec<Date>, RequestFault> {
        let Self { until, days, step_days } = *self;
        let from = until.saturating_sub((i64::from(days).clamp(1, DAYS_MAX) - 1).days());
        if days == 0 || step_days == 0 {
            return Err(RequestFault::NoOrigins { from, to: until, step_days });
        }
        let back = until.series(i64::from(step_days).days().negate()).take_while(|day| *day >= from);
        let mut origins: Vec<Date> = back.collect();
        origins.reverse();
        Ok(origins)
    }
}

/// A series of the lake.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    /// Its values as they are published, in the order of time.
    observed: Vec<(Date, Option<f64>)>,
    /// What models may see of it: days on which its feed was suspect are gaps.
    history: History,
}

/// The series that the role forecasts, as they stand now, up to a last day. What was issued late counts as if it had been
/// there in time: the lake is not read as of each origin.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    series: BTreeMap<SeriesKey, Known>,
}

impl Panel {
    /// Reads the series up to `until` and `back_days` back, and so many more days as a model may see.
    ///
    /// # Errors
    /// Where the lake fails.
    pub async fn read(session: &Session, settings: &Settings, until: Date, back_days: u32) -> Result<Self, Error> {
        let history_days = settings.history_days.saturating_add(back_days);
        let settings = Settings { history_days, ..settings.clone() };
        let summaries = ended(session, &settings, until).await?;
        let feeds = Feeds::new(session, &summaries, history_days, until);
        let mut series = BTreeMap::new();
        for filter in questions(&summaries, &settings, until, &Memory::default()) {
            let points = by_series(session.series_points(&filter).await?);
            let feeds = feeds.assessed().await?;
            for (key, points) in points {
                // A series without a value has no past to look back at.
                if let Ok(history) = due::history(&points, until, history_days, feeds.get(&key.source)) {
                    let observed = points.iter().map(|point| (point.period.end, point.value)).collect();
                    series.insert(key, Known { observed, history });
                }
            }
        }
        Ok(Self { series })
    }

    /// Each series with its published values in the order of time; `None` where a day has none to show.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &[(Date, Option<f64>)])> {
        self.series.iter().map(|(key, known)| (key, known.observed.as_slice()))
    }

    /// The recommended model's forecasts of each series that is `wanted`, in the order of origins and days ahead: from
    /// every origin that lies within the series and has enough days before it. Networks are taught by the whole panel, as
    /// in a back-test: up to the first origin, and anew after two years of them.
    ///
    /// # Errors
    /// [`Error::Request`] where `look_back` holds no origin; [`Error::Stopped`] where `progress` says so.
    pub fn forecasts(
        &self,
        settings: &Settings,
        look_back: &LookBack,
        wanted: impl Fn(&SeriesKey) -> bool,
        progress: Progress<'_>,
    ) -> Result<BTreeMap<SeriesKey, Vec<ForecastPoint>>, Error> {
        let origins = look_back.origins()?;
        let series: Vec<_> = self.series.iter().filter(|(key, _)| wanted(key)).collect();
        let work: Vec<(&SeriesKey, &History, Date)> = series
            .iter()
            .flat_map(|(key, known)| origins.iter().map(move |origin| (*key, &known.history, *origin)))
            .collect();
        let (done, all) = (AtomicU64::new(0), work.len() as u64);
        if work.is_empty() {
            return Ok(BTreeMap::new());
        }
        let panel: Vec<&History> = self.series.values().map(|known| &known.history).collect();
        let days: BTreeSet<Date> = origins.iter().copied().collect();
        let networks = Networks::of(&panel, &days, || go_on(progress(0, all)))?;
        let forecast = |(key, history, origin): &(&SeriesKey, &History, Date)| {
            let made = made(key, history, *origin, settings, &networks);
            go_on(progress(done.fetch_add(1, Ordering::Relaxed) + 1, all))?;
            Ok::<_, Error>(made)
        };
        let made: Vec<Vec<ForecastPoint>> = work.par_iter().map(forecast).collect::<Result<_, Error>>()?;
        let mut forecasts: BTreeMap<SeriesKey, Vec<ForecastPoint>> = BTreeMap::new();
        for ((key, ..), made) in work.iter().zip(made) {
            forecasts.entry((*key).clone()).or_default().extend(made);
        }
        Ok(forecasts)
    }
}

/// One forecast; nothing where the series does not reach the origin or has too few days before it.
fn made(
    key: &SeriesKey,
    history: &History,
    origin: Date,
    settings: &Settings,
    networks: &Networks,
) -> Vec<ForecastPoint> {
    let within = history.last_observed().filter(|last| origin <= *last);
    let known = within.and_then(|_| history.known_at(origin, settings.history_days as usize));
    let Some(known) = known else { return Vec::new() };
    // When it was made is nobody's matter: it is not issued.
    let made = due::forecast(key, &known, settings, Timestamp::UNIX_EPOCH, networks.at(origin));
    let mut points = made.unwrap_or_default();
    points.retain(|point| point.model == RECOMMENDED_MODEL);
    points
}

/// How far the series that are forecast reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The last day that a look back sees: the last of the month that had ended by the last day in the lake. All looks of
    /// a month see the same days, and so do all of a lake that nothing comes into any more.
    pub until: Date,
    /// Days of series up to it, from the first of each to its last.
    pub days: i64,
    /// The same up to the last day in the lake.
    pub days_in_all: i64,
}

impl Reach {
    /// As the lake stands, up to `last_complete_day`. `None` where no series is forecast.
    ///
    /// # Errors
    /// Where the lake fails.
    pub async fn of(session: &Session, settings: &Settings, last_complete_day: Date) -> Result<Option<Self>, Error> {
        let series = ended(session, settings, last_complete_day).await?;
        let spans: Vec<(Date, Date)> = series.into_iter().map(|series| (series.first, series.last)).collect();
        Ok(Self::of_spans(&spans))
    }

    fn of_spans(spans: &[(Date, Date)]) -> Option<Self> {
        let last = spans.iter().map(|(_, last)| *last).max()?;
        let until = month_end(last);
        let days = |until: Date| {
            spans
                .iter()
                .map(|(first, last)| i64::from(((*last).min(until) - *first).get_days() + 1).max(0))
                .sum::<i64>()
        };
        Some(Self { until, days: days(until), days_in_all: days(last) })
    }

    /// Whether a look back from here is worth its time to whoever looked back from `before`: a month has ended, or half as
    /// many days again have come into the same, of another source perhaps.
    #[must_use]
    pub fn is_new(&self, before: &Self) -> bool {
        self.until != before.until || 2 * self.days > 3 * before.days
    }
}

/// When a day up to `until` of the series that are forecast was last counted, by a late post or a deletion perhaps: as long
/// as this and the [`Reach`] stand, so does what is computed of them. `None` where there is none.
///
/// # Errors
/// Where the lake fails.
pub async fn counted_at(session: &Session, settings: &Settings, until: Date) -> Result<Option<Timestamp>, Error> {
    Ok(ended(session, settings, until).await?.into_iter().map(|series| series.issued_at).max())
}

/// Does `work` on one core: what nobody waits for leaves the others to those who are waited for.
pub fn on_one_core<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

fn month_end(last: Date) -> Date {
    last.saturating_add(1.day()).first_of_month().saturating_sub(1.day())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Known, LookBack, Panel, Reach, month_end};
    use crate::Settings;
    use jiff::{ToSpan, civil::Date, civil::date};
    use std::ops::ControlFlow;
    use tidemark_domain::{PeriodKind, SeriesKey};
    use tidemark_surveillance::History;

    #[test]
    fn origins_are_counted_from_the_end() {
        let until = date(2024, 4, 30);
        let origins = LookBack { until, days: 15, step_days: 7 }.origins().unwrap();
        assert_eq!(origins, [date(2024, 4, 16), date(2024, 4, 23), until]);
        assert_eq!(LookBack { until, days: 14, step_days: 7 }.origins().unwrap().len(), 2);
        assert!(LookBack { until, days: 14, step_days: 0 }.origins().is_err());
        assert!(LookBack { until, days: 0, step_days: 7 }.origins().is_err());
    }

    #[test]
    fn a_month_has_ended_on_its_last_day() {
        assert_eq!(month_end(date(2024, 4, 30)), date(2024, 4, 30));
        assert_eq!(month_end(date(2024, 4, 29)), date(2024, 3, 31));
        let reach = |last| Reach::of_spans(&[(date(2024, 4, 1), last), (date(2024, 4, 21), date(2024, 4, 30))]);
        let (april, may) = (reach(date(2024, 4, 30)).unwrap(), reach(date(2024, 5, 2)).unwrap());
        assert_eq!(april, Reach { until: date(2024, 4, 30), days: 40, days_in_all: 40 });
        assert_eq!(may, Reach { days_in_all: 42, ..april });
        assert!(!may.is_new(&april) && reach(date(2024, 5, 31)).unwrap().is_new(&april));
        let one = Reach::of_spans(&[(date(2024, 4, 4), date(2024, 4, 30))]).unwrap();
        assert!(!april.is_new(&one) && april.is_new(&Reach { days: 26, ..one }));
        assert_eq!(Reach::of_spans(&[]), None);
    }

    fn key(marker: &str) -> SeriesKey {
        SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: marker.into(),
            period: PeriodKind::Day,
        }
    }

    /// A season of days, of which those after the `known` first have a level of their own.
    fn panel(known: usize, later: f64) -> Panel {
        let first = date(2024, 1, 1);
        let value = |day: usize| if day < known { 0.1 + (day * 37 % 19) as f64 / 400.0 } else { later };
        let values: Vec<_> = (0..90).map(|day| Some(value(day))).collect();
        let observed = values.iter().enumerate();
        let observed: Vec<(Date, Option<f64>)> =
            observed.map(|(day, value)| (first.saturating_add((day as i64).days()), *value)).collect();
        let known = Known { observed, history: History::new(first, values).unwrap() };
        Panel { series: [(key("a"), known.clone()), (key("b"), known)].into() }
    }

    #[test]
    fn a_forecast_sees_nothing_after_its_origin_and_only_what_is_wanted_is_made() {
        let look_back = LookBack { until: date(2024, 3, 20), days: 90, step_days: 10 };
        let made = |panel: &Panel| {
            let wanted = |series: &SeriesKey| *series == key("b");
            panel.forecasts(&Settings::default(), &look_back, wanted, &|_, _| ControlFlow::Continue(())).unwrap()
        };
        // Day 60, the sixty-first, is 1 March; the origin of 29 February is the last before it.
        let (one, other) = (made(&panel(60, 0.3)), made(&panel(60, 0.02)));
        assert_eq!(one.keys().collect::<Vec<_>>(), [&key("b")]);
        let until = |points: &[tidemark_domain::ForecastPoint], last: Date| {
            points.iter().filter(|point| point.origin <= last).cloned().collect::<Vec<_>>()
        };
        let (one, other) = (&one[&key("b")], &other[&key("b")]);
        let last = date(2024, 2, 29);
        assert_eq!(until(one, last), until(other, last));
        assert!(until(one, last).len() >= 4 * 14 && one != other);
        assert!(one.is_sorted_by_key(|point| (point.origin, point.horizon_days)));
        // The first origins lie before the series, or have too few days before them.
        assert!(one[0].origin >= date(2024, 1, 7), "{}", one[0].origin);
    }
}
