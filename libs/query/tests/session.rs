//! What the views show, what the guard lets through, what an empty lake answers.
#![allow(clippy::unwrap_used)]

mod common;

use arrow::array::RecordBatch;
use common::{Row, post, rows};
use jiff::Timestamp;
use std::sync::Arc;
use tidemark_domain::alert::AlertState;
use tidemark_domain::{
    Alert, CellStatus, ForecastPoint, PeriodKind, Proportion, Reliability, SeriesKey, Signal, SignalKind, Unit,
};
use tidemark_lake::Lake;
use tidemark_query::{
    Answer, Beside, Error, FeedStatus, Known, Limits, SeriesFilter, Session, beside, prevalence, suspects, tables,
};
use tidemark_surveillance::prevalence::baseline::{Rule, compare_cells};

struct Here {
    _folder: tempfile::TempDir,
    lake: Lake,
    session: Session,
}

async fn empty() -> Here {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let session = Session::open(lake.clone()).await.unwrap();
    Here { _folder: folder, lake, session }
}

impl Here {
    async fn holds(&self, posts: &[Row]) {
        let batch = rows(posts);
        let mut writer = self.lake.writer(tables::EVENTS, &batch.schema()).await.unwrap();
        writer.append(vec![batch], &[]).await.unwrap();
        self.session.refresh().await.unwrap();
    }

    /// What the aggregate role does: computes, and issues what changed. Answers how many cells did.
    async fn issue(&self, posts: &[Row], at: i64) -> usize {
        let issued = self.changed(posts, at).await;
        let cells = issued.iter().map(RecordBatch::num_rows).sum();
        let mut writer = self.lake.writer(tables::SERIES_CELLS, &tables::series_cells()).await.unwrap();
        writer.append(issued, &[]).await.unwrap();
        self.session.refresh().await.unwrap();
        cells
    }

    /// The cells that changed, as they are issued.
    async fn changed(&self, posts: &[Row], at: i64) -> Vec<RecordBatch> {
        use arrow::array::{ArrayRef, TimestampMicrosecondArray};
        let periods = prevalence::periods_of(posts.iter().map(|row| row.day));
        let changed = self.session.changed_cells(&periods).await.unwrap();
        changed
            .iter()
            .map(|batch| {
                let mut columns = batch.columns().to_vec();
                let instant = TimestampMicrosecondArray::from(vec![at; batch.num_rows()]).with_timezone("UTC");
                let schema = tables::series_cells();
                columns.insert(schema.index_of("issued_at").unwrap(), Arc::new(instant) as ArrayRef);
                RecordBatch::try_new(schema, columns).unwrap()
            })
            .collect()
    }

    async fn ask(&self, text: &str) -> Answer {
        self.session.sql(text, &Limits::default()).await.unwrap()
    }

    async fn annotated(&self) -> Vec<String> {
        let answer = self.ask("SELECT post_key FROM annotated ORDER BY 1").await;
        String::from_utf8(answer.to_csv().unwrap()).unwrap().lines().skip(1).map(str::to_owned).collect()
    }
}

fn days_filter(marker: &str) -> SeriesFilter {
    SeriesFilter {
        region: Some("all".into()),
        language: Some("all".into()),
        markers: vec![marker.into()],
        period: Some(PeriodKind::Day),
        ..SeriesFilter::default()
    }
}

