//! A [`Table`] is one version of a Delta table.

use crate::Error;
use arrow::datatypes::SchemaRef;
use deltalake::DeltaTable;
use deltalake::datafusion::catalog::TableProvider;
use deltalake::kernel::Action;
use deltalake::logstore::get_actions;
use jiff::Timestamp;
use std::sync::Arc;

/// One version of a table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) name: String,
    pub(crate) inner: DeltaTable,
}

/// What was added to a column since a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// No rows.
    Nothing,
    /// Rows whose values lie between these, as the log's statistics print them (`2024-02-29` for a date).
    Between(String, String),
    /// The log no longer says: anything may have been added.
    Anything,
}

impl Table {
    pub(crate) fn new(name: &str, inner: DeltaTable) -> Self {
        Self { name: name.to_owned(), inner }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, from 0.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.inner.version().unwrap_or_default()
    }

    /// Its columns, with their metadata.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub fn schema(&self) -> Result<SchemaRef, Error> {
        let snapshot = self.inner.snapshot().map_err(|source| self.cannot_open(source))?;
        Ok(snapshot.snapshot().arrow_schema())
    }

    /// Its rows, for DataFusion.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub async fn provider(&self) -> Result<Arc<dyn TableProvider>, Error> {
        let snapshot = self.inner.snapshot().map_err(|source| self.cannot_open(source))?;
        self.inner
            .table_provider()
            .with_eager_snapshot(snapshot.snapshot().clone())
            .await
            .map_err(|error| self.cannot_open(error.into()))
    }

    /// The newest version there is; this one, where nothing was committed since.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub async fn refreshed(&self) -> Result<Self, Error> {
        let mut inner = self.inner.clone();
        inner.update_state().await.map_err(|source| self.cannot_open(source))?;
        Ok(Self { name: self.name.clone(), inner })
    }

    /// The version that was the newest at `at`; `None` where the table is younger.
    ///
    /// # Errors
    /// [`Error::AsOf`]; [`Error::Forgotten`] where the table is older but its log no longer reaches back so far.
    pub async fn as_of(&self, at: Timestamp) -> Result<Option<Self>, Error> {
        let fail = |source| Error::AsOf { table: self.name.clone(), source: Box::new(source) };
        let Some(instant) = chrono::DateTime::from_timestamp_micros(at.as_microsecond()) else { return Ok(None) };
        let mut inner = self.inner.clone();
        inner.load_with_datetime(instant).await.map_err(fail)?;
        // The oldest version is answered for any earlier time.
        let version = inner.version().unwrap_or_default();
        let made = inner.snapshot().map_err(fail)?.version_timestamp(version);
        let made = match made {
            Some(made) => made,
            None => self.commit_time(version).await.map_err(fail)?,
        };
        if made > at.as_millisecond() {
            return if version == 0 { Ok(None) } else { Err(Error::Forgotten { table: self.name.clone(), at }) };
        }
        Ok(Some(Self { name: self.name.clone(), inner }))
    }

    async fn commit_time(&self, version: u64) -> Result<i64, deltalake::DeltaTableError> {
        use object_store::ObjectStoreExt as _;
        let path = deltalake::Path::from(format!("_delta_log/{version:020}.json"));
        Ok(self.inner.object_store().head(&path).await?.last_modified.timestamp_millis())
    }

    /// The version of the last transaction that application `app_id` committed.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub async fn transaction_version(&self, app_id: &str) -> Result<Option<i64>, Error> {
        let snapshot = self.inner.snapshot().map_err(|source| self.cannot_open(source))?;
        snapshot
            .transaction_version(self.inner.log_store().as_ref(), app_id)
            .await
            .map_err(|source| self.cannot_open(source))
    }

    /// Between which values of `column` rows were added by the commits after `version`, from the statistics in the log:
    /// never too narrow, perhaps too wide.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub async fn added_since(&self, version: u64, column: &str) -> Result<Added, Error> {
        let log = self.inner.log_store();
        let mut range: Option<(String, String)> = None;
        for version in version + 1..=self.version() {
            let Some(entry) = log.read_commit_entry(version).await.map_err(|source| self.cannot_open(source))? else {
                return Ok(Added::Anything);
            };
            for action in get_actions(version, &entry).map_err(|source| self.cannot_open(source))? {
                let Action::Add(add) = action else { continue };
                if !add.data_change {
                    continue;
                }
                let Some((low, high)) = add.stats.as_deref().and_then(|stats| bounds(stats, column)) else {
                    return Ok(Added::Anything);
                };
                range = Some(match range {
                    None => (low, high),
                    Some((lowest, highest)) => (lowest.min(low), highest.max(high)),
                });
            }
        }
        Ok(range.map_or(Added::Nothing, |(low, high)| Added::Between(low, high)))
    }

    pub(crate) fn cannot_open(&self, source: deltalake::DeltaTableError) -> Error {
        Error::Open { table: self.name.clone(), source: Box::new(source) }
    }
}

fn bounds(stats: &str, column: &str) -> Option<(String, String)> {
    let stats: serde_json::Value = serde_json::from_str(stats).ok()?;
    let bound = |which: &str| Some(stats.get(which)?.get(column)?.as_str()?.to_owned());
    Some((bound("minValues")?, bound("maxValues")?))
}
