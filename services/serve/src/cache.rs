//! What the lake said, kept: a page with many charts, or many pages, ask it once, and nobody waits for an answer that
//! was there a moment ago. While the lake changes, an answer a little behind is given at once and made anew beside.

use crate::error::Problem;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Questions remembered at once; beyond it those that nobody waits for are forgotten.
const MAX_QUESTIONS: usize = 512;
/// The longest an answer is kept though nothing changed, in seconds.
const MAX_AGE_SECONDS: i64 = 60;
/// An older answer is not given while a new one is made, in seconds.
const MAX_STALE_SECONDS: i64 = 120;
/// An answer is made anew at most this often, in milliseconds…
const MIN_KEEP_MILLISECONDS: u64 = 2_000;
/// …and at most one part in so many of the time is spent on making it…
const COST_FACTOR: u32 = 8;
/// …but at least this often while somebody asks, in milliseconds.
const MAX_KEEP_MILLISECONDS: u64 = 15_000;

/// What the lake looked like, and when: the version of every table.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// When it was looked at.
    pub(crate) at: Timestamp,
    /// The tables' versions.
    pub(crate) versions: Arc<BTreeMap<String, u64>>,
}

struct Kept<V> {
    seen: Seen,
    cost: Duration,
    answer: Arc<V>,
}

struct Slot<V> {
    kept: Arc<Mutex<Option<Kept<V>>>>,
    is_refreshing: AtomicBool,
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self { kept: Arc::default(), is_refreshing: AtomicBool::new(false) }
    }
}

/// Makes an answer from the lake as it is.
pub(crate) type Make<V> = BoxFuture<'static, Result<V, Problem>>;

/// Answers of one kind.
pub(crate) struct Cache<K, V>(Mutex<HashMap<K, Arc<Slot<V>>>>);

impl<K: Hash + Eq, V: Send + Sync + 'static> Cache<K, V> {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The answer to `question`: the kept one if the lake is as it was or was asked a moment ago; the kept one, with
    /// `make` started beside, if it is not old; else `make`'s, for which whoever asks the same meanwhile waits. Problems
    /// are not kept.
    pub(crate) async fn get_or(&self, question: K, seen: Seen, make: Make<V>) -> Result<Arc<V>, Problem> {
        let slot = self.slot(question).await;
        let mut kept = slot.kept.clone().lock_owned().await;
        if let Some(kept) = kept.as_ref() {
            let age = seen.at.duration_since(kept.seen.at).abs();
            let (least, most) =
                (Duration::from_millis(MIN_KEEP_MILLISECONDS), Duration::from_millis(MAX_KEEP_MILLISECONDS));
            let pause = (kept.cost * COST_FACTOR).clamp(least, most);
            let is_same = kept.seen.versions == seen.versions && age < SignedDuration::from_secs(MAX_AGE_SECONDS);
            if is_same || age.unsigned_abs() < pause {
                return Ok(kept.answer.clone());
            }
            if age < SignedDuration::from_secs(MAX_STALE_SECONDS) {
                if !slot.is_refreshing.swap(true, Ordering::AcqRel) {
                    tokio::spawn(refresh(slot.clone(), seen, make));
                }
                return Ok(kept.answer.clone());
            }
        }
        // A task of its own: who asks may give up, and whoever asks next still finds the answer.
        let making = tokio::spawn(async move {
            let start = Instant::now();
            let answer = Arc::new(make.await?);
            *kept = Some(Kept { seen, cost: start.elapsed(), answer: answer.clone() });
            Ok(answer)
        });
        making.await.map_err(|_| Problem::Internal)?
    }

    async fn slot(&self, question: K) -> Arc<Slot<V>> {
        let mut slots = self.0.lock().await;
        if slots.len() >= MAX_QUESTIONS && !slots.contains_key(&question) {
            // A slot in use is held by its user as well.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(question).or_default().clone()
    }
}

async fn refresh<V: Send + Sync + 'static>(slot: Arc<Slot<V>>, seen: Seen, make: Make<V>) {
    let start = Instant::now();
    match make.await {
        Ok(answer) => {
            *slot.kept.lock().await = Some(Kept { seen, cost: start.elapsed(), answer: Arc::new(answer) });
        }
        // Whoever asks once the kept answer is old is told.
        Err(problem) => tracing::warn!(%problem, "an answer could not be made anew"),
    }
    slot.is_refreshing.store(false, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::{Cache, MAX_QUESTIONS, Seen};
    use crate::error::Problem;
    use futures::FutureExt;
    use jiff::Timestamp;
    use std::{collections::BTreeMap, sync::Arc, time::Duration};

    fn seen(second: i64, version: u64) -> Seen {
        Seen {
            at: Timestamp::from_second(second).expect("a time"),
            versions: Arc::new(BTreeMap::from([("events".to_owned(), version)])),
        }
    }

    #[tokio::test]
    async fn an_answer_is_kept_while_the_lake_stays_and_a_problem_is_not() {
        let cache = Cache::new();
        let ask = async |seen, answer: Result<u32, Problem>| cache.get_or("q", seen, async { answer }.boxed()).await;
        assert!(ask(seen(0, 1), Err(Problem::Internal)).await.is_err());
        assert_eq!(*ask(seen(0, 1), Ok(1)).await.expect("made"), 1);
        assert_eq!(*ask(seen(1, 2), Ok(2)).await.expect("asked a moment ago"), 1);
        assert_eq!(*ask(seen(30, 1), Ok(2)).await.expect("the lake is as it was"), 1);
        assert_eq!(*ask(seen(500, 1), Ok(3)).await.expect("too old"), 3);
    }

    #[tokio::test]
    async fn while_the_lake_changes_the_last_answer_is_given_and_the_next_is_made_beside() {
        let cache = Cache::new();
        let ask = async |second, answer: u32| {
            let make = async move { Ok(answer) }.boxed();
            *cache.get_or("q", seen(second, second.unsigned_abs()), make).await.expect("an answer")
        };
        assert_eq!(ask(0, 1).await, 1);
        assert_eq!(ask(20, 2).await, 1);
        let made = async {
            while ask(21, 3).await != 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), made).await.expect("the answer made beside is given next");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_waited_for_is_there_for_the_next() {
        let cache = Cache::new();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let slow = async move { wait.await.map(|()| 1).map_err(|_| Problem::Internal) }.boxed();
        let given_up = tokio::time::timeout(Duration::from_millis(1), cache.get_or("q", seen(0, 1), slow)).await;
        assert!(given_up.is_err());
        go.send(()).expect("still being made");
        let second = async { Ok(2) }.boxed();
        assert_eq!(*cache.get_or("q", seen(1, 1), second).await.expect("the first is there"), 1);
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let cache = Cache::new();
        for question in 0..3 * MAX_QUESTIONS {
            cache.get_or(question, seen(0, 1), async { Ok(()) }.boxed()).await.expect("made");
        }
        assert!(cache.0.lock().await.len() <= MAX_QUESTIONS);
    }
}
