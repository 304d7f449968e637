//! What stops an ingest run, and what to do about it. A bad record is not here: it is a reject.

use std::path::PathBuf;
use tidemark_log::LogError;

/// Why a run cannot go on. Running the same command again resumes after the last acknowledged row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input cannot be opened or read.
    #[error("the input {} cannot be read; check that it exists and may be read", .path.display())]
    Input {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Standard input, or a pipe, could not be kept for its run.
    #[error("what comes through the pipe could not be kept in {}; free space in the data directory, or name a file instead", .path.display())]
    Spool {
        /// Where to.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The mapping file cannot be read.
    #[error("the mapping file {} cannot be read", .path.display())]
    MappingFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The mapping file is not what it should be.
    #[error("the mapping file is not valid; its keys are {keys}", keys = crate::mapping::KEYS.join(", "))]
    MappingSyntax(#[from] toml::de::Error),
    /// A time zone that is not known.
    #[error(
        "the time zone `{zone}` is not known; use a name of the IANA database, such as `America/Argentina/Buenos_Aires`"
    )]
    MappingZone {
        /// As written.
        zone: String,
        /// Why.
        #[source]
        source: jiff::Error,
    },
    /// A delimiter that is not one ASCII character.
    #[error("`delimiter` must be one ASCII character")]
    MappingDelimiter,
    /// A source's name that could not stand in an address or a table.
    #[error("`source` must be 1 to {max} letters, digits, `_`, `-` or `.`", max = crate::mapping::MAX_SOURCE_BYTES)]
    MappingSource,
    /// The mapping names columns that the input does not have.
    #[error("the mapping names {missing}, which the input does not have; {present}", missing = quoted(.missing))]
    MissingColumns {
        /// Named and not there.
        missing: Vec<String>,
        /// What may be said of those there are.
        present: String,
    },
    /// Without a mapping, no column has a name that says text or time.
    #[error("no column is recognised as the post's {field}; name it in a mapping file; {present}")]
    UnrecognisedColumns {
        /// `text` or `created_at`.
        field: &'static str,
        /// What may be said of those there are.
        present: String,
    },
    /// A format that cannot be read in this wrapping.
    #[error("a compressed Parquet file cannot be read; decompress it first (Parquet is compressed inside)")]
    CompressedParquet,
    /// Checkpoint, cursor or rejects file could not be written or read.
    #[error("the {what} {} cannot be used; free space in the data directory and check its permissions, then run the same command again: it resumes", .path.display())]
    State {
        /// `checkpoint`, `cursor`, `rejects file`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A state file was written by something else.
    #[error("the {what} {} does not hold what it should; remove it to start from the beginning", .path.display())]
    StateContent {
        /// `checkpoint`, `cursor`, `rejects file`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Another process reads the same file.
    #[error("another process is reading the same input now; wait for it to end")]
    Running,
    /// The key for pseudonyms cannot be read or made.
    #[error("the author key {} cannot be used; check its permissions, or restore it from a backup", .path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key file does not hold a key.
    #[error("the author key {} is not 64 hexadecimal digits; restore it from a backup (a new key gives every author a new pseudonym)", .path.display())]
    KeyContent {
        /// Which file.
        path: PathBuf,
    },
    /// The system has no randomness to give.
    #[error("the system gave no random bytes for a new author key")]
    Randomness(#[source] getrandom::Error),
    /// The log did not take a record.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The thread that decodes ended unexpectedly.
    #[error("reading the input ended unexpectedly")]
    Reader(#[from] tokio::task::JoinError),
    /// A Jetstream address that is none.
    #[error("`{url}` is not a websocket address; write `wss://host` or `ws://host:port`")]
    JetstreamUrl {
        /// As written.
        url: String,
    },
    /// No Jetstream address at all.
    #[error("no Jetstream host is configured; set `hosts`")]
    JetstreamHosts,
    /// The server says that the request itself is wrong, so that trying again is no use.
    #[error("the Jetstream server refuses the request as `{code}`; check `version`, `collections` and the address")]
    JetstreamRefused {
        /// The server's code.
        code: String,
    },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
