//! `tidemark events`: whether series changed when something happened, and whether they follow another.

use super::forecast::failure;
use crate::cli::Events;
use crate::event_file::{self, EventRow, read_events};
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, Rejects, is_dash, open};
use crate::progress::Progress;
use crate::stop::Stop;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use tidemark_forecast::events::{Daily, Design, Event, Lagged, NotCorrelated, Refusal, Study, lagged, q_values, study};
use tidemark_forecast::{Error, History, read_series, read_series_beside};

/// The first line of the studies.
const STUDY_COLUMNS: [&str; 21] = [
    "series",
    "event",
    "start",
    "end",
    "from",
    "to",
    "days_before",
    "days_after",
    "observed",
    "expected",
    "difference",
    "effect",
    "lower",
    "upper",
    "placebos",
    "placebos_apart",
    "p_value",
    "q_value",
    "overlaps",
    "status",
    "reason",
];
/// Those that a study without an answer leaves empty.
const STUDY_NUMBERS: usize = 15;
/// The first line of the correlations.
const LAG_COLUMNS: [&str; 14] = [
    "series",
    "with",
    "lag_days",
    "pairs",
    "pearson",
    "lower",
    "upper",
    "spearman",
    "effective_pairs",
    "is_best",
    "p_value",
    "q_value",
    "status",
    "reason",
];
/// Those that a pair of series without an answer leaves empty.
const LAG_NUMBERS: usize = 10;

/// What a series says of an event.
struct Studied<'a> {
    series: &'a str,
    event: &'a EventRow,
    found: Result<Study, Refusal>,
}

/// What a series has to do with another.
struct Followed<'a> {
    series: &'a str,
    found: Result<Lagged, NotCorrelated>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Events) -> Result<(), Failure> {
    streams_are_apart(arguments).or_exit(Exit::Input)?;
    let (trend, placebos) = (arguments.trend.into(), arguments.placebos.into());
    let design = Design::new(arguments.before, arguments.after, trend, placebos).or_exit(Exit::Input)?;
    let events = match &arguments.events {
        Some(path) => read_events(path).or_exit(Exit::Input)?,
        None => Vec::new(),
    };
    let input = open(&arguments.series).or_exit(Exit::Input)?;
    let outputs = (arguments.output.as_deref(), arguments.lags.as_deref());
    let mut rejects = Rejects::of(outputs.0.or(outputs.1).unwrap_or(Path::new("-"))).or_exit(Exit::Output)?;
    let (file, measure) = match &arguments.with {
        Some(with) => read_series_beside(input.reader, &mut rejects, with).map_err(failure)?,
        None => (read_series(input.reader, &mut rejects).map_err(failure)?, None),
    };
    let stop = Stop::listen();
    // Nothing is written before everything is known.
    let studied = match outputs.0 {
        Some(_) => Some(studies(&file.series, &events, &design, &stop)?),
        None => None,
    };
    let followed = match &arguments.with {
        Some(with) => {
            let missing = || anyhow::anyhow!("--with names the series `{with}`, of which the file has no value");
            let measure = measure.ok_or_else(missing).or_exit(Exit::Input)?;
            // Of shares it is known how many people they stand on.
            let leading = file.series.get(with).map_or_else(|| Daily::of_measure(&measure), Daily::of_shares);
            let max_lag = usize::from(arguments.max_lag);
            Some((with, correlations(&file.series, (with.as_str(), &leading), max_lag, &stop)?))
        }
        None => None,
    };
    let mut said = Vec::new();
    if let (Some(path), Some(studied)) = (outputs.0, &studied) {
        let mut out = Output::create(path).or_exit(Exit::Output)?;
        write_studies(&mut out, studied).or_exit(Exit::Output)?;
        out.finish().or_exit(Exit::Output)?;
        let answered = studied.iter().filter(|one| one.found.is_ok()).count();
        let without =
            refused(studied).map_or_else(String::new, |first| format!(" (the first without an answer: {first})"));
        said.push(format!("studied {answered} of {} pairs of series and event{without}", studied.len()));
    }
    if let (Some(path), Some((with, followed))) = (outputs.1, &followed) {
        let mut out = Output::create(path).or_exit(Exit::Output)?;
        write_correlations(&mut out, with, followed).or_exit(Exit::Output)?;
        out.finish().or_exit(Exit::Output)?;
        let answered = followed.iter().filter(|one| one.found.is_ok()).count();
        said.push(format!("correlated {answered} of {} series with {with}", followed.len()));
    }
    said.push(format!("rejected {} of {} rows{}", file.rejected, file.rows_read, rejects.note()));
    crate::say(&said.join("; "));
    Ok(())
}