/// A signal that calls days of a feed suspect.
fn outage(source: &str, suspect_days: &[jiff::civil::Date]) -> Signal {
    Signal {
        id: "o".into(),
        kind: SignalKind::DataQuality,
        source: source.into(),
        region: "all".into(),
        language: "all".into(),
        marker: None,
        first_day: suspect_days[0],
        last_day: suspect_days[suspect_days.len() - 1],
        days: suspect_days.len() as u64,
        suspect_days: suspect_days.to_vec(),
        score: None,
        reasons: vec!["20 posts; 50 are usual".into(), "8 hours without a post; 0 are usual".into()],
        is_withdrawn: false,
        issued_at: Timestamp::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn an_empty_lake_answers_empty_rows_with_the_right_columns() {
    let here = empty().await;
    let any = SeriesFilter::default();
    assert_eq!(here.session.series_points(&any).await.unwrap(), vec![]);
    assert_eq!(here.session.series_keys(&any).await.unwrap(), vec![]);
    assert_eq!(here.session.forecasts(&any).await.unwrap(), vec![]);
    assert_eq!(here.session.forecasts_of_every_origin(&any).await.unwrap(), vec![]);
    assert_eq!(here.session.alerts().await.unwrap(), vec![]);
    assert_eq!(here.session.feed_health(&any).await.unwrap(), vec![]);
    assert_eq!(here.session.feed_facts(&any).await.unwrap(), vec![]);
    assert_eq!(here.session.signals().await.unwrap(), vec![]);
    assert_eq!(here.session.judgements().await.unwrap(), vec![]);
    assert_eq!(here.session.track_records().await.unwrap(), None);
    assert_eq!(here.session.catalogue().await.unwrap().sources, vec![]);
    assert_eq!(here.session.counts_of_run("run").await.unwrap().rows_read(), 0);
    assert_eq!(here.session.freshness().await.unwrap().newest_post, None);
    let answer = here.session.sql("SELECT * FROM author_days", &Limits::default()).await.unwrap();
    assert!(answer.columns().contains(&"present".to_owned()) && answer.rows() == 0);
    assert!(answer.to_text().unwrap().contains("n_posts"));
}

#[tokio::test]
async fn a_lake_from_before_wordings_is_read_and_goes_on() {
    let here = empty().await;
    let day = "2024-01-01";
    let old: Vec<Row> = (0..12).map(|n| post(&format!("a{n}"), day).with("m.x", n < 3)).collect();
    let mut batch = rows(&old);
    let column = batch.schema().index_of("wording").unwrap();
    let _ = batch.remove_column(column);
    let mut writer = here.lake.writer(tables::EVENTS, &batch.schema()).await.unwrap();
    writer.append(vec![batch], &[]).await.unwrap();
    drop(writer);
    here.session.refresh().await.unwrap();
    let n = async || here.session.series_points(&days_filter("m.x")).await.unwrap()[0].n;
    here.issue(&old, 1).await;
    assert_eq!(n().await, Some(12));

    let copies = ["b0", "b1"].map(|id| post(id, day).with("m.x", true).saying("00000000000000aa"));
    here.holds(&copies).await;
    here.issue(&copies, 2).await;
    assert_eq!(n().await, Some(13));

    // Where the first is deleted, the second counts; another post comes beside it.
    let [first, _] = copies;
    here.holds(&[first.then("d0", "delete_post", 1), post("c0", day).with("m.x", false)]).await;
    here.issue(&old, 3).await;
    assert_eq!(n().await, Some(14));
}

#[tokio::test]
async fn every_day_has_a_point_and_small_cells_show_nothing() {
    let here = empty().await;
    let mut posts: Vec<Row> = (0..12).map(|n| post(&format!("a{n}"), "2024-01-01").with("m.x", n < 3)).collect();
    posts.extend((0..10).map(|n| post(&format!("b{n}"), "2024-01-04").with("m.x", n < 3)));
    here.holds(&posts).await;
    // Two days and the two weeks that hold both, in one region and language and in all of either.
    assert_eq!(here.issue(&posts, 1).await, (2 + 2) * 4);
    let points = here.session.series_points(&days_filter("m.x")).await.unwrap();
    let seen: Vec<_> = points.iter().map(|point| (point.period.end.day(), point.status)).collect();
    assert_eq!(
        seen,
        [(1, CellStatus::Ok), (2, CellStatus::NoData), (3, CellStatus::NoData), (4, CellStatus::Censored)]
    );
    let shown = &points[0];
    assert_eq!((shown.k, shown.n, shown.n_posts, shown.unit), (Some(3), Some(12), Some(12), Unit::Post));
    assert_eq!(shown.value, Some(0.25));
    assert!(shown.lower.unwrap() < 0.25 && shown.upper.unwrap() > 0.25);
    assert_eq!(shown.provenance.as_ref().unwrap().lexicon, "l1");
    let hidden = &points[3];
    assert_eq!((hidden.k, hidden.n, hidden.n_posts, hidden.value, hidden.lower), (None, None, None, None, None));
    let catalogue = here.session.catalogue().await.unwrap();
    assert_eq!(catalogue.markers, ["m.x"]);
    assert_eq!(catalogue.sources[0].regions, ["all", "unknown"]);
    let keys = here.session.series_keys(&days_filter("m.x")).await.unwrap();
    assert_eq!((keys[0].first, keys[0].last), (points[0].period.end, points[3].period.end));
}

#[tokio::test]
async fn a_series_stands_beside_its_baseline_as_the_library_has_it() {
    let here = empty().await;
    let first: jiff::civil::Date = "2024-01-01".parse().unwrap();
    let mut posts = Vec::new();
    for offset in 0..90_i64 {
        let day = first.saturating_add(jiff::ToSpan::days(offset)).to_string();
        // A day that is not shown, and none at all.
        let people = if offset == 49 { 10 } else { 50 + offset % 3 };
        for person in (0..people).filter(|_| offset != 56) {
            let shows = person < 5 + (offset * 7) % 11;
            posts.push(post(&format!("{offset}-{person}"), &day).by(&format!("a{person}")).with("m.x", shows));
        }
    }
    here.holds(&posts).await;
    assert!(here.issue(&posts, 1).await > 0);
    // The feed is suspect on two days; that of another source on a third.
    let day = |offset: i64| first.saturating_add(jiff::ToSpan::days(offset));
    let elsewhere = Signal { id: "e".into(), ..outage("elsewhere", &[day(20)]) };
    here.session.append_signals(&[outage("feed", &[day(7), day(9)]), elsewhere]).await.unwrap();
    here.session.refresh().await.unwrap();
    let signals = here.session.signals().await.unwrap();
    for kind in [PeriodKind::Day, PeriodKind::Epiweek] {
        let filter = SeriesFilter { period: Some(kind), ..days_filter("m.x") };
        let points = here.session.series_points(&filter).await.unwrap();
        let cells: Vec<_> = points.iter().map(|point| Some(Proportion { k: point.k?, n: point.n? })).collect();
        let suspect = suspects(&points, &signals);
        let is_suspect: Vec<_> = (0..points.len()).filter(|place| suspect[*place].is_some()).collect();
        assert_eq!(is_suspect, if kind == PeriodKind::Day { vec![7, 9] } else { vec![1] });
        let trusted = cells.iter().zip(&suspect).map(|(cell, suspect)| cell.filter(|_| suspect.is_none()));
        let expected = compare_cells(&trusted.collect::<Vec<_>>(), &Rule::of(kind));
        let asked = format!(
            "SELECT n, reliability, baseline, z, ratio, suspect FROM series_baseline WHERE region = 'all' \
             AND language = 'all' AND period = '{}' ORDER BY period_end",
            kind.code()
        );
        let answer = String::from_utf8(here.ask(&asked).await.to_json_lines().unwrap()).unwrap();
        let rows: Vec<serde_json::Value> = answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), expected.len());
        for (((row, expected), cell), suspect) in rows.iter().zip(&expected).zip(&cells).zip(&suspect) {
            let numbers = [
                (row["baseline"].as_f64(), expected.baseline.map(|baseline| baseline.mean)),
                (row["z"].as_f64(), expected.z),
                (row["ratio"].as_f64(), expected.ratio),
            ];
            for (told, expected) in numbers {
                assert_eq!(told.is_some(), expected.is_some(), "{row}");
                assert!((told.unwrap_or_default() - expected.unwrap_or_default()).abs() < 1e-12, "{row} {expected:?}");
            }
            assert_eq!(row["reliability"].as_str(), cell.map(|_| "moderate"), "{row}");
            assert_eq!(row["suspect"].as_str(), suspect.as_deref(), "{row}");
        }
        assert!(expected.iter().any(|beside| beside.z.is_some()));
        // The doors say the same of the points that they hold.
        let told = beside(&points, &suspect, 0..points.len(), &Known::default(), None);
        for ((beside, expected), cell) in told.into_iter().zip(&expected).zip(&cells) {
            let of_view = Beside {
                reliability: cell.map(|_| Reliability::Moderate),
                baseline: expected.baseline.map(|baseline| baseline.mean),
                z: expected.z,
                ratio: expected.ratio,
                ..Beside::default()
            };
            assert_eq!(beside, of_view);
        }
        // Every column of the view `series` comes first.
        let [series, beside] = ["series", "series_baseline"].map(|view| format!("SELECT * FROM {view} LIMIT 1"));
        let (series, beside) = (here.ask(&series).await.columns(), here.ask(&beside).await.columns());
        assert_eq!(beside[..series.len()], series[..]);
        assert_eq!(beside[series.len()..], ["reliability", "baseline", "z", "ratio", "suspect"]);
    }
}

