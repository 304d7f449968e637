//! What forecasts series, looks back at forecasts, and makes populations whose truth is known.

use clap::Args;
use std::path::PathBuf;
use tidemark_domain::alert::{Threshold, WINDOW_VALUES_MIN};

/// What is forecast, how far, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct Forecasting {
    /// Series file: date, series, value (a share from 0 to 1), and perhaps n and total; daily, or weekly where all dates
    /// of a series lie a multiple of 7 days apart. `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) series: PathBuf,
    /// Days ahead.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) horizon: u16,
    /// Days of history a model may see, at most.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) history: Option<u32>,
    /// Which models: tidemark, statistical, seasonal_naive, smoothing, lag_regression, mstl_ets, drift, theta,
    /// calendar_regression; all where absent.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// Holidays and events (CSV: date, name, and perhaps end and series), for `calendar_regression`; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) calendar: Option<PathBuf>,
    /// Other teams' forecasts of these series (hubverse quantiles); with `tidemark` they make an `ensemble`.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) members: Vec<PathBuf>,
    /// Also write the probability of each epiweek to hold the highest day of the horizon.
    #[arg(long)]
    pub(crate) peak_week: bool,
    /// Also write so many samples of each day; one number is one course of all days of one series, or of all series of
    /// one coherent family.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    pub(crate) samples: u16,
    /// Make the forecasts of all regions together and of each of them add up: of these series of all regions, or of every
    /// one where none is named.
    #[arg(long, value_name = "SERIES", num_args = 0..)]
    pub(crate) coherent: Option<Vec<String>>,
}

pub(super) const FORECAST_HELP: &str = r#"Example:
  tidemark forecast --series series.csv --horizon 14 --output forecast.csv
  tidemark forecast --series series.csv --horizon 14 --peak-week --samples 100 --hub-dir model-output --team us
  tidemark forecast --series series.csv --horizon 14 --output forecast.csv --members hub/model-output/*/*.csv
  tidemark forecast --series series.csv --horizon 14 --output forecast.csv --calendar holidays.csv
  tidemark forecast --series series.csv --horizon 14 --output forecast.csv --samples 100 --coherent all/all/mh.stress

Rows are hubverse's: model_id, reference_date (the last day seen), target, location (the series), horizon (days),
target_end_date, output_type, output_type_id, value. With --hub-dir each model's rows of each reference_date go to
DIR/TEAM-MODEL/DATE-TEAM-MODEL.csv, without model_id, as hub validations want them. Days of samples and of the peak's
week hang together as the misses of past forecasts did; the same input gives the same rows. A weekly series has rows
of its own days alone (horizon 7 and 14 of 14 days), no mstl_ets and no peak's week.

--members takes what `tidemark score --forecasts` takes: tables with model_id, and hub files that have it in their name.
Teams that speak of every day of the horizon from the same reference_date and location are averaged with `tidemark`,
quantile by quantile on the logit scale, as model_id `ensemble`. Give their earlier forecasts too: who was better by WIS
on days that had come by the origin counts more, and all count alike where there are none (docs/forecasting.md). Leave
your own files out: they would count twice.

--calendar takes what `tidemark events --events` takes: date,end,name,series, of which end and series may be left out.
What comes again goes by one name for all its dates (date,name: 2022-12-25,christmas; 2023-12-25,christmas), and
`calendar_regression` learns an effect of each name, of the day before and of the day after. Dates after the origin are
taken for planned ones: leave out what nobody could have known (docs/forecasting.md).

--coherent is of files of `tidemark series`: series that differ in nothing but the region, all/LANGUAGE/MARKER among them,
are continued from the same day and made to add up, every model by itself: on each path the forecast of `all` is that of
its regions by their mean parts of `total` over the last 28 days. Those that are surer move less. Samples of one number
are then one course of all of these series. Regions that do not make up `all` (their people do not add up, or there is
no total) end the run by the name of the series; so do regions too small to be shown, if they have more than a twentieth
of the people. Name those series that do add up, then (docs/forecasting.md)."#;

/// `tidemark forecast`.
#[derive(Debug, Args)]
pub(crate) struct Forecast {
    #[command(flatten)]
    pub(crate) forecasting: Forecasting,
    /// Output, CSV; .gz compresses; `-` is standard output.
    #[arg(long, short, value_name = "OUT", required_unless_present = "hub_dir")]
    pub(crate) output: Option<PathBuf>,
    /// Write a hub's files below this folder, one for each model and reference date.
    #[arg(long, value_name = "DIR", requires = "team", conflicts_with = "output")]
    pub(crate) hub_dir: Option<PathBuf>,
    /// The team's name in a hub: letters, digits and `_`.
    #[arg(long, value_name = "TEAM", requires = "hub_dir", value_parser = team)]
    pub(crate) team: Option<String>,
    /// The last day a model may see; the last day of each series where absent.
    #[arg(long, value_name = "DATE")]
    pub(crate) origin: Option<jiff::civil::Date>,
}

fn team(name: &str) -> Result<String, String> {
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if !name.is_empty() && name.chars().all(fits) {
        Ok(name.to_owned())
    } else {
        Err("a team's name has letters, digits and `_` alone".to_owned())
    }
}

pub(super) const BACKTEST_HELP: &str = r#"Example:
  tidemark backtest --series series.csv --from 2023-07-01 --to 2024-01-01 --step 28 --horizon 14 --output backtest.csv.gz
  tidemark backtest --series series.csv --from 2023-07-01 --to 2024-01-01 --step 7 --horizon 14 --output backtest.csv.gz \
    --members hub/model-output/*/*.csv
  tidemark backtest --series series.csv --from 2023-07-01 --to 2024-01-01 --step 28 --horizon 14 --output backtest.csv \
    --calendar holidays.csv --models seasonal_naive,calendar_regression
  tidemark backtest --series series.csv --from 2023-07-01 --to 2024-01-01 --step 28 --horizon 14 --output backtest.csv \
    --coherent all/all/mh.stress all/all/mh.anxiety

