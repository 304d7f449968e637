//! What is usual for a feed: medians of its last unsuspicious days, and how far such days lie from them.

use super::{
    Facts, Settings,
    reason::{Kind, Reason},
};
use crate::filter::{WEEK, median};
use std::collections::BTreeMap;

/// A median absolute deviation to a standard deviation under the normal distribution.
const MAD_TO_SD: f64 = 1.4826;

/// Median and spread.
#[derive(Debug, Clone, Copy)]
struct Centre {
    median: f64,
    sd: f64,
}

impl Centre {
    fn of(values: &[f64]) -> Self {
        let centre = median(values.to_vec());
        let deviations = values.iter().map(|value| (value - centre).abs()).collect();
        Self { median: centre, sd: MAD_TO_SD * median(deviations) }
    }
}

/// How far out is far enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bar {
    /// In standard deviations.
    pub(super) deviations: f64,
    /// As a share of what matters ([`Settings`]).
    pub(super) share: f64,
}

/// The last unsuspicious days of a feed, with their weekdays; the latest last.
pub(super) struct Usual<'a> {
    pub(super) days: Vec<(usize, &'a Facts)>,
    pub(super) settings: &'a Settings,
}

impl Usual<'_> {
    /// What is out of the usual on a day; nothing where too little is known of what is usual.
    pub(super) fn reasons(&self, weekday: usize, facts: &Facts, bar: Bar) -> Vec<Reason> {
        if self.days.len() < self.settings.least_days {
            return Vec::new();
        }
        let volume = self.volume(bar, weekday, facts);
        if facts.posts == 0 {
            // Of a day without posts there is nothing else to say, but why: rejected, or delivered before.
            let read = [self.share(bar, Kind::Duplicates, facts), self.share(bar, Kind::Rejects, facts)];
            return volume.into_iter().chain(read.into_iter().flatten()).collect();
        }
        let shares =
            [Kind::Duplicates, Kind::Rejects, Kind::Bots, Kind::Copies].map(|kind| self.share(bar, kind, facts));
        let others = [volume, self.silent_hours(bar, facts), self.posts_per_author(bar, facts), self.mix(bar, facts)];
        others.into_iter().chain(shares).flatten().collect()
    }

    /// Posts beside the median, times what the weekday usually is of it; in logarithms, so that halves and doubles are
    /// as far away.
    fn volume(&self, bar: Bar, weekday: usize, facts: &Facts) -> Option<Reason> {
        let logs: Vec<(usize, f64)> =
            self.days.iter().map(|(weekday, facts)| (*weekday, (facts.posts.max(1) as f64).ln())).collect();
        let level = median(logs.iter().map(|(_, log)| *log).collect());
        let factors: [f64; WEEK] = std::array::from_fn(|weekday| {
            let same: Vec<f64> =
                logs.iter().filter(|(other, _)| *other == weekday).map(|(_, log)| log - level).collect();
            let count = same.len() as f64;
            // A weekday seen m times has its deviation shrunk by m / (m + 1).
            median(same) * count / (count + 1.0)
        });
        let spread = Centre::of(&logs.iter().map(|(weekday, log)| log - factors[*weekday]).collect::<Vec<_>>());
        let usual = (level + factors[weekday]).exp();
        // Chance alone: the standard deviation of the logarithm of a Poisson count.
        let sd = spread.sd.max(1.0 / usual.sqrt());
        let change = (facts.posts.max(1) as f64 / usual).ln();
        let kind = if facts.posts == 0 {
            Kind::Silence
        } else if change < 0.0 {
            Kind::Collapse
        } else {
            Kind::Jump
        };
        let ratio = if kind == Kind::Jump { self.settings.jump } else { 1.0 / self.settings.collapse };
        let beyond = change.abs() > (bar.deviations * sd).max(bar.share * ratio.ln());
        beyond.then_some(Reason { kind, observed: facts.posts as f64, usual })
    }

    fn silent_hours(&self, bar: Bar, facts: &Facts) -> Option<Reason> {
        let observed = f64::from(facts.silent_hours?);
        let known: Vec<f64> = self.days.iter().filter_map(|(_, facts)| facts.silent_hours).map(f64::from).collect();
        let usual = self.centre(&known)?;
        let beyond = observed - usual.median > (bar.deviations * usual.sd).max(bar.share * self.settings.least_hours);
        beyond.then_some(Reason { kind: Kind::SilentHours, observed, usual: usual.median })
    }

    fn posts_per_author(&self, bar: Bar, facts: &Facts) -> Option<Reason> {
        let observed = facts.posts_per_author()?;
        let known: Vec<f64> = self.days.iter().filter_map(|(_, facts)| facts.posts_per_author()).map(f64::ln).collect();
        let usual = self.centre(&known)?;
        let sd = usual.sd.max(1.0 / (facts.posts as f64).sqrt());
        let least = bar.share * self.settings.posts_per_author.ln();
        let beyond = observed.ln() - usual.median > (bar.deviations * sd).max(least);
        beyond.then_some(Reason { kind: Kind::PostsPerAuthor, observed, usual: usual.median.exp() })
    }

    /// A share that rose: beyond what days differ by, what chance gives, and what matters.
    fn share(&self, bar: Bar, kind: Kind, facts: &Facts) -> Option<Reason> {
        let share = |facts: &Facts| {
            let (part, whole) = match kind {
                Kind::Duplicates => (Some(facts.duplicates), facts.read()),
                Kind::Rejects => (Some(facts.rejected), facts.read()),
                Kind::Bots => (Some(facts.bots), facts.posts),
                _ => (facts.copies, facts.posts),
            };
            (whole > 0).then_some(())?;
            Some((part? as f64 / whole as f64, whole as f64))
        };
        let (observed, whole) = share(facts)?;
        let known: Vec<f64> = self.days.iter().filter_map(|(_, facts)| Some(share(facts)?.0)).collect();
        let usual = self.centre(&known)?;
        let chance = ((usual.median.clamp(0.0, 1.0) * (1.0 - usual.median)).max(0.0) / whole).sqrt().max(1.0 / whole);
        let beyond = observed - usual.median
            > (bar.deviations * usual.sd.max(chance)).max(bar.share * self.settings.least_share);
        beyond.then_some(Reason { kind, observed, usual: usual.median })
    }

    /// How much of the posts would have to be moved for the day to have the usual mix (total variation distance).
    fn mix(&self, bar: Bar, facts: &Facts) -> Option<Reason> {
        let shares = |facts: &Facts| -> Option<BTreeMap<String, f64>> {
            let sum = facts.parts.values().sum::<u64>();
            (sum > 0)
                .then(|| facts.parts.iter().map(|(part, posts)| (part.clone(), *posts as f64 / sum as f64)).collect())
        };
        let observed = shares(facts)?;
        let known: Vec<BTreeMap<String, f64>> = self.days.iter().filter_map(|(_, facts)| shares(facts)).collect();
        let mut usual: BTreeMap<&str, f64> = BTreeMap::new();
        for (part, share) in known.iter().flatten() {
            *usual.entry(part).or_default() += share / known.len() as f64;
        }
        let distance = |day: &BTreeMap<String, f64>| {
            let rest: f64 = usual.iter().map(|(part, share)| (share - day.get(*part).unwrap_or(&0.0)).max(0.0)).sum();
            rest.min(1.0)
        };
        let distances = self.centre(&known.iter().map(distance).collect::<Vec<_>>())?;
        let moved = distance(&observed);
        let sum = facts.parts.values().sum::<u64>() as f64;
        let sd = distances.sd.max(0.5 / sum.sqrt());
        let beyond = moved - distances.median > (bar.deviations * sd).max(bar.share * self.settings.least_mix);
        beyond.then_some(Reason { kind: Kind::Mix, observed: moved, usual: distances.median })
    }

    /// Median and spread of as many days as are needed.
    fn centre(&self, known: &[f64]) -> Option<Centre> {
        (known.len() >= self.settings.least_days).then(|| Centre::of(known))
    }
}
