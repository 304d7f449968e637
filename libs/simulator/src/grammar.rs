//! The grammar puts texts together: everyday clauses, phrases that express markers, denials of them, and the usual
//! surroundings of a post (mentions, links, emoji, capitals, another language).
//!
//! The phrases live in `grammar/en.toml` and `grammar/es.toml`. They were written from the plain vocabulary of each
//! construct and not from the dictionaries that will measure it.

use crate::{
    Marker, MarkerSet,
    marker::N_MARKERS,
    scenario::Scenario,
    template::{Slots, Template, pick},
};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::collections::BTreeMap;
use tidemark_domain::Language;

/// Separates a phrase from the further markers it expresses.
const ALSO: &str = ">>";
/// Share of marked posts that also hold an everyday clause.
const WITH_CLAUSE: f64 = 0.6;
/// Share of code-switched posts whose marked phrase, too, is in the other language.
const SWITCHED_PHRASE: f64 = 0.2;
/// Share of posts that begin with a mention.
const WITH_MENTION: f64 = 0.06;
/// Share of posts that end with a link.
const WITH_LINK: f64 = 0.05;
/// Share of posts that end with an emoji.
const WITH_EMOJI: f64 = 0.12;
/// Share of posts in capitals.
const SHOUTED: f64 = 0.01;
/// Share of posts whose sentences begin with a capital letter.
const CAPITALISED: f64 = 0.5;
/// What stands between two sentences.
const BETWEEN: [&str; 5] = [". ", ". ", "! ", "... ", ".\n"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    slots: BTreeMap<String, Vec<String>>,
    texts: Texts,
    emoji: BTreeMap<Marker, Vec<String>>,
    phrases: BTreeMap<Marker, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    neutral: Vec<String>,
    decoys: Vec<String>,
    links: Vec<String>,
    emoji: Vec<String>,
}

#[derive(Debug)]
struct Phrase {
    template: Template,
    expresses: MarkerSet,
}

/// One language's part of the grammar.
#[derive(Debug)]
struct Lexis {
    slots: Slots,
    neutral: Vec<Template>,
    decoys: Vec<Template>,
    links: Vec<Template>,
    emoji: Vec<String>,
    marked_emoji: BTreeMap<Marker, Vec<String>>,
    phrases: Vec<Vec<Phrase>>,
}

/// Both languages.
#[derive(Debug)]
pub(crate) struct Grammar {
    english: Lexis,
    spanish: Lexis,
}

/// A text and what a perfect reader finds in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Composed {
    pub(crate) text: String,
    pub(crate) expressed: MarkerSet,
    /// A link or emoji only: there is nothing to read.
    pub(crate) wordless: bool,
}

/// How often the unusual happens, and who writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) language: Language,
    pub(crate) decoy_rate: f64,
    pub(crate) wordless_rate: f64,
    /// 0 for people who write one language.
    pub(crate) code_switch_rate: f64,
}

impl Style {
    pub(crate) fn of(scenario: &Scenario, language: Language, bilingual: bool) -> Self {
        Self {
            language,
            decoy_rate: scenario.decoy_rate,
            wordless_rate: scenario.wordless_rate,
            code_switch_rate: if bilingual { scenario.code_switch_rate } else { 0.0 },
        }
    }
}

impl Lexis {
    fn read(source: &str) -> Self {
        let file: File = toml::from_str(source).expect("the grammar is part of the crate and covered by its tests");
        let templates = |lines: &[String]| lines.iter().map(|line| Template::parse(line)).collect::<Vec<_>>();
        Self {
            slots: file.slots.iter().map(|(name, lines)| (name.clone(), templates(lines))).collect(),
            neutral: templates(&file.texts.neutral),
            decoys: templates(&file.texts.decoys),
            links: templates(&file.texts.links),
            emoji: file.texts.emoji,
            marked_emoji: file.emoji,
            phrases: Marker::ALL
                .iter()
                .map(|marker| file.phrases[marker].iter().map(|line| Phrase::read(*marker, line)).collect())
                .collect(),
        }
    }

    fn say(&self, template: &Template, draws: &mut ChaCha8Rng) -> String {
        let mut text = String::new();
        template.expand(&self.slots, draws, &mut text);
        text
    }
}

