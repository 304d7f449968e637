//! The program as a command: run it, give it a deadline, take what it said.

use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A command that takes longer has hung.
const DEADLINE: Duration = Duration::from_secs(240);
/// Time between two looks at a process.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The built program.
#[derive(Debug, Clone)]
pub struct Program(PathBuf);

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Program {
    /// Finds the program beside the test that asks: `target/debug/deps/test` and `target/debug/tidemark`.
    ///
    /// # Panics
    /// If it has not been built.
    #[must_use]
    pub fn find() -> Self {
        let path = std::env::var_os("TIDEMARK_BIN").map_or_else(
            || {
                let test = std::env::current_exe().expect("a test is a file");
                test.ancestors().nth(2).expect("target/debug").join("tidemark")
            },
            PathBuf::from,
        );
        let path = path.canonicalize().unwrap_or(path);
        assert!(path.is_file(), "{} is missing: run `cargo build --bin tidemark` first", path.display());
        Self(path)
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A command of it, with an environment that the machine's own settings do not reach.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.0);
        command.args(arguments).env_remove("TIDEMARK_DATA").env_remove("TIDEMARK_CONFIG").stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// If it cannot start or does not end in time.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Answer {
        Self::run_command(self.command(arguments))
    }

    /// Runs a prepared command to its end. Standard output is taken unless the command sends it elsewhere.
    ///
    /// # Panics
    /// If it cannot start or does not end in time.
    pub fn run_command(mut command: Command) -> Answer {
        let said = tempfile::tempdir().expect("a temporary folder");
        let (out, err) = (said.path().join("out"), said.path().join("err"));
        let file = |path: &Path| File::create(path).expect("a temporary file");
        command.stdout(file(&out)).stderr(file(&err));
        // What a command leaves in its working folder goes with the test.
        if command.get_current_dir().is_none() {
            command.current_dir(said.path());
        }
        let mut child = command.spawn().expect("the program starts");
        let status = end_of(&mut child, DEADLINE);
        let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
        let answer = Answer { code: status.and_then(|status| status.code()), stdout: read(&out), stderr: read(&err) };
        assert!(status.is_some(), "{command:?} did not end within {DEADLINE:?}: {}", answer.stderr);
        answer
    }

    /// Asks the lake of `data` and returns the rows.
    ///
    /// # Panics
    /// If the query fails or its answer is not JSON lines.
    pub fn sql(&self, data: &Path, query: &str) -> Vec<Value> {
        let data = data.display().to_string();
        let answer = self.run(["sql", query, "--data", &data, "--format", "json"]).succeeded();
        let row = |line: &str| serde_json::from_str(line).expect("a JSON line");
        answer.stdout.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
    }
}

impl Answer {
    /// The answer of a command that must succeed.
    ///
    /// # Panics
    /// If it did not; with what it said.
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stderr, self.stdout);
        self
    }

    /// The answer of a command that must fail with `code`, saying each of `words`.
    ///
    /// # Panics
    /// If it did anything else.
    #[track_caller]
    pub fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stderr, self.stdout);
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in: {}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

/// Waits for a process; kills it and answers `None` when `deadline` has passed.
pub(crate) fn end_of(child: &mut Child, deadline: Duration) -> Option<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if started.elapsed() > deadline {
            // It may end by itself just now; either way it is gone after this.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
