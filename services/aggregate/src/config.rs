//! What can be set.

use crate::Error;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tidemark_domain::time::Zones;

/// Settings of the aggregate role: `[aggregate]` in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A commit closes when it holds this many records…
    pub commit_records_max: usize,
    /// …or when its first record has waited this long, in milliseconds.
    pub commit_age_ms_max: u64,
    /// While records keep coming, series are recomputed at most this often, in seconds; at once when none are left.
    pub refresh_interval_s: u64,
    /// IANA name of the zone whose civil days are counted.
    pub time_zone: String,
    /// Reposts, copies and posts of links alone count as any other post: those that are recorded from now on.
    pub with_copies: bool,
    /// Regions whose days are counted in a zone of their own, by place code.
    pub regions: BTreeMap<String, Region>,
}

/// What is particular to a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// IANA name of its zone.
    pub time_zone: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            commit_records_max: 20_000,
            commit_age_ms_max: 1_000,
            refresh_interval_s: 10,
            time_zone: "UTC".to_owned(),
            with_copies: false,
            regions: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Looks the zones up.
    ///
    /// # Errors
    /// [`Error::TimeZone`] for a name that is not in the IANA database.
    pub fn zones(&self) -> Result<Zones, Error> {
        let zone = |name: &str| TimeZone::get(name).map_err(|source| Error::TimeZone { name: name.to_owned(), source });
        let regions = self.regions.iter().map(|(code, region)| Ok((code.clone(), zone(&region.time_zone)?)));
        Ok(Zones::new(zone(&self.time_zone)?, regions.collect::<Result<_, Error>>()?))
    }
}
