//! Rows of the table `events`, as columns; and the way back, for the index.

use crate::Error;
use crate::index::{Decided, Disposition, Index};
use arrow::array::{
    ArrayRef, AsArray, BooleanBuilder, Date32Builder, Float32Builder, Int32Builder, ListBuilder, RecordBatch,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Field, Int32Type, Int64Type};
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidemark_domain::{AnnotatedPost, EventId, Operation, PostKey};
use tidemark_query::tables::{self, MarkerColumns};
use tidemark_query::{Limits, Session, day_number};
use tidemark_wire::log::Reject;

/// What is known of a record once it is decided.
#[derive(Debug, Clone)]
pub enum Row {
    /// A post event.
    Post(Box<AnnotatedPost>, Decided),
    /// A reject.
    Reject(Reject),
}

/// The columns of the rows, in the order of [`tables::events_base`], then the scores. `markers` learns the names it
/// does not know. A record that is not accepted has neither scores nor anything that could lead to a person.
///
/// # Errors
/// [`Error::Columns`] where the columns do not fit the table: a fault of this code.
pub fn batch(rows: &[Row], markers: &mut MarkerColumns) -> Result<RecordBatch, Error> {
    let mut texts: [StringBuilder; 13] = Default::default();
    let [
        event_id,
        post_key,
        source,
        run_id,
        disposition,
        operation,
        author,
        region,
        language,
        community,
        model,
        lexicon,
        code,
    ] = &mut texts;
    let mut reason = StringBuilder::new();
    let (mut revision, mut n_tokens) = (Int32Builder::new(), Int32Builder::new());
    let mut day = Date32Builder::new();
    let mut created_at = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let mut observed_at = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let mut is_bot = BooleanBuilder::new();
    let item = Arc::new(Field::new("element", DataType::Utf8, true));
    let mut wording = StringBuilder::new();
    let mut present = ListBuilder::new(StringBuilder::new()).with_field(item);
    let mut scores: BTreeMap<&str, Vec<(usize, f32)>> = BTreeMap::new();

    for (at, row) in rows.iter().enumerate() {
        match row {
            Row::Post(post, decided) => {
                let event = &post.event;
                // A duplicate is counted, and nothing of it is kept.
                let kept = (decided.disposition == Disposition::Accepted).then_some(post);
                event_id.append_value(event.event_id.to_string());
                post_key.append_value(event.post_key.to_string());
                source.append_value(&event.source);
                run_id.append_value(&event.run_id);
                disposition.append_value(decided.disposition.code());
                operation.append_value(event.operation.code());
                revision.append_option(decided.revision);
                day.append_option(decided.day.map(day_number));
                created_at.append_option(kept.map(|_| event.created_at.as_microsecond()));
                author.append_option(kept.and(event.author).map(|key| key.to_string()));
                region.append_option(kept.and(event.region.as_deref()));
                language.append_option(kept.map(|_| event.language.code()));
                community.append_option(kept.and(event.community.as_deref()));
                n_tokens.append_option(kept.map(|post| post.n_tokens as i32));
                is_bot.append_option(kept.map(|_| event.is_bot_hint));
                model.append_option(kept.map(|post| &post.provenance.model));
                lexicon.append_option(kept.map(|post| &post.provenance.lexicon));
                code.append_option(kept.map(|post| &post.provenance.code));
                reason.append_null();
                observed_at.append_value(event.observed_at.as_microsecond());
                wording.append_option(kept.and(event.wording).map(|wording| wording.to_string()));
                for score in kept.iter().flat_map(|post| &post.scores) {
                    scores.entry(&score.marker).or_default().push((at, score.score));
                    if score.present {
                        present.values().append_value(&score.marker);
                    }
                }
                present.append(kept.is_some());
            }
            Row::Reject(reject) => {
                event_id.append_value(reject.event_id.to_string());
                source.append_value(&reject.source);
                run_id.append_value(&reject.run_id);
                disposition.append_value(Disposition::Rejected.code());
                reason.append_value(reject.reason.code());
                observed_at.append_value(reject.observed_at.as_microsecond());
                for empty in [&mut *post_key, operation, author, region, language, community, model, lexicon, code] {
                    empty.append_null();
                }
                revision.append_null();
                day.append_null();
                created_at.append_null();
                n_tokens.append_null();
                is_bot.append_null();
                present.append_null();
                wording.append_null();
            }
        }
    }
    for marker in scores.keys() {
        markers.column_of(marker);
    }
    let text = |column: &mut StringBuilder| Arc::new(column.finish()) as ArrayRef;
    let mut columns: Vec<ArrayRef> = vec![
        text(event_id),
        text(post_key),
        text(source),
        text(run_id),
        text(disposition),
        text(operation),
        Arc::new(revision.finish()),
        Arc::new(day.finish()),
        Arc::new(created_at.finish()),
        text(author),
        text(region),
        text(language),
        text(community),
        Arc::new(n_tokens.finish()),
        Arc::new(is_bot.finish()),
        text(model),
        text(lexicon),
        text(code),
        text(&mut reason),
        Arc::new(observed_at.finish()),
        Arc::new(present.finish()),
        text(&mut wording),
    ];
    for (marker, _) in markers.iter() {
        let mut column = Float32Builder::with_capacity(rows.len());
        let mut at = 0;
        for &(row, score) in scores.get(marker).into_iter().flatten() {
            column.append_nulls(row - at);
            column.append_value(score);
            at = row + 1;
        }
        column.append_nulls(rows.len() - at);
        columns.push(Arc::new(column.finish()));
    }
    Ok(RecordBatch::try_new(tables::events(markers), columns)?)
}

