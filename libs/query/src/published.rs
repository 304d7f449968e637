//! What the views answer, typed: rows that may be shown. A censored cell has none of its numbers.

use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;
use tidemark_domain::{CellStatus, Period, PeriodKind, Provenance, SeriesKey, Unit};

/// Which series; a field that is `None` lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SeriesFilter {
    /// Source of the posts.
    pub source: Option<String>,
    /// Place code, `unknown` or `all`.
    pub region: Option<String>,
    /// Language code or `all`.
    pub language: Option<String>,
    /// Dotted names of markers: any of them; where none is named, any at all.
    pub markers: Vec<String>,
    /// Day, epiweek or ISO week.
    pub period: Option<PeriodKind>,
    /// The earliest period end (for forecasts: target; for feed health and facts: day), included.
    pub from: Option<Date>,
    /// The latest, included.
    pub to: Option<Date>,
}

impl SeriesFilter {
    /// Exactly this series, at every time.
    #[must_use]
    pub fn of(key: &SeriesKey) -> Self {
        Self {
            source: Some(key.source.clone()),
            region: Some(key.region.clone()),
            language: Some(key.language.clone()),
            markers: vec![key.marker.clone()],
            period: Some(key.period),
            from: None,
            to: None,
        }
    }
}

/// A row of the view `series`: one period of one series, as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedPoint {
    /// Which series.
    pub key: SeriesKey,
    /// Which day or week.
    pub period: Period,
    /// Why there is a value or not. The numbers below are `None` where it is not
    /// [`CellStatus::Ok`], and but for `value_with_bots` nowhere else.
    pub status: CellStatus,
    /// What the proportion counts.
    pub unit: Unit,
    /// `k / n`.
    pub value: Option<f64>,
    /// Wilson's lower bound at 95 %.
    pub lower: Option<f64>,
    /// Wilson's upper bound at 95 %.
    pub upper: Option<f64>,
    /// Units with the marker.
    pub k: Option<u64>,
    /// Units that could be asked.
    pub n: Option<u64>,
    /// Posts behind it.
    pub n_posts: Option<u64>,
    /// `value` with likely bots among the units; `None` also where there are 1 to 10 of them, or it was issued before they
    /// were counted.
    pub value_with_bots: Option<f64>,
    /// Which versions made it; `None` where there was nothing to make a number of.
    pub provenance: Option<Provenance>,
    /// When it was issued; `None` where it never was, because nobody posted.
    pub issued_at: Option<Timestamp>,
}

/// A series that exists, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesSummary {
    /// Which series.
    pub key: SeriesKey,
    /// End of its first period with anybody in it.
    pub first: Date,
    /// End of its last period with anybody in it.
    pub last: Date,
    /// When a cell of it was last issued: where this stands, so does the series.
    pub issued_at: Timestamp,
}

/// A row of the view `feed_health`: did the feed of one region bring what such a weekday usually brings?
#[derive(Debug, Clone, PartialEq)]
pub struct FeedDay {
    /// Source.
    pub source: String,
    /// Place code, `unknown` or `all`.
    pub region: String,
    /// The civil day.
    pub day: Date,
    /// Posts that stand (accepted, latest revision, not deleted).
    pub posts: u64,
    /// The mean of the same weekday in the four weeks before; `None` in a source's first week.
    pub expected: Option<f64>,
    /// `posts / expected`.
    pub ratio: Option<f64>,
    /// `ok`, `silent` (no post where some were expected), `low` (below half), `high` (above double), `unknown`.
    pub status: FeedStatus,
}

/// How a feed's day compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedStatus {
    /// About what was expected.
    Ok,
    /// Nothing, where something was expected: an outage.
    Silent,
    /// Less than half of what was expected.
    Low,
    /// More than double.
    High,
    /// There is nothing to compare with yet.
    Unknown,
}

impl FeedStatus {
    /// The word used in the view.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Silent => "silent",
            Self::Low => "low",
            Self::High => "high",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`FeedStatus::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Ok, Self::Silent, Self::Low, Self::High, Self::Unknown].into_iter().find(|status| status.code() == code)
    }
}

/// What there is to ask about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Sources in order of their names.
    pub sources: Vec<SourceEntry>,
    /// Markers of any source, in order of their names.
    pub markers: Vec<String>,
}

/// A source and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEntry {
    /// Its name.
    pub source: String,
    /// Place codes seen, and `all`.
    pub regions: Vec<String>,
    /// Languages seen, and `all`.
    pub languages: Vec<String>,
    /// First day with a post.
    pub first: Date,
    /// Last day with a post.
    pub last: Date,
    /// What its latest day counts.
    pub unit: Unit,
}

/// The ledger: what became of the records that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Posts and events that were taken.
    pub accepted: u64,
    /// Further records of a post already held.
    pub duplicates: u64,
    /// Edits and deletions of posts never seen.
    pub unmatched: u64,
    /// Refused records by reason code.
    pub rejected: BTreeMap<String, u64>,
}

impl Counts {
    /// Everything that was read.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.accepted + self.duplicates + self.unmatched + self.rejected.values().sum::<u64>()
    }
}
