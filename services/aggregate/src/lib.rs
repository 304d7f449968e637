//! Annotated posts in, lake commits that cannot double and marker series out.
//!
//! **Reads** `tidemark.annotated` and `tidemark.rejects`, from the offsets that the lake itself holds. **Writes** the
//! tables `events` (the ledger and the posts) and `series_cells`. **Guarantees** that every record is in the ledger
//! once, with its disposition, whatever dies when; that a second writer is fenced; that a day touched by a late post,
//! an edit or a deletion is recomputed, and no other. **Does not** score posts, keep their texts, or forecast.
//!
//! The way through: [`index`] decides what becomes of a record, [`rows`] puts decided records into columns, [`role`]
//! commits them, [`series`] recomputes what they touched. [`mod@file`] does the same for a file, without log or lake, and
//! says with each number what stands [`beside`] it; [`relate`] says how markers go together in the same people of a file, and
//! which label follows which.

pub mod beside;
pub mod config;
pub mod error;
pub mod file;
pub mod index;
mod metrics;
pub mod relate;
pub mod role;
pub mod rows;
pub mod series;
mod table;

pub use config::Settings;
pub use error::Error;
pub use role::{GROUP, Sink, run};
