//! What producers have written lately, so that a batch they repeat is known and one that is missing is missed.

use super::batch::{ProducerStamp, add_sequence};
use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;

/// Batches of a producer that are remembered: as many as it may have in flight.
const REMEMBERED_BATCHES: usize = 5;

/// Why a batch is not its producer's next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SequenceError {
    /// Older than what is remembered: it was written, but where is forgotten.
    #[error("the batch was written before")]
    Duplicate,
    /// A batch between is missing.
    #[error("a batch of this producer is missing before it")]
    OutOfOrder,
    /// A newer incarnation of the producer has written.
    #[error("the producer has been replaced")]
    Fenced,
}

#[derive(Debug)]
struct State {
    epoch: i16,
    /// The sequence that the next batch begins with.
    next_sequence: i32,
    /// Sequences of the last batches and the offset each went to.
    recent: VecDeque<(i32, i32, i64)>,
}

impl State {
    fn expecting(stamp: ProducerStamp) -> Self {
        Self { epoch: stamp.epoch, next_sequence: stamp.first_sequence, recent: VecDeque::new() }
    }
}

/// The producers of one partition.
#[derive(Debug)]
pub(crate) struct Producers {
    states: HashMap<i64, State>,
    /// The ids that this process gave: all that those producers wrote is known.
    young: RangeInclusive<i64>,
}

impl Producers {
    pub(crate) fn new(young: RangeInclusive<i64>) -> Self {
        Self { states: HashMap::new(), young }
    }

    /// The offset of a batch that was written before; nothing where it is the next one.
    pub(crate) fn repeated(&self, stamp: ProducerStamp) -> Result<Option<i64>, SequenceError> {
        let Some(state) = self.states.get(&stamp.id) else {
            // An older producer may have written all it did in segments that were not scanned.
            let begins = stamp.first_sequence == 0 || !self.young.contains(&stamp.id);
            return if begins { Ok(None) } else { Err(SequenceError::OutOfOrder) };
        };
        match stamp.epoch.cmp(&state.epoch) {
            Ordering::Less => return Err(SequenceError::Fenced),
            Ordering::Greater if stamp.first_sequence == 0 => return Ok(None),
            Ordering::Greater => return Err(SequenceError::OutOfOrder),
            Ordering::Equal => {}
        }
        let same = |(first, last, _): &&(i32, i32, i64)| (*first, *last) == (stamp.first_sequence, stamp.last_sequence);
        if let Some((_, _, offset)) = state.recent.iter().find(same) {
            return Ok(Some(*offset));
        }
        match stamp.first_sequence.cmp(&state.next_sequence) {
            Ordering::Equal => Ok(None),
            Ordering::Less => Err(SequenceError::Duplicate),
            Ordering::Greater => Err(SequenceError::OutOfOrder),
        }
    }

    /// After a batch was written at `offset`.
    pub(crate) fn remember(&mut self, stamp: Option<ProducerStamp>, offset: i64) {
        let Some(stamp) = stamp else { return };
        let state = self.state(stamp);
        state.next_sequence = add_sequence(stamp.last_sequence, 1);
        if state.recent.len() == REMEMBERED_BATCHES {
            state.recent.pop_front();
        }
        state.recent.push_back((stamp.first_sequence, stamp.last_sequence, offset));
    }

    /// After a batch that could not be written: the one behind it, already on its way, must not take its place.
    pub(crate) fn expect(&mut self, stamp: Option<ProducerStamp>) {
        if let Some(stamp) = stamp {
            self.state(stamp);
        }
    }

    /// The state for this epoch; a new one expects this very batch.
    fn state(&mut self, stamp: ProducerStamp) -> &mut State {
        let state = self.states.entry(stamp.id).or_insert_with(|| State::expecting(stamp));
        if state.epoch != stamp.epoch {
            *state = State::expecting(stamp);
        }
        state
    }
}
