//! A server over a lake in a folder of its own.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use arrow::datatypes::SchemaRef;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_domain::{
    Alert, ForecastPoint, Judgement, PeriodKind, SeriesKey, Signal, SignalKind, TrackRecord,
    alert::AlertState,
    forecast::{QUANTILE_LEVELS, RECOMMENDED_MODEL},
};
use tidemark_lake::Lake;
use tidemark_query::{Known, Places, Session, TrackRecords, tables};
use tidemark_serve::{AdminKey, Error, Handed, Load, LogStatus, Server, Settings, StageLag};
use tidemark_surveillance::prevalence::{
    beside::ErrorRate,
    misclassification::{Accuracy, Rate},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running server.
pub struct Open {
    /// `http://127.0.0.1:port`.
    pub http: String,
    /// `http://127.0.0.1:port` of gRPC.
    pub grpc: String,
    stop: CancellationToken,
    running: JoinHandle<Result<(), Error>>,
    folder: TempDir,
}

impl Open {
    /// Stops it; it must end by itself and without complaint.
    pub async fn close(self) {
        self.stop.cancel();
        tokio::time::timeout(std::time::Duration::from_secs(20), self.running).await.unwrap().unwrap().unwrap();
    }
}

/// What a program would hand in, over an empty lake.
pub async fn handed(admin_key: Option<AdminKey>) -> (TempDir, Handed) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let session = Session::open(lake).await.unwrap();
    (folder, handed_over(session, admin_key))
}

pub fn handed_over(session: Session, admin_key: Option<AdminKey>) -> Handed {
    let status = LogStatus {
        reachable: false,
        detail: "start the broker".to_owned(),
        stages: vec![StageLag {
            stage: "annotate".to_owned(),
            topic: "tidemark.posts".to_owned(),
            lag: Some(7),
            position: Some(93),
        }],
        loads: vec![Load { name: "demo".to_owned(), rows: 100, rows_total: Some(200), done: false }],
    };
    Handed {
        lake: session,
        log_status: Arc::new(move || {
            let status = status.clone();
            async move { status }.boxed()
        }),
        known: Known::default(),
        thresholds: None,
        explain: None,
        admin_key,
        clock: Arc::new(jiff::Timestamp::now),
    }
}

pub fn start(folder: TempDir, handed: Handed, host: &str) -> Open {
    let settings = Settings { host: host.to_owned(), port: 0, grpc_port: 0, ..Settings::default() };
    let server = Server::bind(handed, &settings).unwrap();
    let stop = CancellationToken::new();
    Open {
        http: format!("http://127.0.0.1:{}", server.http_address().port()),
        grpc: format!("http://127.0.0.1:{}", server.grpc_address().port()),
        running: tokio::spawn(server.run(stop.clone())),
        stop,
        folder,
    }
}

/// Over an empty lake, for this machine.
pub async fn open_empty() -> Open {
    let (folder, handed) = handed(None).await;
    start(folder, handed, "127.0.0.1")
}

/// Over an empty lake, for whoever has the key.
pub async fn open_to_network(key: &str) -> Open {
    let (folder, handed) = handed(Some(AdminKey::of(key))).await;
    start(folder, handed, "0.0.0.0")
}

/// Asks over REST.
pub async fn get(open: &Open, address: &str) -> (reqwest::StatusCode, Value) {
    let response = reqwest::get(format!("{}{address}", open.http)).await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap_or(Value::Null))
}

/// Days of the series in [`open`], from 2026-03-01.
pub const DAYS: usize = 40;
/// Of these, the days on which ten people posted.
pub const SMALL_DAYS: usize = 4;
/// Days of its forecast.
pub const HORIZON: usize = 14;

/// How often the marker errs in all languages together, and that three of four people live in the south, where nobody posts.
fn known() -> Known {
    let mut known = Known::default();
    let rate = |value, n| Rate::Measured { value, n };
    let error_rate = ErrorRate { accuracy: Accuracy::new(rate(0.8, 200.0), rate(0.95, 400.0)).unwrap(), repeat: 0.0 };
    assert!(known.error_rates.insert("mh.stress".to_owned(), "all".to_owned(), error_rate));
    known.places = Places::of([("north".to_owned(), 1000.0), ("south".to_owned(), 3000.0)]).ok();
    known
}

