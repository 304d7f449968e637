//! Continues a daily series of proportions past its last day, as 23 quantiles for each day ahead, says when it will
//! peak, and scores forecasts; says of past days and weeks whether they were higher than their own past let expect
//! ([`detect`]).
//!
//! **Reads** a [`History`]: one proportion a day, or one a week ([`History::step_days`]), gaps allowed, nothing later than
//! the origin but dates that were planned (its [`Calendar`]); for detection, [`detect::Counts`].
//! **Writes** nothing. **Guarantees** that quantiles never fall, never leave `[0, 1]`, and are the same for the same
//! history; that no value later than the origin is used (a history ends at its origin); and that one artefact in the
//! data moves a forecast by no more than a clipped step. **Does not** read files or clocks, parallelise, or know of
//! markers and regions: a series is numbers here, [`detect::rank`] hands names through, and [`prevalence::beside`] finds
//! what it was told of them.
//!
//! How a forecast is made, all on the logit scale:
//! 1. [`filter`](mod@filter) runs once along the history and keeps a level, a weekday profile and a scale, learning from each day
//!    at most a clipped step.
//! 2. Each member ([`smoothing`], [`regression`], [`naive`], [`mstl`], [`drift`], [`theta`], [`calendar_regression`])
//!    *rolls*: it says what it would have forecast on every past day, knowing only what was known then. The last of those
//!    forecasts is the one that is wanted.
//! 3. [`combine`] weighs members by how well they have done lately, horizon by horizon, again only with what was known.
//! 4. [`bands`] turns the errors of the past forecasts into quantiles around the last one (split conformal).
//! 5. [`network`], trained on a whole panel's past days, says what such a forecast misses; its quantiles and those of
//!    the series' own past are averaged, level by level. On dates that the panel found to come again each year
//!    (`recurring`), last year's deviation is added.
//! 6. [`joint`] draws paths whose days depend on each other as those errors did; [`peaks`] counts over them.
//! 7. [`ensemble`] averages it with other teams' forecasts, weighted by how well each has done lately.
//! 8. [`reconcile`] makes paths of regions and of all of them together add up.
//!
//! Because weights, errors and lessons come from forecasts that were honest when made, nothing needs a distribution.
//!
//! [`scores`] says how good one forecast of one day was, [`evaluation`] how good many models' were, beside the
//! [`yardstick`].
//!
//! [`prevalence`] makes the numbers themselves: from people's posts to a share with an interval, adjusted and weighted.
//!
//! Detection stands beside all this and uses none of it, because an observed aberration and a forecast exceedance are
//! two kinds of alert: EARS, `ears_t_reweighted`, the ESSENCE switch, Farrington Flexible, CUSUM, a temporal scan, and one
//! ranked list; and, looking back, changepoints. [`artefacts`] tells days on which the feed changed from days on which people did.
//!
//! [`events`] looks back: did a series change when something happened, and do two series move together?

pub mod artefacts;
pub mod bands;
pub mod calendar;
pub mod calendar_regression;
pub mod combine;
pub mod detect;
pub mod drift;
pub mod ensemble;
pub mod error;
pub mod evaluation;
pub mod events;
pub mod filter;
pub mod joint;
pub mod model;
pub mod mstl;
pub mod naive;
pub mod network;
pub mod peaks;
pub mod prevalence;
pub mod reconcile;
mod recurring;
pub mod regression;
pub mod rolled;
pub mod scale;
pub mod scores;
pub mod series;
pub mod smoothing;
pub mod theta;
pub mod yardstick;

pub use calendar::Calendar;
pub use error::Error;
pub use model::{Forecast, Joint, Model, forecast, forecast_jointly};
pub use network::Network;
pub use series::{History, Truth};
