//! A broker for a test: the embedded one as a real child process, or the one that the environment names.

#![allow(dead_code)] // Each suite uses its part.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tidemark_log::{BrokerError, BrokerProcess, Consumer, Log, LogSettings, Record, TopicSpec, serve_broker};
use tokio::time::Instant;
use uuid::Uuid;

/// Names an external broker, `host:port`, to run this suite against. Tests that kill the broker are then left out.
pub(crate) const EXTERNAL: &str = "TIDEMARK_TEST_BOOTSTRAP";
/// Set for the child only, so that an ordinary run of the tests does not serve.
const CHILD: &str = "TIDEMARK_TEST_BROKER_CHILD";
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The child's half: this very test binary is started again, as a broker.
pub(crate) fn serve_if_child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name).expect("the argument is given");
        args[at + 1].clone()
    };
    let port = value("--port").parse().expect("a port");
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(serve_broker(Path::new(&value("--data")), port))
        .expect("the broker serves until its input ends");
}

pub(crate) struct TestBroker {
    pub(crate) process: Option<BrokerProcess>,
    pub(crate) bootstrap: String,
    pub(crate) folder: TempDir,
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

/// The embedded broker, whatever the environment says.
pub(crate) async fn embedded() -> TestBroker {
    let folder = TempDir::new().expect("a folder");
    let process = spawn(folder.path(), free_port()).await.expect("the broker starts");
    TestBroker { bootstrap: process.bootstrap(), process: Some(process), folder }
}

pub(crate) async fn spawn(folder: &Path, port: u16) -> Result<BrokerProcess, BrokerError> {
    spawn_after("", folder, port).await
}

/// A broker whose process first runs `commands` of the shell, which can limit it. The shell also sets the variable that
/// makes a broker of this test.
pub(crate) async fn spawn_after(commands: &str, folder: &Path, port: u16) -> Result<BrokerProcess, BrokerError> {
    let test = std::env::current_exe().expect("this test");
    let script = format!("{commands} {CHILD}=1 exec \"$0\" \"$@\"");
    let test = test.to_str().expect("a path in UTF-8");
    let args = ["-c", &script, test, "--exact", "broker_child", "--nocapture", "--"];
    BrokerProcess::spawn(Path::new("/bin/bash"), &args, folder, port).await
}

/// The broker that the environment names, or else the embedded one.
pub(crate) async fn any() -> TestBroker {
    match std::env::var(EXTERNAL) {
        Ok(bootstrap) => TestBroker { process: None, bootstrap, folder: TempDir::new().expect("a folder") },
        Err(_) => embedded().await,
    }
}

impl TestBroker {
    pub(crate) fn log(&self) -> Log {
        Log::connect(&self.bootstrap, &LogSettings::default()).expect("the settings are good")
    }

    /// A topic of a name of its own.
    pub(crate) async fn topic(&self, log: &Log, partitions: i32) -> String {
        let topic = unique("topic");
        log.ensure_topics(&[TopicSpec { name: topic.clone(), partitions: Some(partitions) }], DEADLINE)
            .await
            .expect("the topic is created");
        topic
    }
}

pub(crate) fn unique(what: &str) -> String {
    format!("test-{what}-{}", Uuid::new_v4().simple())
}

/// Reads until `enough` says so.
pub(crate) async fn read_until(consumer: &Consumer, mut enough: impl FnMut(&[Record]) -> bool) -> Vec<Record> {
    let started = Instant::now();
    let mut records = Vec::new();
    while !enough(&records) {
        assert!(started.elapsed() < DEADLINE, "{} records after {DEADLINE:?}, and not enough", records.len());
        let next = consumer.next_batch(1000, Duration::from_millis(100)).await.expect("reading works");
        records.extend(next);
    }
    records
}
