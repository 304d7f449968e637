//! Series follow the posts: days that changed are recomputed, and only cells that differ are issued anew.
//!
//! The commit that issues cells carries a transaction whose version is the version of `events` it has seen. After a
//! crash between the two commits, the days touched since that version are recomputed.

use crate::{Error, metrics};
use arrow::array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidemark_domain::AuthorKey;
use tidemark_lake::{Added, Lake};
use tidemark_query::tables;
use tidemark_query::{Limits, Session, prevalence};

/// The application whose transaction says which version of `events` the series stand on.
const APPLICATION: &str = "aggregate/series";

/// The newest version of `events`; on a busy platform the next one is never far. `None` where there is none.
///
/// # Errors
/// Where the lake cannot be read.
pub async fn newest_events(lake: &Lake) -> Result<Option<i64>, Error> {
    Ok(lake.table(tables::EVENTS).await?.as_ref().map(version))
}

/// Whether the series stand on everything that was in `events` at a version.
///
/// # Errors
/// Where the lake cannot be read.
pub async fn stand_on(lake: &Lake, version: i64) -> Result<bool, Error> {
    Ok(version_seen(lake).await?.is_some_and(|seen| seen >= version))
}

fn version(table: &tidemark_lake::Table) -> i64 {
    i64::try_from(table.version()).unwrap_or(i64::MAX)
}

async fn version_seen(lake: &Lake) -> Result<Option<i64>, Error> {
    match lake.table(tables::SERIES_CELLS).await? {
        Some(cells) => Ok(cells.transaction_version(APPLICATION).await?),
        None => Ok(None),
    }
}

/// The days touched since the series were last issued: perhaps more, never fewer.
///
/// # Errors
/// Where the lake cannot be read.
pub async fn stale_days(lake: &Lake, session: &Session) -> Result<BTreeSet<Date>, Error> {
    let Some(events) = session.table(tables::EVENTS) else { return Ok(BTreeSet::new()) };
    let seen = match version_seen(lake).await? {
        Some(seen) if seen >= version(&events) => return Ok(BTreeSet::new()),
        Some(seen) => u64::try_from(seen).unwrap_or_default(),
        None => return held_days(session, "").await,
    };
    let bound = |text: &str| text.get(..10).and_then(|text| text.parse::<Date>().ok());
    let mut stale = match events.added_since(seen, "day").await? {
        Added::Nothing => return Ok(BTreeSet::new()),
        Added::Between(low, high) => match (bound(&low), bound(&high)) {
            (Some(low), Some(high)) => {
                held_days(session, &format!("WHERE day BETWEEN DATE '{low}' AND DATE '{high}'")).await?
            }
            _ => return held_days(session, "").await,
        },
        Added::Anything => return held_days(session, "").await,
    };
    // A deletion of an author has no day of its own: it touches every day on which they wrote. It is known among others
    // by its time, which lies between the times of the rows that were added.
    let written = match events.added_since(seen, "created_at").await? {
        Added::Between(low, high) => between_instants(&low, &high),
        Added::Nothing | Added::Anything => None,
    };
    let written = written.unwrap_or_default();
    let deleted = format!("SELECT author FROM events WHERE operation = 'delete_author'{written}");
    stale.extend(held_days(session, &format!("WHERE author IN ({deleted})")).await?);
    Ok(stale)
}

/// A further condition: the row was written between two instants as the log's statistics print them, which round to less
/// than a second. `None` where they are no instants.
fn between_instants(low: &str, high: &str) -> Option<String> {
    let instant = |text: &str| text.parse::<Timestamp>().ok();
    let second = SignedDuration::from_secs(1);
    let low = instant(low)?.checked_sub(second).ok()?.as_microsecond();
    let high = instant(high)?.checked_add(second).ok()?.as_microsecond();
    Some(format!(" AND CAST(created_at AS BIGINT) BETWEEN {low} AND {high}"))
}

