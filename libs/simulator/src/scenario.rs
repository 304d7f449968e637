//! A *scenario* says who lives where, how much they write, how often each marker is present, and what is planted.
//! Together with the version of this crate it determines every byte of the output.

use crate::{Marker, error::Error, error::Fault};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest `posts_per_day`: a day of posts is held in memory.
pub const MAX_POSTS_PER_DAY: f64 = 5_000_000.0;
/// Largest number of authors: the population is held in memory.
pub const MAX_AUTHORS: u32 = 20_000_000;

/// Everything that determines a simulation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Seed of every random draw.
    pub seed: u64,
    /// The first civil day, in each region's own zone.
    pub first_day: Date,
    /// Number of days with planted truth. Live posts may continue past them.
    pub days: u32,
    /// Posts a day, bots included, averaged over the week and without outages.
    pub posts_per_day: f64,
    /// People, at least one in each region. Some write much more than others; the fewer they are for the posts of a day,
    /// the more author-days hold several.
    pub authors: u32,
    /// Factor on the number of posts, Monday to Sunday; scaled to a mean of 1.
    pub weekday_volume: [f64; 7],
    /// Share of posts whose text is edited later.
    pub edit_rate: f64,
    /// Share of posts that are deleted later.
    pub delete_rate: f64,
    /// Share of posts without any marker that deny one ("not stressed at all").
    pub decoy_rate: f64,
    /// Share of posts with no words: a link or emoji only.
    pub wordless_rate: f64,
    /// Share of posts by bilingual authors that also hold a clause in the other language.
    pub code_switch_rate: f64,
    /// Automated accounts.
    pub bots: Bots,
    /// Where people live.
    pub regions: Vec<Region>,
    /// How people of different age differ; where absent they do not, and no age is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ages: Option<Ages>,
    /// How often each marker is present.
    pub markers: BTreeMap<Marker, Curve>,
    /// Planted rises of a marker.
    #[serde(default)]
    pub surges: Vec<Surge>,
    /// Planted losses of posts.
    #[serde(default)]
    pub outages: Vec<Outage>,
}

/// Accounts that repeat nearly the same text and say that they are bots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bots {
    /// How many.
    pub count: u32,
    /// Posts a day of each, on average.
    pub posts_per_day: f64,
}

/// A place and its people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Place code (ISO 3166-2).
    pub code: String,
    /// IANA time zone whose civil days and hours people live by.
    #[serde(default = "utc")]
    pub zone: String,
    /// Weight of the region among all; scaled to sum 1.
    pub share: f64,
    /// Share of people who write Spanish; the others write English.
    pub spanish_share: f64,
    /// Factor on every marker's prevalence.
    #[serde(default = "one")]
    pub prevalence_ratio: f64,
}

fn utc() -> String {
    "UTC".to_owned()
}

const fn one() -> f64 {
    1.0
}

/// Who posts is not who lives there: activity and proneness change with age, and age is not told but estimated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ages {
    /// Factor on the number of a person's posts for each ten years of age.
    pub activity_per_decade: f64,
    /// Factor on the proneness to every marker for each ten years of age.
    pub prevalence_per_decade: f64,
    /// Share of a difference in age that an estimate sees.
    pub estimate_slope: f64,
    /// Standard deviation of an estimate, in years.
    pub estimate_error_years: f64,
}

/// The course of one marker's true daily prevalence, before surges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Share of a day's authors who express it, averaged over the year.
    pub baseline: f64,
    /// Relative height of the yearly wave (0.1 is ±10 %).
    pub season: f64,
    /// Day of the year (1 to 366) on which the yearly wave is highest.
    pub season_peak: u16,
    /// Relative size of slow, irregular change.
    pub drift: f64,
    /// Factor on the prevalence, Monday to Sunday; scaled to a mean of 1.
    pub weekday: [f64; 7],
}

/// A marker rises as sin² over `length_days`, to `size` times its usual prevalence in the middle, and falls back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surge {
    /// Which marker.
    pub marker: Marker,
    /// Where; everywhere if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its first day.
    pub start: Date,
    /// How long it lasts, in days.
    pub length_days: u16,
    /// Prevalence at the peak, as a multiple of the usual.
    pub size: f64,
}

/// Posts go missing, whoever wrote them: the number falls and the prevalence does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Where; everywhere if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its first day.
    pub start: Date,
    /// How long it lasts, in days.
    pub length_days: u16,
    /// Share of posts that are lost.
    pub severity: f64,
}

impl Surge {
    /// Its last day.
    #[must_use]
    pub fn last_day(&self) -> Date {
        last_day(self.start, self.length_days)
    }
}

impl Outage {
    /// Its last day.
    #[must_use]
    pub fn last_day(&self) -> Date {
        last_day(self.start, self.length_days)
    }
}

fn last_day(start: Date, length_days: u16) -> Date {
    start.saturating_add((i64::from(length_days) - 1).max(0).days())
}

