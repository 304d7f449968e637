//! What holds for every forecast of every history.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{ToSpan, civil::date};
use proptest::prelude::*;
use tidemark_surveillance::{Error, Forecast, History, Model, forecast};

fn history(values: Vec<Option<f64>>) -> History {
    History::new(date(2023, 1, 2), values).unwrap()
}

fn all(history: &History, horizon: usize) -> Vec<Result<Forecast, Error>> {
    forecast(history, horizon, &Model::ALL, None).unwrap()
}

fn assert_lawful(forecast: &Forecast, horizon: usize) {
    assert_eq!(forecast.quantiles.len(), horizon);
    for quantiles in &forecast.quantiles {
        assert!(quantiles.iter().all(|q| (0.0..=1.0).contains(q)), "{}: {quantiles:?}", forecast.model);
        assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{}: {quantiles:?}", forecast.model);
    }
}

/// A prevalence with a weekly rhythm, a slow wave and uniform noise from Knuth's linear congruential generator.
fn plausible(days: usize) -> Vec<Option<f64>> {
    let mut state = 42_u64;
    (0..days)
        .map(|day| {
            let t = day as f64;
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = 2.0 * (state >> 11) as f64 / (1_u64 << 53) as f64 - 1.0;
            Some(0.10 + 0.02 * (t / 40.0).sin() + if day % 7 >= 5 { 0.015 } else { 0.0 } + 0.006 * noise)
        })
        .collect()
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn quantiles_never_fall_and_never_leave_the_unit_interval(
        values in prop::collection::vec(value(), 7..200),
        horizon in 1usize..20,
    ) {
        let history = history(values);
        match forecast(&history, horizon, &Model::ALL, None) {
            Ok(answers) => answers.into_iter().for_each(|answer| match answer {
                Ok(forecast) => assert_lawful(&forecast, horizon),
                Err(error) => assert!(matches!(error, Error::Mstl { .. }), "{error}"),
            }),
            Err(error) => {
                let is_short = matches!(error, Error::TooShort { observed, .. } if observed < 7);
                prop_assert!(is_short);
            }
        }
    }

    #[test]
    fn nothing_after_the_origin_is_used(later in prop::collection::vec(value(), 0..60), cut in 30usize..120) {
        let mut values = plausible(cut);
        let origin = date(2023, 1, 2) + (i64::try_from(cut).unwrap() - 1).days();
        let alone = history(values.clone()).known_at(origin, 1000).unwrap();
        values.extend(later);
        let totals = (0..values.len()).map(|day| if day < cut { None } else { Some(3) }).collect();
        let among = history(values).with_totals(totals).known_at(origin, 1000).unwrap();
        prop_assert_eq!(all(&alone, 14), all(&among, 14));
    }
}

#[test]
fn a_constant_series_goes_on_as_it_is() {
    for level in [0.0, 0.3, 1.0] {
        for days in [7, 20, 90] {
            for answer in all(&history(vec![Some(level); days]), 14) {
                let Ok(forecast) = answer else { continue };
                assert_lawful(&forecast, 14);
                let worst = forecast.quantiles.iter().flatten().map(|q| (q - level).abs()).fold(0.0, f64::max);
                assert!(worst < 1e-4, "{} of {level} over {days} days strays by {worst}", forecast.model);
            }
        }
    }
}

#[test]
fn too_little_is_refused_and_says_what_is_needed() {
    let refused = |values| forecast(&history(values), 14, &[Model::Tidemark], None).unwrap_err();
    assert_eq!(refused(vec![Some(0.1), Some(0.2)]), Error::TooShort { observed: 2, least: 7 });
    assert_eq!(refused(vec![None; 50]), Error::TooShort { observed: 0, least: 7 });
    assert_eq!(refused(vec![]), Error::TooShort { observed: 0, least: 7 });
    let week = history(plausible(7));
    assert_eq!(forecast(&week, 0, &[Model::Tidemark], None), Err(Error::Horizon { days: 0, most: 365 }));
    assert_eq!(forecast(&week, 366, &[Model::Tidemark], None), Err(Error::Horizon { days: 366, most: 365 }));
}

