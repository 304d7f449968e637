//! A *history* is what a forecaster may see: one proportion a day up to the origin, with gaps, and a calendar.

use crate::{Calendar, Error, filter::WEEK};
use jiff::{ToSpan, civil::Date};
use std::ops::Range;
use std::sync::Arc;

/// The longest history taken, in days: a century.
pub const MAX_HISTORY_DAYS: usize = 36_525;
/// The fewest observed days a forecast is made from: one week, so that every weekday can have been seen.
pub const MIN_OBSERVED_DAYS: usize = 7;

/// Daily proportions from a first day to the origin. `None` is a gap: nobody could be counted, or the cell is withheld.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    first: Date,
    values: Vec<Option<f64>>,
    totals: Vec<Option<u64>>,
    calendar: Arc<Calendar>,
}

impl History {
    /// A history whose first day is `first`.
    ///
    /// # Errors
    /// [`Error::NotAProportion`] for a value outside `[0, 1]` or not a number, [`Error::TooLong`] beyond
    /// [`MAX_HISTORY_DAYS`].
    pub fn new(first: Date, values: Vec<Option<f64>>) -> Result<Self, Error> {
        if values.len() > MAX_HISTORY_DAYS {
            return Err(Error::TooLong { days: values.len(), most: MAX_HISTORY_DAYS });
        }
        for (offset, value) in values.iter().enumerate() {
            if let Some(value) = *value
                && !(0.0..=1.0).contains(&value)
            {
                return Err(Error::NotAProportion { day: day_after(first, offset), value });
            }
        }
        Ok(Self { first, values, totals: Vec::new(), calendar: Arc::default() })
    }

    /// Says how many units each day's proportion stands on, so that a proportion of 0 is known to be below half a unit.
    /// Days beyond the given ones count as not known.
    #[must_use]
    pub fn with_totals(mut self, mut totals: Vec<Option<u64>>) -> Self {
        totals.truncate(self.values.len());
        self.totals = totals;
        self
    }

    /// Gives days their names, in place of those that had one. Dates may lie after the last day: they are known as
    /// planned ones from every origin.
    #[must_use]
    pub fn with_calendar(mut self, calendar: Calendar) -> Self {
        self.calendar = Arc::new(calendar);
        self
    }

    /// The first day.
    #[must_use]
    pub fn first(&self) -> Date {
        self.first
    }

    /// The values, one a day.
    #[must_use]
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }

    /// The units behind each value, as far as they are known.
    #[must_use]
    pub fn totals(&self) -> &[Option<u64>] {
        &self.totals
    }

    /// The days that have a name.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The last day with a value.
    #[must_use]
    pub fn last_observed(&self) -> Option<Date> {
        self.values.iter().rposition(Option::is_some).map(|offset| day_after(self.first, offset))
    }

    /// How many days have a value.
    #[must_use]
    pub fn observed(&self) -> usize {
        self.values.iter().flatten().count()
    }

    /// Days between the days that can have a value: 1, or a multiple of 7 where all values lie so far apart, counted from
    /// the first day. A survey that is asked every Thursday has 7, and its other days are no gaps.
    #[must_use]
    pub fn step_days(&self) -> usize {
        let observed = self.values.iter().enumerate().filter(|(_, value)| value.is_some());
        match observed.fold(0, |step, (day, _)| common_divisor(step, day)) {
            step if step > 0 && step.is_multiple_of(WEEK) => step,
            _ => 1,
        }
    }

    /// Some of its days, counted from its first.
    pub(crate) fn part(&self, days: Range<usize>) -> Self {
        let within = |end: usize, length: usize| days.start.min(length)..end.min(length);
        Self {
            first: day_after(self.first, days.start),
            values: self.values[within(days.end, self.values.len())].to_vec(),
            totals: self.totals[within(days.end, self.totals.len())].to_vec(),
            calendar: self.calendar.clone(),
        }
    }

    /// What was known at `origin`: at most the last `cap_days` days up to it, it included, leading gaps left out.
    /// Where the history ends before the origin, the days between are gaps. `None` where nothing was known.
    #[must_use]
    pub fn known_at(&self, origin: Date, cap_days: usize) -> Option<Self> {
        let length = usize::try_from(days_between(self.first, origin) + 1).ok()?;
        let known = &self.values[..length.min(self.values.len())];
        let start = length.saturating_sub(cap_days).min(known.len());
        let start = start + known[start..].iter().position(Option::is_some)?;
        let mut values = known[start..].to_vec();
        values.resize(length - start, None);
        let totals = self.totals.get(start..length.min(self.totals.len())).unwrap_or_default().to_vec();
        Some(Self { first: day_after(self.first, start), values, totals, calendar: self.calendar.clone() })
    }
}

/// What came, day by day: what forecasts are scored against.
///
/// A value that is no proportion (an artefact of the source, say) may stand in it: nothing is fitted to it, and another
/// scorer would take it as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    first: Date,
    values: Vec<Option<f64>>,
}

impl Truth {
    /// Values from a first day on; what is not finite is a gap.
    #[must_use]
    pub fn new(first: Date, mut values: Vec<Option<f64>>) -> Self {
        values.iter_mut().for_each(|value| *value = value.filter(|value| value.is_finite()));
        Self { first, values }
    }

