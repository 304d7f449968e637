//! *Changepoints*: since when a series has another level, by PELT.
//!
//! A signal says that some days stood out; a changepoint says that a level changed and stayed. It is found by looking
//! back: days after it are needed, so that this is no [`Detector`](super::Detector), and nothing here warns.
//!
//! R. Killick, P. Fearnhead and I. A. Eckley, *JASA* 107 (2012): of all ways to cut the series into segments, the one
//! with the least cost of its segments and a penalty for each changepoint. [`pelt`] finds it exactly: it is optimal
//! partitioning (B. Jackson and others, *IEEE Signal Processing Letters* 12, 2005) that passes over the starts which can
//! no longer win.
//!
//! - **Cost** of a segment: `2 / D` times the log-likelihood that its `K` of `N` units lose by having one share,
//!   `N H(K / N)` with the binomial entropy `H`. The right denominator is in it: a day of ten people weighs as ten people,
//!   and a share of 0 has a cost, which a normal distribution on the logit scale has not. Cutting a segment never costs
//!   more, as `H` is concave: that is what PELT needs.
//! - **Dispersion** `D` is the series' own: adjacent stretches of [`least_periods`](Changepoints::least_periods) are
//!   compared, as the [scan](super::scan) does, and the median says what they differ by besides chance. At least 1. What
//!   lasts for days makes adjacent days alike and adjacent fortnights not, so that it is in `D`; a level that changes a few
//!   times moves a median little.
//! - **Penalty**: `3 ln T` of `T` periods for each changepoint, where BIC takes `2 ln T` (a place and a level) and the
//!   modified BIC (N. R. Zhang and D. O. Siegmund, *Biometrics* 63, 2007) `3 ln T` and the sum of `ln(length / T)` over
//!   segments, which is never above 0. Ours is the stricter one, because noise that lasts longer than a fortnight is not in
//!   `D`; and it leaves the cost of a segment to its own days, so that passing over starts loses nothing.
//! - **Weekdays**: cases are divided by the profile of the weekdays over all days, or a cut could gain from how many
//!   weekends lie to its sides.
//! - **Least length**: a fortnight, four weeks of a weekly series. What is over sooner is a signal's matter: the scan
//!   adds up as many days. A surge that is shorter and large is still told apart, as a fortnight: nothing here is robust to
//!   it.
//!
//! Gaps and suspect periods are left out: days to their sides are neighbours.

use super::{
    Counts, Error, Measure, dispersion,
    error::within,
    weekdays::{self, WEEK},
};
use tidemark_domain::{Period, PeriodKind};

/// Days of a level, at least.
pub const LEAST_DAYS: usize = 14;
/// Weeks of a level, at least.
pub const LEAST_WEEKS: usize = 4;
/// What a changepoint costs, in `ln T`.
pub const PENALTY: f64 = 3.0;

/// The search and its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Changepoints {
    /// Periods of a level, at least: those that are neither gaps nor suspect.
    pub least_periods: usize,
    /// What a changepoint costs, in multiples of `ln T`.
    pub penalty: f64,
}

/// Since when a series has another level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Changepoint {
    /// The first period of the new level.
    pub period: Period,
    /// The last period of the new level: the one before the next changepoint, or the last of the series.
    pub last: Period,
    /// The share before, from 0 to 1: units with the marker of all units since the changepoint before.
    pub before: f64,
    /// The share from `period` to `last`.
    pub after: f64,
    /// The likelihood ratio statistic of the two levels against one, over the dispersion: how sure it is. Never below the
    /// penalty.
    pub ratio: f64,
}

impl Changepoints {
    /// The settings of the module for days or weeks.
    #[must_use]
    pub const fn new(kind: PeriodKind) -> Self {
        let least_periods = match kind {
            PeriodKind::Day => LEAST_DAYS,
            PeriodKind::Epiweek | PeriodKind::Isoweek => LEAST_WEEKS,
        };
        Self { least_periods, penalty: PENALTY }
    }

