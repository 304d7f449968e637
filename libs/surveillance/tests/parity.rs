//! The detectors against R's package `surveillance`, and against their definitions written in base R: tests/parity made
//! the numbers in `golden`. Two numbers agree where they differ by at most 1e-6, or by 1e-6 of the one that R gives.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::civil::Date;
use std::{collections::BTreeMap, path::Path};
use tidemark_domain::PeriodKind;
use tidemark_surveillance::detect::{
    Counts, Cusum, Detector, Ears, EarsTReweighted, Farrington, Finding, Judgement, Measure, Silence, Switch, Years,
    cusum::{Expected, Transformation},
    ears::Method,
    farrington::Threshold,
    run_length::Binomial,
};

const TOLERANCE: f64 = 1e-6;

/// A line of a golden file: its columns by name, those with several values split.
struct Line(BTreeMap<String, String>);

impl Line {
    fn word(&self, column: &str) -> &str {
        &self.0[column]
    }

    fn number(&self, column: &str) -> f64 {
        self.word(column).parse().unwrap()
    }

    /// NA is NaN.
    fn numbers(&self, column: &str) -> Vec<f64> {
        self.word(column).split(' ').map(|word| word.replace("NA", "NaN").parse().unwrap()).collect()
    }

    fn first(&self) -> usize {
        self.word("index").parse().unwrap()
    }
}

fn golden(name: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).with_extension("csv");
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().contains("surveillance 1.20.3"), "{name} names its oracle");
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let read = |line: &str| {
        let columns = columns.iter().map(|column| (*column).to_owned());
        Line(columns.zip(line.split(',').map(str::to_owned)).collect())
    };
    lines.map(read).collect()
}

fn series() -> BTreeMap<String, Counts> {
    let whole = |number: f64| (!number.is_nan()).then_some(number as u64);
    let read = |line: &Line| {
        let kind = PeriodKind::from_code(line.word("kind")).unwrap();
        let first: Date = line.word("first").parse().unwrap();
        let counts = Counts::of_numbers(kind, first, &line.numbers("count")).unwrap();
        let totals: Vec<Option<u64>> = line.numbers("total").into_iter().map(whole).collect();
        let known = totals.iter().any(Option::is_some);
        (line.word("series").to_owned(), if known { counts.with_totals(totals).unwrap() } else { counts })
    };
    golden("series").iter().map(read).collect()
}

/// The largest difference seen, relative where numbers are above 1.
#[derive(Default)]
struct Largest {
    difference: f64,
    numbers: usize,
}

impl Largest {
    fn compare(&mut self, place: &str, ours: f64, theirs: f64) {
        let difference = if ours == theirs { 0.0 } else { (ours - theirs).abs() / theirs.abs().max(1.0) };
        assert!(difference <= TOLERANCE, "{place}: {ours}, and R says {theirs}");
        self.difference = self.difference.max(difference);
        self.numbers += 1;
    }
}

fn place(line: &Line, index: usize) -> String {
    let names = ["series", "method", "transformation", "setting"];
    let named: Vec<&str> = names.iter().filter_map(|name| line.0.get(*name)).map(String::as_str).collect();
    format!("{} at {index}", named.join(" "))
}

#[test]
fn ears_agree_with_earsc() {
    let (series, mut largest) = (series(), Largest::default());
    for line in golden("ears") {
        let method = match line.word("method") {
            "C1" => Method::C1,
            "C2" => Method::C2,
            _ => Method::C3,
        };
        let mut ears = Ears::new(method, Measure::Count);
        if line.word("setting") == "floor" {
            ears = Ears { baseline: 9, min_sigma: 0.5, alpha: 0.01, ..ears };
        }
        let judged = ears.judge(&series[line.word("series")]).unwrap();
        let theirs = line.numbers("upper").into_iter().zip(line.numbers("alarm"));
        for (offset, (judgement, (upper, alarm))) in judged[line.first()..].iter().zip(theirs).enumerate() {
            let place = place(&line, line.first() + offset);
            match judgement.verdict {
                Err(Silence::NoVariation) => assert!(upper.is_nan(), "{place}: R says {upper}"),
                verdict => {
                    largest.compare(&place, verdict.unwrap().upper, upper);
                    assert_eq!(f64::from(u8::from(judgement.is_alarm())), alarm, "{place}");
                }
            }
        }
    }
    println!("earsC: {} numbers, largest difference {:.1e}", largest.numbers, largest.difference);
}

