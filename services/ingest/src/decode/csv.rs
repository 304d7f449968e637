//! Comma-separated values with a header (RFC 4180): quotes may hold delimiters and line ends, a doubled quote is one.
//!
//! A quote that is never closed would swallow the rest of a file. So a record is given up where its quotes make no
//! sense (something else than a delimiter or a line end after the closing quote, or no closing quote at all): its first
//! line becomes one reject, and reading goes on at the next line. A record over the limit is read past to its end.

use super::input::device_fault;
use super::{BYTE_ORDER_MARK, MAX_RECORD_BYTES, Raw, Row, cut_off, too_long, utf8};
use crate::mapping::Mapping;
use crate::record::{Fault, Field, RawPost};
use csv_core::ReadRecordResult;
use memchr::{memchr, memchr2};
use std::io::{ErrorKind, Read};
use tidemark_domain::RejectReason::Malformed;

/// Bytes asked for at once.
const READ_BYTES: usize = 256 * 1024;
/// Bytes of one input that may be looked at again after bad quotes. Beyond it a reject takes everything up to where its
/// quotes failed: an input made of bad quotes must not cost the square of its size.
const RESCAN_BYTES: usize = 256 * 1024 * 1024;

enum Record {
    /// `window[start..end]`, without its line end.
    Whole(usize, usize),
    /// The same, with quotes that make no sense.
    BadQuotes(usize, usize),
    TooLong(u64),
    Cut(usize, usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// Just after a quote within quotes: it closes them, unless another follows.
    MaybeClosed,
    /// After closed quotes and a carriage return.
    Ending,
    /// The quotes make no sense: on to the line's end.
    Skip,
}

/// Splits the input into records. What has been read and not yet handed out is `window[start..]`.
struct Records<R> {
    reader: R,
    delimiter: u8,
    window: Vec<u8>,
    start: usize,
    rescanned: usize,
    is_done: bool,
    /// The input broke off, and no row has said so yet.
    is_cut: bool,
}

impl<R: Read> Records<R> {
    const fn new(reader: R, delimiter: u8) -> Self {
        Self { reader, delimiter, window: Vec::new(), start: 0, rescanned: 0, is_done: false, is_cut: false }
    }

    /// The next record that is not blank. An error is the device's.
    fn next(&mut self) -> std::io::Result<Option<Record>> {
        loop {
            match self.split()? {
                Some(Record::Whole(start, end)) if self.window[start..end].iter().all(u8::is_ascii_whitespace) => {}
                other => return Ok(other),
            }
        }
    }

    fn split(&mut self) -> std::io::Result<Option<Record>> {
        let mut at = self.start;
        let mut state = State::FieldStart;
        // Bytes of an overlong record that are no longer held.
        let mut dropped: u64 = 0;
        loop {
            if at == self.window.len() {
                let held = self.window.len() - self.start;
                if dropped > 0 || held > MAX_RECORD_BYTES {
                    dropped += held as u64;
                    self.start = self.window.len();
                }
                let kept = self.window.len() - self.start;
                match self.refill() {
                    Ok(true) => at = kept,
                    Ok(false) => return Ok(self.at_end(state, dropped)),
                    Err(error) => {
                        (self.is_done, self.is_cut) = (true, true);
                        return device_fault(error).map_or_else(|| Ok(self.at_end(state, dropped)), Err);
                    }
                }
            }
            let rest = &self.window[at..];
            let bad = match (state, rest[0]) {
                (State::FieldStart, b'"') => {
                    (state, at) = (State::Quoted, at + 1);
                    false
                }
                (State::FieldStart | State::Unquoted, _) => match memchr2(self.delimiter, b'\n', rest) {
                    None => {
                        (state, at) = (State::Unquoted, self.window.len());
                        false
                    }
                    Some(found) if rest[found] == b'\n' => return Ok(Some(self.end_record(at + found, dropped))),
                    Some(found) => {
                        (state, at) = (State::FieldStart, at + found + 1);
                        false
                    }
                },
                (State::Quoted, _) => {
                    match memchr(b'"', rest) {
                        None => at = self.window.len(),
                        Some(found) => (state, at) = (State::MaybeClosed, at + found + 1),
                    }
                    false
                }
                (State::MaybeClosed, b'"') => {
                    (state, at) = (State::Quoted, at + 1);
                    false
                }
                (State::MaybeClosed, b'\r') => {
                    (state, at) = (State::Ending, at + 1);
                    false
                }
                (State::MaybeClosed | State::Ending, b'\n') => return Ok(Some(self.end_record(at, dropped))),
                (State::MaybeClosed, byte) if byte == self.delimiter => {
                    (state, at) = (State::FieldStart, at + 1);
                    false
                }
                (State::MaybeClosed | State::Ending, _) => true,
                (State::Skip, _) => match memchr(b'\n', rest) {
                    None => {
                        at = self.window.len();
                        false
                    }
                    Some(found) => {
                        let start = self.start;
                        self.start = at + found + 1;
                        return Ok(Some(match dropped {
                            0 => Record::BadQuotes(start, at + found),
                            _ => Record::TooLong(dropped + (at + found - start) as u64),
                        }));
                    }
                },
            };
            if bad {
                if dropped == 0
                    && let Some(record) = self.give_up_first_line(at)
                {
                    return Ok(Some(record));
                }
                state = State::Skip;
            }
        }
    }

