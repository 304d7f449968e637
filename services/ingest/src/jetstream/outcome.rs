//! What a frame means for us: a post event, a reject, or nothing. Pure.

use super::frame::{Body, Commit, Frame, Standing};
use super::{POST_COLLECTION, SOURCE};
use crate::language;
use crate::mask::SpanKind;
use crate::normalise::{author_post_key, checked_time, read_text};
use crate::pseudonym::Pseudonymiser;
use crate::record::Fault;
use crate::sink::Outcome;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tidemark_domain::RejectReason::{Malformed, MissingField, WrongType};
use tidemark_domain::{EventId, Language, Operation, PostEvent, PostKey, Wording};
use tidemark_wire::log::Reject;

/// A client may claim that a post is this much older than the server's sight of it, in days …
const OLDEST_CLAIM_DAYS: i64 = 7;
/// … and this much younger, in minutes. Claims beyond are moved to these bounds.
const YOUNGEST_CLAIM_MINUTES: i64 = 5;
const HOURS_PER_DAY: i64 = 24;

/// What all frames of a stream have in common.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    /// The deployment's secret.
    pub pseudonymiser: &'a Pseudonymiser,
    /// When the frame is read.
    pub now: Timestamp,
}

/// A post's record. Everything but the text may be missing or odd without costing us the post.
#[derive(Deserialize)]
struct FeedPost<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow, rename = "createdAt")]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    langs: Option<&'a RawValue>,
    #[serde(borrow)]
    facets: Option<&'a RawValue>,
    #[serde(borrow)]
    reply: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Facet {
    index: ByteSpan,
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct ByteSpan {
    #[serde(rename = "byteStart")]
    start: usize,
    #[serde(rename = "byteEnd")]
    end: usize,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(rename = "$type")]
    kind: String,
}

#[derive(Deserialize)]
struct Reply {
    root: Reference,
    parent: Reference,
}

#[derive(Deserialize)]
struct Reference {
    uri: String,
}

fn lenient<T: DeserializeOwned>(value: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(value?.get()).ok()
}

/// What `frame` means. `None`: nothing (an identity, another record type, an account that is active or may be again).
#[must_use]
pub fn outcome(frame: &Frame<'_>, stream: &Stream<'_>) -> Option<Outcome> {
    match &frame.body {
        Body::Commit(commit) if commit.collection == POST_COLLECTION => Some(of_commit(frame, commit, stream)),
        Body::Account { standing: Standing::Deleted, revision } => {
            let author = stream.pseudonymiser.author(SOURCE, &frame.did);
            let operation = Operation::DeleteAuthor;
            // The id is made of the pseudonym: one made of the account could be found by trying accounts.
            let event_id = EventId::of_stream(SOURCE, &author.to_string(), operation.code(), revision);
            Some(Ok(event(event_id, author_post_key(SOURCE, author), operation, frame, stream)))
        }
        _ => None,
    }
}

/// The reject of a text that is no frame.
#[must_use]
pub(super) fn malformed(raw: &[u8], fault: Fault, now: Timestamp) -> Reject {
    let digest = blake3::hash(raw).to_hex();
    reject(EventId::of_stream(SOURCE, &digest, Malformed.code(), ""), fault, now)
}

fn reject(event_id: EventId, fault: Fault, now: Timestamp) -> Reject {
    Reject {
        event_id,
        source: SOURCE.to_owned(),
        run_id: SOURCE.to_owned(),
        row: 0,
        reason: fault.reason,
        detail: fault.detail.into_owned(),
        observed_at: now,
    }
}

/// An event without a text, at the server's time.
fn event(
    event_id: EventId,
    post_key: PostKey,
    operation: Operation,
    frame: &Frame<'_>,
    stream: &Stream<'_>,
) -> PostEvent {
    PostEvent {
        event_id,
        post_key,
        source: SOURCE.to_owned(),
        run_id: SOURCE.to_owned(),
        operation,
        author: Some(stream.pseudonymiser.author(SOURCE, &frame.did)),
        created_at: frame.time,
        observed_at: stream.now,
        language: Language::Other,
        text: String::new(),
        region: None,
        community: None,
        parent: None,
        conversation: None,
        is_bot_hint: false,
        // A record names the post that it answers and does not hold its text.
        parent_text: None,
        topic: None,
        wording: None,
    }
}

