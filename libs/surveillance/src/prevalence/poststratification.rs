//! Weights that make the people who post stand for the people who live there.
//!
//! *Naive* post-stratification gives everyone of a cell the population's share of it over the sample's. It can hurt:
//! cells hold few people, and traits that were estimated from texts are shrunken (S. Giorgi and others, "Correcting
//! Sociodemographic Selection Biases for Population Prediction from Social Media", ICWSM 2022, arXiv 1911.03855).
//! *Robust* post-stratification is theirs, in these steps:
//! 1. Redistribution of estimated traits, before anything is binned: [`super::redistribution`], the caller's choice.
//! 2. Adaptive binning of each trait until a bin holds [`LEAST_PER_BIN`] people: [`super::binning`].
//! 3. Informed smoothing: [`SMOOTHING_PEOPLE`] `= k` people, distributed as the population is, are added to the sample:
//!    the share of a cell is `(n_c + k P_c) / (n + k)`. Ours beside theirs: the population table gets `k` people too,
//!    distributed as its own margins ([`super::population::Population::smoothed`]).
//! 4. Weights: population share over smoothed share for one trait; with several, the smoothed cells are raked to the
//!    population's margins (iterative proportional fitting, W. E. Deming and F. F. Stephan, *Annals of Mathematical
//!    Statistics* 11, 1940), and the weight is the raked share over the smoothed one.
//! 5. Who has an unknown trait gets the mean weight. Weights are scaled to sum to the number of people.

use super::{
    Error,
    binning::{LEAST_PER_BIN, adaptive},
    population::Population,
};

/// People added by smoothing: that of the example run in the authors' published program.
pub const SMOOTHING_PEOPLE: f64 = 10.0;
/// Raking ends when every margin is met this closely.
const RAKING_GAP: f64 = 1e-9;
/// Raking gives up after so many rounds over the traits; a few tens do where cells are filled.
const MAX_RAKING_ROUNDS: usize = 1000;

/// How robust weights are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robust {
    /// Bins are widened until they hold as many people.
    pub least_per_bin: f64,
    /// So many people are added to sample and population.
    pub smoothing_people: f64,
}

impl Default for Robust {
    fn default() -> Self {
        Self { least_per_bin: LEAST_PER_BIN, smoothing_people: SMOOTHING_PEOPLE }
    }
}

/// Naive weights, in the order of people, who each have a bin, or nothing known, for every trait of the table. They sum
/// to the number of people; where nobody is in a cell in which people live, its share falls to the others.
///
/// # Errors
/// [`Error::Length`] where somebody has another number of traits, [`Error::NoSuchBin`] for a bin that is not in the
/// table, [`Error::NoPopulation`] where nobody lives in any cell that somebody posts from.
pub fn naive<P: AsRef<[Option<usize>]>>(people: &[P], population: &Population) -> Result<Vec<f64>, Error> {
    let cells = cells(people, population)?;
    let known = cells.iter().flatten().count() as f64;
    let mut sample = vec![0.0; population.sizes().iter().product()];
    cells.iter().flatten().for_each(|cell| sample[*cell] += 1.0 / known);
    let weight: Vec<f64> = population.shares().iter().zip(&sample).map(|(share, seen)| ratio(*share, *seen)).collect();
    scaled(&cells, &weight)
}

/// Robust weights, in the order of people, who each have a bin, or nothing known, for every trait of the table.
///
/// # Errors
/// Those of [`naive`]; [`Error::Raking`] where the margins cannot be met; [`Error::NotACount`] for settings that are no
/// numbers.
pub fn robust<P: AsRef<[Option<usize>]>>(
    people: &[P],
    population: &Population,
    settings: &Robust,
) -> Result<Vec<f64>, Error> {
    let cells = cells(people, population)?;
    let mut counts = vec![0.0; population.sizes().iter().product()];
    cells.iter().flatten().for_each(|cell| counts[*cell] += 1.0);
    scaled(&cells, &by_cell(&counts, population, settings)?)
}

/// The robust weight of everybody in each cell of the table, of whom there are so many. Over people they sum to their
/// number; where there is nobody they are 1.
///
/// # Errors
/// [`Error::Length`] where there are not as many counts as cells; else those of [`robust`].
pub fn robust_of_counts(people: &[u64], population: &Population, settings: &Robust) -> Result<Vec<f64>, Error> {
    let cells: usize = population.sizes().iter().product();
    if people.len() != cells {
        return Err(Error::Length { what: "cells with people", given: people.len(), expected: cells });
    }
    let counts: Vec<f64> = people.iter().map(|count| *count as f64).collect();
    let weight = by_cell(&counts, population, settings)?;
    let known: f64 = counts.iter().sum();
    let sum: f64 = counts.iter().zip(&weight).map(|(count, weight)| count * weight).sum();
    if known > 0.0 && sum <= 0.0 {
        return Err(Error::NoPopulation);
    }
    Ok(weight.iter().map(|weight| if sum > 0.0 { weight * known / sum } else { 1.0 }).collect())
}

