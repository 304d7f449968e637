//! The file contract: rows as hubverse wants them, in a fixed order, from nothing but the past.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{ToSpan, civil::date};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_forecast::evaluation::{Evaluation, Options};
use tidemark_forecast::{
    Error, ForecastFiles, Journal, Origins, Request, Summary, forecast_for_hub, forecast_resumably, forecast_series,
    read_series,
};
use tidemark_surveillance::Model;

const ORIGIN_DAYS: usize = 120;

/// Nobody stops the run.
fn on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Forecasts of each series and origin.
const EACH: u64 = Model::ALL.len() as u64;

/// Two series, the second shorter; beyond `garbage_after` days the values are of another world.
fn file(garbage_after: usize) -> String {
    let mut text = "date,series,value,n,total\n".to_owned();
    for (name, days) in [("b/anxiety", 200), ("a,anger", 130)] {
        for day in 0..days {
            let wave = 0.2 + 0.05 * (day as f64 / 9.0).sin() + if day % 7 > 4 { 0.02 } else { 0.0 };
            let value = if day < garbage_after { wave } else { (day % 2) as f64 };
            let date = date(2023, 1, 1).saturating_add((day as i64).days());
            let name = if name.contains(',') { format!("\"{name}\"") } else { name.to_owned() };
            writeln!(text, "{date},{name},{value:.6},{},500", (value * 500.0) as u64).unwrap();
        }
    }
    text
}

fn request(origins: Origins) -> Request {
    let models = Model::ALL.to_vec();
    Request { origins, horizon_days: 14, history_days: 1095, models, peak_week: false, samples: 0, coherent: None }
}

fn run(text: &str, request: &Request) -> (String, Summary) {
    let file = read_series(text.as_bytes(), std::io::sink()).unwrap();
    let mut out = Vec::new();
    let summary = forecast_series(&file, request, &mut out, &on).unwrap();
    (String::from_utf8(out).unwrap(), summary)
}

#[test]
fn a_back_test_writes_every_quantile_once_and_in_order() {
    let rolling = Origins::Rolling { from: date(2023, 4, 1), to: date(2023, 5, 20), step_days: 14 };
    let (text, summary) = run(&file(usize::MAX), &request(rolling));
    // Origins 1, 15 and 29 April and 13 May; the shorter series ends on 10 May.
    assert_eq!((summary.series, summary.forecasts, summary.skipped_outside), (2, 7 * EACH, 1));
    assert_eq!(summary.rows, 7 * EACH * 14 * 23);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = "model_id,reference_date,target,location,horizon,target_end_date,output_type,output_type_id,value";
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), header);
    let mut cells: BTreeMap<Vec<String>, f64> = BTreeMap::new();
    let mut last: Option<(Vec<String>, f64)> = None;
    for row in reader.records().map(Result::unwrap) {
        let value: f64 = row[8].parse().unwrap();
        assert!((0.0..=1.0).contains(&value));
        let cell: Vec<String> = row.iter().take(6).map(str::to_owned).collect();
        if let Some((before, quantile)) = &last
            && *before == cell
        {
            assert!(*quantile <= value, "quantiles cross at {cell:?}");
        }
        let mut key = cell.clone();
        key.push(row[7].to_owned());
        assert!(cells.insert(key, value).is_none());
        last = Some((cell, value));
    }
    assert_eq!(cells.len() as u64, summary.rows);
    assert_eq!(run(&file(usize::MAX), &request(rolling)).0, text, "the same input gives the same bytes");
}

#[test]
fn values_after_the_origin_change_nothing() {
    let origin = date(2023, 1, 1).saturating_add((ORIGIN_DAYS as i64 - 1).days());
    let at = request(Origins::At(origin));
    let (honest, summary) = run(&file(usize::MAX), &at);
    assert_eq!(summary.forecasts, 2 * EACH);
    assert_eq!(run(&file(ORIGIN_DAYS), &at).0, honest);
}

#[test]
fn history_caps_what_is_seen() {
    let at = request(Origins::Last);
    let (long, _) = run(&file(usize::MAX), &at);
    let (short, summary) = run(&file(usize::MAX), &Request { history_days: 40, ..at.clone() });
    assert!(summary.forecasts > 0 && long != short);
    let (_, tiny) = run(&file(usize::MAX), &Request { history_days: 5, ..at });
    assert_eq!((tiny.forecasts, tiny.skipped_too_short), (0, 2));
}

