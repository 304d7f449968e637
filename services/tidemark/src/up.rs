//! `tidemark up` and `tidemark run`: roles, started together and stopped together.

use crate::cli::{Broker, Place, Role, Run, Up};
use crate::config::Config;
use crate::demo;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::{Address, DataFolder};
use crate::roles::{BROKER_DEADLINE, Ready, Roles};
use anyhow::Context as _;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use tidemark_log::{BrokerError, BrokerProcess, Log};

/// The roles of `up`, in the order they start.
const ALL: [Role; 6] = [Role::Serve, Role::Annotate, Role::Aggregate, Role::Forecast, Role::Alert, Role::Ingest];

/// Starts everything over one data folder.
pub(crate) async fn up(arguments: Up) -> Result<(), Failure> {
    let config = configuration(&arguments.place, arguments.port)?;
    let folder = &arguments.place.data;
    // Who holds a folder is told first; a new one is made only for a start that nothing speaks against.
    let held = if folder.is_dir() { Some(hold(folder)?) } else { None };
    let ready = Ready::of(&config, &ALL).await?;
    let external = match &config.kafka.bootstrap_servers {
        Some(bootstrap) => Some((reach(bootstrap, &config).await?, bootstrap.clone())),
        None => None,
    };
    let (data, _lock) = match held {
        Some(held) => held,
        None => hold(folder)?,
    };
    let (_broker, log, bootstrap) = match external {
        Some((log, bootstrap)) => (None, log, bootstrap),
        None => {
            let broker = embedded_broker(&data).await?;
            let bootstrap = broker.bootstrap();
            let log = Log::connect(&bootstrap, &config.kafka).or_exit(Exit::Configuration)?;
            (Some(broker), log, bootstrap)
        }
    };
    let new_key = data.new_admin_key().or_exit(Exit::Output)?;
    let mut roles = Roles::new(config, data.clone(), log, ready, new_key.as_deref()).await?;
    let mut http = None;
    for role in ALL {
        http = roles.start(role).await?.or(http);
    }
    let http = http.context("the server has no address").or_exit(Exit::Unexpected)?;
    let demo = if arguments.demo { Some(demo::is_read(&data).await?) } else { None };
    if let Some(key) = &new_key {
        data.keep_admin_key(key).or_exit(Exit::Output)?;
    }
    data.publish(&Address { bootstrap, http: format!("http://{http}") }).or_exit(Exit::Output)?;
    if arguments.demo {
        let demo = roles.demo();
        roles.spawn("demo", demo::run(demo));
    }
    crate::print(greeting(data.path(), http, new_key.as_deref(), demo))?;
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
    let ready = Ready::of(&config, &arguments.roles).await?;
    let log = reach(&bootstrap, &config).await?;
    let data = DataFolder::create(&arguments.place.data).or_exit(Exit::Output)?;
    let new_key =
        if arguments.roles.contains(&Role::Serve) { data.new_admin_key().or_exit(Exit::Output)? } else { None };
    let mut roles = Roles::new(config, data.clone(), log, ready, new_key.as_deref()).await?;
    let mut http = None;
    for role in arguments.roles {
        http = roles.start(role).await?.or(http);
    }
    if let Some(key) = &new_key {
        data.keep_admin_key(key).or_exit(Exit::Output)?;
    }
    if let Some(http) = http {
        crate::print(greeting(data.path(), http, new_key.as_deref(), None))?;
    }
    roles.run_until_stopped().await
}

/// Takes the data folder, for one platform at a time.
fn hold(folder: &Path) -> Result<(DataFolder, File), Failure> {
    let data = DataFolder::create(folder).or_exit(Exit::Output)?;
    let lock = data.lock().or_exit(Exit::Lake)?;
    Ok((data, lock))
}

/// The log of an external broker that answers.
async fn reach(bootstrap: &str, config: &Config) -> Result<Log, Failure> {
    let log = Log::connect(bootstrap, &config.kafka).or_exit(Exit::Configuration)?;
    log.ping(BROKER_DEADLINE).await.or_exit(Exit::Unreachable)?;
    Ok(log)
}

/// The embedded broker's own process.
pub(crate) async fn broker(arguments: Broker) -> Result<(), Failure> {
    tidemark_log::serve_broker(&arguments.data, arguments.port)
        .await
        .map_err(|error| Failure::new(broker_exit(&error), error))
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
    started.map_err(|error| Failure::new(broker_exit(&error), error))
}

const fn broker_exit(error: &BrokerError) -> Exit {
    match error {
        BrokerError::PortInUse { .. } => Exit::PortInUse,
        _ => Exit::Unreachable,
    }
}

/// The dashboard's address and, the first time, the admin key. `demo` says of a demo whether its year was read before.
fn greeting(data: &Path, http: SocketAddr, admin_key: Option<&str>, demo: Option<bool>) -> String {
    let mut lines = vec![format!("dashboard: http://{http}"), format!("data:      {}", data.display())];
    lines.extend(admin_key.map(|key| format!("admin key: {key}   (shown once; needed from other machines)")));
    lines.extend(demo.map(|is_read| {
        if is_read {
            "The simulated year of posts was read before; live posts go on. Ctrl-C stops.".to_owned()
        } else {
            "A simulated year of posts is being read; the first charts appear within a minute. Ctrl-C stops.".to_owned()
        }
    }));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::greeting;
    use std::path::Path;

    #[test]
    fn a_year_that_was_read_before_is_not_announced_again() {
        let said = |key, demo| greeting(Path::new("d"), ([127, 0, 0, 1], 8377).into(), key, demo);
        assert_eq!(said(None, None), "dashboard: http://127.0.0.1:8377\ndata:      d\n");
        let first = said(Some("c0ffee"), Some(false));
        assert!(first.contains("admin key: c0ffee") && first.contains("is being read"), "{first}");
        let again = said(None, Some(true));
        assert!(again.contains("was read before") && !again.contains("being read"), "{again}");
    }
}
