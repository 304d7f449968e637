//! Dictionaries made elsewhere: each form read from a small file of our own making, and what is said of broken ones.

#![allow(clippy::unwrap_used)]

use tidemark_domain::Language;
use tidemark_lexicon::{Fault, Format, Lexica, Lexicon, LexiconError, Measure, Negation, Why};

fn read(format: Format, text: &str) -> Lexicon {
    Lexicon::read("mine", Language::English, format, "mine", text.as_bytes()).unwrap()
}

/// The entries of `category`: terms and weights.
fn terms<'l>(lexicon: &'l Lexicon, category: &str) -> Vec<(&'l str, f32)> {
    let of = lexicon.entries.iter().filter(|entry| entry.category == category);
    of.map(|entry| (entry.term.as_str(), entry.weight)).collect()
}

/// Hits per category in `text`, by name.
fn hits(lexicon: &Lexicon, text: &str) -> Vec<(String, u32)> {
    let lexica = Lexica::compile(std::slice::from_ref(lexicon), "h".into()).unwrap();
    let answer = lexica.score(text, Language::English);
    let scored = answer.scored.iter().filter(|scored| scored.present);
    let name = |index: usize| lexica.categories()[index].name.trim_start_matches("lexicon.mine.").to_owned();
    scored.map(|s| (name(s.category), (s.score * answer.n_tokens as f32).round() as u32)).collect()
}

