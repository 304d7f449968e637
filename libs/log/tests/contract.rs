//! What the pipeline relies on, against the embedded broker as a real child process, or any other:
//! `TIDEMARK_TEST_BOOTSTRAP=host:port cargo test -p tidemark-log --test contract`.

#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use support::{DEADLINE, any, read_until, unique};
use tidemark_log::{
    Compression, EventHeaders, Log, LogError, LogSettings, MAX_RECORD_BYTES, OutRecord, Position, Record,
    next_positions,
};

#[test]
fn broker_child() {
    support::serve_if_child();
}

const KEYS: usize = 7;

/// Records `from..to`, whose keys repeat and whose payloads are their numbers.
fn numbered(topic: &str, from: usize, to: usize) -> Vec<OutRecord> {
    (from..to).map(|n| OutRecord::new(topic, format!("key-{}", n % KEYS), n.to_string())).collect()
}

fn number(record: &Record) -> usize {
    std::str::from_utf8(&record.payload).unwrap().parse().unwrap()
}

/// The numbers of each key in the order they came, without those that came before.
fn by_key(records: &[Record]) -> BTreeMap<Bytes, Vec<usize>> {
    let mut keys: BTreeMap<Bytes, Vec<usize>> = BTreeMap::new();
    for record in records {
        keys.entry(record.key.clone()).or_default().push(number(record));
    }
    keys
}

