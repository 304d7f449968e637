//! Finds ONNX Runtime's shared library and starts it, once per process.
//!
//! **Reads** the option given, `ORT_DYLIB_PATH`, the folder of the executable, and `.runtime/onnxruntime/` in any folder
//! above the executable, the working directory or this crate's source. **Writes** nothing.
//! **Guarantees** that the first library found in that order is used for the whole process and that telemetry is off.
//! **Does not** download anything: `make runtime` does.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;

use crate::ModelError;

const LIBRARY: &str = if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else if cfg!(windows) {
    "onnxruntime.dll"
} else {
    "libonnxruntime.so"
};

/// ONNX Runtime allows one environment per process, so whoever comes first decides which library it is.
static STARTED: OnceLock<Environment> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// The process's environment, started from the first library found.
pub(crate) fn environment(option: Option<&Path>) -> Result<&'static Environment, ModelError> {
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = STARTED.get() {
        return Ok(environment);
    }
    let path = find(option)?;
    let environment = ort::init_from(&path)
        .map_err(|source| ModelError::RuntimeLibrary { path: path.clone(), source })?
        .with_name("tidemark")
        .with_telemetry(false)
        .build()
        .map_err(|source| ModelError::Runtime { path: path.clone(), source })?;
    tracing::debug!(library = %path.display(), "ONNX Runtime started");
    Ok(STARTED.get_or_init(|| environment))
}

fn find(option: Option<&Path>) -> Result<PathBuf, ModelError> {
    let named = option.map(Path::to_path_buf).or_else(|| std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from));
    let searched = match named {
        // Who names a library wants that one or an error, not another that happens to lie about.
        Some(path) if path.is_dir() => vec![path.join(LIBRARY)],
        Some(path) => vec![path],
        None => usual_places(),
    };
    searched.iter().find(|path| path.is_file()).cloned().ok_or(ModelError::RuntimeMissing { searched })
}

fn usual_places() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let mut places: Vec<PathBuf> = executable.iter().map(|folder| folder.join(LIBRARY)).collect();
    places.extend(executable.iter().map(|folder| folder.join("../lib/tidemark").join(LIBRARY)));
    let starts = [executable, std::env::current_dir().ok(), Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")))];
    for start in starts.into_iter().flatten() {
        for folder in start.ancestors() {
            let place = folder.join(".runtime/onnxruntime").join(LIBRARY);
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::ModelError;

    #[test]
    fn a_named_library_that_is_not_there_is_an_error_that_says_what_to_do() {
        let error = find(Some(std::path::Path::new("/nowhere/libonnxruntime.so"))).expect_err("there is none");
        assert!(matches!(&error, ModelError::RuntimeMissing { searched } if searched.len() == 1));
        assert!(error.to_string().contains("make runtime"));
    }
}
