//! What a simulated year must be like, seen from outside: as a reader of its posts.

#![allow(clippy::unwrap_used)]

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet};
use tidemark_domain::{Language, Proportion, time::day_in};
use tidemark_simulator::{
    Event, Marker, MarkerSet, N_MARKERS, Reader, Scenario, Simulation, TruthRow, files, scenario::Ages,
};

fn simulation(scenario: Scenario) -> Simulation {
    Simulation::new(scenario).unwrap()
}

fn bytes(seed: u64) -> Vec<Vec<u8>> {
    let simulation = simulation(Scenario::default_for(seed, 12, 120.0));
    let mut outputs = vec![Vec::new(); 4];
    files::write_posts(&simulation, &mut outputs[0], |_| {}).unwrap();
    files::write_truth(&simulation, &mut outputs[1]).unwrap();
    files::write_events(simulation.scenario(), &mut outputs[2]).unwrap();
    files::write_scenario(simulation.scenario(), &mut outputs[3]).unwrap();
    outputs
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    assert_eq!(bytes(11), bytes(11));
    let (one, other) = (bytes(11), bytes(12));
    assert!(one[0] != other[0] && one[1] != other[1]);
}

/// The authors of a region and day, and those of them who express each marker.
type Cell = (BTreeSet<String>, [BTreeSet<String>; N_MARKERS]);

/// The cells of each day and region.
type Recount = BTreeMap<(Date, String), Cell>;

/// What is left of every post when all events were applied, and counted by (day, region, marker).
fn recount(simulation: &Simulation) -> Recount {
    let mut posts = BTreeMap::new();
    for event in simulation.posts() {
        match event.event {
            Event::Create => assert!(posts.insert(event.id.clone(), event).is_none(), "an id names one post"),
            Event::Update => {
                let id = event.id.clone();
                assert!(posts.insert(id, event).is_some(), "an edit follows its post");
            }
            Event::Delete => assert!(posts.remove(&event.id).is_some(), "a deletion follows its post"),
        }
    }
    let zones: BTreeMap<&str, TimeZone> = simulation
        .scenario()
        .regions
        .iter()
        .map(|region| (region.code.as_str(), TimeZone::get(&region.zone).unwrap()))
        .collect();
    let mut cells = Recount::new();
    for post in posts.into_values().filter(|post| !post.is_bot && !post.wordless) {
        let day = day_in(post.created_at, &zones[post.region.as_str()]);
        for region in [post.region.as_str(), "all"] {
            let (authors, by_marker) = cells.entry((day, region.to_owned())).or_default();
            authors.insert(post.author.clone());
            for marker in post.expressed.iter() {
                by_marker[marker.index()].insert(post.author.clone());
            }
        }
    }
    cells
}

#[test]
fn the_truth_is_what_a_reader_of_the_remaining_posts_counts() {
    let mut scenario = Scenario::default_for(21, 40, 150.0);
    scenario.edit_rate = 0.2;
    scenario.delete_rate = 0.2;
    for (region, zone) in
        scenario.regions.iter_mut().zip(["America/Los_Angeles", "America/Chicago", "Europe/Madrid", "Asia/Tokyo"])
    {
        region.zone = zone.to_owned();
    }
    let simulation = simulation(scenario);
    let cells = recount(&simulation);
    let mut rows = 0;
    for TruthRow { date, region, marker, expressed, latent } in simulation.truth() {
        let (authors, by_marker) = &cells[&(date, region)];
        let counted = Proportion { k: by_marker[marker.index()].len() as u64, n: authors.len() as u64 };
        assert_eq!(expressed, counted, "{date} {marker:?}");
        assert!((0.0..=1.0).contains(&latent));
        rows += 1;
    }
    assert_eq!(rows, 40 * 5 * N_MARKERS);
}

