//! One ranked list of signals, rather than a flood of alarms: [`rank`](rank()) orders, [`spells`] tells once.
//!
//! A threshold over millions of points makes more alarms than anybody reads; a ranked list is read from the top (A.
//! Joshi and others, arXiv 2401.01459). A signal's place is its *score*, the product of
//! - **surprise**: `-log10 p`, at most [`MOST_SURPRISE`], because no tail of a model is believed beyond; and
//! - **importance**: `log10(1 + excess)`, the excess being the people above what was expected, `(value - expected) n`, on all
//!   the days that a detector took together.
//!
//! The product is high only where both are: a certain rise of three people and a likely-by-chance rise of a thousand
//! stay down. It doubles with the digits of the p-value, and with those of the excess, whatever the marker's usual
//! level.
//!
//! Detectors that speak of the same series and period are one signal: the smallest of their p-values times their number
//! (Bonferroni), with the numbers of the detector that found it.
//!
//! A score counts no tests: of enough quiet series one reaches it by chance. So a place is a signal only where its
//! *q-value* (Benjamini–Hochberg) is small too. It is over the list that a reader has before them on the place's own day:
//! all series that were judged, those without a finding too, in the [`LIST_DAYS`] days up to it. What came before would
//! make it depend on how far somebody looks back, and what comes after would change what was told.

use super::{Finding, Judgement, fdr::q_values};
use jiff::{ToSpan as _, civil::Date};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use tidemark_domain::{Period, SeriesKey};

/// From this score on a place is worth a person's look. Chosen on planted surges in series of 500 to 5,000 people a day,
/// where it finds more than four in five of them; `docs/signals.md` has the figures.
pub const LEAST_SCORE: f64 = 5.0;
/// Up to this q-value a place is a signal: of what the list tells, one in ten may be chance. The usual rates are 0.05 and
/// 0.1; a score has to be reached besides.
pub const MOST_Q: f64 = 0.1;
/// Days of the list that a q-value is over: the last four weeks.
pub const LIST_DAYS: i64 = 28;
/// Places of one series at most so many days apart are one signal.
pub const JOINED_DAYS: i64 = 3;
/// Surprise beyond this many digits is not told apart.
pub const MOST_SURPRISE: f64 = 12.0;

/// One detector's finding about one period of one series, named by a `K`.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal<K = SeriesKey> {
    /// Which series.
    pub key: K,
    /// Which period.
    pub period: Period,
    /// [`Detector::id`](super::Detector::id).
    pub detector: &'static str,
    /// The finding.
    pub finding: Finding,
    /// Units counted in the period where `finding` is of proportions; 1 where it is of counts.
    pub n: f64,
}

/// A place in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked<K = SeriesKey> {
    /// The signal, of the detector with the smallest p-value.
    pub signal: Signal<K>,
    /// How many detectors spoke of it.
    pub detectors: usize,
    /// The p-value over all of them.
    pub p: f64,
    /// The least false discovery rate at which it is a discovery, over all series and the [`LIST_DAYS`] days up to it.
    pub q: f64,
    /// `-log10 p`, from 0 to [`MOST_SURPRISE`].
    pub surprise: f64,
    /// People above what was expected; 0 where there are none.
    pub excess: f64,
    /// Surprise times `log10(1 + excess)`.
    pub score: f64,
}

/// How many series were judged in the periods that end on each day, whatever was found in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tests(BTreeMap<Date, usize>);

impl Tests {
    /// Counts one series in one period.
    pub fn count(&mut self, period: Period) {
        *self.0.entry(period.end).or_default() += 1;
    }

    /// Those of the list of `end`.
    fn up_to(&self, end: Date) -> usize {
        self.0.range(list_from(end)..=end).map(|(_, judged)| judged).sum()
    }
}

/// The first day of the list of `end`.
fn list_from(end: Date) -> Date {
    end.saturating_sub((LIST_DAYS - 1).days())
}

