//! The rules of the repository, as tests: `cargo test -p tidemark-tidy` says which is broken, where, and what to do.
//!
//! **Reads** the files git tracks (or, outside a checkout, every file that is not built or fetched). **Writes** nothing.
//! **Guarantees** that each rule answers with findings that name file and remedy. **Does not** compile or run anything:
//! formatting, lints and behaviour have their own checks.

pub mod links;
pub mod manifests;
pub mod repository;
pub mod texts;

pub use repository::{File, Repository};

/// One breach of a rule: where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the root; with a line where one is to blame.
    pub place: String,
    /// What is wrong and what to do.
    pub advice: String,
}

impl Finding {
    /// A finding on a whole file.
    pub fn on(file: &File, advice: impl Into<String>) -> Self {
        Self { place: file.path.clone(), advice: advice.into() }
    }

    /// A finding on one line, counted from 1.
    pub fn on_line(file: &File, line: usize, advice: impl Into<String>) -> Self {
        Self { place: format!("{}:{line}", file.path), advice: advice.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.advice)
    }
}
