//! What holds for every network.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidemark_neural::{Lessons, Network, Plan, train};

fn plan(seed: u64, steps: usize) -> Plan {
    Plan { levels: vec![0.1, 0.25, 0.5, 0.75, 0.9], hidden: 16, steps, batch: 64, rate: 0.01, mixed: 1, seed }
}

/// A number between -1 and 1 by Knuth's linear congruential generator.
fn noise(state: &mut u64) -> f32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (2.0 * (*state >> 11) as f64 / (1_u64 << 53) as f64 - 1.0) as f32
}

/// The answer is half the first input, and its noise is as wide as the second says, which is not mixed.
fn lessons(rows: usize) -> Lessons {
    let (mut lessons, mut state) = (Lessons::new(2, 1), 7);
    for _ in 0..rows {
        let (input, wide) = (noise(&mut state), f32::from(u8::from(noise(&mut state) > 0.0)));
        lessons.push(u8::from(wide > 0.0), &[input, wide], &[0.5 * input + (0.1 + wide) * noise(&mut state)]);
    }
    lessons
}

#[test]
fn it_learns_where_answers_lie_and_how_wide() {
    let network = train(&lessons(4000), &plan(1, 1500)).unwrap();
    for input in [-0.5, 0.0, 0.5] {
        for (wide, width) in [(0.0, 0.1), (1.0, 1.1)] {
            let found = &network.quantiles(&[input, wide])[0];
            assert!((found[2] - 0.5 * input).abs() < 0.12, "{input} {wide}: {found:?}");
            // Mixtures of two even spreads are a little wider than even in the middle.
            let middle_half = found[3] - found[1];
            assert!((0.6..1.6).contains(&(middle_half / width)), "{input} {wide}: {found:?}");
        }
    }
}

#[test]
fn the_same_seed_is_the_same_network() {
    let lessons = lessons(300);
    assert_eq!(train(&lessons, &plan(1, 20)), train(&lessons, &plan(1, 20)));
    assert_ne!(train(&lessons, &plan(1, 20)), train(&lessons, &plan(2, 20)));
}

#[test]
fn a_network_is_its_numbers() {
    let network = train(&lessons(300), &plan(1, 20)).unwrap();
    let mut numbers: Vec<f32> = network.numbers().collect();
    assert_eq!(Network::of_numbers([2, 16, 1, 5], &numbers), Some(network));
    assert_eq!(Network::of_numbers([3, 16, 1, 5], &numbers), None);
    numbers[7] = f32::NAN;
    assert_eq!(Network::of_numbers([2, 16, 1, 5], &numbers), None);
}

#[test]
fn nothing_is_learnt_from_nothing() {
    assert_eq!(train(&Lessons::new(2, 1), &plan(1, 20)), None);
    assert_eq!(train(&lessons(10), &Plan { levels: vec![], ..plan(1, 20) }), None);
    let network = train(&lessons(10), &plan(1, 20)).unwrap();
    assert!(network.quantiles(&[1.0]).is_empty(), "a row that is too short");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn quantiles_never_fall(seed in any::<u64>(), input in -1e3_f32..1e3, wide in -1e3_f32..1e3) {
        let network = train(&lessons(100), &plan(seed, 10)).unwrap();
        for quantiles in network.quantiles(&[input, wide]) {
            prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", quantiles);
        }
    }
}
