//! What of the log can be configured.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How record batches are compressed between client and broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip: small, slow to write.
    Gzip,
    /// LZ4: nearly free.
    #[default]
    Lz4,
}

impl Compression {
    pub(crate) const fn librdkafka(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Lz4 => "lz4",
        }
    }
}

/// Settings of the client; the section `kafka` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `host:port,…` of an external Kafka. Absent: `up` runs its own broker.
    pub bootstrap_servers: Option<String>,
    /// Partitions of a topic that is created. An existing topic keeps its own.
    pub partitions: i32,
    /// Copies of each partition of a topic that is created; the embedded broker has one.
    pub replication_factor: i32,
    /// How long a topic that is created keeps its records, in hours from when they were written to it.
    pub retention_hours: u32,
    /// Compression of what is produced.
    pub compression: Compression,
    /// How long a producer waits for a batch to fill, in milliseconds.
    pub linger_ms: u32,
    /// Records waiting in one producer for their acknowledgement, in KiB; a sender waits beyond it.
    pub producer_queue_kib: u32,
    /// Records fetched ahead by one consumer, in KiB.
    pub consumer_queue_kib: u32,
    /// After this long without a heartbeat a consumer is taken for dead and its partitions go to others, milliseconds.
    pub session_timeout_ms: u32,
    /// Further librdkafka properties (`security.protocol`, `sasl.username`, …), which go before ours.
    pub properties: BTreeMap<String, String>,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            bootstrap_servers: None,
            partitions: 4,
            replication_factor: 1,
            retention_hours: 7 * 24,
            compression: Compression::default(),
            linger_ms: 20,
            producer_queue_kib: 32 * 1024,
            consumer_queue_kib: 16 * 1024,
            session_timeout_ms: 10_000,
            properties: BTreeMap::new(),
        }
    }
}