fn counted(found: &[(&str, u32)]) -> Vec<(String, u32)> {
    found.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

const LIWC_2007: &str = "%\n1\tnoun\n02\tpron\n3\twarm\n4\tfiller\n134\twish\n%\n\
    we\t02\nthey   2\nshall\t134\nwou*\t134\nrather good\t3\t003\n\
    fond\t(02 134)3/4\t1\nsort\t<of>4/1\nzest\t(2)3\n:-)\t3\n:~~>\t3\n";

#[test]
fn liwc_2007_with_its_conditions() {
    let lexicon = read(Format::Liwc, &format!("\u{FEFF}{}", LIWC_2007.replace('\n', "  \r\n\r\n")));
    assert_eq!((lexicon.measure, lexicon.negation), (Measure::Share, Negation::Ignored));
    assert_eq!(terms(&lexicon, "pron"), [("we", 1.0), ("they", 1.0)]);
    assert_eq!(terms(&lexicon, "wish"), [("shall", 1.0), ("wou*", 1.0)]);
    let warm = terms(&lexicon, "warm");
    assert_eq!(warm[0], ("rather good", 1.0));
    let fond = ["we fond", "they fond", "shall fond"];
    assert!(fond.iter().all(|phrase| warm.contains(&(*phrase, 1.0))), "{warm:?}");
    assert!(["we zest", "they zest"].iter().all(|phrase| warm.contains(&(*phrase, 1.0))), "{warm:?}");
    let filler = terms(&lexicon, "filler");
    assert!(filler.contains(&("fond", 1.0)) && filler.contains(&("sort of", 1.0)));
    assert!(fond.iter().all(|phrase| filler.contains(&(*phrase, 0.0))), "{filler:?}");
    let noun = terms(&lexicon, "noun");
    assert_eq!(noun, [("fond", 1.0), ("sort", 1.0), ("sort of", 0.0)]);
    let passed: Vec<(&str, Why)> = lexicon.passed_over.iter().map(|p| (p.term.as_str(), p.why)).collect();
    let line = lexicon.entries.iter().find(|entry| entry.term == "rather good").unwrap().line;
    assert_eq!(line, 23);
    assert_eq!(passed, [("rather good", Why::Repeated { first: 23 }), (":~~>", Why::Unmatchable)]);
}

#[test]
fn liwc_2007_counts_by_its_conditions() {
    let lexicon = read(Format::Liwc, LIWC_2007);
    assert_eq!(hits(&lexicon, "we fond they"), counted(&[("noun", 1), ("pron", 2), ("warm", 1)]));
    assert_eq!(hits(&lexicon, "so fond"), counted(&[("filler", 1), ("noun", 1)]));
    assert_eq!(hits(&lexicon, "a sort of thing"), counted(&[("filler", 1)]));
    assert_eq!(hits(&lexicon, "a sort"), counted(&[("noun", 1)]));
    assert_eq!(hits(&lexicon, "not rather good"), counted(&[("warm", 1)]));
    assert_eq!(hits(&lexicon, "zest and they"), counted(&[("pron", 1)]));
}

const LIWC_2015: &str = "%\n\t1\tfunction (Function Words)\n\t\t2\tpronoun (Pronouns)\n\t3\taffect (Affect)\n\
    \t4\tdiscrep (Discrepancy)\n\t5\tcompare\n\t6\ttentat\n%\n\
    we\t1\t2\nwould\t1\t4\nought\t4\nfond\t1\t5\nsort\t3\t5\n\
    (discrep) fond*\t3\n(may not) fond\t3\nsort (of)\t6\nb*\t3\n(x)fond (it)\t3\n";

#[test]
fn liwc_2015_with_its_contexts() {
    let lexicon = read(Format::Liwc, LIWC_2015);
    let names: std::collections::BTreeSet<&str> = lexicon.entries.iter().map(|entry| entry.category.as_str()).collect();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["affect", "compare", "discrep", "function", "pronoun", "tentat"]
    );
    let affect = terms(&lexicon, "affect");
    for phrase in ["would fond*", "ought fond*", "may not fond", "x fond it", "b*"] {
        assert!(affect.contains(&(phrase, 1.0)), "{phrase}: {affect:?}");
    }
    assert!(affect.contains(&("sort of", 0.0)));
    assert_eq!(terms(&lexicon, "tentat"), [("sort of", 1.0)]);
    assert_eq!(hits(&lexicon, "a sort of thing"), counted(&[("tentat", 1)]));
    assert_eq!(hits(&lexicon, "sort it"), counted(&[("affect", 1), ("compare", 1)]));
    // The condition's own word stays in its categories: `would` is a function word, `fond` is none here.
    assert_eq!(hits(&lexicon, "would fondly"), counted(&[("affect", 1), ("discrep", 1), ("function", 1)]));
    assert_eq!(hits(&lexicon, "would fond"), counted(&[("affect", 1), ("discrep", 1), ("function", 1)]));
    assert_eq!(hits(&lexicon, "would. fond"), counted(&[("compare", 1), ("discrep", 1), ("function", 2)]));
}

#[test]
fn liwc_22_tables() {
    let text = "DicTerm,Warm Words,tentat,discrep\r\n\r\nfond,X,,\r\n\"rather, good\",x,0,\r\nsort (of),,X,\r\nsort,X,,\r\n\
        would,,,X\r\n(discrep) keen*,X,,\r\nfond,x,,\r\n";
    let lexicon = read(Format::LiwcTable, text);
    assert_eq!((lexicon.measure, lexicon.negation), (Measure::Share, Negation::Ignored));
    assert_eq!(terms(&lexicon, "tentat"), [("sort of", 1.0)]);
    let warm = terms(&lexicon, "warm_words");
    assert_eq!(warm, [("fond", 1.0), ("rather, good", 1.0), ("sort", 1.0), ("would keen*", 1.0), ("sort of", 0.0)]);
    assert_eq!((lexicon.passed_over[0].line, lexicon.passed_over[0].why), (9, Why::Repeated { first: 3 }));
    let weighted = read(Format::LiwcTable, "dicterm,a,b\nfond,0.5,-2\n");
    assert_eq!(weighted.measure, Measure::Weighted);
    assert_eq!(terms(&weighted, "b"), [("fond", -2.0)]);
}

