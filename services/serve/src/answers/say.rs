//! What is answered. The words are the domain's; a number that is withheld or does not exist is absent, never zero.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use tidemark_domain::{PeriodKind, Reliability, SeriesKey, Unit};
use utoipa::ToSchema;

/// Whether the server answers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// When the doors opened.
    pub started_at: Timestamp,
}

/// How the whole is doing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Status {
    /// The version of the program.
    pub version: &'static str,
    /// When this was looked up.
    pub now: Timestamp,
    /// What became of every row that was read.
    pub ledger: Ledger,
    /// The log.
    pub broker: Broker,
    /// The stages, in the order of the data.
    pub stages: Vec<Stage>,
    /// The latest day of every source and region.
    pub feeds: Vec<FeedDay>,
    /// Files and replays being read, or read since the start.
    pub loads: Vec<LoadProgress>,
}

/// Rows read = accepted + rejected + duplicates + unmatched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ledger {
    /// Rows read.
    pub read: u64,
    /// Became a post, or changed one.
    pub accepted: u64,
    /// Could not be understood; the rejects say why.
    pub rejected: u64,
    /// A second record of a post.
    pub duplicates: u64,
    /// Deletions of posts that were never seen.
    pub unmatched: u64,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Broker {
    /// Whether it answered.
    pub reachable: bool,
    /// What to do when it did not.
    pub detail: String,
}

/// One stage of the data's way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Stage {
    /// The stage: `annotate`.
    pub stage: String,
    /// The topic it reads; empty where it reads the lake.
    pub topic: String,
    /// Records it has not handled.
    pub lag: Option<u64>,
    /// Records handled per second of late.
    pub rate_per_second: Option<f64>,
    /// Seconds since its latest output.
    pub freshness_seconds: Option<f64>,
}

/// How much of an input has been read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LoadProgress {
    /// What is read.
    pub name: String,
    /// Rows read.
    pub rows: u64,
    /// Rows there are; absent for a stream.
    pub rows_total: Option<u64>,
    /// Whether it has been read to its end.
    pub done: bool,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Catalogue {
    /// A cell with fewer units than this is not shown.
    pub min_units: u64,
    /// The sources. Their populations differ, so they are never pooled.
    pub sources: Vec<Source>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Source {
    /// Its name.
    pub source: String,
    /// What its proportions count: `author`, or `post` where it has no authors.
    #[schema(value_type = String)]
    pub unit: Unit,
    /// The first day with a post.
    pub first_day: Date,
    /// The last day with a post.
    pub last_day: Date,
    /// Its regions; `all` is their sum.
    pub regions: Vec<String>,
    /// Its languages; `all` is their sum.
    pub languages: Vec<String>,
    /// What is measured in it.
    pub markers: Vec<Marker>,
}

/// One marker.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Marker {
    /// Its dotted name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What its presence says.
    pub description: String,
    /// The first parts of its name.
    pub family: String,
    /// Whether the page shows it unasked.
    pub headline: bool,
}

/// Names a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct Key {
    /// The source of the posts.
    pub source: String,
    /// A place code, `unknown` or `all`.
    pub region: String,
    /// A language code or `all`.
    pub language: String,
    /// The marker's dotted name.
    pub marker: String,
    /// `day`, `epiweek` or `isoweek`.
    #[schema(value_type = String)]
    pub period: PeriodKind,
}

impl From<&SeriesKey> for Key {
    fn from(key: &SeriesKey) -> Self {
        let SeriesKey { source, region, language, marker, period } = key.clone();
        Self { source, region, language, marker, period }
    }
}

/// A marker's prevalence over time in one population.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Series {
    /// Which series.
    pub key: Key,
    /// What the proportions count.
    #[schema(value_type = String)]
    pub unit: Unit,
    /// The points, in the order of time; a period without posts may be absent.
    pub points: Vec<Point>,
}

