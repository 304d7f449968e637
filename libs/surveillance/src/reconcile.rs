//! Coherent sums: forecasts of regions and of all of them together, made to agree.
//!
//! The share of everybody is the regions' shares, each by its part of the denominator: `t = Σ wᵢ bᵢ`. Forecasts made
//! series by series do not say so. *Reconciliation* moves them onto what adds up, each by as much as it is uncertain:
//! minimum trace (Wickramasuriya, Athanasopoulos and Hyndman, *Journal of the American Statistical Association* 114,
//! 2019) with the variances of the forecasts and no covariances, which is weighted least squares:
//!
//! > minimise `(t − t̂)² / σ²ₜ + Σ (bᵢ − b̂ᵢ)² / σ²ᵢ` where `t = Σ wᵢ bᵢ` and `0 ≤ bᵢ ≤ 1`
//!
//! Of one sum the answer can be written down: `bᵢ = b̂ᵢ + λ wᵢ σ²ᵢ` with `λ = (t̂ − Σ wᵢ b̂ᵢ) / (σ²ₜ + Σ wᵢ² σ²ᵢ)`.
//! Who would leave `[0, 1]` stays at its wall, and the others share what is left: walls are part of the question and not
//! cut off from the answer (Wickramasuriya, Turlach and Hyndman, *Statistics and Computing* 30, 2020).
//!
//! It is carried out path by path (Panagiotelis and others, *European Journal of Operational Research* 306, 2023): each
//! path adds up on each of its days, and quantiles, peaks and exceedances are counted over such paths as ever.
//! Quantiles of sums do not add up, and need not: sums of quantiles are no quantiles.
//!
//! Variances are those of each day's own quantiles; nothing is estimated from past misses across series. Parts of the
//! denominator are no forecasts either: each region keeps the mean part of its last [`SHARE_DAYS`] days.

use crate::{
    History,
    joint::Paths,
    series::{day_after, days_between},
};
use jiff::{ToSpan, civil::Date};
use tidemark_domain::forecast::QUANTILE_LEVELS;

/// Days up to the origin, it included, whose mean part of the denominator a region is taken to keep.
pub const SHARE_DAYS: i64 = 28;
/// Regions whose counts differ by more than this share of the whole's do not make it up. Somebody who moves is in two.
pub const APART_MAX: f64 = 0.05;
/// Cases are counts times rounded shares: so far apart they may be by rounding alone.
const ROUNDING_CASES: f64 = 1.0;
/// Variances below it are none: what nobody is uncertain of is not moved.
const LEAST_VARIANCE: f64 = 1e-300;

/// Why regions do not make up the whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Apart {
    /// No day on which they could be compared.
    #[error("there is no day on which it and all of its regions have a value and a total")]
    NeverTogether,
    /// The denominators do not add up.
    #[error(
        "on the {days} days that all have, its regions count {regions} units and it counts {whole}; every region must be \
         there once, those whose place is not known among them, and none that lies within another"
    )]
    Units {
        /// Days that were compared.
        days: u64,
        /// Units of the whole.
        whole: u64,
        /// Units of the regions.
        regions: u64,
    },
    /// The denominators add up and the numerators do not.
    #[error(
        "on the {days} days that all have, its regions have {regions} units with the marker and it has {whole}; values must \
         be shares of their totals, neither weighted nor smoothed"
    )]
    Cases {
        /// Days that were compared.
        days: u64,
        /// Units with the marker in the whole.
        whole: u64,
        /// Units with the marker in the regions.
        regions: u64,
    },
}

/// Whether `regions` make up `whole`: over the days on which all have a value and a total, units and those with the
/// marker add up within [`APART_MAX`].
///
/// # Errors
/// [`Apart`], with the counts.
pub fn add_up(whole: &History, regions: &[&History]) -> Result<(), Apart> {
    let (mut days, mut units, mut cases) = (0, [0.0; 2], [0.0; 2]);
    for offset in 0..whole.values().len() {
        let day = day_after(whole.first(), offset);
        let parts: Option<Vec<(f64, f64)>> = regions.iter().map(|region| counted(region, day)).collect();
        let (Some(all), Some(parts)) = (counted(whole, day), parts) else { continue };
        days += 1;
        units[0] += all.0;
        cases[0] += all.1;
        units[1] += parts.iter().map(|part| part.0).sum::<f64>();
        cases[1] += parts.iter().map(|part| part.1).sum::<f64>();
    }
    if days == 0 {
        return Err(Apart::NeverTogether);
    }
    let are_apart = |sums: [f64; 2], slack: f64| (sums[1] - sums[0]).abs() > APART_MAX * sums[0] + slack;
    let [whole, regions] = units.map(|units| units as u64);
    if are_apart(units, 0.0) {
        return Err(Apart::Units { days, whole, regions });
    }
    let [whole, regions] = cases.map(|cases| cases.round() as u64);
    if are_apart(cases, ROUNDING_CASES) { Err(Apart::Cases { days, whole, regions }) } else { Ok(()) }
}

