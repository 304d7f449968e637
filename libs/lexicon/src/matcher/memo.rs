//! What a thread remembers of words: most of a text's come again and again, and are looked up once.

use super::{Matcher, Output, ROOT, Scratch, Symbol, consider};
use crate::elongation::{DOUBLED, MAX_SQUEEZES, is_elongated, shows, squeeze};
use crate::negation::Role;
use crate::tokenise::Tokens;
use crate::vader::WordId;
use crate::words::Words;

/// Bytes, about, that a thread remembers of a matcher: some 30,000 words. With more, it begins anew.
const MAX_BYTES: usize = if cfg!(test) { 1 << 12 } else { 1 << 22 };

/// What was looked up of words, so that one that comes again, as most do, is looked up once.
#[derive(Debug, Default)]
pub(super) struct Memo {
    words: Words<Remembered>,
    /// What words and lists take, about.
    bytes: usize,
    pub(super) symbols: Vec<Symbol>,
    /// What words are by themselves.
    pub(super) alone: Vec<Output>,
    /// Where the expressions go on that words begin.
    pub(super) begun: Vec<Begun>,
}

/// An expression's way through the automaton after its first word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    pub(super) node: u32,
    /// As of a [`Path`].
    pub(super) other: Option<(u32, u32)>,
}

/// A word as a matcher knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remembered {
    role: Role,
    /// It is an emoji or an emoticon.
    pub(super) shows: bool,
    /// A word or an expression of degree may end with it.
    pub(super) may_scale: bool,
    /// What VADER takes it for.
    pub(super) vader: WordId,
    /// Where in the memo lie its symbols, what it is by itself, and the expressions that it begins.
    pub(super) symbols: (u32, u32),
    pub(super) alone: (u32, u32),
    pub(super) begun: (u32, u32),
}

impl Remembered {
    /// Whether it plays a part in what is made of other words.
    fn says_anything(&self) -> bool {
        self.role != Role::Plain || self.shows || self.may_scale || self.vader != WordId::UNKNOWN
    }
}

/// The part of a list between two places.
pub(super) fn part<T>(list: &[T], (from, to): (u32, u32)) -> &[T] {
    &list[from as usize..to as usize]
}

impl Matcher {
    /// Tells which words and prefixes of the automaton each token is, and its role in negation.
    pub(super) fn look_up(&self, tokens: &Tokens, memo: &mut Memo, scratch: &mut Scratch) {
        if memo.bytes >= MAX_BYTES {
            *memo = Memo::default();
        }
        scratch.words.clear();
        scratch.roles.clear();
        for index in 0..tokens.all().len() {
            let norm = tokens.norm(index);
            let known = match tokens.short_norm(index) {
                Some(short) => memo.words.get_short(short),
                None => memo.words.get(norm),
            };
            let word = match known {
                Some(known) => *known,
                None => self.remember(norm, memo, scratch),
            };
            if let Some(before @ (Role::Negator | Role::Or)) = scratch.roles.last_mut()
                && !tokens.all()[index].breaks
            {
                let word = tokens.norm(index - 1);
                if self.roles.is_answer(word, norm) || self.roles.is_no_list(word, norm) {
                    *before = Role::Plain;
                }
            }
            scratch.words.push(word);
            scratch.roles.push(word.role);
        }
    }

