//! Why alerting stops.

/// The role cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lake cannot be read or written.
    #[error("the lake cannot be used")]
    Lake(#[from] tidemark_query::Error),
    /// The webhook's client cannot be made.
    #[error("the webhook client cannot be started")]
    Client(#[source] reqwest::Error),
}
