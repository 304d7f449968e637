//! Holds many models' forecasts against the series they were made of: rolling-origin evaluation.
//!
//! Forecasts come one day of one origin at a time, in any order; what is kept of each is a few sums, so a back-test of
//! any length fits. Only with a threshold, or another model as baseline, a few numbers are kept of every forecast. The
//! figures are those of the usual outside scorers: WIS is taken where the [yardstick](crate::yardstick) has a past too,
//! so that both are means over the same days.

mod tally;
mod weeks;

pub use tally::{BINS, ReliabilityBin, Scores, reliability};
pub use weeks::{PeakWeekScores, probabilities_sum_to_one};

use crate::Truth;
use crate::peaks::{CALLED_FROM, Outlook, OutlookDay, PeakScores, score_calls};
use crate::scores::{Central, covered_at, crps, pit, quantile_at, scaled_error, wis_at, wis_parts};
use crate::yardstick::Yardstick;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use tally::{Ratios, Scored, Tally};
use tidemark_domain::{alert::Threshold, forecast::exceedance_at};
use weeks::Weeks;

/// Origins whose yardsticks are kept at hand; files come ordered by series or by origin, so few are needed.
const BASES_MAX: usize = 1024;
/// Probabilities from which days are called high in the table of choices.
const CALLED_FROM_CHOICES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// What one forecast is about.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Who made it.
    pub model: &'a str,
    /// The series.
    pub series: &'a str,
    /// The last day it saw.
    pub origin: Date,
    /// Days ahead, from 1.
    pub ahead: u16,
}

/// What is asked of an evaluation beside the scores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// Another model of the files that the others are held against.
    pub baseline: Option<String>,
    /// What is too high: of one series by its name, or of every series that is not named.
    pub thresholds: Vec<(Option<String>, Threshold)>,
    /// From which probability a day is called high; [`CALLED_FROM`] where nothing is said.
    pub called_from: Option<f64>,
}

/// An evaluation that is being made.
#[derive(Debug)]
pub struct Evaluation<'a> {
    truth: &'a BTreeMap<String, Truth>,
    options: Options,
    /// Names of series, those without truth too; a series is its place here.
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    models: BTreeMap<String, OfModel>,
    bases: HashMap<(usize, Date), Basis>,
}

/// What is known of one origin of one series.
#[derive(Debug)]
struct Basis {
    yardstick: Yardstick,
    threshold: Option<f64>,
    /// Whether the origin itself lies above the threshold.
    ongoing: bool,
}

#[derive(Debug, Default)]
struct OfModel {
    all: Tally,
    by_horizon: BTreeMap<u16, Tally>,
    by_series: BTreeMap<usize, Tally>,
    /// WIS of each forecast, where another model is the baseline.
    wis: BTreeMap<(usize, Date, u16), f64>,
    outlooks: BTreeMap<(usize, Date), Outlook>,
    without_threshold: u64,
    weeks: Weeks,
}

impl OfModel {
    fn each(&mut self, series: usize, ahead: u16, mut change: impl FnMut(&mut Tally)) {
        change(&mut self.all);
        change(self.by_horizon.entry(ahead).or_default());
        change(self.by_series.entry(series).or_default());
    }
}

impl<'a> Evaluation<'a> {
    /// Against series by name.
    #[must_use]
    pub fn new(truth: &'a BTreeMap<String, Truth>, options: Options) -> Self {
        Self {
            truth,
            options,
            names: Vec::new(),
            by_name: HashMap::new(),
            models: BTreeMap::new(),
            bases: HashMap::new(),
        }
    }

