//! From a file of series to hubverse rows: one origin, or many as a back-test; with other teams' forecasts, an ensemble
//! beside our own.

use crate::coherent::{self, Series, families};
use crate::ensembles::{Ensembles, Pair};
use crate::error::RequestFault;
use crate::hubverse::{Form, Location, Told, write_forecast};
use crate::journal::Journal;
use crate::learning::Networks;
use crate::{Error, Members, SeriesFile, hubverse};
use jiff::{ToSpan, civil::Date};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_surveillance as surveillance;
use tidemark_surveillance::ensemble::ENSEMBLE;
use tidemark_surveillance::joint::{DEFAULT_PATHS, Dependence, Paths};
use tidemark_surveillance::peaks::PeakForecast;
use tidemark_surveillance::{Forecast, History, Joint, Model, Network, forecast_jointly, model::MAX_HORIZON_DAYS};

/// Origins of series fitted before their rows are written: bounds memory and what a kill can cost, and keeps cores
/// busy.
const ORIGINS_PER_CHUNK: usize = 32;
/// Where paths of days begin their draws: the same history, the same paths.
pub(crate) const PATHS_SEED: u64 = 1;

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

/// What a run reads.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The series that are continued.
    pub file: &'a SeriesFile,
    /// Other teams' forecasts of them; with these, there are rows of an ensemble.
    pub members: Option<&'a Members>,
}

impl<'a> From<&'a SeriesFile> for Inputs<'a> {
    fn from(file: &'a SeriesFile) -> Self {
        Self { file, members: None }
    }
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
    /// How many samples of each day are written; one number is one course of all days of one series, or of all that are made
    /// to add up.
    pub samples: usize,
    /// Series of all regions whose forecasts are made to add up with those of their regions, on every path: none, those
    /// that are named, or all where none is.
    pub coherent: Option<BTreeSet<String>>,
}

/// Rows of one forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The `model_id` of who made it: one of our models, or the ensemble.
    pub model: &'static str,
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
    /// Forecasts made: one for each series, origin and model, the ensemble among them.
    pub forecasts: u64,
    /// Pairs of series and origin that lie outside the series.
    pub skipped_outside: u64,
    /// Pairs of series and origin with too few observed days before.
    pub skipped_too_short: u64,
    /// Pairs of a series of weeks and an origin from which the horizon ends before the series' next day.
    #[serde(default)]
    pub skipped_between: u64,
    /// Forecasts that one model could not make while others could.
    pub skipped_unfit: u64,
    /// Pairs of series and origin that were to add up with others, not all of which could be continued from there.
    #[serde(default)]
    pub skipped_apart: u64,
    /// Rows written, the header not counted.
    pub rows: u64,
    /// Ensembles in which a member speaks; in the others it is `tidemark` alone.
    pub joined: u64,
}

