//! A *period* is a day, an MMWR epidemiological week (Sunday to Saturday) or an ISO 8601 week (Monday to Sunday).
//!
//! The day is the region's own: a post belongs to the civil date at which it was written there.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The three kinds of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PeriodKind {
    /// A civil day.
    Day,
    /// MMWR week: Sunday to Saturday; week 1 is the first with at least four days in the year.
    Epiweek,
    /// ISO 8601 week: Monday to Sunday; week 1 is the first with at least four days in the year.
    Isoweek,
}

impl PeriodKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Day, Self::Epiweek, Self::Isoweek];

    /// The word used in tables and addresses: `day`, `epiweek`, `isoweek`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Epiweek => "epiweek",
            Self::Isoweek => "isoweek",
        }
    }

    /// Reads [`PeriodKind::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One period, named by its last day (the date on charts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// Day, epiweek or ISO week.
    pub kind: PeriodKind,
    /// The period's last day.
    pub end: Date,
}

impl Period {
    /// The period of `kind` that holds `day`.
    #[must_use]
    pub fn holding(kind: PeriodKind, day: Date) -> Self {
        let days_left = match kind {
            PeriodKind::Day => 0,
            PeriodKind::Epiweek => 6 - day.weekday().to_sunday_zero_offset(),
            PeriodKind::Isoweek => 6 - day.weekday().to_monday_zero_offset(),
        };
        Self { kind, end: day.saturating_add(i64::from(days_left).days()) }
    }

    /// The period's first day.
    #[must_use]
    pub fn start(self) -> Date {
        self.end.saturating_sub((if self.kind == PeriodKind::Day { 0 } else { 6 }).days())
    }

    /// `YYYY-MM-DD` for a day, `YYYYWW` for a week.
    #[must_use]
    pub fn label(self) -> String {
        if self.kind == PeriodKind::Day {
            return self.end.to_string();
        }
        // A week belongs to the year that holds its fourth day.
        let fourth = self.end.saturating_sub(3.days());
        format!("{:04}{:02}", fourth.year(), (fourth.day_of_year() - 1) / 7 + 1)
    }
}

/// The civil day of `instant` in `zone`: the epidemiological day.
#[must_use]
pub fn day_in(instant: Timestamp, zone: &TimeZone) -> Date {
    instant.to_zoned(zone.clone()).date()
}

/// The zones whose civil days are counted: one for all, and perhaps some regions' own.
#[derive(Debug, Clone)]
pub struct Zones {
    default: TimeZone,
    regions: BTreeMap<String, TimeZone>,
}

impl Zones {
    /// `regions` by place code; every other region, and none, is counted in `default`.
    #[must_use]
    pub const fn new(default: TimeZone, regions: BTreeMap<String, TimeZone>) -> Self {
        Self { default, regions }
    }

    /// The zone of a region.
    #[must_use]
    pub fn zone(&self, region: Option<&str>) -> &TimeZone {
        region.and_then(|code| self.regions.get(code)).unwrap_or(&self.default)
    }

    /// The last day that has ended at `now` in every one of them.
    #[must_use]
    pub fn last_complete_day(&self, now: Timestamp) -> Date {
        let running = self.regions.values().map(|zone| day_in(now, zone));
        running.fold(day_in(now, &self.default), Date::min).saturating_sub(1.day())
    }
}

/// Every day from `first` to `last`, both included.
pub fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |day| *day <= last)
}

/// Nothing before 2000-01-01T00:00:00Z is a post on a public network.
const EARLIEST_UNIX_SECONDS: i64 = 946_684_800;
/// How far clocks may be ahead of ours, in hours.
const FUTURE_TOLERANCE_HOURS: i64 = 24;
/// A number below this counts seconds (to the year 5138) …
const SECONDS_BELOW: f64 = 1e11;
/// … below this milliseconds, and above it microseconds.
const MILLISECONDS_BELOW: f64 = 1e14;

