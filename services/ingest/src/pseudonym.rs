//! Turns a source's ids of authors and posts into an [`AuthorKey`] and a [`PostKey`] that only this deployment can make
//! again. Posts too: their ids name their authors on some networks, and archives of them would lead back to people.
//!
//! HMAC-SHA256 (RFC 2104) under a key of 32 random bytes, cut to 16 bytes: the same author has the same pseudonym in
//! every run of this deployment and another one in every other, and without the key nobody can try candidates. The key
//! is made in the data directory at first use; hosts that feed one platform are given the same by `ingest.pseudonym_key`.

use crate::config::Settings;
use crate::error::Error;
use hmac::{Hmac, Mac};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use sha2::Sha256;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use tidemark_domain::{AuthorKey, PostKey};

/// Length of the key in bytes.
const KEY_BYTES: usize = 32;
/// The key's name in the data directory.
pub const KEY_FILE: &str = "author.key";

/// A key from the configuration: 64 hexadecimal digits. It can be read and used, and neither shown nor written.
#[derive(Clone)]
pub struct PseudonymKey([u8; KEY_BYTES]);

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PseudonymKey(hidden)")
    }
}

impl<'de> Deserialize<'de> for PseudonymKey {
    // By hand: the usual message of a wrong type or length quotes the value. Digits alone come as a number.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Other(IgnoredAny),
        }
        let key = match Written::deserialize(deserializer)? {
            Written::Text(text) => read_key(&text),
            Written::Other(_) => None,
        };
        key.map(Self).ok_or_else(|| {
            serde::de::Error::custom(
                "it must be 64 hexadecimal digits in quotes; `openssl rand -hex 32` makes such a key",
            )
        })
    }
}

/// The bytes of 64 hexadecimal digits; `None` for anything else.
fn read_key(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    hex::decode_to_slice(text.trim(), &mut key).ok().map(|()| key)
}

/// The deployment's secret. `Debug` does not show it.
#[derive(Clone)]
pub struct Pseudonymiser {
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Pseudonymiser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonymiser(hidden)")
    }
}

impl Pseudonymiser {
    /// With this key. Meant for tests and for keys that come from a secret store.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self { keyed: Hmac::new_from_slice(key).expect("HMAC takes keys of any length") }
    }

    /// With the configured key, else with the one of `data_dir`. Hosts that feed one platform need one key: under two, a
    /// person would be two people.
    ///
    /// # Errors
    /// Those of [`Pseudonymiser::open`], where no key is configured.
    pub fn configured(settings: &Settings, data_dir: &Path) -> Result<Self, Error> {
        settings.pseudonym_key.as_ref().map_or_else(|| Self::open(data_dir), |key| Ok(Self::new(&key.0)))
    }

    /// With the key in `data_dir`, which is made where there is none: 64 hexadecimal digits, readable by the owner only.
    /// Two processes that start at once agree on one key.
    ///
    /// # Errors
    /// [`Error::Key`], [`Error::KeyContent`], [`Error::Randomness`].
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        let path = data_dir.join(KEY_FILE);
        let failed = |source| Error::Key { path: path.clone(), source };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(absent) if absent.kind() == ErrorKind::NotFound => {
                std::fs::create_dir_all(data_dir).map_err(failed)?;
                create(data_dir, &path)?;
                std::fs::read_to_string(&path).map_err(failed)?
            }
            Err(other) => return Err(failed(other)),
        };
        let key = read_key(&text).ok_or_else(|| Error::KeyContent { path: path.clone() })?;
        Ok(Self::new(&key))
    }

    /// The pseudonym of the author that `source` calls `author`.
    #[must_use]
    pub fn author(&self, source: &str, author: &str) -> AuthorKey {
        AuthorKey(self.keyed(&[source.as_bytes(), author.as_bytes()]))
    }

    /// The key of the post that `source` calls `native_id`.
    #[must_use]
    pub fn post(&self, source: &str, native_id: &str) -> PostKey {
        PostKey(self.keyed(&[b"post", source.as_bytes(), native_id.as_bytes()]))
    }

    /// The digest of a wording in `source`, by which copies are known: without the key nobody can try texts.
    #[must_use]
    pub fn wording(&self, source: &str, own: &str) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.keyed(&[b"wording", source.as_bytes(), own.as_bytes()])[..8]);
        u64::from_le_bytes(bytes)
    }

    fn keyed(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut keyed = self.keyed.clone();
        keyed.update(&(parts.len() as u64).to_le_bytes());
        for part in parts {
            keyed.update(&(part.len() as u64).to_le_bytes());
            keyed.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&keyed.finalize().into_bytes()[..16]);
        bytes
    }
}

