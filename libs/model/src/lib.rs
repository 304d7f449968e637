//! The encoder: posts in, calibrated scores out. The only crate that says `ort`.
//!
//! **Reads** a model folder (`model.toml`, `model.onnx`, `tokenizer.json`), ONNX Runtime's library, and posts.
//! **Writes** nothing. **Guarantees** that a post's scores are a function of its text, its context and its language
//! alone: bit-identical alone, in any batch, with any number of threads; that a head answers only in languages it was
//! measured or at least probed in, and only where the topic or the parent it reads is given; that the work on one post
//! is bounded. **Does not** tell languages, keep text, or decide what a score is used for.
//!
//! [`own`] makes such a folder, in memory, of a model of one's own.
//!
//! The way of a post: `repeats` knows whether it was answered before; else `tokenise` cuts it into windows, once alone and
//! once for each context that a head reads;
//! [`batch`] puts windows of like length together, `infer` runs the encoder, [`heads`] turns logits into scores and
//! labels. [`explain`] says what a label stands on. `training/` makes the weights.

pub mod batch;
mod device;
mod error;
pub mod explain;
pub mod heads;
mod infer;
mod labels;
mod manifest;
pub mod own;
mod repeats;
mod runtime;
mod setting;
mod tokenise;

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use tidemark_domain::Language;

pub use crate::device::Device;
pub use crate::error::{LabelsFault, ManifestFault, ModelError, OwnModelError};
pub use crate::explain::Contribution;
pub use crate::heads::{Head, HeadKind, HeadScore, Pair};
pub use crate::own::OwnModel;
pub use crate::setting::LanguageSetting;

use crate::batch::{Limits, batches};
use crate::infer::Encoder;
use crate::manifest::{Files, Manifest};
use crate::repeats::{Key, Repeats};
use crate::tokenise::{PostTokenizer, Window};

/// How the model is run. None of it changes any score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOptions {
    /// What it runs on.
    pub device: Device,
    /// Workers; none means one per available core. A card has one.
    pub threads: Option<NonZeroUsize>,
    /// ONNX Runtime's library, or the folder it lies in; none means the usual places.
    pub runtime: Option<PathBuf>,
    /// Padded tokens in one batch at most.
    pub batch_tokens: usize,
    /// Windows in one batch at most.
    pub batch_windows: usize,
    /// Bytes of answers that are kept for texts that come again; 0 reads every text anew.
    pub repeats_bytes: usize,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self::on(Device::Cpu)
    }
}

impl ModelOptions {
    /// What suits a device.
    #[must_use]
    pub const fn on(device: Device) -> Self {
        let (batch_tokens, batch_windows) = device.batch();
        Self { device, threads: None, runtime: None, batch_tokens, batch_windows, repeats_bytes: 64 << 20 }
    }
}

/// A post as the model reads it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The text.
    pub text: &'a str,
    /// Its language, which decides the heads that answer.
    pub language: Language,
    /// What a stance is taken on, if it is known.
    pub topic: Option<&'a str>,
    /// The text of the post that it answers, if it is known.
    pub parent: Option<&'a str>,
}

impl<'a> Input<'a> {
    /// A post without a context.
    #[must_use]
    pub const fn new(text: &'a str, language: Language) -> Self {
        Self { text, language, topic: None, parent: None }
    }

    /// The context of a kind, where there is any: blank ones are none.
    fn context(&self, pair: Pair) -> Option<&'a str> {
        let given = match pair {
            Pair::Topic => self.topic,
            Pair::Parent => self.parent,
        };
        given.filter(|context| !context.trim().is_empty())
    }
}

/// A post as the encoder reads it.
struct Reading {
    /// Tokens of its text.
    tokens: usize,
    /// The windows for heads of one kind: those that read the text alone, then those that read it with a context.
    passes: Vec<(Option<Pair>, Vec<Window>)>,
}

/// The model's answers for one post.
#[derive(Debug, Clone, PartialEq)]
pub struct PostScores {
    /// Tokens of the post, up to the limit that is read; special ones not counted.
    pub tokens: usize,
    /// One entry per head that covers the post's language and whose context is given, in the order of [`Model::heads`].
    pub heads: Vec<HeadScore>,
}