#[test]
fn cusum_agrees_with_cusum() {
    let (series, mut largest) = (series(), Largest::default());
    for line in golden("cusum") {
        let transformation = match line.word("transformation") {
            "standard" => Transformation::Standard,
            "rossi" => Transformation::Rossi,
            "anscombe" => Transformation::Anscombe,
            "anscombe2nd" => Transformation::AnscombeSecondOrder,
            _ => Transformation::PearsonNegativeBinomial(0.1),
        };
        let expected = Expected::Calibrated { periods: line.first() };
        let cusum = Cusum { transformation, expected, ..Cusum::new(Measure::Count) };
        let judged = &cusum.judge(&series[line.word("series")]).unwrap()[line.first()..];
        let theirs = line.numbers("cusum").into_iter().zip(line.numbers("upper")).zip(line.numbers("alarm"));
        for (offset, (judgement, ((sum, upper), alarm))) in judged.iter().zip(theirs).enumerate() {
            let place = place(&line, line.first() + offset);
            let finding = judgement.verdict.unwrap();
            largest.compare(&place, finding.statistic, sum);
            assert_eq!(f64::from(u8::from(finding.alarm)), alarm, "{place}");
            match transformation {
                // R gives the whole number of cases.
                Transformation::Standard => largest.compare(&place, (finding.upper - 1e-9).ceil(), upper),
                // R's limit does not undo its own transformation here (m^(1/3) for m^(-1/3)); ours does.
                Transformation::AnscombeSecondOrder => {}
                // Any count alarms; R squares or roots a number below 0 on the way.
                _ if finding.upper <= 0.0 => {}
                _ => largest.compare(&place, finding.upper, upper),
            }
        }
    }
    println!("cusum: {} numbers, largest difference {:.1e}", largest.numbers, largest.difference);
}

fn farrington(setting: &str) -> Farrington {
    let weeks = Years::Periods(52);
    let default = Farrington { calendar: weeks, ..Farrington::new(Measure::Count) };
    let improved = Farrington { calendar: weeks, ..Farrington::improved(Measure::Count) };
    let delta = Farrington { threshold: Threshold::Delta, ..improved };
    match setting {
        "default" => default,
        "improved" => delta,
        "plugin" => improved,
        "muan" => Farrington { threshold: Threshold::Muan, ..improved },
        "short" => Farrington { years: 3, half_window: 2, seasons: 4, reweight: false, alpha: 0.01, ..default },
        "two_years" => Farrington {
            years: 2,
            half_window: 4,
            seasons: 7,
            past_not_included: Some(0),
            weights_threshold: 1.0,
            least_cases: (3, 2),
            ..default
        },
        "level" => Farrington { trend: false, weights_threshold: 1.0, ..default },
        "rate" => Farrington { measure: Measure::Proportion, ..default },
        "rate_improved" => Farrington { measure: Measure::Proportion, ..improved },
        "calendar" => Farrington { calendar: Years::Calendar, ..delta },
        "days" => Farrington { years: 3, calendar: Years::Calendar, ..delta },
        other => panic!("no setting {other}"),
    }
}

