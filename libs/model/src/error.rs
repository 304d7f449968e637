//! What can go wrong between a post and its scores, each case saying what to do about it.

use std::path::PathBuf;

/// A failure to load the model or to score with it. No variant holds any text of a post.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file of the model cannot be read.
    #[error("cannot read {path}: the model is not installed there (set TIDEMARK_MODEL_DIR to its folder)", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest is not what this version reads.
    #[error("{path} is no manifest that this version reads: install the model that belongs to it", path = path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Where it departs.
        #[source]
        source: toml::de::Error,
    },
    /// The manifest can be read but contradicts itself.
    #[error("{path} contradicts itself: install the model anew", path = path.display())]
    Inconsistent {
        /// The manifest.
        path: PathBuf,
        /// How.
        #[source]
        source: ManifestFault,
    },
    /// A file is not the one that the manifest describes.
    #[error("{path} is damaged (sha256 {found}, expected {expected}): install the model anew", path = path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The hash that the manifest names.
        expected: String,
        /// The hash of what is there.
        found: String,
    },
    /// ONNX Runtime's library is nowhere to be found.
    #[error("libonnxruntime.so is in none of {searched:?}: run `make runtime`, or set ORT_DYLIB_PATH to the library")]
    RuntimeMissing {
        /// Every place that was looked at.
        searched: Vec<PathBuf>,
    },
    /// The library that was found cannot be loaded, or is too old.
    #[error("cannot load {path} as ONNX Runtime (1.24 or newer is needed): run `make runtime`, or set ORT_DYLIB_PATH", path = path.display())]
    RuntimeLibrary {
        /// The library.
        path: PathBuf,
        /// Why.
        #[source]
        source: ort::LoadDynamicError,
    },
    /// The library was loaded but does not start.
    #[error("ONNX Runtime in {path} does not start: run `make runtime`, or set ORT_DYLIB_PATH to another", path = path.display())]
    Runtime {
        /// The library.
        path: PathBuf,
        /// Why.
        #[source]
        source: ort::Error,
    },
    /// The tokenizer's file holds no tokenizer that this version knows.
    #[error("{path} holds no tokenizer that this version reads: install the model anew", path = path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: tokenizers::Error,
    },
    /// A post could not be cut into tokens.
    #[error("the tokenizer failed on a post")]
    Tokenise {
        /// Why.
        #[source]
        source: tokenizers::Error,
    },
    /// ONNX Runtime refuses the weights.
    #[error("ONNX Runtime cannot load {path}", path = path.display())]
    Session {
        /// The weights.
        path: PathBuf,
        /// Why.
        #[source]
        source: ort::Error,
    },
    /// A run of the encoder failed.
    #[error("the encoder failed on a batch")]
    Infer {
        /// Why.
        #[source]
        source: ort::Error,
    },
    /// The encoder answered with another number of values than its manifest says.
    #[error("the encoder answered {found} values where its manifest lets expect {expected}: install the model anew")]
    Shape {
        /// Values that the manifest lets expect.
        expected: usize,
        /// Values that came.
        found: usize,
    },
}

/// How a manifest contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestFault {
    /// A list of a head is not as long as its labels ask for.
    #[error("head {marker}: {list} has {found} entries, its labels ask for {expected}")]
    Length {
        /// The head.
        marker: String,
        /// The list.
        list: &'static str,
        /// Entries asked for.
        expected: usize,
        /// Entries found.
        found: usize,
    },
    /// A threshold or a calibration value is not usable.
    #[error("head {marker}: {list} holds a value that is not positive or not finite")]
    Value {
        /// The head.
        marker: String,
        /// The list.
        list: &'static str,
    },
    /// A window would hold no token of the post, or padding would not fit.
    #[error("windows of {max_tokens} tokens, padded to multiples of {padding_multiple}, cannot be made")]
    Window {
        /// Longest window, special tokens included.
        max_tokens: usize,
        /// What padded lengths are multiples of.
        padding_multiple: usize,
    },
    /// A head reads posts with a context, and nothing says how.
    #[error("a head reads posts with their {pair}, and there is no [pair] that says how")]
    NoPair {
        /// The kind of context.
        pair: &'static str,
    },
    /// A context would leave a text no place.
    #[error("a {pair} of {budget} tokens leaves no place for a text in a window")]
    Budget {
        /// The kind of context.
        pair: &'static str,
        /// Tokens that are kept for it.
        budget: usize,
    },
    /// A head has a range and is no regression, or the other way round, or the range is empty.
    #[error("head {marker}: a regression needs a range that ends above its start, and no other head has one")]
    Range {
        /// The head.
        marker: String,
    },
    /// A file that every model needs is not listed.
    #[error("it does not list {name}")]
    MissingFile {
        /// The file.
        name: &'static str,
    },
    /// No head at all.
    #[error("it lists no head")]
    NoHead,
}
