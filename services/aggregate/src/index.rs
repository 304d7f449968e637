//! The *index* knows what the table `events` holds: which events, and how every post stands. It decides what becomes of
//! the next event, and can be built again from the table at any time, so its answers survive any crash.
//!
//! It takes up to 100 bytes of memory for an event that is the first of its post, and up to 40 for any other: a duplicate,
//! a reject or what matches no post is known by its id alone.

use jiff::civil::Date;
use std::collections::{HashMap, HashSet};
use tidemark_domain::{EventId, Operation, PostEvent, PostKey};

/// What became of a record that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Taken: a post, or an edit or deletion of one.
    Accepted,
    /// A further record of a post already held, or a second deletion.
    Duplicate,
    /// An edit or deletion of a post never seen.
    Unmatched,
    /// Not a post; it has a reason.
    Rejected,
}

impl Disposition {
    /// The word used in tables.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Unmatched => "unmatched",
            Self::Rejected => "rejected",
        }
    }

    /// Reads [`Disposition::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Accepted, Self::Duplicate, Self::Unmatched, Self::Rejected].into_iter().find(|one| one.code() == code)
    }
}

/// How a post stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    day: Date,
    revision: i32,
    is_deleted: bool,
}

/// The decision on one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// What becomes of it.
    pub disposition: Disposition,
    /// Counts the accepted events of a post from 0.
    pub revision: Option<i32>,
    /// The civil day of the post (not of its edit or deletion).
    pub day: Option<Date>,
}

impl Decided {
    const fn without_place(disposition: Disposition) -> Self {
        Self { disposition, revision: None, day: None }
    }
}

/// What the table holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    events: HashSet<EventId>,
    posts: HashMap<PostKey, Held>,
}

impl Index {
    /// Decides on an event whose own day is `day`. `None` where it was seen before: redelivered, to be dropped.
    pub fn decide(&mut self, event: &PostEvent, day: Date) -> Option<Decided> {
        if !self.events.insert(event.event_id) {
            return None;
        }
        let held = self.posts.get(&event.post_key).copied();
        let decided = match (event.operation, held) {
            (Operation::Create, None) => {
                Decided { disposition: Disposition::Accepted, revision: Some(0), day: Some(day) }
            }
            (Operation::Update | Operation::DeletePost, Some(Held { day, revision, is_deleted: false })) => {
                Decided { disposition: Disposition::Accepted, revision: Some(revision + 1), day: Some(day) }
            }
            (Operation::DeleteAuthor, _) => Decided::without_place(Disposition::Accepted),
            (Operation::Create | Operation::Update | Operation::DeletePost, Some(_)) => {
                Decided::without_place(Disposition::Duplicate)
            }
            (Operation::Update | Operation::DeletePost, None) => Decided::without_place(Disposition::Unmatched),
        };
        self.hold(event.post_key, event.operation, decided);
        Some(decided)
    }

    /// Takes note of a reject; `false` where it was seen before.
    pub fn reject(&mut self, event_id: EventId) -> bool {
        self.events.insert(event_id)
    }

    /// Takes note of a row of the table.
    pub fn restore(&mut self, event_id: EventId, post: Option<(PostKey, Operation, Decided)>) {
        self.events.insert(event_id);
        if let Some((key, operation, decided)) = post {
            let newer = |held: &Held| decided.revision.is_some_and(|revision| revision > held.revision);
            if self.posts.get(&key).is_none_or(newer) {
                self.hold(key, operation, decided);
            }
        }
    }

    /// How many events it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn hold(&mut self, key: PostKey, operation: Operation, decided: Decided) {
        if let Decided { disposition: Disposition::Accepted, revision: Some(revision), day: Some(day) } = decided {
            let is_deleted = operation == Operation::DeletePost;
            self.posts.insert(key, Held { day, revision, is_deleted });
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Disposition, Index};
    use jiff::civil::date;
    use tidemark_domain::{EventId, Language, Operation, PostEvent, PostKey};

    pub(crate) fn event(row: u64, post: &str, operation: Operation) -> PostEvent {
        PostEvent {
            event_id: EventId::of_row("run", row),
            post_key: PostKey::of("file", post),
            source: "file".into(),
            run_id: "run".into(),
            operation,
            author: None,
            created_at: "2024-05-01T12:00:00Z".parse().expect("a time"),
            observed_at: "2024-06-01T12:00:00Z".parse().expect("a time"),
            language: Language::English,
            text: String::new(),
            region: None,
            community: None,
            parent: None,
            conversation: None,
            is_bot_hint: false,
            parent_text: None,
            topic: None,
            wording: None,
        }
    }

    fn decide(index: &mut Index, row: u64, post: &str, operation: Operation) -> Option<(Disposition, Option<i32>)> {
        let decided = index.decide(&event(row, post, operation), date(2024, 5, 1))?;
        Some((decided.disposition, decided.revision))
    }

    #[test]
    fn a_life_of_a_post() {
        let mut index = Index::default();
        use Disposition::{Accepted, Duplicate, Unmatched};
        assert_eq!(decide(&mut index, 1, "a", Operation::Update), Some((Unmatched, None)));
        assert_eq!(decide(&mut index, 2, "a", Operation::Create), Some((Accepted, Some(0))));
        assert_eq!(decide(&mut index, 2, "a", Operation::Create), None);
        assert_eq!(decide(&mut index, 3, "a", Operation::Create), Some((Duplicate, None)));
        assert_eq!(decide(&mut index, 4, "a", Operation::Update), Some((Accepted, Some(1))));
        assert_eq!(decide(&mut index, 5, "a", Operation::DeletePost), Some((Accepted, Some(2))));
        assert_eq!(decide(&mut index, 6, "a", Operation::DeletePost), Some((Duplicate, None)));
        assert_eq!(decide(&mut index, 7, "a", Operation::Update), Some((Duplicate, None)));
        assert_eq!(decide(&mut index, 8, "b", Operation::DeletePost), Some((Unmatched, None)));
    }

    #[test]
    fn what_matches_no_post_is_known_by_its_id_alone() {
        let mut index = Index::default();
        decide(&mut index, 1, "a", Operation::DeletePost);
        decide(&mut index, 2, "b", Operation::Update);
        decide(&mut index, 3, "c", Operation::DeleteAuthor);
        assert_eq!((index.len(), index.posts.len()), (3, 0));
    }

    #[test]
    fn a_deletion_touches_the_day_of_the_post_and_not_its_own() {
        let mut index = Index::default();
        index.decide(&event(1, "a", Operation::Create), date(2024, 5, 1));
        let deleted = index.decide(&event(2, "a", Operation::DeletePost), date(2024, 5, 9)).expect("new");
        assert_eq!(deleted.day, Some(date(2024, 5, 1)));
    }

    #[test]
    fn an_index_restored_in_any_order_is_the_one_that_was_kept() {
        let mut kept = Index::default();
        let mut rows = Vec::new();
        let operations = [Operation::Create, Operation::Update, Operation::Create, Operation::DeletePost];
        for row in 0..200 {
            let event = event(row, &format!("{}", row % 37), operations[(row / 37) as usize % 4]);
            let decided = kept.decide(&event, date(2024, 5, 1)).expect("new");
            rows.push((event.event_id, Some((event.post_key, event.operation, decided))));
        }
        let mut restored = Index::default();
        for (id, post) in rows.into_iter().rev() {
            restored.restore(id, post);
        }
        assert_eq!(restored, kept);
    }
}
