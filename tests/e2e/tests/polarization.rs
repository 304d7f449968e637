//! Conversations around an event, from the command line.

use serde_json::{Value, json};
use std::fs::File;
use std::path::Path;
use tidemark_e2e::Program;
use tidemark_e2e::own::agreeable_model;

/// A conversation of two posts that began on a day of June 2024: both on one side, with contempt or without.
fn conversation(n: usize, day: u8, is_extreme: bool) -> [String; 2] {
    let post = |id: String, parent: Option<String>| {
        let affect = if is_extreme { "yes" } else { "no" };
        json!({
            "id": id, "language": "en", "parent": parent, "created_at": format!("2024-06-{day:02}T12:00:00Z"),
            "scores": {}, "lexicon": {}, "provenance": {"model": "m", "lexicon": "l", "code": "c"},
            "labels": {"polarization.stance": "favor", "polarization.affect": affect, "polarization.agreement": "agree"},
        })
        .to_string()
    };
    let root = format!("{day}-{n}-private");
    [post(root.clone(), None), post(format!("{root}-reply"), Some(root))]
}

fn write(path: &Path, lines: &[String]) -> String {
    std::fs::write(path, lines.join("\n")).expect("written");
    path.display().to_string()
}

#[test]
fn an_anticipated_event_is_told_from_a_small_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut posts = Vec::new();
    for (day, n, extreme) in [(9, 100, 40), (10, 100, 5), (12, 100, 5), (20, 5, 5)] {
        posts.extend((0..n).flat_map(|n| conversation(n, day, n < extreme)));
    }
    let [_, orphan] = conversation(100, 9, true);
    posts.extend([orphan, "{".to_owned()]);
    let annotated = write(&folder.path().join("annotated.jsonl"), &posts);
    let events = write(
        &folder.path().join("events.csv"),
        &["event,start,end,kind\nsummit,2024-06-10,2024-06-11,publicised\nfair,2024-06-20,,".into()],
    );
    let program = Program::find();
    let answer = program.run(["polarization", &annotated, "--events", &events, "--json"]).succeeded();
    let report: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(report["conversations"]["scored"], 305);
    assert_eq!(report["interactions"]["orphans"], 1);
    let overall = &report["overall"];
    assert_eq!((&overall["n"], &overall["interactions"]), (&json!(305), &json!(305)));
    // 55 of 10 and 250 of 6.
    assert!((overall["mean"].as_f64().expect("a number") - 2050.0 / 305.0).abs() < 1e-9, "{overall}");
    assert!((overall["extreme"].as_f64().expect("a number") - 55.0 / 305.0).abs() < 1e-9, "{overall}");
    assert!(answer.stderr.contains("rejected 1 lines"), "{}", answer.stderr);
    let [summit, fair] = [&report["events"][0], &report["events"][1]];
    assert_eq!((&summit["kind"], &summit["before"]["n"]), (&json!("anticipation-driven"), &json!(100)));
    assert_eq!((&summit["event_kind"], fair.get("event_kind")), (&json!("publicised"), None));
    assert!((summit["anticipation"]["value"].as_f64().expect("a number") - 0.35).abs() < 1e-9, "{summit}");
    assert_eq!(
        (&fair["kind"], &fair["during"]["status"], &fair["during"]["n"]),
        (&json!("undetermined"), &json!("censored"), &Value::Null)
    );
    let said = program.run(["polarization", &annotated, "--events", &events]).succeeded();
    let found = "summit (publicised), 2024-06-10 to 2024-06-11: anticipation-driven";
    assert!(said.stdout.contains(found) && said.stdout.contains("  all  n 305, score 6.72 ("), "{}", said.stdout);
    assert!(!answer.stdout.contains("private") && !said.stdout.contains("private"));
}

#[test]
fn labels_that_come_with_bare_posts_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    // No text, language, scores or provenance: whoever labelled them gives away no more. One post is not labelled.
    let post = |id: &str, parent: Option<&str>, agreement: &str| {
        let labels =
            json!({"polarization.stance": "Pro", "polarization.affect": "yes", "polarization.agreement": agreement});
        json!({"id": id, "parent": parent, "created_at": "2024-06-09", "labels": labels}).to_string()
    };
    let bare = json!({"id": "3", "text": "soup", "parent": "1", "created_at": "2024-06-09", "lang": "en"}).to_string();
    let lines =
        ["{".to_owned(), post("1", None, ""), bare, post("2", Some("1"), "agree"), post("4", Some("1"), "soup")];
    let file = write(&folder.path().join("labelled.jsonl"), &lines);
    let answer = Program::find().run(["polarization", &file, "--json"]).succeeded();
    let report: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(report["conversations"]["scored"], 1);
    assert_eq!(
        (&report["interactions"]["scored"], &report["interactions"]["unsettled"]),
        (&json!(1), &json!(2)),
        "{report}"
    );
    assert!(
        answer.stderr.contains("read 4 posts, rejected 1 lines (the first: line 1, malformed"),
        "{}",
        answer.stderr
    );
}

