//! The manifest: what a model consists of, how its windows are made, and what its heads mean.
//!
//! **Reads** `model.toml` and every file it lists. **Writes** nothing. **Guarantees** that what is handed on is byte for
//! byte what the manifest's hashes say, and that every head's lists fit its labels. **Does not** interpret the weights.
//!
//! The first form of `model.toml` holds heads that read a post alone and decide. Since then, all of it optional, so that
//! manifests of the first form are read as ever:
//! - `[pair]`: how windows hold a context, and how many tokens they keep for each kind;
//! - of a head, `pair` (the context it reads), `kind = "regression"` with `range` and without thresholds, `weak`,
//!   `probed`, `two_logits`, and `[[heads.per_language]]`, a language's own `thresholds`, `scale` and `shift`;
//! - of a head or a language's settings, `abstain` (binary: the scores between which it does not decide) and `abstain_below`
//!   (multiclass: the least probability of its likeliest label with which it decides);
//! - `batch_windows`, of a graph whose answers might depend on what is run beside a window.
//!
//! `training/` writes it for the model that ships, [`own`](crate::own) for a model of one's own.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::heads::{Head, Pair};
use crate::{ManifestFault, ModelError};

/// The manifest's file name.
pub(crate) const MANIFEST: &str = "model.toml";
/// The weights' file name.
pub(crate) const WEIGHTS: &str = "model.onnx";
/// The tokenizer's file name.
pub(crate) const TOKENIZER: &str = "tokenizer.json";

/// `model.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The model's name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Longest window, special tokens included.
    pub(crate) max_tokens: usize,
    /// Windows read of one post.
    pub(crate) max_windows: usize,
    /// Padded lengths are multiples of this.
    pub(crate) padding_multiple: usize,
    /// Windows run together at most, whatever the options say.
    #[serde(default)]
    pub(crate) batch_windows: Option<usize>,
    /// How the windows of a post become one answer.
    pub(crate) pooling: Pooling,
    /// Ids of the special tokens.
    pub(crate) tokens: SpecialTokens,
    /// How a post is read together with what it answers to. A model whose heads all read posts alone has none.
    pub(crate) pair: Option<Pairs>,
    /// The files beside the manifest.
    pub(crate) files: Vec<File>,
    /// The heads, in the order of the encoder's output.
    pub(crate) heads: Vec<Head>,
}

/// How the windows of a post become one answer. One way so far; a manifest that asks for another is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pooling {
    /// The mean of the windows' logits, each weighing as many tokens as it holds.
    TokenWeightedMeanOfLogits,
}

/// How a post is read together with its topic or its parent.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pairs {
    /// The order of the parts. One way so far; a manifest that asks for another is refused.
    #[serde(rename = "layout")]
    _layout: PairLayout,
    /// Tokens of a topic that every window has room for.
    topic: usize,
    /// Tokens of a parent that every window has room for.
    parent: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PairLayout {
    /// The context comes first, in every window, between two separators from the text.
    BeginContextEndEndTextEnd,
}

impl Pairs {
    /// Special tokens of a window that holds a context.
    pub(crate) const SPECIAL_TOKENS: usize = 4;

    /// Tokens of a context that every window has room for, however long the text is.
    pub(crate) fn budget(self, pair: Pair) -> usize {
        match pair {
            Pair::Topic => self.topic,
            Pair::Parent => self.parent,
        }
    }
}

/// Ids of the tokens that are no part of any text.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpecialTokens {
    pub(crate) begin: i64,
    pub(crate) end: i64,
    pub(crate) pad: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) sha256: String,
}

/// A model's files, verified.
pub(crate) struct Files {
    pub(crate) manifest: Manifest,
    /// SHA-256 of the manifest. The manifest names every other file's hash, so this one stands for all.
    pub(crate) hash: String,
    pub(crate) weights: (PathBuf, Vec<u8>),
    pub(crate) tokenizer: (PathBuf, Vec<u8>),
}

impl Files {
    pub(crate) fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join(MANIFEST);
        let bytes = read(&path)?;
        let manifest = Manifest::read(&path, &bytes)?;
        let mut weights = None;
        let mut tokenizer = None;
        for file in &manifest.files {
            let place = folder.join(&file.name);
            let content = read(&place)?;
            let found = hash(&content);
            if !found.eq_ignore_ascii_case(&file.sha256) {
                return Err(ModelError::Corrupt { path: place, expected: file.sha256.clone(), found });
            }
            match file.name.as_str() {
                WEIGHTS => weights = Some((place, content)),
                TOKENIZER => tokenizer = Some((place, content)),
                _ => {}
            }
        }
        let missing =
            |name| ModelError::Inconsistent { path: path.clone(), source: ManifestFault::MissingFile { name } };
        Ok(Self {
            hash: hash(&bytes),
            weights: weights.ok_or_else(|| missing(WEIGHTS))?,
            tokenizer: tokenizer.ok_or_else(|| missing(TOKENIZER))?,
            manifest,
        })
    }
}

impl Manifest {
    pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
        // A manifest that is not UTF-8 fails as TOML does, with the place.
        let manifest: Self = toml::from_str(&String::from_utf8_lossy(bytes))
            .map_err(|source| ModelError::Manifest { path: path.to_path_buf(), source })?;
        manifest.check().map_err(|source| ModelError::Inconsistent { path: path.to_path_buf(), source })?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestFault> {
        if self.max_tokens < 3
            || self.max_windows < 1
            || self.padding_multiple < 1
            || !self.max_tokens.is_multiple_of(self.padding_multiple)
        {
            return Err(ManifestFault::Window { max_tokens: self.max_tokens, padding_multiple: self.padding_multiple });
        }
        if self.heads.is_empty() {
            return Err(ManifestFault::NoHead);
        }
        self.heads.iter().try_for_each(Head::check)?;
        for pair in self.heads.iter().filter_map(|head| head.pair) {
            let Some(pairs) = self.pair else { return Err(ManifestFault::NoPair { pair: pair.name() }) };
            // A window has to hold some of the text beside the context.
            if pairs.budget(pair) + Pairs::SPECIAL_TOKENS >= self.max_tokens {
                return Err(ManifestFault::Budget { pair: pair.name(), budget: pairs.budget(pair) });
            }
        }
        Ok(())
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    std::fs::read(path).map_err(|source| ModelError::Read { path: path.to_path_buf(), source })
}

/// SHA-256 in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