/// One number of a series and everything it stands on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// The day, or the week as `YYYYWW`.
    pub label: String,
    /// The period's first day.
    pub start: Date,
    /// The period's last day, the date on charts.
    pub end: Date,
    /// `ok`; `censored` (too few units) and `no_data` have no numbers.
    pub status: &'static str,
    /// `k / n`.
    pub value: Option<f64>,
    /// Wilson's score interval at 95 %, lower bound.
    pub lower: Option<f64>,
    /// Wilson's score interval at 95 %, upper bound.
    pub upper: Option<f64>,
    /// Units with the marker.
    pub k: Option<u64>,
    /// Units that could be asked.
    pub n: Option<u64>,
    /// Posts behind them.
    pub n_posts: Option<u64>,
    /// `value` with likely bots among the units; absent also where there are 1 to 10 of them, or it was issued before they
    /// were counted.
    pub value_with_bots: Option<f64>,
    /// How far a share of so many people can be relied on: `low` below 50, `moderate`, `high` from 200 on; absent where
    /// posts are counted.
    #[schema(value_type = Option<String>)]
    pub reliability: Option<Reliability>,
    /// The mean share of the same weekdays of the eight weeks before (of a week: of the weeks 2 to 9 before), suspect ones
    /// left out; absent with fewer than four.
    pub baseline: Option<f64>,
    /// By how many standard deviations `value` lies above `baseline`; absent where nothing varies, or `value` is suspect.
    pub z: Option<f64>,
    /// `value` over `baseline`; absent where that is 0, or `value` is suspect.
    pub ratio: Option<f64>,
    /// What `value` would be without the marker's errors (Rogan and Gladen); absent where they are not configured.
    pub adjusted: Option<f64>,
    /// Lang and Reiczigel's interval at 95 %, lower bound.
    pub adjusted_lower: Option<f64>,
    /// Lang and Reiczigel's interval at 95 %, upper bound.
    pub adjusted_upper: Option<f64>,
    /// Of all regions together: what `value` would be if people posted where they live; absent where no population is
    /// configured.
    pub weighted: Option<f64>,
    /// Its interval at 95 %, lower bound.
    pub weighted_lower: Option<f64>,
    /// Its interval at 95 %, upper bound.
    pub weighted_upper: Option<f64>,
    /// Why the source's feed is suspect on that day, or on a day of that week: the feed changed and not the people. Absent
    /// where it is not, and where it was not judged (yet): the signals say how far it was.
    pub suspect: Option<String>,
    /// When this number was issued; absent where there was nothing to issue.
    pub issued_at: Option<Timestamp>,
    /// The model's version; this and the next two are empty where there was nothing to make a number of.
    pub model: String,
    /// The lexica's version.
    pub lexicon: String,
    /// The program's version.
    pub code: String,
}

/// The latest forecast of one series.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Forecasts {
    /// Which series.
    pub key: Key,
    /// What the proportions count.
    #[schema(value_type = String)]
    pub unit: Unit,
    /// The model that made it; absent while there is none.
    pub model: Option<String>,
    /// The last day the model saw.
    pub origin: Option<Date>,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// The level a rule holds the series against; absent where no rule applies.
    pub threshold: Option<f64>,
    /// That rule.
    pub rule: Option<String>,
    /// P(value > threshold on at least one of the days).
    pub p_exceed_within: Option<f64>,
    /// The quantiles' levels.
    pub levels: Vec<f64>,
    /// One entry per day ahead.
    pub days: Vec<ForecastDay>,
}

/// One day ahead.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ForecastDay {
    /// The day it speaks of.
    pub target: Date,
    /// Days ahead of the origin.
    pub horizon_days: u16,
    /// A value for each level.
    pub quantiles: Vec<f64>,
    /// P(value > threshold).
    pub p_exceed: Option<f64>,
}

/// Episodes, the most probable first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Alerts {
    /// The episodes; open ones come before resolved ones.
    pub alerts: Vec<AlertEpisode>,
}

