//! The embedded broker as a process: killed, restarted, refused.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;
use support::{DEADLINE, embedded, free_port, read_until, spawn, spawn_after, unique};
use tempfile::TempDir;
use tidemark_log::{
    BrokerError, BrokerProcess, Compression, Log, LogSettings, OutRecord, Record, TopicSpec, next_positions,
};
use tokio::time::Instant;

#[test]
fn broker_child() {
    support::serve_if_child();
}

fn kill_9(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn kill_and_wait(process: &BrokerProcess) {
    let restarts = process.restarts();
    kill_9(process.pid());
    until("the broker is started again", || process.restarts() > restarts).await;
}

fn number(record: &Record) -> usize {
    std::str::from_utf8(&record.payload[..8]).unwrap().parse().unwrap()
}

/// Kills the broker again and again under a producer and a consumer that know nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_nothing_and_keeps_the_order_of_a_key() {
    const RECORDS: usize = 12_000;
    const KEYS: usize = 50;
    const KILLS: usize = 5;
    let broker = embedded().await;
    let log = broker.log();
    let topic = broker.topic(&log, 4).await;
    let producer = log.producer().unwrap();
    let consumer = log.consumer(&unique("group"), &[&topic]).unwrap();

    let sending = tokio::spawn({
        let topic = topic.clone();
        async move {
            let mut positions = Vec::new();
            for from in (0..RECORDS).step_by(500) {
                let batch = (from..from + 500)
                    .map(|n| OutRecord::new(&topic, format!("key-{}", n % KEYS), format!("{n:08}{}", "x".repeat(300))))
                    .collect();
                positions.extend(producer.send_all(batch).await.unwrap());
            }
            positions
        }
    });
    let reading = tokio::spawn(async move {
        let records = read_until(&consumer, |records| {
            records.len() >= RECORDS && records.iter().map(number).collect::<BTreeSet<_>>().len() == RECORDS
        })
        .await;
        consumer.commit(&next_positions(&records)).await.unwrap();
        records
    });
    let process = broker.process.as_ref().unwrap();
    for kill in 1..=KILLS {
        // Each kill falls into the middle of the sending: after a further share of it has arrived.
        let asking = broker.log();
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < DEADLINE, "the sending stands still before kill {kill}");
            let written: i64 = match asking.lag("nobody", &topic).await {
                Ok(lag) => lag.iter().map(|partition| partition.high).sum(),
                Err(_) => 0,
            };
            if written as usize >= kill * RECORDS / (KILLS + 2) {
                break;
            }
        }
        kill_and_wait(process).await;
    }
    let acknowledged = sending.await.unwrap();
    let received = reading.await.unwrap();
    assert_eq!(process.restarts(), KILLS as u64);
    assert_eq!(acknowledged.len(), RECORDS);

    // A fresh reader of the whole topic: what the log holds, not what one session was told.
    let whole = log.consumer(&unique("group"), &[&topic]).unwrap();
    let held = read_until(&whole, |records| {
        records.len() >= RECORDS && records.iter().map(number).collect::<BTreeSet<_>>().len() == RECORDS
    })
    .await;
    assert_eq!(held.len(), RECORDS, "idempotent: no record is written twice");
    // A group that loses its broker begins again where it committed, so one reader may see a stretch twice; what it sees
    // for the first time is in order all the same.
    let mut seen = BTreeSet::new();
    let first_seen = received.iter().filter(|record| seen.insert(number(record))).collect::<Vec<_>>();
    for records in [held.iter().collect(), first_seen] {
        let mut last: BTreeMap<_, usize> = BTreeMap::new();
        for record in records {
            let before = last.insert(record.key.clone(), number(record));
            assert!(before.is_none_or(|before| before < number(record)), "{before:?} came before {}", number(record));
        }
    }
    for record in &held {
        let delivered = &acknowledged[number(record)];
        assert_eq!(delivered.partition, record.partition);
        assert!(delivered.offset == record.offset || delivered.offset < 0, "{delivered:?} stands at {}", record.offset);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_offsets_survive_the_broker_and_its_supervisor() {
    let mut broker = embedded().await;
    let log = broker.log();
    let topic = broker.topic(&log, 2).await;
    let group = unique("group");
    let producer = log.producer().unwrap();
    let send =
        |from: usize| (from..from + 100).map(|n| OutRecord::new(&topic, n.to_string(), format!("{n:08}"))).collect();
    producer.send_all(send(0)).await.unwrap();
    let consumer = log.consumer(&group, &[&topic]).unwrap();
    let first = read_until(&consumer, |records| records.len() >= 100).await;
    consumer.commit(&next_positions(&first)).await.unwrap();
    consumer.close().await;

    let port = broker.bootstrap.rsplit(':').next().unwrap().parse().unwrap();
    broker.process.take().unwrap().shutdown().await;
    let process = spawn(broker.folder.path(), port).await.unwrap();
    producer.send_all(send(100)).await.unwrap();
    let again = log.consumer(&group, &[&topic]).unwrap();
    let second = read_until(&again, |records| records.len() >= 100).await;
    assert_eq!(second.iter().map(number).collect::<BTreeSet<_>>(), (100..200).collect());
    process.shutdown().await;
}

/// Set for the child only: where it is to read, `bootstrap group topic`.
const READER: &str = "TIDEMARK_TEST_READER_CHILD";

/// A reader in a process of its own, to be killed: reads ten records, says so by a file, and stays.
#[test]
fn reader_child() {
    let Ok(what) = std::env::var(READER) else { return };
    let [bootstrap, group, topic, ready] = what.split(' ').collect::<Vec<_>>()[..] else { panic!("four words") };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let log = Log::connect(bootstrap, &LogSettings::default()).unwrap();
        let consumer = log.consumer(group, &[topic]).unwrap();
        read_until(&consumer, |records| records.len() >= 10).await;
        std::fs::write(ready, "").unwrap();
        loop {
            consumer.next_batch(10, DEADLINE).await.unwrap();
        }
    });
}

