//! Which heads answer: all, those under open terms, or those that are named.

use serde_json::{Value, json};
use std::path::Path;
use tidemark_e2e::{Answer, Program};

/// Annotates a post of ours; further arguments as given.
fn annotate(folder: &Path, further: &[&str]) -> Answer {
    let input = folder.join("posts.jsonl");
    let post = json!({"id": "1", "lang": "en", "text": "so happy and grateful, no stress today"});
    std::fs::write(&input, post.to_string()).expect("written");
    let input = input.display().to_string();
    Program::find().run([&["annotate", &input, "--output", "-"], further].concat())
}

fn line(answer: &Answer) -> Value {
    serde_json::from_str(&answer.stdout).expect("a line")
}

#[test]
fn heads_that_are_left_out_are_as_if_they_were_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = |further: &[&str]| annotate(folder.path(), further).succeeded();
    let (all, open, one) = (with(&[]), with(&["--heads", "open"]), with(&["--heads", "emotion.goemotions"]));
    assert!(
        open.stderr.contains("heads left out: ") && open.stderr.contains("mh.stress (research use)"),
        "{}",
        open.stderr
    );
    assert!(!all.stderr.contains("left out"), "{}", all.stderr);
    let (all, open, one) = (line(&all), line(&open), line(&one));
    assert!(all["scores"]["mh.stress"].is_number() && all["labels"]["sentiment"].is_string(), "{all}");
    for found in [&open, &one] {
        assert!(found["scores"].get("mh.stress").is_none() && found["labels"].get("sentiment").is_none(), "{found}");
        // What answers says what it always says; so does what is made of it.
        for marker in ["emotion.goemotions", "emotion.primary"] {
            assert_eq!(found["scores"][marker], all["scores"][marker], "{marker}");
        }
        assert_eq!(found["lexicon"], all["lexicon"]);
        let present = found["present"].as_array().expect("decided");
        assert!(present.iter().all(|marker| !marker.as_str().expect("a name").starts_with("sentiment.")), "{found}");
        assert_ne!(found["provenance"]["model"], all["provenance"]["model"], "provenance tells the two apart");
    }
    assert_eq!(line(&with(&["--heads", "all"])), all);
}

#[test]
fn a_head_that_is_not_there_is_refused_with_those_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = annotate(folder.path(), &["--heads", "mh.stress,mh.nothing"]);
    refused.failed(4, &["no head answers `mh.nothing`", "emotion.goemotions", "mh.stress"]);
    annotate(folder.path(), &["--heads", "mh.stress,"]).failed(2, &["--heads"]);
    annotate(folder.path(), &["--heads", "open", "--lexica-only"]).failed(2, &["--lexica-only"]);
    let config = folder.path().join("tidemark.toml");
    std::fs::write(&config, "[annotate]\nheads = [\"mh.nothing\"]\n").expect("written");
    let (config, data) = (config.display().to_string(), folder.path().join("data").display().to_string());
    let up = ["up", "--port", "0", "--config", &config, "--data", &data];
    Program::find().run(up).failed(3, &["no head answers `mh.nothing`"]);
}

#[test]
fn an_audit_that_finds_no_answer_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sample, data) = (folder.path().join("sample.jsonl"), folder.path().join("data").display().to_string());
    let audit = |marker: &str, lang: &str| {
        let post = json!({"id": "1", "lang": lang, "text": "so happy and grateful", "label": "yes"});
        std::fs::write(&sample, post.to_string()).expect("written");
        Program::find().run(["marker", "audit", marker, "--sample", &sample.display().to_string(), "--data", &data])
    };
    for (marker, lang, why) in [
        ("mh.stres", "en", "nothing answers the marker `mh.stres`; these are answered: mh.stress, mh.depression"),
        ("nothing", "en", "these are answered: emotion.goemotions"),
        ("emotion.ekman", "en", "`emotion.ekman` has several labels, and an audit is of one: emotion.ekman.anger"),
        ("vad.valence", "en", "`vad.valence` is a value on a scale"),
        ("polarization.stance.favor", "en", "asked only of posts that have a `topic`"),
        ("support.explorations.1", "en", "asked only of posts that have a `parent_text`"),
        ("mh.ptsd", "es", "`mh.ptsd` is answered in en, and the posts were taken for es"),
        ("loneliness.context.social", "en", "is not asked of any post of the sample, or abstains"),
    ] {
        audit(marker, lang).failed(4, &[why]);
    }
}
