//! A [`Session`] is a role's eyes on the lake: the tables of one moment, the views over them, and the guard before them.

use crate::columns::{conform, day_number};
use crate::prevalence;
use crate::tables::{self, MarkerColumns};
use crate::{Answer, Error, Limits, bits, functions, guard};
use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext, lit};
use futures::StreamExt as _;
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use tidemark_domain::Period;
use tidemark_lake::{Lake, Table};

/// Views in the order in which they need each other.
const VIEWS: [(&str, &str); 14] = [
    ("annotated", include_str!("../sql/annotated.sql")),
    ("author_days", include_str!("../sql/author_days.sql")),
    ("series_latest", include_str!("../sql/series_latest.sql")),
    ("series", include_str!("../sql/series.sql")),
    ("signal", include_str!("../sql/signal.sql")),
    ("judgement", include_str!("../sql/judgement.sql")),
    ("suspect", include_str!("../sql/suspect.sql")),
    ("series_baseline", include_str!("../sql/series_baseline.sql")),
    ("forecast", include_str!("../sql/forecast.sql")),
    ("forecast_origins", include_str!("../sql/forecast_origins.sql")),
    ("alert", include_str!("../sql/alert.sql")),
    ("track_record", include_str!("../sql/track_record.sql")),
    ("feed_health", include_str!("../sql/feed_health.sql")),
    ("feed_facts", FEED_FACTS),
];
const FEED_FACTS: &str = include_str!("../sql/feed_facts.sql");
/// Memory that questions in SQL may take together; what can be put on disk is, the rest is refused.
const SQL_MEMORY_MAX_BYTES: usize = 1 << 30;
/// Every day there is, as a condition.
const ANY_DAY: &str = "day IS NOT NULL";
const CHANGED_CELLS: &str = include_str!("../sql/changed_cells.sql");

/// The lake as of the last refresh. Cheap to clone; clones see the same.
#[derive(Clone)]
pub struct Session {
    pub(crate) lake: Lake,
    seen: Arc<RwLock<Arc<Seen>>>,
}

/// One moment of the lake.
struct Seen {
    tables: BTreeMap<&'static str, Option<Table>>,
    markers: MarkerColumns,
    /// For the crate's own questions.
    context: SessionContext,
    /// For anybody's: the same tables and views within a limit of memory.
    guarded: SessionContext,
    /// The time a session is as of: it stays as it is, and is not refreshed.
    as_of: Option<Timestamp>,
}

impl Session {
    /// Opens the lake as it is now. Tables that nobody has written to yet are empty.
    ///
    /// # Errors
    /// [`Error::Lake`], [`Error::View`].
    pub async fn open(lake: Lake) -> Result<Self, Error> {
        let mut found = BTreeMap::new();
        for name in tables::ALL {
            found.insert(name, lake.table(name).await?);
        }
        let seen = Seen::new(found, None).await?;
        Ok(Self { lake, seen: Arc::new(RwLock::new(Arc::new(seen))) })
    }

    /// Sees what was committed since; answers whether there was anything.
    ///
    /// # Errors
    /// [`Error::Lake`], [`Error::View`]; it then sees what it saw before.
    pub async fn refresh(&self) -> Result<bool, Error> {
        let before = self.seen();
        if before.as_of.is_some() {
            return Ok(false);
        }
        let mut found = BTreeMap::new();
        for (name, table) in &before.tables {
            let newest = match table {
                Some(table) => Some(table.refreshed().await?),
                None => self.lake.table(name).await?,
            };
            found.insert(*name, newest);
        }
        let version = |table: &Option<Table>| table.as_ref().map(Table::version);
        if found.values().map(version).eq(before.tables.values().map(version)) {
            return Ok(false);
        }
        let seen = Arc::new(Seen::new(found, None).await?);
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(true)
    }

    /// The lake as it was at `at`.
    ///
    /// # Errors
    /// [`Error::Lake`], which is [`tidemark_lake::Error::Forgotten`] where that time is no longer kept.
    pub async fn as_of(&self, at: Timestamp) -> Result<Self, Error> {
        let mut found = BTreeMap::new();
        for (name, table) in &self.seen().tables {
            let past = match table {
                Some(table) => table.as_of(at).await?,
                None => None,
            };
            found.insert(*name, past);
        }
        let seen = Seen::new(found, Some(at)).await?;
        Ok(Self { lake: self.lake.clone(), seen: Arc::new(RwLock::new(Arc::new(seen))) })
    }

