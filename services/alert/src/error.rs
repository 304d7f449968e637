//! Why alerting stops.

/// The role cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lake cannot be read or written.
    #[error("the lake cannot be used")]
    Lake(#[from] tidemark_query::Error),
    /// The notices that wait for the webhook cannot be read or written.
    #[error("cannot keep notices for the webhook in {path}: check the disk and its permissions", path = path.display())]
    Outbox {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A thread that judged series panicked.
    #[error("a judging thread ended unexpectedly")]
    Judging(#[from] tokio::task::JoinError),
    /// The webhook's client cannot be made.
    #[error("the webhook client cannot be started")]
    Client(#[source] reqwest::Error),
}