impl Phrase {
    fn read(marker: Marker, line: &str) -> Self {
        let (template, also) = line.split_once(ALSO).unwrap_or((line, ""));
        let also = also.split_whitespace().map(|name| {
            *Marker::ALL
                .iter()
                .find(|marker| marker.name() == name)
                .expect("the grammar is part of the crate and covered by its tests")
        });
        Self { template: Template::parse(template.trim_end()), expresses: also.chain([marker]).collect() }
    }
}

impl Grammar {
    /// Reads the grammar that is part of the crate.
    pub(crate) fn embedded() -> Self {
        Self {
            english: Lexis::read(include_str!("../grammar/en.toml")),
            spanish: Lexis::read(include_str!("../grammar/es.toml")),
        }
    }

    fn lexis(&self, language: Language) -> &Lexis {
        if language == Language::Spanish { &self.spanish } else { &self.english }
    }

    /// A post that expresses `markers` and, where a phrase says more than one thing, what else it says.
    pub(crate) fn compose(&self, markers: MarkerSet, style: Style, draws: &mut ChaCha8Rng) -> Composed {
        let lexis = self.lexis(style.language);
        let kind: f64 = draws.random();
        if markers.is_empty() && kind < style.wordless_rate {
            return wordless(lexis, draws);
        }
        let switched = draws.random::<f64>() < style.code_switch_rate;
        let other = if switched { self.other(style.language) } else { lexis };
        let mut expressed = MarkerSet::EMPTY;
        let mut sentences = Vec::new();
        if markers.is_empty() {
            let denies = kind < style.wordless_rate + style.decoy_rate;
            sentences.push(lexis.say(pick(if denies { &lexis.decoys } else { &lexis.neutral }, draws), draws));
        }
        for marker in markers.iter() {
            let speaker = if draws.random::<f64>() < SWITCHED_PHRASE { other } else { lexis };
            let phrase = pick(&speaker.phrases[marker.index()], draws);
            expressed = expressed.union(phrase.expresses);
            sentences.push(speaker.say(&phrase.template, draws));
        }
        if switched || draws.random::<f64>() < WITH_CLAUSE {
            sentences.push(other.say(pick(&other.neutral, draws), draws));
        }
        sentences.shuffle(draws);
        let mut text = join(&sentences, draws);
        decorate(&mut text, lexis, markers, draws);
        Composed { text, expressed, wordless: false }
    }

    /// What an automated account repeats: an advertisement that names markers nobody feels.
    pub(crate) fn advertise(&self, language: Language, draws: &mut ChaCha8Rng) -> String {
        let lexis = self.lexis(language);
        let marker = *pick(&[Marker::Stress, Marker::Anxiety, Marker::Loneliness], draws);
        let phrase = pick(&lexis.phrases[marker.index()], draws);
        let phrase = lexis.say(&phrase.template, draws);
        let offer = if language == Language::Spanish { "Prueba nuestra app" } else { "Try our app" };
        format!("\"{phrase}\"? {offer} https://example.com/app")
    }

    /// How often a phrase of one marker also expresses another, as `[said][also]`, in one language.
    pub(crate) fn overlap(&self, language: Language) -> [[f64; N_MARKERS]; N_MARKERS] {
        let mut overlap = [[0.0; N_MARKERS]; N_MARKERS];
        for (row, phrases) in overlap.iter_mut().zip(&self.lexis(language).phrases) {
            for phrase in phrases {
                phrase.expresses.iter().for_each(|marker| row[marker.index()] += 1.0 / phrases.len() as f64);
            }
        }
        overlap
    }

    fn other(&self, language: Language) -> &Lexis {
        if language == Language::Spanish { &self.english } else { &self.spanish }
    }
}

fn wordless(lexis: &Lexis, draws: &mut ChaCha8Rng) -> Composed {
    let text = if draws.random::<bool>() {
        let link = lexis.say(pick(&lexis.links, draws), draws);
        link.replace(' ', "-")
    } else {
        let count = draws.random_range(1..=4);
        (0..count).map(|_| pick(&lexis.emoji, draws).as_str()).collect()
    };
    Composed { text, expressed: MarkerSet::EMPTY, wordless: true }
}

