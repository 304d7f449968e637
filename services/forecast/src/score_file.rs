//! Reads files of forecasts in hubverse form into a [`ForecastSink`], an evaluation or the members of an ensemble:
//! quantiles, samples, and probabilities of the peak's week; other kinds of output are counted and passed over.
//!
//! What is read stands on whole files: the first row that cannot be right ends the reading, by file and line. Rows of one
//! day are gathered and let go when the file has moved on, so a back-test of many million rows is read in bounded
//! memory; what stays of each forecast is that it was read. A file without `model_id` has its model in its name, as
//! hubs want: `<reference_date>-<team>-<model>.csv`.

use crate::Error;
use crate::hubverse::PEAK_TARGET;
use jiff::{ToSpan, civil::Date};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{ErrorKind, Read};
use tidemark_domain::{Period, PeriodKind};
use tidemark_surveillance::evaluation::{Evaluation, Place, probabilities_sum_to_one};
use tidemark_surveillance::model::MAX_HORIZON_DAYS;
use tidemark_wire::header;

/// Rows that wait for others of their day before the file is taken to have moved on.
const WAITING_ROWS_MAX: u64 = 200_000;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForecastRows {
    /// Rows below the headers.
    pub rows: u64,
    /// Rows of other kinds of output (`mean`, `cdf`, …), by kind.
    pub passed_over: BTreeMap<String, u64>,
}

/// What forecasts go into, one day of one origin at a time.
pub trait ForecastSink {
    /// Takes the quantiles of one day: (level, value) by rising level, each level once and inside (0, 1), values finite.
    ///
    /// # Errors
    /// What is wrong with them, in words. It ends the reading, by file and line.
    fn put_quantiles(&mut self, place: Place<'_>, quantiles: &[(f64, f64)]) -> Result<(), String>;

    /// Takes the samples of one day, in the order of the file.
    fn put_samples(&mut self, place: Place<'_>, samples: Vec<f64>);

    /// Takes the probabilities of the peak's week (`YYYYWW`), for the days after the origin up to `last`.
    fn put_peak_week(&mut self, place: Place<'_>, last: Date, weeks: &[(String, f64)]);
}

/// Everything is scored.
impl ForecastSink for Evaluation<'_> {
    fn put_quantiles(&mut self, place: Place<'_>, quantiles: &[(f64, f64)]) -> Result<(), String> {
        self.quantiles(place, quantiles);
        Ok(())
    }

    fn put_samples(&mut self, place: Place<'_>, samples: Vec<f64>) {
        self.samples(place, samples);
    }

    fn put_peak_week(&mut self, place: Place<'_>, last: Date, weeks: &[(String, f64)]) {
        self.peak_week(place, last, weeks);
    }
}

/// Files of forecasts that go into one evaluation, or into one ensemble's members.
#[derive(Debug)]
pub struct ForecastFiles<'e, S> {
    sink: &'e mut S,
    names: Names,
    taken: HashSet<Key>,
    read: ForecastRows,
}

/// Names, and their numbers.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Quantile,
    Sample,
    PeakWeek,
}

/// What rows belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    model: u32,
    series: u32,
    origin: Date,
    /// 0 of what is about the whole horizon.
    ahead: u16,
    kind: Kind,
}

/// Rows of one [`Key`] that were read so far.
#[derive(Debug)]
struct Group {
    first_line: u64,
    last_row: u64,
    /// The last day of the horizon, where the row says so.
    last_day: Option<Date>,
    /// (level, value) of quantiles; the value of samples.
    numbers: Vec<(f64, f64)>,
    weeks: Vec<(String, f64)>,
}

impl<'e, S: ForecastSink> ForecastFiles<'e, S> {
    /// Reads into `sink`.
    pub fn new(sink: &'e mut S) -> Self {
        Self { sink, names: Names::default(), taken: HashSet::new(), read: ForecastRows::default() }
    }

    /// What all files held.
    #[must_use]
    pub const fn rows(&self) -> &ForecastRows {
        &self.read
    }

