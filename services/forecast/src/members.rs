//! Other teams' forecasts in files: the further members of an ensemble.
//!
//! They are held in memory, a few hundred bytes for each day of each forecast of the file's own series; days of other
//! series are counted and passed over, whatever they hold, and so is what is no quantile.

use crate::{ForecastSink, SeriesFile};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_domain::forecast::RECOMMENDED_MODEL;
use tidemark_surveillance::ensemble::{DayQuantiles, ENSEMBLE, scored_origins};
use tidemark_surveillance::evaluation::Place;
use tidemark_surveillance::scale::LogitScale;

/// One forecast: quantiles by days ahead.
type Days = BTreeMap<u16, DayQuantiles>;
/// What was said from one origin, by model.
type Spoken = BTreeMap<String, Days>;

/// Forecasts of other teams, by series and origin. Read them with [`ForecastFiles`](crate::ForecastFiles).
#[derive(Debug, Clone, PartialEq)]
pub struct Members {
    series: BTreeMap<String, BTreeMap<Date, Spoken>>,
    elsewhere: u64,
    not_quantiles: u64,
}

impl Members {
    /// None yet; of the series of `file`, others will be passed over.
    #[must_use]
    pub fn of(file: &SeriesFile) -> Self {
        let series = file.series.keys().map(|name| (name.clone(), BTreeMap::new())).collect();
        Self { series, elsewhere: 0, not_quantiles: 0 }
    }

    /// Their names.
    #[must_use]
    pub fn models(&self) -> BTreeSet<&str> {
        self.spoken().flat_map(Spoken::keys).map(String::as_str).collect()
    }

    /// Forecasts held: one for each model, series and origin.
    #[must_use]
    pub fn forecasts(&self) -> u64 {
        self.spoken().map(|spoken| spoken.len() as u64).sum()
    }

    /// Days of series that the file does not have.
    #[must_use]
    pub const fn elsewhere(&self) -> u64 {
        self.elsewhere
    }

    /// Days of samples, and sets of probabilities of the peak's week: no part of an ensemble.
    #[must_use]
    pub const fn not_quantiles(&self) -> u64 {
        self.not_quantiles
    }

    fn spoken(&self) -> impl Iterator<Item = &Spoken> {
        self.series.values().flat_map(BTreeMap::values)
    }

    /// What members say of all `horizon_days` days after `origin`, by name; `scale` is that of the series.
    pub(crate) fn said(
        &self,
        series: &str,
        origin: Date,
        horizon_days: u16,
        scale: LogitScale,
    ) -> BTreeMap<String, Vec<[f64; 23]>> {
        let spoken = self.series.get(series).and_then(|origins| origins.get(&origin));
        let said = |(model, days): (&String, &Days)| {
            let every_day = (1..=horizon_days).map(|ahead| Some(days.get(&ahead)?.at_levels(scale)));
            Some((model.clone(), every_day.collect::<Option<Vec<_>>>()?))
        };
        spoken.into_iter().flatten().filter_map(said).collect()
    }

    /// Earlier origins whose forecasts are scored at `origin`: those of each member that speaks there.
    pub(crate) fn scored_origins(&self, series: &str, origin: Date, horizon_days: u16) -> BTreeSet<Date> {
        let whole = |days: &Days| (1..=horizon_days).all(|ahead| days.contains_key(&ahead));
        let Some(origins) = self.series.get(series) else { return BTreeSet::new() };
        let present = origins.get(&origin).into_iter().flatten().filter(|(_, days)| whole(days));
        let of_member = |(model, _): (&String, &Days)| {
            let earlier = origins.range(..origin).rev();
            let of_its = earlier.filter(|(_, spoken)| spoken.get(model).is_some_and(whole)).map(|(day, _)| *day);
            scored_origins(origin, of_its)
        };
        present.flat_map(of_member).collect()
    }

    /// Of all that is held, in whatever order it was read.
    pub(crate) fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for (series, origins) in &self.series {
            for (origin, spoken) in origins {
                for (model, days) in spoken {
                    for text in [series.as_str(), &origin.to_string(), model] {
                        hasher.update(&(text.len() as u64).to_le_bytes());
                        hasher.update(text.as_bytes());
                    }
                    for (ahead, quantiles) in days {
                        hasher.update(&ahead.to_le_bytes());
                        hasher.update(&(quantiles.pairs().len() as u64).to_le_bytes());
                        for (level, value) in quantiles.pairs() {
                            hasher.update(&level.to_bits().to_le_bytes());
                            hasher.update(&value.to_bits().to_le_bytes());
                        }
                    }
                }
            }
        }
        hasher.finalize()
    }
}

/// Quantiles are kept; samples and the peak's week are no part of an ensemble.
impl ForecastSink for Members {
    fn put_quantiles(&mut self, place: Place<'_>, quantiles: &[(f64, f64)]) -> Result<(), String> {
        if [RECOMMENDED_MODEL, ENSEMBLE].contains(&place.model) {
            return Err(format!("`{}` is a forecast of our own; leave its rows out of the members'", place.model));
        }
        let Some(origins) = self.series.get_mut(place.series) else {
            self.elsewhere += 1;
            return Ok(());
        };
        let quantiles = DayQuantiles::new(quantiles).map_err(|unfit| unfit.to_string())?;
        let spoken = origins.entry(place.origin).or_default();
        spoken.entry(place.model.to_owned()).or_default().insert(place.ahead, quantiles);
        Ok(())
    }

