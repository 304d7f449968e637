//! What a day's prevalence is usually: the same weekdays of the weeks before.
//!
//! The days looked at end [`Rule::guard_days`] before the day itself, so that a rise does not become its own baseline (the
//! guard of EARS C2: L. Hutwagner and others, *Journal of Urban Health* 80, 2003), and reach back [`Rule::window_days`]
//! from there. Gaps are left out. What is suspect should be given as a gap.

use crate::History;

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

/// Every day of a history beside its baseline. A day's answer uses nothing later than the day.
#[must_use]
pub fn compare(history: &History, rule: &Rule) -> Vec<Comparison> {
    let totals = history.totals();
    let day = |(day, value): (usize, &Option<f64>)| {
        let baseline = baseline(&history.values()[..day], rule);
        let against = baseline.zip(*value);
        let people = totals.get(day).copied().flatten().filter(|people| *people > 0);
        let z = against.and_then(|(baseline, value)| {
            let binomial = people.map_or(0.0, |n| (baseline.mean * (1.0 - baseline.mean) / n as f64).sqrt());
            let spread = baseline.sd.max(binomial);
            (spread > 0.0).then(|| (value - baseline.mean) / spread)
        });
        let ratio = against.and_then(|(baseline, value)| (baseline.mean > 0.0).then(|| value / baseline.mean));
        Comparison { baseline, z, ratio }
    };
    history.values().iter().enumerate().map(day).collect()
}

/// The baseline of the day that follows `before`; `None` with fewer than [`LEAST_VALUES`] values.
fn baseline(before: &[Option<f64>], rule: &Rule) -> Option<Baseline> {
    let lags = rule.guard_days.saturating_add(1)..=rule.guard_days.saturating_add(rule.window_days).min(before.len());
    let wanted = lags.filter(|lag| !rule.same_weekday || lag % 7 == 0);
    let values: Vec<f64> = wanted.filter_map(|lag| before[before.len() - lag]).collect();
    if values.len() < LEAST_VALUES {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    // Equal values have a mean that is off by a rounding, and no deviation.
    let sd = if values.iter().all(|value| *value == values[0]) { 0.0 } else { sd };
    Some(Baseline { days: values.len(), mean, sd })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Rule, compare};
    use crate::History;
    use jiff::civil::date;

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
}
