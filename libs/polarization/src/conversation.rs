//! Conversations: posts that answer each other, and how polarized each is.

use crate::interaction::{Labels, Mode, score};
use crate::thread::Threads;
use jiff::Timestamp;
use rustc_hash::FxHashMap;

/// A score below this is low.
pub const LOW_BELOW: f64 = 2.5;
/// A score above this is high.
pub const HIGH_ABOVE: f64 = 7.5;
/// A score above this is extreme.
pub const EXTREME_ABOVE: f64 = 7.0;

/// A post as a part of a conversation. Ids are compared, and go no further than [`Scored::conversation`].
#[derive(Debug, Clone)]
pub struct Post {
    /// Its id.
    pub id: String,
    /// The id of the post it answers.
    pub parent: Option<String>,
    /// The id of the conversation, where the source has one; posts are also joined by whom they answer.
    pub conversation: Option<String>,
    /// What the stance is about. Stances on different topics are not compared.
    pub topic: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// What its labels say.
    pub labels: Labels,
}

/// How polarized a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Below [`LOW_BELOW`].
    Low,
    /// Between.
    Mid,
    /// Above [`HIGH_ABOVE`].
    High,
}

impl Band {
    /// The band of a conversation's score.
    #[must_use]
    pub fn of(score: f64) -> Self {
        if score < LOW_BELOW {
            Self::Low
        } else if score > HIGH_ABOVE {
            Self::High
        } else {
            Self::Mid
        }
    }

    /// Its name in tables: `low`, `mid`, `high`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Mid => "mid",
            Self::High => "high",
        }
    }
}

/// A conversation with at least one interaction that has a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// What it is called: the least of the ids that the source gives it, else the id of its first post.
    pub conversation: String,
    /// The topic of the first of its posts that has one.
    pub topic: Option<String>,
    /// When its first post was written.
    pub began: Timestamp,
    /// The mean over its scored interactions, 0 to 10.
    pub score: f64,
    /// How many those are.
    pub interactions: u64,
}

/// All conversations of a set of posts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversations {
    /// Those with a score, by the time they began.
    pub scored: Vec<Scored>,
    /// Those without one: nobody answered anybody, or the labels settle no interaction.
    pub without_score: u64,
    /// Interactions with a score.
    pub interactions: u64,
    /// Interactions that the labels do not settle.
    pub unsettled: u64,
    /// Posts that answer one which is not here.
    pub orphans: u64,
}

impl Conversations {
    /// Joins posts into conversations and scores them. Of posts with the same id the last one stands.
    #[must_use]
    pub fn of(posts: &[Post], mode: Mode) -> Self {
        let by_id: FxHashMap<&str, usize> =
            posts.iter().enumerate().map(|(place, post)| (post.id.as_str(), place)).collect();
        let standing = |place: &usize| by_id.get(posts[*place].id.as_str()) == Some(place);
        let parent_of = |place: usize| {
            let parent = posts[place].parent.as_deref()?;
            Some(by_id.get(parent).copied().filter(|parent| *parent != place))
        };
        let mut threads = Threads::of(posts.len());
        let mut named: FxHashMap<&str, usize> = FxHashMap::default();
        for place in (0..posts.len()).filter(standing) {
            if let Some(Some(parent)) = parent_of(place) {
                threads.join(place, parent);
            }
            if let Some(name) = posts[place].conversation.as_deref() {
                threads.join(place, *named.entry(name).or_insert(place));
            }
        }
        let mut all = Self::default();
        let mut tallies: FxHashMap<usize, Tally<'_>> = FxHashMap::default();
        for place in (0..posts.len()).filter(standing) {
            let reply = &posts[place];
            let tally = tallies.entry(threads.root(place)).or_insert_with(|| Tally::starting(reply));
            tally.meet(reply);
            match parent_of(place) {
                None => {}
                Some(None) => all.orphans += 1,
                Some(Some(parent)) => {
                    let parent = &posts[parent];
                    let one_topic = match (&parent.topic, &reply.topic) {
                        (Some(first), Some(second)) => first == second,
                        _ => true,
                    };
                    match score(&parent.labels, &reply.labels, mode).filter(|_| one_topic) {
                        Some(score) => tally.add(score),
                        None => all.unsettled += 1,
                    }
                }
            }
        }
        for tally in tallies.into_values() {
            match tally.score() {
                Some(score) => {
                    all.interactions += tally.interactions;
                    all.scored.push(tally.scored(score));
                }
                None => all.without_score += 1,
            }
        }
        all.scored.sort_by(|a, b| {
            let by_number = a.began.cmp(&b.began).then(a.score.total_cmp(&b.score));
            let by_number = by_number.then(a.interactions.cmp(&b.interactions));
            by_number.then_with(|| (&a.conversation, &a.topic).cmp(&(&b.conversation, &b.topic)))
        });
        all
    }

    /// How many conversations are in a band.
    #[must_use]
    pub fn in_band(&self, band: Band) -> u64 {
        self.scored.iter().filter(|conversation| Band::of(conversation.score) == band).count() as u64
    }
}

/// What is added up for one conversation. Scores are whole numbers, so that their sum knows no order; nor do the least of
/// its names and the earliest of its posts.
struct Tally<'a> {
    /// Its first post: when it was written, and which it is.
    first: (Timestamp, &'a str),
    /// The least of the ids that its posts give it.
    name: Option<&'a str>,
    /// The first of its posts that has a topic: when it was written, which it is, and what it is about.
    topic: Option<(Timestamp, &'a str, &'a str)>,
    sum: u64,
    interactions: u64,
}

impl<'a> Tally<'a> {
    fn starting(post: &'a Post) -> Self {
        Self { first: (post.created_at, post.id.as_str()), name: None, topic: None, sum: 0, interactions: 0 }
    }

    /// A post is part of it.
    fn meet(&mut self, post: &'a Post) {
        let (when, id) = (post.created_at, post.id.as_str());
        self.first = self.first.min((when, id));
        if let Some(name) = post.conversation.as_deref() {
            self.name = Some(self.name.map_or(name, |known| known.min(name)));
        }
        if let Some(topic) = post.topic.as_deref() {
            let found = (when, id, topic);
            self.topic = Some(self.topic.map_or(found, |known| known.min(found)));
        }
    }

    fn add(&mut self, score: u8) {
        self.sum += u64::from(score);
        self.interactions += 1;
    }

    fn score(&self) -> Option<f64> {
        (self.interactions > 0).then(|| self.sum as f64 / self.interactions as f64)
    }

    fn scored(&self, score: f64) -> Scored {
        let (began, id) = self.first;
        Scored {
            conversation: self.name.unwrap_or(id).to_owned(),
            topic: self.topic.map(|(_, _, topic)| topic.to_owned()),
            began,
            score,
            interactions: self.interactions,
        }
    }
}
