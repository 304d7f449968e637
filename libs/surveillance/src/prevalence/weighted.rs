//! The prevalence under weights, beside the one without: both are published, because weights can hurt.
//!
//! `P = Σ w y / Σ w`. Weights cost precision, and the interval is Wilson's with the effective number of people (N. Dean
//! and M. Pagano, *Journal of Survey Statistics and Methodology* 3, 2015): the smaller of
//! - Kish's `(Σ w)² / Σ w²` (L. Kish, *Survey Sampling*, 1965), which holds where weight and marker are unrelated, and
//! - `P (1 − P) / V`, with the linearised variance of a ratio `V = n / (n − 1) · Σ w² (y − P)² / (Σ w)²` (C.-E. Särndal, B.
//!   Swensson and J. Wretman, *Model Assisted Survey Sampling*, 1992), which sees that those of large weight vary more.
//!
//! The second alone is erratic where few show the marker. Weights are taken as given: that a trait explains who posts is
//! an assumption no interval covers.

use super::{Error, Estimate, whole};
use tidemark_domain::Proportion;

/// A prevalence with and without weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedPrevalence {
    /// Under weights.
    pub weighted: Estimate,
    /// Everybody counts the same.
    pub unweighted: Estimate,
}

/// People of one weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// Those who show the marker, of all of them.
    pub people: Proportion,
    /// The weight of each.
    pub weight: f64,
}

/// The prevalence of people who each show the marker or not, and have a weight. `None` where nobody has any weight.
///
/// # Errors
/// [`Error::Length`] where the lists differ, [`Error::NotACount`] for a weight that is negative or no number.
pub fn weighted(present: &[bool], weights: &[f64]) -> Result<Option<WeightedPrevalence>, Error> {
    if present.len() != weights.len() {
        return Err(Error::Length { what: "weights of people", given: weights.len(), expected: present.len() });
    }
    let one = |(present, weight): (&bool, &f64)| {
        let people = Proportion { k: u64::from(*present), n: 1 };
        Group { people, weight: *weight }
    };
    weighted_groups(&present.iter().zip(weights).map(one).collect::<Vec<_>>())
}

/// [`weighted`] for people who are counted by weight.
///
/// # Errors
/// [`Error::MoreThanAll`] for a group that contradicts itself, [`Error::NotACount`] for a weight that is negative or no
/// number.
pub fn weighted_groups(groups: &[Group]) -> Result<Option<WeightedPrevalence>, Error> {
    let (mut n, mut k, mut sum, mut squares, mut shown) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for Group { people, weight } in groups {
        whole(*people)?;
        if !(weight.is_finite() && *weight >= 0.0) {
            return Err(Error::NotACount { what: "weight of a person", value: *weight });
        }
        let (of, all) = (people.k as f64, people.n as f64);
        n += all;
        k += of;
        sum += all * weight;
        squares += all * (weight * weight);
        shown += of * weight;
    }
    if sum <= 0.0 {
        return Ok(None);
    }
    // Sums of the same weights in another order may differ in the last bit.
    let value = (shown / sum).clamp(0.0, 1.0);
    let residual = |Group { people, weight }: &Group| {
        let (of, others) = (people.k as f64, (people.n - people.k) as f64);
        of * (weight * (1.0 - value)).powi(2) + others * (weight * value).powi(2)
    };
    let residuals: f64 = groups.iter().map(residual).sum();
    let kish = sum * sum / squares;
    let variance = n / (n - 1.0).max(1.0) * residuals / (sum * sum);
    let linearised = value * (1.0 - value) / variance;
    let effective_n = if linearised.is_finite() && linearised > 0.0 { kish.min(linearised) } else { kish };
    let unweighted = Estimate::score(k / n, n);
    Ok(Some(WeightedPrevalence { weighted: Estimate::score(value, effective_n), unweighted }))
}

#[cfg(test)]
mod tests {
    use super::{Group, weighted, weighted_groups};
    use tidemark_domain::Proportion;

    #[test]
    fn a_heavy_person_counts_more_and_costs_precision() {
        let present: Vec<bool> = (0..100).map(|person| person < 20).collect();
        let weights: Vec<f64> = (0..100).map(|person| if person < 20 { 2.0 } else { 0.75 }).collect();
        let both = weighted(&present, &weights).expect("lawful").expect("somebody");
        assert!((both.weighted.value - 0.4).abs() < 1e-12 && (both.unweighted.value - 0.2).abs() < 1e-12);
        // Kish: 100² / (20 · 4 + 80 · 0.5625); linearised: 0.24 / (100/99 · (80 · 0.36 + 45 · 0.16) / 100²).
        let (kish, linearised): (f64, f64) = (10_000.0 / 125.0, 0.24 / (100.0 / 99.0 * 36.0 / 10_000.0));
        assert!((both.weighted.effective_n - kish.min(linearised)).abs() < 1e-9);
    }

    #[test]
    fn people_counted_by_weight_are_the_same_people() {
        let present: Vec<bool> = (0..100).map(|person| !(20..=90).contains(&person)).collect();
        let weights: Vec<f64> = (0..100).map(|person| if person < 40 { 1.75 } else { 0.5 }).collect();
        let group = |k, n, weight| Group { people: Proportion { k, n }, weight };
        let groups = [group(20, 40, 1.75), group(9, 60, 0.5), group(0, 0, 3.0)];
        let one = weighted(&present, &weights).expect("lawful").expect("somebody");
        let other = weighted_groups(&groups).expect("lawful").expect("somebody");
        for (one, other) in [(one.weighted, other.weighted), (one.unweighted, other.unweighted)] {
            assert!((one.value - other.value).abs() < 1e-12 && (one.effective_n - other.effective_n).abs() < 1e-9);
        }
        assert!(weighted_groups(&[group(2, 1, 1.0)]).is_err() && weighted_groups(&[group(1, 1, f64::NAN)]).is_err());
        assert_eq!(weighted_groups(&[group(0, 0, 1.0)]).expect("lawful"), None);
    }

    #[test]
    fn extremes_are_defined() {
        assert_eq!(weighted(&[], &[]).expect("lawful"), None);
        assert_eq!(weighted(&[true], &[0.0]).expect("lawful"), None);
        let one = weighted(&[true], &[3.0]).expect("lawful").expect("somebody");
        assert_eq!((one.weighted, one.weighted.effective_n), (one.unweighted, 1.0));
        assert!(weighted(&[true], &[]).is_err() && weighted(&[true], &[f64::NAN]).is_err());
        assert!(weighted(&[true, false], &[1.0, -1.0]).is_err());
    }
}
