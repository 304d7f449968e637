//! Regions and all of them together, forecast so that they add up: rows that say so, from nothing but the past.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use tidemark_domain::forecast::QUANTILE_LEVELS;
use tidemark_forecast::error::RequestFault;
use tidemark_forecast::{
    Error, Journal, Model, Origins, Request, SeriesFile, Summary, forecast_resumably, forecast_series, read_series,
};

const DAYS: i64 = 180;
const HORIZON: u16 = 9;
const REGIONS: [&str; 3] = ["AR-B", "US-CA", "unknown"];
/// People of each region on each day; the second has twice as many from [`MOVED`] on.
const PEOPLE: [u64; 3] = [300, 200, 100];
const MOVED: i64 = 160;
const SAMPLES: usize = 20;
/// Values are written with eight decimals.
const ROUNDING: f64 = 2e-8;

fn on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn day(number: i64) -> Date {
    date(2023, 1, 1).saturating_add(number.days())
}

fn people(region: usize, day: i64) -> u64 {
    if region == 1 && day >= MOVED { 2 * PEOPLE[region] } else { PEOPLE[region] }
}

/// Those of a region who show the marker: a level of its own, a wave, a weekend and noise.
fn cases(region: usize, day: i64) -> u64 {
    let noise = (day * (37 + region as i64) % 19) as f64 / 19.0 - 0.5;
    let wave = 0.05 * (day as f64 / 9.0 + region as f64).sin() + if day % 7 > 4 { 0.02 } else { 0.0 };
    let share = 0.15 + 0.05 * region as f64 + wave + 0.03 * noise;
    (share * people(region, day) as f64).round() as u64
}

/// A marker's series by region and of all, in English and of another marker without regions. Of `all` some people can be
/// `missing`; later than `known` nothing is as it was.
fn text(missing: u64, known: i64) -> String {
    let mut text = "date,series,value,n,total\n".to_owned();
    for number in 0..DAYS {
        let mut row = |name: &str, k: u64, n: u64| {
            let value = k as f64 / n as f64;
            writeln!(text, "{},{name},{value:.6},{k},{n}", day(number)).unwrap();
        };
        let counts = |region: usize| {
            if number <= known {
                (cases(region, number), people(region, number))
            } else {
                (people(region, number), 7 * people(2 - region, number))
            }
        };
        let all = (0..3).map(counts).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        row("all/en/mh.stress", all.0, all.1 + missing);
        row("all/en/mh.anger", all.0, 2 * all.1);
        for (region, name) in REGIONS.iter().enumerate() {
            let (k, n) = counts(region);
            row(&format!("{name}/en/mh.stress"), k, n);
        }
    }
    text
}

fn file(text: &str) -> SeriesFile {
    read_series(text.as_bytes(), std::io::sink()).unwrap()
}

fn request(origins: Origins) -> Request {
    Request {
        origins,
        horizon_days: HORIZON,
        history_days: 1095,
        models: vec![Model::Tidemark, Model::SeasonalNaive],
        peak_week: true,
        samples: SAMPLES,
        coherent: Some(BTreeSet::new()),
    }
}

fn run(text: &str, request: &Request) -> (String, Summary) {
    let mut out = Vec::new();
    let summary = forecast_series(&file(text), request, &mut out, &on).unwrap();
    (String::from_utf8(out).unwrap(), summary)
}

/// By model, origin, series, kind and days ahead: values in the order of the rows.
type Rows = BTreeMap<(String, String, String, String, String), Vec<f64>>;

fn rows(text: &str) -> Rows {
    let mut rows = Rows::new();
    for row in csv::Reader::from_reader(text.as_bytes()).into_records().map(Result::unwrap) {
        let of = |column: usize| row[column].to_owned();
        rows.entry((of(0), of(1), of(3), of(6), of(4))).or_default().push(row[8].parse().unwrap());
    }
    rows
}

