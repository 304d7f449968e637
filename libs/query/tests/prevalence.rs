//! Who is counted, once, where.
#![allow(clippy::unwrap_used)]

mod common;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use common::{Row, post, rows};
use std::collections::BTreeMap;
use tidemark_domain::PeriodKind;
use tidemark_query::{day_number, prevalence};

type Cells = BTreeMap<(String, String, String, String, i32), (i64, i64, i64, String)>;

fn cells(answer: &[RecordBatch]) -> Cells {
    let mut cells = Cells::new();
    for batch in answer {
        let text =
            |name: &str, row: usize| batch.column_by_name(name).unwrap().as_string::<i32>().value(row).to_owned();
        let number =
            |name: &str, row: usize| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().value(row);
        for row in 0..batch.num_rows() {
            let end = batch.column_by_name("period_end").unwrap().as_primitive::<Date32Type>().value(row);
            let key = (text("region", row), text("language", row), text("marker", row), text("period", row), end);
            let cell = (number("k", row), number("n", row), number("n_posts", row), text("unit", row));
            assert!(cells.insert(key, cell).is_none(), "a cell twice");
        }
    }
    cells
}

async fn ask(posts: &[Row]) -> Cells {
    let days = posts.iter().map(|row| row.day);
    cells(&prevalence::of_posts(vec![rows(posts)], &prevalence::periods_of(days)).await.unwrap())
}

fn day(cells: &Cells, region: &str, language: &str, marker: &str, day: &str) -> Option<(i64, i64, i64, String)> {
    let end = day_number(day.parse().unwrap());
    cells.get(&(region.into(), language.into(), marker.into(), PeriodKind::Day.code().into(), end)).cloned()
}

#[tokio::test]
async fn a_prolific_author_is_one_person_everywhere() {
    let posts = [
        post("1", "2024-01-01").by("a").at("US").with("mh.stress", true),
        post("2", "2024-01-01").by("a").at("US").with("mh.stress", false),
        post("3", "2024-01-01").by("a").at("MX").lang("es").with("mh.stress", false),
        post("4", "2024-01-01").by("b").at("US").with("mh.stress", false),
        post("5", "2024-01-02").by("b").at("US").with("mh.stress", true),
    ];
    let cells = ask(&posts).await;
    let unit = || "author".to_owned();
    assert_eq!(day(&cells, "US", "all", "mh.stress", "2024-01-01"), Some((1, 2, 3, unit())));
    assert_eq!(day(&cells, "MX", "all", "mh.stress", "2024-01-01"), Some((0, 1, 1, unit())));
    assert_eq!(day(&cells, "all", "all", "mh.stress", "2024-01-01"), Some((1, 2, 4, unit())));
    assert_eq!(day(&cells, "all", "es", "mh.stress", "2024-01-01"), Some((0, 1, 1, unit())));
    let week = day_number("2024-01-06".parse().unwrap());
    let epiweek = ("all".into(), "all".into(), "mh.stress".into(), "epiweek".into(), week);
    assert_eq!(cells.get(&epiweek), Some(&(2, 2, 5, unit())));
}

#[tokio::test]
async fn a_source_without_authors_counts_posts_and_says_so() {
    let posts = [
        post("1", "2024-01-01").with("lexicon.x.sad", true).with("mh.stress", true),
        post("2", "2024-01-01").with("lexicon.x.sad", false),
        post("3", "2024-01-01").lang("other"),
    ];
    let cells = ask(&posts).await;
    assert_eq!(day(&cells, "unknown", "en", "lexicon.x.sad", "2024-01-01"), Some((1, 2, 2, "post".into())));
    // A marker that was not answered is not a zero: one post could be asked.
    assert_eq!(day(&cells, "all", "all", "mh.stress", "2024-01-01"), Some((1, 1, 1, "post".into())));
    assert_eq!(day(&cells, "all", "other", "mh.stress", "2024-01-01"), None);
}

#[tokio::test]
async fn where_a_source_tells_authors_posts_without_one_are_left_out() {
    let posts = [
        post("1", "2024-01-01").by("a").with("m.x", true),
        post("2", "2024-01-01").by("a").with("m.x", true),
        post("3", "2024-01-01").with("m.x", false),
        Row { is_bot: true, ..post("4", "2024-01-01").by("robot").with("m.x", true) },
    ];
    let cells = ask(&posts).await;
    assert_eq!(day(&cells, "all", "all", "m.x", "2024-01-01"), Some((1, 1, 2, "author".into())));
}

