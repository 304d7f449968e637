//! A *notice* tells people of an alert: a line of the log, and a webhook.

use crate::outbox::Outbox;
use crate::{Error, metrics};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;
use tidemark_domain::alert::{Alert, AlertState};

/// How often a receiver may refuse a notice (an answer 4xx) before it is given up, so that those behind it come through.
const REFUSALS_MAX: u32 = 5;
/// Refusals that pass: the receiver asks for patience.
const PASSING: [reqwest::StatusCode; 2] =
    [reqwest::StatusCode::REQUEST_TIMEOUT, reqwest::StatusCode::TOO_MANY_REQUESTS];
/// A receiver that takes longer has not received.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a webhook is sent, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The episode; the same in every notice about it.
    pub id: String,
    /// The rule's name.
    pub rule: String,
    /// `open` or `resolved`.
    pub state: String,
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
            state: alert.state.code().to_owned(),
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

impl Notice {
    /// Whether it says of an episode what `other` says.
    pub(crate) fn is_about_the_same(&self, other: &Self) -> bool {
        (&self.id, &self.state) == (&other.id, &other.state)
    }
}

/// Delivers notices.
#[derive(Debug)]
pub struct Notifier {
    client: reqwest::Client,
    webhook: Option<String>,
    outbox: Outbox,
    /// How often the first of the outbox was refused.
    refusals: u32,
}

impl Notifier {
    /// Notices go to the log and, where one is given, to `webhook`; those it has not taken yet lie in the file `outbox`.
    ///
    /// # Errors
    /// Where the HTTP client cannot be started or the outbox cannot be read.
    pub fn new(webhook: Option<String>, outbox: &Path) -> Result<Self, Error> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(Error::Client)?;
        Ok(Self { client, webhook, outbox: Outbox::open(outbox)?, refusals: 0 })
    }

    /// Tells of alerts: a line of the log each at once, the webhook at the next [`Notifier::deliver`], whatever happens to
    /// this process until then.
    ///
    /// # Errors
    /// Where the outbox cannot be written.
    pub fn tell<'a>(&mut self, alerts: impl Iterator<Item = &'a Alert>) -> Result<(), Error> {
        let mut notices = Vec::new();
        for alert in alerts {
            let notice = Notice::from(alert);
            metrics::changed(alert.state.code());
            tracing::info!(alert = %notice.id, state = notice.state, "{}", notice.sentence);
            notices.push(notice);
        }
        if self.webhook.is_some() {
            let given_up = self.outbox.put(notices)?;
            (0..given_up).for_each(|_| metrics::undelivered());
        }
        Ok(())
    }

    /// Sends the webhook what waits, in order, until it fails once; what is left waits for the next call.
    ///
    /// # Errors
    /// Where the outbox cannot be written.
    pub async fn deliver(&mut self) -> Result<(), Error> {
        let Some(webhook) = &self.webhook else { return Ok(()) };
        while let Some(notice) = self.outbox.first() {
            let answer = self.client.post(webhook).json(notice).send().await;
            if let Err(error) = answer.and_then(reqwest::Response::error_for_status) {
                let refused = error.status().filter(|status| status.is_client_error() && !PASSING.contains(status));
                self.refusals += u32::from(refused.is_some());
                // The address may hold a token: say what went wrong, not where.
                let (waiting, error) = (self.outbox.len(), error.without_url());
                if self.refusals < REFUSALS_MAX {
                    tracing::warn!(waiting, "the webhook was not told and is tried again: {error}");
                    return Ok(());
                }
                tracing::error!(alert = %notice.id, "the webhook refuses this notice, which is given up: {error}");
                metrics::undelivered();
            }
            self.refusals = 0;
            self.outbox.remove_first()?;
        }
        Ok(())
    }

    /// Notices that the webhook has not taken yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }
}
