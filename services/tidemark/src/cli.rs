//! The command line: what can be asked, and nothing of how it is answered.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Reads public social-media posts, measures markers of emotion and distress, turns them into prevalence series,
/// forecasts when they will crest, and warns in time.
#[derive(Debug, Parser)]
#[command(name = "tidemark", version, after_help = crate::exit::HELP, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say more on standard error; twice for debugging. `RUST_LOG` is honoured.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Where state lives and how it is configured: shared by every command that meets a running platform.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// Folder that holds the lake, the embedded broker's log, keys and checkpoints.
    #[arg(long, value_name = "DIR", env = "TIDEMARK_DATA", default_value = "tidemark-data")]
    pub(crate) data: PathBuf,
    /// Configuration file (TOML). Environment variables TIDEMARK_SECTION__KEY override it.
    #[arg(long, value_name = "FILE", env = "TIDEMARK_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// The commands, in the order of the data.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start every role in one process group over an embedded broker, and print the dashboard's address.
    #[command(after_help = "Example:\n  tidemark up --demo\n  tidemark up --data /var/lib/tidemark --port 8377")]
    Up(Up),
    /// Run roles alone, against an external broker and a shared lake.
    #[command(after_help = "Example:\n  tidemark run annotate --config cluster.toml")]
    Run(Run),
    /// Read posts into a running platform.
    #[command(subcommand)]
    Ingest(Ingest),
    /// Score posts in a file: JSON lines in, JSON lines out. No server is needed.
    #[command(after_help = ANNOTATE_HELP)]
    Annotate(InOut),
    /// Say why posts have a label: what each word contributes to the model's answer, and what the lexica hit.
    #[command(after_help = EXPLAIN_HELP)]
    Explain(Explain),
    /// Turn posts or annotated posts into prevalence series. No server is needed.
    #[command(
        after_help = "Example:\n  tidemark series annotated.jsonl --output series.csv\n\nThe output has date,series,value,n,total,lower,upper,n_posts,unit,status,…: n of total units (people; posts where\nthe input has no authors) show the marker, with Wilson's 95 % interval."
    )]
    Series(Series),
    /// Score how polarized conversations are, and compare them before, during and after events. No server is needed.
    #[command(after_help = POLARIZATION_HELP)]
    Polarization(Polarization),
    /// Work with lexica of your own.
    #[command(subcommand)]
    Lexicon(LexiconCommand),
    /// Find out whether a marker may be trusted.
    #[command(subcommand)]
    Marker(MarkerCommand),
    /// Forecast every series of a file from one origin, as hubverse rows with 23 quantiles.
    #[command(after_help = "Example:\n  tidemark forecast --series series.csv --horizon 14 --output forecast.csv")]
    Forecast(Forecast),
    /// Forecast from many past origins, each seeing only its own past.
    #[command(
        after_help = "Example:\n  tidemark backtest --series series.csv --from 2024-01-05 --to 2024-12-20 --step 28 --horizon 14 --output backtest.csv.gz"
    )]
    Backtest(Backtest),
    /// Make posts of a population whose true prevalence is known, and write the truth beside them.
    #[command(after_help = "Example:\n  tidemark simulate --seed 7 --days 400 --posts-per-day 300 --output simulated")]
    Simulate(Simulate),
    /// Ask the lake with SQL (queries only).
    #[command(
        after_help = "Example:\n  tidemark sql \"SELECT marker, avg(value) FROM series GROUP BY marker ORDER BY 2 DESC\"\n\nViews: annotated, author_days, series, forecast, alert, feed_health. ARCHITECTURE.md describes them."
    )]
    Sql(Sql),
    /// Show lag, rates and freshness of every stage of a running platform.
    #[command(after_help = "Example:\n  tidemark status")]
    Status(Status),
    /// Check the machine, the broker, the lake and the model files; say what to do about each fault.
    #[command(after_help = "Example:\n  tidemark doctor")]
    Doctor(Doctor),
    /// The embedded broker's process. `up` starts it.
    #[command(hide = true)]
    Broker(Broker),
}

const ANNOTATE_HELP: &str = r#"Example:
  echo '{"id": "1", "text": "so tired of everything", "lang": "en"}' | tidemark annotate - --output -

Input, one JSON object a line: id, text and optionally lang, author, created_at, region, parent_text, topic.
Output, one line a post, in the same order: id, language, scores, labels, lexicon, provenance.
A line that cannot be read goes to OUT.rejects.jsonl as {line, reason, detail}; the run goes on."#;

const EXPLAIN_HELP: &str = r#"Example:
  echo '{"id": "1", "text": "deadlines everywhere, I cannot cope"}' | tidemark explain - --marker mh.stress --output -

