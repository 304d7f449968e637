//! Why a post has a label: what its words contribute to the model's answer, and what the lexica hit.

use crate::{Annotator, Error};
use std::ops::Range;
use tidemark_domain::{Language, marker};
use tidemark_model::{Head, HeadKind, Input, Model};
use tidemark_wire::annotated_file::{ExplainedWord, Explanation, LexiconHit};

impl Annotator {
    /// The markers that can be explained: every head, and every label of those that have several.
    pub fn explainable(&self) -> Vec<String> {
        let of = |head: &Head| {
            let labels = head.labels.iter().map(|label| head.marker_of(label));
            let labels: Vec<String> = if head.kind == HeadKind::Binary { Vec::new() } else { labels.collect() };
            std::iter::once(head.marker.clone()).chain(labels)
        };
        self.models().iter().flat_map(Model::heads).flat_map(of).collect()
    }

    /// Explains one marker of one post: `mh.stress`, `emotion.goemotions.joy`, or `emotion.goemotions` for the label that
    /// scores highest. `score` is absent where the marker cannot be answered in the text's language.
    ///
    /// # Errors
    /// [`Error::UnknownMarker`], and where inference fails.
    pub fn explain(&self, post: Input<'_>, marker: &str) -> Result<Explanation, Error> {
        let (model, index, head, label) = self
            .models()
            .iter()
            .flat_map(|model| model.heads().iter().enumerate().map(move |(index, head)| (model, index, head)))
            .find_map(|(model, index, head)| {
                if head.marker == marker {
                    return Some((model, index, head, None));
                }
                let label = head.labels.iter().position(|label| head.marker_of(label) == marker)?;
                (head.kind != HeadKind::Binary).then_some((model, index, head, Some(label)))
            })
            .ok_or_else(|| Error::UnknownMarker { marker: marker.to_owned() })?;
        let Input { text, language, .. } = post;
        let answers = model.score(&[post])?;
        let scores = answers.first().and_then(|answer| answer.heads.iter().find(|found| found.head == index));
        let highest = |scores: &[f32]| (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        let place = scores.and_then(|found| label.or_else(|| highest(&found.scores)));
        let score = scores.zip(place).and_then(|(found, place)| found.scores.get(place).copied());
        let contributions = match place {
            Some(place) => model.explain(post, index, place)?,
            None => Vec::new(),
        };
        let characters = Characters::of(text);
        let words = contributions.into_iter().map(|part| {
            let (start, end) = characters.range(&part.bytes);
            ExplainedWord { start, end, text: text[part.bytes].to_owned(), weight: part.weight }
        });
        let label = match head.kind {
            HeadKind::Binary => head.labels.last(),
            _ => place.and_then(|place| head.labels.get(place)),
        };
        Ok(Explanation {
            language,
            marker: head.marker.clone(),
            label: label.cloned(),
            score,
            threshold: place.and_then(|place| head.threshold(language, place)),
            words: words.collect(),
            lexicon: self.lexicon_hits(text, language, &characters),
            provenance: self.provenance().clone(),
        })
    }

    fn lexicon_hits(&self, text: &str, language: Language, characters: &Characters) -> Vec<LexiconHit> {
        let hits = self.lexica().explain(text, language).into_iter();
        hits.map(|hit| {
            let (start, end) = characters.range(&(hit.start..hit.end));
            let name = &self.lexica().categories()[hit.category].name;
            LexiconHit {
                category: name.strip_prefix(marker::LEXICON_PREFIX).unwrap_or(name).to_owned(),
                start,
                end,
                text: text[hit.start..hit.end].to_owned(),
                weight: hit.weight,
                negated: hit.negated,
            }
        })
        .collect()
    }
}

/// Where each character of a text begins, so that places can be told in characters, as people and Python count them.
struct Characters(Vec<usize>);

impl Characters {
    fn of(text: &str) -> Self {
        Self(text.char_indices().map(|(at, _)| at).collect())
    }

    fn range(&self, bytes: &Range<usize>) -> (usize, usize) {
        let at = |byte: usize| self.0.partition_point(|begin| *begin < byte);
        (at(bytes.start), at(bytes.end))
    }
}

#[cfg(test)]
mod tests {
    use super::Characters;

    #[test]
    fn places_are_counted_in_characters() {
        let text = "é😭 no";
        let characters = Characters::of(text);
        assert_eq!(characters.range(&(7..9)), (3, 5));
        assert_eq!(characters.range(&(0..text.len())), (0, 5));
    }
}
