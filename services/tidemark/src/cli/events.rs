//! What looks back at events, and at two series together.

use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tidemark_forecast::events::lagged::{DEFAULT_MAX_LAG_DAYS, MOST_LAG_DAYS};
use tidemark_forecast::events::prepost::{DEFAULT_AFTER_DAYS, DEFAULT_BEFORE_DAYS, LEAST_BEFORE_DAYS, MOST_DAYS};
use tidemark_forecast::events::{Placebos, Trend};

pub(super) const EVENTS_HELP: &str = r#"Example:
  tidemark events --series series.csv --events events.csv --output studies.csv
  tidemark events --series series.csv --with calls --lags lags.csv --max-lag 14

--events is CSV with name (or event) and date (or start), and perhaps end and series (empty: it may have touched all):
  date,end,name,series
  2023-06-10,2023-06-12,floods,
Each series' days before an event, their weekdays and trend, say what to expect on its days and those after. OUT has a
row for each series and event:
  series,event,start,end     as given; from, to: first day before, last day after
  days_before,days_after     days of the two windows that have a value
  observed,expected          mean shares on the days after, 0 to 1; difference: observed less expected
  effect,lower,upper         the difference on the logit scale (a log odds ratio), and its 95 % interval
  placebos,placebos_apart    dates without an event that it was compared with, and how many of them do not overlap
  p_value,q_value            how often those differ as much; the false discovery rate over all rows (Benjamini-Hochberg)
  overlaps                   other events whose days touch these windows: the effect is of all of them
  status,reason              ok; begins_late, ends_early, gaps, few_placebos: no numbers, and why
With fewer than 19 placebo dates apart there is no answer. Those before the event alone are taken, so that later days
change nothing; --placebos all takes later ones too.
--with names a series of the file that the others may follow; it may hold numbers that are no shares (searches, calls).
--lags has a row for each series and lag: series,with,lag_days (above 0: the series follows),pairs,pearson,lower,upper,
spearman,effective_pairs,is_best,p_value (of the best lag, all lags counted),q_value (all series counted),status (ok,
few_pairs, constant),reason.
docs/events.md says how all of this is computed, and what it cannot say."#;

/// `tidemark events`.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Series file: date, series, value, and perhaps total; `-` is standard input; gzip and zstd are recognised.
    #[arg(long, value_name = "FILE")]
    pub(crate) series: PathBuf,
    /// Events, CSV: date,end,name,series; `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "output", required_unless_present = "with")]
    pub(crate) events: Option<PathBuf>,
    /// Output, CSV: what each series says of each event; .gz compresses; `-` is standard output.
    #[arg(long, short, value_name = "OUT", requires = "events")]
    pub(crate) output: Option<PathBuf>,
    /// Days before an event.
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_BEFORE_DAYS,
        value_parser = clap::value_parser!(u16).range(i64::from(LEAST_BEFORE_DAYS)..=i64::from(MOST_DAYS)))]
    pub(crate) before: u16,
    /// Days from an event on: its own with those after its last.
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_AFTER_DAYS,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_DAYS)))]
    pub(crate) after: u16,
    /// What the days before are taken to go on as.
    #[arg(long, value_enum, default_value_t = EventTrend::Linear)]
    pub(crate) trend: EventTrend,
    /// With which dates an event is compared.
    #[arg(long, value_enum, default_value_t = EventPlacebos::Past)]
    pub(crate) placebos: EventPlacebos,
    /// Also correlate every series with this one of the file, which need not hold shares.
    #[arg(long, value_name = "SERIES", requires = "lags")]
    pub(crate) with: Option<String>,
    /// Output of the correlations, CSV; .gz compresses; `-` is standard output.
    #[arg(long, value_name = "OUT", requires = "with")]
    pub(crate) lags: Option<PathBuf>,
    /// Lags looked at, in both directions.
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_MAX_LAG_DAYS,
        value_parser = clap::value_parser!(u16).range(0..=i64::from(MOST_LAG_DAYS)))]
    pub(crate) max_lag: u16,
}

/// What the days before are taken to go on as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventTrend {
    /// Their linear trend goes on.
    Linear,
    /// Their level goes on.
    Level,
}

impl From<EventTrend> for Trend {
    fn from(trend: EventTrend) -> Self {
        match trend {
            EventTrend::Linear => Self::Linear,
            EventTrend::Level => Self::Level,
        }
    }
}

/// With which dates an event is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventPlacebos {
    /// Those before it.
    Past,
    /// Those after it too.
    All,
}

impl From<EventPlacebos> for Placebos {
    fn from(placebos: EventPlacebos) -> Self {
        match placebos {
            EventPlacebos::Past => Self::Past,
            EventPlacebos::All => Self::All,
        }
    }
}
