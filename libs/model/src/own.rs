//! A model of one's own: from what its maker has, an ONNX graph, a tokenizer and `labels.toml`, to a folder of the form
//! that the model that ships has, so that one loader serves both.
//!
//! **Reads** a maker's folder. **Writes** nothing: what is to be kept is handed on. **Guarantees** that the graph answers
//! every text that the tokenizer can make of a post, up to the longest window, with as many finite numbers as the heads
//! ask for, and the same text with the same numbers. **Does not** judge whether the answers are right: an audit does.

use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;

use crate::batch::Batch;
use crate::heads::Head;
use crate::labels::{LABELS, Labels};
use crate::manifest::{File, Files, MANIFEST, Manifest, Pooling, SpecialTokens, TOKENIZER, WEIGHTS, hash};
use crate::{Model, ModelError, ModelOptions, OwnModelError, tokenise};

/// Texts that a graph is tried on; made up for the purpose.
const PROBES: [&str; 6] = [
    "I have not slept well this week.",
    "Everything piles up: rent, exams, my boss. I can't breathe anymore!",
    "Por fin llegó el fin de semana 🎉",
    "¿Y vos qué pensás?",
    "ok",
    "",
];
/// Digits of the weights' hash that serve as the model's version.
const VERSION_DIGITS: usize = 12;

/// A model of one's own, checked, and the files to keep of it.
#[derive(Debug)]
pub struct OwnModel {
    model: Model,
    files: Vec<(&'static str, Vec<u8>)>,
}

impl OwnModel {
    /// Reads and tries what a maker's folder holds: `model.onnx`, `tokenizer.json` and `labels.toml`.
    ///
    /// # Errors
    /// Where a file is missing or malformed, or they do not belong together; the message says what to do.
    pub fn read(folder: &Path, options: &ModelOptions) -> Result<Self, OwnModelError> {
        let path = |name: &str| folder.join(name);
        let labels = String::from_utf8_lossy(&read(path(LABELS))?).into_owned();
        let labels = Labels::read(&labels)
            .map_err(|source| OwnModelError::Labels { path: path(LABELS), source: source.into() })?;
        let tokenizer_bytes = read(path(TOKENIZER))?;
        let refused = |source| OwnModelError::Tokenizer { path: path(TOKENIZER), source };
        let tokenizer = tokenise::open(&tokenizer_bytes).map_err(refused)?;
        let tokens = SpecialTokens::of(&tokenizer, &PROBES).map_err(refused)?;
        let tokens = tokens.ok_or_else(|| OwnModelError::Wrapping { path: path(TOKENIZER) })?;
        let weights = read(path(WEIGHTS))?;
        let manifest = manifest_of(labels, tokens, &[(WEIGHTS, &weights), (TOKENIZER, &tokenizer_bytes)]);
        let text = toml::to_string(&manifest).map_err(|source| OwnModelError::Manifest { source })?;
        let text = format!("# Made by `tidemark model add` of a {LABELS}; read by libs/model/src/manifest.rs.\n{text}");
        // Opened as it will be when it has been kept.
        let files = Files {
            manifest: Manifest::read(&path(MANIFEST), text.as_bytes())?,
            hash: hash(text.as_bytes()),
            weights: (path(WEIGHTS), weights),
            tokenizer: (path(TOKENIZER), tokenizer_bytes),
        };
        let model = Model::open(&files, options)?;
        model.probe(&tokenizer)?;
        let Files { weights, tokenizer, .. } = files;
        let files = vec![(WEIGHTS, weights.1), (TOKENIZER, tokenizer.1), (MANIFEST, text.into_bytes())];
        Ok(Self { model, files })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.model.name().0
    }

    /// Its heads, whose markers begin with its name.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        self.model.heads()
    }

    /// The files that [`Model::load`] takes, by name; the manifest, without which there is no model, comes last.
    #[must_use]
    pub fn files(&self) -> &[(&'static str, Vec<u8>)] {
        &self.files
    }
}

fn read(path: PathBuf) -> Result<Vec<u8>, OwnModelError> {
    std::fs::read(&path).map_err(|source| OwnModelError::Read { path, source })
}

fn manifest_of(labels: Labels, tokens: SpecialTokens, files: &[(&str, &[u8])]) -> Manifest {
    let files: Vec<File> =
        files.iter().map(|(name, bytes)| File { name: (*name).to_owned(), sha256: hash(bytes) }).collect();
    Manifest {
        name: labels.name,
        version: files.first().map(|weights| weights.sha256.chars().take(VERSION_DIGITS).collect()).unwrap_or_default(),
        max_tokens: labels.max_tokens,
        max_windows: labels.max_windows,
        // A window meets no padding and no other window. What a graph makes of these is its maker's affair (activations
        // quantised over the whole batch are usual), and a post's scores must not depend on its company.
        padding_multiple: 1,
        batch_windows: Some(1),
        pooling: Pooling::TokenWeightedMeanOfLogits,
        tokens,
        pair: None,
        files,
        heads: labels.heads,
    }
}

impl Model {
    /// Tries the graph on what posts can make of it.
    fn probe(&self, tokenizer: &Tokenizer) -> Result<(), OwnModelError> {
        let SpecialTokens { begin, end, .. } = self.manifest.tokens;
        // A vocabulary that is larger than the graph's fails at the first post with a rare word. The graph itself is tried before.
        self.probe_window(&[begin, end])?;
        let last = i64::from(tokenizer.get_vocab(true).into_values().max().unwrap_or_default());
        self.probe_window(&[begin, last, end]).map_err(|error| match error {
            OwnModelError::Model(ModelError::Infer { source }) => OwnModelError::Vocabulary { last, source },
            other => other,
        })?;
        let mut text = Vec::new();
        for probe in PROBES {
            let ids = self.tokenizer.text(probe)?;
            for window in self.tokenizer.alone(&ids) {
                self.probe_window(&window.ids)?;
            }
            text.extend(ids);
        }
        // Windows that are longer than its positions fail at the first long post.
        text.push(last);
        let max_tokens = self.manifest.max_tokens;
        let content = text.iter().copied().cycle().take(max_tokens - 2);
        let longest: Vec<i64> = std::iter::once(begin).chain(content).chain([end]).collect();
        self.probe_window(&longest).map_err(|error| match error {
            OwnModelError::Model(ModelError::Infer { source }) => OwnModelError::Length { max_tokens, source },
            other => other,
        })
    }

    fn probe_window(&self, window: &[i64]) -> Result<(), OwnModelError> {
        let batch = [Batch { length: window.len(), windows: vec![0] }];
        let run = || match self.encoder.logits(&[window], &batch) {
            Err(ModelError::Shape { expected, found }) => Err(OwnModelError::Width { expected, found }),
            answer => answer.map_err(OwnModelError::from).map(|logits| logits.concat()),
        };
        let (first, second) = (run()?, run()?);
        if !first.iter().all(|logit| logit.is_finite()) {
            return Err(OwnModelError::NotFinite);
        }
        let bits = |logits: &[f32]| logits.iter().map(|logit| logit.to_bits()).collect::<Vec<_>>();
        if bits(&first) == bits(&second) { Ok(()) } else { Err(OwnModelError::Unsteady) }
    }
}
