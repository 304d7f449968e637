//! Prevalence as it is published: what stands beside each number of `tidemark series`, and that the door says the same.

mod shared;

use jiff::{ToSpan as _, civil::Date, civil::date};
use serde_json::{Value, json};
use shared::get;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tidemark_e2e::{Platform, Program};

const FIRST: Date = date(2024, 1, 1);
const DAYS: u32 = 36;
const NORTH: u32 = 60;
const SOUTH: u32 = 55;
/// People who show stress on every day but the last: 6 in the north, 22 in the south.
const STRESSED: [u32; 2] = [6, 22];
/// The columns that have always been there.
const BEFORE: &str = "date,series,value,n,total,lower,upper,n_posts,unit,status,period,region,language,marker,source,\
                      model,lexicon,code,issued_at";
const BESIDE: &str = "reliability,baseline,z,ratio,adjusted,adjusted_lower,adjusted_upper,weighted,weighted_lower,\
                      weighted_upper";

/// Annotated posts of two regions. On the last day 8 more people of the south are stressed; a bot always is, twice a day.
fn posts() -> String {
    let mut text = String::new();
    let mut post = |day: u32, author: u32, part: u32, region: &str, stressed: bool, is_bot: bool| {
        let created_at = (FIRST + i64::from(day).days()).to_string();
        let label = if stressed { "yes" } else { "no" };
        let line = json!({
            "id": format!("{day}-{author}-{part}"), "author": format!("a{author}-private"), "region": region,
            "created_at": created_at, "language": "en", "is_bot": is_bot,
            "scores": {"mh.stress": 0.5}, "labels": {"mh.stress": label}, "lexicon": {},
            "provenance": {"model": "m", "lexicon": "l", "code": "c"},
        });
        writeln!(text, "{line}").expect("a string takes it");
    };
    for day in 0..DAYS {
        let more = if day + 1 == DAYS { 8 } else { 0 };
        for person in 0..NORTH {
            post(day, person, 0, "north", person < STRESSED[0], false);
        }
        for person in 0..SOUTH {
            post(day, NORTH + person, 0, "south", person < STRESSED[1] + more, false);
        }
        for part in 0..2 {
            post(day, 1000, part, "south", true, true);
        }
    }
    text
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).expect("written");
    path.display().to_string()
}

fn rows(path: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// The row of a series on the last day.
fn last<'a>(rows: &'a [BTreeMap<String, String>], series: &str) -> &'a BTreeMap<String, String> {
    let found = rows.iter().rfind(|row| row["series"] == series);
    found.expect("a row")
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect("a number")
}

/// Everything but the time of issue, which is that of the run.
fn without_issue(rows: &[BTreeMap<String, String>]) -> Vec<BTreeMap<String, String>> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        row.remove("issued_at");
    }
    rows
}

