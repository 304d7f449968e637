//! The words that VADER's rules name, and numbers for them.

pub(super) const NEGATORS: &[&str] = &[
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "didnt", "doesnt", "dont", "hadnt", "hasnt", "havent",
    "isnt", "mightnt", "mustnt", "neither", "neednt", "never", "none", "nope", "nor", "not", "nothing", "nowhere",
    "oughtnt", "shant", "shouldnt", "uhuh", "wasnt", "werent", "uh-uh", "without", "wont", "wouldnt", "rarely",
    "seldom", "despite",
];

pub(crate) const BOOSTERS: &[&str] = &[
    "absolutely",
    "amazingly",
    "awfully",
    "completely",
    "considerable",
    "considerably",
    "decidedly",
    "deeply",
    "effing",
    "enormous",
    "enormously",
    "entirely",
    "especially",
    "exceptional",
    "exceptionally",
    "extreme",
    "extremely",
    "fabulously",
    "flipping",
    "flippin",
    "frackin",
    "fracking",
    "fricking",
    "frickin",
    "frigging",
    "friggin",
    "fully",
    "fuckin",
    "fucking",
    "fuggin",
    "fugging",
    "greatly",
    "hella",
    "highly",
    "hugely",
    "incredible",
    "incredibly",
    "intensely",
    "major",
    "majorly",
    "more",
    "most",
    "particularly",
    "purely",
    "quite",
    "really",
    "remarkably",
    "so",
    "substantially",
    "thoroughly",
    "total",
    "totally",
    "tremendous",
    "tremendously",
    "uber",
    "unbelievably",
    "unusually",
    "utter",
    "utterly",
    "very",
];

pub(crate) const DAMPENERS: &[&str] = &[
    "almost",
    "barely",
    "hardly",
    "kinda",
    "kindof",
    "kind-of",
    "less",
    "little",
    "marginal",
    "marginally",
    "occasional",
    "occasionally",
    "partly",
    "scarce",
    "scarcely",
    "slight",
    "slightly",
    "somewhat",
    "sorta",
    "sortof",
    "sort-of",
];

/// Words that rules ask for, and `n't`, which stands for every word that holds it and is none of VADER's.
pub(super) const ASKED_FOR: &[&str] = &[
    "n't", "ass", "at", "bad", "beating", "bomb", "bus", "but", "death", "die", "doubt", "enough", "for", "heart",
    "just", "kind", "kiss", "least", "never", "no", "nor", "of", "or", "right", "shit", "so", "sort", "stop", "the",
    "this", "to", "very", "without", "yeah",
];

/// Which word VADER takes a word for, capitals aside; the default is none that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct WordId(u32);

impl WordId {
    pub(crate) const UNKNOWN: Self = Self(0);

    /// The word whose place this is.
    pub(super) const fn at(place: usize) -> Self {
        Self(place as u32)
    }

    /// The place of what is known of it.
    pub(super) const fn place(self) -> usize {
        self.0 as usize
    }

    /// Whether it is one of [`ASKED_FOR`].
    pub(super) const fn is_asked_for(self) -> bool {
        self.0 > 0 && self.place() <= ASKED_FOR.len()
    }
}

/// One of [`ASKED_FOR`], found while compiling: one that is not there is an error then.
macro_rules! the {
    ($word:literal) => {
        const { $crate::vader::named::asked_for($word) }
    };
}
pub(super) use the;

pub(super) const fn asked_for(word: &str) -> WordId {
    let mut place = 0;
    while !is_same(ASKED_FOR[place].as_bytes(), word.as_bytes()) {
        place += 1;
    }
    WordId::at(place + 1)
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

/// Phrases whose valence is not that of their words.
pub(super) const IDIOMS: &[(&[WordId], f64)] = &[
    (&[the!("the"), the!("shit")], 3.0),
    (&[the!("the"), the!("bomb")], 3.0),
    (&[the!("bad"), the!("ass")], 1.5),
    (&[the!("bus"), the!("stop")], 0.0),
    (&[the!("yeah"), the!("right")], -2.0),
    (&[the!("kiss"), the!("of"), the!("death")], -1.5),
    (&[the!("to"), the!("die"), the!("for")], 3.0),
    (&[the!("beating"), the!("heart")], 3.5),
];

pub(super) const DAMPENING_PAIRS: &[&[WordId]] =
    &[&[the!("just"), the!("enough")], &[the!("kind"), the!("of")], &[the!("sort"), the!("of")]];
