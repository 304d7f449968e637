//! Feed artefacts: days on which the feed changed and not the people, told from facts about the feed alone.
//!
//! **Reads** [`Facts`] of consecutive days. **Writes** nothing. **Guarantees** that the answer for a day uses nothing
//! later, that a feed of which too little is known is not accused, and that neighbouring suspect days are one
//! [`Episode`]: one data-quality signal, however many days and reasons it has. **Does not** look at markers: whether a
//! prevalence is high says nothing about the feed, and a surge must not make its own day suspect.
//!
//! A day is suspect where a fact lies beyond what the last unsuspicious days of the feed differ by *and* beyond what
//! matters ([`Settings`]); the module [`reason`] lists the facts. Medians and median deviations carry the comparison, so
//! that one artefact does not hide the next. A change that stays for [`Settings::settled_days`] is the new usual.
//!
//! A suspect day enters no fit and no baseline, is drawn as a gap, and never raises a marker alert:
//! [`Assessment::flags`] is what [`Counts::with_suspects`](crate::detect::Counts::with_suspects) takes,
//! [`Assessment::without_suspects`] what a forecast or a chart takes. A new instrument (model, lexicon, code) measures
//! something else from then on: its first day is suspect, and what lies before it is no past to compare with
//! ([`Assessment::breaks`], [`judge_between`](crate::detect::judge_between)).

mod facts;
pub mod reason;
mod usual;

pub use facts::Facts;
pub use reason::{Kind, Reason};

use crate::{
    filter::WEEK,
    series::{day_after, days_between},
};
use jiff::civil::Date;
use tidemark_domain::Period;
use usual::{Bar, Usual};

/// When a fact is out of the usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Unsuspicious days that are looked back at.
    pub days: usize,
    /// Fewer say nothing.
    pub least_days: usize,
    /// How many standard deviations a fact must be away.
    pub deviations: f64,
    /// The same where something supports it: another fact that is so far away, or a suspect day within
    /// [`Settings::joined_days`] before; half of what else must matter is then enough. Two facts at once are as rare as one far out, and what is wrong with a feed is
    /// seldom over in a day.
    pub deviations_supported: f64,
    /// Below this share of the usual number of posts: a collapse.
    pub collapse: f64,
    /// Above this multiple of the usual number of posts: a jump.
    pub jump: f64,
    /// Above this multiple of the usual posts per author.
    pub posts_per_author: f64,
    /// A share must rise by so much.
    pub least_share: f64,
    /// So much of the mix must move.
    pub least_mix: f64,
    /// So many more hours must be silent.
    pub least_hours: f64,
    /// Suspect days in a row after which the change is the new usual.
    pub settled_days: usize,
    /// Suspect days at most so far apart are one episode.
    pub joined_days: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            days: 56,
            least_days: 14,
            deviations: 4.0,
            deviations_supported: 3.0,
            collapse: 0.6,
            jump: 2.0,
            posts_per_author: 1.25,
            least_share: 0.03,
            least_mix: 0.08,
            least_hours: 2.0,
            settled_days: 14,
            joined_days: 7,
        }
    }
}

/// Neighbouring suspect days: one data-quality signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Its first suspect day.
    pub first: Date,
    /// Its last suspect day so far.
    pub last: Date,
    /// How many of its days are suspect.
    pub days: usize,
    /// The first reason of each kind, in the order of [`Kind`].
    pub reasons: Vec<Reason>,
}

/// What is to be thought of each day of a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    first: Date,
    reasons: Vec<Vec<Reason>>,
    breaks: Vec<usize>,
    joined_days: usize,
}