/// A stream has one reader and one writer.
fn streams_are_apart(arguments: &Events) -> anyhow::Result<()> {
    let both = |one: Option<&Path>, other: Option<&Path>| one.is_some_and(is_dash) && other.is_some_and(is_dash);
    let (series, events) = (Some(arguments.series.as_path()), arguments.events.as_deref());
    anyhow::ensure!(!both(series, events), "--series and --events cannot both be standard input; give one a file");
    let (output, lags) = (arguments.output.as_deref(), arguments.lags.as_deref());
    anyhow::ensure!(!both(output, lags), "--output and --lags cannot both be standard output; give one a file");
    Ok(())
}

/// What every series says of every event that may have touched it. A run without any answer has failed.
fn studies<'a>(
    series: &'a BTreeMap<String, History>,
    events: &'a [EventRow],
    design: &Design,
    stop: &Stop,
) -> Result<Vec<Studied<'a>>, Failure> {
    if events.is_empty() {
        return Err(anyhow::anyhow!("the file of events holds no event")).or_exit(Exit::Input);
    }
    event_file::check_series(events, series).or_exit(Exit::Input)?;
    let mut studied = Vec::new();
    each(series, stop, |name, history| {
        let own: Vec<&EventRow> = events.iter().filter(|event| event.touches(name)).collect();
        let days: Vec<Event> = own.iter().map(|event| Event { start: event.start, end: event.end }).collect();
        let found = study(history, &days, design);
        studied.extend(own.into_iter().zip(found).map(|(event, found)| Studied { series: name, event, found }));
    })?;
    match refused(&studied) {
        Some(first) if studied.iter().all(|one| one.found.is_err()) => {
            Err(anyhow::anyhow!("no event could be studied; the first: {first}")).or_exit(Exit::Input)
        }
        _ => Ok(studied),
    }
}

/// Which event of which series has no answer, and why: the first of them.
fn refused(studied: &[Studied<'_>]) -> Option<String> {
    studied.iter().find_map(|Studied { series, event, found }| {
        let refusal = found.as_ref().err()?;
        Some(format!("{series}, {}: {refusal}", event.name))
    })
}

/// What every other series has to do with the leading one. A run without any answer has failed.
fn correlations<'a>(
    series: &'a BTreeMap<String, History>,
    (with, leading): (&str, &Daily),
    max_lag: usize,
    stop: &Stop,
) -> Result<Vec<Followed<'a>>, Failure> {
    let mut followed = Vec::new();
    each(series, stop, |name, history| {
        // It may be one of the shares itself.
        if name != with {
            let found = lagged(leading, &Daily::of_shares(history), max_lag);
            followed.push(Followed { series: name, found });
        }
    })?;
    if followed.is_empty() {
        return Err(anyhow::anyhow!("the file has no series but `{with}`: none can follow it")).or_exit(Exit::Input);
    }
    let first = followed.iter().find_map(|one| Some(format!("{}: {}", one.series, one.found.as_ref().err()?)));
    match first {
        Some(first) if followed.iter().all(|one| one.found.is_err()) => {
            Err(anyhow::anyhow!("no series could be correlated; the first: {first}")).or_exit(Exit::Input)
        }
        _ => Ok(followed),
    }
}

