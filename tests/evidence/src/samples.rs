//! Samples of people who post, made to speak for the people who live there.

use crate::{
    figures::Figures,
    population::{standing, votes},
};
use std::{collections::BTreeMap, error::Error};
use tidemark_domain::PeriodKind;
use tidemark_simulator::{Marker, Scenario, Simulation, scenario::Ages};
use tidemark_surveillance::prevalence::{
    binning::bin_of,
    population::Population,
    poststratification::{Robust, naive, robust},
    presence::{POSTS_PER_AUTHOR_DAY, Rule, author_days, author_periods},
    redistribution::Redistribution,
    weighted::weighted,
};

/// Ages of the census table, in years.
const EDGES: [f64; 12] = [13.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 100.0];
/// The young write more, the old are more prone, and an estimate sees half of a difference in age.
const AGES: Ages =
    Ages { activity_per_decade: 0.7, prevalence_per_decade: 1.2, estimate_slope: 0.5, estimate_error_years: 4.0 };

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Those who post, as they are.
    pub unweighted: Figures,
    /// Census over sample.
    pub naive: Figures,
    /// With binning, smoothing and redistribution.
    pub robust: Figures,
}

fn counts(ages: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut counts = vec![0.0; EDGES.len() - 1];
    for bin in ages.filter_map(|age| bin_of(&EDGES, age)) {
        counts[bin] += 1.0;
    }
    counts
}

/// Measures one marker on each day of simulated populations in which age decides who posts; the truth is everybody's.
///
/// # Errors
/// A scenario or a statistic that refuses: neither does.
pub fn measure(seeds: std::ops::Range<u64>, days: u32, posts_per_day: f64) -> Result<Found, Box<dyn Error>> {
    let mut found = Found::default();
    for seed in seeds {
        let marker = Marker::ALL[seed as usize % Marker::ALL.len()];
        let scenario = Scenario { ages: Some(AGES), ..Scenario::default_for(seed, days, posts_per_day) };
        let first_day = scenario.first_day;
        let simulation = Simulation::new(scenario)?;
        let everybody = simulation.population_truth();
        let ages: BTreeMap<String, (f64, f64)> = simulation
            .residents()
            .filter_map(|person| Some((person.author, (person.age?, person.estimated_age?))))
            .collect();
        let census = Population::joint(vec![EDGES.len() - 1], counts(ages.values().map(|(age, _)| *age)))?;
        let posts = standing(&simulation);
        // What a survey of the platform's users knows: whoever posted at all, once.
        let users: BTreeMap<&str, (f64, f64)> = posts
            .values()
            .flatten()
            .filter_map(|post| Some((post.author.as_str(), *ages.get(&post.author)?)))
            .collect();
        let survey = counts(users.values().map(|(age, _)| *age));
        let estimates = users.values().map(|(_, estimated)| *estimated).collect();
        let redistribution = Redistribution::fit(estimates, EDGES.to_vec(), &survey)?;
        for (day, posts) in &posts {
            let at = usize::try_from((*day - first_day).get_days())?;
            let Some(truth) = everybody.get(at).map(|markers| markers[marker.index()]) else { continue };
            let votes = votes(*day, posts, |post| post.expressed.contains(marker));
            let estimated: BTreeMap<_, f64> = votes
                .iter()
                .zip(posts)
                .filter_map(|(vote, post)| Some((vote.author, ages.get(&post.author)?.1)))
                .collect();
            let people = author_periods(&author_days(&votes, POSTS_PER_AUTHOR_DAY), PeriodKind::Day);
            let present = people.iter().map(|person| person.shows(Rule::Any)).collect::<Result<Vec<bool>, _>>()?;
            let age = |person: &tidemark_surveillance::prevalence::presence::AuthorPeriod| estimated[&person.author];
            let raw: Vec<[Option<usize>; 1]> = people
                .iter()
                .map(|person| [bin_of(&EDGES, age(person).clamp(EDGES[0], EDGES[EDGES.len() - 1]))])
                .collect();
            let spread: Vec<[Option<usize>; 1]> =
                people.iter().map(|person| [redistribution.bin(age(person))]).collect();
            let all = [
                (&mut found.naive, naive(&raw, &census)?),
                (&mut found.robust, robust(&spread, &census, &Robust::default())?),
            ];
            let mut unweighted = None;
            for (figures, weights) in all {
                let Some(both) = weighted(&present, &weights)? else { continue };
                figures.add(&both.weighted, truth);
                unweighted = Some(both.unweighted);
            }
            if let Some(unweighted) = unweighted {
                found.unweighted.add(&unweighted, truth);
            }
        }
    }
    Ok(found)
}
