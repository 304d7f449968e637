//! Random draws. Each purpose has its own stream of one ChaCha8 generator, addressed by what it is for, so that a day
//! or an author can be drawn without drawing those before it.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Fixed traits of one author.
    Author(u32),
    /// How active each author is.
    Activity,
    /// The slow drift of the curves.
    Drift,
    /// The posts of one day.
    Day(u32),
    /// What one author expresses on one day.
    AuthorDay(u32, u32),
    /// One live post, by its number on the day.
    Live(u32, u32),
    /// The text an automated account repeats.
    Bot(u32),
    /// How old one author is, and what is made of it.
    Age(u32),
    /// What an imperfect reader makes of one text, by its digest.
    Reading(u64),
}

impl Purpose {
    /// Number of the stream: the purpose in the upper 8 bits, its 56 bits of address below. Days fit in 24 bits
    /// (the calendar ends with the year 9999).
    fn stream(self) -> u64 {
        let (kind, address) = match self {
            Self::Author(author) => (1, u64::from(author)),
            Self::Activity => (2, 0),
            Self::Drift => (3, 0),
            Self::Day(day) => (4, u64::from(day)),
            Self::AuthorDay(author, day) => (5, u64::from(day & 0x00ff_ffff) << 32 | u64::from(author)),
            Self::Live(day, number) => (6, u64::from(day & 0x00ff_ffff) << 32 | u64::from(number)),
            Self::Bot(bot) => (7, u64::from(bot)),
            Self::Age(author) => (8, u64::from(author)),
            Self::Reading(digest) => (9, digest & 0x00ff_ffff_ffff_ffff),
        };
        kind << 56 | address
    }
}

/// The generator of `seed` for `purpose`.
pub(crate) fn rng(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose.stream());
    rng
}

/// A Poisson count; 0 where the mean is 0.
pub(crate) fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> u32 {
    // A mean that is not positive and finite has no distribution: nothing happens.
    Poisson::new(mean).map_or(0, |distribution| distribution.sample(rng) as u32)
}
