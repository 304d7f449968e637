//! What starts a platform and what asks a running one.

use super::Place;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `tidemark up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Port of the dashboard and of REST; gRPC takes the next one. 0 lets the system choose.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Fill an empty platform with a simulated year of posts, then go on live.
    #[arg(long, overrides_with = "no_demo")]
    pub(crate) demo: bool,
    /// Start without demo data (the default).
    #[arg(long)]
    pub(crate) no_demo: bool,
}

/// A role: one stage of the data's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Read configured sources.
    Ingest,
    /// Score posts.
    Annotate,
    /// Commit to the lake and compute series.
    Aggregate,
    /// Forecast series.
    Forecast,
    /// Raise and resolve alerts.
    Alert,
    /// Answer REST, gRPC and the dashboard.
    Serve,
}

/// `tidemark run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The roles to run in this process.
    #[arg(required = true, value_name = "ROLE")]
    pub(crate) roles: Vec<Role>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Port of REST and the dashboard, for the role serve.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned for reading.
    Table,
    /// Comma-separated values.
    Csv,
    /// JSON lines.
    Json,
}

/// `tidemark sql`.
#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// The query; `-` reads it from standard input.
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Answer as the lake stood at this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<jiff::Timestamp>,
}

/// `tidemark status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) key: Key,
    /// Print the server's answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a server that is open to a network asks for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Key {
    /// The admin key, where the server is reached by more than this machine.
    #[arg(long, value_name = "KEY", env = "TIDEMARK_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
}

/// `tidemark doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) key: Key,
}

/// `tidemark broker`.
#[derive(Debug, Args)]
pub(crate) struct Broker {
    /// Folder of the broker's own data.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// Port on 127.0.0.1.
    #[arg(long)]
    pub(crate) port: u16,
}
