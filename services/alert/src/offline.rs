//! Series that come as a file: one ranked list of the days on which they stood out, and since when they have another
//! level. A file tells nothing about a feed, so that no day of it is suspect and nothing else is known to have measured.

use jiff::{ToSpan as _, civil::Date};
use serde::Serialize;
use std::collections::BTreeMap;
use tidemark_domain::{PeriodKind, Proportion};
use tidemark_surveillance::History;
use tidemark_surveillance::detect::{
    self, BinomialCusum, Changepoints, Counts, Cusum, Detector, Ears, EarsTReweighted, Farrington, Measure, Scan,
    Switch, ears::Method, rank::List,
};

/// Days of a week, and of a step from one value of a weekly series to the next.
const WEEK: usize = 7;
/// The decision interval of the binomial CUSUM, in natural logarithms of likelihood: without a change it is reached after
/// `e^5`, about 150, days on average at the soonest.
const BINOMIAL_INTERVAL: f64 = 5.0;

/// Why a series cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Nobody knows of how many.
    #[error("no date has both a value and a `total` above 0, and a share without its denominator cannot be judged")]
    NoTotals,
    /// The detector refuses.
    #[error(transparent)]
    Detector(#[from] detect::Error),
}

/// Every detector with its usual settings, for proportions.
#[must_use]
pub fn detectors() -> Vec<Box<dyn Detector>> {
    let measure = Measure::Proportion;
    vec![
        Box::new(Scan::new(measure)),
        Box::new(Ears::new(Method::C1, measure)),
        Box::new(Ears::new(Method::C2, measure)),
        Box::new(Ears::new(Method::C3, measure)),
        Box::new(EarsTReweighted::new(measure)),
        Box::new(Switch { measure }),
        Box::new(Farrington::new(measure)),
        Box::new(Cusum::new(measure)),
        Box::new(BinomialCusum::new(BINOMIAL_INTERVAL)),
    ]
}

/// A place in the list of signals. Shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalRow {
    /// Its place, from 1.
    pub rank: usize,
    /// The first date of the file on which the series stood out.
    pub first_day: Date,
    /// The last one.
    pub last_day: Date,
    /// The series.
    pub series: String,
    /// The share on its best day, or of the days up to it that the detector took together.
    pub value: f64,
    /// The share that the past let expect there.
    pub expected: f64,
    /// Surprise times importance.
    pub score: f64,
    /// The least false discovery rate at which it is a discovery.
    pub q: f64,
    /// Who found it; of several, who was most surprised.
    pub detector: &'static str,
}

/// Judgements of series that come one by one.
#[derive(Debug, Default)]
pub struct Signals<'s> {
    list: List<&'s str>,
    /// By how many days the periods of a series end after its own dates.
    late_days: BTreeMap<&'s str, i64>,
}

impl<'s> Signals<'s> {
    /// Takes in what the detectors say of a series.
    ///
    /// # Errors
    /// [`Refusal`], where a detector cannot judge it at all; the series is then not in the list.
    pub fn add(&mut self, name: &'s str, history: &History, detectors: &[Box<dyn Detector>]) -> Result<(), Refusal> {
        let (counts, late_days) = counts(history)?;
        let judged = detectors.iter().map(|detector| Ok((detector.id(), detector.judge(&counts)?)));
        let judged: Vec<_> = judged.collect::<Result<_, detect::Error>>()?;
        self.list.add(&name, &judged);
        self.late_days.insert(name, late_days);
        Ok(())
    }

