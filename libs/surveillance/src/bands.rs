//! Bands from what past forecasts missed: split conformal prediction (Vovk and others 2005; Lei and others, JASA 113,
//! 2018) on the logit scale.
//!
//! The errors of the honest past forecasts of `h` days ahead, pooled with those of `h - 1` and `h + 1`, are laid around
//! the forecast: their quantiles are its quantiles. Nothing is assumed about their shape; a bias is corrected by their
//! median, shrunk where it is that of few weeks, an asymmetry kept. Errors of one week resemble each other, so a short history has seen fewer independent
//! errors than it counts: the bands of short histories are widened.

use crate::{filter::Filtered, filter::WARM_UP_DAYS, rolled::Rolled};
use tidemark_domain::forecast::QUANTILE_LEVELS;

/// Errors of this many days ahead on either side are pooled.
const POOLED_NEIGHBOURS: usize = 1;
/// Fewer errors than this say nothing about tails: plain differences of the series take their place.
const LEAST_ERRORS: usize = 20;
/// Widening: quantiles are stretched by `sqrt(1 + WIDENING / weeks of errors)`, as if three more parameters had been
/// fitted to weekly errors (level, profile and weights are).
const WIDENING: f64 = 3.0;
/// A bias is corrected by `weeks / (weeks + BELIEVED_WEEKS)` of it: that of a few weeks is chance.
const BELIEVED_WEEKS: f64 = 3.0;
/// Errors are those of the last two years of forecasts: more steady the tails, but older ones come from other times.
const ERROR_DAYS: usize = 730;

/// Quantiles at [`QUANTILE_LEVELS`] for each day ahead, on the logit scale.
#[must_use]
pub fn bands(series: &Filtered, rolled: &Rolled) -> Vec<[f64; 23]> {
    // Each day's errors are sorted once: where three such runs are pooled, sorting them again is a merge.
    let mut errors = past_errors(series, rolled);
    errors.iter_mut().for_each(|errors| errors.sort_unstable_by(f64::total_cmp));
    let pooled = |ahead: usize| {
        let near = ahead.saturating_sub(POOLED_NEIGHBOURS + 1)..(ahead + POOLED_NEIGHBOURS).min(rolled.horizon);
        errors[near].concat()
    };
    let day = |(ahead, point): (usize, &f64)| offsets(series, pooled(ahead), ahead).map(|offset| point + offset);
    (1..).zip(rolled.last()).map(day).collect()
}

/// How far each quantile lies from the point forecast, by the errors of forecasts as far ahead.
fn offsets(series: &Filtered, mut errors: Vec<f64>, ahead: usize) -> [f64; 23] {
    let days = if errors.len() >= LEAST_ERRORS {
        (series.days() - WARM_UP_DAYS).saturating_sub(ahead).clamp(1, ERROR_DAYS)
    } else {
        errors = differences(series, ahead);
        series.days()
    };
    let weeks = days as f64 / series.season() as f64;
    let stretch = (1.0 + WIDENING / weeks).sqrt();
    errors.sort_by(f64::total_cmp);
    let middle = quantile(&errors, 0.5);
    let kept = weeks / (weeks + BELIEVED_WEEKS);
    QUANTILE_LEVELS.map(|level| kept * middle + stretch * (quantile(&errors, level) - middle))
}

/// The errors of honest past forecasts, for each day ahead.
fn past_errors(series: &Filtered, rolled: &Rolled) -> Vec<Vec<f64>> {
    let honest: Vec<usize> = (1..=rolled.horizon).map(|ahead| first_honest_origin(series, rolled, ahead)).collect();
    let rows = rolled.origins.len();
    let mut errors: Vec<Vec<f64>> = honest.iter().map(|first| Vec::with_capacity(rows - first)).collect();
    for row in honest.iter().copied().min().unwrap_or(rows)..rows {
        for ((ahead, errors), first) in (1..).zip(&mut errors).zip(&honest) {
            if row >= *first
                && let Some(error) = rolled.error(series, row, ahead)
            {
                errors.push(error);
            }
        }
    }
    errors
}

/// The row of the first past forecast whose errors count: after the warm-up, and not too long ago.
pub(crate) fn first_honest_origin(series: &Filtered, rolled: &Rolled, ahead: usize) -> usize {
    let first = WARM_UP_DAYS.max(series.days().saturating_sub(ERROR_DAYS + ahead));
    rolled.origins.partition_point(|origin| *origin < first)
}

/// By how much the series, less its weekday profile, has changed over 1 to `ahead` days, up and down alike.
fn differences(series: &Filtered, ahead: usize) -> Vec<f64> {
    let profile = series.start.profile;
    let level = |day: usize| series.observed[day] - profile[series.weekday(day)];
    let mut differences = Vec::new();
    for step in 1..=ahead.min(series.days() - 1) {
        for day in step..series.days() {
            let change = level(day) - level(day - step);
            if change.is_finite() {
                differences.extend([change, -change]);
            }
        }
    }
    differences
}

/// The value at rank `level * (n + 1)`, which a new exchangeable value stays below with probability `level`; the
/// outermost values where there are too few to say. 0 of nothing.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let rank = (level * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
    let below = rank as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (rank - below as f64)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn ranks_leave_room_for_one_more_value() {
        let sorted: Vec<f64> = (1..=9).map(f64::from).collect();
        assert!((quantile(&sorted, 0.5) - 5.0).abs() < 1e-12);
        assert!((quantile(&sorted, 0.9) - 9.0).abs() < 1e-12);
        assert!((quantile(&sorted, 0.99) - 9.0).abs() < 1e-12);
        assert!((quantile(&sorted, 0.25) - 2.5).abs() < 1e-12);
        assert!(quantile(&[], 0.5).abs() < 1e-12);
    }
}
