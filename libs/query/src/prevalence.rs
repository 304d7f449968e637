//! The *prevalence query*: how many of whom have a marker, for every period asked, in every population and marker.
//!
//! A pure function of posts and periods. A unit (an author; a post, in a source none of whose posts of the period has one) counts
//! once per period: it is in `n` where any of its posts could be answered, in `k` where the marker was present in any. Where
//! a source tells authors, posts without one (their accounts are gone) are left out: nobody knows how many people they are. Every region and language
//! is answered, and `all`; sources are never pooled; posts whose source calls the author a bot are left out, but of `k` and
//! `n` once more with them, beside it. Reposts, posts of links alone and, within each period, copies of an earlier post of the
//! source are left out of all of it ([`tidemark_domain::wording`]).

use crate::columns::{Columns, date_of, day_number};
use crate::tables::{self, MarkerColumns};
use crate::{Error, bits, functions};
use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Int64Builder, ListArray, RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef, UInt32Type};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tidemark_domain::{Period, PeriodKind, Unit, time};

const QUERY: &str = include_str!("../sql/prevalence.sql");
/// Days answered at once: people's votes of so many days are held in memory together.
const RUN_DAYS: i32 = 400;

/// The columns of computed cells: those of `series_cells` but for the time of issue.
#[must_use]
pub fn cell_columns() -> SchemaRef {
    let columns = tables::series_cells();
    let fields: Vec<_> = columns.fields().iter().filter(|field| field.name() != "issued_at").cloned().collect();
    Arc::new(Schema::new(fields))
}

/// The day, and the weeks that hold it, of each day.
#[must_use]
pub fn periods_of(days: impl IntoIterator<Item = Date>) -> BTreeSet<Period> {
    days.into_iter().flat_map(|day| PeriodKind::ALL.map(|kind| Period::holding(kind, day))).collect()
}

