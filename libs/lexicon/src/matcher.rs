//! One automaton over the words of every term of one language: a trie whose edges are words and prefixes.
//!
//! A character automaton would have to be told where words end; here a token is one step, so boundaries hold by
//! construction, and time is linear in the number of tokens for a fixed length of terms.
//!
//! A possessive or elongated token is looked up in other forms too ("dog's" as "dog", "sooo" as "soo" and "so"). Each
//! lexicon takes the first form that it has as a word, whatever others have: what a lexicon answers does not depend on
//! which are loaded beside it.

use crate::degree::{self, Degrees, FADING};
use crate::elongation::{DOUBLED, MAX_SQUEEZES, is_elongated, shows, squeeze};
use crate::entry::{MAX_TERM_TOKENS, Pattern};
use crate::negation::{self, Ends, Reach, Role, Roles};
use crate::tokenise::Tokens;
use rustc_hash::FxHashMap;
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

/// Items of a list that are looked ahead for its end.
const MAX_ITEMS: usize = 8;

const ROOT: u32 = 0;

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
    symbols: Vec<Symbol>,
    spans: Vec<(u32, u32)>,
    roles: Vec<Role>,
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
    outputs: Vec<Vec<Output>>,
    leaf: Vec<bool>,
    slots: usize,
    /// By slot.
    owners: Vec<Option<Owner>>,
    degrees: Degrees,
    /// Slots whose hits words of degree scale.
    scaled: Vec<Slot>,
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
            outputs: vec![Vec::new()],
            leaf: vec![true],
            slots: 0,
            owners: Vec::new(),
            degrees: Degrees::new(language),
            scaled: Vec::new(),
        };
        let mut tokens = Tokens::default();
        for (phrases, what) in [
            (negation::pseudo(language), NEGATES_NOTHING),
            (negation::complete(language), NEGATES_ITSELF),
            (negation::denials(language), NEGATES_NEXT),
        ] {
            for phrase in phrases {
                if let Ok(pattern) = Pattern::read(phrase, 1, &mut tokens) {
                    matcher.insert(&pattern, PSEUDO, 0.0, what);
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

    /// Adds a term and its other spellings. `entry` is handed back with every hit.
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
            let fresh = self.outputs.len() as u32;
            let next = *self.edges.entry((node, symbol)).or_insert(fresh);
            if next == fresh {
                self.outputs.push(Vec::new());
                self.leaf.push(true);
                self.leaf[node as usize] = false;
            }
            if node == ROOT {
                self.from_root[symbol as usize] = next;
            }
            node = next;
        }
        let outputs = &mut self.outputs[node as usize];
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

    /// Drops what only building needed.
    pub(crate) fn finish(&mut self) {
        self.edges.shrink_to_fit();
        self.outputs.shrink_to_fit();
    }

    /// Finds every term in `tokens`: leftmost, then longest, then most exact, one at a place within a slot.
    pub(crate) fn find(&self, tokens: &Tokens, scratch: &mut Scratch) {
        self.look_up(tokens, scratch);
        scratch.found.clear();
        scratch.free_from.clear();
        scratch.free_from.resize(self.slots + 1, 0);
        let count = tokens.all().len();
        for start in 0..count {
            scratch.best.clear();
            scratch.stack.clear();
            scratch.stack.push(Path { node: ROOT, at: start, other: None });
            while let Some(Path { node, at, other }) = scratch.stack.pop() {
                let (from, to) = scratch.spans[at];
                for index in from..to {
                    let symbol = scratch.symbols[index as usize];
                    let next = self.step(node, symbol.id);
                    if next == ROOT {
                        continue;
                    }
                    let other = other.or_else(|| (symbol.form > 0).then_some((from, index)));
                    for output in &self.outputs[next as usize] {
                        if !self.has_earlier_form(output.slot, other, &scratch.symbols) {
                            consider(&mut scratch.best, at + 1, *output);
                        }
                    }
                    if !self.leaf[next as usize] && at + 1 < count && !tokens.all()[at + 1].breaks {
                        scratch.stack.push(Path { node: next, at: at + 1, other });
                    }
                }
            }
            for (slot, end, output) in scratch.best.drain(..) {
                let free = &mut scratch.free_from[usize::from(slot).min(self.slots)];
                if start >= *free {
                    *free = end;
                    let Output { weight, entry, .. } = output;
                    scratch.found.push(Found { slot, start, end, weight, entry, negated: false });
                }
            }
        }
        self.negate(tokens, scratch);
        self.scale(tokens, scratch);
    }

    /// Where a symbol leads from `node`; [`ROOT`] where it leads nowhere.
    fn step(&self, node: u32, symbol: u32) -> u32 {
        if node == ROOT {
            self.from_root[symbol as usize]
        } else {
            self.edges.get(&(node, symbol)).copied().unwrap_or(ROOT)
        }
    }

    /// Whether the lexicon of `slot` has, as a word, an earlier form of a token than the one that was taken.
    fn has_earlier_form(&self, slot: Slot, other: Option<(u32, u32)>, symbols: &[Symbol]) -> bool {
        let Some((from, taken)) = other else { return false };
        let lexicon = self.owner(slot).map(|owner| owner.lexicon);
        let form = symbols[taken as usize].form;
        let earlier =
            symbols[from as usize..taken as usize].iter().filter(|symbol| symbol.is_word && symbol.form < form);
        let mut outputs = earlier.flat_map(|symbol| match self.from_root[symbol.id as usize] {
            ROOT => &[],
            node => self.outputs[node as usize].as_slice(),
        });
        outputs.any(|output| self.owner(output.slot).map(|owner| owner.lexicon) == lexicon)
    }

    /// Tells which words and prefixes of the automaton each token is, and its role in negation.
    fn look_up(&self, tokens: &Tokens, scratch: &mut Scratch) {
        scratch.symbols.clear();
        scratch.spans.clear();
        scratch.roles.clear();
        let mut squeezed = std::mem::take(&mut scratch.squeezed);
        for index in 0..tokens.all().len() {
            let norm = tokens.norm(index);
            let from = scratch.symbols.len();
            let mut role = self.roles.of(norm);
            self.symbols_of(norm, 0, &mut scratch.symbols);
            if let Some(owner) = norm.strip_suffix("'s") {
                self.symbols_of(owner, 1, &mut scratch.symbols);
                if role == Role::Plain {
                    role = self.roles.of(owner);
                }
            }
            if is_elongated(norm) {
                for plan in 0..MAX_SQUEEZES {
                    if !squeeze(norm, plan, &mut squeezed) {
                        break;
                    }
                    if role == Role::Plain {
                        role = self.roles.of_drawn_out(&squeezed);
                    }
                    self.symbols_of(&squeezed, 2 + plan as u8, &mut scratch.symbols);
                    if plan == 0 && DOUBLED.contains(&squeezed.as_str()) {
                        break;
                    }
                }
            }
            if index > 0 && !tokens.all()[index].breaks {
                let before = tokens.norm(index - 1);
                if self.roles.is_answer(before, norm) || self.roles.is_no_list(before, norm) {
                    scratch.roles[index - 1] = Role::Plain;
                }
            }
            scratch.spans.push((from as u32, scratch.symbols.len() as u32));
            scratch.roles.push(role);
        }
        scratch.squeezed = squeezed;
    }

    fn symbols_of(&self, norm: &str, form: u8, symbols: &mut Vec<Symbol>) {
        symbols.extend(self.words.get(norm).map(|id| Symbol { id: *id, form, is_word: true }));
        let (shortest, longest) = self.prefix_bytes;
        for length in shortest..=longest.min(norm.len()) {
            if let Some(head) = norm.get(..length) {
                symbols.extend(self.prefixes.get(head).map(|id| Symbol { id: *id, form, is_word: false }));
            }
        }
    }

    /// Applies the negation rule to what was found, for each lexicon by itself.
    fn negate(&self, tokens: &Tokens, scratch: &mut Scratch) {
        let Scratch { roles, reaches, own_reaches, lexica, negated, found, .. } = scratch;
        let is_denial = |hit: &&Found| hit.slot == PSEUDO && hit.entry == NEGATES_NEXT;
        if !roles.contains(&Role::Negator) && !found.iter().any(|hit| is_denial(&hit)) {
            return;
        }
        reaches.clear();
        reaches.resize(roles.len(), Reach::Window);
        for hit in found.iter().filter(is_denial) {
            let end = negation::next_word(roles, hit.end, |at| tokens.all()[at].breaks || shows(tokens.norm(at)));
            (roles[hit.end - 1], reaches[hit.end - 1]) = (Role::Negator, Reach::Until(end));
        }
        lexica.clear();
        for hit in found.iter().filter(|hit| holds_negator(hit, roles) && !is_denial(hit)) {
            if hit.slot == PSEUDO {
                bound(hit, roles, reaches);
            } else if let Some(lexicon) = self.ended_by(hit)
                && !lexica.contains(&lexicon)
            {
                lexica.push(lexicon);
            }
        }
        let ends = |index: usize| {
            if shows(tokens.norm(index)) {
                Ends::Clause
            } else if !tokens.all()[index].breaks {
                Ends::Nothing
            } else if goes_on(tokens, roles, index) {
                Ends::Item
            } else {
                Ends::Clause
            }
        };
        negation::scopes(roles.len(), |index| (roles[index], ends(index), reaches[index]), negated);
        for hit in found.iter_mut() {
            hit.negated = negated[hit.start];
        }
        for lexicon in lexica.iter() {
            own_reaches.clone_from(reaches);
            for hit in found.iter().filter(|hit| self.ended_by(hit) == Some(*lexicon) && holds_negator(hit, roles)) {
                bound(hit, roles, own_reaches);
            }
            negation::scopes(roles.len(), |index| (roles[index], ends(index), own_reaches[index]), negated);
            for hit in found.iter_mut().filter(|hit| self.lexicon_of(hit.slot) == Some(*lexicon)) {
                hit.negated = negated[hit.start];
            }
        }
    }

    /// Applies words of degree to the valences that were found: those up to three tokens before a hit, in its clause.
    ///
    /// One that has a valence itself ("súper", "kind of") only scales where the hit follows at once, or where it is an
    /// expression; elsewhere it has its valence and scales nothing.
    fn scale(&self, tokens: &Tokens, scratch: &mut Scratch) {
        let Scratch { found, squeezed, .. } = scratch;
        for index in 0..found.len() {
            let hit = found[index];
            if hit.weight == 0.0 || !self.scaled.contains(&hit.slot) {
                continue;
            }
            let mut sum = 0.0;
            let mut at = hit.start;
            while at > 0 && !tokens.all()[at].breaks && hit.start - at < FADING.len() {
                let faded = FADING[hit.start - at];
                let Some((step, words)) = self.degrees.ending_at(tokens, at - 1, squeezed) else {
                    at -= 1;
                    continue;
                };
                let from = at - words;
                match covering(&found[..index], hit.slot, from, at) {
                    None => sum += step * faded,
                    Some(own) if (at == hit.start || words > 1) && found[own].start >= from && found[own].end <= at => {
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

    /// The lexicon of a slot whose hits negation drops.
    fn lexicon_of(&self, slot: Slot) -> Option<usize> {
        self.owner(slot).filter(|owner| owner.drops).map(|owner| owner.lexicon)
    }

    /// The lexicon of a slot; none has [`PSEUDO`].
    fn owner(&self, slot: Slot) -> Option<Owner> {
        self.owners.get(usize::from(slot)).copied().flatten()
    }

    /// The lexicon for which a hit ends the reach of the negators inside it. An expression that is no hit does not.
    fn ended_by(&self, hit: &Found) -> Option<usize> {
        if hit.weight == 0.0 { None } else { self.lexicon_of(hit.slot) }
    }
}

/// Whether the comma before token `index` stands in a list that ends in a word such as *or*: "sad, angry or scared".
fn goes_on(tokens: &Tokens, roles: &[Role], mut index: usize) -> bool {
    let all = tokens.all();
    for _ in 0..MAX_ITEMS {
        if !all[index].comma {
            return false;
        }
        if joins(roles[index], tokens.norm(index)) {
            return true;
        }
        // One word is an item, those before it aside that are not counted.
        let mut next = index + 1;
        while next < all.len() && roles[next - 1] == Role::Light && !all[next].breaks {
            next += 1;
        }
        match all.get(next) {
            Some(token) if token.breaks => index = next,
            Some(_) => return joins(roles[next], tokens.norm(next)),
            None => return false,
        }
    }
    false
}

/// Whether a word stands before the last item of a list of what is denied.
fn joins(role: Role, word: &str) -> bool {
    role == Role::Or || (role == Role::Negator && matches!(word, "nor" | "ni"))
}

/// The last hit of `slot` that has a token in common with those from `from` to before `to`.
fn covering(found: &[Found], slot: Slot, from: usize, to: usize) -> Option<usize> {
    // Hits lie in the order of their first tokens, and none is longer than a term can be.
    let near = found.iter().enumerate().rev().take_while(|(_, hit)| hit.start + MAX_TERM_TOKENS > from);
    let mut own = near.filter(|(_, hit)| hit.slot == slot && hit.weight != 0.0);
    own.find(|(_, hit)| hit.start < to && hit.end > from).map(|(index, _)| index)
}

/// Whether a hit is an expression with a negator inside it.
fn holds_negator(hit: &Found, roles: &[Role]) -> bool {
    hit.end - hit.start > 1 && roles[hit.start..hit.end].contains(&Role::Negator)
}

/// Ends the reach of the negators inside a hit.
fn bound(hit: &Found, roles: &[Role], reaches: &mut [Reach]) {
    let is_nothing = hit.slot == PSEUDO && hit.entry == NEGATES_NOTHING;
    for (role, reach) in roles[hit.start..hit.end].iter().zip(&mut reaches[hit.start..hit.end]) {
        if *role == Role::Negator {
            *reach = match *reach {
                Reach::Until(end) if !is_nothing => Reach::Until(end.max(hit.end)),
                Reach::Window if !is_nothing => Reach::Until(hit.end),
                _ => Reach::Nothing,
            };
        }
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
