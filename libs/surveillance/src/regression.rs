//! `lag_regression`: each day ahead is a regression of the deseasonalised value on smoothed levels and on last year.
//!
//! A smoother expects the level to stay; real series return part of the way to where they came from, and holidays come
//! back. For each day ahead the target, less the middle level, is regressed on: the quick levels' distance from the
//! middle one, the slow level's distance from it, and how far the day 52 weeks (and 365 days) before the target lay
//! from the middle level of that time. Recursive least squares with a ridge start (Plackett, *Biometrika* 37, 1950)
//! learns the coefficients in one causal pass, so every past forecast is honest.

use crate::{
    Error,
    filter::{Filtered, RobustScale, WARM_UP_DAYS},
    rolled::{Member, Rolled},
};

const FEATURES: usize = 5;
/// Rates of the smoothed levels: quick, weekly, middle (a fortnight), slow (two months).
const LEVEL_RATES: [f64; 4] = [0.6, 0.25, 0.08, 0.02];
const MIDDLE: usize = 2;
/// The same weekday of last year, and the same date (which a leap day shifts by one).
const LAST_YEAR_DAYS: [usize; 2] = [364, 365];
/// Start: a third of the weekly level's distance from the middle is expected to last, and nothing else.
const FIRST_COEFFICIENTS: [f64; FEATURES] = [0.0, 0.3, 0.0, 0.0, 0.0];
/// Prior precision of the coefficients: a prior standard deviation of 0.13 each.
const RIDGE: f64 = 60.0;
/// What the covariance regains each day, up to the prior's: old days are forgotten over about two years.
const FORGETTING_PER_DAY: f64 = 0.002;

/// The regression.
#[derive(Debug, Clone, Copy)]
pub struct LagRegression;

impl Member for LagRegression {
    fn roll(&self, series: &Filtered, horizon: usize) -> Result<Rolled, Error> {
        let levels = levels(series);
        let ranges = ranges(series);
        let mut rolled = Rolled::every_day(series.days(), horizon);
        rolled.points = vec![0.0; series.days() * horizon];
        for ahead in 1..=horizon {
            let mut learner = Learner::new(series.start.scale);
            for day in 0..series.days() {
                let value = series.observed[day];
                if !value.is_nan() && day >= ahead + WARM_UP_DAYS {
                    let origin = day - ahead;
                    let features = features(series, &levels, origin, ahead);
                    let seasonal = series.profile[origin][series.weekday(day)];
                    learner.learn(&features, value - seasonal - levels[origin][MIDDLE]);
                }
                let step = learner.expect(&features(series, &levels, day, ahead));
                let (low, high) = ranges[day];
                let expected = (levels[day][MIDDLE] + step).clamp(low, high);
                rolled.points[day * horizon + ahead - 1] = expected + series.profile[day][series.weekday(day + ahead)];
            }
        }
        Ok(rolled)
    }
}

/// The smoothed levels as known on each day.
fn levels(series: &Filtered) -> Vec<[f64; LEVEL_RATES.len()]> {
    let mut now = [series.start.level; LEVEL_RATES.len()];
    let follow = |value: &f64| {
        for (level, rate) in now.iter_mut().zip(LEVEL_RATES) {
            *level += rate * (value - *level);
        }
        now
    };
    series.deseasonalised.iter().map(follow).collect()
}

/// The range of what has been seen up to each day, widened by half its span: a coefficient learnt in calm times never
/// throws a forecast farther.
fn ranges(series: &Filtered) -> Vec<(f64, f64)> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let widen = |value: &f64| {
        (low, high) = (low.min(*value), high.max(*value));
        let half = (high - low) / 2.0;
        (low - half, high + half)
    };
    series.deseasonalised.iter().map(widen).collect()
}

fn features(series: &Filtered, levels: &[[f64; 4]], origin: usize, ahead: usize) -> [f64; FEATURES] {
    let [quick, weekly, middle, slow] = levels[origin];
    let before = |days: usize| (origin.checked_sub(days), (origin + ahead).checked_sub(days));
    let last_year = |days: usize| match before(series.steps(days)) {
        // A target more than a year ahead has no last year yet.
        (Some(then), Some(day)) if day <= origin => series.deseasonalised[day] - levels[then][MIDDLE],
        _ => 0.0,
    };
    let [same_weekday, same_date] = LAST_YEAR_DAYS.map(last_year);
    [quick - middle, weekly - middle, slow - middle, same_weekday, same_date]
}

/// Recursive least squares with clipped errors.
struct Learner {
    coefficients: [f64; FEATURES],
    covariance: [[f64; FEATURES]; FEATURES],
    scale: RobustScale,
}

impl Learner {
    fn new(scale: f64) -> Self {
        let mut covariance = [[0.0; FEATURES]; FEATURES];
        for (index, row) in covariance.iter_mut().enumerate() {
            row[index] = 1.0 / RIDGE;
        }
        Self { coefficients: FIRST_COEFFICIENTS, covariance, scale: RobustScale(scale) }
    }

    fn expect(&self, features: &[f64; FEATURES]) -> f64 {
        self.coefficients.iter().zip(features).map(|(coefficient, feature)| coefficient * feature).sum()
    }

    fn learn(&mut self, features: &[f64; FEATURES], target: f64) {
        let error = self.scale.clip(target - self.expect(features));
        let gain = self.covariance.map(|row| row.iter().zip(features).map(|(c, f)| c * f).sum::<f64>());
        let variance =
            self.scale.0 * self.scale.0 + gain.iter().zip(features).map(|(g, f)| g * f).sum::<f64>().max(0.0);
        for (index, row) in self.covariance.iter_mut().enumerate() {
            self.coefficients[index] += gain[index] / variance * error;
            for (cell, other) in row.iter_mut().zip(gain) {
                *cell -= gain[index] * other / variance;
            }
            row[index] = (row[index] * (1.0 + FORGETTING_PER_DAY)).min(1.0 / RIDGE);
        }
    }
}
