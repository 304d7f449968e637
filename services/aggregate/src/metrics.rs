//! What is counted, declared once. Labels come from closed sets.

use crate::index::Disposition;

/// A record was given its disposition.
pub(crate) fn decided(disposition: Disposition, count: usize) {
    metrics::counter!("tidemark_aggregate_records_total", "disposition" => disposition.code()).increment(count as u64);
}

/// A post that was accepted counts in no series, being a `repost` or a `link` alone. Copies are told within a period.
pub(crate) fn left_out(kind: &'static str) {
    metrics::counter!("tidemark_aggregate_left_out_total", "kind" => kind).increment(1);
}

/// Records came a second time and were dropped.
pub(crate) fn redelivered(count: usize) {
    metrics::counter!("tidemark_aggregate_redelivered_total").increment(count as u64);
}

/// A record of the log was not what its topic says.
pub(crate) fn undecodable() {
    metrics::counter!("tidemark_aggregate_undecodable_total").increment(1);
}

/// A commit was made.
pub(crate) fn committed(seconds: f64) {
    metrics::histogram!("tidemark_aggregate_commit_seconds").record(seconds);
}

/// Series were recomputed.
pub(crate) fn refreshed(days: usize, cells: usize, seconds: f64) {
    metrics::counter!("tidemark_aggregate_days_recomputed_total").increment(days as u64);
    metrics::counter!("tidemark_aggregate_cells_issued_total").increment(cells as u64);
    metrics::histogram!("tidemark_aggregate_refresh_seconds").record(seconds);
}
