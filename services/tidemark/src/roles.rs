//! The roles of one process: each a task; when one fails, all stop, and the program says which and why.

use crate::cli::Role;
use crate::config::Config;
use crate::demo::Demo;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::DataFolder;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tidemark_annotate::Annotator;
use tidemark_lake::Lake;
use tidemark_log::{Log, TopicSpec};
use tidemark_query::{Known, Session};
use tidemark_serve::{AdminKey, Doors, Handed, Load, LogStatus, Server, StageLag};
use tidemark_wire::log::{ANNOTATED_TOPIC, POSTS_TOPIC, REJECTS_TOPIC};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the broker may take to answer at start.
pub(crate) const BROKER_DEADLINE: Duration = Duration::from_secs(60);
/// How long roles may take to finish what they hold when asked to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// What is being read into the platform, for the page.
pub(crate) type Loads = Arc<Mutex<Vec<Load>>>;

/// What a start can be refused for is found out before it makes a folder or a key: what was taken on the way.
pub(crate) struct Ready {
    doors: Option<Doors>,
    known: Known,
    annotator: Option<Annotator>,
}

impl Ready {
    /// Looks at what the roles need that is not in the data folder.
    pub(crate) async fn of(config: &Config, roles: &[Role]) -> Result<Self, Failure> {
        config.aggregate.zones().or_exit(Exit::Configuration)?;
        let needs = |role| roles.contains(&role);
        let known = if needs(Role::Serve) { crate::known::of_doors(&config.serve) } else { Ok(Known::default()) };
        let known = known.or_exit(Exit::Configuration)?;
        let doors = needs(Role::Serve).then(|| Doors::open(&config.serve)).transpose().map_err(serve_failure)?;
        let annotator = if needs(Role::Annotate) { Some(annotator(&config.annotate).await?) } else { None };
        Ok(Self { doors, known, annotator })
    }
}

/// Loads what scores, off the async threads.
async fn annotator(settings: &tidemark_annotate::Settings) -> Result<Annotator, Failure> {
    let settings = settings.clone();
    let loading = tokio::task::spawn_blocking(move || Annotator::load(&settings));
    loading.await.or_exit(Exit::Unexpected)?.map_err(not_loaded)
}

/// Why what scores could not be loaded as the configuration has it.
pub(crate) fn not_loaded(error: tidemark_annotate::Error) -> Failure {
    let exit = match error {
        tidemark_annotate::Error::UnknownHead { .. } => Exit::Configuration,
        _ => Exit::Model,
    };
    Failure::new(exit, error)
}

/// Starts roles and waits for them.
pub(crate) struct Roles {
    config: Config,
    data: DataFolder,
    log: Log,
    lake: Lake,
    loads: Loads,
    ready: Ready,
    admin_key: Option<AdminKey>,
    stop: CancellationToken,
    tasks: JoinSet<(&'static str, Result<(), Failure>)>,
}

impl Roles {
    /// Opens the lake and makes sure that the topics exist. `new_key` is the admin key of a folder that has none yet.
    pub(crate) async fn new(
        config: Config,
        data: DataFolder,
        log: Log,
        ready: Ready,
        new_key: Option<&str>,
    ) -> Result<Self, Failure> {
        tidemark_serve::recorder();
        let topics = [POSTS_TOPIC, ANNOTATED_TOPIC, REJECTS_TOPIC].map(TopicSpec::new);
        log.ensure_topics(&topics, BROKER_DEADLINE).await.or_exit(Exit::Unreachable)?;
        let lake = Lake::open(&config.lake_location(data.path())).or_exit(Exit::Lake)?;
        let admin_key = new_key.map(AdminKey::of).or_else(|| data.admin_key());
        let (loads, stop, tasks) = (Loads::default(), CancellationToken::new(), JoinSet::new());
        Ok(Self { config, data, log, lake, loads, ready, admin_key, stop, tasks })
    }

