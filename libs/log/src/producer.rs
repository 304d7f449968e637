//! Writing.

use crate::context::{Context, InFlight};
use crate::error::LogError;
use crate::record::{MAX_RECORD_BYTES, OutRecord, Position};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// How long to wait when librdkafka's own queue is full although ours has room, in milliseconds.
const QUEUE_RETRY_MS: u64 = 10;
const KIB: usize = 1024;

/// Writes records. Cheap to clone; clones share one connection and one bounded queue.
///
/// Records that are sent one after another with one key arrive in that order, whatever is retried. A broker that is away
/// is waited for without end. Dropping the last clone discards what is not acknowledged: [`Producer::flush`] first.
#[derive(Clone)]
pub struct Producer {
    inner: Arc<ThreadedProducer<Context>>,
    queue: Arc<Semaphore>,
    queue_kib: usize,
}

impl Producer {
    pub(crate) fn new(inner: ThreadedProducer<Context>, queue_kib: u32) -> Self {
        let queue_kib = (queue_kib as usize).max(MAX_RECORD_BYTES / KIB + 1);
        Self { inner: Arc::new(inner), queue: Arc::new(Semaphore::new(queue_kib)), queue_kib }
    }

    /// Queues a record, waiting while the queue is full, and hands back its acknowledgement to be awaited or dropped.
    ///
    /// # Errors
    /// [`LogError::TooLarge`]; [`LogError::Produce`] where librdkafka does not take it.
    pub async fn send(&self, record: OutRecord) -> Result<Delivery, LogError> {
        let size_bytes = record.size_bytes();
        if size_bytes > MAX_RECORD_BYTES {
            return Err(LogError::TooLarge { topic: record.topic, size_bytes, limit_bytes: MAX_RECORD_BYTES });
        }
        let kib = (size_bytes / KIB + 1).min(self.queue_kib);
        let room = Arc::clone(&self.queue)
            .acquire_many_owned(u32::try_from(kib).unwrap_or(u32::MAX))
            .await
            .map_err(|_| LogError::ProducerClosed)?;
        let (acknowledged, delivery) = oneshot::channel();
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (key, value) in &record.headers {
            headers = headers.insert(Header { key, value: Some(value.as_ref()) });
        }
        let mut next = BaseRecord::with_opaque_to(&record.topic, Box::new(InFlight { acknowledged, _room: room }))
            .key(record.key.as_ref())
            .payload(record.payload.as_ref())
            .headers(headers);
        loop {
            match self.inner.send(next) {
                Ok(()) => return Ok(Delivery(delivery)),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                    next = refused;
                    tokio::time::sleep(Duration::from_millis(QUEUE_RETRY_MS)).await;
                }
                Err((source, _)) => return Err(LogError::Produce { topic: record.topic.clone(), source }),
            }
        }
    }

    /// Sends all and waits until all are acknowledged; the positions are in the order of the records.
    ///
    /// # Errors
    /// The first of [`Producer::send`] or of an acknowledgement. Others of the records may have been written.
    pub async fn send_all(&self, records: Vec<OutRecord>) -> Result<Vec<Position>, LogError> {
        let mut deliveries = Vec::with_capacity(records.len());
        for record in records {
            deliveries.push(self.send(record).await?);
        }
        let mut positions = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            positions.push(delivery.await?);
        }
        Ok(positions)
    }

    /// Waits until everything sent so far is acknowledged.
    ///
    /// # Errors
    /// [`LogError::Flush`] past the deadline; what is waiting stays queued.
    pub async fn flush(&self, deadline: Duration) -> Result<(), LogError> {
        let producer = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            producer.flush(deadline).map_err(|_| LogError::Flush { waiting: producer.in_flight_count(), deadline })
        })
        .await?
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("queue_kib", &self.queue_kib).finish_non_exhaustive()
    }
}

/// The acknowledgement of one record: where it stands, once the broker has it safe.
///
/// The offset is -1 where the broker had the record already from an attempt whose answer was lost.
#[derive(Debug)]
#[must_use = "a record is safe only when its delivery has been awaited"]
pub struct Delivery(oneshot::Receiver<Result<Position, LogError>>);

impl Future for Delivery {
    type Output = Result<Position, LogError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|outcome| outcome.unwrap_or(Err(LogError::ProducerClosed)))
    }
}
