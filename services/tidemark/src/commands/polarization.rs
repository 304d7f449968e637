//! `tidemark polarization`: how polarized conversations are, and what events had to do with it.

mod contexts;
mod report;

use super::annotate::{annotated, encoder_of};
use crate::cli::Polarization;
use crate::event_file::{EventRow, read_events};
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Input, Output, Rejects, is_dash, open};
use crate::progress::Progress;
use anyhow::Context as _;
use contexts::Contexts;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use tidemark_aggregate::file::instant;
use tidemark_annotate::Settings;
use tidemark_domain::RejectReason;
use tidemark_polarization::{Conversations, Event, Labels, Mode, Outcome, Post};
use tidemark_wire::annotated_file::{self, ConversationLine, Op, RejectLine};
use tidemark_wire::lines::Lines;

/// The side that a post takes.
const STANCE: &str = "polarization.stance";
/// Whether it shows deep negative emotion towards people who hold the opposing view.
const AFFECT: &str = "polarization.affect";
/// Whether it agrees with the post it answers.
const AGREEMENT: &str = "polarization.agreement";

/// Runs the command. What was asked for goes to standard output.
pub(crate) fn run(arguments: &Polarization) -> Result<(), Failure> {
    let zone = super::zone(&arguments.zone)?;
    let output = arguments.output.as_deref();
    let is_printed = output.is_none_or(|output| !is_dash(output));
    if arguments.json && !is_printed {
        return Err(anyhow::anyhow!("--json and --output - are both standard output; give --output a file"))
            .or_exit(Exit::Input);
    }
    let events: Vec<Event> = match &arguments.events {
        Some(path) => {
            let rows = read_events(path).or_exit(Exit::Input)?.into_iter();
            let events = rows.map(EventRow::around).collect::<anyhow::Result<Vec<Event>>>();
            events.with_context(|| path.display().to_string()).or_exit(Exit::Input)?
        }
        None => Vec::new(),
    };
    let input = open(&arguments.input).or_exit(Exit::Input)?;
    // What is printed has no file that they could stand beside: they are then those of a stream.
    let mut rejects = Rejects::of(output.unwrap_or(Path::new("-"))).or_exit(Exit::Output)?;
    let settings = encoder_of(&arguments.encoder);
    let mut reading = Reading {
        zone: &zone,
        rejects: &mut rejects,
        posts: BTreeMap::new(),
        deleted: Vec::new(),
        taken: 0,
        rejected: 0,
    };
    reading.read(input, &settings)?;
    let Reading { posts, deleted, taken, rejected, .. } = reading;
    rejects.flush().context("the rejects cannot be written").or_exit(Exit::Output)?;
    super::some_taken(taken, rejected, &rejects, "polarization")?;
    let lines = posts.len();
    let posts = standing(posts, deleted);
    let mode: Mode = arguments.mode.into();
    let all = Conversations::of(&posts, mode);
    let outcomes: Vec<Outcome> = events.iter().map(|event| Outcome::of(event, &all.scored, &zone)).collect();
    if let Some(output) = output {
        let mut file = Output::create(output).or_exit(Exit::Output)?;
        report::write_conversations(&mut file, &all.scored, &zone).or_exit(Exit::Output)?;
        file.finish().or_exit(Exit::Output)?;
    }
    if arguments.json {
        crate::print_json(&report::for_programs(&all, mode, &outcomes))?;
    } else if is_printed {
        crate::print(report::for_people(&all, &outcomes))?;
    }
    let gone = match lines - posts.len() {
        0 => String::new(),
        gone => format!(", left out {gone} that a later line of the same id replaces or deletes"),
    };
    crate::say(&format!("read {} posts, rejected {rejected} lines{}{gone}", posts.len(), rejects.note()));
    if all.scored.is_empty() {
        crate::say(
            "no interaction has a score: posts need `parent`, and labels of polarization.stance, .affect and .agreement, or a \
             text and a model that answers these; `tidemark polarization --help` says which words they have",
        );
    }
    Ok(())
}

/// The posts of the input, as they are read.
struct Reading<'a> {
    zone: &'a TimeZone,
    rejects: &'a mut Rejects,
    /// By the line they stand on.
    posts: BTreeMap<u64, Post>,
    /// The lines that delete a post, and its id.
    deleted: Vec<(u64, String)>,
    taken: u64,
    rejected: u64,
}

/// What is said of a line that cannot be used.
type Reason = (RejectReason, String);

impl Reading<'_> {
    /// Reads every line. A post that brings labels is taken with those and no others, and so is one that was annotated
    /// before; the rest are annotated first, each with what it answers to, which may stand further down.
    fn read(&mut self, input: Input, settings: &Settings) -> Result<(), Failure> {
        let (progress, position) = Progress::over(&input);
        let mut unlabelled = Lined::create().or_exit(Exit::Output)?;
        let mut contexts = Contexts::default();
        let mut lines = Lines::new(input.reader);
        while let Some(line) = lines.read().context("the input cannot be read").or_exit(Exit::Input)? {
            let read = line.content.and_then(|bytes| Ok((bytes, parse(bytes)?)));
            if let Ok((_, post)) = &read {
                contexts.keep(post);
            }
            match read {
                Ok((bytes, post)) if !is_settled(&post) => {
                    unlabelled
                        .write(line.number, bytes)
                        .context("no temporary file can be written")
                        .or_exit(Exit::Output)?;
                }
                read => self.take(line.number, read.map(|(_, post)| post))?,
            }
            if line.number.is_multiple_of(1_000) {
                progress.at_shared(&position, line.number, "posts");
            }
        }
        let unlabelled = unlabelled.filled(&contexts)?;
        drop(contexts);
        if let Some(input) = unlabelled {
            let (reader, rejected) = annotated(input, settings, self.rejects, &progress)?;
            self.rejected += rejected;
            let mut lines = Lines::new(reader);
            while let Some(line) = lines.read().context("the temporary file cannot be read").or_exit(Exit::Output)? {
                self.take(line.number, line.content.and_then(parse))?;
            }
        }
        progress.clear();
        Ok(())
    }

    fn take(&mut self, line: u64, read: Result<ConversationLine, Reason>) -> Result<(), Failure> {
        match read.and_then(|post| post_of(post, self.zone)) {
            Ok(found) => {
                self.taken += 1;
                match found {
                    Found::Post(post) => self.posts.extend([(line, post)]),
                    Found::Deletion(id) => self.deleted.push((line, id)),
                }
                Ok(())
            }
            Err((reason, detail)) => {
                self.rejected += 1;
                RejectLine::write(self.rejects, line, reason, detail).or_exit(Exit::Output)
            }
        }
    }
}

