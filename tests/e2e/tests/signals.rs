//! Signals and changepoints of a file of series, as a command.

use jiff::{ToSpan as _, civil::Date, civil::date};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tidemark_e2e::{Answer, Program};

const FIRST: Date = date(2023, 1, 1);
const DAYS: i64 = 300;
/// The place of the first day of five on which `north, rainy` is three times as high.
const RISES: i64 = 290;
/// The place of the day from which `moved` is higher by four in a hundred.
const MOVES: i64 = 150;

fn day(place: i64) -> Date {
    FIRST + place.days()
}

/// About fifty of a thousand a day in four series, one of which does not say of how many.
fn series() -> String {
    let mut text = "date,series,value,total\n".to_owned();
    for place in 0..DAYS {
        let k = 46 + place * 37 % 9;
        let risen = if (RISES..RISES + 5).contains(&place) { 3 * k } else { k };
        let moved = if place < MOVES { k } else { k + 40 };
        for (name, k, total) in
            [("quiet", k, "1000"), ("\"north, rainy\"", risen, "1000"), ("moved", moved, "1000"), ("untold", risen, "")]
        {
            writeln!(text, "{},{name},{},{total}", day(place), k as f64 / 1000.0).expect("a string takes it");
        }
    }
    text
}

fn rows(answer: &Answer) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(answer.stdout.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect("a number")
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).expect("written");
    path.display().to_string()
}

#[test]
fn what_stands_out_in_a_file_is_one_ranked_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let series = write(&folder.path().join("series.csv"), &series());
    let program = Program::find();
    let ask = |more: &[&str]| {
        let first = ["signals", "--series", &series, "--format", "csv"];
        program.run(first.into_iter().chain(more.iter().copied())).succeeded()
    };
    let answer = ask(&[]);
    let found = rows(&answer);
    let names: Vec<(&str, &str)> = found.iter().map(|row| (row["rank"].as_str(), row["series"].as_str())).collect();
    // Both are beyond doubt, and more people are above what was expected in a fortnight of a new level than in five days.
    assert_eq!(names, [("1", "moved"), ("2", "north, rainy")], "{}", answer.stdout);
    let first_days: Vec<&str> = found.iter().map(|row| row["first_day"].as_str()).collect();
    assert_eq!(first_days, [day(MOVES).to_string(), day(RISES).to_string()]);
    for row in &found {
        assert!(number(row, "value") > 1.3 * number(row, "expected") && number(row, "score") >= 5.0, "{row:?}");
        assert!(number(row, "q") <= 0.1 && row["detector"] == "scan", "{row:?}");
    }
    for words in ["found 2 signals in 3 of 4 series", "untold: no date has both a value and a `total`"] {
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }

    let only = |answer: &Answer| {
        let rows = rows(answer);
        assert_eq!(rows.len(), 1, "{}", answer.stdout);
        (rows[0]["rank"].clone(), rows[0]["series"].clone())
    };
    let one = |name: &str| ("1".to_owned(), name.to_owned());
    assert_eq!(only(&ask(&["--limit", "1"])), one("moved"));
    assert_eq!(only(&ask(&["--to", "2023-07-31"])), one("moved"));
    assert_eq!(only(&ask(&["--from", "2023-10-01", "--detector", "ears_c2,scan"])), one("north, rainy"));
    assert_eq!(rows(&ask(&["--to", "2023-04-30"])).len(), 0);

    // The same for people, and for programs.
    let table = program.run(["signals", "--series", &series]).succeeded().stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines.len() == 3 && lines[1].ends_with("moved") && lines[2].ends_with("north, rainy"), "{table}");
    let json = program.run(["signals", "--series", &series, "--format", "json"]).succeeded().stdout;
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(lines.len(), 2);
    let difference = lines[0]["score"].as_f64().map_or(f64::NAN, |score| score - number(&found[0], "score"));
    assert!(lines[0]["series"] == "moved" && difference.abs() < 0.006, "{json}");
}

#[test]
fn levels_that_changed_are_listed_the_surest_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let series = write(&folder.path().join("series.csv"), &series());
    let answer = Program::find().run(["signals", "--series", &series, "--changepoints", "--format", "csv"]).succeeded();
    let found = rows(&answer);
    let first = found.first().expect("a row");
    let moved: Date = first["first_day"].parse().expect("a date");
    assert!(first["rank"] == "1" && first["series"] == "moved", "{first:?}");
    assert!((moved - day(MOVES)).get_days().abs() <= 1, "{first:?}");
    assert!(
        (number(first, "before") - 0.05).abs() < 0.002 && (number(first, "after") - 0.09).abs() < 0.002,
        "{first:?}"
    );
    assert!(found.windows(2).all(|pair| number(&pair[0], "ratio") >= number(&pair[1], "ratio")), "{found:?}");
    assert!(found.iter().all(|row| row["series"] != "quiet"), "{found:?}");
}

#[test]
fn what_cannot_be_judged_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let program = Program::find();
    let untold = write(&at("untold.csv"), "date,series,value\n2024-01-01,a,0.1\n2024-01-02,a,0.2\n");
    program.run(["signals", "--series", &untold]).failed(4, &["no series can be judged; the first: a: ", "`total`"]);
    program.run(["signals", "--series", &untold, "--changepoints"]).failed(4, &["no series can be judged"]);
    let whole = write(&at("whole.csv"), &series());
    let long = ["signals", "--series", &whole, "--detector", "farrington_flexible"];
    program.run(long).failed(4, &["farrington_flexible needs"]);
    program
        .run(["signals", "--series", &whole, "--detector", "oracle"])
        .failed(2, &["oracle", "there are scan, ears_c1"]);
    let backwards = ["signals", "--series", &whole, "--from", "2023-05-01", "--to", "2023-04-01"];
    program.run(backwards).failed(4, &["--from 2023-05-01 lies after --to 2023-04-01"]);
    program.run(["signals", "--series", "missing.csv"]).failed(4, &["missing.csv"]);
}
