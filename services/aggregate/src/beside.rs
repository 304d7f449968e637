//! What a file of series says beside each number, and the tables, in CSV, of what is known besides the posts.

use crate::Error;
use crate::table::rows;
use tidemark_domain::series::ALL;
use tidemark_surveillance::prevalence::Estimate;
use tidemark_surveillance::prevalence::beside::{Beside, ErrorRate, ErrorRates, Places};
use tidemark_surveillance::prevalence::misclassification::{Accuracy, Rate};

/// The columns, in their order.
pub(crate) const COLUMNS: [&str; 10] = [
    "reliability",
    "baseline",
    "z",
    "ratio",
    "adjusted",
    "adjusted_lower",
    "adjusted_upper",
    "weighted",
    "weighted_lower",
    "weighted_upper",
];

/// Reads CSV with `marker`, `language`, `sensitivity`, `positives` (posts it was measured on), `specificity`, `negatives`,
/// and perhaps `repeat`. Other columns are passed over.
///
/// # Errors
/// [`Error::Table`], which says where and what to do.
pub fn error_rates_of_csv(text: &str, file: &str) -> Result<ErrorRates, Error> {
    const NEEDED: [&str; 6] = ["marker", "language", "sensitivity", "positives", "specificity", "negatives"];
    let mut rates = ErrorRates::default();
    for row in rows(text, file, &NEEDED)? {
        let rate = |share: &str, posts: &str| -> Result<Rate, Error> {
            Ok(Rate::Measured { value: row.share(share)?, n: row.count(posts)? })
        };
        let (sensitivity, specificity) = (rate("sensitivity", "positives")?, rate("specificity", "negatives")?);
        let accuracy = Accuracy::new(sensitivity, specificity).map_err(|error| row.fault(error.to_string()))?;
        let repeat = if row.cell("repeat").is_empty() { 0.0 } else { row.share("repeat")? };
        if !rates.insert(row.text("marker")?, row.text("language")?, ErrorRate { accuracy, repeat }) {
            return Err(row.fault("an earlier line has this marker and language; keep one of them"));
        }
    }
    Ok(rates)
}

/// Reads CSV with `region` and `people`. Other columns are passed over.
///
/// # Errors
/// [`Error::Table`], which says where and what to do.
pub fn places_of_csv(text: &str, file: &str) -> Result<Places, Error> {
    let mut people: Vec<(String, f64)> = Vec::new();
    for row in rows(text, file, &["region", "people"])? {
        let region = row.text("region")?;
        if region == ALL {
            return Err(row.fault("`all` is the regions together; take the line out"));
        }
        if people.iter().any(|(earlier, _)| *earlier == region) {
            return Err(row.fault("an earlier line has this region; keep one of them"));
        }
        people.push((region, row.count("people")?));
    }
    Places::of(people).map_err(|error| Error::Table { file: file.to_owned(), line: 1, what: error.to_string() })
}

