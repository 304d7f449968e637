//! Rules about what files say.

use crate::{File, Finding, Repository};

/// The longest Rust file, in lines.
pub const MAX_LINES: usize = 600;

/// Longer files that are being cut down: path and the length they may not exceed. It may only shrink.
const RATCHET: &[(&str, usize)] = &[];

/// Extensions of what people write here.
const CODE: &[&str] = &["rs", "py", "ts", "tsx", "js", "mjs", "css", "toml", "proto", "sql", "sh", "yaml", "yml"];

/// Every library opens with what it reads, writes, guarantees and does not do.
#[must_use]
pub fn crate_openings(repository: &Repository) -> Vec<Finding> {
    let libraries = repository.files.iter().filter(|file| file.path.ends_with("/src/lib.rs"));
    libraries.filter_map(opening).collect()
}

fn opening(file: &File) -> Option<Finding> {
    let lines = file.text.lines().take_while(|line| line.starts_with("//!"));
    let doc: String = lines.map(|line| format!("{} ", line.trim_start_matches("//!").trim())).collect();
    let says = |any: &[&str]| any.iter().any(|words| doc.contains(words));
    let parts: [(&str, &[&str]); 4] = [
        ("Reads", &["**Reads**", "**Reads and writes**"]),
        ("Writes", &["**Writes**", "**Reads and writes**"]),
        ("Guarantees", &["**Guarantees**"]),
        ("Does not", &["**Does not**"]),
    ];
    let missing: Vec<&str> = parts.iter().filter(|(_, any)| !says(any)).map(|(part, _)| *part).collect();
    let advice = format!("its doc does not say **{}**; open it as libs/domain/src/lib.rs does", missing.join("**, **"));
    (!missing.is_empty()).then(|| Finding::on(file, advice))
}

/// A Rust file is about one thing, and short enough to be read.
#[must_use]
pub fn file_lengths(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| file.has_extension(&["rs"])) {
        let lines = file.text.lines().count();
        let allowed = RATCHET.iter().find(|(path, _)| *path == file.path).map_or(MAX_LINES, |(_, lines)| *lines);
        if lines > allowed {
            findings.push(Finding::on(file, format!("has {lines} lines, {allowed} are allowed; cut it by subject")));
        }
    }
    for (path, _) in RATCHET {
        let short = repository.file(path).is_none_or(|file| file.text.lines().count() <= MAX_LINES);
        if short {
            findings
                .push(Finding { place: (*path).to_owned(), advice: "is short enough; take it off RATCHET".to_owned() });
        }
    }
    findings
}

/// No test is switched off, nothing is left for later in the code, no debugging print stays.
#[must_use]
pub fn nothing_left_over(repository: &Repository) -> Vec<Finding> {
    // Cut in two, so that this file does not find itself.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
    let calls = [concat!("dbg", "!("), concat!("#[ig", "nore"), concat!("unimple", "mented!("), concat!("to", "do!(")];
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| file.has_extension(CODE)) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| holds_word(line, word)) {
                findings.push(Finding::on_line(
                    file,
                    index + 1,
                    format!("`{word}`: do it, or open an issue and leave it out"),
                ));
            }
            if let Some(call) = calls.iter().find(|call| file.has_extension(&["rs"]) && line.contains(*call)) {
                findings.push(Finding::on_line(
                    file,
                    index + 1,
                    format!("`{call}` may not stay: mend it or take it out"),
                ));
            }
        }
    }
    findings
}

fn holds_word(line: &str, word: &str) -> bool {
    let edge = |character: Option<char>| character.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    line.match_indices(word)
        .any(|(at, _)| edge(line[..at].chars().next_back()) && edge(line[at + word.len()..].chars().next()))
}

/// Nothing names the machine it was written on, and lock files name the public registries alone.
#[must_use]
pub fn no_machine_names(repository: &Repository) -> Vec<Finding> {
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/home/", "user")];
    let machine = concat!("local", "host");
    let registry = ["registry", "index-url", "mirror", "proxy"];
    let mut findings = Vec::new();
    for file in &repository.files {
        for (index, line) in file.text.lines().enumerate() {
            let starts_path = |at: usize| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | ')'))
            };
            if let Some(path) = paths.iter().find(|path| line.match_indices(*path).any(|(at, _)| starts_path(at))) {
                let advice = format!("`{path}…` is a path of one machine; make it relative or an argument");
                findings.push(Finding::on_line(file, index + 1, advice));
            }
            if line.contains(machine) && registry.iter().any(|word| line.contains(word)) {
                findings.push(Finding::on_line(
                    file,
                    index + 1,
                    "names a package registry of one machine; use the public one",
                ));
            }
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let foreign = match name {
                "Cargo.lock" => {
                    line.starts_with("source = ") && !line.contains("https://github.com/rust-lang/crates.io-index")
                }
                "package-lock.json" => {
                    line.contains("\"resolved\": \"") && !line.contains("\"https://registry.npmjs.org/")
                }
                _ => false,
            };
            if foreign {
                findings.push(Finding::on_line(
                    file,
                    index + 1,
                    "locks a package that does not come from the public registry",
                ));
            }
        }
    }
    findings
}

