//! Terms that count for a category only beside certain words, as LIWC's dictionaries have them.
//!
//! The matcher knows expressions and no conditions, so a condition is written out: *like* that counts for category 1
//! after a pronoun and for category 2 otherwise becomes, for every pronoun *w*, `w like` in 1 and `w like` with weight
//! 0 in 2, which keeps the `like` of 2 from counting there. A category in a condition stands for its terms without
//! wildcard and without conditions.
//!
//! In the form of 2015, the parenthesised part of a term is the condition: `kind (of)`, `(would not) like`,
//! `(discrep) like*`. If it is a category's name it stands for that category, else for itself. Such a line takes its
//! place away from the lines of the same word without a condition: where *kind of* has a line, the categories of *kind*
//! do not count there unless the line repeats them.
//!
//! Two limits follow from expressions being one hit. A condition's word that is itself in the category is counted
//! together with the term: once, not twice. And a condition does not hold across the end of a clause.

use super::LineFault;
use crate::entry::Entry;
use crate::error::Fault;
use crate::tokenise::fold;
use std::collections::{HashMap, HashSet};
use tidemark_domain::marker::name_part;

/// Expressions that the conditions of one file may stand for.
const MAX_EXPRESSIONS: usize = 200_000;

/// A category of a term.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) id: u32,
    pub(super) weight: f32,
}

/// Where the words of a condition stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// The words of a condition.
#[derive(Debug)]
pub(super) enum Context {
    Categories(Vec<u32>),
    Words(String),
}

/// A category that depends on the words beside the term.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) side: Side,
    pub(super) context: Context,
    pub(super) then: u32,
    pub(super) otherwise: Option<u32>,
}

/// The categories of a line.
#[derive(Debug, Default)]
pub(super) struct Codes {
    pub(super) plain: Vec<Place>,
    pub(super) conditional: Vec<Condition>,
}

/// A line as read: the term without its conditions.
#[derive(Debug)]
struct Line {
    number: usize,
    before: Option<Context>,
    term: String,
    after: Option<Context>,
    codes: Codes,
}

impl Line {
    /// The conditions at the term itself are none.
    const fn is_plain(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }

    /// The categories the term is in when no condition holds.
    fn places(&self) -> impl Iterator<Item = Place> {
        let otherwise = self.codes.conditional.iter().filter_map(|condition| condition.otherwise);
        self.codes.plain.iter().copied().chain(otherwise.map(|id| Place { id, weight: 1.0 }))
    }

    fn stem(&self) -> String {
        fold(self.term.trim_end_matches('*'))
    }
}

/// By id: a category's name and line.
type Categories = HashMap<u32, (String, usize)>;

/// Categories with ids, and lines of terms.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    categories: Categories,
    ids: HashMap<String, u32>,
    lines: Vec<Line>,
}

impl Dictionary {
    /// Whether there is a category.
    pub(super) fn has_categories(&self) -> bool {
        !self.categories.is_empty()
    }

    /// Adds a category whose name is a [`name_part`].
    pub(super) fn add_category(&mut self, id: u32, name: String, line: usize) -> Result<(), Fault> {
        if let Some((_, first)) = self.categories.get(&id) {
            return Err(Fault::RepeatedCategory { name: id.to_string(), first: *first });
        }
        if let Some(known) = self.ids.get(&name) {
            let first = self.categories[known].1;
            return Err(Fault::RepeatedCategory { name, first });
        }
        self.ids.insert(name.clone(), id);
        self.categories.insert(id, (name, line));
        Ok(())
    }

