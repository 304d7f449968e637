//! Files as the commands see them: `-` is a standard stream, compressed input is recognised by its first bytes, and an
//! output file appears under its name only when it is whole.

use anyhow::Context as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_wire::annotated_file::RejectLine;

/// Large window of zstd: Reddit's dumps use 2 GiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 31;
/// Bytes of a read or write buffer.
const BUFFER_BYTES: usize = 1 << 17;

/// Whether the path stands for a standard stream.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether what is written to the path goes on to somebody else: a standard stream, a pipe or a device. It cannot be
/// replaced by a file, and has no place beside it.
pub(crate) fn is_stream(path: &Path) -> bool {
    is_dash(path) || std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// An open input, with how many bytes of it were read so far and how many there are, where that is known.
pub(crate) struct Input {
    /// The decompressed bytes.
    pub(crate) reader: Box<dyn BufRead + Send>,
    /// Compressed bytes read so far.
    pub(crate) position: Arc<AtomicU64>,
    /// Compressed bytes in all.
    pub(crate) length: Option<u64>,
}

struct Counted<R> {
    inner: R,
    position: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Opens a file or standard input; gzip and zstd are recognised.
pub(crate) fn open(path: &Path) -> anyhow::Result<Input> {
    let (raw, length): (Box<dyn Read + Send>, _) = if is_dash(path) {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let metadata = file.metadata().with_context(|| format!("cannot open {}", path.display()))?;
        anyhow::ensure!(!metadata.is_dir(), "{} is a folder; name a file", path.display());
        (Box::new(file), Some(metadata.len()))
    };
    let position = Arc::new(AtomicU64::new(0));
    let mut counted = BufReader::with_capacity(BUFFER_BYTES, Counted { inner: raw, position: position.clone() });
    let magic = counted.fill_buf().with_context(|| format!("cannot read {}", path.display()))?;
    let reader: Box<dyn BufRead + Send> = if magic.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::with_capacity(BUFFER_BYTES, flate2::bufread::MultiGzDecoder::new(counted)))
    } else if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let mut decoder = zstd::Decoder::with_buffer(counted).context("cannot start the zstd decoder")?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).context("cannot start the zstd decoder")?;
        Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
    } else {
        Box::new(counted)
    };
    Ok(Input { reader, position, length })
}

/// An output. A file takes its name when it is finished; dropped before that, it leaves nothing behind. A stream is
/// written as it is.
pub(crate) struct Output {
    writer: Option<Box<dyn Finish>>,
    partial: Option<(PathBuf, PathBuf)>,
}

/// A writer with a last word.
trait Finish: Write + Send {
    fn finish(self: Box<Self>) -> io::Result<()>;
}

struct Plain<W: Write>(BufWriter<W>);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + Send> Finish for Plain<W> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

struct Gzip<W: Write>(flate2::write::GzEncoder<BufWriter<W>>);

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + Send> Finish for Gzip<W> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()?.flush()
    }
}

impl Output {
    /// Creates an output file (compressed where the name ends in `.gz`), or takes standard output, a pipe or a device.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        Self::open(path, path.extension().is_some_and(|end| end == "gz"))
    }

    /// Likewise, for bytes that are already what the file shall hold.
    pub(crate) fn create_as_is(path: &Path) -> anyhow::Result<Self> {
        Self::open(path, false)
    }

    fn open(path: &Path, packs: bool) -> anyhow::Result<Self> {
        if is_dash(path) {
            return Ok(Self { writer: Some(Box::new(Plain(BufWriter::new(io::stdout())))), partial: None });
        }
        let (file, partial) = if is_stream(path) {
            let file = OpenOptions::new().write(true).open(path);
            (file.with_context(|| format!("cannot write to {}", path.display()))?, None)
        } else {
            // A link keeps its place: what it leads to is replaced.
            let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            let name = path.file_name().with_context(|| format!("{} is not a file name", path.display()))?;
            let mut name = name.to_owned();
            name.push(".part");
            let partial = path.with_file_name(name);
            let file = File::create(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
            (file, Some((partial, path)))
        };
        let buffered = BufWriter::with_capacity(BUFFER_BYTES, file);
        let writer: Box<dyn Finish> = if packs {
            Box::new(Gzip(flate2::write::GzEncoder::new(buffered, flate2::Compression::default())))
        } else {
            Box::new(Plain(buffered))
        };
        Ok(Self { writer: Some(writer), partial })
    }

    /// Writes what is buffered and gives the file its name.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        if let Some(writer) = self.writer.take() {
            writer.finish().context("cannot finish the output")?;
        }
        if let Some((partial, path)) = self.partial.take() {
            std::fs::rename(&partial, &path).with_context(|| format!("cannot name the output {}", path.display()))?;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.as_mut().map_or(Ok(bytes.len()), |writer| writer.write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), |writer| writer.flush())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.writer = None;
        if let Some((partial, _)) = self.partial.take() {
            // Best effort: the run already failed for another reason, which is what the user must hear.
            let _ = std::fs::remove_file(partial);
        }
    }
}

/// A rejects file that exists only if something was rejected.
pub(crate) struct Rejects {
    path: PathBuf,
    /// Whether another run may have taken the path.
    is_shared: bool,
    file: Option<BufWriter<File>>,
    /// The first of them, as it was written.
    first: Vec<u8>,
}

