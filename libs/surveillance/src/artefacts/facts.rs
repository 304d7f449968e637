//! What is known of a feed's day without reading a post.

use std::collections::BTreeMap;

/// What a feed (a source, or a source's region) brought on one day.
///
/// Shares are of records read: accepted, duplicate and rejected together. What a deployment does not know it leaves at
/// its default; a fact that is not known accuses nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Posts accepted. 0 on a day of silence.
    pub posts: u64,
    /// People among their authors, where the source tells authors.
    pub authors: Option<u64>,
    /// Records of posts that were there already: a file delivered twice.
    pub duplicates: u64,
    /// Records that could not be read: a schema that changed.
    pub rejected: u64,
    /// Posts of accounts that are likely automated.
    pub bots: u64,
    /// Posts that repeat the text of another of that day, or nearly so, where texts are compared.
    pub copies: Option<u64>,
    /// Hours of the civil day without any post. A day on which clocks change has 23 or 25 of them.
    pub silent_hours: Option<u8>,
    /// Posts by part: language, sub-feed, region of a source's whole.
    pub parts: BTreeMap<String, u64>,
    /// What measured the posts (model, lexica, code), as one word.
    pub instrument: Option<String>,
}

impl Facts {
    /// Records read.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.posts.saturating_add(self.duplicates).saturating_add(self.rejected)
    }

    /// Posts of each author, where there are any.
    pub(super) fn posts_per_author(&self) -> Option<f64> {
        let authors = self.authors.filter(|authors| *authors > 0)?;
        Some(self.posts as f64 / authors as f64)
    }
}
