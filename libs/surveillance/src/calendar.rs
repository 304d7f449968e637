//! A *calendar*: days that have a name. Holidays, and whatever else was written down as having happened or as planned.
//!
//! What comes again goes by the same name, and only then can be learnt from. A date after a history's end is taken for
//! a planned one: what nobody could have known at the origin has no place in it.

use crate::series::days_between;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The most names that a calendar should have: the cost of a fit grows with their cube.
pub const MAX_NAMES: usize = 64;

/// Occasions by name, each with its first and its last day; said twice, they count once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    named: BTreeMap<String, BTreeSet<(Date, Date)>>,
}

/// Of name, first and last day. An occasion that ends before it starts has no day.
impl FromIterator<(String, Date, Date)> for Calendar {
    fn from_iter<I: IntoIterator<Item = (String, Date, Date)>>(occasions: I) -> Self {
        let mut named: BTreeMap<String, BTreeSet<(Date, Date)>> = BTreeMap::new();
        for (name, start, end) in occasions {
            named.entry(name).or_default().insert((start, end));
        }
        Self { named }
    }
}

impl Calendar {
    /// How many names there are.
    #[must_use]
    pub fn names(&self) -> usize {
        self.named.len()
    }

    /// Name, first and last day of each occasion, by name and date.
    pub fn occasions(&self) -> impl Iterator<Item = (&str, Date, Date)> {
        self.named
            .iter()
            .flat_map(|(name, occasions)| occasions.iter().map(move |(start, end)| (name.as_str(), *start, *end)))
    }

    /// The occasions of each name, in steps of so many days counted from `first`. What falls between two steps belongs to
    /// the later one: a survey of every week is asked about the days before it.
    pub(crate) fn counted_from(&self, first: Date, step_days: usize) -> Vec<Occasions> {
        let step = i64::try_from(step_days).unwrap_or(1).max(1);
        let steps = |day: Date| -(-days_between(first, day)).div_euclid(step);
        let place =
            |(start, end): &(Date, Date)| (steps(*start), if end < start { steps(*start) - 1 } else { steps(*end) });
        self.named.values().map(|occasions| Occasions(occasions.iter().map(place).collect())).collect()
    }
}

/// The occasions of one name: first and last day of each, counted from the first day of a history.
#[derive(Debug, Clone)]
pub(crate) struct Occasions(Vec<(i64, i64)>);

impl Occasions {
    /// Whether a day is one of theirs.
    pub(crate) fn hold(&self, day: i64) -> bool {
        self.touch(day, day)
    }

    /// Whether one of the days from `from` to `to` is theirs.
    pub(crate) fn touch(&self, from: i64, to: i64) -> bool {
        self.0.iter().any(|(start, end)| start <= end && *start <= to && from <= *end)
    }
}

#[cfg(test)]
mod tests {
    use super::Calendar;
    use jiff::civil::date;

    #[test]
    fn occasions_are_days_of_a_history_whatever_the_order_they_came_in() {
        let rows = [
            ("fair".to_owned(), date(2024, 3, 1), date(2024, 3, 2)),
            ("fair".to_owned(), date(2023, 3, 1), date(2023, 3, 1)),
            ("ball".to_owned(), date(2024, 2, 28), date(2024, 2, 27)),
            ("fair".to_owned(), date(2024, 3, 1), date(2024, 3, 2)),
        ];
        let calendar: Calendar = rows.iter().cloned().collect();
        assert_eq!(calendar, rows.into_iter().rev().collect::<Calendar>());
        assert_eq!((calendar.names(), calendar.occasions().count()), (2, 3));
        let of_names = calendar.counted_from(date(2024, 2, 28), 1);
        let days_of = |name: usize| (-400..10).filter(|day| of_names[name].hold(*day)).collect::<Vec<i64>>();
        assert_eq!(days_of(0), [0; 0], "it ends before it starts");
        assert_eq!(days_of(1), [-364, 2, 3], "29 February lies between");
        let of_weeks = calendar.counted_from(date(2024, 2, 22), 7);
        let weeks_of = |name: usize| (-60..10).filter(|week| of_weeks[name].hold(*week)).collect::<Vec<i64>>();
        // The last day of February 2024 is a step, and the days after it belong to the next.
        assert_eq!((weeks_of(0), weeks_of(1)), (vec![], vec![-51, 2]));
        assert!(of_names[1].touch(-10, 2) && of_names[1].touch(3, 9) && !of_names[1].touch(-10, 1));
    }
}
