//! One automaton over the words of every term of one language: a trie whose edges are words and prefixes.
//!
//! A character automaton would have to be told where words end; here a token is one step, so boundaries hold by
//! construction, and time is linear in the number of tokens for a fixed length of terms.
//!
//! A possessive or elongated token is looked up in other forms too ("dog's" as "dog", "sooo" as "soo" and "so"). Each
//! lexicon takes the first form that it has as a word, whatever others have: what a lexicon answers does not depend on
//! which are loaded beside it.

mod memo;
mod reach;

use crate::degree::{self, Degrees, FADING};
use crate::entry::{MAX_TERM_TOKENS, Pattern};
use crate::negation::{self, Ends, Reach, Role, Roles};
use crate::tokenise::Tokens;
use crate::vader::{Vader, WordId};
use memo::{Begun, Memo, Remembered, part};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use thread_local::ThreadLocal;
use tidemark_domain::Language;

/// A category inside the matcher.
pub(crate) type Slot = u16;

/// The slot of the expressions that negation knows; it belongs to no category.
pub(crate) const PSEUDO: Slot = Slot::MAX;

/// What expressions of [`PSEUDO`] do, as the entry of their hits: their negators reach nothing…
const NEGATES_NOTHING: u32 = 0;
/// …or what stands inside the expression; or they have none, and deny the next word.
const NEGATES_ITSELF: u32 = 1;
const NEGATES_NEXT: u32 = 2;

const ROOT: u32 = 0;

/// A place in the automaton.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// The bits of the symbols that lead on: most that do not are told by this alone.
    children: u64,
    /// Its outputs: the first, and the one after the last.
    first: u32,
    after: u32,
}

/// What a complete term means for one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Output {
    slot: Slot,
    weight: f32,
    /// Which entry it comes from, as its caller numbers them.
    entry: u32,
    /// Exactness: an exact word beats a prefix, and the spelling of the file beats a variant of it.
    rank: u8,
}

/// A term found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    /// The slot it counts for.
    pub(crate) slot: Slot,
    /// Its first token.
    pub(crate) start: usize,
    /// The token after its last.
    pub(crate) end: usize,
    /// The weight of its entry; of a valence, with what words of degree before it add.
    pub(crate) weight: f32,
    /// The entry it comes from, as given to [`Matcher::insert`].
    pub(crate) entry: u32,
    /// A negation reaches it.
    pub(crate) negated: bool,
}

/// A word or prefix of the automaton that a token is.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    id: u32,
    /// Where it leads from the root; [`ROOT`] where nowhere.
    from_root: u32,
    /// Which of the token's forms it is, in the order in which they are tried; 0 as written.
    form: u8,
    is_word: bool,
}

/// A way through the automaton that has come to `node` and goes on at token `at`.
#[derive(Debug, Clone, Copy)]
struct Path {
    node: u32,
    at: usize,
    /// The first token on it that was not taken as written: where its symbols begin, and the one that was taken.
    other: Option<(u32, u32)>,
}

/// The lexicon that a slot belongs to.
#[derive(Debug, Clone, Copy)]
struct Owner {
    lexicon: usize,
    /// Negation drops its hits.
    drops: bool,
}

/// Buffers for one text, reused.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    words: Vec<Remembered>,
    roles: Vec<Role>,
    /// What ends before each token.
    ends: Vec<Ends>,
    /// How far each negator reaches by the rules of the language, and for the lexicon at hand.
    reaches: Vec<Reach>,
    own_reaches: Vec<Reach>,
    /// Lexica with expressions that hold a negator.
    lexica: Vec<usize>,
    negated: Vec<bool>,
    free_from: Vec<usize>,
    best: Vec<(Slot, usize, Output)>,
    stack: Vec<Path>,
    squeezed: String,
    /// What was found, by start.
    pub(crate) found: Vec<Found>,
}

impl Scratch {
    /// What VADER takes a token for, of those that terms were last found in.
    pub(crate) fn vader_id(&self, token: usize) -> WordId {
        self.words[token].vader
    }
}

