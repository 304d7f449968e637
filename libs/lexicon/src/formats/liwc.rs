//! LIWC's `.dic`, in its forms of 2007 and 2015.
//!
//! A line `%`, a line for each category, a line `%`, a line for each term:
//!
//! - a category is `id<TAB>name`; 2015 indents it by tabs to show the hierarchy and adds a description in parentheses,
//!   and neither is read: a term names all its categories itself;
//! - a term is followed by the ids of its categories, set apart by tabs or spaces. It may hold spaces where a tab ends
//!   it; without a tab, it ends before the first word that is an id or a condition. Ids may have leading zeros;
//! - 2007 puts a condition before an id: `<of>131/135` is 131 where *of* follows and 135 where it does not,
//!   `(02 134)125/464` is 125 after a word of category 2 or 134 and 464 otherwise; without `/` there is no otherwise.
//!   What stands in the brackets is ids of categories or else words;
//! - 2015 puts the condition at the term, `kind (of)`, `(discrep) like*`: see [`super::context`].
//!
//! The shapes are those that published readers of the two dictionaries handle (quanteda, LIWCalike); LIWC's own manuals
//! describe no more than the plain lines.

use super::context::{Codes, Condition, Context, Dictionary, Place, Side};
use super::{Faults, category, lines};
use crate::entry::Entry;
use crate::error::Fault;

const PERCENT: &str = "%";

/// Reads a dictionary. No term can be judged where a line `%` or a category is not right: its faults are told alone.
pub(super) fn entries(text: &str, faults: &mut Faults) -> Vec<Entry> {
    let mut dictionary = Dictionary::default();
    let mut percents = 0;
    let mut last = 1;
    for (number, line) in lines(text).filter(|(_, line)| !line.trim().is_empty()) {
        last = number;
        let is_percent = line.trim() == PERCENT;
        let read = if is_percent {
            percents += 1;
            match percents {
                1 => Ok(()),
                2 if dictionary.has_categories() => Ok(()),
                2 => Err(Fault::NoCategories),
                found => Err(Fault::Percent { found }),
            }
        } else {
            match percents {
                0 => Err(Fault::Percent { found: 0 }),
                1 => category_line(&mut dictionary, line, number),
                _ => term_line(&mut dictionary, line, number),
            }
        };
        if let Err(fault) = read {
            faults.push((number, fault));
        }
        if faults.found > 0 && (percents == 0 || (is_percent && percents == 2)) {
            return Vec::new();
        }
    }
    if percents == 1 {
        // Terms were taken for categories.
        faults.keep_first();
        faults.push((last, Fault::Percent { found: 1 }));
        return Vec::new();
    }
    dictionary.entries().unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    })
}

/// `id<TAB>name`, perhaps indented, perhaps with a description.
fn category_line(dictionary: &mut Dictionary, line: &str, number: usize) -> Result<(), Fault> {
    let line = line.trim();
    let (code, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let fault = || Fault::CategoryLine { found: Fault::shown(line) };
    let code = id(code).map_err(|_| fault())?;
    let (name, description) = name.split_once('(').map_or((name, None), |(name, after)| (name, Some(after)));
    // A tab parts a name from nothing: another category would stand behind it.
    if name.trim().contains('\t') || description.is_some_and(|after| !after.contains(')')) {
        return Err(fault());
    }
    dictionary.add_category(code, category(name)?, number)
}

/// `term<TAB>id<TAB>id…`.
fn term_line(dictionary: &mut Dictionary, line: &str, number: usize) -> Result<(), Fault> {
    let line = line.trim_end();
    if line.starts_with('\t') {
        return Err(Fault::EmptyTerm);
    }
    let line = line.trim_start();
    let at = line.find('\t').unwrap_or_else(|| first_code(line));
    let (term, rest) = line.split_at(at);
    dictionary.add(term, codes(rest)?, number)
}

/// Where the first code of a line without tabs begins; the line's end if there is none.
fn first_code(line: &str) -> usize {
    let starts = line.match_indices(' ').map(|(at, _)| at + 1);
    let mut codes = starts.filter(|at| {
        let word = line[*at..].split(' ').next().unwrap_or_default();
        let second = word.chars().nth(1);
        match word.chars().next() {
            Some('(') => second.is_some_and(|character| character.is_ascii_digit()),
            Some('<') => second.is_some_and(char::is_alphabetic),
            _ => id(word).is_ok(),
        }
    });
    codes.next().unwrap_or(line.len())
}

/// What stands after the term.
fn codes(text: &str) -> Result<Codes, Fault> {
    let mut codes = Codes::default();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let condition = match rest.chars().next() {
            Some('(') => Some((Side::Before, ')')),
            Some('<') => Some((Side::After, '>')),
            _ => None,
        };
        let mut context = None;
        if let Some((side, close)) = condition {
            let (inside, after) = rest[1..].split_once(close).ok_or(Fault::Context)?;
            context = Some((side, context_of(inside)?));
            rest = after.trim_start();
        }
        let end = rest.find(|character: char| character.is_whitespace() || matches!(character, '(' | '<'));
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.trim_start();
        match context {
            None => codes.plain.push(Place { id: id(word)?, weight: 1.0 }),
            Some(_) if word.is_empty() || word.starts_with('/') || word.ends_with('/') => return Err(Fault::Context),
            Some((side, context)) => {
                let (then, otherwise) = match word.split_once('/') {
                    Some((then, otherwise)) => (id(then)?, Some(id(otherwise)?)),
                    None => (id(word)?, None),
                };
                codes.conditional.push(Condition { side, context, then, otherwise });
            }
        }
    }
    Ok(codes)
}

/// What stands in a condition's brackets.
fn context_of(inside: &str) -> Result<Context, Fault> {
    let words: Vec<&str> = inside.split_whitespace().collect();
    if words.is_empty() {
        return Err(Fault::Context);
    }
    let ids: Result<Vec<u32>, Fault> = words.iter().map(|word| id(word)).collect();
    Ok(ids.map_or_else(|_| Context::Words(words.join(" ")), Context::Categories))
}

/// A category's id. Leading zeros are allowed, signs are not.
fn id(word: &str) -> Result<u32, Fault> {
    let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let number = word.parse().ok().filter(|_| digits);
    number.ok_or_else(|| Fault::Code { found: Fault::shown(word) })
}
