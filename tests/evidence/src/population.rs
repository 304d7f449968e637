//! People against posts, with and without errors of the marker.

use crate::figures::Figures;
use jiff::civil::Date;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};
use std::{collections::BTreeMap, error::Error};
use tidemark_domain::{AuthorKey, PeriodKind, PostKey, Proportion, time::day_in};
use tidemark_simulator::{Event, Marker, Reader, Scenario, SimulatedPost, Simulation};
use tidemark_surveillance::prevalence::{
    Estimate,
    misclassification::{Accuracy, Rate},
    presence::{AuthorPeriod, POSTS_PER_AUTHOR_DAY, Rule, Vote, author_days, author_periods, people, posts_per_author},
};

/// Posts a day of a population.
pub const POSTS_PER_DAY: f64 = 300.0;
/// Labelled posts of the marker's validation sample that have it, and that do not.
const VALIDATED: (u64, u64) = (500, 2000);
/// Probability that a further post of an author-day repeats its marker, as `docs/prevalence.md` calls it; the simulator's.
const REPEATED: f64 = 0.3;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The share of authors.
    pub people: Figures,
    /// The share of posts.
    pub posts: Figures,
    /// Author-days with more than one post, and all.
    pub author_days: (u64, u64),
    /// The share of authors, read with errors and taken as it is.
    pub erring: Figures,
    /// The same, adjusted.
    pub adjusted: Figures,
}

/// What stands of every post when all events were applied, by day; bots and texts without words are left out.
#[must_use]
pub fn standing(simulation: &Simulation) -> BTreeMap<Date, Vec<SimulatedPost>> {
    let mut posts = BTreeMap::new();
    for post in simulation.posts() {
        if post.event == Event::Delete {
            posts.remove(&post.id);
        } else {
            posts.insert(post.id.clone(), post);
        }
    }
    let mut days: BTreeMap<Date, Vec<SimulatedPost>> = BTreeMap::new();
    // Every region of the default scenario lives by UTC.
    let utc = jiff::tz::TimeZone::UTC;
    for post in posts.into_values().filter(|post| !post.is_bot && !post.wordless) {
        days.entry(day_in(post.created_at, &utc)).or_default().push(post);
    }
    days
}

/// A key of 16 bytes for an id; simulated ids are short and differ in their last 16.
fn key(id: &str) -> [u8; 16] {
    let mut key = [0; 16];
    let bytes = id.as_bytes();
    let last = &bytes[bytes.len().saturating_sub(16)..];
    key[..last.len()].copy_from_slice(last);
    key
}

/// Posts of one day as votes on one marker.
pub fn votes(day: Date, posts: &[SimulatedPost], present: impl Fn(&SimulatedPost) -> bool) -> Vec<Vote> {
    let vote = |post: &SimulatedPost| Vote {
        author: AuthorKey(key(&post.author)),
        post: PostKey(key(&post.id)),
        day,
        present: Some(present(post)),
    };
    posts.iter().map(vote).collect()
}

fn measured(rate: f64, n: u64, draws: &mut ChaCha8Rng) -> Result<Rate, Box<dyn Error>> {
    let k = Binomial::new(n, rate)?.sample(draws);
    Ok(Rate::measured(Proportion { k, n })?)
}

/// Counted as the series are: an author once a day, however much they write.
fn counted(votes: &[Vote]) -> Result<(Proportion, Vec<AuthorPeriod>), Box<dyn Error>> {
    let periods = author_periods(&author_days(votes, POSTS_PER_AUTHOR_DAY), PeriodKind::Day);
    Ok((people(&periods, Rule::Any)?.into_values().next().unwrap_or_default(), periods))
}

/// Measures one marker on each day of simulated populations of so many people, who write [`POSTS_PER_DAY`]: the fewer
/// they are, the more of them write more than once. The truth is the probability behind the posts.
///
/// # Errors
/// A scenario or a statistic that refuses: neither does.
pub fn measure(seeds: std::ops::Range<u64>, days: u32, authors: u32) -> Result<Found, Box<dyn Error>> {
    let mut found = Found::default();
    for seed in seeds {
        let marker = Marker::ALL[seed as usize % Marker::ALL.len()];
        let scenario = Scenario { authors, ..Scenario::default_for(seed, days, POSTS_PER_DAY) };
        let simulation = Simulation::new(scenario)?;
        let all = simulation.truth().filter(|row| row.region == "all" && row.marker == marker);
        let truth: BTreeMap<Date, f64> = all.map(|row| (row.date, row.latent)).collect();
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let (sensitivity, specificity) = (draws.random_range(0.7..0.92), draws.random_range(0.93..0.99));
        let reader = Reader { seed, sensitivity, specificity };
        let accuracy = Accuracy::new(
            measured(sensitivity, VALIDATED.0, &mut draws)?,
            measured(specificity, VALIDATED.1, &mut draws)?,
        )?;
        for (day, posts) in standing(&simulation) {
            let Some(truth) = truth.get(&day).copied() else { continue };
            let expressed = votes(day, &posts, |post| post.expressed.contains(marker));
            let k = expressed.iter().filter(|vote| vote.present == Some(true)).count() as u64;
            let read = votes(day, &posts, |post| reader.read(post).contains(marker));
            let (seen, periods) = counted(&read)?;
            let (Some(people), Some(by_post), Some(seen)) = (
                Estimate::of(counted(&expressed)?.0)?,
                Estimate::of(Proportion { k, n: posts.len() as u64 })?,
                Estimate::of(seen)?,
            ) else {
                continue;
            };
            found.author_days.0 += periods.iter().filter(|author| author.posts.n > 1).count() as u64;
            found.author_days.1 += periods.len() as u64;
            found.people.add(&people, truth);
            found.posts.add(&by_post, truth);
            found.erring.add(&seen, truth);
            let of_authors = accuracy.of_authors(&posts_per_author(&periods), REPEATED)?;
            found.adjusted.add(&of_authors.adjust(&seen), truth);
        }
    }
    Ok(found)
}
