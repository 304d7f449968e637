//! Record batches as they lie in a file: those of Kafka's protocol, version 2, unchanged but for their base offset.
//! <https://kafka.apache.org/documentation/#recordbatch>

use bytes::Bytes;
use tansu_sans_io::record::{deflated, inflated};

/// Base offset and length: what is needed to know where the next batch begins.
const PREFIX_BYTES: usize = 12;
/// Everything before the records.
pub(crate) const HEADER_BYTES: usize = 61;

/// What the head of a batch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHead {
    pub(crate) base_offset: i64,
    pub(crate) last_offset: i64,
    /// Head and records together, in bytes.
    pub(crate) size_bytes: usize,
    pub(crate) producer: Option<ProducerStamp>,
}

/// Which batch of which producer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProducerStamp {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
    pub(crate) first_sequence: i32,
    pub(crate) last_sequence: i32,
}

impl ProducerStamp {
    fn new(id: i64, epoch: i16, first_sequence: i32, last_offset_delta: i32) -> Option<Self> {
        (id >= 0 && first_sequence >= 0).then(|| Self {
            id,
            epoch,
            first_sequence,
            last_sequence: add_sequence(first_sequence, last_offset_delta),
        })
    }

    pub(crate) fn of(batch: &deflated::Batch) -> Option<Self> {
        Self::new(batch.producer_id, batch.producer_epoch, batch.base_sequence, batch.last_offset_delta)
    }
}

/// Sequences begin again at 0 after the largest.
pub(crate) fn add_sequence(sequence: i32, step: i32) -> i32 {
    i32::try_from((i64::from(sequence) + i64::from(step)) % (i64::from(i32::MAX) + 1)).unwrap_or_default()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

impl BatchHead {
    /// The head at the start of `bytes`; nothing where they are too short, or are no batch.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let base_offset = i64::from_be_bytes(array(bytes, 0)?);
        let length = usize::try_from(i32::from_be_bytes(array(bytes, 8)?)).ok()?;
        let size_bytes = PREFIX_BYTES + length;
        let is_v2 = *bytes.get(16)? == 2;
        let last_offset_delta = i32::from_be_bytes(array(bytes, 23)?);
        let producer_id = i64::from_be_bytes(array(bytes, 43)?);
        let producer_epoch = i16::from_be_bytes(array(bytes, 51)?);
        let first_sequence = i32::from_be_bytes(array(bytes, 53)?);
        if !is_v2 || size_bytes < HEADER_BYTES || base_offset < 0 || last_offset_delta < 0 {
            return None;
        }
        Some(Self {
            base_offset,
            last_offset: base_offset + i64::from(last_offset_delta),
            size_bytes,
            producer: ProducerStamp::new(producer_id, producer_epoch, first_sequence, last_offset_delta),
        })
    }
}

/// Whether a whole batch is what its producer wrote: its checksum (CRC-32C over all that follows it) holds.
pub(crate) fn is_whole(batch: &[u8]) -> bool {
    let Some(crc) = array(batch, 17).map(u32::from_be_bytes) else { return false };
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    digest.update(&batch[21..]);
    u32::try_from(digest.finalize()) == Ok(crc)
}

/// The same batch without what comes before `offset`: a reader may begin in the middle of one. Like a compacted batch it
/// keeps its base offset, and its count of records is what is left; tansu goes on from the offset asked plus that count.
pub(crate) fn cut_before(batch: deflated::Batch, offset: i64) -> Result<deflated::Batch, tansu_sans_io::Error> {
    let skipped = offset - batch.base_offset;
    if skipped <= 0 {
        return Ok(batch);
    }
    let mut open = inflated::Batch::try_from(batch)?;
    open.records.retain(|record| i64::from(record.offset_delta) >= skipped);
    deflated::Batch::try_from(open)
}

/// Bytes of a batch that begins at `base_offset`. The checksum does not cover the base offset.
pub(crate) fn encode(mut batch: deflated::Batch, base_offset: i64) -> Bytes {
    batch.base_offset = base_offset;
    Bytes::from(batch)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{BatchHead, ProducerStamp, add_sequence, cut_before, encode, is_whole};
    use bytes::Bytes;
    use tansu_sans_io::record::{Record, deflated, inflated};

    pub(crate) fn batch(from: usize, count: usize, producer: i64, sequence: i32) -> deflated::Batch {
        let mut builder = inflated::Batch::builder()
            .base_timestamp(1_700_000_000_000)
            .max_timestamp(1_700_000_000_000 + from as i64)
            .producer_id(producer)
            .producer_epoch(0)
            .base_sequence(sequence)
            .last_offset_delta(i32::try_from(count).expect("small") - 1);
        for n in 0..count {
            builder = builder.record(
                Record::builder()
                    .offset_delta(i32::try_from(n).expect("small"))
                    .value(Some(Bytes::from((from + n).to_string()))),
            );
        }
        deflated::Batch::try_from(builder.build().expect("a batch")).expect("a batch")
    }

    pub(crate) fn values(batch: deflated::Batch) -> Vec<(i64, String)> {
        let base = batch.base_offset;
        Vec::<Record>::try_from(batch)
            .expect("records")
            .into_iter()
            .map(|record| {
                let value = record.value.expect("a value");
                (base + i64::from(record.offset_delta), String::from_utf8(value.to_vec()).expect("text"))
            })
            .collect()
    }

    #[test]
    fn a_head_says_where_the_batch_ends_and_whose_it_is() {
        let bytes = encode(batch(5, 3, 77, 40), 1000);
        let head = BatchHead::parse(&bytes).expect("a batch");
        assert_eq!((head.base_offset, head.last_offset, head.size_bytes), (1000, 1002, bytes.len()));
        assert_eq!(head.producer, Some(ProducerStamp { id: 77, epoch: 0, first_sequence: 40, last_sequence: 42 }));
        assert_eq!(BatchHead::parse(&encode(batch(0, 1, -1, -1), 0)).expect("a batch").producer, None);
        for short in 0..57 {
            assert_eq!(BatchHead::parse(&bytes[..short]), None);
        }
    }

    #[test]
    fn a_flipped_byte_is_noticed_and_the_base_offset_may_differ() {
        let bytes = encode(batch(0, 3, 1, 0), 9);
        assert!(is_whole(&bytes));
        for at in 17..bytes.len() {
            let mut torn = bytes.to_vec();
            torn[at] ^= 0x40;
            assert!(!is_whole(&torn), "byte {at}");
        }
    }

    #[test]
    fn a_batch_can_begin_in_its_middle() {
        // Enough records that their offsets take more than one byte.
        let mut whole = batch(10, 300, 3, 0);
        whole.base_offset = 100;
        let cut = cut_before(whole.clone(), 397).expect("cut");
        assert!(is_whole(&Bytes::from(cut.clone())));
        assert_eq!((cut.record_count, cut.max_offset()), (3, 399));
        assert_eq!(values(cut), [(397, "307".to_owned()), (398, "308".to_owned()), (399, "309".to_owned())]);
        assert_eq!(cut_before(whole.clone(), 100).expect("whole"), whole);
    }

    #[test]
    fn sequences_begin_again() {
        assert_eq!(add_sequence(i32::MAX, 1), 0);
        assert_eq!(add_sequence(i32::MAX - 1, 3), 1);
        assert_eq!(add_sequence(7, 0), 7);
    }
}
