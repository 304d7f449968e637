//! An *annotator* holds the lexica and the models, and scores posts with all of them in one pass.

use crate::config::Heads;
use crate::derived::{self, Cues, Derived, Said, YES};
use crate::prepared::of_event;
use crate::topics::Finder;
use crate::{Error, Settings, metrics, own};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tidemark_domain::marker::LEXICON_PREFIX;
use tidemark_domain::{AnnotatedPost, Language, Operation, PostEvent, Provenance, Score};
use tidemark_lexicon::{Lexica, Lexicon};
pub use tidemark_model::Input;
use tidemark_model::{Head, HeadKind, HeadScore, Model, ModelOptions};
use tidemark_wire::annotated_file::{Labels, Scores};

/// Lexica and models, loaded once and shared.
#[derive(Clone)]
pub struct Annotator {
    lexica: Arc<Lexica>,
    /// The one that ships, then those of one's own; none where lexica alone are asked for.
    models: Arc<[Model]>,
    /// By model and head, whether it answers.
    answering: Arc<[Vec<bool>]>,
    /// Categories of lexica of one's own that are present from a score on, by language.
    present_from: Arc<[(usize, Language, f32)]>,
    /// What a post that comes without a topic is about.
    topics: Arc<Finder>,
    provenance: Provenance,
    posts_at_once: usize,
}

/// What a category is called among lexica: its marker's name without what says that it is one.
pub(crate) fn in_lexica(marker: &str) -> &str {
    marker.strip_prefix(LEXICON_PREFIX).unwrap_or(marker)
}

/// Everything that was found out about one text.
#[derive(Debug, Clone, Default)]
pub struct Annotation {
    /// The models' answers, each with the index of its model.
    heads: Vec<(usize, HeadScore)>,
    lexicon: Vec<tidemark_lexicon::Scored>,
    n_tokens: u32,
    /// The topic that it was given, by its place among those of the settings; none where it came with one.
    topic: Option<usize>,
    /// What derived markers are made of, beside the heads.
    cues: Cues,
}

impl Annotator {
    /// Loads the lexica and, unless `settings.lexica_only`, the models.
    ///
    /// # Errors
    /// Where a file is missing or damaged; the message says which and what to do.
    pub fn load(settings: &Settings) -> Result<Self, Error> {
        let own = settings.lexica_dir.as_deref().map(own::lexica::read_folder).transpose()?.unwrap_or_default();
        let hash = own::lexica::fingerprint(own.iter());
        let (own, said): (Vec<_>, Vec<_>) = own.into_iter().map(|own| (own.lexicon, own.present_from)).unzip();
        let lexica = if own.is_empty() && settings.lexica.is_default() {
            Lexica::bundled()
        } else {
            Arc::new(Lexica::bundled_of(settings.lexica.names(), &own, &hash)?)
        };
        let present_from: Vec<_> =
            own.iter().zip(said).flat_map(|(own, said)| thresholds(&lexica, own, said)).collect();
        let mut models = Vec::new();
        if !settings.lexica_only {
            let folder = settings.model_dir.clone().unwrap_or_else(Model::default_dir);
            let threads = NonZeroUsize::new(settings.threads);
            let options = ModelOptions { threads, ..ModelOptions::on(settings.device) };
            models.push(Model::load(&folder, &options)?);
            if let Some(folder) = &settings.models_dir {
                models.extend(own::models::load(folder, &options)?);
            }
        }
        let answering = answering(&models, &settings.heads)?;
        let provenance = Provenance {
            model: settings.topics.version(hash_of(&models, &answering)),
            lexicon: lexica.hash().to_owned(),
            code: tidemark_wire::CODE_VERSION.to_owned(),
        };
        let (models, answering, present_from) = (models.into(), answering.into(), present_from.into());
        let topics = Arc::new(Finder::new(&settings.topics)?);
        let posts_at_once = settings.device.posts();
        Ok(Self { lexica, models, answering, present_from, topics, provenance, posts_at_once })
    }

    /// Which versions make the scores.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Posts that are best given to [`Annotator::annotate`] together, on the device of the settings.
    pub(crate) fn posts_at_once(&self) -> usize {
        self.posts_at_once
    }

    /// The models that score: the one that ships, then those of one's own; none where lexica alone do.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The languages in which a lexicon or a model answers a marker; none of one that is made of others.
    #[must_use]
    pub fn languages_of(&self, marker: &str) -> Vec<Language> {
        let in_lexica = self.lexica.categories().iter().find(|category| category.name == marker);
        let heads =
            self.models.iter().zip(self.answering.iter()).flat_map(|(model, each)| model.heads().iter().zip(each));
        let heads = heads.filter(|(_, answers)| **answers).map(|(head, _)| head);
        let in_models = heads.filter(|head| head.markers().iter().any(|own| own == marker)).collect::<Vec<_>>();
        let is_answered = |language: &Language| {
            in_lexica.is_some_and(|category| category.languages.contains(language))
                || in_models.iter().any(|head| head.covers(*language))
        };
        Language::ALL.into_iter().filter(is_answered).collect()
    }

