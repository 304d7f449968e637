//! A share of things that come in clusters, such as a week's author-days, of which one author has several.
//!
//! Model: beta-binomial. Each cluster draws its own probability from a beta distribution of mean `μ`; two members of
//! one cluster correlate by `ρ` (the *intra-cluster correlation*), and `n_i` of them have variance
//! `n_i μ (1 − μ) (1 + (n_i − 1) ρ)` (J. G. Skellam, *JRSS B* 10, 1948; D. A. Williams, *Biometrics* 31, 1975).
//!
//! `ρ` is estimated by moments, the analysis-of-variance estimator that M. S. Ridout, C. G. B. Demétrio and D. Firth
//! (*Biometrics* 55, 1999) found among the best of twenty: closed form, no iteration that could fail. Below 0 it is read
//! as 0: an interval is never narrower than the one of independent people. The interval is Wilson's with the effective
//! number of units `N / D · (z / t)²`, where `D = 1 + ρ (Σ n_i² / N − 1)`, and `t` is the quantile of Student's t with
//! (clusters − 1) degrees of freedom beside the normal's `z`, because `ρ` itself is estimated (E. L. Korn and B. I.
//! Graubard, *Survey Methodology* 24, 1998; K. K. Saha, D. Miller and S. Wang, *International Journal of Biostatistics*
//! 12, 2016). Wilson's interval depends on `z² / n` alone, so this is the same as `N / D` units with `t` for `z`.
//!
//! What a cluster is decides what the interval speaks of. For a week's people it is the author. Days are no sample of
//! days, so the seven cells of a week are clusters only where the days themselves are to vary at random.

use super::{Error, Estimate, whole};
use statrs::distribution::{ContinuousCDF, StudentsT};
use tidemark_domain::{Proportion, prevalence::Z_95};

/// The quantile that bounds a two-sided interval at 95 %.
const UPPER_TAIL: f64 = 0.975;

/// A beta-binomial fitted to clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaBinomial {
    /// All clusters together.
    pub total: Proportion,
    /// Clusters with at least one member.
    pub clusters: u64,
    /// Intra-cluster correlation `ρ`, in `[0, 1]`.
    pub correlation: f64,
    /// By how much clustering multiplies the variance of the share: at least 1.
    pub design_effect: f64,
}

impl BetaBinomial {
    /// Fits clusters, in any order. Empty ones say nothing; `None` where all are.
    ///
    /// # Errors
    /// [`Error::MoreThanAll`] where a cluster has more members with the marker than members.
    pub fn fit(cells: &[Proportion]) -> Result<Option<Self>, Error> {
        let (mut total, mut clusters, mut squares, mut within) = (Proportion::default(), 0_u64, 0.0, 0.0);
        for cell in cells {
            whole(*cell)?;
            let Some(value) = cell.value() else { continue };
            total = Proportion { k: total.k + cell.k, n: total.n + cell.n };
            clusters += 1;
            squares += (cell.n as f64).powi(2);
            within += cell.n as f64 * value * (1.0 - value);
        }
        let Some(mean) = total.value() else { return Ok(None) };
        let n = total.n as f64;
        // Whole numbers are added above, so the order of the cells can show in the last bits of `within` alone.
        let between = (n * mean * (1.0 - mean) - within).max(0.0);
        let (groups, spread) = (clusters as f64, squares / n);
        let correlation = if clusters > 1 && total.n > clusters {
            let between = between / (groups - 1.0);
            let within = within / (n - groups);
            let size = (n - spread) / (groups - 1.0);
            let sum = between + (size - 1.0) * within;
            if sum > 0.0 { ((between - within) / sum).clamp(0.0, 1.0) } else { 0.0 }
        } else {
            // One cluster, or clusters of one: nothing tells members of one cluster from those of two.
            0.0
        };
        Ok(Some(Self { total, clusters, correlation, design_effect: 1.0 + correlation * (spread - 1.0) }))
    }

