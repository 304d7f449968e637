//! What a member would have forecast on past days: one row a past origin, one column a day ahead.

use crate::filter::Filtered;

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
