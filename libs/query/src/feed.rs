//! What feeds brought: the facts by which days are told on which a feed changed and not the people.

use crate::columns::Columns;
use crate::readers::{collect, conditions};
use crate::{Error, SeriesFilter, Session};
use arrow::array::RecordBatch;
use jiff::civil::Date;
use tidemark_surveillance::artefacts::Facts;

/// What one source's feed brought on consecutive days: rows of the view `feed_facts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFacts {
    /// The source. All of its regions are one feed.
    pub source: String,
    /// The first of the days.
    pub first: Date,
    /// Facts of one day each, in order and without a hole: a day without posts is a day of silence.
    pub days: Vec<Facts>,
}

impl Session {
    /// The view `feed_facts`, by source; the filter's source and dates count. Of the ledger only days from `from` to
    /// `to` are read. `to` is the last day that has ended: a feed that stopped is silent until then.
    ///
    /// # Errors
    /// [`Error::Execute`].
    pub async fn feed_facts(&self, filter: &SeriesFilter) -> Result<Vec<FeedFacts>, Error> {
        let frame = self.feed_facts_between(filter.from, filter.to).await?;
        let conditions = conditions(filter, &["source"], "day");
        let mut feeds: Vec<FeedFacts> = Vec::new();
        for batch in &collect(frame, conditions, &["source", "day"]).await? {
            let columns = Columns(batch);
            let days = columns.keys("source")?.into_iter().zip(columns.days("day")?).zip(facts(batch)?);
            for ((source, day), facts) in days {
                match feeds.last_mut() {
                    Some(feed) if feed.source == source => feed.days.push(facts),
                    _ => feeds.push(FeedFacts { source, first: day, days: vec![facts] }),
                }
            }
        }
        Ok(feeds)
    }
}

/// The facts of each row.
fn facts(batch: &RecordBatch) -> Result<Vec<Facts>, Error> {
    let columns = Columns(batch);
    let (posts, authors) = (columns.counts("posts")?, columns.integers("authors")?);
    let (duplicates, rejected) = (columns.counts("duplicates")?, columns.counts("rejected")?);
    let (bots, silent_hours) = (columns.counts("bots")?, columns.counts("silent_hours")?);
    let (languages, parts) = (columns.text_lists("languages")?, columns.number_lists("posts_by_language")?);
    let instruments = columns.texts("instrument")?;
    let rows = languages.into_iter().zip(parts).zip(instruments).enumerate();
    let facts = rows.map(|(row, ((languages, parts), instrument))| Facts {
        posts: posts[row],
        authors: authors[row],
        duplicates: duplicates[row],
        rejected: rejected[row],
        bots: bots[row],
        // Which posts are copies is told within a period, and a feed has none.
        copies: None,
        silent_hours: u8::try_from(silent_hours[row]).ok(),
        parts: languages.into_iter().zip(parts.into_iter().map(|posts| posts as u64)).collect(),
        instrument: instrument.filter(|versions| !versions.is_empty()),
    });
    Ok(facts.collect())
}