/// The automaton of one language.
#[derive(Debug)]
pub(crate) struct Matcher {
    language: Language,
    words: FxHashMap<Box<str>, u32>,
    prefixes: FxHashMap<Box<str>, u32>,
    /// Bytes of the shortest and the longest prefix.
    prefix_bytes: (usize, usize),
    roles: Roles,
    edges: FxHashMap<(u32, u32), u32>,
    from_root: Vec<u32>,
    nodes: Vec<Node>,
    outputs: Vec<Output>,
    /// By node; until building is over.
    drafts: Vec<Vec<Output>>,
    slots: usize,
    /// By slot.
    owners: Vec<Option<Owner>>,
    degrees: Degrees,
    /// Slots whose hits words of degree scale.
    scaled: Vec<Slot>,
    vader: Option<Vader>,
    memo: ThreadLocal<RefCell<Memo>>,
}

impl Matcher {
    /// An automaton that knows the expressions of negation of `language` and no other term.
    pub(crate) fn new(language: Language) -> Self {
        let mut matcher = Self {
            language,
            words: FxHashMap::default(),
            prefixes: FxHashMap::default(),
            prefix_bytes: (usize::MAX, 0),
            roles: Roles::new(language),
            edges: FxHashMap::default(),
            from_root: Vec::new(),
            nodes: vec![Node::default()],
            outputs: Vec::new(),
            drafts: vec![Vec::new()],
            slots: 0,
            owners: Vec::new(),
            degrees: Degrees::new(language),
            scaled: Vec::new(),
            vader: None,
            memo: ThreadLocal::new(),
        };
        let mut tokens = Tokens::default();
        for (phrases, what) in [
            (negation::pseudo(language), NEGATES_NOTHING),
            (negation::complete(language), NEGATES_ITSELF),
            (negation::denials(language), NEGATES_NEXT),
        ] {
            for phrase in phrases {
                match Pattern::read(phrase, 1, &mut tokens) {
                    // As it is written: without its accent, "dejé de" is a wish ("que deje de").
                    Ok(pattern) if what == NEGATES_NEXT => {
                        matcher.path(&pattern.words, false, Output { slot: PSEUDO, weight: 0.0, entry: what, rank: 3 });
                    }
                    Ok(pattern) => matcher.insert(&pattern, PSEUDO, 0.0, what),
                    Err(_) => {}
                }
            }
        }
        matcher
    }

    /// Says that `slot` belongs to the lexicon of that number, and whether negation drops its hits: a negator inside one
    /// of the lexicon's expressions then reaches no further for this lexicon, and as far as ever for all others.
    pub(crate) fn belongs(&mut self, slot: Slot, lexicon: usize, drops: bool) {
        let slot = usize::from(slot);
        if self.owners.len() <= slot {
            self.owners.resize(slot + 1, None);
        }
        self.owners[slot] = Some(Owner { lexicon, drops });
    }

    /// Says that words of degree scale the hits of `slot`, whose weights are valences.
    pub(crate) fn scales(&mut self, slot: Slot) {
        if !self.scaled.contains(&slot) {
            self.scaled.push(slot);
        }
    }

    /// Has `vader` answer beside the lexica, before [`Matcher::finish`]: what it takes a word for is remembered with the rest.
    pub(crate) fn answers_with(&mut self, vader: Vader) {
        self.vader = Some(vader);
    }

    pub(crate) const fn vader(&self) -> Option<&Vader> {
        self.vader.as_ref()
    }

    /// Adds a term and its other spellings, before [`Matcher::finish`]. `entry` is handed back with every hit.
    pub(crate) fn insert(&mut self, pattern: &Pattern, slot: Slot, weight: f32, entry: u32) {
        let rank = if pattern.prefix { 1 } else { 3 };
        self.path(&pattern.words, pattern.prefix, Output { slot, weight, entry, rank });
        for words in crate::variants::of(&pattern.words, self.language) {
            if words.len() <= MAX_TERM_TOKENS {
                self.path(&words, pattern.prefix, Output { slot, weight, entry, rank: rank - 1 });
            }
        }
        if slot != PSEUDO {
            self.slots = self.slots.max(usize::from(slot) + 1);
        }
    }

    fn path(&mut self, words: &[String], prefix: bool, output: Output) {
        let mut node = ROOT;
        for (index, word) in words.iter().enumerate() {
            let symbol = self.symbol(word, prefix && index + 1 == words.len());
            let fresh = self.nodes.len() as u32;
            let next = *self.edges.entry((node, symbol)).or_insert(fresh);
            if next == fresh {
                self.nodes.push(Node::default());
                self.drafts.push(Vec::new());
                self.nodes[node as usize].children |= bit(symbol);
            }
            if node == ROOT {
                self.from_root[symbol as usize] = next;
            }
            node = next;
        }
        let outputs = &mut self.drafts[node as usize];
        match outputs.iter_mut().find(|old| old.slot == output.slot) {
            Some(old) if old.rank < output.rank => *old = output,
            Some(_) => {}
            None => outputs.push(output),
        }
    }

