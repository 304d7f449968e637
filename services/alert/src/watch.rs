//! The *watch*: what feeds brought and what was counted of the watched markers is looked at whenever it changed, and
//! the signals that changed with it are written, and how far was looked.

use crate::signals::{self, Watched};
use crate::{Error, Rule, metrics};
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tidemark_domain::{Judgement, PeriodKind, Proportion, SeriesKey, Signal, SignalKind, series::ALL};
use tidemark_query::{SeriesFilter, SeriesSummary, Session, tables};

/// How long the watch rests for the time it looks: while a backfill changes cells all the time, looking takes no more
/// than a fifth of it.
const REST_PER_LOOK: u32 = 4;
/// Days that have ended are judged when none of them was issued anew for this long. While a past is being read in they
/// are, every few tens of seconds, and half of their posts look like an outage.
const QUIET: Duration = Duration::from_secs(60);
/// Posts that are always late keep nobody from judging for longer than this.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a running watch remembers. Only a shortcut: without it, everything is judged once and found to be known.
#[derive(Debug, Default)]
pub struct Watch {
    /// The version of the cells, and the last day that had ended, when all was last judged.
    seen: Option<(Option<u64>, Date)>,
    /// How far the watched series reached then, of days that had ended, and when any such day was last issued.
    judged: Option<(Date, Vec<SeriesSummary>)>,
    /// The same at the last look, and since when it is so.
    ended: Option<(Instant, Vec<SeriesSummary>)>,
    /// Since when nothing was judged because days that had ended were issued anew.
    restless: Option<Instant>,
    rest: Option<(Instant, Duration)>,
}

impl Watch {
    /// Judges the markers of `rules`, in every source and region, over all languages, and every feed, up to `last_day`,
    /// the last that has ended: a day that goes on is not yet what it will be. While a past is being read in, its days
    /// are not either: nothing is judged until they were quiet for a minute, or else, for ten minutes, as long as series
    /// reach farther than at the look before. Answers with the signals that it wrote; with none where nothing changed, or
    /// where it waits or rests.
    ///
    /// # Errors
    /// Where the lake fails.
    pub async fn look(
        &mut self,
        session: &Session,
        rules: &[Rule],
        now: Timestamp,
        last_day: Date,
    ) -> Result<Vec<Signal>, Error> {
        let seen = (session.versions().get(tables::SERIES_CELLS).copied(), last_day);
        if self.seen == Some(seen) || self.rest.is_some_and(|(since, rest)| since.elapsed() < rest) {
            return Ok(Vec::new());
        }
        let started = Instant::now();
        let filter = SeriesFilter {
            language: Some(ALL.to_owned()),
            markers: rules.iter().map(|rule| rule.marker.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
            period: Some(PeriodKind::Day),
            from: Some(signals::first_day(last_day)),
            to: Some(last_day),
            ..SeriesFilter::default()
        };
        // Posts of today change cells all the time, and nothing here.
        let ended = session.series_keys(&filter).await?;
        if !self.is_settled(&ended, started) {
            return Ok(Vec::new());
        }
        let judged = Some((last_day, ended));
        let is_news = self.judged != judged;
        let (changed, judgements) =
            if is_news { changed(session, &filter, now, last_day).await? } else { (Vec::new(), Vec::new()) };
        // Never the other way round: a day is not called judged before its signals can be read.
        session.append_signals(&changed).await?;
        session.append_judgements(&judgements).await?;
        tell(&changed);
        (self.seen, self.judged) = (Some(seen), judged);
        self.rest = Some((Instant::now(), started.elapsed() * REST_PER_LOOK));
        Ok(changed)
    }

    /// Whether days that have `ended`, as they are found `now`, may be judged.
    fn is_settled(&mut self, ended: &[SeriesSummary], now: Instant) -> bool {
        let before = self.ended.take();
        let (since, reaches_alike) = match &before {
            Some((since, before)) if before == ended => (*since, true),
            Some((_, before)) => (now, reach_alike(before, ended)),
            None => (now, false),
        };
        self.ended = Some((since, ended.to_vec()));
        let restless = *self.restless.get_or_insert(now);
        let is_settled =
            now.duration_since(since) >= QUIET || reaches_alike && now.duration_since(restless) >= PATIENCE;
        if is_settled {
            self.restless = None;
        }
        is_settled
    }
}

/// Whether two looks found the same series from the same first to the same last days.
fn reach_alike(before: &[SeriesSummary], now: &[SeriesSummary]) -> bool {
    let alike = |(a, b): (&SeriesSummary, &SeriesSummary)| (&a.key, a.first, a.last) == (&b.key, b.first, b.last);
    before.len() == now.len() && before.iter().zip(now).all(alike)
}

/// The signals that changed, and the sources that were judged to another day than was last said.
async fn changed(
    session: &Session,
    filter: &SeriesFilter,
    now: Timestamp,
    last_day: Date,
) -> Result<(Vec<Signal>, Vec<Judgement>), Error> {
    let feeds =
        session.feed_facts(&SeriesFilter { from: filter.from, to: filter.to, ..SeriesFilter::default() }).await?;
    let mut series: BTreeMap<String, BTreeMap<SeriesKey, BTreeMap<Date, Proportion>>> = BTreeMap::new();
    // A filter without markers lets every marker through, and without rules none is watched.
    let points = if filter.markers.is_empty() { Vec::new() } else { session.series_points(filter).await? };
    for point in points {
        let cells = series.entry(point.key.source.clone()).or_default().entry(point.key).or_default();
        if let (Some(k), Some(n)) = (point.k, point.n) {
            cells.insert(point.period.end, Proportion { k, n });
        }
    }
    let (known, said) = (session.signals().await?, session.judgements().await?);
    let is_said =
        |now: &Judgement| said.iter().any(|said| (&said.source, said.last_day) == (&now.source, now.last_day));
    let judged = feeds.iter().filter_map(|feed| signals::judged(feed, now));
    let judgements = judged.filter(|judgement| !is_said(judgement)).collect();
    let decide = move || {
        let each = feeds.into_iter().map(|feed| {
            let series = series.remove(&feed.source).unwrap_or_default();
            signals::decide(&Watched { feed, series }, &known, last_day, now)
        });
        each.flatten().collect()
    };
    Ok((tokio::task::spawn_blocking(decide).await?, judgements))
}

/// Counts, and no words: what they say is for those who may ask.
fn tell(changed: &[Signal]) {
    if changed.is_empty() {
        return;
    }
    let of = |kind| changed.iter().filter(|signal| signal.kind == kind && !signal.is_withdrawn).count();
    let (data_quality, marker) = (of(SignalKind::DataQuality), of(SignalKind::Marker));
    for (kind, signals) in [(SignalKind::DataQuality, data_quality), (SignalKind::Marker, marker)] {
        metrics::signalled(kind.code(), signals);
    }
    tracing::info!(data_quality, marker, withdrawn = changed.len() - data_quality - marker, "signals");
}

#[cfg(test)]
mod tests {
    use super::{PATIENCE, QUIET, Watch};
    use jiff::{Timestamp, civil::date};
    use std::time::{Duration, Instant};
    use tidemark_domain::{PeriodKind, SeriesKey};
    use tidemark_query::SeriesSummary;

