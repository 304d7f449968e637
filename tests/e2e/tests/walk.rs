//! ARCHITECTURE.md's walk, on foot: one post through every stage and out at the door, each hand-over looked at; then
//! what grows out of many posts, a forecast and an alert. The door is REST: gRPC has no client here, and that it gives
//! the same answers is tested in services/serve.

mod shared;

use serde_json::{Value, json};
use shared::get;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tidemark_domain::{EventId, Language, Operation, PostKey};
use tidemark_e2e::{Platform, Program};
use tidemark_log::{EventHeaders, Log, LogSettings, Record};
use tidemark_simulator::{Scenario, Simulation, files};
use tidemark_wire::log::{ANNOTATED_TOPIC, POSTS_TOPIC, decode_annotated, decode_event};

/// Quick to start and quick to answer; the model has tests of its own.
const CONFIG: &str = "
[annotate]
lexica_only = true
[aggregate]
commit_age_ms_max = 200
refresh_interval_s = 1
[forecast]
markers = [\"lexicon.mh.stress\"]
interval_s = 1
[alert]
interval_s = 1
";

const TEXT: &str = "I am so stressed about work, says @carla.perez on https://example.org/x";
const HANDLE: &str = "carla.perez";
const AUTHOR: &str = "author-of-the-post";
/// Enough people beside our author that the cell may be shown.
const OTHERS: usize = 11;

fn line(id: &str, author: &str, text: &str) -> String {
    json!({
        "id": id, "text": text, "author": author, "created_at": "2024-03-05T12:30:00Z", "lang": "en", "region": "US-CA",
        "op": "create", "is_bot": false
    })
    .to_string()
}

fn one_post_and_its_company(file: &Path) {
    let mut lines = line("the-post", AUTHOR, TEXT);
    for other in 0..OTHERS {
        let id = format!("other-{other}");
        let _ = write!(lines, "\n{}", line(&id, &id, "making lentil soup for dinner"));
    }
    std::fs::write(file, lines).expect("written");
}

/// Whether two answers give the same number; they may write it differently.
fn is_close(a: &Value, b: &Value) -> bool {
    a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() < 1e-12)
}

/// The same for lists of numbers.
fn are_close(a: &Value, b: &Value) -> bool {
    let both = a.as_array().zip(b.as_array());
    both.is_some_and(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_close(a, b)))
}

/// The record of `topic` whose key is that of our post.
async fn record_of(log: &Log, topic: &str, key: PostKey) -> Record {
    let started = Instant::now();
    let consumer = log.consumer(&format!("walk-{topic}"), &[topic]).expect("a consumer");
    loop {
        let records = consumer.next_batch(100, Duration::from_millis(500)).await.expect("a batch");
        if let Some(record) = records.into_iter().find(|record| record.key == key.to_string().as_bytes()) {
            return record;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "the post never came through {topic}");
    }
}

fn only(rows: &[Value]) -> &Value {
    assert_eq!(rows.len(), 1, "{rows:?}");
    &rows[0]
}

