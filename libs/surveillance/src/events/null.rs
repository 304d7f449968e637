//! What a difference is held against: the same difference where there is nothing to be found.
//!
//! A p-value by comparison is the rank of what was found among the comparisons, itself counted in: `(1 + #>=) / (1 +
//! N)` (Dwass 1957, *Annals of Mathematical Statistics* 28; Phipson and Smyth 2010, *Statistical Applications in
//! Genetics and Molecular Biology* 9). That holds for N comparisons that could as well be in each other's place.
//! Windows that begin one day after another overlap, and one unusual week makes many of them large at once: a rank
//! among 300 of them would claim 1 in 301 where it has seen twenty weeks. So all of them say how *large* comparisons
//! are, and those that lie *apart* how many they count for: with a share `f` of all comparisons at least as large, and
//! `m` of them apart, `p = (1 + m f) / (1 + m)`. Where all lie apart that is the formula above.

/// The fewest comparisons apart from each other that anything is held against: with 19, the largest of 20 has p = 0.05.
pub const LEAST_APART: usize = 19;
/// One in so many intervals misses: they are at 95 %.
const ONE_IN: usize = 20;

/// Sizes of a difference where there is nothing to be found.
#[derive(Debug, Clone)]
pub(super) struct Null {
    /// Falling.
    sizes: Vec<f64>,
    apart: usize,
}

impl Null {
    /// `None` where fewer than [`LEAST_APART`] lie apart.
    pub(super) fn new(mut sizes: Vec<f64>, apart: usize) -> Option<Self> {
        if apart < LEAST_APART || sizes.len() < apart {
            return None;
        }
        sizes.sort_by(|one, other| other.total_cmp(one));
        Some(Self { sizes, apart })
    }

    /// The p-value of a difference of this size, in whichever direction.
    pub(super) fn p_value(&self, size: f64) -> f64 {
        let as_large = self.sizes.partition_point(|one| *one >= size) as f64;
        let apart = self.apart as f64;
        (1.0 + apart * as_large / self.sizes.len() as f64) / (1.0 + apart)
    }

    /// Half the width of the 95 % interval: a difference is larger than it exactly where its p-value is at most 0.05,
    /// so that an interval around what was found holds every effect that the comparisons do not exclude.
    pub(super) fn half_width(&self) -> f64 {
        // p <= 1/20 means m f <= (m - 19) / 20: so many of the largest may be as large.
        let excluded = self.sizes.len() * (self.apart + 1 - ONE_IN) / (ONE_IN * self.apart);
        self.sizes[excluded]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{LEAST_APART, Null};

    #[test]
    fn apart_comparisons_have_the_usual_rank() {
        let null = Null::new((1..=19).map(f64::from).collect(), 19).unwrap();
        for (size, as_large) in [(20.0, 0.0), (19.0, 1.0), (18.5, 1.0), (10.0, 10.0), (0.0, 19.0)] {
            assert!((null.p_value(size) - (1.0 + as_large) / 20.0).abs() < 1e-12, "{size}");
        }
        assert_eq!(null.half_width(), 19.0);
    }

    #[test]
    fn overlapping_ones_count_for_no_more_than_lie_apart() {
        let null = Null::new((1..=400).map(f64::from).collect(), 19).unwrap();
        assert!((null.p_value(1e9) - 0.05).abs() < 1e-12, "{}", null.p_value(1e9));
        assert!((null.p_value(200.5) - (1.0 + 9.5) / 20.0).abs() < 1e-12);
        assert!(Null::new(vec![1.0; 400], LEAST_APART - 1).is_none() && Null::new(vec![1.0; 3], 19).is_none());
    }

    #[test]
    fn an_interval_leaves_out_zero_where_p_is_at_most_a_twentieth() {
        for apart in [19, 20, 38, 39, 57, 120] {
            for count in [apart, apart + 7, 5 * apart] {
                let null = Null::new((0..count).map(|size| size as f64).collect(), apart).unwrap();
                for size in 0..=count {
                    let size = size as f64;
                    let is_excluded = size > null.half_width();
                    assert_eq!(is_excluded, null.p_value(size) <= 0.05 + 1e-12, "{apart} {count} {size}");
                }
            }
        }
    }
}
