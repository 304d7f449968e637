//! The role against a lake: what is issued, and what is not issued twice.
#![allow(missing_docs, clippy::unwrap_used)]

use arrow::array::{
    ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::Field;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use std::sync::Arc;
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_domain::time::Zones;
use tidemark_forecast::Settings;
use tidemark_forecast::due::Skip;
use tidemark_forecast::role::{Memory, Turn, turn};
use tidemark_lake::Lake;
use tidemark_query::tables::MarkerColumns;
use tidemark_query::{SeriesFilter, Session, day_number, tables};

const FIRST: Date = date(2024, 1, 1);

/// A cell of `series_cells`: region, day, k, n.
type Cell = (&'static str, Date, i64, i64);

fn rows(cells: &[Cell], marker: &str, issued_at: i64) -> RecordBatch {
    let same = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; cells.len()])) };
    let count = |of: fn(&Cell) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(cells.iter().map(of))) };
    let at = TimestampMicrosecondArray::from(vec![issued_at; cells.len()]).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        same("s"),
        Arc::new(StringArray::from_iter_values(cells.iter().map(|cell| cell.0))),
        same("all"),
        same(marker),
        same("day"),
        Arc::new(Date32Array::from_iter_values(cells.iter().map(|cell| day_number(cell.1)))),
        Arc::new(StringArray::from_iter_values(cells.iter().map(|cell| cell.1.to_string()))),
        count(|cell| cell.2),
        count(|cell| cell.3),
        count(|cell| cell.3),
        same("author"),
        same("m"),
        same("l"),
        same("c"),
        Arc::new(at),
        count(|cell| cell.2),
        count(|cell| cell.3),
    ];
    RecordBatch::try_new(tables::series_cells(), columns).unwrap()
}

async fn append(lake: &Lake, cells: &[Cell], marker: &str, issued_at: i64) {
    let mut writer = lake.writer(tables::SERIES_CELLS, &tables::series_cells()).await.unwrap();
    writer.append(vec![rows(cells, marker, issued_at)], &[]).await.unwrap();
}

/// A post of source `s` on each of `days`: what the days of its series span.
async fn post(lake: &Lake, days: &[Date]) {
    let schema = tables::events(&MarkerColumns::default());
    let same = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; days.len()])) };
    let instants = TimestampMicrosecondArray::from(vec![0; days.len()]).with_timezone("UTC");
    let column = |field: &Arc<Field>| -> ArrayRef {
        match field.name().as_str() {
            "event_id" | "post_key" => Arc::new(StringArray::from_iter_values(days.iter().map(Date::to_string))),
            "source" => same("s"),
            "run_id" => same("run"),
            "disposition" => same("accepted"),
            "operation" => same("create"),
            "revision" => Arc::new(Int32Array::from(vec![0; days.len()])),
            "day" => Arc::new(Date32Array::from_iter_values(days.iter().map(|day| day_number(*day)))),
            "created_at" | "observed_at" => Arc::new(instants.clone()),
            _ => new_null_array(field.data_type(), days.len()),
        }
    };
    let columns = schema.fields().iter().map(column).collect();
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    lake.writer(tables::EVENTS, &schema).await.unwrap().append(vec![batch], &[]).await.unwrap();
}

fn days(region: &'static str, count: i64, n: i64) -> Vec<Cell> {
    (0..count).map(|day| (region, FIRST.saturating_add(day.days()), n / 10 + day % 7, n)).collect()
}