/// What the table says of every event, for the index.
const INDEXED: &str = "SELECT event_id, post_key, disposition, operation, revision, day FROM events";

/// The table is read in this many parts at most: each is a scan of all of it.
const PARTS_MAX: u64 = 16;

/// Builds the index again from the table. Beside it, memory holds `events_together` events or a sixteenth of the table,
/// whichever is more.
///
/// # Errors
/// [`Error::Query`]; [`Error::Unknown`] where the table was written by a newer version.
pub async fn index(session: &Session, events_together: u64) -> Result<Index, Error> {
    let mut index = Index::default();
    let limits = Limits { rows_max: usize::MAX, deadline: std::time::Duration::from_secs(3600) };
    let counted = session.sql("SELECT count(*) FROM events", &limits).await?.batches;
    let count = counted.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>());
    let events = count.map_or(0, |count| count.value(0).unsigned_abs());
    for part in parts(events / events_together.max(1) + 1) {
        restore(&mut index, &session.sql(&format!("{INDEXED}{part}"), &limits).await?.batches)?;
    }
    Ok(index)
}

/// Conditions that share the events out evenly: an id is a digest, and begins with any digit as often as with another.
fn parts(wanted: u64) -> Vec<String> {
    let parts = wanted.clamp(1, PARTS_MAX);
    let start = |part: u64| format!("{:02x}", part * 256 / parts);
    let bounded = |part: u64| match part {
        _ if parts == 1 => String::new(),
        0 => format!(" WHERE event_id < '{}'", start(1)),
        last if last + 1 == parts => format!(" WHERE event_id >= '{}'", start(last)),
        part => format!(" WHERE event_id >= '{}' AND event_id < '{}'", start(part), start(part + 1)),
    };
    (0..parts).map(bounded).collect()
}

