//! From file to file: annotated posts in, prevalence series out. The same index and the same query as the role's.

use crate::Error;
use crate::beside;
use crate::index::{Decided, Disposition, Index};
use crate::rows::{self, Row};
use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{BufRead, Write};
use std::num::NonZeroU32;
use tidemark_domain::series::ALL;
use tidemark_domain::time::{day_in, days, plausible, since_1970, units_per_second};
use tidemark_domain::{
    AnnotatedPost, AuthorKey, CellStatus, EventId, Operation, Period, PeriodKind, PostEvent, PostKey, Proportion,
    Provenance, RejectReason, Score, Unit, Wording, marker,
};
use tidemark_query::prevalence;
use tidemark_query::tables::MarkerColumns;
use tidemark_surveillance::prevalence::baseline::{Rule, compare_cells};
use tidemark_surveillance::prevalence::beside::{Beside, Known, Shown};
use tidemark_wire::annotated_file::{AnnotatedLine, Labels, Op, RejectLine, Scores};
use tidemark_wire::lines::{Line, Lines};

/// Stands for the file in ids and in the column `source`.
const SOURCE: &str = "file";
/// Rows put into columns together.
const BATCH_ROWS_MAX: usize = 20_000;

/// How series are made of a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// The zone whose civil days are counted.
    pub zone: TimeZone,
    /// Day, epiweek or ISO week.
    pub period: PeriodKind,
    /// What every row says of when it was issued.
    pub issued_at: Timestamp,
    /// Whose posts count.
    pub counted: Counted,
    /// What is known besides the posts.
    pub known: Known,
}

/// Whose posts count, and how many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Likely bots too.
    pub with_bots: bool,
    /// Reposts, copies and posts of links alone, too.
    pub with_copies: bool,
    /// So many posts of an author on a day at most; all of them where absent.
    pub posts_per_author_day: Option<NonZeroU32>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Lines that were taken.
    pub accepted: u64,
    /// Further lines of a post already held.
    pub duplicates: u64,
    /// Edits and deletions of posts that are not in the file.
    pub unmatched: u64,
    /// Lines rejected.
    pub rejected: u64,
    /// Posts that count nowhere because they are reposts.
    pub reposts: u64,
    /// Posts that count nowhere because they are links alone.
    pub links: u64,
    /// Posts that count nowhere because an earlier one of their period has their wording.
    pub copies: u64,
    /// Rows written.
    pub points: u64,
    /// Markers and languages of the table of error rates that no series has.
    pub rates_unused: u64,
    /// Regions of the table of people that no series has.
    pub places_unused: u64,
}

/// Makes series of annotated posts: CSV with `date` (of a week: its last day), `series` (`region/language/marker`),
/// `value = n / total`, Wilson's 95 % `lower` and `upper`, what they stand on, which versions made them when, and what
/// stands [`beside`] them. Every period between the first and the last has a row; one below 11 units shows none of its
/// numbers and says so in `status`; one without posts has no versions.
///
/// # Errors
/// Where input or outputs fail. A line that cannot be read is not an error: it goes to `rejects`.
pub async fn series_of_lines(
    input: impl BufRead,
    output: impl Write,
    mut rejects: impl Write,
    options: &Options,
    progress: impl FnMut(u64),
) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    let mut markers = MarkerColumns::default();
    let standing = standing_posts(input, &mut rejects, options, false, &mut summary, progress)?;
    let mut days_seen = BTreeSet::new();
    let standing = capped(standing, options.counted.posts_per_author_day);
    let mut wordings = HashSet::new();
    for row in &standing {
        let Row::Post(post, Decided { day: Some(day), .. }) = row else { continue };
        days_seen.insert(*day);
        match post.event.wording {
            Some(Wording::Repost) => summary.reposts += 1,
            Some(Wording::Link) => summary.links += 1,
            Some(Wording::Digest(digest)) => {
                let is_first = wordings.insert((Period::holding(options.period, *day).end, digest));
                summary.copies += u64::from(!is_first);
            }
            None => {}
        }
    }
    drop(wordings);
    // Every batch has the columns of all markers, so that they form one relation.
    for row in &standing {
        if let Row::Post(post, _) = row {
            for score in &post.scores {
                markers.column_of(&score.marker);
            }
        }
    }
    let batches =
        standing.chunks(BATCH_ROWS_MAX).map(|rows| rows::batch(rows, &mut markers)).collect::<Result<Vec<_>, _>>()?;
    drop(standing);
    let (Some(first), Some(last)) = (days_seen.first().copied(), days_seen.last().copied()) else {
        write_points(output, &BTreeMap::new(), &[], options, &mut summary)?;
        return Ok(summary);
    };
    let periods: BTreeSet<Period> = days(first, last).map(|day| Period::holding(options.period, day)).collect();
    let cells = prevalence::of_posts(batches, &periods).await?;
    let spine: Vec<Period> = periods.into_iter().collect();
    write_points(output, &by_series(&cells), &spine, options, &mut summary)?;
    rejects.flush().map_err(Error::Write)?;
    Ok(summary)
}