/// An episode as it stands after its latest evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AlertEpisode {
    /// Names the episode.
    pub id: String,
    /// The rule that raised it.
    pub rule: String,
    /// Which series.
    pub key: Key,
    /// What the series' proportions count.
    #[schema(value_type = String)]
    pub unit: Unit,
    /// The marker's name for people.
    pub title: String,
    /// `open` or `resolved`.
    pub state: &'static str,
    /// The threshold, on the series' own scale.
    pub threshold: f64,
    /// P(value > threshold on any day of the rule's horizon that was still to come).
    pub probability: f64,
    /// The day of these on which it is likeliest.
    pub peak_day: Date,
    /// The last day the forecast behind it saw.
    pub origin: Date,
    /// The last day the forecast that raised it saw.
    pub raised_origin: Date,
    /// Days from `origin` to `peak_day`.
    pub lead_days: i64,
    /// When this evaluation was made.
    pub issued_at: Timestamp,
    /// How the rule did on this series' own past; absent where that was not computed yet, or where no day can be judged.
    pub track_record: Option<TrackRecord>,
}

/// A rule on one series, held against what came: what `tidemark alert backtest` prints (docs/alerts.md).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrackRecord {
    /// The first day judged.
    pub from: Date,
    /// The last day judged.
    pub to: Date,
    /// Days between them on which the rule had a threshold.
    pub judged_days: u64,
    /// Alerts that it would have raised, and whose days have come.
    pub episodes: u64,
    /// Of those, in how many the threshold was exceeded on a day that they spoke of.
    pub right: u64,
    /// `right` of `episodes`; absent where there was none.
    pub ppv: Option<Share>,
    /// Spells above the threshold that began.
    pub spells: u64,
    /// Of those, how many an alert announced before or on their first day.
    pub foreseen: u64,
    /// `foreseen` of `spells`; absent where there was none.
    pub sensitivity: Option<Share>,
    /// Alerts that were not right, for 30 days judged.
    pub false_alarms_per_month: Option<f64>,
    /// Median days from an alert to the first day of the spell it announced; absent where it announced none.
    pub lead_days: Option<f64>,
    /// A share stands on fewer than five alerts or spells, and says little: read its interval.
    pub is_thin: bool,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// A share with Wilson's 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
}

/// What has happened and is worth a look, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Signals {
    /// The signals, by their last days; of those of the same day, the highest score first.
    pub signals: Vec<SignalEntry>,
    /// How far each source was judged; one that was not yet, or has too short a past to be, is absent.
    pub judged: Vec<Judged>,
}

/// No signal on days up to this one says that nothing stood out. No signal on later days says nothing yet.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Judged {
    /// The source of the posts.
    pub source: String,
    /// The last day that was judged.
    pub last_day: Date,
    /// When it first was.
    pub issued_at: Timestamp,
}

/// A signal as it stands. It speaks of days that are over, and is no alert.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SignalEntry {
    /// Names the signal.
    pub id: String,
    /// `data_quality`: on its days the feed changed and not the people; `marker`: a series stood higher than expected.
    pub kind: &'static str,
    /// The source of the posts.
    pub source: String,
    /// A place code, `unknown` or `all`.
    pub region: String,
    /// A language code or `all`.
    pub language: String,
    /// The marker's dotted name; absent where it speaks of a feed.
    pub marker: Option<String>,
    /// The marker's name for people; absent where it speaks of a feed.
    pub title: Option<String>,
    /// The first of its days.
    pub first_day: Date,
    /// The last of its days so far.
    pub last_day: Date,
    /// How many of the days between them are out of the usual.
    pub days: u64,
    /// How much it is worth a look, the more the higher: surprise times people above what was expected, on logarithmic
    /// scales. Absent where it speaks of a feed.
    pub score: Option<f64>,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// When this evaluation was made.
    pub issued_at: Timestamp,
}

/// Posts per day beside what the same weekdays of the last weeks let expect.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FeedHealth {
    /// One entry per source, region and day, in the order of time.
    pub days: Vec<FeedDay>,
}

/// One day of one feed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FeedDay {
    /// The source.
    pub source: String,
    /// The region.
    pub region: String,
    /// The day, in the region's zone.
    pub day: Date,
    /// Posts on that day; absent where there were some, but fewer than eleven.
    pub posts: Option<u64>,
    /// What the same weekdays of the last 28 days let expect; absent while nothing or too little can be.
    pub expected: Option<f64>,
    /// `ok`, `low`, `high`, `silent`; `open` while a day with too few posts may not be over; `unknown` while nothing
    /// can be expected.
    pub state: String,
}
