//! How a value on a scale, such as valence, changes from a post to the next one of its thread, or of its author.
//!
//! Steps of one thread or author resemble each other, so that they are groups. The mean change has the interval of a mean
//! of groups, `V = G / (G − 1) Σ_g (Σ_i (x_gi − x̄))² / N²` with Student's t of G − 1 degrees of freedom (K.-Y. Liang and
//! S. L. Zeger, *Biometrika* 73, 1986; A. C. Cameron and D. L. Miller, *Journal of Human Resources* 50, 2015). The share
//! of steps that fall is beta-binomial ([`super::overdispersion`]).

use super::{
    Error,
    overdispersion::{BetaBinomial, quantile},
};
use tidemark_domain::Proportion;

/// The change of a value over steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The mean change of a step; below 0 where the value falls.
    pub change: f64,
    /// The lower end of its 95 % interval.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// The steps by which the value falls, however little, of all.
    pub falls: BetaBinomial,
}

impl Shift {
    /// The changes of all steps, those of a group together; groups without a step say nothing. `None` below two groups,
    /// as one does not tell how much groups differ.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a change that is no number.
    pub fn of(groups: &[Vec<f64>]) -> Result<Option<Self>, Error> {
        if let Some(value) = groups.iter().flatten().find(|change| !change.is_finite()) {
            return Err(Error::NotFinite { what: "a change", value: *value });
        }
        let falls = |changes: &Vec<f64>| changes.iter().filter(|change| **change < 0.0).count() as u64;
        let cells: Vec<Proportion> =
            groups.iter().map(|changes| Proportion { k: falls(changes), n: changes.len() as u64 }).collect();
        let Some(falls) = BetaBinomial::fit(&cells)?.filter(|fitted| fitted.clusters > 1) else { return Ok(None) };
        let (steps, clusters) = (falls.total.n as f64, falls.clusters as f64);
        let change = groups.iter().flatten().sum::<f64>() / steps;
        let beyond = |changes: &Vec<f64>| changes.iter().map(|one| one - change).sum::<f64>().powi(2);
        let variance = clusters / (clusters - 1.0) * groups.iter().map(beyond).sum::<f64>() / steps.powi(2);
        let reach = quantile(falls.clusters) * variance.sqrt();
        Ok(Some(Self { change, lower: change - reach, upper: change + reach, falls }))
    }
}

#[cfg(test)]
mod tests {
    use super::Shift;
    use tidemark_domain::Proportion;

    fn alone(changes: &[f64]) -> Vec<Vec<f64>> {
        changes.iter().map(|change| vec![*change]).collect()
    }

    fn shift(groups: &[Vec<f64>]) -> Shift {
        Shift::of(groups).expect("numbers").expect("groups")
    }

    #[test]
    fn a_mean_of_groups_of_one_is_a_mean() {
        // By hand: mean -0.25, sum of squares 1.25, standard error sqrt(1.25 / 3 / 4), t with 3 degrees of freedom 3.1824.
        let found = shift(&alone(&[-1.0, 0.5, -0.5, 0.0]));
        assert!((found.change + 0.25).abs() < 1e-12);
        assert_eq!(found.falls.total, Proportion { k: 2, n: 4 });
        let reach = 3.182_446 * (1.25_f64 / 12.0).sqrt();
        assert!((found.upper - found.change - reach).abs() < 1e-5, "{found:?}");
        assert!((found.change - found.lower - reach).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn steps_that_repeat_each_other_say_no_more() {
        let once = alone(&[-1.0, 0.5, -0.5, 0.0, -0.25]);
        let repeated: Vec<Vec<f64>> = once.iter().map(|changes| changes.repeat(9)).collect();
        let apart = shift(&alone(&repeated.concat()));
        let (once, repeated) = (shift(&once), shift(&repeated));
        assert!((once.lower - repeated.lower).abs() < 1e-9 && (once.upper - repeated.upper).abs() < 1e-9);
        assert!((once.falls.estimate().lower - repeated.falls.estimate().lower).abs() < 1e-9);
        // As 45 groups they would say more.
        assert!(apart.upper - apart.lower < 0.5 * (repeated.upper - repeated.lower));
    }

    #[test]
    fn extremes_are_defined() {
        assert_eq!(Shift::of(&[]).expect("nothing is wrong"), None);
        assert_eq!(Shift::of(&[vec![-0.5, 0.5], vec![]]).expect("nothing is wrong"), None);
        let still = shift(&[vec![0.0], vec![0.0]]);
        assert_eq!((still.change, still.lower, still.upper, still.falls.total.k), (0.0, 0.0, 0.0, 0));
        assert!(Shift::of(&[vec![0.0], vec![f64::NAN]]).is_err());
    }
}
