//! Models of one's own: in a folder, one folder each, named as the model is and of the form that the shipped model has.

use crate::Error;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use tidemark_domain::marker::MODEL_PREFIX;
use tidemark_model::{Model, ModelError, ModelOptions};

/// What the name of a model that is being written ends in, after a dot and its own…
const NEW: &str = ".new";
/// …and of one that is being replaced.
const OLD: &str = ".old";

/// The models of a folder, in the order of their names; a folder that is not there holds none.
///
/// # Errors
/// Where the folder cannot be read, or one of them is damaged or was not made by [`keep`].
pub fn load(folder: &Path, options: &ModelOptions) -> Result<Vec<Model>, Error> {
    let one = |(name, path): (String, PathBuf)| {
        let model = Model::load(&path, options).map_err(|fault| damaged(&path, fault))?;
        let prefix = format!("{MODEL_PREFIX}{name}.");
        let is_own = model.heads().iter().all(|head| head.marker.starts_with(&prefix));
        if is_own { Ok(model) } else { Err(Error::OwnModelName { path }) }
    };
    places(folder)?.into_iter().map(one).collect()
}

/// What [`Model::hash`] is of the model of that name; none where there is none.
///
/// # Errors
/// Where the folder or the model's manifest cannot be read.
pub fn hash(folder: &Path, name: &str) -> Result<Option<String>, Error> {
    let Some(path) = places(folder)?.remove(name) else { return Ok(None) };
    Model::hash_in(&path).map_err(|fault| damaged(&path, fault))
}

fn damaged(path: &Path, fault: ModelError) -> Error {
    Error::OwnModel { path: path.to_owned(), source: Box::new(fault) }
}

/// Keeps a model's files in its place of the folder, instead of an earlier model of that name. Whenever this is cut off,
/// one of the two is there.
///
/// # Errors
/// Where something cannot be written.
pub fn keep(folder: &Path, name: &str, files: &[(&str, Vec<u8>)]) -> io::Result<PathBuf> {
    let hidden = |end| folder.join(format!(".{name}{end}"));
    let (place, new, old) = (folder.join(name), hidden(NEW), hidden(OLD));
    remove(&new)?;
    std::fs::create_dir_all(&new)?;
    for (name, bytes) in files {
        let mut file = File::create(new.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    // A folder that holds something cannot be renamed over. Until the new one has its name, the old one is found aside.
    if place.exists() {
        remove(&old)?;
        std::fs::rename(&place, &old)?;
    }
    std::fs::rename(&new, &place)?;
    File::open(folder)?.sync_all()?;
    remove(&old)?;
    Ok(place)
}

fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Where the models of a folder are, by name.
fn places(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Error> {
    let unreadable = |source| Error::Own { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(unreadable)?,
    };
    let (mut places, mut aside) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match file.strip_prefix('.') {
            None => {
                places.insert(file, path);
            }
            Some(hidden) => aside.extend(hidden.strip_suffix(OLD).map(|name| (name.to_owned(), path.clone()))),
        }
    }
    for (name, path) in aside {
        places.entry(name).or_insert(path);
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::{hash, keep, load, places};
    use crate::Error;
    use std::path::Path;
    use tidemark_model::ModelOptions;

    fn kept(folder: &Path, text: &str) -> std::path::PathBuf {
        keep(folder, "rota", &[("model.toml", text.as_bytes().to_vec())]).expect("kept")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_model_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("models");
        assert_eq!(hash(&folder, "rota").expect("nothing there"), None);
        assert!(load(&folder, &ModelOptions::default()).expect("nothing there").is_empty());
        let place = kept(&folder, "one");
        let one = hash(&folder, "rota").expect("read").expect("there");
        std::fs::write(place.join("left"), "over").expect("written");
        assert_eq!(kept(&folder, "two"), place);
        assert_ne!(hash(&folder, "rota").expect("read").expect("there"), one);
        assert_eq!((names(&folder), names(&place)), (vec!["rota".to_owned()], vec!["model.toml".to_owned()]));
        assert_eq!(hash(&folder, "other").expect("read"), None);
    }

    #[test]
    fn whenever_it_is_cut_off_a_model_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let place = kept(folder, "one");
        let one = hash(folder, "rota").expect("read");
        // While the new one is written.
        std::fs::create_dir(folder.join(".rota.new")).expect("made");
        std::fs::write(folder.join(".rota.new/model.toml"), "tw").expect("written");
        assert_eq!(hash(folder, "rota").expect("read"), one);
        // Between the two names.
        std::fs::rename(&place, folder.join(".rota.old")).expect("renamed");
        assert_eq!(hash(folder, "rota").expect("read"), one);
        // The next attempt takes up from there.
        kept(folder, "two");
        assert!(hash(folder, "rota").expect("read") != one && names(folder) == ["rota"]);
        // Before the old one has gone.
        std::fs::create_dir(folder.join(".rota.old")).expect("made");
        assert_eq!(places(folder).expect("read").remove("rota"), Some(place));
    }

    #[test]
    fn what_is_no_model_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        kept(folder.path(), "name = 3");
        let error = load(folder.path(), &ModelOptions::default()).expect_err("no manifest");
        assert!(matches!(&error, Error::OwnModel { path, .. } if path.ends_with("rota")), "{error}");
        assert!(error.to_string().contains("tidemark model add"), "{error}");
    }
}
