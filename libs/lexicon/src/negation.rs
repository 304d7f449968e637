//! Negation scope in English and Spanish.
//!
//! A negator (*not*, *never*, *without*, *n't*; *no*, *nunca*, *sin*, *ni*) reaches over the next
//! [`WINDOW_TOKENS`] counted tokens of its clause. Clitics and degree words (*really*, *at all*; *me*, *nada*, *muy*)
//! are not counted, but nothing further than [`REACH_TOKENS`] tokens is reached. Scope ends at punctuation, at a line
//! break, at an emoji or emoticon and at a conjunction that turns or subordinates (*but*, *because*; *pero*, *porque*).
//! It goes on over the items of a list that *or* holds together: "I'm not sad, angry or scared".
//!
//! A verb of opinion passes its negation down: "I don't think I am happy" and "no creo que esté feliz" deny the
//! happiness. So after one, what opens its clause (pronouns, auxiliaries, *que*) is not counted. After any other word it
//! is, for there it mostly opens a clause of its own: "nobody knows I am sad", "can't do this i am sad".
//!
//! Four kinds of negator open no such scope:
//! - one inside an expression of a lexicon ("no friends") belongs to the expression: for that lexicon, and for no other,
//!   it negates only what stands inside it;
//! - one inside a [`complete`] predicate ("can't sleep", "no puedo más"), after which a clause of its own begins, negates
//!   only what stands inside it, for every lexicon;
//! - one inside a *pseudo-negation* ("not only", "can't stop", "never felt so", "no dejo de") negates nothing;
//! - nor does an English *no* that answers or exclaims: before a pronoun ("no i'm happy"), or drawn out ("nooo").
//!
//! Expressions that deny without a negator ([`denials`]: "far from happy", "dejé de ser feliz") reach over the next word that
//! says something, and no further: "far from home and lonely". After a negator in the same clause they deny nothing.
//!
//! The window follows Pang, Lee & Vaithyanathan (EMNLP 2002) and VADER (Hutto & Gilbert, ICWSM 2014), which look three
//! words back; clause ends and pseudo-negations follow NegEx (Chapman et al., J. Biomed. Inform. 34, 2001).

use rustc_hash::FxHashMap;
use tidemark_domain::Language;

/// Counted tokens a negator reaches over.
pub(crate) const WINDOW_TOKENS: u32 = 3;

/// Tokens of any kind a negator reaches over.
pub(crate) const REACH_TOKENS: u32 = 8;

/// What a word does to negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Opens a scope.
    Negator,
    /// Ends a scope.
    Turn,
    /// Is not counted.
    Light,
    /// Is counted, and passes a negation down to its clause.
    Opinion,
    /// Is not counted where it opens the clause of an opinion, and is elsewhere.
    Opener,
    /// Carries a scope that reaches the word before it over to the next item.
    Or,
    /// Is counted.
    Plain,
}

/// What ends before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Nothing.
    Nothing,
    /// An item of a list, at a comma.
    Item,
    /// A clause.
    Clause,
}

/// Counted tokens, and tokens of any kind, that a scope has left at least where a list goes on.
const ITEM_TOKENS: (u32, u32) = (2, 4);

/// Lists of words, white space between them.
const NEGATORS_EN: &str = "\
    not no never none nobody nothing nowhere neither nor without cannot hardly barely scarcely rarely seldom cant \
    dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt havent hasnt hadnt aint";
const TURNS_EN: &str = "but because cuz bc cause although though however when if unless except just only instead";
const LIGHT_EN: &str = "very really so too that at all even ever any a an the particularly exactly longer";
const ORS_EN: &str = "or";
/// Not those that people use of what came true after all ("I never thought I would be so sad"): *thought*, *imagine*,
/// *expect*; nor those that take their clause for true: *know*, *realise*, *care*.
const OPINIONS_EN: &str = "\
    think thinks thinking believe believes feel feels feeling felt say says saying said claim claims claimed mean \
    means guess suppose reckon consider seem seems seemed look looks looked sound sounds sounded sure certain \
    convinced";
const OPENERS_EN: &str = "\
    i you he she it we they me him us them this i'm im you're youre he's hes she's shes it's its we're they're \
    theyre i've ive you've we've they've i'll you'll he'll she'll it'll we'll they'll anyone anybody anything \
    everyone everybody everything am is are was were be been being have has had will can to like as";
