//! Audits of markers made of lexica of one's own, kept in the data folder: such a marker drives alerts only once it has
//! passed one, and only as long as its lexicon stays what it was.

use crate::platform::write_atomically;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tidemark_alert::rule::Rule;
use tidemark_annotate::audit::Audit;
use tidemark_annotate::own;
use tidemark_domain::marker::LEXICON_PREFIX;
use tidemark_lexicon::Lexica;

/// The folder of audits, in the data folder.
const AUDITS: &str = "audits";

/// An audit, and which lexicon it was made of.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    lexicon: String,
    audit: Audit,
}

/// The lexicon of one's own that a marker belongs to; `None` where it comes with the program.
pub(crate) fn own_lexicon(marker: &str) -> Option<&str> {
    let (lexicon, _) = marker.strip_prefix(LEXICON_PREFIX)?.split_once('.')?;
    (!Lexica::is_bundled(lexicon)).then_some(lexicon)
}

/// Keeps an audit of a marker whose lexicon lies in `lexica`.
pub(crate) fn keep(data: &Path, lexica: &Path, audit: Audit) -> anyhow::Result<PathBuf> {
    let path = place(data, &audit.marker);
    std::fs::create_dir_all(data.join(AUDITS)).with_context(|| format!("cannot create {}", path.display()))?;
    let kept = Kept { lexicon: fingerprint(lexica, &audit.marker)?, audit };
    write_atomically(&path, &serde_json::to_vec_pretty(&kept)?)?;
    Ok(path)
}

/// The rules that may raise alerts, and those that wait for an audit of their marker.
pub(crate) fn admitted(rules: Vec<Rule>, data: &Path, lexica: &Path) -> anyhow::Result<(Vec<Rule>, Vec<Rule>)> {
    let mut admitted = (Vec::new(), Vec::new());
    for rule in rules {
        let passed = own_lexicon(&rule.marker).is_none() || has_passed(data, lexica, &rule.marker)?;
        if passed { admitted.0.push(rule) } else { admitted.1.push(rule) }
    }
    Ok(admitted)
}

fn has_passed(data: &Path, lexica: &Path, marker: &str) -> anyhow::Result<bool> {
    let path = place(data, marker);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let kept: Kept =
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged: audit again", path.display()))?;
    Ok(kept.audit.passed && kept.audit.marker == marker && kept.lexicon == fingerprint(lexica, marker)?)
}

fn fingerprint(lexica: &Path, marker: &str) -> anyhow::Result<String> {
    let lexicon = own_lexicon(marker).unwrap_or_default();
    Ok(own::fingerprint(own::read_folder(lexica)?.iter().filter(|own| own.lexicon.name == lexicon)))
}

fn place(data: &Path, marker: &str) -> PathBuf {
    data.join(AUDITS).join(format!("{marker}.json"))
}
