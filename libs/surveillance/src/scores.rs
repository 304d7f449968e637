//! How good a forecast was, once its day has come.
//!
//! The same figures as hubverse evaluations use; all are zero for a perfect forecast, and lower is better.

use tidemark_domain::forecast::QUANTILE_LEVELS;

/// Weighted interval score (Bracher and others, *PLOS Computational Biology* 17, 2021) of quantiles at
/// [`QUANTILE_LEVELS`]: twice the mean pinball loss, in the unit of the value.
#[must_use]
pub fn wis(quantiles: &[f64; 23], value: f64) -> f64 {
    let pinball = |(level, quantile): (f64, &f64)| (level * (value - quantile)).max((level - 1.0) * (value - quantile));
    2.0 * QUANTILE_LEVELS.into_iter().zip(quantiles).map(pinball).sum::<f64>() / QUANTILE_LEVELS.len() as f64
}

/// A central interval that the levels bound exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Central {
    /// 25 to 75 %.
    Half,
    /// 10 to 90 %.
    Eighty,
    /// 2.5 to 97.5 %.
    NinetyFive,
}

/// Whether the value lies in a central interval, bounds included.
#[must_use]
pub fn covered(quantiles: &[f64; 23], interval: Central, value: f64) -> bool {
    let (low, high) = match interval {
        Central::Half => (6, 16),
        Central::Eighty => (3, 19),
        Central::NinetyFive => (1, 21),
    };
    (quantiles[low]..=quantiles[high]).contains(&value)
}

/// The scale of MASE (Hyndman and Koehler, *International Journal of Forecasting* 22, 2006): the mean absolute change
/// over `season` days within a history. `None` where no two days lie a season apart, or nothing ever changed.
#[must_use]
pub fn mase_scale(values: &[Option<f64>], season: usize) -> Option<f64> {
    let changes: Vec<f64> = values
        .iter()
        .zip(values.iter().skip(season))
        .filter_map(|(before, now)| Some((now.as_ref()? - before.as_ref()?).abs()))
        .collect();
    let scale = changes.iter().sum::<f64>() / changes.len() as f64;
    (scale > 0.0).then_some(scale)
}

/// The absolute scaled error of a median; their mean over days is MASE.
#[must_use]
pub fn scaled_error(median: f64, value: f64, scale: f64) -> f64 {
    (median - value).abs() / scale
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Central, covered, mase_scale, scaled_error, wis};
    use tidemark_domain::forecast::QUANTILE_LEVELS;

    /// Quantiles 0.2 + 0.1 * level, as an independent scorer (plain Python over the same definitions) read them.
    fn example() -> [f64; 23] {
        QUANTILE_LEVELS.map(|level| 0.2 + 0.1 * level)
    }

    #[test]
    fn wis_agrees_with_an_independent_scorer() {
        for (value, expected) in [(0.25, WIS_INSIDE), (0.31, WIS_ABOVE), (0.05, WIS_BELOW)] {
            assert!((wis(&example(), value) - expected).abs() < 1e-9, "{value}: {}", wis(&example(), value));
        }
    }
    const WIS_INSIDE: f64 = 0.007465652174;
    const WIS_ABOVE: f64 = 0.039509130435;
    const WIS_BELOW: f64 = 0.179509130435;

    #[test]
    fn wis_is_the_weighted_sum_of_interval_scores() {
        // Bracher and others, equation 1: K = 11 intervals and the median with weight one half.
        let (q, y) = (example(), 0.31);
        let interval = |k: usize| {
            let alpha = 2.0 * QUANTILE_LEVELS[k];
            let (low, high) = (q[k], q[22 - k]);
            alpha / 2.0 * ((high - low) + 2.0 / alpha * ((low - y).max(0.0) + (y - high).max(0.0)))
        };
        let expected = (0.5 * (y - q[11]).abs() + (0..11).map(interval).sum::<f64>()) / 11.5;
        assert!((wis(&q, y) - expected).abs() < 1e-12);
    }

    #[test]
    fn bounds_are_covered() {
        assert!(covered(&example(), Central::Half, 0.225) && !covered(&example(), Central::Half, 0.224_9));
        assert!(covered(&example(), Central::Eighty, 0.29) && !covered(&example(), Central::Eighty, 0.291));
        assert!(covered(&example(), Central::NinetyFive, 0.297) && !covered(&example(), Central::NinetyFive, 0.298));
    }

    #[test]
    fn mase_is_relative_to_last_weeks_change() {
        let week = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.2, 0.2, 0.0];
        let values: Vec<Option<f64>> = week.into_iter().map(Some).collect();
        let scale = mase_scale(&values, 7).unwrap();
        assert!((scale - (0.1 + 0.0 + 0.3) / 3.0).abs() < 1e-12);
        assert!((scaled_error(0.3, 0.1, scale) - 1.5).abs() < 1e-12);
        assert_eq!(mase_scale(&values[..7], 7), None);
        assert_eq!(mase_scale(&[Some(0.5); 20], 7), None);
    }
}
