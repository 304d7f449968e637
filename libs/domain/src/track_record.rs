//! A *track record* says how an alert rule would have done on one series' own past: how many of its alerts were right,
//! and how much of what came it announced. docs/alerts.md defines each number.

use crate::{Proportion, SeriesKey};
use jiff::civil::Date;

/// Days of the month by which false alarms are told.
pub const MONTH_DAYS: u64 = 30;

/// Of fewer alerts, or spells, a share says little: its interval spans most of what there is.
pub const FEW: u64 = 5;

/// One rule on one series, held against what came: counts, and the rates that follow from them.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackRecord {
    /// The rule's name.
    pub rule: String,
    /// Which series.
    pub key: SeriesKey,
    /// The first day judged.
    pub from: Date,
    /// The last day judged.
    pub to: Date,
    /// Days between them on which the rule had a threshold to hold the series against.
    pub judged_days: u64,
    /// Alerts raised on those days, of whose own days enough were observed.
    pub episodes: u64,
    /// Of those, in how many the threshold was exceeded on a day that they spoke of.
    pub right: u64,
    /// Exceedance spells that began on those days.
    pub spells: u64,
    /// Of those, how many began within the horizon of an alert raised before or on their first day.
    pub foreseen: u64,
    /// The median, over the spells foreseen, of the days from the raising to the spell's first day. `None` where none was.
    pub lead_days: Option<f64>,
}

impl TrackRecord {
    /// Right alerts of all that are judged: the positive predictive value ([`Proportion::value`]) with Wilson's interval
    /// ([`Proportion::wilson`]). Neither is there where nothing was raised.
    #[must_use]
    pub const fn ppv(&self) -> Proportion {
        Proportion { k: self.right, n: self.episodes }
    }

    /// Spells foreseen of all that are judged: the sensitivity with Wilson's interval, as [`TrackRecord::ppv`]. Neither is
    /// there where the threshold was never exceeded.
    #[must_use]
    pub const fn sensitivity(&self) -> Proportion {
        Proportion { k: self.foreseen, n: self.spells }
    }

    /// Whether a share of it stands on fewer than [`FEW`] alerts or spells.
    #[must_use]
    pub fn is_thin(&self) -> bool {
        [self.episodes, self.spells].iter().any(|count| (1..FEW).contains(count))
    }

    /// Alerts that were not right, for each [`MONTH_DAYS`] days judged. `None` where no day is.
    #[must_use]
    pub fn false_alarms_per_month(&self) -> Option<f64> {
        let wrong = self.episodes.saturating_sub(self.right) as f64;
        (self.judged_days > 0).then(|| MONTH_DAYS as f64 * wrong / self.judged_days as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::TrackRecord;
    use crate::{PeriodKind, SeriesKey};
    use jiff::civil::date;

    #[test]
    fn rates_follow_from_counts_and_nothing_is_divided_by_nothing() {
        let key = SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        };
        let record = TrackRecord {
            rule: "r".into(),
            key,
            from: date(2024, 1, 1),
            to: date(2024, 11, 10),
            judged_days: 300,
            episodes: 4,
            right: 3,
            spells: 5,
            foreseen: 2,
            lead_days: Some(3.5),
        };
        assert_eq!((record.ppv().value(), record.sensitivity().value()), (Some(0.75), Some(0.4)));
        assert_eq!(record.false_alarms_per_month(), Some(0.1));
        let (lower, upper) = record.ppv().wilson().expect("four alerts");
        assert!((lower - 0.3006).abs() < 5e-5 && (upper - 0.9544).abs() < 5e-5, "{lower} {upper}");
        let more = TrackRecord { episodes: 5, ..record.clone() };
        assert!(record.is_thin() && !more.is_thin(), "four alerts are few, five alerts and five spells are not");
        let silent = TrackRecord { episodes: 0, right: 0, spells: 0, foreseen: 0, lead_days: None, ..record };
        assert!(!silent.is_thin(), "there is no share");
        assert_eq!((silent.ppv().wilson(), silent.sensitivity().value()), (None, None));
        assert_eq!(silent.false_alarms_per_month(), Some(0.0));
        assert_eq!(TrackRecord { judged_days: 0, ..silent }.false_alarms_per_month(), None);
    }
}
