//! A *simulation* is a scenario made ready: any day of it can be drawn on its own, always with the same result.

use crate::{
    Error, Marker, MarkerSet,
    curve::Curves,
    draw::{Purpose, poisson, rng},
    grammar::{Composed, Grammar, Style},
    population::{Author, AuthorNumber, Population},
    post::{Event, SimulatedPost},
    scenario::Scenario,
    template::pick,
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use tidemark_domain::{Language, time::day_in};

/// Probability that a further post of an author-day repeats a marker the author expresses that day.
const REPEATED: f64 = 0.3;
/// Share of posts that answer an earlier post of the same region and day.
const REPLIES: f64 = 0.1;
/// Share of posts in a community.
const IN_COMMUNITY: f64 = 0.3;
/// Share of edits that keep what the text expresses; the others take it back.
const EDIT_KEEPS: f64 = 0.6;
/// Edits and deletions come at most this long after the post, in seconds.
const LATEST_CHANGE_S: i64 = 3 * 86_400;
/// And at least this long after it, in seconds.
const EARLIEST_CHANGE_S: i64 = 60;
/// Relative number of posts in each hour of the local day.
const HOURS: [f64; 24] = [
    2.0, 1.2, 0.7, 0.5, 0.4, 0.6, 1.2, 2.5, 4.0, 4.6, 4.8, 5.0, 5.6, 5.8, 5.2, 4.8, 4.8, 5.0, 5.4, 6.0, 6.8, 7.4, 6.6,
    4.2,
];
const COMMUNITIES: [&str; 5] = ["daily", "city", "food", "sport", "help"];

/// A scenario made ready.
#[derive(Debug)]
pub struct Simulation {
    pub(crate) scenario: Scenario,
    pub(crate) curves: Curves,
    pub(crate) grammar: Grammar,
    zones: Vec<TimeZone>,
    shares: Vec<f64>,
    pub(crate) population: Population,
}

/// A post with what will become of it.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) region: usize,
    pub(crate) author: Writer,
    pub(crate) post: SimulatedPost,
    pub(crate) edit: Option<SimulatedPost>,
    pub(crate) deletion: Option<SimulatedPost>,
}

/// Who wrote a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Writer {
    Person(AuthorNumber),
    Bot(u32),
}

impl std::fmt::Display for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(number) => write!(f, "a{number:06}"),
            Self::Bot(number) => write!(f, "bot{number:04}"),
        }
    }
}

impl Simulation {
    /// Makes `scenario` ready.
    ///
    /// # Errors
    /// [`Error::Scenario`] where it contradicts itself.
    pub fn new(scenario: Scenario) -> Result<Self, Error> {
        scenario.check()?;
        let sum: f64 = scenario.regions.iter().map(|region| region.share).sum();
        Ok(Self {
            curves: Curves::new(&scenario),
            grammar: Grammar::embedded(),
            // The zones were looked up by `check`.
            zones: scenario.regions.iter().map(|region| TimeZone::get(&region.zone).unwrap_or(TimeZone::UTC)).collect(),
            shares: scenario.regions.iter().map(|region| region.share / sum).collect(),
            population: Population::new(&scenario),
            scenario,
        })
    }

    /// The scenario.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Weight of each region among all.
    pub(crate) fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The number of the civil day of `instant` in the zone of region number `region`; `None` before the first day.
    pub(crate) fn day_number(&self, instant: Timestamp, region: usize) -> Option<u32> {
        let day = day_in(instant, &self.zones[region]);
        u32::try_from((day - self.scenario.first_day).get_days()).ok()
    }

    /// No post of day number `day` is written before this instant, wherever.
    pub(crate) fn earliest(&self, day: u32) -> Timestamp {
        let date = self.scenario.day(day);
        self.zones.iter().map(|zone| midnight(date, zone)).min().unwrap_or(Timestamp::MAX)
    }

    /// The instant at which the scenario's last day has ended everywhere.
    pub(crate) fn end(&self) -> Timestamp {
        let date = self.scenario.day(self.scenario.days);
        self.zones.iter().map(|zone| midnight(date, zone)).max().unwrap_or(Timestamp::MAX)
    }

