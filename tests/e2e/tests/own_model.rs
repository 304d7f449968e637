//! A model of one's own, from the command line to an alert rule; and what is refused. The model is that of
//! `libs/model/training/own.py`, which knows four words.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tidemark_e2e::Program;
use tidemark_e2e::own::{OwnMarker, sample, sample_in};

fn maker() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../libs/model/tests/own")
}

/// A copy of the maker's folder, to be spoilt.
fn copy(to: &Path) -> String {
    std::fs::create_dir_all(to).expect("a folder");
    for name in ["model.onnx", "tokenizer.json", "labels.toml"] {
        std::fs::copy(maker().join(name), to.join(name)).expect("copied");
    }
    to.display().to_string()
}

fn change(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("read");
    assert!(text.contains(from), "{} holds no {from}", file.display());
    std::fs::write(file, text.replace(from, to)).expect("written");
}

#[test]
fn what_cannot_be_taken_is_refused_and_leaves_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let program = Program::find();
    let mine = folder.path().join("mine");
    let add = || program.run(["model", "add", &mine.display().to_string(), "--data", &data]);
    add().failed(4, &["labels.toml", "model.onnx, tokenizer.json and labels.toml"]);
    copy(&mine);
    let _ = add().succeeded();
    let manifest = Path::new(&data).join("models/rota/model.toml");
    let kept = std::fs::read(&manifest).expect("kept");
    let refused = |file: &str, from: &str, to: &str, words: &[&str]| {
        copy(&mine);
        change(&mine.join(file), from, to);
        add().failed(4, words);
    };
    refused("labels.toml", "licence", "license", &["labels.toml", "license"]);
    refused("labels.toml", "\"rota\"", "\"../rota\"", &["labels.toml", "`../rota`"]);
    refused("labels.toml", "two_logits = true\n", "", &["4 numbers", "3"]);
    refused("labels.toml", "max_tokens = 64", "max_tokens = 128", &["128 tokens", "max_tokens"]);
    refused("tokenizer.json", "WordLevel", "Wordle", &["tokenizer.json"]);
    copy(&mine);
    std::fs::copy(maker().join("refused/position_ids.onnx"), mine.join("model.onnx")).expect("copied");
    add().failed(4, &["position_ids", "attention_mask"]);
    assert_eq!(std::fs::read(&manifest).expect("still there"), kept);
}

#[test]
fn a_model_of_ones_own_scores_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (program, data) = (Program::find(), at("data"));
    let said = program.run(["model", "add", &maker().display().to_string(), "--data", &data]).succeeded().stderr;
    assert!(said.contains("model.rota.shift  en, es") && said.contains("model.rota.mood.very_tense  en"), "{said}");
    let line = |n: i32, lang: &str, text: &str| {
        let post = json!({"id": n, "lang": lang, "text": text, "created_at": "2024-05-01T12:00:00Z"});
        format!("{post}\n")
    };
    let posts = [line(1, "en", "a nightshift, then the sea"), line(2, "es", "otro turno"), line(3, "en", "soup")];
    std::fs::write(at("posts.jsonl"), posts.concat()).expect("written");
    let models = format!("{data}/models");
    let annotated = |further: &[&str]| -> Vec<Value> {
        let input = at("posts.jsonl");
        let said = program.run([&["annotate", &input, "--output", "-"], further].concat()).succeeded().stdout;
        said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let (with, without) = (annotated(&["--models", &models]), annotated(&[]));
    let near =
        |found: &Value, wanted: f64| assert!((found.as_f64().expect("a score") - wanted).abs() < 1e-3, "{found}");
    near(&with[0]["scores"]["model.rota.shift"], 0.971);
    near(&with[0]["scores"]["model.rota.mood"]["calm"], 0.924);
    assert_eq!(with[0]["labels"]["model.rota.shift"], "yes");
    assert_eq!(with[0]["labels"]["model.rota.mood"], "calm");
    let present = |line: &Value, marker: &str| line["present"].as_array().expect("decided").contains(&json!(marker));
    assert!(present(&with[0], "model.rota.shift") && present(&with[0], "model.rota.mood.calm"));
    assert!(present(&with[1], "model.rota.shift") && with[1]["scores"].get("model.rota.mood").is_none(), "{}", with[1]);
    assert!(!present(&with[2], "model.rota.shift"));
    // What ships answers as it does alone, and provenance tells the two apart.
    assert_eq!(with[0]["scores"]["mh.stress"], without[0]["scores"]["mh.stress"]);
    assert!(without[0]["scores"].get("model.rota.shift").is_none());
    assert_ne!(with[0]["provenance"]["model"], without[0]["provenance"]["model"]);

    let input = at("posts.jsonl");
    let series = program.run(["series", &input, "--models", &models, "--output", "-"]).succeeded().stdout;
    assert!(series.contains("model.rota.shift"), "{series}");
    let explain = ["explain", &input, "--models", &models, "--marker", "model.rota.shift", "--output", "-"];
    let explained = program.run(explain).succeeded().stdout;
    let first: Value = serde_json::from_str(explained.lines().next().expect("a line")).expect("JSON");
    let weight = |word: &Value| word["weight"].as_f64().expect("a weight");
    let words = first["words"].as_array().expect("words");
    let heaviest = words.iter().max_by(|a, b| weight(a).total_cmp(&weight(b))).expect("a word");
    assert_eq!(heaviest["text"], "nightshift,");
    program.run(["annotate", &input, "--models", &models, "--lexica-only", "--output", "-"]).failed(2, &["--models"]);

    // A model that has been damaged where it is kept.
    let weights = folder.path().join("data/models/rota/model.onnx");
    let whole = std::fs::read(&weights).expect("read");
    std::fs::write(&weights, &whole[..whole.len() / 2]).expect("written");
    let words = ["models/rota", "damaged", "tidemark model add"];
    program.run(["annotate", &input, "--models", &models, "--output", "-"]).failed(7, &words);
    program.run(["up", "--no-demo", "--port", "0", "--data", &data]).failed(7, &words);
}

