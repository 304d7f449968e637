//! Which label of a head follows which, and how valence changes, from post to post of a thread or an author.
//!
//! Steps are told of all threads or authors together. What is told stands on eleven people and eleven threads; a step has
//! two people, so that a transition stands on the fewer of those who wrote its first posts and those who wrote its second.

use super::folding::{Part, Units, folded};
use super::{People, Who, Written, number};
use crate::Error;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use tidemark_domain::disclosure::MIN_UNITS;
use tidemark_domain::{AnnotatedPost, CellStatus, PostKey, Unit};
use tidemark_polarization::Threads;
use tidemark_surveillance::prevalence::composition::composition;
use tidemark_surveillance::prevalence::shift::Shift;

/// The columns of [`People::shifts`].
pub const SHIFT_COLUMNS: [&str; 11] =
    ["language", "from", "to", "unit", "people", "n", "total", "value", "lower", "upper", "status"];
/// The value on a scale whose changes are told where no other is named.
pub const VALENCE: &str = "vad.valence";
/// How far apart two posts of an author may lie, in hours, where nothing is said.
pub const AUTHOR_WINDOW_HOURS: u32 = 24;
/// What stands in `to` beside the mean change of a value.
const CHANGE: &str = "(change)";
/// What stands in `to` beside the share of steps by which a value falls.
const FALLS: &str = "(falls)";

/// Among which posts one is the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Those joined by whom they answer and by the conversation that their source puts them in.
    Thread,
    /// Those of one author.
    Author,
}

/// Which steps are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shifts {
    /// The head whose labels follow each other.
    pub head: String,
    /// Among which posts one is the next.
    pub by: By,
    /// How far apart two posts may lie, in hours; [`AUTHOR_WINDOW_HOURS`] for those of an author and as far as may be for
    /// those of a thread where absent.
    pub window_hours: Option<u32>,
    /// The value whose changes are told: a marker with one score, or a head with the labels `positive` and `negative`,
    /// of which it is the difference. [`VALENCE`] where absent, and nothing where no post has that.
    pub valence: Option<String>,
}

impl Shifts {
    fn window(&self) -> Option<SignedDuration> {
        let usual = (self.by == By::Author).then_some(AUTHOR_WINDOW_HOURS);
        self.window_hours.or(usual).map(|hours| SignedDuration::from_hours(i64::from(hours)))
    }
}

impl People {
    /// Writes, for every two labels of a head, how often a post of the one is followed by a post of the other: counts of
    /// steps, and parts of those that leave the first label, with intervals that hold together at 95 %. Below stand the
    /// mean change of valence and the share of steps by which it falls, with intervals that know that steps of one thread
    /// or author resemble each other. A post that shows no label, or two equally, is passed over; posts of one instant
    /// have no order.
    ///
    /// # Errors
    /// [`Error::UnknownMarker`], [`Error::NoLabels`], [`Error::NoAuthors`], and where the output fails.
    pub fn shifts(&self, output: impl Write, asked: &Shifts) -> Result<Written, Error> {
        self.know(&[asked.head.as_str()])?;
        let labels = self.labels(&asked.head);
        if labels.len() < 2 {
            return Err(Error::NoLabels { marker: asked.head.clone() });
        }
        let valence = asked.valence.as_deref().unwrap_or(VALENCE);
        if asked.valence.is_some() && self.posts.iter().all(|post| value_of(post, valence).is_none()) {
            return Err(Error::UnknownMarker { marker: valence.to_owned() });
        }
        if asked.by == By::Author && self.unit == Unit::Post {
            return Err(Error::NoAuthors);
        }
        let threads = self.threads();
        let mut rows =
            Rows { csv: csv::Writer::from_writer(output), unit: self.unit.code(), written: Written::default() };
        rows.csv.write_record(SHIFT_COLUMNS)?;
        for (language, posts) in self.by_language() {
            let steps = steps(&posts, &labels, valence, asked, &threads);
            rows.transitions(language, &labels, &steps)?;
            rows.valence(language, valence, &steps)?;
        }
        rows.csv.flush().map_err(Error::Write)?;
        Ok(rows.written)
    }

