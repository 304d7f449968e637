//! What is known besides the posts: the tables that an option or a key of the configuration names, read whole.

use crate::files::{is_dash, open};
use anyhow::Context as _;
use std::io::Read as _;
use std::path::Path;
use tidemark_aggregate::Error;
use tidemark_aggregate::beside::{error_rates_of_csv, places_of_csv};
use tidemark_query::Known;

/// What both tables say. A fault names file and line.
pub(crate) fn read(error_rates: Option<&Path>, population: Option<&Path>) -> anyhow::Result<Known> {
    let error_rates = table(error_rates, error_rates_of_csv)?.unwrap_or_default();
    Ok(Known { error_rates, places: table(population, places_of_csv)? })
}

/// What the tables of the section `[serve]` say.
pub(crate) fn of_doors(settings: &tidemark_serve::Settings) -> anyhow::Result<Known> {
    read(settings.error_rates.as_deref(), settings.population.as_deref())
        .context("a table that serve.error_rates or serve.population names cannot be used")
}

/// A table, where one is given.
fn table<T>(path: Option<&Path>, read: impl FnOnce(&str, &str) -> Result<T, Error>) -> anyhow::Result<Option<T>> {
    let Some(path) = path else { return Ok(None) };
    let file = if is_dash(path) { "standard input".to_owned() } else { path.display().to_string() };
    let mut text = String::new();
    let mut input = open(path)?;
    input.reader.read_to_string(&mut text).with_context(|| format!("cannot read {file}"))?;
    Ok(Some(read(&text, &file)?))
}

#[cfg(test)]
mod tests {
    use super::of_doors;
    use tidemark_serve::Settings;

    #[test]
    fn tables_of_the_doors_are_read_and_a_fault_names_key_file_and_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            Some(path)
        };
        let nothing = of_doors(&Settings::default()).expect("nothing is asked for");
        assert!(nothing.places.is_none() && nothing.error_rates.keys().next().is_none());
        let rates = "marker,language,sensitivity,positives,specificity,negatives\nmh.stress,en,0.8,200,0.95,400\n";
        let mut settings = Settings {
            error_rates: write("rates.csv", rates),
            population: write("people.csv", "region,people\nnorth,1000\n"),
            ..Settings::default()
        };
        let known = of_doors(&settings).expect("tables");
        assert!(known.error_rates.of("mh.stress", "en").is_some());
        assert_eq!(known.places.expect("a table").regions(), ["north"]);
        settings.population = write("people.csv", "region,people\nnorth,1000\nsouth,many\n");
        let said = format!("{:#}", of_doors(&settings).expect_err("refused"));
        let words = ["serve.population", "people.csv, line 3: `people` is not a number above 0"];
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        settings.population = Some(folder.path().join("none.csv"));
        assert!(format!("{:#}", of_doors(&settings).expect_err("refused")).contains("none.csv"));
    }
}
