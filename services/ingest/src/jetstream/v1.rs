//! Frames of Jetstream v1.

use super::frame::{Body, Commit, Frame, Message, Standing};
use crate::record::Fault;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use tidemark_domain::RejectReason::{BadTime, Malformed};

#[derive(Deserialize)]
struct WireFrame<'a> {
    did: String,
    time_us: u64,
    kind: String,
    #[serde(borrow)]
    commit: Option<WireCommit<'a>>,
    account: Option<WireAccount>,
}

#[derive(Deserialize)]
pub(super) struct WireCommit<'a> {
    pub(super) rev: String,
    pub(super) operation: String,
    pub(super) collection: String,
    pub(super) rkey: String,
    #[serde(borrow)]
    pub(super) record: Option<&'a RawValue>,
}

impl<'a> From<WireCommit<'a>> for Commit<'a> {
    fn from(wire: WireCommit<'a>) -> Self {
        Self {
            revision: wire.rev,
            operation: wire.operation,
            collection: wire.collection,
            record_key: wire.rkey,
            record: wire.record,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct WireAccount {
    pub(super) active: bool,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) seq: Option<u64>,
}

impl WireAccount {
    /// The upstream sequence number, else the frame's own position.
    pub(super) fn body(self, position: u64) -> Body<'static> {
        Body::Account {
            standing: Standing::read(self.active, self.status.as_deref()),
            revision: self.seq.unwrap_or(position).to_string(),
        }
    }
}

/// Reads one frame of v1.
///
/// # Errors
/// A [`Fault`] where it is none.
pub fn parse_v1(text: &str) -> Result<Message<'_>, Fault> {
    let wire: WireFrame<'_> = serde_json::from_str(text).map_err(|fault| malformed(&fault))?;
    let microseconds = i64::try_from(wire.time_us).unwrap_or(i64::MAX);
    let time = Timestamp::from_microsecond(microseconds)
        .map_err(|_| Fault::new(BadTime, "`time_us` lies beyond the calendar"))?;
    let body = match (wire.kind.as_str(), wire.commit, wire.account) {
        ("commit", Some(commit), _) => Body::Commit(commit.into()),
        ("account", _, Some(account)) => account.body(wire.time_us),
        ("commit" | "account", ..) => return Err(Fault::new(Malformed, "the frame lacks what its kind promises")),
        ("identity", ..) => Body::Identity,
        ("sync", ..) => Body::Sync,
        _ => Body::Unknown,
    };
    Ok(Message::Event(Frame { position: wire.time_us, time, did: wire.did, body }))
}

/// Says where the frame stops making sense. The parser's own words may quote it.
pub(super) fn malformed(fault: &serde_json::Error) -> Fault {
    let what = if fault.is_data() { "a field is missing or of another type" } else { "the frame is not JSON" };
    Fault::new(Malformed, format!("{what}; see its byte {}", fault.column()))
}

#[cfg(test)]
mod tests {
    use super::super::frame::{Body, Message};
    use super::parse_v1;
    use tidemark_domain::RejectReason;

    fn body(text: &str) -> String {
        match parse_v1(text).expect("a frame") {
            Message::Event(frame) => match frame.body {
                Body::Commit(commit) => format!(
                    "{} {} {} {}",
                    commit.operation,
                    commit.native_id(&frame.did),
                    commit.revision,
                    commit.record.is_some()
                ),
                Body::Account { standing, revision } => format!("{standing:?} {revision}"),
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_documented_frame_is_read() {
        assert_eq!(
            body(
                r#"{"did":"did:plc:a","time_us":1783175888090631,"kind":"commit","commit":{"rev":"3m","operation":"create","collection":"app.bsky.feed.post","rkey":"k","record":{"text":"x"},"cid":"c"}}"#
            ),
            "create at://did:plc:a/app.bsky.feed.post/k 3m true"
        );
        assert_eq!(
            body(
                r#"{"did":"did:plc:a","time_us":1783175888377628,"kind":"commit","commit":{"rev":"3n","operation":"delete","collection":"app.bsky.feed.post","rkey":"k"}}"#
            ),
            "delete at://did:plc:a/app.bsky.feed.post/k 3n false"
        );
        assert_eq!(
            body(
                r#"{"did":"did:plc:a","time_us":7,"kind":"account","account":{"active":false,"did":"did:plc:a","seq":31527015471,"status":"deleted","time":"2026-07-04T14:38:07.877Z"}}"#
            ),
            "Deleted 31527015471"
        );
        assert_eq!(
            body(r#"{"did":"did:plc:a","time_us":7,"kind":"identity","identity":{"did":"did:plc:a"}}"#),
            "Identity"
        );
        assert_eq!(body(r#"{"did":"did:plc:a","time_us":7,"kind":"label","label":{}}"#), "Unknown");
    }

    #[test]
    fn what_is_no_frame_is_a_fault_that_does_not_quote_it() {
        for (text, reason) in [
            ("", RejectReason::Malformed),
            ("secret", RejectReason::Malformed),
            (r#"{"did":"secret","time_us":"secret","kind":"commit"}"#, RejectReason::Malformed),
            (r#"{"did":"secret","time_us":7,"kind":"commit"}"#, RejectReason::Malformed),
            (r#"{"did":"secret","time_us":18446744073709551615,"kind":"identity"}"#, RejectReason::BadTime),
        ] {
            let fault = parse_v1(text).expect_err("no frame");
            assert_eq!(fault.reason, reason, "{text}");
            assert!(!fault.detail.contains("secret"), "{}", fault.detail);
        }
    }
}
