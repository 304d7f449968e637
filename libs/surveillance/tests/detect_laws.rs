//! What holds for every detector and every series.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::civil::{Date, date};
use proptest::prelude::*;
use tidemark_domain::PeriodKind;
use tidemark_surveillance::detect::{
    BinomialCusum, Counts, Cusum, Detector, Ears, EarsTReweighted, Error, Farrington, Finding, Judgement, Measure,
    Scan, Silence, Switch, Years, cusum::Expected, ears::Method, farrington::Threshold, judge_between,
    run_length::Binomial, switch::Level,
};

const FIRST: Date = date(2019, 12, 23);
const METHODS: [Method; 4] = [Method::C1, Method::C2, Method::C3, Method::C3Published];
const MEASURES: [Measure; 2] = [Measure::Count, Measure::Proportion];

/// Farrington's model over years of 14 periods, so that short series have several.
fn farrington(measure: Measure) -> Farrington {
    Farrington {
        years: 3,
        half_window: 2,
        seasons: 3,
        past_not_included: Some(2),
        calendar: Years::Periods(14),
        ..Farrington::new(measure)
    }
}

fn detectors() -> Vec<Box<dyn Detector>> {
    let mut all: Vec<Box<dyn Detector>> = vec![Box::new(BinomialCusum { calibration: 14, ..BinomialCusum::new(4.0) })];
    for measure in MEASURES {
        for method in METHODS {
            all.push(Box::new(Ears::new(method, measure)));
        }
        all.push(Box::new(EarsTReweighted::new(measure)));
        all.push(Box::new(EarsTReweighted { same_weekday: true, ..EarsTReweighted::new(measure) }));
        all.push(Box::new(Switch { measure }));
        all.push(Box::new(Scan::new(measure)));
        let expected = Expected::Calibrated { periods: 14 };
        all.push(Box::new(Cusum { expected, ..Cusum::new(measure) }));
        for threshold in [Threshold::Delta, Threshold::NbPlugin, Threshold::Muan] {
            all.push(Box::new(Farrington { threshold, ..farrington(measure) }));
        }
    }
    all
}

/// What happened in one period: a count, of how many, and whether the feed was suspect.
#[derive(Debug, Clone, Copy)]
struct Period {
    count: Option<u64>,
    total: Option<u64>,
    suspect: bool,
}

fn period() -> impl Strategy<Value = Period> {
    let counted = |counts: std::ops::Range<u64>| {
        (counts, 0_u64..2000).prop_map(|(count, more)| Period {
            count: Some(count),
            total: Some(count + more),
            suspect: false,
        })
    };
    let nobody = Just(Period { count: Some(0), total: Some(0), suspect: false });
    let gap = Just(Period { count: None, total: None, suspect: false });
    prop_oneof![
        12 => counted(0..40),
        2 => counted(0..1),
        1 => counted(200..100_000),
        1 => nobody,
        1 => gap,
        1 => counted(0..1000).prop_map(|period| Period { suspect: true, ..period }),
    ]
}

