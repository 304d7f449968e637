//! `smoothing`: a pool of exponential smoothers (level, damped trend, weekday profile), weighted by recent success.
//!
//! Holt-Winters' additive method (Hyndman and others, *Forecasting with Exponential Smoothing*, 2008) with clipped
//! innovations. Instead of searching one best set of rates, a coarse grid of them runs side by side and `combine`
//! weighs it day by day: nothing is optimised, so nothing can be over-fitted or fail to converge.

use crate::{
    Error,
    combine::combine,
    filter::{Filtered, RobustScale},
    rolled::{Member, Rolled},
};

/// How fast the weekday profile follows: nearly fixed, slow, quick.
const PROFILE_RATES: [f64; 3] = [0.03, 0.1, 0.25];
/// (level rate, trend rate, damping): from a mean over about 40 days to nearly the last value, then three with a trend
/// that fades, because an undamped trend is worse than none at two weeks.
const LEVEL_TREND_DAMPING: [(f64, f64, f64); 8] = [
    (0.05, 0.0, 0.0),
    (0.12, 0.0, 0.0),
    (0.25, 0.0, 0.0),
    (0.45, 0.0, 0.0),
    (0.75, 0.0, 0.0),
    (0.25, 0.03, 0.9),
    (0.45, 0.08, 0.9),
    (0.2, 0.01, 0.98),
];

/// The pool.
#[derive(Debug, Clone, Copy)]
pub struct SmoothingPool;

impl Member for SmoothingPool {
    fn roll(&self, series: &Filtered, horizon: usize) -> Result<Rolled, Error> {
        let pool: Vec<Rolled> = PROFILE_RATES
            .iter()
            .flat_map(|profile| LEVEL_TREND_DAMPING.iter().map(move |rates| smooth(series, horizon, *rates, *profile)))
            .collect();
        Ok(combine(series, &pool.iter().collect::<Vec<_>>()))
    }
}

fn smooth(
    series: &Filtered,
    horizon: usize,
    (level_rate, trend_rate, damping): (f64, f64, f64),
    profile_rate: f64,
) -> Rolled {
    let mut rolled = Rolled::every_day(series.days(), horizon);
    let (mut level, mut trend, mut profile) = (series.start.level, 0.0, series.start.profile);
    let mut scale = RobustScale(series.start.scale);
    for day in 0..series.days() {
        let (value, weekday) = (series.observed[day], series.weekday(day));
        let step = if value.is_nan() { 0.0 } else { scale.clip(value - level - damping * trend - profile[weekday]) };
        level += damping * trend + level_rate * step;
        trend = damping * trend + trend_rate * step;
        // What the level has taken is not given to the profile again.
        profile[weekday] += profile_rate * (1.0 - level_rate) * step;
        let (mut ahead_level, mut ahead_trend) = (level, trend);
        for ahead in 1..=horizon {
            ahead_trend *= damping;
            ahead_level += ahead_trend;
            rolled.points.push(ahead_level + profile[series.weekday(day + ahead)]);
        }
    }
    rolled
}
