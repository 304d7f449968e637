//! One partition on disk: a folder of segments, each a file of record batches named by its first offset.
//!
//! Nothing is kept beside them: offsets, the index and what producers have written are read from the batches. A process
//! that is killed leaves at most one unfinished batch at the end of the last file, which was not acknowledged and is cut
//! off when the folder is opened.

use super::batch::{self, BatchHead, HEADER_BYTES, ProducerStamp};
use super::producers::{Producers, SequenceError};
use bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tansu_sans_io::record::deflated;

/// A segment is closed when it has grown to this, in bytes. Retention takes whole segments.
pub(crate) const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// One entry of a segment's index for so many bytes.
const INDEX_EVERY_BYTES: u64 = 64 * 1024;
const EXTENSION: &str = "log";

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// It is not the producer's next batch.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The disk.
    #[error("the batch could not be written to disk")]
    Disk(#[from] io::Error),
}

#[derive(Debug)]
struct Segment {
    base_offset: i64,
    path: PathBuf,
    file: File,
    size_bytes: u64,
    /// Base offset and position of a batch, ascending; empty until the segment is scanned.
    index: Vec<(i64, u64)>,
}

/// One partition, opened for reading and writing.
#[derive(Debug)]
pub(crate) struct PartitionLog {
    folder: PathBuf,
    /// In the order of their offsets; never empty; the last is written to.
    segments: Vec<Segment>,
    end_offset: i64,
    producers: Producers,
    segment_bytes: u64,
    unsynced: bool,
}

