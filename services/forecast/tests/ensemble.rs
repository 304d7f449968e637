//! Other teams' forecasts beside ours: rows of an ensemble, from nothing but the past.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use tidemark_forecast::{
    Error, ForecastFiles, Inputs, Journal, Members, Model, Origins, Request, SeriesFile, Summary, forecast_for_hub,
    forecast_resumably, forecast_series, read_series,
};

const HEADER: &str = "model_id,reference_date,location,horizon,target_end_date,output_type,output_type_id,value\n";
const DAYS: i64 = 200;
const HORIZON: u16 = 14;
/// Rows of quantiles of one forecast.
const ROWS: usize = HORIZON as usize * 23;

fn on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn day(number: i64) -> Date {
    date(2023, 1, 1).saturating_add(number.days())
}

fn value(day: i64) -> f64 {
    0.2 + 0.05 * (day as f64 / 9.0).sin() + if day % 7 > 4 { 0.02 } else { 0.0 }
}

/// Two series; from the day `garbage_from` on their values are of another world.
fn series(garbage_from: i64) -> SeriesFile {
    let mut text = "date,series,value\n".to_owned();
    for day_number in 0..DAYS {
        let honest = value(day_number);
        let value = if day_number < garbage_from { honest } else { (day_number % 2) as f64 };
        for name in ["a", "b"] {
            writeln!(text, "{},{name},{value:.6}", day(day_number)).unwrap();
        }
    }
    read_series(text.as_bytes(), std::io::sink()).unwrap()
}

/// A weekly forecast of `a` by a team that knows the series up to a miss, and one that does not. Forecasts of later days
/// than `garbage_after` are nonsense: those made later, and what earlier ones say of later days.
fn members(file: &SeriesFile, garbage_after: i64) -> Members {
    let mut text = HEADER.to_owned();
    for origin in (60..DAYS).step_by(7) {
        for (team, miss) in [("t-good", 0.002), ("t-poor", 0.15)] {
            for ahead in 1..=i64::from(HORIZON) {
                let honest = value(origin + ahead) + miss;
                let is_garbage = origin > garbage_after || (origin < garbage_after && origin + ahead > garbage_after);
                let middle = if is_garbage { 0.8 } else { honest };
                for (level, offset) in [(0.05, -0.02), (0.25, -0.01), (0.5, 0.0), (0.75, 0.01), (0.95, 0.02)] {
                    let (origin, quantile) = (day(origin), middle + offset);
                    writeln!(text, "{team},{origin},a,{ahead},,quantile,{level},{quantile:.6}").unwrap();
                }
            }
        }
    }
    let mut members = Members::of(file);
    ForecastFiles::new(&mut members).read("members.csv", text.as_bytes(), |_| {}).unwrap();
    members
}

fn request(origins: Origins, models: &[Model]) -> Request {
    let models = models.to_vec();
    Request { origins, horizon_days: HORIZON, history_days: 1095, models, peak_week: false, samples: 0, coherent: None }
}

fn run(file: &SeriesFile, members: Option<&Members>, request: &Request) -> (String, Summary) {
    let mut out = Vec::new();
    let summary = forecast_series(Inputs { file, members }, request, &mut out, &on).unwrap();
    (String::from_utf8(out).unwrap(), summary)
}

/// Values by model, series, origin, days ahead and level.
fn values(text: &str) -> BTreeMap<Vec<String>, f64> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_records().map(Result::unwrap);
    rows.map(|row| {
        let key = [0, 3, 1, 4, 7].map(|column: usize| row[column].to_owned()).to_vec();
        (key, row[8].parse().unwrap())
    })
    .collect()
}

