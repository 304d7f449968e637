//! Records per second, from what a stage had handled a moment ago. Pure.

use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};

/// Rates are means over this long, in seconds.
const WINDOW_SECONDS: i64 = 15;
/// Where nobody has looked for longer than this, in seconds, nothing is known of the last moment.
const FORGET_SECONDS: i64 = 60;

/// What every stage had handled, lately.
#[derive(Debug, Default)]
pub(super) struct Rates(HashMap<String, VecDeque<(Timestamp, u64)>>);

impl Rates {
    /// Notes that `stage` has handled `position` records by `now`; answers records per second over the window, or
    /// `None` while there is nothing to compare with. A position that falls (a topic made anew) starts over.
    pub(super) fn note(&mut self, stage: &str, now: Timestamp, position: u64) -> Option<f64> {
        let past = self.0.entry(stage.to_owned()).or_default();
        let is_void = |(at, before): &(Timestamp, u64)| {
            *before > position || *at > now || now.duration_since(*at) > SignedDuration::from_secs(FORGET_SECONDS)
        };
        if past.back().is_some_and(is_void) {
            past.clear();
        }
        // One sample at or beyond the window's start stays: the rate is over the whole window.
        while past.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= SignedDuration::from_secs(WINDOW_SECONDS)) {
            past.pop_front();
        }
        if past.back().is_none_or(|(at, _)| *at < now) {
            past.push_back((now, position));
        }
        let (since, before) = *past.front()?;
        let seconds = now.duration_since(since).as_secs_f64();
        (seconds > 0.0).then(|| (position - before) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::Rates;
    use jiff::Timestamp;

    #[test]
    fn a_rate_is_growth_over_the_window() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut rates = Rates::default();
        assert_eq!(rates.note("a", at(0), 1000), None);
        assert_eq!(rates.note("a", at(10), 3000), Some(200.0));
        assert_eq!(rates.note("b", at(10), 5), None);
        for second in 11..=40 {
            rates.note("a", at(second), 3000);
        }
        assert_eq!(rates.note("a", at(41), 3000), Some(0.0));
        assert_eq!(rates.note("a", at(42), 10), None, "a topic made anew");
        assert_eq!(rates.note("a", at(43), 20), Some(10.0));
        assert_eq!(rates.note("a", at(4_000), 5_000), None, "nobody has looked for an hour");
        assert_eq!(rates.note("a", at(4_002), 5_010), Some(5.0));
    }
}
