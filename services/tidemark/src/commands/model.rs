//! `tidemark model`: taking a model of one's own into a platform.

use crate::cli::ModelAdd;
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use anyhow::Context as _;
use std::num::NonZeroUsize;
use tidemark_annotate::own::models;
use tidemark_domain::Language;
use tidemark_model::{ModelError, ModelOptions, OwnModel, OwnModelError};

/// Runs `model add`.
pub(crate) fn add(arguments: &ModelAdd) -> Result<(), Failure> {
    let config = Config::of(&arguments.place).or_exit(Exit::Configuration)?;
    let options = ModelOptions { threads: Some(NonZeroUsize::MIN), ..ModelOptions::default() };
    let model = OwnModel::read(&arguments.folder, &options)
        .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
    let folder = config.annotate.models_dir.unwrap_or_default();
    let place = models::keep(&folder, model.name(), model.files())
        .with_context(|| format!("cannot write to {}", folder.display()))
        .or_exit(Exit::Output)?;
    let mut lines = vec![format!(
        "kept {} in {}; a running platform takes it up when it is started again",
        model.name(),
        place.display()
    )];
    for head in model.heads() {
        let languages: Vec<&str> = head.languages.iter().copied().map(Language::code).collect();
        lines.extend(head.markers().into_iter().map(|marker| format!("  {marker}  {}", languages.join(", "))));
    }
    lines.push("Before one of these may drive an alert: tidemark marker audit".to_owned());
    if config.annotate.lexica_only {
        lines.push("annotate.lexica_only is set: no model scores as long as it is".to_owned());
    }
    crate::say(&lines.join("\n"));
    Ok(())
}

/// What is wrong is the maker's to mend, but for the library that runs models.
const fn exit_of(error: &OwnModelError) -> Exit {
    match error {
        OwnModelError::Model(
            ModelError::RuntimeMissing { .. } | ModelError::RuntimeLibrary { .. } | ModelError::Runtime { .. },
        ) => Exit::Model,
        _ => Exit::Input,
    }
}