#[test]
fn with_members_there_is_an_ensemble_and_our_own_rows_stay_as_they_are() {
    let file = series(i64::MAX);
    let members = members(&file, i64::MAX);
    let rolling = Origins::Rolling { from: day(123), to: day(145), step_days: 11 };
    let models = [Model::Tidemark, Model::SeasonalNaive];
    let (alone, before) = run(&file, None, &request(rolling, &models));
    let (with, after) = run(&file, Some(&members), &request(rolling, &models));
    // Origins 123, 134 and 145 of two series.
    assert_eq!((before.forecasts, after.forecasts), (12, 18));
    assert_eq!((before.joined, after.joined), (0, 1));
    let is_ours = |line: &&str| !line.starts_with("ensemble,");
    assert_eq!(with.lines().filter(is_ours).collect::<Vec<_>>(), alone.lines().collect::<Vec<_>>());
    let found = values(&with);
    let of = |model: &str, series: &str, origin: i64| -> Vec<f64> {
        let (origin, of) = (day(origin).to_string(), |key: &str, wanted: &str| key == wanted);
        let rows = found.iter().filter(|(key, _)| of(&key[0], model) && of(&key[1], series) && of(&key[2], &origin));
        rows.map(|(_, value)| *value).collect()
    };
    // Members speak on day 123 of `a`, and neither on another day nor of `b`.
    for (series, origin) in [("a", 134), ("a", 145), ("b", 123), ("b", 145)] {
        assert_eq!(of("ensemble", series, origin), of("tidemark", series, origin), "{series} {origin}");
    }
    let (ensemble, ours) = (of("ensemble", "a", 123), of("tidemark", "a", 123));
    assert_eq!((ensemble.len(), ours.len()), (ROWS, ROWS));
    assert_ne!(ensemble, ours);
    // The poor member has been scored, and moves little: equal weights would add 0.05.
    let (mut moved, mut medians) = (0.0, 0);
    for (key, value) in &found {
        if key[0] == "ensemble" && key[1] == "a" && key[2] == day(123).to_string() && key[4] == "0.5" {
            let ahead: i64 = key[3].parse().unwrap();
            moved += value - self::value(123 + ahead);
            medians += 1;
        }
    }
    assert_eq!(medians, HORIZON);
    let moved = moved / f64::from(HORIZON);
    assert!(moved.abs() < 0.025, "{moved}");
}

#[test]
fn values_and_forecasts_after_the_origin_change_nothing() {
    let at = request(Origins::At(day(123)), &[Model::Tidemark]);
    let honest = series(i64::MAX);
    let (expected, summary) = run(&honest, Some(&members(&honest, i64::MAX)), &at);
    assert_eq!(summary.forecasts, 4);
    // What members said on the day is averaged, and stays; of what they said before, the days that had come are scored.
    let spoilt = series(124);
    assert_eq!(run(&spoilt, Some(&members(&spoilt, 123)), &at).0, expected);
    // From a day on which no member speaks, what they say next is not asked.
    let later = request(Origins::At(day(126)), &[Model::Tidemark]);
    let (expected, _) = run(&honest, Some(&members(&honest, i64::MAX)), &later);
    let spoilt = series(127);
    assert_eq!(run(&spoilt, Some(&members(&spoilt, 126)), &later).0, expected);
}

#[test]
fn the_ensemble_needs_no_rows_of_ours_and_goes_to_a_hub_as_well() {
    let file = series(i64::MAX);
    let members = members(&file, i64::MAX);
    let origins = Origins::At(day(123));
    let (both, _) = run(&file, Some(&members), &request(origins, &[Model::Tidemark]));
    let (alone, summary) = run(&file, Some(&members), &request(origins, &[Model::Drift]));
    assert_eq!(summary.forecasts, 4);
    let ensemble = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("ensemble,")).map(str::to_owned).collect()
    };
    let (with, without) = (ensemble(&both), ensemble(&alone));
    assert!(with == without && with.len() == 2 * ROWS && !alone.contains("\ntidemark,"));
    let mut models = Vec::new();
    let mut asked = request(origins, &[Model::Drift]);
    (asked.peak_week, asked.samples) = (true, 20);
    let inputs = Inputs { file: &file, members: Some(&members) };
    let take = |made: &tidemark_forecast::Made| {
        models.push(made.model);
        Ok(())
    };
    let hub = forecast_for_hub(inputs, &asked, take, &on).unwrap();
    assert_eq!(models, ["drift", "ensemble", "drift", "ensemble"]);
    assert!(hub.rows >= 4 * (14 * (23 + 20) + 1), "{}", hub.rows);
}

#[test]
fn a_back_test_with_members_that_was_stopped_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.csv");
    let file = series(i64::MAX);
    let members = members(&file, i64::MAX);
    let inputs = Inputs { file: &file, members: Some(&members) };
    let ask = request(Origins::Rolling { from: day(116), to: day(160), step_days: 1 }, &[Model::SeasonalNaive]);
    let (whole, expected) = run(&file, Some(&members), &ask);
    let halfway = |done: u64, _: u64| if done < 40 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    let mut journal = Journal::open(&output, inputs, &ask, "a build").unwrap();
    let stopped = forecast_resumably(inputs, &ask, &mut journal, &halfway);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    drop(journal);
    let mut journal = Journal::open(&output, inputs, &ask, "a build").unwrap();
    assert_eq!(journal.origins(), 32);
    assert_eq!(forecast_resumably(inputs, &ask, &mut journal, &on).unwrap(), expected);
    let mut resumed = Vec::new();
    journal.copy_to(&mut resumed).unwrap();
    assert!(resumed == whole.into_bytes());
}
