//! Reads a file of daily or weekly series: `date,series,value`, with `total` where it is known, in any order, other columns
//! passed over. An empty value is a gap. Values are shares from 0 to 1. `tidemark series` writes such files.

use crate::Error;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use tidemark_domain::RejectReason;
use tidemark_surveillance::{History, Truth};
use tidemark_wire::annotated_file::RejectLine;
use tidemark_wire::header;

/// The years a row may speak of: outside them it is a slip, and a series would span it with gaps.
const FIRST_YEAR: i16 = 1990;
const LAST_YEAR: i16 = 2089;

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub struct SeriesFile {
    /// The series by name.
    pub series: BTreeMap<String, History>,
    /// Rows below the header, blank lines not counted.
    pub rows_read: u64,
    /// Rows that could not be used.
    pub rejected: u64,
}

/// A day's value, if it has one, and the units behind it, if they are known.
type Day = (Option<f64>, Option<u64>);

/// What came, read to be scored against.
#[derive(Debug, Clone, Default)]
pub struct TruthFile {
    /// The series by name.
    pub series: BTreeMap<String, Truth>,
    /// Rows that could not be used.
    pub rejected: u64,
    /// Values that are no shares; they are taken as they stand.
    pub outside: u64,
}

/// Reads a series file. What cannot be used goes to `rejects`, a JSON line each, and reading goes on. A compressed
/// input that is cut off counts as one reject, and what came before it is used.
///
/// # Errors
/// [`Error::MissingColumn`], [`Error::Read`], [`Error::Write`] for the rejects, [`Error::NoSeries`], [`Error::NotShares`].
pub fn read_series(input: impl Read, rejects: impl Write) -> Result<SeriesFile, Error> {
    histories(read_days(input, rejects, &|_| true)?)
}

/// [`read_series`] of a file in which the series `measure` stands among the shares and need be none: searches, calls,
/// degrees. It comes beside them, `None` where the file has no value of it. Where it holds nothing but shares, it is one
/// of the series too.
///
/// # Errors
/// Those of [`read_series`]; [`Error::NoSeries`] where there is nothing but a measure that is no share.
pub fn read_series_beside(
    input: impl Read,
    rejects: impl Write,
    measure: &str,
) -> Result<(SeriesFile, Option<Truth>), Error> {
    let days = read_days(input, rejects, &|name| name != measure)?;
    let measured = days.series.get(measure).and_then(truth);
    Ok((histories(days)?, measured))
}

fn histories(days: Days) -> Result<SeriesFile, Error> {
    let Days { series, rows_read, rejected, above, values, .. } = days;
    // Of percentages some may lie below 1, and would be read as shares a hundred times too large.
    if 2 * above > values {
        return Err(Error::NotShares { above, values });
    }
    let series: BTreeMap<_, _> = series.into_iter().filter_map(|(name, days)| Some((name, history(&days)?))).collect();
    if series.is_empty() {
        return Err(Error::NoSeries { rejected });
    }
    Ok(SeriesFile { series, rows_read, rejected })
}

/// [`read_series`] for what came: values need not be shares, as nothing is fitted to them.
///
/// # Errors
/// Those of [`read_series`], but for [`Error::NotShares`].
pub fn read_truth(input: impl Read, rejects: impl Write) -> Result<TruthFile, Error> {
    let Days { series, rejected, outside, .. } = read_days(input, rejects, &|_| false)?;
    let series: BTreeMap<_, _> = series.into_iter().filter_map(|(name, days)| Some((name, truth(&days)?))).collect();
    if series.is_empty() {
        return Err(Error::NoSeries { rejected });
    }
    Ok(TruthFile { series, rejected, outside })
}

/// The rows of a file, by series and day.
#[derive(Default)]
struct Days {
    series: BTreeMap<String, BTreeMap<Date, Day>>,
    rows_read: u64,
    rejected: u64,
    outside: u64,
    /// Values that must be shares, and those of them above 1.
    values: u64,
    above: u64,
}

/// Of which series every value must be a share.
type MustBeShares<'a> = &'a dyn Fn(&str) -> bool;