/// The posts of a file as they stand after its edits and deletions, by their keys; what became of each line is counted in
/// `summary`. With `scales`, values on scales are scores too.
///
/// # Errors
/// Where input or rejects fail.
pub(crate) fn standing_posts(
    input: impl BufRead,
    rejects: &mut impl Write,
    options: &Options,
    scales: bool,
    summary: &mut Summary,
    mut progress: impl FnMut(u64),
) -> Result<BTreeMap<PostKey, Row>, Error> {
    let mut index = Index::default();
    let mut standing: BTreeMap<PostKey, Row> = BTreeMap::new();
    let mut lines = Lines::new(input);
    loop {
        let Line { number, content } = match lines.read() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(source) => return Err(Error::Read { line: lines.number(), source }),
        };
        match content.and_then(|line| read_line(line, number, options, scales)) {
            Ok(post) => {
                let day = day_in(post.event.created_at, &options.zone);
                let Some(decided) = index.decide(&post.event, day) else { continue };
                match decided.disposition {
                    Disposition::Duplicate => summary.duplicates += 1,
                    Disposition::Unmatched => summary.unmatched += 1,
                    _ => {
                        summary.accepted += 1;
                        let key = post.event.post_key;
                        if post.event.operation == Operation::DeletePost {
                            standing.remove(&key);
                        } else {
                            standing.insert(key, Row::Post(Box::new(post), decided));
                        }
                    }
                }
            }
            Err((reason, detail)) => {
                summary.rejected += 1;
                RejectLine::write(rejects, number, reason, detail).map_err(Error::Write)?;
            }
        }
        if number.is_multiple_of(1_000) {
            progress(number);
        }
    }
    Ok(standing)
}

/// At most so many posts of each author on each day: those of the lowest keys, which are digests and know neither time nor
/// text. Nobody knows whose the posts without an author are, and what is left out anyway takes nobody's place.
fn capped(standing: BTreeMap<PostKey, Row>, most: Option<NonZeroU32>) -> Vec<Row> {
    let mut written: HashMap<(AuthorKey, Date), u32> = HashMap::new();
    let is_kept = |row: &Row| {
        let (Some(most), Row::Post(post, decided)) = (most, row) else { return true };
        let (Some(author), Some(day)) = (post.event.author, decided.day) else { return true };
        if post.event.wording.and_then(Wording::left_out).is_some() {
            return true;
        }
        let posts = written.entry((author, day)).or_default();
        *posts += 1;
        *posts <= most.get()
    };
    standing.into_values().filter(is_kept).collect()
}

/// One cell: k of n, the posts behind it, what is counted, and which versions made it.
struct Cell {
    proportion: Proportion,
    n_posts: i64,
    unit: String,
    made_by: Provenance,
}

impl Cell {
    /// What the cell says of itself, where it may.
    fn shown(&self) -> Option<Proportion> {
        (CellStatus::of(self.proportion.n) == CellStatus::Ok).then_some(self.proportion)
    }
}

/// Region, language, marker.
type Population = [String; 3];

fn by_series(cells: &[RecordBatch]) -> BTreeMap<Population, BTreeMap<Date, Cell>> {
    let mut series: BTreeMap<Population, BTreeMap<Date, Cell>> = BTreeMap::new();
    for batch in cells {
        let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let number = |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let ends = batch.column_by_name("period_end").and_then(|column| column.as_primitive_opt::<Date32Type>());
        let (Some(region), Some(language), Some(marker), Some(unit)) =
            (text("region"), text("language"), text("marker"), text("unit"))
        else {
            continue;
        };
        let (Some(k), Some(n), Some(n_posts), Some(ends)) = (number("k"), number("n"), number("n_posts"), ends) else {
            continue;
        };
        let (Some(models), Some(lexica), Some(codes)) = (text("model"), text("lexicon"), text("code")) else {
            continue;
        };
        for row in 0..batch.num_rows() {
            let population = [region, language, marker].map(|column| column.value(row).to_owned());
            let end = Date::constant(1970, 1, 1).saturating_add(i64::from(ends.value(row)).days());
            let count = |value: i64| u64::try_from(value).unwrap_or_default();
            let proportion = Proportion { k: count(k.value(row)), n: count(n.value(row)) };
            let made_by = Provenance {
                model: models.value(row).to_owned(),
                lexicon: lexica.value(row).to_owned(),
                code: codes.value(row).to_owned(),
            };
            let cell = Cell { proportion, n_posts: n_posts.value(row), unit: unit.value(row).to_owned(), made_by };
            series.entry(population).or_default().insert(end, cell);
        }
    }
    series
}

