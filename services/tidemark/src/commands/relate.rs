//! `tidemark relate`: how markers of posts in a file go together in the same people, and follow each other.

use super::annotate::{annotated, settings};
use super::series::exit_of;
use crate::cli::{RelateComposition, RelateLift, RelatePeople, RelateShift};
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, is_dash, open};
use crate::progress::Progress;
use anyhow::Context as _;
use jiff::Timestamp;
use std::io::Write as _;
use tidemark_aggregate::Error;
use tidemark_aggregate::relate::{Options, People, Shifts, Written};

/// Runs `tidemark relate lift`.
pub(crate) fn lift(arguments: &RelateLift) -> Result<(), Failure> {
    run(&arguments.people, false, |people, out| people.lifts(out, &arguments.markers))
}

/// Runs `tidemark relate composition`.
pub(crate) fn composition(arguments: &RelateComposition) -> Result<(), Failure> {
    let among = arguments.among.as_deref();
    run(&arguments.people, false, |people, out| people.composition(out, &arguments.of, among))
}

/// Runs `tidemark relate shift`.
pub(crate) fn shift(arguments: &RelateShift) -> Result<(), Failure> {
    let asked = Shifts {
        head: arguments.marker.clone(),
        by: arguments.by.into(),
        window_hours: arguments.window,
        valence: arguments.valence.clone(),
    };
    run(&arguments.people, true, |people, out| people.shifts(out, &asked))
}

/// `scales`: whether values on scales are read too.
fn run(
    arguments: &RelatePeople,
    scales: bool,
    write: impl FnOnce(&People, &mut Output) -> Result<Written, Error>,
) -> Result<(), Failure> {
    let files = &arguments.files.files;
    let failure = |error: Error| Failure::new(exit_of(&error), error);
    let (from, to) = (arguments.from, arguments.to);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(anyhow::anyhow!("--from {from} lies after --to {to}; give a day that does not"))
            .or_exit(Exit::Input);
    }
    let zone = super::zone(&arguments.zone)?;
    let options = Options { zone, now: Timestamp::now(), with_bots: arguments.with_bots, from, to, scales };
    let input = open(&files.input).or_exit(Exit::Input)?;
    let mut rejects = Rejects::of(&files.output).or_exit(Exit::Output)?;
    let mut output = Output::create(&files.output).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let (reader, rejected_before) = annotated(input, &settings(&arguments.files)?, &mut rejects, &progress)?;
    let people = People::read(reader, &mut rejects, &options, |lines| progress.at_shared(&position, lines, "posts"))
        .map_err(failure)?;
    rejects.flush().context("the rejects cannot be written").or_exit(Exit::Output)?;
    progress.clear();
    let summary = people.summary;
    let rejected = rejected_before + summary.rejected;
    super::some_taken(summary.accepted + summary.duplicates + summary.unmatched, rejected, &rejects, "relate lift")?;
    let written = write(&people, &mut output).map_err(failure)?;
    output.finish().or_exit(Exit::Output)?;
    let place = if is_dash(&files.output) { "standard output".to_owned() } else { files.output.display().to_string() };
    crate::say(&format!(
        "accepted {} lines, {} duplicates, {} unmatched, rejected {rejected}{}; wrote {} rows to {place}, {} of them withheld",
        summary.accepted,
        summary.duplicates,
        summary.unmatched,
        rejects.note(),
        written.rows,
        written.withheld
    ));
    Ok(())
}
