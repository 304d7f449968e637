//! Lexica of one's own: files in a folder, `NAME.LANGUAGE.EXTENSION`, each in a format of [`Format`]; beside those whose
//! markers are present from a score on, `NAME.LANGUAGE.settings.toml`.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use tidemark_domain::Language;
use tidemark_lexicon::{Format, INTERCEPT, Lexicon, Measure};

/// A longer file is no lexicon.
pub const LEXICON_BYTES_MAX: u64 = 256 << 20;
/// What the name of the file ends in that is kept beside a lexicon's. The extension of a lexicon's has no dot in it.
const SETTINGS: &str = "settings.toml";

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

/// What is kept beside a lexicon's file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The score from which its markers are present.
    present_from: f64,
}

/// The file beside a lexicon of `folder` that says that its markers are present from a score on, and what it holds.
///
/// # Errors
/// Where the score cannot be written as TOML.
pub fn settings(folder: &Path, name: &str, language: Language, present_from: f64) -> io::Result<(PathBuf, String)> {
    let text = toml::to_string(&Settings { present_from }).map_err(io::Error::other)?;
    let text = format!("# Made by `tidemark lexicon add --present-from`; part of the lexicon's version.\n{text}");
    Ok((place(folder, name, language, SETTINGS), text))
}

/// The category of which a text without any of its terms would reach the score, so that everybody would show it.
#[must_use]
pub fn shown_by_all(lexicon: &Lexicon, present_from: f64) -> Option<&str> {
    let mut least: BTreeMap<&str, f32> = BTreeMap::new();
    for entry in &lexicon.entries {
        let constant = least.entry(&entry.category).or_default();
        if lexicon.measure == Measure::Weighted && entry.term.trim() == INTERCEPT {
            *constant += entry.weight;
        }
    }
    least.into_iter().find(|(_, score)| *score >= present_from as f32).map(|(category, _)| category)
}

/// A lexicon of one's own, and what its file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// The lexicon.
    pub lexicon: Lexicon,
    /// The score from which its markers are present; where none is said, they are present as its format has it.
    pub present_from: Option<f64>,
    /// BLAKE3 of the file's name and content, and of what is kept beside it.
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
        let (name, language, end) = name_of(&file).ok_or_else(|| Error::OwnLexiconName { path: path.clone() })?;
        if end == SETTINGS {
            continue;
        }
        let is_known = |own: &Own| own.lexicon.name == name && own.lexicon.language == language;
        if lexica.iter().any(is_known) {
            return Err(Error::OwnLexiconTwice { path });
        }
        let mut bytes = Vec::new();
        let opened = File::open(&path).map_err(unreadable(&path))?;
        opened.take(LEXICON_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable(&path))?;
        let beside = place(folder, name, language, SETTINGS);
        let settings = match std::fs::read_to_string(&beside) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(&beside)(error)),
        };
        let mut hasher = blake3::Hasher::new();
        let parts = [file.as_bytes(), bytes.as_slice()].into_iter().chain(settings.as_deref().map(str::as_bytes));
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let lexicon = read(name, language, &path.display().to_string(), &bytes)?;
        let present_from = settings.map(|text| toml::from_str::<Settings>(&text)).transpose();
        let present_from = present_from
            .map_err(|source| Error::OwnLexiconSettings { path: beside, source: Box::new(source) })?
            .map(|settings| settings.present_from);
        lexica.push(Own { lexicon, present_from, hash: hasher.finalize() });
    }
    Ok(lexica)
}

/// What a file's name says: the lexicon's name, its language, and what comes behind.
fn name_of(file: &str) -> Option<(&str, Language, &str)> {
    let mut parts = file.splitn(3, '.');
    let (name, tag) = (parts.next()?, parts.next()?);
    let language = [Language::English, Language::Spanish].into_iter().find(|language| language.code() == tag)?;
    parts.next().map(|end| (name, language, end))
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, name_of, place, read, read_folder, settings, shown_by_all};
    use crate::Settings;
    use crate::annotator::{Annotator, Input};
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
        assert_eq!(name_of("work.es.dic"), Some(("work", Language::Spanish, "dic")));
        assert_eq!((name_of("work.dic"), name_of("work.de.dic"), name_of("work.es")), (None, None, None));
    }

    /// Scored by weights, with a constant.
    const WEIGHTED: &str = "term,category,weight\ntired,load,0.5\nexhausted,load,2\n_intercept,load,0.1\ncalm,ease,1\n";

    #[test]
    fn a_score_from_which_markers_are_present_is_kept_beside_and_is_part_of_the_version() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = place(folder.path(), "work", Language::English, "csv");
        std::fs::write(&file, WEIGHTED).expect("written");
        let load = || {
            let settings =
                Settings { lexica_only: true, lexica_dir: Some(folder.path().to_owned()), ..Settings::default() };
            Annotator::load(&settings).expect("lexica")
        };
        let present = |annotator: &Annotator, text: &str| {
            let (annotations, _) = annotator.annotate(&[Input::new(text, Language::English)]).expect("annotated");
            let scores = annotator.scores(&annotations[0]);
            let load = scores.into_iter().find(|score| score.marker == "lexicon.work.load").expect("answered");
            (load.score, load.present)
        };
        let before = load();
        assert_eq!(present(&before, "tired"), (0.6, true));
        let (beside, text) = settings(folder.path(), "work", Language::English, 0.6).expect("settings");
        std::fs::write(&beside, &text).expect("written");
        let after = load();
        assert_eq!(present(&after, "tired"), (0.6, true), "it reaches the score");
        assert!(!present(&after, "tired again").1 && present(&after, "exhausted").1 && !present(&after, "calm").1);
        assert_ne!(after.provenance().lexicon, before.provenance().lexicon);
        assert_eq!(read_folder(folder.path()).expect("read")[0].present_from, Some(0.6));
        // In another language there is another file.
        let other = place(folder.path(), "work", Language::Spanish, "csv");
        std::fs::write(&other, WEIGHTED.replace("tired", "cansada")).expect("written");
        let own = read_folder(folder.path()).expect("read");
        assert_eq!(own.iter().map(|own| own.present_from).collect::<Vec<_>>(), [Some(0.6), None]);
        std::fs::write(&beside, "present_form = 0.6\n").expect("written");
        let fault = read_folder(folder.path()).expect_err("a slip").to_string();
        assert!(fault.contains("work.en.settings.toml") && fault.contains("tidemark lexicon add"), "{fault}");
    }

    #[test]
    fn a_score_that_every_text_reaches_is_told() {
        let lexicon = read("work", Language::English, "work.csv", WEIGHTED.as_bytes()).expect("a lexicon");
        assert_eq!(shown_by_all(&lexicon, 0.2), None);
        assert_eq!(shown_by_all(&lexicon, 0.1), Some("load"));
        assert_eq!(shown_by_all(&lexicon, 0.0), Some("ease"));
    }
}