#[tokio::test]
async fn only_what_changed_is_issued_anew() {
    let here = empty().await;
    let posts: Vec<Row> = (0..12).map(|n| post(&format!("a{n}"), "2024-01-01").with("m.x", n < 3)).collect();
    here.holds(&posts).await;
    assert_eq!(here.issue(&posts, 1).await, 12);
    assert_eq!(here.issue(&posts, 2).await, 0);
    let late = [post("late", "2024-01-01").lang("es").with("m.x", true)];
    here.holds(&late).await;
    // English cells stay; all and Spanish, in unknown and all, change in a day and two weeks.
    assert_eq!(here.issue(&late, 3).await, 12);
    let points = here.session.series_points(&days_filter("m.x")).await.unwrap();
    assert_eq!((points[0].k, points[0].n), (Some(4), Some(13)));
    let gone = [late[0].clone().then("bye", "delete_post", 1)];
    here.holds(&gone).await;
    assert_eq!(here.issue(&gone, 4).await, 12);
    assert_eq!(here.issue(&gone, 5).await, 0, "what has emptied stays empty");
    let spanish = SeriesFilter { language: Some("es".into()), ..SeriesFilter::default() };
    assert_eq!(here.session.series_points(&spanish).await.unwrap(), vec![], "an emptied series is no series");
}

