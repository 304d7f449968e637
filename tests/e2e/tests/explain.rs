//! Why a post has its score, from the command line, with the shipped model.

use serde_json::{Value, json};
use tidemark_e2e::{Platform, Program};

#[test]
fn the_words_that_carry_a_label_weigh_most() {
    let folder = tempfile::tempdir().expect("a folder");
    let posts = [
        json!({"id": "1", "lang": "en", "text": "@someone we are so happy and grateful for the new park 😊"}),
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
    assert_eq!(heaviest(&gratitude[0]), "grateful");
    assert_eq!(gratitude[0]["label"], "gratitude");
    let number = |line: &Value, name: &str| line[name].as_f64().expect("a number");
    assert!(number(&gratitude[0], "score") >= number(&gratitude[0], "threshold"), "it holds: {}", gratitude[0]);
    assert!(gratitude[1].get("threshold").is_none(), "no score, no threshold");
    let stress = explain("mh.stress");
    assert!(
        stress[0]["label"] == "yes" && number(&stress[0], "score") < number(&stress[0], "threshold"),
        "{}",
        stress[0]
    );
    assert!(!gratitude[0].to_string().contains("someone"), "handles are masked");
    assert!(gratitude[0]["lexicon"].as_array().expect("hits").iter().any(|hit| hit["text"] == "happy"));
    // No Spanish in this head: no score, and the lexica still answer.
    assert!(gratitude[1].get("score").is_none() && gratitude[1]["words"] == json!([]));
    assert!(gratitude[1]["lexicon"].as_array().expect("hits").iter().any(|hit| hit["text"] == "ansiedad"));
    let fear = explain("emotion.goemotions.fear");
    assert!(heaviest(&fear[2]).contains("terrified"), "found in a long text: {}", heaviest(&fear[2]));
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
