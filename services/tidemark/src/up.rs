//! `tidemark up` and `tidemark run`: roles, started together and stopped together.

use crate::cli::{Broker, Place, Role, Run, Up};
use crate::config::Config;
use crate::demo;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::{Address, DataFolder};
use crate::roles::Roles;
use anyhow::Context as _;
use std::net::SocketAddr;
use tidemark_log::{BrokerError, BrokerProcess, Log};
use tokio_util::sync::CancellationToken;

/// Starts everything over one data folder.
pub(crate) async fn up(arguments: Up) -> Result<(), Failure> {
    let config = configuration(&arguments.place, arguments.port)?;
    let data = DataFolder::create(&arguments.place.data).or_exit(Exit::Output)?;
    let _lock = data.lock().or_exit(Exit::Lake)?;
    let (_broker, bootstrap) = match &config.kafka.bootstrap_servers {
        Some(external) => (None, external.clone()),
        None => {
            let broker = embedded_broker(&data).await?;
            let bootstrap = broker.bootstrap();
            (Some(broker), bootstrap)
        }
    };
    let log = Log::connect(&bootstrap, &config.kafka).or_exit(Exit::Configuration)?;
    let admin_key = data.new_admin_key().or_exit(Exit::Output)?;
    let mut roles = Roles::new(config, data.clone(), log, CancellationToken::new()).await?;
    let http = roles.start(Role::Serve).await?.context("the server has no address").or_exit(Exit::Unexpected)?;
    for role in [Role::Annotate, Role::Aggregate, Role::Forecast, Role::Alert, Role::Ingest] {
        roles.start(role).await?;
    }
    data.publish(&Address { bootstrap, http: format!("http://{http}") }).or_exit(Exit::Output)?;
    if arguments.demo {
        let demo = roles.demo();
        roles.spawn("demo", demo::run(demo));
    }
    greet(&data, http, admin_key.as_deref(), arguments.demo);
    roles.run_until_stopped().await
}

/// Starts roles against an external broker and a shared lake.
pub(crate) async fn run(arguments: Run) -> Result<(), Failure> {
    let config = configuration(&arguments.place, arguments.port)?;
    let Some(bootstrap) = config.kafka.bootstrap_servers.clone() else {
        return Err(anyhow::anyhow!(
            "`tidemark run` needs an external broker: set kafka.bootstrap_servers, or use `tidemark up`"
        ))
        .or_exit(Exit::Configuration);
    };
    if arguments.roles.contains(&Role::Ingest) && config.ingest.jetstream.is_none() {
        return Err(anyhow::anyhow!(
            "the role ingest has no source: set [ingest.jetstream] in the configuration, or read files with \
             `tidemark ingest file`"
        ))
        .or_exit(Exit::Configuration);
    }
    let data = DataFolder::create(&arguments.place.data).or_exit(Exit::Output)?;
    let log = Log::connect(&bootstrap, &config.kafka).or_exit(Exit::Configuration)?;
    let admin_key =
        if arguments.roles.contains(&Role::Serve) { data.new_admin_key().or_exit(Exit::Output)? } else { None };
    let mut roles = Roles::new(config, data.clone(), log, CancellationToken::new()).await?;
    for role in arguments.roles {
        if let Some(http) = roles.start(role).await? {
            greet(&data, http, admin_key.as_deref(), false);
        }
    }
    roles.run_until_stopped().await
}

/// The embedded broker's own process.
pub(crate) async fn broker(arguments: Broker) -> Result<(), Failure> {
    tidemark_log::serve_broker(&arguments.data, arguments.port)
        .await
        .map_err(|error| Failure { exit: broker_exit(&error), error: error.into() })
}

fn configuration(place: &Place, port: Option<u16>) -> Result<Config, Failure> {
    let mut config = Config::of(place).or_exit(Exit::Configuration)?;
    if let Some(port) = port {
        config.serve.port = port;
        config.serve.grpc_port = port.checked_add(1).filter(|_| port != 0).unwrap_or(0);
    }
    Ok(config)
}

async fn embedded_broker(data: &DataFolder) -> Result<BrokerProcess, Failure> {
    let program = std::env::current_exe().context("cannot find this program's own file").or_exit(Exit::Unexpected)?;
    let folder = data.join("broker");
    let port = data.broker_port().or_exit(Exit::Output)?;
    let started = match BrokerProcess::spawn(&program, &["broker"], &folder, port).await {
        // Another program has taken last time's port, which was any free one then. The folder's lock, not the port, keeps a
        // second broker out.
        Err(BrokerError::PortInUse { .. }) => {
            let port = data.new_broker_port().or_exit(Exit::Output)?;
            tracing::info!(port, "the embedded broker moves to another port: its own is in use");
            BrokerProcess::spawn(&program, &["broker"], &folder, port).await
        }
        started => started,
    };
    started.map_err(|error| Failure { exit: broker_exit(&error), error: error.into() })
}

const fn broker_exit(error: &BrokerError) -> Exit {
    match error {
        BrokerError::PortInUse { .. } => Exit::PortInUse,
        _ => Exit::Unreachable,
    }
}

/// Prints the dashboard's address and, the first time, the admin key. Standard output: this is what was asked for.
#[allow(clippy::print_stdout)]
fn greet(data: &DataFolder, http: SocketAddr, admin_key: Option<&str>, is_demo: bool) {
    println!("dashboard: http://{http}");
    println!("data:      {}", data.path().display());
    if let Some(key) = admin_key {
        println!("admin key: {key}   (shown once; needed from other machines)");
    }
    if is_demo {
        println!("A simulated year of posts is being read; the first charts appear within a minute. Ctrl-C stops.");
    }
}
