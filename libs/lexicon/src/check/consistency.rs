//! Internal consistency: do the terms of a category go together? Cronbach's alpha (Psychometrika 16, 1951) over relative
//! frequencies, Kuder and Richardson's formula 20 (Psychometrika 2, 1937) over presence.
//!
//! Both are made of sums over texts, so that a text is read once and an item that is not in it costs nothing.

/// A variance below this part of the mean square is what rounding leaves of no variance.
const ROUNDING: f64 = 1e-12;

/// Sums of a number over texts; texts where it is 0 need not be added.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    sum: f64,
    squares: f64,
}

impl Moments {
    /// Adds a text's number.
    pub(super) fn add(&mut self, value: f64) {
        self.sum += value;
        self.squares += value * value;
    }

    /// The variance over `texts`, not over one fewer: the factor cancels in both coefficients.
    fn variance(&self, texts: f64) -> f64 {
        let (mean, mean_square) = (self.sum / texts, self.squares / texts);
        let variance = mean_square - mean * mean;
        if variance <= ROUNDING * mean_square { 0.0 } else { variance }
    }
}

/// k / (k − 1) × (1 − Σ variance of an item / variance of their sum); `None` below two items, and without variance.
pub(super) fn coefficient(texts: u64, items: &[Moments], sum: &Moments) -> Option<f64> {
    let texts = texts as f64;
    let total = sum.variance(texts);
    if items.len() < 2 || total.is_nan() || total <= 0.0 {
        return None;
    }
    let k = items.len() as f64;
    let parts: f64 = items.iter().map(|item| item.variance(texts)).sum();
    Some(k / (k - 1.0) * (1.0 - parts / total))
}

#[cfg(test)]
mod tests {
    use super::{Moments, coefficient};

    fn of(texts: &[[f64; 3]]) -> Option<f64> {
        let mut items = [Moments::default(); 3];
        let mut sum = Moments::default();
        for text in texts {
            for (item, value) in items.iter_mut().zip(text) {
                item.add(*value);
            }
            sum.add(text.iter().sum());
        }
        coefficient(texts.len() as u64, &items, &sum)
    }

    /// Items that always agree: 1. Presence 1 1 1, 1 1 0, 1 0 0, 0 0 0 (Guttman's scale): Σpq = 3/16 + 1/4 + 3/16 = 5/8,
    /// variance of 3, 2, 1, 0 = 5/4, 3/2 × (1 − 1/2) = 3/4.
    #[test]
    fn coefficients_are_those_of_hand_calculation() {
        let near =
            |found: Option<f64>, expected: f64| assert!(found.is_some_and(|value| (value - expected).abs() < 1e-9));
        near(of(&[[0.1; 3], [0.2; 3], [0.0; 3]]), 1.0);
        near(of(&[[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0; 3]]), 0.75);
        assert_eq!(of(&[[0.1; 3], [0.1; 3], [0.1; 3]]), None);
        assert_eq!(of(&[]), None);
    }
}
