//! What a network is shown of a series on one day, all of it known on that day.
//!
//! Everything is a distance from the level of the last fortnight, less today's weekday profile, in today's scales: so one
//! network fits series of any prevalence and any noise. The first [`MIXED`] numbers turn with the series, and those of a
//! sum of two series are the sums of theirs: that is what `tidemark_neural` mixes. The others say how much is known, how
//! it has varied, and which weekday it is.

use super::HORIZON_DAYS;
use crate::filter::{Filtered, WEEK, median};

/// No day further back is looked at.
pub(crate) const MEMORY_DAYS: usize = 365;
/// The last eight weeks are shown day by day.
const SHOWN_DAYS: usize = 56;
const LEVEL_DAYS: usize = 14;
/// Mean levels of a month, a quarter, half a year and a year.
const LONG_DAYS: [usize; 4] = [28, 91, 182, 364];
/// A mean of so many days counts where this share of them lies within the history.
const LEAST_SHARE: f64 = 0.75;
/// The four weeks around last year's same days, whose median their distance is taken from, from 364 days back on.
const LAST_YEAR_DAYS: usize = 29;
const LEAST_LAST_YEAR_DAYS: usize = 15;
/// Numbers that are mixed: last year's same weekdays and same dates, long levels, days, two forecasts and the profile by
/// day ahead, and the level itself.
pub(crate) const MIXED: usize = 2 * HORIZON_DAYS + LONG_DAYS.len() + SHOWN_DAYS + 3 * HORIZON_DAYS + 1;
/// All of them: two measures of spread, the scale, two of the history's length, the share observed, the weekday.
pub(crate) const INPUTS: usize = MIXED + 6 + WEEK;
/// Scales beyond which a distance is no longer told apart; holidays, which return, up to the second.
const FARTHEST: f64 = 6.0;
const FARTHEST_LAST_YEAR: f64 = 15.0;
/// Scales are taken to be at least this (logit units): half a percent of a small prevalence. A series that is steadier
/// hardly moves.
pub(crate) const LEAST_SCALE: f64 = 0.005;
/// Median absolute deviation to standard deviation under the normal distribution.
const MEDIAN_TO_SD: f64 = 1.4826;

/// A look at a series.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    inputs: Vec<f32>,
    scale: f64,
}

impl Look {
    /// On `day`, from which the smoothers say `smoothing` and all models together `combined` for the days ahead.
    pub(crate) fn at(series: &Filtered, smoothing: &[f64], combined: &[f64], day: usize) -> Self {
        let eyes = Eyes { series, day, known: (day + 1).min(MEMORY_DAYS) };
        let scale = series.scale[day].max(LEAST_SCALE);
        let recent: Vec<f64> = (0..SHOWN_DAYS).map(|back| eyes.level(back)).collect();
        let last: Vec<f64> = recent[..LEVEL_DAYS].iter().copied().filter(|level| !level.is_nan()).collect();
        let level = if last.is_empty() { mean(&combined[..HORIZON_DAYS]) } else { median(last.clone()) };
        let distance = |value: f64| distance(value / scale, FARTHEST);
        let profile = |ahead: usize| series.profile[day][series.weekday(day + ahead)];

        let mut inputs = Vec::with_capacity(INPUTS);
        inputs.extend(eyes.last_year(scale));
        let last_mean = if last.is_empty() { f64::NAN } else { mean(&last) };
        inputs.extend(LONG_DAYS.map(|days| distance(eyes.long_level(days) - last_mean)));
        inputs.extend(recent.iter().rev().map(|value| distance(value - level)));
        inputs.extend((1..=HORIZON_DAYS).map(|ahead| distance(combined[ahead - 1] - profile(ahead) - level)));
        inputs.extend((1..=HORIZON_DAYS).map(|ahead| distance(smoothing[ahead - 1] - combined[ahead - 1])));
        inputs.extend((1..=HORIZON_DAYS).map(|ahead| distance(profile(ahead)) / 3.0));
        inputs.push((level / 3.0).tanh());

        let ratio = |spread: f64| if spread.is_nan() { 0.0 } else { (spread.max(1e-3) / scale).ln().clamp(-2.0, 2.0) };
        inputs.extend([ratio(deviation(&recent)), ratio(daily_change(&recent)), scale.ln() + 3.0]);
        let known = eyes.known as f64;
        inputs.extend([known / MEMORY_DAYS as f64, (known / 30.0).ln() / 2.0]);
        inputs.push(recent.iter().filter(|level| !level.is_nan()).count() as f64 / SHOWN_DAYS as f64);
        inputs.extend((0..WEEK).map(|weekday| f64::from(u8::from(weekday == series.weekday(day)))));
        Self { inputs: inputs.into_iter().map(|input| input as f32).collect(), scale }
    }

    /// The [`INPUTS`] numbers.
    pub(crate) fn inputs(&self) -> &[f32] {
        &self.inputs
    }

    /// The scale that answers are told in.
    pub(crate) const fn scale(&self) -> f64 {
        self.scale
    }
}

/// What lies within the history as seen from a day.
struct Eyes<'s> {
    series: &'s Filtered,
    day: usize,
    known: usize,
}

impl Eyes<'_> {
    /// The value so many days back less today's weekday profile; NaN where there is none.
    fn level(&self, back: usize) -> f64 {
        if back >= self.known {
            return f64::NAN;
        }
        let then = self.day - back;
        self.series.observed[then] - self.series.profile[self.day][self.series.weekday(then)]
    }

    /// The mean level of the last `days`; NaN where too few of them lie within the history.
    fn long_level(&self, days: usize) -> f64 {
        if (self.known as f64) < LEAST_SHARE * days as f64 {
            return f64::NAN;
        }
        let levels: Vec<f64> = (0..days).map(|back| self.level(back)).filter(|level| !level.is_nan()).collect();
        mean(&levels)
    }

    /// How far last year's same days lay from the level around them: the same weekdays (364 days before each day ahead),
    /// then the same dates (365 days).
    fn last_year(&self, scale: f64) -> Vec<f64> {
        let levels: Vec<f64> = (0..LAST_YEAR_DAYS).map(|after| self.level(364 - after)).collect();
        let seen: Vec<f64> = levels.iter().copied().filter(|level| !level.is_nan()).collect();
        if seen.len() < LEAST_LAST_YEAR_DAYS {
            return vec![0.0; 2 * HORIZON_DAYS];
        }
        let middle = median(seen);
        let days = levels[1..=HORIZON_DAYS].iter().chain(&levels[..HORIZON_DAYS]);
        days.map(|level| distance((level - middle) / scale, FARTHEST_LAST_YEAR)).collect()
    }
}

/// What is not known lies at no distance.
fn distance(value: f64, farthest: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-farthest, farthest) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The median absolute deviation as a standard deviation; NaN of nothing.
fn deviation(levels: &[f64]) -> f64 {
    let known: Vec<f64> = levels.iter().copied().filter(|level| !level.is_nan()).collect();
    let middle = median(known.clone());
    MEDIAN_TO_SD * median_or_nan(known.into_iter().map(|level| (level - middle).abs()).collect())
}

/// The median absolute change from one day to the next, likewise.
fn daily_change(levels: &[f64]) -> f64 {
    let changes = levels.windows(2).map(|pair| (pair[1] - pair[0]).abs()).filter(|change| !change.is_nan());
    MEDIAN_TO_SD * median_or_nan(changes.collect())
}

fn median_or_nan(values: Vec<f64>) -> f64 {
    if values.is_empty() { f64::NAN } else { median(values) }
}
