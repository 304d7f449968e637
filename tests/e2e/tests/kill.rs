//! Nothing lost, nothing doubled: the whole process group is killed with `kill -9` at random moments while it reads a
//! file, and what is in the lake in the end is what an uninterrupted run put there.

#![allow(clippy::disallowed_methods)] // the time until the blow is what is tested

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tidemark_e2e::{Platform, Program};
use tidemark_simulator::{Event, Scenario, Simulation, files};

const SEED: u64 = 20_240_229;
const KILLS: usize = 8;
/// Of them, those at moments when the file is being sent.
const WHILE_SENDING: usize = 3;
/// A platform that has not caught up by then has lost something.
const CATCH_UP_DEADLINE: Duration = Duration::from_secs(60);
/// Small windows and commits, so that a blow finds every stage at work.
const CONFIG: &str = "
[ingest]
window_rows = 150
[annotate]
lexica_only = true
batch_posts_max = 64
[aggregate]
commit_records_max = 200
commit_age_ms_max = 100
refresh_interval_s = 1
";
/// Columns that say when something was computed. Everything else must agree.
const WALL_CLOCK: [&str; 2] = ["issued_at", "observed_at"];

/// About 3,000 records: posts, edits, deletions, second records of a post, and lines that are no post.
fn write_input(file: &Path) -> u64 {
    let mut scenario = Scenario::default_for(SEED, 14, 200.0);
    scenario.edit_rate = 0.08;
    scenario.delete_rate = 0.08;
    let simulation = Simulation::new(scenario).expect("a scenario");
    let mut draws = ChaCha8Rng::seed_from_u64(SEED);
    let (mut out, mut rows, mut earlier) = (Vec::new(), 0, Vec::new());
    for post in simulation.posts() {
        files::write_post(&post, &mut out).expect("written");
        rows += 1;
        if post.event == Event::Create && draws.random::<f64>() < 0.05 {
            earlier.push(post);
        }
        if draws.random::<f64>() < 0.03 && !earlier.is_empty() {
            let again = earlier.swap_remove(draws.random_range(0..earlier.len()));
            files::write_post(&again, &mut out).expect("written");
            rows += 1;
        }
        if draws.random::<f64>() < 0.02 {
            const NO_POST: [&str; 3] = ["{\"id\": 1, \"text\": ", "{\"id\": \"e\", \"text\": \"  \"}", "not json"];
            out.extend_from_slice(NO_POST[draws.random_range(0..NO_POST.len())].as_bytes());
            out.push(b'\n');
            rows += 1;
        }
    }
    std::fs::write(file, out).expect("written");
    rows
}

/// The rows of a query without wall-clock columns, sorted.
fn content(platform: &Platform, query: &str) -> Vec<String> {
    let without_clock = |mut row: Value| {
        let columns = row.as_object_mut().expect("a row");
        WALL_CLOCK.iter().for_each(|column| {
            columns.remove(*column);
        });
        row.to_string()
    };
    let mut rows: Vec<String> = platform.sql(query).into_iter().map(without_clock).collect();
    rows.sort_unstable();
    rows
}

const CONTENTS: [&str; 4] =
    ["SELECT * FROM events", "SELECT * FROM annotated", "SELECT * FROM author_days", "SELECT * FROM series"];

#[test]
fn eight_kills_leave_what_no_kill_leaves() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson");
    let rows = write_input(&file);
    assert!(rows > 2500, "{rows}");
    let program = Program::find();

    let calm = Platform::start(&program, &folder.path().join("calm"), CONFIG);
    let started = Instant::now();
    calm.ingest(&file, &[]);
    let calm_run = started.elapsed();
    let wanted: Vec<_> = CONTENTS.map(|query| content(&calm, query)).into();
    let ledger = "SELECT disposition, count(*) AS n FROM events GROUP BY disposition";
    let read: u64 = calm.sql(ledger).iter().filter_map(|row| row["n"].as_u64()).sum();
    assert_eq!(read, rows, "accepted + rejected + duplicates + unmatched = rows read");
    let data = folder.path().join("stormy");
    std::fs::create_dir_all(&data).expect("a folder");
    // Pseudonyms are keyed: with the same key, the same authors have the same names.
    std::fs::copy(calm.data().join("author.key"), data.join("author.key")).expect("copied");
    calm.stop();

    let mut draws = ChaCha8Rng::seed_from_u64(SEED);
    // Once every row is acknowledged the file is not read again: what is lost after that is lost.
    let mut is_sent = false;
    let mut while_sending = 0;
    for kill in 0..KILLS {
        let platform = Platform::start(&program, &data, CONFIG);
        let mut ingest = (!is_sent).then(|| platform.ingest_beside(&file, &[]));
        // Sending is the shortest part of the way, on a busy machine above all: the first blows are made to hit it.
        let blow = if kill < WHILE_SENDING {
            Duration::from_millis(draws.random_range(20..150))
        } else {
            Duration::from_secs_f64(draws.random_range(0.02..0.2) * calm_run.as_secs_f64())
        };
        let started = Instant::now();
        while started.elapsed() < blow {
            if let Some(child) = &mut ingest
                && let Some(status) = child.try_wait().expect("a child of ours")
            {
                assert!(status.success(), "{}", platform.log());
                (is_sent, ingest) = (true, None);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        platform.kill();
        if let Some(mut child) = ingest {
            while_sending += 1;
            // It may have ended with success at the very moment of the blow.
            is_sent = child.wait().expect("a child of ours").success();
        }
    }
    assert!(while_sending >= 2, "the file was read before it could be interrupted");

    let stormy = Platform::start(&program, &data, CONFIG);
    if !is_sent {
        stormy.ingest(&file, &[]);
    }
    for (query, wanted) in CONTENTS.iter().zip(&wanted) {
        let started = Instant::now();
        let mut found = content(&stormy, query);
        // What was acknowledged may still be on its way into the lake.
        while found != *wanted && started.elapsed() < CATCH_UP_DEADLINE {
            std::thread::sleep(Duration::from_millis(500));
            found = content(&stormy, query);
        }
        let differing = || found.iter().zip(wanted).find(|(found, wanted)| found != wanted);
        assert!(found == *wanted, "{query}: {} rows, not {}; {:?}", found.len(), wanted.len(), differing());
    }
    stormy.stop();
}
