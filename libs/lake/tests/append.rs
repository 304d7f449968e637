//! What a writer promises: nothing twice, nothing past a competitor, nothing lost on reopening.
#![allow(clippy::unwrap_used)]

use arrow::array::{Array, Date32Array, Float32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::collections::HashMap;
use std::sync::Arc;
use tidemark_lake::{Added, Error, Lake};

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, false), Field::new("day", DataType::Date32, false)]))
}

fn rows(ids: &[&str], day: i32) -> RecordBatch {
    let days = Date32Array::from(vec![day; ids.len()]);
    RecordBatch::try_new(schema(), vec![Arc::new(StringArray::from(ids.to_vec())), Arc::new(days)]).unwrap()
}

fn transaction(version: i64) -> Vec<(String, i64)> {
    vec![("sink/topic/0".into(), version), ("sink/topic/1".into(), 7 * version)]
}

async fn count(lake: &Lake) -> usize {
    let table = lake.table("events").await.unwrap().unwrap();
    let context = deltalake::datafusion::prelude::SessionContext::new();
    let rows = context.read_table(table.provider().await.unwrap()).unwrap().collect().await.unwrap();
    rows.iter().map(RecordBatch::num_rows).sum()
}

#[tokio::test]
async fn a_batch_committed_before_a_crash_is_refused_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().join("lake").to_str().unwrap()).unwrap();
    assert!(lake.table("events").await.unwrap().is_none());
    let mut writer = lake.writer("events", &schema()).await.unwrap();
    writer.append(vec![rows(&["a", "b"], 1)], &transaction(2)).await.unwrap();
    drop(writer);

    let mut writer = lake.writer("events", &schema()).await.unwrap();
    assert_eq!(writer.table().transaction_version("sink/topic/0").await.unwrap(), Some(2));
    assert_eq!(writer.table().transaction_version("sink/topic/1").await.unwrap(), Some(14));
    assert_eq!(writer.table().transaction_version("sink/topic/2").await.unwrap(), None);
    let refused = writer.append(vec![rows(&["a", "b"], 1)], &transaction(2)).await.unwrap_err();
    assert!(matches!(refused, Error::AlreadyCommitted { held: 2, offered: 2, .. }), "{refused:?}");
    writer.append(vec![rows(&["c"], 2)], &transaction(3)).await.unwrap();
    assert_eq!(count(&lake).await, 3);
}

#[tokio::test]
async fn of_two_writers_one_steps_back() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let mut first = lake.writer("events", &schema()).await.unwrap();
    let mut second = lake.writer("events", &schema()).await.unwrap();
    let same = transaction(1);
    let (one, two) =
        tokio::join!(first.append(vec![rows(&["a"], 1)], &same), second.append(vec![rows(&["a"], 1)], &same),);
    let lost = match (one, two) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        other => panic!("exactly one must win: {other:?}"),
    };
    assert!(matches!(lost, Error::Fenced { base: 0, .. }), "{lost:?}");
    assert_eq!(count(&lake).await, 1);
    // A late competitor is refused as well, also with transactions nobody has seen.
    let later = [("other".to_owned(), 1)];
    let (one, two) =
        (first.append(vec![rows(&["b"], 1)], &later).await, second.append(vec![rows(&["b"], 1)], &later).await);
    assert!(one.is_ok() != two.is_ok());
    assert_eq!(count(&lake).await, 2);
}

#[tokio::test]
async fn a_new_marker_is_a_new_column_that_keeps_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let mut writer = lake.writer("events", &schema()).await.unwrap();
    writer.append(vec![rows(&["a"], 1)], &transaction(1)).await.unwrap();
    let marker = Field::new("mh_stress", DataType::Float32, true)
        .with_metadata(HashMap::from([("marker".to_owned(), "mh.stress".to_owned())]));
    let mut fields: Vec<_> = schema().fields().iter().cloned().collect();
    fields.push(Arc::new(marker));
    let old = rows(&["b"], 2);
    let columns = vec![old.column(0).clone(), old.column(1).clone(), Arc::new(Float32Array::from(vec![0.5])) as _];
    let wide = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    writer.append(vec![wide], &transaction(2)).await.unwrap();
    writer.append(vec![rows(&["c"], 3)], &transaction(3)).await.unwrap();

    let table = lake.table("events").await.unwrap().unwrap();
    let field = table.schema().unwrap().field_with_name("mh_stress").unwrap().clone();
    assert_eq!(field.metadata().get("marker").map(String::as_str), Some("mh.stress"));
    let provider = table.provider().await.unwrap();
    let context = deltalake::datafusion::prelude::SessionContext::new();
    let read = context.read_table(provider).unwrap().collect().await.unwrap();
    let scores: usize = read
        .iter()
        .map(|batch| {
            let column = batch.column_by_name("mh_stress").unwrap();
            column.len() - column.null_count()
        })
        .sum();
    assert_eq!(scores, 1);
}

