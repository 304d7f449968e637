//! A corpus read text by text: who hits how often, where, and beside whom.

use super::consistency::{Moments, coefficient};
use super::terms::{self, Term};
use super::{
    Carried, Carrier, CategoryUse, Corpus, MOST_HITS_SHARE, RegionUse, Report, SATURATED_SHARE, SATURATED_TERM_SHARE,
    SaturatedTerm, TOP_WORDS,
};
use crate::entry::{Lexicon, Measure, Negation, Pattern};
use crate::error::LexiconError;
use crate::matcher::{Found, Matcher, PSEUDO, Scratch, Slot};
use crate::tokenise::Tokens;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A check under way: the lexicon, and what the texts read so far say about it.
///
/// Hits are those that [`crate::Lexica::score`] counts with this lexicon alone. Time is linear in the texts.
pub struct Check<'l> {
    lexicon: &'l Lexicon,
    terms: Vec<Term<'l>>,
    matcher: Matcher,
    tokens: Tokens,
    scratch: Scratch,
    /// By term.
    uses: Vec<TermUse>,
    /// By slot, in the order of names.
    sums: Vec<CategorySums>,
    corpus: Counts,
    /// Texts with a token.
    scored: u64,
    regions: BTreeMap<String, u32>,
    /// By number of region: texts.
    region_texts: Vec<u64>,
    /// By number of region and of term: hits.
    region_hits: FxHashMap<(u32, u32), u64>,
}

/// Texts and tokens.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    texts: u64,
    tokens: u64,
    texts_hit: u64,
    tokens_hit: u64,
}

/// What the texts say about a term.
#[derive(Debug, Clone, Copy, Default)]
struct TermUse {
    slot: Slot,
    /// Hits in the text at hand.
    here: u32,
    hits: u64,
    texts: u64,
    share: Moments,
    present: Moments,
}

/// What the texts say about a category.
#[derive(Debug, Clone, Default)]
struct CategorySums {
    name: String,
    /// Hits, terms present and tokens hit in the text at hand.
    here: (u32, u32, u64),
    texts_hit: u64,
    tokens_hit: u64,
    share: Moments,
    present: Moments,
}

impl<'l> Check<'l> {
    /// A check of `lexicon`, no text read yet.
    ///
    /// # Errors
    /// [`LexiconError::Line`] for a term that [`Lexicon::read`] would have refused, [`LexiconError::TooMany`]
    /// categories.
    pub fn new(lexicon: &'l Lexicon) -> Result<Self, LexiconError> {
        let mut tokens = Tokens::default();
        let mut terms = Vec::with_capacity(lexicon.entries.len());
        let is_term = |entry: &&crate::Entry| lexicon.measure != Measure::Weighted || !entry.is_intercept();
        for entry in lexicon.entries.iter().filter(is_term) {
            let pattern = Pattern::read(&entry.term, 1, &mut tokens).map_err(|fault| LexiconError::Line {
                file: lexicon.name.clone(),
                line: entry.line,
                fault,
            })?;
            terms.push(Term { entry, pattern });
        }
        let mut slots: BTreeMap<&str, Slot> = terms.iter().map(|term| (term.entry.category.as_str(), 0)).collect();
        if slots.len() > usize::from(PSEUDO) {
            return Err(LexiconError::TooMany { max: usize::from(PSEUDO) });
        }
        let sums =
            slots.keys().map(|name| CategorySums { name: (*name).to_owned(), ..CategorySums::default() }).collect();
        for (number, slot) in (0..).zip(slots.values_mut()) {
            *slot = number;
        }
        let mut matcher = Matcher::new(lexicon.language);
        let mut uses = Vec::with_capacity(terms.len());
        for (number, Term { entry, pattern }) in (0..).zip(&terms) {
            let slot = slots.get(entry.category.as_str()).copied().unwrap_or_default();
            matcher.insert(pattern, slot, entry.weight, number);
            let drops = lexicon.negation == Negation::Drops;
            matcher.belongs(slot, 0, drops);
            if drops && lexicon.measure == Measure::Valence {
                matcher.scales(slot);
            }
            uses.push(TermUse { slot, ..TermUse::default() });
        }
        matcher.finish();
        Ok(Self {
            lexicon,
            terms,
            matcher,
            tokens,
            scratch: Scratch::default(),
            uses,
            sums,
            corpus: Counts::default(),
            scored: 0,
            regions: BTreeMap::new(),
            region_texts: Vec::new(),
            region_hits: FxHashMap::default(),
        })
    }

