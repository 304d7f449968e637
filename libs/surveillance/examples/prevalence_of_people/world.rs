//! Populations with known truth: who writes how much, and what they express.
//!
//! Made as `libs/simulator` makes them (a library may not use its neighbour, so they are made anew): activity is
//! log-normal; proneness is log-normal and multiplies the curve of the day; a marker that an author expresses on a day
//! stands in one post for sure, and in each further one with a probability.

use jiff::{ToSpan, civil::Date, civil::date};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};
use tidemark_domain::{AuthorKey, PostKey};
use tidemark_surveillance::prevalence::presence::Vote;

/// How unevenly people write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Activity {
    /// Standard deviation of the logarithm of an author's posts. 0.9 is the simulator's; at 1.5 one author in a hundred
    /// writes a fifth of all posts.
    pub(crate) sd: f64,
    /// Correlation of log-activity with log-proneness: 0 where those who write much are like the others.
    pub(crate) correlation: f64,
}

/// Standard deviation of the logarithm of proneness.
const PRONENESS_SD: f64 = 0.5;
/// Probability that a further post of an author-day repeats a marker the author expresses that day.
pub(crate) const REPEATED: f64 = 0.3;
/// Nobody expresses the marker with more than this probability on a day.
const MOST_PROBABLE: f64 = 0.95;
/// Factor on the number of posts, Monday to Sunday.
const VOLUME: [f64; 7] = [0.95, 0.95, 1.0, 1.0, 0.95, 1.05, 1.1];
const FIRST_DAY: Date = date(2023, 1, 2);

/// The people of one platform, and the course of one marker.
pub(crate) struct World {
    /// Running sum of activity.
    activity: Vec<f64>,
    /// Probability of each author to express the marker on a day, relative to the day's curve.
    relative: Vec<f64>,
    /// Probability of each author to write on a day, by weekday.
    writes: [Vec<f64>; 7],
    posts_per_day: f64,
    curve: Curve,
    draws: ChaCha8Rng,
}

struct Curve {
    baseline: f64,
    phase_days: f64,
    surge_day: f64,
}

impl World {
    /// Draws the people of a seed.
    pub(crate) fn new(seed: u64, authors: usize, posts_per_day: f64, activity: Activity) -> Self {
        let Activity { sd, correlation } = activity;
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let (mut each, mut relative) = (Vec::new(), Vec::new());
        for _ in 0..authors {
            let (z, own): (f64, f64) = (StandardNormal.sample(&mut draws), StandardNormal.sample(&mut draws));
            each.push((sd * z).exp());
            relative.push((PRONENESS_SD * (correlation * z + (1.0 - correlation * correlation).sqrt() * own)).exp());
        }
        let mean = relative.iter().sum::<f64>() / authors as f64;
        relative.iter_mut().for_each(|value| *value /= mean);
        let sum: f64 = each.iter().sum();
        let writes =
            VOLUME.map(|volume| each.iter().map(|own| 1.0 - (-posts_per_day * volume * own / sum).exp()).collect());
        let running = each.iter().scan(0.0, |sum, own| {
            *sum += own;
            Some(*sum)
        });
        let activity = running.collect();
        let curve = Curve {
            baseline: draws.random_range(0.04..0.25),
            phase_days: draws.random_range(0.0..365.0),
            surge_day: draws.random_range(20.0..380.0),
        };
        Self { activity, relative, writes, posts_per_day, curve, draws }
    }

    /// The curve of the day: season, weekday and one surge of four weeks.
    fn curve(&self, day: usize) -> f64 {
        let (day, weekday) = (day as f64, day % 7);
        let season = 1.0 + 0.2 * (std::f64::consts::TAU * (day - self.curve.phase_days) / 365.25).cos();
        let from_peak = ((day - self.curve.surge_day) / 14.0).abs().min(1.0);
        let surge = 1.0 + 0.8 * (std::f64::consts::FRAC_PI_2 * from_peak).cos().powi(2);
        self.curve.baseline * season * surge * if weekday >= 5 { 1.1 } else { 0.96 }
    }

    /// The share of the day's authors who express the marker, in expectation.
    pub(crate) fn truth(&self, day: usize) -> f64 {
        let (curve, writes) = (self.curve(day), &self.writes[day % 7]);
        let expressed = self
            .relative
            .iter()
            .zip(writes)
            .map(|(own, writes)| writes * (curve * own).min(MOST_PROBABLE))
            .sum::<f64>();
        expressed / writes.iter().sum::<f64>()
    }

    /// The day's posts.
    pub(crate) fn posts(&mut self, day: usize) -> Vec<Vote> {
        let (curve, mean) = (self.curve(day), self.posts_per_day * VOLUME[day % 7]);
        let count = Poisson::new(mean).map_or(0, |distribution| distribution.sample(&mut self.draws) as u128);
        let sum = self.activity.last().copied().unwrap_or_default();
        let mut authors: Vec<usize> = (0..count)
            .map(|_| {
                let at = self.draws.random::<f64>() * sum;
                self.activity.partition_point(|running| *running <= at).min(self.activity.len() - 1)
            })
            .collect();
        authors.sort_unstable();
        let mut posts = Vec::with_capacity(authors.len());
        for posts_of_one in authors.chunk_by(|a, b| a == b) {
            let author = posts_of_one[0];
            let expresses = self.draws.random::<f64>() < (curve * self.relative[author]).min(MOST_PROBABLE);
            let sure = self.draws.random_range(0..posts_of_one.len());
            for number in 0..posts_of_one.len() {
                let present = expresses && (number == sure || self.draws.random::<f64>() < REPEATED);
                // Keys of posts are digests: without order.
                posts.push(Vote {
                    author: AuthorKey((author as u128).to_be_bytes()),
                    post: PostKey(self.draws.random::<[u8; 16]>()),
                    day: FIRST_DAY + (day as i64).days(),
                    present: Some(present),
                });
            }
        }
        posts
    }
}
