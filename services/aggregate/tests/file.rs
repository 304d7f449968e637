//! `tidemark series`: annotated posts of a file in, points out.
#![allow(clippy::unwrap_used)]

use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::num::NonZeroU32;
use tidemark_aggregate::beside::{error_rates_of_csv, places_of_csv};
use tidemark_aggregate::file::{Counted, Options, Summary, series_of_lines};
use tidemark_domain::PeriodKind;
use tidemark_surveillance::prevalence::beside::Known;

fn line(id: u32, author: Option<u32>, day: &str, present: bool) -> String {
    let author = author.map_or_else(String::new, |author| format!(r#","author":"a{author}""#));
    let (label, hits) = if present { ("yes", 0.25) } else { ("no", 0.0) };
    format!(
        r#"{{"id":"{id}","language":"en"{author},"created_at":"{day}","scores":{{"mh.stress":0.5,"sentiment":{{"positive":0.75,"negative":0.25}}}},"labels":{{"mh.stress":"{label}","sentiment":"positive"}},"lexicon":{{"vader.negative":{hits}}},"provenance":{{"model":"m","lexicon":"l","code":"0"}}}}"#
    )
}

async fn run(input: impl AsRef<[u8]>, period: PeriodKind) -> (Summary, Vec<Vec<String>>, String) {
    run_reader(input.as_ref(), period).await
}

async fn run_reader(input: impl BufRead, period: PeriodKind) -> (Summary, Vec<Vec<String>>, String) {
    run_as(input, period, Counted::default(), Known::default()).await
}

async fn run_as(
    input: impl BufRead,
    period: PeriodKind,
    counted: Counted,
    known: Known,
) -> (Summary, Vec<Vec<String>>, String) {
    let (mut output, mut rejects) = (Vec::new(), Vec::new());
    let issued_at = "2024-07-01T12:00:00Z".parse().unwrap();
    let options = Options { zone: TimeZone::UTC, period, issued_at, counted, known };
    let summary = series_of_lines(input, &mut output, &mut rejects, &options, |_| ()).await.unwrap();
    let mut reader = csv::Reader::from_reader(output.as_slice());
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (summary, rows, String::from_utf8(rejects).unwrap())
}

fn point<'a>(rows: &'a [Vec<String>], day: &str, series: &str) -> Vec<&'a str> {
    let row = rows.iter().find(|row| row[0] == day && row[1] == series).unwrap();
    row[2..10].iter().map(String::as_str).collect()
}

#[tokio::test]
async fn points_have_the_columns_of_the_shared_series() {
    let mut input = String::new();
    for author in 0..20 {
        writeln!(input, "{}", line(author, Some(author), "2024-01-01", author < 5)).unwrap();
        // The same people again, on the same day: they count once.
        writeln!(input, "{}", line(100 + author, Some(author), "2024-01-01T12:00:00Z", false)).unwrap();
        writeln!(input, "{}", line(200 + author, Some(author % 10), "2024-01-03", true)).unwrap();
    }
    let (summary, rows, rejects) = run(&input, PeriodKind::Day).await;
    assert_eq!((summary.accepted, summary.rejected, rejects.as_str()), (60, 0, ""));
    let shown = point(&rows, "2024-01-01", "all/all/mh.stress");
    assert_eq!(shown[..3], ["0.250000", "5", "20"]);
    assert_eq!(shown[5..], ["40", "author", "ok"]);
    assert!(shown[3].parse::<f64>().unwrap() < 0.25 && shown[4].parse::<f64>().unwrap() > 0.25);
    assert_eq!(point(&rows, "2024-01-01", "all/all/lexicon.vader.negative")[1], "5");
    assert_eq!(point(&rows, "2024-01-01", "unknown/en/sentiment.positive")[1], "20");
    assert_eq!(point(&rows, "2024-01-02", "all/all/mh.stress")[7], "no_data");
    assert_eq!(point(&rows, "2024-01-03", "all/all/mh.stress"), ["", "", "", "", "", "", "author", "censored"]);
    let (_, weeks, _) = run(&input, PeriodKind::Epiweek).await;
    // Five people on the first day, ten on the third, five of them the same.
    assert_eq!(point(&weeks, "2024-01-06", "all/all/mh.stress")[..3], ["0.500000", "10", "20"]);
}