/// Lines set aside in a file that goes with this process, each under the number it has in the input.
struct Lined {
    file: BufWriter<File>,
    last: u64,
}

impl Lined {
    fn create() -> anyhow::Result<Self> {
        let file = tempfile::tempfile().context("no temporary file can be made")?;
        Ok(Self { file: BufWriter::new(file), last: 0 })
    }

    fn write(&mut self, number: u64, line: &[u8]) -> io::Result<()> {
        for _ in self.last + 1..number {
            self.file.write_all(b"\n")?;
        }
        self.last = number;
        self.file.write_all(line.trim_ascii_end())?;
        self.file.write_all(b"\n")
    }

    /// All of them, each with what its post is read with; `None` where none was set aside.
    fn filled(self, contexts: &Contexts) -> Result<Option<Input>, Failure> {
        let again = |file: Self| file.read_back().context("the temporary file cannot be read").or_exit(Exit::Output);
        let Some(input) = again(self)? else { return Ok(None) };
        let mut filled = Self::create().or_exit(Exit::Output)?;
        let mut lines = Lines::new(input.reader);
        while let Some(line) = lines.read().context("the temporary file cannot be read").or_exit(Exit::Output)? {
            // What could not be used was not set aside.
            let Ok(bytes) = line.content else { continue };
            let whole = contexts.fill(bytes);
            let written = filled.write(line.number, whole.as_deref().unwrap_or(bytes));
            written.context("no temporary file can be written").or_exit(Exit::Output)?;
        }
        again(filled)
    }

    /// All of them; `None` where none was set aside.
    fn read_back(self) -> io::Result<Option<Input>> {
        if self.last == 0 {
            return Ok(None);
        }
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Some(Input { reader: Box::new(BufReader::new(file)), position: Arc::default(), length: None }))
    }
}

/// A line as a post, or why it is none, without repeating what it says.
fn parse(line: &[u8]) -> Result<ConversationLine, Reason> {
    let text = std::str::from_utf8(line)
        .map_err(|error| (RejectReason::InvalidUtf8, format!("byte {} is not UTF-8", error.valid_up_to())))?;
    serde_json::from_str(text).map_err(|error| {
        let reason = if error.is_data() { RejectReason::WrongType } else { RejectReason::Malformed };
        (reason, format!("not a post with an `id` at column {}", error.column()))
    })
}

/// Whether there is nothing left to find out: somebody has given it labels, or a model has had its say.
fn is_settled(post: &ConversationLine) -> bool {
    post.is_annotated
        || post.op == Some(Op::Delete)
        || [STANCE, AFFECT, AGREEMENT].iter().any(|marker| post.labels.contains_key(*marker))
}

/// A line's part in a conversation.
enum Found {
    /// A post.
    Post(Post),
    /// The id of one that was deleted.
    Deletion(String),
}

/// What stands at the end of the file: of each id the post of its last line, unless that deletes it.
fn standing(posts: BTreeMap<u64, Post>, deleted: Vec<(u64, String)>) -> Vec<Post> {
    let mut last: HashMap<String, u64> = HashMap::new();
    let written = posts.iter().map(|(line, post)| (*line, post.id.clone()));
    for (line, id) in written.chain(deleted) {
        let known = last.entry(id).or_default();
        *known = line.max(*known);
    }
    posts.into_iter().filter(|(line, post)| last.get(&post.id) == Some(line)).map(|(_, post)| post).collect()
}

/// What a line says of its post, or why that is nothing.
fn post_of(line: ConversationLine, zone: &TimeZone) -> Result<Found, Reason> {
    if line.op == Some(Op::Delete) {
        return Ok(Found::Deletion(line.id));
    }
    let written = line.created_at.as_deref();
    let written = written.ok_or_else(|| (RejectReason::MissingField, "`created_at` is missing".to_owned()))?;
    let created_at: Timestamp = instant(written, zone)
        .ok_or_else(|| (RejectReason::BadTime, "`created_at` is neither RFC 3339 nor a date".to_owned()))?;
    let label = |marker: &str| match line.labels.get(marker) {
        Some(annotated_file::Labels::One(label)) => Some(label.as_str()),
        _ => None,
    };
    let labels = Labels::read(label(STANCE), label(AFFECT), label(AGREEMENT));
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Found::Post(Post {
        id: line.id,
        parent: given(line.parent),
        conversation: given(line.conversation),
        topic: given(line.topic),
        created_at,
        labels,
    }))
}
