//! Our own format: `category<TAB>term[<TAB>weight]`, comments on lines that begin with `#`.

use super::{Names, weight};
use crate::entry::Entry;
use crate::error::Fault;

/// Reads one line. A term that itself begins with `#` is written without it: hashtags match words.
pub(super) fn line(line: &str, number: usize, names: &mut Names, entries: &mut Vec<Entry>) -> Result<(), Fault> {
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(());
    }
    let columns: Vec<&str> = line.split('\t').collect();
    let (name, term, weight) = match columns[..] {
        [name, term] => (name, term, 1.0),
        [name, term, column] => (name, term, weight(column)?),
        _ => return Err(Fault::Columns { expected: "category, term and optionally weight", found: columns.len() }),
    };
    entries.push(Entry { category: names.of(name, number)?, term: term.trim().to_owned(), weight, line: number });
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::error::{Fault, LexiconError};
    use crate::{Format, Lexicon};
    use tidemark_domain::Language;

    /// Reads `text`; answers the faulty line and fault.
    fn fault(text: &[u8]) -> (usize, Fault) {
        match Lexicon::read("mine", Language::English, Format::Tsv, "mine.tsv", text) {
            Err(LexiconError::Line { line, fault, .. }) => (line, fault),
            other => panic!("expected a faulty line, got {other:?}"),
        }
    }

    #[test]
    fn every_fault_names_its_line() {
        assert!(matches!(fault(b"joy\thappy\nsad"), (2, Fault::Columns { found: 1, .. })));
        assert!(matches!(fault(b"joy\thappy\t1\tx"), (1, Fault::Columns { found: 4, .. })));
        assert!(matches!(fault(b"joy\thappy\theavy"), (1, Fault::Weight(_))));
        assert!(matches!(fault(b"joy\thappy\tinf"), (1, Fault::InfiniteWeight)));
        assert!(matches!(fault(b"joy\t\n"), (1, Fault::EmptyTerm)));
        assert!(matches!(fault(b"joy\t...\n"), (1, Fault::EmptyTerm)));
        assert!(matches!(fault(b" \tx\n--\thappy\n"), (1 | 2, Fault::Category)));
        assert!(matches!(fault(b"joy\tha*py\n"), (1, Fault::Wildcard)));
        assert!(matches!(fault(b"joy\tha*\n"), (1, Fault::ShortPrefix { .. })));
        assert!(matches!(fault(b"# note\njoy\thappy\njoy\tHAPPY\n"), (3, Fault::Duplicate { first: 2 })));
        assert!(matches!(fault(b"joy\thappy\njoy\t\xff\n"), (2, Fault::NotUtf8(_))));
        assert!(matches!(fault("Año\tx\n\nano\ty\n".as_bytes()), (3, Fault::OneName { first: 1, .. })));
        let long = format!("joy\t{}\n", "word ".repeat(40));
        assert!(matches!(fault(long.as_bytes()), (1, Fault::LongTerm { found: 40, .. })));
    }

    #[test]
    fn a_category_may_be_written_in_more_than_one_way() {
        let text = "Función física\tx\nfunción_física\ty\nFUNCIO\u{301}N-FÍSICA\tz\n";
        let read = Lexicon::read("mine", Language::Spanish, Format::Tsv, "mine.tsv", text.as_bytes()).unwrap();
        assert!(read.entries.iter().all(|entry| entry.category == "funcion_fisica"), "{:?}", read.entries);
        let error = Lexicon::read("mine", Language::Spanish, Format::Tsv, "f", "año\tx\nano\ty\n".as_bytes());
        let said = error.unwrap_err().to_string();
        assert_eq!(
            said,
            "f, line 2: the category `ano` would have the name `ano`, as another has on line 1; call one otherwise"
        );
    }

    #[test]
    fn a_message_says_file_line_and_remedy() {
        let error = Lexicon::read("mine", Language::English, Format::Tsv, "mine.tsv", b"joy\tha*\n").unwrap_err();
        assert_eq!(error.to_string(), "mine.tsv, line 1: a prefix needs at least 3 characters before its `*`");
        assert!(matches!(
            Lexicon::read("mine", Language::English, Format::Tsv, "f", b"# nothing\n"),
            Err(LexiconError::Line { line: 1, fault: Fault::NoTerm, .. })
        ));
        assert!(matches!(
            Lexicon::read("My Words", Language::English, Format::Tsv, "f", b"a\tb\n"),
            Err(LexiconError::Name { .. })
        ));
    }
}