Origins must lie within the series, with a horizon of days after the last one to be scored; the dates above fit 400
simulated days, 2023-01-01 to 2024-02-04. Ctrl-C stops at the next series (exit code 130).
A run that was stopped goes on when the same command is given again: finished origins are kept in OUT.resume.csv
(packed, where OUT ends in .gz) and OUT.resume.jsonl, which go when OUT is there. `tidemark score` says how good the
forecasts were.
--members adds an `ensemble` with other teams' forecasts (`tidemark forecast --help`); with other forecasts it is another
run. So it is with another --calendar, which is read alike: every origin knows all of its dates, so that a date that
nobody had planned would make the back-test too good. --coherent makes regions add up as in a forecast, from each origin
by the parts that were known then (`tidemark forecast --help`)."#;

/// `tidemark backtest`.
#[derive(Debug, Args)]
pub(crate) struct Backtest {
    #[command(flatten)]
    pub(crate) forecasting: Forecasting,
    /// Output, CSV; .gz compresses; `-` is standard output.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: PathBuf,
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

pub(super) const SCORE_HELP: &str = r#"Example:
  tidemark score --truth series.csv --forecasts backtest.csv.gz
  tidemark score --truth series.csv --forecasts backtest.csv.gz --threshold q0.8/182 --baseline smoothing --json

Forecasts are hubverse rows (location is the series, horizon in days), of any number of models and origins; a hub's own
file has its model in its name. Scored are quantiles (WIS and its parts, coverage, MASE, PIT), samples (CRPS) and pmf
rows of the target `peak week`; relative WIS is against a seasonal-naive forecast with the quantiles of its own past
changes, made from the same history: the geometric mean over series. out01 and cross are shares of forecasts with a
quantile outside 0 to 1, or below one of a lower level. Forecasts of days the truth does not have are unmatched.
A threshold is a share (0.12), or a quantile of the days up to each origin as in alert rules: q0.8/182 is the 0.80
quantile of the last 182 days. SERIES=... sets one series'; give --threshold again for another. With one there are
Brier's score of P(exceed), its reliability (of the days of each tenth of P: how many, their mean P, the share that
exceeded), and how well high days were foreseen within a day, beside the seasonal naive. Numbers by horizon and by
series stand in the JSON. A row that cannot be right ends the run with its line (exit code 4)."#;

