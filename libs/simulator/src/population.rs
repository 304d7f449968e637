//! The people: where they live, what they write, how active they are, and what they are prone to.
//!
//! Activity is heavy-tailed (log-normal), as on real platforms. Proneness multiplies the prevalence of the day; it has
//! a part shared by all forms of distress, so that they occur together in the same people.

use crate::{
    Marker, MarkerSet,
    curve::Curves,
    draw::{Purpose, rng},
    marker::N_MARKERS,
    scenario::Scenario,
};
use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tidemark_domain::Language;

/// Standard deviation of the logarithm of activity.
const ACTIVITY_SD: f64 = 0.9;
/// Standard deviation of the logarithm of proneness that all forms of distress share.
const DISTRESS_SD: f64 = 0.35;
/// Standard deviation of the logarithm of proneness to one marker.
const OWN_SD: f64 = 0.35;
/// Share of people who write both languages.
const BILINGUAL_SHARE: f64 = 0.06;
/// Nobody expresses a marker with more than this probability on a day.
const MOST_PROBABLE: f64 = 0.95;

/// An author's number; the id in the output is made of it.
pub(crate) type AuthorNumber = u32;

/// Fixed traits of one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author {
    pub(crate) language: Language,
    pub(crate) bilingual: bool,
    proneness: [f64; N_MARKERS],
}

/// The people of one region: authors `first .. first + activity.len()`.
#[derive(Debug)]
struct Neighbours {
    first: AuthorNumber,
    /// Running sum of activity.
    activity: Vec<f64>,
    /// Mean proneness of a post's author; dividing by it makes the curve the mean probability.
    mean_proneness: [f64; N_MARKERS],
}

/// The people.
#[derive(Debug)]
pub(crate) struct Population {
    seed: u64,
    regions: Vec<Neighbours>,
    spanish_share: Vec<f64>,
}

impl Population {
    /// Draws the people of `scenario`; every region has at least one.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut population = Self {
            seed: scenario.seed,
            regions: Vec::with_capacity(scenario.regions.len()),
            spanish_share: scenario.regions.iter().map(|region| region.spanish_share).collect(),
        };
        let shares: f64 = scenario.regions.iter().map(|region| region.share).sum();
        let mut draws = rng(scenario.seed, Purpose::Activity);
        let mut first = 0;
        for (index, region) in scenario.regions.iter().enumerate() {
            let count = (f64::from(scenario.authors) * region.share / shares).round().max(1.0) as u32;
            let mut activity = Vec::with_capacity(count as usize);
            let mut sum = 0.0;
            let mut proneness = [0.0; N_MARKERS];
            for author in first..first + count {
                let z: f64 = StandardNormal.sample(&mut draws);
                let weight = (ACTIVITY_SD * z).exp();
                sum += weight;
                activity.push(sum);
                let traits = population.author(index, author);
                proneness.iter_mut().zip(traits.proneness).for_each(|(mean, own)| *mean += weight * own);
            }
            proneness.iter_mut().for_each(|mean| *mean /= sum);
            population.regions.push(Neighbours { first, activity, mean_proneness: proneness });
            first += count;
        }
        population
    }

    /// An author of `region`, the active ones more often.
    pub(crate) fn draw(&self, region: usize, draws: &mut ChaCha8Rng) -> AuthorNumber {
        let people = &self.regions[region];
        let sum = people.activity.last().copied().unwrap_or_default();
        let at = draws.random::<f64>() * sum;
        let offset = people.activity.partition_point(|running| *running <= at).min(people.activity.len() - 1);
        people.first + offset as u32
    }

    /// The fixed traits of `author`, who lives in `region`.
    pub(crate) fn author(&self, region: usize, author: AuthorNumber) -> Author {
        let mut draws = rng(self.seed, Purpose::Author(author));
        let spanish = draws.random::<f64>() < self.spanish_share[region];
        let bilingual = draws.random::<f64>() < BILINGUAL_SHARE;
        let distress: f64 = StandardNormal.sample(&mut draws);
        let mut proneness = [1.0; N_MARKERS];
        for (value, marker) in proneness.iter_mut().zip(Marker::ALL) {
            let own: f64 = StandardNormal.sample(&mut draws);
            let shared = if *marker == Marker::Joy { 0.0 } else { DISTRESS_SD * distress };
            *value = (shared + OWN_SD * own).exp();
        }
        Author { language: if spanish { Language::Spanish } else { Language::English }, bilingual, proneness }
    }

    /// What `author` expresses on `day`: the same answer however often it is asked.
    pub(crate) fn expressed(
        &self,
        curves: &Curves,
        region: usize,
        author: AuthorNumber,
        traits: &Author,
        day: u32,
    ) -> MarkerSet {
        let mut draws = rng(self.seed, Purpose::AuthorDay(author, day));
        Marker::ALL
            .iter()
            .copied()
            .filter(|marker| {
                let relative = traits.proneness[marker.index()] / self.regions[region].mean_proneness[marker.index()];
                let probability = (curves.prevalence(*marker, region, day) * relative).min(MOST_PROBABLE);
                // One draw for each marker, whatever its probability: markers do not disturb each other.
                (draws.next_u32() as f64) < probability * f64::from(u32::MAX)
            })
            .collect()
    }
}
