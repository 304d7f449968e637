//! The logit scale, on which a proportion has no walls: `ln(p / (1 - p))`.
//!
//! 0 and 1 have no logit. They are read as half of what could just have been told from them: half a unit of the typical
//! total where totals are known (the continuity correction of Cox, *Analysis of Binary Data*, 1970), else half the
//! smallest distance from a wall that occurs. Below one such unit the reading is a straight line from the half to the
//! whole, and [`LogitScale::back`] undoes it: what was never seen is forecast as nothing, not as half a unit.

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

    /// The logit of `p`, less the correction at the walls; always finite and rising with `p` over `[0, 1]`.
    #[must_use]
    pub fn forward(self, p: f64) -> f64 {
        let p = p.clamp(0.0, 1.0);
        let p = if p <= 0.5 { self.off_the_wall(p) } else { 1.0 - self.off_the_wall(1.0 - p) };
        (p / (1.0 - p)).ln()
    }

    /// The proportion that [`LogitScale::forward`] gives `x`, in `[0, 1]`; a wall for what lies beyond the walls.
    #[must_use]
    pub fn back(self, x: f64) -> f64 {
        let p = 1.0 / (1.0 + (-x).exp());
        if p <= 0.5 { self.onto_the_wall(p) } else { 1.0 - self.onto_the_wall(1.0 - p) }
    }

    /// Half a unit where the distance from the wall is 0, itself from a whole unit on.
    fn off_the_wall(self, distance: f64) -> f64 {
        if distance < 2.0 * self.margin { self.margin + distance / 2.0 } else { distance }
    }

    fn onto_the_wall(self, distance: f64) -> f64 {
        if distance < 2.0 * self.margin { (2.0 * (distance - self.margin)).max(0.0) } else { distance }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::LogitScale;
    use crate::History;
    use jiff::civil::date;

    #[test]
    fn walls_are_half_a_unit_away_on_the_logit_scale_and_themselves_when_they_come_back() {
        let history = History::new(date(2024, 1, 1), vec![Some(0.0), Some(0.2)]).unwrap();
        let scale = LogitScale::of(&history.clone().with_totals(vec![Some(100), Some(100)]));
        assert!((scale.forward(0.0) - (0.005_f64 / 0.995).ln()).abs() < 1e-12);
        assert!((scale.forward(1.0) + scale.forward(0.0)).abs() < 1e-12);
        assert!((scale.forward(0.01) - (0.01_f64 / 0.99).ln()).abs() < 1e-12, "one of a hundred is itself");
        for p in [0.0, 1e-5, 0.004, 0.01, 0.0101, 0.3, 0.5, 0.9, 0.995, 1.0] {
            assert!((scale.back(scale.forward(p)) - p).abs() < 1e-12, "{p}");
        }
        assert_eq!((scale.back(-40.0), scale.back(40.0)), (0.0, 1.0));
        let empty = LogitScale::of(&History::new(date(2024, 1, 1), vec![Some(0.0)]).unwrap());
        assert!(empty.forward(0.0).is_finite() && empty.back(f64::INFINITY) == 1.0);
    }

    #[test]
    fn both_ways_rise() {
        let history = History::new(date(2024, 1, 1), vec![Some(0.0), Some(0.2)]).unwrap();
        let scale = LogitScale::of(&history.with_totals(vec![Some(56), Some(56)]));
        let steps = |from: f64, to: f64| (0..=1000).map(move |step| from + (to - from) * f64::from(step) / 1000.0);
        let there: Vec<f64> = steps(0.0, 1.0).map(|p| scale.forward(p)).collect();
        let back: Vec<f64> = steps(-12.0, 12.0).map(|x| scale.back(x)).collect();
        assert!(there.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(back.windows(2).all(|pair| pair[0] <= pair[1]) && back.iter().all(|p| (0.0..=1.0).contains(p)));
    }
}
