//! Rules about what may depend on what, read from every `Cargo.toml`.

use crate::{File, Finding, Repository};

/// The order of ARCHITECTURE.md: a crate may use what stands before it, never beside or after it.
const ORDER: &[&[&str]] = &[
    &["domain", "neural"],
    &["wire", "log", "lexicon", "model", "lake", "surveillance", "polarization", "simulator"],
    &["query"],
    &["ingest", "annotate", "aggregate", "forecast", "alert", "serve"],
    &["tidemark"],
    &["e2e", "evidence", "tidy"],
];

/// Heavy dependencies, and the crates that may name them. A second home needs a reason in the change that adds it.
const HOMES: &[(&str, &[&str])] = &[
    ("rdkafka", &["log"]),
    ("tansu-broker", &["log"]),
    ("tansu-storage", &["log"]),
    ("ort", &["model"]),
    ("tokenizers", &["model"]),
    ("datafusion", &["query"]),
    ("deltalake", &["lake"]),
    ("object_store", &["lake"]),
    ("augurs", &["surveillance"]),
    ("actix-web", &["serve"]),
    ("tonic", &["serve"]),
    ("tonic-prost", &["serve"]),
    ("tonic-reflection", &["serve"]),
    ("utoipa", &["serve"]),
    ("rust-embed", &["serve"]),
    ("tokio-tungstenite", &["ingest", "e2e"]),
    // Records in memory are Arrow wherever they are many (serve: its tests write a lake); only files and tables need
    // Parquet.
    ("arrow", &["wire", "lake", "query", "ingest", "aggregate", "forecast", "serve", "e2e"]),
    ("parquet", &["ingest", "lake", "e2e"]),
    // Outgoing HTTP: webhooks, and the commands that ask a running server.
    ("reqwest", &["alert", "tidemark", "serve", "e2e"]),
    // A library says what went wrong with a type of its own.
    ("anyhow", &["tidemark", "e2e"]),
    ("clap", &["tidemark"]),
    ("figment", &["tidemark"]),
    ("indicatif", &["tidemark"]),
    ("tracing-subscriber", &["tidemark"]),
];

/// What a crate's manifest says.
struct Manifest<'r> {
    file: &'r File,
    /// The crate's folder: `query`, `serve`.
    name: String,
    /// Dependencies of every kind.
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    /// Versions come from the workspace.
    from_workspace: bool,
}

/// Reads the manifests of all crates; an unreadable one is a finding.
fn manifests(repository: &Repository) -> (Vec<Manifest<'_>>, Vec<Finding>) {
    let (mut read, mut findings) = (Vec::new(), Vec::new());
    for file in repository.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        match file.text.parse::<toml::Table>() {
            Ok(table) => {
                let name = file.path.rsplit('/').nth(1).unwrap_or_default().to_owned();
                read.push(Manifest { file, name, dependencies: dependencies(&table) });
            }
            Err(error) => findings.push(Finding::on(file, format!("is not TOML: {}", error.message()))),
        }
    }
    (read, findings)
}

fn dependencies(table: &toml::Table) -> Vec<Dependency> {
    let sections = |table: &toml::Table| -> Vec<Dependency> {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let section = |kind: &&str| table.get(*kind).and_then(toml::Value::as_table).cloned();
        let dependency = |(name, value): (String, toml::Value)| {
            let from_workspace = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
            Dependency { name, from_workspace }
        };
        kinds.iter().filter_map(section).flatten().map(dependency).collect()
    };
    let mut all = sections(table);
    let targets = table.get("target").and_then(toml::Value::as_table);
    for target in targets.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table) {
        all.extend(sections(target));
    }
    all
}

/// domain < libraries < query < services < the program < tests; services never use each other.
#[must_use]
pub fn import_rule(repository: &Repository) -> Vec<Finding> {
    let rank = |name: &str| ORDER.iter().position(|row| row.contains(&name));
    let (manifests, mut findings) = manifests(repository);
    for manifest in &manifests {
        let Some(own) = rank(&manifest.name) else {
            findings.push(Finding::on(
                manifest.file,
                "has no place in ORDER of tests/tidy/src/manifests.rs; give it one, and a line in ARCHITECTURE.md",
            ));
            continue;
        };
        let ours = manifest.dependencies.iter().filter_map(|dependency| dependency.name.strip_prefix("tidemark-"));
        for used in ours {
            if rank(used).is_none_or(|other| other >= own) {
                let advice = format!(
                    "{} may not use {used}: the order is domain < libraries < query < services < the program. Move what \
                     both need down, or let the program compose them",
                    manifest.name
                );
                findings.push(Finding::on(manifest.file, advice));
            }
        }
    }
    findings
}

/// A heavy dependency is named by its home alone, so that the other crates stay quick to build and free of its types.
#[must_use]
pub fn homes(repository: &Repository) -> Vec<Finding> {
    let (manifests, _) = manifests(repository);
    let mut findings = Vec::new();
    for manifest in &manifests {
        for (dependency, homes) in HOMES {
            let names_it = manifest.dependencies.iter().any(|used| used.name == *dependency);
            if names_it && !homes.contains(&manifest.name.as_str()) {
                let advice = format!(
                    "`{dependency}` lives in {}; go through it, or argue for a second home in HOMES",
                    homes.join(", ")
                );
                findings.push(Finding::on(manifest.file, advice));
            }
        }
    }
    findings
}

/// Versions are declared once, in the root manifest.
#[must_use]
pub fn one_version_each(repository: &Repository) -> Vec<Finding> {
    let (manifests, _) = manifests(repository);
    let mut findings = Vec::new();
    for manifest in &manifests {
        for dependency in manifest.dependencies.iter().filter(|dependency| !dependency.from_workspace) {
            let advice =
                format!("write `{0}.workspace = true` and declare {0} in the root Cargo.toml", dependency.name);
            findings.push(Finding::on(manifest.file, advice));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{homes, import_rule, one_version_each};
    use crate::Repository;

    fn manifest(path: &str, dependencies: &str) -> Repository {
        Repository::of(&[(path, &format!("[package]\nname = \"x\"\n[dependencies]\n{dependencies}\n"))])
    }

    #[test]
    fn the_import_rule_sees_services_that_use_services_and_libraries_that_look_up() {
        let up = manifest("libs/wire/Cargo.toml", "tidemark-query.workspace = true");
        let across = manifest("services/serve/Cargo.toml", "tidemark-alert.workspace = true");
        let sibling = manifest("libs/lake/Cargo.toml", "tidemark-wire.workspace = true");
        for broken in [up, across, sibling, manifest("libs/unheard/Cargo.toml", "")] {
            assert_eq!(import_rule(&broken).len(), 1, "{broken:?}");
        }
        assert!(import_rule(&manifest("services/serve/Cargo.toml", "tidemark-query.workspace = true")).is_empty());
        assert!(import_rule(&manifest("services/tidemark/Cargo.toml", "tidemark-serve.workspace = true")).is_empty());
    }

    #[test]
    fn a_second_home_and_a_second_version_are_found() {
        let stray = manifest("services/serve/Cargo.toml", "datafusion.workspace = true");
        assert_eq!(homes(&stray).len(), 1);
        assert!(homes(&manifest("libs/query/Cargo.toml", "datafusion.workspace = true")).is_empty());
        assert_eq!(one_version_each(&manifest("libs/query/Cargo.toml", "serde = \"1\"")).len(), 1);
        assert!(one_version_each(&stray).is_empty());
    }
}
