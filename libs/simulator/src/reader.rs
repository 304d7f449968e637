//! A reader who errs, at rates that are known: what a lexicon or a model does to the truth.

use crate::{
    Marker, MarkerSet, SimulatedPost,
    draw::{Purpose, rng},
};
use rand::Rng;

/// Reads posts with errors that are independent between posts and markers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reader {
    /// Seed of its errors.
    pub seed: u64,
    /// Probability to find a marker that is there.
    pub sensitivity: f64,
    /// Probability to find none that is not there.
    pub specificity: f64,
}

impl Reader {
    /// What it finds in a post: the same however often it is asked.
    #[must_use]
    pub fn read(&self, post: &SimulatedPost) -> MarkerSet {
        // FNV-1a: which stream of errors is the text's own.
        let digest = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let digest = post.id.as_bytes().iter().chain(post.text.as_bytes()).fold(0xcbf2_9ce4_8422_2325, digest);
        let mut draws = rng(self.seed, Purpose::Reading(digest));
        let found = |marker: &Marker| {
            let rate = if post.expressed.contains(*marker) { self.sensitivity } else { 1.0 - self.specificity };
            draws.random::<f64>() < rate
        };
        Marker::ALL.iter().copied().filter(found).collect()
    }
}
