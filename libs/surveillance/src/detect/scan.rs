//! A temporal scan: the last one to fourteen days, whichever of these windows stands out most from the weeks before it.
//!
//! A detector that looks at one day sees what is sudden and misses what is small and lasts; a scan adds up the days of a
//! rise whatever its length (M. Kulldorff, *JRSS A* 164, 2001; C. Sonesson and D. Bock, *JRSS A* 166, 2003).
//!
//! For each window of [`WINDOWS`] periods that ends with the one judged:
//! 1. **Expected** is the rate of the [`BASELINE_PERIODS`] before the window and its guard, times the profile of the
//!    weekdays over the last half year, times the window's own denominators.
//! 2. **Dispersion** is what the same comparison has missed by in the past: the squared median of `|K - E| / sqrt(E)`
//!    over the last year (the median, because earlier rises must not hide later ones), over that of the normal
//!    distribution. Slow drift, autocorrelation and everything else that makes days differ by more than chance is in it;
//!    it differs between windows, and a series pays for its own restlessness. It is at least `1 + E / K'`, `K'` being
//!    the baseline's cases: chance in the window and in the baseline.
//! 3. The p-value is the tail of the negative binomial distribution with that mean and dispersion, times the number of
//!    windows (Bonferroni).
//!
//! The window with the smallest p-value speaks: value, expectation and limit are its means per period or its
//! proportions. A period that is a gap or suspect is left out of windows and baselines; half of either must be known.

use super::{
    Counts, Detector, Error, Finding, Judgement, Measure, Silence, dispersion,
    distributions::CountDistribution,
    error::probability,
    judgement::{judge_each, most},
    weekdays::{self, WEEK},
};

/// Lengths of the windows, in periods.
pub const WINDOWS: [usize; 6] = [1, 2, 4, 7, 10, 14];
/// Periods of the baseline.
pub const BASELINE_PERIODS: usize = 28;
/// Periods between the baseline and the window.
pub const GUARD_PERIODS: usize = 2;
/// Days from which the profile of the weekdays is taken.
const PROFILE_DAYS: usize = 182;
/// Past comparisons that the dispersion is taken from.
const MEMORY_PERIODS: usize = 364;

/// The detector and its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scan {
    /// Counts or proportions.
    pub measure: Measure,
    /// The tail that alarms, over all windows together.
    pub alpha: f64,
}

impl Scan {
    /// An alarm once in a thousand periods.
    #[must_use]
    pub const fn new(measure: Measure) -> Self {
        Self { measure, alpha: 0.001 }
    }

