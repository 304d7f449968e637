//! *Configuration*: every default in the `Settings` of the crate it belongs to, overlaid by a file, by the environment
//! (`TIDEMARK_KAFKA__BOOTSTRAP_SERVERS`), and by the command line. Unknown keys are refused.

use crate::cli::Place;
use anyhow::Context as _;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The whole configuration: one section per crate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The log. Without `bootstrap_servers`, `up` starts the embedded broker.
    pub(crate) kafka: tidemark_log::LogSettings,
    /// Where the lake is.
    pub(crate) lake: Lake,
    /// Reading sources.
    pub(crate) ingest: tidemark_ingest::Settings,
    /// Scoring posts.
    pub(crate) annotate: tidemark_annotate::Settings,
    /// Committing and aggregating.
    pub(crate) aggregate: tidemark_aggregate::Settings,
    /// Forecasting.
    pub(crate) forecast: tidemark_forecast::Settings,
    /// Alert rules and where notices go.
    pub(crate) alert: tidemark_alert::Settings,
    /// REST, gRPC and the page.
    pub(crate) serve: tidemark_serve::Settings,
}

/// Where the lake is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Lake {
    /// Folder of the lake, which all hosts of a deployment share; `DATA/lake` where absent.
    pub(crate) location: Option<String>,
}

impl Config {
    /// Reads defaults, then `file`, then the environment.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            // figment passes a missing file over in silence; a file that was asked for must be there.
            std::fs::metadata(file).with_context(|| format!("cannot read the configuration {}", file.display()))?;
            figment = figment.merge(Toml::file_exact(file));
        }
        // The environment names places too (TIDEMARK_DATA, TIDEMARK_CONFIG): only names with a section are configuration.
        let environment = Env::prefixed("TIDEMARK_").split("__").filter(|key| key.as_str().contains('.'));
        figment.merge(environment).extract().map_err(|error| {
            let faults: Vec<String> = error.into_iter().map(|fault| fault.to_string()).collect();
            anyhow::anyhow!("the configuration is wrong:\n  {}", faults.join("\n  "))
        })
    }

    /// [`Config::load`], with the places that lie in the data folder where nothing else is said.
    pub(crate) fn of(place: &Place) -> anyhow::Result<Self> {
        let mut config = Self::load(place.config.as_deref())?;
        config.annotate.lexica_dir.get_or_insert_with(|| place.data.join(crate::platform::LEXICA));
        config.annotate.models_dir.get_or_insert_with(|| place.data.join(crate::platform::MODELS));
        Ok(config)
    }

    /// Where the lake of `data` is.
    pub(crate) fn lake_location(&self, data: &Path) -> String {
        self.lake.location.clone().unwrap_or_else(|| data.join("lake").display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "[annotate]\nbatch_post_max = 3\n").expect("written");
        let error = Config::load(Some(&file)).expect_err("refused").to_string();
        assert!(error.contains("batch_post_max"), "{error}");
    }

    /// The TOML of docs/configuration.md, block by block.
    fn documented() -> Vec<&'static str> {
        let blocks = include_str!("../../../docs/configuration.md").split("```toml\n").skip(1);
        blocks.map(|block| block.split("```").next().unwrap_or_default()).collect()
    }

    /// Every key below a value, sections included.
    fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
        for (key, below) in value.as_object().into_iter().flatten() {
            found.push(key.clone());
            keys(below, found);
        }
    }

    #[test]
    fn the_documented_file_holds_every_key_and_is_the_default_and_the_other_examples_are_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("c.toml");
        let load = |text: &str| {
            std::fs::write(&file, text).expect("written");
            Config::load(Some(&file)).unwrap_or_else(|error| panic!("{error}:\n{text}"))
        };
        let [whole, topics, rules, jetstream, hosts] = documented()[..] else { panic!("five examples are documented") };
        let default = serde_json::to_value(Config::default()).expect("JSON");
        assert_eq!(serde_json::to_value(load(whole)).expect("JSON"), default);
        let mut known = Vec::new();
        keys(&default, &mut known);
        let all = documented().concat();
        for key in known {
            assert!(all.contains(&key), "{key} is not documented");
        }
        assert!(!load(topics).annotate.topics.is_empty());
        let rules = load(rules).alert.rules;
        assert_eq!((rules.len(), rules[0].probability, rules[0].horizon_days), (2, 0.6, 14));
        assert_eq!(load(jetstream).ingest.jetstream.expect("there").hosts.len(), 1);
        assert!(load(hosts).kafka.bootstrap_servers.is_some());
        // Keys that have no default are examples that can be taken, too; but for a key that is cut short.
        let lines: Vec<&str> = whole.lines().filter(|line| !line.contains("pseudonym_key")).collect();
        let commented = lines.join("\n").replace("\n# ", "\n");
        let config = load(&commented);
        assert!(
            config.lake.location.is_some() && config.alert.webhook.is_some() && !config.aggregate.regions.is_empty()
        );
    }

    #[test]
    fn a_wrong_list_of_topics_is_refused_by_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("c.toml");
        for (list, words) in [
            ("name = 'a'\nmatches = []", ["`a`", "empty list"]),
            ("name = 'a'\nmatches = ['sea', 'ti*']", ["term 2", "`ti*`"]),
            ("name = 'a'\nmatch = ['sea']", ["match", "name"]),
        ] {
            std::fs::write(&file, format!("[[annotate.topics]]\n{list}\n")).expect("written");
            let error = Config::load(Some(&file)).expect_err("refused").to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }

    #[test]
    fn a_wrong_pseudonym_key_is_refused_by_name_and_not_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "[ingest]\npseudonym_key = 'c0ffee'\n").expect("written");
        let error = Config::load(Some(&file)).expect_err("refused").to_string();
        assert!(error.contains("pseudonym_key") && error.contains("64 hexadecimal digits"), "{error}");
        assert!(!error.contains("c0ffee"), "{error}");
        let key = "0123456789abcdef".repeat(4);
        std::fs::write(&file, format!("[ingest]\npseudonym_key = '{key}'\n")).expect("written");
        let config = Config::load(Some(&file)).expect("valid");
        assert!(config.ingest.pseudonym_key.is_some() && !format!("{config:?}").contains(&key));
    }

    #[test]
    fn a_file_overrides_a_default_and_a_missing_file_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "[annotate]\nbatch_posts_max = 3\n").expect("written");
        assert_eq!(Config::load(Some(&file)).expect("valid").annotate.batch_posts_max, 3);
        assert!(Config::load(Some(&folder.path().join("none.toml"))).is_err());
    }
}
