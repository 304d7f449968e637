//! Back-tests and their scores, as commands: the figures are those of a second computation written here, a run that was
//! killed goes on, a hub's files are read back, and files that cannot be right are refused by line.

#![allow(clippy::disallowed_methods)] // another process is polled for a condition, and a poll needs a pause

use jiff::{ToSpan as _, civil::Date, civil::date};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tidemark_e2e::Program;

const FIRST: Date = date(2022, 1, 1);
const DAYS: i64 = 500;
const CLOSE: f64 = 1e-9;

/// Values by series and day.
type Truth = BTreeMap<String, HashMap<Date, f64>>;

/// Three simulated prevalences: a weekly rhythm, shocks that fade, a surge, and gaps.
fn simulated() -> Truth {
    let mut state = 20_220_101_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut truth = Truth::new();
    for (name, base) in [("calm", 0.05), ("north, rainy", 0.2), ("surging", 0.1)] {
        let mut shock = 0.0;
        for day in 0..DAYS {
            shock = 0.8 * shock + 0.1 * base * (uniform() - 0.5);
            let weekend = if day % 7 > 4 { 1.1 } else { 1.0 };
            let surge = if name == "surging" && (380..400).contains(&day) { 1.8 } else { 1.0 };
            let value = ((base * weekend + shock) * surge * 1e6).round() / 1e6;
            if uniform() > 0.04 {
                truth.entry(name.to_owned()).or_default().insert(FIRST + day.days(), value);
            }
        }
    }
    truth
}

fn write_series(truth: &Truth, path: &Path) {
    let mut text = "date,series,value\n".to_owned();
    for (name, days) in truth {
        let mut days: Vec<_> = days.iter().collect();
        days.sort_by_key(|(day, _)| **day);
        for (day, value) in days {
            writeln!(text, "{day},\"{name}\",{value}").expect("a string takes it");
        }
    }
    std::fs::write(path, text).expect("written");
}

/// Quantiles by level, by (model, series, origin, horizon).
type Forecasts = BTreeMap<(String, String, Date, i64), Vec<(f64, f64)>>;

fn forecasts(path: &Path) -> Forecasts {
    let mut found = Forecasts::new();
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    for row in reader.deserialize::<BTreeMap<String, String>>().map(|row| row.expect("a row")) {
        if row["output_type"] == "quantile" {
            let number = |column: &str| row[column].parse::<f64>().expect("a number");
            let origin = row["reference_date"].parse().expect("a date");
            let key = (row["model_id"].clone(), row["location"].clone(), origin, number("horizon") as i64);
            found.entry(key).or_default().push((number("output_type_id"), number("value")));
        }
    }
    found
}

/// The interval form of WIS: the mean of interval scores and half the median's error, by alpha.
fn interval_wis(quantiles: &[(f64, f64)], value: f64) -> f64 {
    let half = quantiles.len() / 2;
    let intervals = (0..half).map(|k| {
        let (alpha, low, high) = (2.0 * quantiles[k].0, quantiles[k].1, quantiles[quantiles.len() - 1 - k].1);
        let outside = if value < low { low - value } else { (value - high).max(0.0) };
        alpha / 2.0 * (high - low + 2.0 / alpha * outside)
    });
    (intervals.sum::<f64>() + 0.5 * (value - quantiles[half].1).abs()) / (half as f64 + 0.5)
}

fn quantile(sorted: &[f64], level: f64) -> f64 {
    let at = level * (sorted.len() - 1) as f64;
    let (low, share) = (at.floor() as usize, at.fract());
    sorted[low] * (1.0 - share) + sorted[(low + 1).min(sorted.len() - 1)] * share
}

/// The seasonal-naive forecast and the quantiles of its past misses, from the last 364 values.
fn seasonal_naive(values: &HashMap<Date, f64>, origin: Date, ahead: i64, levels: &[f64]) -> Option<Vec<(f64, f64)>> {
    let back = 7 * ((ahead + 6) / 7);
    let point = values.get(&(origin + (ahead - back).days()))?;
    let mut known: Vec<&Date> = values.keys().filter(|day| **day <= origin).collect();
    known.sort();
    let known = &known[known.len().saturating_sub(364)..];
    let change = |day: &&Date| Some(values[*day] - values.get(&(**day - back.days()))?);
    let mut misses: Vec<f64> = known.iter().filter_map(change).collect();
    misses.sort_by(f64::total_cmp);
    (misses.len() >= 2).then(|| levels.iter().map(|level| (*level, point + quantile(&misses, *level))).collect())
}

