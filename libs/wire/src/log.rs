//! Protobuf of the log, to and from the domain.

use jiff::Timestamp;
use prost::Message;
use tidemark_domain::{
    AnnotatedPost, AuthorKey, EventId, Language, Operation, PostEvent, PostKey, Provenance, RejectReason, Score,
    Wording,
};

/// Generated from `schemas/proto/tidemark/v1/posts.proto`.
#[allow(missing_docs, clippy::doc_markdown)]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/tidemark.v1.rs"));
}

/// Topic of [`PostEvent`]s.
pub const POSTS_TOPIC: &str = "tidemark.posts";
/// Topic of [`AnnotatedPost`]s.
pub const ANNOTATED_TOPIC: &str = "tidemark.annotated";
/// Topic of [`Reject`]s.
pub const REJECTS_TOPIC: &str = "tidemark.rejects";

/// CloudEvents type of a [`PostEvent`].
pub const POST_EVENT_TYPE: &str = "tidemark.v1.PostEvent";
/// CloudEvents type of an [`AnnotatedPost`].
pub const ANNOTATED_POST_TYPE: &str = "tidemark.v1.AnnotatedPost";
/// CloudEvents type of a [`Reject`].
pub const REJECT_TYPE: &str = "tidemark.v1.Reject";

/// Why bytes from the log are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not protobuf of the expected message.
    #[error("not a valid protobuf message")]
    Protobuf(#[from] prost::DecodeError),
    /// A field is missing, or holds something the domain does not know.
    #[error("field `{0}` is missing or not valid")]
    Field(&'static str),
}

/// A record that could not become a post, without the record: that is in the rejects file of the ingest that read it,
/// where only its owner can read it, for it holds what somebody wrote and who they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Reject {
    /// The id the post's event would have had.
    pub event_id: EventId,
    /// Where it came from.
    pub source: String,
    /// The ingest run that read it.
    pub run_id: String,
    /// Line or row in the file, from 1; 0 for streams.
    pub row: u64,
    /// Why it was refused.
    pub reason: RejectReason,
    /// What was wrong with it, never what it says.
    pub detail: String,
    /// When it was read.
    pub observed_at: Timestamp,
}