impl PartitionLog {
    /// Opens the folder, or makes it, and cuts off what a killed process left unfinished. Producers that begin from now on
    /// have ids among `young_producers`.
    pub(crate) fn open(folder: &Path, segment_bytes: u64, young_producers: RangeInclusive<i64>) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut bases = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let base = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<i64>().ok());
            if path.extension().is_some_and(|extension| extension == EXTENSION)
                && let Some(base) = base
            {
                bases.push(base);
            }
        }
        bases.sort_unstable();
        if bases.is_empty() {
            bases.push(0);
        }
        let segments = bases.iter().map(|base| Segment::open(folder, *base)).collect::<io::Result<Vec<_>>>()?;
        let mut log = Self {
            folder: folder.to_owned(),
            end_offset: bases.last().copied().unwrap_or_default(),
            segments,
            producers: Producers::new(young_producers),
            segment_bytes,
            unsynced: false,
        };
        // What producers have in flight lies at the end: in the last segment, or in the one before if that has just begun.
        let last = log.segments.len() - 1;
        for at in last.saturating_sub(1)..=last {
            let scan = log.segments[at].scan(at == last)?;
            for head in &scan {
                log.producers.remember(head.producer, head.base_offset);
            }
            if at == last
                && let Some(head) = scan.last()
            {
                log.end_offset = head.last_offset + 1;
            }
        }
        Ok(log)
    }

    /// The oldest offset held.
    pub(crate) fn low(&self) -> i64 {
        self.segments[0].base_offset
    }

    /// The next offset to be written.
    pub(crate) fn high(&self) -> i64 {
        self.end_offset
    }

    /// Writes a batch and tells the offset of its first record. A batch that a producer repeats because it did not hear
    /// the answer is not written again; the answer is the same.
    pub(crate) fn append(&mut self, batch: deflated::Batch) -> Result<i64, AppendError> {
        let stamp = ProducerStamp::of(&batch);
        if let Some(stamp) = stamp
            && let Some(offset) = self.producers.repeated(stamp)?
        {
            return Ok(offset);
        }
        let base_offset = self.end_offset;
        let bytes = batch::encode(batch, base_offset);
        let Some(head) = BatchHead::parse(&bytes) else {
            return Err(AppendError::Disk(io::ErrorKind::InvalidData.into()));
        };
        if let Err(error) = self.write(&bytes, &head) {
            self.producers.expect(stamp);
            return Err(error.into());
        }
        self.end_offset = head.last_offset + 1;
        self.producers.remember(stamp, base_offset);
        Ok(base_offset)
    }

    fn write(&mut self, bytes: &[u8], head: &BatchHead) -> io::Result<()> {
        let active = self.active();
        if active.size_bytes > 0 && active.size_bytes + bytes.len() as u64 > self.segment_bytes {
            self.roll()?;
        }
        let active = self.active_mut();
        // A write that fails in its middle leaves bytes that the next one writes over.
        active.file.write_all_at(bytes, active.size_bytes)?;
        active.note(head, active.size_bytes);
        active.size_bytes += bytes.len() as u64;
        self.unsynced = true;
        Ok(())
    }

    /// Whole batches from the one that holds `offset` on, the first of them cut to begin there; at least one where there
    /// is one, and no more than `max_bytes` beyond it. What retention took is passed over.
    pub(crate) fn read(&mut self, offset: i64, max_bytes: usize) -> io::Result<Vec<deflated::Batch>> {
        let offset = offset.max(self.low());
        if offset >= self.end_offset {
            return Ok(Vec::new());
        }
        let at = self.segments.partition_point(|segment| segment.base_offset <= offset) - 1;
        let segment = &mut self.segments[at];
        if segment.index.is_empty() {
            segment.scan(false)?;
        }
        let mut position = segment.position(offset);
        let mut batches: Vec<deflated::Batch> = Vec::new();
        let mut buffer = segment.read_at(position, max_bytes.max(2 * INDEX_EVERY_BYTES as usize))?;
        let mut taken = 0;
        while position < segment.size_bytes {
            let Some(head) = BatchHead::parse(&buffer) else {
                if buffer.len() >= HEADER_BYTES {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                if !batches.is_empty() {
                    break;
                }
                buffer = segment.read_at(position, max_bytes.max(HEADER_BYTES))?;
                continue;
            };
            let wanted = head.last_offset >= offset;
            if wanted && !batches.is_empty() && taken + head.size_bytes > max_bytes {
                break;
            }
            if buffer.len() < head.size_bytes {
                if !batches.is_empty() {
                    break;
                }
                buffer = segment.read_at(position, max_bytes.max(head.size_bytes))?;
                if buffer.len() < head.size_bytes {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            let bytes = buffer.split_to(head.size_bytes);
            position += head.size_bytes as u64;
            if wanted {
                taken += head.size_bytes;
                let batch = deflated::Batch::try_from(bytes).map_err(io::Error::other)?;
                batches.push(batch::cut_before(batch, offset).map_err(io::Error::other)?);
            }
        }
        Ok(batches)
    }

    /// Deletes the closed segments that were last written to before `cutoff`, and closes one that is older than
    /// `segment_age`, so that it can go in its turn. Tells how many bytes went.
    pub(crate) fn retain(&mut self, now: SystemTime, cutoff: SystemTime, segment_age: Duration) -> io::Result<u64> {
        let active = self.active();
        if active.size_bytes > 0 && active.created()? + segment_age < now {
            self.roll()?;
        }
        let mut freed = 0;
        while self.segments.len() > 1 && self.segments[0].written()? < cutoff {
            std::fs::remove_file(&self.segments[0].path)?;
            freed += self.segments.remove(0).size_bytes;
        }
        Ok(freed)
    }

    /// Hands what was written to the disk itself, so that it also survives the machine.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.active().file.sync_data()?;
            self.unsynced = false;
        }
        Ok(())
    }

    fn active(&self) -> &Segment {
        self.segments.last().expect("a partition has a segment")
    }

    fn active_mut(&mut self) -> &mut Segment {
        self.segments.last_mut().expect("a partition has a segment")
    }

    fn roll(&mut self) -> io::Result<()> {
        self.active().file.sync_data()?;
        let next = Segment::open(&self.folder, self.end_offset)?;
        File::open(&self.folder)?.sync_all()?;
        self.segments.push(next);
        Ok(())
    }
}

impl Segment {
    fn open(folder: &Path, base_offset: i64) -> io::Result<Self> {
        let path = folder.join(format!("{base_offset:020}.{EXTENSION}"));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        let size_bytes = file.metadata()?.len();
        Ok(Self { base_offset, path, file, size_bytes, index: Vec::new() })
    }

    /// When it was last written to.
    fn written(&self) -> io::Result<SystemTime> {
        self.file.metadata()?.modified()
    }

    fn created(&self) -> io::Result<SystemTime> {
        let metadata = self.file.metadata()?;
        // Not every file system knows it.
        metadata.created().or_else(|_| metadata.modified())
    }

    fn note(&mut self, head: &BatchHead, position: u64) {
        if self.index.last().is_none_or(|(_, last)| position >= last + INDEX_EVERY_BYTES) {
            self.index.push((head.base_offset, position));
        }
    }

    fn position(&self, offset: i64) -> u64 {
        let at = self.index.partition_point(|(base, _)| *base <= offset);
        at.checked_sub(1).map_or(0, |at| self.index[at].1)
    }

    fn read_at(&self, position: u64, wanted_bytes: usize) -> io::Result<Bytes> {
        let held = usize::try_from(self.size_bytes.saturating_sub(position)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; wanted_bytes.min(held)];
        self.file.read_exact_at(&mut buffer, position)?;
        Ok(buffer.into())
    }

