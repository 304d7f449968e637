//! What a day's prevalence is usually: the same weekdays of the weeks before.
//!
//! The days looked at end [`Rule::guard_days`] before the day itself, so that a rise does not become its own baseline (the
//! guard of EARS C2: L. Hutwagner and others, *Journal of Urban Health* 80, 2003), and reach back [`Rule::window_days`]
//! from there. Gaps are left out. What is suspect should be given as a gap.

use crate::History;
use tidemark_domain::{PeriodKind, Proportion};

/// Values needed for a baseline: of eight same weekdays, half.
pub const LEAST_VALUES: usize = 4;

/// Which earlier days are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How many days are looked at.
    pub window_days: usize,
    /// How many days just before are left out.
    pub guard_days: usize,
    /// Whether only the same weekday counts.
    pub same_weekday: bool,
}

impl Default for Rule {
    fn default() -> Self {
        Self { window_days: 56, guard_days: 2, same_weekday: true }
    }
}

impl Rule {
    /// The rule of a kind of period, counted in periods: days of one weekday, or eight weeks. A week has no weekday, and the
    /// guard's two days lie in the week before it, which is left out whole.
    #[must_use]
    pub fn of(kind: PeriodKind) -> Self {
        match kind {
            PeriodKind::Day => Self::default(),
            PeriodKind::Epiweek | PeriodKind::Isoweek => Self { window_days: 8, guard_days: 1, same_weekday: false },
        }
    }

    /// By how many days those are earlier that are looked at, the nearest first.
    pub fn lags(self) -> impl Iterator<Item = usize> {
        let first = self.guard_days.saturating_add(1);
        let lags = first..=self.guard_days.saturating_add(self.window_days);
        lags.filter(move |lag| !self.same_weekday || lag.is_multiple_of(7))
    }
}

/// What earlier days let expect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// Days with a value among those looked at.
    pub days: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (divisor: days − 1).
    pub sd: f64,
}

impl Baseline {
    /// The baseline that earlier values are; `None` with fewer than [`LEAST_VALUES`].
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.len() < LEAST_VALUES {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        // Equal values have a mean that is off by a rounding, and no deviation.
        let sd = if values.iter().all(|value| *value == values[0]) { 0.0 } else { sd };
        Some(Self { days: values.len(), mean, sd })
    }
}

/// A day beside its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// `None` with fewer than [`LEAST_VALUES`] values.
    pub baseline: Option<Baseline>,
    /// By how many standard deviations the day is above its baseline. The deviation is that of the earlier days, or the
    /// binomial one of as many people as the day has (where that is known) if it is larger: eight days can happen to lie
    /// close. `None` without a baseline or value, and where nothing varies.
    pub z: Option<f64>,
    /// The day's value over its baseline's mean. `None` without one, and where that is 0.
    pub ratio: Option<f64>,
}

impl Comparison {
    /// A value, of so many people where that is known, beside its baseline.
    #[must_use]
    pub fn of(baseline: Option<Baseline>, value: Option<f64>, people: Option<u64>) -> Self {
        let against = baseline.zip(value);
        let people = people.filter(|people| *people > 0);
        let z = against.and_then(|(baseline, value)| {
            let binomial = people.map_or(0.0, |n| (baseline.mean * (1.0 - baseline.mean) / n as f64).sqrt());
            let spread = baseline.sd.max(binomial);
            (spread > 0.0).then(|| (value - baseline.mean) / spread)
        });
        let ratio = against.and_then(|(baseline, value)| (baseline.mean > 0.0).then(|| value / baseline.mean));
        Self { baseline, z, ratio }
    }
}

/// Every day of a history beside its baseline. A day's answer uses nothing later than the day.
#[must_use]
pub fn compare(history: &History, rule: &Rule) -> Vec<Comparison> {
    compare_values(history.values(), history.totals(), rule)
}

/// Every cell of a series beside its baseline; `None` is a gap. Cells that may not be shown must be given as gaps, or a
/// baseline would give them away.
#[must_use]
pub fn compare_cells(cells: &[Option<Proportion>], rule: &Rule) -> Vec<Comparison> {
    let values: Vec<Option<f64>> = cells.iter().map(|cell| cell.and_then(Proportion::value)).collect();
    let totals: Vec<Option<u64>> = cells.iter().map(|cell| cell.map(|cell| cell.n)).collect();
    compare_values(&values, &totals, rule)
}

fn compare_values(values: &[Option<f64>], totals: &[Option<u64>], rule: &Rule) -> Vec<Comparison> {
    let day = |(day, value): (usize, &Option<f64>)| {
        let people = totals.get(day).copied().flatten();
        Comparison::of(baseline(&values[..day], rule), *value, people)
    };
    values.iter().enumerate().map(day).collect()
}

