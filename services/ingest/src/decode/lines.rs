//! Lines of bounded length.

use super::input::device_fault;
use memchr::memchr;
use std::io::{BufRead, ErrorKind};

pub(super) struct Lines<R> {
    reader: R,
    limit_bytes: usize,
    buffer: Vec<u8>,
    is_done: bool,
}

pub(super) enum Line<'a> {
    /// Without its end.
    Whole(&'a [u8]),
    /// So many bytes, not held.
    TooLong(u64),
    /// What was read of it before the input broke off. The last.
    Cut(&'a [u8]),
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(reader: R, limit_bytes: usize) -> Self {
        Self { reader, limit_bytes, buffer: Vec::new(), is_done: false }
    }

    /// The next line that is not blank. An error is the device's.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Line<'_>>> {
        while !self.is_done {
            self.buffer.clear();
            let mut bytes: u64 = 0;
            let mut has_end = false;
            while !has_end {
                let available = match self.reader.fill_buf() {
                    Ok(available) => available,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => {
                        self.is_done = true;
                        return match device_fault(error) {
                            Some(error) => Err(error),
                            None => Ok(Some(Line::Cut(&self.buffer))),
                        };
                    }
                };
                if available.is_empty() {
                    self.is_done = true;
                    break;
                }
                let (content, used) = match memchr(b'\n', available) {
                    Some(end) => (end, end + 1),
                    None => (available.len(), available.len()),
                };
                has_end = used > content;
                bytes += content as u64;
                if bytes <= self.limit_bytes as u64 {
                    self.buffer.extend_from_slice(&available[..content]);
                } else {
                    self.buffer = Vec::new();
                }
                self.reader.consume(used);
            }
            if bytes > self.limit_bytes as u64 {
                return Ok(Some(Line::TooLong(bytes)));
            }
            if self.buffer.last() == Some(&b'\r') {
                self.buffer.pop();
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Line::Whole(&self.buffer)));
            }
        }
        Ok(None)
    }
}
