//! The truth: what a perfect reader of the texts that remain would count, and what was planted.

use crate::{
    Marker, MarkerSet,
    marker::N_MARKERS,
    scenario::Scenario,
    simulation::{Life, Simulation, Writer},
};
use jiff::civil::Date;
use std::collections::BTreeMap;
use tidemark_domain::{Proportion, series};

/// One marker in one region on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthRow {
    /// The civil day, in the region's zone.
    pub date: Date,
    /// Place code, or `all`.
    pub region: String,
    /// Which marker.
    pub marker: Marker,
    /// Authors who expressed it, of authors with a post to read. Bots, deleted posts, replaced texts and posts
    /// without words do not count.
    pub expressed: Proportion,
    /// The probability behind it: that the author of a post expresses it. Whoever writes more counts for more, so that
    /// among few people, most of whom write every day, `expressed` lies off it by who they are.
    pub latent: f64,
}

/// Something planted.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantedEvent {
    /// `surge` or `outage`.
    pub kind: &'static str,
    /// The marker of a surge.
    pub marker: Option<Marker>,
    /// Place code, or `all`.
    pub region: String,
    /// Its first day.
    pub first_day: Date,
    /// Its last day.
    pub last_day: Date,
    /// Of a surge: the factor at its peak. Of an outage: the share of posts that is lost.
    pub size: f64,
}

/// Authors of one region and day, and what the posts they left standing express.
type Authors = BTreeMap<Writer, MarkerSet>;

impl Simulation {
    /// The truth of every day, region (each, then `all`) and marker.
    pub fn truth(&self) -> impl Iterator<Item = TruthRow> {
        (0..self.scenario.days).flat_map(|day| self.truth_of_day(day))
    }

    fn truth_of_day(&self, day: u32) -> Vec<TruthRow> {
        let mut authors = vec![Authors::new(); self.scenario.regions.len()];
        for life in self.lives(day) {
            if let (Writer::Person(_), Some(expressed)) = (life.author, remains(&life)) {
                let so_far = authors[life.region].entry(life.author).or_default();
                *so_far = so_far.union(expressed);
            }
        }
        let date = self.scenario.day(day);
        let mut rows = Vec::with_capacity((authors.len() + 1) * N_MARKERS);
        let mut all = [Proportion::default(); N_MARKERS];
        let mut all_latent = [0.0; N_MARKERS];
        let expected: Vec<f64> =
            self.shares().iter().enumerate().map(|(region, share)| share * self.curves.volume(region, day)).collect();
        let sum = expected.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        for (region, people) in authors.iter().enumerate() {
            for marker in Marker::ALL {
                let k = people.values().filter(|expressed| expressed.contains(*marker)).count() as u64;
                let expressed = Proportion { k, n: people.len() as u64 };
                let latent = self.latent(*marker, region, day);
                all[marker.index()].k += expressed.k;
                all[marker.index()].n += expressed.n;
                all_latent[marker.index()] += latent * expected[region] / sum;
                let region = self.scenario.regions[region].code.clone();
                rows.push(TruthRow { date, region, marker: *marker, expressed, latent });
            }
        }
        for marker in Marker::ALL {
            let (expressed, latent) = (all[marker.index()], all_latent[marker.index()]);
            rows.push(TruthRow { date, region: series::ALL.to_owned(), marker: *marker, expressed, latent });
        }
        rows
    }
}

/// What the final text of a post expresses; `None` where there is nothing left to read.
fn remains(life: &Life) -> Option<MarkerSet> {
    let text = life.edit.as_ref().unwrap_or(&life.post);
    (life.deletion.is_none() && !text.wordless).then_some(text.expressed)
}

impl Scenario {
    /// What is planted, surges first.
    pub fn planted(&self) -> impl Iterator<Item = PlantedEvent> {
        let place = |region: &Option<String>| region.clone().unwrap_or_else(|| series::ALL.to_owned());
        let surges = self.surges.iter().map(move |surge| PlantedEvent {
            kind: "surge",
            marker: Some(surge.marker),
            region: place(&surge.region),
            first_day: surge.start,
            last_day: surge.last_day(),
            size: surge.size,
        });
        surges.chain(self.outages.iter().map(move |outage| PlantedEvent {
            kind: "outage",
            marker: None,
            region: place(&outage.region),
            first_day: outage.start,
            last_day: outage.last_day(),
            size: outage.severity,
        }))
    }
}
