//! What is thrown at the program: each fault gets a message that says what to do, a documented exit code or a reject
//! with a reason, and nothing else is lost.

#![allow(clippy::disallowed_methods)] // the broker's silence is what is tested

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use tidemark_e2e::{Platform, Program, signal};
use tidemark_simulator::{Scenario, Simulation, files};

const CONFIG: &str = "
[ingest]
window_rows = 100
[annotate]
lexica_only = true
[aggregate]
commit_age_ms_max = 200
refresh_interval_s = 1
";

fn post(id: &str) -> Value {
    json!({"id": id, "text": "making soup for dinner", "author": "a", "created_at": "2024-03-05T12:30:00Z", "lang": "en"})
}

fn changed(id: &str, column: &str, value: Value) -> Vec<u8> {
    let mut post = post(id);
    post[column] = value;
    post.to_string().into_bytes()
}

fn without(id: &str, column: &str) -> Vec<u8> {
    let mut post = post(id);
    post.as_object_mut().expect("an object").remove(column);
    post.to_string().into_bytes()
}

/// Lines, each with what must become of it: a reason, or `accepted`, or `duplicate`.
fn lines() -> Vec<(&'static str, Vec<u8>)> {
    let mut not_utf8 = changed("utf8", "text", json!("caf?"));
    let at = not_utf8.iter().position(|byte| *byte == b'?').expect("there");
    not_utf8[at] = 0xe9;
    let huge = "soup ".repeat(2 * 1024 * 1024);
    let long = "soup ".repeat(40_000);
    vec![
        ("accepted", post("good").to_string().into_bytes()),
        ("malformed", b"{\"id\": \"cut\", \"text\": \"soup".to_vec()),
        ("malformed", b"soup".to_vec()),
        ("invalid_utf8", not_utf8),
        ("accepted", changed("nul", "text", json!("so\u{0}up"))),
        ("empty_text", changed("empty", "text", json!(""))),
        ("empty_text", changed("blank", "text", json!(" \t\u{a0}"))),
        ("accepted", changed("emoji", "text", json!("🍲🍲"))),
        ("record_too_long", changed("huge", "text", json!(huge))),
        ("text_too_long", changed("long", "text", json!(long))),
        ("missing_field", without("no-text", "text")),
        ("missing_field", without("no-time", "created_at")),
        ("accepted", changed("extra", "colour", json!({"of": ["the", "soup"]}))),
        ("accepted", changed("x", "id", json!(12_345_678_901_234_567_u64))),
        ("accepted", changed("number-time", "created_at", json!("1709641800"))),
        ("wrong_type", changed("list", "text", json!(["soup"]))),
        ("bad_time", changed("bad-time", "created_at", json!("last tuesday"))),
        ("time_out_of_range", changed("1970", "created_at", json!("1970-01-01T00:00:00Z"))),
        ("time_out_of_range", changed("2100", "created_at", json!("2100-01-01T00:00:00Z"))),
        ("duplicate", post("good").to_string().into_bytes()),
        ("accepted", post("last").to_string().into_bytes()),
    ]
}

fn counted<'a>(outcomes: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, u64> {
    outcomes.into_iter().fold(BTreeMap::new(), |mut counts, outcome| {
        *counts.entry(outcome.to_owned()).or_default() += 1;
        counts
    })
}

fn ledger(platform: &Platform) -> BTreeMap<String, u64> {
    let rows = platform
        .sql("SELECT coalesce(reason, disposition) AS outcome, count(*) AS n FROM events GROUP BY 1 ORDER BY 1");
    rows.iter().map(|row| (row["outcome"].as_str().unwrap_or("?").to_owned(), row["n"].as_u64().unwrap_or(0))).collect()
}

#[test]
fn every_bad_record_is_a_reject_with_a_reason_and_the_others_arrive() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson");
    let (outcomes, lines): (Vec<_>, Vec<_>) = lines().into_iter().unzip();
    std::fs::write(&file, lines.join(&b'\n')).expect("written");
    let platform = Platform::start(&Program::find(), &folder.path().join("data"), CONFIG);
    platform.ingest(&file, &[]);
    assert_eq!(ledger(&platform), counted(outcomes));
    let said = platform.log();
    assert!(!said.contains("soup") && !said.contains("panicked"), "{said}");
    platform.stop();
}

