//! The switch of NSSP-ESSENCE: a regression on trend and day of the week where it explains the past, else exponentially
//! weighted averages.
//!
//! H. Burkom, *Johns Hopkins APL Technical Digest* 27 (2007); constants as ESSENCE documents them and CDC's Rnssp
//! (Apache-2.0) states them. The baseline is 28 days and ends two days (the *guard*) before the day judged.
//!
//! **Regression**, where its adjusted R² is at least .60 and the baseline knows the weekday: a level per weekday and
//! one slope. The statistic is the distance from the forecast (never below 0) in standard errors of *prediction*, which
//! at a full baseline are `sqrt((B + 7)(B - 4) / (B (B - 7)))` residual standard errors (`B = 28`), and never below
//! `1.01 / t(.95)`. t with `known - parameters` degrees of freedom.
//!
//! **EWMA** otherwise: two averages `z = w x + (1 - w) z'`, `w` = .4 for slow rises and .9 for sudden ones, each
//! against the baseline's mean. Their standard error allows for what average and baseline share:
//! `s sqrt(w / (2 - w) + 1 / B - 2 (1 - w)^(g + 1) (1 - (1 - w)^B) / B)`, to which ESSENCE adds a constant for small
//! counts and gives a floor. t with `known - 1` degrees of freedom; the smaller p-value of both counts. An average that
//! passes the limit is set back to it, so that one outbreak does not hide the next.
//!
//! p < .01 is red and an alarm, p < .05 yellow, no baseline grey ([`Level`]). The constants are in cases, so
//! *proportions* are judged as the people they would be at the day's own denominator (`k / n` times today's `n`) and
//! given back as proportions.

use super::{
    Counts, Detector, Error, Finding, Judgement, Measure, Silence,
    ancova::{Ancova, Row},
    counts::Cell,
    distributions::{student_quantile, student_tail},
    ears::standardised,
    judgement::{judge_each, most},
};
use tidemark_domain::PeriodKind;

/// Days in the baseline.
pub const BASELINE_DAYS: usize = 28;
/// Days between the baseline and the day judged.
pub const GUARD_DAYS: usize = 2;
/// The fewest known days of a baseline: three degrees of freedom for the regression.
pub const LEAST_KNOWN_DAYS: usize = 11;
/// The regression is used from this adjusted R² on.
pub const LEAST_ADJUSTED_R2: f64 = 0.60;
/// Below it: red.
pub const RED_P: f64 = 0.01;
/// Below it: yellow.
pub const YELLOW_P: f64 = 0.05;
/// Weights of today's value in the two averages.
const SMOOTHING: [f64; 2] = [0.4, 0.9];
/// The regression's standard error is at least this over the yellow limit, so that one case alone is no alarm.
const LEAST_ERROR_CASES: f64 = 1.01;

/// The traffic light of ESSENCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// p < .01.
    Red,
    /// .01 <= p < .05.
    Yellow,
    /// p >= .05.
    Normal,
    /// No count, or no baseline.
    Grey,
}

impl Level {
    /// The level of a judgement.
    #[must_use]
    pub fn of(judgement: &Judgement) -> Self {
        match judgement.verdict {
            Err(_) => Self::Grey,
            Ok(finding) if finding.p < RED_P => Self::Red,
            Ok(finding) if finding.p < YELLOW_P => Self::Yellow,
            Ok(_) => Self::Normal,
        }
    }
}

/// The detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Switch {
    /// Counts or proportions.
    pub measure: Measure,
}

/// A forecast of the day judged, in cases.
#[derive(Debug, Clone, Copy)]
struct Forecast {
    expected: f64,
    upper: f64,
    statistic: f64,
    p: f64,
}

impl Detector for Switch {
    fn id(&self) -> &'static str {
        "switch"
    }

    fn judge(&self, counts: &Counts) -> Result<Vec<Judgement>, Error> {
        if counts.kind() != PeriodKind::Day {
            return Err(Error::NotDaily { detector: "switch" });
        }
        counts.check(self.measure)?;
        // In the unit of the measure; they go on through gaps unchanged.
        let mut averages: Option<[f64; 2]> = None;
        Ok(judge_each(counts, |index| {
            let today = counts.cell(index).ok_or(Silence::Gap)?;
            let value = today.value(self.measure);
            let scale = if self.measure == Measure::Proportion { today.n } else { 1.0 };
            let before = averages.unwrap_or([value; 2]).map(|average| average * scale);
            let end = index.saturating_sub(GUARD_DAYS);
            let known = counts.cells(end.saturating_sub(BASELINE_DAYS)..end);
            let cases = |cell: Cell| cell.value(self.measure) * scale;
            let baseline: Vec<(usize, f64)> = known.into_iter().map(|(index, cell)| (index, cases(cell))).collect();
            let enough = baseline.len() >= LEAST_KNOWN_DAYS;
            let mut after = before;
            for (average, weight) in after.iter_mut().zip(SMOOTHING) {
                *average = weight * value * scale + (1.0 - weight) * *average;
            }
            let smoothed = enough.then(|| smoothed(&baseline, before, &mut after));
            averages = Some(after.map(|average| average / scale));
            let smoothed = smoothed.ok_or(Silence::NoBaseline { known: baseline.len(), needed: LEAST_KNOWN_DAYS })?;
            let forecast = regression(&baseline, index, value * scale).unwrap_or(smoothed);
            Ok(Finding {
                value,
                expected: forecast.expected / scale,
                upper: (forecast.upper / scale).clamp(0.0, most(self.measure)),
                units: None,
                statistic: forecast.statistic,
                p: forecast.p,
                alarm: forecast.p < RED_P,
            })
        }))
    }
}

