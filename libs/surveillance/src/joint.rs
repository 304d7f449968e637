//! Joint paths: how a forecast's days hang together, so that something can be said of all of them at once: on which day
//! it will peak, how high, and whether a threshold will be exceeded at all.
//!
//! Quantiles of single days do not say whether a high Monday means a high Tuesday. Past errors do: each honest past
//! forecast missed its days together. So a *template* is one past forecast's misses, day by day, each as its rank among
//! all misses that many days ahead: an empirical copula. Paths follow the templates' ranks through the forecast's own
//! quantiles (Schaake shuffle: Clark and others, *Journal of Hydrometeorology* 5, 2004; ensemble copula coupling:
//! Schefzik and others, *Statistical Science* 28, 2013). Each day of the paths is thereby distributed as the forecast
//! says, and days depend on each other as past misses did; nothing is assumed of either.
//!
//! Fewer than [`LEAST_TEMPLATES`] past forecasts say nothing about dependence. Then misses are taken to add up from day
//! to day as a random walk's do, whose correlation between days `g < h` ahead is `sqrt(g / h)`.

use crate::{bands::first_honest_origin, filter::Filtered, rolled::Rolled, scores::sample_quantile};
use tidemark_domain::forecast::{QUANTILE_LEVELS, value_at};

/// Paths drawn where nothing else is asked: probabilities are multiples of 0.0005.
pub const DEFAULT_PATHS: usize = 2000;
/// Courses by whose ranks an issued forecast remembers how its days hang together: probabilities of several of them are
/// multiples of 0.005.
pub const KEPT_COURSES: usize = 200;
/// Past forecasts from which dependence can be read.
pub const LEAST_TEMPLATES: usize = 20;
/// Past forecasts of which fewer days than this share were observed say little about how days hang together.
const LEAST_SHARE: f64 = 0.5;

/// How the days of a forecast depend on each other: misses of past forecasts, one row each.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependence {
    horizon: usize,
    /// Rows of `horizon` ranks in `[0, 1]`; none where too little is known.
    ranks: Vec<f64>,
}

impl Dependence {
    /// What `rolled` shows of it.
    #[must_use]
    pub fn of(series: &Filtered, rolled: &Rolled) -> Self {
        let horizon = rolled.horizon;
        let first = first_honest_origin(series, rolled, horizon);
        let errors: Vec<Vec<Option<f64>>> = (first..rolled.origins.len())
            .map(|row| (1..=horizon).map(|ahead| rolled.error(series, row, ahead)).collect::<Vec<_>>())
            .filter(|path| path.iter().flatten().count() as f64 >= LEAST_SHARE * horizon as f64)
            .collect();
        Self::of_errors(&errors, horizon)
    }

    /// From misses of past forecasts, `horizon` days each. A day that was not observed takes the rank of the nearest
    /// that was.
    #[must_use]
    pub fn of_errors(errors: &[Vec<Option<f64>>], horizon: usize) -> Self {
        let mut ranks = Vec::new();
        if errors.len() >= LEAST_TEMPLATES {
            ranks = vec![f64::NAN; errors.len() * horizon];
            for day in 0..horizon {
                let seen: Vec<(usize, f64)> = errors
                    .iter()
                    .enumerate()
                    .filter_map(|(row, path)| Some((row, path.get(day).copied().flatten()?)))
                    .collect();
                for (rank, row) in ranked(&seen).into_iter().enumerate() {
                    ranks[row * horizon + day] = (rank as f64 + 0.5) / seen.len() as f64;
                }
            }
            ranks.chunks_mut(horizon.max(1)).for_each(fill_from_nearest);
        }
        Self { horizon, ranks }
    }

    /// How many past forecasts it was read from; 0 where a random walk stands in.
    #[must_use]
    pub fn templates(&self) -> usize {
        self.ranks.len().checked_div(self.horizon).unwrap_or(0)
    }

    /// For each day ahead the ranks, from 0, that `count` equally likely courses have on it. The same arguments give the
    /// same ranks.
    #[must_use]
    pub fn ranks(&self, count: usize, seed: u64) -> Vec<Vec<usize>> {
        let scores = self.scores(count, &mut Random(seed));
        let on = |day: usize| {
            let scored: Vec<(usize, f64)> = (0..count).map(|path| (path, scores[path * self.horizon + day])).collect();
            let mut ranks = vec![0; count];
            for (rank, path) in ranked(&scored).into_iter().enumerate() {
                ranks[path] = rank;
            }
            ranks
        };
        (0..self.horizon).map(on).collect()
    }

