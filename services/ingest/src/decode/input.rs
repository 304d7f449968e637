//! Files: which wrapping, which format, and a reader through both.

use super::{BYTE_ORDER_MARK, Shape};
use crate::error::Error;
use crate::mapping::{Format, Mapping};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes read from the file at once.
const READ_BYTES: usize = 256 * 1024;
/// Bytes looked at to tell the format of an input whose name does not say it.
const HEAD_BYTES: u64 = 4 * 1024;
/// Dumps of Reddit are compressed with the largest window that zstd knows: log2 of its bytes.
const ZSTD_WINDOW_LOG_MAX: u32 = 31;

/// How a file is compressed, told from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    None,
    Gzip,
    Zstd,
}

pub(crate) type Reader = BufReader<Box<dyn Read + Send>>;

/// A failure of the device, told apart from a damaged stream: the first stops the run, the second is data.
#[derive(Debug, thiserror::Error)]
#[error("the device failed")]
struct DeviceFault(#[source] std::io::Error);

/// Gives the error back if it is the device's own; `None` where the content is damaged.
pub(super) fn device_fault(error: std::io::Error) -> Option<std::io::Error> {
    error.get_ref().is_some_and(|inner| inner.is::<DeviceFault>()).then_some(error)
}

struct Counted {
    file: File,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.file.read(buffer) {
            Ok(count) => {
                self.position.fetch_add(count as u64, Ordering::Relaxed);
                Ok(count)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(std::io::Error::new(error.kind(), DeviceFault(error))),
        }
    }
}

/// A reader of the unwrapped content.
pub(super) fn open(path: &Path, wrapping: Wrapping, position: Arc<AtomicU64>) -> std::io::Result<Reader> {
    let file = BufReader::with_capacity(READ_BYTES, Counted { file: File::open(path)?, position });
    let content: Box<dyn Read + Send> = match wrapping {
        Wrapping::None => Box::new(file),
        Wrapping::Gzip => Box::new(MultiGzDecoder::new(file)),
        Wrapping::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(file)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
    };
    Ok(BufReader::with_capacity(READ_BYTES, content))
}

/// Digest of the file's bytes as they lie there, 32 hexadecimal digits.
pub(crate) fn digest(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hex::encode(&hasher.finalize().as_bytes()[..16]))
}

/// Tells what an input is: the wrapping from its first bytes; the format from the mapping, else from the name, else
/// from the content.
pub(crate) fn describe(path: &Path, name: &str, mapping: Option<&Mapping>) -> Result<Shape, Error> {
    let failed = |source| Error::Input { path: path.to_owned(), source };
    let mut magic = Vec::new();
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut magic)).map_err(failed)?;
    let wrapping = match magic.as_slice() {
        [0x1f, 0x8b, ..] => Wrapping::Gzip,
        // A zstd frame, or a skippable one before it (RFC 8878).
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Wrapping::Zstd,
        _ => Wrapping::None,
    };
    let name = name.to_ascii_lowercase();
    let bare = [".gz", ".gzip", ".zst", ".zstd"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let format = match (mapping.and_then(|mapping| mapping.format), bare.rsplit_once('.').map(|(_, end)| end)) {
        (Some(format), _) => format,
        (None, _) if magic == b"PAR1" => Format::Parquet,
        (None, Some("csv" | "tsv")) => Format::Csv,
        (None, Some("ndjson" | "jsonl" | "json")) => Format::Ndjson,
        (None, Some("parquet")) => Format::Parquet,
        (None, _) => sniff(path, wrapping).map_err(failed)?,
    };
    let delimiter = mapping.map_or_else(|| Mapping::default().delimiter(bare), |mapping| mapping.delimiter(bare))?;
    Ok(Shape { wrapping, format, delimiter, is_by_name: mapping.is_none() })
}

/// An object at the start is NDJSON; several columns in the first line are CSV; anything else is NDJSON, whose rejects
/// say what is wrong.
fn sniff(path: &Path, wrapping: Wrapping) -> std::io::Result<Format> {
    let mut head = Vec::new();
    if let Err(error) = open(path, wrapping, Arc::default())?.take(HEAD_BYTES).read_to_end(&mut head)
        && let Some(error) = device_fault(error)
    {
        return Err(error);
    }
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head).trim_ascii_start();
    let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(if !head.starts_with(b"{") && first_line.contains(&b',') { Format::Csv } else { Format::Ndjson })
}