fn mase_scale(values: &HashMap<Date, f64>, origin: Date) -> f64 {
    let known = values.iter().filter(|(day, _)| **day <= origin);
    let changes: Vec<f64> =
        known.filter_map(|(day, now)| Some((now - values.get(&(*day - 7.days()))?).abs())).collect();
    changes.iter().sum::<f64>() / changes.len() as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What `tidemark score` should say of each model: (name of the figure, value).
fn expected(truth: &Truth, forecasts: &Forecasts) -> BTreeMap<String, BTreeMap<&'static str, f64>> {
    let models: std::collections::BTreeSet<&String> = forecasts.keys().map(|(model, ..)| model).collect();
    let of_model = |model: &String| {
        let (mut wis, mut mase, mut sums) = (vec![], vec![], BTreeMap::<&String, (f64, f64)>::new());
        let (mut covered, mut unmatched) = ([vec![], vec![], vec![]], 0.0);
        for ((_, series, origin, ahead), quantiles) in forecasts.iter().filter(|((other, ..), _)| other == model) {
            let values = &truth[series];
            let Some(value) = values.get(&(*origin + ahead.days())) else {
                unmatched += 1.0;
                continue;
            };
            let levels: Vec<f64> = quantiles.iter().map(|(level, _)| *level).collect();
            let Some(naive) = seasonal_naive(values, *origin, *ahead, &levels) else { continue };
            let (own, other) = (interval_wis(quantiles, *value), interval_wis(&naive, *value));
            wis.push(own);
            let sum = sums.entry(series).or_default();
            *sum = (sum.0 + own, sum.1 + other);
            mase.push((quantiles[11].1 - value).abs() / mase_scale(values, *origin));
            for (covered, (low, high)) in covered.iter_mut().zip([(6, 16), (3, 19), (1, 21)]) {
                let inside = quantiles[low].1 <= *value && *value <= quantiles[high].1;
                covered.push(f64::from(u8::from(inside)));
            }
        }
        let logs: Vec<f64> = sums.values().map(|(own, other)| (own / other).ln()).collect();
        let figures = [
            ("unmatched", unmatched),
            ("wis", mean(&wis)),
            ("relative_wis", mean(&logs).exp()),
            ("mase", mean(&mase)),
            ("coverage_50", mean(&covered[0])),
            ("coverage_80", mean(&covered[1])),
            ("coverage_95", mean(&covered[2])),
            ("outside_0_1", 0.0),
            ("crossing", 0.0),
        ];
        (model.clone(), figures.into())
    };
    models.into_iter().map(of_model).collect()
}

/// `tidemark backtest` of all models but the slowest.
fn backtest<'a>(series: &'a str, output: &'a str, step: &'a str) -> Vec<&'a str> {
    let models = "tidemark,seasonal_naive,smoothing";
    let rest = ["--to", "2023-05-10", "--step", step, "--horizon", "9", "--peak-week", "--samples", "20"];
    let first = ["backtest", "--series", series, "--output", output, "--models", models, "--from", "2022-06-01"];
    first.into_iter().chain(rest).collect()
}