async fn taken(session: &Session, memory: &mut Memory, now: &str) -> Turn {
    session.refresh().await.unwrap();
    let now = now.parse::<Timestamp>().unwrap();
    let last_day = Zones::new(TimeZone::UTC, [].into()).last_complete_day(now);
    turn(session, &Settings::default(), now, last_day, memory).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_is_issued_once_for_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let session = Session::open(lake.clone()).await.unwrap();
    let mut memory = Memory::default();
    let noon = "2024-03-01T12:00:00Z";
    assert_eq!(taken(&session, &mut memory, noon).await, Turn::default(), "an empty lake is no fault");

    post(&lake, &[FIRST, date(2024, 3, 1)]).await;
    // 1 January to 1 March, which has not ended at noon; too few people; too few days; a marker nobody asked for.
    append(&lake, &days("all", 61, 300), "mh.stress", 1).await;
    append(&lake, &days("ES-MD", 61, 10), "mh.stress", 1).await;
    append(&lake, &days("US-NY", 5, 300), "mh.stress", 1).await;
    append(&lake, &days("all", 61, 300), "lexicon.vader.positive", 1).await;
    let first = taken(&session, &mut memory, noon).await;
    assert_eq!((first.fitted, first.issued), (2, 1));
    assert_eq!(first.skipped, [(Skip::Empty, 1), (Skip::TooShort, 1)].into());

    session.refresh().await.unwrap();
    let issued = session.forecasts(&SeriesFilter::default()).await.unwrap();
    assert_eq!(issued.len(), 2 * 14);
    for point in &issued {
        assert_eq!((point.key.region.as_str(), point.origin), ("all", date(2024, 2, 29)));
        assert_eq!(point.target, point.origin.saturating_add(i64::from(point.horizon_days).days()));
        assert_eq!(point.quantiles.len(), QUANTILE_LEVELS.len());
        assert!((0.05..0.2).contains(&point.quantiles[11]));
    }

    assert_eq!(taken(&session, &mut memory, noon).await, Turn::default(), "nothing is new");
    let restarted = taken(&session, &mut Memory::default(), noon).await;
    assert_eq!((restarted.fitted, restarted.issued), (2, 0), "a restart fits again and issues nothing");

    // A late post: the cell of a past day is issued anew.
    append(&lake, &[("all", date(2024, 2, 28), 60, 300)], "mh.stress", 2).await;
    let late = taken(&session, &mut memory, "2024-03-01T12:00:10Z").await;
    assert_eq!((late.fitted, late.issued), (1, 1));

    // Midnight: 1 March is complete.
    let midnight = taken(&session, &mut memory, "2024-03-02T00:00:01Z").await;
    assert_eq!((midnight.fitted, midnight.issued), (1, 1));
    session.refresh().await.unwrap();
    let latest = session.forecasts(&SeriesFilter::default()).await.unwrap();
    assert!(latest.iter().all(|point| point.origin == date(2024, 3, 1)));
    let every = session.forecasts_of_every_origin(&SeriesFilter::default()).await.unwrap();
    assert_eq!(every.len(), 2 * 2 * 14);
}

/// Two years and two months of seven regions whose levels wander, up to 2018-02-28: no network that ships knows less.
fn panel() -> Vec<Cell> {
    const REGIONS: [&str; 7] = ["all", "a", "b", "c", "d", "e", "f"];
    let mut cells = Vec::new();
    for (place, region) in (7_u64..).zip(REGIONS) {
        let (mut random, mut k) = (place * 1_000_003, 60_i64);
        for day in 0..800_i64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            k = (k + i64::try_from(random >> 61).unwrap() - 3 + (60 - k) / 8).clamp(1, 299);
            cells.push((region, FIRST.saturating_add((day - 740 - 2_192).days()), k, 300));
        }
    }
    cells
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_that_is_read_in_is_forecast_at_once_and_anew_when_it_has_taught_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let session = Session::open(lake.clone()).await.unwrap();
    let mut memory = Memory::default();
    let at = |second: u8| format!("2018-03-01T12:00:{second:02}Z");
    assert_eq!(taken(&session, &mut memory, &at(0)).await, Turn::default());
    append(&lake, &panel(), "mh.stress", 1).await;
    let median = async || {
        session.refresh().await.unwrap();
        let filter = SeriesFilter { region: Some("a".to_owned()), ..SeriesFilter::default() };
        let points = session.forecasts(&filter).await.unwrap();
        points.iter().find(|point| point.model == "tidemark").unwrap().quantiles[11]
    };
    let at_once = taken(&session, &mut memory, &at(10)).await;
    assert_eq!((at_once.fitted, at_once.issued), (7, 7));
    let alone = median().await;
    let taught = taken(&session, &mut memory, &at(20)).await;
    assert_eq!((taught.fitted, taught.issued), (7, 7), "the network speaks");
    let with = median().await;
    assert!(alone.total_cmp(&with).is_ne() && (alone - with).abs() < 0.05, "{alone} {with}");
    assert_eq!(taken(&session, &mut memory, &at(30)).await, Turn::default(), "nothing is new");
    let restarted = taken(&session, &mut Memory::default(), &at(40)).await;
    assert_eq!((restarted.fitted, restarted.issued), (7, 0), "the same days teach the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_on_which_the_feed_was_silent_is_a_gap_and_the_origin_stays() {
    let mut cells = days("all", 60, 300);
    // What is left of the feed on its last day is not what people are usually like.
    cells[59].2 = 240;
    let mut medians = Vec::new();
    for is_told in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
        if is_told {
            let posts: Vec<Date> = cells[..59].iter().flat_map(|cell| [cell.1; 30]).collect();
            post(&lake, &posts).await;
        }
        append(&lake, &cells, "mh.stress", 1).await;
        let session = Session::open(lake.clone()).await.unwrap();
        let turn = taken(&session, &mut Memory::default(), "2024-03-01T12:00:00Z").await;
        assert_eq!((turn.fitted, turn.issued), (1, 1));
        session.refresh().await.unwrap();
        let issued = session.forecasts(&SeriesFilter::default()).await.unwrap();
        let next = issued.iter().find(|point| point.model == "tidemark").unwrap();
        assert_eq!((next.origin, next.horizon_days), (date(2024, 2, 29), 1));
        medians.push(next.quantiles[11]);
    }
    assert!(medians[1] < medians[0], "{medians:?}");
}