    /// One series up to a day of January, last issued so many seconds after the epoch.
    fn reaching(day: i8, issued_at: i64) -> Vec<SeriesSummary> {
        let key = SeriesKey {
            source: "feed".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        };
        let issued_at = Timestamp::from_second(issued_at).expect("a time");
        vec![SeriesSummary { key, first: date(2026, 1, 1), last: date(2026, 1, day), issued_at }]
    }

    #[test]
    fn days_are_judged_when_they_are_quiet() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let mut settled = |after: Duration, ended: Vec<SeriesSummary>| watch.is_settled(&ended, start + after);
        assert!(!settled(Duration::ZERO, reaching(3, 0)), "nobody knows what is still to come");
        assert!(!settled(Duration::from_secs(30), reaching(3, 1)), "a past is being read in");
        assert!(!settled(QUIET, reaching(3, 1)));
        assert!(settled(Duration::from_secs(30) + QUIET, reaching(3, 1)));
    }

    #[test]
    fn late_posts_put_it_off_for_a_while() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let mut settled = |after: Duration, ended: Vec<SeriesSummary>| watch.is_settled(&ended, start + after);
        for second in 0..PATIENCE.as_secs() {
            assert!(!settled(Duration::from_secs(second), reaching(3, second as i64)));
        }
        assert!(settled(PATIENCE, reaching(3, 1_000)));
        assert!(!settled(PATIENCE + Duration::from_secs(1), reaching(3, 1_001)), "and then again");
        assert!(!settled(2 * PATIENCE + Duration::from_secs(2), reaching(4, 1_002)), "a new day may be only half read");
    }
}