    /// The list, of signals with a day from `from` to `to`.
    #[must_use]
    pub fn rows(&self, from: Option<Date>, to: Option<Date>) -> Vec<SignalRow> {
        let row = |spell: &detect::rank::Spell<&str>| {
            let best = &spell.best;
            let late = self.late_days.get(best.signal.key).copied().unwrap_or_default().days();
            SignalRow {
                rank: 0,
                first_day: spell.first.end.saturating_sub(late),
                last_day: spell.last.end.saturating_sub(late),
                series: best.signal.key.to_owned(),
                value: best.signal.finding.value,
                expected: best.signal.finding.expected,
                score: best.score,
                q: best.q,
                detector: best.signal.detector,
            }
        };
        let rows = self.list.spells().iter().map(row).collect::<Vec<_>>();
        let within =
            |row: &SignalRow| from.is_none_or(|from| row.last_day >= from) && to.is_none_or(|to| row.first_day <= to);
        let rows = rows.into_iter().filter(within);
        (1..).zip(rows).map(|(rank, row)| SignalRow { rank, ..row }).collect()
    }
}

/// A place in the list of changepoints. Shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeRow {
    /// Its place, from 1: the surest first.
    pub rank: usize,
    /// The first date of the new level.
    pub first_day: Date,
    /// The last date of it.
    pub last_day: Date,
    /// The series.
    pub series: String,
    /// The share before.
    pub before: f64,
    /// The share since.
    pub after: f64,
    /// The likelihood ratio statistic of two levels against one, over the series' dispersion.
    pub ratio: f64,
}

/// Changepoints of series that come one by one.
#[derive(Debug, Default)]
pub struct Changes(Vec<ChangeRow>);

impl Changes {
    /// Takes in those of a series.
    ///
    /// # Errors
    /// [`Refusal`], where they cannot be looked for.
    pub fn add(&mut self, name: &str, history: &History) -> Result<(), Refusal> {
        let (counts, late_days) = counts(history)?;
        let late = late_days.days();
        let found = Changepoints::new(counts.kind()).find(&counts)?;
        self.0.extend(found.into_iter().map(|change| ChangeRow {
            rank: 0,
            first_day: change.period.end.saturating_sub(late),
            last_day: change.last.end.saturating_sub(late),
            series: name.to_owned(),
            before: change.before,
            after: change.after,
            ratio: change.ratio,
        }));
        Ok(())
    }

    /// The list, of levels that began from `from` to `to`.
    #[must_use]
    pub fn rows(mut self, from: Option<Date>, to: Option<Date>) -> Vec<ChangeRow> {
        // Stable: series and dates decide what the ratio leaves open.
        self.0.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
        let within =
            |row: &ChangeRow| from.is_none_or(|from| row.first_day >= from) && to.is_none_or(|to| row.first_day <= to);
        let rows = self.0.into_iter().filter(within);
        (1..).zip(rows).map(|(rank, row)| ChangeRow { rank, ..row }).collect()
    }
}