#[test]
fn each_number_stands_beside_what_it_is_usually_and_what_it_would_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let posts = write(&at("annotated.jsonl"), &posts());
    let rates = "marker,language,sensitivity,positives,specificity,negatives\nmh.stress,en,0.8,200,0.95,400\n\
                 mh.strass,en,0.8,200,0.95,400\n";
    let rates = write(&at("rates.csv"), rates);
    let people = write(&at("people.csv"), "region,people\nnorth,1000\nsouth,1000\n");
    let out = at("series.csv").display().to_string();
    let program = Program::find();
    let tables = ["--error-rates", &rates, "--population", &people];
    let answer = program.run(["series", &posts, "--output", &out].into_iter().chain(tables)).succeeded();
    assert!(answer.stderr.contains("1 lines of --error-rates are of no marker and language"), "{}", answer.stderr);
    assert!(!answer.stderr.contains("--population"), "{}", answer.stderr);

    let text = std::fs::read_to_string(&out).expect("read");
    assert_eq!(text.lines().next(), Some(format!("{BEFORE},{BESIDE}").as_str()));
    assert!(!text.contains("private"));
    let found = rows(&out);
    let all = last(&found, "all/en/mh.stress");
    assert_eq!((all["n"].as_str(), all["total"].as_str(), all["reliability"].as_str()), ("36", "115", "moderate"));
    // 28 of 115 people on the same weekdays before.
    let usual = 28.0 / 115.0;
    assert!((number(all, "baseline") - usual).abs() < 1e-5 && (number(all, "ratio") - 36.0 / 28.0).abs() < 1e-5);
    let z = (36.0 / 115.0 - usual) / (usual * (1.0 - usual) / 115.0_f64).sqrt();
    assert!((number(all, "z") - z).abs() < 1e-4, "{all:?}");
    // Rogan and Gladen, with an interval that knows how few posts the errors were measured on.
    assert!((number(all, "adjusted") - (36.0 / 115.0 - 0.05) / 0.75).abs() < 1e-5, "{all:?}");
    let width = |lower: &str, upper: &str| number(all, upper) - number(all, lower);
    assert!(width("adjusted_lower", "adjusted_upper") > width("lower", "upper") / 0.75, "{all:?}");
    // As many people live in the south as in the north, where more of them post.
    let weighted = number(all, "weighted");
    assert!(number(all, "value") < weighted && weighted < 0.5 * (6.0 / 60.0 + 30.0 / 55.0), "{all:?}");
    assert!(number(all, "weighted_lower") < weighted && weighted < number(all, "weighted_upper"), "{all:?}");
    let north = last(&found, "north/all/mh.stress");
    assert_eq!((north["adjusted"].as_str(), north["weighted"].as_str()), ("", ""), "{north:?}");
    assert!(found[0]["baseline"].is_empty() && found[0]["z"].is_empty(), "{:?}", found[0]);

    // Without tables their columns are empty, and every other number is the same.
    let bare = at("bare.csv").display().to_string();
    let _ = program.run(["series", &posts, "--output", &bare]).succeeded();
    let (bare, mut found) = (without_issue(&rows(&bare)), without_issue(&found));
    for row in &mut found {
        for (column, cell) in row {
            if column.starts_with("adjusted") || column.starts_with("weighted") {
                cell.clear();
            }
        }
    }
    assert_eq!(bare, found);
}

#[test]
fn bots_count_where_they_are_asked_for_and_posts_up_to_the_cap() {
    let folder = tempfile::tempdir().expect("a folder");
    let posts = write(&folder.path().join("annotated.jsonl"), &posts());
    let program = Program::find();
    let counted = |arguments: &[&str]| {
        let out = folder.path().join("series.csv").display().to_string();
        let base = ["series", posts.as_str(), "--output", out.as_str()];
        let _ = program.run(base.into_iter().chain(arguments.iter().copied())).succeeded();
        let found = rows(&out);
        let all = last(&found, "all/all/mh.stress");
        ["n", "total", "n_posts"].map(|column| all[column].clone())
    };
    assert_eq!(counted(&[]), ["36", "115", "115"]);
    assert_eq!(counted(&["--with-bots"]), ["37", "116", "117"]);
    assert_eq!(counted(&["--with-bots", "--author-posts", "1"]), ["37", "116", "116"]);
}

/// Quick to start and quick to answer; the model has tests of its own.
const CONFIG: &str = "
[annotate]
lexica_only = true
[aggregate]
commit_age_ms_max = 200
refresh_interval_s = 1
";
const STRESSED_TEXT: &str = "I am so stressed about work";
const CALM_TEXT: &str = "making lentil soup for dinner";
/// Bots of the south on each day of [`texts`], all of them stressed: as many as may be told of, and too few.
const TEXT_BOTS: [u32; 3] = [15, 3, 0];
/// Days of [`texts`]; on the last, only ten people of the south write, and nobody else.
const TEXT_DAYS: u32 = 3;

/// Posts of the same people as texts: everybody of two regions on two days, and ten people on a third.
fn texts() -> String {
    let mut text = String::new();
    let mut post = |day: u32, author: u32, region: &str, stressed: bool, is_bot: bool| {
        let created_at = format!("{}T12:00:00Z", FIRST + i64::from(day).days());
        let words = if stressed { STRESSED_TEXT } else { CALM_TEXT };
        let line = json!({
            "id": format!("{day}-{author}"), "text": words, "author": format!("a{author}"), "region": region,
            "created_at": created_at, "lang": "en", "is_bot": is_bot,
        });
        writeln!(text, "{line}").expect("a string takes it");
    };
    for day in 0..TEXT_DAYS {
        let writes = |person: &u32| day + 1 < TEXT_DAYS || (NORTH..NORTH + 10).contains(person);
        for person in (0..NORTH + SOUTH).filter(writes) {
            if person < NORTH {
                post(day, person, "north", person < STRESSED[0], false);
            } else {
                post(day, person, "south", person < NORTH + STRESSED[1] + day, false);
            }
        }
        for bot in 0..TEXT_BOTS[day as usize] {
            post(day, 1000 + bot, "south", true, true);
        }
    }
    text
}

