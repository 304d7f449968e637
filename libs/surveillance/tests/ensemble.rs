//! What holds for every ensemble of our forecast and others'.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use proptest::prelude::*;
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_surveillance::ensemble::{DayQuantiles, Said, Unfit, ensemble, scored_origins, weights};
use tidemark_surveillance::{History, scale::LogitScale};

const FIRST: Date = date(2023, 1, 2);
const HORIZON: usize = 7;

fn day(number: i64) -> Date {
    FIRST.saturating_add(number.days())
}

/// A series around 0.2, known up to the day `last`; later days are `later`.
fn known(last: i64, later: &[f64]) -> History {
    let values = (0..=last).map(|day| Some(0.2 + 0.02 * (day as f64).sin()));
    let values = values.chain(later.iter().map(|value| Some(*value))).collect();
    History::new(FIRST, values).unwrap().known_at(day(last), 1000).unwrap()
}

/// A week of quantiles around a level.
fn week(level: f64, spread: f64) -> Vec<[f64; 23]> {
    vec![QUANTILE_LEVELS.map(|q| (level + spread * (q - 0.5)).clamp(0.0, 1.0)); HORIZON]
}

fn said(origin: i64, ours: Vec<[f64; 23]>, others: &[(&str, Vec<[f64; 23]>)]) -> Said {
    let others = others.iter().map(|(name, days)| ((*name).to_owned(), days.clone())).collect();
    Said { origin: day(origin), ours, others }
}

fn anything() -> impl Strategy<Value = Vec<[f64; 23]>> {
    (0.0..=1.0f64, 0.0..0.8f64).prop_map(|(level, spread)| week(level, spread))
}