/// Before these, *no* is an answer and no determiner.
const SUBJECTS_EN: &str = "\
    i you he she it we they this that i'm im you're youre he's hes she's shes it's its we're they're theyre that's \
    thats i've ive you've we've they've i'll i'd you'll he'll she'll it'll we'll they'll";

/// After *or*, these make a phrase of it.
const AFTER_OR_EN: &str = "less later else so not whatever";

const NEGATORS_ES: &str = "no ni nunca jamás jamas sin tampoco nadie nada ningún ningun ninguno ninguna apenas";
const TURNS_ES: &str = "pero porque xq pq sino aunque cuando si excepto salvo solo sólo solamente";
const LIGHT_ES: &str = "me te se le les lo la los las nos os muy tan nada para del todo un una el realmente demasiado";
const ORS_ES: &str = "o u";
const SUBJECTS_ES: &str =
    "yo tú tu él ella nosotros ellos ellas usted ustedes me te se le les lo la los las nos no ya si";
const AFTER_OR_ES: &str = "sea menos temprano";
const OPINIONS_ES: &str = "\
    creo crees cree creemos creen pienso piensas piensa pensamos piensan siento sientes siente sentimos sienten digo \
    dices dice decimos dicen decir diría diria parece parezca considero opino significa es seguro segura";
const OPENERS_ES: &str = "\
    que q yo tú tu él ella usted nosotros nosotras ellos ellas ustedes soy eres somos son era eran fue fueron sea \
    seas seamos sean fuera fueran ser sido siendo estoy estás estas está esta estamos están estan estaba estaban \
    estuve estuvo esté este estés estes estemos estén esten estuviera estuvieran estar estado he has ha hemos han \
    haya hayas hayamos hayan voy va van vaya vayan a como";

/// The words that play a part in negation, by language.
#[derive(Debug)]
pub(crate) struct Roles {
    words: FxHashMap<&'static str, Role>,
    is_english: bool,
}

impl Roles {
    /// The words of `language`.
    pub(crate) fn new(language: Language) -> Self {
        let [openers, opinions, light, ors, turns, negators] = match language {
            Language::English => [OPENERS_EN, OPINIONS_EN, LIGHT_EN, ORS_EN, TURNS_EN, NEGATORS_EN],
            Language::Spanish => [OPENERS_ES, OPINIONS_ES, LIGHT_ES, ORS_ES, TURNS_ES, NEGATORS_ES],
            Language::Other => [""; 6],
        };
        let mut words = FxHashMap::default();
        for (list, role) in [
            (openers, Role::Opener),
            (opinions, Role::Opinion),
            (light, Role::Light),
            (ors, Role::Or),
            (turns, Role::Turn),
            (negators, Role::Negator),
        ] {
            words.extend(list.split_ascii_whitespace().map(|word| (word, role)));
        }
        Self { words, is_english: language == Language::English }
    }

    /// What `word` does. A word of both kinds (*nada*) is a negator first.
    pub(crate) fn of(&self, word: &str) -> Role {
        match self.words.get(word) {
            Some(role) => *role,
            None if self.is_english && word.ends_with("n't") => Role::Negator,
            None => Role::Plain,
        }
    }

    /// What a word does that was written with letters drawn out, and is `word` without that. A "nooo" is a cry.
    pub(crate) fn of_drawn_out(&self, word: &str) -> Role {
        if word == "no" { Role::Plain } else { self.of(word) }
    }

    /// Whether `word`, with `next` after it in its clause, is a *no* that answers and denies nothing of what follows.
    pub(crate) fn is_answer(&self, word: &str, next: &str) -> bool {
        self.is_english && word == "no" && SUBJECTS_EN.split_ascii_whitespace().any(|subject| subject == next)
    }

    /// Whether `word`, with `next` after it, is an *or* that holds no list together: a clause of its own begins ("don't touch
    /// me or I'll cry"), or both belong to a phrase ("more or less", "o sea").
    pub(crate) fn is_no_list(&self, word: &str, next: &str) -> bool {
        let [subjects, phrases] = if self.is_english { [SUBJECTS_EN, AFTER_OR_EN] } else { [SUBJECTS_ES, AFTER_OR_ES] };
        let mut ends = subjects.split_ascii_whitespace().chain(phrases.split_ascii_whitespace());
        self.of(word) == Role::Or && ends.any(|end| end == next)
    }
}

