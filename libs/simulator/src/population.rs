//! The people: where they live, what they write, how active they are, and what they are prone to.
//!
//! Activity is heavy-tailed (log-normal), as on real platforms. Proneness multiplies the prevalence of the day; it has
//! a part shared by all forms of distress, so that they occur together in the same people.

use crate::{
    Marker, MarkerSet,
    curve::Curves,
    draw::{Purpose, rng},
    marker::N_MARKERS,
    scenario::{Ages, Scenario},
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
/// Age of the youngest and the oldest, in years.
const AGES: (f64, f64) = (13.0, 90.0);
/// The age at which people are neither more nor less active and prone, in years.
const MIDDLE_AGE: f64 = 45.0;

/// An author's number; the id in the output is made of it.
pub(crate) type AuthorNumber = u32;

/// Fixed traits of one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author {
    pub(crate) language: Language,
    pub(crate) bilingual: bool,
    pub(crate) age: Option<Age>,
    proneness: [f64; N_MARKERS],
}

/// How old a person is, and how old they are taken to be; both in years.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Age {
    pub(crate) years: f64,
    pub(crate) estimated: f64,
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
    ages: Option<Ages>,
}

impl Population {
    /// Draws the people of `scenario`; every region has at least one.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut population = Self {
            seed: scenario.seed,
            regions: Vec::with_capacity(scenario.regions.len()),
            spanish_share: scenario.regions.iter().map(|region| region.spanish_share).collect(),
            ages: scenario.ages,
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
                let traits = population.author(index, author);
                let weight = (ACTIVITY_SD * z).exp() * traits.activity(scenario.ages);
                sum += weight;
                activity.push(sum);
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
        let age = self.ages.map(|ages| self.age(ages, author));
        if let (Some(ages), Some(age)) = (self.ages, age) {
            let ratio = per_decade(ages.prevalence_per_decade, age);
            proneness.iter_mut().for_each(|value| *value *= ratio);
        }
        Author { language: if spanish { Language::Spanish } else { Language::English }, bilingual, age, proneness }
    }

    fn age(&self, ages: Ages, author: AuthorNumber) -> Age {
        let mut draws = rng(self.seed, Purpose::Age(author));
        let years = AGES.0 + (AGES.1 - AGES.0) * draws.random::<f64>();
        let error: f64 = StandardNormal.sample(&mut draws);
        // An estimate that sees little of a difference takes everybody for one of those who write most.
        let estimated = 30.0 + ages.estimate_slope * (years - 30.0) + ages.estimate_error_years * error;
        Age { years, estimated }
    }

    /// Everybody, by region.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = (usize, AuthorNumber)> {
        let people = |(region, people): (usize, &Neighbours)| {
            let first = people.first;
            (first..first + people.activity.len() as u32).map(move |author| (region, author))
        };
        self.regions.iter().enumerate().flat_map(people)
    }

    /// How prone somebody is to a marker, relative to the mean author of a post.
    pub(crate) fn relative(&self, region: usize, traits: &Author, marker: Marker) -> f64 {
        traits.proneness[marker.index()] / self.regions[region].mean_proneness[marker.index()]
    }

    /// The probability with which somebody expresses a marker where its curve stands at `prevalence`.
    pub(crate) fn probability(prevalence: f64, relative: f64) -> f64 {
        (prevalence * relative).min(MOST_PROBABLE)
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
                let relative = self.relative(region, traits, *marker);
                let probability = Self::probability(curves.prevalence(*marker, region, day), relative);
                // One draw for each marker, whatever its probability: markers do not disturb each other.
                (draws.next_u32() as f64) < probability * f64::from(u32::MAX)
            })
            .collect()
    }
}

impl Author {
    /// How much of this age people write.
    fn activity(&self, ages: Option<Ages>) -> f64 {
        ages.zip(self.age).map_or(1.0, |(ages, age)| per_decade(ages.activity_per_decade, age))
    }
}

fn per_decade(factor: f64, age: Age) -> f64 {
    factor.powf((age.years - MIDDLE_AGE) / 10.0)
}
