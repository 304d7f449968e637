//! Delta tables.
mod error;
pub use error::Error;
/// The lake at one location.
#[derive(Debug, Clone)]
pub struct Lake;
