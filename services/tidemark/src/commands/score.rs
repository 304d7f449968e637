//! `tidemark score`: forecasts in files, held against what came.

use super::forecast::{failure, shown};
use crate::cli::Score;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::open;
use crate::progress::Progress;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tidemark_forecast::evaluation::{BINS, Evaluation, ExceedanceScores, ModelReport, Options, ReliabilityBin};
use tidemark_forecast::{ForecastFiles, TruthFile, read_truth};
use tidemark_wire::annotated_file::RejectLine;

/// What `--json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    rows: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    passed_over: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a str>,
    models: &'a BTreeMap<String, ModelReport>,
}

/// Runs the command. What was asked for goes to standard output.
pub(crate) fn run(arguments: Score) -> Result<(), Failure> {
    let truth = truth(&arguments.truth)?;
    let baseline = arguments.baseline;
    let options = Options {
        baseline: baseline.clone(),
        thresholds: arguments.threshold,
        called_from: Some(arguments.called_from),
    };
    let mut evaluation = Evaluation::new(&truth.series, options);
    let mut reading = ForecastFiles::new(&mut evaluation);
    for path in &arguments.forecasts {
        let input = open(path).or_exit(Exit::Input)?;
        let (progress, position) = Progress::over(&input);
        let read = reading.read(&shown(path), input.reader, |rows| progress.at_shared(&position, rows, "rows"));
        progress.clear();
        read.map_err(failure)?;
    }
    let read = reading.rows().clone();
    if let Some(name) = &baseline
        && !evaluation.models().any(|model| model == name)
    {
        let models: Vec<&str> = evaluation.models().collect();
        let error =
            anyhow::anyhow!("the forecasts hold no model `{name}` to be the baseline; they hold {}", models.join(", "));
        return Err(Failure { exit: Exit::Input, error });
    }
    let report = evaluation.report();
    if !report.values().any(is_scored) {
        return Err(nothing_scored(&evaluation, &truth, &shown(&arguments.truth), read.rows)).or_exit(Exit::Input);
    }
    if arguments.json {
        let answer =
            Answer { rows: read.rows, passed_over: &read.passed_over, baseline: baseline.as_deref(), models: &report };
        crate::print_json(&answer)?;
    } else {
        crate::print(table(&report, baseline.as_deref()))?;
    }
    let unmatched: u64 = report.values().map(|model| model.scores.unmatched + model.scores.samples_unmatched).sum();
    let mut said = format!("read {} rows of {} models", read.rows, report.len());
    if unmatched > 0 {
        let _ = write!(said, "; {unmatched} forecasts are of days or series that the truth does not have");
    }
    if let Some(name) = evaluation.unknown_series() {
        let _ = write!(said, " (no series `{name}`)");
    }
    if truth.outside > 0 {
        let _ = write!(said, "; {} values of the truth are no shares, and are taken as they stand", truth.outside);
    }
    for (kind, rows) in &read.passed_over {
        let _ = write!(said, "; passed over {rows} rows of {kind}");
    }
    crate::say(&said);
    Ok(())
}

/// A score stands on a whole truth: a row that cannot be read ends it.
fn truth(path: &Path) -> Result<TruthFile, Failure> {
    let mut rejects = Vec::new();
    let file = read_truth(open(path).or_exit(Exit::Input)?.reader, &mut rejects);
    let first = rejects.split(|byte| *byte == b'\n').next().and_then(|line| serde_json::from_slice(line).ok());
    if let Some(RejectLine { line, detail, .. }) = first {
        return Err(anyhow::anyhow!("{}, line {line}: {detail}", shown(path))).or_exit(Exit::Input);
    }
    file.map_err(|fault| {
        let Failure { exit, error } = failure(fault);
        Failure { exit, error: error.context(shown(path)) }
    })
}

fn is_scored(model: &ModelReport) -> bool {
    let weeks = model.peak_week.as_ref().map_or(0, |weeks| weeks.forecasts);
    model.scores.forecasts + model.scores.sampled + weeks > 0
}

fn nothing_scored(evaluation: &Evaluation<'_>, truth: &TruthFile, path: &str, rows: u64) -> anyhow::Error {
    if rows == 0 {
        return anyhow::anyhow!("the forecasts hold no rows");
    }
    let known = truth.series.keys().next().map_or("", String::as_str);
    match evaluation.unknown_series() {
        Some(name) => anyhow::anyhow!(
            "no forecast has its truth in {path}: a location must be the name of a series; the forecasts say `{name}`, \
             the truth has `{known}`"
        ),
        None => anyhow::anyhow!("no forecast has its truth in {path}: the days they are about are not in it"),
    }
}

