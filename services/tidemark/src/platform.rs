//! A *platform* is what runs over one data folder: its keys, its lock, and the address other commands find it at.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tidemark_serve::AdminKey;

/// Where a running platform can be reached: `DATA/up.json`, written by `up`, read by `ingest` and `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    /// Kafka bootstrap servers.
    pub(crate) bootstrap: String,
    /// The dashboard and REST, `http://host:port`.
    pub(crate) http: String,
}

/// File that keeps the embedded broker's port.
const BROKER_PORT: &str = "broker.port";
/// Lexica of one's own, in the data folder.
pub(crate) const LEXICA: &str = "lexica";
/// Models of one's own, in the data folder.
pub(crate) const MODELS: &str = "models";

/// The data folder.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// Takes the folder for its owner alone, creating it where it is not there: it holds texts and keys.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(OWNER_ONLY)
            .create(path)
            .with_context(|| format!("cannot create the data folder {}", path.display()))?;
        let data = path.canonicalize().map(Self);
        let data = data.with_context(|| format!("cannot use the data folder {}", path.display()))?;
        // Somebody else's folder, as a cluster's volumes are, keeps the mode that whoever made it chose.
        if data.is_open() && std::fs::set_permissions(data.path(), Permissions::from_mode(OWNER_ONLY)).is_err() {
            tracing::warn!("{}", data.open_warning());
        }
        Ok(data)
    }

    /// The folder, where it is there; it stays as it is.
    pub(crate) fn find(path: &Path) -> Option<Self> {
        path.canonicalize().ok().filter(|path| path.is_dir()).map(Self)
    }

    /// Whether anybody but its owner may look into it.
    pub(crate) fn is_open(&self) -> bool {
        std::fs::metadata(&self.0).is_ok_and(|data| data.permissions().mode() & OTHERS != 0)
    }

    /// What is said of a folder that is open.
    pub(crate) fn open_warning(&self) -> String {
        let path = self.0.display();
        format!("others on this machine may read {path}, which holds posts and keys: `chmod 700 {path}`")
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
        if let Some(port) =
            std::fs::read_to_string(self.join(BROKER_PORT)).ok().and_then(|text| text.trim().parse().ok())
        {
            return Ok(port);
        }
        self.new_broker_port()
    }

    /// A port that is free now, for the broker from here on.
    pub(crate) fn new_broker_port(&self) -> anyhow::Result<u16> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .context("no free port for the embedded broker")?
            .port();
        write_atomically(&self.join(BROKER_PORT), port.to_string().as_bytes())?;
        Ok(port)
    }

    /// An admin key for a folder that has none. It holds once it is kept: a start that fails before the key is shown
    /// leaves none that nobody knows.
    pub(crate) fn new_admin_key(&self) -> anyhow::Result<Option<String>> {
        if self.join(ADMIN_KEY_DIGEST).exists() {
            return Ok(None);
        }
        let mut random = [0; 24];
        getrandom::fill(&mut random).map_err(std::io::Error::other).context("the system gives no randomness")?;
        let key: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Some(key))
    }

    /// Keeps an admin key, that is its digest.
    pub(crate) fn keep_admin_key(&self, key: &str) -> anyhow::Result<()> {
        write_atomically(&self.join(ADMIN_KEY_DIGEST), &AdminKey::of(key).digest())
    }

    /// The admin key's digest, where there is one.
    pub(crate) fn admin_key(&self) -> Option<AdminKey> {
        std::fs::read(self.join(ADMIN_KEY_DIGEST)).ok()?.try_into().ok().map(AdminKey::from_digest)
    }
}

/// Mode of a folder that its owner alone may enter.
const OWNER_ONLY: u32 = 0o700;
/// What a folder's mode allows to anybody else.
const OTHERS: u32 = 0o077;
/// File that holds the digest of the admin key.
const ADMIN_KEY_DIGEST: &str = "admin.key.digest";

/// Writes a small file so that a reader sees the old or the new one, never half of it. Until then its name begins with a
/// dot: whoever reads a folder of such files passes it over.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().with_context(|| format!("{} is not a file name", path.display()))?;
    let partial = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
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
    fn a_folder_that_was_there_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("ours");
        let found = DataFolder::find(folder.path()).expect("there");
        assert!(found.is_open() && DataFolder::find(&folder.path().join("none")).is_none());
        let data = DataFolder::create(folder.path()).expect("taken");
        assert!(!data.is_open());
        assert_eq!(std::fs::metadata(folder.path()).expect("there").permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_admin_key_is_shown_once_and_holds_once_it_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::create(folder.path()).expect("created");
        assert!(data.admin_key().is_none());
        let unseen = data.new_admin_key().expect("made").expect("new");
        let key = data.new_admin_key().expect("made").expect("new again");
        assert!(data.admin_key().is_none() && key != unseen);
        data.keep_admin_key(&key).expect("kept");
        assert_eq!(data.new_admin_key().expect("kept"), None);
        assert_eq!(data.admin_key().map(|kept| kept.digest()), Some(tidemark_serve::AdminKey::of(&key).digest()));
    }
}
