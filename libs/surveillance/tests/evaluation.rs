//! What holds for every evaluation and every set of joint paths.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{ToSpan, civil::date};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tidemark_domain::alert::Threshold;
use tidemark_domain::forecast::{QUANTILE_LEVELS, exceedance};
use tidemark_surveillance::evaluation::{Evaluation, Options, Place};
use tidemark_surveillance::joint::{DEFAULT_PATHS, Dependence, Paths};
use tidemark_surveillance::peaks::{Exceedance, PeakForecast};
use tidemark_surveillance::scores::{crps, wis_at, wis_parts};
use tidemark_surveillance::{History, Model, Truth, forecast_jointly};

/// Knuth's linear congruential generator: `[0, 1)`.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A prevalence with a weekly rhythm and shocks that fade, so that neighbouring days go together.
fn plausible(days: usize, seed: u64) -> Vec<Option<f64>> {
    let (mut random, mut level) = (Random(seed), 0.0);
    (0..days)
        .map(|day| {
            level = 0.9 * level + 0.01 * (random.uniform() - 0.5);
            Some(0.1 + level + if day % 7 >= 5 { 0.01 } else { 0.0 } + 0.004 * (random.uniform() - 0.5))
        })
        .collect()
}

/// Symmetric levels around a median, with any rising values.
fn quantiles() -> impl Strategy<Value = Vec<(f64, f64)>> {
    (1usize..12, prop::collection::vec(0.0..1.0f64, 23)).prop_map(|(half, mut values)| {
        let level = |k: usize| (k + 1) as f64 / (2 * half + 2) as f64;
        values.truncate(2 * half + 1);
        values.sort_by(f64::total_cmp);
        values.into_iter().enumerate().map(|(k, value)| (level(k), value)).collect()
    })
}

