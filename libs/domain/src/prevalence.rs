//! A *prevalence* is the share of people (or posts, where a source has no authors) in whom a marker is present.

/// `k` of `n`. Merging two disjoint groups adds both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proportion {
    /// How many have the marker.
    pub k: u64,
    /// How many there are.
    pub n: u64,
}

/// The 0.975 quantile of the standard normal distribution: two-sided 95 %.
pub const Z_95: f64 = 1.959_963_984_540_054;

impl Proportion {
    /// `k / n`; `None` where there is nobody.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.n > 0).then(|| self.k as f64 / self.n as f64)
    }

    /// Wilson's score interval at 95 % (E. B. Wilson, JASA 22, 1927): lower and upper bound, both in `[0, 1]`, holding
    /// the value. `None` where there is nobody.
    #[must_use]
    pub fn wilson(self) -> Option<(f64, f64)> {
        self.wilson_at(Z_95)
    }

    /// Wilson's score interval that reaches `z` standard deviations to each side. `None` where there is nobody.
    #[must_use]
    pub fn wilson_at(self, z: f64) -> Option<(f64, f64)> {
        let p = self.value()?;
        let n = self.n as f64;
        let z2 = z * z;
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        // Rounding may push a bound past the value at 0 and n by one unit in the last place.
        Some(((centre - half).clamp(0.0, p), (centre + half).clamp(p, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::Proportion;

    #[test]
    fn wilson_agrees_with_the_published_example() {
        // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
        let (lower, upper) = Proportion { k: 81, n: 263 }.wilson().expect("n > 0");
        assert!((lower - 0.2553).abs() < 5e-5 && (upper - 0.3662).abs() < 5e-5, "{lower} {upper}");
    }

    #[test]
    fn interval_contains_its_point_and_stays_inside() {
        for n in 1..60 {
            for k in 0..=n {
                let p = Proportion { k, n };
                let (lower, upper) = p.wilson().expect("n > 0");
                let value = p.value().expect("n > 0");
                assert!(0.0 <= lower && lower <= value && value <= upper && upper <= 1.0);
            }
        }
        assert_eq!(Proportion::default().wilson(), None);
    }
}
