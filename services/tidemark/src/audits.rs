//! Audits of markers of one's own, be they made of a lexicon or of a model, kept in the data folder: such a marker drives
//! alerts only in the languages in which it has passed one, and only as long as what it is made of stays what it was.

use crate::platform::write_atomically;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tidemark_alert::rule::Rule;
use tidemark_annotate::audit::Audit;
use tidemark_annotate::{Settings, own};
use tidemark_domain::marker::{LEXICON_PREFIX, MODEL_PREFIX};
use tidemark_domain::series::ALL;
use tidemark_lexicon::Lexica;

/// The folder of audits, in the data folder.
const AUDITS: &str = "audits";
/// The command that makes them, in messages.
const COMMAND: &str = "`tidemark marker audit`";

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

/// A rule that raises no alert, or not in every language that it names.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The rule.
    pub(crate) rule: Rule,
    /// Why, as the end of a sentence about its marker.
    pub(crate) why: String,
}

/// The rules that may raise alerts, and those that wait for an audit of their marker. One that names every language is
/// among both where only some have passed.
pub(crate) fn admitted(
    rules: Vec<Rule>,
    data: &Path,
    settings: &Settings,
) -> anyhow::Result<(Vec<Rule>, Vec<Waiting>)> {
    let (mut admitted, mut waiting) = (Vec::new(), Vec::new());
    for rule in rules {
        let Some(own) = Own::of(&rule.marker) else {
            admitted.push(rule);
            continue;
        };
        let (rules, why) = match passed_audit(data, &rule.marker, &own.fingerprint(settings)?)? {
            Some(audit) => divided(&rule, &audit),
            None => (Vec::new(), Some(format!("has not passed {COMMAND}"))),
        };
        admitted.extend(rules);
        waiting.extend(why.map(|why| Waiting { rule, why }));
    }
    Ok((admitted, waiting))
}

/// The part of a rule that an audit admits, and why not the rest.
fn divided(rule: &Rule, audit: &Audit) -> (Vec<Rule>, Option<String>) {
    if audit.languages.is_empty() {
        let why = format!("was audited when languages were not judged by themselves: {COMMAND} has to be run again");
        return (Vec::new(), Some(why));
    }
    let (passed, not) = (audit.in_languages(true), audit.in_languages(false));
    let why = |languages: &[&str]| Some(format!("has not passed {COMMAND} in {}", languages.join(" and ")));
    match rule.language.as_deref() {
        // Elsewhere the marker does not answer.
        _ if not.is_empty() => (vec![rule.clone()], None),
        // People who write in a language that has not passed are counted with the others.
        Some(ALL) => (Vec::new(), why(&not)),
        Some(language) if passed.contains(&language) => (vec![rule.clone()], None),
        Some(language) => (Vec::new(), why(&[language])),
        None if passed.is_empty() => (Vec::new(), why(&not)),
        None => {
            let only = |language: &&str| Rule { language: Some((*language).to_owned()), ..rule.clone() };
            let why = why(&not).map(|why| format!("{why}; in {} it runs", passed.join(" and ")));
            (passed.iter().map(only).collect(), why)
        }
    }
}

/// The audit that a marker has passed, being what it is made of.
fn passed_audit(data: &Path, marker: &str, made_of: &str) -> anyhow::Result<Option<Audit>> {
    let path = place(data, marker);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let kept: Kept =
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged: audit again", path.display()))?;
    let holds = kept.audit.passed && kept.audit.marker == marker && kept.made_of == made_of;
    Ok(holds.then_some(kept.audit))
}

fn place(data: &Path, marker: &str) -> PathBuf {
    data.join(AUDITS).join(format!("{marker}.json"))
}

#[cfg(test)]
mod tests {
    use super::{Own, admitted, keep, place};
    use std::path::PathBuf;
    use tidemark_alert::rule::Rule;
    use tidemark_annotate::Settings;
    use tidemark_annotate::audit::audit;
    use tidemark_domain::Language;

    #[test]
    fn a_marker_says_what_it_is_made_of() {
        assert_eq!(Own::of("lexicon.work.shift"), Some(Own::Lexicon("work")));
        assert_eq!(Own::of("model.rota.mood.calm"), Some(Own::Model("rota")));
        assert_eq!((Own::of("lexicon.mh.stress"), Own::of("mh.stress"), Own::of("modelling")), (None, None, None));
    }

