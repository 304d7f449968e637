//! EARS C1, C2 and C3: today against the mean and standard deviation of the days just before.
//!
//! L. Hutwagner and others, *Journal of Urban Health* 80 (2003); R. D. Fricker, B. L. Hegler and D. A. Dunfee,
//! *Statistics in Medicine* 27 (2008). On counts the numbers are those of `earsC` of the R package `surveillance`
//! 1.20.3 (`tests/parity`). On proportions the baseline is binomial. With `K` of `N` units over the window the
//! expectation is `K / N`, and the variance of a day with `n` units is `D p (1 - p) (1 / n + 1 / N)`, `p` being
//! `(K + 1/2) / (N + 1)` and `D` the dispersion of the window's days about `K / N`, at least 1.
//!
//! With mean `m`, standard deviation `s` and `z` the `1 - alpha` quantile of the normal distribution:
//! - **C1**: the window ends yesterday; `upper = m + z s`.
//! - **C2**: as C1, two days earlier, so that a slow rise does not raise its own baseline.
//! - **C3**: the excesses `max(0, C2 - 1)` of three days added up. Two forms:
//!   [`Method::C3`] is what R computes, `upper = max(0, x + s (z - e1 - e2))` with the excesses of the two days
//!   *before*. Today's value `x` cancels, so it alarms on what happened yesterday and the day before, provided there is
//!   a case today. [`Method::C3Published`] is the published sum over today and both days before.
//!
//! Gaps are left out; half the window, and three periods, must be known.
//!
//! Every p-value is the normal tail beyond the statistic: nominal, as the whole method is, because a window of a week
//! knows its own spread poorly. `ears_t_reweighted` mends that.

use super::{
    Counts, Detector, Error, Finding, Judgement, Measure, Silence,
    baseline::{self, Baseline, LEAST_KNOWN},
    distributions::{normal_quantile, normal_tail},
    error::{probability, within},
    judgement::{judge_each, most},
};

/// Days in the baseline.
pub const BASELINE_PERIODS: usize = 7;
/// Days between the baseline of C2 and C3 and the day judged.
pub const C2_LAG_PERIODS: usize = 2;
/// The longest baseline taken.
const MOST_BASELINE_PERIODS: usize = 3650;
/// An excess counts in C3 from this many standard deviations on.
const C3_ALLOWANCE: f64 = 1.0;

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The days up to yesterday.
    C1,
    /// The days up to three days ago.
    C2,
    /// Two days' excesses over C2, as R `surveillance` computes it.
    C3,
    /// Three days' excesses over C2, as published.
    C3Published,
}

/// The detector and its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ears {
    /// Which of the three.
    pub method: Method,
    /// Counts or proportions.
    pub measure: Measure,
    /// Periods in the baseline.
    pub baseline: usize,
    /// No standard deviation is believed to be smaller (in the unit of `measure`).
    pub min_sigma: f64,
    /// The tail that alarms.
    pub alpha: f64,
}

impl Ears {
    /// The usual settings: seven days, alpha .001 (C1, C2) or .025 (C3).
    #[must_use]
    pub const fn new(method: Method, measure: Measure) -> Self {
        let alpha = match method {
            Method::C1 | Method::C2 => 0.001,
            Method::C3 | Method::C3Published => 0.025,
        };
        Self { method, measure, baseline: BASELINE_PERIODS, min_sigma: 0.0, alpha }
    }

    fn reference(&self, counts: &Counts, index: usize) -> Result<Baseline, Silence> {
        let lag = if self.method == Method::C1 { 0 } else { C2_LAG_PERIODS };
        // As in R the window lies in the series; gaps in it are allowed.
        if index < self.baseline + lag {
            return Err(Silence::NoBaseline { known: index.saturating_sub(lag), needed: self.baseline });
        }
        let needed = baseline::needed(self.baseline);
        let found = baseline::moving(counts, self.measure, index, self.baseline, lag);
        let found = found.map_err(|known| Silence::NoBaseline { known, needed })?;
        Ok(Baseline { sd: found.sd.max(self.min_sigma), ..found })
    }

    /// How far an earlier day lay above its own C2 baseline, beyond the allowance. A gap has no excess.
    fn excess(&self, counts: &Counts, index: usize) -> Result<f64, Silence> {
        let reference = self.reference(counts, index)?;
        let Some(cell) = counts.cell(index) else { return Ok(0.0) };
        let c2 = (cell.value(self.measure) - reference.mean) / reference.sd;
        // No variation and no difference: R has no answer, and the published form has none either.
        if c2.is_nan() { Err(Silence::NoVariation) } else { Ok((c2 - C3_ALLOWANCE).max(0.0)) }
    }

    fn excesses(&self, counts: &Counts, index: usize) -> Result<f64, Silence> {
        let back =
            |periods: usize| index.checked_sub(periods).ok_or(Silence::NoBaseline { known: 0, needed: self.baseline });
        Ok(self.excess(counts, back(1)?)? + self.excess(counts, back(2)?)?)
    }

