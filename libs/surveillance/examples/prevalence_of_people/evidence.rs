//! How well the prevalence of people is measured where the truth is known.

use super::world::{Activity, REPEATED, World};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, StandardNormal};
use std::fmt;
use tidemark_domain::{PeriodKind, Proportion};
use tidemark_surveillance::prevalence::{
    Error, Estimate,
    composition::composition,
    lift::lift,
    misclassification::{Accuracy, Rate},
    overdispersion::BetaBinomial,
    presence::{self, POSTS_PER_AUTHOR_DAY, author_days, author_periods, posts_per_author},
};

/// People of one platform, and their posts on a day.
const AUTHORS: usize = 4000;
const POSTS_PER_DAY: f64 = 300.0;
/// Labelled units of a marker's validation sample that have it, and that do not.
const VALIDATED: (u64, u64) = (500, 2000);

/// How often an interval held the truth.
#[derive(Default, Clone, Copy)]
pub(crate) struct Coverage {
    held: u64,
    all: u64,
}

impl Coverage {
    pub(crate) fn add(&mut self, estimate: &Estimate, truth: f64) {
        self.count((estimate.lower..=estimate.upper).contains(&truth));
    }

    fn count(&mut self, held: bool) {
        self.held += u64::from(held);
        self.all += 1;
    }

    pub(crate) fn share(self) -> f64 {
        self.held as f64 / self.all as f64
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:5.1} % of {}", 100.0 * self.share(), self.all)
    }
}

/// Measured values beside the truth, over several series.
#[derive(Default, Clone)]
pub(crate) struct Errors {
    /// Value, truth, number of the series.
    measured: Vec<(f64, f64, usize)>,
}

impl Errors {
    pub(crate) fn add(&mut self, value: f64, truth: f64, series: usize) {
        self.measured.push((value, truth, series));
    }

    pub(crate) fn rmse(&self) -> f64 {
        let squares = self.measured.iter().map(|(value, truth, _)| (value - truth).powi(2));
        (squares.sum::<f64>() / self.measured.len() as f64).sqrt()
    }

    /// Pearson's correlation of value and truth, the mean over series: whether the course is right, whatever its scale.
    pub(crate) fn correlation(&self) -> f64 {
        let series: Vec<f64> = self.measured.chunk_by(|a, b| a.2 == b.2).map(correlation).collect();
        series.iter().sum::<f64>() / series.len() as f64
    }
}

fn correlation(series: &[(f64, f64, usize)]) -> f64 {
    let n = series.len() as f64;
    let (x, y) = series.iter().fold((0.0, 0.0), |(x, y), (value, truth, _)| (x + value / n, y + truth / n));
    let sum = |of: fn(f64, f64) -> f64| series.iter().map(|(value, truth, _)| of(value - x, truth - y)).sum::<f64>();
    sum(|x, y| x * y) / (sum(|x, _| x * x) * sum(|_, y| y * y)).sqrt()
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RMSE {:.5}, correlation {:.3}", self.rmse(), self.correlation())
    }
}

/// People against posts, and people's intervals with and without errors of the marker.
#[derive(Default)]
pub(crate) struct People {
    pub(crate) authors: Errors,
    pub(crate) posts: Errors,
    pub(crate) covered: Coverage,
    /// The same of posts, which are not independent and not people.
    pub(crate) covered_by_posts: Coverage,
    /// The marker errs about people: unadjusted, adjusted.
    pub(crate) erring: (Coverage, Coverage),
    /// The marker errs about posts: adjusted as if about people, adjusted for people.
    pub(crate) erring_posts: (Coverage, Coverage),
    pub(crate) adjusted: Errors,
    pub(crate) unadjusted: Errors,
}

/// A marker's true rates, and what a validation sample says of them.
struct Marker {
    sensitivity: f64,
    specificity: f64,
    measured: Accuracy,
}

impl Marker {
    fn draw(draws: &mut ChaCha8Rng) -> Result<Self, Error> {
        let (sensitivity, specificity) = (draws.random_range(0.7..0.92), draws.random_range(0.93..0.99));
        let mut sample = |n: u64, rate: f64| {
            let k = Binomial::new(n, rate).map_or(0, |distribution| distribution.sample(draws));
            Rate::measured(Proportion { k, n })
        };
        let measured = Accuracy::new(sample(VALIDATED.0, sensitivity)?, sample(VALIDATED.1, specificity)?)?;
        Ok(Self { sensitivity, specificity, measured })
    }

    fn read(&self, present: bool, draws: &mut ChaCha8Rng) -> bool {
        draws.random::<f64>() < if present { self.sensitivity } else { 1.0 - self.specificity }
    }
}