    /// The labels of a head, as markers. A head of heads has none.
    fn labels(&self, head: &str) -> BTreeSet<&str> {
        let is_label = |marker: &str| {
            let label = marker.strip_prefix(head).and_then(|rest| rest.strip_prefix('.'));
            label.is_some_and(|label| !label.contains('.'))
        };
        let markers = self.posts.iter().flat_map(|post| &post.scores).map(|score| score.marker.as_str());
        markers.filter(|marker| is_label(marker)).collect()
    }

    /// Which thread each post is part of. Those that answer the same post are of one thread, whether it is here or not.
    fn threads(&self) -> HashMap<PostKey, usize> {
        let mut threads = Threads::of(self.posts.len());
        let (mut by_post, mut by_conversation) = (HashMap::new(), HashMap::new());
        for (place, post) in self.posts.iter().enumerate() {
            let event = &post.event;
            for key in [Some(event.post_key), event.parent].into_iter().flatten() {
                threads.join(place, *by_post.entry(key).or_insert(place));
            }
            if let Some(key) = event.conversation {
                threads.join(place, *by_conversation.entry(key).or_insert(place));
            }
        }
        self.posts.iter().enumerate().map(|(place, post)| (post.event.post_key, threads.root(place))).collect()
    }
}

/// A post that shows one label most.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    /// The number of its thread or author.
    group: usize,
    written: Timestamp,
    key: PostKey,
    /// The number of whom it counts for.
    who: usize,
    label: &'a str,
    valence: Option<f64>,
}

/// Two posts of a group, of which one is the next after the other.
type Step<'a> = [Shown<'a>; 2];

/// The steps of all groups, group by group.
fn steps<'a>(
    posts: &[(Who, &'a AnnotatedPost)],
    labels: &BTreeSet<&str>,
    valence: &str,
    asked: &Shifts,
    threads: &HashMap<PostKey, usize>,
) -> Vec<Step<'a>> {
    let mut numbers: HashMap<Who, usize> = HashMap::new();
    let mut shown: Vec<Shown<'a>> = Vec::new();
    for &(who, post) in posts {
        let next = numbers.len();
        let who = *numbers.entry(who).or_insert(next);
        let Some(label) = top(post, labels) else { continue };
        let (key, written) = (post.event.post_key, post.event.created_at);
        let group = match asked.by {
            By::Thread => threads[&key],
            By::Author => who,
        };
        shown.push(Shown { group, written, key, who, label, valence: value_of(post, valence) });
    }
    shown.sort_unstable_by_key(|post| (post.group, post.written, post.key));
    let window = asked.window();
    let is_step = |[first, second]: &Step<'a>| {
        let apart = second.written.duration_since(first.written);
        first.group == second.group && !apart.is_zero() && window.is_none_or(|window| apart <= window)
    };
    shown.windows(2).map(|pair| [pair[0], pair[1]]).filter(is_step).collect()
}

/// The label that a post shows most; `None` where it shows none, or two equally.
fn top<'a>(post: &'a AnnotatedPost, labels: &BTreeSet<&str>) -> Option<&'a str> {
    let mut shown = post.scores.iter().filter(|score| score.present && labels.contains(score.marker.as_str()));
    let first = shown.next()?;
    let (top, is_alone) = shown.fold((first, true), |(top, is_alone), one| match one.score.total_cmp(&top.score) {
        Ordering::Greater => (one, true),
        Ordering::Equal => (top, false),
        Ordering::Less => (top, is_alone),
    });
    is_alone.then_some(top.marker.as_str())
}

