//! The *demo*: a simulated year of posts, read through the same door as any file, then live posts.

use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::Output;
use crate::platform::{DataFolder, write_atomically};
use crate::roles::Loads;
use anyhow::Context as _;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;
use tidemark_domain::EventId;
use tidemark_ingest::mapping::{Mapping, TimeColumn};
use tidemark_ingest::{FileJob, Pseudonymiser, RawPost, Run, finished_run, ingest_file, normalise, publish};
use tidemark_log::{Log, Producer};
use tidemark_serve::Load;
use tidemark_simulator::{Live, Scenario, SimulatedPost, Simulation, files};
use tokio_util::sync::CancellationToken;

/// The source's name.
const SOURCE: &str = "simulator";
/// The live part's run in the ledger.
const LIVE_RUN: &str = "simulator-live";
/// Where it lies in the data folder.
const FOLDER: &str = "demo";
/// The replayed part.
const POSTS_FILE: &str = "posts.ndjson";
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

/// The year's posts, as a file that is read like any other.
fn job(data: &DataFolder) -> FileJob {
    FileJob {
        path: data.join(FOLDER).join(POSTS_FILE),
        mapping: Some(mapping()),
        data_dir: data.path().to_owned(),
        is_replay: false,
    }
}

/// Whether an earlier start has read the year to its end.
pub(crate) async fn is_read(data: &DataFolder) -> Result<bool, Failure> {
    let job = job(data);
    Ok(job.path.exists() && finished_run(&job).await.or_exit(Exit::Output)?.is_some())
}

/// Fills the platform, then goes on live until it is stopped.
pub(crate) async fn run(demo: Demo) -> Result<(), Failure> {
    let folder = demo.data.join(FOLDER);
    let now = Timestamp::now();
    let (memory, simulation) = tokio::task::spawn_blocking(move || prepare(&folder, now))
        .await
        .or_exit(Exit::Unexpected)?
        .or_exit(Exit::Output)?;
    demo.tell(0, memory.posts, false);
    let job = job(&demo.data);
    let pseudonymiser = Pseudonymiser::configured(&demo.settings, demo.data.path()).or_exit(Exit::Output)?;
    let mut producer = demo.log.producer().or_exit(Exit::Unreachable)?;
    // A year that was read to its end is not sent again at every start.
    if finished_run(&job).await.or_exit(Exit::Output)?.is_none() {
        let reading = ingest_file(&mut producer, &job, &demo.settings, &pseudonymiser, now, |progress| {
            demo.tell(progress.rows, memory.posts, false);
        });
        tokio::select! {
            () = demo.stop.cancelled() => return Ok(()),
            report = reading => { report.or_exit(Exit::Unreachable)?; }
        }
    }
    demo.tell(memory.posts, memory.posts, true);
    live(&demo, &simulation, &pseudonymiser, &producer).await
}

/// Makes the year at first use, and finds it again later.
fn prepare(folder: &Path, now: Timestamp) -> anyhow::Result<(Memory, Simulation)> {
    let path = folder.join("demo.json");
    let remembered: Option<Memory> = match std::fs::read(&path) {
        Ok(bytes) => Some(
            serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged: remove the folder to start the demo anew", path.display()))?,
        ),
        Err(_) => None,
    };
    let yesterday = now.to_zoned(TimeZone::UTC).date().saturating_sub(1.day());
    let last_day = remembered.as_ref().map_or(yesterday, |memory| memory.last_day);
    let simulation = Simulation::new(Scenario::default_for(SEED, DAYS, POSTS_PER_DAY).ending_on(last_day))?;
    if let Some(memory) = remembered {
        return Ok((memory, simulation));
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut output = Output::create(&folder.join(POSTS_FILE))?;
    let posts = files::write_posts(&simulation, &mut output, |_| {})?;
    output.finish()?;
    let memory = Memory { last_day, posts };
    write_atomically(&path, &serde_json::to_vec(&memory)?)?;
    Ok((memory, simulation))
}

/// The columns of the simulator's posts.
fn mapping() -> Mapping {
    let column = |name: &str| Some(name.to_owned());
    Mapping {
        source: column(SOURCE),
        id: column("id"),
        text: "text".to_owned(),
        created_at: TimeColumn::named("created_at"),
        author: column("author"),
        language: column("lang"),
        place: column("region"),
        community: column("community"),
        parent: column("parent"),
        operation: column("op"),
        is_bot: column("is_bot"),
        ..Mapping::default()
    }
}

/// Publishes posts as they are written, until it is stopped.
async fn live(
    demo: &Demo,
    simulation: &Simulation,
    pseudonymiser: &Pseudonymiser,
    producer: &Producer,
) -> Result<(), Failure> {
    let mapping = mapping();
    let clock = mapping.clock().or_exit(Exit::Unexpected)?;
    let mut source = Live::new(simulation, Timestamp::now(), LIVE_POSTS_PER_SECOND);
    loop {
        tokio::select! {
            () = demo.stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LIVE_STEP) => {}
        }
        let now = Timestamp::now();
        let run = Run { source: SOURCE, run_id: LIVE_RUN, clock: &clock, pseudonymiser, now, undated: now };
        let due = source.due(now);
        let events = due.iter().filter_map(|post| {
            let event_id = EventId::of_stream(SOURCE, &post.id, "create", "");
            // A simulated post is valid by construction; what is not would be a fault of the simulator's own tests.
            normalise(&record(post), None, event_id, &run).ok().map(Ok)
        });
        publish(producer, events.collect()).await.or_exit(Exit::Unreachable)?;
    }
}

/// A simulated post as a source's record.
fn record(post: &SimulatedPost) -> RawPost {
    RawPost {
        id: Some(post.id.clone()),
        text: Some(post.text.clone()),
        created_at: Some(post.created_at.to_string()),
        author: Some(post.author.clone()),
        language: Some(post.lang.code().to_owned()),
        place: Some(post.region.clone()),
        community: post.community.clone(),
        parent: post.parent.clone(),
        is_bot: post.is_bot.then(|| "true".to_owned()),
        ..RawPost::default()
    }
}

impl Demo {
    /// Says how far the reading is.
    fn tell(&self, rows: u64, rows_total: u64, done: bool) {
        let load = Load { name: "demo".to_owned(), rows, rows_total: Some(rows_total), done };
        *self.loads.lock().unwrap_or_else(PoisonError::into_inner) = vec![load];
    }
}
