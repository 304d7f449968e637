//! The broker's own process.

use crate::error::BrokerError;
use std::fs::File;
use std::path::Path;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

const NODE_ID: i32 = 1;
const CLUSTER_ID: &str = "tidemark";
/// File of the data folder that holds the log.
const STORAGE_FILE: &str = "log.sqlite";
/// File of the data folder whose lock says that a broker runs on it.
const LOCK_FILE: &str = "broker.lock";

/// Serves the Kafka protocol on `127.0.0.1:port` from files in `data_dir` until standard input ends.
///
/// Meant to be the whole of a process that [`crate::BrokerProcess`] started, whose standard input is a pipe: the pipe
/// ends when the parent does, however it dies. It takes the process's working directory (storage paths are relative to
/// it) and ignores interrupt and terminate signals, which a terminal sends to the whole group: the parent decides when
/// the broker goes, after its own last writes. Install no tracing subscriber in this process that writes events of
/// `tansu_*` targets: they can hold payloads.
///
/// # Errors
/// [`BrokerError`]: port or folder in use, storage faults.
pub async fn serve_broker(data_dir: &Path, port: u16) -> Result<(), BrokerError> {
    let _lock = lock(data_dir)?;
    let folder = |source| BrokerError::Folder { path: data_dir.to_owned(), source };
    std::env::set_current_dir(data_dir).map_err(folder)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(folder)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(folder)?;
    port_is_free(port).await?;

    let url = |text: String| Url::parse(&text).expect("a URL of constants and a number");
    let listener = url(format!("tcp://127.0.0.1:{port}"));
    let mut broker = tansu_broker::broker::Broker::<
        tansu_broker::coordinator::group::administrator::Controller<tansu_storage::StorageContainer>,
        tansu_storage::StorageContainer,
    >::builder()
    .node_id(NODE_ID)
    .cluster_id(CLUSTER_ID)
    .incarnation_id(Uuid::new_v4())
    .advertised_listener(listener.clone())
    .listener(listener)
    .storage(url(format!("sqlite:///{STORAGE_FILE}")))
    .silent(true)
    .build()
    .await
    .map_err(BrokerError::Storage)?;

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
