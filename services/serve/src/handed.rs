//! What the program hands to the doors: they know neither the log nor the rules of alerting.

use crate::AdminKey;
use crate::answers::ask::ExplainAsk;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::sync::Arc;
use tidemark_domain::SeriesKey;
use tidemark_query::{Known, PublishedPoint, Session};
use tidemark_wire::annotated_file::Explanation;

/// Reads the wall clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Asks the log how far every stage is. Called at most once a second.
pub type LogStatusSource = Arc<dyn Fn() -> BoxFuture<'static, LogStatus> + Send + Sync>;

/// Says which threshold an alert rule would hold a series against, given its points in the order of time.
pub type ThresholdSource = Arc<dyn Fn(&SeriesKey, &[PublishedPoint]) -> Option<Threshold> + Send + Sync>;

/// Says why a text has a score. Called on a thread that may block; the first call may load a model.
pub type ExplainSource = Arc<dyn Fn(&ExplainAsk) -> Result<Explanation, ExplainFault> + Send + Sync>;

/// Why there is no explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExplainFault {
    /// No model answers the marker.
    UnknownMarker,
    /// The model cannot be used; the log says why.
    Failed,
}

/// Everything the doors stand on.
pub struct Handed {
    /// The doors' own view of the lake; they refresh it.
    pub lake: Session,
    /// The state of the log.
    pub log_status: LogStatusSource,
    /// What is known besides the posts: what is said of each number by it.
    pub known: Known,
    /// Who decides thresholds; `None` where nothing alerts, and then the latest episode's threshold is shown.
    pub thresholds: Option<ThresholdSource>,
    /// Who explains scores; `None` where no model can be asked.
    pub explain: Option<ExplainSource>,
    /// What a caller from another machine must show; `None` where only this machine may call.
    pub admin_key: Option<AdminKey>,
    /// The clock.
    pub clock: Clock,
}

/// The log, as one moment saw it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogStatus {
    /// Whether the broker answered.
    pub reachable: bool,
    /// What to do when it did not.
    pub detail: String,
    /// The stages that meet the log, in the order of the data.
    pub stages: Vec<StageLag>,
    /// Files and replays being read, or read since the start.
    pub loads: Vec<Load>,
}

/// How far a stage is behind the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StageLag {
    /// The stage: `annotate`.
    pub stage: String,
    /// What it reads: `tidemark.posts`; empty for the stage that only writes.
    pub topic: String,
    /// Records it has not handled; `None` for the stage that only writes, and when the broker did not say.
    pub lag: Option<u64>,
    /// Records it has handled or written, summed over partitions; only its growth is used, for the rate.
    pub position: Option<u64>,
}

/// How much of an input has been read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Load {
    /// What is read, for people: `demo`.
    pub name: String,
    /// Rows read.
    pub rows: u64,
    /// Rows there are; `None` for a stream.
    pub rows_total: Option<u64>,
    /// Whether it has been read to its end.
    pub done: bool,
}

/// The level a rule holds a series against.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The rule's name.
    pub rule: String,
    /// The level, on the series' own scale.
    pub value: f64,
}