/// Units of a day and those with the marker; `None` where it has no value or no total.
fn counted(history: &History, day: Date) -> Option<(f64, f64)> {
    let offset = usize::try_from(days_between(history.first(), day)).ok()?;
    let units = history.totals().get(offset).copied().flatten()? as f64;
    let value = history.values().get(offset).copied().flatten()?;
    Some((units, units * value))
}

/// Each region's part of the denominator: 0 or more, 1 together.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares(Vec<f64>);

impl Shares {
    /// Of parts on any scale. `None` where all are 0, or one is negative or no number.
    #[must_use]
    pub fn of(parts: &[f64]) -> Option<Self> {
        let sum: f64 = parts.iter().sum();
        let are_parts = parts.iter().all(|part| *part >= 0.0) && sum > 0.0 && sum.is_finite();
        are_parts.then(|| Self(parts.iter().map(|part| part / sum).collect()))
    }

    /// The mean over the last [`SHARE_DAYS`] days up to `origin`, of those on which all regions have a value and a total.
    /// `None` where there is none.
    #[must_use]
    pub fn trailing(regions: &[&History], origin: Date) -> Option<Self> {
        let mut means = vec![0.0; regions.len()];
        for back in 0..SHARE_DAYS {
            let day = origin.saturating_sub(back.days());
            let units: Option<Vec<f64>> = regions.iter().map(|region| Some(counted(region, day)?.0)).collect();
            let Some(shares) = units.and_then(|units| Self::of(&units)) else { continue };
            means.iter_mut().zip(&shares.0).for_each(|(mean, share)| *mean += share);
        }
        Self::of(&means)
    }

    /// In the order of the regions.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// The whole's value where the regions have these.
    #[must_use]
    pub fn sum(&self, regions: &[f64]) -> f64 {
        self.0.iter().zip(regions).map(|(share, value)| share * value).sum::<f64>().clamp(0.0, 1.0)
    }
}

/// How a forecast of the whole and those of its regions are moved onto what adds up.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciliation {
    shares: Shares,
    days: Vec<Variances>,
}

/// How uncertain the base forecasts of a day are.
#[derive(Debug, Clone, PartialEq)]
struct Variances {
    whole: f64,
    regions: Vec<f64>,
}

impl Reconciliation {
    /// By base forecasts at [`QUANTILE_LEVELS`], a row a day ahead: that of the whole, and those of its regions in the order
    /// of `shares`. Days that not all of them have are left out.
    #[must_use]
    pub fn of(shares: &Shares, whole: &[[f64; 23]], regions: &[&[[f64; 23]]]) -> Self {
        let horizon = regions.iter().map(|days| days.len()).fold(whole.len(), usize::min);
        let variances = |day: usize| Variances {
            whole: variance(&whole[day]),
            regions: regions.iter().map(|days| variance(&days[day])).collect(),
        };
        Self { shares: shares.clone(), days: (0..horizon).map(variances).collect() }
    }

    /// Paths that add up, of the whole and of its regions, from paths of the base forecasts: number by number, as each is
    /// one course of all of them. Numbers and days that not all have are left out. Values stay in `[0, 1]`.
    #[must_use]
    pub fn paths(&self, whole: &Paths, regions: &[Paths]) -> (Paths, Vec<Paths>) {
        let count = regions.iter().map(Paths::count).fold(whole.count(), usize::min);
        let horizon = regions.iter().map(Paths::horizon).fold(whole.horizon().min(self.days.len()), usize::min);
        let rows = |paths: &Paths| paths.iter().take(count).map(|path| path[..horizon].to_vec()).collect::<Vec<_>>();
        let mut sums = rows(whole);
        let mut parts: Vec<Vec<Vec<f64>>> = regions.iter().map(rows).collect();
        let mut values = vec![0.0; parts.len()];
        for (path, sums) in sums.iter_mut().enumerate() {
            for (day, (sum, variances)) in sums.iter_mut().zip(&self.days).enumerate() {
                values.iter_mut().zip(&parts).for_each(|(value, part)| *value = part[path][day]);
                *sum = onto_sum(&self.shares, variances, *sum, &mut values);
                parts.iter_mut().zip(&values).for_each(|(part, value)| part[path][day] = *value);
            }
        }
        (Paths::of_rows(&sums), parts.iter().map(|rows| Paths::of_rows(rows)).collect())
    }
}

