//! *Signals*: which of the days that are over are worth a person's look. A pure function of what a feed brought and of
//! what was counted in the watched series.
//!
//! Suspect days of a feed are one data-quality signal an episode, and no series is judged on them. Of the rest, the
//! days on which a series stands out from its own past are one marker signal a spell. All series of a feed are one list
//! ([`rank`](tidemark_surveillance::detect::rank)): the more of them are watched, the less is told of chance. No signal
//! raises an alert.

use jiff::{Timestamp, ToSpan as _, civil::Date};
use std::collections::BTreeMap;
use tidemark_domain::{Judgement, PeriodKind, Proportion, SeriesKey, Signal, SignalKind, series::ALL, time::days};
use tidemark_query::FeedFacts;
use tidemark_surveillance::artefacts::{Assessment, Episode, Settings, assess};
use tidemark_surveillance::detect::{
    self, Counts, Detector as _, Measure, Scan, judge_between,
    rank::{LIST_DAYS, List, Spell},
};

/// A rise that ended longer ago is no news: its signal is left as it stands. In days.
const NEWS_DAYS: i64 = LIST_DAYS;
/// Days from which a feed's usual is known, where its past is cut off: the 56 that are looked back at, and two weeks
/// after which a change is the new usual.
const WARM_UP_DAYS: i64 = 70;
/// Days looked back at: those that are news, those before them that are in one list with the first of these, the year of
/// comparisons that their dispersion is taken from, and the weeks that the first of these stand on. With fewer, the same
/// day would have another score, or another q-value, from day to day.
const LOOK_BACK_DAYS: i64 = 480;

/// A source: what its feed brought, and the watched series that stand on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// The feed, from [`first_day`] or its own first day on, to the last day that has ended at most.
    pub feed: FeedFacts,
    /// Daily series of the same source. A day that shows nothing (nobody wrote, or fewer than eleven) is absent.
    pub series: BTreeMap<SeriesKey, BTreeMap<Date, Proportion>>,
}

/// The first day that is looked back at when `last_day` is the last that has ended.
#[must_use]
pub fn first_day(last_day: Date) -> Date {
    last_day.saturating_sub((LOOK_BACK_DAYS - 1).days())
}

/// The signals to write, so that those that stand are what the days up to `last_day` say: new ones, those that say
/// something else than among `known` (the signals that stand), and those that are withdrawn, because posts that came
/// late say otherwise. Known signals of days that are not judged any more are left as they stand.
#[must_use]
pub fn decide(watched: &Watched, known: &[Signal], last_day: Date, now: Timestamp) -> Vec<Signal> {
    let Watched { feed, series } = watched;
    let assessment = assess(feed.first, &feed.days, &Settings::default());
    let is_cut_off = feed.first <= first_day(last_day);
    let usual_from = if is_cut_off { feed.first.saturating_add(WARM_UP_DAYS.days()) } else { feed.first };
    let news_from = last_day.saturating_sub((NEWS_DAYS - 1).days());

    let episodes = assessment.episodes().into_iter().filter(|episode| episode.first >= usual_from);
    let data_quality = |episode: Episode| data_quality(&feed.source, &episode, &assessment, now);
    let mut standing: Vec<Signal> = episodes.map(data_quality).collect();
    let mut list = List::default();
    for (key, cells) in series {
        list.add(&key, &[days_judged(feed, cells, &assessment)]);
    }
    let news = list.spells().into_iter().filter(|spell| spell.last.end >= news_from);
    standing.extend(news.map(|spell| marker(&spell, now)));

    let is_judged = |signal: &Signal| match signal.kind {
        SignalKind::DataQuality => signal.first_day >= usual_from && signal.last_day <= last(feed),
        SignalKind::Marker => signal.last_day >= news_from && series.keys().any(|key| is_of(signal, key)),
    };
    let gone = known.iter().filter(|known| known.source == feed.source && is_judged(known));
    let gone: Vec<Signal> = gone
        .filter(|known| !standing.iter().any(|signal| signal.id == known.id))
        .map(|known| Signal { is_withdrawn: true, issued_at: now, ..known.clone() })
        .collect();
    standing.retain(|signal| !known.iter().any(|known| signal.says_what(known)));
    standing.extend(gone);
    standing
}

