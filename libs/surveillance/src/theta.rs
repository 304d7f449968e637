//! `theta`: the theta method (Assimakopoulos and Nikolopoulos, *International Journal of Forecasting* 16, 2000) on the
//! weekday-adjusted series.
//!
//! It is the mean of the straight line through the past, continued, and a simple exponential smoothing of the series
//! with its distances from that line doubled. That is simple exponential smoothing of the series itself, with a drift
//! of half the line's slope (Hyndman and Billah, *International Journal of Forecasting* 19, 2003), and is computed so.
//! Line and smoother learn day by day, so every past forecast is honest. The rate is, on each day, that of a grid which
//! has had the least squared errors of one day ahead until then: a search that cannot fail to converge.

use crate::{
    Error,
    filter::Filtered,
    rolled::{Member, Rolled},
};

/// Rates of the smoothers: 0.05, 0.10, … 1.
const RATES: usize = 20;

/// The theta method.
#[derive(Debug, Clone, Copy)]
pub struct Theta;

impl Member for Theta {
    fn roll(&self, series: &Filtered, horizon: usize) -> Result<Rolled, Error> {
        let mut rolled = Rolled::every_day(series.days(), horizon);
        let mut pool: [Smoother; RATES] =
            std::array::from_fn(|index| Smoother::new((index + 1) as f64 / RATES as f64, series.start.level));
        let mut line = Line::default();
        for day in 0..series.days() {
            let value = (!series.observed[day].is_nan()).then_some(series.deseasonalised[day]);
            pool.iter_mut().for_each(|smoother| smoother.step(value));
            if let Some(value) = value {
                line.learn(day as f64, value);
            }
            let better = |best: Smoother, other: &Smoother| {
                if other.squared_errors < best.squared_errors { *other } else { best }
            };
            let best = pool.iter().fold(pool[0], better);
            let drift = line.slope() / 2.0;
            for ahead in 1..=horizon {
                let steps = ahead as f64 + best.lag;
                rolled.points.push(best.level + drift * steps + series.profile[day][series.weekday(day + ahead)]);
            }
        }
        Ok(rolled)
    }
}

/// Simple exponential smoothing at one rate.
#[derive(Debug, Clone, Copy)]
struct Smoother {
    rate: f64,
    level: f64,
    /// How far the level would lag behind a line that rises by 1 a day: after `n` days without gaps
    /// `1 / rate - 1 - (1 - rate)^n / rate`, which Hyndman and Billah add to the days ahead.
    lag: f64,
    /// Of one day ahead, summed.
    squared_errors: f64,
    has_begun: bool,
}

impl Smoother {
    fn new(rate: f64, level: f64) -> Self {
        Self { rate, level, lag: 0.0, squared_errors: 0.0, has_begun: false }
    }

    /// Passes a day; `None` is a day without a value.
    fn step(&mut self, value: Option<f64>) {
        if self.has_begun {
            self.lag += 1.0;
        }
        let Some(value) = value else { return };
        if self.has_begun {
            let error = value - self.level;
            self.squared_errors += error * error;
            self.level += self.rate * error;
            self.lag *= 1.0 - self.rate;
        } else {
            (self.level, self.has_begun) = (value, true);
        }
    }
}

/// Least squares of values on their day, value by value (Welford's recursion).
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    count: f64,
    mean_day: f64,
    mean_value: f64,
    /// Sum of squared distances of days from their mean, and of their products with those of values.
    days: f64,
    products: f64,
}

impl Line {
    fn learn(&mut self, day: f64, value: f64) {
        self.count += 1.0;
        let before = day - self.mean_day;
        self.mean_day += before / self.count;
        self.mean_value += (value - self.mean_value) / self.count;
        self.days += before * (day - self.mean_day);
        self.products += before * (value - self.mean_value);
    }

