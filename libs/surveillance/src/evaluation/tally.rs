//! Running sums of scores: constant in the number of forecasts.

use crate::scores::{Central, WisParts};
use serde::Serialize;
use std::collections::BTreeMap;

/// Bins of the PIT histogram and of the reliability table.
pub const BINS: usize = 10;

/// A mean that is being made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    pub(super) fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    pub(super) const fn count(self) -> u64 {
        self.count
    }

    pub(super) fn get(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// Sums of two models' scores of the same forecasts, by series; what relative WIS is made of.
#[derive(Debug, Clone, Default)]
pub(super) struct Ratios(BTreeMap<usize, (f64, f64)>);

impl Ratios {
    pub(super) fn add(&mut self, series: usize, own: f64, other: f64) {
        let sums = self.0.entry(series).or_default();
        sums.0 += own;
        sums.1 += other;
    }

    pub(super) fn series(&self) -> u64 {
        self.0.len() as u64
    }

    /// The geometric mean over series; those where either is perfect say nothing about the ratio.
    pub(super) fn get(&self) -> Option<f64> {
        let mut logs = Mean::default();
        self.0.values().filter(|(own, other)| *own > 0.0 && *other > 0.0).for_each(|(own, other)| {
            logs.add((own / other).ln());
        });
        logs.get().map(f64::exp)
    }
}

/// What one forecast of one day scored.
#[derive(Debug, Clone)]
pub(super) struct Scored {
    pub(super) series: usize,
    pub(super) wis: f64,
    pub(super) parts: Option<WisParts>,
    pub(super) yardstick_wis: f64,
    pub(super) covered: [Option<bool>; 3],
    pub(super) scaled_error: Option<f64>,
    pub(super) pit: (f64, f64),
    /// P(exceed), and whether it was.
    pub(super) exceeded: Option<(f64, bool)>,
}

/// Scores of many forecasts.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) forecasts: u64,
    pub(super) unmatched: u64,
    pub(super) without_yardstick: u64,
    pub(super) outside: u64,
    pub(super) crossing: u64,
    wis: Mean,
    parts: [Mean; 3],
    ratios: Ratios,
    covered: [Mean; 3],
    scaled_error: Mean,
    pit: [f64; BINS],
    brier: Mean,
    pub(super) crps: Mean,
    pub(super) samples_unmatched: u64,
}

impl Tally {
    pub(super) fn add(&mut self, scored: &Scored) {
        self.wis.add(scored.wis);
        if let Some(parts) = scored.parts {
            self.parts[0].add(parts.dispersion);
            self.parts[1].add(parts.underprediction);
            self.parts[2].add(parts.overprediction);
        }
        self.ratios.add(scored.series, scored.wis, scored.yardstick_wis);
        for (mean, covered) in self.covered.iter_mut().zip(scored.covered) {
            if let Some(covered) = covered {
                mean.add(f64::from(u8::from(covered)));
            }
        }
        if let Some(error) = scored.scaled_error {
            self.scaled_error.add(error);
        }
        spread(&mut self.pit, scored.pit);
        if let Some((probability, happened)) = scored.exceeded {
            self.brier.add(crate::scores::brier(probability, happened));
        }
    }

    pub(super) fn scores(&self) -> Scores {
        // Parts of some forecasts only would not add up to the score of all.
        let part = |index: usize| self.parts[index].get().filter(|_| self.parts[index].count == self.wis.count);
        let share = |count: u64| (self.forecasts > 0).then(|| count as f64 / self.forecasts as f64);
        Scores {
            forecasts: self.forecasts,
            unmatched: self.unmatched,
            without_yardstick: self.without_yardstick,
            series: self.ratios.series(),
            wis: self.wis.get(),
            dispersion: part(0),
            underprediction: part(1),
            overprediction: part(2),
            relative_wis: self.ratios.get(),
            mase: self.scaled_error.get(),
            coverage_50: self.covered[Central::Half as usize].get(),
            coverage_80: self.covered[Central::Eighty as usize].get(),
            coverage_95: self.covered[Central::NinetyFive as usize].get(),
            outside_0_1: share(self.outside),
            crossing: share(self.crossing),
            pit: (self.wis.count > 0).then(|| self.pit.map(|mass| mass / self.wis.count as f64)),
            brier: self.brier.get(),
            sampled: self.crps.count,
            samples_unmatched: self.samples_unmatched,
            crps: self.crps.get(),
        }
    }
}

/// Lays a mass of 1 evenly between two probabilities.
fn spread(bins: &mut [f64; BINS], (from, to): (f64, f64)) {
    let width = to - from;
    for (index, bin) in bins.iter_mut().enumerate() {
        let (low, high) = (index as f64 / BINS as f64, (index + 1) as f64 / BINS as f64);
        let inside = (to.min(high) - from.max(low)).max(0.0);
        *bin += if width > 0.0 {
            inside / width
        } else {
            // A single point belongs to the bin it ends.
            f64::from(u8::from(from > low && from <= high || index == 0 && from <= low))
        };
    }
}

