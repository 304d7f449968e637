//! What can be set.

use crate::rule::Rule;
use serde::{Deserialize, Serialize};

/// Settings of the alert role: `[alert]` in the configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The rules. Given in the file, they replace the defaults.
    pub rules: Vec<Rule>,
    /// Where notices are posted as JSON.
    pub webhook: Option<String>,
    /// Seconds between evaluations.
    pub interval_s: u64,
}

/// Markers watched where the configuration names no rules.
const WATCHED: [&str; 6] = [
    "lexicon.mh.anxiety",
    "lexicon.mh.depression",
    "lexicon.mh.stress",
    "lexicon.mh.suicide_selfharm",
    "lexicon.mh.loneliness",
    "mh.stress",
];

impl Default for Settings {
    fn default() -> Self {
        Self { rules: WATCHED.map(Rule::on).to_vec(), webhook: None, interval_s: 10 }
    }
}
