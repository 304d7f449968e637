//! Rows of the hubverse model-output convention: one quantile each.

use std::io::{self, Write};
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_surveillance::Forecast;

/// The first line of a file.
pub const HEADER: &str = "model_id,reference_date,location,horizon,target_end_date,output_type,output_type_id,value";

/// Writes a forecast of the series `location`, ordered by horizon and level. Values have eight decimals, so that a
/// quantile stays inside `[0, 1]` and in order.
///
/// # Errors
/// The writer's.
pub fn write_forecast(mut out: impl Write, location: &str, forecast: &Forecast) -> io::Result<()> {
    // A series' name is the user's own; only it can need quotes.
    let location = quoted(location);
    for (index, quantiles) in forecast.quantiles.iter().enumerate() {
        let (ahead, target) = (index + 1, forecast.target(index + 1));
        for (level, value) in QUANTILE_LEVELS.iter().zip(quantiles) {
            writeln!(
                out,
                "{},{},{location},{ahead},{target},quantile,{level},{value:.8}",
                forecast.model, forecast.origin
            )?;
        }
    }
    Ok(())
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
    use super::{HEADER, write_forecast};
    use jiff::civil::date;
    use tidemark_domain::forecast::QUANTILE_LEVELS;
    use tidemark_surveillance::{Forecast, Model};

    #[test]
    fn a_row_says_who_when_where_and_how_sure() {
        let forecast = Forecast {
            model: Model::Tidemark,
            origin: date(2024, 2, 28),
            quantiles: vec![QUANTILE_LEVELS, QUANTILE_LEVELS],
        };
        let mut out = HEADER.as_bytes().to_vec();
        out.push(b'\n');
        write_forecast(&mut out, "a, \"b\"", &forecast).unwrap();
        let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(&out[..]).records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 46);
        let row = ["tidemark", "2024-02-28", "a, \"b\"", "2", "2024-03-01", "quantile", "0.025", "0.02500000"];
        assert_eq!(rows[24], csv::StringRecord::from(row.to_vec()));
    }
}
