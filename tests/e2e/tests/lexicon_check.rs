//! A lexicon of one's own, from the command line: what it is worth, and where it is malformed.

use serde_json::{Value, json};
use tidemark_e2e::Program;

const DICTIONARY: &str =
    "%\n1\tstress\n2\tjoy\n%\nstress*\t1\nstressed\t1\noverwhelm*\t1\nglad\t2\nso glad\t2\nfine\t1\t2\n";

#[test]
fn a_dictionary_is_reported_on_alone_and_on_posts() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let file = at("mine.dic").display().to_string();
    std::fs::write(&file, DICTIONARY).expect("written");
    let program = Program::find();
    let said = program.run(["lexicon", "check", &file]).succeeded().stdout;
    assert!(said.contains("stress*") && said.contains("fine"), "{said}");

    let posts = [
        ("so stressed and overwhelmed", "US-CA", "en"),
        ("stressing over rent", "US-CA", "en"),
        ("so glad it is over", "US-NY", "en"),
        ("making soup", "US-NY", "en"),
        ("una tarde tranquila", "US-NY", "es"),
    ];
    let line = |(n, (text, region, lang)): (usize, &(&str, &str, &str))| {
        json!({"id": n.to_string(), "text": text, "region": region, "lang": lang}).to_string()
    };
    let mut lines: Vec<String> = posts.iter().enumerate().map(line).collect();
    lines.push("no post".to_owned());
    let corpus = at("posts.ndjson").display().to_string();
    std::fs::write(&corpus, lines.join("\n")).expect("written");
    let answer = program.run(["lexicon", "check", &file, "--corpus", &corpus, "--json"]).succeeded();
    assert!(answer.stderr.contains("read 4 posts; passed over 1 in other languages and 1 lines"), "{}", answer.stderr);
    let report: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(report["shadowed"][0]["term"], "stressed");
    assert_eq!(report["ambiguous"][0]["term"], "fine");
    assert_eq!(report["corpus"]["texts_hit"], 3);
    assert!(!answer.stdout.contains("soup") && !answer.stdout.contains("rent"), "no word of a post but the lexicon's");
}

#[test]
fn a_malformed_dictionary_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.dic").display().to_string();
    std::fs::write(&file, DICTIONARY.replace("glad\t2\n", "glad\t7\n")).expect("written");
    let program = Program::find();
    program.run(["lexicon", "check", &file]).failed(4, &["mine.dic", "line 8", "7"]);
    program.run(["lexicon", "check", "none.dic"]).failed(4, &["none.dic"]);
    std::fs::write(&file, DICTIONARY).expect("written");
    let empty = folder.path().join("posts.ndjson").display().to_string();
    std::fs::write(&empty, "").expect("written");
    program.run(["lexicon", "check", &file, "--corpus", &empty]).failed(4, &["no post"]);
}
