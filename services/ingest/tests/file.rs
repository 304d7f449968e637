//! Files of every kind, whole, broken and interrupted, through the file run.
#![allow(clippy::unwrap_used)]

use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tidemark_domain::RejectReason::{
    self, EmptyText, InvalidUtf8, Malformed, MissingField, RecordTooLong, TextTooLong, TimeOutOfRange, TruncatedInput,
};
use tidemark_domain::{Operation, PostEvent};
use tidemark_ingest::rejects::RejectedRow;
use tidemark_ingest::{
    Error, FileJob, Mapping, Outcome, Pseudonymiser, RunReport, Settings, Sink, finished_run, ingest_file, to_record,
};
use tidemark_wire::log::{Reject, decode_event, decode_reject};

const NOW: &str = "2026-11-21T10:00:00Z";

struct Bench {
    folder: TempDir,
    settings: Settings,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), settings: Settings { window_rows: 3, ..Settings::default() } }
    }

    fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn job(&self, path: &Path, mapping: Option<&str>) -> FileJob {
        FileJob {
            path: path.to_owned(),
            mapping: mapping.map(|text| Mapping::from_toml(text).unwrap()),
            data_dir: self.data(),
            is_replay: false,
        }
    }

    async fn run(&self, sink: &mut impl Sink, job: &FileJob) -> Result<RunReport, Error> {
        let pseudonymiser = Pseudonymiser::open(&self.data())?;
        ingest_file(sink, job, &self.settings, &pseudonymiser, NOW.parse().unwrap(), |_| {}).await
    }

    /// Reads a file; gives what it reported and what it sent.
    async fn read(&self, name: &str, content: &[u8], mapping: Option<&str>) -> (RunReport, Vec<Outcome>) {
        let path = self.put(name, content);
        let mut sink = Vec::new();
        let report = self.run(&mut sink, &self.job(&path, mapping)).await.unwrap();
        assert_eq!(report.rows, sink.len() as u64, "every row is one outcome");
        assert_eq!(report.rows, report.sent + report.rejected.values().sum::<u64>());
        (report, sink)
    }
}

fn events(outcomes: &[Outcome]) -> Vec<&PostEvent> {
    outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect()
}

fn rejects(outcomes: &[Outcome]) -> Vec<&Reject> {
    outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect()
}

