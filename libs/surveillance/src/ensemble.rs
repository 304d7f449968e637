//! The *ensemble*: our forecast and other teams', averaged.
//!
//! Quantiles of one level are averaged (Vincentization; Lichtendahl and others, *Management Science* 59, 2013), on the
//! logit scale: the mean of good forecasts is then as sharp as they are, and a share. Other teams' levels need not be
//! ours: between theirs the forecast is a straight line of normal quantile against logit, and beyond their outermost the
//! line goes on, a normal tail through the last two (as in `distfromq`, with which hubs average).
//!
//! A member's weight is `r^(-2 n / (n + 4))`, `r` being its mean WIS over ours on the past days that both forecast and
//! that had come by the origin, `n` how many whole forecasts those days make.
//! - The square is Bates and Granger's (*Operational Research Quarterly* 20, 1969): weights go with inverse squared
//!   error, and WIS is an error in the unit of the value. [`combine`](crate::combine) takes the eighth power, and can: it
//!   holds like models against each other by every day of months. Here are eight forecasts, whose days err together;
//!   a ratio that is a quarter off by chance would be a factor of six.
//! - `n / (n + 4)` shrinks towards equal weights, which trained ones seldom beat by much and often lose to (Ray and
//!   others, *International Journal of Forecasting* 39, 2023): where nothing has been scored, all count alike.
//! - Held against ours, and not against each other, so that a member that was silent in hard times gains nothing by it.
//!
//! What is known of the series ends at the origin, and so nothing later can be scored.

use crate::{
    History, Truth,
    scale::LogitScale,
    scores::wis,
    series::{day_after, days_between},
};
use jiff::civil::Date;
use statrs::function::erf::erfc_inv;
use std::collections::BTreeMap;
use tidemark_domain::forecast::QUANTILE_LEVELS;

/// The `model_id` of the ensemble.
pub const ENSEMBLE: &str = "ensemble";
/// Past forecasts of a member that are scored, at most: about two months where they are weekly.
pub const SCORED_ORIGINS: usize = 8;
/// Days between them, at least. Forecasts from one day to the next err alike, and eight of them would be one week.
pub const SCORED_ORIGINS_APART_DAYS: i64 = 7;
/// The fewest quantiles of a day that are interpolated.
pub const LEAST_QUANTILES: usize = 5;
/// The tails that a member's quantiles must reach, from below and from above: beyond lies a tail that is drawn, not said.
const LEAST_TAIL: f64 = 0.1;
/// Levels are written with four decimals at most.
const LEVEL_TOLERANCE: f64 = 5e-5;
/// Of the ratio of WIS; see the module.
const POWER: f64 = 2.0;
/// Whole forecasts at which half of what they say is believed.
const HALF_BELIEVED: f64 = 4.0;
/// Added to both sums of WIS: of a series that does not move, both are nothing.
const LEAST_WIS: f64 = 1e-12;

/// Why quantiles of a day cannot join an ensemble.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// Too few, or none in the tails.
    #[error(
        "{count} quantiles say too little of a day: a member of an ensemble has 5 or more, from level 0.1 or below to 0.9 or \
         above"
    )]
    TooFew {
        /// How many.
        count: usize,
    },
    /// A quantile that is no share.
    #[error("the quantile of level {level} is not between 0 and 1; a member of an ensemble forecasts shares")]
    Outside {
        /// Of which level.
        level: f64,
    },
    /// Quantiles that cross.
    #[error("the quantile of level {level} is below that of a lower level")]
    Crossing {
        /// The higher level.
        level: f64,
    },
}

/// Another team's quantiles of one day: enough of them, shares, never falling.
#[derive(Debug, Clone, PartialEq)]
pub struct DayQuantiles(Vec<(f64, f64)>);

impl DayQuantiles {
    /// Of (level, value) by rising level, each level once and inside (0, 1).
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn new(quantiles: &[(f64, f64)]) -> Result<Self, Unfit> {
        let reaches_below = quantiles.first().is_some_and(|(level, _)| *level <= LEAST_TAIL + LEVEL_TOLERANCE);
        let reaches_above = quantiles.last().is_some_and(|(level, _)| *level >= 1.0 - LEAST_TAIL - LEVEL_TOLERANCE);
        if quantiles.len() < LEAST_QUANTILES || !reaches_below || !reaches_above {
            return Err(Unfit::TooFew { count: quantiles.len() });
        }
        if let Some((level, _)) = quantiles.iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            return Err(Unfit::Outside { level: *level });
        }
        if let Some(pair) = quantiles.windows(2).find(|pair| pair[1].1 < pair[0].1) {
            return Err(Unfit::Crossing { level: pair[1].0 });
        }
        Ok(Self(quantiles.to_vec()))
    }

    /// (level, value) by rising level.
    #[must_use]
    pub fn pairs(&self) -> &[(f64, f64)] {
        &self.0
    }

    /// The values at [`QUANTILE_LEVELS`], never falling, all in `[0, 1]`; `scale` is that of the series.
    #[must_use]
    pub fn at_levels(&self, scale: LogitScale) -> [f64; 23] {
        let points: Vec<(f64, f64)> =
            self.0.iter().map(|(level, value)| (normal_quantile(*level), scale.forward(*value))).collect();
        proportions(QUANTILE_LEVELS.map(|level| on_line(&points, normal_quantile(level))), scale)
    }
}