    /// Takes the quantiles of one day: (level, value) by rising level, each level once.
    pub fn quantiles(&mut self, place: Place<'_>, quantiles: &[(f64, f64)]) {
        let series = self.series(place.series);
        let found = self.truth.get(place.series).and_then(|truth| Some((truth, observed(truth, place)?)));
        let Some((truth, value)) = found else {
            self.model(place.model).each(series, place.ahead, |tally| tally.unmatched += 1);
            return;
        };
        let outside = quantiles.iter().any(|(_, quantile)| !(0.0..=1.0).contains(quantile));
        let crossing = quantiles.windows(2).any(|pair| pair[1].1 < pair[0].1);
        let basis = self.basis(series, place, truth);
        let levels = quantiles.iter().map(|(level, _)| *level);
        let yardstick = basis.yardstick.quantiles(truth, usize::from(place.ahead), levels);
        let (scale, threshold, ongoing) = (basis.yardstick.scale(), basis.threshold, basis.ongoing);
        let naive = basis.yardstick.point(truth, usize::from(place.ahead));
        let keeps_wis = self.options.baseline.is_some();
        let asks_threshold = self.threshold(place.series).is_some();
        let model = self.model(place.model);
        model.each(series, place.ahead, |tally| {
            tally.forecasts += 1;
            tally.outside += u64::from(outside);
            tally.crossing += u64::from(crossing);
            tally.without_yardstick += u64::from(yardstick.is_none());
        });
        let Some(yardstick) = yardstick else { return };
        let exceeded = threshold.map(|threshold| (exceedance_of(quantiles, threshold), value > threshold));
        let scored = Scored {
            series,
            wis: wis_at(quantiles, value),
            parts: wis_parts(quantiles, value),
            yardstick_wis: wis_at(&yardstick, value),
            covered: Central::ALL.map(|interval| covered_at(quantiles, interval, value)),
            scaled_error: quantile_at(quantiles, 0.5)
                .zip(scale)
                .map(|(median, scale)| scaled_error(median, value, scale)),
            pit: pit(quantiles, value),
            exceeded,
        };
        model.each(series, place.ahead, |tally| tally.add(&scored));
        if keeps_wis {
            model.wis.insert((series, place.origin, place.ahead), scored.wis);
        }
        model.without_threshold += u64::from(asks_threshold && threshold.is_none());
        if let Some(((probability, high), threshold)) = exceeded.zip(threshold) {
            let naive = naive.is_some_and(|naive| naive > threshold);
            let empty = || Outlook { ongoing, days: Vec::new() };
            let outlook = model.outlooks.entry((series, place.origin)).or_insert_with(empty);
            outlook.days.push(OutlookDay { ahead: place.ahead, probability, naive, high });
        }
    }

    /// Takes the samples of one day.
    pub fn samples(&mut self, place: Place<'_>, mut samples: Vec<f64>) {
        samples.sort_by(f64::total_cmp);
        let series = self.series(place.series);
        let score = self.truth.get(place.series).and_then(|truth| crps(&samples, observed(truth, place)?));
        self.model(place.model).each(series, place.ahead, |tally| match score {
            Some(score) => tally.crps.add(score),
            None => tally.samples_unmatched += 1,
        });
    }

    /// Takes the probabilities of the peak's week (`YYYYWW`), for the days after the origin up to `last`.
    pub fn peak_week(&mut self, place: Place<'_>, last: Date, weeks: &[(String, f64)]) {
        let truth = self.truth.get(place.series);
        self.model(place.model).weeks.add(truth, place.origin, last, weeks);
    }

    /// The models met so far.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// The first of the series that the truth does not have.
    #[must_use]
    pub fn unknown_series(&self) -> Option<&str> {
        self.names.iter().find(|name| !self.truth.contains_key(*name)).map(String::as_str)
    }

    /// The scores of each model.
    #[must_use]
    pub fn report(&self) -> BTreeMap<String, ModelReport> {
        let baseline = self.options.baseline.as_ref().and_then(|name| self.models.get(name));
        self.models.iter().map(|(name, model)| (name.clone(), self.report_of(model, baseline))).collect()
    }

    fn report_of(&self, model: &OfModel, baseline: Option<&OfModel>) -> ModelReport {
        let relative = baseline.and_then(|baseline| {
            let mut ratios = Ratios::default();
            for (at, own) in &model.wis {
                if let Some(other) = baseline.wis.get(at) {
                    ratios.add(at.0, *own, *other);
                }
            }
            ratios.get()
        });
        let by_series = model.by_series.iter().map(|(series, tally)| (self.names[*series].clone(), tally.scores()));
        ModelReport {
            scores: model.all.scores(),
            relative_wis_to_baseline: relative,
            exceedance: self.exceedance_of(model),
            peak_week: model.weeks.scores(),
            by_horizon: model.by_horizon.iter().map(|(ahead, tally)| (*ahead, tally.scores())).collect(),
            by_series: by_series.collect(),
        }
    }

