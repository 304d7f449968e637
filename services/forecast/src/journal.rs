//! What a back-test has finished, kept beside its output, so that one that was killed goes on where it stopped.
//!
//! Two files: `OUT.resume.csv` holds rows as the output will (packed, where its name ends in `.gz`: in parts, which cores
//! pack side by side and gzip reads one after the other), `OUT.resume.jsonl` says which run they are of and, after each chunk of
//! origins, how many origins are done and how many bytes of rows they are. A mark is written once its rows are on the
//! disk, so the last whole mark is always true; rows beyond it are cut off and made again (at most one chunk of
//! origins). A run is known by a digest of the series with their calendars, of other teams' forecasts, of what was asked
//! and of the program: another run's journal is let go. Both files go when the output has its name.

use crate::due::fingerprint;
use crate::{Error, Inputs, Request, Summary, hubverse};
use flate2::{Compression, write::GzEncoder};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Forecasts that are packed together: of a fortnight, about a megabyte of rows.
const PACKED_TOGETHER: usize = 32;

/// A journal that is being kept. Nobody else keeps it at the same time.
#[derive(Debug)]
pub struct Journal {
    rows: File,
    marks: File,
    paths: [PathBuf; 2],
    packs: bool,
    last: Mark,
}

#[derive(Serialize, Deserialize)]
struct Opening {
    run: String,
}

/// How far a back-test is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Pairs of series and origin that are done.
    pub(crate) origins: u64,
    bytes: u64,
    pub(crate) summary: Summary,
}

impl Journal {
    /// Opens the journal beside `output`, with what an earlier run of the same had finished. `program` names the build:
    /// rows of different builds are not mixed.
    ///
    /// # Errors
    /// [`Error::Running`] where another process keeps it, [`Error::Write`].
    pub fn open<'a>(
        output: &Path,
        inputs: impl Into<Inputs<'a>>,
        request: &Request,
        program: &str,
    ) -> Result<Self, Error> {
        let beside = |end: &str| {
            let mut path = output.as_os_str().to_owned();
            path.push(end);
            PathBuf::from(path)
        };
        let paths = [beside(".resume.csv"), beside(".resume.jsonl")];
        let open = |path: &Path| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut marks = open(&paths[1]).map_err(Error::Write)?;
        match marks.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Running { path: paths[1].clone() }),
            Err(TryLockError::Error(fault)) => return Err(Error::Write(fault)),
        }
        let rows = open(&paths[0]).map_err(Error::Write)?;
        let packs = output.extension().is_some_and(|end| end == "gz");
        let run = digest(inputs.into(), request, program, packs);
        let mut text = String::new();
        // What is no text is no journal of ours.
        let _ = marks.read_to_string(&mut text);
        let written = rows.metadata().map_err(Error::Write)?.len();
        let (whole, last) = last_mark(&text, &run, written).unwrap_or_default();
        let mut journal = Self { rows, marks, paths, packs, last };
        journal.cut(whole).map_err(Error::Write)?;
        if whole == 0 {
            journal.mark(&Opening { run }).map_err(Error::Write)?;
        }
        Ok(journal)
    }

    /// Pairs of series and origin that an earlier run had finished.
    #[must_use]
    pub const fn origins(&self) -> u64 {
        self.last.origins
    }

    pub(crate) const fn last(&self) -> Mark {
        self.last
    }

    /// Keeps a chunk: its rows, by forecast, and that `origins` are done with them.
    pub(crate) fn keep(&mut self, rows: &[&[u8]], origins: u64, summary: Summary) -> io::Result<()> {
        let parts: Vec<Vec<u8>> =
            rows.par_chunks(PACKED_TOGETHER).map(|rows| self.packed(rows)).collect::<io::Result<_>>()?;
        parts.iter().try_for_each(|part| self.rows.write_all(part))?;
        self.rows.sync_data()?;
        let bytes = parts.iter().map(|part| part.len() as u64).sum::<u64>();
        self.last = Mark { origins, bytes: self.last.bytes + bytes, summary };
        let last = self.last;
        self.mark(&last)
    }

    /// Writes the bytes of the whole file: the header and all rows kept.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn copy_to(&mut self, mut output: impl Write) -> Result<(), Error> {
        let mut copy = || {
            output.write_all(&self.packed(&[hubverse::HEADER.as_bytes(), b"\n"])?)?;
            self.rows.seek(SeekFrom::Start(0))?;
            io::copy(&mut (&self.rows).take(self.last.bytes), &mut output)?;
            output.flush()
        };
        copy().map_err(Error::Write)
    }

    fn packed(&self, rows: &[&[u8]]) -> io::Result<Vec<u8>> {
        if !self.packs {
            return Ok(rows.concat());
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        rows.iter().try_for_each(|rows| packed.write_all(rows))?;
        packed.finish()
    }

    /// Removes it: the output is whole.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn remove(self) -> Result<(), Error> {
        self.paths.iter().try_for_each(std::fs::remove_file).map_err(Error::Write)
    }

    /// Cuts both files to what the last mark says, and goes on behind it.
    fn cut(&mut self, whole: u64) -> io::Result<()> {
        self.rows.set_len(self.last.bytes)?;
        self.rows.seek(SeekFrom::End(0))?;
        self.marks.set_len(whole)?;
        self.marks.seek(SeekFrom::End(0))?;
        Ok(())
    }

    fn mark(&mut self, mark: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(mark)?;
        line.push(b'\n');
        self.marks.write_all(&line)?;
        self.marks.sync_data()
    }
}