/// Predicates that hold a negator and lack nothing, so that what follows them is a clause of its own, comma or not: "I
/// can't sleep I'm so anxious". Formulas of comfort and courtesy are among them.
pub(crate) const fn complete(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "can't sleep",
            "couldn't sleep",
            "haven't slept",
            "can't breathe",
            "couldn't breathe",
            "can't cope",
            "couldn't cope",
            "can't relax",
            "can't calm down",
            "can't concentrate",
            "can't focus",
            "can't keep up",
            "can't go on",
            "can't take it",
            "can't take it anymore",
            "can't take this",
            "can't take this anymore",
            "can't take any more",
            "can't do this",
            "can't do this anymore",
            "can't handle it",
            "can't handle this",
            "can't deal with this",
            "don't fit in",
            "don't care anymore",
            "don't want to live",
            "don't want to be here",
            "nobody cares",
            "no one cares",
            "nobody understands",
            "nobody understands me",
            "no one understands",
            "no one understands me",
            "don't think so",
            "don't worry",
            "not to worry",
            "no worries",
            "no problem",
        ],
        Language::Spanish => &[
            "no puedo más",
            "ya no puedo más",
            "no doy más",
            "no doy abasto",
            "no aguanto más",
            "ya no aguanto",
            "no puedo dormir",
            "no pude dormir",
            "no he dormido",
            "no dormí",
            "no puedo respirar",
            "no puedo concentrarme",
            "no puedo con esto",
            "no puedo con todo",
            "no quiero vivir",
            "no quiero seguir",
            "no encajo",
            "no importa",
            "no pasa nada",
            "no hay problema",
            "no te preocupes",
            "no se preocupe",
            "no se preocupen",
            "no os preocupéis",
        ],
        Language::Other => &[],
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
            "never stopped being",
            "never stopped feeling",
            "haven't stopped being",
            "haven't stopped feeling",
            "hasn't stopped being",
            "hasn't stopped feeling",
            "not far from",
            "never far from",
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
            "can't say how",
            "can't tell how",
            "can't express how",
            "can't describe how",
            "have no idea how",
            "can't explain how",
            "nobody knows how",
        ],
        Language::Spanish => &[
            "no solo",
            "no sólo",
            "no solamente",
            "sin duda",
            "no dejo de",
            "no dejé de",
            "no dejó de",
            "no he dejado de",
            "no ha dejado de",
            "nunca dejé de",
            "nunca dejó de",
            "nunca he dejado de",
            "nunca ha dejado de",
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
            "no sabes lo",
            "no saben lo",
            "no sabéis lo",
            "no te imaginas lo",
            "no se imaginan lo",
            "no puedo expresar lo",
            "no puedo explicar lo",
            "no puedo describir lo",
            "cómo no",
            "por qué no",
            "y eso que no",
        ],
        Language::Other => &[],
    }
}

/// Expressions that hold no negator and deny the next word that says something. Those that as often introduce a clause
/// ("anything but I am sad") stand here after a form of *be*, and none that people wish for: who wants to be free of fear has it.
pub(crate) const fn denials(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "far from",
            "am anything but",
            "i'm anything but",
            "is anything but",
            "he's anything but",
            "she's anything but",
            "it's anything but",
            "are anything but",
            "we're anything but",
            "you're anything but",
            "they're anything but",
            "was anything but",
            "were anything but",
            "been anything but",
            "feel anything but",
            "feels anything but",
            "felt anything but",
            "lack of",
            "absence of",
            "stopped being",
            "stopped feeling",
        ],
        Language::Spanish => &[
            "lejos de",
            "cualquier cosa menos",
            "soy todo menos",
            "es todo menos",
            "son todo menos",
            "estoy todo menos",
            "está todo menos",
            "están todo menos",
            "estaba todo menos",
            "estaban todo menos",
            "falta de",
            "ausencia de",
            "dejé de",
            "dejó de",
            "dejaste de",
            "dejamos de",
            "dejaron de",
            "he dejado de",
            "ha dejado de",
            "han dejado de",
        ],
        Language::Other => &[],
    }
}

/// What stands between a denial and the word that it denies. A pronoun is that word itself: "far from you I feel so sad".
const BETWEEN_EN: &str = "being feeling very really so that all a an the any";
const BETWEEN_ES: &str = "ser estar sentir sentirme sentirte sentirse muy tan realmente un una el la lo los las";

impl Roles {
    /// Whether a denial goes on over `word`.
    pub(crate) fn is_between(&self, word: &str) -> bool {
        let between = if self.is_english { BETWEEN_EN } else { BETWEEN_ES };
        between.split_ascii_whitespace().any(|other| other == word)
    }
}

