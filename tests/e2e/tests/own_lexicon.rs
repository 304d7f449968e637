//! A lexicon of one's own, from the command line: what it is worth, and where it is malformed.

use serde_json::{Value, json};
use tidemark_e2e::{Platform, Program};

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

/// A post a day and author, some of which hold the lexicon's word, as a labelled sample.
fn sample(n: usize, is_wrong: impl Fn(usize) -> bool) -> String {
    let mut lines = Vec::new();
    for n in 0..n {
        let yes = n % 2 == 0;
        let text = if yes != is_wrong(n) { "a nightshift again" } else { "a walk by the sea" };
        let label = if yes { "yes" } else { "no" };
        lines.push(
            json!({"id": n.to_string(), "lang": "en", "text": text, "label": label, "group": format!("g{}", n % 3)}),
        );
        if n < 40 {
            let said = format!("once more: {text}");
            lines.push(json!({"id": format!("p{n}"), "lang": "en", "text": said, "label": label, "paraphrase_of": n.to_string()}));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_lexicon_of_ones_own_becomes_a_marker_that_alerts_only_once_audited() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (program, data) = (Program::find(), at("data"));
    std::fs::write(at("work.tsv"), "shift\tnightshift\nshift\tgraveyard shift\n").expect("written");
    let said = program.run(["lexicon", "add", &at("work.tsv"), "--data", &data]).succeeded().stderr;
    assert!(said.contains("lexicon.work.shift  2 terms"), "{said}");
    // Of one name and language there is one file: the last.
    std::fs::copy(at("work.tsv"), at("work.txt")).expect("copied");
    let _ = program.run(["lexicon", "add", &at("work.txt"), "--data", &data]).succeeded();
    let kept: Vec<_> = std::fs::read_dir(folder.path().join("data/lexica"))
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(kept, ["work.en.txt"]);
    let _ = program.run(["lexicon", "add", &at("work.tsv"), "--data", &data]).succeeded();
    program
        .run(["lexicon", "add", &at("work.tsv"), "--name", "vader", "--data", &data])
        .failed(4, &["vader", "--name"]);

    // Offline.
    std::fs::write(at("posts.jsonl"), "{\"id\": 1, \"lang\": \"en\", \"text\": \"nightshift\"}\n").expect("written");
    let annotate =
        ["annotate", &at("posts.jsonl"), "--lexica-only", "--lexica", &format!("{data}/lexica"), "--output", "-"];
    assert!(program.run(annotate).succeeded().stdout.contains("\"work.shift\":1.0"));

    // In a platform: a series of the marker, and a rule that waits for the audit.
    let rule = "[annotate]\nlexica_only = true\n[[alert.rules]]\nname = \"shifts\"\nmarker = \"lexicon.work.shift\"\n\
                threshold = { absolute = 0.5 }\n";
    let data_path = folder.path().join("data");
    let start = || Platform::start(&program, &data_path, rule);
    let platform = start();
    assert!(platform.log().contains("has not passed"), "{}", platform.log());
    let posts: String = (0..30)
        .map(|n| {
            format!(
                "{}\n",
                json!({"id": n, "text": "nightshift", "lang": "en", "author": n, "created_at": "2024-05-01T12:00:00Z"})
            )
        })
        .collect();
    std::fs::write(at("day.ndjson"), posts).expect("written");
    platform.ingest(&folder.path().join("day.ndjson"), &[]);
    let rows = platform.sql(
        "SELECT value FROM series WHERE marker = 'lexicon.work.shift' AND period = 'day' AND region = 'all' AND language = 'all'",
    );
    assert_eq!(rows, [json!({"value": 1.0})]);
    platform.stop();

    let audit = |text: String, code: i32, words: &[&str]| {
        std::fs::write(at("sample.jsonl"), text).expect("written");
        let answer =
            program.run(["marker", "audit", "lexicon.work.shift", "--sample", &at("sample.jsonl"), "--data", &data]);
        if code == 0 { assert!(answer.succeeded().stdout.contains("passed")) } else { answer.failed(code, words) }
    };
    audit(sample(300, |n| n % 3 > 0), 10, &["may not drive alerts"]);
    audit(sample(40, |_| false), 10, &["may not drive alerts"]);
    audit("{\"id\": 1, \"text\": \"x\"}\n".into(), 4, &["line 1"]);
    let platform = start();
    assert!(platform.log().matches("has not passed").count() == 2, "{}", platform.log());
    platform.stop();
    audit(sample(300, |n| n % 10 == 0), 0, &[]);
    let platform = start();
    assert!(platform.log().matches("has not passed").count() == 2, "no further warning: {}", platform.log());
    platform.stop();

    // An audit holds for the lexicon it was made of.
    std::fs::write(at("work.tsv"), "shift\tnightshift\nshift\tsea\n").expect("written");
    let _ = program.run(["lexicon", "add", &at("work.tsv"), "--data", &data]).succeeded();
    let platform = start();
    assert!(platform.log().matches("has not passed").count() == 3, "{}", platform.log());
    platform.stop();
}
