//! What says how markers go together in the same people.

use super::InOut;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use tidemark_aggregate::relate::By;

/// `tidemark relate`.
#[derive(Debug, Subcommand)]
pub(crate) enum RelateCommand {
    /// Say which markers meet in the same people, and how much more often than by chance.
    #[command(after_help = LIFT_HELP)]
    Lift(RelateLift),
    /// Say what people show most of a head's labels: shares that sum to 1, with intervals that hold together.
    #[command(after_help = COMPOSITION_HELP)]
    Composition(RelateComposition),
    /// Say which label of a head follows which, and how valence changes, from post to post of threads or of authors.
    #[command(after_help = SHIFT_HELP)]
    Shift(RelateShift),
}

const LIFT_HELP: &str = r#"Example:
  tidemark relate lift annotated.jsonl --markers mh.stress,mh.depression,emotion.primary --output lift.csv

IN holds posts, or annotated posts (`tidemark annotate`), one JSON object a line, as for `tidemark series`. A person counts
once over all the days, and shows a marker who shows it in any post; where IN has no authors, posts count. OUT has a row for
each two markers, in all languages together and in each:
  language,a,b      all, en, es, other; the two markers
  unit,total        what is counted (author, post), and in how many of them both markers could be answered
  n_a,n_b,n_both    of those, how many show the one, the other, both; expected: n_a n_b / total
  lift,lower,upper  n_both / expected (1: as often as by chance), with its 95 % interval (delta method on the logarithm)
  status            ok; censored: one of the counts is below 11 and no number is shown (that nobody has both is); no_data
Each interval holds by itself at 95 %: of many rows some leave 1 out by chance. Who writes more shows more of everything, so
that lifts above 1 are usual: --from and --to narrow the days. Lines that cannot be read go to OUT.rejects.jsonl. Exit codes:
4 where IN or a marker is not there, 5 where OUT cannot be written, 7 where posts need a model that is not there."#;

const COMPOSITION_HELP: &str = r#"Example:
  tidemark relate composition annotated.jsonl --of emotion.primary --among mh.stress --output parts.csv

IN is as for `tidemark relate lift`. A person who shows any label of the head is in the part of the label that they show in
most posts, or in (several) where two come equally often. OUT has a row for each part, in all languages together and in each:
  language,part         all, en, es, other; the label as a marker, (several), (other)
  unit,n,total          what is counted (author, post), how many are in the part, and in all parts
  share,lower,upper     n / total, with Goodman's interval: those of all parts hold together at 95 %
  status                ok; censored: fewer than 11 in all parts, no number is shown; no_data
Parts of 1 to 10 people stand together as (other), with the next smallest where they are fewer than 11. Lines that cannot be
read go to OUT.rejects.jsonl. Exit codes: 4 where IN or a marker is not there, 5 where OUT cannot be written, 7 where posts
need a model that is not there."#;

const SHIFT_HELP: &str = r#"Example:
  tidemark relate shift annotated.jsonl --marker emotion.primary --output shift.csv
  tidemark relate shift annotated.jsonl --marker emotion.primary --by author --window 48 --valence sentiment --output own.csv

IN is as for `tidemark relate lift`; threads are told by parent and conversation, as for `tidemark polarization`. A post has
the label that scores highest of those it shows; one that shows none, or two equally, is passed over, and the next one
follows. Posts of one instant have no order, and no step is counted between them. OUT has a row for each two labels, in
all languages together and in each, and speaks of all threads, or authors, together:
  language,from,to   all, en, es, other; the labels as markers; (other): labels that too few people wrote
  unit,people        what is counted (author, post); the fewer of those who wrote the first posts and the second ones
  n,total            steps from the one label to the other; all steps from the first
  value,lower,upper  n / total, with Goodman's interval: those of a row of the matrix hold together at 95 %
  status             ok; censored: fewer than 11 people or threads, no number is shown; no_data
Below stand two rows of valence (from: its name), over the steps of which both posts have it: to (change), the mean change of
a step, below 0 where it falls; to (falls), the share of steps by which it falls. Their 95 % intervals know that steps of one
thread or author resemble each other; those of the matrix do not. Lines that cannot be read go to OUT.rejects.jsonl. Exit
codes: 4 where IN, labels of the marker or authors are not there, 5 where OUT cannot be written, 7 where posts need a model
that is not there."#;

/// Whose posts are looked at.
#[derive(Debug, Args)]
pub(crate) struct RelatePeople {
    #[command(flatten)]
    pub(crate) files: InOut,
    /// Time zone whose civil days are counted.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// The first day, YYYY-MM-DD; that of the file where absent.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// The last day, YYYY-MM-DD; that of the file where absent.
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<Date>,
    /// Count likely bots too.
    #[arg(long)]
    pub(crate) with_bots: bool,
}

/// `tidemark relate lift`.
#[derive(Debug, Args)]
pub(crate) struct RelateLift {
    #[command(flatten)]
    pub(crate) people: RelatePeople,
    /// Markers, or heads with all their labels, such as mh.stress,emotion.primary; where absent, all that 11 people show.
    #[arg(long, value_name = "MARKERS", value_delimiter = ',')]
    pub(crate) markers: Vec<String>,
}

/// `tidemark relate composition`.
#[derive(Debug, Args)]
pub(crate) struct RelateComposition {
    #[command(flatten)]
    pub(crate) people: RelatePeople,
    /// The head whose labels are the parts, such as emotion.primary or sentiment.
    #[arg(long, value_name = "HEAD")]
    pub(crate) of: String,
    /// Only posts in which this marker is present.
    #[arg(long, value_name = "MARKER")]
    pub(crate) among: Option<String>,
}

/// `tidemark relate shift`.
#[derive(Debug, Args)]
pub(crate) struct RelateShift {
    #[command(flatten)]
    pub(crate) people: RelatePeople,
    /// The head whose labels follow each other, such as emotion.primary or sentiment.
    #[arg(long, value_name = "HEAD")]
    pub(crate) marker: String,
    /// Among which posts one is the next.
    #[arg(long, value_enum, default_value_t = ShiftBy::Thread)]
    pub(crate) by: ShiftBy,
    /// Only steps between posts so many hours apart at most; where absent 24 of authors, and any of threads.
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) window: Option<u32>,
    /// The value whose changes are told: a marker with one score, or a head with positive and negative (sentiment,
    /// lexicon.vader), of which it is the difference; vad.valence where absent and where posts have it.
    #[arg(long, value_name = "MARKER")]
    pub(crate) valence: Option<String>,
}

/// Among which posts one is the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShiftBy {
    /// Those of one thread.
    Thread,
    /// Those of one author.
    Author,
}

impl From<ShiftBy> for By {
    fn from(by: ShiftBy) -> Self {
        match by {
            ShiftBy::Thread => Self::Thread,
            ShiftBy::Author => Self::Author,
        }
    }
}
