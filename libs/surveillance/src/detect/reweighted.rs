//! `ears_t_reweighted`: EARS with a prediction interval that knows how short its baseline is, and with past outliers
//! weighted down. The detector of ECDC's epitweetr and episomer.
//!
//! From its published description (epitweetr user documentation, *Signal detection* and annex I; M. Höhle), written
//! anew. With the `n` values of the baseline:
//! 1. Their mean and variance give externally Studentised residuals `r`, each judged by the fit without it
//!    (S. Chatterjee and A. S. Hadi, *Sensitivity Analysis in Linear Regression*, 1988).
//! 2. A value with `r` above `r0`, the `1 - alpha_outlier` quantile of t with `n - 2` degrees of freedom, has the
//!    weight `(r0 / r)^decay`, every other 1; the weights are scaled to add up to `n`. Only high values are weighted
//!    down.
//! 3. With the weighted mean `m` and variance `s²` (divisor `n - 1`), the limit is `m + t s sqrt(1 + 1 / n)`, `t` being
//!    the `1 - alpha` quantile with `n - 1` degrees of freedom, `alpha` divided by the number of series judged together
//!    (Bonferroni). The p-value is the tail of t beyond `(x - m) / (s sqrt(1 + 1 / n))`.
//!
//! Gaps are left out, and `n` is the number of values left; half of them, and three, must be.
//!
//! *Proportions*: each value counts in proportion to its denominator, relative to the mean one, and the variance is
//! never below the binomial. With equal denominators the expectation and the weights are those of the counts.

use super::{
    Counts, Detector, Error, Finding, Judgement, Measure, Silence,
    baseline::{LEAST_KNOWN, needed, unit_variance},
    distributions::{student_quantile, student_tail},
    ears::standardised,
    error::{probability, within},
    judgement::{judge_each, most},
};
use tidemark_domain::PeriodKind;

/// The longest baseline taken, in periods.
const MOST_HISTORY_PERIODS: usize = 3650;
/// Days from one weekday to the next of its name.
const WEEK_DAYS: usize = 7;

/// The detector and its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarsTReweighted {
    /// Counts or proportions.
    pub measure: Measure,
    /// The tail that alarms, over all series together.
    pub alpha: f64,
    /// Residuals beyond this tail are weighted down.
    pub alpha_outlier: f64,
    /// How steeply.
    pub decay: f64,
    /// Values in the baseline.
    pub history: usize,
    /// Whether the baseline is made of the same days of the weeks before, instead of the days before.
    pub same_weekday: bool,
    /// Series judged together.
    pub series: usize,
}

impl EarsTReweighted {
    /// epitweetr's settings, for one series: alpha .025, outliers beyond .05, decay 4, seven days.
    #[must_use]
    pub const fn new(measure: Measure) -> Self {
        Self { measure, alpha: 0.025, alpha_outlier: 0.05, decay: 4.0, history: 7, same_weekday: false, series: 1 }
    }

    fn judge_one(&self, counts: &Counts, index: usize) -> Result<Finding, Silence> {
        let today = counts.cell(index).ok_or(Silence::Gap)?;
        let step = if self.same_weekday { WEEK_DAYS } else { 1 };
        let back = (1..=self.history).filter_map(|periods| index.checked_sub(periods * step));
        let known = counts.cells(back);
        // The window lies in the series; of its values half must be known.
        let needed = if index < self.history * step { self.history } else { needed(self.history) };
        if known.len() < needed {
            return Err(Silence::NoBaseline { known: known.len(), needed });
        }
        let (with, all) = known.iter().fold((0.0, 0.0), |(with, all), (_, cell)| (with + cell.k, all + cell.n));
        let size = all / known.len() as f64;
        let relative = |n: f64| if self.measure == Measure::Proportion { n / size } else { 1.0 };
        let values = known.iter().map(|(_, cell)| Value { y: cell.value(self.measure), weight: relative(cell.n) });
        let mut fit = Fit::new(values.collect());
        fit.weigh_down(self.alpha_outlier, self.decay);
        if self.measure == Measure::Proportion {
            fit.variance = fit.variance.max(unit_variance(with, all) / size);
        }
        let degrees = known.len() as f64 - 1.0;
        let spread = (fit.variance * (1.0 / relative(today.n) + 1.0 / fit.weight)).sqrt();
        let upper = fit.mean + student_quantile(1.0 - self.alpha / self.series as f64, degrees) * spread;
        let upper = upper.min(most(self.measure));
        let value = today.value(self.measure);
        let statistic = standardised(value - fit.mean, spread);
        let p = student_tail(statistic, degrees);
        Ok(Finding { value, expected: fit.mean, upper, units: None, statistic, p, alarm: value > upper })
    }
}

