//! What holds for every text, and for the bundled lexica as a whole.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tidemark_domain::Language;
use tidemark_lexicon::{Answer, Format, Lexica, Lexicon, Measure, Negation};

/// Numbers from a seed, so that a failure repeats (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "happy",
    "not",
    "panic",
    "attack",
    "can't",
    "sleep",
    "soooo",
    "saaad",
    "no",
    "puedo",
    "más",
    "nada",
    "feliz",
    " ",
    "\n",
    "\t",
    ".",
    ",",
    "!",
    "…",
    ":(",
    ":)",
    "<3",
    "😂",
    "👍🏽",
    "👩‍👩‍👧",
    "❤️",
    "\u{301}",
    "\u{200d}",
    "\u{fe0f}",
    "\0",
    "@user",
    "@",
    "http",
    "https://x.y/z",
    "&amp;",
    "&",
    "#",
    "_",
    "-",
    "--",
    "'",
    "’",
    "…",
    "悲しい",
    "مرحبا",
    "ก",
    "I",
    "ß",
    "İ",
    "n't",
    "¿",
    "«",
    "a",
    "1,5",
    "10:30",
    "\u{feff}",
    "suicide",
    "squad",
    "*",
    "/",
    "\\",
];

fn random_text(numbers: &mut Numbers) -> String {
    let length = numbers.below(40);
    let mut text = String::new();
    for _ in 0..length {
        text.push_str(PIECES[numbers.below(PIECES.len())]);
        if numbers.below(2) == 0 {
            text.push(' ');
        }
    }
    text
}

#[test]
fn any_text_is_answered_and_hits_lie_on_character_boundaries() {
    let lexica = Lexica::bundled();
    let mut numbers = Numbers(7);
    for _ in 0..4_000 {
        let text = random_text(&mut numbers);
        for language in Language::ALL {
            let answer = lexica.score(&text, language);
            let covered = lexica.categories().iter().filter(|category| category.languages.contains(&language)).count();
            assert_eq!(answer.scored.len(), covered, "{text:?}");
            assert!(answer.scored.iter().all(|scored| scored.score.is_finite() && scored.score >= 0.0), "{text:?}");
            for hit in lexica.explain(&text, language) {
                assert!(hit.start < hit.end && text.get(hit.start..hit.end).is_some(), "{text:?} {hit:?}");
            }
        }
    }
}

/// Hits per category, recovered from the shares.
fn counts(lexica: &Lexica, answer: &Answer) -> Vec<(usize, i64)> {
    let counted = |name: &str| !name.starts_with("lexicon.vader.") && !name.starts_with("lexicon.afinn.");
    let scored = answer.scored.iter().filter(|scored| counted(&lexica.categories()[scored.category].name));
    scored.map(|s| (s.category, (f64::from(s.score) * f64::from(answer.n_tokens)).round() as i64)).collect()
}

#[test]
fn another_sentence_never_takes_a_hit_away() {
    let lexica = Lexica::bundled();
    let mut numbers = Numbers(11);
    for _ in 0..2_000 {
        let text = random_text(&mut numbers);
        for language in [Language::English, Language::Spanish] {
            let alone = counts(&lexica, &lexica.score(&text, language));
            for longer in [format!("{text}\nThe train leaves."), format!("The train leaves.\n{text}")] {
                let company = counts(&lexica, &lexica.score(&longer, language));
                for ((category, before), (_, after)) in alone.iter().zip(&company) {
                    assert!(after >= before, "{} in {longer:?}", lexica.categories()[*category].name);
                }
            }
        }
    }
}

#[test]
fn the_same_text_has_the_same_answer_in_any_order_and_thread() {
    let lexica = Lexica::bundled();
    let mut numbers = Numbers(13);
    let texts: Vec<String> = (0..200).map(|_| random_text(&mut numbers)).collect();
    let first: Vec<Answer> = texts.iter().map(|text| lexica.score(text, Language::English)).collect();
    let handle = std::thread::spawn(move || {
        let lexica = Lexica::bundled();
        texts.iter().rev().map(|text| lexica.score(text, Language::English)).collect::<Vec<_>>()
    });
    let mut second = handle.join().unwrap();
    second.reverse();
    assert_eq!(first, second);
}

