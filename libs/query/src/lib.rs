//! The one place that asks: SQL over the lake, its views, and the prevalence query.
//!
//! **Reads** the tables of `tidemark-lake` through a [`Session`]: base tables, and the views of `sql/`. **Writes**
//! forecasts, alerts, signals, judgements and track records that it is handed, through the lake. **Guarantees** that a cell
//! below eleven units shows none of its numbers in the view `series`, that a question changes nothing and reaches nothing
//! outside the lake, that a lake without tables answers empty rows with the right columns, and that [`prevalence`] is a
//! pure function of the posts and periods handed to it. **Does not** decide thresholds or which days are suspect,
//! forecast, or know of the log.

mod answer;
mod beside;
mod bits;
mod columns;
mod error;
mod feed;
mod functions;
mod guard;
pub mod prevalence;
mod published;
mod readers;
mod session;
mod suspect;
pub mod tables;
mod track_records;
mod writers;

pub use answer::{Answer, Limits};
pub use beside::{PlaceCells, beside};
pub use columns::day_number;
pub use error::Error;
pub use feed::FeedFacts;
pub use published::{Catalogue, Counts, FeedDay, FeedStatus, PublishedPoint, SeriesFilter, SeriesSummary, SourceEntry};
pub use readers::Freshness;
pub use session::Session;
pub use suspect::suspects;
pub use tidemark_surveillance::prevalence::Estimate;
pub use tidemark_surveillance::prevalence::beside::{Beside, Known, Places};
pub use track_records::TrackRecords;