    fn symbol(&mut self, word: &str, prefix: bool) -> u32 {
        let fresh = self.from_root.len() as u32;
        let table = if prefix { &mut self.prefixes } else { &mut self.words };
        let symbol = *table.entry(word.into()).or_insert(fresh);
        if symbol == fresh {
            self.from_root.push(ROOT);
            if prefix {
                self.prefix_bytes.0 = self.prefix_bytes.0.min(word.len());
                self.prefix_bytes.1 = self.prefix_bytes.1.max(word.len());
            }
        }
        symbol
    }

    /// Ends the building: lays out what nodes answer side by side, and drops what only building needed. Nothing is found before,
    /// and nothing can be added after.
    pub(crate) fn finish(&mut self) {
        self.edges.shrink_to_fit();
        for (node, outputs) in self.nodes.iter_mut().zip(std::mem::take(&mut self.drafts)) {
            node.first = self.outputs.len() as u32;
            self.outputs.extend(outputs);
            node.after = self.outputs.len() as u32;
        }
        self.outputs.shrink_to_fit();
        self.memo.clear();
    }

    /// Finds every term in `tokens`: leftmost, then longest, then most exact, one at a place within a slot.
    pub(crate) fn find(&self, tokens: &Tokens, scratch: &mut Scratch) {
        let mut memo = self.memo.get_or_default().borrow_mut();
        self.look_up(tokens, &mut memo, scratch);
        scratch.found.clear();
        scratch.free_from.clear();
        scratch.free_from.resize(self.slots + 1, 0);
        for start in 0..scratch.words.len() {
            let Remembered { alone, begun, .. } = scratch.words[start];
            let alone = part(&memo.alone, alone);
            let begun = if goes_on_after(tokens, start) { part(&memo.begun, begun) } else { &[] };
            if begun.is_empty() {
                for output in alone {
                    take(*output, start, start + 1, &mut scratch.free_from, &mut scratch.found);
                }
                continue;
            }
            scratch.best.clear();
            scratch.best.extend(alone.iter().map(|output| (output.slot, start + 1, *output)));
            scratch.stack.clear();
            scratch.stack.extend(begun.iter().map(|Begun { node, other }| Path {
                node: *node,
                at: start + 1,
                other: *other,
            }));
            while let Some(path) = scratch.stack.pop() {
                self.follow(path, tokens, &memo, scratch);
            }
            for (_, end, output) in scratch.best.drain(..) {
                take(output, start, end, &mut scratch.free_from, &mut scratch.found);
            }
        }
        self.negate(tokens, scratch);
        self.scale(tokens, scratch);
    }

    /// Takes the token that a path has come to.
    fn follow(&self, Path { node, at, other }: Path, tokens: &Tokens, memo: &Memo, scratch: &mut Scratch) {
        let (from, to) = scratch.words[at].symbols;
        for index in from..to {
            let symbol = memo.symbols[index as usize];
            let next = self.step(node, symbol.id);
            if next == ROOT {
                continue;
            }
            let other = other.or_else(|| (symbol.form > 0).then_some((from, index)));
            for output in self.outputs(next) {
                if !self.has_earlier_form(output.slot, other, &memo.symbols) {
                    consider(&mut scratch.best, at + 1, *output);
                }
            }
            if self.nodes[next as usize].children != 0 && goes_on_after(tokens, at) {
                scratch.stack.push(Path { node: next, at: at + 1, other });
            }
        }
    }

    /// Where a symbol leads from a node that is not the root; [`ROOT`] where it leads nowhere.
    fn step(&self, node: u32, symbol: u32) -> u32 {
        if self.nodes[node as usize].children & bit(symbol) == 0 {
            return ROOT;
        }
        self.edges.get(&(node, symbol)).copied().unwrap_or(ROOT)
    }

    fn outputs(&self, node: u32) -> &[Output] {
        let Node { first, after, .. } = self.nodes[node as usize];
        &self.outputs[first as usize..after as usize]
    }