/// The mean of a distribution by its quantiles.
fn mean(quantiles: &[f64]) -> f64 {
    let inner = QUANTILE_LEVELS.windows(2).zip(quantiles.windows(2));
    let inner: f64 = inner.map(|(levels, ends)| (levels[1] - levels[0]) * (ends[0] + ends[1]) / 2.0).sum();
    inner + QUANTILE_LEVELS[0] * (quantiles[0] + quantiles[22])
}

#[test]
fn samples_of_one_number_add_up_by_the_parts_of_the_last_four_weeks() {
    let origin = day(170);
    let (out, summary) = run(&text(0, i64::MAX), &request(Origins::At(origin)));
    // Five series by two models.
    assert_eq!((summary.series, summary.forecasts, summary.skipped_apart), (5, 10, 0));
    let found = rows(&out);
    // Of the 28 days up to day 170 eleven lie after the move.
    let part = |region: usize| {
        let share = |day: i64| {
            let all: u64 = (0..3).map(|region| people(region, day)).sum();
            people(region, day) as f64 / all as f64
        };
        (143..=170).map(share).sum::<f64>() / 28.0
    };
    assert!(part(1) > 200.0 / 600.0 + 0.05 && part(1) < 400.0 / 800.0);
    for model in ["tidemark", "seasonal_naive"] {
        for ahead in 1..=HORIZON {
            let of = |series: &str, kind: &str| {
                let series = format!("{series}/en/mh.stress");
                &found[&(model.to_owned(), origin.to_string(), series, kind.to_owned(), ahead.to_string())]
            };
            let all = of("all", "sample");
            assert_eq!(all.len(), SAMPLES);
            for (number, all) in all.iter().enumerate() {
                let sum: f64 =
                    REGIONS.iter().enumerate().map(|(index, name)| part(index) * of(name, "sample")[number]).sum();
                assert!((sum - all).abs() < ROUNDING, "{model}, {ahead} ahead, sample {number}: {sum} and {all}");
            }
            for name in REGIONS.iter().chain([&"all"]) {
                let quantiles = of(name, "quantile");
                assert!(quantiles.len() == 23 && quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{quantiles:?}");
                assert!(quantiles.iter().all(|value| (0.0..=1.0).contains(value)));
            }
            // Quantiles do not add up, but their means do: the quantiles are those of paths that add up.
            let sum: f64 =
                REGIONS.iter().enumerate().map(|(index, name)| part(index) * mean(of(name, "quantile"))).sum();
            assert!((sum - mean(of("all", "quantile"))).abs() < 2e-3, "{model}, {ahead} ahead");
        }
    }
}

#[test]
fn who_adds_up_with_nobody_is_forecast_as_ever_and_nothing_later_is_used() {
    let at = request(Origins::At(day(150)));
    let (honest, _) = run(&text(0, i64::MAX), &at);
    let (alone, _) = run(&text(0, i64::MAX), &Request { coherent: None, ..at.clone() });
    let of = |out: &str, name: &str| -> Vec<String> {
        // Samples are numbered over all that are drawn.
        let is_its = |line: &&str| line.contains(&format!(",{name},")) && line.contains(",quantile,");
        out.lines().filter(is_its).map(str::to_owned).collect()
    };
    assert_eq!(of(&honest, "all/en/mh.anger"), of(&alone, "all/en/mh.anger"));
    assert_ne!(of(&honest, "all/en/mh.stress"), of(&alone, "all/en/mh.stress"));
    // Rows of all regions stand before those of the regions.
    let order: Vec<usize> = ["all", "AR-B", "US-CA", "unknown"]
        .iter()
        .map(|region| honest.lines().position(|line| line.contains(&format!(",{region}/en/mh.stress,"))).unwrap())
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    // Later days of another world, with other parts, change nothing before them.
    assert_eq!(run(&text(0, 150), &at).0, honest);
}

#[test]
fn the_last_day_is_one_that_all_have_and_who_ends_before_an_origin_takes_the_others_with_it() {
    let short = text(0, i64::MAX);
    let ends = |line: &&str| !(line.contains("unknown/") && line.split(',').next() > Some("2023-06-20"));
    let short: String = short.lines().filter(ends).map(|line| format!("{line}\n")).collect();
    let (out, summary) = run(&short, &request(Origins::Last));
    assert_eq!((summary.forecasts, summary.skipped_outside, summary.skipped_apart), (10, 0, 0));
    let origins: Vec<String> = rows(&out).into_keys().map(|key| format!("{} {}", key.2, key.1)).collect();
    assert!(origins.contains(&"all/en/mh.stress 2023-06-20".to_owned()));
    assert!(origins.contains(&format!("all/en/mh.anger {}", day(DAYS - 1))));
    let (out, summary) = run(&short, &request(Origins::At(day(175))));
    assert_eq!((summary.forecasts, summary.skipped_outside, summary.skipped_apart), (2, 1, 3));
    assert!(out.lines().skip(1).all(|line| line.contains("mh.anger")));
}

#[test]
fn a_back_test_that_was_stopped_goes_on_between_families() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.csv");
    let series = file(&text(0, i64::MAX));
    let mut ask = request(Origins::Rolling { from: day(100), to: day(130), step_days: 2 });
    (ask.models, ask.samples) = (vec![Model::SeasonalNaive], 2);
    let mut whole = Vec::new();
    let expected = forecast_series(&series, &ask, &mut whole, &on).unwrap();
    // Sixteen origins of five series; a family of four is kept together.
    assert_eq!(expected.forecasts, 80);
    let open = || Journal::open(&output, &series, &ask, "a build").unwrap();
    let halfway = |done: u64, _: u64| if done < 50 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    let stopped = forecast_resumably(&series, &ask, &mut open(), &halfway);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    let mut journal = open();
    assert!((32..50).contains(&journal.origins()));
    assert_eq!(forecast_resumably(&series, &ask, &mut journal, &on).unwrap(), expected);
    let mut resumed = Vec::new();
    journal.copy_to(&mut resumed).unwrap();
    assert!(resumed == whole);
}

