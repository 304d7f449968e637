//! The numbers this role publishes. None carries text, handles or ids.

use metrics::{counter, gauge};
use tidemark_domain::RejectReason;

pub(crate) fn accepted(source: &str, rows: u64) {
    counter!("tidemark_ingest_events_total", "source" => source.to_owned()).increment(rows);
}

pub(crate) fn rejected(source: &str, reason: RejectReason, rows: u64) {
    counter!("tidemark_ingest_rejects_total", "source" => source.to_owned(), "reason" => reason.code()).increment(rows);
}

pub(crate) fn rows(source: &str, rows: u64) {
    counter!("tidemark_ingest_rows_total", "source" => source.to_owned()).increment(rows);
}

pub(crate) fn frame(kind: &'static str) {
    counter!("tidemark_ingest_frames_total", "kind" => kind).increment(1);
}

/// An account that is not shown for now; its posts are kept.
pub(crate) fn paused_account(status: &'static str) {
    counter!("tidemark_ingest_paused_accounts_total", "status" => status).increment(1);
}

pub(crate) fn reconnect(cause: &'static str) {
    counter!("tidemark_ingest_reconnects_total", "cause" => cause).increment(1);
}

pub(crate) fn gap(seconds: f64) {
    counter!("tidemark_ingest_gaps_total").increment(1);
    gauge!("tidemark_ingest_last_gap_seconds").set(seconds);
}

pub(crate) fn stream_time(unix_seconds: f64) {
    gauge!("tidemark_ingest_stream_time_seconds").set(unix_seconds);
}
