//! What the view `series_baseline` says beside each number, of points that were read already: a door holds a whole
//! series, and need not ask the lake again.

use crate::PublishedPoint;
use std::ops::Range;
use tidemark_domain::{CellStatus, Proportion, Reliability, Unit};
use tidemark_surveillance::prevalence::baseline::{Rule, compare_cells};

/// What stands beside a number, as in the view `series_baseline`. A cell that is not shown has a baseline at most.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Beside {
    /// How far a share of so many people can be relied on; `None` where posts are counted.
    pub reliability: Option<Reliability>,
    /// The mean share of the same weekdays, or weeks, before it; `None` with fewer than four.
    pub baseline: Option<f64>,
    /// By how many standard deviations the value lies above the baseline; `None` where nothing varies.
    pub z: Option<f64>,
    /// The value over the baseline; `None` where that is 0.
    pub ratio: Option<f64>,
}

/// What stands beside each of `points[asked]`. `points` are those of one series, one for every period, in the order of
/// time, as [`crate::Session::series_points`] answers them: points before the asked ones are what they are compared with.
/// A cell that is not shown is a gap in every baseline, whatever it was handed in with.
#[must_use]
pub fn beside(points: &[PublishedPoint], asked: Range<usize>) -> Vec<Beside> {
    let Some(first) = points.get(asked.start) else { return Vec::new() };
    let rule = Rule::of(first.key.period);
    // Nothing before the farthest day that is looked at changes an answer.
    let start = asked.start.saturating_sub(rule.lags().max().unwrap_or_default());
    let Some(read) = points.get(start..asked.end) else { return Vec::new() };
    let cells: Vec<Option<Proportion>> = read.iter().map(shown).collect();
    let compared = compare_cells(&cells, &rule);
    let told = read.iter().zip(&cells).zip(&compared).skip(asked.start - start);
    told.map(|((point, cell), compared)| Beside {
        reliability: cell.filter(|_| point.unit == Unit::Author).map(|cell| Reliability::of(cell.n)),
        baseline: compared.baseline.map(|baseline| baseline.mean),
        z: compared.z,
        ratio: compared.ratio,
    })
    .collect()
}

/// What may be seen of a point.
fn shown(point: &PublishedPoint) -> Option<Proportion> {
    if point.status != CellStatus::Ok {
        return None;
    }
    Some(Proportion { k: point.k?, n: point.n? })
}

#[cfg(test)]
mod tests {
    use super::{Beside, beside};
    use crate::PublishedPoint;
    use jiff::{ToSpan as _, civil::date};
    use tidemark_domain::{CellStatus, Period, PeriodKind, Reliability, SeriesKey, Unit};

    /// A day: `k` of 100.
    fn point(day: i64, k: u64, status: CellStatus, unit: Unit) -> PublishedPoint {
        let key = SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        };
        PublishedPoint {
            key,
            period: Period::holding(PeriodKind::Day, date(2026, 1, 1) + day.days()),
            status,
            unit,
            value: Some(k as f64 / 100.0),
            lower: None,
            upper: None,
            k: Some(k),
            n: Some(100),
            n_posts: Some(100),
            provenance: None,
            issued_at: None,
        }
    }

    fn days(unit: Unit) -> Vec<PublishedPoint> {
        let of = |day: i64| point(day, 10 + (day as u64 % 11), CellStatus::Ok, unit);
        (0..100).map(of).collect()
    }

    #[test]
    fn what_is_asked_for_changes_no_answer() {
        let points = days(Unit::Author);
        let all = beside(&points, 0..100);
        assert_eq!(all.len(), 100);
        assert!(all[27].baseline.is_none() && all[28].baseline.is_some() && all[28].z.is_some());
        for asked in [0..1, 27..29, 60..61, 70..100, 99..100, 40..40] {
            assert_eq!(beside(&points, asked.clone()), all[asked]);
        }
        // Out of reach is nothing, and no fault.
        assert_eq!((beside(&points, 100..100), beside(&points, 90..101), beside(&[], 0..0)), (vec![], vec![], vec![]));
    }

    #[test]
    fn what_is_withheld_is_a_gap_even_if_it_were_handed_in() {
        let mut points = days(Unit::Author);
        let before = beside(&points, 0..100);
        points[63] = point(63, 90, CellStatus::Censored, Unit::Author);
        let after = beside(&points, 0..100);
        assert_eq!(after[63], Beside { baseline: before[63].baseline, ..Beside::default() });
        points[63] = point(63, 5, CellStatus::Censored, Unit::Author);
        assert_eq!(beside(&points, 0..100), after, "it is told by nothing");
        assert_ne!(after[70].baseline, before[70].baseline);
    }

    #[test]
    fn people_are_reliable_or_not_and_posts_are_neither() {
        assert_eq!(beside(&days(Unit::Author), 0..1)[0].reliability, Some(Reliability::Moderate));
        assert_eq!(beside(&days(Unit::Post), 0..1)[0].reliability, None);
    }
}
