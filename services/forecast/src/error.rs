//! Why forecasting stops.

/// The role or a file run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lake cannot be read or written.
    #[error("the lake cannot be used")]
    Query(#[from] tidemark_query::Error),
    /// The file's header lacks a column.
    #[error(
        "the series file has no column `{column}`; its first line must name date, series and value, and every date of every \
         series has a row (a table with a column for each series is to be reshaped); {found}"
    )]
    MissingColumn {
        /// Which.
        column: &'static str,
        /// What may be said of the columns it has.
        found: String,
    },
    /// The input ended in an IO error.
    #[error("the series file cannot be read after line {line}")]
    Read {
        /// The last line that could be read.
        line: u64,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// No row of the file could be used.
    #[error("the series file holds no value: {rejected} rows were rejected")]
    NoSeries {
        /// Rows rejected.
        rejected: u64,
    },
    /// The file measures on another scale.
    #[error(
        "the series file holds no shares: {above} of {values} values are above 1; where they are percentages, divide them \
         by 100"
    )]
    NotShares {
        /// Values above 1.
        above: u64,
        /// All of them.
        values: u64,
    },
    /// A row of a file of forecasts cannot be right.
    #[error("{file}, line {line}: {what}")]
    Forecasts {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A file of forecasts ended in an IO error.
    #[error("{file} cannot be read after line {line}")]
    ForecastsRead {
        /// The file.
        file: String,
        /// The last line that could be read.
        line: u64,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// What a back-test had finished belongs to a run that goes on.
    #[error("another run is writing {path}; wait for it, or name another output")]
    Running {
        /// The journal.
        path: std::path::PathBuf,
    },
    /// Whoever asked for it wants no more.
    #[error("stopped before its end")]
    Stopped,
    /// An output could not be written: no space, or no permission.
    #[error("the output cannot be written; make room and run again")]
    Write(#[source] std::io::Error),
    /// What was asked makes no forecasts.
    #[error(transparent)]
    Request(#[from] RequestFault),
    /// A thread that fitted series panicked.
    #[error("a fitting thread ended unexpectedly")]
    Fitting(#[from] tokio::task::JoinError),
}

/// A request that cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// A horizon outside what is answered.
    #[error("a horizon of {days} days; it can be 1 to {most}")]
    Horizon {
        /// What was asked.
        days: u16,
        /// The most.
        most: usize,
    },
    /// A back-test that goes backwards, or nowhere.
    #[error(
        "origins from {from} to {to} every {step_days} days: there is none; give a later end or a step of at least 1"
    )]
    NoOrigins {
        /// First origin.
        from: jiff::civil::Date,
        /// Last origin.
        to: jiff::civil::Date,
        /// Days between.
        step_days: u16,
    },
    /// An empty list of models.
    #[error(
        "no model was asked for; there are tidemark, statistical, seasonal_naive, smoothing, lag_regression, mstl_ets, \
         drift, theta, calendar_regression"
    )]
    NoModels,
    /// Sums are asked for, and there is nothing to sum.
    #[error(
        "no series stands beside those of its regions: forecasts add up between series named REGION/LANGUAGE/MARKER or \
         SOURCE/REGION/LANGUAGE/MARKER that differ in the region alone, one of them with the region `all`, as `tidemark \
         series` writes them"
    )]
    NoFamily,
    /// A series that was named has nothing to add up with.
    #[error("no series of regions stand beside {series}, which was to add up with them")]
    NoRegions {
        /// The series.
        series: String,
    },
    /// Nobody knows what a region weighs.
    #[error(
        "the series {series} has no `total` on any day: what regions weigh in their sum is told from how many people each day \
         counts"
    )]
    NoTotals {
        /// The series.
        series: String,
    },
    /// Regions that are not all of the whole, or more than it.
    #[error(
        "the series {series} is not made up of its regions: {apart}. Where some series do, name those that are to add up"
    )]
    Apart {
        /// The series of all regions.
        series: String,
        /// Why not.
        apart: tidemark_surveillance::reconcile::Apart,
    },
}