    /// Reads the heads of all batches and makes the index. Of the segment that is written to, the batches themselves are
    /// checked too, and it is cut before the first that is not whole.
    fn scan(&mut self, is_active: bool) -> io::Result<Vec<BatchHead>> {
        self.index.clear();
        let mut heads = Vec::new();
        let (mut position, mut next_offset) = (0, self.base_offset);
        while position < self.size_bytes {
            let head = BatchHead::parse(&self.read_at(position, HEADER_BYTES)?);
            let whole = match head {
                Some(head)
                    if head.base_offset == next_offset && position + head.size_bytes as u64 <= self.size_bytes =>
                {
                    !is_active || batch::is_whole(&self.read_at(position, head.size_bytes)?)
                }
                _ => false,
            };
            let Some(head) = head.filter(|_| whole) else {
                if !is_active {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                self.file.set_len(position)?;
                self.size_bytes = position;
                break;
            };
            self.note(&head, position);
            position += head.size_bytes as u64;
            next_offset = head.last_offset + 1;
            heads.push(head);
        }
        Ok(heads)
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::{batch, values};
    use super::{AppendError, PartitionLog, SEGMENT_BYTES, SequenceError};
    use std::os::unix::fs::FileExt;
    use std::path::Path;
    use std::time::Duration;
    use tempfile::TempDir;

    const NO_PRODUCER: i64 = -1;
    const YOUNG: std::ops::RangeInclusive<i64> = 100..=199;

    fn open(folder: &Path) -> PartitionLog {
        PartitionLog::open(folder, SEGMENT_BYTES, YOUNG).expect("opens")
    }

    fn append(log: &mut PartitionLog, from: usize, count: usize) -> i64 {
        log.append(batch(from, count, NO_PRODUCER, -1)).expect("written")
    }

    /// Reads to the end as a client does: from each answer to the offset after it.
    fn read_from(log: &mut PartitionLog, mut offset: i64, max_bytes: usize) -> Vec<(i64, String)> {
        let mut all = Vec::new();
        loop {
            let batches = log.read(offset, max_bytes).expect("read");
            if batches.is_empty() {
                return all;
            }
            for batch in batches {
                all.extend(values(batch));
            }
            offset = all.last().expect("records").0 + 1;
        }
    }

    fn numbers(range: std::ops::Range<usize>) -> Vec<(i64, String)> {
        range.map(|n| (n as i64, n.to_string())).collect()
    }

    #[test]
    fn what_is_written_is_read_from_any_offset_by_any_step_and_after_opening_again() {
        let folder = TempDir::new().expect("a folder");
        let mut log = PartitionLog::open(folder.path(), 500, YOUNG).expect("opens");
        let mut written = 0;
        for count in [1, 10, 3, 25, 1, 1, 40, 7, 12] {
            assert_eq!(append(&mut log, written, count), written as i64);
            written += count;
        }
        let segments = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert!(segments > 3, "{segments} segments of 500 bytes");
        for mut log in [log, PartitionLog::open(folder.path(), 500, YOUNG).expect("opens")] {
            assert_eq!((log.low(), log.high()), (0, written as i64));
            for offset in 0..=written {
                for max_bytes in [1, 150, 1_000_000] {
                    assert_eq!(read_from(&mut log, offset as i64, max_bytes), numbers(offset..written), "{offset}");
                }
            }
            assert!(log.read(written as i64 + 5, 100).expect("read").is_empty());
        }
    }

    #[test]
    fn a_torn_end_is_cut_off_and_written_over() {
        let folder = TempDir::new().expect("a folder");
        let mut log = open(folder.path());
        append(&mut log, 0, 5);
        append(&mut log, 5, 5);
        let path = log.active().path.clone();
        let whole = std::fs::metadata(&path).expect("a file").len();
        append(&mut log, 10, 5);
        drop(log);
        let file = std::fs::OpenOptions::new().write(true).open(&path).expect("a file");
        let full = std::fs::read(&path).expect("a file");
        for cut in whole..full.len() as u64 {
            file.set_len(cut).expect("cut");
            let mut log = open(folder.path());
            assert_eq!(log.high(), 10, "cut at {cut}");
            assert_eq!(append(&mut log, 10, 2), 10);
            assert_eq!(read_from(&mut log, 3, 1000), numbers(3..12));
            drop(log);
            file.set_len(0).expect("cut");
            file.write_all_at(&full, 0).expect("restored");
        }
        // Of the right length, but not what was written: a machine that lost power.
        file.write_all_at(&vec![0; full.len() - whole as usize - 70], whole + 70).expect("written");
        assert_eq!(open(folder.path()).high(), 10);
    }

    #[test]
    fn a_repeated_batch_is_written_once_and_a_gap_is_refused() {
        let folder = TempDir::new().expect("a folder");
        let mut log = PartitionLog::open(folder.path(), 300, YOUNG).expect("opens");
        let offsets: Vec<i64> =
            (0..8).map(|n| log.append(batch(n * 2, 2, 7, n as i32 * 2)).expect("written")).collect();
        assert_eq!(offsets, [0, 2, 4, 6, 8, 10, 12, 14]);
        // The same holds for a process that has only the files to go by.
        let mut again = PartitionLog::open(folder.path(), 300, YOUNG).expect("opens");
        for log in [&mut log, &mut again] {
            assert_eq!(log.append(batch(14, 2, 7, 14)).expect("known"), 14);
            assert!(matches!(log.append(batch(18, 2, 7, 18)), Err(AppendError::Sequence(SequenceError::OutOfOrder))));
            assert!(matches!(log.append(batch(0, 2, 7, 0)), Err(AppendError::Sequence(SequenceError::Duplicate))));
            assert_eq!(log.high(), 16);
        }
        assert_eq!(log.append(batch(8, 2, 7, 8)).expect("known"), 8, "five are in flight");
        assert_eq!(log.append(batch(16, 3, 7, 16)).expect("next"), 16);
        let mut newer = batch(19, 1, 7, 0);
        newer.producer_epoch = 1;
        assert_eq!(log.append(newer).expect("a new epoch begins at 0"), 19);
        assert!(matches!(log.append(batch(19, 1, 7, 19)), Err(AppendError::Sequence(SequenceError::Fenced))));
        assert_eq!(log.append(batch(20, 1, 8, 500)).expect("one from before"), 20);
        assert!(matches!(log.append(batch(20, 1, 100, 5)), Err(AppendError::Sequence(SequenceError::OutOfOrder))));
        assert_eq!(read_from(&mut log, 0, 1000), numbers(0..21));
    }

    #[test]
    fn a_batch_does_not_take_the_place_of_one_that_could_not_be_written() {
        let folder = TempDir::new().expect("a folder");
        let mut log = open(folder.path());
        for old_or_new in [7, 100] {
            let (high, sound) = (log.high(), log.active().file.try_clone().expect("a file"));
            // A file that cannot be written to stands for a full disk.
            log.active_mut().file = std::fs::File::open(&log.active().path).expect("a file");
            assert!(matches!(log.append(batch(0, 2, old_or_new, 0)), Err(AppendError::Disk(_))));
            log.active_mut().file = sound;
            assert!(matches!(
                log.append(batch(2, 2, old_or_new, 2)),
                Err(AppendError::Sequence(SequenceError::OutOfOrder))
            ));
            assert_eq!(log.append(batch(0, 2, old_or_new, 0)).expect("written"), high);
            assert_eq!(log.append(batch(2, 2, old_or_new, 2)).expect("written"), high + 2);
        }
        let all = [numbers(0..4), numbers(0..4).into_iter().map(|(offset, n)| (offset + 4, n)).collect()].concat();
        assert_eq!(read_from(&mut log, 0, 1000), all);
    }

    #[test]
    fn retention_takes_old_segments_and_their_bytes() {
        let folder = TempDir::new().expect("a folder");
        let mut log = open(folder.path());
        let day = Duration::from_secs(86_400);
        let now = log.active().created().expect("a file");
        for n in 0..5 {
            append(&mut log, n * 10, 10);
            log.active().file.set_modified(now - day * (5 - n as u32)).expect("set");
            log.roll().expect("rolled");
        }
        append(&mut log, 50, 10);
        let freed = log.retain(now, now - day * 3, day).expect("retained");
        assert!(freed > 0);
        assert_eq!((log.low(), log.high()), (20, 60), "those of five and four days ago are gone");
        assert_eq!(read_from(&mut log, 0, 1000), numbers(20..60), "what is gone is passed over");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 4);

        log.retain(now + day * 2, now - day * 30, day).expect("retained");
        assert_eq!(log.active().size_bytes, 0, "an old segment is closed");
        assert_eq!(log.retain(now + day * 9, now + day * 9, day).map(|freed| freed > 0).ok(), Some(true));
        assert_eq!((log.low(), log.high()), (60, 60));
        let mut reopened = open(folder.path());
        assert_eq!((reopened.low(), reopened.high()), (60, 60), "offsets are never given twice");
        assert_eq!(append(&mut reopened, 60, 1), 60);
    }
}
