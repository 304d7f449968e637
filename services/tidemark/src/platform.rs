//! A *platform* is what runs over one data folder: its keys, its lock, and the address other commands find it at.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Where a running platform can be reached: `DATA/up.json`, written by `up`, read by `ingest` and `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    /// Kafka bootstrap servers.
    pub(crate) bootstrap: String,
    /// The dashboard and REST, `http://host:port`.
    pub(crate) http: String,
}

/// The data folder.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// Takes the folder, creating it for its owner alone.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot create the data folder {}", path.display()))?;
        let path = path.canonicalize().with_context(|| format!("cannot use the data folder {}", path.display()))?;
        Ok(Self(path))
    }

    /// A path inside it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Takes the folder for one `up` at a time; the lock goes with the process, however it ends.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let path = self.join("up.lock");
        let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => anyhow::bail!(
                "another `tidemark up` uses {}; stop it, or name another folder with --data",
                self.0.display()
            ),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// Says where the platform can be reached.
    pub(crate) fn publish(&self, address: &Address) -> anyhow::Result<()> {
        write_atomically(&self.join("up.json"), &serde_json::to_vec_pretty(address)?)
    }

    /// Where the platform was last reachable.
    pub(crate) fn address(&self) -> Option<Address> {
        serde_json::from_slice(&std::fs::read(self.join("up.json")).ok()?).ok()
    }

    /// The broker's port: the one of last time, so that clients outlive a restart, else a free one.
    pub(crate) fn broker_port(&self) -> anyhow::Result<u16> {
        let path = self.join("broker.port");
        if let Some(port) = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()) {
            return Ok(port);
        }
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .context("no free port for the embedded broker")?
            .port();
        write_atomically(&path, port.to_string().as_bytes())?;
        Ok(port)
    }

    /// A secret of this deployment, made at first use: 32 random bytes, readable by the owner alone. The second value
    /// says whether it is new.
    pub(crate) fn secret(&self, name: &str) -> anyhow::Result<([u8; 32], bool)> {
        let path = self.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let secret = bytes.try_into().map_err(|_| {
                    anyhow::anyhow!("{} is damaged: restore it from a backup; a new key would split every author in two", path.display())
                })?;
                Ok((secret, false))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut secret = [0; 32];
                getrandom::fill(&mut secret).map_err(std::io::Error::other).context("the system gives no randomness")?;
                let mut file = std::fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path)
                    .with_context(|| format!("cannot create {}", path.display()))?;
                file.write_all(&secret).and_then(|()| file.sync_all()).with_context(|| format!("cannot write {}", path.display()))?;
                Ok((secret, true))
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// Writes a small file so that a reader sees the old or the new one, never half of it.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let partial = path.with_extension("part");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::DataFolder;

    #[test]
    fn one_up_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::create(&folder.path().join("d")).expect("created");
        let lock = data.lock().expect("free");
        assert!(data.lock().expect_err("taken").to_string().contains("another `tidemark up`"));
        drop(lock);
        data.lock().expect("free again");
    }

    #[test]
    fn a_secret_is_made_once_and_a_damaged_one_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::create(folder.path()).expect("created");
        let (first, is_new) = data.secret("author.key").expect("made");
        assert!(is_new);
        assert_eq!(data.secret("author.key").expect("read"), (first, false));
        std::fs::write(data.join("author.key"), b"short").expect("written");
        assert!(data.secret("author.key").is_err());
    }
}
