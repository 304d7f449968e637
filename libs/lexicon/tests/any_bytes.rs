//! No file and no text makes the reader or the check fail in any other way than by its error.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidemark_domain::Language;
use tidemark_lexicon::check::Report;
use tidemark_lexicon::{Format, Lexica, Lexicon, LexiconError};

const FORMATS: [Format; 7] = [
    Format::Tsv,
    Format::Valence,
    Format::Wide,
    Format::Words("words"),
    Format::Liwc,
    Format::LiwcTable,
    Format::Weighted,
];

/// Pieces that files of all formats are made of, so that chance gets past their first lines.
fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "%\n",
        "%",
        "\n",
        "\r\n",
        "\t",
        ",",
        " ",
        "\"",
        "(",
        ")",
        "<of>",
        "<",
        "/",
        "*",
        "1",
        "02",
        "3",
        "X",
        "0.5",
        "-1",
        "1\twarm\n",
        "2\tcold (Cold)\n",
        "%\n1\twarm\n2\tcold\n%\n",
        "DicTerm,warm,cold\n",
        "term,category,weight\n",
        "_intercept",
        "fond",
        "keen*",
        "(warm) ",
        " (cold)",
        ":)",
        "(:",
        "é",
        "😂",
        "\u{FEFF}",
        "\u{301}",
        "(1 2)1/2",
        "inf",
        "NaN",
        "99999999999",
    ];
    prop_oneof![8 => prop::sample::select(fixed.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

/// A lexicon that is read can be compiled and checked; one that is not names a line that there is.
fn holds(format: Format, bytes: &[u8], text: &str) {
    match Lexicon::read("mine", Language::English, format, "mine", bytes) {
        Ok(lexicon) => {
            let lexica = Lexica::compile(std::slice::from_ref(&lexicon), "h".into()).unwrap();
            let _ = lexica.score(text, Language::English);
            let report = Report::on(&lexicon, [(text, Some("north"))]).unwrap();
            assert!(!report.to_string().is_empty());
        }
        Err(LexiconError::Line { line, fault, .. }) => {
            let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
            assert!((1..=lines).contains(&line), "{line}: {fault}");
        }
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in FORMATS {
            holds(format, &bytes, "fond of it");
        }
        let _ = Format::of_file("mine.tsv", &bytes);
    }

    #[test]
    fn anything_like_a_lexicon(pieces in prop::collection::vec(piece(), 0..30), text in any::<String>()) {
        let file = pieces.concat();
        for format in FORMATS {
            holds(format, file.as_bytes(), &text);
        }
        for name in ["mine.dic", "mine.dicx", "mine.csv", "mine.txt", "mine"] {
            let _ = Format::of_file(name, file.as_bytes());
        }
    }
}
