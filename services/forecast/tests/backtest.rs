//! The file contract: rows as hubverse wants them, in a fixed order, from nothing but the past.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{ToSpan, civil::date};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_forecast::{Origins, Request, Summary, forecast_series, read_series};
use tidemark_surveillance::Model;

const ORIGIN_DAYS: usize = 120;

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
    Request { origins, horizon_days: 14, history_days: 1095, models: Model::ALL.to_vec() }
}

fn run(text: &str, request: &Request) -> (String, Summary) {
    let file = read_series(text.as_bytes(), std::io::sink()).unwrap();
    let mut out = Vec::new();
    let summary = forecast_series(&file, request, &mut out, &|_, _| {}).unwrap();
    (String::from_utf8(out).unwrap(), summary)
}

#[test]
fn a_back_test_writes_every_quantile_once_and_in_order() {
    let rolling = Origins::Rolling { from: date(2023, 4, 1), to: date(2023, 5, 20), step_days: 14 };
    let (text, summary) = run(&file(usize::MAX), &request(rolling));
    // Origins 1, 15 and 29 April and 13 May; the shorter series ends on 10 May.
    assert_eq!((summary.series, summary.forecasts, summary.skipped_outside), (2, 7 * 5, 1));
    assert_eq!(summary.rows, 7 * 5 * 14 * 23);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = "model_id,reference_date,location,horizon,target_end_date,output_type,output_type_id,value";
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), header);
    let mut cells: BTreeMap<Vec<String>, f64> = BTreeMap::new();
    let mut last: Option<(Vec<String>, f64)> = None;
    for row in reader.records().map(Result::unwrap) {
        let value: f64 = row[7].parse().unwrap();
        assert!((0.0..=1.0).contains(&value));
        let cell: Vec<String> = row.iter().take(5).map(str::to_owned).collect();
        if let Some((before, quantile)) = &last
            && *before == cell
        {
            assert!(*quantile <= value, "quantiles cross at {cell:?}");
        }
        let mut key = cell.clone();
        key.push(row[6].to_owned());
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
    assert_eq!(summary.forecasts, 2 * 5);
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
    };
    forecast_series(&file, &ask, std::io::sink(), &progress).unwrap();
    assert_eq!(furthest.into_inner(), 6);
    let refused = |ask: &Request| forecast_series(&file, ask, std::io::sink(), &|_, _| {}).unwrap_err().to_string();
    assert!(refused(&Request { horizon_days: 0, ..ask.clone() }).contains("1 to 365"));
    assert!(refused(&Request { models: vec![], ..ask.clone() }).contains("tidemark"));
    let backwards = Origins::Rolling { from: date(2023, 4, 2), to: date(2023, 4, 1), step_days: 7 };
    assert!(refused(&Request { origins: backwards, ..ask }).contains("later end"));
}
