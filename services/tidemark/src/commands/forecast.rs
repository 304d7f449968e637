//! `tidemark forecast` and `tidemark backtest`: series in a file, continued.

use crate::cli::{Backtest, Forecast, Forecasting};
use crate::event_file::{self, read_events};
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, is_dash, is_stream, open};
use crate::progress::Progress;
use crate::stop::Stop;
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};
use tidemark_forecast::{
    Calendar, DEFAULT_HISTORY_DAYS, Error, ForecastFiles, ForecastRows, Inputs, Journal, Members, Model, Origins,
    Request, SeriesFile, Summary, calendar::MAX_NAMES, forecast_for_hub, forecast_resumably, forecast_series, hubverse,
    read_series,
};

/// Runs `tidemark forecast`.
pub(crate) fn forecast(arguments: &Forecast) -> Result<(), Failure> {
    let asked = &arguments.forecasting;
    let request = request(asked, arguments.origin.map_or(Origins::Last, Origins::At))?;
    match (&arguments.output, &arguments.hub_dir, &arguments.team) {
        (Some(output), ..) => to_output(asked, &request, output),
        (None, Some(folder), Some(team)) => to_hub(asked, &request, folder, team),
        // The command line asks for one of the two.
        _ => Err(anyhow::anyhow!("give --output, or --hub-dir and --team")).or_exit(Exit::Input),
    }
}

/// Runs `tidemark backtest`.
pub(crate) fn backtest(arguments: &Backtest) -> Result<(), Failure> {
    let (asked, output) = (&arguments.forecasting, &arguments.output);
    let origins = Origins::Rolling { from: arguments.from, to: arguments.to, step_days: arguments.step };
    let request = request(asked, origins)?;
    // What goes on to somebody else has no place where a journal could lie.
    if is_stream(output) { to_output(asked, &request, output) } else { resumably(asked, &request, output) }
}

fn request(asked: &Forecasting, origins: Origins) -> Result<Request, Failure> {
    let models = models(&asked.models)?;
    if asked.calendar.is_some() && !models.contains(&Model::CalendarRegression) {
        let what = "--calendar is read by `calendar_regression` alone; add it to --models, or leave the calendar away";
        return Err(anyhow::anyhow!(what)).or_exit(Exit::Input);
    }
    Ok(Request {
        origins,
        horizon_days: asked.horizon,
        history_days: asked.history.map_or(DEFAULT_HISTORY_DAYS, |days| days as usize),
        models,
        peak_week: asked.peak_week,
        samples: usize::from(asked.samples),
        coherent: asked.coherent.as_ref().map(|names| names.iter().cloned().collect()),
    })
}

fn models(asked: &[String]) -> Result<Vec<Model>, Failure> {
    if asked.is_empty() {
        return Ok(Model::ALL.to_vec());
    }
    asked.iter().map(|id| id.trim().parse()).collect::<Result<_, _>>().or_exit(Exit::Input)
}

/// What every run has.
struct Run {
    started: Instant,
    file: SeriesFile,
    /// What was read of the calendar, to be told at the end.
    calendar: String,
    /// Other teams' forecasts, and what was read of them.
    members: Option<(Members, ForecastRows)>,
    rejects: Rejects,
    bar: OnceLock<Progress>,
    stop: Stop,
}

impl Run {
    fn start(asked: &Forecasting, rejects_of: &Path) -> Result<Self, Failure> {
        let started = Instant::now();
        let files = std::iter::once(&asked.series).chain(&asked.calendar).chain(&asked.members);
        if files.filter(|path| is_dash(path)).count() > 1 {
            let what = "standard input can be read once: as --series, --calendar or one of --members; name files for the \
                        others";
            return Err(anyhow::anyhow!(what)).or_exit(Exit::Input);
        }
        let input = open(&asked.series).or_exit(Exit::Input)?;
        let mut rejects = Rejects::of(rejects_of).or_exit(Exit::Output)?;
        let mut file = read_series(input.reader, &mut rejects).map_err(failure)?;
        let calendar = match &asked.calendar {
            Some(path) => name_days(&mut file, path).or_exit(Exit::Input)?,
            None => String::new(),
        };
        let members = members(&asked.members, &file)?;
        Ok(Self { started, file, calendar, members, rejects, bar: OnceLock::new(), stop: Stop::listen() })
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs { file: &self.file, members: self.members.as_ref().map(|(members, _)| members) }
    }

    fn at(&self, done: u64, origins: u64) -> ControlFlow<()> {
        self.bar.get_or_init(|| Progress::steps(origins)).at(done, done, "origins");
        self.stop.flow()
    }

