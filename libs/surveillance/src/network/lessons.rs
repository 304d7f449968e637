//! Past days as lessons.
//!
//! A network meets histories of a week and of years, so lessons are of both kinds. Each half-year of a series is rolled
//! with the year before it, and each quarter as if the series had begun with it. Of the former every second day is a
//! lesson, of the latter every fourth: neighbouring days teach the same.

use super::{
    HORIZON_DAYS,
    inputs::{INPUTS, Look},
};
use crate::{
    History,
    combine::combine,
    filter::Filtered,
    recurring::{RecurringDays, Years},
    regression::LagRegression,
    rolled::Member as _,
    scale::LogitScale,
    series::MIN_OBSERVED_DAYS,
    smoothing::SmoothingPool,
};
use jiff::civil::Date;
use std::ops::Range;
use tidemark_neural::Lessons;

/// Days that are rolled at once, and days before them that their forecasts may use.
const HALF_YEAR_DAYS: usize = 182;
const YEAR_DAYS: usize = 364;
/// Days that are rolled without any before them.
const QUARTER_DAYS: usize = 91;
/// Days between lessons with a year behind them, and with a quarter at most.
const LONG_STRIDE: usize = 2;
const SHORT_STRIDE: usize = 4;
/// A year's lessons begin when a fortnight is known, a quarter's with a week.
const LONG_FIRST: usize = 13;
const SHORT_FIRST: usize = 6;
/// Older days than these, nine years, are left out: languages and sources change.
const MOST_DAYS: usize = 3_285;
/// Scales beyond which an answer is no longer told apart.
const FARTHEST: f64 = 15.0;

/// What a panel's past teaches.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelLessons {
    rows: Lessons,
    years: Years,
}

impl PanelLessons {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { rows: Lessons::new(INPUTS, HORIZON_DAYS), years: Years::new() }
    }

    /// What one series teaches of the days up to `until`, it included; `place` is any number, another for each series,
    /// so that not all series teach the same days.
    #[must_use]
    pub fn of(history: &History, until: Date, place: usize) -> Self {
        let mut lessons = Self::new();
        let Some(history) = history.known_at(until, MOST_DAYS) else { return lessons };
        if history.observed() >= MIN_OBSERVED_DAYS {
            lessons.years.add(&history, &Filtered::new(&history, LogitScale::of(&history)));
        }
        let days = history.values().len();
        for first in (0..days).step_by(HALF_YEAR_DAYS) {
            let (year, end) = (first.saturating_sub(YEAR_DAYS), (first + HALF_YEAR_DAYS).min(days));
            lessons.roll(&history, year..end, first.max(year + LONG_FIRST), LONG_STRIDE, place);
        }
        for first in (0..days).step_by(QUARTER_DAYS) {
            let end = (first + QUARTER_DAYS).min(days);
            lessons.roll(&history, first..end, first + SHORT_FIRST, SHORT_STRIDE, place);
        }
        lessons
    }

    /// Adds another series' lessons.
    pub fn append(&mut self, other: Self) {
        self.rows.append(other.rows);
        self.years.append(&other.years);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) const fn rows(&self) -> &Lessons {
        &self.rows
    }

    /// What they say of the dates of the year; `known` is believed of those that they hardly show.
    pub(super) fn recurring(&self, known: Option<&RecurringDays>) -> RecurringDays {
        self.years.recurring(known)
    }

    /// Lessons from the day `from` on, as if the history were `days` alone; answers may lie behind them.
    fn roll(&mut self, history: &History, days: Range<usize>, from: usize, stride: usize, place: usize) {
        let part = history.part(days.clone());
        // Answers within the history: a lesson without any would be left out.
        let until = days.end.min(history.values().len().saturating_sub(1));
        if from >= until || part.observed() < MIN_OBSERVED_DAYS {
            return;
        }
        let scale = LogitScale::of(&part);
        let series = Filtered::new(&part, scale);
        let (Ok(smoothing), Ok(regression)) =
            (SmoothingPool.roll(&series, HORIZON_DAYS), LagRegression.roll(&series, HORIZON_DAYS))
        else {
            return;
        };
        let combined = combine(&series, &[&smoothing, &regression]);
        let later = history.values();
        for day in (from..until).filter(|day| (day + place).is_multiple_of(stride)) {
            let row = day - days.start;
            let points = combined.row(row);
            let look = Look::at(&series, smoothing.row(row), points, row);
            let answers: Vec<f32> = (1..=HORIZON_DAYS)
                .map(|ahead| {
                    later.get(day + ahead).copied().flatten().map_or(f64::NAN, |value| {
                        ((scale.forward(value) - points[ahead - 1]) / look.scale()).clamp(-FARTHEST, FARTHEST)
                    }) as f32
                })
                .collect();
            self.rows.push(series.weekday(row) as u8, look.inputs(), &answers);
        }
    }
}

impl Default for PanelLessons {
    fn default() -> Self {
        Self::new()
    }
}
