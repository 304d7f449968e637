//! `network`: one small network for all series of a panel, which learns how their forecasts by the other models miss.
//!
//! Each series alone shows too little of itself to learn from how levels move after a surge, or how wide a band should
//! be after a calm month; a panel shows it many times over. So every past day of every series is a lesson (`lessons`):
//! what could be seen then (`inputs`), and how far, in scales of that day, the following two weeks lay from what the
//! smoothers and the regression together had said. Answers are quantiles of that distance; nothing is assumed of its
//! shape. The network learns the *panel's own* days, no other's, and only those up to the day it is trained for.
//!
//! Two networks from different seeds are averaged, quantile by quantile. Forecasts beyond [`HORIZON_DAYS`], of series
//! that hardly move, or without a network at all, are the statistical models' alone.
//!
//! A panel with fewer than [`OWN_LESSONS`], or less than [`LEAST_PAST_DAYS`] behind it, is taught by others: one network is
//! [`shipped`], and serves the days after the last that it knows. Of earlier days, [`LEAST_LESSONS`] of its own do.
//!
//! docs/forecasting.md tells what was tried and what it was worth.

mod inputs;
mod lessons;
mod shipped;

pub use lessons::PanelLessons;
pub use shipped::{shipped, shipping};

use crate::{filter::Filtered, recurring::RecurringDays, rolled::Rolled, series::days_between};
use inputs::{INPUTS, LEAST_SCALE, Look, MIXED};
use jiff::civil::Date;
use std::collections::BTreeMap;
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_neural::{Plan, train};

/// Days ahead that a network speaks of.
pub const HORIZON_DAYS: usize = 14;
/// Networks that are averaged.
pub const MEMBERS: u64 = 2;
/// Fewer lessons than these, about eleven years of series, teach a network nothing that holds tomorrow.
pub const LEAST_LESSONS: usize = 3_000;
/// Fewer than these, about seventy years, and others' days teach more than a panel's own.
pub const OWN_LESSONS: usize = 20_000;
/// A panel must reach back so many days, two years, however many series it has: series of one year share its surges, and
/// what a network learns from the few is that levels fall back.
pub const LEAST_PAST_DAYS: i64 = 730;
/// Days that a network serves in a back-test: then another is asked for. One that the panel has taught serves two years:
/// where origins spanned a year and a half, training anew each year or half-year was no better. A panel that could not teach
/// one may be able to a year later.
const OWN_SERVES_DAYS: i64 = 728;
const OTHER_SERVES_DAYS: i64 = 364;
/// Units of each hidden layer: 256 were no better, and cost twice as much.
const HIDDEN: usize = 128;
/// Lessons of one step, and the highest rate.
const BATCH: usize = 256;
const RATE: f32 = 6e-3;
/// Every lesson is seen so often, but no more steps than these are taken: training ends in time whatever the panel.
const EPOCHS: usize = 16;
const MOST_STEPS: usize = 1_500;

/// One of the networks that make a [`Network`].
#[derive(Debug, Clone, PartialEq)]
pub struct Member(tidemark_neural::Network);

/// What a panel has taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    members: Vec<Member>,
    recurring: RecurringDays,
    /// Whether the panel itself has taught the members.
    is_own: bool,
}

impl Network {
    /// Trains the members one after the other; `None` below [`LEAST_LESSONS`].
    #[must_use]
    pub fn train(lessons: &PanelLessons) -> Option<Self> {
        let members: Option<Vec<Member>> = (0..MEMBERS).map(|seed| train_member(lessons, seed)).collect();
        Some(Self::of(members?, lessons, None))
    }

    /// Of members, and of what the same lessons say of the dates of the year. Of dates that they hardly show, and for
    /// want of members, `known` is believed.
    #[must_use]
    pub fn of(members: Vec<Member>, lessons: &PanelLessons, known: Option<&Self>) -> Self {
        let recurring = lessons.recurring(known.map(|known| &known.recurring));
        let is_own = !members.is_empty();
        let members = match known {
            Some(known) if !is_own => known.members.clone(),
            _ => members,
        };
        Self { members, recurring, is_own }
    }

    pub(crate) const fn recurring(&self) -> &RecurringDays {
        &self.recurring
    }

    /// Quantiles on the logit scale of the [`HORIZON_DAYS`] after the last day, by what was forecast for them. None of a
    /// series that hardly moves: it is continued as it is.
    pub(crate) fn quantiles(&self, series: &Filtered, smoothing: &Rolled, combined: &Rolled) -> Vec<[f64; 23]> {
        let last = series.days() - 1;
        if series.scale[last] < LEAST_SCALE || self.members.is_empty() {
            return Vec::new();
        }
        let look = Look::at(series, smoothing.row(last), combined.row(last), last);
        let mut quantiles: Vec<[f64; 23]> =
            combined.row(last).iter().take(HORIZON_DAYS).map(|point| [*point; 23]).collect();
        for Member(network) in &self.members {
            for (day, learnt) in quantiles.iter_mut().zip(network.quantiles(look.inputs())) {
                for (quantile, distance) in day.iter_mut().zip(learnt) {
                    *quantile += f64::from(distance) * look.scale() / self.members.len() as f64;
                }
            }
        }
        quantiles
    }
}

/// Trains the member of a seed, from 0 to [`MEMBERS`]; `None` below [`LEAST_LESSONS`]. Members can be trained side by side.
#[must_use]
pub fn train_member(lessons: &PanelLessons, seed: u64) -> Option<Member> {
    let count = lessons.len();
    let plan = Plan {
        levels: QUANTILE_LEVELS.map(|level| level as f32).to_vec(),
        hidden: HIDDEN,
        steps: (EPOCHS * count / BATCH).min(MOST_STEPS),
        batch: BATCH,
        rate: RATE,
        mixed: MIXED,
        seed,
    };
    (count >= LEAST_LESSONS).then(|| train(lessons.rows(), &plan)).flatten().map(Member)
}

/// The networks of many `origins`, given in order: `learn` is asked for one that knows the days up to an origin, which
/// serves from there until there is a next. So no origin is served by a network that knows later days.
///
/// # Errors
/// Those of `learn`.
pub fn networks_of<E>(
    origins: impl IntoIterator<Item = Date>,
    mut learn: impl FnMut(Date) -> Result<Option<Network>, E>,
) -> Result<BTreeMap<Date, Option<Network>>, E> {
    let mut networks: BTreeMap<Date, Option<Network>> = BTreeMap::new();
    for origin in origins {
        let is_served = networks.last_key_value().is_some_and(|(day, network)| {
            let is_own = network.as_ref().is_some_and(|network| network.is_own);
            days_between(*day, origin) < if is_own { OWN_SERVES_DAYS } else { OTHER_SERVES_DAYS }
        });
        if !is_served {
            networks.insert(origin, learn(origin)?);
        }
    }
    Ok(networks)
}
