//! What a detector says of each period: a finding, or why there is none.

use super::{Counts, Detector, Error, Measure};
use tidemark_domain::Period;

/// What is found in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// What was observed, in the unit of the detector's [`Measure`].
    pub value: f64,
    /// What the past let expect.
    pub expected: f64,
    /// The largest value that is no alarm.
    pub upper: f64,
    /// Units of which `value` is the share, where that are those of several periods together.
    pub units: Option<f64>,
    /// The detector's own statistic.
    pub statistic: f64,
    /// How probable it is that a value this high, or higher, comes from the same past. Each detector says how it is
    /// meant; it is nominal where the detector's own theory is.
    pub p: f64,
    /// Whether it is an alarm.
    pub alarm: bool,
}

/// Why a period is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// Nothing was counted, or nobody could be.
    #[error("no count")]
    Gap,
    /// The feed is known to be spoilt.
    #[error("the feed is suspect")]
    Suspect,
    /// Too little of the past that it is to be compared with is known.
    #[error("{known} periods of the baseline are known; {needed} are needed")]
    NoBaseline {
        /// Periods that are known.
        known: usize,
        /// Periods that are needed.
        needed: usize,
    },
    /// The baseline does not vary, and the statistic divides by its variation.
    #[error("the baseline does not vary")]
    NoVariation,
    /// The baseline is zero throughout, and the statistic divides by its level.
    #[error("the baseline is zero")]
    ZeroBaseline,
    /// Too few cases lately for any alarm.
    #[error("too few cases in the latest periods")]
    FewCases,
    /// The model of the past could not be fitted.
    #[error("the model of the past could not be fitted")]
    NotFitted,
}

/// One period, judged with what was known when it ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The period.
    pub period: Period,
    /// Units counted in it, where that is known.
    pub n: Option<u64>,
    /// What is found, or why nothing is.
    pub verdict: Result<Finding, Silence>,
}

impl Judgement {
    /// Whether it is an alarm.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        self.verdict.is_ok_and(|finding| finding.alarm)
    }
}

/// Judges every period that has a count by `verdict`, which is given its index.
pub(crate) fn judge_each(
    counts: &Counts,
    mut verdict: impl FnMut(usize) -> Result<Finding, Silence>,
) -> Vec<Judgement> {
    let judge = |index: usize| {
        let verdict = match counts.cell(index) {
            Some(_) => verdict(index),
            None if counts.is_suspect(index) => Err(Silence::Suspect),
            None => Err(Silence::Gap),
        };
        Judgement { period: counts.period(index), n: counts.total(index), verdict }
    };
    (0..counts.len()).map(judge).collect()
}

/// Judges a series that was measured by something else from some periods on: each of its parts is compared with nothing
/// but itself. `breaks` are the indices of the first periods of later parts
/// ([`Assessment::breaks`](crate::artefacts::Assessment::breaks)).
///
/// # Errors
/// Those of the detector.
pub fn judge_between(detector: &dyn Detector, counts: &Counts, breaks: &[usize]) -> Result<Vec<Judgement>, Error> {
    let mut starts: Vec<usize> = breaks.iter().copied().filter(|start| (1..counts.len()).contains(start)).collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().copied().chain([counts.len()]);
    let mut judged = Vec::with_capacity(counts.len());
    for (start, end) in [0].into_iter().chain(starts.iter().copied()).zip(ends) {
        // Whole, because no judgement uses what comes later, and a part may be too short to be taken on its own.
        let part = detector.judge(&counts.clone().without_past(start))?;
        judged.extend_from_slice(&part[start..end]);
    }
    Ok(judged)
}

/// The largest value there can be.
pub(crate) const fn most(measure: Measure) -> f64 {
    match measure {
        Measure::Count => f64::INFINITY,
        Measure::Proportion => 1.0,
    }
}