/// Asserts the line and the fault of each broken text.
macro_rules! broken {
    ($format:expr, $($text:expr => $line:literal, $fault:pat),+ $(,)?) => {
        $(match Lexicon::read("mine", Language::English, $format, "mine", $text.as_ref()) {
            Err(LexiconError::Line { line, fault, file }) => {
                assert_eq!(line, $line, "{:?}: {fault}", $text);
                assert!(matches!(fault, $fault), "{:?}: {fault:?}", $text);
                assert_eq!(file, "mine");
            }
            other => panic!("{:?}: expected a fault, got {other:?}", $text),
        })+
    };
}

#[test]
fn faults_of_liwc_2007() {
    broken!(Format::Liwc,
        "1\twarm\n%\nfond\t1\n" => 1, Fault::Percent { found: 0 },
        "%\n1\twarm\nfond\t1\n" => 3, Fault::CategoryLine { .. },
        "%\n1\twarm\n2\tcold\n" => 3, Fault::Percent { found: 1 },
        "%\n\n%\nfond\t1\n" => 3, Fault::NoCategories,
        "%\n1\twarm\n%\nfond\t1\n%\n" => 5, Fault::Percent { found: 3 },
        "%\n1\twarm\n01\tcold\n%\nfond\t1\n" => 3, Fault::RepeatedCategory { first: 2, .. },
        "%\n1\taño\n2\tano\n%\nfond\t1\n" => 3, Fault::RepeatedCategory { first: 2, .. },
        "%\n1\n%\nfond\t1\n" => 2, Fault::Category,
        "%\n1\twarm\n%\nfond\t1\nkeen\t2\n" => 5, Fault::UnknownCategory { id: 2 },
        "%\n1\twarm\n%\nfond\tone\n" => 4, Fault::Code { .. },
        "%\n1\twarm\n%\nfond\t-1\n" => 4, Fault::Code { .. },
        "%\n1\twarm\n%\nfond\t1/1\n" => 4, Fault::Code { .. },
        "%\n1\twarm\n%\nfond\n" => 4, Fault::NoCategory,
        "%\n1\twarm\n%\n\t1\n" => 4, Fault::EmptyTerm,
        "%\n1\twarm\n%\nfond\t<of1/1\n" => 4, Fault::Context,
        "%\n1\twarm\n%\nfond\t(1)\n" => 4, Fault::Context,
        "%\n1\twarm\n%\nfond\t()1\n" => 4, Fault::Context,
        "%\n1\twarm\n%\nfond\t(01 9)1\n" => 4, Fault::UnknownCategory { id: 9 },
        "%\n1\twarm\n%\nfond\t<of>1/7\n" => 4, Fault::UnknownCategory { id: 7 },
        "%\n1\twarm\n%\nfond*\t<of>1\n" => 4, Fault::Wildcard,
        b"%\n1\twarm\n%\nfond\t1\na\xf1o\t1\n" => 5, Fault::NotUtf8(_),
    );
}

#[test]
fn faults_of_liwc_2015() {
    broken!(Format::Liwc,
        "\t1\twarm (Warmth)\n%\n" => 1, Fault::Percent { found: 0 },
        "%\n\t1\t(Warmth)\n%\nfond\t1\n" => 2, Fault::Category,
        "%\n\twarm (Warmth)\n%\nfond\t1\n" => 2, Fault::CategoryLine { .. },
        "%\n\t1\twarm (Warmth)\n\t\t2\tWarm (Heat)\n%\nfond\t1\n" => 3, Fault::RepeatedCategory { first: 2, .. },
        "%\n\t1\twarm\n%\nsort (of\t1\n" => 4, Fault::Context,
        "%\n\t1\twarm\n%\nsort of)\t1\n" => 4, Fault::Context,
        "%\n\t1\twarm\n%\n(we fond*\t1\n" => 4, Fault::Context,
        "%\n\t1\twarm\n%\n(we)\t1\n" => 4, Fault::Context,
        "%\n\t1\twarm\n%\nfond* (of)\t1\n" => 4, Fault::Wildcard,
        "%\n\t1\twarm\n%\n(we) fond\t(1)1\n" => 4, Fault::Context,
        "%\n\t1\twarm\n%\n(we) fond\n" => 4, Fault::NoCategory,
        "%\n\t1\twarm\n%\n\n\nfo*nd\t1\n" => 6, Fault::Wildcard,
        format!("%\n\t1\twarm\n%\n{}\t1\n", "fond ".repeat(17)) => 4, Fault::LongTerm { found: 17, .. },
    );
}

