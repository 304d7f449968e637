//! Why a post has a label: what its words contribute to the model's answer, which expressions a rule counted, and what the
//! lexica hit.

use crate::annotator::in_lexica;
use crate::derived::{self, NO, Rule, Said, Why, YES};
use crate::{Annotator, Error};
use std::ops::Range;
use tidemark_domain::Language;
use tidemark_lexicon::Lexica;
use tidemark_model::{Head, HeadKind, HeadScore, Input};
use tidemark_wire::annotated_file::{ExplainedWord, Explanation, LexiconHit};

/// Where a head is: its model's index, and its own among that model's.
type Place = (usize, usize);

impl Annotator {
    /// The markers that can be explained: every head, and every label of those that have several; of the markers made of
    /// these those that a label or expressions make; and every category of a lexicon.
    pub fn explainable(&self) -> Vec<String> {
        let of = |head: &Head| {
            let labels = head.labels.iter().map(|label| head.marker_of(label));
            let labels: Vec<String> = if head.kind == HeadKind::Binary { Vec::new() } else { labels.collect() };
            std::iter::once(head.marker.clone()).chain(labels)
        };
        let heads = self.heads().flat_map(|(_, head)| of(head));
        let derived = self.derived_markers().into_iter().map(|(marker, _)| marker);
        heads.chain(derived).chain(self.lexica().categories().iter().map(|category| category.name.clone())).collect()
    }

    /// Explains one marker of one post: `mh.stress`, `emotion.goemotions.joy`, or `emotion.goemotions` for the label that
    /// scores highest. `score` is absent where the marker cannot be answered in the text's language.
    ///
    /// # Errors
    /// [`Error::UnknownMarker`], and where inference fails.
    pub fn explain(&self, post: Input<'_>, marker: &str) -> Result<Explanation, Error> {
        let post = self.with_topic(post);
        if let Some((place, label)) = self.head_of(marker) {
            return self.explain_head(post, place, label);
        }
        if let Some(category) = self.lexica().categories().iter().position(|category| category.name == marker) {
            return Ok(self.explain_category(post, category));
        }
        match self.derived_markers().into_iter().find(|(known, _)| known == marker) {
            Some((_, Why::RollUp { level, emotion })) => self.explain_roll_up(post, level, emotion),
            Some((_, Why::Rule(rule))) => self.explain_rule(post, &rule),
            None => Err(Error::UnknownMarker { marker: marker.to_owned() }),
        }
    }

    /// Every head that answers, and where it is.
    fn heads(&self) -> impl Iterator<Item = (Place, &Head)> {
        let models = self.models().iter().enumerate();
        let all = models
            .flat_map(|(model, of)| of.heads().iter().enumerate().map(move |(head, found)| ((model, head), found)));
        all.filter(move |((model, head), _)| self.is_answering(*model, *head))
    }

    fn derived_markers(&self) -> Vec<(String, Why)> {
        derived::explainable(|marker| self.heads().any(|(_, head)| head.marker == marker))
    }

    /// The head that answers a marker, and the index of the label that the marker names.
    fn head_of(&self, marker: &str) -> Option<(Place, Option<usize>)> {
        self.heads().find_map(|(place, head)| {
            if head.marker == marker {
                return Some((place, None));
            }
            let label = head.labels.iter().position(|label| head.marker_of(label) == marker)?;
            (head.kind != HeadKind::Binary).then_some((place, Some(label)))
        })
    }

    /// What a head says of a post; nothing where it does not answer.
    fn answer(&self, post: Input<'_>, (model, head): Place) -> Result<Option<HeadScore>, Error> {
        let answers = self.models()[model].score(&[post])?;
        Ok(answers.into_iter().next().and_then(|answer| answer.heads.into_iter().find(|found| found.head == head)))
    }

