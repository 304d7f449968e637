//! Before and after: did a series stand elsewhere once an event had come, than the days before let expect?
//!
//! On the logit scale, on which a rise from 1 to 2 % is as large as one from 10 to 18 %:
//! 1. The days before are fitted by a level for each day of the week and, unless asked otherwise, a linear trend
//!    (segmented regression of an interrupted time series: Wagner and others 2002, *Journal of Clinical Pharmacy and
//!    Therapeutics* 27; Bernal and others 2017, *International Journal of Epidemiology* 46).
//! 2. The *effect* is the mean, over the event's days and those after it, of what was observed less what the fit
//!    expects there: a log odds ratio.
//! 3. The same number is computed at *placebo dates* of the same series, with windows of the same length and without
//!    the days on which the event has gaps. Its rank among theirs is the p-value, and theirs make the interval
//!    ([`null`](super::null)): nothing is assumed of the noise, of how days depend on each other, or of how well a
//!    trend goes on. (Placebos in time: Abadie and others 2015, *American Journal of Political Science* 59.)
//!
//! A placebo date is any whose windows lie in the series and touch no day of an event or of the days after it. It takes
//! for granted that a date on which nothing is known to have happened is like any other.

use super::null::{LEAST_APART, Null};
use crate::History;
use crate::detect::ancova::{Ancova, Row};
use crate::scale::LogitScale;
use crate::series::{day_after, days_between};
use jiff::{ToSpan, civil::Date};

/// Days before an event that are fitted where nothing else is asked: each weekday four times.
pub const DEFAULT_BEFORE_DAYS: u16 = 28;
/// Days after an event that are compared where nothing else is asked.
pub const DEFAULT_AFTER_DAYS: u16 = 14;
/// The fewest days before, and the fewest of them with a value: each weekday twice.
pub const LEAST_BEFORE_DAYS: u16 = 14;
/// The longest window, in days.
pub const MOST_DAYS: u16 = 365;
/// Placebo dates count as apart from each other if their windows after do not overlap, and from a week on: values of
/// nearer days depend on each other.
const LEAST_APART_DAYS: usize = 7;
/// An effect below this is rounding, on the logit scale.
const SETTLED: f64 = 1e-9;
const WEEK: usize = 7;

/// When something happened, in civil days. An end before the start counts as the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// First day.
    pub start: Date,
    /// Last day; the first of an event of one day.
    pub end: Date,
}

/// What the days before are taken to go on as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// Their linear trend goes on.
    Linear,
    /// Their level goes on. Less scatter, and blind to a rise that was on its way.
    Level,
}

/// Which placebo dates an event is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placebos {
    /// Those whose windows end before the event begins: what could be said when its window ended.
    Past,
    /// Those after it too: what can be said by now.
    All,
}

/// How an event is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Design {
    before: usize,
    after: usize,
    trend: Trend,
    placebos: Placebos,
}

/// A design of nothing, or beyond reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "windows of {before} days before and {after} after; there can be {least} to {most} before and 1 to {most} after",
    least = LEAST_BEFORE_DAYS,
    most = MOST_DAYS
)]
pub struct DesignFault {
    /// Days before.
    pub before: u16,
    /// Days after.
    pub after: u16,
}

impl Design {
    /// Windows of `before` days up to the eve of an event, and of the event's days with those up to `after - 1` days
    /// after its last: of an event of one day, `after` days in all.
    ///
    /// # Errors
    /// [`DesignFault`] outside [`LEAST_BEFORE_DAYS`] to [`MOST_DAYS`] before and 1 to [`MOST_DAYS`] after.
    pub fn new(before: u16, after: u16, trend: Trend, placebos: Placebos) -> Result<Self, DesignFault> {
        if !(LEAST_BEFORE_DAYS..=MOST_DAYS).contains(&before) || !(1..=MOST_DAYS).contains(&after) {
            return Err(DesignFault { before, after });
        }
        Ok(Self { before: usize::from(before), after: usize::from(after), trend, placebos })
    }
}

/// What a series says of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// First day of the window before.
    pub from: Date,
    /// Last day of the window after.
    pub to: Date,
    /// Days before that have a value.
    pub days_before: usize,
    /// Days from the event on that have a value, and a weekday that was seen before.
    pub days_after: usize,
    /// Their mean share, 0 to 1.
    pub observed: f64,
    /// The mean of the shares that were to be expected on them, 0 to 1.
    pub expected: f64,
    /// Observed less expected on the logit scale, a mean over the days: a log odds ratio.
    pub effect: f64,
    /// Its 95 % interval by the placebo dates.
    pub interval: (f64, f64),
    /// Placebo dates.
    pub placebos: usize,
    /// How many of them lie apart from each other: what they count for.
    pub placebos_apart: usize,
    /// How often a placebo date has an effect as large, in whichever direction.
    pub p_value: f64,
    /// Other events whose days, or days after, touch these windows: their effects are mixed up.
    pub overlaps: usize,
}