#[test]
fn events_come_in_time_order_and_end_with_the_scenario() {
    let mut scenario = Scenario::default_for(22, 20, 200.0);
    scenario.regions[0].zone = "Pacific/Auckland".to_owned();
    scenario.regions[1].zone = "Pacific/Honolulu".to_owned();
    let simulation = simulation(scenario);
    let events: Vec<_> = simulation.posts().collect();
    assert!(events.is_sorted_by_key(|event| event.at));
    let changed = events.iter().filter(|event| event.event != Event::Create).count();
    assert!(changed > 40, "{changed}");
    let end: Timestamp = "2024-01-22T00:00:00Z".parse().unwrap();
    assert!(events.iter().all(|event| event.at >= event.created_at && event.at < end));
}

#[test]
fn most_author_days_hold_one_post_and_some_people_write_much_more_than_others() {
    let simulation = simulation(Scenario::default_for(23, 120, 300.0));
    let mut author_days: BTreeMap<(Date, String), u32> = BTreeMap::new();
    let mut authors: BTreeMap<String, u32> = BTreeMap::new();
    let (mut spanish, mut total, mut bots) = (0, 0, 0);
    for post in simulation.posts().filter(|post| post.event == Event::Create) {
        total += 1;
        spanish += u32::from(post.lang == Language::Spanish);
        if post.is_bot {
            bots += 1;
            continue;
        }
        *author_days.entry((day_in(post.created_at, &TimeZone::UTC), post.author.clone())).or_default() += 1;
        *authors.entry(post.author).or_default() += 1;
    }
    let single = author_days.values().filter(|posts| **posts == 1).count() as f64 / author_days.len() as f64;
    assert!(single > 0.9, "{single}");
    let mut counts: Vec<u32> = authors.into_values().collect();
    counts.sort_unstable();
    assert!(counts[counts.len() - 1] > 5 * counts[counts.len() / 2]);
    let spanish = f64::from(spanish) / f64::from(total);
    assert!((0.45..0.70).contains(&spanish), "{spanish}");
    assert!((0.01..0.10).contains(&(f64::from(bots) / f64::from(total))), "{bots} of {total}");
    assert!((f64::from(total) / 120.0 / 300.0 - 1.0).abs() < 0.08, "{total}");
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

fn value(row: &TruthRow) -> f64 {
    row.expressed.value().unwrap()
}

#[test]
fn surges_stand_out_and_outages_take_posts_but_not_prevalence() {
    let simulation = simulation(Scenario::default_for(24, 400, 800.0));
    let rows: Vec<TruthRow> = simulation.truth().collect();
    let scenario = simulation.scenario();
    for surge in scenario.surges.iter().filter(|surge| surge.last_day() < scenario.last_day()) {
        let region = surge.region.as_deref().unwrap_or("all");
        let of = |from: Date, to: Date| {
            let rows = rows.iter().filter(move |row| row.region == region && row.marker == surge.marker);
            mean(rows.filter(|row| from <= row.date && row.date <= to).map(value))
        };
        let quarter = jiff::ToSpan::days(i64::from(surge.length_days / 4));
        let inside = of(surge.start.saturating_add(quarter), surge.last_day().saturating_sub(quarter));
        let before = of(surge.start.saturating_sub(jiff::ToSpan::days(28)), surge.start.yesterday().unwrap());
        // In the middle half of sin² the mean rise is 82 % of the full one.
        assert!(inside / before > 1.0 + 0.5 * (surge.size - 1.0), "{surge:?}: {before} {inside}");
    }
    for outage in &scenario.outages {
        let region = outage.region.as_deref().unwrap_or("all");
        let of = |wanted: &dyn Fn(Date) -> bool, read: &dyn Fn(&TruthRow) -> f64| {
            let rows = rows.iter().filter(|row| row.region == region && row.marker == Marker::Joy);
            mean(rows.filter(|row| wanted(row.date)).map(read))
        };
        let during = |date: Date| outage.start <= date && date <= outage.last_day();
        let around = |date: Date| !during(date) && (date - outage.start).get_days().abs() <= 28;
        let authors = |row: &TruthRow| row.expressed.n as f64;
        assert!(of(&during, &authors) < 0.55 * of(&around, &authors), "{outage:?}");
        let (inside, outside) = (of(&during, &value), of(&around, &value));
        assert!((inside / outside - 1.0).abs() < 0.4, "{outage:?}: {outside} {inside}");
    }
}

#[test]
fn the_last_surge_is_still_rising_when_the_data_end() {
    let simulation = simulation(Scenario::default_for(25, 400, 800.0));
    let stress: Vec<f64> = simulation
        .truth()
        .filter(|row| row.region == "all" && row.marker == Marker::Stress)
        .map(|row| value(&row))
        .collect();
    let usual = mean(stress[340..386].iter().copied());
    let (earlier, latest) = (mean(stress[393..396].iter().copied()), mean(stress[397..400].iter().copied()));
    assert!(latest > 1.5 * usual && latest > earlier, "{usual} {earlier} {latest}");
}

#[test]
fn weekdays_have_their_rhythm_and_hours_too() {
    let simulation = simulation(Scenario::default_for(26, 350, 800.0));
    let mut by_weekday = [(0.0, 0.0); 7];
    for row in simulation.truth().filter(|row| row.region == "all" && row.marker == Marker::Joy) {
        let day = &mut by_weekday[row.date.weekday().to_monday_zero_offset() as usize];
        *day = (day.0 + row.expressed.k as f64, day.1 + row.expressed.n as f64);
    }
    let share = |day: usize| by_weekday[day].0 / by_weekday[day].1;
    assert!(share(5) > 1.1 * share(0), "Saturday {} Monday {}", share(5), share(0));
    assert!(by_weekday[6].1 > 1.05 * by_weekday[4].1, "Sundays bring more people than Fridays");
    let mut hours = [0_u32; 24];
    for post in simulation.posts().take(20_000).filter(|post| post.event == Event::Create) {
        hours[post.created_at.to_zoned(TimeZone::UTC).hour() as usize] += 1;
    }
    assert!(hours[21] > 5 * hours[4], "{hours:?}");
}

#[test]
fn lines_have_the_shape_that_ingest_reads_by_default() {
    let mut scenario = Scenario::default_for(27, 30, 200.0);
    scenario.delete_rate = 0.2;
    let simulation = simulation(scenario);
    let mut out = Vec::new();
    let count = files::write_posts(&simulation, &mut out, |_| {}).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count() as u64, count);
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let op = line["op"].as_str().unwrap().to_owned();
        assert_eq!(line.get("text").is_some(), op != "delete");
        line["created_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(line["is_bot"].is_boolean() && line["id"].is_string() && line["author"].is_string());
        assert!(["en", "es"].contains(&line["lang"].as_str().unwrap()));
        assert!(line.get("expressed").is_none(), "hidden labels stay hidden");
        seen.insert(op);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["create", "delete", "update"]);
}