/// Whether the door gives the number that stands in a cell of the file; what is empty there is absent here.
fn is_written_as(told: &Value, cell: &str) -> bool {
    match told.as_f64() {
        None => told.is_null() && cell.is_empty(),
        Some(number) => format!("{number:.6}") == cell,
    }
}

#[test]
fn the_door_says_of_each_number_what_the_file_of_the_same_posts_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let posts = write(&at("posts.ndjson"), &texts());
    let rates = "marker,language,sensitivity,positives,specificity,negatives\nlexicon.mh.stress,en,0.8,200,0.95,400\n\
                 lexicon.mh.stress,all,0.75,200,0.95,400\n";
    let rates = write(&at("rates.csv"), rates);
    let people = write(&at("people.csv"), "region,people\nnorth,1000\nsouth,3000\n");
    let program = Program::find();
    let out = at("series.csv").display().to_string();
    let tables = ["--lexica-only", "--error-rates", &rates, "--population", &people];
    let _ = program.run(["series", &posts, "--output", &out].into_iter().chain(tables)).succeeded();
    let out_with_bots = at("with_bots.csv").display().to_string();
    let _ = program.run(["series", &posts, "--output", &out_with_bots, "--lexica-only", "--with-bots"]).succeeded();
    let config = format!("{CONFIG}[serve]\nerror_rates = '{rates}'\npopulation = '{people}'\n");
    let platform = Platform::start(&program, &at("data"), &config);
    platform.ingest(Path::new(&posts), &[]);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let http = platform.address("http").expect("published");
    let (found, found_with_bots) = (rows(&out), rows(&out_with_bots));
    for (region, language) in [("all", "all"), ("all", "en"), ("north", "en"), ("south", "all")] {
        let path = format!("/api/v1/series?source=file&marker=lexicon.mh.stress&region={region}&language={language}");
        let series = runtime.block_on(get(&http, &path));
        let points = series["points"].as_array().expect("a list");
        let name = format!("{region}/{language}/lexicon.mh.stress");
        let of = |rows: &[BTreeMap<String, String>]| -> Vec<BTreeMap<String, String>> {
            rows.iter().filter(|row| row["series"] == name).cloned().collect()
        };
        let (written, written_with_bots) = (of(&found), of(&found_with_bots));
        assert_eq!((points.len(), written.len()), (TEXT_DAYS as usize, TEXT_DAYS as usize), "{name}");
        for (point, row) in points.iter().zip(&written) {
            assert_eq!((point["end"].as_str(), point["status"].as_str()), (Some(&*row["date"]), Some(&*row["status"])));
            assert_eq!(point["reliability"].as_str().unwrap_or_default(), row["reliability"], "{name}: {point}");
            let beside = BESIDE.split(',').filter(|column| *column != "reliability");
            for column in ["value", "lower", "upper"].into_iter().chain(beside) {
                assert!(is_written_as(&point[column], &row[column]), "{name}, {column}: {point} {row:?}");
            }
        }
        // Of the first day's bots it is told, where there are any; the second day's are too few.
        let with_bots = |day: usize| (&points[day]["value_with_bots"], &written_with_bots[day]["value"]);
        let (told, cell) = with_bots(0);
        assert!(is_written_as(told, cell), "{name}: {told} {cell}");
        assert_eq!(*told != points[0]["value"], region != "north", "{name}: {told}");
        let (told, cell) = with_bots(1);
        assert_eq!(
            (told.is_null(), is_written_as(told, cell)),
            (region != "north", region == "north"),
            "{name}: {told}"
        );
        assert!(with_bots(2).0.is_null(), "{name}");
        let (first, last) = (&points[0], &points[TEXT_DAYS as usize - 1]);
        assert!(first["adjusted"].is_number(), "{first}");
        assert_eq!(first["weighted"].is_number(), region == "all", "{first}");
        // Ten people: withheld, and nothing stands beside them.
        assert!(BESIDE.split(',').chain(["value", "n"]).all(|column| last[column].is_null()), "{last}");
    }
    platform.stop();
}