/// Why a series says nothing of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The series begins too late.
    #[error("the series begins on {first}, and the window before the event on {needed}")]
    BeginsLate {
        /// Its first day.
        first: Date,
        /// The window's first day.
        needed: Date,
    },
    /// The series ends too early.
    #[error("the series ends on {last}, and the window after the event on {needed}")]
    EndsEarly {
        /// Its last day.
        last: Date,
        /// The window's last day.
        needed: Date,
    },
    /// The windows have too many gaps.
    #[error(
        "{before} days before have a value, and {after} from the event on, on a weekday that was seen before; \
         {least_before} and {least_after} are needed"
    )]
    Gaps {
        /// Days before that have one.
        before: usize,
        /// The least.
        least_before: usize,
        /// Days from the event on that have one, on a weekday that was seen before.
        after: usize,
        /// The least.
        least_after: usize,
    },
    /// There is too little to compare with.
    #[error(
        "{apart} placebo dates lie apart from each other and from events; {least} are needed: a longer series, a \
         shorter window after, or placebo dates after the event too",
        least = LEAST_APART
    )]
    FewPlacebos {
        /// Placebo dates that lie apart.
        apart: usize,
    },
}

impl Refusal {
    /// The word used in tables: `begins_late`, `ends_early`, `gaps`, `few_placebos`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BeginsLate { .. } => "begins_late",
            Self::EndsEarly { .. } => "ends_early",
            Self::Gaps { .. } => "gaps",
            Self::FewPlacebos { .. } => "few_placebos",
        }
    }
}

/// What a series says of each event, in their order. All of them are kept away from placebo dates, so give those alone
/// that may have touched the series.
///
/// The cost is the series' days times the windows' days, for each event.
#[must_use]
pub fn study(history: &History, events: &[Event], design: &Design) -> Vec<Result<Study, Refusal>> {
    let placed: Vec<Placed> = events.iter().map(|event| Placed::of(*event, history.first(), design.after)).collect();
    let one = |which: usize| study_one(history, events[which], &placed, which, design);
    (0..events.len()).map(one).collect()
}

/// An event as places in a history.
#[derive(Debug, Clone, Copy)]
struct Placed {
    start: i64,
    /// The last day that it may have touched.
    last: i64,
}

impl Placed {
    fn of(event: Event, first: Date, after: usize) -> Self {
        let start = days_between(first, event.start);
        let end = days_between(first, event.end).max(start);
        Self { start, last: end + after as i64 - 1 }
    }

    fn touches(self, from: i64, to: i64) -> bool {
        self.start <= to && from <= self.last
    }
}

fn study_one(
    history: &History,
    event: Event,
    placed: &[Placed],
    which: usize,
    design: &Design,
) -> Result<Study, Refusal> {
    let (own, days) = (placed[which], history.values().len());
    let Ok(from) = usize::try_from(own.start - design.before as i64) else {
        let needed = event.start.saturating_sub((design.before as i64).days());
        return Err(Refusal::BeginsLate { first: history.first(), needed });
    };
    let to = usize::try_from(own.last).ok().filter(|to| *to < days);
    let Some(to) = to else {
        let needed = event.end.max(event.start).saturating_add((design.after as i64 - 1).days());
        return Err(Refusal::EndsEarly { last: day_after(history.first(), days.saturating_sub(1)), needed });
    };
    let start = from + design.before;
    // What is read as half a unit from a wall is decided by what was known when the window ended.
    let scale = LogitScale::of(&history.part(0..to + 1));
    let seen = match design.placebos {
        Placebos::Past => &history.values()[..=to],
        Placebos::All => history.values(),
    };
    let sample = Sample {
        logits: seen.iter().map(|value| value.map(|value| scale.forward(value))).collect(),
        first_weekday: usize::from(history.first().weekday().to_monday_zero_offset().unsigned_abs()),
        before: design.before,
        trend: design.trend,
    };
    let length = to + 1 - start;
    let whole = Mask {
        days: vec![true; design.before + length],
        least_before: usize::from(LEAST_BEFORE_DAYS).max(design.before.div_ceil(2)),
        least_after: length.div_ceil(2),
    };
    let Some(change) = sample.change(start, &whole) else {
        let (before, after) = sample.usable(from, start, to);
        let Mask { least_before, least_after, .. } = whole;
        return Err(Refusal::Gaps { before, least_before, after, least_after });
    };
    let last = match design.placebos {
        Placebos::Past => start.saturating_sub(length),
        Placebos::All => days - length,
    };
    let (sizes, apart) = placebos(&sample, &change.mask(), placed, last);
    let placebos = sizes.len();
    let null = Null::new(sizes, apart).ok_or(Refusal::FewPlacebos { apart })?;
    let half = null.half_width();
    let (days_before, days_after) = (change.before.len(), change.after.len());
    let mean = |sum: f64| sum / days_after as f64;
    let other = |(index, other): (usize, &Placed)| index != which && other.touches(from as i64, to as i64);
    Ok(Study {
        from: day_after(history.first(), from),
        to: day_after(history.first(), to),
        days_before,
        days_after,
        observed: mean(change.after.iter().filter_map(|(offset, _)| history.values()[from + offset]).sum()),
        expected: mean(change.after.iter().map(|(_, expected)| scale.back(*expected)).sum()),
        effect: change.effect,
        interval: (change.effect - half, change.effect + half),
        placebos,
        placebos_apart: apart,
        p_value: null.p_value(change.effect.abs()),
        overlaps: placed.iter().enumerate().filter(|one| other(*one)).count(),
    })
}