fn read_days(input: impl Read, mut rejects: impl Write, must_be_shares: MustBeShares<'_>) -> Result<Days, Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
    let header = reader.byte_headers().map_err(|error| read_fault(1, error))?.clone();
    let columns = Columns::of(&header)?;
    let mut days = Days::default();
    let mut record = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        let refused = match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                days.rows_read += 1;
                read_row(&record, &columns, must_be_shares, &mut days).err()
            }
            Err(error) if is_truncated(&error) => {
                days.rows_read += 1;
                Some((RejectReason::TruncatedInput, "the compressed input ends before its end".to_owned()))
            }
            Err(error) => return Err(read_fault(line, error)),
        };
        if let Some((reason, detail)) = refused {
            days.rejected += 1;
            // A row of its own knows its line; one that ended early has none.
            let of_row = record.position().filter(|_| reason != RejectReason::TruncatedInput);
            let reject =
                RejectLine { line: of_row.map_or(line, csv::Position::line), reason: reason.code().to_owned(), detail };
            serde_json::to_writer(&mut rejects, &reject).map_err(|error| Error::Write(error.into()))?;
            rejects.write_all(b"\n").map_err(Error::Write)?;
            if reason == RejectReason::TruncatedInput {
                break;
            }
        }
    }
    rejects.flush().map_err(Error::Write)?;
    Ok(days)
}

struct Columns {
    date: usize,
    series: usize,
    value: usize,
    total: Option<usize>,
}

/// The names of the columns, in small letters.
const COLUMNS: [&str; 4] = ["date", "series", "value", "total"];

impl Columns {
    fn of(header: &csv::ByteRecord) -> Result<Self, Error> {
        let names: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').to_ascii_lowercase())
            .collect();
        let at = |column: &str| names.iter().position(|name| name == column);
        let needed = |column| {
            let missing = || Error::MissingColumn { column, found: header::describe(&names, &COLUMNS) };
            at(column).ok_or_else(missing)
        };
        Ok(Self { date: needed("date")?, series: needed("series")?, value: needed("value")?, total: at("total") })
    }
}

/// Takes one row in, or says why not, without repeating what the row says.
fn read_row(
    record: &csv::ByteRecord,
    columns: &Columns,
    must_be_shares: MustBeShares<'_>,
    days: &mut Days,
) -> Result<(), (RejectReason, String)> {
    let field = |column: usize, name: &str| {
        let bytes =
            record.get(column).ok_or_else(|| (RejectReason::MissingField, format!("the row has no field `{name}`")))?;
        std::str::from_utf8(bytes).map_err(|_| (RejectReason::InvalidUtf8, format!("`{name}` is not UTF-8")))
    };
    let name = field(columns.series, "series")?;
    if name.is_empty() {
        return Err((RejectReason::MissingField, "`series` is empty".to_owned()));
    }
    let day: Date = field(columns.date, "date")?
        .parse()
        .map_err(|_| (RejectReason::BadTime, "`date` is not a day written YYYY-MM-DD".to_owned()))?;
    if !(FIRST_YEAR..=LAST_YEAR).contains(&day.year()) {
        return Err((RejectReason::TimeOutOfRange, format!("`date` is not between {FIRST_YEAR} and {LAST_YEAR}")));
    }
    let value = match field(columns.value, "value")? {
        "" => None,
        text => {
            let value: f64 = text.parse().map_err(|_| {
                (RejectReason::WrongType, "`value` is not a number; leave it empty for a gap".to_owned())
            })?;
            let is_share = (0.0..=1.0).contains(&value);
            let must_be_share = must_be_shares(name);
            days.values += u64::from(must_be_share);
            days.above += u64::from(must_be_share && value > 1.0);
            if !is_share && (must_be_share || !value.is_finite()) {
                return Err((RejectReason::WrongType, "`value` is not a share between 0 and 1".to_owned()));
            }
            days.outside += u64::from(!is_share);
            Some(value)
        }
    };
    let total = match columns.total.map(|column| field(column, "total")).transpose()? {
        None | Some("") => None,
        Some(text) => {
            let total: f64 =
                text.parse().map_err(|_| (RejectReason::WrongType, "`total` is not a number".to_owned()))?;
            if !total.is_finite() || total < 0.0 {
                return Err((RejectReason::WrongType, "`total` is not a number of 0 or more".to_owned()));
            }
            Some(total as u64)
        }
    };
    // Of nobody there is no share, whatever is written for it: the day is a gap.
    let (value, total) = if total == Some(0) { (None, None) } else { (value, total) };
    match days.series.entry(name.to_owned()).or_default().entry(day) {
        std::collections::btree_map::Entry::Vacant(entry) => {
            entry.insert((value, total));
            Ok(())
        }
        std::collections::btree_map::Entry::Occupied(_) => {
            Err((RejectReason::Malformed, "the series already has this day; the first row counts".to_owned()))
        }
    }
}

