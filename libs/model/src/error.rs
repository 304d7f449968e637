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
    /// A graph asks for what no tokenizer gives.
    #[error(
        "{path} asks for the inputs {found:?}: it must ask for input_ids, and may ask for attention_mask and \
         token_type_ids, each of them int64; export it with these",
        path = path.display()
    )]
    Inputs {
        /// The weights.
        path: PathBuf,
        /// The inputs' names.
        found: Vec<String>,
    },
    /// ONNX Runtime here cannot use what was asked for.
    #[error(
        "ONNX Runtime cannot run on {device}: point ORT_DYLIB_PATH to a build for it, on a machine that has it, or choose the device \
         cpu (annotate.device, --device)"
    )]
    Device {
        /// What was asked for.
        device: &'static str,
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
    /// Two logits for what is no question of no or yes.
    #[error("head {marker}: two_logits is for a binary head; the others have a logit for every label anyway")]
    TwoLogits {
        /// The head.
        marker: String,
    },
    /// A head cannot abstain as it is told to.
    #[error(
        "head {marker}: abstain is for a binary head, two scores from 0 to 1 with its threshold between them; abstain_below is \
         for a multiclass head, a probability"
    )]
    Abstention {
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

/// Why what a maker's folder holds is no model of one's own. No variant holds any text of a post.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnModelError {
    /// A file is not there, or cannot be read.
    #[error(
        "cannot read {path}: a model of one's own is a folder with model.onnx, tokenizer.json and labels.toml (`tidemark \
         model add --help` shows one)",
        path = path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `labels.toml` does not say what the numbers mean.
    #[error("{path} cannot be used (`tidemark model add --help` shows one that can)", path = path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<LabelsFault>,
    },
    /// The tokenizer's file holds no tokenizer that this version knows.
    #[error("{path} holds no tokenizer that this version reads: save it with Hugging Face's tokenizers", path = path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: tokenizers::Error,
    },
    /// The tokenizer does not put one token before a text and one after it.
    #[error(
        "{path} must put one token before every text and one after it, as BERT's [CLS] and [SEP]: give it such a post-processor",
        path = path.display()
    )]
    Wrapping {
        /// The file.
        path: PathBuf,
    },
    /// The manifest could not be written down.
    #[error("the manifest cannot be written")]
    Manifest {
        /// Why.
        #[source]
        source: toml::ser::Error,
    },
    /// The graph and the labels do not fit.
    #[error(
        "model.onnx answers {found} numbers to a text where the heads of labels.toml ask for {expected}: list the heads in \
         the order of the graph's first output (a binary head with a logit for no and one for yes says two_logits = true)"
    )]
    Width {
        /// Numbers that the heads ask for.
        expected: usize,
        /// Numbers that came.
        found: usize,
    },
    /// The graph and the tokenizer do not fit.
    #[error(
        "model.onnx fails on the token {last}, which tokenizer.json can give: take the tokenizer it was trained with"
    )]
    Vocabulary {
        /// The token's id.
        last: i64,
        /// Why.
        #[source]
        source: ort::Error,
    },
    /// The graph takes no windows of this length.
    #[error("model.onnx fails on {max_tokens} tokens: give labels.toml a smaller max_tokens")]
    Length {
        /// The longest window.
        max_tokens: usize,
        /// Why.
        #[source]
        source: ort::Error,
    },
    /// The graph answers what is no number.
    #[error("model.onnx answers a text with what is no finite number")]
    NotFinite,
    /// The graph answers the same text differently.
    #[error("model.onnx answers the same text differently each time: export it for inference, without dropout")]
    Unsteady,
    /// The model cannot be opened or run.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What is wrong with a `labels.toml`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsFault {
    /// It is no TOML, or has other fields.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A name that cannot be a part of a marker's.
    #[error("`{name}` cannot name a model or a head: use lower-case letters, digits and `_`")]
    Name {
        /// The name.
        name: String,
    },
    /// Windows of a length or a number that cannot be.
    #[error("max_tokens is 3 to {tokens_max}, and max_windows 1 to {windows_max}")]
    Size {
        /// Longest window.
        tokens_max: usize,
        /// Most windows.
        windows_max: usize,
    },
    /// A head that answers nowhere, or in languages nobody can tell.
    #[error("head {head}: languages holds en, es or both")]
    Languages {
        /// The head.
        head: String,
    },
    /// A head with several labels that does not name them.
    #[error("head {head} lists no labels: name them in the order of the graph's output")]
    NoLabels {
        /// The head.
        head: String,
    },
    /// A binary head with labels of its own.
    #[error("head {head}: a binary head's labels are no and yes, in this order; other labels make a multiclass head")]
    YesNo {
        /// The head.
        head: String,
    },
    /// A label without a letter or a digit.
    #[error("head {head}: the label `{label}` has no letter or digit that could stand in a marker's name")]
    Label {
        /// The head.
        head: String,
        /// The label.
        label: String,
    },
    /// Two answers under one name.
    #[error("it names the marker `{marker}` twice: give heads and labels names of their own")]
    Twice {
        /// The marker.
        marker: String,
    },
    /// A head whose lists do not fit.
    #[error(transparent)]
    Head(#[from] ManifestFault),
}
