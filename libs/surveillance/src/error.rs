//! What can stand in the way of a forecast.

use jiff::civil::Date;

/// Why there is no history, or no forecast from it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A value that is not a proportion.
    #[error(
        "{day}: {value} is not a proportion; give the share as a number from 0 to 1, and leave a gap where there is none"
    )]
    NotAProportion {
        /// The day.
        day: Date,
        /// What stands there.
        value: f64,
    },
    /// The history is longer than any calendar this engine keeps.
    #[error("the history spans {days} days, more than {most}; check its first and last date")]
    TooLong {
        /// Its length.
        days: usize,
        /// The most that is taken.
        most: usize,
    },
    /// Too few observed days to say anything.
    #[error("{observed} observed days up to the origin; {least} are needed")]
    TooShort {
        /// Observed days.
        observed: usize,
        /// The least that is taken.
        least: usize,
    },
    /// A horizon of nothing, or beyond reason.
    #[error("a horizon of {days} days; it can be 1 to {most}")]
    Horizon {
        /// The horizon asked for.
        days: usize,
        /// The most that is answered.
        most: usize,
    },
    /// A horizon that ends before the next day a series of weeks can have a value on.
    #[error("a horizon of {days} days ends before the next day of the series, {next} days ahead")]
    BeforeNext {
        /// The horizon asked for.
        days: usize,
        /// Days from the origin to the series' next.
        next: usize,
    },
    /// The decomposition or the trend behind `mstl_ets` could not be fitted.
    #[error("mstl_ets could not be fitted to {days} days: {source}")]
    Mstl {
        /// Days it was given.
        days: usize,
        /// What the library says.
        #[source]
        source: MstlFault,
    },
}

/// A fault of the library behind `mstl_ets`, kept as the sentence it gave: its own error types cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MstlFault(pub(crate) String);
