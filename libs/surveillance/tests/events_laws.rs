//! What holds for every event study and every pair of series.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{ToSpan, civil::Date, civil::date};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tidemark_surveillance::events::{
    Daily, Design, Event, Lagged, NotCorrelated, Placebos, Refusal, Study, Trend, lagged, study,
};
use tidemark_surveillance::{History, Truth};

/// A Monday; the year has a leap day, and zones with summer time have days of 23 and 25 hours.
const FIRST: Date = date(2023, 10, 2);
const CLOSE: f64 = 1e-9;

fn day(place: usize) -> Date {
    FIRST + i64::try_from(place).unwrap().days()
}

fn event(place: usize) -> Event {
    Event { start: day(place), end: day(place) }
}

fn design(trend: Trend, placebos: Placebos) -> Design {
    Design::new(28, 14, trend, placebos).unwrap()
}

fn usual() -> Design {
    design(Trend::Linear, Placebos::Past)
}

/// Logits with weekdays and an autoregression.
fn logits(days: usize, phi: f64, seed: u64) -> Vec<f64> {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut level = 0.0;
    (0..days)
        .map(|day| {
            let new: f64 = StandardNormal.sample(&mut draws);
            level = phi * level + 0.1 * new;
            level - 1.5 + if day % 7 >= 5 { 0.3 } else { 0.0 }
        })
        .collect()
}

fn shares(logits: &[f64]) -> Vec<Option<f64>> {
    logits.iter().map(|logit| Some(1.0 / (1.0 + (-logit).exp()))).collect()
}

fn history(values: Vec<Option<f64>>) -> History {
    History::new(FIRST, values).unwrap()
}

fn one(values: Vec<Option<f64>>, at: usize, design: &Design) -> Result<Study, Refusal> {
    study(&history(values), &[event(at)], design).remove(0)
}

#[test]
fn a_planted_step_is_found_where_it_is_and_nowhere_else() {
    let mut planted = logits(500, 0.3, 1);
    planted[420..].iter_mut().for_each(|logit| *logit += 0.8);
    for placebos in [Placebos::Past, Placebos::All] {
        for trend in [Trend::Linear, Trend::Level] {
            let design = design(trend, placebos);
            let found = one(shares(&planted), 420, &design).unwrap();
            let (lower, upper) = found.interval;
            assert!(lower > 0.0 && lower < 0.9 && upper > 0.7 && (found.effect - 0.8).abs() < 0.4, "{found:?}");
            assert!((found.p_value - 1.0 / (1.0 + found.placebos_apart as f64)).abs() < CLOSE, "{found:?}");
            assert!(found.observed > found.expected && found.overlaps == 0, "{found:?}");
            assert_eq!((found.days_before, found.days_after), (28, 14));
            assert_eq!((found.from, found.to), (day(392), day(433)));
        }
    }
    // Two months earlier there is no step, and its event knows nothing of the one to come.
    let calm = one(shares(&planted), 340, &usual()).unwrap();
    assert!(calm.effect.abs() < 0.4 && calm.to < day(420), "{calm:?}");
}

#[test]
fn an_event_of_several_days_has_them_in_its_window() {
    let mut planted = logits(500, 0.3, 2);
    planted[420..425].iter_mut().for_each(|logit| *logit += 3.0);
    let long = Event { start: day(420), end: day(424) };
    let found = study(&history(shares(&planted)), &[long], &usual()).remove(0).unwrap();
    assert_eq!((found.to, found.days_after), (day(437), 18));
    // Five days of eighteen stand higher by 3; an end before the start is the start.
    assert!((found.effect - 3.0 * 5.0 / 18.0).abs() < 0.4, "{found:?}");
    let backwards = Event { start: day(420), end: day(400) };
    assert_eq!(
        study(&history(shares(&planted)), &[backwards], &usual()),
        study(&history(shares(&planted)), &[event(420)], &usual())
    );
}

#[test]
fn weekdays_and_a_trend_that_goes_on_are_no_effect() {
    let rising: Vec<f64> =
        (0..500).map(|day| -3.0 + 0.004 * f64::from(day) + if day % 7 == 6 { 0.5 } else { 0.0 }).collect();
    let found = one(shares(&rising), 450, &usual()).unwrap();
    assert_eq!((found.effect, found.p_value), (0.0, 1.0), "{found:?}");
    let level = one(shares(&rising), 450, &design(Trend::Level, Placebos::Past)).unwrap();
    // A level that goes on lags a trend by the days between the windows' middles; so it does at every placebo date.
    assert!((level.effect - 0.004 * 21.0).abs() < 0.01, "{level:?}");
}

