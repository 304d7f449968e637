//! `tidemark sql`: one question to the lake.

use crate::cli::{Format, Sql};
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use anyhow::Context as _;
use std::io::Read as _;
use std::time::Duration;
use tidemark_lake::Lake;
use tidemark_query::{Error, Limits, Session};

/// The person asks on their own machine: long answers are theirs to wait for.
const LIMITS: Limits = Limits { rows_max: 10_000_000, deadline: Duration::from_secs(600) };

/// Runs the command.
pub(crate) async fn run(arguments: Sql) -> Result<(), Failure> {
    let question = if arguments.query == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input").or_exit(Exit::Input)?;
        text
    } else {
        arguments.query
    };
    let config = Config::load(arguments.place.config.as_deref()).or_exit(Exit::Configuration)?;
    let location = super::lake_location(&config, &arguments.place)?;
    let mut session = Session::open(Lake::open(&location).or_exit(Exit::Lake)?).await.or_exit(Exit::Lake)?;
    if let Some(at) = arguments.as_of {
        session = session.as_of(at).await.or_exit(Exit::Lake)?;
    }
    let answer = session.sql(&question, &LIMITS).await.map_err(|error| Failure {
        // A lake that fails is not the question's fault.
        exit: if matches!(error, Error::Lake(_)) { Exit::Lake } else { Exit::Input },
        error: error.into(),
    })?;
    let text = match arguments.format {
        Format::Table => answer.to_text().map(|table| format!("{table}\n").into_bytes()),
        Format::Csv => answer.to_csv(),
        Format::Json => answer.to_json_lines(),
    }
    .or_exit(Exit::Input)?;
    crate::print(text)?;
    if answer.is_cut {
        crate::say(&format!("only the first {} rows are shown", LIMITS.rows_max));
    }
    Ok(())
}