#[test]
fn of_one_id_the_last_line_stands_and_a_deletion_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let post = |id: &str, parent: Option<&str>, affect: bool| {
        let labels =
            json!({"polarization.stance": "pro", "polarization.affect": affect, "polarization.agreement": true});
        json!({"id": id, "parent": parent, "created_at": "2024-06-09", "labels": labels}).to_string()
    };
    let deletion = |id: &str| json!({"id": id, "op": "delete"}).to_string();
    let lines = [
        post("1", None, false),
        post("2", Some("1"), true),
        post("3", Some("1"), true),
        post("2", Some("1"), false),
        deletion("3"),
        deletion("never-seen"),
    ];
    let file = write(&folder.path().join("labelled.jsonl"), &lines);
    let table = folder.path().join("conversations.csv").display().to_string();
    let answer = Program::find().run(["polarization", &file, "--json", "--output", &table]).succeeded();
    let report: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(report["interactions"], json!({"scored": 1, "unsettled": 0, "orphans": 0}), "{report}");
    // Of one side, no contempt, agreed: the reply as it was put right.
    let rows = std::fs::read_to_string(&table).expect("written");
    assert!(rows.ends_with("1,,2024-06-09,1,6.000000,mid\n"), "{rows}");
    let told = "read 2 posts, rejected 0 lines, left out 2 that a later line of the same id replaces or deletes";
    assert!(answer.stderr.contains(told), "{}", answer.stderr);
}

#[test]
fn posts_are_read_with_what_they_answer_and_their_threads_topic() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = agreeable_model(folder.path());
    let post = |id: &str, parent: Option<&str>, topic: Option<&str>, text: &str| {
        let at = "2024-06-09T12:00:00Z";
        json!({"id": id, "parent": parent, "topic": topic, "text": text, "lang": "en", "created_at": at}).to_string()
    };
    // The parent stands below its reply, and the input can be read once only. Of the second interaction nobody's affect is
    // known; the third answers a post that is not here.
    let lines = [
        post("b", Some("a"), None, "I see it as they do."),
        post("c", Some("b"), None, "So does my street."),
        post("a", None, Some("closures"), "Those hypocrites close it again."),
        post("d", Some("gone"), Some("closures"), "So it goes."),
    ];
    let file = write(&folder.path().join("posts.jsonl"), &lines);
    let (program, output) = (Program::find(), folder.path().join("conversations.csv"));
    let mut command =
        program.command(["polarization", "-", "--model", &model, "--json", "--output", &output.display().to_string()]);
    command.stdin(File::open(&file).expect("opened"));
    let answer = Program::run_command(command).succeeded();
    let report: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(report["interactions"], json!({"scored": 1, "unsettled": 1, "orphans": 1}), "{report}");
    assert_eq!(report["topics"][0]["topic"], "closures");
    assert_eq!(report["topics"][0]["status"], "censored");
    let rows = std::fs::read_to_string(&output).expect("written");
    let expected = "conversation,topic,first_day,interactions,score,band\na,closures,2024-06-09,1,10.000000,high\n";
    assert_eq!(rows, expected);

    // Standard output takes one of them.
    let printed = program.run(["polarization", &file, "--model", &model, "--output", "-"]).succeeded();
    assert_eq!(printed.stdout, expected);
    program.run(["polarization", &file, "--json", "--output", "-"]).failed(4, &["--output a file"]);
}

#[test]
fn faults_of_the_events_name_their_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let annotated = write(&folder.path().join("annotated.jsonl"), &conversation(1, 9, true));
    let program = Program::find();
    for (events, fault) in [
        ("event,start,end\nsummit,2024-06-10,2024-06-09\n", "line 2: the event ends before it starts"),
        ("event,start,end\nsummit,2024-06-10,\nfair,soon,\n", "line 3: start is no date"),
        ("event,begin\nsummit,2024-06-10\n", "no column `start`"),
        ("event,start,end\n,2024-06-10,\n", "line 2: the event has no name"),
        ("event,start,kind\nsummit,2024-06-10,big\n", "the event `summit` has the kind `big`"),
    ] {
        let file = write(&folder.path().join("events.csv"), &[events.to_owned()]);
        program.run(["polarization", &annotated, "--events", &file]).failed(4, &["events.csv", fault]);
    }
}
