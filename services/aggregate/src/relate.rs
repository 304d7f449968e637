//! How markers go together in the people of a file: which meet in the same people ([`People::lifts`]), what those who
//! show any of a head's labels show most ([`People::composition`]), and which label follows which ([`People::shifts`]).
//!
//! A person counts once, over all of the days asked, in each language they wrote in and once in `all`. Where nobody in the
//! file has an author, posts count. A row that some count of 1 to 10 could be told from is withheld.

mod folding;
mod shift;

pub use folding::OTHER;
pub use shift::{AUTHOR_WINDOW_HOURS, By, SHIFT_COLUMNS, Shifts, VALENCE};

use crate::Error;
use crate::file::{self, Counted, Summary, standing_posts};
use crate::rows::Row;
use folding::{Units, folded};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Write};
use tidemark_domain::disclosure::MIN_UNITS;
use tidemark_domain::series::ALL;
use tidemark_domain::{AnnotatedPost, AuthorKey, CellStatus, PeriodKind, PostKey, Score, Unit};
use tidemark_surveillance::prevalence::beside::Known;
use tidemark_surveillance::prevalence::composition::composition;
use tidemark_surveillance::prevalence::lift::lift;

/// The columns of [`People::lifts`].
pub const LIFT_COLUMNS: [&str; 13] =
    ["language", "a", "b", "unit", "total", "n_a", "n_b", "n_both", "expected", "lift", "lower", "upper", "status"];
/// The columns of [`People::composition`].
pub const COMPOSITION_COLUMNS: [&str; 9] =
    ["language", "part", "unit", "n", "total", "share", "lower", "upper", "status"];
/// The part of people who show two labels or more equally often.
pub const SEVERAL: &str = "(several)";

/// Whose posts of a file are looked at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The zone whose civil days are counted.
    pub zone: TimeZone,
    /// What a post may not be written after.
    pub now: Timestamp,
    /// Likely bots too.
    pub with_bots: bool,
    /// The first day, included.
    pub from: Option<Date>,
    /// The last day, included.
    pub to: Option<Date>,
    /// Values on scales, such as valence, beside the markers: shifts want them, and nobody shows them or does not.
    pub scales: bool,
}

/// The rows that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// All of them.
    pub rows: u64,
    /// Those that show no number.
    pub withheld: u64,
}

/// The posts of a file that count, and whose they are.
#[derive(Debug)]
pub struct People {
    posts: Vec<AnnotatedPost>,
    unit: Unit,
    /// What became of the lines.
    pub summary: Summary,
}

/// Whom a post counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Who {
    Author(AuthorKey),
    Post(PostKey),
}

/// Posts, and whom each counts for.
type Posts<'a> = Vec<(Who, &'a AnnotatedPost)>;

impl People {
    /// Reads annotated posts.
    ///
    /// # Errors
    /// Where input or rejects fail. A line that cannot be read is not an error: it goes to `rejects`.
    pub fn read(
        input: impl BufRead,
        mut rejects: impl Write,
        options: &Options,
        progress: impl FnMut(u64),
    ) -> Result<Self, Error> {
        let reading = file::Options {
            zone: options.zone.clone(),
            period: PeriodKind::Day,
            issued_at: options.now,
            counted: Counted { with_bots: options.with_bots, with_copies: true, posts_per_author_day: None },
            known: Known::default(),
        };
        let mut summary = Summary::default();
        let standing = standing_posts(input, &mut rejects, &reading, options.scales, &mut summary, progress)?;
        rejects.flush().map_err(Error::Write)?;
        let is_asked = |day: Option<Date>| {
            day.is_some_and(|day| options.from.is_none_or(|from| day >= from) && options.to.is_none_or(|to| day <= to))
        };
        let post = |row: Row| match row {
            Row::Post(post, decided) if is_asked(decided.day) && !post.event.is_bot_hint => Some(*post),
            _ => None,
        };
        let mut posts: Vec<AnnotatedPost> = standing.into_values().filter_map(post).collect();
        let has_authors = posts.iter().any(|post| post.event.author.is_some());
        // Where people are told, nobody knows how many the posts without one are.
        posts.retain(|post| post.event.author.is_some() || !has_authors);
        Ok(Self { posts, unit: if has_authors { Unit::Author } else { Unit::Post }, summary })
    }

