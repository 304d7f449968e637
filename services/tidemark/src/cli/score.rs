//! What scores posts in files, and what is made of the scores.

use clap::{Args, ValueEnum};
use std::num::NonZeroU32;
use std::path::PathBuf;
use tidemark_annotate::{Bundled, Heads};

pub(super) const ANNOTATE_HELP: &str = r#"Example:
  echo '{"id": "1", "text": "so tired of everything", "lang": "en"}' | tidemark annotate - --output -

Input, one JSON object a line: id, text and optionally lang, author, created_at, region, parent_text, topic.
Output, one line a post, in the same order: id, language, scores, labels, lexicon, provenance; wording where posts of the
file can be told to share one.
A line that cannot be read, or whose text is empty or longer than 100,000 characters, goes to OUT.rejects.jsonl as {line,
reason, detail}; the run goes on, and says at its end how many were."#;

pub(super) const SERIES_HELP: &str = r#"Example:
  tidemark series annotated.jsonl --output series.csv
  tidemark series annotated.jsonl --error-rates rates.csv --population people.csv --output series.csv

IN holds posts, or annotated posts (`tidemark annotate`), one JSON object a line: of a post id, text, created_at, and
perhaps lang, author, region. The output has date,series,value,n,total,lower,upper,n_posts,unit,status,…: n of total units
(people; posts where the input has no authors) show the marker, with Wilson's 95 % interval. Reposts, links alone and copies
of an earlier post of the day or week are left out. Lines that cannot be read go to
OUT.rejects.jsonl. The last columns, empty where there is no answer (docs/prevalence.md):
  reliability         of a share of so many people: low (below 50), moderate, high (200 and more)
  baseline,z,ratio    mean share of the same weekdays of the eight weeks before (of weeks: of eight weeks before the last), by
                      how many standard deviations the value lies above it, and value/baseline
  adjusted,…          the share without the marker's errors, with its 95 % interval; needs --error-rates, CSV:
                        marker,language,sensitivity,positives,specificity,negatives,repeat
                        mh.stress,en,0.81,240,0.93,760,
                      found in so many posts with the marker and without it; repeat (0 where empty) is the share of a
                      person's further posts that show what the first did. Language all: measured on all together
  weighted,…          of region all: as if people posted where they live, with its 95 % interval; needs --population, CSV:
                        region,people
                        US-NY,19571216
                      Regions with fewer than 50 people that day join their neighbours in the file: list those alike together"#;

pub(super) const EXPLAIN_HELP: &str = r#"Example:
  echo '{"id": "1", "text": "deadlines everywhere, I cannot cope"}' | tidemark explain - --marker mh.stress --output -

Input, one JSON object a line: id, text and optionally lang, parent_text, topic.
Output, one JSON line a post: id, language, marker, label, score, threshold, source, words (start, end, text, weight), cues,
lexicon (category, start, end, text, weight, negated), provenance. The label is the one that is explained, whether it holds
or not: it holds where its score reaches the threshold (of labels of which one holds, that with the largest multiple of its
threshold), unless `abstains` is true: then nothing was decided. A word's weight is how far the label's log-odds fall without
it; in a post of more than 48 words, neighbours that matter little stand together. Places are characters of the text as it
was scored, with handles and addresses masked. Where the marker cannot be answered in a post's language, there is no score.
A marker that is rolled up (emotion.primary.joy) is explained by the label that makes it, which `source` names; score,
threshold and words are that label's. One made by a rule (loneliness.interpersonal, polarization.affect) is explained by the
expressions the rule looks for (`cues`); its label is what the rule decided. A lexicon's category is explained by its terms,
which are its cues."#;

/// `tidemark explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) files: InOut,
    /// The marker: mh.stress, emotion.primary.joy, loneliness.interpersonal, lexicon.mh.anxiety; of one with labels, that which
    /// scores highest.
    #[arg(long, value_name = "MARKER")]
    pub(crate) marker: String,
}

/// One file in, one file out, scored on the way.
#[derive(Debug, Args)]
pub(crate) struct InOut {
    #[command(flatten)]
    pub(crate) files: ModelInOut,
    /// Which lexica of the program answer: names with commas between them, such as mh,emotion,empath; where absent, all but
    /// empath and labmt.
    #[arg(long, value_name = "NAMES")]
    pub(crate) bundled: Option<Bundled>,
    /// Folder of lexica of one's own, beside the bundled ones (`tidemark lexicon add` makes DATA/lexica).
    #[arg(long, value_name = "DIR")]
    pub(crate) lexica: Option<PathBuf>,
    /// Score with lexica only, and no model.
    #[arg(long, conflicts_with = "models")]
    pub(crate) lexica_only: bool,
    /// Which heads of the models answer: all, open (those whose data is under terms known to be open), or markers, such as
    /// emotion.goemotions,mh.stress; all where absent.
    #[arg(long, value_name = "HEADS", conflicts_with = "lexica_only")]
    pub(crate) heads: Option<Heads>,
    /// A configuration file, of which annotate.topics alone is used: what posts without a topic are about.
    #[arg(long, value_name = "FILE")]
    pub(crate) topics: Option<PathBuf>,
}

/// One file in, one file out, and the model between them.
#[derive(Debug, Args)]
pub(crate) struct ModelInOut {
    /// Input; `-` is standard input; gzip and zstd are recognised.
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Output; `-` is standard output; .gz compresses.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) encoder: Encoder,
    /// Folder of models of one's own, beside the one that ships (`tidemark model add` makes DATA/models).
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

