//! What the sink promises: the table and the series do not depend on how records came in batches, or on what died when.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use tidemark_aggregate::{Settings, Sink, rows, series};
use tidemark_domain::{
    AnnotatedPost, AuthorKey, EventId, Language, Operation, PostEvent, PostKey, Provenance, RejectReason, Score,
};
use tidemark_lake::Lake;
use tidemark_log::Record;
use tidemark_query::{Limits, SeriesFilter, Session};
use tidemark_wire::log::{self, ANNOTATED_TOPIC, REJECTS_TOPIC, Reject};

const PARTITIONS: u64 = 3;

/// A clock that a test can set back.
struct Clock(AtomicI64);

impl Clock {
    fn new() -> Self {
        Self(AtomicI64::new(1_700_000_000_000_000))
    }
    fn read(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.fetch_add(1_000_000, Ordering::Relaxed)).unwrap()
    }
}

/// One person in forty is `n % 40`; days, regions and languages take turns.
fn post(event: u64, native: u64, operation: Operation) -> PostEvent {
    let day = SignedDuration::from_hours(24 * (native as i64 % 9));
    let start: Timestamp = "2024-02-27T10:00:00Z".parse().unwrap();
    PostEvent {
        event_id: EventId::of_row("run", event),
        post_key: PostKey::of("file", &native.to_string()),
        source: "file".into(),
        run_id: "run".into(),
        operation,
        author: (!native.is_multiple_of(5)).then_some(AuthorKey([(native % 40) as u8; 16])),
        created_at: start + day,
        observed_at: start + SignedDuration::from_hours(24 * 30),
        language: if native.is_multiple_of(3) { Language::Spanish } else { Language::English },
        text: String::new(),
        region: [None, Some("US".to_owned()), Some("MX".to_owned())][native as usize % 3].clone(),
        community: None,
        parent: None,
        conversation: None,
        is_bot_hint: native.is_multiple_of(50),
        parent_text: None,
        topic: None,
        wording: None,
    }
}

fn record(number: u64, topic: &str, key: [u8; 16], payload: Vec<u8>) -> Record {
    Record {
        topic: topic.to_owned(),
        partition: (u64::from(key[0]) % PARTITIONS) as i32,
        offset: i64::try_from(number).unwrap(),
        key: Bytes::copy_from_slice(&key),
        payload: Bytes::from(payload),
        headers: vec![],
        timestamp_ms: 0,
    }
}

fn annotated(number: u64, event: PostEvent) -> Record {
    let is_post = matches!(event.operation, Operation::Create | Operation::Update);
    let score = |marker: &str, score: f32| Score { marker: marker.into(), score, present: score > 0.5 };
    let mut scores = vec![score("mh.stress", (number % 10) as f32 / 10.0)];
    if number > 400 {
        scores.push(score("lexicon.late.marker", (number % 2) as f32));
    }
    let key = event.post_key.0;
    let annotated = AnnotatedPost {
        event,
        scores: if is_post { scores } else { vec![] },
        n_tokens: 4,
        provenance: Provenance { model: "m".into(), lexicon: "l".into(), code: "c".into() },
    };
    record(number, ANNOTATED_TOPIC, key, log::encode_annotated(&annotated))
}

fn rejected(number: u64) -> Record {
    let event_id = EventId::of_row("run", 100_000 + number);
    let reject = Reject {
        event_id,
        source: "file".into(),
        run_id: "run".into(),
        row: number,
        reason: RejectReason::EmptyText,
        detail: String::new(),
        observed_at: "2024-06-01T00:00:00Z".parse().unwrap(),
    };
    record(number, REJECTS_TOPIC, event_id.0, log::encode_reject(&reject))
}