#[test]
fn a_week_is_enough_and_its_bands_are_wide() {
    let spread = |days: usize| {
        let answers = forecast(&history(plausible(days)), 14, &[Model::Tidemark], None).unwrap();
        let quantiles = answers[0].as_ref().unwrap().quantiles[13];
        quantiles[21] - quantiles[1]
    };
    assert!(spread(7) > spread(400), "{} {}", spread(7), spread(400));
    assert!(spread(7) < 0.5, "a week of values near 0.1 still says something");
}

#[test]
fn the_weekly_rhythm_is_continued() {
    let answers = all(&history(plausible(401)), 14);
    for forecast in answers.into_iter().flatten() {
        let median = |ahead: usize| forecast.quantiles[ahead - 1][11];
        // Day 401 from a Monday is a Tuesday; the next Saturday is four days on.
        assert!(median(4) > median(3) + 0.005, "{}: {} {}", forecast.model, median(4), median(3));
        assert!(median(6) < median(5) - 0.005, "{}: {} {}", forecast.model, median(6), median(5));
    }
}

#[test]
fn what_never_was_is_forecast_at_nothing() {
    let never = history(vec![Some(0.0); 60]).with_totals(vec![Some(56); 60]);
    let always = history(vec![Some(1.0); 60]).with_totals(vec![Some(56); 60]);
    for (history, wall) in [(never, 0.0), (always, 1.0)] {
        for forecast in all(&history, 14).into_iter().flatten() {
            let off = forecast.quantiles.iter().flatten().map(|q| (q - wall).abs()).fold(0.0, f64::max);
            assert!(off < 1e-6, "{}: {off}", forecast.model);
        }
    }
}

#[test]
fn one_artefact_does_not_take_a_forecast_with_it() {
    let mut spoilt = plausible(400);
    let clean = all(&history(spoilt.clone()), 14);
    spoilt[398] = Some(0.9);
    spoilt[397] = Some(0.9);
    let ours = |answers: &[Result<Forecast, Error>], model: Model| {
        answers.iter().flatten().find(|forecast| forecast.model == model).unwrap().quantiles[6]
    };
    let dirty = all(&history(spoilt), 14);
    for model in Model::ALL.into_iter().filter(|model| *model != Model::SeasonalNaive) {
        let moved = (ours(&clean, model)[11] - ours(&dirty, model)[11]).abs();
        assert!(moved < 0.01, "{model} moved by {moved}");
        let width = |quantiles: [f64; 23]| quantiles[19] - quantiles[3];
        assert!(width(ours(&dirty, model)) < 1.5 * width(ours(&clean, model)), "{model} lost its band");
    }
}

#[test]
fn gaps_are_bridged_by_weekday() {
    let mut gappy = plausible(400);
    gappy.iter_mut().skip(300).step_by(3).for_each(|value| *value = None);
    gappy[350..370].fill(None);
    gappy[395..].fill(None);
    for forecast in all(&history(gappy), 14).into_iter().flatten() {
        assert_lawful(&forecast, 14);
        assert!(forecast.quantiles.iter().all(|q| (0.05..0.16).contains(&q[11])), "{}", forecast.model);
    }
}

#[test]
fn bands_hold_as_often_as_they_say() {
    let values = plausible(900);
    let (mut inside, mut all) = (0.0, 0.0);
    for cut in (500..880).step_by(5) {
        let answers = forecast(&history(values[..cut].to_vec()), 14, &[Model::Tidemark], None).unwrap();
        for (ahead, quantiles) in answers[0].as_ref().unwrap().quantiles.iter().enumerate() {
            let value = values[cut + ahead].unwrap();
            inside += f64::from(u8::from((quantiles[3]..=quantiles[19]).contains(&value)));
            all += 1.0;
        }
    }
    assert!((0.74..0.88).contains(&(inside / all)), "80 % bands hold {}", inside / all);
}