fn reasons(outcomes: &[Outcome]) -> Vec<(u64, RejectReason)> {
    rejects(outcomes).iter().map(|reject| (reject.row, reject.reason)).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Lines of NDJSON with texts that do not compress to nothing.
fn lines(n: usize) -> Vec<u8> {
    (0..n)
        .flat_map(|i| {
            format!(
                "{{\"id\":{i},\"author\":\"a{}\",\"created_at\":\"2024-01-{:02}T10:00:00Z\",\"text\":\"post {:x}\",\"lang\":\"en\"}}\n",
                i % 7,
                i % 28 + 1,
                i.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            )
            .into_bytes()
        })
        .collect()
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_the_first_record_or_column() {
    let ndjson = "\u{feff}{\"id\":1,\"created_at\":\"2024-01-01\",\"text\":\"fine\"}\n{\"id\":2,\"created_at\":\"2024-01-01\",\"text\":\"too\"}\n";
    let csv = "\u{feff}id,text,created_at\n1,fine,2024-01-01\n2,too,2024-01-01\n";
    for (name, content) in [("posts.ndjson", ndjson), ("posts.csv", csv)] {
        for (name, content) in [(name.to_owned(), content.into()), (format!("{name}.gz"), gzip(content.as_bytes()))] {
            let (report, outcomes) = Bench::new().read(&name, &content, None).await;
            assert_eq!((report.rows, report.sent), (2, 2), "{name}: {:?}", reasons(&outcomes));
            let texts: Vec<&str> = events(&outcomes).iter().map(|event| event.text.as_str()).collect();
            assert_eq!(texts, ["fine", "too"], "{name}");
        }
    }
}

#[tokio::test]
async fn a_parents_text_comes_masked_from_its_column_and_belongs_to_its_record() {
    let csv = "id;when;body;quoted;subject\n\
        1;2024-01-01;so do I;\"@ana: I am tired; so tired\";the @bea law\n\
        2;2024-01-01;nothing to answer;;\n\
        3;2024-01-01;;I am tired;the law\n";
    let mapping = "format = 'csv'\ndelimiter = ';'\nid = 'id'\ntext = 'body'\ncreated_at = 'when'\n\
        parent_text = 'quoted'\ntopic = 'subject'";
    let (report, outcomes) = Bench::new().read("posts.csv", csv.as_bytes(), Some(mapping)).await;
    assert_eq!((report.sent, reasons(&outcomes)), (2, vec![(3, MissingField)]));
    let contexts = |outcomes: &[Outcome]| -> Vec<(Option<String>, Option<String>)> {
        events(outcomes).iter().map(|event| (event.parent_text.clone(), event.topic.clone())).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(contexts(&outcomes), [(some("@user: I am tired; so tired"), some("the @user law")), (None, None)]);
    // Of a reject, the owner's file alone keeps it.
    assert!(!format!("{:?}", rejects(&outcomes)).contains("tired"));

    // Without a mapping a parent's text is known by its name, and a topic is not. An edit that brings none has none.
    let ndjson = r#"{"id":1,"created_at":"2024-01-01","text":"so do I","parent_text":"@ana is tired","topic":7}
        {"id":1,"created_at":"2024-01-01","text":"so did I","op":"update"}"#;
    let (_, outcomes) = Bench::new().read("posts.ndjson", ndjson.as_bytes(), None).await;
    assert_eq!(contexts(&outcomes), [(some("@user is tired"), None), (None, None)]);
}

#[tokio::test]
async fn every_bad_record_is_a_reject_with_its_reason() {
    let mut input = Vec::new();
    let line = |text: &str| format!("{text}\n").into_bytes();
    input.extend(line(r#"{"id":1,"created_at":"2024-01-01","text":"fine"}"#));
    input.extend(line(r#"{"id":2,"created_at":"2024-01-01","text":"#));
    input.extend(b"{\"id\":3,\"created_at\":\"2024-01-01\",\"text\":\"\xff\"}\n");
    input.extend(line("{\"id\":4,\"created_at\":\"2024-01-01\",\"text\":\"nul \\u0000 inside\"}"));
    input.extend(line(r#"{"id":5,"created_at":"2024-01-01","text":""}"#));
    input.extend(line(r#"{"id":6,"created_at":"2024-01-01","text":"😭😭"}"#));
    input.extend(line(&format!(r#"{{"id":7,"created_at":"2024-01-01","text":"{}"}}"#, "x".repeat(10_000_000))));
    input.extend(line(&format!(r#"{{"id":8,"created_at":"2024-01-01","text":"{}"}}"#, "x".repeat(100_001))));
    input.extend(line(r#"{"id":9,"created_at":"2024-01-01"}"#));
    input.extend(line(r#"{"id":"10","created_at":"1704067200","text":"numbers as text","extra":[1,{"x":null}]}"#));
    input.extend(line(r#"{"id":11,"created_at":"1970-01-01T00:00:00Z","text":"old"}"#));
    input.extend(line(r#"{"id":12,"created_at":"2100-01-01T00:00:00Z","text":"ahead"}"#));
    input.extend(line(r#"{"id":1,"created_at":"2024-01-02","text":"the same id again"}"#));
    let (report, outcomes) = Bench::new().read("bad.ndjson", &input, None).await;
    assert_eq!((report.rows, report.sent, report.source.as_str()), (13, 5, "file"));
    assert_eq!(
        reasons(&outcomes),
        [
            (2, Malformed),
            (3, InvalidUtf8),
            (5, EmptyText),
            (7, RecordTooLong),
            (8, TextTooLong),
            (9, MissingField),
            (11, TimeOutOfRange),
            (12, TimeOutOfRange)
        ]
    );
    let events = events(&outcomes);
    assert_eq!(events[1].text, "nul  inside");
    assert_eq!(events[3].created_at.to_string(), "2024-01-01T00:00:00Z");
    assert_eq!(events[0].post_key, events[4].post_key, "one post: the sink decides");
    assert_ne!(events[0].event_id, events[4].event_id, "two records of it");
    assert!(rejects(&outcomes).iter().all(|reject| !reject.detail.contains("xxx")));
}

#[tokio::test]
async fn a_csv_without_ids_or_authors_has_a_post_in_every_row() {
    let input = b"date,subreddit,cohort,kind,body\n2017-01-01,lonely,a,post,\"alone, again\"\n2017-01-01,lonely,a,post,\"alone, again\"\n2017-01-02,lonely,a,comment,me too\n";
    let bench = Bench::new();
    let (report, outcomes) = bench.read("replay.csv.gz", &gzip(input), None).await;
    assert_eq!((report.rows, report.sent), (3, 3));
    let events = events(&outcomes);
    assert_ne!(events[0].post_key, events[1].post_key);
    assert!(events.iter().all(|event| event.author.is_none() && event.community.as_deref() == Some("lonely")));
    assert_eq!(events[2].created_at.to_string(), "2017-01-02T12:00:00Z");
    assert!(report.rejects_file.is_none());
    assert_eq!(std::fs::read_dir(bench.data().join("rejects")).unwrap().count(), 0);
}

#[tokio::test]
async fn formats_and_wrappings_are_told_from_the_content() {
    let ndjson = lines(5);
    let zstd = zstd::encode_all(ndjson.as_slice(), 1).unwrap();
    let mut long = zstd::Encoder::new(Vec::new(), 1).unwrap();
    long.long_distance_matching(true).unwrap();
    long.window_log(28).unwrap();
    long.write_all(&ndjson).unwrap();
    let tsv = b"id\ttext\tcreated_at\n1\ta\t2024-01-01\n";
    for (name, content, rows) in [
        ("a", ndjson.clone(), 5),
        ("b.csv", b"id,text,created_at\n1,a,2024-01-01\n".to_vec(), 1),
        ("c", b"id,text,created_at\n1,a,2024-01-01\n".to_vec(), 1),
        ("d.json.zst", zstd.clone(), 5),
        ("e", zstd, 5),
        ("f.zst", long.finish().unwrap(), 5),
        ("g.tsv", tsv.to_vec(), 1),
        ("h.gz", [gzip(&ndjson), gzip(&ndjson)].concat(), 10),
        ("i.ndjson", Vec::new(), 0),
        ("j.csv", Vec::new(), 0),
    ] {
        let (report, _) = Bench::new().read(name, &content, None).await;
        assert_eq!((report.rows, report.sent), (rows, rows), "{name}");
    }
}

#[tokio::test]
async fn an_input_that_breaks_off_keeps_its_rows() {
    let content = lines(2_000);
    for (name, whole) in
        [("cut.ndjson.gz", gzip(&content)), ("cut.ndjson.zst", zstd::encode_all(content.as_slice(), 1).unwrap())]
    {
        let (report, outcomes) = Bench::new().read(name, &whole[..whole.len() * 2 / 3], None).await;
        assert_eq!(report.rejected, BTreeMap::from([(TruncatedInput, 1)]), "{name}");
        assert!((100..2_000).contains(&report.sent), "{name}: {}", report.sent);
        assert!(outcomes.last().unwrap().is_err());
    }
    let (report, _) = Bench::new().read("cut.csv.gz", &gzip(b"id,text,created_at\n1,a,2024-01-01\n")[..15], None).await;
    assert_eq!((report.rows, report.rejected), (1, BTreeMap::from([(TruncatedInput, 1)])));
}

#[tokio::test]
async fn a_mapping_that_does_not_fit_is_refused_before_anything_is_read() {
    let bench = Bench::new();
    let path = bench.put("posts.csv", b"when,body\n2024-01-01,a\n");
    let mut sink = Vec::new();
    let job = bench.job(&path, Some("text = 'body'\ncreated_at = 'when'\nauthor = 'user'"));
    let fault = bench.run(&mut sink, &job).await.unwrap_err();
    assert!(matches!(&fault, Error::MissingColumns { missing, .. } if missing == &["user"]));
    assert!(fault.to_string().contains("`user`") && fault.to_string().contains("`when`, `body`"), "{fault}");
    let fault = bench.run(&mut sink, &bench.job(&path, None)).await.unwrap_err();
    assert!(matches!(fault, Error::UnrecognisedColumns { field: "created_at", .. }), "{fault}");
    let path = bench.put("posts.ndjson", &lines(3));
    let fault =
        bench.run(&mut sink, &bench.job(&path, Some("text = 'body'\ncreated_at = 'created_at'"))).await.unwrap_err();
    assert!(matches!(fault, Error::MissingColumns { .. }), "{fault}");
    let gone = bench.job(&bench.folder.path().join("gone.csv"), None);
    assert!(matches!(bench.run(&mut sink, &gone).await.unwrap_err(), Error::Input { .. }));
    assert!(sink.is_empty());
}

#[cfg(unix)]
mod pipes {
    use super::{Bench, Error, RunReport, gzip, lines};
    use std::time::Duration;

    /// Whoever opens a pipe once more waits for ever.
    const DEADLINE: Duration = Duration::from_secs(60);

    /// Reads what comes through a pipe of that name; gives what the run left in the folder of checkpoints, too.
    fn read_pipe(name: &str, content: Vec<u8>, mapping: Option<&str>) -> (Result<RunReport, Error>, Vec<String>) {
        let bench = Bench::new();
        let path = bench.folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let job = bench.job(&path, mapping);
        // Opening it for writing waits for the reader.
        std::thread::spawn(move || std::fs::write(path, content).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut sink = Vec::new();
        let read = runtime.block_on(async { tokio::time::timeout(DEADLINE, bench.run(&mut sink, &job)).await });
        // A thread that waits for a pipe does not end with the test.
        runtime.shutdown_background();
        let report = read.expect("the pipe is opened once");
        assert_eq!(report.as_ref().map_or(0, |report| report.rows), sink.len() as u64);
        let left = std::fs::read_dir(bench.data().join("ingest")).unwrap();
        (report, left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
    }

    #[test]
    fn a_pipe_is_read_whole_and_its_copy_goes_with_the_run() {
        let csv = b"id,text,created_at\n1,a,2024-01-01\n".to_vec();
        for (name, content, rows) in [("63", gzip(&lines(10)), 10), ("posts.csv", csv, 1), ("empty", Vec::new(), 0)] {
            let (report, left) = read_pipe(name, content, None);
            let report = report.unwrap();
            assert_eq!((report.rows, report.sent), (rows, rows), "{name}");
            assert!(left.contains(&format!("{}.json", report.run_id)), "{name}: {left:?}");
            assert!(!left.iter().any(|file| file.starts_with("stdin-")), "{name}: {left:?}");
        }
    }

    #[test]
    fn nothing_of_a_pipe_stays_where_the_mapping_does_not_fit() {
        let mapping = "text = 'body'\ncreated_at = 'created_at'";
        let (fault, left) = read_pipe("63", lines(3), Some(mapping));
        assert!(matches!(fault, Err(Error::MissingColumns { .. })));
        assert_eq!(left, Vec::<String>::new());
    }
}

/// More records than are looked at before the first is read, then one with an author and a place.
fn late_fields() -> Vec<u8> {
    let early = "{\"id\":1,\"created_at\":\"2024-01-01\",\"text\":\"early\"}\n";
    let late = "{\"created_at\":\"2024-01-01\",\"text\":\"late\",\"author\":\"ana\",\"where\":{\"code\":\"AR-B\"}}\n";
    [early.repeat(1_200), late.to_owned()].concat().into_bytes()
}

#[tokio::test]
async fn in_ndjson_a_mapped_field_may_come_late_or_never() {
    let mapping = |rest: &str| format!("text = 'text'\ncreated_at = 'created_at'\n{rest}");
    let columns = mapping("place = 'where.code'\nlanguage = 'lnag'");
    let (report, outcomes) = Bench::new().read("late.ndjson", &late_fields(), Some(&columns)).await;
    assert_eq!((report.sent, report.unseen_columns.as_slice()), (1_201, ["lnag".to_owned()].as_slice()));
    let last = outcomes.last().unwrap().as_ref().unwrap();
    assert_eq!(last.region.as_deref(), Some("AR-B"));
    // Not its authors and ids: who is counted, and what is a post, is to be known from the start.
    let bench = Bench::new();
    let path = bench.put("late.ndjson", &late_fields());
    let authors = mapping("author = 'author'\nplace = 'where.code'\nlanguage = 'lnag'");
    let fault = bench.run(&mut Vec::new(), &bench.job(&path, Some(&authors))).await.unwrap_err();
    assert!(matches!(&fault, Error::MissingColumns { missing, .. } if missing == &["author"]), "{fault}");
    // A header shows every column, and what it lacks is lacking.
    let bench = Bench::new();
    let path = bench.put("late.csv", b"created_at,text\n2024-01-01,a\n");
    let fault = bench.run(&mut Vec::new(), &bench.job(&path, Some(&authors))).await.unwrap_err();
    assert!(matches!(&fault, Error::MissingColumns { missing, .. } if missing.len() == 3), "{fault}");
}

#[tokio::test]
async fn in_ndjson_a_usual_name_may_come_late() {
    let (report, outcomes) = Bench::new().read("late.ndjson", &late_fields(), None).await;
    assert_eq!((report.sent, report.unseen_columns.len()), (1_201, 0));
    let authors = events(&outcomes).iter().filter(|event| event.author.is_some()).count();
    assert_eq!(authors, 1);
}

#[tokio::test]
async fn edits_and_deletions_travel_under_the_posts_key() {
    let input = br#"{"id":"p1","text":"first","author":"a","created_at":"2024-01-01T00:00:00Z","lang":"en","op":"create","is_bot":false}
{"id":"p1","text":"second","author":"a","created_at":"2024-01-01T00:00:00Z","lang":"en","op":"update","is_bot":false}
{"id":"p1","author":"a","created_at":"2024-01-05T00:00:00Z","lang":"en","op":"delete","is_bot":true}
"#;
    let (_, outcomes) = Bench::new().read("sim.ndjson", input, Some("source='simulator'\ntext='text'\ncreated_at='created_at'\nid='id'\nauthor='author'\nlanguage='lang'\noperation='op'\nis_bot='is_bot'")).await;
    let events = events(&outcomes);
    let operations: Vec<_> = events.iter().map(|event| event.operation).collect();
    assert_eq!(operations, [Operation::Create, Operation::Update, Operation::DeletePost]);
    assert!(events.iter().all(|event| event.post_key == events[0].post_key && event.source == "simulator"));
    assert_eq!(events.iter().map(|event| event.is_bot_hint).collect::<Vec<_>>(), [false, false, true]);
}

/// Fails at its `fails_at`-th window, after taking it or before.
struct Fragile {
    taken: Vec<Outcome>,
    windows: usize,
    fails_at: usize,
    takes_before_failing: bool,
}

impl Sink for Fragile {
    async fn publish(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.windows += 1;
        let fails = self.windows == self.fails_at;
        if !fails || self.takes_before_failing {
            self.taken.extend(outcomes);
        }
        if fails { Err(Error::Running) } else { Ok(()) }
    }
}

fn ids(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(event) => event.event_id.to_string(),
            Err(reject) => reject.event_id.to_string(),
        })
        .collect()
}

#[tokio::test]
async fn a_run_that_dies_anywhere_goes_on_where_it_was() {
    let mut content = lines(20);
    content.extend(b"broken 1\n");
    content.extend(lines(5));
    content.extend(b"broken 2\n");
    let whole_bench = Bench::new();
    let (whole, sent) = whole_bench.read("posts.ndjson", &content, None).await;
    let whole_rejects = std::fs::read(whole.rejects_file.as_ref().unwrap()).unwrap();
    assert_eq!((whole.rows, whole.sent), (27, 25));

    for fails_at in 1..=9 {
        for takes_before_failing in [false, true] {
            let bench = Bench::new();
            let path = bench.put("elsewhere.ndjson", &content);
            let mut sink = Fragile { taken: Vec::new(), windows: 0, fails_at, takes_before_failing };
            bench.run(&mut sink, &bench.job(&path, None)).await.unwrap_err();
            // What a crash leaves half written behind the checkpoint.
            let rejects = bench.data().join("rejects").join(format!("{}.jsonl", whole.run_id));
            std::fs::OpenOptions::new().append(true).open(&rejects).unwrap().write_all(b"{\"row\":").unwrap();
            let report = bench.run(&mut sink, &bench.job(&path, None)).await.unwrap();
            let mut expected = whole.clone();
            expected.resumed_rows = (fails_at as u64 - 1) * 3;
            expected.rejects_file = Some(rejects.clone());
            assert_eq!(report, expected, "the counts are exact");
            let mut seen = ids(&sink.taken);
            seen.sort();
            seen.dedup();
            let mut all = ids(&sent);
            all.sort();
            assert_eq!(seen, all, "nothing is lost, and what comes twice has its old id");
            assert_eq!(std::fs::read(&rejects).unwrap(), whole_rejects, "each reject stands in the file once");
        }
    }
}

#[tokio::test]
async fn after_a_power_cut_what_the_broker_may_have_lost_is_sent_again() {
    let bench = Bench::new();
    let path = bench.put("posts.ndjson", &[lines(10), b"broken\n".to_vec(), lines(10)].concat());
    let state = || {
        let mut files = std::fs::read_dir(bench.data().join("ingest")).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|end| end == "json")).unwrap()
    };
    // The first time the run is new; the second it was finished once.
    for _ in 0..2 {
        let mut sink = Fragile { taken: Vec::new(), windows: 0, fails_at: 6, takes_before_failing: false };
        bench.run(&mut sink, &bench.job(&path, None)).await.unwrap_err();
        let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(state()).unwrap()).unwrap();
        assert_eq!(kept["rows"], 15);
        // The machine has started again since, and nothing had been acknowledged long enough to be on its disk.
        kept["boot"] = "another start".into();
        std::fs::write(state(), kept.to_string()).unwrap();
        let mut sink = Vec::new();
        let report = bench.run(&mut sink, &bench.job(&path, None)).await.unwrap();
        assert_eq!((report.resumed_rows, report.rows, sink.len()), (0, 21, 21));
        let rejects = std::fs::read_to_string(report.rejects_file.unwrap()).unwrap();
        assert_eq!(rejects.lines().count(), 1, "the reject stands in the file once");
    }
}

#[tokio::test]
async fn a_finished_run_is_redelivered_with_the_same_ids() {
    let bench = Bench::new();
    let (first, sent) = bench.read("posts.ndjson", &lines(10), None).await;
    let (again, resent) = bench.read("copy.ndjson", &lines(10), None).await;
    assert_eq!(first, again);
    assert_eq!(ids(&sent), ids(&resent));
    let job = bench.job(&bench.folder.path().join("copy.ndjson"), None);
    let known = finished_run(&job).await.unwrap().expect("it reached the end");
    assert_eq!(known, RunReport { resumed_rows: 10, ..first.clone() });
    let new = bench.job(&bench.put("new.ndjson", &lines(11)), None);
    assert_eq!(finished_run(&new).await.unwrap(), None);
    let mapping = "source = 'other'\ntext = 'text'\ncreated_at = 'created_at'";
    let (other, _) = bench.read("posts.ndjson", &lines(10), Some(mapping)).await;
    assert_ne!(other.run_id, first.run_id);
}

#[tokio::test]
async fn rejects_are_private_and_can_be_replayed_through_a_corrected_mapping() {
    let bench = Bench::new();
    let input = b"when,body,user\n01/02/2024,@ana is fine,u1\n02/02/2024,\"so, so\",u2\nshort row\n";
    let mapping = |format: &str| {
        format!("text = 'body'\nauthor = 'user'\ncreated_at = {{ column = 'when', format = '{format}' }}")
    };
    let (report, outcomes) = bench.read("posts.csv", input, Some(&mapping("%Y-%m-%d"))).await;
    assert_eq!((report.rows, report.sent), (3, 0));
    let file = report.rejects_file.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let kept: Vec<RejectedRow> =
        std::fs::read_to_string(&file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(kept.iter().map(|row| (row.row, row.reason)).collect::<Vec<_>>(), reasons(&outcomes));
    assert_eq!(kept[0].raw, b"01/02/2024,@ana is fine,u1");
    let sent = to_record(&outcomes[0]).payload;
    assert!(!String::from_utf8_lossy(&sent).contains("ana"), "the file is the one place of the record");

    let corrected = mapping("%d/%m/%Y");
    let job = FileJob { is_replay: true, ..bench.job(&file, Some(&corrected)) };
    let mut sink = Vec::new();
    let replayed = bench.run(&mut sink, &job).await.unwrap();
    assert_eq!((replayed.rows, replayed.sent), (3, 2));
    assert_eq!(reasons(&sink), [(3, Malformed)]);
    // What is refused again stands in its file as in the first, and can be read a third time.
    let again: RejectedRow =
        serde_json::from_slice(&std::fs::read(replayed.rejects_file.as_ref().unwrap()).unwrap()).unwrap();
    assert_eq!(again, kept[2]);
    let (_, direct) = bench.read("posts.csv", input, Some(&corrected)).await;
    let keys = |outcomes: &[Outcome]| events(outcomes).iter().map(|event| event.post_key).collect::<Vec<_>>();
    assert_eq!(keys(&sink), keys(&direct), "they are the posts they would have been");
    assert_eq!(events(&sink)[1].text, "so, so");
}

/// The texts that a mapping makes of a rejects file.
async fn replayed(bench: &Bench, file: &Path, mapping: &str) -> Vec<String> {
    let mut sink = Vec::new();
    let job = FileJob { is_replay: true, ..bench.job(file, Some(mapping)) };
    bench.run(&mut sink, &job).await.unwrap();
    events(&sink).iter().map(|event| event.text.clone()).collect()
}

#[tokio::test]
async fn rejects_keep_the_delimiter_of_their_input() {
    let bench = Bench::new();
    let mapping = |format: &str| format!("text = 'body'\ncreated_at = {{ column = 'when', format = '{format}' }}\n");
    let input = b"when\tbody\n2024-02-01\tfine\n01/02/2024\tso so\n";
    let (report, _) = bench.read("posts.tsv", input, Some(&mapping("%Y-%m-%d"))).await;
    let (file, corrected) = (report.rejects_file.unwrap(), mapping("%d/%m/%Y"));
    assert_eq!(replayed(&bench, &file, &corrected).await, ["so so"]);
    // A file of before the delimiter was kept: the mapping says it.
    let kept = std::fs::read_to_string(&file).unwrap();
    let old = kept.replace(r#""delimiter":"\t","#, "");
    assert_ne!(old, kept);
    let old = bench.put("old.jsonl", old.as_bytes());
    assert!(replayed(&bench, &old, &corrected).await.is_empty());
    assert_eq!(replayed(&bench, &old, &format!("{corrected}delimiter = '\t'")).await, ["so so"]);
}

#[tokio::test]
async fn a_full_disk_stops_the_run_with_a_way_out() {
    let bench = Bench::new();
    let path = bench.put("posts.ndjson", &lines(10));
    // A folder in the place of the rejects file stands for whatever keeps it from being written.
    let (report, _) = bench.read("posts.ndjson", &lines(10), None).await;
    std::fs::create_dir_all(bench.data().join("rejects").join(format!("{}.jsonl", report.run_id))).unwrap();
    let fault = bench.run(&mut Vec::new(), &bench.job(&path, None)).await.unwrap_err();
    assert!(matches!(fault, Error::State { what: "rejects file", .. }));
    assert!(fault.to_string().contains("free space"), "{fault}");
}

#[tokio::test]
async fn records_of_the_log_carry_cloudevents_and_no_author() {
    let (_, outcomes) = Bench::new().read("posts.ndjson", &[lines(1), b"broken\n".to_vec()].concat(), None).await;
    let event = to_record(&outcomes[0]);
    assert_eq!(event.topic, "tidemark.posts");
    let decoded = decode_event(&event.payload).unwrap();
    assert_eq!(event.key, decoded.post_key.to_string());
    let header = |name: &str| {
        let (_, value) = event.headers.iter().find(|(key, _)| key == name).unwrap();
        String::from_utf8(value.to_vec()).unwrap()
    };
    assert_eq!(header("ce_id"), decoded.event_id.to_string());
    assert_eq!(header("ce_type"), "tidemark.v1.PostEvent");
    assert_eq!(header("ce_source"), "file");
    assert!(decoded.author.is_some());
    let reject = to_record(&outcomes[1]);
    assert_eq!(reject.topic, "tidemark.rejects");
    assert_eq!(decode_reject(&reject.payload).unwrap().row, 2);
    assert_eq!(reject.key, decode_reject(&reject.payload).unwrap().event_id.to_string());
}

#[tokio::test]
async fn progress_ends_with_every_row_and_every_byte() {
    let bench = Bench::new();
    let content = lines(10);
    let path = bench.put("posts.ndjson", &content);
    let mut last = None;
    let mut rows = Vec::new();
    let pseudonymiser = Pseudonymiser::new(&[1; 32]);
    ingest_file(
        &mut Vec::new(),
        &bench.job(&path, None),
        &bench.settings,
        &pseudonymiser,
        NOW.parse().unwrap(),
        |progress| {
            rows.push(progress.rows);
            last = Some(progress);
        },
    )
    .await
    .unwrap();
    let last = last.unwrap();
    assert_eq!(rows, [3, 6, 9, 10]);
    assert_eq!((last.bytes, last.total_bytes), (content.len() as u64, content.len() as u64));
}