    /// Writes, for every two of the markers, in how many people they meet, and how much more often than by chance, with a
    /// 95 % interval: of those people in whom both could be answered. `markers` names markers, or heads with all their
    /// labels; where none is named, all those are taken that eleven people show.
    ///
    /// # Errors
    /// [`Error::UnknownMarker`], and where the output fails.
    pub fn lifts(&self, output: impl Write, markers: &[String]) -> Result<Written, Error> {
        let named: Vec<&str> = markers.iter().map(String::as_str).collect();
        self.know(&named)?;
        let mut csv = csv::Writer::from_writer(output);
        csv.write_record(LIFT_COLUMNS)?;
        let mut written = Written::default();
        for (language, posts) in self.by_language() {
            let mut marked = marked(&posts, &named);
            marked.retain(|(_, marked)| !named.is_empty() || marked.present.count() >= MIN_UNITS);
            for (place, (a, of_a)) in marked.iter().enumerate() {
                for (b, of_b) in &marked[place + 1..] {
                    let met = Met::of(of_a, of_b);
                    let cells = met.cells();
                    let status = if cells.is_some() { CellStatus::Ok } else { CellStatus::of(met.total.min(1)) };
                    written.rows += 1;
                    written.withheld += u64::from(cells.is_none());
                    let head = [language, *a, *b, self.unit.code()].map(str::to_owned);
                    let numbers = cells.unwrap_or_default();
                    csv.write_record(head.iter().chain(&numbers).map(String::as_str).chain([status.code()]))?;
                }
            }
        }
        csv.flush().map_err(Error::Write)?;
        Ok(written)
    }

    /// Writes what people show most of a head's labels, as parts of those who show any: shares that sum to 1, with intervals
    /// that hold together at 95 %. With `among`, only posts count in which that marker is present.
    ///
    /// # Errors
    /// [`Error::UnknownMarker`], and where the output fails.
    pub fn composition(&self, output: impl Write, of: &str, among: Option<&str>) -> Result<Written, Error> {
        self.know(&[of, among.unwrap_or(of)])?;
        let mut csv = csv::Writer::from_writer(output);
        csv.write_record(COMPOSITION_COLUMNS)?;
        let mut written = Written::default();
        for (language, mut posts) in self.by_language() {
            posts.retain(|(_, post)| {
                let shows = |among| post.scores.iter().any(|score| score.present && is_one_of(&score.marker, &[among]));
                among.is_none_or(shows)
            });
            let counts = parts(&posts, of);
            let total: u64 = counts.values().sum();
            let unit = self.unit.code();
            let folded = folded(counts);
            let counts: Vec<u64> = folded.iter().flatten().map(|(_, count)| *count).collect();
            let (Some(folded), Some(shares)) = (folded, composition(&counts)) else {
                written.rows += 1;
                written.withheld += 1;
                let status = CellStatus::of(total.min(1));
                csv.write_record([language, "", unit, "", "", "", "", "", status.code()])?;
                continue;
            };
            for ((part, count), share) in folded.iter().zip(&shares) {
                written.rows += 1;
                let numbers = [share.value, share.lower, share.upper].map(number);
                let [value, lower, upper] = numbers.each_ref().map(String::as_str);
                let (count, total) = (count.to_string(), total.to_string());
                let row: [&str; 9] = [language, part, unit, &count, &total, value, lower, upper, CellStatus::Ok.code()];
                csv.write_record(row)?;
            }
        }
        csv.flush().map_err(Error::Write)?;
        Ok(written)
    }

