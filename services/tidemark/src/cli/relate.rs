//! What says how markers go together in the same people.

use super::InOut;
use clap::{Args, Subcommand};
use jiff::civil::Date;

/// `tidemark relate`.
#[derive(Debug, Subcommand)]
pub(crate) enum RelateCommand {
    /// Say which markers meet in the same people, and how much more often than by chance.
    #[command(after_help = LIFT_HELP)]
    Lift(RelateLift),
    /// Say what people show most of a head's labels: shares that sum to 1, with intervals that hold together.
    #[command(after_help = COMPOSITION_HELP)]
    Composition(RelateComposition),
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
