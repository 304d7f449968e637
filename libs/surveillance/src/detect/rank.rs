//! One ranked list of signals, rather than a flood of alarms: [`rank`](rank()) orders, [`spells`] tells once.
//!
//! A threshold over millions of points makes more alarms than anybody reads; a ranked list is read from the top (A.
//! Joshi and others, arXiv 2401.01459). A signal's place is its *score*, the product of
//! - **surprise**: `-log10 p`, at most [`MOST_SURPRISE`], because no tail of a model is believed beyond; and
//! - **importance**: `log10(1 + excess)`, the excess being the people above what was expected, `(value - expected) n`.
//!
//! The product is high only where both are: a certain rise of three people and a likely-by-chance rise of a thousand
//! stay down. It doubles with the digits of the p-value, and with those of the excess, whatever the marker's usual
//! level.
//!
//! Detectors that speak of the same series and period are one signal: the smallest of their p-values times their number
//! (Bonferroni), with the numbers of the detector that found it. Q-values (Benjamini–Hochberg) are over all the series
//! that were judged, those without a signal too.

use super::{Finding, fdr::q_values};
use tidemark_domain::{Period, SeriesKey};

/// From this score on a place is worth a person's look. Chosen on planted surges in series of 500 to 5,000 people a day,
/// where it finds more than four in five of them; `docs/signals.md` has the figures.
pub const LEAST_SCORE: f64 = 5.0;
/// Places of one series at most so many days apart are one signal.
pub const JOINED_DAYS: i64 = 3;
/// Surprise beyond this many digits is not told apart.
pub const MOST_SURPRISE: f64 = 12.0;

/// One detector's finding about one period of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Which series.
    pub key: SeriesKey,
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
pub struct Ranked {
    /// The signal, of the detector with the smallest p-value.
    pub signal: Signal,
    /// How many detectors spoke of it.
    pub detectors: usize,
    /// The p-value over all of them.
    pub p: f64,
    /// The false discovery rate at which it is a discovery.
    pub q: f64,
    /// `-log10 p`, from 0 to [`MOST_SURPRISE`].
    pub surprise: f64,
    /// People above what was expected; 0 where there are none.
    pub excess: f64,
    /// Surprise times `log10(1 + excess)`.
    pub score: f64,
}

/// Ranks signals, the highest score first; equal scores by p-value, series and period, so that the order of the input
/// changes nothing. `tests` is the number of series and periods that were judged, with or without a signal. Give every
/// finding, not only alarms: what is a signal is decided by its place. A finding whose numbers are not finite has no
/// place.
#[must_use]
pub fn rank(signals: &[Signal], tests: usize) -> Vec<Ranked> {
    let usable = |signal: &&Signal| {
        let Finding { value, expected, p, .. } = signal.finding;
        (0.0..=1.0).contains(&p) && value.is_finite() && expected.is_finite() && signal.n.is_finite()
    };
    let mut sorted: Vec<&Signal> = signals.iter().filter(usable).collect();
    sorted.sort_by(|a, b| {
        let same = a.key.cmp(&b.key).then(a.period.cmp(&b.period));
        same.then(a.finding.p.total_cmp(&b.finding.p))
            .then(a.detector.cmp(b.detector))
            .then(excess(b).total_cmp(&excess(a)))
    });
    let together = sorted.chunk_by(|a, b| (&a.key, a.period) == (&b.key, b.period));
    let mut ranked: Vec<Ranked> = together.filter_map(merge).collect();
    let p_values: Vec<f64> = ranked.iter().map(|place| place.p).collect();
    for (place, q) in ranked.iter_mut().zip(q_values(&p_values, tests)) {
        place.q = q;
    }
    // Stable: series and period decide what score and p-value leave open.
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.p.total_cmp(&b.p)));
    ranked
}

/// Neighbouring places of one series: one signal, however many days it lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Spell {
    /// Its place with the highest score.
    pub best: Ranked,
    /// Its first period.
    pub first: Period,
    /// Its last period so far.
    pub last: Period,
    /// How many of its periods are in the list.
    pub periods: usize,
}

/// Joins places with at least `least_score` into spells, the highest score first: what is shown, and told of once.
#[must_use]
pub fn spells(ranked: &[Ranked], least_score: f64) -> Vec<Spell> {
    let mut places: Vec<&Ranked> = ranked.iter().filter(|place| place.score >= least_score).collect();
    places.sort_by(|a, b| (&a.signal.key, a.signal.period).cmp(&(&b.signal.key, b.signal.period)));
    let near = |a: &&Ranked, b: &&Ranked| {
        let days_between = i64::from((b.signal.period.start() - a.signal.period.end).get_days());
        a.signal.key == b.signal.key && days_between <= JOINED_DAYS
    };
    let spell = |places: &[&Ranked]| {
        let best = places.iter().copied().reduce(|a, b| if b.score > a.score { b } else { a })?;
        let (first, last) = (places.first()?.signal.period, places.last()?.signal.period);
        Some(Spell { best: best.clone(), first, last, periods: places.len() })
    };
    let mut spells: Vec<Spell> = places.chunk_by(near).filter_map(spell).collect();
    spells.sort_by(|a, b| b.best.score.total_cmp(&a.best.score));
    spells
}

fn excess(signal: &Signal) -> f64 {
    ((signal.finding.value - signal.finding.expected) * signal.n).max(0.0)
}

/// Findings about the same series and period, the smallest p-value first.
fn merge(findings: &[&Signal]) -> Option<Ranked> {
    let first = *findings.first()?;
    let p = (first.finding.p * findings.len() as f64).min(1.0);
    let surprise = (-p.log10()).clamp(0.0, MOST_SURPRISE);
    let excess = excess(first);
    let score = surprise * (1.0 + excess).log10();
    Some(Ranked { signal: first.clone(), detectors: findings.len(), p, q: 1.0, surprise, excess, score })
}

#[cfg(test)]
mod tests {
    use super::{MOST_SURPRISE, Signal, rank, spells};
    use crate::detect::Finding;
    use jiff::civil::date;
    use tidemark_domain::{Period, PeriodKind, SeriesKey};

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
        let finding = Finding { value, expected: 0.1, upper: 0.2, statistic: 3.0, p, alarm: p < 0.01 };
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
        let order: Vec<String> = rank(&signals, 4).into_iter().map(|place| place.signal.key.marker).collect();
        assert_eq!(order, ["mh.stress", "mh.joy", "mh.fear", "mh.calm"]);
    }

    #[test]
    fn detectors_of_one_series_are_one_signal() {
        let signals = [
            signal("mh.stress", "switch", 0.02, 0.2, 1000.0),
            signal("mh.stress", "ears_c2", 0.001, 0.3, 1000.0),
            signal("mh.joy", "ears_c2", 0.0, 0.3, 1000.0),
        ];
        let places = rank(&signals, 100);
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
        let places = rank(&[on(1, 1e-4), on(2, 1e-6), on(5, 1e-3), on(9, 1e-5), on(7, 0.9)], 5);
        let spells = spells(&places, 2.0);
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
        let places = rank(&signals, 3);
        signals.reverse();
        signals.push(signal("mh.d", "switch", f64::NAN, 0.2, 100.0));
        signals.push(signal("mh.e", "switch", 0.01, f64::NAN, 100.0));
        assert_eq!(rank(&signals, 3), places);
        assert!(rank(&[], 7).is_empty());
    }
}
