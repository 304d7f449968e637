//! The *yardstick* of an evaluation: a seasonal-naive forecast with the quantiles of its own past misses, made from the
//! same history as the forecast it is held against.
//!
//! It is the baseline of hubverse-style evaluations (the same day of the last season that is known, plus the empirical
//! quantiles of past changes over that many days), plain on purpose: [`naive`](crate::naive) is our own, with
//! calibrated bands, and harder to beat. Another scorer that follows the same few lines has the same figures to the
//! last digits.

use crate::{Truth, filter::WEEK, scores::mase_scale, scores::sample_quantile};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Past misses are those of the last so many observed days.
const OBSERVED_DAYS: usize = 364;
/// Fewer misses have no quantiles.
const LEAST_MISSES: usize = 2;

/// What the seasonal-naive says from one origin of one series.
#[derive(Debug, Clone)]
pub struct Yardstick {
    origin: i64,
    scale: Option<f64>,
    /// Sorted changes by how many days they span.
    changes: BTreeMap<usize, Vec<f64>>,
}

impl Yardstick {
    /// From what was known at `origin`.
    #[must_use]
    pub fn new(truth: &Truth, origin: Date) -> Self {
        let origin = truth.place(origin);
        Self { origin, scale: mase_scale(truth.known(origin), WEEK), changes: BTreeMap::new() }
    }

    /// The scale of MASE: the mean absolute change over a week, of all that was known.
    #[must_use]
    pub const fn scale(&self) -> Option<f64> {
        self.scale
    }

    /// Its point forecast of `ahead` days (from 1): the value of the same weekday in the last known week.
    #[must_use]
    pub fn point(&self, truth: &Truth, ahead: usize) -> Option<f64> {
        let source = self.origin + i64::try_from(ahead).ok()? - i64::try_from(span(ahead)).ok()?;
        truth.day(source)
    }

    /// Its quantiles at `levels`; `None` where the day it repeats, or its past, is not known.
    #[must_use]
    pub fn quantiles(
        &mut self,
        truth: &Truth,
        ahead: usize,
        levels: impl Iterator<Item = f64>,
    ) -> Option<Vec<(f64, f64)>> {
        let point = self.point(truth, ahead)?;
        let origin = self.origin;
        let changes = self.changes.entry(span(ahead)).or_insert_with(|| changes(truth, origin, span(ahead)));
        let quantile = |level| (level, point + sample_quantile(changes, level));
        (changes.len() >= LEAST_MISSES).then(|| levels.map(quantile).collect())
    }
}

/// How far back the same weekday lies that is known at the origin.
fn span(ahead: usize) -> usize {
    WEEK * ahead.div_ceil(WEEK)
}

fn changes(truth: &Truth, origin: i64, span: usize) -> Vec<f64> {
    let values = truth.known(origin);
    let observed = values.iter().enumerate().rev().filter_map(|(day, value)| Some((day, (*value)?)));
    let change = |(day, now): (usize, f64)| Some(now - values[day.checked_sub(span)?]?);
    let mut changes: Vec<f64> = observed.take(OBSERVED_DAYS).filter_map(change).collect();
    changes.sort_by(f64::total_cmp);
    changes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Yardstick;
    use crate::Truth;
    use jiff::civil::date;

    /// Sixteen days from Monday, 1 January 2024, day 9 missing.
    fn truth() -> Truth {
        let values = (0..16).map(|day| (day != 9).then_some(0.1 + f64::from(day * day) / 1000.0)).collect();
        Truth::new(date(2024, 1, 1), values)
    }

    #[test]
    fn it_repeats_the_last_known_week_with_its_own_misses() {
        let truth = truth();
        let mut yardstick = Yardstick::new(&truth, date(2024, 1, 12));
        // Days 0 to 11 are known; changes over a week: 7, 8, 10 and 11 against 0, 1, 3 and 4.
        let misses = [0.049, 0.063, 0.091, 0.105];
        assert!((yardstick.scale().unwrap() - misses.iter().sum::<f64>() / 4.0).abs() < 1e-12);
        let found = yardstick.quantiles(&truth, 3, [0.0, 0.5, 1.0].into_iter()).unwrap();
        let point = 0.1 + 0.049;
        for ((_, quantile), miss) in found.iter().zip([0.049, 0.077, 0.105]) {
            assert!((quantile - point - miss).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(yardstick.point(&truth, 5), None, "day 9 is missing");
        assert_eq!(yardstick.quantiles(&truth, 8, [0.5].into_iter()), None, "no change over two weeks is known");
        assert_eq!(yardstick.point(&truth, 8), Some(0.1 + 0.025), "two weeks back");
    }

    #[test]
    fn outside_the_series_it_says_nothing() {
        let truth = truth();
        let mut early = Yardstick::new(&truth, date(2023, 12, 1));
        assert_eq!((early.scale(), early.quantiles(&truth, 1, [0.5].into_iter())), (None, None));
        let mut late = Yardstick::new(&truth, date(2025, 1, 1));
        assert!(late.scale().is_some() && late.quantiles(&truth, 1, [0.5].into_iter()).is_none());
    }
}
