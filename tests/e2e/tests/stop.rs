//! Ctrl-C in the middle of a back-test: told at once, and nothing that was finished is lost.

#![allow(clippy::disallowed_methods)] // another process is polled for a condition, and a poll needs a pause

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tidemark_e2e::{Program, signal};

/// Work for some seconds, in many small steps.
fn backtest(program: &Program, folder: &Path) -> Command {
    let mut series = "date,series,value,total\n".to_owned();
    let first = jiff::civil::date(2023, 1, 1);
    for name in 0..20 {
        for (at, day) in first.series(jiff::Span::new().days(1)).take(400).enumerate() {
            let value = 0.2 + 0.05 * (at as f64 / 9.0 + f64::from(name)).sin();
            let _ = writeln!(series, "{day},s{name},{value:.6},500");
        }
    }
    std::fs::write(folder.join("series.csv"), series).expect("written");
    let mut command = program.command(["backtest", "--series", "series.csv", "--output", "out.csv"]);
    command.args(["--from", "2023-06-01", "--to", "2024-01-01", "--step", "1", "--horizon", "7"]);
    command.args(["--models", "seasonal_naive"]).current_dir(folder);
    command
}

#[test]
fn a_backtest_stops_where_nothing_is_torn_and_goes_on_from_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::find();
    let said = folder.path().join("said");
    let mut command = backtest(&program, folder.path());
    let mut child = command.stderr(File::create(&said).expect("created")).spawn().expect("the program starts");
    let started = Instant::now();
    // A line that says which run it is, and a mark: the first origins are done.
    let marks = || std::fs::read_to_string(folder.path().join("out.csv.resume.jsonl")).unwrap_or_default();
    while marks().lines().count() < 2 {
        assert!(started.elapsed() < Duration::from_secs(60), "no origin is done");
        std::thread::sleep(Duration::from_millis(5));
    }
    signal("-INT", &child.id().to_string());
    let status = child.wait().expect("a child of ours");
    let said = std::fs::read_to_string(said).expect("read");
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("stopping at the next series") && said.contains("the same command goes on"), "{said}");
    assert!(!folder.path().join("out.csv").exists());
    let answer = Program::run_command(backtest(&program, folder.path())).succeeded();
    assert!(answer.stderr.contains("origins of them before"), "{}", answer.stderr);
    assert!(!folder.path().join("out.csv.resume.jsonl").exists() && folder.path().join("out.csv").exists());
}
