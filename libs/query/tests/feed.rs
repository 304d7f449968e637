//! What a feed brought on each day; signals and track records that come back as they were written.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Row, post, rows};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use tidemark_domain::{Judgement, PeriodKind, SeriesKey, Signal, SignalKind, TrackRecord};
use tidemark_lake::Lake;
use tidemark_query::{FeedFacts, Limits, SeriesFilter, Session, TrackRecords, tables};

async fn session(posts: &[Row]) -> (tempfile::TempDir, Session) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let batch = rows(posts);
    lake.writer(tables::EVENTS, &batch.schema()).await.unwrap().append(vec![batch], &[]).await.unwrap();
    let session = Session::open(lake).await.unwrap();
    (folder, session)
}

fn to(day: Date) -> SeriesFilter {
    SeriesFilter { to: Some(day), ..SeriesFilter::default() }
}

/// A Monday with everything, an empty Tuesday, a Wednesday of another model; a source of long ago.
fn week() -> Vec<Row> {
    let anonymous = |id: &str| post(id, "2024-01-03");
    vec![
        Row { hour: 1, ..post("1", "2024-01-01").by("a").at("US") },
        Row { hour: 1, ..post("2", "2024-01-01").by("a").lang("es") },
        Row { hour: 23, is_bot: true, ..post("3", "2024-01-01").by("b").at("ES") },
        Row { disposition: "duplicate", ..post("4", "2024-01-01").by("c") },
        Row { disposition: "rejected", ..post("5", "2024-01-01") },
        // Neither an edit nor a deletion is a post, nor takes one back.
        Row { model: "m3", ..post("1", "2024-01-01").by("a").then("6", "update", 1) },
        post("2", "2024-01-01").by("a").then("7", "delete_post", 1),
        anonymous("8"),
        Row { hour: 12, model: "m2", ..anonymous("9") },
        post("old", "2020-05-01").out_of("file"),
    ]
}

#[tokio::test]
async fn every_day_says_what_came() {
    let (_folder, session) = session(&week()).await;
    let feeds = session.feed_facts(&to(date(2024, 1, 5))).await.unwrap();
    let [feed, file] = feeds.as_slice() else { panic!("{feeds:?}") };
    assert_eq!((feed.source.as_str(), feed.first, feed.days.len()), ("feed", date(2024, 1, 1), 5));
    let monday = &feed.days[0];
    assert_eq!((monday.posts, monday.authors, monday.duplicates, monday.rejected, monday.bots), (3, Some(2), 1, 1, 1));
    assert_eq!((monday.silent_hours, monday.instrument.as_deref()), (Some(22), Some("m1 l1 0.1")));
    assert_eq!(monday.parts, [("en".to_owned(), 2), ("es".to_owned(), 1)].into());
    // Tuesday, and the days until it is known to have stopped.
    for silent in [1, 3, 4] {
        let day = &feed.days[silent];
        assert_eq!((day.posts, day.authors, day.silent_hours, day.read()), (0, None, Some(24), 0), "{silent}");
        assert!(day.parts.is_empty() && day.instrument.is_none(), "{silent}");
    }
    let wednesday = &feed.days[2];
    assert_eq!((wednesday.posts, wednesday.authors, wednesday.silent_hours), (2, None, Some(22)));
    assert_eq!(wednesday.instrument.as_deref(), Some("m2 l1 0.1"), "the latest post's stand for the day");
    // What ended long ago did not stop: it is over.
    assert_eq!((file.source.as_str(), file.first, file.days.len()), ("file", date(2020, 5, 1), 1));
}

#[tokio::test]
async fn only_the_days_and_the_source_that_are_asked_are_answered() {
    let (_folder, session) = session(&week()).await;
    let lengths = |feeds: Vec<FeedFacts>| -> Vec<(String, Date, usize)> {
        feeds.into_iter().map(|feed| (feed.source, feed.first, feed.days.len())).collect()
    };
    let late = SeriesFilter { from: Some(date(2024, 1, 2)), ..to(date(2024, 1, 3)) };
    let late = lengths(session.feed_facts(&late).await.unwrap());
    assert_eq!(late, [("feed".to_owned(), date(2024, 1, 3), 1)]);
    let file = SeriesFilter { source: Some("file".to_owned()), ..SeriesFilter::default() };
    assert_eq!(lengths(session.feed_facts(&file).await.unwrap()), [("file".to_owned(), date(2020, 5, 1), 1)]);
    // Anybody may ask the view: by 2026 both sources are over.
    let view = "SELECT source, day, posts, silent_hours FROM feed_facts WHERE region = 'all' ORDER BY 1, 2";
    let answer = session.sql(view, &Limits::default()).await.unwrap().to_csv().unwrap();
    let expected = "source,day,posts,silent_hours\nfeed,2024-01-01,3,22\nfeed,2024-01-02,0,24\nfeed,2024-01-03,2,22\n\
                    file,2020-05-01,1,23\n";
    assert_eq!(String::from_utf8(answer).unwrap(), expected);
}