/// Writes a new key whole under another name, then links it: whoever comes first wins, and nobody reads half a key.
fn create(data_dir: &Path, path: &Path) -> Result<(), Error> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(Error::Randomness)?;
    let mut name = [0; 8];
    getrandom::fill(&mut name).map_err(Error::Randomness)?;
    let draft = data_dir.join(format!("{KEY_FILE}.{}.new", hex::encode(name)));
    let written = write_private(&draft, hex::encode(key).as_bytes()).and_then(|()| std::fs::hard_link(&draft, path));
    // The draft holds a key: it must not stay, whatever happened.
    let removed = std::fs::remove_file(&draft);
    match written {
        Err(fault) if fault.kind() != ErrorKind::AlreadyExists => {
            Err(Error::Key { path: path.to_owned(), source: fault })
        }
        _ => removed.map_err(|source| Error::Key { path: draft, source }),
    }
}

fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = private_file(OpenOptions::new().write(true).create_new(true), path)?;
    file.write_all(content)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Opens a file that only its owner may read, where the system knows of owners.
pub(crate) fn private_file(options: &mut OpenOptions, path: &Path) -> std::io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::{KEY_FILE, Pseudonymiser};
    use crate::config::Settings;
    use crate::error::Error;

    #[test]
    fn one_author_has_one_pseudonym_per_source_and_key() {
        let ours = Pseudonymiser::new(&[1; 32]);
        assert_eq!(ours.author("file", "ana"), ours.author("file", "ana"));
        assert_ne!(ours.author("file", "ana"), ours.author("file", "eva"));
        assert_ne!(ours.author("file", "ana"), ours.author("bluesky", "ana"));
        assert_ne!(ours.author("file", "ana"), Pseudonymiser::new(&[2; 32]).author("file", "ana"));
        assert_ne!(ours.author("ab", "c"), ours.author("a", "bc"));
    }

    #[test]
    fn one_wording_has_one_digest_per_source_and_key() {
        let ours = Pseudonymiser::new(&[1; 32]);
        assert_eq!(ours.wording("file", "nopuedomas"), ours.wording("file", "nopuedomas"));
        assert_ne!(ours.wording("file", "nopuedomas"), ours.wording("bluesky", "nopuedomas"));
        assert_ne!(ours.wording("file", "nopuedomas"), Pseudonymiser::new(&[2; 32]).wording("file", "nopuedomas"));
    }

    #[test]
    fn the_key_is_made_once_private_and_hidden() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Pseudonymiser::open(folder.path()).expect("a key is made");
        let second = Pseudonymiser::open(folder.path()).expect("the key is read");
        assert_eq!(first.author("file", "ana"), second.author("file", "ana"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
        assert!(!format!("{first:?}").contains(&std::fs::read_to_string(folder.path().join(KEY_FILE)).expect("there")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join(KEY_FILE)).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_configured_key_goes_before_the_folders_and_is_not_shown() {
        let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
        let key = "0123456789abcdef".repeat(4);
        let settings: Settings = toml::from_str(&format!("pseudonym_key = '{key}'")).expect("valid");
        let hosts = folders.each_ref().map(|folder| {
            Pseudonymiser::open(folder.path()).expect("a key is made");
            Pseudonymiser::configured(&settings, folder.path()).expect("configured").author("file", "ana")
        });
        assert_eq!(hosts[0], hosts[1], "one person on both hosts");
        let own = Pseudonymiser::configured(&Settings::default(), folders[0].path()).expect("the folder's");
        assert_ne!(own.author("file", "ana"), hosts[0]);
        assert!(!format!("{settings:?}").contains(&key));
        assert!(!serde_json::to_string(&settings).expect("plain data").contains(&key));
    }

    #[test]
    fn a_configured_key_that_is_none_is_refused_without_being_shown() {
        for wrong in ["'c0ffee'", "''", "1234567", "['c0ffee']", &format!("'{}'", "c0ffeeg".repeat(10))] {
            let fault = toml::from_str::<Settings>(&format!("pseudonym_key = {wrong}")).expect_err("refused");
            let message = fault.message();
            assert!(message.contains("64 hexadecimal digits"), "{message}");
            assert!(!message.contains("c0ffee") && !message.contains("1234567"), "{message}");
        }
    }

    #[test]
    fn a_damaged_key_is_an_error_and_not_a_new_key() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(KEY_FILE), "abc").expect("written");
        assert!(matches!(Pseudonymiser::open(folder.path()), Err(Error::KeyContent { .. })));
    }
}
