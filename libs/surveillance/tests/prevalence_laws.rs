//! What holds for every prevalence of people.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::civil::date;
use proptest::prelude::*;
use tidemark_domain::{AuthorKey, PeriodKind, PostKey, Proportion};
use tidemark_surveillance::History;
use tidemark_surveillance::prevalence::{
    Estimate,
    baseline::{self, compare},
    binning::adaptive,
    composition::composition,
    lift::lift,
    misclassification::{Accuracy, Rate},
    overdispersion::BetaBinomial,
    places::of_places,
    population::Population,
    poststratification::{Robust, naive, robust},
    presence::{self, Rule, Vote},
    redistribution::Redistribution,
    weighted::weighted,
};

fn proportion(most: u64) -> impl Strategy<Value = Proportion> {
    (1..=most).prop_flat_map(|n| (0..=n).prop_map(move |k| Proportion { k, n }))
}

fn observed(proportion: Proportion) -> Estimate {
    Estimate::of(proportion).unwrap().unwrap()
}

fn assert_lawful(estimate: &Estimate) {
    let Estimate { value, lower, upper, effective_n, .. } = *estimate;
    assert!(0.0 <= lower && lower <= value && value <= upper && upper <= 1.0, "{estimate:?}");
    assert!(effective_n.is_finite() && effective_n > 0.0, "{estimate:?}");
}

fn width(estimate: &Estimate) -> f64 {
    estimate.upper - estimate.lower
}

fn close(a: &Estimate, b: &Estimate) -> bool {
    [(a.value, b.value), (a.lower, b.lower), (a.upper, b.upper)].iter().all(|(a, b)| (a - b).abs() < 1e-9)
}

/// Accuracies that are taken, measured in samples of any size.
fn accuracy() -> impl Strategy<Value = Accuracy> {
    let rate = || (0.5..=1.0_f64, 20.0..2000.0_f64, any::<bool>());
    (rate(), rate()).prop_filter_map("informative", |(se, sp)| {
        let rate = |(value, n, known)| if known { Rate::Known(value) } else { Rate::Measured { value, n } };
        Accuracy::new(rate(se), rate(sp)).ok()
    })
}

/// People over a table of two traits, some unknown.
fn people() -> impl Strategy<Value = Vec<[Option<usize>; 2]>> {
    let known = || prop_oneof![1 => Just(None), 9 => Just(Some(()))];
    let person = (known(), known(), 0..4_usize, 0..3_usize);
    let bins = |(a, b, age, school): (Option<()>, Option<()>, usize, usize)| [a.map(|()| age), b.map(|()| school)];
    prop::collection::vec(person.prop_map(bins), 0..300)
}

