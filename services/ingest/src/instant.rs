//! Reads the time of a record.

use crate::mapping::{Clock, TimeFormat};
use crate::record::Fault;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::{Timestamp, tz::TimeZone};
use tidemark_domain::RejectReason::{BadTime, TimeOutOfRange};
use tidemark_domain::time::{plausible, since_1970, units_per_second};

/// A date without a time is taken as this hour, in the mapping's zone.
const DATE_ONLY_HOUR: i8 = 12;
/// The instant that `value` names.
///
/// # Errors
/// A [`Fault`]: `bad_time` where it cannot be read, `time_out_of_range` where it lies before 2000 or more than a day
/// after `now`.
pub fn read_time(value: &str, clock: &Clock, now: Timestamp) -> Result<Timestamp, Fault> {
    let value = value.trim();
    let instant = match &clock.format {
        TimeFormat::Auto => read_auto(value, &clock.zone),
        TimeFormat::Rfc3339 => value.parse().ok(),
        TimeFormat::Unix { per_second } => {
            let count = value.parse().map_err(|_| Fault::new(BadTime, "the time is not a number"))?;
            Some(read_unix(count, *per_second)?)
        }
        TimeFormat::Pattern(pattern) => read_pattern(value, pattern, &clock.zone),
    };
    let instant = match (instant, value.parse::<f64>()) {
        (Some(instant), _) => instant,
        (None, Ok(count)) if clock.format == TimeFormat::Auto => read_unix(count, units_per_second(count))?,
        (None, _) => return Err(Fault::new(BadTime, "the time does not have the mapping's format")),
    };
    in_range(instant, now)
}

/// Refuses what lies before 2000 or more than a day after `now`.
pub(crate) fn in_range(instant: Timestamp, now: Timestamp) -> Result<Timestamp, Fault> {
    plausible(instant, now).map_err(|why| Fault::new(TimeOutOfRange, why))
}

fn read_unix(count: f64, per_second: i64) -> Result<Timestamp, Fault> {
    if !count.is_finite() {
        return Err(Fault::new(BadTime, "the time is not a number"));
    }
    since_1970(count, per_second).ok_or_else(|| Fault::new(TimeOutOfRange, "the time lies beyond the calendar"))
}

fn read_auto(value: &str, zone: &TimeZone) -> Option<Timestamp> {
    // A bare number is an ISO 8601 date to the parser (20240101); in posts it is a count of seconds.
    if value.parse::<f64>().is_ok() {
        return None;
    }
    if let Ok(instant) = value.parse::<Timestamp>() {
        return Some(instant);
    }
    if value.len() <= "YYYY-MM-DD".len() {
        return noon(value.parse().ok()?, zone);
    }
    zoned(value.parse().ok()?, zone)
}

fn read_pattern(value: &str, pattern: &str, zone: &TimeZone) -> Option<Timestamp> {
    let parts = BrokenDownTime::parse(pattern, value).ok()?;
    if let Ok(instant) = parts.to_timestamp() {
        return Some(instant);
    }
    match parts.hour() {
        Some(_) => zoned(parts.to_datetime().ok()?, zone),
        None => noon(parts.to_date().ok()?, zone),
    }
}

fn noon(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    zoned(date.at(DATE_ONLY_HOUR, 0, 0, 0), zone)
}

/// A time that a clock change skips or repeats is taken as RFC 5545 says: the later offset in a gap, the earlier in a fold.
fn zoned(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::read_time;
    use crate::mapping::{Mapping, TimeColumn};
    use jiff::Timestamp;
    use tidemark_domain::RejectReason;

    const NOW: &str = "2026-11-21T10:00:00Z";

    fn read(value: &str, format: &str, zone: &str) -> Result<String, RejectReason> {
        let mapping = Mapping {
            created_at: TimeColumn { column: "t".into(), format: format.into(), zone: zone.into() },
            ..Mapping::default()
        };
        let now: Timestamp = NOW.parse().expect("a time");
        read_time(value, &mapping.clock().expect("valid"), now).map(|at| at.to_string()).map_err(|fault| fault.reason)
    }

    fn ok(text: &str) -> Result<String, RejectReason> {
        Ok(text.to_owned())
    }

    #[test]
    fn every_documented_format_is_read() {
        assert_eq!(read("2024-02-29", "%Y-%m-%d", "UTC"), ok("2024-02-29T12:00:00Z"));
        assert_eq!(read("29/02/2024 18:30", "%d/%m/%Y %H:%M", "America/New_York"), ok("2024-02-29T23:30:00Z"));
        assert_eq!(read("2024-02-29T23:59:59.5-03:00", "rfc3339", "UTC"), ok("2024-03-01T02:59:59.5Z"));
        assert_eq!(read("1709251199", "unix", "UTC"), ok("2024-02-29T23:59:59Z"));
        assert_eq!(read("1709251199.25", "unix", "UTC"), ok("2024-02-29T23:59:59.25Z"));
        assert_eq!(read("1709251199500", "unix_ms", "UTC"), ok("2024-02-29T23:59:59.5Z"));
        assert_eq!(
            read("Thu Feb 29 20:19:24 +0000 2024", "%a %b %d %H:%M:%S %z %Y", "UTC"),
            ok("2024-02-29T20:19:24Z")
        );
    }

    #[test]
    fn auto_tells_the_format_from_the_value() {
        for (value, instant) in [
            ("2024-02-29", "2024-02-29T12:00:00Z"),
            ("2024-02-29 10:00:00", "2024-02-29T10:00:00Z"),
            ("2024-02-29T10:00:00", "2024-02-29T10:00:00Z"),
            ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00Z"),
            (" 1709251199 ", "2024-02-29T23:59:59Z"),
            ("1709251199.0", "2024-02-29T23:59:59Z"),
            ("1709251199500", "2024-02-29T23:59:59.5Z"),
            ("1709251199500000", "2024-02-29T23:59:59.5Z"),
        ] {
            assert_eq!(read(value, "auto", "UTC"), ok(instant), "{value}");
        }
    }

    #[test]
    fn what_cannot_be_a_time_is_told_from_what_cannot_be_a_posts_time() {
        for value in ["yesterday", "", "2024-13-01", "2023-02-29", "NaN", "2024-02-29T25:00:00Z"] {
            assert_eq!(read(value, "auto", "UTC"), Err(RejectReason::BadTime), "{value}");
        }
        for value in ["1970-01-01", "0", "2100-01-01", "1999-12-31T23:59:59Z", "2026-11-22T10:00:01Z", "9e300", "-5"] {
            assert_eq!(read(value, "auto", "UTC"), Err(RejectReason::TimeOutOfRange), "{value}");
        }
        assert!(read("2026-11-22T10:00:00Z", "auto", "UTC").is_ok());
        assert_eq!(read("2024-02-29", "unix", "UTC"), Err(RejectReason::BadTime));
        assert_eq!(read("1709251199", "%Y-%m-%d", "UTC"), Err(RejectReason::BadTime));
    }
}
