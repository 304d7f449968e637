//! Posts as they come: the same people, at a steady rate, for as long as somebody asks.

use crate::{SimulatedPost, Simulation};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// At most this many posts are handed out by one call; after a long pause the older ones are left out.
pub const MAX_POSTS_PER_CALL: usize = 10_000;

/// A live source. It reads no clock: the caller says what time it is.
///
/// Post number `n` of a UTC day is written at second `n / rate` of that day and has an id made of both, so that a
/// source that starts again on the same day repeats the posts it made and does not invent others.
#[derive(Debug)]
pub struct Live<'a> {
    simulation: &'a Simulation,
    posts_per_second: f64,
    upto: Timestamp,
}

impl<'a> Live<'a> {
    /// A source that has handed out everything before `from`. `posts_per_second` is kept between 0.001 and 1,000.
    #[must_use]
    pub const fn new(simulation: &'a Simulation, from: Timestamp, posts_per_second: f64) -> Self {
        Self { simulation, posts_per_second: posts_per_second.clamp(0.001, 1000.0), upto: from }
    }

    /// The posts written since the last call and before `now`, in time order. None where time went backwards.
    pub fn due(&mut self, now: Timestamp) -> Vec<SimulatedPost> {
        let mut posts = Vec::new();
        while self.upto < now {
            let day = self.upto.to_zoned(TimeZone::UTC).date();
            let (first, end) = (start(day), start(day.saturating_add(jiff::ToSpan::days(1))));
            let until = now.min(end);
            let low = self.first_number(first, self.upto);
            let high = self.first_number(first, until);
            let low = low.max(high.saturating_sub(MAX_POSTS_PER_CALL as u32));
            posts.extend((low..high).filter_map(|number| self.post(day, first, number)));
            if end <= first {
                break;
            }
            self.upto = until;
        }
        if posts.len() > MAX_POSTS_PER_CALL {
            posts.drain(..posts.len() - MAX_POSTS_PER_CALL);
        }
        posts
    }

    fn post(&self, day: Date, first: Timestamp, number: u32) -> Option<SimulatedPost> {
        let seconds = jiff::SignedDuration::try_from_secs_f64(f64::from(number) / self.posts_per_second).ok()?;
        let at = first.checked_add(seconds).ok()?;
        let address = u32::try_from((day - self.simulation.scenario().first_day).get_days()).ok()?;
        self.simulation.live_post(address, number, at)
    }

    /// The smallest number of a post of the day that is not written before `instant`.
    fn first_number(&self, first: Timestamp, instant: Timestamp) -> u32 {
        (instant.duration_since(first).as_secs_f64() * self.posts_per_second).ceil().max(0.0) as u32
    }
}

fn start(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::{Live, MAX_POSTS_PER_CALL};
    use crate::{Scenario, Simulation};
    use jiff::{Timestamp, ToSpan};

    fn simulation() -> Simulation {
        Simulation::new(Scenario::default_for(5, 30, 300.0)).expect("makes sense")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn small_steps_give_what_one_step_gives() {
        let simulation = simulation();
        let (from, to) = (at("2024-02-10T23:58:00Z"), at("2024-02-11T00:03:00Z"));
        let whole = Live::new(&simulation, from, 0.7).due(to);
        let mut live = Live::new(&simulation, from, 0.7);
        let mut now = from;
        let mut pieces = Vec::new();
        while now < to {
            now = (now + 7.seconds()).min(to);
            pieces.extend(live.due(now));
        }
        assert_eq!(pieces, whole);
        assert!((205..=215).contains(&whole.len()), "{}", whole.len());
        assert!(whole.is_sorted_by_key(|post| post.at));
        assert!(whole.iter().all(|post| from <= post.at && post.at < to));
    }

    #[test]
    fn time_that_stands_still_or_goes_back_gives_nothing() {
        let simulation = simulation();
        let mut live = Live::new(&simulation, at("2024-02-10T12:00:00Z"), 1.0);
        assert_eq!(live.due(at("2024-02-10T12:00:10Z")).len(), 10);
        assert!(live.due(at("2024-02-10T12:00:10Z")).is_empty());
        assert!(live.due(at("2024-02-10T11:00:00Z")).is_empty());
        assert_eq!(live.due(at("2024-02-10T12:00:11Z")).len(), 1);
    }

    #[test]
    fn a_long_pause_is_not_made_up_for() {
        let simulation = simulation();
        let mut live = Live::new(&simulation, at("2024-02-10T00:00:00Z"), 2.0);
        let posts = live.due(at("2024-02-14T00:00:00Z"));
        assert_eq!(posts.len(), MAX_POSTS_PER_CALL);
        assert!(posts.last().expect("many").at > at("2024-02-13T23:59:58Z"));
    }
}
