//! `tidemark annotate`: posts in a file, scored.

use crate::cli::InOut;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, open};
use crate::prepare;
use crate::progress::Progress;
use tidemark_annotate::file::{self, Unanswered};
use tidemark_annotate::{Annotator, Error, Settings};

/// Loads what scores.
pub(crate) fn annotator(model: Option<std::path::PathBuf>, lexica_only: bool) -> Result<Annotator, Failure> {
    Annotator::load(&Settings { model_dir: model, lexica_only, ..Settings::default() }).or_exit(Exit::Model)
}

/// Runs the command.
pub(crate) fn run(arguments: InOut) -> Result<(), Failure> {
    let input = open(&arguments.input).or_exit(Exit::Input)?;
    let annotator = annotator(arguments.model, arguments.lexica_only)?;
    let mut output = Output::create(&arguments.output).or_exit(Exit::Output)?;
    let mut rejects = Rejects::of(&arguments.output).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let started = std::time::Instant::now();
    let summary = file::annotate_lines(
        &annotator,
        input.reader,
        &mut output,
        &mut rejects,
        Unanswered::Omitted,
        &prepare::text,
        |_, lines| progress.at_shared(&position, lines, "posts"),
    )
    .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
    output.finish().or_exit(Exit::Output)?;
    progress.clear();
    let seconds = started.elapsed().as_secs_f64();
    crate::say(&format!(
        "answered {} posts, rejected {} lines{}; {:.0} posts/s, {:.0} model tokens/s",
        summary.answered,
        summary.rejected,
        if summary.rejected > 0 { format!(" (see {})", rejects.path().display()) } else { String::new() },
        summary.answered as f64 / seconds,
        summary.tokens as f64 / seconds,
    ));
    Ok(())
}

/// The exit code of a failed annotation.
pub(crate) fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Read { .. } => Exit::Input,
        Error::Write(_) => Exit::Output,
        Error::Log(_) => Exit::Unreachable,
        Error::Model(_) | Error::Lexicon(_) => Exit::Model,
        Error::Encode(_) | Error::Scoring(_) => Exit::Unexpected,
    }
}