    /// Looks a word up, in all its forms.
    fn remember(&self, norm: &str, memo: &mut Memo, Scratch { squeezed, best, .. }: &mut Scratch) -> Remembered {
        let Memo { words, bytes, symbols, alone, begun } = memo;
        let before = (symbols.len() as u32, alone.len() as u32, begun.len() as u32);
        let mut role = self.roles.of(norm);
        self.symbols_of(norm, 0, symbols);
        if let Some(owner) = norm.strip_suffix("'s") {
            self.symbols_of(owner, 1, symbols);
            if role == Role::Plain {
                role = self.roles.of(owner);
            }
        }
        if is_elongated(norm) {
            for plan in 0..MAX_SQUEEZES {
                if !squeeze(norm, plan, squeezed) {
                    break;
                }
                if role == Role::Plain {
                    role = self.roles.of_drawn_out(squeezed);
                }
                self.symbols_of(squeezed, 2 + plan as u8, symbols);
                if plan == 0 && DOUBLED.contains(&squeezed.as_str()) {
                    break;
                }
            }
        }
        best.clear();
        for index in before.0..symbols.len() as u32 {
            let Symbol { from_root: node, form, .. } = symbols[index as usize];
            if node == ROOT {
                continue;
            }
            let other = (form > 0).then_some((before.0, index));
            for output in self.outputs(node) {
                if !self.has_earlier_form(output.slot, other, symbols) {
                    consider(best, 1, *output);
                }
            }
            if self.nodes[node as usize].children != 0 {
                begun.push(Begun { node, other });
            }
        }
        alone.extend(best.drain(..).map(|(_, _, output)| output));
        let known = Remembered {
            role,
            shows: shows(norm),
            may_scale: self.degrees.may_end(norm),
            vader: self.vader.as_ref().map_or(WordId::UNKNOWN, |vader| vader.id(norm)),
            symbols: (before.0, symbols.len() as u32),
            alone: (before.1, alone.len() as u32),
            begun: (before.2, begun.len() as u32),
        };
        if before == (symbols.len() as u32, alone.len() as u32, begun.len() as u32) && !known.says_anything() {
            // Rare words, names and slips: as many as there are posts. What is remembered stays small, and near.
            return known;
        }
        let size = |(from, to): (u32, u32), of: usize| (to - from) as usize * of;
        *bytes += norm.len()
            + 2 * size_of::<Remembered>()
            + size(known.symbols, size_of::<Symbol>())
            + size(known.alone, size_of::<Output>())
            + size(known.begun, size_of::<Begun>());
        words.insert(norm, known);
        known
    }

    fn symbols_of(&self, norm: &str, form: u8, symbols: &mut Vec<Symbol>) {
        let symbol = |id: &u32, is_word| Symbol { id: *id, from_root: self.from_root[*id as usize], form, is_word };
        symbols.extend(self.words.get(norm).map(|id| symbol(id, true)));
        let (shortest, longest) = self.prefix_bytes;
        for length in shortest..=longest.min(norm.len()) {
            if let Some(head) = norm.get(..length) {
                symbols.extend(self.prefixes.get(head).map(|id| symbol(id, false)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, Matcher, Scratch};
    use crate::entry::Pattern;
    use crate::tokenise::Tokens;
    use tidemark_domain::Language;

    fn matcher() -> Matcher {
        let (mut matcher, mut tokens) = (Matcher::new(Language::English), Tokens::default());
        for (entry, term) in (0..).zip(["happy", "happ*", "so sad", "sad", "panic attack", "attack", ":)", "dog"]) {
            matcher.belongs(entry as u16 % 3, usize::from(entry % 2 == 0), true);
            matcher.insert(&Pattern::read(term, 1, &mut tokens).expect("a term"), entry as u16 % 3, 1.0, entry);
        }
        matcher.finish();
        matcher
    }

    #[test]
    fn what_is_remembered_is_what_is_looked_up() {
        let used = matcher();
        let find = |matcher: &Matcher, text: &str| {
            let (mut tokens, mut scratch) = (Tokens::default(), Scratch::default());
            tokens.read(text);
            matcher.find(&tokens, &mut scratch);
            scratch.found
        };
        let mut restarts = 0;
        for round in 0..200 {
            for text in [
                "so sad, so happyyyy :)))".to_owned(),
                "not happy, a panic attack and the dog's attack".to_owned(),
                format!("word{round} panic happiness{round} sooo sad far from happy"),
                format!("a long word of one post: {}", "x".repeat(round)),
            ] {
                let before = used.memo.get_or_default().borrow().bytes;
                assert_eq!(find(&used, &text), find(&matcher(), &text), "{text}");
                let after = used.memo.get_or_default().borrow().bytes;
                restarts += usize::from(after < before);
                assert!(after < MAX_BYTES + 20 * (text.len() + 200), "{after}");
            }
        }
        assert!(restarts > 3, "it began anew {restarts} times");
    }
}
