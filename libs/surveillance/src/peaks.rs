//! Peaks: when a forecast will crest and how high, which days are of *high prevalence*, and how often such days were
//! foreseen.
//!
//! A *high-prevalence point* is a day above a threshold, by default the 0.80 quantile of the series' own last half year
//! ([`HIGH`]); a *period* is a run of at least two of them with gaps of at most one day. What is said of several days
//! at once (the day of the peak, exceedance within the horizon, a period) is counted over joint paths ([`Paths`]): the
//! largest of the days' own probabilities would be too low, as their complement's product would be too high.
//!
//! Peaks are scored as events are: precision and recall with a day's tolerance, false alarms a month, and how many days
//! before it began a new episode was announced.

use crate::joint::Paths;
use jiff::civil::Date;
use serde::Serialize;
use std::ops::Range;
use tidemark_domain::{Period, PeriodKind, alert::Threshold};

/// What is of high prevalence where nothing else is asked: above the 0.80 quantile of the last half year.
pub const HIGH: Threshold = Threshold::Quantile { q: 0.8, window_days: 182 };
/// A probability of exceedance of at least this calls a day high. A day that is missed costs more than a call beside it,
/// and a call within [`TOLERANCE_DAYS`] is right: on both panels of docs/forecasting.md, F1 is highest near here.
pub const CALLED_FROM: f64 = 0.3;
/// Points of a period, at least.
pub const PERIOD_POINTS_MIN: usize = 2;
/// Days between two points of one period, at most.
pub const PERIOD_GAP_DAYS_MAX: usize = 1;
/// A day this near to what was foreseen was foreseen.
pub const TOLERANCE_DAYS: usize = 1;

/// When and how high a forecast peaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeakForecast {
    /// For each day ahead, the probability that it holds the highest value of the horizon. They sum to 1.
    pub days: Vec<f64>,
    /// The same by epiweek (`YYYYWW`), for every week the horizon touches. They sum to 1.
    pub weeks: Vec<(String, f64)>,
    /// Quantiles of the highest value.
    pub height: [f64; 23],
}

impl PeakForecast {
    /// Counted over paths that start on the day after `origin`.
    #[must_use]
    pub fn of(paths: &Paths, origin: Date) -> Self {
        let mut counts = vec![0_usize; paths.horizon()];
        for path in paths.iter() {
            if let Some(day) = peak(path) {
                counts[day] += 1;
            }
        }
        let total = paths.count().max(1) as f64;
        let mut weeks: Vec<(String, usize)> = Vec::new();
        for (week, count) in epiweeks(origin, paths.horizon()).zip(&counts) {
            match weeks.last_mut().filter(|(label, _)| *label == week) {
                Some((_, sum)) => *sum += count,
                None => weeks.push((week, *count)),
            }
        }
        Self {
            days: counts.iter().map(|count| *count as f64 / total).collect(),
            weeks: weeks.into_iter().map(|(week, count)| (week, count as f64 / total)).collect(),
            height: paths.quantiles(|path| path.iter().copied().fold(0.0, f64::max)),
        }
    }
}

/// The first of the highest values.
#[must_use]
pub fn peak(values: &[f64]) -> Option<usize> {
    let highest = values.iter().copied().max_by(f64::total_cmp)?;
    values.iter().position(|value| *value >= highest)
}

/// The epiweek (`YYYYWW`) of each day ahead.
pub fn epiweeks(origin: Date, horizon: usize) -> impl Iterator<Item = String> {
    (1..=horizon).map(move |ahead| {
        let day = crate::series::day_after(origin, ahead);
        Period::holding(PeriodKind::Epiweek, day).label()
    })
}

/// How likely a threshold is exceeded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exceedance {
    /// On each day ahead.
    pub days: Vec<f64>,
    /// On at least one of them.
    pub within: f64,
    /// During at least one period of high prevalence.
    pub period: f64,
}

impl Exceedance {
    /// Counted over paths.
    #[must_use]
    pub fn of(paths: &Paths, threshold: f64) -> Self {
        let high = |path: &[f64]| path.iter().map(|value| *value > threshold).collect::<Vec<_>>();
        Self {
            days: (0..paths.horizon()).map(|day| paths.share(|path| path[day] > threshold)).collect(),
            within: paths.share(|path| path.iter().any(|value| *value > threshold)),
            period: paths.share(|path| !periods(&high(path)).is_empty()),
        }
    }
}

