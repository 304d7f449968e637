//! Sources in; post events and rejects out.
//!
//! **Reads** files ([`ingest_file`]: NDJSON, CSV and Parquet, plain, gzip or zstd, through a [`mapping`]) and Bluesky's
//! firehose ([`jetstream`]). **Writes** post events to `tidemark.posts` under their post's key and rejects to
//! `tidemark.rejects`; checkpoints, the cursor and the files of rejects to the data directory. **Guarantees** that every
//! row read becomes exactly one event or one reject with a reason, and that the counts say so; that an input read again,
//! after a crash or on purpose, gives the same event ids; that what is sent has handles, addresses and numbers masked
//! ([`mask`]) and authors under a keyed pseudonym ([`pseudonym`]); and that memory is bounded whatever the input.
//! **Does not** decide duplicates (the sink does, by what the lake holds), score anything, or keep a text anywhere but
//! in the rejects it files for their owner.
//!
//! The way of a record: [`decode`] → [`RawPost`] → [`normalise`] → a [`Sink`].
//!
//! ```
//! use tidemark_domain::EventId;
//! use tidemark_ingest::{Pseudonymiser, RawPost, Run, mapping::Clock, normalise};
//!
//! let record = RawPost {
//!     text: Some("thanks @someone, see https://example.org".into()),
//!     created_at: Some("2024-02-29T10:00:00Z".into()),
//!     ..RawPost::default()
//! };
//! let now = "2024-03-01T00:00:00Z".parse()?;
//! let pseudonymiser = Pseudonymiser::new(&[0; 32]);
//! let run = Run { source: "file", run_id: "r", clock: &Clock::default(), pseudonymiser: &pseudonymiser, now, undated: now };
//! let event = normalise(&record, Some("row 1"), EventId::of_row("r", 1), &run).map_err(|fault| fault.detail)?;
//! assert_eq!(event.text, "thanks @user, see http");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint;
pub mod config;
pub mod decode;
pub mod error;
pub mod file;
mod instant;
pub mod jetstream;
pub mod language;
pub mod mapping;
pub mod mask;
mod metrics;
mod normalise;
pub mod pseudonym;
mod record;
pub mod rejects;
mod sink;

pub use config::Settings;
pub use error::Error;
pub use file::{FileJob, Progress, RunReport, finished_run, ingest_file};
pub use instant::read_time;
pub use jetstream::{JetstreamReport, JetstreamSettings, run_jetstream};
pub use mapping::Mapping;
pub use normalise::{MAX_NAME_CHARS, MAX_TEXT_CHARS, Run, normalise};
pub use pseudonym::Pseudonymiser;
pub use record::{Fault, RawPost};
pub use sink::{Outcome, Sink, publish, to_record};

use jiff::Timestamp;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// The role of ingest: follows the configured stream until `stop`. Files are read by command, not by the role.
///
/// # Errors
/// Those of [`run_jetstream`].
pub async fn run(
    sink: &mut impl Sink,
    settings: &Settings,
    data_dir: &Path,
    pseudonymiser: &Pseudonymiser,
    clock: impl Fn() -> Timestamp + Send + Sync,
    stop: CancellationToken,
) -> Result<(), Error> {
    match &settings.jetstream {
        Some(jetstream) => run_jetstream(sink, jetstream, data_dir, pseudonymiser, clock, stop).await.map(|_| ()),
        None => {
            stop.cancelled().await;
            Ok(())
        }
    }
}