#[test]
fn tables_that_the_configuration_names_are_tried_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let people = write(&at("people.csv"), "region,people\nnorth,1000\nsouth,\n");
    let config = write(&at("config.toml"), &format!("{CONFIG}[serve]\npopulation = '{people}'\n"));
    let data = at("data").display().to_string();
    let program = Program::find();
    let fault = ["serve.population", "people.csv, line 3: `people` is not a number above 0"];
    program.run(["up", "--no-demo", "--port", "0", "--data", &data, "--config", &config]).failed(3, &fault);
    assert!(!Path::new(&data).exists(), "a refused start makes no folder");
    let said = program.run(["doctor", "--data", &data, "--config", &config]);
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    assert!(fault.iter().all(|words| said.stdout.contains(words)), "{}", said.stdout);
}

/// One annotated post of each of 100 people: 40 show stress, 30 depression, 24 of them both; 60 are negative, 5 positive.
fn people() -> String {
    let post = |person: u32| {
        let label = |shows: bool| if shows { "yes" } else { "no" };
        let sentiment = if person < 60 { "negative" } else { "neutral" };
        let sentiment = if person >= 95 { "positive" } else { sentiment };
        let line = json!({
            "id": person.to_string(), "author": format!("a{person}-private"), "created_at": "2024-01-01", "language": "en",
            "scores": {"mh.stress": 0.5, "mh.depression": 0.5, "sentiment": {"negative": 0.3, "neutral": 0.3, "positive": 0.3}},
            "labels": {
                "mh.stress": label(person < 40), "mh.depression": label((16..46).contains(&person)), "sentiment": sentiment,
            },
            "lexicon": {}, "provenance": {"model": "m", "lexicon": "l", "code": "c"},
        });
        format!("{line}\n")
    };
    (0..100).map(post).collect()
}

#[test]
fn markers_are_related_in_people_and_small_counts_are_not_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let posts = write(&folder.path().join("annotated.jsonl"), &people());
    let program = Program::find();
    let (lifts, parts) = (at("lift.csv"), at("parts.csv"));
    let answer =
        program.run(["relate", "lift", &posts, "--markers", "mh,sentiment.positive", "--output", &lifts]).succeeded();
    assert!(
        answer.stderr.contains("accepted 100 lines") && answer.stderr.contains("4 of them withheld"),
        "{}",
        answer.stderr
    );
    assert!(!std::fs::read_to_string(&lifts).expect("read").contains("private"));
    let found = rows(&lifts);
    let told = |row: usize, columns: [&str; 4]| columns.map(|column| found[row][column].clone());
    assert_eq!(told(0, ["language", "a", "b", "status"]), ["all", "mh.depression", "mh.stress", "ok"]);
    assert_eq!(told(0, ["total", "n_both", "expected", "lift"]), ["100", "24", "12.000000", "2.000000"]);
    // Five people are positive.
    assert_eq!(told(1, ["b", "n_b", "lift", "status"]), ["sentiment.positive", "", "", "censored"]);

    let _ = program.run(["relate", "composition", &posts, "--of", "sentiment", "--output", &parts]).succeeded();
    let found = rows(&parts);
    let all: Vec<_> = found.iter().filter(|row| row["language"] == "all").collect();
    let told: Vec<_> = all.iter().map(|row| (row["part"].as_str(), row["share"].as_str())).collect();
    assert_eq!(told, [("sentiment.negative", "0.600000"), ("(other)", "0.400000")]);

    let none = at("none.csv");
    let soup = ["relate", "lift", &posts, "--markers", "mh.stress,soup", "--output", &none];
    program.run(soup).failed(4, &["no post of the file has an answer of `soup`"]);
    let soup = ["relate", "composition", &posts, "--of", "soup", "--output", &none];
    program.run(soup).failed(4, &["`soup`"]);
    let days = ["--from", "2024-02-01", "--to", "2024-01-01"];
    let backwards = ["relate", "lift", &posts, "--output", &none].into_iter().chain(days);
    program.run(backwards).failed(4, &["lies after --to 2024-01-01"]);
    assert!(!Path::new(&none).exists());
}