/// Robust weights of the table's cells, not scaled yet, from the number of people in each.
fn by_cell(people: &[f64], population: &Population, settings: &Robust) -> Result<Vec<f64>, Error> {
    let Robust { least_per_bin, smoothing_people } = *settings;
    for (what, value) in [("least people per bin", least_per_bin), ("people added by smoothing", smoothing_people)] {
        if !(value.is_finite() && value >= 0.0) {
            return Err(Error::NotACount { what, value });
        }
    }
    let known: f64 = people.iter().sum();
    let wide: Vec<Vec<usize>> = population
        .sizes()
        .iter()
        .enumerate()
        .map(|(of, size)| {
            let mut counts = vec![0.0; *size];
            people.iter().enumerate().for_each(|(cell, count)| counts[population.bin(cell, of)] += *count);
            adaptive(&counts, least_per_bin)
        })
        .collect();
    let table = population.smoothed(smoothing_people).widened(&wide);
    let widen = |cell: usize| table.cell(wide.iter().enumerate().map(|(of, wide)| wide[population.bin(cell, of)]));
    let cells: Vec<Option<usize>> = (0..people.len()).map(widen).collect();

    let shares = table.shares();
    let mut counts = vec![0.0; shares.len()];
    for (cell, count) in cells.iter().zip(people) {
        if let Some(cell) = cell {
            counts[*cell] += *count;
        }
    }
    let all = known + smoothing_people;
    let smoothed: Vec<f64> =
        counts.iter().zip(&shares).map(|(count, share)| ratio(count + smoothing_people * share, all)).collect();
    let target = if table.sizes().len() == 1 { shares } else { rake(&smoothed, &table)? };
    let weight: Vec<f64> = target.iter().zip(&smoothed).map(|(share, seen)| ratio(*share, *seen)).collect();
    Ok(cells.iter().map(|cell| cell.map_or(0.0, |cell| weight[cell])).collect())
}

/// The cell of each person; `None` where a trait is not known.
fn cells<P: AsRef<[Option<usize>]>>(people: &[P], population: &Population) -> Result<Vec<Option<usize>>, Error> {
    let traits = population.sizes().len();
    let cell = |person: &P| {
        let bins = person.as_ref();
        if bins.len() != traits {
            return Err(Error::Length { what: "traits of a person", given: bins.len(), expected: traits });
        }
        for (bin, size) in bins.iter().zip(population.sizes()) {
            if let Some(bin) = bin.filter(|bin| bin >= size) {
                return Err(Error::NoSuchBin { bin, bins: *size });
            }
        }
        Ok(bins.iter().copied().collect::<Option<Vec<_>>>().and_then(|bins| population.cell(bins)))
    };
    people.iter().map(cell).collect()
}

/// The smoothed cells, scaled trait by trait until they have the population's margins.
fn rake(smoothed: &[f64], table: &Population) -> Result<Vec<f64>, Error> {
    let traits = table.sizes().len();
    let margins: Vec<Vec<f64>> = (0..traits).map(|of| table.margin(of)).collect();
    let mut raked = smoothed.to_vec();
    let mut gap = 0.0_f64;
    for _ in 0..MAX_RAKING_ROUNDS {
        gap = 0.0;
        for (of, margin) in margins.iter().enumerate() {
            let mut sums = vec![0.0; margin.len()];
            raked.iter().enumerate().for_each(|(cell, share)| sums[table.bin(cell, of)] += share);
            gap = sums.iter().zip(margin).map(|(sum, share)| (sum - share).abs()).fold(gap, f64::max);
            for (cell, share) in raked.iter_mut().enumerate() {
                let bin = table.bin(cell, of);
                *share *= ratio(margin[bin], sums[bin]);
            }
        }
        if gap < RAKING_GAP {
            return Ok(raked);
        }
    }
    Err(Error::Raking { gap, rounds: MAX_RAKING_ROUNDS })
}

/// Weights of people by their cells, scaled to sum to the number of people; the mean weight for whom no cell is known.
fn scaled(cells: &[Option<usize>], weight: &[f64]) -> Result<Vec<f64>, Error> {
    let known = cells.iter().flatten().count() as f64;
    let sum: f64 = cells.iter().flatten().map(|cell| weight[*cell]).sum();
    if known > 0.0 && sum <= 0.0 {
        return Err(Error::NoPopulation);
    }
    Ok(cells.iter().map(|cell| cell.map_or(1.0, |cell| weight[cell] * known / sum)).collect())
}

