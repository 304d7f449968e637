//! Whose words count: a text that many post counts once, for who wrote it first; reposts and links alone count nobody. A
//! lake and a file of the same posts say the same.

use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tidemark_e2e::{Platform, Program};

const CONFIG: &str = "
[annotate]
lexica_only = true
[aggregate]
commit_age_ms_max = 200
refresh_interval_s = 1
";
/// People who say the same few words, each of them for themselves.
const ALIKE: u32 = 14;
/// One long text, as six people post it.
const LONG: [&str; 6] = [
    "I am so stressed about work that I lie awake until the morning comes",
    "i am so stressed about work that i lie awake until the morning comes 😭",
    "I AM SO STRESSED ABOUT WORK THAT I LIE AWAKE UNTIL THE MORNING COMES!!!",
    "@ana I am so stressed about work, that I lie awake until the morning comes",
    "I am so stressed about work that I lie awake until the morning comes https://example.org/1",
    "\"I am so stressed about work... that I lie awake until the #morning comes\"",
];

fn posts() -> String {
    let mut lines = String::new();
    let mut post = |id: &str, author: &str, minute: usize, text: &str| {
        let created_at = format!("2024-03-05T12:{minute:02}:00Z");
        let line = json!({"id": id, "author": author, "created_at": created_at, "lang": "en", "text": text});
        writeln!(lines, "{line}").expect("a string takes it");
    };
    for person in 0..ALIKE {
        post(&format!("alike{person}"), &format!("a{person}"), 0, "making lentil soup for dinner");
    }
    for (person, text) in LONG.iter().enumerate() {
        post(&format!("long{person}"), &format!("l{person}"), person, text);
    }
    for person in 0..2 {
        post(&format!("repost{person}"), &format!("r{person}"), 30, "RT @bob: making soup");
    }
    post("link", "a0", 40, "@bob https://example.org/2");
    // Who wrote the long text first takes it back.
    let gone = json!({"id": "long0", "author": "l0", "op": "delete", "created_at": "2024-03-06T09:00:00Z"});
    writeln!(lines, "{gone}").expect("a string takes it");
    lines
}

#[test]
fn a_long_text_counts_once_in_a_lake_as_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("posts.ndjson");
    std::fs::write(&file, posts()).expect("written");
    let (posts, program) = (file.display().to_string(), Program::find());
    let out = folder.path().join("series.csv").display().to_string();
    let counted = |further: &[&str]| {
        let base = ["series", posts.as_str(), "--output", out.as_str(), "--lexica-only"];
        let said = program.run(base.into_iter().chain(further.iter().copied())).succeeded().stderr;
        let mut reader = csv::Reader::from_path(&out).expect("a CSV file");
        let mut rows = reader.deserialize().map(|row| row.expect("a row"));
        let row: BTreeMap<String, String> = rows
            .find(|row: &BTreeMap<String, String>| row["series"] == "all/all/lexicon.mh.stress")
            .expect("a row of the series");
        (["n", "total"].map(|column| row[column].clone()), row["n_posts"].clone(), said)
    };
    let (shares, n_posts, said) = counted(&[]);
    // Fourteen who say the same few words, and the second of six, for the first is gone.
    assert_eq!((shares, n_posts.as_str()), (["1".to_owned(), "15".to_owned()], "15"));
    assert!(said.contains("left out: 2 reposts, 1 posts of links alone, 4 copies"), "{said}");
    let (shares, _, said) = counted(&["--with-copies"]);
    assert_eq!(shares, ["5".to_owned(), "21".to_owned()]);
    assert!(!said.contains("left out"), "{said}");

    let platform = Platform::start(&program, &folder.path().join("data"), CONFIG);
    platform.ingest(&file, &[]);
    let cells = platform.sql(
        "SELECT k, n, n_posts FROM series WHERE marker = 'lexicon.mh.stress' AND region = 'all' AND language = 'all' \
         AND period = 'day'",
    );
    assert_eq!(cells, [json!({"k": 1, "n": 15, "n_posts": 15})]);
    // One digest for all of them, and the two that need none.
    let wordings =
        "SELECT count(*) AS posts, count(DISTINCT wording) AS wordings FROM annotated WHERE wording IS NOT NULL";
    assert_eq!(platform.sql(wordings), [json!({"posts": 5 + 2 + 1, "wordings": 3})]);
    platform.stop();
}
