//! Signals against what was planted.

use super::{
    methods::{FIRST_DAY, Scores, assessment},
    world::{Artefact, SCORED_DAYS, Series, WARM_UP_DAYS},
};
use std::ops::RangeInclusive;

/// Days above the cutoff at most so far apart are one signal.
const JOINED_DAYS: usize = 3;
/// A marker signal so many days after an artefact is still its echo.
const ECHO_DAYS: usize = 7;

/// What signals above some cutoff are worth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worth {
    /// Share of surges with a signal.
    pub(crate) sensitivity: f64,
    /// Share of signals with a day in a surge.
    pub(crate) ppv: f64,
    /// Share of days above the cutoff that lie in a surge.
    pub(crate) ppv_days: f64,
    pub(crate) signals: usize,
    pub(crate) false_per_year: f64,
    /// Days from the first of a surge to its first signal, the median of those found.
    pub(crate) delay_days: usize,
    /// Artefacts with a marker signal on their days, or soon after.
    pub(crate) artefacts_alerted: usize,
}

fn in_surge(series: &Series, day: usize) -> bool {
    series.surges.iter().any(|surge| surge.days.contains(&day))
}

fn highest(scores: &[f64], days: RangeInclusive<usize>) -> f64 {
    scores[days].iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The cutoff at which a share of the surges is found.
pub(crate) fn cutoff(world: &[Series], scores: &Scores, sensitivity: f64) -> f64 {
    let surges = world.iter().zip(scores);
    let mut best: Vec<f64> = surges
        .flat_map(|(series, scores)| series.surges.iter().map(|surge| highest(scores, surge.days.clone())))
        .collect();
    best.sort_by(|a, b| b.total_cmp(a));
    best[(sensitivity * best.len() as f64).ceil() as usize - 1]
}

pub(crate) fn worth(world: &[Series], scores: &Scores, cutoff: f64) -> Worth {
    let (mut signals, mut right, mut days, mut right_days) = (0, 0, 0, 0);
    let (mut surges, mut delays, mut artefacts_alerted) = (0, Vec::new(), 0);
    for (series, scores) in world.iter().zip(scores) {
        let mut last = None;
        let mut counted = false;
        let scored = scores.iter().copied().enumerate().skip(WARM_UP_DAYS).take(SCORED_DAYS);
        for (day, _) in scored.filter(|(_, score)| *score >= cutoff) {
            let new = last.is_none_or(|last| day - last > JOINED_DAYS);
            (signals, counted, last) = (signals + usize::from(new), counted && !new, Some(day));
            days += 1;
            if in_surge(series, day) {
                right_days += 1;
                right += usize::from(!counted);
                counted = true;
            }
        }
        surges += series.surges.len();
        for surge in &series.surges {
            delays.extend(surge.days.clone().find(|day| scores[*day] >= cutoff).map(|day| day - surge.days.start()));
        }
        for fault in &series.faults {
            let end = if fault.what.kind == Artefact::NewModel { *fault.days.start() } else { *fault.days.end() };
            let days = *fault.days.start()..=(end + ECHO_DAYS).min(scores.len() - 1);
            artefacts_alerted += usize::from(highest(scores, days) >= cutoff);
        }
    }
    delays.sort_unstable();
    let years = (world.len() * SCORED_DAYS) as f64 / 365.0;
    Worth {
        sensitivity: delays.len() as f64 / surges as f64,
        ppv: right as f64 / signals as f64,
        ppv_days: f64::from(right_days) / f64::from(days),
        signals,
        false_per_year: (signals - right) as f64 / years,
        delay_days: delays.get(delays.len() / 2).copied().unwrap_or_default(),
        artefacts_alerted,
    }
}

/// What is said of feeds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Feeds {
    pub(crate) artefacts: usize,
    /// Artefacts with exactly one data-quality signal.
    pub(crate) one_signal: usize,
    /// Kinds of those with none.
    pub(crate) missed: Vec<Artefact>,
    pub(crate) days: usize,
    /// Days of artefacts that are suspect.
    pub(crate) days_suspect: usize,
    /// Data-quality signals away from any artefact.
    pub(crate) false_signals: usize,
    /// Those on days of a surge.
    pub(crate) in_surges: usize,
    pub(crate) false_per_year: f64,
}

pub(crate) fn feeds(world: &[Series]) -> Feeds {
    let mut found = Feeds::default();
    for series in world {
        let assessment = assessment(series);
        let flags = assessment.flags();
        let day = |date: jiff::civil::Date| (date - FIRST_DAY).get_days() as usize;
        let episodes: Vec<RangeInclusive<usize>> = assessment
            .episodes()
            .iter()
            .map(|episode| day(episode.first)..=day(episode.last))
            .filter(|days| *days.end() >= WARM_UP_DAYS)
            .collect();
        let touch = |a: &RangeInclusive<usize>, b: &RangeInclusive<usize>| a.start() <= b.end() && b.start() <= a.end();
        let faults = series.faults.iter().map(|fault| {
            let end = if fault.what.kind == Artefact::NewModel { *fault.days.start() } else { *fault.days.end() };
            (fault.what.kind, *fault.days.start()..=end)
        });
        let faults: Vec<_> = faults.collect();
        for (kind, days) in &faults {
            let signals = episodes.iter().filter(|episode| touch(episode, days)).count();
            found.artefacts += 1;
            found.one_signal += usize::from(signals == 1);
            if signals == 0 {
                found.missed.push(*kind);
            }
            found.days += days.clone().count();
            found.days_suspect += days.clone().filter(|day| flags[*day]).count();
        }
        for episode in episodes.iter().filter(|episode| !faults.iter().any(|(_, days)| touch(episode, days))) {
            found.false_signals += 1;
            found.in_surges += usize::from(series.surges.iter().any(|surge| touch(episode, &surge.days)));
        }
    }
    found.false_per_year = found.false_signals as f64 / ((world.len() * SCORED_DAYS) as f64 / 365.0);
    found
}
