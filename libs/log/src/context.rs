//! What librdkafka tells its application: log lines, faults, rebalances, acknowledgements.

use crate::error::LogError;
use crate::metrics::{OUTAGES_TOTAL, PRODUCED_TOTAL, REFUSED_TOTAL};
use crate::record::Position;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{DeliveryResult, NoCustomPartitioner, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// One per client. Keeps whether the broker is away, so that an outage is told once and not each second.
#[derive(Debug, Default)]
pub(crate) struct Context {
    away: AtomicBool,
}

impl Context {
    /// Something went wrong that mends itself.
    pub(crate) fn note_away(&self, error: &KafkaError) {
        if self.away.swap(true, Ordering::Relaxed) {
            tracing::debug!(%error, "the broker is still away");
        } else {
            metrics::counter!(OUTAGES_TOTAL).increment(1);
            tracing::warn!(%error, "the broker is away; waiting for it, nothing is lost");
        }
    }

    /// Something went well.
    pub(crate) fn note_back(&self) {
        if self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the broker is back");
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // librdkafka repeats a lost connection at each attempt, as an error; `error` below tells it once.
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::warn!(target: "tidemark_log::librdkafka", facility, "{message}");
            }
            _ => tracing::debug!(target: "tidemark_log::librdkafka", facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if is_transient(&error) {
            tracing::debug!(reason, "librdkafka reports a fault");
            self.note_away(&error);
        } else {
            tracing::error!(%error, reason, "librdkafka reports a fault");
        }
    }
}

impl ConsumerContext for Context {
    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => tracing::debug!(partitions = partitions.count(), "partitions assigned"),
            Rebalance::Revoke(partitions) => tracing::debug!(partitions = partitions.count(), "partitions revoked"),
            Rebalance::Error(error) => tracing::debug!(%error, "rebalance failed; it is tried again"),
        }
    }
}

/// A record on its way: who waits for its acknowledgement, and its room in the queue, given back with it.
pub(crate) struct InFlight {
    pub(crate) acknowledged: oneshot::Sender<Result<Position, LogError>>,
    pub(crate) _room: OwnedSemaphorePermit,
}

impl ProducerContext<NoCustomPartitioner> for Context {
    type DeliveryOpaque = Box<InFlight>;

    fn delivery(&self, result: &DeliveryResult<'_>, in_flight: Self::DeliveryOpaque) {
        let outcome = match result {
            Ok(message) => {
                self.note_back();
                metrics::counter!(PRODUCED_TOTAL, "topic" => message.topic().to_owned()).increment(1);
                Ok(Position::new(message.topic(), message.partition(), message.offset()))
            }
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight), _)) => {
                Err(LogError::ProducerClosed)
            }
            Err((error, message)) => {
                metrics::counter!(REFUSED_TOTAL, "topic" => message.topic().to_owned()).increment(1);
                Err(LogError::Produce { topic: message.topic().to_owned(), source: error.clone() })
            }
        };
        // Whoever sent it may have stopped waiting.
        let _ = in_flight.acknowledged.send(outcome);
    }
}

/// Whether it mends itself when the broker is back, or the group has settled. What is not named here and is not final
/// is taken for transient: a reader that waits can be seen by its lag, one that stops takes the pipeline with it.
pub(crate) fn is_transient(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
        return false;
    }
    !matches!(
        error.rdkafka_error_code(),
        None | Some(
            Code::Fatal
                | Code::AutoOffsetReset
                | Code::Authentication
                | Code::SaslAuthenticationFailed
                | Code::UnsupportedSASLMechanism
                | Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::UnsupportedFeature
                | Code::FencedInstanceId
                | Code::Fenced
        )
    )
}