    /// The versions of the tables seen; a table that does not exist is absent.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<String, u64> {
        let seen = self.seen();
        let version = |(name, table): (&&str, &Option<Table>)| Some(((*name).to_owned(), table.as_ref()?.version()));
        seen.tables.iter().filter_map(version).collect()
    }

    /// The version of one table; `None` where it does not exist.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<Table> {
        self.seen().tables.get(name).cloned().flatten()
    }

    /// The markers that have a column.
    #[must_use]
    pub fn markers(&self) -> MarkerColumns {
        self.seen().markers.clone()
    }

    /// Answers one question in SQL, behind the guard: one statement; SELECT, EXPLAIN or SHOW; tables and views of the
    /// lake only.
    ///
    /// # Errors
    /// Says what is wrong with the question; [`Error::Deadline`] where it took too long.
    pub async fn sql(&self, text: &str, limits: &Limits) -> Result<Answer, Error> {
        let (seen, text, rows_max) = (self.seen(), text.to_owned(), limits.rows_max);
        // A task of its own: a question that computes without pause cannot hold up the clock that ends it.
        let mut task = tokio::task::JoinSet::new();
        task.spawn(async move { answer(&seen.guarded, &text, rows_max).await });
        match tokio::time::timeout(limits.deadline, task.join_next()).await {
            Ok(Some(Ok(answered))) => answered,
            Ok(_) => Err(Error::Gone),
            // Dropping the set ends the task at its next pause.
            Err(_) => Err(Error::Deadline { limit: limits.deadline }),
        }
    }

    /// A view or table as a frame, for the crate's own questions.
    pub(crate) async fn frame(&self, name: &'static str) -> Result<DataFrame, Error> {
        self.seen().context.table(name).await.map_err(|source| Error::View { view: name, source })
    }

    /// The view `feed_facts` of the days from `from` to `to`, the last that has ended: the ledger is read of no other.
    pub(crate) async fn feed_facts_between(&self, from: Option<Date>, to: Option<Date>) -> Result<DataFrame, Error> {
        let seen = self.seen();
        // Nothing is a post that was written earlier, and SQL writes no year before 1.
        let earliest = Date::constant(1970, 1, 1);
        let bounds = [("day >= ", from.map(|day| day.max(earliest))), ("day <= ", to.map(|day| day.max(earliest)))];
        let bounds = bounds.into_iter().filter_map(|(bound, day)| Some(format!(" AND {bound}DATE '{}'", day?)));
        let days = bounds.fold(ANY_DAY.to_owned(), |days, bound| days + &bound);
        let last = to.map_or_else(|| yesterday(seen.as_of), |day| format!("DATE '{}'", day.max(earliest)));
        let text = FEED_FACTS.replace("{days}", &days).replace("{yesterday}", &last);
        seen.context.sql(&text).await.map_err(|source| Error::View { view: "feed_facts", source })
    }

    /// The crate's own SQL.
    pub(crate) async fn ask(&self, text: &str) -> Result<Vec<RecordBatch>, Error> {
        let frame = self.seen().context.sql(text).await.map_err(Error::Plan)?;
        frame.collect().await.map_err(Error::Execute)
    }

    /// The cells of `periods`, computed from the posts that stand now ([`prevalence`]).
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn prevalence(&self, periods: &BTreeSet<Period>) -> Result<Vec<RecordBatch>, Error> {
        let posts = self.frame("annotated").await?.into_view();
        prevalence::of_provider(&self.seen().context, posts, periods).await
    }

    /// Those cells of `periods` that differ from what was last issued. All are held in memory: ask for one of
    /// [`prevalence::runs`] at a time.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn changed_cells(&self, periods: &BTreeSet<Period>) -> Result<Vec<RecordBatch>, Error> {
        let seen = self.seen();
        let computed = self.prevalence(periods).await?;
        let ends = || periods.iter().map(|period| period.end);
        let (Some(first), Some(last)) = (ends().min(), ends().max()) else { return Ok(Vec::new()) };
        if seen.tables.get(tables::SERIES_CELLS).is_none_or(Option::is_none) {
            return Ok(computed);
        }
        let context = SessionContext::new_with_config_rt(seen.context.copied_config(), seen.context.runtime_env());
        let latest = self.frame("series_latest").await?.into_view();
        context.register_table("series_latest", latest).map_err(Error::Execute)?;
        let computed = MemTable::try_new(prevalence::cell_columns(), vec![computed]).map_err(Error::Execute)?;
        context.register_table("computed", Arc::new(computed)).map_err(Error::Execute)?;
        let asked = Schema::new(vec![
            Field::new("asked_period", DataType::Utf8, false),
            Field::new("asked_end", DataType::Date32, false),
        ]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(periods.iter().map(|period| period.kind.code()))),
            Arc::new(Date32Array::from_iter_values(ends().map(day_number))),
        ];
        let asked = RecordBatch::try_new(Arc::new(asked), columns)?;
        context.register_batch("asked_periods", asked).map_err(Error::Execute)?;
        let text = CHANGED_CELLS.replace("{first}", &first.to_string()).replace("{last}", &last.to_string());
        let frame = context.sql(&text).await.map_err(Error::Execute)?;
        let changed = frame.collect().await.map_err(Error::Execute)?;
        changed.iter().map(|batch| conform(batch, &prevalence::cell_columns())).collect()
    }

    fn seen(&self) -> Arc<Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The day before, in SQL. The present moves on while a view stands: it is asked for when the view is.