#[test]
fn twenty_years_with_leap_days_and_gaps_are_continued() {
    let days = 20 * 365 + 5;
    let mut values = plausible(days);
    values.iter_mut().step_by(17).for_each(|value| *value = None);
    values[3000..3400].fill(None);
    for answer in all(&history(values), 14) {
        let forecast = answer.unwrap();
        assert_lawful(&forecast, 14);
        assert_eq!(forecast.target(14), forecast.origin + 14.days());
        assert!(forecast.quantiles.iter().all(|q| (0.05..0.16).contains(&q[11])), "{}", forecast.model);
    }
}

/// A survey of every seventh day, and days without one up to the origin.
fn survey(weeks: usize, days_since: usize) -> History {
    let daily = plausible(7 * (weeks - 1) + 1 + days_since);
    let asked = daily.into_iter().enumerate().map(|(day, value)| value.filter(|_| day.is_multiple_of(7)));
    history(asked.collect())
}

#[test]
fn a_series_of_weeks_is_continued_on_its_own_days() {
    let (at_once, later) = (all(&survey(120, 0), 14), all(&survey(120, 3), 14));
    for (model, (at_once, later)) in Model::ALL.into_iter().zip(at_once.into_iter().zip(later)) {
        if model == Model::MstlEts {
            assert!(matches!((at_once, later), (Err(Error::Mstl { .. }), Err(Error::Mstl { .. }))));
            continue;
        }
        let (at_once, later) = (at_once.unwrap(), later.unwrap());
        assert_lawful(&at_once, 2);
        assert_eq!(at_once.ahead, [7, 14], "{model}");
        assert_eq!(later.ahead, [4, 11], "{model}");
        assert_eq!((at_once.target(14), at_once.quantiles), (later.target(11), later.quantiles), "{model}");
    }
    // A day more than two weeks shows no third one.
    assert_eq!(all(&survey(120, 0), 20)[0].as_ref().unwrap().ahead, [7, 14]);
    let soon = forecast(&survey(120, 3), 3, &Model::ALL, None);
    assert_eq!(soon.unwrap_err(), Error::BeforeNext { days: 3, next: 4 });
    assert!(matches!(forecast(&survey(6, 0), 14, &Model::ALL, None), Err(Error::TooShort { observed: 6, .. })));
    all(&survey(7, 6), 14).into_iter().flatten().for_each(|forecast| assert_lawful(&forecast, 2));
}

#[test]
fn bands_of_weeks_hold_as_often_as_they_say() {
    let weeks: Vec<f64> = survey(400, 0).values().iter().flatten().copied().collect();
    let (mut inside, mut all) = (0.0, 0.0);
    for known in (150..398).step_by(2) {
        let answers = forecast(&survey(known, 0), 14, &[Model::Tidemark], None).unwrap();
        for (ahead, quantiles) in answers[0].as_ref().unwrap().quantiles.iter().enumerate() {
            inside += f64::from(u8::from((quantiles[3]..=quantiles[19]).contains(&weeks[known + ahead])));
            all += 1.0;
        }
    }
    assert!((0.72..0.90).contains(&(inside / all)), "80 % bands hold {}", inside / all);
}

#[test]
fn two_points_and_what_is_no_number_are_refused() {
    let two = history(vec![Some(0.1), Some(0.2)]);
    assert_eq!(forecast(&two, 7, &Model::ALL, None), Err(Error::TooShort { observed: 2, least: 7 }));
    for bad in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        let refused = History::new(date(2024, 2, 28), vec![Some(0.1), Some(bad)]);
        assert!(matches!(refused, Err(Error::NotAProportion { day, .. }) if day == date(2024, 2, 29)), "{bad}");
    }
    // Nobody counted on any day: the scale falls back on the values.
    let nobody = history(plausible(60)).with_totals(vec![Some(0); 60]);
    all(&nobody, 14).into_iter().flatten().for_each(|forecast| assert_lawful(&forecast, 14));
}
