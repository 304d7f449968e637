//! Lines of a file of records, each read within a bound of memory.

use std::io::{self, BufRead, ErrorKind, Read as _};
use tidemark_domain::RejectReason;

/// A longer line is refused, and never held in memory.
pub const LINE_BYTES_MAX: u64 = 4 << 20;

/// The lines of an input, from first to last.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
    is_cut_off: bool,
}

/// The byte order mark that some programs begin a file with: no part of its first line.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One line that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the input, from 1; blank lines count.
    pub number: u64,
    /// What it holds, its end included; or why it cannot be used, and a detail that does not repeat it.
    pub content: Result<&'a [u8], (RejectReason, String)>,
}

impl<R: BufRead> Lines<R> {
    /// Starts at the first line of `input`.
    pub const fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0, bytes: 0, is_cut_off: false }
    }

    /// The next line that is not blank; `None` after the last. A compressed input that is cut off ends in one line that
    /// cannot be used: what came before it counts.
    ///
    /// # Errors
    /// Where the input fails for any other reason.
    pub fn read(&mut self) -> io::Result<Option<Line<'_>>> {
        while !self.is_cut_off {
            self.line.clear();
            let content = match (&mut self.input).take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut self.line) {
                Ok(0) => return Ok(None),
                Ok(read) => {
                    self.bytes += read as u64;
                    if read as u64 > LINE_BYTES_MAX && self.line.last() != Some(&b'\n') {
                        self.skip_line()?;
                        Err((RejectReason::RecordTooLong, format!("the line is longer than {LINE_BYTES_MAX} bytes")))
                    } else {
                        Ok(())
                    }
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    self.is_cut_off = true;
                    Err((RejectReason::TruncatedInput, "the compressed input ends before its end".to_owned()))
                }
                Err(error) => return Err(error),
            };
            self.number += 1;
            if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            if content.is_err() || !self.line.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Line { number: self.number, content: content.map(|()| self.line.as_slice()) }));
            }
        }
        Ok(None)
    }

    /// Lines read so far, blank ones included.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Bytes read so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads to the end of the line without keeping it.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                // The line is refused anyway, and one reject is enough for it.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    self.is_cut_off = true;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let length = end.map_or(buffer.len(), |at| at + 1);
            let is_done = end.is_some() || length == 0;
            self.input.consume(length);
            self.bytes += length as u64;
            if is_done {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES_MAX, Lines};
    use std::io::{BufRead, BufReader, Read};

    /// Every line's number, and its text or the code of its refusal.
    fn read(input: impl BufRead) -> Vec<(u64, String)> {
        let (mut lines, mut found) = (Lines::new(input), Vec::new());
        while let Some(line) = lines.read().expect("an input that can be read") {
            let said = match line.content {
                Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Err((reason, _)) => reason.code().to_owned(),
            };
            found.push((line.number, said));
        }
        assert!(lines.line.capacity() as u64 <= 4 * LINE_BYTES_MAX, "memory is bounded");
        found
    }

    fn found(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
        lines.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
    }

    /// Gives what it holds, then says that there should be more.
    struct Cut<R>(R);

    impl<R: Read> Read for Cut<R> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn blank_lines_count_and_the_last_needs_no_end() {
        assert_eq!(read(&b"a\n\n \r\nb"[..]), found(&[(1, "a\n"), (4, "b")]));
        assert_eq!(read(&b""[..]), []);
    }

    #[test]
    fn a_line_that_never_ends_is_refused_and_not_held() {
        let endless = std::io::repeat(b'x').take(10 * LINE_BYTES_MAX);
        let input = BufReader::new(b"a\n".chain(endless).chain(&b"\nb\n"[..]));
        assert_eq!(read(input), found(&[(1, "a\n"), (2, "record_too_long"), (3, "b\n")]));
        let longest = [b"x".repeat(LINE_BYTES_MAX as usize), b"\nb".to_vec()].concat();
        assert_eq!(read(&longest[..]).len(), 2);
        assert_eq!(read(&longest[..])[1], (2, "b".to_owned()));
    }

    #[test]
    fn a_cut_off_input_ends_in_one_refusal() {
        let cut = |text: &'static [u8]| BufReader::new(Cut(text));
        assert_eq!(read(cut(b"a\nb")), found(&[(1, "a\n"), (2, "truncated_input")]));
        assert_eq!(read(cut(b"a\n")), found(&[(1, "a\n"), (2, "truncated_input")]));
        let endless = std::io::repeat(b'x').take(2 * LINE_BYTES_MAX);
        assert_eq!(read(BufReader::new(Cut(endless))), found(&[(1, "record_too_long")]));
    }
}
