//! `tidemark signals`: one ranked list of what stood out in the series of a file, or of when their levels changed.

use super::events::each;
use super::forecast::failure;
use crate::cli::{Format, Signals};
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Rejects, open};
use crate::stop::Stop;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use tidemark_alert::offline::{self, ChangeRow, Changes, Refusal, SignalRow};
use tidemark_forecast::read_series;

/// Runs the command. The list goes to standard output.
pub(crate) fn run(arguments: &Signals) -> Result<(), Failure> {
    let (from, to) = (arguments.from, arguments.to);
    if let (Some(first), Some(last)) = (from, to)
        && first > last
    {
        return Err(anyhow::anyhow!("--from {first} lies after --to {last}")).or_exit(Exit::Input);
    }
    let input = open(&arguments.series).or_exit(Exit::Input)?;
    let mut rejects = Rejects::of(Path::new("-")).or_exit(Exit::Output)?;
    let file = read_series(input.reader, &mut rejects).map_err(failure)?;
    let stop = Stop::listen();
    let mut refused = Vec::new();
    let (text, found) = if arguments.changepoints {
        let mut changes = Changes::default();
        each(&file.series, &stop, |name, history| {
            refused.extend(changes.add(name, history).err().map(|why| (name, why)));
        })?;
        printed(arguments, changes.rows(from, to))?
    } else {
        let mut detectors = offline::detectors();
        detectors.retain(|detector| arguments.detector.iter().any(|id| id == detector.id()));
        let mut signals = offline::Signals::default();
        each(&file.series, &stop, |name, history| {
            refused.extend(signals.add(name, history, &detectors).err().map(|why| (name, why)));
        })?;
        printed(arguments, signals.rows(from, to))?
    };
    if refused.len() == file.series.len() {
        return Err(anyhow::anyhow!("no series can be judged; the first: {}", first_of(&refused))).or_exit(Exit::Input);
    }
    crate::print(text)?;
    let what = if arguments.changepoints { "changepoints" } else { "signals" };
    let judged = file.series.len() - refused.len();
    let mut said = format!("found {found} {what} in {judged} of {} series", file.series.len());
    if !refused.is_empty() {
        let _ = write!(said, " (the first that cannot be judged: {})", first_of(&refused));
    }
    crate::say(&format!("{said}; rejected {} of {} rows{}", file.rejected, file.rows_read, rejects.note()));
    Ok(())
}

fn first_of(refused: &[(&str, Refusal)]) -> String {
    refused.first().map_or_else(String::new, |(name, why)| format!("{name}: {why}"))
}

/// A row of a list, as it is printed.
trait Row: Serialize {
    /// The columns of its file.
    const COLUMNS: &'static [&'static str];
    /// The heads of the table, as wide as its columns; the last has room to the end of the line.
    const HEADS: &'static str;

    /// A field a column.
    fn fields(&self) -> Vec<String>;

    /// A line of the table.
    fn line(&self) -> String;
}

impl Row for SignalRow {
    const COLUMNS: &'static [&'static str] =
        &["rank", "first_day", "last_day", "series", "value", "expected", "score", "q", "detector"];
    const HEADS: &'static str =
        "rank  first day   last day    value, %  expected, %  score        q  detector             series";

    fn fields(&self) -> Vec<String> {
        vec![
            self.rank.to_string(),
            self.first_day.to_string(),
            self.last_day.to_string(),
            self.series.clone(),
            share(self.value),
            share(self.expected),
            format!("{:.2}", self.score),
            format!("{:.2e}", self.q),
            self.detector.to_owned(),
        ]
    }

    fn line(&self) -> String {
        let (value, expected) = (100.0 * self.value, 100.0 * self.expected);
        format!(
            "{:>4}  {}  {}  {value:>8.2}  {expected:>11.2}  {:>5.2}  {:>7.1e}  {:<19}  {}",
            self.rank, self.first_day, self.last_day, self.score, self.q, self.detector, self.series
        )
    }
}

impl Row for ChangeRow {
    const COLUMNS: &'static [&'static str] = &["rank", "first_day", "last_day", "series", "before", "after", "ratio"];
    const HEADS: &'static str = "rank  first day   last day    before, %  after, %      ratio  series";

    fn fields(&self) -> Vec<String> {
        vec![
            self.rank.to_string(),
            self.first_day.to_string(),
            self.last_day.to_string(),
            self.series.clone(),
            share(self.before),
            share(self.after),
            format!("{:.2}", self.ratio),
        ]
    }

    fn line(&self) -> String {
        let (before, after) = (100.0 * self.before, 100.0 * self.after);
        format!(
            "{:>4}  {}  {}  {before:>9.2}  {after:>8.2}  {:>9.1}  {}",
            self.rank, self.first_day, self.last_day, self.ratio, self.series
        )
    }
}