    /// The changepoints of a series of proportions, in their order; none in one that is too short for two levels.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range, [`Error::NoDenominators`].
    pub fn find(&self, counts: &Counts) -> Result<Vec<Changepoint>, Error> {
        within("least_periods", self.least_periods as f64, self.least_periods > 0, "1 period or more")?;
        within("penalty", self.penalty, self.penalty > 0.0 && self.penalty.is_finite(), "above 0")?;
        counts.check(Measure::Proportion)?;
        let profile = weekdays::profile(counts, Measure::Proportion, 0..counts.len());
        let sums = Sums::of(counts, &profile);
        let dispersion = sums.dispersion(self.least_periods);
        let cost = |from: usize, to: usize| sums.cost(from, to) / dispersion;
        let periods = sums.indices.len();
        let starts = pelt(periods, self.least_periods, self.penalty * (periods as f64).ln(), cost);
        let ends = starts.iter().skip(1).copied().chain([periods]);
        let begins = [0].into_iter().chain(starts.iter().copied());
        let changepoint = |((begin, start), end): ((usize, usize), usize)| Changepoint {
            period: counts.period(sums.indices[start]),
            last: counts.period(sums.indices[end - 1]),
            before: sums.share(begin, start),
            after: sums.share(start, end),
            ratio: cost(begin, end) - cost(begin, start) - cost(start, end),
        };
        Ok(begins.zip(starts.iter().copied()).zip(ends).map(changepoint).collect())
    }
}

/// Sums up to each of the periods that are neither gaps nor suspect, so that those between any two are a difference.
struct Sums {
    /// Places of these periods in the series.
    indices: Vec<usize>,
    /// Units with the marker.
    cases: Vec<f64>,
    /// The same without the rhythm of the week.
    even: Vec<f64>,
    /// Units.
    units: Vec<f64>,
}

impl Sums {
    fn of(counts: &Counts, profile: &[f64; WEEK]) -> Self {
        let (mut cases, mut even, mut units) = (0.0, 0.0, 0.0);
        let mut sums = Self { indices: Vec::new(), cases: vec![cases], even: vec![even], units: vec![units] };
        for (index, cell) in counts.cells(0..counts.len()) {
            cases += cell.k;
            even += (cell.k / profile[index % WEEK]).min(cell.n);
            units += cell.n;
            sums.indices.push(index);
            sums.cases.push(cases);
            sums.even.push(even);
            sums.units.push(units);
        }
        sums
    }

    /// The share of some of the periods, as it was counted.
    fn share(&self, from: usize, to: usize) -> f64 {
        (self.cases[to] - self.cases[from]) / (self.units[to] - self.units[from])
    }

    /// Cases without the rhythm of the week, and units, of some of the periods.
    fn even(&self, from: usize, to: usize) -> (f64, f64) {
        (self.even[to] - self.even[from], self.units[to] - self.units[from])
    }

    /// Twice the log-likelihood that some of the periods lose by having one share.
    fn cost(&self, from: usize, to: usize) -> f64 {
        let (cases, units) = self.even(from, to);
        2.0 * units * entropy(cases / units)
    }

    /// What adjacent stretches of some length differ by, as a multiple of what chance gives.
    fn dispersion(&self, length: usize) -> f64 {
        let miss = |end: usize| {
            let (start, middle) = (end.checked_sub(length.saturating_mul(2))?, end - length);
            let ((before, before_units), (now, now_units)) = (self.even(start, middle), self.even(middle, end));
            let share = (before + now) / (before_units + now_units);
            let variance = share * (1.0 - share) * (1.0 / before_units + 1.0 / now_units);
            let miss = (now / now_units - before / before_units).abs() / variance.sqrt();
            // No share but 0, or but 1, differs by nothing of nothing.
            miss.is_finite().then_some(miss)
        };
        dispersion::of_misses((0..=self.indices.len()).filter_map(miss).collect()).max(1.0)
    }
}

/// The entropy of a unit with the marker by a chance of `p`, in nats.
fn entropy(p: f64) -> f64 {
    // Sums round: a share of 0 or 1 may lie a little beyond.
    if p > 0.0 && p < 1.0 { -(p * p.ln() + (1.0 - p) * (-p).ln_1p()) } else { 0.0 }
}

/// A place where the last segment may start.
struct Candidate {
    start: usize,
    /// It cannot win from this end on.
    until: usize,
    /// The cost of the best cuts up to the current end, if the last segment starts here.
    total: f64,
}