    /// 0 of a single value.
    fn slope(&self) -> f64 {
        if self.days > 0.0 { self.products / self.days } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Line, Smoother, Theta};
    use crate::{History, filter::Filtered, filter::WEEK, rolled::Member as _, scale::LogitScale};
    use jiff::civil::date;

    fn filtered(values: Vec<Option<f64>>) -> Filtered {
        let history = History::new(date(2024, 1, 1), values).unwrap();
        Filtered::new(&history, LogitScale::of(&history))
    }

    fn rising(day: usize) -> f64 {
        0.1 + 0.001 * day as f64 + 0.02 * (day as f64 * 0.7).sin()
    }

    /// Least squares in two passes: intercept and slope.
    fn line(values: &[f64]) -> (f64, f64) {
        let count = values.len() as f64;
        let (mean_day, mean) = ((count - 1.0) / 2.0, values.iter().sum::<f64>() / count);
        let about = |day: usize| day as f64 - mean_day;
        let products: f64 = values.iter().enumerate().map(|(day, value)| about(day) * (value - mean)).sum();
        let slope = products / (0..values.len()).map(|day| about(day).powi(2)).sum::<f64>();
        (mean - slope * mean_day, slope)
    }

    /// The last level of simple exponential smoothing that begins with the first value, and its squared errors.
    fn smoothed(values: &[f64], rate: f64) -> (f64, f64) {
        values[1..].iter().fold((values[0], 0.0), |(level, errors), value| {
            (level + rate * (value - level), errors + (value - level).powi(2))
        })
    }

    #[test]
    fn it_is_the_mean_of_two_theta_lines() {
        let series = filtered((0..90).map(|day| Some(rising(day))).collect());
        let rolled = Theta.roll(&series, 15).unwrap();
        for day in [30, 89] {
            let known = &series.deseasonalised[..=day];
            let (intercept, slope) = line(known);
            let rates = (1..=20).map(|step| f64::from(step) / 20.0);
            let rate =
                rates.min_by(|one, other| smoothed(known, *one).1.total_cmp(&smoothed(known, *other).1)).unwrap();
            // Theta 0 is the line; theta 2 has the distances from it doubled. What smooths it begins as the smoother of
            // the series does, on the line of theta 0's first day.
            let at = |day: usize| intercept + slope * day as f64;
            let doubled: Vec<f64> = known.iter().enumerate().map(|(day, value)| 2.0 * value - at(day)).collect();
            let (theta_two, _) = smoothed(&doubled, rate);
            for ahead in 1..=15 {
                let profile = series.profile[day][series.weekday(day + ahead)];
                let expected = f64::midpoint(at(day + ahead), theta_two) + profile;
                let found = rolled.row(day)[ahead - 1];
                assert!((found - expected).abs() < 1e-9, "{day} {ahead}: {found} {expected}");
            }
            let row = rolled.row(day);
            assert!((row[2 + WEEK] - row[2] - 3.5 * slope).abs() < 1e-9, "half the slope of the line");
        }
    }

    #[test]
    fn the_lag_is_that_of_hyndman_and_billah_and_gaps_are_days() {
        let mut smoother = Smoother::new(0.3, 9.0);
        smoother.step(None);
        assert!(!smoother.has_begun && smoother.lag == 0.0);
        for _ in 0..12 {
            smoother.step(Some(2.0));
        }
        let expected = 1.0 / 0.3 - 1.0 - 0.7_f64.powi(12) / 0.3;
        assert!((smoother.lag - expected).abs() < 1e-12 && (smoother.level - 2.0).abs() < 1e-12);
        smoother.step(None);
        assert!((smoother.lag - expected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_line_is_found_whatever_days_are_missing() {
        let mut found = Line::default();
        assert_eq!(found.slope(), 0.0);
        for day in [3, 4, 9, 20, 21] {
            found.learn(f64::from(day), 5.0 - 0.25 * f64::from(day));
        }
        assert!((found.slope() + 0.25).abs() < 1e-12);
    }
}