/// Every bundled lexicon lies beside its licence and its card.
#[must_use]
pub fn lexica_have_papers(repository: &Repository) -> Vec<Finding> {
    const FOLDER: &str = "libs/lexicon/lexica/";
    let mut lexica: Vec<&str> = repository
        .paths
        .iter()
        .filter_map(|path| path.strip_prefix(FOLDER)?.split_once('/'))
        .map(|(name, _)| name)
        .collect();
    lexica.dedup();
    let mut findings = Vec::new();
    for lexicon in lexica.into_iter().filter(|name| *name != "build") {
        for paper in ["LICENSE", "CARD.md"] {
            let path = format!("{FOLDER}{lexicon}/{paper}");
            if repository.file(&path).is_none_or(|file| file.text.trim().is_empty()) {
                findings.push(Finding {
                    place: path,
                    advice: "is missing: no lexicon ships without licence and card".to_owned(),
                });
            }
        }
        let card = repository.file(&format!("{FOLDER}{lexicon}/CARD.md"));
        for part in ["ource", "icence", "emoved"] {
            if let Some(file) = card.filter(|file| !file.text.contains(part)) {
                findings.push(Finding::on(
                    file,
                    format!("a card says source, licence and what was removed; `…{part}` is not in it"),
                ));
            }
        }
    }
    findings
}

/// A schema opens with who writes it and who reads it; a query, which nobody writes to, with who reads it.
#[must_use]
pub fn schema_openings(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| file.has_extension(&["proto", "sql"])) {
        let lines = file.text.lines().take_while(|line| line.starts_with("//") || line.starts_with("--"));
        let comment = lines.collect::<String>().to_lowercase();
        let stores = file.has_extension(&["proto"]) || file.text.to_lowercase().contains("create table");
        if !comment.contains("read by") || (stores && !comment.contains("written by")) {
            let advice = "open it with a comment that says who reads it (`Read by …`) and, where it is stored or sent, who \
                          writes it (`Written by …`)";
            findings.push(Finding::on(file, advice));
        }
    }
    findings
}

/// Every command the README shows exists.
#[must_use]
pub fn readme_commands(repository: &Repository) -> Vec<Finding> {
    const CLI: &str = "services/tidemark/src/cli";
    let cli: Vec<&File> = repository.files.iter().filter(|file| file.path.starts_with(CLI)).collect();
    let named = |opening: &str| -> Vec<String> { cli.iter().flat_map(|file| variants(&file.text, opening)).collect() };
    let commands = named("enum Command");
    let Some(readme) = repository.file("README.md").filter(|_| !commands.is_empty()) else {
        let advice = "README.md or `enum Command` is missing; readme_commands of tests/tidy reads them".to_owned();
        return vec![Finding { place: CLI.to_owned(), advice }];
    };
    let below = [
        ("alert", named("enum AlertCommand")),
        ("ingest", named("enum Ingest")),
        ("lexicon", named("enum LexiconCommand")),
        ("marker", named("enum MarkerCommand")),
        ("model", named("enum ModelCommand")),
        ("relate", named("enum RelateCommand")),
    ];
    let mut findings = Vec::new();
    for (index, line) in readme.text.lines().enumerate() {
        for shown in commands_shown(line) {
            let mut words = shown.split_whitespace();
            let command = words.next().unwrap_or_default();
            let known = commands.iter().any(|known| known == command);
            let under = words.next().unwrap_or_default();
            let group = below.iter().find(|(name, _)| *name == command && is_word(under));
            if !known || group.is_some_and(|(_, known)| !known.iter().any(|known| known == under)) {
                let advice = format!("`tidemark {command} {under}` is not a command of {CLI}");
                findings.push(Finding::on_line(readme, index + 1, advice));
            }
        }
    }
    findings
}

