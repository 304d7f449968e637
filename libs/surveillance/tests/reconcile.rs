//! What holds for every sum of regions' forecasts.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use proptest::prelude::*;
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_surveillance::History;
use tidemark_surveillance::joint::{Dependence, Paths};
use tidemark_surveillance::reconcile::{Apart, Reconciliation, Shares, add_up};

const FIRST: Date = date(2024, 1, 1);
const HORIZON: usize = 3;
const COUNT: usize = 40;

/// A base forecast: its quantiles and paths of them.
#[derive(Debug, Clone)]
struct Base {
    quantiles: Vec<[f64; 23]>,
    paths: Paths,
}

/// Anything a forecast can be: certain, wide, and at the walls.
fn base() -> impl Strategy<Value = Base> {
    let spread = prop_oneof![1 => Just(0.0), 1 => 0.0..1e-6f64, 4 => 0.0..0.6f64];
    (0.0..=1.0f64, spread, any::<u64>()).prop_map(|(level, spread, seed)| based(level, spread, seed))
}

fn based(level: f64, spread: f64, seed: u64) -> Base {
    let quantiles = vec![QUANTILE_LEVELS.map(|q| (level + spread * (q - 0.5)).clamp(0.0, 1.0)); HORIZON];
    let paths = Paths::draw(&quantiles, &Dependence::of_errors(&[], HORIZON), COUNT, seed);
    Base { quantiles, paths }
}

/// A whole and its regions with their parts.
fn family() -> impl Strategy<Value = (Base, Vec<(f64, Base)>)> {
    (base(), prop::collection::vec((0.001..1.0f64, base()), 1..6))
}

fn reconciled(whole: &Base, regions: &[(f64, Base)]) -> (Shares, Paths, Vec<Paths>) {
    let shares = Shares::of(&regions.iter().map(|(part, _)| *part).collect::<Vec<_>>()).unwrap();
    let quantiles: Vec<&[[f64; 23]]> = regions.iter().map(|(_, base)| base.quantiles.as_slice()).collect();
    let paths: Vec<Paths> = regions.iter().map(|(_, base)| base.paths.clone()).collect();
    let (sum, parts) = Reconciliation::of(&shares, &whole.quantiles, &quantiles).paths(&whole.paths, &paths);
    (shares, sum, parts)
}

/// Values of all paths, one after the other.
fn values(paths: &Paths) -> Vec<f64> {
    paths.iter().flatten().copied().collect()
}