/// A history from its days; `None` where no day has a value, or one of a measure is no share.
fn history(days: &BTreeMap<Date, Day>) -> Option<History> {
    let (first, (values, totals)) = (*days.first_key_value()?.0, every_day(days)?);
    // Rows were checked one by one, but for a measure's, and their years span less than a history may.
    Some(History::new(first, values).ok()?.with_totals(totals))
}

fn truth(days: &BTreeMap<Date, Day>) -> Option<Truth> {
    Some(Truth::new(*days.first_key_value()?.0, every_day(days)?.0))
}

type EveryDay = (Vec<Option<f64>>, Vec<Option<u64>>);

/// Values and totals of all days from the first to the last; `None` where no day has a value.
fn every_day(days: &BTreeMap<Date, Day>) -> Option<EveryDay> {
    days.values().any(|(value, _)| value.is_some()).then_some(())?;
    let (first, last) = (*days.first_key_value()?.0, *days.last_key_value()?.0);
    Some(tidemark_domain::time::days(first, last).map(|day| days.get(&day).copied().unwrap_or_default()).unzip())
}

fn is_truncated(error: &csv::Error) -> bool {
    matches!(error.kind(), csv::ErrorKind::Io(source) if source.kind() == ErrorKind::UnexpectedEof)
}

fn read_fault(line: u64, error: csv::Error) -> Error {
    Error::Read { line, source: error.into() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{read_series, read_series_beside, read_truth};
    use crate::Error;
    use jiff::civil::date;
    use tidemark_surveillance::Truth;
    use tidemark_wire::annotated_file::RejectLine;

    fn rejects(bytes: &[u8]) -> Vec<(u64, String)> {
        let lines = std::str::from_utf8(bytes).unwrap().lines();
        let reject = |line: &str| serde_json::from_str::<RejectLine>(line).unwrap();
        lines.map(reject).map(|reject| (reject.line, reject.reason)).collect()
    }

    #[test]
    fn the_files_of_tidemark_series_are_read() {
        let text = "date,series,value,n,total,lower,upper,unit,status\n\
                    2024-01-02,s/all/all/mh.stress,0.25,5,20,0.1,0.4,author,ok\n\
                    2024-01-05,s/all/all/mh.stress,,,,,,author,censored\n\
                    2024-01-03,s/all/all/mh.stress,0.5,10,20,0.3,0.7,author,ok\n";
        let mut refused = Vec::new();
        let file = read_series(text.as_bytes(), &mut refused).unwrap();
        let history = &file.series["s/all/all/mh.stress"];
        assert_eq!((history.first(), history.values()), (date(2024, 1, 2), &[Some(0.25), Some(0.5), None, None][..]));
        assert_eq!(history.totals(), [Some(20), Some(20), None, None]);
        assert_eq!((file.rows_read, file.rejected, refused.len()), (3, 0, 0));
    }

    #[test]
    fn a_share_of_nobody_is_a_gap_and_fewer_than_nobody_are_refused() {
        let text = "date,series,value,total\n2024-01-01,a,0.2,10\n2024-01-02,a,0,0\n2024-01-03,a,0.3,-1\n\
                    2024-01-04,a,0.4,NaN\n2024-01-05,a,0.5,\n";
        let mut refused = Vec::new();
        let file = read_series(text.as_bytes(), &mut refused).unwrap();
        let history = &file.series["a"];
        assert_eq!(history.values(), [Some(0.2), None, None, None, Some(0.5)]);
        assert_eq!(history.totals(), [Some(10), None, None, None, None]);
        assert_eq!(rejects(&refused), [(4, "wrong_type".to_owned()), (5, "wrong_type".to_owned())]);
    }

    #[test]
    fn every_bad_row_is_named_by_line_and_reason_and_the_rest_is_used() {
        let mut text = b"\xef\xbb\xbfdate,series,value\n2024-01-01,a,0.1\n".to_vec();
        for row in [
            "2024-13-01,a,0.1",
            "2024-01-02,a,1.01",
            "2024-01-02,a,NaN",
            "2024-01-02,a,much",
            "2024-01-02,,0.1",
            "2024-01-02,a",
            "1970-01-01,a,0.1",
            "2024-01-01,a,0.9",
            "",
            "2024-01-02,a,0.2",
        ] {
            text.extend_from_slice(row.as_bytes());
            text.push(b'\n');
        }
        text.extend_from_slice(b"2024-01-03,\xff,0.2\n");
        let mut refused = Vec::new();
        let file = read_series(&text[..], &mut refused).unwrap();
        let expected = [
            (3, "bad_time"),
            (4, "wrong_type"),
            (5, "wrong_type"),
            (6, "wrong_type"),
            (7, "missing_field"),
            (8, "missing_field"),
            (9, "time_out_of_range"),
            (10, "malformed"),
            (13, "invalid_utf8"),
        ];
        assert_eq!(rejects(&refused), expected.map(|(line, reason)| (line, reason.to_owned())));
        assert_eq!((file.rows_read, file.rejected), (11, 9));
        assert_eq!(file.series["a"].values(), [Some(0.1), Some(0.2)]);
    }

    #[test]
    fn percentages_are_refused_rather_than_read_in_part() {
        let text = "date,series,value\n2024-01-04,happy,52.5\n2024-01-11,happy,0.9\n2024-01-18,happy,53\n";
        let refused = read_series(text.as_bytes(), std::io::sink()).unwrap_err();
        assert!(matches!(refused, Error::NotShares { above: 2, values: 3 }), "{refused}");
        assert!(refused.to_string().contains("divide them by 100"), "{refused}");
        // A measure among shares is on whatever scale it likes.
        let text = "date,series,value\n2024-01-04,happy,0.52\n2024-01-04,calls,120\n2024-01-11,calls,130\n";
        assert!(read_series_beside(text.as_bytes(), std::io::sink(), "calls").is_ok());
    }

    #[test]
    fn what_came_is_taken_as_it_stands() {
        let text = "date,series,value\n2024-01-01,a,0.1\n2024-01-02,a,1.2\n2024-01-03,a,inf\n";
        let file = read_truth(text.as_bytes(), std::io::sink()).unwrap();
        assert_eq!((file.series.len(), file.rejected, file.outside), (1, 1, 1));
        let expected = Truth::new(date(2024, 1, 1), vec![Some(0.1), Some(1.2)]);
        assert_eq!(file.series["a"], expected);
    }

    #[test]
    fn a_measure_stands_among_shares_and_need_be_none() {
        let text = "date,series,value\n2024-01-01,a,0.1\n2024-01-01,calls,120\n2024-01-02,a,1.2\n2024-01-03,calls,0\n";
        let (file, calls) = read_series_beside(text.as_bytes(), std::io::sink(), "calls").unwrap();
        assert_eq!((file.series.len(), file.rows_read, file.rejected), (1, 4, 1));
        assert_eq!(calls, Some(Truth::new(date(2024, 1, 1), vec![Some(120.0), None, Some(0.0)])));
        let (_, none) = read_series_beside(text.as_bytes(), std::io::sink(), "searches").unwrap();
        assert_eq!(none, None);
        let shares = "date,series,value\n2024-01-01,a,0.1\n2024-01-01,b,0.2\n";
        let (file, of_shares) = read_series_beside(shares.as_bytes(), std::io::sink(), "a").unwrap();
        assert_eq!((file.series.len(), of_shares), (2, Some(Truth::new(date(2024, 1, 1), vec![Some(0.1)]))));
        let alone = read_series_beside(&b"date,series,value\n2024-01-01,calls,12\n"[..], std::io::sink(), "calls");
        assert!(matches!(alone, Err(Error::NoSeries { rejected: 0 })));
    }

    #[test]
    fn a_cut_off_input_keeps_what_came_before() {
        struct Cut<'a>(&'a [u8]);
        impl std::io::Read for Cut<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                match self.0.read(buffer)? {
                    0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
                    read => Ok(read),
                }
            }
        }
        let mut refused = Vec::new();
        let file = read_series(Cut(b"date,series,value\n2024-01-01,a,0.1\n2024-01-02,a,0.2\n"), &mut refused).unwrap();
        assert_eq!(file.series["a"].values(), [Some(0.1), Some(0.2)]);
        assert_eq!(rejects(&refused)[0].1, "truncated_input");
    }

    #[test]
    fn a_file_that_is_none_says_so() {
        let fault = |text: &str| read_series(text.as_bytes(), std::io::sink()).unwrap_err();
        let missing = fault("day,series,value\n2024-01-01,a,0.1\n");
        assert!(missing.to_string().ends_with("the columns are `day`, `series`, `value`"), "{missing}");
        assert!(matches!(fault(""), Error::MissingColumn { .. }));
        assert!(matches!(fault("date,series,value\n2024-01-01,a,-7\n"), Error::NoSeries { rejected: 1 }));
        assert!(matches!(fault("date,series,value\n2024-01-01,a,\n"), Error::NoSeries { rejected: 0 }));
        let post = fault("p1,ana_b,\"nobody writes back\"\np2,eva,fine\n");
        assert!(matches!(&post, Error::MissingColumn { column: "date", .. }));
        assert!(post.to_string().ends_with("the first line is no header (3 cells)"), "{post}");
    }
}
