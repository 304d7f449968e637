//! A back-test of the recommended model over a file of series, on one core, as hubverse rows.
//!
//! ```sh
//! cargo run --release -p tidemark-surveillance --example backtest -- SERIES.csv 2017-06-02 2018-12-14 28 365 > out.csv
//! ```
//!
//! The file has the columns `date,series,value,n,total`; then come the first origin, the last, the days between, and the
//! days of history that a forecast may use. Networks are trained on all days up to their day. The program's `backtest`
//! does the same on all cores and takes any file.

use jiff::{ToSpan, civil::Date};
use std::{
    collections::BTreeMap,
    io::{BufWriter, Write},
    time::Instant,
};
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_surveillance::{
    History, Model, Network, forecast,
    network::{PanelLessons, training_days},
};

type Fault = Box<dyn std::error::Error>;

const MODELS: [Model; 2] = [Model::Tidemark, Model::Statistical];

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, from, to, step, history_days] = &arguments[..] else {
        return Err("give SERIES.csv FROM TO STEP HISTORY".into());
    };
    let (from, to, step): (Date, Date, i64) = (from.parse()?, to.parse()?, step.parse()?);
    let history_days: usize = history_days.parse()?;
    let panel = panel(&std::fs::read_to_string(file)?)?;
    let origins: Vec<Date> = from.series(step.days()).take_while(|day| *day <= to).collect();

    let started = Instant::now();
    let mut networks: BTreeMap<Date, Option<Network>> = BTreeMap::new();
    for day in training_days(origins.iter().copied()) {
        let mut lessons = PanelLessons::new();
        for (place, history) in panel.values().enumerate() {
            lessons.append(PanelLessons::of(history, day, place));
        }
        say(&format!("{} lessons up to {day} after {:?}", lessons.len(), started.elapsed()))?;
        networks.insert(day, Network::train(&lessons));
        say(&format!("trained after {:?}", started.elapsed()))?;
    }

    let mut out = BufWriter::new(std::io::stdout().lock());
    writeln!(out, "model_id,reference_date,location,horizon,target_end_date,output_type,output_type_id,value")?;
    for (name, history) in &panel {
        for origin in origins.iter().filter(|day| history.last_observed().is_some_and(|last| **day <= last)) {
            let network = networks.range(..=*origin).next_back().and_then(|(_, network)| network.as_ref());
            let Some(Ok(answers)) =
                history.known_at(*origin, history_days).map(|known| forecast(&known, 14, &MODELS, network))
            else {
                continue;
            };
            for forecast in answers.into_iter().flatten() {
                for (ahead, quantiles) in (1..).zip(&forecast.quantiles) {
                    for (level, value) in QUANTILE_LEVELS.iter().zip(quantiles) {
                        let (model, target) = (forecast.model, forecast.target(ahead));
                        writeln!(out, "{model},{origin},{name},{ahead},{target},quantile,{level},{value}")?;
                    }
                }
            }
        }
    }
    say(&format!("done after {:?}", started.elapsed()))
}

/// Progress goes to standard error; rows to standard output.
fn say(what: &str) -> Result<(), Fault> {
    Ok(writeln!(std::io::stderr(), "{what}")?)
}

fn panel(text: &str) -> Result<BTreeMap<String, History>, Fault> {
    let mut series: BTreeMap<String, BTreeMap<Date, (Option<f64>, Option<u64>)>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [day, name, value, _, total] = fields[..] else { return Err(format!("not five fields: {line}").into()) };
        let value = value.parse().ok().filter(|value| (0.0..=1.0).contains(value));
        let total = total.parse::<f64>().ok().map(|total| total as u64);
        series.entry(name.to_owned()).or_default().insert(day.parse()?, (value, total));
    }
    let history = |days: BTreeMap<Date, (Option<f64>, Option<u64>)>| -> Result<History, Fault> {
        let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else {
            return Err("a series without days".into());
        };
        let all = first.series(1.day()).take_while(|day| day <= last);
        let (values, totals) = all.map(|day| days.get(&day).copied().unwrap_or_default()).unzip();
        Ok(History::new(*first, values)?.with_totals(totals))
    };
    series.into_iter().map(|(name, days)| Ok((name, history(days)?))).collect()
}
