//! A map by words. Most have few letters: those of up to sixteen bytes are keys as they are, so that to find one is to compare
//! two numbers, and no string is looked for elsewhere in memory.

use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Bytes of a short word, at most.
const SHORT: usize = 16;

/// A map by words.
#[derive(Debug)]
pub(crate) struct Words<V> {
    /// What short words are mixed with, so that nobody can choose words that all fall in one place.
    mixed: u128,
    short: FxHashMap<u128, V>,
    long: HashMap<Box<str>, V>,
}

impl<V> Default for Words<V> {
    fn default() -> Self {
        let random = |_| u128::from(RandomState::new().build_hasher().finish());
        let [low, high] = [0, 1].map(random);
        Self { mixed: high << u64::BITS | low, short: FxHashMap::default(), long: HashMap::default() }
    }
}

impl<V> Words<V> {
    /// What is held of a word.
    pub(crate) fn get(&self, word: &str) -> Option<&V> {
        match Short::of(word, 0, word.len()) {
            Some(short) => self.get_short(short),
            None => self.long.get(word),
        }
    }

    /// What is held of a short word.
    pub(crate) fn get_short(&self, word: Short) -> Option<&V> {
        self.short.get(&self.key(word))
    }

    /// What is held of a word, to be changed; what is held of none, where nothing is yet.
    pub(crate) fn entry(&mut self, word: &str) -> &mut V
    where
        V: Default,
    {
        match Short::of(word, 0, word.len()) {
            Some(short) => self.short.entry(self.key(short)).or_default(),
            None => self.long.entry(word.into()).or_default(),
        }
    }

    /// Holds `value` of a word, in place of what was held.
    pub(crate) fn insert(&mut self, word: &str, value: V) {
        match Short::of(word, 0, word.len()) {
            Some(short) => self.short.insert(self.key(short), value),
            None => self.long.insert(word.into(), value),
        };
    }

    const fn key(&self, word: Short) -> u128 {
        word.number() ^ self.mixed
    }
}

/// The bytes of a short word, and NUL after them: always as many, so that what is done with them needs no loop that ends
/// somewhere else for each word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short([u8; SHORT]);

impl Short {
    /// The word from byte `from` to before byte `to` of a text; nothing where it is not short. One that ends in NUL is not:
    /// it would be the same as without.
    pub(crate) fn of(text: &str, from: usize, to: usize) -> Option<Self> {
        let (bytes, length) = (text.as_bytes(), to - from);
        if length > SHORT || (length > 0 && bytes[to - 1] == 0) {
            return None;
        }
        let letters = match bytes.get(from..from + SHORT).and_then(|letters| letters.try_into().ok()) {
            Some(letters) => letters,
            None => {
                let mut letters = [0; SHORT];
                letters[..length].copy_from_slice(&bytes[from..to]);
                letters
            }
        };
        let beyond = (u8::BITS as usize * (SHORT - length)) as u32;
        let kept = u128::MAX.checked_shr(beyond).unwrap_or(0);
        Some(Self((u128::from_le_bytes(letters) & kept).to_le_bytes()))
    }

    const fn number(self) -> u128 {
        u128::from_le_bytes(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Short, Words};

    #[test]
    fn words_of_every_length_are_told_apart() {
        let mut words = Words::default();
        let all = ["", "a", "a\0", "\0", "á", "sixteen bytes ok", "seventeen bytes ok", "ab", "ba"];
        for (number, word) in all.iter().enumerate() {
            words.insert(word, number);
        }
        for (number, word) in all.iter().enumerate() {
            assert_eq!(words.get(word), Some(&number), "{word:?}");
        }
        assert_eq!((words.get("b"), words.get("seventeen bytes no")), (None, None));
        *words.entry("a") = 99;
        assert_eq!(words.get("a"), Some(&99));
        assert_eq!(*words.entry("new"), 0);
    }

    #[test]
    fn a_short_word_is_the_same_wherever_it_stands() {
        for text in ["a", "a b", "and a far longer text after it", "á"] {
            for (from, to) in [(0, 0), (0, 1), (0, text.len().min(16))] {
                let alone = text.as_bytes()[from..to].iter().copied().chain(std::iter::repeat(0)).take(16);
                let expected: Vec<u8> = alone.collect();
                assert_eq!(Short::of(text, from, to).map(|short| short.0.to_vec()), Some(expected), "{text} {to}");
            }
        }
        assert_eq!((Short::of("seventeen bytes ok", 0, 17), Short::of("a\0b", 0, 2)), (None, None));
    }
}
