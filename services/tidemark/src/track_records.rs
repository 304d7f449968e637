//! *Track records*: every alert rule, tried on the past of every series it watches. Services do not know each other, so the
//! program hands the forecasts of one to the other.

use crate::config::Config;
use jiff::civil::Date;
use tidemark_alert::Rule;
use tidemark_alert::track_record::{Past, track_record};
use tidemark_domain::{SeriesKey, TrackRecord};
use tidemark_forecast::past::{LookBack, Panel, last_month_end};
use tidemark_forecast::{Error, Progress};
use tidemark_query::Session;

/// Days looked back at where nothing else is asked: a year has every season once.
pub(crate) const DAYS: u32 = 365;
/// Days between origins where nothing else is asked. A forecast a day costs seven times as much, and half of an alert's
/// fortnight is still to come when a week-old forecast is replaced.
pub(crate) const STEP_DAYS: u16 = 7;

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
        let month_end = last_month_end(session, &settings, last_complete_day).await?;
        let Some(until) = until.map(|day| day.min(last_complete_day)).or(month_end) else { return Ok(None) };
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