#[test]
fn progress_ends_at_the_end_and_requests_without_meaning_are_refused() {
    let file = read_series(file(usize::MAX).as_bytes(), std::io::sink()).unwrap();
    let furthest = AtomicU64::new(0);
    let mut ask = request(Origins::Rolling { from: date(2023, 4, 1), to: date(2023, 4, 15), step_days: 7 });
    ask.models = vec![Model::SeasonalNaive];
    let progress = |done, total| {
        assert_eq!(total, 6);
        furthest.fetch_max(done, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    forecast_series(&file, &ask, std::io::sink(), &progress).unwrap();
    assert_eq!(furthest.into_inner(), 6);
    let refused = |ask: &Request| forecast_series(&file, ask, std::io::sink(), &on).unwrap_err().to_string();
    assert!(refused(&Request { horizon_days: 0, ..ask.clone() }).contains("1 to 365"));
    assert!(refused(&Request { models: vec![], ..ask.clone() }).contains("tidemark"));
    let backwards = Origins::Rolling { from: date(2023, 4, 2), to: date(2023, 4, 1), step_days: 7 };
    assert!(refused(&Request { origins: backwards, ..ask }).contains("later end"));
}

#[test]
fn a_back_test_that_was_stopped_goes_on_and_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.csv");
    let series = read_series(file(usize::MAX).as_bytes(), std::io::sink()).unwrap();
    let mut ask = request(Origins::Rolling { from: date(2023, 3, 1), to: date(2023, 5, 20), step_days: 1 });
    ask.models = vec![Model::SeasonalNaive];
    let mut whole = Vec::new();
    let expected = forecast_series(&series, &ask, &mut whole, &on).unwrap();
    let open = || Journal::open(&output, &series, &ask, "a build").unwrap();
    // Stopped within the second chunk of origins: the first is kept, as after a kill.
    let halfway = |done: u64, _: u64| if done < 40 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    let stopped = forecast_resumably(&series, &ask, &mut open(), &halfway);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    let mut journal = open();
    assert_eq!(journal.origins(), 32);
    let first = AtomicU64::new(u64::MAX);
    let progress = |done, _| {
        first.fetch_min(done, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let summary = forecast_resumably(&series, &ask, &mut journal, &progress).unwrap();
    assert_eq!((summary, first.into_inner()), (expected, 33), "finished origins are not made again");
    let mut resumed = Vec::new();
    journal.copy_to(&mut resumed).unwrap();
    assert!(resumed == whole);
    journal.remove().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_a_hub_is_given_is_scored_like_what_we_keep() {
    let series = read_series(file(usize::MAX).as_bytes(), std::io::sink()).unwrap();
    let mut ask = request(Origins::At(date(2023, 4, 20)));
    (ask.peak_week, ask.samples) = (true, 50);
    let mut table = Vec::new();
    let summary = forecast_series(&series, &ask, &mut table, &on).unwrap();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let header = format!("{}\n", tidemark_forecast::hubverse::HUB_HEADER);
    let hub = forecast_for_hub(
        &series,
        &ask,
        |made| {
            let name = tidemark_forecast::hubverse::file_name(made.origin, "us", made.model);
            files.entry(name).or_insert_with(|| header.clone().into_bytes()).extend(&made.rows);
            Ok(())
        },
        &on,
    );
    assert_eq!((hub.unwrap(), files.len()), (summary, Model::ALL.len()));
    // A sample's number is one course of one series: the same on each of its days, and no other series'.
    let mut courses: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for row in csv::Reader::from_reader(&files["us-tidemark/2023-04-20-us-tidemark.csv"][..]).records() {
        let row = row.unwrap();
        if &row[5] == "sample" {
            *courses.entry(row[6].to_owned()).or_default().entry(row[2].to_owned()).or_default() += 1;
        }
    }
    assert_eq!(courses.len(), 2 * 50);
    assert!(courses.values().all(|days| days.values().copied().eq([14_usize])), "{courses:?}");
    // 20 April 2023 is a Thursday: fourteen days touch three epiweeks.
    assert_eq!(summary.rows, 2 * EACH * (14 * (23 + 50) + 3));
    let truth: BTreeMap<_, _> = series.series.iter().map(|(name, history)| (name.clone(), history.into())).collect();
    let score = |files: &BTreeMap<String, Vec<u8>>| {
        let mut evaluation = Evaluation::new(&truth, Options::default());
        let mut reading = ForecastFiles::new(&mut evaluation);
        for (name, text) in files {
            reading.read(name, &text[..], |_| {}).unwrap();
        }
        evaluation.report()
    };
    let (ours, theirs) = (score(&[("ours.csv".to_owned(), table)].into()), score(&files));
    for model in Model::ALL {
        let (ours, theirs) = (&ours[model.id()], &theirs[&format!("us-{model}")]);
        assert_eq!((ours, ours.scores.forecasts, ours.scores.sampled), (theirs, 28, 28));
        assert_eq!(ours.peak_week.as_ref().unwrap().forecasts, 2);
        assert!(ours.scores.crps.unwrap() < 0.2 && ours.scores.crossing == Some(0.0));
    }
}

/// A survey of 120 Thursdays, from 6 January 2022 to 18 April 2024.
fn survey() -> String {
    let mut text = "date,series,value\n".to_owned();
    for week in 0..120_i64 {
        let date = date(2022, 1, 6).saturating_add((7 * week).days());
        let value = 0.2 + 0.05 * (week as f64 / 9.0).sin() + 0.001 * (week * 37 % 11) as f64;
        writeln!(text, "{date},uk/happy,{value:.4}").unwrap();
    }
    text
}

#[test]
fn a_weekly_series_is_forecast_on_its_own_days_and_scored() {
    let rolling = Origins::Rolling { from: date(2023, 7, 6), to: date(2024, 4, 4), step_days: 28 };
    let ask = Request { peak_week: true, samples: 3, ..request(rolling) };
    let (text, summary) = run(&survey(), &ask);
    // Ten origins; MSTL wants weekdays, and the highest day of a week is not known.
    assert_eq!(
        (summary.forecasts, summary.skipped_unfit, summary.rows),
        (10 * (EACH - 1), 10, summary.forecasts * 2 * 26)
    );
    for row in csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap) {
        let [origin, target] = [&row[1], &row[5]].map(|day| day.parse::<jiff::civil::Date>().unwrap());
        let ahead: i64 = row[4].parse().unwrap();
        assert!(target == origin.saturating_add(ahead.days()) && [7, 14].contains(&ahead), "{row:?}");
    }
    let series = read_series(survey().as_bytes(), std::io::sink()).unwrap();
    let truth: BTreeMap<_, _> = series.series.iter().map(|(name, history)| (name.clone(), history.into())).collect();
    let mut evaluation = Evaluation::new(&truth, Options::default());
    ForecastFiles::new(&mut evaluation).read("weekly.csv", text.as_bytes(), |_| {}).unwrap();
    let report = evaluation.report();
    assert_eq!(report.len() as u64, EACH - 1);
    for (model, report) in &report {
        let scores = &report.scores;
        assert_eq!((scores.forecasts, scores.unmatched, scores.without_yardstick), (20, 0, 0), "{model}");
        assert_eq!(report.by_horizon.keys().copied().collect::<Vec<_>>(), [7, 14], "{model}");
    }
    let ours = report["tidemark"].scores.relative_wis.unwrap();
    assert!(ours < 1.5, "{ours}");
}

#[test]
fn between_two_days_of_a_weekly_series_the_next_ones_are_forecast() {
    // A Sunday.
    let sunday = Request { models: vec![Model::Statistical], ..request(Origins::At(date(2024, 4, 7))) };
    let (text, summary) = run(&survey(), &sunday);
    assert_eq!((summary.forecasts, summary.rows), (1, 2 * 23));
    let rows: Vec<_> = csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!([&rows[0][4], &rows[0][5]], ["4", "2024-04-11"]);
    assert_eq!([&rows[45][4], &rows[45][5]], ["11", "2024-04-18"]);
    let (_, soon) = run(&survey(), &Request { horizon_days: 3, ..sunday });
    assert_eq!((soon.forecasts, soon.skipped_between, soon.skipped_too_short), (0, 1, 0));
}
