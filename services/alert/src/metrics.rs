//! What is counted, declared once. Labels come from closed sets.

/// Rules were evaluated over so many series.
pub(crate) fn evaluated(series: usize) {
    metrics::counter!("tidemark_alert_evaluations_total").increment(series as u64);
}

/// An episode was raised or resolved.
pub(crate) fn changed(state: &'static str) {
    metrics::counter!("tidemark_alert_changes_total", "state" => state).increment(1);
}

/// Signals of a kind were written.
pub(crate) fn signalled(kind: &'static str, signals: usize) {
    metrics::counter!("tidemark_alert_signals_total", "kind" => kind).increment(signals as u64);
}

/// A notice could not be delivered after every attempt.
pub(crate) fn undelivered() {
    metrics::counter!("tidemark_alert_undelivered_total").increment(1);
}
