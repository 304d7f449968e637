//! Simulated truth, the whole way over files: `simulate`, `annotate`, `series`, and the numbers that come out beside
//! those that went in. Also: what was planted is seen where it belongs.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tidemark_e2e::statistics::{correlation, rmse};
use tidemark_e2e::{Platform, Program};

const DAYS: &str = "400";
const POSTS_PER_DAY: &str = "300";
const CORRELATION_AT_LEAST: f64 = 0.9;
/// Days before and after a planted event that say what is usual.
const AROUND_DAYS: i32 = 28;
/// A prevalence that an outage leaves alone stays this close to the true one, in standard errors: nine markers are looked
/// at in each outage.
const UNMOVED_BELOW_Z: f64 = 4.0;

/// Rows of a CSV file, by the names of its columns.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().expect("a date")
}

fn number(row: &BTreeMap<String, String>, column: &str) -> Option<f64> {
    row[column].parse().ok()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A value, and how many it stands on, by (marker, region) and day.
type Measured = BTreeMap<(String, String), BTreeMap<jiff::civil::Date, (f64, f64)>>;

#[test]
fn series_follow_what_was_written_into_the_texts() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let path = |name: &str| at(name).display().to_string();
    let program = Program::find();
    let simulate = ["simulate", "--seed", "31", "--days", DAYS, "--posts-per-day", POSTS_PER_DAY, "--output"];
    let _ = program.run(simulate.into_iter().chain([path("sim").as_str()])).succeeded();
    let (posts, annotated, series) = (path("sim/posts.ndjson"), path("annotated.jsonl"), path("series.csv"));
    let said = program.run(["annotate", &posts, "--output", &annotated, "--lexica-only"]).succeeded();
    println!("{}", said.stderr.trim());
    let said = program.run(["series", &annotated, "--output", &series]).succeeded();
    println!("{}", said.stderr.trim());

    let mut measured = Measured::new();
    for row in rows(&at("series.csv")).iter().filter(|row| row["language"] == "all") {
        let Some(marker) = row["marker"].strip_prefix("lexicon.") else { continue };
        if let (Some(value), Some(total)) = (number(row, "value"), number(row, "total")) {
            let one = measured.entry((marker.to_owned(), row["region"].clone())).or_default();
            assert!(one.insert(day(&row["date"]), (value, total)).is_none(), "one point a day");
        }
    }
    let mut pairs: BTreeMap<(String, String), Vec<(f64, f64)>> = BTreeMap::new();
    let (mut people_off, mut cells) = (0.0, 0.0);
    for row in rows(&at("sim/truth.csv")) {
        let key = (row["marker"].clone(), row["region"].clone());
        let Some(truth) = number(&row, "expressed") else { continue };
        // Where too few people wrote, the series is censored.
        let Some((value, total)) = measured.get(&key).and_then(|days| days.get(&day(&row["date"]))) else { continue };
        let people = number(&row, "n_authors").expect("a count");
        people_off += (total / people - 1.0).abs();
        cells += 1.0;
        pairs.entry(key).or_default().push((truth, *value));
    }
    assert!(people_off / cells < 0.03, "people counted are off by {:.1} %", 100.0 * people_off / cells);

    println!("marker region days correlation rmse");
    let mut faults = Vec::new();
    for ((marker, region), pairs) in &pairs {
        let (correlation, rmse) = (correlation(pairs), rmse(pairs));
        println!("{marker} {region} {} {correlation:.3} {rmse:.4}", pairs.len());
        if correlation < CORRELATION_AT_LEAST || pairs.len() < 380 {
            faults.push(format!("{marker} {region}: {} days, correlation {correlation:.3}", pairs.len()));
        }
    }
    assert_eq!(pairs.len(), 9 * 5, "nine markers in four regions and all");
    assert!(faults.is_empty(), "{faults:#?}");
    planted_surges_are_visible(&measured, &at("sim/events.csv"));
}

