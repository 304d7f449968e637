//! The binomial CUSUM: log likelihood ratios of a raised proportion over the usual one are added up.
//!
//! E. S. Page, *Biometrika* 41 (1954); S. H. Steiner and others, *Biostatistics* 1 (2000). With the usual proportion
//! `p0` and `p1`, whose odds are `odds_ratio` times those of `p0`, a period with `k` of `n` adds
//! `k ln(p1 / p0) + (n - k) ln((1 - p1) / (1 - p0))`: the sum of `n` Bernoulli steps. Among all charts with the same
//! run length it finds a change from `p0` to `p1` soonest (G. V. Moustakides, *Annals of Statistics* 14, 1986), and
//! each period's own denominator is in it.
//!
//! People of one day are not independent: the same news reaches them. The step is therefore divided by the
//! *dispersion* of the periods of calibration about `p0` (Pearson's, at least 1), which makes it a quasi-likelihood
//! ratio: `n` people count as `n / dispersion`.
//!
//! The p-value is `exp(-S)`: in control the likelihood ratio has mean 1, so the probability that the sum stands at `S`
//! or above is no larger (Kingman 1970), and the mean run length to an alarm is at least `exp(h)`. [`run_length`] finds
//! the `h` of a wanted run length more closely. As [`cusum`](super::cusum) the sum is not set back, and gaps leave it.
//!
//! [`run_length`]: super::run_length

use super::{
    Counts, Detector, Error, Finding, Judgement, Measure, Silence,
    cusum::{CALIBRATION_PERIODS, Expected, calibrated, uncalibrated},
    error::within,
    judgement::judge_each,
};

/// The change that is looked for where nothing else is said: half as high again, in odds.
pub const ODDS_RATIO: f64 = 1.5;

/// The detector and its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinomialCusum {
    /// The odds that are to be found soonest, over the usual ones.
    pub odds_ratio: f64,
    /// Decision interval, in natural logarithms of likelihood.
    pub h: f64,
    /// Periods that are not judged but say what is usual.
    pub calibration: usize,
    /// The dispersion of the periods; taken from those of calibration where nothing is said.
    pub dispersion: Option<f64>,
}

/// What one period adds, for each unit with the marker and for each without.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    pub(crate) with: f64,
    pub(crate) without: f64,
}

impl Steps {
    /// The steps from `p0` to odds that are `odds_ratio` times as high.
    #[must_use]
    pub fn new(p0: f64, odds_ratio: f64) -> Self {
        let p1 = odds_ratio * p0 / (1.0 + (odds_ratio - 1.0) * p0);
        Self { with: (p1 / p0).ln(), without: ((1.0 - p1) / (1.0 - p0)).ln() }
    }

    fn of(self, k: f64, n: f64) -> f64 {
        k * self.with + (n - k) * self.without
    }
}

impl BinomialCusum {
    /// Looks for half as high odds again, over eight weeks of calibration; `h` is the caller's choice.
    #[must_use]
    pub const fn new(h: f64) -> Self {
        Self { odds_ratio: ODDS_RATIO, h, calibration: CALIBRATION_PERIODS, dispersion: None }
    }

    /// The usual proportion and the dispersion about it.
    fn usual(&self, counts: &Counts) -> Option<(f64, f64)> {
        let p0 = calibrated(counts, Measure::Proportion, self.calibration)?;
        let known = counts.cells(0..self.calibration.min(counts.len()));
        let variance = p0 * (1.0 - p0);
        let chi2: f64 = known.iter().map(|(_, cell)| (cell.k - cell.n * p0).powi(2) / (cell.n * variance)).sum();
        let degrees = (known.len() as f64 - 1.0).max(1.0);
        Some((p0, self.dispersion.unwrap_or((chi2 / degrees).max(1.0))))
    }
}

