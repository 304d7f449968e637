//! Series in, quantile forecasts and their back-tests out.
//!
//! **Reads** the views `series` and `feed_facts` of the lake, or a file of series (`date,series,value[,…,total,…]`);
//! files of forecasts, to be scored or to join ours in an ensemble. **Writes** the table `forecasts`, or hubverse rows.
//! **Guarantees** that a forecast uses nothing later than its origin, that the origin is a day that has ended, that days
//! on which a feed is suspect are gaps in what the role's models see, that quantiles never fall and never leave `[0, 1]`,
//! that a row of a file that cannot be read is reported and counted, and that the same forecast is not issued twice,
//! whatever restarts in between. **Does not** hold the methods (`tidemark-surveillance` does), and does not judge whether
//! a forecast is alarming.
//!
//! The way through: [`role`] watches the lake and asks [`due`] what to forecast, with a network that the series taught
//! together; [`offline`] does the same from [`series_file`] to [`hubverse`], where it is asked with regions that add up, and
//! a back-test with a [`journal`] of what is finished; [`score_file`] reads such rows back, to be held against what came,
//! or other teams' to be [`members`] of an ensemble. [`past`] makes what the role would have said from past origins, for
//! alert rules to be tried on.

mod coherent;
pub mod config;
pub mod due;
mod ensembles;
pub mod error;
mod feeds;
pub mod hubverse;
pub mod journal;
mod learning;
pub mod members;
mod metrics;
pub mod offline;
pub mod past;
pub mod role;
pub mod score_file;
pub mod series_file;

pub use config::Settings;
pub use error::Error;
pub use journal::Journal;
pub use members::Members;
pub use offline::{
    Inputs, Made, Origins, Progress, Request, Summary, forecast_for_hub, forecast_resumably, forecast_series,
};
pub use role::run;
pub use score_file::{ForecastFiles, ForecastRows, ForecastSink};
pub use series_file::{SeriesFile, TruthFile, read_series, read_series_beside, read_truth};
pub use tidemark_surveillance::{
    Calendar, History, Model, calendar, evaluation, events, model::DEFAULT_HISTORY_DAYS, peaks::CALLED_FROM,
};
