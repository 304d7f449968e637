//! A lexicon of one's own, from the command line: what it is worth, and where it is malformed.

use serde_json::{Value, json};
use tidemark_e2e::Program;
use tidemark_e2e::own::{OwnMarker, sample};

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
    // A corpus needs no ids.
    std::fs::write(&corpus, "{\"text\": \"so glad\", \"lang\": \"en\", \"region\": \"\"}\n").expect("written");
    let answer = program.run(["lexicon", "check", &file, "--corpus", &corpus, "--json"]).succeeded();
    assert!(answer.stderr.contains("read 1 posts"), "{}", answer.stderr);
}

#[test]
fn a_malformed_dictionary_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.dic").display().to_string();
    std::fs::write(&file, DICTIONARY.replace("glad\t2\n", "glad\t7\n")).expect("written");
    let program = Program::find();
    program.run(["lexicon", "check", &file]).failed(4, &["mine.dic", "line 8", "7"]);
    std::fs::write(&file, DICTIONARY.replace("glad\t2\n", "glad\t7\nkeen\tx\n")).expect("written");
    program.run(["lexicon", "check", &file]).failed(4, &["line 8", "line 9"]);
    program.run(["lexicon", "check", "none.dic"]).failed(4, &["none.dic"]);
    std::fs::write(&file, DICTIONARY).expect("written");
    let empty = folder.path().join("posts.ndjson").display().to_string();
    std::fs::write(&empty, "").expect("written");
    program.run(["lexicon", "check", &file, "--corpus", &empty]).failed(4, &["no post"]);
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
    let shift = OwnMarker::new(folder.path(), "lexicon.work.shift", "[annotate]\nlexica_only = true\n");
    assert_eq!(shift.times_told_to_wait(), 1);
    assert_eq!(shift.series_of_a_day(), [json!({"value": 1.0})]);
    shift.audit(&sample(300, |n| n % 3 > 0)).failed(10, &["may not drive alerts"]);
    shift.audit(&sample(40, |_| false)).failed(10, &["76 of 80 posts say what others", "may not drive alerts"]);
    shift.audit("{\"id\": 1, \"text\": \"x\"}\n").failed(4, &["line 1"]);
    let twice = sample(40, |_| false);
    shift.audit(&format!("{twice}{twice}")).failed(4, &["line 81", "line 1;"]);
    // Posts in a language that the lexicon does not have.
    let silent = sample(300, |_| false).replacen("\"lang\":\"en\"", "\"lang\":\"fr\"", 100);
    let answer = shift.audit(&silent);
    answer.failed(10, &["may not drive alerts"]);
    assert!(answer.stdout.contains("in another language, or in none that was told"), "{}", answer.stdout);
    assert!(answer.stdout.contains("give the posts a `lang`"), "{}", answer.stdout);
    assert_eq!(shift.times_told_to_wait(), 3);
    assert!(shift.audit(&sample(300, |n| n % 10 == 0)).succeeded().stdout.contains("passed"));
    assert_eq!(shift.times_told_to_wait(), 3, "no further warning");

    // An audit holds for the lexicon it was made of.
    std::fs::write(at("work.tsv"), "shift\tnightshift\nshift\tsea\n").expect("written");
    let _ = program.run(["lexicon", "add", &at("work.tsv"), "--data", &data]).succeeded();
    assert_eq!(shift.times_told_to_wait(), 4);
}

#[test]
fn a_weighted_lexicons_markers_are_present_from_a_score_on_where_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (program, data) = (Program::find(), at("data"));
    let weights = "term,category,weight\ntired,load,0.5\nexhausted,load,2\n_intercept,load,0.1\n";
    std::fs::write(at("work.csv"), weights).expect("written");
    let add = |further: &[&str]| {
        let (file, data) = (at("work.csv"), data.as_str());
        program.run([&["lexicon", "add", &file, "--data", data], further].concat())
    };
    let post = |id: &str, text: &str| json!({"id": id, "lang": "en", "text": text}).to_string();
    std::fs::write(at("posts.jsonl"), [post("1", "exhausted"), post("2", "tired")].join("\n")).expect("written");
    let (posts, lexica) = (at("posts.jsonl"), at("data/lexica"));
    let annotate = ["annotate", &posts, "--lexica-only", "--lexica", &lexica, "--output", "-"];
    // Which of the two posts show the marker, and by which version.
    let shown = || -> (Vec<bool>, Value) {
        let said = program.run(annotate).succeeded().stdout;
        let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let shows = |line: &Value| line["present"].as_array().expect("decided").contains(&json!("lexicon.work.load"));
        (lines.iter().map(shows).collect(), lines[0]["provenance"]["lexicon"].clone())
    };
    let _ = add(&[]).succeeded();
    let (by_hit, version) = shown();
    assert_eq!(by_hit, [true, true]);
    let said = add(&["--present-from", "1.5"]).succeeded().stderr;
    assert!(said.contains("present from a score of 1.5"), "{said}");
    let (from_score, other_version) = shown();
    assert_eq!(from_score, [true, false]);
    assert_ne!(other_version, version, "it is another lexicon now: an audit of the former does not hold");
    // What would be refused at the next start is refused now, and leaves what was there.
    add(&["--present-from", "0.1"]).failed(4, &["every text would show the category `load`"]);
    add(&["--present-from", "nan"]).failed(2, &["--present-from"]);
    assert_eq!(shown(), (vec![true, false], other_version));
    let _ = add(&[]).succeeded();
    assert_eq!(shown(), (vec![true, true], version));
}
