//! Farrington Flexible: today against the same time of the last years, by an overdispersed Poisson regression.
//!
//! C. P. Farrington and others, *JRSS A* 159 (1996); A. Noufaily and others, *Statistics in Medicine* 32 (2013);
//! M. Salmon, D. Schumacher and M. Höhle, *JSS* 70(10) (2016). The numbers are those of `farringtonFlexible` of the R
//! package `surveillance` 1.20.3 (`tests/parity`), written anew from the papers.
//!
//! 1. `baseline` picks the past periods and their seasons.
//! 2. `fit` fits counts on season and trend, weights past outbreaks down and fits again. A trend stays where it is
//!    significant, at least three years are seen, and it leads to no expectation above everything seen.
//! 3. The limit is a quantile of what the model predicts ([`Threshold`]).
//! 4. No alarm is raised with fewer than five cases in the last four periods, today's among them.
//!
//! *Proportions*: the logarithm of the denominator is an offset, so the regression is of the rate, and expectation and
//! limit are divided by today's denominator. The statistic is the exceedance score `(x - expected) / (upper -
//! expected)`, an alarm above 1; the p-value is the prediction's tail. Gaps are left out of the past (R has no answer
//! then).
//!
//! **What the reference does otherwise than published.** After the weights are applied, R 1.20.3 takes the standard
//! error of the prediction, and the p-value of the trend, from the weighted squares of the *working* residuals `x / m -
//! 1` in place of Pearson's `(x - m) / sqrt(m)`. The variance of the expectation `m` is then too small by a factor of
//! about `m`: limits are a little low, and trends are kept too readily. [`StandardError`] chooses; the default is the
//! reference's number, because two programs that disagree help nobody. (The score of its negative binomial thresholds
//! mixes the logarithm of the expectation into the score. No alarm depends on it, and ours does not repeat it.)

mod baseline;
mod fit;

use super::{
    Counts, Detector, Error, Finding, Judgement, Measure, Silence,
    distributions::{CountDistribution, normal_quantile, normal_tail},
    error::{probability, within},
    judgement::judge_each,
};
use fit::{Past, Prediction};
use tidemark_domain::PeriodKind;

/// The most years, and periods of half a window, taken: a century of data is the longest series there is.
const MOST_YEARS: usize = 100;
const MOST_WINDOW_PERIODS: usize = 182;

/// How the same time of another year is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Years {
    /// By the calendar: the same date, or the week that starts nearest to it.
    Calendar,
    /// So many periods back (52 weeks, 365 days), whatever the calendar says.
    Periods(usize),
}

/// How the limit is taken from the prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// Normal quantile on the 2/3 power scale, with both the variance of the count and that of the expectation
    /// (Farrington 1996).
    Delta,
    /// Quantile of the negative binomial distribution at the expectation (Noufaily 2013).
    NbPlugin,
    /// The same at the `1 - alpha` quantile of the expectation (Salmon 2016).
    Muan,
}

/// Which dispersion standard errors stand on after past outbreaks have been weighted down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardError {
    /// As R `surveillance` 1.20.3 computes it: see the module.
    AsReference,
    /// Pearson's, at least 1, as published.
    QuasiPoisson,
}

/// The detector and its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Farrington {
    /// Counts or proportions.
    pub measure: Measure,
    /// Years to look back.
    pub years: usize,
    /// Periods to either side of the same time.
    pub half_window: usize,
    /// Seasons the year is divided into; 1 uses nothing but the windows.
    pub seasons: usize,
    /// Periods before the judged one that are left out; as many as `half_window` where nothing is said.
    pub past_not_included: Option<usize>,
    /// Whether a trend may be fitted.
    pub trend: bool,
    /// A trend stays where its p-value is below this; 1 keeps every trend.
    pub p_threshold_trend: f64,
    /// Whether past outbreaks are weighted down.
    pub reweight: bool,
    /// From this standardised residual on.
    pub weights_threshold: f64,
    /// The tail that alarms.
    pub alpha: f64,
    /// No alarm with fewer cases than the first in as many of the latest periods as the second.
    pub least_cases: (u64, usize),
    /// How the limit is taken.
    pub threshold: Threshold,
    /// How the same time of another year is found.
    pub calendar: Years,
    /// Which dispersion standard errors stand on.
    pub standard_error: StandardError,
}

impl Farrington {
    /// R's defaults: five years, three periods to either side, outbreaks weighted down from 2.58 on, alpha .05; years
    /// by the calendar.
    #[must_use]
    pub const fn new(measure: Measure) -> Self {
        Self {
            measure,
            years: 5,
            half_window: 3,
            seasons: 1,
            past_not_included: None,
            trend: true,
            p_threshold_trend: 0.05,
            reweight: true,
            weights_threshold: 2.58,
            alpha: 0.05,
            least_cases: (5, 4),
            threshold: Threshold::Delta,
            calendar: Years::Calendar,
            standard_error: StandardError::AsReference,
        }
    }

