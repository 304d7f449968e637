//! The *latent* prevalence: the probability with which an author who posts on a day expresses a marker.
//! Baseline × region × season × weekday × drift × surges.

use crate::{
    Marker,
    draw::{Purpose, rng},
    marker::N_MARKERS,
    scenario::{Outage, Scenario, Surge},
};
use jiff::civil::Date;
use rand::Rng;
use std::f64::consts::{PI, TAU};

/// No curve goes above this.
const MOST: f64 = 0.9;
/// Waves that together make the drift of a curve.
const N_WAVES: usize = 5;
/// Shortest and longest period of those waves, in days.
const WAVE_DAYS: (f64, f64) = (17.0, 160.0);

/// One wave of the drift: its period in days and its phase in radians.
type Wave = (f64, f64);

/// The curves of a scenario. Days count from its first and may go past its last.
#[derive(Debug)]
pub(crate) struct Curves {
    scenario: Scenario,
    weekday: Vec<[f64; 7]>,
    weekday_volume: [f64; 7],
    waves: [[Wave; N_WAVES]; N_MARKERS],
}

impl Curves {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut draws = rng(scenario.seed, Purpose::Drift);
        let mut waves = [[(1.0, 0.0); N_WAVES]; N_MARKERS];
        for wave in waves.iter_mut().flatten() {
            *wave = (draws.random_range(WAVE_DAYS.0..WAVE_DAYS.1), draws.random_range(0.0..TAU));
        }
        Self {
            weekday: Marker::ALL.iter().map(|marker| mean_one(scenario.markers[marker].weekday)).collect(),
            weekday_volume: mean_one(scenario.weekday_volume),
            waves,
            scenario: scenario.clone(),
        }
    }

    /// The latent prevalence of `marker` in region number `region` on day number `day`.
    pub(crate) fn prevalence(&self, marker: Marker, region: usize, day: u32) -> f64 {
        let curve = &self.scenario.markers[&marker];
        let place = &self.scenario.regions[region];
        let date = self.scenario.day(day);
        let season =
            1.0 + curve.season * (TAU * f64::from(date.day_of_year() - curve.season_peak as i16) / 365.25).cos();
        let drift: f64 = self.waves[marker.index()]
            .iter()
            .map(|(period, phase)| (TAU * f64::from(day) / period + phase).sin())
            .sum::<f64>()
            / (N_WAVES as f64 / 2.0).sqrt();
        let surges: f64 = self
            .scenario
            .surges
            .iter()
            .filter(|surge| surge.marker == marker && concerns(surge.region.as_deref(), &place.code))
            .map(|surge| rise(surge, date))
            .product();
        let value = curve.baseline
            * place.prevalence_ratio
            * season
            * self.weekday[marker.index()][weekday(date)]
            * (1.0 + curve.drift * drift).max(0.1)
            * surges;
        value.clamp(0.0, MOST)
    }

    /// Factor on the number of posts in region number `region` on day number `day`.
    pub(crate) fn volume(&self, region: usize, day: u32) -> f64 {
        let date = self.scenario.day(day);
        let code = &self.scenario.regions[region].code;
        let kept: f64 = self
            .scenario
            .outages
            .iter()
            .filter(|outage| concerns(outage.region.as_deref(), code) && holds(outage, date))
            .map(|outage| 1.0 - outage.severity)
            .product();
        self.weekday_volume[weekday(date)] * kept
    }
}

fn concerns(region: Option<&str>, code: &str) -> bool {
    region.is_none_or(|region| region == code)
}

fn holds(outage: &Outage, date: Date) -> bool {
    outage.length_days > 0 && (outage.start..=outage.last_day()).contains(&date)
}

fn rise(surge: &Surge, date: Date) -> f64 {
    // Days since the start, in the middle of the day, so that a surge of one day has its full size.
    let age = f64::from((date - surge.start).get_days()) + 0.5;
    let length = f64::from(surge.length_days);
    if age < 0.0 || age > length {
        return 1.0;
    }
    1.0 + (surge.size - 1.0) * (PI * age / length).sin().powi(2)
}

fn weekday(date: Date) -> usize {
    date.weekday().to_monday_zero_offset() as usize
}

fn mean_one(factors: [f64; 7]) -> [f64; 7] {
    let mean = factors.iter().sum::<f64>() / 7.0;
    factors.map(|factor| factor / mean)
}

#[cfg(test)]
mod tests {
    use super::Curves;
    use crate::{Marker, Scenario};

    #[test]
    fn a_surge_reaches_its_size_in_its_middle_and_nothing_outside() {
        let planted = Scenario::default_for(3, 365, 300.0);
        let mut flat = planted.clone();
        flat.surges.clear();
        let (planted_curves, flat_curves) = (Curves::new(&planted), Curves::new(&flat));
        let surge = &planted.surges[0];
        let ratio = |offset: i32| {
            let day = ((surge.start - planted.first_day).get_days() + offset) as u32;
            planted_curves.prevalence(surge.marker, 0, day) / flat_curves.prevalence(surge.marker, 0, day)
        };
        assert!((ratio(i32::from(surge.length_days) / 2) - surge.size).abs() < 0.02 * surge.size);
        assert!((ratio(-1) - 1.0).abs() < 1e-12 && (ratio(i32::from(surge.length_days)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_year_averages_to_the_baseline() {
        let mut scenario = Scenario::default_for(3, 364, 300.0);
        scenario.surges.clear();
        let curves = Curves::new(&scenario);
        for marker in Marker::ALL {
            let mean = (0..364).map(|day| curves.prevalence(*marker, 0, day)).sum::<f64>() / 364.0;
            let baseline = scenario.markers[marker].baseline;
            assert!((mean / baseline - 1.0).abs() < 0.06, "{marker:?} {mean}");
        }
    }
}
