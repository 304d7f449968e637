//! How far a run has come. Written after every acknowledged window, whole or not at all.

use crate::error::Error;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
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

/// Reads a state file; `None` where there is none.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, what: &'static str) -> Result<Option<T>, Error> {
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
pub(crate) fn write<T: Serialize>(path: &Path, what: &'static str, state: &T) -> Result<(), Error> {
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
