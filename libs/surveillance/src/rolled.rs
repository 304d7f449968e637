//! What a member would have forecast on past days: one row a past origin, one column a day ahead.

use crate::filter::Filtered;

/// Days between the past origins that a costly member is refitted on: coprime to 7, so that they fall on every weekday.
const STRIDE_DAYS: usize = 26;
/// Past origins it is refitted on: with neighbouring horizons pooled, about forty errors for each day ahead.
const PAST_ORIGINS: usize = 13;

/// Where a member is fitted that has no causal pass to roll: on a few past days that have `least_days` up to them, and
/// on the last of `days`.
pub(crate) fn refitted_on(days: usize, least_days: usize) -> Vec<usize> {
    let last = days.saturating_sub(1);
    let past = (1..=PAST_ORIGINS).rev().filter_map(|step| last.checked_sub(step * STRIDE_DAYS));
    past.filter(|origin| origin + 1 >= least_days).chain([last]).collect()
}

/// Point forecasts on the logit scale from several origins inside one history; the last origin is the history's last
/// day, so the last row is the forecast itself.
#[derive(Debug, Clone)]
pub struct Rolled {
    /// Days of the history, counted from its first, rising; the last is the last day.
    pub(crate) origins: Vec<usize>,
    /// Days ahead.
    pub(crate) horizon: usize,
    /// `origins.len() * horizon` values, row by row.
    pub(crate) points: Vec<f64>,
}

impl Rolled {
    /// Rows for every day of a history, to be filled in order.
    pub(crate) fn every_day(days: usize, horizon: usize) -> Self {
        Self { origins: (0..days).collect(), horizon, points: Vec::with_capacity(days * horizon) }
    }

    /// The forecast made on the `row`-th origin.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.points[row * self.horizon..(row + 1) * self.horizon]
    }

    /// The forecast from the last day.
    pub(crate) fn last(&self) -> &[f64] {
        self.row(self.origins.len() - 1)
    }

    /// What one origin's forecast for `ahead` days (from 1) missed, if that day has come and was observed.
    pub(crate) fn error(&self, series: &Filtered, row: usize, ahead: usize) -> Option<f64> {
        let target = series.observed.get(self.origins[row] + ahead)?;
        let error = target - self.points[row * self.horizon + ahead - 1];
        error.is_finite().then_some(error)
    }
}

/// A way to continue a series.
pub trait Member {
    /// What it would have forecast, from past days and from the last, `horizon` days ahead. A row uses no day after its
    /// origin.
    ///
    /// # Errors
    /// Where this history cannot be continued this way.
    fn roll(&self, series: &Filtered, horizon: usize) -> Result<Rolled, crate::Error>;
}
