//! `tidemark alert backtest`: rules of the configuration, tried on the past of the lake's series.

use super::forecast::failure;
use crate::cli::AlertBacktest;
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{Output, is_dash};
use crate::progress::Progress;
use crate::stop::Stop;
use crate::track_records::{Look, Tried};
use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;
use tidemark_alert::Rule;
use tidemark_domain::{Proportion, SeriesKey, TrackRecord, track_record::FEW};
use tidemark_lake::Lake;
use tidemark_query::Session;

/// Runs the command. What was asked for goes to standard output.
pub(crate) fn backtest(arguments: &AlertBacktest) -> Result<(), Failure> {
    let started = Instant::now();
    let config = Config::load(arguments.place.config.as_deref()).or_exit(Exit::Configuration)?;
    let rules = rules(&config, arguments.rule.as_deref())?;
    let stop = Stop::listen();
    let look = crate::blocking(look(&config, arguments))?;
    let bar: OnceLock<Progress> = OnceLock::new();
    let tried = look.tried(&rules, &|done, origins| {
        bar.get_or_init(|| Progress::steps(origins)).at(done, done, "origins");
        stop.flow()
    });
    if let Some(bar) = bar.get() {
        bar.clear();
    }
    let tried = tried.map_err(failure)?;
    for rule in &tried.idle {
        crate::say(&format!("the rule `{rule}` watches no series that is forecast: see forecast.markers"));
    }
    if tried.records.is_empty() {
        return Err(anyhow::anyhow!(
            "no rule can be judged on the {} days up to {}: {}; read in more days, or ask for more with --days",
            arguments.days,
            look.until(),
            without(&tried)
        ))
        .or_exit(Exit::Input);
    }
    if let Some(output) = &arguments.output {
        write(&tried.records, output)?;
    }
    if arguments.output.as_deref().is_none_or(|output| !is_dash(output)) {
        crate::print(table(&tried.records))?;
    }
    let thin = tried.records.iter().filter(|record| record.is_thin()).count();
    if thin > 0 {
        let all = tried.records.len();
        crate::say(&format!(
            "{thin} of {all} records stand on fewer than {FEW} alerts or spells and say little: read their intervals"
        ));
    }
    crate::say(&format!(
        "tried {} rules on the {} days up to {}, with a forecast every {} days, in {:.1} s; {}",
        rules.len(),
        arguments.days,
        look.until(),
        arguments.step,
        started.elapsed().as_secs_f64(),
        without(&tried)
    ));
    Ok(())
}

/// The rules that are asked about.
fn rules(config: &Config, name: Option<&str>) -> Result<Vec<Rule>, Failure> {
    let all = &config.alert.rules;
    let asked: Vec<Rule> = all.iter().filter(|rule| name.is_none_or(|name| rule.name == name)).cloned().collect();
    if asked.is_empty() {
        let names: Vec<_> = all.iter().map(|rule| format!("`{}`", rule.name)).collect();
        let known = if names.is_empty() { "no rule".to_owned() } else { names.join(", ") };
        let said = name.map_or_else(String::new, |name| format!("there is no rule `{name}`; "));
        return Err(anyhow::anyhow!("{said}the configuration has {known}")).or_exit(Exit::Input);
    }
    Ok(asked)
}

async fn look(config: &Config, arguments: &AlertBacktest) -> Result<Look, Failure> {
    let location = super::lake_location(config, &arguments.place)?;
    let session = Session::open(Lake::open(&location).or_exit(Exit::Lake)?).await.or_exit(Exit::Lake)?;
    let zones = config.aggregate.zones().or_exit(Exit::Configuration)?;
    let last_day = zones.last_complete_day(Timestamp::now());
    let asked = (arguments.days, arguments.step);
    let look = Look::read(&session, config, asked, arguments.until, last_day).await.map_err(failure)?;
    let by = arguments.until.map_or_else(String::new, |until| format!(" by {until}"));
    let none = format!("the lake shows no series that is forecast{by}: see forecast.markers, and which days it holds");
    look.context(none).or_exit(Exit::Input)
}

/// What to say of series that are not judged.
fn without(tried: &Tried) -> String {
    match tried.without.as_slice() {
        [] if tried.records.is_empty() => "they watch no series that is forecast".to_owned(),
        [] => "every series of theirs was judged".to_owned(),
        [(rule, key), rest @ ..] => format!(
            "{} series cannot be judged, having too few days with values ({} by `{rule}`{})",
            1 + rest.len(),
            shown(key),
            if rest.is_empty() { "" } else { " for one" }
        ),
    }
}

fn shown(key: &SeriesKey) -> String {
    format!("{}/{}/{}/{}", key.source, key.region, key.language, key.marker)
}

fn table(records: &[TrackRecord]) -> String {
    let mut text = String::new();
    let dash = |value: Option<f64>, digits| value.map_or_else(|| "-".to_owned(), |value| shown_at(value, digits));
    for of_rule in records.chunk_by(|a, b| a.rule == b.rule) {
        let apart = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(
            text,
            "{apart}{}\n  alerts  right  PPV, %              spells  foreseen  sensitivity, %      false/30 d  lead d  days  \
             series",
            of_rule.first().map_or("", |record| record.rule.as_str())
        );
        for record in of_rule {
            let _ = writeln!(
                text,
                "  {:>6}  {:>5}  {:<17}  {:>6}  {:>8}  {:<17}  {:>11}  {:>6}  {:>4}  {}",
                record.episodes,
                record.right,
                share(record.ppv()),
                record.spells,
                record.foreseen,
                share(record.sensitivity()),
                dash(record.false_alarms_per_month(), 2),
                dash(record.lead_days, 1),
                record.judged_days,
                shown(&record.key)
            );
        }
    }
    text
}

