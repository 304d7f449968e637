//! A *prevalence* is the share of people (or posts, where a source has no authors) in whom a marker is present.

use serde::{Deserialize, Serialize};

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
        self.value().map(|value| wilson_score(value, self.n as f64, z))
    }
}

/// Wilson's score interval around `p` seen in `n` units, `z` standard deviations to each side. `n > 0` need not be
/// whole: weights and clusters leave an *effective* number of units (N. Dean and M. Pagano, *Journal of Survey
/// Statistics and Methodology* 3, 2015).
#[must_use]
pub fn wilson_score(p: f64, n: f64, z: f64) -> (f64, f64) {
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // Rounding may push a bound past the value at 0 and n by one unit in the last place.
    ((centre - half).clamp(0.0, p), (centre + half).clamp(p, 1.0))
}

/// How far a prevalence of so many people can be relied on, by what was reported for county-weeks of depression and
/// anxiety measured in a billion posts (S. Mangalik and others, *npj Digital Medicine* 7, 2024). It speaks of the number,
/// and not of whether the marker measures what it is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reliability {
    /// Fewer than [`Reliability::MODERATE_AUTHORS`] people: below 0.8.
    Low,
    /// At least [`Reliability::MODERATE_AUTHORS`] people: 0.8.
    Moderate,
    /// At least [`Reliability::HIGH_AUTHORS`] people: 0.9.
    High,
}

impl Reliability {
    /// From so many people on, a prevalence is moderately reliable.
    pub const MODERATE_AUTHORS: u64 = 50;
    /// From so many people on, a prevalence is highly reliable.
    pub const HIGH_AUTHORS: u64 = 200;

    /// The reliability of a prevalence that stands on `authors` people.
    #[must_use]
    pub const fn of(authors: u64) -> Self {
        match authors {
            Self::HIGH_AUTHORS.. => Self::High,
            Self::MODERATE_AUTHORS.. => Self::Moderate,
            _ => Self::Low,
        }
    }

    /// The reliability reported for so many people; `None` for [`Reliability::Low`], where none is known.
    #[must_use]
    pub const fn coefficient(self) -> Option<f64> {
        match self {
            Self::Low => None,
            Self::Moderate => Some(0.8),
            Self::High => Some(0.9),
        }
    }

    /// The word used in tables: `low`, `moderate`, `high`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Proportion, Reliability, wilson_score};

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

    #[test]
    fn fewer_effective_units_give_a_wider_interval() {
        let (all, some) = (wilson_score(0.3, 200.0, 1.96), wilson_score(0.3, 137.5, 1.96));
        assert!(some.0 < all.0 && some.1 > all.1);
    }

    #[test]
    fn fifty_people_are_moderate_and_two_hundred_high() {
        let codes = [49, 50, 199, 200].map(|authors| Reliability::of(authors).code());
        assert_eq!(codes, ["low", "moderate", "moderate", "high"]);
        assert_eq!(Reliability::of(0).coefficient(), None);
        assert!(Reliability::Low < Reliability::High);
    }
}