    /// Refuses a marker, or head, that no post has an answer of.
    fn know(&self, markers: &[&str]) -> Result<(), Error> {
        let scores = self.posts.iter().flat_map(|post| &post.scores);
        let is_known = |marker: &str| scores.clone().any(|score| is_one_of(&score.marker, &[marker]));
        let unknown = markers.iter().find(|marker| !is_known(marker));
        unknown.map_or(Ok(()), |marker| Err(Error::UnknownMarker { marker: (*marker).to_owned() }))
    }

    /// The posts and whom they count for: those of all languages together, then those of each.
    fn by_language(&self) -> Vec<(&'static str, Posts<'_>)> {
        let who = |post: &AnnotatedPost| post.event.author.map_or(Who::Post(post.event.post_key), Who::Author);
        let all: Posts<'_> = self.posts.iter().map(|post| (who(post), post)).collect();
        let mut each: BTreeMap<&'static str, Posts<'_>> = BTreeMap::new();
        for (who, post) in &all {
            each.entry(post.event.language.code()).or_default().push((*who, *post));
        }
        std::iter::once((ALL, all)).chain(each).collect()
    }
}

/// Whether a marker is one that was named, or a label of a head that was.
fn is_one_of(marker: &str, named: &[&str]) -> bool {
    let is = |named: &&str| marker.strip_prefix(*named).is_some_and(|label| label.is_empty() || label.starts_with('.'));
    named.iter().any(is)
}

fn number(value: f64) -> String {
    format!("{value:.6}")
}

/// The units in whom a marker could be answered, and those of them who show it.
#[derive(Debug, Clone, Default)]
struct Marked {
    answered: Units,
    present: Units,
}

/// The markers that are named, all of them where none is, in the order of their names.
fn marked<'a>(posts: &[(Who, &'a AnnotatedPost)], named: &[&str]) -> Vec<(&'a str, Marked)> {
    let mut units: HashMap<Who, usize> = HashMap::new();
    let mut marked: HashMap<&str, Marked> = HashMap::new();
    for (who, post) in posts {
        let next = units.len();
        let unit = *units.entry(*who).or_insert(next);
        let is_asked = |score: &&Score| named.is_empty() || is_one_of(&score.marker, named);
        for Score { marker, present, .. } in post.scores.iter().filter(is_asked) {
            let marked = marked.entry(marker).or_default();
            marked.answered.insert(unit);
            if *present {
                marked.present.insert(unit);
            }
        }
    }
    let mut marked: Vec<(&str, Marked)> = marked.into_iter().collect();
    marked.sort_unstable_by_key(|(marker, _)| *marker);
    marked
}

/// Two markers in the units in whom both could be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Met {
    both: u64,
    a: u64,
    b: u64,
    total: u64,
}

impl Met {
    fn of(a: &Marked, b: &Marked) -> Self {
        Self {
            both: a.present.common(&b.present),
            a: a.present.common(&b.answered),
            b: b.present.common(&a.answered),
            total: a.answered.common(&b.answered),
        }
    }

    /// The numbers of a row, where all may be shown: that nobody has both says nothing of anybody who has.
    fn cells(self) -> Option<[String; 8]> {
        let Self { both, a, b, total } = self;
        let is_few = [a, b, total].iter().any(|count| *count < MIN_UNITS) || (1..MIN_UNITS).contains(&both);
        // Counts of sets do not contradict each other.
        let lift = lift(both, a, b, total).ok().flatten().filter(|_| !is_few)?;
        let expected = a as f64 * b as f64 / total as f64;
        let [total, a, b, both] = [total, a, b, both].map(|count| count.to_string());
        Some([total, a, b, both, number(expected), number(lift.value), number(lift.lower), number(lift.upper)])
    }
}

