//! Roles as a cluster runs them, each process with a folder of its own: one broker, one lake, a process that works, one
//! that answers, and two hosts that read files.

mod shared;

use serde_json::json;
use shared::get;
use std::net::TcpListener;
use std::path::Path;
use tidemark_e2e::{Program, Roles};
use tidemark_log::BrokerProcess;

/// Quick to start and quick to answer; the model has tests of its own.
const CONFIG: &str = "
[annotate]
lexica_only = true
[aggregate]
commit_age_ms_max = 200
refresh_interval_s = 1
";
const PEOPLE: usize = 12;
/// Of them, those who say on the first host that they are stressed.
const STRESSED: usize = 5;
const CALM: &str = "making lentil soup for dinner";

/// What all processes are told: where broker and lake are, and one key for the authors' pseudonyms.
fn configuration(bootstrap: &str, lake: &Path) -> String {
    let (lake, key) = (lake.display(), "0123456789abcdef".repeat(4));
    let shared = format!("kafka.bootstrap_servers = '{bootstrap}'\nlake.location = '{lake}'\n");
    format!("{shared}ingest.pseudonym_key = '{key}'\n{CONFIG}")
}

/// A post of each of the people, as `host` reads it.
fn posts(host: &str, text: impl Fn(usize) -> &'static str) -> String {
    let line = |person: usize| {
        let (id, author) = (format!("{host}-{person}"), format!("person-{person}"));
        let created_at = "2024-03-05T12:30:00Z";
        let post = json!({"id": id, "text": text(person), "author": author, "created_at": created_at, "lang": "en"});
        format!("{post}\n")
    };
    (0..PEOPLE).map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_share_a_broker_and_a_lake_are_one_platform() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::find();
    // The embedded broker, by itself: to the roles it is somebody else's, at an address they are told.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let place = folder.path().join("broker");
    let broker = BrokerProcess::spawn(program.path(), &["broker"], &place, port).await.expect("a broker");
    let config = folder.path().join("cluster.toml");
    std::fs::write(&config, configuration(&broker.bootstrap(), &folder.path().join("lake"))).expect("written");

    let start = |roles: &[&str], data: &str| Roles::start(&program, roles, &folder.path().join(data), &config);
    let mut door = start(&["serve"], "door");
    let http = door.http();
    let worker = start(&["annotate", "aggregate"], "worker");
    let ingest = |host: &str, posts: String| {
        let file = folder.path().join(format!("{host}.ndjson"));
        std::fs::write(&file, posts).expect("written");
        let mut command = program.command(["ingest", "file"]);
        command.arg(&file).arg("--wait").arg("--data").arg(folder.path().join(host)).arg("--config").arg(&config);
        let said = Program::run_command(command).succeeded().stdout;
        assert!(said.contains(&format!("accepted    {PEOPLE}\n")), "{said}\n{}", worker.log());
    };
    ingest("first", posts("first", |person| if person < STRESSED { "I am so stressed about work" } else { CALM }));
    ingest("second", posts("second", |_| CALM));

    // The same people on both hosts: one key makes them twelve, not twenty-four.
    let series = get(&http, "/api/v1/series?source=file&marker=lexicon.mh.stress").await;
    let [point] = &series["points"].as_array().expect("a list")[..] else { panic!("not one day: {series}") };
    let counts = ["label", "status", "k", "n", "n_posts"].map(|name| &point[name]);
    let wanted = [json!("2024-03-05"), json!("ok"), json!(STRESSED), json!(PEOPLE), json!(2 * PEOPLE)];
    assert_eq!(counts, wanted.each_ref());
    let status = get(&http, "/api/v1/status").await;
    assert_eq!(status["broker"]["reachable"], true, "{status}");

    worker.stop();
    door.stop();
    broker.shutdown().await;
}

#[test]
fn roles_without_a_broker_are_refused_by_the_key_that_names_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let answer = Program::find().run(["run", "annotate", "--data", &data.display().to_string()]);
    answer.failed(3, &["kafka.bootstrap_servers", "tidemark up"]);
    assert!(!data.exists(), "a refused start makes no folder");
}