#[test]
fn bots_repeat_themselves_and_express_nothing() {
    let simulation = simulation(Scenario::default_for(28, 60, 300.0));
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for post in simulation.posts().filter(|post| post.is_bot) {
        assert_eq!(post.expressed, MarkerSet::EMPTY);
        let (common, _) = post.text.rsplit_once('#').unwrap();
        texts.entry(post.author).or_default().insert(common.to_owned());
    }
    assert_eq!(texts.len(), 3);
    assert!(texts.values().all(|texts| texts.len() == 1));
}

/// The young write more and are less prone: who posts says too little.
fn aged(seed: u64, days: u32, posts_per_day: f64) -> Scenario {
    let ages =
        Ages { activity_per_decade: 0.7, prevalence_per_decade: 1.2, estimate_slope: 0.5, estimate_error_years: 4.0 };
    Scenario { ages: Some(ages), ..Scenario::default_for(seed, days, posts_per_day) }
}

#[test]
fn ages_bias_who_posts_and_the_population_knows_better() {
    let simulation = simulation(aged(29, 30, 300.0));
    let residents: BTreeMap<String, f64> =
        simulation.residents().map(|resident| (resident.author, resident.age.unwrap())).collect();
    assert_eq!(residents.len(), 6000);
    let posting = mean(simulation.posts().filter_map(|post| residents.get(&post.author).copied()));
    let living = mean(residents.values().copied());
    assert!(posting < living - 8.0, "{posting} {living}");
    let everybody = simulation.population_truth();
    for row in simulation.truth().filter(|row| row.region == "all") {
        let day = (row.date - simulation.scenario().first_day).get_days() as usize;
        let ratio = everybody[day][row.marker.index()] / row.latent;
        assert!((1.1..1.7).contains(&ratio), "{} {ratio}", row.date);
    }
    let plain = everybody_alike(29);
    assert!(plain.residents().all(|resident| resident.age.is_none()));
    let (everybody, latent) = (plain.population_truth(), plain.truth().find(|row| row.region == "all").unwrap().latent);
    assert!((everybody[0][0] / latent - 1.0).abs() < 0.05);
}