#[test]
fn constant_series_have_no_effect_and_a_first_step_has() {
    for level in [0.0, 0.3, 1.0] {
        let found = one(vec![Some(level); 450], 430, &usual()).unwrap();
        assert_eq!((found.effect, found.interval, found.p_value), (0.0, (0.0, 0.0), 1.0));
        assert!((found.observed - level).abs() < CLOSE && (found.expected - level).abs() < CLOSE, "{found:?}");
    }
    let mut first = vec![Some(0.0); 450];
    first[430..].fill(Some(0.1));
    let found = one(first, 430, &usual()).unwrap();
    assert!(found.effect > 0.0 && found.interval.0 > 0.0 && found.p_value <= 0.05, "{found:?}");
}

#[test]
fn what_cannot_be_said_is_refused_with_a_reason() {
    let values = shares(&logits(500, 0.3, 3));
    let refused = |values: Vec<Option<f64>>, at: usize| one(values, at, &usual()).unwrap_err();
    assert_eq!(refused(values.clone(), 27), Refusal::BeginsLate { first: FIRST, needed: day(0) - 1.day() });
    assert_eq!(refused(values.clone(), 487), Refusal::EndsEarly { last: day(499), needed: day(500) });
    assert!(one(values.clone(), 486, &usual()).is_ok());
    assert_eq!(
        refused(vec![Some(0.1), Some(0.2)], 1),
        Refusal::BeginsLate { first: FIRST, needed: day(1) - 28.days() }
    );
    assert_eq!(refused(Vec::new(), 0).code(), "begins_late");
    assert_eq!(refused(vec![None; 500], 400), Refusal::Gaps { before: 0, least_before: 14, after: 0, least_after: 7 });
    // Placebo dates from place 28 to 14 days before the event, 14 days apart: 19 of them need 28 + 18 * 14 + 14.
    assert_eq!(refused(values.clone(), 293), Refusal::FewPlacebos { apart: 18 });
    let least = one(values.clone(), 294, &usual()).unwrap();
    assert_eq!((least.placebos_apart, least.placebos), (19, 253));
    // Later dates help, where they are asked for.
    assert!(one(values, 293, &design(Trend::Linear, Placebos::All)).is_ok());
    for (before, after) in [(13, 14), (366, 14), (28, 0), (28, 366)] {
        let fault = Design::new(before, after, Trend::Linear, Placebos::Past).unwrap_err();
        assert!(fault.to_string().contains("14 to 365 before and 1 to 365 after"), "{fault}");
    }
}

#[test]
fn placebo_dates_keep_away_from_every_event() {
    let values = shares(&logits(600, 0.3, 4));
    let alone = study(&history(values.clone()), &[event(500)], &usual()).remove(0).unwrap();
    let both = study(&history(values.clone()), &[event(500), event(200)], &usual());
    let among = both[0].as_ref().unwrap();
    // Windows of 42 days touch no day of the 14 from the other event on: 42 + 14 - 1 dates less.
    assert_eq!(among.placebos, alone.placebos - 55);
    assert_eq!((among.effect, among.overlaps), (alone.effect, 0));
    let near = study(&history(values), &[event(500), event(495)], &usual());
    assert!(near.iter().all(|found| found.as_ref().unwrap().overlaps == 1));
}

