//! Everybody who lives there, whether they post or not: who a biased sample is to stand for.

use crate::{
    Marker,
    marker::N_MARKERS,
    population::Population,
    simulation::{Simulation, Writer},
};

/// Somebody who lives there.
#[derive(Debug, Clone, PartialEq)]
pub struct Resident {
    /// The author's id in the posts.
    pub author: String,
    /// Place code.
    pub region: String,
    /// Age in years, as a census knows it.
    pub age: Option<f64>,
    /// Age in years, as it is estimated from what they write.
    pub estimated_age: Option<f64>,
}

impl Simulation {
    /// Everybody, in the order of their numbers.
    pub fn residents(&self) -> impl Iterator<Item = Resident> {
        self.population.everybody().map(|(region, author)| {
            let age = self.population.author(region, author).age;
            Resident {
                author: Writer::Person(author).to_string(),
                region: self.scenario.regions[region].code.clone(),
                age: age.map(|age| age.years),
                estimated_age: age.map(|age| age.estimated),
            }
        })
    }

    /// The share of *everybody* who would express each marker, in the order of [`Marker::ALL`], did all of them post on
    /// each day: what a sample of those who post is weighted to say. Phrases of other markers are in it, as in
    /// [`TruthRow::latent`](crate::TruthRow::latent).
    #[must_use]
    pub fn population_truth(&self) -> Vec<[f64; N_MARKERS]> {
        let curve = |region: usize, day: u32| -> [f64; N_MARKERS] {
            std::array::from_fn(|marker| self.curves.prevalence(Marker::ALL[marker], region, day))
        };
        let regions = 0..self.scenario.regions.len();
        let curves: Vec<Vec<[f64; N_MARKERS]>> =
            regions.map(|region| (0..self.scenario.days).map(|day| curve(region, day)).collect()).collect();
        let mut days = vec![[0.0; N_MARKERS]; self.scenario.days as usize];
        let mut people = 0.0;
        for (region, author) in self.population.everybody() {
            people += 1.0;
            let traits = self.population.author(region, author);
            let overlap = self.grammar.overlap(traits.language);
            let relative: [f64; N_MARKERS] =
                std::array::from_fn(|marker| self.population.relative(region, &traits, Marker::ALL[marker]));
            for (curve, sums) in curves[region].iter().zip(&mut days) {
                let said: [f64; N_MARKERS] =
                    std::array::from_fn(|marker| Population::probability(curve[marker], relative[marker]));
                for (marker, sum) in sums.iter_mut().enumerate() {
                    let unsaid: f64 = said.iter().zip(&overlap).map(|(said, row)| 1.0 - row[marker] * said).product();
                    *sum += 1.0 - unsaid;
                }
            }
        }
        days.iter_mut().flatten().for_each(|sum| *sum /= people);
        days
    }
}
