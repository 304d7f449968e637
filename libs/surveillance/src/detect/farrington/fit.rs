//! Farrington's model of the past: a quasi-Poisson regression with log link on seasons and trend, fitted twice, the
//! second time with past outbreaks weighted down.
//!
//! C. P. Farrington and others, *JRSS A* 159 (1996), sections 3.2 to 3.6; iteratively reweighted least squares as in
//! P. McCullagh and J. A. Nelder, *Generalized Linear Models* (1989), section 2.5, with the start, the limit on the
//! number of steps and the stopping rule of R's `glm`, because a result is where the iteration stops. Each step is an
//! analysis of covariance, solved in closed form (`detect::ancova`).

use super::{Farrington, StandardError};
use crate::detect::{
    ancova::{Ancova, Row},
    distributions::student_tail,
};

/// One past period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Past {
    pub(crate) season: usize,
    /// Periods before the one that is judged, negative.
    pub(crate) time: f64,
    pub(crate) count: f64,
    /// Logarithm of the denominator; 0 where counts are judged.
    pub(crate) offset: f64,
}

/// What the model says of the period judged, on the log scale and without the offset's uncertainty: it has none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prediction {
    pub(crate) log_mean: f64,
    pub(crate) log_se: f64,
    /// At least 1.
    pub(crate) dispersion: f64,
}

/// Steps of the iteration.
const MOST_STEPS: usize = 25;
/// The iteration has settled when the deviance changes by less than this share.
const SETTLED: f64 = 1e-8;
/// A trend is fitted from this many years on (Farrington, section 3.6).
const LEAST_YEARS_FOR_TREND: usize = 3;

/// Fits the past and speaks of the period judged. `None` where the past cannot be fitted, or says nothing of its
/// season.
pub(crate) fn predict(model: &Farrington, past: &[Past], offset: f64) -> Option<Prediction> {
    let fitted = |with_trend| Fit::weighted_down(model, past, with_trend);
    let with_trend = model.trend && model.years >= LEAST_YEARS_FOR_TREND;
    let judged = model.seasons - 1;
    let most = past.iter().map(|past| past.count).fold(0.0, f64::max);
    let is_kept = |fit: &Fit| {
        // A trend that leads beyond everything ever seen is not believed (Farrington, section 3.6).
        let seen = fit.ancova.knows(judged) && (fit.ancova.at(judged, 0.0) + offset).exp() <= most;
        seen && fit.trend_p() < model.p_threshold_trend
    };
    let fit = with_trend.then(|| fitted(true)).flatten().filter(is_kept).or_else(|| fitted(false))?;
    if !fit.ancova.knows(judged) {
        return None;
    }
    let log_mean = fit.ancova.at(judged, 0.0) + offset;
    let log_se = (fit.error_dispersion * fit.ancova.variance_at(judged, 0.0)).sqrt();
    let prediction = Prediction { log_mean, log_se, dispersion: fit.dispersion };
    (log_mean.is_finite() && log_se.is_finite()).then_some(prediction)
}

struct Fit {
    /// Of the last step, whose weights its variances stand on.
    ancova: Ancova,
    /// Fitted means.
    means: Vec<f64>,
    /// Weights of the last step.
    working: Vec<f64>,
    degrees: f64,
    /// Pearson's dispersion, at least 1.
    dispersion: f64,
    /// The dispersion that standard errors stand on.
    error_dispersion: f64,
}

impl Fit {
    fn weighted_down(model: &Farrington, past: &[Past], with_trend: bool) -> Option<Self> {
        let once = Self::new(model, past, &vec![1.0; past.len()], with_trend).filter(|(_, settled)| *settled)?.0;
        if !model.reweight {
            return Some(once);
        }
        let weights = once.outbreak_weights(past, model.weights_threshold);
        let (mut twice, _) = Self::new(model, past, &weights, with_trend)?;
        if model.standard_error == StandardError::AsReference {
            let working_residual = |(past, mean): (&Past, &f64)| (past.count / mean - 1.0).powi(2);
            let squares = past.iter().zip(&twice.means).map(working_residual).zip(&weights);
            twice.error_dispersion = squares.map(|(square, weight)| square * weight).sum::<f64>() / twice.degrees;
        }
        Some(twice)
    }