fn farthest(one: &Paths, other: &Paths) -> f64 {
    assert_eq!((one.count(), one.horizon()), (other.count(), other.horizon()));
    values(one).iter().zip(values(other)).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

/// The variance of a uniform forecast that no wall cuts, as reconciliation reads it, up to a factor.
fn uniform_variance(base: &Base) -> f64 {
    (base.quantiles[0][22] - base.quantiles[0][0]).powi(2)
}

proptest! {
    #[test]
    fn every_path_adds_up_and_stays_a_share((whole, regions) in family()) {
        let (shares, sum, parts) = reconciled(&whole, &regions);
        prop_assert_eq!((sum.count(), sum.horizon(), parts.len()), (COUNT, HORIZON, regions.len()));
        for (path, sums) in sum.iter().enumerate() {
            for (day, sum) in sums.iter().enumerate() {
                let of_path: Vec<f64> = parts.iter().map(|part| part.iter().nth(path).unwrap()[day]).collect();
                prop_assert!(of_path.iter().chain([sum]).all(|value| (0.0..=1.0).contains(value)));
                let added: f64 = shares.as_slice().iter().zip(&of_path).map(|(share, value)| share * value).sum();
                prop_assert!((added - sum).abs() < 1e-9, "{} {}", added, sum);
            }
        }
        for day in 0..HORIZON {
            for paths in parts.iter().chain([&sum]) {
                let quantiles = paths.quantiles(|path| path[day]);
                prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", quantiles);
                prop_assert!(quantiles[0] <= quantiles[11] && quantiles[11] <= quantiles[22]);
            }
        }
    }

    #[test]
    fn what_adds_up_already_stays_as_it_is((whole, regions) in family()) {
        let (_, sum, parts) = reconciled(&whole, &regions);
        let again = Base { paths: sum.clone(), ..whole };
        let regions: Vec<(f64, Base)> = regions
            .into_iter()
            .zip(&parts)
            .map(|((part, base), paths)| (part, Base { paths: paths.clone(), ..base }))
            .collect();
        let (_, sum_again, parts_again) = reconciled(&again, &regions);
        prop_assert!(farthest(&sum, &sum_again) < 1e-9);
        for (one, other) in parts.iter().zip(&parts_again) {
            prop_assert!(farthest(one, other) < 1e-9);
        }
    }

    #[test]
    fn who_is_certain_does_not_move((whole, mut regions) in family(), level in 0.0..=1.0f64) {
        let certain = based(level, 0.0, 1);
        regions.push((0.5, certain.clone()));
        let (_, _, parts) = reconciled(&whole, &regions);
        prop_assert_eq!(values(parts.last().unwrap()), values(&certain.paths));
    }

    #[test]
    fn a_region_moves_by_its_variance_beside_the_others(part in 0.05..0.95f64, spread in 0.01..0.1f64) {
        // Both stand off the walls, the whole between them; the second is a tenth as wide.
        let regions = [(part, based(0.4, spread, 1)), (part, based(0.4, spread / 10.0, 2))];
        let (_, _, parts) = reconciled(&based(0.5, spread, 3), &regions);
        let moved = |index: usize| {
            let before = values(&regions[index].1.paths);
            values(&parts[index]).into_iter().zip(before).map(|(after, before)| after - before).collect::<Vec<_>>()
        };
        for (wide, narrow) in moved(0).into_iter().zip(moved(1)) {
            prop_assert!((narrow - wide / 100.0).abs() < 1e-6, "{} {}", wide, narrow);
        }
    }

    #[test]
    fn the_order_of_regions_changes_nothing((whole, mut regions) in family()) {
        let (_, sum, mut parts) = reconciled(&whole, &regions);
        regions.reverse();
        let (_, sum_reversed, parts_reversed) = reconciled(&whole, &regions);
        parts.reverse();
        prop_assert!(farthest(&sum, &sum_reversed) < 1e-9);
        prop_assert!(parts.iter().zip(&parts_reversed).all(|(one, other)| farthest(one, other) < 1e-9));
    }

    #[test]
    fn nothing_that_adds_up_lies_nearer(
        level in 0.2..0.8f64,
        spread in 0.05..0.3f64,
        regions in prop::collection::vec((0.1..1.0f64, 0.2..0.8f64, 0.05..0.3f64), 1..5),
        elsewhere in prop::collection::vec(0.0..=1.0f64, 5),
    ) {
        let whole = based(level, spread, 1);
        let regions: Vec<(f64, Base)> =
            (2..).zip(regions).map(|(seed, (part, level, spread))| (part, based(level, spread, seed))).collect();
        let (shares, sum, parts) = reconciled(&whole, &regions);
        let (path, day) = (7, 1);
        let at = |paths: &Paths| paths.iter().nth(path).unwrap()[day];
        let distance = |total: f64, of: &[f64]| {
            let own = (total - at(&whole.paths)).powi(2) / uniform_variance(&whole);
            let each = of.iter().zip(&regions).map(|(value, (_, base))| {
                (value - at(&base.paths)).powi(2) / uniform_variance(base)
            });
            own + each.sum::<f64>()
        };
        let found: Vec<f64> = parts.iter().map(at).collect();
        let best = distance(at(&sum), &found);
        // Anything else that adds up, near and far.
        for way in [1.0, 0.1, 0.001] {
            let other: Vec<f64> = found.iter().zip(&elsewhere).map(|(own, far)| own + way * (far - own)).collect();
            prop_assert!(best <= distance(shares.sum(&other), &other) + 1e-9);
        }
    }
}

/// Values and totals from the first day on.
fn history(days: &[(Option<f64>, Option<u64>)]) -> History {
    let (values, totals) = days.iter().copied().unzip();
    History::new(FIRST, values).unwrap().with_totals(totals)
}

fn steady(days: usize, value: f64, total: u64) -> History {
    history(&vec![(Some(value), Some(total)); days])
}

#[test]
fn a_part_is_the_mean_of_the_last_four_weeks_and_of_nothing_later() {
    let origin = FIRST.saturating_add(39.days());
    // Half until day 11, a quarter for the 28 days up to the origin, everything afterwards.
    let total = |day: u32| -> u64 {
        match day {
            0..12 => 300,
            12..40 => 100,
            _ => 30_000,
        }
    };
    let changing: Vec<_> = (0..60).map(|day| (Some(0.1), Some(total(day)))).collect();
    let (changing, other) = (history(&changing), steady(60, 0.2, 300));
    let shares = Shares::trailing(&[&changing, &other], origin).unwrap();
    assert!((shares.as_slice()[0] - 0.25).abs() < 1e-12 && (shares.as_slice()[1] - 0.75).abs() < 1e-12);
    let before = Shares::trailing(&[&changing, &other], FIRST.saturating_add(11.days())).unwrap();
    assert!((before.as_slice()[0] - 0.5).abs() < 1e-12);
    // A day that one of them does not count says nothing of either.
    let mut gaps = vec![(Some(0.1), Some(100)); 60];
    gaps[13..40].fill((None, None));
    assert_eq!(Shares::trailing(&[&history(&gaps), &other], origin).unwrap(), shares);
    gaps[12] = (Some(0.1), None);
    assert_eq!(Shares::trailing(&[&history(&gaps), &other], origin), None);
    assert_eq!((Shares::of(&[]), Shares::of(&[0.0]), Shares::of(&[1.0, -1.0])), (None, None, None));
    assert_eq!(Shares::of(&[1.0, f64::NAN]), None);
}

#[test]
fn regions_make_up_the_whole_or_it_is_said_why_not() {
    let (north, south) = (steady(40, 0.1, 300), steady(40, 0.2, 100));
    let whole = |value: f64, total: u64| steady(40, value, total);
    assert_eq!(add_up(&whole(0.125, 400), &[&north, &south]), Ok(()));
    // Some are in both, and rounded shares are a little off.
    assert_eq!(add_up(&whole(0.1251, 390), &[&north, &south]), Ok(()));
    let missing = add_up(&whole(0.125, 500), &[&north, &south]);
    assert_eq!(missing, Err(Apart::Units { days: 40, whole: 20_000, regions: 16_000 }));
    let twice = add_up(&whole(0.125, 400), &[&north, &south, &south]);
    assert!(matches!(twice, Err(Apart::Units { .. })));
    let weighted = add_up(&whole(0.15, 400), &[&north, &south]);
    assert_eq!(weighted, Err(Apart::Cases { days: 40, whole: 2400, regions: 2000 }));
    let uncounted = history(&[(Some(0.1), None); 40]);
    assert_eq!(add_up(&whole(0.125, 400), &[&north, &uncounted]), Err(Apart::NeverTogether));
    // Nobody has it anywhere: that adds up.
    assert_eq!(add_up(&steady(40, 0.0, 400), &[&steady(40, 0.0, 300), &steady(40, 0.0, 100)]), Ok(()));
}

#[test]
fn what_not_all_say_is_left_out() {
    let (long, short) = (based(0.5, 0.2, 1), based(0.4, 0.2, 2));
    let shares = Shares::of(&[1.0]).unwrap();
    let cut = Paths::of_rows(&short.paths.iter().take(9).map(|path| path[..2].to_vec()).collect::<Vec<_>>());
    let reconciliation = Reconciliation::of(&shares, &long.quantiles, &[short.quantiles.as_slice()]);
    let (sum, parts) = reconciliation.paths(&long.paths, &[cut]);
    assert_eq!((sum.count(), sum.horizon()), (9, 2));
    assert!(farthest(&sum, &parts[0]) < 1e-12, "one region is the whole");
}
