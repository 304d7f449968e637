//! One file, from its first row to its last, across any number of restarts.
//!
//! A *run* is named by what it reads: the digest of the file's bytes and of the mapping. The same file under the same
//! mapping is the same run wherever it lies, so that reading it again is redelivery and not new posts. A *window* is
//! what is sent before acknowledgements are awaited; after each the checkpoint moves on, and a restart decodes what lies
//! before it without sending it again.
//!
//! A run that ended in the last second before a power cut counts as finished, and the broker may have lost its end: read
//! the file again.

use crate::checkpoint::{self, Checkpoint, StateFile};
use crate::config::Settings;
use crate::decode::{self, ColumnKind, Decoder, Shape};
use crate::error::Error;
use crate::jetstream;
use crate::mapping::{Format, Mapping};
use crate::metrics;
use crate::normalise::{Run, normalise};
use crate::pseudonym::{Pseudonymiser, private_file};
use crate::rejects::{self, RejectedRow, RejectsFile};
use crate::sink::{Outcome, Sink};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tidemark_domain::{EventId, RejectReason};
use tidemark_wire::log::Reject;
use tokio::sync::mpsc;

/// Standard input's name.
pub const STANDARD_INPUT: &str = "-";
/// Windows that are decoded while one is being sent.
const WINDOWS_AHEAD: usize = 1;

/// What to read.
#[derive(Debug, Clone)]
pub struct FileJob {
    /// The file; `-` is standard input. A pipe is read as standard input is.
    pub path: PathBuf,
    /// Which column is what. Without one, usual names are recognised.
    pub mapping: Option<Mapping>,
    /// Where checkpoints and rejects are kept.
    pub data_dir: PathBuf,
    /// The file is the rejects file of an earlier run, whose records are to be read once more.
    pub is_replay: bool,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows acknowledged.
    pub rows: u64,
    /// Bytes of the file read, as it lies there.
    pub bytes: u64,
    /// The file's length.
    pub total_bytes: u64,
}

/// What became of a file. `rows` = `sent` + the sum of `rejected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReport {
    /// The run's id, as it stands in the ledger.
    pub run_id: String,
    /// The source's name.
    pub source: String,
    /// Rows read.
    pub rows: u64,
    /// Post events sent.
    pub sent: u64,
    /// Rejects sent, by reason.
    pub rejected: BTreeMap<RejectReason, u64>,
    /// Rows that an interrupted run had dealt with before.
    pub resumed_rows: u64,
    /// Columns that the mapping names and not one record had. Always empty for CSV and Parquet, whose header is checked
    /// before anything is read.
    pub unseen_columns: Vec<String>,
    /// The rejects file, if there are any.
    pub rejects_file: Option<PathBuf>,
}

/// Everything that is decided about an input before its first row is read.
#[derive(Debug, Clone)]
struct Plan {
    path: PathBuf,
    shape: Shape,
    mapping: Mapping,
    /// The header of a CSV, which its rejects need.
    header: Option<Vec<String>>,
    digest: String,
    run_id: String,
    total_bytes: u64,
    /// When the input was last written.
    modified: Option<Timestamp>,
}

/// What is sent before acknowledgements are awaited.
#[derive(Default)]
struct Window {
    outcomes: Vec<Outcome>,
    reject_lines: Vec<u8>,
    bytes: usize,
}