fn yesterday(as_of: Option<Timestamp>) -> String {
    as_of.map_or_else(
        || "CAST(now() - INTERVAL '1 day' AS DATE)".to_owned(),
        |at| format!("DATE '{}'", at.to_zoned(TimeZone::UTC).date().saturating_sub(1.day())),
    )
}

/// A table with the columns that came to it after it was last written, which are null there.
fn with_every_column(
    context: &SessionContext,
    held: Arc<dyn TableProvider>,
    wanted: &Schema,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let schema = held.schema();
    let is_missing = |field: &&Arc<Field>| field.is_nullable() && schema.column_with_name(field.name()).is_none();
    let missing: Vec<&Arc<Field>> = wanted.fields().iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(held);
    }
    let mut frame = context.read_table(held)?;
    for field in missing {
        frame = frame.with_column(field.name(), lit(ScalarValue::try_new_null(field.data_type())?))?;
    }
    Ok(frame.into_view())
}

async fn answer(context: &SessionContext, text: &str, rows_max: usize) -> Result<Answer, Error> {
    let plan = guard::plan(context, text).await?;
    let frame = context.execute_logical_plan(plan).await.map_err(Error::Plan)?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let mut stream = frame.execute_stream().await.map_err(Error::Execute)?;
    let (mut batches, mut left, mut is_cut) = (Vec::new(), rows_max, false);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(Error::Execute)?;
        if batch.num_rows() > left {
            is_cut = true;
            batches.push(batch.slice(0, left));
            break;
        }
        left -= batch.num_rows();
        batches.push(batch);
    }
    Ok(Answer { schema, batches, is_cut })
}

impl Seen {
    async fn new(tables: BTreeMap<&'static str, Option<Table>>, as_of: Option<Timestamp>) -> Result<Self, Error> {
        let config = SessionConfig::new().with_information_schema(true);
        // No table functions: none of them is needed, and those that read files must not be there.
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_table_functions(std::collections::HashMap::new())
            .build();
        let context = SessionContext::new_with_state(state);
        let mut markers = MarkerColumns::default();
        for (name, table) in &tables {
            let provider: Arc<dyn TableProvider> = match table {
                Some(table) => {
                    if *name == tables::EVENTS {
                        markers = MarkerColumns::of_schema(&*table.schema()?);
                    }
                    let wanted = tables::schema_of(name);
                    with_every_column(&context, table.provider().await?, &wanted).map_err(Error::Execute)?
                }
                None => Arc::new(MemTable::try_new(tables::schema_of(name), vec![vec![]]).map_err(Error::Execute)?),
            };
            context.register_table(*name, provider).map_err(|source| Error::View { view: name, source })?;
        }
        let names: Vec<String> = markers.iter().map(|(marker, _)| marker.to_owned()).collect();
        for function in bits::scalar_functions(&names).into_iter().chain(functions::functions()) {
            context.register_udf(function);
        }
        for function in bits::aggregate_functions() {
            context.register_udaf(function);
        }
        let list = prevalence::score_list(&markers);
        let more: String = markers.iter().map(|(_, column)| format!(", e.\"{column}\"")).collect();
        let (yesterday, earlier) = (yesterday(as_of), functions::earlier_columns());
        for (view, text) in VIEWS {
            let scores = if view == "annotated" { &more } else { &list };
            let failed = |source| Error::View { view, source };
            let text = text.replace("{scores}", scores).replace("{yesterday}", &yesterday).replace("{days}", ANY_DAY);
            let text = text.replace("{earlier}", &earlier);
            let frame = context.sql(&text).await.map_err(failed)?;
            context.register_table(view, frame.into_view()).map_err(failed)?;
        }
        let limited = RuntimeEnvBuilder::new()
            .with_memory_limit(SQL_MEMORY_MAX_BYTES, 1.0)
            .build_arc()
            .map_err(Error::Execute)?;
        let state = SessionStateBuilder::new_from_existing(context.state()).with_runtime_env(limited).build();
        let guarded = SessionContext::new_with_state(state);
        Ok(Self { tables, markers, context, guarded, as_of })
    }
}