    /// Takes the bar away; a run that made nothing has failed.
    fn made(&self, summary: &Summary) -> Result<(), Failure> {
        if let Some(bar) = self.bar.get() {
            bar.clear();
        }
        if summary.forecasts > 0 {
            return Ok(());
        }
        Err(anyhow::anyhow!("no series could be continued: {}", skipped(summary))).or_exit(Exit::Input)
    }

    fn say(&self, summary: &Summary, place: &str) {
        let Self { file, calendar, .. } = self;
        let members = self.members.as_ref();
        let members = members.map_or_else(String::new, |(members, rows)| joined(members, rows, summary.joined));
        crate::say(&format!(
            "made {} forecasts of {} series in {:.1} s{place}; rejected {} of {} rows{}; {}{calendar}{members}",
            summary.forecasts,
            summary.series,
            self.started.elapsed().as_secs_f64(),
            file.rejected,
            file.rows_read,
            self.rejects.note(),
            skipped(summary),
        ));
    }
}

/// Gives the days of each series the names that the calendar has for them; says what there was.
fn name_days(file: &mut SeriesFile, path: &Path) -> anyhow::Result<String> {
    let rows = read_events(path)?;
    event_file::check_series(&rows, &file.series)?;
    for (name, history) in std::mem::take(&mut file.series) {
        let own = rows.iter().filter(|row| row.touches(&name));
        let calendar: Calendar = own.map(|row| (row.name.clone(), row.start, row.end)).collect();
        anyhow::ensure!(
            calendar.names() <= MAX_NAMES,
            "{} has {} names for the days of {name}, more than {MAX_NAMES}: what comes again needs one name for all its \
             dates, and what came once foretells nothing",
            shown(path),
            calendar.names()
        );
        file.series.insert(name, history.with_calendar(calendar));
    }
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    Ok(format!("; read {} dates of {} names", rows.len(), names.len()))
}

/// Reads other teams' forecasts, where there are any; files of none of the series are a slip.
fn members(paths: &[PathBuf], file: &SeriesFile) -> Result<Option<(Members, ForecastRows)>, Failure> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut members = Members::of(file);
    let mut reading = ForecastFiles::new(&mut members);
    for path in paths {
        let input = open(path).or_exit(Exit::Input)?;
        let (progress, position) = Progress::over(&input);
        let read = reading.read(&shown(path), input.reader, |rows| progress.at_shared(&position, rows, "rows"));
        progress.clear();
        read.map_err(failure)?;
    }
    let rows = reading.rows().clone();
    if members.forecasts() > 0 {
        return Ok(Some((members, rows)));
    }
    let known = file.series.keys().next().map_or("", String::as_str);
    Err(anyhow::anyhow!(
        "the members' files hold no quantiles of these series: a location must be the name of a series, like `{known}`"
    ))
    .or_exit(Exit::Input)
}

/// Who was read to join the ensemble, what of it was passed over, and how many ensembles others speak in.
fn joined(members: &Members, rows: &ForecastRows, ensembles: u64) -> String {
    let models: Vec<&str> = members.models().into_iter().collect();
    let passed_over =
        [(members.elsewhere(), "days of other series"), (members.not_quantiles(), "days of no quantiles")];
    let passed_over = passed_over.into_iter().filter(|(count, _)| *count > 0);
    let mut passed_over: Vec<String> = passed_over.map(|(count, what)| format!("{count} {what}")).collect();
    passed_over.extend(rows.passed_over.iter().map(|(kind, count)| format!("{count} rows of {kind}")));
    let but = if passed_over.is_empty() { String::new() } else { format!(", passed over {}", passed_over.join(", ")) };
    let joined = if ensembles > 0 {
        format!("they speak in {ensembles} ensembles")
    } else {
        "none speaks from these origins of every day of the horizon, and `ensemble` is `tidemark` alone".to_owned()
    };
    format!("; read {} forecasts by {}{but}; {joined}", members.forecasts(), models.join(", "))
}

fn to_output(asked: &Forecasting, request: &Request, output: &Path) -> Result<(), Failure> {
    let run = Run::start(asked, output)?;
    let mut out = Output::create(output).or_exit(Exit::Output)?;
    let summary =
        forecast_series(run.inputs(), request, &mut out, &|done, origins| run.at(done, origins)).map_err(failure)?;
    run.made(&summary)?;
    out.finish().or_exit(Exit::Output)?;
    run.say(&summary, "");
    Ok(())
}

