//! How tests ask the door of a running program.

use serde_json::Value;

/// What REST answers to `GET path`, where `http` is the door's address.
pub(crate) async fn get(http: &str, path: &str) -> Value {
    let answer = reqwest::get(format!("{http}{path}")).await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).expect("JSON")
}
