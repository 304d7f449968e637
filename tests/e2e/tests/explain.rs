//! Why a post has its score, from the command line, with the shipped model.

use serde_json::{Value, json};
use tidemark_e2e::own::agreeable_model;
use tidemark_e2e::{Platform, Program};

#[test]
fn the_words_that_carry_a_label_weigh_most() {
    let folder = tempfile::tempdir().expect("a folder");
    let posts = [
        json!({"id": "1", "lang": "en", "text": "@someone thanks for the new park, happy days 😊"}),
        json!({"id": "2", "lang": "es", "text": "estoy agotada y con ansiedad"}),
        json!({"id": "3", "lang": "en", "text": format!("{} I am terrified {}", "the bus came. ".repeat(40), "It rained. ".repeat(40))}),
        json!({"id": "4"}),
    ];
    let input = folder.path().join("posts.jsonl");
    let lines: Vec<String> = posts.iter().map(Value::to_string).collect();
    std::fs::write(&input, lines.join("\n")).expect("written");
    let program = Program::find();
    let explain = |marker: &str| -> Vec<Value> {
        let output = folder.path().join("out.jsonl");
        let (input, output) = (input.display().to_string(), output.display().to_string());
        let done = program.run(["explain", &input, "--marker", marker, "--output", &output]).succeeded();
        assert!(done.stderr.contains("explained 3 posts, rejected 1 lines"), "{}", done.stderr);
        let text = std::fs::read_to_string(&output).expect("read");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let heaviest = |line: &Value| -> String {
        let words = line["words"].as_array().expect("words");
        let weight = |word: &Value| word["weight"].as_f64().expect("a weight");
        let top = words.iter().max_by(|a, b| weight(a).total_cmp(&weight(b))).expect("a word");
        top["text"].as_str().expect("text").to_lowercase()
    };
    let gratitude = explain("emotion.goemotions.gratitude");
    assert!(heaviest(&gratitude[0]).starts_with("thanks"));
    assert_eq!(gratitude[0]["label"], "gratitude");
    let number = |line: &Value, name: &str| line[name].as_f64().expect("a number");
    assert!(number(&gratitude[0], "score") >= number(&gratitude[0], "threshold"), "it holds: {}", gratitude[0]);
    let stress = explain("mh.stress");
    assert!(stress[1].get("threshold").is_none(), "no score, no threshold");
    assert!(
        stress[0]["label"] == "yes" && number(&stress[0], "score") < number(&stress[0], "threshold"),
        "{}",
        stress[0]
    );
    assert!(!gratitude[0].to_string().contains("someone"), "handles are masked");
    assert!(gratitude[0]["lexicon"].as_array().expect("hits").iter().any(|hit| hit["text"] == "happy"));
    // No Spanish in this head: no score, and the lexica still answer.
    assert!(stress[1].get("score").is_none() && stress[1].get("label").is_none() && stress[1]["words"] == json!([]));
    assert!(stress[1]["lexicon"].as_array().expect("hits").iter().any(|hit| hit["text"] == "ansiedad"));
    let fear = explain("emotion.goemotions.fear");
    assert!(heaviest(&fear[2]).contains("terrified"), "found in a long text: {}", heaviest(&fear[2]));
}

/// What explains each of some posts.
fn explained(posts: &[Value], further: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("posts.jsonl");
    let lines: Vec<String> = posts.iter().map(Value::to_string).collect();
    std::fs::write(&input, lines.join("\n")).expect("written");
    let input = input.display().to_string();
    let said = Program::find().run([&["explain", &input, "--output", "-"], further].concat()).succeeded().stdout;
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_rolled_up_emotion_is_explained_by_the_label_that_makes_it() {
    let posts = [
        json!({"id": "1", "lang": "en", "text": "I am terrified of the dark"}),
        json!({"id": "2", "lang": "de", "text": "Im Dunkeln habe ich Angst"}),
    ];
    let rolled_up = explained(&posts, &["--marker", "emotion.primary.fear"]);
    let source = explained(&posts, &["--marker", "emotion.goemotions.fear"]);
    assert_eq!((&rolled_up[0]["marker"], &rolled_up[0]["label"]), (&json!("emotion.primary"), &json!("fear")));
    assert_eq!(rolled_up[0]["source"], "emotion.goemotions.fear");
    for part in ["score", "threshold", "words", "lexicon"] {
        assert_eq!(rolled_up[0][part], source[0][part], "{part}");
    }
    assert!(source[0].get("source").is_none() && source[0].get("cues").is_none(), "{}", source[0]);
    let nothing = &rolled_up[1];
    assert!(nothing.get("score").is_none() && nothing.get("source").is_none() && nothing["words"] == json!([]));
    let any = explained(&posts, &["--marker", "emotion.secondary"]);
    assert_eq!((&any[0]["label"], &any[0]["source"]), (&json!("horror"), &json!("emotion.goemotions.fear")));
}

#[test]
fn a_rule_is_explained_by_the_expressions_it_looks_for() {
    let posts = [
        json!({"id": "1", "lang": "es", "text": "qué soledad desde que falta mi madre"}),
        json!({"id": "2", "lang": "es", "text": "mi madre hace sopa"}),
    ];
    let facet = explained(&posts, &["--marker", "loneliness.interpersonal"]);
    assert_eq!((&facet[0]["label"], &facet[0]["score"]), (&json!("family"), &json!(1.0)), "{}", facet[0]);
    for line in &facet {
        assert_eq!((&line["cues"][0]["text"], &line["words"]), (&json!("madre"), &json!([])), "{line}");
    }
    assert!(facet[1].get("label").is_none(), "nobody is lonely: {}", facet[1]);

    // With a model that answers hostility.
    let folder = tempfile::tempdir().expect("a folder");
    let text = "Those hypocrites close it again.";
    let posts = [
        json!({"id": "1", "lang": "en", "text": text, "topic": "closures"}),
        json!({"id": "2", "lang": "en", "text": text}),
    ];
    let model = agreeable_model(folder.path());
    let affect = explained(&posts, &["--marker", "polarization.affect", "--model", &model]);
    assert_eq!((&affect[0]["marker"], &affect[0]["label"]), (&json!("polarization.affect"), &json!("yes")));
    assert!(affect[0]["source"].as_str().expect("told").starts_with("hostility."), "{}", affect[0]);
    assert_eq!(affect[0]["words"].as_array().expect("words").len(), 5);
    assert!(affect[0]["score"].is_number() && affect[0]["threshold"].is_number(), "{}", affect[0]);
    for line in &affect {
        let cues = line["cues"].as_array().expect("cues");
        assert!(cues.iter().any(|cue| cue["text"] == "hypocrites" && cue["category"] == "aim.people"), "{line}");
    }
    assert!(affect[1].get("label").is_none() && affect[1].get("source").is_none(), "not asked: {}", affect[1]);
}

#[test]
fn a_category_of_a_lexicon_is_explained_by_its_terms() {
    let posts = [json!({"id": "1", "lang": "en", "text": "Deadlines 😭 and I am not sad"})];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.en.tsv");
    std::fs::write(&file, "load\tdeadline*\n").expect("written");
    let own = folder.path().display().to_string();
    let load = explained(&posts, &["--marker", "lexicon.work.load", "--lexica", &own, "--lexica-only"]);
    assert_eq!((&load[0]["label"], &load[0]["words"]), (&json!("yes"), &json!([])), "{}", load[0]);
    let cue = &load[0]["cues"][0];
    assert_eq!((&cue["text"], &cue["start"], &cue["category"]), (&json!("Deadlines"), &json!(0), &json!("work.load")));
    let sadness = explained(&posts, &["--marker", "lexicon.emotion.sadness", "--lexica", &own, "--lexica-only"]);
    let listed = sadness[0]["lexicon"].as_array().expect("hits").iter();
    assert!(listed.clone().any(|hit| hit["category"] == "work.load"), "hits of one's own are listed: {}", sadness[0]);
    assert!(listed.clone().any(|hit| hit["text"] == "sad" && hit["negated"] == true), "{}", sadness[0]);
}

#[test]
fn an_unknown_marker_is_refused_with_those_there_are() {
    let program = Program::find();
    program.run(["explain", "-", "--marker", "mh.nothing", "--output", "-"]).failed(4, &["mh.nothing", "mh.stress"]);
}

#[tokio::test]
async fn a_running_platform_explains_over_http_and_keeps_no_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let platform = Platform::start(&Program::find(), folder.path(), "");
    let address = format!("{}/api/v1/explain", platform.address("http").expect("up"));
    let client = reqwest::Client::new();
    let ask =
        |body: Value| client.post(&address).header("content-type", "application/json").body(body.to_string()).send();
    let text = "I am so grateful for the zanahorias";
    let answer = ask(json!({"text": text, "marker": "emotion.goemotions.gratitude"})).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let said: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    assert!(said["score"].as_f64().expect("a score") > 0.5, "{said}");
    assert_eq!(said["words"].as_array().expect("words").len(), 7);
    let unknown = ask(json!({"text": text, "marker": "mh.nothing"})).await.expect("an answer");
    assert_eq!(unknown.status(), 404);
    let malformed = ask(json!({"text": 7, "marker": text})).await.expect("an answer");
    assert_eq!(malformed.status(), 400);
    assert!(!malformed.text().await.expect("a body").contains("zanahorias"));
    assert_eq!(client.get(&address).send().await.expect("an answer").headers()["allow"], "POST");
    assert!(!platform.log().contains("zanahorias"), "no text in the log");
    platform.stop();
}
