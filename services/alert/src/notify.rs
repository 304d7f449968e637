//! A *notice* tells people of an alert: a line of the log, and a webhook.

use crate::{Error, metrics};
use serde::Serialize;
use std::collections::VecDeque;
use std::time::Duration;
use tidemark_domain::alert::{Alert, AlertState};

/// Notices that wait for a webhook; beyond it the oldest is given up, and counted.
const WAITING_MAX: usize = 1_000;
/// A receiver that takes longer has not received.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a webhook is sent, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// The episode; the same in every notice about it.
    pub id: String,
    /// The rule's name.
    pub rule: String,
    /// `open` or `resolved`.
    pub state: &'static str,
    /// Where the posts come from.
    pub source: String,
    /// Place code, or `all`.
    pub region: String,
    /// Language code, or `all`.
    pub language: String,
    /// The marker.
    pub marker: String,
    /// On the series' own scale.
    pub threshold: f64,
    /// The largest P(value > threshold) within the horizon.
    pub probability: f64,
    /// The day it is reached.
    pub peak_day: String,
    /// Days from the last observed day to that one.
    pub lead_days: i64,
    /// The last observed day.
    pub origin: String,
    /// All of it in one sentence.
    pub sentence: String,
}

impl From<&Alert> for Notice {
    fn from(alert: &Alert) -> Self {
        Self {
            id: alert.id.clone(),
            rule: alert.rule.clone(),
            state: alert.state.code(),
            source: alert.key.source.clone(),
            region: alert.key.region.clone(),
            language: alert.key.language.clone(),
            marker: alert.key.marker.clone(),
            threshold: alert.threshold,
            probability: alert.probability,
            peak_day: alert.peak_day.to_string(),
            lead_days: alert.lead_days(),
            origin: alert.origin.to_string(),
            sentence: sentence(alert),
        }
    }
}

/// The alert as one plain sentence.
#[must_use]
pub fn sentence(alert: &Alert) -> String {
    let place = match alert.key.region.as_str() {
        tidemark_domain::series::ALL => "all regions".to_owned(),
        region => region.to_owned(),
    };
    match alert.state {
        AlertState::Open => format!(
            "{} in {place} ({}) will probably exceed {:.2} % within {} days: {:.0} % on {}.",
            alert.key.marker,
            alert.key.source,
            alert.threshold * 100.0,
            alert.lead_days(),
            alert.probability * 100.0,
            alert.peak_day
        ),
        AlertState::Resolved => format!(
            "{} in {place} ({}) is no longer expected to exceed {:.2} %.",
            alert.key.marker,
            alert.key.source,
            alert.threshold * 100.0
        ),
    }
}

/// Delivers notices.
#[derive(Debug)]
pub struct Notifier {
    client: reqwest::Client,
    webhook: Option<String>,
    waiting: VecDeque<Notice>,
}

impl Notifier {
    /// Notices go to the log and, where one is given, to `webhook`.
    ///
    /// # Errors
    /// Where the HTTP client cannot be started.
    pub fn new(webhook: Option<String>) -> Result<Self, Error> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(Error::Client)?;
        Ok(Self { client, webhook, waiting: VecDeque::new() })
    }

    /// Tells of an alert: a line of the log at once, the webhook at the next [`Notifier::deliver`].
    pub fn tell(&mut self, alert: &Alert) {
        let notice = Notice::from(alert);
        metrics::changed(notice.state);
        tracing::info!(alert = %notice.id, state = notice.state, "{}", notice.sentence);
        if self.webhook.is_none() {
            return;
        }
        self.waiting.push_back(notice);
        if self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
            metrics::undelivered();
        }
    }

    /// Sends the webhook what waits, in order, until it fails once; what is left waits for the next call.
    pub async fn deliver(&mut self) {
        let Some(webhook) = &self.webhook else { return };
        while let Some(notice) = self.waiting.front() {
            let answer = self.client.post(webhook).json(notice).send().await;
            if let Err(error) = answer.and_then(reqwest::Response::error_for_status) {
                // The address may hold a token: say what went wrong, not where.
                let waiting = self.waiting.len();
                tracing::warn!(waiting, "the webhook was not told and is tried again: {}", error.without_url());
                return;
            }
            self.waiting.pop_front();
        }
    }

    /// Notices that the webhook has not taken yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
