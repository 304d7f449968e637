//! `drift`: a random walk with drift on the weekday-adjusted series.
//!
//! The forecast is the last value, and goes on by the mean change a day from the first value to the last (Hyndman and
//! Athanasopoulos, *Forecasting: Principles and Practice*, "drift method"): the straight line through both. Values are
//! the filter's, clipped and less the weekday profile, which is added back for the days ahead; a day without a value
//! passes as a day of drift.

use crate::{
    Error,
    filter::Filtered,
    rolled::{Member, Rolled},
};

/// The random walk.
#[derive(Debug, Clone, Copy)]
pub struct Drift;

impl Member for Drift {
    fn roll(&self, series: &Filtered, horizon: usize) -> Result<Rolled, Error> {
        let mut rolled = Rolled::every_day(series.days(), horizon);
        // Day and value; before the first value it is the level that every recursion starts from.
        let (mut first, mut last) = (None, (0, series.start.level));
        for day in 0..series.days() {
            if !series.observed[day].is_nan() {
                last = (day, series.deseasonalised[day]);
                first = first.or(Some(last));
            }
            let (since, begun) = first.unwrap_or(last);
            let drift = if last.0 > since { (last.1 - begun) / (last.0 - since) as f64 } else { 0.0 };
            for ahead in 1..=horizon {
                let steps = (day - last.0 + ahead) as f64;
                let profile = series.profile[day][series.weekday(day + ahead)];
                rolled.points.push(last.1 + drift * steps + profile);
            }
        }
        Ok(rolled)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Drift;
    use crate::{History, filter::Filtered, filter::WEEK, rolled::Member as _, scale::LogitScale};
    use jiff::civil::date;

    fn filtered(values: Vec<Option<f64>>) -> Filtered {
        let history = History::new(date(2024, 1, 1), values).unwrap();
        Filtered::new(&history, LogitScale::of(&history))
    }

    #[test]
    fn it_goes_on_by_the_mean_change_and_a_gap_is_days_of_it() {
        let wave = |day: usize| 0.1 + 0.001 * day as f64 + 0.01 * (day as f64).sin();
        let mut values: Vec<Option<f64>> = (0..60).map(|day| Some(wave(day))).collect();
        values.extend([None, None]);
        let series = filtered(values);
        let rolled = Drift.roll(&series, 20).unwrap();
        for (day, last) in [(40, 40), (59, 59), (61, 59)] {
            let mean_change = (series.deseasonalised[last] - series.deseasonalised[0]) / last as f64;
            let row = rolled.row(day);
            for ahead in 1..=20 {
                let line = series.deseasonalised[0] + mean_change * (day + ahead) as f64;
                let expected = line + series.profile[day][series.weekday(day + ahead)];
                assert!((row[ahead - 1] - expected).abs() < 1e-9, "{day} {ahead}");
            }
            // The same weekday a week on has the same profile.
            assert!((row[8 + WEEK] - row[8] - 7.0 * mean_change).abs() < 1e-9);
        }
    }

    #[test]
    fn one_value_does_not_drift_and_none_is_where_all_start() {
        let series = filtered(vec![None, None, Some(0.2), None]);
        let rolled = Drift.roll(&series, 3).unwrap();
        let of =
            |day: usize, ahead: usize| rolled.row(day)[ahead - 1] - series.profile[day][series.weekday(day + ahead)];
        assert!((of(1, 3) - series.start.level).abs() < 1e-12);
        assert!((of(3, 1) - of(3, 3)).abs() < 1e-12 && (of(2, 1) - series.deseasonalised[2]).abs() < 1e-12);
    }
}