/// The quotient; 0 where there is nothing to divide by.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{Robust, naive, robust, robust_of_counts};
    use crate::prevalence::{Error, population::Population};

    /// So many people in each bin of one trait.
    fn sample(counts: &[usize]) -> Vec<[Option<usize>; 1]> {
        counts.iter().enumerate().flat_map(|(bin, count)| std::iter::repeat_n([Some(bin)], *count)).collect()
    }

    #[test]
    fn naive_weights_are_the_ratio_of_shares() {
        let population = Population::of_margins(&[vec![50.0, 50.0]]).expect("lawful");
        let weights = naive(&sample(&[75, 25]), &population).expect("lawful");
        assert!((weights[0] - 0.5 / 0.75).abs() < 1e-12 && (weights[99] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn robust_weights_are_smoothed_and_binned() {
        let population = Population::of_margins(&[vec![25.0, 25.0, 50.0]]).expect("lawful");
        let settings = Robust::default();
        // The second bin of 5 people joins the first of 75; (80 + 10/2) / 110 against one half.
        let weights = robust(&sample(&[75, 5, 120]), &population, &settings).expect("lawful");
        let (low, high) = (0.5 / (85.0 / 210.0), 0.5 / (125.0 / 210.0));
        let scale = 200.0 / (80.0 * low + 120.0 * high);
        assert!((weights[0] - low * scale).abs() < 1e-12 && weights[0] == weights[79]);
        assert!((weights[80] - high * scale).abs() < 1e-12);
        // Too few for two bins: unweighted.
        assert!(robust(&sample(&[30, 9, 20]), &population, &settings).expect("lawful").iter().all(|w| *w == 1.0));
    }

    #[test]
    fn people_counted_by_cell_weigh_what_each_of_them_does() {
        let settings = Robust::default();
        let counts = [75, 5, 120, 60];
        let one = Population::of_margins(&[vec![25.0, 25.0, 30.0, 20.0]]).expect("lawful");
        let two = Population::joint(vec![2, 2], vec![10.0, 40.0, 30.0, 20.0]).expect("lawful");
        let in_two = |bin: usize| [Some(bin / 2), Some(bin % 2)];
        let people = sample(&counts);
        let of_two: Vec<_> = people.iter().flatten().flatten().map(|bin| in_two(*bin)).collect();
        let each =
            [robust(&people, &one, &settings), robust(&of_two, &two, &settings)].map(|each| each.expect("lawful"));
        let counted = counts.map(|count| count as u64);
        for (each, population) in each.iter().zip([&one, &two]) {
            let by_cell = robust_of_counts(&counted, population, &settings).expect("lawful");
            for (person, place) in [(0, 0), (75, 1), (80, 2), (259, 3)] {
                assert!((each[person] - by_cell[place]).abs() < 1e-12, "{each:?} {by_cell:?}");
            }
        }
        assert_eq!(robust_of_counts(&[0, 0, 0, 0], &one, &settings).expect("lawful"), [1.0; 4]);
        assert!(matches!(robust_of_counts(&[1], &one, &settings), Err(Error::Length { .. })));
    }

    #[test]
    fn raked_weights_meet_the_margins() {
        let population = Population::of_margins(&[vec![0.3, 0.7], vec![0.6, 0.4]]).expect("lawful");
        let mut people = Vec::new();
        for (a, b, count) in [(0, 0, 400), (0, 1, 300), (1, 0, 100), (1, 1, 200)] {
            people.extend(std::iter::repeat_n([Some(a), Some(b)], count));
        }
        let none = Robust { smoothing_people: 0.0, ..Robust::default() };
        let weights = robust(&people, &population, &none).expect("lawful");
        let share = |of: usize| {
            let first = people.iter().zip(&weights).filter(|(bins, _)| bins[of] == Some(0));
            first.map(|(_, weight)| weight).sum::<f64>() / 1000.0
        };
        assert!((share(0) - 0.3).abs() < 1e-6 && (share(1) - 0.6).abs() < 1e-6);
    }

    #[test]
    fn the_unknown_weigh_one_and_the_impossible_is_refused() {
        let population = Population::of_margins(&[vec![50.0, 50.0]]).expect("lawful");
        let weights = naive(&[[None], [Some(0)], [Some(0)], [Some(1)]], &population).expect("lawful");
        assert_eq!((weights[0], weights[1], weights[3]), (1.0, 0.75, 1.5));
        assert_eq!(naive::<[_; 1]>(&[], &population).expect("lawful"), Vec::<f64>::new());
        assert_eq!(robust(&[[None], [None]], &population, &Robust::default()).expect("lawful"), [1.0, 1.0]);
        assert!(matches!(naive(&[[Some(2)]], &population), Err(Error::NoSuchBin { bin: 2, bins: 2 })));
        assert!(matches!(naive(&[[Some(0), Some(0)]], &population), Err(Error::Length { .. })));
        let empty = Population::of_margins(&[vec![0.0, 1.0]]).expect("lawful");
        assert!(matches!(naive(&[[Some(0)]], &empty), Err(Error::NoPopulation)));
        let nan = Robust { smoothing_people: f64::NAN, ..Robust::default() };
        assert!(robust(&[[Some(0)]], &population, &nan).is_err());
    }
}
