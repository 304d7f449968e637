//! `seasonal_naive`: the same weekday of the last known week. The yardstick every other forecast is measured by.

use crate::{
    Error,
    filter::Filtered,
    rolled::{Member, Rolled},
};

/// The same weekday of the last week.
#[derive(Debug, Clone, Copy)]
pub struct SeasonalNaive;

impl Member for SeasonalNaive {
    fn roll(&self, series: &Filtered, horizon: usize) -> Result<Rolled, Error> {
        let mut rolled = Rolled::every_day(series.days(), horizon);
        let season = series.season();
        for origin in 0..series.days() {
            for ahead in 1..=horizon {
                let back = season * ahead.div_ceil(season);
                let source = (origin + ahead).checked_sub(back).unwrap_or(origin);
                rolled.points.push(series.filled[source]);
            }
        }
        Ok(rolled)
    }
}
