//! What looks for days and levels that stand out.

use super::Format;
use clap::Args;
use jiff::civil::Date;
use std::path::PathBuf;
use tidemark_alert::offline::detectors;

pub(super) const SIGNALS_HELP: &str = r#"Example:
  tidemark signals --series series.csv
  tidemark signals --series series.csv --from 2024-01-01 --limit 20 --format csv
  tidemark signals --series series.csv --changepoints

One list of all series, the most surprising and important first. A series stands out where its score is at least 5 and its
q-value (the false discovery rate over all series and the four weeks up to the day) at most 0.1; neighbouring days are one
signal. A series needs its denominators (total), and 16 days or weeks before the first that can be judged. Daily series, and
weekly ones, whose dates all lie a multiple of 7 days apart. Columns:
  rank,first_day,last_day,series
  value,expected    the share on its best day, or of the days up to it that were taken together, and what the past let expect
  score,q           surprise (digits of the p-value) times importance (digits of the people above what was expected)
  detector          who found it: scan (what the platform's signals are made by), ears_c1, ears_c2, ears_c3,
                    ears_t_reweighted, switch, farrington_flexible (from five years on), cusum, binomial_cusum
--changepoints lists, in place of signals, since when a series has another level, the surest first:
  rank,first_day,last_day,series,before,after,ratio
                    the first and the last day of the new level, the shares before and since, and the likelihood ratio
A file tells nothing about its feed: an outage, a file read twice or another model look like people who changed. Leave the
value of such a day empty. docs/signals.md says how all of it is computed, and what it is worth."#;

/// `tidemark signals`.
#[derive(Debug, Args)]
pub(crate) struct Signals {
    /// Series file: date, series, value, total; `-` is standard input; gzip and zstd are recognised.
    #[arg(long, value_name = "FILE")]
    pub(crate) series: PathBuf,
    /// Who judges; of several that speak of the same day, the most surprised, its p-value times their number.
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "scan", value_parser = known)]
    pub(crate) detector: Vec<String>,
    /// List when levels changed, in place of signals.
    #[arg(long, conflicts_with = "detector")]
    pub(crate) changepoints: bool,
    /// List what has a day from this one on; all days of the file are judged. Of changepoints, those from this day on.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// List what has a day up to this one. Of changepoints, those up to this day.
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<Date>,
    /// List so many, at most.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

fn known(id: &str) -> Result<String, String> {
    let detectors = detectors();
    let ids: Vec<&str> = detectors.iter().map(|detector| detector.id()).collect();
    if ids.contains(&id) { Ok(id.to_owned()) } else { Err(format!("there are {}", ids.join(", "))) }
}
