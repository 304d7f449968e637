//! Prevalence of *people*: what share of them show a marker, how sure that is, and what it is usually.
//!
//! From posts to a number that can be signed, each step a pure function:
//! 1. [`presence`]: posts, capped per author-day, become author-days and author-weeks.
//! 2. [`overdispersion`]: an interval for author-weeks made of author-days, which are not independent (beta-binomial).
//! 3. [`misclassification`]: what remains once the marker's errors are taken out (Rogan and Gladen).
//! 4. [`binning`], [`redistribution`], [`population`], [`poststratification`]: weights that make the people who post
//!    stand for the people who live there; [`weighted`]: the prevalence under weights; [`places`]: that of all places
//!    together, from published cells alone.
//! 5. [`baseline`]: what the same weekdays before it let expect.
//! 6. [`beside`]: all that is said beside the number of a cell, from what is known besides the posts.
//! 7. [`composition`], [`lift`], [`shift`]: parts of a whole, markers that occur together, and changes of emotion.
//!
//! Every interval is at 95 %, lies in `[0, 1]` where it bounds a share, and holds its value. Where there is nobody the
//! answer is `None`; what is no number is refused. `docs/prevalence.md` holds formulas, constants, sources and limits.

pub mod baseline;
pub mod beside;
pub mod binning;
pub mod composition;
mod error;
pub mod lift;
pub mod misclassification;
pub mod overdispersion;
pub mod places;
pub mod population;
pub mod poststratification;
pub mod presence;
pub mod redistribution;
pub mod shift;
pub mod weighted;

pub use error::Error;
use tidemark_domain::{
    Proportion,
    prevalence::{Z_95, wilson_score},
};

/// A share of people with its 95 % interval. Made here alone, so that what is passed on from step to step is lawful.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The share, in `[0, 1]`.
    pub value: f64,
    /// The interval's lower end.
    pub lower: f64,
    /// The interval's upper end.
    pub upper: f64,
    /// As many independent people, each counted once, would say as much.
    pub effective_n: f64,
}

impl Estimate {
    /// Wilson's interval around a share seen in `effective_n` people, whole or not.
    ///
    /// # Errors
    /// [`Error::NotAShare`] and [`Error::NotACount`] for what is no number of their kind.
    pub fn wilson(value: f64, effective_n: f64) -> Result<Self, Error> {
        share("prevalence", value)?;
        if !(effective_n.is_finite() && effective_n > 0.0) {
            return Err(Error::NotACount { what: "effective number of people", value: effective_n });
        }
        Ok(Self::score(value, effective_n))
    }

    /// Wilson's interval of `k` of `n`; `None` where there is nobody.
    ///
    /// # Errors
    /// [`Error::MoreThanAll`] where `k > n`.
    pub fn of(proportion: Proportion) -> Result<Option<Self>, Error> {
        whole(proportion)?;
        Ok(proportion.value().map(|value| Self::score(value, proportion.n as f64)))
    }

    fn score(value: f64, effective_n: f64) -> Self {
        let (lower, upper) = wilson_score(value, effective_n, Z_95);
        Self { value, lower, upper, effective_n }
    }
}

/// Refuses what is not a share.
fn share(what: &'static str, value: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(Error::NotAShare { what, value }) }
}

/// Refuses more than all.
fn whole(proportion: Proportion) -> Result<(), Error> {
    let Proportion { k, n } = proportion;
    if k <= n { Ok(()) } else { Err(Error::MoreThanAll { k, n }) }
}
