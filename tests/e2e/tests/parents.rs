//! Markers that read the text that a post answers: of a source that brings it they come through the stream, with the scores
//! that the same file has offline.

use serde_json::{Value, json};
use tidemark_e2e::own::agreeable_model;
use tidemark_e2e::{Platform, Program};

const HANDLE: &str = "carla.perez";
/// Words of the parent, which no door and no log line may show.
const WORDS: &str = "close the school";
const COLUMNS: [&str; 3] = ["polarization_agreement_agree", "support_explorations_0", "polarization_affect"];

fn post(id: u32, parent: Option<&str>, op: &str) -> String {
    let at = format!("2024-03-0{id}T12:00:00Z");
    let post = json!({
        "id": id, "text": "Those hypocrites do it again.", "lang": "en", "author": id, "created_at": at, "op": op,
        "parent_text": parent,
    });
    format!("{post}\n")
}

/// The scores of a post in a file, by the columns that a stream has them in.
fn offline(line: &str) -> Vec<Option<f32>> {
    let line: Value = serde_json::from_str(line).expect("an annotated line");
    let scores = &line["scores"];
    let found = [
        &scores["polarization.agreement"]["agree"],
        &scores["support.explorations"]["0"],
        &scores["polarization.affect"],
    ];
    found.map(number).to_vec()
}

fn number(value: &Value) -> Option<f32> {
    value.as_f64().map(|score| score as f32)
}

#[test]
fn a_reply_has_in_the_stream_the_scores_that_it_has_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = agreeable_model(folder.path());
    let parent = format!("They {WORDS}, says @{HANDLE} on https://example.org/x");
    let posts =
        [post(1, Some(&parent), "create"), post(2, Some("Who sleeps at all?"), "create"), post(3, None, "create")];
    let file = folder.path().join("posts.ndjson");
    std::fs::write(&file, posts.concat()).expect("written");

    let program = Program::find();
    let answer = program.run(["annotate", &file.display().to_string(), "--output", "-", "--model", &model]).succeeded();
    let expected: Vec<_> = answer.stdout.lines().map(offline).collect();
    assert!(expected[..2].iter().flatten().all(Option::is_some), "{expected:?}");
    assert!(expected[0] != expected[1] && expected[2].iter().all(Option::is_none), "{expected:?}");

    let config = format!(
        "[annotate]\nmodel_dir = {model:?}\nthreads = 1\n[aggregate]\ncommit_age_ms_max = 200\nrefresh_interval_s = 1\n"
    );
    let platform = Platform::start(&program, &folder.path().join("data"), &config);
    platform.ingest(&file, &[]);
    let question = format!("SELECT {} FROM annotated ORDER BY created_at", COLUMNS.join(", "));
    let stream = || -> Vec<Vec<Option<f32>>> {
        platform.sql(&question).iter().map(|row| COLUMNS.map(|column| number(&row[column])).to_vec()).collect()
    };
    assert_eq!(stream(), expected);

    // An edit replaces the record whole: what it does not bring is not read.
    let edit = folder.path().join("edit.ndjson");
    std::fs::write(&edit, post(1, None, "update")).expect("written");
    platform.ingest(&edit, &[]);
    assert_eq!(stream(), [expected[2].clone(), expected[1].clone(), expected[2].clone()]);

    // The other person's words are in no row and no log line, and their name is nowhere.
    let rows = json!(platform.sql("SELECT * FROM events")).to_string();
    let said = platform.log();
    assert!(!rows.contains(WORDS) && !said.contains(WORDS), "{rows}\n{said}");
    assert!(!rows.contains(HANDLE) && !said.contains(HANDLE), "{rows}\n{said}");
    platform.stop();
}