#[test]
fn faults_of_liwc_22() {
    broken!(Format::LiwcTable,
        "Term,warm\nfond,X\n" => 1, Fault::Header { missing: "`DicTerm` in the first column", .. },
        "DicTerm\nfond\n" => 1, Fault::Header { .. },
        "DicTerm;warm\nfond;X\n" => 1, Fault::Header { .. },
        "DicTerm,warm,\nfond,X,\n" => 1, Fault::Category,
        "DicTerm,warm,Warm\nfond,X,\n" => 1, Fault::RepeatedCategory { first: 1, .. },
        "DicTerm,warm\nfond,X\nkeen,X,X\n" => 3, Fault::Cells { expected: 2, found: 3 },
        "DicTerm,warm\n\nfond\n" => 3, Fault::Cells { expected: 2, found: 1 },
        "DicTerm,warm\nfond,yes\n" => 2, Fault::Cell { .. },
        "DicTerm,warm\nfond,\n" => 2, Fault::NoCategory,
        "DicTerm,warm\n,X\n" => 2, Fault::EmptyTerm,
        "DicTerm,warm\n\"fond,X\n" => 2, Fault::Quote,
        "DicTerm,warm\nfond,inf\n" => 2, Fault::InfiniteWeight,
        "DicTerm,warm\nsort (of,X\n" => 2, Fault::Context,
        "DicTerm,warm\nfo*nd,X\n" => 2, Fault::Wildcard,
        b"DicTerm,warm\nfond,X\na\xf1o,X\n" => 3, Fault::NotUtf8(_),
    );
}

#[test]
fn faults_of_weighted_tables() {
    broken!(Format::Weighted,
        "term,weight\nfond,1\n" => 1, Fault::Header { missing: "category", .. },
        "term,category,weight\nfond,warm,heavy\n" => 2, Fault::Weight(_),
        "term,category,weight\nfond,warm,\n" => 2, Fault::Weight(_),
        "term,category,weight\nfond,warm,nan\n" => 2, Fault::InfiniteWeight,
        "term,category,weight\nfond,warm,1\nkeen,--,1\n" => 3, Fault::Category,
        "term,category,weight\nfond,ternura,1\nkeen,Ternúra,1\n" => 3, Fault::OneName { first: 2, .. },
        "term,category,weight\nfond,warm\n" => 2, Fault::Cells { expected: 3, found: 2 },
        "term,category,weight\nfond, or keen,warm,1\n" => 2, Fault::Cells { expected: 3, found: 4 },
        "term,category,weight\n,warm,1\n" => 2, Fault::EmptyTerm,
        "term,category,weight\n\"fond,warm,1\n" => 2, Fault::Quote,
        format!("term,category,weight\n{},warm,1\n", "fond ".repeat(17)) => 2, Fault::LongTerm { .. },
    );
}

#[test]
fn categories_keep_their_letters_and_their_names_apart() {
    let wide = "función\tfond\nemoción difícil\tkeen\n";
    let lexicon = read(Format::Wide, wide);
    assert_eq!(terms(&lexicon, "funcion"), [("fond", 1.0)]);
    assert_eq!(terms(&lexicon, "emocion_dificil"), [("keen", 1.0)]);
    broken!(Format::Wide, "año\tfond\nano\tkeen\n" => 2, Fault::OneName { first: 1, .. });
}