#[test]
fn scores_of_a_back_test_are_those_of_a_second_computation() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (series, output) = (path("series.csv"), path("backtest.csv"));
    let truth = simulated();
    write_series(&truth, Path::new(&series));
    let program = Program::find();
    let _ = program.run(backtest(&series, &output, "11")).succeeded();
    let ask =
        ["score", "--truth", &series, "--forecasts", &output, "--threshold", "q0.8/182", "--baseline", "smoothing"];
    let answer = program.run(ask.into_iter().chain(["--json"])).succeeded();
    let scores: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    let forecasts = forecasts(Path::new(&output));
    let expected = expected(&truth, &forecasts);
    assert_eq!(expected.len(), 3);
    for (model, figures) in &expected {
        for (figure, expected) in figures {
            let found = scores["models"][model][figure].as_f64().unwrap_or(f64::NAN);
            assert!((found - expected).abs() < CLOSE, "{model} {figure}: {found}, expected {expected}");
        }
    }
    for (name, model) in scores["models"].as_object().expect("an object") {
        let figure = |figure: &str| model[figure].as_f64().unwrap_or(f64::NAN);
        let parts = figure("dispersion") + figure("underprediction") + figure("overprediction");
        assert!((parts - figure("wis")).abs() < CLOSE, "{name}: {model}");
        assert!(figure("crps") > 0.0 && figure("crps") < 0.1 && figure("brier") < 0.25, "{name}: {model}");
        let pit: f64 = model["pit"].as_array().expect("a list").iter().filter_map(Value::as_f64).sum();
        assert!((pit - 1.0).abs() < CLOSE);
        assert_eq!(model["by_horizon"].as_object().map(serde_json::Map::len), Some(9));
        assert_eq!(model["by_series"].as_object().map(serde_json::Map::len), Some(3));
        assert!(model["peak_week"]["forecasts"].as_u64() > Some(50), "{}", model["peak_week"]);
        assert!(model["exceedance"]["peaks"]["high"].as_u64() > Some(50), "{}", model["exceedance"]);
        // Every day of Brier's score stands in one bin, and so does every one that exceeded.
        let bins = model["exceedance"]["reliability"].as_array().expect("a list");
        let sum = |of: &dyn Fn(&Value) -> Option<f64>| bins.iter().filter_map(of).sum::<f64>();
        let days = sum(&|bin: &Value| bin["forecasts"].as_f64());
        let exceeded = sum(&|bin: &Value| Some(bin["forecasts"].as_f64()? * bin["happened"].as_f64()?));
        assert_eq!(Some(days), model["exceedance"]["forecasts"].as_f64());
        assert!((exceeded - model["exceedance"]["peaks"]["high"].as_f64().expect("a count")).abs() < 1e-6);
    }
    let relative = |model: &str| scores["models"][model]["relative_wis_to_baseline"].as_f64().unwrap_or(f64::NAN);
    assert!((relative("smoothing") - 1.0).abs() < CLOSE && relative("seasonal_naive") > 1.0);
    // People read a table of the same numbers, and hear what was left out.
    let table = program.run(ask).succeeded();
    let wis = format!("{:.5}", expected["tidemark"]["wis"]);
    assert!(table.stdout.contains(&wis) && table.stderr.contains("does not have"), "{}{}", table.stdout, table.stderr);
    let (_, reliability) = table.stdout.split_once("P(exceed)").expect("a reliability table");
    let rows: Vec<Vec<&str>> = reliability
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<&str>>())
        .filter(|row| row[0] == "tidemark")
        .collect();
    let bins = scores["models"]["tidemark"]["exceedance"]["reliability"].as_array().expect("a list");
    assert_eq!(rows.len(), bins.len());
    for (row, bin) in rows.iter().zip(bins) {
        let shown = format!("{:.3}", bin["happened"].as_f64().expect("a share"));
        assert_eq!((row[2], row[4]), (bin["forecasts"].to_string().as_str(), shown.as_str()), "{row:?}");
    }
}

#[test]
fn a_back_test_that_was_killed_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let series = path("series.csv");
    write_series(&simulated(), Path::new(&series));
    let program = Program::find();
    let (whole, killed) = (path("whole.csv.gz"), path("killed.csv.gz"));
    let _ = program.run(backtest(&series, &whole, "2")).succeeded();
    let mut child = program.command(backtest(&series, &killed, "2")).spawn().expect("the program starts");
    let journal = format!("{killed}.resume.jsonl");
    let started = Instant::now();
    // The run's name, and the marks of two chunks of origins.
    while std::fs::read_to_string(&journal).unwrap_or_default().lines().count() < 3 {
        assert!(started.elapsed() < Duration::from_secs(120), "nothing is finished");
        assert!(child.try_wait().expect("a child of ours").is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    let _ = child.wait();
    assert!(!Path::new(&killed).exists());
    let again = program.run(backtest(&series, &killed, "2")).succeeded();
    assert!(again.stderr.contains("going on where an earlier run stopped"), "{}", again.stderr);
    let read = |path: &str| std::fs::read(path).expect("read");
    assert!(read(&whole) == read(&killed), "the same bytes");
    let _ = program.run(["score", "--truth", &series, "--forecasts", &whole]).succeeded();
    let left = std::fs::read_dir(folder.path()).expect("listed").count();
    assert_eq!(left, 3, "the series, and two outputs");
}

#[test]
fn a_hubs_files_are_read_back_and_files_that_cannot_be_right_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (series, hub) = (path("series.csv"), path("hub"));
    write_series(&simulated(), Path::new(&series));
    let program = Program::find();
    let first = ["forecast", "--series", &series, "--horizon", "9", "--origin", "2023-03-01", "--models", "smoothing"];
    let rest = ["--peak-week", "--samples", "20", "--hub-dir", &hub, "--team", "us"];
    let _ = program.run(first.into_iter().chain(rest)).succeeded();
    let file = format!("{hub}/us-smoothing/2023-03-01-us-smoothing.csv");
    let score = |truth: &str, file: &str| program.run(["score", "--truth", truth, "--forecasts", file, "--json"]);
    let scores: Value = serde_json::from_str(&score(&series, &file).succeeded().stdout).expect("JSON");
    let model = &scores["models"]["us-smoothing"];
    assert_eq!((model["series"].as_u64(), model["peak_week"]["forecasts"].as_u64()), (Some(3), Some(3)), "{model}");

    let text = std::fs::read_to_string(&file).expect("read");
    let with = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
        path(name)
    };
    let spoilt = with("2023-03-01-us-spoilt.csv", &text.replacen(",0.05,", ",half,", 1));
    score(&series, &spoilt).failed(4, &["2023-03-01-us-spoilt.csv, line 4: `output_type_id`"]);
    let other_day = with("2023-03-02-us-other.csv", &text);
    score(&series, &other_day).failed(4, &["line 2", "the file's name says 2023-03-02"]);
    let nameless = with("nameless.csv", &text);
    score(&series, &nameless).failed(4, &["nameless.csv, line 1", "model_id"]);
    let truth = with("truth.csv", "date,series,value\n2023-03-02,calm,0.1\n2023-03-03,calm,much\n");
    score(&truth, &file).failed(4, &["truth.csv, line 3: `value` is not a number"]);
    let elsewhere = with("elsewhere.csv", "date,series,value\n2023-03-02,elsewhere,0.1\n");
    score(&elsewhere, &file).failed(4, &["no forecast has its truth", "`elsewhere`"]);
    score(&series, &path("missing.csv")).failed(4, &["missing.csv"]);
    let twice = program.run(["score", "--truth", &series, "--forecasts", &file, &file]);
    twice.failed(4, &["line 2: this forecast was read before"]);
}