    /// The first day.
    #[must_use]
    pub const fn first(&self) -> Date {
        self.first
    }

    /// The values, one a day.
    #[must_use]
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }

    /// The value of a day counted from the first.
    pub(crate) fn day(&self, day: i64) -> Option<f64> {
        self.values.get(usize::try_from(day).ok()?).copied().flatten()
    }

    /// The place of a day, counted from the first; negative before it.
    pub(crate) fn place(&self, day: Date) -> i64 {
        days_between(self.first, day)
    }

    /// What was known at a day counted from the first.
    pub(crate) fn known(&self, day: i64) -> &[Option<f64>] {
        &self.values[..usize::try_from(day + 1).unwrap_or(0).min(self.values.len())]
    }

    /// The values of the last `days` days up to one counted from the first, it included.
    pub(crate) fn window(&self, day: i64, days: u16) -> Vec<f64> {
        let known = self.known(day);
        let start = usize::try_from(day + 1 - i64::from(days)).unwrap_or(0).min(known.len());
        known[start..].iter().flatten().copied().collect()
    }
}

impl From<&History> for Truth {
    fn from(history: &History) -> Self {
        Self { first: history.first, values: history.values.clone() }
    }
}

/// The greatest; of 0 and a number that number.
fn common_divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

/// The day `offset` days after `first`; the calendar's last day where there is none.
pub(crate) fn day_after(first: Date, offset: usize) -> Date {
    first.saturating_add(i64::try_from(offset).unwrap_or(i64::MAX / 2).min(4_000_000).days())
}

/// Days from `first` to `last`; negative where it lies before.
pub(crate) fn days_between(first: Date, last: Date) -> i64 {
    i64::from((last - first).get_days())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{History, Truth};
    use crate::Error;
    use jiff::civil::date;

    fn history() -> History {
        let values = [None, Some(0.1), Some(0.2), None, Some(0.4), Some(0.5)].to_vec();
        History::new(date(2024, 2, 27), values).unwrap().with_totals(vec![None, Some(10), Some(20)])
    }

    #[test]
    fn what_is_known_ends_at_the_origin_and_starts_with_a_value() {
        let known = history().known_at(date(2024, 2, 29), 100).unwrap();
        assert_eq!((known.first(), known.values()), (date(2024, 2, 28), &[Some(0.1), Some(0.2)][..]));
        assert_eq!(known.totals(), [Some(10), Some(20)]);
        assert_eq!(history().known_at(date(2024, 2, 27), 100), None);
        assert_eq!(history().known_at(date(2023, 1, 1), 100), None);
    }

    #[test]
    fn the_cap_counts_back_from_the_origin_and_later_days_are_gaps() {
        let known = history().known_at(date(2024, 3, 5), 4).unwrap();
        assert_eq!((known.first(), known.values()), (date(2024, 3, 2), &[Some(0.4), Some(0.5), None, None][..]));
    }

    #[test]
    fn a_survey_of_every_week_has_a_step_of_a_week() {
        let every = |step: usize, days: usize, but: usize| {
            let values = (0..days).map(|day| (day.is_multiple_of(step) && day != but).then_some(0.5)).collect();
            History::new(date(2024, 1, 4), values).unwrap().step_days()
        };
        assert_eq!((every(7, 100, 1), every(7, 103, 14), every(14, 100, 1)), (7, 7, 14));
        assert_eq!((every(1, 100, 7), every(2, 100, 1), every(10, 100, 1)), (1, 1, 1));
        // One value, or none, says nothing of the next.
        assert_eq!((every(7, 7, 1), every(7, 7, 0)), (1, 1));
        // A week that was moved by a day makes the days between gaps.
        let mut values: Vec<Option<f64>> = (0..70_usize).map(|day| day.is_multiple_of(7).then_some(0.5)).collect();
        values.swap(35, 36);
        assert_eq!(History::new(date(2024, 1, 4), values).unwrap().step_days(), 1);
    }

    #[test]
    fn a_truth_has_windows_and_knows_no_future() {
        let truth = Truth::new(date(2024, 2, 27), vec![None, Some(0.1), Some(1.2), Some(f64::NAN), Some(0.4)]);
        assert_eq!((truth.place(date(2024, 2, 26)), truth.place(date(2024, 3, 1))), (-1, 3));
        assert_eq!((truth.day(-1), truth.day(2), truth.day(3), truth.day(9)), (None, Some(1.2), None, None));
        assert_eq!((truth.known(-1).len(), truth.known(1).len(), truth.known(9).len()), (0, 2, 5));
        assert_eq!(truth.window(2, 2), [0.1, 1.2]);
        assert_eq!(truth.window(6, 3), [0.4]);
        assert_eq!(truth.window(-1, 3), [0.0; 0]);
    }

    #[test]
    fn what_is_no_proportion_is_refused_by_day() {
        let refused = History::new(date(2024, 1, 1), vec![Some(0.0), Some(f64::NAN)]);
        assert!(matches!(refused, Err(Error::NotAProportion { day, .. }) if day == date(2024, 1, 2)));
        assert!(History::new(date(2024, 1, 1), vec![Some(1.000_1)]).is_err());
    }
}