#[test]
fn gaps_are_gaps() {
    let mut values = shares(&logits(500, 0.3, 5));
    let whole = one(values.clone(), 450, &usual()).unwrap();
    values[440] = None;
    values[455] = None;
    let gappy = one(values.clone(), 450, &usual()).unwrap();
    assert_eq!((gappy.days_before, gappy.days_after, gappy.placebos), (27, 13, whole.placebos));
    assert!((gappy.effect - whole.effect).abs() < 0.2);
    // Seven days of fourteen are enough, and six are not.
    values[450..457].fill(None);
    assert_eq!(one(values.clone(), 450, &usual()).unwrap().days_after, 7);
    values[457] = None;
    assert_eq!(one(values, 450, &usual()).unwrap_err().code(), "gaps");
    // Where weekends have no value, nothing is expected of a Saturday that has one.
    let all = shares(&logits(500, 0.3, 5)).into_iter().enumerate();
    let weekdays = all.map(|(place, share)| share.filter(|_| place % 7 < 5 || place == 453)).collect();
    let refused = one(weekdays, 453, &Design::new(28, 1, Trend::Level, Placebos::Past).unwrap()).unwrap_err();
    assert_eq!(refused, Refusal::Gaps { before: 20, least_before: 14, after: 0, least_after: 1 });
}