fn assert_ordered(records: &[Record]) {
    for (key, numbers) in by_key(records) {
        assert!(numbers.is_sorted(), "{key:?} came as {numbers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_created_once_and_keep_their_partitions() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 3).await;
    log.ensure_topics(&[tidemark_log::TopicSpec { name: topic.clone(), partitions: Some(5) }], DEADLINE).await.unwrap();
    assert_eq!(log.partitions(&topic).await.unwrap(), 3);
    let missing = unique("missing");
    assert!(matches!(log.partitions(&missing).await, Err(LogError::NoSuchTopic { topic }) if topic == missing));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_key_stay_together_and_in_order() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 4).await;
    let positions = log.producer().unwrap().send_all(numbered(&topic, 0, 2000)).await.unwrap();
    let records =
        read_until(&log.consumer(&unique("group"), &[&topic]).unwrap(), |records| records.len() >= 2000).await;
    assert_eq!(records.len(), 2000);
    assert_ordered(&records);
    for record in &records {
        assert_eq!(
            Position::new(&record.topic, record.partition, record.offset),
            positions[number(record)],
            "a delivery says where the record stands"
        );
    }
    let partitions: BTreeSet<_> = records.iter().map(|record| (record.key.clone(), record.partition)).collect();
    assert_eq!(partitions.len(), KEYS, "a key has one partition");
    assert!(partitions.iter().map(|(_, partition)| partition).collect::<BTreeSet<_>>().len() > 1, "keys are spread");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_goes_on_where_it_committed() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 4).await;
    let group = unique("group");
    let producer = log.producer().unwrap();
    producer.send_all(numbered(&topic, 0, 500)).await.unwrap();
    let consumer = log.consumer(&group, &[&topic]).unwrap();
    let first = read_until(&consumer, |records| records.len() >= 500).await;
    consumer.commit(&next_positions(&first)).await.unwrap();
    producer.send_all(numbered(&topic, 500, 600)).await.unwrap();
    read_until(&consumer, |records| records.len() >= 100).await;
    consumer.close().await;

    let again = log.consumer(&group, &[&topic]).unwrap();
    let second = read_until(&again, |records| records.len() >= 100).await;
    let numbers: BTreeSet<_> = second.iter().map(number).collect();
    assert_eq!(numbers, (500..600).collect(), "what was not committed comes again, what was does not");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_share_the_partitions_and_miss_nothing() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 4).await;
    let group = unique("group");
    let (one, two) = (log.consumer(&group, &[&topic]).unwrap(), log.consumer(&group, &[&topic]).unwrap());
    let producer = log.producer().unwrap();
    let mut seen = BTreeSet::new();
    let (mut by_one, mut by_two, mut sent) = (0, 0, 0);
    let started = tokio::time::Instant::now();
    while by_one == 0 || by_two == 0 || seen.len() < sent {
        assert!(started.elapsed() < DEADLINE, "{by_one} and {by_two} of {sent}");
        if by_one == 0 || by_two == 0 {
            producer.send_all(numbered(&topic, sent, sent + 100)).await.unwrap();
            sent += 100;
        }
        for (consumer, count) in [(&one, &mut by_one), (&two, &mut by_two)] {
            let records = consumer.next_batch(1000, Duration::from_millis(50)).await.unwrap();
            *count += records.len();
            seen.extend(records.iter().map(number));
            consumer.commit(&next_positions(&records)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_starts_exactly_where_it_is_told_to() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 2).await;
    log.producer().unwrap().send_all(numbered(&topic, 0, 300)).await.unwrap();
    let group = unique("sink");
    let high: Vec<i64> = log.lag(&group, &topic).await.unwrap().iter().map(|partition| partition.high).collect();
    assert_eq!(high.iter().sum::<i64>(), 300);

    let starts = [Position::new(&topic, 0, high[0]), Position::new(&topic, 1, high[1] - 5)];
    let consumer = log.consumer_at(&group, &starts, DEADLINE).await.unwrap();
    let records = read_until(&consumer, |records| records.len() >= 5).await;
    let places: Vec<_> = records.iter().map(|record| (record.partition, record.offset)).collect();
    assert_eq!(places, (high[1] - 5..high[1]).map(|offset| (1, offset)).collect::<Vec<_>>());

    for offset in [high[1] + 1, i64::MAX / 2] {
        let error = log.consumer_at(&group, &[Position::new(&topic, 1, offset)], DEADLINE).await.unwrap_err();
        assert!(
            matches!(&error, LogError::OutOfRange { wanted, high: end, .. } if *wanted == offset && *end == high[1]),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lag_is_what_is_written_less_what_is_committed() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 2).await;
    let group = unique("sink");
    log.producer().unwrap().send_all(numbered(&topic, 0, 100)).await.unwrap();
    let before = log.lag(&group, &topic).await.unwrap();
    assert_eq!(before.iter().map(tidemark_log::PartitionLag::lag).sum::<i64>(), 100);
    assert!(before.iter().all(|partition| partition.committed.is_none() && partition.low == 0));

    // As the sink does it: assigned by hand, committed only to be seen.
    let starts = [Position::new(&topic, 0, 0), Position::new(&topic, 1, 0)];
    let consumer = log.consumer_at(&group, &starts, DEADLINE).await.unwrap();
    let records = read_until(&consumer, |records| records.len() >= 60).await;
    consumer.commit(&next_positions(&records[..60])).await.unwrap();
    let after = log.lag(&group, &topic).await.unwrap();
    assert_eq!(after.iter().map(tidemark_log::PartitionLag::lag).sum::<i64>(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_come_back_as_they_went() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 1).await;
    let event =
        EventHeaders::new("0af3", "file", "tidemark.v1.PostEvent").at("2024-02-29T23:59:59.25Z".parse().unwrap());
    let mut headers = event.to_headers();
    headers.push(("bytes".into(), Bytes::from_static(b"\x00\xff\n")));
    headers.push(("empty".into(), Bytes::new()));
    let sent = vec![
        OutRecord::new(&topic, "k", "first").with_headers(headers.clone()),
        OutRecord::new(&topic, "", ""),
        OutRecord::new(&topic, "k", "\u{0}text").with_headers(headers.clone()),
    ];
    log.producer().unwrap().send_all(sent).await.unwrap();
    let records = read_until(&log.consumer(&unique("group"), &[&topic]).unwrap(), |records| records.len() >= 3).await;
    assert_eq!(records[0].headers, headers);
    assert_eq!(EventHeaders::from_headers(&records[0].headers), Ok(event));
    assert_eq!((records[1].key.len(), records[1].payload.len(), records[1].headers.len()), (0, 0, 0));
    assert_eq!((records[2].payload.as_ref(), &records[2].headers), (b"\0text".as_slice(), &headers));
    let age_ms = jiff::Timestamp::now().as_millisecond() - records[0].timestamp_ms;
    assert!((0..60_000).contains(&age_ms), "written {age_ms} ms ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_records_pass_and_larger_ones_are_refused_at_once() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 1).await;
    let producer = log.producer().unwrap();
    // Not compressible, so that what travels is as large as what is sent.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(MAX_RECORD_BYTES - 3)
    .collect();
    let sizes = [10, 5_000_000, MAX_RECORD_BYTES - 3, 10];
    let sent = sizes.map(|size| OutRecord::new(&topic, "key", noise[..size].to_vec()));
    producer.send_all(sent.to_vec()).await.unwrap();
    let records = read_until(&log.consumer(&unique("group"), &[&topic]).unwrap(), |records| records.len() >= 4).await;
    for (record, size) in records.iter().zip(sizes) {
        assert!(record.payload == noise[..size], "{} bytes came for {size}", record.payload.len());
    }
    let refused = producer.send(OutRecord::new(&topic, "keys", noise)).await.unwrap_err();
    assert!(matches!(refused, LogError::TooLarge { size_bytes, .. } if size_bytes == MAX_RECORD_BYTES + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_compression_is_read_back() {
    let broker = any().await;
    let log = broker.log();
    let topic = broker.topic(&log, 2).await;
    let mut sent = 0;
    for compression in [Compression::None, Compression::Gzip, Compression::Lz4, Compression::Gzip] {
        let log = Log::connect(&broker.bootstrap, &LogSettings { compression, ..LogSettings::default() }).unwrap();
        log.producer().unwrap().send_all(numbered(&topic, sent, sent + 300)).await.unwrap();
        sent += 300;
    }
    let consumer = log.consumer(&unique("group"), &[&topic]).unwrap();
    let records = read_until(&consumer, |records| records.len() >= sent).await;
    assert_eq!(records.iter().map(number).collect::<BTreeSet<_>>(), (0..sent).collect());
    assert_ordered(&records);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_is_said_to_be() {
    let bootstrap = format!("127.0.0.1:{}", support::free_port());
    let log = Log::connect(&bootstrap, &LogSettings::default()).unwrap();
    let error = log.ping(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.to_string().contains(&bootstrap), "{error}");
    assert!(matches!(error, LogError::Unreachable { .. }));
}
