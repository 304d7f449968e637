//! All lexica compiled together: what they answer for a text, and why.

use crate::entry::{Lexicon, Measure, Negation, Pattern};
use crate::error::{Fault, LexiconError};
use crate::matcher::{Found, Matcher, PSEUDO, Scratch, Slot};
use crate::tokenise::Tokens;
use crate::vader::{self, PRESENT_FROM, Vader};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use tidemark_domain::Language;
use tidemark_domain::marker::LEXICON_PREFIX;

/// One marker that lexica answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// The marker's name, `lexicon.<lexicon>.<category>`, of letters, digits, `_` and `.`.
    pub name: String,
    /// The languages it is answered in, in the order of [`Language::ALL`].
    pub languages: Vec<Language>,
}

/// One category's answer for a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Index into [`Lexica::categories`].
    pub category: usize,
    /// Hits (or their weights, or |valence|) per token; VADER: the magnitude of the compound score. Never negative
    /// unless a weighted lexicon has negative weights. A weighted category's intercept is added, hits or none.
    pub score: f32,
    /// Whether the marker is present.
    pub present: bool,
}

/// All answers for a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Words, emoji and emoticons in the text; masks and addresses are not counted.
    pub n_tokens: u32,
    /// One answer for every category that covers the language, hits or none, by category.
    pub scored: Vec<Scored>,
}

/// One hit, for "why this label".
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Index into [`Lexica::categories`].
    pub category: usize,
    /// Byte offset of its first character; on a character boundary.
    pub start: usize,
    /// Byte offset after its last character; on a character boundary.
    pub end: usize,
    /// The weight of the entry; of a valence, with what words of degree before it add (VADER: without).
    pub weight: f32,
    /// A negation reaches it, and it is not counted.
    pub negated: bool,
}

/// How a category's answer is made of what its slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Share(Slot),
    Weighted(Slot),
    Valence(Slot, Side),
    Vader(Side),
}

/// Negative or positive valence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Negative,
    Positive,
}

impl Side {
    /// How far `value` lies on this side; 0 on the other.
    fn of(self, value: f32) -> f32 {
        match self {
            Self::Negative => (-value).max(0.0),
            Self::Positive => value.max(0.0),
        }
    }
}

/// Lexica, compiled. Cheap to share between threads; every thread keeps its own buffers.
#[derive(Debug)]
pub struct Lexica {
    categories: Vec<Category>,
    rules: Vec<Rule>,
    /// The categories that cover each language, in the order of [`Language::ALL`].
    asked: [Vec<usize>; Language::ALL.len()],
    /// By slot: what negation does to its hits.
    negation: Vec<Negation>,
    /// By slot, and by language in the order of [`Language::ALL`]: the constant of a weighted category.
    intercepts: Vec<Intercepts>,
    english: Matcher,
    spanish: Matcher,
    hash: String,
}

/// The constants of a weighted category, each of the file in its language.
type Intercepts = [f32; Language::ALL.len()];

/// What one text needs; kept from text to text.
#[derive(Debug, Default)]
struct Buffers {
    tokens: Tokens,
    scratch: Scratch,
    /// By slot: hits that count, and the sum of their weights.
    sums: Vec<(u32, f32)>,
    vader: vader::Buffers,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

impl Lexica {
    /// Compiles lexica. A category that several files name is one category that covers all their languages.
    ///
    /// `hash` names the sources in provenance.
    ///
    /// # Errors
    /// [`LexiconError::Conflict`] where two lexica answer one category in different ways.
    pub fn compile(lexica: &[Lexicon], hash: String) -> Result<Self, LexiconError> {
        Self::compile_with(lexica, None, hash)
    }

