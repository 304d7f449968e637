//! Tells English, Spanish and everything else apart in a short text.
//!
//! Three cheap witnesses are added up: a linear model over letter n-grams of 16 languages (the crate `whichlang`),
//! function words of both languages, and letters only Spanish has. A hint of the platform counts as one witness: it is
//! often the default of an app and not what was written. Where they do not agree on one language the answer is
//! [`Language::Other`]: an unscored post costs less than a post scored in the wrong language.

use crate::mask::{LINK_TOKEN, PERSON_TOKEN};
use std::collections::HashSet;
use std::sync::LazyLock;
use tidemark_domain::Language;
use whichlang::Lang;

/// The n-gram model's vote, where there are [`MODEL_WORDS`] words; less where there are fewer.
const MODEL_VOTE: f32 = 2.0;
/// Words that the model needs to be trusted.
const MODEL_WORDS: f32 = 3.0;
/// The platform's hint.
const HINT_VOTE: f32 = 1.5;
/// A word that only one of the two languages uses as a function word.
const WORD_VOTE: f32 = 1.0;
/// One of the words that short posts about feelings are made of, and that neighbours of the language write otherwise.
const TELLING_VOTE: f32 = 1.5;
/// A letter or mark that English does not have.
const LETTER_VOTE: f32 = 1.0;
/// The winner needs this much, and this much more than the next.
const ENOUGH: f32 = 1.5;
const AHEAD: f32 = 0.75;
/// Characters looked at: more do not change the answer.
const PREFIX_CHARS: usize = 1_000;

const ENGLISH_WORDS: &str = "the and to of is in it you that was for on are with they be at this have from not but what all were when we there \
    can an your which their if will how about out many then them these some would her make like him into has more go see \
    my i'm it's don't can't that's you're i've didn't isn't won't just been who did get had his she do i so up our us \
    because than very why where should could only really know think people now am being does doesn't too off over every \
    never always after before here today good morning night happy love want need feel day time";
const SPANISH_WORDS: &str = "de la que el en y los se del las un por con una su para es al lo como más pero sus le ya o este sí porque esta entre \
    cuando muy sin sobre también hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante \
    ellos esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho quienes nada muchos cual poco ella \
    estar estas algunas algo nosotros mi mis tú te ti tu tus ellas vos vosotros está están estoy estaba soy eres somos son \
    fue fui ser tengo tiene tienes hace hacer voy va vamos ver día hoy ayer mañana gracias feliz bien así siempre nunca \
    ahora aquí quiero puede puedo ha he han me si no solo cada mejor vida buenos buenas días noche";
const TELLING_ENGLISH: &str =
    "sad tired lonely alone anxious anxiety depressed scared angry crying worried hopeless panic attack";
const TELLING_SPANISH: &str =
    "ansiedad pánico ataque soledad miedo llorando llorar enojado enojada deprimido deprimida";
/// Words of Spanish that are as frequent in Portuguese, Italian, French or Catalan, or that English has too.
const SHARED_WORDS: &str = "de la que se no me a o e en un te per he ha va le si i do so nada tu mi an as come son como para por esta este vida como nos ti son es ser uno todo contra";

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

static ENGLISH: LazyLock<HashSet<&'static str>> = LazyLock::new(|| words(ENGLISH_WORDS));
static SPANISH: LazyLock<HashSet<&'static str>> = LazyLock::new(|| words(SPANISH_WORDS));
static TELLING: LazyLock<[HashSet<&'static str>; 2]> =
    LazyLock::new(|| [words(TELLING_ENGLISH), words(TELLING_SPANISH)]);
static SHARED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| words(SHARED_WORDS));

/// BCP 47's word for a language that could not be told.
const UNDETERMINED: &str = "und";

/// The language of a (masked) text whose source may say what it is: an explicit tag wins, and only an absent, empty or
/// `und` one has the text looked at.
#[must_use]
pub fn tell(text: &str, tag: Option<&str>) -> Language {
    match tag.map(str::trim) {
        None | Some("" | UNDETERMINED) => detect(text, None),
        Some(tag) => Language::from_tag(tag),
    }
}