impl Detector for BinomialCusum {
    fn id(&self) -> &'static str {
        "binomial_cusum"
    }

    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error> {
        within("odds_ratio", self.odds_ratio, self.odds_ratio > 1.0 && self.odds_ratio.is_finite(), "above 1")?;
        within("h", self.h, self.h > 0.0 && self.h.is_finite(), "above 0")?;
        within("calibration", self.calibration as f64, self.calibration > 0, "1 period or more")?;
        if let Some(dispersion) = self.dispersion {
            within("dispersion", dispersion, dispersion >= 1.0 && dispersion.is_finite(), "1 or more")?;
        }
        counts.check(Measure::Proportion)?;
        let usual = self.usual(counts);
        let mut sum = 0.0_f64;
        Ok(judge_each(counts, |index| {
            let cell = counts.cell(index).ok_or(Silence::Gap)?;
            let (p0, dispersion) = usual
                .filter(|_| index >= self.calibration)
                .ok_or_else(|| uncalibrated(counts, index, &Expected::Calibrated { periods: self.calibration }))?;
            if p0 <= 0.0 {
                return Err(Silence::ZeroBaseline);
            }
            if p0 >= 1.0 {
                return Err(Silence::NoVariation);
            }
            let steps = Steps::new(p0, self.odds_ratio);
            let needed = (self.h - sum) * dispersion - cell.n * steps.without;
            let upper = (needed / (steps.with - steps.without) / cell.n).clamp(0.0, 1.0);
            sum = (sum + steps.of(cell.k, cell.n) / dispersion).max(0.0);
            Ok(Finding {
                value: cell.k / cell.n,
                expected: p0,
                upper,
                units: None,
                statistic: sum,
                p: (-sum).exp(),
                alarm: sum >= self.h,
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{BinomialCusum, Steps};
    use crate::detect::{Counts, Detector, Error, Silence};
    use jiff::civil::date;
    use tidemark_domain::PeriodKind;

    fn of_hundred(counts: &[u64]) -> Counts {
        let known = counts.iter().copied().map(Some).collect();
        let counts = Counts::new(PeriodKind::Day, date(2024, 1, 1), known).unwrap();
        let totals = vec![Some(100); counts.len()];
        counts.with_totals(totals).unwrap()
    }

    #[test]
    fn a_sum_of_a_worked_example() {
        // p0 = .2, odds 1/4; doubled 1/2, p1 = 1/3: ln(5/3) with, ln(5/6) without.
        let cusum = BinomialCusum { odds_ratio: 2.0, calibration: 2, ..BinomialCusum::new(3.0) };
        let judged = cusum.judge(&of_hundred(&[20, 20, 30, 30, 10])).unwrap();
        let step = |k: f64| k * (5.0_f64 / 3.0).ln() + (100.0 - k) * (5.0_f64 / 6.0).ln();
        let sums: Vec<f64> = judged[2..].iter().map(|day| day.verdict.unwrap().statistic).collect();
        assert!((sums[0] - step(30.0)).abs() < 1e-12 && (sums[1] - 2.0 * step(30.0)).abs() < 1e-12 && sums[2] == 0.0);
        assert_eq!([judged[2].is_alarm(), judged[3].is_alarm(), judged[4].is_alarm()], [false, true, false]);
        // The upper limit is the proportion that would have brought the sum to h.
        let upper = judged[3].verdict.unwrap().upper;
        assert!((sums[0] + Steps::new(0.2, 2.0).of(100.0 * upper, 100.0) - 3.0).abs() < 1e-9, "{upper}");
    }

    #[test]
    fn nobody_and_everybody_have_their_answers() {
        let of = |count| BinomialCusum { calibration: 3, ..BinomialCusum::new(3.0) }.judge(&of_hundred(&[count; 5]));
        assert_eq!(of(0).unwrap()[4].verdict, Err(Silence::ZeroBaseline));
        assert_eq!(of(100).unwrap()[4].verdict, Err(Silence::NoVariation));
        let bare = Counts::new(PeriodKind::Day, date(2024, 1, 1), vec![Some(1); 5]).unwrap();
        assert_eq!(BinomialCusum::new(3.0).judge(&bare), Err(Error::NoDenominators));
    }
}