proptest! {
    #[test]
    fn the_quantile_form_of_wis_is_the_interval_form(quantiles in quantiles(), value in 0.0..1.0f64) {
        // Bracher and others, equation 1, written out on its own.
        let (count, half) = (quantiles.len(), quantiles.len() / 2);
        let mut interval_form = 0.5 * (value - quantiles[half].1).abs();
        for k in 0..half {
            let alpha = 2.0 * quantiles[k].0;
            let (low, high) = (quantiles[k].1, quantiles[count - 1 - k].1);
            let outside = if value < low { low - value } else if value > high { value - high } else { 0.0 };
            interval_form += alpha / 2.0 * (high - low + 2.0 / alpha * outside);
        }
        interval_form /= half as f64 + 0.5;
        prop_assert!((wis_at(&quantiles, value) - interval_form).abs() < 1e-12);
        let parts = wis_parts(&quantiles, value).unwrap();
        prop_assert!((parts.dispersion + parts.underprediction + parts.overprediction - interval_form).abs() < 1e-12);
        prop_assert!(parts.dispersion >= 0.0 && parts.underprediction >= 0.0 && parts.overprediction >= 0.0);
    }

    #[test]
    fn crps_agrees_with_its_definition(
        mut samples in prop::collection::vec(-1.0..1.0f64, 1..40),
        value in -1.0..1.0f64,
    ) {
        samples.sort_by(f64::total_cmp);
        let n = samples.len() as f64;
        let spread: f64 = samples.iter().flat_map(|a| samples.iter().map(move |b| (a - b).abs())).sum();
        let expected = samples.iter().map(|x| (x - value).abs()).sum::<f64>() / n - spread / (2.0 * n * n);
        prop_assert!((crps(&samples, value).unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn peaks_are_distributions_and_the_whole_is_no_less_likely_than_its_parts(
        spread in prop::collection::vec(0.0..0.3f64, 1..20),
        errors in prop::collection::vec(prop::collection::vec(prop::option::of(-1.0..1.0f64), 20), 0..60),
        threshold in 0.0..0.6f64,
        seed in any::<u64>(),
    ) {
        let rows: Vec<[f64; 23]> =
            spread.iter().map(|spread| QUANTILE_LEVELS.map(|level| 0.2 + spread * (level - 0.3))).collect();
        let paths = Paths::draw(&rows, &Dependence::of_errors(&errors, rows.len()), 500, seed);
        prop_assert_eq!((paths.count(), paths.horizon()), (500, rows.len()));
        prop_assert!(paths.iter().flatten().all(|value| (0.0..=1.0).contains(value)));
        let peak = PeakForecast::of(&paths, date(2024, 12, 20));
        prop_assert!((peak.days.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!((peak.weeks.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!(peak.height.windows(2).all(|pair| pair[0] <= pair[1]));
        let over = Exceedance::of(&paths, threshold);
        let largest = over.days.iter().copied().fold(0.0, f64::max);
        prop_assert!(over.within >= largest && over.within <= over.days.iter().sum::<f64>() + 1e-12);
        prop_assert!(over.period <= over.within);
        // Each day alone is as the quantiles say, but for the tails that `exceedance` leaves open.
        for (day, quantiles) in over.days.iter().zip(&rows) {
            let said = exceedance(quantiles, threshold);
            prop_assert!((day - said).abs() <= 0.0125 || quantiles[0] == quantiles[22], "{} {}", day, said);
        }
    }
}

#[test]
fn a_forecasts_paths_hold_together_as_the_series_does() {
    let history = History::new(date(2023, 1, 1), plausible(500, 5)).unwrap();
    let answers = forecast_jointly(&history, 14, &Model::ALL, None).unwrap();
    for joint in answers.into_iter().flatten() {
        // Those that are refitted on a few past days alone have too few.
        let expected_templates = ![Model::MstlEts, Model::CalendarRegression].contains(&joint.forecast.model);
        assert_eq!(joint.dependence.templates() > 300, expected_templates, "{}", joint.forecast.model);
        let paths = Paths::draw(&joint.forecast.quantiles, &joint.dependence, DEFAULT_PATHS, 1);
        let above = |path: &[f64], day: usize| path[day] > joint.forecast.quantiles[day][11];
        // Shocks fade: neighbours go together, days of different weeks less.
        let together = |day: usize| paths.share(|path| above(path, 6) == above(path, day));
        assert!(together(7) > 0.6, "{}: {}", joint.forecast.model, together(7));
        // The seasonal naive repeats days of the same week, near or not.
        let naive = joint.forecast.model == Model::SeasonalNaive;
        assert!(naive || together(7) > together(12), "{}", joint.forecast.model);
    }
}

fn place<'a>(series: &'a str, origin: jiff::civil::Date, ahead: u16) -> Place<'a> {
    Place { model: "m", series, origin, ahead }
}

/// Forecasts that know the distribution the values are drawn from.
#[test]
fn calibrated_forecasts_have_flat_pits_and_cover_what_they_say() {
    let mut random = Random(11);
    let values: Vec<Option<f64>> = (0..6000).map(|_| Some(random.uniform())).collect();
    let first = date(2000, 1, 1);
    let truth = BTreeMap::from([("s".to_owned(), Truth::new(first, values))]);
    let mut evaluation = Evaluation::new(&truth, Options::default());
    let quantiles = QUANTILE_LEVELS.map(|level| (level, level));
    for day in 100..5999 {
        evaluation.quantiles(place("s", first + i64::from(day).days(), 1), &quantiles);
    }
    let scores = &evaluation.report()["m"].scores;
    assert_eq!((scores.forecasts, scores.unmatched, scores.without_yardstick), (5899, 0, 0));
    // 5899 draws: a tenth has a standard error of 0.004.
    assert!(scores.pit.unwrap().iter().all(|share| (share - 0.1).abs() < 0.02), "{:?}", scores.pit);
    assert!((scores.pit.unwrap().iter().sum::<f64>() - 1.0).abs() < 1e-9);
    for (found, said) in [(scores.coverage_50, 0.5), (scores.coverage_80, 0.8), (scores.coverage_95, 0.95)] {
        assert!((found.unwrap() - said).abs() < 0.02);
    }
    let sum = scores.dispersion.unwrap() + scores.underprediction.unwrap() + scores.overprediction.unwrap();
    assert!((sum - scores.wis.unwrap()).abs() < 1e-9);
    // The same as samples: of the uniform distribution, CRPS is 1/6 on average.
    for day in 100..1100 {
        let samples = (0..100).map(|k| (f64::from(k) + 0.5) / 100.0).collect();
        evaluation.samples(place("s", first + i64::from(day).days(), 2), samples);
    }
    let scores = &evaluation.report()["m"].scores;
    assert_eq!((scores.forecasts, scores.sampled), (5899, 1000));
    assert!((scores.crps.unwrap() - 1.0 / 6.0).abs() < 0.01, "{:?}", scores.crps);
}

#[test]
fn what_has_no_truth_or_no_past_is_counted_and_not_scored() {
    let truth = BTreeMap::from([("s".to_owned(), Truth::new(date(2024, 1, 1), plausible(60, 3)))]);
    let mut evaluation = Evaluation::new(&truth, Options::default());
    let good = [(0.25, 0.09), (0.5, 0.1), (0.75, 0.11)];
    evaluation.quantiles(place("s", date(2024, 2, 20), 1), &good);
    evaluation.quantiles(place("s", date(2024, 2, 29), 3), &good);
    evaluation.quantiles(place("elsewhere", date(2024, 2, 20), 1), &good);
    evaluation.quantiles(place("s", date(2024, 1, 2), 1), &[(0.25, 0.2), (0.5, 0.1), (0.75, 1.1)]);
    evaluation.samples(place("elsewhere", date(2024, 2, 20), 1), vec![0.1]);
    let report = &evaluation.report()["m"];
    let scores = &report.scores;
    assert_eq!((scores.forecasts, scores.unmatched, scores.without_yardstick, scores.series), (2, 2, 1, 1));
    assert_eq!((scores.outside_0_1, scores.crossing), (Some(0.5), Some(0.5)));
    assert_eq!((scores.coverage_50.is_some(), scores.coverage_80, scores.samples_unmatched), (true, None, 1));
    assert_eq!(evaluation.unknown_series(), Some("elsewhere"));
    assert_eq!(report.by_horizon[&1].unmatched, 1);
    assert_eq!(report.by_series["elsewhere"].wis, None);
    assert_eq!(evaluation.models().collect::<Vec<_>>(), ["m"]);
}

/// A level shift that one model announces and the other does not.
#[test]
fn exceedance_peak_weeks_and_a_baseline_model() {
    let values: Vec<Option<f64>> =
        (0..100).map(|day| Some(if day >= 80 { 0.3 } else { 0.1 + f64::from(day % 7) * 0.001 })).collect();
    let first = date(2024, 1, 1);
    let truth = BTreeMap::from([("s".to_owned(), Truth::new(first, values))]);
    let options = Options {
        baseline: Some("blind".to_owned()),
        thresholds: vec![
            (None, Threshold::Absolute(0.9)),
            (Some("s".to_owned()), Threshold::Quantile { q: 0.99, window_days: 56 }),
        ],
        called_from: None,
    };
    let mut evaluation = Evaluation::new(&truth, options);
    let origin = first + 76.days();
    for ahead in 1..=7_u16 {
        let seen = QUANTILE_LEVELS.map(|level| (level, if ahead >= 4 { 0.29 } else { 0.09 } + 0.01 * level));
        let blind = QUANTILE_LEVELS.map(|level| (level, 0.1 + 0.001 * level));
        evaluation.quantiles(Place { model: "seer", series: "s", origin, ahead }, &seen);
        evaluation.quantiles(Place { model: "blind", series: "s", origin, ahead }, &blind);
    }
    let last = origin + 7.days();
    let week = |label: &str, probability| (label.to_owned(), probability);
    // The shift comes on Thursday, 21 March: week 12 of 2024.
    evaluation.peak_week(place("s", origin, 1), last, &[week("202412", 0.8), week("202413", 0.2)]);
    evaluation.peak_week(place("elsewhere", origin, 1), last, &[week("202412", 1.0)]);
    let report = evaluation.report();
    let seer = report["seer"].exceedance.clone().unwrap();
    assert_eq!((seer.forecasts, seer.without_threshold), (7, 0));
    assert_eq!((seer.peaks.precision, seer.peaks.recall, seer.peaks.f1), (Some(1.0), Some(1.0), Some(1.0)));
    assert_eq!((seer.peaks.onsets, seer.peaks.onsets_foreseen, seer.peaks.lead_days), (1, Some(1.0), Some(4.0)));
    assert_eq!((seer.peaks_naive.recall, seer.peaks_naive.onsets_foreseen), (Some(0.0), Some(0.0)));
    assert!(seer.brier.unwrap() < seer.brier_naive.unwrap());
    assert_eq!((seer.choices.len(), seer.reliability.iter().map(|bin| bin.forecasts).sum::<u64>()), (9, 7));
    assert!(report["seer"].relative_wis_to_baseline.unwrap() < 1.0);
    assert!((report["blind"].relative_wis_to_baseline.unwrap() - 1.0).abs() < 1e-12);
    let weeks = report["m"].peak_week.clone().unwrap();
    assert_eq!((weeks.forecasts, weeks.unmatched, weeks.most_likely_right), (1, 1, Some(1.0)));
    assert!((weeks.brier.unwrap() - 2.0 * 0.04).abs() < 1e-12);
    assert!((weeks.log_score.unwrap() + 0.8_f64.ln()).abs() < 1e-12);
}
