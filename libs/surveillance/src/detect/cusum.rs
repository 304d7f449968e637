//! CUSUM on counts: standardised excesses over what is expected are added up until they pass a decision interval.
//!
//! E. S. Page, *Biometrika* 41 (1954); G. Rossi, L. Lampugnani and M. Marchi, *Statistics in Medicine* 18 (1999). The
//! numbers are those of `cusum` of the R package `surveillance` 1.20.3 (`tests/parity`). After a period with the
//! standardised count `x`, the sum is `S = max(0, S' + x - k)`, and `S >= h` is an alarm. The sum is not set back:
//! alarms go on until it has come down by itself. A gap leaves it as it is.
//!
//! `k` 1.04 and `h` 2.26 are Rossi's; [`run_length`](super::run_length) finds the `h` that belongs to a wanted
//! in-control run length.
//!
//! *Proportions*: the expectation is `p0` times the period's own denominator, `p0` pooled over the periods of
//! calibration. (The [binomial CUSUM](super::likelihood) has the exact likelihood instead of a transformation.)
//!
//! The p-value bounds the probability that the sum of an in-control process stands this high: `exp(-2 k S)` for
//! normal steps (J. F. C. Kingman, *JRSS B* 32, 1970). The upper limit is the count that would bring the sum to `h`.

use super::{
    Counts, Detector, Error, Finding, Judgement, Measure, Silence,
    counts::Cell,
    error::within,
    judgement::{judge_each, most},
};

/// Rossi's reference value.
pub const REFERENCE: f64 = 1.04;
/// Rossi's decision interval.
pub const DECISION_INTERVAL: f64 = 2.26;
/// Periods that are not judged but say what to expect, where nothing else is said.
pub const CALIBRATION_PERIODS: usize = 56;

/// How a count `x` with expectation `m` becomes roughly standard normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transformation {
    /// `(x - m) / sqrt(m)`.
    Standard,
    /// `(x - 3 m + 2 sqrt(x m)) / (2 sqrt(m))`, the mean of two approximations (Rossi 1999).
    Rossi,
    /// `3/2 (x^(2/3) - m^(2/3)) / m^(1/6)`.
    Anscombe,
    /// The same about the second-order expectation of `x^(2/3)`, `m^(2/3) - m^(-1/3) / 9` (Pierce and Schafer 1986).
    AnscombeSecondOrder,
    /// `(x - m) / sqrt(m + a m²)`: Pearson's residual of a negative binomial count with the overdispersion `a`.
    PearsonNegativeBinomial(f64),
}

impl Transformation {
    /// The standardised count.
    #[must_use]
    pub fn forward(self, x: f64, m: f64) -> f64 {
        match self {
            Self::Standard => (x - m) / m.sqrt(),
            Self::Rossi => (x - 3.0 * m + 2.0 * (x * m).sqrt()) / (2.0 * m.sqrt()),
            Self::Anscombe => 1.5 * (x.powf(2.0 / 3.0) - m.powf(2.0 / 3.0)) / m.powf(1.0 / 6.0),
            Self::AnscombeSecondOrder => 1.5 * (x.powf(2.0 / 3.0) - second_order(m)) / m.powf(1.0 / 6.0),
            Self::PearsonNegativeBinomial(a) => (x - m) / (m + a * m * m).sqrt(),
        }
    }

    /// The count whose standardised value is `z`; 0 where none is so low.
    #[must_use]
    pub fn back(self, z: f64, m: f64) -> f64 {
        let from_power = |power: f64| power.max(0.0).powf(1.5);
        match self {
            Self::Standard => (m + m.sqrt() * z).max(0.0),
            Self::Rossi => (((4.0 * m + 2.0 * m.sqrt() * z).max(0.0)).sqrt() - m.sqrt()).max(0.0).powi(2),
            Self::Anscombe => from_power(m.powf(2.0 / 3.0) + m.powf(1.0 / 6.0) * z / 1.5),
            Self::AnscombeSecondOrder => from_power(second_order(m) + m.powf(1.0 / 6.0) * z / 1.5),
            Self::PearsonNegativeBinomial(a) => (m + (m + a * m * m).sqrt() * z).max(0.0),
        }
    }
}

/// The expectation of `x^(2/3)` to the second order.
fn second_order(m: f64) -> f64 {
    m.powf(2.0 / 3.0) - m.powf(-1.0 / 3.0) / 9.0
}

/// What is expected of each period.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// The mean of the first periods, which are not judged; of the rate, where proportions are judged.
    Calibrated {
        /// How many periods.
        periods: usize,
    },
    /// One expectation for every count, from a model of one's own; for every rate, where proportions are judged.
    Given(Vec<f64>),
}

/// The detector and its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Cusum {
    /// Counts or proportions.
    pub measure: Measure,
    /// Reference value, in standard deviations: half the shift that is to be found soonest.
    pub k: f64,
    /// Decision interval, in standard deviations.
    pub h: f64,
    /// How counts are standardised.
    pub transformation: Transformation,
    /// What is expected.
    pub expected: Expected,
}

impl Cusum {
    /// Rossi's settings over eight weeks of calibration.
    #[must_use]
    pub const fn new(measure: Measure) -> Self {
        Self {
            measure,
            k: REFERENCE,
            h: DECISION_INTERVAL,
            transformation: Transformation::Standard,
            expected: Expected::Calibrated { periods: CALIBRATION_PERIODS },
        }
    }