/// Ranks signals, the highest score first; equal scores by p-value, series and period, so that the order of the input
/// changes nothing. Give every finding, not only alarms: what is a signal is decided by its place. Where p-values up to
/// some limit alone are given, q-values up to it are what they would be. A finding whose numbers are not finite has no
/// place.
#[must_use]
pub fn rank<K: Ord + Clone>(signals: &[Signal<K>], tests: &Tests) -> Vec<Ranked<K>> {
    let usable = |signal: &&Signal<K>| {
        let Finding { value, expected, p, .. } = signal.finding;
        (0.0..=1.0).contains(&p) && value.is_finite() && expected.is_finite() && signal.n.is_finite()
    };
    let mut sorted: Vec<&Signal<K>> = signals.iter().filter(usable).collect();
    sorted.sort_by(|a, b| {
        by_place(a, b)
            .then(a.finding.p.total_cmp(&b.finding.p))
            .then(a.detector.cmp(b.detector))
            .then(excess(b).total_cmp(&excess(a)))
    });
    let together = sorted.chunk_by(|a, b| by_place(a, b).is_eq());
    let mut places: Vec<Ranked<K>> = together.filter_map(merge).collect();
    judge_together(&mut places, tests);
    places.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then(a.p.total_cmp(&b.p)).then_with(|| by_place(&a.signal, &b.signal))
    });
    places
}

fn by_place<K: Ord>(a: &Signal<K>, b: &Signal<K>) -> Ordering {
    a.key.cmp(&b.key).then(a.period.cmp(&b.period))
}

/// Gives each place its q-value among those of its list, and leaves them in the order of their days.
fn judge_together<K>(places: &mut [Ranked<K>], tests: &Tests) {
    places.sort_by_key(|place| place.signal.period.end);
    let ends: Vec<Date> = places.iter().map(|place| place.signal.period.end).collect();
    let p_values: Vec<f64> = places.iter().map(|place| place.p).collect();
    let mut start = 0;
    while let Some(end) = ends.get(start) {
        let next = ends.partition_point(|other| other <= end);
        let from = ends.partition_point(|other| *other < list_from(*end));
        let q = q_values(&p_values[from..next], tests.up_to(*end));
        for (place, q) in places[start..next].iter_mut().zip(&q[start - from..]) {
            place.q = *q;
        }
        start = next;
    }
}

/// Neighbouring places of one series: one signal, however many days it lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Spell<K = SeriesKey> {
    /// Its place with the highest score.
    pub best: Ranked<K>,
    /// Its first period.
    pub first: Period,
    /// Its last period so far.
    pub last: Period,
    /// How many of its periods are in the list.
    pub periods: usize,
}

/// Joins places with at least `least_score` and at most `most_q` into spells, the highest score first: what is shown, and
/// told of once.
#[must_use]
pub fn spells<K: Ord + Clone>(ranked: &[Ranked<K>], least_score: f64, most_q: f64) -> Vec<Spell<K>> {
    let is_signal = |place: &&Ranked<K>| place.score >= least_score && place.q <= most_q;
    let mut places: Vec<&Ranked<K>> = ranked.iter().filter(is_signal).collect();
    places.sort_by(|a, b| by_place(&a.signal, &b.signal));
    let near = |a: &&Ranked<K>, b: &&Ranked<K>| {
        let days_between = i64::from((b.signal.period.start() - a.signal.period.end).get_days());
        a.signal.key == b.signal.key && days_between <= JOINED_DAYS
    };
    let spell = |places: &[&Ranked<K>]| {
        let best = places.iter().copied().reduce(|a, b| if b.score > a.score { b } else { a })?;
        let (first, last) = (places.first()?.signal.period, places.last()?.signal.period);
        Some(Spell { best: best.clone(), first, last, periods: places.len() })
    };
    let mut spells: Vec<Spell<K>> = places.chunk_by(near).filter_map(spell).collect();
    spells.sort_by(|a, b| b.best.score.total_cmp(&a.best.score));
    spells
}

/// What is found in many series of proportions, on its way into one list.
#[derive(Debug, Clone)]
pub struct List<K = SeriesKey> {
    signals: Vec<Signal<K>>,
    tests: Tests,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self { signals: Vec::new(), tests: Tests::default() }
    }
}

