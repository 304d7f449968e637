//! The way in: topics, lag, and the makers of producers and consumers.

use crate::consumer::Consumer;
use crate::context::{Context, is_transient};
use crate::error::LogError;
use crate::producer::Producer;
use crate::record::{MAX_RECORD_BYTES, Position};
use crate::settings::LogSettings;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::ThreadedProducer;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long one request for metadata may take before it is tried again or given up.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait between two attempts at a broker that does not answer.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// How long a batch of records may be worked on before the group takes its reader for stuck, in milliseconds.
const MAX_POLL_INTERVAL_MS: u32 = 15 * 60 * 1000;
/// How long the broker may hold back an answer to wait for records, in milliseconds. The embedded broker holds back
/// about half of it even when it has records, so it is short.
const FETCH_WAIT_MS: u32 = 20;

/// A topic that is to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Partitions, where not those of [`LogSettings::partitions`].
    pub partitions: Option<i32>,
}

impl TopicSpec {
    /// With the partitions of the settings.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), partitions: None }
    }
}

/// How far a group is behind in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionLag {
    /// Partition of the topic.
    pub partition: i32,
    /// The next offset the group would read, where it has committed one.
    pub committed: Option<i64>,
    /// The oldest offset held.
    pub low: i64,
    /// The next offset to be written.
    pub high: i64,
}

impl PartitionLag {
    /// Records written and not yet committed by the group.
    #[must_use]
    pub fn lag(&self) -> i64 {
        (self.high - self.committed.unwrap_or(self.low).max(self.low)).max(0)
    }
}

/// A log: one Kafka cluster with the settings to use it. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

struct Inner {
    bootstrap: String,
    settings: LogSettings,
    /// Clients that only ask, by the group they ask for; kept, because each is a connection and two threads.
    asking: Mutex<BTreeMap<String, Arc<BaseConsumer<Context>>>>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("bootstrap", &self.inner.bootstrap).finish_non_exhaustive()
    }
}

impl Log {
    /// A log at `bootstrap` (`host:port,…`). Opens no connection: [`Log::ping`] does.
    ///
    /// # Errors
    /// [`LogError::Settings`] where librdkafka does not take the settings.
    pub fn connect(bootstrap: &str, settings: &LogSettings) -> Result<Self, LogError> {
        let log = Self {
            inner: Arc::new(Inner {
                bootstrap: bootstrap.to_owned(),
                settings: settings.clone(),
                asking: Mutex::new(BTreeMap::new()),
            }),
        };
        log.asking("")?;
        Ok(log)
    }