#[tokio::test]
async fn a_value_with_bots_is_shown_where_there_are_none_or_eleven() {
    let here = empty().await;
    let mut posts = Vec::new();
    for (day, people, bots) in [(1, 12, 0), (2, 12, 1), (3, 12, 10), (4, 12, 11), (5, 10, 11), (6, 12, 0)] {
        let of = |name: String| post(&format!("{day}-{name}"), &format!("2024-01-{day:02}")).by(&name);
        posts.extend((0..people).map(|person| of(format!("p{person}")).with("m.x", person < 3)));
        posts.extend((0..bots).map(|bot| Row { is_bot: true, ..of(format!("b{bot}")).with("m.x", true) }));
    }
    // Nobody more, but one of the people shows it where they are taken for a bot.
    posts.push(Row { is_bot: true, ..post("6-x", "2024-01-06").by("p11").with("m.x", true) });
    here.holds(&posts).await;
    assert!(here.issue(&posts, 1).await > 0);
    let points = here.session.series_points(&days_filter("m.x")).await.unwrap();
    let told: Vec<_> = points.iter().map(|point| point.value_with_bots).collect();
    assert_eq!(told, [Some(0.25), None, None, Some(14.0 / 23.0), None, None]);
    let values: Vec<_> = points.iter().map(|point| point.value).collect();
    assert_eq!(values, [Some(0.25), Some(0.25), Some(0.25), Some(0.25), None, Some(0.25)]);

    // Another bot is a change, and nothing else is.
    let late = [Row { is_bot: true, ..post("late", "2024-01-01").by("b0").with("m.x", true) }];
    here.holds(&late).await;
    // The bot is known from other days of the weeks, whose cells stay.
    assert_eq!(here.issue(&late, 2).await, 4);
    assert_eq!(here.issue(&late, 3).await, 0);
    let points = here.session.series_points(&days_filter("m.x")).await.unwrap();
    assert_eq!((points[0].value, points[0].value_with_bots), (Some(0.25), None));
}

#[tokio::test]
async fn cells_issued_before_bots_were_counted_are_read_and_issued_anew() {
    let here = empty().await;
    let posts: Vec<Row> = (0..12).map(|n| post(&format!("a{n}"), "2024-01-01").with("m.x", n < 3)).collect();
    here.holds(&posts).await;
    let before = |batch: &RecordBatch| {
        let fields = batch.schema();
        let is_older = |column: &usize| !fields.field(*column).name().ends_with("_with_bots");
        batch.project(&(0..fields.fields().len()).filter(is_older).collect::<Vec<_>>()).unwrap()
    };
    let cells: Vec<_> = here.changed(&posts, 1).await.iter().map(before).collect();
    assert_eq!(cells[0].num_columns(), tables::series_cells().fields().len() - 2);
    let mut writer = here.lake.writer(tables::SERIES_CELLS, &cells[0].schema()).await.unwrap();
    writer.append(cells, &[]).await.unwrap();
    let told = async |session: &Session| {
        let points = session.series_points(&days_filter("m.x")).await.unwrap();
        (points[0].k, points[0].n, points[0].value_with_bots)
    };
    here.session.refresh().await.unwrap();
    assert_eq!(told(&here.session).await, (Some(3), Some(12), None));
    // A start over such a lake sees the same.
    assert_eq!(told(&Session::open(here.lake.clone()).await.unwrap()).await, (Some(3), Some(12), None));
    assert_eq!((here.issue(&posts, 2).await, here.issue(&posts, 3).await), (12, 0));
    assert_eq!(told(&here.session).await, (Some(3), Some(12), Some(0.25)));
}

