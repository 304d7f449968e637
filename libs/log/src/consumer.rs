//! Reading.

use crate::context::{Context, is_transient};
use crate::error::LogError;
use crate::metrics::{COMMITS_LOST_TOTAL, CONSUMED_TOTAL};
use crate::record::{Position, Record};
use bytes::Bytes;
use futures::StreamExt;
use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A batch closes when it holds this much, so that a batch of the largest records does not fill the memory.
const MAX_BATCH_BYTES: usize = 32 * 1024 * 1024;
/// How long a commit is tried while the broker is away.
const COMMIT_PATIENCE: Duration = Duration::from_secs(15);
const COMMIT_RETRY: Duration = Duration::from_millis(200);

/// Reads records, as a member of a group or from given offsets.
///
/// A broker that is away is waited for. Records come in the order of their partition, each at least once.
pub struct Consumer {
    inner: Arc<StreamConsumer<Context>>,
    group: String,
    /// Where reading was told to start, until the first record of the partition shows that it did.
    starts: Mutex<BTreeMap<(String, i32), i64>>,
}

impl Consumer {
    pub(crate) fn new(inner: StreamConsumer<Context>, group: &str, starts: &[Position]) -> Self {
        Self {
            inner: Arc::new(inner),
            group: group.to_owned(),
            starts: Mutex::new(
                starts.iter().map(|start| ((start.topic.clone(), start.partition), start.offset)).collect(),
            ),
        }
    }

    /// The next records: at most `max_count` (and 32 MiB), fewer or none when `max_wait` has passed. Safe to cancel only
    /// between calls: records of a cancelled call are not given out again.
    ///
    /// # Errors
    /// [`LogError::Consume`] where reading cannot go on (authorisation, an offset that is gone);
    /// [`LogError::OutOfRange`] where a partition does not begin where it was told to.
    pub async fn next_batch(&self, max_count: usize, max_wait: Duration) -> Result<Vec<Record>, LogError> {
        let deadline = Instant::now() + max_wait;
        let mut records = Vec::new();
        let mut size_bytes = 0;
        let mut stream = self.inner.stream();
        while records.len() < max_count && size_bytes < MAX_BATCH_BYTES {
            let message = match tokio::time::timeout_at(deadline, stream.next()).await {
                Err(_) | Ok(None) => break,
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) if is_transient(&error) => {
                    self.inner.client().context().note_away(&error);
                    continue;
                }
                Ok(Some(Err(error))) => return Err(LogError::Consume(error)),
            };
            self.inner.client().context().note_back();
            self.check_start(&message)?;
            let record = to_record(&message);
            size_bytes += record.size_bytes();
            records.push(record);
        }
        count_by_topic(&records);
        Ok(records)
    }

    /// A partition that begins later than it was told to has lost what was between.
    fn check_start(&self, message: &BorrowedMessage<'_>) -> Result<(), LogError> {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        if starts.is_empty() {
            return Ok(());
        }
        let partition = (message.topic().to_owned(), message.partition());
        match starts.remove(&partition) {
            Some(wanted) if message.offset() != wanted => Err(LogError::OutOfRange {
                topic: partition.0,
                partition: partition.1,
                wanted,
                low: message.offset(),
                high: message.offset() + 1,
            }),
            _ => Ok(()),
        }
    }

    /// Tells the broker where the group goes on: each offset is that of the next record to read
    /// ([`crate::next_positions`]). A commit that does not reach the broker, or whose partition went to another member
    /// meanwhile, is no error: its records come again.
    ///
    /// # Errors
    /// [`LogError::Commit`] where the group may not commit.
    pub async fn commit(&self, positions: &[Position]) -> Result<(), LogError> {
        if positions.is_empty() {
            return Ok(());
        }
        let mut offsets = TopicPartitionList::new();
        for position in positions {
            offsets
                .add_partition_offset(&position.topic, position.partition, Offset::Offset(position.offset))
                .map_err(|source| LogError::Commit { group: self.group.clone(), source })?;
        }
        let started = Instant::now();
        loop {
            let (consumer, offsets) = (Arc::clone(&self.inner), offsets.clone());
            let outcome = tokio::task::spawn_blocking(move || consumer.commit(&offsets, CommitMode::Sync)).await?;
            match outcome {
                Ok(()) => return Ok(()),
                Err(source) if !is_transient(&source) => {
                    return Err(LogError::Commit { group: self.group.clone(), source });
                }
                Err(error) if lost_partition(&error) || started.elapsed() > COMMIT_PATIENCE => {
                    metrics::counter!(COMMITS_LOST_TOTAL).increment(1);
                    tracing::warn!(group = self.group, %error, "a commit was lost; its records will come again");
                    return Ok(());
                }
                Err(error) => {
                    self.inner.client().context().note_away(&error);
                    tokio::time::sleep(COMMIT_RETRY).await;
                }
            }
        }
    }

    /// Leaves the group, so that its partitions go to others at once and not after the session timeout.
    pub async fn close(self) {
        let inner = self.inner;
        // librdkafka's close waits for the broker; a panic in it has nobody left to hear of it.
        let _ = tokio::task::spawn_blocking(move || drop(inner)).await;
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("group", &self.group).finish_non_exhaustive()
    }
}

fn lost_partition(error: &rdkafka::error::KafkaError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::RebalanceInProgress
                | Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::StaleMemberEpoch
                | Code::AssignmentLost
        )
    )
}

fn to_record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        headers
            .iter()
            .map(|header| (header.key.to_owned(), Bytes::copy_from_slice(header.value.unwrap_or_default())))
            .collect()
    });
    Record {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        key: Bytes::copy_from_slice(message.key().unwrap_or_default()),
        payload: Bytes::copy_from_slice(message.payload().unwrap_or_default()),
        headers,
        timestamp_ms: message.timestamp().to_millis().unwrap_or_default(),
    }
}

fn count_by_topic(records: &[Record]) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for record in records {
        *counts.entry(&record.topic).or_default() += 1;
    }
    for (topic, count) in counts {
        metrics::counter!(CONSUMED_TOTAL, "topic" => topic.to_owned()).increment(count);
    }
}
