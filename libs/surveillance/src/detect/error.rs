//! What can stand in the way of detection, each with what to do about it.

use jiff::civil::Date;

/// Why a series cannot be judged at all. A single period that cannot be judged is a [`Silence`](super::Silence).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A parameter outside its range, or not a number.
    #[error("{name} is {value}; it must be {allowed}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What is taken.
        allowed: &'static str,
    },
    /// A value that is no count.
    #[error("{period}: {value} is not a count; give whole numbers from 0, and leave a gap where there is none")]
    NotACount {
        /// The last day of the period.
        period: Date,
        /// What stands there.
        value: f64,
    },
    /// More units with the marker than units.
    #[error("{period}: {k} of {n}; the denominator must hold everybody who was counted")]
    MoreThanAll {
        /// The last day of the period.
        period: Date,
        /// Units with the marker.
        k: u64,
        /// Units.
        n: u64,
    },
    /// Denominators or flags for another number of periods than there are counts.
    #[error("{given} {what} for {periods} periods; give one each")]
    Lengths {
        /// What was given.
        what: &'static str,
        /// How many.
        given: usize,
        /// How many periods there are.
        periods: usize,
    },
    /// Proportions were asked of counts without denominators.
    #[error("proportions need denominators; give them, or judge counts")]
    NoDenominators,
    /// The detector needs a season that this kind of period does not have.
    #[error("{detector} compares days of the week; give a daily series")]
    NotDaily {
        /// The detector.
        detector: &'static str,
    },
    /// Not one period has the history that the detector needs.
    #[error(
        "{detector} needs {needed} periods of history before the first it can judge; the series has {periods}. Ask for \
         fewer years, or use a detector of the recent past (ears, ears_t_reweighted, switch)"
    )]
    TooShort {
        /// The detector.
        detector: &'static str,
        /// Periods there are.
        periods: usize,
        /// Periods needed before the first that is judged.
        needed: usize,
    },
    /// The series is longer than any calendar this engine keeps.
    #[error("the series spans {periods} periods, more than {most}; check its first and last date")]
    TooLong {
        /// Its length.
        periods: usize,
        /// The most that is taken.
        most: usize,
    },
    /// No decision interval gives the wanted run length.
    #[error(
        "no decision interval below {most} gives a run length of {run_length}; ask for a shorter one or a larger change"
    )]
    NoInterval {
        /// The run length asked for.
        run_length: f64,
        /// The largest interval tried.
        most: f64,
    },
}

/// Refuses a parameter outside its range; NaN is outside every range.
pub(crate) fn within(name: &'static str, value: f64, holds: bool, allowed: &'static str) -> Result<(), Error> {
    if holds && !value.is_nan() { Ok(()) } else { Err(Error::Parameter { name, value, allowed }) }
}

/// Refuses what is no error probability.
pub(crate) fn probability(name: &'static str, value: f64) -> Result<(), Error> {
    within(name, value, value > 0.0 && value < 1.0, "between 0 and 1, both excluded")
}