Output, one JSON line a post: id, language, marker, label, score, words (start, end, text, weight), lexicon (category,
start, end, text, weight, negated), provenance. A word's weight is how far the label's log-odds fall without it; in a post
of more than 48 words, neighbours that matter little stand together. Places are characters of the text as it was scored,
with handles and addresses masked. Where the marker cannot be answered in a post's language, there is no score."#;

/// `tidemark explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) files: ModelInOut,
    /// The marker: mh.stress, emotion.goemotions.joy; of a marker with labels, the one that scores highest.
    #[arg(long, value_name = "MARKER")]
    pub(crate) marker: String,
}

/// `tidemark up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Port of the dashboard and of REST; gRPC takes the next one. 0 lets the system choose.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Fill an empty platform with a simulated year of posts, then go on live.
    #[arg(long, overrides_with = "no_demo")]
    pub(crate) demo: bool,
    /// Start without demo data (the default).
    #[arg(long)]
    pub(crate) no_demo: bool,
}

/// A role: one stage of the data's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Read configured sources.
    Ingest,
    /// Score posts.
    Annotate,
    /// Commit to the lake and compute series.
    Aggregate,
    /// Forecast series.
    Forecast,
    /// Raise and resolve alerts.
    Alert,
    /// Answer REST, gRPC and the dashboard.
    Serve,
}

/// `tidemark run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The roles to run in this process.
    #[arg(required = true, value_name = "ROLE")]
    pub(crate) roles: Vec<Role>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Port of REST and the dashboard, for the role serve.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
}

/// `tidemark ingest`.
#[derive(Debug, Subcommand)]
pub(crate) enum Ingest {
    /// Read files: NDJSON, CSV or Parquet, plain, gzip or zstd.
    #[command(after_help = INGEST_FILE_HELP)]
    File(IngestFile),
    /// Follow Bluesky's Jetstream, resuming where the last run ended.
    #[command(
        after_help = "Example:\n  tidemark ingest jetstream --url wss://jetstream2.us-east.bsky.network/subscribe"
    )]
    Jetstream(IngestJetstream),
}

const INGEST_FILE_HELP: &str = r#"Example:
  tidemark ingest file posts.csv.gz --mapping posts.toml --wait

A mapping file says which column is what:
  source = "my_forum"
  id = "post_id"
  text = "body"
  author = "user"
  created_at = { column = "date", format = "%Y-%m-%d", zone = "Europe/Madrid" }
  language = "lang"
  place = "region"
  community = "board"
  parent = "reply_to"
  conversation = "thread"

Without one, columns with the usual names are recognised (id, text or body, author, created_at or date, lang, region).
Rejected records are kept in DATA/rejects with a reason, and can be read again with a corrected mapping."#;

