//! A record as it was read, before anything is decided about it.

use std::borrow::Cow;
use tidemark_domain::RejectReason;

/// The fields of a record that the mapping names, as text. A field that is absent, null or empty is `None`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RawPost {
    /// Native id.
    pub id: Option<String>,
    /// The text.
    pub text: Option<String>,
    /// When it was written, in the mapping's format.
    pub created_at: Option<String>,
    /// The author's id.
    pub author: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// The place's code.
    pub place: Option<String>,
    /// The community.
    pub community: Option<String>,
    /// Native id of the post that is answered.
    pub parent: Option<String>,
    /// Native id of the conversation's first post.
    pub conversation: Option<String>,
    /// `create`, `update`, `delete_post`, `delete_author`.
    pub operation: Option<String>,
    /// Whether the source calls the author a bot.
    pub is_bot: Option<String>,
    /// The text of the post that is answered.
    pub parent_text: Option<String>,
    /// What the post is about.
    pub topic: Option<String>,
}

/// A field of [`RawPost`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Id,
    Text,
    CreatedAt,
    Author,
    Language,
    Place,
    Community,
    Parent,
    Conversation,
    Operation,
    IsBot,
    ParentText,
    Topic,
}

impl RawPost {
    pub(crate) fn set(&mut self, field: Field, value: Option<String>) {
        *match field {
            Field::Id => &mut self.id,
            Field::Text => &mut self.text,
            Field::CreatedAt => &mut self.created_at,
            Field::Author => &mut self.author,
            Field::Language => &mut self.language,
            Field::Place => &mut self.place,
            Field::Community => &mut self.community,
            Field::Parent => &mut self.parent,
            Field::Conversation => &mut self.conversation,
            Field::Operation => &mut self.operation,
            Field::IsBot => &mut self.is_bot,
            Field::ParentText => &mut self.parent_text,
            Field::Topic => &mut self.topic,
        } = value;
    }
}

// By hand: a text or an author's id must not reach a log line through `{:?}`.
impl std::fmt::Debug for RawPost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawPost").field("text_bytes", &self.text.as_ref().map(String::len)).finish_non_exhaustive()
    }
}

/// Why a record is no post. The detail says what is wrong with it, never what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub reason: RejectReason,
    /// For the person who repairs it.
    pub detail: Cow<'static, str>,
}

impl Fault {
    /// A fault.
    pub fn new(reason: RejectReason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
