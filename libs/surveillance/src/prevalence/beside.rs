//! What is said beside the number of a cell: how far to rely on it, what it is usually, what it would be without the
//! marker's errors, and what it would be among those who live there.
//!
//! All of it follows from cells that are shown, so that nothing which is withheld can be told from it.

use super::{
    Error, Estimate, baseline::Comparison, misclassification::Accuracy, places::of_places, population::Population,
};
use std::collections::BTreeMap;
use tidemark_domain::{Proportion, Reliability, Unit};

/// What is known besides the posts. Of a table that is not given, nothing is made.
#[derive(Debug, Clone, Default)]
pub struct Known {
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
pub struct ErrorRate {
    /// Sensitivity and specificity, of single posts.
    pub accuracy: Accuracy,
    /// Share of an expressing person's further posts that express it too.
    pub repeat: f64,
}

/// How many people live in each region.
#[derive(Debug, Clone)]
pub struct Places {
    regions: Vec<String>,
    population: Population,
}

impl ErrorRates {
    /// Takes the rate of a marker in a language; whether there was none yet.
    #[must_use]
    pub fn insert(&mut self, marker: String, language: String, rate: ErrorRate) -> bool {
        self.0.insert((marker, language), rate).is_none()
    }

    /// That of a marker in a language; that of `all` languages together is measured as such, or not known.
    #[must_use]
    pub fn of(&self, marker: &str, language: &str) -> Option<ErrorRate> {
        self.0.get(&(marker.to_owned(), language.to_owned())).copied()
    }

    /// Which markers and languages there are.
    pub fn keys(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.keys()
    }
}

impl Places {
    /// Regions with the people who live in each. Regions that are alike should stand together.
    ///
    /// # Errors
    /// [`Error::NotACount`], [`Error::NoPopulation`].
    pub fn of(people: impl IntoIterator<Item = (String, f64)>) -> Result<Self, Error> {
        let (regions, people): (Vec<String>, Vec<f64>) = people.into_iter().unzip();
        Ok(Self { regions, population: Population::of_margins(&[people])? })
    }

