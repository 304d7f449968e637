//! What holds for a panel's network, and what it is worth on a panel made for it.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use proptest::prelude::*;
use std::{convert::Infallible, sync::LazyLock};
use tidemark_surveillance::{
    Forecast, History, Model, Network, forecast, forecast_jointly,
    network::{HORIZON_DAYS, LEAST_LESSONS, PanelLessons, networks_of, shipped},
    scores::wis,
};

const FIRST: Date = date(2020, 1, 1);
const DAYS: usize = 700;
/// The networks of these tests know the days up to this one.
const TAUGHT_DAYS: usize = 500;

/// Prevalences with a weekly rhythm, whose shocks fade by a fifth a day: what a panel can learn, and one series hardly.
fn series(seed: u64, days: usize) -> Vec<Option<f64>> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut noise = || {
        // Knuth's linear congruential generator; twelve make it nearly normal.
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    };
    let (mut shock, base) = (0.0, -2.0 - 0.1 * (seed % 7) as f64);
    let one = |day: usize| {
        shock = 0.8 * shock + 0.1 * noise();
        let logit = base + shock + 0.05 * noise() + if day % 7 > 4 { 0.1 } else { 0.0 };
        (day % 29 != 28).then(|| 1.0 / (1.0 + (-logit).exp()))
    };
    (0..days).map(one).collect()
}

fn panel() -> Vec<History> {
    (0..12).map(|seed| History::new(FIRST, series(seed, DAYS)).unwrap()).collect()
}

fn day(offset: usize) -> Date {
    FIRST + i64::try_from(offset).unwrap().days()
}

fn lessons(panel: &[History], until: Date) -> PanelLessons {
    let mut lessons = PanelLessons::new();
    for (place, history) in panel.iter().enumerate() {
        lessons.append(PanelLessons::of(history, until, place));
    }
    lessons
}

static NETWORK: LazyLock<Network> = LazyLock::new(|| Network::train(&lessons(&panel(), day(TAUGHT_DAYS - 1))).unwrap());

fn recommended(history: &History, horizon: usize, network: Option<&Network>) -> Forecast {
    forecast(history, horizon, &[Model::Tidemark], network).unwrap().remove(0).unwrap()
}

#[test]
fn what_the_panel_taught_makes_better_forecasts_of_days_it_has_not_seen() {
    let (mut with, mut without, mut inside, mut days) = (0.0, 0.0, 0.0, 0.0);
    for history in panel() {
        for origin in (TAUGHT_DAYS..DAYS - HORIZON_DAYS).step_by(HORIZON_DAYS) {
            let known = history.known_at(day(origin), 365).unwrap();
            let (ours, alone) =
                (recommended(&known, 14, Some(&NETWORK)), forecast(&known, 14, &[Model::Statistical], None));
            let alone = alone.unwrap().remove(0).unwrap();
            for (ahead, (one, other)) in ours.quantiles.iter().zip(&alone.quantiles).enumerate() {
                let Some(value) = history.values()[origin + 1 + ahead] else { continue };
                with += wis(one, value);
                without += wis(other, value);
                inside += f64::from(u8::from((one[3]..=one[19]).contains(&value)));
                days += 1.0;
            }
        }
    }
    assert!(with < 0.97 * without, "{}", with / without);
    assert!((0.74..0.86).contains(&(inside / days)), "80 % bands hold {}", inside / days);
}

#[test]
fn the_same_days_teach_the_same_and_later_days_nothing() {
    let until = day(400);
    let cut: Vec<History> = panel().iter().map(|history| history.known_at(until, 9999).unwrap()).collect();
    let (honest, all) = (lessons(&cut, until), lessons(&panel(), until));
    assert!(all.len() > LEAST_LESSONS, "{}", all.len());
    let taught = Network::train(&all);
    assert!(Network::train(&honest) == taught && taught.is_some());
    assert!(Network::train(&lessons(&panel(), day(401))) != taught);
    let few = lessons(&panel()[..1], until);
    assert_eq!((few.len() < LEAST_LESSONS, Network::train(&few)), (true, None));
}