/// A member that was killed leaves its seat in the group; whoever comes after must not wait for it for long.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_back_soon_after_one_that_was_killed() {
    let broker = embedded().await;
    let log = broker.log();
    let topic = broker.topic(&log, 2).await;
    let group = unique("group");
    let records = (0..10).map(|n| OutRecord::new(&topic, n.to_string(), format!("{n:08}"))).collect();
    log.producer().unwrap().send_all(records).await.unwrap();
    let ready = broker.folder.path().join("ready");
    let mut gone = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "reader_child", "--nocapture"])
        .env(READER, format!("{} {group} {topic} {}", broker.bootstrap, ready.display()))
        .spawn()
        .unwrap();
    until("the reader reads", || ready.exists()).await;
    gone.kill().unwrap();
    gone.wait().unwrap();
    // As when the whole group is killed: the broker goes with it.
    kill_and_wait(broker.process.as_ref().unwrap()).await;

    let started = Instant::now();
    let next = log.consumer(&group, &[&topic]).unwrap();
    read_until(&next, |records| records.len() >= 10).await;
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(5), "{waited:?}");
}

/// Files that may not grow stand for a full disk: the broker refuses, writers wait, and all of it arrives once there is
/// room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_waited_out() {
    const RECORDS: usize = 3000;
    let folder = TempDir::new().unwrap();
    // In units of 1024 bytes; a process that ignores the signal is told by an error, as of a full disk.
    let process = spawn_after("trap '' XFSZ; ulimit -S -f 300;", folder.path(), free_port()).await.unwrap();
    let log = Log::connect(
        &process.bootstrap(),
        &LogSettings { compression: Compression::None, linger_ms: 1, ..LogSettings::default() },
    )
    .unwrap();
    let topic = unique("topic");
    log.ensure_topics(&[TopicSpec { name: topic.clone(), partitions: Some(2) }], DEADLINE).await.unwrap();
    let producer = log.producer().unwrap();
    let sending = tokio::spawn({
        let topic = topic.clone();
        let record =
            move |n: usize| OutRecord::new(&topic, (n % 10).to_string(), format!("{n:08}{}", "x".repeat(1000)));
        async move { producer.send_all((0..RECORDS).map(record).collect()).await }
    });
    let segments = || -> u64 {
        let of = |partition| folder.path().join("topics").join(&topic).join(partition);
        ["0", "1"].map(|partition| size_bytes(&of(partition))).iter().sum()
    };
    until("the disk is full", || segments() > 2 * 250 * 1024).await;
    log.ping(DEADLINE).await.unwrap();
    assert!(!sending.is_finished(), "writers wait");
    let pid = process.pid().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap().success());
    sending.await.unwrap().unwrap();
    assert_eq!(process.restarts(), 0, "it stays up");

    let all = log.consumer(&unique("group"), &[&topic]).unwrap();
    let records = read_until(&all, |records| records.len() >= RECORDS).await;
    let numbers: Vec<_> = records.iter().map(number).collect();
    assert_eq!(numbers.len(), RECORDS);
    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>(), (0..RECORDS).collect());
    for key in 0..10 {
        assert!(numbers.iter().filter(|n| *n % 10 == key).is_sorted(), "records of key {key} keep their order");
    }
}

fn size_bytes(folder: &std::path::Path) -> u64 {
    std::fs::read_dir(folder).map_or(0, |files| files.map(|file| file.unwrap().metadata().unwrap().len()).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = TempDir::new().unwrap();
    let error = spawn(folder.path(), port).await.unwrap_err();
    assert!(matches!(error, BrokerError::PortInUse { port: named } if named == port), "{error}");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_one_broker() {
    let broker = embedded().await;
    let error = spawn(broker.folder.path(), free_port()).await.unwrap_err();
    assert!(matches!(error, BrokerError::Died { .. }), "{error}");
    broker.log().ping(DEADLINE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_goes_when_its_supervisor_does() {
    let mut broker = embedded().await;
    let process = broker.process.take().unwrap();
    let alive = std::path::PathBuf::from(format!("/proc/{}", process.pid()));
    assert!(alive.exists());
    drop(process);
    until("the broker's process is gone", || !alive.exists()).await;
}
