//! Audits of markers of one's own, be they made of a lexicon or of a model, kept in the data folder: such a marker drives
//! alerts only once it has passed one, and only as long as what it is made of stays what it was.

use crate::platform::write_atomically;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tidemark_alert::rule::Rule;
use tidemark_annotate::audit::Audit;
use tidemark_annotate::{Settings, own};
use tidemark_domain::marker::{LEXICON_PREFIX, MODEL_PREFIX};
use tidemark_lexicon::Lexica;

/// The folder of audits, in the data folder.
const AUDITS: &str = "audits";

/// An audit, and what the marker was made of.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Fingerprint of a lexicon, or hash of a model. The field was named when there were lexica alone.
    #[serde(alias = "lexicon")]
    made_of: String,
    audit: Audit,
}

/// What a marker of one's own is made of, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own<'a> {
    Lexicon(&'a str),
    Model(&'a str),
}

impl<'a> Own<'a> {
    /// `None` where the marker comes with the program.
    fn of(marker: &'a str) -> Option<Self> {
        if let Some((model, _)) = marker.strip_prefix(MODEL_PREFIX).and_then(|rest| rest.split_once('.')) {
            return Some(Self::Model(model));
        }
        let (lexicon, _) = marker.strip_prefix(LEXICON_PREFIX)?.split_once('.')?;
        (!Lexica::is_bundled(lexicon)).then_some(Self::Lexicon(lexicon))
    }

    /// What tells it from what went by that name before or will; nothing where it is not there.
    fn fingerprint(self, settings: &Settings) -> Result<String, tidemark_annotate::Error> {
        match self {
            Self::Lexicon(name) => {
                let lexica = own::lexica::read_folder(settings.lexica_dir.as_deref().unwrap_or(Path::new("")))?;
                Ok(own::lexica::fingerprint(lexica.iter().filter(|own| own.lexicon.name == name)))
            }
            Self::Model(name) => {
                let models = settings.models_dir.as_deref().unwrap_or(Path::new(""));
                Ok(own::models::hash(models, name)?.unwrap_or_default())
            }
        }
    }
}

/// Keeps an audit of a marker of one's own, and says where; that of a marker that comes with the program is not kept.
pub(crate) fn keep(data: &Path, settings: &Settings, audit: Audit) -> anyhow::Result<Option<PathBuf>> {
    let Some(own) = Own::of(&audit.marker) else { return Ok(None) };
    let path = place(data, &audit.marker);
    let made_of = own.fingerprint(settings)?;
    std::fs::create_dir_all(data.join(AUDITS)).with_context(|| format!("cannot create {}", path.display()))?;
    write_atomically(&path, &serde_json::to_vec_pretty(&Kept { made_of, audit })?)?;
    Ok(Some(path))
}

/// The rules that may raise alerts, and those that wait for an audit of their marker.
pub(crate) fn admitted(rules: Vec<Rule>, data: &Path, settings: &Settings) -> anyhow::Result<(Vec<Rule>, Vec<Rule>)> {
    let mut admitted = (Vec::new(), Vec::new());
    for rule in rules {
        let passed = match Own::of(&rule.marker) {
            None => true,
            Some(own) => has_passed(data, &rule.marker, &own.fingerprint(settings)?)?,
        };
        if passed { admitted.0.push(rule) } else { admitted.1.push(rule) }
    }
    Ok(admitted)
}

fn has_passed(data: &Path, marker: &str, made_of: &str) -> anyhow::Result<bool> {
    let path = place(data, marker);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let kept: Kept =
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged: audit again", path.display()))?;
    Ok(kept.audit.passed && kept.audit.marker == marker && kept.made_of == made_of)
}

fn place(data: &Path, marker: &str) -> PathBuf {
    data.join(AUDITS).join(format!("{marker}.json"))
}

#[cfg(test)]
mod tests {
    use super::{Own, admitted, keep, place};
    use tidemark_alert::rule::Rule;
    use tidemark_annotate::Settings;
    use tidemark_annotate::audit::{Audit, audit};

    #[test]
    fn a_marker_says_what_it_is_made_of() {
        assert_eq!(Own::of("lexicon.work.shift"), Some(Own::Lexicon("work")));
        assert_eq!(Own::of("model.rota.mood.calm"), Some(Own::Model("rota")));
        assert_eq!((Own::of("lexicon.mh.stress"), Own::of("mh.stress"), Own::of("modelling")), (None, None, None));
    }

    #[test]
    fn a_rule_runs_while_its_marker_is_the_one_that_passed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let settings =
            Settings { lexica_dir: Some(at("lexica")), models_dir: Some(at("models")), ..Settings::default() };
        let write = |place: &str, text: &str| {
            let place = at(place);
            std::fs::create_dir_all(place.parent().expect("a folder")).expect("made");
            std::fs::write(place, text).expect("written");
        };
        write("lexica/work.en.tsv", "shift\tnightshift\n");
        write("models/rota/model.toml", "one");
        let (lexicon, model) = ("lexicon.work.shift", "model.rota.shift");
        let runs = |marker: &str| {
            let (admitted, waiting) = admitted(vec![Rule::on(marker)], folder.path(), &settings).expect("read");
            assert_eq!(admitted.len() + waiting.len(), 1);
            !admitted.is_empty()
        };
        let kept = |marker: &str, passed| {
            let found = Audit { passed, ..audit(marker, &[], false) };
            keep(folder.path(), &settings, found).expect("kept")
        };
        assert!(runs("mh.stress") && kept("mh.stress", true).is_none(), "it comes with the program");
        for marker in [lexicon, model] {
            assert!(!runs(marker), "{marker}");
            assert_eq!(kept(marker, false), Some(place(folder.path(), marker)));
            assert!(!runs(marker), "{marker}");
            kept(marker, true);
            assert!(runs(marker), "{marker}");
        }
        // Another head of the model has not been audited; and the model is no longer the one that was.
        assert!(!runs("model.rota.mood.calm"));
        write("models/rota/model.toml", "two");
        assert!(runs(lexicon) && !runs(model));
        // As audits of lexica used to be kept.
        let path = place(folder.path(), lexicon);
        let text = std::fs::read_to_string(&path).expect("read");
        std::fs::write(&path, text.replace("made_of", "lexicon")).expect("written");
        assert!(runs(lexicon));
        std::fs::remove_dir_all(at("models")).expect("removed");
        assert!(!runs(model));
    }
}