#[test]
fn other_teams_forecasts_are_averaged_with_ours_and_scored_beside_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (series, hub, output) = (path("series.csv"), path("hub"), path("out.csv"));
    write_series(&simulated(), Path::new(&series));
    let program = Program::find();
    for origin in ["2023-02-01", "2023-03-01"] {
        let asked = ["forecast", "--series", &series, "--horizon", "9", "--origin", origin, "--models", "smoothing"];
        let _ = program.run(asked.into_iter().chain(["--hub-dir", &hub, "--team", "us"])).succeeded();
    }
    let file = |day: &str| format!("{hub}/us-smoothing/{day}-us-smoothing.csv");
    let with = |members: &[&str]| {
        let asked = ["backtest", "--series", &series, "--output", &output, "--models", "tidemark", "--horizon", "9"];
        let when = ["--from", "2023-02-01", "--to", "2023-03-01", "--step", "28", "--members"];
        program.run(asked.into_iter().chain(when).chain(members.iter().copied()))
    };
    let (before, now) = (file("2023-02-01"), file("2023-03-01"));
    let answer = with(&[&before, &now]).succeeded();
    for words in ["made 12 forecasts of 3 series", "read 6 forecasts by us-smoothing; they speak in 6 ensembles"] {
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }
    let scored = program.run(["score", "--truth", &series, "--forecasts", &output, "--json"]).succeeded();
    let scores: Value = serde_json::from_str(&scored.stdout).expect("JSON");
    let wis = |model: &str| scores["models"][model]["wis"].as_f64().unwrap_or(f64::NAN);
    assert!(wis("ensemble") > 0.0 && wis("tidemark") > 0.0 && wis("ensemble") != wis("tidemark"), "{scores}");

    let text = std::fs::read_to_string(&now).expect("read");
    let changed = |name: &str, text: String| {
        std::fs::write(folder.path().join(name), text).expect("written");
        path(name)
    };
    let lines = |count: usize| text.lines().take(count).fold(String::new(), |all, line| all + line + "\n");
    let elsewhere = changed("2023-03-01-us-x.csv", lines(24).replace(",calm,", ",elsewhere,"));
    with(&[&elsewhere]).failed(4, &["a location must be the name of a series, like `calm`"]);
    let few = changed("2023-03-01-us-few.csv", lines(4));
    with(&[&few]).failed(4, &["2023-03-01-us-few.csv, line 2: 3 quantiles say too little"]);

    // Who spoke from other days than ours is no member of today's ensemble, and that is said.
    let today = ["forecast", "--series", &series, "--horizon", "9", "--models", "drift", "--members", &before];
    let apart = program.run(today.into_iter().chain(["--output", &output])).succeeded();
    assert!(apart.stderr.contains("`ensemble` is `tidemark` alone"), "{}", apart.stderr);
    let own = program.run(today.into_iter().chain(["--hub-dir", &hub, "--team", "us"]));
    own.failed(4, &["`us-smoothing` among --members is a forecast of --team"]);
    let twice = ["forecast", "--series", "-", "--horizon", "9", "--members", "-", "--output", &output];
    program.run(twice).failed(4, &["standard input can be read once"]);
}