/// Assesses consecutive days from `first` on.
#[must_use]
pub fn assess(first: Date, days: &[Facts], settings: &Settings) -> Assessment {
    let first_weekday = usize::from(first.weekday().to_monday_zero_offset().unsigned_abs());
    let weekday = |day: usize| (first_weekday + day) % WEEK;
    let mut usual = Usual { days: Vec::new(), settings };
    let mut last_suspect = None;
    let (mut reasons, mut breaks) = (Vec::with_capacity(days.len()), Vec::new());
    let mut instrument = None;
    let mut run: Vec<(usize, &Facts)> = Vec::new();
    for (day, facts) in days.iter().enumerate() {
        let near = last_suspect.is_some_and(|last| day - last <= settings.joined_days);
        let mut found = usual.reasons(weekday(day), facts, Bar { deviations: settings.deviations, share: 1.0 });
        if found.is_empty() {
            found = usual.reasons(weekday(day), facts, Bar { deviations: settings.deviations_supported, share: 0.5 });
            if found.len() < 2 && !near {
                found.clear();
            }
        }
        let feed_is_usual = found.is_empty();
        if let (Some(now), Some(before)) = (&facts.instrument, instrument)
            && now != before
        {
            breaks.push(day);
            found.push(Reason { kind: Kind::Instrument, observed: 1.0, usual: 0.0 });
        }
        instrument = facts.instrument.as_ref().or(instrument);
        if feed_is_usual {
            run.clear();
            // Days before the first post are no days of the feed.
            if facts.posts > 0 || !usual.days.is_empty() {
                usual.days.push((weekday(day), facts));
            }
        } else {
            last_suspect = Some(day);
            run.push((weekday(day), facts));
            if run.len() >= settings.settled_days {
                usual.days = std::mem::take(&mut run);
            }
        }
        let surplus = usual.days.len().saturating_sub(settings.days);
        usual.days.drain(..surplus);
        reasons.push(found);
    }
    Assessment { first, reasons, breaks, joined_days: settings.joined_days }
}

impl Assessment {
    /// Why a day is suspect; nothing where it is not, or was not assessed.
    #[must_use]
    pub fn reasons(&self, day: Date) -> &[Reason] {
        let index = usize::try_from(days_between(self.first, day)).ok();
        index.and_then(|index| self.reasons.get(index)).map_or(&[], Vec::as_slice)
    }

    /// Whether each day is suspect, in order.
    #[must_use]
    pub fn flags(&self) -> Vec<bool> {
        self.reasons.iter().map(|reasons| !reasons.is_empty()).collect()
    }

    /// Whether a day of a period is suspect: a week is as good as its days.
    #[must_use]
    pub fn is_suspect(&self, period: Period) -> bool {
        let start = days_between(self.first, period.start());
        let days = start.max(0)..=days_between(self.first, period.end);
        days.into_iter().filter_map(|day| self.reasons.get(usize::try_from(day).ok()?)).any(|found| !found.is_empty())
    }

    /// Values of the same days with gaps where the feed is suspect.
    #[must_use]
    pub fn without_suspects<T>(&self, values: Vec<Option<T>>) -> Vec<Option<T>> {
        let flags = self.flags().into_iter().chain(std::iter::repeat(false));
        values.into_iter().zip(flags).map(|(value, suspect)| value.filter(|_| !suspect)).collect()
    }

    /// Days, counted from the first, from which on something else measured: what lies before is no past to compare with.
    #[must_use]
    pub fn breaks(&self) -> &[usize] {
        &self.breaks
    }

    /// The data-quality signals, in order.
    #[must_use]
    pub fn episodes(&self) -> Vec<Episode> {
        let mut episodes: Vec<Episode> = Vec::new();
        for (index, reasons) in self.reasons.iter().enumerate().filter(|(_, reasons)| !reasons.is_empty()) {
            let day = day_after(self.first, index);
            let joins = |episode: &&mut Episode| days_between(episode.last, day) <= self.joined_days as i64;
            if let Some(episode) = episodes.last_mut().filter(joins) {
                episode.last = day;
                episode.days += 1;
                let known: Vec<Kind> = episode.reasons.iter().map(|reason| reason.kind).collect();
                episode.reasons.extend(reasons.iter().filter(|reason| !known.contains(&reason.kind)));
            } else {
                episodes.push(Episode { first: day, last: day, days: 1, reasons: reasons.clone() });
            }
        }
        episodes.iter_mut().for_each(|episode| episode.reasons.sort_by_key(|reason| reason.kind));
        episodes
    }
}
