//! What a day is to the regression: trend, waves of the week and of the year, and the names it has.

use super::ridge::Row;
use crate::{calendar::Occasions, filter::Filtered, filter::WEEK};
use std::f64::consts::TAU;
use std::iter::repeat_n;

/// The trend may change in this share of the days, as in Prophet: what the last ones do is not taken for a new trend.
const CHANGING_SHARE: f64 = 0.8;
/// At most so many changes, evenly spaced, and none nearer to the next than a fortnight.
const MOST_CHANGES: usize = 25;
const LEAST_SPACING_DAYS: f64 = 14.0;
/// Slopes are by four weeks.
const SLOPE_DAYS: f64 = 28.0;
const DAYS_PER_YEAR: f64 = 365.25;
/// Days that tell a season of the year from a trend: two years.
const LEAST_DAYS_OF_YEARS: usize = 2 * 365;
/// Waves of the week: all there are of seven days.
const WEEK_WAVES: usize = 3;
/// Waves of the year: down to ten weeks. What is narrower is a holiday, or chance.
const YEAR_WAVES: usize = 5;

/// Penalties, in days (`ridge`). The level has next to none.
const LEVEL_PENALTY: f64 = 1e-3;
/// Of the first slope: a prior standard deviation of one scale in four weeks.
const SLOPE_PENALTY: f64 = 1.0;
/// The slope is a random walk whose prior variance grows by so much in a year; each change has its share.
const SLOPE_VARIANCE_PER_YEAR: f64 = 0.25;
const WAVE_PENALTY: f64 = 1.0;
/// Of the effect of a name: a prior standard deviation of two scales. What was seen once counts for four fifths, and
/// for no more than 5.4 scales (`ridge::HUBER_SCALES` over it).
const NAME_PENALTY: f64 = 0.25;

/// Regressors of each name: its own days, the day before and the day after.
const PER_NAME: usize = 3;

/// The regressors of one fit.
pub(super) struct Design<'a> {
    series: &'a Filtered,
    /// The middle of the days it is fitted to: the first slope turns around it.
    middle: f64,
    /// From which days on the slope may be another.
    changes: Vec<f64>,
    change_penalty: f64,
    /// The waves of the week: of each seven values, one a weekday.
    week: Vec<f64>,
    year_waves: usize,
    named: Vec<&'a Occasions>,
}

impl<'a> Design<'a> {
    /// For a fit to the days from `first` to `origin`. Names that none of them has, nor a neighbour of them, have no
    /// regressor: there is nothing to learn of them yet.
    pub(super) fn new(series: &'a Filtered, first: usize, origin: usize) -> Self {
        let days = origin + 1 - first;
        let changing = CHANGING_SHARE * days as f64;
        let count = ((changing / LEAST_SPACING_DAYS) as usize).min(MOST_CHANGES);
        let spacing = changing / count.max(1) as f64;
        let touches = |occasions: &&Occasions| occasions.touch(first as i64 - 1, origin as i64 + 1);
        Self {
            series,
            middle: f64::midpoint(first as f64, origin as f64),
            changes: (1..=count).map(|place| first as f64 + spacing * place as f64).collect(),
            change_penalty: DAYS_PER_YEAR / (SLOPE_VARIANCE_PER_YEAR * spacing * series.step_days() as f64),
            week: if series.season() == WEEK { week() } else { Vec::new() },
            year_waves: if days >= series.steps(LEAST_DAYS_OF_YEARS) { YEAR_WAVES } else { 0 },
            named: series.named.iter().filter(touches).collect(),
        }
    }

    /// One for each column.
    pub(super) fn penalties(&self) -> Vec<f64> {
        [LEVEL_PENALTY, SLOPE_PENALTY]
            .into_iter()
            .chain(repeat_n(self.change_penalty, self.changes.len()))
            .chain(repeat_n(WAVE_PENALTY, self.week.len() / WEEK + 2 * self.year_waves))
            .chain(repeat_n(NAME_PENALTY, PER_NAME * self.named.len()))
            .collect()
    }