    /// The posts of day number `day`, in no particular order, with their edits and deletions. What would happen to
    /// a post after the scenario's end does not happen.
    pub(crate) fn lives(&self, day: u32) -> Vec<Life> {
        let mut draws = rng(self.scenario.seed, Purpose::Day(day));
        let mut lives = Vec::new();
        let bots = f64::from(self.scenario.bots.count) * self.scenario.bots.posts_per_day;
        let people_posts = (self.scenario.posts_per_day - bots).max(0.0);
        for region in 0..self.zones.len() {
            let volume = self.curves.volume(region, day);
            let count = poisson(&mut draws, people_posts * self.shares[region] * volume);
            let mut posts_of: BTreeMap<AuthorNumber, u32> = BTreeMap::new();
            for _ in 0..count {
                *posts_of.entry(self.population.draw(region, &mut draws)).or_default() += 1;
            }
            let first_of_region = lives.len();
            for (author, n_posts) in posts_of {
                self.author_day(day, region, author, n_posts, &mut lives, &mut draws);
            }
            self.thread(&mut lives[first_of_region..], &mut draws);
        }
        for bot in 0..self.scenario.bots.count {
            let region = bot as usize % self.zones.len();
            let mean = self.scenario.bots.posts_per_day * self.curves.volume(region, day);
            for _ in 0..poisson(&mut draws, mean) {
                lives.push(self.bot_post(day, region, bot, lives.len(), &mut draws));
            }
        }
        lives
    }

    /// One live post: the author and what they express follow the curves of the day, past the scenario's end too.
    pub(crate) fn live_post(&self, day_zero: u32, number: u32, at: Timestamp) -> Option<SimulatedPost> {
        let mut draws = rng(self.scenario.seed, Purpose::Live(day_zero, number));
        let at_share: f64 = draws.random();
        let mut running = 0.0;
        let region = self
            .shares
            .iter()
            .position(|share| {
                running += share;
                at_share < running
            })
            .unwrap_or_default();
        let day = self.day_number(at, region)?;
        let author = self.population.draw(region, &mut draws);
        let traits = self.population.author(region, author);
        let markers = self.population.expressed(&self.curves, region, author, &traits, day);
        let style = Style::of(&self.scenario, traits.language, traits.bilingual);
        let composed = self.grammar.compose(markers, style, &mut draws);
        let id = format!("l{:x}-{day_zero:05}-{number:07}", self.scenario.seed);
        Some(self.post(id, Writer::Person(author), region, traits.language, at, composed))
    }

