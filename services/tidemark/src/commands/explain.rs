//! `tidemark explain`: why posts have the scores they have.

use super::annotate::{annotator, exit_of, settings};
use crate::cli::Explain;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, open};
use crate::prepare;
use crate::progress::Progress;
use anyhow::Context as _;
use std::io::Write as _;
use tidemark_annotate::file::read_post;
use tidemark_domain::marker::LEXICON_PREFIX;
use tidemark_wire::annotated_file::{ExplainedLine, RejectLine};
use tidemark_wire::lines::Lines;

/// Runs the command.
pub(crate) fn run(arguments: &Explain) -> Result<(), Failure> {
    let files = &arguments.files.files;
    let input = open(&files.input).or_exit(Exit::Input)?;
    let mut settings = settings(&arguments.files)?;
    // A lexicon's marker needs no model.
    settings.lexica_only |= arguments.marker.starts_with(LEXICON_PREFIX);
    let annotator = annotator(&settings)?;
    let known = annotator.explainable();
    if !known.contains(&arguments.marker) {
        return Err(anyhow::anyhow!(
            "nothing answers the marker `{}`; these are answered: {}",
            arguments.marker,
            known.join(", ")
        ))
        .or_exit(Exit::Input);
    }
    let mut output = Output::create(&files.output).or_exit(Exit::Output)?;
    let mut rejects = Rejects::of(&files.output).or_exit(Exit::Output)?;
    let (progress, position) = Progress::over(&input);
    let (mut explained, mut rejected) = (0_u64, 0_u64);
    let mut lines = Lines::new(input.reader);
    while let Some(line) = lines.read().context("the input cannot be read").or_exit(Exit::Input)? {
        match line.content.and_then(read_post) {
            Ok(post) => {
                let context = [post.topic.as_deref(), post.parent_text.as_deref()];
                let prepared = prepare::post(&post.text, post.lang.as_deref(), context);
                let explanation = annotator
                    .explain(prepared.input(), &arguments.marker)
                    .map_err(|error| Failure { exit: exit_of(&error), error: error.into() })?;
                let mut line =
                    serde_json::to_vec(&ExplainedLine { id: post.id, explanation }).or_exit(Exit::Unexpected)?;
                line.push(b'\n');
                output.write_all(&line).context("the output cannot be written").or_exit(Exit::Output)?;
                explained += 1;
            }
            Err((reason, detail)) => {
                rejected += 1;
                RejectLine::write(&mut rejects, line.number, reason, detail).or_exit(Exit::Output)?;
            }
        }
        progress.at_shared(&position, explained, "posts");
    }
    rejects.flush().context("the rejects cannot be written").or_exit(Exit::Output)?;
    progress.clear();
    super::some_taken(explained, rejected, &rejects, "explain")?;
    output.finish().or_exit(Exit::Output)?;
    crate::say(&format!("explained {explained} posts, rejected {rejected} lines{}", rejects.note()));
    Ok(())
}