#[test]
fn a_head_of_ones_own_abstains_where_its_maker_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (program, data) = (Program::find(), at("data"));
    let mine = copy(&folder.path().join("mine"));
    change(&folder.path().join("mine/labels.toml"), "two_logits = true", "two_logits = true\nabstain = [0.1, 0.9]");
    let _ = program.run(["model", "add", &mine, "--data", &data]).succeeded();
    // 0.971 with the word, 0.154 without it.
    let post = |n: u32| {
        let text = if n < 12 { "a nightshift" } else { "soup" };
        format!("{}\n", json!({"id": n, "author": n, "lang": "en", "text": text, "created_at": "2024-05-01T12:00:00Z"}))
    };
    std::fs::write(at("posts.jsonl"), (0..30).map(post).collect::<String>()).expect("written");
    let (posts, annotated, models) = (at("posts.jsonl"), at("annotated.jsonl"), format!("{data}/models"));
    let said = program.run(["annotate", &posts, "--models", &models, "--output", &annotated]).succeeded().stderr;
    assert!(said.contains("model.rota.shift on 18 of 30"), "{said}");
    let lines = std::fs::read_to_string(&annotated).expect("written");
    let soup: Value = serde_json::from_str(lines.lines().last().expect("a line")).expect("JSON");
    assert_eq!(soup["labels"]["model.rota.shift"], "abstain");
    assert!(soup["scores"]["model.rota.shift"].is_number(), "the score stays: {soup}");
    // Who is not answered is in no denominator, of posts and of annotated posts alike.
    for input in [&posts, &annotated] {
        let series = program.run(["series", input, "--models", &models, "--output", "-"]).succeeded().stdout;
        let row = series.lines().find(|row| row.contains("all/all/model.rota.shift,")).expect("a row");
        assert!(row.contains(",1.000000,12,12,"), "{row}");
    }
    let explain = ["explain", &posts, "--models", &models, "--marker", "model.rota.shift", "--output", "-"];
    let explained = program.run(explain).succeeded().stdout;
    let abstains = |line: &str| serde_json::from_str::<Value>(line).expect("JSON").get("abstains").cloned();
    assert_eq!(explained.lines().next().and_then(abstains), None);
    assert_eq!(explained.lines().last().and_then(abstains), Some(json!(true)));
}

#[test]
fn a_model_of_ones_own_becomes_a_marker_that_alerts_only_once_audited() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (program, data) = (Program::find(), at("data"));
    let mine = copy(&folder.path().join("mine"));
    let add = || program.run(["model", "add", &mine, "--data", &data]).succeeded();
    let _ = add();

    let shift = OwnMarker::new(folder.path(), "model.rota.shift", "");
    assert_eq!(shift.times_told_to_wait(), 1);
    assert_eq!(shift.series_of_a_day(), [json!({"value": 1.0})]);
    shift.audit(&sample(300, |n| n % 3 > 0)).failed(10, &["may not drive alerts", "audits"]);
    assert_eq!(shift.times_told_to_wait(), 3);
    // It answers in Spanish too, and the rule is on people of all languages.
    let english = shift.audit(&sample(300, |n| n % 10 == 0)).succeeded();
    assert!(english.stderr.contains("may drive alerts in en, not in es"), "{}", english.stderr);
    assert!(english.stdout.contains("in es by itself: not passed"), "{}", english.stdout);
    assert_eq!(shift.times_told_to_wait(), 4);
    let both = ["en", "es"].map(|lang| sample_in(lang, 300, |n| n % 10 == 0)).concat();
    assert!(shift.audit(&both).succeeded().stderr.contains("may drive alerts in en, es"));
    // Taken again as it was, it is the model that passed.
    let _ = add();
    assert_eq!(shift.times_told_to_wait(), 4, "no further warning");

    // An audit holds for the model it was made of.
    change(&folder.path().join("mine/labels.toml"), "two_logits = true", "two_logits = true\nthresholds = [0.9]");
    let _ = add();
    assert_eq!(shift.times_told_to_wait(), 5);
}
