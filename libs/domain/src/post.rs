//! A *post event* says that a public post was created, edited or deleted. All events on a post share its key.

use crate::{AuthorKey, EventId, Language, PostKey, Provenance, Score, Wording};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What happened to the post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The post was written.
    Create,
    /// The post's text was replaced.
    Update,
    /// The post was deleted, or withheld by the platform.
    DeletePost,
    /// Everything this author wrote was deleted, or the account is no longer active.
    DeleteAuthor,
}

impl Operation {
    /// The word used in tables: `create`, `update`, `delete_post`, `delete_author`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::DeletePost => "delete_post",
            Self::DeleteAuthor => "delete_author",
        }
    }

    /// Reads [`Operation::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::DeletePost, Self::DeleteAuthor]
            .into_iter()
            .find(|operation| operation.code() == code)
    }
}

/// One event on one post, normalised: the same shape whatever the source.
#[derive(Debug, Clone, PartialEq)]
pub struct PostEvent {
    /// Names this event; redelivery repeats it.
    pub event_id: EventId,
    /// Names the post, and is the key on the log.
    pub post_key: PostKey,
    /// Where it came from: `simulator`, `bluesky`, or the name given in a mapping file.
    pub source: String,
    /// The ingest run that read it: for a file, a digest of file and mapping; for a stream, the source's name.
    pub run_id: String,
    /// What happened.
    pub operation: Operation,
    /// Keyed HMAC of the author's id; `None` where the source has no authors.
    pub author: Option<AuthorKey>,
    /// When the post was written. For a deletion: when it was deleted, if told, else when we saw it.
    pub created_at: Timestamp,
    /// When we read it. Not deterministic: two runs over one file differ in it.
    pub observed_at: Timestamp,
    /// The language of the text.
    pub language: Language,
    /// The text, with handles, mentions and URLs masked. Empty in deletions.
    pub text: String,
    /// The place's code as text (ISO 3166, NUTS, FIPS); `None` where it is not known.
    pub region: Option<String>,
    /// The community it was posted in (a subreddit, a channel).
    pub community: Option<String>,
    /// The post this one answers.
    pub parent: Option<PostKey>,
    /// The conversation it is part of: the key of the conversation's first post.
    pub conversation: Option<PostKey>,
    /// The source itself says that the author is a bot.
    pub is_bot_hint: bool,
    /// The text of the post this one answers, masked as [`PostEvent::text`] is; `None` where the source does not bring it.
    pub parent_text: Option<String>,
    /// What the post is about, masked, where the source says so.
    pub topic: Option<String>,
    /// Whose words the text holds, told when it was at hand; `None` where they are its author's and too few to be compared.
    pub wording: Option<Wording>,
}

/// Whether a text is what platforms put in place of one that is gone.
#[must_use]
pub fn says_removed(text: &str) -> bool {
    ["[deleted]", "[removed]"].contains(&text.trim())
}

/// Whether a source's word for "the author is a bot" says so. What is not understood says nothing.
#[must_use]
pub fn says_bot(word: &str) -> bool {
    ["true", "1", "yes", "bot", "t", "y"].iter().any(|yes| word.trim().eq_ignore_ascii_case(yes))
}

/// A post event with its scores. Deletions pass through with none.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotatedPost {
    /// The event.
    pub event: PostEvent,
    /// Every marker that could be answered.
    pub scores: Vec<Score>,
    /// Number of word tokens in the text.
    pub n_tokens: u32,
    /// Which versions made the scores.
    pub provenance: Provenance,
}
