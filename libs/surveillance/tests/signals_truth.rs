//! Ranked signals against what is planted, in small: `examples/ranked_signals` prints the full size.
#![allow(missing_docs, clippy::unwrap_used, dead_code)]

#[path = "../examples/ranked_signals/evidence.rs"]
mod evidence;
#[path = "../examples/ranked_signals/methods.rs"]
mod methods;
#[path = "../examples/ranked_signals/world.rs"]
mod world;

use evidence::{cutoff, feeds, worth};
use tidemark_surveillance::detect::rank::{LEAST_SCORE, MOST_Q};

#[test]
fn signals_find_surges_and_artefacts_are_told_from_them() {
    // Seven artefacts, one of each kind; 28 surges in 28 years.
    let world = world::planted(14, 2000, 500.0..=5000.0);
    let places = methods::tidemark(&world).unwrap();
    let shipped = worth(&world, &methods::scores(&world, &places, MOST_Q), LEAST_SCORE);
    assert!(shipped.sensitivity >= 0.75 && shipped.ppv >= 0.75, "{shipped:?}");
    assert_eq!(shipped.artefacts_alerted, 0, "{shipped:?}");

    let ours = methods::scores(&world, &places, 1.0);
    let c2 = methods::c2(&world, false).unwrap();
    let at = |scores: &methods::Scores| worth(&world, scores, cutoff(&world, scores, 0.8));
    assert!(at(&ours).ppv > at(&c2).ppv + 0.1, "{:?} {:?}", at(&ours), at(&c2));
    assert!(at(&c2).artefacts_alerted > 0, "the artefacts are no alarms to anybody: {:?}", at(&c2));

    let feeds = feeds(&world);
    assert_eq!((feeds.artefacts, feeds.one_signal), (7, 7), "{feeds:?}");
    assert!(feeds.false_per_year < 1.0, "{feeds:?}");
}
