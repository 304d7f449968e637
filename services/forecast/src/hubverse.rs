//! Rows of the hubverse model-output convention: quantiles, and where asked samples and the probabilities of the peak's
//! week.
//!
//! A row of ours names its model in a column. A hub's own files have the model in their name instead ([`file_name`])
//! and must not have that column.

use jiff::{ToSpan, civil::Date};
use std::io::{self, Write};
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_surveillance::joint::Paths;
use tidemark_surveillance::peaks::PeakForecast;

/// The first line of a file.
pub const HEADER: &str =
    "model_id,reference_date,target,location,horizon,target_end_date,output_type,output_type_id,value";
/// The first line of a hub's file.
pub const HUB_HEADER: &str = "reference_date,target,location,horizon,target_end_date,output_type,output_type_id,value";
/// The target of quantiles and samples: the series' value on a day.
pub const DAILY_TARGET: &str = "daily prevalence";
/// The target of probabilities by epiweek: the week of the horizon's highest day.
pub const PEAK_TARGET: &str = "peak week";

/// Which file rows are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One of ours, of any number of models and origins.
    Table,
    /// A hub's, of one model and origin.
    Hub,
}

/// A series, as rows tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    /// Its name, the user's own.
    pub name: &'a str,
    /// Which of the file's series it is, from 0. To a hub, samples of one number are drawn together, whatever else tells
    /// their rows apart: those of two series, which are not, share none, and those of one coherent family, which are, do.
    pub index: usize,
}

/// A forecast of one series from one origin, as rows tell it: one of our models', or the ensemble's.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its `model_id`.
    pub model: &'static str,
    /// The last day it saw.
    pub origin: Date,
    /// The days ahead that it speaks of, rising.
    pub ahead: Vec<usize>,
    /// For each of them values at [`QUANTILE_LEVELS`], never falling, all in `[0, 1]`.
    pub quantiles: Vec<[f64; 23]>,
    /// The peak, where it is asked for.
    pub peak: Option<PeakForecast>,
    /// Courses of those days, where they are asked for.
    pub samples: Option<Paths>,
}

impl Told {
    /// The day that is `ahead` days (from 1) after the origin; the calendar's last where there is none.
    fn target(&self, ahead: usize) -> Date {
        self.origin.saturating_add(i64::try_from(ahead).unwrap_or(0).days())
    }
}

/// The path of a hub's file, below its folder of model output: the folder and the name hubverse validations want.
#[must_use]
pub fn file_name(origin: Date, team: &str, model: &str) -> String {
    format!("{team}-{model}/{origin}-{team}-{model}.csv")
}

/// Writes a forecast of the series `location`, ordered by horizon and level, then samples by horizon, then the weeks of
/// the peak; says how many rows that were. Values have eight decimals, so that a quantile stays inside `[0, 1]` and in
/// order. A sample's number is that of a course of all days, and the series' own: from 1 in the first, and on from there.
///
/// # Errors
/// The writer's.
pub fn write_forecast(mut out: impl Write, form: Form, location: Location<'_>, told: &Told) -> io::Result<u64> {
    let Location { name, index } = location;
    let mut rows = 0;
    // Nothing but the user's own can need quotes.
    let location = quoted(name);
    let origin = told.origin;
    let first = match form {
        Form::Table => format!("{},{origin}", told.model),
        Form::Hub => origin.to_string(),
    };
    for (ahead, quantiles) in told.ahead.iter().zip(&told.quantiles) {
        let target = told.target(*ahead);
        for (level, value) in QUANTILE_LEVELS.iter().zip(quantiles) {
            writeln!(out, "{first},{DAILY_TARGET},{location},{ahead},{target},quantile,{level},{value:.8}")?;
            rows += 1;
        }
    }
    if let Some(samples) = &told.samples {
        let first_number = index * samples.count() + 1;
        for (day, ahead) in told.ahead.iter().enumerate().take(samples.horizon()) {
            let target = told.target(*ahead);
            for (path, number) in samples.iter().zip(first_number..) {
                let value = path[day];
                writeln!(out, "{first},{DAILY_TARGET},{location},{ahead},{target},sample,{number},{value:.8}")?;
                rows += 1;
            }
        }
    }
    if let Some(peak) = &told.peak {
        let last = told.target(told.ahead.last().copied().unwrap_or_default());
        for (week, probability) in &peak.weeks {
            writeln!(out, "{first},{PEAK_TARGET},{location},NA,{last},pmf,{week},{probability:.8}")?;
            rows += 1;
        }
    }
    Ok(rows)
}

fn quoted(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Form, HEADER, HUB_HEADER, Location, Told, file_name, write_forecast};
    use jiff::civil::date;
    use tidemark_domain::forecast::QUANTILE_LEVELS;
    use tidemark_surveillance::joint::Paths;
    use tidemark_surveillance::peaks::PeakForecast;

    fn rows(form: Form, peak: Option<PeakForecast>, samples: Option<Paths>) -> Vec<csv::StringRecord> {
        let quantiles = vec![QUANTILE_LEVELS, QUANTILE_LEVELS];
        let ahead = vec![1, 2];
        let told = Told { model: "tidemark", origin: date(2024, 2, 28), ahead, quantiles, peak, samples };
        let header = if form == Form::Hub { HUB_HEADER } else { HEADER };
        let mut out = format!("{header}\n").into_bytes();
        // The third series of a file.
        write_forecast(&mut out, form, Location { name: "a, \"b\"", index: 2 }, &told).unwrap();
        csv::Reader::from_reader(&out[..]).records().map(Result::unwrap).collect()
    }

    #[test]
    fn a_row_says_who_when_where_and_how_sure() {
        let rows = rows(Form::Table, None, None);
        assert_eq!(rows.len(), 46);
        let row = ["tidemark", "2024-02-28", "daily prevalence", "a, \"b\"", "2", "2024-03-01", "quantile", "0.025"];
        assert_eq!(rows[24], csv::StringRecord::from(row.into_iter().chain(["0.02500000"]).collect::<Vec<_>>()));
    }

    #[test]
    fn a_hub_is_told_samples_and_the_peaks_week() {
        let paths = Paths::of_rows(&[vec![0.1, 0.2], vec![0.3, 0.2], vec![0.4, 0.3], vec![0.2, 0.1]]);
        let peak = PeakForecast::of(&paths, date(2024, 2, 28));
        let rows = rows(Form::Hub, Some(peak), Some(paths));
        assert_eq!(rows.len(), 46 + 8 + 1);
        // Four courses of each series before it, and its third.
        let row = ["2024-02-28", "daily prevalence", "a, \"b\"", "2", "2024-03-01", "sample", "11", "0.30000000"];
        assert_eq!(rows[46 + 4 + 2], csv::StringRecord::from(row.to_vec()));
        let row = ["2024-02-28", "peak week", "a, \"b\"", "NA", "2024-03-01", "pmf", "202409", "1.00000000"];
        assert_eq!(rows[54], csv::StringRecord::from(row.to_vec()));
        assert_eq!(file_name(date(2024, 2, 28), "us", "tidemark"), "us-tidemark/2024-02-28-us-tidemark.csv");
    }
}