/// `populations` × `days`, each day's posts made into people.
pub(crate) fn people(populations: usize, days: usize, activity: Activity) -> Result<People, Error> {
    let mut found = People::default();
    for population in 0..populations {
        let mut world = World::new(population as u64, AUTHORS, POSTS_PER_DAY, activity);
        let mut draws = ChaCha8Rng::seed_from_u64(1_000_000 + population as u64);
        let marker = Marker::draw(&mut draws)?;
        for day in 0..days {
            let (mut posts, truth) = (world.posts(day), world.truth(day));
            let answered = posts.iter().filter_map(|post| post.present);
            let by_post = Proportion { k: answered.filter(|present| *present).count() as u64, n: posts.len() as u64 };
            let periods = author_periods(&author_days(&posts, POSTS_PER_AUTHOR_DAY), PeriodKind::Day);
            let shows = periods.iter().map(|author| author.posts.k > 0).collect::<Vec<_>>();
            let count = |shows: &[bool]| Proportion {
                k: shows.iter().filter(|shows| **shows).count() as u64,
                n: shows.len() as u64,
            };
            let (Some(people), Some(by_post)) = (Estimate::of(count(&shows))?, Estimate::of(by_post)?) else {
                continue;
            };
            found.authors.add(people.value, truth, population);
            found.posts.add(by_post.value, truth, population);
            found.covered.add(&people, truth);
            found.covered_by_posts.add(&by_post, truth);

            let read: Vec<bool> = shows.iter().map(|shows| marker.read(*shows, &mut draws)).collect();
            if let Some(read) = Estimate::of(count(&read))? {
                let adjusted = marker.measured.adjust(&read);
                found.erring.0.add(&read, truth);
                found.erring.1.add(&adjusted, truth);
                found.unadjusted.add(read.value, truth, population);
                found.adjusted.add(adjusted.value, truth, population);
            }
            for post in &mut posts {
                post.present = post.present.map(|present| marker.read(present, &mut draws));
            }
            let periods = author_periods(&author_days(&posts, POSTS_PER_AUTHOR_DAY), PeriodKind::Day);
            let read = presence::people(&periods, presence::Rule::Any)?.into_values().next().unwrap_or_default();
            if let Some(read) = Estimate::of(read)? {
                let of_authors = marker.measured.of_authors(&posts_per_author(&periods), REPEATED)?;
                found.erring_posts.0.add(&marker.measured.adjust(&read), truth);
                found.erring_posts.1.add(&of_authors.adjust(&read), truth);
            }
        }
    }
    Ok(found)
}

/// Author-days of a week pooled: intervals as if they were independent, and of the beta-binomial with authors as
/// clusters. Proneness is persistent, so that a person's days resemble each other.
pub(crate) fn author_weeks(weeks: usize, authors: usize) -> Result<(Coverage, Coverage), Error> {
    let (mut independent, mut clustered) = (Coverage::default(), Coverage::default());
    let mut draws = ChaCha8Rng::seed_from_u64(2_000_000);
    for _ in 0..weeks {
        // Beta(0.5, 2): many never, some nearly always; mean 0.2, correlation 1 / 3.5.
        let beta = rand_distr::Beta::new(0.5, 2.0);
        let mut cells = Vec::with_capacity(authors);
        for _ in 0..authors {
            let p = beta.as_ref().map_or(0.2, |beta| beta.sample(&mut draws));
            let n = draws.random_range(1..=7);
            let k = Binomial::new(n, p).map_or(0, |distribution| distribution.sample(&mut draws));
            cells.push(Proportion { k, n });
        }
        if let Some(fitted) = BetaBinomial::fit(&cells)? {
            clustered.add(&fitted.estimate(), 0.2);
            if let Some(naive) = Estimate::of(fitted.total)? {
                independent.add(&naive, 0.2);
            }
        }
    }
    Ok((independent, clustered))
}

/// How often Goodman's intervals all hold at once, and how often the lift's does.
pub(crate) fn parts_and_pairs(samples: usize) -> Result<(Coverage, Coverage), Error> {
    let (mut parts, mut pairs) = (Coverage::default(), Coverage::default());
    let mut draws = ChaCha8Rng::seed_from_u64(3_000_000);
    let truth = [0.4, 0.3, 0.15, 0.1, 0.05];
    for _ in 0..samples {
        let mut counts = [0; 5];
        let (mut both, mut a, mut b) = (0, 0, 0);
        for _ in 0..200 {
            let at: f64 = draws.random();
            let mut below = 0.0;
            let part = truth.iter().position(|share| {
                below += share;
                at < below
            });
            counts[part.unwrap_or(4)] += 1;
            // Shared distress makes both likelier: two thirds of people at 0.1 and 0.15, one third at 0.4 and 0.45.
            let more = if draws.random::<f64>() < 1.0 / 3.0 { 0.3 } else { 0.0 };
            let (one, other) = (draws.random::<f64>() < 0.1 + more, draws.random::<f64>() < 0.15 + more);
            (both, a, b) = (both + u64::from(one && other), a + u64::from(one), b + u64::from(other));
        }
        if let Some(intervals) = composition(&counts) {
            let held = |(part, share): (&Estimate, &f64)| (part.lower..=part.upper).contains(share);
            parts.count(intervals.iter().zip(&truth).all(held));
        }
        if let Some(lift) = lift(both, a, b, 200)? {
            let expected = (2.0 * 0.1 * 0.15 + 0.4 * 0.45) / 3.0 / (0.2 * 0.25);
            pairs.count((lift.lower..=lift.upper).contains(&expected));
        }
    }
    Ok((parts, pairs))
}

/// A standard normal draw.
pub(crate) fn normal(draws: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(draws)
}
