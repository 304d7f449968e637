//! From a file of series to hubverse rows: one origin, or many as a back-test.

use crate::error::RequestFault;
use crate::hubverse::{Form, Together, write_forecast};
use crate::journal::Journal;
use crate::learning::Networks;
use crate::{Error, SeriesFile, hubverse};
use jiff::{ToSpan, civil::Date};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_surveillance::joint::{DEFAULT_PATHS, Paths};
use tidemark_surveillance::peaks::PeakForecast;
use tidemark_surveillance::{Forecast, History, Joint, Model, Network, forecast_jointly, model::MAX_HORIZON_DAYS};

/// Origins of series fitted before their rows are written: bounds memory and what a kill can cost, and keeps cores
/// busy.
const ORIGINS_PER_CHUNK: usize = 32;
/// Where paths of days begin their draws: the same history, the same paths.
const PATHS_SEED: u64 = 1;

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
    /// Whether the probabilities of the peak's week are written.
    pub peak_week: bool,
    /// How many samples of each day are written; one number is one course of all days.
    pub samples: usize,
}

/// Rows of one forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Which model made it.
    pub model: Model,
    /// The last day it saw.
    pub origin: Date,
    /// The rows, without a header.
    pub rows: Vec<u8>,
}

/// Hears of each pair of series and origin that is done: how many are, and how many there are. It says whether to go on.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) -> ControlFlow<()> + Sync);

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
/// origin, model, horizon and level: the same file whatever the number of cores.
///
/// # Errors
/// [`Error::Request`], [`Error::Write`], and [`Error::Stopped`] where `progress` says so.
pub fn forecast_series(
    file: &SeriesFile,
    request: &Request,
    mut output: impl Write,
    progress: Progress<'_>,
) -> Result<Summary, Error> {
    request.check()?;
    writeln!(output, "{}", hubverse::HEADER).map_err(Error::Write)?;
    let summary = run(file, request, (Form::Table, 0, Summary::default()), progress, &mut |made, _, _| {
        made.iter().try_for_each(|made| output.write_all(&made.rows))
    })?;
    output.flush().map_err(Error::Write)?;
    Ok(summary)
}

/// [`forecast_series`], keeping what is finished in a journal and going on where the journal ends; the rows are then
/// [`Journal::copy_to`]'s to write.
///
/// # Errors
/// Those of [`forecast_series`].
pub fn forecast_resumably(
    file: &SeriesFile,
    request: &Request,
    journal: &mut Journal,
    progress: Progress<'_>,
) -> Result<Summary, Error> {
    request.check()?;
    let begun = journal.last();
    run(file, request, (Form::Table, begun.origins, begun.summary), progress, &mut |made, done, summary| {
        let rows: Vec<u8> = made.iter().flat_map(|made| &made.rows).copied().collect();
        journal.keep(&rows, done, *summary)
    })
}

/// [`forecast_series`] in the form of a hub's files: `take` is given the rows of each forecast, in the same order, and
/// puts them into the file of their model and origin.
///
/// # Errors
/// Those of [`forecast_series`].
pub fn forecast_for_hub(
    file: &SeriesFile,
    request: &Request,
    mut take: impl FnMut(&Made) -> io::Result<()>,
    progress: Progress<'_>,
) -> Result<Summary, Error> {
    request.check()?;
    run(file, request, (Form::Hub, 0, Summary::default()), progress, &mut |made, _, _| {
        made.iter().try_for_each(&mut take)
    })
}

/// Takes the forecasts of a chunk of origins, how many origins are done with them, and what was done so far.
type Take<'a> = dyn FnMut(&[Made], u64, &Summary) -> io::Result<()> + 'a;

