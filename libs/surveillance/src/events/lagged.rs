//! Two series, one some days after the other: correlations at lags.
//!
//! What is correlated is what is new each day in the two series (their innovations: prewhitening, each by a model of
//! its own), over the days that both span. At a lag of `l` days a day of the *leading* series is paired with the day
//! `l` days later of the *following* one; a negative lag means that the roles are the other way round. For each lag:
//!
//! - Pearson's correlation with a 95 % interval by Fisher's z, whose variance is that of fewer pairs where both still
//!   depend on their past: `n / (1 + 2 sum (1 - k/n) r_x(k) r_y(k))` (M. S. Bartlett, *JRSS Supplement* 8, 1946), over
//!   the lags `k` of four weeks, and never more than the pairs there are. One interval speaks of one lag;
//! - Spearman's, of ranks, which one odd day does not move.
//!
//! The *best* lag has the largest `|r| sqrt(pairs)`, as a correlation of fewer pairs scatters more. Among many lags one
//! is always best, so its p-value compares that largest number with the largest among as many neighbouring lags where
//! there is nothing to be found: of the two series shifted against each other in a circle by more than lags reach (the
//! toroidal shift of Lotwick and Silverman, *JRSS B* 44, 1982, in one dimension; the maximum over tests: Westfall and
//! Young, *Resampling-Based Multiple Testing*, 1993). All such shifts are taken, so that nothing is drawn, and
//! [`null`](super::null) says how many of them they count for.
//!
//! Weekdays, trend and autoregression are read from all days: this looks back, and is no forecast.

use super::null::{LEAST_APART, Null};
use super::whiten::Innovations;
use crate::scale::LogitScale;
use crate::series::{day_after, days_between};
use crate::{History, Truth};
use jiff::civil::Date;

/// Lags looked at in both directions where nothing else is asked, in days.
pub const DEFAULT_MAX_LAG_DAYS: u16 = 7;
/// The farthest lag, in days.
pub const MOST_LAG_DAYS: u16 = 90;
/// The fewest pairs of days that are correlated.
pub const LEAST_PAIRS: usize = 30;
/// Lags over which dependence on the past is added up, in days.
const MEMORY_DAYS: usize = 28;
/// The 0.975 quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// A variance below this share of the mean square is rounding.
const LEAST_VARIATION: f64 = 1e-12;

/// A daily series on the scale on which it is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Daily {
    first: Date,
    values: Vec<Option<f64>>,
}

impl Daily {
    /// Shares, on the logit scale.
    #[must_use]
    pub fn of_shares(history: &History) -> Self {
        let scale = LogitScale::of(history);
        let values = history.values().iter().map(|value| value.map(|share| scale.forward(share))).collect();
        Self { first: history.first(), values }
    }

    /// Something else than shares: searches, calls, degrees. Where no value is negative it is taken on the log scale,
    /// on which doubling is doubling, and 0 as half of the smallest other value; else as it stands. Where no value
    /// lies outside `[0, 1]`, these are [shares](Daily::of_shares).
    #[must_use]
    pub fn of_measure(measure: &Truth) -> Self {
        let (first, values) = (measure.first(), measure.values());
        if let Ok(shares) = History::new(first, values.to_vec()) {
            return Self::of_shares(&shares);
        }
        let is_amount = values.iter().flatten().all(|value| *value >= 0.0);
        let least = values.iter().flatten().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        let on_scale = |value: f64| if is_amount { value.max(least / 2.0).ln() } else { value };
        Self { first, values: values.iter().map(|value| value.map(on_scale)).collect() }
    }

    /// The day after its last.
    fn end(&self) -> Date {
        day_after(self.first, self.values.len())
    }

    /// So many days from one of its days on.
    fn part(&self, from: Date, days: usize) -> &[Option<f64>] {
        let start = usize::try_from(days_between(self.first, from)).unwrap_or(usize::MAX);
        self.values.get(start..start.saturating_add(days)).unwrap_or_default()
    }
}

/// Two series at one lag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// Days by which the following series lags the leading one.
    pub days: i64,
    /// Pairs of days.
    pub pairs: usize,
    /// Pearson's correlation.
    pub pearson: f64,
    /// Its 95 % interval, of this lag alone.
    pub interval: (f64, f64),
    /// How many independent pairs the pairs count for.
    pub effective_pairs: f64,
    /// Spearman's correlation.
    pub spearman: f64,
}