    /// Where the log is.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.inner.bootstrap
    }

    /// Waits until the broker answers.
    ///
    /// # Errors
    /// [`LogError::Unreachable`] past the deadline.
    pub async fn ping(&self, deadline: Duration) -> Result<(), LogError> {
        self.until(deadline, |consumer, timeout| consumer.fetch_metadata(None, timeout).map(drop)).await
    }

    /// Creates the topics that are missing, waiting for the broker if need be. One that exists is left as it is.
    ///
    /// # Errors
    /// [`LogError::Unreachable`] past the deadline, [`LogError::CreateTopic`] where the broker refuses.
    pub async fn ensure_topics(&self, topics: &[TopicSpec], deadline: Duration) -> Result<(), LogError> {
        let started = Instant::now();
        let left = || deadline.saturating_sub(started.elapsed());
        self.ping(deadline).await?;
        let admin: AdminClient<Context> =
            self.config().create_with_context(Context::default()).map_err(LogError::Settings)?;
        let settings = &self.inner.settings;
        let retention_ms = (u64::from(settings.retention_hours) * 3_600_000).to_string();
        let max_bytes = MAX_RECORD_BYTES.to_string();
        for topic in topics {
            let new = NewTopic::new(
                &topic.name,
                topic.partitions.unwrap_or(settings.partitions),
                TopicReplication::Fixed(settings.replication_factor),
            )
            .set("cleanup.policy", "delete")
            .set("retention.ms", &retention_ms)
            .set("max.message.bytes", &max_bytes);
            loop {
                let options = AdminOptions::new().operation_timeout(Some(REQUEST_TIMEOUT));
                let fault = match admin.create_topics([&new], &options).await {
                    Ok(results) => match results.into_iter().next() {
                        None | Some(Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => break,
                        Some(Err((topic, code))) => {
                            let fault = KafkaError::AdminOp(code);
                            if !is_transient(&fault) || !passes(code) {
                                return Err(LogError::CreateTopic { topic, code });
                            }
                            fault
                        }
                    },
                    Err(fault) => fault,
                };
                if left().is_zero() {
                    return Err(self.unreachable(deadline, Some(fault)));
                }
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
        for topic in topics {
            let name = topic.name.clone();
            self.until(left(), move |consumer, timeout| partitions_of(consumer, &name, timeout).map(drop)).await?;
        }
        Ok(())
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// [`LogError::NoSuchTopic`], [`LogError::Metadata`].
    pub async fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        let name = topic.to_owned();
        match self.ask("", move |consumer| partitions_of(consumer, &name, REQUEST_TIMEOUT)).await? {
            Err(KafkaError::MetadataFetch(
                RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic,
            )) => Err(LogError::NoSuchTopic { topic: topic.to_owned() }),
            other => other.map_err(LogError::Metadata),
        }
    }

    /// How far a group is behind in each partition of a topic, in their order.
    ///
    /// # Errors
    /// [`LogError::NoSuchTopic`], [`LogError::Metadata`].
    pub async fn lag(&self, group: &str, topic: &str) -> Result<Vec<PartitionLag>, LogError> {
        let partitions = self.partitions(topic).await?;
        let name = topic.to_owned();
        self.ask(group, move |consumer| {
            let mut asked = TopicPartitionList::new();
            asked.add_partition_range(&name, 0, partitions - 1);
            let committed = consumer.committed_offsets(asked, REQUEST_TIMEOUT)?;
            (0..partitions)
                .map(|partition| {
                    let (low, high) = consumer.fetch_watermarks(&name, partition, REQUEST_TIMEOUT)?;
                    let committed = committed.find_partition(&name, partition).and_then(|found| match found.offset() {
                        Offset::Offset(offset) => Some(offset),
                        _ => None,
                    });
                    Ok(PartitionLag { partition, committed, low, high })
                })
                .collect()
        })
        .await?
        .map_err(LogError::Metadata)
    }

    /// A producer. One for a process is enough: it can be cloned.
    ///
    /// # Errors
    /// [`LogError::Settings`].
    pub fn producer(&self) -> Result<Producer, LogError> {
        let settings = &self.inner.settings;
        let mut config = self.config();
        config
            .set("acks", "all")
            .set("enable.idempotence", "true")
            // Zero: without end. Back-pressure stops the sender long before memory does.
            .set("message.timeout.ms", "0")
            .set("message.max.bytes", (MAX_RECORD_BYTES + MAX_RECORD_BYTES / 8).to_string())
            .set("linger.ms", settings.linger_ms.to_string())
            .set("compression.type", settings.compression.librdkafka())
            // Our own queue is the narrower one; these only must not be reached before it.
            .set("queue.buffering.max.kbytes", (u64::from(settings.producer_queue_kib) * 4).max(65_536).to_string())
            .set("queue.buffering.max.messages", "1000000")
            .set("partitioner", "murmur2_random");
        self.overlay(&mut config);
        let inner: ThreadedProducer<Context> =
            config.create_with_context(Context::default()).map_err(LogError::Settings)?;
        Ok(Producer::new(inner, settings.producer_queue_kib))
    }

    /// A member of a group, which is given partitions of the topics and goes on where the group committed, or at the
    /// oldest record. While partitions move between members, two members can hold records of one key.
    ///
    /// # Errors
    /// [`LogError::Settings`], [`LogError::Subscribe`].
    pub fn consumer(&self, group: &str, topics: &[&str]) -> Result<Consumer, LogError> {
        let consumer = self.stream_consumer(group, "earliest")?;
        consumer.subscribe(topics).map_err(LogError::Subscribe)?;
        Ok(Consumer::new(consumer, group, &[]))
    }

    /// A reader of exactly these partitions from exactly these offsets, in no group; `group` only names where its
    /// commits go, for [`Log::lag`]. Waits for the broker.
    ///
    /// # Errors
    /// [`LogError::OutOfRange`] where an offset is not in the log; [`LogError::Unreachable`] past the deadline;
    /// [`LogError::Settings`], [`LogError::Subscribe`].
    pub async fn consumer_at(
        &self,
        group: &str,
        starts: &[Position],
        deadline: Duration,
    ) -> Result<Consumer, LogError> {
        let started = Instant::now();
        let mut assignment = TopicPartitionList::new();
        for start in starts {
            let range = Arc::new(Mutex::new((0, 0)));
            let (seen, topic, partition) = (Arc::clone(&range), start.topic.clone(), start.partition);
            self.until(deadline.saturating_sub(started.elapsed()), move |consumer, timeout| {
                let watermarks = consumer.fetch_watermarks(&topic, partition, timeout)?;
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = watermarks;
                Ok(())
            })
            .await?;
            let (low, high) = *range.lock().unwrap_or_else(PoisonError::into_inner);
            if start.offset < low || start.offset > high {
                return Err(LogError::OutOfRange {
                    topic: start.topic.clone(),
                    partition: start.partition,
                    wanted: start.offset,
                    low,
                    high,
                });
            }
            assignment
                .add_partition_offset(&start.topic, start.partition, Offset::Offset(start.offset))
                .map_err(LogError::Subscribe)?;
        }
        let consumer = self.stream_consumer(group, "error")?;
        consumer.assign(&assignment).map_err(LogError::Subscribe)?;
        Ok(Consumer::new(consumer, group, starts))
    }

    fn stream_consumer(&self, group: &str, offset_reset: &str) -> Result<StreamConsumer<Context>, LogError> {
        let settings = &self.inner.settings;
        let mut config = self.config();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", offset_reset)
            .set("isolation.level", "read_uncommitted")
            .set("session.timeout.ms", settings.session_timeout_ms.to_string())
            .set("heartbeat.interval.ms", (settings.session_timeout_ms / 4).to_string())
            .set("max.poll.interval.ms", MAX_POLL_INTERVAL_MS.to_string())
            .set("fetch.wait.max.ms", FETCH_WAIT_MS.to_string())
            .set("fetch.error.backoff.ms", "100")
            .set("max.partition.fetch.bytes", (MAX_RECORD_BYTES + MAX_RECORD_BYTES / 8).to_string())
            .set("fetch.message.max.bytes", (MAX_RECORD_BYTES + MAX_RECORD_BYTES / 8).to_string())
            .set("fetch.max.bytes", (2 * MAX_RECORD_BYTES).to_string())
            .set("queued.max.messages.kbytes", settings.consumer_queue_kib.to_string())
            .set("queued.min.messages", "10000");
        self.overlay(&mut config);
        config.create_with_context(Context::default()).map_err(LogError::Settings)
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.inner.bootstrap)
            .set("client.id", "tidemark")
            .set("socket.keepalive.enable", "true")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "2000")
            .set("receive.message.max.bytes", (64 * 1024 * 1024).to_string())
            .set("log.connection.close", "false")
            .set_log_level(RDKafkaLogLevel::Info);
        self.overlay(&mut config);
        config
    }

    fn overlay(&self, config: &mut ClientConfig) {
        for (name, value) in &self.inner.settings.properties {
            config.set(name, value);
        }
    }

    fn asking(&self, group: &str) -> Result<Arc<BaseConsumer<Context>>, LogError> {
        let mut asking = self.inner.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(consumer) = asking.get(group) {
            return Ok(Arc::clone(consumer));
        }
        let mut config = self.config();
        config.set("enable.auto.commit", "false");
        if !group.is_empty() {
            config.set("group.id", group);
        }
        let consumer: Arc<BaseConsumer<Context>> =
            Arc::new(config.create_with_context(Context::default()).map_err(LogError::Settings)?);
        asking.insert(group.to_owned(), Arc::clone(&consumer));
        Ok(consumer)
    }

    /// Runs a blocking question off the async threads.
    async fn ask<T: Send + 'static>(
        &self,
        group: &str,
        question: impl FnOnce(&BaseConsumer<Context>) -> Result<T, KafkaError> + Send + 'static,
    ) -> Result<Result<T, KafkaError>, LogError> {
        let consumer = self.asking(group)?;
        Ok(tokio::task::spawn_blocking(move || {
            // Nobody polls these clients otherwise, and faults wait in their queue.
            while consumer.poll(Duration::ZERO).is_some() {}
            let answer = question(&consumer);
            if answer.is_ok() {
                consumer.client().context().note_back();
            }
            answer
        })
        .await?)
    }

    /// Asks until there is an answer, or the deadline has passed.
    async fn until(
        &self,
        deadline: Duration,
        question: impl Fn(&BaseConsumer<Context>, Duration) -> Result<(), KafkaError> + Send + Sync + 'static,
    ) -> Result<(), LogError> {
        let started = Instant::now();
        let question = Arc::new(question);
        loop {
            let (question, timeout) =
                (Arc::clone(&question), REQUEST_TIMEOUT.min(deadline.saturating_sub(started.elapsed())));
            match self.ask("", move |consumer| question(consumer, timeout)).await? {
                Ok(()) => return Ok(()),
                Err(fault) if started.elapsed() >= deadline => return Err(self.unreachable(deadline, Some(fault))),
                Err(fault) if !is_transient(&fault) => return Err(LogError::Metadata(fault)),
                Err(_) => tokio::time::sleep(RETRY_PAUSE).await,
            }
        }
    }

    fn unreachable(&self, deadline: Duration, source: Option<KafkaError>) -> LogError {
        LogError::Unreachable { bootstrap: self.inner.bootstrap.clone(), deadline, source }
    }
}

