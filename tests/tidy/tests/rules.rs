//! One test per rule, over this repository.

use tidemark_tidy::{Finding, Repository, links, manifests, texts};

/// Fails with every finding at once.
fn holds(rule: &str, check: fn(&Repository) -> Vec<Finding>) {
    let findings = check(&Repository::here());
    let lines: Vec<String> = findings.iter().map(|finding| format!("  {finding}")).collect();
    assert!(findings.is_empty(), "\n{rule}:\n{}\n", lines.join("\n"));
}

#[test]
fn the_repository_is_seen() {
    let repository = Repository::here();
    assert!(repository.file("Cargo.toml").is_some() && repository.file("ARCHITECTURE.md").is_some());
}

#[test]
fn crates_use_only_what_stands_before_them() {
    holds("Import rule", manifests::import_rule);
}

#[test]
fn heavy_dependencies_have_one_home() {
    holds("One home per heavy dependency", manifests::homes);
}

#[test]
fn versions_are_declared_once() {
    holds("Versions are declared in the root manifest", manifests::one_version_each);
}

#[test]
fn crates_say_what_they_do() {
    holds("Every lib.rs opens with what it reads, writes, guarantees and does not do", texts::crate_openings);
}

#[test]
fn files_are_short() {
    holds("File length", texts::file_lengths);
}

#[test]
fn nothing_is_left_over() {
    holds("Nothing is left for later", texts::nothing_left_over);
}

#[test]
fn no_machine_is_named() {
    holds("No path or registry of one machine", texts::no_machine_names);
}

#[test]
fn lexica_have_licence_and_card() {
    holds("Every bundled lexicon has its papers", texts::lexica_have_papers);
}

#[test]
fn schemas_say_who_writes_and_who_reads() {
    holds("Every schema opens with who writes it and who reads it", texts::schema_openings);
}

#[test]
fn the_readme_shows_commands_that_exist() {
    holds("Commands of the README", texts::readme_commands);
}

#[test]
fn documents_lead_to_files_that_exist() {
    holds("Links of the documents", links::links_lead_somewhere);
}