#[test]
fn one_post_through_every_stage() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson");
    one_post_and_its_company(&file);
    let platform = Platform::start(&Program::find(), &folder.path().join("data"), CONFIG);
    platform.ingest(&file, &[]);

    // ingest → tidemark.posts: one event, masked, under a pseudonym, keyed by the post.
    // Its key is keyed by this deployment: not even the source's own id finds it. Its words do.
    let rows = platform.sql("SELECT post_key FROM events WHERE array_has(present, 'lexicon.mh.stress')");
    let key = PostKey::from_hex(only(&rows)["post_key"].as_str().expect("a key")).expect("a key");
    assert_ne!(key, PostKey::of("file", "the-post"));
    let log = Log::connect(&platform.address("bootstrap").expect("published"), &LogSettings::default()).expect("a log");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let record = runtime.block_on(record_of(&log, POSTS_TOPIC, key));
    let event = decode_event(&record.payload).expect("an event");
    let headers = EventHeaders::from_headers(&record.headers).expect("CloudEvents headers");
    assert_eq!((event.post_key, event.operation, event.language), (key, Operation::Create, Language::English));
    assert_eq!(event.event_id, EventId::of_row(&event.run_id, event_row(&event.run_id, event.event_id)));
    assert_eq!(headers.id, event.event_id.to_string());
    assert!(event.text.contains("so stressed about work"), "the words stay");
    assert!(!event.text.contains(HANDLE) && !event.text.contains("example.org"), "the handle and the address go");
    assert_eq!(event.region.as_deref(), Some("US-CA"));
    assert_eq!(event.created_at.to_string(), "2024-03-05T12:30:00Z");
    let author = event.author.expect("the source has authors").to_string();
    assert!(!contains(&record.payload, AUTHOR), "the author's id is not on the log");

    // annotate → tidemark.annotated: the same event with scores and the versions that made them.
    let record = runtime.block_on(record_of(&log, ANNOTATED_TOPIC, key));
    let annotated = decode_annotated(&record.payload).expect("an annotated post");
    assert_eq!((annotated.event.event_id, annotated.event.post_key), (event.event_id, key));
    let score = |name: &str| annotated.scores.iter().find(|score| score.marker == name).expect("answered");
    assert!(score("lexicon.mh.stress").present && score("lexicon.mh.stress").score > 0.0);
    assert!(!score("lexicon.emotion.joy").present);
    assert!(annotated.n_tokens >= 7 && !annotated.provenance.lexicon.is_empty());

    // aggregate → events: one row, accepted, on its day.
    let rows = platform.sql(&format!("SELECT * FROM events WHERE post_key = '{key}'"));
    let row = only(&rows);
    assert_eq!(row["event_id"], event.event_id.to_string());
    assert_eq!(
        (&row["disposition"], &row["operation"], &row["revision"]),
        (&json!("accepted"), &json!("create"), &json!(0))
    );
    assert_eq!((row["day"].as_str(), row["author"].as_str()), (Some("2024-03-05"), Some(author.as_str())));
    assert!(row["present"].as_array().expect("a list").contains(&json!("lexicon.mh.stress")));
    assert!(row["lexicon_mh_stress"].as_f64().expect("a score") > 0.0);
    assert_eq!(row["lexicon"], json!(annotated.provenance.lexicon));
    let rows = platform.sql("SELECT * FROM author_days WHERE day = DATE '2024-03-05'");
    assert_eq!(rows.len(), OTHERS + 1);

    // → series: one of twelve people, with the interval and the versions.
    let cell = "SELECT * FROM series WHERE marker = 'lexicon.mh.stress' AND period = 'day' \
                AND region = 'US-CA' AND language = 'all'";
    let rows = platform.sql(cell);
    let row = only(&rows);
    assert_eq!((&row["k"], &row["n"], &row["n_posts"]), (&json!(1), &json!(OTHERS + 1), &json!(OTHERS + 1)));
    assert_eq!((&row["unit"], &row["status"], &row["label"]), (&json!("author"), &json!("ok"), &json!("2024-03-05")));
    let value = |name: &str| row[name].as_f64().expect("a number");
    assert!((value("value") - 1.0 / 12.0).abs() < 1e-12);
    assert!(value("lower") < value("value") && value("value") < value("upper"));
    assert_eq!(row["lexicon"], json!(annotated.provenance.lexicon));

    // → serve: the same cell at the door, every number of it.
    let http = platform.address("http").expect("published");
    let source = row["source"].as_str().expect("a source");
    let path = format!("/api/v1/series?source={source}&region=US-CA&marker=lexicon.mh.stress");
    let said = runtime.block_on(get(&http, &path));
    assert_eq!((&said["key"]["marker"], &said["unit"]), (&row["marker"], &row["unit"]));
    let point = only(said["points"].as_array().expect("a list"));
    for name in ["k", "n", "n_posts", "status", "label", "lexicon", "code"] {
        assert_eq!(point[name], row[name], "{name}: {point}");
    }
    for name in ["value", "lower", "upper"] {
        assert!(is_close(&point[name], &row[name]), "{name}: {point}, {row}");
    }

    // What nobody may see: the text in what the program says, the handle and the author's id anywhere at rest.
    let log_text = platform.log();
    assert!(!log_text.contains("so stressed"), "{log_text}");
    platform.stop();
    for entry in files_below(&folder.path().join("data")) {
        let bytes = std::fs::read(&entry).expect("a file");
        assert!(!contains(&bytes, HANDLE) && !contains(&bytes, AUTHOR), "{}", entry.display());
    }
}

