//! The nouns and rules of Tidemark, in the order the data meets them.
//!
//! A [`post::PostEvent`] says that a public post was created, edited or deleted. Annotated, it carries
//! [`marker::Score`]s. Posts of one author in one [`time::Period`] become one vote, and votes become a
//! [`prevalence::Proportion`] with an interval: a [`series::SeriesPoint`]. A series is continued by
//! [`forecast::ForecastPoint`]s, and a forecast that probably exceeds a threshold opens an [`alert::Alert`]. What has
//! happened and is worth a look is a [`signal::Signal`]. How an alert rule did on a series' past is a
//! [`track_record::TrackRecord`].
//!
//! **Reads** nothing. **Writes** nothing. **Guarantees** that every rule here is a pure function of its arguments:
//! no IO, no clock, no randomness, no async. **Does not** know of Kafka, Arrow, SQL, HTTP or files: `wire` converts.

pub mod alert;
pub mod disclosure;
pub mod forecast;
pub mod ids;
pub mod language;
pub mod marker;
pub mod post;
pub mod prevalence;
pub mod reject;
pub mod series;
pub mod signal;
pub mod time;
pub mod track_record;
pub mod wording;

pub use alert::Alert;
pub use disclosure::CellStatus;
pub use forecast::ForecastPoint;
pub use ids::{AuthorKey, EventId, PostKey};
pub use language::Language;
pub use marker::{Provenance, Score};
pub use post::{AnnotatedPost, Operation, PostEvent};
pub use prevalence::{Proportion, Reliability};
pub use reject::RejectReason;
pub use series::{SeriesKey, SeriesPoint, Unit};
pub use signal::{Judgement, Signal, SignalKind};
pub use time::{Period, PeriodKind};
pub use track_record::TrackRecord;
pub use wording::Wording;