#[test]
fn what_an_editor_hides_is_told() {
    broken!(Format::Liwc,
        "%\n1\twarm\n%\nhap\0py\t1\n" => 4, Fault::Unseen { found: 0 },
        "%\r1\twarm\r%\rfond\t1\r" => 1, Fault::CarriageReturns,
        "%\n1\twarm\t2\tcold\n%\nfond\t1\n" => 2, Fault::CategoryLine { .. },
        "%\n1\twarm (Warmth\n%\nfond\t1\n" => 2, Fault::CategoryLine { .. },
        "%\n1\twarm\n%\nfond\t<of>1/\n" => 4, Fault::Context,
        "%\n1\twarm\n%\nfond\t(1)/1\n" => 4, Fault::Context,
    );
    broken!(Format::Tsv, "warm\tfond\nwarm\tke\u{200B}en\n" => 2, Fault::Unseen { found: 0x200B });
    broken!(Format::Wide, "warm\tfond\tkeen\ncold\tice\nwarm\tdear\n" => 3, Fault::RepeatedCategory { first: 1, .. });
    broken!(Format::Weighted,
        "term,term,category,weight\nfond,fond,warm,1\n" => 1, Fault::TwoColumns { name: "term" },
        "term,category,weight\n_intercept,warm,1\n" => 2, Fault::NoTerm,
        "term,category,weight\nfond,warm,0\n" => 2, Fault::NoTerm,
        "# a note\nterm,category,weight\nfond,warm,1\n" => 1, Fault::Header { .. },
        "term;category;weight\nfond;warm;1\n" => 1, Fault::Header { .. },
    );
    broken!(Format::Valence,
        "good\t1,9\nbad\t-2,5\n" => 1, Fault::Weight(_),
        "good\t1.9\nbad -2\n" => 2, Fault::Columns { .. },
    );
    let utf16: Vec<u8> = "\u{FEFF}joy\thappy\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = Lexicon::read("mine", Language::English, Format::Tsv, "mine", &utf16).unwrap_err();
    assert!(matches!(error, LexiconError::Line { line: 1, fault: Fault::Utf16, .. }), "{error}");
}

/// What a lexicon answers does not depend on which others are loaded beside it.
#[test]
fn a_lexicon_answers_the_same_in_any_company() {
    let read =
        |name: &str, text: &str| Lexicon::read(name, Language::English, Format::Tsv, "f", text.as_bytes()).unwrap();
    let one = read("one", "joy\thappy\njoy\tdog\njoy\tyes\nred\tit's\nblue\tit\nfine\tgood\nfaith\tgod\n");
    let two = read("two", "joy\thapp*\njoy\tdog*\njoy\tyess*\njoy\tit's\njoy\tgod\n");
    let alone = Lexica::compile(std::slice::from_ref(&one), "h".into()).unwrap();
    let together = Lexica::compile(&[one, two], "h".into()).unwrap();
    for (text, expected) in [
        ("happyyyy", &["joy"][..]),
        ("dog's", &["joy"]),
        ("yesssss", &["joy"]),
        // The first form that a lexicon has: as written, then of fewer letters.
        ("it's", &["red"]),
        ("goood", &["fine"]),
    ] {
        for lexica in [&alone, &together] {
            let answer = lexica.score(text, Language::English);
            let present = answer.scored.iter().filter(|scored| scored.present);
            let names = present.map(|scored| lexica.categories()[scored.category].name.as_str());
            let names: Vec<&str> = names.filter_map(|name| name.strip_prefix("lexicon.one.")).collect();
            assert_eq!(names, expected, "{text}");
        }
    }
}