fn table(report: &BTreeMap<String, ModelReport>, baseline: Option<&str>) -> String {
    let mut text = String::from(
        "model             forecasts unmatched      WIS    disp.    under     over   rel.WIS   MASE  in50  in80  in95  out01 \
         cross\n",
    );
    for (name, model) in report {
        let scores = &model.scores;
        let _ = writeln!(
            text,
            "{name:<18}{:>9} {:>9} {} {} {} {}  {} {} {} {} {} {} {}",
            scores.forecasts,
            scores.unmatched,
            number(scores.wis, 8, 5),
            number(scores.dispersion, 8, 5),
            number(scores.underprediction, 8, 5),
            number(scores.overprediction, 8, 5),
            number(scores.relative_wis, 8, 4),
            number(scores.mase, 6, 3),
            number(scores.coverage_50, 5, 3),
            number(scores.coverage_80, 5, 3),
            number(scores.coverage_95, 5, 3),
            number(scores.outside_0_1, 6, 3),
            number(scores.crossing, 5, 3),
        );
    }
    for (name, model) in report {
        for line in further(model, baseline) {
            let _ = writeln!(text, "{name}: {line}");
        }
    }
    text + reliability(report).as_str()
}

/// How often what was said to exceed with each probability did; nothing where no threshold was given.
fn reliability(report: &BTreeMap<String, ModelReport>) -> String {
    let mut text = String::new();
    for (name, model) in report {
        for bin in model.exceedance.iter().flat_map(|scores| &scores.reliability) {
            let ReliabilityBin { from, forecasts, mean_probability, happened } = bin;
            let to = from + 1.0 / BINS as f64;
            let _ =
                writeln!(text, "{name:<18}{from:>7.1}-{to:.1} {forecasts:>9} {mean_probability:>10.3} {happened:>9.3}");
        }
    }
    if !text.is_empty() {
        text.insert_str(0, "\nmodel               P(exceed)      days       mean  exceeded\n");
    }
    text
}

/// A number, or a dash where there is none.
fn number(value: Option<f64>, width: usize, decimals: usize) -> String {
    value.map_or_else(|| format!("{:>width$}", "-"), |value| format!("{value:>width$.decimals$}"))
}

/// What only some models have.
fn further(model: &ModelReport, baseline: Option<&str>) -> Vec<String> {
    let plain = |value: Option<f64>, decimals: usize| number(value, 0, decimals);
    let scores = &model.scores;
    let mut lines = Vec::new();
    if let Some(pit) = scores.pit {
        let shares: Vec<String> = pit.iter().map(|share| format!("{share:.3}")).collect();
        lines.push(format!("share of values in each tenth of the forecast (PIT) {}", shares.join(" ")));
    }
    if let (Some(relative), Some(baseline)) = (model.relative_wis_to_baseline, baseline) {
        lines.push(format!("WIS relative to {baseline} {relative:.4}"));
    }
    if scores.sampled > 0 {
        lines.push(format!("CRPS {} of {} days with samples", plain(scores.crps, 5), scores.sampled));
    }
    if let Some(weeks) = &model.peak_week {
        lines.push(format!(
            "peak week: of {} ({} unmatched) the most likely was right {}, the seasonal naive's {}; Brier {}, \
             log score {}",
            weeks.forecasts,
            weeks.unmatched,
            plain(weeks.most_likely_right, 3),
            plain(weeks.naive_right, 3),
            plain(weeks.brier, 4),
            plain(weeks.log_score, 4)
        ));
    }
    lines.extend(model.exceedance.iter().flat_map(exceedance));
    lines
}

fn exceedance(scores: &ExceedanceScores) -> Vec<String> {
    let plain = |value: Option<f64>, decimals: usize| number(value, 0, decimals);
    let mut lines = vec![format!(
        "Brier of exceedance {} (seasonal naive {}) of {} days, {} without a threshold",
        plain(scores.brier, 4),
        plain(scores.brier_naive, 4),
        scores.forecasts,
        scores.without_threshold
    )];
    let called = format!("called high from {:.2}", scores.called_from);
    for (who, peaks) in [(called.as_str(), &scores.peaks), ("seasonal naive says high", &scores.peaks_naive)] {
        lines.push(format!(
            "{who}: precision {}, recall {}, F1 {} within a day; {} false alarms a month; {} of {} onsets foreseen, \
             {} days before",
            plain(peaks.precision, 3),
            plain(peaks.recall, 3),
            plain(peaks.f1, 3),
            plain(peaks.false_alarms_per_month, 2),
            plain(peaks.onsets_foreseen, 3),
            peaks.onsets,
            plain(peaks.lead_days, 1)
        ));
    }
    lines
}
