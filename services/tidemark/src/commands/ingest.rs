//! `tidemark ingest`: posts into a running platform.

use crate::cli::{IngestFile, IngestJetstream, Place};
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::DataFolder;
use crate::progress::Progress;
use anyhow::Context as _;
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tidemark_aggregate::series;
use tidemark_ingest::jetstream::Version;
use tidemark_ingest::mapping::Mapping;
use tidemark_ingest::pseudonym::Pseudonymiser;
use tidemark_ingest::{Error, FileJob, RunReport, ingest_file};
use tidemark_lake::Lake;
use tidemark_log::Log;
use tidemark_query::{Counts, Session};
use tokio_util::sync::CancellationToken;

/// How long a platform that is starting may take to answer.
const BROKER_DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks at the ledger.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Without progress for so long, the user is told what it may be.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running platform, as a client sees it.
struct Platform {
    config: Config,
    data: DataFolder,
    log: Log,
}

impl Platform {
    async fn find(place: &Place) -> Result<Self, Failure> {
        let config = Config::load(place.config.as_deref()).or_exit(Exit::Configuration)?;
        let running = || Some(DataFolder::find(&place.data)?.address()?.bootstrap);
        let bootstrap = config
            .kafka
            .bootstrap_servers
            .clone()
            .or_else(running)
            .with_context(|| {
                let data = place.data.display();
                format!(
                    "no platform runs over {data}: start one with `tidemark up --data {data}`, or set \
                     kafka.bootstrap_servers"
                )
            })
            .or_exit(Exit::Unreachable)?;
        let log = Log::connect(&bootstrap, &config.kafka).or_exit(Exit::Configuration)?;
        log.ping(BROKER_DEADLINE).await.or_exit(Exit::Unreachable)?;
        let data = DataFolder::create(&place.data).or_exit(Exit::Output)?;
        Ok(Self { config, data, log })
    }
}

/// `tidemark ingest file`.
pub(crate) async fn file(arguments: IngestFile) -> Result<(), Failure> {
    let mapping = arguments.mapping.as_deref().map(Mapping::read).transpose().or_exit(Exit::Input)?;
    for path in arguments.paths.iter().filter(|path| !crate::files::is_dash(path)) {
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display())).or_exit(Exit::Input)?;
    }
    let platform = Platform::find(&arguments.place).await?;
    let pseudonymiser = pseudonymiser(&platform.config, platform.data.path())?;
    let mut producer = platform.log.producer().or_exit(Exit::Unreachable)?;
    for path in arguments.paths {
        let job = FileJob {
            path: path.clone(),
            mapping: mapping.clone(),
            data_dir: platform.data.path().to_owned(),
            is_replay: arguments.rejects,
        };
        let length = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        let bar = Progress::bytes(length);
        let started = Instant::now();
        let settings = &platform.config.ingest;
        let report = ingest_file(&mut producer, &job, settings, &pseudonymiser, Timestamp::now(), |progress| {
            bar.at(progress.bytes, progress.rows, "rows");
        })
        .await
        .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
        bar.clear();
        say_sent(&path.display().to_string(), &report);
        if arguments.wait {
            wait(&platform, &report, started).await?;
        }
    }
    Ok(())
}

fn say_sent(path: &str, report: &RunReport) {
    let rejected: u64 = report.rejected.values().sum();
    crate::say(&format!(
        "{path}: read {} rows as run {}: {} sent, {rejected} rejected{}",
        report.rows,
        report.run_id,
        report.sent,
        report.rejects_file.as_ref().map_or_else(String::new, |file| format!(" (see {})", file.display()))
    ));
}

