//! The ways one term is written: contractions open and closed, apostrophes and accents left out.

use tidemark_domain::Language;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Contractions and what they stand for. `n't` is opened by rule.
const CONTRACTIONS: &[(&str, [&str; 2])] = &[
    ("i'm", ["i", "am"]),
    ("you're", ["you", "are"]),
    ("we're", ["we", "are"]),
    ("they're", ["they", "are"]),
    ("it's", ["it", "is"]),
    ("that's", ["that", "is"]),
    ("what's", ["what", "is"]),
    ("there's", ["there", "is"]),
    ("i've", ["i", "have"]),
    ("i'll", ["i", "will"]),
    ("i'd", ["i", "would"]),
    ("can't", ["can", "not"]),
    ("won't", ["will", "not"]),
    ("don't", ["do", "not"]),
    ("doesn't", ["does", "not"]),
    ("didn't", ["did", "not"]),
    ("isn't", ["is", "not"]),
    ("aren't", ["are", "not"]),
    ("wasn't", ["was", "not"]),
    ("couldn't", ["could", "not"]),
    ("wouldn't", ["would", "not"]),
    ("haven't", ["have", "not"]),
    ("hasn't", ["has", "not"]),
];

/// Spanish words that become another, far more frequent word when their accent is left out.
const NOT_WITHOUT_ACCENT: &[&str] = &[
    "sí", "él", "tú", "mí", "té", "sé", "dé", "más", "aún", "qué", "cómo", "quién", "dónde", "cuándo", "sólo", "está",
    "esté", "éste", "ésta", "ése", "ésa", "amó", "pasó",
];

/// Other spellings of an expression, itself not included.
pub(crate) fn of(words: &[String], language: Language) -> Vec<Vec<String>> {
    let mut all = vec![words.to_vec()];
    match language {
        Language::English => {
            add(&mut all, opened);
            add(&mut all, closed);
            add(&mut all, without_apostrophes);
            add(&mut all, one_word_cannot);
        }
        Language::Spanish => all.extend(unaccented(words)),
        Language::Other => {}
    }
    all.remove(0);
    all
}

/// Adds what `rewrite` makes of each spelling so far, where that is new.
fn add(all: &mut Vec<Vec<String>>, rewrite: impl Fn(&[String]) -> Vec<String>) {
    for index in 0..all.len() {
        let rewritten = rewrite(&all[index]);
        if !all.contains(&rewritten) {
            all.push(rewritten);
        }
    }
}

/// "can't sleep" as "can not sleep".
fn opened(words: &[String]) -> Vec<String> {
    let open = |word: &String| match CONTRACTIONS.iter().find(|(short, _)| short == word) {
        Some((_, long)) => long.map(str::to_owned).to_vec(),
        None => vec![word.clone()],
    };
    words.iter().flat_map(open).collect()
}

/// "i am done" as "i'm done".
fn closed(words: &[String]) -> Vec<String> {
    let mut out = Vec::with_capacity(words.len());
    let mut index = 0;
    while index < words.len() {
        let pair = words.get(index + 1).map(|next| [words[index].as_str(), next.as_str()]);
        match pair.and_then(|pair| CONTRACTIONS.iter().find(|(_, long)| *long == pair)) {
            Some((short, _)) => {
                out.push((*short).to_owned());
                index += 2;
            }
            None => {
                out.push(words[index].clone());
                index += 1;
            }
        }
    }
    out
}

/// "can not" as "cannot".
fn one_word_cannot(words: &[String]) -> Vec<String> {
    words.join(" ").replace("can not", "cannot").split(' ').map(str::to_owned).collect()
}

/// "can't sleep" as "cant sleep". A single word keeps its apostrophe unless it is a negated verb, because others
/// become another word ("we're", "od'd").
fn without_apostrophes(words: &[String]) -> Vec<String> {
    match words {
        [only] if !only.ends_with("n't") || only == "won't" => words.to_vec(),
        _ => words.iter().map(|word| word.replace('\'', "")).collect(),
    }
}

/// Accents of a term of which each may be left out by itself; of a term with more, all are left out or none.
const MAX_ACCENTS: usize = 6;

/// "depresión" as "depresion", "aquí está" also as "aqui está" and "aquí esta": with any of its accents left out. A
/// single word that would become another one keeps its accent.
fn unaccented(words: &[String]) -> Vec<Vec<String>> {
    if matches!(words, [only] if NOT_WITHOUT_ACCENT.contains(&only.as_str())) {
        return Vec::new();
    }
    let accents = words.iter().flat_map(|word| word.chars()).filter(|letter| plain(*letter).is_some()).count();
    match accents {
        0 => Vec::new(),
        // A bit for each accent: set, it is left out.
        1..=MAX_ACCENTS => (1..1_u32 << accents).map(|plan| without_accents(words, plan)).collect(),
        _ => vec![without_accents(words, u32::MAX)],
    }
}

/// Leaves out the accents whose bits are set; those beyond the last bit go with it.
fn without_accents(words: &[String], plan: u32) -> Vec<String> {
    let mut accent = 0_u32;
    let mut written = |letter: char| match plain(letter) {
        None => letter,
        Some(plain) => {
            let is_left_out = plan >> accent.min(u32::BITS - 1) & 1 == 1;
            accent += 1;
            if is_left_out { plain } else { letter }
        }
    };
    words.iter().map(|word| word.chars().map(&mut written).collect()).collect()
}

/// A letter without its accent; nothing where it has none. ñ is a letter of its own.
fn plain(letter: char) -> Option<char> {
    if letter.is_ascii() || letter == 'ñ' {
        return None;
    }
    let mut parts = letter.nfd();
    let first = parts.next().filter(|first| *first != letter)?;
    parts.all(is_combining_mark).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::of;
    use tidemark_domain::Language;

    fn spellings(term: &str, language: Language) -> Vec<String> {
        let words: Vec<String> = term.split(' ').map(str::to_owned).collect();
        of(&words, language).into_iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn contractions_open_close_and_lose_their_apostrophe() {
        let english = spellings("can't sleep", Language::English);
        assert!(
            ["can not sleep", "cant sleep", "cannot sleep"].iter().all(|form| english.contains(&(*form).to_owned()))
        );
        assert!(spellings("i am alone", Language::English).contains(&"i'm alone".to_owned()));
        assert!(spellings("i am alone", Language::English).contains(&"im alone".to_owned()));
        assert!(spellings("we're", Language::English).iter().all(|form| form != "were"));
    }

    #[test]
    fn accents_may_be_left_out_and_the_letter_enye_may_not() {
        assert_eq!(spellings("depresión", Language::Spanish), ["depresion"]);
        assert!(spellings("año", Language::Spanish).is_empty());
        assert!(spellings("sí", Language::Spanish).is_empty());
        assert_eq!(spellings("no puedo más", Language::Spanish), ["no puedo mas"]);
    }

    #[test]
    fn each_accent_may_be_left_out_by_itself() {
        assert_eq!(
            spellings("aquí está", Language::Spanish),
            ["aqui está", "aquí esta", "aqui esta"],
            "a word that is protected alone is not in an expression"
        );
        assert_eq!(spellings("lingüística", Language::Spanish).len(), 3);
        assert_eq!(spellings("mañana así", Language::Spanish), ["mañana asi"]);
        let many = spellings("él está aquí así allí también además", Language::Spanish);
        assert_eq!(many, ["el esta aqui asi alli tambien ademas"]);
    }
}
