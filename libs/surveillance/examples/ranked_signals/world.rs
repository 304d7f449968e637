//! Feeds with known truth: years of daily counts in two languages, with surges planted in the people and artefacts in
//! the feed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Poisson, StandardNormal};
use std::{collections::BTreeMap, f64::consts::PI, f64::consts::TAU, ops::RangeInclusive};
use tidemark_domain::Proportion;
use tidemark_surveillance::artefacts::Facts;

/// Days before the first that is scored.
pub(crate) const WARM_UP_DAYS: usize = 365;
/// Days that are scored: two years.
pub(crate) const SCORED_DAYS: usize = 730;
/// Days that a planted event keeps from any other.
const APART_DAYS: usize = 30;
/// Factor on the number of people, Monday to Sunday.
const VOLUME: [f64; 7] = [1.02, 1.0, 1.0, 0.98, 0.94, 0.98, 1.08];

/// What can be wrong with a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Artefact {
    /// Hours go missing, and those who write then are others than the rest.
    Outage,
    /// One language stays away.
    MissingPart,
    /// A file is delivered twice; part of it under new ids.
    DuplicatedFile,
    /// New accounts post nearly the same text, which shows the marker; half of them at most are told as bots.
    Bots,
    /// A field moved: records are rejected, and not at random.
    Schema,
    /// Another stream joins, of people who are otherwise.
    NewStream,
    /// Another model measures from now on.
    NewModel,
}

impl Artefact {
    pub(crate) const ALL: [Self; 7] = [
        Self::Outage,
        Self::MissingPart,
        Self::DuplicatedFile,
        Self::Bots,
        Self::Schema,
        Self::NewStream,
        Self::NewModel,
    ];
}

/// An event on some days of a series, counted from the first.
#[derive(Debug, Clone)]
pub(crate) struct Planted<T> {
    pub(crate) days: RangeInclusive<usize>,
    pub(crate) what: T,
}

/// How high it rises.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surge {
    pub(crate) size: f64,
}

/// What is wrong, and how bad.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) kind: Artefact,
    /// Share of the feed it touches.
    severity: f64,
    /// What it does to the share of people with the marker.
    distortion: f64,
}

/// One feed and one marker in it.
pub(crate) struct Series {
    pub(crate) cells: Vec<Option<Proportion>>,
    pub(crate) facts: Vec<Facts>,
    pub(crate) surges: Vec<Planted<Surge>>,
    pub(crate) faults: Vec<Planted<Fault>>,
}

/// Series with two surges each; every second one has an artefact, of each kind in turn.
pub(crate) fn planted(count: usize, first_seed: u64, people: RangeInclusive<f64>) -> Vec<Series> {
    let fault = |number: usize| number.is_multiple_of(2).then(|| Artefact::ALL[number / 2 % Artefact::ALL.len()]);
    let series = |number: usize| Series::draw(first_seed + number as u64, people.clone(), 2, fault(number).as_slice());
    (0..count).map(series).collect()
}

/// What the feed is on usual days.
struct Nature {
    people: f64,
    prevalence: f64,
    season: (f64, f64),
    weekday: [f64; 7],
    /// Relative size of slow change, and the waves it is made of.
    drift: f64,
    waves: Vec<(f64, f64)>,
    /// Relative size of what a day differs by, and the next day still half.
    noise: f64,
    spanish: f64,
    spanish_ratio: f64,
    posts_per_author: f64,
    shares: [f64; 4],
}

impl Nature {
    fn draw(people: f64, draws: &mut ChaCha8Rng) -> Self {
        let between = |draws: &mut ChaCha8Rng, low: f64, high: f64| draws.random_range(low..high);
        Self {
            people,
            prevalence: between(draws, 0.02_f64.ln(), 0.15_f64.ln()).exp(),
            season: (between(draws, 0.0, 0.25), between(draws, 0.0, TAU)),
            weekday: std::array::from_fn(|_| (0.08 * normal(draws)).exp()),
            drift: between(draws, 0.04, 0.12),
            noise: between(draws, 0.02, 0.08),
            waves: (0..5).map(|_| (between(draws, 17.0, 160.0), between(draws, 0.0, TAU))).collect(),
            spanish: between(draws, 0.15, 0.5),
            spanish_ratio: between(draws, 0.6, 1.6),
            posts_per_author: between(draws, 1.1, 2.0),
            shares: [
                between(draws, 0.002, 0.02),
                between(draws, 0.001, 0.01),
                between(draws, 0.01, 0.06),
                between(draws, 0.02, 0.08),
            ],
        }
    }