#[test]
fn regions_that_do_not_make_up_the_whole_are_refused_by_name() {
    let refused = |text: &str| {
        let asked = request(Origins::Last);
        forecast_series(&file(text), &asked, std::io::sink(), &on).unwrap_err().to_string()
    };
    let missing = refused(&text(100, i64::MAX));
    assert!(
        missing.starts_with("the series all/en/mh.stress is not made up of its regions: on the 180 days"),
        "{missing}"
    );
    let uncounted: String = text(0, i64::MAX)
        .lines()
        .map(|line| {
            if line.contains("US-CA") {
                format!("{},\n", line.rsplit_once(',').unwrap().0)
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    let uncounted = refused(&uncounted);
    assert!(uncounted.starts_with("the series US-CA/en/mh.stress has no `total`"), "{uncounted}");
    let alone = refused("date,series,value,total\n2024-01-01,all/en/mh.stress,0.1,100\n2024-01-01,north,0.1,100\n");
    assert!(alone.contains("no series stands beside those of its regions"), "{alone}");
    // Who is named adds up, whatever others do.
    let asked = |name: &str, text: &str| {
        let asked = Request { coherent: Some([name.to_owned()].into()), ..request(Origins::Last) };
        forecast_series(&file(text), &asked, std::io::sink(), &on)
    };
    let other = text(100, i64::MAX).replace("mh.stress", "mh.joy");
    let both = text(0, i64::MAX) + other.split_once('\n').unwrap().1;
    let both =
        both.lines().filter(|line| !line.contains("mh.anger")).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(asked("all/en/mh.stress", &both).unwrap().forecasts, 16);
    assert!(asked("all/en/mh.joy", &both).unwrap_err().to_string().contains("all/en/mh.joy is not made up"));
    let unknown = asked("all/en/mh.anger", &text(0, i64::MAX)).unwrap_err().to_string();
    assert_eq!(unknown, RequestFault::NoRegions { series: "all/en/mh.anger".to_owned() }.to_string());
}