#[test]
fn a_cut_off_gzip_gives_what_it_holds_and_one_reject() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson.gz");
    let simulation = Simulation::new(Scenario::default_for(3, 5, 100.0)).expect("a scenario");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    files::write_posts(&simulation, &mut packed, |_| {}).expect("written");
    let packed = packed.finish().expect("written");
    std::fs::write(&file, &packed[..packed.len() / 2]).expect("written");
    let platform = Platform::start(&Program::find(), &folder.path().join("data"), CONFIG);
    platform.ingest(&file, &[]);
    let ledger = ledger(&platform);
    assert!(ledger["accepted"] > 50, "{ledger:?}");
    assert_eq!(ledger.get("truncated_input"), Some(&1), "{ledger:?}");
    platform.stop();
}

#[test]
fn a_broker_that_goes_away_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson");
    let simulation = Simulation::new(Scenario::default_for(4, 10, 200.0)).expect("a scenario");
    let rows = files::write_posts(&simulation, File::create(&file).expect("created"), |_| {}).expect("written");
    let platform = Platform::start(&Program::find(), &folder.path().join("data"), CONFIG);
    let broker = *platform.children().first().expect("the embedded broker is a child");
    let mut ingest = platform.ingest_beside(&file, &["--wait"]);
    platform.sql_until("SELECT count(*) AS n FROM events", |rows| {
        rows.first().and_then(|row| row["n"].as_u64()).is_some_and(|n| n > 0)
    });
    // Frozen, then killed: a client sees silence first and a refused connection after.
    signal("-STOP", &broker.to_string());
    std::thread::sleep(std::time::Duration::from_secs(60));
    signal("-KILL", &broker.to_string());
    assert!(ingest.wait().expect("a child of ours").success(), "{}", platform.log());
    let total: u64 = ledger(&platform).values().sum();
    assert_eq!(total, rows);
    assert_ne!(platform.children().first(), Some(&broker), "another broker took its place");
    platform.stop();
}

#[test]
fn a_port_in_use_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let data = folder.path().join("data").display().to_string();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, CONFIG).expect("written");
    let config = config.display().to_string();
    let up = || Program::find().run(["up", "--no-demo", "--data", &data, "--config", &config, "--port", &port]);
    up().failed(6, &[&port, "serve.port"]);
    assert!(!Path::new(&data).exists(), "a start that is refused makes no folder");
    std::fs::create_dir(&data).expect("created");
    up().failed(6, &[&port, "serve.port"]);
    assert!(!Path::new(&data).join("admin.key.digest").exists(), "nor a key that nobody was shown");
}

#[test]
fn a_second_platform_over_one_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::find();
    let platform = Platform::start(&program, &folder.path().join("data"), CONFIG);
    let data = platform.data().display().to_string();
    program.run(["up", "--no-demo", "--port", "0", "--data", &data]).failed(9, &["another `tidemark up`"]);
    platform.stop();
}

#[test]
fn ingest_without_a_platform_says_how_to_start_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson");
    std::fs::write(&file, post("1").to_string()).expect("written");
    let (file, data) = (file.display().to_string(), folder.path().join("data").display().to_string());
    Program::find().run(["ingest", "file", &file, "--data", &data]).failed(8, &["tidemark up --data"]);
    assert!(!Path::new(&data).exists(), "only a platform makes its folder");
}

#[test]
fn a_role_without_a_source_is_refused_by_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n").expect("written");
    let (config, data) = (config.display().to_string(), folder.path().join("data").display().to_string());
    let answer = Program::find().run(["run", "ingest", "--config", &config, "--data", &data]);
    answer.failed(3, &["[ingest.jetstream]", "tidemark ingest file"]);
    assert!(!Path::new(&data).exists());
}

