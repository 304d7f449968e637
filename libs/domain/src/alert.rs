//! An *alert* says that a series will probably exceed a threshold within the horizon. One alert per episode: it is
//! raised once, kept while the probability stays up, and resolved when it has clearly fallen.

use crate::SeriesKey;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// Observed values a trailing threshold needs at least: fewer say too little about what is usual.
pub const WINDOW_VALUES_MIN: usize = 28;

/// What is too high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Threshold {
    /// A fixed prevalence, in `[0, 1]`.
    Absolute(f64),
    /// A quantile of the series' own observed values in the days up to the origin.
    Quantile {
        /// The level, in `(0, 1)`.
        q: f64,
        /// How many days back.
        window_days: u16,
    },
}

impl Threshold {
    /// How many days up to the origin, it included, must be looked at.
    #[must_use]
    pub const fn window_days(self) -> u16 {
        match self {
            Self::Absolute(_) => 0,
            Self::Quantile { window_days, .. } => window_days,
        }
    }

    /// The threshold on the series' own scale, from the observed values of those days in any order. `None` where there
    /// are too few to say what is usual, or where the usual is nothing at all: any one post would exceed it.
    #[must_use]
    pub fn value(self, mut observed: Vec<f64>) -> Option<f64> {
        match self {
            Self::Absolute(value) => Some(value),
            Self::Quantile { .. } if observed.len() < WINDOW_VALUES_MIN => None,
            Self::Quantile { q, .. } => {
                observed.sort_by(f64::total_cmp);
                let at = q.clamp(0.0, 1.0) * (observed.len() - 1) as f64;
                let (low, high) = (observed[at.floor() as usize], observed[at.ceil() as usize]);
                Some(low + (high - low) * at.fract()).filter(|usual| *usual > 0.0)
            }
        }
    }
}

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
    /// P(value > threshold on any day of the horizon that was still to come) at this evaluation.
    pub probability: f64,
    /// The day of these on which it is likeliest.
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

#[cfg(test)]
mod tests {
    use super::{Threshold, WINDOW_VALUES_MIN};

    #[test]
    fn a_quantile_is_linear_between_ranks_and_wants_enough_values() {
        let values = |count: usize| (0..count).rev().map(|value| value as f64).collect::<Vec<_>>();
        let threshold = Threshold::Quantile { q: 0.75, window_days: 56 };
        assert_eq!(threshold.value(values(31)), Some(22.5));
        assert_eq!(threshold.value(values(WINDOW_VALUES_MIN - 1)), None);
        assert_eq!(Threshold::Absolute(0.2).value(vec![]), Some(0.2));
        assert_eq!((threshold.window_days(), Threshold::Absolute(0.2).window_days()), (56, 0));
    }
}