impl Rejects {
    /// The rejects of `output`, in `OUT.rejects.jsonl`; an older file of that name goes, so that it is not taken for this
    /// run's. Those of a stream go to a file of the working folder that no other run has: `rejects-PID.jsonl`.
    pub(crate) fn of(output: &Path) -> anyhow::Result<Self> {
        if is_stream(output) {
            return Ok(Self { path: unshared_path(0), is_shared: true, file: None, first: Vec::new() });
        }
        let mut path = output.as_os_str().to_owned();
        path.push(".rejects.jsonl");
        let path = PathBuf::from(path);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot replace {}", path.display()))
            }
            _ => Ok(Self { path, is_shared: false, file: None, first: Vec::new() }),
        }
    }

    /// What stands behind the number of them: why the first is one, and where all are; nothing where there is none.
    pub(crate) fn note(&self) -> String {
        if self.first.is_empty() {
            return String::new();
        }
        let why = serde_json::from_slice(&self.first)
            .map(|RejectLine { line, reason, detail }| format!("the first: line {line}, {reason}, {detail}; "))
            .unwrap_or_default();
        format!(" ({why}see {})", self.path.display())
    }

    fn create(&mut self) -> io::Result<File> {
        if !self.is_shared {
            return File::create(&self.path);
        }
        // Process ids come again, in containers at every start: nobody's file is written over.
        for take in 0.. {
            self.path = unshared_path(take);
            match File::create_new(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created,
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// `rejects-PID.jsonl`, and from the second take on `rejects-PID-2.jsonl`.
fn unshared_path(take: u32) -> PathBuf {
    let pid = std::process::id();
    PathBuf::from(if take == 0 { format!("rejects-{pid}.jsonl") } else { format!("rejects-{pid}-{}.jsonl", take + 1) })
}

impl Write for Rejects {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() {
            self.file = Some(BufWriter::new(self.create()?));
        }
        let written = self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))?;
        if !self.first.ends_with(b"\n") {
            let line = bytes[..written].split_inclusive(|byte| *byte == b'\n').next();
            self.first.extend_from_slice(line.unwrap_or_default());
        }
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::{Output, Rejects, open};
    use std::io::{Read as _, Write as _};
    use std::path::Path;
    use tidemark_domain::RejectReason;
    use tidemark_wire::annotated_file::RejectLine;

    #[test]
    fn the_first_reject_is_told_with_its_reason_and_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut rejects = Rejects::of(&folder.path().join("out.csv")).expect("rejects");
        assert_eq!(rejects.note(), "");
        for (line, reason) in [(3, RejectReason::Malformed), (9, RejectReason::EmptyText)] {
            RejectLine::write(&mut rejects, line, reason, "not JSON at column 1".to_owned()).expect("written");
        }
        let note = rejects.note();
        assert!(note.starts_with(" (the first: line 3, malformed, not JSON at column 1; see "), "{note}");
        assert!(note.ends_with("out.csv.rejects.jsonl)"), "{note}");
    }

    #[test]
    fn a_gzip_output_reads_back_and_an_abandoned_one_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.csv.gz");
        let mut output = Output::create(&path).expect("created");
        output.write_all(b"date,series\n").expect("written");
        drop(output);
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
        let mut output = Output::create(&path).expect("created");
        output.write_all(b"date,series\n").expect("written");
        output.finish().expect("finished");
        let mut text = String::new();
        open(&path).expect("opened").reader.read_to_string(&mut text).expect("read");
        assert_eq!(text, "date,series\n");
    }

    #[test]
    fn a_folder_or_a_missing_file_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(open(folder.path()).err().expect("an error").to_string().contains("is a folder"));
        assert!(open(&folder.path().join("none")).err().expect("an error").to_string().contains("none"));
    }

    #[test]
    fn a_pipe_is_written_and_stays_one_and_a_link_keeps_its_place() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).expect("read")
        });
        let mut output = Output::create(&pipe).expect("opened");
        output.write_all(b"soup").expect("written");
        output.finish().expect("finished");
        assert_eq!(reader.join().expect("a reader"), "soup");
        assert!(std::fs::symlink_metadata(&pipe).expect("there").file_type().is_fifo());
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        std::fs::write(&file, "old").expect("written");
        symlink(&file, &link).expect("linked");
        let mut output = Output::create(&link).expect("created");
        output.write_all(b"new").expect("written");
        output.finish().expect("finished");
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "new");
        assert!(std::fs::symlink_metadata(&link).expect("there").is_symlink());
    }

    #[test]
    fn rejects_of_a_file_replace_older_ones_and_those_of_a_stream_touch_nobodys() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = folder.path().join("out.csv.rejects.jsonl");
        std::fs::write(&old, "old").expect("written");
        let rejects = Rejects::of(&folder.path().join("out.csv")).expect("rejects");
        assert!(!old.exists() && rejects.path == old);
        for stream in ["-", "/dev/null"] {
            let (mut first, mut second) =
                (Rejects::of(Path::new(stream)).expect("rejects"), Rejects::of(Path::new(stream)).expect("rejects"));
            assert!(!first.path.exists(), "nothing was rejected yet");
            first.write_all(b"first").and_then(|()| first.flush()).expect("written");
            second.write_all(b"second").and_then(|()| second.flush()).expect("written");
            let read = |rejects: &Rejects| std::fs::read_to_string(&rejects.path).expect("read");
            let (read_first, read_second) = (read(&first), read(&second));
            for rejects in [&first, &second] {
                std::fs::remove_file(&rejects.path).expect("removed");
            }
            assert_eq!((read_first.as_str(), read_second.as_str()), ("first", "second"));
        }
    }
}
