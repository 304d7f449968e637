//! One file per command.

pub(crate) mod alert;
pub(crate) mod annotate;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod forecast;
pub(crate) mod ingest;
pub(crate) mod lexicon;
pub(crate) mod marker;
pub(crate) mod model;
pub(crate) mod polarization;
pub(crate) mod relate;
pub(crate) mod score;
pub(crate) mod series;
pub(crate) mod signals;
pub(crate) mod simulate;
pub(crate) mod sql;
pub(crate) mod status;

use crate::cli::Place;
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::Rejects;
use crate::platform::DataFolder;
use anyhow::Context as _;
use jiff::tz::TimeZone;

/// A run that rejected every line it read has failed: its input is something else than `command` takes.
fn some_taken(taken: u64, rejected: u64, rejects: &Rejects, command: &str) -> Result<(), Failure> {
    none_taken(taken, rejected, rejects, command).map_or(Ok(()), |said| Err(anyhow::anyhow!(said)).or_exit(Exit::Input))
}

/// What to say of a run that rejected every line it read.
fn none_taken(taken: u64, rejected: u64, rejects: &Rejects, command: &str) -> Option<String> {
    (taken == 0 && rejected > 0).then(|| {
        format!(
            "none of {rejected} lines could be used{}: give one JSON object a line, as `tidemark {command} --help` says; \
             CSV and Parquet are read by `tidemark ingest file` alone",
            rejects.note()
        )
    })
}

/// The time zone of an IANA name.
fn zone(name: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(name)
        .with_context(|| format!("the time zone `{name}` is not known; use an IANA name, such as Europe/Madrid"))
        .or_exit(Exit::Input)
}

/// Where the lake is that a command looks into; a data folder that is not there is none.
fn lake_location(config: &Config, place: &Place) -> Result<String, Failure> {
    match (&config.lake.location, DataFolder::find(&place.data)) {
        (Some(location), _) => Ok(location.clone()),
        (None, Some(data)) => Ok(config.lake_location(data.path())),
        (None, None) => Err(anyhow::anyhow!(
            "there is no data folder {}: name one with --data, or start `tidemark up`",
            place.data.display()
        ))
        .or_exit(Exit::Lake),
    }
}