/// What a negator at a token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The window rule.
    Window,
    /// Only the tokens before this one: the negator belongs to an expression or a predicate that ends there.
    Until(usize),
    /// Nothing: a pseudo-negation.
    Nothing,
}

/// Marks every token that a hit may not begin at unnegated.
///
/// `word(i)` answers the role of token `i`, what ended before it, and how far it reaches as a negator.
pub(crate) fn scopes(count: usize, word: impl Fn(usize) -> (Role, Ends, Reach), negated: &mut Vec<bool>) {
    negated.clear();
    negated.resize(count, false);
    let (mut counted, mut reach, mut until) = (0, 0, 0);
    // An opinion has been denied, and its clause is opening.
    let mut is_opening = false;
    // The word before is the negator itself: no item of a list yet.
    let mut is_bare = false;
    for (index, mark) in negated.iter_mut().enumerate() {
        let (role, ends, extent) = word(index);
        let goes_on = ends == Ends::Item || (role == Role::Or && ends == Ends::Nothing);
        if goes_on && counted > 0 && !is_bare {
            (counted, reach) = (u32::max(counted, ITEM_TOKENS.0), u32::max(reach, ITEM_TOKENS.1));
        } else if ends != Ends::Nothing {
            (counted, reach) = (0, 0);
        }
        *mark = counted > 0 || index < until;
        is_bare = role == Role::Negator;
        match role {
            Role::Negator => match extent {
                Reach::Window => (counted, reach) = (WINDOW_TOKENS, REACH_TOKENS),
                Reach::Until(end) => until = until.max(end),
                Reach::Nothing => {}
            },
            Role::Turn => (counted, reach) = (0, 0),
            Role::Light | Role::Or => {}
            Role::Opener if is_opening => {}
            Role::Opinion | Role::Opener | Role::Plain => counted = u32::saturating_sub(counted, 1),
        }
        is_opening = role == Role::Opinion || (is_opening && matches!(role, Role::Light | Role::Opener));
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
    use super::{Ends, Reach, Role, Roles, scopes};
    use tidemark_domain::Language;

    fn negated(text: &str, language: Language) -> Vec<&str> {
        let words: Vec<&str> = text.split(' ').collect();
        let mut marks = Vec::new();
        let roles = Roles::new(language);
        scopes(words.len(), |index| (roles.of(words[index]), Ends::Nothing, Reach::Window), &mut marks);
        words.into_iter().zip(marks).filter_map(|(word, mark)| mark.then_some(word)).collect()
    }

    #[test]
    fn three_counted_words_are_reached_and_light_ones_are_free() {
        assert_eq!(negated("i am not one two three four", Language::English), ["one", "two", "three"]);
        assert_eq!(negated("not really all that happy today", Language::English).last(), Some(&"today"));
        assert_eq!(negated("no me siento muy feliz", Language::Spanish).last(), Some(&"feliz"));
        assert_eq!(negated("don't cry but sing", Language::English), ["cry", "but"]);
    }

    #[test]
    fn an_opinion_passes_its_negation_down_and_other_clauses_stay_their_own() {
        let last =
            |text: &'static str, language| negated(text, language).last().copied() == text.split(' ').next_back();
        for text in [
            "i don't think i am happy",
            "i don't think that she has ever been really happy",
            "it doesn't look like we are happy",
            "i'm not sure they are happy",
        ] {
            assert!(last(text, Language::English), "{text}");
        }
        for text in ["no creo que esté feliz", "no creo que él esté realmente muy feliz", "no es que sea feliz"] {
            assert!(last(text, Language::Spanish), "{text}");
        }
        for text in [
            "nobody knows i am sad",
            "can't do that i am sad",
            "don't feel good i am sad",
            "never thought i would be sad",
        ] {
            assert!(!last(text, Language::English), "{text}");
        }
        for text in ["no me hables que estoy triste", "no me siento bien estoy triste"] {
            assert!(!last(text, Language::Spanish), "{text}");
        }
    }

    #[test]
    fn an_answer_and_a_cry_deny_nothing() {
        let (english, spanish) = (Roles::new(Language::English), Roles::new(Language::Spanish));
        assert!(english.is_answer("no", "i'm") && !english.is_answer("no", "happy") && !english.is_answer("not", "i"));
        assert!(!spanish.is_answer("no", "i"));
        assert_eq!((english.of_drawn_out("no"), english.of_drawn_out("not")), (Role::Plain, Role::Negator));
    }
}