/// How many units show which label of a head most, and [`SEVERAL`] of them equally often.
fn parts<'a>(posts: &[(Who, &'a AnnotatedPost)], head: &str) -> BTreeMap<&'a str, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut shown: HashMap<Who, BTreeMap<&str, u64>> = HashMap::new();
    for (who, post) in posts {
        for Score { marker, present, .. } in post.scores.iter().filter(|score| is_one_of(&score.marker, &[head])) {
            counts.entry(marker).or_default();
            if *present {
                *shown.entry(*who).or_default().entry(marker).or_default() += 1;
            }
        }
    }
    for labels in shown.values() {
        let most = labels.values().max();
        let mut those = labels.iter().filter(|(_, posts)| Some(*posts) == most).map(|(label, _)| *label);
        let part = match (those.next(), those.next()) {
            (Some(label), None) => label,
            _ => SEVERAL,
        };
        *counts.entry(part).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{Met, OTHER, Options, People, SEVERAL, is_one_of};
    use crate::Error;
    use jiff::tz::TimeZone;
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    /// A post of an author in English that shows these of mh.a, mh.b, and one mood.
    fn line(id: usize, author: usize, day: u32, shows: [bool; 2], mood: &str) -> String {
        let [a, b] = shows.map(|shows| if shows { "yes" } else { "no" });
        format!(
            r#"{{"id":"{id}","language":"en","author":"p{author}","created_at":"2024-01-{day:02}","scores":{{"mh.a":0.5,"mh.b":0.5,"mood":{{"up":0.4,"flat":0.3,"down":0.3}}}},"labels":{{"mh.a":"{a}","mh.b":"{b}","mood":"{mood}"}},"lexicon":{{}},"provenance":{{"model":"m","lexicon":"l","code":"0"}}}}"#
        )
    }

    pub(super) fn people(text: &str) -> People {
        let options = Options {
            zone: TimeZone::UTC,
            now: "2024-07-01T00:00:00Z".parse().expect("an instant"),
            with_bots: false,
            from: None,
            to: None,
            scales: true,
        };
        People::read(text.as_bytes(), Vec::new(), &options, |_| ()).expect("read")
    }

    /// 100 people: 40 show a, 30 show b, 24 of them both, in posts of their own.
    fn hundred() -> String {
        let mut text = String::new();
        for person in 0..100 {
            let b = (16..46).contains(&person);
            let mood = if person < 60 {
                "up"
            } else if person < 95 {
                "down"
            } else {
                "flat"
            };
            writeln!(text, "{}", line(2 * person, person, 1, [person < 40, false], mood)).expect("a string takes it");
            writeln!(text, "{}", line(2 * person + 1, person, 2, [false, b], mood)).expect("a string takes it");
        }
        text
    }

    pub(super) fn rows(out: &[u8]) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(out).deserialize().map(|row| row.expect("a row")).collect()
    }

    #[test]
    fn markers_that_meet_in_people_are_counted_once_each() {
        let mut out = Vec::new();
        let written = people(&hundred()).lifts(&mut out, &["mh".to_owned()]).expect("written");
        assert_eq!((written.rows, written.withheld), (2, 0));
        let rows = rows(&out);
        assert_eq!((rows[0]["language"].as_str(), rows[1]["language"].as_str()), ("all", "en"));
        let told = ["a", "b", "unit", "total", "n_a", "n_b", "n_both", "expected", "lift", "status"];
        assert_eq!(
            told.map(|column| rows[0][column].as_str()),
            ["mh.a", "mh.b", "author", "100", "40", "30", "24", "12.000000", "2.000000", "ok"]
        );
        let bound = |column: &str| rows[0][column].parse::<f64>().expect("a number");
        assert!(1.0 < bound("lower") && bound("lower") < 2.0 && bound("upper") > 2.0);
    }

    #[test]
    fn a_row_that_tells_of_few_people_shows_none_of_its_numbers() {
        let met = |both, a, b, total| Met { both, a, b, total }.cells().is_some();
        assert!(met(11, 11, 11, 11) && met(0, 11, 11, 100) && met(30, 40, 50, 100));
        assert!(!met(10, 40, 50, 100) && !met(1, 40, 50, 100) && !met(0, 10, 50, 100) && !met(0, 0, 50, 100));
        assert!(!met(0, 0, 0, 0));
        // Nine people, of whom the file tells everything.
        let text: String = hundred().lines().take(18).fold(String::new(), |text, line| text + line + "\n");
        let mut out = Vec::new();
        let written = people(&text).lifts(&mut out, &["mh".to_owned()]).expect("written");
        assert_eq!((written.rows, written.withheld), (2, 2));
        let rows = rows(&out);
        assert_eq!(
            (rows[0]["status"].as_str(), rows[0]["total"].as_str(), rows[0]["n_a"].as_str()),
            ("censored", "", "")
        );
        // Unasked, markers that so few show are not even named.
        let mut out = Vec::new();
        assert_eq!(people(&text).lifts(&mut out, &[]).expect("written").rows, 0);
    }

    #[test]
    fn parts_sum_to_one_and_small_ones_are_one() {
        let mut out = Vec::new();
        let _ = people(&hundred()).composition(&mut out, "mood", None).expect("written");
        let rows = rows(&out);
        let all: Vec<_> = rows.iter().filter(|row| row["language"] == "all").collect();
        // Five are flat: they stand with the 35 that are down, or they could be told from the rest.
        let told: Vec<_> = all.iter().map(|row| (row["part"].as_str(), row["n"].as_str())).collect();
        assert_eq!(told, [("mood.up", "60"), (OTHER, "40")]);
        let number = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().expect("a number");
        assert!((all.iter().map(|row| number(row, "share")).sum::<f64>() - 1.0).abs() < 1e-6);
        for row in &all {
            assert!(
                number(row, "lower") < number(row, "share") && number(row, "share") < number(row, "upper"),
                "{row:?}"
            );
        }
        // Of those posts alone in which b is present: 30 people, all of them up.
        let mut out = Vec::new();
        let _ = people(&hundred()).composition(&mut out, "mood", Some("mh.b")).expect("written");
        let rows = self::rows(&out);
        let told: Vec<_> = rows.iter().take(3).map(|row| (row["part"].as_str(), row["n"].as_str())).collect();
        assert_eq!(told, [("mood.down", "0"), ("mood.flat", "0"), ("mood.up", "30")]);
    }

    #[test]
    fn who_shows_two_labels_equally_often_is_in_neither() {
        let mut text = String::new();
        for person in 0..12 {
            for (part, mood) in ["up", "down"].into_iter().enumerate() {
                writeln!(text, "{}", line(2 * person + part, person, 1, [false; 2], mood)).expect("a string takes it");
            }
        }
        let mut out = Vec::new();
        let _ = people(&text).composition(&mut out, "mood", None).expect("written");
        let inhabited: Vec<_> = rows(&out).into_iter().filter(|row| row["n"] == "12").collect();
        assert!(inhabited.len() == 2 && inhabited.iter().all(|row| row["part"] == SEVERAL), "{inhabited:?}");
    }

    #[test]
    fn markers_are_named_whole_and_one_that_is_not_there_is_refused() {
        assert!(is_one_of("mh.stress", &["mh.stress"]) && is_one_of("mood.up", &["x", "mood"]));
        assert!(!is_one_of("mh.stressful", &["mh.stress"]) && !is_one_of("mood", &["mood.up"]));
        let people = people(&hundred());
        let lift = people.lifts(Vec::new(), &["mh.a".to_owned(), "mh.c".to_owned()]);
        assert!(matches!(lift, Err(Error::UnknownMarker { marker }) if marker == "mh.c"));
        assert!(people.composition(Vec::new(), "soup", None).is_err());
        assert!(people.composition(Vec::new(), "mood", Some("soup")).is_err());
    }
}