    pub(crate) fn compile_with(lexica: &[Lexicon], vader: Option<Vader>, hash: String) -> Result<Self, LexiconError> {
        let mut slots = Slots::default();
        let mut english = Matcher::new(Language::English);
        let mut spanish = Matcher::new(Language::Spanish);
        let mut tokens = Tokens::default();
        for lexicon in lexica {
            let matcher = match lexicon.language {
                Language::English => &mut english,
                Language::Spanish => &mut spanish,
                Language::Other => continue,
            };
            // Files of one name are one lexicon, which the first of them numbers.
            let number_of_lexicon = lexica.iter().take_while(|other| other.name != lexicon.name).count();
            for (number, entry) in (0..).zip(&lexicon.entries) {
                let slot = slots.of(lexicon, &entry.category)?;
                if lexicon.measure == Measure::Weighted && entry.is_intercept() {
                    slots.intercepts[usize::from(slot)][place(lexicon.language)] += entry.weight;
                    continue;
                }
                let drops = lexicon.negation == Negation::Drops;
                matcher.belongs(slot, number_of_lexicon, drops);
                if drops && lexicon.measure == Measure::Valence {
                    matcher.scales(slot);
                }
                // How short a prefix may be was the format's to say when the file was read.
                let pattern = Pattern::read(&entry.term, 1, &mut tokens).map_err(|fault: Fault| {
                    LexiconError::Line { file: lexicon.name.clone(), line: entry.line, fault }
                })?;
                matcher.insert(&pattern, slot, entry.weight, number);
            }
        }
        if let Some(vader) = vader {
            english.answers_with(vader);
        }
        english.finish();
        spanish.finish();
        let mut answers: Vec<(Category, Rule)> = slots.categories.drain(..).flat_map(SlotInfo::answers).collect();
        if english.vader().is_some() {
            for (side, name) in [(Side::Negative, "negative"), (Side::Positive, "positive")] {
                let name = format!("{LEXICON_PREFIX}vader.{name}");
                answers.push((Category { name, languages: vec![Language::English] }, Rule::Vader(side)));
            }
        }
        answers.sort_by(|(left, _), (right, _)| left.name.cmp(&right.name));
        if let Some(pair) = answers.windows(2).find(|pair| pair[0].0.name == pair[1].0.name) {
            return Err(LexiconError::Conflict { category: pair[0].0.name.clone() });
        }
        let (categories, rules): (Vec<Category>, _) = answers.into_iter().unzip();
        let asked = Language::ALL.map(|language| {
            let covered = categories.iter().enumerate().filter(|(_, category)| category.languages.contains(&language));
            covered.map(|(index, _)| index).collect()
        });
        let Slots { negation, intercepts, .. } = slots;
        Ok(Self { categories, rules, asked, negation, intercepts, english, spanish, hash })
    }

    /// Every category, by name.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// BLAKE3 of the sources in hexadecimal: which lexica made a number.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Scores `text` on every category that covers `language`. A text without hits answers 0 everywhere; a language no
    /// lexicon covers answers nothing but the number of tokens.
    #[must_use]
    pub fn score(&self, text: &str, language: Language) -> Answer {
        BUFFERS.with_borrow_mut(|buffers| self.score_with(text, language, buffers))
    }

    /// The hits behind [`Lexica::score`], in the order of the text, negated ones included and marked.
    #[must_use]
    pub fn explain(&self, text: &str, language: Language) -> Vec<Hit> {
        let Some(matcher) = self.matcher(language) else { return Vec::new() };
        let mut hits = BUFFERS.with_borrow_mut(|buffers| {
            buffers.tokens.read(text);
            matcher.find(&buffers.tokens, &mut buffers.scratch);
            let tokens = buffers.tokens.all();
            let hit = |(category, found): (usize, &Found)| Hit {
                category,
                start: tokens[found.start].start,
                end: tokens[found.end - 1].end,
                weight: found.weight,
                negated: found.negated && self.negation[usize::from(found.slot)] == Negation::Drops,
            };
            let found = buffers.scratch.found.iter().filter(|found| found.slot != PSEUDO && found.weight != 0.0);
            found.filter_map(|found| Some((self.category_of(found)?, found))).map(hit).collect::<Vec<_>>()
        });
        if let Some(vader) = matcher.vader() {
            for word in vader.valenced(text) {
                let side = if word.valence < 0.0 { Side::Negative } else { Side::Positive };
                if let Some(category) = self.rules.iter().position(|rule| *rule == Rule::Vader(side)) {
                    let (start, end) = word.span;
                    hits.push(Hit { category, start, end, weight: word.valence, negated: false });
                }
            }
        }
        hits.sort_by_key(|hit| (hit.start, hit.end, hit.category));
        hits
    }

    fn matcher(&self, language: Language) -> Option<&Matcher> {
        match language {
            Language::English => Some(&self.english),
            Language::Spanish => Some(&self.spanish),
            Language::Other => None,
        }
    }

    /// The category a hit is shown under.
    fn category_of(&self, found: &Found) -> Option<usize> {
        self.rules.iter().position(|rule| match *rule {
            Rule::Share(slot) | Rule::Weighted(slot) => slot == found.slot,
            Rule::Valence(slot, side) => slot == found.slot && side.of(found.weight) > 0.0,
            Rule::Vader(_) => false,
        })
    }