#[test]
fn farrington_agrees_with_farrington_flexible() {
    let (series, mut largest, mut trends) = (series(), Largest::default(), 0);
    for line in golden("farrington") {
        let model = farrington(line.word("setting"));
        let judged = model.judge(&series[line.word("series")]).unwrap();
        let columns = ["expected", "upper", "score", "p", "alarm"].map(|column| line.numbers(column));
        for (offset, judgement) in judged[line.first()..].iter().enumerate() {
            let place = place(&line, line.first() + offset);
            let [expected, upper, score, p, alarm] = [0, 1, 2, 3, 4].map(|column| columns[column][offset]);
            assert_eq!(f64::from(u8::from(judgement.is_alarm())), alarm, "{place}");
            let finding = match judgement.verdict {
                Err(silence) => {
                    assert!(expected.is_nan(), "{place}: {silence}, and R says {expected}");
                    continue;
                }
                Ok(finding) => finding,
            };
            let n = if model.measure == Measure::Proportion { judgement.n.unwrap() as f64 } else { 1.0 };
            largest.compare(&place, n * finding.expected, expected);
            largest.compare(&place, n * finding.upper, upper);
            largest.compare(&place, finding.p, p);
            if model.threshold == Threshold::Delta {
                largest.compare(&place, finding.statistic, score);
            }
            trends += 1;
        }
    }
    assert!(trends > 2000, "{trends}");
    println!("farringtonFlexible: {} numbers, largest difference {:.1e}", largest.numbers, largest.difference);
}

#[test]
fn ears_t_reweighted_follows_its_definition() {
    let (series, mut largest) = (series(), Largest::default());
    for line in golden("reweighted") {
        let default = EarsTReweighted::new(Measure::Count);
        let detector = match line.word("setting") {
            "weekday" => EarsTReweighted { same_weekday: true, ..default },
            "steep" => {
                EarsTReweighted { alpha: 0.05, series: 8, alpha_outlier: 0.2, decay: 2.0, history: 10, ..default }
            }
            _ => default,
        };
        let judged = detector.judge(&series[line.word("series")]).unwrap();
        let columns = ["expected", "upper", "p"].map(|column| line.numbers(column));
        for (offset, judgement) in judged[line.first()..].iter().take(columns[0].len()).enumerate() {
            let place = place(&line, line.first() + offset);
            let Finding { expected, upper, p, .. } = judgement.verdict.unwrap();
            for (ours, column) in [expected, upper, p].into_iter().zip(&columns) {
                if !column[offset].is_nan() {
                    largest.compare(&place, ours, column[offset]);
                }
            }
        }
    }
    println!("ears_t_reweighted: {} numbers, largest difference {:.1e}", largest.numbers, largest.difference);
}

#[test]
fn the_switch_follows_its_definition() {
    let (series, mut largest, mut regressions) = (series(), Largest::default(), 0.0);
    for line in golden("switch") {
        let judged: Vec<Judgement> = Switch { measure: Measure::Count }.judge(&series[line.word("series")]).unwrap();
        let (expected, p) = (line.numbers("expected"), line.numbers("p"));
        for (index, judgement) in judged.iter().enumerate() {
            match judgement.verdict {
                Err(silence) => assert!(expected[index].is_nan(), "{silence} at {index}"),
                Ok(finding) => {
                    largest.compare(&place(&line, index), finding.expected, expected[index]);
                    largest.compare(&place(&line, index), finding.p, p[index]);
                }
            }
        }
        regressions += line.numbers("regression").into_iter().filter(|used| *used > 0.0).sum::<f64>();
    }
    assert!(regressions > 100.0, "both branches are taken: {regressions}");
    println!("switch: {} numbers, largest difference {:.1e}", largest.numbers, largest.difference);
}

/// A binomial chart is a chart of counts less k: the odds ratio decides k. R knows the run length of those exactly.
#[test]
fn binomial_run_lengths_agree_with_arlcusum() {
    for line in golden("run_length") {
        let (n, p0, k, h) = (line.number("n"), line.number("p0"), line.number("k"), line.number("h"));
        let raised = |odds: f64| odds * p0 / (1.0 + (odds - 1.0) * p0);
        let reference = |odds: f64| n * ((1.0 - p0) / (1.0 - raised(odds))).ln() / odds.ln();
        let (mut low, mut high) = (1.0 + 1e-9, 100.0);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if reference(middle) < k { low = middle } else { high = middle }
        }
        let chart = Binomial { p0, odds_ratio: low, n: n as u64 };
        let ours = chart.run_length(h * low.ln(), p0).unwrap();
        let theirs = line.number("run_length");
        println!("arlCusum: n {n}, p0 {p0}, k {k}, h {h}: {ours:.2}, and R says {theirs:.2}");
        assert!((ours / theirs - 1.0).abs() < 0.03, "{ours}, and R says {theirs}");
    }
}
