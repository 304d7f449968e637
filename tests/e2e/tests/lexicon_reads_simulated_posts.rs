//! The lexica were written without the simulator and the simulator without the lexica. How well does one read the other?

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use tidemark_domain::{Language, time::day_in};
use tidemark_e2e::statistics::{correlation, rmse};
use tidemark_lexicon::Lexica;
use tidemark_simulator::{Event, Marker, MarkerSet, Scenario, SimulatedPost, Simulation};

const SEED: u64 = 41;
const DAYS: u32 = 400;
const POSTS_PER_DAY: f64 = 300.0;
const CORRELATION_AT_LEAST: f64 = 0.9;
const SENSITIVITY_AT_LEAST: f64 = 0.85;
const SPECIFICITY_AT_LEAST: f64 = 0.985;

/// What the lexica find of the simulator's constructs.
fn read(lexica: &Lexica, post: &SimulatedPost) -> MarkerSet {
    let found = lexica.score(&post.text, post.lang);
    let name = |index: usize| lexica.categories()[index].name.strip_prefix("lexicon.").unwrap_or_default();
    found
        .scored
        .iter()
        .filter(|scored| scored.present)
        .filter_map(|scored| Marker::ALL.iter().copied().find(|marker| marker.name() == name(scored.category)))
        .collect()
}

/// The posts that remain when every event was applied.
fn remaining(simulation: &Simulation) -> Vec<SimulatedPost> {
    let mut posts = BTreeMap::new();
    for event in simulation.posts() {
        if event.event == Event::Delete {
            posts.remove(&event.id);
        } else {
            posts.insert(event.id.clone(), event);
        }
    }
    posts.into_values().filter(|post| !post.is_bot && !post.wordless).collect()
}

#[test]
fn posts_are_read_with_known_error_rates_and_series_follow_the_truth() {
    let simulation = Simulation::new(Scenario::default_for(SEED, DAYS, POSTS_PER_DAY)).expect("a scenario");
    let lexica = Lexica::bundled();
    // By language and marker: [expressed and found, expressed, not expressed and not found, not expressed].
    let mut rates: BTreeMap<(Language, Marker), [u32; 4]> = BTreeMap::new();
    let mut authors: BTreeMap<_, BTreeMap<String, MarkerSet>> = BTreeMap::new();
    for post in remaining(&simulation) {
        let found = read(&lexica, &post);
        for marker in Marker::ALL {
            let rate = rates.entry((post.lang, *marker)).or_default();
            match (post.expressed.contains(*marker), found.contains(*marker)) {
                (true, hit) => *rate = [rate[0] + u32::from(hit), rate[1] + 1, rate[2], rate[3]],
                (false, hit) => *rate = [rate[0], rate[1], rate[2] + u32::from(!hit), rate[3] + 1],
            }
        }
        let day = day_in(post.created_at, &jiff::tz::TimeZone::UTC);
        for region in [post.region.as_str(), "all"] {
            let seen = authors.entry((day, region.to_owned())).or_default();
            let so_far = seen.entry(post.author.clone()).or_default();
            *so_far = so_far.union(found);
        }
    }
    let mut faults = BTreeSet::new();
    println!("language marker sensitivity specificity");
    for ((language, marker), [hits, expressed, passed, others]) in rates {
        let (sensitivity, specificity) =
            (f64::from(hits) / f64::from(expressed), f64::from(passed) / f64::from(others));
        println!("{language} {} {sensitivity:.3} {specificity:.4}", marker.name());
        if sensitivity < SENSITIVITY_AT_LEAST || specificity < SPECIFICITY_AT_LEAST {
            faults.insert(format!("{language} {}: {sensitivity:.3} {specificity:.4}", marker.name()));
        }
    }
    let mut pairs: BTreeMap<(Marker, String), Vec<(f64, f64)>> = BTreeMap::new();
    for row in simulation.truth() {
        let (Some(truth), Some(people)) = (row.expressed.value(), authors.get(&(row.date, row.region.clone()))) else {
            continue;
        };
        let found = people.values().filter(|found| found.contains(row.marker)).count();
        pairs.entry((row.marker, row.region)).or_default().push((truth, found as f64 / people.len() as f64));
    }
    println!("marker region correlation rmse");
    for ((marker, region), pairs) in pairs {
        let (correlation, rmse) = (correlation(&pairs), rmse(&pairs));
        println!("{} {region} {correlation:.3} {rmse:.4}", marker.name());
        if correlation < CORRELATION_AT_LEAST {
            faults.insert(format!("{} {region}: correlation {correlation:.3}", marker.name()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