#[derive(Debug, Clone, Copy)]
struct Value {
    y: f64,
    weight: f64,
}

/// Weighted mean and variance.
#[derive(Debug, Clone)]
struct Fit {
    values: Vec<Value>,
    weight: f64,
    mean: f64,
    variance: f64,
}

impl Fit {
    fn new(values: Vec<Value>) -> Self {
        let weight: f64 = values.iter().map(|value| value.weight).sum();
        let mean = values.iter().map(|value| value.weight * value.y).sum::<f64>() / weight;
        let squares: f64 = values.iter().map(|value| value.weight * (value.y - mean).powi(2)).sum();
        let variance = squares / (values.len() as f64 - 1.0);
        Self { values, weight, mean, variance }
    }

    /// The residual of a value, Studentised by the variance of the fit without it.
    fn studentised(&self, value: Value) -> f64 {
        let degrees = self.values.len() as f64 - 2.0;
        let residual = value.y - self.mean;
        let free = 1.0 - value.weight / self.weight;
        let left = (degrees + 1.0) * self.variance - value.weight * residual * residual / free;
        let without = (left / degrees).max(0.0);
        // What remains of rounding where all others are equal is no variance.
        let without = if without <= 1e-12 * self.variance { 0.0 } else { without };
        standardised(residual * value.weight.sqrt(), (without * free).sqrt())
    }

    fn weigh_down(&mut self, alpha_outlier: f64, decay: f64) {
        let size = self.values.len() as f64;
        let threshold = student_quantile(1.0 - alpha_outlier, size - 2.0);
        let share = |value: &Value| {
            let residual = self.studentised(*value);
            if residual > threshold { (threshold / residual).max(0.0).powf(decay) } else { 1.0 }
        };
        let shares: Vec<f64> = self.values.iter().map(share).collect();
        let scale = size / shares.iter().sum::<f64>();
        let values = self.values.iter().zip(shares);
        *self =
            Self::new(values.map(|(value, share)| Value { weight: value.weight * share * scale, ..*value }).collect());
    }
}

impl Detector for EarsTReweighted {
    fn id(&self) -> &'static str {
        "ears_t_reweighted"
    }

    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error> {
        probability("alpha", self.alpha)?;
        within(
            "alpha_outlier",
            self.alpha_outlier,
            (f64::MIN_POSITIVE..0.5).contains(&self.alpha_outlier),
            "0 to 0.5",
        )?;
        within("decay", self.decay, self.decay >= 0.0 && self.decay.is_finite(), "0 or more")?;
        let holds = (LEAST_KNOWN..=MOST_HISTORY_PERIODS).contains(&self.history);
        within("history", self.history as f64, holds, "3 to 3650 periods")?;
        within("series", self.series as f64, self.series > 0, "1 or more")?;
        if self.same_weekday && counts.kind() != PeriodKind::Day {
            return Err(Error::NotDaily { detector: "ears_t_reweighted with same_weekday" });
        }
        counts.check(self.measure)?;
        Ok(judge_each(counts, |index| self.judge_one(counts, index)))
    }
}
