//! The panel: which models there are, and the one call that runs them.

use crate::{
    Error, History,
    bands::bands,
    calendar_regression::CalendarRegression,
    combine::combine,
    drift::Drift,
    filter::Filtered,
    joint::Dependence,
    mstl::MstlEts,
    naive::SeasonalNaive,
    network::{HORIZON_DAYS, Network},
    regression::LagRegression,
    rolled::{Member, Rolled},
    scale::LogitScale,
    series::{MIN_OBSERVED_DAYS, day_after},
    smoothing::SmoothingPool,
    theta::Theta,
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

/// The network's share of a quantile of tomorrow and of its last day, on a straight line between; the statistical models
/// have the rest. What is averaged are quantiles of one level, on the logit scale.
const NETWORK_SHARE: (f64, f64) = (0.65, 0.9);
/// Forecasts that miss on different days are averaged into one that misses less than its bands say: they are narrowed.
const NARROWED: f64 = 0.95;

/// A model of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The forecast we recommend: [`Model::Statistical`] and what the panel's [`Network`] makes of it; without a network
    /// it is [`Model::Statistical`].
    Tidemark,
    /// [`Model::Smoothing`] and [`Model::LagRegression`], weighted by recent success.
    Statistical,
    /// The same weekday of the last week.
    SeasonalNaive,
    /// A pool of exponential smoothers.
    Smoothing,
    /// Regression on smoothed levels and last year.
    LagRegression,
    /// MSTL with an ETS trend, by augurs.
    MstlEts,
    /// A random walk with drift on the weekday-adjusted series.
    Drift,
    /// The theta method on the weekday-adjusted series.
    Theta,
    /// Regression on trend, week, year and the days that have a name.
    CalendarRegression,
}

impl Model {
    /// Every model, the recommended first.
    pub const ALL: [Self; 9] = [
        Self::Tidemark,
        Self::Statistical,
        Self::SeasonalNaive,
        Self::Smoothing,
        Self::LagRegression,
        Self::MstlEts,
        Self::Drift,
        Self::Theta,
        Self::CalendarRegression,
    ];

    /// The `model_id` in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Tidemark => RECOMMENDED_MODEL,
            Self::Statistical => "statistical",
            Self::SeasonalNaive => "seasonal_naive",
            Self::Smoothing => "smoothing",
            Self::LagRegression => "lag_regression",
            Self::MstlEts => "mstl_ets",
            Self::Drift => "drift",
            Self::Theta => "theta",
            Self::CalendarRegression => "calendar_regression",
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
#[error(
    "there is no model {0:?}; there are tidemark, statistical, seasonal_naive, smoothing, lag_regression, mstl_ets, \
     drift, theta, calendar_regression"
)]
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
    /// The days ahead that it speaks of: 1, 2 and so on; of a series of weeks ([`History::step_days`]) only those on
    /// which it can have a value.
    pub ahead: Vec<usize>,
    /// For each of them values at [`tidemark_domain::forecast::QUANTILE_LEVELS`], never falling, all in `[0, 1]`.
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

/// Continues `history`, whose last day is the origin, `horizon_days` ahead by each of `models`, in their order. `network`
/// is what the panel has taught up to the origin or before it, if it has.
///
/// A model that this history defeats (`mstl_ets` wants three weeks) is an error of its own; the others still answer.
///
/// # Errors
/// [`Error::TooShort`] below [`MIN_OBSERVED_DAYS`] observed days, [`Error::Horizon`] outside 1 to [`MAX_HORIZON_DAYS`],
/// [`Error::BeforeNext`] where a series of weeks has no day within the horizon.
pub fn forecast(
    history: &History,
    horizon_days: usize,
    models: &[Model],
    network: Option<&Network>,
) -> Result<Vec<Result<Forecast, Error>>, Error> {
    continued(history, horizon_days, models, network, |forecast, _, _| forecast)
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
    network: Option<&Network>,
) -> Result<Vec<Result<Joint, Error>>, Error> {
    let joint =
        |forecast, series: &Filtered, rolled: &Rolled| Joint { forecast, dependence: Dependence::of(series, rolled) };
    continued(history, horizon_days, models, network, joint)
}

