//! Series in, quantile forecasts and their back-tests out.
//!
//! **Reads** the view `series` of the lake, or a file of series (`date,series,value[,…,total,…]`). **Writes** the table
//! `forecasts`, or hubverse rows. **Guarantees** that a forecast uses nothing later than its origin, that the origin is
//! a day that has ended, that quantiles never fall and never leave `[0, 1]`, that a row of a file that cannot be read
//! is reported and counted, and that the same forecast is not issued twice, whatever restarts in between. **Does not**
//! hold the methods (`tidemark-surveillance` does), and does not judge whether a forecast is alarming.
//!
//! The way through: [`role`] watches the lake and asks [`due`] what to forecast; [`offline`] does the same from
//! [`series_file`] to [`hubverse`].

pub mod config;
pub mod due;
pub mod error;
pub mod hubverse;
mod metrics;
pub mod offline;
pub mod role;
pub mod series_file;

pub use config::Settings;
pub use error::Error;
pub use offline::{Origins, Request, Summary, forecast_series};
pub use role::run;
pub use series_file::{SeriesFile, read_series};
pub use tidemark_surveillance::{Model, model::DEFAULT_HISTORY_DAYS};
