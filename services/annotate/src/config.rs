//! What can be set.

use crate::Topics;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::str::FromStr;
use tidemark_lexicon::Lexica;
use tidemark_model::{Device, Head};

/// Settings of the annotate role: `[annotate]` in the configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Folder of the model; the one shipped with the program where absent.
    pub model_dir: Option<PathBuf>,
    /// Which of the lexica that come with the program answer, by name.
    pub lexica: Bundled,
    /// Folder of lexica of one's own, beside the bundled ones; `DATA/lexica` where absent.
    pub lexica_dir: Option<PathBuf>,
    /// Folder of models of one's own, beside the one that ships; `DATA/models` where absent.
    pub models_dir: Option<PathBuf>,
    /// Score with lexica only: no model is loaded, one's own neither.
    pub lexica_only: bool,
    /// Which heads answer, of the model that ships and of one's own: `all`, `open`, or a list of their markers.
    pub heads: Heads,
    /// What posts may be about, for heads and rules that read a topic: a post that comes with none has the first of which
    /// it holds a term.
    pub topics: Topics,
    /// A batch closes when it holds this many posts…
    pub batch_posts_max: usize,
    /// …or when its first post has waited this long, in milliseconds.
    pub batch_age_ms_max: u64,
    /// What the model runs on: `cpu`, `cuda` or `tensorrt`.
    pub device: Device,
    /// Threads that infer on the processor; 0 takes every core.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model_dir: None,
            lexica: Bundled::default(),
            lexica_dir: None,
            models_dir: None,
            lexica_only: false,
            heads: Heads::All,
            topics: Topics::default(),
            batch_posts_max: 512,
            batch_age_ms_max: 200,
            device: Device::Cpu,
            threads: 0,
        }
    }
}

/// Which of the lexica that come with the program answer. The others are as if they were not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Bundled(Vec<&'static str>);

impl Bundled {
    /// Their names, each once, in the order of [`Lexica::bundled_names`].
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }

    /// Whether they are those that answer where nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Bundled {
    fn default() -> Self {
        Self(Lexica::default_names())
    }
}

impl TryFrom<Vec<String>> for Bundled {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        if let Some(unknown) = names.iter().find(|name| !Lexica::is_bundled(name)) {
            let known: Vec<&str> = Lexica::bundled_names().collect();
            return Err(format!("no lexicon `{unknown}` comes with the program; there are {}", known.join(", ")));
        }
        Ok(Self(Lexica::bundled_names().filter(|known| names.iter().any(|name| name == known)).collect()))
    }
}

/// As a command line says it: names with commas between them.
impl FromStr for Bundled {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>().try_into()
    }
}

impl From<Bundled> for Vec<String> {
    fn from(bundled: Bundled) -> Self {
        bundled.0.into_iter().map(str::to_owned).collect()
    }
}

/// Which heads of the models answer. The others are as if they were not there: no score, and nothing made of theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Heads {
    /// All of them.
    #[default]
    All,
    /// Those whose data is under terms that are known to be open ([`Head::is_open`]).
    Open,
    /// Those of these markers.
    Only(Vec<String>),
}

impl Heads {
    /// Whether a head answers.
    #[must_use]
    pub fn admit(&self, head: &Head) -> bool {
        match self {
            Self::All => true,
            Self::Open => head.is_open(),
            Self::Only(markers) => markers.contains(&head.marker),
        }
    }
}

/// As a command line says it: a word, or markers with commas between them.
impl FromStr for Heads {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "all" => Ok(Self::All),
            "open" => Ok(Self::Open),
            markers => markers.split(',').map(|marker| marker.trim().to_owned()).collect::<Vec<_>>().try_into(),
        }
    }
}

impl TryFrom<Vec<String>> for Heads {
    type Error = String;

    fn try_from(markers: Vec<String>) -> Result<Self, String> {
        if markers.iter().any(String::is_empty) {
            return Err("heads are `all`, `open`, or markers of which none is empty".to_owned());
        }
        Ok(Self::Only(markers))
    }
}

/// As a configuration says it.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "`all`, `open`, or a list of markers")]
enum Written {
    Word(String),
    List(Vec<String>),
}

impl TryFrom<Written> for Heads {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Word(word) => word.parse(),
            Written::List(markers) => markers.try_into(),
        }
    }
}

impl From<Heads> for Written {
    fn from(heads: Heads) -> Self {
        match heads {
            Heads::All => Self::Word("all".to_owned()),
            Heads::Open => Self::Word("open".to_owned()),
            Heads::Only(markers) => Self::List(markers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bundled, Heads, Settings};
    use serde_json::json;

    #[test]
    fn lexica_are_named_each_once_and_an_unknown_one_is_refused_with_those_there_are() {
        let settings: Settings = serde_json::from_value(json!({"lexica": ["labmt", "mh", "labmt"]})).expect("settings");
        assert_eq!(settings.lexica.names(), ["mh", "labmt"]);
        assert!(!settings.lexica.is_default() && Bundled::default().is_default());
        assert_eq!(serde_json::to_value(&settings).expect("JSON")["lexica"], json!(["mh", "labmt"]));
        assert_eq!("mh, labmt".parse::<Bundled>(), Ok(settings.lexica));
        let fault = "mh,liwc".parse::<Bundled>().expect_err("unknown");
        assert!(fault.contains("`liwc`") && fault.contains("vader, empath, labmt"), "{fault}");
    }

    #[test]
    fn heads_are_a_word_or_a_list() {
        let only = |markers: &[&str]| Heads::Only(markers.iter().map(|marker| (*marker).to_owned()).collect());
        for (written, heads) in [
            (json!("all"), Heads::All),
            (json!("open"), Heads::Open),
            (json!(["mh.stress", "sentiment"]), only(&["mh.stress", "sentiment"])),
            (json!([]), only(&[])),
        ] {
            let settings: Settings = serde_json::from_value(json!({"heads": written})).expect("settings");
            assert_eq!(settings.heads, heads);
            assert_eq!(serde_json::to_value(&settings).expect("JSON")["heads"], written);
        }
        for wrong in [json!(3), json!(""), json!(["mh.stress", ""])] {
            assert!(serde_json::from_value::<Settings>(json!({"heads": wrong})).is_err(), "{wrong}");
        }
        assert_eq!("mh.stress, sentiment".parse::<Heads>(), Ok(only(&["mh.stress", "sentiment"])));
        assert_eq!("open".parse::<Heads>(), Ok(Heads::Open));
        assert!("mh.stress,".parse::<Heads>().is_err());
    }
}