/// The regression's forecast, where it explains the baseline and can speak of the day's weekday.
fn regression(baseline: &[(usize, f64)], index: usize, value: f64) -> Option<Forecast> {
    const WEEK: usize = 7;
    // Counted back from the day judged, so that the covariate stays small.
    let back = |day: usize| -((index - day) as f64);
    let row = |(day, y): &(usize, f64)| Row { group: day % WEEK, x: back(*day), weight: 1.0, y: *y };
    let rows: Vec<Row> = baseline.iter().map(row).collect();
    let fit = Ancova::fit(&rows, WEEK, true)?;
    let (size, weekday) = (rows.len() as f64, index % WEEK);
    if !fit.knows(weekday) || rows.len() <= fit.rank {
        return None;
    }
    let degrees = size - fit.rank as f64;
    let mean = rows.iter().map(|row| row.y).sum::<f64>() / size;
    let total: f64 = rows.iter().map(|row| (row.y - mean).powi(2)).sum();
    let residual: f64 = rows.iter().map(|row| (row.y - fit.at(row.group, row.x)).powi(2)).sum();
    let adjusted_r2 = 1.0 - residual / total * (size - 1.0) / degrees;
    // Also false where nothing varies and R² is not a number.
    let explains = adjusted_r2 >= LEAST_ADJUSTED_R2;
    if !explains {
        return None;
    }
    let variance = residual / degrees * (1.0 + fit.variance_at(weekday, 0.0));
    let error = variance.sqrt().max(LEAST_ERROR_CASES / student_quantile(1.0 - YELLOW_P, degrees));
    let expected = fit.at(weekday, 0.0).max(0.0);
    let statistic = (value - expected) / error;
    let upper = expected + student_quantile(1.0 - RED_P, degrees) * error;
    Some(Forecast { expected, upper, statistic, p: student_tail(statistic, degrees) })
}

/// The averages' forecast. `after` holds them with today's value in; one beyond the limit is set back to it.
fn smoothed(baseline: &[(usize, f64)], before: [f64; 2], after: &mut [f64; 2]) -> Forecast {
    let size = baseline.len() as f64;
    let degrees = size - 1.0;
    let expected = baseline.iter().map(|(_, y)| y).sum::<f64>() / size;
    let sd = (baseline.iter().map(|(_, y)| (y - expected).powi(2)).sum::<f64>() / degrees).sqrt();
    let red = student_quantile(1.0 - RED_P, degrees);
    let yellow = student_quantile(1.0 - YELLOW_P, degrees);
    let mut best = Forecast { expected, upper: f64::INFINITY, statistic: f64::NEG_INFINITY, p: 1.0 };
    for (which, weight) in SMOOTHING.into_iter().enumerate() {
        let error = smoothed_error(weight, sd, size, yellow);
        let statistic = standardised(after[which] - expected, error);
        if statistic.abs() > red {
            after[which] = expected + statistic.signum() * red * error;
        }
        let upper = (expected + red * error - (1.0 - weight) * before[which]) / weight;
        best.upper = best.upper.min(upper);
        if statistic > best.statistic {
            best.statistic = statistic;
        }
    }
    best.p = student_tail(best.statistic, degrees);
    best
}

/// The standard error of an average about the baseline's mean, with ESSENCE's constant and floor for small counts.
fn smoothed_error(weight: f64, sd: f64, size: f64, yellow: f64) -> f64 {
    let rest = 1.0 - weight;
    let shared = 2.0 * rest.powi(GUARD_DAYS as i32 + 1) * (1.0 - rest.powf(size)) / size;
    let correction = (weight / (2.0 - weight) + 1.0 / size - shared).sqrt();
    let constant = (0.1289 - (0.2414 - 0.1826 * rest.powi(4)) * (10.0 * YELLOW_P).ln()) * weight / yellow;
    let floor = weight / yellow * (1.0 + 0.5 * rest * rest);
    (sd * correction + constant).max(floor)
}
