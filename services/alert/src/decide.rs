//! The *decision*: what a forecast means for an episode. A pure function of the facts.

use crate::Rule;
use jiff::{Timestamp, civil::Date};
use tidemark_domain::alert::{Alert, AlertState};
use tidemark_domain::forecast::exceedance;
use tidemark_domain::{ForecastPoint, SeriesKey};

/// What is known when a decision is made.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The series.
    pub key: &'a SeriesKey,
    /// The open episode of this rule on this series, if there is one.
    pub open: Option<&'a Alert>,
    /// Observed values up to the forecast's origin, in the order of time.
    pub history: &'a [(Date, Option<f64>)],
    /// One model's forecast from one origin.
    pub forecast: &'a [ForecastPoint],
    /// When the decision is made.
    pub now: Timestamp,
}

/// What becomes of the episode.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// A new episode begins: write it and tell.
    Raise(Alert),
    /// The episode goes on, with newer numbers: write it.
    Update(Alert),
    /// The episode is over: write it and tell.
    Resolve(Alert),
    /// Nothing changed.
    Nothing,
}

/// Decides.
///
/// The probability is that of the likeliest day within the horizon. That of any day (`exceedance_within`) is no measure
/// here: a rule's threshold is one of days, and some day of an ordinary fortnight lies above the highest twentieth. An open episode keeps the threshold it was raised at, because a trailing quantile would follow the surge up.
#[must_use]
pub fn decide(facts: &Facts<'_>) -> Decision {
    let Facts { rule, key, open, history, forecast, now } = *facts;
    let threshold = match open {
        Some(open) => open.threshold,
        None => match rule.threshold_at(history) {
            Some(threshold) => threshold,
            None => return Decision::Nothing,
        },
    };
    // Old data being read is no reason to warn of days that are over.
    let today = today(now);
    let likeliest = forecast
        .iter()
        .filter(|point| point.horizon_days <= rule.horizon_days && point.target >= today)
        .map(|point| (exceedance(&point.quantiles, threshold), point))
        // The first of equals: the earliest day.
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let Some((probability, point)) = likeliest else {
        // No day of it is still to come: what an open episode warned of is over, or its feed is.
        return open.map_or(Decision::Nothing, |open| Decision::Resolve(closed(open, now)));
    };
    let episode = |state, id, raised_origin| Alert {
        id,
        rule: rule.name.clone(),
        key: key.clone(),
        state,
        threshold,
        probability,
        peak_day: point.target,
        origin: point.origin,
        raised_origin,
        issued_at: now,
    };
    match open {
        None if probability >= rule.probability => {
            Decision::Raise(episode(AlertState::Open, id(rule, key, point.origin), point.origin))
        }
        None => Decision::Nothing,
        Some(open) if point.origin < open.origin => Decision::Nothing,
        Some(open) if probability < rule.clear_probability => {
            Decision::Resolve(episode(AlertState::Resolved, open.id.clone(), open.raised_origin))
        }
        Some(open) if (probability, point.target, point.origin) != (open.probability, open.peak_day, open.origin) => {
            Decision::Update(episode(AlertState::Open, open.id.clone(), open.raised_origin))
        }
        Some(_) => Decision::Nothing,
    }
}

/// The day it is.
#[must_use]
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// An episode that ends without a newer forecast: its numbers are the last ones there were.
#[must_use]
pub fn closed(open: &Alert, now: Timestamp) -> Alert {
    Alert { state: AlertState::Resolved, issued_at: now, ..open.clone() }
}

