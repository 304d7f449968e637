//! What crosses a process boundary: the Rust of `schemas/`, and the only conversions between it and the domain.
//!
//! **Reads and writes** bytes handed to it: protobuf of the log ([`log`]), the JSON lines of annotated files
//! ([`annotated_file`], [`lines`]). **Guarantees** that what it decodes is valid domain, or says which field is not;
//! that what it says of a file's columns ([`header`]) is nobody's post. **Does not** open files or sockets.

pub mod annotated_file;
pub mod header;
pub mod lines;
pub mod log;

/// The version of the program, as it stands in provenance.
pub const CODE_VERSION: &str = env!("CARGO_PKG_VERSION");