// A reject is as large as an event, which is what the other side carries.
#[allow(clippy::result_large_err)]
fn of_commit(frame: &Frame<'_>, commit: &Commit<'_>, stream: &Stream<'_>) -> Outcome {
    let post_key = stream.pseudonymiser.post(SOURCE, &commit.native_id(&frame.did));
    let event_id = EventId::of_stream(SOURCE, &post_key.to_string(), &commit.operation, &commit.revision);
    let operation = match commit.operation.as_str() {
        "create" => Ok(Operation::Create),
        "update" => Ok(Operation::Update),
        "delete" => Ok(Operation::DeletePost),
        _ => Err(Fault::new(WrongType, "the operation is none of create, update, delete")),
    };
    operation
        .and_then(|operation| {
            let bare = event(event_id, post_key, operation, frame, stream);
            if operation == Operation::DeletePost { Ok(bare) } else { with_record(bare, frame, commit, stream) }
        })
        .and_then(|event| checked_time(event.created_at, stream.now).map(|_| event))
        .map_err(|fault| reject(event_id, fault, stream.now))
}

fn with_record(
    bare: PostEvent,
    frame: &Frame<'_>,
    commit: &Commit<'_>,
    stream: &Stream<'_>,
) -> Result<PostEvent, Fault> {
    let record = commit.record.ok_or_else(|| Fault::new(MissingField, "the frame has no record"))?;
    let post: FeedPost<'_> =
        serde_json::from_str(record.get()).map_err(|_| Fault::new(WrongType, "the record is no object"))?;
    let text = post.text.ok_or_else(|| Fault::new(MissingField, "the record has no text"))?;
    let text: String =
        serde_json::from_str(text.get()).map_err(|_| Fault::new(WrongType, "the record's text is no text"))?;
    let facets: Vec<Facet> = lenient(post.facets).unwrap_or_default();
    let text = read_text(&text, &spans(&facets))?;
    let langs: Vec<String> = lenient(post.langs).unwrap_or_default();
    let hint = match langs.as_slice() {
        [one] => Some(one.as_str()),
        // Several languages say that the author writes them, not which this is.
        _ => None,
    };
    let reply: Option<Reply> = lenient(post.reply);
    Ok(PostEvent {
        created_at: claimed_time(lenient::<String>(post.created_at).as_deref(), frame.time),
        language: language::detect(&text, hint),
        wording: Wording::of(&text, |own| stream.pseudonymiser.wording(SOURCE, own)),
        text,
        parent: reply.as_ref().map(|reply| stream.pseudonymiser.post(SOURCE, &reply.parent.uri)),
        conversation: reply.as_ref().map(|reply| stream.pseudonymiser.post(SOURCE, &reply.root.uri)),
        ..bare
    })
}

fn spans(facets: &[Facet]) -> Vec<(usize, usize, SpanKind)> {
    let kind = |facet: &Facet| {
        facet.features.iter().find_map(|feature| match feature.kind.rsplit('#').next() {
            Some("mention") => Some(SpanKind::Person),
            Some("link") => Some(SpanKind::Link),
            _ => None,
        })
    };
    facets.iter().filter_map(|facet| Some((facet.index.start, facet.index.end, kind(facet)?))).collect()
}

