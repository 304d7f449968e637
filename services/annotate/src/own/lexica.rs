//! Lexica of one's own: files in a folder, `NAME.LANGUAGE.EXTENSION`, each in a format of [`Format`].

use crate::Error;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tidemark_domain::Language;
use tidemark_lexicon::{Format, Lexicon};

/// A longer file is no lexicon.
pub const LEXICON_BYTES_MAX: u64 = 256 << 20;

/// Reads a lexicon. `file` names it in messages, and its extension may tell the format.
///
/// # Errors
/// Where it is malformed, with the line; or of no format that is known.
pub fn read(name: &str, language: Language, file: &str, bytes: &[u8]) -> Result<Lexicon, Error> {
    let format = Format::of_file(file, bytes)?;
    Ok(Lexicon::read(name, language, format, file, bytes)?)
}

/// Where a lexicon of one's own is kept in `folder`; the extension is that of the file it comes from.
#[must_use]
pub fn place(folder: &Path, name: &str, language: Language, extension: &str) -> PathBuf {
    folder.join(format!("{name}.{}.{extension}", language.code()))
}

/// A lexicon of one's own, and what its file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// The lexicon.
    pub lexicon: Lexicon,
    /// BLAKE3 of the file's name and content.
    pub hash: blake3::Hash,
}

/// What lexica were read from, as one name; empty where there are none.
#[must_use]
pub fn fingerprint<'a>(lexica: impl Iterator<Item = &'a Own>) -> String {
    let hashes: Vec<u8> = lexica.flat_map(|own| *own.hash.as_bytes()).collect();
    if hashes.is_empty() { String::new() } else { blake3::hash(&hashes).to_hex().to_string() }
}

/// All lexica of a folder, in the order of their files' names; a folder that is not there holds none. Files whose name
/// begins with a dot are passed over.
///
/// # Errors
/// Where a file cannot be read, is malformed, has a name of another shape, or is the second of its name and language.
pub fn read_folder(folder: &Path) -> Result<Vec<Own>, Error> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Own { path, source }
    };
    let mut files = Vec::new();
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unreadable(folder)(error)),
        Ok(entries) => {
            for entry in entries {
                files.push(entry.map_err(unreadable(folder))?.path());
            }
        }
    }
    files.sort();
    let mut lexica: Vec<Own> = Vec::new();
    for path in files {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if file.starts_with('.') {
            continue;
        }
        let (name, language) = name_of(&file).ok_or_else(|| Error::OwnLexiconName { path: path.clone() })?;
        let is_known = |own: &Own| own.lexicon.name == name && own.lexicon.language == language;
        if lexica.iter().any(is_known) {
            return Err(Error::OwnLexiconTwice { path });
        }
        let mut bytes = Vec::new();
        let opened = File::open(&path).map_err(unreadable(&path))?;
        opened.take(LEXICON_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable(&path))?;
        let mut hasher = blake3::Hasher::new();
        for part in [file.as_bytes(), &bytes] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let lexicon = read(name, language, &path.display().to_string(), &bytes)?;
        lexica.push(Own { lexicon, hash: hasher.finalize() });
    }
    Ok(lexica)
}

/// What a file's name says.
fn name_of(file: &str) -> Option<(&str, Language)> {
    let mut parts = file.splitn(3, '.');
    let (name, tag) = (parts.next()?, parts.next()?);
    let language = [Language::English, Language::Spanish].into_iter().find(|language| language.code() == tag)?;
    parts.next().map(|_| (name, language))
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, name_of, place, read_folder};
    use tidemark_domain::Language;

    #[test]
    fn a_folder_is_read_in_order_and_named_by_its_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let read = || read_folder(folder.path()).expect("read");
        assert!(read_folder(&folder.path().join("none")).expect("nothing there").is_empty());
        assert_eq!(fingerprint(read().iter()), "");
        let write = |name, language, text: &str| {
            std::fs::write(place(folder.path(), name, language, "tsv"), text).expect("written");
        };
        write("work", Language::Spanish, "burnout\tagotad*\nburnout\tquemado\n");
        write("work", Language::English, "burnout\tburnt out\n");
        let own = read();
        let found: Vec<_> = own.iter().map(|own| (own.lexicon.name.as_str(), own.lexicon.language)).collect();
        assert_eq!(found, [("work", Language::English), ("work", Language::Spanish)]);
        write("work", Language::English, "burnout\tburnt out\nburnout\tburned out\n");
        assert_ne!(fingerprint(read().iter()), fingerprint(own.iter()));
        // What is being written, and what it replaces.
        std::fs::write(folder.path().join(".work.en.tsv.part"), "burn").expect("written");
        assert_eq!(read().len(), 2);
        std::fs::write(folder.path().join("work.es.txt"), "burnout\tagotad*\n").expect("written");
        assert!(read_folder(folder.path()).expect_err("twice").to_string().contains("work.es.txt"));
        std::fs::remove_file(folder.path().join("work.es.txt")).expect("removed");
        std::fs::write(folder.path().join("notes.txt"), "x").expect("written");
        assert!(read_folder(folder.path()).expect_err("no language").to_string().contains("notes.txt"));
    }

    #[test]
    fn names_hold_a_language() {
        assert_eq!(name_of("work.es.dic"), Some(("work", Language::Spanish)));
        assert_eq!((name_of("work.dic"), name_of("work.de.dic"), name_of("work.es")), (None, None, None));
    }
}
