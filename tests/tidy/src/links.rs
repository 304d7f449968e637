//! A rule about where the documents lead.

use crate::{File, Finding, Repository};

/// Every relative link of a document leads to a file or folder of this repository. Anchors are not looked at, and what
/// stands in code is not a link.
#[must_use]
pub fn links_lead_somewhere(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| file.has_extension(&["md"])) {
        for (line, target) in links(file) {
            let place = resolved(&file.path, &target);
            if place.is_none_or(|place| !is_there(repository, &place)) {
                let advice = format!("leads to `{target}`, which is not in the repository; mend it or take it out");
                findings.push(Finding::on_line(file, line, advice));
            }
        }
    }
    findings
}

/// The relative targets of a document, each with its line, counted from 1, and without its anchor.
fn links(file: &File) -> Vec<(usize, String)> {
    let (mut found, mut is_code) = (Vec::new(), false);
    for (index, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            // Every other piece between backticks is code; a link's text may be code, its target is not.
            let prose: String = line.split('`').step_by(2).collect();
            let targets = targets(&prose).into_iter().filter_map(relative);
            found.extend(targets.map(|target| (index + 1, target.to_owned())));
        }
    }
    found
}

/// What links and definitions of links on a line lead to.
fn targets(line: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.trim())).collect();
    // A name in brackets that something follows; a footnote leads nowhere.
    if let Some((name, defined)) = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "))
        && !name.starts_with('^')
        && !name.contains(']')
    {
        found.push(defined.trim());
    }
    found
}

/// The path of a target that is relative: without title, brackets and anchor. An anchor alone is of the same document.
fn relative(target: &str) -> Option<&str> {
    let target = target.split_whitespace().next()?.trim_matches(['<', '>']);
    let path = target.split('#').next()?;
    (!path.is_empty() && !path.contains("://") && !path.starts_with("mailto:")).then_some(path)
}

/// A target as a path from the root; `None` where it leaves the repository.
fn resolved(file: &str, target: &str) -> Option<String> {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from = if target.starts_with('/') { "" } else { folder };
    let mut parts = Vec::new();
    for part in from.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn is_there(repository: &Repository, place: &str) -> bool {
    let below = |path: &str| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    place.is_empty() || repository.paths.iter().any(|path| below(path))
}

#[cfg(test)]
mod tests {
    use super::links_lead_somewhere;
    use crate::Repository;

    fn found(text: &str) -> Vec<String> {
        let files = [("docs/a.md", text), ("docs/b.md", "b\n"), ("README.md", "r\n"), ("docs/c/d.png", "d\n")];
        links_lead_somewhere(&Repository::of(&files)).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_link_to_nothing_is_found_by_its_line() {
        let text = "[b](b.md), [no](no.md) and\n[two](../docs/no.md#part)\n![x](c/no.png \"a title\")\n\n[d]: no.md\n";
        assert_eq!(found(text), ["docs/a.md:1", "docs/a.md:2", "docs/a.md:3", "docs/a.md:5"]);
        assert_eq!(found("[out](../../b.md) [half](c/d)\n").len(), 2);
    }

    #[test]
    fn what_leads_somewhere_or_elsewhere_and_what_is_code_passes() {
        let text = "[b](b.md#part) [r](../README.md) [`r`](/README.md) [c](c) [c](c/) [d](<c/d.png>) [here](#part)\n\
                    [w](https://example.org/x(y).md) [m](mailto:a@example.org) `[no](no.md)`\n\
                    ```\n[no](no.md)\n```\n[b]: b.md \"a title\"\n";
        assert!(found(text).is_empty(), "{:?}", found(text));
    }
}