/// Waits until every row of the run is in the lake and the series stand on it, then prints the counts: standard output,
/// for this is what was asked for.
async fn wait(platform: &Platform, report: &RunReport, started: Instant) -> Result<(), Failure> {
    let lake = Lake::open(&platform.config.lake_location(platform.data.path())).or_exit(Exit::Lake)?;
    let session = Session::open(lake.clone()).await.or_exit(Exit::Lake)?;
    let bar = Progress::steps(report.rows);
    let (mut seen, mut moved, mut told) = (0, Instant::now(), false);
    let known = session.counts_of_run(&report.run_id).await.or_exit(Exit::Lake)?.rows_read();
    let counts = loop {
        session.refresh().await.or_exit(Exit::Lake)?;
        let counts = session.counts_of_run(&report.run_id).await.or_exit(Exit::Lake)?;
        let rows = counts.rows_read();
        bar.at(rows, rows, "rows in the lake");
        if rows >= report.rows {
            break counts;
        }
        if rows > seen {
            (seen, moved, told) = (rows, Instant::now(), false);
        } else if moved.elapsed() > PATIENCE && !told {
            told = true;
            crate::say("still waiting: is `tidemark up` running over this folder? `tidemark status` shows where it is");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    // Others may go on writing: what was there when the last row came is what the series must stand on.
    let newest = series::newest_events(&lake).await.or_exit(Exit::Lake)?.unwrap_or_default();
    while !series::stand_on(&lake, newest).await.or_exit(Exit::Lake)? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bar.clear();
    // What was read before is not counted again, and its speed says nothing.
    let seconds = (known < report.rows).then(|| started.elapsed().as_secs_f64());
    crate::print(format!("{}\n", describe(report, &counts, seconds)))?;
    if known == 0 && counts.duplicates > report.rows / 2 {
        crate::say(&format!(
            "{} of {} rows have ids that other posts of the source `{}` have: if they are other posts, give this file a \
             `source` of its own in a mapping, and read it again",
            counts.duplicates, report.rows, report.source
        ));
    }
    Ok(())
}

fn describe(report: &RunReport, counts: &Counts, seconds: Option<f64>) -> String {
    let rejected: u64 = counts.rejected.values().sum();
    let reasons: Vec<String> = counts.rejected.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    format!(
        "rows read   {}\naccepted    {}\nrejected    {rejected}{}\nduplicates  {}\nunmatched   {} (edits and deletions of posts never seen)\n{}",
        report.rows,
        counts.accepted,
        if reasons.is_empty() { String::new() } else { format!("  ({})", reasons.join(", ")) },
        counts.duplicates,
        counts.unmatched,
        seconds.map_or_else(
            || "every row was in the lake before".to_owned(),
            |seconds| format!("{:.0} rows/s from the file into the series", report.rows as f64 / seconds)
        )
    )
}

/// `tidemark ingest jetstream`.
pub(crate) async fn jetstream(arguments: IngestJetstream) -> Result<(), Failure> {
    let platform = Platform::find(&arguments.place).await?;
    let mut settings = platform.config.ingest.jetstream.clone().unwrap_or_default();
    if !arguments.url.is_empty() {
        settings.hosts = arguments.url;
    }
    match arguments.protocol {
        Some(1) => settings.version = Version::V1,
        Some(2) => settings.version = Version::V2,
        _ => {}
    }
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        crate::roles::asked_to_stop().await;
        asked.cancel();
    });
    let pseudonymiser = pseudonymiser(&platform.config, platform.data.path())?;
    follow(&platform.log, platform.data.path(), &settings, &pseudonymiser, stop).await
}

/// The pseudonyms of this deployment.
pub(crate) fn pseudonymiser(config: &Config, data: &std::path::Path) -> Result<Pseudonymiser, Failure> {
    if config.kafka.bootstrap_servers.is_some() && config.ingest.pseudonym_key.is_none() {
        tracing::warn!(
            "authors get pseudonyms under this data folder's own key: where several hosts feed this broker, set \
             ingest.pseudonym_key to the same key on each, or a person counts once per host"
        );
    }
    Pseudonymiser::configured(&config.ingest, data).or_exit(Exit::Output)
}

/// Follows the stream until it is asked to stop.
pub(crate) async fn follow(
    log: &Log,
    data: &std::path::Path,
    settings: &tidemark_ingest::JetstreamSettings,
    pseudonymiser: &Pseudonymiser,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let mut producer = log.producer().or_exit(Exit::Unreachable)?;
    tidemark_ingest::run_jetstream(&mut producer, settings, data, pseudonymiser, Timestamp::now, stop)
        .await
        .map(|_| ())
        .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })
}

/// The exit code of a failed ingest.
fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Log(_) => Exit::Unreachable,
        Error::State { .. } | Error::Spool { .. } => Exit::Output,
        Error::JetstreamHosts | Error::JetstreamUrl { .. } => Exit::Configuration,
        Error::JetstreamRefused { .. } => Exit::Unreachable,
        _ => Exit::Input,
    }
}