fn write_points(
    output: impl Write,
    series: &BTreeMap<Population, BTreeMap<Date, Cell>>,
    spine: &[Period],
    options: &Options,
    summary: &mut Summary,
) -> Result<(), Error> {
    let Options { issued_at, known: Known { error_rates, places }, .. } = options;
    let issued_at = format!("{issued_at:.6}");
    let mut csv = csv::Writer::from_writer(output);
    let header = [
        "date",
        "series",
        "value",
        "n",
        "total",
        "lower",
        "upper",
        "n_posts",
        "unit",
        "status",
        "period",
        "region",
        "language",
        "marker",
        "source",
        "model",
        "lexicon",
        "code",
        "issued_at",
    ];
    csv.write_record(header.into_iter().chain(beside::COLUMNS))?;
    for (population, cells) in series {
        let name = population.join("/");
        let unit = cells.values().next().map_or("post", |cell| cell.unit.as_str());
        let [region, language, marker] = population;
        let error_rate = error_rates.of(marker, language);
        // The cells of the regions that are weighted.
        let regions: Option<Vec<_>> = places.as_ref().filter(|_| region == ALL).map(|places| {
            let cells = |region: &String| series.get(&[region.clone(), language.clone(), marker.clone()]);
            places.regions().iter().map(cells).collect()
        });
        let proportions: Vec<_> = spine.iter().map(|period| cells.get(&period.end).and_then(Cell::shown)).collect();
        let compared = compare_cells(&proportions, &Rule::of(options.period));
        for (period, compared) in spine.iter().zip(&compared) {
            let cell = cells.get(&period.end);
            let status = CellStatus::of(cell.map_or(0, |cell| cell.proportion.n));
            let shown = cell.filter(|_| status == CellStatus::Ok);
            let interval = shown.and_then(|cell| cell.proportion.wilson());
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.6}"));
            let count = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
            let regions: Option<Vec<_>> = regions.as_ref().map(|regions| {
                let shown =
                    |cells: &Option<&BTreeMap<Date, Cell>>| cells.and_then(|cells| cells.get(&period.end)?.shown());
                regions.iter().map(shown).collect()
            });
            let cell_shown = shown.map(|cell| Shown {
                proportion: cell.proportion,
                posts: cell.n_posts.unsigned_abs(),
                unit: if cell.unit == Unit::Author.code() { Unit::Author } else { Unit::Post },
                error_rate,
                places: places.as_ref().zip(regions.as_deref()),
            });
            let beside = beside::columns(&Beside::of(cell_shown, compared));
            let row: [&str; 19] = [
                &period.end.to_string(),
                &name,
                &number(shown.and_then(|cell| cell.proportion.value())),
                &count(shown.map(|cell| cell.proportion.k)),
                &count(shown.map(|cell| cell.proportion.n)),
                &number(interval.map(|(lower, _)| lower)),
                &number(interval.map(|(_, upper)| upper)),
                &count(shown.map(|cell| cell.n_posts.unsigned_abs())),
                unit,
                status.code(),
                period.kind.code(),
                &population[0],
                &population[1],
                &population[2],
                SOURCE,
                version(cell, |by| &by.model),
                version(cell, |by| &by.lexicon),
                version(cell, |by| &by.code),
                &issued_at,
            ];
            csv.write_record(row.into_iter().chain(beside.iter().map(String::as_str)))?;
            summary.points += 1;
        }
    }
    let is_of =
        |key: &(String, String)| series.keys().any(|[_, language, marker]| (marker, language) == (&key.0, &key.1));
    summary.rates_unused = error_rates.keys().filter(|key| !is_of(key)).count() as u64;
    let is_place = |place: &String| series.keys().any(|[region, ..]| region == place);
    let places = places.iter().flat_map(|places| places.regions());
    summary.places_unused = places.filter(|place| !is_place(place)).count() as u64;
    csv.flush().map_err(Error::Write)
}

/// One of the versions that made a cell; empty where there is no cell.
fn version(cell: Option<&Cell>, which: fn(&Provenance) -> &String) -> &str {
    cell.map_or("", |cell| which(&cell.made_by))
}