/// The baseline of the day that follows `before`.
fn baseline(before: &[Option<f64>], rule: &Rule) -> Option<Baseline> {
    let lags = rule.lags().take_while(|lag| *lag <= before.len());
    let values: Vec<f64> = lags.filter_map(|lag| before[before.len() - lag]).collect();
    Baseline::of(&values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Rule, compare, compare_cells};
    use crate::History;
    use jiff::civil::date;
    use tidemark_domain::{PeriodKind, Proportion};

    /// Day `d` has the value `0.001 (d / 7)` on weekday 0 and 0.9 on others.
    fn history(days: usize) -> History {
        let value = |day: usize| if day.is_multiple_of(7) { day as f64 / 7000.0 } else { 0.9 };
        History::new(date(2024, 1, 1), (0..days).map(|day| Some(value(day))).collect()).unwrap()
    }

    #[test]
    fn the_same_weekdays_of_eight_weeks_are_the_baseline() {
        let compared = compare(&history(71), &Rule::default());
        let baseline = compared[70].baseline.unwrap();
        // Weeks 2 to 9: mean 5.5, variance 6.
        assert_eq!(baseline.days, 8);
        assert!((baseline.mean - 0.0055).abs() < 1e-12 && (baseline.sd - 0.001 * 6_f64.sqrt()).abs() < 1e-12);
        assert!((compared[70].z.unwrap() - 4.5 / 6_f64.sqrt()).abs() < 1e-9);
        assert!((compared[70].ratio.unwrap() - 10.0 / 5.5).abs() < 1e-9);
    }

    #[test]
    fn the_guard_keeps_yesterday_out() {
        let any = Rule { window_days: 28, guard_days: 2, same_weekday: false };
        let mut values = vec![Some(0.1); 40];
        values[38..].fill(Some(0.9));
        let compared = compare(&History::new(date(2024, 1, 1), values).unwrap(), &any);
        assert!((compared[39].baseline.unwrap().mean - 0.1).abs() < 1e-12);
    }

    #[test]
    fn gaps_and_few_values_have_a_defined_answer() {
        let mut values: Vec<Option<f64>> = vec![Some(0.0); 57];
        values[56 - 7] = None;
        let history = History::new(date(2024, 1, 1), values).unwrap();
        let compared = compare(&history, &Rule::default());
        assert!(compared[27].baseline.is_none() && compared[27].z.is_none());
        assert_eq!((compared[28].baseline.unwrap().days, compared[56].baseline.unwrap().days), (4, 7));
        // Nothing ever varied, and nothing can be a multiple of 0.
        assert_eq!((compared[28].z, compared[28].ratio), (None, None));
        assert!(compare(&History::new(date(2024, 1, 1), vec![]).unwrap(), &Rule::default()).is_empty());
        let constant = History::new(date(2024, 1, 1), vec![Some(0.3); 57]).unwrap();
        assert_eq!(compare(&constant, &Rule::default())[56].z, None);
        // With people known, chance alone makes a difference.
        let counted = constant.with_totals(vec![Some(100); 57]);
        assert!(compare(&counted, &Rule::default())[56].z.unwrap().abs() < 1e-9);
    }
    #[test]
    fn weeks_leave_the_week_before_out_and_look_at_eight() {
        let lags = |kind| Rule::of(kind).lags().collect::<Vec<_>>();
        assert_eq!(lags(PeriodKind::Day), [7, 14, 21, 28, 35, 42, 49, 56]);
        assert_eq!(lags(PeriodKind::Epiweek), [2, 3, 4, 5, 6, 7, 8, 9]);
        let mut weeks = vec![Some(Proportion { k: 10, n: 100 }); 12];
        weeks[10..].fill(Some(Proportion { k: 40, n: 100 }));
        let compared = compare_cells(&weeks, &Rule::of(PeriodKind::Isoweek));
        assert!(compared[4].baseline.is_none() && compared[5].baseline.unwrap().days == 4);
        assert!((compared[11].baseline.unwrap().mean - 0.1).abs() < 1e-12);
        // 0.3 above in binomial deviations of 0.03.
        assert!((compared[11].z.unwrap() - 10.0).abs() < 1e-9 && (compared[11].ratio.unwrap() - 4.0).abs() < 1e-9);
        weeks[11] = None;
        let gap = compare_cells(&weeks, &Rule::of(PeriodKind::Isoweek))[11];
        assert!(gap.baseline.is_some() && gap.z.is_none() && gap.ratio.is_none());
    }
}