fn table() -> impl Strategy<Value = Population> {
    prop::collection::vec(1.0..1e6_f64, 12).prop_map(|counts| Population::joint(vec![4, 3], counts).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn clusters_widen_an_interval_and_more_of_them_narrow_it(cells in prop::collection::vec(proportion(20), 2..40)) {
        let fitted = BetaBinomial::fit(&cells).unwrap().unwrap();
        let estimate = fitted.estimate();
        assert_lawful(&estimate);
        prop_assert!((0.0..=1.0).contains(&fitted.correlation) && fitted.design_effect >= 1.0);
        prop_assert!(width(&estimate) >= width(&observed(fitted.total)) - 1e-12);
        prop_assert!(width(&BetaBinomial::fit(&cells.repeat(3)).unwrap().unwrap().estimate()) < width(&estimate));
        let reversed: Vec<Proportion> = cells.iter().rev().copied().collect();
        prop_assert!(close(&BetaBinomial::fit(&reversed).unwrap().unwrap().estimate(), &estimate));
    }

    #[test]
    fn a_perfect_test_changes_nothing(seen in proportion(5000)) {
        let seen = observed(seen);
        assert_lawful(&seen);
        prop_assert!(close(&Accuracy::PERFECT.adjust(&seen), &seen));
    }

    #[test]
    fn an_adjusted_interval_holds_its_value_and_narrows_with_data(
        accuracy in accuracy(),
        seen in proportion(500),
        n in 1.0..1e5_f64,
    ) {
        let adjusted = accuracy.adjust(&observed(seen));
        assert_lawful(&adjusted);
        assert_lawful(&accuracy.adjust(&Estimate::wilson(seen.value().unwrap(), n).unwrap()));
        // Where no wall cuts it, ten times the people say more.
        let many = accuracy.adjust(&observed(Proportion { k: 10 * seen.k, n: 10 * seen.n }));
        if adjusted.lower > 0.0 && adjusted.upper < 1.0 && many.lower > 0.0 && many.upper < 1.0 {
            prop_assert!(width(&many) < width(&adjusted));
        }
    }

    #[test]
    fn more_positives_never_adjust_to_less(accuracy in accuracy(), n in 1..400_u64) {
        let all: Vec<Estimate> = (0..=n).map(|k| accuracy.adjust(&observed(Proportion { k, n }))).collect();
        prop_assert!(all.windows(2).all(|pair| pair[0].value <= pair[1].value));
    }

    #[test]
    fn errors_of_posts_grow_with_posts(accuracy in accuracy(), further in 0..6_usize, repeat in 0.0..=1.0_f64) {
        let mut histogram = vec![0; further + 1];
        histogram[further] = 7;
        if let Ok(people) = accuracy.of_authors(&histogram, repeat) {
            prop_assert!(people.specificity() <= accuracy.specificity() + 1e-12);
            prop_assert!(people.sensitivity() >= accuracy.sensitivity() - 1e-12);
            assert_lawful(&people.adjust(&observed(Proportion { k: 30, n: 100 })));
        }
    }

    #[test]
    fn weights_sum_to_the_people_and_do_not_depend_on_order(people in people(), table in table()) {
        let n = people.len() as f64;
        let settings = Robust::default();
        let backwards: Vec<_> = people.iter().rev().copied().collect();
        let both = [
            (naive(&people, &table).unwrap(), naive(&backwards, &table).unwrap()),
            (robust(&people, &table, &settings).unwrap(), robust(&backwards, &table, &settings).unwrap()),
        ];
        for (weights, reversed) in both {
            prop_assert_eq!(weights.len(), people.len());
            prop_assert!(weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0));
            prop_assert!((weights.iter().sum::<f64>() - n).abs() < 1e-6);
            prop_assert!(weights.iter().zip(reversed.iter().rev()).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn places_together_have_a_share_where_one_of_them_has(
        cells in prop::collection::vec(prop::option::of(proportion(500)), 1..6),
        elsewhere in proportion(100),
    ) {
        let margin: Vec<f64> = (1..=cells.len()).map(|place| place as f64).collect();
        let table = Population::of_margins(&[margin]).unwrap();
        let (k, n) = cells.iter().flatten().fold((elsewhere.k, elsewhere.n), |(k, n), cell| (k + cell.k, n + cell.n));
        let together = of_places(Proportion { k, n }, &cells, &table).unwrap();
        prop_assert_eq!(together.is_some(), cells.iter().any(Option::is_some));
        if let Some(together) = together {
            assert_lawful(&together);
        }
    }

    #[test]
    fn a_sample_like_the_population_needs_no_weights(
        counts in prop::collection::vec(50..200_usize, 2..6),
        smoothing_people in 0.0..100.0_f64,
    ) {
        let margin: Vec<f64> = counts.iter().map(|count| 7.0 * *count as f64).collect();
        let table = Population::of_margins(&[margin]).unwrap();
        let people: Vec<[Option<usize>; 1]> =
            counts.iter().enumerate().flat_map(|(bin, count)| std::iter::repeat_n([Some(bin)], *count)).collect();
        let weights = robust(&people, &table, &Robust { smoothing_people, ..Robust::default() }).unwrap();
        prop_assert!(weights.iter().all(|weight| (weight - 1.0).abs() < 1e-9));
    }

    #[test]
    fn a_weighted_interval_is_no_narrower_than_the_best_of_equals(
        people in prop::collection::vec((any::<bool>(), 0.01..10.0_f64), 1..200),
    ) {
        let (present, weights): (Vec<bool>, Vec<f64>) = people.iter().copied().unzip();
        let both = weighted(&present, &weights).unwrap().unwrap();
        assert_lawful(&both.weighted);
        assert_lawful(&both.unweighted);
        prop_assert!(both.weighted.effective_n <= people.len() as f64 + 1e-9);
        // The scale of weights says nothing.
        let scaled: Vec<f64> = weights.iter().map(|weight| 17.0 * weight).collect();
        prop_assert!(close(&weighted(&present, &scaled).unwrap().unwrap().weighted, &both.weighted));
        let equal = weighted(&present, &vec![2.0; people.len()]).unwrap().unwrap();
        prop_assert!((equal.weighted.value - equal.unweighted.value).abs() < 1e-12);
        let twice = weighted(&present.repeat(2), &weights.repeat(2)).unwrap().unwrap();
        prop_assert!(width(&twice.weighted) < width(&both.weighted));
    }

    #[test]
    fn wide_bins_hold_enough_and_neighbours_alone(counts in prop::collection::vec(0..120_u32, 1..15)) {
        let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
        let wide = adaptive(&counts, 50.0);
        prop_assert_eq!((wide.len(), wide[0]), (counts.len(), 0));
        prop_assert!(wide.windows(2).all(|pair| pair[1] == pair[0] || pair[1] == pair[0] + 1));
        let mut sums = vec![0.0; wide[wide.len() - 1] + 1];
        wide.iter().zip(&counts).for_each(|(bin, count)| sums[*bin] += count);
        prop_assert!(sums.len() == 1 || sums.iter().all(|sum| *sum >= 50.0));
    }

    #[test]
    fn redistribution_keeps_the_order_of_people(
        mut estimates in prop::collection::vec(-50.0..50.0_f64, 1..100),
        users in prop::collection::vec(0.0..10.0_f64, 3),
    ) {
        prop_assume!(users.iter().sum::<f64>() > 0.0);
        let map = Redistribution::fit(estimates.clone(), vec![13.0, 30.0, 50.0, 99.0], &users).unwrap();
        estimates.sort_by(f64::total_cmp);
        let values: Vec<f64> = estimates.iter().map(|estimate| map.apply(*estimate)).collect();
        prop_assert!(values.is_sorted() && values.iter().all(|value| (13.0..=99.0).contains(value)));
    }

    #[test]
    fn parts_make_a_whole(counts in prop::collection::vec(0..500_u64, 1..12)) {
        let Some(parts) = composition(&counts) else { return Ok(()) };
        parts.iter().for_each(assert_lawful);
        let sum = |of: fn(&Estimate) -> f64| parts.iter().map(of).sum::<f64>();
        prop_assert!((sum(|part| part.value) - 1.0).abs() < 1e-9);
        prop_assert!(sum(|part| part.lower) <= 1.0 + 1e-9 && sum(|part| part.upper) >= 1.0 - 1e-9);
        let tenfold = composition(&counts.iter().map(|count| 10 * count).collect::<Vec<_>>()).unwrap();
        prop_assert!(parts.iter().zip(&tenfold).all(|(few, many)| width(many) <= width(few) + 1e-12));
        let mut reversed = composition(&counts.iter().rev().copied().collect::<Vec<_>>()).unwrap();
        reversed.reverse();
        prop_assert!(parts.iter().zip(&reversed).all(|(a, b)| close(a, b)));
    }

    #[test]
    fn lift_is_symmetric_and_narrows(both in 0..50_u64, a in 0..50_u64, b in 0..50_u64, neither in 0..50_u64) {
        let (a, b, n) = (both + a, both + b, both + a + b + neither);
        let Some(one) = lift(both, a, b, n).unwrap() else { return Ok(()) };
        prop_assert!(0.0 <= one.lower && one.lower <= one.value && one.value <= one.upper && one.upper.is_finite());
        prop_assert_eq!(lift(both, b, a, n).unwrap().unwrap(), one);
        let tenfold = lift(10 * both, 10 * a, 10 * b, 10 * n).unwrap().unwrap();
        prop_assert!(tenfold.upper - tenfold.lower <= one.upper - one.lower + 1e-12);
    }

    #[test]
    fn a_baseline_uses_nothing_of_its_day_or_later(
        values in prop::collection::vec(prop::option::of(0.0..=1.0_f64), 0..120),
        cut in 0..120_usize,
    ) {
        let rule = baseline::Rule::default();
        let history = |values: &[Option<f64>]| History::new(date(2024, 1, 1), values.to_vec()).unwrap();
        let all = compare(&history(&values), &rule);
        let cut = cut.min(values.len());
        prop_assert_eq!(&compare(&history(&values[..cut]), &rule)[..], &all[..cut]);
        for (day, value) in all.iter().zip(&values) {
            prop_assert!(day.z.is_none_or(f64::is_finite) && day.ratio.is_none_or(|ratio| ratio >= 0.0));
            prop_assert!(value.is_some() || (day.z.is_none() && day.ratio.is_none()));
        }
    }

    #[test]
    fn people_are_counted_once_whatever_the_order_and_cap(
        votes in prop::collection::vec((0..40_u8, prop::option::of(any::<bool>())), 0..200),
        cap in 1..6_usize,
    ) {
        // A post has one author and one day.
        let day = |post: u8| date(2024, 3, 1 + (post % 20) as i8);
        let votes: Vec<Vote> = votes
            .into_iter()
            .map(|(post, present)| Vote {
                author: AuthorKey([post % 6; 16]), post: PostKey([post; 16]), day: day(post), present,
            })
            .collect();
        let backwards: Vec<Vote> = votes.iter().rev().copied().collect();
        let days = presence::author_days(&votes, cap);
        prop_assert_eq!(&days, &presence::author_days(&backwards, cap));
        prop_assert!(days.iter().all(|day| day.posts.n <= cap as u64 && day.posts.n <= day.written));
        for kind in PeriodKind::ALL {
            let periods = presence::author_periods(&days, kind);
            let any = presence::people(&periods, Rule::Any).unwrap();
            let most = presence::people(&periods, Rule::Share(0.5)).unwrap();
            prop_assert!(any.iter().zip(&most).all(|((_, any), (_, most))| any.n == most.n && most.k <= any.k));
            prop_assert!(any.values().all(|cell| cell.n <= 6));
            let sum: u64 = presence::posts_per_author(&periods).iter().sum();
            prop_assert_eq!(sum, periods.len() as u64);
        }
    }
}

#[test]
fn nobody_is_a_defined_answer_and_what_is_no_number_is_refused() {
    assert_eq!(Estimate::of(Proportion::default()).unwrap(), None);
    assert!(Estimate::of(Proportion { k: 2, n: 1 }).is_err());
    for (value, n) in [(f64::NAN, 10.0), (1.1, 10.0), (0.5, f64::NAN), (0.5, 0.0), (0.5, f64::INFINITY)] {
        assert!(Estimate::wilson(value, n).is_err(), "{value} of {n}");
    }
    for rate in [Rate::Known(f64::NAN), Rate::Measured { value: 0.9, n: f64::NAN }, Rate::Known(1.2)] {
        assert!(Accuracy::new(rate, Rate::Known(1.0)).is_err() && Accuracy::new(Rate::Known(1.0), rate).is_err());
    }
}
