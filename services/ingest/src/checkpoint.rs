//! How far a run has come. Written after every acknowledged window, whole or not at all.
//!
//! An acknowledgement of the embedded broker outlives every process, and a second later the machine too. So a state is
//! kept twice: as it is, and as it was some seconds ago. After a power cut the older one holds, and what follows it is
//! sent again under its old ids.

use crate::error::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tidemark_domain::RejectReason;

/// The folder of checkpoints in the data directory.
pub(crate) const CHECKPOINT_FOLDER: &str = "ingest";

/// What has been read, sent and acknowledged. `rows` = `sent` + the sum of `rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// Rows read; reading goes on with the next.
    pub(crate) rows: u64,
    /// Post events sent.
    pub(crate) sent: u64,
    /// Rejects sent, by reason.
    pub(crate) rejected: BTreeMap<RejectReason, u64>,
    /// Columns of the mapping that no record had, once the end was reached.
    #[serde(default)]
    pub(crate) unseen_columns: Vec<String>,
    /// Length of the rejects file.
    pub(crate) rejects_bytes: u64,
    /// Whether the input's end was reached.
    pub(crate) is_finished: bool,
}

/// The checkpoint of a run.
pub(crate) fn path_of(data_dir: &Path, run_id: &str) -> PathBuf {
    data_dir.join(CHECKPOINT_FOLDER).join(format!("{run_id}.json"))
}

/// A state that is older than this is on the broker's disk too: it syncs every second, and a disk may be slow.
const SETTLED_AFTER: Duration = Duration::from_secs(5);

/// What a state file holds.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    /// All that was acknowledged: true as long as the machine runs, whatever dies on it.
    #[serde(flatten)]
    latest: T,
    /// What had been acknowledged for [`SETTLED_AFTER`] when the file was written: true after a power cut too, in which
    /// the broker loses what it has acknowledged and not yet synced, while this file is synced at once.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    settled: Option<T>,
    /// Names the machine's start in which it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
}

/// A state as it was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found<T> {
    /// All that was acknowledged.
    pub(crate) latest: T,
    /// What the broker must still hold; `None` where nothing is known to be on its disk.
    pub(crate) settled: Option<T>,
}

/// A state file that is written while a run goes on.
#[derive(Debug)]
pub(crate) struct StateFile<T> {
    path: PathBuf,
    what: &'static str,
    boot: Option<String>,
    settled: Option<T>,
    /// The next to settle, and since when it was acknowledged.
    settling: Option<(Instant, T)>,
}

impl<T: Clone + Serialize + DeserializeOwned> StateFile<T> {
    /// Opens a state file and tells what it says; `None` where there is none.
    pub(crate) fn open(path: PathBuf, what: &'static str) -> Result<(Self, Option<Found<T>>), Error> {
        let boot = boot();
        let found = read(&path, what)?.map(|kept| trusted(kept, boot.as_deref()));
        let settled = found.as_ref().and_then(|found| found.settled.clone());
        Ok((Self { path, what, boot, settled, settling: None }, found))
    }

    /// Everything begins anew: nothing that was settled counts.
    pub(crate) fn forget(&mut self) {
        self.settled = None;
    }

    /// Keeps `state`, which was acknowledged at `now`.
    pub(crate) fn keep(&mut self, state: &T, now: Instant) -> Result<(), Error> {
        self.settle(state, now);
        let kept = Kept { latest: state.clone(), settled: self.settled.clone(), boot: self.boot.clone() };
        write(&self.path, self.what, &kept)
    }

    /// One state waits at a time: what is settled is once to twice [`SETTLED_AFTER`] behind.
    fn settle(&mut self, state: &T, now: Instant) {
        let is_waiting = |(since, _): &(Instant, T)| now.saturating_duration_since(*since) < SETTLED_AFTER;
        if !self.settling.as_ref().is_some_and(is_waiting)
            && let Some((_, settled)) = self.settling.replace((now, state.clone()))
        {
            self.settled = Some(settled);
        }
    }
}

/// What a state file says in the machine's start `boot`. Within one start nothing acknowledged was lost.
fn trusted<T: Clone>(kept: Kept<T>, boot: Option<&str>) -> Found<T> {
    let is_same_start = boot.is_some() && kept.boot.as_deref() == boot;
    Found { settled: if is_same_start { Some(kept.latest.clone()) } else { kept.settled }, latest: kept.latest }
}

/// Names the machine's start where the system does (Linux); elsewhere every start of ours is taken for one after a power
/// cut, which costs seconds of work done twice.
fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// What the state file of a run that is not going on says last; `None` where there is none.
pub(crate) fn last<T: DeserializeOwned>(path: &Path, what: &'static str) -> Result<Option<T>, Error> {
    Ok(read(path, what)?.map(|kept| kept.latest))
}

fn read<T: DeserializeOwned>(path: &Path, what: &'static str) -> Result<Option<Kept<T>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::StateContent {
            what,
            path: path.to_owned(),
            source,
        }),
        Err(absent) if absent.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::State { what, path: path.to_owned(), source }),
    }
}

/// Writes a state file under another name, brings it to the disk, and puts it in place of the old one.
fn write<T: Serialize>(path: &Path, what: &'static str, state: &T) -> Result<(), Error> {
    let draft = path.with_extension("new");
    let written = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(state)?)?;
        file.sync_data()?;
        std::fs::rename(&draft, path)
    };
    written().map_err(|source| Error::State { what, path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::{Found, Kept, SETTLED_AFTER, StateFile, trusted};
    use std::time::{Duration, Instant};

    #[test]
    fn what_is_settled_stays_behind_what_is_acknowledged() {
        let mut file = StateFile { path: "unused".into(), what: "state", boot: None, settled: None, settling: None };
        let start = Instant::now();
        let mut at = |seconds: u64, state: u64| {
            file.settle(&state, start + Duration::from_secs(seconds));
            file.settled
        };
        let wait = SETTLED_AFTER.as_secs();
        assert_eq!(at(0, 1), None);
        assert_eq!(at(wait - 1, 2), None);
        assert_eq!(at(wait, 3), Some(1), "the first is old enough");
        assert_eq!(at(2 * wait - 1, 4), Some(1));
        assert_eq!(at(2 * wait + 7, 5), Some(3));
    }

    #[test]
    fn after_another_start_of_the_machine_only_what_is_settled_holds() {
        let kept = |boot: Option<&str>| Kept { latest: 9, settled: Some(4), boot: boot.map(str::to_owned) };
        assert_eq!(trusted(kept(Some("a")), Some("a")), Found { latest: 9, settled: Some(9) });
        assert_eq!(trusted(kept(Some("a")), Some("b")), Found { latest: 9, settled: Some(4) });
        assert_eq!(trusted(kept(None), None), Found { latest: 9, settled: Some(4) });
        let first: Kept<u64> = Kept { settled: None, ..kept(Some("a")) };
        assert_eq!(trusted(first, Some("b")).settled, None);
    }
}