/// The periods in runs of about a year, in the order of time: what is computed, and held in memory, together.
#[must_use]
pub fn runs(periods: &BTreeSet<Period>) -> Vec<BTreeSet<Period>> {
    let mut by_end: Vec<Period> = periods.iter().copied().collect();
    by_end.sort_by_key(|period| (period.end, period.kind));
    let mut runs: Vec<(i32, BTreeSet<Period>)> = Vec::new();
    for period in by_end {
        let end = day_number(period.end);
        match runs.last_mut() {
            Some((start, run)) if end - *start < RUN_DAYS => {
                run.insert(period);
            }
            _ => runs.push((end, BTreeSet::from([period]))),
        }
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

/// The cells of `periods` over posts held in memory, whose columns are those of the view `annotated`.
///
/// # Errors
/// [`Error::Execute`] where the columns are others.
pub async fn of_posts(posts: Vec<RecordBatch>, periods: &BTreeSet<Period>) -> Result<Vec<RecordBatch>, Error> {
    let Some(first) = posts.first() else { return Ok(Vec::new()) };
    let provider = MemTable::try_new(first.schema(), vec![posts]).map_err(Error::Execute)?;
    let context = SessionContext::new_with_config(SessionConfig::new());
    of_provider(&context, Arc::new(provider), periods).await
}

/// The cells of `periods` over any relation shaped like `annotated`, in order of marker, source, region, language,
/// period, end within each run of periods.
pub(crate) async fn of_provider(
    context: &SessionContext,
    posts: Arc<dyn TableProvider>,
    periods: &BTreeSet<Period>,
) -> Result<Vec<RecordBatch>, Error> {
    let columns = MarkerColumns::of_schema(&posts.schema());
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let markers: Vec<String> = columns.iter().map(|(marker, _)| marker.to_owned()).collect();
    // A context of its own: several may be at work at once, each with its own `asked`.
    let context = SessionContext::new_with_config_rt(context.copied_config(), context.runtime_env());
    for function in bits::scalar_functions(&markers).into_iter().chain(functions::functions()) {
        context.register_udf(function);
    }
    for function in bits::aggregate_functions() {
        context.register_udaf(function);
    }
    context.register_table("posts", posts).map_err(Error::Execute)?;
    let mut cells = Vec::new();
    for run in runs(periods) {
        let answered = ask(&context, &columns, &run).await?;
        cells.extend(explode(&answered, &markers)?);
    }
    Ok(cells)
}

async fn ask(
    context: &SessionContext,
    columns: &MarkerColumns,
    run: &BTreeSet<Period>,
) -> Result<Vec<RecordBatch>, Error> {
    let (mut days, mut kinds, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for period in run {
        for day in time::days(period.start(), period.end) {
            days.push(day_number(day));
            kinds.push(period.kind.code());
            ends.push(day_number(period.end));
        }
    }
    let (Some(first), Some(last)) = (days.iter().min().copied(), days.iter().max().copied()) else {
        return Ok(Vec::new());
    };
    let asked = Schema::new(vec![
        Field::new("asked_day", DataType::Date32, false),
        Field::new("period", DataType::Utf8, false),
        Field::new("period_end", DataType::Date32, false),
    ]);
    let asked_columns: Vec<ArrayRef> =
        vec![Arc::new(Date32Array::from(days)), Arc::new(StringArray::from(kinds)), Arc::new(Date32Array::from(ends))];
    let asked = RecordBatch::try_new(Arc::new(asked), asked_columns)?;
    let _ = context.deregister_table("asked").map_err(Error::Execute)?;
    context.register_batch("asked", asked).map_err(Error::Execute)?;
    let bound = |day| date_of(day).unwrap_or(Date::MIN).to_string();
    let text = QUERY
        .replace("{scores}", &score_list(columns))
        .replace("{first}", &bound(first))
        .replace("{last}", &bound(last));
    let answer = context.sql(&text).await.map_err(Error::Execute)?;
    answer.collect().await.map_err(Error::Execute)
}

/// The score columns, as SQL lists them.
pub(crate) fn score_list(columns: &MarkerColumns) -> String {
    let quoted: Vec<String> = columns.iter().map(|(_, column)| format!("\"{column}\"")).collect();
    if quoted.is_empty() { "CAST(NULL AS FLOAT)".to_owned() } else { quoted.join(", ") }
}

/// One answered row: a population and period, with a number for each marker.
struct Group<'a> {
    batch: usize,
    row: usize,
    source: &'a str,
    period: &'a str,
    period_end: i32,
    unit: Unit,
}

/// The number lists of one answered batch.
struct Lists {
    n_posts: ListArray,
    /// Posts without an author.
    posts: Counted,
    authors: Counted,
}

/// How many could be answered, and in how many the marker was present; the same with likely bots.
struct Counted {
    n: ListArray,
    k: ListArray,
    n_with_bots: ListArray,
    k_with_bots: ListArray,
}

fn at(list: &ListArray, row: usize, marker: usize) -> i64 {
    use arrow::array::Array as _;
    if list.is_null(row) || marker >= list.value_length(row) as usize {
        return 0;
    }
    let values = list.values().as_primitive::<UInt32Type>();
    i64::from(values.value(list.value_offsets()[row] as usize + marker))
}

/// A row per marker that somebody could be asked about.
fn explode(answered: &[RecordBatch], markers: &[String]) -> Result<Vec<RecordBatch>, Error> {
    let texts = |column: &'static str| -> Result<Vec<ArrayRef>, Error> {
        answered.iter().map(|batch| Columns(batch).of(column, &DataType::Utf8)).collect()
    };
    let (sources, regions, languages) = (texts("source")?, texts("region")?, texts("language")?);
    let (kinds, made_by) = (texts("period")?, texts("made_by")?);
    let ends: Vec<ArrayRef> =
        answered.iter().map(|batch| Columns(batch).of("period_end", &DataType::Date32)).collect::<Result<_, _>>()?;
    let flags: Vec<ArrayRef> =
        answered.iter().map(|batch| Columns(batch).of("has_authors", &DataType::Boolean)).collect::<Result<_, _>>()?;
    let lists: Vec<Lists> = answered.iter().map(lists).collect::<Result<_, _>>()?;

    // A source counts posts in a period in which none of them has an author; its widest population tells.
    let mut units: HashMap<(&str, &str, i32), Unit> = HashMap::new();
    let mut groups = Vec::new();
    for batch in 0..answered.len() {
        let (region, language) = (regions[batch].as_string::<i32>(), languages[batch].as_string::<i32>());
        let authors: &BooleanArray = flags[batch].as_boolean();
        for row in 0..answered[batch].num_rows() {
            let group = Group {
                batch,
                row,
                source: sources[batch].as_string::<i32>().value(row),
                period: kinds[batch].as_string::<i32>().value(row),
                period_end: ends[batch].as_primitive::<Date32Type>().value(row),
                unit: Unit::Post,
            };
            if region.value(row) == "all" && language.value(row) == "all" {
                let unit = if authors.value(row) { Unit::Author } else { Unit::Post };
                units.insert((group.source, group.period, group.period_end), unit);
            }
            groups.push(group);
        }
    }
    for group in &mut groups {
        group.unit = units.get(&(group.source, group.period, group.period_end)).copied().unwrap_or(Unit::Post);
    }

    let mut cells = Vec::new();
    for (bit, marker) in markers.iter().enumerate() {
        let mut made = Cells::default();
        for group in &groups {
            let (lists, row) = (&lists[group.batch], group.row);
            // Never added up: a cell of two people and nine posts would pass for one of eleven people.
            let counted = match group.unit {
                Unit::Post => &lists.posts,
                Unit::Author => &lists.authors,
            };
            let n = at(&counted.n, row, bit);
            if n == 0 {
                continue;
            }
            let k = at(&counted.k, row, bit).min(n);
            let n_with_bots = at(&counted.n_with_bots, row, bit);
            let k_with_bots = at(&counted.k_with_bots, row, bit).min(n_with_bots);
            let without_author = if group.unit == Unit::Author { at(&lists.posts.n, row, bit) } else { 0 };
            made.push(
                [
                    group.source,
                    regions[group.batch].as_string::<i32>().value(row),
                    languages[group.batch].as_string::<i32>().value(row),
                    marker,
                    group.period,
                ],
                group.period_end,
                [k, n, at(&lists.n_posts, row, bit) - without_author],
                group.unit,
                made_by[group.batch].as_string::<i32>().value(row),
                [k_with_bots, n_with_bots],
            );
        }
        cells.extend(made.finish()?);
    }
    Ok(cells)
}

fn lists(batch: &RecordBatch) -> Result<Lists, Error> {
    let list = |column: &'static str| {
        batch
            .column_by_name(column)
            .and_then(|array| array.as_list_opt::<i32>())
            .cloned()
            .ok_or(Error::Value { column })
    };
    Ok(Lists {
        n_posts: list("n_posts")?,
        posts: Counted {
            n: list("n_of_posts")?,
            k: list("k_of_posts")?,
            n_with_bots: list("n_of_posts_with_bots")?,
            k_with_bots: list("k_of_posts_with_bots")?,
        },
        authors: Counted {
            n: list("n_of_authors")?,
            k: list("k_of_authors")?,
            n_with_bots: list("n_of_authors_with_bots")?,
            k_with_bots: list("k_of_authors_with_bots")?,
        },
    })
}

