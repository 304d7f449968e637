//! What a detector may see: how many units have the marker in each period, and of how many.
//!
//! Periods follow one another without a hole; a period without a count is a *gap*, and one whose feed is known to be
//! spoilt is *suspect*. Neither enters a baseline, and neither is judged.

use super::Error;
use crate::series::{MAX_HISTORY_DAYS, day_after};
use jiff::civil::Date;
use tidemark_domain::{Period, PeriodKind, Proportion};

/// The unit in which a detector expects and judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Units with the marker. Right where the number of units that could be counted does not change.
    Count,
    /// Units with the marker, of all units. Right for posts, whose number follows the feed.
    Proportion,
}

/// One period's count that may be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    pub(crate) k: f64,
    /// 1 where denominators are not known, so that a count is its own value.
    pub(crate) n: f64,
}

impl Cell {
    /// The value in the unit of a measure. Denominators are known and above 0 where proportions are asked for.
    pub(crate) fn value(self, measure: Measure) -> f64 {
        match measure {
            Measure::Count => self.k,
            Measure::Proportion => self.k / self.n,
        }
    }

    /// What a rate in the unit of a measure is of: units, or the one period.
    pub(crate) const fn size(self, measure: Measure) -> f64 {
        match measure {
            Measure::Count => 1.0,
            Measure::Proportion => self.n,
        }
    }
}

/// Counts of consecutive days or weeks, with denominators where they are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    kind: PeriodKind,
    first: Date,
    counts: Vec<Option<u64>>,
    totals: Option<Vec<Option<u64>>>,
    suspect: Vec<bool>,
}

impl Counts {
    /// Counts of periods of one kind, of which the first holds the day `first`. `None` is a gap.
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond a century.
    pub fn new(kind: PeriodKind, first: Date, counts: Vec<Option<u64>>) -> Result<Self, Error> {
        let most = MAX_HISTORY_DAYS / days_of(kind);
        if counts.len() > most {
            return Err(Error::TooLong { periods: counts.len(), most });
        }
        let suspect = vec![false; counts.len()];
        Ok(Self { kind, first: Period::holding(kind, first).end, counts, totals: None, suspect })
    }

    /// Counts that were read as numbers, without gaps.
    ///
    /// # Errors
    /// [`Error::NotACount`] for what is negative, infinite, not whole or not a number; [`Error::TooLong`] as above.
    pub fn of_numbers(kind: PeriodKind, first: Date, numbers: &[f64]) -> Result<Self, Error> {
        let end = Period::holding(kind, first).end;
        let count = |(index, value): (usize, &f64)| {
            // 2^53: beyond it a number with a fraction part cannot be told from one without.
            let whole = (0.0..=9_007_199_254_740_992.0).contains(value) && value.fract() == 0.0;
            let period = day_after(end, index * days_of(kind));
            if whole { Ok(Some(*value as u64)) } else { Err(Error::NotACount { period, value: *value }) }
        };
        Self::new(kind, first, numbers.iter().enumerate().map(count).collect::<Result<_, _>>()?)
    }

    /// Counts with denominators, as the cells of a series hold them.
    ///
    /// # Errors
    /// As [`Counts::new`] and [`Counts::with_totals`].
    pub fn of_proportions(kind: PeriodKind, first: Date, cells: &[Option<Proportion>]) -> Result<Self, Error> {
        let counts = cells.iter().map(|cell| cell.map(|cell| cell.k)).collect();
        Self::new(kind, first, counts)?.with_totals(cells.iter().map(|cell| cell.map(|cell| cell.n)).collect())
    }

    /// Says of how many units each count is. A count of none, or of an unknown number, is a gap.
    ///
    /// # Errors
    /// [`Error::Lengths`] unless there is one for each count, [`Error::MoreThanAll`] where a count is above it.
    pub fn with_totals(mut self, totals: Vec<Option<u64>>) -> Result<Self, Error> {
        self.check_length("denominators", totals.len())?;
        for (index, (count, total)) in self.counts.iter().zip(&totals).enumerate() {
            if let (Some(k), Some(n)) = (*count, *total)
                && k > n
            {
                return Err(Error::MoreThanAll { period: self.period(index).end, k, n });
            }
        }
        self.totals = Some(totals);
        Ok(self)
    }

    /// Marks the periods whose feed is known to be spoilt.
    ///
    /// # Errors
    /// [`Error::Lengths`] unless there is one flag for each count.
    pub fn with_suspects(mut self, suspect: Vec<bool>) -> Result<Self, Error> {
        self.check_length("flags", suspect.len())?;
        self.suspect = suspect;
        Ok(self)
    }