/// The client's claim, moved into what the server's clock lets believe; the server's time where there is none.
fn claimed_time(claim: Option<&str>, seen: Timestamp) -> Timestamp {
    let earliest = seen.saturating_sub(SignedDuration::from_hours(OLDEST_CLAIM_DAYS * HOURS_PER_DAY));
    let latest = seen.saturating_add(SignedDuration::from_mins(YOUNGEST_CLAIM_MINUTES));
    let claimed: Option<Timestamp> = claim.and_then(|claim| claim.parse().ok());
    match (claimed, earliest, latest) {
        (Some(claimed), Ok(earliest), Ok(latest)) => claimed.clamp(earliest, latest),
        _ => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Message;
    use super::super::v1::parse_v1;
    use super::{Stream, outcome};
    use crate::pseudonym::Pseudonymiser;
    use crate::sink::Outcome;
    use tidemark_domain::{Language, Operation, PostEvent, RejectReason};

    const SEEN_US: i64 = 1_783_175_888_090_631;

    fn of(text: &str) -> Option<Outcome> {
        let Ok(Message::Event(frame)) = parse_v1(text) else { panic!("a frame") };
        let pseudonymiser = Pseudonymiser::new(&[7; 32]);
        let now = "2026-11-21T10:00:00Z".parse().expect("a time");
        outcome(&frame, &Stream { pseudonymiser: &pseudonymiser, now })
    }

    fn commit(operation: &str, record: &str) -> String {
        let record = if record.is_empty() { String::new() } else { format!(",\"record\":{record}") };
        format!(
            r#"{{"did":"did:plc:a","time_us":{SEEN_US},"kind":"commit","commit":{{"rev":"3m","operation":"{operation}","collection":"app.bsky.feed.post","rkey":"k"{record}}}}}"#
        )
    }

    fn created(record: &str) -> PostEvent {
        of(&commit("create", record)).expect("something").expect("a post")
    }

    #[test]
    fn a_post_is_masked_by_its_facets_and_knows_its_place_in_the_conversation() {
        let event = created(
            r##"{"$type":"app.bsky.feed.post","createdAt":"2026-07-04T14:38:06.240Z","langs":["es"],
            "text":"é Ana, mirá example.com/… #x","facets":[
            {"features":[{"$type":"app.bsky.richtext.facet#mention","did":"did:plc:b"}],"index":{"byteStart":3,"byteEnd":6}},
            {"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"x"}],"index":{"byteStart":30,"byteEnd":32}}],
            "reply":{"root":{"cid":"c","uri":"at://r"},"parent":{"cid":"c","uri":"at://p"}}}"##,
        );
        assert_eq!(event.text, "é @user, mirá http… #x");
        assert_eq!(event.language, Language::Spanish);
        assert_eq!(event.post_key, Pseudonymiser::new(&[7; 32]).post("bluesky", "at://did:plc:a/app.bsky.feed.post/k"));
        assert_eq!(event.parent, Some(Pseudonymiser::new(&[7; 32]).post("bluesky", "at://p")));
        assert_eq!(event.conversation, Some(Pseudonymiser::new(&[7; 32]).post("bluesky", "at://r")));
        assert_eq!(event.parent_text, None, "the record does not hold it");
        assert_eq!(event.created_at.to_string(), "2026-07-04T14:38:06.24Z");
        assert_eq!(event.operation, Operation::Create);
    }

    #[test]
    fn the_clients_clock_is_believed_within_bounds() {
        let at = |claim: &str| created(&format!(r#"{{"text":"a b","createdAt":{claim}}}"#)).created_at.as_microsecond();
        assert_eq!(at(r#""2015-01-01T00:00:00Z""#), SEEN_US - 7 * 86_400_000_000);
        assert_eq!(at(r#""2030-01-01T00:00:00Z""#), SEEN_US + 300_000_000);
        assert_eq!(at(r#""some day""#), SEEN_US);
        assert_eq!(at("5"), SEEN_US);
    }

    #[test]
    fn optional_parts_may_be_odd_and_the_text_may_not() {
        let event = created(r#"{"text":"so tired of this","langs":7,"facets":{"a":1},"reply":[]}"#);
        assert_eq!((event.text.as_str(), event.parent), ("so tired of this", None));
        for (record, reason) in [
            ("", RejectReason::MissingField),
            ("{}", RejectReason::MissingField),
            ("7", RejectReason::WrongType),
            (r#"{"text":7}"#, RejectReason::WrongType),
            (r#"{"text":""}"#, RejectReason::EmptyText),
        ] {
            let reject = of(&commit("create", record)).expect("something").expect_err("a reject");
            assert_eq!(reject.reason, reason, "{record}");
        }
        assert_eq!(of(&commit("explode", "{}")).expect("something").expect_err("one").reason, RejectReason::WrongType);
    }

    #[test]
    fn deletions_and_edits_share_the_posts_key_and_differ_in_their_id() {
        let create = created(r#"{"text":"x"}"#);
        let update = of(&commit("update", r#"{"text":"y"}"#)).expect("something").expect("an edit");
        let delete = of(&commit("delete", "")).expect("something").expect("a deletion");
        assert_eq!((update.operation, delete.operation), (Operation::Update, Operation::DeletePost));
        assert!(create.post_key == update.post_key && create.post_key == delete.post_key);
        assert!(create.event_id != update.event_id && create.event_id != delete.event_id);
        assert_eq!(create.author, delete.author);
        assert_eq!(of(&commit("delete", "")).expect("something").expect("again").event_id, delete.event_id);
    }

    #[test]
    fn only_an_account_that_is_deleted_takes_its_posts_with_it() {
        let account = |standing: &str| {
            of(&format!(
                r#"{{"did":"did:plc:a","time_us":{SEEN_US},"kind":"account","account":{{{standing},"did":"did:plc:a","seq":5}}}}"#
            ))
        };
        let gone = account(r#""active":false,"status":"deleted""#).expect("something").expect("a deletion");
        assert_eq!(gone.operation, Operation::DeleteAuthor);
        assert_eq!(gone.author, created(r#"{"text":"x"}"#).author);
        for status in ["takendown", "suspended", "deactivated", "desynchronized", "throttled", "novel"] {
            assert!(account(&format!(r#""active":false,"status":"{status}""#)).is_none(), "{status}");
        }
        assert!(account(r#""active":false"#).is_none());
        assert!(account(r#""active":true"#).is_none());
    }
}