/// Scores, as they are shown. `None` where nothing could be scored.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Scores {
    /// Forecasts of a day whose value is known.
    pub forecasts: u64,
    /// Forecasts of a day, or of a series, that the truth does not have.
    pub unmatched: u64,
    /// Of `forecasts`, those for which the yardstick has no past; they count in `outside_0_1` and `crossing` alone.
    pub without_yardstick: u64,
    /// Series that were scored.
    pub series: u64,
    /// Mean weighted interval score.
    pub wis: Option<f64>,
    /// Its part that is width. `None` where some forecast has no median, or levels that make no central intervals.
    pub dispersion: Option<f64>,
    /// Its part from values above the intervals.
    pub underprediction: Option<f64>,
    /// Its part from values below.
    pub overprediction: Option<f64>,
    /// WIS over the seasonal-naive yardstick's: the geometric mean over series.
    pub relative_wis: Option<f64>,
    /// Mean absolute error of the median in units of the mean change over a week.
    pub mase: Option<f64>,
    /// How often the 50 % interval held the value.
    pub coverage_50: Option<f64>,
    /// How often the 80 % interval did.
    pub coverage_80: Option<f64>,
    /// How often the 95 % interval did.
    pub coverage_95: Option<f64>,
    /// Share of forecasts with a quantile outside `[0, 1]`.
    pub outside_0_1: Option<f64>,
    /// Share of forecasts with a quantile below one of a lower level.
    pub crossing: Option<f64>,
    /// Share of values in each tenth of their forecast distribution; 0.1 each where it is calibrated.
    pub pit: Option<[f64; BINS]>,
    /// Brier's score of P(exceed), where a threshold was given.
    pub brier: Option<f64>,
    /// Sets of samples that were scored.
    pub sampled: u64,
    /// Sets of samples whose day or series the truth does not have.
    pub samples_unmatched: u64,
    /// Their mean continuous ranked probability score.
    pub crps: Option<f64>,
}

/// A row of a reliability table: forecasts whose probability lies in one tenth, beside what came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Where the tenth begins.
    pub from: f64,
    /// Forecasts in it.
    pub forecasts: u64,
    /// Their mean probability.
    pub mean_probability: f64,
    /// The share of them whose event happened.
    pub happened: f64,
}

/// The reliability table of probabilities and what came; empty tenths are left out.
#[must_use]
pub fn reliability(events: impl IntoIterator<Item = (f64, bool)>) -> Vec<ReliabilityBin> {
    let mut bins = [(Mean::default(), Mean::default()); BINS];
    for (probability, happened) in events {
        let bin = ((probability * BINS as f64) as usize).min(BINS - 1);
        bins[bin].0.add(probability);
        bins[bin].1.add(f64::from(u8::from(happened)));
    }
    let row = |(index, (probability, happened)): (usize, (Mean, Mean))| {
        Some(ReliabilityBin {
            from: index as f64 / BINS as f64,
            forecasts: probability.count,
            mean_probability: probability.get()?,
            happened: happened.get()?,
        })
    };
    bins.into_iter().enumerate().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::{BINS, Ratios, reliability, spread};

    #[test]
    fn masses_are_spread_over_the_tenths_they_touch() {
        let mut bins = [0.0; BINS];
        spread(&mut bins, (0.05, 0.25));
        assert!((bins[0] - 0.25).abs() < 1e-12 && (bins[1] - 0.5).abs() < 1e-12 && (bins[2] - 0.25).abs() < 1e-12);
        for point in [0.0, 0.3, 1.0] {
            let mut bins = [0.0; BINS];
            spread(&mut bins, (point, point));
            assert!((bins.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{point}: {bins:?}");
        }
    }

    #[test]
    fn relative_wis_is_a_geometric_mean_over_series() {
        let mut ratios = Ratios::default();
        for (series, own, other) in [(0, 1.0, 3.0), (0, 1.0, 1.0), (1, 2.0, 1.0), (2, 0.0, 1.0)] {
            ratios.add(series, own, other);
        }
        assert!((ratios.get().unwrap_or_default() - (0.5_f64 * 2.0).sqrt()).abs() < 1e-12);
        assert_eq!((ratios.series(), Ratios::default().get()), (3, None));
    }

    #[test]
    fn reliability_by_hand() {
        let found = reliability([(0.05, false), (0.95, true), (1.0, false)]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].forecasts, found[1].happened), (2, 0.5));
        assert!((found[1].mean_probability - 0.975).abs() < 1e-12);
    }
}
