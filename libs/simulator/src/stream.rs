//! All events of a scenario in the order in which they happen. Memory holds about a day of posts and the edits and
//! deletions still to come.

use crate::{post::Event, post::SimulatedPost, simulation::Simulation};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The events of a simulation, in time order.
#[derive(Debug)]
pub struct Posts<'a> {
    simulation: &'a Simulation,
    next_day: u32,
    pending: BTreeMap<(Timestamp, String, Event), SimulatedPost>,
}

impl Simulation {
    /// All events, in time order; edits and deletions at their own time.
    #[must_use]
    pub const fn posts(&self) -> Posts<'_> {
        Posts { simulation: self, next_day: 0, pending: BTreeMap::new() }
    }
}

impl Posts<'_> {
    fn draw_day(&mut self) {
        for life in self.simulation.lives(self.next_day) {
            for post in [Some(life.post), life.edit, life.deletion].into_iter().flatten() {
                self.pending.insert((post.at, post.id.clone(), post.event), post);
            }
        }
        self.next_day += 1;
    }
}

impl Iterator for Posts<'_> {
    type Item = SimulatedPost;

    fn next(&mut self) -> Option<SimulatedPost> {
        // An event may leave once no later day can hold an earlier one.
        while self.next_day < self.simulation.scenario.days
            && self.pending.keys().next().is_none_or(|first| first.0 >= self.simulation.earliest(self.next_day))
        {
            self.draw_day();
        }
        self.pending.pop_first().map(|(_, post)| post)
    }
}
