//! VADER's compound score (Hutto & Gilbert, ICWSM 2014), by the rules of vaderSentiment 3.3.2.
//!
//! VADER has its own idea of a word (what stands between white space, stripped of punctuation), of negation (three
//! words back, factor −0.74) and of emphasis (capitals, `!`, `?`, *but*). They are kept, odd corners included, so that
//! numbers compare with the literature. With the rest of the crate it shares the words of emphasis ([`crate::degree`]), and
//! that tokens are cut and looked up once: most of its words are tokens as well.

mod named;

use crate::error::{Fault, LexiconError};
use crate::tokenise::{Chunk, Tokens};
use crate::words::Words;
use named::{ASKED_FOR, DAMPENING_PAIRS, IDIOMS, NEGATORS, the};
pub(crate) use named::{BOOSTERS, DAMPENERS, WordId};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

const BOOST: f64 = 0.293;
const CAPITALS: f64 = 0.733;
const NEGATED: f64 = -0.74;
/// The normaliser's constant: about the greatest sum expected.
const ALPHA: f64 = 15.0;
/// A text is positive or negative from this magnitude on.
pub(crate) const PRESENT_FROM: f32 = 0.05;

/// What VADER knows of a word.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    valence: Option<f64>,
    boost: f64,
    negator: bool,
}

/// The analyser: lexicon, emoji descriptions, rules.
#[derive(Debug)]
pub(crate) struct Vader {
    ids: Words<WordId>,
    /// By id.
    known: Vec<Known>,
    emoji: FxHashMap<char, Box<str>>,
}

/// One word of a text, as VADER cuts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    id: WordId,
    capitals: bool,
}