    /// Scores of `count` paths whose order on each day is what matters.
    fn scores(&self, count: usize, random: &mut Random) -> Vec<f64> {
        let mut scores = Vec::with_capacity(count * self.horizon);
        let templates = self.templates();
        for path in 0..count {
            // Templates in turn; of more templates than paths, some from all of the past.
            if let Some(template) = (path * templates.max(count) / count).checked_rem(templates) {
                let row = &self.ranks[template * self.horizon..(template + 1) * self.horizon];
                // Paths of one template part within its rank, evenly.
                scores.extend(row.iter().map(|rank| rank + (random.uniform() - 0.5) / templates as f64));
            } else {
                let mut sum = 0.0;
                scores.extend((0..self.horizon).map(|_| {
                    sum += random.normal();
                    sum
                }));
            }
        }
        scores
    }
}

/// Rows by rising value; ties keep their order.
fn ranked(seen: &[(usize, f64)]) -> Vec<usize> {
    let mut order = seen.to_vec();
    order.sort_by(|one, other| one.1.total_cmp(&other.1));
    order.into_iter().map(|(row, _)| row).collect()
}

fn fill_from_nearest(path: &mut [f64]) {
    let known: Vec<(usize, f64)> = path.iter().copied().enumerate().filter(|(_, rank)| !rank.is_nan()).collect();
    for (day, rank) in path.iter_mut().enumerate().filter(|(_, rank)| rank.is_nan()) {
        *rank = known.iter().min_by_key(|(other, _)| other.abs_diff(day)).map_or(0.5, |(_, nearest)| *nearest);
    }
}

/// Equally likely courses of the days ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    horizon: usize,
    /// Rows of `horizon` values in `[0, 1]`.
    values: Vec<f64>,
}

impl Paths {
    /// `count` courses that a forecast's quantiles (at [`QUANTILE_LEVELS`], a row a day) and the dependence between its
    /// days allow. The same arguments give the same paths.
    ///
    /// Values lie between quantiles as [`value_at`] reads them.
    #[must_use]
    pub fn draw(quantiles: &[[f64; 23]], dependence: &Dependence, count: usize, seed: u64) -> Self {
        let horizon = quantiles.len().min(dependence.horizon);
        let mut values = vec![0.0; count * horizon];
        for (day, (quantiles, ranks)) in quantiles.iter().zip(dependence.ranks(count, seed)).enumerate() {
            for (path, rank) in ranks.into_iter().enumerate() {
                values[path * horizon + day] = value_at(quantiles, (rank as f64 + 0.5) / count as f64);
            }
        }
        Self { horizon, values }
    }

    /// Paths given as rows of values, for tests and for other sources of samples. Rows of another length than the first
    /// are left out.
    #[must_use]
    pub fn of_rows(rows: &[Vec<f64>]) -> Self {
        let horizon = rows.first().map_or(0, Vec::len);
        Self { horizon, values: rows.iter().filter(|row| row.len() == horizon).flatten().copied().collect() }
    }

    /// Days ahead.
    #[must_use]
    pub const fn horizon(&self) -> usize {
        self.horizon
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.len().checked_div(self.horizon).unwrap_or(0)
    }

    /// One after the other, each from the first day ahead.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks(self.horizon.max(1))
    }

    /// Quantiles of a number made of each path, at [`QUANTILE_LEVELS`].
    #[must_use]
    pub fn quantiles(&self, number: impl Fn(&[f64]) -> f64) -> [f64; 23] {
        let mut numbers: Vec<f64> = self.iter().map(number).collect();
        numbers.sort_by(f64::total_cmp);
        QUANTILE_LEVELS.map(|level| sample_quantile(&numbers, level))
    }

    /// The share of paths of which something holds.
    #[must_use]
    pub fn share(&self, holds: impl Fn(&[f64]) -> bool) -> f64 {
        let holding = self.iter().filter(|path| holds(path)).count();
        if self.count() == 0 { 0.0 } else { holding as f64 / self.count() as f64 }
    }
}

