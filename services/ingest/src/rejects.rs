//! The file of rejects: one JSON line for each record that was refused, with the record itself for replay. A file that
//! is read has one, named by its run; a stream has one that goes on, named by its source.
//!
//! The file holds what people wrote and who they are, as it was read: it is made readable for its owner alone, and is
//! the one place of this program where such records are kept. Delete it when it has served.

use crate::error::Error;
use crate::jetstream::Version;
use crate::pseudonym::private_file;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tidemark_domain::RejectReason;

/// The folder of rejects files in the data directory.
pub const REJECTS_FOLDER: &str = "rejects";
/// A stream has no end: its rejects file is put aside at this length, in bytes. Two of them stand there at most.
pub(crate) const STREAM_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// One line of a rejects file.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The row in its input, from 1; 0 in a stream.
    pub row: u64,
    /// The stable code.
    pub reason: RejectReason,
    /// What is wrong, never what the record says.
    pub detail: String,
    /// Digest of the input the row stands in; of a stream, the id of the event it would have been.
    pub input: String,
    /// The header, where the input is a CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// What stands between its cells, beside `columns`. Files of earlier versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The protocol, where the record is a frame of Jetstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Version>,
    /// The record as it was read, base64; empty where it was too long to be kept.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub raw: Vec<u8>,
}

// By hand: the record must not reach a log line.
impl std::fmt::Debug for RejectedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RejectedRow").field("row", &self.row).field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl RejectedRow {
    /// Adds its line.
    pub(crate) fn write_to(&self, lines: &mut Vec<u8>) {
        serde_json::to_writer(&mut *lines, self).expect("a rejected row is plain data");
        lines.push(b'\n');
    }
}

fn to_base64<S: Serializer>(raw: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(raw))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    STANDARD.decode(text.as_bytes()).map_err(|_| serde::de::Error::custom("not base64"))
}

/// Where the rejects of a run are kept.
pub(crate) fn path_of(data_dir: &Path, run_id: &str) -> PathBuf {
    data_dir.join(REJECTS_FOLDER).join(format!("{run_id}.jsonl"))
}

/// Appends whole lines to the rejects file of the stream `name` and brings them to the disk. A file of `max_bytes` is
/// put aside as `NAME.old.jsonl` first, in place of what was put aside before. The file is opened anew each time: whoever
/// has replayed it may remove it while the stream goes on. What is read twice stands in it twice.
pub(crate) fn append_to_stream(data_dir: &Path, name: &str, lines: &[u8], max_bytes: u64) -> Result<(), Error> {
    if lines.is_empty() {
        return Ok(());
    }
    let path = path_of(data_dir, name);
    let append = || -> std::io::Result<()> {
        std::fs::create_dir_all(data_dir.join(REJECTS_FOLDER))?;
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() >= max_bytes) {
            std::fs::rename(&path, path_of(data_dir, &format!("{name}.old")))?;
            tracing::warn!("the stream's rejects file is full and was put aside: replay or remove the old one");
        }
        let mut file = private_file(OpenOptions::new().create(true).read(true).append(true), &path)?;
        if file.metadata()?.len() > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            // A crash left half a line. It stays one bad line: the stream sends its record again.
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        file.write_all(lines)?;
        file.sync_data()
    };
    append().map_err(|source| failed(&path, source))
}

/// A rejects file, open for the lines of one run.
#[derive(Debug)]
pub(crate) struct RejectsFile {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl RejectsFile {
    /// Opens the file of `run_id`, which holds `bytes` of checked lines: what a crash left beyond them is cut off, so
    /// that each row stands in it once.
    pub(crate) fn open(data_dir: &Path, run_id: &str, bytes: u64) -> Result<Self, Error> {
        let path = path_of(data_dir, run_id);
        let open = || {
            std::fs::create_dir_all(data_dir.join(REJECTS_FOLDER))?;
            let mut file = private_file(OpenOptions::new().create(true).truncate(false).read(true).write(true), &path)?;
            // A file that is shorter than the checkpoint says was tampered with; what is left stays valid lines.
            let bytes = bytes.min(file.metadata()?.len());
            file.set_len(bytes)?;
            file.seek(SeekFrom::Start(bytes))?;
            Ok((file, bytes))
        };
        let (file, bytes) = open().map_err(|source| failed(&path, source))?;
        Ok(Self { path, file, bytes })
    }

    /// Appends whole lines and brings them to the disk.
    pub(crate) fn append(&mut self, lines: &[u8]) -> Result<(), Error> {
        if !lines.is_empty() {
            self.file
                .write_all(lines)
                .and_then(|()| self.file.sync_data())
                .map_err(|source| failed(&self.path, source))?;
            self.bytes += lines.len() as u64;
        }
        Ok(())
    }

    /// Its length in bytes.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Removes the file if it is empty.
    pub(crate) fn close(self) -> Result<Option<PathBuf>, Error> {
        if self.bytes > 0 {
            return Ok(Some(self.path));
        }
        std::fs::remove_file(&self.path).map_err(|source| failed(&self.path, source))?;
        Ok(None)
    }
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::State { what: "rejects file", path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::{append_to_stream, path_of};

    #[test]
    fn a_streams_file_is_whole_lines_and_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = path_of(folder.path(), "s");
        let append = |lines: &[u8]| append_to_stream(folder.path(), "s", lines, 8).expect("appended");
        let read = |name: &str| std::fs::read_to_string(path_of(folder.path(), name)).expect("there");
        append(b"");
        assert!(!path.exists(), "nothing was rejected");
        append(b"1\n");
        std::fs::write(&path, "1\nhal").expect("written");
        append(b"2\n");
        assert_eq!(read("s"), "1\nhal\n2\n");
        append(b"3\n");
        append(b"4\n");
        assert_eq!((read("s.old").as_str(), read("s").as_str()), ("1\nhal\n2\n", "3\n4\n"));
        std::fs::remove_file(&path).expect("replayed and removed");
        append(b"5\n");
        assert_eq!(read("s"), "5\n");
    }
}