    /// Adds a term with its categories.
    pub(super) fn add(&mut self, term: &str, codes: Codes, number: usize) -> Result<(), Fault> {
        let (before, term, after) = conditions(term)?;
        if term.is_empty() {
            return Err(Fault::EmptyTerm);
        }
        if codes.plain.is_empty() && codes.conditional.is_empty() {
            return Err(Fault::NoCategory);
        }
        if !codes.conditional.is_empty() && (before.is_some() || after.is_some()) {
            return Err(Fault::Context);
        }
        let conditions = codes.conditional.iter();
        let named = conditions.clone().flat_map(|condition| [Some(condition.then), condition.otherwise]).flatten();
        let inside = conditions.filter_map(|condition| match &condition.context {
            Context::Categories(ids) => Some(ids.iter().copied()),
            Context::Words(_) => None,
        });
        let mut ids = codes.plain.iter().map(|place| place.id).chain(named).chain(inside.flatten());
        if let Some(id) = ids.find(|id| !self.categories.contains_key(id)) {
            return Err(Fault::UnknownCategory { id });
        }
        let context = |words: Option<&str>| {
            words.map(|words| match self.ids.get(&name_part(words)) {
                Some(id) => Context::Categories(vec![*id]),
                None => Context::Words(words.to_owned()),
            })
        };
        let (before, after) = (context(before), context(after));
        self.lines.push(Line { number, before, term: term.to_owned(), after, codes });
        Ok(())
    }

    /// Every entry: terms as they stand, then the expressions that conditions stand for.
    pub(super) fn entries(self) -> Result<Vec<Entry>, LineFault> {
        let mut out =
            Written { categories: &self.categories, seen: HashSet::new(), expressions: 0, entries: Vec::new() };
        let mut words: Words<'_> = HashMap::new();
        let mut by_stem: HashMap<String, Vec<&Line>> = HashMap::new();
        for line in self.lines.iter().filter(|line| line.is_plain()) {
            by_stem.entry(line.stem()).or_default().push(line);
            for place in line.places() {
                out.term(place, line);
                if !line.term.ends_with('*') {
                    words.entry(place.id).or_default().push(&line.term);
                }
            }
        }
        // What counts is written before what blocks: of two equal expressions, the first is kept.
        for line in &self.lines {
            counting(line, &words, &mut out).map_err(|fault| (line.number, fault))?;
        }
        for line in &self.lines {
            let same_word = by_stem.get(&line.stem()).map_or(&[][..], Vec::as_slice);
            blocking(line, same_word, &words, &mut out).map_err(|fault| (line.number, fault))?;
        }
        Ok(out.entries)
    }
}

/// By category: its terms without wildcard and without conditions.
type Words<'t> = HashMap<u32, Vec<&'t str>>;

/// The entries made so far.
struct Written<'t> {
    categories: &'t Categories,
    seen: HashSet<(u32, String)>,
    expressions: usize,
    entries: Vec<Entry>,
}

impl Written<'_> {
    /// A term as it stands; a repeated one is for the reader of the lexicon to tell.
    fn term(&mut self, place: Place, line: &Line) {
        self.seen.insert((place.id, fold(&line.term)));
        self.push(place, line.term.clone(), line.number);
    }

    /// An expression that a condition stands for, unless the file or another condition has it.
    fn expression(&mut self, place: Place, expression: String, number: usize) -> Result<(), Fault> {
        self.expressions += 1;
        if self.expressions > MAX_EXPRESSIONS {
            return Err(Fault::TooManyContexts { max: MAX_EXPRESSIONS });
        }
        if self.seen.insert((place.id, fold(&expression))) {
            self.push(place, expression, number);
        }
        Ok(())
    }

    /// An expression that does not count in category `id`, where a shorter term inside it would. The condition's own
    /// words still count where they are in the category.
    fn blocker(&mut self, id: u32, beside: [&str; 2], expression: String, number: usize) -> Result<(), Fault> {
        let counts = beside.iter().any(|words| self.seen.contains(&(id, fold(words))));
        self.expression(Place { id, weight: if counts { 1.0 } else { 0.0 } }, expression, number)
    }

    fn push(&mut self, place: Place, term: String, line: usize) {
        if let Some((category, _)) = self.categories.get(&place.id) {
            self.entries.push(Entry { category: category.clone(), term, weight: place.weight, line });
        }
    }
}