    /// A day's, counted from the first of the series; past the origin too.
    pub(super) fn row(&self, day: usize) -> Row {
        let (at, step) = (day as f64, self.series.step_days() as f64);
        let first_wave = 2 + self.changes.len();
        let first_name = first_wave + self.week.len() / WEEK + 2 * self.year_waves;
        let mut row = Row::with_capacity(first_name);
        row.push((0, 1.0));
        row.push((1, (at - self.middle) * step / SLOPE_DAYS));
        // Changes come in order: of those that lie ahead there is nothing yet.
        let past = self.changes.iter().take_while(|change| **change < at);
        row.extend((2..).zip(past.map(|change| (at - change) * step / SLOPE_DAYS)));
        let weekday = self.series.weekday(day);
        row.extend((first_wave..).zip(self.week.iter().skip(weekday).step_by(WEEK).copied()));
        let year = waves(at * step / DAYS_PER_YEAR, self.year_waves);
        row.extend((first_wave + self.week.len() / WEEK..).zip(year));
        for (place, occasions) in self.named.iter().enumerate() {
            row.extend((first_name + PER_NAME * place..).zip(around(occasions, day as i64)));
        }
        row.retain(|(_, value)| *value != 0.0);
        row
    }
}

/// The waves of the week, wave by wave, sine before cosine: each on Monday to Sunday.
fn week() -> Vec<f64> {
    let weekdays: Vec<Vec<f64>> =
        (0..WEEK).map(|weekday| waves(weekday as f64 / WEEK as f64, WEEK_WAVES).collect()).collect();
    (0..2 * WEEK_WAVES).flat_map(|wave| weekdays.iter().map(move |waves| waves[wave])).collect()
}

/// Sines and cosines of a place in a season, from 0 to 1.
fn waves(place: f64, count: usize) -> impl Iterator<Item = f64> {
    (1..=count).flat_map(move |wave| {
        let (sine, cosine) = (TAU * wave as f64 * place).sin_cos();
        [sine, cosine]
    })
}

/// Whether a day has a name, lies before one that has it, or after.
fn around(occasions: &Occasions, day: i64) -> [f64; PER_NAME] {
    let on = occasions.hold(day);
    let beside = |neighbour: i64| !on && occasions.hold(neighbour);
    [on, beside(day + 1), beside(day - 1)].map(|is_so| f64::from(u8::from(is_so)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Design;
    use crate::{Calendar, History, filter::Filtered, scale::LogitScale};
    use jiff::civil::date;

    fn filtered(days: usize, calendar: Calendar) -> Filtered {
        let history = History::new(date(2024, 1, 1), vec![Some(0.1); days]).unwrap().with_calendar(calendar);
        Filtered::new(&history, LogitScale::of(&history))
    }

    #[test]
    fn columns_come_with_what_the_days_can_tell() {
        let columns = |days: usize| {
            let series = filtered(days, Calendar::default());
            Design::new(&series, 0, days - 1).penalties().len()
        };
        // Level, slope and week; changes a fortnight apart in four fifths of the days; from two years on the year.
        assert_eq!((columns(7), columns(17), columns(18)), (8, 8, 9));
        assert_eq!((columns(360), columns(729), columns(730)), (8 + 20, 8 + 25, 8 + 25 + 10));
    }

    #[test]
    fn changes_end_where_the_last_fifth_begins() {
        let series = filtered(120, Calendar::default());
        // Fitted to the last hundred days, of which 80 may hold changes.
        let design = Design::new(&series, 20, 119);
        assert_eq!(design.changes, [36.0, 52.0, 68.0, 84.0, 100.0]);
        let change = |day: usize| design.row(day).iter().find(|(column, _)| *column == 6).map(|(_, value)| *value);
        assert_eq!((change(100), change(128)), (None, Some(1.0)));
    }

    #[test]
    fn a_name_has_its_days_and_their_neighbours() {
        let occasions = [
            ("fair", date(2024, 1, 10), date(2024, 1, 11)),
            ("fair", date(2024, 2, 2), date(2024, 2, 2)),
            ("next year's", date(2024, 2, 12), date(2024, 2, 12)),
            ("tomorrow's", date(2024, 1, 31), date(2024, 1, 31)),
        ];
        let calendar = occasions.map(|(name, start, end)| (name.to_owned(), start, end)).into_iter().collect();
        let series = filtered(30, calendar);
        let design = Design::new(&series, 0, 29);
        let columns = design.penalties().len();
        let names = columns - 2 * 3;
        let of_day = |day: usize| -> Vec<usize> {
            design.row(day).iter().filter(|(column, _)| *column >= names).map(|(column, _)| column - names).collect()
        };
        // The tenth day is number 9. Of what lies beyond the day after the last, nothing can be known.
        let expected: [Vec<usize>; 6] = [vec![], vec![1], vec![0], vec![0], vec![2], vec![]];
        assert_eq!([7, 8, 9, 10, 11, 12].map(of_day), expected);
        assert_eq!((of_day(32), of_day(29), of_day(30), of_day(42)), (vec![0], vec![4], vec![3], vec![]));
    }
}
