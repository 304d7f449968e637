//! A frame that was rejected, read once more.

use super::frame::Message;
use super::outcome::{Stream, outcome};
use super::{Version, parse_v1, parse_v2};
use crate::normalise::Run;
use crate::record::Fault;
use tidemark_domain::RejectReason::{InvalidUtf8, Malformed};
use tidemark_domain::{EventId, PostEvent};

/// The event that a frame kept in a rejects file is, as one of `run`. Its id is a new one: the sink has seen that of the
/// reject, and would take the event for the same.
///
/// # Errors
/// A [`Fault`] where the frame is still no event of ours.
pub(crate) fn replay(raw: &[u8], version: Version, event_id: EventId, run: &Run<'_>) -> Result<PostEvent, Fault> {
    let text = std::str::from_utf8(raw).map_err(|_| Fault::new(InvalidUtf8, "the frame is not UTF-8"))?;
    let message = match version {
        Version::V1 => parse_v1(text),
        Version::V2 => parse_v2(text),
    }?;
    let Message::Event(frame) = message else { return Err(no_post()) };
    match outcome(&frame, &Stream { pseudonymiser: run.pseudonymiser, now: run.now }) {
        Some(Ok(event)) => Ok(PostEvent { event_id, run_id: run.run_id.to_owned(), ..event }),
        Some(Err(reject)) => Err(Fault::new(reject.reason, reject.detail)),
        None => Err(no_post()),
    }
}

const fn no_post() -> Fault {
    Fault { reason: Malformed, detail: std::borrow::Cow::Borrowed("the frame says nothing about a post") }
}
