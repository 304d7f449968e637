//! The broker's process, seen from the one that started it.

use crate::broker::port_is_free;
use crate::client::Log;
use crate::error::BrokerError;
use crate::metrics::BROKER_RESTARTS_TOTAL;
use crate::settings::LogSettings;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long a broker may take to answer after it was started.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How long a port may stay taken by a broker of a run that was just killed.
const PORT_PATIENCE: Duration = Duration::from_secs(3);
const PORT_RETRY: Duration = Duration::from_millis(50);
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const MAX_BACK_OFF: Duration = Duration::from_secs(5);
/// A broker that ran this long died of something new.
const SETTLED: Duration = Duration::from_secs(30);
/// Of what a broker said before it died, how many lines the error tells.
const LINES_KEPT: usize = 5;

/// A broker in a child process, started again when it dies, killed when this is dropped.
#[derive(Debug)]
pub struct BrokerProcess {
    port: u16,
    pid: Arc<AtomicU32>,
    restarts: Arc<AtomicU64>,
    watch: JoinHandle<()>,
}

impl BrokerProcess {
    /// Runs `exe args… --data DATA_DIR --port PORT`, which is to call [`crate::serve_broker`], in the process group of
    /// the caller, and waits until it answers. From then on it is started again, with back-off, whenever it dies.
    ///
    /// # Errors
    /// [`BrokerError::PortInUse`] and the others of starting; nothing is left running then.
    pub async fn spawn<S: AsRef<OsStr>>(
        exe: &Path,
        args: &[S],
        data_dir: &Path,
        port: u16,
    ) -> Result<Self, BrokerError> {
        let launch = Launch::new(exe, args, data_dir, port);
        wait_for_port(port).await?;
        let mut running = launch.start()?;
        let log = Log::connect(&launch.bootstrap(), &LogSettings::default())?;
        tokio::select! {
            answer = log.ping(START_DEADLINE) => {
                answer.map_err(|_| BrokerError::Silent { port, deadline: START_DEADLINE })?;
            }
            ended = running.child.wait() => {
                let status = ended.map_err(|source| BrokerError::Spawn { exe: exe.to_owned(), source })?;
                // Its output ends with it.
                let said = (&mut running.output).await.unwrap_or_default();
                return Err(BrokerError::Died { status, said });
            }
        }
        let pid = Arc::new(AtomicU32::new(running.child.id().unwrap_or_default()));
        let restarts = Arc::new(AtomicU64::new(0));
        let watch = tokio::spawn(watch(launch, running, Arc::clone(&pid), Arc::clone(&restarts)));
        Ok(Self { port, pid, restarts, watch })
    }

    /// Where a client finds it.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        bootstrap(self.port)
    }

    /// The process id of the broker that runs now; 0 between two.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// How often it died and was started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// Stops the broker. What it acknowledged is on disk.
    pub async fn shutdown(mut self) {
        self.watch.abort();
        // The outcome is the abort just asked for.
        let _ = (&mut self.watch).await;
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        // The task owns the child, which is killed when it is dropped.
        self.watch.abort();
    }
}

struct Launch {
    exe: PathBuf,
    args: Vec<OsString>,
    port: u16,
}

impl Launch {
    fn new<S: AsRef<OsStr>>(exe: &Path, args: &[S], data_dir: &Path, port: u16) -> Self {
        let mut args: Vec<OsString> = args.iter().map(|arg| arg.as_ref().to_owned()).collect();
        args.extend(["--data".into(), data_dir.into(), "--port".into(), port.to_string().into()]);
        Self { exe: exe.to_owned(), args, port }
    }

    fn bootstrap(&self) -> String {
        bootstrap(self.port)
    }

    fn start(&self) -> Result<Running, BrokerError> {
        let mut child = Command::new(&self.exe)
            .args(&self.args)
            // What it says becomes lines of our log.
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| BrokerError::Spawn { exe: self.exe.clone(), source })?;
        let output = tokio::spawn(forward(child.stderr.take()));
        Ok(Running { lifeline: child.stdin.take(), child, output })
    }
}

struct Running {
    child: Child,
    /// Its end, when this process is gone, is what tells the broker to go. Kept apart, because waiting for a child closes
    /// the input that it still has.
    #[expect(dead_code, reason = "held, not written to")]
    lifeline: Option<ChildStdin>,
    /// Ends with the last lines of what it said.
    output: JoinHandle<String>,
}

/// The broker's own messages become ours.
async fn forward(output: Option<ChildStderr>) -> String {
    let mut last = VecDeque::new();
    if let Some(output) = output {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            tracing::warn!(target: "tidemark_log::broker", "{line}");
            if last.len() == LINES_KEPT {
                last.pop_front();
            }
            last.push_back(line);
        }
    }
    Vec::from(last).join("\n")
}

fn bootstrap(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

async fn wait_for_port(port: u16) -> Result<(), BrokerError> {
    let started = Instant::now();
    loop {
        match port_is_free(port).await {
            Err(BrokerError::PortInUse { .. }) if started.elapsed() < PORT_PATIENCE => {
                tokio::time::sleep(PORT_RETRY).await;
            }
            other => return other,
        }
    }
}

async fn watch(launch: Launch, mut running: Running, pid: Arc<AtomicU32>, restarts: Arc<AtomicU64>) {
    let mut back_off = FIRST_BACK_OFF;
    loop {
        let started = Instant::now();
        let ended = running.child.wait().await;
        pid.store(0, Ordering::Relaxed);
        if started.elapsed() > SETTLED {
            back_off = FIRST_BACK_OFF;
        }
        tracing::warn!(
            status = ended.map_or_else(|error| error.to_string(), |status| status.to_string()),
            again_in_ms = u64::try_from(back_off.as_millis()).unwrap_or(u64::MAX),
            "the broker died; starting it again"
        );
        running = loop {
            tokio::time::sleep(back_off).await;
            back_off = (back_off * 2).min(MAX_BACK_OFF);
            match launch.start() {
                Ok(running) => break running,
                Err(error) => tracing::error!(%error, "the broker could not be started; trying again"),
            }
        };
        pid.store(running.child.id().unwrap_or_default(), Ordering::Relaxed);
        restarts.fetch_add(1, Ordering::Relaxed);
        metrics::counter!(BROKER_RESTARTS_TOTAL).increment(1);
    }
}