    /// A marker in a data folder, made of a lexicon or of a model.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = Self(tempfile::tempdir().expect("a folder"));
            folder.write("lexica/work.en.tsv", "shift\tnightshift\n");
            folder.write("models/rota/model.toml", "one");
            folder
        }

        fn settings(&self) -> Settings {
            let at = |name: &str| Some(self.0.path().join(name));
            Settings { lexica_dir: at("lexica"), models_dir: at("models"), ..Settings::default() }
        }

        fn write(&self, place: &str, text: &str) {
            let place = self.0.path().join(place);
            std::fs::create_dir_all(place.parent().expect("a folder")).expect("made");
            std::fs::write(place, text).expect("written");
        }

        /// Keeps an audit of a marker that answers in these languages, with how each did.
        fn keep(&self, marker: &str, judged: &[(Language, bool)]) -> Option<PathBuf> {
            let answers_in: Vec<Language> = judged.iter().map(|(language, _)| *language).collect();
            let mut found = audit(marker, &[], &answers_in, false);
            found.passed = judged.iter().any(|(_, passed)| *passed);
            for (language, passed) in judged {
                found.languages.get_mut(language.code()).expect("judged").passed = *passed;
            }
            keep(self.0.path(), &self.settings(), found).expect("kept")
        }

        /// The languages of the rules that run, and why others wait.
        fn admitted(&self, marker: &str, language: Option<&str>) -> (Vec<String>, Vec<String>) {
            let rule = Rule { language: language.map(str::to_owned), ..Rule::on(marker) };
            let (admitted, waiting) = admitted(vec![rule], self.0.path(), &self.settings()).expect("read");
            let named = |rule: Rule| rule.language.unwrap_or_else(|| "each".to_owned());
            (admitted.into_iter().map(named).collect(), waiting.into_iter().map(|waiting| waiting.why).collect())
        }

        fn runs(&self, marker: &str) -> bool {
            let (admitted, waiting) = self.admitted(marker, Some("all"));
            assert_eq!(admitted.len() + waiting.len(), 1);
            !admitted.is_empty()
        }
    }

    #[test]
    fn a_rule_runs_while_its_marker_is_the_one_that_passed() {
        let folder = Folder::new();
        let (lexicon, model) = ("lexicon.work.shift", "model.rota.shift");
        let kept = |marker: &str, passed| folder.keep(marker, &[(Language::English, passed)]);
        assert!(folder.runs("mh.stress") && kept("mh.stress", true).is_none(), "it comes with the program");
        for marker in [lexicon, model] {
            assert!(!folder.runs(marker), "{marker}");
            assert_eq!(kept(marker, false), Some(place(folder.0.path(), marker)));
            assert!(!folder.runs(marker), "{marker}");
            kept(marker, true);
            assert!(folder.runs(marker), "{marker}");
        }
        // Another head of the model has not been audited; and the model is no longer the one that was.
        assert!(!folder.runs("model.rota.mood.calm"));
        folder.write("models/rota/model.toml", "two");
        assert!(folder.runs(lexicon) && !folder.runs(model));
        // As audits of lexica used to be kept.
        let path = place(folder.0.path(), lexicon);
        let text = std::fs::read_to_string(&path).expect("read");
        std::fs::write(&path, text.replace("made_of", "lexicon")).expect("written");
        assert!(folder.runs(lexicon));
        std::fs::remove_dir_all(folder.0.path().join("models")).expect("removed");
        assert!(!folder.runs(model));
    }

    #[test]
    fn a_rule_runs_in_the_languages_that_passed() {
        let (folder, marker) = (Folder::new(), "lexicon.work.shift");
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let not_in_es = strings(&["has not passed `tidemark marker audit` in es"]);
        folder.keep(marker, &[(Language::English, true), (Language::Spanish, false)]);
        assert_eq!(folder.admitted(marker, Some("en")), (strings(&["en"]), Vec::new()));
        assert_eq!(folder.admitted(marker, Some("es")), (Vec::new(), not_in_es.clone()));
        assert_eq!(folder.admitted(marker, Some("all")), (Vec::new(), not_in_es));
        let runs_in_en = strings(&["has not passed `tidemark marker audit` in es; in en it runs"]);
        assert_eq!(folder.admitted(marker, None), (strings(&["en"]), runs_in_en));
        folder.keep(marker, &[(Language::English, true), (Language::Spanish, true)]);
        for (language, shown) in [(Some("es"), "es"), (Some("all"), "all"), (None, "each")] {
            assert_eq!(folder.admitted(marker, language), (strings(&[shown]), Vec::new()));
        }
    }

    #[test]
    fn an_audit_that_judged_no_language_has_to_be_made_again() {
        let (folder, marker) = (Folder::new(), "lexicon.work.shift");
        let path = folder.keep(marker, &[(Language::English, true)]).expect("kept");
        let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("JSON");
        kept["audit"].as_object_mut().expect("an audit").remove("languages");
        std::fs::write(&path, kept.to_string()).expect("written");
        let (admitted, why) = folder.admitted(marker, Some("en"));
        assert!(admitted.is_empty() && why.len() == 1 && why[0].contains("has to be run again"), "{why:?}");
    }
}
