//! A server over a lake in a folder of its own.
#![allow(clippy::unwrap_used, dead_code)]

use futures::FutureExt;
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_lake::Lake;
use tidemark_query::Session;
use tidemark_serve::{AdminKey, Error, Handed, Load, LogStatus, Server, Settings, StageLag};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running server.
pub struct Open {
    /// `http://127.0.0.1:port`.
    pub http: String,
    /// `http://127.0.0.1:port` of gRPC.
    pub grpc: String,
    stop: CancellationToken,
    running: JoinHandle<Result<(), Error>>,
    _folder: TempDir,
}

impl Open {
    /// Stops it; it must end by itself and without complaint.
    pub async fn close(self) {
        self.stop.cancel();
        tokio::time::timeout(std::time::Duration::from_secs(20), self.running).await.unwrap().unwrap().unwrap();
    }
}

/// What a program would hand in, over an empty lake.
pub async fn handed(admin_key: Option<AdminKey>) -> (TempDir, Handed) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let session = Session::open(lake).await.unwrap();
    (folder, handed_over(session, admin_key))
}

pub fn handed_over(session: Session, admin_key: Option<AdminKey>) -> Handed {
    let status = LogStatus {
        reachable: false,
        detail: "start the broker".to_owned(),
        stages: vec![StageLag {
            stage: "annotate".to_owned(),
            topic: "tidemark.posts".to_owned(),
            lag: Some(7),
            position: Some(93),
        }],
        loads: vec![Load { name: "demo".to_owned(), rows: 100, rows_total: Some(200), done: false }],
    };
    Handed {
        session,
        log_status: Arc::new(move || {
            let status = status.clone();
            async move { status }.boxed()
        }),
        thresholds: None,
        admin_key,
        clock: Arc::new(jiff::Timestamp::now),
    }
}

pub fn start(folder: TempDir, handed: Handed, host: &str) -> Open {
    let settings = Settings { host: host.to_owned(), port: 0, grpc_port: 0 };
    let server = Server::bind(handed, &settings).unwrap();
    let stop = CancellationToken::new();
    Open {
        http: format!("http://127.0.0.1:{}", server.http_address().port()),
        grpc: format!("http://127.0.0.1:{}", server.grpc_address().port()),
        running: tokio::spawn(server.run(stop.clone())),
        stop,
        _folder: folder,
    }
}

/// Over an empty lake, for this machine.
pub async fn open_empty() -> Open {
    let (folder, handed) = handed(None).await;
    start(folder, handed, "127.0.0.1")
}

/// Over an empty lake, for whoever has the key.
pub async fn open_to_network(key: &str) -> Open {
    let (folder, handed) = handed(Some(AdminKey::of(key))).await;
    start(folder, handed, "0.0.0.0")
}

/// Asks over REST.
pub async fn get(open: &Open, address: &str) -> (reqwest::StatusCode, Value) {
    let response = reqwest::get(format!("{}{address}", open.http)).await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap_or(Value::Null))
}