/// Posts, then edits, deletions, duplicates, redeliveries, rejects, an author's deletion, and bytes that are nothing.
fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for n in 0..600_u64 {
        records.push(match n % 12 {
            _ if n == 555 => {
                let mut gone = post(n, 9_999, Operation::DeleteAuthor);
                gone.author = Some(AuthorKey([7; 16]));
                gone.created_at = "2024-03-04T00:00:00Z".parse().unwrap();
                annotated(n, gone)
            }
            _ if n == 300 => record(n, ANNOTATED_TOPIC, [1; 16], b"not protobuf".to_vec()),
            7 if n > 100 => annotated(n, post(n, n - 90, Operation::Update)),
            8 if n > 100 => annotated(n, post(n, n - 80, Operation::DeletePost)),
            9 => annotated(n, post(n, n / 2, Operation::Create)),
            10 if n > 100 => annotated(n, post(n - 100, n - 100, Operation::Create)),
            11 => rejected(n),
            _ => annotated(n, post(n, n, Operation::Create)),
        });
    }
    records
}

struct Here {
    _folder: tempfile::TempDir,
    lake: Lake,
    clock: Clock,
}

impl Here {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
        Self { _folder: folder, lake, clock: Clock::new() }
    }

    async fn sink(&self) -> Sink {
        Sink::open(&self.lake, &Settings::default()).await.unwrap()
    }

    async fn refresh(&self, sink: &mut Sink) {
        sink.refresh(&|| self.clock.read()).await.unwrap();
    }

    /// Sorted rows without wall-clock readings, one line each.
    async fn rows(&self, question: &str) -> Vec<String> {
        let session = Session::open(self.lake.clone()).await.unwrap();
        let limits = Limits { rows_max: usize::MAX, ..Limits::default() };
        let lines = session.sql(question, &limits).await.unwrap().to_json_lines().unwrap();
        let mut rows: Vec<String> = String::from_utf8(lines)
            .unwrap()
            .lines()
            .map(|line| {
                let row: std::collections::BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
                serde_json::to_string(&row).unwrap()
            })
            .collect();
        rows.sort();
        rows
    }

    async fn content(&self) -> [Vec<String>; 3] {
        [
            self.rows("SELECT * EXCEPT (observed_at) FROM events").await,
            self.rows("SELECT * FROM annotated").await,
            self.rows("SELECT * EXCEPT (issued_at) FROM series").await,
        ]
    }
}

async fn undisturbed() -> Here {
    let here = Here::new();
    let mut sink = here.sink().await;
    sink.commit(&records()).await.unwrap();
    here.refresh(&mut sink).await;
    here
}

async fn are_current(lake: &Lake) -> bool {
    let newest = series::newest_events(lake).await.unwrap().unwrap_or_default();
    series::stand_on(lake, newest).await.unwrap()
}

#[tokio::test]
async fn the_ledger_holds_every_record_once() {
    let here = undisturbed().await;
    let session = Session::open(here.lake.clone()).await.unwrap();
    let counts = session.counts_of_run("run").await.unwrap();
    let redelivered = records().iter().filter(|record| record.offset % 12 == 10 && record.offset > 100).count() as u64;
    assert_eq!(counts.rows_read(), 600 - redelivered - 1, "one more is of no run: {counts:?}");
    assert_eq!(counts.rejected["empty_text"], 50);
    assert!(counts.duplicates > 10 && counts.unmatched > 0, "{counts:?}");
    assert_eq!(session.counts_of_run(ANNOTATED_TOPIC).await.unwrap().rejected["malformed"], 1);
    assert!(are_current(&here.lake).await);
}

