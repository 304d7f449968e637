//! Regions and all of them together, forecast so that they add up, as commands on files: from posts of few people to
//! samples that sum.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tidemark_e2e::Program;

const DAYS: usize = 90;
const POSTS_PER_DAY: usize = 300;
/// Each writes more than once on many a day.
const AUTHORS: usize = 300;
const MARKER: &str = "lexicon.mh.stress";
const SAMPLES: usize = 10;
const HORIZON: usize = 7;
/// Days whose mean share a region keeps.
const SHARE_DAYS: usize = 28;
/// Values are written with eight decimals.
const ROUNDING: f64 = 2e-8;

/// Rows of a CSV file, by the names of its columns.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect("a number")
}

/// Regions' mean parts of the people of the last days on which each has some to show.
fn shares(series: &[BTreeMap<String, String>]) -> BTreeMap<String, f64> {
    let its = |row: &&BTreeMap<String, String>| {
        row["marker"] == MARKER && row["language"] == "all" && row["region"] != "all" && !row["total"].is_empty()
    };
    let mut days: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for row in series.iter().filter(its) {
        days.entry(row["date"].clone()).or_default().insert(row["region"].clone(), number(row, "total"));
    }
    let regions = days.values().map(BTreeMap::len).max().expect("days");
    // A day on which a region is withheld counts among the last ones, and says nothing.
    let last: Vec<_> = days.into_values().rev().take(SHARE_DAYS).filter(|day| day.len() == regions).collect();
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for day in &last {
        let all: f64 = day.values().sum();
        for (region, people) in day {
            *shares.entry(region.clone()).or_default() += people / all / last.len() as f64;
        }
    }
    shares
}

#[test]
fn few_people_write_and_their_regions_add_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let path = |name: &str| at(name).display().to_string();
    let program = Program::find();
    let (days, posts_per_day, authors) = (DAYS.to_string(), POSTS_PER_DAY.to_string(), AUTHORS.to_string());
    let asked = ["simulate", "--seed", "41", "--days", &days, "--posts-per-day", &posts_per_day, "--authors", &authors];
    let _ = program.run(asked.into_iter().chain(["--output", &path("sim")])).succeeded();
    let posts = std::fs::read_to_string(at("sim/posts.ndjson")).expect("posts");
    let posts: Vec<serde_json::Value> = posts.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    let people = posts.iter().filter(|post| post["is_bot"] == false);
    let people: BTreeSet<&str> = people.filter_map(|post| post["author"].as_str()).collect();
    assert!((AUTHORS / 2..=AUTHORS).contains(&people.len()), "{} people", people.len());
    let truth: Vec<_> = rows(&at("sim/truth.csv")).into_iter().filter(|row| row["region"] == "all").collect();
    let wrote = truth.iter().map(|row| number(row, "n_authors")).sum::<f64>() / truth.len() as f64;
    assert!(wrote < 0.8 * POSTS_PER_DAY as f64 && wrote > 0.3 * AUTHORS as f64, "{wrote} people a day");

    let _ = program
        .run(["annotate", &path("sim/posts.ndjson"), "--output", &path("annotated.jsonl"), "--lexica-only"])
        .succeeded();
    let _ = program.run(["series", &path("annotated.jsonl"), "--output", &path("series.csv")]).succeeded();
    let series = rows(&at("series.csv"));
    let shares = shares(&series);
    assert_eq!(shares.len(), 4, "{shares:?}");

    // The marker alone: what a file of all of them costs is not asked here.
    let kept: Vec<_> = series.iter().filter(|row| row["marker"] == MARKER && row["language"] == "all").collect();
    let write = |name: &str, but: &str| {
        let line = |row: &BTreeMap<String, String>| {
            format!("{},{},{},{}\n", row["date"], row["series"], row["value"], row["total"])
        };
        let lines = kept.iter().copied().filter(|row| row["region"] != but).map(line).collect::<String>();
        std::fs::write(at(name), format!("date,series,value,total\n{lines}")).expect("written");
        path(name)
    };
    let whole = format!("all/all/{MARKER}");
    let horizon = HORIZON.to_string();
    let samples = SAMPLES.to_string();
    let forecast = |file: &str, named: &[&str]| {
        let output = path("forecast.csv");
        let asked = ["forecast", "--series", file, "--horizon", &horizon, "--models", "smoothing", "--output", &output];
        let how = ["--samples", &samples, "--coherent"];
        program.run(asked.into_iter().chain(how).chain(named.iter().copied()))
    };
    let _ = forecast(&write("stress.csv", ""), &[]).succeeded();
    // By series and day: samples in the order of the rows.
    let mut sampled: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for row in rows(&at("forecast.csv")).iter().filter(|row| row["output_type"] == "sample") {
        let place = (row["location"].clone(), row["target_end_date"].clone());
        sampled.entry(place).or_default().push(number(row, "value"));
    }
    assert_eq!(sampled.len(), 5 * HORIZON);
    for ((_, day), all) in sampled.iter().filter(|((series, _), _)| *series == whole) {
        assert_eq!(all.len(), SAMPLES);
        for (index, all) in all.iter().enumerate() {
            let part = |(region, share): (&String, &f64)| {
                share * sampled[&(format!("{region}/all/{MARKER}"), day.clone())][index]
            };
            let sum: f64 = shares.iter().map(part).sum();
            assert!((sum - all).abs() < ROUNDING, "{day}, sample {index}: {sum} and {all}");
        }
    }

    let lacking = write("lacking.csv", "US-CA");
    forecast(&lacking, &[]).failed(4, &[&format!("the series {whole} is not made up of its regions"), "units"]);
    forecast(&lacking, &["all/all/mh.joy"]).failed(4, &["no series of regions stand beside all/all/mh.joy"]);
    let nobody = ["simulate", "--seed", "1", "--days", "1", "--posts-per-day", "9", "--authors", "0", "--output", "x"];
    program.run(nobody).failed(2, &["--authors"]);
}
