//! The command line: what can be asked, and nothing of how it is answered.

mod alert;
mod events;
mod foresee;
mod ingest;
mod own;
mod platform;
mod relate;
mod score;
mod signals;

pub(crate) use alert::{AlertBacktest, AlertCommand};
pub(crate) use events::Events;
pub(crate) use foresee::{Backtest, Forecast, Forecasting, Score, Simulate};
pub(crate) use ingest::{Ingest, IngestFile, IngestJetstream};
pub(crate) use own::{LexiconAdd, LexiconCheck, LexiconCommand, MarkerAudit, MarkerCommand, ModelAdd, ModelCommand};
pub(crate) use platform::{Broker, Doctor, Format, Key, Role, Run, Sql, Status, Up};
pub(crate) use relate::{RelateCommand, RelateComposition, RelateLift, RelatePeople, RelateShift};
pub(crate) use score::{Encoder, Explain, InOut, Polarization, Series};
pub(crate) use signals::Signals;

use clap::{Args, Parser, Subcommand};
use events::EVENTS_HELP;
use foresee::{BACKTEST_HELP, FORECAST_HELP, SCORE_HELP, SIMULATE_HELP};
use score::{ANNOTATE_HELP, EXPLAIN_HELP, POLARIZATION_HELP, SERIES_HELP};
use signals::SIGNALS_HELP;
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
    #[command(after_help = SERIES_HELP)]
    Series(Series),
    /// Say how markers go together in the same people, and which label follows which. No server is needed.
    #[command(subcommand)]
    Relate(RelateCommand),
    /// Score how polarized conversations are, and compare them before, during and after events. No server is needed.
    #[command(after_help = POLARIZATION_HELP)]
    Polarization(Polarization),
    /// Work with lexica of your own.
    #[command(subcommand)]
    Lexicon(LexiconCommand),
    /// Work with models of your own.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Find out whether a marker may be trusted.
    #[command(subcommand)]
    Marker(MarkerCommand),
    /// Forecast every series of a file from one origin, as hubverse rows with 23 quantiles.
    #[command(after_help = FORECAST_HELP)]
    Forecast(Forecast),
    /// Forecast from many past origins, each seeing only its own past.
    #[command(after_help = BACKTEST_HELP)]
    Backtest(Backtest),
    /// Say how good forecasts were, beside what came and beside a seasonal-naive forecast.
    #[command(after_help = SCORE_HELP)]
    Score(Score),
    /// Find out what alert rules are worth.
    #[command(subcommand)]
    Alert(AlertCommand),
    /// List the days on which the series of a file stood out, or since when they have another level. No server is needed.
    #[command(after_help = SIGNALS_HELP)]
    Signals(Signals),
    /// Say whether series changed when something happened, and whether they follow another. No server is needed.
    #[command(after_help = EVENTS_HELP)]
    Events(Events),
    /// Make posts of a population whose true prevalence is known, and write the truth beside them.
    #[command(after_help = SIMULATE_HELP)]
    Simulate(Simulate),
    /// Ask the lake with SQL (queries only).
    #[command(
        after_help = "Example:\n  tidemark sql \"SELECT marker, avg(value) FROM series GROUP BY marker ORDER BY 2 DESC\"\n\nViews: annotated, author_days, series, series_baseline, forecast, alert, track_record, signal, suspect, judgement, feed_health. ARCHITECTURE.md describes them."
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