    /// Reads on. `false` at the input's end.
    fn refill(&mut self) -> std::io::Result<bool> {
        if self.is_done {
            return Ok(false);
        }
        self.window.drain(..self.start);
        self.start = 0;
        let held = self.window.len();
        self.window.resize(held + READ_BYTES, 0);
        let count = loop {
            match self.reader.read(&mut self.window[held..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.window.truncate(held + count.as_ref().map_or(0, |count| *count));
        count.map(|count| count > 0)
    }

    fn end_record(&mut self, end: usize, dropped: u64) -> Record {
        let start = self.start;
        self.start = end + 1;
        if dropped > 0 || end - start > MAX_RECORD_BYTES {
            return Record::TooLong(dropped + (end - start) as u64);
        }
        Record::Whole(start, end)
    }

    /// The first line of a record whose quotes fail at `at`, if they span lines.
    fn give_up_first_line(&mut self, at: usize) -> Option<Record> {
        if self.rescanned > RESCAN_BYTES {
            return None;
        }
        let start = self.start;
        let end = start + memchr(b'\n', &self.window[start..at])?;
        self.rescanned += at - end;
        self.start = end + 1;
        Some(Record::BadQuotes(start, end))
    }

    fn at_end(&mut self, state: State, dropped: u64) -> Option<Record> {
        let (start, end) = (self.start, self.window.len());
        if std::mem::take(&mut self.is_cut) {
            self.start = end;
            return Some(Record::Cut(start, end));
        }
        if dropped > 0 {
            self.start = end;
            return Some(Record::TooLong(dropped + (end - start) as u64));
        }
        if start == end {
            return None;
        }
        if state == State::Quoted
            && let Some(record) = self.give_up_first_line(end)
        {
            return Some(record);
        }
        self.start = end;
        Some(match state {
            State::Quoted | State::Skip => Record::BadQuotes(start, end),
            _ => Record::Whole(start, end),
        })
    }
}

/// The fields of the mapping, by their column's number.
pub(super) struct Fields {
    fields: Vec<(Field, usize)>,
    n_columns: usize,
    /// Boxed: its tables take a kilobyte.
    parser: Box<csv_core::Reader>,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl Fields {
    pub(super) fn new(header: &[String], delimiter: u8, mapping: &Mapping) -> Self {
        let number = |column: &str| header.iter().position(|name| name == column);
        Self {
            fields: mapping.fields().into_iter().filter_map(|(field, column)| Some((field, number(column)?))).collect(),
            n_columns: header.len(),
            parser: Box::new(parser(delimiter)),
            output: Vec::new(),
            // One more than there should be, so that too many are noticed.
            ends: vec![0; header.len() + 1],
        }
    }

    pub(super) fn decode(&mut self, record: &[u8]) -> Result<RawPost, Fault> {
        let record = utf8(record)?;
        self.output.resize(self.output.len().max(record.len()), 0);
        let n_cells = parse(&mut self.parser, record.as_bytes(), &mut self.output, &mut self.ends);
        if n_cells != Some(self.n_columns) {
            let there = n_cells.map_or_else(|| "more".to_owned(), |n| n.to_string());
            return Err(Fault::new(Malformed, format!("{there} cells where the header has {}", self.n_columns)));
        }
        let mut post = RawPost::default();
        for (field, column) in &self.fields {
            let start = if *column == 0 { 0 } else { self.ends[column - 1] };
            let cell = utf8(&self.output[start..self.ends[*column]])?;
            post.set(*field, (!cell.is_empty()).then(|| cell.to_owned()));
        }
        Ok(post)
    }
}

fn parser(delimiter: u8) -> csv_core::Reader {
    // A carriage return within a record is text: the records are split already.
    csv_core::ReaderBuilder::new().delimiter(delimiter).terminator(csv_core::Terminator::Any(b'\n')).build()
}

/// Parses one record; the number of its cells, or `None` where there are more than `ends` takes.
fn parse(parser: &mut csv_core::Reader, record: &[u8], output: &mut [u8], ends: &mut [usize]) -> Option<usize> {
    parser.reset();
    let (mut read, mut written, mut n_cells) = (0, 0, 0);
    loop {
        let (result, n_in, n_out, n_ends) =
            parser.read_record(&record[read..], &mut output[written..], &mut ends[n_cells..]);
        read += n_in;
        written += n_out;
        n_cells += n_ends;
        match result {
            // The empty input that follows tells the parser that the record is over.
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => return None,
            ReadRecordResult::Record | ReadRecordResult::End => return Some(n_cells),
        }
    }
}

pub(crate) struct Csv<R> {
    records: Records<R>,
    fields: Fields,
}

impl<R: Read> Csv<R> {
    pub(super) fn new(reader: R, delimiter: u8, mapping: &Mapping) -> std::io::Result<Self> {
        let mut records = Records::new(reader, delimiter);
        let header = read_header(&mut records)?;
        Ok(Self { records, fields: Fields::new(&header, delimiter, mapping) })
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<Row<'_>>> {
        let Some(record) = self.records.next()? else { return Ok(None) };
        let window = &self.records.window;
        Ok(Some(match record {
            Record::Whole(start, end) => {
                let record = without_return(&window[start..end]);
                Row::new(self.fields.decode(record), Raw::Bytes(record))
            }
            Record::BadQuotes(start, end) => {
                let fault = Fault::new(Malformed, "a quote is not closed, or text follows a closing quote");
                Row::new(Err(fault), Raw::Bytes(without_return(&window[start..end])))
            }
            Record::TooLong(bytes) => Row::new(Err(too_long(bytes)), Raw::Bytes(b"")),
            Record::Cut(start, end) => Row::new(Err(cut_off()), Raw::Bytes(&window[start..end])),
        }))
    }
}

fn without_return(record: &[u8]) -> &[u8] {
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// The names in the first record; none where it cannot be read. An input that breaks off within it does so again for
/// the rows.
fn read_header<R: Read>(records: &mut Records<R>) -> std::io::Result<Vec<String>> {
    let Some(record) = records.next()? else { return Ok(Vec::new()) };
    let (Record::Whole(start, end) | Record::BadQuotes(start, end)) = record else {
        if let Record::Cut(start, _) = record {
            (records.start, records.is_cut) = (start, true);
        }
        return Ok(Vec::new());
    };
    let record = without_return(&records.window[start..end]);
    let record = record.strip_prefix(BYTE_ORDER_MARK).unwrap_or(record);
    let mut output = vec![0; record.len()];
    // Every byte could be a delimiter, and there is one cell more than delimiters.
    let mut ends = vec![0; record.len() + 2];
    let n_cells = parse(&mut parser(records.delimiter), record, &mut output, &mut ends).unwrap_or(0);
    let mut start = 0;
    Ok(ends[..n_cells]
        .iter()
        .map(|end| String::from_utf8_lossy(&output[std::mem::replace(&mut start, *end)..*end]).trim().to_owned())
        .collect())
}

/// The columns of the header.
pub(super) fn columns(reader: impl Read, delimiter: u8) -> std::io::Result<Vec<String>> {
    read_header(&mut Records::new(reader, delimiter))
}

#[cfg(test)]
mod tests {
    use super::Csv;
    use crate::mapping::{Mapping, TimeColumn};
    use tidemark_domain::RejectReason::{self, InvalidUtf8, Malformed, RecordTooLong};

    type Outcome = Result<(Option<String>, Option<String>), RejectReason>;

    fn read(input: &[u8]) -> Vec<Outcome> {
        let mapping = Mapping {
            text: "text".into(),
            created_at: TimeColumn::named("t"),
            id: Some("id".into()),
            ..Mapping::default()
        };
        let mut decoder = Csv::new(input, b',', &mapping).expect("memory does not fail");
        let mut rows = Vec::new();
        while let Some(row) = decoder.next().expect("memory does not fail") {
            rows.push(row.post.map(|post| (post.id, post.text)).map_err(|fault| fault.reason));
        }
        rows
    }

    fn row(id: &str, text: &str) -> Outcome {
        let cell = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
        Ok((cell(id), cell(text)))
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        let input = b"\xef\xbb\xbfid,t,text\r\n1,2024-01-01,\"a, \"\"b\"\"\nc\"\r\n\r\n2,,plain \"quoted\" text\n3,,\"\"\n4,,last";
        assert_eq!(
            read(input),
            [row("1", "a, \"b\"\nc"), row("2", "plain \"quoted\" text"), row("3", ""), row("4", "last")]
        );
    }

    #[test]
    fn a_wrong_number_of_cells_is_refused_and_the_next_row_is_read() {
        assert_eq!(read(b"id,t,text\n1,2\n1,2,3,4,5,6,7\n1,2,3\n"), [Err(Malformed), Err(Malformed), row("1", "3")]);
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_one_line() {
        assert_eq!(
            read(b"id,t,text\n1,,\"open\n2,,\"fine\"\n3,,fine\n"),
            [Err(Malformed), row("2", "fine"), row("3", "fine")]
        );
        assert_eq!(
            read(b"id,t,text\n1,,fine\n2,,\"open\n3,,fine\n"),
            [row("1", "fine"), Err(Malformed), row("3", "fine")]
        );
        assert_eq!(read(b"id,t,text\n1,,\"a\"b\n2,,fine\n"), [Err(Malformed), row("2", "fine")]);
        assert_eq!(read(b"id,t,text\n1,,\"a\"\rb\n2,,fine\n"), [Err(Malformed), row("2", "fine")]);
    }

    #[test]
    fn an_overlong_record_is_passed_with_its_quotes() {
        let mut input = b"id,t,text\n1,,\"".to_vec();
        input.extend("a, b\n".repeat(2_000_000).as_bytes());
        input.extend(b"\"\n2,,fine\n");
        assert_eq!(read(&input), [Err(RecordTooLong), row("2", "fine")]);
    }

    #[test]
    fn other_bytes_are_refused_by_the_row() {
        assert_eq!(read(b"id,t,text\n1,,\xff\n2,,fine\n"), [Err(InvalidUtf8), row("2", "fine")]);
        assert_eq!(read(b""), []);
        assert_eq!(read(b"id,t,text"), []);
    }

    #[test]
    fn an_input_of_bad_quotes_does_not_cost_the_square_of_its_size() {
        let mut input = b"id,t,text\n".to_vec();
        input.extend(b"x\",\"y\n".repeat(300_000));
        let rows = read(&input);
        assert!(!rows.is_empty() && rows.iter().all(Result::is_err));
    }
}
