//! Says of each period of a series whether it is higher than its own past lets expect.
//!
//! **Reads** [`Counts`]: units with a marker per day or week, with denominators where there are any; gaps and suspect
//! periods enter no baseline and are not judged. **Writes** nothing. **Guarantees** that no value after the judged
//! period is used, so that judging a part of the past gives the same judgements; that every period gets a [`Finding`]
//! or a [`Silence`] that says why there is none; and that alarms only grow with `alpha`. **Does not** decide what
//! becomes an alert: [`rank`](rank::rank) puts findings in order, services decide where to stop. Which periods are suspect,
//! [`artefacts`](crate::artefacts) says.
//!
//! | detector | compares with | for |
//! |---|---|---|
//! | [`Ears`] | mean and spread of the last 7 days | short series, sudden rises |
//! | [`EarsTReweighted`] | the same with a t interval, outliers weighted down | short series, after earlier signals |
//! | [`Switch`] | regression on 28 days with weekdays, or moving averages | daily series with a weekly rhythm |
//! | [`Farrington`] | the same season of the last years | long series |
//! | [`Scan`] | the last four weeks, by the day and added up over two weeks | daily series; what ranked signals stand on |
//! | [`Cusum`], [`BinomialCusum`] | a calibrated level, added up | slow, small, lasting rises |
//!
//! All but [`BinomialCusum`] judge counts or [proportions](Measure). They look for rises only: a fall of a denominator
//! is a matter of the feed, and a fall of a marker warns of nothing. Detectors of R's `surveillance` agree with it
//! (`tests/parity`), where it departs from what is published too; each module says where.
//!
//! [`Changepoints`] look back and are no detector: since when a series has another level.

pub(crate) mod ancova;
mod baseline;
pub mod changepoint;
pub mod counts;
pub mod cusum;
mod dispersion;
mod distributions;
pub mod ears;
pub mod error;
pub mod farrington;
pub mod fdr;
pub mod judgement;
pub mod likelihood;
pub mod rank;
pub mod reweighted;
pub mod run_length;
pub mod scan;
pub mod switch;
mod weekdays;

pub use changepoint::{Changepoint, Changepoints};
pub use counts::{Counts, Measure};
pub use cusum::Cusum;
pub use ears::Ears;
pub use error::Error;
pub use farrington::{Farrington, Years};
pub use judgement::{Finding, Judgement, Silence, judge_between};
pub use likelihood::BinomialCusum;
pub use reweighted::EarsTReweighted;
pub use scan::Scan;
pub use switch::Switch;

/// Judges series.
pub trait Detector {
    /// Its name in tables and files.
    fn id(&self) -> &'static str;

    /// Judges every period, in order, each with nothing but what was known when it ended.
    ///
    /// # Errors
    /// A setting outside its range, proportions of counts without denominators, or a series that this detector cannot
    /// judge at any period (too short for its years, not daily).
    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error>;
}
