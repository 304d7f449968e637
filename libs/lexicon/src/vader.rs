//! VADER's compound score (Hutto & Gilbert, ICWSM 2014), by the rules of vaderSentiment 3.3.2.
//!
//! VADER has its own idea of a word (what stands between white space, stripped of punctuation), of negation (three
//! words back, factor −0.74) and of emphasis (capitals, `!`, `?`, *but*). They are kept, odd corners included, so that
//! numbers compare with the literature; of all this the matcher shares the words of
//! emphasis alone ([`crate::degree`]).

use crate::error::{Fault, LexiconError};
use crate::words::{Short, Words};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeSet;

const BOOST: f64 = 0.293;
const CAPITALS: f64 = 0.733;
const NEGATED: f64 = -0.74;
/// The normaliser's constant: about the greatest sum expected.
const ALPHA: f64 = 15.0;
/// A text is positive or negative from this magnitude on.
pub(crate) const PRESENT_FROM: f32 = 0.05;

/// Bytes of a word and the space after it, about.
const BYTES_PER_WORD: usize = 5;

const NEGATORS: &[&str] = &[
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "didnt", "doesnt", "dont", "hadnt", "hasnt", "havent",
    "isnt", "mightnt", "mustnt", "neither", "neednt", "never", "none", "nope", "nor", "not", "nothing", "nowhere",
    "oughtnt", "shant", "shouldnt", "uhuh", "wasnt", "werent", "uh-uh", "without", "wont", "wouldnt", "rarely",
    "seldom", "despite",
];

pub(crate) const BOOSTERS: &[&str] = &[
    "absolutely",
    "amazingly",
    "awfully",
    "completely",
    "considerable",
    "considerably",
    "decidedly",
    "deeply",
    "effing",
    "enormous",
    "enormously",
    "entirely",
    "especially",
    "exceptional",
    "exceptionally",
    "extreme",
    "extremely",
    "fabulously",
    "flipping",
    "flippin",
    "frackin",
    "fracking",
    "fricking",
    "frickin",
    "frigging",
    "friggin",
    "fully",
    "fuckin",
    "fucking",
    "fuggin",
    "fugging",
    "greatly",
    "hella",
    "highly",
    "hugely",
    "incredible",
    "incredibly",
    "intensely",
    "major",
    "majorly",
    "more",
    "most",
    "particularly",
    "purely",
    "quite",
    "really",
    "remarkably",
    "so",
    "substantially",
    "thoroughly",
    "total",
    "totally",
    "tremendous",
    "tremendously",
    "uber",
    "unbelievably",
    "unusually",
    "utter",
    "utterly",
    "very",
];

pub(crate) const DAMPENERS: &[&str] = &[
    "almost",
    "barely",
    "hardly",
    "kinda",
    "kindof",
    "kind-of",
    "less",
    "little",
    "marginal",
    "marginally",
    "occasional",
    "occasionally",
    "partly",
    "scarce",
    "scarcely",
    "slight",
    "slightly",
    "somewhat",
    "sorta",
    "sortof",
    "sort-of",
];

/// Phrases whose valence is not that of their words.
const IDIOMS: &[(&[&str], f64)] = &[
    (&["the", "shit"], 3.0),
    (&["the", "bomb"], 3.0),
    (&["bad", "ass"], 1.5),
    (&["bus", "stop"], 0.0),
    (&["yeah", "right"], -2.0),
    (&["kiss", "of", "death"], -1.5),
    (&["to", "die", "for"], 3.0),
    (&["beating", "heart"], 3.5),
];

const DAMPENING_PAIRS: &[&[&str]] = &[&["just", "enough"], &["kind", "of"], &["sort", "of"]];

/// What VADER knows of a word.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    valence: Option<f64>,
    boost: f64,
    negator: bool,
}

/// What is known of most words.
static UNKNOWN: Known = Known { valence: None, boost: 0.0, negator: false };

/// The analyser: lexicon, emoji descriptions, rules.
#[derive(Debug, Default)]
pub(crate) struct Vader {
    words: Words<Known>,
    emoji: FxHashMap<char, Box<str>>,
}

/// One word of a text, as VADER cuts it.
#[derive(Debug)]
struct Word<'t> {
    raw: &'t str,
    known: &'t Known,
    negator: bool,
    is_ascii: bool,
    capitals: bool,
    is_but: bool,
}

