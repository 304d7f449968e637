//! The names of what this crate counts.

/// Records acknowledged by the broker. Label `topic`.
pub(crate) const PRODUCED_TOTAL: &str = "tidemark_log_produced_total";
/// Records the broker refused for good. Label `topic`.
pub(crate) const REFUSED_TOTAL: &str = "tidemark_log_refused_total";
/// Records read. Label `topic`.
pub(crate) const CONSUMED_TOTAL: &str = "tidemark_log_consumed_total";
/// Commits that did not reach the broker; their records come again.
pub(crate) const COMMITS_LOST_TOTAL: &str = "tidemark_log_commits_lost_total";
/// Times the connection to the broker went away.
pub(crate) const OUTAGES_TOTAL: &str = "tidemark_log_outages_total";
/// Times the embedded broker died and was started again.
pub(crate) const BROKER_RESTARTS_TOTAL: &str = "tidemark_log_broker_restarts_total";
