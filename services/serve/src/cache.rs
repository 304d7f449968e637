//! Answers kept while the lake stays as it was, so that a page with many charts, or many pages, ask it once.

use crate::error::Problem;
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeMap, collections::HashMap, future::Future, hash::Hash, sync::Arc};
use tokio::sync::Mutex;

/// Questions remembered at once; beyond it those that nobody waits for are forgotten.
const MAX_QUESTIONS: usize = 512;
/// The longest an answer is kept though nothing changed, in seconds.
const MAX_AGE_SECONDS: i64 = 60;

/// What the lake looked like, and when: the version of every table.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// When it was looked at.
    pub(crate) at: Timestamp,
    /// The tables' versions.
    pub(crate) versions: Arc<BTreeMap<String, u64>>,
}

type Slot<V> = Arc<Mutex<Option<(Seen, Arc<V>)>>>;

/// Answers of one kind.
pub(crate) struct Cache<K, V>(Mutex<HashMap<K, Slot<V>>>);

impl<K: Hash + Eq, V> Cache<K, V> {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The answer to `question`: the kept one if the lake is as it was, else `make`'s. Whoever asks the same meanwhile
    /// waits for it. Problems are not kept.
    pub(crate) async fn get_or<F>(&self, question: K, seen: Seen, make: F) -> Result<Arc<V>, Problem>
    where
        F: Future<Output = Result<V, Problem>>,
    {
        let slot = {
            let mut slots = self.0.lock().await;
            if slots.len() >= MAX_QUESTIONS && !slots.contains_key(&question) {
                // A slot in use is held by its user as well.
                slots.retain(|_, slot| Arc::strong_count(slot) > 1);
            }
            slots.entry(question).or_default().clone()
        };
        let mut kept = slot.lock().await;
        if let Some((then, answer)) = kept.as_ref()
            && then.versions == seen.versions
            && seen.at.duration_since(then.at).abs() < SignedDuration::from_secs(MAX_AGE_SECONDS)
        {
            return Ok(answer.clone());
        }
        let answer = Arc::new(make.await?);
        *kept = Some((seen, answer.clone()));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, MAX_QUESTIONS, Seen};
    use crate::error::Problem;
    use jiff::Timestamp;
    use std::{collections::BTreeMap, sync::Arc};

    fn seen(second: i64, version: u64) -> Seen {
        Seen {
            at: Timestamp::from_second(second).expect("a time"),
            versions: Arc::new(BTreeMap::from([("events".to_owned(), version)])),
        }
    }

    #[tokio::test]
    async fn an_answer_is_kept_while_the_lake_stays_and_a_problem_is_not() {
        let cache = Cache::new();
        let ask = async |seen, answer: Result<u32, Problem>| cache.get_or("q", seen, async { answer }).await;
        assert!(ask(seen(0, 1), Err(Problem::Internal)).await.is_err());
        assert_eq!(*ask(seen(0, 1), Ok(1)).await.expect("made"), 1);
        assert_eq!(*ask(seen(30, 1), Ok(2)).await.expect("kept"), 1);
        assert_eq!(*ask(seen(31, 2), Ok(3)).await.expect("the lake changed"), 3);
        assert_eq!(*ask(seen(99, 2), Ok(4)).await.expect("old"), 4);
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let cache = Cache::new();
        for question in 0..3 * MAX_QUESTIONS {
            cache.get_or(question, seen(0, 1), async { Ok(()) }).await.expect("made");
        }
        assert!(cache.0.lock().await.len() <= MAX_QUESTIONS);
    }
}
