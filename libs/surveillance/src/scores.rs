//! How good a forecast was, once its day has come.
//!
//! The same figures as hubverse evaluations use; all are zero for a perfect forecast, and lower is better. A forecast
//! of one day is *(level, value)* pairs by rising level; ours have the 23 levels of [`QUANTILE_LEVELS`], others' any.

use tidemark_domain::forecast::QUANTILE_LEVELS;

/// Weighted interval score (Bracher and others, *PLOS Computational Biology* 17, 2021) of quantiles at
/// [`QUANTILE_LEVELS`]: twice the mean pinball loss, in the unit of the value.
#[must_use]
pub fn wis(quantiles: &[f64; 23], value: f64) -> f64 {
    let pinball = |(level, quantile): (f64, &f64)| (level * (value - quantile)).max((level - 1.0) * (value - quantile));
    2.0 * QUANTILE_LEVELS.into_iter().zip(quantiles).map(pinball).sum::<f64>() / QUANTILE_LEVELS.len() as f64
}

/// [`wis`] of quantiles at any levels.
#[must_use]
pub fn wis_at(quantiles: &[(f64, f64)], value: f64) -> f64 {
    let pinball = |(level, quantile): &(f64, f64)| (level * (value - quantile)).max((level - 1.0) * (value - quantile));
    2.0 * quantiles.iter().map(pinball).sum::<f64>() / quantiles.len() as f64
}

/// What the weighted interval score is made of; the three add up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WisParts {
    /// How wide the intervals are.
    pub dispersion: f64,
    /// How far the value lies above them: the forecast was too low.
    pub underprediction: f64,
    /// How far the value lies below them: the forecast was too high.
    pub overprediction: f64,
}

/// The parts of [`wis_at`] (Bracher and others, equation 1). `None` unless the levels are a median and central
/// intervals.
#[must_use]
pub fn wis_parts(quantiles: &[(f64, f64)], value: f64) -> Option<WisParts> {
    let half = quantiles.len() / 2;
    let (_, median) = quantiles.get(half).filter(|(level, _)| same_level(*level, 0.5))?;
    let mut parts = WisParts {
        dispersion: 0.0,
        underprediction: 0.5 * (value - median).max(0.0),
        overprediction: 0.5 * (median - value).max(0.0),
    };
    for ((level, low), (mirrored, high)) in quantiles[..half].iter().zip(quantiles.iter().rev()) {
        if !same_level(level + mirrored, 1.0) {
            return None;
        }
        parts.dispersion += level * (high - low);
        parts.underprediction += (value - high).max(0.0);
        parts.overprediction += (low - value).max(0.0);
    }
    let weights = half as f64 + 0.5;
    parts.dispersion /= weights;
    parts.underprediction /= weights;
    parts.overprediction /= weights;
    (quantiles.len() % 2 == 1).then_some(parts)
}

/// The quantile at a level, if the forecast has it.
#[must_use]
pub fn quantile_at(quantiles: &[(f64, f64)], level: f64) -> Option<f64> {
    quantiles.iter().find(|(other, _)| same_level(*other, level)).map(|(_, value)| *value)
}

/// Files write levels with four decimals at most.
fn same_level(one: f64, other: f64) -> bool {
    (one - other).abs() < 5e-5
}

/// Between which probabilities the forecast sees the value (probability integral transform): a share of 0.1 of a
/// calibrated forecast's lies in every tenth. Within the two, nothing more is known, and their mass is spread evenly
/// (Czado, Gneiting and Held, *Biometrics* 65, 2009, for forecasts with atoms).
#[must_use]
pub fn pit(quantiles: &[(f64, f64)], value: f64) -> (f64, f64) {
    let below = quantiles.iter().filter(|(_, quantile)| *quantile < value).map(|(level, _)| *level).next_back();
    let equal = quantiles.iter().rev().find(|(_, quantile)| *quantile == value);
    let above = match equal {
        // An atom at the outermost quantile holds the tail beyond it.
        Some((level, _)) => quantiles.last().filter(|(last, _)| last > level).map(|_| *level),
        None => quantiles.iter().find(|(_, quantile)| *quantile > value).map(|(level, _)| *level),
    };
    let (below, above) = (below.unwrap_or(0.0), above.unwrap_or(1.0));
    // Quantiles that cross can say neither.
    if below < above { (below, above) } else { (above, below) }
}

/// Continuous ranked probability score of an empirical distribution (Gneiting and Raftery, *JASA* 102, 2007, equation
/// 21): the mean distance of the samples from the value, less half their mean distance from each other. Samples are
/// given by rising value. `None` of no samples.
#[must_use]
pub fn crps(sorted: &[f64], value: f64) -> Option<f64> {
    let count = sorted.len() as f64;
    let distance = sorted.iter().map(|sample| (sample - value).abs()).sum::<f64>() / count;
    // The sum over all pairs of their distance, in one pass over the order.
    let rank = |index: usize| 2.0 * index as f64 + 1.0 - count;
    let spread = sorted.iter().enumerate().map(|(index, sample)| rank(index) * sample).sum::<f64>() / (count * count);
    (!sorted.is_empty()).then_some((distance - spread).max(0.0))
}

/// Brier's score (*Monthly Weather Review* 78, 1950) of the probability of an event.
#[must_use]
pub fn brier(probability: f64, happened: bool) -> f64 {
    (probability - f64::from(u8::from(happened))).powi(2)
}

