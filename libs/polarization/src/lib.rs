//! How polarized conversations are, and whether an event was anticipated or reacted to.
//!
//! A reply and the post it answers are one *interaction*, scored 0 to 10 from what both say ([`interaction`]). A
//! conversation's score is the mean over its interactions ([`conversation`]). Conversations that began shortly before,
//! during and shortly after an event are compared ([`event`]); all of them, and those on one topic, are summed up
//! ([`summary`]). Definitions and table: arXiv 2601.00927.
//!
//! **Reads** posts with their labels. **Writes** nothing. **Guarantees** that the same posts in any order have the same
//! answer, that an interaction about which too little is known has no score (unless the published reading is asked for),
//! and that no window and no summary of fewer than 11 conversations shows its numbers. **Does not** read files, label
//! posts, or say anything of a person.

pub mod conversation;
pub mod event;
pub mod interaction;
pub mod summary;
pub mod thread;

pub use conversation::{Conversations, Post};
pub use event::{Event, Kind, Nature, Outcome, Window};
pub use interaction::{Labels, Mode};
pub use summary::{Summary, TopicSummary};
pub use thread::Threads;