/// Runs of high days with gaps of at most [`PERIOD_GAP_DAYS_MAX`]: from the first to the last high day of each. A
/// single high day is a run.
#[must_use]
pub fn runs(high: &[bool]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for day in (0..high.len()).filter(|day| high[*day]) {
        match runs.last_mut().filter(|run| day - run.end <= PERIOD_GAP_DAYS_MAX) {
            Some(run) => run.end = day + 1,
            None => runs.push(day..day + 1),
        }
    }
    runs
}

/// Periods of high prevalence: [`runs`] that hold at least [`PERIOD_POINTS_MIN`] high days.
#[must_use]
pub fn periods(high: &[bool]) -> Vec<Range<usize>> {
    let points = |run: &Range<usize>| high[run.clone()].iter().filter(|high| **high).count();
    runs(high).into_iter().filter(|run| points(run) >= PERIOD_POINTS_MIN).collect()
}

/// One forecast's days beside what came.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Whether the threshold was exceeded on the origin itself: an episode that has begun is no news.
    pub ongoing: bool,
    /// For each day that was forecast and observed: days ahead, rising, with what was said and what came.
    pub days: Vec<OutlookDay>,
}

/// A day of an [`Outlook`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutlookDay {
    /// Days ahead, from 1.
    pub ahead: u16,
    /// P(value > threshold).
    pub probability: f64,
    /// Whether the seasonal-naive point forecast exceeds the threshold.
    pub naive: bool,
    /// Whether the value did.
    pub high: bool,
}

/// How well high days were foreseen.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct PeakScores {
    /// Days called high.
    pub called: u64,
    /// Days that were high.
    pub high: u64,
    /// Of the called, the share within [`TOLERANCE_DAYS`] of a high day.
    pub precision: Option<f64>,
    /// Of the high, the share within [`TOLERANCE_DAYS`] of a called day: the hit rate.
    pub recall: Option<f64>,
    /// The harmonic mean of the two.
    pub f1: Option<f64>,
    /// Runs of called days none of which was near a high day, for 30.4 forecast days of one series.
    pub false_alarms_per_month: Option<f64>,
    /// Episodes that had not begun at the origin.
    pub onsets: u64,
    /// Of those, the share of which some day was foreseen.
    pub onsets_foreseen: Option<f64>,
    /// Median days from the origin to the first day of the foreseen ones.
    pub lead_days: Option<f64>,
}

/// Mean days of a month.
const MONTH_DAYS: f64 = 30.4375;

