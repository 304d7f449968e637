//! A report as text, in columns.

use super::{Carried, Corpus, Report};
use std::fmt::{Display, Formatter, Result};

/// Findings of one kind that are written out; the rest is counted.
const LISTED: usize = 20;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { lexicon, language, terms, categories, .. } = self;
        writeln!(f, "{lexicon} ({language}): {terms} terms in {} categories", categories.len())?;
        let width = self.width();
        writeln!(
            f,
            "\n  {:width$}  {:>7}  {:>8}  {:>11}  {:>10}",
            "category", "terms", "prefixes", "expressions", "exceptions"
        )?;
        for row in categories {
            let name = &row.category;
            write!(f, "  {name:width$}  {:>7}  {:>8}", row.terms, row.prefixes)?;
            writeln!(f, "  {:>11}  {:>10}", row.expressions, row.exceptions)?;
        }
        let duplicates = self.duplicates.iter().map(|found| {
            let super::Duplicate { category, term, line, first } = found;
            format!("{category}: `{term}`, line {line}, is on line {first} already")
        });
        list(f, "Listed twice", duplicates)?;
        let shadowed = self.shadowed.iter().map(|found| {
            let super::Shadowed { category, term, line, by, by_line } = found;
            format!("{category}: `{term}`, line {line}, is covered by `{by}`, line {by_line}")
        });
        list(f, "Covered by a prefix of their category", shadowed)?;
        let ambiguous = self.ambiguous.iter().map(|found| format!("`{}`: {}", found.term, found.categories.join(", ")));
        list(f, "In more than one category", ambiguous)?;
        let unmatchable =
            self.unmatchable.iter().map(|found| format!("{}: `{}`, line {}", found.category, found.term, found.line));
        list(f, "Can never match", unmatchable)?;
        self.corpus.as_ref().map_or(Ok(()), |corpus| corpus.write(f, width))
    }
}

impl Report {
    /// The width of the names of categories, in characters.
    fn width(&self) -> usize {
        let names = self.categories.iter().map(|row| row.category.chars().count());
        names.max().unwrap_or_default().max("category".len())
    }
}

impl Corpus {
    fn write(&self, f: &mut Formatter<'_>, width: usize) -> Result {
        let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        writeln!(
            f,
            "\nCorpus: {} texts, {:.1} % with a hit; {} tokens, {:.1} % in a hit",
            self.texts,
            percent(self.texts_hit, self.texts),
            self.tokens,
            percent(self.tokens_hit, self.tokens)
        )?;
        write!(f, "\n  {:width$}  {:>7}  {:>8}  {:>9}", "category", "texts %", "tokens %", "hits")?;
        writeln!(f, "  {:>7}  {:>10}  {:>6}  {:>6}", "items", "80 % from", "alpha", "KR-20")?;
        let value = |found: Option<f64>| found.map_or("-".to_owned(), |value| format!("{value:.2}"));
        for row in &self.categories {
            let (texts, tokens) = (100.0 * row.share_of_texts, 100.0 * row.share_of_tokens);
            write!(f, "  {:width$}  {texts:>7.1}  {tokens:>8.2}  {:>9}", row.category, row.carried.hits)?;
            write!(f, "  {:>7}  {:>10}", row.items, row.carried.words_for_most)?;
            writeln!(f, "  {:>6}  {:>6}", value(row.alpha), value(row.kr20))?;
        }
        let by_word = self.categories.iter().filter_map(|row| {
            let word = row.saturated_by.as_ref()?;
            let (share, hits) = (100.0 * word.share, row.carried.hits);
            Some(format!("{}: `{}` gives {share:.0} % of its hits ({hits})", row.category, word.term))
        });
        let by_texts = self.categories.iter().filter(|row| row.is_in_most_texts);
        let by_texts = by_texts.map(|row| format!("{}: in {:.0} % of texts", row.category, 100.0 * row.share_of_texts));
        list(f, "Saturated", by_word.chain(by_texts))?;
        let terms = self.saturated_terms.iter().map(|found| {
            let super::SaturatedTerm { category, term, line, texts, share_of_texts } = found;
            format!("{category}: `{term}`, line {line}, in {:.0} % of them ({texts})", 100.0 * share_of_texts)
        });
        list(f, &format!("Terms in more than {:.0} % of texts", 100.0 * super::SATURATED_TERM_SHARE), terms)?;
        writeln!(f, "\nCarried by")?;
        for row in self.categories.iter().filter(|row| row.carried.hits > 0) {
            writeln!(f, "  {:width$}  {}", row.category, words(&row.carried))?;
            let names = row.regions.iter().map(|region| region.region.chars().count());
            let indent = names.max().unwrap_or_default();
            for region in row.regions.iter().filter(|region| region.carried.hits > 0) {
                writeln!(f, "    {:indent$}  {}", region.region, words(&region.carried))?;
            }
        }
        Ok(())
    }
}

/// The words that carry a category, in one line.
fn words(carried: &Carried) -> String {
    let top: Vec<String> =
        carried.top.iter().map(|word| format!("{} {:.0} %", word.term, 100.0 * word.share)).collect();
    format!("{} (hits: {}; 80 % from: {})", top.join(", "), carried.hits, carried.words_for_most)
}

/// Findings of one kind below their number; nothing if there are none.
fn list(f: &mut Formatter<'_>, title: &str, findings: impl Iterator<Item = String>) -> Result {
    let findings: Vec<String> = findings.collect();
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}: {}", findings.len())?;
    for finding in findings.iter().take(LISTED) {
        writeln!(f, "  {finding}")?;
    }
    match findings.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(f, "  … and {more} more"),
    }
}