    /// Reads one file, called `file` in errors. `progress` hears of the rows of all files so far.
    ///
    /// # Errors
    /// [`Error::Forecasts`], [`Error::ForecastsRead`]; the sink is then not to be used.
    pub fn read(&mut self, file: &str, input: impl Read, mut progress: impl FnMut(u64)) -> Result<(), Error> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
        let header = reader.byte_headers().map_err(|fault| read_fault(file, 1, fault))?.clone();
        let columns = Columns::of(&header, file)?;
        let mut waiting: HashMap<Key, Group> = HashMap::new();
        let (mut waiting_rows, mut next_look) = (0_u64, WAITING_ROWS_MAX);
        let mut record = csv::ByteRecord::new();
        let mut row = 0_u64;
        loop {
            let before = reader.position().line();
            if !reader.read_byte_record(&mut record).map_err(|fault| read_fault(file, before, fault))? {
                break;
            }
            row += 1;
            self.read.rows += 1;
            let line = record.position().map_or(before, csv::Position::line);
            let taken = self.take(&record, &columns, &mut waiting, (line, row));
            waiting_rows += u64::from(taken.map_err(|what| fault(file, line, what))?);
            if waiting_rows > next_look {
                progress(self.read.rows);
                let moved_on = row - WAITING_ROWS_MAX / 2;
                let done = waiting.extract_if(|_, group| group.last_row < moved_on).collect();
                waiting_rows -= self.close(done, file)?;
                // Where all of them still grow, they are looked at again after as many rows, not at every row.
                next_look = waiting_rows + WAITING_ROWS_MAX / 2;
            }
        }
        self.close(waiting.into_iter().collect(), file)?;
        progress(self.read.rows);
        Ok(())
    }

    /// Puts a row to the others of its day; `false` where it is passed over. Or says what is wrong with it.
    fn take(
        &mut self,
        record: &csv::ByteRecord,
        columns: &Columns,
        waiting: &mut HashMap<Key, Group>,
        (line, row): (u64, u64),
    ) -> Result<bool, String> {
        let field = |column: usize, name: &str| {
            let bytes = record.get(column).ok_or_else(|| format!("the row has no field `{name}`"))?;
            std::str::from_utf8(bytes).map_err(|_| format!("`{name}` is not UTF-8"))
        };
        let optional = |column: Option<usize>, name: &str| {
            let text = column.map(|column| field(column, name)).transpose()?;
            Ok::<_, String>(text.filter(|text| !is_absent(text)))
        };
        let output_type = field(columns.output_type, "output_type")?;
        let target = optional(columns.target, "target")?;
        let kind = match output_type {
            "quantile" => Kind::Quantile,
            "sample" => Kind::Sample,
            "pmf" if target.is_none_or(|target| target.eq_ignore_ascii_case(PEAK_TARGET)) => Kind::PeakWeek,
            "pmf" | "cdf" | "mean" | "median" => {
                *self.read.passed_over.entry(output_type.to_owned()).or_default() += 1;
                return Ok(false);
            }
            _ => return Err("`output_type` is none of quantile, sample, pmf, cdf, mean, median".to_owned()),
        };
        let origin = day(field(columns.origin, "reference_date")?, "reference_date")?;
        if let Some((named, _)) = &columns.of_name
            && *named != origin
        {
            return Err(format!("`reference_date` is {origin}, and the file's name says {named}"));
        }
        let model = match (columns.model, &columns.of_name) {
            (Some(column), _) => field(column, "model_id")?,
            (None, Some((_, model))) => model.as_str(),
            (None, None) => "",
        };
        let series = field(columns.location, "location")?;
        if model.is_empty() || series.is_empty() {
            return Err(format!("`{}` is empty", if model.is_empty() { "model_id" } else { "location" }));
        }
        let ahead = optional(Some(columns.horizon), "horizon")?.map(ahead).transpose()?;
        let last_day = optional(columns.target_end, "target_end_date")?;
        let last_day = last_day.map(|text| day(text, "target_end_date")).transpose()?;
        let ahead = match (kind, ahead) {
            (Kind::PeakWeek, _) => 0,
            (_, None) => return Err("`horizon` is missing: how many days ahead of `reference_date`?".to_owned()),
            (_, Some(ahead)) => {
                let target = origin.saturating_add(i64::from(ahead).days());
                if last_day.is_some_and(|day| day != target) {
                    return Err(format!("`target_end_date` is not `horizon` days after `reference_date`: {target}"));
                }
                ahead
            }
        };
        let value: f64 = field(columns.value, "value")?.parse().map_err(|_| "`value` is not a number".to_owned())?;
        if !value.is_finite() {
            return Err("`value` is not a finite number".to_owned());
        }
        let id = field(columns.output_type_id, "output_type_id")?;
        let key = Key { model: self.names.number(model), series: self.names.number(series), origin, ahead, kind };
        if !waiting.contains_key(&key) && self.taken.contains(&key) {
            return Err(
                "this forecast was read before; give each file once, and sort a file whose rows of one day lie far \
                 apart (by model_id, location, reference_date, horizon)"
                    .to_owned(),
            );
        }
        let group = waiting.entry(key).or_insert_with(|| Group {
            first_line: line,
            last_row: row,
            last_day,
            numbers: Vec::new(),
            weeks: Vec::new(),
        });
        group.last_row = row;
        match kind {
            Kind::Sample => group.numbers.push((0.0, value)),
            Kind::Quantile => {
                let level: f64 = id.parse().map_err(|_| "`output_type_id` is not a quantile's level".to_owned())?;
                if !(level > 0.0 && level < 1.0) {
                    return Err("`output_type_id` is not a level between 0 and 1".to_owned());
                }
                if group.numbers.iter().any(|(other, _)| (other - level).abs() < f64::EPSILON) {
                    return Err(format!(
                        "a second quantile of level {level} for one model, series and day; give one target at a time"
                    ));
                }
                group.numbers.push((level, value));
            }
            Kind::PeakWeek => {
                if !(0.0..=1.0).contains(&value) {
                    return Err("`value` is not a probability".to_owned());
                }
                if group.last_day != last_day {
                    return Err("`target_end_date` differs from the other weeks' of this forecast".to_owned());
                }
                let week = epiweek(id)?;
                if group.weeks.iter().any(|(other, _)| *other == week) {
                    return Err(format!("the week {week} stands twice in one forecast"));
                }
                group.weeks.push((week, value));
            }
        }
        Ok(true)
    }

    /// Hands over whole groups, in the order of the file; says how many rows they had.
    fn close(&mut self, mut groups: Vec<(Key, Group)>, file: &str) -> Result<u64, Error> {
        groups.sort_by_key(|(_, group)| group.first_line);
        let mut rows = 0;
        for (key, mut group) in groups {
            rows += (group.numbers.len() + group.weeks.len()) as u64;
            self.taken.insert(key);
            let place = Place {
                model: self.names.name(key.model),
                series: self.names.name(key.series),
                origin: key.origin,
                ahead: key.ahead,
            };
            match key.kind {
                Kind::Quantile => {
                    group.numbers.sort_by(|one, other| one.0.total_cmp(&other.0));
                    let put = self.sink.put_quantiles(place, &group.numbers);
                    put.map_err(|what| fault(file, group.first_line, what))?;
                }
                Kind::Sample => {
                    self.sink.put_samples(place, group.numbers.iter().map(|(_, value)| *value).collect());
                }
                Kind::PeakWeek => {
                    if !probabilities_sum_to_one(&group.weeks) {
                        let what = "the probabilities of the peak's week do not sum to 1".to_owned();
                        return Err(fault(file, group.first_line, what));
                    }
                    let last = group.last_day.or_else(|| last_of(key.origin, &group.weeks)).ok_or_else(|| {
                        let what = "the weeks lie before `reference_date`, or more than a year after it".to_owned();
                        fault(file, group.first_line, what)
                    })?;
                    self.sink.put_peak_week(place, last, &group.weeks);
                }
            }
        }
        Ok(rows)
    }
}

