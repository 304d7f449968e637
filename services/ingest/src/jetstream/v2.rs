//! Frames of Jetstream v2: the lexicon `network.bsky.jetstream.subscribeEvents` in an envelope of `xrpc.v1.json`.

use super::frame::{Body, Frame, Message};
use super::v1::{WireAccount, WireCommit, malformed};
use crate::record::Fault;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use tidemark_domain::RejectReason::Malformed;

/// The envelope. An error may say its code in the envelope or in the payload.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "$type")]
    kind: String,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "$type")]
    kind: Option<String>,
    /// Of `#info`.
    name: Option<String>,
    /// Of an error.
    error: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    seq: u64,
    did: String,
    time: Timestamp,
    account: Option<WireAccount>,
}

/// Reads one frame of v2.
///
/// # Errors
/// A [`Fault`] where it is none.
pub fn parse_v2(text: &str) -> Result<Message<'_>, Fault> {
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|fault| malformed(&fault))?;
    let payload = envelope.payload.map_or("{}", RawValue::get);
    let head: Kind = serde_json::from_str(payload).map_err(|fault| malformed(&fault))?;
    match envelope.kind.as_str() {
        "error" => {
            let code = envelope.error.or(head.error).or(head.name).unwrap_or_else(|| "unnamed".to_owned());
            return Ok(Message::Failure { code });
        }
        "message" => {}
        _ => return Ok(Message::Unknown),
    }
    let kind = head.kind.as_deref().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default();
    if kind == "info" {
        return Ok(Message::Info { name: head.name.unwrap_or_else(|| "unnamed".to_owned()) });
    }
    if !["commit", "account", "identity", "sync"].contains(&kind) {
        return Ok(Message::Unknown);
    }
    let event: Payload = serde_json::from_str(payload).map_err(|fault| malformed(&fault))?;
    let body = match (kind, event.account) {
        ("commit", _) => {
            let commit: WireCommit<'_> = serde_json::from_str(payload).map_err(|fault| malformed(&fault))?;
            Body::Commit(commit.into())
        }
        ("account", Some(account)) => account.body(event.seq),
        ("account", None) => return Err(Fault::new(Malformed, "the frame lacks what its kind promises")),
        ("sync", _) => Body::Sync,
        _ => Body::Identity,
    };
    Ok(Message::Event(Frame { position: event.seq, time: event.time, did: event.did, body }))
}

#[cfg(test)]
mod tests {
    use super::super::frame::{Body, Message, Standing};
    use super::parse_v2;

    fn message(kind: &str, rest: &str) -> String {
        format!(
            r##"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#{kind}",{rest}}}}}"##
        )
    }

    #[test]
    fn every_documented_frame_is_read() {
        let text = message(
            "commit",
            r#""seq":42,"did":"did:plc:a","time":"2026-07-04T14:38:08.090631Z","rev":"3m","operation":"create","collection":"app.bsky.feed.post","rkey":"k","record":{"text":"x"},"cid":"c""#,
        );
        let Ok(Message::Event(frame)) = parse_v2(&text) else { panic!("an event") };
        assert_eq!((frame.position, frame.time.as_microsecond()), (42, 1_783_175_888_090_631));
        let Body::Commit(commit) = frame.body else { panic!("a commit") };
        assert_eq!(commit.native_id(&frame.did), "at://did:plc:a/app.bsky.feed.post/k");
        assert_eq!(commit.record.expect("a record").get(), r#"{"text":"x"}"#);

        let text = message(
            "account",
            r#""seq":43,"did":"did:plc:a","time":"2026-07-04T14:38:08Z","account":{"active":false,"did":"did:plc:a","seq":9,"status":"takendown"}"#,
        );
        let Ok(Message::Event(frame)) = parse_v2(&text) else { panic!("an event") };
        let Body::Account { standing, revision } = frame.body else { panic!("an account") };
        assert_eq!((standing, revision.as_str()), (Standing::Paused("takendown"), "9"));

        let text = message("identity", r#""seq":44,"did":"d","time":"2026-07-04T14:38:08Z","identity":{}"#);
        assert!(matches!(parse_v2(&text), Ok(Message::Event(frame)) if matches!(frame.body, Body::Identity)));
        let text = message("info", r#""name":"OutdatedCursor","message":"older""#);
        assert!(matches!(parse_v2(&text), Ok(Message::Info { name }) if name == "OutdatedCursor"));
        assert!(matches!(parse_v2(&message("novelty", r#""seq":1"#)), Ok(Message::Unknown)));
    }

    #[test]
    fn errors_say_their_code_wherever_it_stands() {
        for text in [
            r#"{"$type":"error","error":"ConsumerTooSlow","message":"x"}"#,
            r#"{"$type":"error","payload":{"error":"ConsumerTooSlow"}}"#,
            r#"{"$type":"error","payload":{"name":"ConsumerTooSlow"}}"#,
        ] {
            assert!(matches!(parse_v2(text), Ok(Message::Failure { code }) if code == "ConsumerTooSlow"), "{text}");
        }
    }

    #[test]
    fn what_is_no_frame_is_a_fault() {
        for text in ["", "[]", r#"{"$type":"message","payload":7}"#, &message("commit", r#""seq":42"#)] {
            assert!(parse_v2(text).is_err(), "{text}");
        }
    }
}
