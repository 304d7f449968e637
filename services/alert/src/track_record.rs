//! The *track record* of a rule: what it would have raised on a series' own past, held against what came. Pure functions
//! of the past; docs/alerts.md defines what they count.

use crate::Rule;
use crate::decide::{Decision, Facts, decide};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use std::collections::BTreeMap;
use tidemark_domain::{Alert, ForecastPoint, SeriesKey, TrackRecord, time::days};

/// Exceedances with at most so many days between them are one spell: a weekday's dip or a day that is withheld ends none.
pub const SPELL_GAP_DAYS_MAX: i64 = 3;
/// Of an alert's days, at least this share must have been observed for it to be judged: what nobody saw says nothing.
const OBSERVED_SHARE_MIN: f64 = 0.5;

/// What is known of a series' past.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The rule that is tried.
    pub rule: &'a Rule,
    /// The series.
    pub key: &'a SeriesKey,
    /// Observed values in the order of time, one a day at most; `None` where a day has none.
    pub history: &'a [(Date, Option<f64>)],
    /// One model's forecasts in the order of their origins, each having seen its own past alone.
    pub forecasts: &'a [ForecastPoint],
}

/// What the rule would have done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replay {
    /// Each day on which it was asked, in order.
    pub days: Vec<Asked>,
    /// What it raised, in order.
    pub episodes: Vec<Episode>,
}

/// A day on which the rule was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// The day.
    pub day: Date,
    /// The threshold in force: that of the open episode, else the rule's own; `None` where too little is known of what is
    /// usual.
    pub threshold: Option<f64>,
}

/// An alert that would have been raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// The day of the decision.
    pub raised_on: Date,
    /// The last day that it speaks of: the horizon's last after the origin it was raised from, or the forecast's, where
    /// that ends before.
    pub speaks_until: Date,
    /// The day of the decision that ended it; `None` where it is still open.
    pub resolved_on: Option<Date>,
}

impl Episode {
    fn speaks_of(&self, day: Date) -> bool {
        (self.raised_on..=self.speaks_until).contains(&day)
    }
}

/// Asks the rule on every day from the day after the first origin to the last of the history, as the role would have:
/// with the last forecast from before that day, what had been observed up to its origin, and the open episode.
///
/// The role sees a day's value when the day has ended, so that a forecast from one day decides on the next at the
/// earliest. Between origins the last forecast stands, and speaks of fewer days to come.
#[must_use]
pub fn replay(past: &Past<'_>) -> Replay {
    let Past { rule, key, history, forecasts } = *past;
    let mut replay = Replay::default();
    let (Some(first), Some((last, _))) = (forecasts.first(), history.last()) else { return replay };
    let mut made = forecasts.chunk_by(|a, b| a.origin == b.origin).peekable();
    let mut standing: &[ForecastPoint] = &[];
    let mut open: Option<Alert> = None;
    for day in days(first.origin.saturating_add(1.day()), *last) {
        while let Some(next) = made.next_if(|next| next[0].origin < day) {
            standing = next;
        }
        // A day always begins, but for those at the calendar's end.
        let (Some(now), Some(origin)) = (beginning(day), standing.first().map(|point| point.origin)) else { continue };
        let known = &history[..history.partition_point(|(day, _)| *day <= origin)];
        let threshold = open.as_ref().map(|open| open.threshold).or_else(|| rule.threshold_at(known));
        replay.days.push(Asked { day, threshold });
        match decide(&Facts { rule, key, open: open.as_ref(), history: known, forecast: standing, now }) {
            Decision::Raise(alert) => {
                let horizon = alert.raised_origin.saturating_add(i64::from(rule.horizon_days).days());
                let forecast_until = standing.iter().map(|point| point.target).max();
                let speaks_until = forecast_until.map_or(horizon, |last| last.min(horizon));
                replay.episodes.push(Episode { raised_on: day, speaks_until, resolved_on: None });
                open = Some(alert);
            }
            Decision::Update(alert) => open = Some(alert),
            Decision::Resolve(_) => {
                if let Some(episode) = replay.episodes.last_mut() {
                    episode.resolved_on = Some(day);
                }
                open = None;
            }
            Decision::Nothing => {}
        }
    }
    replay
}

fn beginning(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
}

/// Days above the threshold that was in force, at most [`SPELL_GAP_DAYS_MAX`] days apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spell {
    first: Date,
    last: Date,
}