/// Cells on their way into columns.
#[derive(Default)]
struct Cells {
    keys: [StringBuilder; 5],
    ends: Vec<i32>,
    labels: StringBuilder,
    numbers: [Int64Builder; 3],
    units: StringBuilder,
    versions: [StringBuilder; 3],
    with_bots: [Int64Builder; 2],
}

impl Cells {
    fn push(&mut self, keys: [&str; 5], end: i32, numbers: [i64; 3], unit: Unit, made_by: &str, with_bots: [i64; 2]) {
        let kind = PeriodKind::from_code(keys[4]).unwrap_or(PeriodKind::Day);
        self.labels.append_value(Period { kind, end: date_of(end).unwrap_or(Date::MIN) }.label());
        for (column, key) in self.keys.iter_mut().zip(keys) {
            column.append_value(key);
        }
        self.ends.push(end);
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.append_value(number);
        }
        self.units.append_value(unit.code());
        let mut versions = made_by.split(' ');
        for column in &mut self.versions {
            column.append_value(versions.next().unwrap_or_default());
        }
        for (column, number) in self.with_bots.iter_mut().zip(with_bots) {
            column.append_value(number);
        }
    }

    fn finish(mut self) -> Result<Option<RecordBatch>, Error> {
        if self.ends.is_empty() {
            return Ok(None);
        }
        let mut columns: Vec<ArrayRef> =
            self.keys.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        columns.push(Arc::new(Date32Array::from(self.ends)));
        columns.push(Arc::new(self.labels.finish()));
        columns.extend(self.numbers.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.push(Arc::new(self.units.finish()));
        columns.extend(self.versions.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.extend(self.with_bots.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        Ok(Some(RecordBatch::try_new(cell_columns(), columns)?))
    }
}
