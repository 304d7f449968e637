//! Holidays and events as a calendar of forecasts, as commands on files.

use jiff::{ToSpan as _, civil::Date, civil::date};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tidemark_e2e::Program;

const FIRST: Date = date(2022, 1, 1);
const DAYS: i64 = 400;
/// Days between two fairs, on which `north` is higher; the last of them come after the series.
const FAIR_EVERY: i64 = 40;
const FAIRS: i64 = 11;

/// Whether a day is one on which there is a fair: the eleventh is day 405.
fn is_fair(day: i64) -> bool {
    day % FAIR_EVERY == 5
}

fn series() -> String {
    let mut state = 20_220_101_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut text = "date,series,value\n".to_owned();
    for day in 0..DAYS {
        let fair = if is_fair(day) { 0.1 } else { 0.0 };
        for (name, value) in [("north", 0.2 + fair + 0.02 * noise()), ("south", 0.3 + 0.02 * noise())] {
            writeln!(text, "{},{name},{value:.6}", FIRST + day.days()).expect("a string takes it");
        }
    }
    text
}

fn fairs() -> String {
    let mut text = "date,name,series\n".to_owned();
    for number in 0..FAIRS {
        let day = FIRST + (5 + FAIR_EVERY * number).days();
        writeln!(text, "{day},fair,").expect("a string takes it");
    }
    text
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).expect("written");
    path.display().to_string()
}

/// By model, series and days ahead.
type Medians = BTreeMap<(String, String, i64), f64>;

fn medians(path: &str) -> Medians {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    let median = |row: BTreeMap<String, String>| {
        let place = (row["model_id"].clone(), row["location"].clone(), row["horizon"].parse().expect("days"));
        (row["output_type_id"] == "0.5").then(|| (place, row["value"].parse().expect("a number")))
    };
    rows.filter_map(median).collect()
}

#[test]
fn a_fair_that_comes_again_is_foreseen_where_its_dates_are_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let series = write(&at("series.csv"), &series());
    let (calendar, nothing) = (write(&at("fairs.csv"), &fairs()), write(&at("nothing.csv"), "date,name\n"));
    let program = Program::find();
    let models = "seasonal_naive,calendar_regression";
    let forecast = |name: &str, calendar: &[&str]| {
        let output = at(name).display().to_string();
        let asked = ["forecast", "--series", &series, "--horizon", "9", "--models", models, "--output", &output];
        let answer = program.run(asked.into_iter().chain(calendar.iter().copied())).succeeded();
        (medians(&output), std::fs::read(&output).expect("read"), answer.stderr)
    };
    let (without, bytes, _) = forecast("without.csv", &[]);
    let (with, _, said) = forecast("with.csv", &["--calendar", &calendar]);
    assert!(said.contains("read 11 dates of 1 names"), "{said}");
    let of =
        |found: &Medians, model: &str, series: &str, ahead: i64| found[&(model.to_owned(), series.to_owned(), ahead)];
    // The origin is day 399: the fair of day 405 is six days ahead.
    for ahead in 1..=9 {
        let change = |model: &str, series: &str| of(&with, model, series, ahead) - of(&without, model, series, ahead);
        let expected = if ahead == 6 { 0.1 } else { 0.0 };
        let north = change("calendar_regression", "north");
        assert!((north - expected).abs() < 0.02, "{ahead} days ahead: {north}");
        assert!(change("calendar_regression", "south").abs() < 0.02);
        assert_eq!(change("seasonal_naive", "north"), 0.0, "who does not read it says the same");
    }
    assert!(forecast("empty.csv", &["--calendar", &nothing]).1 == bytes, "an empty calendar is none");

    let output = at("backtest.csv").display().to_string();
    let asked = ["backtest", "--series", &series, "--horizon", "9", "--models", models, "--output", &output];
    let when = ["--from", "2023-01-01", "--to", "2023-01-24", "--step", "7", "--calendar", &calendar];
    let answer = program.run(asked.into_iter().chain(when)).succeeded();
    assert!(answer.stderr.contains("made 16 forecasts of 2 series"), "{}", answer.stderr);
}

#[test]
fn a_calendar_that_cannot_be_right_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let series = write(&at("series.csv"), &series());
    let output = at("out.csv").display().to_string();
    let program = Program::find();
    let ask = |calendar: &str, models: &str| {
        let asked = ["forecast", "--series", &series, "--horizon", "9", "--models", models, "--output", &output];
        program.run(asked.into_iter().chain(["--calendar", calendar]))
    };
    let many: String = (0..65).map(|number| format!("2022-03-01,event {number}\n")).collect();
    let many = format!("date,name\n{many}");
    for (text, fault) in [
        ("date,name\n2022-06-10,fair\nsoon,fair\n", "calendar.csv, line 3: date is no date"),
        ("date,end,name\n2022-06-10,2022-06-09,fair\n", "calendar.csv, line 2: the event ends before it starts"),
        ("day,name\n2022-06-10,fair\n", "calendar.csv: the header has no column `start` or `date`"),
        ("date,name,series\n2022-06-10,fair,east\n", "the event `fair` names the series `east`"),
        (many.as_str(), "has 65 names for the days of north, more than 64"),
    ] {
        let file = write(&at("calendar.csv"), text);
        ask(&file, "calendar_regression").failed(4, &[fault]);
    }
    ask(&at("missing.csv").display().to_string(), "calendar_regression").failed(4, &["missing.csv"]);
    let fairs = write(&at("fairs.csv"), &fairs());
    ask(&fairs, "theta").failed(4, &["--calendar is read by `calendar_regression` alone"]);
    let twice = ["forecast", "--series", "-", "--horizon", "9", "--calendar", "-", "--output", &output];
    program.run(twice).failed(4, &["standard input can be read once"]);
    assert!(!Path::new(&output).exists());
}