/// Each model's forecast, made into an answer beside the pass and the past forecasts it stands on.
fn continued<T>(
    history: &History,
    horizon_days: usize,
    models: &[Model],
    network: Option<&Network>,
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
    let step = history.step_days();
    let series = Filtered::in_steps(history, scale, step);
    let last = history.values().len() - 1;
    let origin = day_after(history.first(), last);
    // Days that the origin lies behind the last one that could have a value.
    let behind = last % step;
    let steps = (horizon_days + behind) / step;
    if steps == 0 {
        return Err(Error::BeforeNext { days: horizon_days, next: step - behind });
    }
    // A network looks at all of its days, whatever is asked; and it knows days alone.
    let network = network.filter(|_| step == 1);
    let rolled = roll(&series, if step == 1 { steps.max(HORIZON_DAYS) } else { steps }, models);
    let of = |model| rolled[&model].as_ref().map_err(Error::clone);
    // What one model makes of another begins with that one's bands.
    let mut known: BTreeMap<Model, Vec<[f64; 23]>> = BTreeMap::new();
    let answer = |model: &Model| {
        let of_past = if *model == Model::Tidemark { Model::Statistical } else { *model };
        let past = of(of_past)?;
        let mut quantiles = known.entry(of_past).or_insert_with(|| bands(&series, past)).clone();
        if let Some(network) = network.filter(|_| *model == Model::Tidemark) {
            let learnt = network.quantiles(&series, of(Model::Smoothing)?, past);
            let learnt = learnt.iter().enumerate();
            quantiles.iter_mut().zip(learnt).for_each(|(own, (index, learnt))| average(own, learnt, index));
            for (ahead, day) in (1..).zip(&mut quantiles) {
                let offset = network.recurring().offset(history.first(), &series, ahead);
                day.iter_mut().for_each(|quantile| *quantile += offset);
            }
        }
        quantiles.truncate(steps);
        let quantiles = quantiles.into_iter().map(|day| proportions(day, scale)).collect();
        let ahead = (1..=steps).map(|index| index * step - behind).collect();
        Ok(made(Forecast { model: *model, origin, ahead, quantiles }, &series, past))
    };
    Ok(models.iter().map(answer).collect())
}

fn average(own: &mut [f64; 23], learnt: &[f64; 23], index: usize) {
    let (near, far) = NETWORK_SHARE;
    let share = near + (far - near) * index as f64 / (HORIZON_DAYS - 1) as f64;
    own.iter_mut().zip(learnt).for_each(|(own, learnt)| *own += share * (learnt - *own));
    let median = own[11];
    own.iter_mut().for_each(|quantile| *quantile = median + NARROWED * (*quantile - median));
}

fn proportions(quantiles: [f64; 23], scale: LogitScale) -> [f64; 23] {
    let mut quantiles = quantiles.map(|quantile| scale.back(quantile));
    // They rise with the level already; rounding may not.
    quantiles.sort_by(f64::total_cmp);
    quantiles
}

/// Rolls each model once; the statistical one is made of two others, and the recommended one of it.
fn roll(series: &Filtered, horizon: usize, models: &[Model]) -> BTreeMap<Model, Result<Rolled, Error>> {
    let combined = models.iter().any(|model| matches!(model, Model::Tidemark | Model::Statistical));
    let parts: &[Model] = if combined { &[Model::Smoothing, Model::LagRegression] } else { &[] };
    let mut rolled = BTreeMap::new();
    for model in models.iter().chain(parts) {
        let member: &dyn Member = match model {
            Model::Tidemark | Model::Statistical => continue,
            Model::SeasonalNaive => &SeasonalNaive,
            Model::Smoothing => &SmoothingPool,
            Model::LagRegression => &LagRegression,
            Model::MstlEts => &MstlEts,
            Model::Drift => &Drift,
            Model::Theta => &Theta,
            Model::CalendarRegression => &CalendarRegression,
        };
        rolled.entry(*model).or_insert_with(|| member.roll(series, horizon));
    }
    if combined {
        let of = |model| rolled[&model].as_ref().map_err(Error::clone);
        let combined =
            of(Model::Smoothing).and_then(|smoothing| Ok(combine(series, &[smoothing, of(Model::LagRegression)?])));
        rolled.insert(Model::Statistical, combined);
    }
    rolled
}