#[test]
fn the_doctor_looks_whether_the_folder_is_closed_and_leaves_it_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let (config, data) = (folder.path().join("c.toml"), folder.path().join("data"));
    std::fs::write(&config, CONFIG).expect("written");
    let (config, path) = (config.display().to_string(), data.display().to_string());
    let doctor = || Program::find().run(["doctor", "--config", &config, "--data", &path]).stdout;
    let line = |said: &str| said.lines().find(|line| line.contains("data folder")).expect("a finding").to_owned();
    assert!(line(&doctor()).starts_with('-'), "not there yet");
    std::fs::create_dir(&data).expect("created");
    let mode = |mode| std::fs::set_permissions(&data, std::fs::Permissions::from_mode(mode)).expect("ours");
    for open in [0o755, 0o750, 0o701] {
        mode(open);
        let said = line(&doctor());
        assert!(said.starts_with("FAULT") && said.contains("chmod 700"), "{said}");
    }
    mode(0o700);
    let said = line(&doctor());
    assert!(said.starts_with("ok"), "{said}");
}

#[test]
fn a_mapping_that_names_a_missing_column_is_refused_with_the_columns_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let (csv, mapping) = (folder.path().join("p.csv"), folder.path().join("m.toml"));
    std::fs::write(&csv, "post_id,body,when\n1,soup,2024-03-05\n").expect("written");
    std::fs::write(&mapping, "id = \"post_id\"\ntext = \"boddy\"\ncreated_at = \"when\"\n").expect("written");
    let program = Program::find();
    let platform = Platform::start(&program, &folder.path().join("data"), CONFIG);
    let mut command = platform.ingest_command(&csv);
    command.arg("--mapping").arg(&mapping);
    Program::run_command(command).failed(4, &["boddy", "body"]);
    std::fs::write(&mapping, "text = \"body\"\ncreated_at = \"when\"\ncolour = \"red\"\n").expect("written");
    let mut command = platform.ingest_command(&csv);
    command.arg("--mapping").arg(&mapping);
    Program::run_command(command).failed(4, &["colour"]);
    Program::run_command(platform.ingest_command(&folder.path().join("none.csv"))).failed(4, &["none.csv"]);
    platform.stop();
}

/// A line that `annotate` takes.
fn input(folder: &Path) -> String {
    let file = folder.join("in.jsonl");
    std::fs::write(&file, "{\"id\": \"1\", \"text\": \"so stressed\", \"lang\": \"en\"}\n").expect("written");
    file.display().to_string()
}

/// A lexicon that `lexicon check` takes.
fn lexicon(folder: &Path) -> String {
    let file = folder.join("work.tsv");
    std::fs::write(&file, "shift\tnightshift\n").expect("written");
    file.display().to_string()
}

#[test]
fn a_full_disk_is_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = input(folder.path());
    let program = Program::find();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "\"$0\" \"$@\" > /dev/full"]).arg(program.path());
    command.args(["annotate", &input, "--output", "-", "--lexica-only"]);
    Program::run_command(command).failed(5, &[]);
}

#[test]
fn annotate_answers_the_good_lines_and_keeps_the_bad_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    let mut lines = Vec::new();
    let _ = writeln!(lines, "{{\"id\": \"1\", \"text\": \"so stressed about work\", \"lang\": \"en\"}}");
    let _ = writeln!(lines, "{{\"id\": \"2\", \"text\": ");
    let _ = writeln!(lines, "{{\"id\": \"3\"}}");
    let _ = writeln!(lines, "{{\"id\": 4, \"text\": \"🍲\", \"extra\": [1]}}");
    let _ = lines.write_all(b"{\"id\": \"5\", \"text\": \"caf\xe9\"}\n");
    let _ = writeln!(lines, "{{\"id\": \"1\", \"text\": \"soup\", \"lang\": \"en\"}}");
    std::fs::write(&file, lines).expect("written");
    let (input, out) = (file.display().to_string(), output.display().to_string());
    let answer = Program::find().run(["annotate", &input, "--output", &out, "--lexica-only"]).succeeded();
    assert!(answer.stderr.contains("answered 3") && answer.stderr.contains("rejected 3"), "{}", answer.stderr);
    let read = |path: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(path).expect("there");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let ids: Vec<Value> = read(&out).into_iter().map(|line| line["id"].clone()).collect();
    assert_eq!(ids, ["1", "4", "1"]);
    let rejects: Vec<_> = read(&format!("{out}.rejects.jsonl"))
        .into_iter()
        .map(|reject| (reject["line"].as_u64().expect("a line"), reject["reason"].as_str().expect("a code").to_owned()))
        .collect();
    let wanted = [(2, "malformed"), (3, "missing_field"), (5, "invalid_utf8")];
    assert_eq!(rejects, wanted.map(|(line, reason)| (line, reason.to_owned())));
}