/// Reads a file into `sink`. Every row becomes one event or one reject. An interrupted run goes on where it was, after
/// a power cut some seconds before; a finished one is sent again whole, with the same ids.
///
/// # Errors
/// [`Error`] where the run cannot go on: the input cannot be read, the mapping does not fit it, the disk or the log
/// fails. What was acknowledged stays acknowledged.
pub async fn ingest_file(
    sink: &mut impl Sink,
    job: &FileJob,
    settings: &Settings,
    pseudonymiser: &Pseudonymiser,
    now: Timestamp,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<RunReport, Error> {
    let (plan, spool) = {
        let job = job.clone();
        tokio::task::spawn_blocking(move || prepare(&job)).await??
    };
    let _lock = lock(&job.data_dir, &plan.run_id)?;
    let state_path = checkpoint::path_of(&job.data_dir, &plan.run_id);
    let (mut state_file, found) = StateFile::<Checkpoint>::open(state_path, "checkpoint")?;
    let mut state = match found {
        Some(found) if !found.latest.is_finished => found.settled.unwrap_or_default(),
        _ => {
            state_file.forget();
            Checkpoint::default()
        }
    };
    let resumed_rows = state.rows;
    let mut rejects_file = RejectsFile::open(&job.data_dir, &plan.run_id, state.rejects_bytes)?;
    tracing::info!(run = %plan.run_id, source = plan.mapping.source(), resumed_rows, "reading a file");

    let position = Arc::new(AtomicU64::new(0));
    let (sender, mut windows) = mpsc::channel(WINDOWS_AHEAD);
    let reader = {
        let (plan, settings, pseudonymiser) = (plan.clone(), settings.clone(), pseudonymiser.clone());
        let position = Arc::clone(&position);
        tokio::task::spawn_blocking(move || {
            read(&plan, resumed_rows, &settings, &pseudonymiser, now, position, &sender)
        })
    };
    let source = plan.mapping.source().to_owned();
    while let Some(Window { outcomes, reject_lines, .. }) = windows.recv().await {
        let counted = count(&outcomes);
        sink.publish(outcomes).await?;
        rejects_file.append(&reject_lines)?;
        counted.add_to(&mut state);
        state.rejects_bytes = rejects_file.bytes();
        state_file.keep(&state, Instant::now())?;
        counted.publish(&source);
        let bytes = position.load(Ordering::Relaxed);
        progress(Progress { rows: state.rows, bytes, total_bytes: plan.total_bytes });
    }
    state.unseen_columns = reader.await??;
    if !state.unseen_columns.is_empty() {
        tracing::warn!(columns = ?state.unseen_columns, "the mapping names columns that none of the records has");
    }
    state.is_finished = true;
    state_file.keep(&state, Instant::now())?;
    if let Some(spool) = spool {
        spool.remove().map_err(|source| Error::Spool { path: spool.path.clone(), source })?;
    }
    tracing::info!(run = %plan.run_id, rows = state.rows, sent = state.sent, "the file is read");
    Ok(RunReport {
        run_id: plan.run_id,
        source,
        rows: state.rows,
        sent: state.sent,
        rejected: state.rejected,
        unseen_columns: state.unseen_columns,
        resumed_rows,
        rejects_file: rejects_file.close()?,
    })
}

/// What a run over this input reported when it reached the end, if it ever did: for callers that want to read an input
/// once only. Not for standard input and pipes, which cannot be looked at twice.
///
/// # Errors
/// [`Error`] as in [`ingest_file`], but for the log.
pub async fn finished_run(job: &FileJob) -> Result<Option<RunReport>, Error> {
    let job = job.clone();
    tokio::task::spawn_blocking(move || {
        let (plan, _) = prepare(&job)?;
        let state: Option<Checkpoint> =
            checkpoint::last(&checkpoint::path_of(&job.data_dir, &plan.run_id), "checkpoint")?;
        let rejects_file = rejects::path_of(&job.data_dir, &plan.run_id);
        Ok(state.filter(|state| state.is_finished).map(|state| RunReport {
            run_id: plan.run_id,
            source: plan.mapping.source().to_owned(),
            rows: state.rows,
            sent: state.sent,
            rejected: state.rejected,
            unseen_columns: state.unseen_columns,
            resumed_rows: state.rows,
            rejects_file: rejects_file.exists().then_some(rejects_file),
        }))
    })
    .await?
}

/// Tells what the input is and what the mapping makes of it. Nothing is sent before all of it is known to fit.
fn prepare(job: &FileJob) -> Result<(Plan, Option<Spool>), Error> {
    let spool = is_read_once(&job.path).then(|| Spool::fill(&job.path, &job.data_dir)).transpose()?;
    let path = spool.as_ref().map_or(&job.path, |spool| &spool.path).clone();
    let failed = |source| Error::Input { path: path.clone(), source };
    let metadata = std::fs::metadata(&path).map_err(failed)?;
    let modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let digest = decode::digest(&path).map_err(failed)?;
    let name = job.path.file_name().unwrap_or_default().to_string_lossy();
    let mut shape = decode::describe(&path, &name, job.mapping.as_ref())?;
    if job.is_replay {
        shape.format = Format::Rejects;
    }
    let columns = decode::columns(&path, shape)?;
    let mapping = match &job.mapping {
        _ if columns.kind == ColumnKind::Frames => {
            Mapping { source: Some(jetstream::SOURCE.to_owned()), ..Mapping::by_name(&[])? }
        }
        Some(mapping) => mapping.clone(),
        None => Mapping::by_usual_names(&columns)?,
    };
    mapping.check(&columns)?;
    mapping.check_source()?;
    mapping.clock()?;
    let run_id = run_id(&digest, &mapping, job.is_replay);
    let header = (shape.format == Format::Csv).then_some(columns.names);
    let total_bytes = metadata.len();
    Ok((Plan { path, shape, mapping, header, digest, run_id, total_bytes, modified }, spool))
}

/// Names a run by its content and mapping.
fn run_id(digest: &str, mapping: &Mapping, is_replay: bool) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"run");
    hasher.update(digest.as_bytes());
    hasher.update(&[u8::from(is_replay)]);
    hasher.update(&serde_json::to_vec(mapping).expect("a mapping is plain data"));
    hex::encode(&hasher.finalize().as_bytes()[..16])
}