/// Two series at all lags.
#[derive(Debug, Clone, PartialEq)]
pub struct Lagged {
    /// By rising days; a lag with fewer than [`LEAST_PAIRS`] pairs is left out.
    pub lags: Vec<Lag>,
    /// The place in `lags` of the best.
    pub best: usize,
    /// How often the best of as many lags is as good where there is nothing to be found; `None` where too few shifts
    /// lie apart to say.
    pub p_value: Option<f64>,
    /// How many shifts lie apart: what all of them count for.
    pub shifts_apart: usize,
    /// The autoregressions that were taken out, of the leading and of the following series.
    pub phi: (f64, f64),
}

impl Lagged {
    /// Why there is no p-value, where there is none.
    #[must_use]
    pub fn silence(&self) -> Option<String> {
        self.p_value.is_none().then(|| {
            format!(
                "{} shifts lie apart, and {LEAST_APART} are needed for a p-value: longer series, or fewer lags",
                self.shifts_apart
            )
        })
    }
}

/// Why two series are not correlated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCorrelated {
    /// They have too few days in common.
    #[error("at no lag do {least} pairs of days have values, each with a value on the day before", least = LEAST_PAIRS)]
    FewPairs,
    /// One of them does not vary.
    #[error("{0} is constant but for weekdays and a linear trend")]
    Constant(Side),
}

impl NotCorrelated {
    /// The word used in tables: `few_pairs`, `constant`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::FewPairs => "few_pairs",
            Self::Constant(_) => "constant",
        }
    }
}

/// One of the two series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The leading one.
    Leading,
    /// The following one.
    Following,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Leading => "the leading series",
            Self::Following => "the following series",
        })
    }
}

/// Correlates two series at the lags `-max_lag` to `max_lag`, in days. The cost is the square of the days in common.
///
/// # Errors
/// [`NotCorrelated`] where they have too few days in common, or one of them does not vary.
pub fn lagged(leading: &Daily, following: &Daily, max_lag: usize) -> Result<Lagged, NotCorrelated> {
    let (first, end) = (leading.first.max(following.first), leading.end().min(following.end()));
    let days = usize::try_from(days_between(first, end)).unwrap_or(0);
    let (x, y) = (leading.part(first, days), following.part(first, days));
    // What is new on a day can be told where the day before has a value.
    let is_known = |pair: &&[Option<f64>]| pair.iter().all(Option::is_some);
    if [x, y].iter().any(|values| values.windows(2).filter(is_known).count() < LEAST_PAIRS) {
        return Err(NotCorrelated::FewPairs);
    }
    let weekday = usize::from(first.weekday().to_monday_zero_offset().unsigned_abs());
    let x = Innovations::of(weekday, x).ok_or(NotCorrelated::Constant(Side::Leading))?;
    let y = Innovations::of(weekday, y).ok_or(NotCorrelated::Constant(Side::Following))?;
    let memory = (x.autocorrelations(MEMORY_DAYS), y.autocorrelations(MEMORY_DAYS));
    let reach = max_lag as i64;
    let lags: Vec<Lag> = (-reach..=reach).filter_map(|days| Lag::of(&x, &y, days, &memory)).collect();
    let sizes = lags.iter().map(|lag| size(lag.pearson, lag.pairs)).enumerate();
    let (best, size) = sizes.max_by(|one, other| one.1.total_cmp(&other.1)).ok_or(NotCorrelated::FewPairs)?;
    let shifted = shifted_sizes(&x.values, &y.values, max_lag, lags.len());
    let shifts_apart = shifted.len() / (2 * max_lag + 1);
    let p_value = Null::new(shifted, shifts_apart).map(|null| null.p_value(size));
    Ok(Lagged { lags, best, p_value, shifts_apart, phi: (x.phi, y.phi) })
}

/// How far a correlation is from nothing, beside how far chance takes one of so many pairs.
fn size(correlation: f64, pairs: usize) -> f64 {
    correlation.abs() * (pairs as f64).sqrt()
}

