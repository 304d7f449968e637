//! The logit scale, on which a proportion has no walls: `ln(p / (1 - p))`.
//!
//! 0 and 1 have no logit. They are read as half of what could just have been told from them: half a unit of the typical
//! total where totals are known (the continuity correction of Cox, *Analysis of Binary Data*, 1970), else half the
//! smallest distance from a wall that occurs.

use crate::History;

/// The closest to a wall that anything is read as; logit(1e-6) = -13.8.
const LEAST_MARGIN: f64 = 1e-6;
/// The farthest: beyond it the correction would bend ordinary values.
const MOST_MARGIN: f64 = 1e-2;

/// The transform and its inverse for one history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogitScale {
    margin: f64,
}

impl LogitScale {
    /// The scale that fits a history.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let mut totals: Vec<u64> = history.totals().iter().flatten().copied().filter(|total| *total > 0).collect();
        totals.sort_unstable();
        let margin = match totals.get(totals.len() / 2) {
            Some(total) => 0.5 / *total as f64,
            None => {
                let nearest = history.values().iter().flatten().map(|p| p.min(1.0 - p)).filter(|d| *d > 0.0);
                nearest.fold(f64::INFINITY, f64::min) / 2.0
            }
        };
        let margin = if margin.is_finite() { margin } else { LEAST_MARGIN };
        Self { margin: margin.clamp(LEAST_MARGIN, MOST_MARGIN) }
    }

    /// The logit of `p`; always finite.
    #[must_use]
    pub fn forward(self, p: f64) -> f64 {
        let p = p.clamp(self.margin, 1.0 - self.margin);
        (p / (1.0 - p)).ln()
    }

    /// The proportion whose logit is `x`, in `[0, 1]`.
    #[must_use]
    pub fn back(self, x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::LogitScale;
    use crate::History;
    use jiff::civil::date;

    #[test]
    fn walls_are_half_a_unit_away() {
        let history = History::new(date(2024, 1, 1), vec![Some(0.0), Some(0.2)]).unwrap();
        let scale = LogitScale::of(&history.clone().with_totals(vec![Some(100), Some(100)]));
        assert!((scale.back(scale.forward(0.0)) - 0.005).abs() < 1e-12);
        assert!((scale.back(scale.forward(1.0)) - 0.995).abs() < 1e-12);
        assert!((scale.back(scale.forward(0.3)) - 0.3).abs() < 1e-12);
        let empty = LogitScale::of(&History::new(date(2024, 1, 1), vec![Some(0.0)]).unwrap());
        assert!(empty.forward(0.0).is_finite() && empty.back(f64::INFINITY) == 1.0);
    }
}