/// Whether the path gives its content once only: standard input, a pipe, a device. A run reads its input several times.
fn is_read_once(path: &Path) -> bool {
    let is_stream = |there: std::fs::Metadata| !there.is_file() && !there.is_dir();
    path.as_os_str() == STANDARD_INPUT || std::fs::metadata(path).is_ok_and(is_stream)
}

/// What can be read once only, kept in a file for the time of its run. It holds what people wrote: the file goes however
/// the run ends. The same input given again is the same run, and goes on where that was.
#[derive(Debug)]
struct Spool {
    path: PathBuf,
}

impl Spool {
    /// Reads `input` to its end, into a file named by its content.
    fn fill(input: &Path, data_dir: &Path) -> Result<Self, Error> {
        let mut content: Box<dyn Read> = if input.as_os_str() == STANDARD_INPUT {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(File::open(input).map_err(|source| Error::Input { path: input.to_owned(), source })?)
        };
        let folder = data_dir.join(checkpoint::CHECKPOINT_FOLDER);
        let mut spool = Self { path: folder.join(format!("stdin-{}.new", std::process::id())) };
        let draft = spool.path.clone();
        let mut keep = || -> std::io::Result<()> {
            std::fs::create_dir_all(&folder)?;
            let mut file = private_file(OpenOptions::new().create(true).truncate(true).write(true), &draft)?;
            std::io::copy(&mut content, &mut file)?;
            file.sync_data()?;
            let path = folder.join(format!("stdin-{}", decode::digest(&draft)?));
            std::fs::rename(&draft, &path)?;
            spool.path = path;
            Ok(())
        };
        keep().map_err(|source| Error::Spool { path: draft.clone(), source })?;
        Ok(spool)
    }

    /// Removes the file, if it is still there.
    fn remove(&self) -> std::io::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            tracing::warn!(path = %self.path.display(), %error, "a copy of the input stays there: remove it");
        }
    }
}