    fn judge_one(&self, counts: &Counts, index: usize, z: f64) -> Result<Finding, Silence> {
        let Baseline { mean, sd } = self.reference(counts, index)?;
        let value = counts.cell(index).ok_or(Silence::Gap)?.value(self.measure);
        let deviations = standardised(value - mean, sd);
        let (statistic, upper) = match self.method {
            Method::C1 | Method::C2 => (deviations, mean + z * sd),
            Method::C3 => {
                let excesses = self.excesses(counts, index)?;
                (excesses, value + sd * (z - excesses))
            }
            Method::C3Published => {
                let excesses = self.excesses(counts, index)?;
                let today = (deviations - C3_ALLOWANCE).max(0.0);
                // With enough excess before today, any value is an alarm.
                let upper = if excesses > z { 0.0 } else { mean + sd * (C3_ALLOWANCE + z - excesses) };
                (excesses + today, upper)
            }
        };
        if upper.is_nan() {
            return Err(Silence::NoVariation);
        }
        let upper = if self.method == Method::C3 { upper.max(0.0) } else { upper }.min(most(self.measure));
        Ok(Finding {
            value,
            expected: mean,
            upper,
            units: None,
            statistic,
            p: normal_tail(statistic),
            alarm: value > upper,
        })
    }
}

/// A deviation in standard deviations; none of no deviation, and infinitely many of any where nothing ever varied.
pub(crate) fn standardised(deviation: f64, sd: f64) -> f64 {
    if deviation == 0.0 { 0.0 } else { deviation / sd }
}

impl Detector for Ears {
    fn id(&self) -> &'static str {
        match self.method {
            Method::C1 => "ears_c1",
            Method::C2 => "ears_c2",
            Method::C3 => "ears_c3",
            Method::C3Published => "ears_c3_published",
        }
    }

    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error> {
        let length = self.baseline as f64;
        let holds = (LEAST_KNOWN..=MOST_BASELINE_PERIODS).contains(&self.baseline);
        within("baseline", length, holds, "3 to 3650 periods")?;
        within("min_sigma", self.min_sigma, self.min_sigma >= 0.0 && self.min_sigma.is_finite(), "0 or more")?;
        probability("alpha", self.alpha)?;
        counts.check(self.measure)?;
        let z = normal_quantile(1.0 - self.alpha);
        Ok(judge_each(counts, |index| self.judge_one(counts, index, z)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Ears, Method};
    use crate::detect::{Counts, Detector, Measure, Silence};
    use jiff::civil::date;
    use tidemark_domain::PeriodKind;

    fn daily(counts: &[u64]) -> Counts {
        Counts::new(PeriodKind::Day, date(2024, 1, 1), counts.iter().copied().map(Some).collect()).unwrap()
    }

    #[test]
    fn c1_of_a_worked_week() {
        // 4 6 5 7 3 5 5: mean 5, squares 1+1+0+4+4+0+0 = 10, sd sqrt(10 / 6).
        let counts = daily(&[4, 6, 5, 7, 3, 5, 5, 12]);
        let judged = Ears::new(Method::C1, Measure::Count).judge(&counts).unwrap();
        assert_eq!(judged[6].verdict, Err(Silence::NoBaseline { known: 6, needed: 7 }));
        let finding = judged[7].verdict.unwrap();
        assert!((finding.statistic - 7.0 / (10.0_f64 / 6.0).sqrt()).abs() < 1e-12 && finding.alarm);
    }

    #[test]
    fn proportions_have_a_binomial_limit() {
        // 70 of 700 before; p = 70.5 / 701; no more spread than chance gives, so D = 1.
        let totals = vec![Some(100); 8];
        let counts = daily(&[10, 10, 10, 10, 10, 10, 10, 24]).with_totals(totals).unwrap();
        let finding = Ears::new(Method::C1, Measure::Proportion).judge(&counts).unwrap()[7].verdict.unwrap();
        let p: f64 = 70.5 / 701.0;
        let sd = (p * (1.0 - p) * (1.0 / 100.0 + 1.0 / 700.0)).sqrt();
        assert!((finding.upper - (0.1 + 3.090_232_306_167_813_5 * sd)).abs() < 1e-12, "{finding:?}");
        assert!((finding.expected - 0.1).abs() < 1e-12 && finding.alarm);
    }

    #[test]
    fn a_constant_series_has_a_defined_answer() {
        let counts = daily(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        let last = |method| Ears::new(method, Measure::Count).judge(&counts).unwrap()[11].verdict;
        let finding = last(Method::C1).unwrap();
        assert!(finding.alarm && finding.p == 0.0 && finding.statistic.is_infinite());
        assert_eq!(last(Method::C3), Err(Silence::NoVariation));
        let quiet = Ears { min_sigma: 0.5, ..Ears::new(Method::C1, Measure::Count) };
        assert!(!quiet.judge(&counts).unwrap()[11].is_alarm());
    }

    #[test]
    fn the_published_c3_adds_three_days() {
        // Mean 5, sd 1 in the baseline of all three days; C2 is 2, 2.5 and 3: excesses 1 + 1.5 + 2.
        let mut counts = vec![4, 6, 4, 6, 5, 5, 4, 6, 4, 6, 5, 5];
        counts.extend([8, 8, 8]);
        let ears = Ears { baseline: 6, ..Ears::new(Method::C3Published, Measure::Count) };
        let finding = ears.judge(&daily(&counts)).unwrap()[14].verdict.unwrap();
        let sd = 0.8_f64.sqrt();
        // Windows of days 6..12, 5..11 and 4..10 hold 4 6 4 6 5 5 each in another order.
        assert!((finding.statistic - 3.0 * (3.0 / sd - 1.0)).abs() < 1e-12 && finding.alarm, "{finding:?}");
    }
}