/// A post's value of a marker with one score, or of a head with the labels `positive` and `negative`.
fn value_of(post: &AnnotatedPost, name: &str) -> Option<f64> {
    let score = |label: &str| {
        let is = |marker: &str| marker.strip_prefix(name) == Some(label);
        post.scores.iter().find(|score| is(&score.marker)).map(|score| f64::from(score.score))
    };
    let value = score("").or_else(|| Some(score(".positive")? - score(".negative")?));
    value.filter(|value| value.is_finite())
}

/// Some steps, and on whom they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Cell {
    steps: u64,
    /// Who wrote the first posts.
    before: Units,
    /// Who wrote the second ones.
    after: Units,
    groups: Units,
}

impl Cell {
    fn add(&mut self, [first, second]: &Step<'_>) {
        self.steps += 1;
        self.before.insert(first.who);
        self.after.insert(second.who);
        self.groups.insert(first.group);
    }

    fn people(&self) -> u64 {
        self.before.count().min(self.after.count())
    }

    /// Whether no number of them may be told, but that there are none.
    fn is_few(&self) -> bool {
        (1..MIN_UNITS).contains(&self.units())
    }
}

impl Part for Cell {
    fn units(&self) -> u64 {
        self.people().min(self.groups.count())
    }

    fn join(&mut self, other: &Self) {
        self.steps += other.steps;
        self.before.unite(&other.before);
        self.after.unite(&other.after);
        self.groups.unite(&other.groups);
    }
}

/// The steps from a label, by the label they lead to.
#[derive(Debug, Clone)]
struct Leaving<'a>(BTreeMap<&'a str, Cell>);

impl Leaving<'_> {
    fn all(&self) -> Cell {
        self.0.values().fold(Cell::default(), |mut all, cell| {
            all.join(cell);
            all
        })
    }
}

impl Part for Leaving<'_> {
    fn units(&self) -> u64 {
        self.all().units()
    }

    fn join(&mut self, other: &Self) {
        for (to, cell) in &other.0 {
            self.0.entry(*to).or_default().join(cell);
        }
    }
}

/// What is written.
struct Rows<W: Write> {
    csv: csv::Writer<W>,
    unit: &'static str,
    written: Written,
}