/// Thirty threads of two people: a negative post, and an answer an hour later, of which 18 are neutral, 8 positive and 4
/// negative. A bot answers all of them.
fn threads() -> String {
    let post = |id: String, author: String, hour: u32, parent: Option<String>, sentiment: &str, is_bot: bool| {
        let score = |label: &str| if label == sentiment { 0.75 } else { 0.125 };
        let line = json!({
            "id": id, "author": author, "created_at": format!("2024-01-01T{hour:02}:00:00Z"), "language": "en",
            "parent": parent, "is_bot": is_bot,
            "scores": {"mh.stress": 0.5, "sentiment": {
                "negative": score("negative"), "neutral": score("neutral"), "positive": score("positive"),
            }},
            "labels": {"mh.stress": "no", "sentiment": sentiment},
            "lexicon": {}, "provenance": {"model": "m", "lexicon": "l", "code": "c"},
        });
        format!("{line}\n")
    };
    let thread = |number: u32| {
        let first = format!("first{number}");
        let sentiment = match number {
            0..18 => "neutral",
            18..26 => "positive",
            _ => "negative",
        };
        let answer = |id: &str, hour: u32, sentiment: &str, is_bot: bool| {
            let author = format!("{id}{number}-private");
            post(format!("{id}{number}"), author, hour, Some(first.clone()), sentiment, is_bot)
        };
        post(first.clone(), format!("a{number}-private"), 9, None, "negative", false)
            + &answer("second", 10, sentiment, false)
            + &answer("third", 11, "positive", true)
    };
    (0..30).map(thread).collect()
}

#[test]
fn what_follows_in_threads_is_told_of_all_of_them_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let posts = write(&folder.path().join("annotated.jsonl"), &threads());
    let (program, shifts, none) = (Program::find(), at("shift.csv"), at("none.csv"));
    let base = ["relate", "shift", posts.as_str(), "--marker", "sentiment"];
    let to = |output| base.into_iter().chain(["--output", output]);
    let answer = program.run(to(&shifts).chain(["--valence", "sentiment"])).succeeded();
    assert!(answer.stderr.contains("accepted 90 lines"), "{}", answer.stderr);
    assert!(!std::fs::read_to_string(&shifts).expect("read").contains("private"));
    let found = rows(&shifts);
    let told: Vec<_> = found
        .iter()
        .filter(|row| row["language"] == "all" && row["status"] == "ok")
        .map(|row| ["from", "to", "people", "n", "total", "value"].map(|column| row[column].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ["sentiment.negative", "sentiment.neutral", "18", "18", "30", "0.600000"],
            ["sentiment.negative", "(other)", "12", "12", "30", "0.400000"],
            // 18 answers are better by 0.625, 8 by twice as much and 4 as bad; none is worse.
            ["sentiment", "(change)", "30", "30", "30", "0.708333"],
            ["sentiment", "(falls)", "0", "0", "30", "0.000000"],
        ]
    );

    let own = program.run(to(&none).chain(["--by", "author"]));
    let _ = own.succeeded();
    assert!(rows(&none).iter().all(|row| row["status"] == "no_data"), "nobody but bots wrote twice");
    let wrong = at("wrong.csv");
    let yes_no = ["relate", "shift", &posts, "--marker", "mh.stress", "--output", &wrong];
    program.run(yes_no).failed(4, &["`mh.stress` has fewer than two labels"]);
    let soup = ["relate", "shift", &posts, "--marker", "soup", "--output", &wrong];
    program.run(soup).failed(4, &["`soup`"]);
    assert!(!Path::new(&wrong).exists());
}

#[test]
fn faults_of_tables_name_their_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let posts = write(&at("annotated.jsonl"), &posts());
    let out = at("series.csv");
    let program = Program::find();
    let rates = "marker,language,sensitivity,positives,specificity,negatives\n";
    for (option, text, fault) in [
        ("--error-rates", "marker,language\n".to_owned(), "line 1: the header has no column `sensitivity`"),
        ("--error-rates", format!("{rates}mh.stress,en,81,200,0.9,400\n"), "line 2: `sensitivity` is not a share"),
        ("--error-rates", format!("{rates}mh.stress,en,0.5,200,0.5,400\n"), "Label a larger validation sample"),
        ("--population", "region,people\nnorth,\n".to_owned(), "line 2: `people` is not a number above 0"),
        ("--population", "region,people\nnorth,1\nnorth,2\n".to_owned(), "line 3: an earlier line has this region"),
    ] {
        let table = write(&at("table.csv"), &text);
        let answer = program.run(["series", &posts, "--output", &out.display().to_string(), option, &table]);
        answer.failed(4, &["table.csv", fault]);
        assert!(!out.exists(), "{text}");
    }
    let missing = at("none.csv").display().to_string();
    program.run(["series", &posts, "--output", "-", "--population", &missing]).failed(4, &["cannot open", "none.csv"]);
    program.run(["series", &posts, "--output", "-", "--author-posts", "0"]).failed(2, &["--author-posts"]);
}
