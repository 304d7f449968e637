//! The program, whole: what its tests need to start it, ask it, kill it and start it again.
//!
//! **Reads** the built program (`target/debug/tidemark`, or `TIDEMARK_BIN`) and what it says. **Writes** temporary data
//! folders. **Guarantees** that no process of a test outlives it and that every wait has a deadline. **Does not** build
//! the program: `make test` does that first.

#![allow(clippy::disallowed_methods)] // another process is polled for a condition, and a poll needs a pause

pub mod own;
pub mod statistics;

mod platform;
mod program;
mod roles;

pub use platform::{Platform, signal};
pub use program::{Answer, Program};
pub use roles::Roles;
