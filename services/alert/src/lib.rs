//! Forecasts in, alerts out: one per episode. What was observed in, signals out: one per spell of days.
//!
//! **Reads** the views `series`, `forecast`, `alert`, `feed_facts`, `signal` and `judgement` of the lake, and the rules of
//! the configuration. **Writes** the tables `alerts`, `signals` and `judgements`, lines of the program's log and, where one
//! is configured, a webhook. **Guarantees** that an episode is raised once and resolved once, whatever restarts in
//! between, because what was decided before is read from the lake; that nobody is warned of days that are over; that a
//! notice holds no text, handle or id of anybody. A webhook that does not answer is tried again at every turn, across
//! restarts: what it has not taken waits in a file; it may hear of an alert twice, and tells repeats by id and state.
//! **Does not** forecast, and does not alert of what was observed: an alert is about days to come, and a
//! [signal](signals) about days that are over; it is told to nobody, and read by whoever asks.
//! What a rule would have raised on a series' past, and how much of it was right, is its [record](track_record): pure, and
//! called by the program, which has forecasts to hand it. So is what is said of series that come as a [file](offline).

pub mod config;
pub mod decide;
pub mod error;
mod metrics;
pub mod notify;
pub mod offline;
mod outbox;
pub mod role;
pub mod rule;
pub mod signals;
pub mod track_record;
pub mod watch;

pub use config::Settings;
pub use error::Error;
pub use rule::{Rule, Threshold};