fn periods(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Period>> {
    prop::collection::vec(period(), length)
}

fn counts(periods: &[Period]) -> Counts {
    let counts = Counts::new(PeriodKind::Day, FIRST, periods.iter().map(|period| period.count).collect()).unwrap();
    let counts = counts.with_totals(periods.iter().map(|period| period.total).collect()).unwrap();
    counts.with_suspects(periods.iter().map(|period| period.suspect).collect()).unwrap()
}

fn daily(values: &[u64]) -> Counts {
    Counts::new(PeriodKind::Day, FIRST, values.iter().copied().map(Some).collect()).unwrap()
}

fn alarms(judged: &[Judgement]) -> Vec<bool> {
    judged.iter().map(Judgement::is_alarm).collect()
}

fn verdicts(judged: &[Judgement]) -> Vec<Result<Finding, Silence>> {
    judged.iter().map(|judgement| judgement.verdict).collect()
}

fn all_within(fewer: &[bool], more: &[bool]) -> bool {
    fewer.iter().zip(more).all(|(fewer, more)| !fewer || *more)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_answer_is_defined(periods in periods(0..120)) {
        let counts = counts(&periods);
        for detector in detectors() {
            let judged = match detector.judge(&counts) {
                Ok(judged) => judged,
                Err(error) => {
                    let is_short = matches!(error, Error::TooShort { .. }) && periods.len() <= 44;
                    prop_assert!(is_short, "{}: {error}", detector.id());
                    continue;
                }
            };
            prop_assert_eq!(judged.len(), periods.len());
            for (period, judgement) in periods.iter().zip(&judged) {
                let Ok(finding) = judgement.verdict else { continue };
                prop_assert!(!period.suspect && period.total > Some(0), "{}: {finding:?}", detector.id());
                let id = detector.id();
                prop_assert!(finding.value.is_finite() && finding.expected.is_finite(), "{id}: {finding:?}");
                prop_assert!(finding.expected >= 0.0 && !finding.statistic.is_nan(), "{id}: {finding:?}");
                prop_assert!((0.0..=1.0).contains(&finding.p) && finding.upper >= 0.0, "{id}: {finding:?}");
            }
        }
    }

    #[test]
    fn nothing_after_the_day_is_used(periods in periods(50..110), cut in 46_usize..60) {
        let whole = counts(&periods);
        let cut = cut.min(periods.len());
        for detector in detectors() {
            let then = detector.judge(&whole.first_periods(cut)).unwrap();
            prop_assert_eq!(&detector.judge(&whole).unwrap()[..cut], &then[..], "{}", detector.id());
        }
    }

    #[test]
    fn what_a_suspect_period_says_changes_nothing(periods in periods(50..90), at in 0_usize..90, other in 0_u64..5000) {
        let at = at.min(periods.len() - 1);
        let with = |count: u64| {
            let mut periods = periods.clone();
            periods[at] = Period { count: Some(count), total: Some(10_000), suspect: true };
            counts(&periods)
        };
        for detector in detectors() {
            let judged = detector.judge(&with(3)).unwrap();
            prop_assert_eq!(judged[at].verdict, Err(Silence::Suspect));
            let again = detector.judge(&with(other)).unwrap();
            prop_assert_eq!(verdicts(&judged), verdicts(&again), "{}", detector.id());
        }
    }

    #[test]
    fn what_lies_before_the_window_changes_nothing(periods in periods(70..110), cut in 1_usize..20) {
        // Seven days, two of lag, two more of C3; three years of 14 with half a window.
        let whole = counts(&periods);
        let part = counts(&periods[cut..]);
        for measure in MEASURES {
            let ears = METHODS.map(|method| Ears::new(method, measure));
            let windowed = ears.iter().map(|ears| (ears as &dyn Detector, 12));
            let others: [(&dyn Detector, usize); 2] =
                [(&EarsTReweighted::new(measure), 7), (&farrington(measure), 44)];
            for (detector, window) in windowed.chain(others) {
                let (all, some) = (detector.judge(&whole).unwrap(), detector.judge(&part).unwrap());
                let (all, some) = (verdicts(&all[cut + window..]), verdicts(&some[window..]));
                prop_assert_eq!(all, some, "{}", detector.id());
            }
        }
    }

    #[test]
    fn alarms_grow_with_alpha(periods in periods(50..110), low in 0.0005_f64..0.1, factor in 1.0_f64..4.0) {
        let counts = counts(&periods);
        let judged = |detector: &dyn Detector| alarms(&detector.judge(&counts).unwrap());
        for measure in MEASURES {
            for method in METHODS {
                let at = |alpha| judged(&Ears { alpha, ..Ears::new(method, measure) });
                prop_assert!(all_within(&at(low), &at(low * factor)));
            }
            let at = |alpha| judged(&EarsTReweighted { alpha, ..EarsTReweighted::new(measure) });
            prop_assert!(all_within(&at(low), &at(low * factor)));
            let of = |series| judged(&EarsTReweighted { series, ..EarsTReweighted::new(measure) });
            prop_assert!(all_within(&of(20), &of(1)));
            for threshold in [Threshold::Delta, Threshold::NbPlugin, Threshold::Muan] {
                let at = |alpha| judged(&Farrington { alpha, threshold, ..farrington(measure) });
                prop_assert!(all_within(&at(low), &at(low * factor)));
            }
            let at = |h| judged(&Cusum { h, expected: Expected::Calibrated { periods: 14 }, ..Cusum::new(measure) });
            prop_assert!(all_within(&at(2.0 * factor), &at(2.0)));
        }
        let at = |h| judged(&BinomialCusum { calibration: 14, ..BinomialCusum::new(h) });
        prop_assert!(all_within(&at(2.0 * factor), &at(2.0)));
    }

    #[test]
    fn the_unit_of_counts_is_nothing_to_ears(values in prop::collection::vec(0_u64..60, 20..60), scale in 2_u64..9) {
        let (once, scaled) = (daily(&values), daily(&values.iter().map(|value| value * scale).collect::<Vec<_>>()));
        let ears = METHODS.map(|method| Ears::new(method, Measure::Count));
        let reweighted = EarsTReweighted::new(Measure::Count);
        for detector in ears.iter().map(|ears| ears as &dyn Detector).chain([&reweighted as &dyn Detector]) {
            for (one, other) in detector.judge(&once).unwrap().iter().zip(detector.judge(&scaled).unwrap()) {
                match (one.verdict, other.verdict) {
                    (Ok(one), Ok(other)) => {
                        let same = one.statistic == other.statistic || (one.statistic - other.statistic).abs() < 1e-9;
                        prop_assert!(same, "{}: {one:?} {other:?}", detector.id());
                        prop_assert!((one.upper * scale as f64 - other.upper).abs() < 1e-6 * (1.0 + other.upper));
                    }
                    (one, other) => prop_assert_eq!(one.err(), other.err()),
                }
            }
        }
    }

    #[test]
    fn more_people_make_the_same_rise_surer(k in 5_u64..20, scale in 2_u64..20) {
        // Ten times the people with the same proportions, no more spread than chance: a narrower limit.
        let of = |factor: u64| {
            let mut values = vec![k * factor; 15];
            values[14] = 2 * k * factor;
            let counts = daily(&values).with_totals(vec![Some(100 * factor); 15]).unwrap();
            Ears::new(Method::C1, Measure::Proportion).judge(&counts).unwrap()[14].verdict.unwrap()
        };
        prop_assert!(of(scale).upper < of(1).upper && of(scale).p <= of(1).p);
        prop_assert!((of(scale).expected - of(1).expected).abs() < 1e-12);
    }
}

#[test]
fn two_points_and_none_are_too_few_for_anything() {
    for values in [&[][..], &[3], &[3, 90]] {
        let counts = daily(values).with_totals(vec![Some(100); values.len()]).unwrap();
        for detector in detectors() {
            match detector.judge(&counts) {
                Ok(judged) => assert!(judged.iter().all(|day| matches!(day.verdict, Err(Silence::NoBaseline { .. })))),
                Err(error) => assert!(matches!(error, Error::TooShort { .. }), "{}: {error}", detector.id()),
            }
        }
    }
}

#[test]
fn zeros_and_constants_raise_no_alarm() {
    for value in [0, 1, 50, 100] {
        let counts = daily(&[value; 100]).with_totals(vec![Some(100); 100]).unwrap();
        for detector in detectors() {
            let judged = detector.judge(&counts).unwrap();
            assert!(judged.iter().all(|day| !day.is_alarm()), "{} of {value}", detector.id());
        }
    }
}

#[test]
fn a_surge_after_a_steady_year_is_found_by_all() {
    let mut values: Vec<u64> = (0..400_u64).map(|day| 40 + (day * 7919 % 13)).collect();
    values[396..].fill(160);
    let counts = daily(&values).with_totals(vec![Some(1000); 400]).unwrap();
    for detector in detectors() {
        let judged = detector.judge(&counts).unwrap();
        assert!(judged[396..].iter().any(Judgement::is_alarm), "{} misses it", detector.id());
    }
}

#[test]
fn weeks_53_and_leap_days_are_judged() {
    let values: Vec<Option<u64>> = (0..600_u64).map(|week| Some(60 + week * 31 % 17)).collect();
    for kind in [PeriodKind::Epiweek, PeriodKind::Isoweek] {
        let weeks = Counts::new(kind, date(2012, 1, 4), values.clone()).unwrap();
        let judged = Farrington::improved(Measure::Count).judge(&weeks).unwrap();
        let last = judged.iter().find(|week| week.period.label() == "202053").unwrap();
        assert!(last.verdict.is_ok(), "{last:?}");
    }
    let values: Vec<Option<u64>> = (0..1600_u64).map(|day| Some(60 + day * 31 % 17)).collect();
    let days = Counts::new(PeriodKind::Day, date(2016, 1, 1), values).unwrap();
    let judged = Farrington { years: 3, ..Farrington::new(Measure::Count) }.judge(&days).unwrap();
    let leap = judged.iter().find(|day| day.period.end == date(2020, 2, 29)).unwrap();
    assert!(leap.verdict.is_ok(), "{leap:?}");
}

#[test]
fn refusals_say_what_to_do() {
    let counts = daily(&[5; 30]);
    let weeks = Counts::new(PeriodKind::Isoweek, FIRST, vec![Some(5); 300]).unwrap();
    let refusal = |detector: &dyn Detector, counts: &Counts| detector.judge(counts).unwrap_err();
    let short = refusal(&Farrington::new(Measure::Count), &weeks.first_periods(200));
    assert_eq!(short, Error::TooShort { detector: "farrington_flexible", periods: 200, needed: 263 });
    assert!(short.to_string().contains("fewer years"), "{short}");
    assert_eq!(refusal(&Switch { measure: Measure::Proportion }, &counts), Error::NoDenominators);
    assert!(matches!(refusal(&Switch { measure: Measure::Count }, &weeks), Error::NotDaily { .. }));
    let same = EarsTReweighted { same_weekday: true, ..EarsTReweighted::new(Measure::Count) };
    assert!(matches!(refusal(&same, &weeks), Error::NotDaily { .. }));
    let ears = Ears::new(Method::C1, Measure::Count);
    for bad in [f64::NAN, 0.0, 1.0, -1.0] {
        assert!(matches!(refusal(&Ears { alpha: bad, ..ears }, &counts), Error::Parameter { name: "alpha", .. }));
    }
    assert!(matches!(refusal(&Ears { baseline: 2, ..ears }, &counts), Error::Parameter { name: "baseline", .. }));
    let sigma = Ears { min_sigma: f64::NAN, ..ears };
    assert!(matches!(refusal(&sigma, &counts), Error::Parameter { name: "min_sigma", .. }));
    let window = Farrington { half_window: 26, ..Farrington::new(Measure::Count) };
    assert!(matches!(refusal(&window, &weeks), Error::Parameter { name: "the year", .. }));
    let years = Farrington { years: usize::MAX, ..Farrington::new(Measure::Count) };
    assert!(matches!(refusal(&years, &weeks), Error::Parameter { name: "years", .. }));
}

#[test]
fn the_traffic_light_is_grey_without_a_baseline_and_red_in_a_surge() {
    let mut values: Vec<u64> = (0..60_u64).map(|day| if day % 7 < 5 { 90 + day % 3 } else { 40 + day % 2 }).collect();
    values[59] = 200;
    let judged = Switch { measure: Measure::Count }.judge(&daily(&values)).unwrap();
    let levels: Vec<Level> = judged.iter().map(Level::of).collect();
    assert!(levels[..13].iter().all(|level| *level == Level::Grey) && levels[13] != Level::Grey);
    assert_eq!((levels[50], levels[59]), (Level::Normal, Level::Red));
}

#[test]
fn twenty_years_are_judged() {
    let values = (0..1040_u64).map(|week| Some(50 + week * 31 % 23)).collect();
    let weeks = Counts::new(PeriodKind::Isoweek, FIRST, values).unwrap();
    let judged = Farrington::improved(Measure::Count).judge(&weeks).unwrap();
    // Five years of 52 or 53 weeks and half a window are not.
    assert_eq!(judged.iter().filter(|week| week.verdict.is_ok()).count(), 1040 - 264);
}

/// Days on which each of 400 people has the marker with probability .1, by Knuth's linear congruential generator.
fn chance_alone(days: usize) -> Counts {
    let mut state = 7_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let values: Vec<u64> = (0..days).map(|_| (0..400).filter(|_| draw() < 0.1).count() as u64).collect();
    daily(&values).with_totals(vec![Some(400); days]).unwrap()
}

#[test]
fn false_alarms_of_chance_alone_are_about_as_rare_as_said() {
    let counts = chance_alone(4000);
    let share = |detector: &dyn Detector| {
        let judged = detector.judge(&counts).unwrap();
        let found = judged.iter().filter(|day| day.is_alarm()).count() as f64;
        let share = found / judged.iter().filter(|day| day.verdict.is_ok()).count() as f64;
        println!("{}: {:.2} % of days", detector.id(), 100.0 * share);
        share
    };
    let alpha = 0.01;
    // A week knows its own spread poorly: on counts EARS alarms several times as often as it says. With the binomial as
    // the least spread it keeps its word, and so does the t interval.
    let on_counts = share(&Ears { alpha, ..Ears::new(Method::C1, Measure::Count) });
    let on_proportions = share(&Ears { alpha, ..Ears::new(Method::C1, Measure::Proportion) });
    let by_t = share(&EarsTReweighted { alpha, ..EarsTReweighted::new(Measure::Count) });
    let by_switch = share(&Switch { measure: Measure::Proportion });
    assert!((0.02..0.06).contains(&on_counts) && on_proportions < 0.015, "{on_counts} {on_proportions}");
    assert!((0.005..0.025).contains(&by_t) && by_switch < 0.03, "{by_t} {by_switch}");
    let chart = Binomial { p0: 0.1, odds_ratio: 1.5, n: 400 };
    let h = chart.interval(365.0).unwrap();
    let cusum = BinomialCusum { h, calibration: 365, dispersion: Some(1.0), ..BinomialCusum::new(h) };
    let episodes = alarms(&cusum.judge(&counts).unwrap()).windows(2).filter(|pair| !pair[0] && pair[1]).count();
    // Nine or ten years of 365 days in 3635.
    assert!((3..=20).contains(&episodes), "{episodes}");
}

/// Clocks change on some of these days; a day is a day, whatever its hours.
#[test]
fn the_scan_takes_twenty_years_leap_days_weeks_53_and_gaps() {
    let scan = Scan::new(Measure::Proportion);
    let days = 20 * 365 + 5;
    let cell = |day: usize| (!day.is_multiple_of(11)).then_some(40 + (day * 29 % 17) as u64);
    let totals = |length: usize| (0..length).map(|day| Some(if day % 13 == 0 { 0 } else { 1000 })).collect();
    let counted = |kind: PeriodKind, length: usize| {
        let counts = (0..length).map(|period| cell(period).filter(|_| period % 13 > 0)).collect();
        Counts::new(kind, FIRST, counts).unwrap().with_totals(totals(length)).unwrap()
    };
    for kind in PeriodKind::ALL {
        let length = if kind == PeriodKind::Day { days } else { days / 7 };
        let judged = scan.judge(&counted(kind, length)).unwrap();
        let alarms = judged.iter().filter(|judgement| judgement.is_alarm()).count();
        assert!(judged.iter().filter(|judgement| judgement.verdict.is_ok()).count() > length / 2, "{kind:?}");
        assert!(alarms <= length / 100, "{kind:?}: {alarms}");
        let weeks: Vec<String> = judged.iter().map(|judgement| judgement.period.label()).collect();
        assert!(kind == PeriodKind::Day || weeks.iter().any(|week| week == "202053"), "{kind:?}");
    }
    assert!(scan.judge(&Counts::new(PeriodKind::Day, FIRST, vec![]).unwrap().with_totals(vec![]).unwrap()).is_ok());
    let nobody =
        Counts::new(PeriodKind::Day, FIRST, vec![Some(0); 99]).unwrap().with_totals(vec![Some(0); 99]).unwrap();
    assert!(scan.judge(&nobody).unwrap().iter().all(|judgement| judgement.verdict == Err(Silence::Gap)));
    assert_eq!(scan.judge(&daily(&[1, 2])), Err(Error::NoDenominators));
    assert!(matches!(Scan { alpha: f64::NAN, ..scan }.judge(&nobody), Err(Error::Parameter { name: "alpha", .. })));
}

#[test]
fn the_order_of_breaks_and_breaks_outside_the_series_change_nothing() {
    let counts = daily(&(0..120).map(|day| 40 + day * 29 % 17).collect::<Vec<u64>>());
    let scan = Scan::new(Measure::Count);
    let of = |breaks: &[usize]| judge_between(&scan, &counts, breaks).unwrap();
    assert_eq!(of(&[]), scan.judge(&counts).unwrap());
    assert_eq!(of(&[0, 500, 120]), of(&[]));
    assert_eq!(of(&[70, 30, 70]), of(&[30, 70]));
    assert_eq!(&of(&[70])[..70], &of(&[])[..70]);
}
