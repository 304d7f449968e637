//! `calendar_regression`: a regression on the calendar alone: trend, week, year, and days that have a name.
//!
//! The decomposable model that Prophet made popular (Taylor and Letham, *The American Statistician* 72, 2018), on the
//! logit scale: a piecewise linear trend that may change in the first four fifths of the days, waves (Fourier terms)
//! of the week and, from two years on, of the year, and for each name of the [`Calendar`](crate::Calendar) an effect on
//! its days, on the day before and on the day after. What Prophet samples or searches is solved here in closed form:
//! all effects have normal priors, which is a ridge, and misses beyond 1.345 scales count as if they were so large. It
//! is called after what it regresses on, as [`regression`](crate::regression) is: Prophet is a program with another
//! fit, and *structural* models are those in state space.
//!
//! Nothing of it follows the last days: where a level has just moved, members that smooth know better. Gaps are left
//! out of the fit. A name that has not been seen has no effect, and dates after the origin are taken for planned ones.

mod design;
mod ridge;

use crate::{
    Error,
    filter::{Filtered, median},
    rolled::{Member, Rolled, refitted_on},
};
use design::Design;

/// Days it is fitted to, five years: a holiday that comes once a year has been seen five times.
const FITTED_DAYS: usize = 1826;
/// Past forecasts from fewer days are not made to learn from: they have hardly seen each weekday twice.
const LEAST_DAYS: usize = 14;

/// The regression.
#[derive(Debug, Clone, Copy)]
pub struct CalendarRegression;

impl Member for CalendarRegression {
    fn roll(&self, series: &Filtered, horizon: usize) -> Result<Rolled, Error> {
        let origins = refitted_on(series.days(), LEAST_DAYS);
        let points = origins.iter().flat_map(|origin| continue_days(series, *origin, horizon)).collect();
        Ok(Rolled { origins, horizon, points })
    }
}

fn continue_days(series: &Filtered, origin: usize, horizon: usize) -> Vec<f64> {
    let first = (origin + 1).saturating_sub(series.steps(FITTED_DAYS));
    let known: Vec<usize> = (first..=origin).filter(|day| !series.observed[*day].is_nan()).collect();
    // Nothing for five years: the level of before goes on.
    let level = if known.is_empty() {
        series.deseasonalised[origin]
    } else {
        median(known.iter().map(|day| series.observed[*day]).collect())
    };
    let design = Design::new(series, first, origin);
    let rows: Vec<ridge::Row> = known.iter().map(|day| design.row(*day)).collect();
    let values: Vec<f64> = known.iter().map(|day| series.observed[*day] - level).collect();
    let coefficients = ridge::fit(&rows, &values, &design.penalties());
    (1..=horizon).map(|ahead| level + ridge::product(&design.row(origin + ahead), &coefficients)).collect()
}
