//! What forecasts series, looks back at forecasts, and makes populations whose truth is known.

use clap::Args;
use std::path::PathBuf;

/// What is forecast, how far, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct Forecasting {
    /// Series file: date, series, value, and perhaps n and total; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) series: PathBuf,
    /// Days ahead.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) horizon: u16,
    /// Days of history a model may see, at most.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) history: Option<u32>,
    /// Which models; all where absent.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// Output, CSV; .gz compresses; `-` is standard output.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// `tidemark forecast`.
#[derive(Debug, Args)]
pub(crate) struct Forecast {
    #[command(flatten)]
    pub(crate) forecasting: Forecasting,
    /// The last day a model may see; the last day of each series where absent.
    #[arg(long, value_name = "DATE")]
    pub(crate) origin: Option<jiff::civil::Date>,
}

/// `tidemark backtest`.
#[derive(Debug, Args)]
pub(crate) struct Backtest {
    #[command(flatten)]
    pub(crate) forecasting: Forecasting,
    /// First origin.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: jiff::civil::Date,
    /// Last origin, at most.
    #[arg(long, value_name = "DATE")]
    pub(crate) to: jiff::civil::Date,
    /// Days between origins.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) step: u16,
}

/// `tidemark simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The same seed gives the same bytes.
    #[arg(long, value_name = "N")]
    pub(crate) seed: u64,
    /// Days to simulate.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    /// Posts a day, on average.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) posts_per_day: u32,
    /// First day.
    #[arg(long, value_name = "DATE", default_value = "2023-01-01")]
    pub(crate) first_day: jiff::civil::Date,
    /// Folder for posts.ndjson, truth.csv, events.csv and scenario.json.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
}