/// The encoder with its heads, loaded and verified.
pub struct Model {
    manifest: Manifest,
    hash: String,
    tokenizer: PostTokenizer,
    encoder: Encoder,
    limits: Limits,
    repeats: Option<Repeats>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.manifest.name)
            .field("version", &self.manifest.version)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Loads the model in a folder, verifying every file against the manifest.
    ///
    /// # Errors
    /// When a file is missing, damaged or not understood, or ONNX Runtime cannot be started.
    pub fn load(folder: &Path, options: &ModelOptions) -> Result<Self, ModelError> {
        Self::open(&Files::read(folder)?, options)
    }

    fn open(files: &Files, options: &ModelOptions) -> Result<Self, ModelError> {
        let tokenizer = PostTokenizer::new(&files.tokenizer.0, &files.tokenizer.1, &files.manifest)?;
        let threads =
            options.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let encoder = Encoder::new(
            runtime::environment(options.runtime.as_deref())?,
            (&files.weights.0, &files.weights.1),
            // A card is kept busy by one session.
            (options.device, if options.device == Device::Cpu { threads } else { 1 }),
            files.manifest.tokens.pad,
            files.manifest.heads.iter().map(Head::width).sum(),
        )?;
        tracing::debug!(
            model = files.manifest.name,
            version = files.manifest.version,
            hash = files.hash,
            "model loaded"
        );
        let windows = files.manifest.batch_windows.map_or(options.batch_windows, |max| max.min(options.batch_windows));
        let limits = Limits { tokens: options.batch_tokens, windows };
        let repeats = Repeats::new(options.repeats_bytes);
        Ok(Self { manifest: files.manifest.clone(), hash: files.hash.clone(), tokenizer, encoder, limits, repeats })
    }

    /// What [`Model::hash`] will be of the model in a folder; none where the folder holds none.
    ///
    /// # Errors
    /// When its manifest is there and cannot be read.
    pub fn hash_in(folder: &Path) -> Result<Option<String>, ModelError> {
        match manifest::read(&folder.join(manifest::MANIFEST)) {
            Ok(bytes) => Ok(Some(manifest::hash(&bytes))),
            Err(ModelError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The folder of the model that is used when none is named: `TIDEMARK_MODEL_DIR`, else beside the executable
    /// (`../share/tidemark/model`), else where this crate's sources keep it.
    #[must_use]
    pub fn default_dir() -> PathBuf {
        if let Some(folder) = std::env::var_os("TIDEMARK_MODEL_DIR") {
            return PathBuf::from(folder);
        }
        std::env::current_exe()
            .ok()
            .and_then(|path| path.parent().map(|folder| folder.join("../share/tidemark/model")))
            .filter(|folder| folder.join(manifest::MANIFEST).is_file())
            .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/encoder-v2"))
    }

    /// The heads, in the order that [`HeadScore::head`] counts.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.manifest.heads
    }

    /// SHA-256, in hexadecimal, of the manifest, which names the hashes of weights and tokenizer: equal hashes, equal
    /// scores.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The model's name and version, for people.
    #[must_use]
    pub fn name(&self) -> (&str, &str) {
        (&self.manifest.name, &self.manifest.version)
    }

    /// Tokens of one post that are read at most; what follows is not scored.
    #[must_use]
    pub fn token_limit(&self) -> usize {
        self.manifest.max_windows * (self.manifest.max_tokens - 2)
    }

    /// Scores posts. The answers come in the order of the posts. What was asked before is answered from memory.
    ///
    /// A post in a language that no head covers is tokenised, for its token count, and not encoded. A topic or a parent
    /// costs a pass of its own over the post, for the heads that read it.
    ///
    /// # Errors
    /// When ONNX Runtime fails. No text of a post is part of the error.
    pub fn score(&self, posts: &[Input<'_>]) -> Result<Vec<PostScores>, ModelError> {
        let Some(repeats) = &self.repeats else { return self.score_anew(posts) };
        let keys: Vec<Key> = posts.iter().map(repeats::key).collect();
        let mut known: HashMap<Key, PostScores> =
            keys.iter().filter_map(|key| Some((*key, repeats.get(key)?))).collect();
        let (mut new_keys, mut new) = (Vec::new(), Vec::new());
        let mut met = HashSet::new();
        for (key, post) in keys.iter().zip(posts) {
            if !known.contains_key(key) && met.insert(*key) {
                new_keys.push(*key);
                new.push(*post);
            }
        }
        for (key, answer) in new_keys.into_iter().zip(self.score_anew(&new)?) {
            repeats.keep(key, answer.clone());
            known.insert(key, answer);
        }
        Ok(keys.iter().filter_map(|key| known.get(key).cloned()).collect())
    }

    /// Scores posts without a look at what was answered before.
    fn score_anew(&self, posts: &[Input<'_>]) -> Result<Vec<PostScores>, ModelError> {
        let readings = self.readings(posts)?;
        let windows: Vec<&[i64]> = readings
            .iter()
            .flat_map(|reading| &reading.passes)
            .flat_map(|(_, windows)| windows.iter().map(|window| window.ids.as_slice()))
            .collect();
        let lengths: Vec<usize> = windows.iter().map(|window| window.len()).collect();
        let logits = if windows.is_empty() {
            Vec::new()
        } else {
            self.encoder.logits(&windows, &batches(&lengths, self.manifest.padding_multiple, self.limits))?
        };
        let mut rest = logits.as_slice();
        let mut answer = |(post, reading): (&Input<'_>, &Reading)| {
            let mut heads = Vec::new();
            for (pair, windows) in &reading.passes {
                let (own, others) = rest.split_at(windows.len());
                rest = others;
                let parts: Vec<(usize, &[f32])> =
                    windows.iter().zip(own).map(|(window, logits)| (window.tokens, logits.as_slice())).collect();
                heads.extend(self.answers(*pair, post.language, &heads::pool(&parts)));
            }
            heads.sort_by_key(|answer| answer.head);
            PostScores { tokens: reading.tokens, heads }
        };
        Ok(posts.iter().zip(&readings).map(&mut answer).collect())
    }

    /// The answers of the heads that read what a pass has read.
    fn answers(&self, pair: Option<Pair>, language: Language, logits: &[f32]) -> Vec<HeadScore> {
        let mut rest = logits;
        let mut out = Vec::with_capacity(self.manifest.heads.len());
        for (index, head) in self.manifest.heads.iter().enumerate() {
            let (own, others) = rest.split_at(head.width());
            rest = others;
            if head.pair == pair && head.covers(language) {
                let (scores, labels) = head.answer(language, own);
                out.push(HeadScore { head: index, scores, labels });
            }
        }
        out
    }

    fn reading(&self, post: &Input<'_>) -> Result<Reading, ModelError> {
        let text = self.tokenizer.text(post.text)?;
        let asked = |pair| self.manifest.heads.iter().any(|head| head.pair == pair && head.covers(post.language));
        let mut passes = Vec::new();
        if asked(None) {
            passes.push((None, self.tokenizer.alone(&text)));
        }
        for pair in Pair::ALL {
            // A manifest whose heads read a context says how.
            if let (Some(context), Some(pairs), true) = (post.context(pair), self.manifest.pair, asked(Some(pair))) {
                let context = self.tokenizer.context(context)?;
                passes.push((Some(pair), self.tokenizer.paired(&text, &context, pairs.budget(pair))));
            }
        }
        Ok(Reading { tokens: text.len(), passes })
    }

    fn readings(&self, posts: &[Input<'_>]) -> Result<Vec<Reading>, ModelError> {
        let workers = self.encoder.threads().min(posts.len() / 16);
        if workers <= 1 {
            return posts.iter().map(|post| self.reading(post)).collect();
        }
        let parts = std::thread::scope(|scope| {
            let running: Vec<_> = posts
                .chunks(posts.len().div_ceil(workers))
                .map(|part| scope.spawn(|| part.iter().map(|post| self.reading(post)).collect::<Result<Vec<_>, _>>()))
                .collect();
            running
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Result<Vec<_>, _>>()
        })?;
        Ok(parts.into_iter().flatten().collect())
    }
}