#[test]
fn series_of_posts_count_the_rejects_of_both_passes_by_their_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, output) = (folder.path().join("in.jsonl.gz"), folder.path().join("out.csv"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let simulation = Simulation::new(Scenario::default_for(3, 5, 100.0)).expect("a scenario");
    for line in [&b"{\"id\": "[..], b"", b"[]", &changed("bad-time", "created_at", json!("last tuesday"))] {
        packed.write_all(line).and_then(|()| packed.write_all(b"\n")).expect("written");
    }
    files::write_posts(&simulation, &mut packed, |_| {}).expect("written");
    let packed = packed.finish().expect("written");
    std::fs::write(&file, &packed[..packed.len() / 2]).expect("written");
    let (input, out) = (file.display().to_string(), output.display().to_string());
    let answer = Program::find().run(["series", &input, "--output", &out, "--lexica-only"]).succeeded();
    assert!(answer.stderr.contains("rejected 4 (the first: line 1, malformed"), "{}", answer.stderr);
    assert!(std::fs::read_to_string(&output).expect("there").contains("all/all/lexicon.vader.negative"));
    let rejects = std::fs::read_to_string(format!("{out}.rejects.jsonl")).expect("there");
    let mut rejects: Vec<_> = rejects
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .map(|reject: Value| (reject["line"].as_u64().expect("a line"), reject["reason"].as_str().map(str::to_owned)))
        .collect();
    rejects.sort();
    let reasons: Vec<_> = rejects.iter().map(|(_, reason)| reason.as_deref().expect("a code")).collect();
    assert_eq!(reasons, ["malformed", "malformed", "bad_time", "truncated_input"]);
    assert_eq!(rejects[..3].iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3, 4]);
    // Cut off before its first line, it holds nothing, and says so in the same way.
    std::fs::write(&file, &packed[..12]).expect("written");
    let answer = Program::find().run(["series", &input, "--output", &out, "--lexica-only"]);
    answer.failed(4, &["none of 1 lines", "truncated_input"]);
}

#[test]
fn an_input_of_which_no_line_can_be_used_is_a_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, output) = (folder.path().join("posts.csv"), folder.path().join("out"));
    std::fs::write(&file, "id,text,created_at\n1,soup,2024-03-05\n2,more soup,2024-03-05\n").expect("written");
    let (input, out) = (file.display().to_string(), output.display().to_string());
    let program = Program::find();
    let words = ["none of 3 lines", "line 1, malformed", "--help", "tidemark ingest file"];
    for arguments in [
        &["series", &input, "--output", &out, "--lexica-only"][..],
        &["polarization", &input],
        &["explain", &input, "--marker", "mh.stress", "--output", &out],
    ] {
        let answer = program.run(arguments);
        answer.failed(4, &words);
        assert!(!answer.stderr.contains("soup"), "{}", answer.stderr);
        assert!(!output.exists(), "no output of nothing");
    }
    // Answering every line that holds a post is all that `annotate` promises: it says the same, and goes on.
    let answer = program.run(["annotate", &input, "--output", &out, "--lexica-only"]).succeeded();
    assert!(words.iter().all(|word| answer.stderr.contains(word)), "{}", answer.stderr);
    assert_eq!(std::fs::read(&output).expect("there"), b"");
    // A file without lines has no fault.
    std::fs::write(&file, "\n").expect("written");
    let _ = program.run(["annotate", &input, "--output", &out, "--lexica-only"]).succeeded();
}

