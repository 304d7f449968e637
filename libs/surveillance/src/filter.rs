//! One causal, robust pass along a history: on each day a level, a weekday profile and a scale, learnt from that day
//! and those before it.
//!
//! Exponential smoothing with clipped innovations (Gelper, Fried and Croux, *Journal of Forecasting* 29, 2010): what a
//! day adds beyond [`CLIP_SCALES`] scales is not believed at once. One artefact moves the level by a bounded step; a
//! lasting shift is followed within days, because the scale widens while innovations keep arriving.

use crate::{History, calendar::Occasions, scale::LogitScale};

/// Days in the season.
pub const WEEK: usize = 7;
/// Innovations are clipped at this many scales (Gelper and others use 2).
pub const CLIP_SCALES: f64 = 2.0;
/// Days from whose medians the first state is taken. Forecasts from within them are not honest and are never counted.
pub const WARM_UP_DAYS: usize = 14;
/// Share of the scale that is renewed each day: a memory of about a month.
const SCALE_RATE: f64 = 0.03;
/// Mean absolute deviation to standard deviation under the normal distribution: sqrt(pi / 2).
const MAD_TO_SD: f64 = 1.253_314_137_315_5;
/// No series is believed to be steadier than this (logit units): 0.00025 percentage points at a prevalence of 50 %.
pub(crate) const LEAST_SCALE: f64 = 1e-5;
/// How fast the pass follows the level, per day.
const LEVEL_RATE: f64 = 0.25;
/// How fast it follows the weekday profile, per day; each weekday is seen once a week.
const PROFILE_RATE: f64 = 0.06;

/// A running estimate of how far one step misses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RobustScale(pub(crate) f64);

impl RobustScale {
    /// Clips an innovation and learns from it.
    pub(crate) fn clip(&mut self, innovation: f64) -> f64 {
        let most = CLIP_SCALES * self.0;
        let learnt = SCALE_RATE * MAD_TO_SD * innovation.abs().min(most);
        self.0 = ((1.0 - SCALE_RATE) * self.0 + learnt).max(LEAST_SCALE);
        innovation.clamp(-most, most)
    }
}

/// Where every recursion starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) level: f64,
    pub(crate) profile: [f64; WEEK],
    pub(crate) scale: f64,
}

/// A history on the logit scale with what the pass learnt from it.
#[derive(Debug, Clone)]
pub struct Filtered {
    /// The observations; gaps are NaN.
    pub(crate) observed: Vec<f64>,
    /// The observations, with the pass's own expectation in the gaps.
    pub(crate) filled: Vec<f64>,
    /// Clipped observations less the weekday profile; the level in gaps.
    pub(crate) deseasonalised: Vec<f64>,
    /// The weekday profile as known on each day.
    pub(crate) profile: Vec<[f64; WEEK]>,
    /// The scale as known on each day.
    pub(crate) scale: Vec<f64>,
    pub(crate) start: Start,
    /// What the calendar names, name by name; days past the origin too.
    pub(crate) named: Vec<Occasions>,
    first_weekday: usize,
    /// Calendar days from one of its days to the next.
    step_days: usize,
}

impl Filtered {
    /// Runs the pass.
    #[must_use]
    pub fn new(history: &History, scale: LogitScale) -> Self {
        Self::in_steps(history, scale, 1)
    }

    /// Runs the pass over every `step_days`th day from the first on: those are its days then. Where they are weeks apart
    /// they have no weekday profile, as all are of one weekday.
    #[must_use]
    pub(crate) fn in_steps(history: &History, scale: LogitScale, step_days: usize) -> Self {
        let days = history.values().iter().step_by(step_days);
        let observed: Vec<f64> = days.map(|value| value.map_or(f64::NAN, |p| scale.forward(p))).collect();
        let first_weekday = usize::from(history.first().weekday().to_monday_zero_offset().unsigned_abs());
        let start = Start::of(&observed[..observed.len().min(WARM_UP_DAYS)], first_weekday, season(step_days));
        let days = observed.len();
        let mut filtered = Self {
            observed,
            filled: Vec::with_capacity(days),
            deseasonalised: Vec::with_capacity(days),
            profile: Vec::with_capacity(days),
            scale: Vec::with_capacity(days),
            start,
            named: history.calendar().counted_from(history.first(), step_days),
            first_weekday,
            step_days,
        };
        filtered.run();
        filtered
    }

    fn run(&mut self) {
        let (mut level, mut profile, mut scale) = (self.start.level, self.start.profile, RobustScale(self.start.scale));
        for day in 0..self.observed.len() {
            let weekday = self.weekday(day);
            let value = self.observed[day];
            let expected = level + profile[weekday];
            if value.is_nan() {
                self.filled.push(expected);
                self.deseasonalised.push(level);
            } else {
                let step = scale.clip(value - expected);
                self.filled.push(value);
                self.deseasonalised.push(level + step);
                level += LEVEL_RATE * step;
                profile[weekday] += PROFILE_RATE * step;
            }
            self.profile.push(profile);
            self.scale.push(scale.0);
        }
    }

    /// Days from the first to the origin.
    #[must_use]
    pub fn days(&self) -> usize {
        self.observed.len()
    }

    /// The weekday of a day counted from the first, Monday 0; days past the origin too.
    pub(crate) fn weekday(&self, day: usize) -> usize {
        (self.first_weekday + day) % self.season()
    }

    /// Its days from one to the next of the same weekday.
    pub(crate) fn season(&self) -> usize {
        season(self.step_days)
    }

    /// Calendar days from one of its days to the next.
    pub(crate) fn step_days(&self) -> usize {
        self.step_days
    }

    /// How many of its days so many calendar days are.
    pub(crate) fn steps(&self, calendar_days: usize) -> usize {
        calendar_days / self.step_days
    }
}

/// Steps of one day come to the same weekday in a week, steps of weeks at once.
fn season(step_days: usize) -> usize {
    if step_days == 1 { WEEK } else { 1 }
}

impl Start {
    /// Medians of the first days; a weekday seen `m` times has its deviation shrunk by `m / (m + 1)`.
    fn of(observed: &[f64], first_weekday: usize, season: usize) -> Self {
        let known = || observed.iter().copied().enumerate().filter(|(_, value)| !value.is_nan());
        let level = median(known().map(|(_, value)| value).collect());
        let mut profile = [0.0; WEEK];
        // Misses of a weekday seen `m` times count `(m + 1) / m` times: its deviation was taken from the same days.
        let mut unseen = [1.0; WEEK];
        for (weekday, deviation) in profile.iter_mut().enumerate() {
            let seen: Vec<f64> = known()
                .filter(|(day, _)| (first_weekday + day) % season == weekday)
                .map(|(_, value)| value - level)
                .collect();
            let count = seen.len() as f64;
            *deviation = median(seen) * count / (count + 1.0);
            unseen[weekday] = (count + 1.0) / count.max(1.0);
        }
        let misses = known()
            .map(|(day, value)| {
                let weekday = (first_weekday + day) % season;
                (value - level - profile[weekday]).abs() * unseen[weekday]
            })
            .collect();
        Self { level, profile, scale: (1.4826 * median(misses)).max(LEAST_SCALE) }
    }
}

/// The median; 0 of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let is_odd = values.len() % 2 == 1;
    let middle = values.len() / 2;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = if is_odd { *upper } else { below.iter().copied().fold(f64::NEG_INFINITY, f64::max) };
    f64::midpoint(lower, *upper)
}