/// Each fault of a file is told, by line, up to twenty; where one makes the rest unreadable, it is told alone.
#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let lines = |format, text: &str| {
        let faulty = Lexicon::read_to_the_end("mine", Language::English, format, "mine", text.as_bytes()).unwrap_err();
        let line = |error: &LexiconError| match error {
            LexiconError::Line { line, .. } => *line,
            other => panic!("no line: {other}"),
        };
        (faulty.first.iter().map(line).collect::<Vec<_>>(), faulty.found)
    };
    for (format, text, expected) in [
        (Format::Tsv, "a\tfond\na\tFOND\na\na\tke*en\na\tglad\tx\n", vec![2, 3, 4, 5]),
        (Format::Liwc, "%\n1\twarm\n%\nfond\t7\nkeen\t1\nglad\nfo*nd\t1\n%\n", vec![4, 6, 7, 8]),
        (Format::Liwc, "%\n1\twarm\nx\n1\tcold\n%\nfond\t2\n", vec![3, 4]),
        (Format::Liwc, "%\n1\twarm\nfond\t1\nkeen\t1\n", vec![3, 4]),
        (Format::Liwc, "fond\t1\nkeen\n", vec![1]),
        (Format::LiwcTable, "DicTerm,warm\nfond,maybe\nkeen,X\nglad\n,X\n", vec![2, 4, 5]),
        (Format::LiwcTable, "DicTerm,--\nfond,maybe\n", vec![1]),
        (Format::Weighted, "term,category,weight\nfond,warm,heavy\n,warm,1\nkeen,warm,inf\n", vec![2, 3, 4]),
        (Format::Weighted, "term,weight\nfond,heavy\n", vec![1]),
    ] {
        assert_eq!(lines(format, text), (expected.clone(), expected.len()), "{text}");
    }
    let many = "a\n".repeat(30);
    assert_eq!(lines(Format::Tsv, &many), ((1..=20).collect(), 30));
    let error = Lexicon::read_to_the_end("mine", Language::English, Format::Tsv, "mine", many.as_bytes()).unwrap_err();
    let said = error.to_string();
    assert!(said.lines().all(|line| line.starts_with("mine, line ") || line == "… and 10 more"), "{said}");
    assert_eq!(said.lines().count(), 21);
}

#[test]
fn files_without_a_term_name_the_line_where_they_end() {
    broken!(Format::Liwc,
        "" => 1, Fault::NoTerm,
        "\u{FEFF}" => 1, Fault::NoTerm,
        "%\n1\twarm\n%\n" => 3, Fault::NoTerm,
        "%\r\n1\twarm\r\n2\tcold\r\n%\r\n\r\n \t\r\n" => 4, Fault::NoTerm,
        "%\n\t1\twarm (Warmth)\n%\n:~~>\t1\n" => 4, Fault::NoTerm,
        "%\n%\n" => 2, Fault::NoCategories,
        "%\n" => 1, Fault::Percent { found: 1 },
    );
    broken!(Format::LiwcTable, "DicTerm,warm\n" => 1, Fault::NoTerm);
    broken!(Format::Weighted,
        "\n" => 1, Fault::NoTerm,
        "term,category,weight\n!!,warm,1\n" => 2, Fault::NoTerm,
    );
}

#[test]
fn conditions_stand_for_a_limited_number_of_expressions() {
    let mut text = "%\n1\tmany\n2\tmore\n%\n".to_owned();
    for number in 0..600 {
        text.push_str(&format!("w{number}\t1\n"));
    }
    text.push_str("(many) fond (many)\t2\n");
    let error = Lexicon::read("mine", Language::English, Format::Liwc, "mine", text.as_bytes()).unwrap_err();
    assert!(matches!(error, LexiconError::Line { line: 605, fault: Fault::TooManyContexts { .. }, .. }), "{error}");
}

#[test]
fn vader_s_own_file_is_read_and_says_what_it_cannot_match() {
    let text = include_str!("../lexica/vader/lexicon.tsv");
    let lexicon = read(Format::of_file("vader_lexicon.txt", text.as_bytes()).unwrap(), text);
    assert_eq!((lexicon.measure, lexicon.negation), (Measure::Valence, Negation::Drops));
    assert_eq!(lexicon.entries.len() + lexicon.passed_over.len(), text.lines().count());
    assert!(lexicon.entries.len() > 7_000, "{}", lexicon.entries.len());
}

