//! How close two series are.

/// Pearson's correlation. 0 where one of them does not move.
#[must_use]
pub fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (mean_x, mean_y) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let sum = |term: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|p| term(p.0 - mean_x, p.1 - mean_y)).sum::<f64>();
    let spread = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if spread > 0.0 { sum(&|x, y| x * y) / spread } else { 0.0 }
}

/// Root of the mean squared difference.
#[must_use]
pub fn rmse(pairs: &[(f64, f64)]) -> f64 {
    (pairs.iter().map(|(x, y)| (x - y).powi(2)).sum::<f64>() / pairs.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{correlation, rmse};

    #[test]
    fn known_values() {
        let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0)];
        assert!((correlation(&pairs) - 0.6).abs() < 1e-12);
        assert!((rmse(&pairs) - 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[(1.0, 1.0), (1.0, 2.0)]), 0.0);
    }
}