/// Over a lake with one series for all regions and one for the north, a forecast, an open alert, and a signal of each
/// kind: it was judged to its last day, and its feed is suspect on two.
pub async fn open() -> Open {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let days: Vec<_> = jiff::civil::date(2026, 3, 1).series(jiff::Span::new().days(1)).take(DAYS).collect();

    let mut markers = tables::MarkerColumns::default();
    let column = markers.column_of("mh.stress").to_owned();
    let posts = days.iter().enumerate().map(|(index, day)| {
        serde_json::json!({
            "event_id": format!("{index:032x}"), "post_key": format!("{index:032x}"), "source": "simulated",
            "run_id": "r", "disposition": "accepted", "operation": "create", "revision": 0, "day": day,
            "created_at": format!("{day}T12:00:00Z"), "author": format!("{:032x}", 7), "region": "north",
            "language": "en", "n_tokens": 9, "is_bot_hint": false, "model": "m", "lexicon": "l", "code": "0.1.0",
            "observed_at": format!("{day}T12:00:01Z"), "present": ["mh.stress"], &column: 0.9,
        })
    });
    append(&lake, tables::EVENTS, tables::events(&markers), posts.collect()).await;

    let cells = days.iter().enumerate().flat_map(|(index, day)| {
        let n = if index % 10 == 5 { 10 } else { 200 };
        ["all", "north"].map(|region| cell(region, *day, n / 5, n, "2026-04-10T00:00:00Z"))
    });
    append(&lake, tables::SERIES_CELLS, tables::series_cells(), cells.collect()).await;

    let session = Session::open(lake).await.unwrap();
    let key = SeriesKey {
        source: "simulated".to_owned(),
        region: "all".to_owned(),
        language: "all".to_owned(),
        marker: "mh.stress".to_owned(),
        period: PeriodKind::Day,
    };
    let origin = days[DAYS - 1];
    let issued_at = "2026-04-10T01:00:00Z".parse().unwrap();
    let ahead = |horizon: usize| ForecastPoint {
        key: key.clone(),
        model: RECOMMENDED_MODEL.to_owned(),
        origin,
        horizon_days: horizon as u16,
        target: origin + jiff::Span::new().days(horizon as i64),
        quantiles: QUANTILE_LEVELS.map(|level| 0.1 + 0.2 * level),
        // Courses that are high on one day are low on the next.
        ranks: if horizon.is_multiple_of(2) { vec![0, 1, 2, 3] } else { vec![3, 2, 1, 0] },
        issued_at,
    };
    session.append_forecasts(&(1..=HORIZON).map(ahead).collect::<Vec<_>>()).await.unwrap();
    let alert = Alert {
        id: "a".to_owned(),
        rule: "unusual".to_owned(),
        key: key.clone(),
        state: AlertState::Open,
        threshold: 0.25,
        probability: 0.8,
        peak_day: origin + jiff::Span::new().days(5),
        origin,
        raised_origin: origin,
        issued_at,
    };
    session.append_alerts(&[alert]).await.unwrap();
    let record = TrackRecord {
        rule: "unusual".to_owned(),
        key: key.clone(),
        from: days[0],
        to: days[29],
        judged_days: 30,
        episodes: 4,
        right: 3,
        spells: 0,
        foreseen: 0,
        lead_days: None,
    };
    let records = TrackRecords { basis: "tests".to_owned(), issued_at, records: vec![record] };
    session.append_track_records(&records).await.unwrap();
    let outage = Signal {
        id: "f".to_owned(),
        kind: SignalKind::DataQuality,
        source: "simulated".to_owned(),
        region: "all".to_owned(),
        language: "all".to_owned(),
        marker: None,
        first_day: days[9],
        last_day: days[11],
        days: 2,
        suspect_days: vec![days[9], days[11]],
        score: None,
        reasons: vec!["no posts; 120 are usual".to_owned()],
        is_withdrawn: false,
        issued_at,
    };
    let rise = Signal {
        id: "m".to_owned(),
        kind: SignalKind::Marker,
        marker: Some("mh.stress".to_owned()),
        first_day: days[20],
        last_day: days[22],
        days: 3,
        suspect_days: vec![],
        score: Some(7.5),
        reasons: vec!["12.00 % up to 2026-03-22; 8.00 % were expected".to_owned()],
        ..outage.clone()
    };
    session.append_signals(&[outage, rise]).await.unwrap();
    let judged = Judgement { source: "simulated".to_owned(), last_day: origin, issued_at };
    session.append_judgements(&[judged]).await.unwrap();
    start(folder, Handed { known: known(), ..handed_over(session, None) }, "127.0.0.1")
}

/// Issues a cell of the series for all regions in [`open`] once more.
pub async fn issue_anew(open: &Open, day: Date, k: u64, n: u64) {
    let lake = Lake::open(open.folder.path().to_str().unwrap()).unwrap();
    let cells = vec![cell("all", day, k, n, "2026-04-11T00:00:00Z")];
    append(&lake, tables::SERIES_CELLS, tables::series_cells(), cells).await;
}

/// An instant after every commit so far and before every later one: commit times have the file system's resolution.
pub async fn between_commits() -> Timestamp {
    let between = clock_past(Timestamp::now()).await;
    clock_past(between).await;
    between
}

async fn clock_past(start: Timestamp) -> Timestamp {
    loop {
        let now = Timestamp::now();
        if now.duration_since(start) > SignedDuration::from_millis(50) {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

fn cell(region: &str, day: Date, k: u64, n: u64, issued_at: &str) -> Value {
    serde_json::json!({
        "source": "simulated", "region": region, "language": "all", "marker": "mh.stress", "period": "day",
        "period_end": day, "label": day, "k": k, "n": n, "n_posts": n + 3, "unit": "author", "k_with_bots": k + 20, "n_with_bots": n + 20,
        "model": "m", "lexicon": "l", "code": "0.1.0", "issued_at": issued_at,
    })
}

async fn append(lake: &Lake, table: &str, schema: SchemaRef, rows: Vec<Value>) {
    let mut decoder = arrow::json::ReaderBuilder::new(schema.clone()).build_decoder().unwrap();
    decoder.serialize(&rows).unwrap();
    let batch = decoder.flush().unwrap().unwrap();
    lake.writer(table, &schema).await.unwrap().append(vec![batch], &[]).await.unwrap();
}