    /// The fit, and whether the iteration settled.
    fn new(model: &Farrington, past: &[Past], weights: &[f64], with_trend: bool) -> Option<(Self, bool)> {
        let mut means: Vec<f64> = past.iter().map(|past| past.count + 0.1).collect();
        let mut before = deviance(past, &means, weights);
        let mut last = None;
        let mut settled = false;
        for _ in 0..MOST_STEPS {
            let working: Vec<f64> = means.iter().zip(weights).map(|(mean, weight)| mean * weight).collect();
            let row = |((past, mean), weight): ((&Past, &f64), &f64)| Row {
                group: past.season,
                x: past.time,
                weight: *weight,
                y: mean.ln() - past.offset + past.count / mean - 1.0,
            };
            let rows: Vec<Row> = past.iter().zip(&means).zip(&working).map(row).collect();
            let ancova = Ancova::fit(&rows, model.seasons, with_trend)?;
            for (mean, past) in means.iter_mut().zip(past) {
                // R's inverse link goes no lower, and a season of nothing but zeros ends there.
                *mean = (ancova.at(past.season, past.time) + past.offset).exp().max(f64::EPSILON);
            }
            last = Some((ancova, working));
            let after = deviance(past, &means, weights);
            if !after.is_finite() {
                return None;
            }
            settled = (after - before).abs() < SETTLED * (after.abs() + 0.1);
            if settled {
                break;
            }
            before = after;
        }
        let (ancova, working) = last?;
        let degrees = past.len() as f64 - ancova.rank as f64;
        if degrees < 1.0 {
            return None;
        }
        let pearson = |((past, mean), weight): ((&Past, &f64), &f64)| weight * (past.count / mean - 1.0).powi(2);
        let pearson = past.iter().zip(&means).zip(&working).map(pearson).sum::<f64>() / degrees;
        if !pearson.is_finite() {
            return None;
        }
        let dispersion = pearson.max(1.0);
        let error_dispersion = match model.standard_error {
            StandardError::AsReference => pearson,
            StandardError::QuasiPoisson => dispersion,
        };
        Some((Self { ancova, means, working, degrees, dispersion, error_dispersion }, settled))
    }

    /// Weights that fall with the square of the standardised Anscombe residual from a threshold on, and add up to the
    /// number of periods (Farrington, section 3.6; threshold: Noufaily, section 3.4).
    fn outbreak_weights(&self, past: &[Past], threshold: f64) -> Vec<f64> {
        let weight = |((past, mean), working): ((&Past, &f64), &f64)| {
            let leverage = working * self.ancova.variance_at(past.season, past.time);
            let anscombe = 1.5 * (past.count.powf(2.0 / 3.0) * mean.powf(-1.0 / 6.0) - mean.sqrt());
            let residual = anscombe / (self.dispersion * (1.0 - leverage)).sqrt();
            if residual > threshold && residual.is_finite() { residual.powi(-2) } else { 1.0 }
        };
        let weights: Vec<f64> = past.iter().zip(&self.means).zip(&self.working).map(weight).collect();
        let scale = past.len() as f64 / weights.iter().sum::<f64>();
        weights.into_iter().map(|weight| weight * scale).collect()
    }

    /// How probable a trend this steep is where there is none.
    fn trend_p(&self) -> f64 {
        let t = self.ancova.slope / (self.error_dispersion * self.ancova.slope_variance()).sqrt();
        2.0 * student_tail(t.abs(), self.degrees)
    }
}

/// Poisson deviance.
fn deviance(past: &[Past], means: &[f64], weights: &[f64]) -> f64 {
    let one = |((past, mean), weight): ((&Past, &f64), &f64)| {
        let y = past.count;
        let ratio = if y > 0.0 { y * (y / mean).ln() } else { 0.0 };
        2.0 * weight * (ratio - (y - mean))
    };
    past.iter().zip(means).zip(weights).map(one).sum()
}
