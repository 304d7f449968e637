//! A *signal* says that something which has happened is worth a person's look: a marker stood higher than its own past
//! let expect, or a feed changed and not the people. It speaks of days that are over; an [alert](crate::alert) speaks
//! of days to come, and neither raises the other.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// What a signal speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// A feed: on these days its numbers say something about the feed.
    DataQuality,
    /// A series: on these days more people showed the marker than expected.
    Marker,
}

impl SignalKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::DataQuality, Self::Marker];

    /// The word used in tables and addresses: `data_quality`, `marker`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DataQuality => "data_quality",
            Self::Marker => "marker",
        }
    }

    /// Reads [`SignalKind::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A signal as it stands after one evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Names the signal: its kind, what it speaks of and its first day, digested.
    pub id: String,
    /// Feed or series.
    pub kind: SignalKind,
    /// The source of the posts.
    pub source: String,
    /// A place code, [`UNKNOWN_REGION`](crate::series::UNKNOWN_REGION) or [`ALL`](crate::series::ALL).
    pub region: String,
    /// A language code or [`ALL`](crate::series::ALL).
    pub language: String,
    /// The marker's dotted name; `None` where it speaks of a feed.
    pub marker: Option<String>,
    /// The first of its days.
    pub first_day: Date,
    /// The last of its days so far.
    pub last_day: Date,
    /// How many of the days between them are out of the usual.
    pub days: u64,
    /// Which days those are, in order, where it speaks of a feed: the feed's suspect days. Else none.
    pub suspect_days: Vec<Date>,
    /// How much it is worth a look, from 0, the more the higher; `None` where it speaks of a feed.
    pub score: Option<f64>,
    /// Why, in words, each a sentence without its full stop.
    pub reasons: Vec<String>,
    /// Whether it no longer stands: posts that came late say otherwise.
    pub is_withdrawn: bool,
    /// When this evaluation was made.
    pub issued_at: Timestamp,
}

impl Signal {
    /// Whether it says what `other` says, whenever it was said.
    #[must_use]
    pub fn says_what(&self, other: &Self) -> bool {
        Self { issued_at: other.issued_at, ..self.clone() } == *other
    }
}

/// How far the days of a source were looked at for signals: of what came later, nothing is known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The source of the posts.
    pub source: String,
    /// The last day that was looked at.
    pub last_day: Date,
    /// When it was.
    pub issued_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::SignalKind;

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        assert!(SignalKind::ALL.into_iter().all(|kind| SignalKind::from_code(kind.code()) == Some(kind)));
        assert_eq!(SignalKind::from_code("alert"), None);
    }
}
