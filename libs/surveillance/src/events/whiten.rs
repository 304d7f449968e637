//! What is new each day: a series without its weekdays, its trend, and what the day before already told.
//!
//! Two series that each wander slowly agree by chance for weeks, and a correlation of them as they stand says little
//! (G. U. Yule, *JRSS* 89, 1926). So each is first *prewhitened* by a model of its own, here an autoregression of order
//! 1, and what that leaves is correlated (Box and Jenkins, *Time Series Analysis*, 1970; a filter for each of the two:
//! L. D. Haugh, *JASA* 71, 1976).

use crate::detect::ancova::{Ancova, Row};

/// An autoregression is kept this far from a random walk.
const MOST_PHI: f64 = 0.99;
/// What varies less than this, beside its level, is constant but for rounding.
const SETTLED: f64 = 1e-9;
const WEEK: usize = 7;

/// The innovations of a series: mean 0 and standard deviation 1, a gap on a gap and on the day after it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Innovations {
    pub(super) values: Vec<Option<f64>>,
    /// The share of a day's departure that goes on to the next.
    pub(super) phi: f64,
}

impl Innovations {
    /// Of daily values, the first on the weekday `first_weekday` (Monday is 0). `None` where nothing varies but
    /// weekdays and trend, or too few days have a value to tell.
    pub(super) fn of(first_weekday: usize, values: &[Option<f64>]) -> Option<Self> {
        let weekday = |day: usize| (first_weekday + day) % WEEK;
        let row = |(day, value): (usize, &Option<f64>)| {
            value.map(|y| Row { group: weekday(day), x: day as f64, weight: 1.0, y })
        };
        let rows: Vec<Row> = values.iter().enumerate().filter_map(row).collect();
        let fit = Ancova::fit(&rows, WEEK, true)?;
        let rest = |(day, value): (usize, &Option<f64>)| value.map(|value| value - fit.at(weekday(day), day as f64));
        let rest: Vec<Option<f64>> = values.iter().enumerate().map(rest).collect();
        let level = rows.iter().map(|row| row.y.abs()).fold(1.0, f64::max);
        if rest.iter().flatten().all(|rest| rest.abs() <= SETTLED * level) {
            return None;
        }
        let (mut together, mut before) = (0.0, 0.0);
        for (was, is) in neighbours(&rest) {
            together += was * is;
            before += was * was;
        }
        let phi = if before > 0.0 { (together / before).clamp(-MOST_PHI, MOST_PHI) } else { 0.0 };
        let new = rest.windows(2).map(|pair| Some(pair[1]? - phi * pair[0]?));
        let mut values: Vec<Option<f64>> = std::iter::once(None).chain(new).collect();
        let n = values.iter().flatten().count() as f64;
        let mean = values.iter().flatten().sum::<f64>() / n;
        let sd = (values.iter().flatten().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
        // Without one pair of neighbours this is no number.
        if sd.is_nan() || sd <= SETTLED * level {
            return None;
        }
        values.iter_mut().flatten().for_each(|value| *value = (*value - mean) / sd);
        Some(Self { values, phi })
    }

    /// Autocorrelations at the lags 1 to `most`.
    pub(super) fn autocorrelations(&self, most: usize) -> Vec<f64> {
        let at = |lag: usize| {
            let later = self.values.get(lag..).unwrap_or_default();
            let pairs = self.values.iter().zip(later).filter_map(|(was, is)| Some((*was)? * (*is)?));
            let (sum, n) = pairs.fold((0.0, 0_usize), |(sum, n), product| (sum + product, n + 1));
            if n == 0 { 0.0 } else { (sum / n as f64).clamp(-1.0, 1.0) }
        };
        (1..=most).map(at).collect()
    }
}

/// Values of days that follow each other.
fn neighbours(values: &[Option<f64>]) -> impl Iterator<Item = (f64, f64)> {
    values.windows(2).filter_map(|pair| Some((pair[0]?, pair[1]?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Innovations;

    /// Numbers without memory, between -0.5 and 0.5: the late digits of a sine, whose sign must not show in them.
    fn noise(day: usize) -> f64 {
        ((day as f64 * 12.9898).sin() * 43_758.545_3).rem_euclid(1.0) - 0.5
    }

    #[test]
    fn weekdays_and_trend_leave_nothing() {
        let values: Vec<Option<f64>> = (0..90).map(|day| Some(0.01 * day as f64 + f64::from(day as u8 % 7))).collect();
        assert_eq!(Innovations::of(3, &values), None);
        assert_eq!(Innovations::of(0, &[Some(2.0); 90]), None);
        assert_eq!(Innovations::of(0, &[None; 90]), None);
        assert_eq!(Innovations::of(0, &[Some(1.0), Some(2.0)]), None);
    }

    #[test]
    fn an_autoregression_is_found_and_taken_out() {
        let mut level = 0.0;
        let values: Vec<Option<f64>> = (0..600)
            .map(|day| {
                level = 0.8 * level + noise(day);
                Some(level + if day % 7 > 4 { 3.0 } else { 0.0 })
            })
            .collect();
        let found = Innovations::of(0, &values).unwrap();
        assert!((found.phi - 0.8).abs() < 0.1, "{}", found.phi);
        assert!(found.autocorrelations(1)[0].abs() < 0.15, "{:?}", found.autocorrelations(1));
        let n = found.values.iter().flatten().count() as f64;
        assert!(found.values.iter().flatten().sum::<f64>().abs() < 1e-9 * n);
        assert!((found.values.iter().flatten().map(|value| value * value).sum::<f64>() - n).abs() < 1e-9 * n);
    }

    #[test]
    fn a_gap_is_a_gap_and_so_is_the_day_after() {
        let mut values: Vec<Option<f64>> = (0..90).map(|day| Some(noise(day))).collect();
        values[40] = None;
        let found = Innovations::of(0, &values).unwrap();
        let gaps: Vec<usize> = (0..90).filter(|day| found.values[*day].is_none()).collect();
        assert_eq!(gaps, [0, 40, 41]);
    }
}
