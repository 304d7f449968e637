//! Templates with slots: `{slot}` draws from a list, `{a|b}` draws one of the alternatives in place.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Templates may nest this deep: a template, its slots, and their slots.
const MAX_DEPTH: usize = 4;

/// A template that has been read.
#[derive(Debug, Clone)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Slot(String),
    Any(Vec<String>),
}

/// The lists that slots draw from.
pub(crate) type Slots = BTreeMap<String, Vec<Template>>;

impl Template {
    pub(crate) fn parse(source: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((before, inside, after)) = next_brace(rest) {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(if inside.contains('|') {
                Part::Any(inside.split('|').map(str::to_owned).collect())
            } else {
                Part::Slot(inside.to_owned())
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Self(parts)
    }

    /// Appends one reading of the template to `out`.
    pub(crate) fn expand(&self, slots: &Slots, draws: &mut ChaCha8Rng, out: &mut String) {
        self.expand_at(slots, draws, out, 0);
    }

    fn expand_at(&self, slots: &Slots, draws: &mut ChaCha8Rng, out: &mut String, depth: usize) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Any(choices) => out.push_str(pick::<String>(choices, draws)),
                Part::Slot(name) => {
                    if let Some(list) = slots.get(name).filter(|_| depth < MAX_DEPTH) {
                        pick(list, draws).expand_at(slots, draws, out, depth + 1);
                    }
                }
            }
        }
    }

    /// The slots it names.
    #[cfg(test)]
    pub(crate) fn slots(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| if let Part::Slot(name) = part { Some(name.as_str()) } else { None })
    }
}

fn next_brace(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    Some((before, inside, after))
}

/// One of `items`, each equally likely.
///
/// # Panics
/// If there are none.
pub(crate) fn pick<'a, T>(items: &'a [T], draws: &mut ChaCha8Rng) -> &'a T {
    &items[draws.random_range(0..items.len())]
}
