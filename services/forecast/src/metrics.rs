//! What is counted, declared once. Labels come from closed sets.

use crate::due::Skip;

/// Forecasts were issued, and it took so long to fit and write them.
pub(crate) fn issued(series: usize, seconds: f64) {
    metrics::counter!("tidemark_forecast_issued_total").increment(series as u64);
    metrics::histogram!("tidemark_forecast_turn_seconds").record(seconds);
}

/// Series were looked at and could not be forecast, for a reason.
pub(crate) fn skipped(reason: Skip, series: usize) {
    metrics::counter!("tidemark_forecast_skipped_total", "reason" => reason.code()).increment(series as u64);
}