impl Word<'_> {
    /// Whether it is `word`, capitals aside.
    fn is(&self, word: &str) -> bool {
        if self.is_ascii {
            self.raw.eq_ignore_ascii_case(word)
        } else {
            self.raw.chars().flat_map(char::to_lowercase).eq(word.chars())
        }
    }
}

/// A word with a valence, for explanations.
pub(crate) struct Valenced {
    /// Byte offsets in the text.
    pub(crate) span: (usize, usize),
    /// Valence of the word alone, −4 to 4.
    pub(crate) valence: f32,
}

impl Vader {
    /// Reads VADER's lexicon (`term<TAB>valence<TAB>…`) and its emoji descriptions (`emoji<TAB>description`).
    ///
    /// Terms are kept as written, because VADER looks words and emoticons up as they are.
    pub(crate) fn read(file: &str, lexicon: &str, emoji: &str) -> Result<Self, LexiconError> {
        let mut words: Words<Known> = Words::default();
        for (index, line) in lexicon.lines().enumerate() {
            let fault = |fault| LexiconError::Line { file: file.to_owned(), line: index + 1, fault };
            let mut columns = line.trim().split('\t');
            let (Some(term), Some(valence)) = (columns.next(), columns.next()) else {
                return Err(fault(Fault::Columns { expected: "term and valence", found: 1 }));
            };
            let valence = valence.parse::<f64>().map_err(|error| fault(Fault::Weight(error)))?;
            words.entry(term).valence = Some(valence);
        }
        for booster in BOOSTERS {
            words.entry(booster).boost = BOOST;
        }
        for dampener in DAMPENERS {
            words.entry(dampener).boost = -BOOST;
        }
        for negator in NEGATORS {
            words.entry(negator).negator = true;
        }
        let described = emoji.lines().filter_map(|line| {
            let (symbol, description) = line.split_once('\t')?;
            let mut characters = symbol.chars();
            let only = characters.next()?;
            (characters.next().is_none() && !only.is_ascii()).then(|| (only, description.trim().into()))
        });
        Ok(Self { words, emoji: described.collect() })
    }

    /// The compound score of a text, −1 to 1, rounded to four decimals as VADER does.
    pub(crate) fn compound(&self, text: &str) -> f64 {
        let described = self.describe_emoji(text);
        let words = self.words_of(&described);
        let capitals = words.iter().filter(|word| word.capitals).count();
        let shouting = capitals > 0 && capitals < words.len();
        let mut valences: Vec<f64> = (0..words.len()).map(|at| self.valence(&words, at, shouting)).collect();
        turn_at_but(&words, &mut valences);
        let mut sum: f64 = valences.iter().sum();
        let emphasis = emphasis(&described);
        if sum > 0.0 {
            sum += emphasis;
        } else if sum < 0.0 {
            sum -= emphasis;
        }
        let compound = (sum / (sum * sum + ALPHA).sqrt()).clamp(-1.0, 1.0);
        (compound * 10_000.0).round() / 10_000.0
    }

    /// The words that carry a valence, before any rule.
    pub(crate) fn valenced(&self, text: &str) -> Vec<Valenced> {
        let base = text.as_ptr() as usize;
        let word = |raw: &str| {
            let stripped = strip(raw);
            let valence = self.word(stripped, text).known.valence.filter(|valence| *valence != 0.0)?;
            let start = stripped.as_ptr() as usize - base;
            Some(Valenced { span: (start, start + stripped.len()), valence: valence as f32 })
        };
        text.split_whitespace().filter_map(word).collect()
    }