/// How far the feed was judged, once its days were; `None` where no day has enough before it to be compared with, so that
/// silence says nothing.
#[must_use]
pub fn judged(feed: &FeedFacts, now: Timestamp) -> Option<Judgement> {
    let is_known = feed.days.len() > Settings::default().least_days;
    is_known.then(|| Judgement { source: feed.source.clone(), last_day: last(feed), issued_at: now })
}

/// The last day of a feed's facts.
fn last(feed: &FeedFacts) -> Date {
    feed.first.saturating_add((feed.days.len() as i64 - 1).max(0).days())
}

fn is_of(signal: &Signal, key: &SeriesKey) -> bool {
    signal.marker.as_deref() == Some(key.marker.as_str())
        && (&signal.source, &signal.region, &signal.language) == (&key.source, &key.region, &key.language)
}

/// What the scan says of the days of a series on which its feed can be trusted; of a series that cannot be judged, nothing.
fn days_judged(
    feed: &FeedFacts,
    cells: &BTreeMap<Date, Proportion>,
    assessment: &Assessment,
) -> (&'static str, Vec<detect::Judgement>) {
    let scan = Scan::new(Measure::Proportion);
    let cells: Vec<_> = days(feed.first, last(feed)).map(|day| cells.get(&day).copied()).collect();
    let judged = Counts::of_proportions(PeriodKind::Day, feed.first, &cells)
        .and_then(|counts| counts.with_suspects(assessment.flags()))
        .and_then(|counts| judge_between(&scan, &counts, assessment.breaks()));
    (scan.id(), judged.unwrap_or_default())
}

fn data_quality(source: &str, episode: &Episode, assessment: &Assessment, now: Timestamp) -> Signal {
    let is_suspect = |day: &Date| !assessment.reasons(*day).is_empty();
    Signal {
        id: id(&[SignalKind::DataQuality.code(), source, &episode.first.to_string()]),
        kind: SignalKind::DataQuality,
        source: source.to_owned(),
        region: ALL.to_owned(),
        language: ALL.to_owned(),
        marker: None,
        first_day: episode.first,
        last_day: episode.last,
        days: episode.days as u64,
        suspect_days: days(episode.first, episode.last).filter(is_suspect).collect(),
        score: None,
        reasons: episode.reasons.iter().map(ToString::to_string).collect(),
        is_withdrawn: false,
        issued_at: now,
    }
}

fn marker(spell: &Spell<&SeriesKey>, now: Timestamp) -> Signal {
    let (best, first_day) = (&spell.best.signal, spell.first.end);
    let (value, expected) = (100.0 * best.finding.value, 100.0 * best.finding.expected);
    Signal {
        id: id(&[SignalKind::Marker.code(), &best.key.to_string(), &first_day.to_string()]),
        kind: SignalKind::Marker,
        source: best.key.source.clone(),
        region: best.key.region.clone(),
        language: best.key.language.clone(),
        marker: Some(best.key.marker.clone()),
        first_day,
        last_day: spell.last.end,
        days: spell.periods as u64,
        suspect_days: Vec::new(),
        // More digits would be news each time, and mean nothing.
        score: Some((100.0 * spell.best.score).round() / 100.0),
        reasons: vec![format!("{value:.2} % up to {}; {expected:.2} % were expected", best.period.end)],
        is_withdrawn: false,
        issued_at: now,
    }
}