    /// Whether a head answers, by the indices of its model and of itself.
    pub(crate) fn is_answering(&self, model: usize, head: usize) -> bool {
        self.answering[model][head]
    }

    /// The heads that do not answer, as the settings have it.
    #[must_use]
    pub fn silent_heads(&self) -> Vec<&Head> {
        let heads =
            self.models.iter().zip(self.answering.iter()).flat_map(|(model, each)| model.heads().iter().zip(each));
        heads.filter(|(_, answers)| !**answers).map(|(head, _)| head).collect()
    }

    pub(crate) fn lexica(&self) -> &Lexica {
        &self.lexica
    }

    /// A post as it is scored: with the topic that the settings have for it, where it comes with none.
    pub(crate) fn with_topic<'a>(&'a self, post: Input<'a>) -> Input<'a> {
        self.topics.given(post)
    }

    /// The topic that a post was given by the settings; none where it came with one, or is about none of theirs.
    #[must_use]
    pub fn topic_given(&self, annotation: &Annotation) -> Option<&str> {
        annotation.topic.map(|place| self.topics.name(place))
    }

    /// Scores posts, in order; also says how many model tokens that took.
    ///
    /// # Errors
    /// Where inference fails.
    pub fn annotate(&self, posts: &[Input<'_>]) -> Result<(Vec<Annotation>, usize), Error> {
        let topics: Vec<Option<usize>> = posts.iter().map(|post| self.topics.of(post)).collect();
        let mut posts = posts.to_vec();
        for (post, topic) in posts.iter_mut().zip(&topics) {
            if let Some(place) = topic {
                post.topic = Some(self.topics.name(*place));
            }
        }
        let mut annotations: Vec<Annotation> = posts
            .iter()
            .zip(topics)
            .map(|(post, topic)| {
                let answer = self.lexicon_answer(post);
                Annotation { lexicon: answer.scored, n_tokens: answer.n_tokens, topic, ..Annotation::default() }
            })
            .collect();
        let mut model_tokens = 0;
        // A model of which no head answers has nothing to read.
        let asked = self.models.iter().enumerate().filter(|(which, _)| self.answering[*which].contains(&true));
        for (which, model) in asked {
            for (annotation, post) in annotations.iter_mut().zip(model.score(&posts)?) {
                model_tokens += post.tokens;
                let answers = post.heads.into_iter().filter(|answer| self.is_answering(which, answer.head));
                annotation.heads.extend(answers.map(|answer| (which, answer)));
            }
        }
        for (annotation, post) in annotations.iter_mut().zip(&posts) {
            annotation.cues = self.cues(annotation, post);
        }
        Ok((annotations, model_tokens))
    }

    /// What the lexica answer for a post.
    pub(crate) fn lexicon_answer(&self, post: &Input<'_>) -> tidemark_lexicon::Answer {
        let mut answer = self.lexica.score(post.text, post.language);
        for scored in &mut answer.scored {
            if let Some(from) = self.present_from(scored.category, post.language) {
                scored.present = scored.score >= from;
            }
        }
        answer
    }

    /// The score from which a category of a lexicon of one's own is present, where its maker has said so.
    pub(crate) fn present_from(&self, category: usize, language: Language) -> Option<f32> {
        let own = self.present_from.iter().find(|(of, written_in, _)| (*of, *written_in) == (category, language));
        own.map(|(_, _, from)| *from)
    }

    fn cues(&self, annotation: &Annotation, post: &Input<'_>) -> Cues {
        let name = |answer: &tidemark_lexicon::Scored| &self.lexica.categories()[answer.category].name;
        let lonely = annotation.lexicon.iter().find(|answer| name(answer) == derived::LONELINESS);
        // A score is hits per token.
        let lonely = lonely.map_or(0, |answer| (answer.score * annotation.n_tokens as f32).round() as u32);
        // Where no head answers, nothing is asked of a post that neither speaks of loneliness nor answers another.
        if annotation.heads.is_empty() && lonely == 0 && !derived::is_given(post.parent) {
            return Cues::default();
        }
        Cues::of(post.text, post.language, lonely, [post.topic, post.parent])
    }

    /// The markers made of what heads and expressions say, for [`Annotator::scores`], [`Annotator::model_answers`] and
    /// [`Annotator::explain`].
    pub(crate) fn derived(&self, annotation: &Annotation) -> Vec<Derived> {
        let said = |marker: &str| {
            let (head, answer) = self.answers(annotation).find(|(head, _)| head.marker == marker)?;
            Some(Said { labels: &head.labels, scores: &answer.scores, holding: &answer.labels })
        };
        derived::all(said, &annotation.cues)
    }

    /// Scores post events. Deletions pass through with no scores.
    ///
    /// # Errors
    /// Where inference fails.
    pub fn annotate_events(&self, events: Vec<PostEvent>) -> Result<(Vec<AnnotatedPost>, usize), Error> {
        let has_text = |event: &PostEvent| matches!(event.operation, Operation::Create | Operation::Update);
        let texts: Vec<_> = events.iter().filter(|event| has_text(event)).map(of_event).collect();
        let (annotations, tokens) = self.annotate(&texts)?;
        metrics::given_topic(annotations.iter().filter(|annotation| annotation.topic.is_some()).count());
        metrics::abstained(annotations.iter().flat_map(|annotation| self.abstaining(annotation)));
        let mut annotations = annotations.into_iter();
        let posts = events
            .into_iter()
            .map(|event| {
                let annotation =
                    if has_text(&event) { annotations.next().unwrap_or_default() } else { Annotation::default() };
                AnnotatedPost {
                    scores: self.scores(&annotation),
                    n_tokens: annotation.n_tokens,
                    provenance: self.provenance.clone(),
                    event,
                }
            })
            .collect();
        Ok((posts, tokens))
    }

    /// The models' answers, each with its head.
    fn answers<'a>(&'a self, annotation: &'a Annotation) -> impl Iterator<Item = (&'a Head, &'a HeadScore)> {
        annotation.heads.iter().map(|(model, answer)| (&self.models[*model].heads()[answer.head], answer))
    }