    /// Starts a role; `serve` answers with its address.
    pub(crate) async fn start(&mut self, role: Role) -> Result<Option<SocketAddr>, Failure> {
        let (config, log, lake, stop) = (&self.config, self.log.clone(), self.lake.clone(), self.stop.clone());
        match role {
            Role::Ingest => {
                let Some(settings) = config.ingest.jetstream.clone() else { return Ok(None) };
                let data = self.data.path().to_owned();
                let pseudonymiser = crate::commands::ingest::pseudonymiser(config, &data)?;
                self.spawn("ingest", async move {
                    crate::commands::ingest::follow(&log, &data, &settings, &pseudonymiser, stop).await
                });
            }
            Role::Annotate => {
                let settings = config.annotate.clone();
                let annotator = match self.ready.annotator.take() {
                    Some(annotator) => annotator,
                    None => annotator(&settings).await?,
                };
                self.spawn("annotate", async move {
                    tidemark_annotate::role::run(&log, annotator, &settings, stop).await.map_err(|error| Failure {
                        exit: crate::commands::annotate::exit_of(&error),
                        error: error.into(),
                    })
                });
            }
            Role::Aggregate => {
                let settings = config.aggregate.clone();
                self.spawn("aggregate", async move {
                    let ended = tidemark_aggregate::run(&log, lake, settings, Timestamp::now, stop).await;
                    ended.or_else(|error| {
                        let exit = aggregate_exit(&error);
                        Err(error).or_exit(exit)
                    })
                });
            }
            Role::Forecast => {
                let (session, settings) = (self.session().await?, config.forecast.clone());
                let zones = config.aggregate.zones().or_exit(Exit::Configuration)?;
                self.spawn("forecast", async move {
                    tidemark_forecast::run(&session, &settings, Timestamp::now, &zones, stop).await.or_exit(Exit::Lake)
                });
            }
            Role::Alert => {
                let (session, mut settings) = (self.session().await?, config.alert.clone());
                let (admitted, waiting) = crate::audits::admitted(settings.rules, self.data.path(), &config.annotate)
                    .or_exit(Exit::Configuration)?;
                for crate::audits::Waiting { rule, why } in waiting {
                    let (rule, marker) = (rule.name, rule.marker);
                    tracing::warn!(rule, marker, "the rule raises no alert: its marker {why}");
                }
                settings.rules = admitted;
                let outbox = self.data.join("alerts.outbox");
                let zones = config.aggregate.zones().or_exit(Exit::Configuration)?;
                let (all, records, looking) = (config.clone(), self.session().await?, stop.clone());
                let (rules, everywhere) = (settings.rules.clone(), zones.clone());
                self.spawn("track records", async move {
                    crate::track_records::keep(&records, &all, &rules, &everywhere, looking).await
                });
                self.spawn("alert", async move {
                    tidemark_alert::role::run(&session, &settings, &outbox, Timestamp::now, &zones, stop)
                        .await
                        .or_exit(Exit::Lake)
                });
            }
            Role::Serve => {
                let handed = Handed {
                    lake: self.session().await?,
                    log_status: status_source(log, self.loads.clone()),
                    known: std::mem::take(&mut self.ready.known),
                    thresholds: Some(threshold_source(&config.alert)),
                    explain: Some(explain_source(&config.annotate)),
                    admin_key: self.admin_key,
                    clock: Arc::new(Timestamp::now),
                };
                let server = match self.ready.doors.take() {
                    Some(doors) => Server::behind(doors, handed),
                    None => Server::bind(handed, &config.serve),
                };
                let server = server.map_err(serve_failure)?;
                let address = server.http_address();
                self.spawn("serve", async move { server.run(stop).await.or_exit(Exit::Unexpected) });
                return Ok(Some(address));
            }
        }
        Ok(None)
    }

    /// Runs a task beside the roles; its failure stops them all.
    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), Failure>> + Send + 'static,
    ) {
        self.tasks.spawn(async move { (name, task.await) });
    }

    /// What the demo needs.
    pub(crate) fn demo(&self) -> Demo {
        Demo {
            log: self.log.clone(),
            data: self.data.clone(),
            settings: self.config.ingest.clone(),
            loads: self.loads.clone(),
            stop: self.stop.clone(),
        }
    }

    /// Waits for a signal or for a failure, then stops every role.
    pub(crate) async fn run_until_stopped(mut self) -> Result<(), Failure> {
        let mut outcome = Ok(());
        loop {
            tokio::select! {
                ended = self.tasks.join_next() => match ended {
                    Some(Ok((_, Ok(())))) => {}
                    Some(Ok((name, Err(failure)))) => {
                        outcome = Err(Failure { error: failure.error.context(format!("{name} stopped")), ..failure });
                        break;
                    }
                    Some(Err(panic)) => {
                        outcome = Err(panic).or_exit(Exit::Unexpected);
                        break;
                    }
                    None => return Ok(()),
                },
                () = asked_to_stop() => break,
            }
        }
        self.stop.cancel();
        if outcome.is_ok() {
            crate::say("stopping: the roles finish what they hold; Ctrl-C again ends them at once");
        }
        let finish = async { while self.tasks.join_next().await.is_some() {} };
        let finished = tokio::select! {
            finished = tokio::time::timeout(STOP_DEADLINE, finish) => finished.is_ok(),
            () = asked_to_stop() => false,
        };
        if !finished {
            tracing::warn!("a role did not finish in time; nothing is lost: it resumes where its last commit ended");
        }
        outcome
    }

    async fn session(&self) -> Result<Session, Failure> {
        Session::open(self.lake.clone()).await.or_exit(Exit::Lake)
    }
}