/// Makes what an earlier run had not: `begun` of the origins, and what they came to.
fn run(
    file: &SeriesFile,
    request: &Request,
    (form, begun, mut summary): (Form, u64, Summary),
    progress: Progress<'_>,
    take: &mut Take<'_>,
) -> Result<Summary, Error> {
    let origins: u64 = file.series.values().map(|history| request.origins(history).len() as u64).sum();
    summary.series = file.series.len() as u64;
    let done = AtomicU64::new(begun);
    let mut work = file
        .series
        .iter()
        .flat_map(|(name, history)| request.origins(history).into_iter().map(move |day| (name, history, day)))
        .skip(usize::try_from(begun).unwrap_or(usize::MAX));
    let networks = if request.models.contains(&Model::Tidemark) && begun < origins {
        let panel: Vec<&History> = file.series.values().collect();
        let days: BTreeSet<Date> = panel.iter().flat_map(|history| request.origins(history)).collect();
        Networks::of(&panel, &days, || go_on(progress(begun, origins)))?
    } else {
        Networks::default()
    };
    loop {
        let chunk: Vec<(&String, &History, Date)> = work.by_ref().take(ORIGINS_PER_CHUNK).collect();
        if chunk.is_empty() {
            return Ok(summary);
        }
        let made: Vec<(Vec<Made>, Summary)> = chunk
            .par_iter()
            .map(|(name, history, origin)| {
                let made = forecast_one(name, history, *origin, request, form, networks.at(*origin))?;
                go_on(progress(done.fetch_add(1, Ordering::Relaxed) + 1, origins))?;
                Ok(made)
            })
            .collect::<Result<_, Error>>()?;
        let mut forecasts = Vec::new();
        for (made, one) in made {
            summary.add(&one);
            forecasts.extend(made);
        }
        take(&forecasts, done.load(Ordering::Relaxed), &summary).map_err(Error::Write)?;
    }
}

pub(crate) fn go_on(said: ControlFlow<()>) -> Result<(), Error> {
    match said {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Stopped),
    }
}

fn forecast_one(
    name: &str,
    history: &History,
    origin: Date,
    request: &Request,
    form: Form,
    network: Option<&Network>,
) -> Result<(Vec<Made>, Summary), Error> {
    let mut summary = Summary::default();
    let mut made = Vec::new();
    let known = history
        .last_observed()
        .filter(|last| origin <= *last)
        .and_then(|_| history.known_at(origin, request.history_days));
    let Some(known) = known else {
        summary.skipped_outside = 1;
        return Ok((made, summary));
    };
    // The horizon was checked: what is refused here is too short.
    let Some(answers) = answers(&known, request, network) else {
        summary.skipped_too_short = 1;
        return Ok((made, summary));
    };
    for answer in answers {
        let Some((forecast, together)) = answer else {
            summary.skipped_unfit += 1;
            continue;
        };
        let mut rows = Vec::new();
        summary.rows += write_forecast(&mut rows, form, name, &forecast, &together).map_err(Error::Write)?;
        summary.forecasts += 1;
        made.push(Made { model: forecast.model, origin: forecast.origin, rows });
    }
    Ok((made, summary))
}

/// Each model's answer, `None` where it has none; `None` altogether where the history is too short.
fn answers(known: &History, request: &Request, network: Option<&Network>) -> Option<Vec<Option<(Forecast, Together)>>> {
    let horizon = usize::from(request.horizon_days);
    if !request.peak_week && request.samples == 0 {
        // Dependence between days costs something, and nobody asks for it.
        let answers = tidemark_surveillance::forecast(known, horizon, &request.models, network).ok()?;
        let alone = |forecast| (forecast, Together { peak: None, samples: None });
        return Some(answers.into_iter().map(|answer| answer.ok().map(alone)).collect());
    }
    let answers = forecast_jointly(known, horizon, &request.models, network).ok()?;
    let together = |Joint { forecast, dependence }: Joint| {
        let draw = |count| Paths::draw(&forecast.quantiles, &dependence, count, PATHS_SEED);
        let peak = request.peak_week.then(|| PeakForecast::of(&draw(DEFAULT_PATHS), forecast.origin));
        let samples = (request.samples > 0).then(|| draw(request.samples));
        (forecast, Together { peak, samples })
    };
    Some(answers.into_iter().map(|answer| answer.ok().map(together)).collect())
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
