//! An *alert* says that a series will probably exceed a threshold within the horizon. One alert per episode: it is
//! raised once, kept while the probability stays up, and resolved when it has clearly fallen.

use crate::SeriesKey;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// Where an episode stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Raised and still likely.
    Open,
    /// Over: the probability fell below the clearing level.
    Resolved,
}

impl AlertState {
    /// The word used in tables: `open` or `resolved`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// An episode as it stands after one evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Names the episode: rule, series and the origin that raised it, digested.
    pub id: String,
    /// The rule's name.
    pub rule: String,
    /// Which series.
    pub key: SeriesKey,
    /// Open or resolved.
    pub state: AlertState,
    /// The threshold, on the series' own scale.
    pub threshold: f64,
    /// The largest P(value > threshold) over the horizon at this evaluation.
    pub probability: f64,
    /// The day on which that probability is reached.
    pub peak_day: Date,
    /// The origin of the forecast behind this evaluation.
    pub origin: Date,
    /// The origin of the forecast that raised it.
    pub raised_origin: Date,
    /// When this evaluation was made.
    pub issued_at: Timestamp,
}

impl Alert {
    /// Days between the last observed day and the day the threshold is expected to be exceeded.
    #[must_use]
    pub fn lead_days(&self) -> i64 {
        i64::from((self.peak_day - self.origin).get_days())
    }
}
