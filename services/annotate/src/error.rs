//! Why annotation stops.

/// The role or the file run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model's files are missing or damaged, or ONNX Runtime is.
    #[error("the model cannot be used")]
    Model(#[from] tidemark_model::ModelError),
    /// A bundled or configured lexicon is malformed.
    #[error("the lexica cannot be used")]
    Lexicon(#[from] tidemark_lexicon::LexiconError),
    /// A lexicon of one's own, or the folder of lexica or of models, cannot be read.
    #[error("cannot read {path}")]
    Own {
        /// Which.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file among the lexica of one's own has a name that does not say what it is.
    #[error(
        "{path} is no lexicon's name: NAME.LANGUAGE.EXTENSION, such as work.es.dic; `tidemark lexicon add` makes it"
    )]
    OwnLexiconName {
        /// Which.
        path: std::path::PathBuf,
    },
    /// Two files hold the same lexicon of one's own: the newer one was being taken when the program was cut off.
    #[error("{path} is a second file of that lexicon's name and language: remove the one that is not wanted")]
    OwnLexiconTwice {
        /// One of them.
        path: std::path::PathBuf,
    },
    /// What is kept beside a lexicon of one's own cannot be understood.
    #[error(
        "{path} cannot be understood: mend it, or remove it and take the lexicon again with `tidemark lexicon add`"
    )]
    OwnLexiconSettings {
        /// Which.
        path: std::path::PathBuf,
        /// The cause.
        source: Box<toml::de::Error>,
    },
    /// A model of one's own is damaged, or ONNX Runtime does not take it.
    #[error("the model in {path} cannot be used: take it again with `tidemark model add`, or remove the folder")]
    OwnModel {
        /// Its folder.
        path: std::path::PathBuf,
        /// The cause.
        source: Box<tidemark_model::ModelError>,
    },
    /// A folder among the models of one's own holds a model that was made for another place.
    #[error("the model in {path} was not made there: take yours with `tidemark model add`, and remove the folder")]
    OwnModelName {
        /// Which.
        path: std::path::PathBuf,
    },
    /// The settings ask a head to answer that no model has.
    #[error("no head answers `{marker}`; heads there are: {known}")]
    UnknownHead {
        /// The name that was asked for.
        marker: String,
        /// Those that there are.
        known: String,
    },
    /// Nothing answers a marker that was asked for.
    #[error("nothing answers the marker `{marker}`")]
    UnknownMarker {
        /// The name that was asked for.
        marker: String,
    },
    /// The log failed for good; what can be retried has been.
    #[error("the log cannot be used")]
    Log(#[from] tidemark_log::LogError),
    /// The input ended in an IO error.
    #[error("the input cannot be read after line {line}")]
    Read {
        /// Lines read before it.
        line: u64,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// An output could not be written: no space, or no permission.
    #[error("the output cannot be written; make room and run again")]
    Write(#[source] std::io::Error),
    /// An annotated line could not be made into JSON: a score is not a number.
    #[error("an answer cannot be written as JSON")]
    Encode(#[from] serde_json::Error),
    /// A thread that scored a batch panicked.
    #[error("the scoring thread ended unexpectedly")]
    Scoring(#[from] tokio::task::JoinError),
}
