//! The four outputs of a simulation. `posts.ndjson` is what a source would deliver; the others are the truth about it.

use crate::{Error, Scenario, SimulatedPost, Simulation, post::Line};
use std::io::Write;

/// File with one event a line: `{id, text, author, created_at, lang, region, community?, parent?, op, is_bot}`.
pub const POSTS_FILE: &str = "posts.ndjson";
/// File with the truth: `date,region,marker,expressed,n_authors,latent`; `expressed` is empty where nobody posted.
pub const TRUTH_FILE: &str = "truth.csv";
/// File with what is planted: `kind,marker,region,first_day,last_day,size`.
pub const EVENTS_FILE: &str = "events.csv";
/// File with the scenario, from which the others can be made again.
pub const SCENARIO_FILE: &str = "scenario.json";

/// Writes one event as a line of [`POSTS_FILE`].
///
/// # Errors
/// [`Error::Write`] or [`Error::Encode`].
pub fn write_post(post: &SimulatedPost, mut out: impl Write) -> Result<(), Error> {
    let mut line =
        serde_json::to_vec(&Line::from(post)).map_err(|source| Error::Encode { file: POSTS_FILE, source })?;
    line.push(b'\n');
    out.write_all(&line).map_err(|source| Error::Write { file: POSTS_FILE, source })
}

/// Writes every event, in time order. `progress` is told, after each event, how many there were so far.
///
/// # Errors
/// [`Error::Write`] or [`Error::Encode`].
pub fn write_posts(simulation: &Simulation, mut out: impl Write, mut progress: impl FnMut(u64)) -> Result<u64, Error> {
    let mut count = 0;
    for post in simulation.posts() {
        write_post(&post, &mut out)?;
        count += 1;
        progress(count);
    }
    out.flush().map_err(|source| Error::Write { file: POSTS_FILE, source })?;
    Ok(count)
}

/// Writes the truth.
///
/// # Errors
/// [`Error::Write`].
pub fn write_truth(simulation: &Simulation, mut out: impl Write) -> Result<(), Error> {
    let mut write = || -> std::io::Result<()> {
        writeln!(out, "date,region,marker,expressed,n_authors,latent")?;
        for row in simulation.truth() {
            let expressed = row.expressed.value().map(|value| format!("{value:.6}")).unwrap_or_default();
            let (date, region, marker) = (row.date, &row.region, row.marker.name());
            writeln!(out, "{date},{region},{marker},{expressed},{},{:.6}", row.expressed.n, row.latent)?;
        }
        out.flush()
    };
    write().map_err(|source| Error::Write { file: TRUTH_FILE, source })
}

/// Writes what is planted.
///
/// # Errors
/// [`Error::Write`].
pub fn write_events(scenario: &Scenario, mut out: impl Write) -> Result<(), Error> {
    let mut write = || -> std::io::Result<()> {
        writeln!(out, "kind,marker,region,first_day,last_day,size")?;
        for event in scenario.planted() {
            let marker = event.marker.map_or("", |marker| marker.name());
            let (kind, region, first, last) = (event.kind, &event.region, event.first_day, event.last_day);
            writeln!(out, "{kind},{marker},{region},{first},{last},{}", event.size)?;
        }
        out.flush()
    };
    write().map_err(|source| Error::Write { file: EVENTS_FILE, source })
}

/// Writes the scenario.
///
/// # Errors
/// [`Error::Write`] or [`Error::Encode`].
pub fn write_scenario(scenario: &Scenario, mut out: impl Write) -> Result<(), Error> {
    let mut text =
        serde_json::to_vec_pretty(scenario).map_err(|source| Error::Encode { file: SCENARIO_FILE, source })?;
    text.push(b'\n');
    out.write_all(&text).and_then(|()| out.flush()).map_err(|source| Error::Write { file: SCENARIO_FILE, source })
}
