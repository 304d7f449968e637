//! Delta tables on object storage: append once, read as of. The only crate that says `deltalake`.
//!
//! **Reads and writes** tables below one location, a folder or the address of an object store. **Guarantees** that a
//! commit is in a table whole or not at all, also after `kill -9`; that a commit names the application transactions it
//! carries and is refused when the table already holds one of them; that a writer who lost a race is told so
//! ([`Error::Fenced`]) and has written nothing; that rows are removed for good when a file is rewritten (no deletion
//! vectors). **Does not** know what the columns mean, read a clock, or retry.
//!
//! delta-rs merges racing appends and does not look at application transactions. A [`Writer`] therefore commits only as
//! the direct successor of the version it stands on, whose transactions it has read.

mod error;
mod table;
mod writer;

pub use error::Error;
pub use table::{Added, Table};
pub use writer::Writer;

use arrow::datatypes::SchemaRef;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError, ensure_table_uri};
use std::collections::HashMap;
use std::sync::Arc;
use url::Url;

/// The lake at one location. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lake {
    location: Arc<Url>,
    options: Arc<HashMap<String, String>>,
}

impl Lake {
    /// The lake at `location`: a path (the folder is made) or a URL.
    ///
    /// # Errors
    /// [`Error::Location`].
    pub fn open(location: &str) -> Result<Self, Error> {
        Self::open_with(location, HashMap::new())
    }

    /// As [`Lake::open`], with options of the object store (keys, endpoints).
    ///
    /// # Errors
    /// [`Error::Location`].
    pub fn open_with(location: &str, options: HashMap<String, String>) -> Result<Self, Error> {
        let refuse = |source| Error::Location { location: location.to_owned(), source: Box::new(source) };
        let mut url = ensure_table_uri(location).map_err(refuse)?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self { location: Arc::new(url), options: Arc::new(options) })
    }

    /// Where it is.
    #[must_use]
    pub fn location(&self) -> &Url {
        &self.location
    }

    /// The newest version of a table; `None` where nobody has written to it yet.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub async fn table(&self, name: &str) -> Result<Option<Table>, Error> {
        Ok(self.load(name).await?.map(|inner| Table::new(name, inner)))
    }

    /// A writer to a table, which is created with `schema` where it does not exist.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Create`].
    pub async fn writer(&self, name: &str, schema: &SchemaRef) -> Result<Writer, Error> {
        loop {
            if let Some(inner) = self.load(name).await? {
                return Ok(Writer::new(Table::new(name, inner)));
            }
            writer::create(name, self.builder(name)?, schema).await?;
        }
    }

    /// Proves that it can be written, with a small object that is removed again.
    ///
    /// # Errors
    /// [`Error::ReadOnly`].
    pub async fn check_writable(&self) -> Result<(), Error> {
        use object_store::ObjectStoreExt as _;
        let refuse = |source| Error::ReadOnly { location: self.location.to_string(), source: Box::new(source) };
        // The folder above all tables.
        let store = self.builder(".")?.object_store();
        let probe = deltalake::Path::from(".tidemark-doctor");
        let written = store.put(&probe, Vec::from(*b"ok").into()).await;
        written.map_err(|error| refuse(error.into()))?;
        store.delete(&probe).await.map_err(|error| refuse(error.into()))
    }

    fn builder(&self, name: &str) -> Result<DeltaTable, Error> {
        let open = |source| Error::Open { table: name.to_owned(), source: Box::new(source) };
        let url = self
            .location
            .join(&format!("{name}/"))
            .map_err(|error| open(DeltaTableError::InvalidTableLocation(error.to_string())))?;
        DeltaTableBuilder::from_url(url)
            .map_err(open)?
            .with_storage_options((*self.options).clone())
            .build()
            .map_err(open)
    }

    async fn load(&self, name: &str) -> Result<Option<DeltaTable>, Error> {
        let open = |source| Error::Open { table: name.to_owned(), source: Box::new(source) };
        let mut table = self.builder(name)?;
        if !table.verify_deltatable_existence().await.map_err(open)? {
            return Ok(None);
        }
        match table.load().await {
            Ok(()) => Ok(Some(table)),
            // The log's folder exists before its first entry does.
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(source) => Err(open(source)),
        }
    }
}