/// Where to cut `length` things into segments of at least `least`, so that the costs of the segments and `penalty` for
/// each cut add up to the least: the starts of all segments but the first, by rising place. `cost(from, to)` is that of
/// the things from `from` to before `to`; cutting a segment must never cost more than leaving it whole.
#[must_use]
pub fn pelt(length: usize, least: usize, penalty: f64, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let least = least.max(1);
    if length < least.saturating_mul(2) {
        return Vec::new();
    }
    // Up to each end: the least total, and where its last segment starts.
    let mut best = vec![(f64::INFINITY, 0); length + 1];
    best[0].0 = -penalty;
    let mut candidates: Vec<Candidate> = Vec::new();
    for end in least..=length {
        let start = end - least;
        if start == 0 || start >= least {
            candidates.push(Candidate { start, until: usize::MAX, total: f64::INFINITY });
        }
        candidates.retain(|candidate| end < candidate.until);
        for candidate in &mut candidates {
            candidate.total = best[candidate.start].0 + cost(candidate.start, end);
        }
        if let Some(last) = candidates.iter().min_by(|a, b| a.total.total_cmp(&b.total)) {
            best[end] = (last.total + penalty, last.start);
        }
        // Whatever comes, a cut here does better; but nothing may start here that ends before `end + least`.
        let reached = best[end].0;
        for candidate in candidates.iter_mut().filter(|candidate| candidate.total > reached) {
            candidate.until = candidate.until.min(end + least);
        }
    }
    let mut starts: Vec<usize> = std::iter::successors(Some(best[length].1), |start| Some(best[*start].1))
        .take_while(|start| *start > 0)
        .collect();
    starts.reverse();
    starts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Changepoints, entropy, pelt};
    use crate::detect::{Counts, Error};
    use jiff::civil::date;
    use tidemark_domain::PeriodKind;

    fn weeks(counts: &[u64], total: u64) -> Counts {
        let counts = counts.iter().copied().map(Some).collect();
        let counts = Counts::new(PeriodKind::Isoweek, date(2024, 1, 7), counts).unwrap();
        let totals = vec![Some(total); counts.len()];
        counts.with_totals(totals).unwrap()
    }

    #[test]
    fn a_step_is_told_with_its_levels_and_its_likelihood_ratio() {
        let mut counts = [10; 12];
        counts[8..].fill(30);
        let found = Changepoints::new(PeriodKind::Isoweek).find(&weeks(&counts, 100)).unwrap();
        let [change] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((change.period.end, change.last.end), (date(2024, 3, 3), date(2024, 3, 24)));
        assert!((change.before - 0.1).abs() < 1e-12 && (change.after - 0.3).abs() < 1e-12, "{change:?}");
        // By hand: 80 of 800 and 120 of 400 against 200 of 1200; of 12 weeks too few are compared for a dispersion.
        let worked = 2.0 * (1200.0 * entropy(1.0 / 6.0) - 800.0 * entropy(0.1) - 400.0 * entropy(0.3));
        assert!((change.ratio - worked).abs() < 1e-9 && worked > 3.0 * 12.0_f64.ln(), "{change:?}, {worked}");
    }

    #[test]
    fn extremes_are_defined() {
        let weekly = Changepoints::new(PeriodKind::Isoweek);
        assert_eq!(weekly.find(&weeks(&[], 100)), Ok(vec![]));
        for level in [0, 100] {
            assert_eq!(weekly.find(&weeks(&[level; 60], 100)), Ok(vec![]));
        }
        let mut found_late = [0; 60];
        found_late[56..].fill(100);
        assert_eq!(weekly.find(&weeks(&found_late, 100)).unwrap().len(), 1);
        let without = Counts::new(PeriodKind::Day, date(2024, 1, 1), vec![Some(3); 60]).unwrap();
        assert_eq!(weekly.find(&without), Err(Error::NoDenominators));
        let refused = Changepoints { penalty: f64::NAN, ..weekly }.find(&weeks(&[1; 9], 100));
        assert!(matches!(refused, Err(Error::Parameter { name: "penalty", .. })));
        let refused = Changepoints { least_periods: 0, ..weekly }.find(&weeks(&[1; 9], 100));
        assert!(matches!(refused, Err(Error::Parameter { name: "least_periods", .. })));
        assert_eq!(pelt(5, usize::MAX, 1.0, |_, _| 0.0), [0; 0]);
    }
}
