//! One file per command.

pub(crate) mod annotate;
pub(crate) mod doctor;
pub(crate) mod forecast;
pub(crate) mod ingest;
pub(crate) mod lexicon;
pub(crate) mod series;
pub(crate) mod simulate;
pub(crate) mod sql;
pub(crate) mod status;
