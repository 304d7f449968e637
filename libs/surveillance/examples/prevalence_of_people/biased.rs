//! Samples that are not like the population: weights against no weights, robust against naive.

use super::evidence::{Coverage, Errors, normal};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tidemark_surveillance::prevalence::{
    Error,
    binning::bin_of,
    population::Population,
    poststratification::{Robust, naive, robust},
    redistribution::Redistribution,
    weighted::weighted,
};

/// People of a place.
const PEOPLE: usize = 20_000;
/// Age bins of the census table, in years.
const AGE_EDGES: [f64; 12] = [13.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 100.0];
/// Bins of the degree, of which an estimate is a probability.
const DEGREE_EDGES: [f64; 3] = [0.0, 0.5, 1.0];

/// A person of the place, and what a model reads of them.
struct Person {
    age: f64,
    degree: f64,
    estimated: (f64, f64),
    /// Relative probability to be in a sample.
    posts: f64,
    /// Relative probability to show the marker.
    prone: f64,
}

/// Estimators side by side.
#[derive(Default)]
pub(crate) struct Biased {
    pub(crate) unweighted: Errors,
    /// Traits as estimated.
    pub(crate) naive: Errors,
    pub(crate) robust: Errors,
    pub(crate) robust_without_redistribution: Errors,
    /// Traits as they are.
    pub(crate) naive_true_traits: Errors,
    pub(crate) robust_true_traits: Errors,
    pub(crate) covered: Coverage,
    pub(crate) covered_unweighted: Coverage,
    pub(crate) covered_naive: Coverage,
}

fn place(draws: &mut ChaCha8Rng) -> Vec<Person> {
    let (older, schooled) = (draws.random_range(-0.3..0.3), draws.random_range(0.25..0.5));
    let (age_slope, degree_ratio) = (draws.random_range(-0.6..0.6), draws.random_range(0.6..1.1));
    (0..PEOPLE)
        .map(|_| {
            let u: f64 = draws.random();
            let age = 13.0 + 77.0 * u.powf(1.2 - older);
            let degree = f64::from(age > 22.0 && draws.random::<f64>() < schooled);
            // The young and the schooled post more; the model sees half of a difference in age.
            let posts =
                (-(age - 13.0) / 22.0).exp() * if degree > 0.5 { 1.6 } else { 1.0 } * (0.9 * normal(draws)).exp();
            let prone = (age_slope * (45.0 - age) / 20.0).exp() * if degree > 0.5 { degree_ratio } else { 1.0 };
            let estimated_age = 30.0 + 0.5 * (age - 30.0) + 4.0 * normal(draws);
            let estimated_degree = 1.0 / (1.0 + (-(1.6 * degree - 1.2 + 0.8 * normal(draws))).exp());
            Person { age, degree, estimated: (estimated_age, estimated_degree), posts, prone }
        })
        .collect()
}

fn table(people: &[Person]) -> Result<Population, Error> {
    let mut counts = vec![0.0; 22];
    for person in people {
        if let (Some(age), Some(degree)) = (bin_of(&AGE_EDGES, person.age), bin_of(&DEGREE_EDGES, person.degree)) {
            counts[2 * age + degree] += 1.0;
        }
    }
    Population::joint(vec![11, 2], counts)
}

/// The map of estimates onto what a survey of the platform's users found.
fn survey(
    people: &[Person],
    users: &[usize],
    edges: &[f64],
    of: fn(&Person) -> (f64, f64),
) -> Result<Redistribution, Error> {
    let mut known = vec![0.0; edges.len() - 1];
    for user in users {
        if let Some(bin) = bin_of(edges, of(&people[*user]).0) {
            known[bin] += 1.0;
        }
    }
    Redistribution::fit(users.iter().map(|user| of(&people[*user]).1).collect(), edges.to_vec(), &known)
}

/// Draws people in proportion to how much they post; who is drawn twice is there once.
fn draw(running: &[f64], count: usize, draws: &mut ChaCha8Rng) -> Vec<usize> {
    let sum = running.last().copied().unwrap_or_default();
    let one = |_| {
        let at = draws.random::<f64>() * sum;
        running.partition_point(|below| *below <= at).min(running.len() - 1)
    };
    let mut drawn: Vec<usize> = (0..count).map(one).collect();
    drawn.sort_unstable();
    drawn.dedup();
    drawn
}

/// `populations` × `days` of about `people_per_day`, drawn as people post and not as they live.
pub(crate) fn biased(populations: usize, days: usize, people_per_day: usize) -> Result<Biased, Error> {
    let mut found = Biased::default();
    for population in 0..populations {
        let mut draws = ChaCha8Rng::seed_from_u64(4_000_000 + population as u64);
        let people = place(&mut draws);
        let census = table(&people)?;
        let running: Vec<f64> = people
            .iter()
            .scan(0.0, |sum, person| {
                *sum += person.posts;
                Some(*sum)
            })
            .collect();
        let users = draw(&running, 10_000, &mut draws);
        let ages = survey(&people, &users, &AGE_EDGES, |person| (person.age, person.estimated.0))?;
        let degrees = survey(&people, &users, &DEGREE_EDGES, |person| (person.degree, person.estimated.1))?;
        let mean = people.iter().map(|person| person.prone).sum::<f64>() / PEOPLE as f64;
        let baseline = draws.random_range(0.06..0.2);
        for day in 0..days {
            let curve = baseline * (1.0 + 0.3 * (std::f64::consts::TAU * day as f64 / 365.25).sin());
            let probability = |person: &Person| (curve * person.prone / mean).min(0.95);
            let truth = people.iter().map(probability).sum::<f64>() / PEOPLE as f64;
            let sample: Vec<&Person> =
                draw(&running, people_per_day, &mut draws).into_iter().map(|user| &people[user]).collect();
            let present: Vec<bool> = sample.iter().map(|person| draws.random::<f64>() < probability(person)).collect();
            let bins = |of: &dyn Fn(&Person) -> [Option<usize>; 2]| sample.iter().map(|person| of(person)).collect();
            let real: Vec<_> = bins(&|person| [bin_of(&AGE_EDGES, person.age), bin_of(&DEGREE_EDGES, person.degree)]);
            let raw: Vec<_> = bins(&|person| {
                let age = person.estimated.0.clamp(AGE_EDGES[0], AGE_EDGES[11]);
                [bin_of(&AGE_EDGES, age), bin_of(&DEGREE_EDGES, person.estimated.1)]
            });
            let spread: Vec<_> = bins(&|person| [ages.bin(person.estimated.0), degrees.bin(person.estimated.1)]);
            let settings = Robust::default();
            let weights = [
                naive(&raw, &census)?,
                robust(&raw, &census, &settings)?,
                robust(&spread, &census, &settings)?,
                naive(&real, &census)?,
                robust(&real, &census, &settings)?,
            ];
            let errors = [
                &mut found.naive,
                &mut found.robust_without_redistribution,
                &mut found.robust,
                &mut found.naive_true_traits,
                &mut found.robust_true_traits,
            ];
            for (number, (errors, weights)) in errors.into_iter().zip(&weights).enumerate() {
                let Some(both) = weighted(&present, weights)? else { continue };
                errors.add(both.weighted.value, truth, population);
                match number {
                    0 => {
                        found.covered_naive.add(&both.weighted, truth);
                        found.covered_unweighted.add(&both.unweighted, truth);
                        found.unweighted.add(both.unweighted.value, truth, population);
                    }
                    2 => found.covered.add(&both.weighted, truth),
                    _ => {}
                }
            }
        }
    }
    Ok(found)
}