#[tokio::test]
async fn a_signal_comes_back_as_it_stands_and_goes_when_it_is_withdrawn() {
    let (_folder, session) = session(&[post("1", "2024-01-01")]).await;
    assert_eq!(session.signals().await.unwrap(), vec![]);
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    let feed = Signal {
        id: "f".to_owned(),
        kind: SignalKind::DataQuality,
        source: "feed".to_owned(),
        region: "all".to_owned(),
        language: "all".to_owned(),
        marker: None,
        first_day: date(2024, 5, 1),
        last_day: date(2024, 5, 1),
        days: 1,
        suspect_days: vec![date(2024, 5, 1)],
        score: None,
        reasons: vec!["no posts; 120 are usual".to_owned()],
        is_withdrawn: false,
        issued_at: at(10),
    };
    let series = Signal {
        id: "m".to_owned(),
        kind: SignalKind::Marker,
        marker: Some("mh.stress".to_owned()),
        first_day: date(2024, 5, 2),
        suspect_days: vec![],
        score: Some(7.25),
        reasons: vec![],
        ..feed.clone()
    };
    session.append_signals(&[feed.clone(), series.clone()]).await.unwrap();
    session.append_signals(&[]).await.unwrap();
    let (last_day, suspect_days) = (date(2024, 5, 4), vec![date(2024, 5, 1), date(2024, 5, 4)]);
    let longer = Signal { last_day, days: 2, suspect_days, issued_at: at(20), ..feed };
    session.append_signals(std::slice::from_ref(&longer)).await.unwrap();
    session.refresh().await.unwrap();
    assert_eq!(session.signals().await.unwrap(), [longer.clone(), series.clone()]);
    session.append_signals(&[Signal { is_withdrawn: true, issued_at: at(30), ..series }]).await.unwrap();
    session.refresh().await.unwrap();
    assert_eq!(session.signals().await.unwrap(), [longer]);
    // The days that are suspect, and not those between; the weeks that hold one.
    let view = "SELECT period, period_end, reasons FROM suspect WHERE source = 'feed' ORDER BY 1, 2";
    let answer = session.sql(view, &Limits::default()).await.unwrap().to_csv().unwrap();
    let expected = "period,period_end,reasons\nday,2024-05-01,no posts; 120 are usual\n\
                    day,2024-05-04,no posts; 120 are usual\nepiweek,2024-05-04,no posts; 120 are usual\n\
                    isoweek,2024-05-05,no posts; 120 are usual\n";
    assert_eq!(String::from_utf8(answer).unwrap(), expected);
}

#[tokio::test]
async fn each_source_was_judged_as_far_as_was_said_last() {
    let (_folder, session) = session(&[post("1", "2024-01-01")]).await;
    let judged = |source: &str, last_day: Date, second: i64| Judgement {
        source: source.to_owned(),
        last_day,
        issued_at: Timestamp::from_second(second).unwrap(),
    };
    session.append_judgements(&[judged("feed", date(2024, 5, 1), 1), judged("b", date(2024, 5, 3), 1)]).await.unwrap();
    session.append_judgements(&[]).await.unwrap();
    session.append_judgements(&[judged("feed", date(2024, 5, 2), 2)]).await.unwrap();
    session.refresh().await.unwrap();
    let last = [judged("b", date(2024, 5, 3), 1), judged("feed", date(2024, 5, 2), 2)];
    assert_eq!(session.judgements().await.unwrap(), last);
}

#[tokio::test]
async fn track_records_come_back_as_they_were_computed_last() {
    let (_folder, session) = session(&[post("1", "2024-01-01")]).await;
    assert_eq!(session.track_records().await.unwrap(), None);
    let key = SeriesKey {
        source: "feed".to_owned(),
        region: "all".to_owned(),
        language: "all".to_owned(),
        marker: "mh.stress".to_owned(),
        period: PeriodKind::Day,
    };
    let judged = TrackRecord {
        rule: "high".to_owned(),
        key,
        from: date(2023, 1, 1),
        to: date(2023, 12, 17),
        judged_days: 350,
        episodes: 4,
        right: 3,
        spells: 5,
        foreseen: 2,
        lead_days: Some(3.5),
    };
    let silent = TrackRecord { rule: "low".to_owned(), episodes: 0, right: 0, lead_days: None, ..judged.clone() };
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    let first = TrackRecords { basis: "1".to_owned(), issued_at: at(10), records: vec![judged.clone(), silent] };
    session.append_track_records(&first).await.unwrap();
    session.refresh().await.unwrap();
    assert_eq!(session.track_records().await.unwrap(), Some(first.clone()));
    assert_eq!(first.of("low", &judged.key).map(|record| record.lead_days), Some(None));
    assert_eq!(first.of("none", &judged.key), None);
    // What is computed later takes the place of all of it.
    let later = TrackRecords { basis: "2".to_owned(), issued_at: at(20), records: vec![judged] };
    session.append_track_records(&later).await.unwrap();
    session.refresh().await.unwrap();
    assert_eq!(session.track_records().await.unwrap(), Some(later));
}
