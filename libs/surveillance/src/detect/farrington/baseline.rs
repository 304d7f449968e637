//! Which past periods a day is compared with, and to which season each belongs.
//!
//! A. Noufaily and others, *Statistics in Medicine* 32 (2013), section 3. The same time of each of the last `b` years,
//! `w` periods to either side, is the season that is judged; with more than one season the periods between two such
//! windows are divided as evenly as they go, longer parts first. The last periods before the day are left out, for an
//! outbreak that is growing must not become its own baseline.

use super::{Farrington, Years};
use crate::detect::Counts;
use jiff::{ToSpan, civil::Date};
use tidemark_domain::PeriodKind;

/// The indices of the baseline of the period at `index`, each with its season; the judged season is the last. `None`
/// where the series does not reach back far enough.
pub(crate) fn baseline(model: &Farrington, counts: &Counts, index: usize) -> Option<Vec<(usize, usize)>> {
    let (half, judged) = (model.half_window, model.seasons - 1);
    let mut centres = Vec::with_capacity(model.years + 1);
    for year in 0..=model.years {
        centres.push(same_time(model, counts, index, year)?);
    }
    let start = centres.last()?.checked_sub(half)?;
    let end = index.checked_sub(model.past_not_included())?;
    let mut seasons = Vec::with_capacity(end.saturating_sub(start));
    for pair in centres.windows(2).rev() {
        let (later, earlier) = (pair[0], pair[1]);
        seasons.extend((earlier - half..=earlier + half).map(|period| (period, judged)));
        let between = earlier + half + 1..later.saturating_sub(half);
        if let Some(even) = between.len().checked_div(judged) {
            let longer = between.len() - even * judged;
            let lengths = (0..judged).map(|season| (season, even + usize::from(season < longer)));
            let named = lengths.flat_map(|(season, length)| std::iter::repeat_n(season, length));
            seasons.extend(between.zip(named));
        }
    }
    seasons.extend((index.checked_sub(half)?..index).map(|period| (period, judged)));
    seasons.retain(|(period, _)| *period < end);
    Some(seasons)
}

/// The index of the same time of an earlier year.
fn same_time(model: &Farrington, counts: &Counts, index: usize, years: usize) -> Option<usize> {
    let back = match model.calendar {
        Years::Periods(length) => years * length,
        Years::Calendar => {
            let start = counts.period(index).start();
            let then = same_date(start, i16::try_from(years).ok()?)?;
            let days = usize::try_from((start - then).get_days()).ok()?;
            match counts.kind() {
                PeriodKind::Day => days,
                // The week that starts nearest to that date: a year of 53 weeks moves nothing.
                PeriodKind::Epiweek | PeriodKind::Isoweek => (days + 3) / 7,
            }
        }
    };
    index.checked_sub(back)
}

/// The same date of an earlier year; 1 March where that has no 29 February.
fn same_date(day: Date, years: i16) -> Option<Date> {
    let year = day.year().checked_sub(years)?;
    match Date::new(year, day.month(), day.day()) {
        Ok(then) => Some(then),
        Err(_) => Date::new(year, day.month(), 28).ok()?.checked_add(1.day()).ok(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{baseline, same_date};
    use crate::detect::{Counts, Farrington, Measure, Years};
    use jiff::civil::date;
    use tidemark_domain::PeriodKind;

    fn runs(model: &Farrington, counts: &Counts, index: usize) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (_, season) in baseline(model, counts, index).unwrap() {
            match runs.last_mut() {
                Some((last, length)) if *last == season => *length += 1,
                _ => runs.push((season, 1)),
            }
        }
        runs
    }

    #[test]
    fn a_year_is_divided_with_the_longer_parts_first() {
        let counts = Counts::new(PeriodKind::Isoweek, date(2015, 1, 5), vec![Some(1); 200]).unwrap();
        let year = Farrington { years: 1, calendar: Years::Periods(52), ..Farrington::new(Measure::Count) };
        let five = Farrington { seasons: 5, past_not_included: Some(3), ..year };
        assert_eq!(runs(&five, &counts, 119), [(4, 7), (0, 12), (1, 11), (2, 11), (3, 11)]);
        // Of the current window only what is not left out belongs to the baseline.
        let seven = Farrington { seasons: 7, past_not_included: Some(0), ..year };
        let lengths: Vec<usize> = runs(&seven, &counts, 119).into_iter().map(|(_, length)| length).collect();
        assert_eq!(lengths, [7, 8, 8, 8, 7, 7, 7, 3]);
    }

    #[test]
    fn leap_days_and_weeks_53_have_a_same_time_last_year() {
        assert_eq!(same_date(date(2016, 2, 29), 1), Some(date(2015, 3, 1)));
        assert_eq!(same_date(date(2016, 2, 29), 4), Some(date(2012, 2, 29)));
        // 2020 has 53 ISO weeks; its last starts on 28 December.
        let weeks = Counts::new(PeriodKind::Isoweek, date(2014, 1, 6), vec![Some(1); 420]).unwrap();
        let index = (0..420).find(|week| weeks.period(*week).label() == "202053").unwrap();
        let model = Farrington { years: 1, half_window: 0, ..Farrington::new(Measure::Count) };
        let (then, _) = baseline(&model, &weeks, index).unwrap()[0];
        assert_eq!(weeks.period(then).start(), date(2019, 12, 30));
    }
}