/// What a series' values were made of, and by how many days its periods end after its own dates: a weekly series has weeks
/// that end on Sundays, and the dates of its file.
fn counts(history: &History) -> Result<(Counts, i64), Refusal> {
    let is_weekly = history.step_days().is_multiple_of(WEEK);
    let (kind, step) = if is_weekly { (PeriodKind::Isoweek, WEEK) } else { (PeriodKind::Day, 1) };
    let cell = |(day, value): (usize, &Option<f64>)| {
        let total = history.totals().get(day).copied().flatten().filter(|total| *total > 0)?;
        // Files round: what was counted is whole.
        Some(Proportion { k: ((*value)? * total as f64).round() as u64, n: total })
    };
    let cells: Vec<_> = history.values().iter().enumerate().step_by(step).map(cell).collect();
    if cells.iter().all(Option::is_none) {
        return Err(Refusal::NoTotals);
    }
    let counts = Counts::of_proportions(kind, history.first(), &cells)?;
    let late_days = i64::from((counts.period(0).end - history.first()).get_days());
    Ok((counts, late_days))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Changes, Refusal, Signals, detectors};
    use jiff::{ToSpan as _, civil::Date, civil::date};
    use tidemark_surveillance::{History, detect::Detector};

    /// A Thursday.
    const FIRST: Date = date(2026, 1, 1);

    /// So many values so many days apart: fifty in a thousand, give or take some, three times as many in the last three.
    fn series(values: usize, step: usize) -> History {
        let share = |place: usize| {
            let k = 46 + (place * 37 % 9) as u64;
            (if place + 3 >= values { 3 * k } else { k }) as f64 / 1000.0
        };
        let days = 0..=(values - 1) * step;
        let days = days.map(|day| day.is_multiple_of(step).then(|| share(day / step)));
        let values: Vec<_> = days.collect();
        let totals = vec![Some(1000); values.len()];
        History::new(FIRST, values).unwrap().with_totals(totals)
    }

    fn named(id: &str) -> Vec<Box<dyn Detector>> {
        detectors().into_iter().filter(|detector| detector.id() == id).collect()
    }

    #[test]
    fn a_list_has_the_dates_of_its_files_and_is_cut_by_them() {
        let scan = named("scan");
        let (daily, weekly) = (series(200, 1), series(100, 7));
        let mut signals = Signals::default();
        signals.add("daily", &daily, &scan).unwrap();
        signals.add("weekly", &weekly, &scan).unwrap();
        let rows = signals.rows(None, None);
        assert_eq!(rows.iter().map(|row| row.rank).collect::<Vec<_>>(), [1, 2]);
        for (name, first, last) in [("daily", 197, 199), ("weekly", 97 * 7, 99 * 7)] {
            let row = rows.iter().find(|row| row.series == name).unwrap();
            let days = (FIRST.saturating_add(first.days()), FIRST.saturating_add(last.days()));
            assert_eq!((row.first_day, row.last_day, row.detector), (days.0, days.1, "scan"));
            assert!(row.value > 0.1 && (0.045..0.055).contains(&row.expected), "{row:?}");
            assert!(row.score >= 5.0 && row.q < 0.1, "{row:?}");
        }
        let late = signals.rows(Some(date(2027, 1, 1)), None);
        assert_eq!(late.iter().map(|row| (row.rank, row.series.as_str())).collect::<Vec<_>>(), [(1, "weekly")]);
        let early = signals.rows(None, Some(FIRST.saturating_add(197.days())));
        assert_eq!(early.iter().map(|row| row.series.as_str()).collect::<Vec<_>>(), ["daily"]);
        assert!(signals.rows(None, Some(FIRST.saturating_add(196.days()))).is_empty());
    }

    #[test]
    fn every_detector_finds_a_large_rise() {
        // Farrington's needs five years.
        let long = series(2000, 1);
        for detector in detectors() {
            let mut signals = Signals::default();
            let id = detector.id();
            signals.add("s", &long, &[detector]).unwrap();
            assert!(signals.rows(Some(FIRST.saturating_add(1997.days())), None).len() == 1, "{id}");
        }
        let refused = Signals::default().add("s", &series(200, 1), &named("farrington_flexible"));
        assert!(matches!(refused, Err(Refusal::Detector(_))), "{refused:?}");
    }

    #[test]
    fn levels_are_told_by_the_dates_of_their_files() {
        let level = |place: usize| if place < 60 { 0.05 } else { 0.09 };
        let values: Vec<_> = (0..840_usize).map(|day| day.is_multiple_of(7).then(|| level(day / 7))).collect();
        let weekly = History::new(FIRST, values.clone()).unwrap().with_totals(vec![Some(1000); values.len()]);
        let mut changes = Changes::default();
        changes.add("weekly", &weekly).unwrap();
        let rows = changes.rows(None, None);
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        let days = (FIRST.saturating_add(420.days()), FIRST.saturating_add(833.days()));
        assert_eq!((row.rank, row.first_day, row.last_day, row.series.as_str()), (1, days.0, days.1, "weekly"));
        assert!((row.before - 0.05).abs() < 1e-9 && (row.after - 0.09).abs() < 1e-9, "{row:?}");
        let mut changes = Changes::default();
        changes.add("weekly", &weekly).unwrap();
        assert!(changes.rows(Some(days.0.saturating_add(1.days())), None).is_empty());
        let without = History::new(FIRST, values).unwrap();
        assert_eq!(Changes::default().add("weekly", &without), Err(Refusal::NoTotals));
    }
}