#[test]
fn a_hundred_thousand_characters_take_linear_time() {
    /// Far more than needed, far less than quadratic time would take.
    const LIMIT: Duration = Duration::from_secs(5);
    let lexica = Lexica::bundled();
    for unit in [
        "happy ",
        "not happy but sad ",
        "a",
        "é",
        "😂",
        ":(",
        "'",
        "n't ",
        "no ",
        "\u{301}",
        "panic attack ",
        "can't stop ",
        "&",
        "@",
    ] {
        let text = unit.repeat(100_000 / unit.len() + 1);
        let start = Instant::now();
        for language in [Language::English, Language::Spanish] {
            let answer = lexica.score(&text, language);
            assert!(answer.n_tokens as usize <= text.len());
            let _ = lexica.explain(&text, language);
        }
        assert!(start.elapsed() < LIMIT, "{unit:?} took {:?}", start.elapsed());
    }
}

#[test]
fn categories_are_named_for_tables_and_addresses() {
    let lexica = Lexica::bundled();
    let names: BTreeSet<&str> = lexica.categories().iter().map(|category| category.name.as_str()).collect();
    assert_eq!(names.len(), lexica.categories().len());
    assert!((60..=90).contains(&names.len()), "{} categories", names.len());
    for name in &names {
        assert!(name.starts_with("lexicon.") && name.split('.').count() == 3, "{name}");
        assert!(name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')), "{name}");
    }
    for name in ["mh.anxiety", "mh.depression", "mh.stress", "mh.suicide_selfharm", "mh.loneliness", "emotion.joy"] {
        let category = lexica.categories().iter().find(|category| category.name == format!("lexicon.{name}"));
        assert_eq!(category.unwrap().languages, [Language::English, Language::Spanish], "{name}");
    }
    assert_eq!(lexica.hash().len(), 64);
}

/// Cues are counted by rules: none is a marker, each is there in both languages, and their files are in the hash.
#[test]
fn cues_stay_out_of_series() {
    let (bundled, cues) = (Lexica::bundled(), Lexica::cues());
    assert_eq!(cues.hash(), bundled.hash());
    for category in cues.categories() {
        assert_eq!(category.languages, [Language::English, Language::Spanish], "{}", category.name);
        assert!(!bundled.categories().contains(category), "{}", category.name);
    }
    let wanted = |text: &str| cues.explain(text, Language::English).iter().any(|hit| !hit.negated);
    assert!(wanted("I enjoy being alone") && !wanted("I don't enjoy being alone"));
}

/// Empath and labMT come with the program and answer only where they are named; naming the others gives what they are.
#[test]
fn lexica_that_are_not_on_by_default_answer_where_they_are_named() {
    let default = Lexica::default_names();
    let optional: Vec<&str> = Lexica::bundled_names().filter(|name| !default.contains(name)).collect();
    assert_eq!(optional, ["empath", "labmt"]);
    let bundled = Lexica::bundled();
    let is_optional = |name: &str| name.starts_with("lexicon.empath.") || name.starts_with("lexicon.labmt.");
    assert!(!bundled.categories().iter().any(|category| is_optional(&category.name)));
    assert_eq!(Lexica::bundled_of(&default, &[], "").unwrap().hash(), bundled.hash());

    let named = Lexica::bundled_of(&optional, &[], "").unwrap();
    assert_ne!(named.hash(), bundled.hash());
    assert_eq!(named.categories().len(), 194 + 2);
    assert!(named.categories().iter().all(|category| is_optional(&category.name)));
    let score = |text: &str, language, name: &str| {
        let of = |index: usize| named.categories()[index].name == name;
        let answer = named.score(text, language);
        answer.scored.into_iter().find(|scored| of(scored.category)).map(|scored| scored.score)
    };
    assert!(score("my laptop at the office", Language::English, "lexicon.empath.office").unwrap() > 0.0);
    assert_eq!(score("my laptop at the office", Language::Spanish, "lexicon.empath.office"), None);
    // Triste is rated 2.14 of 9; one of two tokens.
    let sad = score("qwx triste", Language::Spanish, "lexicon.labmt.negative").unwrap();
    assert!((sad - 2.86 / 2.0).abs() < 1e-6, "{sad}");

    let taken = Lexicon::read("labmt", Language::English, Format::Tsv, "f", b"a\tfond\n").unwrap();
    assert!(Lexica::bundled_and(&[taken], "own").is_err(), "its name is taken, on or off");
}

/// Expressions that hold a negator end its reach for their own lexicon alone.
#[test]
fn a_lexicon_beside_the_others_changes_none_of_their_scores() {
    let own =
        "mine\tnot so\nmine\tno joy or\nmine\tnot very\nmine\tnever any\t0\nmine\tcan't see\nother\tnot happy but\n";
    let own = Lexicon::read("mine", Language::English, Format::Tsv, "mine.tsv", own.as_bytes()).unwrap();
    let counted = Lexicon { name: "counted".into(), negation: Negation::Ignored, ..own.clone() };
    let (alone, beside) = (Lexica::bundled(), Lexica::bundled_and(&[own, counted], "own").unwrap());
    let mut numbers = Numbers(17);
    let mut texts: Vec<String> = (0..500).map(|_| random_text(&mut numbers)).collect();
    for text in [
        "not so happy",
        "there is no joy or happiness",
        "not very sad at all",
        "never any fear",
        "can't see happy people",
        "no hope, not happy but sad, not so anxious",
    ] {
        texts.push(text.to_owned());
    }
    let bundled = |lexica: &Lexica, text: &str| {
        let scored = lexica.score(text, Language::English).scored.into_iter();
        let named = scored.map(|s| (lexica.categories()[s.category].name.clone(), s.score, s.present));
        named.filter(|(name, ..)| !name.contains(".mine.") && !name.contains(".counted.")).collect::<Vec<_>>()
    };
    for text in texts {
        assert_eq!(bundled(&alone, &text), bundled(&beside, &text), "{text:?}");
    }
}

/// A hit that negation does not drop leaves negators alone; one of the lexicon's own ends their reach in that lexicon.
#[test]
fn only_the_lexicon_s_own_hits_end_a_negation() {
    let read = |name: &str, text: &str| {
        Lexicon::read(name, Language::English, Format::Tsv, "mine.tsv", text.as_bytes()).unwrap()
    };
    let owner = read("owner", "lack\tno joy\nbright\tsunny\n");
    let idiom = read("idiom", "lack\tno joy\t0\nbright\tsunny\n");
    let ignored = Lexicon { negation: Negation::Ignored, ..read("ignored", "lack\tno joy\n") };
    let other = read("other", "bright\tsunny\n");
    let lexica = Lexica::compile(&[owner, idiom, ignored, other], "h".into()).unwrap();
    let answer = lexica.score("no joy or sunny days", Language::English);
    let present = answer.scored.iter().filter(|scored| scored.present);
    let names: Vec<&str> = present.map(|scored| lexica.categories()[scored.category].name.as_str()).collect();
    assert_eq!(names, ["lexicon.ignored.lack", "lexicon.owner.bright", "lexicon.owner.lack"]);
}

/// Share, weighted sum and valence on a worked example of ten tokens.
#[test]
fn scores_are_shares_of_all_tokens() {
    let read =
        |format, text: &str| Lexicon::read("mine", Language::English, format, "mine.tsv", text.as_bytes()).unwrap();
    let share = read(Format::Tsv, "calm\tcalm\ncalm\tat ease\ncalm\tcalmly panicking\t0\n");
    let weighted =
        Lexicon { name: "heavy".into(), measure: Measure::Weighted, ..read(Format::Tsv, "w\tcalm\t0.5\nw\tease\t2\n") };
    let valence =
        Lexicon { name: "feel".into(), measure: Measure::Valence, ..read(Format::Valence, "calm\t3\nstorm\t-1\n") };
    let lexica = Lexica::compile(&[share, weighted, valence], "h".into()).unwrap();
    let answer = lexica.score("Calm and calm, at ease; calmly panicking in a storm.", Language::English);
    assert_eq!(answer.n_tokens, 10);
    let score = |name: &str| {
        let of = |index: usize| lexica.categories()[index].name == format!("lexicon.{name}");
        answer.scored.iter().find(|scored| of(scored.category)).map(|scored| (scored.score, scored.present)).unwrap()
    };
    assert_eq!(score("mine.calm"), (0.3, true));
    assert_eq!(score("heavy.w"), (0.3, true));
    assert_eq!(score("feel.positive"), (0.5, true));
    assert_eq!(score("feel.negative"), (0.0, false));
}

#[test]
fn explanations_point_at_the_words() {
    let lexica = Lexica::bundled();
    let text = "So: a panic attack, not happy 😭";
    let hits = lexica.explain(text, Language::English);
    let shown = |name: &str| {
        let of = |index: usize| lexica.categories()[index].name == format!("lexicon.{name}");
        hits.iter()
            .filter(|hit| of(hit.category))
            .map(|hit| (&text[hit.start..hit.end], hit.negated))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("mh.anxiety"), [("panic attack", false)]);
    assert_eq!(shown("emotion.joy"), [("happy", true)]);
    assert_eq!(shown("emotion.sadness"), [("😭", false)]);
    assert!(lexica.explain(text, Language::Other).is_empty());
}