/// The rule's record on the series: [`replay`], held against what came. `None` where no day can be judged: there are no
/// forecasts, or never enough days after them, or too few before them for a threshold.
#[must_use]
pub fn track_record(past: &Past<'_>) -> Option<TrackRecord> {
    let replay = replay(past);
    let observed: BTreeMap<Date, f64> =
        past.history.iter().filter_map(|(day, value)| Some((*day, (*value)?))).collect();
    // A day is judged once a horizon's worth of days has been observed after it: what it warned of has come, or has not.
    let still_to_see = usize::from(past.rule.horizon_days).max(1);
    let bound = *observed.keys().rev().nth(still_to_see - 1)?;
    let is_judged = |day: Date| day < bound;
    let judged: Vec<Date> =
        replay.days.iter().filter(|asked| asked.threshold.is_some() && is_judged(asked.day)).map(|a| a.day).collect();
    let (from, to) = (*judged.first()?, *judged.last()?);

    let spells = spells(&replay.days, &observed);
    // One that stands when the rule first has a threshold began nobody knows when: an alert may be right about it, and
    // none could have announced it.
    let began = |spell: &Spell| spell.first > from;
    let spells_judged: Vec<&Spell> = spells.iter().filter(|spell| began(spell) && is_judged(spell.first)).collect();
    let leads = spells_judged.iter().filter_map(|spell| {
        // The first that announced it: whoever heard it twice knew it then.
        let announced = replay.episodes.iter().find(|episode| episode.speaks_of(spell.first))?;
        Some(f64::from((spell.first - announced.raised_on).get_days()))
    });
    let leads: Vec<f64> = leads.collect();

    let can_be_judged = |episode: &&Episode| {
        let seen = observed.range(episode.raised_on..=episode.speaks_until).count() as f64;
        let all = f64::from((episode.speaks_until - episode.raised_on).get_days() + 1);
        is_judged(episode.raised_on) && seen >= OBSERVED_SHARE_MIN * all
    };
    let episodes: Vec<&Episode> = replay.episodes.iter().filter(can_be_judged).collect();
    let is_right = |episode: &&&Episode| {
        spells.iter().any(|spell| spell.first <= episode.speaks_until && spell.last >= episode.raised_on)
    };
    Some(TrackRecord {
        rule: past.rule.name.clone(),
        key: past.key.clone(),
        from,
        to,
        judged_days: judged.len() as u64,
        episodes: episodes.len() as u64,
        right: episodes.iter().filter(is_right).count() as u64,
        spells: spells_judged.len() as u64,
        foreseen: leads.len() as u64,
        lead_days: median(leads),
    })
}