/// The language of a (masked) text, told from the text. `hint` is what an app claims, a BCP 47 tag.
#[must_use]
pub fn detect(text: &str, hint: Option<&str>) -> Language {
    let (mut english, mut spanish, mut other) = (0.0, 0.0, 0.0);
    let mut clean = String::new();
    let (mut n_words, mut n_telling) = (0.0_f32, 0.0_f32);
    let prefix_bytes = text.char_indices().nth(PREFIX_CHARS).map_or(text.len(), |(at, _)| at);
    for token in text[..prefix_bytes].split_whitespace() {
        if token.starts_with(['#', '@']) || token.starts_with(LINK_TOKEN) || token.contains(PERSON_TOKEN) {
            continue;
        }
        let mut word = token.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if word.contains('’') {
            word = word.replace('’', "'");
        }
        if !word.chars().any(char::is_alphabetic) {
            continue;
        }
        let vote = if SHARED.contains(word.as_str()) { WORD_VOTE / 4.0 } else { WORD_VOTE };
        if ENGLISH.contains(word.as_str()) {
            english += vote;
        }
        if SPANISH.contains(word.as_str()) {
            spanish += vote;
        }
        for (told, votes) in TELLING.iter().zip([&mut english, &mut spanish]) {
            if told.contains(word.as_str()) {
                *votes += TELLING_VOTE;
                n_telling += 1.0;
            }
        }
        n_words += 1.0;
        clean.push_str(&word);
        clean.push(' ');
    }
    if text[..prefix_bytes].contains(['ñ', 'Ñ', '¿', '¡']) {
        spanish += LETTER_VOTE;
    }
    if clean.is_empty() {
        return hint.map_or(Language::Other, Language::from_tag);
    }
    let model_vote = MODEL_VOTE * (n_words / MODEL_WORDS).min(1.0);
    match whichlang::detect_language(&clean) {
        Lang::Eng => english += model_vote,
        Lang::Spa => spanish += model_vote,
        // Of a few words the model names any language; of those that tell theirs it need not say any.
        _ if n_words <= MODEL_WORDS => other += model_vote * (1.0 - n_telling / n_words),
        _ => other += model_vote,
    }
    match hint.map(Language::from_tag) {
        Some(Language::English) => english += HINT_VOTE,
        Some(Language::Spanish) => spanish += HINT_VOTE,
        Some(Language::Other) => other += HINT_VOTE,
        None => {}
    }
    let beats = |votes: f32, one: f32, two: f32| votes >= ENOUGH && votes - one.max(two) >= AHEAD;
    if beats(english, spanish, other) {
        Language::English
    } else if beats(spanish, english, other) {
        Language::Spanish
    } else {
        Language::Other
    }
}

#[cfg(test)]
mod tests {
    use super::detect;
    use tidemark_domain::Language::{English, Other, Spanish};

    #[test]
    fn short_posts_are_told_apart() {
        for (text, language) in [
            ("cannot sleep again, everything is too much", English),
            ("so tired", English),
            ("so sad", English),
            ("panic attack", English),
            ("ataque de pánico", Spanish),
            ("qué ansiedad", Spanish),
            ("tanto sola", Other),
            ("ataque de pânico", Other),
            ("otra noche sin dormir, no puedo más", Spanish),
            ("estoy cansada de todo", Spanish),
            ("hoy no me siento nada bien @user http", Spanish),
            ("não consigo dormir, estou muito cansado de tudo isso", Other),
            ("non riesco a dormire, sono stanca di tutto", Other),
            ("je n'arrive pas à dormir, je suis trop fatiguée", Other),
            ("ich kann nicht schlafen und bin müde", Other),
            ("眠れない、疲れた", Other),
            ("не могу уснуть", Other),
            ("😭😭😭", Other),
            ("@user http", Other),
        ] {
            assert_eq!(detect(text, None), language, "{text}");
        }
    }

    #[test]
    fn a_hint_helps_but_does_not_decide() {
        assert_eq!(detect("😭", Some("es-AR")), Spanish);
        assert_eq!(detect("ok", Some("en")), English);
        assert_eq!(detect("otra noche sin dormir, no puedo más con todo esto", Some("en")), Spanish);
        assert_eq!(detect("ich kann nicht schlafen und bin so müde, es ist zu viel", Some("en")), Other);
    }
}