impl<K: Ord + Clone> List<K> {
    /// Takes in what detectors say of one series: each one's [`id`](super::Detector::id) and judgements.
    pub fn add(&mut self, key: &K, judged: &[(&'static str, Vec<Judgement>)]) {
        let mut periods: BTreeMap<Period, Vec<Signal<K>>> = BTreeMap::new();
        for (detector, judgements) in judged {
            for Judgement { period, n, verdict } in judgements {
                let (Some(n), Ok(finding)) = (*n, *verdict) else { continue };
                let signal = Signal { key: key.clone(), period: *period, detector, finding, n: n as f64 };
                periods.entry(*period).or_default().push(signal);
            }
        }
        for (period, found) in periods {
            self.tests.count(period);
            // The others are no signals whatever the rest says, and most periods of most series are such.
            if found.iter().any(|signal| signal.finding.p <= MOST_Q) {
                self.signals.extend(found);
            }
        }
    }

    /// The signals: places with at least [`LEAST_SCORE`] and at most [`MOST_Q`], joined, the highest score first.
    #[must_use]
    pub fn spells(&self) -> Vec<Spell<K>> {
        spells(&rank(&self.signals, &self.tests), LEAST_SCORE, MOST_Q)
    }
}

fn excess<K>(signal: &Signal<K>) -> f64 {
    ((signal.finding.value - signal.finding.expected) * signal.finding.units.unwrap_or(signal.n)).max(0.0)
}

/// Findings about the same series and period, the smallest p-value first.
fn merge<K: Clone>(findings: &[&Signal<K>]) -> Option<Ranked<K>> {
    let first = *findings.first()?;
    let p = (first.finding.p * findings.len() as f64).min(1.0);
    let surprise = (-p.log10()).clamp(0.0, MOST_SURPRISE);
    let excess = excess(first);
    let score = surprise * (1.0 + excess).log10();
    Some(Ranked { signal: first.clone(), detectors: findings.len(), p, q: 1.0, surprise, excess, score })
}

#[cfg(test)]
mod tests {
    use super::{LIST_DAYS, List, MOST_Q, MOST_SURPRISE, Ranked, Signal, Tests, rank, spells};
    use crate::detect::{Finding, Judgement, Silence};
    use jiff::ToSpan as _;
    use jiff::civil::{Date, date};
    use std::ops::Range;
    use tidemark_domain::{Period, PeriodKind, SeriesKey};

    /// As many series as are said, judged on the day of [`signal`].
    fn judged(series: usize) -> Tests {
        let mut tests = Tests::default();
        (0..series).for_each(|_| tests.count(Period { kind: PeriodKind::Day, end: date(2024, 5, 1) }));
        tests
    }

    fn signal(marker: &str, detector: &'static str, p: f64, value: f64, n: f64) -> Signal {
        let words = |word: &str| word.to_owned();
        let key = SeriesKey {
            source: words("s"),
            region: words("all"),
            language: words("en"),
            marker: words(marker),
            period: PeriodKind::Day,
        };
        let period = Period { kind: PeriodKind::Day, end: date(2024, 5, 1) };
        let finding = Finding { value, expected: 0.1, upper: 0.2, statistic: 3.0, p, alarm: p < 0.01, units: None };
        Signal { key, period, detector, finding, n }
    }

    #[test]
    fn both_surprise_and_importance_are_needed() {
        let signals = [
            signal("mh.stress", "ears_c2", 1e-4, 0.2, 10_000.0),
            signal("mh.joy", "ears_c2", 1e-9, 0.2, 20.0),
            signal("mh.fear", "ears_c2", 0.4, 0.3, 100_000.0),
            signal("mh.calm", "ears_c2", 1e-9, 0.05, 100_000.0),
        ];
        let order: Vec<String> = rank(&signals, &judged(4)).into_iter().map(|place| place.signal.key.marker).collect();
        assert_eq!(order, ["mh.stress", "mh.joy", "mh.fear", "mh.calm"]);
    }

    #[test]
    fn detectors_of_one_series_are_one_signal() {
        let signals = [
            signal("mh.stress", "switch", 0.02, 0.2, 1000.0),
            signal("mh.stress", "ears_c2", 0.001, 0.3, 1000.0),
            signal("mh.joy", "ears_c2", 0.0, 0.3, 1000.0),
        ];
        let places = rank(&signals, &judged(100));
        assert_eq!(places.len(), 2);
        assert_eq!((places[0].surprise, places[0].q), (MOST_SURPRISE, 0.0));
        assert_eq!((places[1].detectors, places[1].signal.detector), (2, "ears_c2"));
        assert!((places[1].p - 0.002).abs() < 1e-15 && (places[1].q - 0.1).abs() < 1e-12);
        assert!((places[1].excess - 200.0).abs() < 1e-9);
    }

    #[test]
    fn neighbouring_days_are_one_signal() {
        let on = |day: i8, p: f64| {
            let mut signal = signal("mh.stress", "scan", p, 0.2, 1000.0);
            signal.period.end = date(2024, 5, day);
            signal
        };
        let places = rank(&[on(1, 1e-4), on(2, 1e-6), on(5, 1e-3), on(9, 1e-5), on(7, 0.9)], &judged(5));
        let spells = spells(&places, 2.0, 1.0);
        let days: Vec<_> =
            spells.iter().map(|spell| (spell.first.end.day(), spell.last.end.day(), spell.periods)).collect();
        assert_eq!(days, [(1, 5, 3), (9, 9, 1)]);
        assert_eq!(spells[0].best.signal.period.end, date(2024, 5, 2));
    }

    #[test]
    fn order_of_the_input_and_numbers_that_are_none_change_nothing() {
        let mut signals = vec![
            signal("mh.a", "switch", 0.01, 0.2, 100.0),
            signal("mh.b", "switch", 0.01, 0.2, 100.0),
            signal("mh.c", "switch", 0.5, 0.9, 100.0),
        ];
        let places = rank(&signals, &judged(3));
        signals.reverse();
        signals.push(signal("mh.d", "switch", f64::NAN, 0.2, 100.0));
        signals.push(signal("mh.e", "switch", 0.01, f64::NAN, 100.0));
        assert_eq!(rank(&signals, &judged(3)), places);
        assert!(rank::<SeriesKey>(&[], &judged(7)).is_empty());
    }
    /// A finding of so small a p-value about a thousand people, one in ten of whom were expected.
    fn finding(p: f64) -> Finding {
        signal("", "scan", p, 0.2, 1000.0).finding
    }

    const FIRST: Date = date(2024, 1, 1);

    /// Days of a quiet series, of which some stand out.
    fn series(days: i64, stand_out: Range<i64>, p: f64) -> Vec<(&'static str, Vec<Judgement>)> {
        let judgement = |day: i64| Judgement {
            period: Period { kind: PeriodKind::Day, end: FIRST.saturating_add(day.days()) },
            n: Some(1000),
            verdict: Ok(finding(if stand_out.contains(&day) { p } else { 0.6 })),
        };
        vec![("scan", (0..days).map(judgement).collect())]
    }

    #[test]
    fn what_one_of_many_quiet_series_shows_by_chance_is_no_signal() {
        // A score of 3.0 * log10(101) = 6.0, once in a thousand days of one series.
        let chance = series(100, 90..91, 1e-3);
        let mut list = List::default();
        list.add(&0, &chance);
        assert_eq!(list.spells().len(), 1, "28 days of one series are few tests");
        for quiet in 1..200 {
            list.add(&quiet, &series(100, 0..0, 1.0));
        }
        assert!(list.spells().is_empty(), "5600 of 200 are many");
        list.add(&200, &series(100, 92..93, 1e-9));
        list.add(&201, &series(100, 80..90, 1e-5));
        let told: Vec<(i32, usize)> =
            list.spells().iter().map(|spell| (spell.best.signal.key, spell.periods)).collect();
        assert_eq!(told, [(200, 1), (201, 10)], "a lone strong one and one that lasts are");
    }

    #[test]
    fn a_q_value_is_over_the_four_weeks_up_to_its_day() {
        let q = |places: &[Ranked<i32>], day: i64| {
            let end = FIRST.saturating_add(day.days());
            places.iter().find(|place| place.signal.period.end == end).map(|place| place.q)
        };
        let of = |days: i64, stand_out: Range<i64>, p: f64| {
            let mut list = List::default();
            list.add(&7, &series(days, stand_out, p));
            rank(&list.signals, &list.tests)
        };
        let (early, late) = (of(41, 40..41, 1e-4), of(300, 40..41, 1e-4));
        assert!((q(&early, 40).unwrap_or(1.0) - 1e-4 * LIST_DAYS as f64).abs() < 1e-12);
        assert_eq!(q(&early, 40), q(&late, 40), "days that come later change nothing");
        let lasts = of(300, 40..44, 1e-4);
        assert_eq!(q(&lasts, 40), q(&late, 40));
        assert!((q(&lasts, 43).unwrap_or(1.0) - 1e-4 * LIST_DAYS as f64 / 4.0).abs() < 1e-12);
        assert!((q(&of(300, 5..6, 1e-4), 5).unwrap_or(1.0) - 6e-4).abs() < 1e-12, "the first days have a short list");
    }

    #[test]
    fn a_period_that_is_not_judged_is_no_test_and_one_of_two_detectors_is_one() {
        let gap = Judgement { n: None, verdict: Err(Silence::Gap), ..series(1, 0..0, 1.0)[0].1[0] };
        let mut list = List::default();
        list.add(&1, &[("scan", vec![gap])]);
        assert_eq!(list.tests, Tests::default());
        let ours = series(1, 0..1, 0.01).swap_remove(0).1;
        list.add(&1, &[("scan", ours.clone()), ("switch", ours)]);
        let places = rank(&list.signals, &list.tests);
        assert_eq!((places.len(), places[0].detectors, places[0].p, places[0].q), (1, 2, 0.02, 0.02));
        assert!(places[0].q <= MOST_Q);
    }
}