/// Writes the expressions that count where the conditions of `line` hold.
fn counting(line: &Line, words: &Words<'_>, out: &mut Written<'_>) -> Result<(), Fault> {
    for condition in &line.codes.conditional {
        for word in alternatives(Some(&condition.context), words) {
            let place = Place { id: condition.then, weight: 1.0 };
            out.expression(place, beside(condition.side, word, &line.term), line.number)?;
        }
    }
    if line.is_plain() {
        return Ok(());
    }
    for before in alternatives(line.before.as_ref(), words) {
        for after in alternatives(line.after.as_ref(), words) {
            for place in line.places() {
                out.expression(place, joined([before, &line.term, after]), line.number)?;
            }
        }
    }
    Ok(())
}

/// Writes the expressions that keep a term from counting where the conditions of `line` hold. `same_word` are the lines
/// of its word without a condition.
fn blocking(line: &Line, same_word: &[&Line], words: &Words<'_>, out: &mut Written<'_>) -> Result<(), Fault> {
    for condition in &line.codes.conditional {
        let Some(otherwise) = condition.otherwise else { continue };
        for word in alternatives(Some(&condition.context), words) {
            out.blocker(otherwise, [word, word], beside(condition.side, word, &line.term), line.number)?;
        }
    }
    if line.is_plain() {
        return Ok(());
    }
    let stays: HashSet<u32> = line.places().map(|place| place.id).collect();
    // A prefix cannot stand before another word.
    let possible = same_word.iter().filter(|same| line.after.is_none() || !same.term.ends_with('*'));
    for same in possible {
        for place in same.places().filter(|place| !stays.contains(&place.id)) {
            for before in alternatives(line.before.as_ref(), words) {
                for after in alternatives(line.after.as_ref(), words) {
                    out.blocker(place.id, [before, after], joined([before, &same.term, after]), line.number)?;
                }
            }
        }
    }
    Ok(())
}

/// The words a condition holds for; one empty text where there is no condition.
fn alternatives<'t>(context: Option<&'t Context>, words: &Words<'t>) -> Vec<&'t str> {
    match context {
        None => vec![""],
        Some(Context::Words(phrase)) => vec![phrase],
        Some(Context::Categories(ids)) => ids.iter().filter_map(|id| words.get(id)).flatten().copied().collect(),
    }
}

fn beside(side: Side, word: &str, term: &str) -> String {
    match side {
        Side::Before => joined([word, term, ""]),
        Side::After => joined([term, word, ""]),
    }
}

fn joined(parts: [&str; 3]) -> String {
    parts.join(" ").trim().to_owned()
}

/// Takes the conditions off a term: what stands before it, the term, what stands after it. An emoticon has none.
fn conditions(whole: &str) -> Result<(Option<&str>, &str, Option<&str>), Fault> {
    let mut term = whole.trim();
    let (mut before, mut after) = (None, None);
    if let Some((words, rest)) = term.strip_prefix('(').and_then(|rest| rest.split_once(')'))
        && is_phrase(words)
    {
        (before, term) = (Some(words.trim()), rest.trim_start());
    }
    if let Some((rest, words)) = term.strip_suffix(')').and_then(|rest| rest.rsplit_once('('))
        && is_phrase(words)
        && rest.ends_with(char::is_whitespace)
    {
        (after, term) = (Some(words.trim()), rest.trim_end());
    }
    let stands_alone = term.is_empty() && (before.is_some() || after.is_some());
    let holds = |test: fn(char) -> bool| term.chars().any(test);
    let is_open = holds(|c| matches!(c, '(' | ')')) && holds(char::is_whitespace) && holds(char::is_alphabetic);
    if stands_alone || is_open { Err(Fault::Context) } else { Ok((before, term, after)) }
}

/// Words and nothing else.
fn is_phrase(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '\'' | '\u{2019}' | '-'))
}
