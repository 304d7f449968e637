//! What stands beside each number, of points that were read already: a door holds a whole series, and need not ask the
//! lake again. The first four are those of the view `series_baseline`; the tables that the others need are not in the lake.

use crate::{Error, PublishedPoint, SeriesFilter, Session};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::ops::Range;
use tidemark_domain::{CellStatus, Proportion, SeriesKey};
use tidemark_surveillance::prevalence::baseline::{Rule, compare_cells};
use tidemark_surveillance::prevalence::beside::{Beside, Known, Places, Shown};

/// Of a series of all regions, the cell of each region of a table, in the table's order, by the end of the period; `None`
/// where a region shows nothing.
pub type PlaceCells = BTreeMap<Date, Vec<Option<Proportion>>>;

/// What stands beside each of `points[asked]`. `points` are those of one series, one for every period, in the order of
/// time, as [`Session::series_points`] answers them: points before the asked ones are what they are compared with.
/// `suspect` is [`suspects`](crate::suspects) of the same points: such a cell is a gap in every baseline, and is compared with
/// none. `places` are [`Session::place_cells`] of a series of all regions; without them nothing is weighted.
/// A cell that is not shown is a gap in every baseline, whatever it was handed in with.
#[must_use]
pub fn beside(
    points: &[PublishedPoint],
    suspect: &[Option<String>],
    asked: Range<usize>,
    known: &Known,
    places: Option<&PlaceCells>,
) -> Vec<Beside> {
    let Some(first) = points.get(asked.start) else { return Vec::new() };
    let rule = Rule::of(first.key.period);
    let error_rate = known.error_rates.of(&first.key.marker, &first.key.language);
    // Nothing before the farthest day that is looked at changes an answer.
    let start = asked.start.saturating_sub(rule.lags().max().unwrap_or_default());
    let (Some(read), Some(suspect)) = (points.get(start..asked.end), suspect.get(start..asked.end)) else {
        return Vec::new();
    };
    let cells: Vec<Option<Proportion>> = read.iter().map(shown).collect();
    let trusted = cells.iter().zip(suspect).map(|(cell, suspect)| cell.filter(|_| suspect.is_none()));
    let compared = compare_cells(&trusted.collect::<Vec<_>>(), &rule);
    let told = read.iter().zip(&cells).zip(&compared).skip(asked.start - start);
    told.map(|((point, cell), compared)| {
        let regions = places.and_then(|places| places.get(&point.period.end));
        let shown = cell.map(|proportion| Shown {
            proportion,
            posts: point.n_posts.unwrap_or_default(),
            unit: point.unit,
            error_rate,
            places: known.places.as_ref().zip(regions.map(Vec::as_slice)),
        });
        Beside::of(shown, compared)
    })
    .collect()
}

impl Session {
    /// The cells of the table's regions, of whichever region `key` is.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn place_cells(&self, key: &SeriesKey, places: &Places) -> Result<PlaceCells, Error> {
        let filter = SeriesFilter { region: None, ..SeriesFilter::of(key) };
        let place_of: BTreeMap<&str, usize> =
            places.regions().iter().enumerate().map(|(place, region)| (region.as_str(), place)).collect();
        let mut cells = PlaceCells::new();
        for point in &self.series_points(&filter).await? {
            if let Some(place) = place_of.get(point.key.region.as_str()) {
                let of_period = cells.entry(point.period.end).or_insert_with(|| vec![None; places.regions().len()]);
                of_period[*place] = shown(point);
            }
        }
        Ok(cells)
    }
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
    use super::{Beside, Known, PlaceCells, Places};
    use crate::PublishedPoint;
    use jiff::{ToSpan as _, civil::date};
    use std::ops::Range;
    use tidemark_domain::{CellStatus, Period, PeriodKind, Proportion, Reliability, SeriesKey, Unit};
    use tidemark_surveillance::prevalence::beside::ErrorRate;
    use tidemark_surveillance::prevalence::misclassification::Accuracy;

    /// Where nothing is known besides the posts.
    fn beside(points: &[PublishedPoint], asked: Range<usize>) -> Vec<Beside> {
        super::beside(points, &trusted(points), asked, &Known::default(), None)
    }

    fn trusted(points: &[PublishedPoint]) -> Vec<Option<String>> {
        vec![None; points.len()]
    }

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
            value_with_bots: None,
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
    fn what_is_suspect_is_a_gap_in_baselines_and_keeps_its_own_numbers() {
        let points = days(Unit::Author);
        let mut suspect = trusted(&points);
        suspect[63] = Some("no posts; 120 are usual".to_owned());
        let told = super::beside(&points, &suspect, 0..100, &Known::default(), None);
        let before = beside(&points, 0..100);
        assert_eq!(told[63], Beside { z: None, ratio: None, ..before[63] });
        assert!(before[63].z.is_some() && told[63].reliability.is_some());
        let mut withheld = points;
        withheld[63].status = CellStatus::Censored;
        assert_eq!(told[64..], beside(&withheld, 64..100), "what is withheld is a gap, too");
    }

    #[test]
    fn people_are_reliable_or_not_and_posts_are_neither() {
        assert_eq!(beside(&days(Unit::Author), 0..1)[0].reliability, Some(Reliability::Moderate));
        assert_eq!(beside(&days(Unit::Post), 0..1)[0].reliability, None);
    }

    #[test]
    fn tables_are_asked_for_the_series_marker_and_language_and_for_the_points_period() {
        let points = days(Unit::Author);
        let mut known = Known::default();
        let perfect = ErrorRate { accuracy: Accuracy::PERFECT, repeat: 0.0 };
        assert!(known.error_rates.insert("mh.stress".into(), "all".into(), perfect));
        known.places = Places::of([("north".into(), 1000.0), ("south".into(), 1000.0)]).ok();
        let of_day = vec![Some(Proportion { k: 6, n: 60 }), None];
        let places = PlaceCells::from([(points[1].period.end, of_day)]);
        let told = super::beside(&points, &trusted(&points), 0..3, &known, Some(&places));
        let adjusted = told[0].adjusted.expect("its rates are known");
        assert!(points[0].value.is_some_and(|value| (adjusted.value - value).abs() < 1e-12), "a perfect marker");
        assert!(told[0].weighted.is_none() && told[1].weighted.is_some() && told[2].weighted.is_none());
        assert!(
            super::beside(&points, &trusted(&points), 1..2, &known, None)[0].weighted.is_none(),
            "not of all regions"
        );
        let spanish = |point: &PublishedPoint| PublishedPoint {
            key: SeriesKey { language: "es".into(), ..point.key.clone() },
            ..point.clone()
        };
        let spanish: Vec<_> = points.iter().map(spanish).collect();
        assert!(super::beside(&spanish, &trusted(&spanish), 0..1, &known, None)[0].adjusted.is_none());
        let mut withheld = points;
        withheld[1].status = CellStatus::Censored;
        let told = super::beside(&withheld, &trusted(&withheld), 1..2, &known, Some(&places))[0];
        assert!(told.adjusted.is_none() && told.weighted.is_none());
    }
}