/// The cells of [`COLUMNS`]; what is absent is empty.
pub(crate) fn columns(beside: &Beside) -> [String; 10] {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.6}"));
    let three = |estimate: Option<Estimate>| {
        let of = |which: fn(&Estimate) -> f64| number(estimate.as_ref().map(which));
        [of(|estimate| estimate.value), of(|estimate| estimate.lower), of(|estimate| estimate.upper)]
    };
    let [adjusted, adjusted_lower, adjusted_upper] = three(beside.adjusted);
    let [weighted, weighted_lower, weighted_upper] = three(beside.weighted);
    [
        beside.reliability.map_or("", |reliability| reliability.code()).to_owned(),
        number(beside.baseline),
        number(beside.z),
        number(beside.ratio),
        adjusted,
        adjusted_lower,
        adjusted_upper,
        weighted,
        weighted_lower,
        weighted_upper,
    ]
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, columns, error_rates_of_csv, places_of_csv};
    use tidemark_domain::{Proportion, Reliability};
    use tidemark_surveillance::prevalence::Estimate;
    use tidemark_surveillance::prevalence::beside::Beside;

    const RATES: &str = "marker,language,sensitivity,positives,specificity,negatives\n";

    #[test]
    fn what_is_absent_is_an_empty_cell_under_its_column() {
        assert!(columns(&Beside::default()).iter().all(String::is_empty));
        let adjusted = Estimate::of(Proportion { k: 5, n: 20 }).expect("lawful");
        let told = Beside { reliability: Some(Reliability::Low), ratio: Some(1.5), adjusted, ..Beside::default() };
        let told: Vec<_> = COLUMNS.into_iter().zip(columns(&told)).filter(|(_, cell)| !cell.is_empty()).collect();
        let names: Vec<_> = told.iter().map(|(column, _)| *column).collect();
        assert_eq!(names, ["reliability", "ratio", "adjusted", "adjusted_lower", "adjusted_upper"]);
        let cells: Vec<_> = told.iter().take(3).map(|(_, cell)| cell.as_str()).collect();
        assert_eq!(cells, ["low", "1.500000", "0.250000"]);
    }

    #[test]
    fn tables_are_read_by_the_names_of_their_columns() {
        let text = format!("{RATES}mh.stress,en,0.8,200,0.95,400\nmh.stress,es,0.7,200,0.9,400\n");
        let rates = error_rates_of_csv(&text, "rates.csv").expect("rates");
        let spanish = rates.of("mh.stress", "es").expect("a rate");
        assert!((spanish.accuracy.sensitivity() - 0.7).abs() < 1e-12 && spanish.repeat.abs() < 1e-12);
        let places = places_of_csv("Region,People,note\nnorth,1000,\nsouth,1000,x\n", "people.csv").expect("places");
        assert_eq!(places.regions(), ["north", "south"]);
    }

    #[test]
    fn a_fault_names_file_and_line_and_says_what_to_do() {
        let good = "mh.stress,en,0.8,200,0.95,400\n";
        for (text, fault) in [
            ("marker,language\n".to_owned(), "t.csv, line 1: the header has no column `sensitivity`; it needs marker,"),
            (RATES.to_owned(), "t.csv, line 1: there is no line below the header"),
            (format!("{RATES}{good}mh.joy,en,80,200,0.9,400\n"), "t.csv, line 3: `sensitivity` is not a share"),
            (format!("{RATES}mh.joy,en,0.8,,0.9,400\n"), "t.csv, line 2: `positives` is not a number above 0"),
            (format!("{RATES}mh.joy,en,0.8,200,0.9\n"), "t.csv, line 2: `negatives` is not a number above 0"),
            (format!("{RATES},en,0.8,200,0.9,400\n"), "t.csv, line 2: `marker` is empty"),
            (format!("{RATES}{good}{good}"), "t.csv, line 3: an earlier line has this marker and language"),
            (format!("{RATES}mh.joy,en,0.5,20,0.6,20\n"), "t.csv, line 2: sensitivity + specificity - 1 is 0.100"),
        ] {
            let said = error_rates_of_csv(&text, "t.csv").expect_err("a fault").to_string();
            assert!(said.starts_with(fault), "{said}");
        }
        for (text, fault) in [
            ("region\n", "t.csv, line 1: the header has no column `people`; it needs region, people"),
            ("region,people\nnorth,5\nall,9\n", "t.csv, line 3: `all` is the regions together"),
            ("region,people\nnorth,5\nnorth,9\n", "t.csv, line 3: an earlier line has this region"),
            ("region,people\nnorth,many\n", "t.csv, line 2: `people` is not a number above 0"),
            ("region,people\nnorth,-1\n", "t.csv, line 2: `people` is not a number above 0"),
        ] {
            let said = places_of_csv(text, "t.csv").expect_err("a fault").to_string();
            assert!(said.starts_with(fault), "{said}");
        }
    }
}
