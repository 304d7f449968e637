//! Why the lake cannot be used.

use deltalake::DeltaTableError;

/// Reading or writing the lake failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The location is neither a folder that can be made nor an address of a store that is known.
    #[error("`{location}` cannot hold a lake: give a folder that can be written, or the address of a known store")]
    Location {
        /// What was given.
        location: String,
        /// Why not.
        #[source]
        source: Box<DeltaTableError>,
    },
    /// Nothing can be written there.
    #[error("`{location}` cannot be written: is the disk full, the folder somebody else's, or the store read-only?")]
    ReadOnly {
        /// The lake.
        location: String,
        /// Why not.
        #[source]
        source: Box<DeltaTableError>,
    },
    /// A table cannot be opened.
    #[error(
        "table `{table}` cannot be opened: if its files are damaged, restore the lake from a copy, or set it aside and ingest \
         again"
    )]
    Open {
        /// Which.
        table: String,
        /// Why.
        #[source]
        source: Box<DeltaTableError>,
    },
    /// A table cannot be created.
    #[error("table `{table}` cannot be created: is the disk full, or the folder somebody else's?")]
    Create {
        /// Which.
        table: String,
        /// Why.
        #[source]
        source: Box<DeltaTableError>,
    },
    /// A commit failed for another reason than a competitor; nothing of it is in the table.
    #[error("table `{table}` cannot be appended to: is the disk full, or the store away?")]
    Append {
        /// Which.
        table: String,
        /// Why.
        #[source]
        source: Box<DeltaTableError>,
    },
    /// Somebody else committed since the version this writer knows: it must reopen and look before it writes again.
    #[error("another writer committed to table `{table}` after version {base}: this one steps back")]
    Fenced {
        /// Which table.
        table: String,
        /// The version this writer stood on.
        base: u64,
    },
    /// The table already holds this application transaction or a later one.
    #[error("table `{table}` already holds transaction {held} of `{app_id}`: {offered} would double it")]
    AlreadyCommitted {
        /// Which table.
        table: String,
        /// Who.
        app_id: String,
        /// What it holds.
        held: i64,
        /// What was offered.
        offered: i64,
    },
    /// Compaction or a checkpoint failed; the data is untouched.
    #[error("table `{table}` cannot be tidied (its data is untouched): is the disk full, or the store away?")]
    Maintain {
        /// Which.
        table: String,
        /// Why.
        #[source]
        source: Box<DeltaTableError>,
    },
    /// What the table was then is no longer kept.
    #[error("table `{table}` no longer keeps what it was at {at}")]
    Forgotten {
        /// Which.
        table: String,
        /// The time asked for.
        at: jiff::Timestamp,
    },
    /// There is no version of the table at that time.
    #[error("table `{table}` cannot be read as of the time asked for: was there a lake then?")]
    AsOf {
        /// Which.
        table: String,
        /// Why.
        #[source]
        source: Box<DeltaTableError>,
    },
}
