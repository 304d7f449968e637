//! *Track records*: every alert rule, tried on the past of every series it watches. Services do not know each other, so the
//! program hands the forecasts of one to the other.

use crate::commands::forecast::failure;
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tidemark_alert::Rule;
use tidemark_alert::track_record::{Past, track_record};
use tidemark_domain::{SeriesKey, TrackRecord, time::Zones};
use tidemark_forecast::past::{LookBack, Panel, Reach, counted_at, on_one_core};
use tidemark_forecast::{Error, Progress};
use tidemark_query::{Session, TrackRecords, tables};
use tokio_util::sync::CancellationToken;

/// Days looked back at where nothing else is asked: a year has every season once.
pub(crate) const DAYS: u32 = 365;
/// Days between origins where nothing else is asked. A forecast a day costs seven times as much, and half of an alert's
/// fortnight is still to come when a week-old forecast is replaced.
pub(crate) const STEP_DAYS: u16 = 7;
/// Turns of the role alert between looks at whether there is anything to compute. What a look finds is computed once the
/// next finds the same: while a past is read in, each would find another.
const TURNS_PER_LOOK: u32 = 6;
/// How long the keeper rests for the time it works: it takes a tenth of one core at most.
const REST_PER_WORK: u32 = 9;
/// Late posts and deletions count days of the past anew all the time: whether they did is asked so seldom.
const CHECK_AFTER: SignedDuration = SignedDuration::from_hours(24);

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
    /// Reads the past up to `until`, or to the end of the last month where it is not said. `None` where no series that is
    /// forecast shows a value by then.
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
        if panel.series().next().is_none() {
            return Ok(None);
        }
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
/// the past has grown by half, once a day where days of it were counted anew, and when a start finds others. They are what
/// `tidemark alert backtest` prints of the same lake.
pub(crate) async fn keep(
    session: &Session,
    config: &Config,
    rules: &[Rule],
    zones: &Zones,
    stop: CancellationToken,
) -> Result<(), Failure> {
    if rules.is_empty() {
        return Ok(());
    }
    let look_every = Duration::from_secs(config.alert.interval_s.max(1)).saturating_mul(TURNS_PER_LOOK);
    let (mut keeper, mut rest) = (Keeper::default(), Duration::ZERO);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(rest) => {}
        }
        let (started, now) = (Instant::now(), Timestamp::now());
        let last_day = zones.last_complete_day(now);
        // Nothing is lost by leaving a look half-way: what it finds is written at its end.
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            looked = keeper.look(session, config, rules, (now, last_day), &stop) => looked?,
        }
        rest = look_every.max(started.elapsed().saturating_mul(REST_PER_WORK));
    }
}

/// What a running keeper remembers. Only a shortcut: without it, the lake says what its records were computed by.
#[derive(Debug, Default)]
struct Keeper {
    /// How far the series reached at the last look.
    found: Option<Reach>,
    /// The version of the cells, and the last day that had ended, when two looks had last found the same.
    settled: Option<(Option<u64>, Date)>,
    kept: Option<Kept>,
}

/// What the lake's records were computed by.
#[derive(Debug)]
struct Kept {
    basis: String,
    reach: Reach,
    /// When they were found to be what would be computed.
    checked_at: Timestamp,
}

impl Keeper {
    /// Computes the records where they would be others, and writes them.
    async fn look(
        &mut self,
        session: &Session,
        config: &Config,
        rules: &[Rule],
        (now, last_day): (Timestamp, Date),
        stop: &CancellationToken,
    ) -> Result<(), Failure> {
        session.refresh().await.or_exit(Exit::Lake)?;
        let Some((reach, basis)) = self.due(session, config, rules, now, last_day).await? else { return Ok(()) };
        let started = Instant::now();
        let looked = Look::read(session, config, (DAYS, STEP_DAYS), Some(reach.until), last_day);
        let Some(look) = looked.await.map_err(failure)? else {
            // Everything is withheld: there is nothing to try rules on until more comes.
            self.kept = Some(Kept { basis, reach, checked_at: now });
            return Ok(());
        };
        let (asked, stopped) = (rules.to_vec(), stop.clone());
        let go_on = move || if stopped.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let trying = move || on_one_core(move || look.tried(&asked, &|_, _| go_on()));
        let tried = tokio::task::spawn_blocking(trying).await.or_exit(Exit::Unexpected)?.map_err(failure)?;
        let (records, without) = (tried.records.len(), tried.without.len());
        let fresh = TrackRecords { basis: basis.clone(), issued_at: now, records: tried.records };
        match session.append_track_records(&fresh).await {
            Ok(()) => {
                let seconds = started.elapsed().as_secs_f64();
                tracing::info!(records, without, until = %reach.until, seconds, "track records");
                self.kept = Some(Kept { basis, reach, checked_at: now });
            }
            // Another process keeps them too: what it wrote is found at the next look.
            Err(fault) if fault.is_fenced() => {
                tracing::warn!(%fault, "the track records are computed again at a later look");
                self.kept = None;
            }
            Err(error) => return Err(error).or_exit(Exit::Lake),
        }
        Ok(())
    }