/// What follows `tidemark ` in code on a line, where it looks like a command.
fn commands_shown(line: &str) -> Vec<&str> {
    let begins = |at: usize| at == 0 || line[..at].ends_with(['`', '/', ' ', '$']);
    let shown = line.match_indices("tidemark ").filter(|(at, _)| begins(*at));
    // Prose says "Tidemark reads"; code starts the line, follows a path, or stands between backticks.
    let code = |at: usize| at == 0 || line[..at].ends_with(['`', '/']);
    let shown = shown.filter(|(at, _)| code(*at)).map(|(at, name)| line[at + name.len()..].trim_start());
    shown
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|rest| rest.split('`').next().unwrap_or(rest))
        .collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_lowercase())
}

/// Names of an enum's variants, as the command line spells them.
fn variants(source: &str, head: &str) -> Vec<String> {
    let body =
        source.split_once(&format!("{head} {{")).map_or("", |(_, rest)| rest.split("\n}").next().unwrap_or_default());
    let lines = body.lines().map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    lines.map(|line| kebab(line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())).collect()
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(character.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_without_a_part_is_found() {
        let whole = "//! X. **Reads** a. **Writes** b. **Guarantees** c. **Does\n//! not** d.\n";
        assert!(crate_openings(&Repository::of(&[("libs/x/src/lib.rs", whole)])).is_empty());
        let found = crate_openings(&Repository::of(&[("libs/x/src/lib.rs", "//! X. **Reads** a.\n")]));
        assert!(found[0].advice.contains("**Writes**, **Guarantees**, **Does not**"), "{found:?}");
    }

    #[test]
    fn long_files_and_left_overs_are_found() {
        let long = "//\n".repeat(MAX_LINES + 1);
        assert_eq!(file_lengths(&Repository::of(&[("a.rs", &long)])).len(), 1);
        let left = format!("// {}: later\n{}x);\n", concat!("TO", "DO"), concat!("dbg", "!("));
        assert_eq!(nothing_left_over(&Repository::of(&[("a.rs", &left)])).len(), 2);
        assert!(nothing_left_over(&Repository::of(&[("a.rs", "// METODOS y todo\n")])).is_empty());
    }

    #[test]
    fn machine_paths_and_private_registries_are_found() {
        let path = format!("open(\"{}x\")", concat!("/wo", "rk/"));
        assert_eq!(no_machine_names(&Repository::of(&[("a.py", &path)])).len(), 1);
        assert!(no_machine_names(&Repository::of(&[("a.md", "home/work/life")])).is_empty());
        let lock = "source = \"registry+https://crates.example/index\"\n";
        assert_eq!(no_machine_names(&Repository::of(&[("Cargo.lock", lock)])).len(), 1);
        let lock = "      \"resolved\": \"https://npm.example/x.tgz\",\n";
        assert_eq!(no_machine_names(&Repository::of(&[("dashboards/web/package-lock.json", lock)])).len(), 1);
    }

    #[test]
    fn a_lexicon_without_papers_is_found() {
        let bare =
            Repository::of(&[("libs/lexicon/lexica/x/en.tsv", "a\tb\n"), ("libs/lexicon/lexica/build/build.py", "")]);
        assert_eq!(lexica_have_papers(&bare).len(), 2);
    }

    #[test]
    fn a_schema_without_opening_is_found() {
        let open = "// Posts. Written by ingest; read by annotate.\nsyntax = \"proto3\";\n";
        assert!(schema_openings(&Repository::of(&[("a.proto", open)])).is_empty());
        assert!(schema_openings(&Repository::of(&[("a.sql", "-- Answers. Read by people.\nSELECT 1\n")])).is_empty());
        assert_eq!(schema_openings(&Repository::of(&[("a.sql", "SELECT 1\n")])).len(), 1);
        assert_eq!(schema_openings(&Repository::of(&[("a.proto", "// Read by people.\n")])).len(), 1);
    }

    #[test]
    fn a_command_that_is_only_in_the_readme_is_found() {
        let cli = "pub(crate) enum Command {\n    /// x\n    Up(Up),\n    Ingest(Ingest),\n}\npub(crate) enum Ingest {\n    File(F),\n}\n";
        let readme = "`tidemark up`, target/debug/tidemark ingest file x\ntidemark fly\n`tidemark ingest rocket`\n`tidemark ingest --help`\nTidemark sings\n";
        let found =
            readme_commands(&Repository::of(&[("README.md", readme), ("services/tidemark/src/cli/mod.rs", cli)]));
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places, ["README.md:2", "README.md:3"], "{found:?}");
    }
}
