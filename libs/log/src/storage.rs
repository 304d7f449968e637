//! Where the embedded broker keeps what it is given.
//!
//! tansu speaks Kafka's protocol and keeps topics, groups and committed offsets in SQLite; records are kept here, in
//! segments ([`partition`]). tansu's own table of records answers each fetch by reading everything from the offset asked
//! to the end of the log, and finds a record's headers by reading all headers there are, so a reader that is behind
//! costs the square of how far; and what retention deletes from it stays in the file. Segments are written once, read
//! in order, and are gone when they are deleted.

mod batch;
mod delegate;
mod partition;
mod producers;

use partition::{AppendError, PartitionLog, SEGMENT_BYTES};
use producers::SequenceError;
use serde::Deserialize;
use serde::de::value::{Error as ValueError, MapDeserializer};
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tansu_sans_io::record::deflated;
use tansu_sans_io::{ConfigResource, ErrorCode};
use tansu_storage::{
    Error, GroupDetail, MetadataResponse, NamedGroupDetail, OffsetStage, Result, Storage, StorageContainer, TopicId,
    Topition, UpdateError, Version,
};
use tokio::sync::Notify;
use uuid::Uuid;

/// How often what was written is handed to the disk itself: what a power cut can take.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Nothing was written for this long: readers at the end may be held back.
const IDLE_AFTER: Duration = Duration::from_millis(250);
/// How long a reader at the end of an idle partition is held back, or until anything is written.
const IDLE_WAIT: Duration = Duration::from_millis(25);
/// A topic without `retention.ms` keeps its records this long, as in Kafka.
const DEFAULT_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
/// A segment is closed at the latest when it is this part of the retention old, so that it does not outlive it by more.
const SEGMENTS_PER_RETENTION: u32 = 14;
const MAX_TOPIC_NAME_BYTES: usize = 249;
/// How many producers one process can tell apart.
const PRODUCER_BITS: u32 = 32;
const MAX_PRODUCERS: i64 = (1 << PRODUCER_BITS) - 1;

/// tansu's SQLite for everything but records, segments for those.
#[derive(Clone, Debug)]
pub(crate) struct LogStorage {
    /// Topics, groups, committed offsets.
    catalogue: StorageContainer,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    partitions: Mutex<HashMap<Topition, Arc<Mutex<PartitionLog>>>>,
    metadata: Mutex<HashMap<TopicId, MetadataResponse>>,
    appended: Notify,
    started: Instant,
    /// Milliseconds from `started` to the last append.
    last_append_ms: AtomicI64,
    first_producer: i64,
    next_producer: AtomicI64,
    /// Who is in each group now. Not kept: after a restart all members join anew, and one that died with the broker is not
    /// waited for. Committed offsets are the catalogue's.
    groups: Mutex<HashMap<String, (GroupDetail, Version)>>,
    disk_fails: AtomicBool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn now_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn is_idle(&self) -> bool {
        let since = self.now_ms() - self.last_append_ms.load(Ordering::Relaxed);
        u128::try_from(since).is_ok_and(|since| since > IDLE_AFTER.as_millis())
    }

    /// A fault of the disk is told once; clients try again until it has room.
    fn disk_fault(&self, error: &io::Error) -> Error {
        if !self.disk_fails.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "the log's disk fails; free some space on it: writers wait until it works again");
        }
        Error::Api(ErrorCode::KafkaStorageError)
    }

    fn disk_works(&self) {
        if self.disk_fails.load(Ordering::Relaxed) && self.disk_fails.swap(false, Ordering::Relaxed) {
            tracing::info!("the log's disk works again");
        }
    }
}

