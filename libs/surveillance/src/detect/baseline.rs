//! Mean and spread of a moving window of periods, as counts or as proportions.
//!
//! *Counts*: mean and standard deviation (divisor: number less 1) of the counts.
//!
//! *Proportions*: with `K` of `N` units over the window, the expectation is `K / N`, every unit counting alike. The
//! variance of the judged proportion about it, `n` units being counted on that day, is
//! `D p (1 - p) (1 / n + 1 / N)` with `p = (K + 1/2) / (N + 1)`, which keeps it above 0 where nobody, or everybody, had
//! the marker. `D` is Pearson's dispersion of the window's counts about `K / N`, and at least 1: days may differ by
//! more than chance, never by less. This is the binomial counterpart of EARS: a day with few people in it has a wide
//! limit.

use super::counts::{Cell, Counts, Measure};

/// The fewest known periods a moving baseline is taken from, whatever its length: R `surveillance` takes no shorter
/// one.
pub(crate) const LEAST_KNOWN: usize = 3;

/// What a window lets expect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Baseline {
    pub(crate) mean: f64,
    pub(crate) sd: f64,
}

/// How many of a window's periods must be known: half of them, and no fewer than [`LEAST_KNOWN`].
pub(crate) fn needed(window: usize) -> usize {
    window.div_ceil(2).max(LEAST_KNOWN)
}

/// The baseline for a day on which `n` units were counted, or how many periods of the window are known where that is
/// too few. The window ends `lag` periods before the day at `index`, which lies before it.
pub(crate) fn moving(
    counts: &Counts,
    measure: Measure,
    index: usize,
    window: usize,
    lag: usize,
) -> Result<Baseline, usize> {
    let end = index.saturating_sub(lag);
    let known = counts.cells(end.saturating_sub(window)..end);
    if known.len() < needed(window) {
        return Err(known.len());
    }
    let cells = known.into_iter().map(|(_, cell)| cell);
    Ok(match measure {
        Measure::Count => of_counts(cells),
        Measure::Proportion => of_proportions(cells, counts.cell(index).map_or(f64::INFINITY, |cell| cell.n)),
    })
}

fn of_counts(cells: impl ExactSizeIterator<Item = Cell> + Clone) -> Baseline {
    let size = cells.len() as f64;
    let mean = cells.clone().map(|cell| cell.k).sum::<f64>() / size;
    let squares: f64 = cells.map(|cell| (cell.k - mean).powi(2)).sum();
    Baseline { mean, sd: (squares / (size - 1.0)).sqrt() }
}

fn of_proportions(cells: impl ExactSizeIterator<Item = Cell> + Clone, n: f64) -> Baseline {
    let (with, all) = cells.clone().fold((0.0, 0.0), |(with, all), cell| (with + cell.k, all + cell.n));
    let mean = with / all;
    let variance = unit_variance(with, all);
    let degrees = cells.len() as f64 - 1.0;
    let chi2: f64 = cells.map(|cell| (cell.k - cell.n * mean).powi(2) / (cell.n * variance)).sum();
    let dispersion = (chi2 / degrees).max(1.0);
    Baseline { mean, sd: (dispersion * variance * (1.0 / n + 1.0 / all)).sqrt() }
}

/// The variance of one unit's answer where `with` of `all` had the marker, half a unit away from both walls.
pub(crate) fn unit_variance(with: f64, all: f64) -> f64 {
    let p = (with + 0.5) / (all + 1.0);
    p * (1.0 - p)
}