    /// The pooled share with its interval. Of one cluster the interval is the binomial one: it says how sure the share
    /// is among those members, not beyond them.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let value = self.total.value().unwrap_or_default();
        Estimate::score(value, self.total.n as f64 / self.design_effect * (Z_95 / quantile(self.clusters)).powi(2))
    }

    /// The shape parameters `α = μ (1 − ρ) / ρ` and `β = (1 − μ) (1 − ρ) / ρ` of the clusters' probabilities. `None`
    /// where clusters do not differ (`ρ = 0`), or nothing but clusters differ (`ρ = 1`).
    #[must_use]
    pub fn shape(&self) -> Option<(f64, f64)> {
        let mean = self.total.value()?;
        let strength = (1.0 - self.correlation) / self.correlation;
        let shape = (mean * strength, (1.0 - mean) * strength);
        (strength.is_finite() && shape.0 > 0.0 && shape.1 > 0.0).then_some(shape)
    }
}

/// Student's quantile for so many clusters; the normal one where there is no second cluster to vary.
pub(super) fn quantile(clusters: u64) -> f64 {
    match clusters {
        0 | 1 => Z_95,
        _ => StudentsT::new(0.0, 1.0, clusters as f64 - 1.0).map_or(Z_95, |t| t.inverse_cdf(UPPER_TAIL)),
    }
}

#[cfg(test)]
mod tests {
    use super::{BetaBinomial, quantile};
    use tidemark_domain::Proportion;

    fn fit(cells: &[(u64, u64)]) -> BetaBinomial {
        let cells: Vec<Proportion> = cells.iter().map(|(k, n)| Proportion { k: *k, n: *n }).collect();
        BetaBinomial::fit(&cells).expect("consistent").expect("somebody")
    }

    #[test]
    fn students_quantiles_are_the_tables() {
        for (clusters, expected) in [(2, 12.706_2), (7, 2.446_9), (31, 2.042_3), (10_001, 1.960_2)] {
            assert!((quantile(clusters) - expected).abs() < 1e-3, "{clusters}: {}", quantile(clusters));
        }
    }

    #[test]
    fn the_correlation_is_the_analysis_of_variance_one() {
        // By hand: 4 clusters of 5 with 5, 4, 1, 0. Between 3.4 / 3, within 1.6 / 16, ρ = (1.1333 - 0.1) / (1.1333 + 0.4).
        let fitted = fit(&[(5, 5), (4, 5), (1, 5), (0, 5)]);
        assert!((fitted.correlation - 1.033_333 / 1.533_333).abs() < 1e-5, "{fitted:?}");
        assert!((fitted.design_effect - (1.0 + 4.0 * fitted.correlation)).abs() < 1e-12);
    }

    #[test]
    fn extremes_are_defined() {
        assert_eq!(BetaBinomial::fit(&[]).expect("nothing is wrong"), None);
        assert_eq!(BetaBinomial::fit(&[Proportion::default()]).expect("nothing is wrong"), None);
        let all_or_nothing = fit(&[(4, 4), (0, 4), (4, 4), (0, 4)]);
        assert!((all_or_nothing.correlation - 1.0).abs() < 1e-12 && all_or_nothing.shape().is_none());
        // Four clusters that say one thing each; t with 3 degrees of freedom is 3.1824.
        assert!((all_or_nothing.estimate().effective_n - 4.0 * (1.959_964_f64 / 3.182_446).powi(2)).abs() < 1e-4);
        let none = fit(&[(0, 3), (0, 9)]);
        assert_eq!((none.correlation, none.estimate().value, none.estimate().lower), (0.0, 0.0, 0.0));
        let single = fit(&[(1, 1), (0, 1), (0, 1)]);
        assert_eq!(single.design_effect, 1.0);
        assert!(BetaBinomial::fit(&[Proportion { k: 2, n: 1 }]).is_err());
    }
}
