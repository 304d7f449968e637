//! *Event studies*: whether a series changed when something happened, and whether two series move together, one some
//! days after the other.
//!
//! **Reads** a [`History`](crate::History) and the civil days of [`Event`]s; for [`lagged()`] two [`Daily`] series.
//! **Writes** nothing. **Guarantees** that an event's answer uses no value after its window (only [`Placebos::All`]
//! looks at later days, for the comparison alone); that overlapping windows do not count as so many comparisons; that
//! gaps stay gaps; that every event has a [`Study`] or a [`Refusal`] that says why there is none; and that nothing is
//! drawn at random. **Does not** know why a series changed: what happens on the same days is not told apart, and a
//! correlation is no cause.
//!
//! [`prepost`] compares the days after an event with what the days before it let expect, and that difference with the
//! same difference at dates on which nothing happened. [`mod@lagged`] correlates what is new each day in two series, at
//! each lag, and counts how many lags were tried. Both hold what they found against [`null`]'s comparisons.

pub mod lagged;
pub mod null;
pub mod prepost;
mod whiten;

pub use crate::detect::fdr::q_values;
pub use lagged::{Daily, Lag, Lagged, NotCorrelated, lagged};
pub use prepost::{Design, DesignFault, Event, Placebos, Refusal, Study, Trend, study};