/// Lets the index know of rows of the table.
fn restore(index: &mut Index, batches: &[RecordBatch]) -> Result<(), Error> {
    for batch in batches {
        let column = |at: usize, kind: &DataType| cast(batch.column(at), kind);
        let ids = column(0, &DataType::Utf8)?;
        let keys = column(1, &DataType::Utf8)?;
        let dispositions = column(2, &DataType::Utf8)?;
        let operations = column(3, &DataType::Utf8)?;
        let revisions = column(4, &DataType::Int32)?;
        let days = column(5, &DataType::Date32)?;
        let (revisions, days) = (revisions.as_primitive::<Int32Type>(), days.as_primitive::<Date32Type>());
        let texts = [&ids, &keys, &dispositions, &operations].map(|column| column.as_string::<i32>());
        let rows = texts[0].iter().zip(texts[1]).zip(texts[2]).zip(texts[3]).zip(revisions).zip(days);
        for (((((id, key), disposition), operation), revision), day) in rows {
            let id = id.and_then(EventId::from_hex).ok_or(Error::Unknown("event_id"))?;
            let disposition = disposition.and_then(Disposition::from_code).ok_or(Error::Unknown("disposition"))?;
            let post = if disposition == Disposition::Accepted {
                let key = key.and_then(PostKey::from_hex).ok_or(Error::Unknown("post_key"))?;
                let operation = operation.and_then(Operation::from_code).ok_or(Error::Unknown("operation"))?;
                let day = day.and_then(|days| Date::constant(1970, 1, 1).checked_add(days.days()).ok());
                Some((key, operation, Decided { disposition, revision, day }))
            } else {
                None
            };
            index.restore(id, post);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Row, batch, parts};
    use crate::index::{Decided, Disposition, tests::event};
    use arrow::array::{Array as _, AsArray as _};
    use arrow::datatypes::Float32Type;
    use jiff::civil::date;
    use tidemark_domain::{AnnotatedPost, AuthorKey, Operation, Provenance, Score, Wording};
    use tidemark_query::tables::MarkerColumns;

    fn post(row: u64, scores: &[(&str, f32, bool)], disposition: Disposition) -> Row {
        let mut event = event(row, &row.to_string(), Operation::Create);
        event.author = Some(AuthorKey([7; 16]));
        event.wording = Some(Wording::Digest(row));
        let scores = scores
            .iter()
            .map(|(marker, score, present)| Score { marker: (*marker).to_owned(), score: *score, present: *present })
            .collect();
        let provenance = Provenance { model: "m".into(), lexicon: "l".into(), code: "c".into() };
        let decided = Decided { disposition, revision: Some(0), day: Some(date(2024, 5, 1)) };
        Row::Post(Box::new(AnnotatedPost { event, scores, n_tokens: 3, provenance }), decided)
    }

    #[test]
    fn absent_is_null_and_zero_is_zero() {
        let rows = [
            post(1, &[("mh.stress", 0.0, false)], Disposition::Accepted),
            post(2, &[("lexicon.mh.stress", 0.5, true)], Disposition::Accepted),
            post(3, &[("mh.stress", 0.75, true)], Disposition::Accepted),
        ];
        let mut markers = MarkerColumns::default();
        let batch = batch(&rows, &mut markers).expect("a batch");
        let column = batch.column_by_name("mh_stress").expect("a column").as_primitive::<Float32Type>();
        assert_eq!((column.value(0), column.is_null(1), column.value(2)), (0.0, true, 0.75));
        let present = batch.column_by_name("present").expect("a column").as_list::<i32>();
        assert_eq!(present.value(1).as_string::<i32>().value(0), "lexicon.mh.stress");
        assert_eq!(present.value_length(0), 0);
        assert_eq!(batch.column_by_name("wording").expect("a column").as_string::<i32>().value(2), "0000000000000003");
    }

    #[test]
    fn nothing_of_a_duplicate_is_kept() {
        let batch =
            batch(&[post(1, &[("mh.stress", 0.9, true)], Disposition::Duplicate)], &mut MarkerColumns::default())
                .expect("a batch");
        for column in ["author", "wording"] {
            assert!(batch.column_by_name(column).expect("a column").is_null(0), "{column}");
        }
        assert!(batch.column_by_name("mh_stress").is_none());
    }

    #[test]
    fn every_event_is_in_one_part() {
        assert_eq!(parts(1), [""]);
        assert_eq!(
            parts(3),
            [" WHERE event_id < '55'", " WHERE event_id >= '55' AND event_id < 'aa'", " WHERE event_id >= 'aa'"]
        );
        assert_eq!(parts(1_000).len(), 16);
    }
}