fn join(sentences: &[String], draws: &mut ChaCha8Rng) -> String {
    let capitals = draws.random::<f64>() < CAPITALISED;
    let mut text = String::new();
    for sentence in sentences {
        if !text.is_empty() {
            let open = !text.ends_with(['?', '!']);
            text.push_str(if open { pick::<&str>(&BETWEEN, draws) } else { " " });
        }
        let mut letters = sentence.chars();
        match letters.next() {
            Some(first) if capitals => text.extend(first.to_uppercase()),
            Some(first) => text.push(first),
            None => {}
        }
        text.push_str(letters.as_str());
    }
    text
}

fn decorate(text: &mut String, lexis: &Lexis, markers: MarkerSet, draws: &mut ChaCha8Rng) {
    if draws.random::<f64>() < SHOUTED {
        *text = text.to_uppercase();
    }
    if draws.random::<f64>() < WITH_MENTION {
        *text = format!("@person{} {text}", draws.random_range(100..1000));
    }
    if draws.random::<f64>() < WITH_EMOJI {
        let fitting = markers.iter().find_map(|marker| lexis.marked_emoji.get(&marker)).unwrap_or(&lexis.emoji);
        // A face beside two feelings says which of them it belongs to; keep to posts where that is plain.
        if markers.iter().count() < 2 {
            text.push(' ');
            text.push_str(pick::<String>(fitting, draws));
        }
    }
    if draws.random::<f64>() < WITH_LINK {
        text.push_str(" https://example.org/");
        text.push_str(&draws.random_range(1000..10_000).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::{Composed, Grammar, Lexis, Style};
    use crate::{
        Marker, MarkerSet,
        draw::{Purpose, rng},
    };
    use std::collections::BTreeSet;
    use tidemark_domain::Language;

    const PHRASES_AT_LEAST: usize = 25;

    fn languages(grammar: &Grammar) -> [&Lexis; 2] {
        [&grammar.english, &grammar.spanish]
    }

    fn style(language: Language) -> Style {
        Style { language, decoy_rate: 0.0, wordless_rate: 0.0, code_switch_rate: 0.0 }
    }

    #[test]
    fn every_slot_is_there_and_every_marker_has_many_phrases() {
        let grammar = Grammar::embedded();
        for lexis in languages(&grammar) {
            let phrases = lexis.phrases.iter().flatten().map(|phrase| &phrase.template);
            let texts = lexis.neutral.iter().chain(&lexis.decoys).chain(&lexis.links);
            for template in phrases.chain(texts).chain(lexis.slots.values().flatten()) {
                for slot in template.slots() {
                    assert!(lexis.slots.contains_key(slot), "{slot}");
                }
            }
            for marker in Marker::ALL {
                assert!(lexis.phrases[marker.index()].len() >= PHRASES_AT_LEAST, "{marker:?}");
            }
            assert!(lexis.slots.values().all(|list| !list.is_empty()));
        }
    }

    #[test]
    fn a_post_says_what_it_was_asked_to_say() {
        let grammar = Grammar::embedded();
        let mut draws = rng(1, Purpose::Day(0));
        let wanted: MarkerSet = [Marker::Stress, Marker::Joy].into_iter().collect();
        for language in [Language::English, Language::Spanish] {
            for _ in 0..200 {
                let Composed { text, expressed, wordless } = grammar.compose(wanted, style(language), &mut draws);
                assert!(wanted.iter().all(|marker| expressed.contains(marker)) && !wordless);
                assert!(!text.contains(['{', '}', '|']) && !text.contains(">>"), "{text}");
            }
        }
    }

    #[test]
    fn texts_vary() {
        let grammar = Grammar::embedded();
        let mut draws = rng(2, Purpose::Day(0));
        let mut neutral = || grammar.compose(MarkerSet::EMPTY, style(Language::Spanish), &mut draws).text;
        assert!((0..500).map(|_| neutral()).collect::<BTreeSet<_>>().len() > 480);
    }

    #[test]
    fn a_wordless_post_has_no_words() {
        let grammar = Grammar::embedded();
        let mut draws = rng(3, Purpose::Day(0));
        let only = Style { wordless_rate: 1.0, ..style(Language::English) };
        for _ in 0..50 {
            let post = grammar.compose(MarkerSet::EMPTY, only, &mut draws);
            assert!(post.wordless && !post.text.contains(' '));
            assert!(post.text.starts_with("https://") || !post.text.chars().any(char::is_alphabetic));
        }
    }
}