    fn author_day(
        &self,
        day: u32,
        region: usize,
        author: AuthorNumber,
        n_posts: u32,
        lives: &mut Vec<Life>,
        draws: &mut ChaCha8Rng,
    ) {
        let traits = self.population.author(region, author);
        let markers = self.population.expressed(&self.curves, region, author, &traits, day);
        // Every marker of the day stands in at least one post.
        let mut said = vec![MarkerSet::EMPTY; n_posts as usize];
        for marker in markers.iter() {
            let sure = draws.random_range(0..said.len());
            for (number, post) in said.iter_mut().enumerate() {
                if number == sure || draws.random::<f64>() < REPEATED {
                    post.insert(marker);
                }
            }
        }
        for markers in said {
            let id = self.id(day, lives.len());
            lives.push(self.life(id, day, region, author, &traits, markers, draws));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call; a struct for it would be named after the call")]
    fn life(
        &self,
        id: String,
        day: u32,
        region: usize,
        author: AuthorNumber,
        traits: &Author,
        markers: MarkerSet,
        draws: &mut ChaCha8Rng,
    ) -> Life {
        let style = Style::of(&self.scenario, traits.language, traits.bilingual);
        let at = self.instant(day, region, draws);
        let composed = self.grammar.compose(markers, style, draws);
        let mut post = self.post(id, Writer::Person(author), region, traits.language, at, composed);
        if draws.random::<f64>() < IN_COMMUNITY {
            post.community = Some((*pick(&COMMUNITIES, draws)).to_owned());
        }
        let edit = (draws.random::<f64>() < self.scenario.edit_rate).then(|| {
            let kept = if draws.random::<f64>() < EDIT_KEEPS { markers } else { MarkerSet::EMPTY };
            let Composed { text, expressed, wordless } = self.grammar.compose(kept, style, draws);
            SimulatedPost { text, expressed, wordless, event: Event::Update, at: later(at, draws), ..post.clone() }
        });
        let deletion = (draws.random::<f64>() < self.scenario.delete_rate).then(|| SimulatedPost {
            text: String::new(),
            expressed: MarkerSet::EMPTY,
            wordless: true,
            event: Event::Delete,
            // A deletion is the last that happens to a post.
            at: later(edit.as_ref().map_or(at, |edit| edit.at), draws),
            ..post.clone()
        });
        let end = self.end();
        Life {
            region,
            author: Writer::Person(author),
            edit: edit.filter(|edit| edit.at < end),
            deletion: deletion.filter(|deletion| deletion.at < end),
            post,
        }
    }

    fn bot_post(&self, day: u32, region: usize, bot: u32, number: usize, draws: &mut ChaCha8Rng) -> Life {
        let mut own = rng(self.scenario.seed, Purpose::Bot(bot));
        let spanish = own.random::<f64>() < self.scenario.regions[region].spanish_share;
        let language = if spanish { Language::Spanish } else { Language::English };
        let text = format!("{} #{}", self.grammar.advertise(language, &mut own), draws.random_range(1..100));
        let composed = Composed { text, expressed: MarkerSet::EMPTY, wordless: false };
        let at = self.instant(day, region, draws);
        let post = self.post(self.id(day, number), Writer::Bot(bot), region, language, at, composed);
        Life { region, author: Writer::Bot(bot), post, edit: None, deletion: None }
    }

    fn post(
        &self,
        id: String,
        author: Writer,
        region: usize,
        lang: Language,
        at: Timestamp,
        composed: Composed,
    ) -> SimulatedPost {
        SimulatedPost {
            id,
            author: author.to_string(),
            text: composed.text,
            at,
            created_at: at,
            lang,
            region: self.scenario.regions[region].code.clone(),
            community: None,
            parent: None,
            is_bot: matches!(author, Writer::Bot(_)),
            event: Event::Create,
            expressed: composed.expressed,
            wordless: composed.wordless,
        }
    }

    /// Makes some posts answers to earlier ones.
    fn thread(&self, lives: &mut [Life], draws: &mut ChaCha8Rng) {
        lives.sort_by(|a, b| (a.post.at, &a.post.id).cmp(&(b.post.at, &b.post.id)));
        for number in 1..lives.len() {
            if draws.random::<f64>() < REPLIES {
                let parent = lives[draws.random_range(0..number)].post.id.clone();
                let life = &mut lives[number];
                for post in [Some(&mut life.post), life.edit.as_mut(), life.deletion.as_mut()].into_iter().flatten() {
                    post.parent = Some(parent.clone());
                }
            }
        }
    }

    fn id(&self, day: u32, number: usize) -> String {
        format!("s{:x}-{day:05}-{number:06}", self.scenario.seed)
    }

    /// An instant of the civil day, by the daily rhythm, to the second.
    fn instant(&self, day: u32, region: usize, draws: &mut ChaCha8Rng) -> Timestamp {
        let zone = &self.zones[region];
        let date = self.scenario.day(day);
        let mut at = draws.random::<f64>() * HOURS.iter().sum::<f64>();
        let hour = HOURS.iter().position(|weight| {
            at -= weight;
            at < 0.0
        });
        let second = hour.unwrap_or(23) as i64 * 3600 + draws.random_range(0..3600);
        let instant = midnight(date, zone).saturating_add(SignedDuration::from_secs(second));
        // A day with a clock change may be shorter than 24 hours.
        let last = midnight(date.saturating_add(1.day()), zone).saturating_sub(SignedDuration::from_secs(1));
        instant.map_or(Timestamp::MAX, |instant| last.map_or(instant, |last| instant.min(last)))
    }

    /// The latent prevalence of `marker` in region number `region` on day number `day`: its own curve and what
    /// phrases of other markers add to it.
    pub(crate) fn latent(&self, marker: Marker, region: usize, day: u32) -> f64 {
        let spanish = self.scenario.regions[region].spanish_share;
        let (english_overlap, spanish_overlap) =
            (self.grammar.overlap(Language::English), self.grammar.overlap(Language::Spanish));
        let unsaid: f64 = Marker::ALL
            .iter()
            .map(|said| {
                let (row, column) = (said.index(), marker.index());
                let share = spanish_overlap[row][column] * spanish + english_overlap[row][column] * (1.0 - spanish);
                1.0 - share * self.curves.prevalence(*said, region, day)
            })
            .product();
        1.0 - unsaid
    }
}

fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

fn later(at: Timestamp, draws: &mut ChaCha8Rng) -> Timestamp {
    // Most changes come soon: the logarithm of the delay is uniform.
    let (low, high) = ((EARLIEST_CHANGE_S as f64).ln(), (LATEST_CHANGE_S as f64).ln());
    let delay = draws.random_range(low..high).exp() as i64;
    at.saturating_add(SignedDuration::from_secs(delay)).unwrap_or(Timestamp::MAX)
}