    /// The improved settings of Noufaily 2013: ten seasons, half a year left out, every trend kept, negative binomial.
    #[must_use]
    pub const fn improved(measure: Measure) -> Self {
        Self {
            seasons: 10,
            past_not_included: Some(26),
            p_threshold_trend: 1.0,
            threshold: Threshold::NbPlugin,
            ..Self::new(measure)
        }
    }

    pub(crate) fn past_not_included(&self) -> usize {
        self.past_not_included.unwrap_or(self.half_window)
    }

    /// Periods in a year, at the least.
    const fn year(&self, kind: PeriodKind) -> usize {
        match (self.calendar, kind) {
            (Years::Periods(periods), _) => periods,
            (Years::Calendar, PeriodKind::Day) => 365,
            (Years::Calendar, PeriodKind::Epiweek | PeriodKind::Isoweek) => 52,
        }
    }

    /// Periods before the first that can be judged, at the least.
    fn needed(&self, kind: PeriodKind) -> usize {
        self.years.saturating_mul(self.year(kind)).saturating_add(self.half_window)
    }

    fn check(&self, counts: &Counts) -> Result<(), Error> {
        within("years", self.years as f64, (1..=MOST_YEARS).contains(&self.years), "1 to 100")?;
        within("half_window", self.half_window as f64, self.half_window <= MOST_WINDOW_PERIODS, "0 to 182 periods")?;
        within("seasons", self.seasons as f64, (1..=52).contains(&self.seasons), "1 to 52")?;
        probability("alpha", self.alpha)?;
        within("alpha", self.alpha, self.alpha < 0.5, "below 0.5")?;
        let p = self.p_threshold_trend;
        within("p_threshold_trend", p, (0.0..=1.0).contains(&p), "0 to 1")?;
        within("weights_threshold", self.weights_threshold, self.weights_threshold > 0.0, "above 0")?;
        within("least_cases", self.least_cases.1 as f64, self.least_cases.1 > 0, "of 1 period or more")?;
        let year = self.year(counts.kind());
        within("the year", year as f64, year > 2 * self.half_window, "longer than its window")?;
        counts.check(self.measure)
    }

    fn judge_one(&self, counts: &Counts, index: usize) -> Result<Finding, Silence> {
        let needed = self.needed(counts.kind());
        let short = Silence::NoBaseline { known: index, needed };
        let seasons = baseline::baseline(self, counts, index).ok_or(short)?;
        let today = counts.cell(index).ok_or(Silence::Gap)?;
        let latest = counts.cells((index + 1).saturating_sub(self.least_cases.1)..=index);
        if latest.iter().map(|(_, cell)| cell.k).sum::<f64>() < self.least_cases.0 as f64 {
            return Err(Silence::FewCases);
        }
        let offset = |n: f64| if self.measure == Measure::Proportion { n.ln() } else { 0.0 };
        let past = seasons.into_iter().filter_map(|(period, season)| {
            let cell = counts.cell(period)?;
            let time = -((index - period) as f64);
            Some(Past { season, time, count: cell.k, offset: offset(cell.n) })
        });
        let past: Vec<Past> = past.collect();
        let prediction = fit::predict(self, &past, offset(today.n)).ok_or(Silence::NotFitted)?;
        let (expected, upper, p) = self.limit(prediction, today.k);
        if upper.is_nan() || p.is_nan() {
            return Err(Silence::NotFitted);
        }
        let unit = if self.measure == Measure::Proportion { today.n } else { 1.0 };
        Ok(Finding {
            value: today.k / unit,
            expected: expected / unit,
            upper: upper / unit,
            units: None,
            statistic: (today.k - expected) / (upper - expected),
            p,
            alarm: today.k > upper,
        })
    }

    /// Expectation, limit and tail probability of a count.
    fn limit(&self, prediction: Prediction, count: f64) -> (f64, f64, f64) {
        let Prediction { log_mean, log_se, dispersion } = prediction;
        let mean = log_mean.exp();
        let z = normal_quantile(1.0 - self.alpha);
        let plugged = match self.threshold {
            Threshold::Delta => {
                let mean_se = mean * log_se;
                let variance = dispersion + mean_se * mean_se / mean;
                let (centre, se) = (mean.powf(2.0 / 3.0), (4.0 / 9.0 * mean.cbrt() * variance).sqrt());
                let tail = normal_tail((count.powf(2.0 / 3.0) - centre) / se);
                return (mean, (centre + z * se).powf(1.5), tail);
            }
            Threshold::NbPlugin => mean,
            Threshold::Muan => (log_mean + z * log_se).exp(),
        };
        let predicted = CountDistribution { mean: plugged, dispersion };
        (mean, predicted.quantile(1.0 - self.alpha), 1.0 - predicted.cdf(count - 1.0))
    }
}

impl Detector for Farrington {
    fn id(&self) -> &'static str {
        "farrington_flexible"
    }

    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error> {
        self.check(counts)?;
        let needed = self.needed(counts.kind());
        if counts.len() <= needed {
            return Err(Error::TooShort { detector: self.id(), periods: counts.len(), needed });
        }
        Ok(judge_each(counts, |index| self.judge_one(counts, index)))
    }
}