    /// The regions, in the order of the table.
    #[must_use]
    pub fn regions(&self) -> &[String] {
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
pub struct Shown<'a> {
    /// Units with the marker, of units.
    pub proportion: Proportion,
    /// Posts behind it.
    pub posts: u64,
    /// What is counted.
    pub unit: Unit,
    /// How often the marker errs.
    pub error_rate: Option<ErrorRate>,
    /// Of a cell of all regions: the table's regions, and the cell of each that is shown.
    pub places: Option<(&'a Places, &'a [Option<Proportion>])>,
}

/// What stands beside a number. A cell that is not shown has a baseline at most.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Beside {
    /// How far a share of so many people can be relied on; `None` where posts are counted.
    pub reliability: Option<Reliability>,
    /// The mean share of the same weekdays, or weeks, before it; `None` with fewer than four.
    pub baseline: Option<f64>,
    /// By how many standard deviations the value lies above the baseline; `None` where nothing varies.
    pub z: Option<f64>,
    /// The value over the baseline; `None` where that is 0.
    pub ratio: Option<f64>,
    /// What it would be without the marker's errors; `None` where they are not known.
    pub adjusted: Option<Estimate>,
    /// What it would be among those who live there; `None` but for all regions together, with a table.
    pub weighted: Option<Estimate>,
}

impl Beside {
    /// What stands beside a cell that compares with earlier ones as `compared` says; `None` is a cell that is not shown.
    #[must_use]
    pub fn of(shown: Option<Shown<'_>>, compared: &Comparison) -> Self {
        let people = shown.filter(|cell| cell.unit == Unit::Author).map(|cell| cell.proportion.n);
        Self {
            reliability: people.map(Reliability::of),
            baseline: compared.baseline.map(|baseline| baseline.mean),
            z: compared.z.filter(|_| shown.is_some()),
            ratio: compared.ratio.filter(|_| shown.is_some()),
            adjusted: shown.and_then(|cell| cell.error_rate?.adjust(&cell)),
            weighted: shown.and_then(|cell| {
                let (places, regions) = cell.places?;
                // Refused is what contradicts itself, and no count of ours does.
                of_places(cell.proportion, regions, &places.population).ok()?
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Beside, ErrorRate, ErrorRates, Places, Shown};
    use crate::prevalence::Error;
    use crate::prevalence::baseline::{Baseline, Comparison};
    use crate::prevalence::misclassification::{Accuracy, Rate};
    use tidemark_domain::{Proportion, Reliability, Unit};

    fn shown(k: u64, n: u64, posts: u64) -> Shown<'static> {
        Shown { proportion: Proportion { k, n }, posts, unit: Unit::Author, error_rate: None, places: None }
    }

    fn told(shown: Option<Shown<'_>>) -> Beside {
        Beside::of(shown, &Comparison::of(None, None, None))
    }

    fn rate(sensitivity: f64, specificity: f64) -> ErrorRate {
        let measured = |value, n| Rate::Measured { value, n };
        let accuracy = Accuracy::new(measured(sensitivity, 200.0), measured(specificity, 400.0)).expect("informative");
        ErrorRate { accuracy, repeat: 0.0 }
    }

    #[test]
    fn what_is_not_known_is_absent_and_people_are_told_from_posts() {
        assert_eq!(told(None), Beside::default());
        let of = |n| told(Some(shown(5, n, n))).reliability;
        let words = [Reliability::Low, Reliability::Moderate, Reliability::Moderate, Reliability::High];
        assert_eq!([of(49), of(50), of(199), of(200)], words.map(Some));
        assert_eq!(told(Some(Shown { unit: Unit::Post, ..shown(5, 300, 300) })).reliability, None);
        assert_eq!(told(Some(shown(5, 300, 300))).adjusted, None);
    }

    #[test]
    fn a_cell_that_is_not_shown_has_a_baseline_at_most() {
        let compared = Comparison::of(Baseline::of(&[0.1, 0.2, 0.3, 0.2]), Some(0.9), Some(50));
        let withheld = Beside::of(None, &compared);
        assert!(compared.z.is_some() && compared.ratio.is_some());
        assert_eq!(withheld, Beside { baseline: withheld.baseline, ..Beside::default() });
        assert!((withheld.baseline.expect("four values") - 0.2).abs() < 1e-12);
    }

    #[test]
    fn errors_are_taken_out_of_their_marker_and_language() {
        let mut rates = ErrorRates::default();
        assert!(rates.insert("mh.stress".to_owned(), "en".to_owned(), rate(0.8, 0.95)));
        assert!(rates.insert("mh.stress".to_owned(), "es".to_owned(), rate(0.7, 0.9)));
        assert!(!rates.insert("mh.stress".to_owned(), "es".to_owned(), rate(0.7, 0.9)), "it was there");
        assert!(rates.of("mh.stress", "all").is_none() && rates.of("mh.joy", "en").is_none());
        let error_rate = rates.of("mh.stress", "en");
        let adjusted = |cell: Shown<'static>| told(Some(Shown { error_rate, ..cell })).adjusted;
        let once = adjusted(shown(60, 300, 300)).expect("rates");
        assert!((once.value - 0.2).abs() < 1e-9 && once.lower < 0.15 && once.upper > 0.25, "{once:?}");
        // More posts, more false alarms: less of the same share is true.
        let more = adjusted(shown(60, 300, 450)).expect("rates");
        assert!(more.value < 0.19, "{more:?}");
        assert_eq!(adjusted(Shown { unit: Unit::Post, ..shown(60, 300, 450) }), Some(once));
        assert_eq!(adjusted(shown(60, 300, 300_000)), None);
    }

    #[test]
    fn regions_count_by_who_lives_there() {
        let people = [("north", 1000.0), ("south", 1000.0)].map(|(region, people)| (region.to_owned(), people));
        let places = Places::of(people).expect("places");
        assert_eq!(places.regions(), ["north", "south"]);
        let cells = [Some(Proportion { k: 15, n: 150 }), Some(Proportion { k: 24, n: 60 })];
        let weighted = told(Some(Shown { places: Some((&places, &cells[..])), ..shown(39, 210, 210) })).weighted;
        let weighted = weighted.expect("both are shown");
        assert!((weighted.value - 0.246_45).abs() < 1e-4 && weighted.lower < weighted.value, "{weighted:?}");
        // A place that shows nothing counts with those of whom no place is known.
        let cells = [cells[0], None];
        let weighted = told(Some(Shown { places: Some((&places, &cells[..])), ..shown(17, 155, 155) })).weighted;
        assert!(weighted.is_some_and(|weighted| weighted.value < 0.13), "{weighted:?}");
        assert_eq!(told(Some(Shown { places: Some((&places, &[None, None][..])), ..shown(4, 12, 12) })).weighted, None);
        assert!(matches!(Places::of([("north".to_owned(), 0.0)]), Err(Error::NoPopulation)));
    }
}