impl Lag {
    /// `None` where too few pairs have values, or those do not vary.
    fn of(x: &Innovations, y: &Innovations, days: i64, memory: &(Vec<f64>, Vec<f64>)) -> Option<Self> {
        let by = usize::try_from(days.unsigned_abs()).ok()?;
        let (x, y) = if days < 0 { (x.values.get(by..)?, &y.values[..]) } else { (&x.values[..], y.values.get(by..)?) };
        let pairs: Vec<(f64, f64)> = both(x.iter().zip(y)).collect();
        let (pearson, n) = correlation(pairs.iter().copied()).filter(|(_, n)| *n >= LEAST_PAIRS)?;
        let (ranks_x, ranks_y) = (ranks(pairs.iter().map(|pair| pair.0)), ranks(pairs.iter().map(|pair| pair.1)));
        let (spearman, _) = correlation(ranks_x.into_iter().zip(ranks_y))?;
        let effective_pairs = effective(n as f64, memory);
        let half = Z / (effective_pairs - 3.0).sqrt();
        // A correlation of 1 is infinite here, and its interval a point.
        let z = pearson.atanh();
        let interval = ((z - half).tanh(), (z + half).tanh());
        Some(Self { days, pairs: n, pearson, interval, effective_pairs, spearman })
    }
}

/// Bartlett's number of independent pairs; 4 at least, from which Fisher's z has a variance.
fn effective(n: f64, (of_x, of_y): &(Vec<f64>, Vec<f64>)) -> f64 {
    let shared = of_x.iter().zip(of_y).zip(1_u32..);
    let sum: f64 = shared.map(|((x, y), k)| (1.0 - f64::from(k) / n).max(0.0) * x * y).sum();
    (n / (1.0 + 2.0 * sum).max(1.0)).max(4.0)
}

/// The largest [`size`] among as many neighbouring lags as were asked for, for each circular shift of `y` beyond them.
/// A shift and a lag add up, so that lags of shifted series are neighbours among all circular lags. A shift at which
/// fewer than `least` of them have enough pairs is none: the largest of fewer is smaller, and made the best look rare.
fn shifted_sizes(x: &[Option<f64>], y: &[Option<f64>], max_lag: usize, least: usize) -> Vec<f64> {
    let circular = |by: usize| {
        let (begin, rest) = y.split_at(by);
        let found = correlation(both(x.iter().zip(rest.iter().chain(begin))));
        found.filter(|(_, n)| *n >= LEAST_PAIRS).map(|(correlation, n)| size(correlation, n))
    };
    let largest = |lags: &[Option<f64>]| {
        let sizes: Vec<f64> = lags.iter().flatten().copied().collect();
        (sizes.len() >= least).then(|| sizes.into_iter().fold(0.0, f64::max))
    };
    // Lags asked for are those up to `max_lag` from 0 in the circle; no shift may reach them.
    let sizes: Vec<Option<f64>> = (max_lag + 1..x.len().saturating_sub(max_lag)).map(circular).collect();
    sizes.windows(2 * max_lag + 1).filter_map(largest).collect()
}

/// Pairs of which both have a value.
fn both<'a>(pairs: impl Iterator<Item = (&'a Option<f64>, &'a Option<f64>)>) -> impl Iterator<Item = (f64, f64)> {
    pairs.filter_map(|(x, y)| Some(((*x)?, (*y)?)))
}

/// Pearson's correlation, and of how many pairs; `None` where one side does not vary. In one pass, as both sides have a
/// mean near 0 or are ranks.
fn correlation(pairs: impl Iterator<Item = (f64, f64)>) -> Option<(f64, usize)> {
    let (mut n, mut sums) = (0_usize, [0.0_f64; 5]);
    for (x, y) in pairs {
        n += 1;
        for (sum, term) in sums.iter_mut().zip([x, y, x * x, y * y, x * y]) {
            *sum += term;
        }
    }
    if n == 0 {
        return None;
    }
    let [x, y, xx, yy, xy] = sums.map(|sum| sum / n as f64);
    let (of_x, of_y) = (xx - x * x, yy - y * y);
    if of_x <= LEAST_VARIATION * xx || of_y <= LEAST_VARIATION * yy {
        return None;
    }
    Some((((xy - x * y) / (of_x * of_y).sqrt()).clamp(-1.0, 1.0), n))
}