/// `tidemark ingest file`.
#[derive(Debug, Args)]
pub(crate) struct IngestFile {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Which column is what (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// The paths are rejects files of earlier runs: read their records once more, with a corrected mapping. Those of
    /// Jetstream (bluesky.jsonl) need none.
    #[arg(long)]
    pub(crate) rejects: bool,
    /// Wait until every row is in the lake and its series are recomputed, then print the counts.
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `tidemark ingest jetstream`.
#[derive(Debug, Args)]
pub(crate) struct IngestJetstream {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Address of a Jetstream server; may be given more than once, the next is tried when one fails.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Vec<String>,
    /// Protocol version.
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) protocol: Option<u8>,
}

/// One file in, one file out, scored on the way.
#[derive(Debug, Args)]
pub(crate) struct InOut {
    #[command(flatten)]
    pub(crate) files: ModelInOut,
    /// Folder of lexica of one's own, beside the bundled ones (`tidemark lexicon add` makes DATA/lexica).
    #[arg(long, value_name = "DIR")]
    pub(crate) lexica: Option<PathBuf>,
    /// Score with lexica only.
    #[arg(long)]
    pub(crate) lexica_only: bool,
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
    /// Folder of the model.
    #[arg(long, value_name = "DIR", env = "TIDEMARK_MODEL_DIR")]
    pub(crate) model: Option<PathBuf>,
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
}

const POLARIZATION_HELP: &str = r#"Example:
  tidemark polarization annotated.jsonl --events events.csv

IN holds posts, or annotated posts (`tidemark annotate`), one JSON object a line, with created_at, parent (the id of the
post it answers) and perhaps conversation and topic. A reply and its parent score 0 to 10 by their stances, affect and
agreement (labels polarization.stance, .affect, .agreement; the shipped model does not answer them yet, so they must come
with the file); a conversation's score is the mean, extreme above 7.
FILE is CSV with event,start,end (dates). Conversations count on the day they began: in the 3 days before an event, on its
days, in the 3 days after. An event is anticipation-driven or reactive where the 95 % interval of the difference in the
share of extreme conversations excludes 0 and every window has 30 or more; a window below 11 shows no numbers."#;

/// `tidemark polarization`.
#[derive(Debug, Args)]
pub(crate) struct Polarization {
    /// Input; `-` is standard input; gzip and zstd are recognised.
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Events, CSV: event,start,end.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// What to make of labels that are not known: no score, or as the paper (arXiv 2601.00927) reads them.
    #[arg(long, value_enum, default_value_t = PolarizationMode::Strict)]
    pub(crate) mode: PolarizationMode,
    /// Time zone whose civil days are counted.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// Folder of the model, for posts that are not annotated.
    #[arg(long, value_name = "DIR", env = "TIDEMARK_MODEL_DIR")]
    pub(crate) model: Option<PathBuf>,
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
`tidemark marker audit`. Formats: those of `tidemark lexicon check`."#;

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

The sample is one JSON object a line: id, text, label (yes or no), and perhaps lang, group (what the marker should not
depend on: a region, a platform) and paraphrase_of (the id of the post it says in other words; it counts for stability
alone). A marker passes (exit code 0, else 10) with 200 answered posts, 50 of each label; 90 % of the sample answered;
sensitivity + specificity - 1 of 0.3, and in no group of 30 of each label less than half of the whole's; of 30 paraphrases
80 % answered alike; and, where scores are probabilities, a calibration error of at most 0.1. The audit of a marker of
one's own is kept in DATA/audits, and holds until its lexicon changes."#;

/// `tidemark marker audit`.
#[derive(Debug, Args)]
pub(crate) struct MarkerAudit {
    /// The marker: lexicon.work.burnout, mh.stress.
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
VADER's term and valence, and category<TAB>term[<TAB>weight]. A malformed file is refused with its line (exit code 4).
The corpus is one JSON object a line, as `tidemark annotate` takes it: text, and optionally lang and region."#;

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

/// What is forecast, how far, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct Forecasting {
    /// Series file: date, series, value, and perhaps n and total; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) series: PathBuf,
    /// Days ahead.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) horizon: u16,
    /// Days of history a model may see, at most.
    #[arg(long, value_name = "DAYS")]
    pub(crate) history: Option<u32>,
    /// Which models; all where absent.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// Output, CSV; .gz compresses; `-` is standard output.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// `tidemark forecast`.
#[derive(Debug, Args)]
pub(crate) struct Forecast {
    #[command(flatten)]
    pub(crate) forecasting: Forecasting,
    /// The last day a model may see; the last day of each series where absent.
    #[arg(long, value_name = "DATE")]
    pub(crate) origin: Option<jiff::civil::Date>,
}

/// `tidemark backtest`.
#[derive(Debug, Args)]
pub(crate) struct Backtest {
    #[command(flatten)]
    pub(crate) forecasting: Forecasting,
    /// First origin.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: jiff::civil::Date,
    /// Last origin, at most.
    #[arg(long, value_name = "DATE")]
    pub(crate) to: jiff::civil::Date,
    /// Days between origins.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) step: u16,
}

/// `tidemark simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The same seed gives the same bytes.
    #[arg(long, value_name = "N")]
    pub(crate) seed: u64,
    /// Days to simulate.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    /// Posts a day, on average.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) posts_per_day: u32,
    /// First day.
    #[arg(long, value_name = "DATE", default_value = "2023-01-01")]
    pub(crate) first_day: jiff::civil::Date,
    /// Folder for posts.ndjson, truth.csv, events.csv and scenario.json.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
}

/// Output of `tidemark sql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned for reading.
    Table,
    /// Comma-separated values.
    Csv,
    /// JSON lines.
    Json,
}

/// `tidemark sql`.
#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// The query; `-` reads it from standard input.
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Answer as the lake stood at this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<jiff::Timestamp>,
}

/// `tidemark status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) key: Key,
    /// Print the server's answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a server that is open to a network asks for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Key {
    /// The admin key, where the server is reached by more than this machine.
    #[arg(long, value_name = "KEY", env = "TIDEMARK_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
}

/// `tidemark doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) key: Key,
}

/// `tidemark broker`.
#[derive(Debug, Args)]
pub(crate) struct Broker {
    /// Folder of the broker's own data.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// Port on 127.0.0.1.
    #[arg(long)]
    pub(crate) port: u16,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_an_example() {
        let mut cli = super::Cli::command();
        cli.clone().debug_assert();
        for command in cli.get_subcommands_mut() {
            let leaves: Vec<_> = if command.has_subcommands() {
                command.get_subcommands().cloned().collect()
            } else {
                vec![command.clone()]
            };
            for mut leaf in leaves.into_iter().filter(|leaf| !leaf.is_hide_set()) {
                let help = leaf.render_long_help().to_string();
                assert!(help.contains("Example:"), "{} has no example", leaf.get_name());
            }
        }
    }
}