    fn put_samples(&mut self, _: Place<'_>, _: Vec<f64>) {
        self.not_quantiles += 1;
    }

    fn put_peak_week(&mut self, _: Place<'_>, _: Date, _: &[(String, f64)]) {
        self.not_quantiles += 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Members;
    use crate::{Error, ForecastFiles, SeriesFile, read_series};
    use jiff::civil::date;
    use std::fmt::Write as _;
    use tidemark_surveillance::scale::LogitScale;

    const HEADER: &str = "model_id,reference_date,location,horizon,target_end_date,output_type,output_type_id,value\n";

    fn series() -> SeriesFile {
        read_series(&b"date,series,value\n2024-01-01,a,0.1\n2024-01-02,a,0.2\n"[..], std::io::sink()).unwrap()
    }

    fn read(files: &[(&str, &str)]) -> Result<Members, Error> {
        let mut members = Members::of(&series());
        let mut reading = ForecastFiles::new(&mut members);
        for (name, text) in files {
            reading.read(name, text.as_bytes(), |_| {})?;
        }
        Ok(members)
    }

    /// Five quantiles of each of the days ahead, every row opened by `first`.
    fn rows(first: &str, series: &str, ahead: std::ops::RangeInclusive<u16>) -> String {
        let mut text = String::new();
        for ahead in ahead {
            for level in [0.1, 0.25, 0.5, 0.75, 0.9] {
                writeln!(text, "{first},{series},{ahead},,quantile,{level},{}", level / 2.0).unwrap();
            }
        }
        text
    }

    #[test]
    fn tables_and_hubs_files_are_members_and_what_is_not_whole_is_silent() {
        let table = [
            HEADER.to_owned(),
            rows("t-one,2024-02-01", "a", 1..=7),
            rows("t-one,2024-02-08", "a", 1..=7),
            rows("t-one,2024-02-10", "a", 1..=7),
            rows("t-two,2024-02-08", "a", 1..=7),
            rows("t-two,2024-02-15", "a", 1..=6),
            rows("t-one,2024-02-15", "a", 1..=9),
            rows("t-one,2024-02-15", "elsewhere", 1..=2),
            // What others count elsewhere is none of our business.
            rows("t-one,2024-02-15", "counts", 1..=1).replace("0.45", "45"),
            "t-one,2024-02-15,a,1,,sample,1,0.5\n".to_owned(),
        ];
        let hub = HEADER.replace("model_id,", "") + &rows("2024-02-15", "a", 1..=7);
        let table = table.concat();
        let files = [("table.csv", table.as_str()), ("hub/us-x/2024-02-15-us-x.csv", hub.as_str())];
        let members = read(&files).unwrap();
        assert_eq!(members.models().into_iter().collect::<Vec<_>>(), ["t-one", "t-two", "us-x"]);
        assert_eq!((members.forecasts(), members.elsewhere(), members.not_quantiles()), (7, 3, 1));
        let scale = LogitScale::of(&series().series["a"]);
        let said = members.said("a", date(2024, 2, 15), 7, scale);
        assert_eq!(said.keys().collect::<Vec<_>>(), ["t-one", "us-x"]);
        assert!((said["us-x"][6][11] - 0.25).abs() < 1e-9 && said["t-one"].len() == 7);
        assert!(members.said("a", date(2024, 2, 16), 7, scale).is_empty());
        assert!(members.said("b", date(2024, 2, 15), 7, scale).is_empty());
        // The second speaks of six days now, so that its past is not asked; the eighth lies too near the tenth.
        let scored = members.scored_origins("a", date(2024, 2, 15), 7);
        assert_eq!(scored.into_iter().collect::<Vec<_>>(), [date(2024, 2, 1), date(2024, 2, 10)]);
        let scored = members.scored_origins("a", date(2024, 2, 15), 6);
        assert!(scored.contains(&date(2024, 2, 8)));
        assert_eq!(members.digest(), read(&[files[1], files[0]]).unwrap().digest());
        assert_ne!(members.digest(), read(&files[..1]).unwrap().digest());
    }

    #[test]
    fn what_cannot_join_is_refused_by_file_and_line() {
        let good = rows("t-one,2024-02-01", "a", 1..=1);
        let refused = |more: &str| read(&[("m.csv", &format!("{HEADER}{good}{more}"))]).unwrap_err().to_string();
        let narrow = refused("t-one,2024-02-01,a,2,,quantile,0.5,0.1\n");
        assert!(narrow.starts_with("m.csv, line 7: 1 quantiles say too little"), "{narrow}");
        let count = rows("t-one,2024-02-08", "a", 1..=1).replace("0.45", "45");
        assert!(refused(&count).starts_with("m.csv, line 7: the quantile of level 0.9 is not between 0 and 1"));
        let crossing = rows("t-one,2024-02-08", "a", 1..=1).replace("0.45", "0.3");
        assert!(refused(&crossing).contains("level 0.9 is below"), "{}", refused(&crossing));
        let ours = refused(&rows("tidemark,2024-02-08", "a", 1..=1));
        assert!(ours.starts_with("m.csv, line 7: `tidemark` is a forecast of our own"), "{ours}");
        assert!(refused("t-one,2024-02-01,a,1,,quantile,0.5,0.1\n").contains("second quantile of level 0.5"));
    }
}