/// Does something for each series, until somebody asks to stop.
pub(super) fn each<'a>(
    series: &'a BTreeMap<String, History>,
    stop: &Stop,
    mut something: impl FnMut(&'a str, &'a History),
) -> Result<(), Failure> {
    let bar = Progress::steps(series.len() as u64);
    for (number, (name, history)) in (1_u64..).zip(series) {
        something(name, history);
        bar.at(number, number, "series");
        if stop.flow().is_break() {
            return Err(failure(Error::Stopped));
        }
    }
    bar.clear();
    Ok(())
}

fn number(value: f64) -> String {
    format!("{value:.6}")
}

fn write_studies(out: impl Write, studied: &[Studied<'_>]) -> csv::Result<()> {
    let p_values: Vec<f64> = studied.iter().filter_map(|one| Some(one.found.as_ref().ok()?.p_value)).collect();
    let mut q_values = q_values(&p_values, p_values.len()).into_iter();
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(STUDY_COLUMNS)?;
    for Studied { series, event, found } in studied {
        let mut row = vec![(*series).to_owned(), event.name.clone(), event.start.to_string(), event.end.to_string()];
        match found {
            Ok(study) => row.extend([
                study.from.to_string(),
                study.to.to_string(),
                study.days_before.to_string(),
                study.days_after.to_string(),
                number(study.observed),
                number(study.expected),
                number(study.observed - study.expected),
                number(study.effect),
                number(study.interval.0),
                number(study.interval.1),
                study.placebos.to_string(),
                study.placebos_apart.to_string(),
                number(study.p_value),
                number(q_values.next().unwrap_or(1.0)),
                study.overlaps.to_string(),
                "ok".to_owned(),
                String::new(),
            ]),
            Err(refusal) => {
                row.extend(std::iter::repeat_n(String::new(), STUDY_NUMBERS));
                row.extend([refusal.code().to_owned(), refusal.to_string()]);
            }
        }
        writer.write_record(&row)?;
    }
    Ok(writer.flush()?)
}

fn write_correlations(out: impl Write, with: &str, followed: &[Followed<'_>]) -> csv::Result<()> {
    let p_values: Vec<f64> = followed.iter().filter_map(|one| one.found.as_ref().ok()?.p_value).collect();
    let mut q_values = q_values(&p_values, p_values.len()).into_iter();
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(LAG_COLUMNS)?;
    for Followed { series, found } in followed {
        let begin = [(*series).to_owned(), with.to_owned()];
        match found {
            Ok(found) => {
                let q_value = found.p_value.and_then(|_| q_values.next());
                for (place, lag) in found.lags.iter().enumerate() {
                    let is_best = place == found.best;
                    let of_best = |value: Option<f64>| value.filter(|_| is_best).map_or_else(String::new, number);
                    let silence = found.silence().filter(|_| is_best).unwrap_or_default();
                    let numbers = [
                        lag.days.to_string(),
                        lag.pairs.to_string(),
                        number(lag.pearson),
                        number(lag.interval.0),
                        number(lag.interval.1),
                        number(lag.spearman),
                        number(lag.effective_pairs),
                        is_best.to_string(),
                        of_best(found.p_value),
                        of_best(q_value),
                        "ok".to_owned(),
                        silence,
                    ];
                    writer.write_record(begin.iter().chain(&numbers))?;
                }
            }
            Err(why) => {
                let mut row = begin.to_vec();
                row.extend(std::iter::repeat_n(String::new(), LAG_NUMBERS));
                row.extend([why.code().to_owned(), why.to_string()]);
                writer.write_record(&row)?;
            }
        }
    }
    Ok(writer.flush()?)
}

#[cfg(test)]
mod tests {
    use super::{Followed, LAG_COLUMNS, STUDY_COLUMNS, Studied, write_correlations, write_studies};
    use crate::event_file::EventRow;
    use jiff::civil::date;
    use tidemark_forecast::events::{Lag, Lagged, NotCorrelated, Refusal, Study};

    /// The rows below the header, which is `columns`.
    fn rows(text: &[u8], columns: &[&str]) -> Vec<csv::StringRecord> {
        let mut reader = csv::Reader::from_reader(text);
        assert_eq!(reader.headers().expect("a header"), columns);
        reader.records().map(|row| row.expect("a row of as many fields")).collect()
    }

    #[test]
    fn every_study_is_a_row_and_one_without_an_answer_says_why() {
        let event = EventRow {
            name: "floods, in June".to_owned(),
            start: date(2023, 6, 10),
            end: date(2023, 6, 12),
            series: None,
            kind: None,
        };
        let study = Study {
            from: date(2023, 5, 13),
            to: date(2023, 6, 25),
            days_before: 28,
            days_after: 16,
            observed: 0.25,
            expected: 0.2,
            effect: 0.29,
            interval: (0.1, 0.48),
            placebos: 300,
            placebos_apart: 24,
            p_value: 0.04,
            overlaps: 1,
        };
        let refusal = Refusal::FewPlacebos { apart: 3 };
        let studied = [
            Studied { series: "a", event: &event, found: Err(refusal) },
            Studied { series: "b", event: &event, found: Ok(study) },
        ];
        let mut out = Vec::new();
        write_studies(&mut out, &studied).expect("written");
        let rows = rows(&out, &STUDY_COLUMNS);
        assert_eq!((&rows[0][0], &rows[0][1], &rows[0][4], &rows[0][19]), ("a", "floods, in June", "", "few_placebos"));
        assert!(
            rows[0][20].starts_with("3 placebo dates lie apart") && rows[0][20].contains("19 are needed"),
            "{rows:?}"
        );
        let found: Vec<&str> = rows[1].iter().skip(4).collect();
        let expected = "2023-05-13 2023-06-25 28 16 0.250000 0.200000 0.050000 0.290000 0.100000 0.480000 300 24 0.040000 \
                        0.040000 1 ok";
        assert_eq!(found[..16].join(" "), expected);
    }

    #[test]
    fn every_lag_is_a_row_and_the_best_has_the_p_value() {
        let lag = |days: i64| Lag {
            days,
            pairs: 100,
            pearson: 0.5,
            interval: (0.3, 0.6),
            effective_pairs: 90.0,
            spearman: 0.4,
        };
        let found =
            Lagged { lags: vec![lag(-1), lag(0)], best: 1, p_value: Some(0.05), shifts_apart: 30, phi: (0.1, 0.2) };
        let short = Lagged { p_value: None, shifts_apart: 4, ..found.clone() };
        let other = Lagged { p_value: Some(0.5), ..found.clone() };
        let followed = [
            Followed { series: "a", found: Ok(found) },
            Followed { series: "b", found: Err(NotCorrelated::FewPairs) },
            Followed { series: "c", found: Ok(short) },
            Followed { series: "d", found: Ok(other) },
        ];
        let mut out = Vec::new();
        write_correlations(&mut out, "calls", &followed).expect("written");
        let rows = rows(&out, &LAG_COLUMNS);
        let of = |row: usize| [0, 2, 9, 10, 11, 12].map(|column: usize| &rows[row][column]);
        assert_eq!(of(0), ["a", "-1", "false", "", "", "ok"]);
        // Two series have a p-value, and each counts for the other.
        assert_eq!(of(1), ["a", "0", "true", "0.050000", "0.100000", "ok"]);
        assert_eq!(of(2), ["b", "", "", "", "", "few_pairs"]);
        assert_eq!(of(4), ["c", "0", "true", "", "", "ok"]);
        assert_eq!(of(6), ["d", "0", "true", "0.500000", "0.500000", "ok"]);
        assert!(rows[4][13].starts_with("4 shifts lie apart") && rows[1][13].is_empty(), "{rows:?}");
    }
}
