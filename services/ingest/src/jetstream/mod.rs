//! Bluesky's Jetstream: every public post of the network, as it is written, over a websocket.
//!
//! Both versions of the protocol are spoken. v1 (`/subscribe`) numbers events by microseconds and is resumed a few
//! seconds before the last; v2 (`network.bsky.jetstream.subscribeEvents`) numbers them by a sequence of each host and
//! is resumed at the last, or by time on another host. Delivery is at least once: an event's id is made of its account,
//! record key, operation and revision, so that the sink knows one it has seen.
//!
//! A frame that cannot be used is a reject like a file's row: counted, and kept in `rejects/bluesky.jsonl` of the data
//! directory, from where it can be read again.
//!
//! An account that is deleted takes its posts with it, for good. One that is taken down, suspended, deactivated,
//! desynchronised or throttled may come back, and the stream would not send its posts again: it is counted
//! (`tidemark_ingest_paused_accounts_total`), and its posts stay in the numbers, which show nobody's content.

mod backoff;
mod cursor;
mod frame;
mod outcome;
mod replay;
mod session;
mod v1;
mod v2;

pub use frame::{Body, Commit, Frame, Message, Standing};
pub use outcome::{Stream, outcome};
pub(crate) use replay::replay;
pub use session::{JetstreamReport, run_jetstream};
pub use v1::parse_v1;
pub use v2::parse_v2;

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The source's name in events and series; also the run's id, for a stream has one run.
pub const SOURCE: &str = "bluesky";
/// The record type that is read.
pub const POST_COLLECTION: &str = "app.bsky.feed.post";
/// The cursor's name in the data directory.
pub const CURSOR_FILE: &str = "ingest/jetstream.json";

/// Which protocol the hosts speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// `/subscribe`.
    V1,
    /// `/xrpc/network.bsky.jetstream.subscribeEvents`.
    V2,
}

/// Settings of the firehose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JetstreamSettings {
    /// Websocket addresses, `wss://host`; the next is tried when one fails. A path is kept, else the protocol's is used.
    pub hosts: Vec<String>,
    /// The protocol they speak.
    pub version: Version,
    /// Record types asked for. Only posts are read.
    pub collections: Vec<String>,
    /// Where the cursor is kept; in the data directory, where absent.
    pub cursor_file: Option<PathBuf>,
    /// How far before the last event a time cursor resumes, in milliseconds: events of one moment come unordered.
    pub rewind_ms: u64,
    /// A host that sends nothing for so long is left, in milliseconds.
    pub blind_timeout_ms: u64,
    /// Events that are sent before their acknowledgement is awaited.
    pub batch_events: usize,
    /// Events wait for others at most this long, in milliseconds.
    pub batch_age_ms: u64,
    /// The first pause before another attempt, in milliseconds; it doubles with every failure.
    pub backoff_first_ms: u64,
    /// The longest pause, in milliseconds.
    pub backoff_longest_ms: u64,
    /// Seed of the pauses' jitter.
    pub seed: u64,
}

impl Default for JetstreamSettings {
    fn default() -> Self {
        Self {
            hosts: ["jetstream1.us-east", "jetstream2.us-east", "jetstream1.us-west", "jetstream2.us-west"]
                .map(|host| format!("wss://{host}.bsky.network"))
                .to_vec(),
            version: Version::V1,
            collections: vec![POST_COLLECTION.to_owned()],
            cursor_file: None,
            rewind_ms: 5_000,
            blind_timeout_ms: 30_000,
            batch_events: 500,
            batch_age_ms: 1_000,
            backoff_first_ms: 500,
            backoff_longest_ms: 60_000,
            seed: 0,
        }
    }
}