/// Moves the values of regions to where they and their sum lie nearest to what was forecast, and gives that sum.
fn onto_sum(shares: &Shares, variances: &Variances, whole: f64, regions: &mut [f64]) -> f64 {
    let wall = if whole > shares.sum(regions) { 1.0 } else { 0.0 };
    // A region at the wall that all are moved towards stays there. Each round puts one there, or is the last.
    loop {
        let weights = || shares.0.iter().zip(&variances.regions);
        let free = weights().zip(&*regions).filter(|(_, value)| **value != wall);
        let uncertain = variances.whole + free.map(|((share, variance), _)| share * share * variance).sum::<f64>();
        if uncertain < LEAST_VARIANCE {
            break;
        }
        let step = (whole - shares.sum(regions)) / uncertain;
        let mut has_hit = false;
        let mut moved = regions.to_vec();
        for ((share, variance), value) in weights().zip(&mut moved).filter(|(_, value)| **value != wall) {
            *value += step * share * variance;
            has_hit |= is_beyond(*value, wall);
        }
        if !has_hit {
            regions.iter_mut().zip(moved).for_each(|(value, moved)| *value = moved.clamp(0.0, 1.0));
            break;
        }
        for (value, _) in regions.iter_mut().zip(&moved).filter(|(_, moved)| is_beyond(**moved, wall)) {
            *value = wall;
        }
    }
    shares.sum(regions)
}

fn is_beyond(value: f64, wall: f64) -> bool {
    if wall > 0.5 { value > wall } else { value < wall }
}

/// The variance of a day's forecast: even between neighbouring quantiles, and nothing beyond the outermost.
fn variance(quantiles: &[f64; 23]) -> f64 {
    let last = QUANTILE_LEVELS.len() - 1;
    // Measured from the median, so that little is taken from little.
    let from_median = quantiles.map(|quantile| quantile - quantiles[last / 2]);
    let (low, high) = (from_median[0], from_median[last]);
    let (below, above) = (QUANTILE_LEVELS[0], 1.0 - QUANTILE_LEVELS[last]);
    let (mut mean, mut square) = (below * low + above * high, below * low * low + above * high * high);
    for (levels, ends) in QUANTILE_LEVELS.windows(2).zip(from_median.windows(2)) {
        let (probability, one, other) = (levels[1] - levels[0], ends[0], ends[1]);
        mean += probability * (one + other) / 2.0;
        square += probability * (one * one + one * other + other * other) / 3.0;
    }
    (square - mean * mean).max(0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Shares, Variances, onto_sum, variance};
    use tidemark_domain::forecast::QUANTILE_LEVELS;

    #[test]
    fn a_spread_is_read_from_quantiles() {
        // Uniform from 0 to 1: a twelfth, less what the outermost hundredths hold.
        assert!((variance(&QUANTILE_LEVELS) - 1.0 / 12.0).abs() < 1e-3);
        assert_eq!(variance(&[0.3; 23]), 0.0);
        let wide = variance(&QUANTILE_LEVELS.map(|level| 0.4 + 0.02 * (level - 0.5)));
        let narrow = variance(&QUANTILE_LEVELS.map(|level| 0.4 + 0.01 * (level - 0.5)));
        assert!((wide / narrow - 4.0).abs() < 1e-6);
    }

    /// The example of docs/forecasting.md.
    #[test]
    fn each_is_moved_by_as_much_as_it_is_uncertain() {
        let shares = Shares::of(&[60.0, 40.0]).unwrap();
        let variances = Variances { whole: 0.01_f64.powi(2), regions: vec![0.02_f64.powi(2), 0.03_f64.powi(2)] };
        let mut regions = [0.28, 0.26];
        let whole = onto_sum(&shares, &variances, 0.3, &mut regions);
        let expected = [(whole, 0.292_783_5), (regions[0], 0.297_319_6), (regions[1], 0.285_979_4)];
        assert!(expected.iter().all(|(found, expected)| (found - expected).abs() < 1e-7), "{expected:?}");
    }

    #[test]
    fn who_would_leave_the_unit_interval_stays_at_its_wall_and_the_others_take_the_rest() {
        let shares = Shares::of(&[1.0, 1.0]).unwrap();
        // The whole is certain, so that the regions move until they sum to it.
        let variances = Variances { whole: 0.0, regions: vec![0.04, 0.01] };
        let mut regions = [0.9, 0.5];
        assert!((onto_sum(&shares, &variances, 0.95, &mut regions) - 0.95).abs() < 1e-12);
        assert!(regions[0] == 1.0 && (regions[1] - 0.9).abs() < 1e-12, "{regions:?}");
        let mut regions = [0.1, 0.5];
        assert!((onto_sum(&shares, &variances, 0.05, &mut regions) - 0.05).abs() < 1e-12);
        assert!(regions[0] == 0.0 && (regions[1] - 0.1).abs() < 1e-12, "{regions:?}");
        // Nobody is uncertain: the regions are believed.
        let certain = Variances { whole: 0.0, regions: vec![0.0, 0.0] };
        let mut regions = [0.1, 0.5];
        assert!((onto_sum(&shares, &certain, 0.9, &mut regions) - 0.3).abs() < 1e-12);
        assert_eq!(regions, [0.1, 0.5]);
    }
}