#[test]
fn what_says_is_not_heard_ends_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = input(folder.path());
    let (program, out) = (Program::find(), folder.path().join("out.jsonl").display().to_string());
    // The reader of standard error, or of the answer, is gone before the first word.
    let closed = |redirected: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new("bash");
        let script = format!("set -o pipefail; \"$0\" \"$@\" {redirected} | true");
        command.args(["-c", &script]).arg(program.path()).args(arguments);
        Program::run_command(command)
    };
    let annotate = ["annotate", &input, "--output", &out, "--lexica-only"];
    for run in 0..5 {
        let answer = closed("2>&1", &annotate);
        assert_eq!(answer.code, Some(0), "run {run}");
        assert_eq!(closed("2>&1", &["annotate", "none", "--output", &out]).code, Some(4), "run {run}");
        let answer = closed("", &["lexicon", "check", &lexicon(folder.path())]);
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""));
    }
}

/// Copies the bundled model, so that it can be damaged.
fn copied_model(folder: &Path) -> PathBuf {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../libs/model/weights/encoder-v2");
    let copy = folder.join("model");
    std::fs::create_dir(&copy).expect("created");
    for file in std::fs::read_dir(bundled).expect("the bundled model") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), copy.join(file.file_name())).expect("copied");
    }
    copy
}

#[test]
fn a_damaged_model_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = input(folder.path());
    let model = copied_model(folder.path());
    let weights = model.join("model.onnx");
    let whole = std::fs::read(&weights).expect("weights");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let (program, out) = (Program::find(), folder.path().join("out.jsonl").display().to_string());
    let directory = model.display().to_string();
    // Cut short, one bit turned over, replaced.
    for damaged in [&whole[..whole.len() / 2], &flipped, b"not a model"] {
        std::fs::write(&weights, damaged).expect("written");
        let answer = program.run(["annotate", &input, "--output", &out, "--model", &directory]);
        answer.failed(7, &["model.onnx", "damaged", "install the model anew"]);
        assert!(!Path::new(&out).exists(), "no half of an output stays");
    }
    // A platform tells it at its start.
    let (config, data) = (folder.path().join("c.toml"), folder.path().join("data").display().to_string());
    std::fs::write(&config, format!("[annotate]\nmodel_dir = {directory:?}\n")).expect("written");
    let config = config.display().to_string();
    program
        .run(["up", "--no-demo", "--port", "0", "--config", &config, "--data", &data])
        .failed(7, &["model.onnx", "install the model anew"]);
    assert!(!Path::new(&data).exists(), "a start that is refused makes no folder");
    std::fs::remove_file(&weights).expect("removed");
    program.run(["annotate", &input, "--output", &out, "--model", &directory]).failed(7, &["model.onnx"]);
}

/// The library that the tests run with is for processors.
#[test]
fn a_device_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = input(folder.path());
    let model = copied_model(folder.path()).display().to_string();
    let (program, out) = (Program::find(), folder.path().join("out.jsonl").display().to_string());
    let annotated =
        |device: &str| program.run(["annotate", &input, "--output", &out, "--model", &model, "--device", device]);
    for device in ["cuda", "tensorrt"] {
        annotated(device).failed(7, &[device, "ORT_DYLIB_PATH", "--device"]);
        assert!(!Path::new(&out).exists(), "no half of an output stays");
    }
    annotated("abacus").failed(2, &["abacus", "tensorrt"]);
    let _ = annotated("cpu").succeeded();
}

#[test]
fn a_wrong_configuration_is_named_by_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[annotate]\nbatch_post_max = 3\n").expect("written");
    let (config, data) = (config.display().to_string(), folder.path().join("data").display().to_string());
    let answer = Program::find().run(["up", "--config", &config, "--data", &data]);
    answer.failed(3, &["batch_post_max"]);
    let zone = "[annotate]\nlexica_only = true\n[aggregate]\ntime_zone = \"Europe/Atlantis\"\n";
    std::fs::write(&config, zone).expect("written");
    let answer = Program::find().run(["up", "--no-demo", "--port", "0", "--config", &config, "--data", &data]);
    answer.failed(3, &["Europe/Atlantis", "IANA"]);
    assert!(!Path::new(&data).exists(), "a start that is refused makes no folder");
}
