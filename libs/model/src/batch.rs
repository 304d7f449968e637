//! Puts windows of like length together.
//!
//! **Reads** lengths. **Writes** nothing. **Guarantees** that the padded length of a window is a function of its own
//! length, and that a batch holds windows of one padded length only: a window meets the same padding whoever its
//! neighbours are, which is half of why scores do not depend on company (the other half is how weights are quantised).
//! **Does not** tokenise or infer.

/// When a batch is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Padded tokens in one batch.
    pub tokens: usize,
    /// Windows in one batch.
    pub windows: usize,
}

/// Windows, by their index, that are encoded together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The padded length of each.
    pub length: usize,
    /// Which they are, in the order they came.
    pub windows: Vec<usize>,
}

/// The length that a window of `tokens` tokens is padded to.
#[must_use]
pub fn padded(tokens: usize, multiple: usize) -> usize {
    tokens.max(1).next_multiple_of(multiple.max(1))
}

/// Batches over windows of the given lengths, longest first so that the last ones to finish are short.
#[must_use]
pub fn batches(lengths: &[usize], multiple: usize, limits: Limits) -> Vec<Batch> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    // A stable sort: equal windows stay in the order of the posts, so that two runs make the same batches.
    order.sort_by_key(|&window| std::cmp::Reverse(padded(lengths[window], multiple)));
    let mut out: Vec<Batch> = Vec::new();
    for window in order {
        let length = padded(lengths[window], multiple);
        match out.last_mut() {
            Some(batch)
                if batch.length == length
                    && batch.windows.len() < limits.windows
                    && (batch.windows.len() + 1) * length <= limits.tokens =>
            {
                batch.windows.push(window);
            }
            _ => out.push(Batch { length, windows: vec![window] }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Batch, Limits, batches, padded};

    #[test]
    fn padding_depends_on_the_window_alone() {
        assert_eq!((padded(0, 8), padded(2, 8), padded(8, 8), padded(9, 8), padded(128, 8)), (8, 8, 8, 16, 128));
    }

    #[test]
    fn a_batch_holds_one_length_and_keeps_to_its_limits() {
        let lengths = [3, 20, 5, 128, 7, 21, 8, 2];
        let made = batches(&lengths, 8, Limits { tokens: 24, windows: 100 });
        assert_eq!(
            made,
            [
                Batch { length: 128, windows: vec![3] },
                Batch { length: 24, windows: vec![1] },
                Batch { length: 24, windows: vec![5] },
                Batch { length: 8, windows: vec![0, 2, 4] },
                Batch { length: 8, windows: vec![6, 7] },
            ]
        );
        assert!(batches(&lengths, 8, Limits { tokens: 10_000, windows: 2 }).iter().all(|b| b.windows.len() <= 2));
    }

    #[test]
    fn every_window_is_met_once_even_when_it_alone_exceeds_the_limits() {
        let lengths: Vec<usize> = (0..200).map(|i| 1 + i * 37 % 128).collect();
        let made = batches(&lengths, 16, Limits { tokens: 1, windows: 0 });
        let mut seen: Vec<usize> = made.into_iter().flat_map(|batch| batch.windows).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_makes_no_batch() {
        assert!(batches(&[], 8, Limits { tokens: 64, windows: 8 }).is_empty());
    }
}
