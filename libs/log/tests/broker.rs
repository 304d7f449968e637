//! The embedded broker as a process: killed, restarted, refused.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;
use support::{DEADLINE, embedded, free_port, read_until, spawn, unique};
use tempfile::TempDir;
use tidemark_log::{BrokerError, BrokerProcess, Log, LogSettings, OutRecord, Record, next_positions};
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
        let mut seen = BTreeSet::new();
        let records = read_until(&consumer, |records| {
            seen.extend(records[seen.len().min(records.len())..].iter().map(number));
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
    for records in [&held, &received] {
        let mut last: BTreeMap<_, usize> = BTreeMap::new();
        for record in records.iter() {
            let before = last.insert(record.key.clone(), number(record));
            assert!(before.is_none_or(|before| before <= number(record)), "{before:?} came before {}", number(record));
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
    assert!(waited < Duration::from_secs(20), "{waited:?}");
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