proptest! {
    #[test]
    fn it_lies_between_its_members_and_is_lawful(
        ours in anything(),
        others in prop::collection::vec(anything(), 1..4),
        before in prop::collection::vec((anything(), anything()), 0..5),
    ) {
        let names = ["a-a", "b-b", "c-c"];
        let others: Vec<_> = names.into_iter().zip(others).collect();
        let pasts: Vec<Said> = (1..).zip(before)
            .map(|(weeks, (ours, theirs))| said(100 - 7 * weeks, ours, &[("a-a", theirs)]))
            .collect();
        let now = said(100, ours.clone(), &others);
        let days = ensemble(&known(100, &[]), &now, &pasts);
        prop_assert_eq!(days.len(), HORIZON);
        for (index, quantiles) in days.iter().enumerate() {
            prop_assert!(quantiles.iter().all(|value| (0.0..=1.0).contains(value)));
            prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
            for (level, value) in quantiles.iter().enumerate() {
                let members = || others.iter().map(|(_, days)| days[index][level]).chain([ours[index][level]]);
                let (low, high) = (members().fold(1.0, f64::min), members().fold(0.0, f64::max));
                prop_assert!(low - 1e-9 <= *value && *value <= high + 1e-9, "{} {} {}", low, value, high);
            }
        }
    }

    #[test]
    fn nothing_after_the_origin_is_used(
        later in prop::collection::vec(0.0..=1.0f64, 0..30),
        garbage in anything(),
        theirs in anything(),
    ) {
        let now = said(100, week(0.2, 0.1), &[("a-a", week(0.22, 0.1))]);
        // Two weeks before, with days that have come; four days before, with three days still to come.
        let honest: Vec<Said> =
            [86, 96].map(|origin| said(origin, week(0.2, 0.1), &[("a-a", theirs.clone())])).to_vec();
        let mut spoilt = honest.clone();
        spoilt[1].ours[4..].clone_from_slice(&garbage[4..]);
        spoilt[1].others.get_mut("a-a").unwrap()[4..].clone_from_slice(&garbage[4..]);
        spoilt.push(said(100, garbage.clone(), &[("a-a", garbage.clone())]));
        spoilt.push(said(103, garbage.clone(), &[("a-a", garbage)]));
        let expected = ensemble(&known(100, &[]), &now, &honest);
        prop_assert_eq!(ensemble(&known(100, &later), &now, &spoilt), expected);
    }

    #[test]
    fn levels_that_are_ours_are_kept_and_fewer_make_no_crossing(
        mut values in prop::collection::vec(0.0..=1.0f64, 23),
        every in 1usize..5,
    ) {
        values.sort_by(f64::total_cmp);
        let scale = LogitScale::of(&known(100, &[]));
        let all: Vec<(f64, f64)> = QUANTILE_LEVELS.into_iter().zip(values.iter().copied()).collect();
        let kept = DayQuantiles::new(&all).unwrap().at_levels(scale);
        prop_assert!(kept.iter().zip(&values).all(|(kept, value)| (kept - value).abs() < 1e-9));
        let some: Vec<(f64, f64)> = all.iter().copied().step_by(every).chain([(0.995, 1.0)]).collect();
        let found = DayQuantiles::new(&some).unwrap().at_levels(scale);
        prop_assert!(found.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(found.iter().all(|value| (0.0..=1.0).contains(value)));
    }
}

#[test]
fn alone_it_is_ours_and_unscored_members_count_alike() {
    let known = known(100, &[]);
    let ours = week(0.2, 0.1);
    assert_eq!(ensemble(&known, &said(100, ours.clone(), &[]), &[]), ours);
    assert_eq!(weights(&known, &["a-a", "b-b"], &[]), [1.0 / 3.0; 3]);
    // On the logit scale 0.1 lies as far below a half as 0.9 above.
    let now = said(100, week(0.1, 0.0), &[("a-a", week(0.9, 0.0))]);
    assert!(ensemble(&known, &now, &[]).iter().flatten().all(|value| (value - 0.5).abs() < 1e-9));
}

#[test]
fn who_did_better_counts_more_and_a_little_evidence_moves_little() {
    let known = known(100, &[]);
    let past = |origin: i64| {
        said(
            origin,
            week(0.25, 0.02),
            &[("better", week(0.2, 0.02)), ("same", week(0.25, 0.02)), ("wild", week(0.9, 0.0))],
        )
    };
    let members = ["better", "new", "same", "wild"];
    let of = |pasts: &[Said]| weights(&known, &members, pasts);
    let once = of(&[past(90)]);
    let often = of(&(1..=8).map(|weeks| past(100 - 7 * weeks)).collect::<Vec<_>>());
    for weights in [&once, &often] {
        let [ours, better, new, same, wild] = weights[..] else { panic!("five weights") };
        assert!(better > ours && ours > wild && wild > 0.0, "{weights:?}");
        assert!((same - ours).abs() < 1e-12 && (new - ours).abs() < 1e-12, "{weights:?}");
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
    assert!(often[1] / often[0] > 2.0 * once[1] / once[0] && often[4] / often[0] < once[4] / once[0] / 5.0);
    assert!(once[1] < 0.5 && often[4] < 0.01, "{once:?} {often:?}");
}

#[test]
fn a_forecast_twice_as_far_off_counts_by_the_rule() {
    // A series that stays at 0.2, and point forecasts: WIS is twice the mean pinball loss, the same share of each miss.
    let known = History::new(FIRST, vec![Some(0.2); 101]).unwrap();
    let past = |origin: i64| said(origin, week(0.21, 0.0), &[("far", week(0.22, 0.0))]);
    // Four whole forecasts: half of the square.
    let found = weights(&known, &["far"], &[70, 77, 84, 91].map(past));
    assert!((found[0] / found[1] - 2.0).abs() < 1e-6, "{found:?}");
    // A series that is met exactly by both tells nobody apart.
    let exact = |origin: i64| said(origin, week(0.2, 0.0), &[("far", week(0.2, 0.0))]);
    assert_eq!(weights(&known, &["far"], &[70, 77].map(exact)), [0.5, 0.5]);
}

#[test]
fn seven_levels_of_a_normal_are_continued_as_one() {
    // Normal on the logit scale: 0.3 at the median; z by level as tables have it.
    let z = [(0.025, -1.959_964), (0.1, -1.281_552), (0.25, -0.674_490), (0.5, 0.0)];
    let value = |z: f64| 1.0 / (1.0 + (-(-0.847_298 + 0.2 * z)).exp());
    let below = z.map(|(level, z)| (level, value(z)));
    let above = [2, 1, 0].map(|index| (1.0 - z[index].0, value(-z[index].1)));
    let quantiles: Vec<(f64, f64)> = below.into_iter().chain(above).collect();
    let found = DayQuantiles::new(&quantiles).unwrap().at_levels(LogitScale::of(&known(100, &[])));
    for (index, z) in [(0, -2.326_348), (2, -1.644_854), (11, 0.0), (14, 0.385_320), (22, 2.326_348)] {
        assert!((found[index] - value(z)).abs() < 1e-5, "{index}: {} {}", found[index], value(z));
    }
}

#[test]
fn sets_that_do_not_fit_are_refused() {
    let new = |pairs: &[(f64, f64)]| DayQuantiles::new(pairs).unwrap_err();
    let good = [(0.1, 0.1), (0.25, 0.2), (0.5, 0.3), (0.75, 0.3), (0.9, 0.4)];
    assert_eq!(DayQuantiles::new(&good).unwrap().pairs(), good);
    assert_eq!(new(&good[..4]), Unfit::TooFew { count: 4 });
    assert_eq!(new(&[]), Unfit::TooFew { count: 0 });
    let mut narrow = good;
    narrow[4].0 = 0.8;
    assert_eq!(new(&narrow), Unfit::TooFew { count: 5 });
    let mut outside = good;
    outside[4].1 = 1.01;
    assert_eq!(new(&outside), Unfit::Outside { level: 0.9 });
    let mut crossing = good;
    crossing[3].1 = 0.29;
    assert_eq!(new(&crossing), Unfit::Crossing { level: 0.75 });
}

#[test]
fn eight_origins_a_week_apart_are_scored() {
    let daily = scored_origins(day(100), (0..=103).rev().map(day));
    assert_eq!(daily, [99, 92, 85, 78, 71, 64, 57, 50].map(day));
    assert_eq!(scored_origins(day(100), [98, 80, 76].map(day).into_iter()), [98, 80].map(day));
    assert!(scored_origins(day(100), [100, 101].map(day).into_iter()).is_empty());
    assert!(scored_origins(day(100), std::iter::empty()).is_empty());
}
