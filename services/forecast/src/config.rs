//! What can be set.

use serde::{Deserialize, Serialize};
use tidemark_surveillance::model::DEFAULT_HISTORY_DAYS;

/// Settings of the forecast role: `[forecast]` in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Markers whose series are forecast, in every source and region that has them; `all` stands for every marker.
    pub markers: Vec<String>,
    /// Days ahead.
    pub horizon_days: u16,
    /// Days of history a model sees, at most.
    pub history_days: u32,
    /// Seconds between looks at the lake.
    pub interval_s: u64,
}

/// Markers forecast where the configuration names none: those people ask for first.
const HEADLINES: [&str; 14] = [
    "mh.stress",
    "mh.depression",
    "mh.anxiety",
    "mh.suicide_selfharm",
    "mh.ptsd",
    "loneliness.is_lonely",
    "sentiment.negative",
    "lexicon.mh.anxiety",
    "lexicon.mh.depression",
    "lexicon.mh.loneliness",
    "lexicon.mh.stress",
    "lexicon.mh.suicide_selfharm",
    "emotion.goemotions.fear",
    "emotion.goemotions.sadness",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            markers: HEADLINES.map(str::to_owned).to_vec(),
            horizon_days: 14,
            history_days: u32::try_from(DEFAULT_HISTORY_DAYS).unwrap_or(u32::MAX),
            interval_s: 10,
        }
    }
}

impl Settings {
    /// Whether a marker's series are forecast.
    #[must_use]
    pub fn covers(&self, marker: &str) -> bool {
        self.markers.iter().any(|wanted| wanted == marker || wanted == tidemark_domain::series::ALL)
    }
}