/// Names the episode: the same rule raised on the same series from the same origin is the same episode.
fn id(rule: &Rule, key: &SeriesKey, origin: Date) -> String {
    let digest = blake3::hash(format!("{}\n{key}\n{origin}", rule.name).as_bytes());
    digest.to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Decision, Facts, decide};
    use crate::{Rule, Threshold};
    use jiff::{Timestamp, ToSpan, civil::Date, civil::date};
    use tidemark_domain::alert::{Alert, AlertState};
    use tidemark_domain::forecast::QUANTILE_LEVELS;
    use tidemark_domain::{ForecastPoint, PeriodKind, SeriesKey};

    fn key() -> SeriesKey {
        SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        }
    }

    fn rule() -> Rule {
        Rule { threshold: Threshold::Absolute(0.5), probability: 0.7, clear_probability: 0.4, ..Rule::on("mh.stress") }
    }

    /// A forecast whose P(value > 0.5) on day `h` is `probabilities[h - 1]`.
    fn forecast(origin: Date, probabilities: &[f64]) -> Vec<ForecastPoint> {
        (1_u16..)
            .zip(probabilities)
            .map(|(horizon_days, probability)| ForecastPoint {
                key: key(),
                model: "tidemark".into(),
                origin,
                horizon_days,
                target: origin.saturating_add(i64::from(horizon_days).days()),
                quantiles: QUANTILE_LEVELS.map(|level| 0.5 + (level - (1.0 - probability)) * 0.1),
                ranks: Vec::new(),
                issued_at: Timestamp::UNIX_EPOCH,
            })
            .collect()
    }

    fn decided(open: Option<&Alert>, forecast: &[ForecastPoint]) -> Decision {
        let (rule, key) = (rule(), key());
        decide(&Facts { rule: &rule, key: &key, open, history: &[], forecast, now: Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn it_is_raised_on_the_likeliest_day() {
        let Decision::Raise(alert) = decided(None, &forecast(date(2024, 5, 1), &[0.2, 0.75, 0.6])) else {
            panic!("not raised")
        };
        assert_eq!((alert.peak_day, alert.lead_days(), alert.state), (date(2024, 5, 3), 2, AlertState::Open));
        assert!((alert.probability - 0.75).abs() < 1e-9);
    }

    #[test]
    fn days_beyond_the_horizon_do_not_count() {
        let mut late = vec![0.1; 14];
        late.push(0.99);
        assert_eq!(decided(None, &forecast(date(2024, 5, 1), &late)), Decision::Nothing);
    }

    #[test]
    fn a_probability_that_flaps_around_the_level_is_one_episode() {
        let mut open: Option<Alert> = None;
        let (mut raised, mut resolved, mut ids) = (0, 0, std::collections::BTreeSet::new());
        for (day, probability) in [0.65, 0.72, 0.66, 0.71, 0.5, 0.73, 0.41, 0.39, 0.5, 0.69].into_iter().enumerate() {
            let origin = date(2024, 5, 1).saturating_add((day as i64).days());
            match decided(open.as_ref(), &forecast(origin, &[probability])) {
                Decision::Raise(alert) => {
                    raised += 1;
                    ids.insert(alert.id.clone());
                    open = Some(alert);
                }
                Decision::Update(alert) => {
                    ids.insert(alert.id.clone());
                    open = Some(alert);
                }
                Decision::Resolve(alert) => {
                    resolved += 1;
                    ids.insert(alert.id.clone());
                    open = None;
                }
                Decision::Nothing => {}
            }
        }
        assert_eq!((raised, resolved, ids.len()), (1, 1, 1));
    }

    #[test]
    fn nobody_is_warned_of_days_that_are_over() {
        let (rule, key) = (rule(), key());
        let points = forecast(date(2024, 5, 1), &[0.99, 0.8]);
        let now = "2024-05-03T12:00:00Z".parse().expect("a time");
        let facts = Facts { rule: &rule, key: &key, open: None, history: &[], forecast: &points, now };
        let Decision::Raise(alert) = decide(&facts) else { panic!("not raised") };
        assert_eq!(alert.peak_day, date(2024, 5, 3));
        let later = "2024-05-04T00:00:00Z".parse().expect("a time");
        assert_eq!(decide(&Facts { now: later, ..facts }), Decision::Nothing);
        // The feed went quiet: the episode ends with the days it spoke of.
        let Decision::Resolve(over) = decide(&Facts { now: later, open: Some(&alert), ..facts }) else {
            panic!("not resolved")
        };
        assert_eq!((over.id, over.state, over.issued_at), (alert.id, AlertState::Resolved, later));
    }

    #[test]
    fn the_same_forecast_again_changes_nothing() {
        let points = forecast(date(2024, 5, 1), &[0.8]);
        let Decision::Raise(alert) = decided(None, &points) else { panic!("not raised") };
        assert_eq!(decided(Some(&alert), &points), Decision::Nothing);
    }

    #[test]
    fn an_open_episode_keeps_its_threshold() {
        let points = forecast(date(2024, 5, 1), &[0.8]);
        let Decision::Raise(mut alert) = decided(None, &points) else { panic!("not raised") };
        alert.threshold = 0.0;
        let Decision::Update(updated) = decided(Some(&alert), &forecast(date(2024, 5, 2), &[0.1])) else {
            panic!("not updated")
        };
        assert!(updated.probability > 0.98 && updated.threshold == 0.0);
    }

    #[test]
    fn without_history_there_is_no_trailing_threshold_and_no_alert() {
        let (rule, key) = (Rule::on("mh.stress"), key());
        let points = forecast(date(2024, 5, 1), &[0.99]);
        let facts =
            Facts { rule: &rule, key: &key, open: None, history: &[], forecast: &points, now: Timestamp::UNIX_EPOCH };
        assert_eq!(decide(&facts), Decision::Nothing);
    }
}
