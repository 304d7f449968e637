//! What a lexicon's terms say without a corpus.

use super::{Ambiguous, CategoryTerms, Duplicate, Report, Shadowed};
use crate::entry::{Entry, Lexicon, PassedOver, Pattern, Why};
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A term with its pattern.
pub(super) struct Term<'l> {
    pub(super) entry: &'l Entry,
    pub(super) pattern: Pattern,
}

/// The report without a corpus.
pub(super) fn report(lexicon: &Lexicon, terms: &[Term<'_>]) -> Report {
    let is_unmatchable = |passed: &&PassedOver| passed.why == Why::Unmatchable;
    let categories = categories(terms);
    Report {
        lexicon: lexicon.name.clone(),
        language: lexicon.language,
        terms: categories.iter().map(|category| category.terms).sum(),
        categories,
        duplicates: duplicates(lexicon, terms),
        shadowed: shadowed(terms),
        ambiguous: ambiguous(terms),
        unmatchable: lexicon.passed_over.iter().filter(is_unmatchable).cloned().collect(),
        corpus: None,
    }
}

fn categories(terms: &[Term<'_>]) -> Vec<CategoryTerms> {
    let mut found: BTreeMap<&str, CategoryTerms> = BTreeMap::new();
    for Term { entry, pattern } in terms {
        let empty =
            || CategoryTerms { category: entry.category.clone(), terms: 0, prefixes: 0, expressions: 0, exceptions: 0 };
        let category = found.entry(&entry.category).or_insert_with(empty);
        if entry.weight == 0.0 {
            category.exceptions += 1;
        } else {
            category.terms += 1;
            category.prefixes += usize::from(pattern.prefix);
            category.expressions += usize::from(pattern.words.len() > 1);
        }
    }
    found.into_values().collect()
}

/// What reading passed over, and what a lexicon made in code repeats.
fn duplicates(lexicon: &Lexicon, terms: &[Term<'_>]) -> Vec<Duplicate> {
    let passed = lexicon.passed_over.iter().filter_map(|passed| match passed.why {
        Why::Repeated { first } => {
            let PassedOver { category, term, line, .. } = passed.clone();
            Some(Duplicate { category, term, line, first })
        }
        Why::Unmatchable => None,
    });
    let mut seen: HashMap<(&str, &Pattern), usize> = HashMap::new();
    let repeated = terms.iter().filter_map(|Term { entry, pattern }| match seen.entry((&entry.category, pattern)) {
        Slot::Vacant(place) => {
            place.insert(entry.line);
            None
        }
        Slot::Occupied(place) => {
            let Entry { category, term, line, .. } = (*entry).clone();
            Some(Duplicate { category, term, line, first: *place.get() })
        }
    });
    let mut all: Vec<Duplicate> = passed.chain(repeated).collect();
    all.sort_by_key(|duplicate| duplicate.line);
    all
}

/// Finds the shortest prefix that covers each term, in the length of its last word.
fn shadowed(terms: &[Term<'_>]) -> Vec<Shadowed> {
    /// Category, words before the last, the prefix, the weight's bits.
    type Key<'t> = (&'t str, &'t [String], &'t str, u32);
    let mut prefixes: HashMap<Key<'_>, &Entry> = HashMap::new();
    for Term { entry, pattern } in terms.iter().filter(|term| term.pattern.prefix) {
        if let Some((last, before)) = pattern.words.split_last() {
            prefixes.entry((&entry.category, before, last, entry.weight.to_bits())).or_insert(entry);
        }
    }
    let cover = |Term { entry, pattern }: &Term<'_>| {
        let (last, before) = pattern.words.split_last()?;
        let ends = last.char_indices().map(|(at, _)| at).skip(1).chain((!pattern.prefix).then_some(last.len()));
        let mut keys = ends.map(|end| (entry.category.as_str(), before, &last[..end], entry.weight.to_bits()));
        let by = keys.find_map(|key| prefixes.get(&key))?;
        Some(Shadowed {
            category: entry.category.clone(),
            term: entry.term.clone(),
            line: entry.line,
            by: by.term.clone(),
            by_line: by.line,
        })
    };
    terms.iter().filter_map(cover).collect()
}

fn ambiguous(terms: &[Term<'_>]) -> Vec<Ambiguous> {
    let mut found: BTreeMap<String, (&str, BTreeSet<&str>)> = BTreeMap::new();
    for Term { entry, pattern } in terms.iter().filter(|term| term.entry.weight != 0.0) {
        let (_, categories) = found.entry(pattern.to_string()).or_insert_with(|| (&entry.term, BTreeSet::new()));
        categories.insert(&entry.category);
    }
    let several = found.into_values().filter(|(_, categories)| categories.len() > 1);
    several
        .map(|(term, categories)| Ambiguous {
            term: term.to_owned(),
            categories: categories.into_iter().map(str::to_owned).collect(),
        })
        .collect()
}