const fn aggregate_exit(error: &tidemark_aggregate::Error) -> Exit {
    use tidemark_aggregate::Error;
    match error {
        Error::TimeZone { .. } => Exit::Configuration,
        Error::Log(_) => Exit::Unreachable,
        Error::Lake(_) | Error::Query(_) | Error::Unknown(_) => Exit::Lake,
        Error::Read { .. }
        | Error::Table { .. }
        | Error::UnknownMarker { .. }
        | Error::NoLabels { .. }
        | Error::NoAuthors => Exit::Input,
        Error::Write(_) | Error::Csv(_) => Exit::Output,
        Error::Columns(_) => Exit::Unexpected,
    }
}

fn serve_failure(error: tidemark_serve::Error) -> Failure {
    let exit = match error {
        tidemark_serve::Error::Bind { .. } => Exit::PortInUse,
        _ => Exit::Configuration,
    };
    Failure { exit, error: error.into() }
}

/// Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without a handler the signal ends the process, which is as safe.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// A stage that meets the log, as its status tells it.
struct LogStage {
    name: &'static str,
    /// Who reads; `None` for the stage that only writes.
    group: Option<&'static str>,
    topics: &'static [&'static str],
}

/// In the order of the data.
const STAGES: [LogStage; 3] = [
    LogStage { name: "ingest", group: None, topics: &[POSTS_TOPIC, REJECTS_TOPIC] },
    LogStage { name: "annotate", group: Some(tidemark_annotate::role::GROUP), topics: &[POSTS_TOPIC] },
    LogStage { name: "aggregate", group: Some(tidemark_aggregate::GROUP), topics: &[ANNOTATED_TOPIC, REJECTS_TOPIC] },
];

/// How far a stage is, all its topics together.
async fn progress(log: &Log, stage: &LogStage) -> Result<StageLag, tidemark_log::LogError> {
    let mut shown = StageLag { stage: stage.name.to_owned(), ..StageLag::default() };
    let (mut lag, mut position) = (0, 0);
    for topic in stage.topics {
        // Any group is told the ends of a topic.
        for partition in log.lag(stage.group.unwrap_or(tidemark_annotate::role::GROUP), topic).await? {
            lag += partition.lag().max(0) as u64;
            let at = if stage.group.is_some() { partition.committed.unwrap_or(0) } else { partition.high };
            position += at.max(0) as u64;
        }
    }
    shown.position = Some(position);
    if stage.group.is_some() {
        shown.lag = Some(lag);
        shown.topic = stage.topics.join(", ");
    }
    Ok(shown)
}

fn status_source(log: Log, loads: Loads) -> tidemark_serve::LogStatusSource {
    Arc::new(move || {
        let (log, loads) = (log.clone(), loads.clone());
        Box::pin(async move {
            let mut status = LogStatus { reachable: true, ..LogStatus::default() };
            status.loads = loads.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for stage in &STAGES {
                match progress(&log, stage).await {
                    Ok(shown) => status.stages.push(shown),
                    Err(error) => {
                        status.reachable = false;
                        status.detail = format!("{error}; run `tidemark doctor`");
                        status.stages.push(StageLag { stage: stage.name.to_owned(), ..StageLag::default() });
                    }
                }
            }
            status
        })
    })
}

fn threshold_source(settings: &tidemark_alert::Settings) -> tidemark_serve::ThresholdSource {
    let rules = settings.rules.clone();
    Arc::new(move |key, points| {
        let history: Vec<_> = points.iter().map(|point| (point.period.end, point.value)).collect();
        let rule = rules.iter().find(|rule| rule.covers(key))?;
        let value = rule.threshold_at(&history)?;
        Some(tidemark_serve::Threshold { rule: rule.name.clone(), value })
    })
}

/// Explains with a model of its own, loaded at the first question: few ask, and annotation is not to wait for them.
fn explain_source(settings: &tidemark_annotate::Settings) -> tidemark_serve::ExplainSource {
    use tidemark_serve::ExplainFault;
    let settings = settings.clone();
    let loaded: OnceLock<Option<tidemark_annotate::Annotator>> = OnceLock::new();
    Arc::new(move |ask| {
        let load = || {
            tidemark_annotate::Annotator::load(&settings)
                .inspect_err(|error| tracing::error!(%error, "no explanation: the model cannot be loaded"))
                .ok()
        };
        let annotator = loaded.get_or_init(load).as_ref().ok_or(ExplainFault::Failed)?;
        let context = [ask.topic.as_deref(), ask.parent_text.as_deref()];
        let post = crate::prepare::post(&ask.text, ask.language.as_deref(), context);
        annotator.explain(post.input(), &ask.marker).map_err(|error| match error {
            tidemark_annotate::Error::UnknownMarker { .. } => ExplainFault::UnknownMarker,
            error => {
                tracing::error!(%error, "no explanation: the model failed");
                ExplainFault::Failed
            }
        })
    })
}