fn resumably(asked: &Forecasting, request: &Request, output: &Path) -> Result<(), Failure> {
    let run = Run::start(asked, output)?;
    let mut journal = Journal::open(output, run.inputs(), request, &build()).map_err(failure)?;
    let before = journal.origins();
    if before > 0 {
        crate::say(&format!("going on where an earlier run stopped: {before} origins of series are done"));
    }
    let made = forecast_resumably(run.inputs(), request, &mut journal, &|done, origins| run.at(done, origins));
    let summary = match made {
        Ok(summary) => summary,
        Err(error) => {
            let (origins, was_stopped) = (journal.origins(), matches!(error, Error::Stopped));
            let mut fault = failure(error);
            // Nothing to go on from is nothing to leave behind.
            if origins == 0 {
                journal.remove().map_err(failure)?;
            } else if was_stopped {
                let kept = format!("{origins} origins of series are done; the same command goes on behind them");
                fault.error = fault.error.context(kept);
            }
            return Err(fault);
        }
    };
    if let Err(fault) = run.made(&summary) {
        journal.remove().map_err(failure)?;
        return Err(fault);
    }
    let mut out = Output::create_as_is(output).or_exit(Exit::Output)?;
    journal.copy_to(&mut out).map_err(failure)?;
    out.finish().or_exit(Exit::Output)?;
    journal.remove().map_err(failure)?;
    run.say(&summary, &if before > 0 { format!(", {before} origins of them before") } else { String::new() });
    Ok(())
}

/// Names this build of the program by its file: what another build has made is not continued.
fn build() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let changed = file.as_ref().ok().and_then(|file| file.modified().ok());
    let changed = changed.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let bytes = file.map_or(0, |file| file.len());
    format!("{} {bytes} {}", env!("CARGO_PKG_VERSION"), changed.unwrap_or_default().as_nanos())
}

fn to_hub(asked: &Forecasting, request: &Request, folder: &Path, team: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))
        .or_exit(Exit::Output)?;
    // Below the folder there is nothing but what a hub takes; rejects go where those of a stream do.
    let run = Run::start(asked, Path::new("-"))?;
    let own = format!("{team}-");
    let mut models = run.members.iter().flat_map(|(members, _)| members.models());
    if let Some(model) = models.find(|model| model.starts_with(&own)) {
        let what = "among --members is a forecast of --team; leave its files out, they would count twice";
        return Err(anyhow::anyhow!("`{model}` {what}")).or_exit(Exit::Input);
    }
    let mut files: BTreeMap<String, Output> = BTreeMap::new();
    let taken = forecast_for_hub(
        run.inputs(),
        request,
        |made| {
            let name = hubverse::file_name(made.origin, team, made.model);
            if !files.contains_key(&name) {
                let mut file = hub_file(&folder.join(&name)).map_err(io::Error::other)?;
                writeln!(file, "{}", hubverse::HUB_HEADER)?;
                files.insert(name.clone(), file);
            }
            files.get_mut(&name).map_or(Ok(()), |file| file.write_all(&made.rows))
        },
        &|done, origins| run.at(done, origins),
    );
    let summary = taken.map_err(failure)?;
    run.made(&summary)?;
    let place = format!(", in {} files below {}", files.len(), folder.display());
    for file in files.into_values() {
        file.finish().or_exit(Exit::Output)?;
    }
    run.say(&summary, &place);
    Ok(())
}

fn hub_file(path: &Path) -> anyhow::Result<Output> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Output::create(path)
}

fn skipped(summary: &Summary) -> String {
    let between = match summary.skipped_between {
        0 => String::new(),
        between => format!("{between} of weekly series with no day of theirs in the horizon, "),
    };
    let apart = match summary.skipped_apart {
        0 => String::new(),
        apart => format!("{apart} from which not all regions of theirs could be continued, "),
    };
    format!(
        "passed over {} origins outside their series, {} with fewer than 7 days before them, {between}{apart}{} a model \
         could not fit",
        summary.skipped_outside, summary.skipped_too_short, summary.skipped_unfit
    )
}

/// A file as errors name it.
pub(super) fn shown(path: &Path) -> String {
    if is_dash(path) { "standard input".to_owned() } else { path.display().to_string() }
}

pub(crate) fn failure(error: Error) -> Failure {
    let exit = match &error {
        Error::MissingColumn { .. }
        | Error::Read { .. }
        | Error::NoSeries { .. }
        | Error::NotShares { .. }
        | Error::Request(_)
        | Error::Forecasts { .. }
        | Error::ForecastsRead { .. } => Exit::Input,
        Error::Write(_) | Error::Running { .. } => Exit::Output,
        Error::Query(_) => Exit::Lake,
        Error::Fitting(_) => Exit::Unexpected,
        Error::Stopped => Exit::Stopped,
    };
    Failure { exit, error: error.into() }
}
