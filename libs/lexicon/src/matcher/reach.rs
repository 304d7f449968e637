//! Which hits a negation reaches: the rules of the language, and what each lexicon's own expressions change of them.

use super::{Found, Matcher, NEGATES_NEXT, NEGATES_NOTHING, PSEUDO, Scratch, Slot};
use crate::negation::{self, Ends, REACH_TOKENS, Reach, Role};
use crate::tokenise::Tokens;

/// Items of a list that are looked ahead for its end.
const MAX_ITEMS: usize = 8;

impl Matcher {
    /// Applies the negation rule to what was found, for each lexicon by itself.
    pub(super) fn negate(&self, tokens: &Tokens, scratch: &mut Scratch) {
        let Scratch { words, roles, ends, reaches, own_reaches, lexica, negated, found, .. } = scratch;
        let is_denial = |hit: &&Found| hit.slot == PSEUDO && hit.entry == NEGATES_NEXT;
        if !roles.contains(&Role::Negator) && !found.iter().any(|hit| is_denial(&hit)) {
            return;
        }
        reaches.clear();
        reaches.resize(roles.len(), Reach::Window);
        for hit in found.iter().filter(is_denial) {
            if let Some(end) = self.denied(tokens, roles, hit) {
                (roles[hit.end - 1], reaches[hit.end - 1]) = (Role::Negator, Reach::Until(end));
            }
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
        ends.clear();
        ends.extend((0..roles.len()).map(|index| {
            if words[index].shows {
                Ends::Clause
            } else if !tokens.all()[index].breaks {
                Ends::Nothing
            } else if goes_on(tokens, roles, index) {
                Ends::Item
            } else {
                Ends::Clause
            }
        }));
        negation::scopes(roles.len(), |index| (roles[index], ends[index], reaches[index]), negated);
        for hit in found.iter_mut() {
            hit.negated = negated[hit.start];
        }
        for lexicon in lexica.iter() {
            own_reaches.clone_from(reaches);
            for hit in found.iter().filter(|hit| self.ended_by(hit) == Some(*lexicon) && holds_negator(hit, roles)) {
                bound(hit, roles, own_reaches);
            }
            if own_reaches == reaches {
                continue;
            }
            negation::scopes(roles.len(), |index| (roles[index], ends[index], own_reaches[index]), negated);
            for hit in found.iter_mut().filter(|hit| self.lexicon_of(hit.slot) == Some(*lexicon)) {
                hit.negated = negated[hit.start];
            }
        }
    }

    /// The token after the word that a denial denies, where it denies one: in its clause, and without a negator before it.
    fn denied(&self, tokens: &Tokens, roles: &[Role], hit: &Found) -> Option<usize> {
        let all = tokens.all();
        let near = hit.start.saturating_sub(REACH_TOKENS as usize)..hit.start;
        let before = near.rev().take_while(|&at| !all[at + 1].breaks && roles[at] != Role::Turn);
        if before.into_iter().any(|at| roles[at] == Role::Negator) {
            return None;
        }
        let clause = (hit.end..all.len()).take_while(|&at| !all[at].breaks);
        let mut said = clause.skip_while(|&at| self.roles.is_between(tokens.norm(at)));
        said.next().map(|at| at + 1)
    }

    /// The lexicon of a slot whose hits negation drops.
    fn lexicon_of(&self, slot: Slot) -> Option<usize> {
        self.owner(slot).filter(|owner| owner.drops).map(|owner| owner.lexicon)
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
