//! Places together, each with the weight of those who live there.
//!
//! The share of people in a country is not that of those who post there where one region posts more than another. People
//! get the robust weight of their place ([`super::poststratification`]), whose one trait is the place; who is in none of
//! the table's places has the mean weight.
//!
//! Given are cells that may be shown. People of a place that shows nothing count with those of whom no place is known, so
//! that the answer follows from what is published anyhow, and nothing can be told from it by taking away what is shown.

use super::{
    Error, Estimate,
    population::Population,
    poststratification::{Robust, robust_of_counts},
    weighted::{Group, weighted_groups},
};
use tidemark_domain::Proportion;

/// The weighted prevalence of all places together. `places` are the bins of the population's one trait, `None` where a
/// place shows nothing. An author of two places is in both, as in their own cells. `None` where no place shows anything.
///
/// # Errors
/// [`Error::Length`] where there are not as many places as in the table, [`Error::MoreThanAll`] for a cell that
/// contradicts itself, [`Error::NoPopulation`] where nobody lives in any place that shows something.
pub fn of_places(
    all: Proportion,
    places: &[Option<Proportion>],
    population: &Population,
) -> Result<Option<Estimate>, Error> {
    let people: Vec<u64> = places.iter().map(|place| place.map_or(0, |cell| cell.n)).collect();
    let weights = robust_of_counts(&people, population, &Robust::default())?;
    let known: u64 = people.iter().sum();
    if known == 0 {
        return Ok(None);
    }
    let shown: u64 = places.iter().flatten().map(|cell| cell.k).sum();
    let n = all.n.saturating_sub(known);
    let elsewhere = Proportion { k: all.k.saturating_sub(shown).min(n), n };
    let in_places = places.iter().zip(weights).filter_map(|(cell, weight)| Some(Group { people: (*cell)?, weight }));
    let groups: Vec<Group> = in_places.chain([Group { people: elsewhere, weight: 1.0 }]).collect();
    Ok(weighted_groups(&groups)?.map(|both| both.weighted))
}

#[cfg(test)]
mod tests {
    use super::of_places;
    use crate::prevalence::{Error, population::Population};
    use tidemark_domain::Proportion;

    const fn cell(k: u64, n: u64) -> Option<Proportion> {
        Some(Proportion { k, n })
    }

    fn even(places: usize) -> Population {
        Population::of_margins(&[vec![1000.0; places]]).expect("lawful")
    }

    #[test]
    fn a_place_counts_by_who_lives_there() {
        let all = Proportion { k: 39, n: 210 };
        let weighted = of_places(all, &[cell(15, 150), cell(24, 60)], &even(2)).expect("lawful").expect("somebody");
        // Half of the people live in each; ten of them are added to each half of the sample's 210.
        let (one, other) = (0.5 / (155.0 / 220.0), 0.5 / (65.0 / 220.0));
        let expected = (15.0 * one + 24.0 * other) / (150.0 * one + 60.0 * other);
        assert!((weighted.value - expected).abs() < 1e-12 && weighted.value > 39.0 / 210.0, "{weighted:?}");
        assert!(weighted.effective_n < 210.0 && weighted.lower < weighted.value && weighted.value < weighted.upper);
    }

    #[test]
    fn people_of_places_that_show_nothing_are_told_apart_by_nothing() {
        let places = [cell(15, 150), cell(24, 60), None, None];
        let shown = of_places(Proportion { k: 39, n: 210 }, &places, &even(4)).expect("lawful").expect("somebody");
        // The second place stands for the two beside it, in which nobody is seen.
        assert!(shown.value > 0.3, "{shown:?}");
        // Six and seven people in those two: how many of which place show the marker cannot be seen.
        let all = of_places(Proportion { k: 43, n: 223 }, &places, &even(4)).expect("lawful").expect("somebody");
        assert!((all.value - (210.0 * shown.value + 4.0) / 223.0).abs() < 1e-12, "{all:?}");
        assert_eq!(of_places(Proportion { k: 1, n: 12 }, &[None, None], &even(2)), Ok(None));
    }

    #[test]
    fn the_same_share_everywhere_stays_and_faults_are_refused() {
        let places = [cell(30, 300), cell(6, 60)];
        let same = of_places(Proportion { k: 36, n: 360 }, &places, &even(2)).expect("lawful").expect("somebody");
        assert!((same.value - 0.1).abs() < 1e-12);
        // People of two places are in both cells, and once in all.
        assert!(of_places(Proportion { k: 30, n: 340 }, &places, &even(2)).expect("lawful").is_some());
        let all = Proportion { k: 1, n: 12 };
        assert!(matches!(of_places(all, &[cell(1, 12)], &even(2)), Err(Error::Length { .. })));
        assert!(matches!(of_places(all, &[cell(13, 12)], &even(1)), Err(Error::MoreThanAll { .. })));
    }
}