/// `tidemark score`.
#[derive(Debug, Args)]
pub(crate) struct Score {
    /// What came: a series file (date, series, value); `-` is standard input; gzip and zstd are recognised.
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: PathBuf,
    /// Forecasts, CSV; gzip and zstd are recognised.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) forecasts: Vec<PathBuf>,
    /// Also hold every model against this one of them.
    #[arg(long, value_name = "MODEL")]
    pub(crate) baseline: Option<String>,
    /// What is too high: a share, or qLEVEL/DAYS; before `=`, the series it is for.
    #[arg(long, value_name = "[SERIES=]VALUE", value_parser = threshold)]
    pub(crate) threshold: Vec<(Option<String>, Threshold)>,
    /// From which probability of exceedance a day counts as called high.
    #[arg(long, value_name = "P", default_value_t = tidemark_forecast::CALLED_FROM, value_parser = probability)]
    pub(crate) called_from: f64,
    /// Print everything as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn probability(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value.filter(|value| (0.0..=1.0).contains(value)).ok_or_else(|| "not a number from 0 to 1".to_owned())
}

fn threshold(text: &str) -> Result<(Option<String>, Threshold), String> {
    let (series, value) = match text.rsplit_once('=') {
        Some((series, value)) => (Some(series.to_owned()), value),
        None => (None, text),
    };
    let threshold = match value.strip_prefix('q') {
        None => Threshold::Absolute(probability(value)?),
        Some(quantile) => {
            let (q, days) = quantile.split_once('/').ok_or("a trailing quantile is written qLEVEL/DAYS: q0.8/182")?;
            let window_days = days.parse().ok().filter(|days| *days >= WINDOW_VALUES_MIN as u16);
            let window_days = window_days.ok_or_else(|| format!("a window has at least {WINDOW_VALUES_MIN} days"))?;
            Threshold::Quantile { q: probability(q)?, window_days }
        }
    };
    Ok((series, threshold))
}

pub(super) const SIMULATE_HELP: &str = r#"Example:
  tidemark simulate --seed 7 --days 400 --posts-per-day 300 --output simulated
  tidemark simulate --seed 7 --days 400 --posts-per-day 300 --authors 500 --output simulated

posts.ndjson is what a source would deliver. truth.csv has for each date, region and marker `expressed`, the share of the
`n_authors` people with a post left standing who express it in one of them, and `latent`, the probability behind it that
the author of a post does. events.csv has what is planted, scenario.json what the others can be made from again.
--authors says how many people write the same number of posts. The fewer they are, the more of them write several times a
day, and the farther a share of people is from a share of posts (docs/prevalence.md)."#;

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
    /// People who write them, at least one in each region; 20 for each daily post where absent, so that few write twice
    /// a day.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) authors: Option<u32>,
    /// First day.
    #[arg(long, value_name = "DATE", default_value = "2023-01-01")]
    pub(crate) first_day: jiff::civil::Date,
    /// Folder for posts.ndjson, truth.csv, events.csv and scenario.json.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::{Threshold, threshold};

    #[test]
    fn a_threshold_is_a_share_or_a_trailing_quantile_of_all_series_or_one() {
        assert_eq!(threshold("0.12"), Ok((None, Threshold::Absolute(0.12))));
        let quantile = Threshold::Quantile { q: 0.8, window_days: 182 };
        assert_eq!(threshold("q0.8/182"), Ok((None, quantile)));
        assert_eq!(threshold("s/all/a=b=q0.8/182"), Ok((Some("s/all/a=b".to_owned()), quantile)));
        for wrong in ["", "1.2", "q0.8", "q1.8/182", "q0.8/7", "much", "s="] {
            assert!(threshold(wrong).is_err(), "{wrong}");
        }
    }
}
