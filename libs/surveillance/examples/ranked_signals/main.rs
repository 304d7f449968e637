//! How much ranked signals are worth where surges and artefacts are planted: prints the tables of `docs/signals.md`.
//!
//! `cargo run --release -p tidemark-surveillance --example ranked_signals [SERIES [FIRST_SEED]]`; 100 series of three
//! years, the last two of them scored, from seed 5,000 are the default. Settings were chosen on seeds below 1,000. The
//! same with fewer series is a test of the crate.

mod evidence;
mod methods;
mod world;

use evidence::{Worth, cutoff, feeds, worth};
use std::io::Write;
use tidemark_surveillance::detect::rank::{LEAST_SCORE, MOST_Q};
use world::planted;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (count, first_seed) = (argument(100)? as usize, argument(5000)?);
    let mut out = std::io::stdout().lock();
    for people in [500.0..=5000.0, 150.0..=500.0, 5000.0..=50_000.0] {
        let world = planted(count, first_seed, people.clone());
        writeln!(out, "\n{count} series of {people:?} people a day; at a sensitivity of 0.80")?;
        writeln!(out, "{:38} cutoff  sens   PPV  PPV days  signals  false/yr  delay  artefacts alerted", "")?;
        let mut line = |name: &str, scores: &methods::Scores, cutoff: f64| {
            let Worth { sensitivity, ppv, ppv_days, signals, false_per_year, delay_days, artefacts_alerted } =
                worth(&world, scores, cutoff);
            writeln!(
                out,
                "{name:38} {cutoff:6.2} {sensitivity:5.3} {ppv:5.3} {ppv_days:9.3} {signals:8} {false_per_year:9.2} \
                 {delay_days:6} {artefacts_alerted:4}"
            )
        };
        let places = methods::tidemark(&world)?;
        let up_to = |most_q: f64| methods::scores(&world, &places, most_q);
        line("tidemark, ranked, as shipped", &up_to(MOST_Q), LEAST_SCORE)?;
        for most_q in [0.05, 0.2, 1.0] {
            line(&format!("tidemark, ranked, q up to {most_q}"), &up_to(most_q), LEAST_SCORE)?;
        }
        let ours = up_to(1.0);
        line("tidemark, ranked", &ours, cutoff(&world, &ours, 0.8))?;
        for mended in [false, true] {
            let how = if mended { ", suspect days out" } else { "" };
            let all = [
                ("C2", methods::c2(&world, mended)?),
                ("ears_t_reweighted", methods::ears_t_reweighted(&world, mended)?),
                ("trend + week + year band", methods::band(&world, mended)),
            ];
            for (name, scores) in &all {
                line(&format!("{name}{how}"), scores, cutoff(&world, scores, 0.8))?;
            }
        }
        writeln!(out, "{:?}", feeds(&world))?;
    }
    Ok(())
}
