//! Errors and coverage.

use std::fmt;
use tidemark_surveillance::prevalence::Estimate;

/// Estimates beside the truth.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    squares: f64,
    held: u64,
    all: u64,
}

impl Figures {
    /// Adds an estimate whose truth is known.
    pub fn add(&mut self, estimate: &Estimate, truth: f64) {
        self.squares += (estimate.value - truth).powi(2);
        self.held += u64::from((estimate.lower..=estimate.upper).contains(&truth));
        self.all += 1;
    }

    /// Root of the mean squared error.
    #[must_use]
    pub fn rmse(&self) -> f64 {
        (self.squares / self.all as f64).sqrt()
    }

    /// How often the interval held the truth.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.held as f64 / self.all as f64
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rmse, coverage) = (100.0 * self.rmse(), 100.0 * self.coverage());
        write!(f, "RMSE {rmse:5.2} points, coverage {coverage:5.1} % of {}", self.all)
    }
}
