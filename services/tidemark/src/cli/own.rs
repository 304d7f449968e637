//! Lexica and models of one's own, and whether a marker may be trusted.

use super::Place;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `tidemark lexicon`.
#[derive(Debug, Subcommand)]
pub(crate) enum LexiconCommand {
    /// Report on a lexicon: repeated and ambiguous terms; on a corpus, coverage, the words that carry each category,
    /// region by region, and internal consistency.
    #[command(after_help = LEXICON_CHECK_HELP)]
    Check(LexiconCheck),
    /// Take a lexicon of one's own into a platform: its categories become markers like any other.
    #[command(after_help = LEXICON_ADD_HELP)]
    Add(LexiconAdd),
}

const LEXICON_ADD_HELP: &str = r#"Example:
  tidemark lexicon add work.dic --language es --data tidemark-data

The file is checked and copied to DATA/lexica; a running platform takes it up when it is started again. Its categories are
then lexicon.NAME.CATEGORY in annotated posts, series and forecasts. Before such a marker may drive an alert, it must pass
`tidemark marker audit`. Formats: those of `tidemark lexicon check`.

A marker is present where one of its terms is (of valences, where they sum up to its side). Where terms weigh differently, a
score says more: with --present-from X its markers are present where the score (the sum of the weights, or the number of hits,
per token, and a category's constant) is X or more. X is kept beside the file as NAME.LANGUAGE.settings.toml and is part of
the lexicon's version; added again without it, the lexicon has none."#;

/// `tidemark lexicon add`.
#[derive(Debug, Args)]
pub(crate) struct LexiconAdd {
    /// The lexicon; gzip and zstd are recognised.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Its name: lower-case letters, digits and `_`; the file's where absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The language of its terms. A name may have one file in each language.
    #[arg(long, value_enum, default_value_t = TermLanguage::En)]
    pub(crate) language: TermLanguage,
    /// The score from which its markers are present; where absent they are with a hit.
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = score)]
    pub(crate) present_from: Option<f64>,
    #[command(flatten)]
    pub(crate) place: Place,
}

fn score(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|score: &f64| score.is_finite()).ok_or_else(|| "a score is a number".to_owned())
}

/// `tidemark model`.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Take a model of one's own into a platform: its answers become markers like any other.
    #[command(after_help = MODEL_ADD_HELP)]
    Add(ModelAdd),
}

const MODEL_ADD_HELP: &str = r#"Example:
  tidemark model add burnout --data tidemark-data

DIR holds three files:
  model.onnx      asks for input_ids, and perhaps attention_mask and token_type_ids (int64, [batch, length]); its first
                  output, [batch, numbers], is read. One file, as the usual exports make it.
  tokenizer.json  of Hugging Face's tokenizers.
  labels.toml     what the numbers mean:

    name = "burnout"              # lower-case letters, digits and _
    max_tokens = 128              # of one window, special ones included; longer posts are read in several…
    max_windows = 16              # …up to this many

    [[heads]]                     # in the order of the numbers
    name = "tired"                # its marker: model.burnout.tired
    kind = "binary"               # or multiclass, multilabel, regression
    two_logits = true             # a number for no and one for yes; left out: one, for yes
    thresholds = [0.6]            # present from this probability on; left out: 0.5
    abstain = [0.5, 0.7]          # between these it decides nothing; left out: it always decides
    scale = 1.2                   # calibration: the logit times this…
    shift = [-0.3]                # …plus this
    languages = ["en", "es"]      # elsewhere it does not answer
    data = "2 000 posts labelled by two nurses"
    licence = "CC BY 4.0"

    [[heads]]
    name = "stage"                # its markers: model.burnout.stage.early, model.burnout.stage.late
    kind = "multiclass"
    labels = ["early", "late"]    # a binary head has no and yes; a regression may have a range = [1.0, 7.0]
    abstain_below = 0.6           # it decides nothing where no label is so probable
    languages = ["en"]

The model is tried and kept in DATA/models, in place of an earlier one of its name; a running platform takes it up when it
is started again. Before one of its markers may drive an alert, it must pass `tidemark marker audit`."#;

/// `tidemark model add`.
#[derive(Debug, Args)]
pub(crate) struct ModelAdd {
    /// The folder of the model.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// `tidemark marker`.
#[derive(Debug, Subcommand)]
pub(crate) enum MarkerCommand {
    /// Compare a marker with a labelled sample: agreement by group, calibration, coverage, stability on paraphrases.
    #[command(after_help = MARKER_AUDIT_HELP)]
    Audit(MarkerAudit),
}

const MARKER_AUDIT_HELP: &str = r#"Example:
  tidemark marker audit lexicon.work.burnout --sample labelled.jsonl --data tidemark-data

The sample is one JSON object a line: id, text, label (yes or no), group (what the marker should not depend on: a region, a
platform), and perhaps lang and paraphrase_of (the id of the post it says in other words; it counts for stability alone).
A marker passes (exit code 0, else 10) with 200 answered posts, 50 of each label; 90 % of the sample answered; sensitivity +
specificity - 1 of 0.3, and in none of at least two groups of 30 of each label less than half of the whole's; of 30
paraphrases 80 % answered alike (one that is not answered is not); and, where scores are probabilities, a calibration error
of at most 0.1. It passes in the languages whose posts by themselves are as many and do as well; a rule on all languages
needs each in which the marker answers. The audit of a marker of one's own is kept in DATA/audits, and holds until its
lexicon or its model changes."#;

/// `tidemark marker audit`.
#[derive(Debug, Args)]
pub(crate) struct MarkerAudit {
    /// The marker: lexicon.work.burnout, model.burnout.tired, mh.stress.
    #[arg(value_name = "MARKER")]
    pub(crate) marker: String,
    /// The labelled sample, JSON lines; `-` is standard input; gzip and zstd are recognised.
    #[arg(long, value_name = "FILE")]
    pub(crate) sample: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print the audit as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

const LEXICON_CHECK_HELP: &str = r#"Example:
  tidemark lexicon check stress.dic --language es --corpus posts.ndjson

Formats: LIWC .dic (2007, 2015) and .dicx (LIWC-22), weighted CSV (term, category, weight), Empath-style TSV, AFINN and
VADER's term and valence, and category<TAB>term[<TAB>weight]. A malformed file is refused with its lines, up to 20
(exit code 4). With a corpus, terms in more than 5 % of its texts are named: everyday words carry no category.
The corpus is one JSON object a line: text, and optionally lang and region; what else `tidemark annotate` takes may stand there."#;

/// `tidemark lexicon check`.
#[derive(Debug, Args)]
pub(crate) struct LexiconCheck {
    /// The lexicon; `-` is standard input; gzip and zstd are recognised.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The language of its terms.
    #[arg(long, value_enum, default_value_t = TermLanguage::En)]
    pub(crate) language: TermLanguage,
    /// Posts to hold it against, JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) corpus: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A language that lexica have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TermLanguage {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl From<TermLanguage> for tidemark_domain::Language {
    fn from(language: TermLanguage) -> Self {
        match language {
            TermLanguage::En => Self::English,
            TermLanguage::Es => Self::Spanish,
        }
    }
}