fn spells(asked: &[Asked], observed: &BTreeMap<Date, f64>) -> Vec<Spell> {
    let mut spells: Vec<Spell> = Vec::new();
    let exceeds =
        |asked: &&Asked| observed.get(&asked.day).zip(asked.threshold).is_some_and(|(value, too)| *value > too);
    for Asked { day, .. } in asked.iter().filter(exceeds) {
        let joins = |spell: &&mut Spell| i64::from((*day - spell.last).get_days()) <= SPELL_GAP_DAYS_MAX + 1;
        match spells.last_mut().filter(joins) {
            Some(spell) => spell.last = *day,
            None => spells.push(Spell { first: *day, last: *day }),
        }
    }
    spells
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

#[cfg(test)]
mod tests {
    use super::{Past, Replay, replay, track_record};
    use crate::{Rule, Threshold};
    use jiff::{Timestamp, ToSpan as _, civil::Date, civil::date};
    use tidemark_domain::forecast::QUANTILE_LEVELS;
    use tidemark_domain::{ForecastPoint, PeriodKind, SeriesKey, TrackRecord};

    /// Days ahead that the rule looks at.
    const HORIZON: u16 = 4;

    fn day(number: i64) -> Date {
        date(2024, 1, 1).saturating_add(number.days())
    }

    fn key() -> SeriesKey {
        SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        }
    }

    fn rule(threshold: Threshold) -> Rule {
        let rule = Rule::on("mh.stress");
        Rule { threshold, probability: 0.7, clear_probability: 0.4, horizon_days: HORIZON, ..rule }
    }

    /// From one origin, a forecast that exceeds `level` with the same probability on each day ahead.
    fn forecast(origin: i64, level: f64, probability: f64) -> impl Iterator<Item = ForecastPoint> {
        (1..=HORIZON).map(move |horizon_days| ForecastPoint {
            key: key(),
            model: "tidemark".into(),
            origin: day(origin),
            horizon_days,
            target: day(origin + i64::from(horizon_days)),
            quantiles: QUANTILE_LEVELS.map(|quantile| level + (quantile - (1.0 - probability)) * 0.1),
            ranks: Vec::new(),
            issued_at: Timestamp::UNIX_EPOCH,
        })
    }

    /// Days from the first on: `#` above the threshold, `.` below, `?` not observed; then days below, to a month.
    fn history(text: &str) -> Vec<(Date, Option<f64>)> {
        let marks = text.chars().chain(std::iter::repeat('.')).take(30);
        let value = |mark| match mark {
            '#' => Some(0.9),
            '.' => Some(0.1),
            _ => None,
        };
        (0..).map(day).zip(marks.map(value)).collect()
    }

    /// The record of a month whose first origin is its first day and says nothing, with what later origins say.
    fn record(text: &str, said: &[(i64, f64)]) -> TrackRecord {
        let (rule, key) = (rule(Threshold::Absolute(0.5)), key());
        let quiet = forecast(0, 0.5, 0.1);
        let forecasts: Vec<_> = quiet.chain(said.iter().flat_map(|(origin, p)| forecast(*origin, 0.5, *p))).collect();
        let past = Past { rule: &rule, key: &key, history: &history(text), forecasts: &forecasts };
        let record = track_record(&past).expect("a month");
        // Asked from the day after the first origin; the last four days have not yet seen what came.
        assert_eq!((record.from, record.to, record.judged_days), (day(1), day(25), 25));
        record
    }

    /// Episodes, right ones, spells, foreseen ones, lead.
    fn told(record: &TrackRecord) -> (u64, u64, u64, u64, Option<f64>) {
        (record.episodes, record.right, record.spells, record.foreseen, record.lead_days)
    }

    #[test]
    fn right_wrong_and_silent() {
        // Origin 7 decides on day 8, and speaks of days 8 to 11.
        let raised = [(7, 0.9)];
        let right = record("..........###", &raised);
        assert_eq!(told(&right), (1, 1, 1, 1, Some(2.0)));
        let wrong = record("", &raised);
        assert_eq!(told(&wrong), (1, 0, 0, 0, None));
        assert_eq!((wrong.ppv().value(), wrong.sensitivity().value()), (Some(0.0), None));
        assert_eq!(wrong.false_alarms_per_month(), Some(1.2));
        let silent = record("..........###", &[(7, 0.6)]);
        assert_eq!(told(&silent), (0, 0, 1, 0, None));
        assert_eq!((silent.ppv().value(), silent.sensitivity().value()), (None, Some(0.0)));
        let early = record("............###", &raised);
        assert_eq!(told(&early), (1, 0, 1, 0, None), "the spell begins after the last day it spoke of");
    }

    #[test]
    fn a_late_alert_is_right_and_has_foreseen_nothing() {
        assert_eq!(told(&record("..........#####", &[(11, 0.9)])), (1, 1, 1, 0, None));
        let on_the_day = record("..........#####", &[(9, 0.9)]);
        assert_eq!(told(&on_the_day), (1, 1, 1, 1, Some(0.0)));
    }

    #[test]
    fn an_alert_that_stays_open_is_judged_by_its_own_days() {
        let still_open: Vec<_> = (7..30).map(|origin| (origin, 0.9)).collect();
        assert_eq!(told(&record("..........#", &still_open)), (1, 1, 1, 1, Some(2.0)));
        assert_eq!(told(&record("............#", &still_open)), (1, 0, 1, 0, None));
    }

    #[test]
    fn what_is_too_near_the_end_is_not_judged() {
        // Raised on day 26, resolved on day 27.
        assert_eq!(told(&record("", &[(25, 0.9), (26, 0.1)])), (0, 0, 0, 0, None));
        assert_eq!(told(&record("..........................#", &[])), (0, 0, 0, 0, None));
    }

    #[test]
    fn a_spell_bridges_three_days_and_one_that_stands_at_the_beginning_is_nobodys_miss() {
        assert_eq!(record("..........#...#", &[]).spells, 1);
        assert_eq!(record("..........#....#", &[]).spells, 2);
        assert_eq!(record(".##", &[]).spells, 0);
        assert_eq!(record(".#..#.....#", &[]).spells, 1);
    }

    #[test]
    fn a_spell_that_stands_when_the_rule_first_has_a_threshold_is_nobodys_miss() {
        let (rule, key) = (rule(Threshold::Quantile { q: 0.95, window_days: 56 }), key());
        let spell_on = |first: i64| {
            let value = |number: i64| if (first..first + 2).contains(&number) { 0.9 } else { 0.1 };
            let history: Vec<_> = (0..60).map(|number| (day(number), Some(value(number)))).collect();
            // Eleven days do not say what is usual, thirty-one do.
            let forecasts: Vec<_> = forecast(10, 0.1, 0.1).chain(forecast(30, 0.1, 0.1)).collect();
            track_record(&Past { rule: &rule, key: &key, history: &history, forecasts: &forecasts }).expect("a month")
        };
        assert_eq!((spell_on(31).from, spell_on(31).spells), (day(31), 0));
        assert_eq!((spell_on(32).from, spell_on(32).spells), (day(31), 1));
    }

    #[test]
    fn an_alert_whose_days_nobody_saw_is_not_judged() {
        assert_eq!(told(&record(".........???", &[(7, 0.9)])), (0, 0, 0, 0, None));
        assert_eq!(told(&record("..........??", &[(7, 0.9)])), (1, 0, 0, 0, None));
    }

    #[test]
    fn an_alert_speaks_of_no_day_that_its_forecast_does_not() {
        let (rule, key) = (Rule { horizon_days: 2 * HORIZON, ..rule(Threshold::Absolute(0.5)) }, key());
        let forecasts: Vec<_> = forecast(0, 0.5, 0.1).chain(forecast(7, 0.5, 0.9)).collect();
        let past = Past { rule: &rule, key: &key, history: &history("............#"), forecasts: &forecasts };
        let raised: Vec<_> = replay(&past).episodes.iter().map(|one| (one.raised_on, one.speaks_until)).collect();
        assert_eq!(raised, [(day(8), day(11))]);
        assert_eq!(track_record(&past).map(|record| told(&record)), Some((1, 0, 1, 0, None)));
    }

    #[test]
    fn the_median_is_over_spells() {
        // Raised on days 3 and 12; spells begin on days 5, 12 and 20, of which nobody warned.
        let two = record(".....#......#.......#", &[(2, 0.9), (6, 0.1), (11, 0.9)]);
        assert_eq!(told(&two), (2, 2, 3, 2, Some(1.0)));
    }

    #[test]
    fn without_forecasts_or_days_after_them_there_is_no_record() {
        let (rule, key, history) = (rule(Threshold::Absolute(0.5)), key(), history(""));
        let of =
            |forecasts: &[ForecastPoint]| track_record(&Past { rule: &rule, key: &key, history: &history, forecasts });
        assert_eq!(of(&[]), None);
        assert_eq!(of(&forecast(26, 0.5, 0.9).collect::<Vec<_>>()), None);
        assert_eq!(of(&forecast(23, 0.5, 0.9).collect::<Vec<_>>()).map(|record| record.judged_days), Some(2));
    }

    /// What a replay had said by the end of `last`.
    fn said_by(mut replay: Replay, last: Date) -> Replay {
        replay.days.retain(|asked| asked.day <= last);
        replay.episodes.retain(|episode| episode.raised_on <= last);
        replay.episodes.iter_mut().for_each(|one| one.resolved_on = one.resolved_on.filter(|day| *day <= last));
        replay
    }

    #[test]
    fn nothing_after_an_origin_changes_what_was_decided_from_it() {
        let (rule, key) = (rule(Threshold::Quantile { q: 0.95, window_days: 56 }), key());
        let value = |number: i64| 0.1 + (number * 37 % 19) as f64 / 100.0;
        let probability = |number: i64| 0.02 + (number * 53 % 97) as f64 / 100.0;
        let replayed = |cut: i64| {
            // Beyond the cut everything is another.
            let history: Vec<_> =
                (0..160).map(|n| (day(n), Some(if n > cut { 0.9 - value(n) } else { value(n) }))).collect();
            let forecasts: Vec<_> = (28..160)
                .step_by(3)
                .flat_map(|n| forecast(n, 0.27, if n > cut { 1.0 - probability(n) } else { probability(n) }))
                .collect();
            replay(&Past { rule: &rule, key: &key, history: &history, forecasts: &forecasts })
        };
        let whole = replayed(i64::MAX);
        assert!(whole.episodes.len() > 5, "{whole:?}");
        for cut in [30, 61, 97, 130] {
            let until = day(cut + 1);
            assert_eq!(said_by(replayed(cut), until), said_by(whole.clone(), until), "{cut}");
        }
    }
}
