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
use tidemark_aggregate::file::{Counted, Options, Summary, series_of_lines};

/// Runs the command.
pub(crate) async fn run(arguments: Series) -> Result<(), Failure> {
    let files = &arguments.files.files;
    let zone = super::zone(&arguments.zone)?;
    let (error_rates, population) = (arguments.error_rates.as_deref(), arguments.population.as_deref());
    let known = crate::known::read(error_rates, population).or_exit(Exit::Input)?;
    let counted = Counted {
        with_bots: arguments.with_bots,
        with_copies: arguments.with_copies,
        posts_per_author_day: arguments.author_posts,
    };
    let options = Options { zone, period: arguments.period.into(), issued_at: Timestamp::now(), counted, known };
    let scoring = settings(&arguments.files)?;
    let input = open(&files.input).or_exit(Exit::Input)?;
    let mut rejects = Rejects::of(&files.output).or_exit(Exit::Output)?;
    let mut output = Output::create(&files.output).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let (reader, rejected_before) = annotated(input, &scoring, &mut rejects, &progress)?;
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
    for said in [left_out(&summary), unused(&summary)].into_iter().flatten() {
        crate::say(&said);
    }
    Ok(())
}

/// How many posts count nowhere, and why; nothing where none does.
fn left_out(summary: &Summary) -> Option<String> {
    let Summary { reposts, links, copies, .. } = summary;
    (reposts + links + copies > 0)
        .then(|| format!("left out: {reposts} reposts, {links} posts of links alone, {copies} copies"))
}

/// What to say of lines of tables that changed nothing: a name that was mistyped is no fault that could be seen otherwise.
fn unused(summary: &Summary) -> Option<String> {
    let Summary { rates_unused: rates, places_unused: places, .. } = summary;
    let rates = (*rates > 0).then(|| format!("{rates} lines of --error-rates are of no marker and language"));
    let places = (*places > 0).then(|| format!("{places} lines of --population are of no region"));
    let said: Vec<String> = [rates, places].into_iter().flatten().collect();
    (!said.is_empty()).then(|| format!("{} in these series", said.join(", ")))
}

pub(super) const fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Read { .. } | Error::UnknownMarker { .. } | Error::NoLabels { .. } | Error::NoAuthors => Exit::Input,
        Error::Write(_) | Error::Csv(_) => Exit::Output,
        _ => Exit::Unexpected,
    }
}
