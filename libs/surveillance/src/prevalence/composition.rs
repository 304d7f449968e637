//! Parts of a whole: of those who show a marker, what share has which cause, facet or emotion.
//!
//! L. A. Goodman's simultaneous intervals for multinomial proportions (*Technometrics* 7, 1965): Wilson's for each part,
//! at `1 − α / parts`, so that all of them hold together with at least 95 %. Parts sum to one, and so each interval is cut
//! to what the others leave possible, which no truth is lost by: `l_i ≥ 1 − Σ u_j` and `u_i ≤ 1 − Σ l_j` over the others.

use super::Estimate;
use statrs::distribution::{ContinuousCDF, Normal};
use tidemark_domain::prevalence::{Z_95, wilson_score};

/// What all intervals together may miss.
const ALPHA: f64 = 0.05;

/// The share of each part, with intervals that hold together. Every unit is in one part. `None` where there are none.
#[must_use]
pub fn composition(counts: &[u64]) -> Option<Vec<Estimate>> {
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return None;
    }
    let n = all as f64;
    let z = quantile(counts.len());
    let mut parts: Vec<Estimate> = counts
        .iter()
        .map(|count| {
            let value = *count as f64 / n;
            let (lower, upper) = wilson_score(value, n, z);
            Estimate { value, lower, upper, effective_n: n }
        })
        .collect();
    let (lowers, uppers) = parts.iter().fold((0.0, 0.0), |(l, u), part| (l + part.lower, u + part.upper));
    for part in &mut parts {
        let (lower, upper) = (part.lower, part.upper);
        part.lower = lower.max(1.0 - (uppers - upper)).min(part.value);
        part.upper = upper.min(1.0 - (lowers - lower)).max(part.value);
    }
    Some(parts)
}

/// The normal quantile that bounds each of so many parts.
fn quantile(parts: usize) -> f64 {
    Normal::new(0.0, 1.0).map_or(Z_95, |normal| normal.inverse_cdf(1.0 - ALPHA / (2.0 * parts.max(1) as f64)))
}

#[cfg(test)]
mod tests {
    use super::{composition, quantile};

    #[test]
    fn intervals_are_goodmans() {
        // By his formula with A the 1 − 0.05 / 7 quantile of chi square: 56 of 336 in 7 parts.
        let counts = [56, 72, 73, 59, 62, 87, 58].map(|count| count as u64);
        let n: u64 = counts.iter().sum();
        let (a, x, n) = (quantile(7).powi(2), 56.0, n as f64);
        let half = (a * (a + 4.0 * x * (n - x) / n)).sqrt();
        let part = composition(&counts).expect("somebody")[0];
        assert!((quantile(7) - 2.690_1).abs() < 1e-4);
        assert!((part.lower - (a + 2.0 * x - half) / (2.0 * (n + a))).abs() < 1e-12);
        assert!((part.upper - (a + 2.0 * x + half) / (2.0 * (n + a))).abs() < 1e-12);
    }

    #[test]
    fn extremes_are_defined() {
        assert_eq!((composition(&[]), composition(&[0, 0])), (None, None));
        let whole = composition(&[5]).expect("somebody")[0];
        assert_eq!((whole.value, whole.lower, whole.upper), (1.0, 1.0, 1.0));
        // Of two parts, each bounds the other.
        let two = composition(&[3, 1]).expect("somebody");
        assert!((two[0].lower - (1.0 - two[1].upper)).abs() < 1e-12);
    }
}
