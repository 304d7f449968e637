//! *Topics*: what a post is about, told from its words, for heads and rules that read a topic. The same text has the same
//! topic in a stream, in a file and after any crash, for nothing but the text and the list decides.

use crate::annotator::Input;
use serde::{Deserialize, Serialize};
use tidemark_domain::Language;
use tidemark_lexicon::{Fault, Lexica, Lexicon, LexiconError, Negation};

/// More topics are a mistake, or the work of a classifier.
const TOPICS_MAX: usize = 64;
/// The languages whose posts are given topics: those that lexica have. A term is looked for in each of them.
const LANGUAGES: [Language; 2] = [Language::English, Language::Spanish];
/// What the terms' lexicon is called. It is no marker's.
const LEXICON: &str = "topics";

/// A topic, and the words by which posts are known to be about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name, which is what the model reads: in the words that people use.
    pub name: String,
    /// Terms as lexica have them: words, expressions, emoji; a `*` at the end makes the last word a prefix.
    pub matches: Vec<String>,
}

/// Topics in their order: a post has the first of which it holds a term.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Topic>", into = "Vec<Topic>")]
pub struct Topics(Vec<Topic>);

impl Topics {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The version of what makes scores: `model`, and these topics, names, terms and order, where there are any. Where no
    /// model scores, no score depends on them, and there is no version.
    pub(crate) fn version(&self, model: String) -> String {
        if self.is_empty() || model.is_empty() {
            return model;
        }
        let mut hasher = blake3::Hasher::new();
        for topic in &self.0 {
            hasher.update(&(topic.matches.len() as u64).to_le_bytes());
            for part in std::iter::once(&topic.name).chain(&topic.matches) {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        blake3::hash(format!("{model}\ntopics {}", hasher.finalize().to_hex()).as_bytes()).to_hex().to_string()
    }
}

impl TryFrom<Vec<Topic>> for Topics {
    type Error = String;

    fn try_from(mut topics: Vec<Topic>) -> Result<Self, String> {
        if topics.len() > TOPICS_MAX {
            return Err(format!("{} topics are given; {TOPICS_MAX} are the most", topics.len()));
        }
        for topic in &mut topics {
            topic.name = topic.name.trim().to_owned();
        }
        for (place, topic) in topics.iter().enumerate() {
            let name = &topic.name;
            if name.is_empty() {
                return Err(format!("topic {} has no name", place + 1));
            }
            if topics[..place].iter().any(|before| before.name.to_lowercase() == name.to_lowercase()) {
                return Err(format!("two topics are named `{name}`: give all terms to one of them"));
            }
            if topic.matches.is_empty() {
                return Err(format!("the topic `{name}` has an empty list `matches`: give it at least one term"));
            }
            lexicon(place, topic, LANGUAGES[0]).map_err(|error| told(topic, error))?;
        }
        Ok(Self(topics))
    }
}

impl From<Topics> for Vec<Topic> {
    fn from(topics: Topics) -> Self {
        topics.0
    }
}

/// The terms of the topic at a place. Its category is its place, so that categories stand in the topics' order.
fn lexicon(place: usize, topic: &Topic, language: Language) -> Result<Lexicon, LexiconError> {
    let terms = topic.matches.iter().map(String::as_str);
    let lexicon = Lexicon::of_terms(LEXICON, language, &format!("{place:03}"), terms)?;
    // "Not vaccinated" is about vaccination.
    Ok(Lexicon { negation: Negation::Ignored, ..lexicon })
}

/// What is wrong with a topic's terms.
fn told(topic: &Topic, error: LexiconError) -> String {
    let name = &topic.name;
    let term = |line: usize| topic.matches.get(line.saturating_sub(1)).map_or("", String::as_str);
    match error {
        LexiconError::Line { line, fault: Fault::Duplicate { first }, .. } => {
            format!("the topic `{name}`: its term {line}, `{}`, is its term {first} again", term(line))
        }
        LexiconError::Line { line, fault, .. } => {
            format!("the topic `{name}`: its term {line}, `{}`: {fault}", term(line))
        }
        error => format!("the topic `{name}`: {error}"),
    }
}

/// Topics as posts are held against them.
#[derive(Debug)]
pub(crate) struct Finder {
    names: Vec<String>,
    /// A category for each topic, in their order.
    lexica: Lexica,
}

impl Finder {
    /// Compiles topics.
    pub(crate) fn new(topics: &Topics) -> Result<Self, LexiconError> {
        let each = || topics.0.iter().enumerate();
        let lexica = LANGUAGES
            .into_iter()
            .flat_map(|language| each().map(move |(place, topic)| lexicon(place, topic, language)))
            .collect::<Result<Vec<_>, _>>()?;
        let names = topics.0.iter().map(|topic| topic.name.clone()).collect();
        Ok(Self { names, lexica: Lexica::compile(&lexica, String::new())? })
    }

    /// The topic that a post is to be given, by its place; none where it comes with one, or holds no term.
    pub(crate) fn of(&self, post: &Input<'_>) -> Option<usize> {
        let has_own = post.topic.is_some_and(|topic| !topic.trim().is_empty());
        if self.names.is_empty() || has_own {
            return None;
        }
        let answer = self.lexica.score(post.text, post.language);
        answer.scored.iter().find(|scored| scored.present).map(|scored| scored.category)
    }

    /// The name of the topic at a place.
    pub(crate) fn name(&self, place: usize) -> &str {
        &self.names[place]
    }

    /// A post with the topic that it is to be given, if any.
    pub(crate) fn given<'a>(&'a self, post: Input<'a>) -> Input<'a> {
        match self.of(&post) {
            Some(place) => Input { topic: Some(self.name(place)), ..post },
            None => post,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Finder, TOPICS_MAX, Topics};
    use crate::Settings;
    use crate::annotator::Input;
    use serde_json::{Value, json};
    use tidemark_domain::Language;

    fn read(topics: Value) -> Result<Topics, String> {
        let settings = serde_json::from_value::<Settings>(json!({ "topics": topics }));
        settings.map(|settings| settings.topics).map_err(|error| error.to_string())
    }

    fn topics(topics: Value) -> Topics {
        read(topics).expect("topics")
    }

    fn vaccination_and_climate() -> Topics {
        topics(json!([
            {"name": "vaccination", "matches": ["vaccin*", "vacuna*", "anti vax", "💉"]},
            {"name": "climate policy", "matches": ["carbon tax", "impuesto al carbono", "vaccine passport", "cli*"]},
        ]))
    }

    /// The topic of a text that comes with none.
    fn topic(topics: &Topics, text: &str, language: Language) -> Option<String> {
        let finder = Finder::new(topics).expect("compiled");
        finder.given(Input::new(text, language)).topic.map(str::to_owned)
    }

    #[test]
    fn a_post_has_the_first_topic_of_which_it_holds_a_term() {
        let topics = vaccination_and_climate();
        let english = |text: &str| topic(&topics, text, Language::English);
        let spanish = |text: &str| topic(&topics, text, Language::Spanish);
        let (vaccination, climate) = (Some("vaccination".to_owned()), Some("climate policy".to_owned()));
        assert_eq!(english("a CARBON tax, now"), climate);
        assert_eq!(english("no carbon, tax me"), None, "an expression does not reach across a clause");
        // Both topics, and a term inside another topic's longer one: the order decides.
        assert_eq!(english("a carbon tax pays for vaccines"), vaccination);
        assert_eq!(english("a vaccine passport"), vaccination);
        // Wildcards, hashtags, emoji and elongation are the lexicon engine's; so is what stands for a person.
        assert_eq!(english("#VaccinesWork"), vaccination);
        assert_eq!(english("got my 💉 today"), vaccination);
        assert_eq!(english("these anti-vax people"), vaccination);
        assert_eq!(english("@vaccines said so"), None);
        // What is denied is spoken of.
        assert_eq!(english("I am not vaccinated"), vaccination);
        assert_eq!(english("never had a vaccine"), vaccination);
        // Terms are not of a language.
        assert_eq!(spanish("Las VACUNAS salvan"), vaccination);
        assert_eq!(english("they say vacunarse"), vaccination);
        assert_eq!(spanish("otro impuesto al carbono"), climate);
        assert_eq!(english("a quiet day"), None);
        assert_eq!(topic(&topics, "vaccin", Language::Other), None);
    }

    #[test]
    fn a_topic_that_a_post_comes_with_stays() {
        let finder = Finder::new(&vaccination_and_climate()).expect("compiled");
        let with = |topic| Input { topic: Some(topic), ..Input::new("vaccines", Language::English) };
        assert_eq!(finder.given(with("the law")).topic, Some("the law"));
        assert_eq!(finder.given(with("  ")).topic, Some("vaccination"), "a blank one is none");
        let none = Finder::new(&Topics::default()).expect("compiled");
        assert_eq!(none.given(Input::new("vaccines", Language::English)).topic, None);
    }

    #[test]
    fn the_order_of_many_topics_is_that_of_the_file() {
        let one = |n: usize| json!({"name": format!("t{n}"), "matches": ["all", format!("only{n}")]});
        let many = topics(json!((0..TOPICS_MAX).map(one).collect::<Vec<_>>()));
        let of = |text: &str| topic(&many, text, Language::Spanish);
        assert_eq!(of("all of them"), Some("t0".to_owned()));
        assert_eq!(of("only2 and only10"), Some("t2".to_owned()));
        assert_eq!(of("only63"), Some("t63".to_owned()));
    }

    #[test]
    fn what_is_wrong_with_a_list_is_told() {
        let topic = |name: &str, matches: &[&str]| json!({"name": name, "matches": matches});
        for (wrong, words) in [
            (json!([topic("a", &[])]), &["`a`", "empty list `matches`"][..]),
            (json!([topic(" ", &["x"])]), &["topic 1 has no name"]),
            (json!([topic("a", &["x"]), topic(" A", &["y"])]), &["two topics are named `A`"]),
            (json!([topic("a", &["xyz", "va*"])]), &["`a`", "term 2, `va*`", "at least 3 characters"]),
            (json!([topic("a", &["x", "X"])]), &["`a`", "term 2, `X`", "term 1 again"]),
            (json!([topic("a", &["!"])]), &["`a`", "term 1, `!`", "can never match"]),
            (json!([topic("a", &["va*x y"])]), &["`a`", "`*` may only end"]),
            (json!([{"name": "a", "match": ["x"]}]), &["match"]),
            (json!((0..=TOPICS_MAX).map(|n| topic(&format!("t{n}"), &["x"])).collect::<Vec<_>>()), &["65", "64"]),
        ] {
            let error = read(wrong).expect_err("refused");
            assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
        }
    }

    #[test]
    fn every_change_of_a_list_is_another_version() {
        let one = |name: &str, matches: &[&str]| json!({"name": name, "matches": matches});
        let lists = [
            json!([one("a", &["x", "y"])]),
            json!([one("a", &["y", "x"])]),
            json!([one("a", &["x"])]),
            json!([one("b", &["x", "y"])]),
            json!([one("a", &["x"]), one("y", &["z"])]),
            json!([one("y", &["z"]), one("a", &["x"])]),
        ];
        let mut versions: Vec<String> = lists.map(|list| topics(list).version("model".to_owned())).to_vec();
        versions.push(Topics::default().version("model".to_owned()));
        assert_eq!(versions.last().map(String::as_str), Some("model"));
        for (place, version) in versions.iter().enumerate() {
            assert!(!versions[..place].contains(version), "{place}");
        }
        let again = vaccination_and_climate();
        assert_eq!(again.version("m".to_owned()), vaccination_and_climate().version("m".to_owned()));
        assert_ne!(again.version("m".to_owned()), again.version("n".to_owned()));
        assert_eq!(again.version(String::new()), "", "no model scores");
    }
}