#[tokio::test]
async fn the_latest_revision_stands_unless_deleted() {
    let here = empty().await;
    let edited = post("edited", "2024-01-01").by("a").with("m.x", true);
    let deleted = post("deleted", "2024-01-01").by("a").with("m.x", true);
    let gone = post("gone", "2024-01-01").by("quitter").with("m.x", true);
    let back = post("back", "2024-01-03").by("quitter").with("m.x", true);
    let mut quit = post("quit", "2024-01-02").by("quitter");
    quit.operation = "delete_author";
    let posts = [
        edited.clone(),
        Row { scores: vec![("m.x", 0.1, false)], ..edited.then("e2", "update", 1) },
        deleted.clone(),
        deleted.then("d2", "delete_post", 1),
        gone,
        quit,
        back,
    ];
    here.holds(&posts).await;
    assert_eq!(here.annotated().await, ["back", "edited"]);
    let present = here.ask("SELECT cardinality(present) AS c FROM annotated WHERE post_key = 'edited'").await;
    assert_eq!(String::from_utf8(present.to_csv().unwrap()).unwrap(), "c\n0\n");
    let sums = here.ask("SELECT author, present, answered FROM author_days ORDER BY 1").await;
    let lines = String::from_utf8(sums.to_json_lines().unwrap()).unwrap();
    assert!(lines.contains(r#"{"author":"quitter","present":["m.x"],"answered":["m.x"]}"#), "{lines}");
    // A cell of CSV holds a list as its JSON.
    let csv = String::from_utf8(sums.to_csv().unwrap()).unwrap();
    assert!(csv.contains(r#"quitter,"[""m.x""]","[""m.x""]""#), "{csv}");
    let nobody = here.ask("SELECT present FROM author_days WHERE author = 'nobody'").await;
    assert_eq!(String::from_utf8(nobody.to_csv().unwrap()).unwrap(), "present\n");
}

#[tokio::test]
async fn an_outage_shows_in_the_feed() {
    let here = empty().await;
    let first: jiff::civil::Date = "2024-01-01".parse().unwrap();
    let mut posts = Vec::new();
    for offset in (0..40_i64).filter(|offset| *offset != 35) {
        let day = first.saturating_add(jiff::ToSpan::days(offset)).to_string();
        posts.extend((0..10).map(|n| post(&format!("{offset}-{n}"), &day).at("US")));
    }
    here.holds(&posts).await;
    let filter = SeriesFilter { region: Some("US".into()), ..SeriesFilter::default() };
    let feed = here.session.feed_health(&filter).await.unwrap();
    assert_eq!(feed.len(), 40);
    assert_eq!((feed[35].posts, feed[35].status, feed[35].expected), (0, FeedStatus::Silent, Some(10.0)));
    assert_eq!((feed[36].status, feed[3].status), (FeedStatus::Ok, FeedStatus::Unknown));
}

#[tokio::test]
async fn a_source_that_stops_is_silent_and_one_that_is_over_is_not() {
    let here = empty().await;
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut posts = Vec::new();
    // Thirty days, the last of them four days ago, and thirty that ended long ago.
    for (region, last) in [("US", 4_i64), ("ES", 400)] {
        for back in last..last + 30 {
            let day = today.saturating_sub(jiff::ToSpan::days(back)).to_string();
            let of = |n| post(&format!("{region}-{back}-{n}"), &day).at(region).out_of(region);
            posts.extend((0..10).map(of));
        }
    }
    here.holds(&posts).await;
    let feed = |region: &str| {
        let filter = SeriesFilter { region: Some(region.into()), ..SeriesFilter::default() };
        let session = here.session.clone();
        async move { session.feed_health(&filter).await.unwrap() }
    };
    let stopped = feed("US").await;
    // Midnight may fall between the two readings of the clock.
    assert!((33..=34).contains(&stopped.len()), "{}", stopped.len());
    assert!(stopped[30..].iter().all(|day| (day.posts, day.status) == (0, FeedStatus::Silent)), "{stopped:?}");
    assert_eq!(feed("ES").await.len(), 30);
}

#[tokio::test]
async fn forecasts_and_alerts_come_back_as_they_were_written() {
    let here = empty().await;
    let key = SeriesKey {
        source: "feed".into(),
        region: "all".into(),
        language: "all".into(),
        marker: "m.x".into(),
        period: PeriodKind::Day,
    };
    let point = |origin: &str, horizon_days: u16, issued: i64| {
        let origin: jiff::civil::Date = origin.parse().unwrap();
        ForecastPoint {
            key: key.clone(),
            model: "tidemark".into(),
            origin,
            horizon_days,
            target: origin.saturating_add(jiff::ToSpan::days(i64::from(horizon_days))),
            quantiles: std::array::from_fn(|level| level as f64 / 100.0),
            // Some say how their days hang together, some do not.
            ranks: if horizon_days == 1 { vec![2, 0, 1] } else { Vec::new() },
            issued_at: Timestamp::from_microsecond(issued).unwrap(),
        }
    };
    let old = [point("2024-01-01", 1, 10), point("2024-01-01", 2, 10)];
    let new = [point("2024-01-02", 1, 20), point("2024-01-02", 2, 20)];
    here.session.append_forecasts(&old).await.unwrap();
    here.session.append_forecasts(&new).await.unwrap();
    here.session.append_forecasts(&[]).await.unwrap();
    here.session.refresh().await.unwrap();
    assert_eq!(here.session.forecasts(&SeriesFilter::of(&key)).await.unwrap(), new);
    assert_eq!(here.session.forecasts_of_every_origin(&SeriesFilter::of(&key)).await.unwrap().len(), 4);

    let mut alert = Alert {
        id: "e1".into(),
        rule: "r".into(),
        key,
        state: AlertState::Open,
        threshold: 0.5,
        probability: 0.75,
        peak_day: "2024-01-03".parse().unwrap(),
        origin: "2024-01-01".parse().unwrap(),
        raised_origin: "2024-01-01".parse().unwrap(),
        issued_at: Timestamp::from_microsecond(30).unwrap(),
    };
    here.session.append_alerts(std::slice::from_ref(&alert)).await.unwrap();
    alert.state = AlertState::Resolved;
    alert.issued_at = Timestamp::from_microsecond(40).unwrap();
    here.session.append_alerts(std::slice::from_ref(&alert)).await.unwrap();
    here.session.refresh().await.unwrap();
    assert_eq!(here.session.alerts().await.unwrap(), [alert]);
}

#[tokio::test]
async fn the_guard_answers_questions_and_nothing_else() {
    let here = empty().await;
    here.holds(&[post("1", "2024-01-01").with("m.x", true), post("2", "2024-01-01")]).await;
    let limits = Limits::default();
    for good in [
        "SELECT count(*) FROM annotated",
        "select 1;",
        "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
        "EXPLAIN SELECT * FROM series",
        "SHOW TABLES",
        "SELECT wilson_lower(1, 2), wilson_upper(1, 2)",
    ] {
        assert!(here.session.sql(good, &limits).await.is_ok(), "{good}: {:?}", here.session.sql(good, &limits).await);
    }
    for bad in [
        "",
        "SELEKT 1",
        "SELECT 1; SELECT 2",
        "DROP TABLE events",
        "CREATE TABLE t AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "INSERT INTO events SELECT * FROM events",
        "DELETE FROM events",
        "COPY events TO '/tmp/x.csv'",
        "EXPLAIN INSERT INTO events SELECT * FROM events",
        "SET datafusion.execution.batch_size = 1",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM generate_series(1, 1000000000)",
        "PREPARE p AS SELECT 1",
    ] {
        assert!(here.session.sql(bad, &limits).await.is_err(), "{bad}");
    }
    let cut = here.session.sql("SELECT * FROM events", &Limits { rows_max: 1, ..limits }).await.unwrap();
    assert!(cut.is_cut && cut.rows() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_question_ends_at_its_deadline() {
    let here = empty().await;
    let limits = Limits { deadline: std::time::Duration::from_millis(200), ..Limits::default() };
    let endless =
        "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000) SELECT max(x) FROM n";
    let asked = std::time::Instant::now();
    assert!(matches!(here.session.sql(endless, &limits).await, Err(Error::Deadline { .. })));
    assert!(asked.elapsed() < std::time::Duration::from_secs(20));
}

#[tokio::test]
async fn the_past_can_be_asked() {
    let here = empty().await;
    here.holds(&[post("1", "2024-01-01")]).await;
    let start = Timestamp::now();
    let between = loop {
        let now = Timestamp::now();
        if now.duration_since(start) > jiff::SignedDuration::from_millis(50) {
            break now;
        }
        tokio::task::yield_now().await;
    };
    here.holds(&[post("2", "2024-01-01")]).await;
    let past = here.session.as_of(between).await.unwrap();
    let count = "SELECT count(*) AS c FROM annotated";
    let csv = |answer: tidemark_query::Answer| String::from_utf8(answer.to_csv().unwrap()).unwrap();
    assert_eq!(csv(past.sql(count, &Limits::default()).await.unwrap()), "c\n1\n");
    assert!(!past.refresh().await.unwrap());
    assert_eq!(csv(here.session.sql(count, &Limits::default()).await.unwrap()), "c\n2\n");
    let before = here.session.as_of("2001-01-01T00:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(csv(before.sql(count, &Limits::default()).await.unwrap()), "c\n0\n");
}

/// With `TIDEMARK_MEASURE`, the size of the real replay: 114,000 posts over 2,191 days in 110 markers; prints how long its
/// questions take.
#[tokio::test(flavor = "multi_thread")]
async fn six_years_are_asked() {
    let here = empty().await;
    let names: Vec<&'static str> = (0..110).map(|n| &*format!("lexicon.l.m{n:03}").leak()).collect();
    let first: jiff::civil::Date = "2017-01-01".parse().unwrap();
    let posts_per_day = if std::env::var_os("TIDEMARK_MEASURE").is_some() { 52 } else { 2_usize };
    let posts: Vec<Row> = (0..2_193 * posts_per_day)
        .map(|n| {
            let day = first.saturating_add(jiff::ToSpan::days((n / posts_per_day) as i64));
            let mut row = post(&format!("{n:032}"), &day.to_string());
            row.scores = names.iter().enumerate().map(|(m, name)| (*name, 0.5, (n + m) % 7 == 0)).collect();
            row
        })
        .collect();
    here.holds(&posts).await;
    let periods = prevalence::periods_of(posts.iter().map(|row| row.day));
    let clock = std::time::Instant::now();
    let lap = |what: &str| eprintln!("{:>8.2} s  {what}", clock.elapsed().as_secs_f64());
    let mut cells = 0;
    for run in prevalence::runs(&periods) {
        let days: Vec<Row> = run.iter().map(|period| post("x", &period.end.to_string())).collect();
        cells += here.issue(&days, 1).await;
    }
    lap(&format!("issued {cells} cells"));
    assert!(here.session.changed_cells(&prevalence::periods_of([first])).await.unwrap().is_empty());
    lap("one day looked at again");
    assert_eq!(here.session.series_points(&days_filter("lexicon.l.m007")).await.unwrap().len(), 2193);
    lap("one series");
    let week = SeriesFilter { from: Some("2022-01-01".parse().unwrap()), ..days_filter("lexicon.l.m008") };
    assert!(here.session.series_points(&week).await.unwrap().len() > 300);
    lap("a year of one series");
    assert_eq!(here.session.catalogue().await.unwrap().markers.len(), 110);
    lap("catalogue");
    assert_eq!(here.session.series_keys(&SeriesFilter::default()).await.unwrap().len(), 110 * 4 * 3);
    lap("every key");
    assert!(!here.session.feed_health(&SeriesFilter::default()).await.unwrap().is_empty());
    lap("feed health");
    assert!(!here.session.feed_facts(&SeriesFilter::default()).await.unwrap().is_empty());
    lap("feed facts");
    assert_eq!(here.session.counts().await.unwrap()["run"].accepted, posts.len() as u64);
    lap("ledger");
}