/// The rank of each value, from 1; equal values share the mean of theirs.
fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.enumerate().collect();
    order.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut ranks = vec![0.0; order.len()];
    let mut below = 0;
    for equal in order.chunk_by(|one, other| one.1 == other.1) {
        let rank = below as f64 + (equal.len() as f64 + 1.0) / 2.0;
        equal.iter().for_each(|(place, _)| ranks[*place] = rank);
        below += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Daily, correlation, effective, ranks, shifted_sizes};
    use crate::{History, Truth};
    use jiff::civil::date;

    #[test]
    fn correlations_of_known_numbers() {
        // Anscombe 1973, first set: 0.8164.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let (pearson, n) = correlation(x.into_iter().zip(y)).unwrap();
        assert!((pearson - 0.816_420_5).abs() < 1e-6 && n == 11, "{pearson}");
        assert_eq!(correlation([(1.0, 2.0), (1.0, 3.0)].into_iter()), None);
        assert_eq!(correlation(std::iter::empty()), None);
        assert_eq!(ranks([3.0, 1.0, 3.0, 2.0].into_iter()), [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn dependence_on_the_past_leaves_fewer_pairs() {
        let memory = |phi: f64| (1..=28).map(|k| phi.powi(k)).collect::<Vec<f64>>();
        // Bartlett's limit for two autoregressions: n (1 - ab) / (1 + ab).
        let found = effective(1e6, &(memory(0.8), memory(0.5)));
        assert!((found / 1e6 - 0.6 / 1.4).abs() < 1e-4, "{found}");
        assert_eq!(effective(100.0, &(memory(0.9), memory(-0.9))), 100.0);
        assert_eq!(effective(5.0, &(vec![1.0; 28], vec![1.0; 28])), 4.0);
    }

    #[test]
    fn shifts_keep_away_from_the_lags_that_were_asked_for() {
        let values: Vec<Option<f64>> = (0..100).map(|day| Some(f64::from(day * 37 % 101) - 50.0)).collect();
        // The series agrees with itself at lag 0 alone, of which no shift knows.
        let sizes = shifted_sizes(&values, &values, 3, 7);
        assert_eq!(sizes.len(), 100 - 4 * 3 - 1);
        assert!(sizes.iter().all(|size| *size < 0.99 * 10.0), "{sizes:?}");
        assert!(shifted_sizes(&values[..10], &values[..10], 7, 15).is_empty());
    }

    #[test]
    fn shifts_with_too_few_pairs_are_no_comparisons() {
        let half = |day: i32| (day < 50).then(|| f64::from(day * 37 % 101) - 50.0);
        let values: Vec<Option<f64>> = (0..100).map(half).collect();
        // By up to 20 days either way, at least 30 of the 50 days meet: the lags 4 to 20 and 80 to 96 in the circle.
        let sizes = shifted_sizes(&values, &values, 3, 7);
        assert_eq!(sizes.len(), 2 * (17 - 7 + 1));
        assert!(sizes.iter().all(|size| *size > 0.0), "{sizes:?}");
        assert_eq!(shifted_sizes(&values, &values, 3, 1).len(), 2 * 17);
    }

    #[test]
    fn amounts_are_on_the_log_scale_and_shares_on_the_logit() {
        let first = date(2024, 2, 28);
        let amounts = Daily::of_measure(&Truth::new(first, vec![Some(0.0), Some(4.0), None, Some(80.0)]));
        let logs = [Some(2.0_f64.ln()), Some(4.0_f64.ln()), None, Some(80.0_f64.ln())];
        assert_eq!(amounts, Daily { first, values: logs.to_vec() });
        let degrees = Truth::new(first, vec![Some(-2.0), Some(3.0)]);
        assert_eq!(Daily::of_measure(&degrees).values, degrees.values());
        let shares = vec![Some(0.2), None, Some(0.0)];
        let history = History::new(first, shares.clone()).unwrap();
        assert_eq!(Daily::of_measure(&Truth::new(first, shares)), Daily::of_shares(&history));
    }
}
