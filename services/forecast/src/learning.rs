//! The panel's network: on what it is trained, and whom it serves.

use jiff::{ToSpan, civil::Date};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_surveillance::{
    History, Network,
    network::{LEAST_LESSONS, LEAST_PAST_DAYS, MEMBERS, OWN_LESSONS, PanelLessons, networks_of, shipped, train_member},
};

/// More series than these teach no more, and would cost time and memory: then some are taken, evenly.
const MOST_SERIES: usize = 256;

/// Trains on the days of a panel up to `until`, on every core. Where they are too few, or reach not far enough back, the
/// network that ships has its say; `None` of days that it knows itself.
pub(crate) fn learn(panel: &[&History], until: Date) -> Option<Network> {
    // A series of weeks has no days to teach.
    let panel: Vec<&History> = panel.iter().copied().filter(|history| history.step_days() == 1).collect();
    let latest_first = until.saturating_sub(LEAST_PAST_DAYS.days());
    let known = shipped(until);
    if !panel.iter().any(|history| history.first() <= latest_first) {
        return known.cloned();
    }
    let taken: Vec<&History> = panel.iter().copied().step_by(panel.len().div_ceil(MOST_SERIES).max(1)).collect();
    let each: Vec<PanelLessons> =
        taken.into_par_iter().enumerate().map(|(place, history)| PanelLessons::of(history, until, place)).collect();
    let mut lessons = PanelLessons::new();
    each.into_iter().for_each(|some| lessons.append(some));
    let least = if known.is_some() { OWN_LESSONS } else { LEAST_LESSONS };
    let own = if lessons.len() >= least { MEMBERS } else { 0 };
    let members: Vec<_> = (0..own).into_par_iter().filter_map(|seed| train_member(&lessons, seed)).collect();
    (own > 0 || known.is_some()).then(|| Network::of(members, &lessons, known))
}

/// The networks of many origins. Each has seen the days up to the first origin that it serves, and no later one.
#[derive(Debug, Default)]
pub(crate) struct Networks(BTreeMap<Date, Option<Network>>);

impl Networks {
    /// Trains what `origins` need, one after the other, as long as `go_on` does not say why not.
    pub(crate) fn of<E>(
        panel: &[&History],
        origins: &BTreeSet<Date>,
        go_on: impl Fn() -> Result<(), E>,
    ) -> Result<Self, E> {
        networks_of(origins.iter().copied(), |day| go_on().map(|()| learn(panel, day))).map(Self)
    }

    /// With networks of later days: an origin is served by these from the first of them on.
    pub(crate) fn and_later(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }

    /// The one that serves an origin, if the panel had taught one by then.
    pub(crate) fn at(&self, origin: Date) -> Option<&Network> {
        self.0.range(..=origin).next_back()?.1.as_ref()
    }
}
