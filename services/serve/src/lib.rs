//! The doors: REST under `/api/v1` with OpenAPI, the same over gRPC with reflection, Prometheus metrics, and one page.
//!
//! **Reads** the lake through [`tidemark_query`], and what the program says about the log ([`LogStatus`]).
//! **Writes** nothing. **Guarantees** that both doors give the same answers ([`answers`] is behind each), that a cell
//! below eleven units shows none of its numbers at either, that what it does not understand is refused with a reason,
//! and that without a key it listens on this machine only. **Does not** know Kafka, decide thresholds (the program
//! hands in who does), or accept anything that changes data.

#![allow(clippy::result_large_err)] // tonic's Status is large, and its traits want it bare

pub mod answers;
mod cache;
pub mod config;
pub mod error;
mod grpc;
mod guard;
mod handed;
mod metrics;
mod page;
mod rest;
mod titles;

pub use answers::ask::ExplainAsk;
pub use config::Settings;
pub use error::Error;
pub use guard::AdminKey;
pub use handed::{
    Clock, ExplainFault, ExplainSource, Handed, Load, LogStatus, LogStatusSource, StageLag, Threshold, ThresholdSource,
};
pub use metrics::recorder;

use answers::Answers;
use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// The generated protobuf of the gRPC door: messages, client and server.
pub mod proto {
    #![allow(missing_docs, unreachable_pub, clippy::all, clippy::unwrap_used)]
    tonic::include_proto!("tidemark.v1");
    /// The file descriptors behind reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
}

/// The ports, taken before there is anything to answer with: whether they can be had is known before anything is made.
#[derive(Debug)]
pub struct Doors {
    host: IpAddr,
    http: TcpListener,
    grpc: TcpListener,
    http_address: SocketAddr,
    grpc_address: SocketAddr,
}

impl Doors {
    /// Takes the ports. Port 0 takes any free one; the addresses say which.
    ///
    /// # Errors
    /// When an address is not one of this machine, or a port is taken.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let host: IpAddr =
            settings.host.parse().map_err(|source| Error::Host { host: settings.host.clone(), source })?;
        let (http, http_address) = listen(SocketAddr::new(host, settings.port), "port")?;
        let (grpc, grpc_address) = listen(SocketAddr::new(host, settings.grpc_port), "grpc_port")?;
        Ok(Self { host, http, grpc, http_address, grpc_address })
    }
}

/// A server that holds its ports and does not answer yet.
pub struct Server {
    http: TcpListener,
    grpc: TcpListener,
    http_address: SocketAddr,
    grpc_address: SocketAddr,
    guard: guard::Guard,
    answers: Arc<Answers>,
}

impl Server {
    /// Takes the ports. Port 0 takes any free one; the addresses say which.
    ///
    /// # Errors
    /// When an address is not one of this machine, a port is taken, or the server would be open to the network
    /// without a key.
    pub fn bind(handed: Handed, settings: &Settings) -> Result<Self, Error> {
        Self::behind(Doors::open(settings)?, handed)
    }

    /// [`Server::bind`] with ports that have been taken.
    ///
    /// # Errors
    /// When the server would be open to the network without a key.
    pub fn behind(doors: Doors, handed: Handed) -> Result<Self, Error> {
        let Doors { host, http, grpc, http_address, grpc_address } = doors;
        if !host.is_loopback() && handed.admin_key.is_none() {
            return Err(Error::OpenWithoutKey { host });
        }
        let guard = guard::Guard::new(host, handed.admin_key);
        Ok(Self { http, grpc, http_address, grpc_address, guard, answers: Arc::new(Answers::new(handed)) })
    }

    /// Where REST, metrics and the page answer.
    #[must_use]
    pub const fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    /// Where gRPC answers.
    #[must_use]
    pub const fn grpc_address(&self) -> SocketAddr {
        self.grpc_address
    }

    /// Answers until `stop`; requests under way are finished first.
    ///
    /// # Errors
    /// When a door cannot be opened or fails as a whole.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        tracing::info!(http = %self.http_address, grpc = %self.grpc_address, "serving");
        // The page and the interface stand and fall together: the first door that ends closes the other.
        let stop = stop.child_token();
        let rest = rest::serve(self.http, self.answers.clone(), self.guard.clone(), stop.clone());
        let grpc = grpc::serve(self.grpc, self.answers, self.guard, stop.clone());
        let closing = |result| {
            stop.cancel();
            result
        };
        let (rest, grpc) = tokio::join!(async { closing(rest.await) }, async { closing(grpc.await) });
        rest.and(grpc)
    }
}

/// Takes the ports and answers until `stop`.
///
/// # Errors
/// As [`Server::bind`] and [`Server::run`].
pub async fn run(handed: Handed, settings: &Settings, stop: CancellationToken) -> Result<(), Error> {
    Server::bind(handed, settings)?.run(stop).await
}

fn listen(address: SocketAddr, setting: &'static str) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Bind { address, setting, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