/// A quantile of sorted values, linear between ranks (Hyndman and Fan's type 7, R's and NumPy's default); 0 of nothing.
#[must_use]
pub fn sample_quantile(sorted: &[f64], level: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = level * last as f64;
    let low = (at as usize).min(last);
    let high = (low + 1).min(last);
    sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
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

impl Central {
    /// Every interval, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Half, Self::Eighty, Self::NinetyFive];

    /// The levels that bound it.
    #[must_use]
    pub const fn levels(self) -> (f64, f64) {
        match self {
            Self::Half => (0.25, 0.75),
            Self::Eighty => (0.1, 0.9),
            Self::NinetyFive => (0.025, 0.975),
        }
    }
}

/// [`covered`] for quantiles at any levels; `None` where the interval's own are not among them.
#[must_use]
pub fn covered_at(quantiles: &[(f64, f64)], interval: Central, value: f64) -> Option<bool> {
    let (low, high) = interval.levels();
    let (low, high) = (quantile_at(quantiles, low)?, quantile_at(quantiles, high)?);
    Some((low..=high).contains(&value))
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
    use super::{
        Central, brier, covered, covered_at, crps, mase_scale, pit, sample_quantile, scaled_error, wis, wis_at,
        wis_parts,
    };
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

    fn pairs(quantiles: &[f64; 23]) -> Vec<(f64, f64)> {
        QUANTILE_LEVELS.into_iter().zip(*quantiles).collect()
    }

    #[test]
    fn parts_by_hand() {
        // Median 0.5, 50 % interval 0.4 to 0.7, value 0.8: pinball losses 0.25 * 0.4, 0.5 * 0.3, 0.75 * 0.1.
        let quantiles = [(0.25, 0.4), (0.5, 0.5), (0.75, 0.7)];
        assert!((wis_at(&quantiles, 0.8) - 2.0 * (0.1 + 0.15 + 0.075) / 3.0).abs() < 1e-12);
        let parts = wis_parts(&quantiles, 0.8).unwrap();
        assert!((parts.dispersion - 0.25 * 0.3 / 1.5).abs() < 1e-12);
        assert!((parts.underprediction - (0.5 * 0.3 + 0.1) / 1.5).abs() < 1e-12);
        assert!(parts.overprediction.abs() < 1e-12);
        let low = wis_parts(&quantiles, 0.3).unwrap();
        assert!((low.overprediction - (0.5 * 0.2 + 0.1) / 1.5).abs() < 1e-12 && low.underprediction.abs() < 1e-12);
        assert_eq!(wis_parts(&[(0.25, 0.4), (0.75, 0.7)], 0.8), None, "no median");
        assert_eq!(wis_parts(&[(0.1, 0.4), (0.5, 0.5), (0.75, 0.7)], 0.8), None, "no central interval");
        assert!((wis_at(&pairs(&example()), 0.31) - wis(&example(), 0.31)).abs() < 1e-15);
    }

    #[test]
    fn coverage_needs_the_levels_it_is_about() {
        let quantiles = pairs(&example());
        for interval in Central::ALL {
            for value in [0.2, 0.224_9, 0.225, 0.29, 0.291, 0.298] {
                assert_eq!(covered_at(&quantiles, interval, value), Some(covered(&example(), interval, value)));
            }
        }
        assert_eq!(covered_at(&[(0.1, 0.0), (0.9, 1.0)], Central::Half, 0.5), None);
    }

    #[test]
    fn where_a_value_falls() {
        let quantiles = [(0.1, 1.0), (0.5, 2.0), (0.9, 3.0)];
        assert_eq!(pit(&quantiles, 0.5), (0.0, 0.1));
        assert_eq!(pit(&quantiles, 1.5), (0.1, 0.5));
        assert_eq!(pit(&quantiles, 2.0), (0.1, 0.5));
        assert_eq!(pit(&quantiles, 9.0), (0.9, 1.0));
        // Atoms: all of the mass below, between or everywhere.
        assert_eq!(pit(&[(0.1, 0.0), (0.5, 0.0), (0.9, 3.0)], 0.0), (0.0, 0.5));
        assert_eq!(pit(&[(0.1, 2.0), (0.5, 2.0), (0.9, 2.0)], 2.0), (0.0, 1.0));
    }

    #[test]
    fn crps_is_the_mean_distance_less_half_the_spread() {
        // |1-2|, |2-2|, |4-2| have mean 1; pairs are 1, 3 and 2 apart: 2 * 6 / 9 / 2.
        assert!((crps(&[1.0, 2.0, 4.0], 2.0).unwrap() - (1.0 - 6.0 / 9.0)).abs() < 1e-12);
        assert!((crps(&[0.3], 0.5).unwrap() - 0.2).abs() < 1e-12, "one sample: the absolute error");
        assert_eq!(crps(&[], 0.5), None);
    }

    #[test]
    fn small_ones() {
        assert!((brier(0.7, true) - 0.09).abs() < 1e-12 && (brier(0.7, false) - 0.49).abs() < 1e-12);
        assert!((sample_quantile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-12);
        assert!(
            (sample_quantile(&[1.0, 2.0, 4.0], 1.0) - 4.0).abs() < 1e-12 && sample_quantile(&[], 0.5).abs() < 1e-12
        );
    }
}