#[tokio::test]
async fn every_number_says_what_made_it_and_when() {
    let mut input: String = (0..20).map(|id| line(id, Some(id), "2024-01-01", id < 5) + "\n").collect();
    input += &line(20, Some(1), "2024-01-03", true);
    let (_, rows, _) = run(&input, PeriodKind::Day).await;
    let last = |day: &str| {
        let row = rows.iter().find(|row| row[0] == day && row[1] == "all/all/mh.stress").unwrap();
        row[15..19].join(",")
    };
    assert_eq!(last("2024-01-01"), "m,l,0,2024-07-01T12:00:00.000000Z");
    assert_eq!(last("2024-01-02"), ",,,2024-07-01T12:00:00.000000Z");
}

/// Two regions for 36 days: 60 people in the north of whom 6 show stress, 55 in the south of whom 22 do; on the last day 30.
fn two_regions() -> String {
    let first: jiff::civil::Date = "2024-01-01".parse().unwrap();
    let mut input = String::new();
    for (id, day) in (0..36_u32).map(|day| (1000 * day, first.saturating_add(jiff::ToSpan::days(i64::from(day))))) {
        let of_south = if id == 35_000 { 30 } else { 22 };
        for person in 0..115 {
            let (region, present) = if person < 60 { ("north", person < 6) } else { ("south", person < 60 + of_south) };
            let line = line(id + person, Some(person), &day.to_string(), present);
            input += &line.replace(r#""language":"en""#, &format!(r#""language":"en","region":"{region}""#));
            input.push('\n');
        }
    }
    input
}

#[tokio::test]
async fn what_stands_beside_a_number_comes_last() {
    let rates = "marker,language,sensitivity,positives,specificity,negatives\nmh.stress,en,0.8,200,0.95,400\nsoup,en,0.8,200,0.95,400\n";
    let people = "region,people\nnorth,1000\nsouth,1000\nwest,1\n";
    let known = Known {
        error_rates: error_rates_of_csv(rates, "rates.csv").unwrap(),
        places: Some(places_of_csv(people, "people.csv").unwrap()),
    };
    let input = two_regions();
    let (summary, rows, _) = run_as(input.as_bytes(), PeriodKind::Day, Counted::default(), known).await;
    assert_eq!((summary.rates_unused, summary.places_unused), (1, 1));
    let beside = |day: &str, series: &str| -> Vec<&str> {
        let row = rows.iter().find(|row| row[0] == day && row[1] == series).unwrap();
        row[19..].iter().map(String::as_str).collect()
    };
    // The first days have no four earlier values of their weekday.
    assert_eq!(beside("2024-01-28", "all/all/mh.stress")[..4], ["moderate", "", "", ""]);
    let last = beside("2024-02-05", "all/en/mh.stress");
    let number = |at: usize| last[at].parse::<f64>().unwrap();
    // 28 of 115 people on all days before, 36 on the last.
    assert_eq!((last[1], last[3]), ("0.243478", "1.285714"));
    assert!((number(2) - 8.0 / 115.0 / (28.0 * 87.0 / 115_f64.powi(3)).sqrt()).abs() < 1e-5, "{last:?}");
    assert!((number(4) - (36.0 / 115.0 - 0.05) / 0.75).abs() < 1e-6, "{last:?}");
    assert!(number(5) < number(4) && number(4) < number(6));
    // North is a little more than half of those who post, and shows less.
    assert!(number(7) > 36.0 / 115.0 && number(7) < 0.33 && number(8) < number(7) && number(7) < number(9), "{last:?}");
    // Rates of one language are not those of all; regions are weighted where they are together.
    assert_eq!(beside("2024-02-05", "all/all/mh.stress")[4..7], ["", "", ""]);
    assert_eq!(beside("2024-02-05", "all/all/mh.stress")[7..], last[7..]);
    assert_eq!(beside("2024-02-05", "north/en/mh.stress")[7..], ["", "", ""]);
    let (_, weeks, _) = run(&input, PeriodKind::Isoweek).await;
    let week = weeks.iter().find(|row| row[0] == "2024-02-11" && row[1] == "all/all/mh.stress").unwrap();
    assert_eq!((week[20].as_str(), week[23].as_str()), ("0.243478", ""));
}

#[tokio::test]
async fn bots_count_where_they_are_asked_for_and_nobody_counts_more_than_the_cap() {
    let mut input = String::new();
    for id in 0..60 {
        let line = line(id, Some(id % 20), "2024-01-01", true);
        writeln!(input, "{}", if id % 20 < 5 { line.replace(r#""id""#, r#""is_bot":true,"id""#) } else { line })
            .unwrap();
    }
    let counted = |with_bots, most| {
        let posts_per_author_day = NonZeroU32::new(most);
        let counted = Counted { with_bots, posts_per_author_day, ..Counted::default() };
        let input = input.clone();
        async move {
            let (_, rows, _) = run_as(input.as_bytes(), PeriodKind::Day, counted, Known::default()).await;
            let point = point(&rows, "2024-01-01", "all/all/mh.stress");
            [point[2].to_owned(), point[5].to_owned()]
        }
    };
    assert_eq!(counted(false, 0).await, ["15", "45"]);
    assert_eq!(counted(true, 0).await, ["20", "60"]);
    assert_eq!(counted(true, 2).await, ["20", "40"]);
    assert_eq!(counted(false, 9).await, ["15", "45"]);
}

#[tokio::test]
async fn copies_count_once_in_a_period_and_what_is_left_out_takes_no_place_under_the_cap() {
    let says = |id: u32, author: u32, day: &str, wording: &str| {
        let line = line(id, Some(author), day, true);
        line.replace(r#""language""#, &format!(r#""wording":"{wording}","language""#)) + "\n"
    };
    let mut input: String = (0..20).map(|id| line(id, Some(id), "2024-01-01", false) + "\n").collect();
    for id in 20..24 {
        input += &says(id, id, "2024-01-01", "00000000000000aa");
    }
    input += &says(24, 24, "2024-01-02", "00000000000000aa");
    input += &says(25, 25, "2024-01-01", "repost");
    input += &says(26, 0, "2024-01-01", "link");
    // What another maker calls it says nothing of it.
    input += &says(27, 27, "2024-01-01", "quote");
    let counted = |with_copies, most, period| {
        let counted = Counted { with_bots: false, with_copies, posts_per_author_day: NonZeroU32::new(most) };
        let input = input.clone();
        async move {
            let (summary, rows, _) = run_as(input.as_bytes(), period, counted, Known::default()).await;
            let day = if period == PeriodKind::Day { "2024-01-01" } else { "2024-01-06" };
            let point = point(&rows, day, "all/all/mh.stress");
            ([point[1].to_owned(), point[2].to_owned()], [summary.reposts, summary.links, summary.copies])
        }
    };
    let of = |n: &str, total: &str| [n.to_owned(), total.to_owned()];
    assert_eq!(counted(false, 0, PeriodKind::Day).await, (of("2", "22"), [1, 1, 3]));
    assert_eq!(counted(false, 1, PeriodKind::Day).await, (of("2", "22"), [1, 1, 3]));
    assert_eq!(counted(false, 0, PeriodKind::Epiweek).await, (of("2", "22"), [1, 1, 4]));
    assert_eq!(counted(true, 0, PeriodKind::Day).await, (of("7", "26"), [0, 0, 0]));
}

#[tokio::test]
async fn presence_is_what_the_line_says() {
    let says = |id: u32, present: &str| {
        let line = line(id, Some(id), "2024-01-01", true);
        line.replace(r#","provenance""#, &format!(r#","present":[{present}],"provenance""#))
    };
    let mut input: String = (0..20).map(|id| says(id, "") + "\n").collect();
    input += &says(20, r#""lexicon.vader.negative","sentiment.negative""#);
    let (summary, rows, _) = run(&input, PeriodKind::Day).await;
    assert_eq!(summary.accepted, 21);
    // Scores above zero and labels alike give way to what was decided where the scores were made.
    for (marker, n) in
        [("lexicon.vader.negative", "1"), ("sentiment.negative", "1"), ("sentiment.positive", "0"), ("mh.stress", "0")]
    {
        assert_eq!(point(&rows, "2024-01-01", &format!("all/all/{marker}"))[1], n, "{marker}");
    }
}

#[tokio::test]
async fn who_abstains_is_not_answered_whatever_its_score() {
    let label = |label: &str| format!(r#""mh.stress":"{label}","sentiment":"{label}""#);
    let mut input = String::new();
    for id in 0..40 {
        let whole = line(id, Some(id), "2024-01-01", id % 20 < 5);
        // Half of the people: the score stays, and decides nothing.
        let (yes, no) = (r#""mh.stress":"yes","sentiment":"positive""#, r#""mh.stress":"no","sentiment":"positive""#);
        let unsure = whole.replace(yes, &label("abstain")).replace(no, &label("abstain"));
        writeln!(input, "{}", if id < 20 { whole } else { unsure }).unwrap();
    }
    let (_, rows, _) = run(&input, PeriodKind::Day).await;
    let counted = |series: &str| point(&rows, "2024-01-01", series)[1..3].to_vec();
    assert_eq!(counted("all/all/mh.stress"), ["5", "20"]);
    assert_eq!(counted("all/all/sentiment.positive"), ["20", "20"]);
    assert_eq!(counted("all/all/lexicon.vader.negative"), ["10", "40"]);
}

#[tokio::test]
async fn every_line_is_accounted_for() {
    let mut input = format!("{}\n\n{}\n", line(1, None, "2024-01-01", true), line(1, None, "2024-01-01", true));
    input.push_str("{\"id\": \n[]\n");
    input.push_str(&line(2, None, "yesterday", true).replace('\n', ""));
    input.push('\n');
    input.push_str(&line(3, None, "x", true).replace(r#","created_at":"x""#, ""));
    input.push('\n');
    input.push_str(&line(1, None, "2024-01-02", true).replace(r#""id":"1""#, r#""id":"9","op":"delete""#));
    let (summary, rows, rejects) = run(&input, PeriodKind::Day).await;
    let counts = (summary.accepted, summary.duplicates, summary.unmatched, summary.rejected);
    assert_eq!(counts, (1, 1, 1, 4));
    let reasons: Vec<_> = rejects
        .lines()
        .map(|line| {
            let reject: serde_json::Value = serde_json::from_str(line).unwrap();
            (reject["line"].as_u64().unwrap(), reject["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    let reason = |line, reason: &str| (line, reason.to_owned());
    assert_eq!(
        reasons,
        [reason(4, "malformed"), reason(5, "wrong_type"), reason(6, "bad_time"), reason(7, "missing_field")]
    );
    assert_eq!(point(&rows, "2024-01-01", "all/all/mh.stress")[6..], ["post", "censored"]);
}

#[tokio::test]
async fn an_odd_year_makes_no_series_of_millions() {
    let mut input: String = (0..20).map(|id| line(id, Some(id), "2024-01-01", id < 5) + "\n").collect();
    for (id, day) in (20..).zip(["0001-01-01", "1970-01-01", "9999-12-31", "-009999-01-01", "2024-07-09", "2024-01-03"])
    {
        input += &(line(id, Some(id), day, true) + "\n");
    }
    let (summary, rows, rejects) = run(&input, PeriodKind::Day).await;
    assert_eq!((summary.accepted, summary.rejected), (21, 5), "{rejects}");
    assert_eq!(rejects.matches("time_out_of_range").count() + rejects.matches("bad_time").count(), 5, "{rejects}");
    let days: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(Vec::from_iter(days), ["2024-01-01", "2024-01-02", "2024-01-03"]);
    assert_eq!(point(&rows, "2024-01-01", "all/all/mh.stress")[1..3], ["5", "20"]);
}

/// What a decoder says of a compressed file that lacks its end.
struct Cut;

impl Read for Cut {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(ErrorKind::UnexpectedEof.into())
    }
}

#[tokio::test]
async fn a_cut_off_input_keeps_what_came_before_and_a_line_without_end_is_refused() {
    let before: String = (0..20).map(|id| line(id, Some(id), "2024-01-01", id < 5) + "\n").collect();
    let endless = std::io::repeat(b'x').take(64 << 20);
    let after = format!("\n{}\n", line(20, Some(20), "2024-01-01", false));
    let input = before.as_bytes().chain(endless).chain(after.as_bytes()).chain(&b"{\"id\": \"21\", "[..]).chain(Cut);
    let (summary, rows, rejects) = run_reader(BufReader::new(input), PeriodKind::Day).await;
    assert_eq!((summary.accepted, summary.rejected), (21, 2));
    let reasons: Vec<_> = rejects.lines().collect();
    assert!(reasons[0].contains(r#""line":21,"reason":"record_too_long""#), "{reasons:?}");
    assert!(reasons[1].contains(r#""line":23,"reason":"truncated_input""#), "{reasons:?}");
    assert_eq!(point(&rows, "2024-01-01", "all/all/mh.stress")[1..3], ["5", "21"]);
}

#[tokio::test]
async fn nothing_in_is_a_header_out() {
    let (summary, rows, _) = run("", PeriodKind::Day).await;
    assert_eq!((summary, rows.len()), (Summary::default(), 0));
}
