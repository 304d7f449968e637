//! From a file of series to hubverse rows: one origin, or many as a back-test.

use crate::error::RequestFault;
use crate::{Error, SeriesFile, hubverse};
use jiff::{ToSpan, civil::Date};
use rayon::prelude::*;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_surveillance::{History, Model, model::MAX_HORIZON_DAYS};

/// Series fitted before their rows are written: bounds memory, and keeps both cores busy.
const SERIES_PER_CHUNK: usize = 8;

/// From which days forecasts are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origins {
    /// Each series' last day with a value.
    Last,
    /// One day for all.
    At(Date),
    /// A rolling origin.
    Rolling {
        /// The first.
        from: Date,
        /// The last, at most.
        to: Date,
        /// Days between.
        step_days: u16,
    },
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// From which days.
    pub origins: Origins,
    /// Days ahead.
    pub horizon_days: u16,
    /// Days of history a model sees, at most;
    /// [`tidemark_surveillance::model::DEFAULT_HISTORY_DAYS`] where nothing else is known.
    pub history_days: usize,
    /// Which models, in the order of the rows.
    pub models: Vec<Model>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Series in the file.
    pub series: u64,
    /// Forecasts made: one for each series, origin and model.
    pub forecasts: u64,
    /// Pairs of series and origin that lie outside the series.
    pub skipped_outside: u64,
    /// Pairs of series and origin with too few observed days before.
    pub skipped_too_short: u64,
    /// Forecasts that one model could not make while others could.
    pub skipped_unfit: u64,
    /// Rows written, the header not counted.
    pub rows: u64,
}

impl Request {
    /// The origins for one series.
    fn origins(&self, history: &History) -> Vec<Date> {
        match self.origins {
            Origins::Last => history.last_observed().into_iter().collect(),
            Origins::At(day) => vec![day],
            Origins::Rolling { from, to, step_days } => {
                from.series(i64::from(step_days).days()).take_while(|day| *day <= to).collect()
            }
        }
    }

    fn check(&self) -> Result<(), RequestFault> {
        if !(1..=MAX_HORIZON_DAYS).contains(&usize::from(self.horizon_days)) {
            return Err(RequestFault::Horizon { days: self.horizon_days, most: MAX_HORIZON_DAYS });
        }
        if self.models.is_empty() {
            return Err(RequestFault::NoModels);
        }
        match self.origins {
            Origins::Rolling { from, to, step_days } if step_days == 0 || to < from => {
                Err(RequestFault::NoOrigins { from, to, step_days })
            }
            _ => Ok(()),
        }
    }
}

/// Forecasts every series of a file from every origin asked, in parallel, and writes the rows ordered by series,
/// origin, model, horizon and level: the same file whatever the number of cores. `progress` hears of the pairs of series
/// and origin that are done, and of how many there are.
///
/// # Errors
/// [`Error::Request`], [`Error::Write`].
pub fn forecast_series(
    file: &SeriesFile,
    request: &Request,
    mut output: impl Write,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Summary, Error> {
    request.check()?;
    writeln!(output, "{}", hubverse::HEADER).map_err(Error::Write)?;
    let series: Vec<(&String, &History)> = file.series.iter().collect();
    let pairs: u64 = series.iter().map(|(_, history)| request.origins(history).len() as u64).sum();
    let done = AtomicU64::new(0);
    let mut summary = Summary { series: series.len() as u64, ..Summary::default() };
    for chunk in series.chunks(SERIES_PER_CHUNK) {
        let work: Vec<(&String, &History, Date)> = chunk
            .iter()
            .flat_map(|(name, history)| request.origins(history).into_iter().map(move |day| (*name, *history, day)))
            .collect();
        let made: Vec<(Vec<u8>, Summary)> = work
            .par_iter()
            .map(|(name, history, origin)| {
                let made = forecast_one(name, history, *origin, request);
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, pairs);
                made
            })
            .collect::<Result<_, Error>>()?;
        for (rows, one) in made {
            output.write_all(&rows).map_err(Error::Write)?;
            summary.add(&one);
        }
    }
    output.flush().map_err(Error::Write)?;
    Ok(summary)
}

fn forecast_one(name: &str, history: &History, origin: Date, request: &Request) -> Result<(Vec<u8>, Summary), Error> {
    let mut summary = Summary::default();
    let mut rows = Vec::new();
    let known = history
        .last_observed()
        .filter(|last| origin <= *last)
        .and_then(|_| history.known_at(origin, request.history_days));
    let Some(known) = known else {
        summary.skipped_outside = 1;
        return Ok((rows, summary));
    };
    let horizon = usize::from(request.horizon_days);
    // The horizon was checked: what is refused here is too short.
    let Ok(answers) = tidemark_surveillance::forecast(&known, horizon, &request.models) else {
        summary.skipped_too_short = 1;
        return Ok((rows, summary));
    };
    for answer in answers {
        match answer {
            Ok(forecast) => {
                hubverse::write_forecast(&mut rows, name, &forecast).map_err(Error::Write)?;
                summary.forecasts += 1;
                summary.rows += forecast.quantiles.iter().map(|quantiles| quantiles.len() as u64).sum::<u64>();
            }
            Err(_) => summary.skipped_unfit += 1,
        }
    }
    Ok((rows, summary))
}

impl Summary {
    fn add(&mut self, other: &Self) {
        self.forecasts += other.forecasts;
        self.skipped_outside += other.skipped_outside;
        self.skipped_too_short += other.skipped_too_short;
        self.skipped_unfit += other.skipped_unfit;
        self.rows += other.rows;
    }
}
