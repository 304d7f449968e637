//! Post events in, annotated posts out.
//!
//! **Reads** `tidemark.posts` (or a file of JSON lines), the bundled lexica, the model's folder, and lexica and models of
//! one's own. **Writes** `tidemark.annotated` (or a file), and a model of one's own that is to be kept. **Guarantees**
//! that every post read is answered, in order per key, that a post's scores do not depend on which posts share its batch,
//! and that memory is bounded by three batches. Delivery is at least once: `aggregate` drops what it has seen. **Does
//! not** decide duplicates, keep texts, or judge a person.
//!
//! The way through: [`role`] fetches a batch, [`annotator`] scores it, and the next stage is told; [`mod@file`] does the
//! same from file to file. Markers that no head answers are made of the others in `derived`; what a post is about,
//! for those that ask, `topics` tells from its words.

pub mod annotator;
pub mod audit;
pub mod config;
mod derived;
pub mod error;
mod explain;
pub mod file;
mod metrics;
pub mod own;
mod prepared;
pub mod role;
mod topics;

pub use annotator::Annotator;
pub use config::{Bundled, Heads, Settings};
pub use error::Error;
pub use prepared::{Prepare, Prepared};
pub use topics::{Topic, Topics};