struct Columns {
    model: Option<usize>,
    origin: usize,
    location: usize,
    horizon: usize,
    target: Option<usize>,
    target_end: Option<usize>,
    output_type: usize,
    output_type_id: usize,
    value: usize,
    /// What the file's name says, where there is no column `model_id`.
    of_name: Option<(Date, String)>,
}

/// The names of the columns, in small letters.
const COLUMNS: [&str; 9] = [
    "model_id",
    "reference_date",
    "location",
    "horizon",
    "target",
    "target_end_date",
    "output_type",
    "output_type_id",
    "value",
];

impl Columns {
    fn of(header: &csv::ByteRecord, file: &str) -> Result<Self, Error> {
        let names: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').to_ascii_lowercase())
            .collect();
        let at = |column: &str| names.iter().position(|name| name == column);
        let needed = |column: &str| {
            let what = format!("there is no column `{column}`; {}", header::describe(&names, &COLUMNS));
            at(column).ok_or_else(|| fault(file, 1, what))
        };
        let model = at("model_id");
        let of_name = if model.is_none() { of_name(file) } else { None };
        if model.is_none() && of_name.is_none() {
            let what = "there is no column `model_id`, and the file is not named <reference_date>-<team>-<model>.csv";
            return Err(fault(file, 1, what.to_owned()));
        }
        Ok(Self {
            model,
            origin: needed("reference_date")?,
            location: needed("location")?,
            horizon: needed("horizon")?,
            target: at("target"),
            target_end: at("target_end_date"),
            output_type: needed("output_type")?,
            output_type_id: needed("output_type_id")?,
            value: needed("value")?,
            of_name,
        })
    }
}