/// Scores what `is_called` makes of the days of many outlooks.
#[must_use]
pub fn score_calls<'a>(
    outlooks: impl IntoIterator<Item = &'a Outlook>,
    is_called: impl Fn(&OutlookDay) -> bool,
) -> PeakScores {
    let (mut scores, mut leads) = (PeakScores::default(), Vec::new());
    let (mut right, mut found, mut false_runs, mut days) = (0_u64, 0_u64, 0_u64, 0_u64);
    for outlook in outlooks {
        days += outlook.days.len() as u64;
        let horizon = outlook.days.last().map_or(0, |day| usize::from(day.ahead));
        let (mut called, mut high) = (vec![false; horizon], vec![false; horizon]);
        for day in &outlook.days {
            let at = usize::from(day.ahead).saturating_sub(1);
            (called[at], high[at]) = (is_called(day), day.high);
        }
        let near = |marks: &[bool], day: usize| {
            let last = (day + TOLERANCE_DAYS).min(horizon.saturating_sub(1));
            marks[day.saturating_sub(TOLERANCE_DAYS)..=last].contains(&true)
        };
        for day in 0..horizon {
            scores.called += u64::from(called[day]);
            scores.high += u64::from(high[day]);
            right += u64::from(called[day] && near(&high, day));
            found += u64::from(high[day] && near(&called, day));
        }
        let is_false = |run: &Range<usize>| !run.clone().any(|day| called[day] && near(&high, day));
        false_runs += runs(&called).iter().filter(|run| is_false(run)).count() as u64;
        for run in runs(&high) {
            // A run that goes on from the origin, or over one day's gap, was there before the forecast.
            if outlook.ongoing && run.start <= PERIOD_GAP_DAYS_MAX {
                continue;
            }
            scores.onsets += 1;
            if run.clone().any(|day| high[day] && near(&called, day)) {
                leads.push(run.start as f64 + 1.0);
            }
        }
    }
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    scores.precision = share(right, scores.called);
    scores.recall = share(found, scores.high);
    scores.f1 = scores.precision.zip(scores.recall).filter(|(p, r)| p + r > 0.0).map(|(p, r)| 2.0 * p * r / (p + r));
    scores.false_alarms_per_month = (days > 0).then(|| MONTH_DAYS * false_runs as f64 / days as f64);
    scores.onsets_foreseen = share(leads.len() as u64, scores.onsets);
    leads.sort_by(f64::total_cmp);
    scores.lead_days = (!leads.is_empty()).then(|| crate::scores::sample_quantile(&leads, 0.5));
    scores
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Exceedance, Outlook, OutlookDay, PeakForecast, peak, periods, runs, score_calls};
    use crate::joint::Paths;
    use jiff::civil::date;

    fn marks(text: &str) -> Vec<bool> {
        text.chars().map(|mark| mark == '#').collect()
    }

    #[test]
    fn a_run_bridges_one_day_and_a_period_has_two_points() {
        assert_eq!(runs(&marks("#.#..#...##")), [0..3, 5..6, 9..11]);
        assert_eq!(periods(&marks("#.#..#...##")), [0..3, 9..11]);
        assert_eq!(periods(&marks("#..#..#")), []);
        assert_eq!(runs(&[]), []);
    }

    #[test]
    fn peaks_by_hand() {
        // From Thursday, 4 January 2024: Friday and Saturday are of week 1, Sunday of week 2.
        let rows = [[0.1, 0.3, 0.2], [0.4, 0.1, 0.4], [0.1, 0.2, 0.5], [0.2, 0.6, 0.5]].map(|row| row.to_vec());
        let paths = Paths::of_rows(&rows);
        let found = PeakForecast::of(&paths, date(2024, 1, 4));
        assert_eq!(found.days, [0.25, 0.5, 0.25]);
        assert_eq!(found.weeks, [("202401".to_owned(), 0.75), ("202402".to_owned(), 0.25)]);
        // Heights 0.3, 0.4, 0.5 and 0.6.
        assert!((found.height[11] - 0.45).abs() < 1e-12);
        let over = Exceedance::of(&paths, 0.35);
        assert_eq!(over.days, [0.25, 0.25, 0.75]);
        assert!((over.within - 0.75).abs() < 1e-12);
        // The second path's high days have a gap of one between them; the fourth's are neighbours.
        assert!((over.period - 0.5).abs() < 1e-12);
        assert_eq!((peak(&[]), peak(&[0.2, 0.2])), (None, Some(0)));
    }

    #[test]
    fn the_week_of_a_year_with_53() {
        let paths = Paths::of_rows(&[vec![0.1, 0.2, 0.3]]);
        let found = PeakForecast::of(&paths, date(2020, 12, 31));
        assert_eq!(found.weeks, [("202053".to_owned(), 0.0), ("202101".to_owned(), 1.0)]);
    }

    fn outlook(ongoing: bool, called: &str, high: &str) -> Outlook {
        let days = (1..).zip(marks(called).into_iter().zip(marks(high)));
        let day = |(ahead, (called, high))| OutlookDay {
            ahead,
            probability: if called { 0.9 } else { 0.1 },
            naive: false,
            high,
        };
        Outlook { ongoing, days: days.map(day).collect() }
    }

    #[test]
    fn calls_by_hand() {
        let outlooks = [
            // Called a day early: right, found. Its second call is far from anything.
            outlook(false, "..#....#", "...#...."),
            // Two of three high days found, of an episode that had begun; and a new one missed.
            outlook(true, "#.......", "###...#."),
        ];
        let scores = score_calls(&outlooks, |day| day.probability >= 0.5);
        assert_eq!((scores.called, scores.high, scores.onsets), (3, 5, 2));
        assert!((scores.precision.unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert!((scores.recall.unwrap() - 3.0 / 5.0).abs() < 1e-12);
        assert!((scores.f1.unwrap() - 2.0 * (2.0 / 3.0) * 0.6 / (2.0 / 3.0 + 0.6)).abs() < 1e-12);
        assert!((scores.false_alarms_per_month.unwrap() - 30.4375 / 16.0).abs() < 1e-12);
        assert_eq!((scores.onsets_foreseen, scores.lead_days), (Some(0.5), Some(4.0)));
        let silent = score_calls(&outlooks, |_| false);
        assert_eq!((silent.precision, silent.recall, silent.f1), (None, Some(0.0), None));
        assert_eq!(score_calls(&[], |_| true), super::PeakScores::default());
    }
}
