//! The panel: which models there are, and the one call that runs them.

use crate::{
    Error, History,
    bands::bands,
    combine::combine,
    filter::Filtered,
    joint::Dependence,
    mstl::MstlEts,
    naive::SeasonalNaive,
    regression::LagRegression,
    rolled::{Member, Rolled},
    scale::LogitScale,
    series::{MIN_OBSERVED_DAYS, day_after},
    smoothing::SmoothingPool,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};
use tidemark_domain::forecast::RECOMMENDED_MODEL;

/// The farthest a forecast reaches, in days. Beyond a few weeks it is little more than the long-run mean.
pub const MAX_HORIZON_DAYS: usize = 365;
/// The history a forecast is made from where nothing else is asked, in days: three years, so that the regression has
/// seen every day of the year twice before the last.
pub const DEFAULT_HISTORY_DAYS: usize = 1095;

/// A model of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The forecast we recommend: [`Model::Smoothing`] and [`Model::LagRegression`], weighted by recent success.
    Tidemark,
    /// The same weekday of the last week.
    SeasonalNaive,
    /// A pool of exponential smoothers.
    Smoothing,
    /// Regression on smoothed levels and last year.
    LagRegression,
    /// MSTL with an ETS trend, by augurs.
    MstlEts,
}

impl Model {
    /// Every model, the recommended first.
    pub const ALL: [Self; 5] =
        [Self::Tidemark, Self::SeasonalNaive, Self::Smoothing, Self::LagRegression, Self::MstlEts];

    /// The `model_id` in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Tidemark => RECOMMENDED_MODEL,
            Self::SeasonalNaive => "seasonal_naive",
            Self::Smoothing => "smoothing",
            Self::LagRegression => "lag_regression",
            Self::MstlEts => "mstl_ets",
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A name that is no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no model {0:?}; there are tidemark, seasonal_naive, smoothing, lag_regression, mstl_ets")]
pub struct UnknownModel(pub String);

impl FromStr for Model {
    type Err = UnknownModel;

    fn from_str(id: &str) -> Result<Self, UnknownModel> {
        Self::ALL.into_iter().find(|model| model.id() == id).ok_or_else(|| UnknownModel(id.to_owned()))
    }
}

/// One model's forecast from one origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Which model.
    pub model: Model,
    /// The last day it saw.
    pub origin: Date,
    /// For each day ahead, from 1: values at [`tidemark_domain::forecast::QUANTILE_LEVELS`], never falling, all in
    /// `[0, 1]`.
    pub quantiles: Vec<[f64; 23]>,
}

impl Forecast {
    /// The day that the forecast for `ahead` days (from 1) speaks of.
    #[must_use]
    pub fn target(&self, ahead: usize) -> Date {
        day_after(self.origin, ahead)
    }
}

/// One model's forecast from one origin, with how its days depend on each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Joint {
    /// Day by day.
    pub forecast: Forecast,
    /// All days together.
    pub dependence: Dependence,
}

/// Continues `history`, whose last day is the origin, `horizon_days` ahead by each of `models`, in their order.
///
/// A model that this history defeats (`mstl_ets` wants three weeks) is an error of its own; the others still answer.
///
/// # Errors
/// [`Error::TooShort`] below [`MIN_OBSERVED_DAYS`] observed days, [`Error::Horizon`] outside 1 to [`MAX_HORIZON_DAYS`].
pub fn forecast(
    history: &History,
    horizon_days: usize,
    models: &[Model],
) -> Result<Vec<Result<Forecast, Error>>, Error> {
    continued(history, horizon_days, models, |forecast, _, _| forecast)
}

/// [`forecast`], with how the days of each forecast depend on each other: what [`joint`](crate::joint) draws paths
/// from.
///
/// # Errors
/// Those of [`forecast`].
pub fn forecast_jointly(
    history: &History,
    horizon_days: usize,
    models: &[Model],
) -> Result<Vec<Result<Joint, Error>>, Error> {
    let joint =
        |forecast, series: &Filtered, rolled: &Rolled| Joint { forecast, dependence: Dependence::of(series, rolled) };
    continued(history, horizon_days, models, joint)
}

/// Each model's forecast, made into an answer beside the pass and the past forecasts it stands on.
fn continued<T>(
    history: &History,
    horizon_days: usize,
    models: &[Model],
    made: impl Fn(Forecast, &Filtered, &Rolled) -> T,
) -> Result<Vec<Result<T, Error>>, Error> {
    if !(1..=MAX_HORIZON_DAYS).contains(&horizon_days) {
        return Err(Error::Horizon { days: horizon_days, most: MAX_HORIZON_DAYS });
    }
    let observed = history.observed();
    if observed < MIN_OBSERVED_DAYS {
        return Err(Error::TooShort { observed, least: MIN_OBSERVED_DAYS });
    }
    let scale = LogitScale::of(history);
    let series = Filtered::new(history, scale);
    let origin = day_after(history.first(), series.days() - 1);
    let rolled = roll(&series, horizon_days, models);
    let answer = |model: &Model| match &rolled[model] {
        Ok(rolled) => {
            let forecast = Forecast { model: *model, origin, quantiles: bands(&series, rolled, scale) };
            Ok(made(forecast, &series, rolled))
        }
        Err(error) => Err(error.clone()),
    };
    Ok(models.iter().map(answer).collect())
}

/// Rolls each model once; the recommended one is made of two others.
fn roll(series: &Filtered, horizon: usize, models: &[Model]) -> BTreeMap<Model, Result<Rolled, Error>> {
    let recommended = models.contains(&Model::Tidemark);
    let parts: &[Model] = if recommended { &[Model::Smoothing, Model::LagRegression] } else { &[] };
    let mut rolled = BTreeMap::new();
    for model in models.iter().chain(parts) {
        let member: &dyn Member = match model {
            Model::Tidemark => continue,
            Model::SeasonalNaive => &SeasonalNaive,
            Model::Smoothing => &SmoothingPool,
            Model::LagRegression => &LagRegression,
            Model::MstlEts => &MstlEts,
        };
        rolled.entry(*model).or_insert_with(|| member.roll(series, horizon));
    }
    if recommended {
        let of = |model| rolled[&model].as_ref().map_err(Error::clone);
        let combined =
            of(Model::Smoothing).and_then(|smoothing| Ok(combine(series, &[smoothing, of(Model::LagRegression)?])));
        rolled.insert(Model::Tidemark, combined);
    }
    rolled
}