/// SplitMix64 (Steele and others, OOPSLA 2014): enough for shuffling, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In `[0, 1)`.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Box and Muller's.
    fn normal(&mut self) -> f64 {
        let (one, other) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Dependence, Paths, fill_from_nearest};
    use tidemark_domain::forecast::QUANTILE_LEVELS;

    /// The uniform distribution's quantiles, on each day.
    fn uniform(horizon: usize) -> Vec<[f64; 23]> {
        vec![QUANTILE_LEVELS; horizon]
    }

    fn correlation(paths: &Paths, one: usize, other: usize) -> f64 {
        let n = paths.count() as f64;
        let mean = |day: usize| paths.iter().map(|path| path[day]).sum::<f64>() / n;
        let (a, b) = (mean(one), mean(other));
        let sum = |x: usize, mx: f64, y: usize, my: f64| {
            paths.iter().map(|path| (path[x] - mx) * (path[y] - my)).sum::<f64>()
        };
        sum(one, a, other, b) / (sum(one, a, one, a) * sum(other, b, other, b)).sqrt()
    }

    #[test]
    fn each_day_is_distributed_as_its_quantiles_say() {
        let errors: Vec<_> = (0..50).map(|row| vec![Some(f64::from(row % 7)), Some(f64::from(row))]).collect();
        let dependence = Dependence::of_errors(&errors, 2);
        assert_eq!(dependence.templates(), 50);
        for dependence in [dependence, Dependence::of_errors(&[], 2)] {
            let paths = Paths::draw(&uniform(2), &dependence, 1000, 1);
            for day in 0..2 {
                let found = paths.quantiles(|path| path[day]);
                for (found, level) in found.iter().zip(QUANTILE_LEVELS) {
                    assert!((found - level).abs() < 1e-3, "{found} {level}");
                }
            }
            assert_eq!(paths, Paths::draw(&uniform(2), &dependence, 1000, 1), "the same seed, the same paths");
            assert_ne!(paths, Paths::draw(&uniform(2), &dependence, 1000, 2));
        }
    }

    #[test]
    fn days_go_together_as_past_misses_did() {
        let errors = |sign: f64| -> Vec<Vec<Option<f64>>> {
            (0..100).map(|row| vec![Some(f64::from(row * 37 % 100)), Some(sign * f64::from(row * 37 % 100))]).collect()
        };
        let drawn = |sign: f64| Paths::draw(&uniform(2), &Dependence::of_errors(&errors(sign), 2), 2000, 1);
        assert!(correlation(&drawn(1.0), 0, 1) > 0.99);
        assert!(correlation(&drawn(-1.0), 0, 1) < -0.99);
    }

    #[test]
    fn without_a_past_misses_add_up() {
        let paths = Paths::draw(&uniform(9), &Dependence::of_errors(&[], 9), 4000, 1);
        // Of ranks: a little below the walk's own sqrt(1 / 4) and sqrt(4 / 9).
        assert!((correlation(&paths, 0, 3) - 0.48).abs() < 0.05, "{}", correlation(&paths, 0, 3));
        assert!((correlation(&paths, 3, 8) - 0.65).abs() < 0.05, "{}", correlation(&paths, 3, 8));
    }

    #[test]
    fn a_day_that_nobody_saw_ranks_as_the_nearest() {
        let mut path = [f64::NAN, 0.2, f64::NAN, f64::NAN, 0.8];
        fill_from_nearest(&mut path);
        assert_eq!(path, [0.2, 0.2, 0.2, 0.8, 0.8]);
    }

    #[test]
    fn few_courses_follow_misses_of_all_of_the_past() {
        // In the later half of the past, what was missed on the first day was missed the other way on the second.
        let miss = |row: i32| f64::from(row * 37 % 400);
        let errors: Vec<_> =
            (0..400).map(|row| vec![Some(miss(row)), Some(if row < 200 { miss(row) } else { -miss(row) })]).collect();
        let dependence = Dependence::of_errors(&errors, 2);
        let paths = Paths::draw(&uniform(2), &dependence, 100, 1);
        assert!(correlation(&paths, 0, 1).abs() < 0.35, "{}", correlation(&paths, 0, 1));
        for ranks in dependence.ranks(100, 1) {
            let mut sorted = ranks.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..100_usize).collect::<Vec<_>>(), "every rank once: {ranks:?}");
        }
    }
}
