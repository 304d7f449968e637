//! What the regression on the calendar makes of planted effects, and of histories that have none.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use tidemark_surveillance::{Calendar, Error, Forecast, History, Model, forecast};

/// A Monday.
const FIRST: Date = date(2021, 1, 4);

fn day(number: usize) -> Date {
    FIRST + i64::try_from(number).unwrap().days()
}

/// Days of one name.
fn calendar(name: &str, days: &[usize]) -> Calendar {
    days.iter().map(|number| (name.to_owned(), day(*number), day(*number))).collect()
}

/// The share of a logit.
fn share(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn logit(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

/// A tenth, more at weekends, with uniform noise from Knuth's linear congruential generator; `more` is added to a day's
/// logit.
fn series(days: usize, more: impl Fn(usize) -> f64) -> Vec<Option<f64>> {
    let mut state = 7_u64;
    (0..days)
        .map(|day| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = 2.0 * (state >> 11) as f64 / (1_u64 << 53) as f64 - 1.0;
            let weekend = if day % 7 >= 5 { 0.1 } else { 0.0 };
            Some(share(-2.2 + weekend + 0.1 * noise + more(day)))
        })
        .collect()
}

fn continued(values: Vec<Option<f64>>, calendar: Calendar, horizon: usize) -> Forecast {
    let history = History::new(FIRST, values).unwrap().with_calendar(calendar);
    let forecast = forecast(&history, horizon, &[Model::CalendarRegression], None).unwrap().remove(0).unwrap();
    for quantiles in &forecast.quantiles {
        assert!(quantiles.iter().all(|quantile| (0.0..=1.0).contains(quantile)), "{quantiles:?}");
        assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{quantiles:?}");
    }
    forecast
}

/// The logit of the median of each day ahead.
fn medians(forecast: &Forecast) -> Vec<f64> {
    forecast.quantiles.iter().map(|quantiles| logit(quantiles[11])).collect()
}

#[test]
fn an_effect_comes_back_with_its_name_and_stays_where_it_belongs() {
    // Every sixty days, the next of them six days ahead.
    let fairs: Vec<usize> = (45..760).step_by(60).collect();
    let values = series(700, |day| if fairs.contains(&day) { 0.5 } else { 0.0 });
    let without = medians(&continued(values.clone(), Calendar::default(), 14));
    let with = medians(&continued(values, calendar("fair", &fairs), 14));
    for (ahead, (with, without)) in (1..).zip(with.iter().zip(&without)) {
        let (effect, expected) = (with - without, if ahead == 6 { 0.5 } else { 0.0 });
        assert!((effect - expected).abs() < 0.06, "{ahead} days ahead: {effect}");
    }
}

#[test]
fn what_comes_once_a_year_is_learnt_from_two_years() {
    let holidays = [100, 465, 831];
    let values = series(825, |day| if holidays.contains(&day) { 0.5 } else { 0.0 });
    let without = medians(&continued(values.clone(), Calendar::default(), 14));
    let with = medians(&continued(values, calendar("holiday", &holidays), 14));
    let effect = with[6] - without[6];
    assert!(effect > 0.35 && effect < 0.6, "{effect}");
}

#[test]
fn a_name_that_was_not_seen_changes_nothing() {
    let values = series(200, |_| 0.0);
    let without = continued(values.clone(), Calendar::default(), 14);
    assert_eq!(continued(values.clone(), Calendar::from_iter([]), 14), without, "an empty calendar is none");
    assert_eq!(continued(values.clone(), calendar("opening", &[205, 300]), 14), without);
    let ended_before = [("closed".to_owned(), day(100), day(99))].into_iter().collect();
    assert_eq!(continued(values, ended_before, 14), without);
}

#[test]
fn other_models_do_not_read_the_calendar() {
    let history = History::new(FIRST, series(200, |_| 0.0)).unwrap();
    let named = history.clone().with_calendar(calendar("fair", &[50, 100, 150, 205]));
    let others: Vec<Model> = Model::ALL.into_iter().filter(|model| *model != Model::CalendarRegression).collect();
    let of = |history: &History| forecast(history, 14, &others, None).unwrap();
    assert_eq!(of(&history), of(&named));
    // What was known on a day has its calendar with it, dates to come as well.
    let known = named.known_at(day(120), 90).unwrap();
    assert_eq!((known.first(), known.calendar()), (day(31), named.calendar()));
}

#[test]
fn a_trend_that_broke_is_gone_on_with() {
    let at = |day: usize| (day as f64 - 250.0).max(0.0) * 0.004;
    let found = medians(&continued(series(500, at), Calendar::default(), 28));
    // A Friday: day 522. One line through all days would be 0.3 too low.
    let (found, expected) = (found[22], -2.2 + at(522));
    assert!((found - expected).abs() < 0.15, "{found} {expected}");
}

#[test]
fn a_wild_day_takes_neither_the_fit_nor_its_name_with_it() {
    let clean = series(400, |_| 0.0);
    let expected = medians(&continued(clean.clone(), Calendar::default(), 14));
    let spoilt = |days: &[usize]| {
        let mut values = clean.clone();
        days.iter().for_each(|day| values[*day] = Some(0.9));
        values
    };
    for days in [vec![399], vec![200], (390..400).collect::<Vec<usize>>()] {
        let found = medians(&continued(spoilt(&days), Calendar::default(), 14));
        let moved = found.iter().zip(&expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max);
        assert!(moved < 0.1, "{days:?} move it by {moved}");
    }
    // 4.4 above the others on the one day that had its name before: it is not expected to come again.
    let found = medians(&continued(spoilt(&[300]), calendar("outage", &[300, 405]), 14));
    let effect = found[5] - expected[5];
    assert!(effect > 0.0 && effect < 0.6, "{effect}");
}

#[test]
fn an_event_of_days_is_planned_to_its_end() {
    // Two festivals of ten days; the second ends three days after the origin.
    let during = |day: usize| (100..110).contains(&day) || day >= 193;
    let values = series(200, |day| if during(day) { 0.6 } else { 0.0 });
    let festivals = [(100, 109), (193, 202)].map(|(start, end)| ("festival".to_owned(), day(start), day(end)));
    let without = medians(&continued(values.clone(), Calendar::default(), 8));
    let with = medians(&continued(values, festivals.into_iter().collect(), 8));
    // It goes on for three days, and is over from the fifth on.
    assert!((with[1] - with[5]) - (without[1] - without[5]) > 0.3, "{with:?} {without:?}");
}

#[test]
fn a_survey_of_every_week_hears_of_the_days_before_it() {
    // Every ten weeks, four days before the survey that shows it; the next of them before the second survey ahead.
    let fairs: Vec<usize> = (66..1400).step_by(70).collect();
    let mut values = series(1387, |day| if fairs.contains(&day.saturating_sub(4)) { 0.5 } else { 0.0 });
    values.iter_mut().enumerate().filter(|(day, _)| !day.is_multiple_of(7)).for_each(|(_, value)| *value = None);
    let without = continued(values.clone(), Calendar::default(), 14);
    let with = continued(values, calendar("fair", &fairs), 14);
    assert_eq!(with.ahead, [7, 14]);
    let effects: Vec<f64> =
        medians(&with).iter().zip(medians(&without)).map(|(with, without)| with - without).collect();
    assert!(effects[0].abs() < 0.06 && (effects[1] - 0.5).abs() < 0.06, "{effects:?}");
}

#[test]
fn gaps_constants_and_short_series_have_an_answer() {
    let mut gappy = series(800, |_| 0.0);
    gappy.iter_mut().step_by(3).for_each(|value| *value = None);
    gappy[500..640].fill(None);
    gappy[790..].fill(None);
    let names = calendar("fair", &[20, 505, 795, 803]);
    for quantiles in continued(gappy, names.clone(), 14).quantiles {
        assert!((0.08..0.13).contains(&quantiles[11]), "{quantiles:?}");
    }
    for (level, days) in [(0.0, 7), (0.3, 60), (1.0, 800)] {
        let forecast = continued(vec![Some(level); days], names.clone(), 14);
        let worst = forecast.quantiles.iter().flatten().map(|q| (q - level).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-4, "{level} over {days} days strays by {worst}");
    }
    for days in 7..30 {
        let median = continued(series(days, |_| 0.0), calendar("fair", &[3, days + 1]), 14).quantiles[13][11];
        assert!((0.07..0.15).contains(&median), "{days} days: {median}");
    }
    // A week of values, and nothing for six years.
    let mut silent = series(7, |_| 0.0);
    silent.resize(2200, None);
    let median = continued(silent, names.clone(), 365).quantiles[364][11];
    assert!((0.08..0.13).contains(&median), "{median}");
    let two = History::new(FIRST, vec![Some(0.1), Some(0.2)]).unwrap().with_calendar(names);
    let refused = forecast(&two, 7, &[Model::CalendarRegression], None);
    assert_eq!(refused, Err(Error::TooShort { observed: 2, least: 7 }));
}
