//! The prevalence of people on what the simulator writes: prints the figures of `docs/prevalence.md`.
//!
//! `cargo run --release -p tidemark-evidence --example simulated_people [POPULATIONS DAYS]`; 40 and 400 are the default.

use std::io::Write;
use tidemark_evidence::{population, samples};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse());
    let (populations, days) = (argument(40)?, argument(400)?);
    let seeds = 1..u64::from(populations) + 1;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{populations} populations x {days} days, 300 posts a day")?;
    for authors in [6000, 2000, 1000, 500] {
        let found = population::measure(seeds.clone(), days, authors)?;
        let several = 100.0 * found.author_days.0 as f64 / found.author_days.1 as f64;
        writeln!(out, "{authors} people, {several:.0} % of author-days with several posts")?;
        writeln!(out, "  people                   {}", found.people)?;
        writeln!(out, "  posts                    {}", found.posts)?;
        writeln!(out, "  errors, unadjusted       {}", found.erring)?;
        writeln!(out, "  errors, adjusted         {}", found.adjusted)?;
    }
    for posts_per_day in [300.0, 1000.0] {
        let found = samples::measure(seeds.clone(), days, posts_per_day)?;
        writeln!(out, "Who posts is not who lives there, {posts_per_day} posts a day")?;
        writeln!(out, "  unweighted               {}", found.unweighted)?;
        writeln!(out, "  naive                    {}", found.naive)?;
        writeln!(out, "  robust                   {}", found.robust)?;
    }
    Ok(())
}
