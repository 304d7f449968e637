//! What holds for every feed.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{ToSpan, civil::Date, civil::date};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tidemark_domain::{Period, PeriodKind};
use tidemark_surveillance::{
    artefacts::{Facts, Kind, Settings, assess},
    detect::{Counts, Detector, Measure, Scan, Silence, judge_between},
};

const FIRST: Date = date(2023, 12, 1);

/// A quiet feed with a weekly rhythm: about `posts` a day, 5 % of them copies, two languages.
fn quiet(days: usize, posts: u64) -> Vec<Facts> {
    (0..days)
        .map(|day| {
            let noise = (day as u64 * 37 + 11) % 23;
            let posts = posts * (100 + noise + if day % 7 >= 5 { 20 } else { 0 }) / 110;
            let spanish = posts * (28 + noise / 5) / 100;
            Facts {
                posts,
                authors: Some(posts * 10 / 13),
                duplicates: posts / 100,
                rejected: posts / 200,
                bots: posts * (3 + noise % 2) / 100,
                copies: Some(posts * (5 + noise % 2) / 100),
                silent_hours: Some(0),
                parts: BTreeMap::from([("en".to_owned(), posts - spanish), ("es".to_owned(), spanish)]),
                instrument: Some("a".to_owned()),
            }
        })
        .collect()
}

fn kinds(days: &[Facts], day: usize) -> Vec<Kind> {
    let assessment = assess(FIRST, days, &Settings::default());
    assessment.reasons(FIRST + (day as i64).days()).iter().map(|reason| reason.kind).collect()
}

fn episodes(days: &[Facts]) -> usize {
    assess(FIRST, days, &Settings::default()).episodes().len()
}

#[test]
fn a_quiet_feed_is_not_accused_and_each_fault_is_named() {
    // 29 February and the turn of the year are in it.
    let feed = quiet(120, 1000);
    assert_eq!(episodes(&feed), 0);
    type Fault = fn(&mut Facts);
    let faults: [(Kind, Fault); 9] = [
        (Kind::Silence, |day| *day = Facts { authors: Some(0), silent_hours: Some(24), ..Facts::default() }),
        (Kind::Collapse, |day| day.posts /= 3),
        (Kind::Jump, |day| day.posts *= 3),
        (Kind::SilentHours, |day| day.silent_hours = Some(7)),
        (Kind::Duplicates, |day| day.duplicates = day.posts / 2),
        (Kind::Copies, |day| day.copies = Some(day.posts / 4)),
        (Kind::Bots, |day| day.bots = day.posts / 5),
        (Kind::Rejects, |day| day.rejected = day.posts / 4),
        (Kind::Mix, |day| {
            day.parts.remove("es");
        }),
    ];
    for (kind, fault) in faults {
        let mut feed = feed.clone();
        fault(&mut feed[90]);
        fault(&mut feed[92]);
        assert!(kinds(&feed, 90).contains(&kind), "{kind:?}: {:?}", kinds(&feed, 90));
        assert_eq!((episodes(&feed), kinds(&feed, 94)), (1, vec![]), "{kind:?}");
        let reason = assess(FIRST, &feed, &Settings::default()).episodes()[0].reasons[0];
        assert!(!reason.to_string().is_empty() && !reason.kind.code().is_empty());
    }
}

#[test]
fn a_change_that_stays_becomes_the_usual() {
    let mut feed = quiet(150, 1000);
    feed[90..].iter_mut().for_each(|day| day.posts *= 4);
    let flags = assess(FIRST, &feed, &Settings::default()).flags();
    assert!(flags[90..103].iter().all(|suspect| *suspect) && flags[105..].iter().all(|suspect| !suspect));
}

#[test]
fn a_new_instrument_is_a_break_and_its_step_no_signal() {
    let mut feed = quiet(150, 1000);
    feed[100..].iter_mut().for_each(|day| day.instrument = Some("b".to_owned()));
    let assessment = assess(FIRST, &feed, &Settings::default());
    assert_eq!((assessment.breaks(), assessment.episodes().len()), (&[100][..], 1));
    // The other model finds half as many again.
    let counts = (0..150).map(|day| Some(if day < 100 { 100 } else { 150 })).collect();
    let counts = Counts::new(PeriodKind::Day, FIRST, counts).unwrap().with_totals(vec![Some(1000); 150]).unwrap();
    let scan = Scan::new(Measure::Proportion);
    assert!(scan.judge(&counts).unwrap()[100..].iter().any(|judgement| judgement.is_alarm()));
    let counts = counts.with_suspects(assessment.flags()).unwrap();
    let judged = judge_between(&scan, &counts, assessment.breaks()).unwrap();
    assert!(!judged.iter().any(|judgement| judgement.is_alarm()));
    assert_eq!(judged[100].verdict, Err(Silence::Suspect));
    assert!(judged[149].verdict.is_ok(), "it has a past of its own by then");
}

#[test]
fn a_week_is_as_good_as_its_days() {
    let mut feed = quiet(120, 1000);
    feed[90].posts = 10;
    let assessment = assess(FIRST, &feed, &Settings::default());
    let day = FIRST + 90.days();
    for kind in PeriodKind::ALL {
        assert!(assessment.is_suspect(Period::holding(kind, day)));
        assert!(!assessment.is_suspect(Period::holding(kind, day + 10.days())));
        assert!(!assessment.is_suspect(Period::holding(kind, day - 1000.days())));
    }
    let values = assessment.without_suspects(vec![Some(0.1); 120]);
    assert!(values.iter().enumerate().all(|(index, value)| value.is_none() == (index == 90)));
}

fn facts() -> impl Strategy<Value = Facts> {
    let few = || prop_oneof![Just(0_u64), 0..50_u64, 0..100_000_u64, Just(u64::MAX)];
    (few(), prop::option::of(few()), few(), few(), prop::option::of(few()), prop::option::of(0..26_u8), few()).prop_map(
        |(posts, authors, duplicates, bots, copies, silent_hours, part)| Facts {
            posts,
            authors,
            duplicates,
            rejected: duplicates / 2,
            bots,
            copies,
            silent_hours,
            parts: BTreeMap::from([("en".to_owned(), part / 2), ("es".to_owned(), posts / 2)]),
            instrument: (bots % 3 > 0).then(|| (bots % 2).to_string()),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_feed_has_an_answer_that_uses_nothing_later(days in prop::collection::vec(facts(), 0..80), cut in 0_usize..80) {
        let cut = cut.min(days.len());
        let whole = assess(FIRST, &days, &Settings::default());
        let part = assess(FIRST, &days[..cut], &Settings::default());
        let flags = whole.flags();
        prop_assert_eq!(flags.len(), days.len());
        prop_assert_eq!(&flags[..cut], &part.flags()[..]);
        for day in 0..days.len() {
            for reason in whole.reasons(FIRST + (day as i64).days()) {
                prop_assert!(reason.observed.is_finite() && reason.usual.is_finite(), "{reason:?}");
            }
        }
        let suspect: usize = whole.episodes().iter().map(|episode| episode.days).sum();
        prop_assert_eq!(suspect, flags.iter().filter(|suspect| **suspect).count());
    }

    #[test]
    fn days_without_facts_accuse_nobody(days in 0_usize..100) {
        prop_assert_eq!(episodes(&vec![Facts::default(); days]), 0);
    }
}
