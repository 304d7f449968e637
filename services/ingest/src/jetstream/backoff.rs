//! Pauses between attempts: they double up to a bound, and are scattered so that clients do not come back together.

use super::JetstreamSettings;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;

/// The least share of a pause that jitter leaves of it.
const LEAST_SHARE: f64 = 0.5;
/// Doublings beyond which the longest pause is reached whatever the settings.
const MAX_DOUBLINGS: u32 = 20;

pub(super) struct Backoff {
    first_ms: u64,
    longest_ms: u64,
    failures: u32,
    rng: StdRng,
}

impl Backoff {
    pub(super) fn new(settings: &JetstreamSettings) -> Self {
        Self {
            first_ms: settings.backoff_first_ms,
            longest_ms: settings.backoff_longest_ms,
            failures: 0,
            rng: StdRng::seed_from_u64(settings.seed),
        }
    }

    /// Something worked: the next pause is the first again.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    pub(super) fn next_pause(&mut self) -> Duration {
        let whole_ms = self.first_ms.saturating_mul(1 << self.failures.min(MAX_DOUBLINGS)).min(self.longest_ms);
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(whole_ms).mul_f64(self.rng.random_range(LEAST_SHARE..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, JetstreamSettings};

    #[test]
    fn pauses_double_to_a_bound_and_begin_anew() {
        let settings = JetstreamSettings { backoff_first_ms: 100, backoff_longest_ms: 1_000, ..Default::default() };
        let mut backoff = Backoff::new(&settings);
        for whole in [100, 200, 400, 800, 1_000, 1_000] {
            let pause = backoff.next_pause().as_millis();
            assert!((whole / 2..=whole).contains(&pause), "{pause} of {whole}");
        }
        backoff.reset();
        assert!(backoff.next_pause().as_millis() <= 100);
        let (mut one, mut other) = (Backoff::new(&settings), Backoff::new(&settings));
        assert_eq!(one.next_pause(), other.next_pause());
    }
}
