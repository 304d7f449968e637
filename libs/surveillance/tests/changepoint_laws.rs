//! What holds for changepoints of every series.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};
use tidemark_domain::{PeriodKind, Proportion};
use tidemark_surveillance::detect::{
    Changepoint, Changepoints, Counts,
    changepoint::{LEAST_DAYS, PENALTY, pelt},
};

const FIRST: Date = date(2023, 5, 1);

fn found(cells: &[Option<Proportion>]) -> Vec<Changepoint> {
    let counts = Counts::of_proportions(PeriodKind::Day, FIRST, cells).unwrap();
    Changepoints::new(PeriodKind::Day).find(&counts).unwrap()
}

fn place(change: &Changepoint) -> usize {
    (change.period.end - FIRST).get_days() as usize
}

/// Days of `n` people, of whom a share has the marker that depends on the day.
fn by_chance(seed: u64, days: usize, n: u64, share: impl Fn(usize) -> f64) -> Vec<Option<Proportion>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let draw = |day: usize| Some(Proportion { k: Binomial::new(n, share(day)).unwrap().sample(&mut rng), n });
    (0..days).map(draw).collect()
}

/// All ways to cut, without passing over any: the least total of costs and penalties.
fn least_total(length: usize, least: usize, penalty: f64, cost: &dyn Fn(usize, usize) -> f64) -> f64 {
    let mut best = vec![f64::INFINITY; length + 1];
    best[0] = -penalty;
    for end in least..=length {
        let starts = (0..=end - least).map(|start| best[start] + cost(start, end) + penalty);
        best[end] = starts.fold(f64::INFINITY, f64::min);
    }
    best[length]
}

/// The costs of the segments that begin at 0 and `starts`, and the penalties.
fn total(length: usize, starts: &[usize], penalty: f64, cost: &dyn Fn(usize, usize) -> f64) -> f64 {
    let begins = [0].into_iter().chain(starts.iter().copied());
    let ends = starts.iter().copied().chain([length]);
    begins.zip(ends).map(|(from, to)| cost(from, to)).sum::<f64>() + penalty * starts.len() as f64
}