/// A share with its interval, in percent.
fn share(share: Proportion) -> String {
    match (share.value(), share.wilson()) {
        (Some(value), Some((lower, upper))) => {
            let [value, lower, upper] = [value, lower, upper].map(|share| shown_at(100.0 * share, 0));
            format!("{value} ({lower} to {upper})")
        }
        _ => "-".to_owned(),
    }
}

/// A number with so many digits behind the point. Halves go up, as on the page: `format` alone takes them to the even
/// digit, and 1 of 8 would be 12 % here and 13 % there.
fn shown_at(value: f64, digits: u8) -> String {
    let (scale, digits) = (10_f64.powi(i32::from(digits)), usize::from(digits));
    format!("{:.digits$}", (value * scale).round() / scale)
}

/// A row of the file.
#[derive(Debug, Serialize)]
struct Row<'a> {
    rule: &'a str,
    source: &'a str,
    region: &'a str,
    language: &'a str,
    marker: &'a str,
    from: Date,
    to: Date,
    judged_days: u64,
    episodes: u64,
    right: u64,
    ppv: Option<f64>,
    ppv_lower: Option<f64>,
    ppv_upper: Option<f64>,
    spells: u64,
    foreseen: u64,
    sensitivity: Option<f64>,
    sensitivity_lower: Option<f64>,
    sensitivity_upper: Option<f64>,
    false_alarms_per_month: Option<f64>,
    lead_days: Option<f64>,
    is_thin: bool,
}

impl<'a> From<&'a TrackRecord> for Row<'a> {
    fn from(record: &'a TrackRecord) -> Self {
        let (ppv, sensitivity) = (record.ppv(), record.sensitivity());
        Self {
            rule: &record.rule,
            source: &record.key.source,
            region: &record.key.region,
            language: &record.key.language,
            marker: &record.key.marker,
            from: record.from,
            to: record.to,
            judged_days: record.judged_days,
            episodes: record.episodes,
            right: record.right,
            ppv: ppv.value(),
            ppv_lower: ppv.wilson().map(|(lower, _)| lower),
            ppv_upper: ppv.wilson().map(|(_, upper)| upper),
            spells: record.spells,
            foreseen: record.foreseen,
            sensitivity: sensitivity.value(),
            sensitivity_lower: sensitivity.wilson().map(|(lower, _)| lower),
            sensitivity_upper: sensitivity.wilson().map(|(_, upper)| upper),
            false_alarms_per_month: record.false_alarms_per_month(),
            lead_days: record.lead_days,
            is_thin: record.is_thin(),
        }
    }
}

fn write(records: &[TrackRecord], path: &Path) -> Result<(), Failure> {
    let mut output = Output::create(path).or_exit(Exit::Output)?;
    let mut csv = csv::Writer::from_writer(&mut output);
    for record in records {
        csv.serialize(Row::from(record)).context("cannot write the track records").or_exit(Exit::Output)?;
    }
    csv.flush().context("cannot write the track records").or_exit(Exit::Output)?;
    drop(csv);
    output.finish().or_exit(Exit::Output)
}

#[cfg(test)]
mod tests {
    use super::{rules, share, shown_at, table};
    use crate::config::Config;
    use jiff::civil::date;
    use tidemark_domain::{PeriodKind, Proportion, SeriesKey, TrackRecord};

    #[test]
    fn a_table_names_each_rule_once_and_has_dashes_for_what_is_not_there() {
        let key = SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        };
        let record = TrackRecord {
            rule: "high".into(),
            key,
            from: date(2024, 1, 1),
            to: date(2024, 11, 10),
            judged_days: 300,
            episodes: 4,
            right: 3,
            spells: 5,
            foreseen: 2,
            lead_days: Some(3.5),
        };
        let silent = TrackRecord { episodes: 0, right: 0, spells: 0, foreseen: 0, lead_days: None, ..record.clone() };
        let text = table(&[record.clone(), silent, TrackRecord { rule: "other".into(), ..record }]);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!((lines.len(), &lines[0], &lines[5]), (8, &vec!["high"], &vec!["other"]), "{text}");
        let series = "s/all/all/mh.stress";
        let first =
            ["4", "3", "75", "(30", "to", "95)", "5", "2", "40", "(12", "to", "77)", "0.10", "3.5", "300", series];
        assert_eq!(lines[2], first, "{text}");
        assert_eq!(lines[3], ["0", "0", "-", "0", "0", "-", "0.00", "-", "300", series], "{text}");
    }

    #[test]
    fn halves_are_rounded_as_on_the_page() {
        assert_eq!(share(Proportion { k: 1, n: 8 }), "13 (2 to 47)");
        assert_eq!(share(Proportion { k: 0, n: 3 }), "0 (0 to 56)");
        assert_eq!((shown_at(0.125, 2), shown_at(3.5, 1)), ("0.13".to_owned(), "3.5".to_owned()));
    }

    #[test]
    fn a_rule_that_is_not_there_is_refused_with_those_that_are() {
        let config = Config::default();
        assert_eq!(rules(&config, None).expect("six").len(), 6);
        assert_eq!(rules(&config, Some("mh.stress unusually high")).expect("one").len(), 1);
        let refused = rules(&config, Some("none")).expect_err("refused").error.to_string();
        assert!(refused.contains("`none`") && refused.contains("`mh.stress unusually high`"), "{refused}");
    }
}
