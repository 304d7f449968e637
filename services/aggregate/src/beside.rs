//! What a file of series says beside each number: how far to rely on it, what it is usually, what it would be without the
//! marker's errors, and what it would be among those who live there.
//!
//! All of it follows from cells that are shown, so that nothing which is withheld can be told from it.

use crate::Error;
use crate::table::rows;
use std::collections::BTreeMap;
use tidemark_domain::series::ALL;
use tidemark_domain::{Proportion, Reliability, Unit};
use tidemark_surveillance::prevalence::Estimate;
use tidemark_surveillance::prevalence::baseline::Comparison;
use tidemark_surveillance::prevalence::misclassification::{Accuracy, Rate};
use tidemark_surveillance::prevalence::places::of_places;
use tidemark_surveillance::prevalence::population::Population;

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

/// What is known besides the posts. The columns of a table that is not given are empty.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// How often markers err.
    pub error_rates: ErrorRates,
    /// How many people live where.
    pub places: Option<Places>,
}

/// How often markers are right about posts, by marker and language.
#[derive(Debug, Clone, Default)]
pub struct ErrorRates(BTreeMap<(String, String), ErrorRate>);

/// How often one marker is right about posts of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ErrorRate {
    accuracy: Accuracy,
    /// Share of an expressing person's further posts that express it too.
    repeat: f64,
}

/// How many people live in each region.
#[derive(Debug, Clone)]
pub struct Places {
    regions: Vec<String>,
    population: Population,
}

impl ErrorRates {
    /// Reads CSV with `marker`, `language`, `sensitivity`, `positives` (posts it was measured on), `specificity`,
    /// `negatives`, and perhaps `repeat`. Other columns are passed over.
    ///
    /// # Errors
    /// [`Error::Table`], which says where and what to do.
    pub fn of_csv(text: &str, file: &str) -> Result<Self, Error> {
        const NEEDED: [&str; 6] = ["marker", "language", "sensitivity", "positives", "specificity", "negatives"];
        let mut rates = BTreeMap::new();
        for row in rows(text, file, &NEEDED)? {
            let rate = |share: &str, posts: &str| -> Result<Rate, Error> {
                Ok(Rate::Measured { value: row.share(share)?, n: row.count(posts)? })
            };
            let (sensitivity, specificity) = (rate("sensitivity", "positives")?, rate("specificity", "negatives")?);
            let accuracy = Accuracy::new(sensitivity, specificity).map_err(|error| row.fault(error.to_string()))?;
            let repeat = if row.cell("repeat").is_empty() { 0.0 } else { row.share("repeat")? };
            let key = (row.text("marker")?, row.text("language")?);
            if rates.insert(key, ErrorRate { accuracy, repeat }).is_some() {
                return Err(row.fault("an earlier line has this marker and language; keep one of them"));
            }
        }
        Ok(Self(rates))
    }

    /// Those of a marker in a language; those of `all` languages together are measured as such, or not known.
    pub(crate) fn of(&self, marker: &str, language: &str) -> Option<ErrorRate> {
        self.0.get(&(marker.to_owned(), language.to_owned())).copied()
    }

    /// Which markers and languages there are.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.keys()
    }
}

impl Places {
    /// Reads CSV with `region` and `people`. Other columns are passed over.
    ///
    /// # Errors
    /// [`Error::Table`], which says where and what to do.
    pub fn of_csv(text: &str, file: &str) -> Result<Self, Error> {
        let (mut regions, mut people) = (Vec::new(), Vec::new());
        for row in rows(text, file, &["region", "people"])? {
            let region = row.text("region")?;
            if region == ALL {
                return Err(row.fault("`all` is the regions together; take the line out"));
            }
            if regions.contains(&region) {
                return Err(row.fault("an earlier line has this region; keep one of them"));
            }
            regions.push(region);
            people.push(row.count("people")?);
        }
        let population = Population::of_margins(&[people]);
        let fault = |error: tidemark_surveillance::prevalence::Error| Error::Table {
            file: file.to_owned(),
            line: 1,
            what: error.to_string(),
        };
        Ok(Self { regions, population: population.map_err(fault)? })
    }

    /// The regions, in the order of the file.
    pub(crate) fn regions(&self) -> &[String] {
        &self.regions
    }
}

impl ErrorRate {
    /// The share without the marker's errors; none where people write so much that the marker says little of them.
    fn adjust(self, cell: &Shown<'_>) -> Option<Estimate> {
        let accuracy = match cell.unit {
            Unit::Author => self.accuracy.of_people(cell.proportion.n, cell.posts, self.repeat).ok()?,
            Unit::Post => self.accuracy,
        };
        Some(accuracy.adjust(&Estimate::of(cell.proportion).ok()??))
    }
}

/// A cell that is shown, and what there is to make of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Units with the marker, of units.
    pub(crate) proportion: Proportion,
    /// Posts behind it.
    pub(crate) posts: u64,
    /// What is counted.
    pub(crate) unit: Unit,
    /// How often the marker errs.
    pub(crate) error_rate: Option<ErrorRate>,
    /// Of a cell of all regions: the table's regions, and their cells that are shown.
    pub(crate) places: Option<(&'a Places, &'a [Option<Proportion>])>,
}

