//! Scores of forecasts of the *peak week*: probabilities by epiweek, of which one comes true.

use super::tally::Mean;
use crate::Truth;
use crate::peaks::{epiweeks, peak};
use crate::series::days_between;
use crate::yardstick::Yardstick;
use jiff::civil::Date;
use serde::Serialize;

/// Days of the horizon that must have been observed before one of them is called its peak.
const LEAST_OBSERVED_SHARE: f64 = 0.75;
/// The worst logarithmic score counted: what was held impossible and came is not infinitely bad (as FluSight scores).
const LOG_SCORE_MAX: f64 = 10.0;
/// How far the probabilities of a file may sum from 1: they were rounded.
const SUM_TOLERANCE: f64 = 1e-4;

/// Whether probabilities are a distribution.
#[must_use]
pub fn probabilities_sum_to_one(weeks: &[(String, f64)]) -> bool {
    (weeks.iter().map(|(_, probability)| probability).sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE
}

/// Sums of scores.
#[derive(Debug, Default)]
pub(super) struct Weeks {
    unmatched: u64,
    brier: Mean,
    log_score: Mean,
    mode_right: Mean,
    naive_right: Mean,
}

impl Weeks {
    pub(super) fn add(&mut self, truth: Option<&Truth>, origin: Date, last: Date, weeks: &[(String, f64)]) {
        let horizon = usize::try_from(days_between(origin, last)).unwrap_or(0);
        let peaked =
            truth.and_then(|truth| Some((truth, peak_week(horizon, origin, |ahead| day(truth, origin, ahead))?)));
        let Some((truth, week)) = peaked else {
            self.unmatched += 1;
            return;
        };
        let came = weeks.iter().filter(|(label, _)| *label == week).map(|(_, probability)| *probability).sum::<f64>();
        // Over all weeks, those not named too: (1 - p)^2 of the one that came, p^2 of each other.
        let others = weeks.iter().filter(|(label, _)| *label != week).map(|(_, probability)| probability.powi(2));
        self.brier.add((1.0 - came).powi(2) + others.sum::<f64>());
        self.log_score.add((-came.ln()).min(LOG_SCORE_MAX));
        let mode = weeks.iter().max_by(|one, other| one.1.total_cmp(&other.1));
        self.mode_right.add(f64::from(u8::from(mode.is_some_and(|(label, _)| *label == week))));
        let yardstick = Yardstick::new(truth, origin);
        if let Some(naive) = peak_week(horizon, origin, |ahead| yardstick.point(truth, ahead)) {
            self.naive_right.add(f64::from(u8::from(naive == week)));
        }
    }

    pub(super) fn scores(&self) -> Option<PeakWeekScores> {
        let forecasts = self.brier.count();
        (forecasts + self.unmatched > 0).then(|| PeakWeekScores {
            forecasts,
            unmatched: self.unmatched,
            brier: self.brier.get(),
            log_score: self.log_score.get(),
            most_likely_right: self.mode_right.get(),
            naive_right: self.naive_right.get(),
        })
    }
}

fn day(truth: &Truth, origin: Date, ahead: usize) -> Option<f64> {
    truth.day(truth.place(origin) + i64::try_from(ahead).ok()?)
}

/// The epiweek of the highest value of the days ahead, if enough of them are known.
fn peak_week(horizon: usize, origin: Date, value: impl Fn(usize) -> Option<f64>) -> Option<String> {
    let days: Vec<(usize, f64)> = (1..=horizon).filter_map(|ahead| Some((ahead, value(ahead)?))).collect();
    if days.is_empty() || (days.len() as f64) < LEAST_OBSERVED_SHARE * horizon as f64 {
        return None;
    }
    let values: Vec<f64> = days.iter().map(|(_, value)| *value).collect();
    epiweeks(origin, horizon).nth(days[peak(&values)?].0 - 1)
}

/// How well the peak's week was foreseen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeakWeekScores {
    /// Forecasts whose peak has come.
    pub forecasts: u64,
    /// Forecasts of which too few days are known.
    pub unmatched: u64,
    /// Brier's score over the weeks: 0 to 2.
    pub brier: Option<f64>,
    /// Minus the logarithm of the probability of the week that came, at most 10.
    pub log_score: Option<f64>,
    /// How often the most likely week came.
    pub most_likely_right: Option<f64>,
    /// How often the seasonal naive's week came.
    pub naive_right: Option<f64>,
}
