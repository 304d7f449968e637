//! What is counted, declared once. Labels come from closed sets.

/// Rules were evaluated over so many series.
pub(crate) fn evaluated(series: usize) {
    metrics::counter!("tidemark_alert_evaluations_total").increment(series as u64);
}

/// An episode was raised or resolved.
pub(crate) fn changed(state: &'static str) {
    metrics::counter!("tidemark_alert_changes_total", "state" => state).increment(1);
}

/// A notice could not be delivered after every attempt.
pub(crate) fn undelivered() {
    metrics::counter!("tidemark_alert_undelivered_total").increment(1);
}
