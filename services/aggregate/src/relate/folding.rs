//! Parts of a whole that stand on units, and how those of few units are told together.

use std::collections::BTreeMap;
use tidemark_domain::disclosure::MIN_UNITS;

/// The part that is made of those too small to be shown.
pub const OTHER: &str = "(other)";

/// A set of units, one bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Units(Vec<u64>);

impl Units {
    pub(super) fn insert(&mut self, unit: usize) {
        let word = unit / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (unit % 64);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Those in both. A set ends with its last unit: what the shorter one lacks is in neither.
    pub(super) fn common(&self, other: &Self) -> u64 {
        self.0.iter().zip(&other.0).map(|(one, other)| u64::from((one & other).count_ones())).sum()
    }

    /// Takes in those of another set.
    pub(super) fn unite(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(one, other)| *one |= other);
    }
}

/// What stands on units, and can be told together with another of its kind.
pub(super) trait Part {
    /// How many units stand behind it.
    fn units(&self) -> u64;
    /// Takes the other in.
    fn join(&mut self, other: &Self);
}

/// Units of which each is in one part.
impl Part for u64 {
    fn units(&self) -> u64 {
        *self
    }

    fn join(&mut self, other: &Self) {
        *self += other;
    }
}

/// Parts of 1 to 10 become one, [`OTHER`], which the smallest of the others join until it has eleven, and could not be told
/// from the rest. `None` where there are not that many.
pub(super) fn folded<P: Part>(parts: BTreeMap<&str, P>) -> Option<Vec<(&str, P)>> {
    let is_few = |part: &P| (1..MIN_UNITS).contains(&part.units());
    let (few, mut rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(_, part)| is_few(part));
    let mut few = few.into_iter().map(|(_, part)| part);
    let Some(mut other) = few.next() else {
        return rest.iter().any(|(_, part)| part.units() > 0).then_some(rest);
    };
    few.for_each(|part| other.join(&part));
    while other.units() < MIN_UNITS {
        let inhabited = rest.iter().enumerate().filter(|(_, (_, part))| part.units() > 0);
        let (place, _) = inhabited.min_by_key(|(_, (_, part))| part.units())?;
        other.join(&rest.remove(place).1);
    }
    rest.push((OTHER, other));
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::{OTHER, Units, folded};

    #[test]
    fn no_part_can_be_told_from_the_others() {
        let of = |counts: &[(&'static str, u64)]| folded(counts.iter().copied().collect());
        assert_eq!(of(&[("a", 20), ("b", 0), ("c", 11)]), Some(vec![("a", 20), ("b", 0), ("c", 11)]));
        assert_eq!(of(&[("a", 20), ("b", 6), ("c", 5)]), Some(vec![("a", 20), (OTHER, 11)]));
        assert_eq!(of(&[("a", 20), ("b", 15), ("c", 1)]), Some(vec![("a", 20), (OTHER, 16)]));
        assert_eq!(of(&[("a", 20), ("b", 0), ("c", 1)]), Some(vec![("b", 0), (OTHER, 21)]));
        assert_eq!((of(&[("a", 9), ("b", 1)]), of(&[("a", 0)]), of(&[])), (None, None, None));
    }

    #[test]
    fn sets_of_different_length_have_what_is_in_both() {
        let (mut one, mut other) = (Units::default(), Units::default());
        for unit in [0, 63, 64, 200] {
            one.insert(unit);
        }
        other.insert(64);
        assert_eq!((one.count(), one.common(&other), other.common(&one)), (4, 1, 1));
        other.insert(1);
        other.unite(&one);
        assert_eq!((other.count(), other.common(&one)), (5, 4));
    }
}
