//! `tidemark series`: posts or annotated posts in a file, as prevalence series.

use crate::cli::Series;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, is_dash, open};
use crate::prepare;
use crate::progress::Progress;
use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek as _, Write as _};
use tidemark_aggregate::Error;
use tidemark_aggregate::file::{Options, series_of_lines};
use tidemark_annotate::file::Unanswered;

/// Runs the command.
pub(crate) async fn run(arguments: Series) -> Result<(), Failure> {
    let files = arguments.files;
    let zone = TimeZone::get(&arguments.zone)
        .with_context(|| {
            format!("the time zone `{}` is not known; use an IANA name, such as Europe/Madrid", arguments.zone)
        })
        .or_exit(Exit::Input)?;
    let options = Options { zone, period: arguments.period.into(), issued_at: Timestamp::now() };
    let mut input = open(&files.input).or_exit(Exit::Input)?;
    let mut rejects = Rejects::of(&files.output).or_exit(Exit::Output)?;
    let mut output = Output::create(&files.output).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let is_annotated = match starts_annotated(&mut input.reader) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            input.reader = Box::new(BufReader::new(CutOff));
            false
        }
        answer => answer.context("the input cannot be read").or_exit(Exit::Input)?,
    };
    let (reader, rejected_before): (Box<dyn BufRead + Send>, u64) = if is_annotated {
        (input.reader, 0)
    } else {
        // Posts are annotated first, into a file that goes with this process, each on the line that it has in the input.
        let annotator = super::annotate::annotator(files.model.clone(), files.lexica_only)?;
        let mut annotated = tempfile::tempfile().context("no temporary file can be made").or_exit(Exit::Output)?;
        let first = tidemark_annotate::file::annotate_lines(
            &annotator,
            input.reader,
            std::io::BufWriter::new(&mut annotated),
            &mut rejects,
            Unanswered::Blank,
            &prepare::text,
            |_, lines| progress.at_shared(&position, lines, "posts annotated"),
        )
        .map_err(|error| Failure { exit: super::annotate::exit_of(&error), error: error.into() })?;
        annotated.rewind().context("the temporary file cannot be read").or_exit(Exit::Output)?;
        (Box::new(BufReader::new(annotated)), first.rejected)
    };
    let summary = series_of_lines(reader, &mut output, &mut rejects, &options, |lines| {
        progress.at_shared(&position, lines, "posts")
    })
    .await
    .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
    output.finish().or_exit(Exit::Output)?;
    rejects.flush().context("the rejects cannot be written").or_exit(Exit::Output)?;
    progress.clear();
    let place = if is_dash(&files.output) { "standard output".to_owned() } else { files.output.display().to_string() };
    let rejected = rejected_before + summary.rejected;
    crate::say(&format!(
        "accepted {} lines, {} duplicates, {} unmatched, rejected {}{}; wrote {} points to {place}",
        summary.accepted,
        summary.duplicates,
        summary.unmatched,
        rejected,
        if rejected > 0 { format!(" (see {})", rejects.path().display()) } else { String::new() },
        summary.points
    ));
    Ok(())
}

/// Whether the first line is an annotated post: it says which versions made it.
fn starts_annotated(reader: &mut impl BufRead) -> io::Result<bool> {
    let line = reader.fill_buf()?.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Ok(line.windows(PROVENANCE.len()).any(|window| window == PROVENANCE))
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

const fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Read { .. } => Exit::Input,
        Error::Write(_) | Error::Csv(_) => Exit::Output,
        _ => Exit::Unexpected,
    }
}
