//! What is to be thought of the feeds behind the series: on suspect days the feed changed and not the people.

use jiff::{ToSpan as _, civil::Date};
use std::collections::BTreeMap;
use tidemark_query::{Error, SeriesFilter, SeriesSummary, Session};
use tidemark_surveillance::artefacts::{Assessment, Settings, assess};
use tokio::sync::OnceCell;

/// Days before a history from which a feed's usual is known on its first day: the 56 that are looked back at, and two
/// weeks after which a change is the new usual.
const USUAL_DAYS: i64 = 70;

/// Every source's feed, assessed once a turn, and only in a turn that needs it: the ledger is scanned for it.
pub(crate) struct Feeds<'a> {
    session: &'a Session,
    asked: SeriesFilter,
    assessed: OnceCell<BTreeMap<String, Assessment>>,
}

impl<'a> Feeds<'a> {
    /// The feeds behind `series`, as far back as a history of any of them may reach, and up to `last_day`.
    pub(crate) fn new(session: &'a Session, series: &[SeriesSummary], history_days: u32, last_day: Date) -> Self {
        let earliest = series.iter().map(|series| series.last).min().unwrap_or(last_day);
        let back = (i64::from(history_days) + USUAL_DAYS).days();
        let from = Some(earliest.saturating_sub(back));
        let asked = SeriesFilter { from, to: Some(last_day), ..SeriesFilter::default() };
        Self { session, asked, assessed: OnceCell::new() }
    }

    /// By source. A source whose ledger tells nothing is absent, and not accused.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub(crate) async fn assessed(&self) -> Result<&BTreeMap<String, Assessment>, Error> {
        self.assessed.get_or_try_init(|| self.assess()).await
    }

    async fn assess(&self) -> Result<BTreeMap<String, Assessment>, Error> {
        let settings = Settings::default();
        let feeds = self.session.feed_facts(&self.asked).await?.into_iter();
        Ok(feeds.map(|feed| (feed.source, assess(feed.first, &feed.days, &settings))).collect())
    }
}
