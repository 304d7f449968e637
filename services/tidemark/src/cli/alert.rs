//! What alert rules are worth.

use super::Place;
use crate::track_records::{DAYS, STEP_DAYS};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `tidemark alert`.
#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Try alert rules on the past of their series: how many alerts would have been right, and how much they announced.
    #[command(after_help = ALERT_BACKTEST_HELP)]
    Backtest(AlertBacktest),
}

const ALERT_BACKTEST_HELP: &str = r#"Example:
  tidemark alert backtest --data tidemark-data
  tidemark alert backtest --data tidemark-data --rule "mh.stress unusually high" --days 180 --output record.csv

Forecasts are made from past origins, each from its own past alone, and each rule decides by them day by day as the platform
would have. PPV: of its alerts, those in whose days the threshold was exceeded; sensitivity: of the spells above the
threshold, those that an alert announced before or on their first day; both with Wilson's 95 % interval. lead: the median of
the days from an alert to the spell it announced. The last days, after which a horizon has not been seen yet, are not judged;
where there is nothing to count there is a dash. Without --until the look back ends with the last month that is over, as that
of a running platform does: the same lake gives the same numbers. docs/alerts.md defines each."#;

/// `tidemark alert backtest`.
#[derive(Debug, Args)]
pub(crate) struct AlertBacktest {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The rule of this name; every rule of the configuration where absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
    /// Days looked back at.
    #[arg(long, value_name = "N", default_value_t = DAYS, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    /// Days between the origins of forecasts; the last forecast stands in between.
    #[arg(long, value_name = "DAYS", default_value_t = STEP_DAYS, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) step: u16,
    /// The last day looked at; the end of the last month that is over where absent.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<jiff::civil::Date>,
    /// Also write the numbers as CSV; .gz compresses; `-` writes them to standard output, in place of the table.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
}
