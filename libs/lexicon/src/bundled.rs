//! The lexica that come with the program, embedded in it. Each folder under `lexica/` has a LICENSE and a CARD.md.

use crate::entry::{Lexicon, Measure, Negation};
use crate::error::LexiconError;
use crate::formats::Format;
use crate::lexica::Lexica;
use crate::vader::Vader;
use tidemark_domain::Language;

/// One bundled file, and how it is to be read.
struct Source {
    lexicon: &'static str,
    language: Language,
    format: Format,
    measure: Measure,
    negation: Negation,
    file: &'static str,
    text: &'static str,
}

/// A file of our own format, scored by share, negation dropping hits.
macro_rules! source {
    ($lexicon:literal, $language:ident, $file:literal) => {
        source!($lexicon, $language, $file, Format::Tsv, Measure::Share, Negation::Drops)
    };
    ($lexicon:literal, $language:ident, $file:literal, $format:expr, $measure:expr, $negation:expr) => {
        Source {
            lexicon: $lexicon,
            language: Language::$language,
            format: $format,
            measure: $measure,
            negation: $negation,
            file: $file,
            text: include_str!(concat!("../lexica/", $file)),
        }
    };
}

const SOURCES: &[Source] = &[
    // Absolutist words are counted for their own sake: "not always" is one.
    source!("absolutist", English, "absolutist/en.txt", Format::Words("words"), Measure::Share, Negation::Ignored),
    source!("afinn", English, "afinn/en.tsv", Format::Valence, Measure::Valence, Negation::Drops),
    source!("afinn", Spanish, "afinn/es.tsv", Format::Valence, Measure::Valence, Negation::Drops),
    source!("crisis", English, "crisis/en.tsv"),
    source!("crisis", Spanish, "crisis/es.tsv"),
    source!("emotion", English, "emotion/en.tsv"),
    source!("emotion", Spanish, "emotion/es.tsv"),
    source!("epidemic", English, "epidemic/en.tsv"),
    source!("epidemic", Spanish, "epidemic/es.tsv"),
    source!("mh", English, "mh/en.tsv"),
    source!("mh", Spanish, "mh/es.tsv"),
    source!("suicide_risk", English, "suicide_risk/en.tsv"),
];

const VADER_LEXICON: &str = include_str!("../lexica/vader/lexicon.tsv");
const VADER_EMOJI: &str = include_str!("../lexica/vader/emoji.tsv");

/// VADER as bundled.
pub(crate) fn vader() -> Result<Vader, LexiconError> {
    Vader::read("vader/lexicon.tsv", VADER_LEXICON, VADER_EMOJI)
}

/// Names that lexica of one's own cannot have.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|source| source.lexicon).chain(["vader"])
}

/// Reads and compiles everything bundled, and `own` beside it; `own_hash` names what `own` was read from, and is empty
/// where there is none.
pub(crate) fn compile(own: &[Lexicon], own_hash: &str) -> Result<Lexica, LexiconError> {
    let mut lexica = Vec::with_capacity(SOURCES.len() + own.len());
    for source in SOURCES {
        let Source { lexicon, language, format, file, text, .. } = *source;
        let read = Lexicon::read(lexicon, language, format, file, text.as_bytes())?;
        lexica.push(Lexicon { measure: source.measure, negation: source.negation, ..read });
    }
    lexica.extend_from_slice(own);
    let bundled = hash();
    let hash = match own_hash {
        "" => bundled,
        own => blake3::hash(format!("{bundled} {own}").as_bytes()).to_hex().to_string(),
    };
    Lexica::compile_with(&lexica, Some(vader()?), hash)
}

/// BLAKE3 over names and contents of all files, in their order here.
fn hash() -> String {
    let mut hasher = blake3::Hasher::new();
    let vader = [("vader/lexicon.tsv", VADER_LEXICON), ("vader/emoji.tsv", VADER_EMOJI)];
    for (file, text) in SOURCES.iter().map(|source| (source.file, source.text)).chain(vader) {
        for part in [file, text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}
