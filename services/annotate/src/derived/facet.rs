//! A question that expressions answer: the class with the most of them holds. Without one there is no answer, nor where two
//! classes have as many, unless the facet says what that means.

use super::{Cues, Derived, YES};
use tidemark_wire::annotated_file::{Labels, Scores};

/// What series count of a facet. One that was not right often enough, on texts that its expressions were not written for
/// (docs/markers.md), has a label and no scores, so that no series is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// Nothing.
    Nothing,
    /// Each class, a marker of its own, whose score is its share of the facet's expressions.
    Each,
    /// Of a yes/no marker, the yes; its score is the share of the expressions that say so.
    Yes,
}

/// A marker made of expressions.
pub(super) struct Facet {
    /// The marker.
    pub(super) marker: &'static str,
    /// Its classes, with the category of their expressions.
    pub(super) classes: &'static [(&'static str, &'static str)],
    /// The class of a draw.
    pub(super) draw: Option<&'static str>,
    /// What series count.
    pub(super) counted: Counted,
}

impl Facet {
    /// The answer for a post.
    pub(super) fn of(&self, cues: &Cues) -> Derived {
        let counts: Vec<_> = self.classes.iter().map(|(class, category)| (*class, cues.count(category))).collect();
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let mut first = counts.iter().filter(|(_, count)| *count == most).map(|(class, _)| *class);
        let class = match (most, first.next(), first.next()) {
            (0, ..) | (_, None, _) => None,
            (_, only, None) => only,
            (_, _, Some(_)) => self.draw,
        };
        let Some(class) = class else { return Derived::abstaining(self.marker) };
        let all: u32 = counts.iter().map(|(_, count)| *count).sum();
        let mut shares = counts.into_iter().map(|(class, count)| (class.to_owned(), count as f32 / all as f32));
        let scores = match self.counted {
            Counted::Nothing => None,
            Counted::Each => Some(Scores::Each(shares.collect())),
            Counted::Yes => shares.find(|(class, _)| class == YES).map(|(_, share)| Scores::One(share)),
        };
        Derived { marker: self.marker, scores, labels: Some(Labels::One(class.to_owned())) }
    }

    /// Its marker, its classes that are markers of their own, and the categories of its expressions.
    pub(super) fn explained(&self) -> (&'static str, Vec<&'static str>, Vec<&'static str>) {
        let classes = self.classes.iter().filter(|_| self.counted == Counted::Each).map(|(class, _)| *class);
        (self.marker, classes.collect(), self.classes.iter().map(|(_, category)| *category).collect())
    }
}