/// The time of a post, where one can have been written then as far as is known at `now`.
///
/// # Errors
/// Says why not: it lies before 2000, or more than a day after `now`.
pub fn plausible(instant: Timestamp, now: Timestamp) -> Result<Timestamp, &'static str> {
    if instant.as_second() < EARLIEST_UNIX_SECONDS {
        return Err("the time lies before 2000-01-01");
    }
    if instant > now.saturating_add(FUTURE_TOLERANCE_HOURS.hours()).unwrap_or(Timestamp::MAX) {
        return Err("the time lies more than a day in the future");
    }
    Ok(instant)
}

/// How many of what a bare number counts make a second: itself, thousandths or millionths, told by its size.
#[must_use]
pub fn units_per_second(count: f64) -> i64 {
    if count.abs() < SECONDS_BELOW {
        1
    } else if count.abs() < MILLISECONDS_BELOW {
        1_000
    } else {
        1_000_000
    }
}

/// A count since 1970; `None` beyond the calendar. Fractions are kept to the microsecond, which f64 holds for every year
/// in range.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
pub fn since_1970(count: f64, per_second: i64) -> Option<Timestamp> {
    // `as` saturates: what is beyond the calendar stays beyond it.
    let microseconds = (count * (1_000_000.0 / per_second as f64)).round() as i64;
    count.is_finite().then(|| Timestamp::from_microsecond(microseconds).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Period, PeriodKind, Zones, day_in, days};
    use jiff::{civil::date, tz::TimeZone};

    #[test]
    fn a_day_is_complete_when_it_has_ended_in_every_zone() {
        let zone = |name: &str| TimeZone::get(name).expect("a zone");
        let now = "2024-05-02T01:00:00Z".parse().expect("a time");
        let utc = Zones::new(TimeZone::UTC, [].into());
        assert_eq!(utc.last_complete_day(now), date(2024, 5, 1));
        let west = Zones::new(TimeZone::UTC, [("US-CA".to_owned(), zone("America/Los_Angeles"))].into());
        assert_eq!(west.last_complete_day(now), date(2024, 4, 30));
        let east = Zones::new(zone("Asia/Tokyo"), [("ES".to_owned(), zone("Europe/Madrid"))].into());
        assert_eq!(east.last_complete_day(now), date(2024, 5, 1));
    }

    #[test]
    fn epiweeks_follow_the_mmwr_calendar() {
        let label = |y, m, d| Period::holding(PeriodKind::Epiweek, date(y, m, d)).label();
        assert_eq!(label(2020, 12, 31), "202053");
        assert_eq!(label(2021, 1, 2), "202053");
        assert_eq!(label(2021, 1, 3), "202101");
        assert_eq!(label(2014, 12, 28), "201453");
        assert_eq!(label(2017, 1, 1), "201701");
    }

    #[test]
    fn iso_weeks_follow_iso_8601() {
        for day in days(date(2008, 12, 20), date(2030, 1, 10)) {
            let iso = day.iso_week_date();
            assert_eq!(
                Period::holding(PeriodKind::Isoweek, day).label(),
                format!("{:04}{:02}", iso.year(), iso.week())
            );
        }
    }

    #[test]
    fn a_period_holds_its_days() {
        for kind in PeriodKind::ALL {
            for day in days(date(2019, 12, 20), date(2020, 3, 10)) {
                let period = Period::holding(kind, day);
                assert!(period.start() <= day && day <= period.end);
            }
        }
    }

    #[test]
    fn the_day_is_the_regions_own() {
        let instant = "2024-03-10T03:30:00Z".parse().expect("a time");
        let zone = TimeZone::get("America/New_York").expect("a zone");
        assert_eq!(day_in(instant, &zone), date(2024, 3, 9));
    }

    #[test]
    fn days_on_which_clocks_change_have_23_and_25_hours() {
        let zone = TimeZone::get("Europe/Madrid").expect("a zone");
        let hours = |day: jiff::civil::Date| {
            let noon = day.to_zoned(TimeZone::UTC).expect("a day").timestamp();
            (-30..54)
                .filter(|hour| {
                    day_in(noon.saturating_add(jiff::SignedDuration::from_hours(*hour)).expect("a time"), &zone) == day
                })
                .count()
        };
        assert_eq!([date(2024, 3, 31), date(2024, 10, 27), date(2024, 2, 29)].map(hours), [23, 25, 24]);
    }
}
