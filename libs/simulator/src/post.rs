//! A simulated post event, and the line of `posts.ndjson` that carries it.

use crate::MarkerSet;
use jiff::Timestamp;
use serde::Serialize;
use tidemark_domain::Language;

/// What happened to the post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// It was written.
    Create,
    /// Its text was replaced.
    Update,
    /// It was deleted.
    Delete,
}

/// One event on one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedPost {
    /// The post's id; all its events share it.
    pub id: String,
    /// The author's id.
    pub author: String,
    /// The text as it now stands; empty in a deletion.
    pub text: String,
    /// When this event happened.
    pub at: Timestamp,
    /// When the post was written. The day of a post is the day of this instant, in its region's zone.
    pub created_at: Timestamp,
    /// The author's language.
    pub lang: Language,
    /// Place code.
    pub region: String,
    /// The community it was posted in.
    pub community: Option<String>,
    /// Id of the post it answers.
    pub parent: Option<String>,
    /// The account says that it is automated.
    pub is_bot: bool,
    /// What happened.
    pub event: Event,
    /// Hidden label: what a perfect reader finds in `text`. Not written to `posts.ndjson`.
    pub expressed: MarkerSet,
    /// Hidden label: `text` is a link or emoji only, so there is nothing to read. Not written to `posts.ndjson`.
    pub wordless: bool,
}

/// The line of `posts.ndjson`.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    author: &'a str,
    created_at: Timestamp,
    lang: Language,
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    community: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    op: Event,
    is_bot: bool,
}

impl<'a> From<&'a SimulatedPost> for Line<'a> {
    /// `created_at` of a deletion is the instant of the deletion, as the domain wants it; of an edit it is the
    /// instant of the original post, which keeps its day.
    fn from(post: &'a SimulatedPost) -> Self {
        let deleted = post.event == Event::Delete;
        Self {
            id: &post.id,
            text: (!deleted).then_some(post.text.as_str()),
            author: &post.author,
            created_at: if deleted { post.at } else { post.created_at },
            lang: post.lang,
            region: &post.region,
            community: post.community.as_deref(),
            parent: post.parent.as_deref(),
            op: post.event,
            is_bot: post.is_bot,
        }
    }
}
