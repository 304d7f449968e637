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
    /// How this day hangs together with the forecast's others: the ranks, from 0, that equally likely courses of all days
    /// have on this one; the same place is the same course on every day. Empty where a forecast does not say.
    pub ranks: Vec<u16>,
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

/// The value below which a day stays with probability `level`, under quantiles at [`QUANTILE_LEVELS`]: on straight lines
/// between them; beyond the outermost the line goes on, not past 0 or 1.
#[must_use]
pub fn value_at(quantiles: &[f64; 23], level: f64) -> f64 {
    let last = QUANTILE_LEVELS.len() - 1;
    let above = QUANTILE_LEVELS.partition_point(|known| *known < level).clamp(1, last);
    let (low, high) = (QUANTILE_LEVELS[above - 1], QUANTILE_LEVELS[above]);
    let slope = (quantiles[above] - quantiles[above - 1]) / (high - low);
    (quantiles[above - 1] + slope * (level - low)).clamp(0.0, 1.0)
}

/// P(value > `threshold` on at least one of `days`), which are days of one forecast: the share of its courses
/// ([`ForecastPoint::ranks`]) that exceed it, and no less than the [`exceedance`] of any single day. Where the forecast does
/// not say how its days hang together it is that of the likeliest day, a lower bound. `None` without days.
#[must_use]
pub fn exceedance_within(days: &[&ForecastPoint], threshold: f64) -> Option<f64> {
    let likeliest = days.iter().map(|day| exceedance(&day.quantiles, threshold)).reduce(f64::max)?;
    let courses = days.iter().map(|day| day.ranks.len()).min()?;
    if days.len() == 1 || courses == 0 || days.iter().any(|day| day.ranks.len() != courses) {
        return Some(likeliest);
    }
    let value = |day: &ForecastPoint, course: usize| {
        value_at(&day.quantiles, (f64::from(day.ranks[course]) + 0.5) / courses as f64)
    };
    let exceeding = (0..courses).filter(|course| days.iter().any(|day| value(day, *course) > threshold)).count();
    Some((exceeding as f64 / courses as f64).max(likeliest))
}

#[cfg(test)]
mod tests {
    use super::{ForecastPoint, QUANTILE_LEVELS, exceedance, exceedance_within, value_at};
    use crate::{PeriodKind, SeriesKey};
    use jiff::{Timestamp, ToSpan as _, civil::date};

    /// A forecast whose days are uniform on [0, 1], with the ranks that its courses have on each.
    fn uniform(ranks: &[&[u16]]) -> Vec<ForecastPoint> {
        let key = SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "m".into(),
            period: PeriodKind::Day,
        };
        let origin = date(2024, 5, 1);
        let day = |(horizon_days, ranks): (u16, &&[u16])| ForecastPoint {
            key: key.clone(),
            model: "tidemark".into(),
            origin,
            horizon_days,
            target: origin.saturating_add(i64::from(horizon_days).days()),
            quantiles: QUANTILE_LEVELS,
            ranks: ranks.to_vec(),
            issued_at: Timestamp::UNIX_EPOCH,
        };
        (1..).zip(ranks).map(day).collect()
    }

    /// P(value > 0.75 on some day).
    fn within(ranks: &[&[u16]]) -> Option<f64> {
        exceedance_within(&uniform(ranks).iter().collect::<Vec<_>>(), 0.75)
    }

    fn is_close(found: Option<f64>, wanted: f64) -> bool {
        found.is_some_and(|found| (found - wanted).abs() < 1e-12)
    }

    #[test]
    fn several_days_exceed_as_their_courses_hang_together() {
        // Of four courses the highest exceeds 0.75 on each day: the same one, another one, and one of its own each day.
        assert!(is_close(within(&[&[0, 1, 2, 3], &[0, 1, 2, 3]]), 0.25));
        assert!(is_close(within(&[&[0, 1, 2, 3], &[3, 2, 1, 0]]), 0.5));
        assert!(is_close(within(&[&[0, 1, 2, 3], &[3, 0, 1, 2], &[2, 3, 0, 1], &[1, 2, 3, 0]]), 1.0));
        // One day, and days of which nobody knows how they hang together.
        assert!(is_close(within(&[&[0, 1, 2, 3]]), 0.25));
        assert!(is_close(within(&[&[], &[]]), 0.25) && is_close(within(&[&[0, 1, 2, 3], &[1, 0]]), 0.25));
        assert_eq!(within(&[]), None);
    }

    #[test]
    fn several_days_never_exceed_less_than_one_of_them() {
        let days = uniform(&[&[0, 1, 2, 3], &[3, 2, 1, 0]]);
        let days: Vec<_> = days.iter().collect();
        for step in 0..=100 {
            let threshold = f64::from(step) / 100.0;
            let (within, day) = (exceedance_within(&days, threshold), exceedance(&QUANTILE_LEVELS, threshold));
            assert!(within.is_some_and(|within| (day..=1.0).contains(&within)), "{threshold}: {within:?} < {day}");
        }
        // What no course reaches is as likely as a tail that nobody estimated, and no likelier for being asked twice.
        assert!(is_close(exceedance_within(&days, 1.0), 0.01));
    }

    #[test]
    fn values_lie_between_quantiles_and_beyond_them() {
        assert!((value_at(&QUANTILE_LEVELS, 0.001) - 0.001).abs() < 1e-12);
        assert!((value_at(&QUANTILE_LEVELS, 0.999) - 0.999).abs() < 1e-12);
        let steep = QUANTILE_LEVELS.map(|level| (3.0 * level - 1.0).clamp(0.0, 1.0));
        assert!(value_at(&steep, 0.9999) <= 1.0 && value_at(&steep, 0.0001) >= 0.0);
        assert!((value_at(&[0.3; 23], 0.7) - 0.3).abs() < 1e-12);
    }

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
