//! A [`Writer`] appends to one table, each commit the direct successor of the version it has read.

use crate::{Error, Table};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::transaction::{CommitProperties, TransactionError};
use deltalake::kernel::{StructType, Transaction};
use deltalake::operations::write::SchemaMode;
use deltalake::parquet::basic::{Compression, ZstdLevel};
use deltalake::parquet::file::properties::WriterProperties;
use deltalake::protocol::SaveMode;
use deltalake::{DeltaTable, DeltaTableError, TableProperty};
use std::num::NonZeroU64;

/// A checkpoint after so many commits: opening reads at most this many log entries.
const COMMITS_PER_CHECKPOINT: u32 = 50;
/// Small files are rewritten into larger ones when there are so many of them.
const SMALL_FILES_MAX: usize = 64;
/// Compaction fills files up to this; one below half of it is small.
const COMPACTED_FILE_BYTES: NonZeroU64 = NonZeroU64::new(64 * 1024 * 1024).expect("not zero");
/// Statistics are kept for the leading columns only: those that questions filter by.
const COLUMNS_WITH_STATISTICS: u32 = 16;
/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// Appends to one table.
#[derive(Debug)]
pub struct Writer {
    table: Table,
}

pub(crate) async fn create(name: &str, table: DeltaTable, schema: &SchemaRef) -> Result<(), Error> {
    let fail = |source| Error::Create { table: name.to_owned(), source: Box::new(source) };
    let columns: StructType =
        schema.as_ref().try_into_kernel().map_err(|error: ArrowError| fail(DeltaTableError::from(error)))?;
    let created = table
        .create()
        .with_columns(columns.fields().cloned())
        .with_save_mode(SaveMode::Ignore)
        .with_table_name(name)
        .with_configuration_property(TableProperty::CheckpointInterval, Some(COMMITS_PER_CHECKPOINT.to_string()))
        .with_configuration_property(
            TableProperty::DataSkippingNumIndexedCols,
            Some(COLUMNS_WITH_STATISTICS.to_string()),
        )
        // Every version stays readable: what was known when is part of a number.
        .with_configuration_property(TableProperty::EnableExpiredLogCleanup, Some(false.to_string()))
        .await;
    match created {
        // Somebody else created it in between: theirs is as good.
        Err(DeltaTableError::VersionAlreadyExists(_)) | Ok(_) => Ok(()),
        Err(source) => Err(fail(source)),
    }
}

impl Writer {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// The version this writer stands on.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// Appends rows and transactions in one commit, as the direct successor of [`Writer::table`]; columns the table does
    /// not have yet are added to it, columns the rows do not have are null. Without rows, only the transactions are
    /// committed. Answers the new version.
    ///
    /// # Errors
    /// [`Error::AlreadyCommitted`] where the table holds one of the transactions or a later one, and
    /// [`Error::Fenced`] where somebody committed since: nothing was written. [`Error::Append`] where the store failed;
    /// the commit may have been made, which its transactions tell once the table is opened anew.
    pub async fn append(&mut self, rows: Vec<RecordBatch>, transactions: &[(String, i64)]) -> Result<u64, Error> {
        for (app_id, offered) in transactions {
            if let Some(held) = self.table.transaction_version(app_id).await?.filter(|held| held >= offered) {
                let (table, app_id) = (self.table.name.clone(), app_id.clone());
                return Err(Error::AlreadyCommitted { table, app_id, held, offered: *offered });
            }
        }
        let transactions = transactions.iter().map(|(app_id, version)| Transaction::new(app_id, *version)).collect();
        let rows: Vec<_> = rows.into_iter().filter(|batch| batch.num_rows() > 0).collect();
        let written = if rows.is_empty() {
            self.commit_transactions(transactions).await
        } else {
            self.table
                .inner
                .clone()
                .write(rows)
                .with_save_mode(SaveMode::Append)
                .with_schema_mode(SchemaMode::Merge)
                .with_writer_properties(properties())
                .with_commit_properties(successor_only().with_application_transactions(transactions))
                .await
        };
        self.table.inner = written.map_err(|source| self.explain(source))?;
        if self.small_files()? > SMALL_FILES_MAX {
            self.compact().await?;
        }
        Ok(self.table.version())
    }

    async fn commit_transactions(&self, transactions: Vec<Transaction>) -> Result<DeltaTable, DeltaTableError> {
        use deltalake::kernel::transaction::{CommitBuilder, TableReference};
        let snapshot = self.table.inner.snapshot()?.snapshot().clone();
        let log = self.table.inner.log_store();
        let operation =
            deltalake::protocol::DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        CommitBuilder::from(successor_only().with_application_transactions(transactions))
            .build(Some(&snapshot as &dyn TableReference), log, operation)
            .await?;
        let mut table = self.table.inner.clone();
        table.update_state().await?;
        Ok(table)
    }

    fn small_files(&self) -> Result<usize, Error> {
        let small_bytes = i64::try_from(COMPACTED_FILE_BYTES.get() / 2).unwrap_or(i64::MAX);
        let snapshot = self.table.inner.snapshot().map_err(|source| self.table.cannot_open(source))?;
        Ok(snapshot.log_data().iter().filter(|file| file.size() < small_bytes).count())
    }

    /// Rewrites small files into larger ones. Rows stay as they are.
    ///
    /// # Errors
    /// [`Error::Fenced`], [`Error::Maintain`].
    pub async fn compact(&mut self) -> Result<(), Error> {
        let compacted = self
            .table
            .inner
            .clone()
            .optimize()
            .with_target_size(COMPACTED_FILE_BYTES)
            .with_writer_properties(properties())
            .with_max_concurrent_tasks(1)
            .with_commit_properties(successor_only())
            .await;
        match compacted {
            Ok((table, _)) => {
                self.table.inner = table;
                Ok(())
            }
            Err(source) => match self.explain(source) {
                Error::Append { table, source } => Err(Error::Maintain { table, source }),
                other => Err(other),
            },
        }
    }

    fn explain(&self, source: DeltaTableError) -> Error {
        let (table, base) = (self.table.name.clone(), self.table.version());
        match source {
            DeltaTableError::VersionAlreadyExists(_)
            | DeltaTableError::Transaction {
                source: TransactionError::MaxCommitAttempts(_) | TransactionError::CommitConflict(_),
            } => Error::Fenced { table, base },
            source => Error::Append { table, source: Box::new(source) },
        }
    }
}

/// No retry: delta-rs would merge a lost race's append behind the winner's.
fn successor_only() -> CommitProperties {
    CommitProperties::default().with_max_retries(0)
}

fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default();
    WriterProperties::builder().set_compression(Compression::ZSTD(level)).build()
}
