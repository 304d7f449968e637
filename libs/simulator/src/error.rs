//! What can go wrong: a scenario that makes no sense, or an output that cannot be written.

use crate::Marker;

/// A fault of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The scenario is not the TOML it should be.
    #[error("the scenario is not valid TOML; compare it with the scenario.json that `tidemark simulate` writes")]
    ReadToml(#[source] toml::de::Error),
    /// The scenario is not the JSON it should be.
    #[error("the scenario is not valid JSON; compare it with the scenario.json that `tidemark simulate` writes")]
    ReadJson(#[source] serde_json::Error),
    /// The scenario contradicts itself.
    #[error("the scenario cannot be simulated: {0}")]
    Scenario(#[from] Fault),
    /// An output line could not be written.
    #[error("cannot write {file}; check the free space and the permissions of the output folder")]
    Write {
        /// Which output: `posts.ndjson`, `truth.csv`, `events.csv` or `scenario.json`.
        file: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An output line could not be put in its format.
    #[error("cannot encode a line of {file}")]
    Encode {
        /// Which output.
        file: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// What is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// No regions.
    #[error("`regions` is empty; name at least one")]
    NoRegions,
    /// Shares must be positive.
    #[error("region {region}: `share` and `prevalence_ratio` must be above 0")]
    Share {
        /// The region's code.
        region: String,
    },
    /// The zone is not in the IANA data base.
    #[error("region {region}: {zone} is not an IANA time zone; write for example Europe/Madrid")]
    Zone {
        /// The region's code.
        region: String,
        /// What was given.
        zone: String,
    },
    /// A surge or an outage names a region that is not there.
    #[error("a surge or an outage names region {region}, which is not among `regions`")]
    UnknownRegion {
        /// The code.
        region: String,
    },
    /// A probability outside `[0, 1]`.
    #[error("`{field}` is {value}; it must lie between 0 and 1")]
    NotAShare {
        /// The field.
        field: &'static str,
        /// What was given.
        value: f64,
    },
    /// A number that must be positive and finite.
    #[error("`{field}` must be above 0 and at most {most}")]
    NotPositive {
        /// The field.
        field: &'static str,
        /// The largest value that is taken.
        most: f64,
    },
    /// A marker without a curve.
    #[error("`markers` has no entry for {}", .0.name())]
    NoCurve(Marker),
    /// The calendar ends before the scenario does.
    #[error("the scenario runs past the year 9999; choose an earlier `first_day` or fewer `days`")]
    TooLong,
}
