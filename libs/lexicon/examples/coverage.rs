//! Posts per second, and how many posts each category is present in: `coverage en < texts`, one text a line.

use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;
use tidemark_domain::Language;
use tidemark_lexicon::Lexica;

fn main() -> std::io::Result<()> {
    let language = Language::from_tag(&std::env::args().nth(1).unwrap_or_default());
    let lexica = Lexica::bundled();
    let texts: Vec<String> = stdin().lock().lines().collect::<Result<_, _>>()?;
    let start = Instant::now();
    let mut present = vec![0_u64; lexica.categories().len()];
    let mut tokens = 0_u64;
    for text in &texts {
        let answer = lexica.score(text, language);
        tokens += u64::from(answer.n_tokens);
        for scored in answer.scored.iter().filter(|scored| scored.present) {
            present[scored.category] += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let mut out = stdout().lock();
    let (posts, rate) = (texts.len(), texts.len() as f64 / seconds);
    writeln!(out, "{posts} posts, {tokens} tokens, {rate:.0} posts/s, {:.0} tokens/s", tokens as f64 / seconds)?;
    let mut rows: Vec<(u64, &str)> =
        present.iter().copied().zip(lexica.categories().iter().map(|c| c.name.as_str())).collect();
    rows.sort_unstable_by(|left, right| right.cmp(left));
    for (count, name) in rows {
        writeln!(out, "{:6.2} %  {name}", 100.0 * count as f64 / posts.max(1) as f64)?;
    }
    Ok(())
}