#[tokio::test]
async fn posts_without_author_do_not_fill_a_cell_of_few_people() {
    let mut posts =
        vec![post("a", "2024-01-01").by("a").with("m.x", true), post("b", "2024-01-01").by("b").with("m.x", false)];
    posts.extend(["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(|key| post(key, "2024-01-01").with("m.x", false)));
    // Another region without authors counts nobody, for the source is one of people.
    posts.push(Row { region: Some("US-NY"), ..post("c", "2024-01-01").with("m.x", true) });
    let cells = ask(&posts).await;
    assert_eq!(day(&cells, "all", "all", "m.x", "2024-01-01"), Some((1, 2, 2, "author".into())));
    assert_eq!(day(&cells, "US-NY", "all", "m.x", "2024-01-01"), None);
}

#[tokio::test]
async fn bots_are_counted_beside_people_and_change_nothing_of_theirs() {
    let bot = |id: &str, author: &str| Row { is_bot: true, ..post(id, "2024-01-01").by(author).with("m.x", true) };
    let people =
        [post("1", "2024-01-01").by("a").with("m.x", true), post("2", "2024-01-01").by("b").with("m.x", false)];
    let mut posts = people.to_vec();
    posts.extend([bot("3", "robot"), bot("4", "robot")]);
    // One post of a person's is taken for a bot's: who counts already counts once.
    posts.push(bot("5", "b"));
    // A later version that only a bot's post has, and a language and a region that only bots have.
    posts.push(Row { model: "m2", hour: 23, ..bot("6", "robot") });
    posts.extend([bot("7", "robot").lang("es"), bot("8", "other").at("US")]);
    assert_eq!(ask(&posts).await, ask(&people).await);
    let periods = prevalence::periods_of(posts.iter().map(|row| row.day));
    let answer = prevalence::of_posts(vec![rows(&posts)], &periods).await.unwrap();
    let mut counted = BTreeMap::new();
    for batch in &answer {
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
        for row in 0..batch.num_rows() {
            assert_eq!(text("model").value(row), "m1");
            let key = ["region", "language"].map(|name| text(name).value(row).to_owned());
            counted.insert(key, ["k_with_bots", "n_with_bots"].map(|name| number(name).value(row)));
        }
    }
    let of = |region: &str, language: &str| counted[&[region.to_owned(), language.to_owned()]];
    assert_eq!((of("all", "all"), of("all", "en")), ([4, 4], [4, 4]));
    assert_eq!((of("unknown", "en"), counted.len()), ([3, 3], 4));
}

#[tokio::test]
async fn a_long_text_counts_once_and_only_for_who_wrote_it_first() {
    let at = |id: &str, day: &str, hour, author: &str| Row { hour, ..post(id, day).by(author).with("m.x", true) };
    let unit = || "author".to_owned();
    let first = at("2", "2024-01-01", 8, "a").saying("00000000000000ff").at("US");
    let copies = [
        // Of one instant, the lower key is the first; another region, language or author makes no other text of it.
        at("3", "2024-01-01", 8, "b").saying("00000000000000ff").lang("es"),
        at("1", "2024-01-01", 9, "c").saying("00000000000000ff").at("MX"),
        at("4", "2024-01-02", 7, "d").saying("00000000000000ff"),
    ];
    // Short texts and what was written before wordings were told have none.
    let own = [at("5", "2024-01-01", 6, "e"), at("6", "2024-01-01", 7, "f")];
    let other_source = at("7", "2024-01-01", 1, "g").saying("00000000000000ff").out_of("elsewhere");
    let mut posts = vec![first];
    posts.extend(copies);
    posts.extend(own);
    let cells = ask(&posts).await;
    assert_eq!(day(&cells, "all", "all", "m.x", "2024-01-01"), Some((3, 3, 3, unit())));
    assert_eq!(day(&cells, "US", "all", "m.x", "2024-01-01"), Some((1, 1, 1, unit())));
    assert_eq!(day(&cells, "MX", "all", "m.x", "2024-01-01"), None);
    assert_eq!(day(&cells, "all", "es", "m.x", "2024-01-01"), None);
    // Each period is told by itself: on the next day it is the first of the day, in the week it is not.
    assert_eq!(day(&cells, "all", "all", "m.x", "2024-01-02"), Some((1, 1, 1, unit())));
    let week = day_number("2024-01-06".parse().unwrap());
    let epiweek = ("all".into(), "all".into(), "m.x".into(), "epiweek".into(), week);
    assert_eq!(cells.get(&epiweek), Some(&(3, 3, 3, unit())));

    // Which periods are asked together changes nothing.
    for asked in prevalence::periods_of(posts.iter().map(|row| row.day)) {
        let alone = prevalence::of_posts(vec![rows(&posts)], &[asked].into()).await.unwrap();
        for (key, cell) in self::cells(&alone) {
            assert_eq!(cells.get(&key), Some(&cell), "{key:?}");
        }
    }

    // Where the first is gone, the next counts.
    let second = ask(&posts[1..]).await;
    assert_eq!(day(&second, "all", "all", "m.x", "2024-01-01"), Some((3, 3, 3, unit())));
    assert_eq!(day(&second, "all", "es", "m.x", "2024-01-01"), Some((1, 1, 1, unit())));
    assert_eq!(day(&second, "US", "all", "m.x", "2024-01-01"), None);

    // Sources are never compared.
    let alone = ask(std::slice::from_ref(&other_source)).await;
    assert_eq!(day(&alone, "all", "all", "m.x", "2024-01-01"), Some((1, 1, 1, unit())));
    posts.push(other_source);
    let answer = prevalence::of_posts(vec![rows(&posts)], &prevalence::periods_of([posts[0].day])).await.unwrap();
    let of_source = |name: &str| -> i64 {
        let of_batch = |batch: &RecordBatch| -> i64 {
            let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
            let (sources, periods, n) = (text("source"), text("period"), batch.column_by_name("n").unwrap());
            let (regions, languages) = (text("region"), text("language"));
            let is_asked = |row: &usize| {
                [sources.value(*row), periods.value(*row), regions.value(*row), languages.value(*row)]
                    == [name, PeriodKind::Day.code(), "all", "all"]
            };
            (0..batch.num_rows()).filter(is_asked).map(|row| n.as_primitive::<Int64Type>().value(row)).sum()
        };
        answer.iter().map(of_batch).sum()
    };
    assert_eq!((of_source("feed"), of_source("elsewhere")), (3, 1));
}

#[tokio::test]
async fn reposts_and_links_alone_count_nobody() {
    let people =
        [post("1", "2024-01-01").by("a").with("m.x", true), post("2", "2024-01-01").by("b").with("m.x", false)];
    let mut posts = people.to_vec();
    posts.push(post("3", "2024-01-01").by("c").with("m.x", true).saying("repost"));
    posts.push(post("4", "2024-01-01").by("d").with("m.x", true).saying("link"));
    posts.push(Row { is_bot: true, ..post("5", "2024-01-01").by("e").with("m.x", true).saying("repost") });
    assert_eq!(ask(&posts).await, ask(&people).await);
}

#[tokio::test]
async fn only_the_periods_asked_are_answered() {
    let posts = [post("1", "2024-01-01").with("m.x", true), post("2", "2024-01-02").with("m.x", true)];
    let asked = [tidemark_domain::Period { kind: PeriodKind::Day, end: "2024-01-02".parse().unwrap() }];
    let cells = cells(&prevalence::of_posts(vec![rows(&posts)], &asked.into()).await.unwrap());
    assert_eq!(cells.len(), 4); // region and language, each also as all
    assert_eq!(day(&cells, "all", "all", "m.x", "2024-01-02"), Some((1, 1, 1, "post".into())));
}

/// With `TIDEMARK_MEASURE`, the size of the real replay: 114,000 posts over 2,191 days in 110 markers; prints how long it took.
#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_many_days_is_answered() {
    let names: Vec<&'static str> = (0..110).map(|n| &*format!("lexicon.l.m{n:03}").leak()).collect();
    let first: jiff::civil::Date = "2017-01-01".parse().unwrap();
    let posts: Vec<Row> = (0..if std::env::var_os("TIDEMARK_MEASURE").is_some() { 114_000 } else { 4_000_usize })
        .map(|n| {
            let day = first.saturating_add(jiff::ToSpan::days((n % 2191) as i64));
            let mut row = post(&format!("{n:032}"), &day.to_string());
            if std::env::var_os("AUTHORS").is_some() {
                row = row.by(&format!("{:032}", n % 50_000));
            }
            row.scores = names.iter().enumerate().map(|(m, name)| (*name, 0.5, (n + m) % 7 == 0)).collect();
            row
        })
        .collect();
    let batch = rows(&posts);
    let asked = prevalence::periods_of(posts.iter().map(|row| row.day));
    let start = std::time::Instant::now();
    let answer = prevalence::of_posts(vec![batch], &asked).await.unwrap();
    let cells: usize = answer.iter().map(RecordBatch::num_rows).sum();
    eprintln!("{cells} cells in {:?}", start.elapsed());
    assert!(answer.iter().all(|batch| batch.column(0).null_count() == 0));
}