/// Whether a refusal to create a topic passes by itself.
fn passes(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::NotController
            | Code::BrokerNotAvailable
            | Code::NetworkException
            | Code::Unknown
    )
}

fn partitions_of(consumer: &BaseConsumer<Context>, topic: &str, timeout: Duration) -> Result<i32, KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), timeout)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    match found {
        Some(found) if found.error().is_none() && !found.partitions().is_empty() => {
            Ok(i32::try_from(found.partitions().len()).unwrap_or(i32::MAX))
        }
        _ => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Log, LogSettings, PartitionLag};
    use crate::LogError;

    #[test]
    fn lag_counts_what_is_held_and_not_committed() {
        let lag = |committed, low, high| PartitionLag { partition: 0, committed, low, high }.lag();
        assert_eq!(lag(Some(4), 0, 10), 6);
        assert_eq!(lag(None, 3, 10), 7);
        assert_eq!(lag(Some(1), 3, 10), 7, "what retention took is not behind");
        assert_eq!(lag(Some(12), 0, 10), 0, "another log's offset");
    }

    #[test]
    fn properties_go_before_ours_and_wrong_ones_are_refused() {
        let mut settings = LogSettings::default();
        settings.properties.insert("security.protocol".into(), "carrier_pigeon".into());
        assert!(matches!(Log::connect("127.0.0.1:1", &settings), Err(LogError::Settings(_))));
    }
}
