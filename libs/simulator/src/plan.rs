//! The default scenario: what the demo, the tests and the acceptance figures stand on.

use crate::{
    Marker,
    scenario::{Bots, Curve, MAX_AUTHORS, Outage, Region, Scenario, Surge},
};
use jiff::{ToSpan, civil::Date, civil::date};

/// People for each daily post: at this ratio about nine author-days in ten hold one post.
const AUTHORS_PER_DAILY_POST: f64 = 20.0;
/// Automated accounts for each daily post.
const BOTS_PER_DAILY_POST: f64 = 0.01;
/// Days before the end at which the last surge begins; it is still rising when the data end.
const LAST_SURGE_AGE_DAYS: u16 = 12;
/// Full length of that surge: its peak lies after the end.
const LAST_SURGE_LENGTH_DAYS: u16 = 32;

/// Where in the scenario (share of its days) a surge is planted, on what, where, how long and how high.
const SURGES: [(f64, Marker, Option<&str>, u16, f64); 6] = [
    (0.14, Marker::Anxiety, None, 24, 2.0),
    (0.27, Marker::Sadness, Some("ES-MD"), 20, 2.6),
    (0.40, Marker::Depression, Some("US-TX"), 28, 2.4),
    (0.52, Marker::Anger, None, 16, 2.2),
    (0.64, Marker::Loneliness, Some("AR-B"), 24, 2.8),
    (0.77, Marker::SuicideSelfHarm, None, 21, 3.0),
];

/// Where in the scenario an outage is planted, where, how long, and the share of posts it takes.
const OUTAGES: [(f64, Option<&str>, u16, f64); 3] =
    [(0.20, Some("US-CA"), 3, 0.7), (0.58, None, 2, 0.6), (0.86, Some("AR-B"), 4, 0.65)];

impl Scenario {
    /// The default scenario from 2024-01-01: four regions that differ in language and level; over a year six surges,
    /// three outages, and a last surge of stress that is still rising when the data end, so that a forecast has
    /// something to warn of. Short scenarios leave out what does not fit.
    #[must_use]
    pub fn default_for(seed: u64, days: u32, posts_per_day: f64) -> Self {
        let first_day = date(2024, 1, 1);
        let last_day = first_day.saturating_add((i64::from(days) - 1).max(0).days());
        Self {
            seed,
            first_day,
            days,
            posts_per_day,
            authors: ((posts_per_day * AUTHORS_PER_DAILY_POST).ceil().max(1.0) as u32).min(MAX_AUTHORS),
            weekday_volume: [1.02, 1.0, 1.0, 0.98, 0.94, 0.98, 1.08],
            edit_rate: 0.01,
            delete_rate: 0.02,
            decoy_rate: 0.02,
            wordless_rate: 0.01,
            code_switch_rate: 0.3,
            bots: Bots { count: (posts_per_day * BOTS_PER_DAILY_POST).round() as u32, posts_per_day: 5.0 },
            regions: [
                ("US-CA", 0.30, 0.30, 1.0),
                ("US-TX", 0.25, 0.20, 0.92),
                ("ES-MD", 0.25, 0.93, 1.05),
                ("AR-B", 0.20, 0.97, 1.15),
            ]
            .map(|(code, share, spanish_share, prevalence_ratio)| Region {
                code: code.to_owned(),
                zone: "UTC".to_owned(),
                share,
                spanish_share,
                prevalence_ratio,
            })
            .into(),
            ages: None,
            markers: Marker::ALL.iter().map(|marker| (*marker, curve(*marker))).collect(),
            surges: surges(first_day, last_day, days),
            outages: outages(first_day, last_day, days),
        }
    }
}

fn curve(marker: Marker) -> Curve {
    const WORKING_WEEK: [f64; 7] = [1.14, 1.08, 1.04, 1.02, 0.96, 0.86, 0.90];
    const WEEKEND: [f64; 7] = [0.90, 0.92, 0.95, 0.97, 1.06, 1.14, 1.06];
    const SUNDAY: [f64; 7] = [1.04, 0.98, 0.96, 0.96, 0.96, 1.00, 1.10];
    const LEVEL: [f64; 7] = [1.0; 7];
    let (baseline, season, season_peak, weekday) = match marker {
        Marker::Anxiety => (0.080, 0.15, 300, WORKING_WEEK),
        Marker::Depression => (0.060, 0.25, 20, SUNDAY),
        Marker::Stress => (0.090, 0.15, 320, WORKING_WEEK),
        Marker::SuicideSelfHarm => (0.025, 0.15, 120, LEVEL),
        Marker::Loneliness => (0.050, 0.25, 358, SUNDAY),
        Marker::Joy => (0.140, 0.15, 190, WEEKEND),
        Marker::Anger => (0.080, 0.10, 60, WORKING_WEEK),
        Marker::Fear => (0.050, 0.10, 280, LEVEL),
        Marker::Sadness => (0.070, 0.20, 10, SUNDAY),
    };
    Curve { baseline, season, season_peak, drift: 0.08, weekday }
}

fn surges(first_day: Date, last_day: Date, days: u32) -> Vec<Surge> {
    let last = last_day.saturating_sub(i64::from(LAST_SURGE_AGE_DAYS).days());
    let mut surges: Vec<Surge> = SURGES
        .into_iter()
        .map(|(at, marker, region, length_days, size)| Surge {
            marker,
            region: region.map(str::to_owned),
            start: at_share(first_day, days, at),
            length_days,
            size,
        })
        .filter(|surge| surge.last_day() < last && surge.start > first_day.saturating_add(27.days()))
        .collect();
    for (region, size) in [(None, 2.6), (Some("US-CA"), 1.3)] {
        surges.push(Surge {
            marker: Marker::Stress,
            region: region.map(str::to_owned),
            start: last.max(first_day),
            length_days: LAST_SURGE_LENGTH_DAYS,
            size,
        });
    }
    surges
}

fn outages(first_day: Date, last_day: Date, days: u32) -> Vec<Outage> {
    OUTAGES
        .into_iter()
        .map(|(at, region, length_days, severity)| Outage {
            region: region.map(str::to_owned),
            start: at_share(first_day, days, at),
            length_days,
            severity,
        })
        .filter(|outage| outage.start > first_day && outage.last_day() < last_day)
        .collect()
}

fn at_share(first_day: Date, days: u32, share: f64) -> Date {
    first_day.saturating_add(((f64::from(days) * share) as i64).days())
}

#[cfg(test)]
mod tests {
    use super::Scenario;
    use std::collections::BTreeSet;

    #[test]
    fn a_year_plants_what_the_acceptance_asks_for() {
        let scenario = Scenario::default_for(1, 365, 300.0);
        scenario.check().expect("makes sense");
        assert!(scenario.surges.iter().map(|surge| surge.marker).collect::<BTreeSet<_>>().len() >= 4);
        assert!(scenario.outages.len() >= 2);
        let last = scenario.surges.last().expect("planted");
        assert!(last.start < scenario.last_day() && last.last_day() > scenario.last_day());
    }

    #[test]
    fn any_size_makes_sense() {
        for days in [0, 1, 10, 40, 4000] {
            for posts_per_day in [0.5, 10.0, 1e5] {
                Scenario::default_for(1, days, posts_per_day).check().expect("makes sense");
            }
        }
    }
}
