//! What all bundled lexica do on a corpus, one text a line on standard input:
//!
//! - `coverage en`: posts per second, how many posts each category is present in, and the words that carry it;
//! - `coverage en lexicon.vader.positive …`: the scores of these categories, one line a text.

use std::collections::HashMap;
use std::io::{BufRead, Error, Write, stdin, stdout};
use std::time::Instant;
use tidemark_domain::Language;
use tidemark_lexicon::Lexica;

/// Words shown per category.
const WORDS: usize = 12;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let language = Language::from_tag(&arguments.next().unwrap_or_default());
    let asked: Vec<String> = arguments.collect();
    let texts: Vec<String> = stdin().lock().lines().collect::<Result<_, _>>()?;
    if asked.is_empty() { coverage(&texts, language) } else { scores(&texts, language, &asked) }
}

/// Those that answer by default and those that do not.
fn all() -> std::io::Result<Lexica> {
    let names: Vec<&str> = Lexica::bundled_names().collect();
    Lexica::bundled_of(&names, &[], "").map_err(Error::other)
}

fn scores(texts: &[String], language: Language, asked: &[String]) -> std::io::Result<()> {
    let lexica = all()?;
    let mut out = std::io::BufWriter::new(stdout().lock());
    for text in texts {
        let answer = lexica.score(text, language);
        let of = |name: &String| answer.scored.iter().find(|s| lexica.categories()[s.category].name == *name);
        let row: Vec<String> =
            asked.iter().map(|name| of(name).map_or(String::new(), |s| s.score.to_string())).collect();
        writeln!(out, "{}", row.join("\t"))?;
    }
    out.flush()
}

fn coverage(texts: &[String], language: Language) -> std::io::Result<()> {
    let lexica = all()?;
    let start = Instant::now();
    let mut present = vec![0_u64; lexica.categories().len()];
    let mut tokens = 0_u64;
    for text in texts {
        let answer = lexica.score(text, language);
        tokens += u64::from(answer.n_tokens);
        for scored in answer.scored.iter().filter(|scored| scored.present) {
            present[scored.category] += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let mut words: Vec<HashMap<String, u64>> = vec![HashMap::new(); present.len()];
    for text in texts {
        for hit in lexica.explain(text, language).into_iter().filter(|hit| !hit.negated) {
            *words[hit.category].entry(text[hit.start..hit.end].to_lowercase()).or_default() += 1;
        }
    }
    let mut out = stdout().lock();
    let (posts, rate) = (texts.len(), texts.len() as f64 / seconds);
    writeln!(out, "{posts} posts, {tokens} tokens, {rate:.0} posts/s, {:.0} tokens/s", tokens as f64 / seconds)?;
    let mut order: Vec<usize> = (0..present.len()).collect();
    order.sort_by_key(|category| std::cmp::Reverse(present[*category]));
    for category in order {
        let mut carrying: Vec<(u64, &String)> = words[category].iter().map(|(word, count)| (*count, word)).collect();
        carrying.sort_unstable_by(|left, right| right.cmp(left));
        let carrying: Vec<String> =
            carrying.iter().take(WORDS).map(|(count, word)| format!("{word} {count}")).collect();
        let share = 100.0 * present[category] as f64 / posts.max(1) as f64;
        writeln!(out, "{share:6.2} %  {}: {}", lexica.categories()[category].name, carrying.join(", "))?;
    }
    Ok(())
}