    /// The window of some length that ends at `index`, beside what its past lets expect.
    fn window(self, counts: &Counts, index: usize, length: usize, profile: &[f64; WEEK]) -> Option<Window> {
        let start = (index + 1).checked_sub(length)?;
        let end = start.checked_sub(GUARD_PERIODS)?;
        let sum = |from: usize, to: usize| {
            let mut sum = Sum::default();
            for (day, cell) in counts.cells(from..to) {
                sum.periods += 1;
                sum.cases += cell.k;
                sum.size += cell.size(self.measure);
                sum.weighted += cell.size(self.measure) * profile[day % WEEK];
            }
            sum
        };
        let (now, before) = (sum(start, index + 1), sum(end.saturating_sub(BASELINE_PERIODS), end));
        if 2 * now.periods < length || 2 * before.periods < BASELINE_PERIODS {
            return None;
        }
        // Half a case, so that a past without any is no certainty.
        let expected = now.weighted * (before.cases + 0.5) / before.weighted;
        let chance = 1.0 + expected / (before.cases + 0.5);
        let window = Window { cases: now.cases, size: now.size, expected, chance };
        (window.expected > 0.0 && window.expected.is_finite()).then_some(window)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    periods: usize,
    cases: f64,
    size: f64,
    weighted: f64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    cases: f64,
    /// Denominators, or periods.
    size: f64,
    expected: f64,
    /// The dispersion that chance alone gives.
    chance: f64,
}

impl Window {
    /// By how much it misses its expectation, in standard deviations of a Poisson count.
    fn miss(&self) -> f64 {
        (self.cases - self.expected).abs() / self.expected.sqrt()
    }
}

/// What has been missed so far by windows of one length, the latest last.
#[derive(Debug, Clone, Default)]
struct Misses(Vec<f64>);

impl Misses {
    fn dispersion(&self) -> f64 {
        dispersion::of_misses(self.0[self.0.len().saturating_sub(MEMORY_PERIODS)..].to_vec())
    }
}

impl Detector for Scan {
    fn id(&self) -> &'static str {
        "scan"
    }

    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error> {
        probability("alpha", self.alpha)?;
        counts.check(self.measure)?;
        let alpha = self.alpha / WINDOWS.len() as f64;
        let mut misses: [Misses; WINDOWS.len()] = Default::default();
        Ok(judge_each(counts, |index| {
            let end = index.saturating_sub(GUARD_PERIODS);
            let profile = weekdays::profile(counts, self.measure, end.saturating_sub(PROFILE_DAYS)..end);
            let mut best: Option<(Window, CountDistribution, f64)> = None;
            for (length, misses) in WINDOWS.into_iter().zip(&mut misses) {
                let Some(window) = self.window(counts, index, length, &profile) else { continue };
                let dispersion = misses.dispersion().max(window.chance);
                misses.0.push(window.miss());
                let expected = CountDistribution { mean: window.expected, dispersion };
                let p = expected.tail(window.cases);
                if best.is_none_or(|(_, _, least)| p < least) {
                    best = Some((window, expected, p));
                }
            }
            let known = counts.cells(end.saturating_sub(BASELINE_PERIODS)..end).len();
            let (window, expected, p) =
                best.ok_or(Silence::NoBaseline { known, needed: BASELINE_PERIODS.div_ceil(2) })?;
            let upper = expected.quantile(1.0 - alpha);
            Ok(Finding {
                value: window.cases / window.size,
                expected: (window.expected / window.size).min(most(self.measure)),
                upper: (upper / window.size).min(most(self.measure)),
                units: Some(window.size),
                statistic: (window.cases - window.expected) / (expected.dispersion * window.expected).sqrt(),
                p: (p * WINDOWS.len() as f64).min(1.0),
                alarm: window.cases > upper,
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Scan, WINDOWS};
    use crate::detect::{Counts, Detector, Measure, Silence};
    use jiff::civil::date;
    use tidemark_domain::PeriodKind;

    fn judged(counts: Vec<u64>, total: u64) -> Vec<crate::detect::Judgement> {
        let totals = vec![Some(total); counts.len()];
        let counts = Counts::new(PeriodKind::Day, date(2024, 1, 1), counts.into_iter().map(Some).collect()).unwrap();
        Scan::new(Measure::Proportion).judge(&counts.with_totals(totals).unwrap()).unwrap()
    }

    /// Fifty of a thousand, give or take some, with a weekly rhythm.
    fn steady(days: usize) -> Vec<u64> {
        (0..days).map(|day| 46 + (day * 37 % 9) as u64 + if day % 7 >= 5 { 10 } else { 0 }).collect()
    }

    #[test]
    fn a_small_rise_that_lasts_is_found_by_adding_up() {
        let mut counts = steady(200);
        assert!(!judged(counts.clone(), 1000)[60..].iter().any(|judgement| judgement.is_alarm()));
        counts[190..].iter_mut().for_each(|count| *count += 14);
        let judged = judged(counts, 1000);
        assert!(!judged[190].is_alarm(), "one such day is nothing");
        assert!(judged[199].is_alarm(), "ten are: {:?}", judged[199].verdict);
    }

    #[test]
    fn a_past_without_cases_and_a_short_one_have_defined_answers() {
        let mut counts = vec![0; 60];
        counts[59] = 9;
        let found = judged(counts, 1000);
        assert_eq!(found[10].verdict, Err(Silence::NoBaseline { known: 8, needed: 14 }));
        assert!(found[58].verdict.unwrap().p <= 1.0 && !found[58].is_alarm());
        assert!(found[59].is_alarm() && found[59].verdict.unwrap().upper > 0.0);
    }

    #[test]
    fn p_counts_every_window() {
        let found = judged(steady(100), 1000);
        let finding = found[99].verdict.unwrap();
        assert!(finding.p > 1e-3 && finding.p <= 1.0 && WINDOWS.len() == 6, "{finding:?}");
    }
}
