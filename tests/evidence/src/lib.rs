//! What libraries that must not know each other are worth together: the prevalence of people, measured on the posts that
//! the simulator writes.
//!
//! **Reads** simulated posts, as a source would deliver them, and the truth about them. **Writes** nothing.
//! **Guarantees** the same figures for the same seeds. **Does not** run services or models: what a marker gets wrong is a
//! [`Reader`](tidemark_simulator::Reader)'s errors.

pub mod figures;
pub mod population;
pub mod samples;
