//! *Disclosure control* decides what may be seen. A cell that stands on too few people is censored: its value,
//! interval and counts are withheld, and it says so.

use serde::{Deserialize, Serialize};

/// A cell with fewer units (authors; posts where a source has none) than this is not shown.
pub const MIN_UNITS: u64 = 11;

/// Why a cell has a value or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellStatus {
    /// Shown.
    Ok,
    /// Stands on fewer than [`MIN_UNITS`] units: withheld.
    Censored,
    /// Nobody posted anything the marker could answer.
    NoData,
}

impl CellStatus {
    /// What may be seen of a cell that stands on `units` units.
    #[must_use]
    pub const fn of(units: u64) -> Self {
        if units == 0 {
            Self::NoData
        } else if units < MIN_UNITS {
            Self::Censored
        } else {
            Self::Ok
        }
    }

    /// The word used in tables: `ok`, `censored`, `no_data`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Censored => "censored",
            Self::NoData => "no_data",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CellStatus;

    #[test]
    fn ten_people_are_too_few_and_eleven_are_not() {
        assert_eq!(CellStatus::of(0), CellStatus::NoData);
        assert_eq!(CellStatus::of(10), CellStatus::Censored);
        assert_eq!(CellStatus::of(11), CellStatus::Ok);
    }
}
