//! `tidemark series`: posts or annotated posts in a file, as prevalence series.

use super::annotate::{annotated, settings};
use crate::cli::Series;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, is_dash, open};
use crate::progress::Progress;
use anyhow::Context as _;
use jiff::Timestamp;
use std::io::Write as _;
use tidemark_aggregate::Error;
use tidemark_aggregate::file::{Options, series_of_lines};

/// Runs the command.
pub(crate) async fn run(arguments: Series) -> Result<(), Failure> {
    let files = &arguments.files.files;
    let zone = super::zone(&arguments.zone)?;
    let options = Options { zone, period: arguments.period.into(), issued_at: Timestamp::now() };
    let input = open(&files.input).or_exit(Exit::Input)?;
    let mut rejects = Rejects::of(&files.output).or_exit(Exit::Output)?;
    let mut output = Output::create(&files.output).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let (reader, rejected_before) = annotated(input, &settings(&arguments.files), &mut rejects, &progress)?;
    let summary = series_of_lines(reader, &mut output, &mut rejects, &options, |lines| {
        progress.at_shared(&position, lines, "posts")
    })
    .await
    .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
    rejects.flush().context("the rejects cannot be written").or_exit(Exit::Output)?;
    progress.clear();
    let rejected = rejected_before + summary.rejected;
    let taken = summary.accepted + summary.duplicates + summary.unmatched;
    super::some_taken(taken, rejected, &rejects, "series")?;
    output.finish().or_exit(Exit::Output)?;
    let place = if is_dash(&files.output) { "standard output".to_owned() } else { files.output.display().to_string() };
    crate::say(&format!(
        "accepted {} lines, {} duplicates, {} unmatched, rejected {}{}; wrote {} points to {place}",
        summary.accepted,
        summary.duplicates,
        summary.unmatched,
        rejected,
        rejects.note(),
        summary.points
    ));
    Ok(())
}

const fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Read { .. } => Exit::Input,
        Error::Write(_) | Error::Csv(_) => Exit::Output,
        _ => Exit::Unexpected,
    }
}
