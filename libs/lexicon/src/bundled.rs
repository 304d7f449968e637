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

/// Lexica that answer only where they are asked for by name: each of their many categories is a series in every place.
const OPTIONAL: &[Source] = &[
    // Both count words whatever stands before them, as their authors do.
    source!("empath", English, "empath/en.tsv", Format::Wide, Measure::Share, Negation::Ignored),
    source!("labmt", English, "labmt/en.tsv", Format::Valence, Measure::Valence, Negation::Ignored),
    source!("labmt", Spanish, "labmt/es.tsv", Format::Valence, Measure::Valence, Negation::Ignored),
];

/// Lexica whose categories are no markers: rules count their hits. They keep their names out of series.
const CUES: &[Source] = &[
    // Who or what is spoken of stays so under a negation: "I never see my family".
    source!("aim", English, "aim/en.tsv", Format::Tsv, Measure::Share, Negation::Ignored),
    source!("aim", Spanish, "aim/es.tsv", Format::Tsv, Measure::Share, Negation::Ignored),
    // A denial is no cue, "not sure" is an expression of its own.
    source!("appraisal", English, "appraisal/en.tsv"),
    source!("appraisal", Spanish, "appraisal/es.tsv"),
    source!("loneliness_facets", English, "loneliness_facets/en.tsv", Format::Tsv, Measure::Share, Negation::Ignored),
    source!("loneliness_facets", Spanish, "loneliness_facets/es.tsv", Format::Tsv, Measure::Share, Negation::Ignored),
    source!("solitude", English, "solitude/en.tsv"),
    source!("solitude", Spanish, "solitude/es.tsv"),
];

const VADER: &str = "vader";
const VADER_LEXICON: &str = include_str!("../lexica/vader/lexicon.tsv");
const VADER_EMOJI: &str = include_str!("../lexica/vader/emoji.tsv");

/// VADER as bundled.
pub(crate) fn vader() -> Result<Vader, LexiconError> {
    Vader::read("vader/lexicon.tsv", VADER_LEXICON, VADER_EMOJI)
}

/// Names that lexica of one's own cannot have: those that answer by default, then those that do where they are asked for.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    default_names().into_iter().chain(named(OPTIONAL))
}

/// The lexica that answer where nothing is said.
pub(crate) fn default_names() -> Vec<&'static str> {
    named(SOURCES).into_iter().chain([VADER]).collect()
}

/// The names of sources, whose files of one name stand together.
fn named(sources: &'static [Source]) -> Vec<&'static str> {
    let mut names: Vec<&str> = sources.iter().map(|source| source.lexicon).collect();
    names.dedup();
    names
}

/// Reads and compiles the bundled lexica of these names, and `own` beside them; `own_hash` names what `own` was read from,
/// and is empty where there is none.
pub(crate) fn compile(names: &[&str], own: &[Lexicon], own_hash: &str) -> Result<Lexica, LexiconError> {
    let sources: Vec<&Source> =
        SOURCES.iter().chain(OPTIONAL).filter(|source| names.contains(&source.lexicon)).collect();
    let with_vader = names.contains(&VADER);
    let mut lexica = read(&sources)?;
    lexica.extend_from_slice(own);
    let bundled = hash(&sources, with_vader);
    let hash = match own_hash {
        "" => bundled,
        own => blake3::hash(format!("{bundled} {own}").as_bytes()).to_hex().to_string(),
    };
    Lexica::compile_with(&lexica, with_vader.then(vader).transpose()?, hash)
}

/// Reads and compiles the cues. They carry the hash of everything that answers by default.
pub(crate) fn compile_cues() -> Result<Lexica, LexiconError> {
    let (sources, cues): (Vec<&Source>, Vec<&Source>) = (SOURCES.iter().collect(), CUES.iter().collect());
    Lexica::compile_with(&read(&cues)?, None, hash(&sources, true))
}

fn read(sources: &[&Source]) -> Result<Vec<Lexicon>, LexiconError> {
    let read = |source: &&Source| {
        let Source { lexicon, language, format, measure, negation, file, text } = **source;
        Ok(Lexicon { measure, negation, ..Lexicon::read(lexicon, language, format, file, text.as_bytes())? })
    };
    sources.iter().map(read).collect()
}

/// BLAKE3 over names and contents of the files that answer, in their order here. Cues make numbers too, and are in it.
fn hash(sources: &[&Source], with_vader: bool) -> String {
    let mut hasher = blake3::Hasher::new();
    let vader = [("vader/lexicon.tsv", VADER_LEXICON), ("vader/emoji.tsv", VADER_EMOJI)];
    let vader = vader.into_iter().filter(|_| with_vader);
    let sources = sources.iter().copied().chain(CUES);
    for (file, text) in sources.map(|source| (source.file, source.text)).chain(vader) {
        for part in [file, text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}
