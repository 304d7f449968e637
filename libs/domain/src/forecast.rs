//! A *forecast* continues a series past its origin, the last day it has seen, as quantiles for each day ahead.

use crate::SeriesKey;
use jiff::{Timestamp, civil::Date};

/// The 23 quantile levels of the hubverse conventions.
pub const QUANTILE_LEVELS: [f64; 23] = [
    0.01, 0.025, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85,
    0.90, 0.95, 0.975, 0.99,
];

/// The `model_id` of the forecast we recommend; members of the panel have their own.
pub const RECOMMENDED_MODEL: &str = "tidemark";

/// One day ahead, from one origin, by one model.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastPoint {
    /// Which series.
    pub key: SeriesKey,
    /// Which model.
    pub model: String,
    /// The last day the model saw.
    pub origin: Date,
    /// Days ahead of the origin, from 1.
    pub horizon_days: u16,
    /// The day it speaks of: origin + horizon.
    pub target: Date,
    /// A value for each of [`QUANTILE_LEVELS`], never falling, all in `[0, 1]`.
    pub quantiles: [f64; 23],
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// P(value > `threshold`) under quantiles at [`QUANTILE_LEVELS`]: [`exceedance_at`].
#[must_use]
pub fn exceedance(quantiles: &[f64; 23], threshold: f64) -> f64 {
    exceedance_at(&QUANTILE_LEVELS, quantiles, threshold)
}

/// P(value > `threshold`) under never falling quantiles at rising levels, linear between them; beyond the outermost the
/// probability is the outermost level's: a tail nobody estimated is not extrapolated. Without quantiles it is a half.
#[must_use]
pub fn exceedance_at(levels: &[f64], quantiles: &[f64], threshold: f64) -> f64 {
    let Some((lowest, highest)) = levels.first().zip(levels.last()) else { return 0.5 };
    let above = quantiles.partition_point(|value| *value <= threshold).min(levels.len());
    if above == 0 {
        return 1.0 - lowest;
    }
    if above == quantiles.len() {
        return 1.0 - highest;
    }
    let (low, high) = (quantiles[above - 1], quantiles[above]);
    let share = (threshold - low) / (high - low);
    1.0 - (levels[above - 1] + share * (levels[above] - levels[above - 1]))
}

#[cfg(test)]
mod tests {
    use super::{QUANTILE_LEVELS, exceedance};

    #[test]
    fn exceedance_reads_the_quantiles_backwards() {
        let uniform = QUANTILE_LEVELS;
        assert!((exceedance(&uniform, 0.5) - 0.5).abs() < 1e-12);
        assert!((exceedance(&uniform, 0.925) - 0.075).abs() < 1e-12);
        assert!((exceedance(&uniform, 0.0) - 0.99).abs() < 1e-12);
        assert!((exceedance(&uniform, 1.0) - 0.01).abs() < 1e-12);
    }

    #[test]
    fn a_flat_forecast_has_a_step() {
        assert!(exceedance(&[0.3; 23], 0.29) > 0.98);
        assert!(exceedance(&[0.3; 23], 0.3) < 0.02);
    }
}