/// The cells of [`COLUMNS`]. What is not shown has a baseline at most.
pub(crate) fn columns(shown: Option<Shown<'_>>, compared: &Comparison) -> [String; 10] {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.6}"));
    let three = |estimate: Option<Estimate>| {
        let of = |which: fn(&Estimate) -> f64| number(estimate.as_ref().map(which));
        [of(|estimate| estimate.value), of(|estimate| estimate.lower), of(|estimate| estimate.upper)]
    };
    let people = shown.filter(|cell| cell.unit == Unit::Author).map(|cell| cell.proportion.n);
    let reliability = people.map_or("", |people| Reliability::of(people).code());
    let [adjusted, adjusted_lower, adjusted_upper] = three(shown.and_then(|cell| cell.error_rate?.adjust(&cell)));
    let [weighted, weighted_lower, weighted_upper] = three(shown.and_then(|cell| {
        let (places, regions) = cell.places?;
        // Refused is what contradicts itself, and no count of ours does.
        of_places(cell.proportion, regions, &places.population).ok()?
    }));
    [
        reliability.to_owned(),
        number(compared.baseline.map(|baseline| baseline.mean)),
        number(compared.z),
        number(compared.ratio),
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
    use super::{COLUMNS, ErrorRates, Places, Shown, columns};
    use std::collections::BTreeMap;
    use tidemark_domain::{Proportion, Unit};
    use tidemark_surveillance::prevalence::baseline::Comparison;

    const RATES: &str = "marker,language,sensitivity,positives,specificity,negatives\n";

    fn shown(k: u64, n: u64, posts: u64) -> Shown<'static> {
        Shown { proportion: Proportion { k, n }, posts, unit: Unit::Author, error_rate: None, places: None }
    }

    fn told(shown: Option<Shown<'_>>) -> BTreeMap<&'static str, String> {
        COLUMNS.into_iter().zip(columns(shown, &Comparison::of(None, None, None))).collect()
    }

    fn number(told: &BTreeMap<&str, String>, column: &str) -> f64 {
        told[column].parse().expect("a number")
    }

    #[test]
    fn what_is_not_known_is_empty_and_people_are_told_from_posts() {
        assert!(told(None).values().all(String::is_empty));
        let of = |n| told(Some(shown(5, n, n)))["reliability"].clone();
        assert_eq!([of(49), of(50), of(199), of(200)], ["low", "moderate", "moderate", "high"]);
        assert_eq!(told(Some(Shown { unit: Unit::Post, ..shown(5, 300, 300) }))["reliability"], "");
        assert_eq!(told(Some(shown(5, 300, 300)))["adjusted"], "");
    }

    #[test]
    fn errors_are_taken_out_of_their_marker_and_language() {
        let text = format!("{RATES}mh.stress,en,0.8,200,0.95,400\nmh.stress,es,0.7,200,0.9,400\n");
        let rates = ErrorRates::of_csv(&text, "rates.csv").expect("rates");
        assert!(rates.of("mh.stress", "all").is_none() && rates.of("mh.joy", "en").is_none());
        let error_rate = rates.of("mh.stress", "en");
        let adjusted = told(Some(Shown { error_rate, ..shown(60, 300, 300) }));
        assert!((number(&adjusted, "adjusted") - 0.2).abs() < 1e-6, "{adjusted:?}");
        assert!(number(&adjusted, "adjusted_lower") < 0.15 && number(&adjusted, "adjusted_upper") > 0.25);
        // More posts, more false alarms: less of the same share is true.
        let more = told(Some(Shown { error_rate, ..shown(60, 300, 450) }));
        assert!(number(&more, "adjusted") < 0.19, "{more:?}");
        let posts = told(Some(Shown { error_rate, unit: Unit::Post, ..shown(60, 300, 450) }));
        assert_eq!(posts["adjusted"], adjusted["adjusted"]);
        assert_eq!(told(Some(Shown { error_rate, ..shown(60, 300, 300_000) }))["adjusted"], "");
    }

    #[test]
    fn regions_count_by_who_lives_there() {
        let places = Places::of_csv("Region,People,note\nnorth,1000,\nsouth,1000,x\n", "people.csv").expect("places");
        let cells = [Some(Proportion { k: 15, n: 150 }), Some(Proportion { k: 24, n: 60 })];
        let weighted = told(Some(Shown { places: Some((&places, &cells[..])), ..shown(39, 210, 210) }));
        assert!((number(&weighted, "weighted") - 0.246_45).abs() < 1e-4, "{weighted:?}");
        assert!(number(&weighted, "weighted_lower") < number(&weighted, "weighted"));
        let hidden = [None, None];
        assert_eq!(told(Some(Shown { places: Some((&places, &hidden[..])), ..shown(5, 20, 20) }))["weighted"], "");
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
            let said = ErrorRates::of_csv(&text, "t.csv").expect_err("a fault").to_string();
            assert!(said.starts_with(fault), "{said}");
        }
        for (text, fault) in [
            ("region\n", "t.csv, line 1: the header has no column `people`; it needs region, people"),
            ("region,people\nnorth,5\nall,9\n", "t.csv, line 3: `all` is the regions together"),
            ("region,people\nnorth,5\nnorth,9\n", "t.csv, line 3: an earlier line has this region"),
            ("region,people\nnorth,many\n", "t.csv, line 2: `people` is not a number above 0"),
            ("region,people\nnorth,-1\n", "t.csv, line 2: `people` is not a number above 0"),
        ] {
            let said = Places::of_csv(text, "t.csv").expect_err("a fault").to_string();
            assert!(said.starts_with(fault), "{said}");
        }
    }
}