#[test]
fn many_posts_become_a_forecast_and_an_alert() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson");
    // Nobody is warned of days that are over, so the year ends yesterday, and the surge goes on tomorrow.
    let yesterday = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().yesterday().expect("a day");
    let scenario = Scenario::default_for(2026, 365, 150.0).ending_on(yesterday);
    let simulation = Simulation::new(scenario).expect("a scenario");
    files::write_posts(&simulation, std::fs::File::create(&file).expect("created"), |_| {}).expect("written");
    let platform = Platform::start(&Program::find(), &folder.path().join("data"), CONFIG);
    platform.ingest(&file, &[]);
    let last_day = simulation.scenario().last_day().to_string();

    let forecast = "SELECT * FROM forecast WHERE marker = 'lexicon.mh.stress' AND region = 'all' AND language = 'all' \
                    AND model_id = 'tidemark' ORDER BY horizon_days";
    let rows = platform.sql_until(forecast, |rows| rows.first().is_some_and(|row| row["origin"] == last_day.as_str()));
    let horizons: Vec<u64> = rows.iter().filter_map(|row| row["horizon_days"].as_u64()).collect();
    assert_eq!(horizons, (1..=rows.len() as u64).collect::<Vec<_>>());
    for row in &rows {
        let quantiles: Vec<f64> =
            row["quantiles"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
        assert_eq!(quantiles.len(), 23);
        assert!(quantiles.is_sorted() && quantiles[0] >= 0.0 && quantiles[22] <= 1.0, "{quantiles:?}");
    }

    // The planted surge of stress is still rising when the data end.
    let alerts = "SELECT * FROM alert WHERE marker = 'lexicon.mh.stress' AND state = 'open'";
    let rows = platform.sql_until(alerts, |rows| !rows.is_empty());
    for row in &rows {
        let (probability, peak) = (row["probability"].as_f64().expect("a number"), row["peak_day"].as_str());
        assert!((0.5..=1.0).contains(&probability) && peak.expect("a day") > last_day.as_str(), "{row}");
    }
    let episodes: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(episodes.len(), rows.len(), "one row per episode");

    // → serve: the door shows what the lake holds. A network may forecast anew between two looks, and alerts with it:
    // both are looked at until they meet.
    let http = platform.address("http").expect("published");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ask = |path: &str| runtime.block_on(get(&http, path));
    let source = rows[0]["source"].as_str().expect("a source");
    let path = format!("/api/v1/forecasts?source={source}&marker=lexicon.mh.stress");
    platform.sql_until(forecast, |rows| {
        let said = ask(&path);
        let days = said["days"].as_array().expect("a list");
        let same = |(day, row): (&Value, &Value)| {
            (&day["target"], &day["horizon_days"]) == (&row["target"], &row["horizon_days"])
                && are_close(&day["quantiles"], &row["quantiles"])
        };
        !days.is_empty() && days.len() == rows.len() && days.iter().zip(rows).all(same)
    });
    let said = ask(&path);
    assert_eq!((&said["origin"], &said["model"]), (&json!(last_day), &json!("tidemark")));
    assert!(said["threshold"].as_f64().is_some_and(|threshold| threshold > 0.0), "{}", said["threshold"]);
    let within = said["p_exceed_within"].as_f64().expect("a number");
    for day in said["days"].as_array().expect("a list") {
        assert!(day["p_exceed"].as_f64().is_some_and(|p| (0.0..=within).contains(&p)), "{day}, within {within}");
    }
    platform.sql_until("SELECT * FROM alert WHERE marker = 'lexicon.mh.stress'", |rows| {
        let said = ask("/api/v1/alerts");
        let alerts = said["alerts"].as_array().expect("a list");
        let ours = alerts.iter().filter(|alert| alert["key"]["marker"] == "lexicon.mh.stress");
        let shown: BTreeMap<String, &Value> = ours.map(|alert| (alert["id"].to_string(), alert)).collect();
        let same = |row: &Value| {
            shown.get(&row["id"].to_string()).is_some_and(|alert| {
                (&alert["state"], &alert["rule"], &alert["peak_day"]) == (&row["state"], &row["rule"], &row["peak_day"])
                    && is_close(&alert["probability"], &row["probability"])
                    && is_close(&alert["threshold"], &row["threshold"])
            })
        };
        !rows.is_empty() && shown.len() == rows.len() && rows.iter().all(same)
    });
    platform.stop();
    is_tried_on_its_past(&folder.path().join("data"), &last_day);
    is_kept_as_the_command_prints_it(&folder.path().join("data"));
}