    /// Reads a text in the lexicon's language.
    pub fn read(&mut self, text: &str, region: Option<&str>) {
        let region = region.map(|region| self.region(region));
        self.tokens.read(text);
        self.matcher.find(&self.tokens, &mut self.scratch);
        let n_tokens = self.tokens.all().len();
        self.corpus.texts += 1;
        self.corpus.tokens += n_tokens as u64;
        self.scored += u64::from(n_tokens > 0);
        if let Some(region) = region {
            self.region_texts[region as usize] += 1;
        }
        let drops = self.lexicon.negation == Negation::Drops;
        let counts = |hit: &&Found| hit.slot != PSEUDO && hit.weight != 0.0 && !(hit.negated && drops);
        // Hits come in the order of the text, so that the tokens they share are those before the furthest end so far.
        let mut covered_to = 0;
        for hit in self.scratch.found.iter().filter(counts) {
            let sums = &mut self.sums[usize::from(hit.slot)];
            let term = &mut self.uses[hit.entry as usize];
            sums.here.0 += 1;
            sums.here.1 += u32::from(term.here == 0);
            sums.here.2 += (hit.end - hit.start) as u64;
            term.here += 1;
            self.corpus.tokens_hit += hit.end.saturating_sub(hit.start.max(covered_to)) as u64;
            covered_to = covered_to.max(hit.end);
            if let Some(region) = region {
                *self.region_hits.entry((region, hit.entry)).or_default() += 1;
            }
        }
        self.corpus.texts_hit += u64::from(covered_to > 0);
        let per_token = 1.0 / n_tokens.max(1) as f64;
        for hit in self.scratch.found.iter().filter(counts) {
            self.uses[hit.entry as usize].close(per_token);
            self.sums[usize::from(hit.slot)].close(per_token);
        }
    }

    /// What there is to say after the texts read.
    #[must_use]
    pub fn report(self) -> Report {
        let mut by_slot: Vec<Vec<u32>> = vec![Vec::new(); self.sums.len()];
        for (number, term) in (0..).zip(&self.uses).filter(|(_, term)| term.hits > 0) {
            by_slot[usize::from(term.slot)].push(number);
        }
        let Counts { texts, tokens, texts_hit, tokens_hit } = self.corpus;
        let categories = self.sums.iter().zip(&by_slot).map(|(sums, items)| self.category(sums, items)).collect();
        let saturated_terms = self.saturated_terms();
        let corpus = Corpus { texts, tokens, texts_hit, tokens_hit, saturated_terms, categories };
        Report { corpus: Some(corpus), ..self.terms_alone() }
    }

    /// What there is to say without texts.
    pub(super) fn terms_alone(&self) -> Report {
        terms::report(self.lexicon, &self.terms)
    }

    /// Terms that are in many texts, the most frequent first; of equals, the one that stands first in the file.
    fn saturated_terms(&self) -> Vec<SaturatedTerm> {
        let share = |texts: u64| texts as f64 / self.corpus.texts.max(1) as f64;
        let terms = self.terms.iter().zip(&self.uses);
        let saturated = terms.filter(|(_, of)| share(of.texts) > SATURATED_TERM_SHARE);
        let mut found: Vec<SaturatedTerm> = saturated
            .map(|(Term { entry, .. }, of)| SaturatedTerm {
                category: entry.category.clone(),
                term: entry.term.clone(),
                line: entry.line,
                texts: of.texts,
                share_of_texts: share(of.texts),
            })
            .collect();
        found.sort_by_key(|term| std::cmp::Reverse(term.texts));
        found
    }