/// Bytes of whole lines up to the last mark of this run whose rows are there, and that mark. `None` where the journal
/// is another run's.
fn last_mark(text: &str, run: &str, written: u64) -> Option<(u64, Mark)> {
    let mut lines = text.split_inclusive('\n').take_while(|line| line.ends_with('\n'));
    let opening = lines.next()?;
    (serde_json::from_str::<Opening>(opening).ok()?.run == run).then_some(())?;
    let (mut whole, mut last) = (opening.len() as u64, Mark::default());
    for line in lines {
        let Ok(mark) = serde_json::from_str::<Mark>(line) else { break };
        if mark.bytes > written {
            break;
        }
        whole += line.len() as u64;
        last = mark;
    }
    Some((whole, last))
}

fn digest(inputs: Inputs<'_>, request: &Request, program: &str, packs: bool) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut say = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    say(program.as_bytes());
    say(&[u8::from(packs)]);
    say(hubverse::HEADER.as_bytes());
    say(format!("{request:?}").as_bytes());
    for (name, history) in &inputs.file.series {
        say(name.as_bytes());
        say(fingerprint(history, request.horizon_days).as_bytes());
    }
    if let Some(members) = inputs.members {
        say("members".as_bytes());
        say(members.digest().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Journal, Mark, last_mark};
    use crate::{
        Calendar, Error, ForecastFiles, Inputs, Members, Model, Origins, Request, SeriesFile, Summary, read_series,
    };
    use jiff::civil::{Date, date};
    use std::io::{Read as _, Write as _};

    fn asked() -> (SeriesFile, Request) {
        let file = read_series(&b"date,series,value\n2024-01-01,a,0.1\n"[..], std::io::sink()).unwrap();
        let request = Request {
            origins: Origins::Last,
            horizon_days: 7,
            history_days: 100,
            models: vec![Model::Tidemark],
            peak_week: false,
            samples: 0,
            coherent: None,
        };
        (file, request)
    }

    #[test]
    fn what_was_kept_is_there_again_and_what_was_torn_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.csv");
        let (file, request) = asked();
        let open = |request: &Request| Journal::open(&output, &file, request, "build 1");
        let mut journal = open(&request).unwrap();
        assert_eq!(journal.origins(), 0);
        assert!(matches!(open(&request), Err(Error::Running { .. })), "one at a time");
        journal.keep(&[b"one\n"], 32, Summary { forecasts: 32, ..Summary::default() }).unwrap();
        journal.keep(&[b"two\n"], 64, Summary { forecasts: 64, ..Summary::default() }).unwrap();
        // Killed while it wrote the next chunk: rows without a mark, and half a mark.
        journal.rows.write_all(b"thr").unwrap();
        journal.marks.write_all(b"{\"origins\":96,").unwrap();
        drop(journal);
        let mut journal = open(&request).unwrap();
        assert_eq!((journal.origins(), journal.last().summary.forecasts), (64, 64));
        journal.keep(&[b"three\n"], 96, Summary::default()).unwrap();
        let mut out = Vec::new();
        journal.copy_to(&mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().ends_with("output_type_id,value\none\ntwo\nthree\n"));
        drop(journal);
        // Another question, or another program, starts anew.
        let other = Request { horizon_days: 8, ..request.clone() };
        assert_eq!(open(&other).unwrap().origins(), 0);
        open(&other).unwrap().keep(&[b"one\n"], 32, Summary::default()).unwrap();
        assert_eq!(Journal::open(&output, &file, &other, "build 2").unwrap().origins(), 0);
        open(&request).unwrap().remove().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn rows_are_packed_where_the_output_is() {
        let folder = tempfile::tempdir().unwrap();
        let (file, request) = asked();
        let mut journal = Journal::open(&folder.path().join("out.csv.gz"), &file, &request, "build 1").unwrap();
        let rows: Vec<String> = (0..100).map(|row| format!("{row}\n")).collect();
        let chunk: Vec<&[u8]> = rows.iter().map(String::as_bytes).collect();
        journal.keep(&chunk, 32, Summary::default()).unwrap();
        journal.keep(&[b"last\n"], 64, Summary::default()).unwrap();
        let (mut packed, mut out) = (Vec::new(), String::new());
        journal.copy_to(&mut packed).unwrap();
        flate2::read::MultiGzDecoder::new(packed.as_slice()).read_to_string(&mut out).unwrap();
        assert_eq!(out, format!("{}\n{}last\n", crate::hubverse::HEADER, rows.concat()));
    }

    #[test]
    fn other_members_are_another_run() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.csv");
        let (file, request) = asked();
        let members = |median: &str| {
            let mut members = Members::of(&file);
            let mut text = "model_id,reference_date,location,horizon,output_type,output_type_id,value\n".to_owned();
            for (level, value) in [("0.1", "0"), ("0.25", "0"), ("0.5", median), ("0.75", "1"), ("0.9", "1")] {
                text += &format!("t-m,2024-01-01,a,1,quantile,{level},{value}\n");
            }
            ForecastFiles::new(&mut members).read("m.csv", text.as_bytes(), |_| {}).unwrap();
            members
        };
        let open = |members: Option<&Members>| {
            let inputs = Inputs { file: &file, members };
            Journal::open(&output, inputs, &request, "build 1").unwrap()
        };
        let (one, other) = (members("0.5"), members("0.6"));
        open(Some(&one)).keep(&[b"one\n"], 32, Summary::default()).unwrap();
        assert_eq!(open(Some(&one.clone())).origins(), 32, "the same forecasts in the same file");
        assert_eq!(open(Some(&other)).origins(), 0);
        open(Some(&other)).keep(&[b"one\n"], 32, Summary::default()).unwrap();
        assert_eq!(open(None).origins(), 0);
    }

    #[test]
    fn another_calendar_is_another_run() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.csv");
        let (file, request) = asked();
        let named = |name: &str, start: Date, end: Date| {
            let calendar: Calendar = [(name.to_owned(), start, end)].into_iter().collect();
            let series = file
                .series
                .iter()
                .map(|(name, history)| (name.clone(), history.clone().with_calendar(calendar.clone())));
            SeriesFile { series: series.collect(), ..file }
        };
        let (one, other) = (date(2024, 1, 8), date(2024, 1, 9));
        let runs = [named("fair", one, one), named("fair", one, other), named("ball", one, one), file.clone()];
        for run in &runs {
            let open = || Journal::open(&output, run, &request, "build 1").unwrap();
            assert_eq!(open().origins(), 0);
            open().keep(&[b"one\n"], 32, Summary::default()).unwrap();
            assert_eq!(open().origins(), 32, "the same dates");
        }
    }

    #[test]
    fn a_mark_without_its_rows_is_not_believed() {
        let mark = |origins: u64, bytes: u64| {
            serde_json::to_string(&Mark { origins, bytes, summary: Summary::default() }).unwrap() + "\n"
        };
        let text = format!("{{\"run\":\"r\"}}\n{}{}", mark(32, 100), mark(64, 200));
        let (whole, last) = last_mark(&text, "r", 150).unwrap();
        assert_eq!((last.origins, whole), (32, (12 + mark(32, 100).len()) as u64));
        assert!(last_mark(&text, "another", 150).is_none() && last_mark("", "r", 0).is_none());
    }
}
