//! `tidemark annotate`: posts in a file, scored.

use crate::cli::{Encoder, InOut};
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Input, Output, Rejects, open};
use crate::prepare;
use crate::progress::Progress;
use anyhow::Context as _;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Seek as _};
use std::path::Path;
use tidemark_annotate::file::{self, Summary, Unanswered};
use tidemark_annotate::{Annotator, Error, Settings, Topics};
use tidemark_model::Head;

/// What scores, as the arguments have it.
pub(crate) fn settings(arguments: &InOut) -> Result<Settings, Failure> {
    let InOut { files, bundled, lexica, lexica_only, heads, topics } = arguments;
    Ok(Settings {
        models_dir: files.models.clone(),
        lexica: bundled.clone().unwrap_or_default(),
        lexica_dir: lexica.clone(),
        lexica_only: *lexica_only,
        heads: heads.clone().unwrap_or_default(),
        topics: topics.as_deref().map_or_else(|| Ok(Topics::default()), topics_of)?,
        ..encoder_of(&files.encoder)
    })
}

/// The model and what it runs on, as the arguments have it, and nothing else.
pub(crate) fn encoder_of(arguments: &Encoder) -> Settings {
    Settings { model_dir: arguments.model.clone(), device: arguments.device.into(), ..Settings::default() }
}

/// The topics of a configuration file, which is given for them.
fn topics_of(file: &Path) -> Result<Topics, Failure> {
    let topics = Config::load(Some(file)).or_exit(Exit::Configuration)?.annotate.topics;
    if topics.is_empty() {
        return Err(anyhow::anyhow!("{} has no [[annotate.topics]]", file.display())).or_exit(Exit::Configuration);
    }
    Ok(topics)
}

/// Loads what scores, and says which heads do not.
pub(crate) fn annotator(settings: &Settings) -> Result<Annotator, Failure> {
    let annotator = Annotator::load(settings).map_err(|error| Failure::new(exit_of(&error), error))?;
    let told = |head: &&Head| match head.licence.as_str() {
        "" => head.marker.clone(),
        licence => format!("{} ({licence})", head.marker),
    };
    let silent: Vec<String> = annotator.silent_heads().iter().map(told).collect();
    if !silent.is_empty() {
        crate::say(&format!("heads left out: {}", silent.join(", ")));
    }
    Ok(annotator)
}

/// Runs the command.
pub(crate) fn run(arguments: &InOut) -> Result<(), Failure> {
    let input = open(&arguments.files.input).or_exit(Exit::Input)?;
    let annotator = annotator(&settings(arguments)?)?;
    let mut output = Output::create(&arguments.files.output).or_exit(Exit::Output)?;
    let mut rejects = Rejects::of(&arguments.files.output).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let started = std::time::Instant::now();
    let summary = file::annotate_lines(
        &annotator,
        input.reader,
        &mut output,
        &mut rejects,
        Unanswered::Omitted,
        &prepare::text,
        |_, lines| progress.at_shared(&position, lines, "posts"),
    )
    .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
    progress.clear();
    output.finish().or_exit(Exit::Output)?;
    // No fault: answering every line that holds a post is what was promised, and none did.
    if let Some(said) = super::none_taken(summary.answered, summary.rejected, &rejects, "annotate") {
        crate::say(&said);
    }
    let seconds = started.elapsed().as_secs_f64();
    crate::say(&format!(
        "answered {} posts, rejected {} lines{}; {:.0} posts/s, {:.0} model tokens/s",
        summary.answered,
        summary.rejected,
        rejects.note(),
        summary.answered as f64 / seconds,
        summary.tokens as f64 / seconds,
    ));
    if let Some(said) = abstentions(&summary) {
        crate::say(&said);
    }
    Ok(())
}

/// On how many of the posts that it was asked of each marker abstained; nothing where none did.
fn abstentions(summary: &Summary) -> Option<String> {
    let some = summary.abstained.iter().filter(|(_, asked)| asked.k > 0);
    let each: Vec<String> = some.map(|(marker, asked)| format!("{marker} on {} of {}", asked.k, asked.n)).collect();
    (!each.is_empty()).then(|| format!("abstained: {}", each.join(", ")))
}

/// Reads posts or annotated posts as annotated posts, with how many lines were rejected on the way. Posts are annotated
/// first, into a file that goes with this process, each on the line that it has in the input.
pub(crate) fn annotated(
    mut input: Input,
    settings: &Settings,
    rejects: &mut Rejects,
    progress: &Progress,
) -> Result<(Box<dyn BufRead + Send>, u64), Failure> {
    match starts_annotated(&mut input.reader) {
        Ok(true) => return Ok((input.reader, 0)),
        Ok(false) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => input.reader = Box::new(BufReader::new(CutOff)),
        Err(error) => return Err(error).context("the input cannot be read").or_exit(Exit::Input),
    }
    let annotator = annotator(settings)?;
    let mut annotated = tempfile::tempfile().context("no temporary file can be made").or_exit(Exit::Output)?;
    let summary = file::annotate_lines(
        &annotator,
        input.reader,
        BufWriter::new(&mut annotated),
        rejects,
        Unanswered::Blank,
        &prepare::text,
        |_, lines| progress.at_shared(&input.position, lines, "posts annotated"),
    )
    .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
    annotated.rewind().context("the temporary file cannot be read").or_exit(Exit::Output)?;
    Ok((Box::new(BufReader::new(annotated)), summary.rejected))
}

/// Whether the file is of annotated posts: one of its first lines that can be read says which versions made it.
fn starts_annotated(reader: &mut impl BufRead) -> io::Result<bool> {
    let is_annotated = |line: &[u8]| line.windows(PROVENANCE.len()).any(|window| window == PROVENANCE);
    let mut lines = reader.fill_buf()?.split(|&byte| byte == b'\n');
    // The last line may go on beyond the buffer, and is then no JSON: what can be seen of it still tells.
    let readable = |line: &&[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() || is_annotated(line);
    Ok(lines.find(readable).is_some_and(is_annotated))
}

/// A compressed input that was cut off before its first line: its decoder says so once, this at every reading.
struct CutOff;

impl Read for CutOff {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::UnexpectedEof.into())
    }
}

/// What every annotated line holds.
const PROVENANCE: &[u8] = b"\"provenance\"";

/// The exit code of a failed annotation.
pub(crate) fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Read { .. } | Error::UnknownMarker { .. } | Error::UnknownHead { .. } => Exit::Input,
        Error::Write(_) => Exit::Output,
        Error::Log(_) => Exit::Unreachable,
        Error::Model(_)
        | Error::Lexicon(_)
        | Error::Own { .. }
        | Error::OwnLexiconName { .. }
        | Error::OwnLexiconTwice { .. }
        | Error::OwnLexiconSettings { .. }
        | Error::OwnModel { .. }
        | Error::OwnModelName { .. } => Exit::Model,
        Error::Encode(_) | Error::Scoring(_) => Exit::Unexpected,
    }
}
