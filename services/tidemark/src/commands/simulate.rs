//! `tidemark simulate`: posts of a population whose true prevalence is known.

use crate::cli::Simulate;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::Output;
use crate::progress::Progress;
use anyhow::Context as _;
use jiff::ToSpan as _;
use std::path::Path;
use tidemark_simulator::{Scenario, Simulation, files};

/// Runs the command.
pub(crate) fn run(arguments: Simulate) -> Result<(), Failure> {
    let last_day = arguments
        .first_day
        .checked_add(i64::from(arguments.days - 1).days())
        .context("the last day is beyond the calendar")
        .or_exit(Exit::Input)?;
    let mut scenario =
        Scenario::default_for(arguments.seed, arguments.days, f64::from(arguments.posts_per_day)).ending_on(last_day);
    scenario.authors = arguments.authors.unwrap_or(scenario.authors);
    let simulation = Simulation::new(scenario).or_exit(Exit::Input)?;
    let posts = write(&simulation, &arguments.output).or_exit(Exit::Output)?;
    crate::say(&format!(
        "wrote {posts} post events, their truth and what was planted to {}",
        arguments.output.display()
    ));
    Ok(())
}

/// Writes every file of a simulation into `folder`; returns the number of post events.
pub(crate) fn write(simulation: &Simulation, folder: &Path) -> anyhow::Result<u64> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let scenario = simulation.scenario();
    let expected = (f64::from(scenario.days) * scenario.posts_per_day) as u64;
    let progress = Progress::steps(expected);
    let mut output = Output::create(&folder.join("posts.ndjson"))?;
    let posts = files::write_posts(simulation, &mut output, |written| progress.at(written, written, "posts"))?;
    output.finish()?;
    progress.clear();
    let mut output = Output::create(&folder.join("truth.csv"))?;
    files::write_truth(simulation, &mut output)?;
    output.finish()?;
    let mut output = Output::create(&folder.join("events.csv"))?;
    files::write_events(scenario, &mut output)?;
    output.finish()?;
    let mut output = Output::create(&folder.join("scenario.json"))?;
    files::write_scenario(scenario, &mut output)?;
    output.finish()?;
    Ok(posts)
}
