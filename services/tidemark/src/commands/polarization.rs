//! `tidemark polarization`: how polarized conversations are, and what events had to do with it.

use super::annotate::annotated;
use crate::cli::Polarization;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Rejects, is_dash, open};
use crate::progress::Progress;
use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::Path;
use tidemark_aggregate::file::instant;
use tidemark_annotate::Settings;
use tidemark_domain::{CellStatus, RejectReason};
use tidemark_polarization::conversation::Band;
use tidemark_polarization::event::Difference;
use tidemark_polarization::{Conversations, Event, Kind, Labels, Mode, Outcome, Post, Window};
use tidemark_wire::annotated_file::{self, AnnotatedLine, Op, RejectLine};
use tidemark_wire::lines::Lines;

/// Runs the command. What was asked for goes to standard output.
pub(crate) fn run(arguments: &Polarization) -> Result<(), Failure> {
    let zone = super::zone(&arguments.zone)?;
    let events = match &arguments.events {
        Some(path) => read_events(path).or_exit(Exit::Input)?,
        None => Vec::new(),
    };
    let input = open(&arguments.input).or_exit(Exit::Input)?;
    // The rejects of a stream: what is printed has no file that they could stand beside.
    let mut rejects = Rejects::of(Path::new("-")).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let settings = Settings { model_dir: arguments.model.clone(), ..Settings::default() };
    let (reader, mut rejected) = annotated(input, &settings, &mut rejects, &progress)?;
    let (mut posts, mut lines) = (Vec::new(), Lines::new(reader));
    while let Some(line) = lines.read().context("the input cannot be read").or_exit(Exit::Input)? {
        match line.content.and_then(|bytes| read_post(bytes, &zone)) {
            Ok(post) => posts.extend(post),
            Err((reason, detail)) => {
                rejected += 1;
                RejectLine::write(&mut rejects, line.number, reason, detail).or_exit(Exit::Output)?;
            }
        }
        if line.number.is_multiple_of(1_000) {
            progress.at_shared(&position, line.number, "posts");
        }
    }
    rejects.flush().context("the rejects cannot be written").or_exit(Exit::Output)?;
    progress.clear();
    let mode: Mode = arguments.mode.into();
    let all = Conversations::of(&posts, mode);
    let outcomes: Vec<Outcome> = events.iter().map(|event| Outcome::of(event, &all.scored, &zone)).collect();
    if arguments.json {
        crate::print_json(&report(&all, mode, &outcomes))?;
    } else {
        crate::print(table(&all, &outcomes))?;
    }
    let rejected_where = if rejected > 0 { format!(" (see {})", rejects.path().display()) } else { String::new() };
    crate::say(&format!("read {} posts, rejected {rejected} lines{rejected_where}", posts.len()));
    if all.scored.is_empty() {
        crate::say(
            "no interaction has a score: posts need `parent`, and `topic` or labels of polarization.stance, .affect \
             and .agreement",
        );
    }
    Ok(())
}

/// Events: CSV with the columns event, start and end (dates; without an end, an event of one day).
fn read_events(path: &Path) -> anyhow::Result<Vec<Event>> {
    let name = if is_dash(path) { "standard input".to_owned() } else { path.display().to_string() };
    let mut text = String::new();
    open(path)?.reader.read_to_string(&mut text).with_context(|| format!("cannot read {name}"))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().with_context(|| format!("{name} has no header"))?.clone();
    let column = |wanted: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(wanted));
    let missing = |column: &str| format!("{name}: the header has no column `{column}`; it needs event, start and end");
    let event = column("event").with_context(|| missing("event"))?;
    let start = column("start").with_context(|| missing("start"))?;
    let end = column("end");
    let mut events = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| format!("{name} is not CSV"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let date = |place: usize, what: &str| -> anyhow::Result<Date> {
            let written = record.get(place).unwrap_or_default();
            written.parse().ok().with_context(|| format!("{name}, line {line}: {what} is no date (2024-06-10)"))
        };
        let start = date(start, "start")?;
        let end = match end.filter(|place| record.get(*place).is_some_and(|end| !end.is_empty())) {
            Some(place) => date(place, "end")?,
            None => start,
        };
        anyhow::ensure!(start <= end, "{name}, line {line}: the event ends before it starts");
        let event = record.get(event).unwrap_or_default().to_owned();
        anyhow::ensure!(!event.is_empty(), "{name}, line {line}: the event has no name");
        events.push(Event { event, start, end });
    }
    Ok(events)
}

