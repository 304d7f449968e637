//! Where post events and rejects go: the log, or a test's memory.

use crate::error::Error;
use std::future::Future;
use tidemark_domain::PostEvent;
use tidemark_log::{EventHeaders, OutRecord, Producer};
use tidemark_wire::log::{
    POST_EVENT_TYPE, POSTS_TOPIC, REJECT_TYPE, REJECTS_TOPIC, Reject, encode_event, encode_reject,
};

/// What ingest makes of a record.
pub type Outcome = Result<PostEvent, Reject>;

/// Takes what ingest makes.
pub trait Sink: Send {
    /// Takes all of `outcomes`, in their order, and returns when none of them can be lost any more.
    fn publish(&mut self, outcomes: Vec<Outcome>) -> impl Future<Output = Result<(), Error>> + Send;
}

impl Sink for Producer {
    async fn publish(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        publish(self, outcomes).await
    }
}

impl Sink for Vec<Outcome> {
    async fn publish(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.extend(outcomes);
        Ok(())
    }
}

/// Writes outcomes to the log and waits until all are acknowledged.
///
/// # Errors
/// [`Error::Log`] where the log refuses one. Some of the others may have been written: sending all again is harmless,
/// for their ids are the same.
pub async fn publish(producer: &Producer, outcomes: Vec<Outcome>) -> Result<(), Error> {
    let records = outcomes.iter().map(to_record).collect();
    producer.send_all(records).await?;
    Ok(())
}

/// The record of the log that carries an outcome.
#[must_use]
pub fn to_record(outcome: &Outcome) -> OutRecord {
    match outcome {
        Ok(event) => OutRecord::new(POSTS_TOPIC, event.post_key.to_string(), encode_event(event)).with_headers(
            EventHeaders::new(event.event_id.to_string(), event.source.as_str(), POST_EVENT_TYPE)
                .at(event.created_at)
                .to_headers(),
        ),
        Err(reject) => OutRecord::new(REJECTS_TOPIC, reject.event_id.to_string(), encode_reject(reject)).with_headers(
            EventHeaders::new(reject.event_id.to_string(), reject.source.as_str(), REJECT_TYPE)
                .at(reject.observed_at)
                .to_headers(),
        ),
    }
}
