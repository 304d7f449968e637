//! *Exit codes* are part of the command line's contract: a script can tell what went wrong without reading prose.

/// Why the program stopped. The numbers are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something nobody foresaw.
    Unexpected = 1,
    /// The configuration is wrong.
    Configuration = 3,
    /// An input cannot be read or used: missing, the wrong shape, no line that can be taken, a column that is not there, a
    /// value that means nothing.
    Input = 4,
    /// An output cannot be written: no space, no permission.
    Output = 5,
    /// A port is already in use.
    PortInUse = 6,
    /// The model, a lexicon or ONNX Runtime is missing or damaged.
    Model = 7,
    /// The broker or the server does not answer.
    Unreachable = 8,
    /// The lake cannot be used: another process holds it, or it does not belong to this log.
    Lake = 9,
    /// A marker did not pass its audit.
    Audit = 10,
    /// Ctrl-C or SIGTERM before the end, as shells number it.
    Stopped = 130,
}

/// The table printed by `tidemark --help`.
pub(crate) const HELP: &str = "Exit codes:
  0  done; rejected records are counted on standard error and kept
  1  something unforeseen
  2  the command line is wrong
  3  the configuration is wrong
  4  an input cannot be read, or every line of it was rejected (but by `annotate`, which says so and ends with 0), or an argument names what is not there (a model, a zone,
     a column, a marker, a date)
  5  an output cannot be written (disk full, no permission)
  6  a port is in use
  7  the model, a lexicon or ONNX Runtime is missing or damaged
  8  the broker or the server does not answer, or nothing comes into the lake of what was sent
  9  the lake is held by another process, or does not belong to this log
 10  a marker did not pass its audit
130  stopped by Ctrl-C before its end (`up` and `run` end with 0)";

/// An error with the code the program ends with. The chain below it is printed, once, by `main`.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What happened.
    pub(crate) error: anyhow::Error,
}

impl Failure {
    /// `error`, to end with `exit`. Where a disk is full somewhere down the chain, that is what is reported.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        Self { exit: if is_disk_full(&error) { Exit::Output } else { exit }, error }
    }
}

/// Gives an error its exit code.
pub(crate) trait OrExit<T> {
    /// `self`, failing with `exit` as [`Failure::new`] has it.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(exit, error))
    }
}

/// How the kernel and SQLite, which keeps the embedded broker's log, say it.
const DISK_FULL: [&str; 2] = ["No space left on device", "database or disk is full"];

/// Whether somewhere down the chain an error says that there is no space.
fn is_disk_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded))
            || DISK_FULL.iter().any(|said| cause.to_string().contains(said))
    })
}

#[cfg(test)]
mod tests {
    use super::{Exit, OrExit};

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(Err::<(), _>(full).or_exit(Exit::Lake).expect_err("an error").exit, Exit::Output);
        let other = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(Err::<(), _>(other).or_exit(Exit::Input).expect_err("an error").exit, Exit::Input);
    }
}