    /// The expectation of every period that is judged, `None` before; each in the unit of the measure.
    fn expectations(&self, counts: &Counts) -> Result<Vec<Option<f64>>, Error> {
        match &self.expected {
            Expected::Given(given) if given.len() != counts.len() => {
                Err(Error::Lengths { what: "expectations", given: given.len(), periods: counts.len() })
            }
            Expected::Given(given) => {
                for value in given {
                    within("an expectation", *value, *value >= 0.0 && value.is_finite(), "0 or more")?;
                }
                Ok(given.iter().copied().map(Some).collect())
            }
            Expected::Calibrated { periods } => {
                within("calibration", *periods as f64, *periods > 0, "1 period or more")?;
                let mean = calibrated(counts, self.measure, *periods);
                Ok((0..counts.len()).map(|index| mean.filter(|_| index >= *periods)).collect())
            }
        }
    }
}

/// The mean count, or the pooled rate, of the first periods. `None` where fewer than half of them are known.
pub(crate) fn calibrated(counts: &Counts, measure: Measure, periods: usize) -> Option<f64> {
    let known = counts.cells(0..periods.min(counts.len()));
    let (with, all) = known.iter().fold((0.0, 0.0), |(with, all), (_, cell)| match measure {
        Measure::Count => (with + cell.k, all + 1.0),
        Measure::Proportion => (with + cell.k, all + cell.n),
    });
    (known.len() >= periods.div_ceil(2)).then_some(with / all)
}

/// How many of the first periods must be known, as the reason of a silence.
pub(crate) fn uncalibrated(counts: &Counts, index: usize, expected: &Expected) -> Silence {
    let periods = if let Expected::Calibrated { periods } = expected { *periods } else { 0 };
    let known = counts.cells(0..periods.min(index)).len();
    Silence::NoBaseline { known, needed: if index < periods { periods } else { periods.div_ceil(2) } }
}

impl Detector for Cusum {
    fn id(&self) -> &'static str {
        "cusum"
    }

    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error> {
        within("k", self.k, self.k > 0.0 && self.k.is_finite(), "above 0")?;
        within("h", self.h, self.h > 0.0 && self.h.is_finite(), "above 0")?;
        if let Transformation::PearsonNegativeBinomial(a) = self.transformation {
            within("overdispersion", a, a >= 0.0 && a.is_finite(), "0 or more")?;
        }
        counts.check(self.measure)?;
        let expectations = self.expectations(counts)?;
        let mut sum = 0.0_f64;
        Ok(judge_each(counts, |index| {
            let Cell { k: count, n } = counts.cell(index).ok_or(Silence::Gap)?;
            let unit = if self.measure == Measure::Proportion { n } else { 1.0 };
            let expected = expectations[index].ok_or_else(|| uncalibrated(counts, index, &self.expected))?;
            let mean = expected * unit;
            if mean <= 0.0 {
                return Err(Silence::ZeroBaseline);
            }
            let upper = self.transformation.back(self.h - sum + self.k, mean);
            sum = (sum + self.transformation.forward(count, mean) - self.k).max(0.0);
            Ok(Finding {
                value: count / unit,
                expected,
                upper: (upper / unit).min(most(self.measure)),
                units: None,
                statistic: sum,
                p: (-2.0 * self.k * sum).exp(),
                alarm: sum >= self.h,
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Cusum, Expected, Transformation};
    use crate::detect::{Counts, Detector, Error, Measure, Silence};
    use jiff::civil::date;
    use tidemark_domain::PeriodKind;

    #[test]
    fn a_sum_of_a_worked_example() {
        let counts = Counts::new(PeriodKind::Day, date(2024, 1, 1), [4, 4, 8, 10, 2].map(Some).to_vec()).unwrap();
        let cusum = Cusum { expected: Expected::Calibrated { periods: 2 }, ..Cusum::new(Measure::Count) };
        let judged = cusum.judge(&counts).unwrap();
        assert_eq!(judged[1].verdict, Err(Silence::NoBaseline { known: 1, needed: 2 }));
        // Expectation 4: steps of 2, 3 and -1 deviations.
        let sums: Vec<f64> = judged[2..].iter().map(|day| day.verdict.unwrap().statistic).collect();
        for (sum, worked) in sums.iter().zip([0.96, 2.92, 0.88]) {
            assert!((sum - worked).abs() < 1e-12, "{sums:?}");
        }
        assert_eq!([judged[2].is_alarm(), judged[3].is_alarm(), judged[4].is_alarm()], [false, true, false]);
    }

    #[test]
    fn the_upper_limit_brings_the_sum_to_the_interval() {
        for transformation in [
            Transformation::Standard,
            Transformation::Rossi,
            Transformation::Anscombe,
            Transformation::AnscombeSecondOrder,
            Transformation::PearsonNegativeBinomial(0.3),
        ] {
            for z in [-0.4, 0.0, 1.0, 3.3] {
                let back = transformation.back(z, 4.5);
                assert!((transformation.forward(back, 4.5) - z).abs() < 1e-12, "{transformation:?} {z}");
            }
        }
    }

    #[test]
    fn zero_and_wrong_expectations_have_their_answers() {
        let counts = Counts::new(PeriodKind::Day, date(2024, 1, 1), vec![Some(0); 9]).unwrap();
        let zero = Cusum { expected: Expected::Calibrated { periods: 4 }, ..Cusum::new(Measure::Count) };
        assert_eq!(zero.judge(&counts).unwrap()[8].verdict, Err(Silence::ZeroBaseline));
        let short = Cusum { expected: Expected::Given(vec![1.0; 8]), ..Cusum::new(Measure::Count) };
        assert!(matches!(short.judge(&counts), Err(Error::Lengths { given: 8, periods: 9, .. })));
        let nan = Cusum { h: f64::NAN, ..Cusum::new(Measure::Count) };
        assert!(matches!(nan.judge(&counts), Err(Error::Parameter { name: "h", .. })));
    }
}
