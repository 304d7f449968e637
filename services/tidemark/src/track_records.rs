//! *Track records*: every alert rule, tried on the past of every series it watches. Services do not know each other, so the
//! program hands the forecasts of one to the other.

use crate::commands::forecast::failure;
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use jiff::Timestamp;
use jiff::civil::Date;
use std::ops::ControlFlow;
use std::time::Duration;
use tidemark_alert::Rule;
use tidemark_alert::track_record::{Past, track_record};
use tidemark_domain::{SeriesKey, TrackRecord, time::Zones};
use tidemark_forecast::past::{LookBack, Panel, Reach, on_one_core};
use tidemark_forecast::{Error, Progress};
use tidemark_query::{Session, TrackRecords};
use tokio_util::sync::CancellationToken;

/// Days looked back at where nothing else is asked: a year has every season once.
pub(crate) const DAYS: u32 = 365;
/// Days between origins where nothing else is asked. A forecast a day costs seven times as much, and half of an alert's
/// fortnight is still to come when a week-old forecast is replaced.
pub(crate) const STEP_DAYS: u16 = 7;
/// Between looks at whether a month has ended. What a look finds is computed once the next finds the same: while a past is
/// read in, each would find another.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The past that rules are tried on.
pub(crate) struct Look {
    panel: Panel,
    look_back: LookBack,
    settings: tidemark_forecast::Settings,
}

/// What came of it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tried {
    /// In the order of the rules, then of the series.
    pub(crate) records: Vec<TrackRecord>,
    /// Rules and their series of which no day can be judged.
    pub(crate) without: Vec<(String, SeriesKey)>,
    /// Rules that watch no series that is forecast.
    pub(crate) idle: Vec<String>,
}

impl Look {
    /// Reads the past up to `until`, or to the end of the last month where it is not said. `None` where no series is
    /// forecast.
    pub(crate) async fn read(
        session: &Session,
        config: &Config,
        (days, step_days): (u32, u16),
        until: Option<Date>,
        last_complete_day: Date,
    ) -> Result<Option<Self>, Error> {
        let settings = config.forecast.clone();
        let reach = Reach::of(session, &settings, last_complete_day).await?;
        let until = until.map(|day| day.min(last_complete_day)).or(reach.map(|reach| reach.until));
        let Some(until) = until else { return Ok(None) };
        // Of all rules, whichever is asked about: the same panel teaches the same network.
        let windows = config.alert.rules.iter().map(|rule| u32::from(rule.threshold.window_days()));
        let back_days = days.saturating_add(windows.max().unwrap_or(0));
        let panel = Panel::read(session, &settings, until, back_days).await?;
        Ok(Some(Self { panel, look_back: LookBack { until, days, step_days }, settings }))
    }

    /// The last day it sees.
    pub(crate) const fn until(&self) -> Date {
        self.look_back.until
    }

    /// Tries `rules`, on every core.
    pub(crate) fn tried(&self, rules: &[Rule], progress: Progress<'_>) -> Result<Tried, Error> {
        let is_watched = |key: &SeriesKey| rules.iter().any(|rule| rule.covers(key));
        let forecasts = self.panel.forecasts(&self.settings, &self.look_back, is_watched, progress)?;
        let mut tried = Tried::default();
        for rule in rules {
            let series: Vec<_> = self.panel.series().filter(|(key, _)| rule.covers(key)).collect();
            if series.is_empty() {
                tried.idle.push(rule.name.clone());
            }
            for (key, history) in series {
                let forecasts = forecasts.get(key).map(Vec::as_slice).unwrap_or_default();
                match track_record(&Past { rule, key, history, forecasts }) {
                    Some(record) => tried.records.push(record),
                    None => tried.without.push((rule.name.clone(), key.clone())),
                }
            }
        }
        Ok(tried)
    }
}

/// Keeps the records of the `rules` that a platform alerts by in the lake: computes them anew when a month has ended, when
/// the past has grown by half, and when a start brings other rules or settings. They are what
/// `tidemark alert backtest` prints of the same lake, but for what came late since.
pub(crate) async fn keep(
    session: &Session,
    config: &Config,
    rules: &[Rule],
    zones: &Zones,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut found, mut kept): (Option<Reach>, Option<(String, Reach)>) = (None, None);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = looks.tick() => {}
        }
        session.refresh().await.or_exit(Exit::Lake)?;
        let now = Timestamp::now();
        let last_day = zones.last_complete_day(now);
        let Some(reach) = Reach::of(session, &config.forecast, last_day).await.map_err(failure)? else { continue };
        if found.replace(reach) != Some(reach) {
            continue;
        }
        let basis = basis(config, rules, reach.until);
        if kept.is_none() {
            // What an earlier start has computed by the same is not computed again.
            let before = session.track_records().await.or_exit(Exit::Lake)?;
            kept = before.filter(|before| before.basis == basis).map(|_| (basis.clone(), reach));
        }
        if kept.as_ref().is_some_and(|(by, of)| *by == basis && !reach.is_new(of)) {
            continue;
        }
        let looked = Look::read(session, config, (DAYS, STEP_DAYS), Some(reach.until), last_day);
        let Some(look) = looked.await.map_err(failure)? else { continue };
        let (asked, stopped) = (rules.to_vec(), stop.clone());
        let go_on = move || if stopped.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let trying = move || on_one_core(move || look.tried(&asked, &|_, _| go_on()));
        let tried = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            tried = tokio::task::spawn_blocking(trying) => tried.or_exit(Exit::Unexpected)?.map_err(failure)?,
        };
        let (records, without) = (tried.records.len(), tried.without.len());
        let fresh = TrackRecords { basis: basis.clone(), issued_at: now, records: tried.records };
        match session.append_track_records(&fresh).await {
            Ok(()) => {
                tracing::info!(records, without, until = %reach.until, "track records");
                kept = Some((basis, reach));
            }
            // Another process keeps them too: what it wrote is found at the next look.
            Err(fault) if fault.is_fenced() => {
                tracing::warn!(%fault, "the track records are computed again at a later look");
                kept = None;
            }
            Err(error) => return Err(error).or_exit(Exit::Lake),
        }
    }
}

/// What records are computed by, in a form that can be compared: other rules, settings or days make other numbers, and so
/// may another version of the program.
fn basis(config: &Config, rules: &[Rule], until: Date) -> String {
    let by = serde_json::json!({
        "rules": rules,
        "every_rule": config.alert.rules,
        "forecast": config.forecast,
        "until": until,
        "days": DAYS,
        "step_days": STEP_DAYS,
        "version": env!("CARGO_PKG_VERSION"),
    });
    by.to_string()
}

#[cfg(test)]
mod tests {
    use super::basis;
    use crate::config::Config;
    use jiff::civil::date;

    #[test]
    fn another_rule_setting_or_month_makes_another_basis() {
        let config = Config::default();
        let (rules, until) = (config.alert.rules.clone(), date(2024, 4, 30));
        let before = basis(&config, &rules, until);
        assert_eq!(before, basis(&config.clone(), &rules, until));
        let mut stricter = rules.clone();
        stricter[0].probability = 0.9;
        let mut shorter = config.clone();
        shorter.forecast.history_days = 365;
        let others = [
            basis(&config, &stricter, until),
            basis(&config, &rules[1..], until),
            basis(&shorter, &rules, until),
            basis(&config, &rules, date(2024, 5, 31)),
        ];
        assert!(others.iter().all(|other| *other != before), "{others:?}");
    }
}