/// Twice the log-likelihood that counts of `n` lose by having one share.
fn binomial_cost(counts: &[u64], n: f64, from: usize, to: usize) -> f64 {
    let (k, all) = (counts[from..to].iter().sum::<u64>() as f64, n * (to - from) as f64);
    let of = |x: f64| if x > 0.0 { x * (x / all).ln() } else { 0.0 };
    -2.0 * (of(k) + of(all - k))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn passing_over_starts_loses_nothing(
        counts in prop::collection::vec(prop_oneof![0_u64..4, 0_u64..30, 25_u64..30], 1..60),
        least in 1_usize..9,
        penalty in 0.1_f64..20.0,
    ) {
        let cost = |from: usize, to: usize| binomial_cost(&counts, 30.0, from, to);
        let starts = pelt(counts.len(), least, penalty, cost);
        let edges: Vec<usize> = [0].into_iter().chain(starts.iter().copied()).chain([counts.len()]).collect();
        if counts.len() < least {
            prop_assert!(starts.is_empty());
        } else {
            prop_assert!(edges.windows(2).all(|pair| pair[1] >= pair[0] + least), "{edges:?}");
            let (ours, best) =
                (total(counts.len(), &starts, penalty, &cost), least_total(counts.len(), least, penalty, &cost));
            prop_assert!((ours - best).abs() < 1e-6, "{ours} {best} {edges:?}");
            let dearer = pelt(counts.len(), least, 2.0 * penalty, cost);
            prop_assert!(dearer.len() <= starts.len(), "{starts:?} {dearer:?}");
        }
    }

    #[test]
    fn a_planted_shift_is_found_within_days(
        seed in any::<u64>(),
        days in 100_usize..300,
        at in 0.3_f64..0.7,
        rises in any::<bool>(),
    ) {
        let at = (at * days as f64) as usize;
        let levels = if rises { (0.05, 0.1) } else { (0.1, 0.05) };
        let changes = found(&by_chance(seed, days, 1000, |day| if day < at { levels.0 } else { levels.1 }));
        let near = changes.iter().find(|change| place(change).abs_diff(at) <= 3);
        prop_assert!(near.is_some(), "{at}: {changes:?}");
        let near = near.unwrap();
        prop_assert!((near.after > near.before) == rises, "{near:?}");
        prop_assert!(near.ratio >= PENALTY * (days as f64).ln() - 1e-6, "{near:?}");
        prop_assert!(changes.iter().all(|change| (0.0..=1.0).contains(&change.before) && change.ratio > 0.0));
    }

    #[test]
    fn one_share_has_none_however_many_people_there_are(
        sizes in prop::collection::vec(1_u64..5000, 0..200),
        of_ten in 0_u64..=10,
    ) {
        let cells: Vec<_> = sizes.iter().map(|size| Some(Proportion { k: of_ten * size, n: 10 * size })).collect();
        prop_assert_eq!(found(&cells), vec![]);
    }

    #[test]
    fn days_that_show_nothing_change_nothing(
        seed in any::<u64>(),
        gaps in prop::collection::vec(0_usize..140, 0..30),
        people in 0_u64..100_000,
    ) {
        let cells = by_chance(seed, 140, 400, |day| if day < 70 { 0.1 } else { 0.2 });
        let k: Vec<_> = cells.iter().map(|cell| cell.map(|cell| cell.k)).collect();
        let with = |empty: &dyn Fn(usize) -> (Option<u64>, Option<u64>), suspect: bool| {
            let (mut k, mut n, mut flags) = (k.clone(), vec![Some(400); 140], vec![false; 140]);
            for day in &gaps {
                (k[*day], n[*day]) = empty(*day);
                flags[*day] = suspect;
            }
            let counts = Counts::new(PeriodKind::Day, FIRST, k).unwrap().with_totals(n).unwrap();
            Changepoints::new(PeriodKind::Day).find(&counts.with_suspects(flags).unwrap()).unwrap()
        };
        let without = with(&|_| (None, None), false);
        prop_assert_eq!(&with(&|_| (None, Some(people)), false), &without);
        prop_assert_eq!(&with(&|_| (Some(0), Some(0)), false), &without);
        prop_assert_eq!(&with(&|day| (Some(people / 2), Some(people + day as u64)), true), &without);
        prop_assert!(without.iter().all(|change| !gaps.contains(&place(change))), "a level begins on a day that has a value");
    }
}

#[test]
fn chance_alone_makes_few() {
    // Seldom more than three in a thousand such series, by the tail of the largest of many ratios.
    let with: usize = (0..200).filter(|seed| !found(&by_chance(*seed, 300, 1000, |_| 0.08)).is_empty()).count();
    assert!(with <= 6, "{with} of 200 series without a change have one");
}

#[test]
fn the_rhythm_of_the_week_is_no_change_and_hides_none() {
    let rhythm = |day: usize| if day % 7 >= 5 { 1.3 } else { 1.0 };
    let steady = by_chance(7, 371, 20_000, |day| 0.08 * rhythm(day));
    assert_eq!(found(&steady), vec![]);
    let risen = by_chance(7, 371, 20_000, |day| rhythm(day) * if day < 200 { 0.08 } else { 0.09 });
    let changes = found(&risen);
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert!(place(change).abs_diff(200) <= 3, "{change:?}");
    assert!(change.last.end == FIRST.saturating_add(370.days()), "{change:?}");
}

#[test]
fn a_level_lasts_for_a_fortnight_and_a_series_of_less_than_two_has_none() {
    let surge = by_chance(3, 200, 2000, |day| if (90..97).contains(&day) { 0.3 } else { 0.1 });
    let places: Vec<usize> = found(&surge).iter().map(place).collect();
    assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= LEAST_DAYS), "{places:?}");
    let short = by_chance(3, 2 * LEAST_DAYS - 1, 2000, |day| if day < LEAST_DAYS { 0.1 } else { 0.9 });
    assert_eq!(found(&short), vec![]);
}