/// The days on which any of `authors` wrote.
///
/// # Errors
/// Where the lake cannot be read.
pub async fn days_of_authors(session: &Session, authors: &BTreeSet<AuthorKey>) -> Result<BTreeSet<Date>, Error> {
    let keys: Vec<String> = authors.iter().map(|author| format!("'{author}'")).collect();
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    held_days(session, &format!("WHERE author IN ({})", keys.join(", "))).await
}

async fn held_days(session: &Session, condition: &str) -> Result<BTreeSet<Date>, Error> {
    use arrow::array::AsArray as _;
    let limits = Limits { rows_max: usize::MAX, deadline: Duration::from_secs(600) };
    let question = format!("SELECT CAST(day AS VARCHAR) AS day FROM (SELECT DISTINCT day FROM events {condition})");
    let mut found = BTreeSet::new();
    for batch in session.sql(&question, &limits).await?.batches {
        let column = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8)?;
        found.extend(column.as_string::<i32>().iter().flatten().filter_map(|day| day.parse::<Date>().ok()));
    }
    Ok(found)
}

/// Recomputes the periods that hold `dirty` days, issues the cells that differ, and empties `dirty`.
///
/// # Errors
/// Where the lake fails; `dirty` stays as it was.
pub async fn refresh(
    lake: &Lake,
    session: &Session,
    dirty: &mut BTreeSet<Date>,
    clock: &impl Fn() -> Timestamp,
) -> Result<(), Error> {
    let started = Instant::now();
    session.refresh().await?;
    let Some(events) = session.table(tables::EVENTS) else { return Ok(()) };
    if dirty.is_empty() && version_seen(lake).await?.is_some_and(|seen| seen >= version(&events)) {
        return Ok(());
    }
    // A later issue must be told from an earlier one also where the clock was set back.
    let newest = session.freshness().await?.newest_cell.map(|newest| newest + SignedDuration::from_micros(1));
    let issued_at = newest.map_or_else(clock, |newest| clock().max(newest));
    let mut writer = lake.writer(tables::SERIES_CELLS, &tables::series_cells()).await?;
    let mut n_cells = 0;
    // Only the last run says that the series stand on that version; after a crash before it, the days are looked at again.
    let mut transactions = vec![(APPLICATION.to_owned(), version(&events))];
    let mut runs = prevalence::runs(&prevalence::periods_of(dirty.iter().copied()));
    let last = runs.pop().unwrap_or_default();
    for (run, is_last) in runs.iter().map(|run| (run, false)).chain([(&last, true)]) {
        let changed = session.changed_cells(run).await?;
        let cells = changed.iter().map(|batch| issue(batch, issued_at)).collect::<Result<Vec<_>, Error>>()?;
        n_cells += cells.iter().map(RecordBatch::num_rows).sum::<usize>();
        let carried = if is_last { std::mem::take(&mut transactions) } else { Vec::new() };
        if !cells.is_empty() || is_last {
            writer.append(cells, &carried).await?;
        }
    }
    metrics::refreshed(dirty.len(), n_cells, started.elapsed().as_secs_f64());
    tracing::debug!(days = dirty.len(), cells = n_cells, seconds = started.elapsed().as_secs_f64(), "series issued");
    dirty.clear();
    Ok(())
}

/// Computed cells with the time of their issue.
fn issue(cells: &RecordBatch, at: Timestamp) -> Result<RecordBatch, Error> {
    let issued_at = TimestampMicrosecondArray::from_value(at.as_microsecond(), cells.num_rows()).with_timezone("UTC");
    let (schema, mut columns) = (tables::series_cells(), cells.columns().to_vec());
    columns.insert(schema.index_of("issued_at")?, Arc::new(issued_at) as ArrayRef);
    Ok(RecordBatch::try_new(schema, columns)?)
}

#[cfg(test)]
mod tests {
    use super::between_instants;

    #[test]
    fn instants_of_statistics_are_read_with_room_for_their_rounding() {
        let condition = between_instants("1970-01-01T00:00:10Z", "1970-01-01T00:00:20.123Z");
        assert_eq!(condition.as_deref(), Some(" AND CAST(created_at AS BIGINT) BETWEEN 9000000 AND 21123000"));
        assert_eq!(between_instants("1970-01-01T00:00:10Z", "yesterday"), None);
    }
}