impl Request {
    /// The origins for series that are continued together.
    fn origins(&self, family: &[Series<'_>]) -> Vec<Date> {
        match self.origins {
            Origins::Last => {
                family.iter().filter_map(|(_, history)| history.last_observed()).min().into_iter().collect()
            }
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
/// origin, model, horizon and level: the same file whatever the number of cores. Where there are members, the ensemble
/// stands behind the models. Series that are to add up are written together, origin by origin, all regions first.
///
/// # Errors
/// [`Error::Request`], [`Error::Write`], and [`Error::Stopped`] where `progress` says so.
pub fn forecast_series<'a>(
    inputs: impl Into<Inputs<'a>>,
    request: &Request,
    mut output: impl Write,
    progress: Progress<'_>,
) -> Result<Summary, Error> {
    request.check()?;
    writeln!(output, "{}", hubverse::HEADER).map_err(Error::Write)?;
    let summary = run(inputs.into(), request, (Form::Table, 0, Summary::default()), progress, &mut |made, _, _| {
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
pub fn forecast_resumably<'a>(
    inputs: impl Into<Inputs<'a>>,
    request: &Request,
    journal: &mut Journal,
    progress: Progress<'_>,
) -> Result<Summary, Error> {
    request.check()?;
    let begun = journal.last();
    run(inputs.into(), request, (Form::Table, begun.origins, begun.summary), progress, &mut |made, done, summary| {
        let rows: Vec<&[u8]> = made.iter().map(|made| made.rows.as_slice()).collect();
        journal.keep(&rows, done, *summary)
    })
}

/// [`forecast_series`] in the form of a hub's files: `take` is given the rows of each forecast, in the same order, and
/// puts them into the file of their model and origin.
///
/// # Errors
/// Those of [`forecast_series`].
pub fn forecast_for_hub<'a>(
    inputs: impl Into<Inputs<'a>>,
    request: &Request,
    mut take: impl FnMut(&Made) -> io::Result<()>,
    progress: Progress<'_>,
) -> Result<Summary, Error> {
    request.check()?;
    run(inputs.into(), request, (Form::Hub, 0, Summary::default()), progress, &mut |made, _, _| {
        made.iter().try_for_each(&mut take)
    })
}

/// Takes the forecasts of a chunk of origins, how many origins are done with them, and what was done so far.
type Take<'a> = dyn FnMut(&[Made], u64, &Summary) -> io::Result<()> + 'a;

/// Makes what an earlier run had not: `begun` of the origins, and what they came to.
fn run(
    inputs: Inputs<'_>,
    request: &Request,
    (form, begun, mut summary): (Form, u64, Summary),
    progress: Progress<'_>,
    take: &mut Take<'_>,
) -> Result<Summary, Error> {
    let file = inputs.file;
    let families = families(file, request)?;
    let origins: u64 = families.iter().map(|family| (family.len() * request.origins(family).len()) as u64).sum();
    summary.series = file.series.len() as u64;
    let done = AtomicU64::new(begun);
    let mut passed = 0;
    let mut work = families
        .iter()
        .enumerate()
        .flat_map(|(index, family)| request.origins(family).into_iter().map(move |day| (index, family, day)))
        // What was begun ends with a family.
        .skip_while(|(_, family, _)| {
            let was_done = passed < begun;
            passed += family.len() as u64;
            was_done
        });
    let mut ensembles = inputs.members.map(|members| Ensembles::new(members, request));
    // An ensemble has `tidemark` in it, whether its rows are asked for or not.
    let mut models = request.models.clone();
    if ensembles.is_some() && !models.contains(&Model::Tidemark) {
        models.push(Model::Tidemark);
    }
    let networks = if models.contains(&Model::Tidemark) && begun < origins {
        networks(file, &families, request, ensembles.as_ref(), &|| go_on(progress(begun, origins)))?
    } else {
        Networks::default()
    };
    loop {
        let (mut chunk, mut together): (Vec<Pair<'_>>, Vec<(usize, Range<usize>)>) = Default::default();
        while chunk.len() < ORIGINS_PER_CHUNK
            && let Some((index, family, day)) = work.next()
        {
            together.push((index, chunk.len()..chunk.len() + family.len()));
            chunk.extend(family.iter().map(|(name, history)| (*name, *history, day)));
        }
        if chunk.is_empty() {
            return Ok(summary);
        }
        let continued: Vec<Continued> = chunk
            .par_iter()
            .map(|(_, history, origin)| {
                let continued = continue_one(history, *origin, request, &models, networks.at(*origin));
                go_on(progress(done.fetch_add(1, Ordering::Relaxed) + 1, origins))?;
                Ok(continued)
            })
            .collect::<Result<_, Error>>()?;
        if let Some(ensembles) = &mut ensembles {
            let made = chunk.iter().zip(&continued).filter_map(|((name, _, origin), continued)| {
                Some(((*name).clone(), *origin, continued.recommended()?.quantiles.clone()))
            });
            ensembles.look_back(&chunk, made, &networks, || go_on(progress(done.load(Ordering::Relaxed), origins)))?;
        }
        let made: Vec<(Vec<Made>, Summary)> = together
            .into_par_iter()
            .map(|(index, at)| {
                let family = (index, &chunk[at.clone()]);
                rows_of(family, &continued[at], request, form, ensembles.as_ref())
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

/// The networks of all origins, and of those that ensembles look back at. The latter are trained for themselves: what
/// `tidemark` says is the same with members and without.
fn networks(
    file: &SeriesFile,
    families: &[Vec<Series<'_>>],
    request: &Request,
    ensembles: Option<&Ensembles<'_>>,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Networks, Error> {
    let panel: Vec<&History> = file.series.values().collect();
    let mut days = BTreeSet::new();
    let mut before = BTreeSet::new();
    for family in families {
        for origin in request.origins(family) {
            days.insert(origin);
            for (name, _) in family {
                before.extend(ensembles.into_iter().flat_map(|ensembles| ensembles.looked_back_at(name, origin)));
            }
        }
    }
    let first = days.first().copied();
    before.retain(|day| Some(*day) < first);
    Ok(Networks::of(&panel, &before, go_on)?.and_later(Networks::of(&panel, &days, go_on)?))
}

/// One series continued from one origin.
enum Continued {
    /// The origin lies outside the series.
    Outside,
    /// Too few observed days before.
    TooShort,
    /// The next day of a series of weeks lies beyond the horizon.
    Between,
    /// What was known, and each model's answer: none where it has none.
    Answered(History, Vec<Option<Answer>>),
}

/// A model's forecast, with how its days depend on each other where something is asked of all of them.
type Answer = (Forecast, Option<Dependence>);

impl Continued {
    /// What `tidemark` says, if it was asked.
    fn recommended(&self) -> Option<&Forecast> {
        self.answer_of(Model::Tidemark).map(|(forecast, _)| forecast)
    }

    fn answer_of(&self, model: Model) -> Option<&Answer> {
        let Self::Answered(_, answers) = self else { return None };
        answers.iter().flatten().find(|(forecast, _)| forecast.model == model)
    }
}

fn continue_one(
    history: &History,
    origin: Date,
    request: &Request,
    models: &[Model],
    network: Option<&Network>,
) -> Continued {
    let known = history
        .last_observed()
        .filter(|last| origin <= *last)
        .and_then(|_| history.known_at(origin, request.history_days));
    let Some(known) = known else { return Continued::Outside };
    match answers(&known, request, models, network) {
        Ok(answers) => Continued::Answered(known, answers),
        Err(surveillance::Error::BeforeNext { .. }) => Continued::Between,
        // The horizon was checked: what else is refused is too short.
        Err(_) => Continued::TooShort,
    }
}

/// Each model's answer, `None` where it has none; why not where none can have any.
fn answers(
    known: &History,
    request: &Request,
    models: &[Model],
    network: Option<&Network>,
) -> Result<Vec<Option<Answer>>, surveillance::Error> {
    let horizon = usize::from(request.horizon_days);
    if !request.peak_week && request.samples == 0 && request.coherent.is_none() {
        // Dependence between days costs something, and nobody asks for it.
        let answers = surveillance::forecast(known, horizon, models, network)?;
        return Ok(answers.into_iter().map(|answer| Some((answer.ok()?, None))).collect());
    }
    let answers = forecast_jointly(known, horizon, models, network)?;
    let jointly = |Joint { forecast, dependence }: Joint| (forecast, Some(dependence));
    Ok(answers.into_iter().map(|answer| answer.ok().map(jointly)).collect())
}

/// What one of our models, or the ensemble, says of one series from one origin, before rows tell it.
pub(crate) struct Word<'a> {
    pub(crate) model: &'static str,
    /// Whose origin and days ahead it has.
    pub(crate) of: &'a Forecast,
    pub(crate) quantiles: Vec<[f64; 23]>,
    dependence: Option<&'a Dependence>,
}

impl Word<'_> {
    /// So many courses of all of its days; none where nothing was asked of all of them.
    pub(crate) fn draw(&self, count: usize, seed: u64) -> Option<Paths> {
        self.dependence.map(|dependence| Paths::draw(&self.quantiles, dependence, count, seed))
    }
}

/// The rows of a family from one origin, or of one series: of the models asked for, then of the ensemble. The `index` is
/// the family's own; its series, which are drawn together, share it.
fn rows_of(
    (index, family): (usize, &[Pair<'_>]),
    continued: &[Continued],
    request: &Request,
    form: Form,
    ensembles: Option<&Ensembles<'_>>,
) -> Result<(Vec<Made>, Summary), Error> {
    let mut summary = Summary::default();
    let mut said = Vec::new();
    for ((name, ..), continued) in family.iter().zip(continued) {
        said.extend(words(name, continued, request, ensembles, &mut summary));
    }
    let told: Vec<Vec<Option<Told>>> = if family.len() == 1 {
        let alone = |word: &Option<Word<'_>>| word.as_ref().map(|word| tell(word, request));
        said.iter().map(|words| words.iter().map(alone).collect()).collect()
    } else {
        coherent::tell(family, &said, request)
    };
    if told.len() < said.len() {
        (summary.skipped_apart, summary.joined) = (said.len() as u64, 0);
    }
    let mut made = Vec::new();
    for ((name, ..), told) in family.iter().zip(told) {
        for told in told {
            let Some(told) = told else {
                summary.skipped_unfit += 1;
                continue;
            };
            let mut rows = Vec::new();
            summary.rows += write_forecast(&mut rows, form, Location { name, index }, &told).map_err(Error::Write)?;
            summary.forecasts += 1;
            made.push(Made { model: told.model, origin: told.origin, rows });
        }
    }
    Ok((made, summary))
}

/// What the models asked for say of one series, then the ensemble; none where no model can, which is counted.
fn words<'a>(
    name: &str,
    continued: &'a Continued,
    request: &Request,
    ensembles: Option<&Ensembles<'_>>,
    summary: &mut Summary,
) -> Option<Vec<Option<Word<'a>>>> {
    let (known, answers) = match continued {
        Continued::Answered(known, answers) => (known, answers),
        Continued::Outside => {
            summary.skipped_outside += 1;
            return None;
        }
        Continued::TooShort => {
            summary.skipped_too_short += 1;
            return None;
        }
        Continued::Between => {
            summary.skipped_between += 1;
            return None;
        }
    };
    // `tidemark` may stand behind the models asked for, for the ensemble's sake.
    let asked = answers.iter().take(request.models.len());
    let mut words: Vec<Option<Word<'a>>> = asked
        .map(|answer| {
            let (of, dependence) = answer.as_ref()?;
            let quantiles = of.quantiles.clone();
            Some(Word { model: of.model.id(), of, quantiles, dependence: dependence.as_ref() })
        })
        .collect();
    if let Some(ensembles) = ensembles {
        words.push(continued.answer_of(Model::Tidemark).map(|(ours, dependence)| {
            // Members speak of every day of the horizon, which no series of weeks has.
            let (quantiles, is_joined) = if known.step_days() == 1 {
                ensembles.of(name, known, ours.origin, &ours.quantiles)
            } else {
                (ours.quantiles.clone(), false)
            };
            summary.joined += u64::from(is_joined);
            // Days of the ensemble hang together as those of our forecast do.
            Word { model: ENSEMBLE, of: ours, quantiles, dependence: dependence.as_ref() }
        }));
    }
    Some(words)
}

/// One series' forecast as rows tell it, with what is asked of all of its days.
fn tell(word: &Word<'_>, request: &Request) -> Told {
    let (origin, ahead) = (word.of.origin, word.of.ahead.clone());
    let peak_of = |paths: Paths| PeakForecast::of(&paths, origin);
    let peak = if has_peak(word.of, request) { word.draw(DEFAULT_PATHS, PATHS_SEED).map(peak_of) } else { None };
    let samples = if request.samples > 0 { word.draw(request.samples, PATHS_SEED) } else { None };
    Told { model: word.model, origin, ahead, quantiles: word.quantiles.clone(), peak, samples }
}

/// Whether the peak's week is asked for and can be told: of a week that shows one day nobody knows the highest.
pub(crate) fn has_peak(of: &Forecast, request: &Request) -> bool {
    request.peak_week && of.ahead.iter().copied().eq(1..=usize::from(request.horizon_days))
}

impl Summary {
    fn add(&mut self, other: &Self) {
        self.forecasts += other.forecasts;
        self.skipped_outside += other.skipped_outside;
        self.skipped_too_short += other.skipped_too_short;
        self.skipped_between += other.skipped_between;
        self.skipped_unfit += other.skipped_unfit;
        self.skipped_apart += other.skipped_apart;
        self.rows += other.rows;
        self.joined += other.joined;
    }
}
