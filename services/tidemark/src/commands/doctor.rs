//! `tidemark doctor`: checks what the platform stands on, and says what to do about each fault.

use crate::cli::{Doctor, Key, Place};
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::platform::DataFolder;
use std::path::Path;
use std::time::Duration;
use tidemark_annotate::Annotator;
use tidemark_annotate::annotator::Input;
use tidemark_domain::Language;
use tidemark_lake::Lake;
use tidemark_log::Log;
use tidemark_query::Session;

/// A broker that takes longer is away.
const BROKER_DEADLINE: Duration = Duration::from_secs(5);
/// Fewer free bytes are a fault.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// Less memory is a fault.
const MEMORY_KIB_MIN: u64 = 2 << 20;

/// What was found out about one thing.
struct Finding {
    what: &'static str,
    verdict: Verdict,
    exit: Exit,
}

enum Verdict {
    Fine(String),
    Skipped(String),
    Fault(String),
}

/// Runs the command. What was asked for goes to standard output.
pub(crate) async fn run(arguments: Doctor) -> Result<(), Failure> {
    let place = &arguments.place;
    let loaded = Config::of(place);
    let configured = configuration(loaded.as_ref());
    // The other checks go on with what is usual where the configuration is at fault: one run finds them all.
    let config = loaded.unwrap_or_default();
    let findings = [
        machine(&place.data),
        configured,
        data_folder(place),
        model(&config),
        broker(place, &config).await,
        lake(place, &config).await,
        server(place, &arguments.key).await,
    ];
    let mut worst = None;
    for finding in findings {
        let (sign, text) = match finding.verdict {
            Verdict::Fine(text) => ("ok   ", text),
            Verdict::Skipped(text) => ("-    ", text),
            Verdict::Fault(text) => {
                worst.get_or_insert(finding.exit);
                ("FAULT", text)
            }
        };
        crate::print(format!("{sign}  {:<14} {text}\n", finding.what))?;
    }
    match worst {
        None => Ok(()),
        Some(exit) => Err(anyhow::anyhow!("at least one fault was found")).or_exit(exit),
    }
}

fn machine(data: &Path) -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory_kib = memory_available_kib();
    let existing = data.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let free = free_bytes(existing);
    let mut exit = Exit::Output;
    let verdict = if free.is_some_and(|free| free < FREE_BYTES_MIN) {
        Verdict::Fault(format!(
            "less than 1 GiB is free under {}: make room, or name another folder with --data",
            data.display()
        ))
    } else if memory_kib.is_some_and(|kib| kib < MEMORY_KIB_MIN) {
        exit = Exit::Configuration;
        Verdict::Fault("less than 2 GiB of memory is free: stop something, or set annotate.threads = 1".to_owned())
    } else {
        let gib = |kib: Option<u64>| kib.map_or_else(|| "?".to_owned(), |kib| (kib >> 20).to_string());
        Verdict::Fine(format!(
            "{cores} cores, {} GiB of memory and {} GiB of disk free",
            gib(memory_kib),
            gib(free.map(|bytes| bytes >> 10))
        ))
    };
    Finding { what: "machine", verdict, exit }
}

fn configuration(loaded: Result<&Config, &anyhow::Error>) -> Finding {
    let verdict = match loaded {
        Ok(config) => match crate::known::of_doors(&config.serve) {
            Ok(_) => Verdict::Fine(match &config.kafka.bootstrap_servers {
                Some(servers) => format!("external broker at {servers}"),
                None => "embedded broker".to_owned(),
            }),
            Err(error) => Verdict::Fault(crate::chain(&error)),
        },
        Err(error) => Verdict::Fault(crate::chain(error)),
    };
    Finding { what: "configuration", verdict, exit: Exit::Configuration }
}

fn data_folder(place: &Place) -> Finding {
    let verdict = match DataFolder::find(&place.data) {
        None => Verdict::Skipped("not there yet: the first `tidemark up` makes it".to_owned()),
        Some(data) if data.is_open() => Verdict::Fault(data.open_warning()),
        Some(data) => Verdict::Fine(format!("{} is closed to others", data.path().display())),
    };
    Finding { what: "data folder", verdict, exit: Exit::Configuration }
}