    /// The markers that were asked of a post and abstain.
    fn abstaining(&self, annotation: &Annotation) -> Vec<String> {
        let heads = self.answers(annotation).filter(|(head, answer)| head.abstains(answer));
        let heads = heads.map(|(head, _)| head.marker.clone());
        let derived = self.derived(annotation).into_iter().filter(Derived::abstains);
        heads.chain(derived.map(|derived| derived.marker.to_owned())).collect()
    }

    /// One score per marker that people show or do not: a head with several labels gives one marker per label. Values on a
    /// scale are in [`Annotator::model_answers`] alone: nobody shows them or does not, so that they have no prevalence. So is
    /// what abstains: whether such a post shows it is not known.
    #[must_use]
    pub fn scores(&self, annotation: &Annotation) -> Vec<Score> {
        let mut scores = Vec::with_capacity(annotation.lexicon.len() + 40);
        let decided =
            |(head, answer): &(&Head, &HeadScore)| head.kind != HeadKind::Regression && !head.abstains(answer);
        for (head, answer) in self.answers(annotation).filter(decided) {
            if head.is_one_number() {
                let present = answer.labels.iter().any(|&label| head.labels[label] == YES);
                let one = |&score| Score { marker: head.marker.clone(), score, present };
                scores.extend(answer.scores.first().map(one));
            } else {
                scores.extend(answer.scores.iter().enumerate().map(|(label, &score)| Score {
                    marker: head.marker_of(&head.labels[label]),
                    score,
                    present: answer.labels.contains(&label),
                }));
            }
        }
        scores.extend(self.derived(annotation).iter().flat_map(Derived::each));
        scores.extend(annotation.lexicon.iter().map(|answer| Score {
            marker: self.lexica.categories()[answer.category].name.clone(),
            score: answer.score,
            present: answer.present,
        }));
        scores
    }

    /// The model markers, and those made of them, in the shape of an annotated file: scores and labels by marker.
    #[must_use]
    pub fn model_answers(&self, annotation: &Annotation) -> (BTreeMap<String, Scores>, BTreeMap<String, Labels>) {
        let (mut scores, mut labels) = (BTreeMap::new(), BTreeMap::new());
        for Derived { marker, scores: score, labels: label } in self.derived(annotation) {
            scores.extend(score.map(|score| (marker.to_owned(), score)));
            labels.extend(label.map(|label| (marker.to_owned(), label)));
        }
        for (head, answer) in self.answers(annotation) {
            let chosen = || answer.labels.iter().map(|&label| head.labels[label].clone());
            let each = || head.labels.iter().cloned().zip(answer.scores.iter().copied()).collect();
            let label = match head.kind {
                HeadKind::Binary | HeadKind::Multiclass => {
                    Some(chosen().next().map_or_else(Labels::abstention, Labels::One))
                }
                HeadKind::Multilabel => Some(Labels::Each(chosen().collect())),
                HeadKind::Regression => None,
            };
            let score = if head.is_one_number() {
                Scores::One(answer.scores.first().copied().unwrap_or_default())
            } else {
                Scores::Each(each())
            };
            scores.insert(head.marker.clone(), score);
            labels.extend(label.map(|label| (head.marker.clone(), label)));
        }
        (scores, labels)
    }

