//! Answers given before: a repost, a copied slogan or an event that is read again after a crash costs no inference.
//!
//! **Reads** and **writes** memory alone. **Guarantees** the very answer that inference gave, because scores are a
//! function of the input; at most as many bytes as asked for. **Does not** hold texts: an input is known by its SHA-256.

use std::mem::size_of;

use moka::sync::Cache;
use sha2::{Digest, Sha256};

use crate::{HeadScore, Input, PostScores};

/// What an input is known by.
pub(crate) type Key = [u8; 32];

/// The answers that are kept.
pub(crate) struct Repeats(Cache<Key, PostScores>);

impl Repeats {
    /// Keeps up to `bytes` of answers, those that were asked for lately and often; none where `bytes` is 0.
    pub(crate) fn new(bytes: usize) -> Option<Self> {
        let weigh = |_: &Key, answer: &PostScores| u32::try_from(weight(answer)).unwrap_or(u32::MAX);
        (bytes > 0).then(|| Self(Cache::builder().max_capacity(bytes as u64).weigher(weigh).build()))
    }

    pub(crate) fn get(&self, key: &Key) -> Option<PostScores> {
        self.0.get(key)
    }

    pub(crate) fn keep(&self, key: Key, answer: PostScores) {
        self.0.insert(key, answer);
    }
}

/// The name of all that an answer depends on.
pub(crate) fn key(post: &Input<'_>) -> Key {
    let mut hasher = Sha256::new();
    for part in [Some(post.language.code()), Some(post.text), post.topic, post.parent] {
        // Lengths keep the parts apart; nothing given is another thing than an empty one.
        hasher.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
        hasher.update(part.unwrap_or_default());
    }
    hasher.finalize().into()
}

/// Bytes that an answer takes, near enough.
fn weight(answer: &PostScores) -> usize {
    let lists = |head: &HeadScore| head.scores.len() * size_of::<f32>() + head.labels.len() * size_of::<usize>();
    let heads = answer.heads.iter().map(|head| size_of::<HeadScore>() + lists(head));
    size_of::<(Key, PostScores)>() + heads.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use tidemark_domain::Language;

    use super::{Repeats, key};
    use crate::{HeadScore, Input, PostScores};

    #[test]
    fn inputs_that_differ_in_anything_have_other_keys() {
        let post = Input::new("ab", Language::English);
        let others = [
            Input::new("a", Language::English),
            Input::new("ab", Language::Spanish),
            Input { topic: Some(""), ..post },
            Input { topic: Some("c"), ..post },
            Input { parent: Some("c"), ..post },
            Input { topic: Some("b"), ..Input::new("a", Language::English) },
        ];
        for (n, other) in others.iter().enumerate() {
            assert_ne!(key(other), key(&post));
            assert!(others[..n].iter().all(|earlier| key(earlier) != key(other)));
        }
        assert_eq!(key(&post), key(&Input::new(&String::from("ab"), Language::English)));
    }

    #[test]
    fn memory_is_bounded() {
        assert!(Repeats::new(0).is_none());
        let repeats = Repeats::new(100_000).expect("some room");
        let answer =
            PostScores { tokens: 1, heads: vec![HeadScore { head: 0, scores: vec![0.5; 28], labels: vec![3] }] };
        for n in 0..10_000_u32 {
            let name = n.to_string();
            let post = Input::new(&name, Language::English);
            repeats.keep(key(&post), answer.clone());
            repeats.0.run_pending_tasks();
            assert!(repeats.0.weighted_size() <= 100_000);
        }
        assert!(repeats.0.entry_count() > 100, "and made use of");
    }
}