#[test]
fn without_a_network_the_recommended_forecast_is_the_statistical() {
    let history = History::new(FIRST, series(99, 200)).unwrap();
    let answers = forecast(&history, 20, &[Model::Tidemark, Model::Statistical], None).unwrap();
    let [ours, alone] = answers.try_into().unwrap();
    assert_eq!(ours.unwrap().quantiles, alone.unwrap().quantiles);
    // Beyond its fortnight a network has no say.
    let with = recommended(&history, 20, Some(&NETWORK));
    let without = recommended(&history, 20, None);
    assert_eq!(with.quantiles[HORIZON_DAYS..], without.quantiles[HORIZON_DAYS..]);
    assert_ne!(with.quantiles[..HORIZON_DAYS], without.quantiles[..HORIZON_DAYS]);
    // Fewer days are the first of a fortnight.
    let fortnight = recommended(&history, HORIZON_DAYS, Some(&NETWORK)).quantiles;
    assert_eq!(recommended(&history, 5, Some(&NETWORK)).quantiles, fortnight[..5]);
    let joint = forecast_jointly(&history, 5, &[Model::Tidemark], Some(&NETWORK)).unwrap().remove(0).unwrap();
    assert_eq!(joint.forecast.quantiles, fortnight[..5]);
}

#[test]
fn no_origin_is_served_by_a_network_that_knows_later_days() {
    let origins = [date(2017, 6, 2), date(2018, 6, 1), date(2019, 5, 30), date(2019, 5, 31), date(2020, 12, 14)];
    let asked = |network: Option<&Network>| -> Vec<Date> {
        let learnt = networks_of(origins, |_| Ok::<_, Infallible>(network.cloned())).unwrap();
        learnt.into_keys().collect()
    };
    assert_eq!(asked(Some(&NETWORK)), [date(2017, 6, 2), date(2019, 5, 31)]);
    // Who could not teach one is asked again after a year.
    let yearly = [date(2017, 6, 2), date(2018, 6, 1), date(2019, 5, 31), date(2020, 12, 14)];
    assert_eq!(asked(None), yearly);
    assert_eq!(asked(shipped(date(2020, 1, 1))), yearly);
    assert!(networks_of([], |_| Err("nobody asks")).unwrap().is_empty());
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(0.0)),
        1 => Just(Some(1.0)),
        1 => (0.0..1e-9).prop_map(Some),
        4 => (0.0..=1.0).prop_map(Some),
    ]
}

#[test]
fn what_hardly_moves_goes_on_as_it_is() {
    for level in [0.0, 0.3, 1.0] {
        let history = History::new(FIRST, vec![Some(level); 400]).unwrap();
        assert_eq!(recommended(&history, 14, Some(&NETWORK)), recommended(&history, 14, None));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn quantiles_never_fall_and_never_leave_the_unit_interval(
        values in prop::collection::vec(value(), 20..500),
        horizon in 1usize..20,
    ) {
        let history = History::new(FIRST, values).unwrap();
        prop_assume!(history.observed() >= 7);
        let forecast = recommended(&history, horizon, Some(&NETWORK));
        prop_assert_eq!(forecast.quantiles.len(), horizon);
        for quantiles in &forecast.quantiles {
            prop_assert!(quantiles.iter().all(|q| (0.0..=1.0).contains(q)), "{:?}", quantiles);
            prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", quantiles);
        }
    }

    #[test]
    fn nothing_after_the_origin_is_used(later in prop::collection::vec(value(), 0..60), cut in 30usize..420) {
        let mut values = series(77, cut);
        let alone = History::new(FIRST, values.clone()).unwrap().known_at(day(cut - 1), 365).unwrap();
        values.extend(later);
        let among = History::new(FIRST, values).unwrap().known_at(day(cut - 1), 365).unwrap();
        prop_assert_eq!(recommended(&alone, 14, Some(&NETWORK)), recommended(&among, 14, Some(&NETWORK)));
    }

    #[test]
    fn one_artefact_does_not_take_a_forecast_with_it(at in 380usize..400, artefact in 0.0..=1.0_f64) {
        let clean = series(5, 400);
        let mut spoilt = clean.clone();
        spoilt[at] = Some(artefact);
        let median = |values| recommended(&History::new(FIRST, values).unwrap(), 14, Some(&NETWORK)).quantiles[6][11];
        let (before, after) = (median(clean), median(spoilt));
        prop_assert!((before - after).abs() < 0.03, "{} {}", before, after);
    }
}