    fn score_with(&self, text: &str, language: Language, buffers: &mut Buffers) -> Answer {
        let Buffers { tokens, scratch, sums, vader: vader_buffers } = buffers;
        tokens.read(text);
        let n_tokens = u32::try_from(tokens.all().len()).unwrap_or(u32::MAX);
        let Some(matcher) = self.matcher(language) else { return Answer { n_tokens, scored: Vec::new() } };
        matcher.find(tokens, scratch);
        sums.clear();
        sums.resize(self.negation.len(), (0, 0.0));
        for found in scratch.found.iter().filter(|found| found.slot != PSEUDO && found.weight != 0.0) {
            let slot = usize::from(found.slot);
            if !found.negated || self.negation[slot] == Negation::Ignored {
                sums[slot].0 += 1;
                sums[slot].1 += found.weight;
            }
        }
        let compound = matcher
            .vader()
            .map_or(0.0, |vader| vader.compound(text, tokens, |token| scratch.vader_id(token), vader_buffers) as f32);
        let per_token = 1.0 / n_tokens.max(1) as f32;
        let scored = self.asked[place(language)].iter().map(|&category| {
            let (score, present) = match self.rules[category] {
                Rule::Share(slot) => (sums[usize::from(slot)].0 as f32 * per_token, sums[usize::from(slot)].0 > 0),
                Rule::Weighted(slot) => {
                    let (hits, sum) = sums[usize::from(slot)];
                    (sum * per_token + self.intercepts[usize::from(slot)][place(language)], hits > 0)
                }
                Rule::Valence(slot, side) => {
                    let sum = side.of(sums[usize::from(slot)].1);
                    (sum * per_token, sum > 0.0)
                }
                Rule::Vader(side) => (side.of(compound), side.of(compound) >= PRESENT_FROM),
            };
            Scored { category, score, present }
        });
        Answer { n_tokens, scored: scored.collect() }
    }
}

/// Where a language stands in [`Language::ALL`].
const fn place(language: Language) -> usize {
    match language {
        Language::English => 0,
        Language::Spanish => 1,
        Language::Other => 2,
    }
}

/// The slots given out while compiling.
#[derive(Default)]
struct Slots {
    categories: Vec<SlotInfo>,
    by_name: FxHashMap<String, Slot>,
    negation: Vec<Negation>,
    intercepts: Vec<Intercepts>,
}

/// What is known of one slot.
struct SlotInfo {
    name: String,
    slot: Slot,
    measure: Measure,
    languages: Vec<Language>,
}

impl Slots {
    fn of(&mut self, lexicon: &Lexicon, category: &str) -> Result<Slot, LexiconError> {
        let name = match lexicon.measure {
            Measure::Valence => format!("{LEXICON_PREFIX}{}", lexicon.name),
            Measure::Share | Measure::Weighted => format!("{LEXICON_PREFIX}{}.{category}", lexicon.name),
        };
        if let Some(slot) = self.by_name.get(&name) {
            let known = &mut self.categories[usize::from(*slot)];
            if known.measure != lexicon.measure || self.negation[usize::from(known.slot)] != lexicon.negation {
                return Err(LexiconError::Conflict { category: name });
            }
            if !known.languages.contains(&lexicon.language) {
                known.languages.push(lexicon.language);
                known.languages.sort_unstable();
            }
            return Ok(known.slot);
        }
        let slot = Slot::try_from(self.categories.len()).ok().filter(|slot| *slot != PSEUDO);
        let slot = slot.ok_or_else(|| LexiconError::TooMany { max: usize::from(PSEUDO) })?;
        self.by_name.insert(name.clone(), slot);
        self.categories.push(SlotInfo { name, slot, measure: lexicon.measure, languages: vec![lexicon.language] });
        self.negation.push(lexicon.negation);
        self.intercepts.push(Intercepts::default());
        Ok(slot)
    }
}

impl SlotInfo {
    /// The markers a slot answers.
    fn answers(self) -> Vec<(Category, Rule)> {
        let Self { name, slot, measure, languages } = self;
        match measure {
            Measure::Share => vec![(Category { name, languages }, Rule::Share(slot))],
            Measure::Weighted => vec![(Category { name, languages }, Rule::Weighted(slot))],
            Measure::Valence => [(Side::Negative, "negative"), (Side::Positive, "positive")]
                .map(|(side, word)| {
                    let category = Category { name: format!("{name}.{word}"), languages: languages.clone() };
                    (category, Rule::Valence(slot, side))
                })
                .to_vec(),
        }
    }
}