    /// Explains a label of a head or, where none is named, the one that scores highest.
    fn explain_head(&self, post: Input<'_>, place: Place, label: Option<usize>) -> Result<Explanation, Error> {
        let Input { text, language, .. } = post;
        let model = &self.models()[place.0];
        let head = &model.heads()[place.1];
        let answer = self.answer(post, place)?;
        let abstains = answer.as_ref().is_some_and(|answer| head.abstains(answer));
        let scores = answer.map(|found| found.scores);
        let highest = |scores: &[f32]| (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        let chosen = scores.as_ref().and_then(|scores| label.or_else(|| highest(scores)));
        let score = scores.zip(chosen).and_then(|(scores, chosen)| scores.get(chosen).copied());
        let contributions = match chosen {
            Some(chosen) => model.explain(post, place.1, chosen)?,
            None => Vec::new(),
        };
        let characters = Characters::of(text);
        let words = contributions.into_iter().map(|part| {
            let (start, end) = characters.range(&part.bytes);
            ExplainedWord { start, end, text: text[part.bytes].to_owned(), weight: part.weight }
        });
        let label = match head.kind {
            HeadKind::Binary => chosen.and_then(|_| head.labels.last()),
            _ => chosen.and_then(|chosen| head.labels.get(chosen)),
        };
        Ok(Explanation {
            label: label.cloned(),
            abstains,
            score,
            threshold: chosen.and_then(|chosen| head.threshold(language, chosen)),
            words: words.collect(),
            ..self.unanswered(post, &head.marker)
        })
    }

    /// Explains an emotion of a roll-up, or its likeliest one, by the label that makes it.
    fn explain_roll_up(
        &self,
        post: Input<'_>,
        level: &'static str,
        emotion: Option<&'static str>,
    ) -> Result<Explanation, Error> {
        let Some((place, _)) = self.head_of(derived::EMOTIONS) else {
            return Err(Error::UnknownMarker { marker: level.to_owned() });
        };
        let head = &self.models()[place.0].heads()[place.1];
        let answer = self.answer(post, place)?;
        let won = answer.as_ref().and_then(|answer| {
            let said = Said { labels: &head.labels, scores: &answer.scores, holding: &answer.labels };
            derived::winner(level, emotion, said)
        });
        let Some((emotion, label)) = won else { return Ok(self.unanswered(post, level)) };
        Ok(Explanation {
            marker: level.to_owned(),
            label: Some(emotion.to_owned()),
            source: Some(head.marker_of(&head.labels[label])),
            ..self.explain_head(post, place, Some(label))?
        })
    }

    /// Explains what a rule decided by the expressions it counts and, where its score is a head's, by that head.
    fn explain_rule(&self, post: Input<'_>, rule: &Rule) -> Result<Explanation, Error> {
        let (annotations, _) = self.annotate(&[post])?;
        let decided = annotations
            .iter()
            .find_map(|annotation| self.derived(annotation).into_iter().find(|derived| derived.marker == rule.marker));
        let mut likeliest: Option<(Place, f32)> = None;
        // What is not asked of this post has no words.
        for marker in rule.heads.iter().filter(|_| decided.is_some()) {
            let Some((place, _)) = self.head_of(marker) else { continue };
            let score = self.answer(post, place)?.and_then(|answer| answer.scores.first().copied());
            if let Some(score) = score.filter(|score| likeliest.is_none_or(|(_, highest)| *score > highest)) {
                likeliest = Some((place, score));
            }
        }
        let abstains = decided.as_ref().is_some_and(|decided| decided.abstains());
        let (label, score) = decided.map_or((None, None), |decided| decided.told(rule.class));
        let characters = Characters::of(post.text);
        let is_counted = |name: &str| rule.cues.contains(&name);
        let cues = hits(Lexica::cues(), post.text, post.language, &characters, is_counted);
        let explanation = match likeliest {
            Some((place, _)) => {
                let head = self.explain_head(post, place, None)?;
                let threshold = head.threshold.filter(|_| score.is_some());
                Explanation { source: Some(head.marker.clone()), threshold, ..head }
            }
            None => self.unanswered(post, rule.marker),
        };
        Ok(Explanation { marker: rule.marker.to_owned(), label, abstains, score, cues, ..explanation })
    }

    /// Explains a category of a lexicon by the terms of it that the text holds.
    fn explain_category(&self, post: Input<'_>, category: usize) -> Explanation {
        let Input { text, language, .. } = post;
        let name = &self.lexica().categories()[category].name;
        let answer = self.lexicon_answer(&post).scored.into_iter().find(|scored| scored.category == category);
        let label = answer.map(|scored| if scored.present { YES } else { NO }.to_owned());
        let own = in_lexica(name);
        Explanation {
            label,
            score: answer.map(|scored| scored.score),
            threshold: answer.and_then(|_| self.present_from(category, language)),
            cues: hits(self.lexica(), text, language, &Characters::of(text), |found| found == own),
            ..self.unanswered(post, name)
        }
    }

    /// What can be told of a post and a marker that nothing answers.
    fn unanswered(&self, post: Input<'_>, marker: &str) -> Explanation {
        let Input { text, language, .. } = post;
        Explanation {
            language,
            marker: marker.to_owned(),
            label: None,
            abstains: false,
            score: None,
            threshold: None,
            source: None,
            words: Vec::new(),
            cues: Vec::new(),
            lexicon: hits(self.lexica(), text, language, &Characters::of(text), |_| true),
            provenance: self.provenance().clone(),
        }
    }
}

/// The terms of lexica in a text, of the categories that are wanted, named `<lexicon>.<category>`.
fn hits(
    lexica: &Lexica,
    text: &str,
    language: Language,
    characters: &Characters,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<LexiconHit> {
    let told = |hit: tidemark_lexicon::Hit| {
        let name = &lexica.categories()[hit.category].name;
        let category = in_lexica(name);
        let (start, end) = characters.range(&(hit.start..hit.end));
        is_wanted(category).then(|| LexiconHit {
            category: category.to_owned(),
            start,
            end,
            text: text[hit.start..hit.end].to_owned(),
            weight: hit.weight,
            negated: hit.negated,
        })
    };
    lexica.explain(text, language).into_iter().filter_map(told).collect()
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
    use crate::{Annotator, Error, Settings};
    use tidemark_domain::Language;
    use tidemark_model::Input;

    #[test]
    fn a_rule_is_explained_by_the_expressions_it_counts() {
        let annotator = Annotator::load(&Settings { lexica_only: true, ..Settings::default() }).expect("lexica");
        let explain = |text: &str, marker: &str| {
            annotator.explain(Input::new(text, Language::English), marker).expect("an explanation")
        };
        assert!(annotator.explainable().contains(&"loneliness.interpersonal.family".to_owned()));
        let text = "So lonely: I miss my mother 😭 and my brother";
        let facet = explain(text, "loneliness.interpersonal");
        assert_eq!((facet.marker.as_str(), facet.label.as_deref()), ("loneliness.interpersonal", Some("family")));
        assert_eq!((facet.score, facet.threshold, facet.source), (Some(1.0), None, None));
        let found: Vec<_> = facet.cues.iter().map(|hit| (hit.text.as_str(), hit.start, hit.end)).collect();
        assert!(found.contains(&("mother", 21, 27)) && found.contains(&("brother", 37, 44)), "{found:?}");
        assert!(facet.cues.iter().all(|hit| hit.category.starts_with("loneliness_facets.interpersonal_")));
        assert!(facet.lexicon.iter().any(|hit| hit.category == "mh.loneliness"), "{:?}", facet.lexicon);
        assert!(facet.words.is_empty());
        let other = explain(text, "loneliness.interpersonal.romantic");
        assert_eq!((other.label.as_deref(), other.score), (Some("romantic"), Some(0.0)));
        // Of a post that is not lonely it is not asked; what is there is still told.
        let merry = explain("my mother is here", "loneliness.interpersonal");
        assert_eq!((merry.label, merry.score, merry.cues.len()), (None, None, 1));
        // Appraisals are asked of a reply, by lexica alone too.
        let comfort = "That's awful, I'm so sorry";
        let asked = Input { parent: Some("I lost my job"), ..Input::new(comfort, Language::English) };
        let appraisal = annotator.explain(asked, "support.appraisal.pleasantness").expect("an explanation");
        assert_eq!((appraisal.label.as_deref(), appraisal.score), (Some("no"), Some(0.0)));
        assert!(appraisal.cues.iter().any(|hit| hit.text == "That's awful"), "{:?}", appraisal.cues);
        assert_eq!(explain(comfort, "support.appraisal.pleasantness").label, None, "it answers nobody");
        let unknown = annotator.explain(Input::new(text, Language::English), "emotion.primary.joy");
        assert!(matches!(unknown, Err(Error::UnknownMarker { .. })), "no head says what it is rolled up from");
    }

    #[test]
    fn a_category_of_a_lexicon_is_explained_by_its_terms() {
        let annotator = Annotator::load(&Settings { lexica_only: true, ..Settings::default() }).expect("lexica");
        let explain = |text: &str, language, marker: &str| {
            annotator.explain(Input::new(text, language), marker).expect("an explanation")
        };
        let marker = "lexicon.mh.anxiety";
        assert!(annotator.explainable().contains(&marker.to_owned()));
        let anxious = explain("😭 a panic attack, so sad", Language::English, marker);
        assert_eq!((anxious.marker.as_str(), anxious.label.as_deref(), anxious.threshold), (marker, Some("yes"), None));
        assert!(anxious.score.is_some_and(|score| score > 0.0));
        let cues: Vec<_> = anxious.cues.iter().map(|hit| (hit.text.as_str(), hit.start, hit.end)).collect();
        assert_eq!(cues, [("panic attack", 4, 16)]);
        assert!(anxious.lexicon.len() > 1, "the other lexica's hits are listed too: {:?}", anxious.lexicon);
        let denied = explain("I am not anxious", Language::English, marker);
        assert_eq!((denied.label.as_deref(), denied.score), (Some("no"), Some(0.0)));
        assert!(denied.cues.iter().all(|hit| hit.negated) && denied.cues.len() == 1, "{:?}", denied.cues);
        let elsewhere = explain("悲しい", Language::Other, marker);
        assert_eq!((elsewhere.label, elsewhere.score), (None, None));
    }

    #[test]
    fn places_are_counted_in_characters() {
        let text = "é😭 no";
        let characters = Characters::of(text);
        assert_eq!(characters.range(&(7..9)), (3, 5));
        assert_eq!(characters.range(&(0..text.len())), (0, 5));
    }
}
