//! The firehose, against a server that speaks both protocols: what would be published, and where it is resumed.
#![allow(clippy::unwrap_used)]

mod server;

use server::{EPOCH_US, Event, Server, Visit};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tidemark_domain::{EventId, Operation, PostEvent, RejectReason};
use tidemark_ingest::jetstream::Version;
use tidemark_ingest::rejects::RejectedRow;
use tidemark_ingest::{
    Error, FileJob, JetstreamReport, JetstreamSettings, Outcome, Pseudonymiser, RunReport, Settings, Sink, ingest_file,
    run_jetstream,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const DEADLINE: Duration = Duration::from_secs(20);

/// Keeps what it is given where a test can see it; may refuse.
#[derive(Clone, Default)]
struct Shared {
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    refuses: bool,
}

impl Sink for Shared {
    async fn publish(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        if self.refuses {
            return Err(Error::Running);
        }
        self.outcomes.lock().unwrap().extend(outcomes);
        Ok(())
    }
}

impl Shared {
    fn events(&self) -> Vec<PostEvent> {
        self.outcomes.lock().unwrap().iter().filter_map(|outcome| outcome.clone().ok()).collect()
    }

    fn reasons(&self) -> Vec<RejectReason> {
        self.outcomes.lock().unwrap().iter().filter_map(|outcome| outcome.as_ref().err()).map(|r| r.reason).collect()
    }

    fn ids(&self) -> BTreeSet<EventId> {
        self.events().iter().map(|event| event.event_id).collect()
    }
}

struct Running {
    sink: Shared,
    stop: CancellationToken,
    task: JoinHandle<Result<JetstreamReport, Error>>,
}

impl Running {
    fn start(settings: JetstreamSettings, data_dir: &Path) -> Self {
        let (sink, stop) = (Shared::default(), CancellationToken::new());
        let (mut task_sink, task_stop, data_dir) = (sink.clone(), stop.clone(), data_dir.to_owned());
        let task = tokio::spawn(async move {
            let pseudonymiser = Pseudonymiser::new(&[7; 32]);
            let clock = || "2026-11-21T10:00:00Z".parse().unwrap();
            run_jetstream(&mut task_sink, &settings, &data_dir, &pseudonymiser, clock, task_stop).await
        });
        Self { sink, stop, task }
    }

    async fn until(&self, what: &str, holds: impl Fn(&Shared) -> bool) {
        let waited = tokio::time::timeout(DEADLINE, async {
            while !holds(&self.sink) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "not within {DEADLINE:?}: {what}");
    }

    async fn stop(self) -> (JetstreamReport, Shared) {
        self.stop.cancel();
        let report = tokio::time::timeout(DEADLINE, self.task).await.expect("stops in time").unwrap().unwrap();
        (report, self.sink)
    }
}

fn settings(version: Version, hosts: &[&Server]) -> JetstreamSettings {
    JetstreamSettings {
        hosts: hosts.iter().map(|server| server.url.clone()).collect(),
        version,
        rewind_ms: 2_000,
        blind_timeout_ms: 10_000,
        batch_events: 4,
        batch_age_ms: 20,
        backoff_first_ms: 5,
        backoff_longest_ms: 20,
        ..JetstreamSettings::default()
    }
}

fn posts(numbers: impl IntoIterator<Item = u64>) -> Vec<Event> {
    numbers.into_iter().map(Event::post).collect()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn cursor(data_dir: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(data_dir.join("ingest/jetstream.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn v1_goes_on_a_little_before_where_it_was_lost() {
    let server = Server::start(posts(1..=10), vec![Visit::CloseAfter(3), Visit::BreakAfter(5), Visit::Serve]).await;
    let data = folder();
    let running = Running::start(settings(Version::V1, &[&server]), data.path());
    running.until("all ten posts", |sink| sink.ids().len() == 10).await;
    let (report, sink) = running.stop().await;
    assert_eq!(report.reconnects, 2);
    assert_eq!(report.gaps, 0);
    assert!(report.sent > 10, "some came twice, under their old ids");
    assert_eq!(sink.ids().len(), 10);
    // Lost after the third post, and rewound by two seconds.
    assert_eq!(server.cursors()[..2], [None, Some(EPOCH_US + 1_000_000)]);
    assert_eq!(cursor(data.path())["time_us"], EPOCH_US + 10_000_000);
    assert!(server.requests()[0].contains("wantedCollections=app.bsky.feed.post"));
    assert_eq!(server.seen.lock().unwrap().client_frames, 0);
}

#[tokio::test]
async fn v2_goes_on_with_the_last_event_it_had() {
    let server = Server::start(posts(1..=10), vec![Visit::CloseAfter(3), Visit::Serve]).await;
    let data = folder();
    let running = Running::start(settings(Version::V2, &[&server]), data.path());
    running.until("all ten posts", |sink| sink.ids().len() == 10).await;
    let (report, sink) = running.stop().await;
    assert_eq!(server.cursors(), [None, Some(3)]);
    assert_eq!((report.sent, sink.events().len()), (11, 11), "the cursor is inclusive: one came twice");
    assert!(server.requests()[0].contains("kinds=commit&kinds=account"));
    assert_eq!(cursor(data.path())["position"], 10);
    assert_eq!(server.seen.lock().unwrap().client_frames, 0);
}

#[tokio::test]
async fn both_protocols_publish_the_same_events() {
    let mut events = posts(1..=3);
    events.push(Event::identity(4));
    events.push(Event::commit(
        5,
        2,
        "update",
        r#","record":{"text":"made up again","createdAt":"2026-07-04T14:38:06Z"}"#,
    ));
    events.push(Event::commit(6, 2, "delete", ""));
    events.push(Event::account(7, "throttled"));
    events.push(Event::account(8, "deleted"));
    let mut of_version = Vec::new();
    for version in [Version::V1, Version::V2] {
        let server = Server::start(events.clone(), vec![Visit::Serve]).await;
        let data = folder();
        let running = Running::start(settings(version, &[&server]), data.path());
        running.until("six events", |sink| sink.events().len() == 6).await;
        let (report, sink) = running.stop().await;
        assert_eq!((report.frames, report.sent, report.passed_over), (8, 6, 2));
        of_version.push(sink.events());
    }
    assert_eq!(of_version[0], of_version[1]);
    let operations: Vec<_> = of_version[0].iter().map(|event| event.operation).collect();
    use Operation::{Create, DeleteAuthor, DeletePost, Update};
    assert_eq!(operations, [Create, Create, Create, Update, DeletePost, DeleteAuthor]);
    assert_eq!(of_version[0][1].post_key, of_version[0][4].post_key);
    assert_eq!(of_version[0][5].author, of_version[0][0].author, "author 1 wrote post 1");
}

#[tokio::test]
async fn repeated_and_unordered_frames_do_not_move_the_cursor_back() {
    for version in [Version::V1, Version::V2] {
        let order = [1, 2, 5, 3, 3, 4, 2];
        let frames = order.map(|seq| Event::post(seq).frame(version == Version::V2)).to_vec();
        let server = Server::start(Vec::new(), vec![Visit::Frames(frames)]).await;
        let data = folder();
        let running = Running::start(settings(version, &[&server]), data.path());
        running.until("all frames", |sink| sink.events().len() == order.len()).await;
        let (_, sink) = running.stop().await;
        assert_eq!(sink.ids().len(), 5);
        assert_eq!(cursor(data.path())["time_us"], EPOCH_US + 5_000_000);
    }
}

#[tokio::test]
async fn a_new_process_resumes_where_the_last_one_was_acknowledged() {
    let server = Server::start(posts(1..=6), vec![Visit::Serve]).await;
    let data = folder();
    let first = Running::start(settings(Version::V2, &[&server]), data.path());
    first.until("six posts", |sink| sink.events().len() == 6).await;
    first.stop().await;
    // A log that refuses: nothing is acknowledged, and the cursor stays.
    let mut refusing = Shared { refuses: true, ..Shared::default() };
    let pseudonymiser = Pseudonymiser::new(&[7; 32]);
    let other = Server::start(posts(6..=9), vec![Visit::Serve]).await;
    let refused_settings = settings(Version::V2, &[&other]);
    let refused = run_jetstream(
        &mut refusing,
        &refused_settings,
        data.path(),
        &pseudonymiser,
        || "2026-11-21T10:00:00Z".parse().unwrap(),
        CancellationToken::new(),
    );
    assert!(tokio::time::timeout(DEADLINE, refused).await.unwrap().is_err());
    assert_eq!(cursor(data.path())["position"], 6);
    let second = Running::start(settings(Version::V2, &[&server]), data.path());
    second.until("the last post again", |sink| sink.events().len() == 1).await;
    second.stop().await;
    assert_eq!(server.cursors(), [None, Some(6)]);
}

#[tokio::test]
async fn after_a_power_cut_the_stream_goes_on_where_the_broker_has_it_for_sure() {
    let server = Server::start(posts(1..=6), vec![Visit::Serve]).await;
    let data = folder();
    let first = Running::start(settings(Version::V2, &[&server]), data.path());
    first.until("six posts", |sink| sink.events().len() == 6).await;
    first.stop().await;
    let path = data.path().join("ingest/jetstream.json");
    let mut kept = cursor(data.path());
    kept["settled"] = kept.clone();
    kept["settled"]["position"] = 3.into();
    kept["boot"] = "another start".into();
    std::fs::write(&path, kept.to_string()).unwrap();
    let second = Running::start(settings(Version::V2, &[&server]), data.path());
    second.until("the last four posts again", |sink| sink.ids().len() == 4).await;
    second.stop().await;
    assert_eq!(server.cursors(), [None, Some(3)]);
}

#[tokio::test]
async fn a_blind_host_is_left_and_does_not_move_the_cursor() {
    let good = Server::start(posts(1..=4), vec![Visit::CloseAfter(2), Visit::Serve]).await;
    let blind = Server::start(Vec::new(), vec![Visit::Silent]).await;
    let data = folder();
    let settings = JetstreamSettings { blind_timeout_ms: 150, ..settings(Version::V2, &[&good, &blind]) };
    let running = Running::start(settings, data.path());
    running.until("all four posts", |sink| sink.ids().len() == 4).await;
    let (report, _) = running.stop().await;
    // Another host's sequence is its own: it is asked by time. Back at the first, the number counts again.
    assert_eq!(blind.cursors()[0], Some(EPOCH_US));
    assert_eq!(good.cursors()[..2], [None, Some(2)]);
    assert!(report.reconnects >= 2);
}

#[tokio::test]
async fn a_cursor_that_is_too_old_costs_a_measured_gap() {
    for late in [
        Visit::Refuse("CursorTooOld"),
        Visit::FramesThenClose(vec![r#"{"$type":"error","error":"FutureCursor","message":"x"}"#.into()]),
    ] {
        let later = Event { time_us: EPOCH_US + 3_600_000_000, ..Event::post(900) };
        let visits = vec![Visit::CloseAfter(2), late, Visit::Frames(vec![later.frame(true)])];
        let server = Server::start(posts(1..=2), visits).await;
        let data = folder();
        let running = Running::start(settings(Version::V2, &[&server]), data.path());
        running.until("the later post", |sink| sink.events().len() == 3).await;
        let (report, _) = running.stop().await;
        assert_eq!(server.cursors(), [None, Some(2), None]);
        assert_eq!((report.gaps, report.gap_seconds), (1, 3_598));
        assert_eq!(cursor(data.path())["position"], 900);
    }
}

#[tokio::test]
async fn an_outdated_cursor_is_told_and_the_stream_goes_on() {
    let info = r##"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor","message":"x"}}"##;
    let later = Event { time_us: EPOCH_US + 600_000_000, ..Event::post(300) };
    let visits = vec![Visit::CloseAfter(1), Visit::Frames(vec![info.into(), later.frame(true)])];
    let server = Server::start(posts(1..=1), visits).await;
    let data = folder();
    let running = Running::start(settings(Version::V2, &[&server]), data.path());
    running.until("the later post", |sink| sink.events().len() == 2).await;
    let (report, _) = running.stop().await;
    assert_eq!((report.gaps, report.gap_seconds, report.passed_over), (1, 599, 1));
}

#[tokio::test]
async fn a_request_the_server_calls_wrong_is_not_repeated() {
    let server = Server::start(Vec::new(), vec![Visit::Refuse("InvalidRequest")]).await;
    let data = folder();
    let running = Running::start(settings(Version::V2, &[&server]), data.path());
    let fault = tokio::time::timeout(DEADLINE, running.task).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(&fault, Error::JetstreamRefused { code } if code == "InvalidRequest"));
    assert!(fault.to_string().contains("check `version`"), "{fault}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_accepts_and_sends_only_errors_is_asked_less_and_less() {
    let errors = vec![r#"{"$type":"error","error":"ConsumerTooSlow","message":"x"}"#.to_owned()];
    let server = Server::start(Vec::new(), vec![Visit::FramesThenClose(errors)]).await;
    let data = folder();
    let settings =
        JetstreamSettings { backoff_first_ms: 40, backoff_longest_ms: 60_000, ..settings(Version::V2, &[&server]) };
    let started = Instant::now();
    let running = Running::start(settings, data.path());
    running.until("six attempts", |_| server.requests().len() >= 6).await;
    // Five pauses of 40, 80, 160, 320 and 640 ms, of which jitter leaves at least a half.
    assert!(started.elapsed() >= Duration::from_millis(620), "{:?}", started.elapsed());
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_frame_is_a_reject_and_what_is_unknown_is_counted() {
    let ahead = Event { time_us: EPOCH_US + 40_000_000_000_000, ..Event::post(7) };
    let frames = vec![
        Event::post(1).frame(false),
        "{\"did\":".to_owned(),
        r#"{"did":"did:plc:a","time_us":1783175889000000,"kind":"novelty","novelty":{}}"#.to_owned(),
        Event::commit(2, 2, "create", r#","record":{"text":"  ","embed":{}}"#).frame(false),
        ahead.frame(false),
        Event::post(3).frame(false),
    ];
    let server = Server::start(Vec::new(), vec![Visit::Frames(frames)]).await;
    let data = folder();
    let running = Running::start(settings(Version::V1, &[&server]), data.path());
    running.until("two posts", |sink| sink.events().len() == 2 && sink.reasons().len() == 3).await;
    let (report, sink) = running.stop().await;
    assert_eq!((report.frames, report.sent, report.rejected, report.passed_over), (6, 2, 3, 1));
    assert_eq!(report.frames, report.sent + report.rejected + report.passed_over);
    let mut by_reason = BTreeMap::new();
    sink.reasons().into_iter().for_each(|reason| *by_reason.entry(reason).or_insert(0) += 1);
    let expected = [(RejectReason::Malformed, 1), (RejectReason::EmptyText, 1), (RejectReason::TimeOutOfRange, 1)];
    assert_eq!(by_reason, BTreeMap::from(expected));
    assert_eq!(cursor(data.path())["time_us"], EPOCH_US + 3_000_000, "a clock that runs ahead does not take us along");
}

#[tokio::test]
async fn rejected_frames_are_filed_and_can_be_replayed() {
    for version in [Version::V1, Version::V2] {
        let is_v2 = version == Version::V2;
        // A server's clock that runs a year ahead: the frame is refused now, and would not be then.
        let ahead = Event { time_us: EPOCH_US + 31_536_000_000_000, ..Event::post(7) };
        let empty = Event::commit(2, 2, "create", r#","record":{"text":"  "}"#);
        let frames = vec!["{\"did\":".to_owned(), ahead.frame(is_v2), empty.frame(is_v2), Event::post(1).frame(is_v2)];
        let server = Server::start(Vec::new(), vec![Visit::Frames(frames.clone())]).await;
        let data = folder();
        let running = Running::start(settings(version, &[&server]), data.path());
        running.until("all four", |sink| sink.events().len() == 1 && sink.reasons().len() == 3).await;
        let (_, sink) = running.stop().await;
        let file = data.path().join("rejects/bluesky.jsonl");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let kept: Vec<RejectedRow> =
            std::fs::read_to_string(&file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(kept.iter().map(|row| row.reason).collect::<Vec<_>>(), sink.reasons());
        assert!(kept.iter().zip(&frames).all(|(row, frame)| row.raw == frame.as_bytes()));

        let (report, outcomes) = replay(&file, data.path()).await;
        assert_eq!((report.source.as_str(), report.rows, report.sent), ("bluesky", 3, 1));
        let rejected = [(RejectReason::Malformed, 1), (RejectReason::EmptyText, 1)];
        assert_eq!(report.rejected, BTreeMap::from(rejected));
        let event = outcomes.iter().find_map(|outcome| outcome.clone().ok()).unwrap();
        assert_eq!(
            event.post_key,
            Pseudonymiser::new(&[7; 32]).post("bluesky", "at://did:plc:author1/app.bsky.feed.post/k7")
        );
        assert_eq!((event.source.as_str(), event.run_id.as_str()), ("bluesky", report.run_id.as_str()));
        assert_eq!(event.author, Some(Pseudonymiser::new(&[7; 32]).author("bluesky", "did:plc:author1")));
        // The sink has seen the id of the reject: the event must bring another.
        assert_ne!(event.event_id.to_string(), kept[1].input);
        let (again, _) = replay(&report.rejects_file.unwrap(), data.path()).await;
        assert_eq!((again.source.as_str(), again.rows, again.rejected), ("bluesky", 2, report.rejected));
    }
}

/// Reads a rejects file once more, two years later.
async fn replay(file: &Path, data_dir: &Path) -> (RunReport, Vec<Outcome>) {
    let job = FileJob { path: file.to_owned(), mapping: None, data_dir: data_dir.to_owned(), is_replay: true };
    let (mut sink, pseudonymiser) = (Vec::new(), Pseudonymiser::new(&[7; 32]));
    let now = "2028-11-21T10:00:00Z".parse().unwrap();
    let report = ingest_file(&mut sink, &job, &Settings::default(), &pseudonymiser, now, |_| {}).await.unwrap();
    (report, sink)
}

#[tokio::test]
async fn a_host_that_is_not_there_is_passed_over() {
    let server = Server::start(posts(1..=2), vec![Visit::Serve]).await;
    let data = folder();
    let mut settings = settings(Version::V1, &[&server]);
    // A port nobody listens on, and a server that speaks no TLS.
    settings.hosts.insert(0, "ws://127.0.0.1:1".into());
    settings.hosts.insert(1, server.url.replace("ws://", "wss://"));
    let running = Running::start(settings, data.path());
    running.until("both posts", |sink| sink.ids().len() == 2).await;
    let (report, _) = running.stop().await;
    assert!(report.reconnects >= 2);
    for hosts in [vec![], vec!["https://x.example".to_owned()]] {
        let settings = JetstreamSettings { hosts, ..JetstreamSettings::default() };
        let running = Running::start(settings, data.path());
        assert!(running.task.await.unwrap().is_err());
    }
}
