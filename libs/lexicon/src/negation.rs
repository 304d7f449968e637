//! Negation scope in English and Spanish.
//!
//! A negator (*not*, *never*, *without*, *n't*; *no*, *nunca*, *sin*, *ni*) reaches over the next
//! [`WINDOW_TOKENS`] counted tokens of its clause. Clitics and degree words (*really*, *at all*; *me*, *nada*, *muy*)
//! are not counted, but nothing further than [`REACH_TOKENS`] tokens is reached. Scope ends at punctuation, at a line
//! break and at a conjunction that turns or subordinates (*but*, *because*; *pero*, *porque*).
//!
//! Two kinds of negator open no such scope. One inside a matched expression ("can't sleep", "no puedo más") belongs to
//! the expression, and negates only what stands inside it. One inside a *pseudo-negation* ("not only", "can't stop",
//! "never felt so", "no dejo de") negates nothing.
//!
//! The window follows Pang, Lee & Vaithyanathan (EMNLP 2002) and VADER (Hutto & Gilbert, ICWSM 2014), which look three
//! words back; clause ends and pseudo-negations follow NegEx (Chapman et al., J. Biomed. Inform. 34, 2001).

use rustc_hash::FxHashMap;
use tidemark_domain::Language;

/// Counted tokens a negator reaches over.
pub(crate) const WINDOW_TOKENS: u32 = 3;

/// Tokens of any kind a negator reaches over.
pub(crate) const REACH_TOKENS: u32 = 6;

/// What a word does to negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Opens a scope.
    Negator,
    /// Ends a scope.
    Turn,
    /// Is not counted.
    Light,
    /// Is counted.
    Plain,
}

const NEGATORS_EN: &[&str] = &[
    "not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "cannot", "hardly",
    "barely", "scarcely", "rarely", "seldom", "cant", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "werent",
    "wont", "wouldnt", "couldnt", "shouldnt", "havent", "hasnt", "hadnt", "aint",
];
const TURNS_EN: &[&str] = &[
    "but", "because", "cuz", "bc", "cause", "although", "though", "however", "when", "if", "unless", "except", "just",
    "only", "instead",
];
const LIGHT_EN: &[&str] =
    &["very", "really", "so", "too", "that", "at", "all", "even", "any", "a", "an", "the", "particularly", "exactly"];

const NEGATORS_ES: &[&str] = &[
    "no", "ni", "nunca", "jamás", "jamas", "sin", "tampoco", "nadie", "nada", "ningún", "ningun", "ninguno", "ninguna",
    "apenas",
];
const TURNS_ES: &[&str] =
    &["pero", "porque", "xq", "pq", "sino", "aunque", "cuando", "si", "excepto", "salvo", "solo", "sólo", "solamente"];
const LIGHT_ES: &[&str] = &[
    "me",
    "te",
    "se",
    "le",
    "les",
    "lo",
    "la",
    "los",
    "las",
    "nos",
    "os",
    "muy",
    "tan",
    "nada",
    "para",
    "del",
    "todo",
    "un",
    "una",
    "el",
    "realmente",
    "demasiado",
];

/// The words that play a part in negation, by language.
#[derive(Debug)]
pub(crate) struct Roles {
    words: FxHashMap<&'static str, Role>,
    contracted: bool,
}

impl Roles {
    /// The words of `language`.
    pub(crate) fn new(language: Language) -> Self {
        let (negators, turns, light): (&[&str], &[&str], &[&str]) = match language {
            Language::English => (NEGATORS_EN, TURNS_EN, LIGHT_EN),
            Language::Spanish => (NEGATORS_ES, TURNS_ES, LIGHT_ES),
            Language::Other => (&[], &[], &[]),
        };
        let mut words = FxHashMap::default();
        for (list, role) in [(light, Role::Light), (turns, Role::Turn), (negators, Role::Negator)] {
            words.extend(list.iter().map(|word| (*word, role)));
        }
        Self { words, contracted: language == Language::English }
    }

    /// What `word` does. A word of both kinds (*nada*) is a negator first.
    pub(crate) fn of(&self, word: &str) -> Role {
        match self.words.get(word) {
            Some(role) => *role,
            None if self.contracted && word.ends_with("n't") => Role::Negator,
            None => Role::Plain,
        }
    }
}

