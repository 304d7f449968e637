//! How surprising each day of a series is, by our ranked list and by what others use. Higher is more; minus infinity
//! where a method says nothing.

use super::world::Series;
use jiff::civil::{Date, date};
use std::f64::consts::TAU;
use tidemark_domain::{PeriodKind, SeriesKey};
use tidemark_surveillance::{
    artefacts::{Assessment, Settings, assess},
    detect::{
        Counts, Detector, Ears, EarsTReweighted, Error, Judgement, Measure, Scan,
        ears::Method,
        judge_between,
        rank::{Ranked, Signal, Tests, rank},
    },
};

pub(crate) const FIRST_DAY: Date = date(2021, 1, 1);

/// A score per day and series.
pub(crate) type Scores = Vec<Vec<f64>>;

pub(crate) fn assessment(series: &Series) -> Assessment {
    assess(FIRST_DAY, &series.facts, &Settings::default())
}

fn counts(series: &Series) -> Result<Counts, Error> {
    Counts::of_proportions(PeriodKind::Day, FIRST_DAY, &series.cells)
}

/// The ranked list: what feeds are suspect of is left out, the rest is scanned and ranked over all series.
pub(crate) fn tidemark(series: &[Series]) -> Result<Vec<Ranked>, Error> {
    let mut signals = Vec::new();
    let mut tests = Tests::default();
    for (number, series) in series.iter().enumerate() {
        let feed = assessment(series);
        let counts = counts(series)?.with_suspects(feed.flags())?;
        for judgement in judge_between(&Scan::new(Measure::Proportion), &counts, feed.breaks())? {
            let Ok(finding) = judgement.verdict else { continue };
            tests.count(judgement.period);
            let n = judgement.n.unwrap_or_default() as f64;
            signals.push(Signal { key: key(number), period: judgement.period, detector: "scan", finding, n });
        }
    }
    Ok(rank(&signals, &tests))
}

/// The scores of the places of the list with a q-value up to `most_q`.
pub(crate) fn scores(series: &[Series], places: &[Ranked], most_q: f64) -> Scores {
    let mut scores: Scores = series.iter().map(|series| vec![f64::NEG_INFINITY; series.cells.len()]).collect();
    for place in places.iter().filter(|place| place.q <= most_q) {
        let number: usize = place.signal.key.marker.parse().unwrap_or_default();
        let day = (place.signal.period.end - FIRST_DAY).get_days();
        scores[number][day as usize] = place.score;
    }
    scores
}

fn key(number: usize) -> SeriesKey {
    let words = |word: &str| word.to_owned();
    SeriesKey {
        source: words("planted"),
        region: words("all"),
        language: words("all"),
        marker: format!("{number:04}"),
        period: PeriodKind::Day,
    }
}

/// A detector alone, on the feed as it comes or with suspect days left out.
fn alone(detector: &dyn Detector, series: &[Series], mended: bool) -> Result<Scores, Error> {
    let score = |judgement: &Judgement| match judgement.verdict {
        Ok(finding) if finding.p.is_finite() => finding.statistic,
        _ => f64::NEG_INFINITY,
    };
    let judged = |series: &Series| {
        let (mut counts, mut breaks) = (counts(series)?, Vec::new());
        if mended {
            let feed = assessment(series);
            counts = counts.with_suspects(feed.flags())?;
            breaks = feed.breaks().to_vec();
        }
        Ok(judge_between(detector, &counts, &breaks)?.iter().map(score).collect())
    };
    series.iter().map(judged).collect()
}

pub(crate) fn c2(series: &[Series], mended: bool) -> Result<Scores, Error> {
    alone(&Ears::new(Method::C2, Measure::Proportion), series, mended)
}

pub(crate) fn ears_t_reweighted(series: &[Series], mended: bool) -> Result<Scores, Error> {
    alone(&EarsTReweighted::new(Measure::Proportion), series, mended)
}

/// A band around trend, week and year, fitted anew every week to all days before: the residual over its standard
/// deviation. The 99 % band is a score of 2.58.
pub(crate) fn band(series: &[Series], mended: bool) -> Scores {
    let one = |series: &Series| {
        let flags = if mended { assessment(series).flags() } else { vec![false; series.cells.len()] };
        let mut fit = LeastSquares::default();
        let mut scores = Vec::with_capacity(series.cells.len());
        let mut coefficients = None;
        for (day, (cell, suspect)) in series.cells.iter().zip(flags).enumerate() {
            if day % 7 == 0 {
                coefficients = fit.solve();
            }
            let Some(value) = cell.and_then(|cell| cell.value()).filter(|_| !suspect) else {
                scores.push(f64::NEG_INFINITY);
                continue;
            };
            let row = features(day);
            scores.push(coefficients.map_or(f64::NEG_INFINITY, |(coefficients, sd)| {
                (value - row.iter().zip(coefficients).map(|(x, b)| x * b).sum::<f64>()) / sd
            }));
            fit.add(&row, value);
        }
        scores
    };
    series.iter().map(one).collect()
}

const FEATURES: usize = 14;

/// Level, trend, six weekdays, three waves a year.
fn features(day: usize) -> [f64; FEATURES] {
    let mut row = [0.0; FEATURES];
    let years = day as f64 / 365.25;
    (row[0], row[1]) = (1.0, years);
    if day % 7 < 6 {
        row[2 + day % 7] = 1.0;
    }
    for wave in 0..3 {
        let angle = TAU * (wave + 1) as f64 * years;
        (row[8 + 2 * wave], row[9 + 2 * wave]) = (angle.cos(), angle.sin());
    }
    row
}

/// Normal equations, with a ridge as light as a tenth of a day.
#[derive(Default)]
struct LeastSquares {
    cross: [[f64; FEATURES]; FEATURES],
    with_y: [f64; FEATURES],
    squares: f64,
    days: f64,
}

impl LeastSquares {
    fn add(&mut self, row: &[f64; FEATURES], y: f64) {
        for (i, x) in row.iter().enumerate() {
            for (j, other) in row.iter().enumerate() {
                self.cross[i][j] += x * other;
            }
            self.with_y[i] += x * y;
        }
        self.squares += y * y;
        self.days += 1.0;
    }

    /// Coefficients and residual standard deviation, by Gauss's elimination.
    fn solve(&self) -> Option<([f64; FEATURES], f64)> {
        if self.days < 56.0 {
            return None;
        }
        let (mut a, mut b) = (self.cross, self.with_y);
        (0..FEATURES).for_each(|i| a[i][i] += 0.1);
        for pivot in 0..FEATURES {
            for row in pivot + 1..FEATURES {
                let factor = a[row][pivot] / a[pivot][pivot];
                let above = a[pivot];
                a[row].iter_mut().zip(above).for_each(|(cell, above)| *cell -= factor * above);
                b[row] -= factor * b[pivot];
            }
        }
        for row in (0..FEATURES).rev() {
            let known: f64 = (row + 1..FEATURES).map(|column| a[row][column] * b[column]).sum();
            b[row] = (b[row] - known) / a[row][row];
        }
        let fitted: f64 = b.iter().zip(&self.with_y).map(|(b, y)| b * y).sum();
        Some((b, ((self.squares - fitted).max(0.0) / (self.days - FEATURES as f64)).sqrt()))
    }
}
