//! Event studies and lagged correlations, as a command on files.

use jiff::{ToSpan as _, civil::Date, civil::date};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tidemark_e2e::Program;

const FIRST: Date = date(2023, 1, 1);
const DAYS: i64 = 450;
/// The place of the day on which `north` rises; `south` does not.
const RISES: i64 = 420;
/// Days by which `south` follows the calls.
const LAG: usize = 2;

/// Two series of shares and one of counts, the first with a step.
fn series() -> String {
    let mut state = 20_230_101_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let news: Vec<f64> = (0..DAYS as usize + LAG).map(|_| noise()).collect();
    let mut text = "date,series,value,total\n".to_owned();
    for day in 0..DAYS {
        let (place, step) = (day as usize, if day >= RISES { 0.1 } else { 0.0 });
        let north = 0.2 + 0.03 * noise() + step;
        let south = 0.3 + 0.03 * news[place] + 0.01 * noise();
        let calls = (200.0 + 100.0 * news[place + LAG]).round();
        let date = FIRST + day.days();
        for (name, value, total) in [("north", north, "500"), ("south", south, "400"), ("calls", calls, "")] {
            writeln!(text, "{date},{name},{value},{total}").expect("a string takes it");
        }
    }
    text
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).expect("written");
    path.display().to_string()
}

fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect("a number")
}

#[test]
fn a_planted_rise_and_a_planted_lag_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (whole, rises) = (series(), FIRST + RISES.days());
    let series = write(&at("series.csv"), &whole);
    let text = format!("date,end,name,series\n{rises},,\"floods, north\",\n2023-01-10,2023-01-11,too early,south\n");
    let events = write(&at("events.csv"), &text);
    let (studies, lags) = (at("studies.csv"), at("lags.csv"));
    let (out, out_lags) = (studies.display().to_string(), lags.display().to_string());
    let program = Program::find();
    let both = ["events", "--series", &series, "--events", &events, "--output", &out, "--with", "calls", "--lags"];
    let answer = program.run(both.into_iter().chain([out_lags.as_str()])).succeeded();
    assert!(answer.stderr.contains("studied 2 of 3 pairs of series and event"), "{}", answer.stderr);
    assert!(answer.stderr.contains("correlated 2 of 2 series with calls"), "{}", answer.stderr);

    let found = rows(&studies);
    let names: Vec<(&str, &str, &str)> =
        found.iter().map(|row| (row["series"].as_str(), row["event"].as_str(), row["status"].as_str())).collect();
    let expected =
        [("north", "floods, north", "ok"), ("south", "floods, north", "ok"), ("south", "too early", "begins_late")];
    assert_eq!(names, expected);
    assert!(number(&found[0], "lower") > 0.0 && number(&found[0], "p_value") <= 0.05, "{:?}", found[0]);
    assert!((number(&found[0], "difference") - 0.1).abs() < 0.05, "{:?}", found[0]);
    assert!(number(&found[1], "effect").abs() < 0.3, "{:?}", found[1]);
    assert!(found[2]["effect"].is_empty() && found[2]["reason"].contains("begins on 2023-01-01"), "{:?}", found[2]);

    let found = rows(&lags);
    assert_eq!(found.len(), 2 * 15);
    let best: Vec<_> = found.iter().filter(|row| row["is_best"] == "true").collect();
    assert_eq!((best[1]["series"].as_str(), best[1]["lag_days"].as_str()), ("south", "2"));
    assert!(number(best[1], "p_value") <= 0.05 && number(best[1], "lower") > 0.3, "{:?}", best[1]);

    // Days that come later change nothing of the answer.
    let lines: Vec<&str> = whole.lines().collect();
    let known = write(&at("known.csv"), &lines[..=3 * (RISES as usize + 14)].join("\n"));
    let (again, before) = (at("again.csv"), rows(&studies));
    let out = again.display().to_string();
    let arguments = ["events", "--series", &known, "--events", &events, "--output", &out, "--with", "calls", "--lags"];
    let _ = program.run(arguments.into_iter().chain(["-"])).succeeded();
    assert_eq!(rows(&again), before);

    // Shares that the others may follow are studied themselves, and do not follow themselves.
    let arguments = ["events", "--series", &series, "--events", &events, "--output", &out, "--with", "north", "--lags"];
    let answer = program.run(arguments.into_iter().chain(["-"])).succeeded();
    assert!(answer.stderr.contains("correlated 1 of 1 series with north"), "{}", answer.stderr);
    assert_eq!(rows(&again), before);
}

#[test]
fn faults_say_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let series = write(&at("series.csv"), "date,series,value\n2024-01-01,a,0.1\n2024-01-02,a,0.2\n");
    let program = Program::find();
    for (events, fault) in [
        ("date,name\nsoon,fair\n", "line 2: date is no date"),
        ("date,name\n", "holds no event"),
        ("date,name,series\n2024-01-02,fair,b\n", "names the series `b`"),
        (
            "date,name\n2024-01-02,fair\n",
            "no event could be studied; the first: a, fair: the series begins on 2024-01-01",
        ),
    ] {
        let file = write(&at("events.csv"), events);
        program.run(["events", "--series", &series, "--events", &file, "--output", "-"]).failed(4, &[fault]);
    }
    program.run(["events", "--series", &series, "--with", "b", "--lags", "-"]).failed(4, &["the series `b`"]);
    program.run(["events", "--series", &series, "--with", "a", "--lags", "-"]).failed(4, &["no series but `a`"]);
    program.run(["events", "--series", &series]).failed(2, &["--events"]);
    let file = write(&at("events.csv"), "date,name\n2024-01-02,fair\n");
    let short = ["events", "--series", &series, "--events", &file, "--output", "-", "--before", "13"];
    program.run(short).failed(2, &["14..=365"]);
}
