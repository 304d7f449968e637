//! The *demo*: a simulated year of posts, read through the same door as any file, then live posts.

use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::{DataFolder, write_atomically};
use crate::roles::Loads;
use anyhow::Context as _;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;
use tidemark_log::Log;
use tidemark_serve::Load;
use tidemark_simulator::{Live, Scenario, Simulation, files};
use tokio_util::sync::CancellationToken;

/// Days of the replayed part.
const DAYS: u32 = 365;
/// Posts a day, on average.
const POSTS_PER_DAY: f64 = 150.0;
/// The same demo everywhere.
const SEED: u64 = 2026;
/// Time between two looks for live posts.
const LIVE_STEP: Duration = Duration::from_secs(2);
/// The live part is denser than the replayed one, so that something is seen to move.
const LIVE_POSTS_PER_SECOND: f64 = 0.5;

/// What the demo needs of the program.
pub(crate) struct Demo {
    pub(crate) log: Log,
    pub(crate) data: DataFolder,
    pub(crate) settings: tidemark_ingest::Settings,
    pub(crate) loads: Loads,
    pub(crate) stop: CancellationToken,
}

/// What is remembered between starts: the year stays the year it was at first.
#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    last_day: Date,
    posts: u64,
}

/// Fills the platform, then goes on live until it is stopped.
pub(crate) async fn run(demo: Demo) -> Result<(), Failure> {
    let folder = demo.data.join("demo");
    let now = Timestamp::now();
    let (memory, simulation) = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || prepare(&folder, now)).await.or_exit(Exit::Unexpected)?.or_exit(Exit::Output)?
    };
    demo.tell(0, memory.posts, false);
    let reading = tidemark_ingest::ingest_file(
        &demo.log,
        &folder.join("posts.ndjson"),
        Some(mapping().or_exit(Exit::Unexpected)?),
        &demo.settings,
        demo.data.path(),
        now,
        |progress| demo.tell(progress.rows, memory.posts, false),
    );
    tokio::select! {
        () = demo.stop.cancelled() => return Ok(()),
        report = reading => { report.or_exit(Exit::Unreachable)?; }
    }
    demo.tell(memory.posts, memory.posts, true);
    live(&demo, &simulation).await
}
