//! Lexica: which categories of words a text holds, with negation, expressions, emoji and elongation.
//!
//! ```
//! use tidemark_domain::Language;
//! use tidemark_lexicon::Lexica;
//!
//! let lexica = Lexica::bundled();
//! let answer = lexica.score("I had a panic attack, I am not happy", Language::English);
//! let present = |name: &str| {
//!     let of = |index: usize| lexica.categories()[index].name == name;
//!     answer.scored.iter().any(|scored| of(scored.category) && scored.present)
//! };
//! assert!(present("lexicon.mh.anxiety"));
//! assert!(!present("lexicon.emotion.joy"));
//! ```
//!
//! A text is cut into tokens; the terms of all lexica of its language form one automaton over tokens; of the terms
//! that match at a place, a category takes the longest. A hit that a negation reaches is not counted; where hits have
//! valences, words of degree before them (*very*, *un poco*) scale them. A category's
//! score is hits per token, and every text answers every category of its language: no hit is the answer 0, so all
//! posts stay in the denominator.
//!
//! Files come in our own formats and in those of LIWC (2007, 2015, LIWC-22), DLATK, Empath, VADER and AFINN:
//! [`Format`]. [`check`] tells what a lexicon is worth, alone and on a corpus.
//!
//! **Reads** the lexica embedded in it (`lexica/`, each with licence and card), lexicon files and texts of a corpus,
//! given as bytes and strings. **Writes** nothing. **Guarantees** that a score is a function of text, language and
//! [`Lexica::hash`] alone, that expressions never reach across the end of a clause, that time is linear in the text,
//! that a malformed file is refused with its lines, and that a report holds no word of a text that is not a term.
//! **Does not** guess the language, mix languages (a Spanish word in an English post is not
//! looked up in Spanish), or say anything about a person: a hit is a word in a post.

mod bundled;
pub mod check;
mod degree;
mod elongation;
mod emoticon;
mod entry;
mod error;
mod formats;
mod lexica;
mod matcher;
mod negation;
mod tokenise;
mod vader;
mod variants;
mod words;

pub use entry::{Entry, INTERCEPT, Lexicon, MAX_TERM_TOKENS, MIN_PREFIX_CHARS, Measure, Negation, PassedOver, Why};
pub use error::{Fault, Faulty, LexiconError, MAX_FAULTS};
pub use formats::Format;
pub use lexica::{Answer, Category, Hit, Lexica, Scored};

use std::sync::{Arc, LazyLock};

static BUNDLED: LazyLock<Arc<Lexica>> = LazyLock::new(|| {
    let compiled = bundled::compile(&bundled::default_names(), &[], "");
    Arc::new(compiled.expect("the bundled lexica are read by every test of this crate"))
});

static CUES: LazyLock<Lexica> =
    LazyLock::new(|| bundled::compile_cues().expect("the bundled cues are read by every test of this crate"));

impl Lexica {
    /// Expressions that rules count and that are no markers: `loneliness_facets`, `solitude`, `appraisal` and `aim`. Their
    /// categories are not among those of [`Lexica::bundled`], whose hash covers them.
    #[must_use]
    pub fn cues() -> &'static Self {
        &CUES
    }

    /// The lexica that come with the program and answer by default, compiled once per process (some tens of milliseconds).
    #[must_use]
    pub fn bundled() -> Arc<Self> {
        Arc::clone(&BUNDLED)
    }

    /// The bundled lexica with others beside them. `own_hash` names what those were read from, in provenance.
    ///
    /// # Errors
    /// [`LexiconError::Taken`] where one has the name of a bundled lexicon, and as [`Lexica::compile`].
    pub fn bundled_and(own: &[Lexicon], own_hash: &str) -> Result<Self, LexiconError> {
        Self::bundled_of(&bundled::default_names(), own, own_hash)
    }

    /// As [`Lexica::bundled_and`], with the bundled lexica of these names in place of those that answer by default.
    ///
    /// # Errors
    /// As [`Lexica::bundled_and`]. A name that no bundled lexicon has names none.
    pub fn bundled_of(names: &[&str], own: &[Lexicon], own_hash: &str) -> Result<Self, LexiconError> {
        match own.iter().find(|lexicon| Self::is_bundled(&lexicon.name)) {
            Some(taken) => Err(LexiconError::Taken { name: taken.name.clone() }),
            None => bundled::compile(names, own, own_hash),
        }
    }

    /// The names of the lexica that answer by default.
    #[must_use]
    pub fn default_names() -> Vec<&'static str> {
        bundled::default_names()
    }

    /// The names of all lexica that come with the program: [`Lexica::default_names`], then those that answer only where
    /// they are asked for.
    pub fn bundled_names() -> impl Iterator<Item = &'static str> {
        bundled::names()
    }

    /// Whether a lexicon of this name comes with the program.
    #[must_use]
    pub fn is_bundled(name: &str) -> bool {
        bundled::names().any(|bundled| bundled == name)
    }
}