impl<W: Write> Rows<W> {
    fn transitions(&mut self, language: &str, labels: &BTreeSet<&str>, steps: &[Step<'_>]) -> Result<(), Error> {
        let row = || Leaving(labels.iter().map(|to| (*to, Cell::default())).collect());
        let mut matrix: BTreeMap<&str, Leaving<'_>> = labels.iter().map(|from| (*from, row())).collect();
        for step in steps {
            let cell = matrix.get_mut(step[0].label).and_then(|row| row.0.get_mut(step[1].label));
            if let Some(cell) = cell {
                cell.add(step);
            }
        }
        let Some(matrix) = folded(matrix) else { return self.withheld([language, "", ""], steps.len()) };
        for (from, row) in matrix {
            let all = row.all();
            let cells = folded(row.0);
            let counts: Vec<u64> = cells.iter().flatten().map(|(_, cell)| cell.steps).collect();
            let (Some(cells), Some(shares)) = (cells, composition(&counts)) else {
                self.withheld([language, from, ""], 0)?;
                continue;
            };
            for ((to, cell), share) in cells.iter().zip(&shares) {
                self.shown([language, from, to], cell, all.steps, [share.value, share.lower, share.upper])?;
            }
        }
        Ok(())
    }

    fn valence(&mut self, language: &str, marker: &str, steps: &[Step<'_>]) -> Result<(), Error> {
        let [mut all, mut falls, mut others] = [Cell::default(), Cell::default(), Cell::default()];
        let mut groups: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for step in steps {
            let [Some(before), Some(after)] = step.map(|post| post.valence) else { continue };
            let change = after - before;
            all.add(step);
            let cell = if change < 0.0 { &mut falls } else { &mut others };
            cell.add(step);
            groups.entry(step[0].group).or_default().push(change);
        }
        let groups: Vec<Vec<f64>> = groups.into_values().collect();
        // Values are finite, and so are their differences.
        let shift = Shift::of(&groups).ok().flatten().filter(|_| all.units() >= MIN_UNITS);
        let Some(shift) = shift else {
            self.withheld([language, marker, CHANGE], groups.len())?;
            return self.withheld([language, marker, FALLS], groups.len());
        };
        self.shown([language, marker, CHANGE], &all, all.steps, [shift.change, shift.lower, shift.upper])?;
        if falls.is_few() || others.is_few() {
            return self.withheld([language, marker, FALLS], groups.len());
        }
        let share = shift.falls.estimate();
        self.shown([language, marker, FALLS], &falls, all.steps, [share.value, share.lower, share.upper])
    }

    /// A row that shows its numbers.
    fn shown(&mut self, head: [&str; 3], cell: &Cell, total: u64, numbers: [f64; 3]) -> Result<(), Error> {
        let counts = [cell.people(), cell.steps, total].map(|count| count.to_string());
        let numbers = numbers.map(number);
        let cells = counts.iter().chain(&numbers).map(String::as_str);
        self.row(head, cells, CellStatus::Ok)
    }

    /// A row that shows none: there are too few behind it, or none.
    fn withheld(&mut self, head: [&str; 3], behind: usize) -> Result<(), Error> {
        self.written.withheld += 1;
        self.row(head, [""; 6].into_iter(), CellStatus::of(u64::from(behind > 0)))
    }

    fn row<'a>(
        &mut self,
        head: [&'a str; 3],
        cells: impl Iterator<Item = &'a str>,
        status: CellStatus,
    ) -> Result<(), Error> {
        self.written.rows += 1;
        let cells = head.into_iter().chain([self.unit]).chain(cells).chain([status.code()]);
        Ok(self.csv.write_record(cells)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{By, Shifts};
    use crate::Error;
    use crate::relate::OTHER;
    use crate::relate::tests::{people, rows};
    use std::collections::BTreeMap;

    /// A post of a day's hour, with a mood as a file has it, and what else its line says.
    fn post(id: &str, hour: u32, mood: &str, valence: f64, more: &str) -> String {
        let (day, hour) = (1 + hour / 24, hour % 24);
        format!(
            r#"{{"id":"{id}","language":"en","created_at":"2024-01-{day:02}T{hour:02}:00:00Z",{more}"scores":{{"mh.a":0.5,"vad.valence":{valence},"tone":{{"positive":{valence},"negative":0.5}},"mood":{{"up":0.4,"flat":0.3,"down":0.3}}}},"labels":{{"mh.a":"yes","mood":{mood}}},"lexicon":{{}},"provenance":{{"model":"m","lexicon":"l","code":"0"}}}}"#
        ) + "\n"
    }

    /// A post, what follows it and what follows that, by three people, with posts between them that have no one mood.
    fn thread(number: usize, moods: [&str; 3], starter: &str) -> String {
        let name = |part: &str| format!("{part}{number}");
        let by = |author: &str, links: &str| format!(r#""author":"{author}",{links}"#);
        let parent = |part: &str| format!(r#""parent":"{}","#, name(part));
        let mood = |mood: &str| format!(r#""{mood}""#);
        [
            post(&name("a"), 10, &mood(moods[0]), 0.8, &by(starter, &format!(r#""conversation":"c{number}","#))),
            post(&name("b"), 11, r#""abstain""#, -0.9, &by(&name("b"), &parent("a"))),
            post(&name("c"), 12, &mood(moods[1]), -0.2, &by(&name("c"), &parent("b"))),
            post(&name("d"), 13, r#"["flat","down"]"#, -0.9, &by(&name("d"), &parent("a"))),
            post(&name("e"), 90, &mood(moods[2]), 0.4, &by(&name("e"), &format!(r#""conversation":"c{number}","#))),
        ]
        .concat()
    }

    fn asked(by: By) -> Shifts {
        Shifts { head: "mood".to_owned(), by, window_hours: None, valence: None }
    }

    /// The rows of all languages together.
    fn told(text: &str, asked: &Shifts) -> Vec<BTreeMap<String, String>> {
        let mut out = Vec::new();
        let written = people(text).shifts(&mut out, asked).expect("written");
        let rows = rows(&out);
        assert_eq!(written.rows, rows.len() as u64);
        assert_eq!(written.withheld, rows.iter().filter(|row| row["status"] != "ok").count() as u64);
        rows.into_iter().filter(|row| row["language"] == "all").collect()
    }

    fn columns<'a, const N: usize>(rows: &'a [BTreeMap<String, String>], columns: [&str; N]) -> Vec<[&'a str; N]> {
        rows.iter().map(|row| columns.map(|column| row[column].as_str())).collect()
    }

    #[test]
    fn what_follows_in_a_thread_is_counted_past_posts_without_one_mood() {
        let text: String = (0..12).map(|number| thread(number, ["up", "down", "up"], &format!("s{number}"))).collect();
        let rows = told(&text, &asked(By::Thread));
        assert_eq!(
            columns(&rows, ["from", "to", "people", "n", "total", "value", "status"]),
            [
                ["mood.down", "mood.down", "0", "0", "12", "0.000000", "ok"],
                ["mood.down", "mood.flat", "0", "0", "12", "0.000000", "ok"],
                ["mood.down", "mood.up", "12", "12", "12", "1.000000", "ok"],
                ["mood.flat", "", "", "", "", "", "no_data"],
                ["mood.up", "mood.down", "12", "12", "12", "1.000000", "ok"],
                ["mood.up", "mood.flat", "0", "0", "12", "0.000000", "ok"],
                ["mood.up", "mood.up", "0", "0", "12", "0.000000", "ok"],
                // From 0.8 to -0.2 and on to 0.4, in each thread.
                ["vad.valence", "(change)", "24", "24", "24", "-0.200000", "ok"],
                ["vad.valence", "(falls)", "12", "12", "24", "0.500000", "ok"],
            ]
        );
        // The last post of each thread comes three days late.
        let rows = told(&text, &Shifts { window_hours: Some(48), ..asked(By::Thread) });
        assert_eq!(columns(&rows, ["from", "to", "n"])[0], ["mood.down", "", ""]);
        assert_eq!(columns(&rows, ["from", "to", "n"])[2], ["mood.up", "mood.down", "12"]);
    }

    #[test]
    fn few_people_and_few_threads_are_not_told() {
        let of = |count: usize, starter: &dyn Fn(usize) -> String| {
            let text: String =
                (0..count).map(|number| thread(number, ["up", "down", "up"], &starter(number))).collect();
            told(&text, &asked(By::Thread))
        };
        let censored = [
            ["", "", "", "", "", "censored"],
            ["(change)", "", "", "", "", "censored"],
            ["(falls)", "", "", "", "", "censored"],
        ];
        let shown = ["to", "people", "n", "total", "value", "status"];
        assert_eq!(columns(&of(10, &|number| format!("s{number}")), shown), censored);
        // Forty threads that one person starts: what follows their posts is told with what follows others'.
        let rows = of(40, &|_| "star".to_owned());
        let together = [["mood.flat", "", ""], [OTHER, "mood.flat", "0"], [OTHER, OTHER, "80"]];
        assert_eq!(columns(&rows[..3], ["from", "to", "n"]), together);
        assert_eq!(columns(&rows[3..], ["to", "n", "status"]), [["(change)", "80", "ok"], ["(falls)", "", "censored"]]);
        // One thread of forty people is one thread.
        let one: String = (0..40_u32)
            .map(|hour| {
                let more = format!(r#""author":"p{hour}","conversation":"c","#);
                post(&hour.to_string(), hour, if hour.is_multiple_of(2) { r#""up""# } else { r#""down""# }, 0.0, &more)
            })
            .collect();
        assert_eq!(columns(&told(&one, &asked(By::Thread)), shown), censored);
    }

    #[test]
    fn rare_transitions_stand_together() {
        let moods = |number: usize| match number {
            0..19 => ["up", "down", "abstain"],
            19..25 => ["up", "flat", "abstain"],
            _ => ["up", "up", "abstain"],
        };
        let text: String = (0..30).map(|number| thread(number, moods(number), &format!("s{number}"))).collect();
        let rows = told(&text, &asked(By::Thread));
        let from_up: Vec<_> = rows.into_iter().filter(|row| row["from"] == "mood.up").collect();
        assert_eq!(
            columns(&from_up, ["to", "people", "n", "total", "value"]),
            [["mood.down", "19", "19", "30", "0.633333"], [OTHER, "11", "11", "30", "0.366667"]]
        );
    }

    #[test]
    fn an_authors_next_post_is_one_within_the_window() {
        let text: String = (0..12)
            .flat_map(|author| {
                let more = format!(r#""author":"p{author}","#);
                [(0, r#""down""#, -0.5), (2, r#"["down","up"]"#, -0.5), (80, r#""flat""#, 0.5)]
                    .map(|(hour, mood, valence)| post(&format!("{author}.{hour}"), hour, mood, valence, &more))
            })
            .collect();
        let counted = |asked: &Shifts| {
            let rows = told(&text, asked);
            let is_any = |row: &BTreeMap<String, String>| row["n"].parse::<u64>().is_ok_and(|n| n > 0);
            let rows: Vec<_> = rows.into_iter().filter(is_any).collect();
            columns(&rows, ["from", "to", "n"]).iter().map(|row| row.join(" ")).collect::<Vec<_>>()
        };
        // Of two labels the one with the higher score is shown.
        assert_eq!(counted(&asked(By::Author)), ["mood.down mood.up 12", "vad.valence (change) 12"]);
        let wide = Shifts { window_hours: Some(100), ..asked(By::Author) };
        assert_eq!(
            counted(&wide),
            ["mood.down mood.up 12", "mood.up mood.flat 12", "vad.valence (change) 24"],
            "nothing falls"
        );
        // The difference of two labels is a value too.
        let toned = Shifts { valence: Some("tone".to_owned()), ..wide };
        assert_eq!(counted(&toned).last().map(String::as_str), Some("tone (change) 24"));
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let text: String = (0..12).map(|number| thread(number, ["up", "down", "up"], "s")).collect();
        let refused = |text: &str, asked: &Shifts| people(text).shifts(Vec::new(), asked).expect_err("refused");
        let of = |head: &str| Shifts { head: head.to_owned(), ..asked(By::Thread) };
        assert!(matches!(refused(&text, &of("soup")), Error::UnknownMarker { marker } if marker == "soup"));
        assert!(matches!(refused(&text, &of("mh.a")), Error::NoLabels { marker } if marker == "mh.a"));
        let valence = Shifts { valence: Some("soup".to_owned()), ..asked(By::Thread) };
        assert!(matches!(refused(&text, &valence), Error::UnknownMarker { marker } if marker == "soup"));
        // Posts nobody is named for can follow each other in threads alone.
        let nameless: String = text.lines().map(|line| line.replace(r#""author":"#, r#""writer":"#) + "\n").collect();
        assert!(matches!(refused(&nameless, &asked(By::Author)), Error::NoAuthors));
        let rows = told(&nameless, &asked(By::Thread));
        assert_eq!(columns(&rows, ["unit", "to", "n"])[2], ["post", "mood.up", "12"]);
        // Where no post has a valence there is nothing to tell of it.
        let silent = nameless.replace("vad.valence", "vad.arousal");
        let rows = told(&silent, &asked(By::Thread));
        let last = [["vad.valence", "(change)", "no_data"], ["vad.valence", "(falls)", "no_data"]];
        assert_eq!(columns(&rows[rows.len() - 2..], ["from", "to", "status"]), last);
    }
}
