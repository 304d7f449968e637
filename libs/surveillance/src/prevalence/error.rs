//! Why there is no prevalence: what was given contradicts itself, or the marker's errors leave nothing to see.

/// Why an answer is refused. Nobody to count is no error: the answer is `None` then.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A number that is not a share.
    #[error("{what} is {value}; it must be a number from 0 to 1")]
    NotAShare {
        /// What it was given as.
        what: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A number that counts nothing.
    #[error("{what} is {value}; it must be a finite number above 0 (0 where a cell of a table may be empty)")]
    NotACount {
        /// What it was given as.
        what: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A measurement that is none.
    #[error("{what} is {value}; it must be a finite number")]
    NotFinite {
        /// What it was given as.
        what: &'static str,
        /// What stands there.
        value: f64,
    },
    /// A part that is larger than the whole.
    #[error("{k} of {n} is more than all; check how both were counted")]
    MoreThanAll {
        /// The part.
        k: u64,
        /// The whole.
        n: u64,
    },
    /// A marker that may be no better than chance: the adjustment would divide by what could be zero.
    #[error(
        "sensitivity + specificity - 1 is {youden:.3}, with a lower 95 % bound of {lower:.3}; at least {least} is \
         needed. Label a larger validation sample, or publish the prevalence unadjusted"
    )]
    Uninformative {
        /// Youden's index.
        youden: f64,
        /// Its lower bound.
        lower: f64,
        /// The least lower bound that is taken.
        least: f64,
    },
    /// Edges that do not rise.
    #[error("bin edges must be at least two, finite and rising; edge {index} is not")]
    Edges {
        /// The first edge at fault, or how many there are.
        index: usize,
    },
    /// Lists that should be of one length.
    #[error("{what}: {given} were given, {expected} are needed")]
    Length {
        /// Of what.
        what: &'static str,
        /// How many there are.
        given: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A bin, label or part that does not exist.
    #[error("number {bin} was given, and there are {bins}, counted from 0")]
    NoSuchBin {
        /// Its number.
        bin: usize,
        /// How many there are.
        bins: usize,
    },
    /// A population table in which nobody lives.
    #[error("the population table counts nobody")]
    NoPopulation,
    /// Raking did not arrive at the population's margins.
    #[error("raking is {gap:.1e} away from the margins after {rounds} rounds; use fewer traits or wider bins")]
    Raking {
        /// The largest difference of shares that is left.
        gap: f64,
        /// Rounds made.
        rounds: usize,
    },
}