    /// How far to look back from, and what records would be computed by, where they are not kept yet.
    async fn due(
        &mut self,
        session: &Session,
        config: &Config,
        rules: &[Rule],
        now: Timestamp,
        last_day: Date,
    ) -> Result<Option<(Reach, String)>, Failure> {
        let seen = (session.versions().get(tables::SERIES_CELLS).copied(), last_day);
        let is_old = self.kept.as_ref().is_none_or(|kept| now.duration_since(kept.checked_at) >= CHECK_AFTER);
        if !is_old && self.settled == Some(seen) {
            return Ok(None);
        }
        let Some(reach) = Reach::of(session, &config.forecast, last_day).await.map_err(failure)? else {
            return Ok(None);
        };
        if self.found.replace(reach) != Some(reach) {
            return Ok(None);
        }
        self.settled = Some(seen);
        if !is_old && self.kept.as_ref().is_some_and(|kept| !reach.is_new(&kept.reach)) {
            return Ok(None);
        }
        let counted_at = counted_at(session, &config.forecast, reach.until).await.map_err(failure)?;
        let basis = basis(config, rules, &reach, counted_at);
        let before = match &self.kept {
            Some(kept) => Some(kept.basis.clone()),
            None => session.track_records().await.or_exit(Exit::Lake)?.map(|kept| kept.basis),
        };
        if before.as_ref() == Some(&basis) {
            self.kept = Some(Kept { basis, reach, checked_at: now });
            return Ok(None);
        }
        Ok(Some((reach, basis)))
    }
}

/// What records are computed by, in a form that can be compared: other rules, settings, days or counts make other
/// numbers, and so may another version of the program.
fn basis(config: &Config, rules: &[Rule], reach: &Reach, counted_at: Option<Timestamp>) -> String {
    let by = serde_json::json!({
        "rules": rules,
        "every_rule": config.alert.rules,
        "forecast": config.forecast,
        "until": reach.until,
        "days_of_series": reach.days,
        "counted_at": counted_at,
        "days": DAYS,
        "step_days": STEP_DAYS,
        "probability": "of any day within the horizon",
        "version": env!("CARGO_PKG_VERSION"),
    });
    by.to_string()
}

#[cfg(test)]
mod tests {
    use super::{Reach, basis};
    use crate::config::Config;
    use jiff::civil::date;
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn another_rule_setting_month_or_count_makes_another_basis() {
        let config = Config::default();
        let (rules, counted_at) = (config.alert.rules.clone(), Some(Timestamp::UNIX_EPOCH));
        let april = Reach { until: date(2024, 4, 30), days: 500, days_in_all: 510 };
        let before = basis(&config, &rules, &april, counted_at);
        // Days after the last that is looked at change nothing.
        let later = Reach { days_in_all: 520, ..april };
        assert_eq!(before, basis(&config.clone(), &rules, &later, counted_at));
        let mut stricter = rules.clone();
        stricter[0].probability = 0.9;
        let mut shorter = config.clone();
        shorter.forecast.history_days = 365;
        let others = [
            basis(&config, &stricter, &april, counted_at),
            basis(&config, &rules[1..], &april, counted_at),
            basis(&shorter, &rules, &april, counted_at),
            basis(&config, &rules, &Reach { until: date(2024, 5, 31), ..april }, counted_at),
            basis(&config, &rules, &Reach { days: 501, ..april }, counted_at),
            basis(&config, &rules, &april, Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1))),
        ];
        assert!(others.iter().all(|other| *other != before), "{others:?}");
    }
}