/// The day and the model of a hub's file name.
fn of_name(file: &str) -> Option<(Date, String)> {
    let name = std::path::Path::new(file).file_name()?.to_str()?;
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let name = name.strip_suffix(".csv").unwrap_or(name);
    let (day, model) = (name.get(..10)?, name.get(10..)?.strip_prefix('-')?);
    model.contains('-').then_some(())?;
    Some((day.parse().ok()?, model.to_owned()))
}

/// R and hubs write `NA` where there is nothing.
fn is_absent(text: &str) -> bool {
    text.is_empty() || text == "NA"
}

fn day(text: &str, name: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{name}` is not a day written YYYY-MM-DD"))
}

/// A whole number of days; a column that also holds `NA` may have been written as `7.0`.
fn ahead(text: &str) -> Result<u16, String> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    let days: Option<u16> = text.parse().ok();
    days.filter(|days| (1..=MAX_HORIZON_DAYS).contains(&usize::from(*days)))
        .ok_or_else(|| format!("`horizon` is not a number of days from 1 to {MAX_HORIZON_DAYS}"))
}

/// `YYYYWW`, or `EWYYYYWW` as some hubs write it.
fn epiweek(text: &str) -> Result<String, String> {
    let week = text.strip_prefix("EW").unwrap_or(text);
    let number = week.get(4..).and_then(|number| number.parse::<u8>().ok());
    let is_week = week.len() == 6
        && week.bytes().all(|byte| byte.is_ascii_digit())
        && number.is_some_and(|number| (1..=53).contains(&number));
    if is_week { Ok(week.to_owned()) } else { Err("`output_type_id` is not an epiweek written YYYYWW".to_owned()) }
}

/// The last day of the last week named, within a year.
fn last_of(origin: Date, weeks: &[(String, f64)]) -> Option<Date> {
    let last = weeks.iter().map(|(week, _)| week).max()?;
    let days = tidemark_domain::time::days(origin.saturating_add(1.day()), origin.saturating_add(371.days()));
    days.take_while(|day| Period::holding(PeriodKind::Epiweek, *day).label() <= *last).last()
}

fn fault(file: &str, line: u64, what: String) -> Error {
    Error::Forecasts { file: file.to_owned(), line, what }
}

fn read_fault(file: &str, line: u64, error: csv::Error) -> Error {
    let source: std::io::Error = error.into();
    if source.kind() == ErrorKind::UnexpectedEof {
        return fault(file, line, "the compressed file ends before its end; was it copied whole?".to_owned());
    }
    Error::ForecastsRead { file: file.to_owned(), line, source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{ForecastFiles, ForecastRows, WAITING_ROWS_MAX};
    use crate::Error;
    use jiff::{ToSpan, civil::date};
    use std::collections::BTreeMap;
    use std::fmt::Write as _;
    use tidemark_surveillance::Truth;
    use tidemark_surveillance::evaluation::{Evaluation, ModelReport, Options};

    const HEADER: &str =
        "model_id,reference_date,target,location,horizon,target_end_date,output_type,output_type_id,value";

    fn truth() -> BTreeMap<String, Truth> {
        let values = (0..100).map(|day| Some(0.1 + f64::from(day % 10) / 100.0)).collect();
        [("s".to_owned(), Truth::new(date(2024, 1, 1), values))].into()
    }

    fn read(files: &[(&str, &str)]) -> Result<(BTreeMap<String, ModelReport>, ForecastRows), Error> {
        let truth = truth();
        let mut evaluation = Evaluation::new(&truth, Options::default());
        let mut reading = ForecastFiles::new(&mut evaluation);
        for (name, text) in files {
            reading.read(name, text.as_bytes(), |_| {})?;
        }
        let rows = reading.rows().clone();
        Ok((evaluation.report(), rows))
    }

    /// `body` below the header, as the file `f.csv`.
    fn fault_of(body: &str) -> String {
        read(&[("f.csv", &format!("{HEADER}\n{body}"))]).unwrap_err().to_string()
    }

    #[test]
    fn every_kind_of_row_is_scored_or_counted_and_their_order_does_not_matter() {
        let rows = [
            "m,2024-03-01,daily prevalence,s,1,2024-03-02,quantile,0.75,0.12",
            "m,2024-03-01,daily prevalence,s,1.0,2024-03-02,sample,1,0.10",
            "m,2024-03-01,peak week,s,NA,2024-03-14,pmf,202409,0.25",
            "m,2024-03-01,daily prevalence,s,1,2024-03-02,quantile,0.25,0.08",
            "m,2024-03-01,daily prevalence,s,1,2024-03-02,mean,NA,0.1",
            "m,2024-03-01,peak week,s,NA,2024-03-14,pmf,EW202410,0.75",
            "m,2024-03-01,daily prevalence,elsewhere,1,,quantile,0.5,0.1",
            "m,2024-03-01,daily prevalence,s,1,2024-03-02,quantile,0.5,0.1",
            "m,2024-03-01,daily prevalence,s,1,2024-03-02,sample,2,0.12",
        ];
        let forwards = read(&[("f.csv", &format!("{HEADER}\n{}\n", rows.join("\n")))]).unwrap();
        let backwards: Vec<&str> = rows.iter().rev().copied().collect();
        assert_eq!(forwards, read(&[("f.csv", &format!("{HEADER}\n{}\n", backwards.join("\n")))]).unwrap());
        let (report, read) = forwards;
        assert_eq!((read.rows, read.passed_over), (9, [("mean".to_owned(), 1)].into()));
        let scores = &report["m"].scores;
        assert_eq!((scores.forecasts, scores.unmatched, scores.sampled), (1, 1, 1));
        // 2 March is day 61: 0.11, 0.01 above the median and inside the interval.
        assert!((scores.wis.unwrap() - (0.25 * 0.04 + 0.5 * 0.01) / 1.5).abs() < 1e-12);
        assert!((scores.crps.unwrap() - (0.01 - 0.005)).abs() < 1e-12);
        assert_eq!(report["m"].peak_week.as_ref().unwrap().forecasts, 1);
    }

    #[test]
    fn a_hubs_file_has_its_model_in_its_name() {
        let text =
            "reference_date,location,horizon,output_type,output_type_id,value\n2024-03-01,s,1,quantile,0.5,0.1\n";
        let (report, _) = read(&[("hub/us-model_a/2024-03-01-us-model_a.csv.gz", text)]).unwrap();
        assert_eq!(report.keys().collect::<Vec<_>>(), ["us-model_a"]);
        let other_day = read(&[("2024-03-02-us-model_a.csv", text)]).unwrap_err().to_string();
        assert!(other_day.contains("line 2") && other_day.contains("name says 2024-03-02"), "{other_day}");
        assert!(read(&[("forecasts.csv", text)]).unwrap_err().to_string().contains("no column `model_id`"));
    }

    #[test]
    fn bad_rows_are_named_by_file_and_line() {
        let good = "m,2024-03-01,daily prevalence,s,1,2024-03-02,quantile,0.5,0.1\n";
        for (row, words) in [
            ("m,2024-03-01,x,s,1,2024-03-02,quantile,0.6,much", "`value` is not a number"),
            ("m,2024-03-01,x,s,1,2024-03-02,quantile,0.6,NaN", "finite"),
            ("m,2024-03-01,x,s,1,2024-03-02,quantile,0.5,0.2", "second quantile of level 0.5"),
            ("m,2024-03-01,x,s,1,2024-03-02,quantile,1.5,0.2", "between 0 and 1"),
            ("m,2024-03-01,x,s,1,2024-03-02,quantile", "no field"),
            ("m,2024-03-01,x,s,1,2024-03-09,quantile,0.6,0.2", "2024-03-02"),
            ("m,2024-03-01,x,s,0,,quantile,0.6,0.2", "`horizon`"),
            ("m,2024-03-01,x,s,NA,,quantile,0.6,0.2", "`horizon` is missing"),
            ("m,1 March,x,s,1,,quantile,0.6,0.2", "`reference_date`"),
            ("m,2024-03-01,x,s,1,,quartile,0.6,0.2", "`output_type`"),
            (",2024-03-01,x,s,1,,quantile,0.6,0.2", "`model_id` is empty"),
            ("m,2024-03-01,peak week,s,NA,2024-03-14,pmf,202454,1", "epiweek"),
            ("m,2024-03-01,peak week,s,NA,2024-03-14,pmf,202410,0.7", "sum to 1"),
            ("m,2024-03-01,peak week,s,NA,,pmf,202401,1", "before `reference_date`"),
        ] {
            let said = fault_of(&format!("{good}{row}\n"));
            assert!(said.starts_with("f.csv, line 3: ") && said.contains(words), "{row}: {said}");
        }
        let twice = read(&[("a.csv", &format!("{HEADER}\n{good}")), ("b.csv", &format!("{HEADER}\n{good}"))]);
        assert!(twice.unwrap_err().to_string().starts_with("b.csv, line 2: this forecast was read before"));
        let headless = read(&[("f.csv", "model_id,location\n")]).unwrap_err().to_string();
        assert!(headless.ends_with("no column `reference_date`; the columns are `model_id`, `location`"), "{headless}");
        let post = read(&[("2024-03-01-us-model_a.csv", "p1,ana_b,nobody writes\n")]).unwrap_err().to_string();
        assert!(post.ends_with("no column `reference_date`; the first line is no header (3 cells)"), "{post}");
    }

    #[test]
    fn long_files_are_let_go_of_on_the_way() {
        let mut text = format!("{HEADER}\n");
        let days = (WAITING_ROWS_MAX / 2 / 300) as i64;
        for (day, ahead) in (0..days).flat_map(|day| (1..=300).map(move |ahead| (day, ahead))) {
            let origin = date(2024, 1, 1).saturating_add(day.days());
            for level in [0.25, 0.5, 0.75] {
                writeln!(text, "m,{origin},x,s,{ahead},,quantile,{level},0.1").unwrap();
            }
        }
        let (report, rows) = read(&[("long.csv", &text)]).unwrap();
        let scores = &report["m"].scores;
        assert_eq!((scores.forecasts + scores.unmatched, rows.rows), (days as u64 * 300, days as u64 * 900));
        writeln!(text, "m,2024-01-01,x,s,1,,quantile,0.9,0.1").unwrap();
        let said = read(&[("long.csv", &text)]).unwrap_err().to_string();
        assert!(said.contains("sort a file"), "{said}");
    }
}