    /// Replaces emoji by their descriptions, set apart by spaces.
    fn describe_emoji<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // None of them is ASCII.
        let is_described = |character: char| !character.is_ascii() && self.emoji.contains_key(&character);
        if text.is_ascii() || !text.chars().any(is_described) {
            return Cow::Borrowed(text.trim());
        }
        let mut out = String::with_capacity(text.len() * 2);
        let mut after_space = true;
        for character in text.chars() {
            if let Some(description) = self.emoji.get(&character) {
                if !after_space {
                    out.push(' ');
                }
                out.push_str(description);
                after_space = false;
            } else {
                out.push(character);
                after_space = character == ' ';
            }
        }
        Cow::Owned(out.trim().to_owned())
    }

    fn words_of<'t>(&'t self, text: &'t str) -> Vec<Word<'t>> {
        // About as many as there are, so that they are not moved again and again.
        let mut words = Vec::with_capacity(text.len() / BYTES_PER_WORD + 1);
        words.extend(text.split_whitespace().map(|chunk| self.word(strip(chunk), text)));
        words
    }

    /// A word that is a part of `text`.
    #[inline]
    fn word<'t>(&'t self, raw: &'t str, text: &str) -> Word<'t> {
        let from = raw.as_ptr() as usize - text.as_ptr() as usize;
        let short = Short::of(text, from, from + raw.len()).filter(|short| short.0.is_ascii());
        let Some(Short(mut letters)) = short else {
            let lower = raw.to_lowercase();
            let known = self.words.get(&lower).unwrap_or(&UNKNOWN);
            let negator = known.negator || lower.contains("n't");
            return Word { raw, known, negator, is_ascii: raw.is_ascii(), capitals: is_upper(raw), is_but: false };
        };
        let written = letters;
        let mut raised = written;
        raised.make_ascii_uppercase();
        letters.make_ascii_lowercase();
        let capitals = letters != written && raised == written;
        let has_apostrophe = letters.iter().fold(false, |any, letter| any | (*letter == b'\''));
        let known = self.words.get_short(Short(letters)).unwrap_or(&UNKNOWN);
        let negator = known.negator || (has_apostrophe && letters.windows(3).any(|part| part == b"n't"));
        let is_but = raw.len() == 3 && letters.starts_with(b"but");
        Word { raw, known, negator, is_ascii: true, capitals, is_but }
    }

    /// The valence of one word among its neighbours.
    fn valence(&self, words: &[Word<'_>], at: usize, shouting: bool) -> f64 {
        let word = &words[at];
        let is = |index: usize, other: &str| words[index].is(other);
        let Some(own) = word.known.valence else { return 0.0 };
        if word.known.boost != 0.0 || (is(at, "kind") && words.get(at + 1).is_some_and(|next| next.is("of"))) {
            return 0.0;
        }
        let mut valence = own;
        if is(at, "no") && words.get(at + 1).is_some_and(|next| next.known.valence.is_some()) {
            valence = 0.0;
        }
        if (at > 0 && is(at - 1, "no"))
            || (at > 1 && is(at - 2, "no"))
            || (at > 2 && is(at - 3, "no") && (is(at - 1, "or") || is(at - 1, "nor")))
        {
            valence = own * NEGATED;
        }
        if word.capitals && shouting {
            valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        for back in 0..3 {
            if at <= back || words[at - back - 1].known.valence.is_some() {
                continue;
            }
            let fading = [1.0, 0.95, 0.9][back];
            valence += boost(&words[at - back - 1], valence, shouting) * fading;
            valence = negate(valence, words, back, at);
            if back == 2 {
                valence = idioms(valence, words, at);
            }
        }
        least(valence, words, at)
    }
}

/// Trims ASCII punctuation, unless two characters or fewer would be left: those are emoticons.
fn strip(raw: &str) -> &str {
    let bytes = raw.as_bytes();
    if let (Some(first), Some(last)) = (bytes.first(), bytes.last())
        && !first.is_ascii_punctuation()
        && !last.is_ascii_punctuation()
    {
        return raw;
    }
    let is_letter = |byte: &u8| !byte.is_ascii_punctuation();
    // Where ASCII ends, a character does.
    let stripped = match (bytes.iter().position(is_letter), bytes.iter().rposition(is_letter)) {
        (Some(first), Some(last)) => &raw[first..=last],
        _ => "",
    };
    if stripped.chars().nth(2).is_some() { stripped } else { raw }
}

/// At least one letter with a case, and none in lower case.
fn is_upper(raw: &str) -> bool {
    raw.chars().any(char::is_uppercase) && !raw.chars().any(char::is_lowercase)
}

/// What a booster or dampener before a word of `valence` adds to it.
fn boost(word: &Word<'_>, valence: f64, shouting: bool) -> f64 {
    if word.known.boost == 0.0 {
        return 0.0;
    }
    let boost = if valence < 0.0 { -word.known.boost } else { word.known.boost };
    match (word.capitals && shouting, valence > 0.0) {
        (false, _) => boost,
        (true, true) => boost + CAPITALS,
        (true, false) => boost - CAPITALS,
    }
}

/// Applies the negator `back + 1` words before the word at `at`.
fn negate(valence: f64, words: &[Word<'_>], back: usize, at: usize) -> f64 {
    let is = |distance: usize, word: &str| words[at - distance].is(word);
    let intense = |distance: usize| is(distance, "so") || is(distance, "this");
    match back {
        1 if is(2, "never") && intense(1) => valence * 1.25,
        1 if is(2, "without") && is(1, "doubt") => valence,
        2 if (is(3, "never") && intense(2)) || intense(1) => valence * 1.25,
        2 if is(3, "without") && (is(2, "doubt") || is(1, "doubt")) => valence,
        _ if words[at - back - 1].negator => valence * NEGATED,
        _ => valence,
    }
}

/// "least" before a word negates it, except in "at least" and "very least".
fn least(valence: f64, words: &[Word<'_>], at: usize) -> f64 {
    let before = |distance: usize| at.checked_sub(distance).map(|index| &words[index]);
    match before(1) {
        Some(word) if word.known.valence.is_none() && word.is("least") => {
            if before(2).is_some_and(|word| word.is("at") || word.is("very")) { valence } else { valence * NEGATED }
        }
        _ => valence,
    }
}

/// Phrases around the word at `at`, which is at least the fourth.
fn idioms(valence: f64, words: &[Word<'_>], at: usize) -> f64 {
    let is = |from: usize, to: usize, phrase: &[&str]| {
        let found = words.get(from..=to).filter(|found| found.len() == phrase.len());
        found.is_some_and(|found| found.iter().zip(phrase).all(|(word, part)| word.is(part)))
    };
    let idiom =
        |from: usize, to: usize| IDIOMS.iter().find(|(phrase, _)| is(from, to, phrase)).map(|(_, value)| *value);
    let mut valence = [(at - 1, at), (at - 2, at), (at - 2, at - 1), (at - 3, at - 1), (at - 3, at - 2)]
        .into_iter()
        .find_map(|(from, to)| idiom(from, to))
        .unwrap_or(valence);
    for to in [at + 1, at + 2] {
        valence = idiom(at, to).unwrap_or(valence);
    }
    for (from, to) in [(at - 3, at - 1), (at - 3, at - 2), (at - 2, at - 1)] {
        if DAMPENING_PAIRS.iter().any(|pair| is(from, to, pair)) {
            valence -= BOOST;
        }
    }
    valence
}

/// Halves what stands before the first "but" and raises what stands after it by half.
///
/// VADER finds the place of each valence by its value, so that of equal valences only the first is changed, as often
/// as the value comes up; this does the same with an index, in O(n log n).
fn turn_at_but(words: &[Word<'_>], valences: &mut [f64]) {
    let Some(but) = words.iter().position(|word| word.is_but) else { return };
    let valenced = valences.iter().enumerate().filter(|(_, valence)| **valence != 0.0);
    let mut places: BTreeSet<(u64, usize)> = valenced.map(|(at, valence)| (valence.to_bits(), at)).collect();
    for index in 0..valences.len() {
        let valence = valences[index];
        if valence == 0.0 {
            continue;
        }
        let bits = valence.to_bits();
        let Some((_, first)) = places.range((bits, 0)..=(bits, usize::MAX)).next().copied() else { continue };
        let turned = match first.cmp(&but) {
            std::cmp::Ordering::Less => valence * 0.5,
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => valence * 1.5,
        };
        places.remove(&(bits, first));
        places.insert((turned.to_bits(), first));
        valences[first] = turned;
    }
}

/// Emphasis of `!` (up to four) and `?` (from two).
fn emphasis(text: &str) -> f64 {
    let count = |mark: u8| text.bytes().filter(|byte| *byte == mark).count();
    let questions = match count(b'?') {
        0 | 1 => 0.0,
        few @ 2..=3 => few as f64 * 0.18,
        _ => 0.96,
    };
    count(b'!').min(4) as f64 * 0.292 + questions
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::bundled;

    #[test]
    fn a_word_is_but_only_as_a_whole() {
        let vader = bundled::vader().unwrap();
        assert!(vader.compound("great but bad") < vader.compound("great but\0x bad"));
        assert!((vader.compound("great bUT bad") - vader.compound("great but bad")).abs() < 1e-9);
    }

    /// Answers of vaderSentiment 3.3.2, from its own examples and from sentences that reach its odd corners.
    #[test]
    fn compound_is_what_vader_sentiment_answers() {
        let vader = bundled::vader().unwrap();
        for line in include_str!("../tests/cases/vader.tsv").lines() {
            let (text, expected) = line.rsplit_once('\t').unwrap();
            let expected: f64 = expected.parse().unwrap();
            assert!(
                (vader.compound(text) - expected).abs() < 1e-4,
                "{text}: {} is not {expected}",
                vader.compound(text)
            );
        }
    }
}
