//! A *series* is one marker's prevalence over time in one population: a source, a region, a language.

use crate::{CellStatus, Period, PeriodKind, Proportion, Provenance};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The word that stands for "all regions" and "all languages".
pub const ALL: &str = "all";
/// The region of posts whose place is not known.
pub const UNKNOWN_REGION: &str = "unknown";

/// What a proportion counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// People: an author counts once per period.
    Author,
    /// Posts: the source has no authors.
    Post,
}

impl Unit {
    /// The word used in tables: `author` or `post`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Post => "post",
        }
    }
}

/// Names a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeriesKey {
    /// The source of the posts. Sources are never pooled: their populations differ.
    pub source: String,
    /// A place code, [`UNKNOWN_REGION`] or [`ALL`].
    pub region: String,
    /// A language code or [`ALL`].
    pub language: String,
    /// The marker's dotted name.
    pub marker: String,
    /// Day, epiweek or ISO week.
    pub period: PeriodKind,
}

impl std::fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{}/{}", self.source, self.region, self.language, self.marker, self.period.code())
    }
}

/// One number of a series and everything it stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesPoint {
    /// Which series.
    pub key: SeriesKey,
    /// Which day or week.
    pub period: Period,
    /// Units with the marker, of units that could be asked.
    pub proportion: Proportion,
    /// Posts behind it.
    pub n_posts: u64,
    /// What the proportion counts.
    pub unit: Unit,
    /// Which versions made it; where several did, the latest.
    pub provenance: Provenance,
    /// When this number was issued. A later issue of the same period replaces it; `as of` reads the earlier.
    pub issued_at: Timestamp,
}

impl SeriesPoint {
    /// What may be seen of it.
    #[must_use]
    pub const fn status(&self) -> CellStatus {
        CellStatus::of(self.proportion.n)
    }
}