    fn exceedance_of(&self, model: &OfModel) -> Option<ExceedanceScores> {
        if self.options.thresholds.is_empty() {
            return None;
        }
        let outlooks: Vec<Outlook> = model
            .outlooks
            .values()
            .map(|outlook| {
                let mut outlook = outlook.clone();
                outlook.days.sort_by_key(|day| day.ahead);
                outlook
            })
            .collect();
        let called_from = self.options.called_from.unwrap_or(CALLED_FROM);
        let calls = |from: f64| score_calls(&outlooks, |day| day.probability >= from);
        let days = || outlooks.iter().flat_map(|outlook| &outlook.days);
        let naive_misses = days().filter(|day| day.naive != day.high).count() as f64;
        let count = days().count();
        Some(ExceedanceScores {
            forecasts: count as u64,
            without_threshold: model.without_threshold,
            brier: model.all.scores().brier,
            brier_naive: (count > 0).then(|| naive_misses / count as f64),
            reliability: reliability(days().map(|day| (day.probability, day.high))),
            called_from,
            peaks: calls(called_from),
            peaks_naive: score_calls(&outlooks, |day| day.naive),
            choices: CALLED_FROM_CHOICES.map(|from| Choice { called_from: from, peaks: calls(from) }).to_vec(),
        })
    }

    fn series(&mut self, name: &str) -> usize {
        if let Some(series) = self.by_name.get(name) {
            return *series;
        }
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    fn model(&mut self, name: &str) -> &mut OfModel {
        if !self.models.contains_key(name) {
            self.models.insert(name.to_owned(), OfModel::default());
        }
        self.models.entry(name.to_owned()).or_default()
    }

    /// What is too high in a series: its own threshold, else the one for all.
    fn threshold(&self, series: &str) -> Option<Threshold> {
        let named = |wanted: Option<&str>| {
            self.options.thresholds.iter().find(|(name, _)| name.as_deref() == wanted).map(|(_, threshold)| *threshold)
        };
        named(Some(series)).or_else(|| named(None))
    }

    fn basis(&mut self, series: usize, place: Place<'_>, truth: &Truth) -> &mut Basis {
        let threshold = self.threshold(place.series);
        if self.bases.len() >= BASES_MAX && !self.bases.contains_key(&(series, place.origin)) {
            self.bases.clear();
        }
        self.bases.entry((series, place.origin)).or_insert_with(|| {
            let origin = truth.place(place.origin);
            let threshold =
                threshold.and_then(|threshold| threshold.value(truth.window(origin, threshold.window_days())));
            let last = truth.day(origin);
            let ongoing = last.zip(threshold).is_some_and(|(last, threshold)| last > threshold);
            Basis { yardstick: Yardstick::new(truth, place.origin), threshold, ongoing }
        })
    }
}

/// The value of the day a forecast is about.
fn observed(truth: &Truth, place: Place<'_>) -> Option<f64> {
    truth.day(truth.place(place.origin) + i64::from(place.ahead))
}

/// P(value > threshold); quantiles that cross are read in order.
fn exceedance_of(quantiles: &[(f64, f64)], threshold: f64) -> f64 {
    let (levels, mut values): (Vec<f64>, Vec<f64>) = quantiles.iter().copied().unzip();
    values.sort_by(f64::total_cmp);
    exceedance_at(&levels, &values, threshold)
}

/// One model's scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelReport {
    /// Over all forecasts.
    #[serde(flatten)]
    pub scores: Scores,
    /// WIS over the baseline model's on the forecasts both have: the geometric mean over series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_wis_to_baseline: Option<f64>,
    /// How well exceedance was foreseen, where a threshold was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exceedance: Option<ExceedanceScores>,
    /// How well the peak's week was foreseen, where the files say something of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_week: Option<PeakWeekScores>,
    /// By days ahead.
    pub by_horizon: BTreeMap<u16, Scores>,
    /// By series.
    pub by_series: BTreeMap<String, Scores>,
}

/// How well exceedance of a threshold was foreseen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExceedanceScores {
    /// Days that were forecast from an origin with a threshold.
    pub forecasts: u64,
    /// Days left out: too few values before their origin to say what is usual.
    pub without_threshold: u64,
    /// Brier's score of P(exceed).
    pub brier: Option<f64>,
    /// The same of "the seasonal naive exceeds", taken as 0 or 1.
    pub brier_naive: Option<f64>,
    /// How often what was said with each probability came.
    pub reliability: Vec<ReliabilityBin>,
    /// From which probability a day is called high.
    pub called_from: f64,
    /// High days as called.
    pub peaks: PeakScores,
    /// High days as "seasonal naive says peak" calls them.
    pub peaks_naive: PeakScores,
    /// What other probabilities to call from would have given.
    pub choices: Vec<Choice>,
}

/// One probability to call from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The probability.
    pub called_from: f64,
    /// What comes of it.
    #[serde(flatten)]
    pub peaks: PeakScores,
}
