//! Why a day is suspect.

use std::fmt;
use tidemark_domain::disclosure::MIN_UNITS;

/// What about a day's feed is out of the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No post at all, where some were usual.
    Silence,
    /// The number of posts collapsed.
    Collapse,
    /// The number of posts jumped.
    Jump,
    /// Hours without a post, where posts were usual all day.
    SilentHours,
    /// Records came that were there already.
    Duplicates,
    /// Texts repeat each other.
    Copies,
    /// Automated accounts wrote much of it.
    Bots,
    /// Each author appears to have written far more than usual.
    PostsPerAuthor,
    /// Records could not be read.
    Rejects,
    /// A language, or a part of the feed, is missing or new.
    Mix,
    /// Posts were measured by something else than before.
    Instrument,
}

impl Kind {
    /// The word used in tables.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Collapse => "collapse",
            Self::Jump => "jump",
            Self::SilentHours => "silent_hours",
            Self::Duplicates => "duplicates",
            Self::Copies => "copies",
            Self::Bots => "bots",
            Self::PostsPerAuthor => "posts_per_author",
            Self::Rejects => "rejects",
            Self::Mix => "mix",
            Self::Instrument => "instrument",
        }
    }
}

/// A kind with its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// What is out of the usual.
    pub kind: Kind,
    /// What was observed: posts, hours, posts per author, or a share.
    pub observed: f64,
    /// What is usual.
    pub usual: f64,
}

/// A number of posts as it may be shown: a handful is a small cell too.
fn posts(count: f64) -> String {
    if count < MIN_UNITS as f64 { format!("fewer than {MIN_UNITS}") } else { format!("{count:.0}") }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, observed, usual } = *self;
        let (seen, expected) = (100.0 * observed, 100.0 * usual);
        match kind {
            Kind::Silence => write!(f, "no posts; {} are usual", posts(usual)),
            Kind::Collapse | Kind::Jump => write!(f, "{} posts; {} are usual", posts(observed), posts(usual)),
            Kind::SilentHours => write!(f, "{observed:.0} hours without a post; {usual:.0} are usual"),
            Kind::Duplicates => write!(f, "{seen:.1} % of records were there already; {expected:.1} % are usual"),
            Kind::Copies => write!(f, "{seen:.1} % of posts repeat another; {expected:.1} % are usual"),
            Kind::Bots => write!(f, "{seen:.1} % of posts are automated; {expected:.1} % are usual"),
            Kind::PostsPerAuthor => write!(f, "{observed:.2} posts per author; {usual:.2} are usual"),
            Kind::Rejects => write!(f, "{seen:.1} % of records could not be read; {expected:.1} % are usual"),
            Kind::Mix => write!(f, "{seen:.1} % of posts come from other parts of the feed than usual"),
            Kind::Instrument => write!(f, "posts are measured by another model, lexicon or code than the day before"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Reason};

    #[test]
    fn a_handful_of_posts_is_not_counted_out() {
        let said = |kind, observed, usual| Reason { kind, observed, usual }.to_string();
        assert_eq!(said(Kind::Collapse, 10.0, 120.0), "fewer than 11 posts; 120 are usual");
        assert_eq!(said(Kind::Jump, 40.0, 10.9), "40 posts; fewer than 11 are usual");
        assert_eq!(said(Kind::Silence, 0.0, 11.0), "no posts; 11 are usual");
    }
}