fn model(config: &Config) -> Finding {
    // A scored sentence of ours proves more than a file that is there.
    let tried = Annotator::load(&config.annotate)
        .and_then(|annotator| {
            annotator.annotate(&[Input::new("a quiet day by the sea", Language::English)])?;
            let own = annotator.models().iter().skip(1).map(|model| model.name().0);
            Ok((annotator.provenance().clone(), own.map(|name| format!(" with {name}")).collect::<String>()))
        })
        .map_err(anyhow::Error::from);
    let verdict = match tried {
        Ok((provenance, own)) => {
            let short = |hash: &str| hash.chars().take(12).collect::<String>();
            let lexica = short(&provenance.lexicon);
            Verdict::Fine(if config.annotate.lexica_only {
                format!("lexica {lexica}; no model, as annotate.lexica_only says")
            } else {
                format!("model {}{own}, lexica {lexica}", short(&provenance.model))
            })
        }
        Err(error) => Verdict::Fault(crate::chain(&error)),
    };
    Finding { what: "model", verdict, exit: Exit::Model }
}

async fn broker(place: &Place, config: &Config) -> Finding {
    let external = config.kafka.bootstrap_servers.clone();
    let known = external.or_else(|| Some(DataFolder::find(&place.data)?.address()?.bootstrap));
    let verdict = match known {
        None => Verdict::Skipped("not started yet over this folder: `tidemark up` starts it".to_owned()),
        Some(bootstrap) => {
            let ping = async { Log::connect(&bootstrap, &config.kafka)?.ping(BROKER_DEADLINE).await };
            match ping.await {
                Ok(()) => Verdict::Fine(format!("answers at {bootstrap}")),
                Err(error) => Verdict::Fault(format!(
                    "{}: start `tidemark up`, or look at the broker of kafka.bootstrap_servers",
                    crate::chain(&error.into())
                )),
            }
        }
    };
    Finding { what: "broker", verdict, exit: Exit::Unreachable }
}

async fn lake(place: &Place, config: &Config) -> Finding {
    let data = DataFolder::find(&place.data);
    if data.is_none() && config.lake.location.is_none() {
        let verdict = Verdict::Skipped("not there yet: the first `tidemark up` makes it".to_owned());
        return Finding { what: "lake", verdict, exit: Exit::Lake };
    }
    let location = config.lake_location(data.as_ref().map_or(&place.data, DataFolder::path));
    let counted = async {
        let lake = Lake::open(&location)?;
        lake.check_writable().await?;
        let session = Session::open(lake).await?;
        session.counts().await.map_err(anyhow::Error::from)
    };
    let verdict = match counted.await {
        Ok(runs) => {
            let rows: u64 = runs.values().map(tidemark_query::Counts::rows_read).sum();
            Verdict::Fine(format!("{rows} records of {} runs at {location}, which can be written", runs.len()))
        }
        Err(error) => Verdict::Fault(crate::chain(&error)),
    };
    Finding { what: "lake", verdict, exit: Exit::Lake }
}

async fn server(place: &Place, key: &Key) -> Finding {
    let verdict = match DataFolder::find(&place.data).and_then(|data| data.address()) {
        None => Verdict::Skipped("not started yet over this folder".to_owned()),
        Some(address) => match super::status::get(&format!("{}/api/v1/health", address.http), key).await {
            Ok(_) => Verdict::Fine(format!("answers at {}", address.http)),
            Err(error) => Verdict::Fault(crate::chain(&error)),
        },
    };
    Finding { what: "server", verdict, exit: Exit::Unreachable }
}

fn memory_available_kib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?.split_whitespace().next()?.parse().ok()
}

fn free_bytes(folder: &Path) -> Option<u64> {
    fs4::available_space(folder).ok()
}