impl Scenario {
    /// Reads a scenario from TOML and checks it.
    ///
    /// # Errors
    /// [`Error::ReadToml`] or [`Error::Scenario`].
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let scenario: Self = toml::from_str(text).map_err(Error::ReadToml)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Reads a scenario from JSON, the form of `scenario.json`, and checks it.
    ///
    /// # Errors
    /// [`Error::ReadJson`] or [`Error::Scenario`].
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let scenario: Self = serde_json::from_str(text).map_err(Error::ReadJson)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// The last day with planted truth; the first where there are none.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.day(self.days.saturating_sub(1))
    }

    /// The day `index` days after the first.
    #[must_use]
    pub fn day(&self, index: u32) -> Date {
        self.first_day.saturating_add(i64::from(index).days())
    }

    /// Moves the whole scenario, with what is planted, so that it ends on `last_day`. Seasons and weekdays stay with
    /// the calendar.
    #[must_use]
    pub fn ending_on(mut self, last_day: Date) -> Self {
        let shift = i64::from((last_day - self.last_day()).get_days()).days();
        let moved = |day: Date| day.saturating_add(shift);
        self.first_day = moved(self.first_day);
        self.surges.iter_mut().for_each(|surge| surge.start = moved(surge.start));
        self.outages.iter_mut().for_each(|outage| outage.start = moved(outage.start));
        self
    }

    /// Whether it can be simulated.
    ///
    /// # Errors
    /// The first [`Fault`] that is found.
    pub fn check(&self) -> Result<(), Fault> {
        if self.regions.is_empty() {
            return Err(Fault::NoRegions);
        }
        for region in &self.regions {
            if !(region.share > 0.0 && region.prevalence_ratio > 0.0) {
                return Err(Fault::Share { region: region.code.clone() });
            }
            share("spanish_share", region.spanish_share)?;
            TimeZone::get(&region.zone)
                .map_err(|_| Fault::Zone { region: region.code.clone(), zone: region.zone.clone() })?;
        }
        positive("posts_per_day", self.posts_per_day, MAX_POSTS_PER_DAY)?;
        positive("authors", f64::from(self.authors), f64::from(MAX_AUTHORS))?;
        for factor in &self.weekday_volume {
            positive("weekday_volume", *factor, 100.0)?;
        }
        share("edit_rate", self.edit_rate)?;
        share("delete_rate", self.delete_rate)?;
        share("decoy_rate", self.decoy_rate)?;
        share("wordless_rate", self.wordless_rate)?;
        share("code_switch_rate", self.code_switch_rate)?;
        if let Some(ages) = self.ages {
            positive("ages.activity_per_decade", ages.activity_per_decade, 10.0)?;
            positive("ages.prevalence_per_decade", ages.prevalence_per_decade, 10.0)?;
            share("ages.estimate_slope", ages.estimate_slope)?;
            // Never NaN, and no wider than a life.
            share("ages.estimate_error_years / 100", ages.estimate_error_years / 100.0)?;
        }
        if self.bots.count > 0 {
            positive("bots.posts_per_day", self.bots.posts_per_day, 10_000.0)?;
        }
        for marker in Marker::ALL {
            let curve = self.markers.get(marker).ok_or(Fault::NoCurve(*marker))?;
            share("baseline", curve.baseline)?;
            share("season", curve.season)?;
            share("drift", curve.drift)?;
            for factor in &curve.weekday {
                positive("weekday", *factor, 100.0)?;
            }
        }
        for surge in &self.surges {
            positive("size", surge.size, 100.0)?;
            self.check_region(surge.region.as_deref())?;
        }
        for outage in &self.outages {
            share("severity", outage.severity)?;
            self.check_region(outage.region.as_deref())?;
        }
        self.first_day.checked_add(i64::from(self.days).days()).map_err(|_| Fault::TooLong)?;
        Ok(())
    }

    fn check_region(&self, code: Option<&str>) -> Result<(), Fault> {
        match code {
            Some(code) if !self.regions.iter().any(|region| region.code == code) => {
                Err(Fault::UnknownRegion { region: code.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

fn share(field: &'static str, value: f64) -> Result<(), Fault> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(Fault::NotAShare { field, value }) }
}

fn positive(field: &'static str, value: f64, most: f64) -> Result<(), Fault> {
    if value > 0.0 && value <= most { Ok(()) } else { Err(Fault::NotPositive { field, most }) }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Scenario};
    use jiff::civil::date;

    #[test]
    fn a_scenario_survives_both_formats() {
        let scenario = Scenario::default_for(7, 400, 300.0);
        let json = serde_json::to_string(&scenario).expect("encodes");
        assert_eq!(Scenario::from_json(&json).expect("reads"), scenario);
        let toml = toml::to_string(&scenario).expect("encodes");
        assert_eq!(Scenario::from_toml(&toml).expect("reads"), scenario);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let mut scenario = Scenario::default_for(7, 30, 300.0);
        scenario.regions[0].zone = "Europe/Atlantis".to_owned();
        assert!(matches!(scenario.check(), Err(Fault::Zone { zone, .. }) if zone == "Europe/Atlantis"));
        let mut scenario = Scenario::default_for(7, 30, 300.0);
        scenario.surges[0].region = Some("XX".to_owned());
        assert_eq!(scenario.check(), Err(Fault::UnknownRegion { region: "XX".to_owned() }));
        let mut scenario = Scenario::default_for(7, 30, 300.0);
        scenario.edit_rate = 1.5;
        assert_eq!(scenario.check(), Err(Fault::NotAShare { field: "edit_rate", value: 1.5 }));
        let mut scenario = Scenario::default_for(7, 30, 300.0);
        scenario.posts_per_day = f64::NAN;
        assert!(matches!(scenario.check(), Err(Fault::NotPositive { .. })));
        assert!(Scenario::from_json("{}").is_err());
    }

    #[test]
    fn moving_a_scenario_moves_what_is_planted() {
        let scenario = Scenario::default_for(7, 365, 300.0);
        let gap = scenario.last_day() - scenario.surges[0].start;
        let moved = scenario.ending_on(date(2026, 3, 1));
        assert_eq!(moved.last_day(), date(2026, 3, 1));
        assert_eq!((moved.last_day() - moved.surges[0].start).get_days(), gap.get_days());
    }
}
