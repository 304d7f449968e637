//! Bins of a trait, and how they are widened until each holds enough people.
//!
//! *Adaptive binning* is one step of robust post-stratification (S. Giorgi and others, ICWSM 2022, arXiv 1911.03855):
//! while any bin holds fewer people than the least, the emptiest is merged with the emptier of its neighbours. A share
//! of the population divided by a share of next to nobody is a weight nobody should carry.

use super::Error;

/// The least number of people in a bin: that of the example run in the authors' published program.
pub const LEAST_PER_BIN: f64 = 50.0;

/// The bin that holds `value`: bin `i` runs from edge `i` to below edge `i + 1`, and the last one holds its end too.
/// `None` outside, and for what is no number: the trait is not known then.
#[must_use]
pub fn bin_of(edges: &[f64], value: f64) -> Option<usize> {
    let (first, last) = (edges.first()?, edges.last()?);
    if !(*first..=*last).contains(&value) {
        return None;
    }
    let above = edges.partition_point(|edge| *edge <= value);
    above.min(edges.len() - 1).checked_sub(1)
}

/// Refuses edges that bound no bins.
pub(super) fn check_edges(edges: &[f64]) -> Result<(), Error> {
    if edges.len() < 2 {
        return Err(Error::Edges { index: edges.len() });
    }
    let rises = |index: &usize| *index == 0 || edges[*index - 1] < edges[*index];
    match (0..edges.len()).find(|index| !edges[*index].is_finite() || !rises(index)) {
        Some(index) => Err(Error::Edges { index }),
        None => Ok(()),
    }
}

/// Which wide bin each narrow one becomes part of, counted from 0 and rising, so that each wide bin holds at least
/// `least` people; a single bin where there are fewer altogether. Neighbours should be alike: bins of an ordered trait
/// stand in its order. Ties go to the first bin, and to the neighbour above.
#[must_use]
pub fn adaptive(people: &[f64], least: f64) -> Vec<usize> {
    // Wide bins as (number of narrow ones, people).
    let mut wide: Vec<(usize, f64)> = people.iter().map(|count| (1, *count)).collect();
    while wide.len() > 1 {
        let emptiest =
            (0..wide.len()).fold(0, |least, index| if wide[index].1 < wide[least].1 { index } else { least });
        if wide[emptiest].1 >= least {
            break;
        }
        let below = emptiest.checked_sub(1);
        let above = Some(emptiest + 1).filter(|index| *index < wide.len());
        let lower = match (below, above) {
            (Some(below), Some(above)) if wide[below].1 < wide[above].1 => below,
            (Some(below), None) => below,
            _ => emptiest,
        };
        let (narrow, count) = wide.remove(lower + 1);
        wide[lower] = (wide[lower].0 + narrow, wide[lower].1 + count);
    }
    wide.iter().enumerate().flat_map(|(index, (narrow, _))| std::iter::repeat_n(index, *narrow)).collect()
}

#[cfg(test)]
mod tests {
    use super::{adaptive, bin_of, check_edges};

    #[test]
    fn the_emptiest_joins_its_emptier_neighbour() {
        assert_eq!(adaptive(&[100.0, 10.0, 60.0, 200.0], 50.0), [0, 1, 1, 2]);
        assert_eq!(adaptive(&[3.0, 100.0, 4.0], 50.0), [0, 0, 0]);
        assert_eq!(adaptive(&[60.0, 20.0, 20.0, 20.0], 50.0), [0, 1, 1, 1]);
        assert_eq!(adaptive(&[1.0, 1.0], 50.0), [0, 0]);
        assert_eq!(adaptive(&[0.0, 0.0, 0.0], 0.0), [0, 1, 2]);
        assert!(adaptive(&[], 50.0).is_empty());
    }

    #[test]
    fn edges_belong_to_the_bin_above() {
        let edges = [13.0, 20.0, 25.0, 100.0];
        let bins = [12.9, 13.0, 19.9, 20.0, 25.0, 100.0, 100.1, f64::NAN].map(|value| bin_of(&edges, value));
        assert_eq!(bins, [None, Some(0), Some(0), Some(1), Some(2), Some(2), None, None]);
        assert_eq!((bin_of(&[], 1.0), bin_of(&[1.0], 1.0)), (None, None));
        assert!(check_edges(&edges).is_ok() && check_edges(&[1.0]).is_err());
        assert!(check_edges(&[1.0, 1.0]).is_err() && check_edges(&[1.0, f64::NAN]).is_err());
    }
}
