//! How well the prevalence of people is measured where the truth is known: prints the figures of `docs/prevalence.md`.
//!
//! `cargo run --release -p tidemark-surveillance --example prevalence_of_people [POPULATIONS DAYS]`; 40 and 400 are the
//! default. The same with fewer is a test of the crate.

mod biased;
mod evidence;
mod world;

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (populations, days) = (argument(40)?, argument(400)?);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{populations} populations x {days} days")?;
    for (sd, correlation) in [(0.9, 0.0), (1.5, 0.0), (1.5, 0.3)] {
        let found = evidence::people(populations, days, world::Activity { sd, correlation })?;
        writeln!(out, "\nSd of log activity {sd}, its correlation with proneness {correlation}")?;
        writeln!(out, "  people                        {}", found.authors)?;
        writeln!(out, "  posts                         {}", found.posts)?;
        writeln!(out, "  95 % interval of people       {}", found.covered)?;
        writeln!(out, "  95 % interval of posts        {}", found.covered_by_posts)?;
        writeln!(out, "  errors, unadjusted            {}, {}", found.erring.0, found.unadjusted)?;
        writeln!(out, "  errors, adjusted              {}, {}", found.erring.1, found.adjusted)?;
        writeln!(out, "  errors per post, adjusted as if per person  {}", found.erring_posts.0)?;
        writeln!(out, "  errors per post, adjusted for people        {}", found.erring_posts.1)?;
    }
    for people_per_day in [100, 200, 400, 1000] {
        let found = biased::biased(populations, days, people_per_day)?;
        writeln!(out, "\nBiased samples, {people_per_day} draws a day")?;
        writeln!(out, "  unweighted                    {}, {}", found.unweighted, found.covered_unweighted)?;
        writeln!(out, "  naive                         {}, {}", found.naive, found.covered_naive)?;
        writeln!(out, "  robust                        {}, {}", found.robust, found.covered)?;
        writeln!(out, "  robust, no redistribution     {}", found.robust_without_redistribution)?;
        writeln!(out, "  naive, true traits            {}", found.naive_true_traits)?;
        writeln!(out, "  robust, true traits           {}", found.robust_true_traits)?;
    }
    for authors in [30, 200] {
        let (independent, clustered) = evidence::author_weeks(populations * days / 4, authors)?;
        writeln!(out, "\nAuthor-weeks of author-days, {authors} authors")?;
        writeln!(out, "  as if independent             {independent}")?;
        writeln!(out, "  beta-binomial                 {clustered}")?;
    }
    let (parts, pairs) = evidence::parts_and_pairs(populations * days / 4)?;
    writeln!(out, "\nGoodman, five parts at once     {parts}")?;
    writeln!(out, "Lift                            {pairs}")?;
    Ok(())
}
