//! Settings of the ingest role, the section `ingest` of the configuration.

use crate::jetstream::JetstreamSettings;
use crate::pseudonym::PseudonymKey;
use serde::{Deserialize, Serialize};

/// Settings of ingest.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Rows that are sent before their acknowledgement is awaited and the checkpoint written.
    pub window_rows: usize,
    /// A window is also closed at this many bytes of records, so that memory stays bounded.
    pub window_bytes: usize,
    /// The key of the authors' pseudonyms, 64 hexadecimal digits. Absent: the data folder's own, `author.key`, made at
    /// first use. To be set where several hosts feed one platform, and before the first post: another key gives every
    /// author another pseudonym. Never written out.
    #[serde(skip_serializing)]
    pub pseudonym_key: Option<PseudonymKey>,
    /// The Bluesky firehose. Absent: not read.
    pub jetstream: Option<JetstreamSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { window_rows: 5_000, window_bytes: 16 * 1024 * 1024, pseudonym_key: None, jetstream: None }
    }
}
