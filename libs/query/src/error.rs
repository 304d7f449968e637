//! Why a question has no answer.

use std::time::Duration;

/// Asking or writing failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lake cannot be read or written.
    #[error("the lake cannot be used")]
    Lake(#[from] tidemark_lake::Error),
    /// The text is not SQL.
    #[error("this is not SQL that can be read")]
    Syntax(#[source] datafusion::error::DataFusionError),
    /// Anything but one statement.
    #[error("one statement at a time: found {found}")]
    StatementCount {
        /// How many there were.
        found: usize,
    },
    /// A statement that changes something, or is no question.
    #[error("only SELECT, EXPLAIN and SHOW are answered")]
    NotAQuestion,
    /// A table function that reaches outside the lake.
    #[error("table functions are not offered: ask the tables and views listed by SHOW TABLES")]
    TableFunction,
    /// The question does not fit the tables.
    #[error("the question cannot be planned: SHOW TABLES and SHOW COLUMNS FROM name say what there is")]
    Plan(#[source] datafusion::error::DataFusionError),
    /// Answering failed half-way.
    #[error("the question could not be answered")]
    Execute(#[source] datafusion::error::DataFusionError),
    /// The answer took too long.
    #[error("no answer within {limit:?}: ask for fewer days or markers")]
    Deadline {
        /// The limit.
        limit: Duration,
    },
    /// The task that was to answer ended without an answer.
    #[error("the question broke off: this is a fault of the program")]
    Gone,
    /// A view of ours does not fit its tables: a fault of the program.
    #[error("the view `{view}` cannot be made")]
    View {
        /// Which.
        view: &'static str,
        /// Why.
        #[source]
        source: datafusion::error::DataFusionError,
    },
    /// A value in the lake is not one the domain knows.
    #[error("column `{column}` of the lake holds a value this version does not know: was it written by a newer one?")]
    Value {
        /// Which column.
        column: &'static str,
    },
    /// Rows could not be put into columns.
    #[error("rows could not be put into columns")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl Error {
    /// Whether another writer committed first: nothing was written, and looking again is the remedy.
    #[must_use]
    pub const fn is_fenced(&self) -> bool {
        matches!(self, Self::Lake(tidemark_lake::Error::Fenced { .. }))
    }
}