impl Reject {
    /// What a record becomes that is not what its topic says. Its bytes stay on the log, at the place the id is made of.
    #[must_use]
    pub fn undecodable((topic, partition, offset): (&str, i32, i64), timestamp_ms: i64, error: &DecodeError) -> Self {
        let place = format!("{topic}/{partition}/{offset}");
        Self {
            event_id: EventId::of_stream(topic, &place, "undecodable", ""),
            source: topic.to_owned(),
            run_id: topic.to_owned(),
            row: 0,
            reason: RejectReason::Malformed,
            detail: error.to_string(),
            observed_at: Timestamp::from_millisecond(timestamp_ms).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }
}

fn sixteen(bytes: &[u8], field: &'static str) -> Result<[u8; 16], DecodeError> {
    bytes.try_into().map_err(|_| DecodeError::Field(field))
}

fn instant(microseconds: i64, field: &'static str) -> Result<Timestamp, DecodeError> {
    Timestamp::from_microsecond(microseconds).map_err(|_| DecodeError::Field(field))
}

fn event_to_proto(event: &PostEvent) -> proto::PostEvent {
    proto::PostEvent {
        event_id: event.event_id.0.to_vec(),
        post_key: event.post_key.0.to_vec(),
        source: event.source.clone(),
        run_id: event.run_id.clone(),
        operation: match event.operation {
            Operation::Create => proto::Operation::Create,
            Operation::Update => proto::Operation::Update,
            Operation::DeletePost => proto::Operation::DeletePost,
            Operation::DeleteAuthor => proto::Operation::DeleteAuthor,
        }
        .into(),
        author: event.author.map(|key| key.0.to_vec()),
        created_at_us: event.created_at.as_microsecond(),
        observed_at_us: event.observed_at.as_microsecond(),
        language: event.language.code().to_owned(),
        text: event.text.clone(),
        region: event.region.clone(),
        community: event.community.clone(),
        parent: event.parent.map(|key| key.0.to_vec()),
        conversation: event.conversation.map(|key| key.0.to_vec()),
        is_bot_hint: event.is_bot_hint,
        parent_text: event.parent_text.clone(),
        topic: event.topic.clone(),
        wording: event.wording.map(|wording| wording.to_string()),
    }
}

fn event_from_proto(event: proto::PostEvent) -> Result<PostEvent, DecodeError> {
    Ok(PostEvent {
        event_id: EventId(sixteen(&event.event_id, "event_id")?),
        post_key: PostKey(sixteen(&event.post_key, "post_key")?),
        operation: match event.operation() {
            proto::Operation::Unspecified => return Err(DecodeError::Field("operation")),
            proto::Operation::Create => Operation::Create,
            proto::Operation::Update => Operation::Update,
            proto::Operation::DeletePost => Operation::DeletePost,
            proto::Operation::DeleteAuthor => Operation::DeleteAuthor,
        },
        source: event.source,
        run_id: event.run_id,
        author: event.author.map(|key| sixteen(&key, "author").map(AuthorKey)).transpose()?,
        created_at: instant(event.created_at_us, "created_at_us")?,
        observed_at: instant(event.observed_at_us, "observed_at_us")?,
        language: Language::from_tag(&event.language),
        text: event.text,
        region: event.region,
        community: event.community,
        parent: event.parent.map(|key| sixteen(&key, "parent").map(PostKey)).transpose()?,
        conversation: event.conversation.map(|key| sixteen(&key, "conversation").map(PostKey)).transpose()?,
        is_bot_hint: event.is_bot_hint,
        parent_text: event.parent_text,
        topic: event.topic,
        wording: event.wording.as_deref().and_then(Wording::from_code),
    })
}

/// Encodes a post event for the log.
#[must_use]
pub fn encode_event(event: &PostEvent) -> Vec<u8> {
    event_to_proto(event).encode_to_vec()
}

/// Decodes a post event.
///
/// # Errors
/// [`DecodeError`] where the bytes are not a valid event.
pub fn decode_event(bytes: &[u8]) -> Result<PostEvent, DecodeError> {
    event_from_proto(proto::PostEvent::decode(bytes)?)
}

/// Encodes an annotated post for the log, without what was written: its text, the one that it answers, its topic.
#[must_use]
pub fn encode_annotated(post: &AnnotatedPost) -> Vec<u8> {
    let mut event = event_to_proto(&post.event);
    event.text.clear();
    (event.parent_text, event.topic) = (None, None);
    proto::AnnotatedPost {
        event: Some(event),
        scores: post
            .scores
            .iter()
            .map(|score| proto::MarkerScore {
                marker: score.marker.clone(),
                score: score.score,
                present: score.present,
            })
            .collect(),
        n_tokens: post.n_tokens,
        provenance: Some(proto::Provenance {
            model: post.provenance.model.clone(),
            lexicon: post.provenance.lexicon.clone(),
            code: post.provenance.code.clone(),
        }),
    }
    .encode_to_vec()
}

/// Decodes an annotated post.
///
/// # Errors
/// [`DecodeError`] where the bytes are not a valid annotated post.
pub fn decode_annotated(bytes: &[u8]) -> Result<AnnotatedPost, DecodeError> {
    let post = proto::AnnotatedPost::decode(bytes)?;
    let provenance = post.provenance.ok_or(DecodeError::Field("provenance"))?;
    Ok(AnnotatedPost {
        event: event_from_proto(post.event.ok_or(DecodeError::Field("event"))?)?,
        scores: post
            .scores
            .into_iter()
            .map(|score| Score { marker: score.marker, score: score.score, present: score.present })
            .collect(),
        n_tokens: post.n_tokens,
        provenance: Provenance { model: provenance.model, lexicon: provenance.lexicon, code: provenance.code },
    })
}

/// Encodes a reject for the log.
#[must_use]
pub fn encode_reject(reject: &Reject) -> Vec<u8> {
    proto::Reject {
        event_id: reject.event_id.0.to_vec(),
        source: reject.source.clone(),
        run_id: reject.run_id.clone(),
        row: reject.row,
        reason: reject.reason.code().to_owned(),
        detail: reject.detail.clone(),
        observed_at_us: reject.observed_at.as_microsecond(),
    }
    .encode_to_vec()
}

/// Decodes a reject.
///
/// # Errors
/// [`DecodeError`] where the bytes are not a valid reject.
pub fn decode_reject(bytes: &[u8]) -> Result<Reject, DecodeError> {
    let reject = proto::Reject::decode(bytes)?;
    Ok(Reject {
        event_id: EventId(sixteen(&reject.event_id, "event_id")?),
        source: reject.source,
        run_id: reject.run_id,
        row: reject.row,
        reason: RejectReason::from_code(&reject.reason).ok_or(DecodeError::Field("reason"))?,
        detail: reject.detail,
        observed_at: instant(reject.observed_at_us, "observed_at_us")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{decode_annotated, decode_event, decode_reject, encode_annotated, encode_event, encode_reject};
    use tidemark_domain::{
        AnnotatedPost, AuthorKey, EventId, Language, Operation, PostEvent, PostKey, Provenance, RejectReason, Score,
        Wording,
    };

    fn event() -> PostEvent {
        PostEvent {
            event_id: EventId::of_row("run", 7),
            post_key: PostKey::of("file", "7"),
            source: "file".into(),
            run_id: "run".into(),
            operation: Operation::Create,
            author: Some(AuthorKey([3; 16])),
            created_at: "2024-02-29T23:59:59.5Z".parse().expect("a time"),
            observed_at: "2024-03-01T00:00:01Z".parse().expect("a time"),
            language: Language::Spanish,
            text: "hoy todo cuesta".into(),
            region: Some("AR-B".into()),
            community: None,
            parent: Some(PostKey::of("file", "6")),
            conversation: None,
            is_bot_hint: true,
            parent_text: Some("¿cómo estás?".into()),
            topic: Some("inflación".into()),
            wording: Some(Wording::Digest(0x00c0_ffee)),
        }
    }

    #[test]
    fn events_round_trip() {
        assert_eq!(decode_event(&encode_event(&event())).expect("valid"), event());
    }

    #[test]
    fn annotated_posts_round_trip_without_what_was_written() {
        let mut post = AnnotatedPost {
            event: event(),
            scores: vec![Score { marker: "mh.stress".into(), score: 0.25, present: false }],
            n_tokens: 3,
            provenance: Provenance { model: "m".into(), lexicon: "l".into(), code: "c".into() },
        };
        let back = decode_annotated(&encode_annotated(&post)).expect("valid");
        post.event.text.clear();
        (post.event.parent_text, post.event.topic) = (None, None);
        assert_eq!(back, post);
    }

    #[test]
    fn an_event_without_what_came_later_is_byte_for_byte_what_it_was() {
        let event = PostEvent {
            event_id: EventId([1; 16]),
            post_key: PostKey([2; 16]),
            parent: Some(PostKey([4; 16])),
            text: "hola".into(),
            created_at: "1970-01-01T00:00:00.000005Z".parse().expect("a time"),
            observed_at: "1970-01-01T00:00:00.000006Z".parse().expect("a time"),
            parent_text: None,
            topic: None,
            wording: None,
            ..event()
        };
        // Tag, length and content of each field, as the schema before fields 16 to 18 had them.
        let bytes = [
            b"\x0a\x10\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01".as_slice(),
            b"\x12\x10\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02",
            b"\x1a\x04file\x22\x03run\x28\x01",
            b"\x32\x10\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03",
            b"\x38\x05\x40\x06\x4a\x02es\x52\x04hola\x5a\x04AR-B",
            b"\x6a\x10\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04",
            b"\x78\x01",
        ]
        .concat();
        assert_eq!(encode_event(&event), bytes);
        assert_eq!(decode_event(&bytes).expect("valid"), event);
        // What came later stands behind it, where a reader that does not know it passes over it.
        let with = PostEvent { parent_text: Some("¿y vos?".into()), wording: Some(Wording::Link), ..event };
        assert!(encode_event(&with).starts_with(&bytes));
    }

    #[test]
    fn rejects_round_trip() {
        let reject = super::Reject {
            event_id: EventId::of_row("run", 1),
            source: "file".into(),
            run_id: "run".into(),
            row: 1,
            reason: RejectReason::InvalidUtf8,
            detail: "byte 3".into(),
            observed_at: "2024-03-01T00:00:01Z".parse().expect("a time"),
        };
        assert_eq!(decode_reject(&encode_reject(&reject)).expect("valid"), reject);
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(decode_event(b"not protobuf").is_err());
        assert!(decode_event(b"").is_err());
    }
}