#[test]
fn without_an_effect_p_values_are_spread_evenly() {
    for (trend, phi) in [(Trend::Linear, 0.5), (Trend::Level, 0.5)] {
        let runs = 400_u32;
        let p_values: Vec<f64> = (0..runs)
            .map(|seed| {
                let values = shares(&logits(560, phi, 1_000 + u64::from(seed)));
                one(values, 540, &design(trend, Placebos::Past)).unwrap().p_value
            })
            .collect();
        let below = |level: f64| p_values.iter().filter(|p| **p <= level).count() as f64 / f64::from(runs);
        for level in [0.25, 0.5, 0.75] {
            assert!((below(level) - level).abs() < 0.09, "{trend:?}: {} at {level}", below(level));
        }
        assert!(below(0.05) < 0.1 && below(0.1) < 0.16, "{trend:?}: {} {}", below(0.05), below(0.1));
        assert!(below(0.1) > 0.03, "{trend:?}: {}", below(0.1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn nothing_after_the_window_is_used(
        seed in any::<u64>(),
        later in prop::collection::vec(prop_oneof![Just(None), (0.0..=1.0_f64).prop_map(Some)], 0..80),
    ) {
        let mut values = shares(&logits(414, 0.5, seed));
        let alone = one(values.clone(), 400, &usual());
        prop_assert!(alone.is_ok());
        values.extend(later);
        prop_assert_eq!(one(values, 400, &usual()), alone);
    }

    #[test]
    fn the_complement_has_the_opposite_effect(seed in any::<u64>()) {
        let values = shares(&logits(420, 0.5, seed));
        let found = one(values.clone(), 400, &usual()).unwrap();
        let complement = values.iter().map(|value| value.map(|share| 1.0 - share)).collect();
        let other = one(complement, 400, &usual()).unwrap();
        prop_assert!((found.effect + other.effect).abs() < CLOSE);
        prop_assert!((found.interval.0 + other.interval.1).abs() < CLOSE);
        prop_assert!((found.p_value - other.p_value).abs() < 0.01);
    }

    #[test]
    fn an_effect_grows_by_what_is_added_and_the_interval_says_what_p_says(seed in any::<u64>(), step in -2.0..2.0_f64) {
        let mut planted = logits(420, 0.5, seed);
        let before = one(shares(&planted), 400, &usual()).unwrap();
        planted[400..].iter_mut().for_each(|logit| *logit += step);
        let found = one(shares(&planted), 400, &usual()).unwrap();
        prop_assert!((found.effect - before.effect - step).abs() < 1e-6);
        prop_assert_eq!((found.placebos, found.placebos_apart), (before.placebos, before.placebos_apart));
        let (lower, upper) = found.interval;
        prop_assert!(((upper - lower) - (before.interval.1 - before.interval.0)).abs() < 1e-6);
        prop_assert_eq!(lower > 0.0 || upper < 0.0, found.p_value <= 0.05 + 1e-12);
        prop_assert!(found.p_value > 0.0 && found.p_value <= 1.0);
    }

    #[test]
    fn dates_are_places_alone(seed in any::<u64>(), weeks in 1_i64..300) {
        let values = shares(&logits(420, 0.5, seed));
        let found = one(values.clone(), 400, &usual()).unwrap();
        let moved = |day: Date| day + (7 * weeks).days();
        let elsewhere = Event { start: moved(day(400)), end: moved(day(400)) };
        let later = History::new(moved(FIRST), values).unwrap();
        let other = study(&later, &[elsewhere], &usual()).remove(0).unwrap();
        prop_assert_eq!((other.from, other.to), (moved(found.from), moved(found.to)));
        prop_assert_eq!(Study { from: found.from, to: found.to, ..other }, found);
    }
}

/// A measure that leads and shares that follow it by `lag` days, as far as `share` of what is new in them goes.
fn pair(days: usize, lag: usize, share: f64, seed: u64) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = |count: usize| -> Vec<f64> { (0..count).map(|_| StandardNormal.sample(&mut draws)).collect() };
    let (of_calls, own) = (normal(days + lag), normal(days));
    let (mut level_of_calls, mut level_of_shares) = (0.0, 0.0);
    let (mut calls, mut shares) = (Vec::new(), Vec::new());
    for (day, own) in own.into_iter().enumerate() {
        // What was new to the calls `lag` days ago is new to the shares today.
        let (new, echo) = (of_calls[day + lag], of_calls[day]);
        level_of_calls = 0.7 * level_of_calls + new;
        level_of_shares = 0.5 * level_of_shares + share * echo + (1.0 - share * share).sqrt() * own;
        let weekend: f64 = if day % 7 >= 5 { 0.5 } else { 0.0 };
        calls.push(Some((5.0 + 0.1 * level_of_calls - weekend).exp()));
        shares.push(Some(1.0 / (1.0 + (2.0 - 0.1 * level_of_shares - weekend).exp())));
    }
    (calls, shares)
}

fn correlated(calls: Vec<Option<f64>>, shares: Vec<Option<f64>>, max_lag: usize) -> Result<Lagged, NotCorrelated> {
    let calls = Daily::of_measure(&Truth::new(FIRST, calls));
    lagged(&calls, &Daily::of_shares(&history(shares)), max_lag)
}

#[test]
fn a_planted_lag_is_found() {
    for lag in [0, 3, 6] {
        let (calls, shares) = pair(500, lag, 0.6, 7);
        let found = correlated(calls.clone(), shares.clone(), 7).unwrap();
        let best = found.lags[found.best];
        assert_eq!(best.days, i64::try_from(lag).unwrap(), "{found:?}");
        assert!((best.interval.0..best.interval.1).contains(&best.pearson) && best.interval.0 > 0.0, "{best:?}");
        assert!((best.pearson - 0.6).abs() < 0.12 && (best.spearman - 0.6).abs() < 0.15, "{best:?}");
        assert!(found.p_value.is_some_and(|p| p <= 0.05), "{found:?}");
        assert!((found.phi.0 - 0.7).abs() < 0.12 && (found.phi.1 - 0.5).abs() < 0.15, "{:?}", found.phi);
        // The other way round the same lag is negative.
        let (calls, shares) = (Daily::of_measure(&Truth::new(FIRST, calls)), Daily::of_shares(&history(shares)));
        let turned = lagged(&shares, &calls, 7).unwrap();
        assert_eq!(turned.lags[turned.best].days, -best.days);
        assert!((turned.lags[turned.best].pearson - best.pearson).abs() < CLOSE);
    }
}

#[test]
fn lags_that_have_nothing_to_do_with_each_other_are_seldom_found() {
    let runs = 300_u32;
    let (mut inside, mut p_values) = (0_u32, Vec::new());
    for seed in 0..runs {
        let (calls, shares) = pair(400, 0, 0.0, 5_000 + u64::from(seed));
        let found = correlated(calls, shares, 5).unwrap();
        let now = found.lags.iter().find(|lag| lag.days == 0).unwrap();
        inside += u32::from((now.interval.0..=now.interval.1).contains(&0.0));
        p_values.push(found.p_value.unwrap());
    }
    let held = f64::from(inside) / f64::from(runs);
    assert!((0.90..=0.99).contains(&held), "95 % intervals hold {held}");
    let below = |level: f64| p_values.iter().filter(|p| **p <= level).count() as f64 / f64::from(runs);
    for level in [0.25, 0.5, 0.75] {
        assert!((below(level) - level).abs() < 0.1, "{} at {level}", below(level));
    }
    assert!(below(0.05) < 0.1, "{}", below(0.05));
}

#[test]
fn too_short_constant_and_separate_series_have_defined_answers() {
    let (calls, shares) = pair(200, 1, 0.6, 9);
    let start = |days: usize| (calls[..days].to_vec(), shares[..days].to_vec());
    let (two_calls, two_shares) = start(2);
    assert_eq!(correlated(two_calls, two_shares, 7), Err(NotCorrelated::FewPairs));
    for level in [0.0, 0.4] {
        let constant = correlated(calls.clone(), vec![Some(level); 200], 7).unwrap_err();
        assert_eq!(
            (constant.code(), constant.to_string().starts_with("the following series is constant")),
            ("constant", true)
        );
        let constant = correlated(vec![Some(level); 200], shares.clone(), 7).unwrap_err();
        assert!(constant.to_string().starts_with("the leading series"), "{constant}");
    }
    // Without enough shifts the correlations stand, and the p-value says why it is not there.
    let (short_calls, short_shares) = start(100);
    let short = correlated(short_calls, short_shares, 7).unwrap();
    assert_eq!((short.p_value, short.shifts_apart, short.lags.len()), (None, (100 - 4 * 7 - 1) / 15, 15));
    assert!(short.silence().is_some_and(|why| why.contains("19 are needed")), "{short:?}");
    let long_ago = Daily::of_measure(&Truth::new(FIRST - 900.days(), calls.clone()));
    let apart = lagged(&long_ago, &Daily::of_shares(&history(shares.clone())), 7);
    assert_eq!(apart, Err(NotCorrelated::FewPairs));
    // Every second day is a gap: no day has a value on the day before, and what is new on none can be told.
    let gappy = shares.iter().enumerate().map(|(day, share)| share.filter(|_| day % 2 == 0)).collect();
    assert_eq!(correlated(calls, gappy, 7), Err(NotCorrelated::FewPairs));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn moving_both_series_and_scaling_the_measure_change_nothing(
        seed in any::<u64>(),
        days in 1_i64..2_000,
        scale in 2.0..1_000.0_f64,
    ) {
        let (calls, shares) = pair(150, 2, 0.4, seed);
        let found = correlated(calls.clone(), shares.clone(), 4).unwrap();
        let later = FIRST + days.days();
        let scaled = calls.iter().map(|value| value.map(|value| scale * value)).collect();
        let leading = Daily::of_measure(&Truth::new(later, scaled));
        let following = Daily::of_shares(&History::new(later, shares).unwrap());
        let other = lagged(&leading, &following, 4).unwrap();
        prop_assert_eq!((found.best, found.shifts_apart), (other.best, other.shifts_apart));
        for (one, other) in found.lags.iter().zip(&other.lags) {
            prop_assert_eq!((one.days, one.pairs), (other.days, other.pairs));
            prop_assert!((one.pearson - other.pearson).abs() < 1e-6);
            prop_assert!(one.interval.0 <= one.pearson && one.pearson <= one.interval.1);
            prop_assert!(one.effective_pairs >= 4.0 && one.effective_pairs <= one.pairs as f64);
        }
    }

    #[test]
    fn any_series_have_an_answer(
        leading in prop::collection::vec(prop::option::weighted(0.8, 0.0..500.0_f64), 0..120),
        following in prop::collection::vec(prop::option::weighted(0.8, 0.0..=1.0_f64), 0..120),
        at in 0_usize..120,
    ) {
        if let Ok(found) = correlated(leading, following.clone(), 6) {
            prop_assert!(found.best < found.lags.len());
            prop_assert!(found.lags.iter().all(|lag| lag.pearson.abs() <= 1.0 && lag.spearman.abs() <= 1.0));
        }
        if let Ok(found) = one(following, at, &design(Trend::Level, Placebos::All)) {
            prop_assert!((0.0..=1.0).contains(&found.observed) && (0.0..=1.0).contains(&found.expected));
        }
    }
}

#[test]
fn random_gaps_cost_pairs_and_nothing_else() {
    let mut draws = ChaCha8Rng::seed_from_u64(11);
    let (calls, mut shares) = pair(600, 4, 0.6, 11);
    shares.iter_mut().for_each(|share| *share = share.filter(|_| draws.random_range(0.0..1.0) > 0.1));
    let found = correlated(calls, shares, 7).unwrap();
    assert_eq!(found.lags[found.best].days, 4, "{found:?}");
    assert!(found.lags[found.best].pairs < 520 && found.p_value.is_some_and(|p| p <= 0.05), "{found:?}");
}
