//! What goes in and what comes out.

use bytes::Bytes;
use std::collections::BTreeMap;

/// The largest record that is accepted, key, payload and headers together, in bytes. Kafka's own default is 1 MB; topics
/// are created with this limit, and a larger record is refused before it is queued.
pub const MAX_RECORD_BYTES: usize = 8 * 1024 * 1024;

/// A record to be written.
#[derive(Clone, PartialEq, Eq)]
pub struct OutRecord {
    /// Where to.
    pub topic: String,
    /// Decides the partition; records of one key keep their order.
    pub key: Bytes,
    /// What it carries.
    pub payload: Bytes,
    /// Name and value, in order.
    pub headers: Vec<(String, Bytes)>,
}

impl OutRecord {
    /// A record without headers.
    pub fn new(topic: impl Into<String>, key: impl Into<Bytes>, payload: impl Into<Bytes>) -> Self {
        Self { topic: topic.into(), key: key.into(), payload: payload.into(), headers: Vec::new() }
    }

    /// The same with these headers, in place of any it had.
    #[must_use]
    pub fn with_headers(mut self, headers: Vec<(String, Bytes)>) -> Self {
        self.headers = headers;
        self
    }

    /// Key, payload and headers in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_bytes(&self.key, &self.payload, &self.headers)
    }
}

/// A record that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub topic: String,
    /// Partition of the topic.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
    /// The key, empty where there was none.
    pub key: Bytes,
    /// The payload, empty where there was none.
    pub payload: Bytes,
    /// Name and value, in order.
    pub headers: Vec<(String, Bytes)>,
    /// When it was written to the log, milliseconds since 1970, by the producer's clock.
    pub timestamp_ms: i64,
}

impl Record {
    /// Key, payload and headers in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_bytes(&self.key, &self.payload, &self.headers)
    }
}

fn size_bytes(key: &[u8], payload: &[u8], headers: &[(String, Bytes)]) -> usize {
    key.len() + payload.len() + headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
}

// Written by hand, so that no payload and no key reaches a log line through `{:?}`.
impl std::fmt::Debug for OutRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutRecord")
            .field("topic", &self.topic)
            .field("key_bytes", &self.key.len())
            .field("payload_bytes", &self.payload.len())
            .field("headers", &self.headers.len())
            .finish()
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("topic", &self.topic)
            .field("partition", &self.partition)
            .field("offset", &self.offset)
            .field("key_bytes", &self.key.len())
            .field("payload_bytes", &self.payload.len())
            .field("headers", &self.headers.len())
            .field("timestamp_ms", &self.timestamp_ms)
            .finish()
    }
}

/// A place in the log. What it means depends on where it is used: the offset of a record that was written, or the offset
/// of the next record to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Topic.
    pub topic: String,
    /// Partition of the topic.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
}

impl Position {
    /// Of these parts.
    pub fn new(topic: impl Into<String>, partition: i32, offset: i64) -> Self {
        Self { topic: topic.into(), partition, offset }
    }
}

/// Where to go on after these records: the highest offset + 1 of each partition among them, sorted.
#[must_use]
pub fn next_positions<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Position> {
    let mut next: BTreeMap<(&str, i32), i64> = BTreeMap::new();
    for record in records {
        let offset = next.entry((&record.topic, record.partition)).or_insert(0);
        *offset = (*offset).max(record.offset + 1);
    }
    next.into_iter().map(|((topic, partition), offset)| Position::new(topic, partition, offset)).collect()
}

#[cfg(test)]
mod tests {
    use super::{OutRecord, Position, Record, next_positions};
    use bytes::Bytes;

    fn record(partition: i32, offset: i64) -> Record {
        Record {
            topic: "t".into(),
            partition,
            offset,
            key: Bytes::from_static(b"secret key"),
            payload: Bytes::from_static(b"secret text"),
            headers: vec![("name".into(), Bytes::from_static(b"secret header"))],
            timestamp_ms: 0,
        }
    }

    #[test]
    fn next_is_the_highest_of_each_partition_plus_one() {
        let records = [record(1, 7), record(0, 3), record(1, 5)];
        assert_eq!(next_positions(&records), [Position::new("t", 0, 4), Position::new("t", 1, 8)]);
        assert!(next_positions(&[]).is_empty());
    }

    #[test]
    fn debug_shows_sizes_and_no_content() {
        let out = OutRecord::new("t", "secret key", "secret text").with_headers(record(0, 0).headers);
        for shown in [format!("{:?}", record(0, 0)), format!("{out:?}")] {
            assert!(!shown.contains("secret"), "{shown}");
            assert!(shown.contains("payload_bytes: 11"), "{shown}");
        }
    }
}
