//! What can be set.

use crate::rule::{Rule, Threshold};
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
