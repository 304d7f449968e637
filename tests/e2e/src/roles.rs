//! Roles as a process of their own: `tidemark run`, over a broker and a lake that others provide.

use crate::platform::{LOOK_EVERY, START_DEADLINE, STOP_DEADLINE, signal};
use crate::program::{Program, end_of};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Instant;

/// One process of roles. It is killed when dropped.
#[derive(Debug)]
pub struct Roles {
    child: Child,
    said: PathBuf,
}

impl Roles {
    /// Starts `tidemark run ROLE…` over `data`, and returns without waiting.
    ///
    /// # Panics
    /// If the process cannot start.
    #[must_use]
    pub fn start(program: &Program, roles: &[&str], data: &Path, config: &Path) -> Self {
        std::fs::create_dir_all(data).expect("a data folder");
        let said = data.join("run.log");
        let log = File::options().create(true).append(true).open(&said).expect("a log file");
        let mut command = program.command(["run"]);
        command.args(roles).args(["--port", "0"]).arg("--data").arg(data).arg("--config").arg(config);
        command.stdout(log.try_clone().expect("a handle")).stderr(log);
        Self { child: command.spawn().expect("the program starts"), said }
    }

    /// What it has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// The address of its door, which it prints once it is open; the role `serve` alone has one.
    ///
    /// # Panics
    /// If it ends, or has not opened in time; with its log.
    pub fn http(&mut self) -> String {
        let started = Instant::now();
        loop {
            let said = self.log();
            if let Some(address) = said.lines().find_map(|line| line.strip_prefix("dashboard: ")) {
                return address.to_owned();
            }
            let ended = self.child.try_wait().expect("a child of ours");
            assert!(ended.is_none(), "`tidemark run` ended with {ended:?}:\n{said}");
            assert!(started.elapsed() < START_DEADLINE, "`tidemark run` has not opened:\n{said}");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Asks it to stop, as Ctrl-C does, and waits.
    ///
    /// # Panics
    /// If it does not stop, or not with success; with its log.
    pub fn stop(mut self) {
        signal("-TERM", &self.child.id().to_string());
        let status = end_of(&mut self.child, STOP_DEADLINE);
        assert!(status.is_some_and(|status| status.success()), "{status:?}\n{}", self.log());
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        // One that has stopped already is no fault.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