    /// Whether the lexicon of `slot` has, as a word, an earlier form of a token than the one that was taken.
    fn has_earlier_form(&self, slot: Slot, other: Option<(u32, u32)>, symbols: &[Symbol]) -> bool {
        let Some((from, taken)) = other else { return false };
        let lexicon = self.owner(slot).map(|owner| owner.lexicon);
        let form = symbols[taken as usize].form;
        let earlier =
            symbols[from as usize..taken as usize].iter().filter(|symbol| symbol.is_word && symbol.form < form);
        let mut outputs = earlier.flat_map(|symbol| match symbol.from_root {
            ROOT => &[],
            node => self.outputs(node),
        });
        outputs.any(|output| self.owner(output.slot).map(|owner| owner.lexicon) == lexicon)
    }

    /// Applies words of degree to the valences that were found: those up to three tokens before a hit, in its clause.
    ///
    /// One that has a valence itself ("súper", "kind of") only scales where the hit follows at once, or where it is an
    /// expression; elsewhere it has its valence and scales nothing.
    fn scale(&self, tokens: &Tokens, scratch: &mut Scratch) {
        let Scratch { words, found, squeezed, .. } = scratch;
        if !words.iter().any(|word| word.may_scale) {
            return;
        }
        for index in 0..found.len() {
            let hit = found[index];
            if hit.weight == 0.0 || !self.scaled.contains(&hit.slot) {
                continue;
            }
            let mut sum = 0.0;
            let mut at = hit.start;
            while at > 0 && !tokens.all()[at].breaks && hit.start - at < FADING.len() {
                let faded = FADING[hit.start - at];
                let may_scale = words[at - 1].may_scale;
                let ending = may_scale.then(|| self.degrees.ending_at(tokens, at - 1, squeezed)).flatten();
                let Some((step, length)) = ending else {
                    at -= 1;
                    continue;
                };
                let from = at - length;
                match covering(&found[..index], hit.slot, from, at) {
                    None => sum += step * faded,
                    Some(own)
                        if (at == hit.start || length > 1) && found[own].start >= from && found[own].end <= at =>
                    {
                        found[own].weight = 0.0;
                        sum += step * faded;
                    }
                    Some(_) => {}
                }
                at = from;
            }
            found[index].weight = degree::applied(hit.weight, sum);
        }
    }

    /// The lexicon of a slot; none has [`PSEUDO`].
    fn owner(&self, slot: Slot) -> Option<Owner> {
        self.owners.get(usize::from(slot)).copied().flatten()
    }
}

/// The bit that stands for a symbol among the children of a node.
const fn bit(symbol: u32) -> u64 {
    1 << (symbol % u64::BITS)
}

/// The last hit of `slot` that has a token in common with those from `from` to before `to`.
fn covering(found: &[Found], slot: Slot, from: usize, to: usize) -> Option<usize> {
    // Hits lie in the order of their first tokens, and none is longer than a term can be.
    let near = found.iter().enumerate().rev().take_while(|(_, hit)| hit.start + MAX_TERM_TOKENS > from);
    let mut own = near.filter(|(_, hit)| hit.slot == slot && hit.weight != 0.0);
    own.find(|(_, hit)| hit.start < to && hit.end > from).map(|(index, _)| index)
}

/// Whether an expression may go on after token `at`.
fn goes_on_after(tokens: &Tokens, at: usize) -> bool {
    tokens.all().get(at + 1).is_some_and(|next| !next.breaks)
}

/// Takes a term from token `start` to before `end`, where its slot has none that reaches further.
fn take(output: Output, start: usize, end: usize, free_from: &mut [usize], found: &mut Vec<Found>) {
    let Output { slot, weight, entry, .. } = output;
    // The expressions of negation have the last place.
    let free = &mut free_from[usize::from(slot).min(free_from.len() - 1)];
    if start >= *free {
        *free = end;
        found.push(Found { slot, start, end, weight, entry, negated: false });
    }
}

/// Keeps the longest, then most exact term per slot.
fn consider(best: &mut Vec<(Slot, usize, Output)>, end: usize, output: Output) {
    match best.iter_mut().find(|(slot, ..)| *slot == output.slot) {
        Some((_, old_end, old)) => {
            if (end, output.rank) > (*old_end, old.rank) {
                (*old_end, *old) = (end, output);
            }
        }
        None => best.push((output.slot, end, output)),
    }
}