/// What members said from one origin. Rows are days ahead, from 1: values at [`QUANTILE_LEVELS`], never falling, in
/// `[0, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The last day they saw.
    pub origin: Date,
    /// Ours.
    pub ours: Vec<[f64; 23]>,
    /// The others', by name, each as many days as ours. Who did not speak of all of them is not among them.
    pub others: BTreeMap<String, Vec<[f64; 23]>>,
}

/// Which of a member's `earlier` origins, given from the newest to the oldest, are scored at `origin`: the last
/// [`SCORED_ORIGINS`] that lie [`SCORED_ORIGINS_APART_DAYS`] apart, newest first.
#[must_use]
pub fn scored_origins(origin: Date, earlier: impl Iterator<Item = Date>) -> Vec<Date> {
    let mut taken: Vec<Date> = Vec::new();
    for day in earlier.filter(|day| *day < origin) {
        if taken.len() == SCORED_ORIGINS {
            break;
        }
        if taken.last().is_none_or(|later| days_between(day, *later) >= SCORED_ORIGINS_APART_DAYS) {
            taken.push(day);
        }
    }
    taken
}

/// The weights of our forecast and then of each of `members`, by what `pasts` said of days that are `known`. They sum to
/// 1. The module says how they are made.
#[must_use]
pub fn weights(known: &History, members: &[&str], pasts: &[Said]) -> Vec<f64> {
    let truth = Truth::from(known);
    let mut weights = vec![1.0];
    weights.extend(members.iter().map(|member| weight(&truth, member, pasts)));
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// A member's weight where ours is 1.
fn weight(truth: &Truth, member: &str, pasts: &[Said]) -> f64 {
    let (mut theirs, mut ours, mut forecasts) = (LEAST_WIS, LEAST_WIS, 0.0);
    for past in pasts {
        let Some(other) = past.others.get(member) else { continue };
        for (ahead, (their_day, our_day)) in (1..).zip(other.iter().zip(&past.ours)) {
            // A truth that ends at the origin has no value of a later day.
            let Some(value) = truth.day(truth.place(day_after(past.origin, ahead))) else { continue };
            theirs += wis(their_day, value);
            ours += wis(our_day, value);
            forecasts += 1.0 / past.ours.len() as f64;
        }
    }
    (theirs / ours).powf(-POWER * forecasts / (forecasts + HALF_BELIEVED))
}

/// The ensemble of what members say `now`, from the last day of what is `known`: values at [`QUANTILE_LEVELS`] for each
/// day ahead, never falling, in `[0, 1]`. `pasts` are what they said before. Where nobody else speaks, it is ours.
#[must_use]
pub fn ensemble(known: &History, now: &Said, pasts: &[Said]) -> Vec<[f64; 23]> {
    if now.others.is_empty() {
        return now.ours.clone();
    }
    let members: Vec<&str> = now.others.keys().map(String::as_str).collect();
    let weights = weights(known, &members, pasts);
    let scale = LogitScale::of(known);
    let mean_of_day = |(day, ours): (usize, &[f64; 23])| {
        let others = now.others.values().map(|days| days.get(day));
        let mut mean = [0.0; 23];
        let mut counted = 0.0;
        for (quantiles, weight) in std::iter::once(Some(ours)).chain(others).zip(&weights) {
            let Some(quantiles) = quantiles else { continue };
            mean.iter_mut().zip(quantiles).for_each(|(mean, value)| *mean += weight * scale.forward(*value));
            counted += weight;
        }
        proportions(mean.map(|sum| sum / counted), scale)
    };
    now.ours.iter().enumerate().map(mean_of_day).collect()
}

/// Back from the logit scale, in order: they rise already, but rounding may not.
fn proportions(quantiles: [f64; 23], scale: LogitScale) -> [f64; 23] {
    let mut quantiles = quantiles.map(|quantile| scale.back(quantile));
    quantiles.sort_by(f64::total_cmp);
    quantiles
}

/// The standard normal distribution's quantile.
fn normal_quantile(level: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * level)
}

/// The value at `x` of straight lines through at least two points by rising x; beyond them, of the outermost lines.
fn on_line(points: &[(f64, f64)], x: f64) -> f64 {
    let above = points.partition_point(|point| point.0 < x).clamp(1, points.len() - 1);
    let ((low_x, low), (high_x, high)) = (points[above - 1], points[above]);
    if high_x > low_x { low + (high - low) * (x - low_x) / (high_x - low_x) } else { high }
}
