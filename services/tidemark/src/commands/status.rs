//! `tidemark status`: how far every stage of a running platform is.

use crate::cli::{Key, Place, Status};
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::DataFolder;
use anyhow::Context as _;
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// A server that takes longer is away.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A rate is growth between two looks: where nobody has looked lately, this command looks again after so long.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// Runs the command. What was asked for goes to standard output.
pub(crate) async fn run(arguments: Status) -> Result<(), Failure> {
    let http = address(&arguments.place)?;
    let url = format!("{http}/api/v1/status");
    let mut status = get(&url, &arguments.key).await.or_exit(Exit::Unreachable)?;
    if lacks_rates(&status) {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        status = get(&url, &arguments.key).await.or_exit(Exit::Unreachable)?;
    }
    crate::print(if arguments.json { format!("{status:#}\n") } else { describe(&http, &status) })
}

/// Where the platform over this data folder answers.
pub(crate) fn address(place: &Place) -> Result<String, Failure> {
    if let Some(address) = DataFolder::find(&place.data).and_then(|data| data.address()) {
        return Ok(address.http);
    }
    let config = Config::load(place.config.as_deref()).or_exit(Exit::Configuration)?;
    Ok(format!("http://{}:{}", config.serve.host, config.serve.port))
}

/// Asks the server.
pub(crate) async fn get(url: &str, key: &Key) -> anyhow::Result<Value> {
    let asked = async {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let mut request = client.get(url);
        if let Some(key) = &key.key {
            request = request.bearer_auth(key);
        }
        request.send().await
    };
    let answer =
        asked.await.with_context(|| format!("no answer from {url}: is `tidemark up` running over this --data?"))?;
    if answer.status() == reqwest::StatusCode::UNAUTHORIZED {
        anyhow::bail!("{url} is open to a network and wants the admin key: give it with --key or TIDEMARK_KEY");
    }
    Ok(answer.error_for_status()?.json().await?)
}

/// Whether a stage that reads the log is without a rate.
fn lacks_rates(status: &Value) -> bool {
    let mut stages = status["stages"].as_array().into_iter().flatten();
    stages.any(|stage| stage["lag"].is_u64() && stage["rate_per_second"].is_null())
}

fn describe(http: &str, status: &Value) -> String {
    let number = |value: &Value| value.as_f64().map_or_else(|| "–".to_owned(), |number| format!("{number:.1}"));
    let count = |value: &Value| value.as_u64().map_or_else(|| "–".to_owned(), |count| count.to_string());
    let mut text = format!("{http}  version {}\n", status["version"].as_str().unwrap_or("?"));
    let ledger = &status["ledger"];
    let _ = writeln!(
        text,
        "records: {} read = {} accepted + {} rejected + {} duplicates + {} unmatched",
        count(&ledger["read"]),
        count(&ledger["accepted"]),
        count(&ledger["rejected"]),
        count(&ledger["duplicates"]),
        count(&ledger["unmatched"])
    );
    let broker = &status["broker"];
    let reachable = broker["reachable"].as_bool().unwrap_or_default();
    let _ = writeln!(
        text,
        "broker:  {}",
        if reachable { "reachable" } else { broker["detail"].as_str().unwrap_or("not reachable") }
    );
    let _ = writeln!(text, "\n{:<12} {:<40} {:>10} {:>10} {:>14}", "stage", "reads", "lag", "per s", "freshness s");
    for stage in status["stages"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "{:<12} {:<40} {:>10} {:>10} {:>14}",
            stage["stage"].as_str().unwrap_or_default(),
            stage["topic"].as_str().unwrap_or_default(),
            count(&stage["lag"]),
            number(&stage["rate_per_second"]),
            number(&stage["freshness_seconds"])
        );
    }
    for load in status["loads"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "\nreading {}: {} of {} rows",
            load["name"].as_str().unwrap_or_default(),
            count(&load["rows"]),
            count(&load["rows_total"])
        );
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_status_is_described_in_full() {
        let status = serde_json::json!({
            "version": "0.1.0",
            "ledger": {"read": 10, "accepted": 7, "rejected": 2, "duplicates": 1, "unmatched": 0},
            "broker": {"reachable": true, "detail": ""},
            "stages": [{"stage": "annotate", "topic": "tidemark.posts", "lag": 3, "rate_per_second": 12.34}],
            "loads": []
        });
        let text = super::describe("http://127.0.0.1:1", &status);
        assert!(text.contains("10 read = 7 accepted + 2 rejected + 1 duplicates + 0 unmatched"), "{text}");
        assert!(text.contains("12.3") && text.contains("annotate"), "{text}");
        assert!(!super::lacks_rates(&status));
    }

    #[test]
    fn who_looks_for_the_first_time_looks_twice() {
        let status = |rate: Option<f64>| {
            serde_json::json!({"stages": [
                {"stage": "annotate", "lag": 3, "rate_per_second": rate},
                {"stage": "alert", "lag": null, "rate_per_second": null}
            ]})
        };
        assert!(super::lacks_rates(&status(None)) && !super::lacks_rates(&status(Some(0.0))));
    }
}
