//! What the doors measure, and where every role's measurements are read.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{sync::OnceLock, time::Duration};

const REQUESTS: &str = "tidemark_serve_requests_total";
const SECONDS: &str = "tidemark_serve_request_seconds";

/// The process's metrics. The first call installs them as the recorder of the `metrics` facade, so that a program
/// calls it before its roles start; where another recorder is installed already, `/metrics` stays empty.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if ::metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed: /metrics will be empty");
        }
        ::metrics::describe_counter!(REQUESTS, "Requests answered, by door, address pattern and outcome");
        ::metrics::describe_histogram!(
            SECONDS,
            ::metrics::Unit::Seconds,
            "Time to answer, by door and address pattern"
        );
        handle
    })
}

/// Counts one answer. `place` is a pattern of ours, never what the caller sent.
pub(crate) fn answered(door: &'static str, place: String, outcome: String, took: Duration) {
    ::metrics::counter!(REQUESTS, "door" => door, "place" => place.clone(), "outcome" => outcome).increment(1);
    ::metrics::histogram!(SECONDS, "door" => door, "place" => place).record(took.as_secs_f64());
}
