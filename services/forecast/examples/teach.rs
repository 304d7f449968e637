//! Teaches the network that ships: `teach OUT < SERIES.csv`.
//!
//! Reads daily series as `tidemark backtest` does; writes what `libs/surveillance/src/network/shipped.bin` is.
#![allow(clippy::print_stdout)]

use std::{error::Error, io};
use tidemark_forecast::read_series;
use tidemark_surveillance::{
    Network,
    network::{PanelLessons, shipping},
};

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args().nth(1).ok_or("teach OUT < SERIES.csv")?;
    let file = read_series(io::stdin().lock(), io::sink())?;
    let until = file.series.values().filter_map(|history| history.last_observed()).max().ok_or("no series")?;
    let mut lessons = PanelLessons::new();
    for (place, history) in file.series.values().enumerate() {
        lessons.append(PanelLessons::of(history, until, place));
    }
    let network = Network::train(&lessons).ok_or("too few days to teach")?;
    let bytes = shipping(&network, until);
    std::fs::write(out, &bytes)?;
    println!("{} lessons of days up to {until}: {} bytes", lessons.len(), bytes.len());
    Ok(())
}