/// One process reads an input at a time: two would write one checkpoint. The lock goes with the process.
fn lock(data_dir: &Path, run_id: &str) -> Result<File, Error> {
    let path = checkpoint::path_of(data_dir, run_id).with_extension("lock");
    let failed = |source| Error::State { what: "checkpoint", path: path.clone(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Running),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Decodes and normalises everything after `done_rows`, a window at a time. Ends when nobody takes the windows. Gives
/// the columns that the mapping names and no record had.
fn read(
    plan: &Plan,
    done_rows: u64,
    settings: &Settings,
    pseudonymiser: &Pseudonymiser,
    now: Timestamp,
    position: Arc<AtomicU64>,
    windows: &mpsc::Sender<Window>,
) -> Result<Vec<String>, Error> {
    let clock = plan.mapping.clock()?;
    // What was deleted was deleted when the file was written, at the latest.
    let undated = plan.modified.map_or(now, |modified| modified.min(now));
    let run = Run { source: plan.mapping.source(), run_id: &plan.run_id, clock: &clock, pseudonymiser, now, undated };
    let mut decoder = Decoder::open(&plan.path, plan.shape, &plan.mapping, position)?;
    let mut window = Window::default();
    let mut number = 0;
    while let Some(row) = decoder.next().map_err(|source| Error::Input { path: plan.path.clone(), source })? {
        number += 1;
        if number <= done_rows {
            continue;
        }
        let event_id = EventId::of_row(run.run_id, number);
        let earlier = row.rejected();
        let outcome = match (&row.post, earlier) {
            (Err(fault), _) => Err(fault.clone()),
            (Ok(_), Some(RejectedRow { protocol: Some(version), raw, .. })) => {
                jetstream::replay(raw, *version, event_id, &run)
            }
            (Ok(post), earlier) => {
                let (input, row) = earlier.map_or((&plan.digest, number), |earlier| (&earlier.input, earlier.row));
                normalise(post, Some(&format!("{input}/{row}")), event_id, &run)
            }
        };
        window.bytes += row.bytes();
        window.outcomes.push(match outcome {
            Ok(event) => Ok(event),
            Err(fault) => {
                let (reason, detail) = (fault.reason, fault.detail.into_owned());
                let rejected = match earlier {
                    // Refused again: it stands where it stood at first.
                    Some(earlier) => RejectedRow { reason, detail: detail.clone(), ..earlier.clone() },
                    None => RejectedRow {
                        row: number,
                        reason,
                        detail: detail.clone(),
                        input: plan.digest.clone(),
                        columns: plan.header.clone(),
                        delimiter: plan.header.is_some().then(|| char::from(plan.shape.delimiter)),
                        protocol: None,
                        raw: row.raw(),
                    },
                };
                window.bytes += 2 * rejected.raw.len();
                rejected.write_to(&mut window.reject_lines);
                Err(Reject {
                    event_id,
                    source: run.source.to_owned(),
                    run_id: run.run_id.to_owned(),
                    row: number,
                    reason,
                    detail,
                    observed_at: now,
                })
            }
        });
        let is_full = window.outcomes.len() >= settings.window_rows.max(1) || window.bytes >= settings.window_bytes;
        if is_full && windows.blocking_send(std::mem::take(&mut window)).is_err() {
            return Ok(Vec::new());
        }
    }
    if !window.outcomes.is_empty() {
        // Nobody there to take it: the sender's own error says why.
        let _ = windows.blocking_send(window);
    }
    Ok(decoder.unseen())
}

/// The counts of one window.
struct Counted {
    sent: u64,
    rejected: BTreeMap<RejectReason, u64>,
}

fn count(outcomes: &[Outcome]) -> Counted {
    let mut counted = Counted { sent: 0, rejected: BTreeMap::new() };
    for outcome in outcomes {
        match outcome {
            Ok(_) => counted.sent += 1,
            Err(reject) => *counted.rejected.entry(reject.reason).or_default() += 1,
        }
    }
    counted
}

impl Counted {
    fn rows(&self) -> u64 {
        self.sent + self.rejected.values().sum::<u64>()
    }

    fn add_to(&self, state: &mut Checkpoint) {
        state.rows += self.rows();
        state.sent += self.sent;
        for (reason, rows) in &self.rejected {
            *state.rejected.entry(*reason).or_default() += rows;
        }
    }

    fn publish(&self, source: &str) {
        metrics::rows(source, self.rows());
        metrics::accepted(source, self.sent);
        for (reason, rows) in &self.rejected {
            metrics::rejected(source, *reason, *rows);
        }
    }
}