/// Expressions that hold a negator and negate nothing.
pub(crate) const fn pseudo(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "not only",
            "not just",
            "not to mention",
            "no doubt",
            "no wonder",
            "no matter",
            "no longer",
            "why not",
            "can't stop",
            "couldn't stop",
            "cannot stop",
            "won't stop",
            "doesn't stop",
            "never stop",
            "never stops",
            "can't help",
            "couldn't help",
            "can't wait",
            "cannot wait",
            "couldn't be more",
            "can't be more",
            "never been so",
            "never been this",
            "never been more",
            "never felt so",
            "never felt this",
            "never felt more",
            "never been as",
            "nothing but",
            "no less",
            "not without",
            "whether or not",
            "don't know why",
            "don't know how",
            "no one knows how",
            "not sure why",
            "can't believe",
            "can't believe how",
            "can't explain how",
            "nobody knows how",
        ],
        Language::Spanish => &[
            "no solo",
            "no sólo",
            "no solamente",
            "sin duda",
            "no dejo de",
            "no deja de",
            "no dejan de",
            "no paro de",
            "no para de",
            "no puedo dejar de",
            "no puedo parar de",
            "no puedo evitar",
            "no cabe duda",
            "no es que no",
            "nunca me sentí tan",
            "nunca me había sentido tan",
            "nunca me he sentido tan",
            "nunca había estado tan",
            "nunca estuve tan",
            "nunca he estado tan",
            "nunca fui tan",
            "nada más que",
            "no hago más que",
            "no sé por qué",
            "no se por que",
            "no sé cómo",
            "no puedo creer",
            "cómo no",
            "por qué no",
            "y eso que no",
        ],
        Language::Other => &[],
    }
}

/// What a negator at a token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The window rule.
    Window,
    /// Only the tokens before this one: the negator belongs to an expression that ends there.
    Until(usize),
    /// Nothing: a pseudo-negation.
    Nothing,
}

/// Marks every token that a hit may not begin at unnegated.
///
/// `word(i)` answers the role of token `i`, whether a clause ended before it, and how far it reaches as a negator.
pub(crate) fn scopes(count: usize, word: impl Fn(usize) -> (Role, bool, Reach), negated: &mut Vec<bool>) {
    negated.clear();
    negated.resize(count, false);
    let (mut counted, mut reach, mut until) = (0, 0, 0);
    for (index, mark) in negated.iter_mut().enumerate() {
        let (role, breaks, extent) = word(index);
        if breaks {
            (counted, reach) = (0, 0);
        }
        *mark = counted > 0 || index < until;
        match role {
            Role::Negator => match extent {
                Reach::Window => (counted, reach) = (WINDOW_TOKENS, REACH_TOKENS),
                Reach::Until(end) => until = until.max(end),
                Reach::Nothing => {}
            },
            Role::Turn => (counted, reach) = (0, 0),
            Role::Plain => counted = u32::saturating_sub(counted, 1),
            Role::Light => {}
        }
        if role != Role::Negator || extent != Reach::Window {
            reach = u32::saturating_sub(reach, 1);
            if reach == 0 {
                counted = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, Roles, scopes};
    use tidemark_domain::Language;

    fn negated(text: &str, language: Language) -> Vec<&str> {
        let words: Vec<&str> = text.split(' ').collect();
        let mut marks = Vec::new();
        let roles = Roles::new(language);
        scopes(words.len(), |index| (roles.of(words[index]), false, Reach::Window), &mut marks);
        words.into_iter().zip(marks).filter_map(|(word, mark)| mark.then_some(word)).collect()
    }

    #[test]
    fn three_counted_words_are_reached_and_light_ones_are_free() {
        assert_eq!(negated("i am not one two three four", Language::English), ["one", "two", "three"]);
        assert_eq!(negated("not really all that happy today", Language::English).last(), Some(&"today"));
        assert_eq!(negated("no me siento muy feliz", Language::Spanish).last(), Some(&"feliz"));
        assert_eq!(negated("don't cry but sing", Language::English), ["cry", "but"]);
    }
}