/// The rule has a record on the year's past, without a server.
fn is_tried_on_its_past(data: &Path, last_day: &str) {
    const RULE: &str = "lexicon.mh.stress unusually high";
    let output = data.join("record.csv");
    let mut command = Program::find().command(["alert", "backtest", "--days", "180", "--rule", RULE]);
    command.arg("--data").arg(data).arg("--config").arg(data.join("test-config.toml")).arg("--output").arg(&output);
    let answer = Program::run_command(command).succeeded();
    assert!(answer.stdout.starts_with(&format!("{RULE}\n")), "{}", answer.stdout);
    let rows: Vec<BTreeMap<String, String>> =
        csv::Reader::from_path(&output).expect("written").deserialize().map(|row| row.expect("a row")).collect();
    assert!(rows.iter().any(|row| row["region"] == "all"), "{rows:?}");
    for row in &rows {
        let count = |name: &str| row[name].parse::<u64>().expect("a count");
        assert!(count("right") <= count("episodes") && count("foreseen") <= count("spells"), "{row:?}");
        assert!((1..=180).contains(&count("judged_days")) && row["to"].as_str() < last_day, "{row:?}");
        assert_eq!(row["ppv"].is_empty(), count("episodes") == 0, "{row:?}");
        assert_eq!(row["sensitivity"].is_empty(), count("spells") == 0, "{row:?}");
    }
    let mut unknown = Program::find().command(["alert", "backtest", "--rule", "none"]);
    unknown.arg("--data").arg(data);
    assert_eq!(Program::run_command(unknown).code, Some(4));
}

/// What a platform keeps of a rule is what the command computes of the same lake.
fn is_kept_as_the_command_prints_it(data: &Path) {
    // One series, which is tried within a test's patience.
    const RULE: &str = "
[[alert.rules]]
name = \"stress everywhere\"
marker = \"lexicon.mh.stress\"
region = \"all\"
threshold = { quantile = { q = 0.95, window_days = 182 } }
";
    const NAMES: [(&str, &str); 8] = [
        ("from", "first_day"),
        ("to", "last_day"),
        ("judged_days", "judged_days"),
        ("episodes", "episodes"),
        ("right", "episodes_right"),
        ("spells", "spells"),
        ("foreseen", "spells_foreseen"),
        ("lead_days", "lead_days"),
    ];
    let platform = Platform::start(&Program::find(), data, &format!("{CONFIG}{RULE}"));
    let output = data.join("recomputed.csv");
    let mut command = Program::find().command(["alert", "backtest"]);
    command.arg("--data").arg(data).arg("--config").arg(data.join("test-config.toml")).arg("--output").arg(&output);
    let _table = Program::run_command(command).succeeded();
    let rows: Vec<BTreeMap<String, String>> =
        csv::Reader::from_path(&output).expect("written").deserialize().map(|row| row.expect("a row")).collect();
    let [row] = &rows[..] else { panic!("one rule on one series: {rows:?}") };
    platform.sql_until("SELECT * FROM track_record WHERE rule = 'stress everywhere'", |kept| {
        let same = |(printed, column): &(&str, &str)| {
            let (printed, kept) = (row[*printed].as_str(), &kept[0][*column]);
            // A day, or a number; nothing where there is nothing to count.
            kept.as_str().map_or_else(|| kept.as_f64() == printed.parse::<f64>().ok(), |day| day == printed)
        };
        kept.len() == 1 && NAMES.iter().all(same)
    });
    platform.stop();
}

/// The row of the file whose event id this is: the first or one of its company.
fn event_row(run: &str, id: EventId) -> u64 {
    (0..=OTHERS as u64 + 1).find(|row| EventId::of_row(run, *row) == id).expect("an id made of run and row")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