impl LogStorage {
    /// Records below `folder`. Begins to hand them to the disk each second, for as long as the runtime lives.
    pub(crate) fn new(catalogue: StorageContainer, folder: PathBuf) -> Self {
        // The id of a producer must never come again, whatever files were lost: each process gives its own.
        let first_producer = i64::from(Uuid::new_v4().as_fields().0 >> 1) << PRODUCER_BITS;
        let shared = Arc::new(Shared {
            folder,
            partitions: Mutex::default(),
            metadata: Mutex::default(),
            appended: Notify::new(),
            started: Instant::now(),
            last_append_ms: AtomicI64::new(0),
            first_producer,
            next_producer: AtomicI64::new(first_producer),
            groups: Mutex::default(),
            disk_fails: AtomicBool::new(false),
        });
        let weak = Arc::downgrade(&shared);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SYNC_EVERY).await;
                let Some(shared) = weak.upgrade() else { return };
                let open: Vec<_> = locked(&shared.partitions).values().cloned().collect();
                for partition in open {
                    let synced = tokio::task::spawn_blocking(move || locked(&partition).sync()).await;
                    if let Ok(Err(error)) = synced {
                        shared.disk_fault(&error);
                    }
                }
            }
        });
        Self { catalogue, shared }
    }

    fn folder_of(&self, topic: &str) -> PathBuf {
        self.shared.folder.join(topic)
    }

    /// The partition, opened at its first use.
    async fn partition(&self, topition: &Topition) -> Result<Arc<Mutex<PartitionLog>>> {
        if let Some(partition) = locked(&self.shared.partitions).get(topition) {
            return Ok(Arc::clone(partition));
        }
        let partitions = self.partition_count(topition.topic()).await?;
        if !(0..partitions).contains(&topition.partition()) {
            return Err(Error::Api(ErrorCode::UnknownTopicOrPartition));
        }
        let folder = self.folder_of(topition.topic()).join(topition.partition().to_string());
        let (shared, topition) = (Arc::clone(&self.shared), topition.clone());
        blocking(move || {
            // Held while it opens, so that it is opened once.
            let mut open = locked(&shared.partitions);
            if let Some(partition) = open.get(&topition) {
                return Ok(Arc::clone(partition));
            }
            let young = shared.first_producer..=shared.first_producer + MAX_PRODUCERS;
            let partition =
                PartitionLog::open(&folder, SEGMENT_BYTES, young).map_err(|error| shared.disk_fault(&error))?;
            let partition = Arc::new(Mutex::new(partition));
            open.insert(topition, Arc::clone(&partition));
            Ok(partition)
        })
        .await
    }

    async fn partition_count(&self, topic: &str) -> Result<i32> {
        let metadata = self.topic_metadata(&TopicId::Name(topic.to_owned())).await?;
        let partitions = metadata
            .topics()
            .iter()
            .filter(|found| found.error_code == i16::from(ErrorCode::None))
            .find_map(|found| found.partitions.as_ref());
        partitions
            .map(|partitions| i32::try_from(partitions.len()).unwrap_or(i32::MAX))
            .ok_or(Error::Api(ErrorCode::UnknownTopicOrPartition))
    }

    /// A topic's metadata, which each fetch asks for and only [`Storage::create_topic`] and the like change.
    async fn topic_metadata(&self, topic: &TopicId) -> Result<MetadataResponse> {
        if let Some(known) = locked(&self.shared.metadata).get(topic) {
            return Ok(known.clone());
        }
        let metadata = self.catalogue.metadata(Some(std::slice::from_ref(topic))).await?;
        if metadata.topics().iter().all(|found| found.error_code == i16::from(ErrorCode::None)) {
            locked(&self.shared.metadata).insert(topic.clone(), metadata.clone());
        }
        Ok(metadata)
    }

    fn forget_metadata(&self) {
        locked(&self.shared.metadata).clear();
    }

    async fn forget_records(&self, topic: &str) -> Result<()> {
        let (shared, folder, topic) = (Arc::clone(&self.shared), self.folder_of(topic), topic.to_owned());
        blocking(move || {
            locked(&shared.partitions).retain(|topition, _| topition.topic() != topic);
            match std::fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(shared.disk_fault(&error)),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn append(&self, topition: &Topition, batch: deflated::Batch) -> Result<i64> {
        let partition = self.partition(topition).await?;
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let outcome = locked(&partition).append(batch);
            match outcome {
                Ok(offset) => {
                    shared.disk_works();
                    shared.last_append_ms.store(shared.now_ms(), Ordering::Relaxed);
                    shared.appended.notify_waiters();
                    Ok(offset)
                }
                Err(AppendError::Sequence(SequenceError::Duplicate)) => {
                    Err(Error::Api(ErrorCode::DuplicateSequenceNumber))
                }
                Err(AppendError::Sequence(SequenceError::OutOfOrder)) => {
                    Err(Error::Api(ErrorCode::OutOfOrderSequenceNumber))
                }
                Err(AppendError::Sequence(SequenceError::Fenced)) => Err(Error::Api(ErrorCode::InvalidProducerEpoch)),
                Err(AppendError::Disk(error)) => Err(shared.disk_fault(&error)),
            }
        })
        .await
    }

    async fn read(&self, topition: &Topition, offset: i64, max_bytes: u32) -> Result<Vec<deflated::Batch>> {
        let partition = self.partition(topition).await?;
        let read = || {
            let (partition, shared) = (Arc::clone(&partition), Arc::clone(&self.shared));
            blocking(move || {
                locked(&partition).read(offset, max_bytes as usize).map_err(|error| shared.disk_fault(&error))
            })
        };
        let mut appended = std::pin::pin!(self.shared.appended.notified());
        appended.as_mut().enable();
        if locked(&partition).high() > offset {
            return read().await;
        }
        if self.shared.is_idle() && tokio::time::timeout(IDLE_WAIT, appended).await.is_ok() {
            return read().await;
        }
        Ok(Vec::new())
    }

    async fn range(&self, topition: &Topition) -> Result<(i64, i64)> {
        let partition = self.partition(topition).await?;
        let partition = locked(&partition);
        Ok((partition.low(), partition.high()))
    }

    async fn stage(&self, topition: &Topition) -> Result<OffsetStage> {
        let (low, high) = self.range(topition).await?;
        // tansu gives no other way to make one.
        let fields = [("last_stable", high), ("high_watermark", high), ("log_start", low)];
        OffsetStage::deserialize(MapDeserializer::<_, ValueError>::new(fields.into_iter()))
            .map_err(|error| Error::Message(error.to_string()))
    }

    fn new_producer(&self) -> i64 {
        self.shared.next_producer.fetch_add(1, Ordering::Relaxed)
    }

    /// Replaces what is known of a group by who has seen its latest version.
    fn replace_group(
        &self,
        group: &str,
        detail: GroupDetail,
        seen: Option<&Version>,
    ) -> Result<Version, UpdateError<GroupDetail>> {
        let mut groups = locked(&self.shared.groups);
        if let Some((current, version)) = groups.get(group)
            && seen != Some(version)
        {
            return Err(UpdateError::Outdated { current: Box::new(current.clone()), version: version.clone() });
        }
        let version = Version::from(&Uuid::new_v4());
        groups.insert(group.to_owned(), (detail, version.clone()));
        Ok(version)
    }

    fn describe_group(&self, group: &str) -> NamedGroupDetail {
        match locked(&self.shared.groups).get(group) {
            Some((detail, _)) => NamedGroupDetail::found(group.to_owned(), detail.clone()),
            None => NamedGroupDetail::error_code(group.to_owned(), ErrorCode::GroupIdNotFound),
        }
    }

    /// Applies each topic's retention to its partitions.
    async fn retain(&self, now: SystemTime) -> Result<()> {
        for topic in self.catalogue.metadata(None).await?.topics() {
            let Some(name) = topic.name.as_deref() else { continue };
            let retention = self.retention(name).await?;
            for partition in 0..self.partition_count(name).await? {
                let partition = self.partition(&Topition::new(name, partition)).await?;
                let (shared, Some(cutoff)) = (Arc::clone(&self.shared), now.checked_sub(retention)) else { continue };
                blocking(move || {
                    locked(&partition)
                        .retain(now, cutoff, retention / SEGMENTS_PER_RETENTION)
                        .map_err(|error| shared.disk_fault(&error))
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn retention(&self, topic: &str) -> Result<Duration> {
        let configuration = self.catalogue.describe_config(topic, ConfigResource::Topic, None).await?;
        Ok(configuration
            .configs
            .unwrap_or_default()
            .into_iter()
            .find(|config| config.name == "retention.ms")
            .and_then(|config| config.value?.parse::<i64>().ok())
            .map_or(DEFAULT_RETENTION, |ms| {
                // -1 is without end.
                u64::try_from(ms).map_or(Duration::MAX, Duration::from_millis)
            }))
    }
}

/// A topic's name is also a folder's: Kafka's own rule keeps it from being more than that.
fn is_topic_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= MAX_TOPIC_NAME_BYTES
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Runs what touches the disk off the threads that answer.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::Poison))
}

#[cfg(test)]
mod tests {
    use super::is_topic_name;

    #[test]
    fn a_topic_is_never_a_way_out_of_its_folder() {
        for name in ["tidemark.posts", "a", "A-b_c.1", &"x".repeat(249)] {
            assert!(is_topic_name(name), "{name}");
        }
        for name in ["", ".", "..", "../up", "a/b", "a\\b", "a b", "ä", "a\0", &"x".repeat(250)] {
            assert!(!is_topic_name(name), "{name}");
        }
    }
}
