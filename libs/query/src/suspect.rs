//! Which points of a series stand on days on which its feed changed and not the people, and why: what the view `suspect`
//! says, of points and signals that were read already.

use crate::PublishedPoint;
use jiff::civil::Date;
use std::collections::BTreeMap;
use tidemark_domain::{Signal, SignalKind};

/// Why the feed is suspect in each of `points`, which are those of one series: the reasons of the data-quality signal that
/// calls a day of the period suspect, of the earliest such day. `signals` are those that stand, as
/// [`Session::signals`](crate::Session::signals) answers them.
#[must_use]
pub fn suspects(points: &[PublishedPoint], signals: &[Signal]) -> Vec<Option<String>> {
    let Some(first) = points.first() else { return Vec::new() };
    let of_feed = |signal: &&Signal| signal.kind == SignalKind::DataQuality && signal.source == first.key.source;
    let mut days: BTreeMap<Date, &Signal> = BTreeMap::new();
    for signal in signals.iter().filter(of_feed) {
        for day in &signal.suspect_days {
            days.entry(*day).or_insert(signal);
        }
    }
    let why = |point: &PublishedPoint| {
        let (_, signal) = days.range(point.period.start()..=point.period.end).next()?;
        Some(signal.reasons.join("; "))
    };
    points.iter().map(why).collect()
}