/// Names the signal: what begins on the same day in the same feed or series is the same signal.
fn id(parts: &[&str]) -> String {
    blake3::hash(parts.join("\n").as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Watched, decide, first_day, judged};
    use jiff::{Timestamp, ToSpan as _, civil::Date, civil::date};
    use std::collections::BTreeMap;
    use std::ops::Range;
    use tidemark_domain::{PeriodKind, Proportion, SeriesKey, Signal, SignalKind};
    use tidemark_query::FeedFacts;
    use tidemark_surveillance::artefacts::Facts;

    const FIRST: Date = date(2026, 1, 1);
    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn day(number: usize) -> Date {
        FIRST.saturating_add((number as i64).days())
    }

    fn key(region: &str) -> SeriesKey {
        SeriesKey {
            source: "feed".into(),
            region: region.into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        }
    }

    /// A feed that is about the same every day, and a series of fifty in a thousand, give or take some.
    fn steady(days: usize) -> Watched {
        let facts = |day: usize| Facts {
            posts: 2000 + (day * 13 % 17) as u64,
            authors: Some(1000),
            silent_hours: Some(0),
            parts: [("en".to_owned(), 1500), ("es".to_owned(), 500)].into(),
            instrument: Some("m l c".to_owned()),
            ..Facts::default()
        };
        let cell = |number: usize| (day(number), Proportion { k: 46 + (number * 37 % 9) as u64, n: 1000 });
        let feed = FeedFacts { source: "feed".to_owned(), first: FIRST, days: (0..days).map(facts).collect() };
        Watched { feed, series: BTreeMap::from([(key("all"), (0..days).map(cell).collect())]) }
    }

    impl Watched {
        fn cell(&mut self, number: usize) -> &mut Proportion {
            let cells = self.series.get_mut(&key("all")).expect("a series");
            cells.get_mut(&day(number)).expect("a cell")
        }

        fn risen(mut self, days: Range<usize>) -> Self {
            days.for_each(|day| self.cell(day).k *= 2);
            self
        }

        /// Beside the series of all, those of so many quiet regions.
        fn among(mut self, regions: usize) -> Self {
            let quiet = steady(self.feed.days.len()).series.remove(&key("all")).expect("a series");
            self.series.extend((0..regions).map(|region| (key(&format!("R-{region}")), quiet.clone())));
            self
        }

        fn silent(mut self, days: Range<usize>) -> Self {
            for number in days {
                self.feed.days[number] = Facts { silent_hours: Some(24), ..Facts::default() };
                for cells in self.series.values_mut() {
                    cells.remove(&day(number));
                }
            }
            self
        }

        /// Decides on all of its days.
        fn decided(&self, known: &[Signal]) -> Vec<Signal> {
            decide(self, known, day(self.feed.days.len() - 1), NOW)
        }
    }

    fn told(signals: &[Signal]) -> Vec<(SignalKind, Date, Date, u64, bool)> {
        let one = |signal: &Signal| (signal.kind, signal.first_day, signal.last_day, signal.days, signal.is_withdrawn);
        signals.iter().map(one).collect()
    }

    #[test]
    fn an_outage_is_one_signal_and_a_rise_is_one() {
        assert_eq!(steady(200).decided(&[]), vec![]);
        let watched = steady(200).silent(120..123).risen(197..200);
        let signals = watched.decided(&[]);
        let outage = (SignalKind::DataQuality, day(120), day(122), 3, false);
        assert_eq!(told(&signals), [outage, (SignalKind::Marker, day(197), day(199), 3, false)]);
        let [outage, rise] = signals.as_slice() else { panic!("{signals:?}") };
        assert!(outage.reasons[0].starts_with("no posts; 20"), "{:?}", outage.reasons);
        assert_eq!((outage.score, outage.marker.as_deref()), (None, None));
        assert_eq!(outage.suspect_days, [day(120), day(121), day(122)]);
        assert!(rise.score >= Some(5.0) && rise.marker.as_deref() == Some("mh.stress"), "{rise:?}");
        assert!(rise.reasons[0].contains("were expected"), "{:?}", rise.reasons);
        assert!(rise.suspect_days.is_empty());
        assert_eq!(watched.decided(&signals), vec![], "the same days again say nothing new");
    }

    #[test]
    fn days_between_suspect_ones_are_not_suspect() {
        let signals = steady(200).silent(120..121).silent(124..125).decided(&[]);
        assert_eq!(told(&signals), [(SignalKind::DataQuality, day(120), day(124), 2, false)]);
        assert_eq!(signals[0].suspect_days, [day(120), day(124)]);
    }

    #[test]
    fn what_has_nothing_to_be_compared_with_is_not_judged() {
        let to = |days| judged(&steady(days).feed, NOW).map(|judgement| judgement.last_day);
        assert_eq!((to(14), to(15), to(200)), (None, Some(day(14)), Some(day(199))));
    }

    #[test]
    fn a_signal_goes_on_under_its_name_and_is_withdrawn_once_it_no_longer_stands() {
        let before = steady(200).risen(197..200).decided(&[]);
        let longer = steady(201).risen(197..201).decided(&before);
        assert_eq!(told(&longer), [(SignalKind::Marker, day(197), day(200), 4, false)]);
        assert_eq!(longer[0].id, before[0].id);
        let withdrawn = steady(201).decided(&longer);
        assert_eq!(told(&withdrawn), [(SignalKind::Marker, day(197), day(200), 4, true)]);
        assert_eq!(steady(201).decided(&[]), vec![], "what is withdrawn is not known any more");
    }

    #[test]
    fn chance_among_many_quiet_series_is_no_signal_and_a_rise_among_them_is() {
        // The least day that is a signal where its series is the only one watched.
        let chance = |people: u64| {
            let mut watched = steady(200);
            watched.cell(195).k += people;
            watched
        };
        let least = (1..100).find(|people| !chance(*people).decided(&[]).is_empty()).expect("some are enough");
        let alone = chance(least).decided(&[]);
        assert_eq!(told(&alone), [(SignalKind::Marker, day(195), day(195), 1, false)]);
        let among = chance(least).among(60);
        assert_eq!(among.decided(&[]), vec![], "{least} more people in one of 61 regions");
        assert_eq!(told(&among.decided(&alone)), [(SignalKind::Marker, day(195), day(195), 1, true)]);
        let risen = steady(200).risen(195..196).among(60).decided(&[]);
        let [strong] = risen.as_slice() else { panic!("{risen:?}") };
        assert_eq!(
            (strong.first_day, strong.is_withdrawn),
            (day(195), false),
            "a lone strong day is one among many too"
        );
        // Another region's rise takes nothing back.
        let mut two = steady(200).risen(190..193).among(60);
        let rising = two.series.get_mut(&key("R-7")).expect("a series");
        (196..200).for_each(|number| rising.get_mut(&day(number)).expect("a cell").k *= 2);
        let days: Vec<_> = told(&two.decided(&[])).iter().map(|(_, first, last, ..)| (*first, *last)).collect();
        assert_eq!(days.len(), 2, "{days:?}");
        assert!(days.contains(&(day(196), day(199))), "{days:?}");
    }

    #[test]
    fn a_suspect_day_is_no_rise() {
        let mut watched = steady(200).risen(199..200);
        watched.feed.days[199].bots = 800;
        assert_eq!(told(&watched.decided(&[])), [(SignalKind::DataQuality, day(199), day(199), 1, false)]);
    }

    #[test]
    fn what_another_model_measures_is_compared_with_itself() {
        let mut watched = steady(200).risen(150..200);
        watched.feed.days[150..].iter_mut().for_each(|facts| facts.instrument = Some("m2 l c".to_owned()));
        assert_eq!(told(&watched.decided(&[])), [(SignalKind::DataQuality, day(150), day(150), 1, false)]);
    }

    #[test]
    fn what_is_not_judged_any_more_is_left_as_it_stands() {
        let old = steady(100).risen(97..100).silent(80..81).decided(&[]);
        assert_eq!(old.len(), 2);
        // The rise is over for months; the outage is of another source.
        let mut known = old;
        known[0].source = "another".to_owned();
        assert_eq!(steady(200).decided(&known), vec![]);
        // Where the past is cut off, the usual of the first days is not known.
        let cut_off = steady(480).silent(40..42);
        assert_eq!((first_day(day(479)), cut_off.decided(&[])), (FIRST, vec![]));
        known[0].source = "feed".to_owned();
        known[0].first_day = day(60);
        assert_eq!(steady(480).decided(&known), vec![]);
        known[0].first_day = day(80);
        assert!(steady(480).decided(&known)[0].is_withdrawn);
    }
}