/// What one text needs; kept from text to text.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    words: Vec<Word>,
    valences: Vec<f64>,
    lower: String,
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
        let described = emoji.lines().filter_map(|line| {
            let (symbol, description) = line.split_once('\t')?;
            let mut characters = symbol.chars();
            let only = characters.next()?;
            (characters.next().is_none() && !only.is_ascii()).then(|| (only, description.trim().into()))
        });
        let mut vader = Self { ids: Words::default(), known: vec![Known::default()], emoji: described.collect() };
        // First, so that their ids are their places.
        for word in ASKED_FOR {
            vader.known_of(word);
        }
        for (index, line) in lexicon.lines().enumerate() {
            let fault = |fault| LexiconError::Line { file: file.to_owned(), line: index + 1, fault };
            let mut columns = line.trim().split('\t');
            let (Some(term), Some(valence)) = (columns.next(), columns.next()) else {
                return Err(fault(Fault::Columns { expected: "term and valence", found: 1 }));
            };
            let valence = valence.parse::<f64>().map_err(|error| fault(Fault::Weight(error)))?;
            vader.known_of(term).valence = Some(valence);
        }
        for booster in BOOSTERS {
            vader.known_of(booster).boost = BOOST;
        }
        for dampener in DAMPENERS {
            vader.known_of(dampener).boost = -BOOST;
        }
        for negator in NEGATORS {
            vader.known_of(negator).negator = true;
        }
        Ok(vader)
    }

    /// What is known of a word, to be added to.
    fn known_of(&mut self, word: &str) -> &mut Known {
        let id = self.ids.entry(word);
        if *id == WordId::UNKNOWN {
            *id = WordId::at(self.known.len());
            self.known.push(Known { negator: word.contains("n't"), ..Known::default() });
        }
        &mut self.known[id.place()]
    }

    /// Which word this is, which is in lower case.
    pub(crate) fn id(&self, lower: &str) -> WordId {
        match self.ids.get(lower) {
            Some(id) => *id,
            None if lower.contains("n't") => the!("n't"),
            None => WordId::UNKNOWN,
        }
    }

    /// The compound score of a text, −1 to 1, rounded to four decimals as VADER does. `id_of` answers which word a token is.
    pub(crate) fn compound(
        &self,
        text: &str,
        tokens: &Tokens,
        id_of: impl Fn(usize) -> WordId,
        Buffers { words, valences, lower }: &mut Buffers,
    ) -> f64 {
        words.clear();
        let described = self.described(text);
        match &described {
            Some(described) => words.extend(self.cut(described, lower)),
            None => words.extend(self.cut_by(text, tokens, id_of, lower)),
        }
        let capitals = words.iter().filter(|word| word.capitals).count();
        let shouting = capitals > 0 && capitals < words.len();
        valences.clear();
        valences.extend((0..words.len()).map(|at| self.valence(words, at, shouting)));
        turn_at_but(words, valences);
        let mut sum: f64 = valences.iter().sum();
        let emphasis = emphasis(described.as_deref().unwrap_or(text));
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
        let (base, mut lower) = (text.as_ptr() as usize, String::new());
        let word = |raw: &str| {
            let stripped = strip(raw);
            let valence = self.known(self.word(stripped, &mut lower)).valence.filter(|valence| *valence != 0.0)?;
            let start = stripped.as_ptr() as usize - base;
            Some(Valenced { span: (start, start + stripped.len()), valence: valence as f32 })
        };
        text.split_whitespace().filter_map(word).collect()
    }

    /// The text with descriptions in the place of emoji, set apart by spaces; nothing where it has none.
    fn described(&self, text: &str) -> Option<String> {
        // None of them is ASCII.
        let is_described = |character: char| !character.is_ascii() && self.emoji.contains_key(&character);
        if text.is_ascii() || !text.chars().any(is_described) {
            return None;
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
        Some(out)
    }

    /// The words of a text.
    fn cut(&self, text: &str, lower: &mut String) -> impl Iterator<Item = Word> {
        text.split_whitespace().map(|chunk| self.word(strip(chunk), lower))
    }

    /// The same, where most are tokens that are known.
    fn cut_by(
        &self,
        text: &str,
        tokens: &Tokens,
        id_of: impl Fn(usize) -> WordId,
        lower: &mut String,
    ) -> impl Iterator<Item = Word> {
        tokens.chunks().iter().map(move |&Chunk { start, end, word }| {
            match word.map(|token| (token, tokens.all()[token])) {
                // What `strip` leaves of it, unless that is two letters or fewer.
                Some((place, token)) if token.end == end || token.end - token.start > 2 => {
                    Word { id: id_of(place), capitals: is_upper(&text[token.start..token.end]) }
                }
                _ => self.word(strip(&text[start..end]), lower),
            }
        })
    }

    fn word(&self, raw: &str, lower: &mut String) -> Word {
        lower.clear();
        if raw.is_ascii() {
            lower.push_str(raw);
            lower.make_ascii_lowercase();
        } else {
            lower.push_str(&raw.to_lowercase());
        }
        Word { id: self.id(lower), capitals: is_upper(raw) }
    }

    fn known(&self, word: Word) -> &Known {
        &self.known[word.id.place()]
    }

    /// The valence of one word among its neighbours.
    fn valence(&self, words: &[Word], at: usize, shouting: bool) -> f64 {
        let known = self.known(words[at]);
        let is = |index: usize, word: WordId| words[index].id == word;
        let Some(own) = known.valence else { return 0.0 };
        if known.boost != 0.0 || (is(at, the!("kind")) && words.get(at + 1).is_some_and(|next| next.id == the!("of"))) {
            return 0.0;
        }
        let mut valence = own;
        if is(at, the!("no")) && words.get(at + 1).is_some_and(|next| self.known(*next).valence.is_some()) {
            valence = 0.0;
        }
        if (at > 0 && is(at - 1, the!("no")))
            || (at > 1 && is(at - 2, the!("no")))
            || (at > 2 && is(at - 3, the!("no")) && (is(at - 1, the!("or")) || is(at - 1, the!("nor"))))
        {
            valence = own * NEGATED;
        }
        if words[at].capitals && shouting {
            valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        for back in 0..3 {
            if at <= back || self.known(words[at - back - 1]).valence.is_some() {
                continue;
            }
            let fading = [1.0, 0.95, 0.9][back];
            valence += self.boost(words[at - back - 1], valence, shouting) * fading;
            valence = self.negate(valence, words, back, at);
            if back == 2 {
                valence = idioms(valence, words, at);
            }
        }
        self.least(valence, words, at)
    }

    /// What a booster or dampener before a word of `valence` adds to it.
    fn boost(&self, word: Word, valence: f64, shouting: bool) -> f64 {
        let boost = self.known(word).boost;
        if boost == 0.0 {
            return 0.0;
        }
        let boost = if valence < 0.0 { -boost } else { boost };
        match (word.capitals && shouting, valence > 0.0) {
            (false, _) => boost,
            (true, true) => boost + CAPITALS,
            (true, false) => boost - CAPITALS,
        }
    }

    /// Applies the negator `back + 1` words before the word at `at`.
    fn negate(&self, valence: f64, words: &[Word], back: usize, at: usize) -> f64 {
        let is = |distance: usize, word: WordId| words[at - distance].id == word;
        let intense = |distance: usize| is(distance, the!("so")) || is(distance, the!("this"));
        match back {
            1 if is(2, the!("never")) && intense(1) => valence * 1.25,
            1 if is(2, the!("without")) && is(1, the!("doubt")) => valence,
            2 if (is(3, the!("never")) && intense(2)) || intense(1) => valence * 1.25,
            2 if is(3, the!("without")) && (is(2, the!("doubt")) || is(1, the!("doubt"))) => valence,
            _ if self.known(words[at - back - 1]).negator => valence * NEGATED,
            _ => valence,
        }
    }

    /// "least" before a word negates it, except in "at least" and "very least".
    fn least(&self, valence: f64, words: &[Word], at: usize) -> f64 {
        let before = |distance: usize| at.checked_sub(distance).map(|index| words[index]);
        match before(1) {
            Some(word) if word.id == the!("least") && self.known(word).valence.is_none() => {
                if before(2).is_some_and(|word| [the!("at"), the!("very")].contains(&word.id)) {
                    valence
                } else {
                    valence * NEGATED
                }
            }
            _ => valence,
        }
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
    !raw.chars().any(char::is_lowercase) && raw.chars().any(char::is_uppercase)
}

/// Phrases around the word at `at`, which is at least the fourth.
fn idioms(valence: f64, words: &[Word], at: usize) -> f64 {
    let is = |from: usize, to: usize, phrase: &[WordId]| {
        // Most words begin none.
        let found = words.get(from..=to).filter(|found| found[0].id.is_asked_for() && found.len() == phrase.len());
        found.is_some_and(|found| found.iter().zip(phrase).all(|(word, part)| word.id == *part))
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
fn turn_at_but(words: &[Word], valences: &mut [f64]) {
    let Some(but) = words.iter().position(|word| word.id == the!("but")) else { return };
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
    use super::named::{ASKED_FOR, asked_for};
    use super::{Vader, Word, WordId, the};
    use crate::bundled;
    use crate::tokenise::Tokens;

    /// The words of a text, as tokens know them.
    fn words(vader: &Vader, text: &str) -> Vec<Word> {
        let mut tokens = Tokens::default();
        tokens.read(text);
        vader.cut_by(text, &tokens, |token| vader.id(tokens.norm(token)), &mut String::new()).collect()
    }

    #[test]
    fn words_are_the_same_whoever_cut_them() {
        let vader = bundled::vader().unwrap();
        let parts = "so SO so. no! ok I Don't DON'T, won\u{2019}t kind http https. @user. www.good.com GOOD!!! good-bad \
                     (good) :) :-(. a \u{e9}t\u{e9} caf\u{e9}! ... it's. x. \0 b\0 no\u{85}so a\u{a0}b 3.5 #sad \
                     disadvantageously MISREPRESENTATION! sentimentalizations,";
        let parts: Vec<&str> = parts.split(' ').chain(["", "\n", "\u{3000}"]).collect();
        for (first, second) in parts.iter().flat_map(|first| parts.iter().map(move |second| (first, second))) {
            let text = format!("{first} {second}\t{first}");
            let cut: Vec<Word> = vader.cut(&text, &mut String::new()).collect();
            assert_eq!(words(&vader, &text), cut, "{text:?}");
        }
    }

    #[test]
    fn words_are_taken_for_what_they_are() {
        let vader = bundled::vader().unwrap();
        for word in ASKED_FOR {
            assert_eq!(vader.id(word), asked_for(word), "{word}");
        }
        let id = |text: &str| words(&vader, text)[0].id;
        assert_eq!([id("\u{212a}ind"), id("SHALLN'T,"), id("qxq")], [the!("kind"), the!("n't"), WordId::UNKNOWN]);
        let known = |text: &str| *vader.known(words(&vader, text)[0]);
        assert!(known("CAN'T,").negator && known("mustn't").negator && !known("must").negator);
        assert!(known("Disadvantageously!").valence.is_some() && known("(good)").valence.is_some());
        // Two letters with a mark are no word.
        assert!(known("ha").valence.is_some() && known("ha.").valence.is_none() && known("no!!").valence.is_none());
    }
}