    /// The number of a region.
    fn region(&mut self, name: &str) -> u32 {
        if let Some(number) = self.regions.get(name) {
            return *number;
        }
        let number = self.region_texts.len() as u32;
        self.regions.insert(name.to_owned(), number);
        self.region_texts.push(0);
        number
    }

    /// What is known of a category whose terms `items` occur.
    fn category(&self, sums: &CategorySums, items: &[u32]) -> CategoryUse {
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        let share_of_texts = share(sums.texts_hit, self.corpus.texts);
        let hits = |number: u32| self.uses[number as usize].hits;
        let carried = self.carried(items.iter().map(|number| (*number, hits(*number))).collect());
        let saturated_by = carried.top.first().filter(|word| word.share > SATURATED_SHARE).cloned();
        let in_region = |region: u32| {
            let hits = |number: &u32| Some((*number, *self.region_hits.get(&(region, *number))?));
            self.carried(items.iter().filter_map(hits).collect())
        };
        let regions = self.regions.iter().map(|(name, number)| RegionUse {
            region: name.clone(),
            texts: self.region_texts[*number as usize],
            carried: in_region(*number),
        });
        let of = |moments: fn(&TermUse) -> Moments| -> Vec<Moments> {
            items.iter().map(|number| moments(&self.uses[*number as usize])).collect()
        };
        CategoryUse {
            category: sums.name.clone(),
            texts_hit: sums.texts_hit,
            share_of_texts,
            tokens_hit: sums.tokens_hit,
            share_of_tokens: share(sums.tokens_hit, self.corpus.tokens),
            is_in_most_texts: share_of_texts > SATURATED_SHARE,
            saturated_by,
            carried,
            regions: regions.collect(),
            items: items.len(),
            alpha: coefficient(self.scored, &of(|term| term.share), &sums.share),
            kr20: coefficient(self.scored, &of(|term| term.present), &sums.present),
        }
    }

    /// The words that carry a category, given its terms' hits.
    fn carried(&self, mut words: Vec<(u32, u64)>) -> Carried {
        // Of equals, the one that stands first in the file.
        words.sort_by_key(|(number, hits)| (std::cmp::Reverse(*hits), *number));
        let hits: u64 = words.iter().map(|(_, hits)| hits).sum();
        let carrier = |(number, own): &(u32, u64)| Carrier {
            term: self.terms[*number as usize].entry.term.clone(),
            hits: *own,
            share: *own as f64 / hits as f64,
        };
        let mut sum = 0;
        let enough = words.iter().position(|(_, own)| {
            sum += own;
            sum as f64 >= MOST_HITS_SHARE * hits as f64
        });
        let top = words.iter().take(TOP_WORDS).map(carrier).collect();
        Carried { hits, top, words_for_most: enough.map_or(0, |last| last + 1) }
    }
}

impl TermUse {
    /// Adds the text at hand, once.
    fn close(&mut self, per_token: f64) {
        let here = std::mem::take(&mut self.here);
        if here > 0 {
            self.hits += u64::from(here);
            self.texts += 1;
            self.share.add(f64::from(here) * per_token);
            self.present.add(1.0);
        }
    }
}

impl CategorySums {
    /// Adds the text at hand, once.
    fn close(&mut self, per_token: f64) {
        let (hits, terms, tokens) = std::mem::take(&mut self.here);
        if hits > 0 {
            self.texts_hit += 1;
            self.tokens_hit += tokens;
            self.share.add(f64::from(hits) * per_token);
            self.present.add(f64::from(terms));
        }
    }
}
