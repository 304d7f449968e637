//! The broker's own process.

use crate::error::BrokerError;
use crate::storage::LogStorage;
use std::fs::File;
use std::path::Path;
use tansu_broker::broker::Broker;
use tansu_broker::coordinator::group::administrator::Controller;
use tansu_storage::StorageContainer;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

/// The filter for the log lines of the broker's process, in the syntax of `tracing_subscriber::EnvFilter`.
pub const BROKER_LOG_FILTER: &str = "off,tidemark_log=info";

const NODE_ID: i32 = 1;
const CLUSTER_ID: &str = "tidemark";
/// File of the data folder that holds topics, groups and committed offsets.
const CATALOGUE_FILE: &str = "catalogue.sqlite";
/// Folder of the data folder that holds the records.
const RECORDS_FOLDER: &str = "topics";
/// File of the data folder whose lock says that a broker runs on it.
const LOCK_FILE: &str = "broker.lock";

/// Serves the Kafka protocol on `127.0.0.1:port` from files in `data_dir` until standard input ends.
///
/// Meant to be the whole of a process that [`crate::BrokerProcess`] started, whose standard input is a pipe: the pipe
/// ends when the parent does, however it dies. It takes the process's working directory (storage paths are relative to
/// it) and ignores interrupt and terminate signals, which a terminal sends to the whole group: the parent decides when
/// the broker goes, after its own last writes. Of this process's tracing events only those that [`BROKER_LOG_FILTER`]
/// passes may be written: events of `tansu_*` targets can hold payloads. What it writes to standard error becomes log
/// lines of the parent.
///
/// # Errors
/// [`BrokerError`]: port or folder in use, storage faults.
pub async fn serve_broker(data_dir: &Path, port: u16) -> Result<(), BrokerError> {
    let data_dir =
        &std::path::absolute(data_dir).map_err(|source| BrokerError::Folder { path: data_dir.to_owned(), source })?;
    let _lock = lock(data_dir)?;
    let folder = |source| BrokerError::Folder { path: data_dir.to_owned(), source };
    std::env::set_current_dir(data_dir).map_err(folder)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(folder)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(folder)?;
    port_is_free(port).await?;

    let url = |text: String| Url::parse(&text).expect("a URL of constants and a number");
    let listener = url(format!("tcp://127.0.0.1:{port}"));
    let catalogue = StorageContainer::builder()
        .cluster_id(CLUSTER_ID)
        .node_id(NODE_ID)
        .advertised_listener(listener.clone())
        .schema_registry(None)
        .lake_house(None)
        .storage(url(format!("sqlite:///{CATALOGUE_FILE}")))
        .cancellation(CancellationToken::new())
        .silent(true)
        .build()
        .await
        .map_err(BrokerError::Storage)?;
    let storage = LogStorage::new(catalogue, data_dir.join(RECORDS_FOLDER));
    let groups = Controller::with_storage(storage.clone()).map_err(BrokerError::Serve)?;
    let mut broker = Broker::new(NODE_ID, CLUSTER_ID, listener.clone(), listener, storage, groups, Uuid::new_v4());

    let mut serving = std::pin::pin!(broker.serve(Instant::now()));
    let mut parent = std::pin::pin!(end_of_input());
    loop {
        tokio::select! {
            outcome = &mut serving => return outcome.map_err(BrokerError::Serve),
            () = &mut parent => return Ok(()),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

fn lock(data_dir: &Path) -> Result<File, BrokerError> {
    let folder = |source| BrokerError::Folder { path: data_dir.to_owned(), source };
    std::fs::create_dir_all(data_dir).map_err(folder)?;
    let file = File::create(data_dir.join(LOCK_FILE)).map_err(folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(BrokerError::FolderInUse { path: data_dir.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(folder(source)),
    }
}

pub(crate) async fn port_is_free(port: u16) -> Result<(), BrokerError> {
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(BrokerError::PortInUse { port }),
        Err(source) => Err(BrokerError::Port { port, source }),
    }
}

async fn end_of_input() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 64];
    while matches!(input.read(&mut ignored).await, Ok(read) if read > 0) {}
}
