//! The role: at every turn, each rule is held against each series it names, and what changed is written and told. Then
//! the [watch](crate::watch) looks at what was observed.

use crate::decide::{Decision, Facts, closed, decide, today};
use crate::notify::Notifier;
use crate::watch::Watch;
use crate::{Error, Rule, Settings, metrics};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tidemark_domain::alert::{Alert, AlertState};
use tidemark_domain::forecast::RECOMMENDED_MODEL;
use tidemark_domain::{ForecastPoint, PeriodKind, SeriesKey, time::Zones};
use tidemark_query::{SeriesFilter, Session, tables};
use tokio_util::sync::CancellationToken;

/// Evaluates every `settings.interval_s` until `stop`. `outbox` is the file of notices that the webhook has not taken
/// yet; `zones` say which day has ended everywhere.
///
/// # Errors
/// Where the lake or the outbox fails.
pub async fn run(
    session: &Session,
    settings: &Settings,
    outbox: &Path,
    clock: impl Fn() -> Timestamp,
    zones: &Zones,
    stop: CancellationToken,
) -> Result<(), Error> {
    let mut notifier = Notifier::new(settings.webhook.clone(), outbox)?;
    let mut turns = tokio::time::interval(Duration::from_secs(settings.interval_s.max(1)));
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut decided_on = None;
    let mut watch = Watch::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = turns.tick() => {}
        }
        session.refresh().await?;
        let now = clock();
        // Nothing new was forecast and no day has ended: nothing new can be decided.
        let basis = (session.versions().get(tables::FORECASTS).copied(), today(now));
        if decided_on != Some(basis) {
            let changes = evaluate(session, &settings.rules, now).await?;
            // Told before it is written: a crash between the two repeats a notice rather than losing it.
            notifier.tell(changes.iter().filter(|change| change.is_news).map(|change| &change.alert))?;
            let alerts: Vec<_> = changes.into_iter().map(|change| change.alert).collect();
            match session.append_alerts(&alerts).await {
                Ok(()) => decided_on = Some(basis),
                // Another alerter wrote first: what it wrote is seen at the next turn.
                Err(fault) if fault.is_fenced() => {
                    tracing::warn!(%fault, "the alerts are decided again at the next turn");
                }
                Err(error) => return Err(error.into()),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            delivered = notifier.deliver() => delivered?,
        }
        // Nothing is lost by leaving a look half-way: it is written at its end.
        let looked = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            looked = watch.look(session, &settings.rules, now, zones.last_complete_day(now)) => looked,
        };
        match looked {
            Err(Error::Lake(fault)) if fault.is_fenced() => {
                tracing::warn!(%fault, "the signals are decided again at the next turn");
            }
            looked => drop(looked?),
        }
    }
}

/// An episode as it now stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The episode.
    pub alert: Alert,
    /// It was raised or resolved: people must hear of it.
    pub is_news: bool,
}

/// Holds every rule against the latest forecasts; returns the episodes that changed.
///
/// # Errors
/// Where the lake cannot be read.
pub async fn evaluate(session: &Session, rules: &[Rule], now: Timestamp) -> Result<Vec<Change>, Error> {
    let known = session.alerts().await?;
    // A rule that is no longer there cannot end what it began.
    let orphaned = known
        .iter()
        .filter(|alert| alert.state == AlertState::Open)
        .filter(|alert| !rules.iter().any(|rule| rule.name == alert.rule && rule.covers(&alert.key)));
    let mut changed: Vec<_> = orphaned.map(|alert| Change { alert: closed(alert, now), is_news: true }).collect();
    for rule in rules {
        let filter = SeriesFilter {
            source: rule.source.clone(),
            region: rule.region.clone(),
            language: rule.language.clone(),
            markers: vec![rule.marker.clone()],
            period: Some(PeriodKind::Day),
            ..SeriesFilter::default()
        };
        let mut series: BTreeMap<SeriesKey, Vec<ForecastPoint>> = BTreeMap::new();
        for point in session.forecasts(&filter).await? {
            if point.model == RECOMMENDED_MODEL {
                series.entry(point.key.clone()).or_default().push(point);
            }
        }
        metrics::evaluated(series.len());
        if series.is_empty() {
            continue;
        }
        // One question for the rule, and not one for each of its series.
        let mut histories: BTreeMap<SeriesKey, Vec<(Date, Option<f64>)>> = BTreeMap::new();
        for point in session.series_points(&filter).await? {
            histories.entry(point.key).or_default().push((point.period.end, point.value));
        }
        for (key, forecast) in series {
            let origin = forecast.first().map(|point| point.origin);
            let mut history = histories.remove(&key).unwrap_or_default();
            history.retain(|(day, _)| Some(*day) <= origin);
            let open = known
                .iter()
                .find(|alert| alert.rule == rule.name && alert.key == key && alert.state == AlertState::Open);
            let facts = Facts { rule, key: &key, open, history: &history, forecast: &forecast, now };
            match decide(&facts) {
                Decision::Raise(alert) | Decision::Resolve(alert) => changed.push(Change { alert, is_news: true }),
                Decision::Update(alert) => changed.push(Change { alert, is_news: false }),
                Decision::Nothing => {}
            }
        }
    }
    Ok(changed)
}
