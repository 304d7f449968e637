//! Estimated traits, spread out again.
//!
//! An age or income that a model reads from texts is *shrunken*: its distribution is narrower than that of the people
//! (young ones come out older, old ones younger). *Estimator redistribution* (S. Giorgi and others, ICWSM 2022) maps the
//! estimates, rank by rank, onto the distribution of the platform's users that a survey found: the value at a share `u`
//! of all estimates becomes the value at share `u` of the surveyed users, linear within a bin. The order of people stays.
//!
//! It is fitted to all people of a source, and applied in every place: places may differ, the estimator is one.

use super::{
    Error,
    binning::{bin_of, check_edges},
};

/// A map of estimates onto a known distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct Redistribution {
    /// Every estimate it was fitted to, rising.
    estimates: Vec<f64>,
    edges: Vec<f64>,
    /// Share of users below each edge.
    below: Vec<f64>,
}

impl Redistribution {
    /// Fits the map: `users[i]` counts (or is the share of) the platform's users from `edges[i]` to `edges[i + 1]`.
    ///
    /// # Errors
    /// [`Error::Edges`], [`Error::Length`], [`Error::NotACount`] and [`Error::NoPopulation`] for a distribution that is
    /// none; [`Error::NotACount`] for an estimate that is no number.
    pub fn fit(mut estimates: Vec<f64>, edges: Vec<f64>, users: &[f64]) -> Result<Self, Error> {
        check_edges(&edges)?;
        if users.len() + 1 != edges.len() {
            return Err(Error::Length { what: "bins of users", given: users.len(), expected: edges.len() - 1 });
        }
        if let Some(value) = users.iter().find(|count| !(count.is_finite() && **count >= 0.0)) {
            return Err(Error::NotACount { what: "users of a bin", value: *value });
        }
        if let Some(value) = estimates.iter().find(|value| !value.is_finite()) {
            return Err(Error::NotACount { what: "estimate of a trait", value: *value });
        }
        let all: f64 = users.iter().sum();
        if all <= 0.0 {
            return Err(Error::NoPopulation);
        }
        estimates.sort_unstable_by(f64::total_cmp);
        let running = users.iter().scan(0.0, |sum, count| {
            *sum += count / all;
            Some(*sum)
        });
        let below = std::iter::once(0.0).chain(running).collect();
        Ok(Self { estimates, edges, below })
    }

    /// Where an estimate lies among the surveyed users. Where nothing was fitted, and for what is no number, it stays.
    #[must_use]
    pub fn apply(&self, estimate: f64) -> f64 {
        if self.estimates.is_empty() || estimate.is_nan() {
            return estimate;
        }
        let less = self.estimates.partition_point(|other| *other < estimate);
        let not_more = self.estimates.partition_point(|other| *other <= estimate);
        // Half of those who are equal lie below: ties land in the middle of their ranks.
        let rank = (less + not_more) as f64 / 2.0 / self.estimates.len() as f64;
        let last = self.edges.len() - 2;
        // The first bin that reaches the rank; bins without users are passed over.
        let bin = (0..last).find(|bin| self.below[bin + 1] >= rank && self.below[bin + 1] > self.below[*bin]);
        let bin = bin.unwrap_or_else(|| (0..=last).rfind(|bin| self.below[bin + 1] > self.below[*bin]).unwrap_or(last));
        let within = ((rank - self.below[bin]) / (self.below[bin + 1] - self.below[bin])).clamp(0.0, 1.0);
        self.edges[bin] + within * (self.edges[bin + 1] - self.edges[bin])
    }

    /// The bin of the survey in which an estimate lies.
    #[must_use]
    pub fn bin(&self, estimate: f64) -> Option<usize> {
        bin_of(&self.edges, self.apply(estimate))
    }
}

#[cfg(test)]
mod tests {
    use super::Redistribution;

    #[test]
    fn shrunken_estimates_get_their_spread_back() {
        let shrunken: Vec<f64> = (0..1000).map(|rank| 30.0 + 10.0 * f64::from(rank) / 1000.0).collect();
        let map =
            Redistribution::fit(shrunken.clone(), vec![15.0, 25.0, 45.0, 75.0], &[50.0, 30.0, 20.0]).expect("lawful");
        let in_bin = |bin| shrunken.iter().filter(|value| map.bin(**value) == Some(bin)).count();
        assert_eq!([in_bin(0), in_bin(1), in_bin(2)], [500, 300, 200]);
        assert!((map.apply(35.0) - 25.0).abs() < 0.05 && (map.apply(38.0) - 45.0).abs() < 0.1);
        assert_eq!((map.apply(0.0), map.apply(99.0)), (15.0, 75.0));
    }

    #[test]
    fn order_stays_and_ties_share_a_place() {
        let map =
            Redistribution::fit(vec![1.0, 2.0, 2.0, 3.0], vec![0.0, 1.0, 2.0, 3.0], &[1.0, 0.0, 1.0]).expect("lawful");
        assert_eq!([1.0, 2.0, 3.0].map(|value| map.bin(value)), [Some(0), Some(1), Some(2)]);
        assert!(map.apply(1.5) <= map.apply(2.0) && map.apply(2.0) <= map.apply(2.5));
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let fit = |edges: &[f64], users: &[f64]| Redistribution::fit(vec![1.0], edges.to_vec(), users);
        assert!(fit(&[0.0, 1.0], &[0.0]).is_err() && fit(&[0.0, 1.0], &[f64::NAN]).is_err());
        assert!(fit(&[0.0, 1.0], &[1.0, 1.0]).is_err() && fit(&[1.0, 0.0], &[1.0]).is_err());
        assert!(Redistribution::fit(vec![f64::NAN], vec![0.0, 1.0], &[1.0]).is_err());
        let nothing = Redistribution::fit(vec![], vec![0.0, 1.0], &[1.0]).expect("lawful");
        assert_eq!(nothing.apply(7.0), 7.0);
    }
}