#[tokio::test]
async fn the_log_says_which_days_were_added() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let mut writer = lake.writer("events", &schema()).await.unwrap();
    let before = writer.append(vec![rows(&["a"], 0)], &transaction(1)).await.unwrap();
    assert_eq!(writer.table().added_since(before, "day").await.unwrap(), Added::Nothing);
    writer.append(vec![rows(&["b"], 59)], &transaction(2)).await.unwrap();
    writer.append(vec![rows(&["c"], 31)], &transaction(3)).await.unwrap();
    writer.append(vec![], &transaction(4)).await.unwrap();
    writer.compact().await.unwrap();
    let added = writer.table().added_since(before, "day").await.unwrap();
    assert_eq!(added, Added::Between("1970-02-01".into(), "1970-03-01".into()));
    assert_eq!(writer.table().transaction_version("sink/topic/0").await.unwrap(), Some(4));
    assert_eq!(count(&lake).await, 3);
}

#[tokio::test]
async fn earlier_versions_stay_readable() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    let before = jiff::Timestamp::now();
    let mut writer = lake.writer("events", &schema()).await.unwrap();
    let first = writer.append(vec![rows(&["a"], 0)], &[]).await.unwrap();
    // Commit times have the file system's resolution: wait until the clock has moved past it.
    let between = loop {
        let now = jiff::Timestamp::now();
        if now.duration_since(before) > jiff::SignedDuration::from_secs(1) {
            break now;
        }
        tokio::task::yield_now().await;
    };
    for offset in 0..60 {
        writer.append(vec![rows(&["b"], offset)], &[]).await.unwrap();
    }
    let table = lake.table("events").await.unwrap().unwrap();
    assert_eq!(table.version(), first + 60);
    let entries = std::fs::read_dir(folder.path().join("events/_delta_log")).unwrap();
    let is_checkpoint = |name: &str| name.contains(".checkpoint.");
    assert!(entries.filter_map(Result::ok).any(|entry| is_checkpoint(&entry.file_name().to_string_lossy())));
    assert_eq!(table.as_of(between).await.unwrap().unwrap().version(), first);
    let long_ago = "2001-01-01T00:00:00Z".parse().unwrap();
    assert!(table.as_of(long_ago).await.unwrap().is_none());
    assert_eq!(count(&lake).await, 61);
    // A log whose beginning is gone does not pass for a table that did not exist.
    let log = folder.path().join("events/_delta_log");
    for version in 0..50 {
        std::fs::remove_file(log.join(format!("{version:020}.json"))).unwrap();
    }
    let table = lake.table("events").await.unwrap().unwrap();
    assert!(table.as_of(long_ago).await.is_err());
}

#[tokio::test]
async fn small_files_are_put_together_whoever_wrote_them() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    for offset in 0..70 {
        let mut writer = lake.writer("events", &schema()).await.unwrap();
        writer.append(vec![rows(&["a"], offset)], &transaction(i64::from(offset))).await.unwrap();
    }
    let table = lake.table("events").await.unwrap().unwrap();
    assert_eq!(table.version(), 71, "the table, 70 commits and one rewrite");
    assert_eq!(count(&lake).await, 70);
    assert_eq!(table.transaction_version("sink/topic/0").await.unwrap(), Some(69));
}

#[tokio::test]
async fn a_lake_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
    lake.check_writable().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of the probe");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inside = Lake::open(&format!("file://{}/lake", file.display()));
    let refused = match inside {
        Ok(lake) => lake.check_writable().await,
        Err(error) => Err(error),
    };
    assert!(refused.is_err());
}