    /// The lexicon categories in the shape of an annotated file: `<lexicon>.<category>`.
    #[must_use]
    pub fn lexicon_answers(&self, annotation: &Annotation) -> BTreeMap<String, f32> {
        annotation
            .lexicon
            .iter()
            .map(|answer| {
                let name = &self.lexica.categories()[answer.category].name;
                (in_lexica(name).to_owned(), answer.score)
            })
            .collect()
    }
}

/// The categories that a lexicon answers, where they are present from a score on.
fn thresholds(lexica: &Lexica, own: &Lexicon, present_from: Option<f64>) -> Vec<(usize, Language, f32)> {
    let Some(from) = present_from else { return Vec::new() };
    let prefix = format!("{LEXICON_PREFIX}{}.", own.name);
    let answered = lexica.categories().iter().enumerate().filter(|(_, category)| category.name.starts_with(&prefix));
    answered.map(|(category, _)| (category, own.language, from as f32)).collect()
}

/// By model and head, whether the settings let it answer.
fn answering(models: &[Model], heads: &Heads) -> Result<Vec<Vec<bool>>, Error> {
    let all = || models.iter().flat_map(Model::heads);
    // Without a model there is nothing to choose from.
    if let (Heads::Only(markers), false) = (heads, models.is_empty())
        && let Some(marker) = markers.iter().find(|marker| all().all(|head| head.marker != **marker))
    {
        let known: Vec<&str> = all().map(|head| head.marker.as_str()).collect();
        return Err(Error::UnknownHead { marker: marker.clone(), known: known.join(", ") });
    }
    Ok(models.iter().map(|model| model.heads().iter().map(|head| heads.admit(head)).collect()).collect())
}

/// Which models made a score: the one that ships by its own hash, unless others stand beside it or some of their heads do
/// not answer.
fn hash_of(models: &[Model], answering: &[Vec<bool>]) -> String {
    let named = |text: String| blake3::hash(text.as_bytes()).to_hex().to_string();
    let models_hash = match models {
        [] => return String::new(),
        [only] => only.hash().to_owned(),
        all => named(all.iter().map(Model::hash).collect::<Vec<_>>().join("\n")),
    };
    let heads = || models.iter().flat_map(Model::heads).zip(answering.iter().flatten());
    if heads().all(|(_, answers)| *answers) {
        return models_hash;
    }
    let those: Vec<&str> = heads().filter(|(_, answers)| **answers).map(|(head, _)| head.marker.as_str()).collect();
    named(format!("{models_hash}\nheads {}", those.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::{Annotator, Input};
    use crate::Settings;
    use serde_json::json;
    use tidemark_domain::Language;

    /// Lexica alone, and one topic.
    fn annotator(topics: &[&str]) -> Annotator {
        let topics: Vec<_> = topics.iter().map(|name| json!({"name": name, "matches": ["vaccin*"]})).collect();
        let settings: Settings =
            serde_json::from_value(json!({"lexica_only": true, "topics": topics})).expect("settings");
        Annotator::load(&settings).expect("lexica")
    }

    #[test]
    fn a_topic_from_the_settings_is_read_as_one_that_comes_with_the_post() {
        let (with, without) = (annotator(&["vaccination"]), annotator(&[]));
        let post = Input::new("so lonely since the vaccine", Language::English);
        let came = Input { topic: Some("vaccination"), ..post };
        let annotated = |annotator: &Annotator, post: Input<'_>| {
            let quiet = Input::new("a quiet day", Language::English);
            let (mut annotations, _) = annotator.annotate(&[quiet, post]).expect("annotated");
            annotations.remove(1)
        };
        let given = annotated(&with, post);
        assert_eq!(with.topic_given(&given), Some("vaccination"));
        assert_eq!(given.cues, annotated(&without, came).cues);
        assert_ne!(given.cues, annotated(&without, post).cues);
        assert_eq!(with.topic_given(&annotated(&with, came)), None, "it came with the post");
        assert_eq!(with.scores(&given), without.scores(&annotated(&without, came)));
        assert_eq!(with.with_topic(post).topic, Some("vaccination"));
    }
}