#[tokio::test]
async fn neither_batches_nor_crashes_change_what_is_there_in_the_end() {
    let whole = undisturbed().await.content().await;
    assert!(whole[2].iter().any(|row| row.contains(r#""status":"ok""#)));
    // Sizes of batches; whether the sink dies after a commit, before its series; whether series are issued each time.
    for (sizes, dies, issues) in [
        (vec![600], true, false),
        (vec![37, 101, 3], false, true),
        (vec![150, 61], true, false),
        (vec![90], true, true),
    ] {
        let here = Here::new();
        let mut sink = here.sink().await;
        let all = records();
        let (mut from, mut turn) = (0, 0);
        while from < all.len() {
            let to = (from + sizes[turn % sizes.len()]).min(all.len());
            sink.commit(&all[from..to]).await.unwrap();
            if dies && turn.is_multiple_of(2) {
                drop(sink);
                sink = here.sink().await;
            }
            if issues {
                here.refresh(&mut sink).await;
            }
            (from, turn) = (to, turn + 1);
        }
        drop(sink);
        let mut sink = here.sink().await;
        here.refresh(&mut sink).await;
        let content = here.content().await;
        for (name, (got, wanted)) in ["events", "annotated", "series"].iter().zip(content.iter().zip(&whole)) {
            let missing: Vec<_> = wanted.iter().filter(|row| !got.contains(row)).take(3).collect();
            let extra: Vec<_> = got.iter().filter(|row| !wanted.contains(row)).take(3).collect();
            assert_eq!(got.len(), wanted.len(), "{name}, {sizes:?}: missing {missing:#?}, extra {extra:#?}");
            assert!(missing.is_empty() && extra.is_empty(), "{name}, {sizes:?}: {missing:#?}, {extra:#?}");
        }
        assert!(are_current(&here.lake).await);
    }
}

#[tokio::test]
async fn an_authors_deletion_is_honoured_after_a_crash_before_its_series() {
    let here = Here::new();
    let mut sink = here.sink().await;
    let posts: Vec<Record> = (0..40)
        .map(|n| {
            let mut event = post(n, 9 * n, Operation::Create);
            event.author = Some(AuthorKey([n as u8; 16]));
            event.is_bot_hint = false;
            annotated(n, event)
        })
        .collect();
    sink.commit(&posts).await.unwrap();
    here.refresh(&mut sink).await;
    let n = async || {
        let session = Session::open(here.lake.clone()).await.unwrap();
        let filter = SeriesFilter {
            region: Some("all".into()),
            language: Some("all".into()),
            markers: vec!["mh.stress".into()],
            period: Some(tidemark_domain::PeriodKind::Day),
            ..SeriesFilter::default()
        };
        session.series_points(&filter).await.unwrap()[0].n
    };
    assert_eq!(n().await, Some(40));
    let mut gone = post(40, 9_999, Operation::DeleteAuthor);
    gone.author = Some(AuthorKey([3; 16]));
    gone.created_at = "2024-04-01T00:00:00Z".parse().unwrap();
    // Another post in the same commit, so that the log's statistics speak of its day only.
    sink.commit(&[annotated(40, gone), annotated(41, post(41, 4, Operation::Create))]).await.unwrap();
    drop(sink);
    let mut sink = here.sink().await;
    here.refresh(&mut sink).await;
    assert_eq!(n().await, Some(39));
}

#[tokio::test]
async fn an_authors_deletion_touches_the_days_they_wrote_on_and_no_other() {
    let here = Here::new();
    let mut sink = here.sink().await;
    // Three authors, each on three days of their own.
    let posts: Vec<Record> = (0..9)
        .map(|n| {
            let mut event = post(n, n, Operation::Create);
            event.author = Some(AuthorKey([(n / 3) as u8; 16]));
            annotated(n, event)
        })
        .collect();
    sink.commit(&posts).await.unwrap();
    here.refresh(&mut sink).await;
    let gone = |n: u64, author: u8, at: &str| {
        let mut gone = post(n, 9_990 + n, Operation::DeleteAuthor);
        gone.author = Some(AuthorKey([author; 16]));
        gone.created_at = at.parse().unwrap();
        annotated(n, gone)
    };
    let first = date(2024, 2, 27);
    let days = |days: &[i64]| days.iter().map(|day| first.saturating_add(day.days())).collect::<BTreeSet<_>>();
    sink.commit(&[gone(20, 0, "2024-04-01T00:00:00Z")]).await.unwrap();
    assert_eq!(*sink.dirty_days().await.unwrap(), days(&[0, 1, 2]));
    here.refresh(&mut sink).await;
    // An edit in the same commit: its post's day is touched too, and those of the author deleted before are not.
    let mut edit = post(22, 8, Operation::Update);
    edit.created_at = "2024-04-01T23:00:00Z".parse().unwrap();
    sink.commit(&[gone(21, 1, "2024-04-02T00:00:00Z"), annotated(22, edit)]).await.unwrap();
    assert_eq!(*sink.dirty_days().await.unwrap(), days(&[3, 4, 5, 8]));
    drop(sink);
    let mut sink = here.sink().await;
    assert_eq!(*sink.dirty_days().await.unwrap(), days(&[3, 4, 5, 8]), "the same after a crash");
    here.refresh(&mut sink).await;
    assert!(sink.dirty_days().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_index_is_the_same_read_at_once_or_in_parts() {
    let here = undisturbed().await;
    let session = Session::open(here.lake.clone()).await.unwrap();
    let whole = rows::index(&session, u64::MAX).await.unwrap();
    assert!(whole.len() > 500);
    for together in [1, 100, 300] {
        assert_eq!(rows::index(&session, together).await.unwrap(), whole);
    }
}

#[tokio::test]
async fn a_clock_set_back_does_not_hide_a_newer_number() {
    let here = Here::new();
    let mut sink = here.sink().await;
    let all = records();
    sink.commit(&all[..500]).await.unwrap();
    here.refresh(&mut sink).await;
    here.clock.0.store(1_000_000_000_000_000, Ordering::Relaxed);
    sink.commit(&all[500..]).await.unwrap();
    here.refresh(&mut sink).await;
    assert_eq!(here.content().await[2], undisturbed().await.content().await[2]);
}

#[tokio::test]
async fn of_two_sinks_one_steps_back() {
    let here = Here::new();
    let (mut first, mut second) = (here.sink().await, here.sink().await);
    let all = records();
    first.commit(&all[..100]).await.unwrap();
    let error = second.commit(&all[..100]).await.unwrap_err();
    assert!(matches!(error, tidemark_aggregate::Error::Lake(tidemark_lake::Error::Fenced { .. })), "{error:?}");
    assert_eq!(here.rows("SELECT count(*) AS c FROM events").await, [r#"{"c":100}"#]);
}

/// With `TIDEMARK_MEASURE`, the size of the real replay: 114,000 posts over 2,191 days in 110 markers, in commits of 1,000;
/// prints where the time goes.
#[tokio::test(flavor = "multi_thread")]
async fn many_commits_go_in() {
    let commits = if std::env::var_os("TIDEMARK_MEASURE").is_some() { 114 } else { 3_u64 };
    let here = Here::new();
    let mut sink = here.sink().await;
    let start: Timestamp = "2017-01-01T10:00:00Z".parse().unwrap();
    let (mut committing, mut refreshing) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
    for commit in 0..commits {
        let records: Vec<Record> = (commit * 1000..(commit + 1) * 1000)
            .map(|n| {
                let mut event = post(n, n, Operation::Create);
                event.author = None;
                event.region = None;
                event.created_at = start + SignedDuration::from_hours(24 * (n as i64 / 52));
                let scores = (0..110)
                    .map(|marker| {
                        let is_there = (n + marker).is_multiple_of(7);
                        let score = if is_there { 0.05 } else { 0.0 };
                        Score { marker: format!("lexicon.l.m{marker:03}"), score, present: is_there }
                    })
                    .collect();
                let provenance = Provenance { model: "m".into(), lexicon: "l".into(), code: "c".into() };
                let key = event.post_key.0;
                let annotated = AnnotatedPost { event, scores, n_tokens: 4, provenance };
                record(n, ANNOTATED_TOPIC, key, log::encode_annotated(&annotated))
            })
            .collect();
        let clock = std::time::Instant::now();
        sink.commit(&records).await.unwrap();
        committing += clock.elapsed();
        if commit % 10 == 9 {
            let clock = std::time::Instant::now();
            here.refresh(&mut sink).await;
            refreshing += clock.elapsed();
        }
    }
    let clock = std::time::Instant::now();
    here.refresh(&mut sink).await;
    refreshing += clock.elapsed();
    eprintln!("committing {committing:?}, refreshing {refreshing:?}");
    drop(sink);
    let clock = std::time::Instant::now();
    let _ = here.sink().await;
    eprintln!("reopening {:?}", clock.elapsed());
    let counted = here.rows("SELECT count(*) AS c, count(DISTINCT event_id) AS d FROM events").await;
    assert_eq!(counted, [format!(r#"{{"c":{0},"d":{0}}}"#, commits * 1000)]);
}