    fn check_length(&self, what: &'static str, given: usize) -> Result<(), Error> {
        let periods = self.counts.len();
        if given == periods { Ok(()) } else { Err(Error::Lengths { what, given, periods }) }
    }

    /// The first `periods` of them: what was known then.
    #[must_use]
    pub fn first_periods(&self, periods: usize) -> Self {
        let mut part = self.clone();
        part.counts.truncate(periods);
        part.suspect.truncate(periods);
        if let Some(totals) = &mut part.totals {
            totals.truncate(periods);
        }
        part
    }

    /// The same with everything before the period at `index` suspect.
    pub(crate) fn without_past(mut self, index: usize) -> Self {
        self.suspect.iter_mut().take(index).for_each(|suspect| *suspect = true);
        self
    }

    /// Day, epiweek or ISO week.
    #[must_use]
    pub const fn kind(&self) -> PeriodKind {
        self.kind
    }

    /// How many periods there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is no period.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether proportions can be asked for.
    #[must_use]
    pub const fn has_totals(&self) -> bool {
        self.totals.is_some()
    }

    /// The period at `index`, from 0; past the end too.
    #[must_use]
    pub fn period(&self, index: usize) -> Period {
        Period { kind: self.kind, end: day_after(self.first, index.saturating_mul(days_of(self.kind))) }
    }

    /// The denominator at `index`, as far as it is known.
    #[must_use]
    pub fn total(&self, index: usize) -> Option<u64> {
        self.totals.as_ref()?.get(index).copied().flatten()
    }

    /// Whether the feed of the period at `index` is known to be spoilt.
    #[must_use]
    pub fn is_suspect(&self, index: usize) -> bool {
        self.suspect.get(index).copied().unwrap_or_default()
    }

    /// The cell at `index`, unless it is a gap or suspect.
    pub(crate) fn cell(&self, index: usize) -> Option<Cell> {
        let k = self.counts.get(index).copied().flatten().filter(|_| !self.is_suspect(index))? as f64;
        match &self.totals {
            None => Some(Cell { k, n: 1.0 }),
            Some(totals) => totals[index].filter(|n| *n > 0).map(|n| Cell { k, n: n as f64 }),
        }
    }

    /// The cells of some periods that are neither gaps nor suspect, with their indices.
    pub(crate) fn cells(&self, indices: impl IntoIterator<Item = usize>) -> Vec<(usize, Cell)> {
        indices.into_iter().filter_map(|index| Some((index, self.cell(index)?))).collect()
    }

    /// Refuses proportions of counts without denominators.
    pub(crate) fn check(&self, measure: Measure) -> Result<(), Error> {
        if measure == Measure::Proportion && !self.has_totals() { Err(Error::NoDenominators) } else { Ok(()) }
    }
}

const fn days_of(kind: PeriodKind) -> usize {
    match kind {
        PeriodKind::Day => 1,
        PeriodKind::Epiweek | PeriodKind::Isoweek => 7,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Counts;
    use crate::detect::Error;
    use jiff::civil::date;
    use tidemark_domain::PeriodKind;

    #[test]
    fn nobody_counted_is_a_gap_and_more_than_all_is_refused() {
        let counts = Counts::new(PeriodKind::Day, date(2024, 2, 28), vec![Some(0), Some(2), Some(3)]).unwrap();
        let known = counts.clone().with_totals(vec![Some(0), Some(4), None]).unwrap();
        assert_eq!(known.cells(0..3).len(), 1);
        assert_eq!(known.period(2).end, date(2024, 3, 1));
        let refused = counts.clone().with_totals(vec![Some(0), Some(1), None]);
        assert_eq!(refused, Err(Error::MoreThanAll { period: date(2024, 2, 29), k: 2, n: 1 }));
        assert!(matches!(counts.with_totals(vec![]), Err(Error::Lengths { given: 0, periods: 3, .. })));
    }

    #[test]
    fn what_is_no_count_is_refused_by_day() {
        for bad in [f64::NAN, -1.0, 0.5, f64::INFINITY] {
            let refused = Counts::of_numbers(PeriodKind::Isoweek, date(2020, 12, 22), &[1.0, bad]);
            assert!(matches!(refused, Err(Error::NotACount { period, .. }) if period == date(2021, 1, 3)));
        }
    }

    #[test]
    fn week_53_is_a_week_like_any_other() {
        let weeks = Counts::new(PeriodKind::Isoweek, date(2020, 12, 27), vec![Some(1); 3]).unwrap();
        let labels: Vec<String> = (0..3).map(|week| weeks.period(week).label()).collect();
        assert_eq!(labels, ["202052", "202053", "202101"]);
    }
}