/// DLATK: Σ weight × (count / tokens) + intercept. Eleven tokens: calm twice (0.5), storm and
/// hopeful once (−1.25 and 2), and a negation that is ignored.
#[test]
fn weighted_sums_are_those_of_dlatk() {
    let text = "id,Category,weight,term\n1,age,0.5,calm\n2,age,-1.25,storm\n3,age,2,hope*\n4,age,23.25,_intercept\n\
        5,gender,\"-1\",\"well, then\"\n6,gender,3,f**k\n7,gender,1,intercept\n";
    let lexicon = read(Format::Weighted, text);
    assert_eq!((lexicon.measure, lexicon.negation), (Measure::Weighted, Negation::Ignored));
    assert_eq!((lexicon.passed_over[0].term.as_str(), lexicon.passed_over[0].why), ("f**k", Why::Unmatchable));
    let lexica = Lexica::compile(&[lexicon], "h".into()).unwrap();
    let score = |text: &str| {
        let answer = lexica.score(text, Language::English);
        let scored = answer.scored.iter().map(|scored| (f64::from(scored.score), scored.present));
        (answer.n_tokens, scored.collect::<Vec<_>>())
    };
    let (n_tokens, scored) = score("Calm and not calm, a storm; hopeful, well then we go");
    assert_eq!(n_tokens, 11);
    let expected = [(2.0 * 0.5 - 1.25 + 2.0) / 11.0 + 23.25, -1.0 / 11.0];
    for ((found, present), expected) in scored.into_iter().zip(expected) {
        assert!(present && (found - expected).abs() < 1e-5, "{found} is not {expected}");
    }
    assert_eq!(score("nothing here").1, [(23.25, false), (0.0, false)]);
    assert_eq!(score("").1, [(23.25, false), (0.0, false)]);
}

/// Files of one name in two languages are one category; each language has the constant of its own file.
#[test]
fn a_constant_is_that_of_its_language() {
    let of = |language, constant: &str| {
        let text = format!("term,category,weight\ncalm,age,1\n_intercept,age,{constant}\n");
        Lexicon::read("mine", language, Format::Weighted, "mine", text.as_bytes()).unwrap()
    };
    let lexica = [of(Language::English, "20"), of(Language::Spanish, "-3")];
    let lexica = Lexica::compile(&lexica, "h".into()).unwrap();
    let score = |language| lexica.score("nothing here", language).scored[0].score;
    assert_eq!((score(Language::English), score(Language::Spanish)), (20.0, -3.0));
}

#[test]
fn markers_are_named_as_they_are_answered_and_count_terms_alone() {
    let valence = read(Format::Valence, "calm\t3\nease\t1\nstorm\t-1\n");
    let weighted = read(Format::Weighted, "term,category,weight\ncalm,age,1\n_intercept,age,20\nease,mood,-1\n");
    let share = read(Format::Tsv, "calm\tcalm\ncalm\tat ease\ncalm\tcalm down\t0\n");
    let markers = |lexicon: &Lexicon| lexicon.markers().into_iter().collect::<Vec<_>>();
    let named = |name: &str, terms: usize| (format!("lexicon.mine.{name}"), terms);
    assert_eq!(markers(&valence), [named("negative", 1), named("positive", 2)]);
    assert_eq!(markers(&weighted), [named("age", 1), named("mood", 1)]);
    assert_eq!(markers(&share), [named("calm", 2)]);
    for lexicon in [valence, weighted, share] {
        let lexica = Lexica::compile(std::slice::from_ref(&lexicon), "h".into()).unwrap();
        let names = lexica.categories().iter().map(|category| category.name.clone());
        assert!(names.eq(lexicon.markers().into_keys()), "{:?}", lexicon.markers());
    }
}
