//! The *outbox*: notices that a webhook has not taken yet, in a file, so that no restart loses one.
//!
//! A notice is put in before its alert is written to the lake, and goes when the receiver has it: a crash between the two
//! is followed by the same decision, whose notice waits already. So a receiver is told at least once.

use crate::Error;
use crate::notify::Notice;
use std::collections::VecDeque;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Notices that wait at most; beyond it the oldest is given up.
const WAITING_MAX: usize = 1_000;

/// What waits, the oldest first.
#[derive(Debug)]
pub(crate) struct Outbox {
    path: PathBuf,
    waiting: VecDeque<Notice>,
}

impl Outbox {
    /// What was left in `path` when the last run ended. A line that cannot be read is passed over.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::Outbox { path: path.to_owned(), source }),
        };
        let waiting = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok(Self { path: path.to_owned(), waiting })
    }

    /// Puts notices in, unless the same already waits; says how many older ones were given up for them.
    pub(crate) fn put(&mut self, notices: Vec<Notice>) -> Result<usize, Error> {
        let before = self.waiting.len();
        for notice in notices {
            if !self.waiting.iter().any(|waiting| waiting.is_about_the_same(&notice)) {
                self.waiting.push_back(notice);
            }
        }
        let given_up = self.waiting.len().saturating_sub(WAITING_MAX);
        self.waiting.drain(..given_up);
        if self.waiting.len() + given_up > before {
            self.keep()?;
        }
        Ok(given_up)
    }

    pub(crate) fn first(&self) -> Option<&Notice> {
        self.waiting.front()
    }

    /// Takes the first one out: it has arrived, or was refused for good.
    pub(crate) fn remove_first(&mut self) -> Result<(), Error> {
        self.waiting.pop_front();
        self.keep()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Writes the file whole under another name: a reader finds the old or the new one.
    fn keep(&self) -> Result<(), Error> {
        let draft = self.path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&draft)?;
            for notice in &self.waiting {
                serde_json::to_writer(&mut file, notice)?;
                file.write_all(b"\n")?;
            }
            file.sync_data()?;
            std::fs::rename(&draft, &self.path)
        };
        write().map_err(|source| Error::Outbox { path: self.path.clone(), source })
    }
}