    /// The share of people with the marker, but for a day's own noise.
    fn prevalence(&self, day: usize) -> f64 {
        let (height, phase) = self.season;
        let season = 1.0 + height * (TAU * day as f64 / 365.25 + phase).cos();
        let drift: f64 = self.waves.iter().map(|(period, phase)| (TAU * day as f64 / period + phase).sin()).sum();
        self.prevalence * season * self.weekday[day % 7] * (1.0 + self.drift * drift / 2.5_f64.sqrt())
    }
}

impl Series {
    /// A series of about `people` a day with `surges` and some artefacts planted in its scored days.
    pub(crate) fn draw(seed: u64, people: RangeInclusive<f64>, surges: usize, faults: &[Artefact]) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let people = draws.random_range(people.start().ln()..=people.end().ln()).exp();
        let nature = Nature::draw(people, &mut draws);
        let mut taken = Vec::new();
        // In the year before too, so that baselines have seen some.
        let early = plant(&mut taken, 60..WARM_UP_DAYS, draws.random_range(2..=21), &mut draws);
        let mut all = vec![Planted { days: early, what: Surge { size: draws.random_range(1.3..3.0) } }];
        for _ in 0..surges {
            let days = plant(&mut taken, scored(), draws.random_range(2..=21), &mut draws);
            all.push(Planted { days, what: Surge { size: draws.random_range(1.3..3.0) } });
        }
        let faults: Vec<Planted<Fault>> = faults.iter().map(|kind| fault(*kind, &mut taken, &mut draws)).collect();
        let (mut cells, mut facts) = (Vec::new(), Vec::new());
        let (mut own, mut crowd) = (0.0, 0.0);
        let events: Vec<usize> = (0..6).map(|_| draws.random_range(0..WARM_UP_DAYS + SCORED_DAYS)).collect();
        for day in 0..WARM_UP_DAYS + SCORED_DAYS {
            own = 0.5 * own + nature.noise * 0.75_f64.sqrt() * normal(&mut draws);
            crowd = 0.6 * crowd + 0.05 * normal(&mut draws);
            let surge =
                all.iter().filter(|surge| surge.days.contains(&day)).map(|surge| rise(surge, day)).product::<f64>();
            // Many write on the day of a match; nothing is wrong with the feed, nor with them.
            let event = if events.contains(&day) { draws.random_range(1.2..1.6) } else { 1.0 };
            let volume = VOLUME[day % 7] * f64::exp(crowd) * event * (1.0 + 0.15 * (surge - 1.0));
            let prevalence = nature.prevalence(day) * f64::exp(own) * surge;
            let fault = faults.iter().find(|fault| fault.days.contains(&day)).map(|fault| fault.what);
            let (cell, fact) = nature.day(nature.people * volume, prevalence, fault, &mut draws);
            cells.push(cell);
            facts.push(fact);
        }
        Self { cells, facts, surges: all.split_off(1), faults }
    }
}

impl Nature {
    fn day(
        &self,
        people: f64,
        prevalence: f64,
        fault: Option<Fault>,
        draws: &mut ChaCha8Rng,
    ) -> (Option<Proportion>, Facts) {
        let is = |kind: Artefact| fault.filter(|fault| fault.kind == kind);
        let distortion = fault.map_or(1.0, |fault| fault.distortion);
        // Who is measured changes, or what measures; other faults bring people of their own.
        let changed = match fault.map(|fault| fault.kind) {
            Some(Artefact::Outage | Artefact::Schema | Artefact::NewModel) => distortion,
            _ => 1.0,
        };
        let mean = self.spanish * self.spanish_ratio + 1.0 - self.spanish;
        let group = |share: f64, ratio: f64, draws: &mut ChaCha8Rng| {
            let n = poisson(people * share, draws);
            Proportion { k: binomial(n, prevalence * ratio, draws), n }
        };
        let kept = is(Artefact::Outage).or(is(Artefact::Schema)).map_or(1.0, |fault| 1.0 - fault.severity);
        let missing = is(Artefact::MissingPart).map_or(1.0, |fault| 1.0 - fault.severity);
        let english = group((1.0 - self.spanish) * kept, changed / mean, draws);
        let spanish = group(self.spanish * kept * missing, self.spanish_ratio * changed / mean, draws);
        let joined = is(Artefact::NewStream).map_or(0.0, |fault| fault.severity);
        let other = group(joined, distortion, draws);
        let (mut k, mut n) = (english.k + spanish.k + other.k, english.n + spanish.n + other.n);
        let mut posts = n + poisson(n as f64 * (self.posts_per_author - 1.0), draws);
        let part = |of: Proportion| (of.n as f64 * self.posts_per_author).round() as u64;
        let mut parts: BTreeMap<String, u64> =
            [("en", english), ("es", spanish), ("xx", other)].map(|(name, of)| (name.to_owned(), part(of))).into();
        let noisy =
            |share: f64, of: u64, draws: &mut ChaCha8Rng| binomial(of, share * (0.15 * normal(draws)).exp(), draws);
        let [duplicates, rejected, bots, copies] = self.shares;
        let mut facts = Facts {
            duplicates: noisy(duplicates, posts, draws),
            rejected: noisy(rejected, posts, draws),
            bots: noisy(bots, posts, draws),
            copies: Some(noisy(copies, posts, draws)),
            instrument: Some(if is(Artefact::NewModel).is_some() { "b" } else { "a" }.to_owned()),
            ..Facts::default()
        };
        if let Some(fault) = is(Artefact::Schema) {
            facts.rejected += (posts as f64 * fault.severity / kept).round() as u64;
        }
        if let Some(fault) = is(Artefact::DuplicatedFile) {
            let again = (posts as f64 * fault.severity).round() as u64;
            let anew = again / 2;
            facts.duplicates += again - anew;
            facts.copies = facts.copies.map(|copies| copies + anew);
            posts += anew;
            // What came under new ids speaks for whoever wrote it: more of it, more of them show something.
            k = (k + binomial(n, prevalence * (fault.distortion - 1.0).max(0.0), draws)).min(n);
        }
        if let Some(fault) = is(Artefact::Bots) {
            let accounts = (people * fault.severity).round() as u64;
            let flood = accounts * 2;
            facts.bots += (flood as f64 * draws.random_range(0.0..0.5)) as u64;
            facts.copies = facts.copies.map(|copies| copies + flood);
            (k, n, posts) = (k + accounts, n + accounts, posts + flood);
            *parts.entry("en".to_owned()).or_default() += flood;
        }
        facts.silent_hours = Some(is(Artefact::Outage).map_or(0, |fault| (24.0 * fault.severity).round() as u8));
        facts.posts = posts;
        facts.authors = Some(n);
        facts.parts = parts;
        ((n > 0).then_some(Proportion { k, n }), facts)
    }
}

