//! How emotion changes: from a post to its reply, or from one post of an author's window to the next.
//!
//! Counts of (from, to) over labels; each row is a composition ([`super::composition`], Goodman's intervals). A *negative
//! shift* is a change to a label of lower valence. Steps of one thread or author resemble each other: keep one
//! [`Transitions`] per thread, and fit their negative shifts as clusters ([`super::overdispersion`]).

use super::{Error, Estimate, composition::composition};
use tidemark_domain::Proportion;

/// Counted steps from label to label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transitions {
    labels: usize,
    counts: Vec<u64>,
}

impl Transitions {
    /// Nothing counted yet, over so many labels.
    #[must_use]
    pub fn new(labels: usize) -> Self {
        Self { labels, counts: vec![0; labels * labels] }
    }

    /// The steps between the neighbours of a sequence, such as an author's posts in the order of time.
    ///
    /// # Errors
    /// [`Error::NoSuchBin`] for a label beyond the last.
    pub fn of_sequence(labels: usize, sequence: &[usize]) -> Result<Self, Error> {
        let mut steps = Self::new(labels);
        sequence.windows(2).try_for_each(|pair| steps.add(pair[0], pair[1]))?;
        Ok(steps)
    }

    /// Counts one step, such as from a post to its reply.
    ///
    /// # Errors
    /// [`Error::NoSuchBin`] for a label beyond the last.
    pub fn add(&mut self, from: usize, to: usize) -> Result<(), Error> {
        let bin = from.max(to);
        if bin >= self.labels {
            return Err(Error::NoSuchBin { bin, bins: self.labels });
        }
        self.counts[from * self.labels + to] += 1;
        Ok(())
    }

    /// Adds the steps of another thread or author.
    ///
    /// # Errors
    /// [`Error::Length`] where it has other labels.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if self.labels != other.labels {
            return Err(Error::Length { what: "emotion labels", given: other.labels, expected: self.labels });
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        Ok(())
    }

    /// How often `from` was followed by `to`; 0 for labels beyond the last.
    #[must_use]
    pub fn count(&self, from: usize, to: usize) -> u64 {
        if from < self.labels && to < self.labels { self.counts[from * self.labels + to] } else { 0 }
    }

    /// All steps.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// A row of the transition matrix: what follows `from`, with intervals that hold together. `None` where nothing does.
    #[must_use]
    pub fn row(&self, from: usize) -> Option<Vec<Estimate>> {
        composition(self.counts.get(from * self.labels..(from + 1) * self.labels)?)
    }

    /// Steps by which valence falls by at least `least_fall`, of all steps, those that stay included. `valence` has a
    /// number for each label.
    ///
    /// # Errors
    /// [`Error::Length`] for another number of valences; [`Error::NotACount`] for what is no number, and for a least fall
    /// that is not above 0.
    pub fn negative_shifts(&self, valence: &[f64], least_fall: f64) -> Result<Proportion, Error> {
        self.check(valence)?;
        if !(least_fall.is_finite() && least_fall > 0.0) {
            return Err(Error::NotACount { what: "least fall of valence", value: least_fall });
        }
        let falls = self.changes(valence).filter(|(change, _)| *change <= -least_fall);
        Ok(Proportion { k: falls.map(|(_, count)| count).sum(), n: self.total() })
    }

    /// The mean change of valence over all steps. `None` where there are none.
    ///
    /// # Errors
    /// As [`Transitions::negative_shifts`].
    pub fn mean_change(&self, valence: &[f64]) -> Result<Option<f64>, Error> {
        self.check(valence)?;
        let sum: f64 = self.changes(valence).map(|(change, count)| change * count as f64).sum();
        Ok((self.total() > 0).then(|| sum / self.total() as f64))
    }

    fn check(&self, valence: &[f64]) -> Result<(), Error> {
        if valence.len() != self.labels {
            return Err(Error::Length { what: "valences of labels", given: valence.len(), expected: self.labels });
        }
        match valence.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(Error::NotACount { what: "valence of a label", value: *value }),
            None => Ok(()),
        }
    }

    fn changes<'a>(&'a self, valence: &'a [f64]) -> impl Iterator<Item = (f64, u64)> + 'a {
        let step = |(cell, count): (usize, &u64)| (valence[cell % self.labels] - valence[cell / self.labels], *count);
        self.counts.iter().enumerate().map(step)
    }
}

#[cfg(test)]
mod tests {
    use super::Transitions;
    use tidemark_domain::Proportion;

    const JOY: usize = 0;
    const NEUTRAL: usize = 1;
    const SADNESS: usize = 2;
    const VALENCE: [f64; 3] = [0.8, 0.0, -0.7];

    #[test]
    fn steps_are_counted_and_falls_among_them() {
        let mut all = Transitions::of_sequence(3, &[JOY, JOY, SADNESS, NEUTRAL, SADNESS]).expect("lawful");
        all.merge(&Transitions::of_sequence(3, &[JOY]).expect("lawful")).expect("the same labels");
        assert_eq!((all.total(), all.count(JOY, SADNESS), all.count(9, 0)), (4, 1, 0));
        assert_eq!(all.negative_shifts(&VALENCE, 0.1).expect("lawful"), Proportion { k: 2, n: 4 });
        assert_eq!(all.negative_shifts(&VALENCE, 1.0).expect("lawful"), Proportion { k: 1, n: 4 });
        let change = all.mean_change(&VALENCE).expect("lawful").expect("steps");
        assert!((change - (0.0 - 1.5 + 0.7 - 0.7) / 4.0).abs() < 1e-12);
        let joy = all.row(JOY).expect("followed");
        assert_eq!(joy.iter().map(|part| part.value).collect::<Vec<_>>(), [0.5, 0.0, 0.5]);
    }

    #[test]
    fn extremes_are_defined() {
        let none = Transitions::of_sequence(3, &[]).expect("lawful");
        assert_eq!((none.row(0), none.row(3), none.total()), (None, None, 0));
        assert_eq!(none.negative_shifts(&VALENCE, 0.1).expect("lawful"), Proportion::default());
        assert_eq!(none.mean_change(&VALENCE).expect("lawful"), None);
        assert!(Transitions::of_sequence(3, &[0, 3]).is_err() && none.mean_change(&[0.0]).is_err());
        assert!(none.negative_shifts(&[0.0, f64::NAN, 0.0], 0.1).is_err());
        assert!(none.negative_shifts(&VALENCE, 0.0).is_err());
        assert!(Transitions::new(3).merge(&Transitions::new(2)).is_err());
    }
}
