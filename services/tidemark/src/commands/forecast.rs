//! `tidemark forecast` and `tidemark backtest`: series in a file, continued.

use crate::cli::{Backtest, Forecast, Forecasting};
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, open};
use crate::progress::Progress;
use std::path::Path;
use std::sync::OnceLock;
use tidemark_forecast::{
    DEFAULT_HISTORY_DAYS, Error, Model, Origins, Request, SeriesFile, Summary, forecast_series, read_series,
};

/// Runs `tidemark forecast`.
pub(crate) fn forecast(arguments: Forecast) -> Result<(), Failure> {
    run(&arguments.forecasting, arguments.origin.map_or(Origins::Last, Origins::At))
}

/// Runs `tidemark backtest`.
pub(crate) fn backtest(arguments: Backtest) -> Result<(), Failure> {
    let origins = Origins::Rolling { from: arguments.from, to: arguments.to, step_days: arguments.step };
    run(&arguments.forecasting, origins)
}

fn models(asked: &[String]) -> Result<Vec<Model>, Failure> {
    if asked.is_empty() {
        return Ok(Model::ALL.to_vec());
    }
    asked.iter().map(|id| id.trim().parse()).collect::<Result<_, _>>().or_exit(Exit::Input)
}

fn run(asked: &Forecasting, origins: Origins) -> Result<(), Failure> {
    let started = std::time::Instant::now();
    let request = Request {
        origins,
        horizon_days: asked.horizon,
        history_days: asked.history.map_or(DEFAULT_HISTORY_DAYS, |days| days as usize),
        models: models(&asked.models)?,
    };
    let output = &asked.output;
    let input = open(&asked.series).or_exit(Exit::Input)?;
    let mut rejects = Rejects::of(output).or_exit(Exit::Output)?;
    let file = read_series(input.reader, &mut rejects).map_err(failure)?;
    let mut out = Output::create(output).or_exit(Exit::Output)?;
    let bar = OnceLock::new();
    let summary = forecast_series(&file, &request, &mut out, &|done, pairs| {
        bar.get_or_init(|| Progress::steps(pairs)).at(done, done, "origins");
    })
    .map_err(failure)?;
    if let Some(bar) = bar.get() {
        bar.clear();
    }
    if summary.forecasts == 0 {
        let error = anyhow::anyhow!("no series could be continued: {}", skipped(&summary));
        return Err(Failure { exit: Exit::Input, error });
    }
    out.finish().or_exit(Exit::Output)?;
    crate::say(&said(&file, &summary, rejects.path(), started.elapsed().as_secs_f64()));
    Ok(())
}

fn said(file: &SeriesFile, summary: &Summary, rejects: &Path, seconds: f64) -> String {
    let see = if file.rejected > 0 { format!(" (see {})", rejects.display()) } else { String::new() };
    format!(
        "made {} forecasts of {} series in {seconds:.1} s; rejected {} of {} rows{see}; {}",
        summary.forecasts,
        summary.series,
        file.rejected,
        file.rows_read,
        skipped(summary),
    )
}

fn skipped(summary: &Summary) -> String {
    format!(
        "passed over {} origins outside their series, {} with fewer than 7 days before them, {} a model could not fit",
        summary.skipped_outside, summary.skipped_too_short, summary.skipped_unfit
    )
}

fn failure(error: Error) -> Failure {
    let exit = match &error {
        Error::MissingColumn { .. } | Error::Read { .. } | Error::NoSeries { .. } | Error::Request(_) => Exit::Input,
        Error::Write(_) => Exit::Output,
        Error::Query(_) => Exit::Lake,
        Error::Fitting(_) => Exit::Unexpected,
    };
    Failure { exit, error: error.into() }
}
