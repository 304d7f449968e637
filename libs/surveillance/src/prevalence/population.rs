//! How many people live in each cell of a place: a census table over one or more binned traits.

use super::Error;

/// A table over traits, every combination of their bins a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// Bins of each trait.
    sizes: Vec<usize>,
    /// People of each cell; the last trait's bins lie side by side.
    counts: Vec<f64>,
}

impl Population {
    /// A table whose cells were counted together: `counts` has a number for each combination, those that differ in the
    /// last trait side by side.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotACount`], [`Error::NoPopulation`].
    pub fn joint(sizes: Vec<usize>, counts: Vec<f64>) -> Result<Self, Error> {
        let cells = sizes.iter().product();
        if sizes.is_empty() || counts.len() != cells {
            return Err(Error::Length { what: "cells of the population table", given: counts.len(), expected: cells });
        }
        if let Some(value) = counts.iter().find(|count| !(count.is_finite() && **count >= 0.0)) {
            return Err(Error::NotACount { what: "a cell of the population table", value: *value });
        }
        if counts.iter().sum::<f64>() <= 0.0 {
            return Err(Error::NoPopulation);
        }
        Ok(Self { sizes, counts })
    }

    /// A table of which only the margins are known: one list of counts per trait. Traits are taken to be independent.
    ///
    /// # Errors
    /// Those of [`Population::joint`].
    pub fn of_margins(margins: &[Vec<f64>]) -> Result<Self, Error> {
        let mut counts = vec![1.0];
        for margin in margins {
            let all: f64 = margin.iter().sum();
            if margin.iter().all(|count| *count >= 0.0) && all <= 0.0 {
                return Err(Error::NoPopulation);
            }
            counts = counts.iter().flat_map(|cell| margin.iter().map(move |count| cell * count / all)).collect();
        }
        Self::joint(margins.iter().map(Vec::len).collect(), counts)
    }

    /// Bins of each trait.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The number of a cell by its bins; `None` where a trait has no such bin.
    pub(super) fn cell(&self, bins: impl IntoIterator<Item = usize>) -> Option<usize> {
        let mut sizes = self.sizes.iter();
        let cell = bins.into_iter().try_fold(0, |cell, bin| {
            let size = sizes.next()?;
            (bin < *size).then_some(cell * size + bin)
        });
        cell.filter(|_| sizes.next().is_none())
    }

    /// The bin of one trait in which a cell lies.
    pub(super) fn bin(&self, cell: usize, of: usize) -> usize {
        cell / self.sizes[of + 1..].iter().product::<usize>() % self.sizes[of]
    }

    /// The share of people in each cell.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let all: f64 = self.counts.iter().sum();
        self.counts.iter().map(|count| count / all).collect()
    }

    /// The share of people in each bin of one trait; nothing for a trait that is not in the table.
    #[must_use]
    pub fn margin(&self, of: usize) -> Vec<f64> {
        let Some(size) = self.sizes.get(of) else { return Vec::new() };
        let mut margin = vec![0.0; *size];
        self.shares().iter().enumerate().for_each(|(cell, share)| margin[self.bin(cell, of)] += share);
        margin
    }

    /// The table with `people` more in it, spread as its margins say: `N_c + people · Π margins`. In a table counted in a
    /// small survey, an empty cell becomes what its row and column let expect; a census hardly moves.
    #[must_use]
    pub fn smoothed(&self, people: f64) -> Self {
        let margins: Vec<Vec<f64>> = (0..self.sizes.len()).map(|of| self.margin(of)).collect();
        let expected =
            |cell| margins.iter().enumerate().map(|(of, margin)| margin[self.bin(cell, of)]).product::<f64>();
        let counts = self.counts.iter().enumerate().map(|(cell, count)| count + people * expected(cell)).collect();
        Self { sizes: self.sizes.clone(), counts }
    }

    /// The table with each trait's bins widened as `wide[trait][bin]` says.
    pub(super) fn widened(&self, wide: &[Vec<usize>]) -> Self {
        let sizes: Vec<usize> = wide.iter().map(|bins| bins.last().map_or(0, |last| last + 1)).collect();
        let mut widened = Self { counts: vec![0.0; sizes.iter().product()], sizes };
        for (cell, count) in self.counts.iter().enumerate() {
            let bins = wide.iter().enumerate().map(|(of, wide)| wide[self.bin(cell, of)]);
            if let Some(target) = widened.cell(bins) {
                widened.counts[target] += count;
            }
        }
        widened
    }
}

#[cfg(test)]
mod tests {
    use super::Population;

    #[test]
    fn cells_are_found_by_their_bins() {
        let table = Population::joint(vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 15.0]).expect("lawful");
        assert_eq!((table.cell([1, 2]), table.cell([0, 1])), (Some(5), Some(1)));
        assert_eq!((table.cell([2, 0]), table.cell([1]), table.cell([0, 0, 0])), (None, None, None));
        assert_eq!((table.bin(5, 0), table.bin(5, 1), table.bin(1, 1)), (1, 2, 1));
        assert!((table.margin(0)[1] - 0.8).abs() < 1e-12 && (table.margin(1)[2] - 0.6).abs() < 1e-12);
        let wide = table.widened(&[vec![0, 0], vec![0, 1, 1]]);
        assert_eq!((wide.sizes(), wide.counts.as_slice()), (&[1, 2][..], &[5.0, 25.0][..]));
    }

    #[test]
    fn smoothing_fills_an_empty_cell_and_keeps_margins() {
        let table = Population::joint(vec![2, 2], vec![0.0, 10.0, 10.0, 20.0]).expect("lawful");
        let smooth = table.smoothed(10.0);
        assert!((smooth.counts[0] - 10.0 / 16.0).abs() < 1e-12);
        assert!((smooth.margin(1)[0] - table.margin(1)[0]).abs() < 1e-12);
        let margins = Population::of_margins(&[vec![1.0, 3.0], vec![2.0, 2.0]]).expect("lawful");
        let same = margins.smoothed(10.0).shares().iter().zip(margins.shares()).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(same, "margins know no more");
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(Population::joint(vec![2], vec![1.0]).is_err() && Population::joint(vec![], vec![]).is_err());
        assert!(Population::joint(vec![2], vec![1.0, f64::NAN]).is_err());
        assert!(Population::joint(vec![2], vec![0.0, 0.0]).is_err());
        assert!(Population::of_margins(&[vec![0.0, 0.0]]).is_err() && Population::of_margins(&[]).is_err());
        assert!(Population::of_margins(&[vec![-1.0, 1.0]]).is_err());
    }
}
