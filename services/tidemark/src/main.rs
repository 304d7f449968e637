//! Tidemark: a tide gauge for a population's mental health. See `tidemark --help`, README.md and ARCHITECTURE.md.

mod audits;
mod cli;
mod commands;
mod config;
mod demo;
mod event_file;
mod exit;
mod files;
mod known;
mod platform;
mod prepare;
mod progress;
mod roles;
mod stop;
mod track_records;
mod up;

use anyhow::Context as _;
use clap::Parser as _;
use cli::{AlertCommand, Cli, Command, Ingest, LexiconCommand, MarkerCommand, ModelCommand, RelateCommand};
use exit::{Exit, Failure, OrExit as _};
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging(&cli);
    match answer(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { exit, error }) => {
            say(&format!("tidemark: {}", chain(&error)));
            ExitCode::from(exit as u8)
        }
    }
}

fn answer(command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(arguments) => blocking(up::up(arguments)),
        Command::Run(arguments) => blocking(up::run(arguments)),
        Command::Ingest(Ingest::File(arguments)) => blocking(commands::ingest::file(arguments)),
        Command::Ingest(Ingest::Jetstream(arguments)) => blocking(commands::ingest::jetstream(arguments)),
        Command::Annotate(arguments) => commands::annotate::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Series(arguments) => blocking(commands::series::run(arguments)),
        Command::Relate(RelateCommand::Lift(arguments)) => commands::relate::lift(&arguments),
        Command::Relate(RelateCommand::Composition(arguments)) => commands::relate::composition(&arguments),
        Command::Relate(RelateCommand::Shift(arguments)) => commands::relate::shift(&arguments),
        Command::Polarization(arguments) => commands::polarization::run(&arguments),
        Command::Lexicon(LexiconCommand::Check(arguments)) => commands::lexicon::check(&arguments),
        Command::Lexicon(LexiconCommand::Add(arguments)) => commands::lexicon::add(&arguments),
        Command::Model(ModelCommand::Add(arguments)) => commands::model::add(&arguments),
        Command::Marker(MarkerCommand::Audit(arguments)) => commands::marker::run(&arguments),
        Command::Forecast(arguments) => commands::forecast::forecast(&arguments),
        Command::Backtest(arguments) => commands::forecast::backtest(&arguments),
        Command::Score(arguments) => commands::score::run(arguments),
        Command::Alert(AlertCommand::Backtest(arguments)) => commands::alert::backtest(&arguments),
        Command::Signals(arguments) => commands::signals::run(&arguments),
        Command::Events(arguments) => commands::events::run(&arguments),
        Command::Simulate(arguments) => commands::simulate::run(arguments),
        Command::Sql(arguments) => blocking(commands::sql::run(arguments)),
        Command::Status(arguments) => blocking(commands::status::run(arguments)),
        Command::Doctor(arguments) => blocking(commands::doctor::run(arguments)),
        Command::Broker(arguments) => blocking(up::broker(arguments)),
    }
}

fn blocking<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().or_exit(Exit::Unexpected)?;
    let answer = runtime.block_on(future);
    // A blocking read of standard input cannot be cancelled: leave it behind rather than wait for it.
    runtime.shutdown_background();
    answer
}

/// Says something to the person at the terminal. Standard output belongs to data. Where nobody listens any more, that is
/// no reason to stop.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints what was asked for. A reader who has seen enough (`| head`) has gone, which is no fault.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_ref()).and_then(|()| out.flush()) {
        Err(gone) if gone.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write the answer").or_exit(Exit::Output),
    }
}

/// [`print`] for what was asked for as JSON.
pub(crate) fn print_json(answer: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(answer).or_exit(Exit::Unexpected)?;
    print(text + "\n")
}

/// An error and its causes, one sentence. A cause that its parent already repeats is not said twice.
fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn start_logging(cli: &Cli) {
    use tracing_subscriber::EnvFilter;
    // A target is named by its beginning: `tidemark` is every crate of ours.
    let default = match (cli.verbose, &cli.command) {
        (0, Command::Up(_) | Command::Run(_)) => "warn,tidemark=info",
        (0, _) => "warn",
        (1, _) => "info,tidemark=debug",
        _ => "debug",
    };
    let filter = match &cli.command {
        // Whatever is asked for: the broker library's own events can hold payloads.
        Command::Broker(_) => EnvFilter::new(tidemark_log::BROKER_LOG_FILTER),
        _ => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // What cannot be written would be told by a macro that panics where standard error is closed.
        .log_internal_errors(false)
        .init();
    // What a panic says can hold what was being worked on, a text for one: its place is enough to find it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let place = place.rsplit_once("/src/index.").map_or(place.as_str(), |(_, library)| library);
        tracing::error!(place, "a task panicked: what follows says what it leads to; please report the place");
    }));
}
