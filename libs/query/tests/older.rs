//! Lakes from before a column was there: they are read, and go on.
#![allow(missing_docs, clippy::unwrap_used)]

use arrow::datatypes::SchemaRef;
use jiff::{Timestamp, civil::date};
use std::sync::Arc;
use tidemark_domain::{Signal, SignalKind};
use tidemark_lake::Lake;
use tidemark_query::{SeriesFilter, Session, tables};

async fn empty() -> (tempfile::TempDir, Lake, Session) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let session = Session::open(lake.clone()).await.unwrap();
    (folder, lake, session)
}

/// Writes rows of a table as it was.
async fn write(lake: &Lake, table: &str, schema: &SchemaRef, rows: &[serde_json::Value]) {
    let mut decoder = arrow::json::ReaderBuilder::new(schema.clone()).build_decoder().unwrap();
    decoder.serialize(rows).unwrap();
    let batch = decoder.flush().unwrap().unwrap();
    lake.writer(table, schema).await.unwrap().append(vec![batch], &[]).await.unwrap();
}

#[tokio::test]
async fn forecasts_issued_before_their_days_were_joined_are_read_and_go_on() {
    let (_folder, lake, session) = empty().await;
    let schema = tables::forecasts();
    let older: Vec<usize> = (0..schema.fields().len()).filter(|at| schema.field(*at).name() != "ranks").collect();
    let schema = Arc::new(schema.project(&older).unwrap());
    let row = |horizon_days: u16| {
        serde_json::json!({
            "source": "feed", "region": "all", "language": "all", "marker": "m.x", "period": "day",
            "model_id": "tidemark", "origin": "2024-01-01", "horizon_days": horizon_days,
            "target": format!("2024-01-0{}", horizon_days + 1), "quantiles": vec![0.1; 23],
            "issued_at": "2024-01-02T00:00:00Z",
        })
    };
    write(&lake, tables::FORECASTS, &schema, &[row(1), row(2)]).await;
    session.refresh().await.unwrap();
    let read = session.forecasts(&SeriesFilter::default()).await.unwrap();
    assert_eq!(read.iter().map(|point| point.ranks.len()).collect::<Vec<_>>(), [0, 0]);

    let origin = "2024-01-02".parse().unwrap();
    let mut next = read[..1].to_vec();
    (next[0].origin, next[0].target, next[0].ranks) = (origin, "2024-01-03".parse().unwrap(), vec![1, 0]);
    session.append_forecasts(&next).await.unwrap();
    session.refresh().await.unwrap();
    assert_eq!(session.forecasts(&SeriesFilter::default()).await.unwrap(), next);
    let every = session.forecasts_of_every_origin(&SeriesFilter::default()).await.unwrap();
    assert_eq!(every.iter().map(|point| point.ranks.len()).collect::<Vec<_>>(), [0, 0, 2]);
}

#[tokio::test]
async fn signals_from_before_suspect_days_were_named_are_read_and_name_none() {
    let (_folder, lake, session) = empty().await;
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
        suspect_days: vec![],
        score: None,
        reasons: vec!["no posts; 120 are usual".to_owned()],
        is_withdrawn: false,
        issued_at: Timestamp::UNIX_EPOCH,
    };
    let row = serde_json::json!({
        "id": "f", "kind": "data_quality", "source": "feed", "region": "all", "language": "all",
        "first_day": "2024-05-01", "last_day": "2024-05-01", "days": 1, "reasons": ["no posts; 120 are usual"],
        "is_withdrawn": false, "issued_at": "1970-01-01T00:00:00Z",
    });
    let columns: Vec<usize> = (0..tables::signals().fields().len() - 1).collect();
    let older = Arc::new(tables::signals().project(&columns).unwrap());
    write(&lake, tables::SIGNALS, &older, &[row]).await;
    session.refresh().await.unwrap();
    assert_eq!(session.signals().await.unwrap(), std::slice::from_ref(&feed));
    // Judged once more, it names them.
    let issued_at = Timestamp::from_second(10).unwrap();
    let named = Signal { suspect_days: vec![feed.first_day], issued_at, ..feed };
    session.append_signals(std::slice::from_ref(&named)).await.unwrap();
    session.refresh().await.unwrap();
    assert_eq!(session.signals().await.unwrap(), [named]);
}