fn share(value: f64) -> String {
    format!("{value:.6}")
}

/// The list as it was asked for, and how many there are on it in all.
fn printed<R: Row>(arguments: &Signals, mut rows: Vec<R>) -> Result<(Vec<u8>, usize), Failure> {
    let found = rows.len();
    rows.truncate(arguments.limit.unwrap_or(found));
    let text = match arguments.format {
        Format::Table => Ok(table(&rows)),
        Format::Csv => csv(&rows),
        Format::Json => json_lines(&rows),
    };
    Ok((text.or_exit(Exit::Unexpected)?, found))
}

fn table<R: Row>(rows: &[R]) -> Vec<u8> {
    let mut text = format!("{}\n", R::HEADS);
    for row in rows {
        text.push_str(&row.line());
        text.push('\n');
    }
    text.into_bytes()
}

fn csv<R: Row>(rows: &[R]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(R::COLUMNS)?;
    for row in rows {
        writer.write_record(row.fields())?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn json_lines<R: Row>(rows: &[R]) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row)?;
        text.push(b'\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{ChangeRow, Row, SignalRow, csv, json_lines, table};
    use jiff::civil::date;

    fn signal() -> SignalRow {
        SignalRow {
            rank: 1,
            first_day: date(2024, 2, 28),
            last_day: date(2024, 3, 1),
            series: "feed/all/all/mh.stress, strict".to_owned(),
            value: 0.1,
            expected: 0.052_631_6,
            score: 12.3,
            q: 0.000_012_3,
            detector: "ears_t_reweighted",
        }
    }

    fn change() -> ChangeRow {
        ChangeRow {
            rank: 12,
            first_day: date(2024, 2, 28),
            last_day: date(2024, 12, 31),
            series: "s".to_owned(),
            before: 0.05,
            after: 0.1,
            ratio: 1234.56,
        }
    }

    #[test]
    fn the_heads_of_a_table_stand_over_its_columns() {
        fn lines<R: Row>(row: R) -> (String, String) {
            let text = String::from_utf8(table(&[row])).expect("words");
            let (heads, line) = text.split_once('\n').expect("two lines");
            (heads.to_owned(), line.trim_end().to_owned())
        }
        for ((heads, line), last) in [(lines(signal()), "feed/"), (lines(change()), "s")] {
            let at = heads.rfind("series").expect("the last head");
            assert!(line.is_char_boundary(at) && line[at..].starts_with(last), "{heads}\n{line}");
            for head in ["rank", "value, %", "expected, %", "score", " q", "before, %", "after, %", "ratio"] {
                // Numbers end where their heads do.
                if let Some(at) = heads.find(head) {
                    let end = at + head.len();
                    assert!(line[..end].ends_with(|c: char| c.is_ascii_digit()), "{head}: {heads}\n{line}");
                    assert!(line[end..].starts_with("  "), "{head}: {heads}\n{line}");
                }
            }
        }
    }

    #[test]
    fn a_file_has_the_columns_of_its_rows() {
        let text = String::from_utf8(csv(&[signal()]).expect("written")).expect("words");
        let expected = "rank,first_day,last_day,series,value,expected,score,q,detector\n\
                        1,2024-02-28,2024-03-01,\"feed/all/all/mh.stress, strict\",0.100000,0.052632,12.30,1.23e-5,\
                        ears_t_reweighted\n";
        assert_eq!(text, expected);
        let none = String::from_utf8(csv::<ChangeRow>(&[]).expect("written")).expect("words");
        assert_eq!(none, "rank,first_day,last_day,series,before,after,ratio\n");
    }

    #[test]
    fn a_line_of_json_has_the_columns_of_the_file() {
        fn names<R: Row>(row: R) -> Vec<String> {
            let text = json_lines(&[row]).expect("written");
            let line: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&text).expect("one object");
            line.keys().cloned().collect()
        }
        let sorted = |columns: &[&str]| {
            let mut names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
            names.sort();
            names
        };
        for (mut names, columns) in [(names(signal()), SignalRow::COLUMNS), (names(change()), ChangeRow::COLUMNS)] {
            names.sort();
            assert_eq!(names, sorted(columns));
        }
    }
}
