//! VADER's compound score (Hutto & Gilbert, ICWSM 2014), by the rules of vaderSentiment 3.3.2.
//!
//! VADER has its own idea of a word (what stands between white space, stripped of punctuation), of negation (three
//! words back, factor −0.74) and of emphasis (capitals, `!`, `?`, *but*). They are kept, odd corners included, so that
//! numbers compare with the literature; of all this the matcher shares the words of
//! emphasis alone ([`crate::degree`]).

use crate::error::{Fault, LexiconError};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const BOOST: f64 = 0.293;
const CAPITALS: f64 = 0.733;
const NEGATED: f64 = -0.74;
/// The normaliser's constant: about the greatest sum expected.
const ALPHA: f64 = 15.0;
/// A text is positive or negative from this magnitude on.
pub(crate) const PRESENT_FROM: f32 = 0.05;

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
const IDIOMS: &[(&str, f64)] = &[
    ("the shit", 3.0),
    ("the bomb", 3.0),
    ("bad ass", 1.5),
    ("bus stop", 0.0),
    ("yeah right", -2.0),
    ("kiss of death", -1.5),
    ("to die for", 3.0),
    ("beating heart", 3.5),
];

const DAMPENING_PAIRS: &[&str] = &["just enough", "kind of", "sort of"];

/// What VADER knows of a word.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    valence: Option<f64>,
    boost: f64,
    negator: bool,
}

/// The analyser: lexicon, emoji descriptions, rules.
#[derive(Debug, Default)]
pub(crate) struct Vader {
    words: FxHashMap<Box<str>, Known>,
    emoji: FxHashMap<char, Box<str>>,
}

/// One word of a text, as VADER cuts it.
#[derive(Debug)]
struct Word<'t> {
    lower: Cow<'t, str>,
    known: Known,
    capitals: bool,
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
        let mut words: FxHashMap<Box<str>, Known> = FxHashMap::default();
        for (index, line) in lexicon.lines().enumerate() {
            let fault = |fault| LexiconError::Line { file: file.to_owned(), line: index + 1, fault };
            let mut columns = line.trim().split('\t');
            let (Some(term), Some(valence)) = (columns.next(), columns.next()) else {
                return Err(fault(Fault::Columns { expected: "term and valence", found: 1 }));
            };
            let valence = valence.parse::<f64>().map_err(|error| fault(Fault::Weight(error)))?;
            words.entry(term.into()).or_default().valence = Some(valence);
        }
        for booster in BOOSTERS {
            words.entry((*booster).into()).or_default().boost = BOOST;
        }
        for dampener in DAMPENERS {
            words.entry((*dampener).into()).or_default().boost = -BOOST;
        }
        for negator in NEGATORS {
            words.entry((*negator).into()).or_default().negator = true;
        }
        let described = emoji.lines().filter_map(|line| {
            let (symbol, description) = line.split_once('\t')?;
            let mut characters = symbol.chars();
            let only = characters.next()?;
            characters.next().is_none().then(|| (only, description.trim().into()))
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
            let valence = self.known(&lower(stripped)).valence.filter(|valence| *valence != 0.0)?;
            let start = stripped.as_ptr() as usize - base;
            Some(Valenced { span: (start, start + stripped.len()), valence: valence as f32 })
        };
        text.split_whitespace().filter_map(word).collect()
    }

    /// Replaces emoji by their descriptions, set apart by spaces.
    fn describe_emoji<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.chars().any(|character| self.emoji.contains_key(&character)) {
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

    fn words_of<'t>(&self, text: &'t str) -> Vec<Word<'t>> {
        let word = |raw: &'t str| {
            let raw = strip(raw);
            let lower = lower(raw);
            Word { known: self.known(&lower), capitals: is_upper(raw), lower }
        };
        text.split_whitespace().map(word).collect()
    }

    fn known(&self, lower: &str) -> Known {
        let mut known = self.words.get(lower).copied().unwrap_or_default();
        known.negator |= lower.contains("n't");
        known
    }

    /// The valence of one word among its neighbours.
    fn valence(&self, words: &[Word<'_>], at: usize, shouting: bool) -> f64 {
        let word = &words[at];
        let lower = |index: usize| words[index].lower.as_ref();
        let Some(own) = word.known.valence else { return 0.0 };
        if word.known.boost != 0.0 || (lower(at) == "kind" && words.get(at + 1).is_some_and(|next| next.lower == "of"))
        {
            return 0.0;
        }
        let mut valence = own;
        if lower(at) == "no" && words.get(at + 1).is_some_and(|next| next.known.valence.is_some()) {
            valence = 0.0;
        }
        if (at > 0 && lower(at - 1) == "no")
            || (at > 1 && lower(at - 2) == "no")
            || (at > 2 && lower(at - 3) == "no" && matches!(lower(at - 1), "or" | "nor"))
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
    let stripped = raw.trim_matches(|character: char| character.is_ascii_punctuation());
    if stripped.chars().nth(2).is_some() { stripped } else { raw }
}

fn lower(raw: &str) -> Cow<'_, str> {
    if raw.is_ascii() && !raw.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Borrowed(raw)
    } else {
        Cow::Owned(raw.to_lowercase())
    }
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
    let lower = |distance: usize| words[at - distance].lower.as_ref();
    let intense = |distance: usize| matches!(lower(distance), "so" | "this");
    match back {
        1 if lower(2) == "never" && intense(1) => valence * 1.25,
        1 if lower(2) == "without" && lower(1) == "doubt" => valence,
        2 if (lower(3) == "never" && intense(2)) || intense(1) => valence * 1.25,
        2 if lower(3) == "without" && (lower(2) == "doubt" || lower(1) == "doubt") => valence,
        _ if words[at - back - 1].known.negator => valence * NEGATED,
        _ => valence,
    }
}

/// "least" before a word negates it, except in "at least" and "very least".
fn least(valence: f64, words: &[Word<'_>], at: usize) -> f64 {
    let before = |distance: usize| at.checked_sub(distance).map(|index| &words[index]);
    match before(1) {
        Some(word) if word.lower == "least" && word.known.valence.is_none() => {
            if before(2).is_some_and(|word| word.lower == "at" || word.lower == "very") {
                valence
            } else {
                valence * NEGATED
            }
        }
        _ => valence,
    }
}

/// Phrases around the word at `at`, which is at least the fourth.
fn idioms(valence: f64, words: &[Word<'_>], at: usize) -> f64 {
    let is = |from: usize, to: usize, phrase: &str| {
        words.get(from..=to).is_some_and(|found| {
            let mut parts = phrase.split(' ');
            found.iter().all(|word| parts.next() == Some(word.lower.as_ref())) && parts.next().is_none()
        })
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
    let Some(but) = words.iter().position(|word| word.lower == "but") else { return };
    let key = |valence: f64| if valence == 0.0 { 0 } else { valence.to_bits() };
    let mut places: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
    for (at, valence) in valences.iter().enumerate().filter(|(_, valence)| **valence != 0.0) {
        places.entry(key(*valence)).or_default().insert(at);
    }
    for index in 0..valences.len() {
        let valence = valences[index];
        let Some(first) = places.get(&key(valence)).and_then(|found| found.first().copied()) else { continue };
        let turned = match first.cmp(&but) {
            std::cmp::Ordering::Less => valence * 0.5,
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => valence * 1.5,
        };
        if let Some(found) = places.get_mut(&key(valence)) {
            found.remove(&first);
        }
        places.entry(key(turned)).or_default().insert(first);
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
