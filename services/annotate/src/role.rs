//! The role: fetch → score → publish, three stages with a place for one batch between each, so that the model never
//! waits for the log. Offsets are committed once a batch's answers are acknowledged.

use crate::{Annotator, Error, Settings, metrics};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidemark_domain::{AnnotatedPost, PostEvent};
use tidemark_log::{Consumer, EventHeaders, Log, OutRecord, Position, Producer, Record, next_positions};
use tidemark_wire::log::{self, Reject};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The consumer group; its committed offsets measure this stage's lag.
pub const GROUP: &str = "tidemark.annotate";
/// CloudEvents source of what this role writes.
const EVENT_SOURCE: &str = "tidemark/annotate";

/// Annotates until `stop`.
///
/// # Errors
/// Where the log or inference fails for good.
pub async fn run(log: &Log, annotator: Annotator, settings: &Settings, stop: CancellationToken) -> Result<(), Error> {
    let consumer = Arc::new(log.consumer(GROUP, &[log::POSTS_TOPIC])?);
    let producer = log.producer()?;
    let (fetched_in, fetched_out) = mpsc::channel(1);
    let (scored_in, scored_out) = mpsc::channel(1);
    let age_max = Duration::from_millis(settings.batch_age_ms_max);
    // Each stage ends when the one before it has: dropping a sender empties the pipe in order. A stage that fails
    // drops its receiver, which ends the one before.
    let (fetch, score, publish) = tokio::join!(
        fetch(&consumer, settings.batch_posts_max, age_max, fetched_in, stop),
        score(annotator, fetched_out, scored_in),
        publish(&consumer, &producer, scored_out),
    );
    publish.and(score).and(fetch)
}

async fn fetch(
    consumer: &Consumer,
    posts_max: usize,
    age_max: Duration,
    next: mpsc::Sender<Vec<Record>>,
    stop: CancellationToken,
) -> Result<(), Error> {
    loop {
        let records = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = next.closed() => return Ok(()),
            records = consumer.next_batch(posts_max, age_max) => records?,
        };
        if !records.is_empty() && next.send(records).await.is_err() {
            return Ok(());
        }
    }
}

/// What came of one batch: what to publish, and where to go on after it.
struct Scored {
    posts: Vec<AnnotatedPost>,
    rejects: Vec<Reject>,
    next: Vec<Position>,
}

async fn score(
    annotator: Annotator,
    mut batches: mpsc::Receiver<Vec<Record>>,
    next: mpsc::Sender<Scored>,
) -> Result<(), Error> {
    while let Some(records) = batches.recv().await {
        let annotator = annotator.clone();
        let started = Instant::now();
        let (scored, tokens) = tokio::task::spawn_blocking(move || score_batch(&annotator, &records)).await??;
        metrics::scored(scored.posts.len(), tokens, started.elapsed().as_secs_f64());
        if next.send(scored).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn score_batch(annotator: &Annotator, records: &[Record]) -> Result<(Scored, usize), Error> {
    let (events, rejects) = decode(records);
    let (posts, tokens) = annotator.annotate_events(events)?;
    Ok((Scored { posts, rejects, next: next_positions(records) }, tokens))
}

/// Post events, and a reject for each record that is none.
fn decode(records: &[Record]) -> (Vec<PostEvent>, Vec<Reject>) {
    let (mut events, mut rejects) = (Vec::with_capacity(records.len()), Vec::new());
    for record in records {
        match log::decode_event(&record.payload) {
            Ok(event) => events.push(event),
            Err(error) => {
                metrics::undecodable();
                let place = (record.topic.as_str(), record.partition, record.offset);
                rejects.push(Reject::undecodable(place, record.timestamp_ms, &error));
            }
        }
    }
    (events, rejects)
}

async fn publish(consumer: &Consumer, producer: &Producer, mut batches: mpsc::Receiver<Scored>) -> Result<(), Error> {
    while let Some(scored) = batches.recv().await {
        let posts = scored.posts.iter().map(|post| {
            let headers = EventHeaders::new(post.event.event_id.to_string(), EVENT_SOURCE, log::ANNOTATED_POST_TYPE);
            OutRecord::new(log::ANNOTATED_TOPIC, post.event.post_key.to_string(), log::encode_annotated(post))
                .with_headers(headers.to_headers())
        });
        let rejects = scored.rejects.iter().map(|reject| {
            let headers = EventHeaders::new(reject.event_id.to_string(), EVENT_SOURCE, log::REJECT_TYPE);
            OutRecord::new(log::REJECTS_TOPIC, reject.event_id.to_string(), log::encode_reject(reject))
                .with_headers(headers.to_headers())
        });
        producer.send_all(posts.chain(rejects).collect()).await?;
        consumer.commit(&scored.next).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{decode, log};
    use tidemark_log::Record;

    #[test]
    fn a_record_that_is_no_event_becomes_a_reject_without_its_bytes() {
        let record = Record {
            topic: "tidemark.posts".into(),
            partition: 2,
            offset: 9,
            key: Vec::new().into(),
            payload: b"not protobuf".to_vec().into(),
            headers: Vec::new(),
            timestamp_ms: 1_700_000_000_000,
        };
        let (events, rejects) = decode(std::slice::from_ref(&record));
        assert!(events.is_empty());
        let sent = log::encode_reject(&rejects[0]);
        assert!(!sent.windows(12).any(|bytes| bytes == b"not protobuf"), "they are on the posts topic");
        // Read again after a crash, it is the same reject.
        assert_eq!(decode(&[record]).1[0].event_id, rejects[0].event_id);
    }
}
