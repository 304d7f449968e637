//! `tidemark ingest`: posts into a running platform.

use crate::cli::{IngestFile, IngestJetstream, Place};
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::DataFolder;
use crate::progress::Progress;
use anyhow::Context as _;
use jiff::Timestamp;
use std::collections::BTreeMap;
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

/// How long the lake may stand still while rows are on their way into it.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// Until the broker is asked whether it is there, and the user told where to look.
    ask_after: Duration,
    /// A broker that is started again answers within.
    broker_away: Duration,
    /// Until whoever writes the lake has failed. A role that fails ends `up` with its broker; where roles are processes of
    /// their own, the broker goes on answering.
    give_up_after: Duration,
}

const PATIENCE: Patience = Patience {
    ask_after: Duration::from_secs(30),
    broker_away: Duration::from_secs(120),
    give_up_after: Duration::from_secs(30 * 60),
};

/// Whether rows are still carried into the lake.
struct Watch<'a> {
    log: &'a Log,
    patience: Patience,
    /// The versions of the lake's tables, as they were when they last moved.
    lake: BTreeMap<String, u64>,
    moved: Instant,
    asked: Instant,
    told: bool,
}

impl<'a> Watch<'a> {
    fn new(log: &'a Log, patience: Patience) -> Self {
        let now = Instant::now();
        Self { log, patience, lake: BTreeMap::new(), moved: now, asked: now, told: false }
    }

    /// Hears at which versions the lake's tables are now; fails where there is nobody to wait for.
    async fn look(&mut self, lake: BTreeMap<String, u64>) -> Result<(), Failure> {
        if lake != self.lake {
            let now = Instant::now();
            (self.lake, self.moved, self.asked, self.told) = (lake, now, now, false);
            return Ok(());
        }
        if self.moved.elapsed() >= self.patience.give_up_after {
            let minutes = self.patience.give_up_after.as_secs() / 60;
            return Err(anyhow::anyhow!(
                "nothing has come into the lake for {minutes} minutes: do the roles annotate and aggregate run? What was \
                 sent is kept: start them, and give the same command"
            ))
            .or_exit(Exit::Unreachable);
        }
        if self.asked.elapsed() < self.patience.ask_after {
            return Ok(());
        }
        let gone = "nothing comes into the lake any more, and the broker does not answer: the platform has stopped, and its \
                    own output says why. What was sent is kept: start it again, and give the same command";
        self.log.ping(self.patience.broker_away).await.context(gone).or_exit(Exit::Unreachable)?;
        self.asked = Instant::now();
        if !std::mem::replace(&mut self.told, true) {
            crate::say("still waiting: nothing new is in the lake; `tidemark status` shows where it is");
        }
        Ok(())
    }
}

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
    let mut watch = Watch::new(&platform.log, PATIENCE);
    let known = session.counts_of_run(&report.run_id).await.or_exit(Exit::Lake)?.rows_read();
    let counts = loop {
        session.refresh().await.or_exit(Exit::Lake)?;
        let counts = session.counts_of_run(&report.run_id).await.or_exit(Exit::Lake)?;
        let rows = counts.rows_read();
        bar.at(rows, rows, "rows in the lake");
        if rows >= report.rows {
            break counts;
        }
        watch.look(session.versions()).await?;
        tokio::time::sleep(LOOK_EVERY).await;
    };
    // Others may go on writing: what was there when the last row came is what the series must stand on.
    let newest = series::newest_events(&lake).await.or_exit(Exit::Lake)?.unwrap_or_default();
    while !series::stand_on(&lake, newest).await.or_exit(Exit::Lake)? {
        session.refresh().await.or_exit(Exit::Lake)?;
        watch.look(session.versions()).await?;
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

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Duration, Exit, Log, Patience, Watch};
    use tidemark_log::LogSettings;

    #[tokio::test]
    async fn nobody_is_waited_for_who_does_not_come() {
        // No broker listens on the port of discard.
        let log = Log::connect("127.0.0.1:9", &LogSettings::default()).expect("a client");
        let (now, hour) = (Duration::ZERO, Duration::from_secs(3600));
        let lake = |version| BTreeMap::from([("events".to_owned(), version)]);
        let patience = Patience { ask_after: now, broker_away: Duration::from_secs(1), give_up_after: hour };
        let mut watch = Watch::new(&log, patience);
        assert!(watch.look(lake(1)).await.is_ok() && watch.look(lake(2)).await.is_ok(), "the lake moves");
        let failure = watch.look(lake(2)).await.expect_err("no broker");
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.error.to_string().contains("the platform has stopped"), "{:#}", failure.error);

        let mut patient = Watch::new(&log, Patience { ask_after: hour, ..patience });
        assert!(patient.look(lake(1)).await.is_ok() && patient.look(lake(1)).await.is_ok(), "not asked yet");
        let mut watch = Watch::new(&log, Patience { ask_after: hour, give_up_after: now, ..patience });
        assert!(watch.look(lake(1)).await.is_ok());
        let failure = watch.look(lake(1)).await.expect_err("a lake that stands still");
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.error.to_string().contains("annotate and aggregate"), "{:#}", failure.error);
    }
}