fn planted_surges_are_visible(measured: &Measured, events: &Path) {
    for event in rows(events).iter().filter(|event| event["kind"] == "surge") {
        let (first, last) = (day(&event["first_day"]), day(&event["last_day"]));
        let Some(days) = measured.get(&(event["marker"].clone(), event["region"].clone())) else {
            panic!("no series for {event:?}")
        };
        let quarter = (last - first).get_days() / 4;
        let inside =
            |date: &jiff::civil::Date| (*date - first).get_days() >= quarter && (last - *date).get_days() >= quarter;
        let before = |date: &jiff::civil::Date| *date < first && (first - *date).get_days() <= AROUND_DAYS;
        let of = |wanted: &dyn Fn(&jiff::civil::Date) -> bool| -> Vec<f64> {
            days.iter().filter(|(date, _)| wanted(date)).map(|(_, (value, _))| *value).collect()
        };
        let (inside, before) = (of(&inside), of(&before));
        let usual = mean(&before);
        let spread = (mean(&before.iter().map(|value| (value - usual).powi(2)).collect::<Vec<_>>())).sqrt();
        let z = (mean(&inside) - usual) / (spread / (inside.len() as f64).sqrt());
        println!("surge {} {} ratio {:.2} z {z:.1}", event["marker"], event["region"], mean(&inside) / usual);
        assert!(z > 3.0, "{event:?} does not stand out: z {z:.1}");
    }
}

#[test]
fn an_outage_shows_in_the_feed_health_and_not_in_the_prevalence() {
    const CONFIG: &str = "[annotate]\nlexica_only = true\n[aggregate]\nrefresh_interval_s = 2\n";
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("sim");
    let program = Program::find();
    let out = output.display().to_string();
    let _ = program
        .run(["simulate", "--seed", "33", "--days", "160", "--posts-per-day", "300", "--output", &out])
        .succeeded();
    let platform = Platform::start(&program, &folder.path().join("data"), CONFIG);
    platform.ingest(&output.join("posts.ndjson"), &[]);
    let outages: Vec<_> =
        rows(&output.join("events.csv")).into_iter().filter(|event| event["kind"] == "outage").collect();
    assert!(outages.len() >= 2);
    let latent: BTreeMap<_, _> = rows(&output.join("truth.csv"))
        .into_iter()
        .map(|row| {
            let prevalence = number(&row, "latent").expect("a share");
            ((row["marker"].clone(), row["region"].clone(), row["date"].clone()), prevalence)
        })
        .collect();
    let simulated: BTreeSet<_> = latent.keys().map(|(marker, ..)| marker.clone()).collect();
    let markers = simulated.iter().map(|marker| format!("'lexicon.{marker}'")).collect::<Vec<_>>().join(", ");
    for event in outages {
        let (region, first, last) = (&event["region"], &event["first_day"], &event["last_day"]);
        let health = platform.sql(&format!(
            "SELECT status FROM feed_health WHERE region = '{region}' AND day BETWEEN DATE '{first}' AND DATE '{last}'"
        ));
        assert!(!health.is_empty() && health.iter().all(|row| row["status"] == "low"), "{event:?}: {health:?}");
        let measured = platform.sql(&format!(
            "SELECT marker, period_end, k, n FROM series WHERE marker IN ({markers}) AND period = 'day' \
             AND language = 'all' AND region = '{region}' AND period_end BETWEEN DATE '{first}' AND DATE '{last}'"
        ));
        for marker in &simulated {
            // People with the marker, and how many there would be at the true prevalence of each of these days.
            let (mut found, mut expected, mut variance) = (0.0, 0.0, 0.0);
            for row in measured.iter().filter(|row| row["marker"] == format!("lexicon.{marker}")) {
                let (Some(k), Some(n)) = (row["k"].as_f64(), row["n"].as_f64()) else { continue };
                let date = row["period_end"].as_str().expect("a date").to_owned();
                let prevalence = latent[&(marker.clone(), region.clone(), date)];
                found += k;
                expected += n * prevalence;
                variance += n * prevalence * (1.0 - prevalence);
            }
            assert!(variance > 0.0, "{marker}: no day of {event:?} is shown");
            let z = (found - expected) / variance.sqrt();
            println!("outage {region} {first} {marker}: {found} people, {expected:.1} expected, z {z:.1}");
            assert!(z.abs() < UNMOVED_BELOW_Z, "{event:?}: {marker}");
        }
    }
    platform.stop();
}