/// The model that ships, or another in its place, and what it and models of one's own run on.
#[derive(Debug, Args)]
pub(crate) struct Encoder {
    /// Folder of the model.
    #[arg(long, value_name = "DIR", env = "TIDEMARK_MODEL_DIR")]
    pub(crate) model: Option<PathBuf>,
    /// What models run on. A card needs ONNX Runtime's build for it, which ORT_DYLIB_PATH names.
    #[arg(long, value_enum, value_name = "DEVICE", env = "TIDEMARK_ANNOTATE__DEVICE", default_value_t = DeviceName::Cpu)]
    pub(crate) device: DeviceName,
}

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceName {
    /// The processor's cores.
    Cpu,
    /// An NVIDIA card.
    Cuda,
    /// An NVIDIA card through TensorRT.
    Tensorrt,
}

impl From<DeviceName> for tidemark_model::Device {
    fn from(device: DeviceName) -> Self {
        match device {
            DeviceName::Cpu => Self::Cpu,
            DeviceName::Cuda => Self::Cuda,
            DeviceName::Tensorrt => Self::Tensorrt,
        }
    }
}

/// `tidemark series`.
#[derive(Debug, Args)]
pub(crate) struct Series {
    #[command(flatten)]
    pub(crate) files: InOut,
    /// Time zone whose civil days are counted.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// Days or weeks.
    #[arg(long, value_enum, default_value_t = SeriesPeriod::Day)]
    pub(crate) period: SeriesPeriod,
    /// How often markers err, CSV: marker,language,sensitivity,positives,specificity,negatives.
    #[arg(long, value_name = "FILE")]
    pub(crate) error_rates: Option<PathBuf>,
    /// How many people live in each region, CSV: region,people.
    #[arg(long, value_name = "FILE")]
    pub(crate) population: Option<PathBuf>,
    /// Count likely bots too.
    #[arg(long)]
    pub(crate) with_bots: bool,
    /// Count reposts, posts of links alone and copies of an earlier post, too.
    #[arg(long)]
    pub(crate) with_copies: bool,
    /// Posts of an author that count on a day, at most; which ones, a digest of their ids says. All where absent.
    #[arg(long, value_name = "N")]
    pub(crate) author_posts: Option<NonZeroU32>,
}

pub(super) const POLARIZATION_HELP: &str = r#"Example:
  tidemark polarization annotated.jsonl --events events.csv
  tidemark polarization posts.jsonl --output conversations.csv

IN holds one JSON object a line: id, created_at, parent (the id of the post it answers), labels or text, and perhaps
conversation and topic. A reply and its parent score 0 to 10 by their labels (docs/markers.md has the table):
  "labels": {"polarization.stance": "favor", "polarization.affect": "no", "polarization.agreement": "agree"}
  stance     the side taken: favor, against or any other word of yours; none, unknown, NA, abstain, don't know: no side
  affect     deep negative emotion towards those who hold the opposing view: yes, no
  agreement  with the post it answers: agree or yes; disagree, neutral or no
true is yes, false no, but of a stance; any other word says nothing. Of an id the last line stands, and a line whose "op" is
"delete" takes it away. A post with one of these labels is taken with those it has; one without is annotated first, which
needs its text: with the text of its parent, where IN holds that, and with its topic or, without one, that of the nearest
post up its thread that has one. What the model then answers of the three counts. A conversation's score is the mean,
extreme above 7.
The report has the mean score (Student's 95 % interval) and the share extreme (Wilson's), of all conversations and by topic.
FILE is CSV with event,start,end (dates; `name` and `date` will do too) and perhaps kind (publicised, sudden), which is
repeated beside what was found and decides nothing. Conversations count on the day they began: in the 3 days before an
event, on its days, in the 3 days after. An event is anticipation-driven or reactive where the 95 % interval of the
difference in the share of extreme conversations excludes 0 and every window has 30 or more; a window, and a topic, below 11
shows no numbers.
OUT has a row a conversation: conversation (its id, else that of its first post), topic, first_day, interactions, score, band
(low, mid, high). It names conversations as IN does: it is no table to publish."#;

/// `tidemark polarization`.
#[derive(Debug, Args)]
pub(crate) struct Polarization {
    /// Input; `-` is standard input; gzip and zstd are recognised.
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Events, CSV: event,start,end and perhaps kind.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// Also write a row for each conversation with a score, as CSV; .gz compresses; `-` writes them to standard output, in
    /// place of the report.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// What to make of labels that are not known: no score, or as the paper (arXiv 2601.00927) reads them.
    #[arg(long, value_enum, default_value_t = PolarizationMode::Strict)]
    pub(crate) mode: PolarizationMode,
    /// Time zone whose civil days are counted.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    #[command(flatten)]
    pub(crate) encoder: Encoder,
    /// Print the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to make of labels that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolarizationMode {
    /// An interaction that depends on them has no score.
    Strict,
    /// Two unknown stances are the same, and anything but yes is no.
    Paper,
}

impl From<PolarizationMode> for tidemark_polarization::Mode {
    fn from(mode: PolarizationMode) -> Self {
        match mode {
            PolarizationMode::Strict => Self::Strict,
            PolarizationMode::Paper => Self::Paper,
        }
    }
}

/// What a point of a series stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeriesPeriod {
    /// A civil day.
    Day,
    /// An MMWR week, Sunday to Saturday.
    Epiweek,
    /// An ISO 8601 week, Monday to Sunday.
    Isoweek,
}

impl From<SeriesPeriod> for tidemark_domain::PeriodKind {
    fn from(period: SeriesPeriod) -> Self {
        match period {
            SeriesPeriod::Day => Self::Day,
            SeriesPeriod::Epiweek => Self::Epiweek,
            SeriesPeriod::Isoweek => Self::Isoweek,
        }
    }
}