/// A line as an annotated post, or why it is none, without repeating what it says.
fn read_line(
    line: &[u8],
    number: u64,
    options: &Options,
    scales: bool,
) -> Result<AnnotatedPost, (RejectReason, String)> {
    let text = std::str::from_utf8(line)
        .map_err(|error| (RejectReason::InvalidUtf8, format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let line: AnnotatedLine = serde_json::from_str(text).map_err(|error| {
        let reason = if error.is_data() { RejectReason::WrongType } else { RejectReason::Malformed };
        (reason, format!("not an annotated post at column {}", error.column()))
    })?;
    let written = line
        .created_at
        .as_deref()
        .ok_or_else(|| (RejectReason::MissingField, "`created_at` is missing: a series needs it".to_owned()))?;
    let created_at = instant(written, &options.zone)
        .ok_or_else(|| (RejectReason::BadTime, "`created_at` is neither RFC 3339 nor a date nor a count".to_owned()))?;
    // A series has a point for every day between its first and its last: one odd year would make millions.
    let created_at =
        plausible(created_at, options.issued_at).map_err(|why| (RejectReason::TimeOutOfRange, why.to_owned()))?;
    let key = |id: String| (!id.is_empty()).then(|| PostKey::of(SOURCE, &id));
    Ok(AnnotatedPost {
        scores: scores(&line, scales),
        n_tokens: 0,
        provenance: line.provenance,
        event: PostEvent {
            event_id: EventId::of_row(SOURCE, number),
            post_key: PostKey::of(SOURCE, &line.id),
            source: SOURCE.to_owned(),
            run_id: SOURCE.to_owned(),
            operation: match line.op {
                None | Some(Op::Create) => Operation::Create,
                Some(Op::Update) => Operation::Update,
                Some(Op::Delete) => Operation::DeletePost,
            },
            // Names an author within this run only; the id goes no further.
            author: line
                .author
                .filter(|author| !author.is_empty())
                .map(|author| AuthorKey(PostKey::of("author", &author).0)),
            created_at,
            observed_at: created_at,
            language: line.language,
            text: String::new(),
            region: line.region.filter(|region| !region.is_empty()),
            community: None,
            parent: line.parent.and_then(key),
            conversation: line.conversation.and_then(key),
            is_bot_hint: line.is_bot && !options.counted.with_bots,
            parent_text: None,
            topic: None,
            wording: line.wording.as_deref().and_then(Wording::from_code).filter(|_| !options.counted.with_copies),
        },
    })
}

/// Reads RFC 3339, a civil time or date of `zone`, or a count since 1970 whose unit its size tells.
#[must_use]
pub fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    // A bare number is an ISO 8601 date to the parser (20240101); in posts it is a count.
    if let Ok(count) = text.parse::<f64>() {
        return since_1970(count, units_per_second(count));
    }
    let civil = || {
        let at = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|day| day.at(0, 0, 0, 0))).ok()?;
        Some(at.to_zoned(zone.clone()).ok()?.timestamp())
    };
    text.parse::<Timestamp>().ok().or_else(civil)
}

/// The markers of a line, named as the role names them. Which are present, the line itself says; where it does not, they
/// are those with their label, and lexicon categories with a score above zero.
fn scores(line: &AnnotatedLine, scales: bool) -> Vec<Score> {
    let decided: Option<BTreeSet<&str>> = line.present.as_ref().map(|names| names.iter().map(String::as_str).collect());
    let score = |marker: String, score: f32, is_likely: bool| {
        let present = decided.as_ref().map_or(is_likely, |names| names.contains(marker.as_str()));
        Score { marker, score, present }
    };
    let mut scores = Vec::new();
    // What has a score and no label is a value on a scale: nobody shows it or does not, and it has no prevalence. What abstains
    // has a score that decides nothing.
    let is_read = |name: &String| line.labels.get(name).map_or(scales, |labels| !labels.abstains());
    for (name, value) in line.scores.iter().filter(|(name, _)| is_read(name)) {
        let holds = |label: &str| match line.labels.get(name) {
            Some(Labels::One(one)) => one == label,
            Some(Labels::Each(each)) => each.iter().any(|one| one == label),
            None => false,
        };
        match value {
            Scores::One(one) => scores.push(score(name.clone(), *one, holds("yes"))),
            Scores::Each(each) => scores.extend(
                each.iter()
                    .map(|(label, one)| score(format!("{name}.{}", marker::name_part(label)), *one, holds(label))),
            ),
        }
    }
    scores.extend(
        line.lexicon
            .iter()
            .map(|(category, hits)| score(format!("{}{category}", marker::LEXICON_PREFIX), *hits, *hits > 0.0)),
    );
    scores
}
