//! What posts are about: told from their words by the configuration, where they do not come with it.

use serde_json::Value;
use tidemark_e2e::Program;

const CONFIG: &str = "[[annotate.topics]]\nname = \"vaccination\"\nmatches = [\"vaccin*\", \"vacuna*\"]\n";

/// Annotates posts of ours by a configuration, or without one.
fn annotate(config: Option<&str>) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let posts = [
        r#"{"id": "1", "lang": "en", "text": "nobody asked me about the #vaccines"}"#,
        r#"{"id": "2", "lang": "es", "text": "la vacunación otra vez", "topic": "a law"}"#,
        r#"{"id": "3", "lang": "en", "text": "so happy and grateful"}"#,
    ];
    std::fs::write(at("posts.jsonl"), posts.join("\n")).expect("written");
    let mut arguments = vec!["annotate".to_owned(), at("posts.jsonl"), "--output".to_owned(), "-".to_owned()];
    if let Some(config) = config {
        std::fs::write(at("tidemark.toml"), config).expect("written");
        arguments.extend(["--topics".to_owned(), at("tidemark.toml")]);
    }
    let answer = Program::find().run(arguments).succeeded();
    answer.stdout.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
}

#[test]
fn a_post_without_a_topic_is_given_one_and_the_version_says_so() {
    let (with, without) = (annotate(Some(CONFIG)), annotate(None));
    let topics =
        |lines: &[Value]| lines.iter().map(|line| line["topic"].as_str().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(topics(&with), [Some("vaccination".to_owned()), Some("a law".to_owned()), None]);
    assert_eq!(topics(&without), [None, Some("a law".to_owned()), None]);
    let model = |lines: &[Value]| lines[0]["provenance"]["model"].clone();
    assert_ne!(model(&with), model(&without));
    assert_eq!(model(&with), model(&annotate(Some(CONFIG))));
    assert_ne!(model(&with), model(&annotate(Some(&CONFIG.replace("vacuna*", "vacunas")))));
    // What reads no topic says what it always says.
    assert_eq!(with[2]["scores"], without[2]["scores"]);
    assert_eq!(with[0]["scores"]["sentiment"], without[0]["scores"]["sentiment"]);
}

#[test]
fn a_wrong_list_of_topics_is_a_wrong_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("posts.jsonl"), r#"{"id": "1", "text": "a"}"#).expect("written");
    let annotate = || {
        let (posts, config) = (at("posts.jsonl"), at("tidemark.toml"));
        Program::find().run(["annotate", &posts, "--output", "-", "--lexica-only", "--topics", &config])
    };
    std::fs::write(at("tidemark.toml"), CONFIG.repeat(2)).expect("written");
    annotate().failed(3, &["two topics are named `vaccination`"]);
    let (config, data) = (at("tidemark.toml"), at("data"));
    let up = ["up", "--port", "0", "--config", &config, "--data", &data];
    Program::find().run(up).failed(3, &["two topics are named `vaccination`"]);
    std::fs::write(at("tidemark.toml"), "[annotate]\nlexica_only = true\n").expect("written");
    annotate().failed(3, &["no [[annotate.topics]]"]);
}