/// A line as a post of a conversation; `None` where the post was deleted.
fn read_post(line: &[u8], zone: &TimeZone) -> Result<Option<Post>, (RejectReason, String)> {
    let line: AnnotatedLine = serde_json::from_slice(line).map_err(|error| {
        let reason = if error.is_data() { RejectReason::WrongType } else { RejectReason::Malformed };
        (reason, format!("not an annotated post at column {}", error.column()))
    })?;
    if line.op == Some(Op::Delete) {
        return Ok(None);
    }
    let written = line.created_at.as_deref();
    let written = written.ok_or_else(|| (RejectReason::MissingField, "`created_at` is missing".to_owned()))?;
    let created_at: Timestamp = instant(written, zone)
        .ok_or_else(|| (RejectReason::BadTime, "`created_at` is neither RFC 3339 nor a date".to_owned()))?;
    let label = |part: &str| match line.labels.get(&format!("polarization.{part}")) {
        Some(annotated_file::Labels::One(label)) => Some(label.as_str()),
        _ => None,
    };
    let labels = Labels::read(label("stance"), label("affect"), label("agreement"));
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Some(Post {
        id: line.id,
        parent: given(line.parent),
        conversation: given(line.conversation),
        topic: given(line.topic),
        created_at,
        labels,
    }))
}

fn report(all: &Conversations, mode: Mode, outcomes: &[Outcome]) -> serde_json::Value {
    let n = all.scored.len() as u64;
    let shown = CellStatus::of(n) == CellStatus::Ok;
    let band = |band| shown.then(|| all.in_band(band));
    json!({
        "mode": match mode { Mode::Strict => "strict", Mode::Paper => "paper" },
        "conversations": {
            "scored": n,
            "without_score": all.without_score,
            "low": band(Band::Low),
            "mid": band(Band::Mid),
            "high": band(Band::High),
        },
        "interactions": {"scored": all.interactions, "unsettled": all.unsettled, "orphans": all.orphans},
        "events": outcomes,
    })
}

fn table(all: &Conversations, outcomes: &[Outcome]) -> String {
    let n = all.scored.len() as u64;
    let mut text = format!("conversations with a score  {n}, without {}\n", all.without_score);
    if CellStatus::of(n) == CellStatus::Ok {
        let [low, mid, high] = [Band::Low, Band::Mid, Band::High].map(|band| all.in_band(band));
        let _ = writeln!(text, "  low {low}, mid {mid}, high {high}");
    }
    let _ = writeln!(
        text,
        "interactions with a score   {}, not settled by their labels {}, with a post that is not here {}",
        all.interactions, all.unsettled, all.orphans
    );
    for outcome in outcomes {
        let Event { event, start, end } = &outcome.event;
        let _ = writeln!(text, "\n{event}, {start} to {end}: {}", kind(outcome));
        for (name, window) in [("before", &outcome.before), ("during", &outcome.during), ("after", &outcome.after)] {
            let _ = writeln!(text, "  {name}  {} to {}  {}", window.from, window.to, numbers(window));
        }
        let mut difference = |name: &str, found: Option<Difference>| {
            if let Some(Difference { value, lower, upper }) = found {
                let _ = writeln!(text, "  {name}  {value:+.3} ({lower:+.3} to {upper:+.3})");
            }
        };
        difference("A (before - later)", outcome.anticipation);
        difference("R (later - before)", outcome.reaction);
    }
    text
}

const fn kind(outcome: &Outcome) -> &'static str {
    match outcome.kind {
        Kind::AnticipationDriven => "anticipation-driven",
        Kind::Reactive => "reactive",
        Kind::Undetermined => "undetermined",
    }
}

fn numbers(window: &Window) -> String {
    let (Some(n), Some(mean), Some(sem), Some(extreme), Some((lower, upper))) =
        (window.n, window.mean, window.sem, window.extreme, window.extreme_interval)
    else {
        return format!(
            "{}: fewer than {} conversations",
            window.status.code(),
            tidemark_domain::disclosure::MIN_UNITS
        );
    };
    let percent = |share: f64| 100.0 * share;
    format!(
        "n {n}, score {mean:.2} ± {sem:.2}, extreme {:.1} % ({:.1} to {:.1})",
        percent(extreme),
        percent(lower),
        percent(upper)
    )
}
