//! Where the doors are.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of the doors.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The address to listen on. Anything but a loopback address asks every caller for the admin key.
    pub host: String,
    /// The port of REST, metrics and the page; 0 takes a free one.
    pub port: u16,
    /// The port of gRPC; 0 takes a free one.
    pub grpc_port: u16,
    /// CSV of how often markers err, as `tidemark series --error-rates` reads it; without it nothing is adjusted.
    pub error_rates: Option<PathBuf>,
    /// CSV of how many people live where, as `tidemark series --population` reads it; without it nothing is weighted.
    pub population: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: 8377, grpc_port: 8378, error_rates: None, population: None }
    }
}
