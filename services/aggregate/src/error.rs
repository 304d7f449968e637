//! Why aggregation stops.

/// The role or the file run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lake cannot be read or written, or another process writes to it.
    #[error(transparent)]
    Lake(#[from] tidemark_lake::Error),
    /// A question to the lake failed.
    #[error(transparent)]
    Query(#[from] tidemark_query::Error),
    /// The log failed for good.
    #[error(transparent)]
    Log(#[from] tidemark_log::LogError),
    /// Rows could not be put into columns.
    #[error("rows could not be put into columns")]
    Columns(#[from] arrow::error::ArrowError),
    /// A time zone is not known.
    #[error("the time zone `{name}` is not known; use a name of the IANA database, such as `Europe/Madrid`")]
    TimeZone {
        /// As it was given.
        name: String,
        /// The cause.
        #[source]
        source: jiff::Error,
    },
    /// The lake holds something this version does not understand.
    #[error(
        "column `{0}` of the table `events` holds a value this version does not know: was it written by a newer one?"
    )]
    Unknown(&'static str),
    /// A table that a run was given cannot be used.
    #[error("{file}, line {line}: {what}")]
    Table {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong, and what to do.
        what: String,
    },
    /// No post of the file was asked for a marker.
    #[error(
        "no post of the file has an answer of `{marker}`: name a marker as the file does, such as mh.stress, or a head, such as sentiment"
    )]
    UnknownMarker {
        /// As it was given.
        marker: String,
    },
    /// What has no labels that could follow each other.
    #[error("`{marker}` has fewer than two labels that could follow each other: name a head, such as emotion.primary")]
    NoLabels {
        /// As it was given.
        marker: String,
    },
    /// Steps of authors were asked for where there are none.
    #[error("no post of the file has an author: give posts with `author`, or ask for steps of threads")]
    NoAuthors,
    /// The input ended in an IO error.
    #[error("the input cannot be read after line {line}")]
    Read {
        /// Lines read before it.
        line: u64,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// An output could not be written.
    #[error("the output cannot be written; make room and run again")]
    Write(#[source] std::io::Error),
    /// A row of the output could not be written.
    #[error("the output cannot be written; make room and run again")]
    Csv(#[from] csv::Error),
}