fn scored() -> std::ops::Range<usize> {
    WARM_UP_DAYS..WARM_UP_DAYS + SCORED_DAYS
}

/// Days for something `length` long, away from all else.
fn plant(
    taken: &mut Vec<RangeInclusive<usize>>,
    within: std::ops::Range<usize>,
    length: usize,
    draws: &mut ChaCha8Rng,
) -> RangeInclusive<usize> {
    loop {
        let first = draws.random_range(within.start..within.end - length);
        let days = first..=first + length - 1;
        let far = |other: &RangeInclusive<usize>| {
            days.end() + APART_DAYS < *other.start() || other.end() + APART_DAYS < *days.start()
        };
        if taken.iter().all(far) {
            taken.push(days.clone());
            return days;
        }
    }
}

fn fault(kind: Artefact, taken: &mut Vec<RangeInclusive<usize>>, draws: &mut ChaCha8Rng) -> Planted<Fault> {
    let (lengths, severity, distortion) = match kind {
        Artefact::Outage => (1..=5, 0.2..1.0, 0.7..1.5),
        Artefact::MissingPart => (1..=7, 0.6..1.0, 1.0..1.001),
        Artefact::DuplicatedFile => (1..=2, 0.3..1.0, 1.1..1.6),
        Artefact::Bots => (1..=6, 0.05..0.4, 1.0..1.001),
        Artefact::Schema => (1..=6, 0.05..0.5, 0.7..1.6),
        Artefact::NewStream => (1..=6, 0.15..0.8, 0.5..2.0),
        Artefact::NewModel => (1..=1, 0.0..0.001, 0.75..1.4),
    };
    let days = plant(taken, scored(), draws.random_range(lengths), draws);
    let what = Fault { kind, severity: draws.random_range(severity), distortion: draws.random_range(distortion) };
    // A new model stays.
    let last = if kind == Artefact::NewModel { usize::MAX } else { *days.end() };
    Planted { days: *days.start()..=last, what }
}

/// sin² over the days of the surge, its size in the middle; a day stands for its noon.
fn rise(surge: &Planted<Surge>, day: usize) -> f64 {
    let length = (surge.days.end() - surge.days.start() + 1) as f64;
    let age = (day - surge.days.start()) as f64 + 0.5;
    1.0 + (surge.what.size - 1.0) * (PI * age / length).sin().powi(2)
}

fn normal(draws: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(draws)
}

fn poisson(mean: f64, draws: &mut ChaCha8Rng) -> u64 {
    Poisson::new(mean).map_or(0, |distribution| distribution.sample(draws) as u64)
}

fn binomial(n: u64, p: f64, draws: &mut ChaCha8Rng) -> u64 {
    Binomial::new(n, p.clamp(0.0, 0.95)).map_or(0, |distribution| distribution.sample(draws))
}
