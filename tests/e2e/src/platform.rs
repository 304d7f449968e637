//! A running platform: `tidemark up` and everything it starts, as one process group that can be killed at once.

use crate::program::{Program, end_of};
use serde_json::Value;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A platform that is not up by then is broken.
pub(crate) const START_DEADLINE: Duration = Duration::from_secs(120);
/// A condition that does not hold by then never will.
const WAIT_DEADLINE: Duration = Duration::from_secs(180);
/// A platform that was asked to stop has this long.
pub(crate) const STOP_DEADLINE: Duration = Duration::from_secs(60);
/// Time between two looks.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A platform over a data folder. It is killed when dropped.
#[derive(Debug)]
pub struct Platform {
    program: Program,
    data: PathBuf,
    child: Child,
}

impl Platform {
    /// Starts `tidemark up` over `data`, with `config` as its configuration file, and returns without waiting.
    ///
    /// # Panics
    /// If the process cannot start.
    #[must_use]
    pub fn launch(program: &Program, data: &Path, config: &str) -> Self {
        std::fs::create_dir_all(data).expect("a data folder");
        // What a killed predecessor left must not be taken for this one's address.
        let _ = std::fs::remove_file(data.join("up.json"));
        let file = data.join("test-config.toml");
        std::fs::write(&file, config).expect("a configuration file");
        let said = File::options().create(true).append(true).open(data.join("up.log")).expect("a log file");
        let mut command = program.command(["up", "--no-demo", "--port", "0"]);
        command.arg("--data").arg(data).arg("--config").arg(&file).process_group(0);
        command.stdout(said.try_clone().expect("a handle")).stderr(said);
        let child = command.spawn().expect("the program starts");
        Self { program: program.clone(), data: data.to_owned(), child }
    }

    /// Starts it and waits until it can be reached.
    ///
    /// # Panics
    /// If it ends, or is not up in time; with its log.
    #[must_use]
    pub fn start(program: &Program, data: &Path, config: &str) -> Self {
        let mut platform = Self::launch(program, data, config);
        let started = Instant::now();
        while platform.address("http").is_none() {
            let ended = platform.child.try_wait().expect("a child of ours");
            assert!(ended.is_none(), "`tidemark up` ended with {ended:?}:\n{}", platform.log());
            assert!(started.elapsed() < START_DEADLINE, "`tidemark up` is not up:\n{}", platform.log());
            std::thread::sleep(LOOK_EVERY);
        }
        platform
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What `up` has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("up.log")).unwrap_or_default()
    }

    /// An address out of `up.json`: `http` or `bootstrap`; `None` until it is published.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<String> {
        let text = std::fs::read(self.data.join("up.json")).ok()?;
        let addresses: Value = serde_json::from_slice(&text).ok()?;
        addresses[name].as_str().map(str::to_owned)
    }

    /// `tidemark ingest file FILE --wait` with further arguments, to its end.
    ///
    /// # Panics
    /// If it fails.
    pub fn ingest(&self, file: &Path, further: &[&str]) -> String {
        let mut command = self.ingest_command(file);
        command.arg("--wait").args(further);
        Program::run_command(command).succeeded().stderr
    }

    /// `tidemark ingest file FILE`, to be started by the caller.
    #[must_use]
    pub fn ingest_command(&self, file: &Path) -> Command {
        let mut command = self.program.command(["ingest", "file"]);
        command.arg(file).arg("--data").arg(&self.data);
        command
    }

    /// The same with further arguments, as a member of the platform's process group: it dies with it.
    ///
    /// # Panics
    /// If the process cannot start.
    #[must_use]
    pub fn ingest_beside(&self, file: &Path, further: &[&str]) -> Child {
        let said = File::options().create(true).append(true).open(self.data.join("ingest.log")).expect("a log file");
        let mut command = self.ingest_command(file);
        command.args(further).process_group(self.group()).stdout(said.try_clone().expect("a handle")).stderr(said);
        command.spawn().expect("the program starts")
    }

    /// Asks its lake.
    #[must_use]
    pub fn sql(&self, query: &str) -> Vec<Value> {
        self.program.sql(&self.data, query)
    }

    /// Asks its lake until the rows satisfy `holds`, and returns them.
    ///
    /// # Panics
    /// If they never do; with the last rows and the log.
    pub fn sql_until(&self, query: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let rows = self.sql(query);
            if holds(&rows) {
                return rows;
            }
            assert!(started.elapsed() < WAIT_DEADLINE, "{query}: {rows:?}\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Process ids of its children (the embedded broker).
    #[must_use]
    pub fn children(&self) -> Vec<u32> {
        let id = self.child.id();
        let path = format!("/proc/{id}/task/{id}/children");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// Its exit code, once it has stopped by itself.
    ///
    /// # Panics
    /// If it does not stop in time; with its log.
    pub fn stopped_itself(&mut self) -> Option<i32> {
        let status = end_of(&mut self.child, WAIT_DEADLINE);
        assert!(status.is_some(), "`tidemark up` goes on:\n{}", self.log());
        status.and_then(|status| status.code())
    }

    /// `kill -9` of the whole process group.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop, as Ctrl-C does, and waits.
    ///
    /// # Panics
    /// If it does not stop, or not with success.
    pub fn stop(mut self) {
        signal("-TERM", &self.child.id().to_string());
        let status = end_of(&mut self.child, STOP_DEADLINE);
        assert!(status.is_some_and(|status| status.success()), "{status:?}\n{}", self.log());
    }

    fn group(&self) -> i32 {
        i32::try_from(self.child.id()).expect("process ids are small")
    }

    fn end(&mut self) {
        signal("-KILL", &format!("-{}", self.child.id()));
        let _ = self.child.wait();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sends a signal to a process, or with a leading minus to a group. One that is gone already is no fault.
pub fn signal(name: &str, whom: &str) {
    let _ = Command::new("kill").args([name, "--", whom]).stderr(std::process::Stdio::null()).status();
}
