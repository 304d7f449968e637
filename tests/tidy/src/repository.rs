//! The files the rules are about.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path from the root, with `/`.
    pub path: String,
    /// Its text. Files that are not UTF-8 are not read.
    pub text: String,
}

impl File {
    /// Whether its name ends in one of these extensions.
    #[must_use]
    pub fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }
}

/// Everything git tracks, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// Text files, by path.
    pub files: Vec<File>,
    /// Paths of all files, binary ones included.
    pub paths: Vec<String>,
}

/// Folders that hold what is built or fetched; not read where git cannot say what is tracked.
const NOT_OURS: &[&str] =
    &["target", "node_modules", "dist", ".git", ".venv", ".runtime", "tidemark-data", "__pycache__"];

impl Repository {
    /// The repository this crate is part of.
    #[must_use]
    pub fn here() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut paths = tracked(&root).unwrap_or_else(|| {
            let mut found = Vec::new();
            walk(&root, &root, &mut found);
            found
        });
        paths.sort();
        paths.retain(|path| root.join(path).is_file());
        let read =
            |path: &String| Some(File { path: path.clone(), text: std::fs::read_to_string(root.join(path)).ok()? });
        Self { files: paths.iter().filter_map(read).collect(), paths }
    }

    /// A repository made of texts, for the tests of the rules themselves.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        let files: Vec<File> = files.iter().map(file).collect();
        Self { paths: files.iter().map(|file| file.path.clone()).collect(), files }
    }

    /// The file at `path`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// What git tracks; `None` outside a checkout.
fn tracked(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git").arg("-C").arg(root).args(["ls-files", "-z"]).output().ok()?;
    let listed = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !NOT_OURS.contains(&name) {
                walk(root, &path, found);
            }
        } else if let Some(relative) = relative(root, &path) {
            found.push(relative);
        }
    }
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let relative: PathBuf = path.strip_prefix(root).ok()?.to_owned();
    Some(relative.to_str()?.replace('\\', "/"))
}