/// Sizes of the effects at all placebo dates up to the place `last`, and how many of the dates lie apart.
fn placebos(sample: &Sample, mask: &Mask, placed: &[Placed], last: usize) -> (Vec<f64>, usize) {
    let length = mask.days.len() - sample.before;
    let spacing = length.max(LEAST_APART_DAYS);
    let (mut sizes, mut apart, mut next) = (Vec::new(), 0, 0);
    for start in sample.before..=last {
        let (from, to) = ((start - sample.before) as i64, (start + length) as i64 - 1);
        if placed.iter().any(|event| event.touches(from, to)) {
            continue;
        }
        let Some(change) = sample.change(start, mask) else { continue };
        sizes.push(change.effect.abs());
        if start >= next {
            apart += 1;
            next = start + spacing;
        }
    }
    (sizes, apart)
}

/// A series on the logit scale, and what is fitted before a date.
struct Sample {
    logits: Vec<Option<f64>>,
    /// Of the first day; Monday is 0.
    first_weekday: usize,
    before: usize,
    trend: Trend,
}

/// The days of two windows that are looked at, and how many of each must have a value.
struct Mask {
    /// From the first day before to the last day after.
    days: Vec<bool>,
    least_before: usize,
    least_after: usize,
}

/// What is found at a date.
struct Change {
    effect: f64,
    /// The days before that were fitted, counted from the first of the window.
    before: Vec<usize>,
    /// The days after that were compared, counted likewise, and what the fit expects on them.
    after: Vec<(usize, f64)>,
    /// Days of both windows.
    length: usize,
}

impl Sample {
    /// How many days have a value before the place `start`, and from there to `to` on a weekday that was seen before.
    fn usable(&self, from: usize, start: usize, to: usize) -> (usize, usize) {
        let has_value = |place: &usize| self.logits.get(*place).is_some_and(Option::is_some);
        let weekday = |place: usize| (self.first_weekday + place) % WEEK;
        let before: Vec<usize> = (from..start).filter(has_value).map(weekday).collect();
        let after = (start..=to).filter(has_value).filter(|place| before.contains(&weekday(*place))).count();
        (before.len(), after)
    }

    /// Compares the windows around the place `start`, which both lie in the series; `None` where too few of their days
    /// have a value.
    fn change(&self, start: usize, mask: &Mask) -> Option<Change> {
        let from = start - self.before;
        let row = |offset: usize| {
            let y = self.logits.get(from + offset).copied().flatten()?;
            let x = offset as f64 - self.before as f64;
            Some(Row { group: (self.first_weekday + from + offset) % WEEK, x, weight: 1.0, y })
        };
        let used = mask.days.iter().enumerate().filter(|(_, is_used)| **is_used);
        let rows: Vec<(usize, Row)> = used.filter_map(|(offset, _)| Some((offset, row(offset)?))).collect();
        let (earlier, later) = rows.split_at(rows.partition_point(|(offset, _)| *offset < self.before));
        if earlier.len() < mask.least_before {
            return None;
        }
        let fitted: Vec<Row> = earlier.iter().map(|(_, row)| *row).collect();
        let fit = Ancova::fit(&fitted, WEEK, self.trend == Trend::Linear)?;
        let (mut after, mut sum) = (Vec::with_capacity(later.len()), 0.0);
        for (offset, row) in later.iter().filter(|(_, row)| fit.knows(row.group)) {
            let expected = fit.at(row.group, row.x);
            after.push((*offset, expected));
            sum += row.y - expected;
        }
        if after.is_empty() || after.len() < mask.least_after {
            return None;
        }
        let effect = sum / after.len() as f64;
        let effect = if effect.abs() < SETTLED { 0.0 } else { effect };
        let before = earlier.iter().map(|(offset, _)| *offset).collect();
        Some(Change { effect, before, after, length: mask.days.len() })
    }
}

impl Change {
    /// The days that were used, for other dates: at which half of them must have a value, as an effect of fewer days
    /// scatters more and makes the comparison milder.
    fn mask(&self) -> Mask {
        let mut days = vec![false; self.length];
        self.before.iter().chain(self.after.iter().map(|(offset, _)| offset)).for_each(|offset| days[*offset] = true);
        Mask { days, least_before: self.before.len().div_ceil(2), least_after: self.after.len().div_ceil(2) }
    }
}