fn everybody_alike(seed: u64) -> Simulation {
    simulation(Scenario::default_for(seed, 3, 300.0))
}

#[test]
fn a_reader_errs_as_often_as_said_and_always_alike() {
    let simulation = simulation(Scenario::default_for(30, 60, 300.0));
    let reader = Reader { seed: 1, sensitivity: 0.8, specificity: 0.97 };
    let (mut there, mut found, mut not_there, mut not_found) = (0.0, 0.0, 0.0, 0.0);
    for post in simulation.posts().filter(|post| post.event == Event::Create) {
        let read = reader.read(&post);
        assert_eq!(read, reader.read(&post));
        for marker in Marker::ALL {
            let is = post.expressed.contains(*marker);
            let hit = f64::from(u8::from(read.contains(*marker) == is));
            if is {
                (there, found) = (there + 1.0, found + hit)
            } else {
                (not_there, not_found) = (not_there + 1.0, not_found + hit)
            }
        }
    }
    assert!((found / there - 0.8_f64).abs() < 0.01 && (not_found / not_there - 0.97_f64).abs() < 0.003);
}

/// What the default scenario has always written: a digest (FNV-1a) of the posts of seed 7.
#[test]
fn the_default_scenario_writes_what_it_always_did() {
    let simulation = simulation(Scenario::default_for(7, 20, 100.0));
    let mut posts = Vec::new();
    files::write_posts(&simulation, &mut posts, |_| {}).unwrap();
    let digest = posts
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    assert_eq!(format!("{digest:016x}"), "e90500abea9a9ed3");
}

mod any_scenario {
    use super::recount;
    use proptest::prelude::*;
    use tidemark_simulator::{Scenario, Simulation};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever the rates and sizes, truth is what the posts say, days without posts included.
        #[test]
        fn truth_and_posts_agree(
            seed in any::<u64>(),
            days in 1_u32..12,
            posts_per_day in 0.5_f64..60.0,
            authors in 1_u32..200,
            edit_rate in 0.0_f64..=1.0,
            delete_rate in 0.0_f64..=1.0,
            wordless_rate in 0.0_f64..=1.0,
        ) {
            let scenario = Scenario {
                authors,
                edit_rate,
                delete_rate,
                wordless_rate,
                ..Scenario::default_for(seed, days, posts_per_day)
            };
            let simulation = Simulation::new(scenario).expect("makes sense");
            let cells = recount(&simulation);
            for row in simulation.truth() {
                let (k, n) = cells
                    .get(&(row.date, row.region.clone()))
                    .map_or((0, 0), |(authors, by_marker)| (by_marker[row.marker.index()].len(), authors.len()));
                prop_assert_eq!((row.expressed.k, row.expressed.n), (k as u64, n as u64));
            }
        }
    }
}
