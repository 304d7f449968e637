//! What can be set.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use tidemark_model::Device;

/// Settings of the annotate role: `[annotate]` in the configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Folder of the model; the one shipped with the program where absent.
    pub model_dir: Option<PathBuf>,
    /// Folder of lexica of one's own, beside the bundled ones; `DATA/lexica` where absent.
    pub lexica_dir: Option<PathBuf>,
    /// Folder of models of one's own, beside the one that ships; `DATA/models` where absent.
    pub models_dir: Option<PathBuf>,
    /// Score with lexica only: no model is loaded, one's own neither.
    pub lexica_only: bool,
    /// A batch closes when it holds this many posts…
    pub batch_posts_max: usize,
    /// …or when its first post has waited this long, in milliseconds.
    pub batch_age_ms_max: u64,
    /// What the model runs on: `cpu`, `cuda` or `tensorrt`.
    pub device: Device,
    /// Threads that infer on the processor; 0 takes every core.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model_dir: None,
            lexica_dir: None,
            models_dir: None,
            lexica_only: false,
            batch_posts_max: 512,
            batch_age_ms_max: 200,
            device: Device::Cpu,
            threads: 0,
        }
    }
}
